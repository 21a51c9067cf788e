"""Every target that the model can be set beside, with the conversion in words; every other one, with the reason.

A new measure is one more `Check` (and, if it was out of scope, one line less in `OUT_OF_SCOPE`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from agents.vocabulary import N_AGES, OLDEST, YOUNGEST, Condition, Reason, Responsible
from experiments.readings import (
    ADULTS,
    CHECKED,
    FEMALE,
    FITTED,
    LEAST,
    MALE,
    MOST,
    NEARED,
    OLDER,
    RELATIVE,
    Check,
    Reading,
    england_people,
    over,
)
from experiments.reference_run import MONTHS, PLACE, life_expectancy
from model.delayed_transfers import all_over_acute
from model.epidemiology import reference_tables
from model.evidence import evidence, evidence_group
from model.place import load_place
from model.place_england import PEOPLE_EACH
from model.prevalence import PREVALENCE_NAMES, england

LIFE_YEARS, GAP_YEARS, READMISSION_POINTS = 0.3, 0.5, 1.5
"""Stated margins, either way: life expectancy at 65, its gap between fifths, percentage points of readmission."""

# What the model lacks of a published total, at published rates


def _children() -> float:
    return float(england_people()[:, :, :YOUNGEST].sum())


def _rate(row: str, per: float = 1000.0) -> float:
    return evidence(row).number() / per


def _children_deaths() -> float:
    people, rates = (table[:, :, :YOUNGEST] for table in england())
    return float((people * rates).sum())


def _children_admissions() -> float:
    return _children() * _rate("P-B.emerg-001")


def _children_bed_days() -> float:
    return _children_admissions() * evidence("P-B.los-003").number()


def _direct_share() -> float:
    """Return the share of admissions that do not come through A&E."""
    return 1.0 - evidence("P-B.emerg-017").number() / 100.0


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


def _of_most_conditions(reading: Reading, things: np.ndarray, share: float) -> float:
    """Return the percentage of things that goes to the share of adults with most conditions, ties shared.

    Parameters
    ----------
    reading : of the people
    things : by number of conditions, shape (15,)
    share : of adults, 0 to 1
    """
    if not things.sum():
        return float("nan")
    people = reading.sums.by_number.sum(axis=(1, 2, 3))[::-1].astype(float)
    reached = np.append(0.0, np.cumsum(people) / people.sum())
    held = np.append(0.0, np.cumsum(things[::-1]) / things.sum())
    return float(100.0 * np.interp(share, reached, held))


def _top_tenth_of_admitted(reading: Reading) -> float:
    """Return the percentage of the people admitted who are of the tenth of adults with most conditions."""
    return _of_most_conditions(reading, reading.sums.admitted_by_number.sum(axis=(1, 2, 3)).astype(float), 0.1)


def _consultations_of_multimorbid(reading: Reading) -> float:
    """Return the percentage of consultations of the adults with most conditions, as many as the source's multimorbid.

    Consultations are not counted by person: these are the means that people's age, sex and conditions give.
    """
    tables = reference_tables(reading.parameters)
    number = np.minimum(np.arange(len(reading.sums.by_number)), len(tables.gp_conditions) - 1)
    means = tables.gp_conditions[number][:, None, None, None] * tables.gp_age[None, :, None, :]
    consultations = (reading.sums.by_number * means).sum(axis=(1, 2, 3))
    return _of_most_conditions(reading, consultations, evidence("T-A-015").number() / 100.0)


def _published_consultations() -> float:
    """Return GP and nurse consultations of an adult a year: the rates by age, weighted by England's adults of 2014."""
    bands = (
        ("P-B.gp-003", 18, 44),
        ("P-B.gp-004", 45, 64),
        ("P-B.gp-005", 65, 74),
        ("P-B.gp-006", 75, 84),
        ("P-B.gp-007", 85, 90),
    )
    people = england_people().sum(axis=(0, 1))
    total = sum(evidence(row).number() * people[first : last + 1].sum() for row, first, last in bands)
    return float(total / people[YOUNGEST:].sum())


