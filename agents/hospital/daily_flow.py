"""Days in hospital and care, compiled: contacts arrive, beds fill and empty, and people wait for what they need to leave.

Only people in hospital, in a queue or in short-term care are touched: each is a *case*. Cases stand in the order in
which they arose, by (day, priority draw, person), so that queues are fair and the same under every structure. What an
event causes later (a return, a death) is put on the calendar `future`, which crosses months.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.care import (
    GENEROSITY,
    STRICTNESS,
    judged_minutes,
    judged_package,
    needs_care_home,
    pays_in_full,
)
from agents.compiled import compiled
from agents.draws import block, draw
from agents.hospital.stays import acute_days, admission_chance, grave, recovery_days, return_chance
from agents.patients import record
from agents.patients.living import (
    CONTACT,
    COUNCIL,
    DEATH_EVENT,
    HOME,
    INTERMEDIATE,
    NEED_DECIDES,
    NURSING,
    REABLEMENT,
    RESIDENTIAL,
    SELF,
    accrue,
    age_index,
    carer_minutes,
    unmet_minutes,
    weekly_need,
)
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

RETURN = int(Cause.RETURN)
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
        ("severity", "f4"),
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

# Columns of `out`, one row a council.
CONTACTS_OUT, ADMISSIONS_OUT, BED_DAYS_OUT = 0, N_CAUSES, 2 * N_CAUSES
DELAYED_OUT = 3 * N_CAUSES
_NEXT = DELAYED_OUT + len(Reason)
BOARDING_OUT, ENTRIES_OUT, DEATHS_OUT, READMITTED_OUT = _NEXT, _NEXT + 1, _NEXT + 2, _NEXT + 3
ASSESSED_OUT, STARTED_OUT, REABLED_OUT, INTERMEDIATE_OUT = _NEXT + 4, _NEXT + 5, _NEXT + 6, _NEXT + 7
ATTENDED_OUT, REFUSED_OUT, DIED_IN_HOSPITAL_OUT, UNTREATED_DEATHS_OUT = _NEXT + 8, _NEXT + 9, _NEXT + 10, _NEXT + 11
WAITING_HOME_OUT, DISCHARGED_OUT, REQUESTED_OUT, GAVE_UP_WAITING_OUT = _NEXT + 12, _NEXT + 13, _NEXT + 14, _NEXT + 15
GRANTED_OUT = _NEXT + 16
N_OUT = _NEXT + 17
# Columns of `hospital_out`.
HOSPITAL_ADMISSIONS, HOSPITAL_BED_DAYS, HOSPITAL_ATTENDANCES, HOSPITAL_ESCALATION_DAYS, HOSPITAL_EXCESS_DAYS = 0, 1, 2, 3, 4
N_HOSPITAL_OUT = 5
# Entries of `size`.
N_CASES_AT, N_FUTURE_AT, N_JOURNAL_AT, N_NOTES_AT = 0, 1, 2, 3


class Flow(NamedTuple):
    """Everything that days of care read and write. Arrays by council (c), consortium (k), hospital (h)."""

    rows: np.ndarray
    cases: np.ndarray
    case_of: np.ndarray  # (people,) int32: case of each person, -1 if none
    size: np.ndarray  # (4,) int64: cases, future events, journal rows, notes
    future: np.ndarray  # EVENT: the calendar beyond what the sweep wrote
    journal: np.ndarray  # rows of the ledger's journal
    notes: np.ndarray  # rows of the ledger's notes on consequences
    out: np.ndarray  # (c, N_OUT) int64
    hospital_out: np.ndarray  # (h, N_HOSPITAL_OUT) int64
    totals: np.ndarray  # (c, N_TOTALS) int64
    beds: np.ndarray  # (h,) ordinary beds free for the place's adult emergencies
    escalation: np.ndarray  # (h,) beds that can be opened beyond them
    occupied: np.ndarray  # (h,)
    assessment_rate: np.ndarray  # (c,) a weekday
    assessment_tokens: np.ndarray  # (c,) float
    start_rate: np.ndarray  # (c,) package starts a weekday
    start_tokens: np.ndarray  # (c,) float
    care_capacity: np.ndarray  # (c,) weekly minutes the market can supply
    care_used: np.ndarray  # (c,) int64
    reablement_places: np.ndarray  # (c,) float
    reablement_used: np.ndarray  # (c,) int64
    intermediate_places: np.ndarray  # (k,) float
    intermediate_used: np.ndarray  # (k,) int64
    home_places: np.ndarray  # (c,) float, care-home places
    home_used: np.ndarray  # (c,) int64
    gate: np.ndarray  # (c,) 1 where the budget is spent and non-critical starts wait
    council_levers: np.ndarray  # (c, 9)
    council_rest: np.ndarray  # (c, 9)
    hospital_levers: np.ndarray  # (h, 9)
    hospital_rest: np.ndarray  # (h, 9)
    spell_price: np.ndarray  # (h,) pence
    attendance_price: np.ndarray  # (h,) pence
    excess_price: np.ndarray  # (h,) pence a day
    trim_days: np.ndarray  # (h,) days that the spell price covers


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
def follow_up(trigger, cause):
    """Return the trigger of what an event causes later: a mix of the event's own trigger and the later cause."""
    return (trigger * 2654435761 + cause) & 0xFFFFFFFF


