"""Money-equivalents are read off between what was run and never beyond."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.cases import Cases, Ground
from experiments.store import RunTables
from experiments.worth import BUYS, WorthSpec, equivalent, monotone, shortfall, worth, write_worth
from tests.experiments.made_up import PARTIES

RISES = np.array([0.0, 10.0, 20.0])


@given(st.floats(0.0, 20.0), st.floats(0.1, 5.0), st.sampled_from([1.0, -1.0]))
def test_a_straight_line_is_read_off_exactly(pounds, slope, way):
    luck = np.array([0.0, 3.0, -1.0])  # that pairs share
    values = way * slope * RISES[:, None] + luck
    found = equivalent(RISES, values, way * slope * pounds + luck)
    assert found.pounds == pytest.approx(pounds, abs=1e-9)
    assert found.low <= found.pounds <= found.high


def test_luck_that_pairs_do_not_share_widens_the_interval_and_leaves_it_open_at_the_ends():
    values = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    narrow, wide = (equivalent(RISES, values, np.array([1.0 - luck, 1.0, 1.0 + luck])) for luck in (0.1, 1.0))
    assert narrow.pounds == wide.pounds == pytest.approx(10.0)
    assert 7.0 < narrow.low < 10.0 < narrow.high < 13.0
    assert (wide.low, wide.high) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("values", "target", "why"),
    [
        ([0.0, 1.0, 2.0], 2.5, "more than the £20.0 a year that were tried"),
        ([0.0, 1.0, 2.0], -0.5, "less money, not more, would give it"),
        ([1.0, 2.0, 1.0], 1.5, "not even £20.0 a year clearly changes it"),
        ([5.0, 4.0, 3.0], 2.0, "more than the £20.0 a year that were tried"),
    ],
)
def test_nothing_is_read_off_beyond_what_was_run(values, target, why):
    found = equivalent(RISES, np.array(values)[:, None] * np.ones(2), np.full(2, target))
    assert found.why == why
    assert np.isnan(found.pounds)


@given(st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=8))
def test_a_curve_made_monotone_rises_and_keeps_its_mean(values):
    found = monotone(np.array(values))
    assert (np.diff(found) >= -1e-9).all()
    assert found.mean() == pytest.approx(np.mean(values), abs=1e-9)
    assert np.allclose(monotone(np.sort(values)), np.sort(values))


def test_a_curve_that_goes_up_and_down_by_luck_is_read_off_its_mean():
    values = np.array([[0.0, 0.0], [3.0, 3.0], [2.0, 2.0], [5.0, 5.0]])
    assert equivalent(np.array([0.0, 1.0, 2.0, 3.0]), values, np.array([1.25, 1.25])).pounds == pytest.approx(0.5)


def test_a_shortfall_is_what_was_paid_beyond_what_was_given_and_hospitals_deficits():
    ledger = pd.DataFrame(
        [
            ("treasury", "Reading", "settlement", 100.0), ("Reading", "market", "home_care", 90.0), ("households", "Reading", "charges", 5.0),
            ("NHS Wokingham CCG", "Reading", "pool", 40.0), ("NHS Wokingham CCG", "Royal Berkshire", "emergency_spell", 30.0),
            ("treasury", "NHS Wokingham CCG", "settlement", 60.0), ("Reading", "treasury", "settlement", 5.0),
        ],
        columns=["payer", "payee", "service", "pounds"],
    )  # fmt: skip
    measures = pd.DataFrame({"month": range(12), "organisation": "place", "measure": "hospital_deficit", "value": [0.0] * 11 + [7.0]})
    run = RunTables(measures=measures, ledger=ledger, consequences=pd.DataFrame(), decisions=pd.DataFrame(), notes={"parties": PARTIES})
    assert shortfall(run) == 90.0 + 30.0 + 5.0 - 100.0 - 60.0 - 5.0 + 7.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": (0.02, 0.01)}, "WorthSpec.levels must be one or more shares of the budget, rising from above 0, got [0.02, 0.01]"),
        ({"levels": ()}, "WorthSpec.levels must be"),
        ({"account": "social_car"}, "got 'social_car'; nearest: social_care"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        WorthSpec(**changes)


GROUND = Ground(years=1, scale=0.01, parameters={"deciding.price_band": 0.0}, replications=2)


def test_a_rise_in_budget_reaches_the_ledger_and_is_written(tmp_path):
    found = worth(WorthSpec(ground=GROUND, levels=(0.05,), account="social_care"), Cases(tmp_path))
    curve = found.curve[found.curve["measure"] == "qalys"]
    assert curve["pounds"].iloc[0] == 0.0
    assert curve["pounds"].iloc[1] > 0.0
    assert found.rows["measure"].tolist() == list(BUYS)
    assert all(file.stat().st_size > 0 for file in write_worth(found, tmp_path))
