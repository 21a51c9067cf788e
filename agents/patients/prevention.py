"""Prevention: what a council's public health spending does to people, years later.

Effort builds a *stock* that is slow to grow and slow to fade: an exponential memory of how far spending stood from rest.
The stock lowers the onset of some long-term conditions, and the falls that bring older people to hospital. At rest it is
nothing, and nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.compiled import compiled, inlined
from agents.parameter import Checked, parameter
from agents.vocabulary import YOUNGEST, Condition

_PREVENTABLE = (Condition.HYPERTENSION, Condition.DIABETES, Condition.CHD, Condition.HEART_FAILURE, Condition.STROKE_TIA, Condition.COPD)
PREVENTABLE = sum(1 << condition for condition in _PREVENTABLE)  # assumption: conditions that smoking, weight and activity move most
OLDER = 65 - YOUNGEST  # age index from which falls count
MONTHS = 12.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PreventionBehaviour(Checked):
    """How slowly, and how much, prevention works; effects are those of doubling the spending, for good, and in proportion."""

    memory_years: float = parameter(
        5.0, "years over which what is spent builds up, and over which it is forgotten", unit="years", low=2.0, high=10.0, positive=True,
        assumption="habits, and arteries, change over years")
    onset_prevented: float = parameter(
        0.05, "fewer onsets of high blood pressure, diabetes, heart disease, heart failure, stroke and COPD", unit="ratio", low=0.0, high=0.15,
        assumption="the direction is known, the size for what councils spend is not: the prior includes zero")
    falls_share: float = parameter(
        0.12, "share of emergencies of people of 65 and over that begin with a fall", unit="share", low=0.08, high=0.18,
        assumption="falls are among the commonest reasons for an older person's emergency; about one in eight")
    falls_prevented: float = parameter(
        0.10, "fewer such falls", unit="ratio", low=0.0, high=0.25,
        assumption="exercise classes prevent falls of those who come to them, who are few: the prior includes zero")


def built_up(stock: float, level: float, rest: float, memory_years: float) -> float:
    """Return the stock after a month of spending at `level`: a mean of its distances from rest, older ones fading.

    Examples
    --------
    >>> built_up(0.0, 1.0, 1.0, 5.0)
    0.0
    >>> round(built_up(0.0, 2.0, 1.0, 5.0), 4)
    0.0167
    """
    return stock + (level / rest - 1.0 - stock) / (MONTHS * memory_years)


@compiled
def onset_factor(condition, stock, rules):
    """Return what multiplies the hazard of a condition: exactly 1 at rest, and for conditions that prevention does not reach."""
    if stock == 0.0 or PREVENTABLE & (1 << condition) == 0:
        return 1.0
    return max(1.0 - rules.onset_prevented * stock, 0.0)


@inlined
def falls_factor(age, stock, rules):
    """Return what multiplies the rate of emergencies: exactly 1 at rest, and for people under 65. `age` counts from 18."""
    return 1.0 if stock == 0.0 or age < OLDER else max(1.0 - rules.falls_share * rules.falls_prevented * stock, 0.0)