@compiled
def hand_over(p):
    p["handovers"] = min(int(p["handovers"]) + 1, 65535)


@compiled
def in_hospital(state):
    """Return whether a case in this state is in hospital."""
    return BOARDING <= state <= WAIT_CHOICE


@compiled
def update_need(p, i, rules, seed):
    """Work out need and informal help afresh after an event."""
    need = weekly_need(p, rules)
    p["need"] = need
    if int(p["care"]) & record.SETTING_MASK >= RESIDENTIAL:
        p["informal"] = 0
    else:
        p["informal"] = min(need, carer_minutes(p, i, rules, seed))


@compiled
def decline(p, amount, rules):
    """Raise frailty by `amount`, within its ceiling."""
    p["frailty"] = min(float(p["frailty"]) + amount, rules.frailty_ceiling)


@compiled
def set_care(p, setting, funder):
    p["care"] = (int(p["care"]) & record.IN_HOSPITAL) | setting | (funder << record.FUNDER_SHIFT)


@compiled
def enter(c, state, day, due):
    c["state"] = state
    c["since"] = day
    c["due"] = due
    c["hazard"] = 0.0


@compiled
def drop_package(flow, p):
    """Give the round of a lost or ended package back to the market."""
    if int(p["package"]) > 0:
        flow.care_used[int(p["council"])] -= int(p["package"])
        p["package"] = 0
        p["withheld"] = 0


@compiled
def discharge(flow, c, p, day, age, tables, rules, seed):
    """End the spell: the bill, the bed, and whether and when the person comes back."""
    h = int(c["hospital"])
    i = int(c["person"])
    stay = day - int(c["start"])
    payer = rules.first_consortium + int(p["consortium"])
    payee = rules.first_hospital + h
    decider = int(c["decider"])
    lever = int(c["lever"])
    post(flow, payer, payee, SPELL, decider, lever, int(flow.spell_price[h]))
    over = stay - int(flow.trim_days[h])
    if over > 0:
        post(flow, payer, payee, EXCESS, decider, lever, over * int(flow.excess_price[h]))
        flow.hospital_out[h, HOSPITAL_EXCESS_DAYS] += over
    if int(c["state"]) != BOARDING:
        flow.occupied[h] -= 1
    p["last_discharge"] = day
    p["care"] = int(p["care"]) & ~record.IN_HOSPITAL
    flow.out[int(p["council"]), DISCHARGED_OUT] += 1
    hand_over(p)


@compiled
def plan_return(flow, c, p, day, tables, rules, seed):
    """Draw, at the discharge, whether and on which day the person comes back, and whose decision it was."""
    i = int(c["person"])
    trigger = int(c["trigger"])
    u_return, u_day, u_severity, _ = block(seed, i, trigger, 1, draws.RETURN)
    whole = max(int(c["recovery_all"]), 1)
    frailty = float(p["frailty"])
    now = u_return < return_chance(frailty, int(c["recovery"]) / whole, rules)
    then = now
    if int(c["recovery"]) != int(c["recovery_at_rest"]):
        then = u_return < return_chance(frailty, int(c["recovery_at_rest"]) / whole, rules)
    if not (now or then):
        return
    event = flow.future[flow.size[N_FUTURE_AT]]
    flow.size[N_FUTURE_AT] += 1
    event["day"] = day + 1 + min(int(-rules.return_days * math.log(u_day)), 89)
    event["priority"] = 0
    event["person"] = i
    event["trigger"] = follow_up(trigger, RETURN)
    event["severity"] = 1.0 - 0.6 * u_severity
    event["decider"] = rules.first_hospital + int(c["hospital"]) if now != then else NEED_DECIDES
    event["lever"] = DISCHARGE_READINESS if now != then else 0
    event["cause"] = RETURN
    event["kind"] = CONTACT
    event["avoided"] = 0 if now else 1
    event["hospital_day"] = day


