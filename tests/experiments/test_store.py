import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

import experiments
from experiments.store import (
    MANIFEST,
    RUN_COLUMNS,
    TABLES,
    FolderError,
    OtherResultsError,
    Store,
    load,
    write_file,
    write_run,
)
from tests.experiments.made_up import comparison, made_up


@pytest.fixture
def filled(tmp_path) -> Store:
    store = Store(tmp_path / "results", comparison())
    for run in store.spec.runs():
        store.write(made_up(run))
    return store


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_is_written_can_be_loaded(filled):
    results = experiments.load(filled.folder)
    assert results.spec == filled.spec
    assert len(results.keys) == 6
    measures = results.measures
    assert list(measures.columns) == [*RUN_COLUMNS, "month", "organisation", "measure", "value"]
    assert set(measures["structure"]) == {"separate-budgets", "single-budget"}
    assert measures["seed"].dtype == "uint64"
    first = made_up(filled.spec.runs()[0])
    mine = measures[measures["run"] == first.spec.key]
    assert mine["value"].sum() == pytest.approx(first.measures["value"].sum())
    assert (mine["seed"] == first.seed).all()


@pytest.mark.parametrize("table", TABLES)
def test_no_table_knows_the_time_it_took(filled, table):
    columns = set(load(filled.folder).table(table).columns)
    assert not columns & {"time", "seconds", "elapsed", "date", "timestamp"}


def test_the_order_of_rows_and_runs_leaves_no_trace(filled, tmp_path):
    other = Store(tmp_path / "other", comparison())
    for run in reversed(other.spec.runs()):
        result = made_up(run)
        shuffled = {name: getattr(result, name).iloc[::-1].reset_index(drop=True) for name in TABLES}
        other.write(dataclasses.replace(result, **shuffled))
    assert files_in(other.folder) == files_in(filled.folder)


def test_a_run_is_there_complete_or_not_at_all(tmp_path):
    store = Store(tmp_path / "results", comparison())
    run = store.spec.runs()[0]
    spoilt = dataclasses.replace(made_up(run), decisions=pd.DataFrame({"month": [1], "reasons": [object()]}))
    with pytest.raises(Exception, match="object"):
        write_run(store.folder, spoilt)  # three of its four tables were written by then
    assert not store.has(run.key)
    assert list((store.folder / "runs").iterdir()) == []


def test_a_file_is_there_complete_or_not_at_all(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("before")

    def break_off(unfinished: Path) -> None:
        unfinished.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_file(path, break_off)
    assert files_in(tmp_path) == {"page.md": b"before"}


def test_what_an_earlier_process_left_half_written_is_removed(filled):
    left = filled.folder / "runs" / ".unfinished-0123-abc"
    left.mkdir()
    (left / "measures.parquet").write_bytes(b"half")
    (filled.folder / ".unfinished-summary.md").write_text("half")
    Store(filled.folder, filled.spec)
    assert not any(".unfinished" in name for name in files_in(filled.folder))
    assert len(load(filled.folder).keys) == 6


def test_the_same_specification_may_use_the_folder_again(filled):
    again = Store(filled.folder, comparison())
    assert all(again.has(run.key) for run in again.spec.runs())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"years": 3}, "years: 2 there, 3 here"),
        ({"hold": {"strictness": 0.1}}, "hold: none there, strictness=0.1 here"),
        ({"structures": ("separate-budgets",)}, "structures: separate-budgets,single-budget there"),
        ({"code": "another"}, "made by other model code or data"),
        ({"files": {"a.toml": "0"}}, "other place or structure files"),
    ],
)
def test_another_specification_is_refused(filled, changes, words):
    before = files_in(filled.folder)
    with pytest.raises(OtherResultsError, match=words):
        Store(filled.folder, comparison(**changes))
    assert files_in(filled.folder) == before


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(OtherResultsError, match=r"holds files that are no results \(thesis.docx"):
        Store(tmp_path, comparison())


def test_a_batch_is_not_finished_with_other_versions_than_it_was_begun_with(tmp_path):
    store = Store(tmp_path / "results", comparison())
    manifest = json.loads((store.folder / MANIFEST).read_text())
    manifest["versions"]["numpy"] = "1.0"
    (store.folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(OtherResultsError, match=r"begun with other versions \(numpy 1.0 there"):
        Store(store.folder, comparison())
    for run in store.spec.runs():
        store.write(made_up(run))
    Store(store.folder, comparison())  # nothing is left to run, so it may be redrawn


@pytest.mark.parametrize("folder", ["in_the_way", "in_the_way/deeper"])
def test_an_unwritable_folder_is_said_in_one_line(tmp_path, folder):
    (tmp_path / "in_the_way").write_text("a file")
    with pytest.raises(FolderError, match="results folder") as error:
        Store(tmp_path / folder, comparison())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"spec": []}', '{"spec": {"structures": ["single-budget"]}}', '{"spec": {"years": -1}}', '{"spec": {"structures": ["a"], "x": 1}}'])
def test_a_broken_manifest_is_said(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(FolderError, match="manifest"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("measures.parquet", "PAR1", "measures.parquet: it is no whole Parquet file; delete"),
        ("measures.parquet", None, "measures.parquet: No such file"),
        ("run.json", "{}", "run.json: it lacks notes; delete"),
        ("run.json", "[1]", "run.json: it must hold an object of names and values, got list"),
        ("run.json", "{", "run.json: it is not JSON"),
    ],
)
def test_a_damaged_run_is_said_in_one_line_with_its_file(tmp_path, file, text, words):
    store = Store(tmp_path, comparison())
    for run in store.spec.runs():
        store.write(made_up(run))
    damaged = tmp_path / "runs" / store.spec.runs()[-1].key / file
    damaged.unlink()
    if text is not None:
        damaged.write_text(text)
    with pytest.raises(FolderError, match="cannot read") as error:
        _ = (store.results().measures, store.results().notes)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_loading_what_is_no_folder_of_results_is_said(tmp_path):
    with pytest.raises(FolderError, match="cannot read"):
        load(tmp_path / "nowhere")
    store = Store(tmp_path / "empty", comparison())
    with pytest.raises(FolderError, match="holds no finished run"):
        _ = store.results().measures


def test_a_failure_is_kept_until_the_run_succeeds(filled):
    filled.write_failure("abc", "Traceback")
    assert (filled.folder / "failures" / "abc.txt").read_text() == "Traceback"
    filled.forget_failure("abc")
    assert not (filled.folder / "failures").exists()
    filled.forget_failure("never failed")
