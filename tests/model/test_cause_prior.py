"""The joint prior of causes stays under the published totals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.cause_prior import broken_limits, clock_values, joint_prior, shares_over, triangular
from model.emergency_sums import ALL, CLOCKS, cause_shares
from model.parameters import Parameters


@pytest.fixture(scope="module")
def drawn() -> list[Parameters]:
    return joint_prior(60, seed=3)


def test_the_defaults_keep_all_limits():
    assert broken_limits(Parameters()) == ()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"seeking.unmanaged_share": 0.2}, "admissions for unmanaged conditions are 2"),
        ({"seeking.contacts_per_unmet_hour": 0.006}, "avoidable admissions at 75 and over are 5"),
        ({"seeking.unmanaged_share": 0.165}, "avoidable admissions of all adults are"),
        ({"seeking.last_phase_contacts": 4.0}, "nothing is left for illness at 90 to 200"),
    ],
)
def test_each_limit_is_told_in_words(values, words):
    assert any(limit.startswith(words) for limit in broken_limits(Parameters().with_values(values)))


def test_draws_keep_the_limits_and_their_ranges(drawn):
    rows = {row.name: row for row in Parameters().table()}
    for parameters in drawn:
        assert broken_limits(parameters) == ()
        assert all(rows[name].low <= value <= rows[name].high for name, value in clock_values(parameters).items())
        changed = {name for name, value in parameters.values().items() if value != rows[name].value}
        assert changed <= set(CLOCKS)


def test_illness_keeps_a_part_at_every_age_in_every_draw(drawn):
    assert min(cause_shares(parameters).loc["illness"].min() for parameters in drawn) > 0.0


def test_the_limits_make_the_draws_joint():
    """Where unmanaged conditions take much, unmet need can take little; drawn apart they correlate by 0.06 or so."""
    sets = [clock_values(parameters) for parameters in joint_prior(250, seed=3)]
    unmet, unmanaged = (
        [each[f"seeking.{name}"] for each in sets] for name in ("contacts_per_unmet_hour", "unmanaged_share")
    )
    assert np.corrcoef(unmet, unmanaged)[0, 1] < -0.15


def test_the_same_seed_draws_the_same_and_a_longer_list_goes_on(drawn):
    assert joint_prior(5, seed=3) == drawn[:5]
    assert joint_prior(5, seed=4) != drawn[:5]


def test_other_numbers_come_from_the_base():
    base = Parameters().with_values({"deciding.outcome_weight": 0.5})
    assert joint_prior(1, 1, base)[0].deciding == base.deciding


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="1 set or more with a seed of 0 or more, got 0 and 1"):
        joint_prior(0, 1)
    with pytest.raises(ValueError, match="got 1 and -1"):
        joint_prior(1, -1)


def test_limits_that_leave_nothing_are_said(monkeypatch):
    monkeypatch.setattr("model.cause_prior.MOST_TRIES", 3)
    with pytest.raises(ValueError, match="limits on causes leave nearly nothing: 0 of 3 draws kept, expected 1"):
        joint_prior(1, 1, Parameters().with_values({"living.last_phase_days": 900.0}))


def test_shares_over_the_prior_stand_beside_the_defaults(drawn):
    shares = shares_over(drawn)
    assert (shares["low"] <= shares["high"]).all()
    one = shares[(shares["cause"] == "unmet") & (shares["ages"] == ALL)].iloc[0]
    assert one["default"] == cause_shares(Parameters()).at["unmet", ALL]
    assert one["low"] < one["default"] < one["high"]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_triangular_quantile_is_in_its_range_and_has_its_mode_where_it_should(u, a, b):
    low, high = 0.0, 1.0
    mode = a
    value = triangular(u, low, mode, high)
    assert low <= value <= high
    assert (value <= mode) == (u <= mode) or value == pytest.approx(mode)
    assert triangular(min(u, b), low, mode, high) <= triangular(max(u, b), low, mode, high)


def test_triangular_draws_have_their_mean():
    """Of 4,000 draws; four standard errors, so that one seed in 16,000 would fail: (low + mode + high) / 3."""
    u = np.random.Generator(np.random.Philox(7)).random(4_000)
    values = np.array([triangular(each, 0.0, 1.0, 4.0) for each in u])
    assert values.mean() == pytest.approx(5.0 / 3.0, abs=4.0 * values.std() / np.sqrt(len(u)))
