"""Measure speed and memory, and hold them against what the project wants to reach."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import MEASUREMENTS

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
KERNEL, WHOLE = 15.0, 8.0  # million person-months a second
DECIDING = 5.0  # percent of the whole
SPELLS = 4000.0  # a second, through the event flow
SLOPE, BASE = 150.0, 400.0  # bytes a person, megabytes
HELP = 0.5  # seconds
MANY = 1_000_000  # people from which on speed is asked for: fewer share a month's fixed costs among them
FEWEST_PEOPLE = 500
HELP_RUNS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One row of the table.

    Parameters
    ----------
    name : what was measured
    people : of how many people; None where it does not depend on them
    measured : in `unit`
    target : what it should reach (`at_least`) or stay under; None where nothing is asked
    note : what else is worth knowing
    """

    name: str
    people: int | None
    measured: float
    unit: str
    target: float | None
    at_least: bool
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where nothing is asked."""
        if self.target is None:
            return None
        return self.measured >= self.target if self.at_least else self.measured <= self.target


def measure(what: str, people: int) -> dict[str, Any]:
    """Run one measurement in a process of its own.

    Raises
    ------
    RuntimeError
        If the process fails; its own message goes to the standard error.
    """
    command = [sys.executable, "-m", "benchmarks.measuring", what, str(people)]
    alone = os.environ | ONE_THREAD
    done = subprocess.run(command, cwd=ROOT, env=alone, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"measuring {what} of {people:,} people ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def help_seconds() -> float:
    """Return the median time that ``joinedup --help`` takes, from start to exit."""
    code = "import sys; sys.argv = ['joinedup', '--help']; from experiments.cli import main; main()"
    seconds = []
    for _ in range(HELP_RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def speed(name: str, people: int, found: dict[str, Any], which: str, target: float) -> Figure:
    """Return a figure of speed: the one called `which`, with the others beside it."""
    others = ", ".join(f"{other} {value:.1f}" for other, value in found.items() if other != which)
    return Figure(
        name=name, people=people, measured=found[which], unit="M/s", target=target if people >= MANY else None,
        at_least=True, note=f"{which}; {others}",
    )  # fmt: skip


def spells_figure(people: int, found: dict[str, Any]) -> Figure:
    """Return how many spells a second go through the event flow."""
    target, note = SPELLS if people >= MANY else None, f"{found['spells']:,} spells, nobody looking on"
    return Figure(
        name="event flow", people=people, measured=found["mean"], unit="spells/s", target=target, at_least=True, note=note
    )


def memory_figures(peaks: list[dict[str, Any]]) -> list[Figure]:
    """Return slope and base of the line through the peaks of the fewest and the most people."""
    low, high = peaks[0], peaks[-1]
    slope = (high["bytes"] - low["bytes"]) / (high["people"] - low["people"])
    base = (low["bytes"] - slope * low["people"]) / 1e6
    note = ", ".join(f"{peak['bytes'] / 1e6:,.0f} MB for {peak['people']:,}" for peak in peaks)
    return [
        Figure(
            name="memory a person", people=None, measured=slope, unit="bytes", target=SLOPE, at_least=False, note=note
        ),
        Figure(name="memory of nobody", people=None, measured=base, unit="MB", target=BASE, at_least=False),
    ]


def all_figures(people: Sequence[int], say: Console) -> list[Figure]:
    """Measure everything, telling `say` what is being done."""
    figures, peaks = [], []
    for number in people:
        found = {}
        for what in MEASUREMENTS:
            say.print(f"{number:,} people: {what} ...", style="dim")
            found[what] = measure(what, number)
        figures.append(speed("kernel alone", number, found["kernel"], "median", KERNEL))
        figures.append(speed("whole economy", number, found["whole"]["speed"], "mean", WHOLE))
        figures.append(
            Figure(
                name="deciding", people=number, measured=found["whole"]["deciding"], unit="%", at_least=False,
                target=DECIDING if number >= MANY else None, note="of the whole economy's time: beliefs, prices, boards, trust, markets",
            )
        )
        figures.append(spells_figure(number, found["spells"]))
        peaks.append(found["memory"])
    figures += memory_figures(peaks) if len(peaks) > 1 else []
    figures.append(
        Figure(name="joinedup --help", people=None, measured=help_seconds(), unit="s", target=HELP, at_least=False)
    )
    return figures


def table_of(figures: Sequence[Figure]) -> Table:
    """Lay the figures out."""
    title = "One thread; M/s: million person-months a second"
    table = Table("figure", "people", "measured", "target", "met", "", title=title)
    for figure in figures:
        table.add_row(
            figure.name,
            "" if figure.people is None else f"{figure.people:,}",
            f"{figure.measured:.3g} {figure.unit}",
            "" if figure.target is None else f"{'>=' if figure.at_least else '<='} {figure.target:g}",
            {None: "", True: "yes", False: "NO"}[figure.met],
            figure.note,
        )
    return table


def machine() -> dict[str, str]:
    """Return what the figures were measured on and with."""
    return {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()} | {
        package: version(package) for package in ("numba", "numpy", "mesa")
    }


def _number_of_people(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < FEWEST_PEOPLE:
        raise argparse.ArgumentTypeError(f"must be whole numbers of at least {FEWEST_PEOPLE}, got {text!r}")
    return number


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure speed and memory. The first time takes longer: it compiles, and settles the place.",
    )
    parser.add_argument(
        "--people", type=_number_of_people, nargs="+", default=[100_000, 1_000_000], metavar="N",
        help="sizes to measure (default: 100000 1000000); memory needs two",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(arguments)
    try:
        figures = all_figures(sorted(set(options.people)), Console(stderr=True))
    except (KeyboardInterrupt, RuntimeError) as error:
        parser.exit(1, f"benchmarks: {error or 'interrupted'}\n")
    if options.json:
        rows = [asdict(figure) | {"met": figure.met} for figure in figures]
        print(json.dumps({"machine": machine(), "figures": rows}, indent=2))
    else:
        Console().print(table_of(figures))


if __name__ == "__main__":
    main()
