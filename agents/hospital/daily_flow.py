"""Days in hospital and care, compiled: contacts arrive, beds fill and empty, and people wait for what they need to leave.

Only people in hospital, in a queue or in short-term care are touched: each is a *case*. Cases stand in the order in
which they arose, by (day, priority draw, person), so that queues are fair and the same under every structure. What an
event causes later (a return, a death) is put on the calendar, which crosses months.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.care import STRICTNESS, judged_minutes, judged_package, needs_care_home, pays_in_full, sell_home
from agents.compiled import compiled
from agents.draws import block, draw
from agents.hospital.books import N_CALENDAR_AT, N_CASES_AT, follow_up, note, post, schedule
from agents.hospital.planned import day_of_planned_care, leave_lines, refer
from agents.hospital.stays import acute_days, admission_chance, grave, recovery_days, return_chance
from agents.patients import record
from agents.patients.living import (
    COUNCIL,
    HOME,
    INTERMEDIATE,
    NOBODY,
    NURSING,
    REABLEMENT,
    RESIDENTIAL,
    SELF,
    accrue,
    age_index,
    settled_frailty,
    unmet_minutes,
    update_need,
)
from agents.patients.seeking import CONTACT, DEATH_EVENT, NEED_DECIDES, REFERRAL
from agents.vocabulary import N_CAUSES, CaseState, Cause, Lever, Reason, Service

CLOSED = int(CaseState.CLOSED)
BOARDING = int(CaseState.BOARDING)
ACUTE = int(CaseState.ACUTE)
WAIT_FURTHER_NHS = int(CaseState.WAIT_FURTHER_NHS)
WAIT_ASSESSMENT = int(CaseState.WAIT_ASSESSMENT)
WAIT_PACKAGE = int(CaseState.WAIT_PACKAGE)
WAIT_PLACEMENT = int(CaseState.WAIT_PLACEMENT)
WAIT_CHOICE = int(CaseState.WAIT_CHOICE)
HOME_ASSESSMENT = int(CaseState.HOME_ASSESSMENT)
HOME_PACKAGE = int(CaseState.HOME_PACKAGE)
HOME_PLACEMENT = int(CaseState.HOME_PLACEMENT)
HOME_CHOICE = int(CaseState.HOME_CHOICE)
IN_REABLEMENT = int(CaseState.REABLEMENT)
IN_INTERMEDIATE = int(CaseState.INTERMEDIATE)

REASON_FURTHER_NHS, REASON_ASSESSMENT = int(Reason.FURTHER_NHS), int(Reason.ASSESSMENT)
REASON_PACKAGE, REASON_PLACEMENT = int(Reason.PACKAGE), int(Reason.PLACEMENT)
REASON_FUNDING, REASON_CHOICE = int(Reason.FUNDING), int(Reason.CHOICE)
N_LEVERS = len(Lever)
RETURN = int(Cause.RETURN)
ILLNESS, UNMANAGED = int(Cause.ILLNESS), int(Cause.UNMANAGED)
UNTREATED = int(Cause.UNTREATED)
DISCHARGE_READINESS = int(Lever.DISCHARGE_READINESS)
ADMISSION_THRESHOLD = int(Lever.ADMISSION_THRESHOLD)
ATTENDANCE = int(Service.ATTENDANCE)
SPELL = int(Service.EMERGENCY_SPELL)
EXCESS = int(Service.EXCESS_DAYS)

CASE = np.dtype(
    [
        ("person", "u4"),
        ("trigger", "u4"),  # what its draws are keyed by
        ("start", "i4"),  # day of admission, or of the request
        ("since", "i4"),  # day the present state began
        ("due", "i4"),  # day the present state ends by itself, if it does
        ("hazard", "f4"),  # accumulated chance of a place, of the present wait
        ("recovery", "i2"),  # recovery days still to come
        ("recovery_at_rest", "i2"),  # the same at the hospital's reference readiness
        ("recovery_all", "i2"),  # the whole recovery, and the acute phase
        ("package", "u2"),  # weekly minutes granted
        ("withheld", "i2"),
        ("decider", "u2"),
        ("lever", "u1"),
        ("cause", "u1"),
        ("state", "u1"),
        ("hospital", "u1"),
        ("funder", "u1"),
        ("blocked", "u1"),  # 1 while the wait is for public funding
    ],
    align=True,
)

# What a case's day can come to.
STAY, GO_HOME, TO_INTERMEDIATE, TO_REABLEMENT, TO_PACKAGE, TO_CARE_HOME, GIVE_UP, END_SHORT_TERM = range(8)

# Columns of `out`, one row a council.
CONTACTS_OUT, ADMISSIONS_OUT, BED_DAYS_OUT = 0, N_CAUSES, 2 * N_CAUSES
DELAYED_OUT = 3 * N_CAUSES
_NEXT = DELAYED_OUT + len(Reason)
BOARDING_OUT, ENTRIES_OUT, DEATHS_OUT, READMITTED_OUT = _NEXT, _NEXT + 1, _NEXT + 2, _NEXT + 3
ASSESSED_OUT, STARTED_OUT, REABLED_OUT, INTERMEDIATE_OUT = _NEXT + 4, _NEXT + 5, _NEXT + 6, _NEXT + 7
ATTENDED_OUT, REFUSED_OUT, DIED_IN_HOSPITAL_OUT, UNTREATED_DEATHS_OUT = _NEXT + 8, _NEXT + 9, _NEXT + 10, _NEXT + 11
WAITING_HOME_OUT, DISCHARGED_OUT, REQUESTED_OUT, GAVE_UP_WAITING_OUT = _NEXT + 12, _NEXT + 13, _NEXT + 14, _NEXT + 15
GRANTED_OUT, DIED_IN_CARE_HOME_OUT, AMBULATORY_OUT = _NEXT + 16, _NEXT + 17, _NEXT + 18
N_OUT = _NEXT + 19
# Columns of `hospital_out`.
HOSPITAL_ADMISSIONS, HOSPITAL_BED_DAYS, HOSPITAL_ATTENDANCES, HOSPITAL_ESCALATION_DAYS, HOSPITAL_EXCESS_DAYS = 0, 1, 2, 3, 4
N_HOSPITAL_OUT = 5


HOSPITAL_STATE = np.dtype(
    [
        ("levers", "f8", (N_LEVERS,)),
        ("rest", "f8", (N_LEVERS,)),
        ("beds", "i8"),  # ordinary beds free for the place's adult emergencies
        ("escalation", "i8"),  # beds that can be opened beyond them
        ("occupied", "i8"),
        ("boarding", "i8"),  # admitted, waiting in A&E for a bed
        ("spell_price", "i8"),  # pence
        ("attendance_price", "i8"),  # pence
        ("excess_price", "i8"),  # pence a day
        ("trim_days", "i8"),  # days that the spell price covers
        ("visit_price", "i8"),  # pence, a first outpatient visit
        ("day_case_price", "i8"),  # pence
        ("elective_price", "i8"),  # pence, an operation with a night
        ("clinic_rate", "f8"),  # first outpatient visits that can be held on a working day
        ("clinic_tokens", "f8"),
        ("theatre_rate", "f8"),  # operations that can be done on a working day
        ("theatre_tokens", "f8"),
    ]
)
"""What patients meet of one hospital."""


class Flow(NamedTuple):
    """Everything that days of care read and write."""

    rows: np.ndarray  # RECORD, all people
    cases: np.ndarray  # CASE, in the order in which they arose
    case_of: np.ndarray  # (people,) int32: case of each person, -1 if none
    size: np.ndarray  # (5,) int64: cases, events on the calendar, journal rows, notes, waits for planned care
    calendar: np.ndarray  # EVENT: this month's events in order, then later ones; what happens is appended
    journal: np.ndarray  # rows of the ledger's journal
    notes: np.ndarray  # rows of the ledger's notes on consequences
    out: np.ndarray  # (n_councils, N_OUT) int64
    hospital_out: np.ndarray  # (n_hospitals, N_HOSPITAL_OUT) int64
    totals: np.ndarray  # (n_councils, N_TOTALS) int64
    councils: np.ndarray  # COUNCIL_STATE
    consortia: np.ndarray  # CONSORTIUM_STATE
    hospitals: np.ndarray  # HOSPITAL_STATE
    waiting: np.ndarray  # WAITING, in the order in which people joined
    borne: np.ndarray  # (people,) uint8: operations on joint, heart or eyes that each person waits for
    planned: np.ndarray  # (n_councils, N_PLANNED_OUT) int64
    hospital_planned: np.ndarray  # (n_hospitals, N_HOSPITAL_PLANNED) int64


@compiled
def hand_over(p):
    """Count a move between services, or an assessment."""
    p["handovers"] = min(np.int64(p["handovers"]) + 1, 65535)


@compiled
def in_hospital(state):
    """Return whether a case in this state is in hospital."""
    return BOARDING <= state <= WAIT_CHOICE


@compiled
def setting_of(p):
    """Return where the person lives, hospital apart."""
    return np.int64(p["care"]) & record.SETTING_MASK


@compiled
def funder_of(p):
    """Return who pays for the person's long-term care."""
    return (np.int64(p["care"]) >> record.FUNDER_SHIFT) & record.FUNDER_MASK


