"""What all organisations have in common: a name, levers, budgets, prices of money, and the one rule to decide by."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

import mesa

from agents.actor import Actor
from agents.deciding import (
    LEVER_RANGES,
    Belief,
    DecidingBehaviour,
    Decision,
    Option,
    as_seen,
    decide,
    solve_norm,
    update_price,
)
from agents.vocabulary import Account, Lever, Party

MONTHS_PER_QUARTER = 3


class Purse(NamedTuple):
    """Accounts of one holder that are spent as one.

    Parameters
    ----------
    accounts : which; those that the holder does not have are left out
    chance : pence, standard deviation of what chance does to a year's spending
    carried : pence of earlier years that may be spent besides this year's budget; of a debt, what may not
    bears : accounts of others whose overspend falls on it through a pool
    answers_for : pence a year of those accounts that it answers for, where it holds no money of its own
    owed : pence that pools are expected to cost it this year: partners' overspends less what they bear of its own
    """

    accounts: tuple[Account, ...]
    chance: float = 0.0
    carried: int = 0
    bears: tuple[Account, ...] = ()
    answers_for: int = 0
    owed: int = 0


class OrganisationBehaviour(Protocol):
    """What the parameter class of every deciding organisation has."""

    @property
    def optimism(self) -> float:
        """Multiplies what a decider believes levers do to accounts that are not its own and to people."""


class World(Protocol):
    """What an organisation may ask of the world when it decides: the state of the quarter's first day."""

    month: int
    behaviour: DecidingBehaviour

    def decider(self, unit: Organisation, lever: Lever) -> Organisation:
        """Return who decides a lever of this organisation under the structure in force."""

    def stakes(self, decider: Organisation) -> Mapping[Account, float]:
        """Return how much of a pound on each account the decider feels."""

    def own_accounts(self, decider: Organisation) -> Collection[Account]:
        """Return the accounts whose bills the decider sees in full."""

    def sight(self, decider: Organisation) -> float:
        """Return how much of an effect on other accounts the decider sees, 0 to 1."""

    def prices(self, decider: Organisation) -> Mapping[Account, float]:
        """Return the price of money of each account as the decider meets it."""

    def belief(self, unit: Organisation, lever: Lever) -> Belief:
        """Return what a step of this lever does, as a good analyst would find."""

    def held(self, unit: Organisation) -> Collection[Lever]:
        """Return the levers of this organisation that are frozen."""

    def ruled(self, unit: Organisation, wishes: Sequence[Decision]) -> Sequence[tuple[Decision, str]]:
        """Return what becomes of wishes once the board has been heard: moves to make, and what the board had to say."""

    def record(self, unit: Organisation, decider: Organisation, decision: Decision, advice: str) -> None:
        """Write a decision to the model's log, with what the board had to say about it."""


def decides_this_month(index: int, month: int) -> bool:
    """Return whether the organisation with this index decides in this month: each once a quarter, a third at a time.

    Examples
    --------
    >>> [month for month in range(12) if decides_this_month(4, month)]
    [1, 4, 7, 10]
    """
    return index % MONTHS_PER_QUARTER == month % MONTHS_PER_QUARTER


