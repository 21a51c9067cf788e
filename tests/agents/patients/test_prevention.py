"""Prevention: a slow stock that is nothing at rest, and what it does to onset and falls."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients.prevention import OLDER, PREVENTABLE, built_up, falls_factor, onset_factor
from agents.vocabulary import N_CONDITIONS, YOUNGEST, Cause, Condition, Lever
from tests.strategies import bench, rules_with, sweep

LEVEL, YEARS = st.floats(0.2, 3.0), st.floats(2.0, 10.0)


def after(months: int, level: float, stock: float = 0.0, years: float = 5.0) -> float:
    for _ in range(months):
        stock = built_up(stock, level, 1.0, years)
    return stock


@given(LEVEL, YEARS, st.integers(0, 240))
def test_the_stock_goes_towards_the_distance_from_rest_and_never_past_it(level, years, months):
    stock = after(months, level, years=years)
    assert stock == pytest.approx((level - 1.0) * (1.0 - (1.0 - 1.0 / (12.0 * years)) ** months))
    assert abs(stock) <= abs(level - 1.0) + 1e-12


def test_a_third_of_it_is_still_there_when_the_memory_is_over():
    assert after(60, 1.0, stock=after(600, 2.0)) == pytest.approx(math.exp(-1.0), rel=0.02)
    assert after(500, 1.0) == 0.0, "at rest it is nothing, to the bit"


@given(st.floats(-0.8, 2.0), st.integers(0, 92))
def test_at_rest_and_where_it_does_not_reach_nothing_changes(stock, age):
    rules = rules_with()
    for condition in range(N_CONDITIONS):
        factor = onset_factor(condition, stock, rules)
        assert factor >= 0.0
        assert (factor == 1.0) or PREVENTABLE & 1 << condition
        assert onset_factor(condition, 0.0, rules) == 1.0
    assert falls_factor(age, 0.0, rules) == 1.0
    assert falls_factor(min(age, OLDER - 1), stock, rules) == 1.0
    assert (falls_factor(OLDER, stock, rules) - 1.0) * stock <= 0.0


@given(st.floats(0.0, 1e3))
def test_no_hazard_falls_below_nothing(stock):
    rules = rules_with()
    assert onset_factor(int(Condition.CHD), stock, rules) >= 0.0
    assert falls_factor(OLDER, stock, rules) >= 0.0


def begun(of, stock: float, months: int = 3) -> np.ndarray:
    """What begins for whom in each of some first months: shape (months x people, 14)."""
    of.known.councils["prevention"] = stock
    before = of.rows["conditions"].copy()
    new = np.concatenate([sweep(of, month=month).rows["conditions"] & ~before for month in range(1, months + 1)])
    return (new[:, None] >> np.arange(N_CONDITIONS)) & 1 == 1


def test_more_prevention_stops_some_onsets_of_the_conditions_it_reaches_and_begins_none():
    """The same draws: whoever falls ill where there is prevention would have fallen ill without, of the same thing."""
    of = bench(0.05, onset_prevented=0.5)
    much, rest, none = begun(of, 1.0), begun(of, 0.0), begun(of, -1.0)
    reached = (PREVENTABLE >> np.arange(N_CONDITIONS)) & 1 == 1
    assert not (much & ~rest).any() and not (rest & ~none).any()
    assert (much == rest)[:, ~reached].all() and (none == rest)[:, ~reached].all()
    n_much, n_rest, n_none = (int(found[:, reached].sum()) for found in (much, rest, none))
    assert n_much < n_rest < n_none
    assert n_rest > 80
    assert n_much / n_rest == pytest.approx(0.5, abs=4.0 * math.sqrt(0.25 / n_rest)), "false alarm in 16,000"


def test_without_prevention_hazards_rise_no_further_than_their_ceilings():
    """However little is left of it, one draw under the same ceilings decides: no more begin than those fire."""
    of = bench(0.05, onset_prevented=1e6)
    without = begun(of, -1.0)
    assert without.sum(axis=1).max() == 1
    assert begun(of, 0.0).sum() < without.sum() <= begun(of, -1e9).sum() < len(without) * of.tables.onset_ceiling.max()


def test_prevented_falls_are_emergencies_of_older_people_that_are_noted_as_avoided():
    of = bench(0.05, falls_prevented=1.0, falls_share=0.5)
    of.known.councils["prevention"] = 1.0
    fewer = sweep(of).contacts(Cause.ILLNESS)
    of.known.councils["prevention"] = 0.0
    rest = sweep(of).contacts(Cause.ILLNESS)
    avoided = fewer[fewer["avoided"] == 1]
    assert set(avoided["lever"]) == {Lever.PREVENTION}
    ages = -of.rows["birth_month"][avoided["person"]] // 12
    assert ages.min() >= OLDER + YOUNGEST
    assert len(avoided) + len(fewer[fewer["avoided"] == 0]) == len(rest)
    older = -of.rows["birth_month"][rest["person"]] // 12 >= OLDER + YOUNGEST
    n = int(older.sum())
    assert n > 50
    assert len(avoided) / n == pytest.approx(0.5, abs=4.0 * math.sqrt(0.25 / n)), "false alarm in 16,000"
