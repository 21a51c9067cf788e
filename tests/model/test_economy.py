"""The economy as a Mesa model: its surface, its refusals, and structures that differ in nothing that matters."""

import gc
import re
import tomllib
import weakref
from pathlib import Path

import mesa
import numpy as np
import pandas as pd
import pytest

from agents.consortium import GPConsortium
from agents.council import Council
from agents.vocabulary import Lever, Service
from model.economy import PHASES, HealthEconomy, prepare
from model.measures import BY_BODY, HEADLINE, MEASURES, OF_ORGANISATIONS, OF_PAIRS, REASONS
from model.parameters import Parameters
from model.structures import BASELINE, load_structure
from tests.strategies import (
    ALL_HELD,
    EACH_STRUCTURE,
    NO_BELIEFS,
    SOME_BELIEFS,
    fingerprints,
    lived,
    series,
    small_economy,
)

STRUCTURES = Path("model/structures")
ROOT = Path(__file__).resolve().parents[2]
FELT_AT_ONCE = Parameters().with_values({"deciding.price_band": 0.0})
"""In a small place chance is large, and organisations wait to see what is more than that: here they do not."""


# Surface


def test_the_tidy_frames():
    economy = lived(4)
    assert list(economy.measures.columns) == ["month", "organisation", "measure", "value"]
    assert list(economy.decisions.columns) == ["month", "organisation", "lever", "before", "after", "decider", "advice", "reasons"]
    here = economy.measures[economy.measures["organisation"] == "place"]
    assert set(MEASURES) - {measure.name for measure in OF_PAIRS} <= set(here["measure"])
    assert {measure.name for measure in OF_PAIRS} <= {name.partition("/")[0] for name in here["measure"]}, "by kinds of pair alone"
    assert all(list(months) == [0, 1, 2, 3] for _, months in here.groupby("measure")["month"])
    assert np.isfinite(economy.measures["value"]).all()
    names = {organisation.name for organisation in (*economy.councils, *economy.consortia, *economy.hospitals)}
    assert names == {unit.name for unit in economy._units}


def test_the_place_is_the_sum_of_its_councils():
    economy = lived(5, scale=0.01)
    frame = economy.measures
    councils = {council.name for council in economy.councils}
    for name in MEASURES:
        if name == "spillover" or MEASURES[name] in OF_ORGANISATIONS + OF_PAIRS:
            continue
        parts = frame[frame["organisation"].isin(councils) & (frame["measure"] == name)].groupby("month")["value"].sum()
        assert np.allclose(parts.to_numpy(), series(economy, name)), name


def test_the_place_is_the_sum_of_its_organisations():
    economy = lived(12, scale=0.01)
    frame = economy.measures
    for measure in OF_ORGANISATIONS:
        own = frame[(frame["organisation"] != "place") & (frame["measure"] == measure.name)]
        parts = own.groupby("month")["value"].sum().reindex(range(12), fill_value=0.0)
        assert np.allclose(parts.to_numpy(), series(economy, measure.name)), measure.name


def test_parts_of_a_measure_add_up_to_it():
    economy = lived(5, scale=0.01)
    frame = economy.measures[economy.measures["organisation"] == "place"]
    for name in ("emergency_contacts", "emergency_admissions", "emergency_bed_days", "delayed_days_true"):
        parts = frame[frame["measure"].str.startswith(f"{name}/")].groupby("month")["value"].sum()
        assert (parts.to_numpy() == series(economy, name)).all(), name
    assert (series(economy, "emergency_admissions") <= series(economy, "emergency_contacts")).all()


def test_what_the_return_records_adds_up_by_reason_and_by_body_and_is_part_of_what_is():
    economy = lived(5, scale=0.01)
    for name in ("delayed_days_recorded", "delayed_patients"):
        for kinds in (REASONS, BY_BODY):
            assert (sum(series(economy, f"{name}/{kind}") for kind in kinds) == series(economy, name)).all(), name
    for kind in ("", *(f"/{reason}" for reason in REASONS)):
        recorded, true = (series(economy, f"delayed_days_{which}{kind}") for which in ("recorded", "true"))
        assert (recorded <= true).all(), kind
    assert 0 < series(economy, "delayed_days_recorded").sum() < series(economy, "delayed_days_true").sum()


