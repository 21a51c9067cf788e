"""How a person begins: traits for life, conditions held at the start, partner, home and savings."""

from __future__ import annotations

import math

import numpy as np

from agents import draws
from agents.care import judged_package, needs_care_home, pays_in_full, sell_home
from agents.compiled import compiled
from agents.draws import block, draw, normal_score
from agents.patients import record
from agents.patients.conditions import PLACE_CAP, SEVERE_SHIFT, chance_held
from agents.patients.living import (
    COUNCIL,
    FRAILTY_STEPS,
    NURSING,
    RESIDENTIAL,
    SELF,
    age_index,
    begin_traits,
    carer_minutes,
    death_with_need,
    personal_parts,
    weekly_need,
)
from agents.vocabulary import N_CONDITIONS

SAVINGS_SPREAD = 1.6  # assumption, 1.2 to 2: standard deviation of the logarithm of savings


@compiled
def conditions_at_start(i, sex, age, fifth, tilts, tables, seed):
    """Return the bit mask of conditions held, some of them severe: the common liability makes them cluster."""
    liability = normal_score(draw(seed, i, 0, 0, draws.CLUSTER))
    held = 0
    for condition in range(N_CONDITIONS):
        tilt = min(tilts[condition] * tables.onset_fifth[condition, fifth, age], PLACE_CAP)
        prevalence = min(tables.prevalence[condition, sex, age] * tilt, 0.95)
        if prevalence <= 1e-6:
            continue
        if draw(seed, i, 0, 0, draws.CONDITION_AT_START + condition) < chance_held(liability, prevalence):
            held |= 1 << condition
            if tables.severe_share[condition] > 0.0 and draw(seed, i, 0, condition, draws.SEVERE_AT_START) < tables.severe_share[condition]:
                held |= 1 << (SEVERE_SHIFT + condition)
    return held


@compiled
def hospital_of(i, council, catchment, seed):
    """Return the hospital that person i of a council uses, for life."""
    u_hospital = draw(seed, i, 0, 0, draws.HOSPITAL_CHOICE)
    hospital = 0
    while hospital < catchment.shape[1] - 1 and u_hospital >= catchment[council, hospital]:
        hospital += 1
    return hospital


@compiled
def choose_hospitals(rows, first_row, catchment, seed):
    """Set the hospital of rows, of which `rows[0]` stands at `first_row` of the store; `catchment` as in :func:`begin`."""
    for k in range(len(rows)):
        rows[k]["hospital"] = hospital_of(first_row + k, np.int64(rows[k]["council"]), catchment, seed)


