import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.comparing import headline, interval_half_width, is_clear, paired_differences, totals
from model.measures import HEADLINE

T_TABLE = {2: 12.706, 3: 4.303, 5: 2.776, 10: 2.262, 30: 2.045}  # replications: two-sided 95% quantile of Student's t
FLOW, STOCK = "emergency_admissions", "occupied_beds"


def values(baseline: list[float], other: list[float], measure: str = FLOW) -> pd.DataFrame:
    rows = [("a", k, measure, 0, value) for k, value in enumerate(baseline)]
    rows += [("b", k, measure, 0, value) for k, value in enumerate(other)]
    return pd.DataFrame(rows, columns=["structure", "replication", "measure", "year", "value"])


def row_of(baseline: list[float], other: list[float]) -> pd.Series:
    table = paired_differences(values(baseline, other), "a")
    return table[table["structure"] == "b"].iloc[0]


def monthly(measure: str, numbers: list[float], organisation: str = "place", structure: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "structure": structure,
            "replication": 0,
            "month": range(len(numbers)),
            "organisation": organisation,
            "measure": measure,
            "value": numbers,
        }
    )


def test_a_hand_calculation():
    # Differences -1, -3, -2: mean -2, standard deviation 1, half-width 4.303 / sqrt(3).
    row = row_of([10.0, 20.0, 30.0], [9.0, 17.0, 28.0])
    assert row["baseline"] == 20.0
    assert row["mean"] == 18.0
    assert row["difference"] == -2.0
    assert row["low"] == pytest.approx(-2 - 4.3027 / math.sqrt(3), abs=1e-3)
    assert row["high"] == pytest.approx(-2 + 4.3027 / math.sqrt(3), abs=1e-3)
    assert row["percent"] == pytest.approx(-10.0)
    assert row["percent_low"] == pytest.approx(100 * row["low"] / 20.0)
    # Variances 100, 91 and 1 (of the differences): 191 times as good as independent runs.
    assert row["variance_reduction"] == pytest.approx(191.0)
    assert row["correlation"] == pytest.approx(statistics.correlation([10, 20, 30], [9, 17, 28]))
    assert row["replications"] == 3


def test_what_rounding_leaves_is_nothing():
    """Sums of thirds that cancel leave some 1e-14, which is neither a difference nor clear of luck."""
    row = row_of([100.0 / 3, 200.0 / 3], [100.0 / 3 + 4 / 3, 200.0 / 3 - 4 / 3])
    assert row["difference"] == row["percent"] == 0.0
    same = row_of([0.1 + 0.2, 0.3 + 0.6], [0.3, 0.9])
    assert (same["difference"], same["low"], same["high"]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("n", "quantile"), T_TABLE.items())
def test_the_interval_uses_students_t(n, quantile):
    sample = np.array([[math.sin(5.0 * k) for k in range(n)]])
    expected = quantile * statistics.stdev(sample[0]) / math.sqrt(n)
    assert interval_half_width(sample)[0] == pytest.approx(expected, rel=2e-4)


def test_one_replication_gives_no_interval_and_no_clear_difference():
    row = row_of([10.0], [9.0])
    assert row["difference"] == -1.0
    assert math.isnan(row["low"])
    assert math.isnan(row["percent_high"])
    assert math.isnan(row["variance_reduction"])
    assert not is_clear(row["low"], row["high"])


def test_equal_structures_differ_by_exactly_nothing():
    row = row_of([0.1, 0.7, 1e9], [0.1, 0.7, 1e9])
    assert (row["difference"], row["low"], row["high"], row["percent"]) == (0.0, 0.0, 0.0, 0.0)
    assert math.isnan(row["variance_reduction"])
    assert not is_clear(row["low"], row["high"])


def test_percent_of_nothing_is_missing_and_of_a_negative_baseline_keeps_its_sign():
    assert math.isnan(row_of([0.0, 0.0], [1.0, 2.0])["percent"])
    assert row_of([-10.0, -10.0], [-9.0, -9.0])["percent"] == pytest.approx(10.0)


