"""Days in hospital and care, compiled: the loop of days over everybody who is in hospital, in a queue or in short-term care.

A day has a morning and an afternoon. Emergencies of the morning arrive; the ward round lets people leave, moves them and
looks after the waits, those of people in hospital before those of people at home; beds that came free go to people who wait
for them in A&E; emergencies of the afternoon arrive, and leave if they are fit by midnight; the beds that are left go to people
who come for an operation; the night is counted. What an event causes later (a return, a death) is put on the calendar, which
crosses months.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agents.compiled import compiled
from agents.hospital.admission import FOUR_HOURS, arrival_hour, attend
from agents.hospital.books import AHEAD, N_CALENDAR_AT, N_CASES_AT, N_SORTED_AT, ask_ahead
from agents.hospital.delays import NOT_DELAYED, delay_reason, responsible_body
from agents.hospital.leaving import (
    die,
    held_at_home,
    let_movers_go,
    look_after_three_months,
    progress,
    request,
    stays_as_it_is,
)
from agents.hospital.planned import day_of_planned_care, form_lines, leave_lines, refer
from agents.hospital.sharing import ALONE, Hands, SharedOut
from agents.hospital.state import (
    ACUTE,
    BED_DAYS_OUT,
    BOARDING,
    BOARDING_OUT,
    CLOSED,
    DELAYED_OUT,
    HOSPITAL_BED_DAYS,
    HOSPITAL_ESCALATION_DAYS,
    HOSPITAL_SURGERY_DAYS,
    HOSPITAL_WARD_DAYS,
    IN_REABLEMENT,
    LATE_OUT,
    NO_WARD,
    OUTLIER_OUT,
    RECORDED_OUT,
    SNAPSHOT_OUT,
    SURGERY,
    SURGERY_DAYS_OUT,
    WAITING_HOME_OUT,
    Flow,
    in_hospital,
    renewed,
)
from agents.hospital.wards import is_outlier, lie_down, open_or_close_beds
from agents.patients import record
from agents.patients.seeking import CONTACT, DEATH_EVENT, FOLLOW_UP, REFERRAL
from agents.vocabulary import N_RESPONSIBLE

WARD_ROUND = 14.0  # assumption, 11 to 16: hour by which, on average, people leave; later arrivals meet the beds that they freed
THURSDAY, SATURDAY = 3, 5


@compiled
def happen(flow, e, day, left, clock, tables, rules, seed):
    """Let one event of the calendar happen, unless the person has died or moved away."""
    kind, i = np.int64(e["kind"]), np.int64(e["person"])
    if kind == FOLLOW_UP:
        look_after_three_months(flow, e)
        return
    if np.int64(flow.rows[i]["end_month"]) != record.ALIVE:
        return
    if kind == CONTACT:
        attend(flow, e, day, left, clock, tables, rules, seed)
    elif kind == DEATH_EVENT:
        die(flow, i, day, left, clock, tables, rules)
    elif kind == REFERRAL:
        refer(flow, i, np.int64(e["trigger"]), day, clock, rules, seed)
    else:
        request(flow, e, day, rules, seed)


@compiled
def in_the_morning(e, rules, seed):
    """Return whether an event happens before the ward round: early contacts, and everything that is no contact."""
    return e["kind"] != CONTACT or arrival_hour(np.int64(e["person"]), np.int64(e["trigger"]), rules, seed) < WARD_ROUND


@compiled
def first_on(flow, day):
    """Return the first event, among those that stood in order at the month's start, of `day` or later."""
    low, high = 0, flow.size[N_SORTED_AT]
    while low < high:
        middle = (low + high) // 2
        if flow.calendar[middle]["day"] < day:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def tell_afternoons(events, n, rules, seed):
    """Tell of each of the first n events whether it comes after the ward round."""
    for k in range(n):
        events[k]["afternoon"] = 0 if in_the_morning(events[k], rules, seed) else 1


@compiled
def half_a_day(flow, first, day, morning, left, clock, tables, rules, seed):
    """Let the events of a morning or an afternoon happen, from `first` on; those written since the month's start come last.

    Returns the first event, among those that stood in order, of the next half of a day.
    """
    e = asked = first
    while e < flow.size[N_SORTED_AT]:
        event = flow.calendar[e]
        if event["day"] != day or (event["afternoon"] == 0) != morning:
            break
        if e == asked:
            asked = min(e + AHEAD, flow.size[N_SORTED_AT])
            for later in range(e, asked):
                ask_ahead(flow, np.int64(flow.calendar[later]["person"]))
        happen(flow, event, day, left, clock, tables, rules, seed)
        e += 1
    for late in range(flow.size[N_SORTED_AT], flow.size[N_CALENDAR_AT]):
        event = flow.calendar[late]
        if event["day"] == day and in_the_morning(event, rules, seed) == morning:
            happen(flow, event, day, left, clock, tables, rules, seed)
    return e


