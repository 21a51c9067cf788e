"""Draws all figures of a comparison and saves each as PNG and SVG, with its data and its words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.comparing import PERIOD
from experiments.figures import causes, delays, levers, outcomes, paths, payers
from experiments.figures.style import RC, Context, place_label
from experiments.store import Results, write_file, write_text


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One figure that was drawn.

    Parameters
    ----------
    name : start of its files' names
    title : the finding
    words : alternative text
    """

    name: str
    title: str
    words: str

    @property
    def files(self) -> tuple[str, ...]:
        """Names of its files."""
        return tuple(f"{self.name}{ending}" for ending in (".png", ".svg", ".csv", ".txt"))


@dataclass(frozen=True, kw_only=True)
class Material:
    """What figures are drawn from.

    Parameters
    ----------
    results : of the comparison
    differences : paired, as :func:`experiments.comparing.paired_differences` gives
    """

    results: Results
    differences: pd.DataFrame

    @property
    def context(self) -> Context:
        """What every figure says of the runs."""
        spec = self.results.spec
        people = self.differences[
            (self.differences["measure"] == "people") & (self.differences["structure"] == spec.baseline)
        ].sort_values("year")
        first = people[people["year"] > PERIOD]["mean"]
        there = set(self.differences["structure"])
        notes = next(iter(self.results.notes.values()))
        return Context(
            place=notes.get("title") or place_label(spec.place),
            structures=tuple(structure for structure in spec.structures if structure in there),
            replications=int(self.differences["replications"].min()),
            years=spec.years,
            scale=spec.scale,
            people=float(first.iloc[0]) if len(first) else None,
        )

    @property
    def parties(self) -> dict[str, str]:
        """Kind of each party, by name, over all structures."""
        return {name: kind for note in self.results.notes.values() for name, kind in note["parties"].items()}


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the house whatever a user's own matplotlibrc says, and leave nothing of it behind."""
    with mpl.rc_context():
        mpl.rcdefaults()  # a user's own matplotlibrc must not change the bits
        mpl.rcParams.update(RC)
        yield


def draw_all(material: Material, folder: Path) -> list[Drawn]:
    """Draw and save every figure for which there are data; return them in order.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    with house_style():
        return [drawn for name, drawing in DRAWINGS.items() if (drawn := drawing(name, material, folder)) is not None]


def _of_differences(module: ModuleType) -> Callable[[str, Material, Path], Drawn | None]:
    def drawing(name: str, material: Material, folder: Path) -> Drawn | None:
        context = material.context
        rows = module.table(material.differences)
        if rows.empty:
            return None
        return _save(name, module, rows, module.title(material.differences, context), context, folder)

    return drawing


def _payers(name: str, material: Material, folder: Path) -> Drawn | None:
    context = material.context
    runs = material.results.measures[["structure", "replication"]].drop_duplicates().itertuples(index=False, name=None)
    rows = payers.table(material.results.consequences, material.parties, list(runs), context)
    return _save(name, payers, rows, payers.title(material.differences, context), context, folder)


def _levers(name: str, material: Material, folder: Path) -> Drawn | None:
    context = material.context
    rows = levers.table(material.results.measures)
    if rows.empty:
        return None
    return _save(name, levers, rows, levers.title(rows, context), context, folder)


DRAWINGS: dict[str, Callable[[str, Material, Path], Drawn | None]] = {
    "1-causes": _of_differences(causes),
    "2-delays": _of_differences(delays),
    "3-payers": _payers,
    "4-outcomes": _of_differences(outcomes),
    "5-paths": _of_differences(paths),
    "6-levers": _levers,
}


def _save(name: str, module: ModuleType, rows: pd.DataFrame, title: str, context: Context, folder: Path) -> Drawn:
    words = f"{title}. {module.describe(rows, context)}"
    return save_drawn(name, module.draw(rows, title, context), rows, title, words, folder)


def save_drawn(name: str, figure: Figure, rows: pd.DataFrame, title: str, words: str, folder: Path) -> Drawn:
    """Save a figure as PNG and SVG, with its data and its words.

    Parameters
    ----------
    name : start of the files' names
    figure, rows : the figure, and the data drawn
    title, words : the finding, and the figure in words
    folder : where to

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    save_drawing(figure, folder / name)
    drawn = Drawn(name=name, title=title, words=words)
    write_csv(rows, folder / f"{name}.csv")
    write_text(folder / f"{name}.txt", drawn.words + "\n")
    return drawn


def save_answer(name: str, picture: ModuleType, pictured: object, rows: pd.DataFrame, folder: Path, **tables: pd.DataFrame) -> list[Path]:
    """Draw and save the answer to one question: the figure, what it is drawn from, its words, and further tables; return the files.

    Parameters
    ----------
    name : start of the files' names
    picture : the figure's file in ``experiments.figures``, with its title, draw and describe
    pictured : what it draws
    rows : of ``name.csv``
    folder : where to; made if it is not there
    tables : of ``name-KEY.csv``

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for key, table in tables.items():
        write_csv(table, folder / f"{name}-{key}.csv")
    drawn = save_picture(name, picture, pictured, rows, folder)
    return [folder / each for each in (*drawn.files, *(f"{name}-{key}.csv" for key in tables))]


def save_picture(name: str, picture: ModuleType, pictured: object, rows: pd.DataFrame, folder: Path) -> Drawn:
    """Draw and save one figure as :func:`save_answer` does, without further tables; return it.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    title = picture.title(pictured)
    with house_style():
        return save_drawn(name, picture.draw(pictured, title), rows, title, f"{title}. {picture.describe(pictured)}", folder)


def save_drawing(figure: Figure, stem: Path) -> None:
    """Lay a figure out and save it as PNG and SVG, under `stem` with their endings.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    FigureCanvasAgg(figure)
    _settle(figure)
    for ending in (".png", ".svg"):
        save_figure(figure, stem.with_name(stem.name + ending))


def _settle(figure: Figure) -> None:
    """Lay the figure out once and keep that, rounded: the solver's last digits differ from run to run."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position().bounds
        axes.set_position([round(number, 5) for number in (left, bottom, width, height)])


def save_figure(figure: Figure, path: Path) -> None:
    """Save a figure as PNG or SVG, without date or program in it, so that the same data give the same bits.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    kind = path.suffix.removeprefix(".")
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    write_file(path, lambda unfinished: figure.savefig(unfinished, format=kind, metadata=metadata))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV, numbers to twelve significant digits, lines ended alike on every system.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_file(
        path, lambda unfinished: frame.to_csv(unfinished, index=False, float_format="%.12g", lineterminator="\n")
    )
