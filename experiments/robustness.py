"""Structural uncertainty: what a comparison says when documents are read the other way, one open fact at a time.

A *reading* of a comparison takes each structure as its file states it, but for one of them, the baseline perhaps, that is run
with one of its alternatives. Luck is told by the interval of each difference; what documents leave open by the range of
differences over readings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.comparing import PERIOD, headline, is_clear, paired_differences, totals
from experiments.specification import ComparisonSpec
from experiments.store import Results
from model.measures import HEADLINE

AS_STATED = "as stated"


class Reading(NamedTuple):
    """One reading of a comparison.

    Parameters
    ----------
    structure : of which a fact is read otherwise; empty where every structure is as stated
    alternative : the name of the other reading
    run : the name of the structure that is run in its place
    """

    structure: str = ""
    alternative: str = ""
    run: str = ""

    @property
    def name(self) -> str:
        """Name of the structure as it is read, or that all are as stated."""
        if not self.structure:
            return AS_STATED
        base, *options = self.structure.split("+")
        return "+".join([f"{base}~{self.alternative}", *options])


def readings_of(spec: ComparisonSpec) -> list[Reading]:
    """Return all readings of a comparison, the one as stated first."""
    others = [Reading(structure, name, run) for structure in spec.structures for name, run in spec.alternatives.get(structure, {}).items()]
    return [Reading(), *others]


def differences_by_reading(results: Results) -> pd.DataFrame:
    """Return each structure's paired difference from the baseline over the period, under each reading that tells of the two.

    Returns
    -------
    DataFrame
        For each structure compared, measure and reading: ``structure``, ``read`` (whose fact is read otherwise, empty if as
        stated), ``alternative``, ``run`` (what is run in its place), then the columns of
        :func:`experiments.comparing.paired_differences`.

    Raises
    ------
    FolderError
        If no run finished.
    ValueError
        If no replication of a structure finished in which the baseline did too.
    """
    spec = results.spec
    values = _over_the_period(results.measures)
    there = set(values["structure"])
    others = [structure for structure in spec.structures[1:] if structure in there]
    parts = []
    for reading in readings_of(spec):
        if reading.structure and reading.run not in there:
            continue
        of_baseline = reading.structure == spec.baseline
        baseline = reading.run if of_baseline else spec.baseline
        told = others if of_baseline or not reading.structure else [each for each in others if each == reading.structure]
        for structure in told:
            run = reading.run if reading.structure == structure else structure
            pair = _renamed(values, baseline, run)
            rows = paired_differences(pair, "baseline")
            rows = rows[rows["structure"] == "other"].drop(columns=["structure", "year"])
            names = {"structure": structure, "read": reading.structure, "alternative": reading.alternative, "run": reading.run}
            parts.append(rows.assign(**names)[[*names, *rows.columns]])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["structure", "read", "alternative", "run", "measure"])


def _renamed(values: pd.DataFrame, baseline: str, other: str) -> pd.DataFrame:
    """Return the values of two runs of structures, which may be one and the same, by the parts they have in a comparison."""
    return pd.concat([values[values["structure"] == name].assign(structure=part) for name, part in ((baseline, "baseline"), (other, "other"))])


def robustness(results: Results, differences: pd.DataFrame) -> pd.DataFrame:
    """Return for each headline measure and structure how far its difference and its rank hold over readings.

    Parameters
    ----------
    results : of a comparison with alternatives
    differences : as :func:`differences_by_reading` gives

    Returns
    -------
    DataFrame
        One row for each headline measure and structure, the baseline too:

        - ``measure``, ``label``, ``unit``, ``better``, ``structure``, ``baseline`` (its mean, as stated);
        - ``difference``, ``low``, ``high``, ``percent``: as stated, with the interval of luck;
        - ``least``, ``most``, ``least_percent``, ``most_percent``, ``least_under``, ``most_under``: the range over readings, in
          percent each of its own baseline, and which readings give it;
        - ``readings``: how many others there are; ``same_sign``: under how many the difference has the sign that it has as
          stated; ``clear_same``, ``clear_other``: under how many luck leaves it clear, with that sign or the other;
          ``turned_by``: those with the other sign;
        - ``rank``: as stated, 1 for the best, or for the least where neither direction is better; ``rank_first``,
          ``rank_last``, ``rank_kept``: the range over all readings, and the share of them that leave it as it is.
    """
    ranked = _ranks(results)
    stated = headline(differences[differences["read"] == ""].assign(year=PERIOD))
    rows = []
    for row in stated.itertuples():
        own = differences[(differences["structure"] == row.structure) & (differences["measure"] == row.measure)]
        rows.append({**{name: getattr(row, name) for name in STATED}, **_over_readings(own)})
    firsts = stated.drop_duplicates("measure")
    nothing = dict.fromkeys(("difference", "least", "most"), 0.0)
    rows += [{**{name: getattr(row, name) for name in STATED}, "structure": results.spec.baseline, **nothing, **dict.fromkeys(("low", "high", "percent"), np.nan), "readings": 0} for row in firsts.itertuples()]
    found = pd.DataFrame(rows).merge(ranked, on=["measure", "structure"], how="left")
    order = {"measure": {measure.name: number for number, measure in enumerate(HEADLINE)}, "structure": {name: number for number, name in enumerate(results.spec.structures)}}
    return found.sort_values(["measure", "structure"], key=lambda column: column.map(order[column.name]), kind="stable", ignore_index=True)


STATED = ("measure", "label", "unit", "better", "structure", "baseline", "difference", "low", "high", "percent")


def _over_readings(rows: pd.DataFrame) -> dict[str, object]:
    """Return how far one structure's difference in one measure holds over readings."""
    stated, others = rows[rows["read"] == ""].iloc[0], rows[rows["read"] != ""]
    least, most = rows.loc[rows["difference"].idxmin()], rows.loc[rows["difference"].idxmax()]
    sign = np.sign(stated["difference"])
    same = np.sign(others["difference"]) == sign
    clear = np.array([is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)], dtype=bool)
    return {
        "least": least["difference"], "most": most["difference"], "least_percent": least["percent"], "most_percent": most["percent"],
        "least_under": _name(least), "most_under": _name(most), "readings": len(others), "same_sign": int(same.sum()),
        "clear_same": int((clear & same).sum()), "clear_other": int((clear & ~same).sum()),
        "turned_by": ", ".join(_name(row) for _, row in others[~same].iterrows()),
    }  # fmt: skip


