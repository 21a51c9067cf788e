"""What documents leave open is told apart from luck: by how far differences and ranks hold when one fact is read otherwise."""

from pathlib import Path

import pandas as pd
import pytest

from experiments.comparing import PERIOD, paired_differences, totals
from experiments.robustness import AS_STATED, Reading, differences_by_reading, findings, readings_of, robustness
from experiments.specification import ComparisonSpec
from experiments.store import Results, Store
from experiments.summary import compare
from model.measures import HEADLINE
from tests.experiments.made_up import comparison, made_up

STRUCTURES = ("separate-budgets", "aligned-budgets", "single-budget")
ALTERNATIVES = {
    "separate-budgets": {"no-duty": "separate-budgets~no-duty"},
    "single-budget": {"council": "council-led", "no-overspend": "single-budget~no-overspend"},
}
EFFECTS = {"separate-budgets": 0.0, "separate-budgets~no-duty": -0.02, "aligned-budgets": -0.01, "single-budget": -0.05, "single-budget~no-overspend": 0.03, "council-led": -0.08}
"""What each does to every headline measure, as a share."""


def spec(**changes) -> ComparisonSpec:
    return comparison(structures=STRUCTURES, alternatives=ALTERNATIVES, **changes)


def written(folder: Path, spec: ComparisonSpec, effects: dict[str, float] = EFFECTS, missing: str = "") -> Results:
    store = Store(folder, spec)
    for run in spec.runs():
        if run.structure != missing:
            store.write(made_up(run, effects[run.structure] + 0.001 * run.replication * (run.structure != spec.baseline)))
    return store.results()


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    return written(tmp_path_factory.mktemp("open"), spec())


@pytest.fixture(scope="module")
def robust(results) -> pd.DataFrame:
    return robustness(results, differences_by_reading(results))


def test_readings_are_one_open_fact_at_a_time(results):
    assert [reading.name for reading in readings_of(results.spec)] == [
        AS_STATED, "separate-budgets~no-duty", "single-budget~council", "single-budget~no-overspend",
    ]  # fmt: skip
    assert Reading("single-budget+cost-cap", "council", "council-led+cost-cap").name == "single-budget~council+cost-cap"


def test_as_stated_is_what_is_compared_without_alternatives(results):
    plain = compare(results)
    stated = differences_by_reading(results).query("read == ''").set_index(["structure", "measure"])
    known = plain[(plain["year"] == PERIOD) & (plain["structure"] != "separate-budgets")].set_index(["structure", "measure"])
    assert set(plain["structure"]) == set(STRUCTURES)
    columns = ["difference", "low", "high", "percent", "replications"]
    pd.testing.assert_frame_equal(stated[columns].sort_index(), known[columns].sort_index())


def test_a_structures_own_alternative_is_set_beside_the_baseline_as_stated(results):
    found = differences_by_reading(results).query("read == 'single-budget' and measure == 'deaths'").set_index("alternative")
    values = totals(results.measures).query("year == 0 and measure == 'deaths'")
    direct = paired_differences(values, "separate-budgets").set_index("structure")
    assert set(found["structure"]) == {"single-budget"}
    assert found.loc["council", "run"] == "council-led"
    for alternative, run in ALTERNATIVES["single-budget"].items():
        assert found.loc[alternative, "difference"] == direct.loc[run, "difference"]
        assert found.loc[alternative, "high"] == direct.loc[run, "high"]


def test_each_structure_as_stated_is_set_beside_the_baselines_alternative(results):
    found = differences_by_reading(results).query("read == 'separate-budgets' and measure == 'deaths'").set_index("structure")
    values = totals(results.measures).query("year == 0 and measure == 'deaths'")
    direct = paired_differences(values, "separate-budgets~no-duty").set_index("structure")
    assert list(found.index) == ["aligned-budgets", "single-budget"]
    assert found["difference"].to_dict() == direct.loc[["aligned-budgets", "single-budget"], "difference"].to_dict()


def test_the_range_the_sign_and_whose_reading_turns_it(robust):
    row = robust.query("structure == 'single-budget' and measure == 'deaths'").iloc[0]
    assert row["difference"] < 0.0
    assert (row["least_under"], row["most_under"]) == ("single-budget~council", "single-budget~no-overspend")
    assert row["least"] < row["difference"] < 0.0 < row["most"]
    assert (row["readings"], row["same_sign"], row["clear_same"], row["clear_other"]) == (3, 2, 2, 1)
    assert row["turned_by"] == "single-budget~no-overspend"
    aligned = robust.query("structure == 'aligned-budgets' and measure == 'deaths'").iloc[0]
    assert (aligned["readings"], aligned["same_sign"], aligned["turned_by"]) == (1, 0, "separate-budgets~no-duty")


def test_ranks_go_from_the_best_or_else_from_the_least(robust):
    """Every measure falls by the same share, which is good where less is better and bad where more is."""
    for measure in HEADLINE:
        ranks = robust[robust["measure"] == measure.name].set_index("structure")
        up = measure.better == "more"
        assert ranks["rank"].to_dict() == ({"separate-budgets": 1, "aligned-budgets": 2, "single-budget": 3} if up else {"separate-budgets": 3, "aligned-budgets": 2, "single-budget": 1})
        own = ranks.loc["single-budget"]
        assert (own["rank_first"], own["rank_last"]) == (1, 3)
        assert own["rank_kept"] == 0.75
        assert ranks.loc["separate-budgets", "rank_kept"] == 0.5, "it moves up under its own other reading, and when the third falls behind it"


def test_every_structure_and_headline_measure_has_a_row(robust):
    assert len(robust) == len(STRUCTURES) * len(HEADLINE)
    assert list(dict.fromkeys(robust["measure"])) == [measure.name for measure in HEADLINE]
    assert robust["structure"].tolist() == list(STRUCTURES) * len(HEADLINE)


def test_findings_are_of_what_luck_leaves_clear(robust):
    found = {structure: (len(clear), len(turned)) for structure, clear, turned in findings(robust, "separate-budgets")}
    assert found == {"aligned-budgets": (12, 12), "single-budget": (12, 12)}


def test_nothing_is_turned_where_every_reading_agrees(tmp_path):
    agreeing = written(tmp_path, spec(), {**EFFECTS, "separate-budgets~no-duty": 0.0, "single-budget~no-overspend": -0.04})
    found = findings(robustness(agreeing, differences_by_reading(agreeing)), "separate-budgets")
    assert [len(turned) for _, _, turned in found] == [0, 0]


def test_one_replication_leaves_nothing_clear(tmp_path):
    single = written(tmp_path, spec(replications=1))
    assert all(clear.empty for _, clear, _ in findings(robustness(single, differences_by_reading(single)), "separate-budgets"))


def test_an_alternative_that_did_not_run_is_left_out(tmp_path):
    some = written(tmp_path, spec(), missing="single-budget~no-overspend")
    robust = robustness(some, differences_by_reading(some))
    assert robust.query("structure == 'single-budget'")["readings"].unique().tolist() == [2]
    assert robust["rank"].notna().all()
