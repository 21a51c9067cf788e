"""Differences of many structures from the baseline in one table of colours: a forest of so many would be metres tall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.payers import DIVERGING
from experiments.figures.style import CHARCOAL, GREY, Context, label_of, number, sheet

MANY = 8  # structures beside the baseline from which they are told in a table
ROW, COLUMN, LABELS, HEAD = 0.3, 0.92, 2.4, 1.3  # inches: of a structure, of a part, of the structures' names, of the parts'
NOTE = "First row: the baseline's mean a year. Below: paired differences from it; grey on white: the 95% interval over replications has zero in it. Colour: part of the column's largest clear difference, blue below the baseline."


class Panel(NamedTuple):
    """One block of columns.

    Parameters
    ----------
    title : above it; may be empty
    baseline : words of the first row, by column
    differences : differences from the baseline, structures in rows
    clear : which of them the interval tells from zero
    words : for each cell
    """

    title: str
    baseline: Mapping[str, str]
    differences: pd.DataFrame
    clear: pd.DataFrame
    words: pd.DataFrame


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
    baseline = {label: number(known.loc[label, "baseline"], known.loc[label, "unit"]) for label in labels}
    return Panel(title, baseline, wide["difference"].astype(float), wide["clear"].eq(True), wide["words"].fillna(""))


def draw_matrix(panels: Sequence[Panel], title: str, note: str, context: Context) -> Figure:
    """Return a sheet with the blocks side by side.

    Parameters
    ----------
    panels : as :func:`panel_of` gives
    title, note : the finding, and what is told besides how to read the table
    context : of the runs
    """
    columns = [len(panel.baseline) for panel in panels]
    height = ROW * (len(context.others) + 1) + HEAD + 1.2
    figure = sheet(COLUMN * sum(columns) + LABELS, height, title, context.caption(f"{note} {NOTE}".strip()))
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=columns)[0]
    for axes, panel in zip(grid, panels, strict=True):
        _block(axes, panel, len(context.others))
    names = [context.baseline, *context.others]
    grid[0].set_yticks(range(len(names)), [label_of(name) for name in names])
    grid[0].get_yticklabels()[0].set_weight("bold")
    return figure


def _block(axes: Axes, panel: Panel, structures: int) -> None:
    shown = panel.differences.where(panel.clear)
    largest = shown.abs().max().replace(0.0, np.nan)
    parts = (shown / largest).fillna(0.0).to_numpy(float)
    axes.imshow(np.vstack([np.zeros((1, parts.shape[1])), parts]), cmap=DIVERGING, vmin=-1.0, vmax=1.0, aspect="auto")
    labels = list(panel.baseline)
    for j, label in enumerate(labels):
        axes.text(j, 0, panel.baseline[label], ha="center", va="center", fontsize=7.5, weight="bold", color=CHARCOAL)
        for i in range(structures):
            colour = "white" if parts[i, j] < -0.6 else CHARCOAL if panel.clear.iloc[i, j] else GREY
            axes.text(j, i + 1, panel.words.iloc[i, j], ha="center", va="center", fontsize=7.5, color=colour)
    axes.axhline(0.5, color=GREY, linewidth=0.8)
    axes.set_xticks(range(len(labels)), labels, rotation=35, ha="left", fontsize=8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if panel.title:
        axes.set_title(panel.title, loc="left")
