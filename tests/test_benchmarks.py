"""The benchmark runs, says what it measured, and refuses what it cannot measure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import england
from benchmarks.docking import against_theory, known, reasons
from benchmarks.national_totals import TOTALS
from benchmarks.scale import DEMAND, PLACES, SCALES, WAITS, measured, table

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
    others = [figure for figure in figures if figure["unit"] != "M/s"]
    assert [figure["unit"] for figure in others] == ["%", "spells/s", "%", "spells/s", "bytes", "MB", "s"]
    assert all(figure["measured"] > 0 and figure["met"] is None for figure in others[:4])


@pytest.mark.parametrize("people", ["0", "-5", "1e6", "many"])
def test_sizes_must_be_whole_numbers(people):
    done = benchmarks("--people", people)
    assert done.returncode == 2
    assert "must be whole numbers of at least 500" in done.stderr or "expected at least one argument" in done.stderr


def test_every_figure_of_every_place_has_a_row_with_the_mean_of_its_replications():
    one = {"boarding_days": 30.0, "emergency_admissions": 1000.0, "out_of_hospital_waiting": 2.0, "people": 500.0}
    one |= {"delayed_days_true": 400.0, "emergency_contacts": 50.0, "deaths": 1.0}
    one |= {f"delayed_days_true/{reason}": 100.0 for reason in ("assessment", "package", "residential", "nursing")}
    runs = {(place, scale): [one, {**one, "boarding_days": 50.0}] for place in PLACES for scale in SCALES}
    lines = table(runs, WAITS).splitlines()
    assert len(lines) == 2 + len(PLACES) * len(WAITS)
    assert lines[2].split("|")[3:6] == [" 40 "] * 3
    assert len(table(runs, DEMAND).splitlines()) == 2 + len(PLACES) * len(DEMAND)


def test_a_run_gives_all_that_the_figures_need(monkeypatch):
    monkeypatch.setattr("benchmarks.scale.YEARS", 1)
    sums = measured("berkshire-west", 0.01, 1)
    assert all(figure(sums) >= 0.0 for figure in (*WAITS.values(), *DEMAND.values()))


def test_both_flows_stand_beside_theory(monkeypatch):
    monkeypatch.setattr("benchmarks.docking.BEFORE", 5)
    lines = against_theory(days=20, runs=2).splitlines()
    assert lines[0] == "| | theory | daily | salabim |"
    assert len(lines) == 2 + len(known())
    assert all(line.count("±") == 2 for line in lines[2:])
    assert "nights a stay" in reasons()


# All of England at once


def small_england(*arguments: str) -> list[str]:
    return ["--place", "berkshire-west", "--scale", "0.005", "--years", "1", "--threads", "2", *arguments]


def test_a_stage_tells_people_seconds_and_memory(capsys):
    england.main(small_england("--stage", "build"))
    found = json.loads(capsys.readouterr().out)
    assert found["people"] > 1000
    assert found["seconds"] > 0
    assert found["bytes"] > 1e7


def test_a_run_gives_every_total_that_has_a_published_one(capsys):
    england.main(small_england("--stage", "run"))
    found = json.loads(capsys.readouterr().out)
    assert set(found["totals"]) == {total.name for total in TOTALS}
    assert all(value >= 0 for value in found["totals"].values())
    assert found["person_months"] == pytest.approx(12 * found["people"], rel=0.05)
    assert all(total.published() > 0 for total in TOTALS)


def test_the_table_sets_the_model_beside_what_is_published():
    totals = {total.name: 0.01 * total.published() for total in TOTALS}
    laid_out = england.totals_table(totals, scale=0.01)
    assert laid_out.row_count == len(TOTALS)
    assert list(laid_out.columns[3].cells) == ["1.00"] * len(TOTALS)


def test_a_stage_that_fails_ends_the_benchmark(capfd):
    with pytest.raises(SystemExit) as stop:
        england.main(["--place", "nowhere"])
    assert stop.value.code == 1
    assert "stage 'build' ended" in capfd.readouterr().err
