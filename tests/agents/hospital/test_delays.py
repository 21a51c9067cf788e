"""Delays as the national return counts them: the reason, the body that is held responsible, and what is recorded."""

import calendar
import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital import state as flow
from agents.hospital.daily_flow import is_snapshot
from agents.hospital.delays import NOT_DELAYED, delay_reason, responsible_body
from agents.patients import record
from agents.patients.living import COUNCIL, NHS_PAYS, NOBODY, SELF
from agents.vocabulary import N_REASONS, N_RESPONSIBLE, CaseState, Reason, Responsible
from model.engine import Calendar
from tests.agents.hospital.few_people import (
    WAITS_ON_A_WARD,
    emergencies,
    granted,
    near,
    nobody_to_help,
    on_the_ward,
    waiting,
)
from tests.strategies import bench, person, rules_with

REASONS = {
    CaseState.WAIT_FURTHER_NHS: Reason.FURTHER_NHS,
    CaseState.WAIT_PLANNING: Reason.ASSESSMENT,
    CaseState.WAIT_ASSESSMENT: Reason.ASSESSMENT,
    CaseState.WAIT_FUNDING: Reason.FUNDING,
    CaseState.WAIT_DISPUTE: Reason.DISPUTES,
    CaseState.WAIT_PACKAGE: Reason.PACKAGE,
    CaseState.WAIT_PLACEMENT: Reason.RESIDENTIAL,
    CaseState.WAIT_CHOICE: Reason.CHOICE,
    CaseState.WAIT_EQUIPMENT: Reason.EQUIPMENT,
    CaseState.WAIT_HOUSING: Reason.HOUSING,
}
NHS, SOCIAL_CARE, BOTH = Responsible.NHS, Responsible.SOCIAL_CARE, Responsible.BOTH


def by_reason(month) -> np.ndarray:
    return month.out[:, flow.DELAYED_OUT : flow.RECORDED_OUT].sum(axis=0)


def by_body(month, first: int) -> np.ndarray:
    """Counts of shape (reasons, bodies) whose columns begin at `first`."""
    return month.out[:, first : first + N_REASONS * N_RESPONSIBLE].sum(axis=0).reshape(N_REASONS, N_RESPONSIBLE)


# The reason


def test_every_wait_on_a_ward_has_a_reason_and_no_other_state_has_one():
    rules = rules_with()
    p = person(need=1500)[0]
    for state in CaseState:
        case = waiting(state, funder=COUNCIL)[0]
        expected = REASONS[state] if state in WAITS_ON_A_WARD else NOT_DELAYED
        assert delay_reason(case, p, rules) == expected, state.name
    assert set(REASONS) == set(WAITS_ON_A_WARD)


def test_whoever_waits_for_the_councils_money_waits_for_funding():
    rules = rules_with()
    p = person(need=1500)[0]
    for state in (CaseState.WAIT_PACKAGE, CaseState.WAIT_PLACEMENT):
        assert delay_reason(waiting(state, funder=COUNCIL, blocked=1)[0], p, rules) == Reason.FUNDING
    assert delay_reason(waiting(CaseState.WAIT_CHOICE, funder=SELF, blocked=1)[0], p, rules) == Reason.CHOICE


@given(st.integers(0, 6000))
def test_a_place_is_with_nursing_beyond_a_need(need):
    rules = rules_with()
    reason = delay_reason(waiting(CaseState.WAIT_PLACEMENT)[0], person(need=need)[0], rules)
    assert reason == (Reason.NURSING if need > 60.0 * rules.nursing_need_hours else Reason.RESIDENTIAL)


@pytest.mark.parametrize("state", WAITS_ON_A_WARD, ids=lambda state: state.name)
def test_each_wait_is_counted_under_its_reason(state):
    b = nobody_to_help(on_the_ward(state, due=10**6, package=700, funder=COUNCIL, recovery=10**4, recorded=1))
    month = b.engine().month(0)
    delayed = by_reason(month)
    assert delayed[REASONS[state]] == delayed.sum() == 30
    assert by_body(month, flow.RECORDED_OUT)[REASONS[state]].sum() == by_body(month, flow.RECORDED_OUT).sum() == 30


