"""The ``joinedup`` command.

Nothing heavy is imported until a command needs it, so that ``--help`` answers at once. Whatever a user can get wrong
ends in one line on the standard error and exit code 2; an interrupt in one line and 130; failed runs in one line each
and 1.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from experiments.cases import Cases, Ground
    from experiments.experiment import ExperimentSpec
    from experiments.figures.drawing import Drawn
    from experiments.filming import FilmSpec
    from experiments.journey import Journey
    from experiments.specification import ComparisonSpec
    from experiments.store import Results, Store

MISUSED, FAILED, INTERRUPTED = 2, 1, 130
FIRST_YEAR, MONTHS_OF_A_YEAR = 2014, 12  # financial years begin in April
PLACE_HELP = "Place, council, several councils by commas, or a TOML file of your own."
WIDTH_OF_A_FACT = 37  # columns of its name: the longest field's
WIDTH_OF_MANY = 180  # columns of a table of many structures, likewise
WIDTH_IN_A_PIPE = 140  # columns of a table that no terminal limits

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


class UsageError(Exception):
    """What the user asked for cannot be done; the message is the one line that says why."""


class InterruptedRunError(Exception):
    """The user interrupted a batch; the message says what is kept."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = typer.main.get_command(app).main(prog_name="joinedup", standalone_mode=False)
        if code == INTERRUPTED:  # Typer's word for an interrupt before anything ran
            _say("interrupted", INTERRUPTED)
    except (KeyboardInterrupt, typer.Abort):
        code = _say("interrupted", INTERRUPTED)
    except InterruptedRunError as error:
        code = _say(str(error), INTERRUPTED)
    except Exception as error:
        message = _message_of(error)
        if message is None:
            raise
        for problem in getattr(error.__cause__, "problems", (message,)):  # a population file may have several
            code = _say(problem, MISUSED)
    sys.exit(code if isinstance(code, int) else 0)


def _message_of(error: Exception) -> str | None:
    """Return the line for an error of the user's; None for one of ours, which keeps its traceback."""
    if isinstance(error, UsageError):
        return str(error)
    table = sys.modules.get("model.evidence")  # not imported for a command that reads no evidence
    if table is not None and isinstance(error, table.EvidenceError):
        return f"the evidence table cannot be used: {error}"
    rates = sys.modules.get("model.fitted_rates")
    if rates is not None and isinstance(error, rates.FittedRatesError):
        return f"the fitted rates cannot be used: {error}"
    if hasattr(error, "format_message"):  # what Typer says of options and commands
        return error.format_message()
    return None


def _say(message: str, code: int) -> int:
    print(f"joinedup: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - the one line
    return code


@app.callback(invoke_without_command=True)
def joinedup(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Compare how a local health and care economy in England fares under different commissioning structures."""
    if version:
        from experiments.store import version_of

        typer.echo(f"joinedup {version_of('joinedup')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


# Numbers arrive as text, so that what is wrong with them is said in our words: what was given and what was expected.


@app.command(epilog="Example: joinedup compare --place wigan --years 5 --replications 3 --output results/wigan")
def compare(
    place: Annotated[str, typer.Option(metavar="NAME", help=PLACE_HELP)] = "berkshire-west",
    structures: Annotated[
        str, typer.Option(metavar="A,B,C", help="Structures or TOML files, by commas, each with +OPTION as often as wanted; or: all.")
    ] = "separate-budgets,aligned-budgets,council-led,single-budget",
    years: Annotated[str, typer.Option(metavar="N", help="Years from April 2014.")] = "10",
    replications: Annotated[str, typer.Option(metavar="N", help="Runs of each structure.")] = "5",
    scale: Annotated[str, typer.Option(metavar="X", help="Share of the people in the model; 1 to read numbers.")] = "1",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")] = "1",
    workers: Annotated[str, typer.Option(metavar="N", help="Processes. [default: as many as processors]")] = "",
    threads: Annotated[
        str, typer.Option(metavar="N", help="Threads of each run, with one worker: for large places. Results stay the same.")
    ] = "1",
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder of the results.")] = "results/headline",
    hold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LEVER[=LEVEL]", help="Freeze a lever, as observed if no level is given; may be repeated."
        ),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Change a parameter, or many: @FILE:ROW of a CSV; may be repeated."
        ),
    ] = None,
    hospital_flow: Annotated[
        str, typer.Option(metavar="NAME", help="Hospitals by the day (daily), or by the hour and minute (salabim).")
    ] = "daily",
    funded: Annotated[bool, typer.Option("--funded", help="Changing over, and what entitlements are expected to cost, is paid for on top of the settlement.")] = False,
    settlement: Annotated[
        str, typer.Option(metavar="NAME", help="Money by year: published, flat, ample, cuts, growth, national, squeezed, or a TOML file.")
    ] = "published",
    learning: Annotated[bool, typer.Option("--learning", help="Organisations learn what their levers do from what they see; else they go on believing what was measured.")] = False,
    alternatives: Annotated[
        bool, typer.Option("--alternatives", help="Run too, one at a time, the other readings of what documents leave open.")
    ] = False,
    waterfall: Annotated[bool, typer.Option("--waterfall", help="Also tell each difference from the baseline fact by fact: dozens of structures each.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Compare structures: the same people, with the same luck, under each.

    Writes tables, figures and summary.md into the folder of the results. The same command again runs only what is
    missing and redraws. The baseline is separate-budgets where it is among the structures, else the first.

    With --waterfall: each difference in steps, fact by fact, as joinedup waterfall tells it; the runs on the way are kept too.
    """
    spec = _comparison(
        place=place,
        structures=structures,
        years=_whole("--years", years),
        replications=_whole("--replications", replications),
        scale=_number("--scale", scale),
        seed=_whole("--seed", seed, least=0),
        hold=_held(hold),
        parameters=_assignments("--set", _spelled_out(change)),
        hospital_flow=hospital_flow,
        funding="funded" if funded else "within",
        settlement=settlement,
        learning=learning,
        read_otherwise=alternatives,
    )
    each = _whole("--threads", threads, most=256)
    processes = _whole("--workers", workers) if workers else 1 if each > 1 else os.cpu_count() or 1
    if each > 1 and processes > 1:
        raise UsageError(f"--threads must be 1 where there are several workers, got {each} with --workers {processes}")
    with _no_traceback_for_the_users_errors():
        raise typer.Exit(_compare(spec, output, processes, quiet, each, waterfalls=waterfall))


def _whole(option: str, text: str, least: int = 1, most: int | None = None) -> int:
    from experiments.specification import MOST

    most = most or MOST.get(option.removeprefix("--"), 2**64 - 1)
    try:
        value = int(text.strip())
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise UsageError(f"{option} must be a whole number from {least} to {most}, got {text!r}")
    return value


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option} must be a number, got {text!r}") from None


def _assignments(option: str, texts: Sequence[str] | None) -> dict[str, float]:
    values: dict[str, float] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"{option} must be name=number, got {text!r}")
        if name.strip() in values:
            raise UsageError(f"{option} must name {name.strip()} once, got it twice")
        values[name.strip()] = _number(f"{option} {name.strip()}", value)
    return values


def _spelled_out(texts: Sequence[str] | None) -> list[str]:
    """Return what --set was given with each ``@FILE:ROW`` replaced by that row's ``name=number``."""
    spelled: list[str] = []
    for text in texts or ():
        if not text.startswith("@"):
            spelled.append(text)
            continue
        file, _, row = text.removeprefix("@").rpartition(":")
        if not file or not row.isdecimal():
            raise UsageError(f"--set must be name=number, or @FILE:ROW with rows counted from 1, got {text!r}")
        from experiments.parameter_sets import ParameterSetError, read_parameter_set

        try:
            spelled += [f"{name}={value!r}" for name, value in read_parameter_set(Path(file), int(row)).items()]
        except ParameterSetError as error:
            raise UsageError(str(error)) from error
    return spelled


def _held(texts: Sequence[str] | None) -> dict[str, float | None]:
    """Return the level of each held lever; None, the observed one, where a text is only its name."""
    bare = [text.strip() for text in texts or () if "=" not in text]
    return {**dict.fromkeys(bare), **_assignments("--hold", [text for text in texts or () if "=" in text])}


@contextlib.contextmanager
def _no_traceback_for_the_users_errors() -> Iterator[None]:
    from experiments.store import ResultsError

    try:
        yield
    except ResultsError as error:
        raise UsageError(str(error)) from error


