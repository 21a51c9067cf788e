"""What the event flow asks of the shared kernels, compiled: each step is one call at one moment, and decides nothing itself.

Times are days since the start, the hour as a fraction. Decisions, draws and accounts are those of the daily flow; the steps
put them at a moment, and tell the event flow who has come into a bed and whose bed is free.

Two rules keep the meaning of both flows one. A stay ends, between nine and eight in the evening, on the day on which the daily
flow would end it, so that it has as many midnights. And what goes by the day there (a day's recovery, the chance of a place)
goes by the day here, on the ward round; what waits for hands goes on by the hour.
"""

from __future__ import annotations

import math

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.hospital import admission
from agents.hospital.books import N_CALENDAR_AT, N_CASES_AT, N_SORTED_AT, schedule
from agents.hospital.daily_flow import count_the_night, end_the_night, first_on, happen, is_snapshot
from agents.hospital.delays import NOT_DELAYED, delay_reason
from agents.hospital.leaving import (
    GIVE_UP,
    STAY,
    TO_INTERIM,
    act,
    decide_steps,
    leave_otherwise,
    leaves_queue,
    let_movers_go,
    progress,
)
from agents.hospital.planned import day_of_planned_care, form_lines, leave_lines
from agents.hospital.state import (
    ACUTE,
    BOARDING,
    CLOSED,
    HOME_ASSESSMENT,
    HOME_CHOICE,
    HOME_PACKAGE,
    LATE_OUT,
    SURGERY,
    WAIT_ASSESSMENT,
    WAIT_CHOICE,
    WAIT_PACKAGE,
    WAIT_PLANNING,
    close,
    decline,
    in_hospital,
    renewed,
)
from agents.hospital.wards import lie_down, move_on
from agents.patients import record
from agents.patients.living import NHS_PAYS, accrue, age_index
from agents.patients.seeking import CONTACT, DEATH_EVENT

NOBODY = -1  # person in an empty bed
NOT_BY_ITSELF = -1.0  # when a stay ends that somebody else must end
OUT_FROM, OUT_TILL = 9.0, 20.0  # assumption, 7 to 10 and 18 to 22: people leave between these hours
MINUTES_A_DAY = 1440.0


# The day's calendar


@compiled
def begin_month(flow, first_day, days, clock, tables, rules, seed):
    """Once a month: who moved away waits no more, and whoever would be gone by now leaves the lines of planned care."""
    let_movers_go(flow)
    form_lines(flow)
    leave_lines(flow, 0, flow.hospitals.shape[0], first_day, days, clock, tables[0], rules[0], seed)


@compiled
def note_moment(flow, at, n, rules, seed, when, which):
    """Write down when an emergency or a death of the calendar happens, as number `n` of its day."""
    e = flow.calendar[at]
    i, trigger = np.int64(e["person"]), np.int64(e["trigger"])
    if e["kind"] == CONTACT:
        hour = admission.arrival_hour(i, trigger, rules, seed)
    else:
        hour = 24.0 * draw(seed, i, trigger, 1, draws.DEATH_HOUR)
    when[n] = np.int64(e["day"]) + hour / 24.0
    which[n] = at


@compiled
def day_ahead(flow, day, left, clock, tables, rules, seed, when, which):
    """Write down the emergencies and deaths of a day; requests and referrals are dealt with, as the morning's post.

    Parameters
    ----------
    day, left : days since the start, and to the month's end, this one included
    when, which : are given the moment of each, and where it stands on the calendar

    Returns
    -------
    int
        How many there are, in no order.
    """
    n, sorted_events, events = 0, flow.size[N_SORTED_AT], flow.size[N_CALENDAR_AT]
    at = first_on(flow, day)
    while at < events:
        if flow.calendar[at]["day"] != day:  # the rest of those that stand in order are of later days
            at = sorted_events if at < sorted_events else at + 1
            continue
        if flow.calendar[at]["kind"] in (CONTACT, DEATH_EVENT):
            note_moment(flow, at, n, rules[0], seed, when, which)
            n += 1
        else:
            happen(flow, flow.calendar[at], day, left, clock, tables[0], rules[0], seed)
        at += 1
    return n


@compiled
def carry_over(flow, at, day):
    """Put an emergency that is not decided on by the month's end on the calendar of the next month's first day."""
    e = flow.calendar[at]
    schedule(
        flow, day, np.int64(e["person"]), np.int64(e["trigger"]), np.int64(e["kind"]), np.int64(e["cause"]),
        np.float64(e["severity"]), np.int64(e["decider"]), np.int64(e["lever"]), np.int64(e["avoided"]),
    )  # fmt: skip


