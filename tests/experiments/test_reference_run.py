"""Years at rest: everybody counted once, at the right age, and life tables that are right where the truth is known."""

import numpy as np
import pytest

from agents.patients import record
from agents.vocabulary import Reason, Responsible
from experiments.reference_run import (
    DELAYED_PATIENTS,
    N_AGES,
    RECORDED,
    SHAPE,
    ReferenceYear,
    RestingEconomy,
    count_year,
    delay_cells,
    life_expectancy,
    pooled,
    run_reference,
)
from model.engine import new_rows
from model.prevalence import england


@pytest.fixture(scope="module")
def years() -> list[ReferenceYear]:
    return run_reference(years=2, scale=0.02)


def blank(n: int) -> np.ndarray:
    rows = new_rows(n)
    rows["end_month"] = record.ALIVE
    return rows


def counted(rows: np.ndarray, entered: list[int] | None = None) -> ReferenceYear:
    before = rows[: entered[0]].copy() if entered else rows.copy()
    for name in ("contacts", "spells", "days_in_hospital"):
        before[name] = 0
    month = RestingEconomy(scale=0.001)
    month.step()
    return count_year(0, before, rows, entered or [len(rows)] * 13, month.months)


def test_a_known_life_is_counted_month_by_month() -> None:
    rows = blank(5)
    # One who turns 70 in month 4 and stays; one who turns 70 in month 4 and dies in month 6; one who moves away in
    # month 3; one, 18 that month, who comes in month 2; one of 40 born in April.
    rows["birth_month"] = [4 - 840, 4 - 840, -600, 2 - 216, -480]
    rows["end_month"][1:3] = [6, 3]
    rows["flags"][2] = record.LEFT
    rows["person"][0] = record.FEMALE | 4 << record.QUINTILE_SHIFT
    rows["contacts"] = [3, 1, 0, 2, 0]
    year = counted(rows[[0, 1, 2, 4, 3]], [4, 4, 4, *[5] * 10])
    lived = year.person_years * 12
    assert lived[1, 4, 69 - 18] == 4
    assert lived[1, 4, 70 - 18] == 8
    assert lived[0, 0, 69 - 18 : 71 - 18].tolist() == [4, 2.5], "a month of death counts half"
    assert lived[0, 0, 50 - 18] == 3
    assert lived[0, 0, 0] == 10
    assert lived[0, 0, 40 - 18] == 12
    assert lived.sum() == 4 + 8 + 6.5 + 3 + 10 + 12
    assert year.deaths[0, 0, 70 - 18] == year.deaths.sum() == 1, "leaving is no death"
    assert year.people.sum() == 3
    assert year.people[0, 0, 41 - 18] == 1, "ages at the year's end"
    assert year.contacts[1, 4, 70 - 18] == 3
    assert year.contacts[0, 0, 0] == 2
    assert year.contacts.sum() == 6


def test_states_are_those_of_the_record() -> None:
    rows = blank(4)
    rows["birth_month"] = -12 * 80
    rows["conditions"] = [0b11, 0b1, 0b1 << 11 | 0b111, 0]
    rows["frailty"] = [0.12, 0.13, 0.3, 0.5]
    rows["need"] = [0, 100, 900, 3000]
    rows["informal"] = [0, 100, 100, 0]
    rows["package"] = [0, 0, 500, 0]
    rows["care"] = [0, 0, 1 << record.FUNDER_SHIFT, 4]
    year = counted(rows)
    for name, number in {
        "multimorbid": 2, "four_plus": 1, "physical_and_mental": 1,
        "frail_mild": 1, "frail_moderate": 1, "frail_severe": 1,
        "needs_help": 2, "two_hours_a_day": 1, "care_home": 1, "has_package": 1, "unmet": 1, "council_paid": 1,
        "gets_help": 2, "resident_self_paid": 0, "residents_before": 1,
    }.items():  # fmt: skip
        assert getattr(year, name).sum() == number, name
    assert year.by_number.sum(axis=(1, 2, 3)).tolist() == [1, 1, 1, 0, 1, *[0] * 10]
    assert year.by_physical.sum(axis=(2, 3, 4)).tolist() == [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]]
    assert year.conditions.sum(axis=(1, 2, 3)).tolist() == [3, 2, 1, *[0] * 8, 1, 0, 0]


