"""The way out, compiled: fit to leave, then the waits, each with its own queue, capacity and owner.

Each rule says what a case's day comes to; :func:`act` does it. A wait has an arranging time, which `tables.wait` scales by
reason, and a capacity: coordinators, social workers, brokers, rounds of home care, vacancies, places, the council's money.
Whoever waits may also leave otherwise: family takes over, an interim bed, a smaller package, death.
"""

from __future__ import annotations

import math

import numpy as np

from agents import draws
from agents.care import STRICTNESS, judged_minutes, judged_package, needs_care_home, pays_for_care, sell_home
from agents.compiled import compiled
from agents.draws import block, draw
from agents.hospital.admission import DISCHARGE_READINESS, RETURN, leave_short_term_care
from agents.hospital.billing import bill
from agents.hospital.books import N_CASES_AT, follow_up, schedule
from agents.hospital.delays import (
    ASSESSMENT,
    CHOICE,
    DISPUTES,
    EQUIPMENT,
    FUNDING,
    HOUSING,
    NURSING_PLACE,
    PACKAGE,
    RESIDENTIAL_PLACE,
    nurses_needed,
)
from agents.hospital.state import (
    ACUTE,
    AGREED,
    AGREED_OUT,
    ASSESSED_OUT,
    AT_HOME_OUT,
    BOARDING,
    CLAIMED_OUT,
    CLOSED,
    DEATHS_BY_CELL,
    DEATHS_OUT,
    DIED_DEARLY_OUT,
    DIED_IN_CARE_HOME_OUT,
    DIED_IN_HOSPITAL_OUT,
    DISCHARGED_OUT,
    DISPUTED_OUT,
    ENTRIES_OUT,
    FOLLOWED_UP_OUT,
    GAVE_UP_WAITING_OUT,
    GRANTED_OUT,
    HOME_ASSESSMENT,
    HOME_CHOICE,
    HOME_DISPUTE,
    HOME_FUNDING,
    HOME_PACKAGE,
    HOME_PLACEMENT,
    HOSPITAL_EXCESS_DAYS,
    HOSPITAL_PLANNED_DISCHARGES,
    IN_INTERIM,
    IN_INTERMEDIATE,
    IN_REABLEMENT,
    INTERIM_OUT,
    INTERMEDIATE_OUT,
    OLDER_DISCHARGED_OUT,
    OLDER_ENTRIES_OUT,
    OLDER_REABLED_OUT,
    REABLED_OUT,
    REFUSED,
    REFUSED_OUT,
    REQUESTED_OUT,
    SMALLER_OUT,
    STARTED_OUT,
    SURGERY,
    UNDECIDED,
    WAIT_ASSESSMENT,
    WAIT_CHOICE,
    WAIT_DISPUTE,
    WAIT_EQUIPMENT,
    WAIT_FUNDING,
    WAIT_FURTHER_NHS,
    WAIT_HOUSING,
    WAIT_PACKAGE,
    WAIT_PLACEMENT,
    WAIT_PLANNING,
    close,
    decline,
    drop_package,
    enter,
    funder_of,
    gap_of,
    hand_over,
    in_hospital,
    open_case,
    set_care,
    setting_of,
)
from agents.hospital.stays import return_chance
from agents.hospital.wards import free_bed, move_on
from agents.patients import record
from agents.patients.groups import OLDER, cell_of
from agents.patients.living import (
    COUNCIL,
    DEAR_PENCE,
    HOME,
    INTERMEDIATE,
    NHS_PAYS,
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
from agents.patients.seeking import CONTACT, FOLLOW_UP, NEED_DECIDES
from agents.patients.services import left_to_others
from agents.vocabulary import Lever

CHC_STRICTNESS, COMMUNITY_NURSING = int(Lever.CHC_STRICTNESS), int(Lever.COMMUNITY_NURSING)

# What a case's day can come to.
STAY, GO_HOME, TO_INTERMEDIATE, TO_REABLEMENT, TO_PACKAGE, TO_CARE_HOME, TO_INTERIM, GIVE_UP, END_SHORT_TERM = range(9)
FOLLOWED_UP_AFTER = 91  # days after a discharge to reablement or intermediate care: three months, as ASCOF 2B (T-C-014)
FOR_GOOD = -1  # instead of a state that follows short-term care


@compiled
def arranging_days(mean, u):
    """Return whole days that an arrangement takes by itself, whatever capacity there is: geometric from 0, of any mean."""
    if mean <= 0.0:
        return 0
    return int(min(math.log(u) / math.log(mean / (1.0 + mean)), 30000.0))


@compiled
def fit_to_leave(c, p, council, consortium, day, tables, rules, seed):
    """The acute phase and the recovery asked for are over: leave with the support there is, or begin to wait."""
    if setting_of(p) >= RESIDENTIAL or gap_of(p) <= 60.0 * rules.tolerated_hours:
        return home_unless_hindered(c, p, day, tables, rules, seed)
    if np.int64(c["recovery"]) >= 2:
        enter(c, WAIT_FURTHER_NHS, day, day + np.int64(c["recovery"]))
        return further_care(c, p, council, consortium, day, tables, rules, seed)
    return begin_planning(c, council, day, tables, rules, seed)


@compiled
def home_unless_hindered(c, p, day, tables, rules, seed):
    """Someone who needs no more care than there is goes home, unless equipment or housing is missing."""
    i, trigger = np.int64(c["person"]), np.int64(c["trigger"])
    u_equipment, u_housing, _, _ = block(seed, i, trigger, 2, draws.NEEDS_EQUIPMENT)
    _, _, _, u_wait = block(seed, i, trigger, 2, draws.FUNDING_WAIT)
    person = np.int64(p["person"])
    if not person & (record.PARTNER | record.OWNER) and setting_of(p) == HOME and u_housing < rules.housing_share:
        enter(c, WAIT_HOUSING, day, day + arranging_days(rules.housing_days * tables.wait[HOUSING], u_wait))
        return STAY
    if np.int64(p["need"]) > 0 and setting_of(p) == HOME and u_equipment < rules.equipment_share:
        enter(c, WAIT_EQUIPMENT, day, day + arranging_days(rules.equipment_days * tables.wait[EQUIPMENT], u_wait))
        return STAY
    return GO_HOME


@compiled
def begin_planning(c, council, day, tables, rules, seed):
    """The hospital's coordinators begin to plan a discharge that needs more than there is."""
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.PLANNING_WAIT)
    enter(c, WAIT_PLANNING, day, day + arranging_days(rules.planning_days * council.planning_factor * tables.wait[ASSESSMENT], u))
    return STAY