# One person


@compiled
def stay_ends(c, now, seed):
    """Return when somebody in a bed from `now` on leaves it or is fit to; not by itself for somebody who is, and waits."""
    if np.int64(c["state"]) not in (ACUTE, SURGERY):
        return NOT_BY_ITSELF
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 1, draws.LEAVING_HOUR)
    hour = (OUT_FROM + (OUT_TILL - OUT_FROM) * u) / 24.0
    today = math.floor(now)
    leaving = max(np.int64(c["due"]), today) + hour
    if leaving > now:
        return leaving
    if c["start"] == today:  # admitted late for a stay without a night
        return now + u * (today + 1.0 - now)
    return today + 1.0 + hour


@compiled
def whereabouts(flow, i, now, seed):
    """Return the state of person i's case, or CLOSED for one who is not in hospital, and when the stay ends."""
    k = flow.case_of[i]
    if k < 0 or not in_hospital(np.int64(flow.cases[k]["state"])):
        return CLOSED, NOT_BY_ITSELF
    return np.int64(flow.cases[k]["state"]), stay_ends(flow.cases[k], now, seed)


@compiled
def decide_now(flow, e, arrived, now, last, clock, tables, rules, seed):
    """Decide on an emergency at this moment; `arrived` is when the person came to A&E, negative for one who did not."""
    i, day = np.int64(e["person"]), int(now)
    p = flow.rows[i]
    if np.int64(p["end_month"]) != record.ALIVE or np.int64(p["care"]) & record.IN_HOSPITAL:
        return
    came = arrived if arrived >= 0.0 else now
    hour = max(24.0 * (came - day), 0.0)
    admission.settle_emergency(flow, e, day, hour, last - day, clock, tables, rules, seed)
    k = flow.case_of[i]
    if k >= 0 and flow.cases[k]["state"] == BOARDING:
        flow.cases[k]["hour"] = 24.0 * (came - day)  # below zero for one who came before midnight
        flow.cases[k]["hazard"] = 1.0 if arrived >= 0.0 else 0.0  # whether A&E's clock runs
    elif arrived >= 0.0 and MINUTES_A_DAY * (now - came) > admission.FOUR_HOURS:
        flow.out[np.int64(p["council"]), LATE_OUT] += 1


@compiled
def come(flow, at, now, last, clock, tables, rules, seed):
    """Let an emergency or a death of the calendar come about.

    Returns
    -------
    tuple
        Minutes that A&E will take over the person, 0 or fewer for one who is not there; then as :func:`whereabouts`.
    """
    e = flow.calendar[at]
    i, day = np.int64(e["person"]), int(now)
    if np.int64(flow.rows[i]["end_month"]) != record.ALIVE:
        return admission.NOTHING, CLOSED, NOT_BY_ITSELF
    minutes = admission.NOTHING
    if e["kind"] == CONTACT:
        minutes = admission.arrive(flow, e, day, clock, rules[0], seed)
    else:
        happen(flow, e, day, last - day, clock, tables[0], rules[0], seed)
    if minutes == 0.0:
        decide_now(flow, e, -1.0, now, last, clock, tables[0], rules[0], seed)
    state, until = whereabouts(flow, i, now, seed)
    return minutes, state, until


@compiled
def decide(flow, at, arrived, now, last, clock, tables, rules, seed):
    """Decide on somebody who has been seen in A&E since `arrived`; return as :func:`whereabouts`."""
    decide_now(flow, flow.calendar[at], arrived, now, last, clock, tables[0], rules[0], seed)
    return whereabouts(flow, np.int64(flow.calendar[at]["person"]), now, seed)


@compiled
def end_stay(flow, i, now, last, clock, tables, rules, seed):
    """Person i's stay is over: leave, or begin to wait; return as :func:`whereabouts`."""
    day, k = int(now), flow.case_of[i]
    if k >= 0 and np.int64(flow.cases[k]["state"]) in (ACUTE, SURGERY):
        progress(flow, k, day, last - day, clock, tables[0], rules[0], seed)
    return whereabouts(flow, i, now, seed)


# Desks


@compiled
def waits_for_hands(state):
    """Return whether a wait can end at any working hour: for coordinators, social workers, brokers, or a provider with room."""
    return state in (WAIT_PLANNING, WAIT_ASSESSMENT, WAIT_PACKAGE, WAIT_CHOICE, HOME_ASSESSMENT, HOME_PACKAGE, HOME_CHOICE)