def _comparison(
    *, place: str, structures: str, hold: dict[str, float | None], hospital_flow: str = "daily", read_otherwise: bool = False, **rest: Any
) -> ComparisonSpec:
    """Return the specification, every name in it known and every file readable."""
    from agents.hospital.flows import flow_named
    from experiments.specification import START, ComparisonSpec, code_hash, file_checksum
    from model.parameters import Parameters
    from model.patchwork import check_structure, patchwork_files
    from model.place import load_place, place_file_digest
    from model.settlement import load_settlement
    from model.structures import alternatives_of, list_structures

    named = [name.strip() for name in structures.split(",") if name.strip()]
    chosen = list(list_structures()) if named == ["all"] else named
    try:
        here = load_place(place)
        alternatives = {structure: alternatives_of(structure) for structure in chosen} if read_otherwise else {}
        for structure in [*chosen, *(run for named in alternatives.values() for run in named.values())]:
            check_structure(structure, here, START, rest.get("learning", False))
        Parameters().with_values(rest["parameters"])
        flow_named(hospital_flow)
        money = rest.get("settlement", "published")
        load_settlement(money)
        files = {file: file_checksum(Path(file)) for name in chosen for file in patchwork_files(name)}
        if money.endswith(".toml"):
            files[money] = file_checksum(Path(money))
        if place.endswith(".toml"):
            files[place] = place_file_digest(place)
        return ComparisonSpec(
            place=place,
            structures=tuple(chosen),
            alternatives=alternatives,
            hold=_levers(hold),
            hospital_flow=hospital_flow,
            code=code_hash(),
            files=files,
            **rest,
        )
    except (TypeError, ValueError) as error:
        raise UsageError(str(error).replace("ComparisonSpec.", "--")) from error
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error


def _levers(hold: dict[str, float | None]) -> dict[str, float | None]:
    from agents.deciding import LEVER_RANGES
    from experiments.specification import unknown_name

    bounds = {lever.name.lower(): reach for lever, reach in LEVER_RANGES.items()}
    held = {name.lower().replace("-", "_"): value for name, value in hold.items()}
    for name, level in held.items():
        if name not in bounds:
            raise unknown_name("lever", name, bounds)
        low, high = bounds[name].low, bounds[name].high
        if level is not None and not low <= level <= high:
            raise ValueError(f"--hold {name} must be a level from {low:g} to {high:g}, got {level:g}")
    return held


def _compare(spec: ComparisonSpec | ExperimentSpec, output: str, processes: int, quiet: bool, threads: int = 1, *, waterfalls: bool = False) -> int:
    from experiments.cases import Cases
    from experiments.store import Store

    store = Store(output, spec)
    try:
        failures = _run_missing(spec, store, processes, quiet, threads)
        return _report(store, failures, quiet, Cases(output, processes, quiet) if waterfalls else None)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one must not break the tidying
        store.clean()
        kept = sum(store.has(run.key) for run in spec.runs())
        raise InterruptedRunError(
            f"interrupted; {kept} of {len(spec.runs())} runs are finished and kept in {store.folder}, "
            "the same command goes on from there"
        ) from None


def _run_missing(spec: ComparisonSpec | ExperimentSpec, store: Store, processes: int, quiet: bool, threads: int) -> list[str]:
    """Run what is missing; return one line for each run that failed."""
    missing = [run for run in spec.runs() if not store.has(run.key)]
    if not missing:
        return []
    from experiments.progress import reporting
    from experiments.running import MONTHS, prepare, run_all

    with reporting(len(missing), sum(run.years for run in missing) * MONTHS, quiet) as report:
        for run in {(run.place, run.scale, *run.parameters.items()): run for run in missing}.values():  # one starting state each
            report.stage(f"Preparing {run.place}")
            prepare(run, threads)
        report.stage("Running")
        batch = run_all(missing, store, processes, report.months, threads)
    return [failure.error for failure in batch.failures]


def _report(store: Store, failures: Sequence[str], quiet: bool, cases: Cases | None = None) -> int:
    from experiments.figures.drawing import ALTERNATIVES
    from experiments.store import FolderError
    from experiments.summary import compare as differences_of
    from experiments.summary import write_report

    for failure in failures:
        _say(f"failed: {failure}", FAILED)
    if failures:
        _say(f"{len(failures)} runs failed; their tracebacks are in {store.folder / 'failures'}", FAILED)
    results = store.results()
    if store.spec.of == "experiment":
        return _report_experiment(store, results, failures, quiet)
    try:
        differences = differences_of(results)
    except (FolderError, ValueError):
        if failures:  # too little finished to compare anything, and why is said above
            return FAILED
        raise
    with store.writing():
        figures = write_report(results, differences, failures)
    if not quiet:
        _print_headline(differences, store, [figure.words for figure in figures if figure.name == ALTERNATIVES])
    if cases is not None and not failures:
        _tell_waterfalls(results, differences, figures, cases)
    return FAILED if failures else 0


def _tell_waterfalls(results: Results, differences: pd.DataFrame, figures: Sequence[Drawn], cases: Cases) -> None:
    """Tell the differences of a comparison fact by fact, and write its summary anew, with them."""
    from experiments.summary import write_tables_and_summary
    from experiments.waterfall import tell_comparison

    with _what_is_asked(str(results.folder)):
        told, untold = tell_comparison(results, cases)
        write_tables_and_summary(results, differences, [*figures, *told], remarks=untold)
    for line in () if cases.quiet else [*(figure.title for figure in told), *untold]:
        _console().print(f"{line}.", soft_wrap=True)


def _report_experiment(store: Store, results: Results, failures: Sequence[str], quiet: bool) -> int:
    from experiments.experiment_report import PAGE, effects_words, write_experiment
    from experiments.store import FolderError

    try:
        with store.writing():
            written = write_experiment(results, failures)
    except (FolderError, ValueError):
        if failures:  # too little finished to compare anything, and why is said above
            return FAILED
        raise
    if not quiet:
        console = _console()
        console.print(effects_words(written))
        if store.spec.scale < 1:
            console.print(f"Scale {store.spec.scale:g}: a demonstration; queues and beds do not behave as at scale 1.")
        console.print(f"Page, figure and tables: {store.folder / PAGE} and beside it", soft_wrap=True)
    return FAILED if failures else 0


def _console(wide: int = WIDTH_IN_A_PIPE) -> Console:
    """Return a console; `wide` is its columns where no terminal limits them."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else wide, highlight=False)


def _print_headline(differences: pd.DataFrame, store: Store, besides: Sequence[str] = ()) -> None:
    from experiments.comparing import headline
    from experiments.figures.style import FEWEST
    from experiments.summary import MOST_COLUMNS, SUMMARY

    spec = store.spec
    rows = headline(differences)
    others = [structure for structure in spec.structures[1:] if structure in set(rows["structure"])]
    if len(others) > MOST_COLUMNS:
        _print_many(rows, others, spec.baseline)
    else:
        _print_differences(rows, others, spec.baseline)
    console = _console()
    replications = int(rows["replications"].min())
    if replications < 2:
        console.print("One replication: no intervals, so luck cannot be told from effect.")
    elif replications < FEWEST:
        console.print(f"{replications} replications: too few for an interval to be relied on.")
    for words in besides:
        console.print(words, soft_wrap=True)
    if spec.scale < 1:
        console.print(f"Scale {spec.scale:g}: a demonstration; queues and beds do not behave as at scale 1.")
    console.print(f"Summary, figures and tables: {store.folder / SUMMARY} and beside it", soft_wrap=True)


def _print_differences(rows: pd.DataFrame, others: Sequence[str], baseline: str) -> None:
    """Print a column for each structure, every difference with its interval."""
    from rich.table import Table

    from experiments.figures.style import label_of, number
    from experiments.summary import difference_words

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("mean a year")
    table.add_column(label_of(baseline), justify="right")
    for other in others:
        table.add_column(f"{label_of(other)}: difference (95% interval)")
    for _, group in rows.groupby("measure", sort=False):
        own = group.set_index("structure")
        first = own.iloc[0]
        words = [difference_words(own.loc[other]) if other in own.index else "" for other in others]
        table.add_row(first["label"], number(first["baseline"], first["unit"]), *words)
    _console().print(table)


def _print_many(rows: pd.DataFrame, others: Sequence[str], baseline: str) -> None:
    """Print a line for each structure: differences without their intervals, which would not fit, and which are clear of luck."""
    from rich.table import Table

    from experiments.comparing import is_clear
    from experiments.figures.style import label_of, number, percent, telling
    from experiments.summary import HEADLINE_CSV

    known = rows.drop_duplicates("measure").set_index("measure")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("mean a year", no_wrap=True)
    for measure in known.index:
        table.add_column(known.loc[measure, "label"], justify="right")
    table.add_row(label_of(baseline), *(number(row.baseline, row.unit) for row in known.itertuples()), style="bold")
    for other in others:
        own = rows[rows["structure"] == other].set_index("measure")
        cells = [(percent(row.percent) if telling(row.percent) else number(row.difference, row.unit, signed=True)) + ("*" if is_clear(row.low, row.high) else " ") for row in own.reindex(known.index).itertuples()]
        table.add_row(label_of(other), *cells)
    console = _console(WIDTH_OF_MANY)
    console.print(table)
    console.print(f"Differences from {label_of(baseline).lower()}; *: the 95% interval over replications leaves zero out. Intervals are in {HEADLINE_CSV}.", soft_wrap=True)


@app.command(epilog="Example: joinedup run case-management --scale 0.1 --replications 3 --output results/trial")
def run(
    experiment: Annotated[str, typer.Argument(metavar="FILE.toml", help="An experiment: a TOML file, or the name of a shipped one.", show_default=False)] = "",
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder of the results. [default: results/ and its name]")] = "",
    workers: Annotated[str, typer.Option(metavar="N", help="Processes. [default: as many as processors]")] = "",
    threads: Annotated[str, typer.Option(metavar="N", help="Threads of each run, with one worker.")] = "1",
    years: Annotated[str, typer.Option(metavar="N", help="In the place of the file's.")] = "",
    replications: Annotated[str, typer.Option(metavar="N", help="In the place of the file's.")] = "",
    scale: Annotated[str, typer.Option(metavar="X", help="In the place of the file's.")] = "",
    seed: Annotated[str, typer.Option(metavar="N", help="In the place of the file's.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, say what would be run, and write nothing.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show the experiments that are shipped.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Run an experiment: arms that differ in stated ways, for the same people with the same luck.

    Writes effects.md, tables and a figure into the folder of the results. The same command again runs only what is
    missing; a file that asks for more arms, replications or draws adds them to what is there.
    """
    if listed:
        _list_experiments()
        raise typer.Exit(0)
    if not experiment:
        raise UsageError("run needs an experiment: a TOML file or a shipped name (joinedup run --list shows them)")
    spec = _experiment(
        experiment,
        years=_whole("--years", years) if years else None,
        replications=_whole("--replications", replications) if replications else None,
        scale=_share("--scale", scale) if scale else None,
        seed=_whole("--seed", seed, least=0) if seed else None,
    )
    folder = output or f"results/{spec.name}"
    if dry_run:
        _say_what_would_run(spec, folder)
        raise typer.Exit(0)
    each = _whole("--threads", threads, most=256)
    processes = _whole("--workers", workers) if workers else 1 if each > 1 else os.cpu_count() or 1
    if each > 1 and processes > 1:
        raise UsageError(f"--threads must be 1 where there are several workers, got {each} with --workers {processes}")
    with _no_traceback_for_the_users_errors():
        raise typer.Exit(_compare(spec, folder, processes, quiet, each))


