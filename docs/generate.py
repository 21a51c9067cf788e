"""Write the pages and tables of the documentation that come from the code.

``python docs/generate.py`` rewrites them; ``--check`` only lists what is out of date and exits with 1 if anything is.
Whole pages are in :data:`PAGES`. A table inside a page stands between ``<!-- generated: NAME -->`` and
``<!-- end -->``, with its name in :data:`TABLES`.
"""

from __future__ import annotations

import csv
import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

from agents import deciding  # noqa: E402 - after the path is set
from agents.patients import record  # noqa: E402
from agents.vocabulary import Lever, Reason, Responsible  # noqa: E402
from experiments.structure_words import differences_in_words  # noqa: E402
from model.cause_prior import joint_prior, share_and_interval, shares_over  # noqa: E402
from model.delayed_transfers import ACUTE, recorded_days  # noqa: E402
from model.economy import PHASES  # noqa: E402
from model.emergency_sums import ALL, BANDS, sums_rows  # noqa: E402
from model.evidence import evidence  # noqa: E402
from model.fitted_rates import FILE as FITTED  # noqa: E402
from model.indicators import GRADIENTS, RATES, SPREADS, Indicator  # noqa: E402
from model.ledger import OWN_LINES  # noqa: E402
from model.measures import HEADLINE, OF_GROUPS, OF_ORGANISATIONS, OF_PAIRS, OTHER, Measure  # noqa: E402
from model.mechanisms import lacking  # noqa: E402
from model.parameters import Parameters  # noqa: E402
from model.structures import BASELINE, CommissioningStructure, list_structures, load_structure  # noqa: E402

BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOTICE = "<!-- Written by docs/generate.py from the code: edit that, not this page. -->"
PRIOR_SETS, PRIOR_SEED = 200, 1  # of the joint prior of causes, for its table


def table(header: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 0) -> str:
    """Return a Markdown table; the last `numbers` columns are set to the right."""
    ruler = ["---"] * (len(header) - numbers) + ["---:"] * numbers
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(header), ruler, *cells])


def short(value: float) -> str:
    """Return a number as a reader would write it."""
    return f"{value:,.10g}"


# Parameters


def parameters_page() -> str:
    """Return the page of all tunable numbers."""
    parts = [
        "# Parameters",
        NOTICE,
        "Every number that a run can change, grouped by what it tunes. `joinedup parameters` prints the same table, "
        "`joinedup compare --set seeking.contacts_per_unmet_hour=0` changes one. The range is what is thought "
        "plausible: the prior of sensitivity analysis. A number may leave it, but not the bounds of sense (a share "
        "stays between 0 and 1).\n\nA default rests on a row of the [evidence "
        "table](../../model/data/evidence/README.md), whose id is given, or it is an assumption, and says why it was "
        "thought likely.",
    ]
    rows: dict[str, list[tuple[str, ...]]] = {}
    for row in Parameters().table():
        group, _, name = row.name.partition(".")
        rests = f"assumed: {row.assumption}"
        if row.evidence:
            rests = f"evidence {row.evidence}: {evidence(row.evidence).source}"
        reach = f"{short(row.low)} to {short(row.high)}"
        rows.setdefault(group, []).append((f"`{name}`", short(row.value), reach, row.unit, row.meaning, rests))
    for field in dataclasses.fields(Parameters):
        kind = type(getattr(Parameters(), field.name))
        file = f"{kind.__module__.replace('.', '/')}.py"
        doc = inspect.getdoc(kind).split("\n")[0]
        parts.append(f"## `{field.name}`\n\n{doc} `{kind.__name__}` in [{file}](../../{file}).")
        parts.append(table(("name", "default", "range", "unit", "what it does", "rests on"), rows[field.name]))
    parts.append(
        "## Fixed assumptions\n\nNumbers that shape the tables which are solved from the evidence, or the state that a "
        "place starts from. They are constants of the code: a run cannot change them without an edit."
    )
    parts.append(table(("constant", "value", "file", "assumption"), fixed_assumptions()))
    return "\n\n".join(parts) + "\n"