@compiled
def go_home(flow, k, day, left, age, setting, funder, tables, rules, prices, seed):
    """Leave hospital for `setting`; the case closes unless it goes on as short-term care."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    accrue(p, age, -left, tables, rules, prices, flow.totals)
    discharge(flow, c, p, day, age, tables, rules, seed)
    set_care(p, setting, funder)
    accrue(p, age, left, tables, rules, prices, flow.totals)
    plan_return(flow, c, p, day, tables, rules, seed)
    close(flow, k)


@compiled
def close(flow, k):
    flow.case_of[int(flow.cases[k]["person"])] = -1
    flow.cases[k]["state"] = CLOSED


@compiled
def open_case(flow, i, state, day, due, trigger, cause, hospital):
    """Open a case for person i at the end of the line; return its index."""
    k = int(flow.size[N_CASES_AT])
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
    c["severity"] = 0.0
    enter(c, state, day, due)
    flow.case_of[i] = k
    return k


@compiled
def fit_to_leave(flow, k, day, left, age, tables, rules, prices, seed):
    """The acute phase and the recovery asked for are over: leave with the support there is, or begin to wait."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    setting = int(p["care"]) & record.SETTING_MASK
    funder = (int(p["care"]) >> record.FUNDER_SHIFT) & record.FUNDER_MASK
    if setting >= RESIDENTIAL:
        go_home(flow, k, day, left, age, setting, funder, tables, rules, prices, seed)
        return
    gap = int(p["need"]) - int(p["informal"]) - int(p["package"])
    if gap <= 60.0 * rules.tolerated_hours:
        go_home(flow, k, day, left, age, HOME, funder, tables, rules, prices, seed)
        return
    if int(c["recovery"]) >= 2:
        enter(c, WAIT_FURTHER_NHS, day, day + int(c["recovery"]))
        further_care(flow, k, day, left, age, tables, rules, prices, seed)
    else:
        enter(c, WAIT_ASSESSMENT, day, 0)


@compiled
def further_care(flow, k, day, left, age, tables, rules, prices, seed):
    """Move the recovery to intermediate care if a place is free; else it goes on in the bed until it is over."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    consortium = int(p["consortium"])
    if flow.intermediate_used[consortium] + 1 <= flow.intermediate_places[consortium]:
        flow.intermediate_used[consortium] += 1
        funder = (int(p["care"]) >> record.FUNDER_SHIFT) & record.FUNDER_MASK
        go_home(flow, k, day, left, age, INTERMEDIATE, funder, tables, rules, prices, seed)
        again = open_case(flow, i, IN_INTERMEDIATE, day, day + int(rules.intermediate_days), int(c["trigger"]), 0, int(c["hospital"]))
        flow.cases[again]["recovery"] = c["recovery"]
        flow.out[int(p["council"]), INTERMEDIATE_OUT] += 1
    elif day >= int(c["due"]):
        c["recovery"] = 0
        enter(c, WAIT_ASSESSMENT, day, 0)


@compiled
def assess(flow, k, day, left, age, tables, rules, prices, seed):
    """A social worker sees the person: eligible or not, who pays, and what is arranged."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    council = int(p["council"])
    flow.out[council, ASSESSED_OUT] += 1
    hand_over(p)
    p["flags"] = int(p["flags"]) & ~record.ASKED
    from_ward = in_hospital(int(c["state"]))
    levers = flow.council_levers[council]
    package = judged_package(p, levers, rules)
    at_rest = judged_package(p, flow.council_rest[council], rules)
    c["package"] = package
    c["withheld"] = min(max(at_rest - package, -32000), 32000)
    placement = needs_care_home(p, rules) and package > 0
    if pays_in_full(p, placement, rules):
        u = draw(seed, i, int(c["trigger"]), 2, draws.WAITING)
        c["funder"] = SELF
        c["blocked"] = 1 if placement else 0
        enter(c, WAIT_CHOICE if from_ward else HOME_CHOICE, day, day + 1 + int(-rules.self_arrange_days * math.log(u)))
        return
    if package == 0 and int(p["package"]) == 0:
        flow.out[council, REFUSED_OUT] += 1
        p["flags"] = int(p["flags"]) | record.REFUSED
        accrue(p, age, -left, tables, rules, prices, flow.totals)
        p["withheld"] = c["withheld"]
        accrue(p, age, left, tables, rules, prices, flow.totals)
        if from_ward:
            go_home(flow, k, day, left, age, HOME, 0, tables, rules, prices, seed)
        else:
            close(flow, k)
        return
    flow.out[council, GRANTED_OUT] += 1
    c["funder"] = COUNCIL
    judged = judged_minutes(float(int(p["need"])), levers[STRICTNESS])
    c["blocked"] = 1 if flow.gate[council] == 1 and judged < 60.0 * rules.critical_hours else 0
    if placement:
        enter(c, WAIT_PLACEMENT if from_ward else HOME_PLACEMENT, day, 0)
        return
    _, _, u_reable, _ = block(seed, i, int(c["trigger"]), 2, draws.REQUEST_DAY)
    if c["blocked"] == 0 and u_reable < rules.reablement_share and flow.reablement_used[council] + 1 <= flow.reablement_places[council]:
        start_reablement(flow, k, day, left, age, from_ward, tables, rules, prices, seed)
        return
    enter(c, WAIT_PACKAGE if from_ward else HOME_PACKAGE, day, day + int(rules.home_brokerage_days))


