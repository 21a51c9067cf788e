"""The model against its targets, and pictures of the people: conditions, admissions, life expectancy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.figures.style import (
    BLUE,
    CHARCOAL,
    DASHES,
    FAINT,
    GREY,
    MARKERS,
    ORANGE,
    PLUM,
    TEAL,
    number,
    percent,
    quiet_grid,
    sheet,
    tick,
)
from experiments.readings import FITTED, NEARED, ROLES

TARGETS, PEOPLE = "1-targets", "2-people"
NEAR_MARK = "°"
REACH = 50.0  # percent either way; what lies beyond is an arrowhead with its number
LOOKS = {"met": (BLUE, "o"), "missed": (ORANGE, "X")}
ALLOWED = "#D5D9E0"
FIFTHS = ("most deprived fifth", "second", "third", "fourth", "least deprived fifth")
FIFTH_COLOURS = (PLUM, "#B0508A", GREY, "#4A7FB0", BLUE)


def caption(note: str, years: int, replications: int, scale: float) -> str:
    """Return a caption: what is drawn, then source, population, period and replications."""
    runs = f"{replications} replications" if replications > 1 else "1 replication, so no intervals"
    warning = f" Scale {scale:g}: a demonstration; queues do not behave as at scale 1." if scale < 1 else ""
    return (
        f"{note} Source: Joined Up model, England in miniature at rest (every lever held), {years} "
        f"{'year' if years == 1 else 'years'} from April 2014, {runs}.{warning}"
    )


def title(table: pd.DataFrame) -> str:
    """Return how many targets are met, by role."""
    told = []
    for role, words in ROLES.items():
        own = table[(table["role"] == role) & table["verdict"].isin(LOOKS)]
        told.append(f"{(own['verdict'] == 'met').sum()} of {len(own)} {words}")
    return f"Targets that England in miniature meets: {told[0]},\n{told[1]}, and {told[2]}"


def draw(table: pd.DataFrame, heading: str, words: str) -> Figure:
    """Return the figure of model against target: relative differences, what is fitted to on the left.

    Parameters
    ----------
    table : as `experiments.validation.validate` gives; rows out of scope are left out
    heading, words : title and caption
    """
    rows = table[table["verdict"].isin(LOOKS)]
    fitted = rows["role"] == FITTED
    sides = [_with_headings(rows[fitted]), _with_headings(rows[~fitted])]
    most = max(len(side) for side in sides)
    key = [
        Line2D([], [], color=LOOKS["met"][0], marker=LOOKS["met"][1], linestyle="none", label="met"),
        Line2D([], [], color=LOOKS["missed"][0], marker=LOOKS["missed"][1], linestyle="none", label="missed"),
        Patch(facecolor=ALLOWED, label="range in which it counts as met"),
    ]
    figure = sheet(13.0, most * 0.2 + 2.0, heading, words, key)
    panels = figure.subplots(1, 2)
    for axes, side, name in zip(
        panels, sides, ("Rates are fitted to these", f"Checked ({NEAR_MARK} set near by hand)"), strict=True
    ):
        _forest(axes, side, most, name)
    return figure


def _with_headings(rows: pd.DataFrame) -> list[pd.Series | str]:
    """Return the rows in order, each part led by its heading."""
    lines: list[pd.Series | str] = []
    for heading, part in rows.groupby("heading", sort=False):
        lines.append(str(heading))
        lines += [row for _, row in part.iterrows()]
    return lines


def _forest(axes: Axes, lines: Sequence[pd.Series | str], most: int, name: str) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1.0, zorder=1)
    axes.set_xlim(-REACH * 1.12, REACH * 1.12)
    axes.set_ylim(most - 0.4, -0.9)
    labels, places = [], []
    for position, line in enumerate(lines):
        if isinstance(line, str):
            axes.text(
                -0.015,
                position,
                line,
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                weight="bold",
                fontsize=8.5,
            )
            continue
        places.append(position)
        labels.append(f"{line['label']} {NEAR_MARK}" if line["role"] == NEARED else str(line["label"]))
        _point(axes, line, position)
        values = f"{number(line['model'])}  ({number(line['target'])})"
        axes.text(1.015, position, values, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5)
    axes.set_yticks(places, labels, fontsize=7.8)
    axes.text(
        1.015, -0.75, "model (target)", transform=axes.get_yaxis_transform(), va="center", fontsize=7.8, weight="bold"
    )
    axes.set_title(name)
    axes.set_xticks(range(-40, 41, 20))
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, "percent"))
    axes.set_xlabel("Difference from the target, percent of it")


def _point(axes: Axes, row: pd.Series, position: float) -> None:
    colour, marker = LOOKS[row["verdict"]]
    target = row["target"]
    low, high = sorted(100.0 * (row[end] - target) / abs(target) for end in ("allowed_low", "allowed_high"))
    low, high = max(low, -REACH), min(high, REACH)
    axes.barh(position, high - low, left=low, height=0.62, color=ALLOWED, zorder=1.5, linewidth=0)
    value = row["percent"]
    if abs(value) > REACH:
        edge = math.copysign(REACH * 1.06, value)
        axes.plot(
            edge, position, marker=">" if value > 0 else "<", color=colour, markersize=5.5, zorder=3, clip_on=False
        )
        side = "right" if value > 0 else "left"
        axes.text(
            edge - math.copysign(3.0, value),
            position,
            percent(value),
            ha=side,
            va="center",
            fontsize=7.2,
            color=CHARCOAL,
        )
        return
    half = 100.0 * (row["model_high"] - row["model"]) / abs(target)
    if math.isfinite(half):
        axes.plot(
            [max(value - half, -REACH), min(value + half, REACH)],
            [position, position],
            color=colour,
            linewidth=1.2,
            zorder=2.5,
        )
    axes.plot(
        value,
        position,
        marker=marker,
        color=colour,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.4,
        zorder=3,
    )


def describe(table: pd.DataFrame) -> str:
    """Return the figure in words: the counts by part, and each target missed."""
    rows = table[table["verdict"].isin(LOOKS)]
    parts = [
        f"{heading}: {(part['verdict'] == 'met').sum()} of {len(part)} met"
        for heading, part in rows.groupby("heading", sort=False)
    ]
    missed = [
        f"{row['label']} ({row['id']}): {number(row['model'])} against {number(row['target'])}"
        for _, row in rows[rows["verdict"] == "missed"].iterrows()
    ]
    return "; ".join(parts) + ".\nMissed: " + ("; ".join(missed) or "none") + "."


def draw_people(parts: dict[str, pd.DataFrame], heading: str, words: str) -> Figure:
    """Return the pictures of the people.

    Parameters
    ----------
    parts : ``multimorbidity`` (fifth, age, percent), ``admissions`` and ``conditions`` (label, model, target, low,
        high) and ``expectancy`` (sex, fifth, model, target), as `experiments.validation.people_table` gives
    heading, words : title and caption
    """
    figure = sheet(12.0, 8.6, heading, words)
    (first, second), (third, fourth) = figure.subplots(2, 2)
    _multimorbidity(first, parts["multimorbidity"])
    _beside(second, parts["admissions"], "Emergency admissions by age", "for each 1,000 people a year")
    _beside(third, parts["conditions"], "Ever recorded with a condition, adults", "percent")
    _expectancy(fourth, parts["expectancy"])
    return figure


def _multimorbidity(axes: Axes, rows: pd.DataFrame) -> None:
    quiet_grid(axes, "y")
    for fifth, own in rows.groupby("fifth"):
        k = int(fifth)
        axes.plot(
            own["age"], own["percent"], color=FIFTH_COLOURS[k], linestyle=DASHES[k], linewidth=1.8, label=FIFTHS[k]
        )
    axes.set_title("Two or more of fourteen conditions, by age and fifth")
    axes.set_ylabel("percent of people")
    axes.set_xlabel("age")
    axes.set_ylim(0, 100)
    axes.legend(frameon=False, fontsize=8, loc="lower right", handlelength=3.2)


def _beside(axes: Axes, rows: pd.DataFrame, name: str, unit: str) -> None:
    """Draw bars of the model, and targets with their ranges beside them."""
    quiet_grid(axes, "y")
    at = np.arange(len(rows))
    axes.bar(at - 0.17, rows["model"], 0.34, color=BLUE, label="model")
    ranges = np.array([rows["target"] - rows["low"], rows["high"] - rows["target"]])
    axes.errorbar(
        at + 0.17, rows["target"], yerr=np.maximum(ranges, 0), fmt="D", color=ORANGE, markersize=4.5, elinewidth=1.6,
        label="target, and the range in which it counts as met",
    )  # fmt: skip
    long = max(map(len, rows["label"])) > 6
    axes.set_xticks(
        at, rows["label"], rotation=40 if long else 0, ha="right" if long else "center", rotation_mode="anchor"
    )
    axes.set_title(name)
    axes.set_ylabel(unit)
    axes.set_ylim(0, 1.25 * max(rows["high"].max(), rows["model"].max()))
    axes.legend(frameon=False, fontsize=8, loc="upper left" if not long else "upper right")


def _expectancy(axes: Axes, rows: pd.DataFrame) -> None:
    quiet_grid(axes, "y")
    for sex, colour, marker in (("men", TEAL, "s"), ("women", PLUM, "o")):
        own = rows[rows["sex"] == sex]
        axes.plot(own["fifth"] + 1, own["target"], color=FAINT, linewidth=1.0, zorder=1)
        axes.plot(
            own["fifth"] + 1,
            own["target"],
            linestyle="none",
            marker=marker,
            markersize=9,
            markerfacecolor="white",
            markeredgecolor=colour,
            label=f"{sex}, published",
        )
        axes.plot(
            own["fifth"] + 1,
            own["model"],
            linestyle="none",
            marker=MARKERS[6],
            markersize=6.5,
            color=colour,
            label=f"{sex}, model",
        )
    axes.set_title("Years of life left at 65, by deprivation fifth")
    axes.set_ylabel("years")
    axes.set_xticks(range(1, 6), ["most\ndeprived", "2", "3", "4", "least\ndeprived"])
    axes.legend(frameon=False, fontsize=8, loc="upper left", ncols=2)


def describe_people(parts: dict[str, pd.DataFrame]) -> str:
    """Return the pictures in words."""
    told = []
    for k in (0, 4):
        own = parts["multimorbidity"]
        own = own[own["fifth"] == k].set_index("age")["percent"]
        told.append(f"{FIFTHS[k]}: {own.get(50, math.nan):.0f}% at 50, {own.get(75, math.nan):.0f}% at 75")
    admissions = ", ".join(
        f"{row['label']} {row['model']:.0f} ({row['target']:.0f})" for _, row in parts["admissions"].iterrows()
    )
    years = ", ".join(
        f"{row['sex']} of fifth {row['fifth'] + 1} {row['model']:.1f} ({row['target']:.1f})"
        for _, row in parts["expectancy"].iterrows()
    )
    return (
        f"Two or more conditions, {'; '.join(told)}. Admissions for each 1,000 (target): {admissions}. "
        f"Years left at 65 (published): {years}."
    )
