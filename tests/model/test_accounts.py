"""Money: the books balance to the penny, and quantities times prices are what was paid."""


import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.hospital.state import ATTENDED_OUT, DISCHARGED_OUT, HOSPITAL_ATTENDANCES, HOSPITAL_EXCESS_DAYS
from agents.patients.living import (
    COUNCIL_CARE,
    N_TOTALS,
    NURSING_COUNCIL,
    NURSING_SELF,
    RESIDENTIAL_COUNCIL,
    RESIDENTIAL_SELF,
    SELF_CARE,
    SELF_PENCE,
)
from agents.vocabulary import Account, Party, Service
from model.accounts import (
    RECORDED_AGAINST_COUNCILS,
    CarePrices,
    LongTermCare,
    care_prices,
    charged,
    long_term_care,
    working_days,
)
from model.engine import Calendar
from model.parameters import Parameters
from model.payment import pence
from model.place import load_place
from model.starting_state import organisations_of
from model.structures import list_structures
from tests.strategies import ALL_HELD, EACH_STRUCTURE, bench, lived, parameter_values, small_economy

SOCIAL = (
    Service.HOME_CARE, Service.RESIDENTIAL_CARE, Service.NURSING_CARE, Service.REABLEMENT, Service.ASSESSMENT, Service.BROKERAGE,
)  # fmt: skip
ACUTE = (
    Service.EMERGENCY_SPELL, Service.EXCESS_DAYS, Service.ATTENDANCE, Service.OUTPATIENT, Service.ELECTIVE, Service.ACUTE_CONTRACT,
)  # fmt: skip
PUBLIC = set(Party) - {Party.HOUSEHOLD}
SERVICES = {
    Account.COMMUNITY: (
        Service.COMMUNITY, Service.PROACTIVE, Service.COMMUNITY_NURSING, Service.CONTINENCE, Service.CARE_HOME_SUPPORT,
    ),
    Account.MENTAL_HEALTH: (Service.MENTAL_HEALTH, Service.DEMENTIA),
    Account.PRIMARY_CARE: (Service.PRIMARY_CARE,),
    Account.PUBLIC_HEALTH: (Service.PREVENTION,),
}  # fmt: skip


@given(st.dates(), st.integers(0, 62))
def test_working_days_are_the_days_that_are_no_weekend(first, days):
    ordinals = range(first.toordinal(), first.toordinal() + days)
    weekdays = sum((ordinal - 1) % 7 < 5 for ordinal in ordinals)  # ordinal 1 was a Monday
    assert working_days(days, first.weekday()) == weekdays


def test_working_days_of_april_2014():
    calendar = Calendar("2014-04")
    assert working_days(calendar.length(0), calendar.weekday(0)) == 22


@settings(max_examples=8)
@given(parameter_values(), st.integers(0, 2**64 - 1), st.sampled_from(list_structures()))
def test_the_books_balance_whatever_the_parameters(values, seed, structure):
    economy = small_economy(structure=structure, seed=seed, parameters=Parameters().with_values(values))
    for month in range(5):
        economy.step()
        economy.ledger.books_balance(month)
        assert sum(economy.ledger.balances().values()) == 0
        received = sum(economy.ledger.received(name) for name in economy.parties.names)
        spent = sum(economy.ledger.paid(name) for name in economy.parties.names)
        assert received == spent > 0


@pytest.fixture(scope="module", params=EACH_STRUCTURE)
def year(request):
    """A year of a few thousand people, under each structure."""
    return lived(12, scale=0.02, structure=request.param)


def cash(economy, *services, payers=None) -> int:
    """Pence paid for services by everybody, or by some kinds of party."""
    kinds = set(Party) if payers is None else set(payers)
    return sum(
        economy.ledger.paid(index, services) for index, kind in enumerate(economy.parties.kinds) if kind in kinds
    )


