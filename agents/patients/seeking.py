"""Seeking help: why a person turns up as an emergency this month, sees a GP or nurse, or asks the council for an assessment.

Illness is one process of many severities: its worst months are emergencies, others end in general practice. Every cause is its own clock with its own draw. To change how people seek help, edit the small rules below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agents import draws
from agents.compiled import compiled, inlined
from agents.draws import block, draw
from agents.parameter import Checked, parameter
from agents.patients import record
from agents.patients.conditions import HELD, SEVERE_SHIFT
from agents.vocabulary import Cause, Lever

ILLNESS = int(Cause.ILLNESS)
UNMET = int(Cause.UNMET)
UNMANAGED = int(Cause.UNMANAGED)
BREAKDOWN = int(Cause.BREAKDOWN)
LAST_PHASE = int(Cause.LAST_PHASE)
PROACTIVE_LEVER = int(Lever.PROACTIVE)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeekingBehaviour(Checked):
    """How often people turn up as emergencies, by cause, and how readily they ask for care."""

    contacts_per_unmet_hour: float = parameter(
        0.0015, "emergency contacts a month for each hour a week of unmet need", unit="contacts a month per hour", low=0.0, high=0.004,
        assumption="the direction is known; a wide prior that includes zero and stays under the avoidable share (P-B.ae-018)")
    unmet_hours_counted: float = parameter(
        21.0, "weekly hours of unmet need beyond which more makes no more contacts", unit="hours a week", low=10.0, high=40.0,
        assumption="the worst-off are found sooner in other ways")
    unmanaged_share: float = parameter(
        0.12, "share of contacts that better management of conditions might have prevented", unit="share", low=0.04, high=0.167,
        assumption="at most the ambulatory-care-sensitive share of admissions (P-B.emerg-018)")
    last_phase_contacts: float = parameter(
        0.45, "emergency contacts a month in the last phase of life", unit="contacts a month", low=0.2, high=0.8,
        assumption="people mostly have one or two emergencies in their last months")
    breakdown_contact: float = parameter(
        0.4, "chance that a carer's giving up brings the person to hospital", unit="share", low=0.1, high=0.7,
        assumption="weak inputs: carer stress is cited in a third of care-home admissions")
    low_severity: float = parameter(
        0.6, "severity of contacts from unmet need and breakdown, relative to illness", unit="ratio", low=0.4, high=0.9,
        assumption="mostly A&E rather than beds: the literature finds attendances rather than admissions")
    proactive_prevents: float = parameter(
        0.15, "share of unmanaged crises that proactive care prevents", unit="share", low=0.0, high=0.35,
        assumption="case management shows little or no effect: the prior includes zero")
    proactive_finds: float = parameter(
        0.04, "more illness contacts of people on the proactive list, as cases are found", unit="ratio", low=0.0, high=0.1,
        assumption="case management finds cases: the direction is known, the size is not")
    missed_to_ae: float = parameter(
        0.05, "share of GP and nurse consultations not had that become a mild attendance at A&E", unit="share", low=0.0, high=0.2,
        assumption="studies of 2012 to 2014 find more attendances where appointments are harder to get: the direction is known, the prior includes zero")
    unmanaged_by_access: float = parameter(
        0.3, "more unmanaged crises where no consultation can be had at all", unit="ratio", low=0.0, high=0.5,
        assumption="in proportion, 6% fewer for 0.2 more continuity (P-B.gp-019, recalled) says 0.3; access is not continuity, so the prior includes zero")
    asks_a_month: float = parameter(
        0.04, "chance a month that a person with ten hours or more of unmet need asks for an assessment", unit="share a month", low=0.02, high=0.15,
        assumption="puts assessments near the national number of new clients (T-C-009); most unmet need is never put to a council (T-C-018)")
    asks_if_paying: float = parameter(
        0.4, "how readily people ask who would have to pay in full, relative to others", unit="ratio", low=0.2, high=0.8,
        assumption="self-funders mostly arrange for themselves")


EVENT = np.dtype(
    [
        ("day", "i4"),  # since the start
        ("priority", "u4"),  # order within the day
        ("person", "u4"),
        ("trigger", "u4"),  # month of the trigger x 16 + cause: what its later draws are keyed by
        ("severity", "f4"),  # 0 to 1
        ("decider", "u2"),  # party whose decision caused it, or NEED
        ("lever", "u1"),
        ("cause", "u1"),
        ("kind", "u1"),  # CONTACT, REQUEST, DEATH_EVENT or REFERRAL
        ("avoided", "u1"),  # 1: would have happened at reference settings and did not; only noted
        ("afternoon", "u1"),  # 1: comes after the ward round of its day, as far as it is told yet
    ],
    align=True,
)
CONTACT, REQUEST, DEATH_EVENT, REFERRAL = 0, 1, 2, 3
REFERRED = 10  # what a referral's draws are keyed by, beside causes (0 to 6), requests (8) and the last crisis (9)
ASKED_FOR = 5  # first column of the counts with consultations asked for, one a consortium; then as many with those not had
MOST_CONSULTATIONS = 30  # in a month
MOST_COUNTED = 4  # conditions: consultations rise with their number up to here
NEED_DECIDES = 65535


@compiled
def write_event(event, day, priority, person, trigger, kind, cause, severity, decider, lever, avoided):
    """Fill one EVENT record."""
    event["day"] = day
    event["priority"] = priority
    event["person"] = person
    event["trigger"] = trigger
    event["kind"] = kind
    event["cause"] = cause
    event["severity"] = severity
    event["decider"] = decider
    event["lever"] = lever
    event["avoided"] = avoided
    event["afternoon"] = 0


@compiled
def unmet_rate(minutes, rules):
    """Return contacts a month from `minutes` a week of unmet need."""
    return rules.contacts_per_unmet_hour * min(minutes / 60.0, rules.unmet_hours_counted)


@compiled
def happens(u, rate):
    """Return whether a clock of this monthly `rate` strikes: probability 1 - exp(-rate), at most once a month."""
    return u < rate and u < 1.0 - math.exp(-rate)


@compiled
def severity_of(u, age, scale, tables):
    """Return a severity in (0, 1): 1 - u ** (1 / b), with b falling as age rises, times `scale`."""
    return (1.0 - math.pow(u, tables.severity_shape[age])) * scale


@compiled
def write_contact(p, i, month, first_day, days, age, cause, scale, decider, lever, avoided, tables, seed, events, n):
    """Write one emergency contact with its day, severity and place in the day's order; return the next free event."""
    u_day, u_severity, u_priority, _ = block(seed, i, month, cause, draws.CONTACT_DAY)
    day = first_day + int(u_day * days)
    severity = severity_of(u_severity, age, scale, tables)
    write_event(events[n], day, int(u_priority * 4294967295.0), i, month * 16 + cause, CONTACT, cause, severity, decider, lever, avoided)
    return n + 1


