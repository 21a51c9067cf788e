"""What is asked for, as data: one run, and a comparison of structures made of runs.

A specification is plain values only, so that its hash can name its results: the same words, on the same model code and
data, give the same key on every machine.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

ROOMS = Path(__file__).resolve().parent.parent
MODEL_ROOMS = ("agents", "model")
SOURCE_ENDINGS = (".py", ".toml")
HEADLINE = ("separate-budgets", "aligned-budgets", "council-led", "single-budget")  # structures that are compared unless others are named
START = "2014-04"  # the first month of a run, as HealthEconomy has it
MOST = {"years": 200, "replications": 10_000, "workers": 4_096, "samples": 100_000}  # beyond these a typing slip is likelier than a wish


class UnknownNameError(ValueError):
    """A name that does not exist; the message gives the nearest ones that do."""


def unknown_name(what: str, given: str, valid: Iterable[str]) -> UnknownNameError:
    """Return the error for an unknown name, with the nearest valid ones.

    Parameters
    ----------
    what : the kind of thing, in words for a reader
    given : what was asked for
    valid : every name that exists

    Examples
    --------
    >>> print(unknown_name("structure", "single-buget", ["separate-budgets", "single-budget"]))
    unknown structure 'single-buget'; nearest: single-budget, separate-budgets
    """
    names = sorted(valid)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    shown = f"nearest: {', '.join(near)}" if near else f"there are: {_some(names)}"
    return UnknownNameError(f"unknown {what} {given!r}; {shown}")


def _some(names: list[str], at_most: int = 12) -> str:
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more


def canonical_json(value: Any) -> str:
    """Return the one spelling of a plain value as JSON: keys sorted, no spaces, no NaN.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def short_hash(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a plain value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """One run: everything that decides its results.

    Parameters
    ----------
    place, structure : name, or path of a TOML file; a place also as ``model.place.load_place`` takes it, and kept by its
        one name
    seed : of the whole experiment, 0 to 2**64 - 1
    replication : from 0; with `seed` it gives the seed of this run (:func:`agents.draws.replication_seed`)
    years : whole years from April 2014
    scale : share of the place's people that live in the model
    settlement : name of the yearly settlement, or path of a TOML file
    funding : changing over, and entitlements, are paid for from ``within`` it, or ``funded`` on top
    hospital_flow : ``daily``, or ``salabim`` for hospitals by the hour and minute
    learning : whether organisations learn what their levers do from what they see
    hold : for each held lever the level it is frozen at; None is the observed level of whoever sets it
    parameters : for each changed parameter its value
    code : hash of the model's sources and data (:func:`code_hash`)
    files : SHA-256 of each TOML file of the user's own that `place`, `structure` or `settlement` names; a place's covers its population
    interventions : what is done from outside, as plain data (see ``model.interventions``)
    facts : facts of the structure that are replaced, as in its file (see ``model.structures.structure_with``)
    groups : what measures are kept by, such as council and age_band (see ``model.outcomes``); none if empty
    people : whether outcomes are kept person by person
    """

    place: str
    structure: str
    seed: int = 1
    replication: int = 0
    years: int = 10
    scale: float = 1.0
    settlement: str = "published"
    funding: str = "within"
    hospital_flow: str = "daily"
    learning: bool = False
    hold: Mapping[str, float | None] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    code: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    interventions: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    people: bool = False

    def __post_init__(self) -> None:
        _check_common(self)
        _check_whole(self, "replication", least=0, most=2**32 - 1)
        object.__setattr__(self, "groups", tuple(self.groups))
        if self.interventions:
            from model.interventions import plain, read_interventions

            object.__setattr__(self, "interventions", tuple(plain(read_interventions(list(self.interventions)))))

    def __hash__(self) -> int:
        """Return a hash that is the same in every process, unlike that of strings."""
        return int(self.key, 16)

    @property
    def key(self) -> str:
        """Name of this run's results: 16 hexadecimal digits."""
        return short_hash(dataclasses.asdict(self))


@dataclass(frozen=True, kw_only=True)
class ComparisonSpec:
    """A comparison of structures: the same people and luck under each, in several replications.

    Parameters
    ----------
    structures : at least one name or TOML path, the baseline among them; by default the four headline structures
    baseline : what the others are compared with; by default ``separate-budgets`` if present, else the first
    replications : number of runs of each structure
    alternatives : for structures whose alternatives are run too, each alternative's name and the name that it is run by, which
        is another structure's where the alternative comes to that

    The other parameters are those of :class:`RunSpec`.
    """

    of: ClassVar[str] = "comparison"
    expandable: ClassVar[bool] = False

    place: str = "berkshire-west"
    structures: tuple[str, ...] = HEADLINE
    baseline: str = ""
    alternatives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    replications: int = 5
    seed: int = 1
    years: int = 10
    scale: float = 1.0
    settlement: str = "published"
    funding: str = "within"
    hospital_flow: str = "daily"
    learning: bool = False
    hold: Mapping[str, float | None] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    code: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_common(self)
        _check_whole(self, "replications", least=1, most=MOST["replications"])
        structures = tuple(self.structures)
        if not structures or len(set(structures)) != len(structures):
            raise ValueError(f"ComparisonSpec.structures must be one or more different names, got {list(structures)!r}")
        baseline = self.baseline or ("separate-budgets" if "separate-budgets" in structures else structures[0])
        if baseline not in structures:
            raise unknown_name("baseline", baseline, structures)
        object.__setattr__(self, "baseline", baseline)
        # The baseline first, then as named: the order of tables and figures.
        object.__setattr__(self, "structures", (baseline, *(s for s in structures if s != baseline)))
        for structure in self.alternatives:
            if structure not in structures:
                raise unknown_name("structure with alternatives", structure, structures)
        alternatives = {structure: dict(sorted(named.items())) for structure, named in sorted(self.alternatives.items()) if named}
        object.__setattr__(self, "alternatives", alternatives)

    def __hash__(self) -> int:
        """Return a hash that is the same in every process, unlike that of strings."""
        return int(self.key, 16)

    @property
    def key(self) -> str:
        """Name of this comparison: 16 hexadecimal digits."""
        return short_hash(dataclasses.asdict(self))

    def runs(self) -> list[RunSpec]:
        """Return the runs, replication by replication, so that an interrupted batch leaves whole pairs; each once."""
        shared = {name: getattr(self, name) for name in _SHARED}
        return [
            RunSpec(structure=structure, replication=replication, **shared)
            for replication in range(self.replications)
            for structure in self.every_structure
        ]

    @property
    def every_structure(self) -> tuple[str, ...]:
        """All structures that are run: those that are compared, then alternatives of theirs."""
        others = (name for structure in self.structures for name in self.alternatives.get(structure, {}).values())
        return tuple(dict.fromkeys((*self.structures, *others)))

    def without_alternatives(self) -> ComparisonSpec:
        """Return the same comparison without alternatives."""
        return dataclasses.replace(self, alternatives={})

    def as_dict(self) -> dict[str, Any]:
        """Return the specification as plain values, for a manifest."""
        return {**dataclasses.asdict(self), "structures": list(self.structures)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ComparisonSpec:
        """Return the specification that :meth:`as_dict` wrote."""
        return cls(**{**values, "structures": tuple(values["structures"])})


class Spec(Protocol):
    """A set of runs that fills a folder of results: a comparison or an experiment.

    `of` says which of the two; `expandable` whether a folder may be given to one that asks for more than stands in it.
    """

    of: ClassVar[str]
    expandable: ClassVar[bool]
    code: str

    @property
    def key(self) -> str:
        """Name of the whole: 16 hexadecimal digits."""

    def runs(self) -> list[RunSpec]:
        """Return the runs, in order."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for a manifest."""


_SHARED = tuple(
    f.name for f in dataclasses.fields(RunSpec) if f.name in {g.name for g in dataclasses.fields(ComparisonSpec)}
)


def _check_common(spec: RunSpec | ComparisonSpec) -> None:
    from model.place import place_name  # tables and numbers, which most who read a specification do without

    object.__setattr__(spec, "place", place_name(spec.place))  # one name for Kent, kent and E10000016
    _check_whole(spec, "seed", least=0, most=2**64 - 1)
    _check_whole(spec, "years", least=1, most=MOST["years"])
    scale = spec.scale
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not math.isfinite(scale) or not 0 < scale <= 1:
        raise ValueError(f"{type(spec).__name__}.scale must be a share above 0 and at most 1, got {scale!r}")
    object.__setattr__(spec, "scale", float(scale))  # 1 and 1.0 are one specification
    if not isinstance(spec.learning, bool):
        raise ValueError(f"{type(spec).__name__}.learning must be true or false, got {spec.learning!r}")
    hold = {
        key: None if value is None else _finite(spec, "hold", key, value) for key, value in sorted(spec.hold.items())
    }
    parameters = {key: _finite(spec, "parameters", key, value) for key, value in sorted(spec.parameters.items())}
    object.__setattr__(spec, "hold", hold)
    object.__setattr__(spec, "parameters", parameters)
    object.__setattr__(spec, "files", dict(sorted(spec.files.items())))


def _check_whole(spec: Any, name: str, *, least: int, most: int) -> None:
    value = getattr(spec, name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{type(spec).__name__}.{name} must be a whole number from {least} to {most}, got {value!r}")


def _finite(spec: Any, name: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{type(spec).__name__}.{name} must give {key} a finite number, got {value!r}")
    return float(value)


@functools.lru_cache(maxsize=1)
def data_checksums() -> dict[str, str]:
    """Return the SHA-256 of every data file in ``model/data`` (not of its pages), by its path in the project."""
    found = (ROOMS / "model" / "data").rglob("*")
    files = sorted(path for path in found if path.is_file() and path.suffix != ".md")
    return {path.relative_to(ROOMS).as_posix(): file_checksum(path) for path in files}


@functools.lru_cache(maxsize=1)
def code_hash() -> str:
    """Return a short hash of what decides results: the sources of `agents` and `model`, and their data.

    Nothing of `experiments` is in it: a figure redrawn in another colour leaves finished runs valid.
    """
    sources = {
        path.relative_to(ROOMS).as_posix(): file_checksum(path)
        for room in MODEL_ROOMS
        for path in sorted((ROOMS / room).rglob("*"))
        if path.suffix in SOURCE_ENDINGS and path.is_file()
    }
    return short_hash({**sources, **data_checksums()})


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
