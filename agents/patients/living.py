"""One person's month at home: ageing, onset, frailty, need, informal care, the last phase of life, and what to ask for.

The kernel :func:`live` sweeps rows [lo, hi). It draws as if everyone were at home all month; the daily flow drops what
falls on a hospital day or after a death, and nothing is redrawn. What a day of a person's state amounts to is in
:func:`accrue`; the sweep accrues the whole month and the flow corrects from the day a state changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agents import draws
from agents.care import CHARGES, care_is_free, entitle, judged_package, pays_for_care, reason_unmet, set_funder
from agents.compiled import compiled, inlined
from agents.draws import block, draw, normal_score
from agents.parameter import Checked, parameter
from agents.patients import record
from agents.patients.conditions import HELD, SEVERE_SHIFT, new_condition, progress
from agents.patients.groups import N_BANDS, N_CELLS, band_of
from agents.patients.quality import social_care_lost, takes_budget
from agents.patients.seeking import (
    CONTACT,
    DEATH_EVENT,
    LAST_PHASE,
    MOST_COUNTED,
    NEED_DECIDES,
    REQUEST,
    emergencies,
    wish_for_assessment,
    write_event,
)
from agents.patients.services import (
    CARE_HOME_SUPPORT,
    FACTORS,
    felt_load,
    left_to_others,
    recovery_pace,
    team_comes_or_goes,
    with_team,
)
from agents.vocabulary import N_AGES, N_CONDITIONS, N_REASONS, N_UNMET, YOUNGEST, Funder, Lever, Setting

FRAILTY_STEPS = 256
CONDITION_SETS = 1 << N_CONDITIONS
N_LEVERS = len(Lever)
NEED_SPREAD = 1.8138  # standard deviation of a standard logistic: odds ratios of conditions act on this scale
NEED_WITH_FRAILTY = 0.75  # assumption, 0.5 to 0.9: correlation of personal frailty and personal need at equal age and conditions

WHOLLY_DEPENDENT = 30.0  # assumption, 20 to 40: weekly hours beyond that level at which need adds all that it can add
CRISIS_RANGE = 0.3  # assumption, 0.1 to 0.5: last crises are as severe as from one less this to one
DEAR_PENCE = 10_000_000  # care that costs a person so much, 100,000 pounds, is what one in ten face from 65 on (P-C.means-006)
FINAL = 9  # trigger of the last crisis, beside those of causes (0 to 6) and requests (8)

HOME = int(Setting.HOME)
REABLEMENT = int(Setting.REABLEMENT)
INTERMEDIATE = int(Setting.INTERMEDIATE)
RESIDENTIAL = int(Setting.RESIDENTIAL)
NURSING = int(Setting.NURSING)
NOBODY = int(Funder.NOBODY)
COUNCIL = int(Funder.COUNCIL)
SELF = int(Funder.SELF)
NHS_PAYS = int(Funder.NHS)


@dataclass(frozen=True, kw_only=True, slots=True)
class LivingBehaviour(Checked):
    """How people's frailty, need and carers change from month to month."""

    frailty_recovery: float = parameter(
        0.12, "share of frailty above a person's settled level that is lost in a month", unit="share a month", low=0.04, high=0.25,
        assumption="half of what a hospital stay takes is regained in some five months")
    trait_kept: float = parameter(
        0.75, "correlation over a year of the personal parts of frailty and need", unit="share", low=0.6, high=0.9,
        assumption="gives yearly transitions from fit to frail near the published ones (P-A.frail-027 to 029)")
    frailty_from_unmet: float = parameter(
        0.0006, "frailty gained a month for each hour a week of unmet need", unit="frailty per hour", low=0.0, high=0.0015,
        assumption="the direction is known, the size is not: the prior includes zero")
    frailty_ceiling: float = parameter(
        0.70, "most deficits that anyone survives with", unit="share of deficits", low=0.6, high=0.75,
        assumption="deficit counts above two thirds are not seen in the living")
    need_from_decline: float = parameter(
        10.0, "logits of need for one unit of frailty above the settled level", unit="logit", low=4.0, high=16.0,
        assumption="mild to severe frailty (0.3 apart) moves help with daily living by about three logits")
    need_from_illness: float = parameter(
        2.0, "logits of need added at the beginning of a recovery from an acute illness", unit="logit", low=1.0, high=3.0,
        assumption="a frail person who went in managing alone mostly needs daily help at first")
    need_hours: float = parameter(
        7.0, "weekly hours of need where the propensity is one logit above the threshold of any help", unit="hours a week", low=5.5, high=9.5,
        assumption="puts the shares that need help with two or more activities (P-A.adl-029 to 031) at some eight hours")
    need_curve: float = parameter(
        1.2, "power by which hours rise with propensity", unit="power", low=1.0, high=1.5,
        assumption="with need_hours: five hours at 0.8, 16 hours at 2.0 logits")
    partner_share: float = parameter(
        0.55, "share of partners who can care for the other", unit="share", low=0.4, high=0.8, positive=True,
        assumption="fewer than half of those who need help get any (P-A.adl-001, 002 against 013, 014); many partners are frail themselves")
    partner_hours: float = parameter(
        28.0, "mean weekly hours that such a partner can give", unit="hours a week", low=15.0, high=45.0,
        assumption="co-resident carers mostly give 20 hours and more (P-C.carer-004)")
    family_share: float = parameter(
        0.4, "share of people without a partner who have family or friends that help", unit="share", low=0.25, high=0.6, positive=True,
        assumption="helped people mostly have informal help only (P-A.adl-024, 025), and fewer than half get any")
    family_hours: float = parameter(
        6.0, "mean weekly hours that others can give", unit="hours a week", low=3.0, high=10.0,
        assumption="most carers give 1 to 19 hours (P-C.carer-002)")
    comfortable_hours: float = parameter(
        20.0, "weekly hours that a carer can give without growing strain", unit="hours a week", low=10.0, high=30.0, positive=True,
        assumption="intensive caring is counted from 20 hours (P-C.carer-006)")
    breakdown_a_year: float = parameter(
        0.08, "share of intensive carers who give up in a year", unit="share a year", low=0.04, high=0.15, evidence="P-C.carer-008")
    carer_recovery_a_year: float = parameter(
        0.5, "share of broken carers who take up care again in a year", unit="share a year", low=0.2, high=0.8,
        assumption="half resume within a year")
    death_with_need: float = parameter(
        0.18, "most that need adds to the yearly hazard of death, at equal age and frailty", unit="a year", low=0.08, high=0.35,
        assumption="with frailty: a quarter of care-home residents die in a year (P-C.prov-009), at 70 not many fewer than at 90")
    dependent_hours: float = parameter(
        15.0, "weekly hours of need up to which need adds nothing to the hazard of death", unit="hours a week", low=8.0, high=25.0,
        assumption="help once or twice a day goes with a long life, above all among women")
    sudden_death_share: float = parameter(
        0.25, "share of deaths without a last phase", unit="share", low=0.15, high=0.35,
        assumption="about a quarter of deaths come without a foreseeable decline")
    last_phase_days: float = parameter(
        60.0, "mean days of the last phase of life", unit="days", low=30.0, high=120.0,
        assumption="weeks to months")
    crisis_at_home: float = parameter(
        0.75, "share of deaths of people at home before which help is called for in a last crisis", unit="share", low=0.5, high=0.9,
        assumption="most people who die at the end of an illness go to hospital in their last days; the place of death that follows is checked (T-A-045)")
    crisis_in_care: float = parameter(
        0.35, "the same of people who live in a care home", unit="share", low=0.15, high=0.6,
        assumption="most care-home residents die where they live")
    crisis_days: float = parameter(
        9.0, "mean days from the last crisis to the death", unit="days", low=4.0, high=20.0,
        assumption="last admissions mostly last one to two weeks")
    sudden_reaches: float = parameter(
        0.6, "share of sudden collapses that call for help and reach hospital alive, among those at whose side somebody would call", unit="share", low=0.3, high=0.9,
        assumption="many sudden deaths are pronounced where they happen")
    sudden_days: float = parameter(
        3.0, "mean days that someone lives who reached hospital after a sudden collapse", unit="days", low=1.0, high=7.0,
        assumption="hours to some days")
    last_phase_need: float = parameter(
        0.8, "logits of need added in the last phase", unit="logit", low=0.3, high=1.5,
        assumption="most people need daily help in their last weeks")
    decline_disutility: float = parameter(
        0.6, "EQ-5D lost for one unit of frailty above the settled level", unit="EQ-5D", low=0.3, high=1.0,
        assumption="0.1 of frailty costs about as much as one moderate condition")