def _experiment(name: str, **overrides: Any) -> ExperimentSpec:
    from experiments.experiment import load_experiment

    try:
        return load_experiment(name, **overrides)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error


def _list_experiments() -> None:
    from rich.table import Table

    from experiments.experiment import list_experiments, load_experiment

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "what it asks"):
        table.add_column(column, no_wrap=column == "name")
    for name in list_experiments():
        table.add_row(name, load_experiment(name).title)
    _console().print(table)


def _say_what_would_run(spec: ExperimentSpec, folder: str) -> None:
    runs = spec.runs()
    typer.echo(f"{spec.title or spec.name}: {len(runs)} runs of {spec.years} years at scale {spec.scale:g}, into {folder}")
    typer.echo(f"places {', '.join(spec.places)}; structures {', '.join(spec.structures)}; {spec.replications} replications" + (f"; {spec.draws} draws of parameters" if spec.draws else ""))
    for name, arm in spec.arms.items():
        typer.echo(f"arm {name}: {arm.changes} {'change' if arm.changes == 1 else 'changes'}" + (" (compared with)" if name == spec.control and spec.compare == "arms" else ""))


@app.command(epilog="Example: joinedup validate --years 2 --replications 5 --output results/validation")
def validate(
    years: Annotated[str, typer.Option(metavar="N", help="Years from April 2014.")] = "3",
    replications: Annotated[str, typer.Option(metavar="N", help="Runs; intervals need two.")] = "3",
    scale: Annotated[str, typer.Option(metavar="X", help="Share of the people in the model; 1 to read numbers.")] = "1",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")] = "1",
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder of the results.")] = "results/validation",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every target as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but the summary line.")] = False,
) -> None:
    """Set the model beside what is published of England: every target met, missed or out of scope.

    Runs England in miniature at rest and writes targets.csv, summary.md and two figures. A missed target is a finding,
    not an error: the exit code is 0, and the last line counts them.
    """
    run = {
        "years": _whole("--years", years),
        "replications": _whole("--replications", replications),
        "scale": _share("--scale", scale),
        "seed": _whole("--seed", seed, least=0),
    }
    assigned = _assignments("--set", change)
    with _no_traceback_for_the_users_errors():
        _validate(run, assigned, output, as_json, quiet)


def _share(option: str, text: str) -> float:
    value = _number(option, text)
    if not 0.0 < value <= 1.0:
        raise UsageError(f"{option} must be a share above 0 and at most 1, got {value:g}")
    return value


def _validate(run: dict[str, Any], assigned: dict[str, float], output: str, as_json: bool, quiet: bool) -> None:
    from experiments.progress import reporting
    from experiments.reference_run import MONTHS, PLACE
    from experiments.validation import read_place, summary_line
    from experiments.validation import validate as verdicts
    from experiments.validation_report import SUMMARY, open_folder, write_validation
    from model.parameters import Parameters
    from model.place import load_place
    from model.starting_state import build_people

    try:
        parameters = Parameters().with_values(assigned)
        build_people(load_place(PLACE), run["scale"])
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    folder = open_folder(output)
    with reporting(run["replications"], run["replications"] * run["years"] * MONTHS, quiet or as_json) as report:
        report.stage("Running England in miniature")
        done = iter(range(1, run["replications"] * run["years"] * MONTHS + 1))
        readings = read_place(**run, parameters=parameters, watch=lambda: report.months(next(done)))
    table = verdicts(readings)
    write_validation(table, readings, folder, run["seed"])
    if as_json:
        import json

        rows = json.loads(table.to_json(orient="records"))
        _print_json({"summary": summary_line(table), "run": run, "targets": rows})
        return
    if not quiet:
        _print_verdicts(table, run)
        _console().print(f"Summary, figures and table: {folder / SUMMARY} and beside it", soft_wrap=True)
    typer.echo(summary_line(table))


def _print_verdicts(table: pd.DataFrame, run: dict[str, Any]) -> None:
    from rich.table import Table

    from experiments.figures.style import number, percent
    from experiments.validation import MISSED, NO_VERDICT

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("target", "published", "model", "difference", "verdict", "role"):
        shown.add_column(column, justify="right" if column in ("published", "model", "difference") else "left")
    for heading, rows in table[table["verdict"] != NO_VERDICT].groupby("heading", sort=False):
        shown.add_row(f"{heading}:", style="bold")
        for _, row in rows.iterrows():
            verdict = row["verdict"].upper() if row["verdict"] == MISSED else row["verdict"]
            figures = number(row["target"]), number(row["model"]), percent(row["percent"])
            shown.add_row(f"  {row['label']}", *figures, verdict, row["role"])
    console = _console()
    console.print(shown)
    if run["replications"] < 2:
        console.print("One replication: no intervals, so luck cannot be told from a miss.")
    if run["scale"] < 1:
        console.print(f"Scale {run['scale']:g}: a demonstration; queues and beds do not behave as at scale 1.")


