"""The model against what is published of England: every target, what the model has in its place, and a verdict.

England in miniature is run at rest (``experiments.reference_run``), and each :class:`Check` reads one number from it.
`CHECKS` lists what can be compared, with the conversion in words; `OUT_OF_SCOPE` lists every other row of the
targets, with the reason. A new measure is one line in `CHECKS` (and, if it was a target without one, one line less in
`OUT_OF_SCOPE`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from agents.draws import replication_seed
from agents.vocabulary import Condition, Reason
from experiments.comparing import interval_half_width
from experiments.reference_run import (
    MONTHS,
    N_AGES,
    OLDEST,
    PLACE,
    YOUNGEST,
    ReferenceYear,
    life_expectancy,
    pooled,
    run_reference,
)
from model.epidemiology import PREVALENCE_NAMES, england
from model.evidence import FOLDER, EvidenceRow, evidence, evidence_group, read_rows
from model.parameters import Parameters
from model.place_england import PEOPLE_EACH

RELATIVE = 0.10
"""How far from a target, as a share of it, still counts as met where nothing narrower is said."""

LIFE_YEARS, GAP_YEARS, READMISSION_POINTS = 0.3, 0.5, 1.5
"""Stated margins, either way: life expectancy at 65, its gap between fifths, percentage points of readmission."""

FITTED, CHECKED = "fitted to", "checked"
MET, MISSED, NO_VERDICT = "met", "missed", "out of scope"
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
    recording_ratio : true delayed days for each that the national return records
    """

    sums: ReferenceYear
    years: int
    scale: float
    recording_ratio: float

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
        people, here = _england_people(), self.sums.people.sum(axis=1)
        held = values.sum(axis=1)
        # 90 and over are one group in the published counts.
        held, here = (np.concatenate([x[:, :72], x[:, 72:].sum(axis=1, keepdims=True)], axis=1) for x in (held, here))
        weights = people[:, :, YOUNGEST:].sum(axis=1)
        return float(100.0 * np.average(held / np.maximum(here, 1), weights=np.where(here > 0, weights, 0.0)))

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
    role : ``fitted to`` where the model's rates are solved for it, else ``checked``
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

        A stated margin if there is one; else the row's own interval, if it has both ends and the number is the row's own;
        else 10% either way.
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


# What the model lacks of a published total, at published rates


@lru_cache(maxsize=1)
def _england_people() -> np.ndarray:
    """Return England's people of 2014, shape (2, 5, 91)."""
    return england()[0]


def _children() -> float:
    return float(_england_people()[:, :, :YOUNGEST].sum())


def _rate(row: str, per: float = 1000.0) -> float:
    return evidence(row).number() / per


def _children_admissions() -> float:
    return _children() * _rate("P-B.emerg-001")


def _direct_share() -> float:
    """Return the share of admissions that do not come through A&E."""
    return 1.0 - evidence("P-B.emerg-017").number() / 100.0


def _all_over_acute() -> float:
    """Return delayed days in all care over those in acute care."""
    return evidence("P-B.dtoc-024").number() / evidence("P-B.dtoc-025").number()


CHILDREN_ADMITTED = "adults, and England's children at the published rate at 0 to 14 (P-B.emerg-001)"


# Numbers that take more than a line


def _age_gap(reading: Reading, shares: Sequence[float]) -> float:
    """Return how many years later the least deprived fifth reaches these shares with two or more conditions (mean)."""
    ages = np.arange(YOUNGEST + 2, 86)
    curves = [_curve(reading, "multimorbid", fifth, ages) for fifth in (MOST, LEAST)]
    return float(np.mean([np.interp(share, curves[1], ages) - np.interp(share, curves[0], ages) for share in shares]))


def _curve(reading: Reading, name: str, fifth: int, ages: np.ndarray) -> np.ndarray:
    """Return a share by age, over five years of age, never falling."""
    shares = [reading.share(name, ages=(age - 2, age + 2), fifth=fifth) for age in ages.tolist()]
    return np.maximum.accumulate(shares)


def _years_earlier(reading: Reading) -> float:
    """Return how much older the least deprived are with the share that the most deprived have at 30 to 55 (mean)."""
    ages = np.arange(YOUNGEST + 2, 86)
    most, least = (_curve(reading, "multimorbid", fifth, ages) for fifth in (MOST, LEAST))
    young = (ages >= 30) & (ages <= 55)
    return float(np.mean(np.interp(most[young], least, ages) - ages[young]))


