"""Places with people of the user's own: ours again for our people, in proportion for others, refused in one line."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model import HealthEconomy
from model.own_file import OwnPlaceError
from model.parameters import Parameters
from model.place import Place, coterminosity, load_place, place_file_digest, place_summary
from model.starting_state import _key

ARRAYS = ("small_areas", "cells", "turning_18", "net_migration", "catchment")
TOWNS = """
name = "two-towns"
title = "Two Towns"
population = "people.csv"

[[councils]]
code = "N"
name = "Northtown"

[[councils]]
code = "S"
name = "Southtown"
care_home_beds = 450
home_care_pounds_per_hour = 15.5
turning_18 = 500

[[consortia]]
name = "Towns"
allocation_pounds = 1e8
register_ratio = { copd = 1.3 }

[[hospitals]]
name = "Infirmary"
beds = 400
catchment = { Northtown = 1.0, S = 0.4 }

[[hospitals]]
name = "General"
catchment = { Southtown = 0.6 }
share_of_trust = 0.3
"""


def counts_of(place: Place) -> pd.DataFrame:
    """The place's cells as a user would write them."""
    areas = place.small_areas[place.cells["small_area"]]
    return pd.DataFrame(
        {
            "council": np.array([council.code for council in place.councils])[areas["council"]],
            "consortium": np.array([consortium.name for consortium in place.consortia])[areas["consortium"]],
            "small_area": areas["code"].astype(str),
            "quintile": areas["quintile"],
            "sex": np.where(place.cells["sex"] == 0, "male", "female"),
            "age": place.cells["age"],
            "count": place.cells["count"],
        }
    )


def towns(councils: tuple[str, ...] = ("N", "Southtown")) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (council, "Towns", quintile, sex, age, 60_000 // age)
            for council in councils
            for quintile in (1, 4)
            for sex in ("male", "female")
            for age in range(18, 95)
        ],
        columns=["council", "consortium", "quintile", "sex", "age", "count"],
    )


def saved(folder: Path, people: pd.DataFrame, text: str = TOWNS) -> Path:
    people.to_csv(folder / "people.csv", index=False)
    (folder / "place.toml").write_text(text, encoding="utf-8")
    return folder / "place.toml"


def listed(place: Place) -> str:
    return 'name = "mine"\npopulation = "people.csv"\n' + "".join(
        f'[[councils]]\ncode = "{council.code}"\n' for council in place.councils
    )


def refusal(path: Path) -> tuple[str, ...]:
    with pytest.raises(OwnPlaceError) as refused:
        load_place(path)
    assert all("\n" not in problem for problem in refused.value.problems)
    return refused.value.problems


# England's organisations


@pytest.mark.parametrize("name", ["wigan", "berkshire-west"])
def test_our_own_people_in_any_order_give_the_place_back(tmp_path, name):
    ours = load_place(name)
    mine = load_place(saved(tmp_path, counts_of(ours).sample(frac=1, random_state=1), listed(ours)))
    for array in ARRAYS:
        assert getattr(mine, array).tobytes() == getattr(ours, array).tobytes(), array
    assert {key: ratio.tobytes() for key, ratio in mine.register_ratio.items()} == {
        key: ratio.tobytes() for key, ratio in ours.register_ratio.items()
    }
    assert mine.councils == ours.councils
    assert mine.hospitals == ours.hospitals
    for one, other in zip(mine.consortia, ours.consortia, strict=True):
        assert (one.code, one.ods, one.name, one.adults, one.share_inside) == (
            other.code, other.ods, other.name, other.adults, other.share_inside,
        )  # fmt: skip
        # Children are taken a head of each council's adults, not where they live.
        assert one.people == pytest.approx(other.people, rel=0.0 if name == "wigan" else 0.02)


def test_small_area_sex_age_and_count_are_enough_for_englands_people(tmp_path):
    ours = load_place("wigan")
    people = counts_of(ours)[["age", "small_area", "count", "sex"]]
    mine = load_place(saved(tmp_path, people, 'name = "mine"\npopulation = "people.csv"'))
    assert mine.cells.tobytes() == ours.cells.tobytes()
    assert mine.councils == ours.councils
    assert mine.consortia == ours.consortia