@compiled
def further_care(c, p, council, consortium, day, tables, rules, seed):
    """Move the recovery to intermediate care if a place is free; else it goes on in the bed until it is over."""
    if consortium.intermediate_used + 1.0 <= consortium.intermediate_places:
        return TO_INTERMEDIATE
    if day < np.int64(c["due"]):
        return STAY
    c["recovery"] = 0
    if gap_of(p) <= 60.0 * rules.tolerated_hours:
        return GO_HOME
    return begin_planning(c, council, day, tables, rules, seed)


@compiled
def plan_discharge(flow, c, council, day, tables, rules, seed):
    """Coordinators finish the plan, if they are not short of hands; then a social worker is asked to come."""
    hospital = flow.hospitals[np.int64(c["hospital"])]
    if day < np.int64(c["due"]) or hospital.coordination_tokens < 1.0:
        return STAY
    hospital.coordination_tokens -= 1.0
    flow.hospital_out[np.int64(c["hospital"]), HOSPITAL_PLANNED_DISCHARGES] += 1
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.ASSESSMENT_WAIT)
    enter(c, WAIT_ASSESSMENT, day, day + arranging_days(rules.assessment_days * council.assessment_factor * tables.wait[ASSESSMENT], u))
    return STAY


@compiled
def grant(c, p, council, rules):
    """Write what the council grants at its levers now, and how much less that is than at rest."""
    package = judged_package(p, council.levers, rules)
    at_rest = judged_package(p, council.rest, rules)
    c["package"] = package
    c["withheld"] = min(max(at_rest - package, -32000), 32000)


@compiled
def held_back(gate, ward, rules):
    """Return the share of starts that the gate holds back, in hospital or at home: people in hospital come first.

    Taken together they are the share `gate`; it falls on people at home until all of them wait.
    """
    if ward:
        return max(gate - (1.0 - rules.starts_from_wards), 0.0) / rules.starts_from_wards
    return min(gate / (1.0 - rules.starts_from_wards), 1.0)


@compiled
def waits_for_money(c, council, day, rules, seed):
    """Return whether the council's panel, which meets on this case once a week, still holds this start back: one draw a week."""
    if council.gate <= 0.0:
        return False
    week = (day - np.int64(c["since"])) // 7
    held = held_back(council.gate, in_hospital(np.int64(c["state"])), rules)
    return draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 64 + week, draws.GATE) < held


