"""What services do: nothing at rest, more for those concerned with each doubling, and nothing to anybody else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients import record
from agents.patients.seeking import NEED_DECIDES, USUAL_DOCTOR, continuity_of
from agents.patients.services import (
    DEMENTIA,
    FACTORS,
    LEVER_OF,
    MENTAL_ILLNESS,
    felt_load,
    left_to_others,
    recovery_pace,
    renew_factors,
    team_comes_or_goes,
    with_team,
)
from agents.vocabulary import Cause, Condition, Lever, Setting
from model.engine import Organisations
from tests.strategies import bench, bits_of, person, quiet_bench, rules_with, sweep

SERVICES = tuple(LEVER_OF.values())
MULTIPLES = st.floats(0.2, 3.0)


def consortium_at(rules=None, **levels: float):
    """One consortium with services at multiples of rest, its factors renewed."""
    consortia = Organisations(0, 1, 0).consortia
    consortia["levers"][:, SERVICES] = consortia["rest"][:, SERVICES] = 1.0
    consortia["levers"][:, Lever.CARE_HOME_SUPPORT] = consortia["rest"][:, Lever.CARE_HOME_SUPPORT] = 0.3
    for name, level in levels.items():
        consortia["levers"][:, Lever[name.upper()]] = level
    renew_factors(consortia, rules_with() if rules is None else rules)
    return consortia[0]


def with_levels(of, **levels: float):
    """The same bench with some of its consortia's levers moved, and its factors renewed."""
    for name, level in levels.items():
        of.known.consortia["levers"][:, Lever[name.upper()]] = level
    renew_factors(of.known.consortia, of.rules)
    return of


# Factors


def test_at_rest_every_factor_is_exactly_one():
    at_rest = consortium_at()
    assert all(at_rest[name] == 1.0 for name in FACTORS)
    unknown = Organisations(0, 1, 0).consortia
    renew_factors(unknown, rules_with())
    assert all(unknown[0][name] == 1.0 for name in FACTORS), "a place without services lacks nothing"


@given(st.sampled_from(FACTORS), MULTIPLES)
def test_each_doubling_does_as_much_as_the_last_and_a_halving_undoes_it(name, multiple):
    rules = rules_with()
    lever = LEVER_OF[name.split("_")[0]].name
    once, twice, half = (consortium_at(**{lever: multiple * by})[name] for by in (1.0, 2.0, 0.5))
    each = 1.0 + rules[name] if name.endswith("recovery") else 1.0 - rules[name]
    assert twice / once == pytest.approx(each)
    assert once / half == pytest.approx(each)
    others = consortium_at(**{lever: multiple})
    assert all(others[other] == 1.0 for other in FACTORS if LEVER_OF[other.split("_")[0]].name != lever)


def test_an_effect_of_nothing_does_nothing():
    still = consortium_at(rules_with(**dict.fromkeys(FACTORS, 0.0)), **{lever.name: 0.2 for lever in SERVICES})
    assert all(still[name] == 1.0 for name in FACTORS)


# Who is concerned


def test_services_reach_those_concerned_and_nobody_else():
    rules = rules_with()
    low = consortium_at(**{lever.name: 0.5 for lever in SERVICES})
    well, frail = person(frailty=0.05)[0], person(frailty=0.4)[0]
    demented, depressed = person(conditions=DEMENTIA)[0], person(conditions=1 << Condition.DEPRESSION)[0]
    in_a_home = person(frailty=0.4, conditions=DEMENTIA, care=int(Setting.NURSING))[0]
    assert left_to_others(well, low, rules) == left_to_others(depressed, low, rules) == 1.0
    assert left_to_others(in_a_home, low, rules) == 1.0, "a home's staff look after its residents"
    assert left_to_others(frail, low, rules) == low.nursing_need * low.continence_need > 1.0
    assert left_to_others(demented, low, rules) == low.dementia_need > 1.0
    assert felt_load(well, 600, low, rules) == 600.0
    assert felt_load(demented, 600, low, rules) > 600.0
    assert felt_load(frail, 600, low, rules) > 600.0
    assert recovery_pace(well, 1000, low) == recovery_pace(frail, 1000, low) == 1.0
    assert recovery_pace(depressed, 1000, low) == low.mental_recovery < 1.0
    assert recovery_pace(person(last_discharge=980)[0], 1000, low) == low.nursing_recovery < 1.0
    assert recovery_pace(person(last_discharge=900)[0], 1000, low) == 1.0, "a hundred days later nobody comes any more"


