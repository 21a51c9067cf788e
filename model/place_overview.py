"""What each place is in one line, from the tables alone: nothing is built, so that all of England lists in a second."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from model.place import (
    coterminosity,
    definition_of,
    list_places,
    load_place,
    once_redrawn,
    place_summary,
    shares_inside,
)
from model.place_choice import Definition, council_names
from model.place_data import read_table
from model.place_fitting import FloatArray
from model.place_hospitals import MAIN_SHARE, hospital_use
from model.place_people import adults_by_pair, small_areas


class England(NamedTuple):
    """Every council and consortium of England.

    Attributes
    ----------
    councils, consortia : ONS codes
    adults : mid-2014, shape (152, 209)
    small_areas : number of each council, shape (152,)
    """

    councils: tuple[str, ...]
    consortia: tuple[str, ...]
    adults: FloatArray
    small_areas: np.ndarray


def overviews(*, councils: bool = False, search: str = "") -> list[dict[str, Any]]:
    """Return the summary of each place, as ``model.place.place_summary`` gives it: shipped places, then councils.

    Parameters
    ----------
    councils : also every council that is not a shipped place by itself
    search : only shipped places and councils with this text in their name or those of their organisations, whatever its
        capitals; those with it in their own name come first. England is searched by its own name only
    """
    names: Iterable[str] = list_places()
    if councils or search:
        names = dict.fromkeys([*names, *(definition_of(_code_of(name)).name for name in council_names())])
    found = [overview(definition_of(name)) for name in names]
    if not search:
        return found
    wanted = " ".join(search.casefold().split())
    ranks = [_rank(row, wanted) for row in found]
    return [row for rank in (0, 1) for row, own in zip(found, ranks, strict=True) if own == rank]


def overview(definition: Definition) -> dict[str, Any]:
    """Return the summary of one place; the keys are those of ``model.place.place_summary``, which needs it built.

    Coterminosity rests on people before they are made whole, so it differs from the built place's in the fourth decimal.
    """
    if not definition.councils:
        return place_summary(load_place(definition.name))
    england = _england()
    rows = [england.councils.index(code) for code in definition.councils]
    adults = england.adults[rows]
    here = np.flatnonzero(adults.sum(axis=0) > 0)
    codes = tuple(england.consortia[k] for k in here)
    use = hospital_use(definition.councils)
    councils = _names("councils.csv", "utla_code", "utla_name", definition.councils)
    consortia = _names("overlap_ccg_utla.csv", "ccg15_code", "ccg15_name", codes)
    return {
        "name": definition.name,
        "title": definition.title,
        "notes": definition.notes,
        "adults": round(float(adults.sum())),
        "small_areas": int(england.small_areas[rows].sum()),
        "councils": councils,
        "consortia": consortia,
        "hospitals": list(use.names),
        "main_hospitals": [
            name for name, share in zip(use.names, use.share_of_trust, strict=True) if share >= MAIN_SHARE
        ],
        "coterminosity": coterminosity(adults[:, here], np.array(shares_inside(codes, definition.councils))),
        **once_redrawn(adults[:, here], councils, consortia),
    }


def _rank(row: dict[str, Any], wanted: str) -> int | None:
    """Return 0 if a place has the text in its own name, 1 if in an organisation's, None if nowhere."""
    own = (row["name"], row["title"], row["name"].replace("-", " "))
    others = (
        () if len(row["councils"]) == len(council_names()) else (*row["councils"], *row["consortia"], *row["hospitals"])
    )
    for rank, names in enumerate((own, others)):
        if any(wanted in name.casefold() for name in names):
            return rank
    return None


def _names(file: str, code: str, name: str, codes: tuple[str, ...]) -> list[str]:
    table = read_table(file)
    by_code = dict(zip(table[code].tolist(), table[name].tolist(), strict=True))
    return [by_code[each] for each in codes]


def _code_of(name: str) -> str:
    table = read_table("councils.csv")
    return str(table["utla_code"][table["utla_name"] == name][0])


@lru_cache(maxsize=1)
def _england() -> England:
    councils = tuple(read_table("councils.csv")["utla_code"].tolist())
    areas, _, consortia = small_areas(councils)
    adults = adults_by_pair(councils, consortia, areas)
    return England(councils, consortia, adults, np.bincount(areas["council"], minlength=len(councils)))
