"""Long-term conditions: when one begins.

One draw says whether anything begins, under the sum of fixed ceilings (which depend on age and sex only); one says
which; one accepts it at today's hazard. So moving one hazard can never turn diabetes into heart disease.
"""

from __future__ import annotations

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import block
from agents.vocabulary import N_CONDITIONS

RISK_CAP = 6.0  # assumption: products of relative risks are cut here, 4 to 10; few people come near it
PLACE_CAP = 2.0  # highest tilt of a place and deprivation fifth together


@compiled
def relative_risk(held, condition, tables):
    """Return the product of relative risks of acquiring `condition` that the conditions `held` (a bit mask) give."""
    risk = 1.0
    for other in range(N_CONDITIONS):
        if held & (1 << other):
            risk *= tables.relative_risk[condition, other]
    return min(risk, RISK_CAP)


@compiled
def new_condition(p, i, month, sex, age, fifth, tilts, tables, seed):
    """Decide which condition, if any, begins this month; set its bit and return True if one does.

    `tilts` has, by condition, the place's registers over what its ages give.
    """
    u_which, u_accept, _, _ = block(seed, i, month, 0, draws.ONSET_WHICH)
    left = u_which * tables.onset_ceiling[sex, age]
    condition = 0
    ceiling = 0.0
    for condition in range(N_CONDITIONS):
        ceiling = tables.onset[condition, sex, age] * RISK_CAP * PLACE_CAP
        if left < ceiling:
            break
        left -= ceiling
    held = np.int64(p["conditions"]) & 0x3FFF
    if held & (1 << condition) or ceiling <= 0.0:
        return False
    tilt = min(tilts[condition] * tables.onset_fifth[condition, fifth], PLACE_CAP)
    risk = relative_risk(held, condition, tables) / tables.relative_risk_mean[condition, sex, age]
    hazard = tables.onset[condition, sex, age] * tilt * min(risk, RISK_CAP)
    if u_accept * ceiling < hazard:
        p["conditions"] = np.int64(p["conditions"]) | (1 << condition)
        return True
    return False
