"""Who pays for whose decision: names of decisions, what was borne, estimates side by side, and a small real run."""

import re

import numpy as np
import pandas as pd
import pytest

from experiments.cases import Cases, Ground
from experiments.shunting import (
    Decided,
    Deciding,
    ShuntSpec,
    borne,
    money,
    over_draws,
    shunts,
    write_shunts,
)
from experiments.store import RunTables
from model.ledger import HOSPITAL_LINE, HOUSEHOLD_LINE
from model.place import load_place
from model.structures import load_structure
from tests.experiments.made_up import PARTIES

SMALL = Ground(years=2, scale=0.02, parameters={"deciding.price_band": 0.0, "settlement.council_growth": -0.035})
STRICTNESS = Decided(name="council.strictness", decider="council", deciders=frozenset({"Reading"}), levers=frozenset({"strictness"}), units={"Reading": ("strictness",)})


def tables(payments, attributed=(), care=0.0, months=12) -> RunTables:
    measures = [(month, "Royal Berkshire", "resource_cost", care / months) for month in range(months)]
    return RunTables(
        measures=pd.DataFrame(measures, columns=["month", "organisation", "measure", "value"]),
        ledger=pd.DataFrame(payments, columns=["payer", "payee", "service", "pounds"]),
        consequences=pd.DataFrame(attributed, columns=["decider", "lever", "payer", "service", "pounds"]),
        decisions=pd.DataFrame(),
        notes={"parties": PARTIES},
    )


def test_what_is_borne_is_paid_less_received_and_of_hospitals_what_care_costs_less_what_they_get():
    run = tables(
        [
            ("treasury", "Reading", "settlement", 900.0), ("Reading", "market", "home_care", 50.0), ("households", "Reading", "charges", 20.0),
            ("NHS Wokingham CCG", "Royal Berkshire", "emergency_spell", 30.0), ("NHS Wokingham CCG", "Reading", "pool", 5.0),
        ],
        care=36.0,
    )  # fmt: skip
    assert borne(run, PARTIES).to_dict() == {
        ("council", "home_care"): 50.0, ("council", "charges"): -20.0, ("council", "pool"): -5.0, ("consortium", "pool"): 5.0,
        ("consortium", "emergency_spell"): 30.0, ("household", HOUSEHOLD_LINE): 20.0, ("hospital", HOSPITAL_LINE): pytest.approx(6.0),
    }  # fmt: skip


def test_the_two_estimates_stand_side_by_side_a_year():
    first = tables([("Reading", "market", "home_care", 40.0), ("NHS Wokingham CCG", "Royal Berkshire", "attendance", 10.0)],
                   [("Reading", "strictness", "Reading", "home_care", -20.0), ("Reading", "fees", "Reading", "home_care", 99.0),
                    ("Wokingham", "strictness", "Reading", "home_care", 99.0)], months=24)  # fmt: skip
    second = tables([("Reading", "market", "home_care", 100.0)], months=24)
    found = money(STRICTNESS, first, second).set_index(["payer", "line"])
    assert found.loc[("council", "home_care"), ["attributed", "counterfactual"]].tolist() == [-10.0, -30.0]
    assert found.loc[("consortium", "attendance"), ["attributed", "counterfactual"]].tolist() == [0.0, 5.0]
    assert found["spillover"].to_dict()[("consortium", "attendance")]
    assert not found["spillover"].to_dict()[("council", "home_care")]


def test_over_draws_the_defaults_are_told_and_from_least_to_most():
    rows = pd.DataFrame(
        {"decision": "council", "payer": ["a", "a", "a", "b"], "draw": [0, 1, 2, 1], "replication": 0, "attributed": [1.0, 3.0, -1.0, 2.0], "counterfactual": [2.0, 2.0, 2.0, 0.0]}
    )
    found = over_draws(rows, ["decision", "payer"], 1).set_index("payer")
    assert found.loc["a", ["attributed", "attributed_low", "attributed_high"]].tolist() == [1.0, -1.0, 3.0]
    assert found.loc["a", "disagreement"] == -1.0
    assert found.loc["b", ["attributed", "attributed_low", "attributed_high"]].tolist() == [0.0, 0.0, 2.0]
    assert np.isnan(found["attributed_luck_low"]).all(), "one replication cannot tell luck"
    alone = over_draws(rows[rows["draw"] == 0], ["decision", "payer"], 1)
    assert np.isnan(alone["attributed_low"]).all()