@compiled
def manage_alone(c, p, ward, day, tables, rules, seed):
    """No formal care follows: go on as before at home, or leave the ward once family has arranged what it can."""
    p["flags"] = np.int64(p["flags"]) | record.REFUSED  # does not ask again before the next birthday
    if not ward:
        return GO_HOME
    c["funder"] = NOBODY
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.WAITING)
    enter(c, WAIT_CHOICE, day, day + arranging_days(rules.family_arrange_days * tables.wait[CHOICE], u))
    return STAY


@compiled
def is_seen(flow, c, p, council, seed):
    """Return whether the person's assessment is there: a partner's where one serves for both, or a social worker's, if one has time."""
    if council.assessments_saved > 0.0:
        if draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.SINGLE_ASSESSMENT) < council.assessments_saved:
            return True
    if council.assessment_tokens < 1.0:
        return False
    council.assessment_tokens -= 1.0
    flow.out[np.int64(p["council"]), ASSESSED_OUT] += 1
    hand_over(flow, p)
    return True


@compiled
def assess(flow, c, p, council, day, tables, rules, seed):
    """What an assessment leads to: the highest needs are put to continuing healthcare first, others are arranged for."""
    p["flags"] = np.int64(p["flags"]) & ~record.ASKED
    ward = in_hospital(np.int64(c["state"]))
    if np.int64(p["need"]) >= 60.0 * rules.continuing_need_hours and c["continuing"] == UNDECIDED:
        flow.out[np.int64(p["council"]), CLAIMED_OUT] += 1
        u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.FUNDING_WAIT)
        days = rules.continuing_ward_days * tables.wait[FUNDING] if ward else rules.continuing_days
        enter(c, WAIT_FUNDING if ward else HOME_FUNDING, day, day + arranging_days(days, u))
        return STAY
    mark_turned(p, False)
    return arrange(flow, c, p, council, day, tables, rules, seed)


@compiled
def mark_turned(p, turned):
    """Mark whether the person's claim to continuing healthcare would have been decided otherwise at rest."""
    person = np.int64(p["person"])
    p["person"] = person | record.TURNED if turned else person & ~record.TURNED


@compiled
def decide_continuing(flow, c, p, council, day, tables, rules, seed):
    """The consortium decides on continuing healthcare, as strictly as its lever says: agreed, refused, or disputed by the council too.

    Who would have been decided on otherwise at rest is marked, so that it is known who pays instead.
    """
    if day < np.int64(c["due"]):
        return STAY
    i, trigger = np.int64(c["person"]), np.int64(c["trigger"])
    row = flow.out[np.int64(p["council"])]
    ward = in_hospital(np.int64(c["state"]))
    consortium = flow.consortia[np.int64(p["consortium"])]
    u = draw(seed, i, trigger, 2, draws.CONTINUING)
    agreed = u >= consortium.levers[CHC_STRICTNESS]
    mark_turned(p, agreed != (u >= consortium.rest[CHC_STRICTNESS]))
    if agreed:
        row[AGREED_OUT] += 1
        c["continuing"] = AGREED
        return arrange(flow, c, p, council, day, tables, rules, seed)
    c["continuing"] = REFUSED
    _, u_dispute, u_wait, _ = block(seed, i, trigger, 2, draws.FUNDING_WAIT)
    if u_dispute >= rules.disputed_share * council.disputes:
        return arrange(flow, c, p, council, day, tables, rules, seed)
    row[DISPUTED_OUT] += 1
    factor = tables.wait[DISPUTES] if ward else 1.0
    enter(c, WAIT_DISPUTE if ward else HOME_DISPUTE, day, day + arranging_days(rules.dispute_days * council.dispute_factor * factor, u_wait))
    return STAY


