"""The yearly settlement: how much real money the national bodies give consortia and councils."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from agents.parameter import Checked, parameter
from agents.vocabulary import Account


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement(Checked):
    """Real yearly growth of budgets, the same under every structure. Real terms: prices and pay stay at 2014/15."""

    nhs_growth: float = parameter(
        0.012, "real yearly growth of consortia's budgets", unit="growth a year", low=0.0, high=0.03,
        assumption="5% real over the four years to 2014/15 (note of P-C.asc-003), carried on")
    council_growth: float = parameter(
        -0.021, "real yearly growth of councils' adult social care budgets", unit="growth a year", low=-0.035, high=0.01,
        assumption="10% less over five years (P-C.asc-003), carried on")

    committed_acute: float = parameter(
        0.012, "real yearly growth of committed hospital care: children, maternity, follow-up visits", unit="growth a year", low=-0.01, high=0.04,
        assumption="as budgets of consortia grow")
    committed_community: float = parameter(
        0.012, "real yearly growth of committed community health services", unit="growth a year", low=-0.01, high=0.04,
        assumption="as budgets of consortia grow")
    committed_social_care: float = parameter(
        0.0, "real yearly growth of committed social care: direct payments, supported living, most care of adults of working age", unit="growth a year",
        low=-0.021, high=0.02, assumption="more disabled adults of working age and tighter packages about cancel; between the budget's own fall and half of what numbers alone would add")
    committed_continuing_care: float = parameter(
        0.012, "real yearly growth of committed continuing healthcare", unit="growth a year", low=-0.01, high=0.064,
        assumption="as budgets of consortia grow; numbers grew by 6.4% (note of P-C.chc-001)")
    committed_mental_health: float = parameter(
        0.012, "real yearly growth of committed mental health services", unit="growth a year", low=-0.01, high=0.04,
        assumption="as budgets of consortia grow")
    committed_primary_care: float = parameter(
        0.012, "real yearly growth of committed primary care: prescribing, dentists, opticians", unit="growth a year", low=-0.01, high=0.04,
        assumption="as budgets of consortia grow")

    chance_band: float = parameter(
        3.0, "overspend beyond the legal limit that is taken for chance, in standard deviations of what chance does to the payer's year",
        unit="standard deviations", low=1.5, high=5.0,
        assumption="levers are moved first, see deciding.price_band; starts are held back, and money is carried into the next year, further out")

    gate_reach: float = parameter(
        0.05, "shortage beyond that at which every non-critical start waits", unit="share of the modelled social care that has to give way", low=0.02, high=0.1,
        positive=True, assumption="few councils let a forecast run further over")

    def factor(self, payer: str, year: int) -> float:
        """Return the budget of financial year `year` (0 is the first) over that of the base year.

        Raises
        ------
        ValueError
            If `payer` is neither ``nhs`` nor ``council``.
        """
        if payer not in ("nhs", "council"):
            raise ValueError(f"payer must be 'nhs' or 'council', got {payer!r}")
        growth = self.nhs_growth if payer == "nhs" else self.council_growth
        return (1.0 + growth) ** year

    def committed(self, account: Account, year: int) -> float:
        """Return committed spending on an account in financial year `year` over that of the base year: 1 where it does not grow."""
        return (1.0 + float(getattr(self, f"committed_{account.name.lower()}", 0.0))) ** year

    def describe(self) -> str:
        """Return the settlement in words."""
        return (
            f"consortia's budgets {self.nhs_growth:+.1%} and councils' {self.council_growth:+.1%} a year in real terms, "
            "the same under every structure; year 1 at the base year's out-turn, modelled and committed"
        )


FLAT = Settlement(**{field.name: 0.0 for field in dataclasses.fields(Settlement) if field.metadata["unit"] == "growth a year"})
"""No real growth of anything."""
