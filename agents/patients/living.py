"""One person's month at home: ageing, onset, frailty, need, informal care, the last phase of life, and what to ask for.

The kernel :func:`live` sweeps rows [lo, hi). It draws as if everyone were at home all month; the daily flow drops what
falls on a hospital day or after a death, and nothing is redrawn. What a day of a person's state amounts to is in
:func:`accrue`; the sweep accrues the whole month and the flow corrects from the day a state changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import block, draw
from agents.parameter import Checked, parameter
from agents.care import judged_package
from agents.patients import record
from agents.patients.conditions import new_condition
from agents.patients.seeking import emergencies, wish_for_assessment
from agents.vocabulary import Funder, Setting

YOUNGEST, OLDEST = 18, 110
N_AGES = OLDEST - YOUNGEST + 1
FRAILTY_STEPS = 256

HOME = int(Setting.HOME)
REABLEMENT = int(Setting.REABLEMENT)
INTERMEDIATE = int(Setting.INTERMEDIATE)
RESIDENTIAL = int(Setting.RESIDENTIAL)
NURSING = int(Setting.NURSING)
NOBODY = int(Funder.NOBODY)
COUNCIL = int(Funder.COUNCIL)
SELF = int(Funder.SELF)


@dataclass(frozen=True, kw_only=True, slots=True)
class LivingBehaviour(Checked):
    """How people's frailty, need and carers change from month to month."""

    frailty_recovery: float = parameter(
        0.12, "share of frailty above a person's settled level that is lost in a month", unit="share a month", low=0.04, high=0.25,
        assumption="half of what a hospital stay takes is regained in some five months")
    frailty_from_unmet: float = parameter(
        0.0006, "frailty gained a month for each hour a week of unmet need", unit="frailty per hour", low=0.0, high=0.0015,
        assumption="direction from the mechanisms page, size unknown: the prior includes zero")
    frailty_ceiling: float = parameter(
        0.70, "most deficits that anyone survives with", unit="share of deficits", low=0.6, high=0.75,
        assumption="deficit counts above two thirds are not seen in the living")
    need_from_decline: float = parameter(
        10.0, "logits of need for one unit of frailty above the settled level", unit="logit", low=4.0, high=16.0,
        assumption="mild to severe frailty (0.3 apart) moves help with daily living by about three logits")
    need_hours: float = parameter(
        9.15, "weekly hours of need where the propensity is one logit above the threshold of any help", unit="hours a week", low=7.0, high=12.0,
        assumption="puts help with two or more activities (P-A.adl-029 to 031) at seven hours and care-home levels at 21")
    need_curve: float = parameter(
        1.2, "power by which hours rise with propensity", unit="power", low=1.0, high=1.5,
        assumption="with need_hours: seven hours at 0.8, 21 hours at 2.0 logits")
    partner_hours: float = parameter(
        18.0, "mean weekly hours that a partner can give", unit="hours a week", low=10.0, high=30.0,
        assumption="co-resident carers mostly give 20 hours and more (P-C.carer-004)")
    family_share: float = parameter(
        0.5, "share of people without a partner who have family or friends that help", unit="share", low=0.35, high=0.65,
        assumption="helped people mostly have informal help only (P-A.adl-024, 025)")
    family_hours: float = parameter(
        6.0, "mean weekly hours that others can give", unit="hours a week", low=3.0, high=10.0,
        assumption="most carers give 1 to 19 hours (P-C.carer-002)")
    comfortable_hours: float = parameter(
        20.0, "weekly hours that a carer can give without growing strain", unit="hours a week", low=10.0, high=30.0,
        assumption="intensive caring is counted from 20 hours (P-C.carer-006)")
    breakdown_a_year: float = parameter(
        0.08, "share of intensive carers who give up in a year", unit="share a year", low=0.04, high=0.15, evidence="P-C.carer-008")
    carer_recovery_a_year: float = parameter(
        0.5, "share of broken carers who take up care again in a year", unit="share a year", low=0.2, high=0.8,
        assumption="half resume within a year")
    sudden_death_share: float = parameter(
        0.25, "share of deaths without a last phase", unit="share", low=0.15, high=0.35,
        assumption="about a quarter of deaths come without a foreseeable decline")
    last_phase_days: float = parameter(
        60.0, "mean days of the last phase of life", unit="days", low=30.0, high=120.0,
        assumption="weeks to months")
    last_phase_need: float = parameter(
        0.8, "logits of need added in the last phase", unit="logit", low=0.3, high=1.5,
        assumption="most people need daily help in their last weeks")
    decline_disutility: float = parameter(
        0.6, "EQ-5D lost for one unit of frailty above the settled level", unit="EQ-5D", low=0.3, high=1.0,
        assumption="0.1 of frailty costs about as much as one moderate condition")


