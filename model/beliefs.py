"""What organisations believe their levers do: measured once by paired runs at rest, stored as data.

They are what a good analyst of the place would find: the effect of a step of a lever on each account
and on people, per head and year, from paired runs with the same luck (``python -m experiments.beliefs`` re-makes them).
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from agents.deciding import Belief
from agents.vocabulary import Account, Lever

FILE = Path(__file__).parent / "data" / "derived" / "beliefs.csv"


@lru_cache(maxsize=1)
def measured_beliefs() -> dict[Lever, Belief]:
    """Return the measured belief of every lever.

    Raises
    ------
    ValueError
        If a lever is missing or an account unknown.
    """
    costs: dict[Lever, dict[Account, float]] = {}
    qalys: dict[Lever, float] = {}
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            lever = Lever[row["lever"].upper()]
            if row["effect_on"] == "qalys":
                qalys[lever] = float(row["per_head_per_year_per_step"])
            else:
                costs.setdefault(lever, {})[Account[row["effect_on"].upper()]] = float(row["per_head_per_year_per_step"])
    missing = [lever.name.lower() for lever in Lever if lever != Lever.NONE and (lever not in costs or lever not in qalys)]
    if missing:
        raise ValueError(f"{FILE.name} must have every lever, got none for {', '.join(missing)}")
    return {lever: Belief(lever=lever, costs=costs[lever], qalys=qalys[lever]) for lever in costs}
