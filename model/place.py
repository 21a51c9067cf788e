"""Real places: people by council x consortium x small area x age x sex x deprivation, and their organisations.

A place is a council or a list of councils: named at once (``model/place_choice.py``), or by a TOML file; every number comes
from the open data in ``model/data``. ``docs/reference/data.md`` tells how. One place is not real: with
``made_of = "england"`` instead of ``councils``, it is England in miniature (``model/place_england.py``).
"""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.naming import nearest
from model.own_definition import names_a_population, own_place_digest
from model.own_place import own_place
from model.place_choice import (
    Definition,
    PlaceChoice,
    codes_of,
    council_code,
    council_definition,
    list_definition,
    parts_of,
    slug,
    unknown_place,
)
from model.place_data import read_table
from model.place_england import miniature
from model.place_facts import ConsortiumFacts, CouncilFacts, Fact, HospitalFacts
from model.place_fitting import FloatArray, IntArray
from model.place_hospitals import HospitalUse, hospital_use
from model.place_organisations import consortium_facts, council_facts, hospital_facts
from model.place_people import (
    OLDEST,
    YOUNGEST,
    cells_of,
    fit_adults,
    net_migration,
    people_by_consortium,
    population,
    small_areas,
    turning_18,
)
from model.place_registers import register_ratios

FOLDER = Path(__file__).parent / "places"
KEYS = ("name", "title", "councils", "notes", "made_of", "population")
MADE_OF = "england"
ALL_COUNCILS = "all"
MOST_OF_A_KIND, MOST_SMALL_AREAS = 255, 65_535
"""Councils, consortia or hospitals, and small areas, that a person's record can name (England has 209 and 32,844)."""

__all__ = [
    "ConsortiumFacts",
    "CouncilFacts",
    "Fact",
    "HospitalFacts",
    "Place",
    "PlaceRow",
    "describe_place",
    "list_places",
    "load_place",
    "place_file_digest",
    "place_name",
    "place_summary",
    "places",
]


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Place:
    """A place. Arrays are read-only and shared: places are loaded once.

    Attributes
    ----------
    name, title, notes : short name, name in print, what is special about it
    councils, consortia, hospitals : in the order that indices below refer to; main hospitals first
    small_areas : one row per LSOA: code, council and consortium (indices), quintile (1 = most deprived fifth of
        England), imd (2015 score)
    cells : adults of mid-2014, one row per small area (index), sex (0 male, 1 female) and age (18 to 90, 90 = 90 and
        over) with people: count
    turning_18 : people turning 18 in each financial year from 2014/15, shape (10, n_councils, 2 sexes)
    net_migration : net people moving in a year, shape (n_councils, 2 sexes, 73 ages 18 to 90)
    catchment : share of a council's hospital use, shape (n_councils, n_hospitals); rows sum to 1
    register_ratio : for each condition, recorded over expected prevalence relative to England, shape (n_consortia,)
    facts : every number about an organisation, with its source
    """

    name: str
    title: str
    notes: str
    councils: tuple[CouncilFacts, ...]
    consortia: tuple[ConsortiumFacts, ...]
    hospitals: tuple[HospitalFacts, ...]
    small_areas: NDArray[np.void]
    cells: NDArray[np.void]
    turning_18: IntArray
    net_migration: FloatArray
    catchment: FloatArray
    register_ratio: dict[str, FloatArray]
    facts: tuple[Fact, ...]

    def __post_init__(self) -> None:
        _check_numbers(self)
        _check_areas(self)
        _check_cells(self)
        _check_hospitals(self)


class PlaceRow(NamedTuple):
    """One line of the page about a place."""

    organisation: str
    name: str
    value: float
    unit: str
    status: str
    source: str


