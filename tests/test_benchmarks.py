"""The benchmark runs, says what it measured, and refuses what it cannot measure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def benchmarks(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_two_small_sizes_give_every_figure():
    done = benchmarks("--people", "1000", "3000", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    speeds = [(figure["name"], figure["people"]) for figure in figures if figure["unit"] == "M/s"]
    assert speeds == [("kernel alone", 1000), ("whole economy", 1000), ("kernel alone", 3000), ("whole economy", 3000)]
    assert all(figure["measured"] > 0 and figure["met"] is None for figure in figures if figure["unit"] == "M/s")
    assert [figure["unit"] for figure in figures[4:]] == ["bytes", "MB", "s"]


@pytest.mark.parametrize("people", ["0", "-5", "1e6", "many"])
def test_sizes_must_be_whole_numbers(people):
    done = benchmarks("--people", people)
    assert done.returncode == 2
    assert "must be whole numbers of at least 500" in done.stderr or "expected at least one argument" in done.stderr
