"""Who decides what under a structure: the world that organisations see when they decide.

A structure's facts become stakes through shared parameters; nothing here knows any structure's name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from agents import draws
from agents.board import HealthAndWellbeingBoard
from agents.deciding import LEVER_RANGES, Belief, DecidingBehaviour, Decision, borne, stakes
from agents.draws import draw
from agents.organisation import MONTHS_PER_QUARTER, Organisation
from agents.teams import sight_with
from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party, PeopleKind
from model.announced import Announcements, Coming
from model.entitlement import claimed
from model.holders import Holders
from model.learning import Learning
from model.ledger import Parties
from model.parameters import Parameters
from model.place import Place
from model.relationships import Relationships
from model.reorganising import capability, disruption
from model.rules import recording_ratio
from model.script import Script
from model.structures import STANDING_KINDS, CommissioningStructure, Payment
from model.year_end import Budgets

MONTHS = 12
YEARLY = frozenset(lever for lever, bounds in LEVER_RANGES.items() if bounds.yearly)


class Economy(Protocol):
    """What this room asks of the economy."""

    month: int
    begun: int
    seed_of_luck: int
    parameters: Parameters
    place: Place
    parties: Parties
    budgets: Budgets
    relationships: Relationships
    learning: Learning | None
    announcements: Announcements
    organisations: Mapping[int, Organisation]
    boards: Sequence[HealthAndWellbeingBoard]
    script: Script

    @property
    def frail_parts(self) -> Mapping[Account, float]:
        """Part of each account that frail elders cost at rest, for pools that pay for them alone."""

    def part_of(self, kind: PeopleKind | None) -> float:
        """Return the part of hospitals' bills at rest that was for care of one kind of people; 1 of everybody, for None."""

    def log_decision(self, unit: Organisation, decider: Organisation, decision: Decision, advice: str) -> None:
        """Add a decision to the log."""


