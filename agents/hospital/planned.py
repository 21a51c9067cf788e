"""Planned care, compiled: people are referred, wait to be seen, wait for an operation, and are better for it.

A referral joins the hospital's queue for a first outpatient visit; part of those seen are listed for an operation. Both
lines are served first come, first served, within what the hospital's clinics and theatres can do on a working day.
People also leave a line by themselves: they are treated privately, get better or are too ill. Who is listed for a joint, the
heart or the eyes bears it while waiting (more need, less quality of life) and is relieved by an operation that succeeds;
one that fails is done again. Whoever stays the night needs one of the beds that emergencies fill, and yields to people who
wait in A&E: without a bed the operation is cancelled and booked anew.

Waits are entries of one array, those of each hospital and line linked in the order in which people joined; only people who were referred are
touched. Follow-up visits are not modelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import block, draw
from agents.hospital.billing import charge, owed
from agents.hospital.books import AHEAD, N_FORMED_AT, N_WAITING_AT, ask_ahead, follow_up, note
from agents.hospital.state import GENERAL, SURGERY, open_case
from agents.hospital.wards import has_bed, take_bed
from agents.parameter import Checked, parameter
from agents.patients import record
from agents.patients.living import YOUNGEST, accrue, age_index, update_need
from agents.patients.seeking import NEED_DECIDES, REFERRED
from agents.patients.services import left_to_others
from agents.vocabulary import Condition, Lever, Service

OSTEOARTHRITIS, CHD = 1 << int(Condition.OSTEOARTHRITIS), 1 << int(Condition.CHD)
OUTPATIENT, ELECTIVE = int(Service.OUTPATIENT), int(Service.ELECTIVE)
DAY_CASES = int(Lever.DAY_CASES)

GONE, TO_BE_SEEN, LISTED = 0, 1, 2  # stage of a wait
N_LINES = 2  # of a hospital: to be seen, and listed
NO_DAY = 1 << 30  # later than any day that a wait is due
OTHER, JOINT, HEART, EYES = 0, 1, 2, 3  # what for
UNLIMITED = 1e9  # visits or operations a day of a hospital that is never short of them

# Columns of `planned`, one row a council, and of `hospital_planned`.
REFERRED_OUT, SEEN_OUT, LISTED_OUT, OPERATED_OUT, CANCELLED_OUT, LEFT_OUT, WAITED_OUT = range(7)
TO_BE_SEEN_OUT, WAITING_OUT = 7, 8  # people in each line at the month's end
N_PLANNED_OUT = 9
HOSPITAL_VISITS, HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS, HOSPITAL_CANCELLED = 0, 1, 2, 3
N_HOSPITAL_PLANNED = 4

WAITING = np.dtype(
    [
        ("person", "u4"),
        ("trigger", "u4"),  # what its draws are keyed by
        ("since", "i4"),  # day it joined the line it is in
        ("leaves", "i4"),  # day from which the person would be gone, unserved
        ("due", "i4"),  # not before this day: booked anew after a cancellation or a failure
        ("hospital", "u1"),
        ("stage", "u1"),
        ("kind", "u1"),
        ("night", "u1"),  # 1 if the operation, of somebody who is listed, would take a night
    ],
    align=True,
)
"""One wait for planned care."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRules(Checked):
    """How planned care is asked for and what it is worth; shared by all hospitals."""

    listed_share: float = parameter(
        0.4, "share of first outpatient visits after which an operation is listed", unit="share", low=0.25, high=0.55,
        assumption="elective admissions are somewhat fewer than half of first visits, some of them without one")
    joint_share: float = parameter(
        0.2, "share of the referrals of people with osteoarthritis that are for the joint", unit="share", low=0.1, high=0.35,
        assumption="orthopaedics takes about an eighth of all elective admissions")
    heart_share: float = parameter(
        0.15, "share of the referrals of people with coronary heart disease that are for the heart", unit="share", low=0.05, high=0.25,
        assumption="angiograms and stents are a small part of elective admissions")
    eyes_share: float = parameter(
        0.1, "share of the referrals of people of 60 and over that are for the eyes", unit="share", low=0.05, high=0.2,
        assumption="cataracts are the most frequent operation of older people")
    overnight_major: float = parameter(
        0.6, "share of operations on joint or heart with a night in hospital", unit="share", low=0.4, high=0.8,
        assumption="with overnight_other near the national share with a night, a fifth (notes of P-B.elect-001, 003 and 004)")
    overnight_other: float = parameter(
        0.12, "share of other operations with a night in hospital", unit="share", low=0.08, high=0.2, assumption="most are day cases")
    success: float = parameter(
        0.93, "chance that an operation on joint, heart or eyes relieves", unit="share", low=0.8, high=1.0,
        assumption="revisions and second operations are a few in a hundred")
    waiting_need: float = parameter(
        0.4, "logits of need for help while waiting for such an operation", unit="logit", low=0.0, high=1.0,
        assumption="direction known, size not: the prior includes zero")
    waiting_loss: float = parameter(
        0.1, "EQ-5D lost while waiting for such an operation", unit="EQ-5D", low=0.0, high=0.25,
        assumption="patients report large gains after a new joint, small ones after a cataract: direction known, the mean is not")
    leaves_a_week: float = parameter(
        0.01, "share of a line that leaves it unserved in a week", unit="share a week", low=0.003, high=0.02,
        assumption="one in ten within ten weeks: treated privately, better, or too ill")
    outpatient_wait_weeks: float = parameter(
        4.0, "mean wait at rest for a first outpatient visit", unit="weeks", low=2.5, high=6.0,
        assumption="with list_wait_weeks nine to ten weeks from referral to admission, near the national median of 2014")
    list_wait_weeks: float = parameter(
        5.5, "mean wait at rest from listing to operation", unit="weeks", low=4.0, high=9.0, assumption="see outpatient_wait_weeks")
    surgery_nights: float = parameter(
        3.0, "mean nights in hospital of an operation with a night", unit="nights", low=2.0, high=4.0, positive=True,
        assumption="a joint takes four to five, most others one or two")
    rebooked_days: float = parameter(
        7.0, "days until somebody cancelled, because the hospital was full, can be operated on", unit="days", low=3.0, high=28.0,
        assumption="the national standard asks for 28 days at most")
    again_days: float = parameter(
        60.0, "days from an operation that failed until it can be done again", unit="days", low=30.0, high=180.0,
        assumption="it takes months to know")