def test_who_recovers_at_home_with_fewer_nurses_stays_frail_and_needy_for_longer():
    convalescent = person(frailty=0.5, frailty_trait=3000, need_trait=500, last_discharge=-5)
    after = {
        multiple: sweep(with_levels(quiet_bench(convalescent, frailty_recovery=0.12), community_nursing=multiple)).rows[0]
        for multiple in (0.5, 1.0, 2.0)
    }
    assert after[0.5]["frailty"] > after[1.0]["frailty"] > after[2.0]["frailty"] > 0.3
    assert after[0.5]["need"] > after[1.0]["need"] > after[2.0]["need"] > 0


def test_the_same_hours_wear_out_a_carer_sooner_where_nobody_advises():
    caring = person(conditions=DEMENTIA, need_trait=5000, person=1 | 2 << record.QUINTILE_SHIFT | record.PARTNER)
    couples = quiet_bench(np.repeat(caring, 100))
    hours = sweep(couples).rows["informal"] / 60.0
    hard = (hours > couples.rules.comfortable_hours) & (hours < 1.5 * couples.rules.comfortable_hours)
    assert hard.any()
    low, rest, high = (sweep(with_levels(couples, dementia=multiple)).rows["strain"][hard] for multiple in (0.3, 1.0, 3.0))
    assert (low > rest).all()
    assert (rest > high).all()


def test_more_need_for_want_of_services_does_not_make_people_die():
    """The hazard of death follows dependency, not who meets it."""
    people = bench(0.01, death_with_need=0.35)
    people.rows["frailty"] = np.maximum(people.rows["frailty"], 0.3)
    deaths = [
        sweep(with_levels(people, **{lever.name: level for lever in SERVICES})).events["kind"].tolist().count(2)
        for level in (0.2, 1.0)
    ]
    assert deaths[0] == deaths[1] > 0


# Crises


@pytest.mark.parametrize(("lever", "condition"), [("mental_health", MENTAL_ILLNESS), ("dementia", DEMENTIA)])
def test_absence_brings_crises_to_those_concerned_with_the_lever_s_name_on_them(lever, condition):
    crowd = bench(0.05)
    crowd.tables["unmanaged"] = crowd.tables["unmanaged"] * 20.0
    at_rest = sweep(crowd).contacts(Cause.UNMANAGED)
    swept = sweep(with_levels(crowd, **{lever: 0.3}))
    less = swept.contacts(Cause.UNMANAGED)
    new = less[~np.isin(less["person"], at_rest["person"])]
    assert len(new) > 0
    assert (swept.rows["conditions"][new["person"]] & condition != 0).all()
    assert (new["lever"] == Lever[lever.upper()]).all()
    assert (new["decider"] == crowd.rules["first_consortium"] + crowd.rows["consortium"][new["person"]]).all()
    assert (at_rest["decider"] == NEED_DECIDES).all()
    more = sweep(with_levels(crowd, **{lever: 3.0})).contacts(Cause.UNMANAGED)
    assert set(more["person"]) == set(at_rest["person"]), "what is avoided is noted, not forgotten"
    assert (more["lever"][more["avoided"] == 1] == Lever[lever.upper()]).all()
    assert (more["avoided"] == 1).any()


# Health teams of care homes


def residents(n: int = 4000):
    many = np.repeat(person(age=85, frailty=0.5, care=int(Setting.RESIDENTIAL)), n)
    full = quiet_bench(many)
    full.tables["illness"] = bench(0.002).tables["illness"] * 10.0
    return full


def test_a_team_comes_to_the_share_of_homes_that_the_lever_adds():
    rules, n = rules_with(), 4000
    resident, at_home = person(care=int(Setting.NURSING))[0], person()[0]
    for level in (0.0, 0.1, 0.3, 0.7, 1.0):
        served = consortium_at(care_home_support=level)
        changes = np.array([team_comes_or_goes(resident, i, served, rules) for i in range(n)])
        share = level - 0.3
        error = 5.0 * np.sqrt(abs(share) * (1 - abs(share)) / n)  # false alarm below one in a million
        assert changes.mean() == pytest.approx(share, abs=error + 1e-12)
        assert len(set(changes.tolist())) <= 2, "homes gain teams or lose them, never both"
        assert team_comes_or_goes(at_home, 1, served, rules) == 0


