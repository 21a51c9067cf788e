"""Settling by sample: everybody of a large place takes after somebody of a small one who has been settled.

A place of many millions is settled as a sample of itself. Each person of the whole place then takes after somebody of the
sample who lives alike (*donor*): the conditions, traits, care and place in a line are the donor's; where the person lives, age, sex,
deprivation and hospital are the person's own. In frozen demography the dead are replaced by the donor as he or she began.
"""

from __future__ import annotations

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.hospital.state import BOARDING, IN_INTERMEDIATE, IN_REABLEMENT, N_WARDS
from agents.patients import record
from agents.patients.starting import choose_hospitals
from agents.vocabulary import YOUNGEST, CaseState
from model.engine import Organisations

AT_A_TIME = 1 << 20  # rows that are built, or for which donors are sought, at once
OLDEST_ALIKE = 100  # ages from here on count as one, and in the widest cell those from 90 on
BAND = 5  # years of a wider age band
PLACE_BITS = np.uint8(record.FEMALE | record.QUINTILE_MASK << record.QUINTILE_SHIFT)  # of `person`, what is no part of a beginning


def cells_alike(rows: np.ndarray) -> list[np.ndarray]:
    """Return who lives alike, from narrow to wide: a number for each row of RECORD, equal for people of one cell.

    The narrowest cell is council, consortium, sex, deprivation fifth and year of age; the widest sex and five-year age band, up to 90.
    """
    person = rows["person"].astype(np.int64)
    sex, fifth = person & record.FEMALE, person >> record.QUINTILE_SHIFT & record.QUINTILE_MASK
    age = np.clip(-rows["birth_month"].astype(np.int64) // 12, YOUNGEST, OLDEST_ALIKE)
    council, consortium, band = rows["council"].astype(np.int64), rows["consortium"].astype(np.int64), age // BAND

    def cell(*fields: np.ndarray) -> np.ndarray:
        number = np.zeros(len(rows), dtype=np.int64)
        for field in fields:
            number = number << 8 | field
        return number

    return [
        cell(council, consortium, sex, fifth, age),
        cell(council, sex, fifth, band),
        cell(council, sex, band),
        cell(sex, fifth, age),
        cell(sex, np.minimum(band, 90 // BAND)),
    ]


def donors(rows: np.ndarray, sample: np.ndarray, seed: np.uint64) -> np.ndarray:
    """Return, for each row, the row of the sample that it takes after: somebody of its narrowest cell that has any.

    Who in the cell is told by how willing to care the person's family is, a trait of the row for life: who ranks there among
    all people takes after who ranks there among the cell's donors. So each donor is as likely as another, and those whose
    need is met by their family take after people whose need was.

    Parameters
    ----------
    rows, sample : RECORD, ages counted at month 0; both with somebody of each sex and age band
    seed : of the people

    Returns
    -------
    ndarray, shape (len(rows),), int32

    Raises
    ------
    ValueError
        If nobody of the sample is of somebody's sex and age band.
    """
    family = np.empty(len(sample))
    _families(seed, 0, family)
    ordered = [(order, cell[order]) for cell in cells_alike(sample) for order in [np.lexsort((family, cell))]]
    found = np.empty(len(rows), dtype=np.int32)
    for low in range(0, len(rows), AT_A_TIME):
        some = rows[low : low + AT_A_TIME]
        rank = np.empty(len(some))
        _families(seed, low, rank)
        chosen = np.full(len(some), -1, dtype=np.int64)
        for cell, (order, of_sample) in zip(cells_alike(some), ordered, strict=True):
            left = np.flatnonzero(chosen < 0)
            first, end = (np.searchsorted(of_sample, cell[left], side=side) for side in ("left", "right"))
            at = first + (rank[left] * (end - first)).astype(np.int64)
            some_alike = end > first
            chosen[left[some_alike]] = order[at[some_alike]]
        if (chosen < 0).any():
            raise ValueError("the sample must hold somebody of each sex and age band of the place")
        found[low : low + len(some)] = chosen
    return found


@compiled
def _families(seed, first_row, rank):
    """Tell where each row, from `first_row` on, ranks by the help that family can give, from 0 (most) to 1."""
    for k in range(len(rank)):
        rank[k] = draw(seed, first_row + k, 0, 0, draws.CARER_TRAIT)


def in_their_place(taken: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Write into `taken` where `own` live and were born, their sex, deprivation and hospital; return it. Both RECORD, row by row."""
    for field in ("small_area", "council", "consortium", "hospital", "birth_month"):
        taken[field] = own[field]
    taken["person"] = taken["person"] & ~PLACE_BITS | own["person"] & PLACE_BITS
    return taken


def take_after(rows: np.ndarray, settled: np.ndarray, donor: np.ndarray, catchment: np.ndarray, seed: np.uint64) -> None:
    """Give rows, whose place, age, sex and deprivation are set, a hospital, and everything else from their settled donors.

    Parameters
    ----------
    rows : RECORD, written to
    settled : RECORD, the sample
    donor : shape (len(rows),), row of the sample for each
    catchment : shape (n_councils, n_hospitals), cumulative shares of each council's hospital use
    seed : of the people
    """
    for low in range(0, len(rows), AT_A_TIME):
        some = rows[low : low + AT_A_TIME]
        choose_hospitals(some, low, catchment, seed)
        some[:] = in_their_place(settled[donor[low : low + AT_A_TIME]], some)


class Beginnings:
    """How everybody of a place began, by row: what frozen demography puts in the place of the dead.

    Parameters
    ----------
    starting : RECORD, the people as they began; those of the sample where there are donors
    donor : shape (n,), row of `starting` that each person takes after; None where it is the person's own
    """

    def __init__(self, starting: np.ndarray, donor: np.ndarray | None = None) -> None:
        self.starting, self.donor = starting, donor

    def of(self, which: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return how the people of some rows of the place's `rows` began."""
        if self.donor is None:
            return self.starting[which]
        return in_their_place(self.starting[self.donor[which]], rows[which])


def inherit(entries: np.ndarray, donor: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the sample's entries about people (cases, events or waits), once for each of those who take after them, in their order."""
    concerned = np.zeros(int(donor.max(initial=-1)) + 1 if len(donor) else 0, dtype=bool)
    concerned[entries["person"][entries["person"] < len(concerned)]] = True
    heirs = np.flatnonzero(concerned[donor])
    heirs = heirs[np.argsort(donor[heirs], kind="stable")]
    first, end = (np.searchsorted(donor[heirs], entries["person"].astype(np.int64), side=side) for side in ("left", "right"))
    times = end - first
    at = np.arange(times.sum()) + np.repeat(first - (np.cumsum(times) - times), times)
    passed_on = np.repeat(entries, times)
    passed_on["person"] = heirs[at]
    for where in {"council", "hospital"}.intersection(passed_on.dtype.names):
        passed_on[where] = rows[where][passed_on["person"]]
    return passed_on


def count_in_use(known: Organisations, cases: np.ndarray, rows: np.ndarray) -> None:
    """Set what open cases hold of beds, A&E and places in short-term care."""
    state, person = cases["state"], cases["person"]
    hospitals, councils, consortia = known.hospitals, known.councils, known.consortia
    inside, boarding = in_hospital_now(state), state == BOARDING
    size = len(hospitals)
    hospitals["boarding"] = np.bincount(cases["hospital"][boarding], minlength=size)
    hospitals["occupied"] = np.bincount(cases["hospital"][inside & ~boarding], minlength=size)
    for ward in range(N_WARDS):
        hospitals["ward_used"][:, ward] = np.bincount(cases["hospital"][inside & (cases["ward"] == ward)], minlength=size)
    councils["reablement_used"] = np.bincount(rows["council"][person[state == IN_REABLEMENT]], minlength=len(councils))
    consortia["intermediate_used"] = np.bincount(rows["consortium"][person[state == IN_INTERMEDIATE]], minlength=len(consortia))


def in_hospital_now(state: np.ndarray) -> np.ndarray:
    """Return which states of cases are in hospital."""
    return (state >= CaseState.BOARDING) & (state <= CaseState.WAIT_HOUSING)