def test_twice_the_people_have_twice_the_quantities_at_the_same_prices(tmp_path):
    ours = load_place("wigan")
    people = counts_of(ours)
    people["count"] *= 2
    mine = load_place(saved(tmp_path, people, listed(ours)))
    for field in dataclasses.fields(mine.councils[0]):
        value, published = getattr(mine.councils[0], field.name), getattr(ours.councils[0], field.name)
        if not isinstance(value, str):
            times = 1 if "_per_" in field.name and field.name != "home_care_hours_per_year" else 2
            assert value == pytest.approx(times * published), field.name
    assert np.array_equal(mine.turning_18, 2 * ours.turning_18)
    assert mine.net_migration == pytest.approx(2 * ours.net_migration)
    assert mine.hospitals[0].beds == pytest.approx(2 * ours.hospitals[0].beds, abs=1)
    assert {fact.status for fact in mine.facts if fact.name == "home_care_clients"} == {"derived"}


def test_more_older_people_change_only_what_is_theirs(tmp_path):
    ours = load_place("wigan")
    people = counts_of(ours)
    people.loc[people["age"] >= 65, "count"] *= 2
    council, published = load_place(saved(tmp_path, people, listed(ours))).councils[0], ours.councils[0]
    assert council.home_care_clients_65plus == pytest.approx(2 * published.home_care_clients_65plus)
    younger = published.home_care_clients - published.home_care_clients_65plus
    assert council.home_care_clients == pytest.approx(younger + 2 * published.home_care_clients_65plus)
    assert council.adults == published.adults + published.people_65plus


def test_what_the_file_states_goes_before_our_data_and_nothing_else_changes(tmp_path):
    ours = load_place("wigan")
    text = listed(ours) + "care_home_beds = 1234\n"
    mine = load_place(saved(tmp_path, counts_of(ours), text))
    assert mine.councils[0] == dataclasses.replace(ours.councils[0], care_home_beds=1234)
    (fact,) = (fact for fact in mine.facts if fact.name == "care_home_beds")
    assert (fact.value, fact.status, fact.source) == (1234, "data", "place.toml")


def test_boundaries_can_be_redrawn(tmp_path):
    ours = load_place("berkshire-west")
    people = counts_of(ours)
    people["consortium"] = people["council"]
    tables = "".join(f'[[consortia]]\ncode = "{c.code}"\nname = "{c.name} consortium"\n' for c in ours.councils)
    mine = load_place(saved(tmp_path, people, listed(ours) + tables))
    assert place_summary(mine)["coterminosity"] == pytest.approx(1)
    assert mine.councils == ours.councils


# Organisations of the user's own


def test_own_organisations_have_what_the_file_states_and_englands_rates_for_the_rest(tmp_path):
    people = towns()
    place = load_place(saved(tmp_path, people))
    assert [council.name for council in place.councils] == ["Northtown", "Southtown"]
    assert place.cells["count"].sum() == people["count"].sum()
    england = load_place("england-in-miniature").councils[0]
    north, south = place.councils
    assert (south.care_home_beds, south.home_care_pounds_per_hour) == (450, 15.5)
    assert north.home_care_pounds_per_hour == england.home_care_pounds_per_hour
    assert north.nursing_weeks_65plus / north.people_65plus == pytest.approx(
        england.nursing_weeks_65plus / england.people_65plus
    )
    assert place.turning_18[:, 1].sum(axis=1) == pytest.approx(500, abs=1)
    assert place.consortia[0].allocation_pounds == 1e8
    assert place.consortia[0].acute_pounds == pytest.approx(0.52e8)
    assert (place.register_ratio["copd"][0], place.register_ratio["asthma"][0]) == (1.3, 1.0)
    assert place.catchment.tolist() == [[1.0, 0.0], [0.4, 0.6]]
    assert [(h.name, h.kind, h.share_of_trust) for h in place.hospitals] == [
        ("Infirmary", "main", 1.0), ("General", "elsewhere", 0.3),
    ]  # fmt: skip
    assert place.hospitals[0].beds == 400
    assert place.hospitals[1].beds == pytest.approx(place.consortia[0].people * 0.3 * 103_400 / 54_316_618, abs=1)


def test_a_place_that_is_england_moves_and_grows_up_as_england_does(tmp_path):
    england = load_place("england-in-miniature")
    people = counts_of(england).drop(columns=["small_area", "consortium"])
    people["council"], people["consortium"] = "Here", "Us"
    text = 'name = "e"\npopulation = "people.csv"\n[[councils]]\nname="Here"\n[[consortia]]\nname="Us"\n[[hospitals]]\nname="H"'
    mine = load_place(saved(tmp_path, people, text))
    assert mine.cells.tobytes() == england.cells.tobytes()
    assert mine.net_migration == pytest.approx(england.net_migration)
    assert mine.turning_18 == pytest.approx(england.turning_18, rel=1e-3)
    assert mine.hospitals[0].beds == pytest.approx(england.hospitals[0].beds, abs=1)
    for field in dataclasses.fields(mine.councils[0]):
        if field.name not in ("code", "name", "region"):
            value = getattr(england.councils[0], field.name)
            assert getattr(mine.councils[0], field.name) == pytest.approx(value), field.name


