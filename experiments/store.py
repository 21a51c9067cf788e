"""Results on disk: one folder for a comparison, with a manifest and the Parquet tables of every run.

::

    manifest.json                    what was asked for, versions, code hash, checksums of the data
    runs/<key>/measures.parquet      and ledger, consequences, decisions: plain columns, each with the run's own
    runs/<key>/run.json              the run's specification and what it said of itself
    failures/<key>.txt               traceback of a run that failed, gone once it succeeds

A run's folder is written under another name and renamed when complete, so whoever sees it sees all of it. Nothing in it
depends on the clock, on the number of workers or on the order of runs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import functools
import importlib.metadata
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.specification import ComparisonSpec, RunSpec, Spec, data_checksums

FORMAT = 1  # of the folder; raised when a reader must know
MANIFEST = "manifest.json"
TABLES = ("measures", "ledger", "consequences", "decisions")
MORE_TABLES = ("groups", "people", "trials")  # that only runs have which were asked for them
RUN_COLUMNS = ("place", "structure", "replication", "seed", "run")
VERSIONED = ("joinedup", "mesa", "numba", "numpy", "pandas", "pyarrow", "matplotlib")
DECIDING = ("machine", "python", "numba", "numpy")  # bits are promised for the same of these only
UNFINISHED = ".unfinished-"  # start of the name of what is being written


class ResultsError(Exception):
    """A results folder cannot be used.

    ::

        ResultsError
        ├── FolderError          it cannot be written, or what is in it cannot be read
        └── OtherResultsError    it holds the results of another specification
    """


class FolderError(ResultsError):
    """The folder cannot be written, or what is in it cannot be read."""


class OtherResultsError(ResultsError):
    """The folder holds the results of another specification."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What one run gave.

    Parameters
    ----------
    spec : what was asked for
    seed : the 64-bit seed that the economy was given
    measures : columns month, organisation, measure, value
    ledger : columns month, payer, payee, service, decider, lever, pounds
    consequences : columns month, decider, lever, payer, service, pounds
    decisions : columns month, organisation, lever, before, after, decider, advice, reasons (numbers by name, as JSON)
    notes : plain values that the run says of itself (settlement, people, kinds of organisation, mechanisms lacking)
    more : tables that only some runs have, by name, see :data:`MORE_TABLES`
    """

    spec: RunSpec
    seed: int
    measures: pd.DataFrame
    ledger: pd.DataFrame
    consequences: pd.DataFrame
    decisions: pd.DataFrame
    notes: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunTables:
    """What one finished run wrote: the tables of a :class:`RunResult`, each with the run's own columns, and its notes."""

    measures: pd.DataFrame
    ledger: pd.DataFrame
    consequences: pd.DataFrame
    decisions: pd.DataFrame
    notes: Mapping[str, Any]
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Results:
    """A folder of results, read without the model.

    Parameters
    ----------
    folder : where it was read from
    manifest : the content of ``manifest.json``
    spec : what was asked for
    keys : keys of the runs that finished, in the order of the specification
    """

    folder: Path
    manifest: Mapping[str, Any]
    spec: Spec
    keys: tuple[str, ...]

    @property
    def measures(self) -> pd.DataFrame:
        """Monthly measures: place, structure, replication, seed, run, month (from 0), organisation, measure, value."""
        return self.table("measures")

    @property
    def ledger(self) -> pd.DataFrame:
        """Monthly payments: the run's columns, month, payer, payee, service, decider, lever, pounds."""
        return self.table("ledger")

    @property
    def consequences(self) -> pd.DataFrame:
        """Attributed consequences: the run's columns, month, decider, lever, payer, service, pounds (signed)."""
        return self.table("consequences")

    @property
    def decisions(self) -> pd.DataFrame:
        """Decisions: the run's columns, month, organisation, lever, before, after, decider, advice, reasons (JSON)."""
        return self.table("decisions")

    @property
    def notes(self) -> dict[str, dict[str, Any]]:
        """What each run said of itself, by key of the run."""
        return {key: _notes(self.folder / "runs" / key) for key in self.keys}

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the :data:`TABLES` of all finished runs together, or of :data:`MORE_TABLES` of all that have it.

        Raises
        ------
        FolderError
            If no run finished or has it, or a file cannot be read.
        """
        return _table(self.folder, self.having(name), name).copy()

    def having(self, name: str) -> tuple[str, ...]:
        """Return the keys of the finished runs that have a table."""
        return self.keys if name in TABLES else tuple(key for key in self.keys if (self.folder / "runs" / key / f"{name}.parquet").exists())


@functools.lru_cache(maxsize=len(TABLES) + len(MORE_TABLES))
def _table(folder: Path, keys: tuple[str, ...], name: str) -> pd.DataFrame:
    if not keys:
        raise FolderError(f"{folder} holds no finished run")
    return pd.concat([_read_table(folder / "runs" / key / f"{name}.parquet") for key in keys], ignore_index=True)


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except OSError as error:
        raise FolderError(f"cannot read {path}: {reason(error)}") from error
    except ValueError as error:  # Arrow's word for a file that is cut off or of another kind
        raise FolderError(f"cannot read {path}: it is no whole Parquet file; delete {path.parent}, and the command that made it makes it again") from error


def load(path: str | os.PathLike[str]) -> Results:
    """Return the results that stand in a folder.

    Raises
    ------
    FolderError
        If it is no folder of results.
    """
    folder = Path(path)
    manifest = _read_json(folder / MANIFEST)
    try:
        spec = _spec_of(manifest)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FolderError(f"{folder / MANIFEST} is not a manifest of results: {error}") from error
    lacking = [key for key in ("key", "code", "versions", "data") if key not in manifest]
    if lacking:
        raise FolderError(f"{folder / MANIFEST} is not a manifest of results: it lacks {', '.join(lacking)}")
    keys = tuple(run.key for run in spec.runs() if (folder / "runs" / run.key).is_dir())
    return Results(folder=folder, manifest=manifest, spec=spec, keys=keys)


def _spec_of(manifest: Mapping[str, Any]) -> Spec:
    if manifest.get("of") == "experiment":
        from experiments.experiment import ExperimentSpec

        return ExperimentSpec.from_dict(manifest["spec"])
    return ComparisonSpec.from_dict(manifest["spec"])


class RunFolder:
    """A folder that runs are written into and found again, by their keys.

    Parameters
    ----------
    folder : as given by the user; made if need be

    Raises
    ------
    FolderError
        If it cannot be written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._make()

    def _make(self) -> None:
        with self.writing():
            (self.folder / "runs").mkdir(parents=True, exist_ok=True)
            self.clean()
            with tempfile.TemporaryFile(dir=self.folder / "runs") as probe:
                probe.write(b"0" * 4096)
                probe.flush()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the operating system refuses into one :class:`FolderError`."""
        try:
            yield
        except OSError as error:
            raise FolderError(f"cannot write to the results folder {self.folder}: {reason(error)}") from error

    def clean(self) -> None:
        """Remove what an earlier process left half-written."""
        for left in [*self.folder.glob(f"{UNFINISHED}*"), *self.folder.glob(f"*/{UNFINISHED}*")]:
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def has(self, key: str) -> bool:
        """Return whether a run is finished."""
        return (self.folder / "runs" / key).is_dir()

    def write(self, result: RunResult) -> None:
        """Write one finished run; on return all of it is there, on an error nothing."""
        with self.writing():
            write_run(self.folder, result)

    def write_failure(self, key: str, report: str) -> None:
        """Keep the traceback of a failed run."""
        with self.writing():
            (self.folder / "failures").mkdir(exist_ok=True)
            write_text(self.folder / "failures" / f"{key}.txt", report)

    def forget_failure(self, key: str) -> None:
        """Remove the traceback of a run that has since succeeded."""
        with self.writing():
            (self.folder / "failures" / f"{key}.txt").unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # other failures are still in it, or there never was one
                (self.folder / "failures").rmdir()

    def tables(self, key: str) -> RunTables:
        """Return what a finished run wrote.

        Raises
        ------
        FolderError
            If it did not finish, or a file cannot be read.
        """
        here = self.folder / "runs" / key
        frames = {name: _table(self.folder, (key,), name) for name in TABLES}
        more = {name: _table(self.folder, (key,), name) for name in MORE_TABLES if (here / f"{name}.parquet").exists()}
        return RunTables(**frames, more=more, notes=_notes(here))


class Store(RunFolder):
    """A folder for the runs of one comparison or experiment.

    Parameters
    ----------
    folder : as given by the user; made if need be
    spec : what the folder is for

    Raises
    ------
    OtherResultsError
        If the folder holds something else.
    FolderError
        If it cannot be written.
    """

    def __init__(self, folder: str | os.PathLike[str], spec: Spec) -> None:
        self.folder = Path(folder)
        self.spec = spec
        self._refuse_others()
        self.manifest = self._open()

    def _refuse_others(self) -> None:
        try:
            names = sorted(os.listdir(self.folder)) if self.folder.exists() else []
        except OSError as error:
            raise FolderError(f"cannot use the results folder {self.folder}: {reason(error)}") from error
        if MANIFEST in names:
            found = load(self.folder)
            difference = _difference(found.spec, self.spec)
            if difference and not self._expands(found):
                raise OtherResultsError(
                    f"{self.folder} holds the results of another specification ({difference}); "
                    "give this one a folder of its own with --output, or delete that folder"
                )
            self._refuse_to_mix(found)
            return
        others = [name for name in names if name != "runs" and not name.startswith(".")]
        if others:
            raise OtherResultsError(
                f"{self.folder} holds files that are no results ({others[0]} ...); give a new or empty folder"
            )

    def _expands(self, found: Results) -> bool:
        """Return whether all runs that are there belong to what is wanted now, so that nothing is lost."""
        return type(found.spec) is type(self.spec) and found.spec.expandable and set(found.keys) <= {run.key for run in self.spec.runs()}

    def _refuse_to_mix(self, found: Results) -> None:
        """Refuse to finish a batch with other versions than it was begun with: its bits would not be comparable."""
        before, now = found.manifest.get("versions", {}), versions()
        changed = [
            f"{name} {before.get(name)} there, {now[name]} here" for name in DECIDING if before.get(name) != now[name]
        ]
        if changed and len(found.keys) < len(self.spec.runs()):
            raise OtherResultsError(
                f"{self.folder} was begun with other versions ({', '.join(changed)}); "
                "give a folder of its own with --output, or delete that folder"
            )

    def _open(self) -> dict[str, Any]:
        self._make()
        with self.writing():
            path = self.folder / MANIFEST
            manifest = new_manifest(self.spec)
            if path.exists():
                found = _read_json(path)
                if found.get("key") == self.spec.key:
                    return found
            write_text(path, json.dumps(manifest, indent=2, sort_keys=True) + "\n")
        return manifest

    def results(self) -> Results:
        """Return what is in the folder now."""
        return load(self.folder)


def write_run(folder: Path, result: RunResult) -> None:
    """Write the tables of a run to ``runs/<key>``, complete or not at all.

    Raises
    ------
    OSError
        If the operating system refuses (a full disk, a folder without write permission).
    """
    key = result.spec.key
    target = folder / "runs" / key
    unfinished = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{key}-", dir=folder / "runs"))
    try:
        for name, table in [*((name, getattr(result, name)) for name in TABLES), *result.more.items()]:
            _with_run_columns(table, result).to_parquet(unfinished / f"{name}.parquet", index=False)
        record = {"key": key, "spec": dataclasses.asdict(result.spec), "seed": result.seed, "notes": dict(result.notes)}
        (unfinished / "run.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        unfinished.chmod(0o755)  # mkdtemp makes it private; results are to be shared like any other file
        if not target.is_dir():
            unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _with_run_columns(frame: pd.DataFrame, result: RunResult) -> pd.DataFrame:
    own = [column for column in frame.columns if column not in RUN_COLUMNS]
    # Sorted by all that identifies a row, so that the order in which the model collected them leaves no trace.
    keys = [column for column in own if column not in ("value", "pounds", "reasons")]
    table = frame[own].sort_values(keys, kind="stable", ignore_index=True) if keys else frame[own]
    spec = result.spec
    named = {"place": spec.place, "structure": spec.structure, "replication": spec.replication, "run": spec.key}
    for position, column in enumerate(RUN_COLUMNS):
        table.insert(
            position,
            column,
            pd.Series(result.seed, index=table.index, dtype="uint64") if column == "seed" else named[column],
        )
    return table


def write_text(path: Path, text: str) -> None:
    """Write a text file, complete or not at all.

    Raises
    ------
    OSError
        If the operating system refuses.
    """
    write_file(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))


def write_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a file beside `path`, then put it in its place: complete or not at all.

    Raises
    ------
    OSError
        If the operating system refuses.
    """
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def new_manifest(spec: Spec) -> dict[str, Any]:
    """Return what a folder of results says of itself, as plain values."""
    return {
        "format": FORMAT,
        "of": spec.of,
        "spec": spec.as_dict(),
        "key": spec.key,
        "code": spec.code,
        "versions": versions(),
        "data": data_checksums(),
        "runs": [{"key": run.key, "structure": run.structure, "replication": run.replication} for run in spec.runs()],
    }


