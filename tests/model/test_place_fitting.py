"""Iterative proportional fitting meets its margins, keeps the seed's associations and rounds to whole people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.place_fitting import Margin, fit_table, round_table


def rows_and_columns(rows: np.ndarray, columns: np.ndarray) -> tuple[Margin, Margin]:
    row, column = np.indices((len(rows), len(columns)))
    return Margin(labels=row, totals=np.asarray(rows, float)), Margin(labels=column, totals=np.asarray(columns, float))


def test_a_two_by_two_table_keeps_its_odds_ratio() -> None:
    # Totals 50, 50 and 60, 40 with odds ratio 6: x (x - 10) = 6 (50 - x)(60 - x), so 5 x^2 - 650 x + 18000 = 0.
    fitted = fit_table(np.array([[3.0, 1.0], [1.0, 2.0]]), rows_and_columns([50, 50], [60, 40]))
    x = (650 - np.sqrt(650**2 - 4 * 5 * 18000)) / 10
    assert fitted == pytest.approx(np.array([[x, 50 - x], [60 - x, x - 10]]), abs=1e-5)


def test_a_flat_seed_gives_the_product_of_its_margins() -> None:
    fitted = fit_table(np.ones((3, 2)), rows_and_columns([10, 20, 70], [25, 75]))
    assert fitted == pytest.approx(np.outer([10, 20, 70], [0.25, 0.75]))


def test_coarse_and_fine_margins_are_met_together() -> None:
    area, age = np.indices((4, 6))
    margins = (
        Margin(labels=age, totals=np.array([5.0, 6, 7, 8, 9, 5])),
        Margin(labels=(area // 2) * 2 + age // 3, totals=np.array([10.0, 12, 8, 10])),
    )
    fitted = fit_table(np.ones((4, 6)), margins)
    for margin in margins:
        assert margin.sums(fitted) == pytest.approx(margin.totals, abs=1e-5)


@given(
    seed=arrays(float, (4, 5), elements=st.floats(0.1, 10)), target=arrays(float, (4, 5), elements=st.floats(0, 100))
)
def test_any_margins_that_some_table_has_are_met(seed: np.ndarray, target: np.ndarray) -> None:
    margins = rows_and_columns(target.sum(axis=1), target.sum(axis=0))
    fitted = fit_table(seed, margins, tolerance=1e-3, rounds=2000)
    assert fitted.min() >= 0
    for margin in margins:
        assert margin.sums(fitted) == pytest.approx(margin.totals, abs=1e-3)


def test_the_seed_is_left_as_it_was() -> None:
    seed = np.ones((2, 2))
    fit_table(seed, rows_and_columns([3, 1], [2, 2]))
    assert seed.tolist() == [[1, 1], [1, 1]]


def test_margins_of_different_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must sum to the same number in every margin, got \[4\.0, 5\.0\]"):
        fit_table(np.ones((2, 2)), rows_and_columns([2, 2], [2, 3]))


def test_negative_totals_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be 0 or more, got -1\.0"):
        fit_table(np.ones((2, 2)), rows_and_columns([-1, 5], [2, 2]))


def test_people_where_the_seed_has_none_are_refused() -> None:
    with pytest.raises(ValueError, match="must be 0 where the seed has no one, got 3"):
        fit_table(np.array([[0.0, 0.0], [1.0, 1.0]]), rows_and_columns([3, 1], [2, 2]))


def test_margins_that_contradict_each_other_are_refused() -> None:
    # The seed allows only the diagonal, so the row totals must equal the column totals.
    with pytest.raises(ValueError, match="must not contradict each other"):
        fit_table(np.eye(2), rows_and_columns([1, 3], [2, 2]))


@st.composite
def tables_with_whole_columns(draw: st.DrawFn) -> np.ndarray:
    n_rows, n_columns = draw(st.integers(1, 12)), draw(st.integers(1, 15))
    weights = draw(arrays(float, (n_rows, n_columns), elements=st.floats(0.01, 1)))
    totals = draw(arrays(int, n_columns, elements=st.integers(0, 40)))
    return weights / weights.sum(axis=0) * totals


@given(table=tables_with_whole_columns())
def test_rounding_keeps_column_sums_and_stays_close(table: np.ndarray) -> None:
    rounded = round_table(table)
    assert rounded.min(initial=0) >= 0
    assert rounded.sum(axis=0).tolist() == np.rint(table.sum(axis=0)).astype(int).tolist()
    running = np.abs(rounded.cumsum(axis=1) - table.cumsum(axis=1))
    assert running.max(initial=0.0) < 2.0


def test_whole_numbers_are_not_changed_by_rounding() -> None:
    table = np.arange(12.0).reshape(3, 4)
    assert round_table(table).tolist() == table.tolist()


def test_rounding_refuses_columns_that_are_not_whole() -> None:
    with pytest.raises(ValueError, match=r"columns that sum to whole numbers, got \[1\.5\]"):
        round_table(np.array([[0.5], [1.0]]))
