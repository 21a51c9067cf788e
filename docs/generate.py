"""Write the pages and tables of the documentation that come from the code.

``python docs/generate.py`` rewrites them; ``--check`` only lists what is out of date and exits with 1 if anything is.
Whole pages are in :data:`PAGES`. A table inside a page stands between ``<!-- generated: NAME -->`` and
``<!-- end -->``, with its name in :data:`TABLES`.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the checkout need not be installed

import numpy as np  # noqa: E402 - after the path is set

from agents import deciding  # noqa: E402
from agents.hospital.stays import admission_chance, grave, return_chance  # noqa: E402
from agents.patients import record  # noqa: E402
from agents.patients.living import CONSORTIUM_STATE, FRAILTY_STEPS, N_AGES, YOUNGEST, need_effect  # noqa: E402
from agents.patients.seeking import unmet_rate  # noqa: E402
from agents.patients.starting import begin, set_birth_months  # noqa: E402
from agents.vocabulary import Lever  # noqa: E402
from model import epidemiology  # noqa: E402
from model.economy import PHASES  # noqa: E402
from model.evidence import evidence  # noqa: E402
from model.ledger import OWN_LINES  # noqa: E402
from model.measures import HEADLINE, OTHER  # noqa: E402
from model.mechanisms import lacking  # noqa: E402
from model.parameters import Parameters  # noqa: E402
from model.rules import PEOPLE_SEED, compile_rules  # noqa: E402
from model.structures import list_structures, load_structure  # noqa: E402

BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOTICE = "<!-- Written by docs/generate.py from the code: edit that, not this page. -->"
SAMPLE = 150_000  # people on whom the sums of emergencies are worked out
BANDS = (("18 to 64", 0), ("65 to 74", 65), ("75 to 84", 75), ("85 and over", 85))


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


def measures_table() -> str:
    """Return every measure."""
    rows = [(f"`{each.name}`", each.unit, each.definition, each.better) for each in HEADLINE]
    rows += [(f"`{each.name}`", each.unit, each.definition, each.better) for each in OTHER]
    return table(("measure", "unit", "what is counted", "better if"), rows)


def lacking_table() -> str:
    """Return the mechanisms that runs of the shipped structures lack with default parameters."""
    names = list_structures()
    by_structure = {name: lacking(Parameters(), load_structure(name)) for name in names}
    every = dict.fromkeys(mechanism for name in names for mechanism in by_structure[name])
    rows = []
    for mechanism in sorted(every, key=lambda each: sum(each in found for found in by_structure.values()) < len(names)):
        under = [name for name in names if mechanism in by_structure[name]]
        rows.append((mechanism.name, "all" if under == names else ", ".join(under), mechanism.favours))
    return table(("mechanism", "structures that lack it", "leaving it out favours"), rows)


# The sums of emergencies


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sums:
    """Emergency contacts a year of each of :data:`SAMPLE` people at the reference setting, by clock; shape (SAMPLE,).

    Parameters
    ----------
    years : age
    published : contacts that the national figures give their age
    named : the clocks that are set first, each by its own rule
    illness : what the model's own table of illness gives
    on_top : the small clocks that the subtraction leaves out
    """

    years: np.ndarray
    published: np.ndarray
    named: dict[str, np.ndarray]
    illness: np.ndarray
    on_top: dict[str, np.ndarray]

    @property
    def left(self) -> np.ndarray:
        """What the named clocks leave of the published contacts."""
        return self.published - sum(self.named.values())


def england_sample(rules: np.record, tables: np.record) -> np.ndarray:
    """Return a systematic sample of England's adults, mid-2014, other people than those the tables were solved on."""
    people, _ = epidemiology.england()
    adults = people[:, :, YOUNGEST:]
    edges = np.cumsum(adults.reshape(-1))
    at = np.searchsorted(edges, (np.arange(SAMPLE) + 0.5) / SAMPLE * edges[-1])
    sex, fifth, age = np.unravel_index(at, adults.shape)
    rows = np.zeros(SAMPLE, dtype=record.RECORD)
    rows["person"] = sex | fifth << record.QUINTILE_SHIFT
    seed = np.uint64(PEOPLE_SEED)
    set_birth_months(rows, 0, SAMPLE, age + YOUNGEST, 0.79, seed)
    everywhere = np.ones(1, dtype=CONSORTIUM_STATE).view(np.recarray)
    begin(rows, 0, SAMPLE, 0, tables, rules, everywhere, 0, seed, np.ones((1, 1)))
    return rows


