"""What organisations see of what their levers did in a year, from the ledger's consequences, and what they come to believe.

A decider sees what the ledger puts down to its lever, with the noise that chance gives a year's spending of the real place: on its own accounts always, on partners'
where information is shared. Only levers that were away from rest are learned of. Effects on people, and on hospitals' margins, of which the ledger knows no consequences, stay as believed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from agents import draws
from agents.deciding import LEVER_RANGES, Belief
from agents.draws import draw, normal_score
from agents.learning import learned
from agents.organisation import Organisation
from agents.vocabulary import Account, Lever
from model.accounts import SERVICES_OF
from model.ledger import Ledger
from model.parameters import Parameters
from model.structures import CommissioningStructure
from model.year_end import Budgets

MONTHS = 12
ACCOUNT_OF = {service: account for account, services in SERVICES_OF.items() for service in services}
LEAST_STEPS = 0.5  # assumption, 0.1 to 1: half a step moves what people get too little to tell from chance
"""Steps away from rest, in the mean over a year and all whom the decider decides for, below which nothing is learned."""

Key = tuple[int, Lever]


class World(Protocol):
    """What this room asks of the world of decisions."""

    structure: CommissioningStructure
    beliefs: Mapping[Lever, Belief]

    def decider(self, unit: Organisation, lever: Lever) -> Organisation:
        """Return who decides a lever of an organisation."""

    def own_accounts(self, decider: Organisation) -> Collection[Account]:
        """Return the accounts whose bills the decider sees in full."""


class Economy(Protocol):
    """What this room asks of the economy."""

    month: int
    scale: float
    seed_of_luck: int
    parameters: Parameters
    world: World
    ledger: Ledger
    budgets: Budgets
    organisations: Mapping[int, Organisation]
    councils: Sequence[Organisation]
    consortia: Sequence[Organisation]
    hospitals: Sequence[Organisation]


class Learning:
    """What each decider has learned of each lever.

    Parameters
    ----------
    economy : in which it learns
    """

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self._beliefs: dict[Key, Belief] = {}
        self._begin_year()

    def belief(self, decider: Organisation, lever: Lever) -> Belief:
        """Return what a decider believes of a lever by now."""
        return self._beliefs.get((decider.index, lever), self.economy.world.beliefs[lever])

    def watch(self) -> None:
        """At a month's end: add up how far levers were from rest, and what the ledger puts down to them."""
        world = self.economy.world
        for unit in (*self.economy.councils, *self.economy.consortia, *self.economy.hospitals):
            for lever, level in unit.levers.items():
                decider = world.decider(unit, lever)
                steps = LEVER_RANGES[lever].steps(level, unit.rest[lever]) if level > 0.0 or not LEVER_RANGES[lever].multiplicative else 0.0
                key = decider.index, lever
                self._heads[key] = self._heads.get(key, 0.0) + unit.heads / MONTHS
                self._exposed[key] = self._exposed.get(key, 0.0) + unit.heads * steps / MONTHS
        rows = self.economy.ledger.attributed(self.economy.month)
        for decider, lever, service, payer, pence in zip(*(rows[name].tolist() for name in ("decider", "lever", "service", "payer", "pence")), strict=True):
            account = ACCOUNT_OF.get(service)
            if account is not None and payer in self.economy.organisations:
                which = decider, Lever(lever), account
                self._pence[which] = self._pence.get(which, 0) + pence

    def learn(self) -> None:
        """In April: let each decider hold what it saw in the year against what it believed."""
        for (decider, lever), exposed in self._exposed.items():
            if abs(exposed) >= LEAST_STEPS * self._heads[decider, lever]:
                self._learn_of(self.economy.organisations[decider], lever, exposed)
        self._begin_year()

    def _begin_year(self) -> None:
        self._heads: dict[Key, float] = {}
        self._exposed: dict[Key, float] = {}
        self._pence: dict[tuple[int, Lever, Account], int] = {}

    def _learn_of(self, decider: Organisation, lever: Lever, exposed: float) -> None:
        before, world = self.belief(decider, lever), self.economy.world
        own = world.own_accounts(decider)
        seen = [account for account in before.costs if account in SERVICES_OF and (account in own or world.structure.information_shared)]
        costs = dict(before.costs)
        for account in seen:
            trusted = 1.0 if account in own else decider.behaviour.optimism  # which multiplies beliefs when they are weighed
            noise = self._noise(account, self._heads[decider.index, lever]) / abs(exposed)
            effect = self._pence.get((decider.index, lever, account), 0) / 100.0 / exposed + noise * self._luck(decider, lever, account)
            costs[account] = learned(before.costs[account], effect / max(trusted, 1e-9), noise, self.economy.parameters.learning)
        self._beliefs[decider.index, lever] = replace(before, costs=costs)

    def _noise(self, account: Account, heads: float) -> float:
        """Return the standard deviation, in pounds, of what chance does to a year of an account for some of the place's people.

        As many of them as are simulated, with as little luck for each as the real number of people has.
        """
        chances = [self.economy.budgets.chance(index, (account,)) for index in self.economy.organisations if account in self.economy.budgets.held(index)]
        part = heads / sum(council.heads for council in self.economy.councils)
        return math.sqrt(sum(chance**2 for chance in chances) * part * self.economy.scale) / 100.0

    def _luck(self, decider: Organisation, lever: Lever, account: Account) -> float:
        u = draw(np.uint64(self.economy.seed_of_luck), decider.index, self.economy.month, int(lever) * 16 + int(account), draws.NOISE)
        return float(normal_score(u))