@compiled
def set_care(p, setting, funder):
    """Move the person to `setting`, paid for by `funder`."""
    p["care"] = (np.int64(p["care"]) & record.IN_HOSPITAL) | setting | (funder << record.FUNDER_SHIFT)


@compiled
def gap_of(p):
    """Return weekly minutes of need that neither family nor the present package meets (negative: none)."""
    return np.int64(p["need"]) - np.int64(p["informal"]) - np.int64(p["package"])


@compiled
def decline(p, amount, rules):
    """Raise frailty by `amount`, within its ceiling."""
    p["frailty"] = min(np.float64(p["frailty"]) + amount, rules.frailty_ceiling)


@compiled
def enter(c, state, day, due):
    """Put a case into a state from today; `due` is the day the state ends by itself, if it does."""
    c["state"] = state
    c["since"] = day
    c["due"] = due
    c["hazard"] = 0.0


@compiled
def drop_package(council, p):
    """Give the round of a lost or ended package back to the market."""
    if np.int64(p["package"]) > 0:
        council.care_used -= np.int64(p["package"])
        p["package"] = 0
        p["withheld"] = 0


@compiled
def close(flow, k):
    """Close a case; it leaves the line at the month's end."""
    flow.case_of[np.int64(flow.cases[k]["person"])] = -1
    flow.cases[k]["state"] = CLOSED


