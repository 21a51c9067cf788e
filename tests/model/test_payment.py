"""Prices near the evidence that they name, and each rule of payment against a case worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evidence import evidence
from model.parameters import Parameters
from model.payment import (
    PAYMENT_RULES,
    Alliance,
    Capitation,
    MarginalRate,
    Prices,
    Reimbursement,
    ReturnRule,
    SpellTariff,
    YearOfCare,
    block_month,
    pence,
)
from model.resources import UnitCosts

POUNDS = st.floats(0.0, 1e9, allow_nan=False)
SHARE = st.floats(0.0, 1.0)


@given(st.integers(0, 10**9))
def test_pence_are_whole_and_exact(amount):
    assert pence(amount / 100.0) == amount
    assert isinstance(pence(amount / 100.0), int)


def test_half_pence_go_to_the_nearest():
    assert pence(0.004) == 0
    assert pence(0.006) == 1
    assert pence(2358.0) == 235800


@pytest.mark.parametrize(
    "row",
    [row for row in Parameters().table() if row.name.startswith(("prices.", "costs.")) and row.evidence],
    ids=lambda row: row.name,
)
def test_prices_with_a_source_have_its_value(row):
    found = evidence(row.evidence)
    per = 100.0 if found.unit.startswith("%") else 1.0
    low = found.low if found.low is not None else found.number()
    high = found.high if found.high is not None else found.number()
    assert min(low, found.number()) <= row.value * per <= max(high, found.number())


def test_one_more_of_anything_takes_fewer_resources_than_its_price():
    """Else a hospital would lose on every patient, and its account would say the opposite of what it is there for."""
    prices, costs = Prices(), UnitCosts()
    for name in ("attendance", "spell", "visit", "day_case", "elective"):
        assert getattr(costs, name) < getattr(prices, name), name
    assert costs.bed_day < prices.excess_day


def test_the_marginal_rate_of_2014_is_that_of_the_source():
    assert Prices().marginal_share == pytest.approx(evidence("P-B.tariff-001").number() / 100.0)
    assert Prices().delay_day == evidence("P-B.tariff-003").number()
    assert evidence("P-B.tariff-002").unit == "rule"


def test_the_baseline_is_between_the_year_of_the_rule_and_the_base_year():
    """Six years at 3.2% a year, from 4.25 million in 2006/07 to 6.02 in 2017/18, lie between 2008/09 and 2014/15."""
    growth = (evidence("T-B-002").number() / evidence("T-B-003").number()) ** (1 / 11)
    assert growth == pytest.approx(1.032, abs=0.001)
    low = next(row.low for row in Parameters().table() if row.name == "prices.baseline_share")
    assert low == pytest.approx(growth**-6, abs=0.005)
    assert low < Prices().baseline_share < 1.0


# The tariff


def test_a_spell_by_hand():
    """28 days are covered. 31 days: three at 273 come on top of 2,358, that is 3,177; at factor 1.2, 3,812.40."""
    national = SpellTariff(price=2358.0, trim_days=28.0, excess_day=273.0)
    assert national.spell(0) == national.spell(28) == 2358.0
    assert national.spell(31) == 3177.0
    dear = SpellTariff(price=2358.0, trim_days=28.0, excess_day=273.0, market_forces=1.2)
    assert dear.spell(31) == pytest.approx(3812.40)


@given(POUNDS, st.integers(0, 60), POUNDS, st.integers(0, 400))
def test_a_longer_stay_never_costs_less_and_beyond_the_trim_point_costs_by_the_day(price, trim, day, days):
    tariff = SpellTariff(price=price, trim_days=float(trim), excess_day=day)
    more = tariff.spell(days + 1) - tariff.spell(days)
    assert more == pytest.approx(day if days >= trim else 0.0, abs=1e-6 * (price + 400 * day) + 1e-9)


def test_the_marginal_rate_by_hand():
    """5,500 spells at 2,000 against a baseline of 5,000: 10,000,000 in full and 500 x 600 = 300,000 beyond."""
    rule = MarginalRate(baseline=5000.0, share=0.3)
    assert rule.income(5500, 2000.0) == 10_300_000.0
    assert rule.income(4999, 2000.0) == 4999 * 2000.0


@given(st.integers(0, 10**6), st.integers(0, 10**6), SHARE)
def test_a_marginal_rate_never_brings_more_than_the_price_nor_less_for_more(spells, baseline, share):
    rule = MarginalRate(baseline=float(baseline), share=share)
    assert rule.income(spells, 100.0) <= spells * 100.0 + 1e-6
    assert rule.income(spells + 1, 100.0) >= rule.income(spells, 100.0)
    assert MarginalRate(baseline=float(baseline), share=1.0).income(spells, 100.0) == pytest.approx(spells * 100.0)


def test_the_30_day_rule_by_hand():
    """Three returns in four are below the threshold: a return of 2,358 brings 1,768.50, on the 30th day but not the 31st."""
    rule = ReturnRule(share=0.75)
    assert rule.bill(2358.0, days_since_discharge=30) == 1768.50
    assert rule.bill(2358.0, days_since_discharge=31) == 2358.0
    assert ReturnRule(share=0.0).bill(2358.0, days_since_discharge=0) == 0.0


# Contracts


@given(st.integers(0, 10**12), st.integers(-1000, 1000))
def test_twelve_months_of_a_block_are_its_year(yearly, first):
    months = [block_month(yearly, month) for month in range(first, first + 12)]
    assert sum(months) == yearly
    assert max(months) - min(months) <= 1


def test_capitation_by_hand():
    """60,000 people at 480 a year are 28,800,000 a year and 2,400,000 a month; a thousand more bring 40,000 a month."""
    rule = Capitation(per_head=480.0)
    assert rule.income(60_000) == 28_800_000.0
    assert rule.income(60_000, months=1) == 2_400_000.0
    assert rule.income(61_000, months=1) - rule.income(60_000, months=1) == 40_000.0


def test_a_year_of_care_by_hand():
    """1,000 people at 150, 400 at 300 and 100 at 1,300 bring 400,000; care at 390,000 leaves 10,000 with the provider."""
    rule = YearOfCare(prices=(150.0, 300.0, 1300.0))
    assert rule.income([1000, 400, 100]) == 400_000.0
    assert rule.kept([1000, 400, 100], cost=390_000.0) == 10_000.0
    assert rule.kept([1000, 400, 100], cost=410_000.0) == -10_000.0
    assert [rule.price(held) for held in (0, 1, 2, 9)] == [150.0, 300.0, 1300.0, 1300.0]


def test_an_alliance_by_hand():
    """Care planned at 900,000 costs 960,000: of the loss of 60,000 the payer bears 40%, so it pays 1,024,000 for 1,000,000.

    The hospital's margin was to be 100,000 and is 1,024,000 - 960,000 = 64,000: it bears the other 36,000.
    """
    rule = Alliance(target=900_000.0, shares={"payer": 0.4, "hospital": 0.6})
    assert rule.gains(960_000.0) == {"payer": pytest.approx(-24_000.0), "hospital": pytest.approx(-36_000.0)}
    assert rule.payment(1_000_000.0, 960_000.0) == pytest.approx(1_024_000.0)


@given(POUNDS, POUNDS, POUNDS, SHARE)
def test_an_alliance_shares_all_of_a_gain_or_loss(target, actual, contract, share):
    rule = Alliance(target=target, shares={"payer": share, "hospital": 1.0 - share})
    assert sum(rule.gains(actual).values()) == pytest.approx(target - actual, abs=1e-3)
    kept = rule.payment(contract, actual) - actual
    planned = contract - target
    if rule.payment(contract, actual) > 0.0:
        assert kept - planned == pytest.approx(rule.gains(actual)["hospital"], abs=1e-3)


def test_a_hospital_that_bears_everything_has_a_block():
    assert Alliance(target=900.0, shares={"hospital": 1.0}).payment(1000.0, 5000.0) == 1000.0


def test_reimbursement_by_hand():
    """200 days of delay are recorded as social care's: 20,000 if all are claimed, 5,000 if a quarter."""
    assert Reimbursement(day=100.0).pounds(200) == 20_000.0
    assert Reimbursement(day=100.0, claimed=0.25).pounds(200) == 5_000.0
    assert Reimbursement(day=100.0, claimed=0.0).pounds(200) == 0.0