TABLES = np.dtype(
    [
        ("death", "f8", (2, 5, N_AGES)),  # monthly hazard at frailty effect one; sex, deprivation fifth, age
        ("illness", "f8", (2, 5, N_AGES)),  # monthly rate of illness contacts at frailty effect one
        ("prevalence", "f8", (N_CONDITIONS, 2, N_AGES)),  # at the start, England
        ("onset", "f8", (N_CONDITIONS, 2, N_AGES)),  # monthly hazard without relative risks
        ("onset_fifth", "f8", (N_CONDITIONS, 5, N_AGES)),  # relative prevalence by deprivation fifth
        ("onset_cap", "f8", (2, N_AGES)),  # most that person and place may multiply an onset by
        ("onset_ceiling", "f8", (2, N_AGES)),  # sum over conditions of the hazards' ceilings, below 1
        ("relative_risk", "f8", (N_CONDITIONS, N_CONDITIONS)),  # of acquiring the first given the second
        ("relative_risk_mean", "f8", (N_CONDITIONS, 2, N_AGES)),  # mean product of relative risks of those free of it
        ("progress", "f8", (N_CONDITIONS,)),  # yearly chance of becoming severe
        ("severe_share", "f8", (N_CONDITIONS,)),  # of holders, at the start
        ("severe_frailty", "f8", (CONDITION_SETS,)),  # deficits that a set of severe stages adds
        ("severe_need", "f8", (CONDITION_SETS,)),  # logits that a set of severe stages adds
        ("severe_utility", "f8", (CONDITION_SETS,)),  # EQ-5D that a set of severe stages takes (negative)
        ("severe_unmanaged", "f8", (CONDITION_SETS,)),  # monthly rate of unmanaged crises that a set of severe stages adds
        ("returns", "f8"),  # what multiplies the chance of a return after discharge
        ("death_by_frailty", "f8", (FRAILTY_STEPS + 1,)),  # effect of frailty k / 256
        ("contact_by_frailty", "f8", (FRAILTY_STEPS + 1,)),
        ("severity_shape", "f8", (N_AGES,)),  # 1 / b of severity = 1 - u ** (1 / b)
        ("frailty_age", "f8", (2, N_AGES)),  # age part of settled frailty
        ("frailty_conditions", "f8", (CONDITION_SETS,)),  # deficits of a set of conditions
        ("frailty_spread", "f8", (N_AGES,)),  # spread of the personal part
        ("need_age", "f8", (2, N_AGES)),  # logits
        ("need_conditions", "f8", (CONDITION_SETS,)),  # logits of a set of conditions
        ("need_fifth", "f8", (5,)),  # logits
        ("unmanaged", "f8", (CONDITION_SETS,)),  # monthly rate of unmanaged crises of a set of conditions
        ("utility_age", "f8", (N_AGES,)),  # EQ-5D without any condition, rebased
        ("utility_conditions", "f8", (CONDITION_SETS,)),  # EQ-5D decrement of a set of conditions (negative)
        ("partner", "f8", (2, N_AGES)),  # share living with a partner
        ("partner_loss", "f8", (2, N_AGES)),  # share losing the partner in a year
        ("residence_growth", "f8", (N_AGES,)),  # chance a year that a resident is outgrown in frozen demography
        ("owner", "f8", (5,)),  # share owning the home, by deprivation fifth
        ("savings_median", "f8", (5,)),  # pounds, by deprivation fifth
        ("season", "f8", (12,)),  # April first, mean 1
        ("stay_scale", "f8", (N_AGES,)),  # scale of the acute phase in days
        ("gp_age", "f8", (2, N_AGES)),  # monthly GP and nurse consultations by sex and age, of people with no condition
        ("gp_conditions", "f8", (MOST_COUNTED + 1,)),  # effect of the number of conditions on them; the last is for more
        ("referral", "f8", (N_AGES,)),  # chance that a consultation ends in a referral
        ("ambulatory_illness", "f8"),  # share of admissions for illness that are ambulatory-care-sensitive
        ("wait", "f8", (N_REASONS,)),  # factors of arranging times in hospital, by reason
    ]
)
"""What the evidence says of people, solved by ``model.epidemiology``: one record that kernels read. Ages 18 to 110."""

