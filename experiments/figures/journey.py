"""One person's life under each structure: where it was lived, who helped, every emergency, and who paid."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.figures.causes import LABELS as CAUSES
from experiments.figures.style import (
    BLUE,
    CHARCOAL,
    FAINT,
    GREY,
    LILAC,
    ORANGE,
    PLUM,
    TEAL,
    label_of,
    number,
    quiet_grid,
    sheet,
    tick,
)

LANES = ("Conditions", "Emergencies", "In hospital", "Lives")  # from above
PLACES = {  # colour, hatch and height of the band; a home is the thin line that all else stands out from
    "home": (GREY, "", 0.12),
    "reablement": (TEAL, "////", 0.6),
    "intermediate care": (BLUE, "....", 0.6),
    "care home": (PLUM, "", 0.6),
    "nursing home": (CHARCOAL, "xxxx", 0.6),
}
BEDS = {  # colour and height of the block
    "boarding": (PLUM, 0.9, "In A&E, no bed free"),
    "ill": (CHARCOAL, 0.9, "Ill"),
    "recovering": (LILAC, 0.62, "Recovering in the bed"),
    "waiting": (ORANGE, 0.36, "Fit to leave, waiting"),
}
MARKS = {
    "illness": (CHARCOAL, "o"),
    "unmet": (ORANGE, "s"),
    "unmanaged": (TEAL, "^"),
    "breakdown": (PLUM, "D"),
    "last_phase": (GREY, "v"),
    "return": (BLUE, "P"),
    "untreated": (LILAC, "X"),
}
HELP = {
    "informal": (TEAL, "", "Family and friends"),
    "package": (BLUE, "", "Home care"),
    "elsewhere": (FAINT, "", "Where they are cared for"),
    "unmet": (ORANGE, "////", "Nobody"),
}
PAYERS = {
    "consortium": ("Consortium", BLUE, "-"),
    "council": ("Council", ORANGE, "--"),
    "commissioner": ("Commissioning body", BLUE, "-"),
    "household": ("Household", PLUM, ":"),
}
KEY_SHARE = 0.185  # of the width
KEY_ROWS = 16  # that fit beside the panels of one structure, above the payers
NOTE = (
    "Emergencies: filled, admitted; hollow, sent home. Help: weekly hours of need, by who meets them (grey: hospital, "
    "short-term care or a care home). Paid: what this person's care cost each payer, added up; reablement, "
    "intermediate care and proactive care at the price of a place."
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Pictured:
    """What the figure is drawn from: tidy frames with a column `structure`.

    Parameters
    ----------
    place, who : for a reader
    labels : of the structures, in order
    years, scale : of the runs
    verdict : what differs, in a sentence
    parted : first day on which the lives differ, or None
    events : date, kind, text, cause, admitted
    days : date, place, bed_state, informal, package, elsewhere, unmet
    costs : month, payer_kind, pounds
    totals : a row an outcome, a column a structure
    first_year : the calendar year in which the first financial year begins
    """

    place: str
    who: str
    labels: tuple[str, ...]
    years: int
    scale: float
    verdict: str
    parted: datetime.date | None
    events: pd.DataFrame
    days: pd.DataFrame
    costs: pd.DataFrame
    totals: pd.DataFrame
    first_year: int = 2014

    def of(self, frame: pd.DataFrame, label: str) -> pd.DataFrame:
        """Return the rows of one structure."""
        return frame[frame["structure"] == label]

    def date(self, month: int) -> np.datetime64:
        """Return the first day of a month since the start."""
        return np.datetime64(f"{self.first_year + (month + 3) // 12}-{(month + 3) % 12 + 1:02d}-01")


def title(pictured: Pictured) -> str:
    """Return what became of the person under each structure."""
    who = pictured.who.partition(",")[0]
    who = f"{who[:1].upper()}{who[1:]}"
    names = [label_of(label).lower() for label in pictured.labels]
    totals = pictured.totals
    lived = [
        f"{number(totals.at['QALYs', label])} QALYs, {totals.at['days at home', label]:,.0f} days at home"
        for label in pictured.labels
    ]
    if len(set(lived)) == 1:
        return f"{who}, {_years(pictured.years)}: {lived[0]}, under {_all_of(names)} alike"
    return f"{who}, {_years(pictured.years)}: " + "; ".join(
        f"{words} under {name}" for words, name in zip(lived, names, strict=True)
    )


def _all_of(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _years(years: int) -> str:
    return "one year" if years == 1 else f"{years} years"


def caption(pictured: Pictured) -> str:
    """Return what is drawn, of whom, and what it is worth."""
    last = pictured.first_year + pictured.years
    warning = (
        f" Scale {pictured.scale:g}: queues and beds do not behave as at scale 1." if pictured.scale < 1 else ""
    )
    parting = " Dashed: where the lives part." if pictured.parted is not None else ""
    return (
        f"{pictured.who[:1].upper()}{pictured.who[1:]} (at the start). {NOTE}{parting} Source: Joined Up model. "
        f"One person of {pictured.place}, April {pictured.first_year} to March {last}: an illustration, not evidence."
        f"{warning}"
    )


def draw(pictured: Pictured) -> Figure:
    """Return the figure: for each structure lanes of what happened, the help given, and what each payer paid."""
    n = len(pictured.labels)
    figure = sheet(10.5, 3.7 * n + 1.7, title(pictured), caption(pictured))
    left, bottom, width, height = figure.get_layout_engine().get()["rect"]
    figure.get_layout_engine().set(rect=(left, bottom, width - KEY_SHARE, height))  # keys stand on the right
    ratios = [*[1.35, 1.0, 1.0, 0.12] * n][:-1]  # a gap between structures
    panels = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios, squeeze=False)[:, 0]
    most_help = max(float(pictured.days["need"].max()) if len(pictured.days) else 0.0, 1.0)
    most_paid = max((_paid(pictured, label).to_numpy().max(initial=0.0) for label in pictured.labels), default=0.0)
    for position, label in enumerate(pictured.labels):
        lanes, helped, paid = panels[4 * position : 4 * position + 3]
        _lanes(lanes, pictured, label)
        _help(helped, pictured, label, most_help)
        _costs(paid, pictured, label, max(most_paid, 100.0))
        lanes.set_title(label_of(label), pad=6)
        for axes in (lanes, helped, paid):
            _end_of_life(axes, pictured, label, told=axes is lanes)
    _keys(panels[0], panels[4], pictured)
    if pictured.parted is not None:
        panels[0].annotate(
            "lives part", (np.datetime64(pictured.parted), 1.0), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", ha="center", fontsize=7.5, color=GREY,
        )  # fmt: skip
    panels[0].set_xlim(pictured.date(0), pictured.date(12 * pictured.years))
    for gap in panels[3::4]:
        gap.set_axis_off()
    last = panels[-1]
    last.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=4, maxticks=9))
    last.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y" if pictured.years < 4 else "%Y"))
    figure.align_ylabels([axes for k, axes in enumerate(panels) if k % 4 in (1, 2)])
    return figure


def _lane(name: str) -> float:
    return float(len(LANES) - 1 - LANES.index(name))


def _spells_of(days: pd.DataFrame, column: str) -> Iterable[tuple[str, np.datetime64, np.timedelta64]]:
    """Return runs of days with the same word: (word, first day, length)."""
    if days.empty:
        return
    words, dates = days[column].to_numpy(), days["date"].to_numpy()
    begins = np.flatnonzero(np.r_[True, (words[1:] != words[:-1])])
    for begin, end in zip(begins, np.r_[begins[1:], len(words)], strict=True):
        yield words[begin], dates[begin], dates[end - 1] - dates[begin] + np.timedelta64(1, "D")


def _lanes(axes: Axes, pictured: Pictured, label: str) -> None:
    days, events = pictured.of(pictured.days, label), pictured.of(pictured.events, label)
    home = days.assign(place=days["place"].where(days["place"] != "hospital").ffill().fillna("home"))
    for place, begin, length in _spells_of(home, "place"):
        colour, hatch, height = PLACES[place]
        _block(axes, begin, length, _lane("Lives"), height, colour, hatch)
    for state, begin, length in _spells_of(days, "bed_state"):
        if state:
            colour, height, _ = BEDS[state]
            _block(axes, begin, length, _lane("In hospital") - 0.42 + height / 2, height, colour, "")
    _emergencies(axes, events[events["kind"] == "emergency"], pictured)
    _onsets(axes, events[events["kind"].isin(("condition", "last_phase", "carer"))], pictured)
    axes.set_yticks([_lane(name) for name in LANES], LANES)
    axes.set_ylim(-0.6, len(LANES) - 0.4)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    for name in LANES[:-1]:
        axes.axhline(_lane(name) - 0.5, color=FAINT, linewidth=0.6, zorder=0)


def _emergencies(axes: Axes, events: pd.DataFrame, pictured: Pictured) -> None:
    """Mark emergencies; one that would touch the one before stands a little lower or higher."""
    near, before, shift = 365.25 * pictured.years * 0.013, -np.inf, 0.0
    for event in events.itertuples():
        at = mdates.date2num(np.datetime64(event.date))
        shift = (-0.22 if shift >= 0.0 else 0.22) if at - before < near else 0.0
        before = at
        colour, marker = MARKS[event.cause]
        axes.plot(
            [at], [_lane("Emergencies") + shift], linestyle="none", marker=marker, markersize=5.5,
            markeredgecolor=colour, markerfacecolor=colour if event.admitted else "white", markeredgewidth=1.1,
        )  # fmt: skip


def _block(
    axes: Axes, begin: np.datetime64, length: np.timedelta64, middle: float, height: float, colour: str, hatch: str
) -> None:
    axes.broken_barh(
        [(mdates.date2num(begin), length / np.timedelta64(1, "D"))], (middle - height / 2, height), facecolor=colour,
        hatch=hatch, edgecolor="white" if hatch else colour, linewidth=0.0 if hatch else 0.8,
    )  # fmt: skip


def _onsets(axes: Axes, events: pd.DataFrame, pictured: Pictured) -> None:
    """Mark what began in health, with words where there is room for them: one word above, the next below."""
    free = {0.2: -np.inf, -0.24: -np.inf}  # how far each row of words is taken
    width = 365.25 * pictured.years
    for event in events.itertuples():
        words = event.text.partition(": ")[2] or event.text
        at = mdates.date2num(np.datetime64(event.date))
        axes.plot([at], [_lane("Conditions")], marker="|", markersize=9, markeredgewidth=1.4, color=CHARCOAL)
        words = re.sub("^The last phase of life begins$", "last phase of life", words)
        words = words[:1].lower() + words[1:] if not words[:4].isupper() else words
        length = width * 0.0082 * (len(words) + 2)
        left = at + length < mdates.date2num(pictured.date(12 * pictured.years))
        begin = at if left else at - length
        for row, taken in free.items():
            if begin > taken:
                free[row] = begin + length
                axes.annotate(
                    words, (at, _lane("Conditions") + row), xytext=(4 if left else -4, 0), textcoords="offset points",
                    ha="left" if left else "right", va="center", fontsize=7.5,
                )  # fmt: skip
                break


def _help(axes: Axes, pictured: Pictured, label: str, most: float) -> None:
    days = pictured.of(pictured.days, label)
    quiet_grid(axes, "y")
    below = np.zeros(len(days))
    for name, (colour, hatch, _) in HELP.items():
        above = below + days[name].to_numpy(float)
        axes.fill_between(
            days["date"].to_numpy(), below, above, step="post", facecolor=colour, hatch=hatch, linewidth=0.0,
            edgecolor="white" if hatch else colour,
        )  # fmt: skip
        below = above
    axes.set_ylim(0.0, most * 1.05)
    axes.set_ylabel("Help, hours\na week")
    axes.locator_params(axis="y", nbins=4)


def _paid(pictured: Pictured, label: str) -> pd.DataFrame:
    """Return what each payer has paid by the end of each month: a row a month, a column a payer."""
    costs = pictured.of(pictured.costs, label)
    payers = [payer for payer in PAYERS if payer in set(costs["payer_kind"])]
    table = costs.pivot_table(index="month", columns="payer_kind", values="pounds", aggfunc="sum", observed=True)
    lived = pictured.of(pictured.days, label)["month"]
    months = range(int(lived.max()) + 1 if len(lived) else 0)
    if table.empty:
        return pd.DataFrame(index=months)
    return table.reindex(index=months, columns=payers).fillna(0.0).cumsum()


def _costs(axes: Axes, pictured: Pictured, label: str, most: float) -> None:
    quiet_grid(axes, "y")
    paid = _paid(pictured, label)
    ends = np.array([pictured.date(month + 1) for month in paid.index], dtype="datetime64[D]")
    for payer in paid.columns:
        _, colour, dash = PAYERS[payer]
        axes.plot(
            np.r_[pictured.date(0), ends], np.r_[0.0, paid[payer]], color=colour, linestyle=dash, linewidth=1.8,
            drawstyle="steps-post",
        )  # fmt: skip
    axes.set_ylim(-0.03 * most, most * 1.12)
    axes.set_ylabel("Paid so far")
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(lambda value, _: tick(value, "pounds"))
    room, last = 0.17 * most, -np.inf  # so that words do not touch
    for payer in sorted(paid.columns, key=lambda payer: paid[payer].iloc[-1]):
        name, colour, _ = PAYERS[payer]
        value = float(paid[payer].iloc[-1])
        height = max(value, last + room)
        last = height
        words = axes.annotate(
            f"{name} {number(value, 'pounds')}", (1.0, height), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", color=colour, fontsize=8.5, va="center", annotation_clip=False,
        )  # fmt: skip
        words.set_in_layout(False)


def _end_of_life(axes: Axes, pictured: Pictured, label: str, *, told: bool) -> None:
    """Grey what comes after the end, and mark the day on which the lives part."""
    if pictured.parted is not None:
        axes.axvline(np.datetime64(pictured.parted), color=GREY, linewidth=0.9, linestyle=(0, (2, 2)), zorder=0.5)
    events = pictured.of(pictured.events, label)
    ends = events[events["kind"].isin(("death", "left"))]
    if ends.empty:
        return
    day, until = np.datetime64(ends["date"].iloc[0]), pictured.date(12 * pictured.years)
    axes.axvspan(day, until, color="#F2F2F2", linewidth=0.0, zorder=0.2)
    if told:
        room = (until - day) / np.timedelta64(1, "D") > 365.25 * pictured.years * 0.22
        axes.annotate(
            ends["text"].iloc[0], (day, _lane("Lives") + (0.0 if room else 0.43)), xytext=(5 if room else -3, 0),
            textcoords="offset points", ha="left" if room else "right", va="center", fontsize=8 if room else 7.5,
        )  # fmt: skip


def _keys(first: Axes, second: Axes, pictured: Pictured) -> None:
    """Put a key of what occurs under any structure beside the first one's panels, and the rest beside the second's."""
    causes, states = set(pictured.events["cause"]), set(pictured.days["bed_state"])
    there = set(pictured.days["place"])
    groups: list[list[Artist]] = [
        [
            Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=5.5, label=CAUSES[cause])
            for cause, (colour, marker) in MARKS.items()
            if cause in causes
        ],
        [Patch(facecolor=colour, label=words) for state, (colour, _, words) in BEDS.items() if state in states],
        [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=place.capitalize())
            for place, (colour, hatch, _) in PLACES.items()
            if place in there
        ],
        [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=words)
            for name, (colour, hatch, words) in HELP.items()
            if float(pictured.days[name].sum()) > 0.0
        ],
    ]
    keys: tuple[list[Artist], list[Artist]] = ([], [])
    for heading, handles in zip(("Emergencies", "In hospital", "Lives", "Help"), groups, strict=True):
        if handles:
            fits = not keys[1] and len(keys[0]) + 1 + len(handles) <= KEY_ROWS
            keys[0 if fits else 1].extend([Line2D([], [], linestyle="none", label=heading), *handles])
    for axes, handles in zip((first, second), keys, strict=True):
        legend = axes.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.06), frameon=False, fontsize=7.5,
            labelspacing=0.28, handlelength=1.4, handletextpad=0.5, borderaxespad=0.0,
        )  # fmt: skip
        legend.set_in_layout(False)  # its room is kept already
        for handle, text in zip(handles, legend.get_texts(), strict=True):
            if isinstance(handle, Line2D) and handle.get_marker() in (None, "None"):
                text.set_weight("bold")


def describe(pictured: Pictured) -> str:
    """Return the figure in words, for those who cannot see it."""
    told = [f"{title(pictured)}. {pictured.who[:1].upper()}{pictured.who[1:]}. {pictured.verdict}"]
    for label in pictured.labels:
        totals = pictured.totals[label]
        paid = [
            f"{_payer(name.removeprefix('paid by '))} {number(float(pounds), 'pounds')}"
            for name, pounds in totals.items()
            if str(name).startswith("paid by ") and pounds
        ]
        events = pictured.of(pictured.events, label)
        words = "; ".join(f"{date} {text}" for date, text in zip(events["date"], events["text"], strict=True))
        alive, home, hospital, care_home = (
            f"{totals[name]:,.0f}" for name in ("days alive", "days at home", "days in hospital", "days in care homes")
        )
        told.append(
            f"Under {label_of(label).lower()}: {alive} days alive, {home} at home, {hospital} in hospital, "
            f"{care_home} in care homes; paid by {', '.join(paid) or 'nobody'}. {words}."
        )
    return "\n".join(told)


def _payer(kind: str) -> str:
    """Return what a kind of payer is called in words."""
    return PAYERS[kind][0].lower() if kind in PAYERS else kind
