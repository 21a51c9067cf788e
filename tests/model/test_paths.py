"""Levers that follow a path instead of decisions."""

import re

import pytest

from model.national_levels import national_level
from model.parameters import Parameters
from model.place import load_place
from tests.strategies import fingerprints, lived, small_economy

FELT_AT_ONCE = Parameters().with_values({"deciding.price_band": 0.0, "settlement.council_growth": -0.035})


def paths_of(economy) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {}
    for row in economy.measures.itertuples():
        if row.measure.startswith("lever/"):
            found.setdefault(row.organisation, {}).setdefault(row.measure.removeprefix("lever/"), []).append(row.value)
    return found


@pytest.mark.parametrize("structure", ["separate-budgets", "single-budget"])
def test_a_run_replayed_from_the_paths_of_all_its_levers_is_the_same_to_the_bit(structure):
    first = lived(14, structure=structure, parameters=FELT_AT_ONCE, scale=0.01, years=2)
    again = lived(14, structure=structure, parameters=FELT_AT_ONCE, scale=0.01, years=2, paths=paths_of(first))
    assert len(first.decisions) > 0
    assert again.decisions.empty
    assert {**fingerprints(again), "decisions": ""} == {**fingerprints(first), "decisions": ""}
    assert again.measures.equals(first.measures)
    assert again.ledger.entries().equals(first.ledger.entries())


def test_without_a_path_a_lever_of_that_name_stays_as_observed_as_if_it_were_held():
    names = [council.name for council in small_economy().councils]
    held = lived(6, parameters=FELT_AT_ONCE, hold={"fees": None, "charges": None})
    still = lived(6, parameters=FELT_AT_ONCE, paths={name: {"fees": None, "charges": None} for name in names})
    assert still.measures.equals(held.measures)


def test_a_path_goes_month_by_month_and_stays_where_it_ends():
    economy = lived(4, paths={"Reading": {"charges": [1.0, 1.2, 0.9]}})
    frame = economy.measures
    levels = frame[(frame["organisation"] == "Reading") & (frame["measure"] == "lever/charges")]["value"]
    assert levels.tolist() == [1.0, 1.2, 0.9, 0.9]


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ({"Readng": {"charges": [1.0]}}, "got 'Readng'; nearest: Reading"),
        ({"Reading": {"charge": [1.0]}}, "paths.Reading must name its levers, got 'charge'; nearest: charges"),
        ({"Reading": {"gp_access": [1.0]}}, "must name its levers, got 'gp_access'"),
        ({"Reading": {"charges": []}}, "paths.Reading.charges must hold levels in"),
        ({"Reading": {"charges": [1.0, 99.0]}}, "got 99.0"),
    ],
)
def test_a_path_that_cannot_be_followed_is_refused(paths, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        small_economy(paths=paths)


def test_the_national_median_of_fees_is_known_and_of_nothing_else():
    place = load_place("berkshire-west")
    assert 0.6 < national_level(place, "Reading", "fees") < 1.6
    with pytest.raises(ValueError, match="no national median is known of strictness"):
        national_level(place, "Reading", "strictness")
