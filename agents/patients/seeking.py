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
from agents.patients.prevention import falls_factor
from agents.patients.services import (
    CARE_HOME_SUPPORT,
    DEMENTIA,
    MENTAL_ILLNESS,
    RESIDENTIAL,
    team_comes_or_goes,
    with_team,
)
from agents.vocabulary import Cause, Lever

ILLNESS = int(Cause.ILLNESS)
UNMET = int(Cause.UNMET)
UNMANAGED = int(Cause.UNMANAGED)
BREAKDOWN = int(Cause.BREAKDOWN)
LAST_PHASE = int(Cause.LAST_PHASE)
PROACTIVE_LEVER, GP_ACCESS, PREVENTION_LEVER = int(Lever.PROACTIVE), int(Lever.GP_ACCESS), int(Lever.PREVENTION)
MENTAL_HEALTH_LEVER, DEMENTIA_LEVER = int(Lever.MENTAL_HEALTH), int(Lever.DEMENTIA)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeekingBehaviour(Checked):
    """How often people turn up as emergencies, by cause, and how readily they ask for care."""

    illness: float = parameter(
        1.0, "emergencies and consultations from illness, as a multiple of what is usual for age, sex, deprivation, frailty and season", unit="multiple",
        low=0.9, high=1.1, positive=True, assumption="what was fitted; a bad winter is more than usual, from one month to another")
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
    continuity_by_supply: float = parameter(
        0.2, "share of consultations more that are with one's usual doctor, for each unit of supply over demand", unit="share", low=0.0, high=0.5,
        assumption="where there is room people can wait for their own doctor; small practices reach 0.70, large ones 0.59 (P-B.gp-018); the range includes none")
    unmanaged_by_continuity: float = parameter(
        0.31, "fewer unmanaged crises where all consultations are with one's usual doctor rather than none", unit="ratio", low=0.18, high=0.43,
        evidence="P-B.gp-019")
    asks_a_month: float = parameter(
        0.04, "chance a month that a person with ten hours or more of unmet need asks for an assessment", unit="share a month", low=0.02, high=0.15,
        assumption="puts assessments near the national number of new clients (T-C-009); most unmet need is never put to a council (T-C-018)")
    asks_by_charges: float = parameter(
        0.1, "how many fewer ask, of people who would not pay in full, where charges are doubled; as many more where there are none", unit="share", low=0.0, high=0.4,
        assumption="people who expect to be charged ask less: direction known, size not; the prior includes no effect")
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
        ("kind", "u1"),  # CONTACT, REQUEST, DEATH_EVENT, REFERRAL or FOLLOW_UP
        ("avoided", "u1"),  # 1: would have happened at reference settings and did not; only noted. Of a FOLLOW_UP: the row is another's by now
        ("afternoon", "u1"),  # 1: comes after the ward round of its day, as far as it is told yet
    ],
    align=True,
)
CONTACT, REQUEST, DEATH_EVENT, REFERRAL, FOLLOW_UP = 0, 1, 2, 3, 4
REFERRED = 10  # what a referral's draws are keyed by, beside causes (0 to 6), requests (8) and the last crisis (9)
ASKED_FOR = 5  # first column of the counts with consultations asked for, one a consortium; then as many with those not had
MOST_CONSULTATIONS = 30  # in a month
USUAL_DOCTOR = 0.61  # P-B.gp-018: share of consultations that are with one's usual doctor, England 2011 to 2013
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


@compiled
def services_prevent(held, consortium):
    """Return what mental-health and dementia services multiply the unmanaged crises of a person by, relative to rest."""
    factor = 1.0
    if held & MENTAL_ILLNESS:
        factor *= consortium.mental_crises
    if held & DEMENTIA:
        factor *= consortium.dementia_crises
    return factor


@compiled
def distance(factor):
    """Return how far a factor is from changing nothing, the same up as down."""
    return abs(math.log(max(factor, 1e-9)))


@compiled
def lever_of_crisis(by_list, by_gp, by_team, held, consortium):
    """Return the lever that changes a person's rate of unmanaged crises most, up or down.

    Parameters
    ----------
    by_list, by_gp, by_team : what the proactive list, general practice and a care home's team multiply the rate by
    """
    lever, most = PROACTIVE_LEVER, distance(by_list)
    if distance(by_gp) > most:
        lever, most = GP_ACCESS, distance(by_gp)
    if distance(by_team) > most:
        lever, most = CARE_HOME_SUPPORT, distance(by_team)
    if held & MENTAL_ILLNESS and distance(consortium.mental_crises) > most:
        lever, most = MENTAL_HEALTH_LEVER, distance(consortium.mental_crises)
    if held & DEMENTIA and distance(consortium.dementia_crises) > most:
        lever, most = DEMENTIA_LEVER, distance(consortium.dementia_crises)
    return lever


