"""What the community services of a GP consortium do for the people whom they look after.

At the observed level everything is as it is: a service's *factor* is then exactly 1. A lever moves it by doublings, each
of which does as much as the last, so that the first visits given up are missed least and nothing is free of diminishing
returns. What is missing lands on others: on family and councils as need, on hospitals as crises and returns, on carers as
strain. Sizes are assumptions whose ranges include none; who is concerned is read from the conditions and frailty that
people have, so that a sweep works on them alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.parameter import Checked, parameter
from agents.patients import record
from agents.vocabulary import Condition, Lever, Setting

HOME, RESIDENTIAL = int(Setting.HOME), int(Setting.RESIDENTIAL)
CARE_HOME_SUPPORT = int(Lever.CARE_HOME_SUPPORT)
MENTAL_ILLNESS = 1 << int(Condition.DEPRESSION) | 1 << int(Condition.SMI)
DEMENTIA = 1 << int(Condition.DEMENTIA)
CONVALESCENT_DAYS = 90  # assumption, 30 to 180: days after a discharge in which nurses come for its sake


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceEffects(Checked):
    """What each doubling of a service does to the people concerned, shared by all consortia; a halving undoes it."""

    nursing_need: float = parameter(
        0.03, "less help needed from others by frail people at home, for each doubling of community nurses' visits", unit="share", low=0.0, high=0.08,
        assumption="dressings, medicines and catheters are a small part of weekly help, and somebody else does part of them if no nurse comes: size not known")
    nursing_recovery: float = parameter(
        0.10, "quicker recovery at home in the three months after a discharge, for each doubling of visits", unit="share", low=0.0, high=0.3,
        assumption="recovery at home needs looking after: direction taken for granted, size not known, the range includes none")
    nursing_returns: float = parameter(
        0.08, "fewer of the returns that come of going home before recovery is over, for each doubling of visits", unit="share", low=0.0, high=0.25,
        assumption="follow-up at home finds relapses early in some; trials differ, the range includes none")
    mental_crises: float = parameter(
        0.05, "fewer unmanaged crises of people with depression or severe mental illness, for each doubling of contacts", unit="share", low=0.0, high=0.2,
        assumption="mental illness roughly doubles unplanned use; which part contacts prevent is not known, the range includes none")
    mental_recovery: float = parameter(
        0.05, "quicker recovery from frailty of people with depression or severe mental illness, for each doubling of contacts", unit="share", low=0.0, high=0.2,
        assumption="who is depressed looks after themselves less: direction known, size not, the range includes none")
    dementia_crises: float = parameter(
        0.05, "fewer unmanaged crises of people with dementia, for each doubling of contacts", unit="share", low=0.0, high=0.2,
        assumption="somebody to ring before it is a crisis: size not known, the range includes none")
    dementia_load: float = parameter(
        0.10, "lighter load for carers of people with dementia from the same hours, for each doubling of contacts", unit="share", low=0.0, high=0.25,
        assumption="advice and breaks make the same hours easier to bear: direction known, size not, the range includes none")
    dementia_need: float = parameter(
        0.02, "less help needed from others by people with dementia at home, for each doubling of contacts", unit="share", low=0.0, high=0.06,
        assumption="less NHS spending on dementia means more need for social care (Humphries and Curry 2011): direction only, the range includes none")
    continence_need: float = parameter(
        0.02, "less help needed from others by frail people at home, for each doubling of contacts of continence services", unit="share", low=0.0, high=0.06,
        assumption="less NHS spending on continence means more need for social care (Humphries and Curry 2011): direction only, the range includes none")
    continence_load: float = parameter(
        0.05, "lighter load for carers of frail people from the same hours, for each doubling of contacts of continence services", unit="share", low=0.0, high=0.15,
        assumption="incontinence is among what carers find hardest to bear: direction known, size not, the range includes none")
    home_contacts: float = parameter(
        0.15, "fewer emergencies of care-home residents whose home a health team looks after", unit="share", low=0.0, high=0.35,
        assumption="the clearest effect among the models of care of 2015 to 2018, whose size is not used here: a wide range that includes none")
    home_last_crises: float = parameter(
        0.20, "fewer last crises, after which residents die in hospital, where a health team looks after the home", unit="share", low=0.0, high=0.4,
        assumption="plans made in advance let people die where they live: direction known, size not, the range includes none")


FACTORS = (
    "nursing_need", "nursing_recovery", "nursing_returns", "mental_crises", "mental_recovery",
    "dementia_crises", "dementia_load", "dementia_need", "continence_need", "continence_load",
)  # fmt: skip
"""Factors by which a service's level, against rest, multiplies what happens to the people concerned: fields of a
consortium's state, each named as the parameter that sizes it. Above 1 for `recovery`, below 1 for all others, where there is more."""

