"""Compiled code is kept between runs, and an edit in any rule that a kernel calls is never missed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

AGENTS = Path(__file__).resolve().parents[2] / "agents"

# A rule of another file, reached through a chain of two, from a kernel whose own file is never edited.
RULE = '''
from agents.compiled import compiled

@compiled
def seeks_care(severity):
    return severity > 0.5
'''
KERNEL = '''
import numpy as np
from agents.compiled import cache_folder, compiled
from agents.patients.probe_rule import seeks_care

@compiled
def person(p, i):
    if seeks_care(p[i]):
        return 1
    return 0

@compiled
def sweep(p):
    n = 0
    for i in range(len(p)):
        n += person(p, i)
    return n

print(sweep(np.linspace(0.0, 1.0, 101)), cache_folder())
'''


@pytest.fixture
def rooms(tmp_path):
    """A copy of the agents with a rule and a kernel more, free to edit."""
    shutil.copytree(AGENTS, tmp_path / "rooms" / "agents", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "rooms/agents/patients/probe_rule.py").write_text(RULE)
    (tmp_path / "rooms/agents/probe_kernel.py").write_text(KERNEL)
    return tmp_path / "rooms"


def sweep(rooms: Path, cache: Path, **variables: str) -> tuple[int, str]:
    """What the kernel counts in a fresh interpreter, and the folder that it is kept in."""
    environment = {**os.environ, "PYTHONPATH": str(rooms), "JOINEDUP_CACHE_DIR": str(cache), **variables}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # Python's own bytecode misses an edit of equal length in the same second
    done = subprocess.run(
        [sys.executable, "-m", "agents.probe_kernel"],
        env=environment,
        cwd=rooms,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, _, folder = done.stdout.strip().partition(" ")
    return int(count), folder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def kept(folder: str) -> dict[Path, int]:
    """Files of compiled code, with the time each was written."""
    return {file: file.stat().st_mtime_ns for file in Path(folder).rglob("*.nb?")}


def test_an_edit_in_a_called_rule_shows(rooms, tmp_path):
    cache = tmp_path / "cache"
    count, folder = sweep(rooms, cache)
    assert count == 50
    assert kept(folder), "compiled code is kept"
    before = kept(folder)

    assert sweep(rooms, cache) == (50, folder)
    assert kept(folder) == before, "and used again"

    edit(rooms / "agents/patients/probe_rule.py", "> 0.5", "> 0.9")
    count, other_folder = sweep(rooms, cache)
    assert count == 10
    assert other_folder != folder

    edit(rooms / "agents/patients/probe_rule.py", "> 0.9", "> 0.5")
    assert sweep(rooms, cache) == (50, folder), "taking the edit back finds the old code again"
    assert Path(folder).parent == Path(other_folder).parent == cache


def test_an_edit_in_a_kernel_of_the_model_counts_too(rooms, tmp_path):
    """The model's files count where they compile anything, and only there."""
    (rooms / "model").mkdir()
    (rooms / "model/plain.py").write_text("ANSWER = 41\n")
    (rooms / "model/fast.py").write_text("from agents.compiled import compiled\n")
    _, folder = sweep(rooms, tmp_path / "cache", NUMBA_DISABLE_JIT="1")
    edit(rooms / "model/plain.py", "41", "42")
    assert sweep(rooms, tmp_path / "cache", NUMBA_DISABLE_JIT="1") == (50, folder)
    edit(rooms / "model/fast.py", "\n", "\n\n")
    assert sweep(rooms, tmp_path / "cache", NUMBA_DISABLE_JIT="1")[1] != folder


def test_it_works_without_a_place_to_keep_code(rooms, tmp_path):
    """A folder below a file cannot be made, not even by the superuser."""
    (tmp_path / "file").write_text("not a folder")
    assert sweep(rooms, tmp_path / "file" / "cache") == (50, "None")
    assert not [*rooms.rglob("*.nb?")], "nothing is written elsewhere"
    edit(rooms / "agents/patients/probe_rule.py", "> 0.5", "> 0.9")
    assert sweep(rooms, tmp_path / "file" / "cache") == (10, "None")
