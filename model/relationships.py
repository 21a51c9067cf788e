"""Trust between the organisations of a place: what each pair met in a quarter, read from ledger, levers and structure.

The rule by which trust moves is ``agents.trusting``; here stand the facts it moves by, and whom trust matters to.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from agents.organisation import Organisation
from agents.trusting import (
    PAIRS,
    Facts,
    Rates,
    TrustingBehaviour,
    history_of,
    leader_left,
    moved,
    rates,
    shunt_felt,
    starting_trust,
)
from agents.vocabulary import Account, Lever, Party
from model.accounts import UNIT_OF, Costs, last_year
from model.engine import Engine
from model.holders import Holders
from model.joint_scheme import contributions
from model.ledger import Ledger, Parties
from model.parameters import Parameters
from model.place import Place
from model.rules import PEOPLE_SEED
from model.structures import BASELINE, STANDING_KINDS, CommissioningStructure, load_structure
from model.year_end import Budgets

MONTHS, QUARTERS_A_YEAR = 12, 4
WORTH_TELLING = 0.05
"""Pairs are told of in the measures where they share this part of the people of either."""

Kinds = tuple[Party, Party]


class World(Protocol):
    """What the world of decisions knows of capability and reorganisation (see ``model.commissioning``)."""

    @property
    def team_capability(self) -> float:
        """Capability of the structure's teams, 0 to 1."""

    def disruption(self, unit: Organisation) -> float:
        """Return how disrupted an organisation is by reorganisation, 0 to 1."""


class Economy(Protocol):
    """What this room asks of the economy."""

    month: int
    seed_of_luck: int
    parameters: Parameters
    place: Place
    parties: Parties
    holders: Holders
    ledger: Ledger
    budgets: Budgets
    engine: Engine
    worlds: Sequence[World]
    councils: Sequence[Organisation]
    consortia: Sequence[Organisation]
    hospitals: Sequence[Organisation]

    @property
    def frail_parts(self) -> Mapping[Account, float]:
        """Part of each account that frail elders cost at rest, for pools that pay for them alone."""

    @property
    def last_months(self) -> Sequence[Costs]:
        """What each of the last twelve months came to, those of rest before the start."""

    def holders_in(self, month: int) -> Holders:
        """Return who held what in a month of this run that has begun."""

    def overspend(self, holder: Organisation) -> tuple[float, int]:
        """Return pence by which an organisation forecasts to overspend this year beyond what chance does, and pence it has."""


class PairRow(NamedTuple):
    """Trust of one pair, or a mean.

    Parameters
    ----------
    who : the pair's names, or ``place``
    measure : such as ``trust/consortium-council``
    trust : 0 to 1
    """

    who: str
    measure: str
    trust: float


