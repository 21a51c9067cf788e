"""What a name means: any council, however it is spelled; lists of them; and lines that help where it means nothing."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from model.place import list_places, load_place, place_name
from model.place_choice import council_code, council_names, short_name, slug, spelled
from model.place_data import read_table

COUNCILS = dict(
    zip(read_table("councils.csv")["utla_code"].tolist(), read_table("councils.csv")["utla_name"].tolist(), strict=True)
)


def test_every_council_is_found_by_name_short_name_and_code() -> None:
    assert len(council_names()) == len(COUNCILS) == 152
    for code, name in COUNCILS.items():
        for words in (name, short_name(code), code, f"{short_name(code)} Council"):
            assert council_code(words) == code, words


@given(some.sampled_from(sorted(COUNCILS)), some.data())
def test_capitals_spaces_and_hyphens_do_not_matter(code: str, data: some.DataObject) -> None:
    changed = "".join(data.draw(some.sampled_from((letter.lower(), letter.upper()))) for letter in COUNCILS[code])
    between = data.draw(some.sampled_from((" ", "-", "  ", "_")))
    assert council_code(f" {changed.replace(' ', between)} ") == code


def test_spellings_and_names_are_of_one_council_each() -> None:
    assert len({spelled(name) for name in COUNCILS.values()}) == 152
    names = [place_name(code) for code in COUNCILS]
    assert len(set(names)) == 152
    for code, name in zip(COUNCILS, names, strict=True):
        assert place_name(name) == name == slug(name)
        assert place_name(code) == name


def test_a_shipped_place_wins_over_a_council_of_its_name() -> None:
    for spelling in ("north-yorkshire", "North Yorkshire", "NORTH YORKSHIRE"):
        assert [council.name for council in load_place(spelling).councils] == ["North Yorkshire", "York"]
    for spelling in (
        "E10000023",
        "North Yorkshire Council",
        "north-yorkshire-council",
        "North Yorkshire County Council",
    ):
        place = load_place(spelling)
        assert place.name == "north-yorkshire-council"
        assert [council.name for council in place.councils] == ["North Yorkshire"]


def test_a_council_that_is_a_shipped_place_by_itself_is_that_place() -> None:
    assert load_place("E08000010") is load_place("Wigan council") is load_place("wigan")
    assert load_place("E06000027") is load_place("torbay")


@pytest.mark.parametrize(
    "choice",
    ["kent,medway", "Kent, Medway", "kent+medway", "E10000016,E06000035", ["Kent", "Medway"], ("kent", "MEDWAY")],
)
def test_councils_can_be_joined(choice: object) -> None:
    place = load_place(choice)  # type: ignore[arg-type]
    assert place is load_place("kent+medway")
    assert (place.name, place.title) == ("kent+medway", "Kent and Medway")
    assert [council.name for council in place.councils] == ["Kent", "Medway"]
    # Medway's consortium and hospital are neither added twice nor lost.
    assert len({consortium.code for consortium in place.consortia}) == len(place.consortia) == 8


def test_in_a_list_every_name_is_a_councils() -> None:
    assert [c.name for c in load_place("north yorkshire,york").councils] == ["North Yorkshire", "York"]
    assert place_name(["Wigan", "Bolton"]) == "wigan+bolton"
    assert place_name(["Wigan"]) == "wigan"


def test_names_with_a_comma_of_their_own_can_be_joined() -> None:
    assert place_name("Bristol, City of") == "bristol"
    assert place_name("Bristol, City of, Herefordshire, County of, Kent") == "bristol+herefordshire+kent"
    assert place_name("bristol,kent") == "bristol+kent"


def test_a_council_as_a_place_is_the_same_as_in_a_file_of_ones_own(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\ncouncils = ["st helens"]\n', encoding="utf-8")
    own, named = load_place(tmp_path / "mine.toml"), load_place("St. Helens")
    for field in dataclasses.fields(own):
        if field.name not in ("name", "title", "notes", "register_ratio"):
            assert np.array_equal(getattr(own, field.name), getattr(named, field.name))
    assert place_name(tmp_path / "mine.toml") == str(tmp_path / "mine.toml")


def test_tiny_councils_say_that_they_are() -> None:
    assert "Only 1,896 adults live here" in load_place("Isles of Scilly").notes
    assert "Only 7,117 adults live here" in load_place("City of London").notes
    assert "Only" not in load_place("Rutland").notes


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("wigann", "unknown place 'wigann'; nearest: wigan"),
        ("hull", "unknown place 'hull'; nearest: kingston-upon-hull"),
        ("durham", "unknown place 'durham'; nearest: county-durham"),
        ("London Borough of Bexley", "unknown place 'London Borough of Bexley'; nearest: bexley"),
        ("E10000099", "unknown place 'E10000099'"),
        ("Canterbury", "Canterbury is a district of Kent, and a place is made of whole councils"),
        ("E07000106", "Canterbury is a district of Kent"),
        ("kent,Medwey", "place 'kent, Medwey': unknown council 'Medwey'; nearest: Medway"),
        ("kent,Kent", "place 'kent, Kent': must name Kent once, got it twice"),
        (["Kent", "E10000016"], "must name Kent once, got it twice"),
        ("kent,berkshire-west", "must list councils only, 'berkshire-west' is a place by itself"),
        ("england,kent", "must list councils only, 'england' is a place by itself"),
        ("", "place must name a place or a council, got ''"),
        (" , ", "place must name a place or a council, got ' , '"),
        ([], r"place must name a place or a council, got \[\]"),
        (["Kent", 7], "place must be a name, a list of councils or the path of a TOML file"),
        (7, "place must be a name, a list of councils or the path of a TOML file, got 7"),
        (None, "place must be a name, a list of councils or the path of a TOML file, got None"),
    ],
)
def test_what_means_nothing_is_refused_in_one_line(choice: object, message: str) -> None:
    for asked in (load_place, place_name):
        with pytest.raises(ValueError, match=message) as refused:
            asked(choice)  # type: ignore[operator]
        assert "\n" not in str(refused.value)


def test_shipped_places_are_named_as_their_files() -> None:
    for name in list_places():
        assert place_name(name) == name