def test_running_stops_being_true_after_the_years_asked_for():
    economy = small_economy(years=1)
    for month in range(12):
        assert economy.running, month
        economy.step()
    assert not economy.running
    assert economy.month == 12
    economy.run(years=1)
    assert economy.month == 24


def test_it_is_a_mesa_model():
    economy = lived(2)
    assert isinstance(economy, mesa.Model)
    assert isinstance(economy.patients, mesa.agent.AgentSet)
    assert economy.patients[7].unique_id == 7
    assert len(economy.patients) == int((economy.engine.people.rows["end_month"] == 32767).sum())
    collected = economy.datacollector.get_model_vars_dataframe()
    assert list(collected.columns) == [measure.name for measure in HEADLINE]
    for name in collected.columns:
        assert (collected[name].to_numpy() == series(economy, name)).all(), name


def test_the_phases_are_one_list():
    assert PHASES == ("settle", "decide", "live_and_flow", "pay", "observe")
    assert all(hasattr(HealthEconomy, f"_{phase}") for phase in PHASES)


@pytest.mark.parametrize("structure", EACH_STRUCTURE)
def test_batch_run_takes_structures_and_places(structure):
    """Mesa 3.3 takes `seed` among the parameters; later versions take generators, and pass no seed."""
    parameters = {"structure": structure, "place": ["wigan"], "scale": 0.001, "years": 1}
    new = (
        "rng"
        in mesa.batch_run.__code__.co_varnames[
            : mesa.batch_run.__code__.co_argcount + mesa.batch_run.__code__.co_kwonlyargcount
        ]
    )
    if new:
        rows = mesa.batch_run(
            HealthEconomy,
            {**parameters, "beliefs": [SOME_BELIEFS]},
            rng=[3, 4],
            max_steps=3,
            number_processes=1,
            display_progress=False,
        )
    else:
        rows = mesa.batch_run(
            HealthEconomy,
            {**parameters, "beliefs": [SOME_BELIEFS], "seed": [3, 4]},
            iterations=1,
            max_steps=3,
            number_processes=1,
            display_progress=False,
        )
    frame = pd.DataFrame(rows)
    assert len(frame) == 2
    assert set(frame["structure"]) == {structure}
    assert (frame["emergency_contacts"] >= 0).all()
    assert frame["qalys"].nunique() == 2, "two seeds, two lucks"


def test_a_seed_may_come_as_rng_and_no_seed_is_one():
    named = fingerprints(lived(1, seed=1))
    assert fingerprints(lived(1)) == named
    assert fingerprints(lived(1, seed=None, rng=1)) == named
    assert fingerprints(lived(1, seed=None, rng=2)) != named


def test_preparing_leaves_a_place_ready():
    prepare("berkshire-west", 0.002)


# Refusals


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"place": "berkshire-wst"}, "berkshire-west"),
        ({"structure": "single-budgt"}, "single-budget"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 2**64}, "seed must be a whole number from 0"),
        ({"seed": 1.5}, "seed must be a whole number from 0"),
        ({"years": 0}, "years must be a whole number from 1"),
        ({"years": True}, "years must be a whole number"),
        ({"scale": 0}, "scale must be a number above 0"),
        ({"scale": float("nan")}, "scale must be a number above 0"),
        ({"scale": float("inf")}, "scale must be a number above 0"),
        ({"scale": 1e-9}, "at least one person"),
        ({"threads": 0}, "threads must be a whole number"),
        ({"start": "2014"}, "such as '2014-04'"),
        ({"start": "2014-13"}, "such as '2014-04'"),
        ({"settlement": "generous"}, "unknown settlement 'generous'; nearest: "),
        ({"demography": "still"}, "demography must be one of moving, frozen"),
        ({"hold": {"strictnes": None}}, "nearest: strictness"),
        ({"hold": {"strictness": 0.6}}, re.escape("must lie in [0, 0.5]")),
        ({"hold": {"strictness": float("nan")}}, "must lie in"),
    ],
)
def test_bad_input_is_refused_in_one_clear_line(option, says):
    with pytest.raises(ValueError, match=says) as refusal:
        small_economy(**option)
    assert len(str(refusal.value).splitlines()) == 1


