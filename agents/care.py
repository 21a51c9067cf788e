"""Social care arrangements of one person: eligibility, the means test, the package, the placement.

These are the rules a council applies; how many people can be assessed, and how fast care starts, is in the daily flow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agents.compiled import compiled
from agents.parameter import Checked, parameter
from agents.patients import record
from agents.vocabulary import N_CONDITIONS, CaseState, Condition, Funder, Lever, Setting, Unmet

ELIGIBLE_BAND = int(Lever.ELIGIBILITY)
CHARGES = int(Lever.CHARGES)
STRICTNESS = int(Lever.STRICTNESS)
GENEROSITY = int(Lever.GENEROSITY)
NOT_ASKED, WAITING, MONEY, MARKET = int(Unmet.NOT_ASKED), int(Unmet.WAITING), int(Unmet.MONEY), int(Unmet.MARKET)
ELIGIBILITY, STRICTLY, HOURS = int(Unmet.ELIGIBILITY), int(Unmet.STRICTNESS), int(Unmet.HOURS)
OWN_COST, CARER_LOST = int(Unmet.OWN_COST), int(Unmet.CARER_LOST)
PAID_BY_COUNCIL, PAID_ONESELF, IN_A_HOME = int(Funder.COUNCIL), int(Funder.SELF), int(Setting.RESIDENTIAL)
CLOSED, HOME_PACKAGE, HOME_PLACEMENT = int(CaseState.CLOSED), int(CaseState.HOME_PACKAGE), int(CaseState.HOME_PLACEMENT)
ADVANCED_DEMENTIA = 1 << (N_CONDITIONS + int(Condition.DEMENTIA))  # the severe bit


@dataclass(frozen=True, kw_only=True, slots=True)
class CareRules(Checked):
    """Rules and process of arranging care that all councils share."""

    upper_capital_limit: float = parameter(
        23250.0, "savings above which people pay for their care in full", unit="pounds", low=14250.0, high=118000.0, evidence="P-C.means-001")
    house_pounds: float = parameter(
        180000.0, "value of a home that is sold to pay for a care home", unit="pounds", low=120000.0, high=260000.0,
        assumption="about the middle of English house prices of 2014")
    eligible_hours: float = parameter(
        14.0, "judged weekly hours at which need counts as substantial, the threshold of nearly all councils (P-C.elig-001)", unit="hours a week", low=8.0, high=18.0,
        assumption="help several times every day: twice the hours put on help with two activities (P-A.adl-029 to 031), since far fewer people have council care")
    moderate_need: float = parameter(
        0.72, "judged need that counts as moderate, relative to substantial", unit="ratio", low=0.6, high=0.9,
        assumption="makes about a quarter more people eligible, as a threshold at moderate would have in 2010 (P-C.elig-013, 014)")
    low_need: float = parameter(
        0.4, "judged need that counts as low, relative to substantial", unit="ratio", low=0.2, high=0.6,
        assumption="help with one or two daily activities (P-C.elig-015), a few hours a week")
    critical_hours: float = parameter(
        21.0, "judged weekly hours at which need is critical and is always met, late", unit="hours a week", low=14.0, high=28.0,
        assumption="care needed through the day")
    placement_hours: float = parameter(
        20.0, "weekly hours that family cannot give beyond which a care home is arranged", unit="hours a week", low=14.0, high=35.0,
        assumption="with the need curve: about the share of people 85 and over who live in care homes (P-C.prov-007)")
    placement_frailty: float = parameter(
        0.44, "frailty below which people without advanced dementia are supported at home however much help they need", unit="frailty", low=0.34, high=0.50,
        assumption="severe frailty (P-A.frail-013): care homes are rarely a place for people whose body and mind are robust")
    placement_dementia: float = parameter(
        0.28, "by how much advanced dementia lowers that bar", unit="frailty", low=0.0, high=0.34,
        assumption="people with dementia need somebody near at all hours: most residents have it")
    lasting_share: float = parameter(
        0.3, "share of frailty above the settled level that is taken as lasting when a care home is considered", unit="share", low=0.0, high=0.7,
        assumption="discharge straight to a care home is for those who will not recover")
    nursing_need_hours: float = parameter(
        58.0, "weekly need at which a placement is with nursing", unit="hours a week", low=45.0, high=75.0,
        assumption="with the need curve: three in ten weeks that councils pay are in nursing homes (council activity 2014/15)")
    tolerated_hours: float = parameter(
        8.0, "weekly hours of need without help with which people still go home from hospital", unit="hours a week", low=4.0, high=12.0,
        assumption="below the threshold of council care")
    kept_days: float = parameter(
        14.0, "days in hospital for which a package is kept", unit="days", low=7.0, high=28.0, assumption="contracts commonly hold a package for one to two weeks")
    reablement_days: float = parameter(
        42.0, "longest reablement", unit="days", low=28.0, high=56.0, assumption="about six weeks (P-B.cost-029)")
    reablement_restores: float = parameter(
        0.35, "share of frailty above the settled level that reablement restores", unit="share", low=0.1, high=0.6,
        assumption="reablement lowers later use of care: direction known, size withheld")
    reablement_share: float = parameter(
        0.6, "share of people granted home care for whom reablement is tried first", unit="share", low=0.3, high=0.9, assumption="offered where useful")
    leave_wait_a_day: float = parameter(
        0.012, "chance a day of leaving a queue without care: family takes over, or people give up", unit="share a day", low=0.002, high=0.03,
        assumption="few leave each day, many over two months")
    self_arrange_days: float = parameter(
        5.0, "mean days that people who pay themselves need to arrange care", unit="days", low=3.0, high=15.0, assumption="choice delays are some 14% of acute delayed days (P-B.dtoc-015)")
    self_buys: float = parameter(
        0.28, "share of people who would pay for home care in full and buy it when assessed", unit="share", low=0.15, high=0.7,
        assumption="with self_bought: about the number who buy their own care at home (P-C.self-005); the others manage with family or alone")
    self_bought: float = parameter(
        0.6, "share of hours without help that people buy who pay themselves", unit="share", low=0.3, high=0.9,
        assumption="about the hours that councils grant")
    family_arrange_days: float = parameter(
        0.6, "mean days in hospital until family has arranged what it can for someone who gets no care", unit="days", low=0.2, high=4.0,
        assumption="a refusal frees no bed at once; scaled to the national return")
    placement_chance: float = parameter(
        0.12, "chance a day that a vacancy suits and is accepted, where a tenth of the places stand empty", unit="share a day", low=0.05, high=0.25,
        assumption="price, type and distance must all suit")
    continuing_need_hours: float = parameter(
        76.0, "weekly need from which continuing healthcare is asked for", unit="hours a week", low=55.0, high=90.0,
        assumption="a primary health need: beyond the need of most nursing-home residents")
    continuing_refused: float = parameter(
        0.6, "share of claims to continuing healthcare that are refused", unit="share", low=0.4, high=0.9,
        assumption="18% of people screened are found eligible and 62% of checklists go on to a full assessment (P-C.chc-002): about three in ten of those assessed, more of the highest need")
    continuing_days: float = parameter(
        14.0, "mean days at home to a decision on continuing healthcare", unit="days", low=7.0, high=35.0,
        assumption="a third of decisions take more than 28 days (note of P-C.chc-002)")
    continuing_ward_days: float = parameter(
        2.0, "mean days in hospital to a decision on continuing healthcare", unit="days", low=0.5, high=10.0,
        assumption="beds come first, and the full assessment may follow later; scaled to the national return")
    disputed_share: float = parameter(
        0.15, "share of refusals that the council disputes", unit="share", low=0.0, high=0.4, assumption="disputes are a few in a hundred delays (P-B.dtoc-017)")
    dispute_days: float = parameter(
        14.0, "mean days that a dispute over who pays lasts", unit="days", low=5.0, high=40.0, assumption="panels meet every week or two")
    joint_arrangements: float = parameter(
        0.14, "share of people for whom NHS and council arrange together", unit="share", low=0.05, high=0.3,
        assumption="near the share of delays for a package for which both answer (crossed table of the national return)")
    planning_days: float = parameter(
        0.5, "mean days that planning a discharge takes by itself once somebody is fit to leave", unit="days", low=0.1, high=1.5,
        assumption="most of it is done before; scaled to the national return")
    assessment_days: float = parameter(
        0.25, "mean days that a social worker's assessment takes by itself once somebody is fit to leave", unit="days", low=0.05, high=1.5,
        assumption="councils are told in advance, so that most of it is done by then; scaled to the national return")
    package_days: float = parameter(
        3.0, "mean days to arrange home care for somebody in hospital, room and broker apart", unit="days", low=1.0, high=7.0,
        assumption="a provider must see the person and re-plan a round; scaled to the national return")
    equipment_share: float = parameter(
        0.03, "share of people with need, and enough help, who cannot go home before equipment is there", unit="share", low=0.01, high=0.08,
        assumption="most equipment is there within a day")
    equipment_days: float = parameter(
        4.0, "mean days until it is there", unit="days", low=2.0, high=8.0, assumption="a week at most is the aim; scaled to the national return")
    housing_share: float = parameter(
        0.002, "share of people without partner or home of their own who have nowhere to go", unit="share", low=0.0005, high=0.006,
        assumption="rare, and long")
    housing_days: float = parameter(
        20.0, "mean days until there is somewhere", unit="days", low=10.0, high=40.0, assumption="weeks; scaled to the national return")
    starts_from_wards: float = parameter(
        0.5, "share of the starts of publicly paid care that are asked for from hospital", unit="share", low=0.3, high=0.7, positive=True,
        assumption="about half of what is granted at rest; when money runs short people in hospital come first, as they do for assessments and starts")
    smaller_after_days: float = parameter(
        10.0, "days on a ward after which a smaller package is offered if there is no room for the whole", unit="days", low=5.0, high=28.0,
        assumption="pressure on beds rises with the wait")
    smaller_share: float = parameter(
        0.6, "size of a smaller package, relative to the one granted", unit="ratio", low=0.3, high=0.9, assumption="the essential visits of a day")
    interim_after_days: float = parameter(
        21.0, "days on a ward after which an interim bed in a care home may be offered", unit="days", low=10.0, high=42.0,
        assumption="councils bought such beds for long waits")
    interim_share: float = parameter(
        0.3, "share of those people who are offered one and take it", unit="share", low=0.0, high=0.7, assumption="many decline or have nobody to offer it")
    interim_days: float = parameter(
        28.0, "days in an interim bed", unit="days", low=14.0, high=56.0, assumption="about four weeks")
    home_brokerage_days: float = parameter(
        3.0, "fewest days from decision to start of home care", unit="days", low=1.0, high=7.0, assumption="a provider must be found and a round re-planned")
    charge_share: float = parameter(
        0.12, "share of council home-care cost recovered from people in charges", unit="share", low=0.08, high=0.2,
        assumption="England: charges for community care over its gross cost, 2014/15 returns")
    residential_charge_share: float = parameter(
        0.28, "share of council care-home cost recovered from residents", unit="share", low=0.2, high=0.35,
        assumption="England: client contributions over gross cost of homes for people 65 and over, 2014/15 returns")
    self_home_premium: float = parameter(
        1.0, "price of an hour bought by oneself, relative to the council's", unit="ratio", low=1.0, high=1.3, assumption="no source; parity")
    self_residential_premium: float = parameter(
        1.41, "price of a care-home week paid by oneself, relative to the council's", unit="ratio", low=1.2, high=1.5,
        assumption="P-C.prov-010 and P-B.cost-027: 41% above")
    recording_ratio: float = parameter(
        2.7, "true delayed days for each recorded one", unit="ratio", low=2.0, high=3.5, positive=True, evidence="P-B.dtoc-001")
    recording_when_paid: float = parameter(
        0.85, "the same where councils pay for every recorded day, relative to where they pay for none", unit="ratio", low=0.6, high=1.0, positive=True,
        assumption="whoever is paid for a delay records it more readily: direction known, size not; the prior includes no effect")
    weekend_pace: float = parameter(
        0.25, "assessment and starts on a weekend day, relative to a weekday", unit="ratio", low=0.0, high=0.5, assumption="weekends are slow")


@compiled
def judged_minutes(need, strictness):
    """Return the weekly minutes of need that the council recognises: judgement disregards the share `strictness`."""
    return need * (1.0 - strictness)


@compiled
def eligible_minutes(band, rules):
    """Return the judged weekly minutes from which a council pays that pays from a band of need on.

    The band is 0 for low, 1 for moderate, 2 for substantial and 3 for critical need (P-C.elig-015); between two bands the
    threshold lies between theirs.
    """
    substantial = 60.0 * rules.eligible_hours
    if band == 2.0:
        return substantial
    critical = max(60.0 * rules.critical_hours, substantial)
    if band > 2.0:
        return substantial + (min(band, 3.0) - 2.0) * (critical - substantial)
    moderate, low = rules.moderate_need * substantial, rules.low_need * substantial
    if band > 1.0:
        return moderate + (band - 1.0) * (substantial - moderate)
    return low + max(band, 0.0) * (moderate - low)


@compiled
def judged_package(p, levers, rules):
    """Return weekly minutes of home care granted at these levers; 0 if not eligible or fully helped by family.

    Parameters
    ----------
    p : record
    levers : shape (n_levers,), the council's levers by code
    rules : fields of :class:`CareRules`
    """
    judged = judged_minutes(np.float64(p["need"]), levers[STRICTNESS])
    if judged < eligible_minutes(levers[ELIGIBLE_BAND], rules):
        return 0
    gap = judged - np.int64(p["informal"])
    if gap <= 0.0:
        return 0
    return int(gap * levers[GENEROSITY])


@compiled
def reason_unmet(p, state, blocked, council, rules):
    """Return the code of why nobody meets this person's need (:class:`agents.vocabulary.Unmet`).

    Parameters
    ----------
    p : record of someone at home whose need is not all met
    state, blocked : of the person's open case; CLOSED if there is none, and whether it waits for public funding
    council : COUNCIL_STATE record
    """
    if state != CLOSED:
        if state not in (HOME_PACKAGE, HOME_PLACEMENT):
            return WAITING
        if blocked:
            return MONEY
        full = council.care_used >= council.care_capacity if state == HOME_PACKAGE else council.home_used >= council.home_places
        return MARKET if full else WAITING
    pays = pays_for_care(p, False, council, rules)
    if np.int64(p["package"]) > 0:
        return OWN_COST if pays else HOURS
    if np.int64(p["flags"]) & record.CARER_BROKEN:
        return CARER_LOST
    if np.int64(p["flags"]) & record.REFUSED:
        if pays:
            return OWN_COST
        return STRICTLY if np.int64(p["need"]) >= eligible_minutes(council.levers[ELIGIBLE_BAND], rules) else ELIGIBILITY
    return NOT_ASKED


@compiled
def needs_care_home(p, rules, left=1.0):
    """Return whether family and a home-care round can no longer look after this person, for good.

    Assessors look past what will mostly heal: only part of the frailty above the settled level counts. `left` is what NHS
    services leave of the need to others, relative to rest.
    """
    settled = max(np.int64(p["frailty_trait"]), 0) * 1e-4
    lasting = rules.lasting_share * (np.float64(p["frailty"]) - settled)
    bar = rules.placement_frailty
    if np.int64(p["conditions"]) & ADVANCED_DEMENTIA:
        bar -= rules.placement_dementia
    if settled + lasting < bar:
        return False
    propensity = np.int64(p["need_trait"]) * 1e-3 + rules.need_from_decline * lasting
    if propensity <= 0.0:
        return False
    need = 60.0 * rules.need_hours * math.pow(propensity, rules.need_curve) * left
    return need - np.int64(p["informal"]) > 60.0 * rules.placement_hours


@compiled
def pays_in_full(p, placement, rules):
    """Return whether the means test leaves the whole cost to the person: the home counts for a care home if nobody else lives there."""
    if np.int64(p["capital"]) > rules.upper_capital_limit:
        return True
    person = np.int64(p["person"])
    return placement and person & record.OWNER != 0 and person & record.PARTNER == 0


@compiled
def care_is_free(p, council, rules):
    """Return whether what this person has of care is free whatever the means: by need, to everybody, or since the cap is reached.

    Board and lodging in a care home is not care, and is never free.

    Parameters
    ----------
    council : COUNCIL_STATE record; without entitlements nothing is free
    """
    if council.free_care > 0.0 or (council.lifetime_cap > 0 and np.int64(p["care"]) & record.CAPPED):
        return True
    if council.free_band <= 0.0:
        return False
    return judged_minutes(np.float64(p["need"]), council.levers[STRICTNESS]) >= eligible_minutes(council.free_band, rules)


@compiled
def pays_for_care(p, placement, council, rules):
    """Return whether this person arranges care and pays: whoever has the means, but for home care that is free."""
    return pays_in_full(p, placement, rules) and (placement or not care_is_free(p, council, rules))


@compiled
def set_funder(p, funder):
    """Let somebody else pay for the care that a person has."""
    p["care"] = (np.int64(p["care"]) & ~(record.FUNDER_MASK << record.FUNDER_SHIFT)) | (funder << record.FUNDER_SHIFT)


@compiled
def entitle(p, council, rules):
    """Once a month, of somebody who pays: see whether the cap is reached, and let the council take over home care that is free.

    The council takes over what it would grant something of, as it stands, and reviews it at the next birthday.
    """
    if council.lifetime_cap > 0 and np.int64(p["out_of_pocket"]) >= council.lifetime_cap:
        p["care"] = np.int64(p["care"]) | record.CAPPED
    at_home = np.int64(p["care"]) & record.SETTING_MASK < IN_A_HOME
    if at_home and np.int64(p["package"]) > 0 and care_is_free(p, council, rules) and judged_package(p, council.levers, rules) > 0:
        set_funder(p, PAID_BY_COUNCIL)
        p["withheld"] = 0


@compiled
def sell_home(p, rules):
    """Turn the home of someone who moves into a care home, and leaves nobody in it, into savings."""
    person = np.int64(p["person"])
    if person & record.OWNER and not person & record.PARTNER:
        p["capital"] = np.int64(p["capital"]) + int(rules.house_pounds)
        p["person"] = person & ~record.OWNER
