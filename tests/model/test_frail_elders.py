"""What frail elders cost of each account at rest: a part of it, and a larger one the wider they are taken."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients.frail_elders import FrailElders, are_frail_elders
from agents.vocabulary import Account
from model.accounts import UNIT_OF, Costs, care_prices
from model.frail_elders import LINES, frail_parts
from tests.strategies import bench, person, small_economy


@pytest.fixture(scope="module")
def economy():
    return small_economy(scale=0.02)


def parts_of(economy, elders: FrailElders) -> dict[Account, float]:
    state = economy._state
    return frail_parts(state.arrays, economy._base_year, state.year[-12:], care_prices(economy.place), economy._tables["gp_age"], float(economy.rules["frail_from"]), elders)


def test_every_line_of_an_account_is_shared_out():
    assert set(LINES) == set(UNIT_OF)
    fields = {field.name for field in dataclasses.fields(Costs)}
    assert {name for names in LINES.values() for name in names} - fields == {"emergency", "planned"}


def test_everybody_costs_everything_and_nobody_nothing(economy):
    everybody, nobody = FrailElders(age=0.0, frailty=0.0), FrailElders(age=120.0)
    assert all(part == pytest.approx(1.0) for part in parts_of(economy, everybody).values())
    assert all(part == 0.0 for part in parts_of(economy, nobody).values())


def test_a_wider_group_costs_more_of_every_account(economy):
    narrow, wide = parts_of(economy, FrailElders(frailty=0.36)), parts_of(economy, FrailElders(age=65.0, frailty=0.25))
    assert all(0.0 <= narrow[account] <= wide[account] <= 1.0 for account in narrow)
    assert narrow[Account.SOCIAL_CARE] < wide[Account.SOCIAL_CARE]
    assert narrow[Account.SOCIAL_CARE] > narrow[Account.ACUTE] > narrow[Account.PUBLIC_HEALTH], "the frail are few, and need much care"


@given(st.integers(18, 110), st.sampled_from([0.0, 0.2, 0.35, 0.37, 0.7]))
def test_who_is_old_and_frail_enough_counts(age, frailty):
    rows = person(age, frailty=frailty)
    assert are_frail_elders(rows, FrailElders(age=75.0, frailty=0.36))[0] == (age >= 75 and rows["frailty"][0] >= 0.36)


def test_people_grow_into_it():
    rows = bench(0.005).rows
    counts = [int(are_frail_elders(rows, FrailElders(), month).sum()) for month in (0, 60, 240)]
    assert counts == sorted(counts) and counts[0] < counts[2]
    assert np.array_equal(are_frail_elders(rows, FrailElders(age=0.0, frailty=0.0)), np.ones(len(rows), dtype=bool))
