"""Prices: whole pence, and near the evidence that they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evidence import evidence
from model.parameters import Parameters
from model.payment import Prices, pence


@given(st.integers(0, 10**9))
def test_pence_are_whole_and_exact(amount):
    assert pence(amount / 100.0) == amount
    assert isinstance(pence(amount / 100.0), int)


def test_half_pence_go_to_the_nearest():
    assert pence(0.004) == 0
    assert pence(0.006) == 1
    assert pence(2358.0) == 235800


@pytest.mark.parametrize(
    "row",
    [row for row in Parameters().table() if row.name.startswith("prices.") and row.evidence],
    ids=lambda row: row.name,
)
def test_prices_with_a_source_have_its_value(row):
    found = evidence(row.evidence)
    low = found.low if found.low is not None else found.number()
    high = found.high if found.high is not None else found.number()
    assert min(low, found.number()) <= row.value <= max(high, found.number())


def test_one_more_of_anything_takes_fewer_resources_than_its_price():
    """Else a hospital would lose on every patient, and its account would say the opposite of what it is there for."""
    prices = Prices()
    assert prices.attendance_resource < prices.attendance
    assert prices.bed_day_resource < prices.excess_day
    assert prices.spell_resource < prices.spell
    assert prices.escalation_day_resource > prices.bed_day_resource