def test_every_number_is_a_fact_once_and_national_ones_are_marked(tmp_path):
    place = load_place(saved(tmp_path, towns()))
    facts = {(fact.organisation, fact.name): fact for fact in place.facts}
    assert len(facts) == len(place.facts)
    for organisation in (*place.councils, *place.consortia, *place.hospitals):
        for field in dataclasses.fields(organisation):
            value = getattr(organisation, field.name)
            if not isinstance(value, str):
                assert facts[organisation.name, field.name].value == value
    stated = {(fact.organisation, fact.name) for fact in place.facts if fact.source == "place.toml"}
    assert {facts[key].status for key in stated} == {"data"}
    of_england = [fact for fact in place.facts if fact.source.startswith("England's")]
    assert {fact.status for fact in of_england} == {"assumed"}
    assert len(of_england) == 2 * 19 - 2


def test_an_own_council_beside_englands_uses_the_hospital_that_it_says(tmp_path):
    ours = load_place("wigan")
    people = pd.concat([counts_of(ours), towns(("N",))])
    people["small_area"] = people["small_area"].fillna("north")
    trust = ours.hospitals[0].ods
    text = (
        'name = "x"\npopulation = "people.csv"\n[[councils]]\nname = "N"\n[[consortia]]\nname = "Towns"\n'
        f'[[hospitals]]\ncode = "{trust}"\ncatchment = {{ N = 1.0 }}\n'
    )
    mine = load_place(saved(tmp_path, people, text))
    assert [council.name for council in mine.councils] == ["N", "Wigan"]
    assert mine.catchment[1].tolist() == ours.catchment[0].tolist()
    assert mine.catchment[0, 0] == 1.0
    assert mine.hospitals[0].name == ours.hospitals[0].name
    assert mine.hospitals[0].catchment_adults > ours.hospitals[0].catchment_adults
    by_council = np.bincount(mine.small_areas["council"][mine.cells["small_area"]], weights=mine.cells["count"])
    assert by_council[1] == ours.councils[0].adults
    assert 0 < coterminosity(np.diag(by_council.astype(int)), np.ones(2)) <= 1


def test_a_place_of_ones_own_lives_two_months(tmp_path):
    economy = HealthEconomy(place=saved(tmp_path, towns()), structure="single-budget", seed=1, scale=0.02)
    adults = int(economy.place.cells["count"].sum())
    assert (economy.engine.people.rows["birth_month"] > -12 * 130).sum() >= round(0.02 * adults)
    economy.step()
    economy.step()
    assert economy.month == 2
    assert {"Northtown", "Southtown", "Infirmary", "General"} <= set(economy.measures["organisation"])


# The same place, and another


def test_a_place_is_what_its_files_say_not_where_they_lie(tmp_path):
    first = saved(tmp_path, towns())
    digest, state = place_file_digest(first), _key(load_place(first), 0.1, Parameters())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "people.csv", elsewhere / "people of mine.csv")
    moved = elsewhere / "other.toml"
    moved.write_text("# moved\n" + TOWNS.replace("people.csv", "people of mine.csv"), encoding="utf-8")
    assert place_file_digest(moved) == digest
    assert _key(load_place(moved), 0.1, Parameters()) == state


@pytest.mark.parametrize("part", ["people", "place"])
def test_another_population_or_another_file_is_another_place_at_once(tmp_path, part):
    path = saved(tmp_path, towns())
    before = load_place(path)
    digest, state = place_file_digest(path), _key(before, 0.1, Parameters())
    assert load_place(path) is before
    if part == "people":
        people = towns()
        people.loc[5, "count"] += 1
        saved(tmp_path, people)
    else:
        saved(tmp_path, towns(), TOWNS.replace("beds = 400", "beds = 401"))
    assert place_file_digest(path) != digest
    assert _key(load_place(path), 0.1, Parameters()) != state


