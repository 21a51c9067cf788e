"""Sharing out a step of the day among several hands, so that what comes of it is the same to the bit, however many there are.

A step is shared out where its parts touch different people and organisations. Each part writes books of its own, which are then
copied into the flow's in the order of the parts: the order in which one pair of hands would have written them. Counters are
whole numbers, and added up.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.hospital.books import N_CASES_AT, N_JOURNAL_AT, N_NOTES_AT, N_WAITING_AT
from agents.hospital.state import Flow

COUNTERS = ("out", "hospital_out", "totals", "planned", "hospital_planned", "brought")
"""Fields of a flow in which each part counts on its own."""
BOOKS = (
    ("cases", "cases", N_CASES_AT), ("journal", "journal", N_JOURNAL_AT), ("notes", "notes", N_NOTES_AT), ("joined", "waiting", N_WAITING_AT),
)  # fmt: skip
"""Fields in which each part writes on its own, where it is copied to, and the entry of `size` that tells how far they are written."""


class Hands(NamedTuple):
    """How many parts of a step can be done at once.

    Parameters
    ----------
    number : how many
    each : returns what a function makes of each item, in order
    """

    number: int
    each: Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]


ALONE = Hands(1, lambda work, items: [work(item) for item in items])


def even_parts(weights: np.ndarray, parts: int) -> list[tuple[int, int]]:
    """Return [low, high) of at most so many runs of items that weigh about the same.

    Examples
    --------
    >>> even_parts(np.array([1, 1, 2, 4]), 2)
    [(0, 3), (3, 4)]
    """
    if not len(weights):
        return []
    reached = np.cumsum(weights)
    goals = reached[-1] * np.arange(1, parts) / parts
    edges = [0, *np.searchsorted(reached, goals, side="right").tolist(), len(weights)]
    return [(low, high) for low, high in itertools.pairwise(edges) if low < high]


def plain(records: np.ndarray) -> np.ndarray:
    """Return records as bytes without fields: NumPy copies those many times as fast."""
    return records.view(f"V{records.dtype.itemsize}")


class SharedOut:
    """A month's flow whose steps are shared out.

    Parameters
    ----------
    flow : of the month, its waits still as they stand at the month's start
    hands : who does the work
    """

    def __init__(self, flow: Flow, hands: Hands) -> None:
        self.flow, self.hands = flow, hands
        in_line = np.bincount(flow.waiting["hospital"][: flow.size[N_WAITING_AT]], minlength=len(flow.hospitals))
        self._hospitals = even_parts(in_line + 1, hands.number)
        self._parts = [self._part() for _ in range(hands.number)]

    def _part(self) -> Flow:
        own = {name: np.zeros_like(getattr(self.flow, name)) for name in COUNTERS}
        own |= {name: np.zeros(0, dtype=getattr(self.flow, name).dtype) for name, _, _ in BOOKS}
        return self.flow._replace(size=np.zeros_like(self.flow.size), **own)

    def by_hospital(self, step: Callable[..., None], *arguments: Any) -> None:
        """Take a step of planned care, ``step(flow, first_hospital, end_hospital, *arguments)``, in runs of hospitals at once."""
        turns = int(self.flow.size[N_WAITING_AT])  # in each book, nobody has more than one entry a turn
        for k, part in enumerate(self._parts):
            if len(part.journal) < turns:
                room = {name: np.zeros(turns + turns // 4, dtype=getattr(part, name).dtype) for name, _, _ in BOOKS}
                self._parts[k] = part._replace(**room)
        work = list(zip(self._parts, self._hospitals, strict=False))
        self.hands.each(lambda one: step(one[0], *one[1], *arguments), work)
        for part, _ in work:
            self._copy_books(part)

    def by_case(self, step: Callable[..., None], *arguments: Any) -> None:
        """Take a step that only counts cases, ``step(flow, lo, hi, *arguments)``, in runs of cases at once."""
        edges = np.linspace(0, self.flow.size[N_CASES_AT], len(self._parts) + 1).astype(int).tolist()
        views = [part._replace(cases=self.flow.cases) for part in self._parts]
        work = list(zip(views, itertools.pairwise(edges), strict=True))
        self.hands.each(lambda one: step(one[0], *one[1], *arguments), work)

    def add_up(self) -> None:
        """Add what the parts have counted to the flow's counters."""
        for name in COUNTERS:
            for part in self._parts:
                counted = getattr(part, name)
                getattr(self.flow, name)[:] += counted
                counted[:] = 0

    def _copy_books(self, part: Flow) -> None:
        flow = self.flow
        for own, common, at in BOOKS:
            first, n = flow.size[at], part.size[at]
            plain(getattr(flow, common))[first : first + n] = plain(getattr(part, own))[:n]
            if at == N_CASES_AT:
                flow.case_of[part.cases["person"][:n]] = np.arange(first, first + n)
            flow.size[at] += n
            part.size[at] = 0
