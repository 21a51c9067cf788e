"""A moving picture of one hospital under two structures: A&E, every bed, and the people who could leave.

A square is a bed or a cubicle, a dot a person. Nothing is drawn that is not in the films.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from experiments.figures.hospital import BEDS, CUBICLES, WAITING_INK, reason_looks
from experiments.figures.pixels import Pixels, Sheet
from experiments.figures.style import CHARCOAL, FAINT, GREY, MANY, ORANGE, label_of
from experiments.film import IN_USE, BedState, Film

WIDTH, HEIGHT = 1280.0, 784.0  # units
MARGIN, GAP = 24.0, 32.0
PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2
PANELS_TOP, COUNTS, AE, BEDS_TOP, TIMELINE = 96.0, 34.0, 98.0, 186.0, 572.0  # the last four below the first
AE_HEIGHT, BEDS_HEIGHT, TIMELINE_HEIGHT = 66.0, 352.0, 58.0
BEDS_WIDTH, REASONS_LEFT = 408.0, 432.0
KEY_TOP = PANELS_TOP + TIMELINE + TIMELINE_HEIGHT + 42
INKS = (CHARCOAL, GREY, FAINT, *MANY)
ZONES = (  # of A&E: words, left edge and width
    ("A&E: came last hour", 0.0, 150.0),
    ("Waiting to be seen", 174.0, 150.0),
    ("In cubicles (dot: none free)", 348.0, 252.0),
)
COUNTED = ("beds in use", "fit to leave", "in A&E, wait for a bed", "left A&E in 4 h, last day", "operations cancelled")


class Slot(NamedTuple):
    """Where a pattern goes, in pixels."""

    x: int
    y: int


class Grid(NamedTuple):
    """Places for a number of equal things: their pitch in pixels and their left upper corners."""

    pitch: int
    slots: list[Slot]


def fill(sheet: Sheet, x: float, y: float, width: float, height: float, count: int, largest: int) -> Grid:
    """Return places for so many things, row by row, as far apart as fit in a rectangle, at most `largest` pixels."""
    wide, high = sheet.at(width), sheet.at(height)
    for pitch in range(largest, 1, -1):
        columns = max(wide // pitch, 1)
        if columns * (high // pitch) >= count:
            break
    left, top = sheet.at(x), sheet.at(y)
    return Grid(pitch, [Slot(left + pitch * (at % columns), top + pitch * (at // columns)) for at in range(count)])


class Scene:
    """The sheet that all frames of some films share, and what changes on it.

    Parameters
    ----------
    films : of one hospital, the same hours; side by side
    pixels_wide : of a frame
    hours_a_frame : a frame for every so many hours
    title : what is seen

    Raises
    ------
    ValueError
        If the films are not two, or not of the same hours.
    """

    def __init__(self, films: Sequence[Film], title: str, pixels_wide: int = 1280, hours_a_frame: int = 1) -> None:
        if len(films) != 2:
            raise ValueError(f"Scene.films must be two, got {len(films)}")
        if not np.array_equal(films[0].hours, films[1].hours):
            raise ValueError("Scene.films must be of the same hours")
        self.films = tuple(films)
        self.rows = range(0, len(films[0]), hours_a_frame)
        self.sheet = Sheet(WIDTH, HEIGHT, INKS, pixels_wide / WIDTH)
        self._heading(title)
        self.panels = [
            Panel(self.sheet, film, self.films, MARGIN + number * (PANEL_WIDTH + GAP))
            for number, film in enumerate(self.films)
        ]
        self._key()
        self._background = self.sheet.pixels.copy()

    @property
    def palette(self) -> bytes:
        """Colours of the frames."""
        return self.sheet.palette

    def frame(self, row: int) -> Pixels:
        """Return the picture of one hour."""
        self.sheet.pixels = self._background.copy()
        self.sheet.words(MARGIN, 80, clock(self.films[0].hours[row]), 20, CHARCOAL, bold=True)
        for panel in self.panels:
            panel.draw(row)
        return self.sheet.pixels

    def frames(self) -> Iterator[Pixels]:
        """Yield the pictures in order."""
        for row in self.rows:
            yield self.frame(row)

    def _heading(self, title: str) -> None:
        room = WIDTH - 2 * MARGIN
        words, size = self.sheet.fitted(title, 20, room, bold=True)
        self.sheet.words(MARGIN, 30, words, size, CHARCOAL, bold=True)
        film = self.films[0]
        words = (
            f"Joined Up model, people of {film.place}; the same people and the same luck on both sides. A simulation, "
            "not a record of the hospital: one run is an illustration, not evidence."
        )
        if film.scale < 1:
            words += f" Scale {film.scale:g}: queues and beds do not behave as at scale 1."
        words, size = self.sheet.fitted(words, 12.5, room)
        self.sheet.words(MARGIN, 51, words, size, GREY)

    def _key(self) -> None:
        x, y = MARGIN, KEY_TOP
        size = self.sheet.at(12)
        for look in (CUBICLES["treated"], CUBICLES["waiting"], *BEDS.values()):
            self.sheet.stamp(self.sheet.at(x), self.sheet.at(y - 10.5), self.sheet.square(size, look.ink, look.square))
            self.sheet.words(x + 17, y, look.words, 11.5, CHARCOAL)
            x += 17 + self.sheet.width_of(look.words, 11.5) + 16


class Panel:
    """One structure's side of the picture."""

    def __init__(self, sheet: Sheet, film: Film, films: Sequence[Film], left: float) -> None:
        self.sheet, self.film, self.left = sheet, film, left
        self.looks = reason_looks(film)
        self.most = {name: max(int(getattr(one, name).max()) for one in films) for name in ("arrivals", "to_be_seen")}
        self.most_in_ae = max(int((one.in_treatment + one.waiting_for_bed).max()) for one in films)
        words, size = sheet.fitted(label_of(film.structure), 17, PANEL_WIDTH, bold=True)
        sheet.words(left, PANELS_TOP + 16, words, size, CHARCOAL, bold=True)
        sheet.box(left, PANELS_TOP + 23, PANEL_WIDTH, 2, CHARCOAL)
        self._prepare_counts(films)
        self._prepare_ae()
        self._prepare_beds()
        self._prepare_reasons(max(int(one.delays.max()) for one in films))
        self._prepare_timeline(films)

    def draw(self, row: int) -> None:
        """Draw one hour."""
        self._draw_counts(row)
        self._draw_ae(row)
        squares = self.squares
        for slot, state in zip(self.beds.slots, self.film.beds[row].tolist(), strict=True):
            self.sheet.stamp(*slot, squares[state])
        self._draw_reasons(row)
        self._draw_timeline(row)

    # Counts

    def _prepare_counts(self, films: Sequence[Film]) -> None:
        """Keep room for the widest that each count comes to under any structure."""
        sheet, size = self.sheet, 19.5
        self.counts = counted(self.film)
        widest = [max(column, key=len) for column in zip(*(row for one in films for row in counted(one)), strict=True)]
        spare = -1.0
        while spare < 0.0:
            size -= 0.5
            widths = [
                max(sheet.width_of(count, size, bold=True), sheet.width_of(words, 10.5))
                for count, words in zip(widest, COUNTED, strict=True)
            ]
            spare = (PANEL_WIDTH - sum(widths)) / (len(widths) - 1) - (8.0 if size > 12.0 else 0.0)
        gap = (PANEL_WIDTH - sum(widths)) / (len(widths) - 1)
        self.count_size = size
        self.counts_at = [self.left + sum(widths[:number]) + number * gap for number in range(len(widths))]
        for x, words in zip(self.counts_at, COUNTED, strict=True):
            sheet.words(x, PANELS_TOP + COUNTS + 35, words, 10.5, GREY)

    def _draw_counts(self, row: int) -> None:
        for x, count in zip(self.counts_at, self.counts[row], strict=True):
            self.sheet.words(x, PANELS_TOP + COUNTS + 19, count, self.count_size, CHARCOAL, bold=True)

    # A&E

    def _prepare_ae(self) -> None:
        sheet, top = self.sheet, PANELS_TOP + AE
        counts = (self.most["arrivals"], self.most["to_be_seen"], max(self.most_in_ae, self.film.cubicles))
        pitch = sheet.at(18)
        while pitch > 2:  # all of one size
            grids = [
                fill(sheet, self.left + x, top + 8, width, AE_HEIGHT, count, pitch)
                for (_, x, width), count in zip(ZONES, counts, strict=True)
            ]
            pitch = min(grid.pitch for grid in grids)
            if all(grid.pitch == pitch for grid in grids):
                break
        self.came, self.to_be_seen, self.cubicles = grids
        for words, x, _ in ZONES:
            sheet.words(self.left + x, top, words, 11, CHARCOAL, bold=True)

    def _draw_ae(self, row: int) -> None:
        film, sheet = self.film, self.sheet
        waiting, treated = int(film.waiting_for_bed[row]), int(film.in_treatment[row])
        counts = (int(film.arrivals[row]), int(film.to_be_seen[row]), waiting + treated)
        for (_, x, width), count in zip(ZONES, counts, strict=True):
            sheet.words(self.left + x + width, PANELS_TOP + AE, str(count), 11, CHARCOAL, bold=True, anchor="right")
        size = max(self.cubicles.pitch - 3, 2)
        for grid, count in ((self.came, counts[0]), (self.to_be_seen, counts[1])):
            for slot in grid.slots[:count]:
                sheet.stamp(*slot, sheet.dot(size, CHARCOAL))
        looks = [CUBICLES["waiting"]] * waiting + [CUBICLES["treated"]] * treated
        looks += [BEDS[BedState.EMPTY]] * (film.cubicles - len(looks))
        for number, (slot, look) in enumerate(zip(self.cubicles.slots, looks, strict=False)):
            inside = number < film.cubicles
            dot = sheet.dot(size, look.ink, "hollow" if look is CUBICLES["waiting"] else "full")
            sheet.stamp(*slot, sheet.square(size, look.ink, look.square) if inside else dot)

    # Beds

    def _prepare_beds(self) -> None:
        film, sheet, top = self.film, self.sheet, PANELS_TOP + BEDS_TOP
        sizes = np.bincount(film.ward_of, minlength=len(film.wards))
        there = [(name, int(size)) for name, size in zip(film.wards, sizes, strict=True) if size]
        pitch = sheet.at(30)
        while pitch > 2:
            columns = sheet.at(BEDS_WIDTH) // pitch
            rows = sum(math.ceil(size / columns) for _, size in there)
            if rows * pitch + len(there) * sheet.at(19) <= sheet.at(BEDS_HEIGHT):
                break
            pitch -= 1
        slots: dict[int, Slot] = {}
        y = sheet.at(top)
        for ward, name in enumerate(film.wards):
            beds = np.flatnonzero(film.ward_of == ward)
            if not len(beds):
                continue
            sheet.words(
                self.left, (y + sheet.at(10)) / sheet.fine, f"{name}, {len(beds)} beds", 11, CHARCOAL, bold=True
            )
            y += sheet.at(15)
            for number, bed in enumerate(beds.tolist()):
                slots[bed] = Slot(sheet.at(self.left) + pitch * (number % columns), y + pitch * (number // columns))
            y += pitch * math.ceil(len(beds) / columns) + sheet.at(4)
        self.beds = Grid(pitch, [slots[bed] for bed in range(len(film.ward_of))])
        size = max(pitch - max(round(pitch * 0.18), 1), 2)
        self.squares = {int(state): sheet.square(size, look.ink, look.square) for state, look in BEDS.items()}

    # People fit to leave

    def _prepare_reasons(self, most: int) -> None:
        film, sheet, top = self.film, self.sheet, PANELS_TOP + BEDS_TOP
        x, width = self.left + REASONS_LEFT, PANEL_WIDTH - REASONS_LEFT
        sheet.words(x, top + 10, "Fit to leave, waiting for", 11, CHARCOAL, bold=True)
        room = (BEDS_HEIGHT - 16) / len(self.looks)
        self.waits = []
        for number, (name, look) in enumerate(self.looks.items()):
            y = top + 16 + number * room
            sheet.words(x, y + 11, look.words, 11, CHARCOAL)
            grid = fill(sheet, x, y + 15, width, room - 15, most, sheet.at(10))
            dot = sheet.dot(max(grid.pitch - max(round(grid.pitch * 0.15), 1), 2), look.ink, look.dot)
            self.waits.append((film.reasons.index(name), y, grid, dot))

    def _draw_reasons(self, row: int) -> None:
        for reason, y, grid, dot in self.waits:
            count = int(self.film.delays[row, reason])
            self.sheet.words(self.left + PANEL_WIDTH, y + 11, str(count), 11, CHARCOAL, bold=True, anchor="right")
            for slot in grid.slots[:count]:
                self.sheet.stamp(*slot, dot)

    # The time line

    def _prepare_timeline(self, films: Sequence[Film]) -> None:
        """Draw the axis, and the whole course on a sheet of its own, of which each frame shows the part so far."""
        film, sheet, top = self.film, self.sheet, PANELS_TOP + TIMELINE
        x, width, height = self.left + 30, PANEL_WIDTH - 30, TIMELINE_HEIGHT
        most = round_up(max(max(one.delays.sum(axis=1).max(), one.waiting_for_bed.max()) for one in films))
        n = len(film)
        dates = film.hours.astype("datetime64[D]")
        starts = [0, *(1 + np.flatnonzero(dates[1:] != dates[:-1]))]
        for begin, end in zip(starts, [*starts[1:], n], strict=True):
            day = dates[begin].astype(datetime.date)
            left, right = x + width * begin / n, x + width * end / n
            if day.weekday() >= 5:
                sheet.box(left, top, right - left, height, FAINT, 0.6)
            sheet.box(left, top + height, 1, 4, GREY)
            name = f"{day:%a} {day.day}" if len(starts) <= 16 else str(day.day) if day.weekday() == 0 else ""
            if sheet.width_of(name, 9.5) < right - left or not name:
                sheet.words((left + right) / 2, top + height + 13, name, 9.5, GREY, anchor="middle")
        sheet.box(x, top + height, width, 1, GREY)
        sheet.words(x - 5, top + height + 3, "0", 9.5, GREY, anchor="right")
        sheet.words(x - 5, top + 9, str(most), 9.5, GREY, anchor="right")
        sheet.box(self.left, top - 11, 14, 3, ORANGE)
        sheet.words(self.left + 19, top - 6, "Fit to leave", 11, CHARCOAL, bold=True)
        after = self.left + 19 + sheet.width_of("Fit to leave", 11, bold=True) + 22
        sheet.box(after, top - 14, 9, 9, WAITING_INK)
        sheet.words(after + 14, top - 6, "In A&E, waiting for a bed", 11, CHARCOAL, bold=True)
        self.line_at = Slot(sheet.at(x), sheet.at(top))
        wide, high = sheet.at(x + width) - self.line_at.x, sheet.at(top + height) - self.line_at.y
        self.course = np.zeros((high, wide), dtype=np.uint8)
        hour = np.minimum(np.arange(wide) * n // wide, n - 1)
        thick = max(sheet.at(2), 1)
        waiting = np.round(film.waiting_for_bed[hour] / most * (high - thick)).astype(int)
        fit = np.round(film.delays.sum(axis=1)[hour] / most * (high - thick)).astype(int)
        ink_of = {ink: sheet.shaded(np.array(1.0), ink) for ink in (WAITING_INK, ORANGE)}
        for column in range(wide):
            self.course[high - waiting[column] :, column] = ink_of[WAITING_INK]
            before = fit[max(column - 1, 0)]
            low, upper = min(before, fit[column]), max(before, fit[column])
            self.course[high - upper - thick : high - low, column] = ink_of[ORANGE]

    def _draw_timeline(self, row: int) -> None:
        high, wide = self.course.shape
        now = max(wide * (row + 1) // len(self.film), 1)
        x, y = self.line_at
        spot = self.sheet.pixels[y : y + high, x : x + now]
        np.copyto(spot, self.course[:, :now], where=self.course[:, :now] > 0)


def counted(film: Film) -> list[tuple[str, ...]]:
    """Return the running counts of each hour, see ``COUNTED``."""
    return [
        (
            f"{used:,} of {there:,}", f"{fit:,}", f"{waiting:,}",
            "–" if math.isnan(share) else f"{100 * share:.0f}%", f"{cancelled:,}",
        )
        for used, there, fit, waiting, share, cancelled in zip(
            film.beds_in(*IN_USE), film.open_beds, film.delays.sum(axis=1), film.waiting_for_bed, film.share_in_time(),
            np.cumsum(film.cancelled), strict=True,
        )
    ]  # fmt: skip


def round_up(count: float) -> int:
    """Return the round number at or above a count: the top of an axis.

    Examples
    --------
    >>> [round_up(count) for count in (0, 3, 41, 230, 1034)]
    [1, 3, 50, 250, 1500]
    """
    if count <= 1:
        return 1
    ten = 10 ** math.floor(math.log10(count))
    return next(
        round(step * ten) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * ten >= count and step * ten % 1 == 0
    )


def clock(hour: np.datetime64) -> str:
    """Return the weekday, date and time.

    Examples
    --------
    >>> clock(np.datetime64("2017-01-09T13"))
    'Monday 9 January 2017, 13:00'
    """
    now = hour.astype(datetime.datetime)
    return f"{now:%A} {now.day} {now:%B %Y}, {now:%H}:00"


def title(films: Sequence[Film]) -> str:
    """Return what is seen."""
    days = round(len(films[0]) / 24)
    length = "a fortnight" if days == 14 else "a day" if days == 1 else f"{days} days"
    names = " and ".join(label_of(film.structure).lower() for film in films)
    return f"{films[0].hospital}: {length} in the model under {names}"


def describe(films: Sequence[Film]) -> str:
    """Return the moving picture in words, for those who cannot see it."""
    first = films[0]
    told = [
        f"{title(films)}. From {clock(first.hours[0])} to {clock(first.hours[-1])}; people of {first.place}, scale "
        f"{first.scale:g}. Squares are beds and cubicles, dots people; the same people and luck under each structure."
    ]
    for film in films:
        used = film.beds_in(*IN_USE)
        waits = {
            look.words[0].lower() + look.words[1:]: film.delays[:, film.reasons.index(name)].mean()
            for name, look in reason_looks(film).items()
        }
        longest = ", ".join(
            f"{words} {count:.0f}" for words, count in sorted(waits.items(), key=lambda item: -item[1])[:3]
        )
        share = film.left_in_time.sum() / max(film.left.sum(), 1)
        told.append(
            f"Under {label_of(film.structure).lower()}, on average: {used.mean():.0f} of "
            f"{film.open_beds.mean():.0f} beds in use, "
            f"{film.delays.sum(axis=1).mean():.0f} people fit to leave (most wait for: {longest}), "
            f"{film.waiting_for_bed.mean():.1f} in A&E waiting for a bed, at most {film.waiting_for_bed.max()}; "
            f"{100 * share:.0f}% left A&E within four hours; {film.cancelled.sum()} operations cancelled."
        )
    return "\n".join(told)