@compiled
def arrange(flow, c, p, council, day, tables, rules, seed):
    """Eligible or not, who pays, and what is arranged."""
    i, trigger = np.int64(c["person"]), np.int64(c["trigger"])
    row = flow.out[np.int64(p["council"])]
    ward = in_hospital(np.int64(c["state"]))
    in_a_home = needs_care_home(p, rules, left_to_others(p, flow.consortia[np.int64(p["consortium"])], rules))
    if c["continuing"] == AGREED:
        c["funder"] = NHS_PAYS
        c["package"] = max(np.int64(p["need"]) - np.int64(p["informal"]), 0)
        c["withheld"] = 0
        return begin_wait(c, p, council, in_a_home, ward, day, tables, rules, seed)
    grant(c, p, council, rules)
    granted = np.int64(c["package"]) > 0
    placement = granted and in_a_home
    if pays_for_care(p, placement, council, rules):
        if not placement and draw(seed, i, trigger, 2, draws.SELF_BUYS) >= rules.self_buys:
            return manage_alone(c, p, ward, day, tables, rules, seed)
        c["funder"] = SELF
        c["blocked"] = 1 if placement else 0
        u = draw(seed, i, trigger, 2, draws.WAITING)
        factor = tables.wait[CHOICE] if ward else 1.0
        enter(c, WAIT_CHOICE if ward else HOME_CHOICE, day, day + arranging_days(rules.self_arrange_days * factor, u))
        return STAY
    if not granted and np.int64(p["package"]) == 0:
        row[REFUSED_OUT] += 1
        p["withheld"] = c["withheld"]
        return manage_alone(c, p, ward, day, tables, rules, seed)
    row[GRANTED_OUT] += 1
    c["funder"] = COUNCIL
    begin_wait(c, p, council, placement, ward, day, tables, rules, seed)
    critical = judged_minutes(np.float64(p["need"]), council.levers[STRICTNESS]) >= 60.0 * rules.critical_hours
    c["blocked"] = 1 if not critical and waits_for_money(c, council, day, rules, seed) else 0
    first = i < len(flow.reablement_first) and flow.reablement_first[i] != 0
    if not placement and c["blocked"] == 0 and (first or draw(seed, i, trigger, 2, draws.REABLED) < rules.reablement_share):
        if council.reablement_used + 1.0 <= council.reablement_places:
            return TO_REABLEMENT
    return STAY


@compiled
def begin_wait(c, p, council, placement, ward, day, tables, rules, seed):
    """Begin to wait for a care-home place or for a start of home care."""
    c["blocked"] = 0
    if placement:
        enter(c, WAIT_PLACEMENT if ward else HOME_PLACEMENT, day, 0)
    elif ward:
        u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.PACKAGE_WAIT)
        enter(c, WAIT_PACKAGE, day, day + arranging_days(rules.package_days * council.package_factor * tables.wait[PACKAGE], u))
    else:
        days = rules.home_brokerage_days
        if council.package_factor != 1.0:  # a part of a day is a chance of a whole one
            days = days * council.package_factor + draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.PACKAGE_WAIT)
        enter(c, HOME_PACKAGE, day, day + int(days))
    return STAY


@compiled
def leaves_queue(c, day, rules, seed):
    """Return whether this wait ends without care today: one draw, made at the request, says after how many days."""
    u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 3, draws.LEAVE_QUEUE)
    return (day - np.int64(c["since"])) * rules.leave_wait_a_day > -math.log(u)


@compiled
def release_money(c, council, day, rules, seed):
    """Let the panel look again at a start that waits for public funding, once a week."""
    if c["blocked"] == 1 and not waits_for_money(c, council, day, rules, seed):
        c["blocked"] = 0


@compiled
def wait_for_package(flow, c, p, council, state, day, rules, seed):
    """A start of home care needs the council's money, a broker, and a round with room; on a ward a smaller one will do, late."""
    release_money(c, council, day, rules, seed)
    if c["blocked"] == 1 or day < np.int64(c["due"]):
        return GIVE_UP if leaves_queue(c, day, rules, seed) else STAY
    by_nhs = c["funder"] == NHS_PAYS
    room = council.care_capacity - council.care_used + np.int64(p["package"])
    minutes = np.int64(c["package"])
    if (by_nhs or council.start_tokens >= 1.0) and room < minutes and state == WAIT_PACKAGE:
        smaller = int(minutes * rules.smaller_share)
        if day - np.int64(c["since"]) >= rules.smaller_after_days and 0 < smaller <= room:
            c["package"] = minutes = smaller
            flow.out[np.int64(p["council"]), SMALLER_OUT] += 1
    if (by_nhs or council.start_tokens >= 1.0) and minutes <= room:
        if not by_nhs:
            council.start_tokens -= 1.0
        return TO_PACKAGE
    return leave_otherwise(c, p, council, state, day, rules, seed)


