"""Differences of many structures from the baseline in one table of colours: a forest of so many would be metres tall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.style import CHARCOAL, DIVERGING, GREY, Context, label_of, number, sheet

NOTHING = "–"  # where there is nothing of the kind
MANY = 8  # structures beside the baseline from which they are told in a table
ROW, COLUMN, LABELS = 0.26, 0.6, 2.4  # inches: of a structure, of a part, of the structures' names
READ = (
    "First row: the baseline's mean a year. Below: paired differences from it; grey on white: the 95% interval over replications has zero in it, or there is none. "
    "Colour: part of the {whose} largest clear difference, blue below the baseline."
)
NOTE = READ.format(whose="column's")


class Panel(NamedTuple):
    """One block of columns.

    Parameters
    ----------
    title : above it; may be empty
    baseline : words of the first row, by column
    differences : differences from the baseline, structures in rows
    clear : which of them the interval tells from zero
    words : for each cell
    alike : whether the columns are in one unit, so that one scale of colours tells which differ most
    """

    title: str
    baseline: Mapping[str, str]
    differences: pd.DataFrame
    clear: pd.DataFrame
    words: pd.DataFrame
    alike: bool = False


def panel_of(title: str, rows: pd.DataFrame, clear: Sequence[bool], words: Sequence[str], context: Context) -> Panel:
    """Return a block of columns from rows with label, structure, unit, baseline and difference; columns keep their order.

    Parameters
    ----------
    clear, words : of each row
    """
    told = rows.assign(clear=list(clear), words=list(words))
    labels = list(dict.fromkeys(told["label"]))
    wide = {name: told.pivot_table(index="structure", columns="label", values=name, aggfunc="first").reindex(index=context.others, columns=labels) for name in ("difference", "clear", "words")}
    known = told.drop_duplicates("label").set_index("label")
    baseline = {label: _short(known.loc[label, "baseline"], known.loc[label, "unit"]) for label in labels}
    return Panel(title, baseline, wide["difference"].astype(float), wide["clear"].eq(True), wide["words"].fillna(NOTHING))


def _short(value: float, unit: str) -> str:
    """Return a number that fits a column: millions of anything as such."""
    if np.isnan(value):
        return NOTHING
    return number(value, unit) if unit == "pounds" or abs(value) < 1e6 else f"{number(value / 1e6)}m"


def draw_matrix(panels: Sequence[Panel], title: str, note: str, context: Context, names: Sequence[str] = ()) -> Figure:
    """Return a sheet with the blocks side by side.

    Parameters
    ----------
    panels : as :func:`panel_of` gives
    title, note : the finding, and what is drawn
    context : of the runs
    names : of the rows, the first in bold; by default of the structures
    """
    names = list(names) or [label_of(name) for name in context.structures]
    columns = [len(panel.baseline) for panel in panels]
    longest = max(len(label) for panel in panels for label in panel.baseline)
    figure = sheet(COLUMN * sum(columns) + LABELS, ROW * len(names) + 0.05 * longest + 1.5, title, context.caption(note))
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=columns)[0]
    for axes, panel in zip(grid, panels, strict=True):
        _block(axes, panel)
    grid[0].set_yticks(range(len(names)), names)
    grid[0].get_yticklabels()[0].set_weight("bold")
    return figure


def _block(axes: Axes, panel: Panel) -> None:
    shown = panel.differences.where(panel.clear)
    largest = shown.abs().max()
    largest = (largest * 0.0 + largest.max() if panel.alike else largest).replace(0.0, np.nan)
    parts = (shown / largest).fillna(0.0).to_numpy(float)
    axes.imshow(np.vstack([np.zeros((1, parts.shape[1])), parts]), cmap=DIVERGING, vmin=-1.0, vmax=1.0, aspect="auto")
    labels = list(panel.baseline)
    for j, label in enumerate(labels):
        axes.text(j, 0, panel.baseline[label], ha="center", va="center", fontsize=7, weight="bold", color=CHARCOAL)
        for i in range(len(parts)):
            colour = "white" if parts[i, j] < -0.6 else CHARCOAL if panel.clear.iloc[i, j] else GREY
            axes.text(j, i + 1, panel.words.iloc[i, j], ha="center", va="center", fontsize=7, color=colour)
    axes.axhline(0.5, color=GREY, linewidth=0.8)
    axes.set_xticks(range(len(labels)), labels, rotation=40, ha="left", rotation_mode="anchor", fontsize=7.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if panel.title:
        axes.set_title(panel.title, loc="left")
