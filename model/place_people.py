"""The people of a place: small areas, adults by small area, age and sex, and who comes and goes.

No published table crosses small area, single year of age and sex, so it is fitted: age and sex by council are exact
for mid-2014; how a five-year age band spreads over consortia and deprivation quintiles, and a broad age band over small
areas, is that of mid-2017, scaled to the 2014 totals of each council.
"""

import itertools
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.place_data import Table, positions, read_table, select
from model.place_fitting import FloatArray, IntArray, Margin, fit_table, round_table

YOUNGEST, OLDEST = 18, 90
AGES = np.arange(YOUNGEST, OLDEST + 1)
"""Single years of age; the last stands for 90 and over."""

SMALL_AREA = np.dtype([("code", "S9"), ("council", "u1"), ("consortium", "u1"), ("quintile", "u1"), ("imd", "f4")])
CELL = np.dtype([("small_area", "u2"), ("sex", "u1"), ("age", "u1"), ("count", "u4")])

# Five-year bands from 15-19 (of which only 18 and 19 are adults) to 90 and over, and the broad ages of the LSOA file.
BANDS = np.minimum(AGES // 5, 18) - 3
N_BANDS = 16
BROAD_COLUMNS = ("pop2017_18_64", "pop2017_65_74", "pop2017_75_84", "pop2017_85plus")
BROAD = np.digitize(AGES, (65, 75, 85))
BROAD_OF_BAND = np.array([BROAD[np.argmax(band == BANDS)] for band in range(N_BANDS)])

MOVES_SMOOTHED_FROM, MOVES_NONE_FROM = 25, 85
"""Ages from which yearly moves are averaged over five-year groups, and from which they are set to 0."""


def population(councils: tuple[str, ...], year: int = 2014) -> IntArray:
    """Return residents by council, sex (male, female) and single year of age 0 to 90, shape (n_councils, 2, 91).

    Parameters
    ----------
    councils : ONS codes of 2015
    year : 2014 to 2019 (mid-year)

    Raises
    ------
    ValueError
        If the year's file does not have one of the councils.
    """
    row_of, people = _people_of(year)
    missing = set(councils) - set(row_of)
    if missing:
        raise ValueError(f"council must be in the population file of {year}, got {min(missing)!r}")
    return people[[row_of[council] for council in councils]]


def small_areas(councils: tuple[str, ...]) -> tuple[NDArray[np.void], Table, tuple[str, ...]]:
    """Return the small areas of the councils, the file's rows for them, and the codes of their consortia.

    Small areas are in order of council, consortium and code. Quintile 1 is the most deprived fifth of England.
    """
    table = read_table("lsoa_base.csv.gz")
    table = select(table, np.isin(table["utla_code"], councils))
    consortia = tuple(np.unique(table["ccg15_code"]).tolist())
    council, consortium = positions(councils, table["utla_code"]), positions(consortia, table["ccg15_code"])
    order = np.lexsort((table["lsoa11_code"], consortium, council))
    table = select(table, order)
    areas = np.zeros(len(order), dtype=SMALL_AREA)
    areas["code"] = table["lsoa11_code"]
    areas["council"] = council[order]
    areas["consortium"] = consortium[order]
    areas["quintile"] = (table["imd2015_decile"] + 1) // 2
    areas["imd"] = table["imd2015_score"]
    return areas, table, consortia


def fit_adults(
    councils: tuple[str, ...], consortia: tuple[str, ...], areas: NDArray[np.void], table: Table
) -> IntArray:
    """Return adults by small area, age and sex in mid-2014, shape (n_small_areas, 73, 2).

    The sum over the small areas of a council is the published count of each age and sex.
    """
    adults = population(councils)[:, :, YOUNGEST:].transpose(0, 2, 1)
    broad = np.column_stack([table[column] for column in BROAD_COLUMNS]).astype(np.float64)
    fitted = np.zeros((len(areas), len(AGES), 2), dtype=np.int64)
    for i, council in enumerate(councils):
        mine = areas["council"] == i
        group_codes, group = _groups(areas[mine])
        by_band = _group_bands(council, consortia, group_codes)
        fitted[mine] = _fit_council(adults[i].astype(np.float64), group, by_band, broad[mine])
    return fitted


def adults_by_pair(councils: tuple[str, ...], consortia: tuple[str, ...], areas: NDArray[np.void]) -> FloatArray:
    """Return adults in mid-2014 by council and consortium, shape (n_councils, n_consortia); no small area is fitted.

    Those of `fit_adults` are these in whole people.
    """
    ages = population(councils)[:, :, YOUNGEST:].sum(axis=1)
    adults = np.zeros((len(councils), len(consortia)))
    for i, council in enumerate(councils):
        group_codes, _ = _groups(areas[areas["council"] == i])
        bands = _bands_of_2014(_group_bands(council, consortia, group_codes), ages[i])
        np.add.at(adults[i], group_codes // 10, bands.sum(axis=1))
    return adults


def cells_of(adults: IntArray) -> NDArray[np.void]:
    """Return the cells that hold people, ordered by small area, sex and age; `adults` as `fit_adults` gives it."""
    area, sex, age = np.nonzero(adults.transpose(0, 2, 1))
    cells = np.zeros(len(area), dtype=CELL)
    cells["small_area"], cells["sex"], cells["age"] = area, sex, AGES[age]
    cells["count"] = adults[area, age, sex]
    return cells


def people_by_consortium(
    councils: tuple[str, ...], areas: NDArray[np.void], table: Table, adults: IntArray
) -> FloatArray:
    """Return residents of all ages in mid-2014, shape (n_councils, n_consortia), inside the place.

    Children are spread over small areas as in mid-2017.
    """
    children_2014 = population(councils)[:, :, :YOUNGEST].sum(axis=(1, 2))
    children_2017 = np.bincount(areas["council"], weights=table["pop2017_0_17"])
    children = table["pop2017_0_17"] * (children_2014 / children_2017)[areas["council"]]
    people = np.zeros((len(councils), int(areas["consortium"].max()) + 1))
    np.add.at(people, (areas["council"], areas["consortium"]), adults.sum(axis=(1, 2)) + children)
    return people


def turning_18(councils: tuple[str, ...], years: int = 10) -> IntArray:
    """Return people turning 18 in each financial year from 2014/15, shape (years, n_councils, 2 sexes).

    Those aged 17, 16 and so on in mid-2014: nobody moves, and nobody dies in childhood (some 1 in 10,000 a year does).
    """
    people = population(councils)
    return np.stack([people[:, :, YOUNGEST - 1 - year] for year in range(years)])


def net_migration(councils: tuple[str, ...], areas: NDArray[np.void], adults: IntArray) -> FloatArray:
    """Return net people moving in a year by council, sex and age 18 to 90, shape (n_councils, 2, 73).

    Each cohort is followed over the five years from mid-2014 to mid-2019; what deaths do not explain is
    migration, and so is any revision of the estimates. Deaths are those of England in 2014 by age, sex and quintile.
    Age is that at the end of the year. From age 25 the mean of each five-year group stands for its ages; from 85 the
    residual is mostly error in deaths and in the estimates, and is set to 0.
    """
    rates = death_rates(len(councils), areas, adults)
    return smooth_moves(np.stack([_council_moves(council, rates[i]) for i, council in enumerate(councils)]))


def smooth_moves(moves: FloatArray) -> FloatArray:
    """Return moves by sex and age 18 to 90, smoothed as `net_migration` says, shape of `moves`: (n, 2, 73)."""
    moves = moves.copy()
    for start in range(MOVES_SMOOTHED_FROM, MOVES_NONE_FROM, 5):
        group = slice(start - YOUNGEST, start - YOUNGEST + 5)
        moves[:, :, group] = moves[:, :, group].mean(axis=2, keepdims=True)
    moves[:, :, MOVES_NONE_FROM - YOUNGEST :] = 0.0
    return moves


def death_rates(n_councils: int, areas: NDArray[np.void], adults: IntArray) -> FloatArray:
    """Return deaths a person-year by council, sex and age 0 to 90, shape (n_councils, 2, 91).

    England's 2014 rates by quintile, weighted by the council's people; under 18 all quintiles count alike.
    """
    table = read_table("mortality2014_england_age_sex_imdq.csv")
    england = np.zeros((5, 2, OLDEST + 1))
    england[table["imd_quintile"] - 1, (table["sex"] == "female").astype(int), table["age"]] = table["death_rate"]
    people = np.zeros((n_councils, 5, 2, len(AGES)))
    np.add.at(people, (areas["council"], areas["quintile"] - 1), adults.transpose(0, 2, 1))
    people += 1e-9  # an age at which nobody lives takes the plain mean of the quintiles
    weights = people / people.sum(axis=1, keepdims=True)
    rates = np.broadcast_to(england.mean(axis=0), (n_councils, 2, OLDEST + 1)).copy()
    rates[:, :, YOUNGEST:] = (weights * england[None, :, :, YOUNGEST:]).sum(axis=1)
    return rates


@lru_cache(maxsize=6)  # a year of England is 200 kB
def _people_of(year: int) -> tuple[dict[str, int], IntArray]:
    """Return which row each council of a year's file has, and its residents, shape (n_councils, 2, 91)."""
    if year == 2014:
        table = read_table("pop2014_utla_age_sex.csv.gz")
    else:
        table = read_table("pop2015_2019_utla_age_sex.csv.gz")
        table = select(table, table["year"] == year)
    codes, where = np.unique(table["utla_code"], return_inverse=True)
    people = np.zeros((len(codes), 2, OLDEST + 1), dtype=np.int64)
    people[where, 0, table["age"]] = table["males"]
    people[where, 1, table["age"]] = table["females"]
    people.flags.writeable = False
    return {code: row for row, code in enumerate(codes.tolist())}, people


def _groups(areas: NDArray[np.void]) -> tuple[IntArray, IntArray]:
    """Return the groups of a council (the part of one consortium in one quintile), and the group of each small area."""
    codes, group = np.unique(areas["consortium"].astype(np.int64) * 10 + areas["quintile"], return_inverse=True)
    return codes, group


def _bands_of_2014(by_band: FloatArray, ages: NDArray[Any]) -> FloatArray:
    """Return people of mid-2017 by group and band scaled to the 2014 total of each band, shape (n_groups, 16).

    Parameters
    ----------
    by_band : shape (n_groups, 16)
    ages : residents in mid-2014, age 18 to 90, shape (73,)
    """
    return _spread(by_band.T, np.bincount(BANDS, weights=ages, minlength=N_BANDS)).T


def _group_bands(council: str, consortia: tuple[str, ...], group_codes: IntArray) -> FloatArray:
    """Return people in mid-2017 by group (consortium part x quintile) and five-year band, shape (n_groups, 16)."""
    table = read_table("pop2017_ccg_utla_age_imdq.csv.gz")
    adult = table["age_band"] >= "15-19"
    table = select(table, (table["utla_code"] == council) & adult)
    bands, band = np.unique(table["age_band"], return_inverse=True)
    codes = positions(consortia, table["ccg15_code"]) * 10 + table["imd2015_quintile"]
    people = np.zeros((len(group_codes), N_BANDS))
    people[np.searchsorted(group_codes, codes), band + N_BANDS - len(bands)] = table["population"]
    return people


def _fit_council(adults: FloatArray, group: IntArray, by_band: FloatArray, by_broad: FloatArray) -> IntArray:
    """Return whole adults by small area, age and sex of one council, shape (n_small_areas, 73, 2).

    Parameters
    ----------
    adults : mid-2014, shape (73, 2)
    group : of each small area, shape (n_small_areas,)
    by_band : mid-2017 people by group and five-year band, shape (n_groups, 16)
    by_broad : mid-2017 people by small area and broad age, shape (n_small_areas, 4)
    """
    n_areas, n_groups = len(group), len(by_band)
    group_bands = _bands_of_2014(by_band, adults.sum(axis=1))
    group_broad = np.zeros((n_groups, len(BROAD_COLUMNS)))
    np.add.at(group_broad, (slice(None), BROAD_OF_BAND), group_bands)
    area_broad = np.zeros((n_areas, len(BROAD_COLUMNS)))
    for g in range(n_groups):
        area_broad[group == g] = _spread(by_broad[group == g].T, group_broad[g]).T

    shape = (n_areas, len(AGES), 2)
    area, age, sex = np.indices(shape)
    margins = (
        Margin(labels=age * 2 + sex, totals=adults.ravel()),
        Margin(labels=group[area] * N_BANDS + BANDS[age], totals=group_bands.ravel()),
        Margin(labels=area * len(BROAD_COLUMNS) + BROAD[age], totals=area_broad.ravel()),
    )
    return round_table(fit_table(np.ones(shape), margins).reshape(n_areas, -1)).reshape(shape)


def _spread(weights: FloatArray, totals: FloatArray) -> FloatArray:
    """Return each total spread over its row of weights, evenly where all are 0; shape of `weights`, (n_totals, n)."""
    sums = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, sums, out=np.full(weights.shape, 1.0 / weights.shape[1]), where=sums > 0)
    return shares * totals[:, None]


# Later codes of the same area, and the last year of councils whose boundary then changed (April 2019, already in the
# file of mid-2018): their moves rest on the years before.
RENAMED = {("E10000002", 2019): "E06000060"}
LAST_YEAR = {"E06000028": 2017, "E06000029": 2017, "E10000009": 2017}


def _council_moves(council: str, rates: FloatArray) -> FloatArray:
    """Return net moves a year by sex and age 18 to 90 of one council, shape (2, 73)."""
    last = LAST_YEAR.get(council, 2019)
    return mean_moves(
        [population((RENAMED.get((council, year), council),), year)[0] for year in range(2014, last + 1)], rates
    )


def mean_moves(years: list[IntArray], rates: FloatArray) -> FloatArray:
    """Return net moves a year by sex and age 18 to 90, shape (2, 73): what deaths do not explain.

    Parameters
    ----------
    years : residents by sex and age 0 to 90 at successive mid-years, each shape (2, 91)
    rates : deaths a person-year, shape (2, 91)
    """
    # A year's survival from one mid-year to the next runs half at one age and half at the next.
    survival = np.exp(-(rates[:, :-1] + rates[:, 1:]) / 2)
    moves = np.zeros((2, len(AGES)))
    for before, after in itertools.pairwise(years):
        expected = before[:, :-1] * survival
        expected[:, -1] += before[:, -1] * np.exp(-rates[:, -1])
        moves += (after[:, 1:] - expected)[:, YOUNGEST - 1 :]
    return moves / (len(years) - 1)