class Relationships:
    """Trust between every consortium, council and hospital of a place, from the start to now.

    Parameters
    ----------
    economy : whose organisations these are

    Attributes
    ----------
    trust : for each of ``agents.trusting.PAIRS``, shape (number of the first kind, number of the second)
    """

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self.behaviour: TrustingBehaviour = economy.parameters.trusting
        self._units: dict[Party, Sequence[Organisation]] = {
            Party.COUNCIL: economy.councils, Party.CONSORTIUM: economy.consortia, Party.HOSPITAL: economy.hospitals,
        }  # fmt: skip
        self.trust: dict[Kinds, np.ndarray] = {kinds: self._at_start(kinds) for kinds in PAIRS}
        self._start = dict(self.trust)
        self._levels = [self._contribution_levels()]
        at_rest = Holders(load_structure(BASELINE), economy.place, economy.parties)
        self._depth_at_rest = {kinds: self.depth(kinds, at_rest) for kinds in PAIRS}
        self._history: dict[Kinds, Rates] = {kinds: history_of(self.trust[kinds], self._depth_at_rest[kinds], self.behaviour) for kinds in PAIRS}

    @property
    def _people(self) -> Mapping[Kinds, np.ndarray]:
        """People whom organisations share under the structure in force."""
        return self.economy.holders.people

    def _at_start(self, kinds: Kinds) -> np.ndarray:
        deciding, people = self.economy.parameters.deciding, self.economy.holders.areas[kinds]
        found = np.full(people.shape, deciding.trust)
        for first, second in np.argwhere(people).tolist():
            found[first, second] = starting_trust((kinds[0], first), (kinds[1], second), deciding, PEOPLE_SEED)
        return found

    # Reading

    def of(self, kind: Party, position: int) -> dict[Party, float]:
        """Return an organisation's trust in each kind of partner: the mean over partners, as they share people with it.

        A body that a structure creates has no history with anybody: nothing is returned.
        """
        partners = [other for other in STANDING_KINDS if other != kind] if kind in STANDING_KINDS else []
        return {other: self._mean(kind, other, position, self.trust) for other in partners}

    def of_councils(self) -> tuple[np.ndarray, np.ndarray]:
        """Return each council's trust in consortia now, and at the start; shape (n_councils,)."""
        councils = range(len(self._units[Party.COUNCIL]))
        now, start = (np.array([self._mean(Party.COUNCIL, Party.CONSORTIUM, c, trust) for c in councils]) for trust in (self.trust, self._start))
        return now, start

    def rows(self) -> Iterator[PairRow]:
        """Yield the trust of each kind of pair over the place, as people are shared, and of each pair that shares many people."""
        for kinds, trust in self.trust.items():
            measure, people = f"trust/{kinds[0].name.lower()}-{kinds[1].name.lower()}", self._people[kinds]
            yield PairRow("place", measure, float((people * trust).sum() / people.sum()))
            shared = np.maximum(_shares(people), _shares(people.T).T)
            for first, second in np.argwhere(shared >= WORTH_TELLING).tolist():
                names = self._units[kinds[0]][first].name, self._units[kinds[1]][second].name
                yield PairRow(" and ".join(names), measure, float(trust[first, second]))

    def depth(self, kinds: Kinds, holders: Holders | None = None) -> np.ndarray:
        """Return the share of each pair's money of the last twelve months that is pooled or jointly paid.

        A pair's money is what the accounts kept for the two came to for the people whom they share.

        Parameters
        ----------
        kinds : one of ``agents.trusting.PAIRS``
        holders : who holds what for whom; as in force if None
        """
        holders = holders or self.economy.holders
        structures, number = holders.patchwork.structures, _structure_of_pairs(holders, kinds)
        whole, joint = np.zeros(holders.people[kinds].shape), np.zeros(holders.people[kinds].shape)
        for account, pence in last_year(self.economy.last_months).items():
            own = UNIT_OF[account]
            if own not in kinds:
                continue
            other = kinds[1] if own == kinds[0] else kinds[0]
            borne = _borne(holders, own, pence.astype(np.float64))
            of_pair = borne[:, None] * _shares(holders.people[own, other])
            of_pair = of_pair if own == kinds[0] else of_pair.T
            whole += of_pair
            joint += np.array([joint_share(each, account, kinds, self.economy.frail_parts) for each in structures])[number] * of_pair
        if kinds == (Party.CONSORTIUM, Party.COUNCIL):
            apart = np.array([not each.one_purse(Account.SOCIAL_CARE, Account.ACUTE) for each in structures])[number]
            joint += np.where(apart, holders.of_organisations(self._contributed()).T, 0.0)
        return np.clip(_divided(joint, whole, 0.0), 0.0, 1.0)

    # Moving

    def move(self) -> None:
        """Let trust move by what the last quarter brought, all on the state of this quarter's first day."""
        self._levels = [self._contribution_levels(), *self._levels][: QUARTERS_A_YEAR + 1]
        caused = self._put_down(range(max(self.economy.month - MONTHS, 0), self.economy.month))
        for kinds in PAIRS:
            facts = self._facts(kinds, caused)
            now = rates(self._history[kinds], facts, self.behaviour, self._engagement(kinds))
            self.trust[kinds] = moved(self.trust[kinds], now, facts.depth, self.behaviour)

    def _put_down(self, months: range) -> np.ndarray:
        """Return what is put down to whom of what decisions cost in some months, as they were made in each: pence by payer and decider."""
        in_force = itertools.groupby(months, key=self.economy.holders_in)
        return sum(holders.put_down(self.economy.ledger.caused(some)) for holders, some in in_force)

    def _engagement(self, kinds: Kinds) -> np.ndarray:
        """Return what multiplies all that builds trust: a mandate that is imposed, and staff who work in one place."""
        holders, effects = self.economy.holders, self.economy.parameters.teamwork
        number, together = _structure_of_pairs(holders, kinds), kinds == (Party.CONSORTIUM, Party.COUNCIL)
        willing = np.array([self.behaviour.imposed if each.mandate == "imposed" else 1.0 for each in holders.patchwork.structures])
        near = np.array([
            effects.growth_of_trust * effects.effect * world.team_capability if together and each.teams.co_location else 0.0
            for each, world in zip(holders.patchwork.structures, self.economy.worlds, strict=True)
        ])  # fmt: skip
        return willing[number] * (1.0 + near[number] * self.trust[kinds])

    def _facts(self, kinds: Kinds, caused: np.ndarray) -> Facts:
        """Return what the pairs of two kinds of organisation met."""
        shunted = (self._shunted(kinds, caused) + self._shunted(kinds[::-1], caused).T) / 2.0
        return Facts(
            depth=self.depth(kinds), depth_at_rest=self._depth_at_rest[kinds], kept=self._kept(kinds),
            coterminosity=coterminosity_of_pairs(self._people[kinds]), changed=self._of_both(kinds, self._changed), shunted=shunted,
            disrupted=self._of_both(kinds, self.economy.worlds[0].disruption),
        )  # fmt: skip

    def _changed(self, unit: Organisation) -> float:
        """Return whether an organisation's leader went in the year that the last quarter was in."""
        year = max(self.economy.month - 1, 0) // MONTHS
        return float(leader_left(unit.index, year, self.behaviour, self.economy.seed_of_luck))

    def _of_both(self, kinds: Kinds, fact: Callable[[Organisation], float]) -> np.ndarray:
        """Return the mean of a fact over the two of each pair."""
        first, second = (np.array([fact(unit) for unit in self._units[kind]]) for kind in kinds)
        return (first[:, None] + second[None, :]) / 2.0

    def _shunted(self, kinds: Kinds, caused: np.ndarray) -> np.ndarray:
        """Return the part of their own budgets that organisations of the first kind put down to each of the second.

        Each is held to account by the part of the budget that goes with the people whom the two share.
        """
        holders, deciding = self.economy.holders, self.economy.parameters.deciding
        seen = np.array([1.0 if each.information_shared else deciding.sight_apart for each in holders.patchwork.structures])
        information = seen[_structure_of_pairs(holders, kinds)]
        people = self._people[kinds]
        found = np.zeros(people.shape)
        for at, unit in enumerate(self._units[kinds[0]]):
            over, available = self.economy.overspend(unit)
            if over <= 0.0 or available <= 0:
                continue
            theirs = caused[unit.index, [other.index for other in self._units[kinds[1]]]].astype(np.float64)
            part = _divided(theirs, available * people[at] / max(people[at].sum(), 1e-9), 0.0)
            found[at] = np.where(people[at] > 0.0, shunt_felt(over / available, part, information[at], self.behaviour.blame), 0.0)
        return found

    def _kept(self, kinds: Kinds) -> np.ndarray:
        """Return the share of what was agreed on that was paid (no less than in the last year) and delivered (nobody waits for money)."""
        kept = np.ones(self.trust[kinds].shape)
        if kinds == (Party.CONSORTIUM, Party.COUNCIL):
            paid = _divided(self._levels[0], np.max(self._levels, axis=0), 1.0)
            kept *= self.economy.holders.mean_of_areas(paid)[:, None]
        if Party.COUNCIL in kinds:
            kept *= 1.0 - self.economy.engine.organisations.councils["gate"]
        return kept

    def _contributed(self) -> np.ndarray:
        """Return what consortia paid of each council's social care in twelve months, pence: the base year's scheme and what was added to it."""
        rest = np.array([each.rest[Lever.CONTRIBUTION] for each in self.economy.consortia])
        social_care = self.economy.budgets.modelled[Account.SOCIAL_CARE] + self.economy.budgets.committed[Account.SOCIAL_CARE]
        base = contributions(rest, social_care, self.economy.holders.areas[Party.COUNCIL, Party.CONSORTIUM])
        return np.maximum(base + sum(costs.contributed for costs in self.economy.last_months), 0).astype(np.float64)

    def _contribution_levels(self) -> np.ndarray:
        return np.array([each.levers[Lever.CONTRIBUTION] for each in self.economy.consortia])

    def _mean(self, kind: Party, other: Party, position: int, trust: dict[Kinds, np.ndarray]) -> float:
        both = trust[kind, other] if (kind, other) in trust else trust[other, kind].T
        people = self._people[kind, other][position]
        partners = np.flatnonzero(people)
        trusts = both[position, partners]
        if len(partners) == 0:
            return self.economy.parameters.deciding.trust
        if (trusts == trusts[0]).all():  # a mean of equal numbers need not be that number to the bit
            return float(trusts[0])
        return float((people[partners] / people[partners].sum() * trusts).sum())