def _mental_odds(reading: Reading, physical: int) -> float:
    """Return the odds of a mental condition with so many physical ones over those with none, within sex, fifth and age.

    Mantel and Haenszel's estimate over sexes, fifths and ten-year ages.
    """
    table = reading.sums.by_physical  # mental, physical, sex, fifth, age
    ages = np.minimum(np.arange(N_AGES) // 10, 7)
    grouped = np.stack([table[..., ages == band].sum(axis=-1) for band in range(8)], axis=-1).astype(float)
    with_it, without = grouped[1], grouped[0]
    everybody = with_it[physical] + without[physical] + with_it[0] + without[0]
    everybody = np.maximum(everybody, 1.0)
    return over(
        float((with_it[physical] * without[0] / everybody).sum()),
        float((without[physical] * with_it[0] / everybody).sum()),
    )


def _top_tenth_of_admitted(reading: Reading) -> float:
    """Return the percentage of the people admitted who are of the tenth of adults with most conditions, ties shared."""
    people = reading.sums.by_number.sum(axis=(1, 2, 3))[::-1].astype(float)
    if not reading.count("admitted"):
        return float("nan")
    admitted = reading.sums.admitted_by_number.sum(axis=(1, 2, 3))[::-1].astype(float)
    reached = np.append(0.0, np.cumsum(people) / people.sum())
    return float(100.0 * np.interp(0.1, reached, np.append(0.0, np.cumsum(admitted) / admitted.sum())))


def _attendances(reading: Reading, ages: tuple[int, int]) -> float:
    """Return A&E attendances for each 1,000 person-years: contacts less admissions straight to a ward."""
    return reading.rate("contacts", ages=ages) - _direct_share() * reading.rate("admissions", ages=ages)


def _stay(reading: Reading, ages: tuple[int, int]) -> float:
    return over(reading.count("bed_days", ages=ages), reading.count("admissions", ages=ages))


def _four_plus_of_ill(reading: Reading, fifth: int) -> float:
    by_number = reading.sums.by_number[:, :, fifth].sum(axis=(1, 2)).astype(float)
    return 100.0 * over(float(by_number[4:].sum()), float(by_number[1:].sum()))


def _council_entries(reading: Reading) -> float:
    """Return council-paid moves into care homes at 65 and over, for each 100,000 people of that age."""
    scalars, sums = reading.sums.scalars, reading.sums
    share = over(reading.total(sums.new_resident_council_paid, OLDER), reading.total(sums.new_resident))
    return 1e5 * share * over(scalars["care_home_entries"], reading.count("people", ages=OLDER))


def _delays_per_100k(reading: Reading) -> float:
    scalars = reading.sums.scalars
    recorded = scalars["delayed_days"] / scalars["days"] / reading.recording_ratio * _all_over_acute()
    return 1e5 * recorded / (reading.count("people") / reading.years)


def _occupancy(reading: Reading) -> float:
    scalars = reading.sums.scalars
    used = scalars["emergency_bed_days"] - scalars["boarding_days"] + scalars["other_bed_days"]
    return 100.0 * over(used, scalars["open_bed_days"])


def _delay_share(reading: Reading, reason: Reason) -> float:
    scalars = reading.sums.scalars
    return 100.0 * over(scalars[f"delayed_days/{reason.name.lower()}"], scalars["delayed_days"])


def _published_expectancy(sex: int, fifth: int | None = None) -> float:
    """Return life expectancy at 65 of England in 2014, by the same life table, from the published death rates."""
    people, rates = (table[:, :, YOUNGEST:] for table in england())
    fifths = slice(None) if fifth is None else slice(fifth, fifth + 1)
    return life_expectancy((people * rates)[sex, fifths].sum(axis=0), people[sex, fifths].sum(axis=0), at=65)


def _published_prevalence(condition: Condition) -> float:
    """Return the percentage of England's adults of 2014 that group A.prev gives: each band's share of its people."""
    people = _england_people()
    held = 0.0
    for row in evidence_group("A.prev"):
        if row.quantity != f"prevalence_{PREVALENCE_NAMES[condition]}" or not row.stratum.startswith("sex="):
            continue
        sex, age = (part.split("=")[1] for part in row.stratum.split(";"))
        if sex not in ("male", "female"):
            continue
        first = YOUNGEST if age.startswith("20") else int(age[:2])
        last = 90 if age.endswith("+") else int(age[3:])
        held += row.number() * people[int(sex == "female"), :, first : last + 1].sum()
    return float(held / people[:, :, YOUNGEST:].sum())


def _ratio(above: str, below: str) -> float:
    return evidence(above).number() / evidence(below).number()


# What is compared

MORTALITY_SOURCE = "ONS deaths and people by age, sex and deprivation, model/data/mortality2014_england_age_sex_imdq.csv"
COUNCILS = "HSCIC adult social care returns of all councils, model/data/"
DIAGNOSES, DEATH, FRAILTY = "Long-term conditions", "Death", "Frailty and need"
EMERGENCIES, BEDS, DELAYS, CARE = "Emergencies", "Beds and returns", "Delays", "Social care"
ALL_LIST = "another list of conditions, so only the ratio is compared: ours has fourteen"


def _conditions() -> list[Check]:
    return [
        Check(
            id=f"A.prev {condition.name.lower()}",
            model=lambda r, k=condition: r.standardised(r.sums.conditions[k]),
            heading=DIAGNOSES,
            label=condition.name.replace("_", " ").lower(),
            role=FITTED,
            target=_published_prevalence(condition),
            unit="% of adults, ever recorded",
            relative=RELATIVE,
            how="by sex and single age, weighted by England's adults of 2014; target: group A.prev, each band's share",
            source="evidence group A.prev (Kuan et al. 2023), weighted by England's adults of 2014",
            year="2010",
            stratum="adults",
        )
        for condition in Condition
    ]


def _life() -> list[Check]:
    words = {MALE: "men", FEMALE: "women"}
    common = {"heading": DEATH, "role": FITTED, "unit": "years", "source": MORTALITY_SOURCE, "year": "2014"}
    how = "period life table at 65, open at 90, as for the target"
    found = []
    for sex, name in words.items():
        found += [
            Check(
                id=f"LE65 {name}",
                model=lambda r, s=sex: r.expectancy(s),
                label=f"life expectancy at 65, {name}",
                target=_published_expectancy(sex),
                margin=LIFE_YEARS,
                how=how,
                stratum=name,
                **common,
            ),
            Check(
                id=f"LE65 gap {name}",
                model=lambda r, s=sex: r.expectancy(s, LEAST) - r.expectancy(s, MOST),
                label=f"its gap between fifths, {name}",
                target=_published_expectancy(sex, LEAST) - _published_expectancy(sex, MOST),
                margin=GAP_YEARS,
                how=f"{how}; least less most deprived fifth",
                stratum=f"{name}, least less most deprived fifth",
                **common,
            ),
        ]
    return found


def _national_care() -> list[Check]:
    """Return what councils bought, from their own returns (the same sums that make the place)."""
    from model.place import load_place

    council = load_place(PLACE).councils[0]
    each = {"heading": CARE, "source": f"{COUNCILS} (sum)", "year": "2014/15", "stratum": "councils' return, 65+"}
    weeks = "all ages in the model; the return counts 65 and over, which hardly differ"
    return [
        Check(
            id="ASC residential weeks",
            model=lambda r: r.england("residential_council_days") / 7e3,
            label="residential weeks paid by councils",
            target=council.residential_weeks_65plus * PEOPLE_EACH / 1e3,
            unit="thousand weeks a year",
            how=weeks,
            **each,
        ),
        Check(
            id="ASC nursing weeks",
            model=lambda r: r.england("nursing_council_days") / 7e3,
            label="nursing weeks paid by councils",
            target=council.nursing_weeks_65plus * PEOPLE_EACH / 1e3,
            unit="thousand weeks a year",
            how=weeks,
            **each,
        ),
        Check(
            id="ASC home-care hours",
            model=lambda r: r.england("council_care_minutes") / 60e6,
            label="home-care hours paid by councils",
            role=FITTED,
            target=council.home_care_hours_per_year * PEOPLE_EACH / 1e6,
            unit="million hours a year",
            how="generosity is solved for the hours of a client",
            heading=CARE,
            source=f"{COUNCILS}asc_home_care_2013_14_council.csv (sum)",
            year="2013/14",
            stratum="adults",
        ),
    ]


def _written() -> list[Check]:
    """Return the checks against single rows of the evidence."""
    return [
        # Long-term conditions
        Check(id="T-A-005", model=_years_earlier, heading=DIAGNOSES, label="multimorbidity earlier, most deprived",
              how="2 or more of our fourteen; how much older the least deprived fifth is with the share that the most deprived has at 30 to 55 (the source compares tenths)"),
        Check(id="T-A-028", model=lambda r: _age_gap(r, (50.0,)), heading=DIAGNOSES, label="half have 2+: years later, least deprived", unit="years",
              target=evidence("T-A-028").number() - evidence("T-A-029").number(), stands_for=("T-A-029",), how=f"age at which half have 2 or more, least less most deprived fifth; {ALL_LIST}"),
        Check(id="T-A-003", model=lambda r: over(r.share("physical_and_mental", fifth=MOST), r.share("physical_and_mental", fifth=LEAST)), heading=DIAGNOSES, label="physical and mental: most over least deprived",
              unit="ratio", target=_ratio("T-A-003", "T-A-004"), stands_for=("T-A-004",), how=f"adults, fifths (the source: all ages, tenths); {ALL_LIST}"),
        Check(id="T-A-006", model=lambda r: _mental_odds(r, 5), heading=DIAGNOSES, label="odds of a mental condition, 5+ physical", how="odds against people without a physical condition, within sex, fifth and ten years of age; the source has 32 physical and 8 mental conditions"),
        Check(id="T-A-007", model=lambda r: _mental_odds(r, 1), heading=DIAGNOSES, label="odds of a mental condition, 1 physical", how="as T-A-006"),
        Check(id="T-A-009", model=lambda r: over(r.share("multimorbid", ages=(25, 44)), r.share("multimorbid", ages=(65, 84))), heading=DIAGNOSES, label="2+ at 25-44 over 65-84", unit="ratio",
              target=_ratio("T-A-009", "T-A-011"), stands_for=("T-A-011",), how=f"over the share at 65 to 84; {ALL_LIST}"),
        Check(id="T-A-010", model=lambda r: over(r.share("multimorbid", ages=(45, 64)), r.share("multimorbid", ages=(65, 84))), heading=DIAGNOSES, label="2+ at 45-64 over 65-84", unit="ratio",
              target=_ratio("T-A-010", "T-A-011"), how=f"over the share at 65 to 84; {ALL_LIST}"),
        Check(id="T-A-012", model=lambda r: over(r.share("multimorbid", ages=(85, OLDEST)), r.share("multimorbid", ages=(65, 84))), heading=DIAGNOSES, label="2+ at 85+ over 65-84", unit="ratio",
              target=_ratio("T-A-012", "T-A-011"), how=f"over the share at 65 to 84; {ALL_LIST}"),
        Check(id="T-A-013", model=lambda r: over(r.share("multimorbid", ages=(25, 34)), r.share("multimorbid", ages=(75, OLDEST))), heading=DIAGNOSES, label="2+ at 25-34 over 75+", unit="ratio",
              target=_ratio("T-A-013", "T-A-014"), stands_for=("T-A-014",), how=f"over the share at 75 and over; {ALL_LIST}"),
        Check(id="T-A-016", model=lambda r: over(r.share("multimorbid", sex=FEMALE), r.share("multimorbid", sex=MALE)), heading=DIAGNOSES, label="2+: women over men", unit="ratio",
              target=_ratio("T-A-016", "T-A-017"), stands_for=("T-A-017",), how=ALL_LIST),
        Check(id="T-A-018", model=lambda r: over(r.share("multimorbid", fifth=MOST), r.share("multimorbid", fifth=LEAST)), heading=DIAGNOSES, label="2+: most over least deprived", unit="ratio",
              target=_ratio("T-A-018", "T-A-019"), stands_for=("T-A-019",), how=f"adults of all ages, not standardised; {ALL_LIST}"),
        Check(id="T-A-026", model=lambda r: over(_four_plus_of_ill(r, MOST), _four_plus_of_ill(r, LEAST)), heading=DIAGNOSES, label="4+ of those with any: most over least", unit="ratio",
              target=_ratio("T-A-026", "T-A-027"), stands_for=("T-A-027",), how=f"of people with any condition, as the row's note takes it; {ALL_LIST}"),
        # Death
        Check(id="T-A-044", model=lambda r: r.england("deaths") / 1e3, heading=DEATH, label="deaths a year", role=FITTED, how="adults only: children are some 1% of deaths"),
        Check(id="T-A-046", model=lambda r: r.expectancy(MALE), heading=DEATH, label="life expectancy at 65, men (2013)", role=FITTED, margin=LIFE_YEARS, how="the death rates fitted to are England's of 2014, a year of few deaths"),
        Check(id="T-A-047", model=lambda r: r.expectancy(FEMALE), heading=DEATH, label="life expectancy at 65, women (2013)", role=FITTED, margin=LIFE_YEARS, how="as T-A-046"),
        Check(id="T-A-045", model=lambda r: 100.0 * over(r.sums.scalars["deaths_in_hospital"], r.sums.scalars["deaths"]), heading=DEATH, label="deaths in hospital", how="adults"),
        Check(id="P-C.prov-009", model=lambda r: r.share("residents_died", of="residents_before", ages=OLDER), heading=DEATH, label="care-home residents who die in a year", how="people of 65 and over who lived in a care home at a year's start"),
        # Frailty and need
        Check(id="P-A.frail-032", model=lambda r: 100.0 * _frail(r, (50, 64)), heading=FRAILTY, label="any frailty at 50-64", role=FITTED),
        Check(id="P-A.frail-033", model=lambda r: 100.0 * _frail(r, OLDER), heading=FRAILTY, label="any frailty at 65+", role=FITTED),
        Check(id="T-C-019", model=lambda r: r.at_home("needs_help", ages=OLDER, sex=MALE), heading=FRAILTY, label="needs help, men 65+", role=FITTED, how="people outside care homes; the same figure as P-A.adl-001"),
        Check(id="T-C-020", model=lambda r: r.at_home("needs_help", ages=OLDER, sex=FEMALE), heading=FRAILTY, label="needs help, women 65+", role=FITTED, how="people outside care homes; the same figure as P-A.adl-002"),
        Check(id="P-A.adl-003", model=lambda r: r.at_home("needs_help", ages=(65, 69), sex=MALE), heading=FRAILTY, label="needs help, men 65-69", role=FITTED, how="people outside care homes"),
        Check(id="P-A.adl-004", model=lambda r: r.at_home("needs_help", ages=(65, 69), sex=FEMALE), heading=FRAILTY, label="needs help, women 65-69", role=FITTED, how="people outside care homes"),
        Check(id="P-A.adl-005", model=lambda r: r.at_home("needs_help", ages=(85, OLDEST), sex=MALE), heading=FRAILTY, label="needs help, men 85+", role=FITTED, how="people outside care homes"),
        Check(id="P-A.adl-006", model=lambda r: r.at_home("needs_help", ages=(85, OLDEST), sex=FEMALE), heading=FRAILTY, label="needs help, women 85+", role=FITTED, how="people outside care homes"),
        Check(id="T-C-021", model=lambda r: r.at_home("gets_help", ages=OLDER, sex=MALE), heading=FRAILTY, label="gets help, men 65+", how="help of family or a package today; the source asks of the last month"),
        Check(id="T-C-022", model=lambda r: r.at_home("gets_help", ages=OLDER, sex=FEMALE), heading=FRAILTY, label="gets help, women 65+", how="as T-C-021"),
        Check(id="T-C-018", model=lambda r: r.england("unmet", ages=OLDER) / 1e3, heading=FRAILTY, label="unmet need at 65+", how="people at home, any need that nobody meets; surveys give more than twice this figure (P-A.adl-020, 021)"),
        # Emergencies
        *(
            Check(id=row, model=lambda r, a=ages: r.rate("admissions", ages=a), heading=EMERGENCIES, label=f"admissions at {words}", role=FITTED, relative=RELATIVE, how=how)
            for row, ages, words, how in (
                ("P-B.emerg-002", (18, 44), "18-44", "the source's band begins at 15"),
                ("P-B.emerg-003", (45, 64), "45-64", ""),
                ("P-B.emerg-004", (65, 74), "65-74", ""),
                ("P-B.emerg-005", (75, 84), "75-84", ""),
                ("P-B.emerg-006", (85, OLDEST), "85+", ""),
            )
        ),
        *(
            Check(id=row, model=lambda r, a=ages: _attendances(r, a), heading=EMERGENCIES, label=f"A&E attendances at {words}", role=FITTED,
                  how=f"contacts less the share of admissions that go straight to a ward (P-B.emerg-017){more}")
            for row, ages, words, more in (
                ("P-B.ae-002", (18, 39), "18-39", "; the source's band begins at 17"),
                ("P-B.ae-003", (40, 59), "40-59", ""),
                ("P-B.ae-004", (60, 79), "60-79", ""),
                ("P-B.ae-005", (80, OLDEST), "80+", ""),
            )
        ),
        Check(id="T-B-001", model=lambda r: (r.england("emergency_admissions") + _children_admissions()) / 1e6, heading=EMERGENCIES, label="admissions, all ages (2012/13)", role=FITTED, how=f"{CHILDREN_ADMITTED}; two years earlier"),
        Check(id="T-B-039", model=lambda r: (r.england("emergency_admissions") + _children_admissions()) / 1e6, heading=EMERGENCIES, label="admissions, all ages (2013/14)", role=FITTED, how=f"{CHILDREN_ADMITTED}; a year earlier"),
        Check(id="T-B-013", model=lambda r: (r.england("attendances") + _children() * _rate("P-B.ae-001")) / 1e6, heading=EMERGENCIES, label="A&E attendances, all ages", role=FITTED, how="adults, and England's children at the published rate at 0 to 16 (P-B.ae-001); two years earlier"),
        Check(id="T-B-014", model=lambda r: 100.0 * _attendances(r, (80, OLDEST)) * r.count("person_years", ages=(80, OLDEST)) / (_attendances(r, ADULTS) * r.count("person_years")), heading=EMERGENCIES, label="share of A&E attendances at 80+", unit="% of adults' attendances", role=FITTED,
              target=100.0 * 8.2 / (33.4 + 19.9 + 14.2 + 8.2), how="of attendances at 17 and over, from the shares in the row's note"),
        Check(id="T-B-036", model=_top_tenth_of_admitted, heading=EMERGENCIES, label="admitted: the tenth with most conditions", how="the source's tenth of adults with four or more conditions; here the tenth with most of our fourteen, ties shared; Scotland, 2006/07"),
        # Beds and returns
        Check(id="T-B-006", model=lambda r: (r.england("emergency_bed_days") + _children_admissions() * evidence("P-B.los-003").number()) / 1e6, heading=BEDS, label="emergency bed days, all ages", role=FITTED, how="adults, and children's admissions (P-B.emerg-001) x their stay (P-B.los-003)"),
        Check(id="T-B-010", model=lambda r: 100.0 * r.england("bed_days", ages=OLDER) / (r.england("bed_days") + _children_admissions() * evidence("P-B.los-003").number()), heading=BEDS, label="share of emergency bed days at 65+", how="of adults' and, as for T-B-006, children's bed days"),
        *(
            Check(id=row, model=lambda r, a=ages: _stay(r, a), heading=BEDS, label=f"mean stay at {words}", role=FITTED, how="days in hospital over admissions, those without a night included")
            for row, ages, words in (("P-B.los-004", (18, 64), "18-64"), ("P-B.los-005", (65, 74), "65-74"), ("P-B.los-006", (75, 84), "75-84"), ("P-B.los-007", (85, OLDEST), "85+"))
        ),
        Check(id="T-B-024", model=lambda r: 100.0 * over(r.sums.scalars["readmissions_30_days"], r.sums.scalars["discharges"]), heading=BEDS, label="readmitted within 30 days", role=FITTED, margin=READMISSION_POINTS, how="adults; of discharges after emergencies, not of all; the same figure as P-B.readm-001"),
        Check(id="T-B-023", model=_occupancy, heading=BEDS, label="occupancy of general beds", role=FITTED, how="modelled patients and the constant remainder, over beds at rest; set by construction before queues act"),
        # Delays
        Check(id="T-B-025", model=lambda r: r.england("delayed_days") / r.recording_ratio / 1e6, heading=DELAYS, label="delayed days, acute (2012/13)", how="true delays over the recording ratio (P-B.dtoc-001)"),
        Check(id="T-B-026", model=lambda r: r.england("delayed_days") / r.recording_ratio * _all_over_acute() / MONTHS, heading=DELAYS, label="delayed days a month, all care", how="true delays over the recording ratio (P-B.dtoc-001), from acute to all care (P-B.dtoc-024, 025)"),
        Check(id="T-C-015", model=_delays_per_100k, heading=DELAYS, label="delayed patients, all care (2013/14)", how="as T-B-026, mean day"),
        Check(id="T-C-016", model=_delays_per_100k, heading=DELAYS, label="delayed patients, all care (2014/15)", how="as T-B-026, mean day"),
        *(
            Check(id=row, model=lambda r, k=reason: _delay_share(r, k), heading=DELAYS, label=f"share waiting: {words}", how="of true delayed days; the source is of recorded ones in acute care")
            for row, reason, words in (
                ("P-B.dtoc-010", Reason.FURTHER_NHS, "further NHS care"),
                ("P-B.dtoc-011", Reason.ASSESSMENT, "assessment"),
                ("P-B.dtoc-012", Reason.PACKAGE, "care at home"),
                ("P-B.dtoc-015", Reason.CHOICE, "own choice"),
                ("P-B.dtoc-016", Reason.FUNDING, "public funding"),
            )
        ),
        Check(id="P-B.dtoc-013", model=lambda r: _delay_share(r, Reason.PLACEMENT), heading=DELAYS, label="share waiting: care home", target=evidence("P-B.dtoc-013").number() + evidence("P-B.dtoc-014").number(), how="nursing and residential (P-B.dtoc-014) together; of true delayed days"),
        # Social care
        *(
            Check(id=row, model=lambda r, a=ages: r.share("care_home", ages=a), heading=CARE, label=f"lives in a care home at {words}")
            for row, ages, words in (("P-C.prov-005", (65, 74), "65-74"), ("P-C.prov-006", (75, 84), "75-84"), ("P-C.prov-007", (85, OLDEST), "85+"))
        ),
        Check(id="T-C-013", model=_council_entries, heading=CARE, label="council-paid care-home entries, 65+", how="all entries x the share, among those in their first year there, that is 65 or over and paid by the council"),
        *(
            Check(id=row, model=lambda r, f=fifth: r.share("resident_self_paid", of="care_home", fifth=f), heading=CARE, label=f"self-funders in care homes, {words}", how=f"{how}five years later than the model's start")
            for row, fifth, words, how in (("T-C-024", None, "all", ""), ("T-C-025", MOST, "most deprived", "fifth of the person's home; "), ("T-C-026", LEAST, "least deprived", "fifth of the person's home; "))
        ),
    ]  # fmt: skip


def _frail(reading: Reading, ages: tuple[int, int]) -> float:
    """Return the share with any frailty."""
    names = ("frail_mild", "frail_moderate", "frail_severe")
    return over(sum(reading.count(name, ages=ages) for name in names), reading.count("people", ages=ages))


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """Return everything that is compared, in order."""
    order = (DIAGNOSES, DEATH, FRAILTY, EMERGENCIES, BEDS, DELAYS, CARE)
    found = [*_conditions(), *_life(), *_written(), *_national_care()]
    return tuple(sorted(found, key=lambda check: order.index(check.heading)))


_OTHER_LIST = "a level on another list of conditions; the gradients of such lists are compared (T-A-009 to 018)"
_REGISTER = "people on a disease register; the model counts the ever recorded, who are compared (A.prev)"
_TREND = "another time: what changed before or after 2014/15 is not what a start in 2014 can show"
_ELECTIVE = "planned care is not modelled yet"
_GP = "GP consultations are not modelled yet"
_MONEY = "the model pays prices for the lines it has; national cost totals hold much else"
_YEARLY = "counts everybody seen in a year, of all ages and with all services; the model counts who has care on a day"
_BODY = "the model knows what a person waits for, not which body the return holds responsible"

OUT_OF_SCOPE: dict[str, str] = {
    "T-A-001": "all ages, children included, and a level on another list of conditions",
    "T-A-002": "all ages, children included, and a level on another list of conditions",
    "T-A-008": "ages 0 to 24: mostly children",
    "T-A-015": _OTHER_LIST,
    "T-A-020": "GP records alone; the model's hypertension is ever recorded by GPs or hospitals, and is compared (A.prev)",
    "T-A-021": "a level on another list of conditions; much of its rise is recording",
    "T-A-022": "a level on another list of conditions; much of its rise is recording",
    "T-A-023": _OTHER_LIST,
    "T-A-024": _OTHER_LIST,
    "T-A-025": _OTHER_LIST,
    **{f"T-A-{number:03d}": _REGISTER for number in range(30, 43)},
    "T-A-043": "of the UK, and from surveys that find the undiagnosed; the model counts recorded dementia",
    "T-B-002": _TREND,
    "T-B-003": _TREND,
    "T-B-004": _MONEY,
    "T-B-005": _ELECTIVE,
    "T-B-007": _TREND,
    "T-B-008": _TREND,
    "T-B-009": _TREND,
    "T-B-011": "conditions as coded in hospital, a list of its own, and partly coding depth",
    "T-B-012": _TREND,
    "T-B-015": "major A&E departments; the model's attendances are of all kinds of department",
    "T-B-016": "the hours of a stay in A&E are not modelled; days of waiting there for a bed are",
    "T-B-017": _ELECTIVE,
    "T-B-018": _ELECTIVE,
    "T-B-019": _ELECTIVE,
    "T-B-020": _ELECTIVE,
    "T-B-021": _GP,
    "T-B-022": _GP,
    "T-B-027": _BODY,
    "T-B-028": _BODY,
    "T-B-029": _BODY,
    "T-B-030": _BODY,
    "T-B-031": _BODY,
    "T-B-032": _BODY,
    "T-B-033": "delayed days are not counted by age",
    "T-B-034": "the source's terms (which use of each, of whom a share) are not known well enough to count the same",
    "T-B-035": _GP,
    "T-B-037": "preventable admissions are not told apart yet",
    "T-B-038": _TREND,
    "T-B-040": "a quarter of another year; a year's mean is compared (T-B-023)",
    "T-B-041": "spread between areas; one place of national averages has none",
    "T-C-001": _YEARLY,
    "T-C-002": _YEARLY,
    "T-C-003": "counts everybody there in a year, from 18 on; weeks paid for people of 65 and over are compared",
    "T-C-004": "counts everybody there in a year, from 18 on; weeks paid for people of 65 and over are compared",
    "T-C-005": _YEARLY,
    "T-C-006": _TREND,
    "T-C-007": "enquiries that end with advice are not modelled",
    "T-C-008": "enquiries are not modelled, only requests that lead to an assessment",
    "T-C-009": "the model's assessments include people assessed again, who are not new clients",
    "T-C-010": "reviews of packages are not counted",
    "T-C-011": "where a request came from is not counted",
    "T-C-012": _TREND,
    "T-C-014": "where people are 91 days after reablement is not followed",
    "T-C-017": _MONEY,
    "T-C-023": "continuing healthcare is not modelled",
    "T-C-027": "text, not a number",
    "T-C-028": _TREND,
}
"""Rows of the targets that the model cannot speak to, and why."""

REFERENCE_ROWS = "targets.csv"
TOO_FEW = "too few people at this scale to tell"


def targets() -> tuple[EvidenceRow, ...]:
    """Return the rows of ``targets.csv``."""
    return read_rows(FOLDER / REFERENCE_ROWS)


COLUMNS = (
    "id", "heading", "label", "quantity", "stratum", "unit", "target", "allowed_low", "allowed_high", "model", "model_low",
    "model_high", "difference", "percent", "verdict", "role", "conversion", "source", "status", "year", "geography",
)  # fmt: skip


def validate(readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the table of verdicts: what is compared, in order, then what is out of scope.

    Parameters
    ----------
    readings : one a replication

    Returns
    -------
    DataFrame
        `COLUMNS`. The verdict is on the mean over replications: ``met`` inside `allowed_low` to `allowed_high`. The
        model's interval is the 95% t-interval over replications, missing with one. ``out of scope`` rows have their reason
        as `conversion`, and no model.
    """
    rows = []
    for check in checks():
        values = np.array([[check.model(reading) for reading in readings]])
        half = float(interval_half_width(values)[0])
        target, (low, high), model = check.value(), check.allowed(), float(values.mean())
        row = check.row
        rows.append(
            {
                "id": check.id,
                "heading": check.heading,
                "label": check.label,
                "quantity": row.quantity if row else check.label.replace(" ", "_"),
                "stratum": row.stratum if row else check.stratum,
                "unit": check.unit or (row.unit if row else ""),
                "target": target,
                "allowed_low": low,
                "allowed_high": high,
                "model": model,
                "model_low": model - half,
                "model_high": model + half,
                "difference": model - target,
                "percent": 100.0 * (model - target) / target,
                "verdict": NO_VERDICT if np.isnan(model) else MET if low <= model <= high else MISSED,
                "role": check.role,
                "conversion": TOO_FEW if np.isnan(model) else check.how,
                "source": row.source if row else check.source,
                "status": row.status if row else "derived",
                "year": row.year if row else check.year,
                "geography": row.geography if row else "England",
            }
        )
    return pd.DataFrame([*rows, *_unspoken()], columns=list(COLUMNS))


def _unspoken() -> list[dict[str, object]]:
    """Return a row for each target that is not compared by itself."""
    used = {row: check.id for check in checks() for row in check.stands_for}
    compared = {check.id for check in checks()}
    rows = []
    for row in targets():
        if row.id in compared:
            continue
        reason = f"the other end of the ratio or difference in {used[row.id]}" if row.id in used else OUT_OF_SCOPE[row.id]
        rows.append(
            {
                "id": row.id,
                "heading": "Out of scope",
                "label": row.quantity.replace("_", " "),
                "quantity": row.quantity,
                "stratum": row.stratum,
                "unit": row.unit,
                "target": row.value,
                "verdict": NO_VERDICT,
                "role": "",
                "conversion": reason,
                "source": row.source,
                "status": row.status,
                "year": row.year,
                "geography": row.geography,
            }
        )
    return rows


def read_place(
    *,
    years: int,
    replications: int,
    seed: int = 1,
    scale: float = 1.0,
    parameters: Parameters | None = None,
    watch: Callable[[], None] | None = None,
) -> list[Reading]:
    """Run England in miniature at rest, once a replication.

    Parameters
    ----------
    years, replications : of each, and how many
    seed : of all; a replication's own seed is :func:`agents.draws.replication_seed`
    scale : share of the people
    parameters : the defaults if None
    watch : called after each month
    """
    parameters = parameters or Parameters()
    return [
        Reading(
            sums=pooled(
                run_reference(
                    years=years, seed=replication_seed(seed, k), scale=scale, parameters=parameters, watch=watch
                )
            ),
            years=years,
            scale=scale,
            recording_ratio=parameters.care.recording_ratio,
        )
        for k in range(replications)
    ]


def summary_line(table: pd.DataFrame) -> str:
    """Return the last line that the command prints."""
    number = table["verdict"].value_counts()
    met, missed, out = (int(number.get(verdict, 0)) for verdict in (MET, MISSED, NO_VERDICT))
    return f"validate: {met} targets met, {missed} missed, {out} out of scope"


def people_table(readings: Sequence[Reading], table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what the pictures of the people show, as means over replications.

    Parameters
    ----------
    readings : one a replication
    table : as `validate` gives

    Returns
    -------
    dict
        ``multimorbidity``: fifth (0 = most deprived), age, percent (over five years of age); ``admissions`` and
        ``conditions``: label, model, target, low, high; ``expectancy``: sex, fifth, model, target.
    """
    curves = [
        {"fifth": fifth, "age": age, "percent": np.mean([r.share("multimorbid", ages=(age - 2, age + 2), fifth=fifth) for r in readings])}
        for fifth in range(5)
        for age in range(YOUNGEST + 2, 93)
    ]
    years = [
        {"sex": name, "fifth": fifth, "model": np.mean([r.expectancy(sex, fifth) for r in readings]), "target": _published_expectancy(sex, fifth)}
        for sex, name in ((MALE, "men"), (FEMALE, "women"))
        for fifth in range(5)
    ]

    def of(ids: str, strip: str) -> pd.DataFrame:
        rows = table[table["id"].str.startswith(ids) & table["model"].notna()]
        return pd.DataFrame(
            {
                "label": rows["label"].str.removeprefix(strip),
                "model": rows["model"],
                "target": rows["target"],
                "low": rows["allowed_low"],
                "high": rows["allowed_high"],
            }
        ).reset_index(drop=True)

    return {
        "multimorbidity": pd.DataFrame(curves),
        "admissions": of("P-B.emerg", "admissions at "),
        "conditions": of("A.prev", ""),
        "expectancy": pd.DataFrame(years),
    }
