"""Levels of levers in the middle of England's councils, where the open data have them."""

from __future__ import annotations

import numpy as np

from agents.deciding import LEVER_RANGES
from agents.vocabulary import Lever
from model.place import Place
from model.place_organisations import care_volumes

FEES_OF = {
    "Home care": ("home_care_hours_per_year", "home_care_pounds_per_hour"),
    "Residential": ("residential_weeks_65plus", "residential_pounds_per_week"),
    "Nursing": ("nursing_weeks_65plus", "nursing_pounds_per_week"),
}


def national_level(place: Place, organisation: str, lever: str) -> float:
    """Return the level at which an organisation's lever would stand if it did as the median council of England.

    Parameters
    ----------
    organisation : name of one in the place that owns the lever
    lever : by name

    Raises
    ------
    ValueError
        If no national median is known of that lever, or it lies where the organisation cannot go.
    """
    councils = {council.name: council for council in place.councils}
    if lever != Lever.FEES.name.lower() or organisation not in councils:
        raise ValueError(
            f"no national median is known of {lever}: the open data give one of fees alone; use the observed levels as the reference"
        )
    council = councils[organisation]
    own = medians = 0.0
    for service, (quantity, price) in FEES_OF.items():
        volumes, pounds = float(getattr(council, quantity)), float(getattr(council, price))
        own += volumes * pounds
        medians += volumes * float(np.median(care_volumes(service).pounds_each))
    level, bounds = medians / own, LEVER_RANGES[Lever.FEES]
    if not bounds.low <= level <= bounds.high:
        raise ValueError(f"the national median of fees is {level:.2f} times those of {organisation}, outside [{bounds.low:g}, {bounds.high:g}]")
    return level
