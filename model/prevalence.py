"""How common long-term conditions are in England, by age, sex and deprivation.

Two definitions are kept apart. *Prevalence* here is of people ever recorded with a condition in general practice or
hospital (evidence group A.prev), and that is what people in the model hold. *Disease registers* (QOF) count fewer, who
are active or were entered in a time; of them only ratios are used, between areas and between deprivation fifths.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np

from agents.vocabulary import N_AGES, N_CONDITIONS, OLDEST, YOUNGEST, Condition
from model.evidence import evidence_where

DATA = Path(__file__).parent / "data"
AGES = np.arange(YOUNGEST, OLDEST + 1)
SEXES = ("male", "female")
STEEPEST = 2.5  # assumption, 2 to 4: highest relative prevalence of a deprivation fifth at an age, and its inverse the lowest

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

GRADIENT = ((35.0, 2.2), (55.0, 1.9), (70.0, 1.2), (85.0, 0.6))  # assumption, by age: set so that T-A-005 is met


@lru_cache(maxsize=1)
def prevalence() -> np.ndarray:
    """Return prevalence (ever recorded) by condition, sex and age, shape (14, 2, 93), a share."""
    middles = {"20-29": 25, "30-39": 35, "40-49": 45, "50-59": 55, "60-69": 65, "70-79": 75, "80+": 86}
    table = np.zeros((N_CONDITIONS, 2, N_AGES))
    for condition, name in PREVALENCE_NAMES.items():
        for sex in range(2):
            strata = (f"sex={SEXES[sex]};age={band}" for band in middles)
            points = [evidence_where("A.prev", f"prevalence_{name}", stratum).number() / 100.0 for stratum in strata]
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
    """Return relative prevalence by deprivation fifth at equal age and sex, shape (14, 5), mean 1 over England's adults.

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


@lru_cache(maxsize=1)
def prevalence_by_fifth() -> np.ndarray:
    """Return relative prevalence by deprivation fifth and age, shape (14, 5, 93), mean 1 at every age.

    Registers of areas understate differences between people and say nothing of age. Deprivation counts most in
    working age, where the most deprived hold several conditions 10 to 15 years early (T-A-005), and less among those
    who live to old age: the registers' ratios are raised to a power that falls with age.
    """
    people, _ = england()
    adults = people[:, :, YOUNGEST:].sum(axis=0)
    share = np.concatenate([adults, np.repeat(adults[:, -1:], N_AGES - adults.shape[1], axis=1)], axis=1)
    power = np.interp(AGES, *zip(*GRADIENT, strict=True))
    ratio = register_by_fifth()[:, :, None] ** power
    mean = (ratio * share).sum(axis=1, keepdims=True) / share.sum(axis=0)
    return np.clip(ratio / mean, 1.0 / STEEPEST, STEEPEST)
