"""Every example of the documentation runs, and what it says of the code is so.

In a page, a block marked ``python`` is run, the blocks of a page one after another in one namespace; so is each line of
a block marked ``sh``; a block marked ``toml PATH`` is written to that path; a ``diff`` must fit the file its first line
names. Blocks without a language are only read. Everything runs in a folder of its own at a tiny scale: a comparison
with one replication of one year, a ``HealthEconomy`` that names no scale at :data:`SCALE`, ``run(years=...)`` for one
year, a journey among so few people that somebody to follow is still found, a film of two days.
"""

import ast
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.vocabulary import Account, Cause, Lever, Reason
from experiments import cli
from model.economy import PHASES
from model.parameters import Parameters

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "results" / "README.md", *sorted(DOCS.rglob("*.md"))]
DECISIONS = sorted((DOCS / "explanation" / "decisions").glob("0*.md"))
SCALE = 0.002
SMALL = ("--scale", str(SCALE), "--years", "1", "--replications", "1", "--workers", "1", "--quiet")
JOURNEY = {"scale": 0.02, "years": 2}
FILM = {"scale": 0.01, "days": 2}
ASKED = {"scale": 0.004, "years": 1, "workers": 1}
PAIRED = {**ASKED, "replications": 1}
ASKING = {"shunts": {**ASKED, "draws": 0}, "waterfall": PAIRED, "gains": PAIRED, "ablate": PAIRED, "worth": PAIRED, "switching": PAIRED}
COMMANDS = {**ASKING, "journey": JOURNEY, "animate": {**FILM, "start": "2014-05-03"}, "close-up": {**FILM, "start": "2014-05"}}
SMALLER = {"JourneySpec": JOURNEY, "FilmSpec": FILM}
FENCE = re.compile(r"^```([a-z]*)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HEADLINE = "results/headline"


class Block(NamedTuple):
    language: str
    path: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m[1], m[2] or "", m[3], text.count("\n", 0, m.start()) + 2) for m in FENCE.finditer(text)]


def pages_with(*languages: str) -> list[Path]:
    return [page for page in PAGES if {block.language for block in blocks(page)} & set(languages)]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