# What is refused


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"people.csv"', '"peple.csv"', "peple.csv: population cannot be read: No such file or directory"),
        ('"people.csv"', "3", "place.toml: population must be the path of a CSV or Parquet file, got 3"),
        ('"people.csv"', '"people.xlsx"', "people.xlsx: population must be a file ending in .csv or .parquet"),
        ('title = "Two Towns"', "titel = 1", "place.toml: unknown key 'titel'; nearest: title"),
        ('name = "two-towns"', "", "place.toml: name must be text, got None"),
        ('code = "S"\nname = "Southtown"', "", "place.toml: councils: table 2: must have a code or a name, got None"),
        ('code = "S"', 'code = "N"', "place.toml: councils: N: must be there once, is there twice"),
        (
            "care_home_beds = 450",
            "care_home_bed = 4",
            "councils: S: care_home_bed: unknown key; nearest: care_home_beds",
        ),
        ("care_home_beds = 450", "care_home_beds = -1", "S: care_home_beds: must be a number 0 or more, got -1"),
        ("care_home_beds = 450", "care_home_beds = 1.5", "S: care_home_beds: must be a whole number, got 1.5"),
        ("hour = 15.5", "hour = 0", "home_care_pounds_per_hour: must be a number above 0, got 0"),
        ("hour = 15.5", 'hour = "15"', "home_care_pounds_per_hour: must be a number above 0, got '15'"),
        ("hour = 15.5", "hour = nan", "home_care_pounds_per_hour: must be a number above 0, got nan"),
        ("beds = 400", "beds = 0", "hospitals: Infirmary: beds: must be a number above 0, got 0"),
        ("beds = 400", "beds = true", "hospitals: Infirmary: beds: must be a number above 0, got True"),
        ("{ copd = 1.3 }", "{ cpd = 1 }", "register_ratio: unknown condition 'cpd'; nearest: c"),
        ("{ copd = 1.3 }", "{ copd = 13 }", "register_ratio: copd must be a ratio to England from 0 to 10, got 13"),
        ("S = 0.4", "S = 40", "catchment: S must be a share from 0 to 1, got 40"),
        ("S = 0.4", "S = 0.3", "hospitals: catchment shares of council 'Southtown' must sum to 1, got 0.9"),
        ("S = 0.4", "East = 0.4", "hospitals: Infirmary: catchment: unknown council 'East'; nearest: "),
        ("{ Southtown = 0.6 }", "{ }", "hospitals: General: catchment: must be a table of numbers, got {}"),
        ("Northtown = 1.0, S", "S", "hospitals: council 'Northtown' must have a hospital: a table [[hospitals]] with"),
        ("share_of_trust = 0.3", "share_of_trust = 3", "share_of_trust: must be a number above 0 and at most 1, got 3"),
        ('name = "General"', 'name = "treasury"', "must have names that no other party has, got 'treasury'"),
        ('name = "General"', 'name = "Towns"', "must have names that no other party has, got 'Towns'"),
        ('code = "S"\nname = "Southtown"', 'name = "East"', "row 310, column council: unknown council 'Southtown'"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, old, new, words):
    assert old in TOWNS
    problems = refusal(saved(tmp_path, towns(), TOWNS.replace(old, new)))
    assert words in problems[0]


def test_a_place_without_a_hospital_is_refused(tmp_path):
    path = saved(tmp_path, towns(), TOWNS.partition("[[hospitals]]")[0])
    assert refusal(path) == tuple(
        f"place.toml: hospitals: council {name!r} must have a hospital: "
        "a table [[hospitals]] with its share in catchment"
        for name in ("Northtown", "Southtown")
    )


def test_a_council_or_consortium_without_people_is_refused(tmp_path):
    assert refusal(saved(tmp_path, towns(("N",)))) == ("people.csv: council 'S' must have people, got none",)
    text = TOWNS.replace("[[hospitals]]", '[[consortia]]\nname = "Others"\n[[hospitals]]', 1)
    assert refusal(saved(tmp_path, towns(), text)) == ("people.csv: consortium 'Others' must have people, got none",)


def test_tables_that_are_none_are_refused(tmp_path):
    text = 'name = "x"\npopulation = "people.csv"\ncouncils = ["Wigan"]\n'
    assert refusal(saved(tmp_path, towns(), text)) == (
        "place.toml: councils must be tables [[councils]], got ['Wigan']",
    )


def test_all_that_is_wrong_with_the_file_is_told_at_once(tmp_path):
    text = TOWNS.replace("beds = 400", "beds = 0").replace("title", "titel").replace("copd = 1.3", "copd = -1")
    assert len(refusal(saved(tmp_path, towns(), text))) == 3