LEVER_OF = {
    "nursing": Lever.COMMUNITY_NURSING, "mental": Lever.MENTAL_HEALTH, "dementia": Lever.DEMENTIA, "continence": Lever.CONTINENCE,
}  # fmt: skip
"""The lever that a factor follows, by the first word of its name."""


def renew_factors(consortia: np.ndarray, rules: np.record) -> None:
    """Set each consortium's factors from its levers, and the most that they raise anybody's crises by, before a sweep reads them.

    Parameters
    ----------
    consortia : records of ``agents.patients.living.CONSORTIUM_STATE``; a service whose lever is 0 at rest stays as it is
    rules : the parameters as kernels read them
    """
    for name in FACTORS:
        service, effect = name.split("_", 1)
        size = float(rules[name])
        each = 1.0 + size if effect == "recovery" else max(1.0 - size, 0.01)
        for consortium in consortia:
            level, rest = (float(consortium[field][LEVER_OF[service]]) for field in ("levers", "rest"))
            consortium[name] = each ** math.log2(level / rest) if level != rest and level > 0.0 < rest else 1.0
    for consortium in consortia:
        teams_go = consortium["levers"][CARE_HOME_SUPPORT] < consortium["rest"][CARE_HOME_SUPPORT]
        most = with_team(float(rules["home_contacts"]), -1) if teams_go else 1.0
        for name in ("continuity_crises", "mental_crises", "dementia_crises"):
            most *= max(float(consortium[name]), 1.0)
        consortium["most_crises"] = most


@compiled
def left_to_others(p, consortium, rules):
    """Return how much of the help that somebody at home needs is left to family and councils, relative to rest.

    Continence is a matter of frailty, and so are most of community nurses' visits.
    """
    left = 1.0
    if np.int64(p["care"]) & record.SETTING_MASK >= RESIDENTIAL:
        return left
    if np.float64(p["frailty"]) >= rules.frail_from:
        left *= consortium.nursing_need * consortium.continence_need
    if np.int64(p["conditions"]) & DEMENTIA:
        left *= consortium.dementia_need
    return left


@compiled
def recovery_pace(p, first_day, consortium):
    """Return how quickly somebody's frailty fades towards the settled level, relative to rest."""
    pace = 1.0
    if np.int64(p["conditions"]) & MENTAL_ILLNESS:
        pace *= consortium.mental_recovery
    at_home = np.int64(p["care"]) & record.SETTING_MASK == HOME
    if at_home and first_day - np.int64(p["last_discharge"]) <= CONVALESCENT_DAYS:
        pace *= consortium.nursing_recovery
    return pace


@compiled
def felt_load(p, minutes, consortium, rules):
    """Return the weekly minutes that a carer's `minutes` feel like."""
    felt = float(minutes)
    if np.int64(p["conditions"]) & DEMENTIA:
        felt *= consortium.dementia_load
    if np.float64(p["frailty"]) >= rules.frail_from:
        felt *= consortium.continence_load
    return felt


@compiled
def team_comes_or_goes(p, i, consortium, rules):
    """Return 1 for a resident whose care home has gained a health team since rest, -1 where it has lost it, 0 for everybody else.

    A draw for life says after how many others a person's home comes.
    """
    now, at_rest = consortium.levers[CARE_HOME_SUPPORT], consortium.rest[CARE_HOME_SUPPORT]
    if now == at_rest or np.int64(p["care"]) & record.SETTING_MASK < RESIDENTIAL:
        return 0
    u = draw(rules.people_seed, i, 0, 0, draws.HOME_SUPPORT)
    return (1 if u < now else 0) - (1 if u < at_rest else 0)


@compiled
def with_team(effect, change):
    """Return what a team's coming (1), going (-1) or neither (0) multiplies a rate by, if it prevents the share `effect`."""
    if change == 0:
        return 1.0
    kept = max(1.0 - effect, 0.01)
    return kept if change > 0 else 1.0 / kept