def test_only_replications_that_both_have_are_paired():
    table = values([10.0, 20.0, 30.0], [9.0, 17.0])
    row = paired_differences(table, "a").query("structure == 'b'").iloc[0]
    assert row["replications"] == 2
    assert row["difference"] == -2.0


def test_what_is_missing_under_one_structure_is_nothing_there():
    table = pd.concat([values([5.0, 5.0], [5.0, 5.0]), values([2.0, 4.0], [], "emergency_admissions/unmet")])
    row = paired_differences(table, "a").query("structure == 'b' and measure == 'emergency_admissions/unmet'").iloc[0]
    assert row["difference"] == -3.0


def test_wrong_baselines_are_said():
    with pytest.raises(ValueError, match=r"baseline must be one of \['a', 'b'\], got 'c'"):
        paired_differences(values([1.0], [1.0]), "c")
    table = values([1.0], [1.0])
    table.loc[table["structure"] == "b", "replication"] = 1
    with pytest.raises(ValueError, match="no replication in common"):
        paired_differences(table, "a")


def test_flows_add_up_and_stocks_are_averaged():
    frame = pd.concat([monthly(FLOW, [1.0] * 12 + [2.0] * 12), monthly(STOCK, [10.0] * 12 + [20.0] * 12)])
    found = totals(frame).set_index(["measure", "year"])["value"]
    assert found[FLOW].to_dict() == {0: 18.0, 1: 12.0, 2: 24.0}
    assert found[STOCK].to_dict() == {0: 15.0, 1: 10.0, 2: 20.0}


def test_a_part_is_what_its_measure_is_and_counts_nothing_where_it_is_absent():
    frame = pd.concat([monthly(FLOW, [1.0] * 24), monthly(f"{FLOW}/unmet", [1.0] * 12)])
    found = totals(frame).set_index(["measure", "year"])["value"]
    assert found[f"{FLOW}/unmet", 0] == 6.0


def test_totals_are_of_the_place_unless_asked_otherwise():
    frame = pd.concat([monthly(FLOW, [1.0] * 12), monthly(FLOW, [5.0] * 12, organisation="Reading")])
    assert totals(frame)["value"].tolist() == [12.0, 12.0]
    assert set(totals(frame, organisation=None)["organisation"]) == {"place", "Reading"}


def test_the_headline_keeps_the_order_of_the_measures():
    rows = [(s, k, m.name, 0, 1.0 + k) for m in reversed(HEADLINE) for s in ("b", "a") for k in range(2)]
    table = pd.DataFrame(rows, columns=["structure", "replication", "measure", "year", "value"])
    found = headline(paired_differences(table, "b"))
    assert list(dict.fromkeys(found["measure"])) == [measure.name for measure in HEADLINE]
    assert found["structure"].tolist() == ["b", "a"] * len(HEADLINE)
    assert found["label"].iloc[0] == HEADLINE[0].label


numbers = st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=2, max_size=8)


@given(numbers)
def test_swapping_the_structures_turns_the_difference_round(pairs):
    a, b = [list(column) for column in zip(*pairs, strict=True)]
    there, back = row_of(a, b), row_of(b, a)
    assert there["difference"] == pytest.approx(-back["difference"], abs=1e-9)
    assert there["low"] == pytest.approx(-back["high"], abs=1e-6)
    assert there["low"] <= there["difference"] <= there["high"]


@given(numbers, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(pairs, chance):
    a, b = [list(column) for column in zip(*pairs, strict=True)]
    table = values(a, b)
    order = list(range(len(table)))
    chance.shuffle(order)
    first = paired_differences(table, "a").set_index("structure").sort_index()
    second = paired_differences(table.iloc[order], "a").set_index("structure").sort_index()
    pd.testing.assert_frame_equal(first, second, check_exact=True)
