"""Hold both hospital flows against queueing theory, and against each other over the same months of a place.

``python -m benchmarks.docking`` prints two tables as Markdown. In the first, each flow runs one hospital on given arrivals,
several times, beside what theory says (``experiments/queueing.py``). In the second, both run the same people, months and
luck, and each figure's difference is held against the margin that was stated for it in advance
(``experiments/agreement.py``).
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agents.hospital.flows import FLOWS
from experiments import queueing
from experiments.agreement import FALSE_ALARM, FIGURES, compare, replications, table
from experiments.comparing import interval_half_width
from experiments.docking import Arrivals, Observed, Ward
from model.economy import prepare

BEFORE = 300  # days until a queue that began empty is settled


@dataclass(frozen=True, kw_only=True)
class Known:
    """Something that theory knows of a hospital.

    Parameters
    ----------
    name : in words
    ward : the hospital
    a_day : arrivals, Poisson
    package_share : of them who need a package
    of : the figure of one day, from what is seen
    theory : its mean
    """

    name: str
    ward: Ward
    a_day: float
    of: Callable[[Observed], np.ndarray]
    theory: float
    package_share: float = 0.0

    def measured(self, flow: str, days: int, seed: int) -> float:
        """Return the mean of the figure over so many days after the first."""
        arrivals = Arrivals.poisson(self.a_day, BEFORE + days, seed=seed, package_share=self.package_share)
        seen = self.ward.observe(arrivals, BEFORE + days, seed=seed, flow=flow)
        return float(self.of(seen)[BEFORE : BEFORE + days].mean())


def known() -> list[Known]:
    """Return what is held against theory."""
    still = {"hospital.boarding_idle": 1.0}  # treatment stands still until there is a bed
    leaves = 1.0 - math.exp(-1.0 / 2.0)
    return [
        Known(
            name="people in hospital, beds unlimited (M/G/infinity), stays of 5 days",
            ward=Ward(mean_stay=5.0, stay_shape=math.inf), a_day=4.0, of=lambda seen: seen.in_hospital, theory=20.0,
        ),
        Known(
            name="the same, exponential stays",
            ward=Ward(mean_stay=5.0), a_day=4.0, of=lambda seen: seen.in_hospital, theory=queueing.load(4.0, 5.0),
        ),
        Known(
            name="people waiting for one of 5 beds, stays of one night (M/D/c)",
            ward=Ward(mean_stay=1.0, stay_shape=math.inf, beds=5), a_day=4.0, of=lambda seen: seen.boarding,
            theory=queueing.mean_waiting_fixed(5, 4.0),
        ),
        Known(
            name="people waiting for one of 3 beds, exponential stays of 5 days (M/M/c)",
            ward=Ward(mean_stay=5.0, beds=3, values=still), a_day=0.42, of=lambda seen: seen.boarding,
            theory=queueing.mean_waiting(3, 2.1),
        ),
        Known(
            name="the same, treatment going on in A&E",
            ward=Ward(mean_stay=5.0, beds=3), a_day=0.42, of=lambda seen: seen.boarding, theory=math.nan,
        ),
        Known(
            name="people waiting for one of 3 packages of 2 days (M/M/c by the day)",
            ward=Ward(mean_stay=1.0, stay_shape=math.inf, packages=3, package_days=2.0, package_shape=1.0), a_day=0.9,
            of=lambda seen: seen.delayed.sum(axis=1), theory=queueing.mean_waiting_by_day(3, 0.9, leaves), package_share=1.0,
        ),
    ]  # fmt: skip


def against_theory(days: int, runs: int) -> str:
    """Return, as Markdown, theory and each flow's mean with the half of its 95% interval over replications."""
    lines = [f"| | theory | {' | '.join(FLOWS)} |", f"| --- | ---: | {' | '.join('---:' for _ in FLOWS)} |"]
    for case in known():
        cells = []
        for flow in FLOWS:
            means = np.array([[case.measured(flow, days, seed) for seed in range(1, runs + 1)]])
            cells.append(f"{means.mean():.3f} ± {interval_half_width(means)[0]:.3f}")
        theory = "none" if math.isnan(case.theory) else f"{case.theory:.3f}"
        lines.append(f"| {case.name} | {theory} | {' | '.join(cells)} |")
    return "\n".join(lines)


def against_each_other(place: str, scale: float, months: int, runs: int) -> str:
    """Return, as Markdown, what both flows make of the same months of a place, and how long each took."""
    lines, found = [], {}
    prepare(place, scale)
    for flow in FLOWS:
        began = time.process_time()
        found[flow] = replications(place, runs, scale=scale, months=months, hospital_flow=flow)
        seconds = time.process_time() - began
        spells = sum(sums["emergency_admissions"] for sums in found[flow])
        lines.append(
            f"{flow}: {seconds:,.1f} s of the processor for {spells:,.0f} emergency spells, everything else included"
        )
    lines += ["", table(compare(found["daily"], found["salabim"]))]
    return "\n".join(lines)


def reasons() -> str:
    """Return, as Markdown, why the grain of time may make a difference, for each margin."""
    by_reason: dict[str, list[str]] = {}
    for figure in FIGURES:
        by_reason.setdefault(figure.reason, []).append(figure.name)
    return "\n".join(
        f"- {', '.join(names[:2])}{' and alike' if len(names) > 2 else ''}: {why}." for why, names in by_reason.items()
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.docking", description="Hold both hospital flows against theory and each other."
    )
    parser.add_argument("--place", default="berkshire-west")
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--runs", type=int, default=12, help="replications (default: %(default)s)")
    parser.add_argument("--days", type=int, default=1000, help="of each run against theory (default: %(default)s)")
    options = parser.parse_args(arguments)
    print(against_theory(options.days, options.runs))
    print(f"\n{options.place} at scale {options.scale:g}, {options.months} months, {options.runs} pairs of runs:\n")
    print(against_each_other(options.place, options.scale, options.months, options.runs))
    print(f"\nFalse-alarm rate of the whole table: {FALSE_ALARM:g}. Margins, stated in advance:\n\n{reasons()}")


if __name__ == "__main__":
    main()
