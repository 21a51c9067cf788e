"""Indicators: rates, spreads and gradients worked out from totals of measures, by hand where hands can."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.indicators import (
    GRADIENTS,
    INDICATORS,
    RATES,
    SPREAD,
    SPREADS,
    indicators,
    needed,
    slope_index,
    yearly_totals,
)
from model.measures import FIFTHS, MEASURES, OF_GROUPS
from tests.strategies import lived

PEOPLE = {"people": 1000.0, "older_people_midyear": 200.0}


def frame(values: dict[str, dict[str, float]], year: int = 1) -> pd.DataFrame:
    """Totals of measures, by organisation and measure."""
    rows = [(who, name, year, value) for who, own in values.items() for name, value in own.items()]
    return pd.DataFrame(rows, columns=["organisation", "measure", "year", "value"])


def told(found: pd.DataFrame, name: str, organisation: str = "place") -> float:
    own = found[(found["measure"] == name) & (found["organisation"] == organisation)]["value"]
    return own.item() if len(own) else float("nan")


def test_every_indicator_has_a_name_of_its_own_and_its_measures_exist():
    names = [indicator.name for indicator in INDICATORS]
    assert len(set(names)) == len(names)
    assert not set(names) & set(MEASURES)
    assert {name.partition("/")[0] for name in needed()} <= {*MEASURES, *(measure.name for measure in OF_GROUPS)}
    assert {indicator.better for indicator in INDICATORS} <= {"less", "more", "neither"}


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.name)
def test_a_rate_is_its_numerators_over_its_denominator(rate):
    values = dict.fromkeys(rate.numerator, 3.0) | {rate.denominator: 50.0}
    assert told(indicators(frame({"place": values})), rate.name) == pytest.approx(rate.per * 3.0 * len(rate.numerator) / 50.0)
    nobody = values | {rate.denominator: 0.0}
    assert np.isnan(told(indicators(frame({"place": nobody | PEOPLE | {rate.denominator: 0.0}})), rate.name))


def test_what_lacks_a_measure_is_left_out_and_nothing_is_put_at_zero():
    found = indicators(frame({"place": PEOPLE | {"deaths": 5.0}}))
    assert found.empty
    assert list(found.columns) == ["organisation", "measure", "year", "value"]


def test_the_spread_between_councils_is_that_of_their_rates_each_counted_once():
    councils = {
        "A": PEOPLE | {"delayed_patients": 1.0},
        "B": PEOPLE | {"people": 10_000.0, "delayed_patients": 30.0},
    }
    place = {"people": 11_000.0, "delayed_patients": 31.0}
    found = indicators(frame({"place": place, **councils, "a hospital": {"delayed_patients": 7.0}}))
    assert told(found, "delayed_transfers_variation") == pytest.approx(50.0)  # rates 100 and 300: mean 200, deviation 100
    assert told(found, "delayed_transfers_span") == pytest.approx(3.0)
    assert told(found, "delayed_transfers") == pytest.approx(31 / 11_000 * 1e5)


def test_one_council_has_no_spread():
    found = indicators(frame({"place": PEOPLE | {"delayed_patients": 1.0}, "A": PEOPLE | {"delayed_patients": 1.0}}))
    assert told(found, "delayed_transfers") == told(found, "delayed_transfers", "A") == 100.0
    assert not set(found["measure"]) & {indicator.name for indicator in SPREADS}


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.lists(st.floats(1.0, 1e6), min_size=2, max_size=5))
def test_the_slope_of_a_straight_line_is_the_lines_whatever_the_sizes_of_groups(level, slope, people):
    people = np.array(people)
    share = people / people.sum()
    middle = np.cumsum(share) - share / 2
    assert slope_index(level - slope * middle, people) == pytest.approx(slope, abs=1e-6 * (abs(slope) + abs(level) + 1))


def test_one_group_has_no_slope_and_empty_groups_do_not_count():
    assert np.isnan(slope_index(np.array([1.0, np.nan]), np.array([5.0, 0.0])))
    with_empty = slope_index(np.array([9.0, np.nan, 1.0]), np.array([5.0, 0.0, 5.0]))
    assert with_empty == slope_index(np.array([9.0, 1.0]), np.array([5.0, 5.0])) == pytest.approx(16.0)


def by_fifth(observed, expected, people) -> dict[str, float]:
    values = {}
    for k, fifth in enumerate(FIFTHS):
        values |= {f"deaths_observed/{fifth}": observed[k], f"deaths_expected/{fifth}": expected[k], f"people_midyear/{fifth}": people[k]}
    return values


def test_a_difference_that_age_explains_is_no_gradient():
    found = indicators(frame({"place": by_fifth([10.0, 20.0, 30.0, 40.0, 50.0], [20.0, 40.0, 60.0, 80.0, 100.0], [1000.0] * 5)}))
    assert told(found, "deaths_slope") == pytest.approx(0.0, abs=1e-9)
    assert told(found, "deaths_gap") == pytest.approx(1.0)


def test_a_gradient_at_equal_age_is_told_in_people():
    """Ratios of 1.5 to 0.5 in steps of a quarter, of a rate of 2%: 1.25 between the ends, of 2,000 in 100,000."""
    found = indicators(frame({"place": by_fifth([30.0, 25.0, 20.0, 15.0, 10.0], [20.0] * 5, [1000.0] * 5)}))
    assert told(found, "deaths_slope") == pytest.approx(1.25 * 2000.0)
    assert told(found, "deaths_gap") == pytest.approx(3.0)


def test_runs_are_told_apart():
    one, other = frame({"place": PEOPLE | {"handovers": 100.0}}), frame({"place": PEOPLE | {"handovers": 300.0}})
    found = indicators(pd.concat([one.assign(structure="a"), other.assign(structure="b")]))
    assert found.set_index("structure")["value"].to_dict() == {"a": 0.1, "b": 0.3}


def test_yearly_totals_add_flows_and_average_the_rest():
    rows = [(month, name, float(month)) for month in range(24) for name in ("deaths", "people")]
    found = yearly_totals(pd.DataFrame(rows, columns=["month", "measure", "value"]), ["measure"])
    assert found.set_index(["measure", "year"])["value"].to_dict() == {
        ("deaths", 1): 66.0, ("deaths", 2): 210.0, ("people", 1): 5.5, ("people", 2): 17.5,
    }  # fmt: skip


def test_an_economy_tells_the_indicators_of_whole_years():
    economy = lived(14, scale=0.01)
    found = economy.indicators()
    assert list(found.columns) == ["year", "organisation", "indicator", "value"]
    assert set(found["year"]) == {1}
    assert np.isfinite(found["value"]).all()
    assert set(found["organisation"]) == {"place", *(council.name for council in economy.councils)}
    assert {indicator.name for indicator in GRADIENTS} <= set(found["indicator"])
    pd.testing.assert_frame_equal(found, economy.indicators(1))
    for year in (0, 2, "1"):
        with pytest.raises(ValueError, match=r"indicators\.year must be a whole number from 1 to 1"):
            economy.indicators(year)


def test_before_the_end_of_a_year_there_are_no_indicators():
    economy = lived(3, scale=0.01)
    assert economy.indicators().empty
    with pytest.raises(ValueError, match="before the end of the first"):
        economy.indicators(1)


def test_a_place_of_one_council_has_rates_and_gradients_but_no_spreads():
    economy = lived(12, place="Wokingham", scale=0.02)
    assert len(economy.councils) == 1
    found = set(economy.indicators()["indicator"])
    assert {rate.name for rate in SPREAD if rate.name != "at_home_after_reablement"} <= found
    assert not found & {indicator.name for indicator in SPREADS}
