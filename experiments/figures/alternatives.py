"""What documents leave open: each difference with its interval of luck, and where it goes when one fact is read otherwise."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.comparing import PERIOD, headline, is_clear
from experiments.figures.matrix import MANY, draw_matrix, panel_of
from experiments.figures.matrix import NOTE as NOTE_OF_MANY
from experiments.figures.style import CHARCOAL, FAINT, GREY, Context, label_of, number, percent, quiet_grid, sheet, tick
from experiments.figures.wording import with_unit
from experiments.robustness import findings

NAME = "alternatives"
NOTE = (
    "Paired difference from {baseline}, mean a year: the point as files state it, filled where its 95% t-interval over replications (luck) leaves zero out; "
    "small marks with one open fact read otherwise; the band is their range, and names are of readings at its ends that are beyond luck (both in one place where they are near each other)."
)
MANY_NOTE = "Behind each difference: of its other readings of what documents leave open, how many keep its sign. Coloured only where luck leaves it clear and all keep it."
COLUMNS = 3  # of panels
OWN, OF_BASELINE = 0.18, -0.2  # of a row, below and above the point: marks of a structure's own alternatives, and of the baseline's
NAMES = 0.43  # of a row, below the point: names of readings
WIDTH_OF_A_LETTER = 0.017  # of a panel


def table(readings: pd.DataFrame) -> pd.DataFrame:
    """Return the headline measures under each reading, with label and unit, in the order of measures, structures and readings."""
    found = headline(readings.assign(year=PERIOD))
    return found.drop(columns=[name for name in ("correlation", "variance_reduction") if name in found])


def title(robust: pd.DataFrame, context: Context) -> str:
    """Return how many of the differences that luck leaves clear keep their sign under every reading."""
    base = label_of(context.baseline).lower()
    if context.replications < 2:
        return f"Differences from {base} under other readings of the documents: one replication cannot tell luck from effect"
    found = [(len(clear), len(turned)) for _, clear, turned in findings(robust, context.baseline)]
    clear, turned = (sum(each) for each in zip(*found, strict=True)) if found else (0, 0)
    if not clear:
        return f"No headline difference from {base} is clear of luck, however documents are read"
    return f"{clear - turned} of {clear} headline differences from {base} that are clear of luck keep their sign, whichever open fact is read otherwise"


def draw(rows: pd.DataFrame, robust: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure: one panel a headline measure.

    Parameters
    ----------
    rows : as :func:`table` gives
    robust : as :func:`experiments.robustness.robustness` gives
    heading : its title
    context : of the runs
    """
    if len(context.others) >= MANY:
        return _matrix(robust, heading, context)
    measures = list(dict.fromkeys(rows["measure"]))
    lines = math.ceil(len(measures) / COLUMNS)
    height = lines * (0.75 + 0.47 * max(len(context.others), 1)) + 1.6
    figure = sheet(11.0, height, heading, context.caption(NOTE.format(baseline=label_of(context.baseline).lower())), _key(context))
    grid = figure.subplots(lines, COLUMNS, squeeze=False, sharey=True)
    for axes, measure in zip(grid.flat, measures, strict=False):
        _panel(axes, rows[rows["measure"] == measure], context)
    for axes in list(grid.flat)[len(measures) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(context.others)), [label_of(structure) for structure in context.others])
    grid[0, 0].set_ylim(len(context.others) - 0.42, -0.5)
    return figure


def _key(context: Context) -> list[Line2D]:
    base = label_of(context.baseline).lower()
    return [
        Line2D([], [], color=CHARCOAL, marker="o", markersize=6, linewidth=2, label="as stated, with luck"),
        Line2D([], [], color=CHARCOAL, marker="|", markersize=7, linestyle="none", markeredgewidth=1.3, label="its own document read otherwise"),
        Line2D([], [], color=GREY, marker="x", markersize=4.5, linestyle="none", markeredgewidth=1.1, label=f"the document of {base} read otherwise"),
    ]