@compiled
def start_reablement(flow, k, day, left, age, from_ward, tables, rules, prices, seed):
    """Begin up to six weeks of reablement at home."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    council = int(p["council"])
    flow.reablement_used[council] += 1
    flow.out[council, REABLED_OUT] += 1
    trigger = int(c["trigger"])
    due = day + int(rules.reablement_days)
    if from_ward:
        go_home(flow, k, day, left, age, REABLEMENT, COUNCIL, tables, rules, prices, seed)
        open_case(flow, i, IN_REABLEMENT, day, due, trigger, 0, int(c["hospital"]))
    else:
        accrue(p, age, -left, tables, rules, prices, flow.totals)
        drop_package(flow, p)
        set_care(p, REABLEMENT, COUNCIL)
        accrue(p, age, left, tables, rules, prices, flow.totals)
        enter(c, IN_REABLEMENT, day, due)


@compiled
def start_package(flow, k, day, left, age, minutes, funder, tables, rules, prices, seed):
    """Begin home care of `minutes` a week."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    council = int(p["council"])
    from_ward = in_hospital(int(c["state"]))
    accrue(p, age, -left, tables, rules, prices, flow.totals)
    flow.care_used[council] += minutes - int(p["package"])
    p["package"] = minutes
    p["withheld"] = c["withheld"] if funder == COUNCIL else 0
    set_care(p, HOME, funder)
    accrue(p, age, left, tables, rules, prices, flow.totals)
    flow.out[council, STARTED_OUT] += 1
    if from_ward:
        go_home(flow, k, day, left, age, HOME, funder, tables, rules, prices, seed)
    else:
        close(flow, k)


@compiled
def start_placement(flow, k, day, left, age, tables, rules, prices, seed):
    """Move into a care home for good."""
    c = flow.cases[k]
    i = int(c["person"])
    p = flow.rows[i]
    council = int(p["council"])
    setting = NURSING if int(p["need"]) > 60.0 * rules.nursing_need_hours else RESIDENTIAL
    from_ward = in_hospital(int(c["state"]))
    accrue(p, age, -left, tables, rules, prices, flow.totals)
    drop_package(flow, p)
    p["informal"] = 0
    p["withheld"] = 0
    set_care(p, setting, int(c["funder"]))
    accrue(p, age, left, tables, rules, prices, flow.totals)
    flow.home_used[council] += 1
    flow.out[council, ENTRIES_OUT] += 1
    if from_ward:
        go_home(flow, k, day, left, age, setting, int(c["funder"]), tables, rules, prices, seed)
    else:
        close(flow, k)


@compiled
def leaves_queue(c, day, rules, seed):
    """Return whether this wait ends without care today: one draw, made at the request, says after how many days."""
    u = draw(seed, int(c["person"]), int(c["trigger"]), 3, draws.WAIT_PRIORITY)
    return (day - int(c["since"])) * rules.leave_wait_a_day > -math.log(u)