@compiled
def open_case(flow, i, state, day, due, trigger, cause, hospital):
    """Open a case for person i at the end of the line; return it."""
    k = flow.size[N_CASES_AT]
    flow.size[N_CASES_AT] = k + 1
    c = flow.cases[k]
    c["person"] = i
    c["trigger"] = trigger
    c["start"] = day
    c["hospital"] = hospital
    c["cause"] = cause
    c["decider"] = NEED_DECIDES
    c["lever"] = 0
    c["recovery"] = 0
    c["recovery_at_rest"] = 0
    c["recovery_all"] = 0
    c["package"] = 0
    c["withheld"] = 0
    c["funder"] = 0
    c["blocked"] = 0
    enter(c, state, day, due)
    flow.case_of[i] = k
    return c


# What happens on the way out. Each rule says what the day comes to; :func:`act` does it.


@compiled
def fit_to_leave(c, p, consortium, day, rules):
    """The acute phase and the recovery asked for are over: leave with the support there is, or begin to wait."""
    if setting_of(p) >= RESIDENTIAL or gap_of(p) <= 60.0 * rules.tolerated_hours:
        return GO_HOME
    if np.int64(c["recovery"]) >= 2:
        enter(c, WAIT_FURTHER_NHS, day, day + np.int64(c["recovery"]))
        return further_care(c, p, consortium, day, rules)
    enter(c, WAIT_ASSESSMENT, day, 0)
    return STAY


@compiled
def further_care(c, p, consortium, day, rules):
    """Move the recovery to intermediate care if a place is free; else it goes on in the bed until it is over."""
    if consortium.intermediate_used + 1.0 <= consortium.intermediate_places:
        return TO_INTERMEDIATE
    if day < np.int64(c["due"]):
        return STAY
    c["recovery"] = 0
    if gap_of(p) <= 60.0 * rules.tolerated_hours:
        return GO_HOME
    enter(c, WAIT_ASSESSMENT, day, 0)
    return STAY


@compiled
def grant(c, p, council, rules):
    """Write what the council grants at its levers now, and how much less that is than at rest."""
    package = judged_package(p, council.levers, rules)
    at_rest = judged_package(p, council.rest, rules)
    c["package"] = package
    c["withheld"] = min(max(at_rest - package, -32000), 32000)


@compiled
def waits_for_money(c, council, seed):
    """Return whether this start is among the share that the council's gate holds back: one draw a request."""
    return council.gate > 0.0 and draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 5, draws.GATE) < council.gate


@compiled
def manage_alone(c, p, ward, day, u_wait, rules):
    """No formal care follows: go on as before at home, or leave the ward once family has arranged what it can."""
    p["flags"] = np.int64(p["flags"]) | record.REFUSED  # does not ask again before the next birthday
    if not ward:
        return GO_HOME
    c["funder"] = NOBODY
    enter(c, WAIT_CHOICE, day, day + 1 + int(-rules.family_arrange_days * math.log(u_wait)))
    return STAY


@compiled
def assess(flow, c, p, council, day, rules, seed):
    """A social worker sees the person: eligible or not, who pays, and what is arranged."""
    i = np.int64(c["person"])
    row = flow.out[np.int64(p["council"])]
    row[ASSESSED_OUT] += 1
    hand_over(p)
    p["flags"] = np.int64(p["flags"]) & ~record.ASKED
    ward = in_hospital(np.int64(c["state"]))
    grant(c, p, council, rules)
    granted = np.int64(c["package"]) > 0
    placement = granted and needs_care_home(p, rules)
    u_wait, u_reable = draw(seed, i, np.int64(c["trigger"]), 2, draws.WAITING), draw(seed, i, np.int64(c["trigger"]), 2, draws.REABLED)
    if pays_in_full(p, placement, rules):
        if not placement and draw(seed, i, np.int64(c["trigger"]), 2, draws.SELF_BUYS) >= rules.self_buys:
            return manage_alone(c, p, ward, day, u_wait, rules)
        c["funder"] = SELF
        c["blocked"] = 1 if placement else 0
        enter(c, WAIT_CHOICE if ward else HOME_CHOICE, day, day + 1 + int(-rules.self_arrange_days * math.log(u_wait)))
        return STAY
    if not granted and np.int64(p["package"]) == 0:
        row[REFUSED_OUT] += 1
        p["withheld"] = c["withheld"]
        return manage_alone(c, p, ward, day, u_wait, rules)
    row[GRANTED_OUT] += 1
    c["funder"] = COUNCIL
    critical = judged_minutes(np.float64(p["need"]), council.levers[STRICTNESS]) >= 60.0 * rules.critical_hours
    c["blocked"] = 1 if not critical and waits_for_money(c, council, seed) else 0
    if placement:
        enter(c, WAIT_PLACEMENT if ward else HOME_PLACEMENT, day, 0)
        return STAY
    if c["blocked"] == 0 and u_reable < rules.reablement_share and council.reablement_used + 1.0 <= council.reablement_places:
        return TO_REABLEMENT
    enter(c, WAIT_PACKAGE if ward else HOME_PACKAGE, day, day + int(rules.home_brokerage_days))
    return STAY