@compiled
def number_of_conditions(held):
    """Return how many conditions a bit mask holds, at most MOST_COUNTED: pairs, fours and eights of bits added side by side."""
    pairs = held - ((held >> 1) & 0x1555)
    fours = (pairs & 0x3333) + ((pairs >> 2) & 0x3333)
    eights = (fours + (fours >> 4)) & 0x0F0F
    return min((eights + (eights >> 8)) & 0x1F, MOST_COUNTED)


@compiled
def consultations(u, rate, mean):
    """Return this month's number of GP and nurse consultations, and what is left of the draw: what the draw of an illness comes to short of an emergency.

    One scale of severity: `u` below p = 1 - exp(-rate) is an emergency, and no consultation. What lies beyond is
    stretched to (0, 1) and turned into a number by inversion of a geometric distribution: the nearer to an emergency, the more.
    Where it falls between two numbers is itself uniform on (0, 1) whatever the number, and low where the next is near.

    Parameters
    ----------
    u : the illness draw
    rate : of illness emergencies this month
    mean : of the number, among people who have no emergency
    """
    if (u - rate) * (1.0 + mean) >= mean * (1.0 - rate):  # since p is at most the rate, most months end here
        return 0, 1.0
    share = mean / (1.0 + mean)  # chance of one more
    left = 1.0 - (1.0 - u) * math.exp(rate)
    if left <= 0.0:
        return 0, 1.0
    number = 0
    top = 1.0  # share ** number
    limit = share
    for _ in range(6):  # without leaving the loop: a branch that nobody can foresee costs more than the sums
        number += 1 if left < limit else 0
        top = limit if left < limit else top
        limit *= share
    while left < limit and number < MOST_CONSULTATIONS:
        number += 1
        top = limit
        limit *= share
    return number, (left / top - share) * (1.0 + mean)


@compiled
def missed_consultations(i, month, number, access, seed):
    """Return how many of `number` consultations cannot be had: the mean is their share, one draw rounds it."""
    return int(number * (1.0 - access) + draw(seed, i, month, 0, draws.GP_MISSED))


