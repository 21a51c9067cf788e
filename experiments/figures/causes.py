"""Emergency contacts, admissions and bed-days by cause."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from experiments.figures.parts import draw_parts, part_table
from experiments.figures.style import Context, label_of, number
from experiments.figures.wording import finding
from model.measures import BY_CAUSE

NAME = "causes"
LABELS = {
    "illness": "Illness",
    "unmet": "Need not met at home",
    "unmanaged": "Conditions not kept in check",
    "breakdown": "Carer gave up",
    "last_phase": "Last phase of life",
    "return": "Return after discharge",
    "untreated": "Earlier emergency not admitted",
}
NOTE = (
    "Above: means per year under each structure. Below: paired difference from the baseline with its 95% interval; "
    "filled where the interval leaves zero out. A person's contacts have one cause each; scales differ between panels."
)


def table(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the rows drawn, from the paired differences."""
    return part_table(differences, BY_CAUSE, LABELS)


def title(differences: pd.DataFrame, context: Context) -> str:
    """Return the finding on admissions, the middle of the chain from contact to bed."""
    rows = differences[(differences["year"] == 0) & (differences["measure"] == "emergency_admissions")]
    return finding(rows, "emergency admissions", context)


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
    return draw_parts(rows, heading, NOTE, context)


def describe(rows: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    return parts_in_words(rows, context, "cause")


def parts_in_words(rows: pd.DataFrame, context: Context, what: str) -> str:
    """Return for each measure its largest part and the part that differs most, under each structure."""
    told = []
    for measure, group in rows.groupby("measure", sort=False):
        base = group[group["structure"] == context.baseline].sort_values("mean", ascending=False)
        words = ", ".join(
            f"{row.label.lower()} {number(row.mean_)}" for row in base.rename(columns={"mean": "mean_"}).itertuples()
        )
        told.append(
            f"{measure.replace('_', ' ').capitalize()} a year by {what} under "
            f"{label_of(context.baseline).lower()}: {words}."
        )
        for structure in context.others:
            other = group[group["structure"] == structure]
            if other.empty:
                continue
            widest = other.loc[other["difference"].abs().idxmax()]
            told.append(
                f"Under {label_of(structure).lower()} the {what} that differs most is "
                f"{widest['label'].lower()}, by {number(widest['difference'], signed=True)}."
            )
    return " ".join(told)
