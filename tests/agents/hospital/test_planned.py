"""Planned care: who waits for what, in which order, and what an operation is worth."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital import state as flow
from agents.hospital.books import N_WAITING_AT
from agents.hospital.planned import (
    CANCELLED_OUT,
    EYES,
    GONE,
    HEART,
    HOSPITAL_DAY_CASES,
    HOSPITAL_ELECTIVE_STAYS,
    HOSPITAL_VISITS,
    JOINT,
    LEFT_OUT,
    LISTED,
    LISTED_OUT,
    OPERATED_OUT,
    OTHER,
    REFERRED_OUT,
    SEEN_OUT,
    TO_BE_SEEN,
    TO_BE_SEEN_OUT,
    WAITED_OUT,
    WAITING,
    WAITING_OUT,
    kind_of,
    night_chance,
    stays_the_night,
)
from agents.patients import record
from agents.patients.living import HOSPITAL_DAYS
from agents.patients.seeking import REFERRAL, REFERRED
from agents.vocabulary import CaseState, Condition, Lever, Service, Setting
from model.parameters import Parameters
from model.place import load_place
from model.starting_state import starting_state
from tests.agents.hospital.few_people import waiting as case
from tests.strategies import bench, bits_of, event, person, quiet_bench, rules_with

STAY_PUT = {"leaves_a_week": 0.0, "success": 1.0, "overnight_major": 0.0, "overnight_other": 0.0}
ACHING = {"need_trait": 500, "conditions": 1 << int(Condition.OSTEOARTHRITIS)}


def line(n: int, stage: int = LISTED, kind: int = JOINT, **fields) -> np.ndarray:
    """One wait of each of n people, in the order of their rows, who would never leave."""
    waiting = np.zeros(n, dtype=WAITING)
    waiting["person"] = np.arange(n)
    waiting["trigger"] = 16 * 50 + REFERRED
    waiting["stage"], waiting["kind"], waiting["leaves"] = stage, kind, 10**9
    for name, value in fields.items():
        waiting[name] = value
    return waiting


def ward(n: int, clinics: float = 0.0, theatres: float = 0.0, stage: int = LISTED, kind: int = JOINT, **rules: float):
    """A bench of n people who wait, at a hospital with so many visits and operations a working day."""
    waits = record.WAITS if stage == LISTED and kind != OTHER else 0
    b = quiet_bench(np.concatenate([person(**ACHING, flags=waits) for _ in range(n)]), **{**STAY_PUT, **rules})
    b.waiting = line(n, stage, kind)
    for name, rate in (("clinic", clinics), ("theatre", theatres)):
        b.known.hospitals[f"{name}_rate"], b.known.hospitals[f"{name}_tokens"] = rate, 0.0
    return b


def lived(b, months: int = 1, seed: int = 1):
    """The engine after some months, and the sum of what planned care came to."""
    engine = b.engine(seed)
    found = [engine.month(number) for number in range(months)]
    return engine, found, sum(month.planned.sum(axis=0) for month in found)


def waits(engine) -> np.ndarray:
    return engine.people.rows["flags"] & record.WAITS != 0


# One person's way


def test_a_referral_is_seen_listed_operated_on_and_paid_for():
    b = quiet_bench(person(**ACHING), **STAY_PUT, listed_share=1.0, joint_share=1.0)
    b.future = event(3, kind=REFERRAL, trigger=REFERRED)
    b.known.hospitals["clinic_rate"] = b.known.hospitals["theatre_rate"] = 1.0
    engine, (month,), planned = lived(b)
    assert planned[[REFERRED_OUT, SEEN_OUT, LISTED_OUT, OPERATED_OUT]].tolist() == [1, 1, 1, 1]
    assert len(engine.waiting) == 0
    assert not waits(engine).any()
    assert sorted(month.journal["service"]) == [Service.OUTPATIENT, Service.ELECTIVE]
    prices = b.known.hospitals
    assert sorted(month.journal["pence"]) == [prices["visit_price"][0], prices["day_case_price"][0]]
    assert (month.journal["payer"] == b.rules.first_consortium).all()
    assert (month.journal["payee"] == b.rules.first_hospital).all()


def test_waiting_costs_quality_of_life_and_raises_need_until_the_operation():
    rows = {}
    for theatres in (0.0, 5.0):
        engine, _, _ = lived(ward(1, theatres=theatres, waiting_need=1.0, waiting_loss=0.2), 2)
        rows[theatres] = engine.people.rows[0]
    waiting, done = rows[0.0], rows[5.0]
    assert waiting["need"] > done["need"]
    assert done["qalys"] - waiting["qalys"] == pytest.approx(0.2 * 61 / 365.25 * 1e6, rel=0.01), "operated on the first day"


def test_an_operation_late_in_the_month_is_worth_its_days():
    b = ward(1, theatres=1.0, waiting_need=0.0, waiting_loss=0.2)
    b.waiting["due"] = 20
    late = lived(b)[0].people.rows["qalys"][0]
    b.waiting["due"] = 0
    early = lived(b)[0].people.rows["qalys"][0]
    days = 20 if b.calendar.date(0).replace(day=21).weekday() < 5 else 22
    assert int(early) - int(late) == pytest.approx(0.2 * days / 365.25 * 1e6, rel=0.01)


def test_an_operation_for_something_else_is_not_felt():
    engine, _, planned = lived(ward(3, theatres=1.0, kind=OTHER))
    assert planned[OPERATED_OUT] == 3
    assert not waits(engine).any()


def test_a_failed_operation_is_done_again_later():
    b = ward(4, theatres=4.0, success=0.0)
    engine, _, planned = lived(b)
    assert planned[OPERATED_OUT] == 4
    assert len(engine.waiting) == 4
    assert waits(engine).all()
    assert (engine.waiting["due"] >= int(b.rules.again_days)).all()
    assert len({int(trigger) for trigger in engine.waiting["trigger"]} - {16 * 50 + REFERRED}) > 0


@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 92))
def test_what_one_is_referred_for_follows_from_conditions_and_age(u, age):
    rules = rules_with()
    heart = person(conditions=1 << int(Condition.CHD))[0]
    assert kind_of(person()[0], u, 30, rules) == OTHER
    assert kind_of(person()[0], u, age, rules) in ((OTHER, EYES) if age >= 42 else (OTHER,))
    assert kind_of(person(**ACHING)[0], u, 30, rules) == (JOINT if u < rules.joint_share else OTHER)
    assert kind_of(heart, u, 30, rules) == (HEART if u < rules.heart_share else OTHER)


# The line


def test_without_capacity_nobody_is_operated_on_and_everybodys_loss_stays():
    engine, _, planned = lived(ward(20), 3)
    assert planned[OPERATED_OUT] == planned[LEFT_OUT] == 0
    assert len(engine.waiting) == 20
    assert waits(engine).all()


def test_more_capacity_means_shorter_waits_and_more_qalys():
    waited, qalys = [], []
    for theatres in (0.5, 1.0, 4.0):
        engine, _, planned = lived(ward(60, theatres=theatres), 6)
        assert planned[OPERATED_OUT] == 60
        waited.append(planned[WAITED_OUT])
        qalys.append(engine.people.rows["qalys"].sum(dtype=np.int64))
    assert waited[0] > waited[1] > waited[2]
    assert qalys[0] < qalys[1] < qalys[2]


def test_the_line_is_served_in_order():
    engine, _, planned = lived(ward(60, theatres=1.0))
    done = int(planned[OPERATED_OUT])
    assert 15 < done < 25
    assert engine.waiting["person"].tolist() == list(range(done, 60))


def test_each_hospital_serves_its_own_line():
    b = ward(60, theatres=1.0)
    b.waiting["hospital"] = np.arange(60) % 2
    b.known.hospitals["theatre_rate"][1] = 0.0
    engine, _, _ = lived(b)
    assert (engine.waiting["hospital"] == 1).sum() == 30, "nobody is operated on where there is no theatre"
    assert 0 < (engine.waiting["hospital"] == 0).sum() < 15


def test_nobody_is_operated_on_at_weekends():
    months = [lived(ward(400, theatres=2.0))[1][0]]
    working = np.busday_count(np.datetime64("2014-04-01"), np.datetime64("2014-05-01"))
    assert months[0].hospital_planned[:, HOSPITAL_DAY_CASES].sum() == 2 * working


def test_a_line_conserves_people():
    """Everybody referred is waiting, gone from the line, operated on or seen without being listed."""
    engine = bench(0.02).engine()
    before = np.bincount(engine.waiting["stage"], minlength=3)
    died = 0
    total = 0
    for number in range(6):
        month = engine.month(number)
        total = total + month.planned.sum(axis=0)
        now = np.bincount(engine.waiting["stage"], minlength=3)
        assert now[TO_BE_SEEN] == month.planned[:, TO_BE_SEEN_OUT].sum()
        assert now[LISTED] == month.planned[:, WAITING_OUT].sum()
        assert (engine.people.rows["end_month"][engine.waiting["person"]] == record.ALIVE).all()
        borne = engine.waiting["person"][(engine.waiting["stage"] == LISTED) & (engine.waiting["kind"] != OTHER)]
        assert set(np.flatnonzero(waits(engine))) == set(borne.tolist()), "who bears a wait is who is listed for it"
        died += len(month.deaths) + int(month.counts[:, 3].sum())
    came = before[TO_BE_SEEN] + before[LISTED] + total[REFERRED_OUT] + total[LISTED_OUT]
    went = total[SEEN_OUT] + total[OPERATED_OUT] + total[LEFT_OUT] + now[TO_BE_SEEN] + now[LISTED]
    assert 0 <= came - went <= died, "but for those who died or moved away while waiting"


def test_nights_in_line_are_the_sum_of_waits():
    """Little's law, exactly: each night of somebody listed is a day of that person's wait."""
    n = 60
    b = quiet_bench(np.concatenate([person(**ACHING) for _ in range(n)]), **STAY_PUT, listed_share=1.0)
    b.future = np.concatenate([event(who, kind=REFERRAL, trigger=REFERRED, person=who) for who in range(n)])
    b.known.hospitals["clinic_rate"], b.known.hospitals["theatre_rate"] = 5.0, 0.7
    engine = b.engine()
    nights = []

    def count_listed(day, now):
        nights.append(int((now.waiting["stage"][: now.size[N_WAITING_AT]] == LISTED).sum()))

    engine.at_nightfall = count_listed
    planned = sum(engine.month(number).planned.sum(axis=0) for number in range(6))
    assert planned[OPERATED_OUT] == planned[LISTED_OUT] == n
    assert len(engine.waiting) == 0
    assert sum(nights) == planned[WAITED_OUT] > 0


def test_those_who_would_leave_do():
    b = ward(30)
    b.waiting["leaves"][:10] = 5
    engine, _, planned = lived(b, 2)
    assert planned[LEFT_OUT] == 10
    assert sorted(engine.waiting["person"]) == list(range(10, 30))
    assert waits(engine).tolist() == [False] * 10 + [True] * 20


def test_the_dead_and_those_who_moved_away_leave_their_places():
    b = ward(3)
    b.future = event(4, kind=2)
    engine, _, _ = lived(b)
    assert engine.waiting["person"].tolist() == [1, 2]
    assert waits(engine).tolist() == [False, True, True]


# Nights

NIGHTS = {"overnight_major": 1.0, "overnight_other": 1.0}
WEEKS = len(range(0, 30, 7))  # a month's attempts of somebody who is booked anew each week


def test_an_operation_with_a_night_takes_a_bed_and_has_its_price():
    b = ward(5, theatres=5.0, **NIGHTS).with_beds(10)
    engine, (month,), planned = lived(b, 1)
    assert planned[[OPERATED_OUT, CANCELLED_OUT]].tolist() == [5, 0]
    assert month.hospital_planned[:, HOSPITAL_ELECTIVE_STAYS].sum() == 5
    assert (month.journal["pence"] == b.known.hospitals["elective_price"][0]).all()
    nights = month.hospital_out[:, flow.HOSPITAL_SURGERY_DAYS].sum()
    assert nights == month.out[:, flow.SURGERY_DAYS_OUT].sum() >= 5
    assert nights == month.totals[:, HOSPITAL_DAYS].sum()
    assert month.hospital_out[:, flow.HOSPITAL_BED_DAYS].sum() == 0, "no nights of emergencies"
    assert not engine.people.rows["days_in_hospital"].any()
    assert not month.out[:, flow.DELAYED_OUT : flow.BOARDING_OUT].any()
    inside = engine.people.rows["care"] & record.IN_HOSPITAL != 0
    assert ((engine.people.rows["care"] & record.FOR_OPERATION != 0) == inside).all()
    assert engine.organisations.hospitals["occupied"][0] == inside.sum()


def test_nights_of_an_operation_have_the_stated_mean():
    """Geometric from one night on: the mean within four standard errors, a false alarm once in 16,000."""
    n, mean = 3000, 3.0
    b = ward(n, theatres=float(n), surgery_nights=mean, **NIGHTS).with_beds(n)
    _, months, planned = lived(b, 2)
    assert planned[OPERATED_OUT] == n, "room for a case of each"
    nights = sum(month.hospital_out[:, flow.HOSPITAL_SURGERY_DAYS].sum() for month in months)
    assert abs(nights / n - mean) < 4 * np.sqrt(mean * (mean - 1) / n)


def test_without_a_free_bed_whoever_would_stay_the_night_is_booked_anew_and_no_day_case_is():
    engine, _, full = lived(ward(5, theatres=5.0, **NIGHTS).with_beds(0))
    assert full[OPERATED_OUT] == 0
    assert full[CANCELLED_OUT] == 5 * WEEKS, "booked anew each week"
    assert waits(engine).all()
    assert (engine.waiting["due"] > 28).all()
    assert lived(ward(5, theatres=5.0).with_beds(0))[2][OPERATED_OUT] == 5


def test_one_bed_is_for_one_patient_at_a_time():
    b = ward(3, theatres=5.0, surgery_nights=1.0001, rebooked_days=1.0, **NIGHTS).with_beds(1)
    engine = b.engine()
    used = []
    engine.at_nightfall = lambda day, now: used.append(int(now.hospitals["occupied"][0]))
    planned = engine.month(0).planned.sum(axis=0)
    assert used[:4] == [1, 1, 1, 0], "one night each, one after the other"
    assert planned[[OPERATED_OUT, CANCELLED_OUT]].tolist() == [3, 2 + 1]


def test_operations_yield_to_people_who_wait_in_the_emergency_department():
    b = ward(5, theatres=5.0, **NIGHTS).with_beds(10)
    b.known.hospitals["boarding"] = 1  # of somebody whom nobody can give a bed
    _, _, planned = lived(b)
    assert planned[[OPERATED_OUT, CANCELLED_OUT]].tolist() == [0, 5 * WEEKS]


@pytest.mark.parametrize("state", [CaseState.HOME_ASSESSMENT, CaseState.HOME_PACKAGE, CaseState.REABLEMENT])
def test_whoever_waits_for_care_or_is_in_short_term_care_is_not_taken_in_and_not_counted_as_cancelled(state):
    b = ward(1, theatres=5.0, leave_wait_a_day=0.0, **NIGHTS).with_beds(10)
    b.cases = case(state, due=10**6, blocked=1)
    if state == CaseState.REABLEMENT:
        b.rows["care"] = Setting.REABLEMENT
        b.known.councils["reablement_used"][0] = 1
    b.known.councils["assessment_rate"] = b.known.councils["assessment_tokens"] = 0.0
    b.known.councils["gate"] = 1.0
    engine, _, planned = lived(b)
    assert planned[[OPERATED_OUT, CANCELLED_OUT]].tolist() == [0, 0]
    assert engine.cases["state"][: engine.n_cases].tolist() == [state]
    assert waits(engine).all()


def test_nobody_who_is_in_for_an_operation_has_an_emergency():
    b = ward(1, theatres=5.0, surgery_nights=1e6, **NIGHTS).with_beds(10)
    b.future = event(3)
    engine, (month,), _ = lived(b)
    assert month.out[:, : flow.ADMISSIONS_OUT].sum() == 0
    assert engine.cases["state"][: engine.n_cases].tolist() == [CaseState.SURGERY]


def test_whoever_is_in_hospital_keeps_the_place_in_line():
    b = ward(2, theatres=5.0)
    b.rows["care"][0] = record.IN_HOSPITAL
    engine, _, _ = lived(b)
    assert engine.waiting["person"].tolist() == [0]


# Day cases

SHARES = st.floats(0.0, 1.0)


@given(SHARES, SHARES, st.floats(0.01, 0.99))
def test_the_chance_of_a_night_gives_the_share_asked_for_and_is_the_usual_one_at_rest(major, share, of_major):
    """Of two kinds of operation, in any mix: the share without a night is the lever's."""
    usual, mix = np.array([major, 0.12]), np.array([of_major, 1.0 - of_major])
    at_rest = float((mix * (1.0 - usual)).sum())
    chances = np.array([night_chance(chance, share, at_rest) for chance in usual])
    assert float((mix * (1.0 - chances)).sum()) == pytest.approx(share, abs=1e-9)
    assert ((chances >= -1e-12) & (chances <= 1.0 + 1e-12)).all()
    assert night_chance(major, at_rest, at_rest) == major, "to the bit"