@compiled
def progress(flow, k, day, left, clock, tables, rules, prices, seed):
    """One case's day."""
    c = flow.cases[k]
    state = int(c["state"])
    i = int(c["person"])
    p = flow.rows[i]
    council = int(p["council"])
    age = age_index(p, clock)
    if state == BOARDING:
        h = int(c["hospital"])
        if flow.occupied[h] < flow.beds[h] + flow.escalation[h]:
            flow.occupied[h] += 1
            c["state"] = ACUTE
    elif state == ACUTE:
        if day >= int(c["due"]):
            days = day - int(c["start"])
            accrue(p, age, -left, tables, rules, prices, flow.totals)
            decline(p, rules.deconditioning * days * float(p["frailty"]), rules)
            update_need(p, i, rules, seed)
            if days > rules.kept_days:
                drop_package(flow, p)
            accrue(p, age, left, tables, rules, prices, flow.totals)
            fit_to_leave(flow, k, day, left, age, tables, rules, prices, seed)
    elif state == WAIT_FURTHER_NHS:
        if int(c["recovery"]) > 0:
            c["recovery"] = int(c["recovery"]) - 1
        if int(c["recovery_at_rest"]) > int(c["recovery"]):
            c["recovery_at_rest"] = c["recovery"]
        further_care(flow, k, day, left, age, tables, rules, prices, seed)
    elif state in (WAIT_ASSESSMENT, HOME_ASSESSMENT):
        if flow.assessment_tokens[council] >= 1.0:
            flow.assessment_tokens[council] -= 1.0
            assess(flow, k, day, left, age, tables, rules, prices, seed)
        elif leaves_queue(c, day, rules, seed):
            abandon(flow, k, day, left, age, tables, rules, prices, seed)
    elif state in (WAIT_PACKAGE, HOME_PACKAGE):
        if c["blocked"] == 1 and flow.gate[council] == 0:
            c["blocked"] = 0
        minutes = int(c["package"])
        ready = state == WAIT_PACKAGE or day >= int(c["due"])
        if c["blocked"] == 0 and ready and flow.start_tokens[council] >= 1.0 and flow.care_used[council] + minutes - int(p["package"]) <= flow.care_capacity[council]:
            flow.start_tokens[council] -= 1.0
            start_package(flow, k, day, left, age, minutes, COUNCIL, tables, rules, prices, seed)
        elif leaves_queue(c, day, rules, seed):
            abandon(flow, k, day, left, age, tables, rules, prices, seed)
    elif state in (WAIT_PLACEMENT, HOME_PLACEMENT):
        if c["blocked"] == 1 and c["funder"] == COUNCIL and flow.gate[council] == 0:
            c["blocked"] = 0
        places = flow.home_places[council]
        vacant = places - flow.home_used[council]
        if (c["blocked"] == 0 or c["funder"] == SELF) and vacant >= 1.0:
            c["hazard"] = float(c["hazard"]) + rules.placement_chance * min(vacant / (0.1 * places), 1.0)
            _, _, _, u = block(seed, i, int(c["trigger"]), 4, draws.REQUEST_DAY)
            if float(c["hazard"]) > -math.log(u):
                start_placement(flow, k, day, left, age, tables, rules, prices, seed)
                return
        if leaves_queue(c, day, rules, seed):
            abandon(flow, k, day, left, age, tables, rules, prices, seed)
    elif state in (WAIT_CHOICE, HOME_CHOICE):
        if day >= int(c["due"]):
            if c["blocked"] == 1:  # they look for a care home themselves
                enter(c, WAIT_PLACEMENT if state == WAIT_CHOICE else HOME_PLACEMENT, day, 0)
            else:
                gap = max(int(p["need"]) - int(p["informal"]), 0)
                minutes = int(gap * rules.self_bought)
                if flow.care_used[council] + minutes - int(p["package"]) <= flow.care_capacity[council]:
                    start_package(flow, k, day, left, age, minutes, SELF, tables, rules, prices, seed)
                elif leaves_queue(c, day, rules, seed):
                    abandon(flow, k, day, left, age, tables, rules, prices, seed)
    elif state == IN_REABLEMENT:
        if day >= int(c["due"]):
            flow.reablement_used[council] -= 1
            accrue(p, age, -left, tables, rules, prices, flow.totals)
            settled = int(p["frailty_trait"]) * 1e-4
            above = float(p["frailty"]) - settled
            if above > 0.0:
                p["frailty"] = settled + above * (1.0 - rules.reablement_restores)
            set_care(p, HOME, 0)
            update_need(p, i, rules, seed)
            package = judged_package(p, flow.council_levers[council], rules)
            at_rest = judged_package(p, flow.council_rest[council], rules)
            c["package"] = package
            c["withheld"] = min(max(at_rest - package, -32000), 32000)
            if package == 0:
                p["withheld"] = c["withheld"]
            accrue(p, age, left, tables, rules, prices, flow.totals)
            if package == 0:
                close(flow, k)
            else:
                c["funder"] = COUNCIL
                c["blocked"] = 0
                enter(c, HOME_PACKAGE, day, day)
    elif state == IN_INTERMEDIATE:
        if day >= int(c["due"]):
            flow.intermediate_used[int(p["consortium"])] -= 1
            accrue(p, age, -left, tables, rules, prices, flow.totals)
            funder = (int(p["care"]) >> record.FUNDER_SHIFT) & record.FUNDER_MASK
            set_care(p, HOME, funder)
            update_need(p, i, rules, seed)
            accrue(p, age, left, tables, rules, prices, flow.totals)
            if unmet_minutes(p) > 60.0 * rules.tolerated_hours:
                p["flags"] = int(p["flags"]) | record.ASKED
                enter(c, HOME_ASSESSMENT, day, 0)
            else:
                close(flow, k)


