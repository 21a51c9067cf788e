"""What all figures share: sheet, palette, captions, numbers as words.

Colours keep a contrast of 3:1 against white and never carry meaning alone: a structure also has its own marker, hatch
and line style. Figures are made without pyplot, so nothing global is left behind.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

BLUE, TEAL, PLUM, ORANGE, CHARCOAL, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
GREY = "#6B6B6B"
FAINT = "#D9D9D9"
COLOURS = {1: (BLUE,), 2: (BLUE, ORANGE), 3: (BLUE, TEAL, ORANGE), 4: (BLUE, TEAL, PLUM, ORANGE)}
MANY = (BLUE, TEAL, PLUM, ORANGE, CHARCOAL, LILAC)
DIVERGING = LinearSegmentedColormap.from_list("less to more", [BLUE, "#6BACE6", "#FFFFFF", "#F9B491", ORANGE])
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo", "||||", "**")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))

RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so every machine draws the same letters
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": CHARCOAL,
    "axes.labelsize": 8.5,
    "axes.axisbelow": True,
    "xtick.color": CHARCOAL,
    "ytick.color": CHARCOAL,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.5,
    "text.color": CHARCOAL,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "savefig.dpi": 200,
    "svg.hashsalt": "joinedup",  # without it the ids in an SVG are random
    "svg.fonttype": "path",
}
TITLE_POINTS, CAPTION_POINTS, KEY_POINTS = 12.5, 7.5, 20.0
MOST_NAMED = 6  # structures whose names stand at the ends of their lines; more have a key
FEWEST = 3  # replications from which an interval says something of luck: two agree by chance too often
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one structure is told apart: by colour and by something else."""

    colour: str
    marker: str
    hatch: str
    dash: str | tuple


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a figure says of the runs behind it.

    Parameters
    ----------
    place : name of the place for a reader
    structures : in order, the baseline first
    replications, years : of the comparison
    scale : share of the people in the model
    people : adults of the place at the start, or None if not measured
    first_year : the calendar year in which the first financial year begins
    """

    place: str
    structures: tuple[str, ...]
    replications: int
    years: int
    scale: float
    people: float | None = None
    first_year: int = 2014

    @property
    def baseline(self) -> str:
        """The structure that the others are compared with."""
        return self.structures[0]

    @property
    def others(self) -> tuple[str, ...]:
        """The structures compared with the baseline."""
        return self.structures[1:]

    @property
    def named(self) -> bool:
        """Whether structures are few enough for their names to stand at the ends of their lines."""
        return len(self.structures) <= MOST_NAMED

    def look(self, structure: str) -> Look:
        """Return how a structure is drawn, the same in every figure."""
        number = self.structures.index(structure)
        colours = COLOURS.get(len(self.structures), MANY)
        return Look(
            colour=colours[number % len(colours)],
            marker=MARKERS[number % len(MARKERS)],
            hatch=HATCHES[number % len(HATCHES)],
            dash=DASHES[(number + number // len(DASHES)) % len(DASHES)],  # with MANY colours no two lines are alike
        )

    def caption(self, note: str) -> str:
        """Return the caption: what is drawn, then source, population, period and replications."""
        people = f"{self.people:,.0f} adults" if self.people else "adults"
        last = self.first_year + self.years
        pairs = f"{self.replications} replications, paired by the same people and luck"
        runs = "1 replication, so no intervals" if self.replications < 2 else f"{pairs}: too few for an interval to be relied on" if self.replications < FEWEST else pairs
        warning = (
            f" Scale {self.scale:g}: a demonstration; queues and beds do not behave as at scale 1, do not compare them."
            if self.scale < 1
            else ""
        )
        return (
            f"{note} Source: Joined Up model. Population: {people} of {self.place}. "
            f"Period: April {self.first_year} to March {last}. {runs}.{warning} "
            "A tool for reasoning about policy, not a forecast."
        )

    def financial_year(self, year: int) -> str:
        """Return the name of a year of the run (from 1), such as 2014/15."""
        begins = self.first_year + year - 1
        return f"{begins}/{(begins + 1) % 100:02d}"


def label_of(structure: str) -> str:
    """Return a structure's or place's name for a reader, options behind it.

    Examples
    --------
    >>> label_of("single-budget"), label_of("mine/two-pools.toml+cost-cap")
    ('Single budget', 'Two pools + cost cap')
    """
    stems = [PurePath(part).stem if part.endswith(".toml") else part for part in structure.split("+")]
    words = " + ".join(stems).replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def place_label(place: str) -> str:
    """Return a place's name with capitals."""
    return label_of(place).title()


