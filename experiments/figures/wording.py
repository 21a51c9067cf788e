"""Findings in words, composed from the data when a figure is drawn, and neutral where an interval holds zero."""

from __future__ import annotations

import math

import pandas as pd

from experiments.comparing import is_clear
from experiments.figures.style import Context, label_of, number, percent

ALONE = "one replication cannot tell luck from effect"


def change(row: pd.Series, noun: str) -> str:
    """Return one structure's difference in one measure: how much and how sure.

    Parameters
    ----------
    row : of :func:`experiments.comparing.paired_differences`
    noun : what is counted, in the plural
    """
    if not is_clear(row["low"], row["high"]):
        return f"no clear difference in {noun}"
    return f"{_size(row)} {noun}"


def _size(row: pd.Series) -> str:
    size = number(abs(row["difference"])) if math.isnan(row["percent"]) else percent(abs(row["percent"]), signed=False)
    return f"{size} {'fewer' if row['difference'] < 0 else 'more'}"


def finding(rows: pd.DataFrame, noun: str, context: Context) -> str:
    """Return the finding on one measure over all structures compared with the baseline.

    Parameters
    ----------
    rows : one row for each structure, of :func:`experiments.comparing.paired_differences`
    noun : what is counted
    """
    others = rows[rows["structure"] != context.baseline]
    base = label_of(context.baseline).lower()
    if others.empty:
        return f"{capital(noun)} under {base}"
    if context.replications < 2:
        return f"{capital(noun)}: {ALONE}"
    if len(others) == 1:
        row = others.iloc[0]
        words = change(row, noun)
        return f"{label_of(row['structure'])}: {words} {'from' if words.startswith('no clear') else 'than'} {base}"
    clear = others[[is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)]]
    if clear.empty:
        return f"{capital(noun)}: no structure differs clearly from {base}"
    widest = clear.loc[clear["difference"].abs().idxmax()]
    return f"{capital(noun)}: {how_many(len(clear), len(others), 'structure')} clearly from {base}; most, {label_of(widest['structure']).lower()}: {_size(widest)}"


def how_many(some: int, of_all: int, noun: str) -> str:
    """Return how many of several differ.

    Examples
    --------
    >>> how_many(1, 3, "structure"), how_many(2, 3, "structure")
    ('1 of 3 structures differs', '2 of 3 structures differ')
    """
    return f"{some} of {of_all} {noun}s {'differs' if some == 1 else 'differ'}"


def capital(words: str) -> str:
    """Return words with a capital first letter, the rest as it is."""
    return words[:1].upper() + words[1:]


def small(words: str) -> str:
    """Return words for the middle of a sentence: with a small first letter, but for abbreviations.

    Examples
    --------
    >>> small("Emergency admissions"), small("QALYs"), small("A&E attendances")
    ('emergency admissions', 'QALYs', 'A&E attendances')
    """
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def with_unit(label: str, unit: str) -> str:
    """Return what is measured and in what, for a heading; pounds show in the numbers.

    Examples
    --------
    >>> with_unit("Deaths", "people"), with_unit("Hours of unmet need", "hours"), with_unit("Public spending", "pounds")
    ('Deaths, people', 'Hours of unmet need', 'Public spending')
    """
    return label if unit == "pounds" or unit.lower() in label.lower() else f"{label}, {unit}"