@compiled
def continuity_of(supply, supply_at_rest, rules):
    """Return the share of consultations with one's usual doctor at a supply over demand, where it is USUAL_DOCTOR at rest."""
    return min(max(USUAL_DOCTOR + rules.continuity_by_supply * (supply - supply_at_rest), 0.0), 1.0)


@compiled
def unmanaged(p, i, month, first_day, days, age, quiet, u, team, together, tables, rules, served, seed, events, n):
    """Write the crisis that `u` makes of somebody's conditions, if today's levers bring it or those of rest would have.

    Parameters
    ----------
    quiet : monthly rate where general practice has room and services are as at rest
    team : 1 or -1 where the health team of the person's care home has come or gone since rest, else 0
    together : what social workers in the team multiply the share by that proactive care prevents
    served : CONSORTIUM_STATE record of the person's consortium
    """
    flags, held = np.int64(p["flags"]), np.int64(p["conditions"]) & HELD
    listed, listed_at_rest = flags & record.PROACTIVE != 0, flags & record.PROACTIVE_AT_REST != 0
    by_gp, at_rest = served.continuity_crises, quiet
    if served.gp_access < 1.0:
        quiet *= 1.0 + rules.unmanaged_by_access * (1.0 - served.gp_access)
    if served.gp_access_at_rest < 1.0:
        at_rest *= 1.0 + rules.unmanaged_by_access * (1.0 - served.gp_access_at_rest)
    by_gp *= quiet / at_rest if at_rest > 0.0 else 1.0
    by_team = with_team(rules.home_contacts, team)
    quiet *= served.continuity_crises * services_prevent(held, served) * by_team
    prevented = 1.0 - min(rules.proactive_prevents * together, 1.0)
    now = happens(u, quiet * prevented if listed else quiet)
    then = now
    if listed != listed_at_rest or quiet != at_rest:
        then = happens(u, at_rest * prevented if listed_at_rest else at_rest)
    if not now and not then:
        return n
    decider, lever = NEED_DECIDES, 0
    if now != then:
        decider = rules.first_consortium + np.int64(p["consortium"])
        lever = lever_of_crisis(1.0 if listed == listed_at_rest else prevented, by_gp, by_team, held, served)
    return write_contact(p, i, month, first_day, days, age, UNMANAGED, 1.0, decider, lever, 0 if now else 1, tables, seed, events, n)


@compiled
def turned_away(p, i, month, first_day, days, age, asked, tables, rules, served, seed, events, n):
    """Write the mild contact at A&E of somebody who cannot have all the consultations asked for, now or at rest's capacity."""
    missed = missed_consultations(i, month, asked, served.gp_access, seed)
    at_rest = missed_consultations(i, month, asked, served.gp_access_at_rest, seed)
    if missed == 0 and at_rest == 0:
        return n
    u = draw(seed, i, month, 0, draws.GP_TURNED)
    now, then = u < rules.missed_to_ae * missed, u < rules.missed_to_ae * at_rest
    if not now and not then:
        return n
    decider, lever = (NEED_DECIDES, 0) if now == then else (rules.first_consortium + np.int64(p["consortium"]), GP_ACCESS)
    return write_contact(p, i, month, first_day, days, age, ILLNESS, rules.low_severity, decider, lever, 0 if now else 1, tables, seed, events, n)