# The body


@pytest.mark.parametrize(
    ("state", "reason", "funder", "alone", "joint"),
    [
        (CaseState.WAIT_FURTHER_NHS, Reason.FURTHER_NHS, NOBODY, NHS, NHS),
        (CaseState.WAIT_PLANNING, Reason.ASSESSMENT, NOBODY, NHS, BOTH),
        (CaseState.WAIT_ASSESSMENT, Reason.ASSESSMENT, NOBODY, SOCIAL_CARE, BOTH),
        (CaseState.WAIT_FUNDING, Reason.FUNDING, NOBODY, NHS, BOTH),
        (CaseState.WAIT_PACKAGE, Reason.FUNDING, COUNCIL, SOCIAL_CARE, BOTH),
        (CaseState.WAIT_DISPUTE, Reason.DISPUTES, NOBODY, NHS, SOCIAL_CARE),
        (CaseState.WAIT_PACKAGE, Reason.PACKAGE, COUNCIL, SOCIAL_CARE, BOTH),
        (CaseState.WAIT_PACKAGE, Reason.PACKAGE, NHS_PAYS, NHS, NHS),
        (CaseState.WAIT_PLACEMENT, Reason.RESIDENTIAL, COUNCIL, SOCIAL_CARE, SOCIAL_CARE),
        (CaseState.WAIT_PLACEMENT, Reason.NURSING, COUNCIL, SOCIAL_CARE, BOTH),
        (CaseState.WAIT_PLACEMENT, Reason.NURSING, NHS_PAYS, NHS, NHS),
        (CaseState.WAIT_PLACEMENT, Reason.RESIDENTIAL, SELF, NHS, NHS),
        (CaseState.WAIT_CHOICE, Reason.CHOICE, SELF, NHS, NHS),
        (CaseState.WAIT_CHOICE, Reason.CHOICE, COUNCIL, SOCIAL_CARE, SOCIAL_CARE),
        (CaseState.WAIT_CHOICE, Reason.CHOICE, NOBODY, NHS, NHS),
        (CaseState.WAIT_EQUIPMENT, Reason.EQUIPMENT, NOBODY, NHS, BOTH),
        (CaseState.WAIT_HOUSING, Reason.HOUSING, NOBODY, NHS, NHS),
    ],
)
def test_the_body_that_answers(state, reason, funder, alone, joint):
    for together, body in ((0, alone), (1, joint)):
        assert responsible_body(waiting(state, funder=funder, joint=together)[0], reason) == body


@given(st.sampled_from(WAITS_ON_A_WARD), st.sampled_from(list(Reason)), st.integers(0, 3), st.integers(0, 1))
def test_some_body_always_answers(state, reason, funder, joint):
    assert responsible_body(waiting(state, funder=funder, joint=joint)[0], reason) in set(Responsible)


# What is recorded


def admitted(n: int, **rules: float):
    """Cases of n people admitted on one day, who stay."""
    b = emergencies(n, **rules)
    b.tables["stay_scale"] = 1e5
    engine = b.engine()
    engine.month(0)
    cases = engine.cases[: engine.n_cases]
    assert len(cases) > 0.9 * n
    return cases


@pytest.mark.parametrize("ratio", [1.5, 2.7])
def test_one_stay_in_so_many_is_recorded(ratio):
    n = 4000
    cases = admitted(n, recording_ratio=ratio)
    assert near(cases["recorded"].sum(), len(cases), 1.0 / ratio)


def test_everybody_is_recorded_where_the_return_counts_all():
    assert (admitted(100, recording_ratio=1.0)["recorded"] == 1).all()


def test_the_share_arranged_together_is_the_rules():
    n, share = 4000, 0.25
    cases = admitted(n, joint_arrangements=share)
    assert near(cases["joint"].sum(), len(cases), share)
    assert near((cases["joint"] & cases["recorded"]).sum(), len(cases), share / rules_with().recording_ratio), (
        "independent"
    )


