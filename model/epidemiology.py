"""What the evidence says of people in England, solved into the tables that the kernels read.

Baseline rates are solved for, not set by hand: a reference population of England (mid-2014, by age, sex and
deprivation) is given conditions, frailty and need by the same rules as any place, and each baseline is the one that
gives that population the published totals. So illness is what remains of emergency contacts once the other causes
have had their part, never below zero, and nothing is counted twice.
"""

from __future__ import annotations

import calendar
import csv
import dataclasses
import itertools
import math
from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np

from agents.compiled import compiled
from agents.patients.conditions import HELD, PLACE_CAP, RISK_CAP, SEVERE_SHIFT, risk_of
from agents.patients.living import CONSORTIUM_STATE, FRAILTY_STEPS, TABLES, WHOLLY_DEPENDENT
from agents.patients.record import QUINTILE_SHIFT, RECORD
from agents.patients.starting import begin, liabilities, traits
from agents.vocabulary import N_AGES, N_CONDITIONS, YOUNGEST, Condition
from model.evidence import EvidenceError, evidence, evidence_group
from model.fitted_rates import FittedRates, fitted_rates
from model.parameters import Parameters
from model.prevalence import AGES, DATA, SEXES, england, prevalence, prevalence_by_fifth
from model.rules import compile_rules

REFERENCE_PEOPLE = 150_000
REFERENCE_SEED = np.uint64(2014)
MASKS = 1 << N_CONDITIONS

RELATIVE_RISKS = {
    (Condition.ATRIAL_FIBRILLATION, Condition.CHD): "relative_risk_of_af_given_chd",
    (Condition.HEART_FAILURE, Condition.CHD): "relative_risk_of_hf_given_chd",
    (Condition.HEART_FAILURE, Condition.COPD): "relative_risk_of_hf_given_copd",
    (Condition.HEART_FAILURE, Condition.HYPERTENSION): "relative_risk_of_hf_given_htn",
    (Condition.HEART_FAILURE, Condition.DIABETES): "relative_risk_of_hf_given_t2dm",
    (Condition.CHD, Condition.CKD): "relative_risk_of_chd_given_ckd",
    (Condition.CHD, Condition.DIABETES): "relative_risk_of_chd_given_t2dm",
    (Condition.STROKE_TIA, Condition.ATRIAL_FIBRILLATION): "relative_risk_of_stroke_given_af",
    (Condition.STROKE_TIA, Condition.DIABETES): "relative_risk_of_stroke_given_t2dm",
    (Condition.DEMENTIA, Condition.DIABETES): "relative_risk_of_dementia_given_t2dm",
    (Condition.DEPRESSION, Condition.STROKE_TIA): "relative_risk_of_andep_given_stroke",
    (Condition.DEPRESSION, Condition.CANCER): "relative_risk_of_andep_given_other_ca",
    (Condition.SMI, Condition.DEPRESSION): "relative_risk_of_psychosis_given_andep",
}
"""Relative risk of acquiring the first given the second (evidence group A.rr, ages 65 to 69)."""

MORTALITY_ROWS = {
    Condition.CHD: "P-A.mort-064",
    Condition.DIABETES: "P-A.mort-065",
    Condition.STROKE_TIA: "P-A.mort-066",
    Condition.HEART_FAILURE: "P-A.mort-071",
    Condition.COPD: "P-A.mort-072",
    Condition.DEMENTIA: "P-A.mort-073",
    Condition.SMI: "P-A.mort-074",
    Condition.CANCER: "P-A.mort-075",
    Condition.ATRIAL_FIBRILLATION: "P-A.mort-076",
    Condition.CKD: "P-A.mort-077",
    Condition.DEPRESSION: "P-A.mort-078",
    Condition.HYPERTENSION: "P-A.mort-079",
    Condition.ASTHMA: "P-A.mort-080",
    Condition.OSTEOARTHRITIS: "P-A.mort-081",
}

NEED_ROWS = {
    Condition.DEMENTIA: "P-A.adl-032",
    Condition.STROKE_TIA: "P-A.adl-033",
    Condition.OSTEOARTHRITIS: "P-A.adl-034",
    Condition.DEPRESSION: "P-A.adl-035",
    Condition.HEART_FAILURE: "P-A.adl-036",
    Condition.COPD: "P-A.adl-037",
    Condition.DIABETES: "P-A.adl-038",
    Condition.CHD: "P-A.adl-039",
    Condition.CANCER: "P-A.adl-040",
    Condition.HYPERTENSION: "P-A.adl-041",
}
NEED_ODDS_OTHER = 1.2  # assumption, 1 to 1.5: odds of needing help given AF, asthma, CKD or severe mental illness

UTILITY_ROWS = {
    Condition.DIABETES: "P-A.qaly-009",
    Condition.CKD: "P-A.qaly-011",
    Condition.HYPERTENSION: "P-A.qaly-012",
    Condition.ASTHMA: "P-A.qaly-013",
    Condition.COPD: "P-A.qaly-014",
    Condition.DEMENTIA: "P-A.qaly-015",
    Condition.CHD: "P-A.qaly-016",
    Condition.ATRIAL_FIBRILLATION: "P-A.qaly-017",
    Condition.HEART_FAILURE: "P-A.qaly-018",
    Condition.STROKE_TIA: "P-A.qaly-019",
    Condition.DEPRESSION: "P-A.qaly-020",
    Condition.SMI: "P-A.qaly-021",
    Condition.CANCER: "P-A.qaly-022",
    Condition.OSTEOARTHRITIS: "P-A.qaly-030",
}