def test_what_is_spent_on_acute_care_is_what_hospitals_get(year):
    income = sum(int(costs.income.sum()) for costs in year.costs)
    hospitals = sum(year.ledger.received(index) for index in year.parties.indices(Party.HOSPITAL))
    assert income == hospitals > 0
    assert sum(int(costs.spells.sum()) for costs in year.costs) == income == cash(year, *ACUTE)
    if year.structure.payment.hospital != "tariff":
        contract = cash(year, Service.ACUTE_CONTRACT)
        if year.structure.payment.people == "everybody":
            assert contract == income, "one sum, and no price besides"
        else:
            assert 0 < contract < income, "one sum for some people, prices for the rest"
        return
    assert cash(year, Service.ATTENDANCE) == year.total(ATTENDED_OUT) * pence(year.parameters.prices.attendance)
    in_full = year.total(DISCHARGED_OUT) * pence(year.parameters.prices.spell)
    returned, beyond = year.parameters.prices.return_share, year.parameters.prices.marginal_share
    assert returned * beyond * in_full < cash(year, Service.EMERGENCY_SPELL) < in_full, "returns and growth are not paid in full"


def test_without_its_two_rules_the_tariff_is_spells_that_ended_times_the_price():
    plain = Parameters().with_values({"prices.return_share": 1.0, "prices.marginal_share": 1.0})
    economy = lived(12, parameters=plain)
    prices = economy.parameters.prices
    assert cash(economy, Service.EMERGENCY_SPELL) == economy.total(DISCHARGED_OUT) * pence(prices.spell) > 0
    excess = sum(int(month.hospital_out[:, HOSPITAL_EXCESS_DAYS].sum()) for month in economy.months)
    assert cash(economy, Service.EXCESS_DAYS) == excess * pence(prices.excess_day)


def test_prices_hold_the_market_forces_factor():
    known = organisations_of(load_place("berkshire-west"), Parameters().with_values({"prices.market_forces": 1.2}), 0.01).hospitals
    assert (known["spell_price"] == pence(2358.0 * 1.2)).all()
    assert (known["excess_price"] == pence(273.0 * 1.2)).all()


def test_what_councils_owe_for_delays_is_in_their_accounts_and_in_hospitals():
    """Every recorded day that awaits social care at 100 pounds, to the penny below for each hospital; off unless the structure has fines."""
    every_day = Parameters().with_values({"prices.reimbursed_share": 1.0, "care.recording_when_paid": 1.0})
    economy = lived(12, scale=0.02, hold=ALL_HELD, structure="separate-budgets+delayed-discharge-fines", parameters=every_day)
    without = lived(12, scale=0.02, hold=ALL_HELD)
    owed = cash(economy, Service.DELAY_REIMBURSEMENT)
    days = sum(int(month.out[:, RECORDED_AGAINST_COUNCILS].sum()) for month in economy.months)
    assert owed == pytest.approx(days * 10_000, abs=12 * len(economy.councils) * len(economy.hospitals)) and owed > 0
    assert cash(without, Service.DELAY_REIMBURSEMENT) == 0
    for a, b in zip(economy.costs, without.costs, strict=True):
        assert (a.social_care - b.social_care == a.reimbursement.sum(axis=1)).all()
        assert (a.income - b.income == a.reimbursement.sum(axis=0)).all()
    assert economy.account_lines == without.account_lines, "fines are financed from within"


def gives_free_care(economy) -> bool:
    """Return whether public money pays for care of people who have no need of it; to the penny, in tests of entitlements."""
    entitlement = economy.structure.entitlement
    return entitlement.free_from != "none" or entitlement.personal_care == "free"


def test_hours_times_rates_is_what_councils_paid_for_home_care(year):
    for service, column, unit, per in (
        (Service.HOME_CARE, COUNCIL_CARE, "home_care_pounds_per_hour", 60),
        (Service.RESIDENTIAL_CARE, RESIDENTIAL_COUNCIL, "residential_pounds_per_week", 7),
        (Service.NURSING_CARE, NURSING_COUNCIL, "nursing_pounds_per_week", 7),
    ):
        expected = sum(
            int(month.totals[c, column]) * pence(getattr(council, unit)) // per
            for month in year.months
            for c, council in enumerate(year.place.councils)
        )
        paid = cash(year, service, payers=PUBLIC)
        if service == Service.HOME_CARE or not gives_free_care(year):
            assert paid == expected > 0, service
        else:
            assert paid > expected > 0, "who pays for board in a home has the care free"