@inlined
def emergencies(p, i, month, first_day, days, sex, fifth, age, step, season, year_part, gave_up, u_illness, u_unmanaged, tables, rules, councils, consortia, counts, seed, events, n):
    """Let each cause's clock strike or not, and write the contacts; return the next free event.

    Illness is one process: the same draw says whether it comes to an emergency and, if not, how often a GP or nurse is
    consulted; part of those consultations end in a referral to a hospital. Where not all who ask are seen, some of those go to A&E, as ill as they are: mildly.

    A contact that today's levers cause and reference levers would not is marked with its decider; one that they
    avoid is written with ``avoided`` 1 and only noted. Both come from the same draw. Where several levers have moved, it
    goes to the one that changes the rate most (:func:`lever_of_crisis`), a care home's team before the proactive list.
    """
    flags = np.int64(p["flags"])
    listed = flags & record.PROACTIVE != 0
    listed_at_rest = flags & record.PROACTIVE_AT_REST != 0
    list_of = np.int64(p["consortium"])
    consortium = rules.first_consortium + list_of
    council = np.int64(p["council"])
    conditions = np.int64(p["conditions"])
    held = conditions & HELD
    served = consortia[list_of]
    access = min(served.gp_access, served.gp_access_at_rest)
    team = 0
    if np.int64(p["care"]) & record.SETTING_MASK >= RESIDENTIAL:
        team = team_comes_or_goes(p, i, served, rules)

    unprevented = rules.illness * tables.illness[sex, fifth, age] * tables.contact_by_frailty[step] * season * year_part
    rate = unprevented * falls_factor(age, councils[council].prevention, rules)
    found = rate * (1.0 + rules.proactive_finds) if listed else rate
    if team != 0:
        found *= with_team(rules.home_contacts, team)
    now = happens(u_illness, found)
    then, decider, lever = now, NEED_DECIDES, 0
    if listed != listed_at_rest or team != 0:
        then = happens(u_illness, rate * (1.0 + rules.proactive_finds) if listed_at_rest else rate)
        if now != then:
            decider, lever = consortium, PROACTIVE_LEVER if team == 0 else CARE_HOME_SUPPORT
    if rate != unprevented and now == then:
        then = happens(u_illness, unprevented * (1.0 + rules.proactive_finds) if listed_at_rest else unprevented)
        if now != then:
            decider, lever = rules.first_council + council, PREVENTION_LEVER
    if now or then:
        n = write_contact(p, i, month, first_day, days, age, ILLNESS, 1.0, decider, lever, 0 if now else 1, tables, seed, events, n)
    asked, left = consultations(u_illness, found, tables.gp_age[sex, age] * tables.gp_conditions[number_of_conditions(held)] * year_part)
    if asked > 0:
        counts[council, ASKED_FOR + list_of] += asked
        had = asked
        if access < 1.0:
            n = turned_away(p, i, month, first_day, days, age, asked, tables, rules, served, seed, events, n)
            missed = missed_consultations(i, month, asked, served.gp_access, seed)
            counts[council, ASKED_FOR + consortia.shape[0] + list_of] += missed
            had -= missed
        if left < tables.referral[age] * had:
            u_day, u_priority, _, _ = block(seed, i, month, REFERRED, draws.REFERRED_DAY)
            write_event(events[n], first_day + int(u_day * days), int(u_priority * 4294967295.0), i, month * 16 + REFERRED, REFERRAL, 0, 0.0, NEED_DECIDES, 0, 0)
            n += 1

    quiet = (tables.unmanaged[held] + tables.severe_unmanaged[conditions >> SEVERE_SHIFT]) * year_part
    if u_unmanaged < quiet * (1.0 + rules.unmanaged_by_access * (1.0 - access)) * served.most_crises:
        n = unmanaged(p, i, month, first_day, days, age, quiet, u_unmanaged, team, councils[council].proactive_factor, tables, rules, served, seed, events, n)

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
    if dying:
        now = happens(u_last, rules.last_phase_contacts * year_part * with_team(rules.home_contacts, team))
        then = now if team == 0 else happens(u_last, rules.last_phase_contacts * year_part)
        if now or then:
            n = write_contact(p, i, month, first_day, days, age, LAST_PHASE, 1.0, consortium if now != then else NEED_DECIDES,
                              CARE_HOME_SUPPORT if now != then else 0, 0 if now else 1, tables, seed, events, n)
    if gave_up:
        u_day, _u_severity, u_priority, u_goes = block(seed, i, month, BREAKDOWN, draws.CONTACT_DAY)
        if u_goes < rules.breakdown_contact:
            n = write_contact(p, i, month, first_day, days, age, BREAKDOWN, rules.low_severity, NEED_DECIDES, 0, 0, tables, seed, events, n)
    return n


@compiled
def wish_for_assessment(p, u, charges, free, rules):
    """Return whether this person asks the council for an assessment this month.

    Parameters
    ----------
    charges : what the council charges, as a multiple of the charges observed: whoever would pay in full pays the provider, and does not look at it
    free : whether there would be nothing to pay
    """
    if np.int64(p["flags"]) & (record.ASKED | record.REFUSED):
        return False
    gap = np.int64(p["need"]) - np.int64(p["informal"]) - np.int64(p["package"])
    if gap <= 0:
        return False
    chance = rules.asks_a_month * min(gap / 600.0, 1.0)
    if np.int64(p["capital"]) > rules.upper_capital_limit and not free:
        chance *= rules.asks_if_paying
    else:
        chance *= max(1.0 - rules.asks_by_charges * ((0.0 if free else charges) - 1.0), 0.0)
    return u < chance
