"""How a person begins: exact quantiles, prevalences as published, the same traits in every replication."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.draws import normal_score
from agents.patients import record
from agents.patients.conditions import HELD, PLACE_CAP
from agents.patients.living import CONSORTIUM_STATE
from agents.patients.starting import begin, begin_care, set_birth_months, traits
from agents.vocabulary import Condition, Setting
from model.engine import new_rows
from model.prevalence import prevalence
from tests.strategies import bench, bits_of


@given(st.floats(1e-9, 1 - 1e-9))
def test_the_normal_quantile(u):
    assert normal_score(u) == pytest.approx(NormalDist().inv_cdf(u), rel=2e-9, abs=1e-8)


@given(st.floats(1e-9, 0.5))
def test_the_normal_quantile_is_odd(u):
    assert normal_score(1.0 - u) == pytest.approx(-normal_score(u), abs=1e-6 + 1e-9 / u)


def begun(
    n: int, age: int, sex: int = 1, fifth: int = 2, tilt: dict[int, float] | None = None, seed: int = 1
) -> np.ndarray:
    rows = new_rows(n)
    rows["birth_month"] = -12 * age - 6
    rows["person"] = sex | fifth << record.QUINTILE_SHIFT
    b = bench(0.002)
    consortia = np.zeros(1, dtype=CONSORTIUM_STATE).view(np.recarray)
    consortia["tilt"] = 1.0
    for condition, factor in (tilt or {}).items():
        consortia["tilt"][:, condition] = factor
    begin(rows, 0, n, 0, b.tables, b.rules, consortia, 0, np.uint64(seed), np.ones((1, 1)))
    return rows


def has(rows: np.ndarray, condition: int) -> np.ndarray:
    return (rows["conditions"] >> condition & 1).astype(bool)


@pytest.mark.parametrize("age", [25, 55, 75])
def test_each_condition_has_its_prevalence(age):
    """Within four standard errors, for the fifth whose relative prevalence is looked up in the tables."""
    n = 8000
    rows = begun(n, age)
    tables = bench(0.002).tables
    for condition in Condition:
        share = min(prevalence()[condition, 1, age - 18] * min(tables.onset_fifth[condition, 2, age - 18], PLACE_CAP), 0.95)
        found = has(rows, condition).mean()
        assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / n) + 1e-4, condition.name


def test_a_tilted_place_has_more_of_one_condition_and_no_less_of_the_others():
    usual, tilted = begun(8000, 70), begun(8000, 70, tilt={Condition.DIABETES: 1.5})
    for condition in Condition:
        if condition == Condition.DIABETES:
            assert (has(usual, condition) <= has(tilted, condition)).all()
            assert has(tilted, condition).sum() == pytest.approx(1.5 * has(usual, condition).sum(), rel=0.06)
        else:
            assert (has(usual, condition) == has(tilted, condition)).all(), condition.name


def test_conditions_cluster():
    rows = begun(8000, 75)
    number = np.array([(int(bits) & HELD).bit_count() for bits in rows["conditions"]])
    independent = sum(has(rows, condition).mean() * (1 - has(rows, condition).mean()) for condition in Condition)
    assert number.var() > 1.3 * independent


def test_older_people_are_frailer_and_need_more():
    means = [(rows["frailty"].mean(), rows["need"].mean()) for rows in (begun(4000, age) for age in (30, 60, 75, 90))]
    assert means == sorted(means)
    assert [need for _, need in means] == sorted(need for _, need in means)


def test_people_do_not_depend_on_how_they_are_batched():
    whole = begun(300, 80)
    b = bench(0.002)
    consortia = np.zeros(1, dtype=CONSORTIUM_STATE).view(np.recarray)
    consortia["tilt"] = 1.0
    rows = new_rows(300)
    rows["birth_month"], rows["person"] = -12 * 80 - 6, 1 | 2 << record.QUINTILE_SHIFT
    later = rows[200:].copy()
    begin(rows, 0, 120, 0, b.tables, b.rules, consortia, 0, np.uint64(1), np.ones((1, 1)))
    begin(rows, 120, 200, 0, b.tables, b.rules, consortia, 0, np.uint64(1), np.ones((1, 1)))
    begin(later, 0, 100, 0, b.tables, b.rules, consortia, 200, np.uint64(1), np.ones((1, 1)))
    assert bits_of(np.concatenate([rows[:200], later])) == bits_of(whole)


def test_traits_for_solving_are_those_that_people_get():
    """Settled frailty is linear in the trait that the solver sees, for people without conditions."""
    rows = begun(500, 80)
    b = bench(0.002)
    out = np.empty((500, 2))
    traits(500, np.uint64(b.rules.people_seed), out)
    well = rows["conditions"] == 0
    expected = b.tables.frailty_age[1, 62] + b.tables.frailty_spread[62] * out[well, 0]
    assert np.allclose(rows["frailty_trait"][well], np.floor(np.clip(expected, -1.0, 0.65) * 1e4), atol=1.0)
    assert np.allclose(out.mean(axis=0), 0.0, atol=0.3)


def test_savings_and_homes_follow_deprivation():
    poor, rich = begun(4000, 70, fifth=0), begun(4000, 70, fifth=4)
    tables = bench(0.002).tables
    for rows, fifth in ((poor, 0), (rich, 4)):
        assert np.median(rows["capital"]) == pytest.approx(tables.savings_median[fifth], rel=0.12)
        assert (rows["person"] & record.OWNER != 0).mean() == pytest.approx(tables.owner[fifth], abs=0.03)


@given(st.integers(18, 89))
def test_birth_months_give_the_age_they_are_drawn_for(age):
    rows = new_rows(50)
    set_birth_months(rows, 0, 50, np.full(50, age), 0.79, np.uint64(3))
    assert (-rows["birth_month"].astype(int) // 12 == age).all()
    assert len(np.unique(rows["birth_month"])) > 6


def test_ninety_stands_for_ninety_and_over():
    rows = new_rows(20_000)
    set_birth_months(rows, 0, 20_000, np.full(20_000, 90), 0.79, np.uint64(3))
    ages = -rows["birth_month"].astype(int) // 12
    assert ages.min() == 90
    assert ages.max() <= 108
    assert (ages > 90).mean() == pytest.approx(0.79, abs=0.02)


def test_the_first_guess_of_care_goes_to_the_eligible_only():
    b = bench(0.01).without_cases()
    for name in ("care", "package"):
        b.rows[name] = 0
    begin_care(b.rows, 0, len(b.rows), b.known.councils, np.full(len(b.known.councils), 1.0), b.rules, np.uint64(1))
    setting = b.rows["care"] & record.SETTING_MASK
    in_home, with_package = setting >= Setting.RESIDENTIAL, b.rows["package"] > 0
    assert in_home.any()
    assert with_package.any()
    assert not (in_home & with_package).any()
    assert (b.rows["need"][in_home | with_package] > 0).all()
    assert (b.rows["informal"][in_home] == 0).all()