def _name(row: pd.Series) -> str:
    return Reading(row["read"], row["alternative"]).name


def _ranks(results: Results) -> pd.DataFrame:
    """Return rank, and its range over readings, of each structure in each headline measure."""
    spec = results.spec
    measures = results.measures
    values = _over_the_period(measures[measures["measure"].isin([measure.name for measure in HEADLINE])])
    wide = values.pivot_table(index=["measure", "structure"], columns="replication", values="value", observed=True)
    means = wide.dropna(axis=1).mean(axis=1).dropna()  # over the replications that finished under all of them
    there = set(values["structure"])
    compared = [structure for structure in spec.structures if structure in there]
    worlds = [{reading.structure: reading.run} for reading in readings_of(spec) if not reading.structure or reading.run in there]
    rows = []
    for measure in HEADLINE:
        if measure.name not in means.index:
            continue
        known = means.loc[measure.name]
        ranks = np.array([_ranked([known[world.get(structure, structure)] for structure in compared], measure.better == "more") for world in worlds])
        for structure, own in zip(compared, ranks.T, strict=True):
            kept = float((own == own[0]).mean())
            rows.append((measure.name, structure, own[0], own.min(), own.max(), kept))
    return pd.DataFrame(rows, columns=["measure", "structure", "rank", "rank_first", "rank_last", "rank_kept"])


def _over_the_period(measures: pd.DataFrame) -> pd.DataFrame:
    values = totals(measures)
    return values[values["year"] == PERIOD]


def _ranked(values: list[float], downwards: bool) -> list[int]:
    """Return the rank of each value, from 1; equal values share the better one.

    Examples
    --------
    >>> _ranked([3.0, 1.0, 3.0, 2.0], False), _ranked([3.0, 1.0, 3.0, 2.0], True)
    ([3, 1, 3, 2], [1, 4, 1, 3])
    """
    return [1 + sum(other > value if downwards else other < value for other in values) for value in values]


def findings(robust: pd.DataFrame, baseline: str) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Yield for each structure compared the rows whose difference is clear of luck, and those of them that some reading turns.

    Parameters
    ----------
    robust : as :func:`robustness` gives
    baseline : the structure that others are compared with
    """
    for structure, rows in robust[robust["structure"] != baseline].groupby("structure", sort=False):
        clear = rows[[is_clear(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)]]
        yield str(structure), clear, clear[clear["same_sign"] < clear["readings"]]
