"""What a check reads from years at rest, and how it becomes a verdict: the nouns of a validation.

A :class:`Reading` is one replication's years; a :class:`Check` reads one number from it and holds the published one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from agents.vocabulary import OLDEST, YOUNGEST
from experiments.reference_run import (
    DELAYED_PATIENTS,
    MONTHS,
    RECORDED,
    ReferenceYear,
    delay_cells,
    life_expectancy,
)
from model.evidence import EvidenceRow, evidence
from model.parameters import Parameters
from model.place_england import PEOPLE_EACH
from model.prevalence import england

RELATIVE = 0.10
"""How far from a target, as a share of it, still counts as met where nothing narrower is said."""

FITTED, NEARED, CHECKED = "fitted to", "set near", "checked"
ROLES = {FITTED: "that the people are fitted to", NEARED: "that assumptions were set near by hand", CHECKED: "that only check them"}
ADULTS = (YOUNGEST, OLDEST)
OLDER = (65, OLDEST)
MALE, FEMALE = 0, 1
MOST, LEAST = 0, 4  # deprivation fifths


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Some years of one replication, from which checks read numbers.

    Attributes
    ----------
    sums : the years' sum; stocks are summed too, so shares of them are means weighted by people
    years : how many
    scale : share of the people that ran
    parameters : of the run
    """

    sums: ReferenceYear
    years: int
    scale: float
    parameters: Parameters

    def recorded_days(self) -> np.ndarray:
        """Return England's delayed days a year as the national return counts them in acute care, shape (10, 3)."""
        return delay_cells(self.sums.scalars, RECORDED) / self.years * PEOPLE_EACH / self.scale

    def delayed_patients(self) -> np.ndarray:
        """Return England's recorded patients delayed on a last Thursday of the month, the mean, shape (10, 3)."""
        nights = MONTHS * self.years
        return delay_cells(self.sums.scalars, DELAYED_PATIENTS) / nights * PEOPLE_EACH / self.scale

    def count(
        self, name: str, ages: tuple[int, int] = ADULTS, sex: int | None = None, fifth: int | None = None
    ) -> float:
        """Return a field of `ReferenceYear`, summed over those ages (both ends belong), sex and fifth."""
        return self.total(getattr(self.sums, name), ages, sex, fifth)

    @staticmethod
    def total(
        values: np.ndarray, ages: tuple[int, int] = ADULTS, sex: int | None = None, fifth: int | None = None
    ) -> float:
        """Return the sum of an array by sex, fifth and age."""
        where = (
            slice(None) if sex is None else slice(sex, sex + 1),
            slice(None) if fifth is None else slice(fifth, fifth + 1),
            slice(ages[0] - YOUNGEST, ages[1] - YOUNGEST + 1),
        )
        return float(values[where].sum())

    def share(self, name: str, of: str = "people", **who: object) -> float:
        """Return one count as a percentage of another of the same people."""
        return 100.0 * over(self.count(name, **who), self.count(of, **who))

    def at_home(self, name: str, **who: object) -> float:
        """Return a count as a percentage of the people outside care homes."""
        return 100.0 * over(self.count(name, **who), self.count("people", **who) - self.count("care_home", **who))

    def rate(self, name: str, **who: object) -> float:
        """Return a count for each 1,000 person-years."""
        return 1000.0 * over(self.count(name, **who), self.count("person_years", **who))

    def england(self, name: str, **who: object) -> float:
        """Return a scalar or a count of a year as England's: times 100, over the scale."""
        known = self.sums.scalars
        value = known[name] if name in known else self.count(name, **who)
        return value / self.years * PEOPLE_EACH / self.scale

    def standardised(self, values: np.ndarray) -> float:
        """Return the percentage of people in a state, by sex and single age, weighted by England's adults of 2014."""
        people, here = england_people(), self.sums.people.sum(axis=1)
        held = values.sum(axis=1)
        # 90 and over are one group in the published counts.
        held, here = (np.concatenate([x[:, :72], x[:, 72:].sum(axis=1, keepdims=True)], axis=1) for x in (held, here))
        weights = people[:, :, YOUNGEST:].sum(axis=1)
        weights = np.where(here > 0, weights, 0.0)
        return 100.0 * over(float((held / np.maximum(here, 1) * weights).sum()), float(weights.sum()))

    def expectancy(self, sex: int, fifth: int | None = None) -> float:
        """Return life expectancy at 65; NaN where so few live that nobody does at some age."""
        fifths = slice(None) if fifth is None else slice(fifth, fifth + 1)
        deaths, lived = (x[sex, fifths].sum(axis=0) for x in (self.sums.deaths, self.sums.person_years))
        known = lived[65 - YOUNGEST : 90 - YOUNGEST].min() > 0 and deaths[90 - YOUNGEST :].sum() > 0
        return life_expectancy(deaths, lived, at=65) if known else float("nan")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One number of the model beside one that is published.

    Attributes
    ----------
    id : row of the evidence table, or a name of our own for what is worked out from data files
    model : reads the model's number
    heading : the part of the table and figure that it stands in
    label : short words for the figure
    role : ``fitted to`` where the model's rates are solved for it, ``set near`` where an assumption was chosen with an
        eye on it, else ``checked``
    target : the published number, in the unit of the model's; that of the evidence row if None
    unit : of both; that of the evidence row if empty
    how : what was done to make the two comparable; empty where nothing was
    margin : a stated margin either way, in the unit
    relative : a stated margin either way, as a share of the target
    stands_for : rows of the targets that are used up in this comparison (the other end of a ratio)
    source, year, stratum : where there is no evidence row
    """

    id: str
    model: Callable[[Reading], float]
    heading: str
    label: str
    role: str = CHECKED
    target: float | None = None
    unit: str = ""
    how: str = ""
    margin: float | None = None
    relative: float | None = None
    stands_for: tuple[str, ...] = ()
    source: str = ""
    year: str = ""
    stratum: str = ""

    @property
    def row(self) -> EvidenceRow | None:
        """The evidence row, if the check has one."""
        return None if self.source else evidence(self.id)

    def value(self) -> float:
        """Return the published number."""
        return self.row.number() if self.target is None and self.row else float(self.target or 0.0)

    def allowed(self) -> tuple[float, float]:
        """Return the range in which the target counts as met.

        A stated margin if there is one; else the row's own interval, if it has both ends and the number is the row's
        own; else 10% either way.
        """
        value, row = self.value(), self.row
        if self.margin is not None:
            return value - self.margin, value + self.margin
        if self.relative is not None:
            return value - abs(value) * self.relative, value + abs(value) * self.relative
        if self.target is None and row and row.low is not None and row.high is not None:
            return row.low, row.high
        return value - abs(value) * RELATIVE, value + abs(value) * RELATIVE


def over(part: float, whole: float) -> float:
    """Return part / whole; NaN of nobody, as at a small scale."""
    return part / whole if whole else float("nan")


@lru_cache(maxsize=1)
def england_people() -> np.ndarray:
    """Return England's people of 2014, shape (2, 5, 91)."""
    return england()[0]
