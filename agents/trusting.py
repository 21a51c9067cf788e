"""Relationships between organisations: how far each pair trusts each other to begin with.

Trust is drawn once for each pair of a consortium and a council, a hospital and a council, and a hospital and a consortium. The draw
is keyed by the pair and the place's own seed, so a place starts with the same trust under every structure and in every run.
"""

from __future__ import annotations

import numpy as np

from agents import draws
from agents.deciding import DecidingBehaviour
from agents.draws import draw
from agents.vocabulary import Party

PAIRS = ((Party.CONSORTIUM, Party.COUNCIL), (Party.HOSPITAL, Party.COUNCIL), (Party.HOSPITAL, Party.CONSORTIUM))
"""Pairs of kinds between whose organisations there is trust; it is mutual."""


def starting_trust(first: tuple[Party, int], second: tuple[Party, int], behaviour: DecidingBehaviour, seed: int) -> float:
    """Return the trust that two organisations start with, 0 to 1; the same whichever is named first.

    Parameters
    ----------
    first, second : kind, and position among those of the kind
    behaviour : holds the mean and the spread
    seed : of the place's people

    Raises
    ------
    ValueError
        If there is no such pair.
    """
    if (first[0], second[0]) not in PAIRS:
        first, second = second, first
    if (first[0], second[0]) not in PAIRS:
        raise ValueError(f"trust must be between a consortium, a council and a hospital, got {first[0].name.lower()} and {second[0].name.lower()}")
    u = draw(np.uint64(seed), first[1], second[1], PAIRS.index((first[0], second[0])), draws.STARTING_TRUST)
    return min(max(behaviour.trust + behaviour.trust_spread * (2.0 * float(u) - 1.0), 0.0), 1.0)
