"""What the event flow asks of the shared kernels, compiled: each step is one call at one moment, and decides nothing itself.

Times are days since the start, with the hour as a fraction. Decisions, draws and accounts are those of the daily flow;
the steps only put them at a moment, and tell the event flow who has come into a bed, and whose bed is free.

Two rules keep the two flows the same in meaning. A stay ends between nine and eight in the evening of the day that the
daily flow would end it, so that it has as many midnights. And whoever begins to wait is served on a later day, as there.
"""

from __future__ import annotations

import math

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import block, draw
from agents.hospital.books import N_CALENDAR_AT, N_CASES_AT
from agents.hospital.daily_flow import (
    ACUTE,
    BOARDING,
    CLOSED,
    GIVE_UP,
    HOME_ASSESSMENT,
    HOME_PACKAGE,
    STAY,
    WAIT_ASSESSMENT,
    WAIT_PACKAGE,
    act,
    assess,
    close,
    comes_through_ae,
    count_the_night,
    decline,
    delay_reason,
    give_beds,
    happen,
    in_hospital,
    leaves_queue,
    progress,
    wait_for_package,
)
from agents.hospital.planned import day_of_planned_care, leave_lines
from agents.patients import record
from agents.patients.living import accrue, age_index
from agents.patients.seeking import CONTACT, DEATH_EVENT, write_event

NEVER_BY_ITSELF = -1.0  # the end of a stay that somebody else must end
NOBODY = -1  # person in an empty bed

OUT_FROM, OUT_TILL = 9.0, 20.0  # people leave between these hours
TRIAGE_MINUTES = 15.0  # assumption, 5 to 25
TREATMENT_MINUTES = 110.0  # assumption, 80 to 150: median of the time from triage to the decision to admit or send home
NIGHT_SHARE, DAY_SHARE = 0.15, 0.55  # assumption: of contacts before eight in the morning, and from then to six


@compiled
def arrival_hour(u):
    """Return the hour of the day at which an emergency arrives: few at night, most in working hours."""
    if u < NIGHT_SHARE:
        return 8.0 * u / NIGHT_SHARE
    if u < NIGHT_SHARE + DAY_SHARE:
        return 8.0 + 10.0 * (u - NIGHT_SHARE) / DAY_SHARE
    return 18.0 + 6.0 * (u - NIGHT_SHARE - DAY_SHARE) / (1.0 - NIGHT_SHARE - DAY_SHARE)


@compiled
def minutes_in_ae(u):
    """Return minutes of triage and treatment, waiting for a cubicle apart."""
    return TRIAGE_MINUTES + TREATMENT_MINUTES * math.pow(-math.log(u) / math.log(2.0), 1.0 / 1.5)


@compiled
def begin_month(flow, first_day, days, clock, tables, rules):
    """Once a month: whoever would be gone by now leaves the lines of planned care."""
    leave_lines(flow, first_day, days, clock, tables[0], rules[0])


@compiled
def day_ahead(flow, day, left, clock, tables, rules, seed, when, which, minutes):
    """Write down the emergencies and deaths of a day; requests and referrals are dealt with, as the morning's post.

    Parameters
    ----------
    day, left : days since the start, and to the month's end, this one included
    when : moment of each
    which : where on the calendar each stands
    minutes : of triage and treatment in A&E; 0 for those who do not come through it

    Returns
    -------
    int
        How many there are, in no order.
    """
    n = 0
    for at in range(flow.size[N_CALENDAR_AT]):
        e = flow.calendar[at]
        if e["day"] != day:
            continue
        kind, i, trigger = np.int64(e["kind"]), np.int64(e["person"]), np.int64(e["trigger"])
        if kind not in (CONTACT, DEATH_EVENT):
            happen(flow, e, day, left, clock, tables[0], rules[0], seed)
            continue
        u_arrival, u_minutes, _, u_death = block(seed, i, trigger, 1, draws.ARRIVAL_HOUR)
        which[n], minutes[n] = at, 0.0
        when[n] = day + (arrival_hour(u_arrival) if kind == CONTACT else 24.0 * u_death) / 24.0
        if kind == CONTACT and e["avoided"] == 0 and comes_through_ae(i, trigger, np.float64(e["severity"]), rules[0], seed):
            minutes[n] = minutes_in_ae(u_minutes)
        n += 1
    return n


