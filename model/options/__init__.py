"""Options: a few facts each, that can be laid over any structure, as in ``separate-budgets+free-personal-care``.

An option is a TOML file with a title, a source and some of a structure's own sections, and no more than facts either.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.naming import nearest

FOLDER = Path(__file__).parent
WORDS = ("title", "source")
"""What an option says of itself; everything else in it replaces what the structure states."""


class OptionError(ValueError):
    """An option file that cannot be laid over a structure."""


def list_options() -> list[str]:
    """Return the names of the options that are shipped.

    Examples
    --------
    >>> list_options()[:2]
    ['any-willing-provider', 'cost-cap']
    """
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def option_facts(name_or_path: str) -> dict[str, Any]:
    """Return what an option file states, shipped (by name) or of your own (by the path of a TOML file).

    Raises
    ------
    ValueError
        If no shipped option has this name; the message gives the nearest ones.
    OptionError
        If the file cannot be read, or lacks its title or source.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        if name_or_path not in list_options():
            raise ValueError(f"unknown option {name_or_path!r}; nearest: {nearest(name_or_path, list_options())} (or the path of a .toml file)")
        path = FOLDER / f"{name_or_path}.toml"
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise OptionError(f"{path}: cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{path.name}: is not valid TOML: {error}") from error
    for word in WORDS:
        if not isinstance(facts.get(word), str) or not facts[word]:
            raise OptionError(f"{path.name}: {word}: must be given as text (got {facts.get(word, 'nothing')!r})")
    if "name" in facts:
        raise OptionError(f"{path.name}: name: must be left out: an option is named after its file (got {facts['name']!r})")
    return facts


def laid_over(structure: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return a structure's facts with those of options in their place.

    Sections are joined key by key; anything else is replaced whole.

    Parameters
    ----------
    structure : as its file states it
    options : by name, in the order in which they are named
    before : facts that are in the structure already and that options may not undo, by whose they are

    Raises
    ------
    OptionError
        If two options, or an option and what was there before, state the same fact differently.

    Examples
    --------
    >>> laid_over({"name": "a", "title": "A", "source": "S", "teams": {"x": 1}}, {"b": {"title": "b", "source": "T", "teams": {"y": 2}}})
    {'name': 'a+b', 'title': 'A, with b', 'source': 'S\\nT', 'teams': {'x': 1, 'y': 2}}
    """
    stated = {place: (whose, value) for whose, facts in (before or {}).items() for place, value in _leaves(facts)}
    found = dict(structure)
    for name, option in options.items():
        facts = {key: value for key, value in option.items() if key not in WORDS}
        for place, value in _leaves(facts):
            other, there = stated.setdefault(place, (f"option {name}", value))
            if there != value:
                raise OptionError(f"{other} and option {name} state {'.'.join(place)} differently: {there!r} and {value!r}")
        found = joined(found, facts)
    if not options:
        return found
    found["name"] = "+".join([str(structure.get("name", "")), *options])
    *most, last = (option["title"] for option in options.values())
    found["title"] = f"{structure.get('title', '')}, with {', '.join(most)}{' and ' if most else ''}{last}"
    found["source"] = "\n".join([str(structure.get("source", "")), *(option["source"] for option in options.values())])
    return found


def joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts with others in their place: key by key in sections, whole elsewhere."""
    found = dict(below)
    for key, value in above.items():
        found[key] = joined(found[key], value) if isinstance(value, Mapping) and isinstance(found.get(key), Mapping) else value
    return found


def places_of(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the keys, from the outermost in, of all that a table of facts states.

    Examples
    --------
    >>> places_of({"title": "t", "source": "s", "board": {"power": "advise"}, "duties": []})
    [('board', 'power'), ('duties',)]
    """
    return [place for place, _ in _leaves({key: value for key, value in facts.items() if key not in WORDS})]


def _leaves(facts: Mapping[str, Any], place: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in facts.items():
        found += _leaves(value, (*place, key)) if isinstance(value, dict) else [((*place, key), value)]
    return found
