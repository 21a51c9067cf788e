"""Structures that are announced and not in force yet: what organisations know of them when they decide.

A decision is weighed by what it does over the years that organisations look ahead. From the month in which a structure is announced until
it begins, they know that the last part of those lies under it; before that they reckon with what is in force alone.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.vocabulary import Party
from model.beliefs import HORIZON_YEARS
from model.holders import body_areas
from model.ledger import Parties
from model.patchwork import Patchwork
from model.place import Place
from model.structures import CommissioningStructure

HORIZON = 12 * HORIZON_YEARS
"""Months that a decision looks ahead."""


class Coming(NamedTuple):
    """A structure to come, as an organisation knows of it in a month.

    Parameters
    ----------
    number : of the structure among those of the patchwork to come
    structure : its facts
    share : part of what a decision looks ahead to that lies after it has begun, above 0 and below 1
    """

    number: int
    structure: CommissioningStructure
    share: float


class Announcements:
    """When which council is told of the structure that is to come to it.

    Parameters
    ----------
    coming : the structure of each council once all have come into being
    start : first month of the run, ``YYYY-MM``
    place : whose councils these are
    parties : the ledger's table

    Examples
    --------
    >>> part_after(0, 18), part_after(12, 18), part_after(0, 24)
    (0.25, 0.75, 0.0)
    """

    def __init__(self, coming: Patchwork, start: str, place: Place, parties: Parties) -> None:
        self._coming = coming
        self._known = [(structure.announced(start), structure.begins(start)) for structure in coming.structures]
        self._bodies = {parties.index(name) for name in body_areas(coming, place)}

    def to(self, council: int, month: int) -> Coming | None:
        """Return the structure that a council, by position, has been told of by a month of the run and that matters to decisions by then; None if there is none."""
        number = int(self._coming.number[council])
        announced, begins = self._known[number]
        share = part_after(month, begins) if announced <= month < begins else 0.0
        return Coming(number, self._coming.structures[number], share) if share > 0.0 else None

    def outlives(self, party: int, kind: Party) -> bool:
        """Return whether an organisation is still there once all structures have come into being: bodies may not be."""
        return kind != Party.COMMISSIONER or party in self._bodies


def part_after(month: int, begins: int) -> float:
    """Return which part of what a decision of a month looks ahead to lies from another month on, 0 to 1."""
    return min(max((month + HORIZON - begins) / HORIZON, 0.0), 1.0)