class Organisation(Actor):
    """An organisation that owns levers, holds budgets, or both.

    Under a structure a lever may be decided by another organisation than the one that owns it: the *unit* owns it, the
    *decider* brings stakes, prices and sight. Moves are counted by unit and lever group, so a merger of deciders slows
    nobody by arithmetic.

    Parameters
    ----------
    model : the Mesa model it lives in
    name : as in the ledger
    index : position in the ledger's table of parties
    heads : adults it serves
    rest : observed level of each lever in :attr:`own_levers`
    budgets : pence a year of each account it holds
    behaviour : its parameter class

    Attributes
    ----------
    levers : current level of each lever
    norms : pounds per head per year per step of each lever; solved once, 0 before
    balanced : what each norm balances: pounds per head and year that a step up was felt to cost each account, at rest
    prices : price of money of each account it holds, or bears through a pool
    ceilings : levels that national rules let some of its levers not go above

    Raises
    ------
    ValueError
        If `rest` does not name exactly the levers it owns, or a level lies outside its range.
    """

    kind: ClassVar[Party]
    own_levers: ClassVar[tuple[Lever, ...]] = ()

    def __init__(
        self,
        model: mesa.Model,
        *,
        name: str,
        index: int,
        heads: int,
        rest: Mapping[Lever, float],
        budgets: Mapping[Account, int],
        behaviour: OrganisationBehaviour,
    ) -> None:
        super().__init__(model)
        self.name = name
        self.index = index
        self.heads = heads
        self.behaviour = behaviour
        self.rest = _checked_rest(type(self).__name__, self.own_levers, rest)
        self.levers = dict(self.rest)
        self.norms = dict.fromkeys(self.rest, 0.0)
        self.ceilings: dict[Lever, float] = {}
        self.balanced: dict[Lever, dict[Account, float]] = {lever: {} for lever in self.rest}
        self.endow(budgets)

    def endow(self, budgets: Mapping[Account, int]) -> None:
        """Give it accounts to hold, each with pence a year and a price of 1."""
        self.budgets = {account: int(budgets[account]) for account in Account if account in budgets}
        self.prices = dict.fromkeys(self.budgets, 1.0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def options(self, world: World) -> list[Option]:
        """Return its levers with all that bears on them, in the order of lever codes."""
        found = []
        for lever, level in self.levers.items():
            decider = world.decider(self, lever)
            found.append(
                Option(
                    lever=lever,
                    level=level,
                    rest=self.rest[lever],
                    norm=self.norms[lever],
                    belief=self._seen(world, lever, decider),
                    stakes=world.stakes(decider),
                    prices=world.prices(decider),
                    ceiling=self.ceilings.get(lever, math.inf),
                )
            )
        return found

    def decide(self, world: World) -> list[Decision]:
        """Let whoever decides its levers move them once the board was heard, record each decision, and return what was moved.

        A move that was given up on advice is recorded too: it leaves the lever where it stands.
        """
        rulings = world.ruled(self, decide(self.options(world), world.behaviour, world.held(self)))
        for decision, advice in rulings:
            self.levers[decision.lever] = decision.after
            world.record(self, world.decider(self, decision.lever), decision, advice)
        return [decision for decision, _ in rulings if decision.after != decision.before]

    def solve_norms(self, world: World) -> None:
        """Set the norms so that, under the structure in force in `world` and prices of 1, no step is worth making."""
        for lever in self.levers:
            decider = world.decider(self, lever)
            belief, stakes = self._seen(world, lever, decider), world.stakes(decider)
            self.norms[lever] = solve_norm(belief, stakes, world.behaviour)
            self.balanced[lever] = {account: stakes.get(account, 0.0) * cost for account, cost in belief.costs.items()}

    def update_prices(
        self, forecasts: Mapping[Account, float], behaviour: DecidingBehaviour, purses: Iterable[Purse]
    ) -> None:
        """Let the prices of its accounts follow the year's forecasts; accounts of one purse share one price.

        Parameters
        ----------
        forecasts : pence this year of each account it holds; accounts left out keep their price
        behaviour : shared parameters
        purses : each account in at most one of them; those in none keep their price
        """
        for purse in purses:
            known = [account for account in purse.accounts if account in self.budgets and account in forecasts]
            if not known and not purse.answers_for:
                continue
            forecast = sum(forecasts[account] for account in known) + purse.answers_for + purse.owed
            budget = max(sum(self.budgets[account] for account in known) + purse.carried + purse.answers_for, 1)
            felt = [*known, *purse.bears]
            price = update_price(self.prices[felt[0]], forecast, budget, behaviour, purse.chance)
            self.prices.update(dict.fromkeys(felt, price))

    def _seen(self, world: World, lever: Lever, decider: Organisation) -> Belief:
        own = world.own_accounts(decider)
        return as_seen(world.belief(self, lever), own, decider.behaviour.optimism, world.sight(decider))


def _checked_rest(owner: str, own: tuple[Lever, ...], rest: Mapping[Lever, float]) -> dict[Lever, float]:
    if set(rest) != set(own):
        wanted = [lever.name.lower() for lever in own]
        given = [lever.name.lower() for lever in sorted(rest)]
        raise ValueError(f"{owner}.rest must name exactly the levers {wanted}, got {given!r}")
    for lever in sorted(own):
        bounds = LEVER_RANGES[lever]
        if not bounds.low <= rest[lever] <= bounds.high:
            within = f"[{bounds.low:g}, {bounds.high:g}]"
            raise ValueError(f"{owner}.rest of {lever.name.lower()} must lie in {within}, got {rest[lever]!r}")
    return {lever: float(rest[lever]) for lever in sorted(own)}
