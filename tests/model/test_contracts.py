"""Contracts: the same money at rest under every rule, and only the rule differs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.hospital.billing import PRICES
from agents.patients.record import ALIVE, RECORD
from agents.vocabulary import Party, PeopleKind, Service
from model.contracts import N_BANDS, BaseYear, Contracts, contract_rows, people_served, year_of_care
from model.evidence import evidence
from model.payment import PAYMENT_RULES, YEAR_OF_CARE_ROWS
from model.structures import Payment, Transition, load_structure
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


def test_only_those_whom_a_contract_covers_are_counted_and_pay():
    """Ten people at rest, two covered, 1,200 pounds a year for their care; then three are covered: 150 pounds a month instead of 100."""
    rows = crowd(np.array([[[8, 0, 2, 0, 0]]]))
    covers = lambda people, month: people["conditions"] == 0b11  # noqa: E731
    at_rest = people_served(rows, -1, 1, 1, covers)
    assert at_rest.tolist() == [[[0, 0, 2, 0, 0]]]
    base = BaseYear(income=np.array([[120_000]]), resources=np.array([0]), people=at_rest)
    more = np.concatenate([rows, person(conditions=0b11)])
    for rule, owed in (("block", 10_000), ("capitation", 15_000), ("year-of-care", 15_000)):
        contracts = Contracts(rule, base, covers=covers)
        assert contracts.month(0, rows, np.array([0])).tolist() == [[10_000]]
        assert contracts.month(0, more, np.array([0])).tolist() == [[owed]]


def test_whom_a_contract_covers_is_asked_on_the_next_months_first_day():
    asked = []
    covers = lambda people, month: asked.append(month) or np.ones(len(people), dtype=bool)  # noqa: E731
    people_served(person(), 4, 1, 1, covers)
    assert asked == [5]


# In a run


def structure(rule: str, base: str = "separate-budgets", people: str = "everybody"):
    stated = load_structure(base)
    payer = stated.holders[0]
    shares = {payer: 0.4, Party.HOSPITAL: 0.6} if rule == "alliance" else {}
    return stated.model_copy(update={"payment": Payment(hospital=rule, shares=shares, people=people)})


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


# For some people

SOME = (("block", "several_conditions"), ("capitation", "frail_elders"), ("year-of-care", "several_conditions"))


def contract_of(economy, at: int) -> np.ndarray:
    """What contracts came to in a month, by hospital: income beyond what was billed as care was given."""
    costs, journal = economy.costs[at], economy.months[at].journal
    billed = np.zeros_like(costs.income)
    np.add.at(billed, journal["payee"].astype(int) - economy.parties.indices(Party.HOSPITAL)[0], journal["pence"])
    return costs.income - billed


@pytest.fixture(scope="module", params=SOME, ids="-".join)
def some(request):
    rule, people = request.param
    return lived(12, scale=0.01, structure=structure(rule, people=people), hold=ALL_HELD)


def test_the_rest_is_paid_by_the_tariff_to_the_penny(some, tariff):
    """Lives are the same, so the tariff's income is what the others bring and what those covered would have brought."""
    for at, (one, other) in enumerate(zip(some.months, tariff.months, strict=True)):
        would_be, income = one.brought[some.structure.payment.kind].sum(axis=0), tariff.costs[at].income
        assert (some.costs[at].income - contract_of(some, at) + would_be == income).all()
        assert 0 < would_be.sum() < income.sum()
        assert (one.hospital_out == other.hospital_out).all()
    assert some.ledger.resources().equals(tariff.ledger.resources())


def test_a_contract_for_some_is_worth_at_rest_what_their_care_brought(some):
    """The base year: what is billed for the others, and the contract at the people of the start, come to the tariff's income."""
    state, base = some._state, some._contracts[0][1].base
    years = len(state.year) // 12
    rest = state.brought[some.structure.payment.kind]
    assert (base.income == rest // years).all()
    income = np.zeros_like(rest)
    for month in state.year:
        np.add.at(income, (month.journal["payer"].astype(int), month.journal["payee"].astype(int)), month.journal["pence"])
    at_start = Contracts(some._contracts[0][1].rule, base, covers=lambda rows, month: some._contracts[0][1].covers(rows, 0))
    a_year = sum(at_start.month(m, still(state.arrays["rows"]), np.zeros(len(some.hospitals))) for m in range(12))
    assert np.abs((income - rest) / years + a_year - income / years).max() <= 13, "pence: half of one a month and pair"


def still(rows: np.ndarray) -> np.ndarray:
    """The people of the start, nobody of whom dies or moves away."""
    rows = np.array(rows)
    rows["end_month"][rows["end_month"] >= 0] = ALIVE
    return rows


def test_a_contract_for_some_moves_with_how_many_they_are(some):
    """At the last month's end, by hand: as at rest, or by head, or by prices that stand as admissions by number of conditions."""
    base, rule = some._contracts[0][1].base, some.structure.payment.hospital
    weights = {"block": None, "capitation": np.ones(N_BANDS)}.get(rule, np.array([evidence(row).number() for row in YEAR_OF_CARE_ROWS]))
    now = people_served(some.engine.people.rows, 11, *base.income.shape, some._contracts[0][1].covers)
    assert 0 < now.sum() != base.people.sum()
    many = np.ones(base.income.shape) if weights is None else now @ weights / np.maximum(base.people @ weights, 1e-9)
    many[base.people.sum(axis=2) == 0] = 1.0
    assert contract_of(some, 11).sum() == pytest.approx((base.income / 12 * many).sum(), abs=base.income.size), "less than a penny a pair"


def test_books_balance_and_payers_pay_what_hospitals_receive_under_a_rule_for_some(some):
    received = sum(some.ledger.received(index) for index in some.parties.indices(Party.HOSPITAL))
    assert received == sum(int(costs.income.sum()) for costs in some.costs)
    assert sum(some.ledger.balances().values()) == 0
    services = {service for index in some.parties.indices(Party.CONSORTIUM) for service in Service if some.ledger.paid(index, [service])}
    assert {Service.ACUTE_CONTRACT, Service.EMERGENCY_SPELL, Service.ELECTIVE} <= services


def test_a_rule_for_some_may_come_and_go_in_the_middle_of_a_run():
    coming = Transition(**{"announced": "2014-04", "from": "2014-08"})
    mine = structure("block", people="several_conditions").model_copy(update={"name": "mine", "transition": coming})
    changed = lived(8, structure=mine, scale=0.005, hold=ALL_HELD)
    entries = changed.ledger.entries()
    assert set(entries[entries["service"] == "acute_contract"]["month"]) == {4, 5, 6, 7}
    assert [bool(month.brought.sum()) for month in changed.months] == [False] * 4 + [True] * 4


def test_most_of_hospitals_bills_are_for_people_with_several_conditions(some):
    """They had 56.1% of admissions as counted with 36 conditions (P-B.gp-008); fewer of them are told by fourteen."""
    several, elders = some.part_of(PeopleKind.SEVERAL_CONDITIONS), some.part_of(PeopleKind.FRAIL_ELDERS)
    assert some.part_of(None) == 1.0
    assert 0.35 < several < 0.75
    assert 0.02 < elders < several
