"""What care takes outside hospitals: one price base, by hand and in a run; payment moves income, not resources."""

import dataclasses

import numpy as np
import pytest

from agents.patients.living import COUNCIL_CARE, N_TOTALS, NURSING_COUNCIL, RESIDENTIAL_SELF, SELF_CARE
from agents.vocabulary import Lever, Party
from model.accounts import CAPACITIES
from model.care_resources import care_lines, resources_by_kind
from model.engine import N_COUNTS
from model.parameters import Parameters
from model.resources import COST_KINDS, CostKind, UnitCosts
from tests.strategies import ALL_HELD, lived, total


@pytest.fixture(scope="module")
def economy():
    return lived(3, scale=0.01, hold=ALL_HELD)


def test_a_month_by_hand(economy):
    """60 hours for councils and 40 bought at 17.21 are 1,721 pounds; 30 residential days at 521 a week 2,232.85; 7 nursing days 659.

    14 days of continuing healthcare at 871 a week are 1,742, 10 consultations at 30.30 are 303: together 6,657.85. Staff who assess
    cost 500 and who arrange 300, whatever they do; 200 of reablement and 100 of intermediate care are steps; 50 of proactive care
    follow the people listed. Consultations count general practice, so what its capacity is paid does not.
    """
    before, costs = economy.months[0], economy.costs[0]
    month = dataclasses.replace(before, totals=np.zeros_like(before.totals), counts=np.zeros_like(before.counts))
    for column, quantity in ((COUNCIL_CARE, 3600), (SELF_CARE, 2400), (RESIDENTIAL_SELF, 30), (NURSING_COUNCIL, 7), (N_TOTALS, 14)):
        month.totals[0, column] = quantity
    month.counts[0, N_COUNTS] = 10
    pounds = {"assessment": 500, "brokerage": 300, "reablement": 200, "intermediate": 100, "proactive": 50, "primary_care": 7000}
    nothing = {capacity.cost: np.zeros_like(getattr(costs, capacity.cost)) for capacity in CAPACITIES}
    for name, amount in pounds.items():
        nothing[name][0] = 100 * amount
    kinds = resources_by_kind(care_lines(month, dataclasses.replace(costs, **nothing), UnitCosts()))
    assert kinds == {CostKind.FIXED: 80_000, CostKind.STEP: 30_000, CostKind.MARGINAL: 670_785}


def test_every_capacity_is_a_line_but_general_practice(economy):
    names = [line.name for _, line in care_lines(economy.months[0], economy.costs[0], UnitCosts())]
    assert len(names) == len(set(names))
    for capacity in CAPACITIES:
        assert (capacity.service.name.lower().replace("_", " ") in names) == (capacity.lever != Lever.GP_ACCESS)
    assert {COST_KINDS[name] for name in ("assessment", "reablement", "proactive")} == set(CostKind)


def test_the_account_is_what_the_months_say(economy):
    account = economy.ledger.resources()
    for kind in (Party.COUNCIL, Party.CONSORTIUM):
        mine = account[account["organisation"].isin([economy.parties.names[index] for index in economy.parties.indices(kind)])]
        pence = sum(int(line.cost.sum()) for month, costs in zip(economy.months, economy.costs, strict=True) for whose, line in care_lines(month, costs, UnitCosts()) if whose == kind)
        assert mine["pounds"].sum() == pytest.approx(pence / 100.0, abs=1.0)
    hospitals = sum(int(costs.resources.sum()) for costs in economy.costs)
    care = sum(int(line.cost.sum()) for month, costs in zip(economy.months, economy.costs, strict=True) for _, line in care_lines(month, costs, UnitCosts()))
    assert total(economy, "resource_cost") == pytest.approx((hospitals + care) / 100.0)


def test_prices_move_payments_and_not_resources(economy):
    dear = lived(3, scale=0.01, hold=ALL_HELD, parameters=Parameters().with_values({"prices.spell": 2550.0, "prices.continuing_week": 1000.0}))
    assert total(dear, "resource_cost") == total(economy, "resource_cost")
    assert total(dear, "public_spending") > total(economy, "public_spending")
