"""Paying hospitals otherwise than by what they do: the monthly sums of a block, capitation, a year of care or an alliance.

A contract is for everybody's care, or for that of one kind of people (``agents.patients.kinds``); the rest is then paid by the tariff.

Each contract is worth, at rest, what the tariff came to in the base year, between the same payer and hospital: the money
is the same and only the rule differs. Sums are in real terms and do not grow. Under every rule payers pay exactly what
hospitals receive, and what care takes (``model.resources``) stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from agents.vocabulary import N_CONDITIONS, Service
from model.evidence import evidence
from model.ledger import JOURNAL, RULES
from model.payment import YEAR_OF_CARE_ROWS, Alliance, Capitation, YearOfCare, block_month

N_BANDS = len(YEAR_OF_CARE_ROWS)
AT_A_TIME = 1 << 20  # people that are counted at a time

Covers = Callable[[np.ndarray, int], np.ndarray]
"""Tells of people (RECORD), in a month since the start, whether contracts pay for their care."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BaseYear:
    """What contracts are priced from: of the people whose care they pay for, but for resources.

    Parameters
    ----------
    income : shape (n_consortia, n_hospitals), pence that the tariff brought
    resources : shape (n_hospitals,), pence that everybody's care took
    people : shape (n_consortia, n_hospitals, N_BANDS), people served by number of conditions
    """

    income: np.ndarray
    resources: np.ndarray
    people: np.ndarray


class Contracts:
    """What hospitals are paid each month under one rule that is not the tariff.

    Parameters
    ----------
    rule : one of ``model.payment.PAYMENT_RULES`` but the tariff
    base : of the place
    shares : of an alliance's gain or loss, by partner, the hospital as ``hospital``; they add up to 1
    covers : tells of people, and a month whose first day it is, whose care the contracts pay for; everybody's if None
    """

    def __init__(self, rule: str, base: BaseYear, shares: Mapping[str, float] | None = None, covers: Covers | None = None) -> None:
        self.rule, self.base, self.shares, self.covers = rule, base, dict(shares or {}), covers
        self._of_pair = {"block": _block, "capitation": _capitation, "year-of-care": _year_of_care}.get(rule)

    def month(self, number: int, rows: np.ndarray, resources: np.ndarray) -> np.ndarray:
        """Return what each consortium pays each hospital in a month: pence, shape (n_consortia, n_hospitals).

        Parameters
        ----------
        number : of the month since the start, an April
        rows : RECORD, everybody after the month
        resources : shape (n_hospitals,), pence that the month's care took
        """
        sums = np.zeros(self.base.income.shape, dtype=np.int64)
        if self._of_pair is None:
            for h in range(sums.shape[1]):
                sums[:, h] = self._alliance(number, h, int(resources[h]))
            return sums
        people = self.base.people if self.rule == "block" else people_served(rows, number, *sums.shape, self.covers)
        for k, h in np.ndindex(*sums.shape):
            sums[k, h] = self._of_pair(number, int(self.base.income[k, h]), self.base.people[k, h], people[k, h])
        return sums

    def _alliance(self, number: int, h: int, actual: int) -> np.ndarray:
        """Return what each consortium pays hospital h: its part of the one payment, as of the base year's income."""
        income = self.base.income[:, h]
        contract = Alliance(target=block_month(int(self.base.resources[h]), number), shares=self.shares)
        owed = round(contract.payment(block_month(int(income.sum()), number), actual))
        return _split(owed, income) if income.sum() else np.zeros_like(income)


def _block(number: int, yearly: int, at_rest: np.ndarray, now: np.ndarray) -> int:
    return block_month(yearly, number)


def _capitation(number: int, yearly: int, at_rest: np.ndarray, now: np.ndarray) -> int:
    if at_rest.sum() == 0:  # nobody to set a price by
        return block_month(yearly, number)
    return round(Capitation(per_head=yearly / int(at_rest.sum())).income(int(now.sum()), months=1))


def _year_of_care(number: int, yearly: int, at_rest: np.ndarray, now: np.ndarray) -> int:
    if at_rest.sum() == 0:
        return block_month(yearly, number)
    return round(year_of_care(yearly, at_rest).income(now.tolist()) / 12.0)


def year_of_care(yearly: float, people: np.ndarray) -> YearOfCare:
    """Return the prices by number of conditions at which so many people, by band, come to `yearly`.

    Examples
    --------
    >>> prices = year_of_care(1_000_000.0, np.array([400, 200, 100, 50, 50])).prices
    >>> round(prices[4] / prices[0], 2)
    7.85
    """
    weights = np.array([evidence(row).number() for row in YEAR_OF_CARE_ROWS])
    unit = yearly / float(weights @ people)
    return YearOfCare(prices=tuple((unit * weights).tolist()))


def people_served(rows: np.ndarray, month: int, n_consortia: int, n_hospitals: int, covers: Covers | None = None) -> np.ndarray:
    """Return people alive after a month by consortium, hospital used and number of conditions.

    Parameters
    ----------
    rows : RECORD
    month : since the start; -1 for the state that a run starts from
    covers : tells who of them counts on the next month's first day; everybody if None

    Returns
    -------
    ndarray, shape (n_consortia, n_hospitals, N_BANDS)
        The last band has as many conditions or more.
    """
    served = np.zeros((n_consortia, n_hospitals, N_BANDS), dtype=np.int64)
    for low in range(0, len(rows), AT_A_TIME):
        some = rows[low : low + AT_A_TIME]
        alive = some[some["end_month"] > month]
        if covers is not None:
            alive = alive[covers(alive, month + 1)]
        held = np.zeros(len(alive), dtype=np.int64)
        for condition in range(N_CONDITIONS):
            held += alive["conditions"] >> np.uint32(condition) & 1
        at = (alive["consortium"].astype(np.int64) * n_hospitals + alive["hospital"]) * N_BANDS + np.minimum(held, N_BANDS - 1)
        served += np.bincount(at, minlength=served.size).reshape(served.shape)
    return served


def contract_rows(sums: np.ndarray, first_consortium: int, first_hospital: int) -> np.ndarray:
    """Return the journal rows of :meth:`Contracts.month`: payments that rules decide."""
    payers, payees = np.nonzero(sums)
    rows = np.zeros(len(payers), dtype=JOURNAL)
    rows["payer"], rows["payee"] = first_consortium + payers, first_hospital + payees
    rows["service"], rows["decider"], rows["pence"] = Service.ACUTE_CONTRACT, RULES, sums[payers, payees]
    return rows


def _split(amount: int, parts: np.ndarray) -> np.ndarray:
    """Return an amount split in proportion to whole-number parts, to the penny."""
    edges = [amount * int(part) // int(parts.sum()) for part in np.cumsum(parts)]
    return np.diff([0, *edges])
