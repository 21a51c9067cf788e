"""How spending, delays, unmet need and admissions develop year by year, and how the structures drift apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.comparing import is_clear
from experiments.figures.matrix import MANY
from experiments.figures.style import (
    CHARCOAL,
    DIVERGING,
    GREY,
    Context,
    key_handles,
    label_of,
    number,
    percent,
    sheet,
    tick,
)
from experiments.figures.wording import ALONE, finding, small, with_unit
from model.measures import MEASURES

NAME = "paths"
SHOWN = ("public_spending", "delayed_days_true", "unmet_hours", "emergency_admissions")
NOTE = (
    "Above: each year's value, mean over replications; the vertical scale does not begin at zero. Below: paired "
    "difference from the baseline in percent of it, with the 95% interval as a band; years are financial years, 14/15 "
    "being April 2014 to March 2015."
)

NOTE_OF_MANY = (
    "Paired difference from {baseline} in percent of it, year by year, clear of luck where it has a colour: white where the 95% interval over replications has "
    "zero in it. At the end of each strip the last year's difference, grey where it is not clear. Scales of colour differ; years are financial years, 14/15 being "
    "April 2014 to March 2015."
)


def table(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the yearly rows of the measures shown, from the paired differences."""
    rows = differences[(differences["year"] > 0) & differences["measure"].isin(SHOWN)].copy()
    rows["label"] = [MEASURES[name].label for name in rows["measure"]]
    rows["unit"] = [MEASURES[name].unit for name in rows["measure"]]
    order = {name: position for position, name in enumerate(SHOWN)}
    rows = rows.sort_values(
        ["measure", "year"], key=lambda c: c.map(order) if c.name == "measure" else c, kind="stable"
    )
    first = ["measure", "label", "unit", "structure", "year"]
    return rows[[*first, *(c for c in rows.columns if c not in first)]].reset_index(drop=True)


def title(differences: pd.DataFrame, context: Context) -> str:
    """Return the finding on delayed days in the last year."""
    if context.replications < 2:
        return f"Year by year: {ALONE}"
    last = differences[(differences["measure"] == "unmet_hours") & (differences["year"] == context.years)]
    return f"In {context.financial_year(context.years)}, {small(finding(last, 'hours of unmet need', context))}"


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
    if len(context.others) >= MANY:
        return _strips(rows, heading, context)
    measures = list(dict.fromkeys(rows["measure"]))
    lines = 2 if context.others else 1
    key = [] if context.named else key_handles(context, context.structures, as_lines=True)
    figure = sheet(12.5, 2.7 * lines + 1.2, heading, context.caption(NOTE), key)
    grid = figure.subplots(lines, max(len(measures), 1), squeeze=False, sharex=True)
    for column, measure in enumerate(measures):
        own = rows[rows["measure"] == measure]
        known = MEASURES[measure]
        grid[0][column].set_title(with_unit(known.label, known.unit))
        _levels(grid[0][column], own, known.unit, context)
        if lines == 2:
            _differences(grid[1][column], own, context)
        _years(grid[-1][column], context)
    if lines == 2:
        grid[1][0].set_ylabel(f"Difference from\n{label_of(context.baseline).lower()}")
    return figure


