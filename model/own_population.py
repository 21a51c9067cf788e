"""People of the user's own: a CSV or Parquet file of cells or of persons, checked, and counted by area, age and sex.

A file with a column ``count`` holds cells, any other one row a person. Columns are read as words; only the different
words of a column are looked at one by one, so that a file of millions of rows is checked in seconds.
``docs/how-to/use-your-own-population.md`` tells what each column means.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.naming import nearest
from model.own_file import SHOWN, OwnPlaceError, bytes_of, read_csv, read_parquet, words_of
from model.place_data import read_table
from model.place_fitting import FloatArray, IntArray
from model.place_people import AGES, CELL, OLDEST, SMALL_AREA, YOUNGEST, population

MOST_AGE = 110
"""The greatest age that a file may give; from 90 on ages are one, as in the published counts."""

COLUMNS = ("small_area", "council", "consortium", "quintile", "sex", "age", "age_band", "count", "person")
FROM_SMALL_AREA = ("council", "consortium", "quintile")
"""Columns that a file may leave out where every small area is one of England's (LSOA of 2011)."""

SEXES = ("male", "female")
MOST_PEOPLE = 100_000_000
"""More people than this are a slip: England has some 43 million adults."""

GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnPeople:
    """The people of a file.

    Attributes
    ----------
    councils, consortia : codes, in the order that `areas` refers to
    areas : small areas as in ``model.place.Place``; one that lies in two councils, consortia or fifths counts as two
    adults : by small area, age 18 to 90 and sex, shape (n_small_areas, 73, 2)
    """

    councils: tuple[str, ...]
    consortia: tuple[str, ...]
    areas: NDArray[np.void]
    adults: IntArray


class Codes(NamedTuple):
    """The organisations that a column may name.

    Attributes
    ----------
    known : the code of each code and name
    first : codes that come first, in this order; others follow by code
    table : what a place's file calls organisations that are not England's
    """

    known: Mapping[str, str]
    first: tuple[str, ...]
    table: str


@dataclass
class _Problems:
    """What is wrong with a file: how much, and the first few lines."""

    file: str
    lines: list[tuple[int, str]] = field(default_factory=list)
    many: int = 0

    def add(self, column: str, rows: IntArray, says: Callable[[int], str], row_number: Callable[[int], int]) -> None:
        """Add one problem for each of the rows (0 = first), with what it says of them."""
        self.many += len(rows)
        where = f", column {column}" if column else ""
        self.lines += [
            (row, f"{self.file}, row {row_number(row)}{where}: {says(row)}") for row in rows[:SHOWN].tolist()
        ]

    def stop(self) -> None:
        """Raise OwnPlaceError if there are any."""
        if self.many:
            shown = [line for _, line in sorted(self.lines)[:SHOWN]]
            more = [f"{self.file}: and {self.many - len(shown):,} more problems"] if self.many > len(shown) else []
            raise OwnPlaceError([*shown, *more])


def own_people(path: Path, councils: Codes, consortia: Codes) -> OwnPeople:
    """Return the people of a file, the same to the bit whatever the order of its rows.

    Parameters
    ----------
    path : CSV (UTF-8, with commas) or Parquet
    councils, consortia : that it may name

    Raises
    ------
    OwnPlaceError
        If the file cannot be read or says what cannot be; the message has a line for each of the first few problems.
    """
    return _File(path).people(councils, consortia)