@app.command(epilog="Example: joinedup structures care-trust")
def structures(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Show everything about this structure, or TOML file of your own.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the commissioning structures that are shipped, and (with a +) options to lay over any; or show one: facts, source, alternatives.

    Listed are the four that are compared unless others are named, then the others by where they come from. A page of
    one ends with what it differs in from separate-budgets. What its document leaves open is named, and NAME~ALTERNATIVE
    is the structure read that other way.
    """
    from experiments.structure_words import as_plain
    from model.options import list_options, option_facts
    from model.structures import BASELINE, list_structures, load_structure

    try:
        chosen = [load_structure(each) for each in ([name] if name else list_structures())]
    except ValueError as error:
        raise UsageError(str(error)) from error
    baseline = load_structure(BASELINE)
    if name:
        _structure_page(as_plain(chosen[0], baseline), as_json)
        return
    keys = ("name", "title", "family", "source", "alternatives", "open_questions")
    rows = [{key: as_plain(structure, baseline)[key] for key in keys} for structure in chosen]
    rows += [{"name": f"+{each}", "family": "option", "alternatives": (), "open_questions": (), **_worded(option_facts(each))} for each in list_options()]
    _show(rows, ("name", "family", "title"), as_json)


def _worded(option: dict[str, Any]) -> dict[str, Any]:
    return {"title": option["title"], "source": " ".join(option["source"].split())}


def _structure_page(page: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print_json(page)
        return
    console = _console()
    console.print(f"{page['title']} ({page['name']}; {page['family']})", style="bold")
    console.print(page["source"])
    console.print("\nFacts", style="bold")
    console.print(_table([{"": f"{about}:", " ": words} for about, words in page["facts"].items()], ("", " "), show_header=False))
    console.print("\nWhat the document leaves open", style="bold")
    for each in page["alternatives"]:
        console.print(f"- {each['name']}: {each['says']}" + (f" (see {each['see']})" if "see" in each else ""))
    if page["alternatives"]:
        console.print(f"Each is a structure too, such as {page['name']}~{page['alternatives'][0]['name']}; compare --alternatives runs them all.")
    for each in page["open_questions"]:
        console.print(f"- (no fact says it) {each}")
    *_, (heading, lines) = page.items()
    console.print(f"\n{heading.capitalize()}", style="bold")
    for line in lines or ["nothing"]:
        console.print(f"- {line}")


@app.command(epilog='Example: joinedup why results/headline --organisation "Reading" --lever strictness')
def why(
    results: Annotated[str, typer.Argument(metavar="RESULTS", help="Folder of a comparison's or an experiment's results.")],
    organisation: Annotated[
        str, typer.Option(metavar="NAME", help="Whose levers or decisions to tell of, as it is called in the results.")
    ],
    lever: Annotated[str, typer.Option(metavar="NAME", help="Tell the reasons for each move of this lever.")] = "",
    structure: Annotated[str, typer.Option(metavar="NAME", help="Under this structure. [default: each]")] = "",
    replication: Annotated[str, typer.Option(metavar="N", help="Of which run, from 0.")] = "0",
    arm: Annotated[str, typer.Option(metavar="NAME", help="Of which arm of an experiment. [default: its control]")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, with every number.")] = False,
) -> None:
    """Tell why an organisation moved its levers, from the log of decisions of one run.

    Without --lever: every move in a sentence. With it: the pressure on money, what a step was believed to cost whom and
    to do for people, what the board said, and what would have had to be different for the lever to stay.
    """
    from experiments.store import load
    from experiments.story import StoryError, as_plain, stories, told

    number = _whole("--replication", replication, least=0)
    with _no_traceback_for_the_users_errors():
        try:
            found = stories(load(results), organisation, lever, structure, number, arm)
        except StoryError as error:
            raise UsageError(str(error)) from error
    if as_json:
        _print_json([as_plain(story) for story in found])
        return
    typer.echo("\n\n".join("\n".join(told(story)) for story in found))


@app.command(epilog="Example: joinedup journey --place wigan --most-different")
def journey(
    place: Annotated[str, typer.Option(metavar="NAME", help=PLACE_HELP)] = "berkshire-west",
    structures: Annotated[
        str, typer.Option(metavar="A,B", help="Two or more structures or TOML files, by commas; or: all.")
    ] = "separate-budgets,single-budget",
    years: Annotated[str, typer.Option(metavar="N", help="Years from April 2014.")] = "5",
    scale: Annotated[str, typer.Option(metavar="X", help="Share of the people in the model.")] = "1",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")] = "1",
    person: Annotated[str, typer.Option(metavar="ROW", help="Whom to follow. [default: one is found]")] = "",
    most_different: Annotated[
        bool, typer.Option("--most-different", help="Find the one whom the structures serve most differently.")
    ] = False,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
    ] = None,
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder of tables and figure.")] = "results/journey",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Follow one person, with the same luck, under two or more structures side by side.

    Without --person it is a typical older person with several conditions who needs some help and has an emergency.
    One person is an illustration, not evidence.
    """
    from experiments.journey import JourneySpec, as_plain, write_journey
    from experiments.journey import journey as follow
    from model.structures import list_structures

    folder = _writable(Path(output))
    named = [name.strip() for name in structures.split(",") if name.strip()]
    try:
        spec = JourneySpec(
            place=place,
            structures=tuple(list_structures() if named == ["all"] else named),
            years=_whole("--years", years),
            scale=_number("--scale", scale),
            seed=_whole("--seed", seed, least=0),
            parameters=_assignments("--set", change),
            person=_whole("--person", person, least=0) if person else None,
            most_different=most_different,
        )
        with _waiting("Living the years"):
            found = follow(spec)
    except ValueError as error:
        words = str(error).replace("JourneySpec.", "--").replace("RunSpec.", "--")
        raise UsageError(words.replace("--most_different", "--most-different")) from error
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error
    try:
        write_journey(found, folder)
    except OSError as error:
        raise UsageError(f"cannot write to {error.filename or output}: {error.strerror}") from error
    if as_json:
        _print_json(as_plain(found))
    else:
        _print_journey(found, folder)


def _writable(folder: Path) -> Path:
    """Return the folder if it can be made and written to, as far as can be told before anything runs."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise UsageError(f"cannot write to {folder}: {there} is not a folder")
    if not os.access(there, os.W_OK):
        raise UsageError(f"cannot write to {folder}: {there} is read-only")
    return folder


@contextlib.contextmanager
def _waiting(words: str) -> Iterator[None]:
    """Show on a terminal that something is being done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


def _print_journey(found: Journey, folder: Path) -> None:
    from rich.table import Table

    from experiments.figures.style import label_of
    from experiments.journey import CAUTION

    console = _console()
    labels = [label_of(label) for label in found.spec.labels]
    console.print(f"Person {found.person} of {found.place}: {found.who}.")
    console.print(f"How chosen: {found.chosen}.")
    console.print(found.verdict, style="bold")
    timeline = Table(box=None, pad_edge=False, header_style="bold")
    timeline.add_column("date", no_wrap=True)
    for label in labels:
        timeline.add_column(label, ratio=1)
    for date, (first, *others) in found.timeline():
        timeline.add_row(date, first or "–", *("the same" if text == first else text or "–" for text in others))
    console.print(timeline)
    console.print()
    console.print("Year by year: mean hours of help a week by who gives it, days by place, pounds by who pays")
    console.print(_year_table(found))
    console.print()
    console.print(_total_table(found, labels))
    if found.spec.scale < 1:
        console.print(f"Scale {found.spec.scale:g}: queues and beds do not behave as at scale 1.")
    console.print(CAUTION)
    console.print(f"Events, months and figure: {folder / 'journey.csv'} and beside it", soft_wrap=True)


YEAR_COLUMNS = {
    "frailty": "frailty", "need": "need", "informal": "family", "package": "home care", "unmet": "nobody",
    "at_home": "home", "in_hospital": "hospital", "in_care_home": "care home",
}  # fmt: skip


def _year_table(found: Journey) -> Any:
    """Return a table with a row a year and structure."""
    from rich.table import Table

    from experiments.figures.style import label_of

    years = found.periods(MONTHS_OF_A_YEAR).sort_values("period", kind="stable")
    payers = [name for name in years.columns if name.startswith("paid_")]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("year", no_wrap=True)
    table.add_column("under")
    for heading in (*YEAR_COLUMNS.values(), *(f"£ {name.removeprefix('paid_')}" for name in payers)):
        table.add_column(heading, justify="right")
    for year in years.to_dict("records"):
        begins = FIRST_YEAR + int(year["period"])
        means = [f"{year['frailty']:.2f}", *(f"{year[name]:.1f}" for name in ("need", "informal", "package", "unmet"))]
        days = [f"{year[name]:,}" for name in ("at_home", "in_hospital", "in_care_home")]
        table.add_row(
            f"{begins}/{(begins + 1) % 100:02d}", label_of(year["structure"]),
            *(means if year["days"] else [""] * len(means)), *days, *(f"{year[name]:,.0f}" for name in payers),
        )  # fmt: skip
    return table


def _total_table(found: Journey, labels: Sequence[str]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("in all")
    for label in labels:
        table.add_column(label, justify="right")
    for name, *values in found.totals.itertuples():
        sign = "£" if name.startswith("paid") else ""
        digits = 3 if name == "QALYs" else 0
        table.add_row(name, *(f"{sign}{value:,.{digits}f}" for value in values))
    return table


@app.command(epilog="Example: joinedup animate --place wigan --start 2017-01-09 --days 14")
def animate(
    place: Annotated[str, typer.Option(metavar="NAME", help=PLACE_HELP)] = "berkshire-west",
    hospital: Annotated[str, typer.Option(metavar="NAME", help="Name or part of it. [default: the main one]")] = "",
    structures: Annotated[
        str, typer.Option(metavar="A,B", help="Two structures or TOML files, by a comma.")
    ] = "separate-budgets,single-budget",
    start: Annotated[str, typer.Option(metavar="DAY", help="First day, from 2014-04-01.")] = "2017-01-09",
    days: Annotated[str, typer.Option(metavar="N", help="Days that are shown.")] = "14",
    hours: Annotated[str, typer.Option(metavar="N", help="Hours from one frame to the next.")] = "1",
    fps: Annotated[str, typer.Option(metavar="X", help="Frames a second.")] = "10",
    width: Annotated[str, typer.Option(metavar="N", help="Of a frame, in pixels.")] = "1280",
    kind: Annotated[
        str, typer.Option("--format", metavar="KIND", help="gif, or mp4 where ffmpeg or opencv is installed.")
    ] = "gif",
    scale: Annotated[str, typer.Option(metavar="X", help="Share of the people in the model.")] = "1",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")] = "1",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
    ] = None,
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder of the moving picture.")] = "results/animation",
) -> None:
    """Show a hospital fortnight under two structures as a moving picture: A&E, every bed, and who could leave.

    The same people with the same luck, hour by hour from the event flow. One run is an illustration, not evidence.
    """
    folder = _writable(Path(output))
    look = {
        "kind": _one_of("--format", kind, ("gif", "mp4")),
        "hours_a_frame": _whole("--hours", hours, most=24),
        "frames_per_second": _between("--fps", fps, 1.0, 50.0),
        "pixels_wide": _whole("--width", width, least=960, most=3840),
    }
    with _films_of_what_is_asked(folder):
        from experiments.filming import film, frames_of, write_animation

        spec = _film_spec(place, hospital, structures, start, days, scale, seed, change)
        frames_of(spec, look["hours_a_frame"])
        if look["kind"] == "mp4":
            from experiments.figures.pixels import mp4_encoder

            mp4_encoder()
        with _waiting("Living the years"):
            films = film(spec)
        with _waiting("Drawing"):
            files = write_animation(films, folder, **look)
        _say_what_was_seen(files)


@app.command("close-up", epilog="Example: joinedup close-up --place wigan --start 2016-12 --days 121")
def close_up(
    place: Annotated[str, typer.Option(metavar="NAME", help=PLACE_HELP)] = "berkshire-west",
    hospital: Annotated[str, typer.Option(metavar="NAME", help="Name or part of it. [default: the main one]")] = "",
    structures: Annotated[
        str, typer.Option(metavar="A,B", help="Two structures or TOML files, by a comma.")
    ] = "separate-budgets,single-budget",
    start: Annotated[str, typer.Option(metavar="DAY", help="First day, or month, from 2014-04.")] = "2016-12",
    days: Annotated[str, typer.Option(metavar="N", help="Days that are shown.")] = "121",
    scale: Annotated[str, typer.Option(metavar="X", help="Share of the people in the model.")] = "1",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")] = "1",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
    ] = None,
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder of the figure.")] = "results/close-up",
) -> None:
    """Draw one hospital through one winter under two structures: beds, A&E, the four hours, and delays by reason.

    The same people with the same luck, hour by hour from the event flow. One run is an illustration, not evidence.
    """
    folder = _writable(Path(output))
    with _films_of_what_is_asked(folder):
        from experiments.filming import film, write_close_up

        spec = _film_spec(place, hospital, structures, start, days, scale, seed, change)
        with _waiting("Living the years"):
            films = film(spec)
        files = write_close_up(films, folder)
        _say_what_was_seen(files)