def test_recorded_and_unrecorded_days_are_all_days():
    n = 60
    b = nobody_to_help(on_the_ward(CaseState.WAIT_PACKAGE, n, due=10**6, package=700, funder=COUNCIL))
    b.cases["recorded"] = np.arange(n) % 3 == 0
    b.cases["state"] = np.array(WAITS_ON_A_WARD)[np.arange(n) % len(WAITS_ON_A_WARD)]
    b.cases["recovery"] = 10**4
    month = b.engine().month(0)
    true = np.bincount([REASONS[CaseState(state)] for state in b.cases["state"]], minlength=N_REASONS)
    recorded = np.bincount(
        [REASONS[CaseState(state)] for state in b.cases["state"][b.cases["recorded"] == 1]], minlength=N_REASONS
    )
    assert (by_reason(month) == 30 * true).all()
    assert (by_body(month, flow.RECORDED_OUT).sum(axis=1) == 30 * recorded).all()
    assert (by_body(month, flow.SNAPSHOT_OUT).sum(axis=1) == recorded).all(), "the month's one snapshot"


def test_where_all_is_recorded_the_return_is_the_truth():
    engine = bench(0.02, recording_ratio=1.0).without_cases().engine()
    months = [engine.month(number) for number in range(4)]
    for month in months:
        true = month.out[:, flow.DELAYED_OUT : flow.RECORDED_OUT]
        returned = month.out[:, flow.RECORDED_OUT : flow.SNAPSHOT_OUT].reshape(-1, N_REASONS, N_RESPONSIBLE)
        assert (true == returned.sum(axis=2)).all()
    assert sum(by_reason(month).sum() for month in months) > 0


# The snapshot


@pytest.mark.parametrize("year", range(2012, 2026))
def test_the_snapshot_is_taken_on_the_last_thursday_of_each_month(year):
    for month in range(1, 13):
        days = calendar.monthrange(year, month)[1]
        taken = [
            day for day in range(1, days + 1)
            if is_snapshot(day - 1, days, datetime.date(year, month, day).weekday())
        ]  # fmt: skip
        thursdays = [week[calendar.THURSDAY] for week in calendar.monthcalendar(year, month) if week[calendar.THURSDAY]]
        assert taken == thursdays[-1:]


def test_the_snapshot_counts_who_is_delayed_on_that_night():
    """In a run of a year and more, each month, by body."""
    b = bench(0.02)
    engine = b.engine()
    months = Calendar("2014-04")
    seen: dict[int, np.ndarray] = {}

    def look(day, now):
        date = months.origin + datetime.timedelta(days=int(day))
        last = calendar.monthrange(date.year, date.month)[1]
        if date.weekday() != calendar.THURSDAY or date.day + 7 <= last:
            return
        counted = np.zeros((N_REASONS, N_RESPONSIBLE), dtype=np.int64)
        for case in now.cases[: now.size[0]]:
            reason = delay_reason(case, now.rows[case["person"]], b.rules)
            if case["recorded"] and reason != NOT_DELAYED:
                counted[reason, responsible_body(case, reason)] += 1
        number = (date.year - 2014) * 12 + date.month - 4
        assert number not in seen
        seen[number] = counted

    engine.at_nightfall = look
    for number in range(14):
        month = engine.month(number)
        assert (by_body(month, flow.SNAPSHOT_OUT) == seen[number]).all()
    assert sum(counted.sum() for counted in seen.values()) > 10


def test_whoever_waits_at_home_or_is_not_fit_is_no_delay():
    for state in (CaseState.ACUTE, CaseState.SURGERY, CaseState.BOARDING):
        b = nobody_to_help(on_the_ward(state, due=10**6, recorded=1))
        b.known.hospitals["escalation"] = 0
        if state == CaseState.BOARDING:
            b.with_beds(0)
        assert by_reason(b.engine().month(0)).sum() == 0
    rows = granted(1)
    assert not rows["care"][0] & record.IN_HOSPITAL
