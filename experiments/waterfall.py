"""The difference between two structures told fact by fact, with what is interaction apart.

Changing the facts of one structure for those of another, group after group, is a way from one to the other, and each
step changes the outcome by some amount. The amount depends on the order. So a group's part is its mean over orders (its
Shapley value), and the parts add up to the whole. What a group does *alone*, as the first step, is shown beside it:
the rest of its part is interaction with the other groups.

All runs have the same people and luck. Orders with a step that is no structure (its facts contradict each other) are
left out, and how many is said.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.cases import Cases, Ground
from experiments.comparing import PERIOD, interval_half_width, totals, without_dust
from experiments.hybrids import Hybrids
from model.measures import HEADLINE, MEASURES
from model.place import load_place

if TYPE_CHECKING:
    from experiments.figures.drawing import Drawn
    from experiments.figures.waterfall import Pictured
    from experiments.store import Results

MOST_GROUPS = 4  # beyond, orders are sampled: all of them would take 2 ** groups structures
SAMPLED = 12  # orders, unless told otherwise
TOGETHER = "all together"
"""Stands in tables for the whole difference: its `alone` is the sum of what groups do alone, the rest is interaction."""
Order = tuple[str, ...]
Value = Callable[[frozenset[str]], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class WaterfallSpec:
    """Between which structures, and how it is told.

    Parameters
    ----------
    ground : what all runs share
    first, second : structures: names or TOML paths
    orders : that are averaged over, sampled in pairs of an order and its reverse; 0: all of them for up to four groups
        of facts, a dozen beyond
    """

    ground: Ground = field(default_factory=Ground)
    first: str = "separate-budgets"
    second: str = "single-budget"
    orders: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.orders, bool) or not isinstance(self.orders, int) or self.orders < 0:
            raise ValueError(f"WaterfallSpec.orders must be a whole number of 0 or more, got {self.orders!r}")


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """What was found.

    Parameters
    ----------
    spec : what was asked for
    title : of the place, for a reader
    groups : of facts in which the two differ
    orders, left_out : that were averaged over, and that were left out since a step was no structure
    exact : whether those are all orders that there are
    rows : measure, group (the last is :data:`TOGETHER`), part, low, high (95% interval over replications), alone,
        interaction, first, second: a year; the last two are the measure under each structure
    """

    spec: WaterfallSpec
    title: str
    groups: tuple[str, ...]
    orders: int
    left_out: int
    exact: bool
    rows: pd.DataFrame

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.waterfall import Pictured

        spec = self.spec
        names = (spec.first, spec.second)
        return Pictured(context=spec.ground.context(self.title, names), rows=self.rows, said=self.said)

    @property
    def with_units(self) -> pd.DataFrame:
        """The rows, each with the unit of its measure."""
        return self.rows.assign(unit=[MEASURES[name].unit for name in self.rows["measure"]])

    @property
    def said(self) -> str:
        """Over what was averaged, in words."""
        which = f"all {self.orders:,} orders" if self.exact else f"{self.orders:,} orders drawn at random"
        if self.exact and self.left_out:
            which = f"the {self.orders:,} orders whose every step is a structure ({self.left_out:,} are not)"
        elif self.left_out:
            which += f" (of {self.left_out:,} others a step was no structure)"
        return which


def shapley(value: Value, orders: Sequence[Order]) -> dict[str, np.ndarray]:
    """Return each group's part: the mean over orders of what it adds to those before it.

    Parameters
    ----------
    value : of a set of groups; an array, all of one shape
    orders : of the same groups

    Examples
    --------
    >>> both_or_nothing = lambda groups: np.array(float(len(groups) == 2))
    >>> {name: float(part) for name, part in shapley(both_or_nothing, [("a", "b"), ("b", "a")]).items()}
    {'a': 0.5, 'b': 0.5}
    """
    parts: dict[str, np.ndarray] = {}
    for order in orders:
        for at, group in enumerate(order):
            step = value(frozenset(order[: at + 1])) - value(frozenset(order[:at]))
            parts[group] = parts.get(group, 0.0) + step / len(orders)
    return parts


def orders_of(groups: Sequence[str], number: int, seed: int, valid: Callable[[frozenset[str]], bool]) -> tuple[list[Order], int, bool]:
    """Return orders whose every step is valid, how many were left out, and whether they are all that there are.

    Parameters
    ----------
    groups : to put in order
    number : of orders; 0: all for up to four groups, a dozen beyond
    seed : of the sampling; orders come in pairs, each with its reverse
    valid : whether a set of groups may come first

    Raises
    ------
    ValueError
        If every order has a step that is not valid.
    """
    every = math.factorial(len(groups))
    exact = number >= every or (not number and len(groups) <= MOST_GROUPS)
    tried: list[Order] = []
    if exact:
        tried = list(itertools.permutations(groups))
    else:
        rng = np.random.Generator(np.random.Philox(seed))
        while len(tried) < (number or SAMPLED):
            order = tuple(groups[at] for at in rng.permutation(len(groups)))
            tried += [order, order[::-1]]
    kept = [order for order in tried if all(valid(frozenset(order[:at])) for at in range(len(order) + 1))]
    if not kept:
        raise ValueError(f"every order of {', '.join(groups)} has a step that is no structure: its facts contradict each other")
    return kept, len(tried) - len(kept), exact


def waterfall(spec: WaterfallSpec, cases: Cases, structures: str = "structures") -> Waterfall:
    """Return the difference of every headline measure between two structures, by group of facts.

    Parameters
    ----------
    spec : what is asked for
    cases : the runs
    structures : in which folder beside the runs those on the way are written

    Raises
    ------
    ValueError
        If the structures do not differ, or there is no way from one to the other through structures.
    CasesError
        If a run failed.
    """
    between = Hybrids(spec.first, spec.second, cases.folder / structures)
    orders, left_out, exact = orders_of(between.groups, spec.orders, spec.ground.seed, lambda moved: between.structure(moved) is not None)
    needed = {frozenset(order[:at]) for order in orders for at in range(len(order) + 1)}
    needed |= {one for name in between.groups if between.structure(one := frozenset({name})) is not None}
    runs = {moved: spec.ground.runs(str(between.structure(moved))) for moved in needed}
    cases.run(run for moved in sorted(runs, key=sorted) for run in runs[moved])
    measures = [measure.name for measure in HEADLINE]
    values = {moved: np.column_stack([yearly(cases.tables(run).measures, measures) for run in own]) for moved, own in runs.items()}
    rows = parts_table(values, between.groups, orders, measures)
    return Waterfall(
        spec=spec, title=load_place(spec.ground.place).title, groups=between.groups, orders=len(orders), left_out=left_out, exact=exact, rows=rows
    )


def yearly(measures: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return measures of a place in one run, means a year, in the order of `names`."""
    found = totals(measures)
    return found[found["year"] == PERIOD].set_index("measure")["value"].reindex(list(names)).to_numpy(float)


