"""Kinds of people that a payment may be for: by conditions ever recorded, and by age and frailty."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients.conditions import HELD
from agents.patients.frail_elders import FrailElders, are_frail_elders
from agents.patients.kinds import FRAIL_ELDERS, SEVERAL_CONDITIONS, SeveralConditions, have_several_conditions, kinds_of
from agents.vocabulary import N_KINDS
from tests.strategies import bench, person

SEVERAL, ELDERS = SeveralConditions(), FrailElders()


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_conditions_count_once_each_and_a_severe_stage_is_no_condition_more(conditions, at_least):
    several = SeveralConditions(at_least=float(at_least))
    assert have_several_conditions(person(conditions=conditions), several)[0] == ((conditions & HELD).bit_count() >= at_least)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, 0),
        ({"conditions": 0b11}, SEVERAL_CONDITIONS),
        ({"frailty": 0.5}, FRAIL_ELDERS),
        ({"conditions": 0b101, "frailty": 0.5}, SEVERAL_CONDITIONS | FRAIL_ELDERS),
        ({"conditions": 0b101, "frailty": 0.5, "age": 50}, SEVERAL_CONDITIONS),
    ],
)
def test_a_person_may_be_of_one_kind_of_both_or_of_none(fields, kinds):
    assert kinds_of(person(**fields), SEVERAL, ELDERS)[0] == kinds


def test_kinds_of_a_place_are_those_told_one_by_one():
    rows = bench(0.005).rows
    for month in (0, 60):
        found = kinds_of(rows, SEVERAL, ELDERS, month)
        assert found.dtype == np.uint8 and found.shape == rows.shape
        assert np.array_equal(found & FRAIL_ELDERS != 0, are_frail_elders(rows, ELDERS, month))
        assert np.array_equal(found & SEVERAL_CONDITIONS != 0, have_several_conditions(rows, SEVERAL))
        assert found.max() < 1 << N_KINDS


def test_about_a_quarter_of_adults_have_several_conditions():
    """27.2% of English adults have two of 36 (T-A-015), 24% in another count (T-A-025); fewer of fourteen."""
    share = have_several_conditions(bench(0.02).rows, SEVERAL).mean()
    assert 0.10 < share < 0.30