@functools.lru_cache(maxsize=2)
def sums_of_emergencies(parameters: Parameters) -> Sums:
    """Work out each clock at the reference setting with the rules that the kernels use."""
    rules, tables = compile_rules(parameters), epidemiology.reference_tables(parameters)
    rows = england_sample(rules, tables)
    years = -rows["birth_month"].astype(int) // 12
    age = np.clip(years - YOUNGEST, 0, N_AGES - 1)
    sex, fifth = rows["person"] & record.FEMALE, (rows["person"] >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
    frailty = rows["frailty"].astype(float)
    step = (frailty * FRAILTY_STEPS).astype(int)
    held = rows["conditions"] & (epidemiology.MASKS - 1)
    effect = tables.contact_by_frailty[step]

    admissions = national(epidemiology.ADMISSIONS, years)
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    published = national(epidemiology.ATTENDANCES, years) + direct * admissions

    gap = np.maximum(rows["need"].astype(float) - rows["informal"], 0.0) * epidemiology.UNMET_AFTER_CARE
    with_need = np.array([need_effect(minutes, rules) for minutes in rows["need"].tolist()])
    dying = tables.death[sex, fifth, age] * tables.death_by_frailty[step] * with_need
    months = rules.last_phase_days / 30.44 * (1.0 - rules.sudden_death_share)
    named = {
        "unmanaged conditions": tables.unmanaged[held] * 12.0,
        "unmet need": np.array([unmet_rate(minutes, rules) for minutes in gap.tolist()]) * 12.0,
        "last phase of life": dying * 12.0 * months * rules.last_phase_contacts,
        "return after discharge": admissions * effect / by_age(effect, years) * returns(frailty, rules),
    }
    hours = rows["informal"] / 60.0
    strain = np.clip((hours - rules.comfortable_hours) / rules.comfortable_hours, 0.0, 1.0)
    on_top = {
        "breakdown of a carer": strain * 2.0 * rules.breakdown_a_year * rules.breakdown_contact,
        "back after not being admitted": published * untreated(tables, rules)[age],
    }
    illness = tables.illness[sex, fifth, age] * effect * 12.0
    return Sums(years=years, published=published, named=named, illness=illness, on_top=on_top)


def national(points: Sequence[tuple[float, str]], years: np.ndarray) -> np.ndarray:
    """Return a published rate a thousand people, as a rate a person at each age."""
    return np.interp(years, [age for age, _ in points], [evidence(row).number() for _, row in points]) / 1000.0


def by_age(values: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return, for each person, the mean of `values` over people of five years of age around their own."""
    sums, counts = np.bincount(years, weights=values), np.bincount(years)
    window = np.ones(5)
    return (np.convolve(sums, window, "same") / np.maximum(np.convolve(counts, window, "same"), 1.0))[years]


def returns(frailty: np.ndarray, rules: np.record) -> np.ndarray:
    """Return each person's chance of coming back after a discharge at the readiness that hospitals ask for at rest."""
    recovery = rules.recovery_ratio * np.minimum(frailty / rules.frail_from, 1.0)  # per day of the acute phase
    remaining = (1.0 - epidemiology.REST_READINESS) * recovery / (1.0 + recovery)
    people = zip(frailty.tolist(), remaining.tolist(), strict=True)
    return np.array([return_chance(one, left, 0.0, rules) for one, left in people])


def untreated(tables: np.record, rules: np.record) -> np.ndarray:
    """Return, by age, the share of contacts that are sent home at the reference threshold and come back for it."""
    u = (np.arange(400) + 0.5) / 400
    shares = []
    for shape in tables.severity_shape:
        severities = (1.0 - u**shape).tolist()
        admitted = [admission_chance(severity, epidemiology.REST_THRESHOLD, False, rules) for severity in severities]
        gravity = [grave(severity) for severity in severities]
        shares.append(np.mean((1.0 - np.array(admitted)) * gravity) * rules.untreated_return)
    return np.array(shares)


def sums_rows(sums: Sums) -> list[tuple[str, list[float]]]:
    """Return the lines of the account, contacts a year for each 1,000 people: a name, then each band and all ages."""
    lower = [first for _, first in BANDS]
    band = np.searchsorted(lower[1:], sums.years, side="right")
    groups = [band == number for number in range(len(BANDS))] + [np.ones(len(band), dtype=bool)]

    def means(values: np.ndarray) -> list[float]:
        return [float(values[group].mean()) * 1000.0 for group in groups]

    lines = [("published contacts", means(sums.published))]
    lines += [(f"less: {name}", means(values)) for name, values in sums.named.items()]
    lines += [("= left for illness", means(sums.left)), ("illness in the model", means(sums.illness))]
    return lines + [(f"on top: {name}", means(values)) for name, values in sums.on_top.items()]


def sums_table() -> str:
    """Return the account of emergency contacts by clock and age."""
    header = ("contacts a year for each 1,000 people", *(name for name, _ in BANDS), "all adults")
    lines = sums_rows(sums_of_emergencies(Parameters()))
    rows = [(name, *(f"{value:.1f}" for value in values)) for name, values in lines]
    return table(header, rows, numbers=len(BANDS) + 1)


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/parameters.md": parameters_page,
    "docs/reference/record.md": record_page,
}
TABLES: dict[str, Callable[[], str]] = {
    "phases": phases_table,
    "levers": levers_table,
    "measures": measures_table,
    "lacking": lacking_table,
    "sums": sums_table,
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
