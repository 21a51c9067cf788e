"""What is seen of one hospital, hour by hour: the recording that moving pictures and close-ups are drawn from.

Here is only what was seen; :mod:`experiments.recorder` writes it down, :mod:`experiments.filming` runs what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HOURS_A_DAY = 24


class BedState(IntEnum):
    """What a bed is used for."""

    SHUT = 0  # an escalation bed that is not open
    EMPTY = 1
    ASSESSMENT = 2
    ACUTE = 3
    RECOVERING = 4
    ELECTIVE = 5
    FIT_TO_LEAVE = 6


IN_USE = tuple(state for state in BedState if state >= BedState.ASSESSMENT)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Film:
    """One hospital under one structure, a row for each full hour at which it was looked at.

    Parameters
    ----------
    place, hospital : for a reader
    structure : name or label
    scale : share of the people in the model
    hours : shape (n,), datetime64[h], the moments
    wards : names, in the order of the beds
    ward_of : shape (beds,), the ward each bed stands in
    beds : shape (n, beds), a :class:`BedState` each
    cubicles : places for treatment in A&E
    arrivals : shape (n,), people who came to A&E in the hour before
    to_be_seen, in_treatment, waiting_for_bed : shape (n,), people in A&E
    left, left_in_time : shape (n,), people who left A&E in the hour before, and those within four hours of coming
    reasons : names of what people fit to leave wait for, see ``model.measures.REASONS``
    delays : shape (n, reasons), people fit to leave
    cancelled : shape (n,), operations cancelled in the hour before for want of a bed

    Raises
    ------
    ValueError
        If shapes do not agree.
    """

    place: str
    hospital: str
    structure: str
    scale: float
    hours: NDArray[np.datetime64]
    wards: tuple[str, ...]
    ward_of: NDArray[np.uint8]
    beds: NDArray[np.uint8]
    cubicles: int
    arrivals: NDArray[np.int32]
    to_be_seen: NDArray[np.int32]
    in_treatment: NDArray[np.int32]
    waiting_for_bed: NDArray[np.int32]
    left: NDArray[np.int32]
    left_in_time: NDArray[np.int32]
    reasons: tuple[str, ...]
    delays: NDArray[np.int32]
    cancelled: NDArray[np.int32]

    def __post_init__(self) -> None:
        n = len(self.hours)
        shapes = {
            "ward_of": self.beds.shape[1:], "beds": (n, *self.beds.shape[1:]), "delays": (n, len(self.reasons)),
            **dict.fromkeys(
                ("arrivals", "to_be_seen", "in_treatment", "waiting_for_bed", "left", "left_in_time", "cancelled"),
                (n,),
            ),
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"Film.{name} must have the shape {shape}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.hours)

    def beds_in(self, *states: BedState) -> NDArray[np.int64]:
        """Return how many beds are in any of some states, shape (n,)."""
        return np.isin(self.beds, states).sum(axis=1)

    @property
    def in_use(self) -> tuple[BedState, ...]:
        """The states of a bed that somebody lies in."""
        return IN_USE

    @property
    def open_beds(self) -> NDArray[np.int64]:
        """Beds there are, those of escalation among them where they are open, shape (n,)."""
        return (self.beds != BedState.SHUT).sum(axis=1)

    def share_in_time(self, hours: int = HOURS_A_DAY) -> NDArray[np.float64]:
        """Return the share of those who left A&E within four hours, over the last so many hours; NaN if nobody left."""
        in_time, left = (_running(counts, hours) for counts in (self.left_in_time, self.left))
        return np.divide(in_time, left, out=np.full(len(self), np.nan), where=left > 0)

    def hourly(self) -> pd.DataFrame:
        """Return what was seen at each hour.

        Returns
        -------
        DataFrame
            hour; beds (those there are), a column ``beds_`` for each state in use; arrivals, to_be_seen, in_treatment,
            waiting_for_bed, left, left_in_time, cancelled; a column ``delay_`` for each reason.
        """
        counts = (
            "arrivals", "to_be_seen", "in_treatment", "waiting_for_bed", "left", "left_in_time", "cancelled",
        )  # fmt: skip
        return pd.DataFrame(
            {
                "hour": self.hours.astype("datetime64[s]"),
                "beds": self.open_beds,
                **{f"beds_{state.name.lower()}": self.beds_in(state) for state in IN_USE},
                **{name: getattr(self, name) for name in counts},
                **{f"delay_{reason}": self.delays[:, number] for number, reason in enumerate(self.reasons)},
            }
        )

    def days(self) -> pd.DataFrame:
        """Return what each calendar day came to.

        Returns
        -------
        DataFrame
            date; beds (mean number there were), a column ``beds_`` for each state in use (mean); waiting_mean,
            waiting_least and waiting_most (people in A&E who wait for a bed); arrivals, left, left_in_time, cancelled
            (sums); a column ``delay_`` for each reason (mean number of people).
        """
        hourly = self.hourly()
        groups = hourly.assign(date=hourly["hour"].dt.normalize()).groupby("date", sort=True)
        means = groups[[name for name in hourly if name.startswith(("beds", "delay_"))]].mean()
        waiting = groups["waiting_for_bed"].agg(["mean", "min", "max"])
        waiting.columns = ["waiting_mean", "waiting_least", "waiting_most"]
        sums = groups[["arrivals", "left", "left_in_time", "cancelled"]].sum()
        return means.join(waiting).join(sums).reset_index()


def _running(counts: NDArray[np.int32], hours: int) -> NDArray[np.float64]:
    """Return the sum over the last so many hours, fewer at the beginning."""
    total = np.concatenate([[0.0], np.cumsum(counts, dtype=float)])
    ends = np.arange(1, len(counts) + 1)
    return total[ends] - total[np.maximum(ends - hours, 0)]