def versions() -> dict[str, str]:
    """Return the versions that results may depend on, by name; the machine's type is one of them."""
    found = {name: version_of(name) for name in VERSIONED}
    return {"python": platform.python_version(), "machine": platform.machine(), **found}


def version_of(distribution: str) -> str:
    """Return the version of an installed distribution; ours may also run from its checkout without being installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def reason(error: OSError) -> str:
    """Return the operating system's own words for what it refused, whatever a library wrapped around them."""
    number = error.errno or (errno.ENOENT if isinstance(error, FileNotFoundError) else 0)  # Arrow gives none
    return os.strerror(number) if number else str(error) or type(error).__name__


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FolderError(f"cannot read {path}: {reason(error)}") from error
    except ValueError as error:
        raise FolderError(f"cannot read {path}: it is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise FolderError(f"cannot read {path}: it must hold an object of names and values, got {type(found).__name__}")
    return found


def _notes(run: Path) -> dict[str, Any]:
    """Return what a run said of itself."""
    found = _read_json(run / "run.json")
    if "notes" not in found:
        raise FolderError(f"cannot read {run / 'run.json'}: it lacks notes; delete {run}, and the command that made it makes it again")
    return found["notes"]


def _difference(found: Spec, wanted: Spec) -> str:
    """Return in words how two specifications differ; empty if they do not."""
    if found == wanted:
        return ""
    if type(found) is not type(wanted):
        return f"{found.of} there, {wanted.of} here"
    names = [f.name for f in dataclasses.fields(wanted)]
    differing = [name for name in names if getattr(found, name) != getattr(wanted, name)]
    if differing == ["code"]:
        return "the same question, but made by other model code or data"
    told = [name for name in differing if name not in ("code", "files")]
    return (
        ", ".join(
            f"{name}: {_shown(getattr(found, name))} there, {_shown(getattr(wanted, name))} here" for name in told
        )
        or "other place or structure files"
    )


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        words = {key: "observed" if v is None else f"{v:g}" if isinstance(v, float) else "..." for key, v in value.items()}
        return " ".join(f"{key}={word}" for key, word in words.items()) or "none"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
