"""How any organisation chooses: stakes x beliefs under pressure. One rule, everywhere.

A **stake** is how much of a pound that falls on an account the decider feels, 0 to 1. A **belief** is what one step of
a lever does to each account and to people. The **price of money** belongs to an account and rises with pressure on its
budget. A **norm**, in pounds a step, reveals the values of whoever set the lever where it is: it is solved once, so
that at rest nobody gains by moving.

With n the number of steps between the lever and its rest, per head and year a step s (+1 or -1) is worth::

    marginal = - sum over accounts [ stake x price x cost ] + outcome_weight x qalys + norm
    gross    =   sum over accounts | stake x price x cost | + outcome_weight x |qalys|
    value(s) = s x marginal - curvature x gross x (s x n + 1/2) - effort

so the believed effect holds at rest and shrinks by `curvature` times its gross size with each step taken from there; a
step is worth the mean over its length, which is where the half comes from. Going a step and back again is therefore
never worth anything. `effort` is the dead-band. Pure Python on 64-bit floats, summed in a fixed order: the same bits
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from agents.parameter import Checked, parameter
from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party

SOCIAL_CARE = "social care"
COMMUNITY_AND_PRIMARY = "community and primary"
ACUTE = "acute"
LEVER_GROUPS = (SOCIAL_CARE, COMMUNITY_AND_PRIMARY, ACUTE)

DUTIES = ("none", "consult", "have_regard", "integrate")


@dataclass(frozen=True, kw_only=True, slots=True)
class DecidingBehaviour(Checked):
    """What every organisation shares in how it decides."""

    outcome_weight: float = parameter(
        20_000.0,
        "what a QALY is worth to whoever decides",
        unit="pounds per QALY",
        low=5_000.0,
        high=30_000.0,
        assumption="the lower end of the 20,000 to 30,000 pounds that NICE judges by; practice may value health less",
    )
    price_gain: float = parameter(
        2.0,
        "how fast the price of money follows a forecast overspend, each quarter",
        unit="per unit of overspend as a part of the budget",
        low=0.5,
        high=5.0,
        assumption="a year of forecasting 5% over budget makes a pound feel like about 1.5",
    )
    price_band: float = parameter(
        2.5,
        "gap between forecast and budget that is taken for chance, in standard deviations of what chance does to the payer's year",
        unit="standard deviations",
        low=1.0,
        high=4.0,
        assumption="treasurers let go what chance alone would do about once in eighty years",
    )
    price_memory: float = parameter(
        0.9,
        "how much of the price's distance from 1 (in logarithms) is left after a quarter",
        unit="share a quarter",
        low=0.7,
        high=0.98,
        assumption="pressure is forgotten in some two years once money is in balance",
    )
    price_floor: float = parameter(
        0.5,
        "the least a pound can feel like, however much is left over",
        unit="pounds felt per pound",
        low=0.25,
        high=0.9,
        assumption="money left over loses value but is never free",
    )
    price_cap: float = parameter(
        4.0,
        "the most a pound can feel like, however great the overspend",
        unit="pounds felt per pound",
        low=1.5,
        high=10.0,
        assumption="beyond some pressure no organisation can attend to money more",
    )
    effort: float = parameter(
        0.02,
        "what moving a lever by one step costs the decider in effort: the dead-band",
        unit="pounds per head per year per step",
        low=0.002,
        high=0.2,
        assumption="some 10,000 pounds of management for half a million adults",
    )
    curvature: float = parameter(
        0.03,
        "how much of a lever's gross effect each further step from rest loses",
        unit="share per step",
        low=0.005,
        high=0.15,
        assumption="diminishing returns: after some thirty steps a further one does no good",
    )
    moves_per_quarter: float = parameter(
        1.0,
        "levers that may move in one quarter, in each lever group of each organisation",
        unit="moves per quarter (whole number)",
        low=1.0,
        high=2.0,
        assumption="management attends to one change at a time, or two",
    )
    regard_none: float = parameter(
        0.02,
        "how much of a partner's pound is felt without any duty, at full trust and one outcomes framework",
        unit="share",
        low=0.0,
        high=0.1,
        assumption="goodwill alone, next to nothing",
    )
    regard_consult: float = parameter(
        0.1,
        "how much of a partner's pound is felt under a duty to consult, at full trust and one outcomes framework",
        unit="share",
        low=0.0,
        high=0.3,
        assumption="being heard is more than nothing; less than having regard",
    )
    regard_have_regard: float = parameter(
        0.25,
        "how much of a partner's pound is felt under a duty to have regard, at full trust and one outcomes framework",
        unit="share",
        low=0.05,
        high=0.5,
        assumption="between being heard and being bound",
    )
    regard_integrate: float = parameter(
        0.5,
        "how much of a partner's pound is felt under a duty to integrate, at full trust and one outcomes framework",
        unit="share",
        low=0.2,
        high=0.8,
        assumption="a statutory purpose, yet still another's budget",
    )
    regard_in_pool: float = parameter(
        0.0,
        "how much is felt, besides one's own part, of what partners bear of a pooled pound",
        unit="share",
        low=0.0,
        high=0.5,
        assumption="treasurers look at their own part; 1 would mean that a pool's pound is a pound to everybody who bears some of it",
    )
    alignment_apart: float = parameter(
        0.6,
        "what is left of regard where the two answer to different outcomes frameworks",
        unit="share",
        low=0.2,
        high=1.0,
        assumption="different frameworks weaken regard; 1 would mean that they do not matter",
    )
    sight_apart: float = parameter(
        0.5,
        "how much of an effect on accounts that are not its own a decider sees without shared information",
        unit="share",
        low=0.1,
        high=1.0,
        assumption="a partner's costs are known in part, from national averages and complaint",
    )
    trust: float = parameter(
        0.5,
        "mean trust that two organisations start with",
        unit="share",
        low=0.1,
        high=0.9,
        assumption="the middle",
    )
    trust_spread: float = parameter(
        0.2,
        "furthest that the trust of a pair of organisations lies above or below the mean",
        unit="share",
        low=0.0,
        high=0.4,
        assumption="places differ: some partners have worked together for years, some have fallen out",
    )

    def __post_init__(self) -> None:
        Checked.__post_init__(self)  # zero-argument super() does not survive slots=True
        if self.moves_per_quarter != int(self.moves_per_quarter):
            raise ValueError(
                f"DecidingBehaviour.moves_per_quarter must be a whole number, got {self.moves_per_quarter!r}"
            )
        if not 0.0 < self.price_floor <= 1.0:
            raise ValueError(f"DecidingBehaviour.price_floor must be above 0 and at most 1, got {self.price_floor!r}")
        if self.price_cap < 1.0:
            raise ValueError(f"DecidingBehaviour.price_cap must be at least 1, got {self.price_cap!r}")

    def regard(self, duty: str) -> float:
        """Return the regard that a duty brings, one of :data:`DUTIES`."""
        return float(getattr(self, f"regard_{duty}"))


# Levers


@dataclass(frozen=True, kw_only=True, slots=True)
class LeverRange:
    """Where a lever can stand and how far one step goes.

    Parameters
    ----------
    lever : which
    low, high : bounds that no step crosses
    step : length of a step: added to the level, or, if `multiplicative`, a part of it
    unit : of the level, in words
    group : one of :data:`LEVER_GROUPS`
    multiplicative : a step multiplies the level by 1 + `step` (or divides it)
    yearly : moves only in the first quarter of a financial year, when rules and prices are set
    """

    lever: Lever
    low: float
    high: float
    step: float
    unit: str
    group: str
    multiplicative: bool = False
    yearly: bool = False

    def steps(self, level: float, rest: float) -> float:
        """Return how many steps the level lies above its rest; rounded, so that a whole number comes out whole."""
        if self.multiplicative:
            return round(math.log(level / rest) / math.log1p(self.step), 6)
        return round((level - rest) / self.step, 6)

    def level(self, steps: float, rest: float) -> float:
        """Return the level that many steps above its rest: no drift, so that a step and back is the same level."""
        if steps == 0:
            return rest
        return round(rest * (1.0 + self.step) ** steps if self.multiplicative else rest + steps * self.step, 10)

    def moved(self, level: float, direction: int, rest: float) -> float | None:
        """Return the level one step up (+1) or down (-1), or None where that would cross a bound."""
        after = self.level(self.steps(level, rest) + direction, rest)
        beyond = after > self.high if direction > 0 else after < self.low
        return None if beyond else after


def _capacity(lever: Lever, group: str, step: float = 0.02) -> LeverRange:
    unit = "multiple of the place's observed capacity"
    return LeverRange(lever=lever, low=0.2, high=3.0, step=step, unit=unit, group=group, multiplicative=True)


def _share(lever: Lever, low: float, high: float, step: float, unit: str, group: str, *, yearly: bool = False) -> LeverRange:
    return LeverRange(lever=lever, low=low, high=high, step=step, unit=unit, group=group, yearly=yearly)


LEVER_RANGES: Mapping[Lever, LeverRange] = {
    Lever.STRICTNESS: _share(Lever.STRICTNESS, 0.0, 0.5, 0.02, "share of need disregarded", SOCIAL_CARE),
    Lever.GENEROSITY: _share(Lever.GENEROSITY, 0.3, 1.2, 0.02, "package hours per judged hour", SOCIAL_CARE),
    Lever.REABLEMENT: _capacity(Lever.REABLEMENT, SOCIAL_CARE),
    Lever.ASSESSMENT: _capacity(Lever.ASSESSMENT, SOCIAL_CARE),
    Lever.COMMUNITY: _capacity(Lever.COMMUNITY, COMMUNITY_AND_PRIMARY),
    Lever.PROACTIVE: _share(
        Lever.PROACTIVE, 0.0, 1.0, 0.02, "share of the top 2% by use looked after", COMMUNITY_AND_PRIMARY
    ),
    Lever.ADMISSION_THRESHOLD: _share(Lever.ADMISSION_THRESHOLD, 0.0, 1.0, 0.01, "severity", ACUTE),
    Lever.DISCHARGE_READINESS: _share(Lever.DISCHARGE_READINESS, 0.0, 1.0, 0.02, "readiness asked for", ACUTE),
    Lever.ELIGIBILITY: _share(Lever.ELIGIBILITY, 0.0, 3.0, 1.0, "need band from which care is paid for: 0 low to 3 critical", SOCIAL_CARE, yearly=True),
    Lever.CHARGES: _share(Lever.CHARGES, 0.0, 2.0, 0.01, "multiple of the charges observed", SOCIAL_CARE, yearly=True),
    Lever.FEES: _share(Lever.FEES, 0.6, 1.6, 0.01, "multiple of the fees observed", SOCIAL_CARE, yearly=True),
    Lever.BROKERAGE: _capacity(Lever.BROKERAGE, SOCIAL_CARE),
    Lever.PREVENTION: _capacity(Lever.PREVENTION, SOCIAL_CARE, 0.05),
    Lever.COMMUNITY_NURSING: _capacity(Lever.COMMUNITY_NURSING, COMMUNITY_AND_PRIMARY),
    Lever.MENTAL_HEALTH: _capacity(Lever.MENTAL_HEALTH, COMMUNITY_AND_PRIMARY),
    Lever.DEMENTIA: _capacity(Lever.DEMENTIA, COMMUNITY_AND_PRIMARY),
    Lever.CONTINENCE: _capacity(Lever.CONTINENCE, COMMUNITY_AND_PRIMARY),
    Lever.CARE_HOME_SUPPORT: _share(Lever.CARE_HOME_SUPPORT, 0.0, 1.0, 0.02, "share of care homes looked after", COMMUNITY_AND_PRIMARY),
    Lever.GP_ACCESS: _capacity(Lever.GP_ACCESS, COMMUNITY_AND_PRIMARY, 0.01),
    Lever.CHC_STRICTNESS: _share(Lever.CHC_STRICTNESS, 0.0, 0.9, 0.02, "share of claims refused", COMMUNITY_AND_PRIMARY),
    Lever.DISCHARGE_COORDINATION: _capacity(Lever.DISCHARGE_COORDINATION, ACUTE, 0.05),
    Lever.ELECTIVE_LISTS: _capacity(Lever.ELECTIVE_LISTS, ACUTE),
    Lever.DAY_CASES: _share(Lever.DAY_CASES, 0.0, 1.0, 0.01, "share of operations without a night", ACUTE),
    Lever.CONTRIBUTION: _share(
        Lever.CONTRIBUTION, 0.0, 0.5, 0.05, "share of its people's social care that a consortium pays for", COMMUNITY_AND_PRIMARY, yearly=True
    ),
}
"""Every lever that can be moved. Higher is more of the named thing."""


# Stakes


class PoolFacts(NamedTuple):
    """One pool: which accounts it joins, which part of its overspend each kind of organisation bears, and how much of each account is in it.

    An account that `parts` does not name is in it as a whole.
    """

    accounts: tuple[Account, ...]
    overspend: Mapping[Party, float]
    parts: Mapping[Account, float] = MappingProxyType({})


class StakeFacts(NamedTuple):
    """What a structure says that stakes depend on.

    `holders` names the kind that holds each account, `duties` one of :data:`DUTIES` for (who has it, towards whom),
    and `one_framework` says whether all answer to one outcomes framework.
    """

    holders: Mapping[Account, Party]
    pools: Sequence[PoolFacts]
    duties: Mapping[tuple[Party, Party], str]
    one_framework: bool


def stakes(
    facts: StakeFacts, decider: Party, behaviour: DecidingBehaviour, trust: Mapping[Party, float] | None = None
) -> dict[Account, float]:
    """Return how much of a pound falling on each account the decider feels, 0 to 1.

    Of the part of an account that is in a pool, as much as it bears of the pool's overspend, and `behaviour.regard_in_pool` of what its partners bear;
    of the rest, all if it holds the account. What neither makes it bear is felt with regard for the holder.

    Parameters
    ----------
    facts : what the structure says
    decider : kind of the organisation that decides
    behaviour : what duties and frameworks are worth
    trust : the decider's trust in each kind of partner, 0 to 1; `behaviour.trust` where none is given
    """
    alignment = 1.0 if facts.one_framework else behaviour.alignment_apart
    felt: dict[Account, float] = {}
    for account in HELD_ACCOUNTS:
        holder, pool = facts.holders[account], _pool_of(facts, account)
        trusted = behaviour.trust if trust is None else trust.get(holder, behaviour.trust)
        alone = 1.0 if holder == decider else behaviour.regard(facts.duties.get((decider, holder), "none")) * trusted * alignment
        felt[account] = alone
        if pool is not None:
            part, bears = pool.parts.get(account, 1.0), pool.overspend.get(decider, 0.0)
            shared = bears > 0.0 or holder == decider  # a holder that bears nothing leaves it to others
            pooled = bears + (1.0 - bears) * behaviour.regard_in_pool if shared else alone
            felt[account] = part * pooled + (1.0 - part) * alone
    return felt


def borne(facts: StakeFacts, decider: Party) -> dict[Account, float]:
    """Return how much of a pound on each account that others hold falls on the decider through a pool; accounts of which nothing does are left out."""
    found = {}
    for account in HELD_ACCOUNTS:
        pool = _pool_of(facts, account)
        if pool is not None and facts.holders[account] != decider and pool.overspend.get(decider, 0.0) > 0.0:
            found[account] = pool.parts.get(account, 1.0) * pool.overspend[decider]
    return found


def _pool_of(facts: StakeFacts, account: Account) -> PoolFacts | None:
    return next((pool for pool in facts.pools if account in pool.accounts), None)


# Beliefs


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What one step up of a lever is believed to do, per head of the adults served and year, at rest.

    Parameters
    ----------
    lever : which
    costs : pounds on each account; a saving is negative; accounts left out are untouched
    qalys : quality-adjusted life years gained
    delays : recorded days of delay that social care answers for, which cost nothing where councils do not pay for them

    Raises
    ------
    ValueError
        If a number is not finite.
    """

    lever: Lever
    costs: Mapping[Account, float]
    qalys: float
    delays: float = 0.0

    def __post_init__(self) -> None:
        numbers = {account.name.lower(): cost for account, cost in self.costs.items()} | {"qalys": self.qalys, "delays": self.delays}
        for name, number in numbers.items():
            if not math.isfinite(number):
                raise ValueError(f"Belief.{name} of {self.lever.name.lower()} must be finite, got {number!r}")


