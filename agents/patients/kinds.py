"""Kinds of people whose care may be paid for by a rule of its own: people with several conditions, and frail elders.

Who belongs is looked at month by month, so that people grow into a kind; a person may be of several.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.parameter import Checked, parameter
from agents.patients.conditions import HELD
from agents.patients.frail_elders import FrailElders, are_frail_elders
from agents.vocabulary import PeopleKind


def bit_of(kind: PeopleKind) -> int:
    """Return the bit of a kind of people.

    Examples
    --------
    >>> [bit_of(kind) for kind in PeopleKind]
    [1, 2]
    """
    return 1 << kind


SEVERAL_CONDITIONS, FRAIL_ELDERS = bit_of(PeopleKind.SEVERAL_CONDITIONS), bit_of(PeopleKind.FRAIL_ELDERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeveralConditions(Checked):
    """Who has several conditions to a payment that is for them alone, the same under every structure."""

    at_least: float = parameter(
        2.0, "conditions ever recorded from which a person has several", unit="conditions", low=2.0, high=4.0,
        assumption="multimorbidity is counted from two of 36 conditions (T-A-015), of which the model has 14; schemes for the heaviest users ask for three or four")


def have_several_conditions(rows: np.ndarray, several: SeveralConditions) -> np.ndarray:
    """Return who of some people has several conditions; a severe stage is no condition more.

    Parameters
    ----------
    rows : RECORD
    """
    return np.bitwise_count(rows["conditions"] & np.uint32(HELD)) >= several.at_least


def kinds_of(rows: np.ndarray, several: SeveralConditions, elders: FrailElders, month: int = 0) -> np.ndarray:
    """Return the kinds that people are of in a month since the start: a bit for each, see :func:`bit_of`.

    Parameters
    ----------
    rows : RECORD

    Returns
    -------
    ndarray of uint8, shape (people,)
    """
    several_conditions, frail_elders = have_several_conditions(rows, several), are_frail_elders(rows, elders, month)
    return np.where(several_conditions, SEVERAL_CONDITIONS, 0).astype(np.uint8) | np.where(frail_elders, FRAIL_ELDERS, 0).astype(np.uint8)