@compiled
def renew_tokens(flow, pace):
    """Add a day's work of social workers, brokers and discharge coordinators, at `pace`; little of it can be saved up."""
    for c in range(flow.councils.shape[0]):
        council = flow.councils[c]
        council.assessment_tokens = renewed(council.assessment_tokens, council.assessment_rate, pace)
        council.start_tokens = renewed(council.start_tokens, council.start_rate, pace)
    for h in range(flow.hospitals.shape[0]):
        hospital = flow.hospitals[h]
        hospital.coordination_tokens = renewed(hospital.coordination_tokens, hospital.coordination_rate, pace)


@compiled
def give_beds(flow, day, rules):
    """Give the beds that are free to those who wait in A&E, in order; who came through A&E may leave it late."""
    waiting = 0
    for h in range(flow.hospitals.shape[0]):
        waiting += flow.hospitals[h].boarding
    if waiting == 0:
        return
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        if c["state"] != BOARDING:
            continue
        in_ae = np.float64(c["hazard"])
        if not lie_down(flow, c, day, rules):
            continue
        until = 60.0 * ((day - np.int64(c["start"])) * 24.0 + WARD_ROUND - np.float64(c["hour"]))
        if in_ae > 0.0 and max(in_ae, until) > FOUR_HOURS:
            flow.out[np.int64(flow.rows[np.int64(c["person"])]["council"]), LATE_OUT] += 1


@compiled
def count_the_night(flow, lo, hi, snapshot, rules):
    """At midnight, over cases [lo, hi): bed-days by cause and ward, delays by reason and body, people waiting at home.

    On the night of the national snapshot the patients whose delay is recorded are counted too.
    """
    for k in range(lo, hi):
        c = flow.cases[k]
        state = np.int64(c["state"])
        if state == CLOSED:
            continue
        p = flow.rows[np.int64(c["person"])]
        row = flow.out[np.int64(c["council"])]
        if not in_hospital(state):
            row[WAITING_HOME_OUT] += 1 if state < IN_REABLEMENT else 0
            continue
        used = flow.hospital_out[np.int64(c["hospital"])]
        ward = np.int64(c["ward"])
        if ward != NO_WARD:
            used[HOSPITAL_WARD_DAYS + ward] += 1
        if state == SURGERY:
            row[SURGERY_DAYS_OUT] += 1
            used[HOSPITAL_SURGERY_DAYS] += 1
            continue
        row[BED_DAYS_OUT + np.int64(c["cause"])] += 1
        used[HOSPITAL_BED_DAYS] += 1
        row[BOARDING_OUT] += 1 if state == BOARDING else 0
        row[OUTLIER_OUT] += 1 if is_outlier(c) else 0
        reason = delay_reason(c, p, rules)
        if reason == NOT_DELAYED:
            continue
        row[DELAYED_OUT + reason] += 1
        if c["recorded"] == 1:
            column = N_RESPONSIBLE * reason + responsible_body(c, reason)
            row[RECORDED_OUT + column] += 1
            row[SNAPSHOT_OUT + column] += 1 if snapshot else 0


@compiled
def end_the_night(flow):
    """In every hospital, count the escalation beds that stand open; then they open or close."""
    for h in range(flow.hospitals.shape[0]):
        hospital = flow.hospitals[h]
        flow.hospital_out[h, HOSPITAL_ESCALATION_DAYS] += hospital.escalation_open
        open_or_close_beds(hospital)


@compiled
def leave_in_the_evening(flow, came_before, day, left, clock, tables, rules, seed):
    """Let whoever came after the ward round, and is fit by midnight, leave the same day."""
    for k in range(came_before, flow.size[N_CASES_AT]):
        if flow.cases[k]["state"] == ACUTE and flow.cases[k]["due"] <= day:
            progress(flow, k, day, left, clock, tables, rules, seed)


@compiled
def is_snapshot(day_of_month, days, weekday):
    """Return whether a day of the month (0 the first) is its last Thursday; `weekday` is the day's, Monday 0."""
    return weekday == THURSDAY and day_of_month + 7 >= days


@compiled
def ask_for_cases(flow, lo, hi, hospital, day):
    """Ask ahead for the people of cases [lo, hi), of those in hospital or of the others, whose records today's round needs."""
    for k in range(lo, hi):
        c = flow.cases[k]
        state = np.int64(c["state"])
        if state != CLOSED and in_hospital(state) == hospital and not stays_as_it_is(c, state, day) and not held_at_home(c, state):
            ask_ahead(flow, np.int64(c["person"]))