def as_seen(belief: Belief, own: Collection[Account], optimism: float, sight: float) -> Belief:
    """Return a belief as a decider sees it.

    Parameters
    ----------
    belief : what a good analyst would find
    own : accounts whose bills the decider sees in full
    optimism : multiplies what the lever does elsewhere and for people; what it costs itself is known
    sight : how much of an effect on other accounts is seen, 0 to 1
    """
    costs = {
        account: cost if account in own else cost * optimism * sight for account, cost in belief.costs.items()
    }
    return Belief(lever=belief.lever, costs=costs, qalys=belief.qalys * optimism, delays=belief.delays)


def solve_norm(belief: Belief, stakes: Mapping[Account, float], behaviour: DecidingBehaviour) -> float:
    """Return the norm, pounds per head per year per step, at which a step from rest is worth nothing at prices of 1."""
    cost, _ = _money(belief, stakes, {})
    return cost - behaviour.outcome_weight * belief.qalys


def _money(
    belief: Belief, stakes: Mapping[Account, float], prices: Mapping[Account, float]
) -> tuple[float, float]:
    """Return what a step costs in money as felt, and the sum of absolute amounts; added in the order of accounts."""
    cost = gross = 0.0
    for account in Account:
        amount = stakes.get(account, 0.0) * prices.get(account, 1.0) * belief.costs.get(account, 0.0)
        cost += amount
        gross += abs(amount)
    return cost, gross


