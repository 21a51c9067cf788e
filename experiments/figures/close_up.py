"""One hospital through one winter under two structures: its beds, its A&E, and the people who could leave."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from experiments.figures.hospital import BEDS, WAITING_INK, reason_looks
from experiments.figures.style import CHARCOAL, GREY, label_of, percent, quiet_grid, sheet
from experiments.film import IN_USE, BedState, Film

STANDARD = 0.95  # of the people in A&E to leave within four hours: the standard of the period (P-B.tariff-004)
KEY_SHARE = 0.175  # of the width
FROM_BELOW = (
    BedState.ACUTE, BedState.ASSESSMENT, BedState.ELECTIVE, BedState.RECOVERING, BedState.FIT_TO_LEAVE,
)  # fmt: skip
NOTE = (
    "Beds, people waiting in A&E and people fit to leave: means of the day; band: least to most of the day. Within "
    "four hours: of those who left A&E on the day; faint, the other structure. True delays, of which national returns "
    "record roughly a third."
)
CAUTION = "One run, with the same people and the same luck: an illustration, not evidence."
assert set(FROM_BELOW) == set(IN_USE)


def period(film: Film) -> str:
    """Return the months of a film, such as ``December 2016 to March 2017``."""
    first, last = (pd.Timestamp(film.hours[at]) for at in (0, -1))
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    return f"{first:%B %Y} to {last:%B %Y}"


def title(films: Sequence[Film]) -> str:
    """Return what became of beds and delays under each structure."""
    told = []
    for film in films:
        used = percent(100 * film.beds_in(*IN_USE).sum() / max(film.open_beds.sum(), 1), signed=False)
        fit = f"{film.delays.sum(axis=1).mean():.0f}"
        words = f"{used} and {fit}" if told else f"{used} of beds in use and {fit} people fit to leave"
        told.append(f"{words} under {label_of(film.structure).lower()}")
    return f"{films[0].hospital}, {period(films[0])}: {', '.join(told)}"


def caption(films: Sequence[Film]) -> str:
    """Return what is drawn, and what it is worth."""
    film = films[0]
    warning = f" Scale {film.scale:g}: queues and beds do not behave as at scale 1." if film.scale < 1 else ""
    return f"{NOTE} Source: Joined Up model, people of {film.place}, {period(film)}. {CAUTION}{warning}"


def draw(films: Sequence[Film]) -> Figure:
    """Return the figure: a column a structure, a row each for beds, A&E queue, four hours and delays."""
    figure = sheet(11.0, 10.4, title(films), caption(films))
    left, bottom, width, height = figure.get_layout_engine().get()["rect"]
    figure.get_layout_engine().set(rect=(left, bottom, width - KEY_SHARE, height))  # keys stand on the right
    panels = figure.subplots(4, len(films), sharex=True, sharey="row", squeeze=False, height_ratios=(1.5, 1, 1, 1.5))
    days = [film.days() for film in films]
    for column, film in enumerate(films):
        beds, waiting, in_time, delays = panels[:, column]
        others = [day for number, day in enumerate(days) if number != column]
        beds.set_title(f"{label_of(film.structure)}\nBeds in use, and the beds there are", linespacing=1.5)
        _beds(beds, days[column])
        waiting.set_title("In A&E, waiting for a bed")
        _waiting(waiting, days[column], others)
        in_time.set_title("Left A&E within four hours")
        _in_time(in_time, days[column], others)
        delays.set_title("Fit to leave, by what they wait for")
        _delays(delays, film, days[column])
        for axes in panels[:, column]:
            quiet_grid(axes, "y")
            axes.margins(x=0.0)
    last = panels[-1, 0]
    last.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=5))
    last.xaxis.set_major_formatter(_date_words)
    for row in (0, 1, 3):
        panels[row, 0].set_ylim(bottom=0.0)
    panels[1, 0].set_ylim(top=max(1.0, panels[1, 0].get_ylim()[1]))
    panels[2, 0].yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))  # never by halves of a percent
    panels[2, 0].yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
    _keys(panels[:, -1], films)
    return figure


def _date_words(at: float, _: object) -> str:
    date = mdates.num2date(at)
    return f"{date.day} {date:%b}"


def _dates(days: pd.DataFrame) -> np.ndarray:
    return days["date"].to_numpy()


def _stack(axes: Axes, dates: np.ndarray, parts: Sequence[tuple[np.ndarray, str, str]]) -> None:
    below = np.zeros(len(dates))
    for values, ink, hatch in parts:
        above = below + values
        axes.fill_between(
            dates,
            below,
            above,
            step="mid",
            facecolor=ink,
            hatch=hatch,
            edgecolor="white" if hatch else ink,
            linewidth=0.0,
        )
        below = above


def _beds(axes: Axes, days: pd.DataFrame) -> None:
    parts = [
        (days[f"beds_{state.name.lower()}"].to_numpy(), BEDS[state].ink, BEDS[state].hatch) for state in FROM_BELOW
    ]
    _stack(axes, _dates(days), parts)
    axes.plot(_dates(days), days["beds"], color=CHARCOAL, linewidth=1.4, drawstyle="steps-mid")


def _waiting(axes: Axes, days: pd.DataFrame, others: Sequence[pd.DataFrame]) -> None:
    for other in others:
        axes.plot(_dates(other), other["waiting_mean"], color=GREY, linewidth=0.8, alpha=0.7)
    axes.fill_between(
        _dates(days),
        days["waiting_least"],
        days["waiting_most"],
        step="mid",
        color=WAITING_INK,
        alpha=0.25,
        linewidth=0.0,
    )
    axes.plot(_dates(days), days["waiting_mean"], color=WAITING_INK, linewidth=1.4)


def _in_time(axes: Axes, days: pd.DataFrame, others: Sequence[pd.DataFrame]) -> None:
    for other in others:
        axes.plot(_dates(other), _share(other), color=GREY, linewidth=0.8, alpha=0.7)
    axes.axhline(STANDARD, color=CHARCOAL, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.plot(_dates(days), _share(days), color=BEDS[BedState.ACUTE].ink, linewidth=1.4)
    axes.set_ylim(top=1.005)


def _share(days: pd.DataFrame) -> np.ndarray:
    left = days["left"].to_numpy(float)
    return np.divide(days["left_in_time"], left, out=np.full(len(days), np.nan), where=left > 0)


def _delays(axes: Axes, film: Film, days: pd.DataFrame) -> None:
    looks = reason_looks(film)
    _stack(
        axes, _dates(days), [(days[f"delay_{name}"].to_numpy(), look.ink, look.hatch) for name, look in looks.items()]
    )


def _keys(panels: Sequence[Axes], films: Sequence[Film]) -> None:
    """Put beside each row what its colours mean, in the order in which they stand."""
    line = {"linewidth": 1.4}
    other = Line2D([], [], color=GREY, linewidth=0.8, alpha=0.7, label="The other structure")
    beds: list[Artist] = [Line2D([], [], color=CHARCOAL, label="Beds there are,\nescalation included", **line)]
    beds += [_patch(BEDS[state].ink, BEDS[state].hatch, BEDS[state].words) for state in reversed(FROM_BELOW)]
    groups: tuple[list[Artist], ...] = (
        beds,
        [
            Line2D([], [], color=WAITING_INK, label="Mean of the day", **line),
            Patch(facecolor=WAITING_INK, alpha=0.25, label="Least to most"),
            other,
        ],
        [
            Line2D([], [], color=BEDS[BedState.ACUTE].ink, label="Share of the day", **line),
            Line2D([], [], color=CHARCOAL, linewidth=0.9, linestyle=(0, (4, 2)), label="Standard, 95%"),
            other,
        ],
        [_patch(look.ink, look.hatch, look.words) for look in reversed(reason_looks(films[0]).values())],
    )
    for axes, handles in zip(panels, groups, strict=True):
        legend = axes.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.02), frameon=False, fontsize=7.8,
            labelspacing=0.35, handlelength=1.6, handletextpad=0.6, borderaxespad=0.0,
        )  # fmt: skip
        legend.set_in_layout(False)  # its room is kept already


def _patch(ink: str, hatch: str, words: str) -> Patch:
    return Patch(facecolor=ink, hatch=hatch, edgecolor="white", linewidth=0.0, label=words)


def describe(films: Sequence[Film]) -> str:
    """Return the figure in words, for those who cannot see it."""
    told = [f"{title(films)}. {CAUTION}"]
    for film in films:
        days = film.days()
        worst = days.loc[days["waiting_mean"].idxmax()]
        waits = {look.words[0].lower() + look.words[1:]: days[f"delay_{name}"].mean() for name, look in reason_looks(film).items()}
        share = film.left_in_time.sum() / max(film.left.sum(), 1)
        told.append(
            f"Under {label_of(film.structure).lower()}: {film.beds_in(*IN_USE).mean():.0f} of "
            f"{film.open_beds.mean():.0f} beds in use; {film.waiting_for_bed.mean():.1f} people in A&E waiting for a "
            f"bed, on the worst day ({worst['date'].day} {worst['date']:%B %Y}) {worst['waiting_mean']:.0f}; "
            f"{100 * share:.0f}% left A&E within four hours; "
            f"{film.cancelled.sum()} operations cancelled; fit to leave and waiting for "
            f"{', '.join(f'{words} {count:.1f}' for words, count in waits.items())}."
        )
    return "\n".join(told)