def _attendances(reading: Reading, ages: tuple[int, int]) -> float:
    """Return A&E attendances for each 1,000 person-years: contacts less admissions straight to a ward."""
    return reading.rate("contacts", ages=ages) - _direct_share() * reading.rate("admissions", ages=ages)


def _oldest_attendances(reading: Reading) -> float:
    """Return the percentage of adults' A&E attendances that people of 80 and over make."""
    oldest, adults = (
        _attendances(reading, ages) * reading.count("person_years", ages=ages) for ages in ((80, OLDEST), ADULTS)
    )
    return 100.0 * over(oldest, adults)


def _within_four_hours(reading: Reading) -> float:
    """Return the percentage of A&E attendances that left, for home or a bed, within four hours of arriving."""
    return 100.0 * (1.0 - over(reading.sums.scalars["left_ae_late"], reading.sums.scalars["attended"]))


def _stay(reading: Reading, ages: tuple[int, int]) -> float:
    return over(reading.count("bed_days", ages=ages), reading.count("admissions", ages=ages))


def _four_plus_of_ill(reading: Reading, fifth: int) -> float:
    by_number = reading.sums.by_number[:, :, fifth].sum(axis=(1, 2)).astype(float)
    return 100.0 * over(float(by_number[4:].sum()), float(by_number[1:].sum()))


def _council_entries(reading: Reading) -> float:
    """Return council-paid moves into care homes at 65 and over, for each 100,000 people of that age."""
    return 1e5 * over(reading.sums.scalars["older_care_home_admissions"], reading.count("people", ages=OLDER))


def _at_home_after_reablement(reading: Reading) -> float:
    """Return the share of older people discharged to reablement or intermediate care who are at home 91 days later, in percent."""
    return 100.0 * over(reading.sums.scalars["reablement_at_home"], reading.sums.scalars["reablement_followed"])


def _all_care(cells: np.ndarray) -> np.ndarray:
    """Return days or patients in all care from those in acute care, shape (10, 3): as many more as were published."""
    return cells * all_over_acute()


def _delays_per_100k(reading: Reading) -> float:
    """Return patients delayed in all care on a last Thursday of the month for each 100,000 adults."""
    return 1e5 * over(float(_all_care(reading.delayed_patients()).sum()), reading.england("people"))


def _occupancy(reading: Reading) -> float:
    scalars = reading.sums.scalars
    own = scalars["emergency_bed_days"] - scalars["boarding_days"] + scalars["surgery_days"]
    used = own + scalars["other_bed_days"]
    return 100.0 * over(used, scalars["open_bed_days"])


def _delay_share(reading: Reading, *reasons: Reason) -> float:
    """Return the percentage of recorded delayed days that have these reasons."""
    days = reading.recorded_days()
    return 100.0 * over(float(days[list(reasons)].sum()), float(days.sum()))


def _body_share(reading: Reading, body: Responsible) -> float:
    """Return the percentage of recorded delayed days for which this body is responsible."""
    days = reading.recorded_days()
    return 100.0 * over(float(days[:, body].sum()), float(days.sum()))


def _of_nhs_days(reading: Reading, reason: Reason) -> float:
    """Return the percentage of the days in all care for which the NHS is responsible that have this reason."""
    days = _all_care(reading.recorded_days())[:, Responsible.NHS]
    return 100.0 * over(float(days[reason]), float(days.sum()))


def published_expectancy(sex: int, fifth: int | None = None) -> float:
    """Return life expectancy at 65 of England in 2014, by the same life table, from the published death rates."""
    people, rates = (table[:, :, YOUNGEST:] for table in england())
    fifths = slice(None) if fifth is None else slice(fifth, fifth + 1)
    return life_expectancy((people * rates)[sex, fifths].sum(axis=0), people[sex, fifths].sum(axis=0), at=65)


def _published_prevalence(condition: Condition) -> float:
    """Return the percentage of England's adults of 2014 that group A.prev gives: each band's share of its people."""
    people = england_people()
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