@compiled
def begin(rows, lo, hi, clock, tables, rules, consortia, first_row, seed, catchment):
    """Give rows [lo, hi), whose place, age, sex and deprivation are set, everything else that a person begins with.

    Parameters
    ----------
    rows : RECORD array; `birth_month`, `small_area`, `council`, `consortium` and the sex and deprivation bits are set
    clock : month that ages are counted at
    consortia : CONSORTIUM_STATE records
    first_row : row that `rows[0]` will have in the store: draws are keyed by it
    catchment : shape (n_councils, n_hospitals), cumulative shares of each council's hospital use
    """
    for k in range(lo, hi):
        p = rows[k]
        i = first_row + k
        person = np.int64(p["person"]) & (record.FEMALE | record.QUINTILE_MASK << record.QUINTILE_SHIFT)
        sex = person & record.FEMALE
        fifth = (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
        age = min(max((clock - np.int64(p["birth_month"])) // 12 - 18, 0), 92)
        _, _, _, u_wealth = block(seed, i, 0, 0, draws.FRAILTY_TRAIT)
        u_partner, u_owner, _, _ = block(seed, i, 0, 0, draws.PARTNER)
        if u_partner < tables.partner[sex, age]:
            person |= record.PARTNER
        if u_owner < tables.owner[fifth] * min(1.0, 0.2 + 0.03 * age):
            person |= record.OWNER
        p["person"] = person
        p["conditions"] = conditions_at_start(i, sex, age, fifth, consortia[np.int64(p["consortium"])].tilt, tables, seed)
        years = age + 18.0
        p["capital"] = int(min(tables.savings_median[fifth] * min(1.0, years / 65.0) * min(1.0, years / 65.0) * math.exp(SAVINGS_SPREAD * normal_score(u_wealth)), 2e7))
        p["hospital"] = hospital_of(i, np.int64(p["council"]), catchment, seed)
        p["end_month"] = record.ALIVE
        p["last_discharge"] = record.NEVER_DISCHARGED
        u_frailty, u_need, _, _ = block(rules.people_seed, i, 0, 0, draws.FRAILTY_TRAIT)
        begin_traits(p, i, age, u_frailty, u_need, tables, rules)
        begin_need(p, i, rules)


@compiled
def begin_need(p, i, rules):
    """Work out need and help of someone who has no formal care yet."""
    need = weekly_need(p, 0.0, rules)
    p["need"] = need
    p["informal"] = min(need, carer_minutes(p, i, rules)) if need > 0 else 0
    p["unmet_recent"] = min(max(need - np.int64(p["informal"]), 0), 65535)


@compiled
def outgrow(rows, lo, hi, case_of, clock, month, tables, seed, out):
    """Frozen demography: choose the care-home residents in whose place, as years go by, somebody younger comes.

    Where nobody grows older, those who moved in young would stay for decades and fill the homes; in life they become
    the older residents. At each birthday a resident is replaced with the chance of ``tables.residence_growth``, so that
    the homes keep the ages they have. Returns how many there are in rows [lo, hi); their rows are written to `out`.
    """
    n = 0
    for i in range(lo, hi):
        p = rows[i]
        care = np.int64(p["care"])
        if care & record.SETTING_MASK < RESIDENTIAL or care & record.IN_HOSPITAL or case_of[i] >= 0:
            continue
        if np.int64(p["end_month"]) != record.ALIVE or (month - np.int64(p["birth_month"])) % 12 != 0:
            continue
        if np.int64(p["flags"]) & record.DYING == 0 and draw(seed, i, month, 0, draws.OUTGROW) < tables.residence_growth[age_index(p, clock)]:
            out[n] = i
            n += 1
    return n


@compiled
def begin_anew(rows, dead, clock, month, tables, rules, seed):
    """Frozen demography: let rows `dead`, already given the starting person's record, begin with new personal traits.

    With the dead person's own traits the frail would die and return as frail, month after month. The traits are those
    of someone who has lived through the years that traits last: drawn again while such a person would have died.
    """
    for k in range(len(dead)):
        i = np.int64(dead[k])
        p = rows[i]
        age = age_index(p, clock)
        person = np.int64(p["person"])
        sex, fifth = person & record.FEMALE, (person >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
        years = 1.0 / (1.0 - rules.trait_kept * rules.trait_kept)
        for turn in range(1, 9):
            u_frailty, u_need, u_lived, _ = block(seed, i, month, turn, draws.FRAILTY_TRAIT)
            begin_traits(p, i, age, u_frailty, u_need, tables, rules)
            begin_need(p, i, rules)
            step = int(np.float64(p["frailty"]) * FRAILTY_STEPS)
            hazard = tables.death[sex, fifth, age] * tables.death_by_frailty[step] + death_with_need(np.int64(p["need"]), rules)
            if u_lived < math.exp(-12.0 * hazard * years):
                break


@compiled
def set_birth_months(rows, lo, hi, ages, oldest_survival, seed):
    """Draw months of birth of rows [lo, hi) from ages in whole years; 90 stands for 90 and over.

    Parameters
    ----------
    ages : shape (n,) int, age of each row at month 0
    oldest_survival : chance of living another year at 90 and over
    """
    for i in range(lo, hi):
        u_month = draw(seed, i, 0, 0, draws.BIRTH_MONTH)
        age = int(ages[i])
        if age >= 90:
            u = draw(seed, i, 0, 0, draws.OLDEST_AGE)
            age = min(90 + int(math.log(u) / math.log(oldest_survival)), 108)
        rows[i]["birth_month"] = -(age * 12 + int(u_month * 12.0))


@compiled
def begin_care(rows, lo, hi, councils, share, rules, seed):
    """Give rows [lo, hi) the care that many like them have: a first guess that the warm-up settles.

    Parameters
    ----------
    councils : COUNCIL_STATE records
    share : shape (n_councils,), of the eligible who have care at the start
    """
    for i in range(lo, hi):
        p = rows[i]
        council = np.int64(p["council"])
        package = judged_package(p, councils[council].levers, rules)
        u_care, u_home, _, _ = block(seed, i, 0, 0, draws.CARE_AT_START)
        placement = needs_care_home(p, rules)
        pays = pays_in_full(p, placement, rules)
        if placement and u_home < 0.85:
            setting = NURSING if np.int64(p["need"]) > 60.0 * rules.nursing_need_hours else RESIDENTIAL
            funder = SELF if pays else COUNCIL
            p["care"] = setting | funder << record.FUNDER_SHIFT
            p["informal"] = 0
            if pays:
                sell_home(p, rules)
        elif package > 0 and u_care < share[council]:
            if pays:
                package = int(max(np.int64(p["need"]) - np.int64(p["informal"]), 0) * rules.self_bought)
            p["package"] = package
            p["care"] = (SELF if pays else COUNCIL) << record.FUNDER_SHIFT


@compiled
def traits(n, seed, out):
    """Write the personal parts of n people into `out`, shape (n, 2): frailty (in spreads) and need. For solving the tables."""
    for i in range(n):
        u_frailty, u_need, _, _ = block(seed, i, 0, 0, draws.FRAILTY_TRAIT)
        out[i, 0], out[i, 1] = personal_parts(u_frailty, u_need)


@compiled
def liabilities(n, seed, out):
    """Write the common liability of n people into `out`, shape (n,). For solving the tables."""
    for i in range(n):
        out[i] = normal_score(draw(seed, i, 0, 0, draws.CLUSTER))