def list_places() -> tuple[str, ...]:
    """Return the names of the places that are shipped, in alphabetical order.

    Examples
    --------
    >>> list_places()[:3]
    ('berkshire-west', 'england', 'england-in-miniature')
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def places() -> tuple[str, ...]:
    """Return the names of the places that are shipped; the same as `list_places`."""
    return list_places()


def load_place(place: PlaceChoice) -> Place:
    """Return a place.

    Parameters
    ----------
    place : name of a shipped place; name or ONS code of a council; several councils, by commas or in a list; or path of a
        TOML file (ending in ``.toml``) with ``name``, ``councils`` and perhaps ``title`` and ``notes``; instead of
        ``councils`` perhaps ``made_of = "england"``, or ``population``, the path of a file of people of the user's own
        (``model/own_place.py``). A name means a shipped place before it means a council.

    Raises
    ------
    ValueError
        If there is no such place or council (the message gives the nearest names), a council is named twice, or the file
        is wrong.
    """
    if _is_file(place) and Path(str(place)).is_file() and names_a_population(Path(str(place))):
        return _build_own(Path(str(place)), own_place_digest(Path(str(place))))
    return _build(definition_of(place))


def place_name(place: PlaceChoice) -> str:
    """Return the one name of a place however it was given; the path if it is a file.

    Raises
    ------
    ValueError
        As for :func:`load_place`, but a file is not read.

    Examples
    --------
    >>> place_name("Kent"), place_name("E10000016"), place_name(["Bristol, City of", "Bath & North East Somerset"])
    ('kent', 'kent', 'bristol+bath-and-north-east-somerset')
    """
    return str(place) if _is_file(place) else definition_of(place).name


def definition_of(place: PlaceChoice) -> Definition:
    """Return what a place is made of, without building it; takes and raises what :func:`load_place` does."""
    if _is_file(place):
        if not Path(str(place)).is_file():
            raise ValueError(f"place file must exist, got {str(place)!r}")
        return _read_definition(Path(str(place)))
    presets = list_places()
    parts = parts_of(place)
    if len(parts) > 1:
        return list_definition(codes_of(parts, f"place {', '.join(parts)!r}", presets))
    (words,) = parts
    if slug(words) in presets:
        return _read_definition(FOLDER / f"{slug(words)}.toml")
    code = council_code(words)
    if code is None:
        raise unknown_place(words, presets)
    return _council_alone(code, presets)


def place_file_digest(path: str | Path) -> str:
    """Return a hash of what a place's TOML file says, with its population's contents where it names one of its own.

    Raises
    ------
    ValueError
        If a population cannot be read.
    OSError
        If the file itself cannot be read.
    """
    path = Path(path)
    return own_place_digest(path) if names_a_population(path) else hashlib.sha256(path.read_bytes()).hexdigest()


def describe_place(place: Place) -> list[PlaceRow]:
    """Return every number about the organisations of a place, with unit, status and source."""
    return [PlaceRow(f.organisation, f.name, f.value, f.unit, f.status, f.source) for f in place.facts]


def place_summary(place: Place) -> dict[str, object]:
    """Return what a place is in a few lines.

    Returns
    -------
    name, title, notes, adults, small_areas (how many), councils, consortia, hospitals (names; main hospitals first),
    main_hospitals, coterminosity (1 = councils and consortia share their boundaries), and that and who looks after each
    council once boundaries are redrawn
    """
    share_inside = np.array([consortium.share_inside for consortium in place.consortia])
    councils, consortia = ([each.name for each in kind] for kind in (place.councils, place.consortia))
    adults = _counted_by_pair(place.small_areas, place.cells)
    return {
        "name": place.name,
        "title": place.title,
        "notes": place.notes,
        "adults": int(place.cells["count"].sum()),
        "small_areas": len(place.small_areas),
        "councils": councils,
        "consortia": consortia,
        "hospitals": [hospital.name for hospital in place.hospitals],
        "main_hospitals": [hospital.name for hospital in place.hospitals if hospital.kind == "main"],
        "coterminosity": coterminosity(adults, share_inside),
        **once_redrawn(adults, councils, consortia),
    }


def once_redrawn(adults: np.ndarray, councils: Sequence[str], consortia: Sequence[str]) -> dict[str, Any]:
    """Return what boundaries redrawn along those of councils would make of a place.

    Parameters
    ----------
    adults : by council and consortium, shape (n_councils, n_consortia)
    councils, consortia : their names

    Returns
    -------
    coterminosity_redrawn (nobody from outside the place is then with its consortia), redrawn (council to consortium)
    """
    after = redrawn(adults)
    return {
        "coterminosity_redrawn": coterminosity(after, np.ones(len(consortia))),
        "redrawn": {council: consortia[k] for council, k in zip(councils, after.argmax(axis=1), strict=True)},
    }


def coterminosity(adults: NDArray[np.int64], share_inside: FloatArray) -> float:
    """Return the mean over people of (share of their council) x (share of their consortium) that lives where they do.

    1 where every council and consortium share one boundary; near 0 where each meets many others.

    Parameters
    ----------
    adults : by council and consortium, shape (n_councils, n_consortia)
    share_inside : share of each consortium's people who live inside the place, shape (n_consortia,)

    Examples
    --------
    >>> coterminosity(np.array([[100, 100]]), np.array([1.0, 1.0]))
    0.5
    """
    of_council = adults / adults.sum(axis=1, keepdims=True)
    of_consortium = adults / np.maximum(adults.sum(axis=0, keepdims=True), 1) * share_inside  # one may have nobody
    return float((adults * of_council * of_consortium).sum() / adults.sum())


def redrawn(both: np.ndarray) -> np.ndarray:
    """Return the people of councils (rows) by consortium once boundaries are redrawn: all of a council with the one that had most of it.

    Examples
    --------
    >>> redrawn(np.array([[60.0, 40.0, 0.0], [10.0, 20.0, 70.0]])).tolist()
    [[100.0, 0.0, 0.0], [0.0, 0.0, 100.0]]
    """
    found = np.zeros_like(both)
    found[np.arange(len(both)), both.argmax(axis=1)] = both.sum(axis=1)
    return found


def _is_file(place: PlaceChoice) -> bool:
    return isinstance(place, str | Path) and str(place).endswith(".toml")


def _council_alone(code: str, presets: tuple[str, ...]) -> Definition:
    """Return the definition of one council: the shipped place that is just this council, if there is one."""
    alone = council_definition(code, presets)
    if slug(alone.title) in presets:
        shipped = _read_definition(FOLDER / f"{slug(alone.title)}.toml")
        if shipped.councils == alone.councils:
            return shipped
    return alone


def _read_definition(path: Path) -> Definition:
    """Return the definition in a place's TOML file."""
    try:
        definition = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: must be TOML: {error}") from error
    for key in definition:
        if key not in KEYS:
            raise ValueError(f"{path.name}: unknown key {key!r}; nearest: {nearest(key, KEYS)}")
    for key in ("name", "title", "notes"):
        if not isinstance(definition.get(key, ""), str) or (key == "name" and not definition.get(key)):
            raise ValueError(f"{path.name}: {key} must be text, got {definition.get(key)!r}")
    name = definition["name"]
    words = name, definition.get("title", name), definition.get("notes", "").strip()
    if "made_of" in definition:
        if definition["made_of"] != MADE_OF:
            raise ValueError(f"{path.name}: made_of must be {MADE_OF!r}, got {definition['made_of']!r}")
        if "councils" in definition:
            raise ValueError(f"{path.name}: must have councils or made_of, got both")
        return Definition(*words, ())
    councils = definition.get("councils")
    if councils == ALL_COUNCILS:
        return Definition(*words, tuple(read_table("councils.csv")["utla_code"].tolist()))
    if not isinstance(councils, list) or not councils or not all(isinstance(council, str) for council in councils):
        raise ValueError(
            f"{path.name}: councils must be {ALL_COUNCILS!r} or a list of names or codes, got {councils!r}"
        )
    return Definition(*words, codes_of(councils, f"{path.name}: councils"))


