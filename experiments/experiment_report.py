"""The pages and tables that an experiment leaves beside its runs: effects.csv, effects.md, one figure, and what else was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from experiments import effects as reckoning
from experiments.comparing import PERIOD
from experiments.experiment import ExperimentSpec
from experiments.figures import effects as drawing
from experiments.figures.drawing import house_style, save_drawn, write_csv
from experiments.figures.style import FEWEST, Context, label_of, number, percent
from experiments.figures.wording import small, with_unit
from experiments.national_years import fit, fit_markdown
from experiments.store import Results, write_text
from experiments.summary import ATTRIBUTION, NO_FORECAST, SMALL, by_council
from model.measures import MEASURES

FIRST_YEAR = 2014
FIT = "fit.csv"
PAGE, EFFECTS = "effects.md", "effects.csv"
LEVELS = "levels.csv"
FOLLOWED = {"contacts": "Emergency contacts", "spells": "Spells in hospital", "qalys": "QALYs", "unmet_hours": "Hours of unmet need", "out_of_pocket": "Paid out of pocket"}
HOW_RECKONED = (
    "*Randomised*: those drawn less those who might have been drawn and were not, in the same run. *Same people*: those drawn less themselves, with the same luck, in "
    "the arm that is compared with. *Before and after*: those drawn less themselves in the year before."
)
OTHERS = {
    "effects_by_group.csv": "measures per person by group",
    "effects_by_organisation.csv": "the same in each council, consortium and hospital",
    "effects_where_drawn.csv": "among organisations that interventions drew, and among the others of their kind",
    "effects_between_structures.csv": "each arm's effect under a structure against its effect under the first",
    "trials.csv": "what a trial of a service says by each way of reckoning, per person and year",
}


def write_experiment(results: Results, failures: Sequence[str] = ()) -> pd.DataFrame:
    """Write tables, figure and page into the folder of the results; return the effects over the period.

    Where nothing is compared, for want of a second arm or because too little finished, there is no figure.

    Parameters
    ----------
    results : of an experiment
    failures : one line for each run that failed

    Raises
    ------
    OSError
        If a file cannot be written.
    FolderError
        If no run finished.
    """
    spec = reckoning.experiment_of(results)
    found = reckoning.effects(results)
    others = _others(results, spec)
    write_csv(reckoning.levels(results), results.folder / LEVELS)
    if spec.beside:
        write_csv(fit(results), results.folder / FIT)
    if found.empty:
        write_text(results.folder / PAGE, page(results, found, {}, "", failures))
        return found
    for name, table in others.items():
        write_csv(table, results.folder / name)
    rows = drawing.table(found, reckoning.reported(spec))
    heading = drawing.title(rows, spec.title or label_of(spec.name))
    with house_style():
        figure = drawing.draw(rows, heading, _context(results, spec, rows), spec.count_from)
        save_drawn("effects", figure, rows, heading, f"{heading}. {drawing.describe(rows)}", results.folder)
    write_csv(found, results.folder / EFFECTS)  # in the place of the figure's data: they are in it, and so are the years
    write_text(results.folder / PAGE, page(results, rows, others, heading, failures))
    return rows


def _others(results: Results, spec: ExperimentSpec) -> dict[str, pd.DataFrame]:
    found = {"effects_by_organisation.csv": reckoning.by_organisation(results), "effects_where_drawn.csv": reckoning.by_drawn(results), "trials.csv": reckoning.trials(results)}
    if spec.groups:
        found["effects_by_group.csv"] = reckoning.by_group(results)
    if len(spec.structures) > 1 and len(spec.arms) > 1:
        found["effects_between_structures.csv"] = reckoning.between_structures(results)
    return {name: table for name, table in found.items() if not table.empty}


def _context(results: Results, spec: ExperimentSpec, rows: pd.DataFrame) -> Context:
    titles = list(dict.fromkeys(note["title"] for note in results.notes.values()))
    compared = list(spec.arms) if spec.compare == "arms" else list(spec.structures)
    return Context(place=" and ".join(titles), structures=tuple(compared), replications=int(rows["replications"].min()), years=spec.years, scale=spec.scale)


def page(results: Results, rows: pd.DataFrame, others: dict[str, pd.DataFrame], heading: str, failures: Sequence[str]) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    results : of the experiment
    rows : the effects over the period, as the figure has them
    others : further tables, by the names of their files
    heading : the finding
    failures : one line for each run that failed
    """
    spec = reckoning.experiment_of(results)
    parts = [
        f"# {spec.title or label_of(spec.name)}",
        NO_FORECAST,
        SMALL.format(scale=spec.scale) if spec.scale < 1 else "",
        spec.question,
        f"What the literature tells of: {spec.expected}" if spec.expected else "",
        f"Source: {spec.source}" if spec.source else "",
        f"**{heading}.**" if heading else "",
        effects_markdown(rows) if heading else levels_markdown(reckoning.levels(results)),
        _interval(rows) if heading else "",
        _where_drawn(others.get("effects_where_drawn.csv")),
        _trials(others.get("trials.csv")),
        _fit(results, spec),
        f"![{heading}](effects.png)" if heading else "",
        "## Arms",
        _arms(spec),
        spec.notes,
        "## What was run",
        _what(results, spec),
        ("## Runs that failed\n\n" + _bullets(failures)) if failures else "",
        "## Files",
        _files(others, bool(heading), spec),
        _bullets(ATTRIBUTION),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def effects_markdown(rows: pd.DataFrame) -> str:
    """Return the effects as a Markdown table."""
    lines = [f"| measure, mean a year | {_compared(rows)} | {_against(rows)} | effect (95% interval) | percent |", "| --- | --- | ---: | ---: | ---: |"]
    for _, row in rows.iterrows():
        unit = _unit(row["measure"])
        lines.append(f"| {_measured(row['measure'])} | {row['label']} | {number(row['baseline'], unit)} | {_effect(row['difference'], row['low'], row['high'], unit)} | {percent(row['percent'])} |")
    return "\n".join(lines)


def _unit(measure: str) -> str:
    return MEASURES[measure.partition("/")[0]].unit


def _measured(measure: str) -> str:
    """Return what is measured and in what, for a reader."""
    return with_unit(drawing.measured(measure), _unit(measure))


def _compared(rows: pd.DataFrame) -> str:
    """Return what kind of thing stands in each row."""
    return "arm" if rows["structure"].nunique() == 1 else "structure" if rows["arm"].nunique() == 1 else "which"


def _against(rows: pd.DataFrame) -> str:
    """Return in words what effects are reckoned from."""
    return " or ".join(small(label_of(name)) for name in dict.fromkeys(rows["against"]))


def levels_markdown(levels: pd.DataFrame) -> str:
    """Return the reported measures by year as a Markdown table, for an experiment in which nothing is compared."""
    years = sorted(year for year in levels["year"].unique() if year > PERIOD)
    lines = [f"| measure | arm | {' | '.join(f'{FIRST_YEAR + year - 1}/{(FIRST_YEAR + year) % 100:02d}' for year in years)} |", f"| --- | --- |{' ---: |' * len(years)}"]
    for (arm, measure), own in levels.groupby(["arm", "measure"], sort=False):
        unit = _unit(measure)
        means = own.set_index("year")["mean"]
        lines.append(f"| {_measured(measure)} | {label_of(arm)} | {' | '.join(number(means[year], unit) for year in years)} |")
    return "\n".join(lines)


def effects_words(rows: pd.DataFrame) -> str:
    """Return the effects over the period for a terminal, one line each."""
    if rows.empty:
        return "Nothing is compared: levels.csv has the measures by year."
    told = []
    widest, labels = (max(map(len, words)) for words in ([_measured(each) for each in rows["measure"]], rows["label"]))
    for _, row in rows.iterrows():
        effect = _effect(row["difference"], row["low"], row["high"], _unit(row["measure"]))
        told.append(f"{_measured(row['measure']):<{widest}}  {row['label']:<{labels}}  {effect}, {percent(row['percent'])}")
    interval = " (95% interval)" if rows["replications"].max() > 1 else ", one replication: luck cannot be told from effect"
    return "\n".join([f"Effects against {_against(rows)}, mean a year{interval}", *told])


def _files(others: dict[str, pd.DataFrame], compared: bool, spec: ExperimentSpec) -> str:
    lines = [f"`{LEVELS}`: the reported measures in each arm, by year"]
    if spec.beside:
        lines += [f"`{FIT}`: beside what was published"]
    if compared:
        lines += [f"`{EFFECTS}`: effects on them, by year (year 0: mean a year)", *(f"`{name}`: {OTHERS[name]}" for name in others)]
        lines += ["`effects.png`, `.svg`, `.csv`, `.txt`: the figure, its data, and in words"]
    return _bullets([*lines, "`runs/<key>/`: of each run its monthly tables as Parquet", "`manifest.json`: the specification, versions and checksums"])


def _effect(value: float, low: float, high: float, unit: str) -> str:
    words = number(value, unit, signed=True)
    return words if low != low else f"{words} ({number(low, unit, signed=True)} to {number(high, unit, signed=True)})"


def _interval(rows: pd.DataFrame) -> str:
    pairs = int(rows["replications"].min())
    if pairs < 2:
        return "One replication: effects stand without an interval, because a single pair of runs cannot tell luck from effect."
    few = " So few pairs agree by chance now and then: such an interval is not to be relied on." if pairs < FEWEST else ""
    return f"In brackets the 95% t-interval over {pairs} pairs of runs: the same people with the same luck in both arms.{few} It covers luck, and parameters where they are drawn; not mechanisms that are missing."


def _where_drawn(table: pd.DataFrame | None) -> str:
    if table is None:
        return ""
    rows = table[table["year"] == PERIOD]
    lines = ["Where interventions drew the organisation, and where not:", "", f"| measure, mean a year | arm | drawn | {_against(rows)} | effect (95% interval) | percent |", "| --- | --- | --- | ---: | ---: | ---: |"]
    for _, row in rows.iterrows():
        unit = _unit(row["measure"])
        lines.append(f"| {_measured(row['measure'])} | {label_of(row['arm'])} | {row['drawn']} | {number(row['baseline'], unit)} | {_effect(row['difference'], row['low'], row['high'], unit)} | {percent(row['percent'])} |")
    return "\n".join(lines)


def _fit(results: Results, spec: ExperimentSpec) -> str:
    if not spec.beside:
        return ""
    table = fit(results)
    told = fit_markdown(table) if len(table) else "No published figure is of a year that was run."
    return f"## Beside what was published\n\n{told}\n\nChanges are since the first published year that was run. Nothing was tuned to these figures; `{FIT}` has sources and what is compared with what."


def _trials(table: pd.DataFrame | None) -> str:
    if table is None:
        return ""
    lines = [f"What a trial would have said, per person and year of being there. {HOW_RECKONED}", "", "| measure | arm | reckoned | effect (95% interval) |", "| --- | --- | --- | ---: |"]
    for _, row in table.iterrows():
        unit = "pounds" if row["measure"] == "out_of_pocket" else ""
        words = FOLLOWED.get(row["measure"], label_of(row["measure"]))
        lines.append(f"| {words} | {label_of(row['arm'])} | {row['estimate']} | {_effect(row['mean'], row['low'], row['high'], unit)} |")
    return "\n".join(lines)


def _arms(spec: ExperimentSpec) -> str:
    lines = []
    for name, arm in spec.arms.items():
        said = [_in_words(each) for each in arm.interventions]
        said += [f"{key}: {_said(getattr(arm, key), ' = ')}" for key in ("parameters", "hold", "facts") if getattr(arm, key)]
        said += [f"{key}: {getattr(arm, key)}" for key in ("structure", "settlement", "funding") if getattr(arm, key)]
        said += [] if arm.learning is None else [f"organisations learn: {_said(arm.learning, '')}"]
        lines.append(f"**{name}**{' (compared with)' if name == spec.control and spec.compare == 'arms' else ''}: {'; '.join(said) or 'nothing is done'}")
    return _bullets(lines)


def _in_words(intervention: dict) -> str:
    return _said(intervention, " ")


def _said(value: Any, sign: str) -> str:
    """Return plain data in words: names and values, those within others in brackets."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}{sign}{f'({_said(each, sign)})' if isinstance(each, Mapping) else _said(each, sign)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return " and ".join(_said(each, sign) for each in value) or "none"
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "as observed"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _what(results: Results, spec: ExperimentSpec) -> str:
    lines = [
        f"places: {', '.join(f'`{place}`' for place in spec.places)}; structures: {', '.join(f'`{each}`' for each in spec.structures)}",
        f"{spec.years} years from April 2014{f', effects told of from year {spec.count_from}' if spec.count_from > 1 else ''}, {spec.replications} replications, seed {spec.seed}, scale {spec.scale:g}, settlement `{spec.settlement}`",
        f"runs that finished: {len(results.keys)} of {len(spec.runs())}",
    ]
    if spec.draws:
        lines.append(f"{spec.draws} draws of parameters: {', '.join(f'`{name}` from {low:g} to {high:g}' for name, (low, high) in spec.ranges.items())}")
    if spec.interventions:
        lines.append(f"in all arms: {'; '.join(_in_words(each) for each in spec.interventions)}")
    if spec.parameters or spec.hold or spec.facts:
        lines.append(f"in all arms: {_said({**spec.parameters, **spec.hold, **spec.facts}, ' = ')}")
    if spec.learning:
        lines.append("in all arms: organisations learn what their levers do from what they see, unless an arm says otherwise")
    lines += by_council(results)
    lines.append(f"model code and data `{results.manifest['code']}`, this experiment `{results.manifest['key']}`")
    return _bullets(lines)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
