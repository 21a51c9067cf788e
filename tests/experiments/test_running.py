import shutil
from collections import deque
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from agents.draws import replication_seed
from experiments.running import MOST_TRIES, _Queue, run, run_all
from experiments.specification import ComparisonSpec, RunSpec, code_hash
from experiments.store import TABLES, FolderError, Store
from tests.experiments.made_up import made_up

SMALL = {"place": "wigan", "years": 1, "scale": 0.002}


def comparison(**changes) -> ComparisonSpec:
    return ComparisonSpec(**{**SMALL, "replications": 2, "code": code_hash(), **changes})


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Store:
    store = Store(tmp_path_factory.mktemp("running") / "results", comparison())
    report = run_all(store.spec.runs(), store)
    assert [failure.report for failure in report.failures] == []
    return store


def test_a_run_is_pure():
    spec = RunSpec(structure="single-budget", seed=3, replication=1, **SMALL)
    months = []
    first, second = run(spec, lambda: months.append(1)), run(spec)
    assert len(months) == 12
    assert first.seed == replication_seed(3, 1)
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table), check_exact=True)
    assert first.notes == second.notes
    assert first.measures["month"].max() == 11
    assert first.notes["lacking"]
    assert set(first.notes["parties"].values()) >= {"council", "consortium", "hospital", "household"}


def test_a_run_in_which_organisations_learn_does_not_lack_learning():
    lacking = [[each["name"] for each in run(RunSpec(structure="single-budget", learning=learning, **SMALL)).notes["lacking"]] for learning in (False, True)]
    assert [name for name in lacking[0] if name not in lacking[1]] == ["learning from what happened"]
    assert set(lacking[1]) < set(lacking[0])


def test_a_run_tells_which_council_lived_under_which_structure(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('rest = "separate-budgets"\n[councils]\nReading = "single-budget"\n', encoding="utf-8")
    spec = RunSpec(**{**SMALL, "place": "berkshire-west"}, structure=str(own))
    assert run(spec).notes["by_council"] == ["separate-budgets in West Berkshire and Wokingham; single-budget in Reading"]
    assert run(RunSpec(structure="single-budget", **SMALL)).notes["by_council"] == []


def test_all_runs_are_written_and_told_of(finished):
    keys = [spec.key for spec in finished.spec.runs()]
    assert list(finished.results().keys) == keys
    assert set(finished.results().measures["run"]) == set(keys)


def test_progress_reaches_every_month_and_never_falls_back(finished, tmp_path):
    told = []
    store = Store(tmp_path / "results", finished.spec)
    run_all(store.spec.runs()[:2], store, progress=told.append)
    assert told[-1] == 24
    assert told == sorted(told)


def test_what_is_finished_is_not_run_again(finished, tmp_path):
    folder = shutil.copytree(finished.folder, tmp_path / "copy")
    first, *others = finished.spec.runs()
    shutil.rmtree(folder / "runs" / first.key)
    store = Store(folder, finished.spec)
    report = run_all(store.spec.runs(), store)
    assert report.finished == (first.key,)
    assert report.present == tuple(spec.key for spec in others)
    assert bytes_of(folder) == bytes_of(finished.folder)


def test_an_executor_of_the_callers_gives_the_same_bits(finished, tmp_path):
    store = Store(tmp_path / "results", finished.spec)
    with ThreadPoolExecutor(1) as executor:
        report = run_all(reversed(store.spec.runs()), store, executor)
    assert len(report.finished) == len(store.spec.runs())
    assert bytes_of(store.folder) == bytes_of(finished.folder)


@pytest.mark.slow
def test_two_processes_give_the_same_bits(finished, tmp_path):
    store = Store(tmp_path / "results", finished.spec)
    report = run_all(store.spec.runs(), store, 2)
    assert report.finished == tuple(spec.key for spec in store.spec.runs())
    assert bytes_of(store.folder) == bytes_of(finished.folder)


def test_a_failed_run_is_a_record_and_the_batch_goes_on(finished, tmp_path):
    store = Store(tmp_path / "results", finished.spec)
    wrong = RunSpec(structure="no-such-structure", **SMALL)
    report = run_all([wrong, *store.spec.runs()[:1]], store)
    assert len(report.finished) == 1
    (failure,) = report.failures
    assert failure.spec == wrong
    assert "no-such-structure" in failure.error
    assert "\n" not in failure.error
    assert "Traceback" in (store.folder / "failures" / f"{wrong.key}.txt").read_text(encoding="utf-8")


def test_a_run_that_the_executor_lost_is_a_record(finished, tmp_path):
    class Losing(Executor):
        def submit(self, function, /, *arguments, **named):
            future = Future()
            future.set_exception(ConnectionError("the cluster went away"))
            return future

    store = Store(tmp_path / "results", finished.spec)
    report = run_all(store.spec.runs()[:2], store, Losing())
    assert len(report.failures) == 2
    assert "the cluster went away" in report.failures[0].error


def test_results_that_cannot_be_written_end_the_batch_in_one_line(finished, tmp_path):
    store = Store(tmp_path / "results", finished.spec)
    (store.folder / "runs").rmdir()
    (store.folder / "runs").write_text("a file in the way")
    with pytest.raises(FolderError, match="cannot write to the results folder") as error:
        run_all(store.spec.runs()[:1], store)
    assert "\n" not in str(error.value)


# The queue of runs on processes of our own.


def queue_of(count: int) -> tuple[_Queue, list[RunSpec]]:
    specs = [RunSpec(place="wigan", structure="a", replication=k) for k in range(count)]
    return _Queue(waiting=deque(specs)), specs


def start(queue: _Queue, workers: int) -> list[RunSpec]:
    started = []
    for spec in queue.next_runs(workers):
        queue.flying[Future()] = spec
        started.append(spec)
    return started


def test_no_more_runs_are_handed_over_than_there_are_workers():
    queue, specs = queue_of(5)
    assert start(queue, 2) == specs[:2]
    assert start(queue, 2) == []
    queue.flying.pop(next(iter(queue.flying)))
    assert start(queue, 2) == specs[2:3]


def test_after_a_death_the_suspects_are_tried_one_by_one_before_the_others(finished):
    queue, specs = queue_of(4)
    start(queue, 2)
    assert list(queue.after_death(finished)) == []
    assert start(queue, 2) == [specs[0]]
    queue.flying.clear()  # it was innocent
    assert start(queue, 2) == [specs[1]]
    queue.flying.clear()
    assert start(queue, 2) == specs[2:]


def test_a_run_whose_process_dies_again_and_again_is_given_up(finished):
    queue, specs = queue_of(3)
    outcomes = []
    for _ in range(MOST_TRIES):
        start(queue, 1)
        outcomes += queue.after_death(finished)
    (outcome,) = outcomes
    assert outcome.key == specs[0].key
    assert "killed 3 times" in outcome.failure.error
    assert start(queue, 2) == specs[1:]
    queue.flying.clear()
    assert not queue


def test_a_run_that_was_written_before_its_process_died_is_finished(tmp_path):
    store = Store(tmp_path / "results", comparison())
    spec = store.spec.runs()[0]
    store.write(made_up(spec))
    queue = _Queue(waiting=deque([spec]))
    start(queue, 2)
    (outcome,) = queue.after_death(store)
    assert (outcome.key, outcome.failure) == (spec.key, None)
    assert not queue