@lru_cache(maxsize=8)  # a place of all England holds some 50 MB
def _build(definition: Definition) -> Place:
    name, title, notes, codes = definition
    if not codes:
        place = Place(name=name, title=title, notes=notes, **miniature()._asdict())
        _freeze(place)
        return place
    areas, table, consortium_codes = small_areas(codes)
    adults = fit_adults(codes, consortium_codes, areas, table)
    cells = cells_of(adults)
    by_pair = _counted_by_pair(areas, cells)
    people = people_by_consortium(codes, areas, table, adults)
    use = hospital_use(codes)
    ratios = register_ratios(consortium_codes)

    councils = [council_facts(code) for code in codes]
    inside = shares_inside(consortium_codes, codes)
    consortia = [
        consortium_facts(code, int(by_pair[:, k].sum()), float(people[:, k].sum()), inside[k])
        for k, code in enumerate(consortium_codes)
    ]
    hospitals = hospital_facts(use, by_pair.sum(axis=1), population(codes).sum(axis=(1, 2)).astype(np.float64))
    facts = tuple(fact for _, own in (*councils, *consortia, *hospitals) for fact in own)
    council_names = tuple(council.name for council, _ in councils)
    consortium_names = tuple(consortium.name for consortium, _ in consortia)
    place = Place(
        name=name,
        title=title,
        notes=notes,
        councils=tuple(council for council, _ in councils),
        consortia=tuple(consortium for consortium, _ in consortia),
        hospitals=tuple(hospital for hospital, _ in hospitals),
        small_areas=areas,
        cells=cells,
        turning_18=turning_18(codes),
        net_migration=net_migration(codes, areas, adults),
        catchment=use.catchment,
        register_ratio=ratios,
        facts=(*facts, *_catchment_facts(council_names, use), *_register_facts(consortium_names, ratios)),
    )
    _freeze(place)
    return place


@lru_cache(maxsize=8)
def _build_own(path: Path, digest: str) -> Place:
    """Return the place of a file with a population of its own; a changed `digest` is another place."""
    place = Place(**own_place(path))
    _freeze(place)
    return place