@compiled
def kind_of(p, u, age, rules):
    """Return what a person is referred for: the conditions held and age give shares, one draw decides."""
    held = np.int64(p["conditions"])
    if held & OSTEOARTHRITIS:
        if u < rules.joint_share:
            return JOINT
        u -= rules.joint_share
    if held & CHD:
        if u < rules.heart_share:
            return HEART
        u -= rules.heart_share
    if age >= 60 - YOUNGEST and u < rules.eyes_share:
        return EYES
    return OTHER


@compiled
def leaving_day(u, day, rules):
    """Return the day from which somebody who joins a line today would be gone from it."""
    return day + 1 + int(min(-math.log(u) * 7.0 / max(rules.leaves_a_week, 1e-6), 1e8))


@compiled
def form_lines(flow):
    """Let everybody who has joined since take their place at the end of their hospital's line, of those to be seen or of those listed."""
    for k in range(flow.size[N_FORMED_AT], flow.size[N_WAITING_AT]):
        w = flow.waiting[k]
        line = flow.lines[np.int64(w["hospital"]), np.int64(w["stage"]) - TO_BE_SEEN]
        if line[1] < 0:
            line[0] = k
        else:
            flow.next_in_line[line[1]] = k
        line[1] = k
        flow.next_in_line[k] = -1
    flow.size[N_FORMED_AT] = flow.size[N_WAITING_AT]


@compiled
def join(flow, i, trigger, day, leaves, due, hospital, stage, kind):
    """Let a person wait from today, and return the wait; the place in line comes when lines are next formed."""
    w = flow.joined[flow.size[N_WAITING_AT]]
    flow.size[N_WAITING_AT] += 1
    w["person"] = i
    w["trigger"] = trigger
    w["since"] = day
    w["leaves"] = leaves
    w["due"] = due
    w["hospital"] = hospital
    w["stage"] = stage
    w["kind"] = kind
    w["night"] = 0
    return w


@compiled
def refer(flow, i, trigger, day, clock, rules, seed):
    """A referral arrives: the person joins the queue for a first outpatient visit."""
    p = flow.rows[i]
    _, _, u_kind, u_leaves = block(seed, i, trigger // 16, REFERRED, draws.REFERRED_DAY)
    kind = kind_of(p, u_kind, age_index(p, clock), rules)
    flow.planned[np.int64(p["council"]), REFERRED_OUT] += 1
    join(flow, i, trigger, day, leaving_day(u_leaves, day, rules), day, np.int64(p["hospital"]), TO_BE_SEEN, kind)


@compiled
def bear(flow, i, more, left, clock, tables, rules):
    """Add one wait (`more` 1) that a person bears, or take one away (-1); the first and the last change the person's state."""
    before = np.int64(flow.borne[i])
    flow.borne[i] = min(max(before + more, 0), 255)
    p = flow.rows[i]
    flags = np.int64(p["flags"])
    now = flags | record.WAITS if flow.borne[i] > 0 else flags & ~record.WAITS
    if now == flags:
        return
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    p["flags"] = now
    if not np.int64(p["care"]) & record.IN_HOSPITAL:
        update_need(p, i, 0.0, left_to_others(p, flow.consortia[np.int64(p["consortium"])], rules), rules)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)