def test_counts_agree_with_the_totals_of_the_months(years: list[ReferenceYear]) -> None:
    for year in years:
        assert year.people.shape == SHAPE
        assert year.conditions.shape == (14, *SHAPE)
        assert year.deaths.sum() == year.scalars["deaths"]
        assert year.contacts.sum() == year.scalars["emergency_contacts"]
        assert year.admissions.sum() == year.scalars["emergency_admissions"]
        assert year.bed_days.sum() == year.scalars["emergency_bed_days"]
        assert year.bed_days.sum() + year.scalars["surgery_days"] == year.scalars["hospital_days"]
        for name in (RECORDED, DELAYED_PATIENTS):
            assert delay_cells(year.scalars, name).shape == (len(Reason), len(Responsible))
        recorded = delay_cells(year.scalars, RECORDED).sum(axis=1)
        assert all(recorded[reason] <= year.scalars[f"delayed_days/{reason.name.lower()}"] for reason in Reason)
        assert 0 < delay_cells(year.scalars, DELAYED_PATIENTS).sum() <= recorded.sum()
        # Person-days end with the day of death, person-years in the middle of its month.
        assert year.person_years.sum() * year.scalars["days"] == pytest.approx(year.scalars["person_days"], rel=5e-4)
        for name in ("multimorbid", "needs_help", "care_home", "has_package", "unmet", "frail_mild"):
            assert np.all(getattr(year, name) <= year.people), name
        assert np.array_equal(year.by_number.sum(axis=0), year.people)
        assert np.array_equal(year.by_number[4:].sum(axis=0), year.four_plus)
        assert np.array_equal(year.by_physical.sum(axis=(0, 1)), year.people)
        assert np.array_equal(year.by_physical[1, 1:].sum(axis=0), year.physical_and_mental)
        assert np.array_equal(year.admitted_by_number.sum(axis=0), year.admitted)
        assert np.all(year.residents_died <= year.residents_before)
        assert 0 <= year.scalars["other_bed_days"] <= year.scalars["open_bed_days"]
    assert np.all(years[0].four_plus <= years[0].multimorbid)


def test_one_year_follows_another(years: list[ReferenceYear]) -> None:
    first, second = years
    assert abs(second.people.sum() / first.people.sum() - 1.0) < 0.03
    both = pooled(years)
    assert both.scalars["deaths"] == first.scalars["deaths"] + second.scalars["deaths"]
    assert np.array_equal(both.person_years, first.person_years + second.person_years)
    with pytest.raises(ValueError, match="at least one year"):
        pooled([])


def test_same_seed_same_counts(years: list[ReferenceYear]) -> None:
    again = run_reference(years=1, scale=0.02)[0]
    assert np.array_equal(again.deaths, years[0].deaths)
    assert again.scalars == years[0].scalars


def test_no_lever_moves() -> None:
    economy = RestingEconomy(scale=0.005, years=1)
    economy.run(1)
    assert economy.decisions.empty


def test_a_constant_hazard_gives_its_inverse() -> None:
    lived = np.linspace(10, 500, N_AGES)
    for hazard in (0.01, 0.05, 0.3):
        for at in (18, 65, 90):
            assert life_expectancy(hazard * lived, lived, at) == pytest.approx(1 / hazard)


def test_a_table_worked_by_hand() -> None:
    """Nobody dies at 88; at 89 the hazard is 0.5; from 90 people have two years, so at 89, too."""
    hazard = np.full(N_AGES, 0.5)
    hazard[88 - 18] = 0.0
    assert life_expectancy(hazard, np.ones(N_AGES), at=88) == pytest.approx(1 + 2.0)


def test_englands_death_rates_give_englands_life_expectancy() -> None:
    """National statistics for 2012-14: 18.8 years at 65 for men, 21.2 for women (note of evidence T-A-046)."""
    people, rates = (table[:, :, 18:] for table in england())
    men, women = (life_expectancy((rates * people)[sex].sum(axis=0), people[sex].sum(axis=0)) for sex in (0, 1))
    assert men == pytest.approx(18.8, abs=0.4)
    assert women == pytest.approx(21.2, abs=0.4)


@pytest.mark.parametrize(("at", "open_from"), [(17, 90), (91, 90), (65, 111)])
def test_ages_out_of_range_are_refused(at: int, open_from: int) -> None:
    with pytest.raises(ValueError, match="life_expectancy ages must be"):
        life_expectancy(np.ones(N_AGES), np.ones(N_AGES), at, open_from)


def test_an_age_at_which_nobody_lived_is_refused() -> None:
    lived = np.ones(N_AGES)
    lived[70 - 18] = 0
    with pytest.raises(ValueError, match="needs people at every age from 65"):
        life_expectancy(lived, lived)