@compiled
def wait_for_place(c, p, council, state, day, tables, rules, seed):
    """A place is a match: each day a chance from the vacancies that suit."""
    if c["funder"] != SELF:
        release_money(c, council, day, rules, seed)
    vacant = council.home_places - council.home_used
    if (c["blocked"] == 0 or c["funder"] == SELF) and vacant >= 1.0:
        chance = rules.placement_chance * min(vacant / (0.1 * council.home_places), 1.0)
        if state == WAIT_PLACEMENT:
            chance /= tables.wait[NURSING_PLACE if nurses_needed(p, rules) else RESIDENTIAL_PLACE]
        c["hazard"] = np.float64(c["hazard"]) + chance
        u = draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 4, draws.ACCEPT_PLACE)
        if np.float64(c["hazard"]) > -math.log(u):
            return TO_CARE_HOME
    return leave_otherwise(c, p, council, state, day, rules, seed)


@compiled
def leave_otherwise(c, p, council, state, day, rules, seed):
    """Without what is waited for: the council offers an interim bed to some who wait long in hospital, others give up."""
    long = state in (WAIT_PACKAGE, WAIT_PLACEMENT) and day - np.int64(c["since"]) >= rules.interim_after_days
    if long and c["funder"] == COUNCIL and c["blocked"] == 0 and council.home_places - council.home_used >= 1.0:
        if draw(seed, np.int64(c["person"]), np.int64(c["trigger"]), 2, draws.INTERIM_BED) < rules.interim_share:
            return TO_INTERIM
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
def end_acute(flow, c, p, consortium, council, day, tables, rules, seed):
    """The acute phase is over: what the stay has done to the person, and whether a package was kept."""
    days = day - np.int64(c["start"])
    decline(p, rules.deconditioning * days * np.float64(p["frailty"]), rules)
    left = left_to_others(p, consortium, rules)
    update_need(p, np.int64(c["person"]), np.int64(c["recovery"]) / max(np.int64(c["recovery_all"]), 1), left, rules)
    if days > rules.kept_days:
        drop_package(council, p)
    return fit_to_leave(c, p, council, consortium, day, tables, rules, seed)


@compiled
def recover_in_bed(c, p, council, consortium, day, tables, rules, seed):
    """A day of recovery in a hospital bed, while intermediate care has no place."""
    c["recovery"] = max(np.int64(c["recovery"]) - 1, 0)
    c["recovery_at_rest"] = min(np.int64(c["recovery_at_rest"]), np.int64(c["recovery"]))
    if np.int64(c["recovery"]) == 0:
        update_need(p, np.int64(c["person"]), 0.0, left_to_others(p, consortium, rules), rules)
    return further_care(c, p, council, consortium, day, tables, rules, seed)


@compiled
def decide_day(flow, c, p, council, state, day, tables, rules, seed):
    """Return what this case's day comes to."""
    consortium = flow.consortia[np.int64(p["consortium"])]
    if state == ACUTE:
        return end_acute(flow, c, p, consortium, council, day, tables, rules, seed)
    if state == SURGERY:
        return GO_HOME
    if state == WAIT_FURTHER_NHS:
        return recover_in_bed(c, p, council, consortium, day, tables, rules, seed)
    if state == WAIT_PLANNING:
        return plan_discharge(flow, c, council, day, tables, rules, seed)
    if state == WAIT_ASSESSMENT or state == HOME_ASSESSMENT:
        if day >= np.int64(c["due"]) and is_seen(flow, c, p, council, seed):
            return assess(flow, c, p, council, day, tables, rules, seed)
        return GIVE_UP if leaves_queue(c, day, rules, seed) else STAY
    if state == WAIT_FUNDING or state == HOME_FUNDING:
        return decide_continuing(flow, c, p, council, day, tables, rules, seed)
    if state == WAIT_DISPUTE or state == HOME_DISPUTE:
        return arrange(flow, c, p, council, day, tables, rules, seed) if day >= np.int64(c["due"]) else STAY
    if state == WAIT_PACKAGE or state == HOME_PACKAGE:
        return wait_for_package(flow, c, p, council, state, day, rules, seed)
    if state == WAIT_PLACEMENT or state == HOME_PLACEMENT:
        return wait_for_place(c, p, council, state, day, tables, rules, seed)
    if state == WAIT_CHOICE or state == HOME_CHOICE:
        return arrange_oneself(c, p, council, state, day, rules, seed)
    if state == WAIT_EQUIPMENT or state == WAIT_HOUSING:
        return GO_HOME if day >= np.int64(c["due"]) else STAY
    return END_SHORT_TERM