@inlined
def emergencies(p, i, month, first_day, days, sex, fifth, age, step, season, year_part, gave_up, u_illness, u_unmanaged, tables, rules, councils, consortia, counts, seed, events, n):
    """Let each cause's clock strike or not, and write the contacts; return the next free event.

    Illness is one process: the same draw says whether it comes to an emergency and, if not, how often a GP or nurse is
    consulted; part of those consultations end in a referral to a hospital. Where not all who ask are seen, some of those go to A&E, as ill as they are: mildly.

    A contact that today's levers cause and reference levers would not is marked with its decider; one that they
    avoid is written with ``avoided`` 1 and only noted. Both come from the same draw.
    """
    flags = np.int64(p["flags"])
    listed = flags & record.PROACTIVE != 0
    listed_at_rest = flags & record.PROACTIVE_AT_REST != 0
    list_of = np.int64(p["consortium"])
    consortium = rules.first_consortium + list_of
    council = np.int64(p["council"])
    conditions = np.int64(p["conditions"])
    held = conditions & HELD
    access = consortia[list_of].gp_access

    rate = tables.illness[sex, fifth, age] * tables.contact_by_frailty[step] * season * year_part
    found = rate * (1.0 + rules.proactive_finds) if listed else rate
    now = happens(u_illness, found)
    then = now
    if listed != listed_at_rest:
        then = happens(u_illness, rate * (1.0 + rules.proactive_finds) if listed_at_rest else rate)
    if now or then:
        n = write_contact(p, i, month, first_day, days, age, ILLNESS, 1.0, consortium if now != then else NEED_DECIDES,
                          PROACTIVE_LEVER if now != then else 0, 0 if now else 1, tables, seed, events, n)
    asked, left = consultations(u_illness, found, tables.gp_age[sex, age] * tables.gp_conditions[number_of_conditions(held)] * year_part)
    if asked > 0:
        counts[council, ASKED_FOR + list_of] += asked
        had = asked
        if access < 1.0:
            missed = missed_consultations(i, month, asked, access, seed)
            counts[council, ASKED_FOR + consortia.shape[0] + list_of] += missed
            had -= missed
            if missed > 0 and draw(seed, i, month, 0, draws.GP_TURNED) < rules.missed_to_ae * missed:
                n = write_contact(p, i, month, first_day, days, age, ILLNESS, rules.low_severity, NEED_DECIDES, 0, 0, tables, seed, events, n)
        if left < tables.referral[age] * had:
            u_day, u_priority, _, _ = block(seed, i, month, REFERRED, draws.REFERRED_DAY)
            write_event(events[n], first_day + int(u_day * days), int(u_priority * 4294967295.0), i, month * 16 + REFERRED, REFERRAL, 0, 0.0, NEED_DECIDES, 0, 0)
            n += 1

    quiet = (tables.unmanaged[held] + tables.severe_unmanaged[conditions >> SEVERE_SHIFT]) * year_part
    if access < 1.0:
        quiet *= 1.0 + rules.unmanaged_by_access * (1.0 - access)
    if u_unmanaged < quiet:
        now = happens(u_unmanaged, quiet * (1.0 - rules.proactive_prevents) if listed else quiet)
        then = now
        if listed != listed_at_rest:
            then = happens(u_unmanaged, quiet * (1.0 - rules.proactive_prevents) if listed_at_rest else quiet)
        if now or then:
            caused = now != then
            n = write_contact(p, i, month, first_day, days, age, UNMANAGED, 1.0, consortium if caused else NEED_DECIDES,
                              PROACTIVE_LEVER if caused else 0, 0 if now else 1, tables, seed, events, n)

    minutes = np.int64(p["unmet_recent"])
    withheld = np.int64(p["withheld"])
    dying = flags & record.DYING != 0
    if minutes == 0 and withheld == 0 and not dying and not gave_up:
        return n
    u_unmet, _, u_last, _ = block(seed, i, month, 0, draws.UNMET)
    if minutes > 0 or withheld != 0:
        now = happens(u_unmet, unmet_rate(minutes, rules) * year_part)
        then = now if withheld == 0 else happens(u_unmet, unmet_rate(max(minutes - withheld, 0), rules) * year_part)
        if now or then:
            lever = councils[council].withheld_lever
            caused = now != then
            n = write_contact(p, i, month, first_day, days, age, UNMET, rules.low_severity, rules.first_council + council if caused else NEED_DECIDES,
                              lever if caused else 0, 0 if now else 1, tables, seed, events, n)
    if dying and happens(u_last, rules.last_phase_contacts * year_part):
        n = write_contact(p, i, month, first_day, days, age, LAST_PHASE, 1.0, NEED_DECIDES, 0, 0, tables, seed, events, n)
    if gave_up:
        u_day, u_severity, u_priority, u_goes = block(seed, i, month, BREAKDOWN, draws.CONTACT_DAY)
        if u_goes < rules.breakdown_contact:
            n = write_contact(p, i, month, first_day, days, age, BREAKDOWN, rules.low_severity, NEED_DECIDES, 0, 0, tables, seed, events, n)
    return n


@compiled
def wish_for_assessment(p, u, rules):
    """Return whether this person asks the council for an assessment this month."""
    if np.int64(p["flags"]) & (record.ASKED | record.REFUSED):
        return False
    gap = np.int64(p["need"]) - np.int64(p["informal"]) - np.int64(p["package"])
    if gap <= 0:
        return False
    chance = rules.asks_a_month * min(gap / 600.0, 1.0)
    if np.int64(p["capital"]) > rules.upper_capital_limit:
        chance *= rules.asks_if_paying
    return u < chance
