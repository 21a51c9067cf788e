"""What each arm of an experiment does, a panel a measure: paired effects with intervals, in percent of what they are compared with."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.comparing import LEVEL, PERIOD, is_clear
from experiments.figures.style import (
    BLUE,
    CHARCOAL,
    GREY,
    Context,
    label_of,
    number,
    percent,
    quiet_grid,
    sheet,
    telling,
    tick,
)
from experiments.figures.wording import ALONE, small
from model.measures import MEASURES

NAME = "effects"
NOTE = (
    "Paired difference from {against} in percent of its mean, with the 95% t-interval over replications; filled where it "
    "leaves zero out, as one in twenty does by luck where there is no effect. Beside each point the difference a year in the measure's own unit, which stands alone where a percentage would be of next to nothing."
)
COLUMNS = 3
MOST_PANELS = 12
BY_LUCK = 1.0 - LEVEL  # share of intervals that leave zero out where there is no effect


def table(effects: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Return the effects over the period that are drawn, with a ``label`` for each row, what differs between them, and the ``set`` it stands in.

    Parameters
    ----------
    effects : as :func:`experiments.effects.effects` gives
    measures : in the order in which they are drawn
    """
    rows = effects[(effects["year"] == PERIOD) & effects["measure"].isin(measures[:MOST_PANELS])].copy()
    rows = rows.sort_values("measure", key=lambda column: column.map(measures.index), kind="stable")
    varying = [name for name in ("place", "structure", "arm") if rows[name].nunique() > 1] or ["arm"]
    rows["label"] = [_together([label_of(row[name]) for name in varying]) for _, row in rows.iterrows()]
    rows["set"] = rows[varying[0]] if len(varying) > 1 else rows["label"]
    return rows.reset_index(drop=True)


def title(rows: pd.DataFrame, heading: str) -> str:
    """Return how many effects are clear, and which is the largest.

    Parameters
    ----------
    rows : as :func:`table` gives
    heading : of the experiment
    """
    lead = heading if heading.endswith("?") else f"{heading}:"
    if rows["replications"].max() < 2:
        return f"{lead} {ALONE}"
    clear = rows[[is_clear(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)]]
    if clear.empty:
        return f"{lead} none of {len(rows)} effects is clear of luck"
    told = f"{lead} {len(clear)} of {len(rows)} effects {'is' if len(clear) == 1 else 'are'} clear of luck"
    if len(clear) <= math.ceil(BY_LUCK * len(rows)):
        told += ", about as many as luck alone brings"
    sized = clear[[telling(each) for each in clear["percent"]]]
    if sized.empty:
        return told
    widest = sized.loc[sized["percent"].abs().idxmax()]
    which = "" if len(clear) == 1 else "the largest, "
    return f"{told}; {which}{small(measured(widest['measure']))} {percent(widest['percent'])}{_where(rows, widest)}"


def _where(rows: pd.DataFrame, row: pd.Series) -> str:
    return f" ({small(row['label'])})" if rows["label"].nunique() > 1 else ""


def _together(parts: list[str]) -> str:
    return ", ".join([parts[0], *(small(part) for part in parts[1:])])


def measured(measure: str) -> str:
    """Return what is measured, for a reader."""
    name, _, part = measure.partition("/")
    return f"{MEASURES[name].label}: {part.replace('_', ' ')}" if part else MEASURES[name].label


def describe(rows: pd.DataFrame) -> str:
    """Return the figure in words."""
    told = []
    for _, row in rows.iterrows():
        unit = MEASURES[row["measure"].partition("/")[0]].unit
        between = "" if math.isnan(row["low"]) else f" ({number(row['low'], unit, signed=True)} to {number(row['high'], unit, signed=True)})"
        told.append(f"{measured(row['measure'])}, {row['label']}: {number(row['difference'], unit, signed=True)}{between} {_plural(unit)} a year, {percent(row['percent'])}.")
    return " ".join(told)


def _plural(unit: str) -> str:
    return "" if unit == "pounds" else unit


def draw(rows: pd.DataFrame, heading: str, context: Context, count_from: int = 1) -> Figure:
    """Return the figure.

    Parameters
    ----------
    rows : as :func:`table` gives
    heading : the finding
    context : of the runs
    count_from : year with which the period of the effects begins
    """
    measures, labels = list(dict.fromkeys(rows["measure"])), list(dict.fromkeys(rows["label"]))
    sets = dict(zip(rows["label"], rows["set"], strict=True))
    order = {name: number for number, name in enumerate(dict.fromkeys(sets.values()))}
    shaded = {label: order[sets[label]] % 2 == 1 for label in labels}
    columns = min(len(measures), COLUMNS)
    lines = -(-len(measures) // columns)
    against = " and ".join(small(label_of(name)) for name in dict.fromkeys(rows["against"]))
    height = lines * (0.75 + 0.27 * len(labels)) + 1.3
    note = NOTE.format(against=against) + (f" Means from {context.financial_year(count_from)} on." if count_from > 1 else "")
    figure = sheet(11.0, height, heading, context.caption(note))
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for panel in panels.flat[len(measures) :]:
        panel.set_axis_off()
    for panel, measure in zip(panels.flat, measures, strict=False):
        _panel(panel, rows[rows["measure"] == measure].set_index("label"), shaded, measure)
    panels.flat[0].set_ylim(len(labels) - 0.4, -0.6)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, shaded: dict[str, bool], measure: str) -> None:
    labels, shares = list(shaded), ["percent", "percent_low", "percent_high"]
    rows = rows.assign(**{share: rows[share].where([telling(each) for each in rows["percent"]]) for share in shares})  # of next to nothing no share is drawn
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1.2)
    axes.set_title(measured(measure))
    axes.set_yticks(range(len(labels)), labels)
    reach = np.nanmax(rows[shares].abs().to_numpy(float), initial=0.0)
    reach = reach * 1.15 if math.isfinite(reach) and reach > 0 else 1.0
    axes.set_xlim(-reach, reach * 1.9)  # room for words on the right
    axes.set_xticks([value for value in MaxNLocator(4).tick_values(-reach, reach) if abs(value) <= reach])
    axes.xaxis.set_major_formatter(lambda value, _: tick(round(value, 10), "percent"))
    unit = MEASURES[measure.partition("/")[0]].unit
    for position, label in enumerate(labels):
        if label not in rows.index:
            continue
        row = rows.loc[label]
        if shaded[label]:
            axes.axhspan(position - 0.5, position + 0.5, color="#F4F4F4", zorder=0, linewidth=0)
        clear = is_clear(row["low"], row["high"])
        if not math.isnan(row["percent"]):
            axes.plot([row["percent_low"], row["percent_high"]], [position, position], color=BLUE, linewidth=1.6)
            axes.plot(row["percent"], position, marker="o", color=BLUE, markerfacecolor=BLUE if clear else "white", markersize=5.5)
        axes.text(reach * 1.88, position, number(row["difference"], unit, signed=True), ha="right", va="center", fontsize=7.5, color=GREY if not clear else CHARCOAL)