def test_raising_the_share_turns_nights_of_the_same_people_into_day_cases():
    """One draw each: who stays the night at a higher share also does at any lower one."""
    rules, hospital = rules_with(), bench(0.002).known.hospitals[0]
    stays = []
    for share in (0.0, 0.5, float(hospital.rest[Lever.DAY_CASES]), 0.95, 1.0):
        hospital.levers[Lever.DAY_CASES] = share
        stays.append({i for i in range(2000) if stays_the_night(i, 16 * 50 + REFERRED, OTHER if i % 3 else JOINT, hospital, rules, np.uint64(1))})
    assert [len(each) for each in stays[::4]] == [2000, 0]
    assert all(more > fewer for more, fewer in itertools.pairwise(stays))


@pytest.mark.parametrize(("share", "nights", "sign"), [(0.0, 5, 1), (1.0, 0, -1)])
def test_what_a_night_costs_its_payer_more_or_less_than_at_rest_is_noted(share, nights, sign):
    """At rest these operations on the joint are half with a night: where all or none are, the other half is the lever's doing."""
    b = ward(5, theatres=5.0, overnight_major=0.5).with_beds(10)
    at_rest = lived(b)[1][0].hospital_planned[0]
    assert len(lived(b)[1][0].notes) == 0
    b.known.hospitals["levers"][:, Lever.DAY_CASES] = share
    (month,) = lived(b)[1]
    assert month.hospital_planned[0, [HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS]].tolist() == [5 - nights, nights]
    turned = abs(nights - at_rest[HOSPITAL_ELECTIVE_STAYS])
    assert turned > 0
    notes, prices = month.notes, b.known.hospitals[0]
    assert len(notes) == turned
    assert (notes["pence"] == sign * (prices["elective_price"] - prices["day_case_price"])).all()
    assert set(notes["lever"]) == {Lever.DAY_CASES}
    assert set(notes["service"]) == {Service.ELECTIVE}
    assert set(notes["decider"]) == {b.rules.first_hospital}
    assert set(notes["payer"]) == {b.rules.first_consortium}