def _strips(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of many structures: for each measure a strip of colours a structure, year by year."""
    measures = list(dict.fromkeys(rows["measure"]))
    note = NOTE_OF_MANY.format(baseline=label_of(context.baseline).lower())
    figure = sheet(12.5, 0.26 * len(context.others) + 2.2, heading, context.caption(note))
    grid = figure.subplots(1, len(measures), squeeze=False, sharey=True)[0]
    for axes, measure in zip(grid, measures, strict=True):
        own = rows[rows["measure"] == measure]
        clear = [is_clear(low, high) for low, high in zip(own["low"], own["high"], strict=True)]
        years = range(1, context.years + 1)
        told, seen = (own.assign(shown=shown).pivot_table(index="structure", columns="year", values="shown", dropna=False).reindex(index=context.others, columns=years) for shown in (own["percent"], own["percent"].where(clear)))
        reach = max(np.nanmax(seen.abs().to_numpy(float), initial=0.0), 1e-9)
        image = axes.imshow(seen.fillna(0.0), cmap=DIVERGING, vmin=-reach, vmax=reach, aspect="auto")
        for place, structure in enumerate(context.others):
            last = told.loc[structure, context.years]
            grey = np.isnan(seen.loc[structure, context.years])
            axes.text(context.years - 0.4, place, percent(last), va="center", fontsize=7.5, color=GREY if grey else CHARCOAL)
        axes.set_xlim(-0.5, context.years * 1.28 - 0.5)
        axes.set_xticks([year - 1 for year in _told_years(context)], [context.financial_year(year)[2:] for year in _told_years(context)])
        axes.set_title(MEASURES[measure].label)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_yticks(np.arange(len(context.others)), [label_of(name) for name in context.others])
        axes.set_yticks(np.arange(len(context.others) - 1) + 0.5, minor=True)
        axes.grid(which="minor", axis="y", color="white", linewidth=1.5)
        axes.tick_params(which="minor", length=0)
        in_percent = FuncFormatter(lambda value, _: tick(value, "percent"))
        bar = figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.7, aspect=28, pad=0.02, anchor=(0.0, 0.5), ticks=MaxNLocator(4), format=in_percent)
        bar.outline.set_visible(False)
    return figure


def _told_years(context: Context) -> list[int]:
    step = 1 if context.years <= 3 else 3 if context.years <= 12 else 5
    return list(range(1, context.years + 1, step))


def _years(axes: Axes, context: Context) -> None:
    ticks = _told_years(context)
    axes.set_xticks(ticks, [context.financial_year(year)[2:] for year in ticks])
    # Room at the right for the name of each line.
    axes.set_xlim(0.7, context.years + (max(1.0, 0.68 * context.years) if context.named else 0.3))


def _levels(axes: Axes, own: pd.DataFrame, unit: str, context: Context) -> None:
    _frame(axes)
    ends = {}
    for structure in context.structures:
        line = own[own["structure"] == structure].sort_values("year")
        look = context.look(structure)
        axes.plot(
            line["year"],
            line["mean"],
            color=look.colour,
            linestyle=look.dash,
            marker=look.marker,
            markersize=3.2,
            linewidth=1.5,
        )
        if len(line):
            ends[structure] = float(line["mean"].iloc[-1])
    low, high = own["mean"].min(), own["mean"].max()
    margin = 0.12 * (high - low) or 0.05 * abs(high) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(lambda value, _: tick(value, unit))
    name_ends(axes, ends, context)


def _differences(axes: Axes, own: pd.DataFrame, context: Context) -> None:
    _frame(axes)
    axes.axhline(0, color=GREY, linewidth=1)
    ends = {}
    for structure in context.others:
        line = own[own["structure"] == structure].sort_values("year")
        look = context.look(structure)
        if line["percent_low"].notna().any():
            axes.fill_between(
                line["year"], line["percent_low"], line["percent_high"], color=look.colour, alpha=0.22 if context.named else 0.05, linewidth=0
            )
        axes.plot(
            line["year"],
            line["percent"],
            color=look.colour,
            linestyle=look.dash,
            marker=look.marker,
            markersize=3.2,
            linewidth=1.5,
        )
        if len(line) and np.isfinite(line["percent"].iloc[-1]):
            ends[structure] = float(line["percent"].iloc[-1])
    bounds = own[["percent", "percent_low", "percent_high"]].to_numpy(float)
    low, high = (np.nanmin(bounds), np.nanmax(bounds)) if np.isfinite(bounds).any() else (0.0, 0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    margin = max(0.15 * (high - low), 0.02)
    axes.set_ylim(low - margin, high + margin)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(lambda value, _: tick(value, "percent"))
    name_ends(axes, ends, context, show=percent)


def _frame(axes: Axes) -> None:
    axes.grid(visible=True, axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def name_ends(axes: Axes, ends: dict[str, float], context: Context, show: Callable[[float], str] | None = None) -> None:
    """Write each structure's name (and value) at the end of its line, moved apart where they would overlap; none if there are too many.

    Parameters
    ----------
    axes : whose limits are set
    ends : for each structure the height of its line's end
    context : of the runs
    show : turns the value into words to stand under the name; without it only the name stands
    """
    if not context.named:
        return
    bottom, top = axes.get_ylim()
    height = (top - bottom) * (0.2 if show else 0.11)
    placed: list[tuple[str, float]] = []
    for structure, value in sorted(ends.items(), key=lambda item: item[1]):
        lowest = placed[-1][1] + height if placed else bottom + height / 2
        placed.append((structure, max(value, lowest)))
    surplus = (placed[-1][1] - (top - height / 2)) if placed else 0.0
    for structure, place in placed:
        words = label_of(structure)
        if show is not None:
            words = f"{label_of(structure)}\n{show(ends[structure])}"
        axes.annotate(
            words,
            (context.years, ends[structure]),
            (context.years + 0.04 * context.years + 0.1, place - max(surplus, 0.0)),
            va="center",
            fontsize=7.5,
            color=context.look(structure).colour,
            weight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )


def describe(rows: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    told = []
    for measure, group in rows.groupby("measure", sort=False):
        known = MEASURES[measure]
        first, last = group[group["year"] == 1], group[group["year"] == context.years]
        words = "; ".join(
            f"{label_of(structure)} from "
            f"{number(first.loc[first['structure'] == structure, 'mean'].iloc[0], known.unit)} to "
            f"{number(last.loc[last['structure'] == structure, 'mean'].iloc[0], known.unit)}"
            for structure in context.structures
            if structure in set(first["structure"]) & set(last["structure"])
        )
        span = f"{context.financial_year(1)} to {context.financial_year(context.years)}"
        told.append(f"{known.label} ({known.unit}), {span}: {words}.")
    return " ".join(told)
