"""Structure by council: which commissioning structure each of a place's councils lives under, in one run.

A patchwork names structures by council, as a mapping or as a TOML file with a table ``[councils]``, and one for the ``rest``. Money
for the people of a council is then held as the structure of that council says, and an area's levers are decided as the structure of
the council says where most of its people live. What cannot be split between structures is refused.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.naming import nearest
from model.place import Place
from model.place_choice import spelled
from model.structures import CommissioningStructure, StructureError, files_of, load_structure

REST = "rest"
KEYS = ("title", "source", REST, "councils")
CODE = re.compile(r"[EWSN]\d{2,8}")

StructureChoice = str | Path | CommissioningStructure | Mapping[str, Any]
"""One structure for all, by name, path or as it is; or one for each council: a mapping, or the path of a file that states one."""


class Patchwork:
    """The structures that a place's councils live under in a month.

    Parameters
    ----------
    of_councils : the structure of each council, in order

    Attributes
    ----------
    structures : those that differ, in the order of the councils that have them first
    number : which of them is each council's, shape (n_councils,)
    """

    def __init__(self, of_councils: Sequence[CommissioningStructure]) -> None:
        self.structures: list[CommissioningStructure] = []
        for structure in of_councils:
            if structure not in self.structures:
                self.structures.append(structure)
        self.number = np.array([self.structures.index(structure) for structure in of_councils])

    def __iter__(self) -> Iterator[tuple[CommissioningStructure, np.ndarray]]:
        """Yield each structure with the councils that have it, bool, shape (n_councils,)."""
        return ((structure, self.number == number) for number, structure in enumerate(self.structures))

    def by_council(self, fact: Callable[[CommissioningStructure], Any]) -> np.ndarray:
        """Return a fact of each council's structure, shape (n_councils,)."""
        return np.array([fact(structure) for structure in self.structures])[self.number]

    def describe(self, councils: Sequence[str]) -> str:
        """Return which councils, by name, live under which structure, in words.

        Examples
        --------
        >>> Patchwork([load_structure("stasis"), load_structure("fragmented"), load_structure("stasis")]).describe(["A", "B", "C"])
        'stasis in A and C; fragmented in B'
        """
        told = []
        for structure, here in self:
            names = [name for name, inside in zip(councils, here, strict=True) if inside]
            told.append(f"{structure.name} in {' and '.join([', '.join(names[:-1]), names[-1]] if names[1:] else names)}")
        return "; ".join(told)

    @property
    def only(self) -> CommissioningStructure:
        """The structure of all councils.

        Raises
        ------
        ValueError
            If they live under different ones.
        """
        if len(self.structures) > 1:
            raise ValueError(f"councils live under different structures: {', '.join(structure.name for structure in self.structures)}; name the organisation")
        return self.structures[0]


def patchwork_of(given: StructureChoice, councils: Sequence[tuple[str, str]]) -> Patchwork:
    """Return the structure of each council, as it is once it has come into being.

    Parameters
    ----------
    given : one structure, or one by council
    councils : code and name of each of the place's councils

    Raises
    ------
    ValueError
        If a structure is unknown (the nearest is given); StructureError where a file is wrong, a council is unknown or has none.
    """
    stated = stated_by_council(given)
    if stated is None:
        return Patchwork([given if isinstance(given, CommissioningStructure) else load_structure(given)] * len(councils))
    file, named = stated
    loaded = {key: _structure(file, key, value) for key, value in named.items()}
    for key in named:
        if key != REST and not any(_names(key, code, name) for code, name in councils):
            known = [*(name for _, name in councils), *(code for code, _ in councils)]
            raise StructureError(f"{file}: councils.{key}: must be a council of the place, by name or how its ONS code begins; nearest: {nearest(key, known)} (got {key!r})")
    found = [_of_council(loaded, code, name) for code, name in councils]
    without = [name for (_, name), structure in zip(councils, found, strict=True) if structure is None]
    if without:
        raise StructureError(f"{file}: rest: must be given, the structure of councils that are not named: {', '.join(without)} (got nothing)")
    return Patchwork([structure for structure in found if structure is not None])


def stated_by_council(given: object) -> tuple[str, dict[str, Any]] | None:
    """Return what errors call a patchwork, and what it states by council and for the rest; None if it is one structure for all."""
    if isinstance(given, Mapping):
        if not given:
            raise StructureError("structure: must name a structure for each council, or for the rest (got {})")
        return "structure", {str(key): value for key, value in given.items()}
    if not isinstance(given, (str, Path)) or not str(given).endswith(".toml") or not Path(given).is_file():
        return None
    path = Path(given)
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None  # whoever reads it as a structure says what is wrong
    if "councils" not in facts:
        return None
    for key in facts:
        if key not in KEYS:
            raise StructureError(f"{path.name}: {key}: unknown key of a file of structures by council; nearest: {nearest(key, KEYS)} (got {facts[key]!r})")
    for key in ("title", "source"):
        if key in facts and not (isinstance(facts[key], str) and facts[key]):
            raise StructureError(f"{path.name}: {key}: must be text (got {facts[key]!r})")
    if not isinstance(facts["councils"], dict) or not facts["councils"]:
        raise StructureError(f"{path.name}: councils: must name a structure for some councils (got {facts['councils']!r})")
    rest = {REST: facts[REST]} if REST in facts else {}
    return path.name, {**facts["councils"], **rest}