# Choosing


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One lever that may be moved, and all that bears on it.

    Parameters
    ----------
    lever : which
    level, rest : where it stands and where the place was observed
    norm : pounds per head per year per step
    belief : as the decider sees it
    stakes, prices : of the decider, by account; an account without a stake is not felt, one without a price costs 1
    ceiling : level that rules let nobody go above, beside the lever's own range
    """

    lever: Lever
    level: float
    rest: float
    norm: float
    belief: Belief
    stakes: Mapping[Account, float]
    prices: Mapping[Account, float]
    ceiling: float = math.inf

    @property
    def steps(self) -> float:
        """Steps between the level and its rest."""
        return LEVER_RANGES[self.lever].steps(self.level, self.rest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A lever moved, and why.

    `reasons` holds, per head and year: ``value`` of the step; ``norm``, ``qalys`` and ``outcome`` (pounds) of a step
    up; ``concavity`` and ``effort`` taken off; ``steps`` from rest before the move; ``direction``; and for each account
    that the lever touches ``stake/NAME``, ``price/NAME`` and ``cost/NAME`` (of a step up).
    """

    lever: Lever
    before: float
    after: float
    reasons: Mapping[str, float] = field(default_factory=dict)


def value(option: Option, direction: int, behaviour: DecidingBehaviour) -> float:
    """Return what a step up (+1), down (-1) or none (0) is worth, pounds per head per year."""
    if direction == 0:
        return 0.0
    cost, gross_money = _money(option.belief, option.stakes, option.prices)
    outcome = behaviour.outcome_weight * option.belief.qalys
    marginal = -cost + outcome + option.norm
    return direction * marginal - _concavity(option, direction, gross_money, behaviour) - behaviour.effort


