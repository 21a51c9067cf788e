"""The figure of what documents leave open stands among the others where alternatives were run, and only there."""

import pandas as pd
import pytest

from experiments.figures import alternatives
from experiments.figures.drawing import ALTERNATIVES, DRAWINGS
from experiments.figures.matrix import MANY
from experiments.figures.style import label_of
from experiments.robustness import differences_by_reading, robustness
from experiments.summary import ALTERNATIVES_CSV, ROBUSTNESS_CSV, compare, write_report
from model.measures import HEADLINE
from model.structures import list_structures
from tests.experiments.figures.test_drawing import Material, material
from tests.experiments.made_up import comparison
from tests.experiments.test_robustness import EFFECTS, spec, written


@pytest.fixture(scope="module")
def some(tmp_path_factory) -> Material:
    return told_of(written(tmp_path_factory.mktemp("open"), spec()))


def told_of(results) -> Material:
    readings = differences_by_reading(results)
    return Material(results=results.without_alternatives(), differences=compare(results), readings=readings, robust=robustness(results, readings))


def drawn(some: Material):
    return alternatives.draw(alternatives.table(some.readings), some.robust, "Open", some.context)


def test_it_has_a_panel_a_headline_measure_with_a_mark_for_every_reading(some):
    figure = drawn(some)
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == len(HEADLINE)
    assert [text.get_text() for text in panels[0].get_yticklabels()] == [label_of(name) for name in some.context.others]
    for axes in panels:
        marks = [line for line in axes.lines if line.get_marker() in ("|", "x")]
        assert sum(len(line.get_xdata()) for line in marks) == 1 + 3, "one reading of the baseline for each, and two of the second's own"


def test_its_title_counts_what_survives(some, tmp_path):
    assert alternatives.title(some.robust, some.context) == "0 of 24 headline differences from separate budgets that are clear of luck keep their sign, whichever open fact is read otherwise"
    agreeing = told_of(written(tmp_path, spec(), {**EFFECTS, "separate-budgets~no-duty": 0.0, "single-budget~no-overspend": -0.04}))
    assert alternatives.title(agreeing.robust, agreeing.context).startswith("24 of 24 headline differences")


def test_its_title_claims_nothing_of_one_replication(tmp_path):
    single = told_of(written(tmp_path, spec(replications=1)))
    assert alternatives.title(single.robust, single.context).endswith("one replication cannot tell luck from effect")


def test_its_words_name_what_turns_a_difference(some):
    words = alternatives.describe(some.robust, some.context)
    assert "Single budget: 0 of the 12 differences that are clear of luck keep their sign under all 3 other readings" in words
    assert "Deaths is turned by single-budget~no-overspend" in words


@pytest.fixture
def alone(monkeypatch) -> None:
    """Draw no other figure, which takes its time."""
    monkeypatch.setattr("experiments.figures.drawing.DRAWINGS", {ALTERNATIVES: DRAWINGS[ALTERNATIVES]})


@pytest.mark.usefixtures("alone")
def test_it_is_drawn_only_where_alternatives_were_run(tmp_path):
    plain = material(tmp_path)
    assert write_report(plain.results, plain.differences) == []
    assert not (tmp_path / ALTERNATIVES_CSV).exists()
    assert "leave open" not in (tmp_path / "summary.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("alone")
def test_a_report_has_its_tables_and_says_what_survives(tmp_path):
    results = written(tmp_path, spec())
    (figure,) = write_report(results, compare(results))
    assert all((tmp_path / file).stat().st_size > 0 for file in figure.files)
    assert len(pd.read_csv(tmp_path / "differences.csv")["structure"].unique()) == 3
    readings, robust = pd.read_csv(tmp_path / ALTERNATIVES_CSV), pd.read_csv(tmp_path / ROBUSTNESS_CSV)
    assert set(readings["alternative"].dropna()) == {"no-duty", "council", "no-overspend"}
    assert len(robust) == 3 * len(HEADLINE)
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "## What the documents leave open" in page
    assert "| single-budget~council | single-budget~no-overspend | 2 of 3 | 1 (1 to 3) |" in page
    assert f"`{ROBUSTNESS_CSV}`" in page
    assert "other readings of what documents leave open: `separate-budgets~no-duty`, `single-budget~council`, `single-budget~no-overspend`" in page
    assert figure.name == ALTERNATIVES


def test_many_structures_are_told_in_a_table(tmp_path):
    names = tuple(list_structures()[: MANY + 1])
    every = spec_of_many(names)
    some = told_of(written(tmp_path, every, {run.structure: -0.05 for run in every.runs()} | {names[0]: 0.0}))
    figure = drawn(some)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [label_of(name) for name in names]
    assert "\n1 of 1" in figure.axes[0].texts[-1].get_text()


def spec_of_many(names: tuple[str, ...]):
    return comparison(structures=names, alternatives={name: {"other": f"{name}~other"} for name in names[1:]}, replications=2, years=1)