@compiled
def decide_steps(flow, c, p, council, day, tables, rules, seed):
    """Return what this case's day comes to, with the steps that follow each other on the same day."""
    while True:
        state = np.int64(c["state"])
        outcome = decide_day(flow, c, p, council, state, day, tables, rules, seed)
        if outcome != STAY or c["state"] == state or day < np.int64(c["due"]):
            return outcome


@compiled
def discharge(flow, c, p, day, rules):
    """End a stay: the bed and, of an emergency, the bill."""
    hospital = flow.hospitals[np.int64(c["hospital"])]
    p["care"] = np.int64(p["care"]) & ~(record.IN_HOSPITAL | record.FOR_OPERATION)
    if c["state"] == SURGERY:
        free_bed(hospital, c)
        return
    flow.hospital_out[np.int64(c["hospital"]), HOSPITAL_EXCESS_DAYS] += bill(flow, c, p, day, rules)
    if np.int64(c["state"]) == BOARDING:
        hospital.boarding -= 1
    else:
        free_bed(hospital, c)
    p["last_discharge"] = day
    flow.out[np.int64(p["council"]), DISCHARGED_OUT] += 1
    hand_over(flow, p)


@compiled
def plan_return(flow, c, p, day, tables, rules, seed):
    """Draw, at the discharge, whether and on which day the person comes back, and whose decision it was."""
    i, trigger = np.int64(c["person"]), np.int64(c["trigger"])
    u_return, u_day, u_severity, _ = block(seed, i, trigger, 1, draws.RETURN)
    frailty, whole = np.float64(p["frailty"]), max(np.int64(c["recovery_all"]), 1)
    unready, unready_at_rest = np.int64(c["recovery"]) / whole, np.int64(c["recovery_at_rest"]) / whole
    alone = unmet_minutes(p)
    alone_at_rest = max(alone - np.int64(p["withheld"]), 0) if alone > 0 else 0
    consortium = flow.consortia[np.int64(p["consortium"])]
    nursed = consortium.nursing_returns if setting_of(p) == HOME else 1.0
    now = u_return < tables.returns * return_chance(frailty, unready * nursed, alone, rules)
    if unready != unready_at_rest and now != (u_return < tables.returns * return_chance(frailty, unready_at_rest * nursed, alone, rules)):
        decider, lever = rules.first_hospital + np.int64(c["hospital"]), DISCHARGE_READINESS
    elif alone != alone_at_rest and now != (u_return < tables.returns * return_chance(frailty, unready * nursed, alone_at_rest, rules)):
        decider, lever = rules.first_council + np.int64(p["council"]), flow.councils[np.int64(p["council"])].withheld_lever
    elif nursed != 1.0 and now != (u_return < tables.returns * return_chance(frailty, unready, alone, rules)):
        decider, lever = rules.first_consortium + np.int64(p["consortium"]), COMMUNITY_NURSING
    else:
        decider, lever = NEED_DECIDES, 0
    if now or lever != 0:
        back = day + 1 + min(int(-rules.return_days * math.log(u_day)), 89)
        schedule(flow, back, i, follow_up(trigger, RETURN), CONTACT, RETURN, 1.0 - 0.6 * u_severity, decider, lever, 0 if now else 1)


@compiled
def end_short_term(flow, c, p, council, rules, seed):
    """Reablement, intermediate care or an interim bed is over; return the state that follows.

    What is restored stays, and what help is still needed is looked at. FOR_GOOD is for somebody who stays in the care home.
    """
    i, state = np.int64(c["person"]), np.int64(c["state"])
    consortium = flow.consortia[np.int64(p["consortium"])]
    if state == IN_INTERIM and needs_care_home(p, rules, left_to_others(p, consortium, rules)):
        return FOR_GOOD
    leave_short_term_care(flow, c, p, council)
    if state == IN_INTERMEDIATE:
        set_care(p, HOME, funder_of(p))
        update_need(p, i, 0.0, left_to_others(p, consortium, rules), rules)
        return HOME_ASSESSMENT if unmet_minutes(p) > 60.0 * rules.tolerated_hours else CLOSED
    settled = settled_frailty(p)
    above = np.float64(p["frailty"]) - settled
    if state == IN_REABLEMENT and above > 0.0:
        p["frailty"] = settled + above * (1.0 - rules.reablement_restores)
    set_care(p, HOME, 0)
    update_need(p, i, 0.0, left_to_others(p, consortium, rules), rules)
    grant(c, p, council, rules)
    return HOME_PACKAGE if np.int64(c["package"]) > 0 else CLOSED


