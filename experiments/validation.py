"""The model against what is published of England: every target, what the model has in its place, and a verdict.

England in miniature is run at rest (``experiments.reference_run``), and each check of ``experiments.validation_checks``
reads one number from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from agents.draws import replication_seed
from agents.vocabulary import YOUNGEST, Reason, Responsible
from experiments.comparing import interval_half_width
from experiments.readings import FEMALE, MALE, Reading
from experiments.reference_run import pooled, run_reference
from experiments.validation_checks import OUT_OF_SCOPE, checks, published_expectancy
from model.delayed_transfers import ACUTE, recorded_days
from model.evidence import FOLDER, EvidenceRow, read_rows
from model.parameters import Parameters

MET, MISSED, NO_VERDICT = "met", "missed", "out of scope"
REFERENCE_ROWS = "targets.csv"
TOO_FEW = "too few people at this scale to tell"


def targets() -> tuple[EvidenceRow, ...]:
    """Return the rows of ``targets.csv``."""
    return read_rows(FOLDER / REFERENCE_ROWS)


COLUMNS = (
    "id", "heading", "label", "quantity", "stratum", "unit", "target", "allowed_low", "allowed_high", "model",
    "model_low", "model_high", "difference", "percent", "verdict", "role", "conversion", "source", "status", "year",
    "geography",
)  # fmt: skip


def validate(readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the table of verdicts: what is compared, in order, then what is out of scope.

    Parameters
    ----------
    readings : one a replication

    Returns
    -------
    DataFrame
        `COLUMNS`. The verdict is on the mean over replications: ``met`` inside `allowed_low` to `allowed_high`. The
        model's interval is the 95% t-interval over replications, missing with one. ``out of scope`` rows have their
        reason as `conversion`, and no model.
    """
    rows = []
    for check in checks():
        values = np.array([[check.model(reading) for reading in readings]])
        half = float(interval_half_width(values)[0])
        target, (low, high), model = check.value(), check.allowed(), float(values.mean())
        row = check.row
        rows.append(
            {
                "id": check.id,
                "heading": check.heading,
                "label": check.label,
                "quantity": row.quantity if row else check.label.replace(" ", "_"),
                "stratum": row.stratum if row else check.stratum,
                "unit": check.unit or (row.unit if row else ""),
                "target": target,
                "allowed_low": low,
                "allowed_high": high,
                "model": model,
                "model_low": model - half,
                "model_high": model + half,
                "difference": model - target,
                "percent": 100.0 * (model - target) / target,
                "verdict": NO_VERDICT if np.isnan(model) else MET if low <= model <= high else MISSED,
                "role": check.role,
                "conversion": TOO_FEW if np.isnan(model) else check.how,
                "source": row.source if row else check.source,
                "status": row.status if row else "derived",
                "year": row.year if row else check.year,
                "geography": row.geography if row else "England",
            }
        )
    return pd.DataFrame([*rows, *_unspoken()], columns=list(COLUMNS))


def _unspoken() -> list[dict[str, object]]:
    """Return a row for each target that is not compared by itself."""
    used = {row: check.id for check in checks() for row in check.stands_for}
    compared = {check.id for check in checks()}
    rows = []
    for row in targets():
        if row.id in compared:
            continue
        reason = (
            f"the other end of the ratio or difference in {used[row.id]}" if row.id in used else OUT_OF_SCOPE[row.id]
        )
        rows.append(
            {
                "id": row.id,
                "heading": "Out of scope",
                "label": row.quantity.replace("_", " "),
                "quantity": row.quantity,
                "stratum": row.stratum,
                "unit": row.unit,
                "target": row.value,
                "verdict": NO_VERDICT,
                "role": "",
                "conversion": reason,
                "source": row.source,
                "status": row.status,
                "year": row.year,
                "geography": row.geography,
            }
        )
    return rows


def read_place(
    *,
    years: int,
    replications: int,
    seed: int = 1,
    scale: float = 1.0,
    parameters: Parameters | None = None,
    watch: Callable[[], None] | None = None,
) -> list[Reading]:
    """Run England in miniature at rest, once a replication.

    Parameters
    ----------
    years, replications : of each, and how many
    seed : of all; a replication's own seed is :func:`agents.draws.replication_seed`
    scale : share of the people
    parameters : the defaults if None
    watch : called after each month
    """
    parameters = parameters or Parameters()
    return [
        Reading(
            sums=pooled(
                run_reference(
                    years=years, seed=replication_seed(seed, k), scale=scale, parameters=parameters, watch=watch
                )
            ),
            years=years,
            scale=scale,
            parameters=parameters,
        )
        for k in range(replications)
    ]


def summary_line(table: pd.DataFrame) -> str:
    """Return the last line that the command prints."""
    number = table["verdict"].value_counts()
    met, missed, out = (int(number.get(verdict, 0)) for verdict in (MET, MISSED, NO_VERDICT))
    return f"validate: {met} targets met, {missed} missed, {out} out of scope"


def delays_table(readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the delayed days of a year in acute care as the national return crosses them.

    Parameters
    ----------
    readings : one a replication

    Returns
    -------
    DataFrame
        One row for each reason and responsible body: reason, responsible, published (2014/15), model (mean over
        replications), model_low, model_high (95% t-interval, missing with one replication); days.
    """
    published = recorded_days(ACUTE)
    days = np.stack([reading.recorded_days() for reading in readings], axis=-1)
    half = interval_half_width(days.reshape(-1, len(readings))).reshape(published.shape)
    model = days.mean(axis=-1)
    return pd.DataFrame(
        {
            "reason": [reason.name.lower() for reason in Reason for _ in Responsible],
            "responsible": [body.name.lower() for _ in Reason for body in Responsible],
            "published": published.ravel(),
            "model": model.ravel(),
            "model_low": (model - half).ravel(),
            "model_high": (model + half).ravel(),
        }
    )


def people_table(readings: Sequence[Reading], table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what the pictures of the people show, as means over replications.

    Parameters
    ----------
    readings : one a replication
    table : as `validate` gives

    Returns
    -------
    dict
        ``multimorbidity``: fifth (0 = most deprived), age, percent (over five years of age); ``admissions`` and
        ``conditions``: label, model, target, low, high; ``expectancy``: sex, fifth, model, target.
    """
    curves = [
        {
            "fifth": fifth,
            "age": age,
            "percent": np.mean([r.share("multimorbid", ages=(age - 2, age + 2), fifth=fifth) for r in readings]),
        }
        for fifth in range(5)
        for age in range(YOUNGEST + 2, 93)
    ]
    years = [
        {
            "sex": name,
            "fifth": fifth,
            "model": np.mean([r.expectancy(sex, fifth) for r in readings]),
            "target": published_expectancy(sex, fifth),
        }
        for sex, name in ((MALE, "men"), (FEMALE, "women"))
        for fifth in range(5)
    ]

    def of(ids: str, words: str) -> pd.DataFrame:
        mine = table["id"].str.startswith(ids) & table["label"].str.startswith(words)
        rows = table[mine & table["model"].notna()]
        return pd.DataFrame(
            {
                "label": rows["label"].str.removeprefix(words),
                "model": rows["model"],
                "target": rows["target"],
                "low": rows["allowed_low"],
                "high": rows["allowed_high"],
            }
        ).reset_index(drop=True)

    return {
        "multimorbidity": pd.DataFrame(curves),
        "admissions": of("P-B.emerg", "admissions at "),
        "conditions": of("A.prev", ""),
        "expectancy": pd.DataFrame(years),
    }