def decide(
    options: Sequence[Option], behaviour: DecidingBehaviour, held: Collection[Lever] = frozenset()
) -> list[Decision]:
    """Return the moves of one organisation's levers for a quarter, in the order of lever codes.

    In each lever group the best `moves_per_quarter` steps are made, if they are worth anything; among equals the lower
    lever code comes first. The order of `options` does not matter.

    Parameters
    ----------
    options : one a lever
    behaviour : shared parameters
    held : levers that nobody may move

    Raises
    ------
    ValueError
        If a lever appears twice or a value is not a number.
    """
    levers = [option.lever for option in options]
    if len(set(levers)) != len(levers):
        raise ValueError(f"options must name each lever once, got {[lever.name.lower() for lever in levers]!r}")
    wishes: dict[str, list[tuple[float, Lever, Decision]]] = {group: [] for group in LEVER_GROUPS}
    for option in options:
        if option.lever in held:
            continue
        best = _best_step(option, behaviour)
        if best is not None:
            worth, decision = best
            wishes[LEVER_RANGES[option.lever].group].append((-worth, option.lever, decision))
    moves = int(behaviour.moves_per_quarter)
    chosen = [
        decision
        for group in LEVER_GROUPS
        for _, _, decision in sorted(wishes[group], key=lambda wish: wish[:2])[:moves]
    ]
    return sorted(chosen, key=lambda decision: decision.lever)