@compiled
def finish_short_term(flow, k, c, p, council, day, age, rules, seed):
    """End short-term care and begin what follows it."""
    after = end_short_term(flow, c, p, council, rules, seed)
    if after == FOR_GOOD:
        p["informal"] = 0
        count_entry(flow, p, age)
        close(flow, k)
    elif after == CLOSED:
        p["withheld"] = c["withheld"]
        close(flow, k)
    else:
        c["funder"] = COUNCIL
        c["blocked"] = 0
        enter(c, after, day, day)


@compiled
def count_entry(flow, p, age):
    """Count a move into a care home for good, once it is known who pays."""
    row = flow.out[np.int64(p["council"])]
    row[ENTRIES_OUT] += 1
    row[OLDER_ENTRIES_OUT] += 1 if age >= OLDER and funder_of(p) == COUNCIL else 0


@compiled
def arrange_follow_up(flow, p, i, outcome, day, trigger):
    """Count an older person's discharge; where reablement or intermediate care follows, someone will ask where they live."""
    row = flow.out[np.int64(p["council"])]
    row[OLDER_DISCHARGED_OUT] += 1
    if outcome in (TO_REABLEMENT, TO_INTERMEDIATE):
        row[OLDER_REABLED_OUT] += 1
        schedule(flow, day + FOLLOWED_UP_AFTER, i, trigger, FOLLOW_UP, 0, 0.0, NEED_DECIDES, 0, 0)


@compiled
def look_after_three_months(flow, e):
    """See whether somebody lives at home, neither in hospital nor in a care home; who has moved away is not followed."""
    p = flow.rows[np.int64(e["person"])]
    row = flow.out[np.int64(p["council"])]
    if e["avoided"] == 1:
        row[FOLLOWED_UP_OUT] += 1
        return
    alive = np.int64(p["end_month"]) == record.ALIVE
    if not alive and np.int64(p["flags"]) & record.LEFT:
        return
    row[FOLLOWED_UP_OUT] += 1
    row[AT_HOME_OUT] += 1 if alive and not np.int64(p["care"]) & record.IN_HOSPITAL and setting_of(p) < RESIDENTIAL else 0


@compiled
def act(flow, k, c, p, council, outcome, day, age, tables, rules, seed):
    """Do what the day came to; the caller settles the accrual around it."""
    i = np.int64(c["person"])
    row = flow.out[np.int64(p["council"])]
    trigger, hospital = np.int64(c["trigger"]), np.int64(c["hospital"])
    if outcome == END_SHORT_TERM:
        finish_short_term(flow, k, c, p, council, day, age, rules, seed)
        return
    if outcome == GIVE_UP:
        p["flags"] = np.int64(p["flags"]) & ~record.ASKED
        row[GAVE_UP_WAITING_OUT] += 1
    ward, surgery = in_hospital(np.int64(c["state"])), c["state"] == SURGERY
    if ward:
        discharge(flow, c, p, day, rules)
    close(flow, k)
    if outcome == TO_PACKAGE:
        council.care_used += np.int64(c["package"]) - np.int64(p["package"])
        p["package"] = c["package"]
        p["withheld"] = c["withheld"]
        set_care(p, HOME, np.int64(c["funder"]))
        row[STARTED_OUT] += 1 if c["funder"] != NHS_PAYS else 0
    elif outcome == TO_CARE_HOME:
        drop_package(council, p)
        p["informal"] = 0
        p["withheld"] = 0
        set_care(p, NURSING if nurses_needed(p, rules) else RESIDENTIAL, np.int64(c["funder"]))
        if c["funder"] == SELF:
            sell_home(p, rules)
        council.home_used += 1
        count_entry(flow, p, age)
    elif outcome == TO_REABLEMENT:
        drop_package(council, p)
        set_care(p, REABLEMENT, COUNCIL)
        council.reablement_used += 1
        row[REABLED_OUT] += 1
        open_case(flow, i, IN_REABLEMENT, day, day + int(rules.reablement_days), trigger, 0, hospital, rules, seed)
    elif outcome == TO_INTERMEDIATE:
        set_care(p, INTERMEDIATE, funder_of(p))
        flow.consortia[np.int64(p["consortium"])].intermediate_used += 1
        row[INTERMEDIATE_OUT] += 1
        open_case(flow, i, IN_INTERMEDIATE, day, day + int(rules.intermediate_days), trigger, 0, hospital, rules, seed)
    elif outcome == TO_INTERIM:
        drop_package(council, p)
        set_care(p, RESIDENTIAL, COUNCIL)
        council.home_used += 1
        row[INTERIM_OUT] += 1
        open_case(flow, i, IN_INTERIM, day, day + int(rules.interim_days), trigger, 0, hospital, rules, seed)
    if ward and not surgery:
        if age >= OLDER:
            arrange_follow_up(flow, p, i, outcome, day, trigger)
        plan_return(flow, c, p, day, tables, rules, seed)


