"""Norms belong to the lever and the place: whichever structure is in force, they are those of the baseline at rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.deciding import Belief
from agents.vocabulary import Account, Lever, Party
from model.commissioning import as_paid
from model.parameters import Parameters
from model.payment import PAYMENT_RULES
from model.structures import Payment, load_structure
from tests.strategies import EACH_STRUCTURE, lived, small_economy

SHORT = Parameters().with_values({"settlement.council_growth": -0.03, "deciding.price_band": 0.0})
POUNDS = st.floats(-1e3, 1e3)
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
