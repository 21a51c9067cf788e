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
from model.management import MONTHS, SOURCES, ChangeOver, Overhead, Overheads, overheads_by_payer, transition_spent
from model.new_burdens import NewBurdens
from model.payment import block_month
from model.reorganising import moved_shares
from model.settlement import MoneyPath, Settlement
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

    What every organisation bears itself comes out of what it keeps outside pools and ring-fences, or out of those where it keeps
    nothing else. Of an account that is in a pool in part the holder keeps the purse.

    Parameters
    ----------
    accounts : that the holder has
    """
    held = [account for account in HELD_ACCOUNTS if account in accounts]
    found = list(dict.fromkeys(tuple(each for each in structure.purse(account) if each in held) for account in held))
    bound = {account for pool in structure.pools if pool.whole for account in pool.accounts} | set(structure.ring_fences)
    own = tuple(account for account in Account if account in accounts and account not in HELD_ACCOUNTS)
    payer = next((purse for purse in found if not bound & set(purse)), found[0] if found else ())
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
    earlier : budgets until a structure was replaced in the middle of a run, and the month from which these hold; of an earlier
        change those go on paying who still hold an account, and what others had begun is left undone
    funded : whether the treasury pays for the change on top
    burdens : what it pays on top for entitlements; None for nothing

    Attributes
    ----------
    moved : share of the money of each council's and consortium's area that another holds, by the ledger's index
    lasts : months that changing over takes them, by the transition of the structure that each lives under, else by the shared parameter
    moved_earlier : `moved` and `lasts` of earlier changes of the run, each after the month in which it came
    """

    def __init__(
        self, *, modelled: Mapping[Account, np.ndarray], committed: Mapping[Account, np.ndarray], variance: Mapping[Account, np.ndarray], holders: Holders,
        management: Mapping[Party, np.ndarray], first: Mapping[Party, int], overheads: Overheads, settlement: Settlement | MoneyPath,
        earlier: tuple[Budgets, int] | None = None, funded: bool = False, burdens: NewBurdens | None = None,
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
        before, since = (None, 0) if earlier is None else (earlier[0].money, earlier[1])
        self.money, self._funded, self.burdens = money, funded, burdens
        self._burdens_of_year: dict[int, np.ndarray] = {}
        self.overhead: dict[int, Overhead] = overheads_by_payer(management, money, own, overheads, before)
        self.moved = moved_shares(money, own, before)
        self.lasts = {party: self._months_of_change(party) for party in {**self.moved, **self.overhead}}
        self._since = since
        self.moved_earlier: list[tuple[int, dict[int, float], dict[int, float]]] = []
        if earlier is not None:
            self.moved_earlier = [*earlier[0].moved_earlier, (earlier[0]._since, earlier[0].moved, earlier[0].lasts)]
        going_on = [] if earlier is None else [change for change in earlier[0].change_overs if change.payer in self._held]
        self.change_overs = going_on + [ChangeOver(payer, overhead.transition, since, self.lasts[payer]) for payer, overhead in self.overhead.items() if overhead.transition]

    def _months_of_change(self, party: int) -> float:
        """Return how many months changing over takes an organisation."""
        transition = self._holders.structure_of(party).transition
        return self._overheads.transition_months if transition is None or transition.months is None else float(transition.months)

    def held(self, payer: int) -> Mapping[Account, Held]:
        """Return what an organisation holds of each account."""
        return self._held.get(payer, {})

    def of_year(self, payer: int, year: int) -> dict[Account, int]:
        """Return an organisation's budgets in a financial year (0 the first), pence, by account."""
        found = {
            account: self._budget(account, held, year) for account, held in self.held(payer).items()
        }
        if Account.SOCIAL_CARE in found:
            found[Account.SOCIAL_CARE] += self.new_burden(payer, year)
        overhead = self.overhead.get(payer, Overhead())
        if any(overhead.budget.values()):
            found[Account.MANAGEMENT] = sum(int(pence * self._settlement.factor(source, year)) for source, pence in overhead.budget.items())
        spent = self._changing(payer, year)
        if spent is not None:
            found[Account.TRANSITION] = spent if self._funded else 0  # else it is financed from within
        return found

    def _budget(self, account: Account, held: Held, year: int) -> int:
        """Return one holder's budget on an account in a financial year, pence: by council where councils' money takes paths of its own."""
        paths = self._settlement.by_council(year) if UNIT_OF[account] == Party.COUNCIL else None
        if paths is None:
            return int((held.modelled + held.committed) * self._settlement.factor(SOURCES[UNIT_OF[account]], year))
        units = np.floor((self.modelled[account] + self.committed[account]) * paths).astype(np.int64)
        return int(self._holders.borne(account, units)[held.position])

    def month(self, number: int) -> list[tuple[int, Service, int]]:
        """Return what is certain to be paid in a month (from 0): payer, service, pence."""
        found = []
        for account in UNIT_OF:
            parties, amounts = self._holders.parties(account), self.committed_in(account, number)
            found += [(payer, Service.COMMITTED, amount) for payer, amount in zip(parties.tolist(), amounts.tolist(), strict=True)]
        for payer, overhead in self.overhead.items():
            found.append((payer, Service.MANAGEMENT, block_month(overhead.cost, number)))
        found += [(change.payer, Service.TRANSITION, self._spent(change, number - 1, number)) for change in self.change_overs]
        return [row for row in found if row[2]]

    def paid_on_top(self, number: int) -> list[tuple[int, int]]:
        """Return what the treasury pays in a month besides the settlement, (payee, pence), where a run is funded.

        That is what changing over costs, and what entitlements are expected to cost whoever holds social care.
        """
        changing = [(payer, pence) for payer, service, pence in self.month(number) if service == Service.TRANSITION] if self._funded else []
        entitled = zip(self._holders.parties(Account.SOCIAL_CARE).tolist(), self._burdens_in(number).tolist(), strict=True)
        return changing + [(payer, pence) for payer, pence in entitled if pence]

    def new_burden(self, payer: int, year: int) -> int:
        """Return what the treasury pays an organisation in a year for entitlements, pence: part of its budget, and on top of the settlement."""
        held = self.held(payer).get(Account.SOCIAL_CARE)
        if held is None:
            return 0
        if year not in self._burdens_of_year:
            self._burdens_of_year[year] = sum(self._burdens_in(number) for number in range(year * MONTHS, (year + 1) * MONTHS))
        return int(self._burdens_of_year[year][held.position])

    def _burdens_in(self, number: int) -> np.ndarray:
        """Return what is paid in a month for entitlements, pence by holder of social care."""
        units = np.zeros(len(self.modelled[Account.SOCIAL_CARE]), dtype=np.int64) if self.burdens is None else self.burdens.month(number)
        return self._holders.borne(Account.SOCIAL_CARE, units)

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
        spent = self._changing(payer, year)
        if spent is not None:
            found[Account.TRANSITION] = float(spent)
        return found

    def committed_in(self, account: Account, number: int) -> np.ndarray:
        """Return the committed lines of a month (from 0), pence by holder."""
        units = [block_month(yearly, number) for yearly in self._committed(account, number // MONTHS).tolist()]
        return self._holders.borne(account, np.array(units, dtype=np.int64))

    def _changing(self, payer: int, year: int) -> int | None:
        """Return what an organisation spends on changing over in a year; None if it does not change over."""
        changes = [change for change in self.change_overs if change.payer == payer]
        return sum(self._spent(change, year * MONTHS - 1, (year + 1) * MONTHS - 1) for change in changes) if changes else None

    def _spent(self, change: ChangeOver, after: int, until: int) -> int:
        """Return what is spent of a change-over after one month's end and until another's."""
        begun, done = (transition_spent(change.pence, month - change.since, change.lasts) for month in (after, until))
        return done - begun

    def modelled_gap(self, payer: int, account: Account, last: Mapping[Account, np.ndarray], year: int) -> float:
        """Return what an organisation will spend on the modelled lines of an account beyond their part of its budget, pence; `last` as in :meth:`forecast`."""
        return float(last[account][self.held(payer)[account].position]) - self.modelled_money(payer, account, year)

    def modelled_money(self, payer: int, account: Account, year: int) -> float:
        """Return the modelled lines' part of an organisation's budget for an account in a year, pence."""
        held = self.held(payer)[account]
        more = self.new_burden(payer, year) if account == Account.SOCIAL_CARE else 0
        return self._budget(account, held, year) * held.modelled / max(held.modelled + held.committed, 1) + more

    def spread(self, account: Account) -> np.ndarray:
        """Return the variance that chance gives a year's spending on an account, pence squared, by holder."""
        return np.array([self.held(party)[account].variance for party in self._holders.parties(account).tolist()])

    def chance(self, payer: int, accounts: Collection[Account]) -> float:
        """Return the standard deviation of what chance does to a year of an organisation's spending on accounts, pence."""
        return math.sqrt(sum(held.variance for account, held in self.held(payer).items() if account in accounts))

    def _committed(self, account: Account, year: int) -> np.ndarray:
        """Return the committed lines of a financial year, pence by council or consortium."""
        return np.floor(self.committed[account] * self._settlement.committed(account, year)).astype(np.int64)