@compiled
def stays_as_it_is(c, state, day):
    """Return whether nothing can come of a case's day, as on most: the person's own record, which is far away in memory, is not needed."""
    return state == BOARDING or (day < np.int64(c["due"]) and (state == ACUTE or state == SURGERY or state >= IN_REABLEMENT))


@compiled
def held_at_home(c, state):
    """Return whether somebody at home waits for public funding of care."""
    return c["blocked"] == 1 and (state == HOME_PACKAGE or state == HOME_PLACEMENT)


@compiled
def goes_on_waiting(c, council, state, day, rules, seed):
    """Return whether somebody at home waits on for the council's money, or for a broker: then, too, the own record is not needed."""
    if state != HOME_PACKAGE and state != HOME_PLACEMENT:
        return False
    if c["funder"] != SELF:
        release_money(c, council, day, rules, seed)
    without_broker = state == HOME_PACKAGE and (day < np.int64(c["due"]) or (c["funder"] != NHS_PAYS and council.start_tokens < 1.0))
    if without_broker or (held_at_home(c, state) and c["funder"] != SELF):
        return not leaves_queue(c, day, rules, seed)
    return False


@compiled
def let_movers_go(flow):
    """Once a month: who waited at home and has moved away waits no more."""
    for k in range(flow.size[N_CASES_AT]):
        state = np.int64(flow.cases[k]["state"])
        if state != CLOSED and not in_hospital(state) and np.int64(flow.rows[np.int64(flow.cases[k]["person"])]["end_month"]) != record.ALIVE:
            close(flow, k)


@compiled
def progress(flow, k, day, left, clock, tables, rules, seed):
    """One case's day."""
    c = flow.cases[k]
    state = np.int64(c["state"])
    if in_hospital(state) and c["ward"] != c["wanted"]:
        move_on(flow.hospitals[np.int64(c["hospital"])], c, day, rules)
    council = flow.councils[np.int64(c["council"])]
    if stays_as_it_is(c, state, day) or goes_on_waiting(c, council, state, day, rules, seed):
        return
    p = flow.rows[np.int64(c["person"])]
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    if WAIT_FURTHER_NHS <= state <= WAIT_HOUSING:
        decline(p, rules.deconditioning * np.float64(p["frailty"]), rules)
    outcome = decide_steps(flow, c, p, council, day, tables, rules, seed)
    if outcome != STAY:
        act(flow, k, c, p, council, outcome, day, age, tables, rules, seed)
    accrue(p, age, left, tables, rules, flow.councils, flow.totals)


@compiled
def die(flow, i, day, left, clock, tables, rules):
    """A death: closes spell, package and place on its day."""
    p = flow.rows[i]
    council = flow.councils[np.int64(p["council"])]
    row = flow.out[np.int64(p["council"])]
    age = age_index(p, clock)
    accrue(p, age, -left, tables, rules, flow.councils, flow.totals)
    row[DEATHS_OUT] += 1
    row[DEATHS_BY_CELL + cell_of(p, age)] += 1
    row[DIED_DEARLY_OUT] += 1 if np.int64(p["out_of_pocket"]) >= DEAR_PENCE else 0
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
def request(flow, e, day, rules, seed):
    """Someone at home asks the council for an assessment."""
    i = np.int64(e["person"])
    p = flow.rows[i]
    flow.out[np.int64(p["council"]), REQUESTED_OUT] += 1
    if flow.case_of[i] >= 0 or setting_of(p) >= RESIDENTIAL:  # in hospital, already in the line, or in a home by now
        p["flags"] = np.int64(p["flags"]) & ~record.ASKED
        return
    open_case(flow, i, HOME_ASSESSMENT, day, 0, np.int64(e["trigger"]), 0, np.int64(p["hospital"]), rules, seed)