@compiled
def leaves_queue(c, day, rules, seed):
    """Return whether this wait ends without care today: one draw, made at the request, says after how many days."""
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 3, draws.LEAVE_QUEUE)
    return (day - np.int64(c["since"])) * rules.leave_wait_a_day > -math.log(u)


@compiled
def wait_for_package(c, p, council, state, day, rules, seed):
    """A start of home care needs the council's money, a broker, and a round with room."""
    if c["blocked"] == 1 and not waits_for_money(c, council, seed):
        c["blocked"] = 0
    minutes = np.int64(c["package"])
    room = council.care_used + minutes - np.int64(p["package"]) <= council.care_capacity
    ready = state == WAIT_PACKAGE or day >= np.int64(c["due"])
    if c["blocked"] == 0 and ready and council.start_tokens >= 1.0 and room:
        council.start_tokens -= 1.0
        return TO_PACKAGE
    return GIVE_UP if leaves_queue(c, day, rules, seed) else STAY


@compiled
def wait_for_place(c, council, day, rules, seed):
    """A place is a match: each day a chance from the vacancies that suit."""
    if c["blocked"] == 1 and not waits_for_money(c, council, seed):
        c["blocked"] = 0
    vacant = council.home_places - council.home_used
    if (c["blocked"] == 0 or c["funder"] == SELF) and vacant >= 1.0:
        c["hazard"] = np.float64(c["hazard"]) + rules.placement_chance * min(vacant / (0.1 * council.home_places), 1.0)
        u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 4, draws.ACCEPT_PLACE)
        if np.float64(c["hazard"]) > -math.log(u):
            return TO_CARE_HOME
    return GIVE_UP if leaves_queue(c, day, rules, seed) else STAY


@compiled
def arrange_oneself(c, p, council, state, day, rules, seed):
    """People who pay in full look for themselves: first for a provider, then buy hours or wait for a place."""
    if day < np.int64(c["due"]):
        return STAY
    if c["funder"] == NOBODY:  # refused: family has made what arrangements it could
        return GO_HOME
    if c["blocked"] == 1:  # it is a care home they look for
        c["blocked"] = 0
        enter(c, WAIT_PLACEMENT if state == WAIT_CHOICE else HOME_PLACEMENT, day, 0)
        return STAY
    c["package"] = int(max(np.int64(p["need"]) - np.int64(p["informal"]), 0) * rules.self_bought)
    c["withheld"] = 0
    if council.care_used + np.int64(c["package"]) - np.int64(p["package"]) <= council.care_capacity:
        return TO_PACKAGE
    return GIVE_UP if leaves_queue(c, day, rules, seed) else STAY


@compiled
def decide_day(flow, c, p, council, state, day, rules, seed):
    """Return what this case's day comes to."""
    i = np.int64(c["person"])
    consortium = flow.consortia[np.int64(p["consortium"])]
    if state == ACUTE:
        days = day - np.int64(c["start"])
        decline(p, rules.deconditioning * days * np.float64(p["frailty"]), rules)
        update_need(p, i, np.int64(c["recovery"]) / max(np.int64(c["recovery_all"]), 1), rules)
        if days > rules.kept_days:
            drop_package(council, p)
        return fit_to_leave(c, p, consortium, day, rules)
    if in_hospital(state):
        decline(p, rules.deconditioning * np.float64(p["frailty"]), rules)
    if state == WAIT_FURTHER_NHS:
        c["recovery"] = max(np.int64(c["recovery"]) - 1, 0)
        c["recovery_at_rest"] = min(np.int64(c["recovery_at_rest"]), np.int64(c["recovery"]))
        if np.int64(c["recovery"]) == 0:
            update_need(p, i, 0.0, rules)
        return further_care(c, p, consortium, day, rules)
    if state in (WAIT_ASSESSMENT, HOME_ASSESSMENT):
        if council.assessment_tokens >= 1.0:
            council.assessment_tokens -= 1.0
            return assess(flow, c, p, council, day, rules, seed)
        return GIVE_UP if leaves_queue(c, day, rules, seed) else STAY
    if state in (WAIT_PACKAGE, HOME_PACKAGE):
        return wait_for_package(c, p, council, state, day, rules, seed)
    if state in (WAIT_PLACEMENT, HOME_PLACEMENT):
        return wait_for_place(c, council, day, rules, seed)
    if state in (WAIT_CHOICE, HOME_CHOICE):
        return arrange_oneself(c, p, council, state, day, rules, seed)
    return END_SHORT_TERM


