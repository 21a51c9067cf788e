"""An experiment that runs all of England, set beside what was published of the same years. Nothing is tuned to these figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from agents.vocabulary import YOUNGEST
from experiments.comparing import PERIOD
from experiments.effects import levels
from experiments.readings import england_people
from experiments.store import Results
from model.delayed_transfers import ACUTE, NON_ACUTE, recorded_days
from model.evidence import evidence
from model.place_data import read_table

FILE = "national_years.csv"
FIRST_YEAR = 2014
PLACE = "england"


def fit(results: Results) -> pd.DataFrame:
    """Return published national figures with the model's of the same year, and how each changed since its first year.

    Parameters
    ----------
    results : of an experiment with the place ``england``; other places are left out

    Returns
    -------
    DataFrame
        arm, structure, measure, year, unit, published (children taken off where the model has adults only), model, percent
        (of the published figure, by which the model is above it), published_change and model_change (percent since the
        measure's first year that both have), source, note.
    """
    found = levels(results)
    found = found[(found["place"] == PLACE) & (found["year"] > PERIOD)]
    rows = []
    for (structure, arm), own in found.groupby(["structure", "arm"], sort=False):
        table = own.assign(mean=own["mean"] / results.spec.scale).pivot_table(index="year", columns="measure", values="mean")
        rows += [{"structure": structure, "arm": arm, **row} for row in _beside(table)]
    return pd.DataFrame(rows)


def _beside(table: pd.DataFrame) -> list[dict[str, object]]:
    found = []
    for row in _published().to_dict("records"):
        year = _year_of(row["year"])
        reads = readings()[row["measure"]]
        if year not in table.index or not set(reads.measures) <= set(table):
            continue
        model, published = reads.value(table.loc[year]), row["value"] - reads.children
        first = next((each for each in found if each["measure"] == row["measure"]), None)
        change = {name: 100.0 * (now / first[name] - 1.0) if first else np.nan for name, now in (("published", published), ("model", model))}
        found.append(
            {
                "measure": row["measure"], "year": row["year"], "unit": row["unit"], "published": published, "model": model,
                "percent": 100.0 * (model / published - 1.0) if reads.same_unit else np.nan,
                "published_change": change["published"], "model_change": change["model"], "source": row["source"], "note": f"{row['note']}; {reads.note}",
            }
        )  # fmt: skip
    return found


def _published() -> pd.DataFrame:
    """Return the published figures, with adults of England by year besides."""
    table = pd.DataFrame(read_table(FILE))
    people = read_table("pop2015_2019_utla_age_sex.csv.gz")
    adults = people["age"] >= YOUNGEST
    rows = [
        {"measure": "people", "year": _words(year - FIRST_YEAR + 1), "value": float((people["females"] + people["males"])[adults & (people["year"] == year)].sum()), "unit": "adults", "source": "ONS", "note": "mid-year"}
        for year in (2015, 2016, 2017, 2018)
    ]
    first = {"measure": "people", "year": "2014/15", "value": float(england_people()[:, :, YOUNGEST:].sum()), "unit": "adults", "source": "ONS", "note": "mid-year"}
    return pd.concat([pd.DataFrame([first, *rows]), table], ignore_index=True)


def _year_of(words: str) -> int:
    return int(words[:4]) - FIRST_YEAR + 1


def _words(year: int) -> str:
    return f"{FIRST_YEAR + year - 1}/{(FIRST_YEAR + year) % 100:02d}"


class Reads(NamedTuple):
    """How a published figure is read from the model's yearly levels.

    Parameters
    ----------
    measures : that it takes
    value : of one year's levels
    note : what is compared with what
    children : taken off the published figure, since the model has adults only
    same_unit : whether levels may be compared, or changes only
    """

    measures: tuple[str, ...]
    value: Callable[[pd.Series], float]
    note: str
    children: float = 0.0
    same_unit: bool = True


def _children_admitted() -> float:
    return float(england_people()[:, :, :YOUNGEST].sum()) * evidence("P-B.emerg-001").number() / 1000.0


def _all_care() -> float:
    """Return recorded delayed days in all care for each in acute care, in the base year."""
    return float(recorded_days(ACUTE, NON_ACUTE).sum() / recorded_days(ACUTE).sum())


ADULTS = "children taken off at the published rate of 2014/15"
CHANGES = "published: {published}; modelled: {model}, so compare changes"


@lru_cache(maxsize=1)
def readings() -> dict[str, Reads]:
    """Return how each published figure is read from the model, by measure."""
    children = _children_admitted()
    days = children * evidence("P-B.los-003").number()
    return {
        "people": Reads(("people",), lambda row: float(row["people"]), "the model's is the mean of the year"),
        "emergency_admissions": Reads(("emergency_admissions",), lambda row: float(row["emergency_admissions"]), ADULTS, children),
        "emergency_bed_days": Reads(("emergency_bed_days",), lambda row: float(row["emergency_bed_days"]), ADULTS, days),
        "ae_attendances": Reads(
            ("ae_attendances",), lambda row: float(row["ae_attendances"]),
            CHANGES.format(published="all ages and departments", model="emergencies of adults"), same_unit=False,
        ),
        "delayed_patients": Reads(
            ("delayed_patients", "people"), lambda row: 1e5 * _all_care() * float(row["delayed_patients"] / row["people"]),
            "the model's acute patients, with others at the base year's ratio",
        ),
        "care_home_entries": Reads(
            ("care_home_entries",), lambda row: float(row["care_home_entries"]),
            CHANGES.format(published="council-supported, per head of 65 and over", model="all entries"), same_unit=False,
        ),
    }  # fmt: skip


def fit_markdown(table: pd.DataFrame) -> str:
    """Return the fit as a Markdown table."""
    lines = ["| measure | year | published | model | model above | published change | model change |", "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for row in table.to_dict("records"):
        numbers = [_number(row[name]) for name in ("published", "model")] + [_percent(row[name]) for name in ("percent", "published_change", "model_change")]
        lines.append(f"| {row['measure'].replace('_', ' ')} | {row['year']} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.1f}" if value < 1000.0 else f"{value:,.0f}"


def _percent(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.1f}%"
