"""Fit a table to known totals, and turn the fitted table into whole people.

Iterative proportional fitting (Deming and Stephan 1940, Annals of Mathematical
Statistics 11(4)) scales a seed table to one set of totals after another until all
are met. Of all tables with these totals it finds the one nearest to the seed, so a
flat seed asserts no association that the totals do not show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Margin:
    """Known totals of a table, and which cells each total counts.

    Attributes
    ----------
    labels : whole numbers, shape of the table: the total that a cell counts towards
    totals : shape (n_totals,), 0 or more
    """

    labels: IntArray
    totals: FloatArray

    def sums(self, table: FloatArray) -> FloatArray:
        """Return what the table gives for each total, shape (n_totals,)."""
        return np.bincount(self.labels.ravel(), weights=table.ravel(), minlength=len(self.totals))


def fit_table(seed: FloatArray, margins: Sequence[Margin], *, tolerance: float = 1e-6, rounds: int = 200) -> FloatArray:
    """Return the table nearest to `seed` that meets all margins.

    Parameters
    ----------
    seed : any shape, 0 or more; a cell of 0 stays 0
    margins : their totals must sum to the same number
    tolerance : largest distance from a total that counts as meeting it, in the table's unit
    rounds : how many times each margin is applied before giving up

    Raises
    ------
    ValueError
        If totals are negative, sum to different numbers, ask for people where the seed has none,
        or contradict each other so that no table meets them.
    """
    _check(seed, margins, tolerance)
    table = seed.astype(np.float64)
    for _ in range(rounds):
        for margin in margins:
            sums = margin.sums(table)
            factors = np.divide(margin.totals, sums, out=np.zeros_like(sums), where=sums > 0)
            table = table * factors[margin.labels]
        if all(np.abs(margin.sums(table) - margin.totals).max() <= tolerance for margin in margins):
            return table
    raise ValueError(f"margins must not contradict each other, got no table that meets them after {rounds} rounds")


def round_table(table: FloatArray) -> IntArray:
    """Return whole numbers close to the table whose column sums are exactly the table's.

    Columns are taken in order. What rounding gave or took from a row is carried to its next column, so that
    a row's running total also stays near the fitted one; within a column the largest remainders
    are rounded up, the earlier row first where they are equal.

    Parameters
    ----------
    table : shape (n_rows, n_columns), 0 or more; each column sums to a whole number

    Returns
    -------
    shape (n_rows, n_columns), 0 or more

    Raises
    ------
    ValueError
        If a column does not sum to a whole number (to within 1e-4).

    Examples
    --------
    >>> round_table(np.array([[0.5, 0.5], [0.5, 0.5]]))
    array([[1, 0],
           [0, 1]])
    """
    column_sums = table.sum(axis=0)
    totals = np.rint(column_sums).astype(np.int64)
    if np.abs(column_sums - totals).max(initial=0.0) > 1e-4:
        raise ValueError(f"table must have columns that sum to whole numbers, got {column_sums.tolist()!r}")
    rounded = np.zeros(table.shape, dtype=np.int64)
    carried = np.zeros(len(table))
    for column, total in enumerate(totals):
        wanted = table[:, column] + carried
        rounded[:, column] = _round_column(wanted, int(total))
        carried = wanted - rounded[:, column]
    return rounded


def _round_column(wanted: FloatArray, total: int) -> IntArray:
    whole = np.floor(np.maximum(wanted, 0.0)).astype(np.int64)
    short = total - int(whole.sum())
    # Rounded so that a difference in the last bit between machines cannot reorder equal remainders.
    remainder = np.round(wanted - whole, 9)
    if short >= 0:
        whole[np.argsort(-remainder, kind="stable")[:short]] += 1
        return whole
    # Rows that were given too much earlier want less than nothing here: others give way.
    givers = np.flatnonzero(whole > 0)
    whole[givers[np.argsort(remainder[givers], kind="stable")[:-short]]] -= 1
    return whole


def _check(seed: FloatArray, margins: Sequence[Margin], tolerance: float) -> None:
    grand_totals = [float(margin.totals.sum()) for margin in margins]
    for margin in margins:
        if margin.totals.min(initial=0.0) < 0:
            raise ValueError(f"Margin.totals must be 0 or more, got {float(margin.totals.min())!r}")
        unreachable = margin.totals[(margin.sums(seed) <= 0) & (margin.totals > tolerance)]
        if len(unreachable):
            raise ValueError(f"Margin.totals must be 0 where the seed has no one, got {float(unreachable[0])!r}")
    if grand_totals and max(grand_totals) - min(grand_totals) > tolerance:
        raise ValueError(f"Margin.totals must sum to the same number in every margin, got {grand_totals!r}")
