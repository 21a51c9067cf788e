"""The yearly settlement: how much real money the national bodies give consortia and councils.

There are ``published`` (steady growth, a parameter), ``flat`` (no real growth of anything), and paths of growth year by year: TOML
files in ``model/settlements``, or one of your own.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.naming import nearest
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

    def by_council(self, year: int) -> np.ndarray | None:
        """Return growth of each council's budget, or None: all have the same."""
        return None

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


SHIPPED = Path(__file__).parent / "settlements"
BUILT_IN = ("published", "flat")
MOST_GROWTH = 0.5  # a year, either way: beyond that somebody has written per cent


class SettlementError(ValueError):
    """A settlement that states no usable path of money."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MoneyPath:
    """Money that grows by a path of its own, year by year; committed lines and year ends stay with the shared parameters.

    Parameters
    ----------
    title, source : in words
    nhs, council : real growth from each year to the next; the last goes on for ever
    councils : the same for some councils, by name or by how their ONS code begins, in the place of `council`
    parameters : the shared ones
    places : code and name of the place's councils, in order
    """

    title: str
    source: str
    nhs: tuple[float, ...]
    council: tuple[float, ...]
    councils: Mapping[str, tuple[float, ...]]
    parameters: Settlement
    places: tuple[tuple[str, str], ...] = ()

    @property
    def chance_band(self) -> float:
        """As in the parameters."""
        return self.parameters.chance_band

    @property
    def gate_reach(self) -> float:
        """As in the parameters."""
        return self.parameters.gate_reach

    def factor(self, payer: str, year: int) -> float:
        """Return the budget of financial year `year` (0 is the first) over that of the base year, councils as a whole."""
        if payer not in ("nhs", "council"):
            raise ValueError(f"payer must be 'nhs' or 'council', got {payer!r}")
        return grown(self.nhs if payer == "nhs" else self.council, year)

    def by_council(self, year: int) -> np.ndarray | None:
        """Return the same for each of the place's councils, shape (n_councils,); None where none has a path of its own."""
        paths = [self._path_of(code, name) for code, name in self.places]
        return None if all(path == self.council for path in paths) else np.array([grown(path, year) for path in paths])

    def _path_of(self, code: str, name: str) -> tuple[float, ...]:
        own = [growth for key, growth in self.councils.items() if key == name] or [growth for key, growth in self.councils.items() if code.startswith(key)]
        return own[0] if own else self.council

    def committed(self, account: Account, year: int) -> float:
        """Return committed spending on an account in financial year `year` over that of the base year: as the parameters say."""
        return self.parameters.committed(account, year)

    def describe(self) -> str:
        """Return the settlement in words."""
        apart = "".join(f"; of {key} {_in_words(growth)}" for key, growth in self.councils.items())
        return (
            f"{self.title}: real growth of consortia's budgets {_in_words(self.nhs)}, of councils' {_in_words(self.council)}{apart} "
            "(the last of them from then on), the same under every structure; year 1 at the base year's out-turn, modelled and committed"
        )


def grown(growth: Sequence[float], year: int) -> float:
    """Return what growth year by year comes to, the last going on for ever.

    Examples
    --------
    >>> [round(grown((0.5, 0.0, 1.0), year), 3) for year in range(6)]
    [1.0, 1.5, 1.5, 3.0, 6.0, 12.0]
    """
    return math.prod((1.0 + growth[min(at, len(growth) - 1)] for at in range(year)), start=1.0)


def list_settlements() -> list[str]:
    """Return the names of the settlements there are.

    Examples
    --------
    >>> list_settlements()
    ['published', 'flat', 'ample', 'cuts', 'growth', 'national', 'squeezed']
    """
    return [*BUILT_IN, *sorted(file.stem for file in SHIPPED.glob("*.toml"))]


def load_settlement(
    given: str | Path | Mapping[str, Any], parameters: Settlement | None = None, places: Sequence[tuple[str, str]] = ()
) -> Settlement | MoneyPath:
    """Return a settlement: by name, as the path of a TOML file, or as what such a file says.

    Parameters
    ----------
    given : a name, a path, or a mapping with ``nhs`` and ``council``, real growth from year to year, and perhaps ``councils``,
        the same for some of them; ``title`` and ``source`` in words
    parameters : the shared ones; the defaults if None
    places : code and name of each of a place's councils

    Raises
    ------
    SettlementError
        If a name is unknown (the nearest is given), a file cannot be read, or a path makes no sense: one line.
    """
    parameters = parameters or Settlement()
    if isinstance(given, Mapping):
        return _path(dict(given), "settlement", parameters, places)
    if not isinstance(given, (str, Path)):
        raise SettlementError(f"settlement must be a name, the path of a .toml file, or growth by year, got {given!r}")
    if given == "flat":
        return FLAT
    if given == "published":
        return parameters
    path = Path(given)
    if path.suffix != ".toml":
        if str(given) not in list_settlements():
            raise SettlementError(f"unknown settlement {str(given)!r}; nearest: {nearest(given, list_settlements())} (or the path of a .toml file)")
        path = SHIPPED / f"{given}.toml"
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise SettlementError(f"{path}: cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettlementError(f"{path.name}: is not valid TOML: {error}") from error
    return _path(facts, path.name, parameters, places)


KEYS = ("title", "source", "nhs", "council", "councils")


def _path(facts: dict[str, Any], file: str, parameters: Settlement, places: Sequence[tuple[str, str]]) -> MoneyPath:
    """Return the path that a file or a mapping states."""
    for key in facts:
        if key not in KEYS:
            raise SettlementError(f"{file}: {key}: unknown key; nearest: {nearest(key, KEYS)} (got {facts[key]!r})")
    words = {key: facts.get(key, "a path of one's own") for key in ("title", "source")}
    for key, text in words.items():
        if not isinstance(text, str) or not text:
            raise SettlementError(f"{file}: {key}: must be text (got {text!r})")
    for key in ("nhs", "council"):
        if key not in facts:
            raise SettlementError(f"{file}: {key}: must be given, real growth from year to year, such as [0.01, 0.02] (got nothing)")
    apart = facts.get("councils", {})
    if not isinstance(apart, Mapping):
        raise SettlementError(f"{file}: councils: must be growth by year for each council, by its name or how its ONS code begins (got {apart!r})")
    return MoneyPath(
        **words, nhs=_growth(facts["nhs"], f"{file}: nhs"), council=_growth(facts["council"], f"{file}: council"),
        councils={str(key): _growth(value, f"{file}: councils.{key}") for key, value in apart.items()}, parameters=parameters, places=tuple(places),
    )  # fmt: skip


def _growth(given: Any, where: str) -> tuple[float, ...]:
    """Return growth by year from a list, or from one number for every year."""
    values = given if isinstance(given, (list, tuple)) else [given]
    for value in values:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not -MOST_GROWTH <= value <= MOST_GROWTH:
            raise SettlementError(f"{where}: must be growth from year to year between {-MOST_GROWTH:g} and {MOST_GROWTH:g}, such as [0.01, 0.02] (got {value!r})")
    if not values:
        raise SettlementError(f"{where}: must have growth for at least one year (got [])")
    return tuple(float(value) for value in values)


def _in_words(growth: Sequence[float]) -> str:
    return ", ".join(f"{each:+.1%}" for each in growth)