def test_over_replications_what_luck_leaves_is_the_t_interval_of_whole_payers():
    rows = pd.DataFrame(
        {"payer": ["a", "a", "a", "b"], "line": ["x", "y", "x", "x"], "draw": 0, "replication": [0, 0, 1, 2], "attributed": [1.0, 1.0, 2.0, 3.0], "counterfactual": 0.0}
    )
    found = over_draws(rows, ["payer"], 3).set_index("payer")  # of a 2, 2 and nothing; of b nothing twice, then 3
    assert found.loc["a", ["attributed", "disagreement"]].tolist() == [pytest.approx(4 / 3)] * 2
    half = 4.302652729911275 * np.std([2.0, 2.0, 0.0], ddof=1) / np.sqrt(3)
    assert found.loc["a", ["attributed_luck_low", "attributed_luck_high"]].tolist() == pytest.approx([4 / 3 - half, 4 / 3 + half])
    assert found.loc["b", "attributed"] == 1.0
    assert found.loc["b", ["counterfactual_luck_low", "counterfactual_luck_high"]].tolist() == [0.0, 0.0]


def test_where_nothing_is_borne_the_table_is_empty_and_has_its_columns():
    rows = pd.DataFrame({"decision": [], "payer": [], "draw": [], "replication": [], "attributed": [], "counterfactual": []})
    assert "disagreement_high" in over_draws(rows, ["decision", "payer"], 2).columns


def test_a_decision_goes_by_who_decides_or_owns_it():
    place = load_place("berkshire-west")
    apart, single = Deciding(place, load_structure("separate-budgets")), Deciding(place, load_structure("single-budget"))
    assert apart.kinds == ("council", "consortium", "hospital")
    assert apart.decided("council.strictness").deciders == {council.name for council in place.councils}
    assert apart.decided("Reading.fees").units == {"Reading": ("fees",)}
    assert set(apart.decided("Reading").levers) == set(apart.decided("council").levers)
    assert single.kinds == ("commissioner", "hospital")
    owned = single.decided("council.strictness")
    assert owned.decider == "commissioner"
    assert owned.units == {council.name: ("strictness",) for council in place.councils}
    assert single.decided("commissioner.strictness").units == owned.units
    assert len(single.decided("commissioner").levers) > len(apart.decided("council").levers)


def test_what_an_executive_board_decides_is_undone_as_the_boards():
    boards = Deciding(load_place("berkshire-west"), load_structure("board-plus"))
    assert boards.kinds == ("board", "hospital")
    owned = boards.decided("council.strictness")
    assert owned.decider == "board"
    assert owned.deciders == {f"the health and wellbeing board of {name}" for name in owned.units}
    assert {"strictness", "proactive"} < set(boards.decided("board").levers)
    with pytest.raises(ValueError, match=r"nobody decides 'Reading\.fees' here; nearest: .*board"):
        boards.decided("Reading.fees")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decisions": ("council.strictnes",)}, "unknown lever 'strictnes' in 'council.strictnes'; nearest: strictness"),
        ({"decisions": ("council.gp_access",)}, "nobody decides 'council.gp_access' here; nearest: consortium.gp_access"),
        ({"decisions": ("commissioner",)}, "nobody decides 'commissioner' here"),
        ({"decisions": ("council.strictness",), "against": "national"}, "no national median is known of strictness"),
        ({"kind": "rewind"}, "ShuntSpec.kind must be replay or respond, got 'rewind'"),
        ({"draws": -1}, "ShuntSpec.draws must be a whole number of 0 or more, got -1"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ShuntSpec(**changes)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shunts")
    spec = ShuntSpec(ground=SMALL, decisions=("council", "council.charges"), draws=0)
    return shunts(spec, Cases(folder)), folder


def test_a_decision_has_two_estimates_in_a_real_run(found):
    table = found[0].matrix().set_index(["decision", "payer"])
    assert table.loc[("council", "council"), "attributed"] != 0.0
    assert table.loc[("council", "council"), "counterfactual"] != 0.0
    assert "household" in found[0].rows["payer"].tolist()


def test_a_lever_that_never_moved_costs_nobody_anything_by_replay(found):
    shunts_found, _ = found
    assert shunts_found.rows[shunts_found.rows["decision"] == "council.charges"].empty
    people = shunts_found.people
    assert (people[people["decision"] == "council.charges"]["counterfactual"] == 0.0).all()


def test_tables_and_figure_are_written_and_runs_are_not_made_twice(found):
    shunts_found, folder = found
    files = write_shunts(shunts_found, folder)
    assert all(file.stat().st_size > 0 for file in files)
    table = pd.read_csv(folder / "shunts.csv")
    assert {"decision", "payer", "line", "attributed", "counterfactual", "disagreement"} <= set(table.columns)
    before = sorted((folder / "runs").iterdir())
    again = shunts(shunts_found.spec, Cases(folder))
    assert sorted((folder / "runs").iterdir()) == before
    pd.testing.assert_frame_equal(again.rows, shunts_found.rows)
