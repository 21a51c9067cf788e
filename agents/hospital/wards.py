"""Beds, compiled: who lies where, who waits for a bed, and beds that are opened when there are not enough.

A hospital has an assessment unit, where people are looked at for two days at most, general wards and older people's
wards. The wards together are a hard limit; somebody whose own ward is full lies on another one, as an *outlier*, and
recovers more slowly there. When people wait in A&E for a bed, escalation beds are opened a bay at a time; they are
closed again when they stand empty, and cost what they cost whether they are used or not.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.hospital.state import ACUTE, GENERAL, NO_WARD, OLDER, UNIT


@compiled
def has_room(hospital, ward):
    """Return whether a ward has an empty bed; escalation beds stand on the general wards."""
    more = hospital.escalation_open if ward == GENERAL else 0
    return hospital.ward_used[ward] < hospital.ward_beds[ward] + more


@compiled
def has_bed(hospital):
    """Return whether any bed is empty."""
    return hospital.occupied < hospital.beds + hospital.escalation_open


@compiled
def lie(hospital, c, ward):
    """Put a case into a bed of a ward."""
    c["ward"] = ward
    hospital.ward_used[ward] += 1
    hospital.occupied += 1


@compiled
def take_bed(hospital, c, first):
    """Give a case an empty bed, on ward `first` if it can be; return whether there was one."""
    if not has_bed(hospital):
        return False
    if has_room(hospital, first):
        lie(hospital, c, first)
    elif has_room(hospital, np.int64(c["wanted"])):
        lie(hospital, c, np.int64(c["wanted"]))
    elif has_room(hospital, GENERAL):
        lie(hospital, c, GENERAL)
    elif has_room(hospital, OLDER):
        lie(hospital, c, OLDER)
    else:
        lie(hospital, c, UNIT)
    return True


@compiled
def free_bed(hospital, c):
    """Give a case's bed back."""
    ward = np.int64(c["ward"])
    if ward != NO_WARD:
        hospital.ward_used[ward] -= 1
        hospital.occupied -= 1
        c["ward"] = NO_WARD


@compiled
def is_outlier(c):
    """Return whether a case lies on a ward it does not belong on."""
    ward = np.int64(c["ward"])
    return ward != UNIT and ward != NO_WARD and ward != np.int64(c["wanted"])


@compiled
def linger(c, day, rules):
    """Lengthen the acute phase of somebody who has just become an outlier."""
    left = np.int64(c["due"]) - day
    if is_outlier(c) and c["state"] == ACUTE and left > 0:
        c["due"] = np.int64(c["due"]) + int(rules.outlier_longer * left + 0.5)


@compiled
def make_up(c, day, rules):
    """Lengthen the stay of somebody who gets a bed after waiting in A&E by the days in which treatment stood still."""
    c["due"] = np.int64(c["due"]) + int(rules.boarding_idle * (day - np.int64(c["start"])) + 0.5)


@compiled
def lie_down(flow, c, day, rules):
    """Give a bed to somebody who waits for one in A&E; return whether there was one."""
    hospital = flow.hospitals[np.int64(c["hospital"])]
    if not take_bed(hospital, c, UNIT):
        return False
    hospital.boarding -= 1
    c["state"] = ACUTE
    c["hazard"] = 0.0
    make_up(c, day, rules)
    linger(c, day, rules)
    return True


@compiled
def move_on(hospital, c, day, rules):
    """Move somebody whose time in the assessment unit is over, or who lies on another ward, to the own ward once it has room.

    A full unit sends people to any ward with room.
    """
    ward, wanted = np.int64(c["ward"]), np.int64(c["wanted"])
    if ward == wanted or ward == NO_WARD or (ward == UNIT and day < np.int64(c["start"]) + rules.unit_days):
        return
    if has_room(hospital, wanted):
        free_bed(hospital, c)
        lie(hospital, c, wanted)
    elif ward == UNIT and not has_room(hospital, UNIT):
        other = OLDER if wanted == GENERAL else GENERAL
        if has_room(hospital, other):
            free_bed(hospital, c)
            lie(hospital, c, other)
            linger(c, day, rules)


@compiled
def open_or_close_beds(hospital):
    """At midnight: open a bay while people wait in A&E for a bed, close one that stands empty."""
    step = hospital.escalation_step
    if hospital.boarding > 0:
        hospital.escalation_open = min(hospital.escalation_open + step, hospital.escalation)
    elif hospital.escalation_open > 0:
        less = max(hospital.escalation_open - step, 0)
        if hospital.occupied < hospital.beds + less and hospital.ward_used[GENERAL] <= hospital.ward_beds[GENERAL] + less:
            hospital.escalation_open = less