# Placebos: what differs in words only, or in who decides what nobody may decide, changes nothing


def as_toml(facts: dict, order: int = 1) -> str:
    """Facts as a TOML file, with keys and tables in their order or the other way round."""

    def line(value):
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (int, float)):
            return repr(float(value))
        if isinstance(value, str):
            return '"""' + value + '"""' if "\n" in value else f'"{value}"'
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{k} = {line(v)}" for k, v in value.items()) + " }"
        return "[" + ", ".join(line(item) for item in value) + "]"

    plain = [
        f"{k} = {line(v)}"
        for k, v in facts.items()
        if not isinstance(v, dict) and not (isinstance(v, list) and v and isinstance(v[0], dict))
    ]
    tables = [
        f"[{k}]\n" + "\n".join([f"{a} = {line(b)}" for a, b in v.items()][::order])
        for k, v in facts.items()
        if isinstance(v, dict)
    ]
    lists = [
        f"[[{k}]]\n" + "\n".join(f"{a} = {line(b)}" for a, b in one.items())
        for k, v in facts.items()
        if isinstance(v, list) and v and isinstance(v[0], dict)
        for one in v
    ]
    return "\n".join([*plain[::order], *(tables + lists)[::order]]) + "\n"


def shipped(name: str) -> dict:
    return tomllib.loads((ROOT / STRUCTURES / f"{name}.toml").read_text(encoding="utf-8"))