def joint_share(structure: CommissioningStructure, account: Account, kinds: Kinds, frail: Mapping[Account, float] | None = None) -> float:
    """Return the share of an account that a pair of kinds of organisation spends together under a structure.

    It is all of it in one purse with money kept for both; the part that is pooled where both have money in the pool or bear what it overspends; and
    all of acute care between hospital and payer in an alliance. `frail` is the part of each account that frail elders cost.
    """
    alliance = structure.payment.hospital == "alliance" and account == Account.ACUTE and set(kinds) == {Party.HOSPITAL, Party.CONSORTIUM}
    if alliance or set(kinds) <= {UNIT_OF[each] for each in structure.purse(account) if each in UNIT_OF}:
        return 1.0
    found = 0.0
    for pool in structure.pool_facts(frail):
        partners = {*pool.overspend, *(UNIT_OF[each] for each in pool.accounts if each in UNIT_OF)}
        if account in pool.accounts and set(kinds) <= partners:
            found = max(found, pool.parts[account])
    return found


def _structure_of_pairs(holders: Holders, kinds: Kinds) -> np.ndarray:
    """Return which of a patchwork's structures each pair lives under: the council's, or else the consortium's."""
    leads = min(kinds)
    number = holders.numbers_of(leads)
    return np.broadcast_to(number[:, None] if kinds[0] == leads else number[None, :], holders.people[kinds].shape)


def _borne(holders: Holders, kind: Party, pence: np.ndarray) -> np.ndarray:
    """Return what the areas of a kind of organisation came to, by the organisation of that kind that looks after their people."""
    return pence @ _shares(holders.looked_after(kind, kind)) if holders.redrawn else pence


def coterminosity_of_pairs(people: np.ndarray) -> np.ndarray:
    """Return for each pair the share of the one's people who are the other's, times the reverse: 1 where boundaries are the same.

    Examples
    --------
    >>> coterminosity_of_pairs(np.array([[100.0, 100.0]])).tolist()
    [[0.5, 0.5]]
    """
    return _shares(people) * _shares(people.T).T


def _shares(people: np.ndarray) -> np.ndarray:
    """Return each row's people as shares of the row."""
    return people / np.maximum(people.sum(axis=1, keepdims=True), 1e-9)


def _divided(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    """Return part / whole, and `otherwise` where there is no whole."""
    return np.divide(part, whole, out=np.full(np.shape(whole), otherwise), where=whole > 0.0)
