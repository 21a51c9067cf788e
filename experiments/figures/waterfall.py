"""From one structure to another, group of facts by group of facts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.comparing import is_clear
from experiments.figures.style import (
    BLUE,
    CHARCOAL,
    FAINT,
    GREY,
    ORANGE,
    Context,
    label_of,
    number,
    quiet_grid,
    sheet,
    tick,
)
from experiments.figures.wording import ALONE, small, with_unit
from model.measures import MEASURES

SHOWN = ("emergency_admissions", "emergency_bed_days", "delayed_days_true", "unmet_hours", "qalys", "deaths", "public_spending", "household_cost")
NOTE = (
    "Differences a year from {first} to {second}, in steps: each step is a group of facts, and its bar is its mean effect over {said}; bars add up to "
    "the whole (last bar). Lines: 95% intervals over replications; numbers are grey where they hold zero. Diamonds: what the group does alone, as the first step, from where "
    "its bar begins; the rest of its bar is interaction with other groups."
)


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What is drawn.

    Parameters
    ----------
    context : of the runs; its structures are the two
    rows : as ``experiments.waterfall.Waterfall`` has them
    said : over which orders was averaged, in words
    """

    context: Context
    rows: pd.DataFrame
    said: str


def title(found: Pictured) -> str:
    """Return the finding: QALYs, or where luck hides that the clearest difference, and the group of facts that most of it is."""
    first, second = (label_of(name).lower() for name in found.context.structures)
    lead = f"From {first} to {second}"
    if found.context.replications < 2:
        return f"{lead}: {ALONE}"
    wholes = found.rows.groupby("measure", sort=False).tail(1).set_index("measure")
    wholes = wholes[wholes.index.isin(SHOWN)]
    count = len(wholes)
    wholes = wholes[[is_clear(low, high) for low, high in zip(wholes["low"], wholes["high"], strict=True)]]
    if wholes.empty:
        return f"{lead}: none of {count} differences is clear of luck"
    measure = "qalys" if "qalys" in wholes.index else ((wholes["high"] - wholes["low"]) / wholes["part"].abs()).idxmin()
    known, whole = MEASURES[measure], wholes.loc[measure]
    parts = found.rows[found.rows["measure"] == measure].iloc[:-1].set_index("group")
    clear = parts[[is_clear(low, high) for low, high in zip(parts["low"], parts["high"], strict=True)]]
    largest = clear["part"].abs().idxmax() if len(clear) else ""
    said = f"of which {largest} {number(clear.loc[largest, 'part'], known.unit, signed=True)}" if largest else "no step of it clear by itself"
    interaction = "" if np.isnan(whole["interaction"]) else f"; interaction in all {number(whole['interaction'], known.unit, signed=True)}"
    return f"{lead}: {small(known.label)} {number(whole['part'], known.unit, signed=True)} a year, {said}{interaction}"


def draw(found: Pictured, heading: str) -> Figure:
    """Return the figure: a panel a measure."""
    rows = found.rows
    measures = [name for name in SHOWN if name in set(rows["measure"])]
    groups = list(dict.fromkeys(rows["group"]))[:-1]  # the last is all together
    columns = min(len(measures), 2)
    lines = math.ceil(len(measures) / columns)
    first, second = (label_of(name).lower() for name in found.context.structures)
    keys = [
        Patch(facecolor=ORANGE, label="More"), Patch(facecolor=BLUE, label="Less"), Patch(facecolor=FAINT, label="All together"),
        Line2D([], [], color=CHARCOAL, marker="D", linestyle="none", markerfacecolor="white", label="Alone"),
    ]  # fmt: skip
    height = lines * (0.32 * (len(groups) + 1) + 0.8) + 1.6
    figure = sheet(9.5, height, heading, found.context.caption(NOTE.format(first=first, second=second, said=found.said)), keys)
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for axes, measure in zip(grid.flat, measures, strict=False):
        _steps(axes, rows[rows["measure"] == measure], groups)
        known = MEASURES[measure]
        axes.set_title(with_unit(known.label, known.unit))
        axes.xaxis.set_major_formatter(lambda value, _, unit=known.unit: tick(value, unit))
    for axes in grid.flat:
        axes.set_visible(axes.has_data())
    for line in grid:
        line[0].set_yticks(range(len(groups) + 1), [*(label_of(group) for group in groups), "All together"])
        line[0].set_ylim(len(groups) + 0.6, -0.6)
    return figure


def _steps(axes: Axes, rows: pd.DataFrame, groups: list[str]) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1)
    own = rows.set_index("group")
    unit = MEASURES[rows["measure"].iloc[0]].unit
    begin, ends = 0.0, [0.0]
    for place, group in enumerate(groups):
        part = own.loc[group, "part"]
        axes.barh(place, part, 0.6, left=begin, color=ORANGE if part > 0 else BLUE)
        low, high = own.loc[group, "low"], own.loc[group, "high"]
        if not np.isnan(low):
            axes.plot([begin + low, begin + high], [place] * 2, color=CHARCOAL, linewidth=1.2)
            ends += [begin + low, begin + high]
        alone = own.loc[group, "alone"]
        if not np.isnan(alone):
            axes.plot(begin + alone, place, "D", color=CHARCOAL, markerfacecolor="white", markersize=4.5)
            ends.append(begin + alone)
        axes.plot([begin + part] * 2, [place - 0.3, place + 1.3], color=GREY, linewidth=0.6, linestyle=":")
        begin += part
        ends.append(begin)
    axes.barh(len(groups), begin, 0.6, color=FAINT)
    low, high = own.iloc[-1][["low", "high"]]
    if not np.isnan(low):
        axes.plot([low, high], [len(groups)] * 2, color=CHARCOAL, linewidth=1.2)
        ends += [low, high]
    reach = max(max(ends) - min(ends), 1e-9)
    for place, row in enumerate(own.loc[[*groups, own.index[-1]]].itertuples()):
        ink = CHARCOAL if is_clear(row.low, row.high) else GREY
        axes.text(max(ends) + 0.06 * reach, place, number(row.part, unit, signed=True), va="center", fontsize=7.5, color=ink)
    axes.set_xlim(min(ends) - 0.08 * reach, max(ends) + 0.42 * reach)
    axes.locator_params(axis="x", nbins=4)


def describe(found: Pictured) -> str:
    """Return the figure in words."""
    told = []
    for measure, rows in found.rows.groupby("measure", sort=False):
        known = MEASURES[measure]
        parts = ", ".join(
            f"{row.group} {number(row.part, known.unit, signed=True)}{'' if is_clear(row.low, row.high) else ' (not clear)'}" for row in rows.itertuples()
        )
        told.append(f"{known.label} a year: {parts}")
    return "; ".join(told) + "."