SEVERE = {  # assumption, half to double: share of holders, deficits, odds of needing help, EQ-5D, weight of unmanaged crises
    Condition.HEART_FAILURE: (0.35, 0.035, 2.0, -0.10, 2.5),
    Condition.COPD: (0.30, 0.030, 2.0, -0.10, 3.0),
    Condition.CKD: (0.10, 0.025, 1.4, -0.08, 0.5),
    Condition.DEMENTIA: (0.45, 0.050, 5.0, -0.15, 1.0),
    Condition.DIABETES: (0.25, 0.020, 1.5, -0.05, 1.0),
}
"""Conditions that progress: what their severe stage (heart failure that limits ordinary activity, COPD with frequent
attacks, kidney disease of stages 4 and 5, dementia past its mild stage, diabetes with complications) adds to the
condition itself. The yearly chance of getting there is solved so that the shares stay as they are."""

UNMANAGED_WEIGHTS = {  # assumption: relative rates of crises that management might prevent; the level is solved
    Condition.COPD: 3.0,
    Condition.HEART_FAILURE: 2.5,
    Condition.DIABETES: 1.0,
    Condition.ASTHMA: 0.5,
    Condition.CHD: 1.0,
    Condition.ATRIAL_FIBRILLATION: 0.7,
    Condition.DEMENTIA: 1.0,
    Condition.CKD: 0.5,
    Condition.HYPERTENSION: 0.1,
    Condition.SMI: 1.0,
    Condition.DEPRESSION: 0.2,
}

FRAILTY_POINTS = (0.06, 0.185, 0.305, 0.42)  # assumption: middles of the index's categories (P-A.frail-010 to 013)
DEATH_HAZARD_ROWS = ("P-A.frail-001", "P-A.frail-002", "P-A.frail-003")
CONTACT_HAZARD_ROWS = ("P-A.frail-004", "P-A.frail-005", "P-A.frail-006")
DEFICIT = 1.0 / 36.0  # the electronic frailty index counts 36 deficits
YOUNG_SPREAD = 0.02  # assumption, half to double: standard deviation of personal frailty under 65; from 65 it is solved
ANY_FRAILTY = ((34.0, 0.02), (57.0, 0.10), (70.0, 0.323), (80.0, 0.542), (90.0, 0.708))
FRAILTY_EDGES = (50.0, 65.0, 75.0, 85.0)  # of those bands
"""Share with frailty above 0.12 by age: P-A.frail-032 at 50 to 64; from 65 the recalled age pattern (P-A.frail-014 to
025) brought down to the verified 43.7% of all 65 and over (P-A.frail-033); 2% under 50 is an assumption, 1 to 4%."""
MODERATE_FRAILTY = ((70.0, 0.070), (80.0, 0.184), (90.0, 0.358))  # above 0.24: P-A.frail-016, 017, 020, 021, 024, 025, brought down alike

HELP_UNDER_65 = ((30.0, 0.012), (55.0, 0.05))  # assumption, half to double: share needing help with daily living
NEED_BY_FIFTH = (0.35, 0.15, 0.0, -0.15, -0.35)  # assumption: most deprived twice the least (P-A.adl-026), part of it by conditions
ILLNESS_BY_FIFTH = (1.28, 1.12, 1.0, 0.88, 0.78)  # assumption: P-B.emerg-015 says 8% against 4%, part of it by conditions
PARTNER_SHARE = {  # assumption around P-A.adl-042 to 045 (living alone): ages and shares with a partner
    "male": ((18, 0.1), (30, 0.55), (50, 0.72), (65, 0.77), (75, 0.73), (85, 0.58), (95, 0.4)),
    "female": ((18, 0.15), (30, 0.6), (50, 0.72), (65, 0.68), (75, 0.50), (85, 0.24), (95, 0.1)),
}
OWNER_BY_FIFTH = (0.60, 0.70, 0.78, 0.85, 0.90)  # P-C.means-008: 76% in all, about 60% and 90% at the ends
SAVINGS_BY_FIFTH = (4000.0, 8000.0, 15000.0, 26000.0, 42000.0)  # assumption, half to double: with P-C.means-009, 40% above the limit
ATTENDANCES = ((28.0, "P-B.ae-002"), (50.0, "P-B.ae-003"), (70.0, "P-B.ae-004"), (86.0, "P-B.ae-005"))
ADMISSIONS = ((30.0, "P-B.emerg-002"), (55.0, "P-B.emerg-003"), (70.0, "P-B.emerg-004"), (80.0, "P-B.emerg-005"), (90.0, "P-B.emerg-006"))
STAYS = ((42.0, "P-B.los-004"), (70.0, "P-B.los-005"), (80.0, "P-B.los-006"), (90.0, "P-B.los-007"))
RESIDENCE = ((70.0, "P-C.prov-005"), (80.0, "P-C.prov-006"), (90.0, "P-C.prov-007"))
GP_AGES = ((31.0, 0.0, "P-B.gp-003"), (55.0, 45.0, "P-B.gp-004"), (70.0, 65.0, "P-B.gp-005"), (80.0, 75.0, "P-B.gp-006"), (90.0, 85.0, "P-B.gp-007"))
"""Middle and lower edge of each age band of consultations, and its row."""
GP_BY_SEX = {  # visits of men and women over those of both, from the notes of P-B.gp-003 to 005; from 75 equal (assumption)
    "male": (1.58 / 2.39, 2.76 / 3.40, 4.46 / 4.82, 1.0, 1.0),
    "female": (3.20 / 2.39, 4.03 / 3.40, 5.15 / 4.82, 1.0, 1.0),
}
ELECTIVES_UNDER_45 = 105.0  # assumption, 80 to 130: what all admissions (T-B-018) leave once those of other ages and emergencies are taken off
ELECTIVES = ((55.0, "P-B.elect-002"), (70.0, "P-B.elect-001"), (80.0, "P-B.elect-003"), (90.0, "P-B.elect-004"))
GP_CONDITIONS = ("P-B.gp-009", "P-B.gp-010", "P-B.gp-011", "P-B.gp-012", "P-B.gp-013")
RISE_AT_95 = 0.05  # assumption, 0 to 0.1: share by which living in a care home rises in a year of age at 95; the source ends at 85+
DELAY_SHARE_65 = 0.12  # of the bed-days of people 65 and over: 2.7 m true delayed days (P-B.dtoc-001) over 22 m
UNMET_AFTER_CARE = 0.6  # assumption: share of need that family leaves which is still unmet once councils have acted
DEATHS_IN_CARE = 0.21  # share of deaths that happen in care homes (note of T-A-045)
REST_THRESHOLD = 0.5  # severity scale is fixed by this: the national admission threshold is its middle
REST_READINESS = 0.6  # assumption, 0.4 to 0.8: share of the recovery that hospitals ask for before discharge


