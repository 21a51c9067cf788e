"""Days in hospital and care: who waits for what, in which order, and what ends it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital import daily_flow as flow
from agents.hospital.daily_flow import (
    CASE,
    DISCHARGED_OUT,
    ENTRIES_OUT,
    INTERMEDIATE_OUT,
    REABLED_OUT,
    REFUSED_OUT,
    STARTED_OUT,
    follow_up,
)
from agents.patients import record
from agents.patients.living import COUNCIL, SELF
from agents.vocabulary import CaseState, Cause, Lever, Service, Setting
from tests.strategies import bench, bits_of, event, person, quiet_bench

CERTAIN = {
    "admission_spread": 1e-3,
    "crowding_threshold": 0.0,
    "direct_share": 0.0,
    "untreated_death": 0.0,
    "untreated_return": 0.0,
    "return_base": 0.0,
    "return_by_frailty": 0.0,
    "return_unready": 0.0,
}


def people(n: int = 1, **fields) -> np.ndarray:
    return np.concatenate([person(**fields) for _ in range(n)])


def waiting(state: CaseState, n: int = 1, **fields) -> np.ndarray:
    """A case of each of n people, in a state since day 0."""
    cases = np.zeros(n, dtype=CASE)
    cases["person"] = np.arange(n)
    cases["state"], cases["trigger"], cases["decider"] = state, 16 * 50 + np.arange(n), 65535
    cases["due"] = 0
    for name, value in fields.items():
        cases[name] = value
    return cases


def states(engine) -> dict[int, int]:
    cases = engine.cases[: engine.n_cases]
    return dict(zip(cases["person"].tolist(), cases["state"].tolist(), strict=True))


def setting(engine) -> np.ndarray:
    return engine.people.rows["care"] & record.SETTING_MASK


def contact(days_in: int = 3, severity: float = 0.9, **rules: float):
    """One person and one emergency."""
    b = quiet_bench(people(), **{**CERTAIN, **rules})
    b.future = event(days_in, severity=severity)
    return b


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


def test_nothing_happens_to_the_dead():
    b = contact()
    b.future = np.concatenate([event(2, kind=2), event(3), event(4, kind=1)])
    engine = b.engine()
    month = engine.month(0)
    assert engine.people.rows["end_month"][0] == 0
    assert len(month.journal) == engine.n_cases == 0
    assert engine.people.rows["days_at_home"][0] == 2


def test_a_death_in_hospital_closes_the_spell_on_its_day():
    b = contact()
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate([event(3), event(9, kind=2)])
    engine = b.engine()
    month = engine.month(0)
    assert [row["service"] for row in month.journal] == [Service.ATTENDANCE, Service.EMERGENCY_SPELL]
    assert engine.n_cases == engine.organisations.hospitals["occupied"].sum() == 0
    p = engine.people.rows[0]
    assert (p["days_at_home"], p["days_in_hospital"]) == (3, 6)


def test_days_beyond_the_trim_point_are_billed():
    b = contact()
    b.tables["stay_scale"] = 1000.0
    b.known.hospitals["trim_days"] = 4
    b.future = np.concatenate([event(3), event(13, kind=2)])
    month = b.engine().month(0)
    excess = month.journal[month.journal["service"] == Service.EXCESS_DAYS]
    assert excess["pence"].tolist() == [6 * b.known.hospitals["excess_price"][0]]
    assert month.hospital_out[:, flow.HOSPITAL_EXCESS_DAYS].sum() == 6


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


# Beds


def test_beds_go_to_those_who_wait_in_order():
    b = quiet_bench(people(4), **CERTAIN)
    b.tables["stay_scale"] = 1000.0
    b.known.hospitals["beds"], b.known.hospitals["escalation"] = 1, 0
    b.future = np.concatenate(
        [event(day, person=who, trigger=1600 + who) for day, who in ((2, 3), (4, 1), (6, 2))]
        + [event(10, kind=2, person=3)]
    )
    engine = b.engine()
    month = engine.month(0)
    assert states(engine) == {1: CaseState.ACUTE, 2: CaseState.BOARDING}
    boarded = month.out[:, flow.BOARDING_OUT].sum()
    assert boarded == (10 - 4) + (30 - 6)
    assert month.out[:, flow.BED_DAYS_OUT : flow.DELAYED_OUT].sum() == (10 - 2) + (30 - 4) + (30 - 6)


def test_escalation_beds_open_last_and_are_counted():
    b = quiet_bench(people(4), **CERTAIN)
    b.tables["stay_scale"] = 1000.0
    b.known.hospitals["beds"], b.known.hospitals["escalation"] = 1, 1
    b.future = np.concatenate([event(2, person=who, trigger=1600 + who) for who in range(4)])
    engine = b.engine()
    month = engine.month(0)
    assert sorted(states(engine).values()) == [CaseState.BOARDING] * 2 + [CaseState.ACUTE] * 2
    assert month.hospital_out[:, flow.HOSPITAL_ESCALATION_DAYS].tolist()[0] == 28


def test_a_crowded_hospital_sends_home_whom_it_would_else_admit():
    b = quiet_bench(people(4), **{**CERTAIN, "crowding_threshold": 1.0})
    b.tables["stay_scale"] = 1000.0
    b.known.hospitals["beds"], b.known.hospitals["escalation"] = 1, 0
    b.future = np.concatenate([event(2 + who, person=who, trigger=1600 + who) for who in range(4)])
    engine = b.engine()
    month = engine.month(0)
    assert states(engine) == {0: CaseState.ACUTE, 1: CaseState.BOARDING}
    assert month.out[:, flow.ATTENDED_OUT].sum() == 4
    assert engine.organisations.hospitals["boarding"].tolist()[0] == 1


# Waiting for care


def granted(n: int = 1, **fields) -> np.ndarray:
    """People of great need without money, help or a home of their own."""
    return people(
        n, **{"need_trait": 2000, "need": 1500, "frailty": 0.2, "frailty_trait": 2000, "capital": 0, **fields}
    )


def council_limits(b, **limits) -> None:
    for name, value in limits.items():
        b.known.councils[name] = value


def test_requests_are_assessed_in_the_order_of_the_line_as_far_as_there_are_assessors():
    b = quiet_bench(granted(20), reablement_share=0.0, leave_wait_a_day=0.0)
    b.cases = waiting(CaseState.HOME_ASSESSMENT, 20)
    council_limits(b, assessment_rate=0.25, assessment_tokens=0.0, start_rate=0.0, start_tokens=0.0)
    engine = b.engine()
    month = engine.month(0)
    after = states(engine)
    assessed = [who for who in range(20) if after.get(who) != CaseState.HOME_ASSESSMENT]  # the refused have left the line
    assert assessed == list(range(len(assessed)))
    tokens = 22 * 0.25 + 8 * 0.25 * b.rules.weekend_pace  # weekdays and weekend days of April 2014
    assert len(assessed) == month.out[:, flow.ASSESSED_OUT].sum() == int(tokens)


def test_people_in_hospital_come_before_people_at_home():
    b = quiet_bench(granted(2), reablement_share=0.0, leave_wait_a_day=0.0)
    b.rows["care"][1] = record.IN_HOSPITAL
    b.cases = waiting(CaseState.HOME_ASSESSMENT, 2)
    b.cases["state"][1] = CaseState.WAIT_ASSESSMENT
    b.known.hospitals["occupied"][0] = 1
    council_limits(b, assessment_rate=0.0, assessment_tokens=1.0, start_rate=0.0, start_tokens=0.0)
    engine = b.engine()
    engine.month(0)
    assert states(engine) == {0: CaseState.HOME_ASSESSMENT, 1: CaseState.WAIT_PACKAGE}


def test_a_package_starts_where_there_is_money_a_broker_and_a_round():
    def after(**limits) -> tuple[int, int]:
        b = quiet_bench(granted(), leave_wait_a_day=0.0)
        b.cases = waiting(CaseState.HOME_PACKAGE, package=700, funder=COUNCIL, blocked=1 if limits.get("gate") else 0)
        council_limits(b, **{"care_capacity": 10_000, "start_rate": 1.0, "start_tokens": 0.0, "gate": 0, **limits})
        engine = b.engine()
        month = engine.month(0)
        return int(engine.people.rows["package"][0]), int(month.out[:, STARTED_OUT].sum())

    assert after() == (700, 1)
    assert after(start_rate=0.0) == (0, 0)
    assert after(care_capacity=699) == (0, 0)
    assert after(care_capacity=700) == (700, 1)
    assert after(gate=1) == (0, 0)


def test_home_care_never_grows_beyond_what_the_market_holds():
    b = quiet_bench(granted(50), leave_wait_a_day=0.0)
    b.cases = waiting(CaseState.HOME_PACKAGE, 50, package=700, funder=COUNCIL)
    council_limits(b, care_capacity=5_000, start_rate=100.0)
    engine = b.engine()
    month = engine.month(0)
    assert month.out[:, STARTED_OUT].sum() == 7
    assert engine.organisations.councils["care_used"][0] == 4_900
    assert (np.flatnonzero(engine.people.rows["package"]) == np.arange(7)).all(), "in order"


def test_a_place_in_a_home_needs_a_vacancy():
    for places, entries in ((0.0, 0), (0.9, 0), (3.0, 3)):
        b = quiet_bench(granted(5), leave_wait_a_day=0.0, placement_chance=50.0)
        b.cases = waiting(CaseState.HOME_PLACEMENT, 5, funder=COUNCIL)
        council_limits(b, home_places=places)
        engine = b.engine()
        month = engine.month(0)
        assert month.out[:, ENTRIES_OUT].sum() == entries
        assert (
            (setting(engine) >= Setting.RESIDENTIAL).sum() == entries == engine.organisations.councils["home_used"][0]
        )


def test_who_is_not_eligible_is_refused_and_who_pays_arranges():
    b = quiet_bench(granted(2), eligible_hours=1e6)
    b.rows["capital"][1] = 10**6
    b.cases = waiting(CaseState.HOME_ASSESSMENT, 2)
    council_limits(b, assessment_rate=5.0, care_capacity=10**6)
    engine = b.engine()
    month = engine.month(0)
    rows = engine.people.rows
    assert month.out[:, REFUSED_OUT].sum() == 1
    assert rows["flags"][0] & record.REFUSED
    assert rows["package"][0] == 0
    if rows["package"][1] > 0:
        assert rows["care"][1] >> record.FUNDER_SHIFT & record.FUNDER_MASK == SELF


def wealthy(n: int, buys: float, state: CaseState = CaseState.HOME_ASSESSMENT, **fields):
    """People whose savings are beyond the means test, in the line for an assessment, after two months."""
    b = quiet_bench(granted(n, **{"capital": 10**6, **fields}), self_buys=buys, leave_wait_a_day=0.0)
    b.cases = waiting(state, n)
    council_limits(b, assessment_rate=1e3, start_rate=1e3, care_capacity=10**8, home_places=1e4)
    if state == CaseState.WAIT_ASSESSMENT:
        b.rows["care"] = record.IN_HOSPITAL
        b.known.hospitals["occupied"][0] = n
    engine = b.engine()
    months = [engine.month(number) for number in range(2)]
    return engine, months


@pytest.mark.parametrize("state", [CaseState.HOME_ASSESSMENT, CaseState.WAIT_ASSESSMENT])
def test_who_would_pay_buys_care_at_home_always_or_never(state):
    engine, _ = wealthy(40, 1.0, state)
    rows = engine.people.rows
    short = rows["need"] > rows["informal"] + 60.0  # of the others, family does all or nearly all
    assert short.sum() > 30
    assert (rows["package"][short] > 0).all()
    assert (rows["care"][short] >> record.FUNDER_SHIFT & record.FUNDER_MASK == SELF).all()
    assert not (rows["flags"] & record.REFUSED).any()
    engine, months = wealthy(40, 0.0, state)
    rows = engine.people.rows
    assert (rows["package"] == 0).all()
    assert (rows["flags"] & record.REFUSED).all(), "nobody asks again at once"
    assert (rows["care"] == 0).all(), "and nobody stays in hospital for it"
    assert engine.n_cases == 0
    assert sum(month.out[:, REFUSED_OUT].sum() for month in months) == 0, "the council has refused nobody"


def test_the_share_who_buy_is_the_rules():
    """Of 2,000, within four standard errors: false alarm once in 16,000."""
    n, share = 2000, 0.3
    engine, _ = wealthy(n, share)
    rows = engine.people.rows
    short = rows["need"] > rows["informal"]
    bought = (rows["package"][short] > 0).mean()
    assert abs(bought - share) < 4 * np.sqrt(share * (1 - share) / short.sum())


def test_whoever_must_move_into_a_home_and_can_pay_does_so_though_nobody_buys_care_at_home():
    great = {"need_trait": 4000, "need": 4000, "frailty": 0.6, "frailty_trait": 6000}
    engine, _ = wealthy(20, 0.0, **great)
    rows = engine.people.rows
    moved = rows["care"] & record.SETTING_MASK >= Setting.RESIDENTIAL
    assert moved.any()
    assert (rows["care"][moved] >> record.FUNDER_SHIFT & record.FUNDER_MASK == SELF).all()
    at_home = ~moved & ((rows["flags"] & record.REFUSED) != 0)
    assert (rows["informal"][at_home] > 0).all(), "only where family can"


def test_who_has_moved_into_a_home_by_the_day_of_the_request_asks_for_nothing():
    """The request was made while the person waited elsewhere; a resident needs no second place."""
    b = quiet_bench(granted(care=Setting.RESIDENTIAL | COUNCIL << record.FUNDER_SHIFT, flags=record.ASKED))
    b.future = event(3, kind=1)
    council_limits(b, assessment_rate=5.0, home_places=10.0)
    engine = b.engine()
    month = engine.month(0)
    assert engine.n_cases == 0
    assert month.out[:, flow.ASSESSED_OUT].sum() == month.out[:, ENTRIES_OUT].sum() == 0
    assert engine.organisations.councils["home_used"][0] == 1
    assert not engine.people.rows["flags"][0] & record.ASKED


def test_reablement_comes_first_where_there_is_a_place_and_restores_part_of_what_was_lost():
    b = quiet_bench(granted(3, frailty=0.3), reablement_share=1.0, placement_frailty=1.0)
    b.cases = waiting(CaseState.HOME_ASSESSMENT, 3)
    council_limits(b, assessment_rate=5.0, reablement_places=2.0, start_rate=5.0, care_capacity=10**6)
    engine = b.engine()
    month = engine.month(0)
    assert month.out[:, REABLED_OUT].sum() == 2 == engine.organisations.councils["reablement_used"][0]
    for number in (1, 2):
        engine.month(number)
    after = engine.people.rows["frailty"] - engine.people.rows["frailty_trait"] * 1e-4
    assert after[:2] == pytest.approx(0.1 * (1 - b.rules.reablement_restores), abs=1e-5)
    assert after[2] == pytest.approx(0.1, abs=1e-5)
    assert engine.organisations.councils["reablement_used"][0] == 0


def test_waiting_ends_without_care_for_some():
    b = quiet_bench(granted(300), leave_wait_a_day=0.05)
    b.cases = waiting(CaseState.HOME_ASSESSMENT, 300)
    council_limits(b, assessment_rate=0.0, assessment_tokens=0.0)
    engine = b.engine()
    month = engine.month(0)
    left = month.out[:, flow.GAVE_UP_WAITING_OUT].sum()
    assert left == 300 - engine.n_cases
    expected = 300 * (1 - np.exp(-0.05 * 29))
    assert abs(left - expected) < 4 * np.sqrt(300 * 0.25)


# Leaving hospital


def on_the_ward(state: CaseState = CaseState.ACUTE, **fields):
    b = quiet_bench(granted(), leave_wait_a_day=0.0, **{**CERTAIN, "need_from_illness": 0.0, "deconditioning": 0.0})
    b.rows["care"] = record.IN_HOSPITAL
    b.known.hospitals["occupied"][0] = 1
    b.cases = waiting(state, **fields)
    return b


def test_without_need_people_go_home_when_they_are_fit():
    b = on_the_ward(due=5)
    b.rows["need"], b.rows["need_trait"] = 0, -5000
    month = b.engine().month(0)
    assert month.out[:, DISCHARGED_OUT].sum() == 1
    assert month.out[:, flow.BED_DAYS_OUT : flow.DELAYED_OUT].sum() == 5
    assert month.out[:, flow.DELAYED_OUT : flow.BOARDING_OUT].sum() == 0


def test_recovery_moves_out_of_the_bed_where_intermediate_care_has_a_place():
    for places, moved in ((1.0, 1), (0.0, 0)):
        b = on_the_ward(due=2, recovery=10, recovery_at_rest=10, recovery_all=30)
        b.known.consortia["intermediate_places"] = places
        council_limits(b, assessment_rate=0.0, assessment_tokens=0.0)
        engine = b.engine()
        month = engine.month(0)
        assert month.out[:, INTERMEDIATE_OUT].sum() == moved == engine.organisations.consortia["intermediate_used"][0]
        further = month.out[:, flow.DELAYED_OUT + flow.REASON_FURTHER_NHS].sum()
        assert (further > 0) == (not moved)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (CaseState.WAIT_ASSESSMENT, flow.REASON_ASSESSMENT),
        (CaseState.WAIT_PACKAGE, flow.REASON_PACKAGE),
        (CaseState.WAIT_PLACEMENT, flow.REASON_PLACEMENT),
    ],
)
def test_each_wait_is_counted_under_its_reason(state, reason):
    b = on_the_ward(state, package=700, funder=COUNCIL)
    council_limits(b, assessment_rate=0.0, assessment_tokens=0.0, start_rate=0.0, start_tokens=0.0, home_places=0.0)
    month = b.engine().month(0)
    delayed = month.out[:, flow.DELAYED_OUT : flow.BOARDING_OUT].sum(axis=0)
    assert delayed[reason] == delayed.sum() == 30


def test_a_package_is_kept_for_some_days_and_then_lost():
    for due, kept in ((10, True), (20, False)):
        b = on_the_ward(due=due)
        b.rows["package"], b.rows["care"] = 700, record.IN_HOSPITAL | COUNCIL << record.FUNDER_SHIFT
        b.rows["birth_month"] = -12 * 80 - 5  # no review in these months
        council_limits(b, assessment_rate=0.0, assessment_tokens=0.0)
        engine = b.engine()
        engine.month(0)
        assert bool(engine.people.rows["package"][0]) == kept
        assert engine.organisations.councils["care_used"][0] == (700 if kept else 0)


def test_readiness_asked_for_moves_recovery_into_the_bed():
    """The same emergencies: more readiness, more days in bed, fewer returns, on average."""
    nights, back = [], []
    for readiness in (0.0, 0.6, 1.0):
        b = bench(0.02, return_unready=0.5)
        b.known.hospitals["levers"][:, Lever.DISCHARGE_READINESS] = readiness
        b.known.hospitals["beds"] = 10**6
        b.known.consortia["intermediate_places"] = 0.0
        engine = b.engine()
        months = [engine.month(number) for number in range(6)]
        stays = sum(int(month.out[:, DISCHARGED_OUT].sum()) for month in months)
        nights.append(
            sum(
                int(
                    month.out[:, flow.BED_DAYS_OUT : flow.DELAYED_OUT].sum()
                    - month.out[:, flow.DELAYED_OUT : flow.BOARDING_OUT].sum()
                )
                for month in months
            )
            / stays
        )
        back.append(sum(int(month.out[:, flow.CONTACTS_OUT + Cause.RETURN].sum()) for month in months) / stays)
    assert nights == sorted(nights)
    assert nights[0] < nights[-1]
    assert back[0] > back[-1]


# The calendar


def test_what_lies_in_later_months_waits_for_them():
    b = contact()
    b.future = np.concatenate([event(3, severity=0.3), event(35, severity=0.3, trigger=1700)])
    engine = b.engine()
    assert engine.month(0).out[:, : flow.ADMISSIONS_OUT].sum() == 1
    assert engine.future["day"].tolist() == [35]
    assert engine.month(1).out[:, : flow.ADMISSIONS_OUT].sum() == 1
    assert len(engine.future) == 0


def test_the_order_in_which_events_were_found_does_not_matter():
    """Within a day the priority draw decides, not the order of the buffer."""
    b = quiet_bench(people(30), **CERTAIN)
    b.known.hospitals["beds"], b.known.hospitals["escalation"] = 3, 0
    found = np.concatenate(
        [event(2 + who % 5, person=who, trigger=1600 + who, priority=(who * 2654435761) % 2**32) for who in range(30)]
    )
    results = []
    for order in (np.arange(30), np.arange(30)[::-1], np.random.default_rng(1).permutation(30)):
        b.future = found[order]
        engine = b.engine()
        engine.month(0)
        results.append((bits_of(engine.people.rows), bits_of(engine.cases[: engine.n_cases])))
    assert results[0] == results[1] == results[2]