def sheet(width: float, height: float, title: str, caption: str, key: Sequence[Artist] = ()) -> Figure:
    """Return an empty figure with its title (and key) above and its caption below, the space between left to the axes.

    Parameters
    ----------
    width, height : inches
    title, caption : wrapped to the width
    key : handles of the key, such as :func:`key_handles` gives; none where all is labelled directly
    """
    columns = min(len(key), 5) if len(key) <= 5 else max(int(width / 2.5), 1)
    key_points = KEY_POINTS * math.ceil(len(key) / columns) if key else 0.0
    height += max(key_points - KEY_POINTS, 0.0) / 72  # so that many structures leave the axes their room
    title_lines = textwrap.wrap(title, int(width * 9.0))
    caption_lines = textwrap.wrap(caption, int(width * 17.0))
    point = 1 / 72 / height  # of a point, as a share of the height
    title_ends = 1 - (len(title_lines) * TITLE_POINTS * 1.3 + 12) * point
    top = title_ends - key_points * point
    bottom = (len(caption_lines) * CAPTION_POINTS * 1.45 + 12) * point
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0.008, bottom, 0.984, top - bottom), h_pad=0.06, w_pad=0.06)
    left = 0.12 / width
    figure.text(
        left, 1 - 7 * point, "\n".join(title_lines), size=TITLE_POINTS, weight="bold", va="top", linespacing=1.2
    )
    figure.text(
        left, 6 * point, "\n".join(caption_lines), size=CAPTION_POINTS, color=GREY, va="bottom", linespacing=1.3
    )
    if key:
        legend = figure.legend(
            handles=key,
            loc="upper left",
            bbox_to_anchor=(left, title_ends),
            ncols=columns,
            frameon=False,
            fontsize=9,
            handlelength=2.4,
            borderaxespad=0.0,
            borderpad=0.0,
        )
        legend.set_in_layout(False)  # its room is kept already
    return figure


def key_handles(context: Context, structures: Sequence[str], *, as_points: bool = False, as_lines: bool = False) -> list[Artist]:
    """Return handles for a key of structures, as bars, points or lines."""
    handles: list[Artist] = []
    for structure in structures:
        look = context.look(structure)
        name = label_of(structure)
        if as_lines:
            handles.append(Line2D([], [], color=look.colour, linestyle=look.dash, linewidth=2, label=name))
        elif as_points:
            handles.append(Line2D([], [], color=look.colour, marker=look.marker, linestyle="none", label=name))
        else:
            handles.append(Patch(facecolor=look.colour, hatch=look.hatch, edgecolor="white", label=name))
    return handles


def quiet_grid(axes: Axes, along: str) -> None:
    """Leave only the grid lines that a reader measures along."""
    axes.grid(visible=True, axis=along)
    axes.tick_params(length=0)
    axes.spines["left" if along == "x" else "bottom"].set_visible(along == "y")


def number(value: float, unit: str = "", *, signed: bool = False) -> str:
    """Return a number for a reader: three significant digits, pounds in thousands or millions.

    Examples
    --------
    >>> number(12_936_000, "pounds"), number(-1592.7, signed=True), number(0.0), number(0.1234)
    ('£12.9m', '−1,590', '0', '0.123')
    """
    if math.isnan(value):
        return "n/a"
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    if unit == "pounds":
        return sign + "£" + _pounds(size)
    return sign + _digits(size)


def _pounds(size: float) -> str:
    for least, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= 0.9995 * least:
            return f"{_digits(size / least)}{letter}"
    return _digits(size)


def _digits(size: float) -> str:
    if size == 0:
        return "0"
    decimals = 2 - math.floor(math.log10(size) + 1e-12)
    return f"{round(size, decimals):,.{min(max(decimals, 0), 6)}f}"


def tick(value: float, unit: str = "") -> str:
    """Return a number for an axis: no more digits than it needs.

    Examples
    --------
    >>> tick(10_000_000.0, "pounds"), tick(-2500.0), tick(0.25), tick(4.0, "percent")
    ('£10m', '−2,500', '0.25', '+4%')
    """
    if abs(value) < 1e-12:
        return "0"
    sign = MINUS if value < 0 else "+" if unit == "percent" else ""
    size = abs(value)
    if unit == "percent":
        return f"{sign}{size:g}%"
    if unit == "pounds":
        for least, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
            if size >= 0.9995 * least:
                return f"{sign}£{size / least:g}{letter}"
        return f"{sign}£{size:g}"
    return f"{sign}{size:,.0f}" if size >= 1000 else f"{sign}{size:g}"


MOST_PERCENT = 500.0
"""Beyond this a percentage says only that the baseline is next to nothing."""


def telling(percentage: float) -> bool:
    """Return whether a percentage says something to a reader: it is known, and not of next to nothing."""
    return abs(percentage) <= MOST_PERCENT


def percent(value: float, *, signed: bool = True) -> str:
    """Return a percentage for a reader, with more decimals where it is small.

    Examples
    --------
    >>> percent(-3.71), percent(0.042), percent(12.6, signed=False), percent(-0.0009)
    ('−3.7%', '+0.04%', '13%', '−0.0009%')
    """
    if math.isnan(value):
        return "n/a"
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    if size == 0:
        return "0%"
    decimals = 0 if size >= 9.95 else 1 if size >= 0.95 else 2 if size >= 0.095 else -math.floor(math.log10(size))
    return f"{sign}{size:.{decimals}f}%"
