"""How a difference between two structures changes with one assumption at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
from experiments.figures.wording import with_unit
from model.measures import MEASURES

MOST = 25  # parameters that are drawn: those that matter most
NOTE = (
    "{measure} a year under {second} less those under {first}, with one parameter at a time at the low and at the high end of its range, all others at their "
    "defaults; band: at the defaults. Lines: 95% intervals over replications. A parameter that takes the difference across zero could turn the ranking round; the value "
    "at which it does (a straight line between the runs) is given."
)


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What is drawn.

    Parameters
    ----------
    context : of the runs; its structures are the two
    rows, switches : as ``experiments.switching.Switching`` has them
    measure : by which they rank
    """

    context: Context
    rows: pd.DataFrame
    switches: pd.DataFrame
    measure: str


def title(found: Pictured) -> str:
    """Return the finding: which assumptions turn the ranking round."""
    first, second = (label_of(name).lower() for name in found.context.structures)
    known, count = MEASURES[found.measure], found.rows["parameter"].nunique()
    base = found.rows[found.rows["at"] == "default"].iloc[0]
    clear = "" if is_clear(base["low"], base["high"]) else " (not clear to begin with)"
    lead = f"{known.label} under {second} less {first}, {number(base['difference'], known.unit, signed=True)} a year{clear}"
    if found.switches.empty:
        return f"{lead}: none of {count} assumptions alone turns that round within its range"
    clearly = int(found.switches["clear"].sum())
    names = ", ".join(found.switches["parameter"].head(3))
    return f"{lead}: {found.switches['parameter'].nunique()} of {count} assumptions alone turn that round ({clearly} of them clearly), such as {names}"


def draw(found: Pictured, heading: str) -> Figure:
    """Return the figure: a row a parameter, the most telling above."""
    rows, known = found.rows, MEASURES[found.measure]
    wide = rows.pivot_table(index="parameter", columns="at", values="difference", sort=False)
    moved = (wide.max(axis=1) - wide.min(axis=1)).sort_values(ascending=False, kind="stable")
    names = list(moved.index[:MOST])
    first, second = (label_of(name).lower() for name in found.context.structures)
    keys = [
        Line2D([], [], color=BLUE, marker="v", linestyle="none", label="At the low end"),
        Line2D([], [], color=ORANGE, marker="^", linestyle="none", label="At the high end"),
    ]
    figure = sheet(10.0, 0.34 * len(names) + 2.6, heading, found.context.caption(NOTE.format(measure=known.label, first=first, second=second)), keys)
    axes = figure.add_subplot()
    quiet_grid(axes, "x")
    base = rows[rows["at"] == "default"].iloc[0]
    if not np.isnan(base["low"]):
        axes.axvspan(base["low"], base["high"], color=FAINT, zorder=0)
    axes.axvline(0, color=CHARCOAL, linewidth=1)
    axes.axvline(base["difference"], color=GREY, linewidth=0.9, linestyle=":")
    switches = found.switches.groupby("parameter")["switch"].first()
    for place, name in enumerate(names):
        own = rows[rows["parameter"] == name].set_index("at")
        for end, colour, marker, offset in (("low", BLUE, "v", -0.14), ("high", ORANGE, "^", 0.14)):
            row = own.loc[end]
            if not np.isnan(row["low"]):
                axes.plot([row["low"], row["high"]], [place + offset] * 2, color=colour, linewidth=1.2)
            filled = colour if is_clear(row["low"], row["high"]) else "white"
            axes.plot(row["difference"], place + offset, marker, color=colour, markersize=5, markerfacecolor=filled)
        if name in switches.index:
            axes.text(1.01, place, f"turns at {number(switches[name])}", transform=axes.get_yaxis_transform(), va="center", fontsize=7.5)
    axes.set_yticks(range(len(names)), [f"{name}\n{number(own['value'].iloc[0])} to {number(own['value'].iloc[-1])}" for name in names for own in [rows[rows["parameter"] == name]]], fontsize=7)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel(f"{with_unit(known.label, known.unit)} a year: {second} less {first}")
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, known.unit))
    return figure


def describe(found: Pictured) -> str:
    """Return the figure in words."""
    if found.switches.empty:
        return "No parameter alone turns the ranking round within its range."
    told = [
        f"{row.parameter} turns it round at {number(row.switch)} (default {number(row.default)}), {'clearly' if row.clear else 'not clearly'}"
        for row in found.switches.itertuples()
    ]
    return "; ".join(told) + "."
