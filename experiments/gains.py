"""Who gains and who loses between two structures, person by person: the same people, with the same luck, under each.

A person is the same row under every structure, newcomers too, so that each can be set beside themselves. Most people's
lives are the same to the day; the luck of knock-ons gives some a better life under the one structure and others under
the other. So shares better and worse are told with the mean change, and with intervals over replications.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from agents.patients.groups import AGES_FROM, BANDS
from experiments.cases import Cases, Ground
from experiments.comparing import interval_half_width
from model.outcomes import BANDS_OF_NEED
from model.place import load_place

if TYPE_CHECKING:
    from experiments.figures.gains import Pictured


class Outcome(NamedTuple):
    """One outcome of a person over a run.

    Parameters
    ----------
    label, unit : in words
    more : 1 where more is better, -1 where less is
    least : difference below which a life is taken for the same
    """

    label: str
    unit: str
    more: int
    least: float


OUTCOMES: dict[str, Outcome] = {
    "qalys": Outcome("QALYs", "QALYs", 1, 0.01),
    "days_at_home": Outcome("Days at home", "days", 1, 1.0),
    "unmet_hours": Outcome("Unmet need", "hours", -1, 10.0),
    "out_of_pocket": Outcome("Out of pocket", "pounds", -1, 10.0),
    "died": Outcome("Deaths", "people", -1, 1.0),
}
"""What a person may gain or lose: fields of ``model.outcomes.PERSON``."""
EVERYBODY, LATER = "everybody", "came later"
DIMENSIONS = ("everybody", "age", "need", "deprivation", "council")


@dataclass(frozen=True, kw_only=True)
class GainsSpec:
    """Between which structures.

    Parameters
    ----------
    ground : what all runs share
    first, second : structures: names or TOML paths; a gain is one by going from the first to the second
    """

    ground: Ground = field(default_factory=Ground)
    first: str = "separate-budgets"
    second: str = "single-budget"

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise ValueError(f"GainsSpec.second must be another structure than the first, got {self.second!r} twice")


@dataclass(frozen=True, kw_only=True)
class Gains:
    """What was found.

    Parameters
    ----------
    spec : what was asked for
    title : of the place, for a reader
    rows : dimension, group, outcome, people, better, worse (shares of the group), change (mean a person over the run),
        each with ``_low`` and ``_high``, 95% intervals over replications, and total (change of the whole group)
    """

    spec: GainsSpec
    title: str
    rows: pd.DataFrame

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.gains import Pictured

        names = (self.spec.first, self.spec.second)
        return Pictured(context=self.spec.ground.context(self.title, names), rows=self.rows, outcomes=OUTCOMES)


def gains(spec: GainsSpec, cases: Cases) -> Gains:
    """Return who gains and who loses by going from the first structure to the second.

    Raises
    ------
    CasesError
        If a run failed.
    """
    sides = [spec.ground.runs(structure, people=True) for structure in (spec.first, spec.second)]
    cases.run(run for runs in sides for run in runs)
    found = []
    for replication, (first, second) in enumerate(zip(*sides, strict=True)):
        people = [cases.tables(run).more["people"] for run in (first, second)]
        found.append(changes(*people).assign(replication=replication))
    return Gains(spec=spec, title=load_place(spec.ground.place).title, rows=with_intervals(pd.concat(found, ignore_index=True)))


def changes(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return what changes for groups of people between two runs of the same people.

    Parameters
    ----------
    first, second : as ``model.outcomes.people_frame`` gives them

    Returns
    -------
    DataFrame
        dimension, group, outcome, people, better, worse, change, total.

    Raises
    ------
    ValueError
        If they are not the same people.
    """
    same = ["row", "age", "female", "deprivation", "council", "arrived"]
    if len(first) != len(second) or not all((first[name].to_numpy() == second[name].to_numpy()).all() for name in same):
        raise ValueError("people of the two runs must be the same, row by row")
    rows = []
    for dimension, groups in _groups(first).items():
        for group in groups.cat.categories:
            here = (groups == group).to_numpy()
            if here.any():
                rows += [{"dimension": dimension, "group": group, **_change(name, first, second, here)} for name in OUTCOMES]
    return pd.DataFrame(rows)


def _groups(people: pd.DataFrame) -> dict[str, pd.Series]:
    """Return which group each person belongs to, by what people are grouped by; age and need are those of the start."""
    there = people["arrived"] == 0
    ages = pd.Categorical.from_codes(np.digitize(people["age"], AGES_FROM) - 1, BANDS)
    need = np.where(there, people["need_band"].astype(str), LATER)
    return {
        EVERYBODY: pd.Series(pd.Categorical([EVERYBODY] * len(people))),
        "age": pd.Series(ages),
        "need": pd.Series(pd.Categorical(need, [*BANDS_OF_NEED, LATER])),
        "deprivation": pd.Series(pd.Categorical(people["deprivation"].astype(int).astype(str), list("12345"))),
        "council": pd.Series(pd.Categorical(people["council"].astype(str))),
    }


def _change(name: str, first: pd.DataFrame, second: pd.DataFrame, here: np.ndarray) -> dict[str, object]:
    outcome = OUTCOMES[name]
    change = second[name].to_numpy(float)[here] - first[name].to_numpy(float)[here]
    gain = change * outcome.more
    return {
        "outcome": name, "people": int(here.sum()), "better": float((gain >= outcome.least).mean()), "worse": float((-gain >= outcome.least).mean()),
        "change": float(change.mean()), "total": float(change.sum()),
    }  # fmt: skip


def with_intervals(found: pd.DataFrame) -> pd.DataFrame:
    """Return means over replications with their intervals.

    Parameters
    ----------
    found : as :func:`changes` gives, with a column replication
    """
    keys = ["dimension", "group", "outcome"]
    parts = []
    for name in ("better", "worse", "change"):
        wide = found.pivot_table(index=keys, columns="replication", values=name, sort=False)
        mean, half = wide.mean(axis=1), interval_half_width(wide.to_numpy(float))
        parts.append(pd.DataFrame({name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}))
    others = found.groupby(keys, sort=False)[["people", "total"]].mean()
    return pd.concat([others[["people"]], *parts, others[["total"]]], axis=1).reset_index()


def spread(rows: pd.DataFrame, outcome: str, ends: Sequence[str] = ("1", "5")) -> float:
    """Return by how much more the most deprived fifth changes than the least deprived, a person.

    Parameters
    ----------
    rows : as ``Gains.rows``
    outcome : of :data:`OUTCOMES`
    ends : the fifths that are set against each other
    """
    own = rows[(rows["dimension"] == "deprivation") & (rows["outcome"] == outcome)].set_index("group")["change"]
    return float(own.get(ends[0], np.nan) - own.get(ends[1], np.nan))


def write_gains(found: Gains, folder: Path) -> list[Path]:
    """Write ``gains.csv`` and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import gains as figure
    from experiments.figures.drawing import save_answer

    return save_answer("gains", figure, found.pictured, found.rows, folder)
