"""Placements across council boundaries: shares add up, neighbours are who shares hospitals and consortia, and rest is neutral."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.vocabulary import Lever
from model.markets import nearness, paid_elsewhere, placements, users, working_age
from model.place import list_places, load_place
from tests.strategies import ALL_HELD, lived

COUNCILS = 4
NEAR = arrays(np.float64, (COUNCILS, COUNCILS), elements=st.floats(0.0, 2.0)).map(lambda near: (near + near.T) * (1.0 - np.eye(COUNCILS)))
PLACES = arrays(np.float64, COUNCILS, elements=st.floats(1.0, 5000.0))


@given(NEAR, PLACES, st.floats(0.0, 1.0))
def test_shares_of_placements_and_of_users_add_up(near, places, across):
    shares = placements(near, places, across)
    assert (shares >= 0.0).all()
    assert shares.sum(axis=1) == pytest.approx(np.ones(COUNCILS))
    for c in range(COUNCILS):
        outside = 1.0 - shares[c, c]
        assert outside == pytest.approx(across if near[c].sum() > 0.0 else 0.0)
    used = users(shares, places)
    assert (used >= 0.0).all()
    assert used.sum(axis=1) == pytest.approx(np.where(used.sum(axis=1) > 0.0, 1.0, 0.0))


@given(NEAR, PLACES)
def test_without_placements_across_each_uses_its_own_market(near, places):
    assert (users(placements(near, places, 0.0), places) == np.eye(COUNCILS)).all()


@given(NEAR, PLACES, arrays(np.float64, COUNCILS, elements=st.floats(-500.0, 500.0)))
def test_what_is_paid_elsewhere_is_for_places_brought_there_and_never_all_and_more(near, places, brought):
    used = users(placements(near, places, 0.15), places)
    paid = paid_elsewhere(used, brought, places)
    assert (np.diag(paid) == 0.0).all()
    assert (paid >= 0.0).all() and (paid.sum(axis=1) <= 1.0 + 1e-12).all()
    assert (paid[:, brought <= 0.0] == 0.0).all()
    assert (paid_elsewhere(used, np.zeros(COUNCILS), places) == 0.0).all(), "at rest nothing, to the bit"


@pytest.mark.parametrize("name", list_places())
def test_every_place_has_a_matrix_and_people_who_could_work(name):
    place = load_place(name)
    near = nearness(place)
    assert (near == near.T).all() and (near >= 0.0).all() and (np.diag(near) == 0.0).all()
    shares = placements(near, np.array([council.care_home_beds for council in place.councils], dtype=float), 0.15)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(place.councils)))
    adults = np.array([council.adults for council in place.councils])
    assert (0.6 * adults < working_age(place)).all() and (working_age(place) < adults).all()


def test_councils_of_one_hospital_are_nearer_than_those_of_two():
    near = nearness(load_place("berkshire-west"))
    assert (near[~np.eye(len(near), dtype=bool)] > 0.0).all()


def test_fees_of_one_council_reach_its_neighbours_homes_but_not_their_home_care():
    """One council pays far more: its own market grows most, its neighbours' homes a little, their rounds not at all."""
    rest = lived(1, scale=0.05, years=3, hold=ALL_HELD)
    moved = lived(1, scale=0.05, years=3, hold=ALL_HELD)
    moved.councils[0].levers[Lever.FEES] = 1.3
    for _ in range(24):
        moved.step()
        rest.step()
    ratio = [b.supply.places / a.supply.places for a, b in zip(rest.markets, moved.markets, strict=True)]
    assert ratio[0] > max(ratio[1:]) > 1.0
    assert moved.markets[0].supply.minutes > 1.05 * rest.markets[0].supply.minutes
    assert all(market.places_by_fees == 0.0 for market in rest.markets)
    open_to = moved.engine.organisations.councils["home_places"].sum()
    assert open_to == pytest.approx(sum(market.supply.places for market in moved.markets), abs=len(moved.markets)), "places are shared, not made"
    entries = moved.ledger.entries()
    homes = entries[entries["service"].isin(["residential_care", "nursing_care"]) & (entries["payer"] != "households")]
    own = homes.apply(lambda row: row["payee"].endswith(row["payer"]), axis=1)
    assert (homes["pounds"] > 0.0).all()
    assert 0.0 < homes[~own]["pounds"].sum() < 0.05 * homes["pounds"].sum(), "a little is paid across boundaries"
    at_rest = rest.ledger.entries()
    at_rest = at_rest[at_rest["service"].isin(["residential_care", "nursing_care"]) & (at_rest["payer"] != "households")]
    assert at_rest.apply(lambda row: row["payee"].endswith(row["payer"]), axis=1).all()
