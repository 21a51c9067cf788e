"""What a hospital bills for an emergency spell: the price, the days beyond the trim point, and the two rules that cut them.

Under the tariff a spell is paid in full unless it is a *return*, which is paid a share, or ends when the hospital has
already billed its baseline number of spells of the financial year: from the day after, it is paid the marginal rate.
Both cut the whole bill, and a spell to which both apply is cut twice. By the day, so that it does not matter in which
order people leave on the day that the baseline is reached.

Care of people of a kind that a contract pays for (``agents.patients.kinds``) costs the payer nothing when it is given. It counts
against the baseline all the same, which was set by what everybody had.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.hospital.books import post
from agents.patients import record
from agents.vocabulary import N_KINDS, Service

SPELL = int(Service.EMERGENCY_SPELL)
EXCESS = int(Service.EXCESS_DAYS)
RETURN_DAYS = 30  # an emergency admission within so many days of a discharge is a return (evidence P-B.tariff-002)
NEVER = 2**62  # day on which, or number of spells at which, a baseline is reached that is not set
PRICES = ("spell_price", "attendance_price", "excess_price", "visit_price", "day_case_price", "elective_price")
"""Fields of HOSPITAL_STATE that are prices; all are 0 where a hospital is paid for nobody by what it does."""


def begin_year(hospitals: np.ndarray) -> None:
    """Begin the financial year of hospitals (HOSPITAL_STATE): no spell of it is billed yet."""
    hospitals["billed_spells"] = 0
    hospitals["beyond_since"] = NEVER


@compiled
def is_return(p, day):
    """Return whether an admission of this person today comes within 30 days of a discharge."""
    last = np.int64(p["last_discharge"])
    return last != record.NEVER_DISCHARGED and day - last <= RETURN_DAYS


@compiled
def share_paid(hospital, returned, day):
    """Return the share of its bill that a spell which ends today is paid; `returned` is 1 for a return, else 0."""
    share = np.float64(hospital["return_share"]) if returned == 1 else 1.0
    if day > np.int64(hospital["beyond_since"]):
        share *= np.float64(hospital["marginal_share"])
    return share


@compiled
def part(pence, share):
    """Return a share of an amount, in whole pence."""
    return int(np.int64(pence) * share + 0.5)


@compiled
def days_over(start, day, hospital):
    """Return the days beyond the trim point of a spell from `start` to `day`."""
    return max(day - start - np.int64(hospital["trim_days"]), 0)


@compiled
def price_today(hospital, p, day):
    """Return what a spell of this person would bring if it began and ended today, in pence."""
    return part(hospital["spell_price"], share_paid(hospital, 1 if is_return(p, day) else 0, day))


@compiled
def owed(flow, i, h, pence):
    """Return what the payer owes hospital h for care of person i at a price: nothing where a contract pays for people of that kind."""
    if len(flow.kinds) > 0 and np.int64(flow.kinds[i]) & np.int64(flow.hospitals[h]["contract_kinds"]) != 0:
        return 0
    return pence


@compiled
def charge(flow, i, p, h, service, decider, lever, pence, rules):
    """Post what is owed for care of person i at a price, and count the price with each kind of people that the person is of."""
    consortium = np.int64(p["consortium"])
    if len(flow.kinds) > 0:
        for kind in range(N_KINDS):
            if np.int64(flow.kinds[i]) >> kind & 1:
                flow.brought[kind, consortium, h] += pence
    post(flow, rules.first_consortium + consortium, rules.first_hospital + h, service, decider, lever, owed(flow, i, h, pence))


@compiled
def bill(flow, c, p, day, rules):
    """Post the price of a spell that ends today, and its days beyond the trim point; return how many those were."""
    i, h = np.int64(c["person"]), np.int64(c["hospital"])
    hospital = flow.hospitals[h]
    decider, lever = np.int64(c["decider"]), np.int64(c["lever"])
    share = share_paid(hospital, np.int64(c["returned"]), day)
    charge(flow, i, p, h, SPELL, decider, lever, part(hospital["spell_price"], share), rules)
    over = days_over(np.int64(c["start"]), day, hospital)
    if over > 0:
        charge(flow, i, p, h, EXCESS, decider, lever, part(over * np.int64(hospital["excess_price"]), share), rules)
    hospital["billed_spells"] += 1
    if np.int64(hospital["billed_spells"]) == np.int64(hospital["baseline_spells"]):
        hospital["beyond_since"] = day
    return over