class Tables(NamedTuple):
    """What the evidence says of people, as arrays that kernels read. Ages run from 18 to 110 (93 entries)."""

    death: np.ndarray  # (2, 5, 93) monthly hazard at frailty effect one; sex, deprivation fifth, age
    illness: np.ndarray  # (2, 5, 93) monthly rate of illness contacts at frailty effect one
    onset: np.ndarray  # (14, 2, 93) monthly hazard without relative risks
    onset_tilt: np.ndarray  # (n_consortia, 14) the place's registers over what its ages give
    onset_fifth: np.ndarray  # (14, 5) relative prevalence by deprivation fifth
    onset_ceiling: np.ndarray  # (2, 93) sum over conditions of the hazards' ceilings
    relative_risk: np.ndarray  # (14, 14) of acquiring the first given the second
    relative_risk_mean: np.ndarray  # (14, 2, 93) mean product of relative risks of those free of it
    death_by_frailty: np.ndarray  # (257,) effect of frailty k / 256
    contact_by_frailty: np.ndarray  # (257,)
    severity_shape: np.ndarray  # (93,) 1 / b of severity = 1 - u ** (1 / b)
    frailty_age: np.ndarray  # (2, 93) age part of settled frailty
    frailty_conditions: np.ndarray  # (16384,) deficits of a set of conditions
    frailty_spread: np.ndarray  # (93,) spread of the personal part
    need_age: np.ndarray  # (2, 93) logits
    need_conditions: np.ndarray  # (16384,) logits of a set of conditions
    need_fifth: np.ndarray  # (5,) logits
    unmanaged: np.ndarray  # (16384,) monthly rate of unmanaged crises of a set of conditions
    utility_age: np.ndarray  # (93,) EQ-5D without any condition, rebased
    utility_conditions: np.ndarray  # (16384,) EQ-5D decrement of a set of conditions (negative)
    partner: np.ndarray  # (2, 93) share living with a partner
    partner_loss: np.ndarray  # (2, 93) share losing the partner in a year
    owner: np.ndarray  # (5,) share owning the home
    savings_median: np.ndarray  # (5,) pounds
    prevalence: np.ndarray  # (14, 2, 93) at the start, England
    leaving: np.ndarray  # (n_councils, 2, 93) yearly probability of moving away
    season: np.ndarray  # (12,) April first, mean 1
    stay_scale: np.ndarray  # (93,) scale of the acute phase in days


# Columns of the accrual totals, one row a council, all integers: days, minutes, micro-QALYs and pence.
PERSON_DAYS, UNMET_MINUTES, MICRO_QALYS, COUNCIL_CARE, SELF_CARE = 0, 1, 2, 3, 4
RESIDENTIAL_COUNCIL, RESIDENTIAL_SELF, NURSING_COUNCIL, NURSING_SELF = 5, 6, 7, 8
REABLEMENT_DAYS, INTERMEDIATE_DAYS, WITHHELD, INFORMAL, HOSPITAL_DAYS, PROACTIVE_DAYS = 9, 10, 11, 12, 13, 14
SELF_PENCE = 15
N_TOTALS = 16

