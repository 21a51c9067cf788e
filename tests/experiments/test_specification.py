import dataclasses
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.specification import (
    HEADLINE,
    ROOMS,
    ComparisonSpec,
    RunSpec,
    UnknownNameError,
    canonical_json,
    code_hash,
    data_checksums,
    unknown_name,
)
from model import structures as shipped
from model.structures import list_structures

SPEC = RunSpec(place="wigan", structure="single-budget", hold={"strictness": 0.1}, parameters={"living.a": 1, "b": 2})


def test_a_key_is_the_same_in_every_process():
    code = (
        "from experiments.specification import RunSpec; spec = RunSpec(place='wigan', structure='single-budget', "
        "hold={'strictness': 0.1}, parameters={'b': 2, 'living.a': 1}); print(spec.key, hash(spec))"
    )
    root = Path(__file__).parents[2]
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[0]
        for seed in ("1", "2")
    }
    assert told == {SPEC.key}


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (("Kent", "kent", "KENT", "E10000016", "Kent County Council", ["kent"]), "kent"),
        (("Kent, Medway", "kent+medway", ["Kent", "Medway"], ("E10000016", "E06000035")), "kent+medway"),
        (("north-yorkshire", "North Yorkshire"), "north-yorkshire"),
        (("E10000023", "North Yorkshire council"), "north-yorkshire-council"),
        (("wigan", "E08000010"), "wigan"),
        (("mine/here.toml", Path("mine/here.toml")), "mine/here.toml"),
    ],
)
def test_a_place_has_one_name_and_so_one_key_however_it_is_spelled(spellings, name):
    specs = [RunSpec(place=place, structure="single-budget") for place in spellings]
    assert {spec.place for spec in specs} == {name}
    assert len({spec.key for spec in specs}) == 1
    whole = ComparisonSpec(place=spellings[0])
    assert ComparisonSpec.from_dict(json.loads(canonical_json(whole.as_dict()))) == whole
    assert {run.place for run in whole.runs()} == {name}


def test_places_that_differ_have_different_keys():
    keys = {RunSpec(place=place, structure="a").key for place in ("kent,medway", "medway,kent", "kent", "medway")}
    assert len(keys) == 4  # order counts: it is the order of the councils in every table


def test_a_specification_of_an_unknown_place_is_refused():
    with pytest.raises(ValueError, match="unknown place 'kant'; nearest: kent"):
        RunSpec(place="kant", structure="single-budget")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("place", "berkshire-west"),
        ("structure", "separate-budgets"),
        ("seed", 2),
        ("replication", 1),
        ("years", 9),
        ("scale", 0.5),
        ("settlement", "flat"),
        ("funding", "funded"),
        ("hospital_flow", "salabim"),
        ("learning", True),
        ("hold", {}),
        ("parameters", {"living.a": 1.5, "b": 2}),
        ("code", "f"),
        ("files", {"a.toml": "0"}),
        ("interventions", ({"supply": "beds", "multiple": 1.1},)),
        ("facts", {"mandate": "imposed"}),
        ("groups", ("council",)),
        ("people", True),
    ],
)
def test_whatever_decides_results_changes_the_key(field, value):
    assert dataclasses.replace(SPEC, **{field: value}).key != SPEC.key


def test_all_fields_of_a_run_are_tried_above():
    tried = {field for mark in test_whatever_decides_results_changes_the_key.pytestmark for field, _ in mark.args[1]}
    assert tried == {field.name for field in dataclasses.fields(RunSpec)}


def test_neither_order_nor_spelling_of_a_number_changes_the_key():
    other = RunSpec(
        place="wigan",
        structure="single-budget",
        scale=1,
        hold={"strictness": 0.1},
        parameters={"b": 2.0, "living.a": 1},
    )
    assert other == SPEC
    assert other.key == SPEC.key
    assert hash(other) == hash(SPEC)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"years": 0}, "years must be a whole number from 1 to 200, got 0"),
        ({"years": 2.5}, "years must be a whole number"),
        ({"years": True}, "years must be a whole number"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"replication": -1}, "replication must be"),
        ({"scale": 0.0}, "scale must be a share above 0 and at most 1, got 0.0"),
        ({"scale": float("nan")}, "scale must be"),
        ({"scale": 1.5}, "scale must be"),
        ({"hold": {"strictness": float("inf")}}, "hold must give strictness a finite number, got inf"),
        ({"parameters": {"a": "1"}}, "parameters must give a a finite number"),
    ],
)
def test_wrong_values_are_named(changes, words):
    with pytest.raises(ValueError, match=words):
        RunSpec(**{"place": "wigan", "structure": "single-budget", **changes})


