"""What days of care write down: payments, consequences, and what is to happen on a later day."""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.patients.seeking import write_event

# Entries of a flow's `size`.
N_CASES_AT, N_CALENDAR_AT, N_JOURNAL_AT, N_NOTES_AT, N_WAITING_AT = 0, 1, 2, 3, 4
N_SORTED_AT = 5  # events that stood in order at the month's start
N_FORMED_AT = 6  # waits that have taken their place in a line
ASKED_AT = 7  # what records that were asked for ahead held: of no use, but a compiler may not leave the asking out
N_SIZES = 8

AHEAD = 32  # records asked for at once: they lie far apart in memory, which answers many questions as fast as one


@compiled
def ask_ahead(flow, i):
    """Ask memory for a person's record, so that it is at hand when it is the person's turn."""
    flow.size[ASKED_AT] += np.int64(flow.rows[i]["end_month"]) + flow.case_of[i]


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
