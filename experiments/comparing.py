"""What differs between structures, paired by replication: the same people and the same luck under each.

A *total* is a measure's value over a year or over the whole period: a flow's months add up, a stock's are averaged. The
period is told as a mean per year, so that runs of different length read alike. Everything here takes and gives tidy
frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from model.indicators import Indicator, is_flow, yearly_totals
from model.measures import HEADLINE, Measure

PLACE = "place"  # the organisation that stands for the whole
PERIOD = 0  # the "year" of the whole period, as a mean per year
LEVEL = 0.95  # of intervals
MONTHS = 12
NOTHING = 1e-12  # in the unit of any measure

KEYS = ["measure", "year"]


def totals(measures: pd.DataFrame, organisation: str | None = PLACE) -> pd.DataFrame:
    """Return totals by year (from 1) and over the period (year 0, mean per year).

    Parameters
    ----------
    measures : tidy monthly frame: structure, replication, month (from 0), organisation, measure, value
    organisation : whose rows; None keeps all, with their organisation as a column

    Returns
    -------
    DataFrame
        structure, replication, (organisation,) measure, year, value; sorted by those.
    """
    frame = measures if organisation is None else measures[measures["organisation"] == organisation]
    keys = ["structure", "replication", *(["organisation"] if organisation is None else []), "measure"]
    yearly = yearly_totals(frame, keys)
    # A breakdown that is absent in some year counts as nothing there, so a flow's mean is over all years of the run.
    years = yearly["year"].max()
    summed = yearly.groupby(keys, observed=True, sort=True)["value"].agg(["sum", "mean"]).reset_index()
    summed["value"] = np.where(is_flow(summed["measure"]), summed["sum"] / years, summed["mean"])
    period = summed.assign(year=PERIOD)[[*keys, "year", "value"]]
    return pd.concat([period, yearly]).sort_values([*keys, "year"], kind="stable", ignore_index=True)


def paired_differences(values: pd.DataFrame, baseline: str, keys: Sequence[str] = tuple(KEYS)) -> pd.DataFrame:
    """Return each structure's difference from the baseline, replication by replication, with its interval.

    Parameters
    ----------
    values : structure, replication, measure, year, value, as :func:`totals` gives; a row that a structure lacks is 0
    baseline : the structure to compare with
    keys : columns that tell quantities apart

    Returns
    -------
    DataFrame
        One row for each structure (the baseline too, with difference 0), measure and year:

        - ``baseline``, ``mean``: means over replications;
        - ``difference``, ``low``, ``high``: mean paired difference and its 95% t-interval over replications (missing
          with one replication, which cannot tell luck from effect);
        - ``percent``, ``percent_low``, ``percent_high``: the same in percent of the baseline's mean;
        - ``replications``; ``correlation`` between the pairs; ``variance_reduction``: how many times more independent
          replications would have been needed for the same interval.

    Raises
    ------
    ValueError
        If the baseline is not among the structures, or a structure has no replication in common with it.
    """
    wide = values.pivot_table(index=list(keys), columns=["structure", "replication"], values="value", observed=True)
    wide = wide.fillna(0.0)
    structures = list(dict.fromkeys(values["structure"]))
    if baseline not in structures:
        raise ValueError(f"baseline must be one of {structures}, got {baseline!r}")
    reference = wide[baseline]
    parts = []
    for structure in [baseline, *(s for s in structures if s != baseline)]:
        pairs = sorted(set(reference.columns) & set(wide[structure].columns))
        if not pairs:
            raise ValueError(f"structure {structure!r} has no replication in common with the baseline")
        parts.append(_compare(reference[pairs], wide[structure][pairs]).assign(structure=structure))
    table = pd.concat(parts).reset_index()
    return table[["structure", *(column for column in table.columns if column != "structure")]]


def _compare(reference: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    a, b = reference.to_numpy(float), other.to_numpy(float)
    difference = b - a
    n = a.shape[1]
    size = np.maximum(np.abs(a), np.abs(b)).max(axis=1)
    mean, half = without_dust(difference.mean(axis=1), size), without_dust(interval_half_width(difference), size)
    base = a.mean(axis=1)
    # Of nothing, or of what is nothing but for rounding, no percentage can be told.
    share = 100.0 / np.where(np.abs(base) < NOTHING, np.nan, np.abs(base))
    correlation, reduction = _pairing_gain(a, b)
    return pd.DataFrame(
        {
            "baseline": base,
            "mean": b.mean(axis=1),
            "difference": mean,
            "low": mean - half,
            "high": mean + half,
            "percent": mean * share,
            "percent_low": (mean - half) * share,
            "percent_high": (mean + half) * share,
            "replications": n,
            "correlation": correlation,
            "variance_reduction": reduction,
        },
        index=reference.index,
    )


def without_dust(differences: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return differences with nothing where only rounding is left of what cancels.

    Parameters
    ----------
    differences, size : shape (n_quantities,): of what, and of how large numbers

    Examples
    --------
    >>> import numpy as np
    >>> without_dust(np.array([3e-14, 0.5]), np.array([175.0, 175.0])).tolist()
    [0.0, 0.5]
    """
    return np.where(np.abs(differences) <= NOTHING * size, 0.0, differences)


