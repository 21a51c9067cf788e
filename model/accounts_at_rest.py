"""How much of each published account of a place is modelled at rest, and how much is committed besides."""

from __future__ import annotations

from pathlib import Path

from model.committed import AccountLine
from model.economy import HealthEconomy
from model.structures import BASELINE


def accounts_at_rest(place: str | Path, scale: float = 1.0) -> list[AccountLine]:
    """Return the accounts of a place's councils and consortia; settles the place first if that was not done before.

    Raises
    ------
    ValueError
        If the place is unknown or `scale` is not a share above 0.
    """
    return HealthEconomy(place, BASELINE, scale=scale, years=1).account_lines