def test_the_baseline_is_separate_budgets_or_else_the_first_and_stands_first():
    assert ComparisonSpec(structures=("single-budget", "separate-budgets")).structures[0] == "separate-budgets"
    assert ComparisonSpec(structures=("b", "a")).baseline == "b"
    assert ComparisonSpec(structures=("b", "a"), baseline="a").structures == ("a", "b")


@pytest.mark.parametrize("structures", [(), ("a", "a")])
def test_structures_are_one_or_more_and_differ(structures):
    with pytest.raises(ValueError, match="structures must be one or more different names"):
        ComparisonSpec(structures=structures)


OPEN = {"b": {"y": "b~y", "like-c": "c"}, "a": {"x": "a~x"}}


def test_alternatives_are_run_after_what_is_compared_each_structure_once():
    spec = ComparisonSpec(structures=("a", "b", "c"), alternatives=OPEN, replications=2)
    assert [run.structure for run in spec.runs()] == ["a", "b", "c", "a~x", "b~y"] * 2
    assert ComparisonSpec.from_dict(json.loads(json.dumps(spec.as_dict(), sort_keys=True))) == spec
    plain = ComparisonSpec(structures=("a", "b", "c"), replications=2)
    assert spec.without_alternatives() == plain
    assert spec.key != plain.key
    assert {run.key for run in plain.runs()} < {run.key for run in spec.runs()}


def test_alternatives_are_of_structures_that_are_compared():
    with pytest.raises(UnknownNameError, match="unknown structure with alternatives 'd'"):
        ComparisonSpec(structures=("a", "b"), alternatives={"d": {"x": "d~x"}})


def test_runs_are_every_structure_in_every_replication():
    spec = ComparisonSpec(structures=("a", "b"), replications=3, seed=5, hold={"strictness": 0.1})
    runs = spec.runs()
    assert [(run.structure, run.replication) for run in runs] == [(s, k) for k in range(3) for s in "ab"]
    assert len({run.key for run in runs}) == 6
    assert {run.seed for run in runs} == {5}
    assert runs[0].hold == {"strictness": 0.1}


def test_a_specification_survives_json():
    spec = ComparisonSpec(structures=("a", "b"), parameters={"x": 1e-17}, seed=2**63 + 1)
    assert ComparisonSpec.from_dict(json.loads(json.dumps(spec.as_dict()))) == spec


def test_a_lever_held_where_it_was_observed_is_not_one_held_at_zero():
    observed, zero = (ComparisonSpec(structures=("a", "b"), hold={"strictness": level}) for level in (None, 0))
    assert ComparisonSpec.from_dict(json.loads(json.dumps(observed.as_dict()))) == observed
    assert observed.key != zero.key


def test_canonical_json_has_one_spelling_and_no_nan():
    assert canonical_json({"b": 1, "a": [1.5]}) == '{"a":[1.5],"b":1}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_an_unknown_name_without_a_near_one_lists_what_there_is():
    assert "there are: red, white" in str(unknown_name("colour", "xyz", ["white", "red"]))


def test_data_are_checked_file_by_file_without_their_pages():
    files = data_checksums()
    assert files
    assert all((ROOMS / name).is_file() for name in files)
    assert not any(name.endswith(".md") for name in files)
    assert len(code_hash()) == 16


def test_the_headline_structures_are_shipped_and_the_commands_default():
    from experiments.cli import compare

    spec = ComparisonSpec()
    assert spec.structures == HEADLINE == shipped.HEADLINE == tuple(list_structures())[: len(HEADLINE)]
    assert inspect.signature(compare).parameters["structures"].default == ",".join(HEADLINE)
