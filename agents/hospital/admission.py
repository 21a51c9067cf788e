"""The way in, compiled: an emergency arrives, is seen in A&E or goes straight to a ward, and is admitted or not."""

from __future__ import annotations

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import block, draw
from agents.hospital.billing import charge, is_return, owed, price_today
from agents.hospital.books import follow_up, note, schedule
from agents.hospital.state import (
    ACUTE,
    ADMISSIONS_BY_CELL,
    ADMISSIONS_OUT,
    AMBULATORY_BY_CELL,
    AMBULATORY_OUT,
    ATTENDED_OUT,
    BOARDING,
    CONTACTS_OUT,
    GENERAL,
    HOSPITAL_ADMISSIONS,
    HOSPITAL_AE_MINUTES,
    HOSPITAL_ATTENDANCES,
    IN_INTERIM,
    IN_INTERMEDIATE,
    IN_REABLEMENT,
    INTERMEDIATE_OUT,
    LATE_OUT,
    OLDER,
    READMITTED_OUT,
    STEPPED_UP_OUT,
    UNIT,
    UNTREATED_DEATHS_OUT,
    close,
    decline,
    funder_of,
    hand_over,
    open_case,
    set_care,
)
from agents.hospital.stays import acute_days, admission_chance, grave, minutes_in_ae, recovery_days
from agents.hospital.wards import linger, take_bed
from agents.patients import record
from agents.patients.groups import cell_of
from agents.patients.living import HOME, INTERMEDIATE, YOUNGEST, accrue, age_index
from agents.patients.seeking import CONTACT, DEATH_EVENT, NEED_DECIDES
from agents.vocabulary import Cause, Lever, Service

RETURN, UNTREATED = int(Cause.RETURN), int(Cause.UNTREATED)
ILLNESS, UNMANAGED = int(Cause.ILLNESS), int(Cause.UNMANAGED)
DISCHARGE_READINESS, ADMISSION_THRESHOLD = int(Lever.DISCHARGE_READINESS), int(Lever.ADMISSION_THRESHOLD)
ATTENDANCE, SPELL = int(Service.ATTENDANCE), int(Service.EMERGENCY_SPELL)

NOTHING = -1.0  # minutes in A&E of a contact that does not happen
FOUR_HOURS = 240.0  # minutes, the standard (P-B.tariff-004)
CORRIDOR_FROM = 0.8  # assumption, 0.5 to 0.9: share of A&E's places that people who wait for a bed keep at most; others wait in the corridor


@compiled
def leave_short_term_care(flow, c, p, council):
    """Free the place of someone who dies in, or is admitted from, reablement, intermediate care or an interim bed."""
    state = np.int64(c["state"])
    if state == IN_REABLEMENT:
        council.reablement_used -= 1
    elif state == IN_INTERMEDIATE:
        flow.consortia[np.int64(p["consortium"])].intermediate_used -= 1
    elif state == IN_INTERIM:
        council.home_used -= 1
    else:
        return
    p["care"] = np.int64(p["care"]) & ~record.SETTING_MASK | HOME


@compiled
def ambulatory(i, trigger, cause, tables, seed):
    """Return whether this emergency is ambulatory-care-sensitive: every unmanaged crisis is, and a share of illness."""
    if cause == ILLNESS:
        return draw(seed, i, trigger, 1, draws.AMBULATORY) < tables.ambulatory_illness
    return cause == UNMANAGED


@compiled
def comes_through_ae(i, trigger, severity, rules, seed):
    """Return whether an emergency comes through A&E; the others go straight to a ward through a GP."""
    return draw(seed, i, trigger, 1, draws.ROUTE) >= rules.direct_share * severity


@compiled
def arrival_hour(i, trigger, rules, seed):
    """Return the hour of the day, with its fraction, at which an emergency arrives: few come at night."""
    u = draw(seed, i, trigger, 1, draws.ARRIVAL_HOUR)
    if u < rules.arrive_by_eight:
        return 8.0 * u / rules.arrive_by_eight
    if u < rules.arrive_by_twenty:
        return 8.0 + 12.0 * (u - rules.arrive_by_eight) / (rules.arrive_by_twenty - rules.arrive_by_eight)
    return 20.0 + 4.0 * (u - rules.arrive_by_twenty) / (1.0 - rules.arrive_by_twenty)