# What is wrong


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SpellTariff(price=-1.0, trim_days=28.0, excess_day=273.0), r"SpellTariff.price must be at least 0, got -1.0"),
        (lambda: SpellTariff(price=1.0, trim_days=-1.0, excess_day=273.0), r"SpellTariff.trim_days must be at least 0, got -1.0"),
        (lambda: SpellTariff(price=1.0, trim_days=1.0, excess_day=1.0, market_forces=0.0), r"SpellTariff.market_forces must be above 0, got 0.0"),
        (lambda: SpellTariff(price=1.0, trim_days=1.0, excess_day=1.0).spell(-1), r"days must be a number of at least 0, got -1"),
        (lambda: MarginalRate(baseline=-5.0), r"MarginalRate.baseline must be at least 0, got -5.0"),
        (lambda: MarginalRate(baseline=5.0, share=1.3), r"MarginalRate.share is a share and must lie in \[0, 1\], got 1.3"),
        (lambda: MarginalRate(baseline=math.nan), r"MarginalRate.baseline must be finite, got nan"),
        (lambda: ReturnRule(share=-0.1), r"ReturnRule.share is a share and must lie in \[0, 1\], got -0.1"),
        (lambda: block_month(-1, 0), r"yearly must be a number of at least 0, got -1"),
        (lambda: Capitation(per_head=-1.0), r"Capitation.per_head must be at least 0, got -1.0"),
        (lambda: Capitation(per_head=1.0).income(-3), r"heads must be a number of at least 0, got -3"),
        (lambda: YearOfCare(prices=()), r"YearOfCare.prices must hold at least one price, got \(\)"),
        (lambda: YearOfCare(prices=(1.0, -2.0)), r"YearOfCare.prices\[1\] must be a number of at least 0, got -2.0"),
        (lambda: YearOfCare(prices=(1.0, 2.0)).income([1, 2, 3]), r"people must number one a band, that is 2, got 3"),
        (lambda: Alliance(target=1.0, shares={"payer": 0.5, "hospital": 0.6}), r"Alliance.shares must add up to 1, got 1.1"),
        (lambda: Alliance(target=1.0, shares={}), r"Alliance.shares must add up to 1, got 0"),
        (lambda: Alliance(target=1.0, shares={"payer": -0.5, "hospital": 1.5}), r"Alliance.shares of 'payer' must lie in \[0, 1\], got -0.5"),
        (lambda: Alliance(target=-1.0, shares={"hospital": 1.0}), r"Alliance.target must be a number of at least 0, got -1.0"),
        (lambda: Reimbursement(day=-100.0), r"Reimbursement.day must be at least 0, got -100.0"),
        (lambda: Reimbursement(day=100.0).pounds(-3), r"recorded_days must be a number of at least 0, got -3"),
        (lambda: Prices(trim_days=-1.0), r"Prices.trim_days must be at least 0 \(plausible: 15 to 40 days\), got -1.0"),
        (lambda: Prices(return_share=1.5), r"Prices.return_share is a share and must lie in \[0, 1\], got 1.5"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()


def test_the_tariff_comes_first():
    assert PAYMENT_RULES[0] == "tariff"
