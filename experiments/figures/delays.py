"""Days in hospital beyond fitness to leave, by what the person waits for."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from experiments.figures.causes import parts_in_words
from experiments.figures.parts import draw_parts, part_table
from experiments.figures.style import Context
from experiments.figures.wording import finding

NAME = "delays"
LABELS = {
    "further_nhs": "Further NHS care",
    "assessment": "Assessment",
    "package": "Care package at home",
    "residential": "Residential home",
    "nursing": "Nursing home",
    "funding": "Public funding",
    "disputes": "Dispute over who pays",
    "equipment": "Equipment for the home",
    "housing": "Housing",
    "choice": "Own choice or arrangements",
}
NOTE = (
    "True days beyond fitness to leave, of which national returns record roughly a third. Above: means per year under "
    "each structure. Below: paired difference from the baseline with its 95% interval; filled where it leaves zero out."
)


def table(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the rows drawn, from the paired differences."""
    return part_table(differences, ("delayed_days_true",), LABELS)


def title(differences: pd.DataFrame, context: Context) -> str:
    """Return the finding on delayed days in total."""
    rows = differences[(differences["year"] == 0) & (differences["measure"] == "delayed_days_true")]
    return finding(rows, "delayed days in hospital", context)


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
    return draw_parts(rows, heading, NOTE, context)


def describe(rows: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    return parts_in_words(rows, context, "reason")
