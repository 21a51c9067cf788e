"""What chance does to a payer's year: so many cases at so much each.

A year's spending on cases that come by chance, each costing about as much as another, has a variance of the spending times the
cost of a case. It is known without having seen many years, and it shrinks with size: a purse twice as large wanders less for its
size. Services that are paid for by their capacity do not wander.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.vocabulary import Account
from model.payment import Prices, pence
from model.place import Place

WEEKS_A_YEAR = 52.18


def case_pence(place: Place, prices: Prices) -> dict[Account, np.ndarray]:
    """Return what a case costs on the accounts that wander, in pence, by council or consortium (or one number for all hospitals).

    Of acute care and a hospital's income a case is a spell; of continuing healthcare a year of it; of social care a year in a
    nursing home, the longest and dearest of its cases.
    """
    nursing = [pence(council.nursing_pounds_per_week * WEEKS_A_YEAR) for council in place.councils]
    spell = pence(prices.spell * prices.market_forces)
    return {
        Account.ACUTE: np.full(len(place.consortia), spell),
        Account.CONTINUING_CARE: np.full(len(place.consortia), pence(prices.continuing_week * WEEKS_A_YEAR)),
        Account.SOCIAL_CARE: np.array(nursing),
        Account.HOSPITAL: np.array([spell]),
    }


def variances(outturn: Mapping[Account, np.ndarray], cases: Mapping[Account, np.ndarray]) -> dict[Account, np.ndarray]:
    """Return the variance that chance gives a year's spending, pence squared, in the shape of the out-turn.

    Examples
    --------
    Of 400 cases at 100 each, chance makes a standard deviation of 20 cases, that is 2,000:

    >>> variances({Account.ACUTE: np.array([40_000])}, {Account.ACUTE: np.array([100])})[Account.ACUTE] ** 0.5
    array([2000.])
    """
    return {account: pence.astype(float) * cases[account] if account in cases else np.zeros(len(pence)) for account, pence in outturn.items()}
