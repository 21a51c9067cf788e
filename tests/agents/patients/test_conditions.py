"""Onset: each condition has its own hazard, and moving one never turns it into another; conditions cluster and progress."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients.conditions import (
    CLUSTERING,
    PLACE_CAP,
    RISK_CAP,
    SEVERE_SHIFT,
    chance_held,
    liability_risk,
    relative_risk,
    risk_of,
)
from agents.vocabulary import N_CONDITIONS, Condition
from tests.strategies import bench, sweep

FIRST_14 = (1 << N_CONDITIONS) - 1


@pytest.fixture(scope="module")
def base():
    """A place whose people fall ill a hundred times as often, so that a month has many onsets."""
    often = bench(0.03)
    often.tables["onset"] = often.tables["onset"] * 100.0
    often.tables["onset_ceiling"] = often.tables["onset_ceiling"] * 100.0
    return often


def begun(of, tilt: dict[int, float]) -> np.ndarray:
    """Bits of the conditions that begin in a month in which some have another hazard."""
    before = of.rows["conditions"].copy()
    known = of.known
    of.known = known.copy()
    for condition, factor in tilt.items():
        of.known.consortia["tilt"][:, condition] = factor
    try:
        after = sweep(of).rows["conditions"]
    finally:
        of.known = known
    return after ^ before


@pytest.mark.parametrize("condition", list(Condition))
def test_moving_one_hazard_never_turns_it_into_another(base, condition):
    bit = np.uint32(1 << condition)
    none, some, most = (begun(base, {condition: factor}) for factor in (0.0, 1.0, PLACE_CAP))
    others = np.uint32(FIRST_14) & ~bit
    assert not (none & bit).any(), "without its hazard it does not begin"
    assert ((none & others) == (some & others)).all()
    assert ((some & others) == (most & others)).all()
    assert ((some & bit) <= (most & bit)).all(), "whom a lower hazard strikes, a higher one strikes too"
    assert (some & others).any()


def test_a_condition_begins_once_and_never_ends(base):
    start = base.rows["conditions"]
    after = sweep(base).rows["conditions"]
    assert (start & after == start).all()
    new = [int(bits).bit_count() for bits in start ^ after]
    assert max(new) == 1, "at most one a month"


def test_more_hazard_means_more_onset_in_proportion(base):
    """Where the tilt is halved and no cap binds, half as many begin; within four standard errors of a binomial."""
    condition = Condition.HYPERTENSION
    bit = np.uint32(1 << condition)
    whole = (begun(base, {condition: 1.0}) & bit != 0).sum()
    half = (begun(base, {condition: 0.5}) & bit != 0).sum()
    assert whole > 100
    assert abs(half - whole / 2) < 4 * np.sqrt(whole) / 2


def test_nobody_falls_ill_of_anything_when_ages_are_held(base):
    assert (sweep(base, ageing=False).rows["conditions"] == base.rows["conditions"]).all()


def test_what_is_held_is_not_looked_at_again(base):
    everything = bench(0.002)
    everything.rows["conditions"] = FIRST_14
    everything.tables["onset"] = everything.tables["onset"] * 100.0
    everything.tables["onset_ceiling"] = everything.tables["onset_ceiling"] * 100.0
    assert (sweep(everything).rows["conditions"] == FIRST_14).all()


@given(st.integers(0, FIRST_14), st.sampled_from(list(Condition)), st.sampled_from(list(Condition)))
def test_relative_risks_multiply(held, condition, more):
    tables = bench(0.002).tables
    risk = relative_risk(held, int(condition), tables)
    product = np.prod([tables.relative_risk[condition, k] for k in range(N_CONDITIONS) if held >> k & 1])
    assert risk == pytest.approx(product)
    if tables.relative_risk[condition, more] >= 1.0:
        assert relative_risk(held | 1 << more, int(condition), tables) >= risk


@given(st.integers(0, FIRST_14), st.sampled_from(list(Condition)), st.integers(0, 92), st.floats(-4.0, 4.0))
def test_the_risk_of_a_condition_is_capped(held, condition, age, liability):
    assert 0.0 < risk_of(held, int(condition), 1, age, liability, bench(0.002).tables) <= RISK_CAP


def test_heart_failure_is_likelier_after_heart_disease(base):
    assert relative_risk(1 << Condition.CHD, int(Condition.HEART_FAILURE), base.tables) > 1.5
    assert relative_risk(0, int(Condition.HEART_FAILURE), base.tables) == 1.0


@pytest.mark.parametrize("prevalence", [0.01, 0.1, 0.5, 0.9])
def test_over_all_liabilities_a_condition_has_its_prevalence(prevalence):
    scores = np.array([NormalDist().inv_cdf((k + 0.5) / 4000) for k in range(4000)])
    held = [chance_held(float(score), prevalence) for score in scores]
    assert np.mean(held) == pytest.approx(prevalence, rel=2e-3)
    assert all(np.diff(held) > 0), "more liability, more illness"


@given(st.floats(-3.0, 3.0), st.floats(0.01, 0.6))
def test_onset_by_liability_keeps_conditions_as_clustered_as_they_began(liability, prevalence):
    """The hazard is what moves the chance of holding it from one prevalence to the next, at every liability."""
    more = prevalence * 1.0001
    held, next_held = chance_held(liability, prevalence), chance_held(liability, more)
    everyone = (more - prevalence) / (1.0 - prevalence)
    expected = (next_held - held) / (1.0 - held) / everyone
    assert liability_risk(liability, prevalence) == pytest.approx(expected, rel=2e-3)
    assert 0.0 < CLUSTERING < 1.0


def test_no_hazard_can_exceed_its_ceiling():
    tables = bench(0.002).tables
    assert np.allclose(tables.onset_ceiling, (tables.onset * tables.onset_cap).sum(axis=0))
    assert (tables.onset_cap <= RISK_CAP * PLACE_CAP).all()
    assert (tables.onset_ceiling < 1.0).all(), "a chance"


def test_conditions_become_severe_on_birthdays_as_often_as_the_table_says():
    """Within four standard errors of a binomial, and only what is held and can progress."""
    grave = bench(0.05)
    grave.tables["onset_ceiling"] = 0.0
    grave.rows["conditions"] = FIRST_14
    found = sweep(grave, month=1).rows
    born_now = (1 - grave.rows["birth_month"].astype(int)) % 12 == 0
    assert (found["conditions"][~born_now] == FIRST_14).all()
    n = born_now.sum()
    for condition in Condition:
        chance = grave.tables.progress[condition]
        severe = (found["conditions"][born_now] >> (SEVERE_SHIFT + condition) & 1).sum()
        assert abs(severe - n * chance) <= 4 * math.sqrt(n * chance * (1 - chance)), condition.name
    grave.rows["conditions"] = 0
    assert (sweep(grave, month=1).rows["conditions"] == 0).all()