class Commissioning:
    """The organisations' world under one structure (see ``agents.organisation.World``).

    Parameters
    ----------
    economy : whose month, log and organisations these are
    structure : facts in force
    beliefs : what a step of each lever does, per head, where hospitals are paid by the tariff
    hold : levers that nobody may move
    holders : who bears and decides what, where councils live under different structures; as this structure says if None
    made : month in which the structure's bodies, boards and teams were made
    foresees : whether organisations reckon with structures that are announced
    """

    def __init__(
        self, economy: Economy, structure: CommissioningStructure, beliefs: Mapping[Lever, Belief], hold: Collection[Lever], holders: Holders | None = None, made: int = 0,
        foresees: bool = False,
    ) -> None:
        self.economy, self.structure = economy, structure
        part = economy.part_of(structure.payment.kind)
        self.beliefs = {lever: as_paid(belief, structure.payment, part) for lever, belief in beliefs.items()}
        self._measured = beliefs
        self.behaviour: DecidingBehaviour = economy.parameters.deciding
        self.holders = holders or Holders(structure, economy.place, economy.parties)
        self._made, self._foresees = made, foresees
        moot = {Lever.CONTRIBUTION} if structure.one_purse(Account.SOCIAL_CARE, Account.ACUTE) else set()  # nobody pays into its own purse
        self._hold = frozenset({*hold, *moot, *structure.fixed})
        self._facts = structure.stake_facts(economy.frail_parts)
        self._stakes: dict[tuple[int, int], dict[Account, float]] = {}
        self._stakes_from = 0
        self._beliefs_then: dict[int, dict[Lever, Belief]] = {}

    @property
    def month(self) -> int:
        """Months since the start."""
        return self.economy.month

    def decider(self, unit: Organisation, lever: Lever) -> Organisation:
        """Return who decides a lever of this organisation (see ``model.holders``)."""
        return self.economy.organisations[self.holders.decided_by(lever, unit.index)]

    def stakes(self, decider: Organisation) -> Mapping[Account, float]:
        """Return how much of a pound on each account the decider feels, at the trust of the quarter's first day.

        Once another structure is announced, the part of what is looked ahead to that lies under it counts as it will bear it then.
        """
        now, coming = self._felt(decider), self._coming(decider)
        if coming is None:
            return now
        then = self._felt(decider, coming)
        return {account: felt + coming.share * (then[account] - felt) for account, felt in now.items()}

    def _felt(self, decider: Organisation, coming: Coming | None = None) -> dict[Account, float]:
        """Return the stakes of whoever decides under the structure in force, or under one to come: none of a body that is gone by then."""
        quarter = self.month // MONTHS_PER_QUARTER
        if self._stakes_from != quarter:
            self._stakes, self._stakes_from = {}, quarter
        key = decider.index, -1 if coming is None else coming.number
        if key not in self._stakes:
            if coming is not None and not self.economy.announcements.outlives(decider.index, decider.kind):
                self._stakes[key] = dict.fromkeys(HELD_ACCOUNTS, 0.0)
            else:
                facts = self._facts if coming is None else coming.structure.stake_facts(self.economy.frail_parts)
                self._stakes[key] = stakes(facts, decider.kind, self.behaviour, self.trust(decider))
        return self._stakes[key]

    def _coming(self, decider: Organisation) -> Coming | None:
        """Return what whoever decides knows of a structure to come under which it bears anything else; norms are solved in a world that foresees nothing."""
        if not self._foresees:
            return None
        told = self.economy.announcements
        coming = told.to(self.holders.council_served(decider.index), self.month)
        if coming is None or not told.outlives(decider.index, decider.kind):
            return coming
        same = coming.structure.payment == self.structure.payment and coming.structure.stake_facts(self.economy.frail_parts) == self._facts
        return None if same else coming

    def trust(self, organisation: Organisation) -> Mapping[Party, float]:
        """Return an organisation's trust in each kind of partner: the mean over partners, as they share people with it.

        A body that the structure creates has no history with anybody: its trust is the parameter's.
        """
        return self.economy.relationships.of(organisation.kind, self.holders.position(organisation.index))

    @property
    def age(self) -> int:
        """Months since the structure came into force; below 0 before."""
        return self.month - self.economy.begun

    @property
    def team_capability(self) -> float:
        """Capability of the structure's teams, 0 to 1: that of whatever is new."""
        return capability(self.month - self._made, self.economy.parameters.reorganising)

    def capability(self, decider: Organisation) -> float:
        """Return the capability of whoever decides, 0 to 1: 1 of organisations that every place has, less of a new body."""
        return 1.0 if decider.kind in STANDING_KINDS else capability(self.month - self._made, self.economy.parameters.reorganising)

    def disruption(self, unit: Organisation) -> float:
        """Return how disrupted an organisation is by reorganisation, 0 to 1: by this one, and by earlier ones of the run that are not over."""
        parameters, budgets = self.economy.parameters, self.economy.budgets
        changes = [(self.age, budgets.moved, budgets.lasts), *((self.month - since, moved, lasts) for since, moved, lasts in budgets.moved_earlier)]
        who = unit.index
        return min(sum(disruption(moved[who], months, lasts[who], parameters.reorganising) for months, moved, lasts in changes if who in moved), 1.0)

    def _put_off(self, unit: Organisation) -> Collection[Lever]:
        """Return the levers on which nobody comes to a decision this time: whoever decides is not up to it yet, or all are reorganising."""
        board = self.structure.board
        ready = 1.0 - self.economy.parameters.reorganising.put_off * self.disruption(unit)
        put_off = set()
        for lever in unit.levers:
            decider = self.decider(unit, lever)
            by_board = board is not None and board.power == "executive" and decider.kind in board.members
            able = ready * (self.team_capability if by_board else self.capability(decider))
            if able < 1.0 and draw(np.uint64(self.economy.seed_of_luck), unit.index, self.month, 0, draws.ABLE) >= able:
                put_off.add(lever)
        return put_off

    def own_accounts(self, decider: Organisation) -> Collection[Account]:
        """Return the accounts whose bills the decider sees in full."""
        return self.structure.accounts_of(decider.kind)

    def sight(self, decider: Organisation) -> float:
        """Return how much of an effect on other accounts the decider sees: with what is shared, and as far as it is capable."""
        sight = 1.0 if self.structure.information_shared else self.behaviour.sight_apart
        if self.structure.teams.shared_record and decider.kind in (Party.COUNCIL, Party.CONSORTIUM):
            other = Party.CONSORTIUM if decider.kind == Party.COUNCIL else Party.COUNCIL
            strength = self.team_capability * self.trust(decider)[other]
            sight = sight_with(sight, self.structure.teams, strength, self.economy.parameters.teamwork)
        return sight * self.capability(decider)

    def prices(self, decider: Organisation) -> Mapping[Account, float]:
        """Return the price of money of the decider's own accounts; others cost 1, but for what a pool makes the decider bear of them."""
        felt = self._felt(decider)
        through_pools = {
            account: 1.0 + part / felt[account] * (decider.prices[account] - 1.0)
            for account, part in borne(self._facts, decider.kind).items() if account in decider.prices
        }  # fmt: skip
        return {**decider.prices, **through_pools} if through_pools else decider.prices

    def belief(self, unit: Organisation, lever: Lever) -> Belief:
        """Return what a step of this lever does, as a good analyst would find, or as whoever decides it has learned.

        Once another way of paying hospitals is announced, a good analyst reckons with it for as long as it will be in force of what is looked ahead to.
        """
        decider, learning = self.decider(unit, lever), self.economy.learning
        a_day = fine(self.structure, self.economy.parameters)
        if learning is not None:
            return with_fines(learning.belief(decider, lever), a_day)
        now, coming = self.beliefs[lever], self._coming(decider)
        if coming is None or coming.structure.payment == self.structure.payment:
            return with_fines(now, a_day)
        if coming.number not in self._beliefs_then:
            payment = coming.structure.payment
            part = self.economy.part_of(payment.kind)
            self._beliefs_then[coming.number] = {each: as_paid(belief, payment, part) for each, belief in self._measured.items()}
        then = self._beliefs_then[coming.number][lever]
        costs = {account: now.costs.get(account, 0.0) for account in Account if account in now.costs or account in then.costs}
        expected = replace(now, costs={account: cost + coming.share * (then.costs.get(account, 0.0) - cost) for account, cost in costs.items()})
        return with_fines(expected, a_day + coming.share * (fine(coming.structure, self.economy.parameters) - a_day))

    def held(self, unit: Organisation) -> Collection[Lever]:
        """Return the levers that are frozen, out of season those that are set once a year, and those whose decision is put off."""
        held = self._hold.union(self.economy.script.held(unit), self._put_off(unit))
        return held if self.month % MONTHS < MONTHS_PER_QUARTER else held | YEARLY

    def ruled(self, unit: Organisation, wishes: Sequence[Decision]) -> Sequence[tuple[Decision, str]]:
        """Return what becomes of wishes once the board of the council where most of the unit's people live has been heard."""
        board = self.structure.board
        if board is None or not (wishes or board.power == "executive"):
            return [(wish, "") for wish in wishes]
        at = self.holders.council_of(unit.kind, self.holders.position(unit.index))
        sitting = next(board for board in self.economy.boards if board.number == at)
        return sitting.rule(unit, wishes, self._trust_in_board(unit, wishes), self._prices_on_board(at), self)

    def _trust_in_board(self, unit: Organisation, wishes: Sequence[Decision]) -> dict[Lever, float]:
        """Return the trust of whoever decides each wish in the other members of the board."""
        return {wish.lever: self._trust_in(self.decider(unit, wish.lever)) for wish in wishes}

    def _trust_in(self, decider: Organisation) -> float:
        trusts = self.trust(decider)
        others = [trusts.get(kind, self.behaviour.trust) for kind in self.structure.board.members if kind != decider.kind]
        return sum(others) / len(others) if others else 1.0  # who sits alone trusts itself

    def _prices_on_board(self, council: int) -> dict[Account, float]:
        """Return the price of money on each account, as members of one council's board meet it: the mean by people they share."""
        found = {}
        for account in HELD_ACCOUNTS:
            indices, people = self.holders.parties(account), self.holders.of_council(account, council)
            prices = np.array([self.economy.organisations[int(index)].prices[account] for index in indices])
            found[account] = float((people / people.sum() * prices).sum())
        return found

    def record(self, unit: Organisation, decider: Organisation, decision: Decision, advice: str) -> None:
        """Write a decision to the model's log."""
        coming = self._coming(decider)
        if coming is not None:
            decision = replace(decision, reasons={**decision.reasons, "foreseen": coming.share})
        self.economy.log_decision(unit, decider, decision, advice)


