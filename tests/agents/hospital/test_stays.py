"""Small rules of a stay: who is admitted, how long it lasts, who comes back."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital.stays import acute_days, admission_chance, grave, recovery_days, return_chance
from tests.strategies import rules_with

SHARE = st.floats(0.0, 1.0)
UNIT = st.floats(1e-6, 1 - 1e-6)


@given(SHARE, SHARE, SHARE, st.booleans())
def test_admission_rises_with_severity_and_falls_with_threshold_and_support(a, b, threshold, partner):
    rules = rules_with()
    low, high = sorted((a, b))
    chance = admission_chance(high, threshold, partner, rules)
    assert 0.0 < chance < 1.0
    assert admission_chance(low, threshold, partner, rules) <= chance
    assert admission_chance(high, min(threshold + 0.1, 1.0), partner, rules) <= chance
    assert admission_chance(high, threshold, True, rules) <= admission_chance(high, threshold, False, rules)


def test_at_the_threshold_half_are_admitted():
    rules = rules_with()
    assert admission_chance(0.5, 0.5, False, rules) == 0.5
    assert admission_chance(0.5 + rules.partner_support, 0.5, True, rules) == 0.5
    assert admission_chance(0.5 + rules.admission_spread, 0.5, False, rules) == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize(("shape", "scale"), [(0.65, 3.0), (1.0, 5.0), (0.9, 0.5)])
def test_acute_days_have_the_mean_of_a_weibull(shape, scale):
    rules = rules_with(stay_shape=shape)
    u = (np.arange(200_000) + 0.5) / 200_000
    days = np.array([acute_days(x, scale, rules) for x in u])
    assert days.mean() == pytest.approx(scale * math.gamma(1 + 1 / shape), rel=2e-3)
    assert (np.diff(days) < 0).all(), "one draw, one length"
    assert np.median(days) == pytest.approx(scale * math.log(2) ** (1 / shape), rel=1e-3)


@given(st.floats(0.0, 60.0), SHARE, SHARE)
def test_recovery_is_longer_for_the_frail_up_to_its_full_length(acute, a, b):
    rules = rules_with()
    low, high = sorted((a, b))
    assert 0.0 <= recovery_days(acute, low, rules) <= recovery_days(acute, high, rules) <= rules.recovery_ratio * acute
    assert recovery_days(acute, rules.frail_from, rules) == pytest.approx(rules.recovery_ratio * acute)
    assert recovery_days(acute, 0.0, rules) == 0.0


def test_returns_are_likelier_for_the_frail_the_unready_and_those_left_alone():
    rules = rules_with()
    names = (
        list(inspect.signature(return_chance.py_func).parameters)[:-1]
        if hasattr(return_chance, "py_func")
        else ["frailty", "remaining", "alone"]
    )
    base = return_chance(*[0.0] * len(names), rules)
    assert base == rules.return_base
    for k in range(len(names)):
        raised = [0.0] * len(names)
        raised[k] = 1.0 if names[k] != "alone" else 1200.0
        assert base < return_chance(*raised, rules) <= 0.9, names[k]
    assert return_chance(*[1e6] * len(names), rules) == 0.9


@given(SHARE, SHARE)
def test_gravity_is_nothing_up_to_one_half_and_one_at_the_top(a, b):
    low, high = sorted((a, b))
    assert 0.0 <= grave(low) <= grave(high) <= 1.0
    assert grave(0.5) == 0.0
    assert grave(1.0) == 1.0
    assert grave(0.75) == 0.25
