"""A reorganisation in the middle of a run: what passes from those who held accounts to those who take them over.

People, luck, levers, queues and the books go on. Whoever keeps an account keeps its balance, its debt and the price of its money.
An account that changes hands takes along its part of the balance carried from earlier years, what is left or lacking of this
year's budget so far, and the pressure on it; it goes to organisations of the new holder's kind by the people they have in common
with the old one. Money follows in the ledger, so that nobody keeps pounds, or a debt, of an account that another has now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agents.organisation import Organisation, Purse
from agents.vocabulary import HELD_ACCOUNTS, Account, Party
from model.accounts import UNIT_OF, Costs
from model.holders import Holders, split
from model.management import MONTHS
from model.payment import block_month
from model.year_end import Budgets


class Handed(NamedTuple):
    """What of an account passes from one organisation to another.

    Parameters
    ----------
    giver, taker : indices of the ledger; the same where the account stays
    account : which
    carried : pence of the balance of earlier years; of a debt, below 0
    position : pence left of this year's budget so far; below 0 where more was spent
    """

    giver: int
    taker: int
    account: Account
    carried: int
    position: int


def people_between(before: Holders, after: Holders, account: Account) -> np.ndarray:
    """Return the people that old holders of an account (rows) have in common with its new ones (columns)."""
    if stays(before, after, account):
        return np.eye(len(before.parties(account)))
    return before.between(after, account)


def stays(before: Holders, after: Holders, account: Account) -> bool:
    """Return whether an account stays with whoever held it, for the same people."""
    return np.array_equal(before.parties(account), after.parties(account)) and np.array_equal(before.whose(account), after.whose(account))


def carried_by_account(purse: Purse, budgets: Mapping[Account, int]) -> dict[Account, int]:
    """Return the balance of a purse by account: in proportion to budgets, or evenly where it has none, to the penny.

    Examples
    --------
    >>> carried_by_account(Purse((Account.ACUTE, Account.SOCIAL_CARE), carried=100), {Account.ACUTE: 3, Account.SOCIAL_CARE: 1})
    {<Account.ACUTE: 0>: 75, <Account.SOCIAL_CARE: 2>: 25}
    """
    accounts = [account for account in purse.accounts if account in HELD_ACCOUNTS] or list(purse.bears) or list(purse.accounts)
    weights = np.array([float(budgets.get(account, 0)) for account in accounts])
    shares = weights if weights.sum() > 0.0 else np.ones(len(accounts))
    return dict(zip(accounts, split(np.array([purse.carried]), shares[None, :])[0].tolist(), strict=True))


def positions(before: Holders, budgets: Budgets, given: Mapping[int, Mapping[Account, int]], history: Sequence[Costs], account: Account, month: int) -> np.ndarray:
    """Return what each old holder of an account has left of this year's money so far, pence.

    Parameters
    ----------
    budgets : until now
    given : this year's budgets, by party and account
    history : costs of the months up to now
    month : that begins
    """
    parties = before.parties(account)
    first = month - month % MONTHS
    left = np.array([sum(block_month(given[int(party)].get(account, 0), number) for number in range(first, month)) for party in parties], dtype=np.int64)
    for number in range(first, month):
        left -= before.borne(account, history[number - month].on(account)) + budgets.committed_in(account, number)
    return left


def hand_over(
    before: Holders, after: Holders, budgets: Budgets, purses: Mapping[int, Sequence[Purse]], given: Mapping[int, Mapping[Account, int]], history: Sequence[Costs], month: int
) -> list[Handed]:
    """Return what passes from whom to whom of every account, to the penny.

    Parameters
    ----------
    before, after : who held what until now, and who does from now on
    budgets, purses, given : until now; `given` is this year's, by party and account
    history : costs of the months up to now
    month : that begins
    """
    carried: dict[tuple[int, Account], int] = {}
    for party, held in purses.items():
        for purse in held:
            for account, pence in carried_by_account(purse, given[party]).items():
                carried[party, account] = carried.get((party, account), 0) + pence
    found = []
    for account in UNIT_OF:
        people, old, new = people_between(before, after, account), before.parties(account).tolist(), after.parties(account).tolist()
        amounts = [np.array([carried.pop((party, account), 0) for party in old], dtype=np.int64), positions(before, budgets, given, history, account, month)]
        if stays(before, after, account):
            amounts[1][:] = 0
        parts = [split(each, people) for each in amounts]
        for i, j in np.argwhere((parts[0] != 0) | (parts[1] != 0)).tolist():
            found.append(Handed(old[i], new[j], account, int(parts[0][i, j]), int(parts[1][i, j])))
    return found + [handed for (party, account), pence in carried.items() if pence for handed in _of_bearer(before, after, party, account, pence)]


def _of_bearer(before: Holders, after: Holders, party: int, account: Account, pence: int) -> list[Handed]:
    """Return to whom the balance of one who bore others' account passes: to itself if it is still there, else to the account's new holders."""
    if party in after:
        return [Handed(party, party, account, pence, 0)]
    by_council = np.array([after.of_council(account, council) for council in range(len(after.areas[Party.COUNCIL, Party.COUNCIL]))])
    people = before.people[Party.COMMISSIONER, Party.COUNCIL][before.position(party)] @ (by_council / by_council.sum(axis=1, keepdims=True))
    parts = split(np.array([pence]), people[None, :])[0].tolist()
    return [Handed(party, int(taker), account, part, 0) for taker, part in zip(after.parties(account), parts, strict=True) if part]


def besides_settlement(before: Holders, after: Holders, budgets: Budgets, given: Mapping[int, Mapping[Account, int]], year: int) -> dict[tuple[int, Account], int]:
    """Return what budgets of the year hold besides the settlement, such as an intervention's money, for those who have the accounts now: pence."""
    found: dict[tuple[int, Account], int] = {}
    for account in UNIT_OF:
        old, new = before.parties(account).tolist(), after.parties(account).tolist()
        more = np.array([given[party].get(account, 0) - budgets.of_year(party, year).get(account, 0) for party in old], dtype=np.int64)
        parts = split(more, people_between(before, after, account)).sum(axis=0) if more.any() else np.zeros(len(new), dtype=np.int64)
        found |= {(party, account): part for party, part in zip(new, parts.tolist(), strict=True) if part}
    return found


