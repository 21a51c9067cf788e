"""The house: arrows run experiments -> model -> agents, files form no circles, and nothing heavy loads unasked."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "agents": {"agents"},
    "model": {"agents", "model"},
    "experiments": {"agents", "experiments", "model"},
}
ENGINES = {"matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "salabim", "scipy"}
LOADED_ENGINES = f"import sys; print(*sorted({ENGINES!r} & set(sys.modules)))"


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for room in MAY_IMPORT for file in sorted((ROOT / room).rglob("*.py"))}


def imported(file: Path) -> Iterator[str]:
    """Every module of ours that the file imports anywhere, be it in a function or for type checking only."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in FILES else node.module for name in inside]
        else:
            names = []
        yield from (name for name in names if name.partition(".")[0] in MAY_IMPORT)


def exports(room: str) -> dict[str, str]:
    return getattr(importlib.import_module(room), "EXPORTS", {})


@pytest.mark.parametrize("name", FILES)
def test_arrows_never_run_back(name):
    room = name.partition(".")[0]
    wrong = {other for other in imported(FILES[name]) if other.partition(".")[0] not in MAY_IMPORT[room]}
    assert not wrong, f"{name} imports {sorted(wrong)}, but {room}/ may only import {sorted(MAY_IMPORT[room])}"


def test_files_import_each_other_in_no_circle():
    graph = {name: set(imported(file)) for name, file in FILES.items()}
    for room in MAY_IMPORT:  # a lazy public name is an import too, when it is asked for
        graph[room] |= {target.partition(":")[0] for target in exports(room).values()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("circle: " + " <- ".join(error.args[1]))


def test_every_folder_with_code_is_a_package():
    bare = {str(file.parent.relative_to(ROOT)) for file in FILES.values() if not (file.parent / "__init__.py").exists()}
    assert not bare, f"without __init__.py the wheel leaves out {sorted(bare)}"


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_rooms_loads_no_engine():
    assert python(f"import experiments, model, agents; {LOADED_ENGINES}").split() == []


def test_help_loads_no_engine():
    code = f"""
import sys
from experiments.cli import main
sys.argv = ["joinedup", "--help"]
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
{LOADED_ENGINES}
"""
    *_, engines = python(code).split("\n")[:-1]
    assert engines.split() == []


@pytest.mark.parametrize(("room", "name"), [(room, name) for room in MAY_IMPORT for name in exports(room)])
def test_public_names_are_there(room, name):
    package = importlib.import_module(room)
    assert getattr(package, name) is not None
    assert name in dir(package)


@pytest.mark.parametrize("room", ["experiments", "model"])
def test_public_names_are_the_listed_ones(room):
    package = importlib.import_module(room)
    assert set(package.__all__) == set(package.EXPORTS)
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = package.no_such_name
