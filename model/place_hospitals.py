"""Which acute trusts the people of a place use.

The published catchments say where a trust's patients live. To learn which trusts a council's people use they are
turned round: share of the trust's patients x the trust's volume, the volume being admissions
from its type 1 A&E departments in 2016/17 (of all the trusts that have since become part of it).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model.place_data import positions, read_table, select
from model.place_fitting import FloatArray

OWN_FLOW = 0.05
"""A flow of at least this share of a council's use is kept; smaller ones go to its largest (assumption)."""

MAIN_SHARE = 0.5
"""A trust is a main hospital of a place where at least this share of its patients lives there."""

ADULT_BEDS = 0.5
"""A trust with a smaller share of its beds for adults is a children's hospital and left out (assumption)."""

# Districts of 2021 and the districts of 2015 they were made from.
DISTRICTS_MERGED = {
    "E06000058": ("E06000028", "E06000029", "E07000048"),
    "E06000059": ("E07000049", "E07000050", "E07000051", "E07000052", "E07000053"),
    "E06000060": ("E07000004", "E07000005", "E07000006", "E07000007"),
    "E06000061": ("E07000150", "E07000152", "E07000153", "E07000156"),
    "E06000062": ("E07000151", "E07000154", "E07000155"),
    "E07000244": ("E07000205", "E07000206"),
    "E07000245": ("E07000201", "E07000204"),
    "E07000246": ("E07000190", "E07000191"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class HospitalUse:
    """Which trusts the people of each council use.

    Attributes
    ----------
    trusts : NHS codes of 2022, those with most of their patients in the place first, then by use
    names : of the trusts
    share_of_trust : shape (n_trusts,), share of a trust's patients who live in the place
    catchment : shape (n_councils, n_trusts), share of a council's use; rows sum to 1
    """

    trusts: tuple[str, ...]
    names: tuple[str, ...]
    share_of_trust: FloatArray
    catchment: FloatArray


def hospital_use(councils: tuple[str, ...]) -> HospitalUse:
    """Return the trusts that the councils' people use; see the module for how.

    Raises
    ------
    ValueError
        If no trust with a type 1 A&E department serves one of the councils.
    """
    trusts, names, patients = trust_patients(councils)
    volume = trust_volumes(trusts)
    catchment = _fold_small_flows(patients * volume)
    used = np.flatnonzero(catchment.sum(axis=0) > 0)
    share_of_trust = patients.sum(axis=0)
    by_use = (patients * volume).sum(axis=0)
    order = sorted(used.tolist(), key=lambda t: (share_of_trust[t] < MAIN_SHARE, -by_use[t], trusts[t]))
    return HospitalUse(
        trusts=tuple(trusts[t] for t in order),
        names=tuple(names[t] for t in order),
        share_of_trust=share_of_trust[order],
        catchment=catchment[:, order],
    )


def trust_patients(councils: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], FloatArray]:
    """Return trusts, names, and the share of a trust's patients by council, shape (n_councils, n_trusts)."""
    trusts, names, shares = _patients_of_england()
    everywhere = tuple(read_table("councils.csv")["utla_code"].tolist())
    return trusts, names, shares[positions(everywhere, np.array(councils))]


@lru_cache(maxsize=1)
def _patients_of_england() -> tuple[tuple[str, ...], tuple[str, ...], FloatArray]:
    """Return trusts, names, and the share of a trust's patients by council in the order of ``councils.csv``."""
    table = read_table("trust_catchment_ltla_share.csv.gz")
    trusts, first, trust = np.unique(table["nhs_trust22_code"], return_index=True, return_inverse=True)
    councils = read_table("councils.csv")["utla_code"].tolist()
    shares = np.zeros((len(councils), len(trusts)))
    for i, council in enumerate(councils):
        for district, part in _districts(council).items():
            here = table["ltla21_code"] == district
            np.add.at(shares[i], trust[here], part * table["share"][here])
    shares.flags.writeable = False
    return tuple(trusts.tolist()), tuple(table["trust_name"][first].tolist()), shares


@lru_cache(maxsize=1)
def trust_volumes(trusts: tuple[str, ...]) -> FloatArray:
    """Return yearly admissions from type 1 A&E of each trust, shape (n_trusts,); 0 for children's and single-specialty trusts."""
    successors = read_table("trust_successors.csv")
    admissions = read_table("ae_trust_2016_17.csv")
    volume = dict.fromkeys(trusts, 0.0)
    type_1 = select(admissions, admissions["type"] == "1")
    for code, number in zip(type_1["org_code"].tolist(), type_1["admissions"].tolist(), strict=True):
        merged = select(successors, successors["trust16_code"] == code)
        heirs = dict(zip(merged["trust22_code"].tolist(), merged["share"].tolist(), strict=True))
        for heir, share in (heirs or {code: 1.0}).items():
            volume[heir] += number * share
    children = _childrens_trusts()
    volumes = np.array([0.0 if trust in children else volume[trust] for trust in trusts])
    volumes.flags.writeable = False
    return volumes


def _childrens_trusts() -> set[str]:
    beds = read_table("beds_trust_2022_04.csv")
    adult = np.nan_to_num(beds["adult_general_acute_beds_available"])
    few: NDArray[np.bool_] = adult < ADULT_BEDS * beds["general_acute_beds_available"]
    return set(beds["nhs_trust22_code"][few].tolist())


def _districts(council: str) -> dict[str, float]:
    """Return the 2021 districts of a council and the share of each district's people (mid-2017) who live in it."""
    lookup = read_table("lookup_lad_utla_region.csv")
    own = set(lookup["lad15_code"][lookup["utla_code"] == council].tolist())
    parts = {district: 1.0 for district in own if not any(district in old for old in DISTRICTS_MERGED.values())}
    for new, old in DISTRICTS_MERGED.items():
        if own & set(old):
            people = _district_people(old)
            parts[new] = sum(people[code] for code in old if code in own) / sum(people.values())
    return dict(sorted(parts.items()))


def _district_people(districts: tuple[str, ...]) -> dict[str, float]:
    table = read_table("lsoa_base.csv.gz")
    ages = [table[f"pop2017_{age}"] for age in ("0_17", "18_64", "65_74", "75_84", "85plus")]
    people = np.sum(ages, axis=0)
    return {district: float(people[table["lad15_code"] == district].sum()) for district in districts}


def _fold_small_flows(use: FloatArray) -> FloatArray:
    """Return use by council and trust as shares, small flows given to each council's largest, shape as `use`."""
    totals = use.sum(axis=1, keepdims=True)
    if np.any(totals <= 0):
        raise ValueError(f"council must be served by a trust with a type 1 A&E, got use {totals.ravel().tolist()!r}")
    shares = use / totals
    kept = np.where(shares >= OWN_FLOW, shares, 0.0)
    rows = np.arange(len(use))
    kept[rows, shares.argmax(axis=1)] += 1.0 - kept.sum(axis=1)
    return kept
