"""Management goes with the money, at a saving; changing over costs in proportion to what changes hands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Account, Party, Service
from model.management import Overheads, management_at_rest, overheads_by_payer, transition_spent
from model.place import load_place
from model.structures import BASELINE
from tests.strategies import ALL_HELD, EACH_STRUCTURE, lived

PENCE = st.integers(0, 10**11)
COUNCIL, CONSORTIUM = (Party.COUNCIL, 0), (Party.CONSORTIUM, 0)


@given(PENCE, PENCE, PENCE, PENCE, st.sampled_from([1, 2, 9]), st.sampled_from([1, 2, 9]), st.floats(0.0, 0.3))
def test_budgets_for_management_are_the_same_whoever_holds_the_money(council, consortium, care, acute, carer, buyer, saving):
    management = {Party.COUNCIL: np.array([council]), Party.CONSORTIUM: np.array([consortium])}
    money = {(Account.SOCIAL_CARE, *COUNCIL): [(carer, care)], (Account.ACUTE, *CONSORTIUM): [(buyer, acute)]}
    found = overheads_by_payer(management, money, {COUNCIL: 1, CONSORTIUM: 2}, Overheads(merged_saving=saving))
    assert sum(sum(each.budget.values()) for each in found.values()) == council + consortium
    assert sum(each.budget["council"] for each in found.values()) == council
    for each in found.values():
        whole = sum(each.budget.values())
        assert (1.0 - saving) * whole - 2 <= each.cost <= whole
    moved = (care if carer != 1 else 0) + (acute if buyer != 2 else 0)
    assert sum(each.transition for each in found.values()) == pytest.approx(moved * Overheads().transition_share, abs=2)


@given(PENCE, st.integers(1, 60), st.integers(-5, 200))
def test_a_change_over_is_spent_evenly_and_no_more(whole, months, month):
    before, after = (transition_spent(whole, at, float(months)) for at in (month - 1, month))
    assert 0 <= before <= after <= whole
    assert after - before <= whole / months + 1
    assert transition_spent(whole, months - 1, float(months)) == whole


def test_a_council_spends_on_it_what_it_says_and_a_consortium_a_rate_a_head():
    place = load_place("wigan")
    found = management_at_rest(place, 0.5, Overheads(running_cost=20.0))
    assert found[Party.COUNCIL].tolist() == [round(50.0 * place.councils[0].commissioning_pounds)]
    assert found[Party.CONSORTIUM].tolist() == [1000 * place.consortia[0].people]


@pytest.mark.parametrize("structure", EACH_STRUCTURE)
def test_they_are_paid_out_of_the_same_money(structure):
    ours, baseline = (lived(24, years=2, scale=0.005, structure=name, hold=ALL_HELD) for name in (structure, BASELINE))
    paid, usual = (sum(economy.ledger.paid(holder.index, [Service.MANAGEMENT]) for holder in economy._holders) for economy in (ours, baseline))
    changed = sum(ours.ledger.paid(holder.index, [Service.TRANSITION]) for holder in ours._holders)
    assert changed == sum(overhead.transition for overhead in ours.budgets.overhead.values()), "18 months lie within two years"
    if structure == BASELINE:
        assert (paid, changed) == (usual, 0) and paid > 0
    if structure == "single-budget":
        assert paid == pytest.approx(0.9 * usual, rel=1e-6)
        year = sum(int((ours.budgets.modelled[account] + ours.budgets.committed[account]).sum()) for account in ours.budgets.modelled)
        assert changed == pytest.approx(ours.parameters.overheads.transition_share * year, rel=1e-6)
    for month in range(24):
        given_out = [sum(economy.ledger.received(holder.index, [Service.SETTLEMENT], [month]) for holder in economy._holders) for economy in (ours, baseline)]
        assert given_out[0] == pytest.approx(given_out[1], abs=100), "transition is financed from within"