MORTALITY_SOURCE = (
    "ONS deaths and people by age, sex and deprivation, model/data/mortality2014_england_age_sex_imdq.csv"
)
COUNCILS = "HSCIC adult social care returns of all councils, model/data/"
DIAGNOSES, DEATH, FRAILTY = "Long-term conditions", "Death", "Frailty and need"
EMERGENCIES, PRACTICE, BEDS = "Emergencies", "General practice", "Beds and returns"
DELAYS, CARE = "Delays", "Social care"
AS_RETURNED = "adults; the days that the rule of recording keeps (P-B.dtoc-001)"
ALL_CARE = (
    "days kept by the rule of recording, from acute to all care by what each reason and body had in 2014/15 "
    "(dtoc_england_month_reason_org.csv)"
)
BODIES = "days by reason are fitted, the body that answers for them is not"
ALL_LIST = "another list of conditions, so only the ratio is compared: ours has fourteen"


SHORT = {
    Condition.CHD: "coronary heart disease",
    Condition.STROKE_TIA: "stroke or TIA",
    Condition.COPD: "COPD",
    Condition.CKD: "chronic kidney disease",
    Condition.SMI: "severe mental illness",
    Condition.DEPRESSION: "depression, anxiety",
}


def _conditions() -> list[Check]:
    return [
        Check(
            id=f"A.prev {condition.name.lower()}",
            model=lambda r, k=condition: r.standardised(r.sums.conditions[k]),
            heading=DIAGNOSES,
            label=SHORT.get(condition, condition.name.replace("_", " ").lower()),
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
                target=published_expectancy(sex),
                margin=LIFE_YEARS,
                how=how,
                stratum=name,
                **common,
            ),
            Check(
                id=f"LE65 gap {name}",
                model=lambda r, s=sex: r.expectancy(s, LEAST) - r.expectancy(s, MOST),
                label=f"its gap between fifths, {name}",
                target=published_expectancy(sex, LEAST) - published_expectancy(sex, MOST),
                margin=GAP_YEARS,
                how=f"{how}; least less most deprived fifth",
                stratum=f"{name}, least less most deprived fifth",
                **common,
            ),
        ]
    return found