@compiled
def until_the_evening(flow, day, left, today, clock, tables, rules, seed):
    """Run a day up to its evening, when all is done but planned care.

    Parameters
    ----------
    flow : see :class:`agents.hospital.state.Flow`
    day : since the start
    left : days to the month's end, this one included
    today : weekday, Monday 0
    clock : month that ages are counted at
    """
    renew_tokens(flow, rules.weekend_pace if today >= SATURDAY else 1.0)
    noon = half_a_day(flow, first_on(flow, day), day, True, left, clock, tables, rules, seed)
    n_cases = flow.size[N_CASES_AT]
    for place in range(2):  # people in hospital come before people at home
        for k in range(n_cases):
            if k % AHEAD == 0:
                ask_for_cases(flow, k, min(k + AHEAD, n_cases), place == 0, day)
            state = np.int64(flow.cases[k]["state"])
            if state != CLOSED and in_hospital(state) == (place == 0):
                progress(flow, k, day, left, clock, tables, rules, seed)
    give_beds(flow, day, rules)
    half_a_day(flow, noon, day, False, left, clock, tables, rules, seed)
    leave_in_the_evening(flow, n_cases, day, left, clock, tables, rules, seed)


@compiled
def days_of_care(flow, clock, first_day, days, begin, end, weekday, tables, rules, seed):
    """Run the days of one month, or the next few of them.

    Parameters
    ----------
    flow : see :class:`agents.hospital.state.Flow`
    clock : month that ages are counted at
    first_day, days : the month's first day since the start, and its length
    begin, end : days since the start: those from `begin` to before `end` are run
    weekday : of the month's first day, Monday 0
    """
    n_hospitals = flow.hospitals.shape[0]
    if begin == first_day:
        let_movers_go(flow)
        form_lines(flow)
        leave_lines(flow, 0, n_hospitals, first_day, days, clock, tables, rules, seed)
    for day in range(begin, end):
        left, today = first_day + days - day, (weekday + day - first_day) % 7
        until_the_evening(flow, day, left, today, clock, tables, rules, seed)
        if today < SATURDAY:
            form_lines(flow)
            day_of_planned_care(flow, 0, n_hospitals, day, left, clock, tables, rules, seed)
        count_the_night(flow, 0, flow.size[N_CASES_AT], is_snapshot(day - first_day, days, today), rules)
        end_the_night(flow)


class DailyFlow:
    """Days in hospital and care, a day at a time: the compiled flow of batches. See :class:`agents.hospital.flows.HospitalFlow`."""

    def run(
        self,
        flow: Flow,
        *,
        clock: int,
        first_day: int,
        days: int,
        weekday: int,
        tables: np.record,
        rules: np.record,
        seed: np.uint64,
        at_nightfall: Callable[[int, Flow], None] | None = None,
        hands: Hands = ALONE,
    ) -> None:
        """Run the days of a month: at once, one by one where somebody looks on at nightfall, or with several hands."""
        if hands.number > 1 and at_nightfall is None:
            run_together(flow, hands, clock, first_day, days, weekday, tables, rules, seed)
            return
        step = days if at_nightfall is None else 1
        for begin in range(first_day, first_day + days, step):
            days_of_care(flow, clock, first_day, days, begin, begin + step, weekday, tables, rules, seed)
            if at_nightfall is not None:
                at_nightfall(begin, flow)


def run_together(
    flow: Flow, hands: Hands, clock: int, first_day: int, days: int, weekday: int, tables: np.record, rules: np.record, seed: np.uint64
) -> None:
    """Do what :func:`days_of_care` does in a month, to the bit, with several hands.

    What only one hospital has is shared out by hospital: its lines of planned care. The night is counted by case. Emergencies,
    the round and the beds given after it stay one line, as people came: each asks hospitals, councils and consortia at
    once for what those before have left.
    """
    shared = SharedOut(flow, hands)
    let_movers_go(flow)
    form_lines(flow)
    shared.by_hospital(leave_lines, first_day, days, clock, tables, rules, seed)
    for day in range(first_day, first_day + days):
        left, today = first_day + days - day, (weekday + day - first_day) % 7
        until_the_evening(flow, day, left, today, clock, tables, rules, seed)
        if today < SATURDAY:
            form_lines(flow)
            shared.by_hospital(day_of_planned_care, day, left, clock, tables, rules, seed)
        shared.by_case(count_the_night, is_snapshot(day - first_day, days, today), rules)
        end_the_night(flow)
    shared.add_up()