def interval_half_width(values: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Return half the width of the t-interval of the mean.

    Parameters
    ----------
    values : shape (n_quantities, n_replications)
    level : of the interval

    Returns
    -------
    array
        Shape (n_quantities,); NaN with a single replication.

    Examples
    --------
    >>> import numpy as np
    >>> interval_half_width(np.array([[1.0, 2.0, 3.0]])).round(3).tolist()  # 4.303 x 1 / sqrt(3)
    [2.484]
    """
    n = values.shape[1]
    if n < 2:
        return np.full(values.shape[0], np.nan)
    quantile = float(stdtrit(n - 1, 0.5 + level / 2))
    return quantile * values.std(axis=1, ddof=1) / math.sqrt(n)


def _pairing_gain(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return correlation and variance-reduction factor of the pairs; NaN where there is no variance to speak of."""
    if a.shape[1] < 2:
        nothing = np.full(a.shape[0], np.nan)
        return nothing, nothing
    da, db = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    va, vb, vd = (da**2).sum(axis=1), (db**2).sum(axis=1), ((db - da) ** 2).sum(axis=1)
    # Rounding leaves dust where two structures are equal; a ratio of dust is no finding.
    dust = 1e-20 * np.maximum((a**2).sum(axis=1), (b**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where((va > dust) & (vb > dust), (da * db).sum(axis=1) / np.sqrt(va * vb), np.nan)
        reduction = np.where(vd > dust, (va + vb) / vd, np.nan)
    return correlation, reduction


def headline(differences: pd.DataFrame, measures: Sequence[Measure | Indicator] = HEADLINE) -> pd.DataFrame:
    """Return the headline measures over the period, in their own order, with label and unit.

    Parameters
    ----------
    differences : as :func:`paired_differences` gives
    measures : others to tell of

    Returns
    -------
    DataFrame
        measure, label, unit, better, then the columns of the differences.
    """
    period = differences[differences["year"] == PERIOD]
    order = {measure.name: number for number, measure in enumerate(measures)}
    known = {measure.name: measure for measure in measures}
    rows = period[period["measure"].isin(order)].copy()
    for column in ("label", "unit", "better"):
        rows[column] = [getattr(known[name], column) for name in rows["measure"]]
    structures = {name: number for number, name in enumerate(dict.fromkeys(differences["structure"]))}
    rows = rows.sort_values(
        ["measure", "structure"], key=lambda column: column.map(order if column.name == "measure" else structures)
    )
    first = ["measure", "label", "unit", "better", "structure"]
    return rows[[*first, *(c for c in rows.columns if c not in {*first, "year"})]].reset_index(drop=True)


def is_clear(low: float, high: float) -> bool:
    """Return whether an interval leaves zero out; without an interval (a single replication) nothing is clear."""
    return not (math.isnan(low) or math.isnan(high)) and not low <= 0.0 <= high


def structures_in_order(frame: pd.DataFrame, order: Sequence[str]) -> list[str]:
    """Return the structures that a frame holds, in the order of the specification."""
    there = set(frame["structure"])
    return [structure for structure in order if structure in there]
