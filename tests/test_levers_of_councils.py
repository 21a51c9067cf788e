"""Each lever of a council alone, low and high with the same luck: from the decision to people and to the ledger."""

import pytest

from agents.deciding import LEVER_RANGES
from agents.hospital.state import ASSESSED_OUT, GRANTED_OUT, REABLED_OUT, REFUSED_OUT, REQUESTED_OUT, STARTED_OUT
from agents.patients.living import COUNCIL_CARE
from agents.patients.prevention import PREVENTABLE
from agents.patients.record import ALIVE
from agents.vocabulary import Lever, Party
from tests.strategies import ALL_HELD, paid, small_economy, total
from tests.test_levers import MONTHS, consequences, held_at, low_and_high

OF_COUNCILS = (
    Lever.STRICTNESS, Lever.GENEROSITY, Lever.REABLEMENT, Lever.ASSESSMENT, Lever.ELIGIBILITY, Lever.CHARGES, Lever.FEES, Lever.BROKERAGE, Lever.PREVENTION,
)  # fmt: skip


def state(economy, name: str):
    """A field of the state that people and care meet, by council."""
    return economy.engine.organisations.councils[name]


def charged(economy) -> float:
    """Pounds that households were charged by councils."""
    entries = economy.ledger.entries()
    return float(entries[(entries["service"] == "charges") & (entries["payer"] == "households")]["pounds"].sum())


@pytest.mark.parametrize("lever", OF_COUNCILS)
def test_the_level_decided_is_the_level_that_people_and_care_meet(lever):
    for economy, level in zip(low_and_high(lever), (LEVER_RANGES[lever].low, LEVER_RANGES[lever].high), strict=True):
        assert (state(economy, "levers")[:, lever] == level).all()
        assert (economy.measures.query(f"measure == 'lever/{lever.name.lower()}'")["value"] == level).all()


@pytest.mark.parametrize("lever", OF_COUNCILS)
def test_a_level_outside_its_range_is_refused(lever):
    bounds = LEVER_RANGES[lever]
    for level in (bounds.low - 0.1, bounds.high + 0.1, float("nan")):
        with pytest.raises(ValueError, match=rf"hold of {lever.name.lower()} must lie in \[{bounds.low:g}, {bounds.high:g}\], got "):
            small_economy(hold={lever.name.lower(): level})


@pytest.mark.parametrize("lever", [Lever.ELIGIBILITY, Lever.CHARGES, Lever.FEES])
def test_rules_and_prices_are_set_once_a_year(lever):
    assert LEVER_RANGES[lever].yearly


def test_assessors_assess_and_brokers_start():
    few, many = low_and_high(Lever.ASSESSMENT)
    assert few.total(ASSESSED_OUT) < many.total(ASSESSED_OUT)
    assert (state(few, "start_rate") == state(many, "start_rate")).all(), "brokers are another lever"
    few, many = low_and_high(Lever.BROKERAGE)
    assert (state(few, "start_rate") < state(many, "start_rate")).all()
    assert (state(few, "assessment_rate") == state(many, "assessment_rate")).all()
    assert few.total(STARTED_OUT) < many.total(STARTED_OUT)
    assert total(few, "delayed_days_true/package") > total(many, "delayed_days_true/package")
    assert total(few, "unmet_need/waiting") > total(many, "unmet_need/waiting")
    assert paid(few, "brokerage") == pytest.approx(0.2 / 3.0 * paid(many, "brokerage"), rel=1e-3)
    assert consequences(many, Lever.BROKERAGE)["brokerage"] > 0 > consequences(few, Lever.BROKERAGE)["brokerage"]
    assert paid(few, "home_care") < paid(many, "home_care"), "care that starts is paid for"


def test_a_higher_band_refuses_people_who_then_turn_up_elsewhere():
    """Level -> who is granted a package -> unmet need and its reason -> emergencies -> home care saved, A&E paid."""
    all_bands, critical_only = low_and_high(Lever.ELIGIBILITY)
    rest = held_at()
    refused = [economy.total(REFUSED_OUT) / (economy.total(REFUSED_OUT) + economy.total(GRANTED_OUT)) for economy in (all_bands, rest, critical_only)]
    assert refused[0] < refused[1] < refused[2]
    assert total(all_bands, "package_people") > total(rest, "package_people") > total(critical_only, "package_people")
    assert total(all_bands, "unmet_need/eligibility") < total(rest, "unmet_need/eligibility") < total(critical_only, "unmet_need/eligibility")
    assert total(all_bands, "unmet_hours") < total(critical_only, "unmet_hours")
    assert total(all_bands, "emergency_contacts/unmet") < total(critical_only, "emergency_contacts/unmet")
    assert paid(all_bands, "home_care") > paid(rest, "home_care") > paid(critical_only, "home_care")
    saved, spent = consequences(critical_only, Lever.ELIGIBILITY), consequences(all_bands, Lever.ELIGIBILITY)
    assert saved["home_care"] < 0 < spent["home_care"]
    assert saved["attendance"] > 0 > spent["attendance"]


def test_critical_need_is_met_whatever_the_band():
    rows = low_and_high(Lever.ELIGIBILITY)[1].engine.people.rows
    assert (rows["package"][rows["end_month"] == ALIVE] > 0).any()