@compiled
def can_serve(flow, c, council, state):
    """Return whether there are hands for a case (the NHS finds its own providers, and so do people who pay)."""
    if state == WAIT_PLANNING:
        return flow.hospitals[np.int64(c["hospital"])].coordination_tokens >= 1.0
    if state in (WAIT_ASSESSMENT, HOME_ASSESSMENT):
        return council.assessment_tokens >= 1.0
    return council.start_tokens >= 1.0 or c["funder"] == NHS_PAYS or state in (WAIT_CHOICE, HOME_CHOICE)


@compiled
def serve(flow, k, day, left, clock, tables, rules, seed):
    """Take up a case that waits for hands, if there are any; return whether somebody left hospital."""
    c = flow.cases[k]
    p, state = flow.rows[np.int64(c["person"])], np.int64(c["state"])
    council = flow.councils[np.int64(p["council"])]
    if day < np.int64(c["due"]) or np.int64(p["end_month"]) != record.ALIVE or not can_serve(flow, c, council, state):
        return False
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    outcome = decide_steps(flow, c, p, council, day, tables, rules, seed)
    if outcome in (GIVE_UP, TO_INTERIM):  # who leaves otherwise does so on the ward round
        outcome = STAY
    if outcome != STAY:
        act(flow, k, c, p, council, outcome, day, age, tables, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)
    return outcome != STAY and in_hospital(state)


@compiled
def coordinators_hour(flow, h, share, now, last, clock, tables, rules, seed):
    """Let a hospital's coordinators plan what they can in `share` of a working day; return whether somebody left."""
    day, someone_left = int(now), False
    hospital = flow.hospitals[h]
    hospital.coordination_tokens = renewed(hospital.coordination_tokens, hospital.coordination_rate, share)
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        if c["state"] == WAIT_PLANNING and c["hospital"] == h:
            someone_left = serve(flow, k, day, last - day, clock, tables[0], rules[0], seed) or someone_left
    return someone_left


@compiled
def council_hour(flow, desk, share, now, last, clock, tables, rules, seed):
    """Serve a council's lines with what it can do in `share` of a working day, and people who arrange for themselves.

    Returns
    -------
    bool
        Whether somebody left hospital.
    """
    day, someone_left = int(now), False
    council = flow.councils[desk]
    council.assessment_tokens = renewed(council.assessment_tokens, council.assessment_rate, share)
    council.start_tokens = renewed(council.start_tokens, council.start_rate, share)
    n_cases = flow.size[N_CASES_AT]
    for place in range(2):  # people in hospital come before people at home
        for k in range(n_cases):
            c = flow.cases[k]
            state = np.int64(c["state"])
            if not waits_for_hands(state) or state == WAIT_PLANNING or in_hospital(state) != (place == 0):
                continue
            if flow.rows[np.int64(c["person"])]["council"] == desk:
                someone_left = serve(flow, k, day, last - day, clock, tables[0], rules[0], seed) or someone_left
    return someone_left


# What goes by the day


@compiled
def go_on_waiting(flow, k, day, left, clock, tables, rules, seed):
    """Let a day of waiting for hands or room come to what it does: give up, leave otherwise, or go on."""
    c = flow.cases[k]
    p = flow.rows[np.int64(c["person"])]
    if np.int64(p["end_month"]) != record.ALIVE:  # moved away while waiting at home
        close(flow, k)
        return
    state, council = np.int64(c["state"]), flow.councils[np.int64(p["council"])]
    due = day >= np.int64(c["due"])
    if due and c["blocked"] == 0 and state in (WAIT_PACKAGE, HOME_PACKAGE):
        outcome = leave_otherwise(c, p, council, state, day, rules, seed)
    elif state == WAIT_PLANNING or (not due and state in (WAIT_CHOICE, HOME_CHOICE)):
        outcome = STAY
    else:
        outcome = GIVE_UP if leaves_queue(c, day, rules, seed) else STAY
    if outcome == STAY:
        return
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    act(flow, k, c, p, council, outcome, day, age, tables, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)


@compiled
def ward_round(flow, now, last, clock, tables, rules, seed):
    """Once a day: moves between wards, recovery, places found, giving up, short-term care that is over."""
    day = int(now)
    n_cases = flow.size[N_CASES_AT]
    for place in range(2):
        for k in range(n_cases):
            c = flow.cases[k]
            state = np.int64(c["state"])
            if state in (CLOSED, BOARDING) or in_hospital(state) != (place == 0):
                continue
            if place == 0:
                move_on(flow.hospitals[np.int64(c["hospital"])], c, day, rules[0])
            if state in (ACUTE, SURGERY) or np.int64(c["since"]) >= day:
                continue
            if waits_for_hands(state):
                go_on_waiting(flow, k, day, last - day, clock, tables[0], rules[0], seed)
            else:
                progress(flow, k, day, last - day, clock, tables[0], rules[0], seed)