@compiled
def bill(flow, c, p, day, rules):
    """Post the price of a spell that ends today, and its days beyond the trim point."""
    h = np.int64(c["hospital"])
    hospital = flow.hospitals[h]
    payer, payee = rules.first_consortium + np.int64(p["consortium"]), rules.first_hospital + h
    decider, lever = np.int64(c["decider"]), np.int64(c["lever"])
    post(flow, payer, payee, SPELL, decider, lever, hospital.spell_price)
    over = day - np.int64(c["start"]) - hospital.trim_days
    if over > 0:
        post(flow, payer, payee, EXCESS, decider, lever, over * hospital.excess_price)
        flow.hospital_out[h, HOSPITAL_EXCESS_DAYS] += over


@compiled
def discharge(flow, c, p, day, rules):
    """End the spell: the bill and the bed."""
    bill(flow, c, p, day, rules)
    if np.int64(c["state"]) == BOARDING:
        flow.hospitals[np.int64(c["hospital"])].boarding -= 1
    else:
        flow.hospitals[np.int64(c["hospital"])].occupied -= 1
    p["last_discharge"] = day
    p["care"] = np.int64(p["care"]) & ~record.IN_HOSPITAL
    flow.out[np.int64(p["council"]), DISCHARGED_OUT] += 1
    hand_over(p)


@compiled
def plan_return(flow, c, p, day, tables, rules, seed):
    """Draw, at the discharge, whether and on which day the person comes back, and whose decision it was."""
    i, trigger = np.int64(c["person"]), np.int64(c["trigger"])
    u_return, u_day, u_severity, _ = block(seed, i, trigger, 1, draws.RETURN)
    frailty, whole = np.float64(p["frailty"]), max(np.int64(c["recovery_all"]), 1)
    unready, unready_at_rest = np.int64(c["recovery"]) / whole, np.int64(c["recovery_at_rest"]) / whole
    alone = unmet_minutes(p)
    alone_at_rest = max(alone - np.int64(p["withheld"]), 0) if alone > 0 else 0
    now = u_return < tables.returns * return_chance(frailty, unready, alone, rules)
    if unready != unready_at_rest and now != (u_return < tables.returns * return_chance(frailty, unready_at_rest, alone, rules)):
        decider, lever = rules.first_hospital + np.int64(c["hospital"]), DISCHARGE_READINESS
    elif alone != alone_at_rest and now != (u_return < tables.returns * return_chance(frailty, unready, alone_at_rest, rules)):
        decider, lever = rules.first_council + np.int64(p["council"]), flow.councils[np.int64(p["council"])].withheld_lever
    else:
        decider, lever = NEED_DECIDES, 0
    if now or lever != 0:
        back = day + 1 + min(int(-rules.return_days * math.log(u_day)), 89)
        schedule(flow, back, i, follow_up(trigger, RETURN), CONTACT, RETURN, 1.0 - 0.6 * u_severity, decider, lever, 0 if now else 1)


@compiled
def end_short_term(flow, c, p, council, rules, seed):
    """Reablement or intermediate care is over: what is restored stays, what help is still needed is looked at."""
    i = np.int64(c["person"])
    if np.int64(c["state"]) == IN_REABLEMENT:
        council.reablement_used -= 1
        settled = settled_frailty(p)
        above = np.float64(p["frailty"]) - settled
        if above > 0.0:
            p["frailty"] = settled + above * (1.0 - rules.reablement_restores)
        set_care(p, HOME, 0)
        update_need(p, i, 0.0, rules)
        grant(c, p, council, rules)
        return HOME_PACKAGE if np.int64(c["package"]) > 0 else CLOSED
    flow.consortia[np.int64(p["consortium"])].intermediate_used -= 1
    set_care(p, HOME, funder_of(p))
    update_need(p, i, 0.0, rules)
    return HOME_ASSESSMENT if unmet_minutes(p) > 60.0 * rules.tolerated_hours else CLOSED