def as_paid(belief: Belief, payment: Payment, part: float = 1.0) -> Belief:
    """Return what a step costs whom under a rule of payment, from what it costs under the tariff.

    Under the tariff the acute account pays for what is done and the hospital's account bears the difference to what
    that takes, so the two together are what it takes. A fixed sum leaves all of that to the hospital; an alliance
    gives the payer its share. Where the rule pays for some people's care alone, a step is taken to fall on theirs and on that of
    the others as bills do.

    Parameters
    ----------
    belief : under the tariff
    payment : the rule
    part : of hospitals' bills that it stands in the place of; the rest is paid by the tariff

    Examples
    --------
    >>> belief = Belief(lever=Lever.ADMISSION_THRESHOLD, costs={Account.ACUTE: -10.0, Account.HOSPITAL: 6.0}, qalys=0.0)
    >>> alliance = Payment(hospital="alliance", shares={Party.CONSORTIUM: 0.25, Party.HOSPITAL: 0.75})
    >>> as_paid(belief, alliance).costs
    {<Account.ACUTE: 0>: -1.0, <Account.HOSPITAL: 3>: -3.0}
    >>> as_paid(belief, Payment(hospital="block", people="several_conditions"), part=0.5).costs
    {<Account.ACUTE: 0>: -5.0, <Account.HOSPITAL: 3>: 1.0}
    """
    if payment.hospital == "tariff":
        return belief
    takes = belief.costs.get(Account.ACUTE, 0.0) + belief.costs.get(Account.HOSPITAL, 0.0)
    borne = 1.0 - payment.shares[Party.HOSPITAL] if payment.hospital == "alliance" else 0.0
    by_rule = {Account.ACUTE: borne * takes, Account.HOSPITAL: takes - borne * takes}
    if part < 1.0:
        by_rule = {account: part * cost + (1.0 - part) * belief.costs.get(account, 0.0) for account, cost in by_rule.items()}
    return replace(belief, costs={**belief.costs, **by_rule})


