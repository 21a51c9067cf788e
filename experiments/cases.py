"""Runs that belong together and are no comparison of structures: each in a folder under its key, made only if missing.

Rooms that ask *what if* state their runs here: the same run asked for twice, or by two rooms, is run once.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.specification import ComparisonSpec, RunSpec
from experiments.store import RunFolder, RunTables

if TYPE_CHECKING:
    from experiments.figures.style import Context

MONTHS = 12


class CasesError(RuntimeError):
    """Runs failed, so that nothing can be told; the message says which and why, a line each."""


class Cases:
    """A folder of runs, and how they are made.

    Parameters
    ----------
    folder : of the runs; made if need be
    workers : processes
    quiet : whether to tell nothing of the progress
    """

    def __init__(self, folder: str | os.PathLike[str], workers: int = 1, quiet: bool = True) -> None:
        self.store = RunFolder(folder)
        self.folder = self.store.folder
        self.workers, self.quiet = workers, quiet

    def run(self, specs: Iterable[RunSpec]) -> None:
        """Run what is missing.

        Raises
        ------
        CasesError
            If a run failed. Those that finished are kept.
        FolderError
            If a result cannot be written.
        """
        missing = [spec for spec in dict.fromkeys(specs) if not self.store.has(spec.key)]
        if not missing:
            return
        from experiments.progress import reporting
        from experiments.running import prepare, run_all

        with reporting(len(missing), sum(spec.years for spec in missing) * MONTHS, self.quiet) as report:
            report.stage("Preparing")
            for spec in _one_of_each_start(missing):
                prepare(spec)
            report.stage("Running")
            batch = run_all(missing, self.store, self.workers, report.months)
        if batch.failures:
            raise CasesError("\n".join(failure.error for failure in batch.failures))

    def tables(self, spec: RunSpec) -> RunTables:
        """Return what a run gave, which is made first if it is missing."""
        self.run([spec])
        return self.store.tables(spec.key)

    def take_over(self, folder: str | os.PathLike[str], specs: Iterable[RunSpec]) -> None:
        """Copy finished runs of another folder, where it has the very same ones."""
        for spec in specs:
            there = Path(folder) / "runs" / spec.key
            if there.is_dir() and not self.store.has(spec.key):
                with self.store.writing():
                    shutil.copytree(there, self.folder / "runs" / spec.key)


def _one_of_each_start(specs: Sequence[RunSpec]) -> list[RunSpec]:
    """Return one run of each starting state, which others like it then only load."""
    starts: dict[Any, RunSpec] = {}
    for spec in specs:
        starts.setdefault((spec.place, spec.scale, tuple(sorted(spec.parameters.items()))), spec)
    return list(starts.values())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ground:
    """What all runs of a question share.

    Parameters
    ----------
    place, years, scale, seed, settlement, hospital_flow, parameters : as in :class:`experiments.specification.RunSpec`
    replications : of each case, paired by the same people and luck
    others : any other fields of a run, by name
    """

    place: str = "berkshire-west"
    years: int = 10
    scale: float = 1.0
    seed: int = 1
    settlement: str = "published"
    hospital_flow: str = "daily"
    parameters: Mapping[str, float] = dataclasses.field(default_factory=dict)
    replications: int = 1
    others: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.replications, bool) or not isinstance(self.replications, int) or self.replications < 1:
            raise ValueError(f"Ground.replications must be a whole number of 1 or more, got {self.replications!r}")
        object.__setattr__(self, "place", self.run("separate-budgets", 0).place)

    def run(self, structure: str, replication: int, **changes: Any) -> RunSpec:
        """Return one run; `changes` are of any other field of it, `parameters` besides those of the ground.

        Raises
        ------
        ValueError
            If a name is unknown or a number out of bounds.
        """
        from experiments.specification import code_hash, file_checksum
        from model.patchwork import patchwork_files
        from model.place import place_file_digest

        others = {**self.others, **changes}
        files = {**others.pop("files", {}), **{file: file_checksum(Path(file)) for file in patchwork_files(structure)}}
        if self.settlement.endswith(".toml"):
            files[self.settlement] = file_checksum(Path(self.settlement))
        if self.place.endswith(".toml"):
            files[self.place] = place_file_digest(self.place)
        own = {**self.parameters, **others.pop("parameters", {})}
        return RunSpec(
            place=self.place, structure=structure, seed=self.seed, replication=replication, years=self.years, scale=self.scale,
            settlement=self.settlement, hospital_flow=self.hospital_flow, parameters=own, code=code_hash(), files=files, **others,
        )  # fmt: skip

    @classmethod
    def of(cls, spec: ComparisonSpec) -> Ground:
        """Return the ground of a comparison, whose own runs are among those on it."""
        own, theirs = ({field.name for field in dataclasses.fields(kind)} for kind in (cls, RunSpec))
        shared = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
        others = {name: value for name, value in shared.items() if name in theirs - own - {"code"}}
        return cls(**{name: value for name, value in shared.items() if name in own}, others=others)

    def runs(self, structure: str, **changes: Any) -> list[RunSpec]:
        """Return one run a replication."""
        return [self.run(structure, replication, **dict(changes)) for replication in range(self.replications)]

    def context(self, title: str, structures: tuple[str, ...]) -> Context:
        """Return what figures say of the runs; `title` is the place's, for a reader."""
        from experiments.figures.style import Context

        return Context(place=title, structures=structures, replications=self.replications, years=self.years, scale=self.scale)