def test_what_households_pay_is_what_people_paid_and_were_charged(year):
    prices = year.engine.organisations.councils["own_price"]
    bought = sum(
        int(
            (
                month.totals[:, SELF_CARE] * prices[:, 0] // 60
                + month.totals[:, RESIDENTIAL_SELF] * prices[:, 1]
                + month.totals[:, NURSING_SELF] * prices[:, 2]
            ).sum()
        )
        for month in year.months
    )
    paid = cash(year, *SOCIAL, payers={Party.HOUSEHOLD})
    assert 0 < paid < bought if gives_free_care(year) else paid == bought > 0
    charged = sum(int(costs.charges.sum()) for costs in year.costs)
    assert cash(year, Service.CHARGES) == cash(year, Service.CHARGES, payers={Party.HOUSEHOLD}) == charged > 0
    assert sum(int(costs.households.sum()) for costs in year.costs) == year.ledger.paid("households")
    rounded = sum(
        int(month.totals[:, SELF_PENCE].sum()) for month in year.months
    )  # each person's share is rounded down
    assert 0 <= paid - rounded < 0.01 * paid
    rows = year.engine.people.rows
    assert int(rows["out_of_pocket"].astype(np.int64).sum()) == rounded


def test_what_social_care_costs_is_what_its_holder_paid_less_charges(year):
    net = sum(int(costs.social_care.sum()) for costs in year.costs)
    assert net == cash(year, *SOCIAL, payers=PUBLIC) - cash(year, Service.CHARGES)
    for account, services in SERVICES.items():
        assert sum(int(costs.on(account).sum()) for costs in year.costs) == cash(year, *services) > 0


