"""What consortia pay towards social care through joint schemes, and what moves when they pay more or less of it.

In the base year councils had part of their social care paid for by the NHS; that part is in every budget at rest. A consortium's lever
says which share of its own people's social care it pays for: what it pays beyond the base year's share, each month a twelfth, costs
its account and relieves the council's, and what it pays less the other way. Pounds of the base year: they do not grow.
"""

from __future__ import annotations

import numpy as np

from agents.deciding import LEVER_RANGES
from agents.vocabulary import Lever, Party
from model.holders import people_shared
from model.place import Place


def contribution_at_rest(place: Place) -> np.ndarray:
    """Return the share of its people's social care that each consortium paid for in the base year, shape (n_consortia,).

    A council's share is its income from the NHS of all its spending on social care; a consortium's is the mean by people.
    """
    paid = np.array([council.nhs_income_pounds / max(council.gross_current_total_pounds, 1.0) for council in place.councils])
    people = people_shared(place)[Party.CONSORTIUM, Party.COUNCIL]
    bounds = LEVER_RANGES[Lever.CONTRIBUTION]
    return np.clip((people * paid).sum(axis=1) / people.sum(axis=1), bounds.low, bounds.high)


def contributions(share: np.ndarray, social_care: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return what each consortium pays of each council's social care: whole pence a year, shape (n_councils, n_consortia).

    Parameters
    ----------
    share : shape (n_consortia,), of its people's social care; negative for less than in the base year
    social_care : shape (n_councils,), pence a year
    people : shape (n_councils, n_consortia), adults that the two have in common

    Examples
    --------
    A tenth of the care of a quarter of a council's people:

    >>> contributions(np.array([0.1, 0.0]), np.array([1_000_000]), np.array([[25.0, 75.0]])).tolist()
    [[25000, 0]]
    """
    return np.rint(share * social_care[:, None] * people / people.sum(axis=1, keepdims=True)).astype(np.int64)
