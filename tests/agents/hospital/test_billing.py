"""Bills of emergency spells: what the kernel posts is what the rules of the tariff say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.hospital.billing import NEVER, PRICES, begin_year, days_over, is_return, part, price_today, share_paid
from agents.patients import record
from agents.vocabulary import Service
from model.engine import Organisations
from model.payment import MarginalRate, ReturnRule, SpellTariff, pence
from tests.strategies import event, person, quiet_bench

CERTAIN = {
    "admission_spread": 1e-3,
    "crowding_threshold": 0.0,
    "direct_share": 0.0,
    "return_base": 0.0,
    "return_by_frailty": 0.0,
    "return_unready": 0.0,
}


def spell(start: int, end: int, discharged: int | None = None, **fields):
    """One person's spell from one day to another, ended by death; `fields` are the hospital's."""
    before = {} if discharged is None else {"last_discharge": discharged}
    b = quiet_bench(person(**before), **CERTAIN)
    b.tables["stay_scale"] = 1000.0
    b.known.hospitals["return_share"], b.known.hospitals["marginal_share"] = 0.75, 0.3
    b.known.hospitals["baseline_spells"] = NEVER
    begin_year(b.known.hospitals)
    for name, value in fields.items():
        b.known.hospitals[name] = value
    b.future = np.concatenate([event(start), event(end, kind=2)])
    engine = b.engine()
    return engine, engine.month(0)


def billed(month, service: Service) -> list[int]:
    return month.journal[month.journal["service"] == service]["pence"].tolist()


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 20))
@settings(max_examples=25, deadline=None)
def test_a_bill_is_the_spell_tariff(start, stay, trim):
    engine, month = spell(start, start + stay, trim_days=trim)
    prices = {name: int(engine.organisations.hospitals[name][0]) / 100.0 for name in PRICES}
    tariff = SpellTariff(price=prices["spell_price"], trim_days=float(trim), excess_day=prices["excess_price"])
    assert sum(billed(month, Service.EMERGENCY_SPELL) + billed(month, Service.EXCESS_DAYS)) == pence(tariff.spell(stay))


@pytest.mark.parametrize(("discharged", "gap"), [(-25, 30), (-26, 31), (None, None)])
def test_a_return_within_30_days_is_paid_a_share_of_its_whole_bill(discharged, gap):
    engine, month = spell(5, 15, discharged=discharged, trim_days=8)
    price, day = (int(engine.organisations.hospitals[name][0]) / 100.0 for name in ("spell_price", "excess_price"))
    rule = ReturnRule(share=0.75)
    assert billed(month, Service.EMERGENCY_SPELL) == [pence(rule.bill(price, gap))]
    assert billed(month, Service.EXCESS_DAYS) == [pence(rule.bill(2 * day, gap))]


def test_spells_beyond_the_baseline_are_paid_the_marginal_rate_from_the_day_after_it_is_reached():
    """Five people leave on five days, against a baseline of two: 2 x 100% and 3 x 30% of 2,358 pounds, that is 6,838.20."""
    people = np.concatenate([person() for _ in range(5)])
    b = quiet_bench(people, **CERTAIN)
    b.tables["stay_scale"] = 1000.0
    hospitals = b.known.hospitals
    hospitals["marginal_share"], hospitals["return_share"], hospitals["baseline_spells"] = 0.3, 1.0, 2
    hospitals["spell_price"] = 235_800
    begin_year(hospitals)
    b.future = np.concatenate([event(1, person=i) for i in range(5)] + [event(4 + 2 * i, kind=2, person=i) for i in range(5)])
    engine = b.engine()
    month = engine.month(0)
    posted = billed(month, Service.EMERGENCY_SPELL)
    assert posted == [235_800] * 2 + [70_740] * 3
    assert sum(posted) == pence(MarginalRate(baseline=2.0, share=0.3).income(5, 2358.0))
    known = engine.organisations.hospitals
    assert (known["billed_spells"][0], known["beyond_since"][0]) == (5, 6)
    begin_year(known)
    assert (known["billed_spells"][0], known["beyond_since"][0]) == (0, NEVER)


def test_who_leaves_on_the_day_that_the_baseline_is_reached_is_paid_in_full():
    """So that it does not matter who is looked at first."""
    b = quiet_bench(np.concatenate([person() for _ in range(3)]), **CERTAIN)
    b.tables["stay_scale"] = 1000.0
    b.known.hospitals["marginal_share"], b.known.hospitals["baseline_spells"] = 0.3, 1
    begin_year(b.known.hospitals)
    b.future = np.concatenate([event(1, person=i) for i in range(3)] + [event(9, kind=2, person=i) for i in range(3)])
    month = b.engine().month(0)
    assert len(set(billed(month, Service.EMERGENCY_SPELL))) == 1


def of_kinds(*bits: int):
    """Tell the first people to be of the kinds given as bits, one after the other."""
    return lambda rows, month: np.array(bits, dtype=np.uint8)[: len(rows)]


def stays(n: int, kinds_of=None, **fields):
    """So many people's spells, all from day 1 to day 31, two of it beyond the trim point; `fields` are the hospital's."""
    b = quiet_bench(np.concatenate([person() for _ in range(n)]), **CERTAIN)
    b.tables["stay_scale"] = 1000.0
    for name, value in {"return_share": 1.0, "marginal_share": 0.3, "baseline_spells": NEVER, "trim_days": 26, **fields}.items():
        b.known.hospitals[name] = value
    begin_year(b.known.hospitals)
    b.future = np.concatenate([event(1, person=i) for i in range(n)] + [event(29, kind=2, person=i) for i in range(n)])
    engine = b.engine()
    engine.kinds_of = kinds_of
    return engine, engine.month(0)


def test_care_of_those_whom_a_contract_pays_for_costs_nothing_when_it_is_given():
    """Four people, the same care: one of no kind, one of the first, one of the second, one of both; a contract pays for the second kind."""
    _, tariff = stays(4)
    engine, month = stays(4, of_kinds(0, 1, 2, 3), contract_kinds=2)
    for service in (Service.ATTENDANCE, Service.EMERGENCY_SPELL, Service.EXCESS_DAYS):
        (price,) = set(billed(tariff, service))
        assert price > 0
        assert sorted(billed(month, service)) == [0, 0, price, price]
    assert tariff.brought.sum() == 0, "nobody asks for kinds"
    each = int(tariff.journal["pence"].sum()) // 4
    h, k = int(engine.people.rows["hospital"][0]), int(engine.people.rows["consortium"][0])
    assert month.brought[:, k, h].tolist() == [2 * each, 2 * each]
    assert month.brought.sum() == 4 * each


def test_being_told_apart_changes_no_bill():
    _, tariff = stays(4)
    _, month = stays(4, of_kinds(0, 1, 2, 3))
    assert np.array_equal(month.journal, tariff.journal)
    assert 0 < month.brought.sum(axis=(1, 2)).max() < tariff.journal["pence"].sum()


def test_spells_that_a_contract_pays_for_count_against_the_baseline():
    """The one that reaches it is paid by contract; those who leave on the same day are paid in full, so everybody counts."""
    engine, _ = stays(3, of_kinds(1, 0, 0), contract_kinds=1, baseline_spells=1)
    hospital = engine.organisations.hospitals[0]
    assert (hospital["billed_spells"], hospital["beyond_since"]) == (3, 29)


def test_what_an_avoided_emergency_would_have_cost_is_nothing_where_a_contract_pays():
    """A note on an avoided contact: the payer of the second person has saved nothing by it."""
    b = quiet_bench(np.concatenate([person(), person()]), **CERTAIN)
    b.known.hospitals["contract_kinds"] = 1
    b.future = np.concatenate([event(3, person=i, avoided=1, decider=1, lever=1) for i in range(2)])
    engine = b.engine()
    engine.kinds_of = of_kinds(0, 1)
    notes = engine.month(0).notes
    saved = notes["pence"].reshape(2, 2).tolist()
    assert saved[0][0] < 0 and saved[0][1] < 0
    assert saved[1] == [0, 0]


def test_both_rules_cut_twice():
    hospitals = Organisations(1, 1, 1).hospitals
    hospitals["return_share"], hospitals["marginal_share"], hospitals["beyond_since"] = 0.5, 0.3, 10
    hospitals["spell_price"], hospitals["trim_days"] = 1001, 28
    hospital = hospitals[0]
    assert [share_paid(hospital, returned, day) for returned, day in ((0, 10), (1, 10), (0, 11), (1, 11))] == [1.0, 0.5, 0.3, 0.15]
    returning, newcomer = person(last_discharge=0)[0], person()[0]
    assert (is_return(returning, 30), is_return(returning, 31), is_return(newcomer, 5)) == (True, False, False)
    assert (price_today(hospital, newcomer, 10), price_today(hospital, returning, 10)) == (1001, 501)
    assert newcomer["last_discharge"] == record.NEVER_DISCHARGED
    assert (days_over(0, 28, hospital), days_over(0, 30, hospital)) == (0, 2)
    assert part(1001, 0.5) == 501