@compiled
def abandon(flow, k, day, left, age, tables, rules, prices, seed):
    """Leave a queue without what it was for: family takes over, or people go without."""
    c = flow.cases[k]
    p = flow.rows[int(c["person"])]
    flow.out[int(p["council"]), GAVE_UP_WAITING_OUT] += 1
    p["flags"] = int(p["flags"]) & ~record.ASKED
    if in_hospital(int(c["state"])):
        funder = (int(p["care"]) >> record.FUNDER_SHIFT) & record.FUNDER_MASK
        go_home(flow, k, day, left, age, HOME, funder, tables, rules, prices, seed)
    else:
        close(flow, k)


@compiled
def die(flow, i, day, left, clock, tables, rules, prices, seed):
    """A death: closes spell, package and place on its day."""
    p = flow.rows[i]
    if int(p["flags"]) & record.LEFT:
        return
    age = age_index(p, clock)
    council = int(p["council"])
    accrue(p, age, -left, tables, rules, prices, flow.totals)
    flow.out[council, DEATHS_OUT] += 1
    k = int(flow.case_of[i])
    if k >= 0:
        c = flow.cases[k]
        state = int(c["state"])
        if in_hospital(state):
            flow.out[council, DIED_IN_HOSPITAL_OUT] += 1
            discharge(flow, c, p, day, age, tables, rules, seed)
        elif state == IN_REABLEMENT:
            flow.reablement_used[council] -= 1
        elif state == IN_INTERMEDIATE:
            flow.intermediate_used[int(p["consortium"])] -= 1
        close(flow, k)
    if int(p["care"]) & record.SETTING_MASK >= RESIDENTIAL:
        flow.home_used[council] -= 1
    drop_package(flow, p)
    p["care"] = 0
    p["end_month"] = -1  # the economy replaces it by the month


