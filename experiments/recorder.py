"""Writes down what the event flow shows of one hospital at every full hour; it only reads, so the run is the same."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.vocabulary import CaseState, Lever, Reason, Ward
from experiments.film import BedState, Film

if TYPE_CHECKING:
    from agents.hospital.event_flow import HourSnapshot
    from model.economy import HealthEconomy

WARDS = ("Assessment unit", "General wards", "Older people's wards", "Escalation beds")
ESCALATION = WARDS.index("Escalation beds")
NOBODY = -1
FIT_FROM, FIT_TILL = CaseState.WAIT_FURTHER_NHS, CaseState.WAIT_HOUSING


class Squares:
    """Which square of a picture each person lies on: the same one for as long as the ward is the same.

    Beds of escalation stand on the general wards, so whoever finds no square there is shown on one of theirs.

    Parameters
    ----------
    sizes : beds of each ward of ``WARDS``
    """

    def __init__(self, sizes: NDArray[np.int64]) -> None:
        self.ward_of = np.repeat(np.arange(len(WARDS), dtype=np.uint8), sizes)
        self.person = np.full(len(self.ward_of), NOBODY, dtype=np.int64)

    def place(self, people: NDArray[np.int64], wards: NDArray[np.int64], opened: int) -> NDArray[np.int64]:
        """Return the square of each person.

        Parameters
        ----------
        people : who is in a bed
        wards : the ward of each
        opened : beds of escalation that are open; people leave the others for free ones of the general wards
        """
        ward_of = dict(zip(people.tolist(), wards.tolist(), strict=True))
        opened_squares = set(np.flatnonzero(self.ward_of == ESCALATION)[:opened].tolist())
        for square in np.flatnonzero(self.person != NOBODY).tolist():
            shown, lies = int(self.ward_of[square]), ward_of.get(int(self.person[square]), NOBODY)
            stays = shown == lies or (shown == ESCALATION and lies == Ward.GENERAL and square in opened_squares)
            if not stays:
                self.person[square] = NOBODY
        square_of = {int(self.person[square]): square for square in np.flatnonzero(self.person != NOBODY).tolist()}
        free = {ward: self._free(ward) for ward in range(len(WARDS))}
        for person, ward in ward_of.items():
            if person not in square_of:
                square_of[person] = self._take(free, ward, person)
        return np.array([square_of[person] for person in ward_of], dtype=np.int64)

    def _free(self, ward: int) -> list[int]:
        """Return the free squares of a ward, the first last."""
        return np.flatnonzero((self.ward_of == ward) & (self.person == NOBODY))[::-1].tolist()

    def _take(self, free: dict[int, list[int]], ward: int, person: int) -> int:
        for place in (ward, ESCALATION):
            if free[place]:
                square = free[place].pop()
                self.person[square] = person
                return square
        self.ward_of = np.append(self.ward_of, np.uint8(ESCALATION))
        self.person = np.append(self.person, person)
        return len(self.person) - 1


class Recorder:
    """An observer of the event flow that keeps one hospital's hours.

    Parameters
    ----------
    economy : whose hospital it is
    hospital : name
    start, end : the first day that is kept, and the day after the last
    """

    def __init__(self, economy: HealthEconomy, hospital: str, start: datetime.date, end: datetime.date) -> None:
        self.economy, self.hospital = economy, hospital
        self.index = [one.name for one in economy.place.hospitals].index(hospital)
        origin = economy.engine.calendar.origin
        self.first, self.last = ((day - origin).days * 24 for day in (start, end))
        self.start = start
        known = self._known()
        self.squares = Squares(np.append(known["ward_beds"], known["escalation"]))
        self.hours: list[int] = []
        self.beds: list[NDArray[np.uint8]] = []
        self.delays: list[NDArray[np.int64]] = []
        self.counts: list[tuple[int, ...]] = []

    def _known(self) -> np.record:
        return self.economy.engine.organisations.hospitals[self.index]

    def __call__(self, seen: HourSnapshot) -> None:
        """Keep this hour, if it is one of those asked for; before them only follow who lies where."""
        hour = round(seen.hour * 24)
        if hour >= self.last:
            return
        states = self._look(hour // 24)
        if hour < self.first:
            return
        h = self.index
        self.hours.append(hour)
        self.beds.append(states)
        self.delays.append(np.array(seen.delayed[h]))
        waiting = int(seen.waiting_for_bed[h])
        self.counts.append(
            (
                int(seen.arrivals[h]), int(seen.queue[h]), int(seen.being_seen[h]), waiting,
                int(seen.left[h]), int(seen.left[h] - seen.late[h]), int(seen.cancelled[h]),
            )
        )  # fmt: skip

    def _look(self, day: int) -> NDArray[np.uint8]:
        """Return the state of each bed."""
        engine, known = self.economy.engine, self._known()
        cases = engine.cases[engine.case_of[engine.case_of >= 0]]
        cases = cases[(cases["hospital"] == self.index) & (cases["ward"] != Ward.NONE)]
        squares = self.squares.place(
            cases["person"].astype(np.int64), cases["ward"].astype(np.int64), int(known["escalation_open"])
        )
        states = np.full(len(self.squares.person), BedState.EMPTY, dtype=np.uint8)
        escalation = np.flatnonzero(self.squares.ward_of == ESCALATION)
        states[escalation[int(known["escalation_open"]) :]] = BedState.SHUT
        states[squares] = bed_states(cases, day, float(known["levers"][Lever.DISCHARGE_READINESS]))
        return states

    def film(self, label: str) -> Film:
        """Return what was kept.

        Parameters
        ----------
        label : of the structure
        """
        known = self._known()
        beds = np.full((len(self.beds), len(self.squares.ward_of)), BedState.SHUT, dtype=np.uint8)
        for row, states in zip(beds, self.beds, strict=True):
            row[: len(states)] = states
        arrivals, to_be_seen, in_treatment, waiting, left, in_time, cancelled = (
            np.array(self.counts, dtype=np.int32).reshape(-1, 7).T
        )
        return Film(
            place=self.economy.place.title,
            hospital=self.hospital,
            structure=label,
            scale=self.economy.scale,
            hours=np.datetime64(self.start, "h") + (np.array(self.hours) - self.first).astype("timedelta64[h]"),
            wards=WARDS,
            ward_of=self.squares.ward_of,
            beds=beds,
            cubicles=max(math.ceil(known["cubicles"]), 1),  # as the event flow has them
            arrivals=arrivals,
            to_be_seen=to_be_seen,
            in_treatment=in_treatment,
            waiting_for_bed=waiting,
            left=left,
            left_in_time=in_time,
            reasons=tuple(reason.name.lower() for reason in Reason),
            delays=np.array(self.delays, dtype=np.int32).reshape(-1, len(Reason)),
            cancelled=cancelled,
        )


def bed_states(cases: np.ndarray, day: int, readiness: float) -> NDArray[np.uint8]:
    """Return what the bed of each case is used for.

    Somebody recovers who is in the last part of a stay: the share of the recovery that the hospital asks for before it
    lets people go. The rest of it, `recovery`, would follow elsewhere.

    Parameters
    ----------
    cases : of people in a bed
    day : since the start
    readiness : the share of the recovery that the hospital asks for, 0 to 1
    """
    state = cases["state"]
    asked_for = cases["recovery"] * (readiness / max(1.0 - readiness, 0.01))
    return np.select(
        [
            (state >= FIT_FROM) & (state <= FIT_TILL),
            state == CaseState.SURGERY,
            cases["ward"] == Ward.ASSESSMENT_UNIT,
            day >= cases["due"] - np.floor(asked_for),
        ],
        [BedState.FIT_TO_LEAVE, BedState.ELECTIVE, BedState.ASSESSMENT, BedState.RECOVERING],
        BedState.ACUTE,
    ).astype(np.uint8)
