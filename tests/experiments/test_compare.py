"""The main job from the outside: what it writes, and what it leaves when it is disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import experiments
from experiments import cli
from experiments.specification import HEADLINE, ComparisonSpec

ROOT = Path(__file__).parents[2]
SMALL = ("--place", "wigan", "--scale", "0.002", "--years", "1", "--replications", "2")
START = "import sys; from experiments.cli import main; main()"
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits are POSIX's")


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def joinedup(*arguments: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", START, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **options
    )


@pytest.fixture(scope="module")
def headline(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("compare") / "headline"


def here(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["joinedup", "compare", *SMALL, "--workers", "1", *arguments])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return (done.value.code, *capsys.readouterr())


def test_compare_writes_figures_tables_and_summary_and_prints_the_headline(headline, monkeypatch, capsys):
    code, out, _ = here(monkeypatch, capsys, "--output", str(headline))
    assert code == 0
    assert "Emergency admissions" in out
    assert "Scale 0.002: a demonstration" in out
    assert str(headline / "summary.md") in out
    names = {path.name for path in headline.iterdir()}
    assert {"summary.md", "manifest.json", "headline.csv", "differences.csv", "indicators.csv", "runs"} <= names
    assert sum(name.endswith(".png") for name in names) >= 5
    assert sum(name.endswith(".svg") for name in names) == sum(name.endswith(".png") for name in names)
    measures = experiments.load(headline).measures
    assert set(measures["structure"]) == set(HEADLINE)
    assert set(measures["replication"]) == {0, 1}


def test_organisations_learn_where_asked_to(tmp_path, monkeypatch, capsys):
    """It is said of the run, in its specification and in words, and off unless asked for."""
    folder = tmp_path / "learned"
    code, *_ = here(monkeypatch, capsys, "--structures", "separate-budgets", "--replications", "1", "--learning", "--output", str(folder))
    assert code == 0
    spec = experiments.load(folder).spec
    assert spec.learning and [run.learning for run in spec.runs()] == [True]
    page = (folder / "summary.md").read_text(encoding="utf-8")
    assert "organisations learn what their levers do from what they see" in page
    assert "learning from what happened" not in page
    assert not ComparisonSpec().learning


def test_the_same_command_runs_nothing_again_and_redraws_the_same(headline, monkeypatch, capsys):
    before = files_in(headline)

    def never(*_: object) -> None:
        raise AssertionError("nothing was missing")

    monkeypatch.setattr("experiments.running.run_all", never)
    (headline / "4-outcomes.png").unlink()
    code, out, err = here(monkeypatch, capsys, "--output", str(headline), "--quiet")
    assert (code, out, err) == (0, "", "")
    assert files_in(headline) == before


def test_another_specification_is_refused_in_that_folder(headline, monkeypatch, capsys):
    before = files_in(headline)
    code, _, err = here(monkeypatch, capsys, "--output", str(headline), "--seed", "2")
    assert (code, err.count("\n")) == (2, 1)
    assert "seed: 1 there, 2 here" in err
    assert files_in(headline) == before


def test_differences_are_told_fact_by_fact_beside_the_comparison(tmp_path, monkeypatch, capsys):
    options = ("--structures", "separate-budgets,aligned-budgets", "--output", str(tmp_path / "told"))
    here(monkeypatch, capsys, *options, "--quiet")
    own = {path.name for path in (tmp_path / "told" / "runs").iterdir()}
    code, out, _ = here(monkeypatch, capsys, *options, "--waterfall")
    assert code == 0
    assert "From separate budgets to aligned budgets: " in out
    page = (tmp_path / "told" / "summary.md").read_text(encoding="utf-8")
    assert "](waterfall-aligned-budgets.png)" in page
    assert "- From separate budgets to aligned budgets: " in page
    names = {path.name for path in (tmp_path / "told").iterdir()}
    assert {f"waterfall-aligned-budgets{ending}" for ending in (".png", ".svg", ".csv", ".txt")} <= names
    between = list((tmp_path / "told" / "structures" / "waterfall-aligned-budgets").glob("*.toml"))
    runs = {path.name for path in (tmp_path / "told" / "runs").iterdir()}
    assert own < runs
    assert len(runs) == len(own) + 2 * len(between), "the ends are the comparison's own runs"
    assert set(experiments.load(tmp_path / "told").keys) == own, "which stays a comparison of two"


@pytest.mark.slow
def test_workers_and_hash_seeds_leave_no_trace_in_any_file(tmp_path):
    for name, seed, workers in (("a", "1", "2"), ("b", "2", "1")):
        folder = str(tmp_path / name)
        options = {"env": {**os.environ, "PYTHONHASHSEED": seed}}
        run = joinedup("compare", *SMALL, "--workers", workers, "--output", folder, "--quiet", **options)
        assert run.communicate()[1] == ""
    assert len(files_in(tmp_path / "a")) > 20
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b")


@pytest.mark.slow
def test_alternatives_are_run_told_and_drawn_again_from_what_is_there(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "open"
    asked = ("--structures", "stasis,fragmented", "--output", str(folder))
    code, out, _ = here(monkeypatch, capsys, *asked, "--alternatives")
    assert code == 0
    assert "clear of luck" in out or "luck leaves no" in out
    results = experiments.load(folder)
    expected = {"stasis", "fragmented", "stasis~five-percent", "stasis~half-and-half", "care-trust", "fragmented~duty-to-consult", "fragmented~one-provider"}
    assert set(results.measures["structure"]) == expected
    before = files_in(folder)
    assert {"alternatives.csv", "robustness.csv", "7-alternatives.png"} <= set(before)

    def never(*_: object) -> None:
        raise AssertionError("nothing was missing")

    monkeypatch.setattr("experiments.running.run_all", never)
    (folder / "robustness.csv").unlink()
    assert here(monkeypatch, capsys, *asked, "--alternatives", "--quiet")[0] == 0
    assert files_in(folder) == before
    code, _, err = here(monkeypatch, capsys, *asked)
    assert code == 2
    assert "alternatives: " in err


# Long enough to be disturbed while runs go on.
LONG = ("compare", "--place", "wigan", "--scale", "0.002", "--years", "40", "--replications", "20", "--workers", "2")


def children_of(process: int) -> list[int]:
    told = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in told.splitlines()]
    return [child for child, parent in pairs if parent == process]


def alive(process: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
    return bool(told.strip()) and not told.strip().startswith("Z")


def wait_until(condition, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


@posix
@pytest.mark.slow
def test_an_interrupt_keeps_what_is_finished_and_leaves_no_worker(tmp_path):
    folder = tmp_path / "results"
    run = joinedup(*LONG, "--output", str(folder))
    wait_until(lambda: len(list((folder / "runs").glob("[0-9a-f]*"))) >= 1)
    workers = children_of(run.pid)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to parent and workers alike
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    said = [line for line in err.splitlines() if not line.startswith("Running")]
    assert len(said) == 1
    assert said[0].startswith("joinedup: interrupted; ")
    assert workers
    wait_until(lambda: not any(alive(worker) for worker in workers), 20)
    kept = list((folder / "runs").iterdir())
    assert kept
    assert all(len(list(one.iterdir())) == 5 for one in kept)
    assert not list(folder.rglob(".unfinished*"))


@posix
@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path):
    folder = tmp_path / "results"
    run = joinedup(*LONG, "--output", str(folder))
    wait_until(lambda: len(list((folder / "runs").glob("[0-9a-f]*"))) >= 1)
    workers = children_of(run.pid)
    assert len(workers) >= 2
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=30)
    wait_until(lambda: not any(alive(worker) for worker in workers), 20)


@posix
@pytest.mark.slow
def test_a_full_disk_ends_in_one_line_and_nothing_half_written(tmp_path):
    import resource

    def small_files_only() -> None:  # the system refuses larger ones, as it does when a disk is full
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    folder = tmp_path / "results"
    run = joinedup("compare", *SMALL, "--workers", "1", "--output", str(folder), "--quiet", preexec_fn=small_files_only)
    out, err = run.communicate(timeout=120)
    assert (run.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert "cannot write to the results folder" in err
    assert list((folder / "runs").iterdir()) == []
    json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_failed_run_is_told_in_one_line_and_code_1(tmp_path, monkeypatch, capsys):
    import experiments.running as running

    truly = running.run

    def sometimes(spec, each_month=None, threads=1):
        if spec.structure == "single-budget" and spec.replication == 1:
            raise RuntimeError("out of luck")
        return truly(spec, each_month, threads)

    monkeypatch.setattr(running, "run", sometimes)
    code, out, err = here(monkeypatch, capsys, "--output", str(tmp_path / "results"), "--quiet")
    assert (code, out) == (1, "")
    assert "failed: single-budget, replication 1: RuntimeError: out of luck" in err
    assert "1 runs failed" in err
    assert "out of luck" in (tmp_path / "results" / "summary.md").read_text(encoding="utf-8")
    monkeypatch.setattr(running, "run", truly)
    code, _, _ = here(monkeypatch, capsys, "--output", str(tmp_path / "results"), "--quiet")
    assert code == 0
    assert not (tmp_path / "results" / "failures").exists()
    assert "out of luck" not in (tmp_path / "results" / "summary.md").read_text(encoding="utf-8")