class Smaller(ast.NodeTransformer):
    """Gives a HealthEconomy without a scale a tiny one, lets it run for one year, and makes journeys small."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = {keyword.arg: keyword for keyword in node.keywords}
        if name == "HealthEconomy" and "scale" not in given:
            node.keywords.append(ast.keyword("scale", ast.Constant(SCALE)))
        if name in SMALLER:
            small = SMALLER[name]
            kept = [keyword for keyword in node.keywords if keyword.arg not in small]
            node.keywords = [*kept, *(ast.keyword(key, ast.Constant(value)) for key, value in small.items())]
        if name == "run" and "years" in given:
            given["years"].value = ast.Constant(1)
        return node


def run_python(block: Block, page: Path, names: dict) -> None:
    tree = Smaller().visit(ast.parse(block.text, str(page)))
    ast.increment_lineno(tree, block.line - 1)
    exec(compile(ast.fix_missing_locations(tree), str(page), "exec"), names)


@pytest.fixture(scope="module")
def compared() -> dict[tuple[str, ...], Path]:
    """Comparisons made so far, by their arguments: pages that ask for the same share it."""
    return {}


def joinedup(arguments: list[str], monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["joinedup", *arguments])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 0, f"joinedup {shlex.join(arguments)} ended with {done.value.code}"


def compare(arguments: list[str], compared, monkeypatch) -> None:
    key = tuple(arguments)
    output = Path(arguments[arguments.index("--output") + 1] if "--output" in arguments else HEADLINE)
    if key in compared:
        shutil.copytree(compared[key], output)
        return
    joinedup(["compare", *arguments, *SMALL], monkeypatch)
    compared[key] = output.resolve()


def run_shell(line: str, compared, monkeypatch) -> None:
    words = shlex.split(line, comments=True)
    if words[:2] == ["make", "compare"]:
        options = [word.removeprefix("ARGS=") for word in words[2:]]
        assert len(options) == len([word for word in words[2:] if word.startswith("ARGS=")]), line
        compare(shlex.split(" ".join(options)), compared, monkeypatch)
    elif words[:2] == ["joinedup", "compare"]:
        compare(words[2:], compared, monkeypatch)
    elif words[:2] == ["joinedup", "run"] and not {"--list", "--dry-run"} & set(words):
        joinedup([*words[1:], "--scale", str(SCALE), "--replications", "1", "--workers", "1", "--quiet"], monkeypatch)
    elif words[0] == "joinedup" and words[1] in COMMANDS:
        small = [text for key, value in COMMANDS[words[1]].items() for text in (f"--{key}", str(value))]
        joinedup([*words[1:], *small], monkeypatch)
    else:
        assert words[:1] == ["joinedup"], f"only make compare and joinedup can be run from a page, not: {line}"
        joinedup(words[1:], monkeypatch)


@pytest.mark.parametrize("page", pages_with("python", "sh"), ids=name_of)
def test_examples_run(page, tmp_path, monkeypatch, compared):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "__main__"}
    wants_headline = any(b.language == "python" and HEADLINE in b.text for b in blocks(page))
    lines = [line for b in blocks(page) if b.language == "sh" for line in b.text.splitlines()]
    if wants_headline and not any("compare" in line and ("--output" not in line or HEADLINE in line) for line in lines):
        compare([], compared, monkeypatch)
    for block in blocks(page):
        if block.language == "toml" and block.path:
            Path(block.path).parent.mkdir(parents=True, exist_ok=True)
            Path(block.path).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            for line in block.text.splitlines():
                run_shell(line, compared, monkeypatch)
        elif block.language == "python":
            run_python(block, page, names)


@pytest.mark.parametrize("page", pages_with("diff"), ids=name_of)
def test_edits_that_are_shown_fit_the_code(page):
    for block in blocks(page):
        if block.language == "diff":
            first, *lines = block.text.splitlines()
            source = (ROOT / first.removeprefix("# ")).read_text(encoding="utf-8")
            before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
            after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
            assert before in source
            compile(source.replace(before, after), first, "exec")


def test_generated_pages_are_current(generate):
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in generate["current"]().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run `python docs/generate.py`, which rewrites {stale}"


def test_odd_has_its_seven_elements_and_the_phases_of_the_code_in_order():
    text = (DOCS / "reference" / "odd.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \d\. (.+)$", text, re.MULTILINE) == [
        "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
        "Design concepts", "Initialization", "Input data", "Submodels",
    ]  # fmt: skip
    concepts = text.partition("## 4.")[2].partition("## 5.")[0]
    assert re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", concepts, re.MULTILINE) == [
        "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
        "Stochasticity", "Collectives", "Observation",
    ]  # fmt: skip
    schedule = text.partition("## 3.")[2].partition("## 4.")[0]
    assert tuple(re.findall(r"^- \*\*(\w+)\*\*:", schedule, re.MULTILINE)) == PHASES


def test_the_glossary_has_every_code_and_each_word_once():
    text = (DOCS / "reference" / "glossary.md").read_text(encoding="utf-8")
    codes = [code.name.lower() for kind in (Cause, Reason, Account) for code in kind]
    codes += [lever.name.lower() for lever in Lever if lever != Lever.NONE]
    assert [code for code in codes if f"`{code}`" not in text] == []
    words = [word for line in re.findall(r"^- (\*\*.+?\*\*):", text, re.MULTILINE) for word in line.split(", ")]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_parameters_and_files_that_are_named_exist(page):
    text = page.read_text(encoding="utf-8")
    values = Parameters().values()
    groups = "|".join(sorted({name.partition(".")[0] for name in values}))
    parameters = re.findall(rf"`(?:--set )?((?:{groups})\.[a-z_]+)(?:=[^`]*)?`", text)
    assert [name for name in parameters if name not in values] == []
    files = re.findall(r"`((?:agents|model|experiments|docs|tests)/[\w/.*-]+)`", text)
    assert [file for file in files if not list(ROOT.glob(file.rstrip("/")))] == []


def test_the_index_leads_to_every_page():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in (DOCS / "README.md", DOCS / "explanation" / "decisions" / "README.md")
        for link in re.findall(r"\]\(([^)]+\.md[^)]*)\)", page.read_text(encoding="utf-8"))
    }
    pages = set(DOCS.rglob("*.md")) - {DOCS / "README.md"}
    assert sorted(page.relative_to(ROOT).as_posix() for page in pages - linked) == []


@pytest.mark.parametrize("record", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_half_a_page_with_context_decision_and_consequences(record):
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert len(text.split()) < 300
    number = int(text.partition(".")[0].removeprefix("# "))
    assert record.name.startswith(f"{number:04d}-")