class _File:
    """One population file, while it is read."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._bytes = bytes_of(path)
        self._is_csv = path.suffix.lower() == ".csv"
        table = read_csv(self.name, self._bytes) if self._is_csv else read_parquet(self.name, self._bytes)
        self.columns = tuple(table.column_names)
        self._check_columns()
        self.n_rows = len(table)
        if not self.n_rows:
            raise OwnPlaceError([f"{self.name}: must have people, got no rows"])
        self._words = {
            column: words_of(f"{self.name}, column {column}", table.column(column)) for column in self.columns
        }
        self._problems = _Problems(self.name)

    def people(self, councils: Codes, consortia: Codes) -> OwnPeople:
        """Return the people of the file."""
        sex = self._numbers("sex", _sex)
        bands, band = self._ages()
        count = self._counts()
        area_codes, area = self._small_areas()
        quintile = self._quintiles(area_codes, area)
        council_codes, council = self._organisations("council", councils, area_codes, area)
        consortium_codes, consortium = self._organisations("consortium", consortia, area_codes, area)
        self._problems.stop()
        self._check_bands(bands)
        self._check_different((council, consortium, area, quintile, sex, band))
        self._problems.stop()
        self._check_sums(count, council, "council")

        kept = count > 0
        if not 0 < count.sum() <= MOST_PEOPLE:
            self._refuse_counts(f"{count.sum():,} people in all (at least 1, at most {MOST_PEOPLE:,})")
        sizes = len(council_codes), len(consortium_codes), max(len(area_codes), 1), 6
        key = np.ravel_multi_index(tuple(each[kept] for each in (council, consortium, area, quintile)), sizes)
        keys, where = np.unique(key, return_inverse=True)
        found = np.unravel_index(keys, sizes)
        self._check_sizes(council_codes, consortium_codes, keys)
        self._check_sums(count[kept], where, "small area")
        areas = _areas(found, area_codes)
        shape = (len(areas), 2, len(bands))
        flat = np.ravel_multi_index((where, sex[kept], band[kept]), shape)
        by_band = np.bincount(flat, weights=count[kept], minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)
        self._check_everyone_lives(council_codes, found[0], "council")
        self._check_everyone_lives(consortium_codes, found[1], "consortium")
        return OwnPeople(
            councils=council_codes,
            consortia=consortium_codes,
            areas=areas,
            adults=_by_age(by_band, bands, found[0], council_codes),
        )

    def _check_columns(self) -> None:
        times = {column: self.columns.count(column) for column in self.columns}
        problems = [
            f"{self.name}, column {column}: must be there once, is there {many} times"
            for column, many in times.items()
            if many > 1
        ]
        problems += [
            f"{self.name}: unknown column {column!r}; nearest: {nearest(column, COLUMNS)}"
            for column in times
            if column not in COLUMNS
        ]
        if problems:  # first: it may be why another seems to be missing
            raise OwnPlaceError(problems[:SHOWN])
        needed = ["sex", *(() if "small_area" in self.columns else FROM_SMALL_AREA)]
        problems = [
            f"{self.name}: must have a column {column!r}, got {', '.join(self.columns)}"
            for column in needed
            if column not in self.columns
        ]
        if ("age" in self.columns) == ("age_band" in self.columns):
            problems.append(f"{self.name}: must have a column 'age' or 'age_band', got {', '.join(self.columns)}")
        if "count" in self.columns and "person" in self.columns:
            problems.append(f"{self.name}: must have cells (column 'count') or persons (column 'person'), got both")
        if problems:
            raise OwnPlaceError(problems[:SHOWN])

    def row_number(self, row: int) -> int:
        """Return the number that a reader sees beside a row: of its line in a CSV file, the header being 1."""
        return self._filled_lines[row + 1] if self._is_csv else row + 1

    @cached_property
    def _filled_lines(self) -> list[int]:
        return [number for number, line in enumerate(self._bytes.splitlines(), start=1) if line]

    def _say(self, column: str, wrong: NDArray[np.bool_], says: Callable[[int], str]) -> None:
        self._problems.add(column, np.flatnonzero(wrong), says, self.row_number)

    def _numbers(self, column: str, read: Callable[[str], int | str]) -> IntArray:
        """Return the column as whole numbers, shape (n_rows,); `read` gives a number, or what was expected instead.

        A row that is wrong becomes a problem, and -1.
        """
        words, index = self._words[column]
        stripped = ["" if word is None else word.strip() for word in words.to_pylist()]
        found = [read(word) if word else "" for word in stripped]
        numbers = np.array([each if isinstance(each, int) else -1 for each in found] + [-1], dtype=np.int64)
        values = numbers[index]

        def says(row: int) -> str:
            at = index[row]
            if at < 0 or not stripped[at]:
                return "must not be empty"
            return f"{found[at]}, got {stripped[at]!r}"

        self._say(column, values < 0, says)
        return values

    def _ages(self) -> tuple[list[tuple[int, int]], IntArray]:
        """Return the file's bands of age (first and last, in order; single years are bands too) and each row's."""
        column, read = ("age", _age) if "age" in self.columns else ("age_band", _age_band)
        code = self._numbers(column, read)
        codes = np.unique(code[code >= 0])
        bands = [(int(each) // 1000, int(each) % 1000) for each in codes]
        return bands, np.searchsorted(codes, code)

    def _counts(self) -> IntArray:
        """Return how many people each row stands for."""
        if "count" not in self.columns:
            return np.ones(self.n_rows, dtype=np.int64)
        words, index = self._words["count"]
        as_float = np.array([_float(word) for word in words.to_pylist()] + [np.nan])[index]
        total = float(np.nansum(as_float))
        if abs(total - 1) < 0.02 or abs(total - 100) < 1:  # shares and percentages may have been rounded
            self._refuse_counts(f"shares of a whole: they sum to {total:g}")
        return self._numbers("count", _count)

    def _refuse_counts(self, got: str) -> None:
        raise OwnPlaceError([f"{self.name}, column count: must be numbers of people, got {got}"])

    def _check_sums(self, count: IntArray, group: IntArray, what: str) -> None:
        """Raise OwnPlaceError if the counts of each group look like percentages of it."""
        sums = np.bincount(group, weights=count)
        if "count" in self.columns and np.all(np.abs(sums[sums > 0] - 100) <= 1):
            self._refuse_counts(f"percentages: each {what}'s counts sum to about 100")

    def _small_areas(self) -> tuple[list[str], IntArray]:
        """Return the codes of small areas in order, and each row's; no codes and zeros where the file has none."""
        if "small_area" not in self.columns:
            return [], np.zeros(self.n_rows, dtype=np.int64)
        words = self._words["small_area"].words.to_pylist()
        codes = sorted({word.strip() for word in words if word and word.strip()})
        where = {code: i for i, code in enumerate(codes)}
        area = self._numbers("small_area", lambda word: where[word])
        needed = [column for column in FROM_SMALL_AREA if column not in self.columns]
        if needed:
            ours = _england()
            unknown = np.array([code not in ours for code in codes] + [False])[area]

            def says(row: int) -> str:
                code = codes[area[row]]
                near = nearest(code, tuple(ours))
                return (
                    f"unknown small area {code!r}; nearest: {near}; for one that is not England's "
                    f"the file must also have the column {needed[0]!r}"
                )

            self._say("small_area", unknown, says)
            area[unknown] = -1
        return codes, area

    def _quintiles(self, area_codes: list[str], area: IntArray) -> IntArray:
        if "quintile" in self.columns:
            return self._numbers("quintile", _quintile)
        return np.array([int(word or -1) for word in _of_small_areas("quintile", area_codes)] + [-1])[area]

    def _organisations(
        self, column: str, codes: Codes, area_codes: list[str], area: IntArray
    ) -> tuple[tuple[str, ...], IntArray]:
        """Return the codes of a column's organisations in order, and each row's."""
        if column in self.columns:
            words, index = self._words[column]
            names = [(word or "").strip() for word in words.to_pylist()]
        else:
            names, index = _of_small_areas(column, area_codes), area
        present = {codes.known[name] for name in names if name in codes.known}
        order = (*codes.first, *sorted(present - set(codes.first)))
        number = {name: order.index(code) for name, code in codes.known.items() if code in order}
        values = np.array([number.get(name, -1) for name in names] + [-1], dtype=np.int64)[index]
        if column in self.columns:

            def says(row: int) -> str:
                name = names[index[row]] if index[row] >= 0 else ""
                if not name:
                    return "must not be empty"
                near = nearest(name, tuple(codes.known))
                return f"unknown {column} {name!r}; nearest: {near}; one of your own needs a table [[{codes.table}]]"

            self._say(column, values < 0, says)
        return order, values

    def _check_bands(self, bands: list[tuple[int, int]]) -> None:
        for (first, last), (after, end) in itertools.pairwise(bands):
            if after <= last:
                both = f"{first}-{last} and {after}-{end}"
                raise OwnPlaceError([f"{self.name}, column age_band: bands must not overlap, got {both}"])

    def _check_different(self, columns: tuple[IntArray, ...]) -> None:
        """Note rows that say again what another row said: a person, or a cell."""
        if "person" in self.columns:
            words, key = self._words["person"]
            self._say("person", key < 0, lambda _: "must not be empty")
        elif "count" in self.columns:
            key = np.ravel_multi_index(columns, [int(each.max()) + 1 for each in columns])
        else:
            return
        _, first, again = np.unique(key, return_index=True, return_inverse=True)
        earlier = first[again.reshape(-1)]
        repeated = (earlier != np.arange(self.n_rows)) & (key >= 0)

        def says(row: int) -> str:
            what = f"person {words[key[row]].as_py()!r}" if "person" in self.columns else "each cell"
            return f"{what} must be there once, is also row {self.row_number(int(earlier[row]))}"

        self._say("person" if "person" in self.columns else "", repeated, says)

    def _check_sizes(self, councils: tuple[str, ...], consortia: tuple[str, ...], areas: IntArray) -> None:
        """Raise OwnPlaceError if there are more of them than a place can number."""
        for what, many, kind in (
            ("councils", len(councils), SMALL_AREA["council"]),
            ("consortia", len(consortia), SMALL_AREA["consortium"]),
            ("small areas", len(areas), CELL["small_area"]),
        ):
            most = int(np.iinfo(kind).max) + 1
            if many > most:
                raise OwnPlaceError([f"{self.name}: must have at most {most} {what}, got {many}"])

    def _check_everyone_lives(self, codes: tuple[str, ...], found: IntArray, what: str) -> None:
        empty = [code for i, code in enumerate(codes) if i not in set(found.tolist())]
        if empty:
            raise OwnPlaceError([f"{self.name}: {what} {code!r} must have people, got none" for code in empty[:SHOWN]])


