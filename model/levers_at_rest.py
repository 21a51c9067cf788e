"""Where a place's levers rest before anybody decides, and the norms that keep them there."""

from __future__ import annotations

from typing import NamedTuple

from agents.deciding import LEVER_RANGES
from model.economy import HealthEconomy
from model.place_choice import PlaceChoice
from model.structures import BASELINE


class LeverRow(NamedTuple):
    """One lever of one organisation at rest.

    Parameters
    ----------
    level : in `unit`
    norm : pounds a head a year for a step: what the organisation must be taken to value, if no step is to be worth
        making under the baseline at prices of money of 1
    how : what the level was solved from; empty for a reference setting that all places share
    status : ``solved``, ``assumed`` where the bound of the lever was reached, or ``reference``
    """

    organisation: str
    lever: str
    level: float
    unit: str
    norm: float
    how: str
    status: str


def levers_at_rest(place: PlaceChoice, scale: float = 1.0) -> list[LeverRow]:
    """Return the levers of a place at rest; settles the place first if that was not done before.

    Raises
    ------
    ValueError
        If the place is unknown or `scale` is not a share above 0.
    """
    economy = HealthEconomy(place, BASELINE, scale=scale, years=1)
    solved = {(who, lever): (how, status) for who, lever, _, how, status in economy.levers_solved}
    rows = []
    for holder in (*economy.councils, *economy.consortia, *economy.hospitals):
        for lever, level in holder.rest.items():
            name = lever.name.lower()
            how, status = solved.get((holder.name, name), ("", "reference"))
            rows.append(LeverRow(holder.name, name, level, LEVER_RANGES[lever].unit, holder.norms[lever], how, status))
    return rows