def _national_care() -> list[Check]:
    """Return what councils bought, from their own returns (the same sums that make the place)."""
    council = load_place(PLACE).councils[0]
    each = {"heading": CARE, "source": f"{COUNCILS} (sum)", "year": "2014/15", "stratum": "councils' return, 65+"}
    weeks = "all ages in the model; the return counts 65 and over, which hardly differ"
    return [
        *(
            Check(
                id=f"ASC {kind} weeks",
                model=lambda r, k=kind: r.england(f"{k}_council_days") / 7e3,
                label=f"{kind} weeks paid by councils",
                role=NEARED,
                target=getattr(council, f"{kind}_weeks_65plus") * PEOPLE_EACH / 1e3,
                unit="thousand weeks a year",
                how=weeks,
                **each,
            )
            for kind in ("residential", "nursing")
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
              role=NEARED,
              how="2 or more of our fourteen; how much older the least deprived fifth is with the share that the "
                  "most deprived has at 30 to 55 (the ends that the source compares may be narrower)"),
        Check(id="T-A-028", model=lambda r: _age_gap(r, (50.0,)), heading=DIAGNOSES,
              label="half have 2+: years later, least deprived", unit="years",
              target=evidence("T-A-028").number() - evidence("T-A-029").number(), stands_for=("T-A-029",),
              how=f"age at which half have 2 or more, least less most deprived fifth; {ALL_LIST}"),
        Check(id="T-A-003",
              model=lambda r: over(
                  r.share("physical_and_mental", fifth=MOST), r.share("physical_and_mental", fifth=LEAST)
              ),
              heading=DIAGNOSES, label="physical and mental: most over least deprived", unit="ratio",
              target=_ratio("T-A-003", "T-A-004"), stands_for=("T-A-004",),
              how=f"adults (the source: all ages); {ALL_LIST}"),
        Check(id="T-A-006", model=lambda r: _mental_odds(r, 5), heading=DIAGNOSES,
              label="odds of a mental condition, 5+ physical", role=NEARED,
              how="odds against people without a physical condition, within sex, fifth and ten years of age; the "
                  "source has forty conditions"),
        Check(id="T-A-007", model=lambda r: _mental_odds(r, 1), heading=DIAGNOSES,
              label="odds of a mental condition, 1 physical", role=NEARED, how="as T-A-006"),
        Check(id="T-A-009",
              model=lambda r: over(r.share("multimorbid", ages=(25, 44)), r.share("multimorbid", ages=(65, 84))),
              heading=DIAGNOSES, label="2+ at 25-44 over 65-84", unit="ratio", target=_ratio("T-A-009", "T-A-011"),
              stands_for=("T-A-011",), how=f"over the share at 65 to 84; {ALL_LIST}"),
        Check(id="T-A-010",
              model=lambda r: over(r.share("multimorbid", ages=(45, 64)), r.share("multimorbid", ages=(65, 84))),
              heading=DIAGNOSES, label="2+ at 45-64 over 65-84", unit="ratio", target=_ratio("T-A-010", "T-A-011"),
              how=f"over the share at 65 to 84; {ALL_LIST}"),
        Check(id="T-A-012",
              model=lambda r: over(r.share("multimorbid", ages=(85, OLDEST)), r.share("multimorbid", ages=(65, 84))),
              heading=DIAGNOSES, label="2+ at 85+ over 65-84", unit="ratio", target=_ratio("T-A-012", "T-A-011"),
              how=f"over the share at 65 to 84; {ALL_LIST}"),
        Check(id="T-A-013",
              model=lambda r: over(r.share("multimorbid", ages=(25, 34)), r.share("multimorbid", ages=(75, OLDEST))),
              heading=DIAGNOSES, label="2+ at 25-34 over 75+", unit="ratio", target=_ratio("T-A-013", "T-A-014"),
              stands_for=("T-A-014",), how=f"over the share at 75 and over; {ALL_LIST}"),
        Check(id="T-A-016",
              model=lambda r: over(r.share("multimorbid", sex=FEMALE), r.share("multimorbid", sex=MALE)),
              heading=DIAGNOSES, label="2+: women over men", unit="ratio", target=_ratio("T-A-016", "T-A-017"),
              stands_for=("T-A-017",), how=ALL_LIST),
        Check(id="T-A-018",
              model=lambda r: over(r.share("multimorbid", fifth=MOST), r.share("multimorbid", fifth=LEAST)),
              heading=DIAGNOSES, label="2+: most over least deprived", unit="ratio",
              target=_ratio("T-A-018", "T-A-019"), stands_for=("T-A-019",),
              how=f"adults of all ages, not standardised; {ALL_LIST}"),
        Check(id="T-A-026", model=lambda r: over(_four_plus_of_ill(r, MOST), _four_plus_of_ill(r, LEAST)),
              heading=DIAGNOSES, label="4+ of those with any: most over least", unit="ratio",
              target=_ratio("T-A-026", "T-A-027"), stands_for=("T-A-027",),
              how=f"of people with any condition, as the row's note takes it; {ALL_LIST}"),
        # Death
        Check(id="T-A-044", model=lambda r: (r.england("deaths") + _children_deaths()) / 1e3, heading=DEATH,
              label="deaths a year", role=FITTED, how="adults, and England's children at the death rates of 2014"),
        Check(id="T-A-046", model=lambda r: r.expectancy(MALE), heading=DEATH,
              label="life expectancy at 65, men (2013)", role=FITTED, margin=LIFE_YEARS,
              how="the death rates fitted to are England's of 2014, a year of few deaths"),
        Check(id="T-A-047", model=lambda r: r.expectancy(FEMALE), heading=DEATH,
              label="life expectancy at 65, women (2013)", role=FITTED, margin=LIFE_YEARS, how="as T-A-046"),
        Check(id="T-A-045",
              model=lambda r: 100.0 * over(r.sums.scalars["deaths_in_hospital"], r.sums.scalars["deaths"]),
              heading=DEATH, label="deaths in hospital", how="adults"),
        Check(id="P-C.prov-009", model=lambda r: r.share("residents_died", of="residents_before", ages=OLDER),
              heading=DEATH, label="care-home residents who die in a year", role=NEARED,
              how="people of 65 and over who lived in a care home at a year's start"),
        # Frailty and need
        Check(id="P-A.frail-032", model=lambda r: 100.0 * _frail(r, (50, 64)), heading=FRAILTY,
              label="any frailty at 50-64", role=FITTED),
        Check(id="P-A.frail-033", model=lambda r: 100.0 * _frail(r, OLDER), heading=FRAILTY,
              label="any frailty at 65+", role=FITTED),
        Check(id="T-C-019", model=lambda r: r.at_home("needs_help", ages=OLDER, sex=MALE), heading=FRAILTY,
              label="needs help, men 65+", role=FITTED,
              how="people outside care homes; the same figure as P-A.adl-001"),
        Check(id="T-C-020", model=lambda r: r.at_home("needs_help", ages=OLDER, sex=FEMALE), heading=FRAILTY,
              label="needs help, women 65+", role=FITTED,
              how="people outside care homes; the same figure as P-A.adl-002"),
        Check(id="P-A.adl-003", model=lambda r: r.at_home("needs_help", ages=(65, 69), sex=MALE), heading=FRAILTY,
              label="needs help, men 65-69", role=FITTED, how="people outside care homes"),
        Check(id="P-A.adl-004", model=lambda r: r.at_home("needs_help", ages=(65, 69), sex=FEMALE), heading=FRAILTY,
              label="needs help, women 65-69", role=FITTED, how="people outside care homes"),
        Check(id="P-A.adl-005", model=lambda r: r.at_home("needs_help", ages=(85, OLDEST), sex=MALE), heading=FRAILTY,
              label="needs help, men 85+", role=FITTED, how="people outside care homes"),
        Check(id="P-A.adl-006", model=lambda r: r.at_home("needs_help", ages=(85, OLDEST), sex=FEMALE),
              heading=FRAILTY, label="needs help, women 85+", role=FITTED, how="people outside care homes"),
        Check(id="T-C-021", model=lambda r: r.at_home("gets_help", ages=OLDER, sex=MALE), heading=FRAILTY,
              label="gets help, men 65+", role=NEARED, how="help of family or a package today; the source asks of the last month"),
        Check(id="T-C-022", model=lambda r: r.at_home("gets_help", ages=OLDER, sex=FEMALE), heading=FRAILTY,
              label="gets help, women 65+", role=NEARED, how="as T-C-021"),
        Check(id="T-C-018", model=lambda r: r.england("unmet", ages=OLDER) / 1e3, heading=FRAILTY,
              label="unmet need at 65+",
              how="people at home, any need that nobody meets; surveys give more than twice this figure "
                  "(P-A.adl-020, 021)"),
        # Emergencies
        *(
            Check(id=row, model=lambda r, a=ages: r.rate("admissions", ages=a), heading=EMERGENCIES,
                  label=f"admissions at {words}", role=FITTED, relative=RELATIVE, how=how)
            for row, ages, words, how in (
                ("P-B.emerg-002", (18, 44), "18-44", "the source's band begins at 15"),
                ("P-B.emerg-003", (45, 64), "45-64", ""),
                ("P-B.emerg-004", (65, 74), "65-74", ""),
                ("P-B.emerg-005", (75, 84), "75-84", ""),
                ("P-B.emerg-006", (85, OLDEST), "85+", ""),
            )
        ),
        *(
            Check(id=row, model=lambda r, a=ages: _attendances(r, a), heading=EMERGENCIES,
                  label=f"A&E attendances at {words}", role=FITTED,
                  how=f"contacts less the share of admissions that go straight to a ward (P-B.emerg-017){more}")
            for row, ages, words, more in (
                ("P-B.ae-002", (18, 39), "18-39", "; the source's band begins at 17"),
                ("P-B.ae-003", (40, 59), "40-59", ""),
                ("P-B.ae-004", (60, 79), "60-79", ""),
                ("P-B.ae-005", (80, OLDEST), "80+", ""),
            )
        ),
        Check(id="T-B-001", model=lambda r: (r.england("emergency_admissions") + _children_admissions()) / 1e6,
              heading=EMERGENCIES, label="admissions, all ages (2012/13)", role=FITTED,
              how=f"{CHILDREN_ADMITTED}; two years earlier"),
        Check(id="T-B-039", model=lambda r: (r.england("emergency_admissions") + _children_admissions()) / 1e6,
              heading=EMERGENCIES, label="admissions, all ages (2013/14)", role=FITTED,
              how=f"{CHILDREN_ADMITTED}; a year earlier"),
        Check(id="T-B-013", model=lambda r: (r.england("attendances") + _children() * _rate("P-B.ae-001")) / 1e6,
              heading=EMERGENCIES, label="A&E attendances, all ages", role=FITTED,
              how="adults, and England's children at the published rate at 0 to 16 (P-B.ae-001); two years earlier"),
        Check(id="T-B-014", model=_oldest_attendances, heading=EMERGENCIES, label="share of A&E attendances at 80+",
              unit="% of adults' attendances", role=FITTED, target=100.0 * 8.2 / (33.4 + 19.9 + 14.2 + 8.2),
              how="of attendances at 17 and over, from the shares in the row's note"),
        Check(id="T-B-016", model=_within_four_hours, heading=EMERGENCIES, label="left A&E within four hours", role=NEARED,
              how="adults; the spread of minutes was set so that few stay longer while nobody waits for a bed; the source is of all ages"),
        Check(id="T-B-036", model=_top_tenth_of_admitted, heading=EMERGENCIES,
              label="admitted: the tenth with most conditions",
              how="the source's tenth of adults with four or more conditions; here the tenth with most of our "
                  "fourteen, ties shared; Scotland, 2006/07"),
        Check(id="P-B.emerg-018",
              model=lambda r: 100.0 * over(
                  r.sums.scalars["emergency_admissions_acs"], r.sums.scalars["emergency_admissions"]
              ),
              heading=EMERGENCIES, label="admissions sensitive to ambulatory care", role=FITTED,
              how="adults, the narrow list; the source is of all ages"),
        # General practice
        Check(id="T-B-021", model=lambda r: over(r.sums.scalars["gp_consultations"], r.count("person_years")),
              heading=PRACTICE, label="GP and nurse consultations", unit="per adult per year", role=FITTED,
              target=_published_consultations(),
              how="adults; target: the rates at 15 and over (P-B.gp-003 to 007), weighted by England's adults of 2014"),
        Check(id="T-B-035", model=_consultations_of_multimorbid, heading=PRACTICE,
              label="consultations of the multimorbid",
              how="of the 27.2% of adults (T-A-015) with most of our fourteen, ties shared; "
                  "as their ages, sexes and conditions give, for consultations are not counted by person"),
        # Beds and returns
        Check(id="T-B-006",
              model=lambda r: (r.england("emergency_bed_days") + _children_bed_days()) / 1e6,
              heading=BEDS, label="emergency bed days, all ages", role=FITTED,
              how="adults, and children's admissions (P-B.emerg-001) x their stay (P-B.los-003)"),
        Check(id="T-B-010",
              model=lambda r: 100.0 * r.england("bed_days", ages=OLDER)
              / (r.england("bed_days") + _children_bed_days()),
              heading=BEDS, label="share of emergency bed days at 65+",
              how="of adults' and, as for T-B-006, children's bed days"),
        *(
            Check(id=row, model=lambda r, a=ages: _stay(r, a), heading=BEDS, label=f"mean stay at {words}",
                  role=FITTED, how="days in hospital over admissions, those without a night included")
            for row, ages, words in (
                ("P-B.los-004", (18, 64), "18-64"),
                ("P-B.los-005", (65, 74), "65-74"),
                ("P-B.los-006", (75, 84), "75-84"),
                ("P-B.los-007", (85, OLDEST), "85+"),
            )
        ),
        Check(id="T-B-024",
              model=lambda r: 100.0 * over(r.sums.scalars["readmissions_30_days"], r.sums.scalars["discharges"]),
              heading=BEDS, label="readmitted within 30 days", role=FITTED, margin=READMISSION_POINTS,
              how="adults; of discharges after emergencies, not of all; the same figure as P-B.readm-001"),
        Check(id="T-B-023", model=_occupancy, heading=BEDS, label="occupancy of general beds", role=FITTED,
              how="modelled patients and the constant remainder, over beds at rest; set by construction before "
                  "queues act"),
        # Delays
        Check(id="P-B.dtoc-025", model=lambda r: r.recorded_days().sum() / 1e3, heading=DELAYS,
              label="delayed days, acute", role=FITTED, how=AS_RETURNED),
        Check(id="T-B-025", model=lambda r: r.recorded_days().sum() / 1e6, heading=DELAYS,
              label="delayed days, acute (2012/13)", role=FITTED, how=f"{AS_RETURNED}; two years earlier"),
        Check(id="T-B-026", model=lambda r: _all_care(r.recorded_days()).sum() / MONTHS, heading=DELAYS,
              label="delayed days a month, all care", role=FITTED, how=ALL_CARE),
        *(
            Check(id=row, model=lambda r, k=reasons: _delay_share(r, *k), heading=DELAYS,
                  label=f"share waiting: {words}", role=FITTED, how=AS_RETURNED)
            for row, reasons, words in (
                ("P-B.dtoc-010", (Reason.FURTHER_NHS,), "further NHS care"),
                ("P-B.dtoc-011", (Reason.ASSESSMENT,), "assessment"),
                ("P-B.dtoc-012", (Reason.PACKAGE,), "care at home"),
                ("P-B.dtoc-013", (Reason.NURSING,), "nursing home"),
                ("P-B.dtoc-014", (Reason.RESIDENTIAL,), "residential home"),
                ("P-B.dtoc-015", (Reason.CHOICE,), "own choice"),
                ("P-B.dtoc-016", (Reason.FUNDING,), "public funding"),
                ("P-B.dtoc-017", (Reason.EQUIPMENT, Reason.HOUSING, Reason.DISPUTES), "the other reasons"),
            )
        ),
        *(
            Check(id=row, model=lambda r, k=body: _body_share(r, k), heading=DELAYS,
                  label=f"responsible: {words}", role=role, how=f"{AS_RETURNED}; {BODIES}")
            for row, body, words, role in (
                ("P-B.dtoc-021", Responsible.NHS, "the NHS", CHECKED),
                ("P-B.dtoc-022", Responsible.SOCIAL_CARE, "social care", CHECKED),
                ("P-B.dtoc-023", Responsible.BOTH, "both", NEARED),
            )
        ),
        *(
            Check(id=row, model=lambda r, k=body: _all_care(r.recorded_days())[:, k].sum() / MONTHS, heading=DELAYS,
                  label=f"days a month, all care: {words}", role=role, how=f"{ALL_CARE}; {BODIES}")
            for row, body, words, role in (
                ("T-B-027", Responsible.NHS, "the NHS", CHECKED),
                ("T-B-028", Responsible.SOCIAL_CARE, "social care", CHECKED),
                ("T-B-029", Responsible.BOTH, "both", NEARED),
            )
        ),
        *(
            Check(id=row, model=lambda r, k=reason: _of_nhs_days(r, k), heading=DELAYS,
                  label=f"of the NHS's days: {words}", how=f"{ALL_CARE}; {BODIES}; a year later")
            for row, reason, words in (
                ("T-B-030", Reason.FURTHER_NHS, "further NHS care"),
                ("T-B-031", Reason.CHOICE, "own choice"),
                ("T-B-032", Reason.ASSESSMENT, "assessment"),
            )
        ),
        Check(id="T-C-015", model=_delays_per_100k, heading=DELAYS, label="delayed patients, all care (2013/14)",
              role=FITTED, how=f"patients on the last Thursdays of months; {ALL_CARE}; a year earlier"),
        Check(id="T-C-016", model=_delays_per_100k, heading=DELAYS, label="delayed patients, all care (2014/15)",
              role=FITTED, how=f"patients on the last Thursdays of months; {ALL_CARE}"),
        # Social care
        *(
            Check(id=row, model=lambda r, a=ages: r.share("care_home", ages=a), heading=CARE,
                  label=f"lives in a care home at {words}", role=NEARED)
            for row, ages, words in (
                ("P-C.prov-005", (65, 74), "65-74"),
                ("P-C.prov-006", (75, 84), "75-84"),
                ("P-C.prov-007", (85, OLDEST), "85+"),
            )
        ),
        Check(id="T-C-013", model=_council_entries, heading=CARE, label="council-paid care-home entries, 65+",
              how="moves for good; not those whose savings run out in a home"),
        Check(id="T-C-014", model=_at_home_after_reablement, heading=CARE, label="at home 91 days after reablement",
              how="discharges of all months, to intermediate care too"),
        *(
            Check(id=row, model=lambda r, f=fifth: r.share("resident_self_paid", of="care_home", fifth=f),
                  heading=CARE, label=f"self-funders in care homes, {words}",
                  how=f"{how}five years later than the model's start")
            for row, fifth, words, how in (
                ("T-C-024", None, "all", ""),
                ("T-C-025", MOST, "most deprived", "fifth of the person's home; "),
                ("T-C-026", LEAST, "least deprived", "fifth of the person's home; "),
            )
        ),
    ]  # fmt: skip


