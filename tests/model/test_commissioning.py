"""Norms belong to the lever and the place: whichever structure is in force, they are those of the baseline at rest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.deciding import Belief
from agents.vocabulary import Account, Lever, Party
from model.commissioning import as_paid, fine, with_fines
from model.parameters import Parameters
from model.payment import PAYMENT_RULES
from model.structures import Payment, Transition, load_structure
from tests.strategies import ALL_HELD, EACH_STRUCTURE, NO_BELIEFS, lived, small_economy

SHORT = Parameters().with_values({"settlement.council_growth": -0.03, "deciding.price_band": 0.0})
POUNDS = st.floats(-1e3, 1e3)
FINED = "separate-budgets+delayed-discharge-fines"
ALLIANCE = Payment(hospital="alliance", shares={Party.CONSORTIUM: 0.25, Party.HOSPITAL: 0.75})


@pytest.mark.parametrize("structure", EACH_STRUCTURE)
def test_every_structure_starts_from_the_same_norms(structure):
    from model.beliefs import measured_beliefs

    here, baseline = (small_economy(structure=name, beliefs=measured_beliefs()) for name in (structure, "separate-budgets"))
    for mine, theirs in zip(here._units, baseline._units, strict=True):
        assert mine.norms == theirs.norms
        assert mine.levers == theirs.levers


@pytest.mark.parametrize("power", [None, "advise", "consent", "executive"])
def test_nobody_moves_a_lever_that_is_fixed_whatever_the_board_may_do(power):
    """Every lever that somebody moves under money that shrinks stays where it was once it is fixed; others still move."""
    baseline = load_structure("separate-budgets")
    board = baseline.board.model_copy(update={"power": power, "members": (Party.COUNCIL, Party.CONSORTIUM)}) if power else None
    free = baseline.model_copy(update={"board": board})
    economy = lived(15, scale=0.005, years=2, structure=free, parameters=SHORT)
    moved = sorted({Lever[name.upper()] for name in economy.decisions["lever"]})
    assert len(moved) > 2
    fixed = tuple(moved[1:])
    economy = lived(15, scale=0.005, years=2, structure=free.model_copy(update={"fixed": fixed}), parameters=SHORT)
    for unit in economy._units:
        for lever in set(fixed) & set(unit.levers):
            assert unit.levers[lever] == unit.rest[lever], (unit.name, lever)
    log = economy.decisions
    assert moved[0].name.lower() in set(log["lever"]) and not {lever.name.lower() for lever in fixed} & set(log["lever"])
    if power == "executive":
        assert log["advice"].str.startswith("decided by the health and wellbeing board").any()


@pytest.mark.parametrize("rule", PAYMENT_RULES)
@given(POUNDS, POUNDS, POUNDS)
def test_what_a_step_takes_is_the_same_under_every_rule_and_only_who_bears_it_differs(rule, acute, hospital, care):
    belief = Belief(lever=Lever.ADMISSION_THRESHOLD, costs={Account.ACUTE: acute, Account.HOSPITAL: hospital, Account.SOCIAL_CARE: care}, qalys=1.0)
    paid = as_paid(belief, ALLIANCE if rule == "alliance" else Payment(hospital=rule))
    assert paid.costs[Account.ACUTE] + paid.costs[Account.HOSPITAL] == pytest.approx(acute + hospital, abs=1e-9)
    assert (paid.costs[Account.SOCIAL_CARE], paid.qalys, paid.lever) == (care, 1.0, belief.lever)
    if rule == "alliance":
        assert paid.costs[Account.ACUTE] == pytest.approx(0.25 * (acute + hospital), abs=1e-9)
    elif rule != "tariff":
        assert paid.costs[Account.ACUTE] == 0.0


@given(POUNDS, POUNDS, st.floats(0.0, 1.0))
def test_where_a_rule_pays_for_some_a_step_is_believed_to_fall_on_them_and_on_the_others_as_bills_do(acute, hospital, part):
    belief = Belief(lever=Lever.ADMISSION_THRESHOLD, costs={Account.ACUTE: acute, Account.HOSPITAL: hospital}, qalys=1.0)
    some = as_paid(belief, Payment(hospital="block", people="several_conditions"), part)
    for account, by_rule in ((Account.ACUTE, 0.0), (Account.HOSPITAL, acute + hospital)):
        assert some.costs[account] == pytest.approx(part * by_rule + (1.0 - part) * belief.costs[account], abs=1e-9)
    assert as_paid(belief, Payment(hospital="block"), 1.0) == as_paid(belief, Payment(hospital="block"))


def test_a_fixed_sum_makes_the_hospital_feel_what_care_takes():
    """Under the tariff an avoided spell costs the hospital its income; under a block it saves what the spell takes."""
    admit_less = Belief(lever=Lever.ADMISSION_THRESHOLD, costs={Account.ACUTE: -2.0, Account.HOSPITAL: 0.5}, qalys=0.0)
    beliefs = {lever: admit_less if lever == Lever.ADMISSION_THRESHOLD else Belief(lever=lever, costs={}, qalys=0.0) for lever in Lever if lever != Lever.NONE}
    block = load_structure("separate-budgets").model_copy(update={"payment": Payment(hospital="block")})
    moved = {}
    for structure in (load_structure("separate-budgets"), block):
        economy = lived(12, beliefs=beliefs, structure=structure)
        moved[structure.payment.hospital] = [h.levers[Lever.ADMISSION_THRESHOLD] - h.rest[Lever.ADMISSION_THRESHOLD] for h in economy.hospitals]
    assert all(step > 0.0 for step in moved["block"])
    assert sum(moved["block"]) > sum(moved["tariff"])


def test_a_board_meets_the_price_of_money_of_its_own_councils_body():
    economy = small_economy(structure="care-trust")
    assert len(economy.bodies) == len(economy.councils) == 3
    for at, body in enumerate(economy.bodies):
        body.prices[Account.SOCIAL_CARE] = 1.0 + at
    assert [economy.world._prices_on_board(at)[Account.SOCIAL_CARE] for at in range(3)] == [1.0, 2.0, 3.0]
    assert economy.world._prices_on_board(1)[Account.ACUTE] == pytest.approx(1.0)


@given(POUNDS, POUNDS, st.floats(-1.0, 1.0), st.floats(0.0, 200.0))
def test_what_a_council_saves_of_fines_the_hospital_loses(care, hospital, days, pounds):
    belief = Belief(lever=Lever.ASSESSMENT, costs={Account.SOCIAL_CARE: care, Account.HOSPITAL: hospital, Account.ACUTE: 1.0}, qalys=2.0, delays=days)
    fined = with_fines(belief, pounds)
    assert fined.costs[Account.SOCIAL_CARE] == pytest.approx(care + pounds * days)
    assert fined.costs[Account.HOSPITAL] == pytest.approx(hospital - pounds * days)
    assert (fined.costs[Account.ACUTE], fined.qalys, fined.lever) == (1.0, 2.0, belief.lever)
    assert with_fines(belief, 0.0) is belief
    unmoved = replace(belief, delays=0.0)
    assert with_fines(unmoved, pounds) is unmoved


def test_a_fine_is_the_price_of_the_days_claimed_and_of_the_more_days_recorded_for_it():
    fined, plain = load_structure(FINED), load_structure("separate-budgets")
    assert fine(plain, Parameters()) == 0.0
    for claimed, when_paid, pounds in ((1.0, 1.0, 100.0), (0.5, 1.0, 50.0), (0.0, 0.85, 0.0), (1.0, 0.8, 125.0)):
        values = {"prices.reimbursed_share": claimed, "care.recording_when_paid": when_paid}
        assert fine(fined, Parameters().with_values(values)) == pytest.approx(pounds)


def test_councils_under_fines_believe_that_what_shortens_delays_saves_them_the_fine_and_nobody_else_believes_anything_new():
    from model.beliefs import measured_beliefs

    measured = measured_beliefs()
    with_, without = (small_economy(structure=name, beliefs=measured) for name in (FINED, "separate-budgets"))
    a_day = fine(with_.structure, with_.parameters)
    assert a_day > 0.0
    for economy in (with_, without):
        for unit in economy._units:
            for lever in unit.levers:
                found, known = economy.world.belief(unit, lever), measured[lever]
                if economy is without:
                    assert found is known
                    continue
                saved = a_day * known.delays
                assert found.costs[Account.SOCIAL_CARE] == pytest.approx(known.costs[Account.SOCIAL_CARE] + saved, abs=1e-12)
                assert found.costs[Account.HOSPITAL] == pytest.approx(known.costs[Account.HOSPITAL] - saved, abs=1e-12)
                assert sum(found.costs.values()) == pytest.approx(sum(known.costs.values()), abs=1e-9), "a fine is no resource"


def test_fines_move_a_lever_that_shortens_delays():
    """What else fines change takes months to be felt: what is decided in the first quarter is decided for the fine alone."""
    beliefs = NO_BELIEFS | {Lever.ASSESSMENT: Belief(lever=Lever.ASSESSMENT, costs={}, qalys=0.0, delays=-1e-3)}
    fined, plain = (lived(3, beliefs=beliefs, structure=name) for name in (FINED, "separate-budgets"))
    for unit, other in zip(fined.councils, plain.councils, strict=True):
        assert unit.levers[Lever.ASSESSMENT] > unit.rest[Lever.ASSESSMENT] == other.levers[Lever.ASSESSMENT]


def test_an_intervention_on_what_is_claimed_is_known_to_whoever_decides():
    beliefs = NO_BELIEFS | {Lever.ASSESSMENT: Belief(lever=Lever.ASSESSMENT, costs={}, qalys=0.0, delays=-1e-3)}
    claim = [{"parameter": "prices.reimbursed_share", "value": 0.0, "from": "2014-07"}]
    economy = small_economy(beliefs=beliefs, structure=FINED, hold=ALL_HELD, interventions=claim)
    council, owed = economy.councils[0], []
    for _ in range(4):
        economy.step()
        owed.append(economy.world.belief(council, Lever.ASSESSMENT).costs.get(Account.SOCIAL_CARE, 0.0))
    assert owed[0] < 0.0 and owed[3] == 0.0


def test_fines_that_are_announced_are_believed_in_for_the_part_that_lies_after():
    fines = load_structure(FINED).model_copy(update={"transition": Transition(**{"announced": "2014-04", "from": "2015-04", "replaces": "separate-budgets"})})
    beliefs = NO_BELIEFS | {Lever.ASSESSMENT: Belief(lever=Lever.ASSESSMENT, costs={}, qalys=0.0, delays=-1e-3)}
    economy = small_economy(beliefs=beliefs, structure=fines)
    assert fine(economy.structure, economy.parameters) == 0.0
    found = economy.world.belief(economy.councils[0], Lever.ASSESSMENT).costs
    assert found[Account.SOCIAL_CARE] == pytest.approx(-0.5e-3 * fine(fines, economy.parameters)) == -found[Account.HOSPITAL]
