"""The yearly settlement: how much real money the national bodies give consortia and councils."""

from __future__ import annotations

from dataclasses import dataclass

from agents.parameter import Checked, parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement(Checked):
    """Real yearly growth of budgets, the same under every structure. Real terms: prices and pay stay at 2014/15."""

    nhs_growth: float = parameter(
        0.012, "real yearly growth of consortia's budgets", unit="growth a year", low=0.0, high=0.03,
        assumption="5% real over the four years to 2014/15 (note of P-C.asc-003), carried on")
    council_growth: float = parameter(
        -0.021, "real yearly growth of councils' adult social care budgets", unit="growth a year", low=-0.035, high=0.01,
        assumption="10% less over five years (P-C.asc-003), carried on")

    gate_margin: float = parameter(
        0.11, "forecast overspend beyond the legal limit at which non-critical care starts wait for money", unit="share of budget", low=0.01, high=0.14,
        assumption="levers are moved first; starts are held back when a forecast is further over than chance makes it at rest")

    gate_reach: float = parameter(
        0.05, "further overspend at which every non-critical start waits", unit="share of budget", low=0.02, high=0.1, positive=True,
        assumption="few councils let a forecast run further over")

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

    def describe(self) -> str:
        """Return the settlement in words."""
        return (
            f"consortia's budgets {self.nhs_growth:+.1%} and councils' {self.council_growth:+.1%} a year in real terms, "
            "the same under every structure; year 1 at the base year's modelled out-turn"
        )


FLAT = Settlement(nhs_growth=0.0, council_growth=0.0)
