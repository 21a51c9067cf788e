"""Budgets and the end of the year: who may spend what, what gives way first, and what goes into the next year.

Demand-led bills are paid as they come: acute care, continuing healthcare, committed lines, and the capacities that stand open.
What remains binds what can wait: new starts of social care that are not critical. So an overspend on acute care in a purse
that also holds social care falls on social care, and there on few lines.

At the year's end a surplus is carried forward by the kinds of holder that a structure says may do so, and is lost to the others;
an overspend beyond the holder's limit is taken off what it may spend next year. What chance alone does to a year's spending
meets a working balance, both ways, and is not carried.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from agents.vocabulary import HELD_ACCOUNTS, Account, Party, Service
from model.accounts import UNIT_OF
from model.holders import Holders
from model.management import MONTHS, SOURCES, Overhead, Overheads, overheads_by_payer, transition_spent
from model.payment import block_month
from model.reorganising import moved_shares
from model.settlement import Settlement
from model.structures import CommissioningStructure


class Held(NamedTuple):
    """What one organisation holds of an account, in the base year.

    Parameters
    ----------
    position : of the organisation among the account's holders
    modelled, committed : pence a year
    variance : that chance gives a year's modelled spending, pence squared
    """

    position: int
    modelled: int
    committed: int
    variance: float


class YearEnd(NamedTuple):
    """How a purse's year closes, in pence.

    Parameters
    ----------
    balance : what might be spent less what was spent
    carried : into the next year: money that may be spent besides its budget, or less than nothing
    lost : of a surplus, to whoever paid the budget
    """

    balance: int
    carried: int
    lost: int


def close_year(available: int, spent: int, limit: float, chance: float, keeps: bool) -> YearEnd:
    """Return how a purse's year closes.

    Parameters
    ----------
    available : pence that might be spent
    spent : pence
    limit : pence of overspend that nobody asks back
    chance : pence that a working balance takes up, either way
    keeps : whether the holder carries surpluses forward

    Examples
    --------
    >>> close_year(1000, 900, 10.0, 30.0, True), close_year(1000, 900, 10.0, 30.0, False), close_year(1000, 1100, 10.0, 30.0, True)
    (YearEnd(balance=100, carried=70, lost=0), YearEnd(balance=100, carried=0, lost=100), YearEnd(balance=-100, carried=-60, lost=0))
    """
    balance = available - spent
    if balance >= 0:
        return YearEnd(balance, int(max(balance - chance, 0.0)) if keeps else 0, 0 if keeps else balance)
    return YearEnd(balance, -int(max(-balance - limit - chance, 0.0)), 0)


def held_back(forecast: float, available: float, allowance: float, yields: float, reach: float) -> float:
    """Return the share of non-critical starts of social care that wait for money.

    Parameters
    ----------
    forecast, available : pence a year of the purse that social care is in: what it will spend, and may
    allowance : pence that it may go over before anybody waits
    yields : pence a year of the modelled social care in it, on which the shortage falls
    reach : shortage, as a share of that, at which everybody waits

    Examples
    --------
    The same overspend of 3 of 100, 1 of it allowed, on social care of 80 or of 20:

    >>> held_back(103.0, 100.0, 1.0, 80.0, 0.05), held_back(103.0, 100.0, 1.0, 20.0, 0.05)
    (0.5, 1.0)
    """
    short = forecast - available - allowance
    return min(max(short / max(yields * reach, 1.0), 0.0), 1.0)


def purses_of(structure: CommissioningStructure, accounts: Collection[Account]) -> list[tuple[Account, ...]]:
    """Return how a holder's accounts fall into purses: a pool is one, and what is kept outside pools another.

    What every organisation bears itself comes out of what it keeps outside pools, or out of a pool where it keeps nothing there.

    Parameters
    ----------
    accounts : that the holder has
    """
    held = [account for account in HELD_ACCOUNTS if account in accounts]
    found = list(dict.fromkeys(tuple(each for each in structure.purse(account) if each in held) for account in held))
    pooled = {account for pool in structure.pools for account in pool.accounts}
    own = tuple(account for account in Account if account in accounts and account not in HELD_ACCOUNTS)
    payer = next((purse for purse in found if not pooled & set(purse)), found[0] if found else ())
    rest = [purse for purse in found if purse != payer]
    return [purse for purse in [payer + own, *rest] if purse]


class Budgets:
    """What each organisation holds, modelled and committed, and what its management and change-over come to.

    Parameters
    ----------
    modelled, committed : pence of the base year by account, of each council or consortium as ``model.accounts.UNIT_OF`` says
    variance : that chance gives a year's modelled spending, pence squared, in the same shape
    holders : who bears what under the structure
    management : pence a year of each council's and consortium's own management before anything is reorganised
    first : the ledger's index of the first council and consortium
    overheads, settlement : shared parameters

    Attributes
    ----------
    moved : share of the money of each council's and consortium's area that another holds, by the ledger's index
    """

    def __init__(
        self, *, modelled: Mapping[Account, np.ndarray], committed: Mapping[Account, np.ndarray], variance: Mapping[Account, np.ndarray], holders: Holders,
        management: Mapping[Party, np.ndarray], first: Mapping[Party, int], overheads: Overheads, settlement: Settlement,
    ) -> None:  # fmt: skip
        self.modelled, self.committed, self._holders = modelled, committed, holders
        self._overheads, self._settlement = overheads, settlement
        self._held: dict[int, dict[Account, Held]] = {}
        money = {}
        for account, kind in UNIT_OF.items():
            here, besides = (holders.borne(account, pence[account]) for pence in (modelled, committed))
            spread = holders.spread(account, variance[account])
            for position, party in enumerate(holders.parties(account).tolist()):
                self._held.setdefault(party, {})[account] = Held(position, int(here[position]), int(besides[position]), float(spread[position]))
            for unit, pence in enumerate((modelled[account] + committed[account]).tolist()):
                money[account, kind, unit] = holders.bill(account, unit, pence)
        own = {(kind, unit): first[kind] + unit for kind, each in management.items() for unit in range(len(each))}
        self.overhead: dict[int, Overhead] = overheads_by_payer(management, money, own, overheads)
        self.moved = moved_shares(money, own)

    def held(self, payer: int) -> Mapping[Account, Held]:
        """Return what an organisation holds of each account."""
        return self._held.get(payer, {})

    def of_year(self, payer: int, year: int) -> dict[Account, int]:
        """Return an organisation's budgets in a financial year (0 the first), pence, by account."""
        found = {
            account: int((held.modelled + held.committed) * self._settlement.factor(SOURCES[UNIT_OF[account]], year)) for account, held in self.held(payer).items()
        }
        overhead = self.overhead.get(payer, Overhead())
        if any(overhead.budget.values()):
            found[Account.MANAGEMENT] = sum(int(pence * self._settlement.factor(source, year)) for source, pence in overhead.budget.items())
        if overhead.transition:
            found[Account.TRANSITION] = 0  # financed from within
        return found

    def month(self, number: int) -> list[tuple[int, Service, int]]:
        """Return what is certain to be paid in a month (from 0): payer, service, pence."""
        year = number // MONTHS
        found = []
        for account in UNIT_OF:
            units = np.array([block_month(yearly, number) for yearly in self._committed(account, year).tolist()], dtype=np.int64)
            parties, amounts = self._holders.parties(account), self._holders.borne(account, units)
            found += [(payer, Service.COMMITTED, amount) for payer, amount in zip(parties.tolist(), amounts.tolist(), strict=True)]
        for payer, overhead in self.overhead.items():
            spent = [transition_spent(overhead.transition, month, self._overheads.transition_months) for month in (number - 1, number)]
            found += [(payer, Service.MANAGEMENT, block_month(overhead.cost, number)), (payer, Service.TRANSITION, spent[1] - spent[0])]
        return [row for row in found if row[2]]

    def forecast(self, payer: int, last: Mapping[Account, np.ndarray], year: int) -> dict[Account, float]:
        """Return what an organisation will spend in a year on each account: modelled as of late, and what is certain besides.

        Parameters
        ----------
        last : pence of twelve months by account, of each of its holders
        year : financial year, 0 the first
        """
        growth = {account: self._settlement.committed(account, year) for account in UNIT_OF}
        found = {account: float(last[account][held.position]) + held.committed * growth[account] for account, held in self.held(payer).items()}
        overhead = self.overhead.get(payer, Overhead())
        if overhead.cost:
            found[Account.MANAGEMENT] = float(overhead.cost)
        if overhead.transition:
            before, after = (transition_spent(overhead.transition, month, self._overheads.transition_months) for month in (year * MONTHS - 1, (year + 1) * MONTHS - 1))
            found[Account.TRANSITION] = float(after - before)
        return found

    def chance(self, payer: int, accounts: Collection[Account]) -> float:
        """Return the standard deviation of what chance does to a year of an organisation's spending on accounts, pence."""
        return math.sqrt(sum(held.variance for account, held in self.held(payer).items() if account in accounts))

    def _committed(self, account: Account, year: int) -> np.ndarray:
        """Return the committed lines of a financial year, pence by council or consortium."""
        return np.floor(self.committed[account] * self._settlement.committed(account, year)).astype(np.int64)
