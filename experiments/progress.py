"""What a long batch tells while it runs: a live bar on a terminal, two lines elsewhere, nothing when quiet."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where a batch reports to.

    Parameters
    ----------
    stage : is told what is being done, in words
    months : is told how many months have been simulated
    """

    stage: Callable[[str], None]
    months: Callable[[int], None]


def _nothing(_: object) -> None:
    """Tell nobody."""


@contextlib.contextmanager
def reporting(runs: int, months: int, quiet: bool = False) -> Iterator[Report]:
    """Give a report for a batch of that many runs and months in total; all goes to the standard error."""
    if quiet:
        yield Report(stage=_nothing, months=_nothing)
    elif sys.stderr.isatty():
        with _bar(runs, months) as report:
            yield report
    else:
        begun = time.monotonic()
        print(f"Running {runs} runs, {months} simulated months", file=sys.stderr)  # noqa: T201 - progress
        yield Report(stage=_nothing, months=_nothing)
        print(f"Finished in {time.monotonic() - begun:.0f} s", file=sys.stderr)  # noqa: T201 - progress


@contextlib.contextmanager
def _bar(runs: int, months: int) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("took"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=months)
        yield Report(
            stage=lambda words: progress.update(task, description=f"{words}, {runs} runs"),
            months=lambda done: progress.update(task, completed=done),
        )