def parts_table(values: Mapping[frozenset[str], np.ndarray], groups: Sequence[str], orders: Sequence[Order], measures: Sequence[str]) -> pd.DataFrame:
    """Return the parts of each measure.

    Parameters
    ----------
    values : by the groups that were changed: shape (n_measures, n_replications)
    groups, orders, measures : as above

    Returns
    -------
    DataFrame
        As ``Waterfall.rows``; `alone` and `interaction` are missing where a group alone is no structure.
    """
    nothing, every = frozenset(), frozenset(groups)
    size = np.maximum(np.abs(values[nothing]), np.abs(values[every])).max(axis=1)
    parts = {**shapley(values.__getitem__, orders), TOGETHER: values[every] - values[nothing]}
    unknown = np.full_like(values[nothing], np.nan)
    alone = {group: values[frozenset({group})] - values[nothing] if frozenset({group}) in values else unknown for group in groups}
    alone[TOGETHER] = sum(alone.values())
    rows = []
    for group in (*groups, TOGETHER):
        mean, half, own = (without_dust(each, size) for each in (parts[group].mean(axis=1), interval_half_width(parts[group]), alone[group].mean(axis=1)))
        rows.append(
            pd.DataFrame({
                "measure": measures, "group": group, "part": mean, "low": mean - half, "high": mean + half, "alone": own, "interaction": without_dust(mean - own, size),
                "first": values[nothing].mean(axis=1), "second": values[every].mean(axis=1),
            })
        )  # fmt: skip
    order = {measure: number for number, measure in enumerate(measures)}
    return pd.concat(rows).sort_values("measure", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def write_waterfall(found: Waterfall, folder: Path) -> list[Path]:
    """Write ``waterfall.csv`` and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import waterfall as figure
    from experiments.figures.drawing import save_answer

    return save_answer("waterfall", figure, found.pictured, found.with_units, folder)


def tell_comparison(results: Results, cases: Cases) -> tuple[list[Drawn], list[str]]:
    """Tell how each structure of a comparison comes to differ from its baseline; write a figure of each, and return them.

    Parameters
    ----------
    results : of the comparison
    cases : in the same folder, so that its runs are not made again

    Returns
    -------
    tuple
        The figures, and a sentence on each structure to which there is no way, or none that is needed.

    Raises
    ------
    CasesError
        If a run failed.
    OSError
        If a file cannot be written.
    """
    from experiments.figures import waterfall as figure
    from experiments.figures.drawing import save_picture
    from experiments.figures.style import label_of

    comparison = results.spec
    drawn, untold = [], []
    for second in comparison.structures[1:]:
        name = f"waterfall-{label_of(second).lower().replace(' ', '-')}"
        try:
            found = waterfall(WaterfallSpec(ground=Ground.of(comparison), first=comparison.baseline, second=second), cases, f"structures/{name}")
        except ValueError as error:
            untold.append(f"No waterfall to {label_of(second).lower()}: {error}")
            continue
        drawn.append(save_picture(name, figure, found.pictured, found.with_units, results.folder))
    return drawn, untold