@compiled
def stay_ends(c, now, seed):
    """Return when somebody in a bed from `now` on is fit to leave it; never by itself for somebody who is and waits."""
    if np.int64(c["state"]) != ACUTE:
        return NEVER_BY_ITSELF
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 1, draws.LEAVING_HOUR)
    today, due = math.floor(now), np.int64(c["due"])
    hour = (OUT_FROM + (OUT_TILL - OUT_FROM) * u) / 24.0
    if max(due, today) + hour > now:
        return max(due, today) + hour
    if due == today:  # admitted late for a stay without a night
        return now + u * (today + 1.0 - now)
    return today + 1.0 + hour


@compiled
def whereabouts(flow, i, now, seed):
    """Return the state of person i's case, or CLOSED for one who is not in hospital, and when the stay ends."""
    k = flow.case_of[i]
    if k < 0 or not in_hospital(np.int64(flow.cases[k]["state"])):
        return CLOSED, NEVER_BY_ITSELF
    return np.int64(flow.cases[k]["state"]), stay_ends(flow.cases[k], now, seed)


@compiled
def meet(flow, at, now, last, clock, tables, rules, seed):
    """Let the event at place `at` of the calendar happen; return where its person is then, as :func:`whereabouts`."""
    day = int(now)
    happen(flow, flow.calendar[at], day, last - day, clock, tables[0], rules[0], seed)
    return whereabouts(flow, np.int64(flow.calendar[at]["person"]), now, seed)


@compiled
def end_stay(flow, i, now, last, clock, tables, rules, seed):
    """Person i's stay is over: leave, or begin to wait; return where the person is then, as :func:`whereabouts`."""
    day = int(now)
    if flow.case_of[i] >= 0:
        progress(flow, flow.case_of[i], day, last - day, clock, tables[0], rules[0], seed)
    return whereabouts(flow, i, now, seed)


@compiled
def carry_over(flow, at, day):
    """Put an emergency whom nobody has decided on by the month's end on the calendar of the next month's first day."""
    e = flow.calendar[at]
    write_event(
        flow.calendar[flow.size[N_CALENDAR_AT]], day, 0, np.int64(e["person"]), np.int64(e["trigger"]), np.int64(e["kind"]), np.int64(e["cause"]),
        np.float64(e["severity"]), np.int64(e["decider"]), np.int64(e["lever"]), np.int64(e["avoided"]),
    )  # fmt: skip
    flow.size[N_CALENDAR_AT] += 1


@compiled
def waits_at_desk(state):
    """Return whether it is a desk that ends this wait: an assessment, or a start of home care."""
    return state in (WAIT_ASSESSMENT, HOME_ASSESSMENT, WAIT_PACKAGE, HOME_PACKAGE)


@compiled
def since_before(c, state, day):
    """Return whether a case has waited since an earlier day, or came with this morning's post."""
    return np.int64(c["since"]) < day or (state == HOME_ASSESSMENT and np.int64(c["start"]) == day)


