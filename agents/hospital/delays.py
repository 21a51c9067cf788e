"""Delays as the national return counts them, compiled: the reason, the responsible body, and what is recorded.

The model keeps *true* days beyond fitness to leave. The return counts the delays of part of the people only: one draw a
spell says whether it does (true days are about 2.7 times recorded ones, P-B.dtoc-001). It counts days by reason and body,
and the patients delayed at midnight on the last Thursday of the month.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.hospital.state import (
    WAIT_ASSESSMENT,
    WAIT_CHOICE,
    WAIT_DISPUTE,
    WAIT_EQUIPMENT,
    WAIT_FUNDING,
    WAIT_FURTHER_NHS,
    WAIT_HOUSING,
    WAIT_PACKAGE,
    WAIT_PLANNING,
)
from agents.patients.living import COUNCIL
from agents.vocabulary import Reason, Responsible

FURTHER_NHS, ASSESSMENT, PACKAGE, RESIDENTIAL_PLACE = int(Reason.FURTHER_NHS), int(Reason.ASSESSMENT), int(Reason.PACKAGE), int(Reason.RESIDENTIAL)
FUNDING, CHOICE, NURSING_PLACE, EQUIPMENT = int(Reason.FUNDING), int(Reason.CHOICE), int(Reason.NURSING), int(Reason.EQUIPMENT)
HOUSING, DISPUTES = int(Reason.HOUSING), int(Reason.DISPUTES)
NHS, SOCIAL_CARE, BOTH = int(Responsible.NHS), int(Responsible.SOCIAL_CARE), int(Responsible.BOTH)
NOT_DELAYED = -1


@compiled
def delay_reason(c, p, rules):
    """Return the code of what a person who is fit to leave waits for, NOT_DELAYED for one who is not.

    Parameters
    ----------
    c, p : case and person
    """
    state = np.int64(c["state"])
    if state < WAIT_FURTHER_NHS or state > WAIT_HOUSING:
        return NOT_DELAYED
    if state == WAIT_FURTHER_NHS:
        return FURTHER_NHS
    if state == WAIT_PLANNING or state == WAIT_ASSESSMENT:
        return ASSESSMENT
    if state == WAIT_FUNDING:
        return FUNDING
    if state == WAIT_DISPUTE:
        return DISPUTES
    if state == WAIT_EQUIPMENT:
        return EQUIPMENT
    if state == WAIT_HOUSING:
        return HOUSING
    if state == WAIT_CHOICE:
        return CHOICE
    if c["blocked"] == 1:
        return FUNDING
    if state == WAIT_PACKAGE:
        return PACKAGE
    return NURSING_PLACE if nurses_needed(p, rules) else RESIDENTIAL_PLACE


@compiled
def nurses_needed(p, rules):
    """Return whether a care-home place must be one with nursing."""
    return np.int64(p["need"]) > 60.0 * rules.nursing_need_hours


@compiled
def responsible_body(c, reason):
    """Return the body that the return holds responsible for a delay.

    The NHS answers for its own care, for what it pays, for people who pay or arrange for themselves, and for housing; the
    council for its assessments, its packages, places and money; both for people for whom they arrange together, but for
    residential homes, where no nursing is arranged.
    """
    if reason == FURTHER_NHS or reason == HOUSING:
        return NHS
    joint = c["joint"] == 1
    if reason == DISPUTES:
        return SOCIAL_CARE if joint else NHS
    by_council = c["state"] == WAIT_ASSESSMENT or c["funder"] == COUNCIL
    if reason == CHOICE:
        return SOCIAL_CARE if by_council else NHS
    if joint and reason != RESIDENTIAL_PLACE and (by_council or reason == ASSESSMENT or reason == EQUIPMENT or reason == FUNDING):
        return BOTH
    return SOCIAL_CARE if by_council else NHS
