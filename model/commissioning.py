"""Who decides what under a structure: the world that organisations see when they decide.

A structure's facts become stakes through shared parameters; nothing here knows any structure's name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from agents.deciding import LEVER_RANGES, Belief, DecidingBehaviour, Decision, stakes
from agents.organisation import MONTHS_PER_QUARTER, Organisation
from agents.vocabulary import Account, Lever, Party
from model.parameters import Parameters
from model.structures import CommissioningStructure, Payment


MONTHS = 12
YEARLY = frozenset(lever for lever, bounds in LEVER_RANGES.items() if bounds.yearly)


class Economy(Protocol):
    """What this room asks of the economy."""

    month: int
    parameters: Parameters
    bodies: Mapping[Party, Organisation]

    def log_decision(self, unit: Organisation, decider: Organisation, decision: Decision) -> None:
        """Add a decision to the log."""


class Commissioning:
    """The organisations' world under one structure (see ``agents.organisation.World``).

    Parameters
    ----------
    economy : whose month, log and organisations these are
    structure : facts in force
    beliefs : what a step of each lever does, per head, where hospitals are paid by the tariff
    hold : levers that nobody may move
    """

    def __init__(self, economy: Economy, structure: CommissioningStructure, beliefs: Mapping[Lever, Belief], hold: Collection[Lever]) -> None:
        self.economy, self.structure = economy, structure
        self.beliefs = {lever: as_paid(belief, structure.payment) for lever, belief in beliefs.items()}
        self.behaviour: DecidingBehaviour = economy.parameters.deciding
        self._hold = frozenset(hold)
        facts = structure.stake_facts()
        self._stakes = {kind: stakes(facts, kind, self.behaviour) for kind in structure.kinds}

    @property
    def month(self) -> int:
        """Months since the start."""
        return self.economy.month

    def decider(self, unit: Organisation, lever: Lever) -> Organisation:
        """Return who decides a lever of this organisation."""
        kind = self.structure.decider(lever)
        return unit if kind == unit.kind else self.holder_of_kind(kind)

    def holder_of_kind(self, kind: Party) -> Organisation:
        """Return the one organisation of a kind that decides for others."""
        return self.economy.bodies[kind]

    def stakes(self, decider: Organisation) -> Mapping[Account, float]:
        """Return how much of a pound on each account the decider feels."""
        return self._stakes[decider.kind]

    def own_accounts(self, decider: Organisation) -> Collection[Account]:
        """Return the accounts whose bills the decider sees in full."""
        return self.structure.accounts_of(decider.kind)

    def sight(self, decider: Organisation) -> float:
        """Return how much of an effect on other accounts the decider sees."""
        return 1.0 if self.structure.information_shared else self.behaviour.sight_apart

    def prices(self, decider: Organisation) -> Mapping[Account, float]:
        """Return the price of money of the decider's own accounts; others cost 1."""
        return decider.prices

    def belief(self, unit: Organisation, lever: Lever) -> Belief:
        """Return what a step of this lever does, as a good analyst would find."""
        return self.beliefs[lever]

    def held(self, unit: Organisation) -> Collection[Lever]:
        """Return the levers that are frozen, and out of season those that are set once a year."""
        return self._hold if self.month % MONTHS < MONTHS_PER_QUARTER else self._hold | YEARLY

    def record(self, unit: Organisation, decider: Organisation, decision: Decision) -> None:
        """Write a decision to the model's log."""
        self.economy.log_decision(unit, decider, decision)


def as_paid(belief: Belief, payment: Payment) -> Belief:
    """Return what a step costs whom under a rule of payment, from what it costs under the tariff.

    Under the tariff the acute account pays for what is done and the hospital's account bears the difference to what
    that takes, so the two together are what it takes. A fixed sum leaves all of that to the hospital; an alliance
    gives the payer its share.

    Examples
    --------
    >>> belief = Belief(lever=Lever.ADMISSION_THRESHOLD, costs={Account.ACUTE: -10.0, Account.HOSPITAL: 6.0}, qalys=0.0)
    >>> alliance = Payment(hospital="alliance", shares={Party.CONSORTIUM: 0.25, Party.HOSPITAL: 0.75})
    >>> as_paid(belief, alliance).costs
    {<Account.ACUTE: 0>: -1.0, <Account.HOSPITAL: 3>: -3.0}
    """
    if payment.hospital == "tariff":
        return belief
    takes = belief.costs.get(Account.ACUTE, 0.0) + belief.costs.get(Account.HOSPITAL, 0.0)
    borne = 1.0 - payment.shares[Party.HOSPITAL] if payment.hospital == "alliance" else 0.0
    costs = {**belief.costs, Account.ACUTE: borne * takes, Account.HOSPITAL: takes - borne * takes}
    return Belief(lever=belief.lever, costs=costs, qalys=belief.qalys)