# At rest


def test_the_share_of_day_cases_at_rest_is_what_the_chances_of_a_night_come_to():
    state = starting_state(load_place("berkshire-west"), 0.1, Parameters())
    rules, hospitals = Parameters().planned, state.organisations.hospitals
    assert (hospitals["levers"] == hospitals["rest"]).all()
    level = hospitals["rest"][:, Lever.DAY_CASES]
    assert ((level > 1.0 - rules.overnight_major) & (level < 1.0 - rules.overnight_other)).all(), "between the two kinds"
    planned = sum(month.hospital_planned for month in state.year)
    done = planned[:, [HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS]].sum(axis=1)
    error = np.sqrt(level * (1 - level) / done)
    assert (abs(planned[:, HOSPITAL_DAY_CASES] / done - level) < 4.5 * error + 0.01).all(), "few are cancelled for want of a bed"


def test_at_rest_operations_are_as_many_as_published_and_waits_as_stated():
    """Expected operations of these people by age; false alarm below one in a thousand (and 5% of slack for what was solved elsewhere)."""
    engine = bench(0.1).engine()
    rows = engine.people.rows
    ages = np.clip(-rows["birth_month"].astype(int) // 12, 18, 110)
    published = np.interp(ages, [31, 55, 70, 80, 90], [105.0, 201.0, 335.0, 412.0, 289.0]) / 1000.0
    planned = sum(engine.month(number, clock=0).planned.sum(axis=0) for number in range(12))
    expected = published[rows["end_month"] > 5].sum()
    assert planned[OPERATED_OUT] == pytest.approx(expected, abs=3.3 * np.sqrt(2 * expected) + 0.05 * expected)
    rules = rules_with()
    weeks = planned[WAITED_OUT] / planned[OPERATED_OUT] / 7.0
    assert weeks == pytest.approx(rules.list_wait_weeks, rel=0.3)


def test_the_same_bits_in_any_order_of_runs():
    first, second = lived(bench(0.01), 3)[0], lived(bench(0.01), 3)[0]
    assert bits_of(first.waiting) == bits_of(second.waiting)
    assert not (first.waiting["stage"] == GONE).any()
    assert lived(bench(0.01), 1)[1][0].hospital_planned[:, HOSPITAL_VISITS].sum() > 0