def fine(structure: CommissioningStructure, parameters: Parameters) -> float:
    """Return the pounds that a council pays, in the mean, for each day of delay that would be recorded against it if it paid nothing.

    Where councils pay, not all days are claimed, and more of them are recorded.
    """
    paid = claimed(structure, parameters)
    return paid * parameters.prices.delay_day * recording_ratio(parameters) / recording_ratio(parameters, paid)


def with_fines(belief: Belief, fine: float) -> Belief:
    """Return what a step costs whom where councils pay hospitals for days of delay: what the one owes, the other gets.

    Parameters
    ----------
    belief : where nobody pays for them
    fine : pounds a day; without any, or where the step moves no delays, the belief itself is returned

    Examples
    --------
    >>> belief = Belief(lever=Lever.ASSESSMENT, costs={Account.SOCIAL_CARE: 1.0}, qalys=0.0, delays=-0.002)
    >>> with_fines(belief, 100.0).costs
    {<Account.SOCIAL_CARE: 2>: 0.8, <Account.HOSPITAL: 3>: 0.2}
    """
    owed = fine * belief.delays
    if owed == 0.0:
        return belief
    costs = dict(belief.costs)
    for account, cost in ((Account.SOCIAL_CARE, owed), (Account.HOSPITAL, -owed)):
        costs[account] = costs.get(account, 0.0) + cost
    return replace(belief, costs=costs)
