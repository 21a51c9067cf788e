"""All headline measures side by side: paired differences in percent of the baseline, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.comparing import headline, is_clear
from experiments.figures.matrix import MANY, draw_matrix, panel_of
from experiments.figures.matrix import NOTE as NOTE_OF_MANY
from experiments.figures.style import (
    CHARCOAL,
    GREY,
    Context,
    key_handles,
    label_of,
    number,
    percent,
    quiet_grid,
    sheet,
    telling,
    tick,
)
from experiments.figures.wording import ALONE, small

NAME = "outcomes"
NOTE = (
    "Paired difference from {baseline} in percent of its mean, with the 95% t-interval over replications; filled where "
    "it leaves zero out. Right: the baseline's mean a year and the difference in the measure's own unit, and which "
    "direction is better in itself, where one is. An arrowhead at the edge: beyond the scale."
)
PERCENTS = "In percent of the baseline's mean; spillovers, which are small there, in pounds. "
BEYOND = 3.0  # times the next: a measure that far out is shown by an arrowhead, so that the others can be read
COLUMNS = (0.02, 0.3, 0.9)  # where the words beside the forest begin, as shares of their panel


def table(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the headline measures over the period, from the paired differences."""
    return headline(differences)


def title(differences: pd.DataFrame, context: Context) -> str:
    """Return how many headline measures differ clearly, and which most."""
    rows = table(differences)
    others = rows[rows["structure"] != context.baseline]
    base = label_of(context.baseline).lower()
    if others.empty:
        return f"Headline measures under {base}"
    if context.replications < 2:
        return f"Headline measures: {ALONE}"
    clear = others[[is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)]]
    compared = label_of(context.others[0]) if len(context.others) == 1 else "Compared structures"
    measures = others["measure"].nunique()
    if clear.empty:
        return f"{compared}: none of {measures} headline measures differs clearly from {base}"
    told = f"{compared}: {clear['measure'].nunique()} of {measures} headline measures differ clearly from {base}"
    # Spillovers are measured against the base year, so the baseline's are small and percent of them say little.
    sized = clear[clear["percent"].notna() & (clear["measure"] != "spillover")]
    if sized.empty:
        return told
    widest = sized.loc[sized["percent"].abs().idxmax()]
    under = f" under {label_of(widest['structure']).lower()}" if len(context.others) > 1 else ""
    return f"{told}; most, {small(widest['label'])} ({percent(widest['percent'])}{under})"


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
    if len(context.others) >= MANY:
        return _table(rows, heading, context)
    measures = list(dict.fromkeys(rows["measure"]))
    count = max(len(context.others), 1)
    note = NOTE.format(baseline=label_of(context.baseline).lower())
    key = key_handles(context, context.others, as_points=True) if count > 1 else []
    figure = sheet(11.0, len(measures) * max(0.36, 0.2 * count) + 1.9, heading, context.caption(note), key)
    axes, beside = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    offsets = (np.arange(count) - (count - 1) / 2) * 0.8 / count
    _scale(axes, rows, context)
    beside.set_axis_off()
    for position, measure in enumerate(measures):
        if position % 2:
            for panel in (axes, beside):
                panel.axhspan(position - 0.5, position + 0.5, color="#F4F4F4", zorder=0, linewidth=0)
        own = rows[rows["measure"] == measure].set_index("structure")
        for structure, offset in zip(context.others, offsets, strict=False):
            if structure in own.index:
                _point(axes, own.loc[structure], position + offset, structure, context)
        _words(beside, own, position, offsets, context)
    known = rows.drop_duplicates("measure").set_index("measure")
    axes.set_yticks(range(len(measures)), [known.loc[measure, "label"] for measure in measures])
    axes.set_ylim(len(measures) - 0.5, -0.5)
    for place, words in zip(COLUMNS, ("Baseline a year", "Difference (95% interval)", "Better if"), strict=True):
        if words != "Difference (95% interval)" or context.others:
            beside.text(place, 1.01, words, transform=beside.transAxes, fontsize=8, weight="bold", va="bottom")
    return figure


