"""Who gains and who loses between two structures, by group of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    GREY,
    ORANGE,
    TEAL,
    Context,
    label_of,
    number,
    percent,
    quiet_grid,
    sheet,
    tick,
)
from experiments.figures.wording import ALONE

NOTE = (
    "The same people with the same luck under {second} and {first}, person by person, over the whole period. Left of each pair: share of the group whose "
    "life differs for the better (to the right) and for the worse (to the left); small differences are left out ({least}). Right of each pair: mean "
    "change a person, filled where its 95% interval over replications leaves zero out. Knock-on luck moves people both ways, so read the two together. "
    "Groups are as at the start; fifth 1 is the most deprived."
)


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What is drawn.

    Parameters
    ----------
    context : of the runs; its structures are the two
    rows : as ``experiments.gains.Gains`` has them
    outcomes : label, unit, more (1 where more is better) and least of each outcome
    """

    context: Context
    rows: pd.DataFrame
    outcomes: Mapping[str, Any]


def title(found: Pictured) -> str:
    """Return the finding: shares of everybody better and worse in QALYs, and the mean change."""
    rows = found.rows
    row = rows[(rows["dimension"] == "everybody") & (rows["outcome"] == "qalys")].iloc[0]
    first, second = (label_of(name).lower() for name in found.context.structures)
    luck = f"; {ALONE}" if found.context.replications < 2 else "" if is_clear(row["change_low"], row["change_high"]) else ", which is not clear of luck"
    return (
        f"From {first} to {second}: {percent(100 * row['better'], signed=False)} of people gain QALYs, {percent(100 * row['worse'], signed=False)} lose some; "
        f"in all {number(row['change'] * 1000, signed=True)} for each thousand people{luck}"
    )


def draw(found: Pictured, heading: str) -> Figure:
    """Return the figure: for each outcome shares better and worse, and the mean change, by group."""
    rows, outcomes = found.rows, found.outcomes
    groups = list(dict.fromkeys(zip(rows["dimension"], rows["group"], strict=True)))
    first, second = (label_of(name).lower() for name in found.context.structures)
    least = ", ".join(f"{outcome.least:g} {outcome.unit}" for name, outcome in outcomes.items() if name != "died")
    keys = [
        Patch(facecolor=TEAL, label="Better"), Patch(facecolor=ORANGE, label="Worse"),
        Line2D([], [], color=BLUE, marker="o", linestyle="none", label="Mean change a person"),
    ]  # fmt: skip
    places = _places(groups)
    height = 0.24 * (max(places) + 1) + 2.4
    figure = sheet(16.0, height, heading, found.context.caption(NOTE.format(first=first, second=second, least=f"below {least}")), keys)
    grid = figure.subplots(1, 2 * len(outcomes), sharey=True)
    for number_of, (name, outcome) in enumerate(outcomes.items()):
        own = rows[rows["outcome"] == name].set_index(["dimension", "group"])
        shares, change = grid[2 * number_of], grid[2 * number_of + 1]
        _shares(shares, own, groups, places)
        _changes(change, own, groups, places, outcome.unit)
        shares.set_title(f"{outcome.label}\nshares", fontsize=8.5)
        change.set_title(f"\nchange, {outcome.unit}", fontsize=8.5)
    grid[0].set_yticks(places, [_words(dimension, group) for dimension, group in groups])
    grid[0].set_ylim(max(places) + 0.8, -0.8)
    return figure


def _places(groups: list[tuple[str, str]]) -> list[float]:
    """Return where each group stands, with a gap before another kind of group."""
    places, at, before = [], -1.0, ""
    for dimension, _ in groups:
        at += 1.0 if dimension == before or not before else 1.7
        places.append(at)
        before = dimension
    return places


def _words(dimension: str, group: str) -> str:
    if dimension in ("age", "council"):
        return group
    if dimension == "everybody":
        return "Everybody"
    return f"Fifth {group}" if dimension == "deprivation" else "Came later" if group == "came later" else f"Need: {group}"


def _shares(axes: Axes, own: pd.DataFrame, groups: list[tuple[str, str]], places: list[float]) -> None:
    quiet_grid(axes, "x")
    better, worse = (np.array([100 * own.loc[group, name] for group in groups]) for name in ("better", "worse"))
    axes.barh(places, better, 0.7, color=TEAL)
    axes.barh(places, -worse, 0.7, color=ORANGE)
    axes.axvline(0, color=GREY, linewidth=0.8)
    reach = max(better.max(), worse.max(), 1e-9) * 1.1
    axes.set_xlim(-reach, reach)
    axes.locator_params(axis="x", nbins=3)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}%")


def _changes(axes: Axes, own: pd.DataFrame, groups: list[tuple[str, str]], places: list[float], unit: str) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=0.8)
    for place, group in zip(places, groups, strict=True):
        row = own.loc[group]
        if not np.isnan(row["change_low"]):
            axes.plot([row["change_low"], row["change_high"]], [place] * 2, color=BLUE, linewidth=1.2)
        clear = is_clear(row["change_low"], row["change_high"])
        axes.plot(row["change"], place, "o", color=BLUE, markersize=4, markerfacecolor=BLUE if clear else "white")
    axes.locator_params(axis="x", nbins=3)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, unit if unit == "pounds" else ""))
    axes.tick_params(axis="x", labelcolor=CHARCOAL)


def describe(found: Pictured) -> str:
    """Return the figure in words."""
    told = []
    for name, outcome in found.outcomes.items():
        rows = found.rows[found.rows["outcome"] == name]
        clear = rows[[row.dimension == "everybody" or is_clear(row.change_low, row.change_high) for row in rows.itertuples()]]
        groups = ", ".join(f"{_words(row.dimension, row.group).lower()} {number(row.change, outcome.unit, signed=True)}" for row in clear.itertuples())
        told.append(f"{outcome.label}, change a person of everybody and of groups where it is clear: {groups}")
    return "; ".join(told) + "."
