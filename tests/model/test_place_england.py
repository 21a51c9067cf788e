"""England in miniature: England's people and organisations at 1/100, and nothing else."""

import dataclasses
import itertools

import numpy as np
import pytest

from model.evidence import evidence
from model.place import Place, load_place, place_summary
from model.place_data import read_table, select
from model.place_england import MORTALITY, england_population, miniature_adults
from model.place_organisations import care_volumes


@pytest.fixture(scope="module")
def place() -> Place:
    return load_place("england-in-miniature")


def published() -> np.ndarray:
    """England's adults by fifth, age and sex, shape (5, 73, 2)."""
    table = read_table(MORTALITY)
    table = select(table, table["age"] >= 18)
    people = np.zeros((5, 73, 2))
    people[table["imd_quintile"] - 1, table["age"] - 18, (table["sex"] == "female").astype(int)] = table["population"]
    return people


def test_every_cell_is_englands_at_one_in_a_hundred() -> None:
    adults = miniature_adults()
    assert np.abs(adults - published() / 100).max() < 2
    assert np.abs(adults.sum(axis=0) - published().sum(axis=0) / 100).max() <= 1
    assert adults.sum() == round(published().sum() / 100)
    for margin in ((0, 1), (1, 2), (0, 2)):
        assert adults.sum(axis=margin) == pytest.approx(published().sum(axis=margin) / 100, abs=5, rel=1e-3)


def test_the_place_holds_these_people_in_five_areas(place: Place) -> None:
    assert place.small_areas["quintile"].tolist() == [1, 2, 3, 4, 5]
    assert np.all(np.diff(place.small_areas["imd"]) < 0)
    held = np.zeros((5, 73, 2), dtype=np.int64)
    held[place.cells["small_area"], place.cells["age"] - 18, place.cells["sex"]] = place.cells["count"]
    assert np.array_equal(held, miniature_adults())


def test_those_turning_18_are_englands_children(place: Place) -> None:
    assert place.turning_18.shape == (10, 1, 2)
    assert np.abs(place.turning_18[3, 0] - england_population()[:, 14] / 100).max() <= 0.5


def test_moves_are_what_deaths_do_not_explain(place: Place) -> None:
    """Women of 40 to 44, by hand: five years' people less those of a year before who survive at England's rates."""
    assert place.net_migration.shape == (1, 2, 73)
    assert np.all(place.net_migration[:, :, 85 - 18 :] == 0)
    table = read_table(MORTALITY)
    deaths = [select(table, (table["sex"] == "female") & (table["age"] == age)) for age in range(39, 45)]
    rate = [np.average(rows["death_rate"], weights=rows["population"]) for rows in deaths]
    later = read_table("pop2015_2019_utla_age_sex.csv.gz")
    women = [england_population()[1]]
    for year in range(2015, 2020):
        rows = select(later, later["year"] == year)
        women.append(np.bincount(rows["age"], weights=rows["females"]))
    moves = sum(
        after[age] - before[age - 1] * np.exp(-(rate[age - 40] + rate[age - 39]) / 2)
        for before, after in itertools.pairwise(women)
        for age in range(40, 45)
    )
    assert place.net_migration[0, 1, 40 - 18 : 45 - 18].sum() == pytest.approx(moves / 5 / 100, rel=1e-3)


def test_organisations_are_sums_and_national_rates(place: Place) -> None:
    council, consortium, hospital = place.councils[0], place.consortia[0], place.hospitals[0]
    assert len(place.councils) == len(place.consortia) == len(place.hospitals) == 1
    assert council.adults == consortium.adults == hospital.catchment_adults == place.cells["count"].sum()
    spending = read_table("asc_spend_2014_15_council.csv.gz")
    everything = select(
        spending,
        (spending["block"] == "Adult Social Care")
        & (spending["delivery_mechanism"] == "Total")
        & (spending["age_category"] == "All"),
    )
    assert council.gross_current_total_pounds == pytest.approx(10 * np.nansum(everything["gross_current"]))
    home_care = care_volumes("Home care")
    assert council.home_care_hours_per_year == pytest.approx(home_care.quantity.sum() / 100)
    spent = council.home_care_hours_per_year * council.home_care_pounds_per_hour
    assert spent == pytest.approx(float(home_care.quantity @ home_care.pounds_each) / 100)
    assert hospital.beds == round(evidence("P-B.beds-001").number() * 10)
    assert consortium.allocation_pounds == 1133 * consortium.people
    assert np.all(place.catchment == 1.0)
    assert all(np.all(ratio == 1.0) for ratio in place.register_ratio.values())


def test_every_number_is_a_fact_with_a_source(place: Place) -> None:
    facts = {(fact.organisation, fact.name): fact for fact in place.facts}
    assert len(facts) == len(place.facts)
    for organisation in (*place.councils, *place.consortia, *place.hospitals):
        for field in dataclasses.fields(organisation):
            value = getattr(organisation, field.name)
            if not isinstance(value, str):
                assert facts[organisation.name, field.name].value == value
                assert facts[organisation.name, field.name].source


def test_every_council_reported_its_home_care() -> None:
    """A council that reported nothing would count as none in the sums over councils."""
    table = read_table("asc_home_care_2013_14_council.csv")
    for column in ("clients_home_care_31_march", "clients_65plus_home_care_31_march"):
        assert np.isnan(table[column]).mean() < 0.03


def test_it_is_a_place_as_any_other(place: Place) -> None:
    summary = place_summary(place)
    assert summary["title"] == "England in miniature"
    assert summary["coterminosity"] == 1.0
    assert summary["small_areas"] == 5
    with pytest.raises(ValueError, match="read-only"):
        place.cells["count"][0] = 1
