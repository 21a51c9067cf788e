"""The parts of a total under each structure, and how each part differs from the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.comparing import PERIOD, is_clear
from experiments.figures.matrix import MANY, NOTE, Panel, draw_matrix, panel_of
from experiments.figures.style import CHARCOAL, GREY, Context, key_handles, label_of, number, quiet_grid, sheet, tick
from experiments.figures.wording import with_unit
from model.measures import MEASURES


def part_table(differences: pd.DataFrame, measures: Sequence[str], labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the period's rows of the parts of some measures, in the order of `labels`.

    Parameters
    ----------
    differences : as :func:`experiments.comparing.paired_differences` gives
    measures : names of totals
    labels : for each part its words; parts outside it are left out

    Returns
    -------
    DataFrame
        measure, part, label, unit, then the columns of the differences.
    """
    split = differences["measure"].str.partition("/")
    rows = differences.assign(measure=split[0], part=split[2])
    rows = rows[(rows["year"] == PERIOD) & rows["measure"].isin(measures) & rows["part"].isin(labels)].copy()
    rows["label"] = rows["part"].map(labels)
    rows["unit"] = [MEASURES[name].unit for name in rows["measure"]]
    order = {name: position for position, name in enumerate([*measures, *labels])}
    structures = {name: position for position, name in enumerate(dict.fromkeys(differences["structure"]))}
    rows = rows.sort_values(["measure", "part", "structure"], key=lambda column: column.map({**order, **structures}))
    first = ["measure", "part", "label", "unit", "structure"]
    return rows[[*first, *(c for c in rows.columns if c not in {*first, "year"})]].reset_index(drop=True)


def draw_parts(table: pd.DataFrame, title: str, note: str, context: Context) -> Figure:
    """Return a sheet with, for each measure, its parts under each structure and their differences from the baseline.

    Parameters
    ----------
    table : as :func:`part_table` gives
    title, note : the finding, and what the panels show
    context : of the runs
    """
    measures = list(dict.fromkeys(table["measure"]))
    if len(context.others) >= MANY:
        return draw_matrix([_panel(table[table["measure"] == measure], measure, context) for measure in measures], title, NOTE, context)
    labels = list(dict.fromkeys(table["label"]))
    rows = 2 if context.others else 1
    row_height = len(labels) * max(0.34, 0.15 * len(context.structures)) + 0.7
    width = 3.3 * len(measures) + 2.0 if len(measures) > 1 else 8.0
    figure = sheet(
        width, rows * row_height + 1.3, title, context.caption(note), key_handles(context, context.structures)
    )
    grid = figure.subplots(rows, len(measures), squeeze=False, sharey=True)
    for column, measure in enumerate(measures):
        part = table[table["measure"] == measure]
        known = MEASURES[measure]
        _levels(grid[0][column], part, labels, context)
        grid[0][column].set_title(f"{with_unit(known.label, known.unit)} a year")
        if rows == 2:
            _differences(grid[1][column], part, labels, context)
            grid[1][column].set_title(f"Difference from {label_of(context.baseline).lower()}")
    for line in grid:
        line[0].set_yticks(range(len(labels)), labels)
        line[0].set_ylim(len(labels) - 0.4, -0.6)
    return figure


def _panel(part: pd.DataFrame, measure: str, context: Context) -> Panel:
    others = part[part["structure"] != context.baseline]
    clear = [is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)]
    words = [number(value, signed=True) for value in others["difference"]]
    return panel_of(f"{with_unit(MEASURES[measure].label, MEASURES[measure].unit)} a year", others.assign(unit=""), clear, words, context)


def _offsets(count: int) -> np.ndarray:
    return (np.arange(count) - (count - 1) / 2) * 0.8 / count


def _levels(axes: Axes, part: pd.DataFrame, labels: Sequence[str], context: Context) -> None:
    quiet_grid(axes, "x")
    largest = part["mean"].max()
    height = 0.8 / len(context.structures)
    for structure, offset in zip(context.structures, _offsets(len(context.structures)), strict=True):
        look = context.look(structure)
        values = part[part["structure"] == structure].set_index("label")["mean"].reindex(labels, fill_value=0.0)
        places = np.arange(len(labels)) + offset
        axes.barh(places, values, height * 0.92, color=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0.4)
        for place, value in zip(places, values, strict=True):
            axes.text(value + 0.012 * largest, place, number(value), va="center", fontsize=7, color=CHARCOAL)
    axes.set_xlim(0, max(largest, 1e-9) * 1.2)
    _thousands(axes)


def _differences(axes: Axes, part: pd.DataFrame, labels: Sequence[str], context: Context) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1)
    reach = np.nanmax(np.abs(part[["difference", "low", "high"]].to_numpy(float)))
    for structure, offset in zip(context.others, _offsets(len(context.others)), strict=True):
        look = context.look(structure)
        rows = part[part["structure"] == structure].set_index("label").reindex(labels)
        for position, (_, row) in enumerate(rows.iterrows()):
            if np.isnan(row["difference"]):
                continue
            place = position + offset
            if not np.isnan(row["low"]):
                axes.plot([row["low"], row["high"]], [place, place], color=look.colour, linewidth=1.6, zorder=2)
            filled = is_clear(row["low"], row["high"])
            axes.plot(
                row["difference"],
                place,
                look.marker,
                color=look.colour,
                markersize=5.5,
                zorder=3,
                markerfacecolor=look.colour if filled else "white",
            )
            # On the side away from zero, so that the words never cross its line.
            side = -1 if row["difference"] < 0 else 1
            end = np.nanmax([side * row["difference"], side * row["low"], side * row["high"]])
            axes.text(
                side * (end + 0.05 * reach),
                place,
                number(row["difference"], signed=True),
                va="center",
                fontsize=7,
                ha="left" if side > 0 else "right",
            )
    span = max(reach, 1e-9)
    axes.set_xlim(-1.5 * span, 1.5 * span)
    _thousands(axes)


def _thousands(axes: Axes) -> None:
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value))
