"""Which councils a name means.

Any of the 152 councils of England with adult social services can be named, by name or ONS code, alone or in a list.
Capitals, hyphens, points and the words after a name (Bristol, *City of*; Kent *County Council*) do not matter.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from model.place_data import read_table
from model.place_people import YOUNGEST, population

PlaceChoice = str | Path | Sequence[str]
"""What a place may be given as: a name, a code, several by commas or in a list, or the path of a TOML file."""

JOINED = "+"
"""Between councils in the name of a place of several; may be given in the place of a comma."""

FEW_ADULTS = 20_000
"""Below this a council's notes warn of luck (judgement: two councils, and the third smallest has 30,000)."""

_SEPARATOR = re.compile(r"[,+](?!\s*(?:city|county) of\s*(?:[,+]|$))", re.IGNORECASE)
_OF_WHAT = re.compile(r"-(?:city|county)-of$|-(?:(?:county|city|borough|metropolitan-borough)-)?council$")


class Definition(NamedTuple):
    """What a place is made of.

    Attributes
    ----------
    name, title, notes : short name, name in print, what is special about it
    councils : ONS codes; none for England in miniature
    """

    name: str
    title: str
    notes: str
    councils: tuple[str, ...]


def slug(words: str) -> str:
    """Return words in small letters, with hyphens between them.

    Examples
    --------
    >>> slug("St. Helens"), slug("North Yorkshire"), slug("Kent County Council")
    ('st-helens', 'north-yorkshire', 'kent-county-council')
    """
    plain = re.sub(r"[.'\u2019]", "", words.casefold().replace("&", " and "))
    return re.sub(r"[\W_]+", "-", plain).strip("-")


def spelled(words: str) -> str:
    """Return a council's name in the one spelling by which councils are compared.

    Examples
    --------
    >>> spelled("Bristol, City of"), spelled("St. Helens"), spelled("Kent County Council"), spelled("E10000016")
    ('bristol', 'st-helens', 'kent', 'e10000016')
    """
    return _OF_WHAT.sub("", slug(words))


def parts_of(place: str | Path | Sequence[str]) -> tuple[str, ...]:
    """Return the names that a choice of place is made of, without judging them.

    Raises
    ------
    ValueError
        If it is neither text nor a list of texts, or holds no name.

    Examples
    --------
    >>> parts_of("Kent, Medway"), parts_of("Bristol, City of, Bath and North East Somerset")
    (('Kent', 'Medway'), ('Bristol, City of', 'Bath and North East Somerset'))
    """
    texts = _SEPARATOR.split(str(place)) if isinstance(place, str | Path) else place
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"place must be a name, a list of councils or the path of a TOML file, got {place!r}")
    parts = tuple(text.strip() for text in texts if text.strip())
    if not parts:
        raise ValueError(f"place must name a place or a council, got {place!r}")
    return parts


def council_code(words: str) -> str | None:
    """Return the ONS code of the council with this name or code; None if there is none."""
    return _codes_by_spelling().get(spelled(words))


def council_names() -> tuple[str, ...]:
    """Return the names of the 152 councils, in alphabetical order."""
    return tuple(sorted(read_table("councils.csv")["utla_name"].tolist()))


def short_name(code: str) -> str:
    """Return a council's name without what follows a comma: Bristol for Bristol, City of."""
    return _official_name(code).partition(",")[0]


def codes_of(parts: Sequence[str], where: str, presets: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the ONS codes of councils, each named once.

    Parameters
    ----------
    parts : names or codes
    where : what an error begins with: where the names stand
    presets : names of places that are shipped, for the error if one is among them

    Raises
    ------
    ValueError
        If a council is unknown (the nearest are given) or named twice.
    """
    codes: list[str] = []
    for part in parts:
        code = council_code(part)
        if code is None and slug(part) in presets:
            raise ValueError(f"{where}: must list councils only, {part!r} is a place by itself")
        if code is None:
            raise ValueError(f"{where}: unknown council {part!r}; {_district_or_nearest(part, council_names())}")
        if code in codes:
            raise ValueError(f"{where}: must name {short_name(code)} once, got it twice")
        codes.append(code)
    return tuple(codes)


def council_definition(code: str, presets: Sequence[str]) -> Definition:
    """Return the definition of a place that is one council.

    Its name is the council's, with ``-council`` behind it where a place that is shipped bears the same name.
    """
    name = slug(short_name(code))
    table = read_table("councils.csv")
    region = str(table["region_name"][table["utla_code"] == code][0])
    notes = f"One council (region: {region})."
    adults = int(population((code,))[:, :, YOUNGEST:].sum())
    if adults < FEW_ADULTS:
        notes += (
            f" Only {adults:,} adults live here: luck outweighs most of what a structure changes, and its hospitals are the "
            "few beds that large ones use for it, so waits for a bed mean little. Read it together with its neighbours."
        )
    return Definition(f"{name}-council" if name in presets else name, short_name(code), notes, (code,))


def list_definition(codes: tuple[str, ...]) -> Definition:
    """Return the definition of a place that is several councils."""
    *names, last = (short_name(code) for code in codes)
    title = f"{', '.join(names)} and {last}"
    if len(codes) > 4:
        title = f"{', '.join(names[:2])} and {len(codes) - 2} more councils"
    name = JOINED.join(slug(short_name(code)) for code in codes)
    return Definition(name, title, f"{len(codes)} councils: {', '.join(names)} and {last}.", codes)


def unknown_place(words: str, presets: Sequence[str]) -> ValueError:
    """Return the error for a name that is neither a shipped place nor a council."""
    names = dict.fromkeys((*presets, *(spelled(name) for name in council_names())))
    return ValueError(f"unknown place {words!r}; {_district_or_nearest(words, names)}")


def nearest(words: str, valid: Iterable[str]) -> str:
    """Return up to three valid names near to a wrong one: those that hold it or are held by it, then the like.

    Examples
    --------
    >>> nearest("hull", ["wigan", "halton", "kingston-upon-hull"])
    'kingston-upon-hull'
    """
    by_spelling = {slug(name): name for name in valid}
    wanted = spelled(words)

    def close(cutoff: float) -> list[str]:
        return difflib.get_close_matches(wanted, list(by_spelling), n=3, cutoff=cutoff)

    holding = [key for key in by_spelling if wanted and wanted in key]
    held = [key for key in by_spelling if key in wanted]
    found = [*holding, *close(0.8), *held, *close(0.5)] or close(0.0)
    return ", ".join(by_spelling[key] for key in list(dict.fromkeys(found))[:3])


def _district_or_nearest(words: str, valid: Iterable[str]) -> str:
    """Return of which council a name is a district, or else the nearest names."""
    table = read_table("lookup_lad_utla_region.csv")
    columns = (table[column].tolist() for column in ("lad15_code", "lad15_name", "utla_code"))
    for code, name, council in zip(*columns, strict=True):
        if spelled(words) in (spelled(name), spelled(code)):
            return f"{name} is a district of {short_name(council)}, and a place is made of whole councils"
    return f"nearest: {nearest(words, valid)}"


@lru_cache(maxsize=1)
def _codes_by_spelling() -> dict[str, str]:
    table = read_table("councils.csv")
    pairs = list(zip(table["utla_name"].tolist(), table["utla_code"].tolist(), strict=True))
    return {spelled(words): code for name, code in pairs for words in (name, code)}


def _official_name(code: str) -> str:
    table = read_table("councils.csv")
    return str(table["utla_name"][table["utla_code"] == code][0])