@compiled
def end_wait(flow, w, left, clock, tables, rules):
    """Take a wait out of its line, and what was borne with it."""
    if w["stage"] == LISTED and w["kind"] != OTHER:
        bear(flow, np.int64(w["person"]), -1, left, clock, tables, rules)
    w["stage"] = GONE


@compiled
def see(flow, w, p, day, left, clock, tables, rules, seed):
    """A first outpatient visit: part of those seen are listed for an operation."""
    i, h, trigger, kind = np.int64(w["person"]), np.int64(w["hospital"]), np.int64(w["trigger"]), np.int64(w["kind"])
    flow.planned[np.int64(p["council"]), SEEN_OUT] += 1
    flow.hospital_planned[h, HOSPITAL_VISITS] += 1
    charge(flow, i, p, h, OUTPATIENT, NEED_DECIDES, 0, flow.hospitals[h].visit_price, rules)
    w["stage"] = GONE
    u_listed, u_leaves, _, _ = block(seed, i, trigger, REFERRED, draws.LISTED)
    if u_listed < rules.listed_share:
        flow.planned[np.int64(p["council"]), LISTED_OUT] += 1
        tell_the_night(join(flow, i, trigger, day, leaving_day(u_leaves, day, rules), day, h, LISTED, kind), flow.hospitals[h], rules, seed)
        if kind != OTHER:
            bear(flow, i, 1, left, clock, tables, rules)


@compiled
def usual_night(kind, rules):
    """Return the chance that an operation takes a night where as many are day cases as were observed."""
    return rules.overnight_major if kind == JOINT or kind == HEART else rules.overnight_other


@compiled
def night_chance(usual, share, at_rest):
    """Return the chance that an operation takes a night, for a hospital whose share of day cases is `share`.

    Over all operations the share without a night comes to `share`, if it came to `at_rest` at the usual chances: above rest
    nights become fewer in one proportion, below it day cases do.
    """
    if share == at_rest:
        return usual
    if share > at_rest:
        return usual * (1.0 - share) / (1.0 - at_rest)
    return 1.0 - (1.0 - usual) * share / at_rest


@compiled
def stays_the_night(i, trigger, kind, hospital, rules, seed):
    """Return whether this operation takes a night in hospital: one draw, so that the lever turns nights of the same people."""
    _, _, u_night, _ = block(seed, i, trigger, REFERRED, draws.LISTED)
    return u_night < night_chance(usual_night(kind, rules), hospital.levers[DAY_CASES], hospital.rest[DAY_CASES])


@compiled
def tell_the_night(w, hospital, rules, seed):
    """Write down of somebody who is listed whether the operation would take a night, at the hospital's share of day cases now."""
    stays = stays_the_night(np.int64(w["person"]), np.int64(w["trigger"]), np.int64(w["kind"]), hospital, rules, seed)
    w["night"] = 1 if stays else 0


@compiled
def nights_can_be_tried(hospital):
    """Return whether an operation with a night can be done, or be booked anew and cancelled."""
    return hospital.list_left >= 1.0 or (hospital.boarding == 0 and has_bed(hospital))


@compiled
def note_what_the_night_costs(flow, i, p, h, trigger, kind, overnight, rules, seed):
    """Note what an operation costs its payer more, or less, because the hospital's share of day cases is not that of rest."""
    _, _, u_night, _ = block(seed, i, trigger, REFERRED, draws.LISTED)
    if overnight == (u_night < usual_night(kind, rules)):
        return
    more = owed(flow, i, h, np.int64(flow.hospitals[h].elective_price) - np.int64(flow.hospitals[h].day_case_price))
    payer = rules.first_consortium + np.int64(p["consortium"])
    note(flow, payer, ELECTIVE, rules.first_hospital + h, DAY_CASES, more if overnight else -more)


