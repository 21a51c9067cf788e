"""Contributions to social care: from rest, whole pence, and followed from the lever to whoever waits for money."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.deciding import LEVER_RANGES
from agents.vocabulary import Account, Lever, Party, Service
from model.holders import people_shared
from model.joint_scheme import contribution_at_rest, contributions
from model.parameters import Parameters
from model.payment import month_part
from model.place import list_places, load_place
from tests.strategies import ALL_HELD, lived, total

SMALL = [name for name in ("berkshire-west", "wigan", "england-in-miniature") if name in list_places()]


@pytest.mark.parametrize("name", SMALL)
def test_at_rest_consortia_pay_what_councils_had_from_the_nhs(name):
    place = load_place(name)
    share = contribution_at_rest(place)
    assert ((share > 0.0) & (share < 0.3)).all()
    people = people_shared(place)[Party.COUNCIL, Party.CONSORTIUM]
    spent = np.array([council.gross_current_total_pounds for council in place.councils])
    given_pounds = contributions(share, np.rint(100 * spent).astype(np.int64), people).sum() / 100
    assert given_pounds == pytest.approx(sum(council.nhs_income_pounds for council in place.councils), rel=0.1), "boundaries cross, people do not"


@given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3), st.integers(0, 10**12), st.integers(0, 40))
def test_twelve_months_are_the_year_to_the_penny(share, pence, start):
    yearly = contributions(np.array(share), np.array([pence, pence // 3]), np.array([[10.0, 20.0, 0.0], [0.0, 5.0, 5.0]]))
    assert (sum(month_part(yearly, 12 * start + month) for month in range(12)) == yearly).all()
    assert yearly[0, 2] == yearly[1, 0] == 0, "nobody pays for people it does not have"


@functools.cache
def held_at(level: float | None = None, structure: str = "separate-budgets"):
    felt = Parameters().with_values({"settlement.chance_band": 0.0})  # in a small place a council takes its overspend for chance
    return lived(16, scale=0.1, years=2, structure=structure, hold=ALL_HELD | {"contribution": level}, parameters=felt)


def waited(economy) -> float:
    frame = economy.measures
    return float(frame[frame["measure"] == "funding_gate"]["value"].sum())


def test_a_contribution_is_followed_from_the_lever_to_pounds_to_people():
    """More of it costs consortia and relieves councils, so fewer people wait for public funding; nothing is made or lost."""
    low, rest, high = (held_at(level) for level in (0.0, None, 0.5))
    assert (high.engine.organisations.consortia["levers"][:, Lever.CONTRIBUTION] == 0.5).all()
    assert total(low, "delayed_days_true/funding") > total(high, "delayed_days_true/funding")
    assert total(low, "package_people") < total(high, "package_people")
    assert waited(low) >= waited(rest) >= waited(high)
    assert waited(low) > waited(high)
    entries = {name: economy.ledger.entries().query("service == 'pool'") for name, economy in (("low", low), ("rest", rest), ("high", high))}
    assert entries["rest"].empty
    consortia = {consortium.name for consortium in high.consortia}
    assert set(entries["high"]["payer"]) == consortia == set(entries["low"]["payee"])
    for economy in (low, high):
        frame = economy.ledger.consequences()
        frame = frame[frame["lever"] == "contribution"]
        assert set(frame["decider"]) == consortia
        assert set(frame["service"]) == {"pool"}
        assert frame["pounds"].sum() == pytest.approx(0.0, abs=0.01), "what one pays another has"
        for month in range(16):
            economy.ledger.books_balance(month)


def test_what_is_paid_is_the_lever_times_the_care_of_the_consortiums_people():
    economy, rest = held_at(0.5), held_at()
    more = np.array([0.5 - consortium.rest[Lever.CONTRIBUTION] for consortium in economy.consortia])
    year = contributions(more, economy._social_care, economy.holders.people[Party.COUNCIL, Party.CONSORTIUM])
    for month in range(12):
        costs, before = economy.costs[month], rest.costs[month]
        assert (costs.contributed == month_part(year, month)).all()
        assert (costs.on(Account.ACUTE) - costs.spells == costs.contributed.sum(axis=0)).all()
        assert not before.contributed.any()
    paid = sum(economy.ledger.paid(consortium.name, [Service.POOL], range(12)) for consortium in economy.consortia)
    assert paid == year.sum()


@pytest.mark.parametrize("structure", ["council-led", "single-budget"])
def test_whoever_holds_both_accounts_pays_nobody_and_moves_nothing(structure):
    economy = held_at(0.5, structure)
    assert economy.ledger.entries().query("service == 'pool'").empty
    for unit in economy.consortia:
        assert Lever.CONTRIBUTION in economy.world.held(unit)


def test_the_lever_moves_once_a_year_by_a_twentieth():
    bounds = LEVER_RANGES[Lever.CONTRIBUTION]
    assert bounds.yearly
    assert bounds.step == 0.05
