"""The rise in budget under the reference that buys another structure's outcomes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
from experiments.figures.wording import with_unit
from model.measures import MEASURES

NOTE = (
    "Differences a year from {first} at the settlement as it is. Line: {first} at several levels of budget ({account}), pounds a year more. Dashed: {second}, no more money. Where the "
    "two meet is the rise in budget that buys the same outcome; the band is its 95% interval over paired replications. Nothing is read off beyond the levels that "
    "were run. With balances: plus what {first} then overspends, hospitals' deficits included, beyond what {second} does."
)


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What is drawn.

    Parameters
    ----------
    context : of the runs; its structures are the reference and the other
    rows, curve : as ``experiments.worth.Worth`` has them
    account : that the money is for
    """

    context: Context
    rows: pd.DataFrame
    curve: pd.DataFrame
    account: str


def title(found: Pictured) -> str:
    """Return the finding on QALYs, or that it cannot be told."""
    first, second = (label_of(name).lower() for name in found.context.structures)
    row = found.rows.set_index("measure").loc["qalys"]
    if row["why"]:
        return f"What {second} is worth in QALYs cannot be told as a rise in budget under {first}: {row['why']}"
    return f"QALYs of {second} could be bought under {first} with {number(row['pounds'], 'pounds')} a year more{_interval(row)}"


def _interval(row: pd.Series) -> str:
    low, high = row["pounds_low"], row["pounds_high"]
    if math.isnan(low):
        return ""
    least = "less than nothing" if math.isinf(low) else number(low, "pounds")
    most = "more than was tried" if math.isinf(high) else number(high, "pounds")
    return f" (95% interval {least} to {most})"


def draw(found: Pictured, heading: str) -> Figure:
    """Return the figure: a panel an outcome."""
    first, second = (label_of(name).lower() for name in found.context.structures)
    measures = list(found.rows["measure"])
    lines = math.ceil(len(measures) / 4)
    keys = [Line2D([], [], color=BLUE, marker="o", label=label_of(found.context.structures[0])), Line2D([], [], color=ORANGE, linestyle="--", label=label_of(found.context.structures[1]))]
    account = "all accounts of commissioners" if found.account == "all" else label_of(found.account).lower()
    figure = sheet(13.0, lines * 2.6 + 1.7, heading, found.context.caption(NOTE.format(first=first, second=second, account=account)), keys)
    grid = figure.subplots(lines, 4, squeeze=False)
    for axes, (_, row) in zip(grid.flat, found.rows.iterrows(), strict=False):
        _curve(axes, row, found.curve[found.curve["measure"] == row["measure"]])
    for axes in grid.flat:
        axes.set_visible(axes.has_data())
    return figure


def _curve(axes: Axes, row: pd.Series, curve: pd.DataFrame) -> None:
    quiet_grid(axes, "y")
    known = MEASURES[row["measure"]]
    pounds, values = curve["pounds"].to_numpy(float), curve["value"].to_numpy(float)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot(pounds, values - values[0], color=BLUE, marker="o", markersize=4)
    axes.axhline(row["difference"], color=ORANGE, linestyle="--", linewidth=1.3)
    if not row["why"]:
        if not math.isnan(row["pounds_low"]):
            low, high = np.clip([row["pounds_low"], row["pounds_high"]], pounds[0], pounds[-1])
            axes.axvspan(low, high, color=FAINT, zorder=0)
        axes.axvline(row["pounds"], color=CHARCOAL, linewidth=0.9, linestyle=":")
    words = row["why"] or f"{number(row['pounds'], 'pounds')} a year; with balances {number(row['with_balances'], 'pounds')}"
    axes.set_title(f"{with_unit(known.label, known.unit)}\n", fontsize=9)
    axes.text(0.0, 1.02, words, transform=axes.transAxes, fontsize=7.2, va="bottom")
    axes.locator_params(axis="both", nbins=4)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, "pounds"))
    axes.yaxis.set_major_formatter(lambda value, _: tick(value, known.unit))


def describe(found: Pictured) -> str:
    """Return the figure in words."""
    told = []
    for _, row in found.rows.iterrows():
        known = MEASURES[row["measure"]]
        words = row["why"] or f"{number(row['pounds'], 'pounds')} a year{_interval(row)}, with balances {number(row['with_balances'], 'pounds')}"
        told.append(f"{known.label}, differing by {number(row['difference'], known.unit, signed=True)} a year: {words}")
    return "; ".join(told) + "."
