"""The folder of a validation: the table of targets, the page that tells of them, and two figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.figures import validation as figures
from experiments.figures.drawing import Drawn, house_style, save_drawn, write_csv
from experiments.figures.style import number, percent
from experiments.readings import RELATIVE, ROLES, Reading
from experiments.store import FolderError, write_text
from experiments.validation import MET, MISSED, NO_VERDICT, delays_table, people_table, summary_line
from experiments.validation_checks import DELAYS

TARGETS_CSV, DELAYS_CSV, SUMMARY = "targets.csv", "delays.csv", "summary.md"
WORST = 12
VERDICT_NOTE = (
    "Difference between model and target in percent of the target, with the 95% t-interval over replications. An "
    "arrowhead at the edge: beyond the scale. Right: the model's mean, and the target."
)
PEOPLE_NOTE = (
    "Conditions: ever recorded, weighted to England's adults of 2014. Multimorbidity over five years of age. Life "
    "expectancy by a period life table, published death rates of 2014."
)


def open_folder(output: str | Path) -> Path:
    """Return the folder of a validation, made if it is not there.

    Raises
    ------
    FolderError
        If it cannot be made, or holds the results of a comparison.
    """
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"cannot write {folder}: {error.strerror}") from error
    if (folder / "manifest.json").exists():
        raise FolderError(f"{folder} holds the results of a comparison; give --output another folder")
    return folder


def write_validation(table: pd.DataFrame, readings: Sequence[Reading], folder: Path, seed: int) -> list[Drawn]:
    """Write table, page and figures into a folder; return the figures.

    Parameters
    ----------
    table : as `experiments.validation.validate` gives
    readings : what it was made from
    folder : there already
    seed : of the whole

    Raises
    ------
    FolderError
        If a file cannot be written.
    """
    first = readings[0]
    known = {"years": first.years, "replications": len(readings), "scale": first.scale}
    delays = delays_table(readings)
    try:
        write_csv(table, folder / TARGETS_CSV)
        write_csv(delays, folder / DELAYS_CSV)
        with house_style():
            drawn = [_targets(table, known, folder), _people(table, readings, known, folder)]
        write_text(folder / SUMMARY, summary_page(table, delays, drawn, seed=seed, **known))
    except OSError as error:
        raise FolderError(f"cannot write {folder}: {error.strerror}") from error
    return drawn


def _targets(table: pd.DataFrame, known: dict, folder: Path) -> Drawn:
    title = figures.title(table)
    figure = figures.draw(table, title, figures.caption(VERDICT_NOTE, **known))
    rows = table[table["verdict"] != NO_VERDICT]
    return save_drawn(figures.TARGETS, figure, rows, title, f"{title}. {figures.describe(table)}", folder)


def _people(table: pd.DataFrame, readings: Sequence[Reading], known: dict, folder: Path) -> Drawn:
    parts = people_table(readings, table)
    title = "The people of England in miniature beside England's"
    figure = figures.draw_people(parts, title, figures.caption(PEOPLE_NOTE, **known))
    rows = pd.concat([part.assign(picture=name) for name, part in parts.items()], ignore_index=True)
    return save_drawn(figures.PEOPLE, figure, rows, title, f"{title}. {figures.describe_people(parts)}", folder)


def summary_page(
    table: pd.DataFrame,
    delays: pd.DataFrame,
    drawn: Sequence[Drawn],
    *,
    years: int,
    replications: int,
    scale: float,
    seed: int,
) -> str:
    """Return the page in Markdown."""
    compared = table[table["verdict"] != NO_VERDICT]
    parts = [
        "# England in miniature against what is published of England",
        f"**{summary_line(table).removeprefix('validate: ').capitalize()}.**",
        f"{years} {'year' if years == 1 else 'years'} from April 2014 at rest (every lever held where it was "
        f"observed, no real "
        f"growth of budgets), {replications} {'replication' if replications == 1 else 'replications'}, seed "
        f"{seed}, scale {scale:g}.",
    ]
    if scale < 1:
        parts.append(
            f"> **Warning: scale {scale:g}.** Prevalence, need, death and demand are unbiased but noisy; beds, "
            f"queues and "
            "delays are those of a smaller hospital and must not be compared."
        )
    if replications < 2:
        parts.append("> **One replication: no intervals**, so luck cannot be told from a miss.")
    parts += [
        f"A target counts as met where the model's mean lies in its range: a stated margin where there is one, "
        f"else the source's own "
        f"interval, else {RELATIVE:.0%} either way. *Fitted to* means that rates are solved for it, so meeting it "
        f"is no evidence; "
        "*set near* means that an assumption was chosen with an eye on it; *checked* targets had no part in choosing "
        "anything. The column *how* says what was done to make the two comparable.",
        _counts(compared),
        "## Worst misses",
        _worst(compared),
        *[
            f"## {figure.title}\n\n![{figure.title}]({figure.name}.png)\n\n[in words]({figure.name}.txt) · "
            f"[data]({figure.name}.csv) · [scalable]({figure.name}.svg)"
            for figure in drawn
        ],
    ]
    for heading, rows in compared.groupby("heading", sort=False):
        parts += [f"## {heading}", _compared(rows)]
        if heading == DELAYS:
            parts += [
                "Recorded delayed days of a year in acute care, in thousands, by reason and responsible body: the "
                f"model, and in brackets what England published for 2014/15 ([data]({DELAYS_CSV})).",
                crossed(delays),
            ]
    parts += ["## Out of scope", "Targets that the model cannot speak to, and why.", _unspoken(table)]
    return "\n\n".join(parts) + "\n"


def _markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _counts(rows: pd.DataFrame) -> str:
    lines = []
    for heading, part in rows.groupby("heading", sort=False):
        cells = []
        for role in ROLES:
            own = part[part["role"] == role]
            cells.append(f"{(own['verdict'] == MET).sum()} of {len(own)}" if len(own) else "")
        lines.append((heading, *cells))
    return _markdown(("part", "met, of those fitted to", "met, of those set near", "met, of those checked"), lines)


def _worst(rows: pd.DataFrame) -> str:
    missed = rows[rows["verdict"] == MISSED]
    worst = missed.loc[missed["percent"].abs().sort_values(ascending=False, kind="stable").index].head(WORST)
    lines = [
        (row["label"], row["id"], number(row["target"]), number(row["model"]), percent(row["percent"]), row["role"])
        for _, row in worst.iterrows()
    ]
    return _markdown(("target", "row", "published", "model", "difference", "role"), lines) if lines else "None."


def _compared(rows: pd.DataFrame) -> str:
    lines = []
    for _, row in rows.iterrows():
        model = number(row["model"])
        if math.isfinite(row["model_low"]):
            model += f" ({number(row['model_low'])} to {number(row['model_high'])})"
        allowed = f"{number(row['allowed_low'])} to {number(row['allowed_high'])}"
        source = f"{row['source']} ({row['status']}, {row['year']}, {row['geography']})"
        verdict = f"**{MISSED}**" if row["verdict"] == MISSED else row["verdict"]
        lines.append(
            (row["id"], row["label"], row["unit"], number(row["target"]), allowed, model, percent(row["percent"]),
             verdict, row["role"], row["conversion"], source)
        )  # fmt: skip
    header = (
        "row",
        "target",
        "unit",
        "published",
        "counts as met",
        "model (95% interval)",
        "difference",
        "verdict",
        "role",
        "how",
        "source",
    )
    return _markdown(header, lines)


def crossed(delays: pd.DataFrame) -> str:
    """Return reasons by bodies, with sums: the model, and in brackets the published days."""
    cells = delays.pivot_table(
        index="reason", columns="responsible", values=["model", "published"],
        aggfunc="sum", margins=True, margins_name="all", sort=False,
    )  # fmt: skip
    bodies = [*dict.fromkeys(delays["responsible"]), "all"]
    thousands = cells / 1e3
    lines = [
        (
            reason.replace("_", " "),
            *(f"{row['model', body]:.1f} ({row['published', body]:.1f})" for body in bodies),
        )
        for reason, row in thousands.iterrows()
    ]
    return _markdown(("reason", *(body.replace("_", " ") for body in bodies)), lines)


def _unspoken(table: pd.DataFrame) -> str:
    rows = table[table["verdict"] == NO_VERDICT]
    lines = [
        (
            row["id"],
            row["quantity"],
            row["stratum"],
            "" if pd.isna(row["target"]) else number(row["target"]),
            row["unit"],
            row["conversion"],
        )
        for _, row in rows.iterrows()
    ]
    return _markdown(("row", "quantity", "of whom", "published", "unit", "why"), lines)
