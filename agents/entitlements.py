"""What entitlements and competition do to people and councils, the same under every structure that has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.parameter import Checked, parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class EntitlementRules(Checked):
    """What entitlements and competition do, under every structure that has them."""

    board_share: float = parameter(
        0.42, "part of a week in a care home that is board and lodging, which is free to nobody", unit="share", low=0.25, high=0.6,
        assumption="about 230 pounds of a week that costs councils some 550")
    budgets_at_first: float = parameter(
        0.12, "people with council home care who take it as a personal budget when these begin", unit="share", low=0.05, high=0.25,
        assumption="share of consortia that had 50 or more personal health budgets at first (Localis 2017): stands in for people")
    budgets_odds_a_year: float = parameter(
        1.88, "growth of the odds of having a personal budget", unit="ratio a year", low=1.3, high=3.0, positive=True,
        assumption="from 12% to 26% of consortia in 18 months (Localis 2017): the same stand-in")
    budget_costs: float = parameter(
        0.0, "what it costs to run a personal budget, beyond the care in it", unit="part of what the care costs", low=-0.05, high=0.1,
        assumption="planning and accounts against less brokerage: no effect on cost was found, size withheld; around nothing")
    competing_days: float = parameter(
        1.1, "days to plan and to assess for a discharge where any willing provider may be chosen", unit="ratio", low=1.0, high=1.4, positive=True,
        assumption="more bodies that touch a person make care harder to coordinate: direction known, size not; the prior includes no effect")


def taken_up(share: np.ndarray, rules: EntitlementRules) -> np.ndarray:
    """Return the share of people with a personal budget a month after it was `share`; its odds grow by a steady rate.

    Examples
    --------
    >>> share = taken_up(np.zeros(1), EntitlementRules())
    >>> for _ in range(18):
    ...     share = taken_up(share, EntitlementRules())
    >>> share.round(2)
    array([0.26])
    """
    odds = share / np.maximum(1.0 - share, 1e-12) * rules.budgets_odds_a_year ** (1.0 / 12.0)
    return np.where(share > 0.0, odds / (1.0 + odds), rules.budgets_at_first)