@compiled
def crowding_of(hospital, rules):
    """Return by how much the threshold in use is raised by people who wait in A&E for a bed."""
    return rules.crowding_threshold * hospital.boarding / max(hospital.beds, 1)


@compiled
def slowed_by(hospital):
    """Return the factor by which A&E is slower because people who wait for a bed take its places."""
    return 1.0 / (1.0 - min(hospital.boarding / max(hospital.cubicles, 1.0), CORRIDOR_FROM))


@compiled
def arrive(flow, e, day, clock, rules, seed):
    """An emergency contact comes about: count it and, in A&E, bill it; return minutes that A&E takes over it, crowding apart.

    Returns 0 for somebody who goes straight to a ward and NOTHING if there is no contact after all: the person is in hospital
    already, or a decision has avoided it, which is noted.
    """
    i = np.int64(e["person"])
    p = flow.rows[i]
    if np.int64(p["care"]) & record.IN_HOSPITAL:
        return NOTHING
    h = np.int64(p["hospital"])
    hospital = flow.hospitals[h]
    row = flow.out[np.int64(p["council"])]
    cause, trigger, severity = np.int64(e["cause"]), np.int64(e["trigger"]), np.float64(e["severity"])
    decider, lever = np.int64(e["decider"]), np.int64(e["lever"])
    if e["avoided"] == 1:
        partner = np.int64(p["person"]) & record.PARTNER != 0
        at_rest = admission_chance(severity, hospital.rest[ADMISSION_THRESHOLD] + crowding_of(hospital, rules), partner, rules)
        payer = rules.first_consortium + np.int64(p["consortium"])
        note(flow, payer, SPELL, decider, lever, -owed(flow, i, h, int(at_rest * price_today(hospital, p, day))))
        note(flow, payer, ATTENDANCE, decider, lever, -owed(flow, i, h, hospital.attendance_price))
        return NOTHING
    p["contacts"] = min(np.int64(p["contacts"]) + 1, 255)
    row[CONTACTS_OUT + cause] += 1
    if not comes_through_ae(i, trigger, severity, rules, seed):
        return 0.0
    row[ATTENDED_OUT] += 1
    flow.hospital_out[h, HOSPITAL_ATTENDANCES] += 1
    charge(flow, i, p, h, ATTENDANCE, decider, lever, hospital.attendance_price, rules)
    minutes = minutes_in_ae(draw(seed, i, trigger, 1, draws.TREATMENT), age_index(p, clock) + YOUNGEST, rules)
    flow.hospital_out[h, HOSPITAL_AE_MINUTES] += int(minutes)
    return minutes


@compiled
def settle_emergency(flow, e, day, hour, left, clock, tables, rules, seed):
    """The decision at the end of A&E, or at the door of a ward: admitted, to an alternative, or home; return whether admitted."""
    i = np.int64(e["person"])
    p = flow.rows[i]
    h = np.int64(p["hospital"])
    hospital = flow.hospitals[h]
    trigger, severity = np.int64(e["trigger"]), np.float64(e["severity"])
    decider, lever = np.int64(e["decider"]), np.int64(e["lever"])
    crowding = crowding_of(hospital, rules)
    partner = np.int64(p["person"]) & record.PARTNER != 0
    chance = admission_chance(severity, hospital.levers[ADMISSION_THRESHOLD] + crowding, partner, rules)
    at_rest = admission_chance(severity, hospital.rest[ADMISSION_THRESHOLD] + crowding, partner, rules)
    u_admit, _, _, u_harm = block(seed, i, trigger, 1, draws.ADMISSION)
    admitted = u_admit < chance
    if admitted != (u_admit < at_rest) and decider == NEED_DECIDES:
        decider = rules.first_hospital + h
        lever = ADMISSION_THRESHOLD
        if not admitted:
            note(flow, rules.first_consortium + np.int64(p["consortium"]), SPELL, decider, lever, -owed(flow, i, h, price_today(hospital, p, day)))
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    if not admitted:
        send_home(flow, p, i, day, trigger, severity, u_harm, decider, lever, rules, seed)
    elif not step_up(flow, p, i, h, day, trigger, severity, rules, seed):
        admit(flow, e, p, i, h, day, hour, decider, lever, age, tables, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)
    return admitted


