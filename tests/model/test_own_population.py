"""People of the user's own: the same in any form and order, none lost, and every error told where it is."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.own_file import OwnPlaceError
from model.own_population import Codes, OwnPeople, own_people, residents
from model.place import load_place
from model.place_people import AGES

COUNCILS = Codes(known={"N": "N", "Northtown": "N", "S": "S", "E08000010": "E08000010"}, first=("N",), table="councils")
CONSORTIA = Codes(known={"K": "K", "L": "L"}, first=(), table="consortia")
PLACES = [("N", "K", 1), ("N", "L", 3), ("S", "L", 3), ("S", "L", 5)]
ROW = {"council": "N", "consortium": "K", "quintile": 1, "sex": "male", "age": 50, "count": 7}


def read(path: Path) -> OwnPeople:
    return own_people(path, COUNCILS, CONSORTIA)


def saved(frame: pd.DataFrame, folder: Path, ending: str = "csv") -> Path:
    path = folder / f"people.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path, index=False)
    return path


def refusal(path: Path) -> tuple[str, ...]:
    with pytest.raises(OwnPlaceError) as refused:
        read(path)
    assert all("\n" not in problem for problem in refused.value.problems)
    assert str(refused.value).splitlines() == list(refused.value.problems)
    return refused.value.problems


def same(one: OwnPeople, other: OwnPeople) -> bool:
    return (
        (one.councils, one.consortia) == (other.councils, other.consortia)
        and one.areas.tobytes() == other.areas.tobytes()
        and one.adults.tobytes() == other.adults.tobytes()
    )


def cells(folder: Path, **changes: object) -> Path:
    """Two cells that are right, the second of them with changes; None takes a column away."""
    frame = pd.DataFrame([ROW, {**ROW, "age": 51, "council": "S"}], dtype=object)
    for column, value in changes.items():
        if value is None:
            del frame[column]
        else:
            frame[column] = frame.get(column, pd.Series([""] * 2)).astype(object)
            frame.loc[1, column] = value
    return saved(frame, folder)


# The same people


AGE_COLUMNS = st.sampled_from(["age", "age_band"])


@st.composite
def counted(draw: st.DrawFn) -> pd.DataFrame:
    """Different cells with counts, by single year or by band of age."""
    column = draw(AGE_COLUMNS)
    ages = st.integers(18, 110) if column == "age" else st.sampled_from(["18-24", "25-64", "65-79", "80+"])
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(PLACES), st.sampled_from(["male", "female"]), ages),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    people = draw(st.lists(st.integers(1, 40), min_size=len(keys), max_size=len(keys)))
    rows = [(*place, sex, age, count) for (place, sex, age), count in zip(keys, people, strict=True)]
    frame = pd.DataFrame(rows, columns=["council", "consortium", "quintile", "sex", column, "count"])
    if frame["council"].eq("N").sum() == 0:  # named in the tables, so it must have people
        frame.loc[0, ["council", "consortium", "quintile"]] = ["N", "K", 2]
    frame.loc[0, "count"] += 1000  # never the sum of percentages
    return frame


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=counted(), seed=st.integers(0, 99))
def test_cells_and_persons_in_any_order_and_format_are_the_same_people(tmp_path, frame, seed):
    as_cells = read(saved(frame, tmp_path))
    persons = frame.loc[frame.index.repeat(frame["count"])].drop(columns="count").sample(frac=1, random_state=seed)
    persons["person"] = np.arange(len(persons))
    for ending in ("csv", "parquet"):
        assert same(as_cells, read(saved(persons, tmp_path, ending)))
        assert same(as_cells, read(saved(frame.sample(frac=1, random_state=seed), tmp_path, ending)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=counted())
def test_nobody_is_lost_and_everybody_stays_where_they_live(tmp_path, frame):
    people = read(saved(frame, tmp_path))
    assert people.adults.sum() == frame["count"].sum()
    assert people.adults.min() >= 0
    for i, area in enumerate(people.areas):
        here = (
            (frame["council"] == people.councils[area["council"]])
            & (frame["consortium"] == people.consortia[area["consortium"]])
            & (frame["quintile"] == area["quintile"])
        )
        for sex, name in enumerate(("male", "female")):
            assert people.adults[i, :, sex].sum() == frame["count"][here & (frame["sex"] == name)].sum()
        if "age_band" in frame:
            older = frame["age_band"].isin(["65-79", "80+"])
            assert people.adults[i, AGES >= 65].sum() == frame["count"][here & older].sum()
        else:
            assert people.adults[i, -1].sum() == frame["count"][here & (frame["age"] >= 90)].sum()


def test_a_band_has_the_ages_of_the_published_people_in_every_small_area(tmp_path):
    rows = [("N", "K", q, "female", "65-74", 5000) for q in (1, 2, 3, 4, 5)]
    frame = pd.DataFrame(rows, columns=["council", "consortium", "quintile", "sex", "age_band", "count"])
    adults = read(saved(frame, tmp_path)).adults[:, 65 - 18 : 75 - 18, 1]
    published = residents("England")[1, 65:75]
    expected = 5000 * published / published.sum()
    # Drawn at random, 5,000 people would miss an age's tenth by some 21; steps of the golden ratio miss by a few.
    assert np.abs(adults - expected).max() < 6
    assert np.abs(adults.sum(axis=0) - 5 * expected).max() < 6


def test_a_small_area_in_two_councils_counts_as_two(tmp_path):
    frame = pd.DataFrame([{**ROW, "small_area": "town"}, {**ROW, "council": "S", "small_area": "town"}])
    people = read(saved(frame, tmp_path))
    assert people.areas["code"].tolist() == [b"town", b"town"]
    assert people.areas["council"].tolist() == [0, 1]


def test_long_codes_of_small_areas_are_kept_whole(tmp_path):
    people = read(saved(pd.DataFrame([{**ROW, "small_area": "Ünterstraße by the canal"}]), tmp_path))
    assert people.areas["code"][0].decode() == "Ünterstraße by the canal"


def test_englands_small_areas_need_no_other_geography(tmp_path):
    wigan = load_place("wigan")
    frame = pd.DataFrame({"small_area": wigan.small_areas["code"].astype(str), "sex": "male", "age": 40})
    councils, consortia = (
        Codes(known={one.code: one.code for one in of}, first=(), table="") for of in (wigan.councils, wigan.consortia)
    )
    people = own_people(saved(frame, tmp_path), councils, consortia)
    assert people.councils == ("E08000010",)
    assert people.areas.tobytes() == wigan.small_areas.tobytes()


def test_numbers_may_have_a_point_and_words_spaces_and_files_a_mark_of_their_order(tmp_path):
    plain = read(cells(tmp_path))
    path = tmp_path / "people.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"50", b" 50.0 ").replace(b"male", b"male "))
    assert same(plain, read(path))


# What is refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"age": 17}, "people.csv, row 3, column age: must be a whole number from 18 to 110, got '17'"),
        ({"age": 111}, "row 3, column age: must be a whole number from 18 to 110, got '111'"),
        ({"age": 50.5}, "row 3, column age: must be a whole number from 18 to 110, got '50.5'"),
        ({"age": "old"}, "row 3, column age: must be a whole number from 18 to 110, got 'old'"),
        ({"age": ""}, "row 3, column age: must not be empty"),
        ({"age": " "}, "row 3, column age: must not be empty"),
        ({"sex": "femal"}, "row 3, column sex: must be male or female, got 'femal'"),
        ({"quintile": 0}, "row 3, column quintile: must be 1 (most deprived fifth of England) to 5, got '0'"),
        ({"quintile": 6}, "row 3, column quintile: must be 1 (most deprived fifth of England) to 5, got '6'"),
        ({"council": "Northtwn"}, "row 3, column council: unknown council 'Northtwn'; nearest: Northtown"),
        ({"council": ""}, "row 3, column council: must not be empty"),
        ({"consortium": "M"}, "row 3, column consortium: unknown consortium 'M'; nearest: L, K"),
        ({"count": -4}, "row 3, column count: must be a whole number of people, 0 or more, got '-4'"),
        ({"count": 2.5}, "row 3, column count: must be a whole number of people, 0 or more, got '2.5'"),
        ({"count": "3%"}, "row 3, column count: must be a whole number of people, 0 or more, got '3%'"),
        ({"count": "1e300"}, "row 3, column count: must be a whole number of people, 0 or more, got '1e300'"),
        (
            {"count": 100_000_000},
            "column count: must be numbers of people, got 100,000,007 people in all (at least 1, at",
        ),
        ({"count": "nan"}, "row 3, column count: must be a whole number of people, 0 or more, got 'nan'"),
        ({"count": "inf"}, "row 3, column count: must be a whole number of people, 0 or more, got 'inf'"),
        ({"age": 50, "council": "N"}, "people.csv, row 3: each cell must be there once, is also row 2"),
        ({"age": "50.0", "council": "Northtown"}, "people.csv, row 3: each cell must be there once, is also row 2"),
        ({"count": 93}, "column count: must be numbers of people, got shares of a whole: they sum to 100"),
        ({"sex": None}, "people.csv: must have a column 'sex', got council, consortium, quintile, age, count"),
        ({"age": None}, "people.csv: must have a column 'age' or 'age_band', got council"),
        ({"council": None}, "people.csv: must have a column 'council', got consortium"),
        ({"age_band": "50-54"}, "people.csv: must have a column 'age' or 'age_band', got council"),
        ({"person": "p"}, "people.csv: must have cells (column 'count') or persons (column 'person'), got both"),
        ({"quintle": 3}, "people.csv: unknown column 'quintle'; nearest: quintile"),
        ({"small_area": ""}, "people.csv, row 2, column small_area: must not be empty"),
    ],
)
def test_a_wrong_file_is_refused_with_row_and_column(tmp_path, changes, words):
    assert words in refusal(cells(tmp_path, **changes))[0]


@pytest.mark.parametrize(
    ("band", "words"),
    [
        ("15-19", "must be a band within 18 to 110, such as 65-69 or 90+, got '15-19'"),
        ("69-65", "must be a band within 18 to 110, such as 65-69 or 90+, got '69-65'"),
        ("over 65", "must be a band within 18 to 110, such as 65-69 or 90+, got 'over 65'"),
        ("60+", "column age_band: bands must not overlap, got 60-110 and 65-69"),
    ],
)
def test_a_wrong_band_is_refused(tmp_path, band, words):
    frame = pd.DataFrame([{**ROW, "age_band": "65-69"}, {**ROW, "age_band": band}]).drop(columns="age")
    assert words in refusal(saved(frame, tmp_path))[0]


@pytest.mark.parametrize("total", [1, 100])
def test_shares_of_each_council_are_refused(tmp_path, total):
    shares = [{**ROW, "council": c, "age": a, "count": total / 2} for c in ("N", "S", "E08000010") for a in (40, 60)]
    assert "column count: must be " in refusal(saved(pd.DataFrame(shares), tmp_path))[0]


def test_a_person_twice_is_refused(tmp_path):
    frame = pd.DataFrame([{**ROW, "person": name} for name in ("p1", "p2", "p1")]).drop(columns="count")
    path = saved(frame, tmp_path)
    assert refusal(path) == ("people.csv, row 4, column person: person 'p1' must be there once, is also row 2",)
    frame.loc[2, "person"] = None
    assert refusal(saved(frame, tmp_path)) == ("people.csv, row 4, column person: must not be empty",)


def test_rows_are_counted_as_an_editor_counts_lines(tmp_path):
    path = cells(tmp_path, sex="x")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "", "", lines[1], "", lines[2]]))
    assert "people.csv, row 6, column sex" in refusal(path)[0]


def test_the_rows_of_parquet_count_from_one(tmp_path):
    frame = pd.DataFrame([ROW, {**ROW, "age": 12}])
    assert "people.parquet, row 2, column age" in refusal(saved(frame, tmp_path, "parquet"))[0]


def test_the_first_few_problems_are_told_in_order_and_the_rest_counted(tmp_path):
    frame = pd.DataFrame([{**ROW, "age": age, "sex": "male" if age % 2 else "m"} for age in range(1, 40)])
    problems = refusal(saved(frame, tmp_path))
    assert [problem.partition(",")[2].partition(",")[0] for problem in problems[:5]] == [
        " row 2", " row 3", " row 3", " row 4", " row 5",
    ]  # fmt: skip
    assert problems[5] == f"people.csv: and {17 + 19 - 5} more problems"


def test_a_council_without_people_is_refused(tmp_path):
    assert refusal(saved(pd.DataFrame([{**ROW, "council": "S"}]), tmp_path)) == (
        "people.csv: council 'N' must have people, got none",
    )
    assert refusal(saved(pd.DataFrame([ROW, {**ROW, "council": "S", "count": 0}]), tmp_path)) == (
        "people.csv: council 'S' must have people, got none",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must be CSV with commas and a header, got ''"),
        (b"council;sex\nN;male\n", "must be CSV with commas and a header, got 'council;sex'"),
        (b"council,consortium,quintile,sex,age\n", "people.csv: must have people, got no rows"),
        (b"council,council,consortium,quintile,sex,age\nN,N,K,1,male,3\n", "column council: must be there once"),
        (b"council,consortium,quintile,sex,age\nN,K,1,male,40\nN,K,1,male\n", "row 3: must have 5 values, got 4"),
        (b"council,consortium,quintile,sex,age\nN,K,1,m\xe4le,40\n", "must be CSV in UTF-8"),
        ("council,sex\n".encode("utf-16"), "must be CSV"),
    ],
)
def test_a_file_that_is_no_csv_is_refused(tmp_path, content, words):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    assert words in refusal(path)[0]


def test_a_file_that_is_no_parquet_or_has_nested_columns_is_refused(tmp_path):
    path = tmp_path / "people.parquet"
    path.write_text("council,sex")
    assert "people.parquet: must be Parquet" in refusal(path)[0]
    frame = pd.DataFrame([ROW])
    frame["age"] = [[40, 41]]
    assert (
        "people.parquet, column age: must be text or numbers, got nested values"
        in refusal(saved(frame, tmp_path, "parquet"))[0]
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([None, None], "row 1, column age: must not be empty"),
        ([b"\xff", b"\xff"], "people.parquet, column age: must be text or numbers, got binary"),
        ([40.0, np.nan], "row 2, column age: must"),
        ([True, False], "row 1, column age: must be a whole number from 18 to 110, got 'true'"),
        (pd.to_datetime(["2014-04-01"] * 2), "row 1, column age: must be a whole number from 18 to 110, got '2014"),
        (pd.Categorical(["40", "x"]), "row 2, column age: must be a whole number from 18 to 110, got 'x'"),
        (pd.Categorical([40, 12]), "row 2, column age: must be a whole number from 18 to 110, got '12'"),
    ],
)
def test_a_parquet_column_of_any_kind_is_read_or_refused(tmp_path, values, words):
    frame = pd.DataFrame([ROW, ROW])
    frame["age"] = values
    assert words in refusal(saved(frame, tmp_path, "parquet"))[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.lists(st.lists(st.text(max_size=6), min_size=6, max_size=6).map(",".join), max_size=4).map(
            lambda lines: "\n".join([",".join(ROW), *lines]).encode()
        ),
    ),
    ending=st.sampled_from(["csv", "parquet"]),
)
def test_any_bytes_at_all_end_in_people_or_in_words(tmp_path, content, ending):
    path = tmp_path / f"people.{ending}"
    path.write_bytes(content)
    try:
        assert read(path).adults.sum() > 0
    except OwnPlaceError as error:
        assert all(problem.startswith(path.name) for problem in error.problems)  # noqa: PT017 - either may be


def test_a_file_that_is_missing_or_of_another_kind_is_refused(tmp_path):
    assert "absent.csv: population cannot be read: No such file" in refusal(tmp_path / "absent.csv")[0]
    (tmp_path / "people.xlsx").touch()
    assert refusal(tmp_path / "people.xlsx") == ("people.xlsx: population must be a file ending in .csv or .parquet",)


def test_a_small_area_that_nobody_knows_names_the_nearest_and_what_else_would_do(tmp_path):
    frame = pd.DataFrame({"small_area": ["E0100620"], "sex": ["male"], "age": [40], "count": [5]})
    problem = refusal(saved(frame, tmp_path))[0]
    assert "row 2, column small_area: unknown small area 'E0100620'; nearest: E01" in problem
    assert problem.endswith("for one that is not England's the file must also have the column 'council'")


@pytest.mark.slow
def test_four_million_persons_are_read_in_seconds(tmp_path):
    rng = np.random.default_rng(1)
    n = 4_000_000
    where = rng.integers(0, len(PLACES), n)
    columns = np.array(PLACES, dtype=object)[where]
    frame = pd.DataFrame(columns, columns=["council", "consortium", "quintile"])
    frame["sex"] = np.array(["male", "female"])[rng.integers(0, 2, n)]
    frame["age"] = rng.integers(18, 100, n)
    path = saved(frame, tmp_path)
    began = time.perf_counter()
    people = read(path)
    assert people.adults.sum() == n
    assert time.perf_counter() - began < 30
