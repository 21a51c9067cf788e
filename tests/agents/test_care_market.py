"""Care markets: supply moves slowly towards what is asked for and paid for, and no further than there are hands."""

import mesa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.care_market import CareMarket, MarketBehaviour, Supply, brought_by, next_supply
from agents.organisation import Organisation

SOME = st.floats(0.0, 1e9)
FEE = st.floats(0.6, 1.6)


def market(working_age: float = 1e6, *, home_care_minutes: int = 6000, places: int = 100, **behaviour: float) -> CareMarket:
    return CareMarket(
        mesa.Model(), name="care market", index=5, home_care_minutes=home_care_minutes, places=places, asked_minutes=5000,
        asked_places=90, working_age=working_age, behaviour=MarketBehaviour(**behaviour),
    )  # fmt: skip


def later(of: CareMarket, years: int = 1, minutes: int = 5000, places: int = 90, home_care_fee: float = 1.0, place_fee: float = 1.0) -> CareMarket:
    for _ in range(4 * years):
        of.respond(asked_minutes=minutes, asked_places=places, home_care_fee=home_care_fee, place_fee=place_fee)
    return of


@given(SOME, SOME, st.floats(0.0, 1.0))
def test_supply_moves_towards_what_is_wanted_and_never_past_it(supply, wanted, response):
    after = next_supply(supply, wanted, response)
    assert min(supply, wanted) <= after <= max(supply, wanted)


@given(st.integers(1, 60), st.integers(0, 500))
def test_even_a_gap_of_one_place_closes_in_time(gap, supply):
    """In the limit: what is left of it after n quarters is the gap times 0.97 ** n."""
    found = float(supply)
    for _ in range(400):
        found = next_supply(found, supply + gap, 0.03)
    assert found == pytest.approx(supply + gap * (1.0 - 0.97**400))
    assert round(found) == supply + gap


def test_a_care_market_is_a_mesa_agent_with_finite_supply():
    found = market(home_care_response=0.5, place_response=0.1)
    found.respond(asked_minutes=5000, asked_places=90)
    assert (found.home_care_minutes, found.places) == (6000, 100), "what is asked at rest moves nothing"
    found.respond(asked_minutes=10000, asked_places=180)
    assert (found.home_care_minutes, found.places) == (9000, 110)
    assert not isinstance(found, Organisation)


@given(st.integers(0, 10**5), st.integers(0, 10**4), st.integers(1, 12))
def test_at_the_fees_observed_fees_bring_nothing_to_the_bit(minutes, places, quarters):
    found = market()
    for _ in range(quarters):
        found.respond(asked_minutes=minutes, asked_places=places)
    assert found.places_by_fees == 0.0
    assert found.places == found.places_at_observed_fees


@given(FEE, FEE)
def test_better_fees_never_bring_less(a, b):
    low, high = sorted((a, b))
    poor, rich = later(market(), home_care_fee=low, place_fee=low), later(market(), home_care_fee=high, place_fee=high)
    assert poor.supply.minutes <= rich.supply.minutes + 1e-9
    assert poor.supply.places <= rich.supply.places + 1e-9


@pytest.mark.parametrize("fee", [0.8, 1.25])
def test_supply_ends_where_the_elasticity_says(fee):
    found = later(market(), years=100, home_care_fee=fee, place_fee=fee)
    behaviour = found.behaviour
    assert found.supply.minutes == pytest.approx(6000 * fee**behaviour.home_care_by_fees, rel=1e-3)
    assert found.supply.places == pytest.approx(100 * fee**behaviour.places_by_fees, rel=1e-3)


def test_home_care_answers_within_a_year_and_care_homes_take_many():
    found = later(market(), home_care_fee=0.8, place_fee=0.8)
    behaviour = found.behaviour
    assert (found.supply.minutes / 6000 - 1.0) / brought_by(0.8, behaviour.home_care_by_fees) > 0.8
    assert (found.supply.places / 100 - 1.0) / brought_by(0.8, behaviour.places_by_fees) < 0.2


def test_where_fees_bring_nothing_they_bring_nothing():
    found = later(market(home_care_by_fees=0.0, places_by_fees=0.0), home_care_fee=1.6, place_fee=0.6)
    assert found.supply == Supply(6000.0, 100.0)


@given(st.floats(0.0, 3e4), st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 900), FEE, FEE), min_size=1, max_size=8))
def test_growth_stops_where_the_hands_run_out(working_age, quarters):
    found = market(working_age)
    assert found.most_workers >= found.supply.workers, "whoever works in care at rest goes on"
    for minutes, places, hour, week in quarters:
        found.respond(asked_minutes=minutes, asked_places=places, home_care_fee=hour, place_fee=week)
        assert found.supply.workers <= found.most_workers * (1.0 + 1e-12)


def test_a_market_short_of_hands_still_shrinks():
    found = market(0.0)
    later(found, minutes=10_000, places=180)
    assert found.supply == Supply(6000.0, 100.0)
    later(found, minutes=2_500, places=45)
    assert found.supply.workers < Supply(6000.0, 100.0).workers
