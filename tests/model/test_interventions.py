"""Interventions: what is refused, what each does, whom it reaches, and that nothing is done where none is asked for."""

from pathlib import Path

import numpy as np
import pytest

from agents.deciding import LEVER_RANGES
from agents.patients import record
from agents.vocabulary import Account, Lever
from model.economy import HealthEconomy
from model.interventions import (
    InterventionError,
    PeopleRule,
    changeable_parameters,
    plain,
    read_interventions,
    recorded_paths,
)
from model.months import months_between
from model.parameters import Parameters
from model.script import lowest
from tests.strategies import fingerprints, lived

FELT_AT_ONCE = Parameters().with_values({"deciding.price_band": 0.0})


def scripted(months, *interventions, scale=0.005, years=2, **given) -> HealthEconomy:
    return lived(months, scale=scale, years=years, interventions=interventions, **given)


# What is refused


@pytest.mark.parametrize(
    ("intervention", "words"),
    [
        ({}, "interventions.0: must have exactly one of lever, supply, money, parameter, service (got nothing)"),
        ({"lever": "strictness", "supply": "beds", "multiple": 1.0}, "exactly one of lever, supply, money, parameter, service (got lever and supply)"),
        ({"lever": "strictnes"}, "interventions.0.lever: must be the name of a lever; nearest: strictness"),
        ({"lever": "strictness", "level": 0.7}, "level of strictness must lie in [0.0, 0.5], not 0.7"),
        ({"lever": "charges", "path": [1.0, 99.0]}, "level of charges must lie in [0.0, 2.0], not 99.0"),
        ({"lever": "strictness", "level": "high"}, "interventions.0.level: input should be a valid number (got 'high')"),
        ({"lever": "strictness", "level": 0.1, "steps": 2.0}, "must give one of level, steps, multiple, path, not level and steps"),
        ({"lever": "strictness", "levl": 0.1}, "interventions.0.levl: unknown key; nearest: level"),
        ({"lever": "strictness", "from": "2015"}, "interventions.0.from"),
        ({"lever": "strictness", "from": "2015-04", "to": "2015-03"}, "to must not be before from, 2015-04"),
        ({"supply": "bed", "multiple": 1.1}, "must be the name of a supply; nearest: beds"),
        ({"supply": "beds"}, "must give one of multiple, more, not none"),
        ({"supply": "beds", "multiple": float("nan")}, "interventions.0.multiple"),
        ({"supply": "beds", "multiple": 1.1, "drawn": 1.5}, "interventions.0.drawn"),
        ({"money": "social_car", "change": -0.1}, "must be the name of an account; nearest: social_care"),
        ({"money": "social_care", "change": -0.1, "from": "2015-06"}, "from must be a month like 2015-04"),
        ({"money": "social_care", "change": -0.1, "to": "2015-06"}, "to must be a month like 2015-03"),
        ({"parameter": "care.reablement_restore", "value": 0.5}, "parameter must be a name; nearest: care.reablement_restores"),
        ({"parameter": "deciding.effort", "value": 0.5}, "deciding.effort is read only when a run starts; set it under parameters"),
        ({"parameter": "care.reablement_share", "value": 0.5, "organisations": ["councils"]}, "a parameter is the same everywhere"),
        ({"service": "proactiv"}, "must be the name of a service; nearest: proactive"),
        ({"service": "proactive", "people": {"age_form": 75}}, "interventions.0.people.age_form: unknown key; nearest: age_from"),
        ({"service": "proactive", "people": {"conditions": ["dementa"]}}, "must be the name of a condition; nearest: dementia"),
        ({"service": "proactive", "organisations": ["councils"]}, "people are chosen by people.councils or small_areas"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(intervention, words):
    with pytest.raises(InterventionError) as refused:
        read_interventions([intervention])
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("intervention", "words"),
    [
        ({"lever": "strictness", "organisations": ["Redding"]}, "interventions.0.organisations: unknown name 'Redding' for this lever; nearest: Reading"),
        ({"lever": "strictness", "organisations": ["hospitals"]}, "unknown name 'hospitals'"),
        ({"service": "proactive", "people": {"councils": ["Redding"]}}, "unknown council 'Redding'; nearest: Reading"),
        ({"service": "proactive", "small_areas": ["E01016000x"]}, "unknown small area 'E01016000x'"),
        ({"lever": "strictness", "from": "2013-04"}, "must not be before the run starts, in 2014-04 (got '2013-04')"),
        ({"lever": "strictness", "from": "2017-04"}, "must be within the run's 24 months from 2014-04 (got '2017-04')"),
    ],
)
def test_what_the_place_does_not_have_is_refused(intervention, words):
    with pytest.raises(InterventionError) as refused:
        scripted(0, intervention, place="berkshire-west")
    assert words in str(refused.value)


def test_levers_may_not_be_stepped_or_multiplied_beyond_their_range():
    with pytest.raises(InterventionError, match="lever strictness must stay in"):
        scripted(1, {"lever": "strictness", "steps": 100.0})


def test_person_level_services_need_people_who_keep_their_rows():
    with pytest.raises(InterventionError, match="in frozen demography others take the rows of the dead"):
        scripted(0, {"service": "proactive"}, demography="frozen")


def test_interventions_have_one_spelling():
    given = {"lever": "strictness", "level": 0.2, "from": "2015-04", "drawn": 1.0}
    (spelled,) = plain(read_interventions([given]))
    assert spelled == {"lever": "strictness", "level": 0.2, "from": "2015-04"}
    assert plain(read_interventions([spelled])) == [spelled]


def test_months_between_years():
    assert months_between("2014-04", "2016-02") == 22


# Nothing, and back again


def test_interventions_that_do_nothing_change_no_bit():
    nothing = (
        {"supply": "care_home_places", "multiple": 1.0}, {"supply": "beds", "multiple": 1.0}, {"supply": "home_care_hours", "more": 0.0},
        {"supply": "workforce", "multiple": 1.0}, {"money": "social_care", "change": 0.0},
        {"parameter": "care.reablement_share", "multiple": 1.0}, {"service": "proactive", "drawn": 0.0}, {"service": "reablement", "drawn": 0.0},
    )  # fmt: skip
    assert fingerprints(scripted(13, *nothing)) == fingerprints(scripted(13))


def test_nothing_happens_before_its_month():
    before = scripted(6), scripted(6, {"lever": "strictness", "level": 0.4, "from": "2014-10"}, {"supply": "beds", "multiple": 0.5, "from": "2014-10"})
    assert fingerprints(before[0]) == fingerprints(before[1])


# Levers


def test_a_lever_is_frozen_where_it_is_put_and_goes_back_after():
    economy = scripted(0, {"lever": "strictness", "level": 0.4, "from": "2014-06", "to": "2014-08", "organisations": ["Wigan"]}, place="wigan,bolton", parameters=FELT_AT_ONCE)
    wigan, bolton = sorted(economy.councils, key=lambda council: council.name != "Wigan")
    seen = []
    for _ in range(6):
        economy.step()
        seen.append(wigan.levers[Lever.STRICTNESS])
    assert seen[2:5] == [0.4] * 3
    assert seen[5] == pytest.approx(seen[1], abs=0.021), "where it stood, or a step of its own from there"
    assert 0.4 not in [bolton.levers[Lever.STRICTNESS]]
    assert not ((economy.decisions["organisation"] == "Wigan") & (economy.decisions["lever"] == "strictness") & economy.decisions["month"].between(2, 4)).any()


def test_a_lever_without_an_amount_is_frozen_where_it_stands():
    economy = scripted(24, {"lever": "strictness"}, {"lever": "generosity"}, parameters=FELT_AT_ONCE)
    assert not set(economy.decisions["lever"]) & {"strictness", "generosity"}
    assert set(economy.decisions["lever"])


def test_steps_and_multiples_are_counted_from_rest():
    economy = scripted(1, {"lever": "strictness", "steps": 2.0}, {"lever": "reablement", "multiple": 1.5})
    for council in economy.councils:
        assert council.levers[Lever.STRICTNESS] == LEVER_RANGES[Lever.STRICTNESS].level(2.0, council.rest[Lever.STRICTNESS])
        assert council.levers[Lever.REABLEMENT] == 1.5 * council.rest[Lever.REABLEMENT]


@pytest.mark.parametrize("structure", ["separate-budgets", "single-budget"])
def test_a_run_along_the_recorded_paths_of_another_is_that_run(structure):
    first = lived(24, structure=structure, scale=0.005, years=2, parameters=FELT_AT_ONCE)
    assert len(first.decisions), "else nothing is replayed"
    again = scripted(24, *recorded_paths(first.measures), structure=structure, parameters=FELT_AT_ONCE)
    assert len(again.decisions) == 0
    told, found = fingerprints(first), fingerprints(again)
    assert {name: bits for name, bits in found.items() if name != "decisions"} == {name: bits for name, bits in told.items() if name != "decisions"}
    assert again.measures.equals(first.measures)
    assert again.ledger.entries().equals(first.ledger.entries())


def test_levers_at_rest_by_intervention_are_levers_that_are_held():
    held = lived(6, scale=0.005, years=1, parameters=FELT_AT_ONCE, hold={"fees": None, "charges": None})
    still = scripted(6, {"lever": "fees", "steps": 0.0}, {"lever": "charges", "steps": 0.0}, parameters=FELT_AT_ONCE, years=1)
    assert still.measures.equals(held.measures)


def test_a_path_goes_month_by_month_and_stays_where_it_ends():
    frame = scripted(4, {"lever": "charges", "organisations": ["Reading"], "path": [1.0, 1.2, 0.9]}).measures
    levels = frame[(frame["organisation"] == "Reading") & (frame["measure"] == "lever/charges")]["value"]
    assert levels.tolist() == [1.0, 1.2, 0.9, 0.9]


# Supply and money


def test_supply_changes_what_kernels_know_of_and_nothing_of_the_market():
    plain_run, more = scripted(1), scripted(1, {"supply": "care_home_places", "multiple": 1.1}, {"supply": "home_care_hours", "multiple": 0.5}, {"supply": "beds", "multiple": 2.0})
    before, after = plain_run.engine.organisations, more.engine.organisations
    assert after.councils["home_places"].sum() == pytest.approx(1.1 * before.councils["home_places"].sum(), rel=1e-6)
    assert after.councils["care_capacity"] == pytest.approx(0.5 * before.councils["care_capacity"], abs=1)
    assert (after.hospitals["beds"] == 2 * before.hospitals["beds"]).all()
    assert (after.hospitals["ward_beds"].sum(axis=1) == after.hospitals["beds"]).all()
    assert [market.places for market in more.markets] == [market.places for market in plain_run.markets]


def test_supply_in_small_areas_goes_by_the_older_people_who_live_there():
    economy = scripted(0)
    areas = economy.place.small_areas
    of_first = areas["code"][areas["council"] == 0].astype(str).tolist()
    more = scripted(0, {"supply": "care_home_places", "multiple": 1.1, "small_areas": of_first})
    added = more.script.more("care_home_places", np.full(len(more.councils), 100.0))
    assert added == pytest.approx([10.0, *[0.0] * (len(more.councils) - 1)])


def test_money_is_taken_off_whoever_holds_the_account():
    for structure in ("separate-budgets", "single-budget"):
        before, after = (scripted(13, *each, structure=structure) for each in ((), ({"money": "social_care", "per_head": -10.0, "from": "2015-04"},)))
        heads = sum(council.heads for council in before.councils)
        gone = sum(b.budgets.get(Account.SOCIAL_CARE, 0) - a.budgets.get(Account.SOCIAL_CARE, 0) for b, a in zip(before.organisations.values(), after.organisations.values(), strict=True))
        assert gone == 1000 * heads, structure
        after.ledger.books_balance(12)


def test_money_taken_stays_taken_when_the_structure_changes_in_mid_year(tmp_path):
    facts = Path("model/structures/single-budget.toml").read_text(encoding="utf-8")
    own = tmp_path / "later.toml"
    own.write_text(facts + '\n[transition]\nannounced = "2014-06"\nfrom = "2014-08"\n', encoding="utf-8")
    cut = {"money": "social_care", "per_head": -10.0}
    before, after = (scripted(6, *each, structure=str(own)) for each in ((), (cut,)))
    heads = sum(council.heads for council in before.councils)
    gone = sum(b.budgets.get(Account.SOCIAL_CARE, 0) - a.budgets.get(Account.SOCIAL_CARE, 0) for b, a in zip(before.organisations.values(), after.organisations.values(), strict=True))
    assert gone == 1000 * heads


def test_money_comes_back_when_the_intervention_ends():
    gone = scripted(24, {"money": "social_care", "change": -0.1, "from": "2014-04", "to": "2015-03"})
    for council in gone.councils:
        assert council.budgets[Account.SOCIAL_CARE] == gone.budgets.of_year(council.index, 1)[Account.SOCIAL_CARE]


# Parameters


def test_a_parameter_changes_for_its_months_only():
    economy = scripted(0, {"parameter": "care.reablement_share", "value": 0.1, "from": "2014-06", "to": "2014-07"})
    seen = []
    for _ in range(5):
        economy.step()
        seen.append(float(economy.engine.rules["reablement_share"]))
    usual = Parameters().care.reablement_share
    assert seen == [usual, usual, 0.1, 0.1, usual]


def test_only_what_is_read_every_month_may_change_in_the_life_of_a_run():
    names = changeable_parameters()
    assert "care.reablement_share" in names
    assert "prices.reimbursed_share" in names
    assert not [name for name in names if name.startswith(("deciding.", "living.", "market.", "settlement."))]


# People


def test_whoever_is_drawn_is_listed_and_nobody_else():
    nobody = {"lever": "proactive", "level": 0.0}
    economy = scripted(14, nobody, {"service": "proactive", "from": "2014-10", "people": {"age_from": 75}, "drawn": 0.5}, scale=0.01)
    given = economy.script.given[1]
    rows = economy.engine.people.rows
    listed = np.flatnonzero(rows["flags"] & record.PROACTIVE)
    here = given.chosen[rows["end_month"][given.chosen] >= 13]
    assert set(listed) == set(here), "also after the lists were renewed in April"
    assert ((given.month - rows["birth_month"][given.eligible]) // 12 >= 75).all()
    n = len(given.eligible)
    assert abs(len(given.chosen) - n / 2) < 4.5 * np.sqrt(n) / 2, "fair within 4.5 standard deviations: false alarm 7 in a million"
    assert economy.engine.listed.sum() == len(here)


def test_a_service_ends():
    nobody = {"lever": "proactive", "level": 0.0}
    economy = scripted(5, nobody, {"service": "proactive", "to": "2014-07", "people": {"age_from": 75}}, {"service": "reablement", "to": "2014-07"})
    rows = economy.engine.people.rows
    assert not (rows["flags"] & record.PROACTIVE).any()
    assert len(economy.engine.reablement_first) == 0


def test_the_same_name_draws_the_same_people_and_another_other_people():
    def chosen(name, service):
        economy = scripted(1, {"service": service, "name": name, "people": {"age_from": 65}, "drawn": 0.5}, scale=0.01)
        return economy.script.given[0].chosen.tolist()

    assert chosen("trial", "proactive") == chosen("trial", "reablement")
    assert chosen("trial", "proactive") != chosen("another", "proactive")


def test_people_are_drawn_alike_under_every_structure():
    def chosen(structure):
        return scripted(1, {"service": "proactive", "drawn": 0.3}, structure=structure).script.given[0].chosen.tolist()

    assert chosen("separate-budgets") == chosen("single-budget")


def test_organisations_are_drawn_to_the_share_asked_for():
    economy = scripted(0, {"lever": "strictness", "level": 0.4, "drawn": 0.5}, place="wigan,bolton,bury,salford", scale=0.002)
    (reached,) = economy.script.reached()
    assert len(reached["organisations"]) == 2
    assert reached["only_some"]


def test_everybody_offered_reablement_first_gets_it_while_places_last():
    few = {"parameter": "care.reablement_share", "value": 0.0}
    offered = {"service": "reablement", "people": {"age_from": 18}}
    without, with_it = scripted(12, few, scale=0.02), scripted(12, few, offered, scale=0.02)

    def on_it(economy):
        return int(economy.engine.organisations.councils["reablement_used"].sum())

    assert on_it(with_it) > on_it(without)


def test_a_rule_about_people_asks_for_all_that_it_says():
    economy = scripted(3, scale=0.01)
    rows, place = economy.engine.people.rows, economy.place
    ago = np.zeros(0, dtype=np.uint8)
    everyone = PeopleRule().eligible(rows, 3, ago, place)
    assert everyone.sum() == (rows["end_month"] >= 3).sum()
    rule = PeopleRule(age_from=65, sex="female", conditions=("dementia",), setting="care_home", contacts_from=1)
    found = np.flatnonzero(rule.eligible(rows, 3, ago, place))
    apart = [PeopleRule(**{key: getattr(rule, key)}).eligible(rows, 3, ago, place) for key in ("age_from", "sex", "conditions", "setting", "contacts_from")]
    assert set(found) == set(np.flatnonzero(np.logical_and.reduce(apart)))
    heaviest = PeopleRule(heaviest=0.02).eligible(rows, 3, ago, place)
    assert heaviest.sum() == pytest.approx(0.02 * everyone.sum(), abs=2)
    assert rows["contacts"][heaviest].min() >= rows["contacts"][everyone & ~heaviest].max()


def test_the_lowest_are_drawn():
    assert lowest([0.2, 0.1, 0.9], 1 / 3).tolist() == [False, True, False]
    assert lowest([], 0.5).tolist() == []
