"""What days of care write down: payments, consequences, and what is to happen on a later day."""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.patients.seeking import write_event

# Entries of a flow's `size`.
N_CASES_AT, N_CALENDAR_AT, N_JOURNAL_AT, N_NOTES_AT, N_WAITING_AT = 0, 1, 2, 3, 4
N_SORTED_AT = 5  # events that stood in order at the month's start
N_FORMED_AT = 6  # waits that have taken their place in a line
N_SIZES = 7


@compiled
def post(flow, payer, payee, service, decider, lever, pence):
    """Append one payment to the journal."""
    row = flow.journal[flow.size[N_JOURNAL_AT]]
    row["payer"] = payer
    row["payee"] = payee
    row["service"] = service
    row["decider"] = decider
    row["lever"] = lever
    row["pence"] = pence
    flow.size[N_JOURNAL_AT] += 1


@compiled
def note(flow, payer, service, decider, lever, pence):
    """Append one consequence that is not cash of this run."""
    row = flow.notes[flow.size[N_NOTES_AT]]
    row["payer"] = payer
    row["service"] = service
    row["decider"] = decider
    row["lever"] = lever
    row["pence"] = pence
    flow.size[N_NOTES_AT] += 1


@compiled
def schedule(flow, day, person, trigger, kind, cause, severity, decider, lever, avoided):
    """Put an event on the calendar."""
    write_event(flow.calendar[flow.size[N_CALENDAR_AT]], day, 0, person, trigger, kind, cause, severity, decider, lever, avoided)
    flow.size[N_CALENDAR_AT] += 1


@compiled
def follow_up(trigger, cause):
    """Return the trigger of what an event causes later: a mix of the event's own trigger and the later cause."""
    return np.int64((np.uint64(trigger) * np.uint64(2654435761) + np.uint64(cause)) & np.uint64(0xFFFFFFFF))
