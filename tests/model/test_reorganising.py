"""Capability grows from its start towards 1; a dip begins with the structure, in proportion to the money that moves, and fades."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Party
from model.parameters import Parameters
from model.reorganising import Reorganising, capability, disruption
from model.structures import Transition, load_structure
from tests.strategies import NO_BELIEFS, SOME_BELIEFS, lived, small_economy

SHARE = st.floats(0.0, 1.0)
NO_DIP = {"reorganising.depth": 0.0}
CAPABLE = {"reorganising.capability_at_start": 1.0}
FELT = {"deciding.price_band": 0.0, "settlement.chance_band": 0.0}


@given(SHARE, SHARE, st.integers(-12, 600), st.integers(1, 600))
def test_capability_grows_and_stays_a_share(start, growth, months, more):
    reorganising = Reorganising(capability_at_start=start, capability_growth=growth)
    assert start - 1e-12 <= capability(months, reorganising) <= capability(months + more, reorganising) <= 1.0
    assert capability(months, Reorganising(capability_at_start=1.0, capability_growth=growth)) == 1.0


@given(SHARE, st.integers(0, 60), st.floats(1.0, 36.0))
def test_a_dip_fades_in_proportion_to_what_moved(moved, months, lasts):
    at = disruption(moved, months, lasts, Reorganising())
    assert 0.0 <= disruption(moved, months + 1, lasts, Reorganising()) <= at <= moved
    assert disruption(moved, -1, lasts, Reorganising()) == disruption(0.0, months, lasts, Reorganising()) == disruption(moved, months, lasts, Reorganising(depth=0.0)) == 0.0


def test_who_loses_no_money_is_not_disrupted():
    for structure, everybody in (("separate-budgets", 0.0), ("aligned-budgets", 0.0), ("single-budget", 1.0)):
        economy = small_economy(structure=structure)
        assert {economy.world.disruption(unit) for unit in (*economy.councils, *economy.consortia)} == {everybody}, structure
        assert {economy.world.disruption(unit) for unit in economy.hospitals} == {0.0}
    led = small_economy(structure="council-led")
    assert {led.world.disruption(unit) for unit in led.councils} == {0.0}
    assert {led.world.disruption(unit) for unit in led.consortia} == {1.0}


def test_a_dip_and_learning_begin_with_the_structure():
    single = load_structure("single-budget")
    transition = Transition.model_validate({"announced": "2014-05", "from": "2014-07", "replaces": "separate-budgets"})
    economy = small_economy(structure=single.model_copy(update={"transition": transition}), beliefs=NO_BELIEFS)
    found, depths = [], []
    for _ in range(5):
        economy.step()
        found.append(economy.world.disruption(economy.councils[0]))
        depths.append(float(economy.relationships.depth((Party.CONSORTIUM, Party.COUNCIL))[0, 0]))
    assert found[:3] == [0.0, 0.0, 0.0]
    assert found[3] > found[4] > 0.8
    assert max(depths[:3]) < 0.2
    assert depths[3:] == [1.0, 1.0]
    (body,) = economy.bodies
    assert economy.world.capability(body) == Parameters().reorganising.capability_at_start


def test_capacity_dips_and_comes_back():
    economy = small_economy(structure="single-budget")
    rest = economy.at_rest.councils["assessment_rate"]
    economy.begun = 3
    rates = []
    for _ in range(24):
        economy.step()
        multiple = np.array([council.levers[lever] / council.rest[lever] for council in economy.councils for lever in council.levers if lever.name == "ASSESSMENT"])
        rates.append(economy.engine.organisations.councils["assessment_rate"] / (rest * multiple))
    rates = np.array(rates)
    assert np.allclose(rates[:3], 1.0)
    assert np.allclose(rates[3], 1.0 - Parameters().reorganising.capacity_lost)
    assert (np.diff(rates[3:], axis=0) >= -1e-12).all()
    assert np.allclose(rates[21:], 1.0)


def test_a_body_that_learns_decides_less_often():
    def decisions(**values: float) -> int:
        return len(lived(18, structure="single-budget", years=2, parameters=Parameters().with_values(FELT | values)).decisions)

    able = decisions(**NO_DIP, **CAPABLE)
    assert able > decisions(**NO_DIP) > 0
    assert able > decisions(**CAPABLE)


def test_organisations_that_are_there_decide_as_ever():
    economy = small_economy()
    assert all(economy.world._put_off(unit) == set() for unit in economy._units)
    assert {economy.world.capability(unit) for unit in economy._units} == {1.0}


def test_an_executive_board_has_to_learn_first():
    baseline = load_structure("separate-budgets")
    executive = baseline.model_copy(update={"board": baseline.board.model_copy(update={"power": "executive"})})
    economy = small_economy(structure=executive, parameters=Parameters().with_values({"reorganising.capability_at_start": 0.0}))
    for council in economy.councils:
        assert economy.world._put_off(council) == set(council.levers)
    for hospital in economy.hospitals:
        assert economy.world._put_off(hospital) == set(), "no member of the board"


def test_decisions_are_put_off_as_often_as_capability_says():
    """3,000 draws at a capability of 0.4: within four standard errors of the share, a false alarm once in 16,000."""
    economy = small_economy(structure="single-budget", beliefs=SOME_BELIEFS, parameters=Parameters().with_values(NO_DIP | {"reorganising.capability_growth": 0.0}))
    units = [*economy.councils, *economy.consortia]
    put_off = []
    for economy.month in range(3000 // len(units)):
        put_off += [bool(economy.world._put_off(unit)) for unit in units]
    assert abs(np.mean(put_off) - 0.6) < 4.0 * np.sqrt(0.24 / len(put_off))


def test_a_new_body_sees_less_of_what_falls_on_others():
    economy = small_economy(structure="single-budget")
    (body,) = economy.bodies
    assert economy.world.sight(body) == economy.world.capability(body) == 0.4
    economy.month = 240
    assert economy.world.sight(body) > 0.99
