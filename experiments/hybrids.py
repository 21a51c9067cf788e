"""Structures between two structures: some facts from the one, all others from the other.

The facts in which two structures differ are put in groups that belong together. A hybrid is a TOML file like any
other, so that it can be read, and run, by itself; one whose facts contradict each other is no structure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from model.structures import StructureError, load_structure
from model.structures.alternatives import LABELS, Alternative

GROUPS: Mapping[str, tuple[str, ...]] = {
    "holders and pools": ("holders", "boundaries", "bodies", "pools", "ring_fences", "gives_way", "carry_forward", "deficit_limits"),
    "deciders": ("deciders", "fixed"),
    "duties, frameworks and information": ("duties", "outcomes_frameworks", "information_shared"),
    "board": ("board",),
    "payment": ("payment", "any_willing_provider"),
    "entitlement": ("entitlement",),
    "teams": ("teams",),
    "transition": ("transition", "mandate"),
}
"""Facts that change together, by what they are about. A body exists wherever any of them needs it."""
BODY = "commissioner"


def read_facts(structure: str) -> dict[str, Any]:
    """Return all facts of a structure as plain data, those that its file leaves out at their defaults.

    Raises
    ------
    ValueError
        If there is no such structure, or its file states something wrong.
    """
    return _plain(load_structure(structure))


def _plain(value: Any) -> Any:
    """Return facts as a file would state them: names for codes, nothing for what is not there."""
    if isinstance(value, Alternative):
        return value.table
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {field.alias or name: _plain(inner) for name, field in fields.items() if (inner := getattr(value, name)) is not None}
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


class Hybrids:
    """All structures between two.

    Parameters
    ----------
    first, second : names or TOML paths
    folder : where hybrids are written

    Attributes
    ----------
    groups : names of the groups of facts in which the two differ, in the order of :data:`GROUPS`

    Raises
    ------
    ValueError
        If one is no structure, or they do not differ in any fact.
    """

    def __init__(self, first: str, second: str, folder: Path) -> None:
        self.names, self.folder = (first, second), folder
        self._facts = read_facts(first), read_facts(second)
        known = {key for keys in GROUPS.values() for key in (*keys, *LABELS)}
        others = sorted({*self._facts[0], *self._facts[1]} - known)
        self._keys = {**GROUPS, **{key.replace("_", " "): (key,) for key in others}}
        self.groups = tuple(name for name, keys in self._keys.items() if self._differ(keys))
        if not self.groups:
            raise ValueError(f"{first} and {second} must differ in some fact, to be told apart by facts")
        self._files: dict[frozenset[str], str | None] = {frozenset(): first, frozenset(self.groups): second}

    def _differ(self, keys: Iterable[str]) -> bool:
        return any(self._facts[0].get(key) != self._facts[1].get(key) for key in keys)

    def structure(self, moved: frozenset[str]) -> str | None:
        """Return the structure with some groups of facts from the second, the others from the first; None if there is none such.

        Parameters
        ----------
        moved : names of groups
        """
        if moved not in self._files:
            self._files[moved] = self._written(moved)
        return self._files[moved]

    def _written(self, moved: frozenset[str]) -> str | None:
        facts = self.facts(moved)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{facts['name']}.toml"
        path.write_text(as_toml(facts), encoding="utf-8")
        try:
            load_structure(path)
        except StructureError:
            path.unlink()
            return None
        return path.as_posix()

    def facts(self, moved: frozenset[str]) -> dict[str, Any]:
        """Return the facts of a hybrid, which may contradict each other."""
        sides = {key: self._facts[name in moved] for name, keys in self._keys.items() for key in keys}
        facts = {key: side[key] for key, side in sides.items() if key in side}
        facts.pop("bodies", None)
        if BODY in as_toml(facts):
            holders = self._facts["holders and pools" in moved]
            facts["bodies"] = next(side["bodies"] for side in (holders, *self._facts) if side.get("bodies"))
        second = sum(1 << number for number, name in enumerate(self.groups) if name in moved)
        with_what = ", ".join(name for name in self.groups if name in moved)
        first, other = (Path(name).stem for name in self.names)
        return {
            "name": f"between-{second}",
            "title": f"{first} with {with_what} of {other}",
            "source": "Made from the facts of both, to tell them apart.",
            **facts,
        }


def as_toml(facts: Mapping[str, Any]) -> str:
    """Return facts as TOML, a line each.

    Examples
    --------
    >>> print(as_toml({"fixed": ["fees"], "board": {"power": "advise"}}), end="")
    fixed = ["fees"]
    board = { power = "advise" }
    """
    return "".join(f"{key} = {_value(value)}\n" for key, value in facts.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)  # strings, numbers and truths are spelled alike