@compiled
def hour_at_desk(flow, desk, share, now, last, clock, tables, rules, seed):
    """Serve a council's lines with what its social workers and brokers can do in `share` of a working day."""
    day = int(now)
    council = flow.councils[desk]
    council.assessment_tokens = min(council.assessment_tokens, 3.0 * council.assessment_rate + 1.0) + council.assessment_rate * share
    council.start_tokens = min(council.start_tokens, 3.0 * council.start_rate + 1.0) + council.start_rate * share
    n_cases = flow.size[N_CASES_AT]
    for place in range(2):  # people in hospital come before people at home
        for k in range(n_cases):
            c = flow.cases[k]
            state = np.int64(c["state"])
            if not waits_at_desk(state) or in_hospital(state) != (place == 0) or not since_before(c, state, day):
                continue
            p = flow.rows[np.int64(c["person"])]
            for_assessment = state in (WAIT_ASSESSMENT, HOME_ASSESSMENT)
            if np.int64(p["council"]) != desk or np.int64(p["end_month"]) != record.ALIVE:
                continue
            if (council.assessment_tokens if for_assessment else council.start_tokens) < 1.0:
                continue
            age = age_index(p, clock)
            accrue(p, age, day - last, tables[0], rules[0], flow.councils, flow.totals)
            if for_assessment:
                council.assessment_tokens -= 1.0
                outcome = assess(flow, c, p, council, day, rules[0], seed)
            else:
                outcome = wait_for_package(c, p, council, state, day, rules[0], seed)
            if outcome not in (STAY, GIVE_UP):  # who gives up does so on the ward round
                act(flow, k, c, p, council, outcome, day, tables[0], rules[0], seed)
            accrue(p, age, last - day, tables[0], rules[0], flow.councils, flow.totals)


@compiled
def wait_a_day(flow, k, day, left, clock, tables, rules, seed):
    """What a day does to somebody whom no desk has reached."""
    c = flow.cases[k]
    p = flow.rows[np.int64(c["person"])]
    if np.int64(p["end_month"]) != record.ALIVE:  # moved away while waiting at home
        close(flow, k)
        return
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    if in_hospital(np.int64(c["state"])):
        decline(p, rules.deconditioning * np.float64(p["frailty"]), rules)
    if leaves_queue(c, day, rules, seed):
        act(flow, k, c, p, flow.councils[np.int64(p["council"])], GIVE_UP, day, tables, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)


@compiled
def ward_round(flow, now, last, clock, tables, rules, seed):
    """Once a day, all that goes by the day: places found, recovery, own arrangements, giving up, short-term care that is over."""
    day = int(now)
    n_cases = flow.size[N_CASES_AT]
    for place in range(2):
        for k in range(n_cases):
            c = flow.cases[k]
            state = np.int64(c["state"])
            if state in (CLOSED, BOARDING, ACUTE) or in_hospital(state) != (place == 0) or not since_before(c, state, day):
                continue
            if waits_at_desk(state):
                wait_a_day(flow, k, day, last - day, clock, tables[0], rules[0], seed)
            else:
                progress(flow, k, day, last - day, clock, tables[0], rules[0], seed)


@compiled
def session(flow, now, last, clock, tables, rules, seed):
    """Hold a working day's clinics and theatres."""
    day = int(now)
    day_of_planned_care(flow, day, last - day, clock, tables[0], rules[0], seed)


@compiled
def midnight(flow, rules, seed):
    """Count the night."""
    count_the_night(flow, seed, rules[0])


@compiled
def fill_beds(flow):
    """Give the beds that are free to those who wait in A&E, in order."""
    give_beds(flow)


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
        if i == NOBODY:
            continue
        k = flow.case_of[i]
        if k >= 0 and np.int64(flow.cases[k]["trigger"]) == bed_trigger[bed]:
            state = np.int64(flow.cases[k]["state"])
            if in_hospital(state) and state != BOARDING:
                continue
        bed_person[bed], bed_of[i] = NOBODY, NOBODY
        freed[n_freed] = bed
        n_freed += 1
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        state = np.int64(c["state"])
        if in_hospital(state) and state != BOARDING and bed_of[np.int64(c["person"])] == NOBODY:
            laid[n_laid], until[n_laid] = np.int64(c["person"]), stay_ends(c, now, seed)
            n_laid += 1
    return n_freed, n_laid


@compiled
def look(flow, bed_person, bed_hospital, states, delayed):
    """Write the state of each bed (CLOSED where empty), and people fit to leave by hospital and reason."""
    delayed[:] = 0
    for bed in range(bed_person.shape[0]):
        states[bed] = CLOSED
        if bed_person[bed] != NOBODY:
            c = flow.cases[flow.case_of[bed_person[bed]]]
            states[bed] = c["state"]
            reason = delay_reason(c, np.int64(c["state"]))
            if reason >= 0:
                delayed[bed_hospital[bed], reason] += 1
