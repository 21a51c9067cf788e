"""Whether the two hospital flows say the same of a real place: the same people, months and luck through both.

The flows share every decision and every draw, but one moves by the day and the other by the hour and minute. What that may
come to is stated in advance, figure by figure, with the reason (:data:`FIGURES`); it is not a tolerance for the unexplained.
Runs are paired by seed. The mean difference of each figure gets a t-interval so wide that the chance of *any* of them
leaving out its true value is at most the stated one (Bonferroni), and is then held against the margin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.deciding import Belief
from agents.draws import replication_seed
from agents.vocabulary import Lever
from experiments.comparing import interval_half_width
from model.economy import HealthEconomy
from model.measures import REASONS

FALSE_ALARM = 0.01  # chance that some figure is said to differ though all are within their margins
STILL = {lever: Belief(lever=lever, costs={}, qalys=0.0) for lever in Lever if lever != Lever.NONE}

Sums = dict[str, float]
"""Measures of the whole place, summed over the months of a run."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Something that both flows are asked for.

    Parameters
    ----------
    name : in words, with its unit
    of : what it is, from a run's sums
    margin : difference that the grain of time may make, as a share of the daily flow's figure
    least : the same in the figure's unit, where that is more
    reason : why
    """

    name: str
    of: Callable[[Sums], float]
    margin: float
    least: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a figure comes to under both flows.

    Parameters
    ----------
    figure : of
    daily, other : means over replications
    low, high : interval of the other's difference from the daily flow
    margin : in the figure's unit
    """

    figure: Figure
    daily: float
    other: float
    low: float
    high: float
    margin: float

    @property
    def verdict(self) -> str:
        """``alike``: surely within the margin; ``differ``: surely beyond it; ``open``: too few runs to tell."""
        if -self.margin <= self.low and self.high <= self.margin:
            return "alike"
        return "differ" if self.low > self.margin or self.high < -self.margin else "open"


def _per(measure: str, number: float, of: str) -> Callable[[Sums], float]:
    """Return `measure` for each `number` of `of`."""
    return lambda sums: number * sums[measure] / max(sums[of], 1.0)


SAME_DRAWS = "the same draws decide; only who else is waiting at that hour can differ"
IN_AE = (
    "one in fifteen of those admitted is still in A&E at midnight by the hour (about two hours there, seven tenths through A&E, "
    "a twentieth of arrivals an hour in the evening), and has a night fewer in hospital"
)
AT_DESKS = (
    "desks work from nine to five by the hour, and in one go by the day: whose turn it is can change, the work cannot"
)
AFTERNOON = (
    "operations look for beds at six in the evening by the hour, at the end of the day by the day; a quarter of the day's "
    "emergencies come between the two"
)
FIGURES = (
    Figure(
        name="emergency admissions a month", of=_per("emergency_admissions", 1.0, "months"),
        margin=0.01, least=0.0, reason=SAME_DRAWS,
    ),
    Figure(
        name="emergency patients in hospital at midnight", of=_per("occupied_beds", 1.0, "months"),
        margin=0.02, least=0.0, reason=IN_AE,
    ),
    Figure(
        name="nights a stay", of=_per("emergency_bed_days", 1.0, "emergency_admissions"),
        margin=0.02, least=0.0, reason=IN_AE,
    ),
    Figure(
        name="nights in A&E waiting for a bed, for each 100 admissions",
        of=_per("boarding_days", 100.0, "emergency_admissions"),
        margin=0.15, least=0.1, reason="who is seen in A&E past midnight is not waiting for a bed yet: a tenth of an evening's; beds come free through the day",
    ),
    *(
        Figure(
            name=f"nights delayed for {reason.replace('_', ' ')}, for each 100 admissions",
            of=_per(f"delayed_days_true/{reason}", 100.0, "emergency_admissions"),
            margin=0.05, least=0.2, reason=AT_DESKS,
        )
        for reason in REASONS
    ),
    Figure(
        name="returns within 30 days, for each 100 admissions",
        of=_per("readmissions", 100.0, "emergency_admissions"), margin=0.02, least=0.0, reason=SAME_DRAWS,
    ),
    Figure(
        name="operations a month", of=_per("elective_admissions", 1.0, "months"), margin=0.01, least=0.0, reason=AFTERNOON,
    ),
    Figure(
        name="operations cancelled, for each 100 done", of=_per("elective_cancellations", 100.0, "elective_admissions"),
        margin=0.25, least=0.1, reason=AFTERNOON,
    ),
)  # fmt: skip
"""What is compared, each with its margin."""


def measured(place: str, *, scale: float, months: int, seed: int, **options: Any) -> Sums:
    """Return each measure of a place over some months with levers where they are and flat money.

    Parameters
    ----------
    place, scale, seed : of the run
    months : how many, from April 2014
    options : further ones of ``model.economy.HealthEconomy``
    """
    run = {"settlement": "flat", "beliefs": STILL, "years": -(-months // 12), **options}
    economy = HealthEconomy(place, seed=seed, scale=scale, **run)
    for _ in range(months):
        economy.step()
    frame = economy.measures
    sums = frame[frame["organisation"] == "place"].groupby("measure")["value"].sum().to_dict()
    return {**sums, "months": float(months)}


def replications(place: str, number: int, *, scale: float, months: int, base: int = 1, **options: Any) -> list[Sums]:
    """Return :func:`measured` for so many seeds, the same ones whatever the options."""
    return [
        measured(place, scale=scale, months=months, seed=replication_seed(base, k), **options) for k in range(number)
    ]


def compare(daily: Sequence[Sums], other: Sequence[Sums], false_alarm: float = FALSE_ALARM) -> list[Verdict]:
    """Hold runs of another flow against runs of the daily flow with the same seeds, in the same order.

    Raises
    ------
    ValueError
        If there are fewer than two pairs, or not as many runs of one as of the other.
    """
    if len(daily) != len(other) or len(daily) < 2:
        raise ValueError(
            f"compare takes at least two runs of each flow, as many of one as of the other, got {len(daily)} and {len(other)}"
        )
    before = np.array([[figure.of(sums) for sums in daily] for figure in FIGURES])
    after = np.array([[figure.of(sums) for sums in other] for figure in FIGURES])
    difference = (after - before).mean(axis=1)
    half = interval_half_width(after - before, 1.0 - false_alarm / len(FIGURES))
    return [
        Verdict(
            figure=figure, daily=float(a), other=float(b), low=float(d - h), high=float(d + h),
            margin=max(figure.margin * float(a), figure.least),
        )
        for figure, a, b, d, h in zip(FIGURES, before.mean(axis=1), after.mean(axis=1), difference, half, strict=True)
    ]  # fmt: skip


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as Markdown."""
    lines = ["| | daily | by the hour | difference | margin | |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    lines += [
        f"| {v.figure.name} | {v.daily:,.4g} | {v.other:,.4g} | {v.low:+.2g} to {v.high:+.2g} | {v.margin:.2g} | {v.verdict} |"
        for v in verdicts
    ]
    return "\n".join(lines)