def _check_numbers(place: Place) -> None:
    """Raise ValueError if the place lacks a kind of organisation, or has more than a person's record can tell apart."""
    for kind in ("councils", "consortia", "hospitals"):
        number = len(getattr(place, kind))
        if not 1 <= number <= MOST_OF_A_KIND:
            raise ValueError(f"Place.{kind} must number from 1 to {MOST_OF_A_KIND}, got {number} in {place.name!r}")
    if len(place.small_areas) > MOST_SMALL_AREAS:
        raise ValueError(f"Place.small_areas must number at most {MOST_SMALL_AREAS}, got {len(place.small_areas)}")


def _check_areas(place: Place) -> None:
    """Raise ValueError if a small area is of no council or consortium of the place, or of no fifth."""
    for field, least, most in (
        ("council", 0, len(place.councils) - 1),
        ("consortium", 0, len(place.consortia) - 1),
        ("quintile", 1, 5),
    ):
        _check_between("small_areas", place.small_areas, field, least, most)


def _check_hospitals(place: Place) -> None:
    """Raise ValueError if a hospital has no beds: nobody could ever be admitted to it."""
    for hospital in place.hospitals:
        if hospital.beds < 1:
            raise ValueError(
                f"Place.hospitals must have beds: {hospital.name!r} must have at least 1, got {hospital.beds!r}"
            )


def _check_cells(place: Place) -> None:
    """Raise ValueError if the cells contradict the place: a number out of range, or a council's total."""
    most = int(np.iinfo(np.uint32).max)
    for field, least, greatest in (
        ("small_area", 0, len(place.small_areas) - 1),
        ("sex", 0, 1),
        ("age", YOUNGEST, OLDEST),
        ("count", 0, most),
    ):
        _check_between("cells", place.cells, field, least, greatest)
    found = np.zeros((len(place.councils), len(place.consortia)), dtype=np.int64)
    where = place.small_areas[place.cells["small_area"]]
    np.add.at(found, (where["council"], where["consortium"]), place.cells["count"].astype(np.int64))
    for known, sums in ((place.councils, found.sum(axis=1)), (place.consortia, found.sum(axis=0))):
        for organisation, adults in zip(known, sums.tolist(), strict=True):
            if adults != organisation.adults:
                raise ValueError(
                    f"Place.cells of {organisation.name} must sum to its {organisation.adults} adults, got {adults}"
                )


def _check_between(array: str, records: NDArray[np.void], field: str, least: int, most: int) -> None:
    values = records[field].astype(np.int64)
    wrong = values[(values < least) | (values > most)]
    if len(wrong):
        raise ValueError(f"Place.{array} {field} must lie from {least} to {most}, got {int(wrong[0])}")


def _counted_by_pair(areas: NDArray[np.void], cells: NDArray[np.void]) -> IntArray:
    """Return adults by council and consortium, shape (n_councils, n_consortia)."""
    adults = np.zeros((int(areas["council"].max()) + 1, int(areas["consortium"].max()) + 1), dtype=np.int64)
    where = areas[cells["small_area"]]
    np.add.at(adults, (where["council"], where["consortium"]), cells["count"].astype(np.int64))
    return adults


def shares_inside(consortia: tuple[str, ...], councils: tuple[str, ...]) -> list[float]:
    """Return the share of each consortium's people who live in the councils of the place."""
    table = read_table("overlap_ccg_utla.csv")
    inside = np.isin(table["utla_code"], councils)
    shares = [float(table["share_of_ccg"][inside & (table["ccg15_code"] == code)].sum()) for code in consortia]
    return [round(share, 4) for share in shares]  # published to five places, so whole consortia sum to 1 only nearly


def _catchment_facts(councils: tuple[str, ...], use: HospitalUse) -> list[Fact]:
    source = "trust_catchment_ltla_share.csv.gz x ae_trust_2016_17.csv; flows under 5% folded into the largest"
    return [
        Fact(
            organisation=council,
            name=f"use of {use.names[trust]}",
            value=float(use.catchment[i, trust]),
            unit="share",
            source=source,
            status="derived",
        )
        for i, council in enumerate(councils)
        for trust in np.flatnonzero(use.catchment[i] > 0).tolist()
    ]


def _register_facts(consortia: tuple[str, ...], ratios: dict[str, FloatArray]) -> list[Fact]:
    source = "qof_ccg_2013_14_2014_15.csv.gz over evidence group A.prev x pop2017_ccg_utla_age_imdq.csv.gz"
    return [
        Fact(
            organisation=consortium,
            name=f"register_ratio_{condition}",
            value=float(ratio[k]),
            unit="ratio to England",
            source=source,
            status="derived",
        )
        for k, consortium in enumerate(consortia)
        for condition, ratio in ratios.items()
    ]


def _freeze(place: Place) -> None:
    arrays = (place.small_areas, place.cells, place.turning_18, place.net_migration, place.catchment)
    for array in (*arrays, *place.register_ratio.values()):
        array.flags.writeable = False