def fixed_assumptions() -> list[tuple[str, ...]]:
    """Return the constants that a comment marks as assumptions: name, value, file, why."""
    line = re.compile(r"^([A-Z][A-Z0-9_]+)[^=\n]* = (.+?)  # (?:assumption,? ?)(.*)$", re.MULTILINE)
    found = []
    for room in ("agents", "model"):
        for file in sorted((ROOT / room).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            for name, value, why in line.findall(file.read_text(encoding="utf-8")):
                shown = "(a table)" if len(value) > 60 or value.endswith(("{", "(")) else f"`{value}`"
                found.append((f"`{name}`", shown, f"[{path}](../../{path})", why.lstrip(": ")))
    return found


# The record

UNSAID = {  # fields whose comment the record leaves to their names
    "council": "index into the place's councils: where the person lives",
    "consortium": "index into the place's consortia: where the person lives",
}


def record_page() -> str:
    """Return the page of the 64-byte record of a person."""
    source = (ROOT / "agents/patients/record.py").read_text(encoding="utf-8")
    said = dict(re.findall(r'^\s+\("(\w+)", "\w+"\),  # (.+)$', source, re.MULTILINE))
    fields = []
    for name in record.RECORD.names:
        kind, offset = record.RECORD.fields[name][:2]
        fields.append((offset, f"`{name}`", kind.str[1:], said.get(name) or UNSAID[name]))
    masks = re.findall(r"^([A-Z_]+) = (0x[0-9A-F]+|-?\d+)(?:  # (.+))?$", source, re.MULTILINE)
    parts = [
        "# The record of one person",
        NOTICE,
        f"The population is one NumPy array of records of {record.RECORD.itemsize} bytes, one cache line each: "
        "`agents.patients.record.RECORD`. Row *i* is person *i* for life. The dead keep their row, newcomers are "
        "appended, and no row is used again (but in frozen demography, where the dead begin anew in theirs). "
        "`economy.patients[i]` is a readable view of row *i*; the attributes it "
        "has are in `agents/patients/patient.py`.",
        "Totals are whole numbers, so that the order of adding cannot matter. Kernels read a field, compute in 64 bits "
        "and store once. Types: `u` unsigned whole number, `i` signed, `f` floating point, then the bytes.",
        table(("byte", "field", "type", "meaning"), fields),
        "## Bits and special values\n\n`person`, `care` and `flags` hold several facts each:",
        table(("name", "value", "meaning"), [(f"`{name}`", f"`{value}`", why) for name, value, why in masks]),
        "`conditions` has one bit for each member of `agents.vocabulary.Condition`; the settings and funders in `care` "
        "are `Setting` and `Funder` of the same file.",
    ]
    return "\n\n".join(parts) + "\n"


# Tables inside pages


def phases_table() -> str:
    """Return the phases of a month, in order."""
    return "\n".join(f"{number}. `{phase}`" for number, phase in enumerate(PHASES, start=1))


def levers_table() -> str:
    """Return every lever with its range, step and own service lines."""
    rows = []
    for lever, reach in deciding.LEVER_RANGES.items():
        step = f"× {1 + reach.step:g}" if reach.multiplicative else f"± {reach.step:g}"
        lines = ", ".join(service.name.lower() for service in OWN_LINES[lever])
        bounds = f"{reach.low:g} to {reach.high:g}"
        rows.append((f"`{lever.name.lower()}`", reach.unit, bounds, step, reach.group, lines))
    assert len(rows) == len(Lever) - 1
    return table(("lever", "unit", "range", "one step", "group", "own service lines"), rows)


def measures_table(measures: Sequence[Measure | Indicator] = HEADLINE, what: str = "measure") -> str:
    """Return the headline measures, or others."""
    rows = [(f"`{each.name}`", each.label, each.unit, each.definition, each.better) for each in measures]
    return table((what, "label", "unit", "what is told", "better if"), rows)


MEASURES_FRAME = """```python
from model import HealthEconomy

economy = HealthEconomy("wigan")
economy.run(years=2)
print(economy.measures.query("organisation == 'place' and measure == 'reablement_at_home'"))
print(economy.indicators(1).query("organisation == 'place'"))
```"""


def measures_page() -> str:
    """Return the page of all measures and indicators."""
    flows = "A flow's months add up to a year, a stock's are averaged; people, beds and hours a week are stocks."
    return "\n\n".join(
        [
            "# Measures",
            NOTICE,
            "Whatever a run tells is defined once, in `model/measures.py`: whole numbers that people, cases and the ledger come to, "
            "month by month. Yearly rates, shares and spreads are worked out from them by `model/indicators.py`. Ids such as T-C-014 and "
            "P-C.carer-006 are rows of the [evidence tables](../../model/data/evidence/README.md).",
            MEASURES_FRAME,
            "A comparison writes the measures of each run, by month, to `measures.parquet`; their paired differences to `differences.csv`, those "
            "of indicators to `indicators.csv` and the section *By official definitions* of `summary.md`. Only the headline has figures.",
            f"## Headline\n\nFor the place and each council. {flows} A breakdown is written `measure/part`.",
            measures_table(),
            "## Other measures\n\nFor the place and each council.",
            measures_table(OTHER),
            "## Money of organisations\n\nFor the place and each organisation that has any of it.",
            measures_table(OF_ORGANISATIONS),
            "## Of pairs of organisations\n\nFor the place by kinds of pair, and for each pair that shares many people.",
            measures_table(OF_PAIRS),
            "## Of a year, by fifth of deprivation and age\n\nTold in March for the place and each council, and `measure/fifth_1` (most deprived) "
            "to `measure/fifth_5` for the place. What is expected is that of indirect standardisation: the people of mid-year, in five bands of age "
            "(18 to 44, 45 to 64, 65 to 74, 75 to 84, 85 and over), each band at the rate of the whole place before the start. The yardstick is "
            "the same for every fifth, council, year, structure and replication. It takes out age, not sex.",
            measures_table(OF_GROUPS),
            "## Rates and shares\n\nOf a year, for the place and each council: measures over a measure. Who is counted in an official "
            "definition and lives outside the model (children, people of elsewhere) is left out above and below.",
            measures_table(RATES, "indicator"),
            "## Spreads between councils\n\nOf a year, for the place; left out where it has one council. Chance is part of every spread, and most of it in a "
            "small place: compare structures, which share their luck, and not places of different size.",
            measures_table(SPREADS, "indicator"),
            "## Gradients of deprivation\n\nOf a year, for the place. Each fifth's rate is its ratio of observed to expected, times the place's rate.",
            measures_table(GRADIENTS, "indicator"),
        ]
    ) + "\n"


def lacking_table() -> str:
    """Return the mechanisms that runs of the shipped structures lack with default parameters."""
    names = list_structures()
    by_structure = {name: lacking(Parameters(), load_structure(name)) for name in names}
    every = dict.fromkeys(mechanism for name in names for mechanism in by_structure[name])
    rows = []
    for mechanism in sorted(every, key=lambda each: sum(each in found for found in by_structure.values()) < len(names)):
        under = [name for name in names if mechanism in by_structure[name]]
        others = [name for name in names if name not in under]
        where = f"all but {', '.join(others)}" if others and len(others) < len(under) else "all" if not others else ", ".join(under)
        rows.append((mechanism.name, where, mechanism.favours))
    return table(("mechanism", "structures that lack it", "leaving it out favours"), rows)


# The causes of emergencies


def sums_table() -> str:
    """Return the account of emergency contacts by clock and age."""
    header = ("contacts a year for each 1,000 people", *(name for name, _ in BANDS), ALL)
    rows = [(name, *(f"{value:.1f}" for value in values)) for name, values in sums_rows(Parameters())]
    return table(header, rows, numbers=len(BANDS) + 1)


def causes_table() -> str:
    """Return each cause's share of contacts by age: at the defaults, and over the joint prior."""
    shares = shares_over(joint_prior(PRIOR_SETS, PRIOR_SEED))
    cells = {(row.cause, row.ages): share_and_interval(row) for row in shares.itertuples()}
    ages = [*(name for name, _ in BANDS), ALL]
    rows = [(cause.replace("_", " "), *(cells[cause, each] for each in ages)) for cause in shares["cause"].unique()]
    return table(("share of contacts", *ages), rows, numbers=len(ages))


# Delays

ARRANGING = {
    Reason.FURTHER_NHS: (),
    Reason.ASSESSMENT: ("care.planning_days", "care.assessment_days"),
    Reason.PACKAGE: ("care.package_days",),
    Reason.RESIDENTIAL: ("care.placement_chance",),
    Reason.FUNDING: ("care.continuing_ward_days",),
    Reason.CHOICE: ("care.self_arrange_days", "care.family_arrange_days"),
    Reason.NURSING: ("care.placement_chance",),
    Reason.EQUIPMENT: ("care.equipment_days",),
    Reason.HOUSING: ("care.housing_days",),
    Reason.DISPUTES: ("care.dispute_days",),
}
"""What sets how long arranging takes by itself: parameters that the fitted factor multiplies (a chance: divides)."""


def delays_table() -> str:
    """Return the days that acute hospitals recorded in the base year, by reason and responsible body."""
    days = recorded_days(ACUTE) / 1000.0
    whole = days.sum()
    rows = [
        (f"`{reason.name.lower()}`", *(f"{value:.1f}" if value else "–" for value in days[reason]),
         f"{days[reason].sum():.1f}", f"{100.0 * days[reason].sum() / whole:.1f}%")
        for reason in Reason
    ]  # fmt: skip
    rows.append(("all", *(f"{value:.1f}" for value in days.sum(axis=0)), f"{whole:.1f}", "100.0%"))
    shares = [f"{100.0 * value / whole:.1f}%" for value in days.sum(axis=0)]
    rows.append(("share", *shares, "100.0%", ""))
    bodies = [body.name.lower().replace("_", " ") for body in Responsible]
    return table(("thousand delayed days", *bodies, "all", "share"), rows, numbers=len(bodies) + 2)


def waits_table() -> str:
    """Return how long arranging takes for each reason, and the fitted factor."""
    values = Parameters().values()
    with FITTED.open(encoding="utf-8", newline="") as lines:
        fitted = {row["stratum"]: row for row in csv.DictReader(lines) if row["rate"] == "wait"}
    rows = []
    for reason, names in ARRANGING.items():
        row = fitted[reason.name.lower()]
        low, middle, high = (float(row[column]) for column in ("low", "correction", "high"))
        taken = ", ".join(f"`{name}` {short(values[name])}" for name in names) or "places of intermediate care"
        rows.append((f"`{reason.name.lower()}`", taken, f"{middle:.2g}", f"{low:.2g} to {high:.2g}"))
    return table(("reason", "what the factor acts on", "factor", "95% interval"), rows, numbers=2)


# Structures


def structures_page() -> str:
    """Return the page of the commissioning structures that are shipped."""
    parts = [
        "# Commissioning structures",
        NOTICE,
        "Each is a file of facts in `model/structures/`, and has no code of its own. `joinedup structures NAME` prints all facts of one.\n"
        "The first four are compared unless others are named; `--structures all` takes every one. Where a document leaves a fact open,\n"
        "`NAME~ALTERNATIVE` is the structure read the other way, and `joinedup compare --alternatives` runs them all.",
    ]
    baseline = load_structure(BASELINE)
    every = [load_structure(name) for name in list_structures()]
    rows = [(f"[`{each.name}`](#{each.name})", each.title, each.family) for each in every]
    parts.append(table(("structure", "title", "from"), rows))
    for each in every:
        differs = [f"- {line}" for line in differences_in_words(each, baseline)]
        parts += [f"## {each.name}", " ".join(each.source.split())]
        parts += [f"Differs from `{BASELINE}`:", "\n".join(differs)] if differs else []
        parts += _left_open(each)
    return "\n\n".join(parts) + "\n"


def _left_open(structure: CommissioningStructure) -> list[str]:
    """Return what the document behind a structure leaves open: what facts can say, under its names, then what they cannot."""
    readings = [
        f"- `{structure.name}~{name}`: {each.says}" + (f" The same as `{each.see}`." if each.see else "") for name, each in structure.alternatives.items()
    ]
    parts = ["Left open, each with its other reading:", "\n".join(readings)] if readings else []
    return [*parts, "Left open, and no fact says it:", "\n".join(f"- {line}" for line in structure.open_questions)] if structure.open_questions else parts


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/measures.md": measures_page,
    "docs/reference/parameters.md": parameters_page,
    "docs/reference/record.md": record_page,
    "docs/reference/structures.md": structures_page,
}
TABLES: dict[str, Callable[[], str]] = {
    "phases": phases_table,
    "levers": levers_table,
    "measures": measures_table,
    "lacking": lacking_table,
    "sums": sums_table,
    "causes": causes_table,
    "delays": delays_table,
    "waits": waits_table,
}


def filled(text: str) -> str:
    """Return a page with its generated tables written afresh."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", text)


def current() -> dict[Path, str]:
    """Return what each page that comes from the code, whole or in part, should hold."""
    pages = {ROOT / path: write() for path, write in PAGES.items()}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if path not in pages and BLOCK.search(path.read_text(encoding="utf-8")):
            pages[path] = filled(path.read_text(encoding="utf-8"))
    return pages


def main() -> int:
    """Write, or with ``--check`` only list, the pages that are out of date."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for path, text in current().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        sys.stdout.write(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT).as_posix()}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