# What a word of each column says: a whole number, or what was expected instead.


def _sex(word: str) -> int | str:
    return SEXES.index(word) if word in SEXES else f"must be {' or '.join(SEXES)}"


def _whole(word: str) -> int | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _age(word: str) -> int | str:
    age = _whole(word)
    if age is None or not YOUNGEST <= age <= MOST_AGE:
        return f"must be a whole number from {YOUNGEST} to {MOST_AGE}"
    return _band_code(age, age)


def _age_band(word: str) -> int | str:
    first, dash, last = word.partition("-") if "-" in word else (word.removesuffix("+"), word[-1:], str(MOST_AGE))
    if dash in ("-", "+") and first.strip().isdecimal() and last.strip().isdecimal():
        ages = int(first), int(last)
        if YOUNGEST <= ages[0] <= ages[1] <= MOST_AGE:
            return _band_code(*ages)
    return f"must be a band within {YOUNGEST} to {MOST_AGE}, such as 65-69 or 90+"


def _band_code(first: int, last: int) -> int:
    """Return one number for a band of ages; single years of 90 and over stay apart until they are counted."""
    return 1000 * first + last


def _quintile(word: str) -> int | str:
    number = _whole(word)
    return number if number in range(1, 6) else "must be 1 (most deprived fifth of England) to 5"


