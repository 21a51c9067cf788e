"""The two engines of days in hospital and care: one meaning, two grains of time.

The daily flow runs a month in one compiled loop; the event flow runs it by the hour and minute on salabim. Both read and
write the same arrays (:class:`~agents.hospital.state.Flow`) through the same compiled decisions and accounts.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Protocol

import numpy as np

from agents.hospital.daily_flow import DailyFlow
from agents.hospital.state import Flow

FLOWS = ("daily", "salabim")


class HospitalFlow(Protocol):
    """What runs the days of a month in hospital and care."""

    def run(
        self,
        flow: Flow,
        *,
        clock: int,
        first_day: int,
        days: int,
        weekday: int,
        tables: np.record,
        rules: np.record,
        seed: np.uint64,
        at_nightfall: Callable[[int, Flow], None] | None = None,
    ) -> None:
        """Run the days of one month on the arrays of `flow`.

        Parameters
        ----------
        flow : the month's arrays, read and written
        clock : month that ages are counted at
        first_day, days : the month's first day since the start, and its length
        weekday : of the month's first day, Monday 0
        tables, rules : records that kernels read
        seed : of the run's luck
        at_nightfall : is shown each day and the arrays once the night is counted; may only read
        """
        ...


def flow_named(name: str) -> HospitalFlow:
    """Return a new flow: ``daily`` (compiled, a day at a time) or ``salabim`` (by the hour and minute).

    Raises
    ------
    ValueError
        If there is no flow of that name; the nearest name is given.

    Examples
    --------
    >>> flow_named("dayly")
    Traceback (most recent call last):
    ...
    ValueError: unknown hospital flow 'dayly'; nearest: daily
    """
    if name == "daily":
        return DailyFlow()
    if name == "salabim":
        from agents.hospital.event_flow import EventFlow  # an import of a fifth of a second that most runs do not need

        return EventFlow()
    nearest = difflib.get_close_matches(str(name), FLOWS, n=1, cutoff=0.0)
    raise ValueError(f"unknown hospital flow {name!r}; nearest: {nearest[0]}")
