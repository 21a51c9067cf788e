"""Contracts: the same money at rest under every rule, and only the rule differs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.hospital.billing import PRICES
from agents.patients.record import RECORD
from agents.vocabulary import Party, Service
from model.contracts import N_BANDS, BaseYear, Contracts, contract_rows, people_served, year_of_care
from model.evidence import evidence
from model.payment import PAYMENT_RULES, YEAR_OF_CARE_ROWS
from model.structures import Payment, load_structure
from tests.strategies import ALL_HELD, lived, person

CONTRACTS = PAYMENT_RULES[1:]
SHARES = {"payer": 0.4, "hospital": 0.6}
YEAR = st.lists(st.integers(0, 10**11), min_size=6, max_size=6)
PEOPLE = st.lists(st.integers(0, 10**6), min_size=6 * N_BANDS, max_size=6 * N_BANDS)


def crowd(people: np.ndarray) -> np.ndarray:
    """Records of so many people by consortium, hospital and number of conditions."""
    rows = [
        person(consortium=k, hospital=h, conditions=2**held - 1)
        for (k, h, held), number in np.ndenumerate(people)
        for _ in range(number)
    ]
    return np.concatenate([*rows, np.zeros(0, dtype=RECORD)])


@pytest.mark.parametrize("rule", CONTRACTS)
@given(YEAR, st.lists(st.integers(0, 10**11), min_size=2, max_size=2))
@settings(max_examples=20, deadline=None)
def test_a_year_at_rest_is_worth_what_the_tariff_came_to(rule, income, resources):
    """The same people and the same cost as in the base year: the same money, but for halves of a penny a month."""
    people = np.array([[[2, 1, 0, 1, 0]] * 2] * 3)
    base = BaseYear(income=np.array(income).reshape(3, 2), resources=np.array(resources), people=people)
    contracts, rows = Contracts(rule, base, SHARES), crowd(people)
    months = [np.array([resources[h] * (m + 1) // 12 - resources[h] * m // 12 for h in range(2)]) for m in range(12)]
    paid = sum(contracts.month(m, rows, months[m]) for m in range(12))
    assert np.abs(paid - base.income).max() <= (24 if rule == "alliance" else 12)


@given(YEAR, PEOPLE)
def test_a_block_is_fixed_whoever_is_served(income, people):
    base = BaseYear(income=np.array(income).reshape(3, 2), resources=np.ones(2, dtype=np.int64), people=np.array(people).reshape(3, 2, N_BANDS))
    contracts = Contracts("block", base)
    assert (sum(contracts.month(m, np.zeros(0, dtype=RECORD), np.array([9, 9])) for m in range(12)) == base.income).all()


def test_capitation_and_a_year_of_care_by_hand():
    """Ten people at rest, eight with no condition and two with four; 1,200 pounds a year, so 10 a month a head.

    By year of care the ten are worth 8 x 2.6 + 2 x 20.4 = 61.6. One more person with four conditions adds a head (10
    pounds a month) or 20.4 / 61.6 of 100, that is 33.12.
    """
    people = np.array([[[8, 0, 0, 0, 2]]])
    base = BaseYear(income=np.array([[120_000]]), resources=np.array([0]), people=people)
    more = crowd(people + np.array([[[0, 0, 0, 0, 1]]]))
    assert Contracts("capitation", base).month(0, more, np.array([0])).tolist() == [[11_000]]
    assert Contracts("year-of-care", base).month(0, more, np.array([0])).tolist() == [[13_312]]


def test_an_alliance_by_hand():
    """Two payers, of 2 and 1 parts in 1,200 a month; care that was to cost 900 costs 960, so they bear 40% of 60 more."""
    base = BaseYear(income=np.array([[9600_00], [4800_00]]), resources=np.array([10_800_00]), people=np.zeros((2, 1, N_BANDS)))
    paid = Contracts("alliance", base, SHARES).month(3, np.zeros(0, dtype=RECORD), np.array([960_00]))
    assert paid.sum() == 1224_00
    assert paid.tolist() == [[816_00], [408_00]]


def test_prices_of_a_year_of_care_stand_as_admissions_by_number_of_conditions():
    prices = year_of_care(5000.0, np.array([40, 30, 20, 10, 5])).prices
    for price, row in zip(prices, YEAR_OF_CARE_ROWS, strict=True):
        assert price / prices[0] == pytest.approx(evidence(row).number() / evidence(YEAR_OF_CARE_ROWS[0]).number())
    assert sum(p * n for p, n in zip(prices, (40, 30, 20, 10, 5), strict=True)) == pytest.approx(5000.0)


def test_whoever_lives_is_served_by_one_hospital_and_counted_once():
    rows = np.concatenate([person(hospital=1, conditions=0b111), person(end_month=3), person(end_month=4), person(conditions=2**14)])
    served = people_served(rows, 3, 1, 2)
    assert served.sum() == 3
    assert served[0, 1].tolist() == [0, 0, 0, 1, 0]
    assert served[0, 0].tolist() == [2, 0, 0, 0, 0], "a severe stage is no condition more"


def test_where_nobody_was_there_to_set_a_price_by_the_sum_is_fixed():
    base = BaseYear(income=np.array([[1200]]), resources=np.array([0]), people=np.zeros((1, 1, N_BANDS), dtype=np.int64))
    for rule in ("capitation", "year-of-care"):
        assert Contracts(rule, base).month(0, crowd(np.array([[[1, 0, 0, 0, 0]]])), np.array([0])).tolist() == [[100]]


def test_rows_of_contracts_are_payments_of_the_pair():
    rows = contract_rows(np.array([[5, 0], [0, 7]]), first_consortium=10, first_hospital=20)
    assert rows[["payer", "payee", "pence"]].tolist() == [(10, 20, 5), (11, 21, 7)]
    assert set(rows["service"]) == {Service.ACUTE_CONTRACT}


# In a run


def structure(rule: str, base: str = "separate-budgets"):
    stated = load_structure(base)
    payer = stated.holders[0]
    shares = {payer: 0.4, Party.HOSPITAL: 0.6} if rule == "alliance" else {}
    return stated.model_copy(update={"payment": Payment(hospital=rule, shares=shares)})


@pytest.fixture(scope="module", params=PAYMENT_RULES)
def year(request):
    return lived(12, scale=0.01, structure=structure(request.param), hold=ALL_HELD)


@pytest.fixture(scope="module")
def tariff():
    return lived(12, scale=0.01, structure=structure("tariff"), hold=ALL_HELD)


def test_what_payers_pay_is_what_hospitals_receive(year):
    acute = [Service.ATTENDANCE, Service.EMERGENCY_SPELL, Service.EXCESS_DAYS, Service.OUTPATIENT, Service.ELECTIVE]
    acute += [Service.ACUTE_CONTRACT, Service.DELAY_REIMBURSEMENT]
    holders = [index for kind in (Party.COUNCIL, Party.CONSORTIUM) for index in year.parties.indices(kind)]
    paid = sum(year.ledger.paid(index, acute) for index in holders)
    received = sum(year.ledger.received(index) for index in year.parties.indices(Party.HOSPITAL))
    assert paid == received > 0
    assert received == sum(int(costs.income.sum()) for costs in year.costs)
    assert sum(year.ledger.balances().values()) == 0


def test_rules_of_payment_move_income_and_not_resources(year, tariff):
    assert year.ledger.resources().equals(tariff.ledger.resources())
    for one, other in zip(year.months, tariff.months, strict=True):
        assert (one.hospital_out == other.hospital_out).all(), "bed-days and all else that is done"
    same = [a.income.tolist() == b.income.tolist() for a, b in zip(year.costs, tariff.costs, strict=True)]
    assert all(same) if year.structure.payment.hospital == "tariff" else not any(same)


def test_budgets_are_the_same_under_every_rule(year, tariff):
    assert [holder.budgets for holder in year._holders] == [holder.budgets for holder in tariff._holders]


def test_a_contract_stands_in_the_place_of_prices(year):
    services = {service for index in year.parties.indices(Party.CONSORTIUM) for service in Service if year.ledger.paid(index, [service])}
    if year.structure.payment.hospital == "tariff":
        assert Service.ACUTE_CONTRACT not in services
        return
    assert services & {Service.ATTENDANCE, Service.EMERGENCY_SPELL, Service.OUTPATIENT, Service.ELECTIVE} == set()
    assert all(year.engine.organisations.hospitals[name].max() == 0 for name in PRICES)
    spent = sum(int(costs.spells.sum()) for costs in year.costs)
    at_rest = int(year._contracts[0][1].base.income.sum())
    allowance = {"block": 0.0, "capitation": 0.03, "year-of-care": 0.06, "alliance": 0.15}[year.structure.payment.hospital]
    assert abs(spent / at_rest - 1.0) <= allowance


def test_one_commissioner_pays_the_contract_too():
    economy = lived(3, structure=structure("capitation", "single-budget"))
    (commissioner,) = economy.parties.indices(Party.COMMISSIONER)
    assert economy.ledger.paid(commissioner, [Service.ACUTE_CONTRACT]) > 0
    assert economy.ledger.paid(economy.parties.indices(Party.CONSORTIUM)[0]) == 0


def test_a_financial_year_begins_with_no_spell_billed():
    economy = lived(13, scale=0.01, years=2)
    hospitals = economy.engine.organisations.hospitals
    last = economy.months[-1].hospital_out[:, 0].sum()
    assert 0 < hospitals["billed_spells"].sum() < 3 * max(last, 1)
    assert (hospitals["baseline_spells"] >= 1).all()