def _table(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of many structures: percent of the baseline's mean, or of spillovers, which are small there, pounds."""
    others = rows[rows["structure"] != context.baseline]
    clear = [is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)]
    words = [
        number(row.difference, row.unit, signed=True) if row.measure == "spillover" or np.isnan(row.percent) else percent(row.percent)
        for row in others.itertuples()
    ]
    return draw_matrix([panel_of("", others, clear, words, context)], heading, PERCENTS + NOTE_OF_MANY, context)


def _scale(axes: Axes, rows: pd.DataFrame, context: Context) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1.2)
    reach = _reach(rows)
    axes.set_xlim(-reach, reach)
    axes.locator_params(axis="x", nbins=7)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, "percent"))
    axes.set_xlabel(f"Difference from {label_of(context.baseline).lower()}, percent")


def _reach(rows: pd.DataFrame) -> float:
    """Return how far the scale goes each way: to the end of all intervals but those of one measure far out."""
    ends = rows[["percent", "percent_low", "percent_high"]].abs().max(axis=1)
    far = sorted((end for end in ends.groupby(rows["measure"]).max() if end > 0), reverse=True)
    if not far:
        return 1.0
    return 1.12 * (far[1] if len(far) > 1 and far[0] > BEYOND * far[1] else far[0])


def _point(axes: Axes, row: pd.Series, place: float, structure: str, context: Context) -> None:
    look = context.look(structure)
    edge = axes.get_xlim()[1]
    value, low, high = row["percent"], row["percent_low"], row["percent_high"]
    if np.isnan(value):
        return
    if abs(value) > edge:
        side = np.sign(value)
        axes.plot(0.985 * side * edge, place, ">" if side > 0 else "<", color=look.colour, markersize=7, clip_on=False)
        if telling(value):
            axes.text(0.95 * side * edge, place, percent(value), va="center", ha="right" if side > 0 else "left", fontsize=8)
        return
    if not np.isnan(low):
        axes.plot([max(low, -edge), min(high, edge)], [place, place], color=look.colour, linewidth=2)
        for side, goes_on in ((-1, low < -edge), (1, high > edge)):
            if goes_on:
                axes.plot(0.99 * side * edge, place, "<" if side < 0 else ">", color=look.colour, markersize=6)
    filled = is_clear(row["low"], row["high"])
    axes.plot(
        value,
        place,
        look.marker,
        color=look.colour,
        markersize=6.5,
        zorder=3,
        markerfacecolor=look.colour if filled else "white",
    )


def _words(axes: Axes, own: pd.DataFrame, position: int, offsets: np.ndarray, context: Context) -> None:
    """Write the baseline's mean and each difference with its interval beside a measure's row."""
    across = axes.get_yaxis_transform()
    unit, better = own["unit"].iloc[0], own["better"].iloc[0]
    baseline, difference, last = COLUMNS
    axes.text(baseline, position, number(own["baseline"].iloc[0], unit), transform=across, va="center", fontsize=8)
    axes.text(last, position, "" if better == "neither" else better, transform=across, va="center", fontsize=8)
    for structure, offset in zip(context.others, offsets, strict=False):
        if structure not in own.index:
            continue
        row = own.loc[structure]
        words = number(row["difference"], unit, signed=True)
        if not np.isnan(row["low"]):
            words += f"  ({number(row['low'], unit, signed=True)} to {number(row['high'], unit, signed=True)})"
        axes.text(difference, position + offset, words, transform=across, va="center", fontsize=8, color=CHARCOAL)


def describe(rows: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    told = [f"Differences in headline measures from {label_of(context.baseline).lower()}, mean a year."]
    for structure in context.others:
        own = rows[rows["structure"] == structure]
        words = "; ".join(
            f"{row['label']} {percent(row['percent'])}"
            + (
                ""
                if np.isnan(row["percent_low"])
                else f" (95% interval {percent(row['percent_low'])} to {percent(row['percent_high'])})"
            )
            for _, row in own.iterrows()
        )
        told.append(f"{label_of(structure)}: {words}.")
    return " ".join(told)
