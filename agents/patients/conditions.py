"""Long-term conditions: when one begins, and when one becomes severe.

One draw says whether anything begins, under the sum of fixed ceilings (which depend on age and sex only); where it falls
under them says which, and how far whether today's hazard accepts it. So moving one hazard can never turn diabetes into
heart disease.

Conditions cluster in people: everyone has a *liability* for life, common to all conditions, that decides what they
hold at the start and multiplies the hazard of whatever they do not hold yet. On top of it some conditions raise the
hazard of particular others.
"""

from __future__ import annotations

import math

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw, normal_score
from agents.patients.prevention import onset_factor
from agents.vocabulary import N_CONDITIONS

RISK_CAP = 6.0  # assumption: products of relative risks are cut here, 4 to 10; few people come near it
PLACE_CAP = 2.5  # assumption, 2 to 4: highest tilt of a place and deprivation fifth together; few come near it
CLUSTERING = 0.20  # assumption, 0.1 to 0.3: share of each liability that all conditions have in common; near T-A-006 and 007
HELD = (1 << N_CONDITIONS) - 1  # mask of the bits that say which conditions are held
SEVERE_SHIFT = N_CONDITIONS  # bit SEVERE_SHIFT + k: condition k is in its severe stage
_ROOT_TWO = math.sqrt(2.0)


@compiled
def below(score):
    """Return the standard normal distribution function at `score`."""
    return 0.5 * (1.0 + math.erf(score / _ROOT_TWO))


@compiled
def chance_held(liability, prevalence):
    """Return the chance that someone of this common liability (a standard normal score) holds a condition.

    Parameters
    ----------
    prevalence : share of all people of the kind who hold it, above 0 and below 1
    """
    return below((normal_score(prevalence) + math.sqrt(CLUSTERING) * liability) / math.sqrt(1.0 - CLUSTERING))


@compiled
def liability_risk(liability, prevalence):
    """Return how a person's common liability multiplies the hazard of a condition not held yet.

    The ratio of hazards of crossing the threshold, at this liability to all people's: onset at it keeps conditions as
    clustered as :func:`chance_held` makes them at the start.
    """
    threshold = normal_score(prevalence)
    own = (threshold + math.sqrt(CLUSTERING) * liability) / math.sqrt(1.0 - CLUSTERING)
    hazard = math.exp(0.5 * (threshold * threshold - own * own)) / math.sqrt(1.0 - CLUSTERING)
    return hazard * (1.0 - prevalence) / max(1.0 - below(own), 1e-6)


@compiled
def relative_risk(held, condition, tables):
    """Return the product of relative risks of acquiring `condition` that the conditions `held` (a bit mask) give."""
    risk = 1.0
    for other in range(N_CONDITIONS):
        if held & (1 << other):
            risk *= tables.relative_risk[condition, other]
    return risk


@compiled
def risk_of(held, condition, sex, age, liability, tables):
    """Return the relative risk of acquiring `condition`: of what is held, times that of the common liability; capped."""
    prevalence = min(max(tables.prevalence[condition, sex, age], 1e-4), 0.95)
    return min(relative_risk(held, condition, tables) * liability_risk(liability, prevalence), RISK_CAP)


@compiled
def new_condition(p, i, u, sex, age, fifth, tilts, prevention, tables, rules):
    """Decide which condition, if any, begins this month; set its bit and return True if one does.

    Parameters
    ----------
    u : uniform from 0 to the sum of the ceilings, ``tables.onset_ceiling``: where it falls says which condition, and
        how far into that condition's ceiling whether today's hazard accepts it
    tilts : shape (14,), the place's registers over what its ages and deprivation give
    prevention : what the council's prevention has built up, see ``agents.patients.prevention``; where little of it is
        left, hazards rise no further than the ceilings
    """
    left = u
    condition = 0
    ceiling = 0.0
    for condition in range(N_CONDITIONS):
        ceiling = tables.onset[condition, sex, age] * tables.onset_cap[sex, age]
        if left < ceiling:
            break
        left -= ceiling
    conditions = np.int64(p["conditions"])
    if conditions & (1 << condition) or ceiling <= 0.0:
        return False
    u_accept = left / ceiling
    tilt = min(tilts[condition] * tables.onset_fifth[condition, fifth, age] * onset_factor(condition, prevention, rules), PLACE_CAP)
    accepted = u_accept * tables.onset_cap[sex, age] * tables.relative_risk_mean[condition, sex, age]
    if accepted >= tilt * RISK_CAP:  # no liability could be high enough, so none is worked out
        return False
    liability = normal_score(draw(rules.people_seed, i, 0, 0, draws.CLUSTER))
    if accepted < tilt * risk_of(conditions, condition, sex, age, liability, tables):
        p["conditions"] = conditions | (1 << condition)
        return True
    return False


@compiled
def progress(p, i, month, tables, seed):
    """Once a year, let each condition held become severe or not; return whether one did."""
    conditions = np.int64(p["conditions"])
    held = conditions & HELD & ~(conditions >> SEVERE_SHIFT)
    moved = 0
    for condition in range(N_CONDITIONS):
        if held & (1 << condition) and tables.progress[condition] > 0.0:
            if draw(seed, i, month, condition, draws.PROGRESS) < tables.progress[condition]:
                moved |= 1 << (SEVERE_SHIFT + condition)
    p["conditions"] = conditions | moved
    return moved != 0
