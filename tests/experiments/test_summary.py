import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest

from experiments import cli
from experiments.comparing import headline
from experiments.store import Store
from experiments.summary import (
    ATTRIBUTION,
    NO_SPREAD,
    compare,
    compare_indicators,
    headline_markdown,
    trust,
    write_report,
)
from model.structures import list_structures
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
        "## By official definitions",
        "| Delayed days (recorded), days per 100,000 adults |",
        NO_SPREAD,
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


def test_trust_is_told_from_its_one_draw_to_where_each_structure_left_it(tmp_path):
    store = Store(tmp_path, comparison(replications=2, years=1))
    for run in store.spec.runs():
        result = made_up(run)
        end = 0.4 if run.structure == "separate-budgets" else 0.6 + 0.1 * run.replication
        rows = [(month, who, "trust/consortium-council", at) for month, who, at in
                ((0, "place", 0.5), (0, "A and B", 0.3), (0, "A and C", 0.7), (11, "place", end))]  # fmt: skip
        store.write(dataclasses.replace(result, measures=pd.concat([result.measures, pd.DataFrame(rows, columns=result.measures.columns)])))
    _, words, table = trust(store.results())
    assert "intervals do not cover it" in words
    assert table.splitlines()[2:] == ["| At the start (over pairs) | 0.50 (0.30 to 0.70) |", "| Separate budgets, at the end | 0.40 |", "| Single budget, at the end | 0.65 |"]


def test_tables_of_results_are_saved(tmp_path):
    some = material(tmp_path, structures=("separate-budgets",), replications=1, years=1)
    write_report(some.results, some.differences)
    assert len(pd.read_csv(tmp_path / "headline.csv")) == 12
    assert len(pd.read_csv(tmp_path / "differences.csv")) == len(compare(some.results))
    assert len(pd.read_csv(tmp_path / "indicators.csv")) == len(compare_indicators(some.results)) > 0


def with_councils(run, delayed: dict[str, float]):
    """A result with councils of a thousand adults each, and so many delayed patients in every month."""
    result = made_up(run)
    rows = [
        (month, who, name, value)
        for month in range(run.years * 12)
        for who, number in {"place": sum(delayed.values()), **delayed}.items()
        for name, value in (("people", 1000.0 * (len(delayed) if who == "place" else 1)), ("delayed_patients", number))
    ]
    more = pd.DataFrame(rows, columns=["month", "organisation", "measure", "value"])
    kept = result.measures[~result.measures["measure"].isin(["people", "delayed_patients"])]
    return dataclasses.replace(result, measures=pd.concat([kept, more], ignore_index=True))


def test_spreads_between_councils_are_compared_where_every_run_can_tell_them(tmp_path):
    store = Store(tmp_path, comparison(replications=2, years=2))
    for run in store.spec.runs():
        even = run.structure == "single-budget"
        store.write(with_councils(run, {"Reading": 2.0, "Wokingham": 2.0 if even else 6.0}))
    found = compare_indicators(store.results()).set_index(["structure", "measure", "year"])
    spread = found.loc["single-budget", "delayed_transfers_variation"]
    assert spread["baseline"].tolist() == [50.0] * 3
    assert spread["mean"].tolist() == [0.0] * 3
    assert found.loc[("single-budget", "delayed_transfers", 1), "percent"] == -50.0
    write_report(store.results(), compare(store.results()))
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "| Delayed transfers of care: variation between councils, % |" in page
    assert NO_SPREAD not in page


def test_what_one_run_cannot_tell_is_told_of_none(tmp_path):
    store = Store(tmp_path, comparison(replications=1, years=1))
    for run in store.spec.runs():
        store.write(with_councils(run, {"Reading": 2.0, "Wokingham": 2.0 if run.structure == "single-budget" else 0.0}))
    found = set(compare_indicators(store.results())["measure"])
    assert "delayed_transfers_variation" in found
    assert "delayed_transfers_span" not in found, "nobody is delayed in one council, so that there is no ratio"


def test_many_structures_have_a_line_each_under_every_measure(tmp_path):
    some = material(tmp_path, structures=tuple(list_structures()[:6]), years=1)
    told = headline_markdown(headline(some.differences), some.context).splitlines()
    assert told[0] == "| mean a year | Separate budgets | under | difference |"
    assert len(told) == 2 + 12 * 5
    assert told[2].startswith("| Emergency contacts | 12,200 | aligned budgets | −596 (")
    assert told[3].startswith("|  |  | council led | ")


def test_many_structures_have_a_line_each_on_the_terminal(tmp_path, capsys):
    some = material(tmp_path, structures=tuple(list_structures()[:6]), years=1)
    cli._print_headline(some.differences, some.results)
    told = capsys.readouterr().out
    lines = told.splitlines()
    baseline = next(number for number, line in enumerate(lines) if line.startswith("Separate budgets"))
    assert lines[baseline + 1].split()[:3] == ["Aligned", "budgets", "−4.9%*"]
    assert "Differences from separate budgets; *: the 95% interval over replications leaves zero out." in told