@compiled
def attend(flow, e, day, left, clock, tables, rules, prices, seed):
    """An emergency contact: A&E or straight to a ward, admitted or not, a bed or not."""
    i = int(e["person"])
    p = flow.rows[i]
    if int(p["end_month"]) < 0 or int(p["flags"]) & record.LEFT or int(p["care"]) & record.IN_HOSPITAL:
        return
    h = int(p["hospital"])
    council = int(p["council"])
    cause = int(e["cause"])
    trigger = int(e["trigger"])
    severity = float(e["severity"])
    decider = int(e["decider"])
    lever = int(e["lever"])
    payer = rules.first_consortium + int(p["consortium"])
    partner = int(p["person"]) & record.PARTNER != 0
    chance = admission_chance(severity, flow.hospital_levers[h, ADMISSION_THRESHOLD], partner, rules)
    at_rest = admission_chance(severity, flow.hospital_rest[h, ADMISSION_THRESHOLD], partner, rules)
    if e["avoided"] == 1:
        note(flow, payer, SPELL, decider, lever, -int(at_rest * flow.spell_price[h]))
        note(flow, payer, ATTENDANCE, decider, lever, -int(flow.attendance_price[h]))
        return
    age = age_index(p, clock)
    u_admit, u_stay, _, u_harm = block(seed, i, trigger, 1, draws.ADMISSION)
    direct = draw(seed, i, trigger, 1, draws.ROUTE) < rules.direct_share * severity
    p["contacts"] = min(int(p["contacts"]) + 1, 255)
    flow.out[council, CONTACTS_OUT + cause] += 1
    if not direct:
        flow.out[council, ATTENDED_OUT] += 1
        flow.hospital_out[h, HOSPITAL_ATTENDANCES] += 1
        post(flow, payer, rules.first_hospital + h, ATTENDANCE, decider, lever, int(flow.attendance_price[h]))
    admitted = u_admit < chance
    if admitted != (u_admit < at_rest) and decider == NEED_DECIDES:
        decider = rules.first_hospital + h
        lever = ADMISSION_THRESHOLD
        if not admitted:
            note(flow, payer, SPELL, decider, lever, -int(flow.spell_price[h]))
    if not admitted:
        untreated(flow, e, p, i, day, left, age, severity, u_harm, decider, lever, tables, rules, prices, seed)
        return
    flow.out[council, ADMISSIONS_OUT + cause] += 1
    hand_over(p)
    flow.hospital_out[h, HOSPITAL_ADMISSIONS] += 1
    if int(p["last_discharge"]) != record.NEVER_DISCHARGED and day - int(p["last_discharge"]) <= 30:
        flow.out[council, READMITTED_OUT] += 1
    p["spells"] = min(int(p["spells"]) + 1, 255)
    k = int(flow.case_of[i])
    if k >= 0:
        leave_short_term_care(flow, k, p)
        close(flow, k)
    frailty = float(p["frailty"])
    acute = acute_days(u_stay, tables.stay_scale[age], rules)
    recovery = recovery_days(acute, frailty, rules)
    ready = flow.hospital_levers[h, DISCHARGE_READINESS]
    ready_at_rest = flow.hospital_rest[h, DISCHARGE_READINESS]
    due = day + int(acute + ready * recovery)
    k = open_case(flow, i, ACUTE, day, due, trigger, cause, h)
    c = flow.cases[k]
    c["severity"] = severity
    c["decider"] = decider
    c["lever"] = lever
    c["recovery"] = min(int((1.0 - ready) * recovery + 0.5), 30000)
    c["recovery_at_rest"] = min(int((1.0 - ready_at_rest) * recovery + 0.5), 30000)
    c["recovery_all"] = min(int(recovery + acute + 1.0), 30000)
    accrue(p, age, -left, tables, rules, prices, flow.totals)
    care = int(p["care"])
    if care & record.SETTING_MASK in (REABLEMENT, INTERMEDIATE):
        care &= ~record.SETTING_MASK
    p["care"] = care | record.IN_HOSPITAL
    accrue(p, age, left, tables, rules, prices, flow.totals)
    if flow.occupied[h] < flow.beds[h] + flow.escalation[h]:
        flow.occupied[h] += 1
    else:
        c["state"] = BOARDING
    if day >= due and c["state"] == ACUTE:
        progress(flow, k, day, left, clock, tables, rules, prices, seed)


@compiled
def leave_short_term_care(flow, k, p):
    """Free the place of someone who is admitted from reablement or intermediate care."""
    state = int(flow.cases[k]["state"])
    if state == IN_REABLEMENT:
        flow.reablement_used[int(p["council"])] -= 1
    elif state == IN_INTERMEDIATE:
        flow.intermediate_used[int(p["consortium"])] -= 1
    p["flags"] = int(p["flags"]) & ~record.ASKED


@compiled
def untreated(flow, e, p, i, day, left, age, severity, u_harm, decider, lever, tables, rules, prices, seed):
    """Not admitted: the grave decline, come back, or die, by severity."""
    gravity = grave(severity)
    if gravity == 0.0:
        return
    decline(p, rules.untreated_decline * gravity, rules)
    dies = u_harm < rules.untreated_death * gravity
    returns = not dies and u_harm < (rules.untreated_death + rules.untreated_return) * gravity
    if not dies and not returns:
        return
    u_day = draw(seed, i, int(e["trigger"]), 1, draws.UNTREATED_DEATH)
    event = flow.future[flow.size[N_FUTURE_AT]]
    flow.size[N_FUTURE_AT] += 1
    event["day"] = day + 1 + int(u_day * 6.0)
    event["priority"] = 0
    event["person"] = i
    event["trigger"] = follow_up(int(e["trigger"]), UNTREATED)
    event["severity"] = min(severity * 1.1, 1.0)
    event["decider"] = decider
    event["lever"] = lever
    event["cause"] = UNTREATED
    event["avoided"] = 0
    event["hospital_day"] = -1
    if dies:
        event["kind"] = DEATH_EVENT
        flow.out[int(p["council"]), UNTREATED_DEATHS_OUT] += 1
    else:
        event["kind"] = CONTACT


