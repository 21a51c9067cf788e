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
    size = number(abs(row["difference"])) if math.isnan(row["percent"]) else percent(abs(row["percent"]), signed=False)
    return f"{size} {'fewer' if row['difference'] < 0 else 'more'} {noun}"


def finding(rows: pd.DataFrame, noun: str, context: Context) -> str:
    """Return the finding on one measure over all structures compared with the baseline.

    Parameters
    ----------
    rows : one row for each structure, of :func:`experiments.comparing.paired_differences`
    noun : what is counted
    """
    others = rows[rows["structure"] != context.baseline]
    if others.empty:
        return f"{capital(noun)} under {label_of(context.baseline).lower()}"
    if context.replications < 2:
        return f"{capital(noun)}: {ALONE}"
    if len(others) == 1:
        row = others.iloc[0]
        return f"{label_of(row['structure'])}: {change(row, noun)} than {label_of(context.baseline).lower()}".replace(
            f"no clear difference in {noun} than", f"no clear difference in {noun} from"
        )
    clear = others[[is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)]]
    if clear.empty:
        return f"{capital(noun)}: no structure differs clearly from {label_of(context.baseline).lower()}"
    widest = clear.loc[clear["difference"].abs().idxmax()]
    return (
        f"{len(clear)} of {len(others)} structures differ clearly in {noun}; "
        f"most, {label_of(widest['structure']).lower()}: {change(widest, noun)}"
    )


def capital(words: str) -> str:
    """Return words with a capital first letter, the rest as it is."""
    return words[:1].upper() + words[1:]