def _panel(axes: Axes, rows: pd.DataFrame, context: Context) -> None:
    first = rows.iloc[0]
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1.0)
    better = "" if first["better"] == "neither" else f" ({first['better']} is better)"
    axes.set_title(f"{with_unit(first['label'], first['unit'])}{better}", fontsize=8.5)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, first["unit"]))
    for place, structure in enumerate(context.others):
        own = rows[rows["structure"] == structure]
        if not own.empty:
            _row(axes, own, place, structure, context)
    axes.use_sticky_edges = False
    axes.margins(x=0.05)
    axes.autoscale_view(scaley=False)
    for place, structure in enumerate(context.others):
        _name_ends(axes, rows[rows["structure"] == structure], place)


def _row(axes: Axes, rows: pd.DataFrame, place: int, structure: str, context: Context) -> None:
    look = context.look(structure)
    stated, others = rows[rows["read"] == ""].iloc[0], rows[rows["read"] != ""]
    axes.barh(place, rows["difference"].max() - rows["difference"].min(), left=rows["difference"].min(), height=0.64, color=FAINT, alpha=0.6, linewidth=0, zorder=1)
    own = others[others["read"] == structure]
    axes.plot(own["difference"], [place + OWN] * len(own), "|", color=look.colour, markersize=7, markeredgewidth=1.3, zorder=3)
    theirs = others[others["read"] != structure]
    axes.plot(theirs["difference"], [place + OF_BASELINE] * len(theirs), "x", color=GREY, markersize=4.5, markeredgewidth=1.1, zorder=3)
    if not math.isnan(stated["low"]):
        axes.plot([stated["low"], stated["high"]], [place, place], color=look.colour, linewidth=2, zorder=2)
    filled = is_clear(stated["low"], stated["high"])
    axes.plot(stated["difference"], place, look.marker, color=look.colour, markersize=6, zorder=4, markerfacecolor=look.colour if filled else "white")


def _name_ends(axes: Axes, rows: pd.DataFrame, place: int) -> None:
    """Name the readings at the ends of a structure's range where they lie beyond the interval of luck; in one breath where there is no room for two."""
    if rows.empty:
        return
    stated, ends = rows[rows["read"] == ""].iloc[0], (rows["difference"].idxmin(), rows["difference"].idxmax())
    named = [rows.loc[end] for end in dict.fromkeys(ends)]
    named = [row for row in named if row["read"] and not stated["low"] <= row["difference"] <= stated["high"]]
    words = [row["alternative"].replace("-", " ") for row in named]
    low, high = axes.get_xlim()
    at = [row["difference"] for row in named]
    if len(named) == 2 and at[1] - at[0] < WIDTH_OF_A_LETTER * (high - low) * sum(map(len, words)):
        words, at = [" | ".join(words)], [at[0] if sum(at) < low + high else at[1]]
    for word, where in zip(words, at, strict=True):
        side = "left" if where < (low + high) / 2 else "right"
        axes.text(where, place + NAMES, word, ha=side, va="center", fontsize=6.5, color=CHARCOAL, zorder=4)


def _matrix(robust: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of many structures: each difference, and of how many other readings have its sign."""
    others = robust[robust["structure"] != context.baseline]
    kept = [is_clear(row.low, row.high) and row.same_sign == row.readings for row in others.itertuples()]
    words = [
        f"{number(row.difference, row.unit, signed=True) if row.measure == 'spillover' or math.isnan(row.percent) else percent(row.percent)}\n{row.same_sign:g} of {row.readings:g}"
        for row in others.itertuples()
    ]
    return draw_matrix([panel_of("", others, kept, words, context)], heading, f"{MANY_NOTE} {NOTE_OF_MANY}", context)


def describe(robust: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    return " ".join(sentences(robust, context))


def sentences(robust: pd.DataFrame, context: Context) -> list[str]:
    """Return one sentence for each structure compared: how much that is clear of luck is also clear of what documents leave open.

    Parameters
    ----------
    robust : as :func:`experiments.robustness.robustness` gives
    context : of the runs
    """
    told = []
    for structure, clear, turned in findings(robust, context.baseline):
        readings = int(robust.loc[robust["structure"] == structure, "readings"].iloc[0])
        if clear.empty:
            told.append(f"{label_of(structure)}: luck leaves no headline difference clear.")
            continue
        kept = f"{len(clear) - len(turned)} of the {len(clear)} differences that are clear of luck keep their sign under all {readings} other readings"
        those = "; ".join(f"{row.label} is turned by {row.turned_by}" for row in turned.itertuples())
        told.append(f"{label_of(structure)}: {kept}{f'; {those}' if those else ''}.")
    return told