def _count(word: str) -> int | str:
    number = _whole(word)
    if number is not None and 0 <= number <= MOST_PEOPLE:
        return number
    return "must be a whole number of people, 0 or more"


def _float(word: str | None) -> float:
    try:
        return float(word or "nan")
    except ValueError:
        return np.nan


@lru_cache(maxsize=1)
def _england() -> dict[str, tuple[str, str, str]]:
    """Return council, consortium and fifth of each of England's small areas (LSOA of 2011)."""
    table = read_table("lsoa_base.csv.gz")
    fifth = (table["imd2015_decile"] + 1) // 2
    rows = zip(table["utla_code"].tolist(), table["ccg15_code"].tolist(), map(str, fifth.tolist()), strict=True)
    return dict(zip(table["lsoa11_code"].tolist(), rows, strict=True))


def _of_small_areas(column: str, codes: list[str]) -> list[str]:
    """Return what our data say of small areas, as words of a column; empty of one that is not England's."""
    ours = _england()
    return [ours[code][FROM_SMALL_AREA.index(column)] if code in ours else "" for code in codes]


@lru_cache(maxsize=1)
def _scores() -> tuple[dict[str, float], FloatArray]:
    """Return the deprivation score of each of England's small areas, and the mean of each fifth."""
    table = read_table("lsoa_base.csv.gz")
    fifth = (table["imd2015_decile"] + 1) // 2
    means = np.array([table["imd2015_score"][fifth == k].mean() for k in range(1, 6)])
    return dict(zip(table["lsoa11_code"].tolist(), table["imd2015_score"].tolist(), strict=True)), means


