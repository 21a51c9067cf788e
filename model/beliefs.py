"""What organisations believe their levers do: measured once by paired runs at rest, stored as data.

They are what a good analyst of the place would find: the effect of a step of a lever on each account
and on people, per head and year, from paired runs with the same luck (``python -m experiments.beliefs`` re-makes them). Days of
delay that social care answers for are among them, for where councils pay for those.
A good analyst also makes little of what could be chance: see :func:`credible`.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from agents.deciding import Belief
from agents.vocabulary import Account, Lever

HORIZON_YEARS = 2
"""How far ahead organisations look, and so for how long effects are measured."""

FILE = Path(__file__).parent / "data" / "derived" / "beliefs.csv"
DELAYS = "social_care_delays"
"""Recorded days of delay that social care alone answers for: those that ``model.accounts`` bills councils for where they pay for delay."""


def credible(mean: float, error: float) -> float:
    """Return as much of a measured effect as its standard error lets one believe: positive-part James-Stein shrinkage.

    Norms cancel what is wrong in a belief only for the stakes of the baseline, so an effect that is luck would move levers
    wherever stakes differ.

    Examples
    --------
    >>> credible(2.0, 1.0), credible(-2.0, 0.0), credible(0.5, 1.0)
    (1.5, -2.0, 0.0)
    """
    return mean * (1.0 - (error / mean) ** 2) if abs(mean) > error else 0.0


@lru_cache(maxsize=1)
def measured_beliefs() -> dict[Lever, Belief]:
    """Return the measured belief of every lever.

    Raises
    ------
    ValueError
        If a lever is missing or an account unknown.
    """
    costs: dict[Lever, dict[Account, float]] = {}
    others: dict[str, dict[Lever, float]] = {"qalys": {}, DELAYS: {}}
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            lever = Lever[row["lever"].upper()]
            effect = credible(float(row["per_head_per_year_per_step"]), float(row["standard_error"]))
            if row["effect_on"] in others:
                others[row["effect_on"]][lever] = effect
            else:
                costs.setdefault(lever, {})[Account[row["effect_on"].upper()]] = effect
    missing = [lever.name.lower() for lever in Lever if lever != Lever.NONE and any(lever not in found for found in (costs, *others.values()))]
    if missing:
        raise ValueError(f"{FILE.name} must have every lever, got none for {', '.join(missing)}")
    return {lever: Belief(lever=lever, costs=costs[lever], qalys=others["qalys"][lever], delays=others[DELAYS][lever]) for lever in costs}