@compiled
def take_in(flow, i, p, h, trigger, day, left, clock, tables, rules, seed):
    """Give somebody a bed for the nights of an operation; return whether there was one.

    People who wait in A&E come first, and whoever is in short-term care or waits for care is not taken in before it is settled.
    """
    hospital = flow.hospitals[h]
    if hospital.boarding > 0 or not has_bed(hospital) or flow.case_of[i] >= 0:
        return False
    u = draw(seed, i, trigger, REFERRED, draws.SURGERY_NIGHTS)
    nights = 1 + int(-math.log(u) / math.log(rules.surgery_nights / max(rules.surgery_nights - 1.0, 1e-3)))
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    c = open_case(flow, i, SURGERY, day, day + nights, trigger, 0, h, rules, seed)
    p["care"] = np.int64(p["care"]) | record.IN_HOSPITAL | record.FOR_OPERATION
    take_bed(hospital, c, GENERAL)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)
    return True


@compiled
def operate(flow, w, p, day, left, clock, tables, rules, seed):
    """An operation, unless it needs a night and no bed is free; return whether it was done.

    Who was on today's list is then cancelled and booked anew, and the slot goes to the next in line who needs no bed.
    """
    i, h, trigger, kind = np.int64(w["person"]), np.int64(w["hospital"]), np.int64(w["trigger"]), np.int64(w["kind"])
    hospital = flow.hospitals[h]
    row = flow.planned[np.int64(p["council"])]
    _, _, _, u_success = block(seed, i, trigger, REFERRED, draws.LISTED)
    overnight = w["night"] == 1
    if overnight and not take_in(flow, i, p, h, trigger, day, left, clock, tables, rules, seed):
        if flow.case_of[i] >= 0:
            w["due"] = day + int(rules.rebooked_days)
        elif hospital.list_left >= 1.0:
            w["due"] = day + int(rules.rebooked_days)
            hospital.list_left -= 1.0
            row[CANCELLED_OUT] += 1
            flow.hospital_planned[h, HOSPITAL_CANCELLED] += 1
        return False
    hospital.list_left -= 1.0
    row[OPERATED_OUT] += 1
    row[WAITED_OUT] += day - np.int64(w["since"])
    flow.hospital_planned[h, HOSPITAL_ELECTIVE_STAYS if overnight else HOSPITAL_DAY_CASES] += 1
    price = hospital.elective_price if overnight else hospital.day_case_price
    note_what_the_night_costs(flow, i, p, h, trigger, kind, overnight, rules, seed)
    charge(flow, i, p, h, ELECTIVE, NEED_DECIDES, 0, price, rules)
    if kind != OTHER and u_success >= rules.success:  # borne on, and listed again
        w["stage"] = GONE
        again = follow_up(trigger, REFERRED)
        u_leaves = draw(seed, i, again, REFERRED, draws.LIST_LEAVES)
        listed = join(flow, i, again, day, leaving_day(u_leaves, day, rules), day + int(rules.again_days), h, LISTED, kind)
        tell_the_night(listed, hospital, rules, seed)
        row[LISTED_OUT] += 1
        return True
    end_wait(flow, w, left, clock, tables, rules)
    return True


@compiled
def leave(flow, w, p, left, clock, tables, rules):
    """A person leaves the line unserved."""
    flow.planned[np.int64(p["council"]), LEFT_OUT] += 1
    end_wait(flow, w, left, clock, tables, rules)


@compiled
def ask_for_line(flow, k, day, beds):
    """Ask ahead for the next people of a line whose turn can be today, from wait k on, without `beds` those who need none.

    Returns the wait after them, or -1 at the line's end.
    """
    for _ in range(AHEAD):
        if k < 0:
            break
        w = flow.waiting[k]
        if w["stage"] != GONE and np.int64(w["due"]) <= day and (beds or w["night"] == 0):
            ask_ahead(flow, np.int64(w["person"]))
        k = np.int64(flow.next_in_line[k])
    return k


@compiled
def go_on(flow, k, asked, day, beds):
    """Return the wait after k in its line, and that up to which records were asked for; see :func:`ask_for_line`."""
    if k == asked:
        asked = ask_for_line(flow, k, day, beds)
    return np.int64(flow.next_in_line[k]), asked


@compiled
def comes_first(k, other):
    """Return whether wait k, or -1 at its line's end, was joined before the next of the other line."""
    return k >= 0 and (other < 0 or k < other)