def _areas(found: tuple[IntArray, ...], codes: list[str]) -> NDArray[np.void]:
    """Return small areas from council, consortium, number of the code and fifth, each shape (n_small_areas,)."""
    council, consortium, area, quintile = found
    names = [codes[k] if codes else f"area {i}" for i, k in enumerate(area.tolist())]
    width = max(SMALL_AREA["code"].itemsize, *(len(name.encode()) for name in names))
    areas = np.zeros(len(names), dtype=[("code", f"S{width}"), *SMALL_AREA.descr[1:]])
    areas["code"] = [name.encode() for name in names]
    areas["council"], areas["consortium"], areas["quintile"] = council, consortium, quintile
    scores, means = _scores()
    areas["imd"] = [scores.get(name, means[k - 1]) for name, k in zip(names, quintile.tolist(), strict=True)]
    return areas


def _by_age(by_band: IntArray, bands: list[tuple[int, int]], council: IntArray, codes: tuple[str, ...]) -> IntArray:
    """Return adults by small area, age 18 to 90 and sex, shape (n_small_areas, 73, 2), the same people as by band.

    Within a band of several ages, a council's people of one sex are spread over the ages as the published ones of 2014
    are (England's, for a council of the user's own). They are taken in order of small area, each the golden ratio of
    the band's people further on than the one before, so that every stretch of them has nearly the band's mix of ages.

    Parameters
    ----------
    by_band : shape (n_small_areas, 2 sexes, n_bands)
    bands : first and last age of each
    council : of each small area, shape (n_small_areas,)
    """
    adults = np.zeros((len(by_band), len(AGES), 2), dtype=np.int64)
    published = [residents(code)[:, YOUNGEST:] for code in codes]
    for b, (first, last) in enumerate(bands):
        low, high = min(first, OLDEST) - YOUNGEST, min(last, OLDEST) - YOUNGEST
        if low == high:
            adults[:, low] += by_band[:, :, b]
            continue
        for c, ages in enumerate(published):
            for sex in range(2):
                counts = np.where(council == c, by_band[:, sex, b], 0)
                weights = np.cumsum(ages[sex, low : high + 1])
                places = (np.arange(counts.sum()) + 0.5) * GOLDEN % 1.0 * weights[-1]
                age = low + np.searchsorted(weights, places, side="right")
                np.add.at(adults, (np.repeat(np.arange(len(counts)), counts), age, sex), 1)
    return adults


@lru_cache(maxsize=256)
def residents(council: str) -> IntArray:
    """Return residents of mid-2014 by sex and age 0 to 90, shape (2, 91), of a council of England; else of England."""
    codes = tuple(read_table("councils.csv")["utla_code"].tolist())
    return population((council,) if council in codes else codes).sum(axis=0)
