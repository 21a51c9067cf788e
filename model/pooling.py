"""Sharing what a pool overspends, or has left: who passes how much to whom, to the whole penny.

Every holder keeps its accounts and pays their bills. Of the gap between what it spends and its budget on a pooled account, the part
that is in the pool is borne as the structure says: the holder's own kind bears its share itself, and the share of another kind falls
on those organisations of it with whom the holder has people in common, in proportion. Money moves at the year's end; through the year
what is expected to move is in everybody's forecast, so that a partner's overspend is felt before it has to be paid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agents.organisation import Purse
from agents.vocabulary import Account
from model.holders import Holders, split
from model.structures import CommissioningStructure, Pool


class Transfer(NamedTuple):
    """What one organisation owes another of a pool's gap.

    Parameters
    ----------
    payer, payee : indices of the ledger; an overspend is paid to its holder, what is left is paid by it
    account : whose gap it is
    pence : above 0
    """

    payer: int
    payee: int
    account: Account
    pence: int


class Shared(NamedTuple):
    """An account whose gap is shared.

    Parameters
    ----------
    part : of the account that is in the pool
    everybody : whether the pool is for everybody's care, or for the modelled care of some people alone
    shares : shape (n_holders, 1 + n_bearers), adding up to 1: what each holder bears itself, and each of the others
    holders, bearers : indices of the ledger
    """

    part: float
    everybody: bool
    shares: np.ndarray
    holders: np.ndarray
    bearers: np.ndarray


class Pooling:
    """How the gaps of one structure's pools are shared in a place; it has no flows where all pools are their holders' own.

    Parameters
    ----------
    structure : facts in force, for all councils or for some
    holders : who holds what, and who shares people with whom
    frail : part of each account that frail elders cost

    Attributes
    ----------
    shared : accounts whose gaps others bear in part
    """

    def __init__(self, structure: CommissioningStructure, holders: Holders, frail: Mapping[Account, float]) -> None:
        self._structure = structure
        self.shared: dict[Account, Shared] = {}
        for pool, facts in zip(structure.pools, structure.pool_facts(frail), strict=True):
            for account in facts.accounts:
                if any(share > 0.0 for kind, share in pool.overspend.items() if kind != structure.holder(account)):
                    self.shared[account] = _shared(structure, pool, account, facts.parts[account], holders)

    def transfers(self, gaps: Mapping[Account, np.ndarray]) -> list[Transfer]:
        """Return who owes whom what.

        Parameters
        ----------
        gaps : for each account of :attr:`shared` what each holder spends beyond its budget, pence; negative for what is left
        """
        found = []
        for account, shared in self.shared.items():
            gap = np.rint(np.asarray(gaps[account], dtype=np.float64) * shared.part).astype(np.int64)
            if account in self._structure.ring_fences:
                gap = np.maximum(gap, 0)  # what is left in a ring-fence stays there
            parts = split(gap, shared.shares)[:, 1:]
            for at, other in np.argwhere(parts).tolist():
                holder, bearer, pence = int(shared.holders[at]), int(shared.bearers[other]), int(parts[at, other])
                found.append(Transfer(bearer, holder, account, pence) if pence > 0 else Transfer(holder, bearer, account, -pence))
        return found

    def bears(self, party: int) -> tuple[Account, ...]:
        """Return the accounts of others of whose gaps an organisation bears a part."""
        return tuple(account for account, shared in self.shared.items() if shared.shares[:, 1:][:, shared.bearers == party].any())

    def answers_for(self, party: int, money: Mapping[Account, np.ndarray]) -> int:
        """Return the part of others' money, pence a year by account and holder, that an organisation answers for."""
        return int(sum((money[account] * self.shared[account].part) @ self._weights(account, party) for account in self.bears(party)))

    def chance(self, party: int, purse: Purse, spread: Mapping[Account, np.ndarray]) -> float:
        """Return the standard deviation of what chance does to what a purse bears in a year, pence.

        Parameters
        ----------
        purse : with the chance of what it pays for
        spread : variance of a year's spending, by account and holder
        """
        found = purse.chance**2
        for account in purse.accounts:
            if account in self.shared:
                shared = self.shared[account]
                at = shared.holders == party
                borne = 1.0 - shared.part * (1.0 - shared.shares[at, 0])
                found -= float((spread[account][at] * (1.0 - borne**2)).sum())
        for account in purse.bears:
            found += float(spread[account] @ (self.shared[account].part * self._weights(account, party)) ** 2)
        return math.sqrt(max(found, 0.0))

    def joined(self, party: int, purses: Sequence[Purse], spread: Mapping[Account, np.ndarray]) -> list[Purse]:
        """Return an organisation's purses with the accounts of others whose gaps they bear, and with what chance does to all that they bear.

        Parameters
        ----------
        purses : with the chance of what they pay for; who has none and bears something gets one
        spread : as for :meth:`chance`
        """
        bears = self.bears(party)
        found = list(purses) or [Purse(())] * bool(bears)
        paying = {account: self.paying(found, account) for account in bears}
        found = [purse._replace(bears=tuple(account for account in bears if paying[account] == at)) for at, purse in enumerate(found)]
        return [purse._replace(chance=self.chance(party, purse, spread)) for purse in found]

    def paying(self, purses: Sequence[Purse], account: Account) -> int:
        """Return which of a bearer's purses a pool's gap falls on: the one with money in that pool, else the first; never a ring-fenced one if there is another."""
        pool = next(pool for pool in self._structure.pools if account in pool.accounts)
        fenced = set(self._structure.ring_fences)
        order = sorted(range(len(purses)), key=lambda at: (bool(fenced & set(purses[at].accounts)), not set(pool.accounts) & set(purses[at].accounts), at))
        return order[0]

    def _weights(self, account: Account, party: int) -> np.ndarray:
        """Return the share of each holder's gap that an organisation bears."""
        shared = self.shared[account]
        return shared.shares[:, 1:][:, shared.bearers == party].sum(axis=1)