def _frail(reading: Reading, ages: tuple[int, int]) -> float:
    """Return the share with any frailty."""
    names = ("frail_mild", "frail_moderate", "frail_severe")
    return over(sum(reading.count(name, ages=ages) for name in names), reading.count("people", ages=ages))


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """Return everything that is compared, in order."""
    order = (DIAGNOSES, DEATH, FRAILTY, EMERGENCIES, PRACTICE, BEDS, DELAYS, CARE)
    found = [*_conditions(), *_life(), *_written(), *_national_care()]
    return tuple(sorted(found, key=lambda check: order.index(check.heading)))


_OTHER_LIST = "a level on another list of conditions; the gradients of such lists are compared (T-A-009 to 018)"
_REGISTER = "people on a disease register; the model counts the ever recorded, who are compared (A.prev)"
_TREND = "another time: what changed before or after 2014/15 is not what a start in 2014 can show"
_ALL_CARE = "holds births, transfers, and planned care of children and other kinds that are not modelled"
_PLANNED_NIGHTS = "of all inpatients, births, children and transfers among them; the model has adults' emergencies and operations"
_MONEY = "the model pays prices for the lines it has; national cost totals hold much else"
_YEARLY = "counts everybody seen in a year, of all ages and with all services; the model counts who has care on a day"