COUNCIL_STATE = np.dtype(
    [
        ("levers", "f8", (N_LEVERS,)),  # now, by code
        ("rest", "f8", (N_LEVERS,)),  # at rest, by code
        ("withheld_lever", "i8"),  # the lever charged with care withheld
        ("own_price", "i8", (3,)),  # pence paid by oneself: an hour, a residential and a nursing day
        ("leaving", "f8", (2, N_AGES)),  # yearly chance of moving away
        ("assessment_rate", "f8"),  # a weekday
        ("assessment_tokens", "f8"),
        ("start_rate", "f8"),  # home-care starts a weekday
        ("start_tokens", "f8"),
        ("care_capacity", "i8"),  # weekly minutes that the market can supply
        ("care_used", "i8"),
        ("reablement_places", "f8"),
        ("reablement_used", "i8"),
        ("home_places", "f8"),  # care-home places
        ("home_used", "i8"),
        ("gate", "f8"),  # share of non-critical starts that wait for money
        ("prevention", "f8"),  # what its prevention has built up beyond rest, see agents.patients.prevention
        ("disputes", "f8"),  # 1 where somebody else pays for continuing healthcare, 0 where it comes out of the same purse
        ("dispute_factor", "f8"),  # what trust multiplies the length of disputes by; 1 at rest, as are the next four without teams
        ("planning_factor", "f8"),  # what teams and records multiply the days by that planning a discharge takes,
        ("assessment_factor", "f8"),  # an assessment in hospital,
        ("package_factor", "f8"),  # and arranging home care
        ("proactive_factor", "f8"),  # and the share of crises by that proactive care prevents
        ("assessments_saved", "f8"),  # share of assessments that a partner's stands in for; 0 without a team
        ("free_care", "f8"),  # 1 where care is free to everybody who is granted it, else 0
        ("free_band", "f8"),  # need band from which it is free, by the codes of eligibility; 0 for none
        ("lifetime_cap", "i8"),  # pence that a person pays before it is free; 0 for no cap
        ("free_day", "i8", (2,)),  # pence of a residential and a nursing day that are paid for whoever pays and has free care
        ("own_budgets", "f8"),  # share of people with council home care who take a personal budget
    ]
)
"""What people and care meet of one council."""

CONSORTIUM_STATE = np.dtype(
    [
        ("levers", "f8", (N_LEVERS,)),  # now, by code
        ("rest", "f8", (N_LEVERS,)),  # at rest, by code
        ("tilt", "f8", (N_CONDITIONS,)),  # the place's registers over what its ages give
        ("intermediate_places", "f8"),
        ("intermediate_used", "i8"),
        ("gp_capacity", "f8"),  # GP and nurse consultations a day that can be had
        ("gp_access", "f8"),  # capacity over what was asked for in the month before, at most 1
        ("gp_access_at_rest", "f8"),  # the same at the capacity of rest
        ("continuity_crises", "f8"),  # what seeing one's own doctor more or less than at rest multiplies unmanaged crises by
        ("most_crises", "f8"),  # the most that this and services multiply anybody's unmanaged crises by, 1 or more
        *((factor, "f8") for factor in FACTORS),  # of services, see ``agents.patients.services``; 1 at rest
        ("nursing_adults", "f8"),  # people whom a service could serve as it does at rest: what its capacity costs
        ("mental_adults", "f8"),
        ("dementia_people", "f8"),
        ("continence_people", "f8"),
        ("home_residents", "f8"),
    ]
)
"""What people and care meet of one consortium."""

