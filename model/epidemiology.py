"""What the evidence says of people in England, solved into the tables that the kernels read.

Baseline rates are solved for, not set by hand: a reference population of England (mid-2014, by age, sex and
deprivation) is given conditions, frailty and need by the same rules as any place, and each baseline is the one that
gives that population the published totals. So illness is what remains of emergency contacts once the other causes
have had their part, never below zero, and nothing is counted twice.
"""

from __future__ import annotations

import calendar
import csv
import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from agents.patients.conditions import PLACE_CAP, RISK_CAP
from agents.patients.living import CONSORTIUM_STATE, FRAILTY_STEPS, N_AGES, OLDEST, TABLES, YOUNGEST
from agents.patients.record import QUINTILE_SHIFT, RECORD
from agents.patients.starting import begin, traits
from agents.vocabulary import N_CONDITIONS, Condition
from model.evidence import evidence, evidence_group
from model.parameters import Parameters
from model.rules import compile_rules

DATA = Path(__file__).parent / "data"
AGES = np.arange(YOUNGEST, OLDEST + 1)
SEXES = ("male", "female")
REFERENCE_PEOPLE = 150_000
REFERENCE_SEED = np.uint64(2014)
MASKS = 1 << N_CONDITIONS

PREVALENCE_NAMES = {
    Condition.HYPERTENSION: "hypertension",
    Condition.DIABETES: "diabetes",
    Condition.CHD: "chd",
    Condition.HEART_FAILURE: "heart_failure",
    Condition.ATRIAL_FIBRILLATION: "atrial_fibrillation",
    Condition.STROKE_TIA: "stroke_tia",
    Condition.COPD: "copd",
    Condition.ASTHMA: "asthma",
    Condition.CKD: "ckd",
    Condition.CANCER: "cancer_ever_excl_nmsc",
    Condition.DEMENTIA: "dementia",
    Condition.DEPRESSION: "depression_ever",
    Condition.SMI: "smi",
    Condition.OSTEOARTHRITIS: "osteoarthritis",
}
"""Prevalence is of people ever recorded in general practice or hospital (evidence group A.prev), throughout."""

REGISTER_CODES = {
    Condition.HYPERTENSION: "HYP",
    Condition.DIABETES: "DM",
    Condition.CHD: "CHD",
    Condition.HEART_FAILURE: "HF",
    Condition.ATRIAL_FIBRILLATION: "AF",
    Condition.STROKE_TIA: "STIA",
    Condition.COPD: "COPD",
    Condition.ASTHMA: "AST",
    Condition.CKD: "CKD",
    Condition.CANCER: "CAN",
    Condition.DEMENTIA: "DEM",
    Condition.DEPRESSION: "DEP",
    Condition.SMI: "MH",
}

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
FRAILTY_SPREAD = (0.0145, 0.040)  # assumption, half to double: standard deviation of personal frailty at 18 and at 85
ANY_FRAILTY = ((34.0, 0.02), (57.0, 0.10), (70.0, 0.323), (80.0, 0.542), (90.0, 0.708))
FRAILTY_EDGES = (50.0, 65.0, 75.0, 85.0)  # of those bands
"""Share with frailty above 0.12 by age: P-A.frail-032 at 50 to 64; from 65 the recalled age pattern (P-A.frail-014 to
025) brought down to the verified 43.7% of all 65 and over (P-A.frail-033); 2% under 50 is an assumption, 1 to 4%."""

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
GP_AGES = ((31.0, 0.0, "P-B.gp-003"), (55.0, 45.0, "P-B.gp-004"), (70.0, 65.0, "P-B.gp-005"), (80.0, 75.0, "P-B.gp-006"), (90.0, 85.0, "P-B.gp-007"))
"""Middle and lower edge of each age band of consultations, and its row."""
GP_BY_SEX = {  # visits of men and women over those of both, from the notes of P-B.gp-003 to 005; from 75 equal (assumption)
    "male": (1.58 / 2.39, 2.76 / 3.40, 4.46 / 4.82, 1.0, 1.0),
    "female": (3.20 / 2.39, 4.03 / 3.40, 5.15 / 4.82, 1.0, 1.0),
}
ELECTIVES_UNDER_45 = 105.0  # assumption, 80 to 130: what all admissions (T-B-018) leave once those of other ages and emergencies are taken off
ELECTIVES = ((55.0, "P-B.elect-002"), (70.0, "P-B.elect-001"), (80.0, "P-B.elect-003"), (90.0, "P-B.elect-004"))
GP_CONDITIONS = ("P-B.gp-009", "P-B.gp-010", "P-B.gp-011", "P-B.gp-012", "P-B.gp-013")
DELAY_SHARE_65 = 0.12  # of the bed-days of people 65 and over: 2.7 m true delayed days (P-B.dtoc-001) over 22 m
UNMET_AFTER_CARE = 0.6  # assumption: share of need that family leaves which is still unmet once councils have acted
REST_THRESHOLD = 0.5  # severity scale is fixed by this: the national admission threshold is its middle
REST_READINESS = 0.6  # assumption, 0.4 to 0.8: share of the recovery that hospitals ask for before discharge