OUT_OF_SCOPE: dict[str, str] = {
    "T-A-001": "all ages, children included, and a level on another list of conditions",
    "T-A-002": "all ages, children included, and a level on another list of conditions",
    "T-A-008": "ages 0 to 24: mostly children",
    "T-A-015": _OTHER_LIST,
    "T-A-020": "GP records alone; the model's is ever recorded by GPs or hospitals, and is compared (A.prev)",
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
    "T-B-005": _PLANNED_NIGHTS,
    "T-B-007": _TREND,
    "T-B-008": _TREND,
    "T-B-009": _TREND,
    "T-B-011": "conditions as coded in hospital, a list of its own, and partly coding depth",
    "T-B-012": _TREND,
    "T-B-015": "major A&E departments; the model's attendances are of all kinds of department",
    "T-B-017": _ALL_CARE,
    "T-B-018": _ALL_CARE,
    "T-B-019": _PLANNED_NIGHTS,
    "T-B-020": _PLANNED_NIGHTS,
    "T-B-022": _TREND,
    "T-B-033": "delayed days are not counted by age",
    "T-B-034": "the source's terms (which use of each, of whom a share) are not known well enough to count the same",
    "T-B-037": "which of a person's admissions were preventable is not counted by person",
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
    "T-C-017": _MONEY,
    "T-C-023": "counts everybody who has it in a year, many of them dying, on the fast track; the model has the claims of people with the highest need for care",
    "T-C-027": "text, not a number",
    "T-C-028": _TREND,
}
"""Rows of the targets that the model cannot speak to, and why."""