@compiled
def act(flow, k, c, p, council, outcome, day, tables, rules, seed):
    """Do what the day came to; the caller settles the accrual around it."""
    i = np.int64(c["person"])
    row = flow.out[np.int64(p["council"])]
    trigger, hospital = np.int64(c["trigger"]), np.int64(c["hospital"])
    if outcome == END_SHORT_TERM:
        after = end_short_term(flow, c, p, council, rules, seed)
        if after == CLOSED:
            p["withheld"] = c["withheld"]
            close(flow, k)
        else:
            c["funder"] = COUNCIL
            c["blocked"] = 0
            enter(c, after, day, day)
        return
    if outcome == GIVE_UP:
        p["flags"] = np.int64(p["flags"]) & ~record.ASKED
        row[GAVE_UP_WAITING_OUT] += 1
    ward = in_hospital(np.int64(c["state"]))
    if ward:
        discharge(flow, c, p, day, rules)
    close(flow, k)
    if outcome == TO_PACKAGE:
        council.care_used += np.int64(c["package"]) - np.int64(p["package"])
        p["package"] = c["package"]
        p["withheld"] = c["withheld"]
        set_care(p, HOME, np.int64(c["funder"]))
        row[STARTED_OUT] += 1
    elif outcome == TO_CARE_HOME:
        drop_package(council, p)
        p["informal"] = 0
        p["withheld"] = 0
        set_care(p, NURSING if np.int64(p["need"]) > 60.0 * rules.nursing_need_hours else RESIDENTIAL, np.int64(c["funder"]))
        if c["funder"] == SELF:
            sell_home(p, rules)
        council.home_used += 1
        row[ENTRIES_OUT] += 1
    elif outcome == TO_REABLEMENT:
        drop_package(council, p)
        set_care(p, REABLEMENT, COUNCIL)
        council.reablement_used += 1
        row[REABLED_OUT] += 1
        open_case(flow, i, IN_REABLEMENT, day, day + int(rules.reablement_days), trigger, 0, hospital)
    elif outcome == TO_INTERMEDIATE:
        set_care(p, INTERMEDIATE, funder_of(p))
        flow.consortia[np.int64(p["consortium"])].intermediate_used += 1
        row[INTERMEDIATE_OUT] += 1
        open_case(flow, i, IN_INTERMEDIATE, day, day + int(rules.intermediate_days), trigger, 0, hospital)
    if ward:
        plan_return(flow, c, p, day, tables, rules, seed)


@compiled
def progress(flow, k, day, left, clock, tables, rules, seed):
    """One case's day."""
    c = flow.cases[k]
    state = np.int64(c["state"])
    p = flow.rows[np.int64(c["person"])]
    if np.int64(p["end_month"]) != record.ALIVE:  # moved away while waiting at home
        close(flow, k)
        return
    if state == BOARDING or (day < np.int64(c["due"]) and (state == ACUTE or state >= IN_REABLEMENT)):
        return
    council = flow.councils[np.int64(p["council"])]
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    outcome = decide_day(flow, c, p, council, state, day, rules, seed)
    if outcome != STAY:
        act(flow, k, c, p, council, outcome, day, tables, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)


@compiled
def give_beds(flow):
    """At the day's end, give the beds that came free to those who wait in A&E, in order."""
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        if c["state"] == BOARDING:
            hospital = flow.hospitals[np.int64(c["hospital"])]
            if hospital.occupied < hospital.beds + hospital.escalation:
                hospital.occupied += 1
                hospital.boarding -= 1
                c["state"] = ACUTE


@compiled
def die(flow, i, day, left, clock, tables, rules):
    """A death: closes spell, package and place on its day."""
    p = flow.rows[i]
    council = flow.councils[np.int64(p["council"])]
    row = flow.out[np.int64(p["council"])]
    accrue(p, age_index(p, clock), -left, tables, rules, flow.councils, flow.totals)
    row[DEATHS_OUT] += 1
    if setting_of(p) >= RESIDENTIAL and not np.int64(p["care"]) & record.IN_HOSPITAL:
        row[DIED_IN_CARE_HOME_OUT] += 1
    k = flow.case_of[i]
    if k >= 0:
        c = flow.cases[k]
        if in_hospital(np.int64(c["state"])):
            row[DIED_IN_HOSPITAL_OUT] += 1
            discharge(flow, c, p, day, rules)
        leave_short_term_care(flow, c, p, council)
        close(flow, k)
    if setting_of(p) >= RESIDENTIAL:
        council.home_used -= 1
    drop_package(council, p)
    p["care"] = 0
    p["end_month"] = -1  # the engine writes the month


@compiled
def leave_short_term_care(flow, c, p, council):
    """Free the place of someone who dies in, or is admitted from, reablement or intermediate care."""
    state = np.int64(c["state"])
    if state == IN_REABLEMENT:
        council.reablement_used -= 1
    elif state == IN_INTERMEDIATE:
        flow.consortia[np.int64(p["consortium"])].intermediate_used -= 1


@compiled
def ambulatory(i, trigger, cause, tables, seed):
    """Return whether this emergency is ambulatory-care-sensitive: every unmanaged crisis is, and a share of illness."""
    if cause == ILLNESS:
        return draw(seed, i, trigger, 1, draws.AMBULATORY) < tables.ambulatory_illness
    return cause == UNMANAGED