def _film_spec(
    place: str, hospital: str, structures: str, start: str, days: str, scale: str, seed: str, change: list[str] | None
) -> FilmSpec:
    from experiments.filming import LONGEST, FilmSpec, day_of

    return FilmSpec(
        place=place,
        hospital=hospital,
        structures=tuple(name.strip() for name in structures.split(",") if name.strip()),
        start=day_of(start),
        days=_whole("--days", days, most=LONGEST),
        scale=_number("--scale", scale),
        seed=_whole("--seed", seed, least=0),
        parameters=_assignments("--set", change),
    )


@contextlib.contextmanager
def _films_of_what_is_asked(folder: Path) -> Iterator[None]:
    """Say in one line what is wrong with what was asked for, or with the folder."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error).replace("FilmSpec.", "--").replace("RunSpec.", "--")) from error
    except OSError as error:
        raise UsageError(f"cannot write to {error.filename or folder}: {error.strerror or error}") from error


def _say_what_was_seen(files: Sequence[Path]) -> None:
    *_, words = files
    console = _console()
    console.print(words.read_text(encoding="utf-8").strip(), soft_wrap=True)
    console.print(f"Written: {', '.join(str(file) for file in files)}", soft_wrap=True)


def _one_of(option: str, text: str, valid: Sequence[str]) -> str:
    if text not in valid:
        raise UsageError(f"{option} must be {' or '.join(valid)}, got {text!r}")
    return text


def _between(option: str, text: str, least: float, most: float) -> float:
    value = _number(option, text)
    if not least <= value <= most:
        raise UsageError(f"{option} must be a number from {least:g} to {most:g}, got {value:g}")
    return value


@app.command(epilog="Example: joinedup places --search york")
def places(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Show everything about this place, council or list of councils.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="List every council of England too.")] = False,
    search: Annotated[
        str, typer.Option(metavar="TEXT", help="List what has this in its name or its organisations'.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    levers: Annotated[
        bool, typer.Option("--levers", help="Show its levers at rest instead; the first time it takes a minute.")
    ] = False,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Show how much of each account is modelled instead; as slow.")
    ] = False,
    scale: Annotated[
        str, typer.Option(metavar="X", help="With --levers or --accounts: share of the people settled.")
    ] = "1",
) -> None:
    """List the places that are shipped, or show one: every number with its source, and which are assumed.

    Any council of England with adult social services is a place too, by name or ONS code, and so are several together.

    With --levers: where each organisation's levers rest, what strictness and generosity were solved from, and the norm
    of each: pounds a head and year for a step that the organisation must be taken to value, if it is to stay there.

    With --accounts: what is published of each account of councils and consortia, in pounds a year, how much of that the
    model has at rest, and what is committed besides.
    """
    if name and (every or search):
        raise UsageError(f"--all and --search list places; to show {name!r} alone leave them out")
    if levers and accounts:
        raise UsageError("--levers and --accounts must come one at a time")
    if levers:
        _levers_of_a_place(name, _number("--scale", scale), as_json)
    elif accounts:
        _accounts_of_a_place(name, _number("--scale", scale), as_json)
    elif name:
        _place_page(name, as_json)
    else:
        _list_places(every, search, as_json)


def _list_places(every: bool, search: str, as_json: bool) -> None:
    from model.place import list_places
    from model.place_choice import unknown_place
    from model.place_overview import overviews

    found = overviews(councils=every, search=search)
    if not found:
        raise UsageError(str(unknown_place(search, list_places())))
    rows = [{key: value for key, value in row.items() if key != "notes"} for row in found]
    if as_json:
        _print_json(rows)
        return
    counted = ("councils", "consortia", "hospitals")
    lines = [
        {**row, **{key: len(row[key]) for key in counted}, "shared": f"{row['coterminosity']:.2f}"} for row in rows
    ]
    _show(lines, ("name", "adults", *counted, "shared"), as_json)
    if sys.stdout.isatty():
        _console().print(
            "\nshared: coterminosity, 1 where councils and consortia have the same boundaries,\n"
            "near 0 where each meets many others. joinedup places NAME tells all about one;\n"
            "--all lists every council of England, --search TEXT finds some. Any of them is\n"
            "a --place, and so are several councils together: --place kent,medway",
            soft_wrap=True,
        )


def _levers_of_a_place(name: str, scale: float, as_json: bool) -> None:
    _check_settled("--levers", name, scale)
    from model.levers_at_rest import levers_at_rest

    columns = ("organisation", "lever", "level", "unit", "norm", "status", "how")
    _show_settled(lambda: levers_at_rest(name, scale), columns, as_json)


def _accounts_of_a_place(name: str, scale: float, as_json: bool) -> None:
    _check_settled("--accounts", name, scale)
    from model.accounts_at_rest import accounts_at_rest

    columns = ("organisation", "account", "published", "modelled", "modelled_share", "committed", "status", "source")
    _show_settled(lambda: accounts_at_rest(name, scale), columns, as_json)


def _check_settled(option: str, name: str, scale: float) -> None:
    if not name:
        raise UsageError(f"{option} must come with the name of a place, as in: joinedup places wigan {option}")
    if not 0.0 < scale <= 1.0:
        raise UsageError(f"--scale must be a share above 0 and at most 1, got {scale}")


def _show_settled(read: Callable[[], Iterable[Any]], columns: Sequence[str], as_json: bool) -> None:
    try:
        rows = [row._asdict() for row in read()]
    except ValueError as error:
        raise UsageError(str(error)) from error
    if as_json:  # what is not known is null: JSON has no NaN
        _print_json([{key: None if value != value else value for key, value in row.items()} for row in rows])
        return
    _console().print(_table(rows, columns))


def _place_page(name: str, as_json: bool) -> None:
    from model.place import describe_place, load_place, place_summary

    try:
        place = load_place(name)
    except ValueError as error:
        raise UsageError(str(error)) from error
    summary, facts = place_summary(place), [row._asdict() for row in describe_place(place)]
    if as_json:
        _print_json({**summary, "facts": facts})
        return
    console = _console()
    console.print(f"{summary['title']} ({summary['name']})", style="bold")
    console.print(" ".join(str(summary["notes"]).split()))
    after = ", ".join(f"{council} with {consortium}" for council, consortium in summary["redrawn"].items())
    redrawn = f" ({summary['coterminosity_redrawn']:.2f} with boundaries redrawn: {after})" if summary["coterminosity"] < 1.0 else ""
    summary["coterminosity"] = f"{summary['coterminosity']:.2f}{redrawn}"
    for key in ("adults", "small_areas", "councils", "consortia", "hospitals", "main_hospitals", "coterminosity"):
        console.print(f"{key.replace('_', ' ')}: {_cell(summary[key]) or 'none'}", soft_wrap=True)
    numbers = {source: n for n, source in enumerate(dict.fromkeys(row["source"] for row in facts), start=1)}
    rows = [{**row, "source": numbers[row["source"]]} for row in facts]
    widths = {key: max(len(_cell(row[key])) for row in rows) for key in ("value", "unit", "status")}
    by_organisation: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_organisation.setdefault(row["organisation"], []).append(row)
    for organisation, own in by_organisation.items():
        console.print(f"\n{organisation}", style="bold")
        console.print(_table(own, ("name", "value", "unit", "status", "source"), {"name": WIDTH_OF_A_FACT, **widths}))
    console.print("\nSources", style="bold")
    for source, number in numbers.items():
        console.print(f"{number:>2}  {source}", soft_wrap=True)


@app.command(epilog="Example: joinedup parameters | grep deciding")
def parameters(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List every parameter: default, range, unit, and the evidence or assumption it rests on."""
    from model.evidence import evidence
    from model.parameters import Parameters

    table = Parameters().table()
    for row in table:
        if row.evidence:
            evidence(row.evidence)  # a default must not name a row that is not there
    rows = [row._asdict() for row in table]
    if not as_json:  # what a reader looks for, in few columns
        for row in rows:
            row["range"] = f"{_cell(row['low'])} to {_cell(row['high'])}"
            row["rests on"] = row["evidence"] or f"assumed: {row['assumption']}"
    _show(rows, ("name", "value", "range", "unit", "rests on", "meaning"), as_json)