def update_price(price: float, forecast: float, budget: float, behaviour: DecidingBehaviour, chance: float = 0.0) -> float:
    """Return the price of money after a quarter: it follows the forecast over the budget, within floor and cap.

    Small gaps are taken for chance (a dead-band), and without a gap the price goes back towards 1: a forecast is noisy,
    and a price that only added up its noise would wander to its limits in a place at rest.

    Parameters
    ----------
    price : before
    forecast : the year's spending as it looks now
    budget : of the same year and in the same unit, above 0
    chance : standard deviation of what chance does to a year's spending, in the same unit

    Raises
    ------
    ValueError
        If the budget is not positive.

    Examples
    --------
    >>> update_price(1.0, 100, 100, DecidingBehaviour())
    1.0
    """
    if not budget > 0:
        raise ValueError(f"budget must be above 0, got {budget!r}")
    gap = forecast / budget - 1.0
    clear = max(abs(gap) - behaviour.price_band * chance / budget, 0.0)
    growth = behaviour.price_gain * (clear if gap > 0.0 else -clear)
    kept = math.log(price) * behaviour.price_memory
    grown = math.exp(min(kept + growth, 700.0))  # exp of more does not fit, and the cap is far below
    return min(max(grown, behaviour.price_floor), behaviour.price_cap)


