"""Films of one hospital under two structures: the same people, with the same luck, by the hour.

The years before are run with the daily flow, which is fast; from the first day of the month in which the film begins
the event flow takes over, in which people come, wait and leave by the minute. One film is an illustration, not
evidence: what structures do to a place is what a comparison says.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from agents.draws import replication_seed
from experiments.film import Film
from experiments.recorder import Recorder
from experiments.specification import RunSpec, unknown_name
from model.parameters import Parameters
from model.place import load_place
from model.structures import load_structure

if TYPE_CHECKING:
    from model.economy import HealthEconomy

BEGINNING = datetime.date(2014, 4, 1)
MONTHS = 12
LONGEST = 366  # days of a film
MOST_FRAMES = 1500  # of a moving picture: each is held in memory until the file is written


@dataclass(frozen=True, kw_only=True)
class FilmSpec:
    """What to film, and where.

    Parameters
    ----------
    place : name, or path of a TOML file
    hospital : name, or part of one that only one hospital of the place has; empty for the one that serves most people
    structures : two names or TOML paths; the same twice is a check that nothing but a structure matters
    start : first day
    days : how many are filmed
    seed : of the experiment; the luck is that of the first replication of a comparison with this seed
    scale : share of the place's people that live in the model
    parameters : for each changed parameter its value

    Raises
    ------
    ValueError
        If a name is unknown, a number is out of bounds, or structures are not two.
    """

    place: str = "berkshire-west"
    hospital: str = ""
    structures: tuple[str, ...] = ("separate-budgets", "single-budget")
    start: datetime.date = datetime.date(2017, 1, 9)
    days: int = 14
    seed: int = 1
    scale: float = 1.0
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "structures", tuple(self.structures))
        if len(self.structures) != 2:
            raise ValueError(f"FilmSpec.structures must be two, to set side by side, got {list(self.structures)!r}")
        if isinstance(self.days, bool) or not isinstance(self.days, int) or not 1 <= self.days <= LONGEST:
            raise ValueError(f"FilmSpec.days must be a whole number from 1 to {LONGEST}, got {self.days!r}")
        latest = datetime.date(BEGINNING.year + 199, 4, 1)
        if not BEGINNING <= self.start < latest:
            raise ValueError(f"FilmSpec.start must be a day from {BEGINNING} to before {latest}, got {self.start}")
        for structure in self.structures:
            RunSpec(
                place=self.place, structure=structure, seed=self.seed, years=self.years, scale=self.scale,
                parameters=self.parameters,
            )  # fmt: skip
            load_structure(structure)
        Parameters().with_values(dict(self.parameters))
        object.__setattr__(self, "hospital", hospital_of(self.place, self.hospital))

    @property
    def end(self) -> datetime.date:
        """The day after the last."""
        return self.start + datetime.timedelta(days=self.days)

    @property
    def first_month(self) -> int:
        """The month of the run in which the film begins."""
        return _month_of(self.start)

    @property
    def last_month(self) -> int:
        """The month of the run in which the film ends."""
        return _month_of(self.end - datetime.timedelta(days=1))

    @property
    def years(self) -> int:
        """Years that hold the film."""
        return self.last_month // MONTHS + 1

    @property
    def labels(self) -> tuple[str, ...]:
        """One name for each structure, told apart where it is the same."""
        first, second = self.structures
        return (first, second if second != first else f"{second} (2)")

    def economy(self, structure: str) -> HealthEconomy:
        """Return the economy that is filmed, at its beginning."""
        from model.economy import HealthEconomy

        return HealthEconomy(
            place=self.place,
            structure=structure,
            seed=replication_seed(self.seed, 0),
            years=self.years,
            scale=self.scale,
            parameters=Parameters().with_values(dict(self.parameters)) if self.parameters else None,
        )


def _month_of(day: datetime.date) -> int:
    """Return the month of the run that a day lies in, the first 0."""
    return (day.year - BEGINNING.year) * MONTHS + day.month - BEGINNING.month


def hospital_of(place: str, wanted: str = "") -> str:
    """Return the full name of a hospital of a place.

    Parameters
    ----------
    place : name or path
    wanted : name, or part of one, capitals or not; empty for the hospital that serves most people

    Raises
    ------
    UnknownNameError
        If no hospital, or more than one, is meant; the nearest are given.
    """
    hospitals = load_place(place).hospitals
    if not wanted:
        return max(hospitals, key=lambda hospital: hospital.catchment_adults).name
    names = [hospital.name for hospital in hospitals]
    exact = [name for name in names if name.lower() == wanted.lower().strip()]
    found = exact or [name for name in names if wanted.lower().strip() in name.lower()]
    if len(found) != 1:
        raise unknown_name("hospital", wanted, found or names)
    return found[0]


def day_of(text: str) -> datetime.date:
    """Return the day that a text names, ``2017-01-09``, or the first of a month, ``2017-01``.

    Raises
    ------
    ValueError
        If it names none.

    Examples
    --------
    >>> day_of("2016-12")
    datetime.date(2016, 12, 1)
    """
    try:
        return datetime.date.fromisoformat(text.strip() if text.count("-") == 2 else f"{text.strip()}-01")
    except ValueError:
        raise ValueError(
            f"FilmSpec.start must be a day such as 2017-01-09, or a month such as 2017-01, got {text!r}"
        ) from None


def record(spec: FilmSpec, structure: str, label: str) -> Film:
    """Run the months under one structure and return what was seen of the hospital.

    Parameters
    ----------
    spec : what is filmed
    structure : one of the spec's
    label : what it is called in the film
    """
    from agents.hospital.event_flow import EventFlow

    economy = spec.economy(structure)
    for _ in range(spec.first_month):
        economy.step()
    recorder = Recorder(economy, spec.hospital, spec.start, spec.end)
    economy.engine.hospital_flow = EventFlow(recorder)
    for _ in range(spec.first_month, spec.last_month + 1):
        economy.step()
    return recorder.film(label)


def film(spec: FilmSpec) -> tuple[Film, Film]:
    """Run the months under each structure and return what was seen of the hospital.

    Raises
    ------
    ValueError
        If a place, structure or parameter is unknown or out of bounds.
    """
    first, second = (
        record(spec, structure, label) for structure, label in zip(spec.structures, spec.labels, strict=True)
    )
    return first, second


# Keeping


def frames_of(spec: FilmSpec, hours_a_frame: int) -> int:
    """Return how many frames a moving picture has.

    Raises
    ------
    ValueError
        If they are more than can be held.
    """
    frames = spec.days * 24 // hours_a_frame
    if frames > MOST_FRAMES:
        raise ValueError(
            f"a moving picture must have at most {MOST_FRAMES} frames, got {frames}: ask for fewer "
            "--days, or more --hours a frame"
        )
    return frames


def write_animation(
    films: Sequence[Film], folder: Path, *, kind: str = "gif", hours_a_frame: int = 1, frames_per_second: float = 10.0,
    pixels_wide: int = 1280,
) -> list[Path]:  # fmt: skip
    """Write the moving picture, one frame of it (``animation.png``), its words and its hours; return the files.

    Parameters
    ----------
    films : two, of one hospital
    folder : made if it is not there
    kind : ``gif`` or ``mp4``
    hours_a_frame, frames_per_second, pixels_wide : of the picture, see :class:`experiments.figures.animation.Scene`

    Raises
    ------
    NoEncoderError
        If an MP4 is asked for and there is nothing to make it with.
    OSError
        If a file cannot be written.
    """
    from experiments.figures import animation, pixels
    from experiments.figures.drawing import write_csv
    from experiments.store import write_file, write_text

    folder.mkdir(parents=True, exist_ok=True)
    scene = animation.Scene(films, animation.title(films), pixels_wide, hours_a_frame)
    write = {"gif": pixels.write_gif, "mp4": pixels.write_mp4}[kind]
    moving, still = folder / f"animation.{kind}", folder / "animation.png"
    write_file(moving, lambda unfinished: write(scene.frames(), scene.palette, unfinished, frames_per_second))
    busiest = max(scene.rows, key=lambda row: max(int(one.waiting_for_bed[row]) for one in films))
    write_file(still, lambda unfinished: pixels.write_png(scene.frame(busiest), scene.palette, unfinished))
    write_csv(_rows(films, [one.hourly() for one in films]), folder / "animation.csv")
    write_text(folder / "animation.txt", animation.describe(films) + "\n")
    return [moving, *(folder / f"animation{ending}" for ending in (".png", ".csv", ".txt"))]


def write_close_up(films: Sequence[Film], folder: Path) -> list[Path]:
    """Write the still figure as PNG and SVG, its words and its days; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import close_up
    from experiments.figures.drawing import house_style, save_drawing, write_csv
    from experiments.store import write_text

    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        save_drawing(close_up.draw(films), folder / "close-up")
    write_csv(_rows(films, [one.days() for one in films]), folder / "close-up.csv")
    write_text(folder / "close-up.txt", close_up.describe(films) + "\n")
    return [folder / f"close-up{ending}" for ending in (".png", ".svg", ".csv", ".txt")]


def _rows(films: Sequence[Film], frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    for one, frame in zip(films, frames, strict=True):
        frame.insert(0, "structure", one.structure)
    return pd.concat(frames, ignore_index=True)