def test_charges_fall_on_households_and_keep_people_from_asking():
    free, dear = low_and_high(Lever.CHARGES)
    rest = held_at()
    assert charged(free) == 0.0 < charged(rest) < charged(dear)
    assert free.total(REQUESTED_OUT) > rest.total(REQUESTED_OUT) > dear.total(REQUESTED_OUT)
    assert total(free, "unmet_need/not_asked") < total(dear, "unmet_need/not_asked")
    assert total(free, "household_cost") < total(rest, "household_cost") < total(dear, "household_cost")
    frame = dear.ledger.consequences()
    by_payer = frame[frame["service"] == "charges"].groupby("payer")["pounds"].sum()
    assert by_payer["households"] == pytest.approx(charged(dear) / 2.0, rel=1e-4), "half of a doubled charge is beyond rest"
    assert by_payer.sum() == pytest.approx(0.0, abs=1e-6), "what households pay more, councils pay less"
    assert dear.ledger.shunts().loc["households"].sum() > 0 > free.ledger.shunts().loc["households"].sum()


def test_without_any_effect_on_asking_charges_move_money_alone():
    from model.parameters import Parameters

    parameters = Parameters().with_values({"seeking.asks_by_charges": 0.0})
    runs = [small_economy(hold={**ALL_HELD, "charges": level}, parameters=parameters, settlement="flat") for level in (None, 1.5)]
    for economy in runs:
        for _ in range(3):
            economy.step()
    rest, dear = runs
    assert (rest.engine.people.rows == dear.engine.people.rows).all()
    assert charged(dear) == pytest.approx(1.5 * charged(rest), rel=1e-3)


def test_fees_are_paid_and_bring_or_lose_supply():
    """Level -> minutes and places on offer -> people who wait for a round or a place -> pounds, by price and by quantity."""
    low, high = low_and_high(Lever.FEES)
    rest = held_at()
    for name in ("care_capacity", "home_places"):
        assert (state(low, name) < state(rest, name)).all() and (state(rest, name) < state(high, name)).all(), name
    assert total(low, "package_people") < total(high, "package_people")
    assert total(low, "unmet_need/market") > total(high, "unmet_need/market")
    assert paid(low, "home_care") < paid(rest, "home_care") < paid(high, "home_care")
    minutes = sum(month.totals[:, COUNCIL_CARE].sum() for month in high.months) / sum(month.totals[:, COUNCIL_CARE].sum() for month in rest.months)
    assert paid(high, "home_care") / paid(rest, "home_care") == pytest.approx(1.6 * minutes, rel=0.02), "the fee times the hours"
    saved, spent = consequences(low, Lever.FEES), consequences(high, Lever.FEES)
    for service in ("home_care", "residential_care", "nursing_care"):
        assert saved[service] < 0 < spent[service]
        assert spent[service] == pytest.approx(0.6 / 1.6 * paid(high, service), rel=1e-3), "what is paid beyond the fees observed"
    earned = {economy: sum(economy.ledger.received(index) for index in economy.parties.indices(Party.CARE_MARKET)) for economy in (low, rest, high)}
    assert earned[low] < earned[rest] < earned[high]


def test_people_are_charged_for_hours_and_weeks_not_for_the_fees_councils_pay():
    _, high = low_and_high(Lever.FEES)
    rest = held_at()
    per_pound = [charged(economy) / (paid(economy, "home_care") + paid(economy, "residential_care") + paid(economy, "nursing_care")) for economy in (high, rest)]
    assert per_pound[0] == pytest.approx(per_pound[1] / 1.6, rel=0.03)


def held_conditions(economy) -> int:
    """Preventable conditions that the living hold, added up."""
    rows = economy.engine.people.rows
    held = rows["conditions"][rows["end_month"] == ALIVE] & PREVENTABLE
    return int(sum(((held >> bit) & 1).sum() for bit in range(14)))


def test_prevention_is_paid_for_now_and_lowers_onset_and_falls_later():
    """Level -> a stock that builds over years -> conditions not begun and falls avoided -> public health paid, hospitals paid less."""
    little, much = low_and_high(Lever.PREVENTION)
    rest = held_at()
    assert (state(rest, "prevention") == 0.0).all()
    expected = [(level - 1.0) * (1.0 - (1.0 - 1.0 / 60.0) ** MONTHS) for level in (0.2, 3.0)]
    for economy, stock in zip((little, much), expected, strict=True):
        assert state(economy, "prevention") == pytest.approx(stock)
    assert held_conditions(little) > held_conditions(rest) > held_conditions(much)
    assert paid(little, "prevention") == pytest.approx(0.2 * paid(rest, "prevention"), rel=1e-3)
    assert paid(much, "prevention") == pytest.approx(3.0 * paid(rest, "prevention"), rel=1e-3)
    heads = total(rest, "people") / 12.0  # person-years
    assert paid(rest, "prevention") == pytest.approx(15.0 * heads, rel=1e-3)
    spent, saved = consequences(much, Lever.PREVENTION), consequences(little, Lever.PREVENTION)
    assert spent["prevention"] > 0 > saved["prevention"]
    assert spent["attendance"] < 0 < saved["attendance"], "falls of older people"


def test_reablement_restores_people_and_is_paid_for():
    few, many = low_and_high(Lever.REABLEMENT)
    assert (state(few, "reablement_places") < state(many, "reablement_places")).all()
    assert few.total(REABLED_OUT) < many.total(REABLED_OUT)
    assert paid(few, "reablement") == pytest.approx(0.2 / 3.0 * paid(many, "reablement"), rel=1e-3)
    assert consequences(many, Lever.REABLEMENT)["reablement"] > 0 > consequences(few, Lever.REABLEMENT)["reablement"]
