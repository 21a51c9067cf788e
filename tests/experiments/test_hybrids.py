"""Structures between two structures: facts change in groups, files read back, contradictions are no structure."""

import pytest

from experiments.hybrids import GROUPS, Hybrids, as_toml, read_facts
from model.structures import CommissioningStructure, list_structures, load_structure
from model.structures.alternatives import LABELS


@pytest.mark.parametrize("name", list_structures())
def test_facts_written_down_are_the_structure_again(name, tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(as_toml(read_facts(name)), encoding="utf-8")
    assert load_structure(path) == load_structure(name)


def test_every_fact_of_a_structure_is_in_a_group():
    grouped = [key for keys in GROUPS.values() for key in keys]
    assert sorted(grouped) == sorted(set(grouped))
    assert set(grouped) <= set(CommissioningStructure.model_fields)
    assert set(CommissioningStructure.model_fields) - set(grouped) <= set(LABELS)


def test_only_groups_in_which_two_differ_are_told_apart(tmp_path):
    assert Hybrids("separate-budgets", "aligned-budgets", tmp_path).groups == ("duties, frameworks and information", "board")
    assert "deciders" in Hybrids("separate-budgets", "single-budget", tmp_path).groups
    with pytest.raises(ValueError, match="must differ in some fact"):
        Hybrids("single-budget", "single-budget", tmp_path)


def test_a_hybrid_has_some_facts_of_each_and_a_body_where_one_is_needed(tmp_path):
    between = Hybrids("separate-budgets", "single-budget", tmp_path)
    first, second = load_structure("separate-budgets"), load_structure("single-budget")
    deciders = load_structure(between.structure(frozenset({"deciders"})))
    assert deciders.deciders == second.deciders
    assert deciders.holders == first.holders
    assert deciders.bodies == second.bodies
    duties = load_structure(between.structure(frozenset({"duties, frameworks and information"})))
    assert duties.outcomes_frameworks == "one"
    assert duties.bodies == ()
    assert between.structure(frozenset()) == "separate-budgets"
    assert between.structure(frozenset(between.groups)) == "single-budget"


def test_structures_that_differ_in_their_bodies_alone_are_told_apart(tmp_path):
    mine = tmp_path / "by-council.toml"
    facts = {**read_facts("single-budget"), "name": "by-council"}
    mine.write_text(as_toml({**facts, "bodies": [{"kind": "commissioner", "scope": "council"}]}), encoding="utf-8")
    assert Hybrids("single-budget", mine.as_posix(), tmp_path / "between").groups == ("holders and pools",)


def test_facts_that_contradict_each_other_are_no_structure(tmp_path):
    text = as_toml({**read_facts("council-led"), "name": "alliance", "alternatives": {}, "payment": {"hospital": "alliance", "shares": {"hospital": 0.5, "council": 0.5}}})
    mine = tmp_path / "alliance.toml"
    mine.write_text(text, encoding="utf-8")
    between = Hybrids("separate-budgets", mine.as_posix(), tmp_path / "between")
    assert between.structure(frozenset({"payment"})) is None, "the alliance is with a council, which holds nothing yet"
    assert between.structure(frozenset({"holders and pools"})) is not None