def _at_ages(points: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return values at every age, straight between the points and level beyond them."""
    return np.interp(AGES, [age for age, _ in points], [value for _, value in points])


def _rows_at_ages(points: tuple[tuple[float, str], ...]) -> np.ndarray:
    return _at_ages(tuple((age, evidence(row).number()) for age, row in points))


@lru_cache(maxsize=1)
def prevalence() -> np.ndarray:
    """Return prevalence (ever recorded) by condition, sex and age, shape (14, 2, 93), a share."""
    middles = {"20-29": 25, "30-39": 35, "40-49": 45, "50-59": 55, "60-69": 65, "70-79": 75, "80+": 86}
    values = {(row.quantity, row.stratum): row.number() for row in evidence_group("A.prev")}
    table = np.zeros((N_CONDITIONS, 2, N_AGES))
    for condition, name in PREVALENCE_NAMES.items():
        for sex in range(2):
            points = [values[f"prevalence_{name}", f"sex={SEXES[sex]};age={band}"] / 100.0 for band in middles]
            table[condition, sex] = np.interp(AGES, list(middles.values()), points)
    return table


@lru_cache(maxsize=1)
def england() -> tuple[np.ndarray, np.ndarray]:
    """Return people and yearly death rates of England 2014, each of shape (2, 5, 91): sex, deprivation fifth, age 0 to 90."""
    people, rates = np.zeros((2, 5, 91)), np.zeros((2, 5, 91))
    with (DATA / "mortality2014_england_age_sex_imdq.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            at = SEXES.index(row["sex"]), int(row["imd_quintile"]) - 1, int(row["age"])
            people[at], rates[at] = float(row["population"]), float(row["death_rate"])
    return people, rates


@lru_cache(maxsize=1)
def register_by_fifth() -> np.ndarray:
    """Return relative prevalence by deprivation fifth at equal age and sex, shape (14, 5), mean 1 over England.

    From register prevalence by deprivation decile of residence (2019/20), less what the fifths' ages explain.
    Osteoarthritis has no register: it is given the pattern of hypertension (assumption).
    """
    people, _ = england()
    registers: dict[tuple[str, int], list[float]] = {}
    with (DATA / "qof_england_by_imd_decile_2019_20.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["imd2019_decile"].isdigit():
                entry = registers.setdefault((row["condition"], (int(row["imd2019_decile"]) - 1) // 2), [0.0, 0.0])
                entry[0] += float(row["register"])
                entry[1] += float(row["list_size"])
    ratios = np.ones((N_CONDITIONS, 5))
    adults = people[:, :, YOUNGEST:]
    total = people.sum(axis=(0, 2))
    for condition, code in REGISTER_CODES.items():
        rates = prevalence()[condition][:, : adults.shape[2]]
        expected = np.array([(adults[:, fifth] * rates).sum() / total[fifth] for fifth in range(5)])
        observed = np.array([registers[code, fifth][0] / registers[code, fifth][1] for fifth in range(5)])
        ratio = observed / expected
        ratios[condition] = ratio / np.average(ratio, weights=total * expected)
    ratios[Condition.OSTEOARTHRITIS] = ratios[Condition.HYPERTENSION]
    return np.clip(ratios, 0.5, 2.0)


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


def _by_mask(values: dict[Condition, float]) -> np.ndarray:
    """Return the sum of `values` over every set of conditions, shape (16384,)."""
    masks = np.arange(MASKS)
    return sum(value * ((masks >> int(condition)) & 1) for condition, value in values.items()) + np.zeros(MASKS)


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
    """Return the frailty that each condition brings: one deficit, more where it shortens life much."""
    slope = math.log(evidence(DEATH_HAZARD_ROWS[2]).number()) / (FRAILTY_POINTS[3] - FRAILTY_POINTS[0])
    return {
        condition: max(DEFICIT, 0.5 * math.log(max(evidence(row).number(), 1.0)) / slope) for condition, row in MORTALITY_ROWS.items()
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
    read off the reference population: `effect`, shape (people,), multiplies each person's hazard of death.
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


@lru_cache(maxsize=4)
def reference_tables(parameters: Parameters) -> np.record:
    """Return the tables of England, solved on the reference population under these parameters.

    The reference: national rates of emergency contacts and admissions by age (2014/15), of death by age, sex and
    deprivation (2014), of frailty and of need for help by age and sex, each from the evidence rows named above.
    """
    rules = compile_rules(parameters, people_seed=int(REFERENCE_SEED))
    deaths = death_rates()
    death_curve, contact_curve = _hazard_curve(DEATH_HAZARD_ROWS), _hazard_curve(CONTACT_HAZARD_ROWS)
    relative_risk = np.ones((N_CONDITIONS, N_CONDITIONS))
    for (condition, given), quantity in RELATIVE_RISKS.items():
        rows = [row for row in evidence_group("A.rr") if row.quantity == quantity and row.stratum.endswith("65-69")]
        relative_risk[condition, given] = rows[0].number()
    known = {
        "prevalence": prevalence(),
        "onset_fifth": register_by_fifth(),
        "frailty_conditions": _by_mask(_deficits()),
        "frailty_spread": np.interp(AGES, [18, 85], FRAILTY_SPREAD),
        "need_conditions": _by_mask({c: math.log(evidence(NEED_ROWS[c]).number() if c in NEED_ROWS else NEED_ODDS_OTHER) for c in Condition}),
        "need_fifth": np.array(NEED_BY_FIFTH),
        "partner": np.stack([_at_ages(PARTNER_SHARE[sex]) for sex in SEXES]),
        "owner": np.array(OWNER_BY_FIFTH),
        "savings_median": np.array(SAVINGS_BY_FIFTH),
        "death_by_frailty": death_curve,
        "contact_by_frailty": contact_curve,
        "utility_conditions": _utilities(),
        "season": _season(),
        "relative_risk": relative_risk,
    }
    alone = known["partner"][::-1]  # the partner is of the other sex and about as old
    widowed = np.stack([np.average(deaths[1 - sex], axis=0) for sex in range(2)])
    known["partner_loss"] = np.where(alone > 0, widowed, 0.0)

    rows = _reference_rows()
    catchment = np.ones((1, 1))
    everywhere = np.ones(1, dtype=CONSORTIUM_STATE).view(np.recarray)
    begin(rows, 0, len(rows), 0, fill_tables(**known), rules, everywhere, 0, REFERENCE_SEED, catchment)
    sex = rows["person"] & 1
    fifth = (rows["person"] >> QUINTILE_SHIFT) & 7
    age = np.clip(-rows["birth_month"].astype(int) // 12 - YOUNGEST, 0, N_AGES - 1)
    held = (rows["conditions"] & (MASKS - 1)).astype(int)
    personal = np.empty((len(rows), 2))
    traits(len(rows), REFERENCE_SEED, personal)
    years = age + YOUNGEST

    bare = known["frailty_conditions"][held] + known["frailty_spread"][age] * personal[:, 0] - 0.12
    known["frailty_age"] = _solve_by_age(ANY_FRAILTY, bare, sex, years, by_sex=False, inner=FRAILTY_EDGES)
    bare = known["need_conditions"][held] + known["need_fifth"][fifth] + personal[:, 1]
    known["need_age"] = _solve_help(bare, sex, years)
    known["relative_risk_mean"] = _mean_risk(relative_risk, held, sex, years)
    known["utility_age"] = _utility_norms() - _mean_by_age(known["utility_conditions"][held], years)

    begin(rows, 0, len(rows), 0, fill_tables(**known), rules, everywhere, 0, REFERENCE_SEED, catchment)
    step = (rows["frailty"] * FRAILTY_STEPS).astype(int)
    with_need = np.exp(rules.death_with_need * np.minimum(rows["need"] / 1800.0, 1.0))
    mean_effect = _mean_by_cell(death_curve[step] * with_need, sex, fifth, years)
    known["death"] = deaths / 12.0 / mean_effect
    known["onset"] = _onset(deaths, death_curve[step] * with_need, held, sex, years)
    _solve_contacts(known, rules, rows, fifth, years, held, deaths)
    emergency = 1.0 - np.exp(-known["illness"][sex, fifth, age] * contact_curve[step])
    known["gp_age"], known["gp_conditions"] = _solve_consultations(held, sex, years, 1.0 - emergency)
    number = np.minimum(count_of_conditions()[held], len(GP_CONDITIONS) - 1)
    consulted = known["gp_age"][sex, age] * known["gp_conditions"][number] * (1.0 - emergency)
    known["referral"] = _solve_referral(rules, consulted, held, years)
    frail = np.minimum(rows["frailty"] / rules.frail_from, 1.0)
    stays = _rows_at_ages(STAYS) * np.where(AGES >= 65, 1.0 - DELAY_SHARE_65, 1.0 - DELAY_SHARE_65 / 4.0)
    in_bed = 1.0 + REST_READINESS * rules.recovery_ratio * _mean_by_age(_weighted(frail, contact_curve[step], years), years)
    known["stay_scale"] = (stays + 0.5) / in_bed / math.gamma(1.0 + 1.0 / rules.stay_shape)
    known["onset_ceiling"] = known["onset"].sum(axis=0) * RISK_CAP * PLACE_CAP
    return fill_tables(**known)


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
    between = [(a + b) / 2 for a, b in zip(middles, middles[1:], strict=False)] if inner is None else inner
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


def _mean_risk(relative_risk: np.ndarray, held: np.ndarray, sex: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return the mean product of relative risks among people free of each condition, shape (14, 2, 93)."""
    mean = np.ones((N_CONDITIONS, 2, N_AGES))
    for condition in Condition:
        product = np.ones(len(held))
        for given in Condition:
            product *= np.where((held >> int(given)) & 1, relative_risk[condition, given], 1.0)
        for s in range(2):
            free = ((held >> int(condition)) & 1 == 0) & (sex == s)
            mean[condition, s] = _mean_by_age(np.minimum(product[free], RISK_CAP), years[free])
    return mean


def _mean_by_age(values: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return means by age, shape (93,), of five-year bands joined by straight lines; 90 and over is one band."""
    middles = [20.5, *np.arange(27.5, 90, 5), 93.0]
    edges = [0, *np.arange(25, 95, 5), 200]
    inside = [(years >= low) & (years < high) for low, high in zip(edges[:-1], edges[1:], strict=True)]
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
    known: dict[str, np.ndarray], rules: np.record, rows: np.ndarray, fifth: np.ndarray, years: np.ndarray, held: np.ndarray, deaths: np.ndarray
) -> None:
    """Split emergency contacts over the clocks: each named clock first, illness the rest, never below zero."""
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    admissions = _rows_at_ages(ADMISSIONS) / 1000.0
    contacts = _rows_at_ages(ATTENDANCES) / 1000.0 + direct * admissions
    weights = _by_mask(UNMANAGED_WEIGHTS)
    step = (rows["frailty"] * FRAILTY_STEPS).astype(int)
    level = rules.unmanaged_share * contacts[years - YOUNGEST].mean() / weights[held].mean()
    known["unmanaged"] = weights * level / 12.0
    unmanaged = _mean_by_age(weights[held] * level, years)
    people, _ = england()
    share = people[:, :, YOUNGEST:].sum(axis=(0, 1))
    share = np.append(share, np.full(N_AGES - len(share), share[-1]))
    dying = np.average(deaths.reshape(10, N_AGES), axis=0, weights=people[:, :, YOUNGEST:].sum(axis=2).reshape(10))
    last_phase = dying * (1.0 - rules.sudden_death_share) * rules.last_phase_days / 30.44 * rules.last_phase_contacts
    unmet_hours = np.minimum(np.maximum(rows["need"].astype(float) - rows["informal"], 0.0) / 60.0 * UNMET_AFTER_CARE, rules.unmet_hours_counted)
    unmet = _mean_by_age(rules.contacts_per_unmet_hour * unmet_hours, years) * 12.0
    frailty = _mean_by_age(_weighted(rows["frailty"].astype(float), known["contact_by_frailty"][step], years), years)
    returns = admissions * (rules.return_base + rules.return_by_frailty * frailty + rules.return_unready * (1.0 - REST_READINESS) * rules.recovery_ratio / 1.5 * np.minimum(frailty / rules.frail_from, 1.0))
    illness = np.maximum(contacts - unmanaged - last_phase - unmet - returns, 0.0)
    effect = known["contact_by_frailty"][step] * np.array(ILLNESS_BY_FIFTH)[fifth]
    base = illness / 12.0 / _mean_by_age(effect, years)
    known["illness"] = np.broadcast_to(base, (2, 5, N_AGES)) * np.array(ILLNESS_BY_FIFTH)[None, :, None]
    known["severity_shape"] = np.array([_severity_shape(chance, rules) for chance in admissions / contacts])
    chance = (admissions / contacts)[years - YOUNGEST]
    unmanaged_admissions, illness_admissions = ((kind[years - YOUNGEST] * chance).sum() for kind in (unmanaged, illness))
    sensitive = evidence("P-B.emerg-018").number() / 100.0 * admissions[years - YOUNGEST].sum()
    known["ambulatory_illness"] = np.array(np.clip((sensitive - unmanaged_admissions) / illness_admissions, 0.0, 1.0))


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
