"""Every cause of an emergency is its own clock; what levers changed is known from the same draw."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients import record
from agents.patients.conditions import HELD
from agents.patients.living import FINAL
from agents.patients.seeking import (
    ASKED_FOR,
    CONTACT,
    DEATH_EVENT,
    NEED_DECIDES,
    REFERRAL,
    REQUEST,
    consultations,
    happens,
    number_of_conditions,
    severity_of,
    unmet_rate,
    wish_for_assessment,
)
from agents.vocabulary import Cause, Lever
from tests.strategies import bench, bits_of, person, rules_with, sweep

SWEPT = (Cause.ILLNESS, Cause.UNMET, Cause.UNMANAGED, Cause.BREAKDOWN, Cause.LAST_PHASE)


@pytest.fixture(scope="module")
def base():
    """Some thousands of people among whom every cause strikes in a month."""
    crowd = bench(0.02, breakdown_a_year=12.0, contacts_per_unmet_hour=0.02)
    crowd.rows["strain"][crowd.rows["informal"] > 0] = 1.0
    return crowd


SILENCED = {
    Cause.ILLNESS: lambda b: b.tables.__setitem__("illness", 0.0),
    Cause.UNMET: lambda b: b.rules.__setitem__("contacts_per_unmet_hour", 0.0),
    Cause.UNMANAGED: lambda b: [b.tables.__setitem__(name, 0.0) for name in ("unmanaged", "severe_unmanaged")],
    Cause.BREAKDOWN: lambda b: b.rules.__setitem__("breakdown_contact", 0.0),
    Cause.LAST_PHASE: lambda b: [
        b.rules.__setitem__(name, 0.0) for name in ("last_phase_contacts", "crisis_at_home", "crisis_in_care")
    ],
}


@pytest.mark.parametrize("cause", SWEPT)
def test_removing_a_cause_removes_its_own_contacts_and_no_other(base, cause):
    with_it = sweep(base)
    quiet = bench(0.02, breakdown_a_year=12.0, contacts_per_unmet_hour=0.02)
    quiet.rows["strain"][quiet.rows["informal"] > 0] = 1.0
    SILENCED[cause](quiet)
    without = sweep(quiet)
    assert len(with_it.contacts(cause)) > 0
    assert len(without.contacts(cause)) == 0
    rest = with_it.events[(with_it.events["kind"] != CONTACT) | (with_it.events["cause"] != cause)]
    if cause == Cause.LAST_PHASE:  # who reaches hospital after a sudden collapse lives some days longer
        assert bits_of(rest[rest["kind"] != DEATH_EVENT]) == bits_of(without.events[without.events["kind"] != DEATH_EVENT])
    elif cause != Cause.ILLNESS:
        assert bits_of(rest) == bits_of(without.events)
    else:  # its draw goes on to general practice: there are more consultations, and so other referrals
        assert bits_of(rest[rest["kind"] != REFERRAL]) == bits_of(without.events[without.events["kind"] != REFERRAL])


@pytest.mark.parametrize("cause", SWEPT)
def test_raising_a_cause_keeps_the_contacts_there_were(base, cause):
    raised = bench(0.02, breakdown_a_year=12.0, contacts_per_unmet_hour=0.02)
    raised.rows["strain"][raised.rows["informal"] > 0] = 1.0
    if cause == Cause.ILLNESS:
        raised.tables["illness"] = raised.tables["illness"] * 2.0
    elif cause == Cause.UNMANAGED:
        raised.tables["unmanaged"] = raised.tables["unmanaged"] * 2.0
    else:
        name = {
            Cause.UNMET: "contacts_per_unmet_hour",
            Cause.BREAKDOWN: "breakdown_contact",
            Cause.LAST_PHASE: "last_phase_contacts",
        }[cause]
        raised.rules[name] = raised.rules[name] * 2.0
    before, after = sweep(base).contacts(cause), sweep(raised).contacts(cause)
    assert set(before["person"]) < set(after["person"])
    kept = after[np.isin(after["person"], before["person"])]
    assert bits_of(kept) == bits_of(before), "on the same day, as severe as before"


def test_at_most_one_contact_of_a_cause_in_a_month(base):
    contacts = sweep(base).events
    contacts = contacts[(contacts["kind"] == CONTACT) & (contacts["trigger"] % 16 != FINAL)]  # a last crisis comes on top
    pairs = contacts["person"].astype(np.int64) * 16 + contacts["cause"]
    assert len(np.unique(pairs)) == len(pairs)
    assert (contacts["day"] >= 0).all()
    assert (contacts["day"] < 30).all()
    assert (contacts["severity"] > 0).all()
    assert (contacts["severity"] < 1).all()


def test_at_rest_every_contact_is_needs_own():
    events = sweep(bench(0.02)).events
    assert (events["decider"] == NEED_DECIDES).all()
    assert (events["avoided"] == 0).all()


def test_contacts_of_unmet_need_and_breakdown_are_less_severe(base):
    found = sweep(base)
    mild = np.concatenate([found.contacts(Cause.UNMET), found.contacts(Cause.BREAKDOWN)])["severity"]
    assert (mild <= base.rules.low_severity).all()
    assert found.contacts(Cause.ILLNESS)["severity"].max() > base.rules.low_severity


# One process: the worst of it are emergencies, the rest goes to general practice


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.0, 3.0), st.floats(0.0, 5.0))
def test_the_most_severe_are_emergencies_and_they_do_not_also_consult(u, rate, mean):
    if happens(u, rate):
        assert consultations(u, rate, mean)[0] == 0


@given(st.floats(1e-6, 1 - 1e-6), st.floats(1e-6, 1 - 1e-6), st.floats(0.0, 1.0), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_the_nearer_to_an_emergency_the_more_consultations(a, b, rate, mean, other):
    worse, better = sorted((a, b))
    if not happens(worse, rate):
        assert consultations(worse, rate, mean)[0] >= consultations(better, rate, mean)[0]
    low, high = sorted((mean, other))
    assert consultations(a, rate, low)[0] <= consultations(a, rate, high)[0]


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 5.0))
def test_under_a_higher_rate_the_worst_become_emergencies_and_nobody_else_consults_less(u, a, b, mean):
    low, high = sorted((a, b))
    assert happens(u, high) >= happens(u, low)
    if not happens(u, high):
        assert consultations(u, high, mean)[0] >= consultations(u, low, mean)[0]


@pytest.mark.parametrize(("rate", "mean"), [(0.0, 0.3), (0.02, 0.43), (0.5, 1.0), (0.02, 3.0), (0.1, 0.0)])
def test_the_number_of_consultations_is_geometric(rate, mean):
    """On a fine grid of draws, which has no noise: mean and shares are those of the distribution, emergencies left out."""
    grid = (np.arange(200_000) + 0.5) / 200_000
    found = np.array([consultations(u, rate, mean) for u in grid if not happens(u, rate)])
    numbers, left = found[:, 0], found[:, 1]
    assert numbers.mean() == pytest.approx(mean, abs=2e-3 * max(mean, 1.0))
    share = mean / (1.0 + mean)
    for number in range(1, 10):
        assert (numbers >= number).mean() == pytest.approx(share**number, abs=2e-5)
    for number in range(1, 4):
        if (numbers == number).sum() > 1000:
            assert (left[numbers == number] < 0.2).mean() == pytest.approx(0.2, abs=2e-3), "what is left is uniform"


@given(st.integers(0, 2**14 - 1))
def test_conditions_are_counted_up_to_four(held):
    assert number_of_conditions(held) == min(held.bit_count(), 4)


def asked(of) -> np.ndarray:
    """Consultations asked for and not had, of everybody."""
    columns = sweep(of).counts[:, ASKED_FOR:].sum(axis=0)
    return columns.reshape(2, -1).sum(axis=1)


def test_consultations_are_as_many_as_the_tables_say():
    """Everybody's expectation summed; false alarm below one in a million (five standard deviations)."""
    b = bench(0.05).without_cases()
    rows = b.rows[b.rows["birth_month"] % 12 != 0]  # whose conditions and traits stay through the month
    b.rows = rows
    b.tables["illness"] = b.tables["onset"] = b.tables["onset_ceiling"] = 0.0
    age = np.clip(-rows["birth_month"].astype(int) // 12 - 18, 0, 92)
    number = np.array([min((int(held) & HELD).bit_count(), 4) for held in rows["conditions"]])
    mean = b.tables.gp_age[rows["person"] & 1, age] * b.tables.gp_conditions[number] * 30 * 12 / 365.25
    mean = mean[rows["end_month"] >= 0]
    wanted, missed = asked(b)
    assert missed == 0
    assert abs(wanted - mean.sum()) < 5.0 * np.sqrt((mean * (1.0 + mean)).sum())


def test_at_full_access_nobody_is_turned_away_and_without_it_the_share_is():
    b = bench(0.05)
    full = sweep(b)
    b.known.consortia["gp_access"] = b.known.consortia["gp_access_at_rest"] = 0.6
    b.rules["missed_to_ae"] = b.rules["unmanaged_by_access"] = 0.0
    short = sweep(b)
    contacts = [found.events[found.events["kind"] != REFERRAL] for found in (short, full)]
    assert bits_of(contacts[0]) == bits_of(contacts[1]), "with both effects at zero nothing else changes"
    referred = [found.events["person"][found.events["kind"] == REFERRAL] for found in (short, full)]
    assert set(referred[0]) < set(referred[1]), "but for those whom nobody could refer"
    wanted, missed = asked(b)
    assert wanted == full.counts[:, ASKED_FOR:].sum()
    assert missed == pytest.approx(0.4 * wanted, abs=5.0 * np.sqrt(wanted))  # false alarm below one in a million


def test_who_is_not_seen_sometimes_goes_to_ae_mildly():
    b = bench(0.05, unmanaged_by_access=0.0, missed_to_ae=0.2)
    before = sweep(b)
    b.known.consortia["gp_access"] = b.known.consortia["gp_access_at_rest"] = 0.5
    after = sweep(b)
    was, now = before.contacts(Cause.ILLNESS), after.contacts(Cause.ILLNESS)
    more = now[~np.isin(now["person"], was["person"])]
    assert len(now) == len(was) + len(more)
    missed = asked(b)[1]
    assert len(more) == pytest.approx(0.2 * missed, abs=5.0 * np.sqrt(0.2 * missed) + 0.05 * missed)
    assert more["severity"].max() <= b.rules.low_severity + 1e-6
    assert (more["decider"] == NEED_DECIDES).all()


def test_less_access_means_more_unmanaged_crises():
    b = bench(0.05, missed_to_ae=0.0, unmanaged_by_access=0.5)
    b.tables["unmanaged"] = b.tables["unmanaged"] * 10.0
    before = sweep(b).contacts(Cause.UNMANAGED)
    b.known.consortia["gp_access"] = b.known.consortia["gp_access_at_rest"] = 0.2
    after = sweep(b).contacts(Cause.UNMANAGED)
    assert set(before["person"]) < set(after["person"])


# What a lever changed


def test_care_withheld_is_charged_to_the_lever_and_care_added_is_noted_as_avoided():
    strict = bench(0.02, contacts_per_unmet_hour=0.05)
    strict.rows["birth_month"][strict.rows["birth_month"] % 12 == 0] += 1  # nobody's package is reviewed this month
    strict.known.councils["withheld_lever"] = Lever.STRICTNESS
    strict.rows["unmet_recent"] = 600
    strict.rows["withheld"] = 0
    usual = sweep(strict)
    strict.rows["withheld"] = 600
    withheld = sweep(strict)
    all_of_it = withheld.contacts(Cause.UNMET)
    assert bits_of(all_of_it["person"]) == bits_of(usual.contacts(Cause.UNMET)["person"])
    assert (all_of_it["lever"] == Lever.STRICTNESS).all(), "without the withheld care there would be none"
    assert (all_of_it["decider"] == strict.rules.first_council + strict.rows["council"][all_of_it["person"]]).all()
    strict.rows["withheld"] = 300
    half = sweep(strict).contacts(Cause.UNMET)
    charged = half["lever"] == Lever.STRICTNESS
    assert 0.3 < charged.mean() < 0.7
    assert (half["decider"][~charged] == NEED_DECIDES).all()
    strict.rows["unmet_recent"], strict.rows["withheld"] = 0, -600
    generous = sweep(strict).contacts(Cause.UNMET)
    assert len(generous) == len(all_of_it)
    assert (generous["avoided"] == 1).all()


def test_the_proactive_list_finds_some_cases_and_prevents_some_crises():
    listed = bench(0.05, proactive_finds=0.5, proactive_prevents=0.5)
    listed.rows["flags"] &= ~np.uint8(record.PROACTIVE | record.PROACTIVE_AT_REST)
    nobody = sweep(listed)
    listed.rows["flags"] |= record.PROACTIVE
    everybody = sweep(listed)
    illness, crises = everybody.contacts(Cause.ILLNESS), everybody.contacts(Cause.UNMANAGED)
    assert len(illness) > len(nobody.contacts(Cause.ILLNESS))
    found = illness["decider"] != NEED_DECIDES
    assert found.sum() == len(illness) - len(nobody.contacts(Cause.ILLNESS))
    assert (illness["avoided"] == 0).all()
    assert len(crises) == len(nobody.contacts(Cause.UNMANAGED)), "those prevented are noted"
    prevented = crises["avoided"] == 1
    assert 0.3 < prevented.mean() < 0.7
    assert (crises["lever"][prevented] == Lever.PROACTIVE).all()
    consortium = listed.rules.first_consortium + listed.rows["consortium"][crises["person"][prevented]]
    assert (crises["decider"][prevented] == consortium).all()
    listed.rows["flags"] |= record.PROACTIVE_AT_REST
    as_usual = sweep(listed)
    assert (as_usual.events["avoided"] == 0).all()
    assert (as_usual.events["decider"] == NEED_DECIDES).all()


# Small rules


@given(st.floats(1e-9, 1 - 1e-9), st.floats(0.0, 5.0))
def test_a_clock_strikes_with_probability_one_less_exp_of_minus_its_rate(u, rate):
    assert happens(u, rate) == (u < 1.0 - math.exp(-rate))


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_more_unmet_need_never_means_fewer_contacts(a, b):
    rules = rules_with()
    low, high = sorted((a, b))
    assert 0.0 <= unmet_rate(low, rules) <= unmet_rate(high, rules)
    assert unmet_rate(high, rules) <= rules.contacts_per_unmet_hour * rules.unmet_hours_counted


@given(st.floats(1e-9, 1 - 1e-9), st.integers(0, 92), st.floats(0.1, 1.0))
def test_severity_lies_between_nothing_and_its_scale(u, age, scale):
    severity = severity_of(u, age, scale, bench(0.002).tables)
    assert 0.0 <= severity <= scale


def test_the_old_are_more_severely_ill():
    tables = bench(0.002).tables
    means = [np.mean([severity_of(u, age, 1.0, tables) for u in (np.arange(200) + 0.5) / 200]) for age in (12, 52, 72)]
    assert means[0] < means[1] < means[2]


def asks(u=0.0, rules=None, charges=1.0, free=False, **fields) -> bool:
    return wish_for_assessment(person(need=600, **fields)[0], u, charges, free, rules_with() if rules is None else rules)


def test_who_asks_for_an_assessment():
    assert asks()
    assert not asks(u=0.5)
    assert not asks(informal=600)
    assert not asks(package=600)
    assert not asks(flags=record.ASKED)
    assert not asks(flags=record.REFUSED)


@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(1, 6000), st.integers(1, 6000))
def test_more_need_and_less_money_mean_asking_sooner(u, a, b):
    low, high = sorted((a, b))
    rules = rules_with()
    if wish_for_assessment(person(need=low)[0], u, 1.0, False, rules):
        assert wish_for_assessment(person(need=high)[0], u, 1.0, False, rules)
    if wish_for_assessment(person(need=low, capital=10**6)[0], u, 1.0, False, rules):
        assert wish_for_assessment(person(need=low, capital=0)[0], u, 1.0, False, rules)


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 0.4))
def test_people_who_would_be_charged_ask_less_where_charges_are_higher(u, a, b, effect):
    low, high = sorted((a, b))
    rules = rules_with(asks_by_charges=effect)
    if asks(u, rules, high):
        assert asks(u, rules, low)
    assert asks(u, rules, 1.0) == asks(u, rules_with(asks_by_charges=0.0), high), "at rest, and without effect, the same to the bit"
    wealthy = 10**6
    assert asks(u, rules, low, capital=wealthy) == asks(u, rules, high, capital=wealthy), "who pays in full is not charged"
    if asks(u, rules, low):
        assert asks(u, rules, high, free=True, capital=wealthy), "what is free is asked for by all alike"


def test_who_asks_is_written_once_with_a_day():
    asked = bench(0.02, asks_a_month=1.0)
    asked.rows["flags"] &= ~np.uint8(record.ASKED | record.REFUSED)
    found = sweep(asked)
    requests = found.events[found.events["kind"] == REQUEST]
    assert len(requests) > 50
    assert len(np.unique(requests["person"])) == len(requests)
    assert ((found.rows["flags"][requests["person"]] & record.ASKED) != 0).all()
    assert (found.rows["need"][requests["person"]] > 0).all()


def test_every_death_foreseen_is_one_event():
    mortal = bench(0.02)
    mortal.tables["death"] = mortal.tables["death"] * 20.0
    found = sweep(mortal)
    deaths = found.events[found.events["kind"] == DEATH_EVENT]
    newly = (found.rows["flags"] & record.DYING) & ~(mortal.rows["flags"] & record.DYING)
    assert sorted(deaths["person"]) == np.flatnonzero(newly).tolist()
    sudden = deaths["day"] < 30
    assert 0.1 < sudden.mean() < 0.75
    assert (deaths["day"] <= 30 + 365).all()
