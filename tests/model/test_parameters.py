"""Parameters: every number says where it comes from, and nonsense is refused."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Lever
from model.beliefs import measured_beliefs
from model.evidence import evidence
from model.parameters import Parameters
from model.rules import compile_rules
from tests.strategies import LEVERS, parameter_values

ROWS = Parameters().table()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_parameter_has_a_meaning_a_range_and_a_source(row):
    assert row.low <= row.value <= row.high
    assert row.low < row.high
    assert row.meaning
    assert row.unit
    assert (row.evidence is None) != (row.assumption is None)
    if row.evidence is not None:
        found = evidence(row.evidence)
        known = [number for number in (found.low, found.value, found.high) if number is not None]
        assert known, "a row with a number"


def test_names_are_unique_and_values_are_by_name():
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert Parameters().values() == {row.name: row.value for row in ROWS}


@given(parameter_values())
def test_changed_values_are_the_ones_asked_for_and_no_other(values):
    changed = Parameters().with_values(values)
    assert changed.values() == {**Parameters().values(), **values}
    assert Parameters().values() == {row.name: row.value for row in ROWS}
    assert hash(changed) == hash(Parameters().with_values(values))
    assert changed == Parameters().with_values(values)


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(
        ValueError, match=r"unknown parameter 'deciding.outcome_wait'; nearest: .*deciding\.outcome_weight"
    ):
        Parameters().with_values({"deciding.outcome_wait": 1.0})


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_nonsense_is_refused(name):
    field = name.partition(".")[2]
    for value in (math.nan, math.inf, -math.inf, -1e9):
        with pytest.raises(ValueError, match=rf"\.{field} must be|{field} is a share"):
            Parameters().with_values({name: value})
    for value in ("1", None, True):
        with pytest.raises(TypeError, match=rf"\.{field} must be a number"):
            Parameters().with_values({name: value})


def test_parameters_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Parameters().living.frailty_recovery = 0.5


def test_kernels_get_every_number_of_people_care_and_hospital():
    values = {
        row.name: row.high for row in ROWS if row.name.partition(".")[0] in ("living", "seeking", "care", "hospital")
    }
    rules = compile_rules(Parameters().with_values(values), 3, 5, 7)
    for name, value in values.items():
        assert rules[name.partition(".")[2]] == float(value), name
    assert (rules.first_council, rules.first_consortium, rules.first_hospital) == (3, 5, 7)


@given(st.sampled_from([row.name for row in ROWS]))
def test_a_field_name_is_used_by_one_class_of_the_kernels_only(name):
    part, _, field = name.partition(".")
    if part in ("living", "seeking", "care", "hospital"):
        same = [
            row.name
            for row in ROWS
            if row.name.partition(".")[2] == field
            and row.name.partition(".")[0] in ("living", "seeking", "care", "hospital")
        ]
        assert same == [name]


def test_there_is_a_measured_belief_of_every_lever():
    beliefs = measured_beliefs()
    assert set(beliefs) == set(LEVERS)
    assert all(belief.lever == lever for lever, belief in beliefs.items())
    assert Lever.NONE not in beliefs


@pytest.mark.parametrize(
    "name",
    [
        "care.recording_ratio",
        "hospital.admission_spread",
        "hospital.frail_from",
        "hospital.stay_shape",
        "prices.market_forces",
        "settlement.gate_reach",
    ],
)
def test_what_others_are_divided_by_must_be_above_nought(name):
    least = next(row.low for row in ROWS if row.name == name)
    with pytest.raises(ValueError, match=rf"^{name} must be above 0 \(plausible: {least:g} to .*\), got 0\.0$"):
        Parameters().with_values({name: 0.0})
    assert Parameters().with_values({name: least / 10.0}).values()[name] == least / 10.0
