"""How much of each difference between structures survives without a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.comparing import is_clear
from experiments.figures.style import GREY, Context, key_handles, label_of, number, percent, quiet_grid, sheet, tick
from experiments.figures.wording import with_unit
from model.measures import MEASURES

SHOWN = ("emergency_admissions", "delayed_days_true", "unmet_hours", "qalys", "public_spending", "household_cost")
NOTE = (
    "Differences a year from {first}, with everything in place (first row) and with one mechanism at a time taken away, by setting its parameters to where "
    "it does nothing. Lines: 95% intervals over replications, filled where they leave zero out. In percent: how much of the difference survives, where "
    "there is a clear one to begin with."
)


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What is drawn.

    Parameters
    ----------
    context : of the runs
    rows : as ``experiments.ablation.Ablated`` has them
    titles : of each ablation, in order
    """

    context: Context
    rows: pd.DataFrame
    titles: Mapping[str, str]


def title(found: Pictured) -> str:
    """Return the finding: which mechanism most of the clear differences hang on."""
    known = found.rows.dropna(subset="survives")
    known = known[known["ablation"] != next(iter(found.titles))]
    first = label_of(found.context.baseline).lower()
    if known.empty:
        return f"Without one mechanism at a time: no difference from {first} is clear enough to say what survives"
    lost = known.groupby("ablation", sort=False)["survives"].median()
    name = lost.idxmin()
    count = len(known[["structure", "measure"]].drop_duplicates())
    what, how = ("The one clear difference", "") if count == 1 else (f"Of {count} clear differences", " in the median")
    return f"{what} from {first}{'' if count == 1 else ','} survives least without {name.replace('-', ' ')}: {percent(100 * lost[name], signed=False)}{how}"


def draw(found: Pictured, heading: str) -> Figure:
    """Return the figure: a panel a measure, a row an ablation."""
    rows, context = found.rows, found.context
    measures = [name for name in SHOWN if name in set(rows["measure"])]
    names = list(found.titles)
    keys = key_handles(context, context.others, as_points=True)
    height = 2 * (0.3 * max(len(context.others), 1) ** 0.5 * len(names) + 0.9) + 1.8
    figure = sheet(13.0, height, heading, context.caption(NOTE.format(first=label_of(context.baseline).lower())), keys)
    grid = figure.subplots(2, 3, sharey=True)
    for axes, measure in zip(grid.flat, measures, strict=False):
        _measure(axes, rows[rows["measure"] == measure], names, context, MEASURES[measure].unit)
        known = MEASURES[measure]
        axes.set_title(with_unit(known.label, known.unit))
    for axes in grid.flat:
        axes.set_visible(axes.has_data())
    for line in grid:
        line[0].set_yticks(range(len(names)), [found.titles[name].partition(":")[0] for name in names])
        line[0].set_ylim(len(names) - 0.4, -0.6)
    return figure


def _measure(axes: Axes, rows: pd.DataFrame, names: list[str], context: Context, unit: str) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1)
    values = rows[["difference", "low", "high"]].to_numpy(float)
    reach = max(np.nanmax(np.abs(values)), 1e-9)
    for structure, offset in zip(context.others, np.linspace(-0.25, 0.25, len(context.others)) if len(context.others) > 1 else (0.0,), strict=True):
        look, own = context.look(structure), rows[rows["structure"] == structure].set_index("ablation")
        for place, name in enumerate(names):
            row = own.loc[name]
            if not np.isnan(row["low"]):
                axes.plot([row["low"], row["high"]], [place + offset] * 2, color=look.colour, linewidth=1.4)
            filled = look.colour if is_clear(row["low"], row["high"]) else "white"
            axes.plot(row["difference"], place + offset, look.marker, color=look.colour, markersize=5, markerfacecolor=filled)
            if place and not np.isnan(row["survives"]):
                axes.text(1.12 * reach, place + offset, percent(100 * row["survives"], signed=False), va="center", fontsize=7)
    axes.set_xlim(-1.1 * reach, 1.5 * reach)
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, unit))


def describe(found: Pictured) -> str:
    """Return the figure in words."""
    told = []
    for (structure, name), rows in found.rows.groupby(["structure", "ablation"], sort=False):
        parts = ", ".join(
            f"{MEASURES[row.measure].label} {number(row.difference, row.unit, signed=True)}"
            + ("" if np.isnan(row.survives) else f" ({percent(100 * row.survives, signed=False)} survives)")
            for row in rows.itertuples()
        )
        told.append(f"{label_of(structure)}, {found.titles[name]}: {parts}")
    return "; ".join(told) + "."
