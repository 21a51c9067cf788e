"""The settlement: compound growth, the same under every structure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Account, Party
from model.accounts import UNIT_OF
from model.settlement import FLAT, Settlement
from model.structures import list_structures
from tests.strategies import ALL_HELD, EACH_STRUCTURE, lived, small_economy

GROWTH = st.floats(0.0, 0.05)


@given(GROWTH, st.floats(-0.035, 0.05), st.integers(0, 30))
def test_growth_compounds(nhs, council, year):
    settlement = Settlement(nhs_growth=nhs, council_growth=council)
    assert settlement.factor("nhs", 0) == settlement.factor("council", 0) == 1.0
    assert settlement.factor("nhs", year + 1) == pytest.approx(settlement.factor("nhs", year) * (1 + nhs))
    assert settlement.factor("council", year + 1) == pytest.approx(settlement.factor("council", year) * (1 + council))


def test_flat_is_flat():
    assert {FLAT.committed(account, year) for account in UNIT_OF for year in range(10)} == {1.0}
    assert {FLAT.factor(payer, year) for payer in ("nhs", "council") for year in range(10)} == {1.0}


def test_unknown_payers_are_refused():
    with pytest.raises(ValueError, match="payer must be 'nhs' or 'council', got 'treasury'"):
        Settlement().factor("treasury", 1)


def test_it_says_what_it_is():
    words = Settlement(nhs_growth=0.012, council_growth=-0.021).describe()
    assert "+1.2%" in words
    assert "-2.1%" in words
    economy = small_economy(settlement="flat")
    assert "+0.0%" in economy.settlement.describe()


@pytest.mark.parametrize("structure", EACH_STRUCTURE)
def test_every_april_brings_the_years_budget(structure):
    economy = lived(13, years=2, structure=structure, hold=ALL_HELD)
    for holder in economy._holders:
        for account, budget in holder.budgets.items():
            if account == Account.HOSPITAL:
                continue
            before = economy.budgets.of_year(holder.index, 0)[account]
            nhs, council = (int(before * (1 + growth)) for growth in (economy.settlement.nhs_growth, economy.settlement.council_growth))
            if account == Account.MANAGEMENT:  # of councils and of consortia
                assert council - 1 <= budget <= nhs
            else:
                assert budget == (council if UNIT_OF.get(account) == Party.COUNCIL else nhs)


def test_every_structure_gets_the_same_money():
    given_out = []
    for structure in list_structures():
        economy = small_economy(structure=structure)
        totals = {account: sum(holder.budgets.get(account, 0) for holder in economy._holders) for account in Account}
        given_out.append(totals)
        assert sum(
            account in holder.budgets
            for holder in economy._holders
            for account in Account
            if holder.kind == Party.HOSPITAL
        ) == len(economy.hospitals)
    assert all(totals == given_out[0] for totals in given_out)