def take_up(purses: Sequence[Purse], own: Mapping[Account, int]) -> list[Purse]:
    """Return new purses with what was handed over, by account; what belongs to none of their accounts goes to the first."""
    left = dict(own)
    found = [purse._replace(carried=sum(left.pop(account, 0) for account in (*purse.accounts, *purse.bears))) for purse in purses]
    if any(left.values()):
        first = found[0] if found else Purse(())
        found[:1] = [first._replace(carried=first.carried + sum(left.values()))]
    return found


def prices_taken_over(before: Holders, after: Holders, account: Account, prices: Mapping[int, Mapping[Account, float]]) -> dict[int, float]:
    """Return the price of an account's money to its new holders: the old holders', as they share people with them."""
    people = people_between(before, after, account)
    old, new = before.parties(account).tolist(), after.parties(account).tolist()
    if stays(before, after, account):
        return {party: prices[party][account] for party in old}
    felt = np.array([prices[party][account] for party in old])
    return {party: float(felt @ people[:, j] / people[:, j].sum()) for j, party in enumerate(new)}


def settle_up(handed: Sequence[Handed]) -> list[tuple[int, int, int]]:
    """Return what is paid at a change, (payer, payee, pence): a balance by who had it, a debt by who takes it over."""
    owed: dict[tuple[int, int], int] = {}
    for giver, taker, _, carried, position in handed:
        if giver != taker:
            owed[giver, taker] = owed.get((giver, taker), 0) + carried + position
    return [(giver, taker, pence) if pence > 0 else (taker, giver, -pence) for (giver, taker), pence in sorted(owed.items()) if pence]


def even_prices(holder: Organisation, purses: Sequence[Purse]) -> None:
    """Let accounts that are one purse now share one price: the mean of what those brought that structures give to holders, by budget."""
    for purse in purses:
        felt = [account for account in (*purse.accounts, *purse.bears) if account in holder.prices]
        brought = [account for account in felt if account in HELD_ACCOUNTS] or felt
        prices = [holder.prices[account] for account in brought]
        weights = np.array([max(holder.budgets.get(account, 0), 1) for account in brought], dtype=np.float64)
        if felt:
            price = prices[0] if len(set(prices)) == 1 else float(weights @ prices / weights.sum())
            holder.prices.update(dict.fromkeys(felt, price))
