"""The page that says what was run and what came of it, in Markdown, and the tables of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.comparing import PLACE, headline, paired_differences, totals
from experiments.figures.alternatives import sentences
from experiments.figures.drawing import Drawn, Material, draw_all, write_csv
from experiments.figures.matrix import MANY
from experiments.figures.style import FEWEST, Context, label_of, number, percent, telling
from experiments.figures.wording import with_unit
from experiments.robustness import Reading, differences_by_reading, robustness
from experiments.store import Results, write_text
from model.indicators import INDICATORS, indicators, needed
from model.measures import OF_ORGANISATIONS

# What DATA_LICENCE.md asks to carry.
ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0.",
    "Contains Parliamentary information licensed under the Open Parliament Licence v3.0.",
)
MOST_COLUMNS = 4  # structures beside the baseline that have a column each
FLOWS_IN_WORDS = {"daily": "by the day", "salabim": "by the hour and minute"}
HEADLINE_CSV, DIFFERENCES_CSV, INDICATORS_CSV, SUMMARY = "headline.csv", "differences.csv", "indicators.csv", "summary.md"
ALTERNATIVES_CSV, ROBUSTNESS_CSV = "alternatives.csv", "robustness.csv"
NO_FORECAST = (
    "This is a tool for reasoning about policy, not a forecast: it shows what follows from stated assumptions, and "
    "what it lacks (below) may matter more than what it has."
)
SMALL = (
    "> **Warning: scale {scale:g}.** Only that share of the people lives in this model. A small hospital fails by "
    "arithmetic, so beds, queues and delays do not behave as at scale 1 and must not be compared. Use it for "
    "demonstrations and tests."
)


BESIDE = (
    "Every structure gets the same money. Management and the change-over are paid out of it, as are committed lines: what is "
    "published of the accounts beyond what is modelled. What is overspent beyond limits is taken off the next year's money."
)
NO_SPREAD = "How far councils differ is not told: that takes two councils or more, with something to count in them."
OPEN = (
    "Where the document behind a structure leaves a fact open, its file names the other reading (`joinedup structures NAME` tells what each "
    "says). Each was run too, one at a time, on the same people with the same luck: a structure's own against {baseline} as stated, and "
    "those of {baseline} against each structure as stated. The interval is luck; the range over readings is what documents leave open. Rank 1 is "
    "the best, or the least where neither direction is better in itself."
)
TRUST = (
    "How organisations trusted each other at the start is one draw a pair, the same under every structure and in every replication, so intervals do "
    "not cover it. The experiment `bad-marriage` runs structures from little and from much; `--set deciding.trust=...` tries another mean."
)
BY_DEFINITION = (
    "Each is a rate, a share or a spread of a year, by the definition in the reference page of measures, of the whole place. Spreads between councils and between "
    "fifths of deprivation hold chance as well as difference: in a small place most of a spread is chance."
)


def compare(results: Results) -> pd.DataFrame:
    """Return the paired differences of all measures of a place, by year and over the period.

    Raises
    ------
    FolderError
        If no run finished.
    ValueError
        If no replication of a structure finished in which the baseline did too.
    """
    told = results.without_alternatives()
    return _differences(totals(told.measures), told)


def compare_indicators(results: Results) -> pd.DataFrame:
    """Return the paired differences of all indicators of a place (see :mod:`model.indicators`), as :func:`compare` does.

    An indicator that some run cannot tell in a year, such as a spread between councils where there is one, is left out of that year.
    """
    results = results.without_alternatives()
    measures = results.measures
    found = indicators(totals(measures[measures["measure"].isin(needed())], organisation=None))
    found = found[found["organisation"] == "place"].drop(columns="organisation")
    runs = len(found[["structure", "replication"]].drop_duplicates())
    everywhere = found.groupby(["measure", "year"], observed=True)["value"].transform("count") == runs
    return _differences(found[everywhere], results)


def _differences(values: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return paired differences, the structures in the order of the specification."""
    order = {structure: number for number, structure in enumerate(results.spec.structures)}
    values = values.sort_values("structure", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return paired_differences(values, results.spec.baseline)


def write_report(results: Results, differences: pd.DataFrame, failures: Sequence[str] = ()) -> list[Drawn]:
    """Draw the figures and write tables and summary into the folder of the results; return the figures.

    Parameters
    ----------
    results, differences : what to tell of, and their paired differences, alternatives aside
    failures : one line for each run that failed

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    figures = draw_all(_material(results, differences), results.folder)
    write_tables_and_summary(results, differences, figures, failures)
    return figures


def write_tables_and_summary(results: Results, differences: pd.DataFrame, figures: Sequence[Drawn], failures: Sequence[str] = (), remarks: Sequence[str] = ()) -> None:
    """Write tables and summary into the folder of the results.

    Parameters
    ----------
    results, differences, failures : as for :func:`write_report`
    figures : that were drawn
    remarks : findings besides the figures' titles

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    material = _material(results, differences)
    table = headline(differences)
    write_csv(table, results.folder / HEADLINE_CSV)
    write_csv(differences, results.folder / DIFFERENCES_CSV)
    of_definitions = compare_indicators(results)
    write_csv(of_definitions, results.folder / INDICATORS_CSV)
    if material.readings is not None and material.robust is not None:
        write_csv(material.readings, results.folder / ALTERNATIVES_CSV)
        write_csv(material.robust, results.folder / ROBUSTNESS_CSV)
    write_text(results.folder / SUMMARY, summary(material, table, of_definitions, figures, failures, remarks))


def _material(results: Results, differences: pd.DataFrame) -> Material:
    """Return what figures and summary tell of: the comparison, and how far it holds over readings where alternatives were run."""
    told = results.without_alternatives()
    if told is results:
        return Material(results=results, differences=differences)
    readings = differences_by_reading(results)
    if readings.empty:
        return Material(results=told, differences=differences)
    return Material(results=told, differences=differences, readings=readings, robust=robustness(results, readings))


def summary(material: Material, table: pd.DataFrame, of_definitions: pd.DataFrame, figures: Sequence[Drawn], failures: Sequence[str], remarks: Sequence[str] = ()) -> str:
    """Return the summary in Markdown.

    Parameters
    ----------
    material : results and differences
    table : the headline, as :func:`experiments.comparing.headline` gives
    of_definitions : paired differences of indicators, as :func:`compare_indicators` gives
    figures : that were drawn
    failures : one line for each run that failed
    remarks : findings besides the figures' titles
    """
    context = material.context
    spec = material.results.spec
    parts = [
        f"# {_names(context.structures)} in {context.place}",
        NO_FORECAST,
        SMALL.format(scale=spec.scale) if spec.scale < 1 else "",
        "## Findings",
        _bullets([*(figure.title for figure in figures), *remarks]),
        "## Headline",
        headline_markdown(table, context),
        _reading(context),
        *_left_open(material),
        "## Money beside the headline",
        BESIDE,
        headline_markdown(headline(material.differences, OF_ORGANISATIONS), context),
        *trust(material.results),
        "## By official definitions",
        BY_DEFINITION,
        headline_markdown(headline(of_definitions, INDICATORS), context),
        "" if of_definitions["measure"].str.endswith("_variation").any() else NO_SPREAD,
        "## How much of each account is modelled",
        _accounts(material.results),
        "## What this version lacks, and whom that favours",
        _lacking(material.results),
        "## What was run",
        _what(material, context),
        ("## Runs that failed\n\n" + _bullets(failures)) if failures else "",
        "## Figures",
        "\n\n".join(_figure(figure) for figure in figures),
        "## Files",
        _files(figures, material.robust is not None),
        "## Versions and data",
        _versions(material.results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline_markdown(table: pd.DataFrame, context: Context) -> str:
    """Return the headline as a Markdown table: the baseline, and each structure's difference with its interval.

    Structures have a column each, or where they are many a line each under every measure.
    """
    if len(context.others) > MOST_COLUMNS:
        return _long_markdown(table, context)
    header = [
        "mean a year",
        label_of(context.baseline),
        *(f"{label_of(other)}: difference" for other in context.others),
    ]
    lines = [header, ["---", *["---:"] * (len(header) - 1)]]
    for _, group in table.groupby("measure", sort=False):
        own = group.set_index("structure")
        first = own.iloc[0]
        cells = [with_unit(first["label"], first["unit"]), number(first["baseline"], first["unit"])]
        cells += [difference_words(own.loc[other]) if other in own.index else "" for other in context.others]
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _long_markdown(table: pd.DataFrame, context: Context) -> str:
    lines = [f"| mean a year | {label_of(context.baseline)} | under | difference |", "| --- | ---: | --- | ---: |"]
    for _, group in table[table["structure"] != context.baseline].groupby("measure", sort=False):
        for at, row in enumerate(group.to_dict("records")):
            first = f"{with_unit(row['label'], row['unit'])} | {number(row['baseline'], row['unit'])}" if not at else " | "
            lines.append(f"| {first} | {label_of(row['structure']).lower()} | {difference_words(row)} |")
    return "\n".join(lines)


def difference_words(row: Mapping[str, Any]) -> str:
    """Return a difference in words: size, interval and percent.

    Parameters
    ----------
    row : of the headline
    """
    words = number(row["difference"], row["unit"], signed=True)
    if not np.isnan(row["low"]):
        words += f" ({number(row['low'], row['unit'], signed=True)} to {number(row['high'], row['unit'], signed=True)})"
    if telling(row["percent"]):
        words += f", {percent(row['percent'])}"
    return words


def _left_open(material: Material) -> list[str]:
    """Return the section on what documents leave open; nothing where no alternatives were run."""
    robust, context = material.robust, material.context
    if robust is None:
        return []
    others = robust[robust["structure"] != context.baseline]
    return [
        "## What the documents leave open",
        OPEN.format(baseline=label_of(context.baseline).lower()),
        _bullets(sentences(robust, context)),
        _robustness_markdown(others) if len(context.others) < MANY else f"All of it is in `{ROBUSTNESS_CSV}`.",
    ]


def _robustness_markdown(rows: pd.DataFrame) -> str:
    """Return as a Markdown table how far differences and ranks hold over readings."""
    lines = [
        ["mean a year", "structure", "difference (luck)", "over readings", "least under", "most under", "same sign", "rank (over readings)"],
        ["---", "---", "---:", "---:", "---", "---", "---:", "---:"],
    ]
    for _, row in rows.iterrows():
        ranks = f"{row['rank']:g} ({row['rank_first']:g} to {row['rank_last']:g})" if row["rank_first"] < row["rank_last"] else f"{row['rank']:g}"
        reach = " to ".join(number(row[name], row["unit"], signed=True) for name in ("least", "most"))
        lines.append([with_unit(row["label"], row["unit"]), label_of(row["structure"]), difference_words(row), reach, row["least_under"], row["most_under"], f"{row['same_sign']:g} of {row['readings']:g}", ranks])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _names(structures: Sequence[str]) -> str:
    if len(structures) > MOST_COLUMNS + 1:
        return f"{len(structures)} structures"
    first, *others = [label_of(structure) for structure in structures]
    *between, last = [first, *(name[:1].lower() + name[1:] for name in others)]
    return f"{', '.join(between)} and {last}" if between else last


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _reading(context: Context) -> str:
    if context.replications < 2:
        return (
            "One replication: differences stand without an interval, because a single pair of runs cannot tell luck "
            "from effect. Ask for more with `--replications`."
        )
    few = " So few pairs agree by chance now and then: such an interval is not to be relied on." if context.replications < FEWEST else ""
    return (
        f"In brackets the 95% t-interval of the mean paired difference over {context.replications} replications: the "
        f"same people with the same luck under each structure.{few} It covers luck alone, neither doubt about parameters nor "
        "mechanisms that are missing."
    )


def _lacking(results: Results) -> str:
    told: dict[str, str] = {}
    under: dict[str, set[str]] = {}
    structures = {run.key: run.structure for run in results.spec.runs()}
    for key, note in results.notes.items():
        for mechanism in note["lacking"]:
            told[mechanism["name"]] = mechanism["favours"]
            under.setdefault(mechanism["name"], set()).add(structures[key])
    if not told:
        return "None that this version knows of."
    everywhere = {structures[key] for key in results.keys}
    rows = []
    for name, favours in told.items():
        lacked = [label_of(structure).lower() for structure in results.spec.structures if structure in under[name]]
        where = "" if under[name] == everywhere else f" (lacking under {', '.join(lacked)})"
        rows.append(f"| {name}{where} | {favours} |")
    return "\n".join(["| mechanism | leaving it out favours |", "| --- | --- |", *rows])


def trust(results: Results) -> list[str]:
    """Return how trust started and where it ended under each structure, in Markdown; nothing where it was not measured."""
    rows = results.measures
    rows = rows[rows["measure"].astype(str).str.startswith("trust/")]
    if rows.empty:
        return []
    structures, kinds = list(dict.fromkeys(rows["structure"])), list(dict.fromkeys(rows["measure"]))
    place, own = rows["organisation"] == PLACE, rows["structure"] == structures[0]
    began, ended = (rows["month"] == month for month in (0, rows["month"].max()))
    first, last = rows[began & own], rows[ended & place].groupby(["structure", "measure"], observed=True)["value"].mean()
    starts = []
    for kind in kinds:
        whole, pairs = (first.loc[(first["measure"] == kind) & here, "value"] for here in (place, ~place))
        reach = f" ({pairs.min():.2f} to {pairs.max():.2f})" if len(pairs.unique()) > 1 else ""
        starts.append(f"{whole.mean():.2f}{reach}")
    lines = [
        f"| mean over people | {' | '.join(kind.removeprefix('trust/').replace('-', ' and ') for kind in kinds)} |",
        f"| --- |{' ---: |' * len(kinds)}",
        f"| At the start (over pairs) | {' | '.join(starts)} |",
        *(f"| {label_of(name)}, at the end | {' | '.join(f'{last[name, kind]:.2f}' for kind in kinds)} |" for name in structures),
    ]
    return ["## Trust", TRUST, "\n".join(lines)]


def _accounts(results: Results) -> str:
    """Return the base year's accounts as a Markdown table, summed over organisations: each needs the same source."""
    notes = next(iter(results.notes.values()))
    lines = pd.DataFrame(notes["accounts"])
    rows = []
    for account, own in lines.groupby("account", sort=False):
        published, modelled, committed = (own[name].sum() / 1e6 for name in ("published", "modelled", "committed"))
        known = own["published"].notna().all()
        share = f"{100.0 * modelled / published:.0f}%" if known and published else ""
        rows.append(f"| {account.replace('_', ' ')} | {f'{published:,.1f}' if known else 'not known'} | {modelled:,.1f} | {share} | {committed:,.1f} | {own['status'].iloc[0]} |")
    header = "| account | published, million pounds a year | modelled | share | committed | published figure is |"
    return "\n".join([header, "| --- | ---: | ---: | ---: | ---: | --- |", *rows]) + (
        "\n\nIn the base year, at rest, for all the people. Where nothing is published the account is taken to be what is modelled."
    )


def _what(material: Material, context: Context) -> str:
    spec = material.results.spec
    notes = next(iter(material.results.notes.values()))
    people = f", {context.people:,.0f} adults in the first year" if context.people else ""
    lines = [
        f"place: {context.place} (`{spec.place}`){people}",
        f"structures: {', '.join(f'`{structure}`' for structure in spec.structures)}; baseline `{spec.baseline}`",
        *([] if material.readings is None else [f"other readings of what documents leave open: {_others(material.readings)}"]),
        f"period: {spec.years} {'year' if spec.years == 1 else 'years'}, April {context.first_year} to March "
        f"{context.first_year + spec.years}",
        f"replications: {spec.replications} asked for, {context.replications} paired; seed {spec.seed}",
        f"scale: {spec.scale:g}",
        f"settlement: {notes['settlement']} (`{spec.settlement}`); changing over and entitlements are paid for {'on top' if spec.funding == 'funded' else 'out of it'}",
        f"hospitals: {FLOWS_IN_WORDS[spec.hospital_flow]} (`{spec.hospital_flow}`)",
        f"levers held: {_pairs(spec.hold)}",
        f"parameters changed: {_pairs(spec.parameters)}",
    ]
    return _bullets([*lines, *by_council(material.results)])


def by_council(results: Results) -> list[str]:
    """Return which councils live under which structure, a line for each specification of structures by council."""
    notes = results.notes
    stated = {run.structure: notes[run.key].get("by_council", []) for run in results.spec.runs() if run.key in notes}
    return [f"`{structure}` by council: {'; '.join(stages)}" for structure, stages in stated.items() if stages]


def _others(readings: pd.DataFrame) -> str:
    """Return the names of all readings but the one as stated."""
    others = readings[readings["read"] != ""].drop_duplicates(["read", "alternative"])
    return ", ".join(f"`{Reading(row.read, row.alternative).name}`" for row in others.itertuples())


def _pairs(values: Mapping[str, float | None]) -> str:
    told = [f"`{name}` = {'observed' if value is None else f'{value:g}'}" for name, value in values.items()]
    return ", ".join(told) or "none"


def _figure(figure: Drawn) -> str:
    name = figure.name
    return f"![{figure.title}]({name}.png)\n\n[in words]({name}.txt) · [data]({name}.csv) · [scalable]({name}.svg)"


READ_OTHERWISE = (
    f"`{ALTERNATIVES_CSV}`: the differences under each reading of what documents leave open, mean a year over the period",
    f"`{ROBUSTNESS_CSV}`: of the headline, their range over readings, how often the sign stays, and ranks",
)


def _files(figures: Sequence[Drawn], open_too: bool) -> str:
    lines = [
        f"`{HEADLINE_CSV}`: the headline measures with their paired differences",
        f"`{DIFFERENCES_CSV}`: all measures of the whole place, by year (year 0: mean a year over the period)",
        f"`{INDICATORS_CSV}`: rates, shares and spreads by official definitions, likewise",
        *(READ_OTHERWISE if open_too else ()),
        *(f"`{figure.name}.png`, `.svg`; `.csv` the data drawn; `.txt` the figure in words" for figure in figures),
        "`runs/<key>/`: of each run its monthly `measures`, `ledger`, `consequences` and `decisions` as Parquet",
        "`manifest.json`: the specification, versions and checksums",
    ]
    return _bullets(lines) + '\n\nIn Python: `experiments.load("<this folder>").measures`'


def _versions(results: Results) -> str:
    manifest = results.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    data = "\n".join(f"| {path} | `{checksum[:16]}` |" for path, checksum in manifest["data"].items())
    return "\n\n".join(
        [
            f"Versions: {versions}.",
            f"Model code and data: `{manifest['code']}`; this comparison: `{manifest['key']}`. The same specification, "
            "code and versions on the same kind of machine give the same bits.",
            _bullets(ATTRIBUTION),
            "| data file | SHA-256 begins |\n| --- | --- |\n" + data,
        ]
    )
