"""The way in: when emergencies arrive, how long A&E takes, and who is admitted, looked after elsewhere or sent home."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import draws
from agents.draws import draw
from agents.hospital import state as flow
from agents.hospital.admission import arrival_hour, slowed_by
from agents.hospital.books import follow_up
from agents.hospital.daily_flow import WARD_ROUND
from agents.hospital.stays import acute_days
from agents.patients import record
from agents.vocabulary import CaseState, Cause, Lever, Service, Setting, Ward
from tests.agents.hospital.few_people import (
    CERTAIN,
    contact,
    emergencies,
    near,
    people,
    setting,
    states,
    waiting,
)
from tests.strategies import event, quiet_bench, rules_with

SEED = np.uint64(1)

# Arriving


def test_a_severe_emergency_is_admitted_and_billed_when_it_ends():
    b = contact()
    engine = b.engine()
    posted = [engine.month(number) for number in range(14)]
    spell = [row for month in posted for row in month.journal if row["service"] == Service.EMERGENCY_SPELL]
    attendance = [row for month in posted for row in month.journal if row["service"] == Service.ATTENDANCE]
    assert len(spell) == len(attendance) == 1
    assert spell[0]["pence"] == b.known.hospitals["spell_price"][0]
    assert spell[0]["payer"] == b.rules.first_consortium
    assert spell[0]["payee"] == b.rules.first_hospital
    p = engine.people.rows[0]
    assert (p["spells"], p["contacts"]) == (1, 1)
    assert p["last_discharge"] >= 3
    assert p["days_in_hospital"] == p["last_discharge"] - 3


def test_a_mild_emergency_is_an_attendance_only():
    month = contact(severity=0.3).engine().month(0)
    assert [row["service"] for row in month.journal] == [Service.ATTENDANCE]
    assert month.out[:, flow.ADMISSIONS_OUT : flow.BED_DAYS_OUT].sum() == 0


def test_whoever_is_in_hospital_has_no_further_emergency():
    b = contact()
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate([event(3), event(5, trigger=16 * 101)])
    month = b.engine().month(0)
    assert month.out[:, : flow.ADMISSIONS_OUT].sum() == 1


def test_who_goes_straight_to_a_ward_has_not_been_in_the_emergency_department():
    """The gravest always do where the share is one, and nobody where it is none."""
    for share, attended in ((1.0, 0), (0.0, 50)):
        month = emergencies(50, severity=1.0, direct_share=share).engine().month(0)
        assert month.out[:, flow.ADMISSIONS_OUT : flow.BED_DAYS_OUT].sum() == 50
        assert month.out[:, flow.ATTENDED_OUT].sum() == attended
        assert month.hospital_out[:, flow.HOSPITAL_ATTENDANCES].sum() == attended
        assert (month.journal["service"] == Service.ATTENDANCE).sum() == attended
        assert (month.hospital_out[:, flow.HOSPITAL_AE_MINUTES].sum() > 0) == (attended > 0)


def test_straight_to_a_ward_goes_the_rules_share_of_severity():
    n, severity, share = 3000, 0.8, 0.4
    month = emergencies(n, severity=severity, direct_share=share).engine().month(0)
    assert near(n - month.out[:, flow.ATTENDED_OUT].sum(), n, severity * share)


# The hour of the day


@pytest.mark.parametrize(("by_eight", "by_twenty"), [(0.14, 0.8), (0.2, 0.74)])
def test_hours_of_arrival_have_the_stated_shares(by_eight, by_twenty):
    """And are even in between: the share of the first half of each part of the day is half of it."""
    rules = rules_with(arrive_by_eight=by_eight, arrive_by_twenty=by_twenty)
    n = 10_000
    hours = np.array([arrival_hour(who, 1600, rules, SEED) for who in range(n)])
    assert ((hours >= 0.0) & (hours < 24.0)).all()
    shares = {4: by_eight / 2, 8: by_eight, 14: (by_eight + by_twenty) / 2, 20: by_twenty, 22: (1 + by_twenty) / 2}
    for hour, share in shares.items():
        assert near((hours < hour).sum(), n, share), hour


@given(st.integers(0, 10**6), st.integers(0, 2**32 - 1))
def test_the_hour_hangs_on_the_trigger_alone(who, trigger):
    rules = rules_with()
    hour = arrival_hour(who, trigger, rules, SEED)
    assert hour == arrival_hour(who, trigger, rules, SEED)
    other = rules_with(arrive_by_eight=0.2)
    assert arrival_hour(who, trigger, other, SEED) <= hour, "more of the same people come by eight"


def test_nights_of_a_stay_are_midnights_between_arrival_and_end():
    """Whoever arrives at three in the afternoon and needs eight hours stays no night."""
    n, day = 300, 3
    b = emergencies(n, day)
    b.tables["stay_scale"] = 0.5
    b.known.hospitals["levers"][:, Lever.DISCHARGE_READINESS] = 0.0
    engine = b.engine()
    engine.month(0)
    stayed = engine.people.rows["last_discharge"].astype(int) - day
    rules = b.rules
    hours = np.array([arrival_hour(who, 1600 + who, rules, SEED) for who in range(n)])
    acute = [acute_days(draw(SEED, who, 1600 + who, 1, draws.STAY), 0.5, rules) for who in range(n)]
    midnights = (hours / 24.0 + np.array(acute)).astype(int)
    gone = stayed + day >= 0
    assert gone.sum() > 0.9 * n
    assert (stayed[gone] == midnights[gone]).all()
    assert (midnights[hours > WARD_ROUND] == 0).any(), "some come in the afternoon and leave the same day"
    assert (engine.people.rows["days_in_hospital"][gone] == midnights[gone]).all()


# Minutes in A&E


@pytest.mark.parametrize(("age", "median"), [(40, "ae_minutes"), (85, "ae_minutes_75")])
def test_who_is_in_the_emergency_department_for_over_four_hours(age, median):
    """As many as the Weibull distribution has beyond four hours, while nobody waits for a bed."""
    n = 4000
    b = emergencies(n, severity=0.3, rows=people(n, age=age))
    late = b.engine().month(0).out[:, flow.LATE_OUT].sum()
    beyond = 0.5 ** ((240.0 / b.rules[median]) ** b.rules.ae_shape)
    assert late > 0
    assert near(late, n, beyond)


def test_people_who_wait_for_a_bed_slow_the_department():
    """Half of its places taken: everything takes twice as long."""
    n = 4000
    b = emergencies(n, severity=0.3, rows=people(n, age=40))
    b.known.hospitals["boarding"], b.known.hospitals["cubicles"] = 10, 20.0
    b.with_beds(0)
    late = b.engine().month(0).out[:, flow.LATE_OUT].sum()
    assert near(late, n, 0.5 ** ((120.0 / b.rules.ae_minutes) ** b.rules.ae_shape))


def with_boarders(boarding: int, cubicles: float):
    hospital = np.zeros(1, dtype=flow.HOSPITAL_STATE).view(np.recarray)[0]
    hospital["boarding"], hospital["cubicles"] = boarding, cubicles
    return hospital


@given(st.integers(0, 1000), st.floats(0.0, 200.0))
def test_a_department_slows_by_its_places_taken_and_never_stands_still(boarding, cubicles):
    factor = slowed_by(with_boarders(boarding, cubicles))
    assert 1.0 <= factor <= 5.0 + 1e-9
    if boarding == 0:
        assert factor == 1.0
    assert slowed_by(with_boarders(boarding, 2 * boarding)) == (2.0 if boarding else 1.0)


def test_who_waits_for_a_bed_for_over_four_hours_leaves_late():
    """Arrived in the night, given a bed at the ward round of the same day or in the days after: late, but once each."""
    for given_on in (0, 10):
        b = emergencies(5, day=3, arrive_by_eight=1.0, arrive_by_twenty=1.0, ae_minutes=1.0, ae_minutes_75=1.0)
        b.tables["stay_scale"] = 1000.0
        b.with_beds(0, escalation=5 if given_on else 0, step=5)
        if not given_on:
            b.with_beds(1)
            b.future = np.concatenate([event(3, person=1, trigger=1601), event(3, kind=2, priority=9, person=1)])
            b.future = np.concatenate([b.future, event(3, person=0, trigger=1600, priority=5)])
        month = b.engine().month(0)
        assert month.out[:, flow.LATE_OUT].sum() == (5 if given_on else 1)


# The decision


def test_a_crowded_hospital_sends_home_whom_it_would_else_admit():
    b = quiet_bench(people(4), **{**CERTAIN, "crowding_threshold": 1.0}).with_beds(1)
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate([event(2 + who, person=who, trigger=1600 + who) for who in range(4)])
    engine = b.engine()
    month = engine.month(0)
    assert states(engine) == {0: CaseState.ACUTE, 1: CaseState.BOARDING}
    assert month.out[:, flow.ATTENDED_OUT].sum() == 4
    assert engine.organisations.hospitals["boarding"].tolist()[0] == 1


def stepped_up(n: int = 10, severity: float = 0.49, places: float = 3.0, share: float = 1.0, **fields):
    """Emergencies of frail people, at a hospital that admits everybody, with some places in intermediate care."""
    rows = people(n, **{"frailty": 0.3, "frailty_trait": 3000, **fields})
    b = emergencies(n, severity=severity, rows=rows, step_up_share=share)
    b.known.hospitals["levers"][:, Lever.ADMISSION_THRESHOLD] = b.known.hospitals["rest"][
        :, Lever.ADMISSION_THRESHOLD
    ] = 0.0
    b.known.consortia["intermediate_places"] = places
    b.tables["stay_scale"] = 1e5
    engine = b.engine()
    month = engine.month(0)
    return engine, month.out.sum(axis=0)


def test_an_alternative_to_a_bed_is_for_frail_people_who_are_not_gravely_ill_while_places_last():
    engine, out = stepped_up()
    assert out[flow.STEPPED_UP_OUT] == 3
    assert out[flow.ADMISSIONS_OUT : flow.BED_DAYS_OUT].sum() == 7
    assert engine.organisations.consortia["intermediate_used"][0] == 3
    assert (setting(engine) == Setting.INTERMEDIATE).sum() == 3
    assert sorted(states(engine).values()) == [CaseState.ACUTE] * 7 + [CaseState.INTERMEDIATE] * 3
    assert stepped_up(severity=0.9)[1][flow.STEPPED_UP_OUT] == 0, "gravely ill"
    assert stepped_up(frailty=0.1, frailty_trait=1000)[1][flow.STEPPED_UP_OUT] == 0, "robust"
    assert stepped_up(places=0.9)[1][flow.STEPPED_UP_OUT] == 0, "no place"
    assert stepped_up(share=0.0)[1][flow.STEPPED_UP_OUT] == 0
    assert stepped_up(care=Setting.RESIDENTIAL)[1][flow.STEPPED_UP_OUT] == 0, "in a care home"


def test_the_share_who_are_stepped_up_is_the_rules():
    n, share = 2000, 0.3
    assert near(stepped_up(n, places=1e6, share=share)[1][flow.STEPPED_UP_OUT], n, share)


def test_whoever_stands_in_a_line_is_not_stepped_up():
    b = emergencies(1, severity=0.49, rows=people(frailty=0.3, frailty_trait=3000), step_up_share=1.0)
    b.known.hospitals["levers"][:, Lever.ADMISSION_THRESHOLD] = 0.0
    b.known.consortia["intermediate_places"] = 5.0
    b.known.councils["assessment_rate"] = b.known.councils["assessment_tokens"] = 0.0
    b.rules["leave_wait_a_day"] = 0.0
    b.cases = waiting(CaseState.HOME_ASSESSMENT, due=10**6)
    engine = b.engine()
    month = engine.month(0)
    assert month.out[:, flow.STEPPED_UP_OUT].sum() == 0
    assert month.out[:, flow.ADMISSIONS_OUT : flow.BED_DAYS_OUT].sum() == 1


@pytest.mark.parametrize(
    ("state", "place", "of", "used"),
    [
        (CaseState.REABLEMENT, Setting.REABLEMENT, "councils", "reablement_used"),
        (CaseState.INTERMEDIATE, Setting.INTERMEDIATE, "consortia", "intermediate_used"),
        (CaseState.INTERIM, Setting.RESIDENTIAL, "councils", "home_used"),
    ],
)
def test_an_admission_ends_short_term_care_and_gives_its_place_back(state, place, of, used):
    b = contact()
    b.tables["stay_scale"] = 1000.0
    b.rows["care"] = place
    b.cases = waiting(state, due=10**6)
    getattr(b.known, of)[used][0] = 1
    engine = b.engine()
    engine.month(0)
    assert states(engine) == {0: CaseState.ACUTE}
    assert setting(engine)[0] == Setting.HOME
    assert getattr(engine.organisations, of)[used][0] == 0


def test_very_old_and_frail_people_belong_on_older_peoples_wards():
    for age, frailty, ward in ((80, 0.3, Ward.OLDER), (80, 0.1, Ward.GENERAL), (70, 0.3, Ward.GENERAL)):
        b = emergencies(1, rows=people(age=age, frailty=frailty, frailty_trait=int(frailty * 1e4)))
        b.tables["stay_scale"] = 1000.0
        engine = b.engine()
        engine.month(0)
        assert engine.cases["wanted"][0] == ward


# Triggers


def test_later_draws_hang_on_what_set_them_off_not_on_when():
    """The stay of the same emergency is as long whether it comes on the 3rd or on the 20th."""
    lengths = []
    for day in (3, 20):
        engine = contact(day).engine()
        for number in range(14):
            engine.month(number)
        lengths.append(int(engine.people.rows["days_in_hospital"][0]))
    assert lengths[0] == lengths[1] > 0


@given(st.integers(0, 2**32 - 1), st.integers(0, 15), st.integers(0, 15))
def test_follow_ups_are_triggers_of_their_own(trigger, a, b):
    found = follow_up(trigger, a)
    assert 0 <= found < 2**32
    assert found == follow_up(trigger, a)
    assert (found == follow_up(trigger, b)) == (a == b)


def test_follow_ups_of_a_lifetime_of_months_meet_no_other_trigger():
    """Else a return and an emergency of another month would share their luck."""
    own = {month * 16 + trigger for month in range(240) for trigger in (*range(Cause.RETURN), 8)}  # what a sweep writes
    later = [int(follow_up(trigger, cause)) for trigger in own for cause in (Cause.RETURN, Cause.UNTREATED)]
    again = [int(follow_up(trigger, cause)) for trigger in later for cause in (Cause.RETURN, Cause.UNTREATED)]
    assert len({*own, *later}) == len(own) + len(later)
    assert len({*later, *again}) > 0.999 * (len(later) + len(again))


# Harm


def test_the_gravest_who_find_no_bed_die_of_it_at_the_rules_share():
    n, share = 2000, 0.3
    b = emergencies(n, severity=1.0, boarding_death=share).with_beds(0)
    engine = b.engine()
    month = engine.month(0)
    assert near(len(month.deaths), n, share)
    assert (engine.people.rows["end_month"][month.deaths] == 0).all()
    assert engine.organisations.hospitals["boarding"][0] == n - len(month.deaths)


def test_who_is_gravely_ill_and_not_admitted_declines_dies_or_comes_back():
    n = 2000
    b = emergencies(
        n, severity=0.9, untreated_death=0.2, untreated_return=0.3, untreated_decline=0.05, admission_spread=1e-3
    )
    b.known.hospitals["levers"][:, Lever.ADMISSION_THRESHOLD] = b.known.hospitals["rest"][
        :, Lever.ADMISSION_THRESHOLD
    ] = 1.0
    b.future["severity"] = 0.9
    engine = b.engine()
    gravity = 4.0 * 0.4**2
    month = engine.month(0)
    first = month.out[:, flow.UNTREATED_DEATHS_OUT].sum()
    back = month.out[:, flow.CONTACTS_OUT + Cause.UNTREATED].sum()
    assert back > 0
    assert first >= n * 0.2 * gravity - 4 * math.sqrt(n * 0.2), "and some of those who came back"
    rows = engine.people.rows
    assert (rows["frailty"][rows["end_month"] == record.ALIVE] >= 0.05 * gravity - 1e-6).all()
