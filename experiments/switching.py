"""What a ranking of two structures hangs on: its *switching values*.

That is what has to be assumed differently, and by how much, for the ranking to turn round. One parameter at a time is put at
the ends of its range, everything else at its default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agents.naming import nearest
from experiments.cases import Cases, Ground
from experiments.comparing import interval_half_width, is_clear
from experiments.waterfall import yearly
from model.measures import MEASURES
from model.parameters import ParameterRow, Parameters
from model.place import load_place

if TYPE_CHECKING:
    from experiments.figures.switching import Pictured


@dataclass(frozen=True, kw_only=True)
class SwitchSpec:
    """Whose ranking is tried, and on what.

    Parameters
    ----------
    ground : what all runs share
    first, second : structures
    measure : by which they rank
    parameters : names, or starts of names such as ``deciding``

    Raises
    ------
    ValueError
        If the measure or a parameter is unknown, or no parameter is named.
    """

    ground: Ground = field(default_factory=Ground)
    first: str = "separate-budgets"
    second: str = "single-budget"
    measure: str = "qalys"
    parameters: tuple[str, ...] = ("deciding",)

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"unknown measure {self.measure!r}; nearest: {nearest(self.measure, MEASURES)}")
        if not self.parameters:
            raise ValueError("SwitchSpec.parameters must name one or more parameters, or starts of names such as deciding, got none")
        self.tried()

    def tried(self) -> list[ParameterRow]:
        """Return the parameters that are tried."""
        table = Parameters().with_values(dict(self.ground.parameters)).table()
        names = [row.name for row in table]
        found: list[ParameterRow] = []
        for name in self.parameters:
            own = [row for row in table if row.name == name or row.name.startswith(f"{name}.")]
            if not own:
                raise ValueError(f"unknown parameter {name!r}; nearest: {nearest(name, [*names, *(n.partition('.')[0] for n in names)])}")
            found += [row for row in own if row not in found]
        return found


@dataclass(frozen=True, kw_only=True)
class Switching:
    """What was found.

    Parameters
    ----------
    spec : what was asked for
    title : of the place, for a reader
    rows : parameter, at (low, default, high), value, difference (of the second from the first, a year), low, high (95%)
    switches : parameter, default, switch (value at which the difference is nothing, between those that were run), towards
        (low or high), clear (whether the difference at that end is clearly of the other sign); those that turn the ranking round
    """

    spec: SwitchSpec
    title: str
    rows: pd.DataFrame
    switches: pd.DataFrame

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.switching import Pictured

        names = (self.spec.first, self.spec.second)
        return Pictured(context=self.spec.ground.context(self.title, names), rows=self.rows, switches=self.switches, measure=self.spec.measure)


def switching(spec: SwitchSpec, cases: Cases) -> Switching:
    """Return how the difference between two structures changes with one assumption at a time.

    Raises
    ------
    CasesError
        If a run failed.
    """
    tried = spec.tried()
    sets = {("", "default"): {}}
    for row in tried:
        sets |= {(row.name, at): {row.name: float(value)} for at, value in (("low", row.low), ("high", row.high)) if value != row.value}
    runs = {which: [spec.ground.runs(structure, parameters=values) for structure in (spec.first, spec.second)] for which, values in sets.items()}
    cases.run(run for pair in runs.values() for own in pair for run in own)
    differences = {
        which: np.array([yearly(cases.tables(b).measures, [spec.measure])[0] - yearly(cases.tables(a).measures, [spec.measure])[0] for a, b in zip(*pair, strict=True)])
        for which, pair in runs.items()
    }
    rows = []
    for row in tried:
        for at, value in (("low", row.low), ("default", row.value), ("high", row.high)):
            difference = differences.get((row.name, at), differences["", "default"])
            half = float(interval_half_width(difference[None])[0])
            mean = float(difference.mean())
            rows.append({"parameter": row.name, "at": at, "value": float(value), "difference": mean, "low": mean - half, "high": mean + half})
    table = pd.DataFrame(rows)
    return Switching(spec=spec, title=load_place(spec.ground.place).title, rows=table, switches=switches_of(table))


def switches_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return where the difference goes through nothing, by a straight line from the default to each end.

    Parameters
    ----------
    rows : as ``Switching.rows``
    """
    found = []
    for name, own in rows.groupby("parameter", sort=False):
        at = own.set_index("at")
        middle, base = at.loc["default", "value"], at.loc["default", "difference"]
        for end in ("low", "high"):
            there = at.loc[end, "difference"]
            if base * there < 0.0:
                switch = middle + (at.loc[end, "value"] - middle) * base / (base - there)
                found.append((name, middle, switch, end, is_clear(at.loc[end, "low"], at.loc[end, "high"])))
    return pd.DataFrame(found, columns=["parameter", "default", "switch", "towards", "clear"])


def write_switching(found: Switching, folder: Path) -> list[Path]:
    """Write ``switching.csv``, ``switching-values.csv`` and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import switching as figure
    from experiments.figures.drawing import save_answer

    return save_answer("switching", figure, found.pictured, found.rows, folder, values=found.switches)
