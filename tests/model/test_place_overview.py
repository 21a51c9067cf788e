"""The list of places says of each what the built place says of itself."""

import pytest

from model import place
from model.place import list_places, load_place, place_summary
from model.place_choice import council_names
from model.place_overview import overviews

HARD = ("city-of-london", "isles-of-scilly", "rutland", "kent", "birmingham", "york")


def assert_tells_the_same(row: dict[str, object]) -> None:
    summary = place_summary(load_place(str(row["name"])))
    assert list(row) == list(summary)
    for key in ("coterminosity", "coterminosity_redrawn"):
        assert row.pop(key) == pytest.approx(summary.pop(key), abs=5e-4)  # whole people or not
    assert row == summary


def test_shipped_places_are_told_as_built() -> None:
    rows = overviews()
    assert [row["name"] for row in rows] == list(list_places())
    for row in rows:
        if row["name"] != "england":
            assert_tells_the_same(row)


def test_councils_are_told_as_built() -> None:
    rows = {row["name"]: row for row in overviews(councils=True)}
    for name in HARD:
        assert_tells_the_same(rows[name])


@pytest.mark.slow
def test_every_place_and_council_is_told_as_built() -> None:
    for row in overviews(councils=True):
        assert_tells_the_same(row)


def test_a_list_builds_no_real_place() -> None:
    load_place("england-in-miniature")
    before = place._build.cache_info().misses
    assert len(overviews(councils=True)) > 152
    assert place._build.cache_info().misses == before


def test_every_council_is_listed_once_behind_the_shipped_places() -> None:
    names = [row["name"] for row in overviews(councils=True)]
    assert names[: len(list_places())] == list(list_places())
    assert len(set(names)) == len(names)
    councils = {row["councils"][0] for row in overviews(councils=True) if len(row["councils"]) == 1}
    assert set(council_names()) <= councils


def test_a_search_finds_names_first_and_organisations_after() -> None:
    names = [row["name"] for row in overviews(search="york")]
    assert names[0] == "north-yorkshire"
    assert {"york", "north-yorkshire-council", "east-riding-of-yorkshire"} <= set(names[:4])
    assert "leeds" in names  # whose people use a hospital of Mid Yorkshire
    assert "england" not in names
    assert [row["name"] for row in overviews(search="ENGLAND")] == ["england", "england-in-miniature"]
    assert "reading" in [row["name"] for row in overviews(search="royal  berkshire")]
    assert overviews(search="atlantis") == []
