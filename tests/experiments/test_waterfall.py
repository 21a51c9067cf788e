"""Differences told fact by fact: Shapley's laws, orders that are possible, and a small real run."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.cases import Cases, Ground
from experiments.figures.waterfall import Pictured, title
from experiments.waterfall import (
    TOGETHER,
    WaterfallSpec,
    orders_of,
    parts_table,
    shapley,
    waterfall,
    write_waterfall,
)

NAMES = ("a", "b", "c", "d")
GAMES = st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(NAMES[:n]), st.lists(st.floats(-100, 100), min_size=2**n, max_size=2**n)))


def game(groups, numbers):
    """A value for each set of groups."""
    return lambda moved: np.array(numbers[sum(1 << at for at, group in enumerate(groups) if group in moved)])


@given(GAMES, st.integers(0, 1000))
def test_parts_add_up_to_the_whole_over_all_orders_or_some(played, seed):
    groups, numbers = played
    value = game(groups, numbers)
    whole = float(value(frozenset(groups)) - value(frozenset()))
    for number in (0, 2):
        orders, _, _ = orders_of(groups, number, seed, lambda moved: True)
        assert sum(shapley(value, orders).values()) == pytest.approx(whole, abs=1e-9)


@given(GAMES)
def test_who_adds_nothing_gets_nothing_and_equals_get_equal_parts(played):
    groups, numbers = played
    value = game(groups, numbers)
    orders = list(itertools.permutations((*groups, "idle", "twin one", "twin two")))
    parts = shapley(lambda moved: value(moved) + 7.0 * ({"twin one", "twin two"} <= moved), orders)
    assert parts["idle"] == pytest.approx(0.0, abs=1e-9)
    assert parts["twin one"] == pytest.approx(3.5)
    assert parts["twin two"] == pytest.approx(3.5)


def test_orders_with_an_impossible_step_are_left_out_and_counted():
    def valid(moved):
        return "b" not in moved or "a" in moved  # b needs a

    orders, left_out, exact = orders_of(("a", "b", "c"), 0, 1, valid)
    assert exact
    assert len(orders) == left_out == 3
    assert all(order.index("a") < order.index("b") for order in orders)
    with pytest.raises(ValueError, match="every order of a, b has a step that is no structure"):
        orders_of(("a", "b"), 0, 1, lambda moved: len(moved) != 1)


def test_many_groups_are_sampled_in_pairs_of_an_order_and_its_reverse():
    groups = tuple("abcdef")
    orders, left_out, exact = orders_of(groups, 0, 1, lambda moved: True)
    assert (len(orders), left_out, exact) == (12, 0, False)
    assert all(one == other[::-1] for one, other in zip(orders[::2], orders[1::2], strict=True))
    assert orders != orders_of(groups, 0, 2, lambda moved: True)[0]


def test_what_a_group_does_alone_and_interaction_stand_apart():
    values = {frozenset(): [0.0, 0.0], frozenset("a"): [1.0, 3.0], frozenset("b"): [0.0, 0.0], frozenset("ab"): [5.0, 7.0]}
    values = {moved: np.array([own]) for moved, own in values.items()}
    rows = parts_table(values, ("a", "b"), [("a", "b"), ("b", "a")], ["qalys"]).set_index("group")
    assert rows["part"].to_dict() == {"a": 4.0, "b": 2.0, TOGETHER: 6.0}
    assert rows["alone"].to_dict() == {"a": 2.0, "b": 0.0, TOGETHER: 2.0}
    assert rows["interaction"].to_dict() == {"a": 2.0, "b": 2.0, TOGETHER: 4.0}
    assert rows.loc["b", "low"] == rows.loc["b", "high"] == 2.0


def test_a_group_that_is_no_structure_alone_has_no_part_of_its_own():
    values = {frozenset(): np.zeros((1, 2)), frozenset("a"): np.ones((1, 2)), frozenset("ab"): 3 * np.ones((1, 2))}
    rows = parts_table(values, ("a", "b"), [("a", "b")], ["qalys"]).set_index("group")
    assert rows["part"].to_dict() == {"a": 1.0, "b": 2.0, TOGETHER: 3.0}
    assert np.isnan(rows.loc["b", "alone"])


def test_a_small_waterfall_adds_up_and_is_written(tmp_path):
    spec = WaterfallSpec(ground=Ground(years=1, scale=0.01, parameters={"deciding.price_band": 0.0}, replications=2), second="aligned-budgets")
    found = waterfall(spec, Cases(tmp_path))
    assert found.said == "all 2 orders"
    for _, rows in found.rows.groupby("measure"):
        own = rows.set_index("group")
        assert own["part"][:-1].sum() == pytest.approx(own.loc[TOGETHER, "part"], rel=1e-9, abs=1e-6)
        assert own.loc[TOGETHER, "part"] == pytest.approx((own["second"] - own["first"]).iloc[0], rel=1e-9, abs=1e-6)
    assert all(file.stat().st_size > 0 for file in write_waterfall(found, tmp_path))
    assert set(pd.read_csv(tmp_path / "waterfall.csv")["group"]) == {*found.groups, TOGETHER}


def test_orders_must_be_a_whole_number():
    with pytest.raises(ValueError, match=r"WaterfallSpec.orders must be a whole number of 0 or more, got -1"):
        WaterfallSpec(orders=-1)


def pictured(replications=3, **wholes):
    """Two groups of facts, of which the first is all of each difference; a whole is its mean and half its interval."""
    rows = [
        {"measure": measure, "group": group, "part": part, "low": part - half, "high": part + half, "alone": part, "interaction": 0.0}
        for measure, (mean, half) in wholes.items()
        for group, part in (("payment", mean), ("board", 0.0), (TOGETHER, mean))
    ]
    context = Ground(replications=replications).context("Berkshire West", ("separate-budgets", "mine/two-pools.toml+cost-cap"))
    return Pictured(context=context, rows=pd.DataFrame(rows), said="all 2 orders")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (pictured(qalys=(4.0, 1.0), deaths=(-9.0, 0.1)), "QALYs +4.00 a year, of which payment +4.00; interaction in all 0"),
        (pictured(qalys=(4.0, 5.0), deaths=(-9.0, 2.0), public_spending=(1e6, 1e5)), "public spending +£1.00m a year, of which payment +£1.00m; interaction in all £0"),
        (pictured(qalys=(4.0, 5.0), deaths=(-9.0, 20.0)), "none of 2 differences is clear of luck"),
        (pictured(replications=1, qalys=(4.0, np.nan)), "one replication cannot tell luck from effect"),
    ],
)
def test_the_title_claims_only_what_is_clear(found, words):
    lead = "From separate budgets to two pools + cost cap: "
    assert title(found) == lead + words