def _concavity(option: Option, direction: int, gross_money: float, behaviour: DecidingBehaviour) -> float:
    gross = gross_money + behaviour.outcome_weight * abs(option.belief.qalys)
    return behaviour.curvature * gross * (direction * option.steps + 0.5)


def _best_step(option: Option, behaviour: DecidingBehaviour) -> tuple[float, Decision] | None:
    best: tuple[float, Decision] | None = None
    for direction in (-1, 1):  # at most one of the two is worth anything, unless the lever starts far from rest
        after = LEVER_RANGES[option.lever].moved(option.level, direction, option.rest)
        worth = value(option, direction, behaviour)
        if math.isnan(worth):
            raise ValueError(f"value of a step of {option.lever.name.lower()} must be a number, got {worth!r}")
        if after is not None and after <= option.ceiling and worth > 0.0 and (best is None or worth > best[0]):
            reasons = _reasons(option, direction, worth, behaviour)
            best = worth, Decision(lever=option.lever, before=option.level, after=after, reasons=reasons)
    return best


def _reasons(option: Option, direction: int, worth: float, behaviour: DecidingBehaviour) -> dict[str, float]:
    _, gross_money = _money(option.belief, option.stakes, option.prices)
    reasons = {
        "value": worth,
        "direction": float(direction),
        "steps": option.steps,
        "norm": option.norm,
        "qalys": option.belief.qalys,
        "outcome": behaviour.outcome_weight * option.belief.qalys,
        "concavity": _concavity(option, direction, gross_money, behaviour),
        "effort": behaviour.effort,
    }
    for account in Account:
        if account in option.belief.costs:
            name = account.name.lower()
            reasons[f"stake/{name}"] = option.stakes.get(account, 0.0)
            reasons[f"price/{name}"] = option.prices.get(account, 1.0)
            reasons[f"cost/{name}"] = option.belief.costs[account]
    return reasons
