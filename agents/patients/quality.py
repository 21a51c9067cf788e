"""Social-care-related quality of life of people who need help, on the scale of ASCOT, and the choice of a personal budget.

It is kept apart from health: 1 is every wish for everyday life met (clean, fed, safe, in control, among people), 0 as bad as
not being alive. Nobody without need loses any of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.parameter import Checked, parameter
from agents.patients import record
from agents.vocabulary import Funder, Setting

COUNCIL_PAYS, LIVES_IN_A_HOME = int(Funder.COUNCIL), int(Setting.RESIDENTIAL)
MICRO_DAY = 1e6 / 365.25


@dataclass(frozen=True, kw_only=True, slots=True)
class CareQuality(Checked):
    """What people who need help lose of social-care-related quality of life; no source at hand gives a size."""

    scrqol_dependence: float = parameter(
        0.25, "most that is lost by depending on help, all of it there", unit="ASCOT", low=0.1, high=0.4,
        assumption="people who use social care well report good lives, but not those of others: about three quarters of the scale")
    scrqol_unmet: float = parameter(
        0.5, "most that is lost besides by need that nobody meets", unit="ASCOT", low=0.2, high=0.8,
        assumption="who depends wholly on others and is left alone is near the lower end of the scale")
    scrqol_half_hours: float = parameter(
        10.0, "weekly hours of need, or of unmet need, that lose half of the most", unit="hours a week", low=5.0, high=20.0, positive=True,
        assumption="help every day: the first hours are for food, washing and getting up")
    scrqol_care_home: float = parameter(
        0.05, "lost by living in a care home, where need is met (negative: gained)", unit="ASCOT", low=-0.1, high=0.2,
        assumption="less control and privacy against company and safety; the sign is not known")
    scrqol_hospital: float = parameter(
        0.15, "lost by being in hospital", unit="ASCOT", low=0.0, high=0.3, assumption="no say over one's day, and far from home")
    budget_fits: float = parameter(
        0.1, "share of what people who need help lose that a personal budget gives back", unit="share", low=0.0, high=0.3,
        assumption="care that one chooses suits better: direction known (mechanisms of the evidence), size withheld; the prior includes none")


@compiled
def share_lost(minutes, rules):
    """Return how much of the most there is to lose so many minutes a week lose: half at `scrqol_half_hours`."""
    return minutes / (minutes + 60.0 * rules.scrqol_half_hours)


@compiled
def social_care_lost(p, unmet, rules):
    """Return what a day in this state lacks of a whole day of social-care-related quality of life, in millionths of a year.

    Parameters
    ----------
    p : record of somebody who needs help
    unmet : minutes a week of need that nobody meets
    rules : fields of :class:`CareQuality`
    """
    care = np.int64(p["care"])
    lost = rules.scrqol_dependence * share_lost(np.float64(p["need"]), rules) + rules.scrqol_unmet * share_lost(np.float64(unmet), rules)
    if care & record.IN_HOSPITAL:
        lost += rules.scrqol_hospital
    elif care & record.SETTING_MASK >= LIVES_IN_A_HOME:
        lost += rules.scrqol_care_home
    return int(min(max(lost, 0.0), 1.0) * MICRO_DAY)


@compiled
def takes_budget(p, i, council, rules):
    """Return whether somebody has home care from the council as the month begins and is among those who take it as a personal budget by now.

    Who takes one early and who late is a lifelong trait, so that take-up only grows.
    """
    care = np.int64(p["care"])
    if np.int64(p["package"]) == 0 or care & (record.SETTING_MASK | record.IN_HOSPITAL) or (care >> record.FUNDER_SHIFT) & record.FUNDER_MASK != COUNCIL_PAYS:
        return False
    return draw(rules.people_seed, i, 0, 0, draws.OWN_BUDGET) < council.own_budgets