# Columns of the accrual totals, one row a council, all integers: days, minutes, micro-QALYs and pence.
PERSON_DAYS, UNMET_MINUTES, MICRO_QALYS, COUNCIL_CARE, SELF_CARE = 0, 1, 2, 3, 4
RESIDENTIAL_COUNCIL, RESIDENTIAL_SELF, NURSING_COUNCIL, NURSING_SELF = 5, 6, 7, 8
REABLEMENT_DAYS, INTERMEDIATE_DAYS, WITHHELD, INFORMAL, HOSPITAL_DAYS, SELF_PENCE = 9, 10, 11, 12, 13, 14
UNMET_BY_REASON = 15  # and the eight after it: weekly minutes at the month's start, by agents.vocabulary.Unmet
# What decisions on continuing healthcare, made otherwise than at rest, put on others (negative: take from them): council
# minutes at home, residential and nursing days of councils, and pence that people pay at home and in care homes.
TURNED_MINUTES = UNMET_BY_REASON + N_UNMET
TURNED_RESIDENTIAL, TURNED_NURSING, TURNED_HOME_PENCE, TURNED_RESIDENT_PENCE = (TURNED_MINUTES + k for k in range(1, 5))
CARE_HOME_DAYS = TURNED_MINUTES + 5  # of residents who are not in hospital
# People as the month begins: with a carer who gives more than can be borne without strain, whose carer gave up then, whose
# carer has given up and not come back, and who pay for their own care; then weekly minutes of unmet need by cell.
STRAINED, GAVE_UP, BROKEN, PAYING = (CARE_HOME_DAYS + k for k in range(1, 5))
UNMET_BY_CELL = PAYING + 1
# Care that is free: council minutes at home and days in homes that are not charged for, and days in homes of people who pay the rest.
FREE_CARE = UNMET_BY_CELL + N_CELLS
FREE_RESIDENTIAL, FREE_NURSING, FREE_SELF_RESIDENTIAL, FREE_SELF_NURSING, BUDGET_CARE, SCRQOL_LOST = (FREE_CARE + k for k in range(1, 7))
N_TOTALS = FREE_CARE + 7
"""Then, one column a consortium each: days under continuing healthcare, and days that would have been at rest."""


@compiled
def age_index(p, clock):
    """Return age - 18 in whole years, held to 0..92. `clock` is the month that ages are counted at."""
    years = (clock - np.int64(p["birth_month"])) // 12 - YOUNGEST
    if years < 0:
        return 0
    if years >= N_AGES:
        return N_AGES - 1
    return years


@compiled
def personal_parts(u_frailty, u_need):
    """Return the personal parts of frailty (in spreads) and of need (logits): the frail of an age mostly need the help."""
    z = normal_score(u_frailty)
    other = normal_score(u_need)
    return z, NEED_SPREAD * (NEED_WITH_FRAILTY * z + math.sqrt(1.0 - NEED_WITH_FRAILTY * NEED_WITH_FRAILTY) * other)


@compiled
def common_frailty(sex, age, conditions, tables):
    """Return the frailty that people of this sex, age and set of conditions have in common."""
    brought = tables.frailty_conditions[conditions & HELD] + tables.severe_frailty[conditions >> SEVERE_SHIFT]
    return tables.frailty_age[sex, age] + brought


@compiled
def common_need(sex, fifth, age, conditions, tables):
    """Return the propensity to need help (logits) that people of this kind have in common."""
    common = tables.need_age[sex, age] + tables.need_conditions[conditions & HELD] + tables.need_fifth[fifth]
    return common + tables.severe_need[conditions >> SEVERE_SHIFT]


@compiled
def settled_frailty(p):
    """Return the frailty that a person returns to."""
    return max(np.int64(p["frailty_trait"]), 0) * 1e-4


@compiled
def set_traits(p, frailty, need, rules):
    """Store settled frailty (may be below zero: robust) and propensity to need; frailty above the settled level stays."""
    above = np.float64(p["frailty"]) - settled_frailty(p)
    p["frailty_trait"] = int(math.floor(min(max(frailty, -1.0), rules.frailty_ceiling - 0.05) * 10000.0))
    p["need_trait"] = int(math.floor(min(max(need, -30.0), 30.0) * 1000.0))
    p["frailty"] = min(max(settled_frailty(p) + above, 0.0), rules.frailty_ceiling)


