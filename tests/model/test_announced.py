"""An announced structure is weighed for the part of what is looked ahead to that lies under it, from its announcement until it begins; nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import HELD_ACCOUNTS, Account, Lever
from model.announced import HORIZON, Announcements, part_after
from model.commissioning import as_paid
from model.parameters import Parameters
from model.patchwork import Patchwork
from model.place import load_place
from model.structures import BASELINE, CommissioningStructure, Payment, Transition, load_structure
from tests.strategies import SOME_BELIEFS, fingerprints, lived, small_economy

PLACE = load_place("berkshire-west")
READY = Parameters().with_values({"reorganising.depth": 0.0})
START = "2014-04"


def coming(structure: str, start: str, announced: str, replaces: str = BASELINE, **facts: object) -> CommissioningStructure:
    transition = Transition(**{"announced": announced, "from": start, "replaces": replaces})
    return load_structure(structure).model_copy(update={"transition": transition, **facts})


def announcements(*of_councils: CommissioningStructure) -> Announcements:
    by_council = {council.name: structure for council, structure in zip(PLACE.councils, of_councils, strict=True)}
    return Announcements(Patchwork(of_councils), START, PLACE, small_economy(structure=by_council).parties)


# What is known


@given(st.integers(-12, 300), st.integers(0, 300))
def test_the_part_after_grows_as_the_month_comes_nearer_and_is_a_share(month, begins):
    assert 0.0 <= part_after(month, begins) <= part_after(month + 1, begins) <= 1.0
    assert part_after(begins, begins) == 1.0
    assert part_after(begins - HORIZON, begins) == 0.0


def test_nobody_knows_before_the_announcement_and_nothing_is_to_come_once_it_is_there():
    told = announcements(*[coming("single-budget", "2015-04", "2014-10")] * 3)
    known = [month for month in range(-6, 30) if told.to(0, month) is not None]
    assert known == list(range(6, 12))
    assert [told.to(0, month).share for month in (6, 11)] == [0.75, pytest.approx(23 / 24)]


@pytest.mark.parametrize("structure", [load_structure("single-budget"), coming("single-budget", "2015-04", "2015-04"), coming("single-budget", "2018-04", "2014-04")])
def test_what_was_always_there_is_not_announced_or_lies_too_far_away_tells_nothing(structure):
    told = announcements(structure, structure, structure)
    assert not any(told.to(council, month) for council in range(3) for month in range(24))


def test_a_council_is_told_of_its_own_structure_alone():
    told = announcements(coming("single-budget", "2015-04", "2014-04"), load_structure(BASELINE), coming("council-led", "2015-10", "2014-10"))
    assert [[told.to(council, month) is not None for council in range(3)] for month in (0, 6, 12, 18)] == [
        [True, False, False], [True, False, True], [False, False, True], [False, False, False],
    ]  # fmt: skip
    assert told.to(2, 6).structure.name == "council-led"


# What it does to stakes and beliefs


def test_stakes_lie_between_those_of_now_and_those_to_come_by_the_part_that_lies_after():
    economy, now, then = (small_economy(structure=each) for each in (coming("single-budget", "2015-04", "2014-04"), BASELINE, "single-budget"))
    for units in zip(economy._units, now._units, then._units, strict=True):
        found, before, after = (each.world.stakes(unit) for each, unit in zip((economy, now, then), units, strict=True))
        assert found == {account: pytest.approx(before[account] + 0.5 * (after[account] - before[account])) for account in HELD_ACCOUNTS}
    council = economy.councils[0]
    assert economy.world.stakes(council)[Account.SOCIAL_CARE] < 1.0
    assert economy.world.prices(council) == now.world.prices(now.councils[0]), "nobody's money has moved yet"


def test_norms_are_those_of_rest_whatever_is_announced():
    economy, other = (small_economy(structure=each) for each in (coming("single-budget", "2015-04", "2013-04"), BASELINE))
    assert [unit.norms for unit in economy._units] == [unit.norms for unit in other._units]


def test_a_body_bears_nothing_once_it_is_gone_and_goes_on_as_it_was_where_it_stays():
    going = small_economy(structure=coming(BASELINE, "2015-04", "2014-04", "single-budget"))
    (body,) = going.bodies
    assert going.world.stakes(body)[Account.ACUTE] == 0.5
    staying = small_economy(structure=coming("single-budget", "2015-04", "2014-04", "single-budget"))
    assert staying.world.stakes(staying.bodies[0]) == small_economy(structure="single-budget").world.stakes(staying.bodies[0])


def test_a_way_of_paying_hospitals_is_reckoned_with_as_long_as_it_will_be_in_force():
    block = Payment(hospital="block")
    economy = small_economy(structure=coming(BASELINE, "2015-04", "2014-04", payment=block))
    hospital, measured = economy.hospitals[0], SOME_BELIEFS[Lever.ADMISSION_THRESHOLD]
    then = as_paid(measured, block)
    found = economy.world.belief(hospital, Lever.ADMISSION_THRESHOLD)
    assert found.costs == {account: pytest.approx((measured.costs[account] + then.costs[account]) / 2.0) for account in measured.costs}
    assert found.qalys == measured.qalys


# Runs


def test_an_announcement_changes_decisions_from_its_month_on_and_nothing_before():
    """Same luck, same change in April 2015: told at once, in October 2014, or not before it is there."""
    at_once, later, never = (
        [small_economy(structure=coming("council-led", "2015-04", announced), years=2, parameters=READY) for announced in ("2014-04", "2014-10", "2015-04")]
    )
    for month in range(14):
        for economy in (at_once, later, never):
            economy.step()
        if month == 5:
            assert fingerprints(later) == fingerprints(never), "nobody has been told"
    moves = [economy.decisions for economy in (at_once, later, never)]
    early = [each[each["month"] < 6] for each in moves]
    assert early[1].equals(early[2])
    assert not early[0].equals(early[1])
    between = [each[(each["month"] >= 6) & (each["month"] < 12)] for each in moves]
    assert not between[1].equals(between[2])
    foreseen = [[json.loads(reasons).get("foreseen", 0.0) for reasons in each["reasons"]] for each in moves]
    assert max(foreseen[2]) == 0.0
    assert {month for month, share in zip(moves[1]["month"], foreseen[1], strict=True) if share} <= set(range(6, 12))
    assert all(share == part_after(month, 12) for month, share in zip(moves[0]["month"], foreseen[0], strict=True) if month < 12)


def test_where_nobody_bears_anything_else_then_an_announcement_changes_no_bit():
    same = load_structure(BASELINE).model_copy(update={"name": "renamed", "title": "Renamed"})
    found = []
    for announced in ("2013-04", "2014-10"):
        told = same.model_copy(update={"transition": Transition(**{"announced": announced, "from": "2014-10"})})
        found.append(fingerprints(lived(8, structure=told)))
    assert found[0] == found[1]