@compiled
def request(flow, e, day):
    """Someone at home asks the council for an assessment."""
    i = int(e["person"])
    p = flow.rows[i]
    flow.out[int(p["council"]), REQUESTED_OUT] += 1
    if int(flow.case_of[i]) >= 0 or int(p["end_month"]) < 0:
        p["flags"] = int(p["flags"]) & ~record.ASKED
        return
    open_case(flow, i, HOME_ASSESSMENT, day, 0, int(e["trigger"]), 0, int(p["hospital"]))


@compiled
def happen(flow, e, day, left, clock, tables, rules, prices, seed):
    """Let one event of the calendar happen."""
    kind = int(e["kind"])
    if kind == CONTACT:
        attend(flow, e, day, left, clock, tables, rules, prices, seed)
    elif kind == DEATH_EVENT:
        if int(flow.rows[int(e["person"])]["end_month"]) >= 0:
            die(flow, int(e["person"]), day, left, clock, tables, rules, prices, seed)
    else:
        request(flow, e, day)


@compiled
def count_the_day(flow, rules, seed):
    """At midnight: bed-days by cause, delayed days by reason, people waiting at home."""
    for k in range(int(flow.size[N_CASES_AT])):
        c = flow.cases[k]
        state = int(c["state"])
        if state == CLOSED:
            continue
        row = flow.out[int(flow.rows[int(c["person"])]["council"])]
        if in_hospital(state):
            row[BED_DAYS_OUT + int(c["cause"])] += 1
            flow.hospital_out[int(c["hospital"]), HOSPITAL_BED_DAYS] += 1
            if state == BOARDING:
                row[BOARDING_OUT] += 1
            elif state == WAIT_FURTHER_NHS:
                row[DELAYED_OUT + 0] += 1
            elif state == WAIT_ASSESSMENT:
                row[DELAYED_OUT + 1] += 1
            elif state == WAIT_PACKAGE:
                row[DELAYED_OUT + (4 if c["blocked"] == 1 else 2)] += 1
            elif state == WAIT_PLACEMENT:
                row[DELAYED_OUT + (4 if c["blocked"] == 1 and c["funder"] == COUNCIL else 3)] += 1
            elif state == WAIT_CHOICE:
                row[DELAYED_OUT + 5] += 1
        elif state < IN_REABLEMENT:
            row[WAITING_HOME_OUT] += 1


@compiled
def days_of_care(flow, events, n_events, month, clock, first_day, days, weekday, tables, rules, prices, seed):
    """Run the days of one month.

    Parameters
    ----------
    flow : see :class:`Flow`
    events : EVENT array sorted by (day, priority, person), the month's from the sweep
    n_events : how many of them
    month, clock : as in the sweep
    first_day, days : the month's first day since the start, and its length
    weekday : of the first day, Monday 0
    """
    at = 0
    last = first_day + days
    n_councils = flow.assessment_rate.shape[0]
    for day in range(first_day, last):
        left = last - day
        of_week = (weekday + day - first_day) % 7
        pace = rules.weekend_pace if of_week >= 5 else 1.0
        for council in range(n_councils):
            flow.assessment_tokens[council] = min(flow.assessment_tokens[council], 3.0 * flow.assessment_rate[council]) + flow.assessment_rate[council] * pace
            flow.start_tokens[council] = min(flow.start_tokens[council], 3.0 * flow.start_rate[council]) + flow.start_rate[council] * pace
        n_future = int(flow.size[N_FUTURE_AT])
        for f in range(n_future):
            if flow.future[f]["day"] == day:
                happen(flow, flow.future[f], day, left, clock, tables, rules, prices, seed)
        n_cases = int(flow.size[N_CASES_AT])
        for k in range(n_cases):
            if in_hospital(int(flow.cases[k]["state"])):
                progress(flow, k, day, left, clock, tables, rules, prices, seed)
        for k in range(n_cases):
            if int(flow.cases[k]["state"]) > WAIT_CHOICE:
                progress(flow, k, day, left, clock, tables, rules, prices, seed)
        while at < n_events and events[at]["day"] <= day:
            happen(flow, events[at], day, left, clock, tables, rules, prices, seed)
            at += 1
        count_the_day(flow, rules, seed)
        for h in range(flow.beds.shape[0]):
            flow.hospital_out[h, HOSPITAL_ESCALATION_DAYS] += max(flow.occupied[h] - flow.beds[h], 0)
