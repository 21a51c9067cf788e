"""How a year closes: nothing is made or lost between balance, carrying, losing and letting go; and who gives way first."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import HELD_ACCOUNTS, Account, Party, Service
from model.parameters import Parameters
from model.structures import FOLDER, Pool, list_structures, load_structure
from model.year_end import close_year, held_back, purses_of
from tests.strategies import ALL_HELD, NO_BELIEFS, lived, small_economy

PENCE = st.integers(0, 10**12)
ALLOWED = st.floats(0.0, 1e11)


@given(PENCE, PENCE, ALLOWED, ALLOWED, st.booleans())
def test_a_year_closes_without_making_money(available, spent, limit, chance, keeps):
    end = close_year(available, spent, limit, chance, keeps)
    assert end.balance == available - spent
    if end.balance >= 0:
        assert 0 <= end.carried + end.lost <= end.balance
        assert (end.lost == 0) if keeps else (end.carried == 0 and end.lost == end.balance)
    else:
        assert end.lost == 0 and end.balance <= end.carried <= 0
        assert end.carried == 0 or end.balance - end.carried == pytest.approx(-limit - chance, abs=1.0)


@given(PENCE, PENCE, ALLOWED, ALLOWED)
def test_who_has_no_limit_owes_nothing(available, spent, limit, chance):
    assert close_year(available, spent, math.inf, chance, True).carried >= 0
    tight, loose = (close_year(available, spent, each, chance, True).carried for each in (limit, 2.0 * limit))
    assert tight <= loose


@given(st.floats(0, 1e12), st.floats(0, 1e12), ALLOWED, st.floats(0, 1e11), st.floats(0.02, 0.1))
def test_the_share_held_back_grows_with_shortage_and_falls_on_few_lines_harder(forecast, available, allowance, yields, reach):
    share = held_back(forecast, available, allowance, yields, reach)
    assert 0.0 <= share <= 1.0
    assert share <= held_back(forecast * 1.1, available, allowance, yields, reach)
    assert share >= held_back(forecast, available, allowance, 2.0 * yields, reach)
    assert held_back(available, available, allowance, yields, reach) == 0.0
    assert held_back(forecast, available, math.inf, yields, reach) == 0.0


@pytest.mark.parametrize("name", list_structures())
def test_every_account_of_a_holder_is_in_exactly_one_purse(name):
    structure = load_structure(name)
    for kind in structure.kinds:
        accounts = [*structure.accounts_of(kind), Account.MANAGEMENT, Account.TRANSITION]
        spread = [account for purse in purses_of(structure, accounts) for account in purse]
        assert sorted(spread) == sorted(accounts), kind
    assert purses_of(structure, []) == []


def test_what_an_organisation_bears_itself_comes_out_of_its_purse():
    separate, single = load_structure("separate-budgets"), load_structure("single-budget")
    own = (Account.MANAGEMENT, Account.TRANSITION)
    assert purses_of(separate, [Account.SOCIAL_CARE, Account.PUBLIC_HEALTH, *own]) == [(Account.SOCIAL_CARE, Account.PUBLIC_HEALTH, *own)]
    pooled = tuple(account for account in HELD_ACCOUNTS if account != Account.HOSPITAL)
    assert purses_of(single, [*pooled, *own]) == [pooled + own]


def test_what_an_organisation_bears_itself_never_comes_out_of_a_ring_fence_if_it_has_other_money():
    fenced = load_structure("separate-budgets").model_copy(update={"ring_fences": (Account.ACUTE,)})
    own = (Account.MANAGEMENT,)
    assert purses_of(fenced, [Account.ACUTE, Account.COMMUNITY, *own]) == [(Account.COMMUNITY, *own), (Account.ACUTE,)]
    assert purses_of(fenced, [Account.ACUTE, *own]) == [(Account.ACUTE, *own)]


def test_a_pool_of_part_of_an_account_leaves_the_purse_with_its_holder():
    pool = Pool(name="half", accounts=(Account.ACUTE, Account.SOCIAL_CARE), share=0.5, overspend={"consortium": 0.5, "council": 0.5})
    halved = load_structure("separate-budgets").model_copy(update={"pools": (pool,)})
    assert purses_of(halved, [Account.ACUTE, Account.COMMUNITY, Account.MANAGEMENT]) == [(Account.ACUTE, Account.COMMUNITY, Account.MANAGEMENT)]
    whole = halved.model_copy(update={"pools": (pool.model_copy(update={"share": 1.0}),)})
    assert purses_of(whole, [Account.ACUTE, Account.COMMUNITY]) == [(Account.COMMUNITY,), (Account.ACUTE,)]


def acute_shock(structure, **values) -> dict[str, float]:
    """What a year leaves when acute care suddenly costs more than its budget was made for: highest gate, price and debt."""
    economy = small_economy(structure=structure, scale=0.02, hold=ALL_HELD, parameters=Parameters().with_values(values))
    known = economy.engine.organisations.hospitals
    for name in ("spell_price", "excess_price", "attendance_price"):
        known[name] = known[name] * 2
    for _ in range(12):
        economy.step()
    gates = economy.measures.query("measure == 'funding_gate'")["value"]
    carried = {holder.kind: sum(purse.carried for purse in economy._purses[holder.index]) for holder in economy._holders}
    return {"gate": float(gates.max()), "carried": sum(carried.values()), "of councils": carried[Party.COUNCIL]}


def test_an_acute_overspend_raids_social_care_only_where_they_share_a_purse():
    apart, shared = acute_shock("separate-budgets"), acute_shock("single-budget")
    assert (apart["gate"], shared["gate"]) == (0.0, 1.0)
    assert apart["carried"] < 0 and shared["carried"] < 0, "what is overspent beyond limit and chance is owed"
    assert apart["of councils"] >= 0


def test_surpluses_are_kept_by_the_kinds_that_may_and_lost_by_others(tmp_path: Path):
    text = (FOLDER / "separate-budgets.toml").read_text(encoding="utf-8")
    found = {}
    for keeps in ('["council"]', "[]"):
        file = tmp_path / f"keeps-{len(found)}.toml"
        file.write_text(text.replace('carry_forward = ["council"]', f"carry_forward = {keeps}"), encoding="utf-8")
        rich = Parameters().with_values({"settlement.council_growth": 0.5, "settlement.chance_band": 1.0})
        economy = lived(25, years=3, scale=0.01, structure=file, hold=ALL_HELD, beliefs=NO_BELIEFS, parameters=rich)
        carried = [sum(purse.carried for purse in economy._purses[council.index]) for council in economy.councils]
        back = [economy.ledger.paid(council.index, [Service.SETTLEMENT]) for council in economy.councils]
        found[keeps] = np.array(carried), np.array(back)
    kept, lost = found['["council"]'], found["[]"]
    assert (kept[0] > 0).all() and (kept[1] == 0).all()
    assert (lost[0] <= 0).all() and (lost[1] > 0).all()


def test_a_kind_that_no_limit_is_stated_for_has_none(tmp_path: Path):
    text = (FOLDER / "single-budget.toml").read_text(encoding="utf-8")
    file = tmp_path / "free.toml"
    file.write_text(text.replace("commissioner = 0.01", "hospital = 0.01"), encoding="utf-8")
    shock = acute_shock(file)
    assert shock["gate"] == 0.0 and shock["carried"] == 0