def test_days_under_continuing_healthcare_are_paid_by_the_nhs_at_the_weekly_price(year):
    week = pence(year.parameters.prices.continuing_week)
    expected = sum(int((month.continuing_days * week // 7).sum()) for month in year.months)
    assert cash(year, Service.CONTINUING_CARE) == sum(int(costs.continuing.sum()) for costs in year.costs) == expected
    assert cash(year, Service.CONTINUING_CARE, payers={year.structure.holder(Account.CONTINUING_CARE)}) == expected


CARE = st.builds(lambda *pence: LongTermCare(*(np.array([each]) for each in pence)), *[st.integers(0, 10**11)] * 3)
MULTIPLE = st.floats(0.0, 5.0)
NONE_FREE = LongTermCare(*(np.zeros(1, dtype=np.int64) for _ in range(3)))


@given(CARE, MULTIPLE, MULTIPLE)
def test_charges_rise_with_their_level_and_never_beyond_what_care_costs(care, a, b):
    low, high = sorted((a, b))
    parameters, rules = Parameters(), Parameters().care
    assert 0 <= charged(care, NONE_FREE, low, parameters)[0] <= charged(care, NONE_FREE, high, parameters)[0] <= sum(part[0] for part in care)
    assert charged(care, NONE_FREE, 0.0, parameters)[0] == 0
    all_free = charged(care, care, 1.0, parameters)[0]
    assert all_free == np.floor((care.residential[0] + care.nursing[0]) * rules.residential_charge_share), "towards board and lodging, not care"
    observed = care.home_care[0] * rules.charge_share + (care.residential[0] + care.nursing[0]) * rules.residential_charge_share
    assert charged(care, NONE_FREE, 1.0, parameters)[0] == np.floor(observed)


@given(st.floats(0.5, 2.0))
def test_a_fee_multiplies_the_prices_of_the_market_and_no_other(fee):
    observed = care_prices(load_place("berkshire-west"))
    paid_now = observed.at(fee)
    for now, then in zip(paid_now[:3], observed[:3], strict=True):
        assert now == pytest.approx(then * fee, abs=0.5)
    assert (paid_now.reablement_week == observed.reablement_week).all()
    assert all((now == then).all() for now, then in zip(observed.at(1.0), observed, strict=True)), "at rest the same to the penny"


def test_a_months_long_term_care_worked_by_hand():
    totals = np.zeros((1, N_TOTALS), dtype=np.int64)
    totals[0, [COUNCIL_CARE, RESIDENTIAL_COUNCIL, NURSING_COUNCIL]] = 600, 30, 14
    prices = CarePrices(*(np.array([pence]) for pence in (1_700, 50_000, 56_000, 20_000)))
    care = long_term_care(totals, prices)
    assert [int(part[0]) for part in care] == [17_000, 214_285, 112_000]
    dearer = long_term_care(totals, prices.at(1.1))
    assert [int(part[0]) for part in dearer] == [18_700, 235_714, 123_200]
    rules = Parameters().with_values({"care.charge_share": 0.1, "care.residential_charge_share": 0.3})
    assert charged(care, NONE_FREE, 1.0, rules)[0] == 1_700 + 97_885  # 0.3 x 326,285, less half a penny


def test_budgets_are_paid_out_to_the_penny_in_twelve_parts(year):
    for holder in year._holders:
        budget = sum(amount for account, amount in holder.budgets.items() if account.name != "HOSPITAL")
        assert year.ledger.received(holder.index, [Service.SETTLEMENT]) == budget, holder


def test_public_spending_is_what_the_ledger_says(year):
    spent = year.measures.query("organisation == 'place' and measure == 'public_spending'")["value"].sum()
    acute = cash(year, *ACUTE, Service.CONTINUING_CARE)
    community = sum(cash(year, *services) for services in SERVICES.values())
    social = cash(year, *SOCIAL, payers=PUBLIC) - cash(year, Service.CHARGES)
    assert spent == pytest.approx((acute + community + social) / 100.0, abs=0.01)
    households = year.measures.query("organisation == 'place' and measure == 'household_cost'")["value"].sum()
    assert households == pytest.approx(year.ledger.paid("households") / 100.0, abs=0.01)


def test_resources_follow_use_and_not_prices():
    dear = Parameters().with_values({"prices.spell": 2550.0, "prices.attendance": 138.0})
    usual, changed = lived(6, scale=0.005, hold=ALL_HELD), lived(6, scale=0.005, hold=ALL_HELD, parameters=dear)
    assert usual.ledger.resources().equals(changed.ledger.resources())
    assert cash(changed, Service.EMERGENCY_SPELL) > cash(usual, Service.EMERGENCY_SPELL)
    used = usual.ledger.resources()
    attended = sum(int(month.hospital_out[:, HOSPITAL_ATTENDANCES].sum()) for month in usual.months)
    assert used[used["resource"] == "attendances"]["quantity"].sum() == attended


def test_under_any_structure_nobody_but_treasury_and_households_brings_money(year):
    for index, kind in enumerate(year.parties.kinds):
        paid_for = {service for service in Service if year.ledger.paid(index, [service])}
        if kind == Party.TREASURY:
            assert paid_for == {Service.SETTLEMENT}
        if kind in (Party.CARE_MARKET, Party.HOSPITAL, Party.COMMUNITY_PROVIDER, Party.ELSEWHERE):
            assert not paid_for, year.parties.names[index]


def test_without_consequences_at_rest():
    """With every lever at its reference, nothing is anybody's consequence."""
    economy = lived(14, scale=0.01, years=2, hold=ALL_HELD)
    assert len(economy.ledger.consequences()) == 0
    assert (economy.measures.query("measure == 'spillover'")["value"] == 0).all()


def test_people_without_need_cost_social_care_nothing():
    """Nobody needs help, nobody has care: whatever their health, councils pay for nobody and nobody pays for care."""
    sturdy = bench(0.01, need_from_decline=0.0, need_from_illness=0.0, last_phase_need=0.0).without_cases()
    sturdy.tables["need_age"] = -40.0
    for name in ("need", "informal", "package", "unmet_recent", "withheld", "care", "out_of_pocket"):
        sturdy.rows[name] = 0
    sturdy.rows["need_trait"] = -30_000
    engine = sturdy.engine()
    for number in range(14):
        month = engine.month(number)
        for column in (
            COUNCIL_CARE,
            SELF_CARE,
            RESIDENTIAL_COUNCIL,
            RESIDENTIAL_SELF,
            NURSING_COUNCIL,
            NURSING_SELF,
            SELF_PENCE,
        ):
            assert month.totals[:, column].sum() == 0
    assert (engine.people.rows["out_of_pocket"] == 0).all()
    assert (engine.people.rows["contacts"] > 0).any()


def test_someone_who_never_needs_anything_never_has_care():
    economy = small_economy(scale=0.01, years=2)
    needed = economy.engine.people.rows["need"] > 0
    first = economy.engine.people.rows.copy()
    for _ in range(18):
        economy.step()
        rows = economy.engine.people.rows[: len(needed)]
        needed |= (rows["need"] > 0) | (rows["care"] != first["care"])
    never = ~needed & (first["care"] == 0) & (first["package"] == 0)
    assert never.sum() > 1000
    assert (rows["out_of_pocket"][never] == 0).all()
    assert (rows["package"][never] == 0).all()
    assert (rows["withheld"][never] == 0).all()