def _at_ages(points: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return values at every age, straight between the points and level beyond them."""
    return np.interp(AGES, [age for age, _ in points], [value for _, value in points])


def _rows_at_ages(points: tuple[tuple[float, str], ...]) -> np.ndarray:
    return _at_ages(tuple((age, evidence(row).number()) for age, row in points))


def death_rates() -> np.ndarray:
    """Return yearly death rates, shape (2, 5, 93): published to 89, then the recalled life table's shape by fifth."""
    people, published = england()
    rates = np.zeros((2, 5, N_AGES))
    old = (("P-A.mort-043", "P-A.mort-044", "P-A.mort-045"), ("P-A.mort-058", "P-A.mort-059", "P-A.mort-060"))
    for sex in range(2):
        hazards = [-math.log(1.0 - evidence(row).number()) for row in old[sex]]
        level = np.interp(AGES, [90, 95, 100], hazards)
        level[AGES > 100] = hazards[2] * 1.06 ** (AGES[AGES > 100] - 100)
        national = np.average(published[sex], axis=0, weights=np.maximum(people[sex], 1.0))
        for fifth in range(5):
            smooth = _smooth(published[sex, fifth, YOUNGEST:90])
            ratio = (published[sex, fifth, 90] / national[90]) ** np.clip(1.0 - (AGES - 90) / 15.0, 0.0, 1.0)
            rates[sex, fifth] = level * ratio
            rates[sex, fifth, : 90 - YOUNGEST] = smooth
    return rates


def _smooth(rates: np.ndarray) -> np.ndarray:
    """Return a five-age moving mean of the logarithm, shorter at the ends: single ages are thin under 40."""
    logs = np.log(np.maximum(rates, 1e-5))
    return np.exp([logs[max(0, k - 2) : k + 3].mean() for k in range(len(logs))])


def _by_mask(values: Mapping[int, float]) -> np.ndarray:
    """Return the sum of `values` over every set of conditions, shape (16384,)."""
    masks = np.arange(MASKS)
    return sum(value * ((masks >> int(condition)) & 1) for condition, value in values.items()) + np.zeros(MASKS)


def _by_condition(column: int) -> np.ndarray:
    """Return one column of :data:`SEVERE` by condition, shape (14,), zero where a condition does not progress."""
    return np.array([SEVERE[condition][column] if condition in SEVERE else 0.0 for condition in Condition])


def _by_severe(column: int) -> np.ndarray:
    """Return the sum of one column of :data:`SEVERE` over every set of severe stages, shape (16384,)."""
    return _by_mask(dict(enumerate(_by_condition(column))))


def count_of_conditions() -> np.ndarray:
    """Return how many conditions each set holds, shape (16384,)."""
    return _by_mask(dict.fromkeys(Condition, 1.0)).astype(int)


def _hazard_curve(rows: tuple[str, ...]) -> np.ndarray:
    """Return the effect of frailty k / 256: log-linear between the categories' hazard ratios, 1 at the fit's middle."""
    logs = [0.0, *(math.log(evidence(row).number()) for row in rows)]
    grid = np.arange(FRAILTY_STEPS + 1) / FRAILTY_STEPS
    curve = np.interp(grid, FRAILTY_POINTS, logs)
    first = (logs[1] - logs[0]) / (FRAILTY_POINTS[1] - FRAILTY_POINTS[0])
    last = (logs[-1] - logs[-2]) / (FRAILTY_POINTS[-1] - FRAILTY_POINTS[-2])
    curve = np.where(grid < FRAILTY_POINTS[0], (grid - FRAILTY_POINTS[0]) * first, curve)
    return np.exp(np.where(grid > FRAILTY_POINTS[-1], logs[-1] + (grid - FRAILTY_POINTS[-1]) * last, curve))


def _deficits() -> dict[Condition, float]:
    """Return the frailty that each condition brings: one deficit, more where it shortens life much.

    Three tenths of a condition's published effect on death act through frailty: with more (assumption, 0.2 to 0.5),
    conditions alone would make more people severely frail than there are.
    """
    slope = math.log(evidence(DEATH_HAZARD_ROWS[2]).number()) / (FRAILTY_POINTS[3] - FRAILTY_POINTS[0])
    return {
        condition: max(DEFICIT, 0.3 * math.log(max(evidence(row).number(), 1.0)) / slope) for condition, row in MORTALITY_ROWS.items()
    }


def _utilities() -> np.ndarray:
    """Return the EQ-5D decrement of each set of conditions, with the published correction for their number."""
    masks = _by_mask({condition: evidence(row).number() for condition, row in UTILITY_ROWS.items()})
    corrections = np.zeros(N_CONDITIONS + 1)
    for number in range(2, 11):
        corrections[number] = evidence(f"P-A.qaly-{29 + number:03d}").number()
    corrections[11:] = corrections[10]
    return np.minimum(masks + corrections[count_of_conditions()], 0.0)


def _onset(deaths: np.ndarray, effect: np.ndarray, held: np.ndarray, sex: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return monthly onset hazards that keep prevalence as it is by age, given that the ill die sooner; (14, 2, 93).

    The illness-death relation: (dp/da + p (1 - p) (excess mortality)) / (1 - p), never below zero. How much sooner is
    read off the reference population: `effect`, shape (people,), is in proportion to each person's hazard of death among people of an age.
    """
    people, _ = england()
    share = people[:, :, YOUNGEST:].sum(axis=2)
    national = np.stack([np.average(deaths[s], axis=0, weights=share[s]) for s in range(2)])
    hazards = np.zeros((N_CONDITIONS, 2, N_AGES))
    for condition in Condition:
        ill = (held >> int(condition)) & 1 == 1
        for s in range(2):
            with_it, without = (_mean_by_age(effect[mask & (sex == s)], years[mask & (sex == s)]) for mask in (ill, ~ill))
            ratio = np.maximum(with_it / without, 1.0)
            p = prevalence()[condition, s]
            excess = national[s] * (ratio - 1.0) / (1.0 + p * (ratio - 1.0))
            hazards[condition, s] = np.maximum(np.gradient(p) + p * (1.0 - p) * excess, 0.0) / (1.0 - p) / 12.0
    return hazards


def _reference_rows() -> np.ndarray:
    """Return a sample of England's adults, mid-2014, with age, sex and deprivation set: RECORD rows."""
    people, _ = england()
    adults = people[:, :, YOUNGEST:]
    cells = adults.reshape(-1)
    edges = np.concatenate([[0.0], np.cumsum(cells)])
    at = np.searchsorted(edges, (np.arange(REFERENCE_PEOPLE) + 0.5) / REFERENCE_PEOPLE * edges[-1], side="right") - 1
    sex, fifth, age = np.unravel_index(at, adults.shape)
    rows = np.zeros(REFERENCE_PEOPLE, dtype=RECORD)
    spread = np.arange(REFERENCE_PEOPLE) % 97 / 97.0
    older = np.where(age == adults.shape[2] - 1, np.floor(-4.5 * np.log(1.0 - spread)), 0.0)
    rows["birth_month"] = -((age + YOUNGEST + np.minimum(older, 15)) * 12 + np.arange(REFERENCE_PEOPLE) % 12).astype(int)
    rows["person"] = sex | fifth << QUINTILE_SHIFT
    return rows


def _solve_shift(target: float, shifted: np.ndarray) -> float:
    """Return the shift x for which the share of `shifted + x` above zero is `target`."""
    return -float(np.quantile(shifted, 1.0 - target))


def fill_tables(**known: np.ndarray) -> np.record:
    """Return the record of tables, zero but for those given."""
    tables = np.zeros(1, dtype=TABLES).view(np.recarray)
    for name, values in known.items():
        tables[name][0] = values
    return tables[0]


def _season() -> np.ndarray:
    """Return emergency admissions a day of adults by calendar month over the year's mean, April first; shape (12,)."""
    counts, days = np.zeros(12), np.zeros(12)
    with (DATA / "hes_england_month_age_2018_2020.csv").open(encoding="utf-8", newline="") as lines:
        seen = set()
        for row in csv.DictReader(lines):
            year, month = (int(part) for part in row["month"].split("-"))
            at = (month - 4) % 12
            if row["age_band"][0].isdigit() and int(row["age_band"].split("-")[0].rstrip("+")) >= 18:
                counts[at] += float(row["emergency_admission_episodes"])
            if row["month"] not in seen:
                seen.add(row["month"])
                days[at] += calendar.monthrange(year, month)[1]
    daily = counts / days
    return daily / daily.mean()


def reference_tables(parameters: Parameters) -> np.record:
    """Return the tables of England, solved on the reference population under these parameters.

    The reference: national rates of emergency contacts and admissions by age (2014/15), of death by age, sex and
    deprivation (2014), of frailty and of need for help by age and sex, each from the evidence rows named above. What
    arithmetic gives is corrected by the fitted rates in force (``model.fitted_rates``).
    """
    return _tables(_relevant(parameters), _Rates(fitted_rates())).copy()


def first_tables(parameters: Parameters) -> np.record:
    """Return the tables as arithmetic gives them, without any fitted correction."""
    return _tables(_relevant(parameters), _Rates(FittedRates())).copy()


def _relevant(parameters: Parameters) -> Parameters:
    """Return default parameters but for those that people's tables depend on."""
    return dataclasses.replace(Parameters(), living=parameters.living, seeking=parameters.seeking, hospital=parameters.hospital)


class _Rates:
    """Fitted rates as part of a cache's key."""

    def __init__(self, rates: FittedRates) -> None:
        self.rates = rates
        self._digest = rates.digest()

    def __hash__(self) -> int:
        return int(self._digest, 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rates) and self._digest == other._digest


@lru_cache(maxsize=4)
def _tables(parameters: Parameters, key: _Rates) -> np.record:
    rates = key.rates
    rules = compile_rules(parameters, people_seed=int(REFERENCE_SEED))
    deaths = death_rates()
    known = _given()
    rows = _reference_rows()
    people = _Reference(rows)
    begin_here = partial(begin, rows, 0, len(rows), 0)
    catchment, everywhere = np.ones((1, 1)), np.ones(1, dtype=CONSORTIUM_STATE).view(np.recarray)
    begin_here(fill_tables(**known), rules, everywhere, 0, REFERENCE_SEED, catchment)
    people.hold(rows["conditions"])

    bare = known["frailty_conditions"][people.held] + known["severe_frailty"][people.severe]
    known["frailty_age"], known["frailty_spread"] = _solve_frailty(bare, people)
    known["frailty_age"] = known["frailty_age"] + rates.at("frailty", AGES)
    known["frailty_spread"] = known["frailty_spread"] * rates.at("spread", AGES)
    bare = known["need_conditions"][people.held] + known["severe_need"][people.severe]
    known["need_age"] = _solve_help(bare + known["need_fifth"][people.fifth] + people.personal[:, 1], people.sex, people.years) + rates.at("need", AGES)
    known["relative_risk_mean"] = _mean_risk(fill_tables(**known), people)
    loss = known["utility_conditions"][people.held] + known["severe_utility"][people.severe]
    known["utility_age"] = _utility_norms() - _mean_by_age(loss, people.years)

    begin_here(fill_tables(**known), rules, everywhere, 0, REFERENCE_SEED, catchment)
    step = (rows["frailty"] * FRAILTY_STEPS).astype(int)
    dependent = (rows["need"] / 60.0 - rules.dependent_hours) / WHOLLY_DEPENDENT
    with_need = rules.death_with_need * np.clip(dependent, 0.0, 1.0)
    effect = known["death_by_frailty"][step]
    frailty_part, need_part = (_mean_by_cell(values, people.sex, people.fifth, people.years) for values in (effect, with_need))
    base = np.maximum(deaths - need_part, 0.2 * deaths) / frailty_part
    known["death"] = base / 12.0 * rates.at("death", AGES)
    effect = base[people.sex, people.fifth, people.age] * effect + with_need  # each person's yearly hazard
    onset = _onset(deaths, effect, people.held, people.sex, people.years)
    known["progress"] = _progress(onset, effect, people) * rates.progress
    known["onset"] = onset * rates.at("onset", AGES)
    _solve_contacts(known, rules, rows, people.fifth, people.years, people.conditions, deaths)
    known["illness"] = known["illness"] * rates.at("illness", AGES)
    known["severity_shape"] = known["severity_shape"] * rates.at("severity", AGES)
    known["ambulatory_illness"] = _ambulatory_illness(known, rows, people)
    emergency = 1.0 - np.exp(-known["illness"][people.sex, people.fifth, people.age] * known["contact_by_frailty"][step])
    known["gp_age"], known["gp_conditions"] = _solve_consultations(people.held, people.sex, people.years, 1.0 - emergency)
    number = np.minimum(count_of_conditions()[people.held], len(GP_CONDITIONS) - 1)
    consulted = known["gp_age"][people.sex, people.age] * known["gp_conditions"][number] * (1.0 - emergency)
    known["referral"] = _solve_referral(rules, consulted, people.held, people.years)
    frail = np.minimum(rows["frailty"] / rules.frail_from, 1.0)
    stays = _rows_at_ages(STAYS) * np.where(AGES >= 65, 1.0 - DELAY_SHARE_65, 1.0 - DELAY_SHARE_65 / 4.0)
    patients = _mean_by_age(_weighted(frail, known["contact_by_frailty"][step], people.years), people.years)
    in_bed = 1.0 + REST_READINESS * rules.recovery_ratio * patients
    known["wait"] = rates.wait
    known["stay_scale"] = stays / in_bed / math.gamma(1.0 + 1.0 / rules.stay_shape) * rates.at("stay", AGES)
    known["returns"] = rates.returns[0]
    every = known["onset"].sum(axis=0)
    known["onset_cap"] = np.minimum(RISK_CAP * PLACE_CAP, 0.95 / np.maximum(every, 1e-9))
    known["onset_ceiling"] = every * known["onset_cap"]
    return fill_tables(**known)


class _Reference:
    """The reference population's columns: sex, fifth, age index, years of age, conditions, personal parts, liability."""

    def __init__(self, rows: np.ndarray) -> None:
        self.sex = rows["person"] & 1
        self.fifth = (rows["person"] >> QUINTILE_SHIFT) & 7
        self.age = np.clip(-rows["birth_month"].astype(int) // 12 - YOUNGEST, 0, N_AGES - 1)
        self.years = self.age + YOUNGEST
        self.personal = np.empty((len(rows), 2))
        traits(len(rows), REFERENCE_SEED, self.personal)
        self.liability = np.empty(len(rows))
        liabilities(len(rows), REFERENCE_SEED, self.liability)

    def hold(self, conditions: np.ndarray) -> None:
        """Take up the conditions drawn for the rows."""
        self.conditions = conditions.astype(int)
        self.held, self.severe = self.conditions & HELD, self.conditions >> SEVERE_SHIFT


def _given() -> dict[str, np.ndarray]:
    """Return the tables that are taken over from the evidence as they are."""
    relative_risk = np.ones((N_CONDITIONS, N_CONDITIONS))
    for (condition, given), quantity in RELATIVE_RISKS.items():
        rows = [row for row in evidence_group("A.rr") if row.quantity == quantity and row.stratum.endswith("65-69")]
        if not rows:
            raise EvidenceError(f"no row of group A.rr has quantity {quantity!r} and a stratum that ends in '65-69'")
        relative_risk[condition, given] = rows[0].number()
    partner = np.stack([_at_ages(PARTNER_SHARE[sex]) for sex in SEXES])
    widowed = np.stack([np.average(death_rates()[1 - sex], axis=0) for sex in range(2)])
    return {
        "prevalence": prevalence(),
        "onset_fifth": prevalence_by_fifth(),
        "severe_share": _by_condition(0),
        "severe_frailty": _by_severe(1),
        "severe_need": _by_mask(dict(enumerate(np.log(np.maximum(_by_condition(2), 1.0))))),
        "severe_utility": _by_severe(3),
        "frailty_conditions": _by_mask(_deficits()),
        "need_conditions": _by_mask({c: math.log(evidence(NEED_ROWS[c]).number() if c in NEED_ROWS else NEED_ODDS_OTHER) for c in Condition}),
        "need_fifth": np.array(NEED_BY_FIFTH),
        "partner": partner,
        "partner_loss": np.where(partner[::-1] > 0, widowed, 0.0),  # the partner is of the other sex and about as old
        "residence_growth": _residence_growth(),
        "owner": np.array(OWNER_BY_FIFTH),
        "savings_median": np.array(SAVINGS_BY_FIFTH),
        "death_by_frailty": _hazard_curve(DEATH_HAZARD_ROWS),
        "contact_by_frailty": _hazard_curve(CONTACT_HAZARD_ROWS),
        "utility_conditions": _utilities(),
        "season": _season(),
        "relative_risk": relative_risk,
    }


def _residence_growth() -> np.ndarray:
    """Return the chance a year that frozen demography takes a resident out of a care home, shape (93,).

    Where people age, residence rises with age by what enters less the *excess* mortality of residents; where they do
    not, the dead are replaced by people at home, so residents' whole mortality counts. The difference is the rise of
    residence in a year of age (P-C.prov-005 to 007) less everybody's mortality at that age, and never below zero.
    """
    middles = [age for age, _ in RESIDENCE]
    shares = np.log([evidence(row).number() for _, row in RESIDENCE])
    slopes = np.diff(shares) / np.diff(middles)
    rise = np.interp(AGES, (75.0, 85.0, 95.0), (*slopes, RISE_AT_95))
    return np.maximum(rise - death_rates().mean(axis=(0, 1)), 0.0)


def _solve_frailty(bare: np.ndarray, people: _Reference) -> tuple[np.ndarray, np.ndarray]:
    """Return the age part of settled frailty, shape (2, 93), and the spread of the personal part, shape (93,).

    By age band: the shift gives the share with any frailty, and from 65 the spread the share with moderate or severe
    frailty among them; `bare` is what conditions bring.
    """
    edges = (0.0, *FRAILTY_EDGES, 200.0)
    shifts, spreads = [], []
    for (age, mild), low, high in zip(ANY_FRAILTY, edges[:-1], edges[1:], strict=True):
        inside = (people.years >= low) & (people.years < high)
        here, personal = bare[inside], people.personal[inside, 0]
        moderate = dict(MODERATE_FRAILTY).get(age)
        low_spread, high_spread = (YOUNG_SPREAD, YOUNG_SPREAD) if moderate is None else (0.01, 0.15)
        for _ in range(30):
            spread = (low_spread + high_spread) / 2
            shift = _solve_shift(mild, here + spread * personal - 0.12)
            if moderate is None:
                break
            more = (here + spread * personal + shift > 0.24).mean() > moderate
            low_spread, high_spread = (low_spread, spread) if more else (spread, high_spread)
        shifts.append(shift)
        spreads.append(spread)
    middles = [age for age, _ in ANY_FRAILTY]
    return np.stack([np.interp(AGES, middles, shifts)] * 2), np.interp(AGES, middles, spreads)


def _progress(onset: np.ndarray, effect: np.ndarray, people: _Reference) -> np.ndarray:
    """Return the yearly chance of becoming severe, shape (14,), at which the share of severe holders stays as it is.

    Newcomers to a condition, and the sooner deaths of the severe, thin them out: progress makes up for both.
    """
    chances = np.zeros(N_CONDITIONS)
    for condition in SEVERE:
        holds = (people.held >> int(condition)) & 1 == 1
        severe = (people.severe >> int(condition)) & 1 == 1
        begin_a_year = 12.0 * onset[condition][people.sex[~holds], people.age[~holds]].sum() / holds.sum()
        share = severe.sum() / holds.sum()
        sooner = effect[severe].mean() - effect[holds].mean()
        chances[condition] = share * (begin_a_year + max(sooner, 0.0)) / (1.0 - share)
    return np.clip(chances, 0.0, 0.5)


def _weighted(values: np.ndarray, weights: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return `values` reweighted so that their mean by age is the weighted mean: patients are frailer than people."""
    mean = _mean_by_age(weights, years)[years - YOUNGEST]
    return values * weights / mean


def _solve_by_age(
    points: tuple[tuple[float, float], ...], bare: np.ndarray, sex: np.ndarray, years: np.ndarray, *, by_sex: bool, inner: tuple[float, ...] | None = None
) -> np.ndarray:
    """Return shifts by sex and age, shape (2, 93), that give each age band its share above zero."""
    shifts = np.zeros((2, N_AGES))
    middles = [age for age, _ in points]
    between = [(a + b) / 2 for a, b in itertools.pairwise(middles)] if inner is None else inner
    edges = [0.0, *between, 200.0]
    for s in range(2):
        values = []
        for (_, share), low, high in zip(points, edges[:-1], edges[1:], strict=True):
            inside = (years >= low) & (years < high) & ((sex == s) | (not by_sex))
            values.append(_solve_shift(share, bare[inside]))
        shifts[s] = np.interp(AGES, middles, values)
    return shifts


def _solve_help(bare: np.ndarray, sex: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return logits by sex and age that give the survey's shares needing help with daily living (P-A.adl-001 to 006).

    Between 70 and 84 the survey's page gives no band: the share there is what the total of 65 and over leaves.
    """
    ids = (("P-A.adl-003", "P-A.adl-001", "P-A.adl-005"), ("P-A.adl-004", "P-A.adl-002", "P-A.adl-006"))
    need = np.zeros((2, N_AGES))
    for s in range(2):
        young, all_old, oldest = (evidence(row).number() / 100.0 for row in ids[s])
        old = years[(sex == s) & (years >= 65)]
        n_young, n_middle, n_oldest = ((old < 70).sum(), ((old >= 70) & (old < 85)).sum(), (old >= 85).sum())
        middle = (all_old * len(old) - young * n_young - oldest * n_oldest) / n_middle
        points = (*HELP_UNDER_65, (67.0, young), (76.5, middle), (89.0, oldest))
        need[s] = _solve_by_age(points, bare, sex, years, by_sex=True)[s]
    return need


def _mean_risk(tables: np.record, people: _Reference) -> np.ndarray:
    """Return the mean relative risk among people free of each condition, shape (14, 2, 93)."""
    mean = np.ones((N_CONDITIONS, 2, N_AGES))
    for condition in Condition:
        risk = np.empty(len(people.held))
        _risks(people.held, int(condition), people.sex.astype(np.int64), people.age, people.liability, tables, risk)
        for s in range(2):
            free = ((people.held >> int(condition)) & 1 == 0) & (people.sex == s)
            mean[condition, s] = _mean_by_age(risk[free], people.years[free])
    return mean


@compiled
def _risks(held, condition, sex, age, liability, tables, risk):
    for k in range(len(held)):
        risk[k] = risk_of(held[k], condition, sex[k], age[k], liability[k], tables)


def _mean_by_age(values: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return means by age, shape (93,), of five-year bands joined by straight lines; 90 and over is one band."""
    middles = [20.5, *np.arange(27.5, 90, 5), 93.0]
    edges = [0, *np.arange(25, 95, 5), 200]
    inside = [(years >= low) & (years < high) for low, high in itertools.pairwise(edges)]
    known = [k for k, mask in enumerate(inside) if mask.sum() >= 20]  # a band with fewer takes its neighbour's mean
    return np.interp(AGES, [middles[k] for k in known], [values[inside[k]].mean() for k in known])


def _mean_by_cell(values: np.ndarray, sex: np.ndarray, fifth: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return means by sex, fifth and age, shape (2, 5, 93)."""
    return np.stack([np.stack([_mean_by_age(values[(sex == s) & (fifth == q)], years[(sex == s) & (fifth == q)]) for q in range(5)]) for s in range(2)])


def _utility_norms() -> np.ndarray:
    """Return the EQ-5D population norm by age (P-A.qaly-001 to 008)."""
    middles = (18.5, 23.0, 31.5, 41.5, 51.5, 61.5, 71.5, 84.0)
    return _at_ages(tuple((age, evidence(f"P-A.qaly-{k + 1:03d}").number()) for k, age in enumerate(middles)))


def _solve_contacts(
    known: dict[str, np.ndarray], rules: np.record, rows: np.ndarray, fifth: np.ndarray, years: np.ndarray, conditions: np.ndarray, deaths: np.ndarray
) -> None:
    """Split emergency contacts over the clocks: each named clock first, illness the rest, never below zero."""
    severe_weights = _by_severe(4)
    weight = _by_mask(UNMANAGED_WEIGHTS)[conditions & HELD] + severe_weights[conditions >> SEVERE_SHIFT]
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    admissions = _rows_at_ages(ADMISSIONS) / 1000.0
    contacts = _rows_at_ages(ATTENDANCES) / 1000.0 + direct * admissions
    step = (rows["frailty"] * FRAILTY_STEPS).astype(int)
    level = rules.unmanaged_share * contacts[years - YOUNGEST].mean() / weight.mean()
    known["unmanaged"] = _by_mask(UNMANAGED_WEIGHTS) * level / 12.0
    known["severe_unmanaged"] = severe_weights * level / 12.0
    unmanaged = _mean_by_age(weight * level, years)
    people, _ = england()
    share = people[:, :, YOUNGEST:].sum(axis=(0, 1))
    share = np.append(share, np.full(N_AGES - len(share), share[-1]))
    dying = np.average(deaths.reshape(10, N_AGES), axis=0, weights=people[:, :, YOUNGEST:].sum(axis=2).reshape(10))
    foreseen = 1.0 - rules.sudden_death_share
    in_care = np.where(AGES >= 65, DEATHS_IN_CARE, 0.0)
    crisis = (rules.crisis_at_home * (1.0 - in_care) + rules.crisis_in_care * in_care) * (foreseen + rules.sudden_death_share * rules.sudden_reaches)
    last_phase = dying * (foreseen * rules.last_phase_days / 30.44 * rules.last_phase_contacts + crisis)
    unmet_hours = np.minimum(np.maximum(rows["need"].astype(float) - rows["informal"], 0.0) / 60.0 * UNMET_AFTER_CARE, rules.unmet_hours_counted)
    unmet = _mean_by_age(rules.contacts_per_unmet_hour * unmet_hours, years) * 12.0
    frailty = _mean_by_age(_weighted(rows["frailty"].astype(float), known["contact_by_frailty"][step], years), years)
    returns = admissions * (rules.return_base + rules.return_by_frailty * frailty + rules.return_unready * (1.0 - REST_READINESS) * rules.recovery_ratio / 1.5 * np.minimum(frailty / rules.frail_from, 1.0))
    illness = np.maximum(contacts - unmanaged - last_phase - unmet - returns, 0.0)
    effect = known["contact_by_frailty"][step] * np.array(ILLNESS_BY_FIFTH)[fifth]
    base = illness / 12.0 / _mean_by_age(effect, years)
    known["illness"] = np.broadcast_to(base, (2, 5, N_AGES)) * np.array(ILLNESS_BY_FIFTH)[None, :, None]
    known["severity_shape"] = np.array([_severity_shape(chance, rules) for chance in admissions / contacts])


def _ambulatory_illness(known: dict[str, np.ndarray], rows: np.ndarray, people: _Reference) -> np.ndarray:
    """Return the share of illness that brings ambulatory-care-sensitive admissions to their published share; unmanaged crises all are."""
    admissions, attendances = _rows_at_ages(ADMISSIONS) / 1000.0, _rows_at_ages(ATTENDANCES) / 1000.0
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    chance = (admissions / (attendances + direct * admissions))[people.age]
    unmanaged = 12.0 * (known["unmanaged"][people.held] + known["severe_unmanaged"][people.severe]) * chance
    step = (rows["frailty"] * FRAILTY_STEPS).astype(int)
    illness = 12.0 * known["illness"][people.sex, people.fifth, people.age] * known["contact_by_frailty"][step] * chance
    sensitive = evidence("P-B.emerg-018").number() / 100.0 * admissions[people.age].sum()
    return np.array(np.clip((sensitive - unmanaged.sum()) / illness.sum(), 0.0, 1.0))


def _solve_consultations(held: np.ndarray, sex: np.ndarray, years: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return monthly GP and nurse consultations by sex and age, (2, 93), and the effect of the number of conditions.

    Iterative proportional fitting: on the reference population the bands of age get the published rates, and people by
    number of conditions the published ratios. The rows by number are of another count of conditions and do not add up
    to the rates by age, so their level is taken from the latter; the balance of women and men is that of GP visits.

    Parameters
    ----------
    left : shape (people,), share of months without an emergency of illness, in which there can be a consultation
    """
    middles, edges, rows = zip(*GP_AGES, strict=True)
    band = np.searchsorted(edges, years, side="right") - 1
    rates = np.array([evidence(row).number() for row in rows]) / 12.0
    by_sex = np.array([[rate * ratio for rate, ratio in zip(rates, GP_BY_SEX[s], strict=True)] for s in SEXES])
    number = np.minimum(count_of_conditions()[held], len(GP_CONDITIONS) - 1)
    wanted = np.array([evidence(row).number() for row in GP_CONDITIONS]) / 12.0
    people = np.bincount(number)
    nodes, effects = by_sex.copy(), np.ones(len(GP_CONDITIONS))
    for _ in range(200):
        curve = np.stack([np.interp(AGES, middles, values) for values in nodes])
        mean = curve[sex, years - YOUNGEST] * effects[number] * left
        for s in range(2):
            for b in range(len(rates)):
                inside = (sex == s) & (band == b)
                nodes[s, b] *= by_sex[s, b] / mean[inside].mean()
        found = np.bincount(number, weights=mean)
        effects *= wanted * people / found * (found.sum() / (wanted * people).sum())
    level = effects[0]
    return np.stack([np.interp(AGES, middles, values) for values in nodes]) * level, effects / level


def _solve_referral(rules: np.record, consulted: np.ndarray, held: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return the chance, by age, that a consultation ends in a referral, for which operations are as many as published.

    Backwards from elective admissions: some are done again after a failure, some of those listed and of those referred
    leave before their turn, and only a part of those seen are listed.

    Parameters
    ----------
    consulted : shape (people,), expected consultations a month
    """
    operations = _at_ages(((31.0, ELECTIVES_UNDER_45), *((age, evidence(row).number()) for age, row in ELECTIVES))) / 12000.0
    kept = [math.exp(-rules.leaves_a_week * weeks) for weeks in (rules.outpatient_wait_weeks, rules.list_wait_weeks)]
    joint, heart = ((held >> int(condition)) & 1 for condition in (Condition.OSTEOARTHRITIS, Condition.CHD))
    borne = joint * rules.joint_share + heart * rules.heart_share + (years >= 60) * rules.eyes_share
    failed = (1.0 - rules.success) * kept[1]
    each = 1.0 + _mean_by_age(_weighted(borne, consulted, years), years) * failed / (1.0 - failed)
    return operations / each / (kept[0] * rules.listed_share * kept[1]) / _mean_by_age(consulted, years)


def _severity_shape(chance: float, rules: np.record) -> float:
    """Return the shape of severity for which the national threshold admits the share `chance` of contacts."""
    u = (np.arange(2000) + 0.5) / 2000
    low, high = 0.01, 30.0
    for _ in range(60):
        shape = math.sqrt(low * high)
        severity = 1.0 - u**shape
        admitted = (1.0 / (1.0 + np.exp((REST_THRESHOLD + 0.5 * rules.partner_support - severity) / rules.admission_spread))).mean()
        low, high = (shape, high) if admitted < chance else (low, shape)
    return math.sqrt(low * high)