def _shared(structure: CommissioningStructure, pool: Pool, account: Account, part: float, holders: Holders) -> Shared:
    """Return how an account's gap is shared between organisations that live under the structure.

    The share of a kind with which a holder has nobody in common stays with the holder.
    """
    own = structure.holder(account)
    parties = holders.parties(account)
    partner = np.array([party in holders.parties_of(own) and holders.structure_of(party) is structure for party in parties.tolist()])
    kept = np.where(partner, pool.overspend.get(own, 0.0), 1.0)
    columns, bearers = [], []
    for kind in sorted(kind for kind, share in pool.overspend.items() if kind != own and share > 0.0):
        inside = np.array([holders.structure_of(party) is structure for party in holders.parties_of(kind).tolist()])
        people = np.zeros((len(parties), len(inside)))
        people[partner] = holders.people[own, kind][[holders.position(party) for party in parties[partner].tolist()]] * inside
        whole = people.sum(axis=1, keepdims=True)
        kept += np.where(partner & (whole[:, 0] <= 0.0), pool.overspend[kind], 0.0)
        columns.append(pool.overspend[kind] * people / np.maximum(whole, 1e-9))
        bearers.append(holders.parties_of(kind))
    return Shared(part, pool.people == "everybody", np.concatenate([kept[:, None], *columns], axis=1), parties, np.concatenate(bearers))


def expecting(purses: Mapping[int, Sequence[Purse]], transfers: Sequence[Transfer]) -> dict[int, list[Purse]]:
    """Return everybody's purses with what transfers will cost each: the one that has the account, or else bears it.

    Examples
    --------
    >>> found = expecting({1: [Purse((), bears=(Account.ACUTE,))], 2: [Purse((Account.ACUTE,))]}, [Transfer(1, 2, Account.ACUTE, 50)])
    >>> found[1][0].owed, found[2][0].owed
    (50, -50)
    """
    owed: dict[tuple[int, Account], int] = {}
    for payer, payee, account, pence in transfers:
        owed[payer, account] = owed.get((payer, account), 0) + pence
        owed[payee, account] = owed.get((payee, account), 0) - pence
    return {
        party: [purse._replace(owed=sum(owed.get((party, account), 0) for account in (*purse.accounts, *purse.bears))) for purse in own]
        for party, own in purses.items()
    }


def payments(transfers: Sequence[Transfer]) -> list[tuple[int, int, int]]:
    """Return what is paid in all, (payer, payee, pence), once what two owe each other is set off.

    Examples
    --------
    >>> payments([Transfer(1, 2, Account.COMMUNITY, 50), Transfer(2, 1, Account.SOCIAL_CARE, 70), Transfer(1, 3, Account.COMMUNITY, 5)])
    [(1, 3, 5), (2, 1, 20)]
    """
    owed: dict[tuple[int, int], int] = {}
    for payer, payee, _, pence in transfers:
        pair, sign = ((payer, payee), 1) if payer < payee else ((payee, payer), -1)
        owed[pair] = owed.get(pair, 0) + sign * pence
    rows = [(pair[0], pair[1], pence) if pence > 0 else (pair[1], pair[0], -pence) for pair, pence in owed.items()]
    return sorted(row for row in rows if row[2])
