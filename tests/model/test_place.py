"""Real places: exact margins, whole people, sourced numbers, helpful refusals."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest

from model.place import (
    ConsortiumFacts,
    CouncilFacts,
    Fact,
    HospitalFacts,
    Place,
    coterminosity,
    describe_place,
    list_places,
    load_place,
    once_redrawn,
    place_summary,
    places,
)
from model.place_data import read_table, select
from model.place_people import AGES, BROAD, death_rates, population, small_areas

CONDITIONS = {
    "hypertension",
    "diabetes",
    "chd",
    "heart_failure",
    "atrial_fibrillation",
    "stroke_tia",
    "copd",
    "asthma",
    "ckd",
    "cancer",
    "dementia",
    "depression",
    "smi",
}


@pytest.fixture(params=["berkshire-west", "wigan"])
def place(request: pytest.FixtureRequest) -> Place:
    return load_place(request.param)


def council_codes(place: Place) -> tuple[str, ...]:
    return tuple(council.code for council in place.councils)


def adults_of(place: Place) -> np.ndarray:
    """Adults by small area, sex and age, shape (n_small_areas, 2, 73)."""
    adults = np.zeros((len(place.small_areas), 2, len(AGES)), dtype=np.int64)
    adults[place.cells["small_area"], place.cells["sex"], place.cells["age"] - 18] = place.cells["count"]
    return adults


def own_place(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


# People


def test_age_and_sex_of_each_council_are_the_published_counts(place: Place) -> None:
    published = population(council_codes(place))[:, :, 18:]
    fitted = np.zeros_like(published)
    np.add.at(fitted, place.small_areas["council"], adults_of(place))
    assert np.array_equal(fitted, published)


def test_cells_are_sorted_whole_and_in_range(place: Place) -> None:
    cells = place.cells
    assert cells["count"].min() > 0
    assert cells["small_area"].max() < len(place.small_areas)
    assert set(np.unique(cells["sex"])) == {0, 1}
    assert (cells["age"].min(), cells["age"].max()) == (18, 90)
    order = np.lexsort((cells["age"], cells["sex"], cells["small_area"]))
    assert np.array_equal(order, np.arange(len(cells)))


def test_consortium_and_deprivation_have_the_age_bands_of_2017_scaled_to_2014(place: Place) -> None:
    adults = adults_of(place)
    table = read_table("pop2017_ccg_utla_age_imdq.csv.gz")
    codes = [consortium.code for consortium in place.consortia]
    for i, council in enumerate(place.councils):
        mine = select(table, (table["utla_code"] == council.code) & (table["age_band"] == "70-74"))
        in_council = adults[place.small_areas["council"] == i]
        scale = in_council[:, :, 70 - 18 : 75 - 18].sum() / mine["population"].sum()
        for code, quintile, people in zip(
            mine["ccg15_code"], mine["imd2015_quintile"], mine["population"], strict=True
        ):
            here = (
                (place.small_areas["council"] == i)
                & (place.small_areas["consortium"] == codes.index(code))
                & (place.small_areas["quintile"] == quintile)
            )
            assert adults[here][:, :, 70 - 18 : 75 - 18].sum() == pytest.approx(
                people * scale, abs=3 + here.sum() ** 0.5
            )


def test_small_areas_keep_their_share_of_older_people(place: Place) -> None:
    adults = adults_of(place)
    _, table, _ = small_areas(council_codes(place))
    for i in range(len(place.councils)):
        mine = place.small_areas["council"] == i
        fitted = adults[mine][:, :, BROAD == 2].sum(axis=(1, 2))
        shares_2017 = table["pop2017_75_84"][mine] / table["pop2017_75_84"][mine].sum()
        # The quintile's share moves a little between the two years; a small area otherwise keeps its own.
        assert np.corrcoef(fitted, shares_2017)[0, 1] > 0.99


def test_small_areas_have_index_and_quintile(place: Place) -> None:
    areas = place.small_areas
    assert set(np.unique(areas["quintile"])) <= {1, 2, 3, 4, 5}
    assert areas["council"].max() + 1 == len(place.councils)
    assert areas["consortium"].max() + 1 == len(place.consortia)
    assert len(np.unique(areas["code"])) == len(areas)
    assert np.all(np.diff(areas["council"].astype(int)) >= 0)


def test_the_most_deprived_quintile_has_the_highest_score() -> None:
    areas = load_place("wigan").small_areas
    means = [areas["imd"][areas["quintile"] == quintile].mean() for quintile in range(1, 6)]
    assert means == sorted(means, reverse=True)


def test_those_turning_18_are_the_children_of_2014(place: Place) -> None:
    people = population(council_codes(place))
    assert place.turning_18.shape == (10, len(place.councils), 2)
    assert np.array_equal(place.turning_18[0], people[:, :, 17])
    assert np.array_equal(place.turning_18[9], people[:, :, 8])


def test_moves_are_what_deaths_do_not_explain(place: Place) -> None:
    assert place.net_migration.shape == (len(place.councils), 2, 73)
    assert np.all(place.net_migration[:, :, 85 - 18 :] == 0)
    rates = death_rates(len(place.councils), place.small_areas, adults_of(place).transpose(0, 2, 1))
    for i, code in enumerate(council_codes(place)):
        years = [population((code,), year)[0] for year in range(2014, 2020)]
        moves = 0.0
        for before, after in itertools.pairwise(years):
            for age in range(40, 45):
                survive = np.exp(-(rates[i, 1, age - 1] + rates[i, 1, age]) / 2)
                moves += after[1, age] - before[1, age - 1] * survive
        assert place.net_migration[i, 1, 40 - 18 : 45 - 18].sum() == pytest.approx(moves / 5)


def test_deprived_councils_lose_more_people_to_death() -> None:
    rates = {}
    for name in ("berkshire-west", "wigan"):
        place = load_place(name)
        adults = adults_of(place).transpose(0, 2, 1)
        rates[name] = death_rates(len(place.councils), place.small_areas, adults)[:, 0, 60].mean()
    assert rates["wigan"] > 1.3 * rates["berkshire-west"]


# Hospitals


def test_use_of_hospitals_sums_to_one(place: Place) -> None:
    assert place.catchment.shape == (len(place.councils), len(place.hospitals))
    assert place.catchment.sum(axis=1) == pytest.approx(1)
    assert np.all((place.catchment == 0) | (place.catchment >= 0.05))


def test_catchments_and_beds_share_out_the_people(place: Place) -> None:
    adults = sum(council.adults for council in place.councils)
    assert sum(hospital.catchment_adults for hospital in place.hospitals) == pytest.approx(adults)
    people = population(council_codes(place)).sum()
    beds = sum(hospital.beds for hospital in place.hospitals)
    assert beds == pytest.approx(people * 103_400 / 54_316_618, abs=len(place.hospitals))


def test_main_hospitals_come_first() -> None:
    hospitals = load_place("berkshire-west").hospitals
    assert (hospitals[0].ods, hospitals[0].kind) == ("RHW", "main")
    assert hospitals[0].share_of_trust > 0.8
    assert {hospital.kind for hospital in hospitals[1:]} == {"elsewhere"}
    assert load_place("wigan").hospitals[0].ods == "RRF"


def test_childrens_and_single_specialty_trusts_are_left_out() -> None:
    # Alder Hey, the Christie and the Walton Centre each take over 2% of their patients from Wigan.
    assert not {"RBS", "RBV", "RET"} & {hospital.ods for hospital in load_place("wigan").hospitals}


# Boundaries


def test_berkshire_west_has_crossed_boundaries() -> None:
    place = load_place("berkshire-west")
    assert [council.name for council in place.councils] == ["West Berkshire", "Reading", "Wokingham"]
    assert len(place.consortia) == 4
    crossing = [consortium.name for consortium in place.consortia].index("NHS North & West Reading CCG")
    councils = place.small_areas["council"][place.small_areas["consortium"] == crossing]
    assert set(councils.tolist()) == {0, 1}
    assert 0.6 < place_summary(place)["coterminosity"] < 0.75


def test_wigan_shares_one_boundary() -> None:
    place = load_place("wigan")
    assert (len(place.councils), len(place.consortia)) == (1, 1)
    assert place_summary(place)["coterminosity"] == 1.0


def test_coterminosity_of_known_overlaps() -> None:
    assert coterminosity(np.array([[100, 0], [0, 300]]), np.ones(2)) == 1.0
    assert coterminosity(np.array([[100], [100]]), np.ones(1)) == 0.5
    assert coterminosity(np.array([[50, 50], [50, 50]]), np.ones(2)) == 0.25
    assert coterminosity(np.array([[100]]), np.array([0.5])) == 0.5


def test_what_boundaries_redrawn_along_councils_would_make_of_a_place() -> None:
    found = once_redrawn(np.array([[60, 40, 0], [10, 20, 70]]), ("A", "B"), ("x", "y", "z"))
    assert found == {"coterminosity_redrawn": 1.0, "redrawn": {"A": "x", "B": "z"}}
    shared = once_redrawn(np.array([[60, 40], [70, 30]]), ("A", "B"), ("x", "y"))
    assert shared == {"coterminosity_redrawn": 0.5, "redrawn": {"A": "x", "B": "x"}}, "one looks after both, the other after nobody"


def test_a_consortium_partly_outside_counts_only_its_people_inside(tmp_path: Path) -> None:
    place = load_place(own_place(tmp_path, 'name = "bradford"\ncouncils = ["Bradford"]\n'))
    airedale = next(c for c in place.consortia if "Airedale" in c.name)
    assert airedale.share_inside == pytest.approx(0.684, abs=0.001)
    assert airedale.people < 115_000
    assert airedale.allocation_pounds == 1133 * airedale.people
    assert place_summary(place)["coterminosity"] < 1


# Organisations and their facts


def test_people_of_councils_and_consortia_are_the_same_people(place: Place) -> None:
    adults = int(place.cells["count"].sum())
    assert sum(council.adults for council in place.councils) == adults
    assert sum(consortium.adults for consortium in place.consortia) == adults
    people = population(council_codes(place)).sum()
    assert sum(consortium.people for consortium in place.consortia) == pytest.approx(people, abs=len(place.consortia))


def test_every_number_of_an_organisation_is_a_fact(place: Place) -> None:
    facts = {(fact.organisation, fact.name): fact.value for fact in place.facts}
    for organisation in (*place.councils, *place.consortia, *place.hospitals):
        for field in dataclasses.fields(organisation):
            value = getattr(organisation, field.name)
            if not isinstance(value, str):
                assert facts[organisation.name, field.name] == value


def test_facts_name_source_unit_and_status(place: Place) -> None:
    assert len({(fact.organisation, fact.name) for fact in place.facts}) == len(place.facts)
    for fact in place.facts:
        assert fact.source
        assert fact.unit
        assert np.isfinite(fact.value)
        assert fact.status in ("data", "derived", "assumed")


def test_a_national_rate_is_flagged_as_assumed(place: Place) -> None:
    assumed = {fact.name for fact in place.facts if fact.status == "assumed"}
    assert assumed == {"care_home_beds", "allocation_pounds", "acute_pounds", "community_pounds", "chc_pounds", "beds"}
    assert all("evidence P-" in fact.source for fact in place.facts if fact.status == "assumed")


def test_a_status_outside_the_three_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Fact\.status must be one of data, derived, assumed, got 'guessed'"):
        Fact(organisation="Wigan", name="beds", value=1, unit="beds", source="none", status="guessed")  # type: ignore[arg-type]


def test_reading_has_its_published_out_turn() -> None:
    reading = load_place("berkshire-west").councils[1]
    assert isinstance(reading, CouncilFacts)
    assert reading.region == "South East"
    assert reading.gross_current_total_pounds == pytest.approx(50_152_900)
    assert reading.gross_current_65plus_pounds == pytest.approx(18_805_800 + 342_400)
    assert reading.nursing_weeks_65plus == pytest.approx(52 + 291 + 5816 + 2424)
    assert reading.nursing_pounds_per_week == pytest.approx(1000 * (61.23 + 205.49 + 3347 + 1416.64) / 8583)
    assert reading.reablement_weeks == pytest.approx(64 + 2999 + 101 + 377)
    assert reading.home_care_pounds_per_hour_independent == pytest.approx(17.1)
    assert reading.home_care_clients_65plus == 605


def test_an_implausible_unit_cost_is_replaced_and_says_so(tmp_path: Path) -> None:
    place = load_place(own_place(tmp_path, 'name = "ce"\ncouncils = ["Cheshire East"]\n'))
    council = place.councils[0]
    fact = next(fact for fact in place.facts if fact.name == "reablement_pounds_per_week")
    assert fact.status == "derived"
    assert "6727 pounds reported, implausible: mean of the region" in fact.source
    assert 200 < council.reablement_pounds_per_week < 800
    # What was spent stays what it was.
    assert council.reablement_weeks * council.reablement_pounds_per_week == pytest.approx(4_999_340)


def test_consortia_divide_a_national_allocation() -> None:
    consortium = load_place("wigan").consortia[0]
    assert isinstance(consortium, ConsortiumFacts)
    assert consortium.allocation_pounds == 1133 * consortium.people
    assert consortium.acute_pounds == pytest.approx(0.52 * consortium.allocation_pounds)


def test_registers_are_set_against_age_and_sex(place: Place) -> None:
    assert set(place.register_ratio) == CONDITIONS
    for ratio in place.register_ratio.values():
        assert ratio.shape == (len(place.consortia),)
        assert np.all((ratio > 0.3) & (ratio < 2))


def test_wigan_has_more_lung_disease_than_wokingham() -> None:
    assert load_place("wigan").register_ratio["copd"][0] > 1.1
    assert load_place("berkshire-west").register_ratio["copd"][3] < 0.85  # of what its deprivation lets expect


def test_the_page_has_a_row_for_every_fact(place: Place) -> None:
    rows = describe_place(place)
    assert len(rows) == len(place.facts)
    assert rows[0]._fields == ("organisation", "name", "value", "unit", "status", "source")


def test_the_summary_names_who_is_there(place: Place) -> None:
    summary = place_summary(place)
    assert summary["name"] == place.name
    assert summary["adults"] == place.cells["count"].sum()
    assert len(summary["hospitals"]) == len(place.hospitals)
    assert isinstance(place.hospitals[0], HospitalFacts)


# Loading


def test_places_are_listed_by_name() -> None:
    assert (
        list_places()
        == places()
        == (
            "berkshire-west",
            "england",
            "england-in-miniature",
            "greater-manchester",
            "north-yorkshire",
            "nottinghamshire",
            "torbay",
            "wigan",
        )
    )


def test_a_place_is_loaded_once_and_cannot_be_changed() -> None:
    place = load_place("wigan")
    assert load_place("wigan") is place
    with pytest.raises(ValueError, match="read-only"):
        place.cells["count"][0] = 1


def test_unknown_places_name_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown place 'berkshire'; nearest: berkshire-west"):
        load_place("berkshire")


def test_codes_and_names_of_councils_are_the_same(tmp_path: Path) -> None:
    by_code = load_place(own_place(tmp_path, 'name = "mine"\ncouncils = ["E08000010"]\n'))
    assert by_code.title == "mine"
    assert np.array_equal(by_code.cells, load_place("wigan").cells)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", r"mine\.toml: must be TOML"),
        ('councils = ["Wigan"]', r"mine\.toml: name must be text, got None"),
        ('name = "x"', r"mine\.toml: councils must be 'all' or a list of names or codes, got None"),
        ('name = "x"\ncouncils = []', r"councils must be 'all' or a list of names or codes, got \[\]"),
        ('name = "x"\ncouncils = ["Wigam"]', r"unknown council 'Wigam'; nearest: Wigan"),
        ('name = "x"\ncouncils = ["Wigan", "E08000010"]', "councils: must name Wigan once, got it twice"),
        ('name = "x"\nmade_of = "scotland"', r"mine\.toml: made_of must be 'england', got 'scotland'"),
        ('name = "x"\nmade_of = "england"\ncouncils = ["Wigan"]', "must have councils or made_of, got both"),
        ('name = "x"\ncouncil = ["Wigan"]', "unknown key 'council'; nearest: councils"),
    ],
)
def test_a_wrong_place_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_place(own_place(tmp_path, text))


def test_a_missing_place_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="place file must exist"):
        load_place(tmp_path / "absent.toml")


def broken(place: Place, array: str, field: str, value: int) -> dict[str, np.ndarray]:
    """The place's array with its first record's field set, in a type wide enough for anything."""
    old = getattr(place, array)
    wide = np.zeros(
        len(old), dtype=[(name, old.dtype[name] if name in ("code", "imd") else "i8") for name in old.dtype.names]
    )
    for name in old.dtype.names:
        wide[name] = old[name]
    wide[field][0] = value
    return {array: wide}


@pytest.mark.parametrize(
    ("array", "field", "value", "message"),
    [
        ("cells", "small_area", 200, r"Place\.cells small_area must lie from 0 to 199, got 200"),
        ("cells", "count", -3, r"Place\.cells count must lie from 0 to 4294967295, got -3"),
        ("cells", "age", 17, r"Place\.cells age must lie from 18 to 90, got 17"),
        ("cells", "age", 91, r"Place\.cells age must lie from 18 to 90, got 91"),
        ("cells", "sex", 2, r"Place\.cells sex must lie from 0 to 1, got 2"),
        ("cells", "count", 10_000, r"Place\.cells of Wigan must sum to its 253208 adults, got 263200"),
        ("small_areas", "council", 1, r"Place\.small_areas council must lie from 0 to 0, got 1"),
        ("small_areas", "consortium", 1, r"Place\.small_areas consortium must lie from 0 to 0, got 1"),
        ("small_areas", "quintile", 0, r"Place\.small_areas quintile must lie from 1 to 5, got 0"),
    ],
)
def test_cells_that_contradict_the_place_are_refused(array: str, field: str, value: int, message: str) -> None:
    place = load_place("wigan")
    with pytest.raises(ValueError, match=message) as refused:
        dataclasses.replace(place, **broken(place, array, field, value))
    assert "\n" not in str(refused.value)


def test_cells_that_miss_the_consortium_are_refused() -> None:
    place = load_place("wigan")
    fewer = dataclasses.replace(place.consortia[0], adults=place.consortia[0].adults - 1)
    with pytest.raises(ValueError, match="of NHS Wigan Borough CCG must sum to its"):
        dataclasses.replace(place, consortia=(fewer,))


@pytest.mark.parametrize("kind", ["councils", "consortia", "hospitals"])
def test_a_place_without_an_organisation_of_each_kind_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=rf"Place\.{kind} must number from 1 to 255, got 0 in 'wigan'"):
        dataclasses.replace(load_place("wigan"), **{kind: ()})


def test_a_place_of_more_hospitals_than_a_record_can_name_is_refused() -> None:
    place = load_place("wigan")
    with pytest.raises(ValueError, match=r"Place\.hospitals must number from 1 to 255, got 256"):
        dataclasses.replace(place, hospitals=place.hospitals[:1] * 256)


def test_a_place_of_more_small_areas_than_a_record_can_name_is_refused() -> None:
    place = load_place("wigan")
    with pytest.raises(ValueError, match=r"Place\.small_areas must number at most 65535, got 65536"):
        dataclasses.replace(place, small_areas=np.resize(place.small_areas, 65_536))


def test_a_hospital_without_beds_is_refused():
    place = load_place("berkshire-west")
    empty = dataclasses.replace(place.hospitals[0], beds=0)
    with pytest.raises(ValueError, match=r"'.+' must have at least 1, got 0"):
        dataclasses.replace(place, hospitals=(empty, *place.hospitals[1:]))
