"""Newcomers: as many as the projections say, the same under every structure and for every luck."""

import numpy as np
import pytest

from agents.patients.record import QUINTILE_MASK, QUINTILE_SHIFT
from model.demography import Newcomers
from model.place import load_place
from model.starting_state import cumulative_catchment
from tests.strategies import ALL_HELD, bench, bits_of, lived


@pytest.fixture(scope="module")
def place():
    return load_place("berkshire-west")


def arrived(newcomers: Newcomers, months: range) -> list[tuple[int, int, int]]:
    return [
        tuple(int(x) for x in person) for month in months for person in zip(*newcomers.arrivals(month), strict=True)
    ]


def test_a_years_eighteen_year_olds_are_the_projected_ones(place):
    newcomers = Newcomers(place, 1.0, 1)
    for year in (0, 4):
        people = arrived(newcomers, range(12 * year, 12 * year + 12))
        for council in range(len(place.councils)):
            for sex in range(2):
                # Those who move in at 18 come besides.
                came = sum(1 for c, s, age in people if (c, s) == (council, sex) and age == 18)
                expected = float(place.turning_18[year][council, sex]) + max(
                    float(place.net_migration[council, sex, 0]), 0.0
                )
                assert abs(came - expected) <= 2.0, (year, council, sex)


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0])
def test_running_totals_are_never_off_by_a_person_a_cell(place, scale):
    newcomers = Newcomers(place, scale, 1)
    years = 5
    people = arrived(newcomers, range(12 * years))
    expected = scale * (place.turning_18[:years].sum() + years * np.maximum(place.net_migration, 0.0).sum())
    cells = place.turning_18[0].size + place.net_migration.size
    assert abs(len(people) - expected) <= 0.05 * expected + math_bound(cells)


def math_bound(cells: int) -> float:
    """Roundings of many cells, each less than one and spread evenly, add up as a random walk does."""
    return 3.0 * np.sqrt(cells / 6.0)


def test_months_share_a_year_about_evenly(place):
    newcomers = Newcomers(place, 1.0, 1)
    numbers = [len(newcomers.arrivals(month)[0]) for month in range(12)]
    assert min(numbers) > 0.8 * max(numbers)


def rows_of(place, month: int, first_row: int = 1000, seed: int = 1):
    b = bench(0.002)
    return Newcomers(place, 0.5, seed).rows(month, first_row, b.tables, b.rules, b.known, cumulative_catchment(place))


def test_newcomers_live_where_their_council_is_and_are_as_old_as_they_are(place):
    rows = rows_of(place, 7)
    council, sex, age = Newcomers(place, 0.5, 1).arrivals(7)
    areas = place.small_areas[rows["small_area"]]
    assert (rows["council"] == council).all()
    assert (areas["council"] == council).all()
    assert (rows["consortium"] == areas["consortium"]).all()
    assert ((rows["person"] >> QUINTILE_SHIFT & QUINTILE_MASK) == areas["quintile"] - 1).all()
    assert (rows["person"] & 1 == sex).all()
    assert ((7 - rows["birth_month"].astype(int)) // 12 == age).all()
    assert (rows["care"] == 0).all()
    assert (rows["package"] == 0).all()


def test_the_same_newcomers_come_again_and_other_rows_are_other_people(place):
    assert bits_of(rows_of(place, 7)) == bits_of(rows_of(place, 7))
    assert bits_of(rows_of(place, 7)) != bits_of(rows_of(place, 7, first_row=2000))


def test_newcomers_are_the_same_for_every_structure_and_luck():
    runs = [
        lived(13, scale=0.02, **options)
        for options in (
            {"seed": 1},
            {"seed": 2},
            {"structure": "single-budget"},
            {"hold": {**ALL_HELD, "strictness": 0.0}},
        )
    ]
    first = len(bench(0.02).rows)
    for name in ("birth_month", "small_area", "council", "person"):
        came = [run.engine.people.rows[name][first:] for run in runs]
        assert len(came[0]) > 10
        if name == "person":
            came = [who & 0x0F for who in came]  # sex and deprivation; partners may be lost since
        for other in came[1:]:
            assert (other == came[0]).all(), name


def test_people_grow_in_number_as_births_deaths_and_moves_say():
    economy = lived(12, scale=0.1)
    rows = economy.engine.people.rows
    start = len(bench(0.1).rows)
    left = ((rows["flags"] & 0x20) != 0).sum()
    died = sum(len(month.deaths) for month in economy.months)
    living = (rows["end_month"] == 32767).sum()
    assert living == start + (len(rows) - start) - died - left
    assert left > 0
    assert died > 0
