import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest

from experiments.store import Store
from experiments.summary import ATTRIBUTION, compare, write_report
from tests.experiments.figures.test_drawing import material
from tests.experiments.made_up import comparison, made_up

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    some = material(tmp_path_factory.mktemp("summary"), scale=0.1, hold={"strictness": 0.1})
    write_report(some.results, some.differences, ["single-budget, replication 9: ValueError: no"])
    return some.results.folder


@pytest.fixture(scope="module")
def page(folder) -> str:
    return (folder / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        "not a forecast",
        "Warning: scale 0.1",
        "| Emergency contacts |",
        "95% t-interval",
        "| Trust | nobody in particular |",
        "place: Berkshire West",
        "flat in real terms",
        "`strictness` = 0.1",
        "seed 1",
        "| social care | 40.0 | 16.0 | 40% | 24.0 | data |",
        "| public health | not known | 1.0 |  | 0.0 | assumed |",
        "| Transition |",
        "single-budget, replication 9: ValueError: no",
        "![",
        "numba ",
        "model/data/councils.csv",
        *ATTRIBUTION,
    ],
)
def test_the_summary_says(page, words):
    assert words in page


def test_all_links_of_the_summary_lead_to_files(page, folder):
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert len(links) >= 24
    assert all((folder / link).is_file() for link in links)


def test_the_attribution_is_what_the_data_licence_asks_to_carry():
    licence = (ROOT / "DATA_LICENCE.md").read_text(encoding="utf-8")
    assert [line.removeprefix("> ") for line in licence.splitlines() if line.startswith("> ")] == list(ATTRIBUTION)


def test_a_mechanism_that_only_some_structures_lack_is_told_with_them(tmp_path):
    store = Store(tmp_path, comparison(replications=1, years=1))
    for run in store.spec.runs():
        result = made_up(run)
        own = {"name": f"what {run.structure} lacks", "favours": "somebody"}
        notes = {**result.notes, "lacking": [*result.notes["lacking"], own]}
        store.write(dataclasses.replace(result, notes=notes))
    write_report(store.results(), compare(store.results()))
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "| what single-budget lacks (lacking under single budget) | somebody |" in page
    assert "| Trust | nobody in particular |" in page


def test_tables_of_results_are_saved(tmp_path):
    some = material(tmp_path, structures=("separate-budgets",), replications=1, years=1)
    write_report(some.results, some.differences)
    assert len(pd.read_csv(tmp_path / "headline.csv")) == 12
    assert len(pd.read_csv(tmp_path / "differences.csv")) == len(compare(some.results))
