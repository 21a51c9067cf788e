"""How common long-term conditions are in each consortium, against what age and sex would give."""

from functools import lru_cache

import numpy as np

from model.evidence import EvidenceRow, evidence_group
from model.place_data import positions, read_table, select
from model.place_fitting import FloatArray
from model.place_people import population

REGISTERS = {
    "hypertension": "HYP",
    "diabetes": "DM",
    "chd": "CHD",
    "heart_failure": "HF",
    "atrial_fibrillation": "AF",
    "stroke_tia": "STIA",
    "copd": "COPD",
    "asthma": "AST",
    "ckd": "CKD",
    "cancer": "CAN",
    "dementia": "DEM",
    "depression": "DEP",
    "smi": "MH",
}
"""Conditions with a disease register (QOF), and its code there."""

PREVALENCE_NAMES = {"cancer": "prevalence_cancer_ever_excl_nmsc", "depression": "prevalence_depression_ever"}


def register_ratios(consortia: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return recorded over expected prevalence of each condition, relative to England's, each shape (n_consortia,).

    Recorded: people on the 2014-15 disease register over the registered list. Expected: what the prevalence by age and
    sex of evidence group A.prev gives for the residents of mid-2017 (whole consortium, also outside the place).
    Under 18 only asthma is expected, at the rate of the youngest adults: the other registers start at
    about 18 or hardly hold children.
    """
    registers = read_table("qof_ccg_2013_14_2014_15.csv.gz")
    registers = select(registers, registers["year"] == "2014-15")
    codes = tuple(np.unique(registers["ccg_code"]).tolist())
    here = positions(codes, np.array(consortia))
    people = _consortium_ages(codes)
    ratios = {}
    for condition, qof in REGISTERS.items():
        rows = select(registers, registers["condition"] == qof)
        register, lists = np.zeros(len(codes)), np.zeros(len(codes))
        where = positions(codes, rows["ccg_code"])
        register[where], lists[where] = rows["register"], rows["list_size"]
        expected = (people * _prevalence_by_band(condition)).sum(axis=(1, 2))
        local = (register / lists) / (expected / people.sum(axis=(1, 2)))
        england = (register.sum() / lists.sum()) / (expected.sum() / people.sum())
        ratios[condition] = (local / england)[here]
    return ratios


def _consortium_ages(consortia: tuple[str, ...]) -> FloatArray:
    """Return residents in mid-2017 by consortium, sex and five-year band from 0-4 to 90 and over, shape (n, 2, 19).

    Each band has the sex mix of the council's 2014 population.
    """
    table = read_table("pop2017_ccg_utla_age_imdq.csv.gz")
    councils = tuple(read_table("councils.csv")["utla_code"].tolist())
    ages = population(councils)
    bands = np.stack([ages[:, :, 5 * b : 5 * b + 5].sum(axis=2) for b in range(19)], axis=2).astype(np.float64)
    male = bands[:, 0] / np.maximum(bands.sum(axis=1), 1.0)
    band = np.array([int(label[:2]) // 5 for label in table["age_band"].tolist()])
    male_here = male[positions(councils, table["utla_code"]), band]
    where = positions(consortia, table["ccg15_code"])
    people = np.zeros((len(consortia), 2, 19))
    np.add.at(people, (where, 0, band), table["population"] * male_here)
    np.add.at(people, (where, 1, band), table["population"] * (1.0 - male_here))
    return people


@lru_cache
def _prevalence_by_band(condition: str) -> FloatArray:
    """Return the share of people with the condition by sex and five-year band, shape (2, 19), from group A.prev."""
    quantity = PREVALENCE_NAMES.get(condition, f"prevalence_{condition}")
    share = np.zeros((2, 19))
    for row in evidence_group("A.prev"):
        if row.quantity == quantity and row.stratum.startswith(("sex=male;age=", "sex=female;age=")):
            sex, first, last = _stratum(row)
            share[sex, first:last] = row.number() / 100
    youngest = share[:, 4:5]
    share[:, 3] = youngest[:, 0] * 0.4  # of the band 15 to 19, two years in five are adults
    if condition == "asthma":
        share[:, :4] = youngest
    return share


def _stratum(row: EvidenceRow) -> tuple[int, int, int]:
    """Return sex and the first and past-the-last five-year band of an A.prev row such as ``sex=male;age=20-29``."""
    sex, age = (part.split("=")[1] for part in row.stratum.split(";"))
    first = int(age.rstrip("+").split("-")[0])
    last = 95 if age.endswith("+") else int(age.split("-")[1]) + 1
    return int(sex == "female"), first // 5, last // 5