def patchwork_files(given: str | Path) -> list[str]:
    """Return the paths of the user's own files that a structure's name or path stands for, those that a patchwork names among them."""
    stated = stated_by_council(given)
    if stated is None:
        return files_of(given)
    return [str(given), *dict.fromkeys(file for value in stated[1].values() if isinstance(value, str) for file in files_of(value))]


def stages_of(coming: Patchwork, start: str) -> dict[int, Patchwork]:
    """Return what is in force from which month of a run that starts in a month, ``YYYY-MM``: at the start, and from each transition on.

    Raises
    ------
    StructureError
        If a transition lies before the start.
    """
    begins = [structure.begins(start) for structure in coming.structures]
    before = [structure.before() for structure in coming.structures]
    found = {}
    for month in sorted({0, *begins}):
        now = [after if since <= month else earlier for after, earlier, since in zip(coming.structures, before, begins, strict=True)]
        found[month] = Patchwork([now[number] for number in coming.number])
    return found


def check_structure(given: StructureChoice, place: Place, start: str, learning: bool = False) -> None:
    """Refuse what cannot be run: a structure, or structures by council, in a place and from a month, ``YYYY-MM``, on, learning or not.

    Raises
    ------
    ValueError, StructureError
        As :func:`patchwork_of`, :func:`stages_of` and :func:`check_together` do.
    """
    coming = patchwork_of(given, [(council.code, council.name) for council in place.councils])
    for stage in stages_of(coming, start).values():
        check_together(stage, place, learning)


def check_together(patchwork: Patchwork, place: Place, learning: bool = False) -> None:
    """Refuse structures that cannot be in force side by side: what is the same for a whole place, or cannot be split, has to be one.

    Parameters
    ----------
    patchwork : of a month
    place : whose councils these are
    learning : whether organisations learn

    Raises
    ------
    StructureError
        If they do not go together; one line.
    """
    if len(patchwork.structures) == 1:
        return
    if learning:
        raise StructureError(f"structure: learning must be off where councils live under different structures (got {_names_of(patchwork)})")
    arranging = {"any_willing_provider": [each.any_willing_provider for each in patchwork.structures], "payment.delays": [each.payment.delays for each in patchwork.structures]}
    for key, stated in arranging.items():
        if len(set(stated)) > 1:
            told = ", ".join(f"{value!r} in {each.name}" for each, value in zip(patchwork.structures, stated, strict=True))
            raise StructureError(f"structure: {key} must be the same under all structures of one run: it is how care is arranged in the whole place (got {told})")
    for structure, here in patchwork:
        shared = (place.catchment[here] > 0.0).any(axis=0) & (place.catchment[~here] > 0.0).any(axis=0)
        if structure.payment.hospital == "alliance" and shared.any():
            hospitals = ", ".join(hospital.name for hospital, both in zip(place.hospitals, shared, strict=True) if both)
            raise StructureError(f"structure: an alliance needs hospitals of its own; {hospitals} also serves councils that are not under {structure.name} (got {_names_of(patchwork)})")


def _names_of(patchwork: Patchwork) -> str:
    return ", ".join(structure.name for structure in patchwork.structures)


def _structure(file: str, key: str, value: Any) -> CommissioningStructure:
    """Return the structure that is named for a council."""
    if isinstance(value, CommissioningStructure):
        return value
    where = f"{file}: {'' if key == REST else 'councils.'}{key}"
    if not isinstance(value, (str, Path)):
        raise StructureError(f"{where}: must be the name of a structure, or the path of its .toml file (got {value!r})")
    try:
        return load_structure(value)
    except StructureError:
        raise
    except ValueError as error:
        raise StructureError(f"{where}: {error}") from error


def _of_council(loaded: Mapping[str, CommissioningStructure], code: str, name: str) -> CommissioningStructure | None:
    """Return a council's structure: by its name, else by the longest beginning of its code, else that of the rest."""
    fits = [key for key in loaded if key != REST and _names(key, code, name)]
    fits.sort(key=lambda key: (spelled(key) != spelled(name), -len(key)))
    return loaded[fits[0]] if fits else loaded.get(REST)


def _names(key: str, code: str, name: str) -> bool:
    """Return whether a key names a council: by its name, or by how its code begins."""
    return spelled(key) == spelled(name) or (CODE.fullmatch(key) is not None and code.startswith(key))
