"""How the levers move: what each organisation sets, month by month."""

from __future__ import annotations

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.deciding import LEVER_RANGES
from experiments.figures.matrix import MANY, NOTHING, Panel, draw_matrix
from experiments.figures.paths import name_ends
from experiments.figures.style import MINUS, Context, key_handles, label_of, number, sheet, tick
from experiments.figures.wording import capital

NAME = "levers"
PREFIX = "lever/"
MONTHS = 12
NOTE = (
    "Thick: mean over organisations and replications; thin: each organisation that sets the lever, mean over "
    "replications. Levels at the end of each quarter; the vertical scale does not begin at zero; ticks mark April. "
    "Every structure starts from the same levels."
)
NOTE_OF_MANY = (
    "By how much each lever moved from the end of the first quarter to that of the last: mean over organisations and replications, in its own unit, which the "
    "ODD page lists. First row: its level at the start under the baseline. Colour: part of the column's largest move, blue downward. A dash: not moved, or moved and back."
)
UNITS = {lever.name.lower(): reach.unit for lever, reach in LEVER_RANGES.items()}
STILL = 1e-9  # a lever that moved less than this did not move


def table(measures: pd.DataFrame) -> pd.DataFrame:
    """Return each lever's level at the end of each quarter, by structure and organisation, mean over replications.

    Parameters
    ----------
    measures : tidy monthly frame; a lever is the measure ``lever/<name>`` of the organisation that sets it
    """
    levers = measures[measures["measure"].str.startswith(PREFIX) & ((measures["month"] + 1) % 3 == 0)]
    levers = levers.assign(lever=levers["measure"].str.removeprefix(PREFIX))
    keys = ["lever", "structure", "organisation", "month"]
    return levers.groupby(keys, observed=True, sort=True)["value"].mean().rename("level").reset_index()


def title(rows: pd.DataFrame, context: Context) -> str:
    """Return how many levers move, under each structure."""
    moved = {
        structure: sum(_moves(group) for _, group in rows[rows["structure"] == structure].groupby("lever"))
        for structure in context.structures
    }
    total = rows["lever"].nunique()
    if not context.named:
        most, least = (chosen(moved, key=moved.__getitem__) for chosen in (max, min))
        counts = f"most under {label_of(most).lower()}, {moved[most]} of {total}, fewest under {label_of(least).lower()}, {moved[least]}"
        return f"Levers that move from where they started: {counts}"
    told = ", ".join(f"{count} of {total} under {label_of(structure).lower()}" for structure, count in moved.items())
    return f"Levers that move from where they started: {told}"


def words(lever: str) -> str:
    """Return the name of a lever for a reader.

    Examples
    --------
    >>> words("chc_strictness"), words("day_cases")
    ('CHC strictness', 'day cases')
    """
    return " ".join(word.upper() if word in ("chc", "gp") else word for word in lever.split("_"))


def _moves_at_all(group: pd.DataFrame) -> bool:
    return any(_moves(mine) for _, mine in group.groupby("structure", observed=True))


def _moves(group: pd.DataFrame) -> bool:
    reach = group.groupby("organisation")["level"].agg(lambda level: level.max() - level.min())
    return bool((reach > STILL).any())


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
    if len(context.others) >= MANY:
        return _table(rows, heading, context)
    every = list(dict.fromkeys(rows["lever"]))
    levers = [lever for lever in every if _moves_at_all(rows[rows["lever"] == lever])] or every
    still = ", ".join(words(lever) for lever in every if lever not in levers)
    columns = min(4, len(levers))
    lines = math.ceil(len(levers) / columns)
    key = [] if context.named else key_handles(context, context.structures, as_lines=True)
    note = f"{NOTE} Moved by nobody: {still}." if still else NOTE
    figure = sheet(max(3.1 * columns + 0.4, 6.6), 2.3 * lines + 1.2, heading, context.caption(note), key)
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True)
    for axes in grid.flat[len(levers) :]:
        axes.set_visible(False)
    for axes, lever in zip(grid.flat, levers, strict=False):
        _panel(axes, rows[rows["lever"] == lever], context)
        axes.set_title(capital(words(lever)))
        axes.set_ylabel(textwrap.fill(UNITS.get(lever, ""), 24), size=7.5)
    return figure


def _table(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of many structures: by how much each lever moved from the first quarter to the last."""
    every = list(dict.fromkeys(rows["lever"]))
    levers = [lever for lever in every if _moves_at_all(rows[rows["lever"] == lever])] or every
    still = ", ".join(words(lever) for lever in every if lever not in levers)
    ends = rows[rows["month"].isin([rows["month"].min(), rows["month"].max()])]
    means = ends.groupby(["structure", "lever", "month"])["level"].mean().unstack("month")
    change = (means.iloc[:, -1] - means.iloc[:, 0]).unstack("lever").reindex(index=context.structures, columns=levers)
    moved = pd.DataFrame({lever: {structure: _moves(rows[(rows["structure"] == structure) & (rows["lever"] == lever)]) for structure in context.structures} for lever in levers})
    names = {lever: capital(words(lever)) for lever in levers}
    start = {names[lever]: number(means.iloc[:, 0].get((context.baseline, lever), np.nan)) for lever in levers}
    said = change.map(lambda value: _move(value) if abs(value) > STILL else NOTHING)
    panel = Panel("", start, change.rename(columns=names), moved.rename(columns=names), said.rename(columns=names))
    note = NOTE_OF_MANY + (f" Moved by nobody: {still}." if still else "")
    return draw_matrix([panel], heading, note, context, ["At the start", *(label_of(structure) for structure in context.structures)])


def _move(value: float) -> str:
    """Return a move with its sign and two digits: a third says nothing of a mean over organisations."""
    decimals = max(1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:+.{decimals}f}".replace("-", MINUS)


def _panel(axes: Axes, own: pd.DataFrame, context: Context) -> None:
    axes.grid(visible=True, axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    ends = {}
    for structure in context.structures:
        look = context.look(structure)
        mine = own[own["structure"] == structure]
        for _, line in mine.groupby("organisation", sort=True):
            axes.plot((line["month"] + 1) / MONTHS, line["level"], color=look.colour, linewidth=0.6, alpha=0.5)
        mean = mine.groupby("month")["level"].mean()
        if len(mean):
            axes.plot((mean.index + 1) / MONTHS, mean, color=look.colour, linestyle=look.dash, linewidth=2)
            ends[structure] = float(mean.iloc[-1])
    low, high = own["level"].min(), own["level"].max()
    margin = max(0.1 * (high - low), 0.02 * abs(high), 1e-6)
    axes.set_ylim(low - margin, high + margin)
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(lambda value, _: tick(value))
    step = 1 if context.years <= 3 else 3 if context.years <= 12 else 5
    ticks = np.arange(0, context.years, step)
    axes.set_xticks(ticks, [str(context.first_year + year) for year in ticks])
    axes.set_xlim(0, context.years + (max(0.7, 0.75 * context.years) if context.named else 0.1))
    name_ends(axes, ends, context)


def describe(rows: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    told = []
    for lever, group in rows.groupby("lever", sort=False):
        mean = group.groupby(["structure", "month"])["level"].mean()
        levels = "; ".join(
            f"{label_of(structure).lower()} {number(mean[structure].iloc[0])} to {number(mean[structure].iloc[-1])}"
            for structure in context.structures
            if structure in mean.index.get_level_values(0)
        )
        told.append(f"{capital(words(lever))}: {levels}.")
    return "Mean level of each lever, first to last quarter. " + " ".join(told)