@app.command("fit-population", epilog="Example: joinedup fit-population --scale 0.1 --rounds 4 --replicates 2")
def fit_population(
    rounds: Annotated[str, typer.Option(metavar="N", help="Times that the population is run and corrected.")] = "10",
    replicates: Annotated[str, typer.Option(metavar="N", help="Fits to drawn targets, for the intervals.")] = "8",
    scale: Annotated[str, typer.Option(metavar="X", help="Share of England in miniature.")] = "1",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")] = "2014",
    output: Annotated[
        str, typer.Option(metavar="FILE", help="CSV file of the rates.")
    ] = "results/population/population.csv",
    store: Annotated[bool, typer.Option("--store", help="Let the model use them from now on.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Fit the rates of people to what is known of England, with intervals, as data.

    It begins from arithmetic alone, so the same options give the same rates, whatever is stored. With the defaults it
    takes a quarter of an hour and makes the file that is shipped.
    """
    from experiments.fitting import FitSpec, fit_and_write, largest_difference
    from model.fitted_rates import FILE, FittedRatesError, fitted_rates

    try:
        spec = FitSpec(
            rounds=_whole("--rounds", rounds),
            replicates=_whole("--replicates", replicates),
            scale=_share("--scale", scale),
            seed=_whole("--seed", seed, least=0),
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    for file in (Path(output), FILE) if store else (Path(output),):
        _writable(file.parent)
        if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
            raise UsageError(f"cannot write to {file}: it is {'a folder' if file.is_dir() else 'read-only'}")
    try:
        before = fitted_rates()
    except FittedRatesError as error:  # a fit needs no stored rates, and can replace damaged ones
        before, damage = None, str(error)
    path = Path(output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        rates = fit_and_write(spec, path, None if quiet else lambda line: print(line, file=sys.stderr))  # noqa: T201
        if store:
            FILE.write_bytes(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot write to {error.filename or output}: {error.strerror}") from error
    if not quiet:
        typer.echo(f"Rates: {path}" + (", and now in force" if store else ""))
        if before is None:
            typer.echo(f"No rates were in force: {damage}")
        else:
            name, by = largest_difference(rates, before)
            typer.echo(f"Largest change from the rates that were in force: {by:.2%}, {name}")


@app.command(epilog="Example: joinedup causes --samples 20 --output causes.csv")
def causes(
    samples: Annotated[str, typer.Option(metavar="N", help="Sets to draw from the joint prior.")] = "200",
    seed: Annotated[str, typer.Option(metavar="N", help="Another seed draws other sets.")] = "1",
    output: Annotated[
        str, typer.Option(metavar="FILE", help="Write the sets as CSV; compare --set @FILE:1 takes the first.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Share out emergencies over their causes: at the defaults, and what may be believed of the split.

    Printed is each cause's share at the defaults and, in brackets, its middle 90% over sets of parameters drawn from
    the joint prior: sets that claim more than was published as avoidable are left out.
    """
    from experiments.parameter_sets import ParameterSetError, write_parameter_sets

    number, luck = _whole("--samples", samples), _whole("--seed", seed, least=0)
    with _no_traceback_for_the_users_errors():
        from model.cause_prior import clock_values, joint_prior, share_and_interval, shares_over
        from model.emergency_sums import MEASURES

        drawn = joint_prior(number, luck)
        tables = {of: shares_over(drawn, of) for of in MEASURES}
    if output:
        try:
            write_parameter_sets([clock_values(each) for each in drawn], Path(output))
        except ParameterSetError as error:
            raise UsageError(str(error)) from error
    if as_json:
        _print_json([{"of": of, **row} for of, table in tables.items() for row in table.to_dict("records")])
        return
    for of, table in tables.items():
        shown = table.assign(share=[share_and_interval(row) for row in table.itertuples()])
        wide = shown.pivot_table(index="cause", columns="ages", values="share", aggfunc="first", sort=False)
        rows = [{"cause": cause.replace("_", " "), **row} for cause, row in wide.to_dict("index").items()]
        _console().print(f"share of emergency {of}", style="bold")
        _console().print(_table(rows, ("cause", *wide.columns)))


# What if: runs beside runs, with the same people and luck.

PlaceOption = Annotated[str, typer.Option(metavar="NAME", help=PLACE_HELP)]
YearsOption = Annotated[str, typer.Option(metavar="N", help="Years from April 2014.")]
ReplicationsOption = Annotated[str, typer.Option(metavar="N", help="Runs of each case, paired by luck.")]
ScaleOption = Annotated[str, typer.Option(metavar="X", help="Share of the people in the model; 1 to read numbers.")]
SeedOption = Annotated[str, typer.Option(metavar="N", help="Another seed is other luck.")]
SettlementOption = Annotated[str, typer.Option(metavar="NAME", help="Money by year: published, flat, ample, cuts, growth, national, squeezed, or a TOML file.")]
FundedOption = Annotated[bool, typer.Option("--funded", help="Changing over, and what entitlements are expected to cost, is paid for on top of the settlement.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")]
WorkersOption = Annotated[str, typer.Option(metavar="N", help="Processes. [default: as many as processors]")]
OutputOption = Annotated[str, typer.Option(metavar="DIR", help="Folder of runs, tables and figure.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def _ground(
    place: str, years: str, replications: str, scale: str, seed: str, settlement: str, funded: bool, change: list[str] | None, structures: Sequence[str]
) -> Ground:
    """Return what all runs of a question share, every name in it known."""
    from experiments.cases import Ground
    from experiments.specification import START
    from model.parameters import Parameters
    from model.patchwork import check_structure
    from model.place import load_place
    from model.settlement import load_settlement

    assigned = _assignments("--set", _spelled_out(change))
    Parameters().with_values(assigned)
    load_settlement(settlement)
    for structure in structures:
        check_structure(structure, load_place(place), START)
    return Ground(
        place=place,
        years=_whole("--years", years),
        replications=_whole("--replications", replications),
        scale=_number("--scale", scale),
        seed=_whole("--seed", seed, least=0),
        settlement=settlement,
        parameters=assigned,
        others={"funding": "funded"} if funded else {},
    )


def _cases(output: str, workers: str, quiet: bool) -> Cases:
    from experiments.cases import Cases

    return Cases(output, _whole("--workers", workers) if workers else os.cpu_count() or 1, quiet)


@contextlib.contextmanager
def _what_is_asked(output: str) -> Iterator[None]:
    """Say in a line what is wrong with what was asked for, with the folder, or with the runs."""
    from experiments.cases import CasesError
    from experiments.store import ResultsError

    try:
        yield
    except CasesError as error:
        for line in str(error).splitlines():
            _say(f"failed: {line}", FAILED)
        raise typer.Exit(FAILED) from error
    except (ResultsError, TypeError, ValueError) as error:
        if isinstance(error, TypeError) and "must" not in str(error):
            raise
        raise UsageError(re.sub(r"\b[A-Z]\w*Spec\.(\w+)|\bGround\.(\w+)", _as_option, str(error))) from error
    except OSError as error:
        raise UsageError(f"cannot use {error.filename or output}: {error.strerror or error}") from error


def _as_option(match: re.Match[str]) -> str:
    return f"--{(match[1] or match[2]).replace('_', '-')}"


def _say_files(files: Sequence[Path]) -> None:
    _console().print(f"Written: {', '.join(str(file) for file in files)}", soft_wrap=True)


@app.command(epilog="Example: joinedup shunts --place wigan --counterfactual council.strictness --kind respond")
def shunts(
    results: Annotated[str, typer.Argument(metavar="[RESULTS]", help="A comparison: its place, years, luck and parameters.")] = "",
    place: PlaceOption = "berkshire-west",
    structure: Annotated[str, typer.Option(metavar="NAME", help="Structure, or TOML file of your own.")] = "separate-budgets",
    counterfactual: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO[.LEVER]", help="Decision that is undone in a second run; may be repeated. [default: all of each kind that decides]"),
    ] = None,
    kind: Annotated[str, typer.Option(metavar="KIND", help="replay: all other levers as they were; respond: others react.")] = "replay",
    against: Annotated[str, typer.Option(metavar="WHAT", help="Reference: observed, or national where a median is known.")] = "observed",
    draws: Annotated[str, typer.Option(metavar="N", help="Sets of cause shares drawn besides the defaults.")] = "4",
    years: YearsOption = "10",
    replications: ReplicationsOption = "1",
    scale: ScaleOption = "1",
    seed: SeedOption = "1",
    settlement: SettlementOption = "published",
    funded: FundedOption = False,
    change: SetOption = None,
    workers: WorkersOption = "",
    output: OutputOption = "results/shunts",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say who pays for whose decision: attributed within a run, and by a second run without the decision.

    Both stand side by side with their disagreement, by payer and service line, over the prior of cause shares.
    Households are apart from organisations.
    """
    with _what_is_asked(output):
        from experiments.shunting import ESTIMATES, ShuntSpec, write_shunts
        from experiments.shunting import shunts as find

        ground = _ground_of(results, structure) if results else _ground(place, years, replications, scale, seed, settlement, funded, change, [structure])
        spec = ShuntSpec(
            ground=ground, structure=structure, decisions=tuple(counterfactual or ()), kind=kind, against=against,
            draws=_whole("--draws", draws, least=0, most=1_000),
        )  # fmt: skip
        found = find(spec, _cases(output, workers, quiet or as_json), Path(results) if results else None)
        files = write_shunts(found, Path(output))
    if as_json:
        _print_json({"lines": _records(found.lines()), "people": _records(found.people)})
    elif not quiet:
        which, words = ("_luck", "the 95% interval over replications") if ground.replications > 1 else ("", "from least to most over draws of cause shares")
        rows = [
            {"decision": row.decision, "payer": row.payer, **{name: _pounds_and_range(row, name, which) for name in ESTIMATES}}
            for row in found.matrix().itertuples()
        ]
        _console().print(_table(rows, ("decision", "payer", *ESTIMATES)) if rows else "No decision costs or saves anybody anything.")
        if rows and (ground.replications > 1 or spec.draws):
            _console().print(f"In brackets: {words}; shunts.csv has both.")
        _say_files(files)


def _ground_of(results: str, structure: str) -> Ground:
    """Return the ground of a comparison's runs."""
    from experiments.cases import Ground
    from experiments.specification import ComparisonSpec
    from experiments.store import load

    spec = load(results).spec
    if not isinstance(spec, ComparisonSpec):
        raise UsageError(f"{results} must hold a comparison, which is where a place and its structures stand")
    if structure not in spec.structures:
        raise UsageError(f"--structure must be one of {', '.join(spec.structures)}, which {results} compares, got {structure!r}")
    if spec.hold:
        raise UsageError(f"{results} holds levers ({', '.join(spec.hold)}), which shunts cannot; compare without --hold")
    return Ground.of(spec)


def _pounds_and_range(row: Any, name: str, which: str) -> str:
    from experiments.figures.style import number

    low, high = getattr(row, f"{name}{which}_low"), getattr(row, f"{name}{which}_high")
    reach = "" if low != low else f" ({number(low, 'pounds', signed=True)} to {number(high, 'pounds', signed=True)})"
    return number(getattr(row, name), "pounds", signed=True) + reach


FIRST_HELP, SECOND_HELP = "The structure that is compared with.", "The other structure, by name or TOML file."


@app.command(epilog="Example: joinedup waterfall separate-budgets single-budget --replications 5")
def waterfall(
    first: Annotated[str, typer.Argument(metavar="FIRST", help=FIRST_HELP)] = "separate-budgets",
    second: Annotated[str, typer.Argument(metavar="SECOND", help=SECOND_HELP)] = "single-budget",
    orders: Annotated[str, typer.Option(metavar="N", help="Orders that are averaged over. [default: all for up to four groups of facts, else 12]")] = "0",
    place: PlaceOption = "berkshire-west",
    years: YearsOption = "10",
    replications: ReplicationsOption = "3",
    scale: ScaleOption = "1",
    seed: SeedOption = "1",
    settlement: SettlementOption = "published",
    funded: FundedOption = False,
    change: SetOption = None,
    workers: WorkersOption = "",
    output: OutputOption = "results/waterfall",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Tell the difference between two structures fact by fact, with what is interaction apart.

    Facts in which they differ are put in groups and changed one group after another, in many orders, on the same people
    with the same luck. Each structure on the way is written down as a file of its own.
    """
    with _what_is_asked(output):
        from experiments.waterfall import WaterfallSpec, write_waterfall
        from experiments.waterfall import waterfall as find

        ground = _ground(place, years, replications, scale, seed, settlement, funded, change, [first, second])
        found = find(WaterfallSpec(ground=ground, first=first, second=second, orders=_whole("--orders", orders, least=0, most=10_000)), _cases(output, workers, quiet or as_json))
        files = write_waterfall(found, Path(output))
    if as_json:
        _print_json({"averaged_over": found.said, "rows": _records(found.rows)})
    elif not quiet:
        rows = [
            {"measure": _label_of(row.measure), "step": row.group, "part": _estimate(row.part, row.low, row.high, row.measure), "alone": _amount(row.alone, row.measure), "interaction": _amount(row.interaction, row.measure)}
            for row in found.rows.itertuples()
        ]
        _console().print(_table(rows, ("measure", "step", "part", "alone", "interaction")))
        _console().print(f"Averaged over {found.said}.", soft_wrap=True)
        _say_files(files)


@app.command(epilog="Example: joinedup gains separate-budgets single-budget --replications 5")
def gains(
    first: Annotated[str, typer.Argument(metavar="FIRST", help=FIRST_HELP)] = "separate-budgets",
    second: Annotated[str, typer.Argument(metavar="SECOND", help=SECOND_HELP)] = "single-budget",
    place: PlaceOption = "berkshire-west",
    years: YearsOption = "10",
    replications: ReplicationsOption = "3",
    scale: ScaleOption = "1",
    seed: SeedOption = "1",
    settlement: SettlementOption = "published",
    funded: FundedOption = False,
    change: SetOption = None,
    workers: WorkersOption = "",
    output: OutputOption = "results/gains",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say who gains and who loses between two structures, person by person.

    Each person is set beside themselves, with the same luck, and told of by age, need, deprivation and council.
    """
    with _what_is_asked(output):
        from experiments.figures.wording import with_unit
        from experiments.gains import OUTCOMES, GainsSpec, write_gains
        from experiments.gains import gains as find

        ground = _ground(place, years, replications, scale, seed, settlement, funded, change, [first, second])
        found = find(GainsSpec(ground=ground, first=first, second=second), _cases(output, workers, quiet or as_json))
        files = write_gains(found, Path(output))
    if as_json:
        _print_json(_records(found.rows))
    elif not quiet:
        rows = [
            {"by": row.dimension, "group": row.group, "outcome": with_unit(outcome.label, outcome.unit), "people": round(row.people), "better": f"{row.better:.2%}", "worse": f"{row.worse:.2%}",
             "change a person": _estimate(row.change, row.change_low, row.change_high, "out_of_pocket" if outcome.unit == "pounds" else "")}
            for row in found.rows.itertuples()
            for outcome in [OUTCOMES[row.outcome]]
        ]
        _console().print(_table(rows, ("by", "group", "outcome", "people", "better", "worse", "change a person")))
        _say_files(files)


@app.command(epilog="Example: joinedup ablate --structures separate-budgets,single-budget --without board,trust")
def ablate(
    structures: Annotated[str, typer.Option(metavar="A,B,C", help="Structures or TOML files; the first is compared with.")] = "separate-budgets,single-budget",
    without: Annotated[str, typer.Option(metavar="A,B,C", help="Mechanisms, one at a time. [default: all; see --list]")] = "",
    listed: Annotated[bool, typer.Option("--list", help="List the mechanisms that can be taken away, and end.")] = False,
    place: PlaceOption = "berkshire-west",
    years: YearsOption = "10",
    replications: ReplicationsOption = "3",
    scale: ScaleOption = "1",
    seed: SeedOption = "1",
    settlement: SettlementOption = "published",
    funded: FundedOption = False,
    change: SetOption = None,
    workers: WorkersOption = "",
    output: OutputOption = "results/ablation",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take away one mechanism at a time, and say how much of each difference between structures survives."""
    with _what_is_asked(output):
        from experiments.ablation import ABLATIONS, AblationSpec, write_ablation
        from experiments.ablation import ablate as find

        if listed:
            listing = [{"name": name, "title": each.title, "parameters": dict(each.parameters)} for name, each in ABLATIONS.items()]
            _show([{**row, "sets": ", ".join(f"{key}={value:g}" for key, value in row["parameters"].items())} for row in listing], ("name", "title", "sets"), as_json)
            return
        named = tuple(name.strip() for name in structures.split(",") if name.strip())
        chosen = tuple(name.strip() for name in without.split(",") if name.strip())
        ground = _ground(place, years, replications, scale, seed, settlement, funded, change, named)
        found = find(AblationSpec(ground=ground, structures=named, ablations=chosen), _cases(output, workers, quiet or as_json))
        files = write_ablation(found, Path(output))
    if as_json:
        _print_json(_records(found.rows))
    elif not quiet:
        rows = [
            {"structure": row.structure, "without": row.ablation, "measure": _label_of(row.measure), "difference": _estimate(row.difference, row.low, row.high, row.measure), "survives": "" if row.survives != row.survives else f"{row.survives:.0%}"}
            for row in found.rows.itertuples()
        ]
        _console().print(_table(rows, ("structure", "without", "measure", "difference", "survives")))
        _say_files(files)


@app.command(epilog="Example: joinedup worth separate-budgets single-budget --levels 0.02,0.05,0.1 --replications 5")
def worth(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="The reference, which is given more money.")] = "separate-budgets",
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The structure whose outcomes are to be bought.")] = "single-budget",
    levels: Annotated[str, typer.Option(metavar="A,B,C", help="Rises in budget that are run, as shares of it.")] = "0.02,0.05,0.1",
    account: Annotated[str, typer.Option(metavar="NAME", help="Account that the money is for, such as social_care; or: all.")] = "all",
    place: PlaceOption = "berkshire-west",
    years: YearsOption = "10",
    replications: ReplicationsOption = "3",
    scale: ScaleOption = "1",
    seed: SeedOption = "1",
    settlement: SettlementOption = "published",
    funded: FundedOption = False,
    change: SetOption = None,
    workers: WorkersOption = "",
    output: OutputOption = "results/worth",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what rise in budget under the first structure buys the outcomes of the second.

    Read off between levels of budget that were run, never beyond them.
    """
    with _what_is_asked(output):
        from experiments.worth import WorthSpec, write_worth
        from experiments.worth import worth as find

        ground = _ground(place, years, replications, scale, seed, settlement, funded, change, [first, second])
        shares = tuple(_number("--levels", text) for text in levels.split(",") if text.strip())
        found = find(WorthSpec(ground=ground, first=first, second=second, levels=shares, account=account), _cases(output, workers, quiet or as_json))
        files = write_worth(found, Path(output))
    if as_json:
        _print_json(_records(found.rows))
    elif not quiet:
        rows = [
            {"outcome": _label_of(row.measure), "difference": _estimate(row.difference, row.low, row.high, row.measure), "is worth": row.why or _estimate(row.pounds, row.pounds_low, row.pounds_high, "public_spending"), "with balances": "" if row.why else _amount(row.with_balances, "public_spending")}
            for row in found.rows.itertuples()
        ]
        _console().print(_table(rows, ("outcome", "difference", "is worth", "with balances")))
        _say_files(files)


@app.command(epilog="Example: joinedup switching separate-budgets single-budget --parameters deciding,seeking.unmanaged_share")
def switching(
    first: Annotated[str, typer.Argument(metavar="FIRST", help=FIRST_HELP)] = "separate-budgets",
    second: Annotated[str, typer.Argument(metavar="SECOND", help=SECOND_HELP)] = "single-budget",
    measure: Annotated[str, typer.Option(metavar="NAME", help="By which the two rank.")] = "qalys",
    parameters: Annotated[str, typer.Option(metavar="A,B,C", help="Names, or starts of names such as deciding.")] = "deciding",
    place: PlaceOption = "berkshire-west",
    years: YearsOption = "10",
    replications: ReplicationsOption = "3",
    scale: ScaleOption = "1",
    seed: SeedOption = "1",
    settlement: SettlementOption = "published",
    funded: FundedOption = False,
    change: SetOption = None,
    workers: WorkersOption = "",
    output: OutputOption = "results/switching",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say which assumption must change, and by how much, for two structures to change places.

    One parameter at a time is put at the ends of its range.
    """
    with _what_is_asked(output):
        from experiments.switching import SwitchSpec, write_switching
        from experiments.switching import switching as find

        ground = _ground(place, years, replications, scale, seed, settlement, funded, change, [first, second])
        tried = tuple(name.strip() for name in parameters.split(",") if name.strip())
        found = find(SwitchSpec(ground=ground, first=first, second=second, measure=measure, parameters=tried), _cases(output, workers, quiet or as_json))
        files = write_switching(found, Path(output))
    if as_json:
        _print_json({"rows": _records(found.rows), "switches": _records(found.switches)})
    elif not quiet:
        rows = [
            {"parameter": row.parameter, "at": row.at, "value": row.value, "difference": _estimate(row.difference, row.low, row.high, measure)}
            for row in found.rows.itertuples()
        ]
        _console().print(_table(rows, ("parameter", "at", "value", "difference")))
        for row in found.switches.itertuples():
            _console().print(f"{row.parameter}: {row.switch:.4g} in the place of {row.default:g} turns the ranking round{'' if row.clear else ', not clearly'}.", soft_wrap=True)
        if found.switches.empty:
            _console().print("No assumption that was tried turns the ranking round by itself.")
        _say_files(files)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON, which has neither NaN nor infinity: what is not known, or open, is null."""
    open_ended = (float("inf"), float("-inf"))
    return [{key: None if value != value or value in open_ended else value for key, value in row.items()} for row in frame.to_dict("records")]


def _label_of(measure: str) -> str:
    from model.measures import MEASURES

    return MEASURES[measure].label


def _amount(value: float, measure: str = "") -> str:
    from experiments.figures.style import number
    from model.measures import MEASURES

    return "" if value != value else number(value, MEASURES[measure].unit if measure else "", signed=True)


def _estimate(value: float, low: float, high: float, measure: str = "") -> str:
    """Return an estimate with its interval in words; an end beyond what was run is said to be open."""
    if low != low:
        return _amount(value, measure)
    ends = [word if abs(end) == float("inf") else _amount(end, measure) for end, word in ((low, "below what was run"), (high, "beyond what was run"))]
    return f"{_amount(value, measure)} ({ends[0]} to {ends[1]})"


def _show(rows: Sequence[dict[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """Print rows: as JSON, as a table on a terminal, or their names one a line in a pipe."""
    if as_json:
        _print_json(rows)
    elif sys.stdout.isatty():
        _console().print(_table(rows, columns))
    else:
        for row in rows:
            typer.echo(row["name"])


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str], widths: Mapping[str, int] | None = None, show_header: bool = True) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=show_header)
    for column in columns:
        numbers = all(_is_number(row[column]) for row in rows)
        justify = "right" if numbers else "left"
        width = (widths or {}).get(column)
        whole = numbers or (column == columns[0] == "name" and not width)  # not folded where the terminal is narrow
        table.add_column(column.replace("_", " "), justify=justify, no_wrap=whole, overflow="fold", width=width)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    return table


def _is_number(value: Any) -> bool:
    return _cell(value).removeprefix("-").replace(",", "").replace(".", "", 1).isdecimal()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=float))