@compiled
def leave_lines(flow, first_hospital, end_hospital, day, left, clock, tables, rules, seed):
    """Once a month: whoever has died, moved away, is dying or would be gone by now leaves the line (others when it is their turn).

    Of those who stay it is told whether the operation would take a night, as hospitals' shares of day cases are this month.
    """
    for h in range(first_hospital, end_hospital):
        for line in range(N_LINES):
            k = asked = np.int64(flow.lines[h, line, 0])
            while k >= 0:
                w = flow.waiting[k]
                k, asked = go_on(flow, k, asked, NO_DAY, True)
                if w["stage"] == GONE:
                    continue
                p = flow.rows[np.int64(w["person"])]
                if np.int64(p["end_month"]) != record.ALIVE:
                    w["stage"] = GONE
                elif day >= np.int64(w["leaves"]) or np.int64(p["flags"]) & record.DYING:
                    leave(flow, w, p, left, clock, tables, rules)
                elif w["stage"] == LISTED:
                    tell_the_night(w, flow.hospitals[h], rules, seed)


@compiled
def open_the_doors(hospital):
    """Add a working day's clinics and theatres to what a hospital can do."""
    hospital.clinic_tokens = min(hospital.clinic_tokens, hospital.clinic_rate + 1.0) + hospital.clinic_rate
    hospital.theatre_tokens = min(hospital.theatre_tokens, hospital.theatre_rate + 1.0) + hospital.theatre_rate
    hospital.list_left = math.floor(hospital.theatre_tokens)


@compiled
def day_of_planned_care(flow, first_hospital, end_hospital, day, left, clock, tables, rules, seed):
    """Serve both lines of hospitals [first, end) for one working day, in the order in which people joined them.

    Whoever is listed today comes another day: lines were formed before.

    Parameters
    ----------
    flow : see ``agents.hospital.daily_flow.Flow``
    left : days to the month's end, this one included
    clock : month that ages are counted at
    """
    for h in range(first_hospital, end_hospital):
        hospital = flow.hospitals[h]
        open_the_doors(hospital)
        visit = asked_visit = np.int64(flow.lines[h, 0, 0])
        operation = asked_operation = np.int64(flow.lines[h, 1, 0])
        while True:
            visit = visit if hospital.clinic_tokens >= 1.0 else -1
            operation = operation if hospital.theatre_tokens >= 1.0 else -1
            if visit < 0 and operation < 0:
                break
            if comes_first(visit, operation):  # both lines together are as people joined them: somebody may be in both
                k = visit
                visit, asked_visit = go_on(flow, k, asked_visit, day, True)
            else:
                k = operation
                operation, asked_operation = go_on(flow, k, asked_operation, day, nights_can_be_tried(hospital))
            w = flow.waiting[k]
            stage = np.int64(w["stage"])
            if stage == GONE or day < np.int64(w["due"]):
                continue
            if w["night"] == 1 and day < np.int64(w["leaves"]) and not nights_can_be_tried(hospital):
                continue  # in a full hospital many are in this way: their own records, far away in memory, are not needed
            p = flow.rows[np.int64(w["person"])]
            if np.int64(p["end_month"]) != record.ALIVE or np.int64(p["care"]) & record.IN_HOSPITAL:
                continue
            if day >= np.int64(w["leaves"]):
                leave(flow, w, p, left, clock, tables, rules)
            elif stage == TO_BE_SEEN:
                see(flow, w, p, day, left, clock, tables, rules, seed)
                hospital.clinic_tokens -= 1.0
            elif operate(flow, w, p, day, left, clock, tables, rules, seed):
                hospital.theatre_tokens -= 1.0


@compiled
def close_lines(flow, first_hospital, end_hospital, kept):
    """At the month's end: write to `kept` the waits of hospitals [first, end) that go on, as people joined, and count them; return how many.

    A wait of somebody who has died or moved away is over.
    """
    n = 0
    for h in range(first_hospital, end_hospital):
        visit = asked_visit = np.int64(flow.lines[h, 0, 0])
        operation = asked_operation = np.int64(flow.lines[h, 1, 0])
        while visit >= 0 or operation >= 0:
            if comes_first(visit, operation):
                k = visit
                visit, asked_visit = go_on(flow, k, asked_visit, NO_DAY, True)
            else:
                k = operation
                operation, asked_operation = go_on(flow, k, asked_operation, NO_DAY, True)
            w = flow.waiting[k]
            p = flow.rows[np.int64(w["person"])]
            if np.int64(p["end_month"]) != record.ALIVE:
                p["flags"] = np.int64(p["flags"]) & ~record.WAITS
                continue
            if w["stage"] == GONE:
                continue
            flow.planned[np.int64(p["council"]), TO_BE_SEEN_OUT if w["stage"] == TO_BE_SEEN else WAITING_OUT] += 1
            kept[n] = w
            n += 1
    return n