@compiled
def begin_traits(p, i, age, u_frailty, u_need, tables, rules):
    """Give a person the traits of a beginning: what people of the kind have in common, and the personal parts."""
    person = np.int64(p["person"])
    sex = person & record.FEMALE
    fifth = (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
    held = np.int64(p["conditions"])
    frailty, need = personal_parts(u_frailty, u_need)
    p["frailty"] = 0.0
    p["frailty_trait"] = 0
    set_traits(p, common_frailty(sex, age, held, tables) + tables.frailty_spread[age] * frailty, common_need(sex, fifth, age, held, tables) + need, rules)


@compiled
def renew_traits(p, i, month, age_before, age, tables, rules, seed):
    """Once a year: age moves the common part, and the personal part drifts, keeping its spread in the population.

    Without the drift, death would take the frail of every cohort and leave ever fewer of them at each age.
    """
    person = np.int64(p["person"])
    sex = person & record.FEMALE
    fifth = (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
    held = np.int64(p["conditions"])
    u_frailty, u_need, _, _ = block(seed, i, month, 0, draws.FRAILTY_RENEWAL)
    news_frailty, news_need = personal_parts(u_frailty, u_need)
    resident = np.int64(p["care"]) & record.SETTING_MASK >= RESIDENTIAL  # they moved in because they would not recover
    keep = 1.0 if resident else rules.trait_kept
    fresh = math.sqrt(1.0 - keep * keep)
    frailty = np.int64(p["frailty_trait"]) * 1e-4 - common_frailty(sex, age_before, held, tables)
    frailty = keep * frailty * tables.frailty_spread[age] / tables.frailty_spread[age_before] + fresh * tables.frailty_spread[age] * news_frailty
    need = np.int64(p["need_trait"]) * 1e-3 - common_need(sex, fifth, age_before, held, tables)
    set_traits(p, common_frailty(sex, age, held, tables) + frailty, common_need(sex, fifth, age, held, tables) + keep * need + fresh * news_need, rules)


@compiled
def bear_conditions(p, sex, fifth, age, before, tables, rules):
    """Move the settled traits by what new conditions, or a severe stage, bring; `before` is the bits of before."""
    now = np.int64(p["conditions"])
    frailty = np.int64(p["frailty_trait"]) * 1e-4 + common_frailty(sex, age, now, tables) - common_frailty(sex, age, before, tables)
    need = np.int64(p["need_trait"]) * 1e-3 + common_need(sex, fifth, age, now, tables) - common_need(sex, fifth, age, before, tables)
    set_traits(p, frailty, need, rules)


@compiled
def weekly_need(p, illness, rules):
    """Return minutes of help needed a week, from the settled propensity and frailty above the settled level.

    `illness` is the share of a recovery still to come, 0 for people who are not convalescent.
    """
    decline = np.float64(p["frailty"]) - settled_frailty(p)
    propensity = np.int64(p["need_trait"]) * 1e-3 + rules.need_from_decline * decline + rules.need_from_illness * illness
    if np.int64(p["flags"]) & record.WAITS:
        propensity += rules.waiting_need
    if np.int64(p["flags"]) & record.DYING:
        propensity += rules.last_phase_need
    if propensity <= 0.0:
        return 0
    return min(int(60.0 * rules.need_hours * math.pow(propensity, rules.need_curve)), 7000)


@compiled
def death_with_need(need, rules):
    """Return the monthly hazard of death that `need`, minutes a week, adds."""
    beyond = (need / 60.0 - rules.dependent_hours) / WHOLLY_DEPENDENT
    return rules.death_with_need / 12.0 * min(max(beyond, 0.0), 1.0)


@compiled
def carer_minutes(p, i, rules):
    """Return minutes a week that family and friends can give: a trait of the person, more with a partner."""
    if np.int64(p["flags"]) & record.CARER_BROKEN:
        return 0
    _, _, u, _ = block(rules.people_seed, i, 0, 0, draws.FRAILTY_TRAIT)  # lane 2: CARER_TRAIT
    partner = np.int64(p["person"]) & record.PARTNER != 0
    share, hours = (rules.partner_share, rules.partner_hours) if partner else (rules.family_share, rules.family_hours)
    return min(int(-60.0 * hours * math.log(u / share)), 5000) if u < share else 0


@compiled
def update_need(p, i, illness, left, rules):
    """Work out need and informal help afresh after an event.

    `illness` is the share of a recovery still to come, `left` what services leave of the need to others, relative to rest.
    """
    need = int(weekly_need(p, illness, rules) * left)
    p["need"] = need
    p["informal"] = 0 if np.int64(p["care"]) & record.SETTING_MASK >= RESIDENTIAL else min(need, carer_minutes(p, i, rules))


@compiled
def unmet_minutes(p):
    """Return minutes a week of need that nobody meets today; none in hospital, short-term care or a care home."""
    care = np.int64(p["care"])
    if care & record.IN_HOSPITAL or care & record.SETTING_MASK != HOME:
        return 0
    gap = np.int64(p["need"]) - np.int64(p["informal"]) - np.int64(p["package"])
    return gap if gap > 0 else 0


@compiled
def utility_a_day(p, age, tables, rules):
    """Return micro-QALYs of one day in this state."""
    decline = np.float64(p["frailty"]) - settled_frailty(p)
    conditions = np.int64(p["conditions"])
    value = tables.utility_age[age] + tables.utility_conditions[conditions & HELD] - rules.decline_disutility * decline
    value += tables.severe_utility[conditions >> SEVERE_SHIFT]
    if np.int64(p["flags"]) & record.WAITS:
        value -= rules.waiting_loss
    return int(min(max(value, 0.0), 1.0) * (1e6 / 365.25))


@compiled
def accrue_turned(p, days, setting, funder, rules, council, row, n_consortia):
    """Add, for somebody whose claim to continuing healthcare would have been decided otherwise at rest, who pays instead.

    Refused: what the person or the council pays today, in the place of the NHS. Agreed: what they would pay, by today's need,
    savings and levers.
    """
    gap = max(np.int64(p["need"]) - np.int64(p["informal"]), 0)
    if setting == HOME and gap == 0:
        return
    agreed = funder == NHS_PAYS
    put = -days if agreed else days
    row[N_TOTALS + n_consortia + np.int64(p["consortium"])] += put
    pays = pays_for_care(p, setting >= RESIDENTIAL, council, rules) if agreed else funder == SELF
    if setting >= RESIDENTIAL and pays:
        free = council.free_day[setting - RESIDENTIAL] if care_is_free(p, council, rules) else 0
        row[TURNED_RESIDENT_PENCE] += (council.own_price[setting - RESIDENTIAL + 1] - free) * put
    elif setting >= RESIDENTIAL:
        row[TURNED_RESIDENTIAL + setting - RESIDENTIAL] += put
    elif pays:
        bought = int(gap * rules.self_bought) if agreed else np.int64(p["package"])
        row[TURNED_HOME_PENCE] += bought // 7 * council.own_price[0] // 60 * put
    else:
        granted = judged_package(p, council.levers, rules) if agreed else np.int64(p["package"])
        row[TURNED_MINUTES] += granted // 7 * put


@inlined
def accrue(p, age, days, tables, rules, councils, totals):
    """Add `days` of this person's present state (negative: take them back) to the person's and the council's totals."""
    council = np.int64(p["council"])
    care = np.int64(p["care"])
    setting = care & record.SETTING_MASK
    funder = (care >> record.FUNDER_SHIFT) & record.FUNDER_MASK
    micro = utility_a_day(p, age, tables, rules) * days
    p["qalys"] = np.int64(p["qalys"]) + micro
    row = totals[council]
    row[PERSON_DAYS] += days
    row[MICRO_QALYS] += micro
    pence = 0
    if np.int64(p["need"]) > 0:
        row[SCRQOL_LOST] += social_care_lost(p, unmet_minutes(p), rules) * days
    if setting >= RESIDENTIAL:  # the place is kept, and paid, through a stay in hospital
        nursing = setting - RESIDENTIAL
        free = funder != NHS_PAYS and care_is_free(p, councils[council], rules)
        if funder == SELF:
            pence = councils[council].own_price[nursing + 1] * days
            if free:
                pence -= councils[council].free_day[nursing] * days
        if free:
            row[(FREE_SELF_RESIDENTIAL if funder == SELF else FREE_RESIDENTIAL) + nursing] += days
        if np.int64(p["person"]) & record.TURNED:
            accrue_turned(p, days, setting, funder, rules, councils[council], row, (totals.shape[1] - N_TOTALS) // 2)
        if funder == NHS_PAYS:
            row[N_TOTALS + np.int64(p["consortium"])] += days
        else:
            row[RESIDENTIAL_COUNCIL + 2 * (setting - RESIDENTIAL) + (1 if funder == SELF else 0)] += days
        row[CARE_HOME_DAYS] += 0 if care & record.IN_HOSPITAL else days
    if care & record.IN_HOSPITAL:
        if not care & record.FOR_OPERATION:
            p["days_in_hospital"] = np.int64(p["days_in_hospital"]) + days
        row[HOSPITAL_DAYS] += days
    else:
        p["days_at_home"] = np.int64(p["days_at_home"]) + (days if setting < RESIDENTIAL else 0)
        if setting == HOME:
            need = np.int64(p["need"])
            if need > 0:
                informal = min(np.int64(p["informal"]), need) // 7 * days
                weekly = unmet_minutes(p)
                unmet = weekly // 7 * days
                row[INFORMAL] += informal
                row[UNMET_MINUTES] += unmet
                p["unmet"] = np.int64(p["unmet"]) + unmet
                p["unmet_recent"] = min(max(np.int64(p["unmet_recent"]) + int(weekly * days / 30.0), 0), 65535)
            if np.int64(p["person"]) & record.TURNED:
                accrue_turned(p, days, setting, funder, rules, councils[council], row, (totals.shape[1] - N_TOTALS) // 2)
            package = np.int64(p["package"]) // 7
            if package != 0:
                if funder == SELF:
                    row[SELF_CARE] += package * days
                    pence = package * councils[council].own_price[0] // 60 * days
                elif funder == NHS_PAYS:
                    row[N_TOTALS + np.int64(p["consortium"])] += days
                else:
                    row[COUNCIL_CARE] += package * days
                    if care_is_free(p, councils[council], rules):
                        row[FREE_CARE] += package * days
            row[WITHHELD] += np.int64(p["withheld"]) // 7 * days
        elif setting == REABLEMENT:
            row[REABLEMENT_DAYS] += days
        elif setting == INTERMEDIATE:
            row[INTERMEDIATE_DAYS] += days
    if pence != 0:
        p["out_of_pocket"] = np.int64(p["out_of_pocket"]) + pence
        row[SELF_PENCE] += pence


@compiled
def review(p, council, rules):
    """Judge a council package afresh: yearly, at the birthday month."""
    now = judged_package(p, council.levers, rules)
    at_rest = judged_package(p, council.rest, rules)
    p["package"] = now
    p["withheld"] = min(max(at_rest - now, -32000), 32000)


@compiled
def birthday(p, i, month, age, ageing, tables, rules, seed, council):
    """Once a year: settled traits, the partner, moving away, the carer's return, and the review of a package."""
    person = np.int64(p["person"])
    sex = person & record.FEMALE
    if ageing and person & record.PARTNER and draw(seed, i, month, 0, draws.PARTNER_LOSS) < tables.partner_loss[sex, age]:
        p["person"] = person & ~record.PARTNER
    flags = np.int64(p["flags"]) & ~record.REFUSED
    if flags & record.CARER_BROKEN and draw(seed, i, month, 0, draws.CARER_RETURN) < rules.carer_recovery_a_year:
        flags &= ~record.CARER_BROKEN
        p["strain"] = 0.0
    p["flags"] = flags
    care = np.int64(p["care"])
    leaving = council.leaving[sex, age] if ageing and care & ~record.CAPPED == 0 and np.int64(p["end_month"]) == record.ALIVE else 0.0
    if leaving > 0.0 and draw(seed, i, month, 0, draws.MIGRATION) < leaving:
        p["end_month"] = month
        p["flags"] = flags | record.LEFT
    renew_traits(p, i, month, max(age - 1, 0) if ageing else age, age, tables, rules, seed)
    before = np.int64(p["conditions"])
    if ageing and before & HELD and progress(p, i, month, tables, seed):
        bear_conditions(p, sex, (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK, age, before, tables, rules)
    funder = (care >> record.FUNDER_SHIFT) & record.FUNDER_MASK
    if funder == SELF and np.int64(p["capital"]) < rules.upper_capital_limit:
        if care & record.SETTING_MASK >= RESIDENTIAL or np.int64(p["package"]) > 0:
            set_funder(p, COUNCIL)
            funder = COUNCIL
    if funder == COUNCIL and care & record.SETTING_MASK == HOME and not care & record.IN_HOSPITAL and np.int64(p["package"]) > 0:
        review(p, council, rules)
        if council.free_band > 0.0 and np.int64(p["package"]) > 0 and pays_for_care(p, False, council, rules):  # no longer so much in need
            set_funder(p, SELF)
            p["withheld"] = 0


@compiled
def carer_strain(p, load_minutes, u, rules):
    """Move the carer's strain towards the load; return True if the carer gives up this month."""
    over = (load_minutes / 60.0 - rules.comfortable_hours) / rules.comfortable_hours
    strain = np.float64(p["strain"])
    strain += 0.2 * (min(max(over, 0.0), 1.0) - strain)
    p["strain"] = strain
    return u < strain * rules.breakdown_a_year / 12.0 * 2.0


@compiled
def live(
    rows, lo, hi, month, clock, first_day, days, ageing, seed, tables, rules, councils, consortia, cases, case_of, events, totals, counts,
):
    """Sweep rows [lo, hi) through one month; return how many events were written.

    Parameters
    ----------
    rows : RECORD array, all people
    month, clock : month since the start, and the month that ages are counted at (held in frozen demography)
    first_day, days : the month's first day since the start, and its length
    ageing : whether conditions begin and birthdays change traits (not in frozen demography)
    tables, rules : records, see :data:`TABLES` and ``model.rules``
    councils, consortia : record arrays, see :data:`COUNCIL_STATE` and :data:`CONSORTIUM_STATE`
    cases, case_of : open cases, and each person's (-1: none), shape (people,); only read
    events : EVENT array, written from 0; large enough for four events a person
    totals : shape (n_councils, N_TOTALS + 2 n_consortia) int64, added to
    counts : shape (n_councils, 5 + 2 n_consortia) int64, added to: people, with a package, in care homes, moved away,
        package minutes a week, then by consortium the GP and nurse consultations asked for, and those not had
    """
    n = 0
    year_part = days * 12.0 / 365.25
    calendar_month = month % 12
    season = tables.season[calendar_month]
    for i in range(lo, hi):
        p = rows[i]
        if np.int64(p["end_month"]) < month:
            continue
        age = age_index(p, clock)
        if (month - np.int64(p["birth_month"])) % 12 == 0 and (month > 0 or not ageing):  # month 0's lie behind
            birthday(p, i, month, age, ageing, tables, rules, seed, councils[np.int64(p["council"])])
            if np.int64(p["flags"]) & record.LEFT:
                counts[np.int64(p["council"]), 3] += 1
                continue
        person = np.int64(p["person"])
        sex = person & record.FEMALE
        fifth = (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
        u_onset, u_death, u_illness, u_unmanaged = block(seed, i, month, 0, draws.ONSET)

        if ageing and u_onset < tables.onset_ceiling[sex, age] * year_part:
            before = np.int64(p["conditions"])
            if new_condition(p, i, u_onset / year_part, sex, age, fifth, consortia[np.int64(p["consortium"])].tilt, councils[np.int64(p["council"])].prevention, tables, rules):
                bear_conditions(p, sex, fifth, age, before, tables, rules)

        # Frailty above the settled level fades; unmet need adds to it.
        settled = settled_frailty(p)
        decline = np.float64(p["frailty"]) - settled
        unmet_before = np.int64(p["unmet_recent"])
        if abs(decline) > 1e-5 or unmet_before > 0:
            pace = recovery_pace(p, first_day, consortia[np.int64(p["consortium"])])
            decline = decline * (1.0 - min(rules.frailty_recovery * pace, 1.0)) + rules.frailty_from_unmet * unmet_before / 60.0
            p["frailty"] = min(max(settled + decline, 0.0), rules.frailty_ceiling)
        frailty = np.float64(p["frailty"])
        step = int(frailty * FRAILTY_STEPS)

        gave_up = False
        need = dependency = 0
        if np.int64(p["need_trait"]) > -8000 or np.int64(p["flags"]) & record.DYING:
            need = dependency = weekly_need(p, 0.0, rules)
            if need > 0:
                need = int(need * left_to_others(p, consortia[np.int64(p["consortium"])], rules))
            p["need"] = need
            care = np.int64(p["care"])
            if need > 0 and care & record.SETTING_MASK < RESIDENTIAL:
                informal = min(need, carer_minutes(p, i, rules))
                p["informal"] = informal
                felt = felt_load(p, informal, consortia[np.int64(p["consortium"])], rules)
                if np.int64(p["flags"]) & record.CARER_BROKEN:
                    totals[np.int64(p["council"]), BROKEN] += 1
                if felt > 60.0 * rules.comfortable_hours or np.float64(p["strain"]) > 0.0:
                    totals[np.int64(p["council"]), STRAINED] += 1 if felt > 60.0 * rules.comfortable_hours else 0
                    _, _, _, u_break = block(seed, i, month, 0, draws.UNMET)
                    if carer_strain(p, felt, u_break, rules):
                        gave_up = True
                        totals[np.int64(p["council"]), GAVE_UP] += 0 if np.int64(p["flags"]) & record.CARER_BROKEN else 1
                        p["flags"] = np.int64(p["flags"]) | record.CARER_BROKEN
                        p["informal"] = 0
            else:
                p["informal"] = 0

        flags = np.int64(p["flags"])
        if flags & record.DYING == 0:
            hazard = tables.death[sex, fifth, age] * tables.death_by_frailty[step] * year_part
            if need > 0:
                hazard += death_with_need(dependency, rules) * year_part
            if u_death < hazard:
                n = begin_last_phase(p, i, month, first_day, days, rules, consortia, seed, events, n)
        n = emergencies(p, i, month, first_day, days, sex, fifth, age, step, season, year_part, gave_up, u_illness, u_unmanaged, tables, rules, councils, consortia, counts, seed, events, n)
        care = np.int64(p["care"])
        if (care >> record.FUNDER_SHIFT) & record.FUNDER_MASK == SELF:
            entitle(p, councils[np.int64(p["council"])], rules)
        if need > 0 and care & record.SETTING_MASK == HOME:
            council_now = councils[np.int64(p["council"])]
            if wish_for_assessment(p, draw(seed, i, month, 0, draws.REQUEST), council_now.levers[CHARGES], care_is_free(p, council_now, rules), rules):
                p["flags"] = np.int64(p["flags"]) | record.ASKED
                day = first_day + int(draw(seed, i, month, 0, draws.REQUEST_DAY) * days)
                priority = int(draw(seed, i, month, 8, draws.PRIORITY) * 4294967295.0)
                write_event(events[n], day, priority, i, month * 16 + 8, REQUEST, 0, 0.0, NEED_DECIDES, 0, 0)
                n += 1

        before = np.int64(p["out_of_pocket"])
        accrue(p, age, days, tables, rules, councils, totals)
        spent = np.int64(p["out_of_pocket"]) - before
        if spent > 0:
            p["capital"] = max(np.int64(p["capital"]) - spent // 100, 0)
            totals[np.int64(p["council"]), PAYING] += 1
        unmet = unmet_minutes(p)
        p["unmet_recent"] = unmet
        council = np.int64(p["council"])
        if councils[council].own_budgets > 0.0 and takes_budget(p, i, councils[council], rules):
            totals[council, BUDGET_CARE] += np.int64(p["package"]) // 7 * days
            totals[council, SCRQOL_LOST] -= int(social_care_lost(p, unmet, rules) * rules.budget_fits) * days
        if unmet > 0:
            k = case_of[i]
            state, blocked = (np.int64(cases[k]["state"]), np.int64(cases[k]["blocked"])) if k >= 0 else (0, 0)
            totals[council, UNMET_BY_REASON + reason_unmet(p, state, blocked, councils[council], rules)] += unmet
            totals[council, UNMET_BY_CELL + fifth * N_BANDS + band_of(age)] += unmet
        counts[council, 0] += 1
        package = np.int64(p["package"])
        if package > 0:
            counts[council, 1] += 1
            counts[council, 4] += package
        if care & record.SETTING_MASK >= RESIDENTIAL:
            counts[council, 2] += 1
    return n


@compiled
def begin_last_phase(p, i, month, first_day, days, rules, consortia, seed, events, n):
    """Begin dying: set the day of death, at once for a share of people, else after weeks or months, and the last crisis.

    Most deaths are preceded by a crisis in which help is called for, less often where the person lives among carers;
    whoever is admitted then dies in hospital unless a way out is found in the days that are left. The health team of a care
    home prevents some.
    """
    u_sudden, u_days = draw(seed, i, month, 0, draws.DYING_DAYS), draw(seed, i, month, 0, draws.DEATH_DAY)
    u_crisis, u_before, u_severity, _ = block(seed, i, month, 0, draws.FINAL_CRISIS)
    day = first_day + int(u_days * days)
    p["flags"] = np.int64(p["flags"]) | record.DYING
    called = rules.crisis_in_care if np.int64(p["care"]) & record.SETTING_MASK >= RESIDENTIAL else rules.crisis_at_home
    list_of = np.int64(p["consortium"])
    team = with_team(rules.home_last_crises, team_comes_or_goes(p, i, consortia[list_of], rules))
    if u_sudden >= rules.sudden_death_share:
        rest = (u_sudden - rules.sudden_death_share) / (1.0 - rules.sudden_death_share)
        phase = min(int(-rules.last_phase_days * math.log(1.0 - rest)), 365)
        crisis = day + max(phase - int(-rules.crisis_days * math.log(u_before)), 0)
        day += phase
    else:
        called *= rules.sudden_reaches
        crisis = day
        day += int(-rules.sudden_days * math.log(u_before))
    now, at_rest = u_crisis < called * team, u_crisis < called
    if now or at_rest:
        severity = 1.0 - CRISIS_RANGE * u_severity
        decider, lever = (NEED_DECIDES, 0) if now == at_rest else (rules.first_consortium + list_of, CARE_HOME_SUPPORT)
        write_event(events[n], crisis, 0, i, month * 16 + FINAL, CONTACT, LAST_PHASE, severity, decider, lever, 0 if now else 1)
        n += 1
    if not now and u_sudden < rules.sudden_death_share:
        day = crisis
    write_event(events[n], day, 1, i, month * 16, DEATH_EVENT, 0, 1.0, NEED_DECIDES, 0, 0)
    return n + 1