@compiled
def admit(flow, p, i, h, day, trigger, cause, severity, decider, lever, age, tables, rules, seed):
    """Begin a spell, in a bed if there is one, else in A&E."""
    row = flow.out[np.int64(p["council"])]
    hospital = flow.hospitals[h]
    row[ADMISSIONS_OUT + cause] += 1
    if ambulatory(i, trigger, cause, tables, seed):
        row[AMBULATORY_OUT] += 1
    flow.hospital_out[h, HOSPITAL_ADMISSIONS] += 1
    hand_over(p)
    last = np.int64(p["last_discharge"])
    if last != record.NEVER_DISCHARGED and day - last <= 30:
        row[READMITTED_OUT] += 1
    p["spells"] = min(np.int64(p["spells"]) + 1, 255)
    k = flow.case_of[i]
    if k >= 0:
        leave_short_term_care(flow, flow.cases[k], p, flow.councils[np.int64(p["council"])])
        p["flags"] = np.int64(p["flags"]) & ~record.ASKED
        close(flow, k)
    acute = acute_days(draw(seed, i, trigger, 1, draws.STAY), tables.stay_scale[age], rules)
    recovery = recovery_days(acute, np.float64(p["frailty"]), rules)
    ready, at_rest = hospital.levers[DISCHARGE_READINESS], hospital.rest[DISCHARGE_READINESS]
    c = open_case(flow, i, ACUTE, day, day + int(acute + ready * recovery), trigger, cause, h)
    c["decider"] = decider
    c["lever"] = lever
    c["recovery"] = min(int((1.0 - ready) * recovery + 0.5), 30000)
    c["recovery_at_rest"] = min(int((1.0 - at_rest) * recovery + 0.5), 30000)
    c["recovery_all"] = min(int(recovery + acute + 1.0), 30000)
    care = np.int64(p["care"])
    if care & record.SETTING_MASK in (REABLEMENT, INTERMEDIATE):
        care &= ~record.SETTING_MASK
    p["care"] = care | record.IN_HOSPITAL
    if hospital.occupied < hospital.beds + hospital.escalation:
        hospital.occupied += 1
        return
    c["state"] = BOARDING
    hospital.boarding += 1
    if draw(seed, i, trigger, 1, draws.HARM_BOARDING) < rules.boarding_death * grave(severity):
        schedule(flow, day + 1, i, follow_up(trigger, UNTREATED), DEATH_EVENT, UNTREATED, severity, decider, lever, 0)


@compiled
def comes_through_ae(i, trigger, severity, rules, seed):
    """Return whether an emergency comes through A&E; the others go straight to a ward through a GP."""
    return draw(seed, i, trigger, 1, draws.ROUTE) >= rules.direct_share * severity


@compiled
def attend(flow, e, day, left, clock, tables, rules, seed):
    """An emergency contact: A&E or straight to a ward, admitted or not."""
    i = np.int64(e["person"])
    p = flow.rows[i]
    if np.int64(p["care"]) & record.IN_HOSPITAL:
        return
    h = np.int64(p["hospital"])
    hospital = flow.hospitals[h]
    row = flow.out[np.int64(p["council"])]
    cause, trigger, severity = np.int64(e["cause"]), np.int64(e["trigger"]), np.float64(e["severity"])
    decider, lever = np.int64(e["decider"]), np.int64(e["lever"])
    payer = rules.first_consortium + np.int64(p["consortium"])
    partner = np.int64(p["person"]) & record.PARTNER != 0
    crowding = rules.crowding_threshold * hospital.boarding / max(hospital.beds, 1)
    chance = admission_chance(severity, hospital.levers[ADMISSION_THRESHOLD] + crowding, partner, rules)
    at_rest = admission_chance(severity, hospital.rest[ADMISSION_THRESHOLD] + crowding, partner, rules)
    if e["avoided"] == 1:
        note(flow, payer, SPELL, decider, lever, -int(at_rest * hospital.spell_price))
        note(flow, payer, ATTENDANCE, decider, lever, -hospital.attendance_price)
        return
    p["contacts"] = min(np.int64(p["contacts"]) + 1, 255)
    row[CONTACTS_OUT + cause] += 1
    if comes_through_ae(i, trigger, severity, rules, seed):
        row[ATTENDED_OUT] += 1
        flow.hospital_out[h, HOSPITAL_ATTENDANCES] += 1
        post(flow, payer, rules.first_hospital + h, ATTENDANCE, decider, lever, hospital.attendance_price)
    u_admit, _, _, u_harm = block(seed, i, trigger, 1, draws.ADMISSION)
    admitted = u_admit < chance
    if admitted != (u_admit < at_rest) and decider == NEED_DECIDES:
        decider = rules.first_hospital + h
        lever = ADMISSION_THRESHOLD
        if not admitted:
            note(flow, payer, SPELL, decider, lever, -hospital.spell_price)
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    if admitted:
        admit(flow, p, i, h, day, trigger, cause, severity, decider, lever, age, tables, rules, seed)
    else:
        send_home(flow, p, i, day, trigger, severity, u_harm, decider, lever, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)


@compiled
def send_home(flow, p, i, day, trigger, severity, u_harm, decider, lever, rules, seed):
    """Not admitted: the grave decline, come back, or die, by severity."""
    gravity = grave(severity)
    if gravity == 0.0:
        return
    decline(p, rules.untreated_decline * gravity, rules)
    if u_harm >= (rules.untreated_death + rules.untreated_return) * gravity:
        return
    day_of = day + 1 + int(draw(seed, i, trigger, 1, draws.UNTREATED_DAY) * 6.0)
    dies = u_harm < rules.untreated_death * gravity
    if dies:
        flow.out[np.int64(p["council"]), UNTREATED_DEATHS_OUT] += 1
    schedule(flow, day_of, i, follow_up(trigger, UNTREATED), DEATH_EVENT if dies else CONTACT, UNTREATED, min(severity * 1.1, 1.0), decider, lever, 0)