@compiled
def step_up(flow, p, i, h, day, trigger, severity, rules, seed):
    """Look after somebody in intermediate care instead of a bed, if a place is free; return whether it was done.

    It is an alternative for frail people whose emergency is not grave and who are in no other line or short-term care.
    """
    consortium = flow.consortia[np.int64(p["consortium"])]
    if grave(severity) > 0.0 or np.float64(p["frailty"]) < rules.frail_from or flow.case_of[i] >= 0 or np.int64(p["care"]) & record.SETTING_MASK != HOME:
        return False
    if consortium.intermediate_used + 1.0 > consortium.intermediate_places or draw(seed, i, trigger, 1, draws.STEP_UP) >= rules.step_up_share:
        return False
    consortium.intermediate_used += 1
    set_care(p, INTERMEDIATE, funder_of(p))
    hand_over(flow, p)
    flow.out[np.int64(p["council"]), STEPPED_UP_OUT] += 1
    flow.out[np.int64(p["council"]), INTERMEDIATE_OUT] += 1
    open_case(flow, i, IN_INTERMEDIATE, day, day + int(rules.intermediate_days), trigger, 0, h, rules, seed)
    return True


@compiled
def admit(flow, e, p, i, h, day, hour, decider, lever, age, tables, rules, seed):
    """Begin a spell, in a bed if there is one, else in A&E."""
    cause, trigger, severity = np.int64(e["cause"]), np.int64(e["trigger"]), np.float64(e["severity"])
    row = flow.out[np.int64(p["council"])]
    hospital = flow.hospitals[h]
    cell = cell_of(p, age)
    row[ADMISSIONS_OUT + cause] += 1
    row[ADMISSIONS_BY_CELL + cell] += 1
    if ambulatory(i, trigger, cause, tables, seed):
        row[AMBULATORY_OUT] += 1
        row[AMBULATORY_BY_CELL + cell] += 1
    flow.hospital_out[h, HOSPITAL_ADMISSIONS] += 1
    hand_over(flow, p)
    returned = is_return(p, day)
    if returned:
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
    due = day + int(hour / 24.0 + acute + ready * recovery)
    c = open_case(flow, i, ACUTE, day, due, trigger, cause, h, rules, seed)
    c["decider"] = decider
    c["lever"] = lever
    c["hour"] = hour
    c["returned"] = 1 if returned else 0
    c["recovery"] = min(int((1.0 - ready) * recovery + 0.5), 30000)
    c["recovery_at_rest"] = min(int((1.0 - at_rest) * recovery + 0.5), 30000)
    c["recovery_all"] = min(int(recovery + acute + 1.0), 30000)
    c["wanted"] = OLDER if age >= 75 - YOUNGEST and np.float64(p["frailty"]) >= rules.frail_from else GENERAL
    p["care"] = np.int64(p["care"]) | record.IN_HOSPITAL
    if take_bed(hospital, c, UNIT):
        linger(c, day, rules)
        return
    c["state"] = BOARDING
    hospital.boarding += 1
    if draw(seed, i, trigger, 1, draws.HARM_BOARDING) < rules.boarding_death * grave(severity):
        schedule(flow, day + 1, i, follow_up(trigger, UNTREATED), DEATH_EVENT, UNTREATED, severity, decider, lever, 0)


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
def attend(flow, e, day, left, clock, tables, rules, seed):
    """An emergency contact, by the day: the whole of A&E at once.

    Whoever is not waiting for a bed leaves A&E late if it takes more than four hours by itself; for the others see
    :func:`agents.hospital.daily_flow.give_beds`, which reads A&E's minutes from the case's `hazard`.
    """
    minutes = arrive(flow, e, day, clock, rules, seed)
    if minutes == NOTHING:
        return
    i = np.int64(e["person"])
    hour = arrival_hour(i, np.int64(e["trigger"]), rules, seed)
    h = np.int64(flow.rows[i]["hospital"])
    minutes *= slowed_by(flow.hospitals[h])
    settle_emergency(flow, e, day, hour, left, clock, tables, rules, seed)
    k = flow.case_of[i]
    if k >= 0 and flow.cases[k]["state"] == BOARDING:
        flow.cases[k]["hazard"] = minutes
    elif minutes > FOUR_HOURS:
        flow.out[np.int64(flow.rows[i]["council"]), LATE_OUT] += 1