def written(folder: Path, facts: dict, order: int = 1) -> Path:
    file = folder / f"{facts['name']}.toml"
    file.write_text(as_toml(facts, order), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", EACH_STRUCTURE)
def test_names_and_the_order_of_a_file_change_nothing(tmp_path, name):
    facts = shipped(name)
    other = written(
        tmp_path,
        {**facts, "name": "another-name", "title": "Another title", "source": "Nowhere.", "alternatives": {}},
        order=-1,
    )
    assert load_structure(other).holders == load_structure(name).holders
    ours, theirs = (lived(15, scale=0.005, structure=each, parameters=FELT_AT_ONCE) for each in (name, other))
    assert len(ours.decisions) > 0, "something was decided"
    assert fingerprints(ours) == fingerprints(theirs)


@pytest.mark.parametrize("name", EACH_STRUCTURE)
def test_a_structure_differs_from_itself_under_another_name_by_exactly_nothing(tmp_path, name):
    again = written(tmp_path, {**shipped(name), "name": "again"})
    ours, theirs = lived(13, scale=0.005, structure=name), lived(13, scale=0.005, structure=again)
    difference = ours.measures["value"] - theirs.measures["value"]
    assert (difference == 0.0).all()


def with_other_deciders(name: str) -> dict:
    """A structure whose commissioner exists but leaves to councils and consortia what it decided."""
    facts = shipped(name)
    owners = {lever.name.lower(): kind.kind.name.lower() for kind in (Council, GPConsortium) for lever in kind.own_levers}
    changed = {lever: (owners[lever] if kind == "commissioner" else kind) for lever, kind in facts["deciders"].items()}
    return {**facts, "name": "other-deciders", "deciders": changed}


def test_who_decides_what_is_held_changes_nothing(tmp_path):
    other = written(tmp_path, with_other_deciders("single-budget"))
    assert load_structure(other).deciders != load_structure("single-budget").deciders
    ours = lived(15, scale=0.005, structure="single-budget", hold=ALL_HELD)
    theirs = lived(15, scale=0.005, structure=other, hold=ALL_HELD)
    assert fingerprints(ours) == fingerprints(theirs)


def test_who_decides_what_is_held_away_from_rest_changes_only_whose_decision_it_is(tmp_path):
    other = written(tmp_path, with_other_deciders("single-budget"))
    hold = {**ALL_HELD, "strictness": 0.4, "community": 0.5}
    ours = lived(15, scale=0.005, structure="single-budget", hold=hold)
    theirs = lived(15, scale=0.005, structure=other, hold=hold)
    one, two = fingerprints(ours), fingerprints(theirs)
    assert [part for part in one if one[part] != two[part]] == ["consequences"] or [
        part for part in one if one[part] != two[part]
    ] == ["entries", "consequences"]
    amounts = [economy.ledger.consequences()["pounds"].sum() for economy in (ours, theirs)]
    assert amounts[0] == pytest.approx(amounts[1], abs=0.01)


def test_holders_alone_change_who_pays_but_not_what_happens():
    """With every lever held, no gate, no disputes and no dip, a single budget pays for the same people, days and services."""
    never = Parameters().with_values({"settlement.chance_band": 1e9, "care.disputed_share": 0.0, "reorganising.depth": 0.0})
    ours = lived(15, scale=0.05, structure=BASELINE, hold=ALL_HELD, parameters=never)
    theirs = lived(15, scale=0.05, structure="single-budget", hold=ALL_HELD, parameters=never)
    assert (ours.measures.query("measure == 'funding_gate'")["value"] == 0).all()
    assert (theirs.measures.query("measure == 'funding_gate'")["value"] == 0).all()
    assert fingerprints(ours)["people"] == fingerprints(theirs)["people"]
    for service in set(Service) - {Service.SETTLEMENT, Service.MANAGEMENT, Service.TRANSITION}:
        amounts = [
            sum(economy.ledger.paid(name, [service]) for name in economy.parties.names) for economy in (ours, theirs)
        ]
        assert amounts[0] == amounts[1], service


# Deciding


def test_organisations_that_believe_nothing_move_nothing():
    economy = lived(12, beliefs=NO_BELIEFS)
    assert len(economy.decisions) == 0


def test_held_levers_stay_and_the_others_may_move():
    economy = lived(24, scale=0.005, years=2, hold={"strictness": 0.3, "generosity": None}, parameters=FELT_AT_ONCE)
    moved = set(economy.decisions["lever"])
    assert moved
    assert not moved & {"strictness", "generosity"}
    for council in economy.councils:
        assert council.levers[Lever.STRICTNESS] == 0.3
        assert council.levers[Lever.GENEROSITY] == council.rest[Lever.GENEROSITY]


def test_the_log_tells_every_step_from_level_to_level():
    economy = lived(24, scale=0.005, years=2, parameters=FELT_AT_ONCE)
    for (organisation, lever), steps in economy.decisions.groupby(["organisation", "lever"]):
        unit = next(unit for unit in economy._units if unit.name == organisation)
        code = Lever[lever.upper()]
        levels = [unit.rest[code], *steps["after"]]
        assert list(steps["before"]) == levels[:-1], (organisation, lever)
        assert levels[-1] == unit.levers[code]
        frame = economy.measures
        recorded = frame[(frame["organisation"] == organisation) & (frame["measure"] == f"lever/{lever}")].set_index(
            "month"
        )["value"]
        assert (recorded[steps["month"]].to_numpy() == steps["after"].to_numpy()).all()
        assert set(steps["decider"]) == {organisation}


def test_each_organisation_decides_once_a_quarter():
    economy = lived(24, scale=0.005, years=2, parameters=FELT_AT_ONCE)
    for position, unit in enumerate(economy._units):
        months = economy.decisions[economy.decisions["organisation"] == unit.name]["month"]
        assert (months % 3 == position % 3).all(), unit.name


def test_under_a_single_budget_the_commissioner_decides_for_councils_and_consortia():
    economy = lived(24, scale=0.005, years=2, structure="single-budget", parameters=FELT_AT_ONCE)
    whose = economy.decisions
    own = whose["lever"].isin(["admission_threshold", "discharge_readiness"])
    assert (whose[~own]["decider"] == "single commissioner of Berkshire West").all()
    assert (whose[own]["decider"] == whose[own]["organisation"]).all()


def test_an_economy_that_nobody_uses_any_more_is_let_go():
    economy = lived(2, scale=0.002)
    watched = weakref.ref(economy)
    del economy
    gc.collect()
    assert watched() is None, "else a batch would hold the people of all its runs in memory"


def test_agents_are_numbered_from_one_in_each_model():
    for economy in (small_economy(), small_economy()):
        assert sorted(agent.unique_id for agent in economy.agents) == list(range(1, len(economy.agents) + 1))
