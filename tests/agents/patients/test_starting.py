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
from agents.patients.living import CONSORTIUM_STATE, FRAILTY_STEPS, death_with_need
from agents.patients.starting import begin, begin_anew, begin_care, outgrow, set_birth_months, traits
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


# Frozen demography


def renewed(rows: np.ndarray, dead: np.ndarray | None = None, month: int = 7, seed: int = 1) -> np.ndarray:
    """Those people after newcomers have taken the rows of the dead: everybody's, unless told otherwise."""
    after = rows.copy()
    b = bench(0.002)
    dead = np.arange(len(rows)) if dead is None else dead
    begin_anew(after, dead, 0, month, b.tables, b.rules, np.uint64(seed))
    return after


PERSONAL = {"frailty", "frailty_trait", "need", "need_trait", "informal", "unmet_recent"}


def test_who_begins_anew_has_traits_of_their_own_and_everything_else_of_the_row():
    rows = begun(2000, 80)
    after = renewed(rows)
    for name in rows.dtype.names:
        if name not in PERSONAL:
            assert (after[name] == rows[name]).all(), name
    assert (after["frailty_trait"] != rows["frailty_trait"]).mean() > 0.99
    assert (after["informal"] <= after["need"]).all()
    assert ((after["need"] > 0) | (after["informal"] == 0)).all()
    assert np.allclose(after["frailty"], np.maximum(after["frailty_trait"], 0) * 1e-4, atol=1.1e-4)
    same = rows["conditions"] == 0  # else conditions are shared, which bring frailty
    assert abs(np.corrcoef(after["frailty_trait"][same], rows["frailty_trait"][same])[0, 1]) < 4 / math.sqrt(same.sum())


def test_only_the_rows_of_the_dead_begin_anew_and_luck_is_of_the_month():
    rows = begun(400, 80)
    dead = np.arange(0, 400, 7)
    after = renewed(rows, dead)
    others = np.setdiff1d(np.arange(400), dead)
    assert bits_of(after[others]) == bits_of(rows[others])
    assert bits_of(renewed(rows, dead)) == bits_of(after)
    assert bits_of(renewed(rows, dead[::-1].copy())) == bits_of(after), "in any order"
    assert bits_of(renewed(rows, dead, month=8)) != bits_of(after)
    assert bits_of(renewed(rows, dead, seed=2)) != bits_of(after)


def test_newcomers_are_those_who_would_have_lived():
    """Of women of 85 without conditions: mean frailty is that of all draws, weighted by their chance of surviving.

    Within five standard errors: false alarm below one in a million.
    """
    rows = begun(40_000, 85)
    rows = rows[rows["conditions"] == 0]
    after = renewed(rows)
    b = bench(0.002)
    step = (rows["frailty"] * FRAILTY_STEPS).astype(int)
    need = np.array([death_with_need(int(minutes), b.rules) for minutes in rows["need"]])
    hazard = b.tables.death[1, 2, 85 - 18] * b.tables.death_by_frailty[step] + need
    alive = np.exp(-12.0 * hazard / (1.0 - b.rules.trait_kept**2))
    for name in ("frailty", "need"):
        before, now = rows[name].astype(float), after[name].astype(float)
        error = math.sqrt(now.var() / len(now) + before.var() / len(before))
        expected = np.average(before, weights=alive)
        assert abs(now.mean() - expected) < 5 * error, name
        assert now.mean() <= before.mean(), name


def test_newcomers_are_less_frail_and_need_less_than_people_drawn_without_selection():
    """Women of 85, each with her own conditions: below what the row began with by more than five standard errors.

    Without selection that happens once in three million.
    """
    rows = begun(40_000, 85)
    after = renewed(rows)
    for name in ("frailty", "need"):
        less = rows[name].astype(float) - after[name].astype(float)
        assert less.mean() > 5 * less.std() / math.sqrt(len(less)), name


def test_among_the_young_hardly_anybody_is_selected():
    """Of people of 25: mean frailty of newcomers within four standard errors of the draws' (once in 16,000)."""
    rows = begun(10_000, 25)
    after = renewed(rows)
    error = math.sqrt((rows["frailty"].var() + after["frailty"].var()) / len(rows))
    assert abs(after["frailty"].mean() - rows["frailty"].mean()) < 4 * error


def residents(n: int, age: int = 75, **fields: int) -> np.ndarray:
    """Women in a home, alive, whose birthday is in month 6 of the year."""
    rows = new_rows(n)
    rows["birth_month"] = -12 * age - 6
    rows["person"] = record.FEMALE | 2 << record.QUINTILE_SHIFT
    rows["end_month"] = record.ALIVE
    rows["care"] = Setting.RESIDENTIAL
    for name, value in fields.items():
        rows[name] = value
    return rows


def outgrown(
    rows: np.ndarray, month: int = 6, cases: tuple[int, ...] = (), seed: int = 1, growth: float | None = None
) -> list[int]:
    """Rows chosen to be replaced."""
    b = bench(0.002)
    if growth is not None:
        b.tables["residence_growth"] = growth
    case_of, out = np.full(len(rows), -1, dtype=np.int32), np.empty(len(rows), dtype=np.int64)
    case_of[list(cases)] = 0
    middle = len(rows) // 2
    n = outgrow(rows, 0, middle, case_of, 0, month, b.tables, np.uint64(seed), out)
    n += outgrow(rows, middle, len(rows), case_of, 0, month, b.tables, np.uint64(seed), out[n:])
    return out[:n].tolist()


def test_residents_outgrow_their_row_at_a_birthday_with_the_chance_of_the_table():
    """Within four standard errors at each age: all five right, false alarm once in 3,000."""
    n, tables = 20_000, bench(0.002).tables
    for age in (65, 75, 82, 86, 100):
        chosen = outgrown(residents(n, age))
        chance = tables.residence_growth[age - 18]
        assert chance < 0.5
        assert (chance > 0.0) == (age < 90), "residence no longer rises faster than people die"
        assert abs(len(chosen) / n - chance) <= 4 * math.sqrt(chance * (1 - chance) / n), age


def test_only_residents_at_home_in_the_month_of_their_birthday_outgrow_it():
    everybody = outgrown(residents(50), growth=1.0)
    assert everybody == list(range(50))
    assert outgrown(residents(50, care=Setting.NURSING), growth=1.0) == everybody
    others = {
        "not in a home": {"care": Setting.HOME}, "in reablement": {"care": Setting.REABLEMENT},
        "in hospital": {"care": Setting.RESIDENTIAL | record.IN_HOSPITAL}, "dying": {"flags": record.DYING},
        "dead": {"end_month": 5}, "born in another month": {"birth_month": -12 * 75 - 5},
    }  # fmt: skip
    for who, fields in others.items():
        assert outgrown(residents(50, **fields), growth=1.0) == [], who
    assert outgrown(residents(50), month=7, growth=1.0) == []
    assert outgrown(residents(50), month=18, growth=1.0) == everybody, "every year"
    assert outgrown(residents(50), cases=(3, 4), growth=1.0) == [k for k in range(50) if k not in (3, 4)]
    assert outgrown(residents(50), growth=0.0) == []


def test_who_outgrows_a_row_is_the_luck_of_person_and_month():
    rows = residents(2000)
    first = outgrown(rows)
    assert outgrown(rows) == first
    assert outgrown(rows, month=18) != first
    assert outgrown(rows, seed=2) != first
    assert set(outgrown(rows, growth=0.9)) >= set(outgrown(rows, growth=0.5))