@compiled
def request(flow, e, day):
    """Someone at home asks the council for an assessment."""
    i = np.int64(e["person"])
    p = flow.rows[i]
    flow.out[np.int64(p["council"]), REQUESTED_OUT] += 1
    if flow.case_of[i] >= 0 or setting_of(p) >= RESIDENTIAL:  # in hospital, already in the line, or in a home by now
        p["flags"] = np.int64(p["flags"]) & ~record.ASKED
        return
    open_case(flow, i, HOME_ASSESSMENT, day, 0, np.int64(e["trigger"]), 0, np.int64(p["hospital"]))


@compiled
def happen(flow, e, day, left, clock, tables, rules, seed):
    """Let one event of the calendar happen, unless the person has died or moved away."""
    kind, i = np.int64(e["kind"]), np.int64(e["person"])
    if np.int64(flow.rows[i]["end_month"]) != record.ALIVE:
        return
    if kind == CONTACT:
        attend(flow, e, day, left, clock, tables, rules, seed)
    elif kind == DEATH_EVENT:
        die(flow, i, day, left, clock, tables, rules)
    elif kind == REFERRAL:
        refer(flow, i, np.int64(e["trigger"]), day, clock, rules, seed)
    else:
        request(flow, e, day)


@compiled
def delay_reason(c, state):
    """Return the code of what a person who is fit to leave waits for, or -1 for one who is not."""
    if state == WAIT_FURTHER_NHS:
        return REASON_FURTHER_NHS
    if state == WAIT_ASSESSMENT:
        return REASON_ASSESSMENT
    if state == WAIT_CHOICE:
        return REASON_CHOICE
    if state == WAIT_PACKAGE or state == WAIT_PLACEMENT:
        if c["blocked"] == 1:
            return REASON_FUNDING
        return REASON_PACKAGE if state == WAIT_PACKAGE else REASON_PLACEMENT
    return -1


@compiled
def count_the_night(flow, seed, rules):
    """At midnight: bed-days by cause, delayed days by reason, people waiting at home."""
    for k in range(flow.size[N_CASES_AT]):
        c = flow.cases[k]
        state = np.int64(c["state"])
        if state == CLOSED:
            continue
        row = flow.out[np.int64(flow.rows[np.int64(c["person"])]["council"])]
        if in_hospital(state):
            row[BED_DAYS_OUT + np.int64(c["cause"])] += 1
            flow.hospital_out[np.int64(c["hospital"]), HOSPITAL_BED_DAYS] += 1
            reason = delay_reason(c, state)
            if state == BOARDING:
                row[BOARDING_OUT] += 1
            elif reason >= 0:
                row[DELAYED_OUT + reason] += 1
        elif state < IN_REABLEMENT:
            row[WAITING_HOME_OUT] += 1
    for h in range(flow.hospitals.shape[0]):
        hospital = flow.hospitals[h]
        flow.hospital_out[h, HOSPITAL_ESCALATION_DAYS] += max(hospital.occupied - hospital.beds, 0)


@compiled
def days_of_care(flow, clock, first_day, days, begin, end, weekday, tables, rules, seed):
    """Run the days of one month, or the next few of them.

    Parameters
    ----------
    flow : see :class:`Flow`
    clock : month that ages are counted at
    first_day, days : the month's first day since the start, and its length
    begin, end : days since the start: those from `begin` to before `end` are run
    weekday : of the month's first day, Monday 0
    """
    last = first_day + days
    if begin == first_day:
        leave_lines(flow, first_day, days, clock, tables, rules)
    for day in range(begin, end):
        left = last - day
        weekend = (weekday + day - first_day) % 7 >= 5
        pace = rules.weekend_pace if weekend else 1.0
        for c in range(flow.councils.shape[0]):
            council = flow.councils[c]
            council.assessment_tokens = min(council.assessment_tokens, 3.0 * council.assessment_rate + 1.0) + council.assessment_rate * pace
            council.start_tokens = min(council.start_tokens, 3.0 * council.start_rate + 1.0) + council.start_rate * pace
        for e in range(flow.size[N_CALENDAR_AT]):
            if flow.calendar[e]["day"] == day:
                happen(flow, flow.calendar[e], day, left, clock, tables, rules, seed)
        if not weekend:
            day_of_planned_care(flow, day, left, clock, tables, rules, seed)
        n_cases = flow.size[N_CASES_AT]
        for place in range(2):  # people in hospital come before people at home
            for k in range(n_cases):
                state = np.int64(flow.cases[k]["state"])
                if state != CLOSED and in_hospital(state) == (place == 0):
                    progress(flow, k, day, left, clock, tables, rules, seed)
        give_beds(flow)
        count_the_night(flow, seed, rules)


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
    ) -> None:
        """Run the days of a month: at once, or one by one where somebody looks on at nightfall."""
        step = days if at_nightfall is None else 1
        for begin in range(first_day, first_day + days, step):
            days_of_care(flow, clock, first_day, days, begin, begin + step, weekday, tables, rules, seed)
            if at_nightfall is not None:
                at_nightfall(begin, flow)