@given(st.floats(0.0, 0.9))
def test_a_team_that_goes_undoes_what_its_coming_did(effect):
    assert with_team(effect, 1) * with_team(effect, -1) == pytest.approx(1.0)
    assert with_team(effect, 0) == 1.0


def test_more_teams_keep_residents_out_of_hospital():
    at_rest = sweep(residents()).contacts(Cause.ILLNESS)
    more = sweep(with_levels(residents(), care_home_support=1.0)).contacts(Cause.ILLNESS)
    fewer = sweep(with_levels(residents(), care_home_support=0.0)).contacts(Cause.ILLNESS)
    avoided = more[more["avoided"] == 1]
    assert len(more) == len(at_rest)
    assert len(avoided) > 0
    assert (avoided["lever"] == Lever.CARE_HOME_SUPPORT).all()
    assert (more["decider"][more["avoided"] == 0] == NEED_DECIDES).all()
    caused = fewer[fewer["lever"] == Lever.CARE_HOME_SUPPORT]
    assert len(fewer) - len(at_rest) == len(caused) > 0


def test_more_teams_let_residents_die_where_they_live():
    dying = residents()
    dying.tables["illness"] = 0.0
    dying.tables["death"] = 0.5
    found = {}
    for level in (0.0, 0.3, 1.0):
        contacts = sweep(with_levels(dying, care_home_support=level)).contacts(Cause.LAST_PHASE)
        found[level] = (contacts["avoided"] == 0).sum()
    assert found[0.0] > found[0.3] > found[1.0] > 0


# General practice


@given(st.floats(0.0, 4.0), st.floats(0.0, 4.0), st.floats(0.0, 0.5))
def test_continuity_rises_with_supply_and_is_what_it_is_at_rest(supply, at_rest, slope):
    rules = rules_with(continuity_by_supply=slope)
    share = continuity_of(supply, at_rest, rules)
    assert 0.0 <= share <= 1.0
    assert continuity_of(supply, supply, rules) == USUAL_DOCTOR
    assert (share - USUAL_DOCTOR) * (supply - at_rest) >= 0.0


def test_more_appointments_than_are_asked_for_still_buy_continuity():
    crowd = bench(0.02)
    crowd.tables["unmanaged"] = crowd.tables["unmanaged"] * 20.0
    factors = {}
    for multiple in (0.5, 1.0, 2.0):
        crowd.known.consortia["levers"][:, Lever.GP_ACCESS] = multiple
        engine = crowd.engine()
        engine.organisations.consortia["gp_capacity"] *= multiple
        engine.month(0)
        after = engine.organisations.consortia
        factors[multiple] = after["continuity_crises"].copy()
        assert (after["gp_access_at_rest"] == 1.0).all()
    assert (factors[0.5] > 1.0).all()
    assert (factors[1.0] == 1.0).all()
    assert (factors[2.0] < 1.0).all()
    crowd.known.consortia["levers"][:, Lever.GP_ACCESS] = 2.0
    usual = sweep(crowd).contacts(Cause.UNMANAGED)
    crowd.known.consortia["continuity_crises"] = factors[2.0]
    known_well = sweep(crowd).contacts(Cause.UNMANAGED)
    assert len(known_well) == len(usual)
    assert 0 < (known_well["avoided"] == 1).sum() < len(usual)
    assert (known_well["lever"][known_well["avoided"] == 1] == Lever.GP_ACCESS).all()


def test_who_finds_no_appointment_and_goes_to_ae_is_charged_to_the_lever_but_not_what_rest_would_have_turned_away():
    crowd = bench(0.05, missed_to_ae=0.2, unmanaged_by_access=0.0)
    crowd.known.consortia["gp_access"] = crowd.known.consortia["gp_access_at_rest"] = 0.9
    at_rest = sweep(crowd).contacts(Cause.ILLNESS)
    crowd.known.consortia["gp_access"] = 0.5
    short = sweep(crowd).contacts(Cause.ILLNESS)
    assert (at_rest["decider"] == NEED_DECIDES).all()
    caused = short[short["lever"] == Lever.GP_ACCESS]
    assert len(short) - len(at_rest) == len(caused) > 0
    assert bits_of(short[short["lever"] == 0]) == bits_of(at_rest)