@compiled
def session(flow, now, last, clock, tables, rules, seed):
    """Hold a working day's clinics and theatres."""
    day = int(now)
    form_lines(flow)
    day_of_planned_care(flow, 0, flow.hospitals.shape[0], day, last - day, clock, tables[0], rules[0], seed)


@compiled
def midnight(flow, day, first_day, last, weekday, clock, tables, rules):
    """Count the night of `day`; a night of waiting for hands wears frail people down, as other waits do on the round.

    Parameters
    ----------
    first_day, last : of the month, and of the next
    weekday : of `day`, Monday 0
    """
    count_the_night(flow, 0, flow.size[N_CASES_AT], is_snapshot(day - first_day, last - first_day, weekday), rules[0])
    end_the_night(flow)
    left = last - day - 1
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        if np.int64(c["state"]) in (WAIT_PLANNING, WAIT_ASSESSMENT, WAIT_PACKAGE, WAIT_CHOICE):
            p = flow.rows[np.int64(c["person"])]
            age = age_index(p, clock)
            accrue(p, age, -left, tables[0], rules[0], flow.councils, flow.totals)
            decline(p, rules[0].deconditioning * np.float64(p["frailty"]), rules[0])
            accrue(p, age, left, tables[0], rules[0], flow.councils, flow.totals)


# Beds


@compiled
def fill_beds(flow, now, rules):
    """Give the beds that are free to those who wait in A&E, in order; who came through A&E may leave it late.

    Somebody whose stay would be over by then stays the night, as in the daily flow.
    """
    day = int(now)
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        if c["state"] != BOARDING:
            continue
        clock_runs = c["hazard"] > 0.0
        if not lie_down(flow, c, day, rules[0]):
            continue
        c["due"] = max(np.int64(c["due"]), day + 1)
        minutes = MINUTES_A_DAY * (now - np.int64(c["start"])) - 60.0 * np.float64(c["hour"])
        if clock_runs and minutes > admission.FOUR_HOURS:
            flow.out[np.int64(flow.rows[np.int64(c["person"])]["council"]), LATE_OUT] += 1


@compiled
def has_the_bed(flow, i, trigger):
    """Return whether person i is still in a bed, for the spell of this trigger."""
    k = flow.case_of[i]
    if k < 0 or np.int64(flow.cases[k]["trigger"]) != trigger:
        return False
    state = np.int64(flow.cases[k]["state"])
    return in_hospital(state) and state != BOARDING


@compiled
def changes(flow, now, seed, bed_person, bed_trigger, bed_of, freed, laid, until):
    """Compare beds with cases: whose bed is free, and who needs one.

    Parameters
    ----------
    bed_person, bed_trigger : of each bed, its person (NOBODY) and that person's spell; emptied where it is free
    bed_of : of each person the bed, or NOBODY
    freed : is given the beds that have come free
    laid, until : are given the people to be put in a bed, and when their stay ends

    Returns
    -------
    tuple of int
        How many beds are free, and how many people need one.
    """
    n_freed, n_laid = 0, 0
    for bed in range(bed_person.shape[0]):
        i = bed_person[bed]
        if i != NOBODY and not has_the_bed(flow, i, bed_trigger[bed]):
            bed_person[bed], bed_of[i] = NOBODY, NOBODY
            freed[n_freed] = bed
            n_freed += 1
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        state, i = np.int64(c["state"]), np.int64(c["person"])
        if in_hospital(state) and state != BOARDING and bed_of[i] == NOBODY:
            laid[n_laid], until[n_laid] = i, stay_ends(c, now, seed)
            n_laid += 1
    return n_freed, n_laid


@compiled
def look(flow, rules, bed_person, bed_hospital, states, delayed):
    """Write the state of each bed (CLOSED where empty), and people fit to leave by hospital and reason."""
    delayed[:] = 0
    for bed in range(bed_person.shape[0]):
        states[bed] = CLOSED
        i = bed_person[bed]
        if i != NOBODY:
            c = flow.cases[flow.case_of[i]]
            states[bed] = c["state"]
            reason = delay_reason(c, flow.rows[i], rules[0])
            if reason != NOT_DELAYED:
                delayed[bed_hospital[bed], reason] += 1
