"""A batch experiment as one file: arms that differ in stated ways, run for the same people with the same luck, and compared.

An *arm* is a named set of interventions, parameters, held levers, facts of a structure, or another settlement. Every arm
is run at every place, under every structure, with every draw of parameters, in every replication.
"""

from __future__ import annotations

import dataclasses
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from experiments.specification import MOST, RunSpec, short_hash, unknown_name

FOLDER = Path(__file__).parent / "files"
COMPARED = ("arms", "structures")
"""What an experiment may compare: arms under each structure, or structures in each arm."""


class ExperimentError(ValueError):
    """A file that states no usable experiment; the message names file, key, what was given and expected."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What one arm does besides what all do.

    Parameters
    ----------
    interventions : plain data, see ``model.interventions``
    parameters, hold : as in :class:`experiments.specification.RunSpec`
    facts : of the structure that are replaced
    structure : name or TOML path, in the place of the experiment's structures
    settlement, funding, learning : in the place of the experiment's
    """

    interventions: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    hold: Mapping[str, float | None] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    structure: str = ""
    settlement: str = ""
    funding: str = ""
    learning: bool | None = None

    @property
    def changes(self) -> int:
        """In how many things it differs from an arm in which nothing is done."""
        many = sum(len(part) for part in (self.interventions, self.parameters, self.hold, self.facts))
        return many + sum(map(bool, (self.structure, self.settlement, self.funding))) + (self.learning is not None)


class Cell(NamedTuple):
    """Which of an experiment's runs one is."""

    place: str
    structure: str
    arm: str
    draw: int
    replication: int


