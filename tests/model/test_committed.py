"""Accounts are split without gap or overlap: what is modelled and what is committed make up what is published."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Account, Party, Service
from model.accounts import UNIT_OF
from model.committed import UNKNOWN, Published, committed_of, published
from model.parameters import Parameters
from model.place import load_place
from tests.strategies import ALL_HELD, EACH_STRUCTURE, lived, small_economy

POUNDS = st.floats(0.0, 1e10)


@given(POUNDS, POUNDS)
def test_modelled_and_committed_make_up_what_is_published(pounds, modelled):
    committed = committed_of(Published(pounds, "somewhere", "data"), modelled)
    assert committed >= 0.0
    assert modelled + committed == pytest.approx(max(pounds, modelled))
    assert committed_of(UNKNOWN, modelled) == 0.0


@pytest.mark.parametrize("name", ["berkshire-west", "wigan"])
def test_every_account_of_every_council_and_consortium_has_a_line(name):
    economy = small_economy(place=name, scale=0.01)
    lines = {(line.organisation, line.account): line for line in economy.account_lines}
    assert len(lines) == len(economy.account_lines) == sum(len(economy.councils if kind == Party.COUNCIL else economy.consortia) for kind in UNIT_OF.values())
    for line in lines.values():
        if math.isnan(line.published):
            assert (line.status, line.committed, line.modelled_share) == ("assumed", 0.0, 1.0)
        else:
            assert line.modelled + line.committed == pytest.approx(max(line.published, line.modelled))
            assert line.modelled_share == pytest.approx(line.modelled / line.published)


def test_a_councils_figure_is_its_own_and_a_consortiums_a_national_rate():
    place = load_place("wigan")
    found = published(place)
    (social,), (acute,) = found[Account.SOCIAL_CARE], found[Account.ACUTE]
    council = place.councils[0]
    assert social.status == "data" and social.pounds + council.commissioning_pounds == council.net_current_total_pounds
    assert 0.02 < council.commissioning_pounds / council.net_current_total_pounds < 0.3
    assert acute.status == "assumed" and acute.pounds == place.consortia[0].acute_pounds
    everything = sum(lines[0].pounds for account, lines in found.items() if UNIT_OF[account] == Party.CONSORTIUM)
    practice = found[Account.PRIMARY_CARE][0].pounds
    assert everything - practice < place.consortia[0].allocation_pounds, "what consortia spend leaves something over for the rest"


@pytest.mark.parametrize("structure", EACH_STRUCTURE)
def test_committed_lines_are_in_the_budget_and_paid_to_the_penny(structure):
    economy = lived(24, years=2, scale=0.005, structure=structure, hold=ALL_HELD)
    budget = economy.budgets
    held = sum(sum(economy.budgets.of_year(holder.index, 0).get(account, 0) for account in UNIT_OF) for holder in economy._holders)
    assert held == sum(int((budget.modelled[account] + budget.committed[account]).sum()) for account in UNIT_OF)
    for year in (0, 1):
        paid = sum(economy.ledger.paid(holder.index, [Service.COMMITTED], range(12 * year, 12 * year + 12)) for holder in economy._holders)
        expected = sum(int(budget.committed[account].sum()) * economy.settlement.committed(account, year) for account in UNIT_OF)
        assert paid == pytest.approx(expected, abs=100.0) and paid > 0
    told = economy.measures.query("organisation == 'place' and measure == 'committed_spending'")["value"].sum()
    assert told == pytest.approx(economy.ledger.received("elsewhere", [Service.COMMITTED]) / 100.0)


def test_committed_lines_that_grow_leave_less_for_the_rest():
    growing = Parameters().with_values({"settlement.committed_social_care": 0.02})
    falling = Parameters().with_values({"settlement.committed_social_care": -0.02})
    forecasts = []
    for parameters in (falling, growing):
        economy = lived(13, years=2, scale=0.005, hold=ALL_HELD, parameters=parameters)
        forecasts.append([economy._forecasts(council)[Account.SOCIAL_CARE] / council.budgets[Account.SOCIAL_CARE] for council in economy.councils])
    assert all(less < more for less, more in zip(*forecasts, strict=True))