EVENT = np.dtype(
    [
        ("day", "i4"),  # since the start
        ("priority", "u4"),  # order within the day
        ("person", "u4"),
        ("trigger", "u4"),  # month of the trigger x 8 + cause: what its later draws are keyed by
        ("severity", "f4"),  # 0 to 1
        ("decider", "u2"),  # party whose decision caused it, or NEED
        ("lever", "u1"),
        ("cause", "u1"),
        ("kind", "u1"),  # CONTACT, REQUEST or DEATH
        ("avoided", "u1"),  # 1: would have happened at reference settings and did not; only noted
        ("hospital_day", "i4"),  # of a return: the day of discharge it follows
    ],
    align=True,
)
CONTACT, REQUEST, DEATH_EVENT = 0, 1, 2
NEED_DECIDES = 65535


@compiled
def age_index(p, clock):
    """Return age - 18 in whole years, held to 0..92. `clock` is the month that ages are counted at."""
    years = (clock - int(p["birth_month"])) // 12 - YOUNGEST
    if years < 0:
        return 0
    if years >= N_AGES:
        return N_AGES - 1
    return years


@compiled
def settle(p, i, age, tables, rules, seed):
    """Set the settled frailty and propensity to need that age, sex, deprivation and conditions give this person."""
    person = int(p["person"])
    sex = person & record.FEMALE
    fifth = (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
    held = int(p["conditions"]) & 0x3FFF
    u_frailty, u_need, _, _ = block(seed, i, 0, 0, draws.FRAILTY_TRAIT)
    logit_frailty = math.log(u_frailty / (1.0 - u_frailty))
    logit_need = math.log(u_need / (1.0 - u_need))
    settled = tables.frailty_age[sex, age] + tables.frailty_conditions[held] + tables.frailty_spread[age] * logit_frailty
    settled = min(max(settled, 0.0), rules.frailty_ceiling - 0.05)
    before = int(p["frailty_trait"]) * 1e-4
    trait = int(settled * 10000.0 + 0.5)
    p["frailty_trait"] = trait
    p["frailty"] = min(max(float(p["frailty"]) + trait * 1e-4 - before, 0.0), rules.frailty_ceiling)
    propensity = tables.need_age[sex, age] + tables.need_conditions[held] + tables.need_fifth[fifth] + logit_need
    p["need_trait"] = int(math.floor(min(max(propensity, -30.0), 30.0) * 1000.0))


@compiled
def weekly_need(p, rules):
    """Return minutes of help needed a week, from the settled propensity and frailty above the settled level."""
    decline = float(p["frailty"]) - int(p["frailty_trait"]) * 1e-4
    propensity = int(p["need_trait"]) * 1e-3 + rules.need_from_decline * decline
    if int(p["flags"]) & record.DYING:
        propensity += rules.last_phase_need
    if propensity <= 0.0:
        return 0
    return min(int(60.0 * rules.need_hours * propensity**rules.need_curve), 7000)


@compiled
def carer_minutes(p, i, rules, seed):
    """Return minutes a week that family and friends can give: a trait of the person, more with a partner."""
    if int(p["flags"]) & record.CARER_BROKEN:
        return 0
    _, _, u, _ = block(seed, i, 0, 0, draws.FRAILTY_TRAIT)  # lane 2: CARER_TRAIT
    if int(p["person"]) & record.PARTNER:
        return min(int(-60.0 * rules.partner_hours * math.log(u)), 5000)
    if u >= rules.family_share:
        return 0
    return min(int(-60.0 * rules.family_hours * math.log(u / rules.family_share)), 5000)


@compiled
def unmet_minutes(p):
    """Return minutes a week of need that nobody meets today; none in hospital, short-term care or a care home."""
    care = int(p["care"])
    if care & record.IN_HOSPITAL or care & record.SETTING_MASK != HOME:
        return 0
    gap = int(p["need"]) - int(p["informal"]) - int(p["package"])
    return gap if gap > 0 else 0


@compiled
def utility_a_day(p, age, tables, rules):
    """Return micro-QALYs of one day in this state."""
    decline = float(p["frailty"]) - int(p["frailty_trait"]) * 1e-4
    value = tables.utility_age[age] + tables.utility_conditions[int(p["conditions"]) & 0x3FFF] - rules.decline_disutility * decline
    return int(min(max(value, 0.0), 1.0) * (1e6 / 365.25))


@compiled
def accrue(p, age, days, tables, rules, prices, totals):
    """Add `days` of this person's present state (negative: take them back) to the person's and the council's totals."""
    council = int(p["council"])
    care = int(p["care"])
    setting = care & record.SETTING_MASK
    funder = (care >> record.FUNDER_SHIFT) & record.FUNDER_MASK
    micro = utility_a_day(p, age, tables, rules) * days
    p["qalys"] = int(p["qalys"]) + micro
    row = totals[council]
    row[PERSON_DAYS] += days
    row[MICRO_QALYS] += micro
    if int(p["flags"]) & record.PROACTIVE:
        row[PROACTIVE_DAYS] += days
    pence = 0
    if setting >= RESIDENTIAL:  # the place is kept, and paid, through a stay in hospital
        if funder == SELF:
            pence = int(prices[council, setting - RESIDENTIAL + 1]) * days
        row[RESIDENTIAL_COUNCIL + 2 * (setting - RESIDENTIAL) + (1 if funder == SELF else 0)] += days
    if care & record.IN_HOSPITAL:
        p["days_in_hospital"] = int(p["days_in_hospital"]) + days
        row[HOSPITAL_DAYS] += days
    else:
        p["days_at_home"] = int(p["days_at_home"]) + (days if setting < RESIDENTIAL else 0)
        if setting == HOME:
            need = int(p["need"])
            if need > 0:
                informal = min(int(p["informal"]), need) // 7 * days
                unmet = unmet_minutes(p) // 7 * days
                row[INFORMAL] += informal
                row[UNMET_MINUTES] += unmet
                p["unmet"] = int(p["unmet"]) + unmet
            package = int(p["package"]) // 7
            if package != 0:
                if funder == SELF:
                    row[SELF_CARE] += package * days
                    pence = package * int(prices[council, 0]) // 60 * days
                else:
                    row[COUNCIL_CARE] += package * days
            row[WITHHELD] += int(p["withheld"]) // 7 * days
        elif setting == REABLEMENT:
            row[REABLEMENT_DAYS] += days
        elif setting == INTERMEDIATE:
            row[INTERMEDIATE_DAYS] += days
    if pence != 0:
        p["out_of_pocket"] = int(p["out_of_pocket"]) + pence
        row[SELF_PENCE] += pence


@compiled
def review(p, levers, rest_levers, care):
    """Judge a council package afresh: yearly, at the birthday month."""
    now = judged_package(p, levers[int(p["council"])], care)
    at_rest = judged_package(p, rest_levers[int(p["council"])], care)
    p["package"] = now
    p["withheld"] = min(max(at_rest - now, -32000), 32000)


@compiled
def birthday(p, i, month, age, tables, rules, seed, levers, rest_levers):
    """Once a year: settled traits, the partner, moving away, the carer's return, and the review of a package."""
    person = int(p["person"])
    sex = person & record.FEMALE
    u_partner, u_move, u_return, _ = _yearly_draws(seed, i, month)
    if person & record.PARTNER and u_partner < tables.partner_loss[sex, age]:
        p["person"] = person & ~record.PARTNER
    flags = int(p["flags"]) & ~record.REFUSED
    if flags & record.CARER_BROKEN and u_return < rules.carer_recovery_a_year:
        flags &= ~record.CARER_BROKEN
        p["strain"] = 0.0
    p["flags"] = flags
    care = int(p["care"])
    if u_move < tables.leaving[int(p["council"]), sex, age] and care == 0 and int(p["end_month"]) == record.ALIVE:
        p["end_month"] = month
        p["flags"] = flags | record.LEFT
    settle(p, i, age, tables, rules, seed)
    funder = (care >> record.FUNDER_SHIFT) & record.FUNDER_MASK
    if funder == SELF and int(p["capital"]) < rules.upper_capital_limit:
        if care & record.SETTING_MASK >= RESIDENTIAL or int(p["package"]) > 0:
            p["care"] = (care & ~(record.FUNDER_MASK << record.FUNDER_SHIFT)) | (COUNCIL << record.FUNDER_SHIFT)
            funder = COUNCIL
    if funder == COUNCIL and care & record.SETTING_MASK == HOME:
        review(p, levers, rest_levers, rules)


@compiled
def _yearly_draws(seed, i, month):
    u_partner = draw(seed, i, month, 0, draws.PARTNER_LOSS)
    u_move = draw(seed, i, month, 0, draws.MIGRATION)
    u_return = draw(seed, i, month, 0, draws.CARER_RETURN)
    return u_partner, u_move, u_return, 0.0


@compiled
def carer_strain(p, load_minutes, u, rules):
    """Move the carer's strain towards the load; return True if the carer gives up this month."""
    over = (load_minutes / 60.0 - rules.comfortable_hours) / rules.comfortable_hours
    strain = float(p["strain"])
    strain += 0.2 * (min(max(over, 0.0), 1.0) - strain)
    p["strain"] = strain
    return u < strain * rules.breakdown_a_year / 12.0 * 2.0


@compiled
def live(
    rows, lo, hi, month, clock, first_day, days, onset_on, seed, tables, rules, prices,
    levers, rest_levers, events, totals, counts,
):
    """Sweep rows [lo, hi) through one month; return how many events were written.

    Parameters
    ----------
    rows : RECORD array, all people
    month, clock : month since the start, and the month that ages are counted at (held in frozen demography)
    first_day, days : the month's first day since the start, and its length
    onset_on : whether conditions begin (not in frozen demography)
    tables, rules : see :class:`Tables` and ``model.rules``
    prices : shape (n_councils, 3), pence: an hour, a residential and a nursing day paid by oneself
    levers, rest_levers : shape (n_councils, 9): the councils' levers now and at rest
    events : EVENT array, written from 0; large enough for four events a person
    totals : shape (n_councils, N_TOTALS) int64, added to
    counts : shape (n_councils, 4) int64, added to: people, with package, in care homes, deaths by leaving
    """
    n = 0
    year_part = days * 12.0 / 365.25
    calendar_month = month % 12
    season = tables.season[calendar_month]
    for i in range(lo, hi):
        p = rows[i]
        if int(p["end_month"]) < month:
            continue
        age = age_index(p, clock)
        if (month - int(p["birth_month"])) % 12 == 0:
            birthday(p, i, month, age, tables, rules, seed, levers, rest_levers)
            if int(p["flags"]) & record.LEFT:
                counts[int(p["council"]), 3] += 1
                continue
        person = int(p["person"])
        sex = person & record.FEMALE
        fifth = (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
        u_onset, u_death, u_illness, u_request = block(seed, i, month, 0, draws.ONSET)

        if onset_on and u_onset < tables.onset_ceiling[sex, age] * year_part:
            if new_condition(p, i, month, sex, age, fifth, tables, seed):
                settle(p, i, age, tables, rules, seed)

        # Frailty above the settled level fades; unmet need adds to it.
        settled = int(p["frailty_trait"]) * 1e-4
        decline = float(p["frailty"]) - settled
        unmet_before = int(p["unmet_recent"])
        if decline != 0.0 or unmet_before > 0:
            decline = decline * (1.0 - rules.frailty_recovery) + rules.frailty_from_unmet * unmet_before / 60.0
            p["frailty"] = min(max(settled + decline, 0.0), rules.frailty_ceiling)
        frailty = float(p["frailty"])
        step = int(frailty * FRAILTY_STEPS)

        gave_up = False
        need = 0
        if int(p["need_trait"]) > -8000 or int(p["flags"]) & record.DYING:
            need = weekly_need(p, rules)
            p["need"] = need
            care = int(p["care"])
            if need > 0 and care & record.SETTING_MASK < RESIDENTIAL:
                informal = min(need, carer_minutes(p, i, rules, seed))
                p["informal"] = informal
                if informal > 60.0 * rules.comfortable_hours or float(p["strain"]) > 0.0:
                    _, _, _, u_break = block(seed, i, month, 0, draws.UNMET)
                    if carer_strain(p, float(informal), u_break, rules):
                        gave_up = True
                        p["flags"] = int(p["flags"]) | record.CARER_BROKEN
                        p["informal"] = 0
            else:
                p["informal"] = 0

        flags = int(p["flags"])
        if flags & record.DYING == 0:
            if u_death < tables.death[sex, fifth, age] * tables.death_by_frailty[step] * year_part:
                n = begin_last_phase(p, i, month, first_day, days, rules, seed, events, n)
        n = emergencies(p, i, month, first_day, days, sex, fifth, age, step, season, year_part, gave_up, u_illness, tables, rules, seed, events, n)
        care = int(p["care"])
        if need > 0 and care & record.SETTING_MASK == HOME:
            if wish_for_assessment(p, u_request, rules):
                p["flags"] = int(p["flags"]) | record.ASKED
                events[n]["day"] = first_day + int(draw(seed, i, month, 0, draws.REQUEST_DAY) * days)
                events[n]["priority"] = int(draw(seed, i, month, 8, draws.PRIORITY) * 4294967295.0)
                events[n]["person"] = i
                events[n]["trigger"] = month * 16 + 8
                events[n]["kind"] = REQUEST
                events[n]["severity"] = 0.0
                events[n]["cause"] = 0
                events[n]["decider"] = NEED_DECIDES
                events[n]["lever"] = 0
                events[n]["avoided"] = 0
                events[n]["hospital_day"] = -1
                n += 1

        before = int(p["out_of_pocket"])
        accrue(p, age, days, tables, rules, prices, totals)
        spent = int(p["out_of_pocket"]) - before
        if spent > 0:
            p["capital"] = max(int(p["capital"]) - spent // 100, 0)
        p["unmet_recent"] = unmet_minutes(p)
        council = int(p["council"])
        counts[council, 0] += 1
        if int(p["package"]) > 0:
            counts[council, 1] += 1
        if care & record.SETTING_MASK >= RESIDENTIAL:
            counts[council, 2] += 1
    return n


@compiled
def begin_last_phase(p, i, month, first_day, days, rules, seed, events, n):
    """Begin dying: set the day of death, at once for a share of people, else after weeks or months."""
    u_sudden, u_days = draw(seed, i, month, 0, draws.DYING_DAYS), draw(seed, i, month, 0, draws.DEATH_DAY)
    day = first_day + int(u_days * days)
    p["flags"] = int(p["flags"]) | record.DYING
    if u_sudden >= rules.sudden_death_share:
        rest = (u_sudden - rules.sudden_death_share) / (1.0 - rules.sudden_death_share)
        day += min(int(-rules.last_phase_days * math.log(1.0 - rest)), 365)
    events[n]["day"] = day
    events[n]["priority"] = 0
    events[n]["person"] = i
    events[n]["trigger"] = month * 16
    events[n]["severity"] = 1.0
    events[n]["cause"] = 0
    events[n]["decider"] = NEED_DECIDES
    events[n]["lever"] = 0
    events[n]["kind"] = DEATH_EVENT
    events[n]["avoided"] = 0
    events[n]["hospital_day"] = -1
    return n + 1