@dataclass(frozen=True, kw_only=True)
class ExperimentSpec:
    """An experiment: arms x places x structures x draws of parameters x replications.

    Parameters
    ----------
    name, title : for a command line, and for a reader
    question, expected, source, notes : for the report: what is asked; which direction the literature tells of and where; remarks
    arms : by name; the first is what others are compared with unless `control` names another
    control : name of an arm
    compare : one of :data:`COMPARED`
    places, structures : names or TOML paths
    years, replications, scale, seed, settlement, funding, hospital_flow, learning, parameters, hold, code, files : as in :class:`experiments.specification.RunSpec`
    interventions, facts : of all arms
    ranges : least and most of each parameter that is drawn
    draws : how many draws; 0 where nothing is drawn
    measures : that are reported, the headline if empty
    beside : ``national`` sets the levels of all England beside what was published of the same years; else nothing is
    count_from : year of the run, from 1, with which the period begins that effects are told of
    groups : by which measures per person are kept and compared, see ``model.outcomes``; none if empty
    people : replications of which outcomes are kept person by person
    """

    of: ClassVar[str] = "experiment"
    expandable: ClassVar[bool] = True

    name: str
    title: str = ""
    question: str = ""
    expected: str = ""
    source: str = ""
    notes: str = ""
    arms: Mapping[str, Arm]
    control: str = ""
    compare: str = "arms"
    places: tuple[str, ...] = ("berkshire-west",)
    structures: tuple[str, ...] = ("separate-budgets",)
    years: int = 5
    replications: int = 5
    scale: float = 1.0
    seed: int = 1
    settlement: str = "published"
    funding: str = "within"
    hospital_flow: str = "daily"
    learning: bool = False
    parameters: Mapping[str, float] = field(default_factory=dict)
    hold: Mapping[str, float | None] = field(default_factory=dict)
    interventions: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    draws: int = 0
    measures: tuple[str, ...] = ()
    beside: str = ""
    count_from: int = 1
    groups: tuple[str, ...] = ()
    people: tuple[int, ...] = ()
    code: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("places", "structures", "measures", "groups", "people", "interventions"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not 1 <= self.count_from <= self.years:
            raise ValueError(f"ExperimentSpec.count_from must be a year of the run, from 1 to {self.years}, got {self.count_from!r}")
        if not self.control:
            object.__setattr__(self, "control", next(iter(self.arms)))
        if self.control not in self.arms:
            raise unknown_name("arm", self.control, self.arms)
        order = [self.control, *(arm for arm in self.arms if arm != self.control)]
        object.__setattr__(self, "arms", {arm: self.arms[arm] for arm in order})
        self.runs()

    def __hash__(self) -> int:
        """Return a hash that is the same in every process."""
        return int(self.key, 16)

    @property
    def key(self) -> str:
        """Name of this experiment: 16 hexadecimal digits."""
        return short_hash(self.as_dict())

    def runs(self) -> list[RunSpec]:
        """Return the runs, replication by replication, so that an interrupted batch leaves whole pairs; each once."""
        return list({run.key: run for run in self._every().values()}.values())

    def cells(self) -> dict[str, list[Cell]]:
        """Return for each run, by its key, which of the experiment's runs it is: several where arms do the same."""
        found: dict[str, list[Cell]] = {}
        for cell, run in self._every().items():
            found.setdefault(run.key, []).append(cell)
        return found

    def _every(self) -> dict[Cell, RunSpec]:
        found = {}
        for draw in range(max(self.draws, 1)):
            for replication in range(self.replications):
                for place in self.places:
                    for structure in self.structures:
                        for arm in self.arms:
                            cell = Cell(place, structure, arm, draw, replication)
                            found[cell] = self.run(cell)
        return found

    def run(self, cell: Cell) -> RunSpec:
        """Return the specification of one run."""
        arm = self.arms[cell.arm]
        drawn = {name: self.drawn(name, cell.draw) for name in self.ranges} if self.draws else {}
        return RunSpec(
            place=cell.place,
            structure=arm.structure or cell.structure,
            seed=self.seed,
            replication=cell.replication,
            years=self.years,
            scale=self.scale,
            settlement=arm.settlement or self.settlement,
            funding=arm.funding or self.funding,
            hospital_flow=self.hospital_flow,
            learning=self.learning if arm.learning is None else arm.learning,
            hold={**self.hold, **arm.hold},
            parameters={**self.parameters, **drawn, **arm.parameters},
            code=self.code,
            files=self.files,
            interventions=(*self.interventions, *arm.interventions),
            facts=_merged(self.facts, arm.facts),
            groups=self.groups,
            people=cell.replication in self.people,
        )

    def drawn(self, name: str, draw: int) -> float:
        """Return a parameter's value in a draw: even over its range, by the seed, the parameter and the draw alone."""
        import numpy as np

        from agents.draws import NEVER, OF_A_RANGE
        from agents.draws import draw as uniform

        low, high = self.ranges[name]
        u = float(uniform(np.uint64(self.seed), draw, NEVER, zlib.crc32(name.encode()) & 0x7FFFFFFF, OF_A_RANGE))
        return low + (high - low) * u

    def as_dict(self) -> dict[str, Any]:
        """Return the specification as plain values, for a manifest."""
        return {**dataclasses.asdict(self), "arms": [[name, dataclasses.asdict(arm)] for name, arm in self.arms.items()]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ExperimentSpec:
        """Return the specification that :meth:`as_dict` wrote."""
        arms = {name: Arm(**{**arm, "interventions": tuple(arm["interventions"])}) for name, arm in values["arms"]}
        ranges = {name: tuple(bounds) for name, bounds in values["ranges"].items()}
        return cls(**{**values, "arms": arms, "ranges": ranges})


def _merged(facts: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _merged(facts[key], value) for key, value in others.items() if isinstance(value, Mapping) and isinstance(facts.get(key), Mapping)}
    return {**facts, **others, **both}


# Files

WORDS = ("beside", "name", "title", "question", "expected", "source", "notes", "control", "compare", "settlement", "funding", "hospital_flow")
LISTS = ("places", "structures", "measures", "groups")
NUMBERS = {"count_from": int, "years": int, "replications": int, "scale": float, "seed": int}
TABLES = ("parameters", "hold", "facts")
ARM_KEYS = tuple(item.name for item in dataclasses.fields(Arm))
KEYS = (*WORDS, *LISTS, *NUMBERS, *TABLES, "learning", "people", "draws", "interventions", "arms")
OVERRIDES = ("years", "replications", "scale", "seed")


def list_experiments() -> list[str]:
    """Return the names of the experiments that are shipped."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def experiment_file(name_or_path: str) -> Path:
    """Return the file of an experiment: a shipped one's by its name, or a path.

    Raises
    ------
    UnknownNameError
        If no shipped experiment has this name; the message gives the nearest ones.
    """
    if name_or_path.endswith(".toml"):
        return Path(name_or_path)
    if name_or_path not in list_experiments():
        raise unknown_name("experiment", name_or_path, list_experiments())
    return FOLDER / f"{name_or_path}.toml"


def load_experiment(name_or_path: str, **overrides: Any) -> ExperimentSpec:
    """Return the experiment that a file states, every name in it known and every number in its bounds.

    Parameters
    ----------
    name_or_path : name of a shipped experiment, or the path of a TOML file
    overrides : years, replications, scale or seed in the place of the file's; None leaves it

    Raises
    ------
    ExperimentError
        If the file cannot be read, or states something wrong: file, key, what was given and expected.
    """
    path = experiment_file(name_or_path)
    words = _words_of(path)
    try:
        return _experiment(path, words, {name: value for name, value in overrides.items() if value is not None})
    except (ExperimentError, OSError):
        raise
    except (TypeError, ValueError) as error:
        message = " ".join(str(error).replace("ExperimentSpec.", "").replace("RunSpec.", "").split())
        raise ExperimentError(message if message.startswith(path.name) else f"{path.name}: {message}") from error


def _words_of(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{path.name}: must be TOML in UTF-8: {error}") from error


def _experiment(path: Path, words: Mapping[str, Any], overrides: Mapping[str, Any]) -> ExperimentSpec:
    from experiments.specification import code_hash

    _known(path.name, words, KEYS)
    given: dict[str, Any] = {"name": path.stem}
    for key in WORDS:
        if key in words:
            given[key] = _text(path.name, key, words[key])
    for key in LISTS:
        if key in words:
            given[key] = _texts(path.name, key, words[key])
    for key, kind in NUMBERS.items():
        if key in words or key in overrides:
            given[key] = _number(path.name, key, overrides.get(key, words.get(key)), kind)
    for key in TABLES:
        if key in words:
            given[key] = _table(path.name, key, words[key])
    given |= {"learning": _yes_or_no(path.name, "learning", words["learning"])} if "learning" in words else {}
    given["people"] = tuple(_wholes(path.name, "people", words.get("people", [])))
    given["interventions"] = _interventions(f"{path.name}: interventions", words.get("interventions", []))
    given["ranges"], given["draws"] = _ranges(path.name, words.get("draws", {}))
    given["arms"] = _arms(path.name, words.get("arms"))
    _check_words(path.name, given)
    files = _check_names(path, given)
    if "years" in overrides:  # a shorter run still tells of its last year
        given["count_from"] = min(given.get("count_from", 1), given["years"])
    spec = ExperimentSpec(**given, code=code_hash(), files=files)
    _check_places(path.name, spec)
    return spec


def _known(where: str, words: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in words:
        if key not in keys:
            from agents.naming import nearest

            raise ExperimentError(f"{where}: unknown key {key!r}; nearest: {nearest(key, keys)}")


def _text(where: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ExperimentError(f"{where}: {key} must be text, got {value!r}")
    return value.strip()


def _texts(where: str, key: str, value: Any) -> tuple[str, ...]:
    listed = isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)
    if not listed or len(set(value)) != len(value):
        raise ExperimentError(f"{where}: {key} must be a list of different names, got {value!r}")
    return tuple(value)


def _number(where: str, key: str, value: Any, kind: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or (kind is int and not isinstance(value, int)):
        raise ExperimentError(f"{where}: {key} must be a {'whole ' if kind is int else ''}number, got {value!r}")
    if key in MOST and not 1 <= value <= MOST[key]:
        raise ExperimentError(f"{where}: {key} must be a whole number from 1 to {MOST[key]}, got {value!r}")
    return value


def _yes_or_no(where: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ExperimentError(f"{where}: {key} must be true or false, got {value!r}")
    return value


def _wholes(where: str, key: str, value: Any) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in value):
        raise ExperimentError(f"{where}: {key} must be a list of replications, counted from 0, got {value!r}")
    return value


def _table(where: str, key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ExperimentError(f"{where}: {key} must be a table, got {value!r}")
    if key == "hold":
        return {name: None if level == "observed" else level for name, level in value.items()}
    return value


def _interventions(where: str, value: Any) -> tuple[dict[str, Any], ...]:
    from model.interventions import plain, read_interventions

    return tuple(plain(read_interventions(value, where)))


def _ranges(where: str, value: Any) -> tuple[dict[str, tuple[float, float]], int]:
    """Return ranges and number of draws from a table ``draws``: a ``number``, and for each parameter its range."""
    from model.parameters import Parameters

    if not isinstance(value, dict):
        raise ExperimentError(f"{where}: draws must be a table with number and parameters, got {value!r}")
    if not value:
        return {}, 0
    rows = {row.name: row for row in Parameters().table()}
    number = _number(where, "draws.number", value.get("number"), int)
    ranges = {}
    for name, bounds in value.items():
        if name == "number":
            continue
        if name not in rows:
            raise ExperimentError(f"{where}: draws: {unknown_name('parameter', name, rows)}")
        if bounds == "plausible":
            bounds = [rows[name].low, rows[name].high]
        pair = isinstance(bounds, list) and len(bounds) == 2 and all(isinstance(each, int | float) for each in bounds)
        if not pair or not bounds[0] <= bounds[1]:
            raise ExperimentError(f'{where}: draws."{name}" must be "plausible" or [least, most], got {bounds!r}')
        ranges[name] = float(bounds[0]), float(bounds[1])
    if not ranges or not 1 <= number <= MOST["samples"]:
        raise ExperimentError(f"{where}: draws must have a number from 1 and at least one parameter with its range, got {value!r}")
    return ranges, number


def _arms(where: str, value: Any) -> dict[str, Arm]:
    if not isinstance(value, dict) or not value or not all(isinstance(arm, dict) for arm in value.values()):
        raise ExperimentError(f"{where}: arms must be tables [arms.NAME], at least one, got {value!r}")
    arms = {}
    for name, words in value.items():
        here = f"{where}: arms.{name}"
        _known(here, words, ARM_KEYS)
        given: dict[str, Any] = {key: _table(here, key, words[key]) for key in TABLES if key in words}
        given |= {key: _text(here, key, words[key]) for key in ("structure", "settlement", "funding") if key in words}
        given |= {"learning": _yes_or_no(here, "learning", words["learning"])} if "learning" in words else {}
        arms[name] = Arm(**given, interventions=_interventions(f"{here}.interventions", words.get("interventions", [])))
    return arms


def _check_words(where: str, given: Mapping[str, Any]) -> None:
    from model.measures import MEASURES
    from model.outcomes import checked_groups

    if given.get("compare", "arms") not in COMPARED:
        raise ExperimentError(f"{where}: compare must be one of {', '.join(COMPARED)}, got {given['compare']!r}")
    if given.get("beside", "national") != "national":
        raise ExperimentError(f"{where}: beside must be national, got {given['beside']!r}")
    if "beside" in given and "england" not in given.get("places", ()):
        raise ExperimentError(f"{where}: beside = \"national\" needs the place england, got {', '.join(given.get('places', ('berkshire-west',)))}")
    for name in given.get("measures", ()):
        if name.partition("/")[0] not in MEASURES:
            raise ExperimentError(f"{where}: measures: {unknown_name('measure', name, MEASURES)}")
    try:
        checked_groups(given.get("groups", ()))
    except ValueError as error:
        raise ExperimentError(f"{where}: groups: {error}") from error


def _check_names(path: Path, given: dict[str, Any]) -> dict[str, str]:
    """Refuse structures, settlements, levers and parameters that do not exist; return the checksums of own files."""
    from agents.hospital.flows import flow_named
    from experiments.specification import START, file_checksum
    from model.economy import FUNDINGS
    from model.parameters import Parameters
    from model.patchwork import check_structure, patchwork_files
    from model.place import load_place, place_file_digest
    from model.settlement import load_settlement
    from model.structures import list_structures, structure_with

    if given.get("structures") == ("all",):
        given["structures"] = tuple(list_structures())
    structures = list(given.get("structures", ("separate-budgets",)))
    flow_named(given.get("hospital_flow", "daily"))
    for name, arm in {"": Arm(), **given["arms"]}.items():
        where = f"{path.name}: arms.{name}" if name else path.name
        funding = arm.funding or given.get("funding", "within")
        if funding not in FUNDINGS:
            raise ExperimentError(f"{where}: funding must be one of {', '.join(FUNDINGS)}, got {funding!r}")
        try:
            load_settlement(arm.settlement or given.get("settlement", "published"))
            Parameters().with_values({**given.get("parameters", {}), **arm.parameters})
            _check_hold({**given.get("hold", {}), **arm.hold})
            facts = _merged(given.get("facts", {}), arm.facts)
            learning = given.get("learning", False) if arm.learning is None else arm.learning
            for structure in [arm.structure] if arm.structure else structures:
                for place in given.get("places", ("berkshire-west",)):
                    check_structure(structure_with(structure, facts) if facts else structure, load_place(place), START, learning)
        except (TypeError, ValueError) as error:
            raise ExperimentError(f"{where}: {str(error).splitlines()[0]}") from error
    arms = given["arms"].values()
    named = {*structures, *(arm.structure for arm in arms if arm.structure)}
    money = {given.get("settlement", ""), *(arm.settlement for arm in arms)}
    own = {*(file for name in named for file in patchwork_files(name)), *(name for name in money if name.endswith(".toml"))}
    files = {name: file_checksum(Path(name)) for name in sorted(own)}
    for place in given.get("places", ("berkshire-west",)):
        load_place(place)
        if place.endswith(".toml"):
            files[place] = place_file_digest(place)
    return files


def _check_hold(hold: Mapping[str, Any]) -> None:
    from agents.deciding import LEVER_RANGES

    bounds = {lever.name.lower(): reach for lever, reach in LEVER_RANGES.items()}
    for name, level in hold.items():
        if name not in bounds:
            raise unknown_name("lever", name, bounds)
        if level is not None and (isinstance(level, bool) or not isinstance(level, int | float) or not bounds[name].low <= level <= bounds[name].high):
            raise ValueError(f"hold.{name} must be a level from {bounds[name].low:g} to {bounds[name].high:g}, or \"observed\", got {level!r}")


def _check_places(where: str, spec: ExperimentSpec) -> None:
    """Refuse interventions that a place has no organisation or area for, or that the run does not reach."""
    from experiments.specification import START
    from model.interventions import check_place, read_interventions
    from model.place import load_place

    for name in spec.places:
        place = load_place(name)
        for arm, each in spec.arms.items():
            check_place(read_interventions(list(spec.interventions)), place, START, spec.years * 12, f"{where}: interventions")
            check_place(read_interventions(list(each.interventions)), place, START, spec.years * 12, f"{where}: arms.{arm}.interventions")
