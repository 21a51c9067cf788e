"""Boundaries of consortia redrawn along those of councils: everybody of a council is with one consortium, and no penny is lost."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.vocabulary import Account, Lever, Party
from model.accounts import UNIT_OF
from model.changing_over import people_between
from model.holders import Holders, body_areas, people_shared
from model.ledger import Parties
from model.place import load_place, redrawn
from model.structures import (
    BASELINE,
    CommissioningStructure,
    StructureError,
    Transition,
    load_structure,
    structure_with,
)
from tests.strategies import ALL_HELD, fingerprints, lived

PLACE = load_place("berkshire-west")
REDRAWN = f"{BASELINE}+redrawn-boundaries"
OPEN_HANDED = {"gives_way": (), "deficit_limits": {}}


@functools.cache
def holders_of(name: str, place: str = "berkshire-west") -> Holders:
    here, structure = load_place(place), load_structure(name)
    names = [[each.name for each in units] for units in (here.councils, here.consortia, here.hospitals)]
    parties = Parties.of_place(councils=names[0], consortia=names[1], hospitals=names[2], commissioners=list(body_areas(structure, here)))
    return Holders(structure, here, parties)


def coming(structure: CommissioningStructure, start: str) -> CommissioningStructure:
    return structure.model_copy(update={"transition": Transition(**{"announced": "2014-04", "from": start})})


# Who looks after whom


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(1, 10**6).map(float)))
def test_each_council_goes_whole_to_the_consortium_that_had_most_of_it(both):
    found = redrawn(both)
    assert np.array_equal(found.sum(axis=1), both.sum(axis=1))
    assert (np.count_nonzero(found, axis=1) == 1).all()
    assert np.array_equal(found.argmax(axis=1), both.argmax(axis=1))
    assert np.array_equal(redrawn(found), found), "nothing is left to redraw"


@pytest.mark.parametrize("name", [REDRAWN, "single-budget+redrawn-boundaries", "consortium-led+redrawn-boundaries"])
def test_people_are_all_there_once_and_hospitals_keep_theirs(name):
    holders, as_they_are = holders_of(name), holders_of(name.split("+")[0])
    everybody = PLACE.cells["count"].sum()
    for (first, second), people in holders.people.items():
        assert people.sum() == pytest.approx(everybody)
        assert np.allclose(people, holders.people[second, first].T)
        if Party.CONSORTIUM not in (first, second):
            assert np.array_equal(people, as_they_are.people[first, second])
    councils = holders.people[Party.COUNCIL, Party.CONSORTIUM]
    assert (np.count_nonzero(councils, axis=1) == 1).all()
    assert np.allclose(councils.T @ PLACE.catchment, holders.people[Party.CONSORTIUM, Party.HOSPITAL])
    for first, second in ((Party.CONSORTIUM, Party.CONSORTIUM), (Party.COUNCIL, Party.CONSORTIUM)):
        assert np.allclose(holders.looked_after(first, second).sum(axis=1), holders.areas[first, first].sum(axis=1))
        assert np.allclose(holders.looked_after(first, second).sum(axis=0), councils.sum(axis=0))


def test_a_consortium_that_is_main_for_no_council_holds_and_decides_nothing():
    holders = holders_of(REDRAWN)
    served = holders.people[Party.COUNCIL, Party.CONSORTIUM].sum(axis=0)
    consortia = holders.parties_of(Party.CONSORTIUM)
    gone = set(consortia[served == 0.0].tolist())
    assert gone, "four consortia meet three councils"
    for account, unit in UNIT_OF.items():
        if unit == Party.CONSORTIUM:
            assert set(holders.parties(account).tolist()) == set(consortia.tolist()) - gone
            assert holders.shares(account).all(axis=1).sum() < len(consortia), "some areas lie in one council alone"
    deciders = {holders.decided_by(Lever.COMMUNITY, owner) for owner in consortia.tolist()}
    assert deciders == set(consortia.tolist()) - gone
    most = people_shared(PLACE)[Party.CONSORTIUM, Party.COUNCIL].argmax(axis=1)
    main = people_shared(PLACE)[Party.COUNCIL, Party.CONSORTIUM].argmax(axis=1)
    assert [holders.decided_by(Lever.COMMUNITY, owner) for owner in consortia.tolist()] == consortia[main[most]].tolist()


def test_money_of_a_pair_of_areas_goes_to_the_consortium_of_the_council():
    holders = holders_of(REDRAWN)
    main = people_shared(PLACE)[Party.COUNCIL, Party.CONSORTIUM].argmax(axis=1)
    amounts = np.arange(1.0, 13.0).reshape(3, 4)
    found = holders.of_organisations(amounts)
    assert found.sum() == amounts.sum()
    for council, consortium in np.argwhere(people_shared(PLACE)[Party.COUNCIL, Party.CONSORTIUM]).tolist():
        assert holders.bearer(Account.ACUTE, council, consortium) == holders.parties_of(Party.CONSORTIUM)[main[council]]
        assert holders.bearer(Account.SOCIAL_CARE, council, consortium) == holders.parties_of(Party.COUNCIL)[council]
        assert found[council, main[council]] == amounts[council].sum()
    values = np.array([0.2, 0.4, 0.6, 0.8])
    assert (holders.mean_of_areas(values) >= 0.2).all()
    assert (holders.mean_of_areas(values) <= 0.8).all()
    assert holders.mean_of_areas(np.ones(4)) == pytest.approx(1.0)
    assert holders_of(BASELINE).mean_of_areas(values) is values


def test_what_passes_when_boundaries_change_goes_with_the_people():
    before, after = holders_of(BASELINE), holders_of(REDRAWN)
    people = people_between(before, after, Account.ACUTE)
    assert people.shape == (4, len(after.parties(Account.ACUTE)))
    assert np.array_equal(people.sum(axis=1), people_shared(PLACE)[Party.CONSORTIUM, Party.CONSORTIUM].sum(axis=1))
    assert np.array_equal(people_between(before, after, Account.SOCIAL_CARE), np.eye(3)), "councils stay as they are"
    assert np.array_equal(people_between(after, after, Account.ACUTE), np.eye(len(after.parties(Account.ACUTE))))
    assert np.array_equal(people_between(after, before, Account.ACUTE), people.T)


@pytest.mark.parametrize(("place", "remain", "change"), [("north-yorkshire", 2, 0.55), ("berkshire-west", 3, 0.2)])
def test_every_council_has_one_consortium_where_boundaries_crossed(place, remain, change):
    holders = holders_of(REDRAWN, place)
    assert (np.count_nonzero(holders.people[Party.COUNCIL, Party.CONSORTIUM], axis=1) == 1).all()
    assert len(holders.parties(Account.ACUTE)) == remain
    both = holders.areas[Party.COUNCIL, Party.CONSORTIUM]
    assert 1.0 - both.max(axis=1).sum() / both.sum() == pytest.approx(change, abs=0.01), "adults with another consortium than before"


# Runs


def test_the_books_balance_and_who_is_gone_pays_and_decides_nothing():
    economy = lived(13, structure=REDRAWN, scale=0.01, years=2)
    for month in range(13):
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    gone = [each for each in economy.consortia if not economy.holders.people[Party.CONSORTIUM, Party.COUNCIL][economy.holders.position(each.index)].any()]
    assert gone
    for each in gone:
        assert sum(each.budgets.values()) <= 1, "pence that are left of a division at most"
        assert economy.ledger.paid(each.name) <= 1
        assert each.name not in set(economy.decisions["decider"])
        assert each.name not in set(economy.ledger.consequences()["decider"])
    decided = economy.decisions[economy.decisions["organisation"].isin([each.name for each in gone])]
    assert set(decided["decider"]) <= {each.name for each in economy.consortia} - {each.name for each in gone}
    baseline = lived(1, scale=0.01, years=2)
    assert sum(sum(holder.budgets.values()) for holder in economy._holders) > 0
    first = lived(1, structure=REDRAWN, scale=0.01, years=2)
    budgets = [sum(sum(pence for account, pence in holder.budgets.items() if account in UNIT_OF) for holder in run._holders) for run in (first, baseline)]
    assert budgets[0] == budgets[1]


def test_with_levers_held_redrawing_moves_pounds_and_touches_nobody():
    runs = [lived(13, structure=load_structure(name).model_copy(update=OPEN_HANDED), scale=0.005, years=2, hold=ALL_HELD) for name in (BASELINE, REDRAWN)]
    assert fingerprints(runs[0])["cases"] == fingerprints(runs[1])["cases"]
    spent = [run.ledger.entries().groupby("service")["pounds"].sum().drop(["settlement", "management", "transition"], errors="ignore") for run in runs]
    assert spent[0].round(2).to_dict() == spent[1].round(2).to_dict()


def test_redrawing_costs_what_the_money_that_moves_costs_and_disrupts_those_it_is_taken_from():
    economy = lived(1, structure=REDRAWN, scale=0.005)
    moved = {unit.name: economy.budgets.moved[unit.index] for unit in (*economy.councils, *economy.consortia)}
    assert all(moved[council.name] == 0.0 for council in economy.councils)
    served = economy.holders.people[Party.COUNCIL, Party.CONSORTIUM].sum(axis=0)
    for consortium, people in zip(economy.consortia, served, strict=True):
        assert moved[consortium.name] == pytest.approx(1.0) if people == 0.0 else moved[consortium.name] < 0.5
    assert economy.ledger.entries()["service"].eq("transition").any()


def test_where_boundaries_are_the_same_redrawing_changes_labels_alone():
    assert not holders_of(REDRAWN, "wigan").redrawn
    options = {"place": "wigan", "scale": 0.003}
    assert fingerprints(lived(4, structure=REDRAWN, **options)) == fingerprints(lived(4, **options))


def test_boundaries_may_be_redrawn_in_the_middle_of_a_run():
    economy = lived(24, structure=coming(load_structure(REDRAWN), "2014-10"), scale=0.005, years=2)
    for month in range(24):
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    entries = economy.ledger.entries()
    payers = entries[entries["service"] == "emergency_spell"].groupby("month")["payer"].agg(set)
    assert payers[0] == {each.name for each in economy.consortia}
    assert all(payers[month] <= {economy.parties.names[party] for party in economy.holders.parties(Account.ACUTE)} for month in range(6, 24))
    spent = entries[entries["service"] == "transition"]
    assert spent["month"].min() == 6


@pytest.mark.parametrize("name", ["council-led", "single-budget"])
def test_where_others_hold_and_decide_all_boundaries_of_consortia_move_no_money(name):
    economy = lived(2, structure=f"{name}+redrawn-boundaries", scale=0.005)
    assert economy.budgets.moved == lived(2, structure=name, scale=0.005).budgets.moved


# Words and refusals


def test_a_bad_value_is_refused_with_key_given_and_expected():
    with pytest.raises(StructureError, match=r"^separate-budgets\.toml: boundaries: input should be 'as_they_are' or 'redrawn' \(got 'redraw'\)$"):
        structure_with(BASELINE, {"boundaries": "redraw"})


def test_words_say_so():
    from experiments.structure_words import differences_in_words

    told = differences_in_words(load_structure(REDRAWN), load_structure(BASELINE))
    assert told == ["boundaries: consortia are redrawn along those of councils (there: none)"]
