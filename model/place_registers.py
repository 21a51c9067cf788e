"""How common long-term conditions are in each consortium, against what age, sex and deprivation would give."""

from functools import lru_cache

import numpy as np

from agents.vocabulary import YOUNGEST, Condition
from model.place_data import positions, read_table, select
from model.place_fitting import FloatArray
from model.place_people import population
from model.prevalence import REGISTER_CODES, prevalence, prevalence_by_fifth

REGISTERS = {condition.name.lower(): code for condition, code in REGISTER_CODES.items()}
"""Conditions with a disease register (QOF), and its code there."""

BANDS = 19
"""Five-year bands of age, 0-4 to 90 and over."""


def register_ratios(consortia: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return recorded over expected prevalence of each condition, relative to England's, each shape (n_consortia,).

    Recorded: people on the 2014-15 disease register over the registered list. Expected: what the prevalence by age, sex
    and deprivation fifth (``model.prevalence``) gives for the residents of mid-2017 (whole consortium, also outside the
    place), so that deprivation is not counted twice. Under 18 only asthma is expected, at the rate of the youngest
    adults: the other registers start at about 18 or hardly hold children.
    """
    registers = read_table("qof_ccg_2013_14_2014_15.csv.gz")
    registers = select(registers, registers["year"] == "2014-15")
    codes = tuple(np.unique(registers["ccg_code"]).tolist())
    here = positions(codes, np.array(consortia))
    people = _consortium_people(codes)
    ratios = {}
    for condition, qof in REGISTER_CODES.items():
        rows = select(registers, registers["condition"] == qof)
        register, lists = np.zeros(len(codes)), np.zeros(len(codes))
        where = positions(codes, rows["ccg_code"])
        register[where], lists[where] = rows["register"], rows["list_size"]
        expected = (people * _prevalence_by_band(condition)).sum(axis=(1, 2, 3))
        local = (register / lists) / (expected / people.sum(axis=(1, 2, 3)))
        england = (register.sum() / lists.sum()) / (expected.sum() / people.sum())
        ratios[condition.name.lower()] = (local / england)[here]
    return ratios


@lru_cache(maxsize=1)
def _consortium_people(consortia: tuple[str, ...]) -> FloatArray:
    """Return residents in mid-2017 by consortium, sex, deprivation fifth and five-year band, shape (n, 2, 5, 19).

    Each band has the sex mix of the council's 2014 population.
    """
    table = read_table("pop2017_ccg_utla_age_imdq.csv.gz")
    councils = tuple(read_table("councils.csv")["utla_code"].tolist())
    ages = population(councils)
    bands = np.stack([ages[:, :, 5 * b : 5 * b + 5].sum(axis=2) for b in range(BANDS)], axis=2).astype(np.float64)
    male = bands[:, 0] / np.maximum(bands.sum(axis=1), 1.0)
    band = np.array([int(label[:2]) // 5 for label in table["age_band"].tolist()])
    fifth = table["imd2015_quintile"].astype(int) - 1
    male_here = male[positions(councils, table["utla_code"]), band]
    where = positions(consortia, table["ccg15_code"])
    people = np.zeros((len(consortia), 2, 5, BANDS))
    np.add.at(people, (where, 0, fifth, band), table["population"] * male_here)
    np.add.at(people, (where, 1, fifth, band), table["population"] * (1.0 - male_here))
    return people


def _prevalence_by_band(condition: Condition) -> FloatArray:
    """Return the share of people with the condition by sex, fifth and five-year band, shape (2, 5, 19)."""
    middles = np.clip(5 * np.arange(BANDS) + 2, YOUNGEST, None) - YOUNGEST
    share = prevalence()[condition][:, None, middles] * prevalence_by_fifth()[condition][None, :, middles]
    if condition != Condition.ASTHMA:
        share[:, :, :3] = 0.0
        share[:, :, 3] *= 0.4  # of the band 15 to 19, two years in five are adults
    return share
