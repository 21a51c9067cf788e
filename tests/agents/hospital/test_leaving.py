"""The way out: each wait with its own queue, capacity and owner, and what ends it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital import state as flow
from agents.hospital.leaving import arranging_days, held_back
from agents.hospital.state import AGREED, REFUSED, UNDECIDED
from agents.patients import record
from agents.patients.living import (
    COUNCIL,
    COUNCIL_CARE,
    DEAR_PENCE,
    N_TOTALS,
    NHS_PAYS,
    NURSING_COUNCIL,
    RESIDENTIAL_COUNCIL,
    SELF,
    TURNED_HOME_PENCE,
    TURNED_MINUTES,
    TURNED_NURSING,
    TURNED_RESIDENT_PENCE,
    TURNED_RESIDENTIAL,
)
from agents.patients.seeking import FOLLOW_UP
from agents.vocabulary import CaseState, Lever, Reason, Service, Setting, Ward
from tests.agents.hospital.few_people import (
    CERTAIN,
    IN_HOSPITAL_STATES,
    WAITS_AT_HOME,
    at_home,
    council_limits,
    funder,
    granted,
    near,
    nobody_to_help,
    on_the_ward,
    people,
    setting,
    states,
    waiting,
)
from tests.strategies import event, quiet_bench, rules_with

GREAT = {"need_trait": 4000, "need": 4000, "frailty": 0.3, "frailty_trait": 3000, "flags": record.CARER_BROKEN}
"""Great need, and nobody in the family who could meet it, in somebody who can be looked after at home."""
TO_A_HOME = {"need_trait": 4000, "need": 2500, "frailty": 0.6, "frailty_trait": 6000}


def out(month, column: int) -> int:
    return int(month.out[:, column].sum())


def delayed(month, reason: Reason) -> int:
    return out(month, flow.DELAYED_OUT + reason)


def watched(engine, look) -> None:
    """Show `look` each nightfall's day and open cases."""

    def nightfall(day, now):
        cases = now.cases[: now.size[0]]
        look(int(day), cases[cases["state"] != CaseState.CLOSED])

    engine.at_nightfall = nightfall


# Arranging takes time


@given(st.floats(0.1, 100.0), st.floats(1e-9, 1.0, exclude_max=True), st.floats(1e-9, 1.0, exclude_max=True))
def test_arranging_takes_whole_days_and_one_draw_says_how_many(mean, a, b):
    low, high = sorted((a, b))
    assert 0 <= arranging_days(mean, high) <= arranging_days(mean, low) <= 30000
    assert arranging_days(0.0, low) == 0


def test_arranging_takes_the_stated_mean():
    """Whole days from 0 on, of any mean."""
    u = (np.arange(100_000) + 0.5) / 100_000
    for mean in (1.0, 4.0, 20.0):
        assert np.mean([arranging_days(mean, x) for x in u]) == pytest.approx(mean, rel=2e-3)


# Fit to leave


def test_without_need_people_go_home_when_they_are_fit():
    b = on_the_ward(due=5)
    b.rows["need"], b.rows["need_trait"] = 0, -5000
    month = b.engine().month(0)
    assert out(month, flow.DISCHARGED_OUT) == 1
    assert month.out[:, flow.BED_DAYS_OUT : flow.DELAYED_OUT].sum() == 5
    assert month.out[:, flow.DELAYED_OUT : flow.RECORDED_OUT].sum() == 0


@pytest.mark.parametrize("days", [0.0, 30.0])
def test_with_need_a_discharge_is_planned_assessed_and_arranged_in_that_order(days):
    """What takes no time is done on the same day."""
    rules = {"planning_days": days, "assessment_days": days, "package_days": 30.0, "reablement_share": 0.0}
    b = on_the_ward(due=2, rules=rules)
    council_limits(b, assessment_rate=5.0, start_rate=5.0, care_capacity=10**6)
    b.known.hospitals["coordination_rate"] = 5.0
    engine = b.engine()
    found: list[int] = []
    watched(engine, lambda day, cases: found.extend(cases["state"].tolist()))
    months = [engine.month(number) for number in range(12)]
    order = [CaseState.ACUTE, CaseState.WAIT_PLANNING, CaseState.WAIT_ASSESSMENT, CaseState.WAIT_PACKAGE]
    assert list(dict.fromkeys(found)) == (order if days else [CaseState.ACUTE, CaseState.WAIT_PACKAGE])
    for column in (flow.ASSESSED_OUT, flow.GRANTED_OUT, flow.STARTED_OUT):
        assert sum(out(month, column) for month in months) == 1
    assert sum(month.hospital_out[0, flow.HOSPITAL_PLANNED_DISCHARGES] for month in months) == 1
    assert engine.people.rows["package"][0] > 0
    assert funder(engine)[0] == COUNCIL
    assert not engine.people.rows["care"][0] & record.IN_HOSPITAL


def test_recovery_moves_out_of_the_bed_where_intermediate_care_has_a_place():
    for places, moved in ((1.0, 1), (0.0, 0)):
        b = nobody_to_help(on_the_ward(due=2, recovery=10, recovery_at_rest=10, recovery_all=30))
        b.known.consortia["intermediate_places"] = places
        engine = b.engine()
        month = engine.month(0)
        assert out(month, flow.INTERMEDIATE_OUT) == moved == engine.organisations.consortia["intermediate_used"][0]
        assert delayed(month, Reason.FURTHER_NHS) == (0 if moved else 10)


def test_a_package_is_kept_for_some_days_and_then_lost():
    for due, kept in ((10, True), (20, False)):
        b = nobody_to_help(on_the_ward(due=due))
        b.rows["package"], b.rows["care"] = 700, record.IN_HOSPITAL | COUNCIL << record.FUNDER_SHIFT
        b.rows["birth_month"] = -12 * 80 - 5  # no review in these months
        engine = b.engine()
        engine.month(0)
        assert bool(engine.people.rows["package"][0]) == kept
        assert engine.organisations.councils["care_used"][0] == (700 if kept else 0)


# Equipment and housing


@pytest.mark.parametrize(
    ("name", "days", "reason", "state"),
    [
        ("equipment", 4.0, Reason.EQUIPMENT, CaseState.WAIT_EQUIPMENT),
        ("housing", 20.0, Reason.HOUSING, CaseState.WAIT_HOUSING),
    ],
)
def test_some_who_need_no_care_wait_for_equipment_or_for_somewhere_to_go(name, days, reason, state):
    """As many as stated, for as long as stated: the sum of waits within four standard errors."""
    n, share = 2000, 0.4
    rules = {f"{name}_share": share, f"{name}_days": days}
    for factor in (1.0, 2.0):
        b = on_the_ward(n=n, rows=people(n, need=400, need_trait=900), rules=rules)
        b.tables["wait"] = factor
        engine = b.engine()
        first: list[int] = []
        watched(engine, lambda day, cases, first=first: first.append((cases["state"] == state).sum()))
        months = [engine.month(number) for number in range(14)]
        assert engine.n_cases == 0
        waited = sum(delayed(month, reason) for month in months)
        mean = 1 / math.expm1(1 / (days * factor))
        spread = math.sqrt(share * n * (mean * (mean + 1) + mean**2))
        assert abs(waited - share * n * mean) < 4 * spread + 4 * math.sqrt(share * (1 - share) * n) * mean
        at_once = share * (1 - math.exp(-1 / (days * factor)))  # less than a day: home at the next round
        assert near(first[0], n, share) or near(first[0], n, share - at_once)
        assert sum(month.out[:, flow.DELAYED_OUT : flow.RECORDED_OUT].sum() for month in months) == waited


def test_who_has_a_partner_or_a_home_or_lives_in_a_care_home_has_somewhere_to_go():
    for fields in ({"person": record.PARTNER}, {"person": record.OWNER}, {"care": Setting.RESIDENTIAL}):
        b = on_the_ward(rows=people(need=400, need_trait=900, **fields), rules={"housing_share": 1.0})
        assert delayed(b.engine().month(0), Reason.HOUSING) == 0
    b = on_the_ward(rows=people(need=0, need_trait=-9000), rules={"equipment_share": 1.0})
    assert delayed(b.engine().month(0), Reason.EQUIPMENT) == 0, "no need, no equipment"


# Discharge planning


def test_without_coordinators_nobody_moves_on():
    b = on_the_ward(CaseState.WAIT_PLANNING, 10)
    b.known.hospitals["coordination_rate"] = b.known.hospitals["coordination_tokens"] = 0.0
    council_limits(b, assessment_rate=100.0, start_rate=100.0, care_capacity=10**6)
    engine = b.engine()
    month = engine.month(0)
    assert set(states(engine).values()) == {CaseState.WAIT_PLANNING}
    assert delayed(month, Reason.ASSESSMENT) == 10 * 30
    assert month.hospital_out[0, flow.HOSPITAL_PLANNED_DISCHARGES] == 0


def test_coordinators_plan_as_many_discharges_as_they_can_in_the_order_of_the_line():
    b = nobody_to_help(on_the_ward(CaseState.WAIT_PLANNING, 20))
    b.known.hospitals["coordination_rate"] = 0.25
    engine = b.engine()
    month = engine.month(0)
    planned = [who for who, state in states(engine).items() if state == CaseState.WAIT_ASSESSMENT]
    work = 22 * 0.25 + 8 * 0.25 * b.rules.weekend_pace  # weekdays and weekend days of April 2014
    assert planned == list(range(int(work)))
    assert month.hospital_out[0, flow.HOSPITAL_PLANNED_DISCHARGES] == int(work)
    assert engine.organisations.hospitals["coordination_tokens"][0] == pytest.approx(work - int(work))


def test_little_of_a_coordinators_work_can_be_saved_up():
    b = nobody_to_help(on_the_ward(CaseState.WAIT_PLANNING, 20, due=25))
    b.known.hospitals["coordination_rate"] = 0.25
    engine = b.engine()
    assert engine.month(0).hospital_out[0, flow.HOSPITAL_PLANNED_DISCHARGES] <= 3 * 0.25 + 1 + 5 * 0.25


# Assessment


def test_requests_are_assessed_in_the_order_of_the_line_as_far_as_there_are_assessors():
    b = at_home(CaseState.HOME_ASSESSMENT, 20)
    council_limits(b, assessment_rate=0.25, assessment_tokens=0.0, start_rate=0.0, start_tokens=0.0)
    engine = b.engine()
    month = engine.month(0)
    after = states(engine)
    assessed = [
        who for who in range(20) if after.get(who) != CaseState.HOME_ASSESSMENT
    ]  # the refused have left the line
    assert assessed == list(range(len(assessed)))
    tokens = 22 * 0.25 + 8 * 0.25 * b.rules.weekend_pace  # weekdays and weekend days of April 2014
    assert len(assessed) == out(month, flow.ASSESSED_OUT) == int(tokens)


def test_a_social_worker_comes_once_the_assessment_is_arranged():
    for due in (0, 7):
        b = on_the_ward(CaseState.WAIT_ASSESSMENT, due=due)
        council_limits(
            b, assessment_rate=10.0, assessment_tokens=5.0, start_rate=0.0, start_tokens=0.0, reablement_places=0.0
        )
        engine = b.engine()
        found = []
        watched(engine, lambda day, cases, found=found: found.append(int(cases["state"][0])))
        engine.month(0)
        assert found.index(CaseState.WAIT_PACKAGE) == due


def test_who_is_not_eligible_is_refused_and_who_pays_arranges():
    b = quiet_bench(granted(2), eligible_hours=1e6)
    b.rows["capital"][1] = 10**6
    b.cases = waiting(CaseState.HOME_ASSESSMENT, 2)
    council_limits(b, assessment_rate=5.0, care_capacity=10**6)
    engine = b.engine()
    month = engine.month(0)
    rows = engine.people.rows
    assert out(month, flow.REFUSED_OUT) == 1
    assert rows["flags"][0] & record.REFUSED
    assert rows["package"][0] == 0
    if rows["package"][1] > 0:
        assert funder(engine)[1] == SELF


def test_who_has_moved_into_a_home_by_the_day_of_the_request_asks_for_nothing():
    """The request was made while the person waited elsewhere; a resident needs no second place."""
    b = quiet_bench(granted(care=Setting.RESIDENTIAL | COUNCIL << record.FUNDER_SHIFT, flags=record.ASKED))
    b.future = event(3, kind=1)
    council_limits(b, assessment_rate=5.0, home_places=10.0)
    engine = b.engine()
    month = engine.month(0)
    assert engine.n_cases == 0
    assert out(month, flow.ASSESSED_OUT) == out(month, flow.ENTRIES_OUT) == 0
    assert engine.organisations.councils["home_used"][0] == 1
    assert not engine.people.rows["flags"][0] & record.ASKED


# People who pay for themselves


def wealthy(n: int, buys: float, state: CaseState = CaseState.HOME_ASSESSMENT, **fields):
    """People whose savings are beyond the means test, in the line for an assessment, after two months."""
    b = quiet_bench(granted(n, **{"capital": 10**6, **fields}), **CERTAIN, self_buys=buys)
    b.cases = waiting(state, n)
    b.in_beds()
    council_limits(b, assessment_rate=1e3, start_rate=1e3, care_capacity=10**8, home_places=1e4)
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
    assert (funder(engine)[short] == SELF).all()
    assert not (rows["flags"] & record.REFUSED).any()
    engine, months = wealthy(40, 0.0, state)
    rows = engine.people.rows
    assert (rows["package"] == 0).all()
    assert (rows["flags"] & record.REFUSED).all(), "nobody asks again at once"
    assert (rows["care"] == 0).all(), "and nobody stays in hospital for it"
    assert engine.n_cases == 0
    assert sum(out(month, flow.REFUSED_OUT) for month in months) == 0, "the council has refused nobody"


def test_the_share_who_buy_is_the_rules():
    """Of 2,000, within four standard errors: false alarm once in 16,000."""
    n, share = 2000, 0.3
    engine, _ = wealthy(n, share)
    rows = engine.people.rows
    short = rows["need"] > rows["informal"]
    assert near((rows["package"][short] > 0).sum(), short.sum(), share)


def test_whoever_must_move_into_a_home_and_can_pay_does_so_though_nobody_buys_care_at_home():
    great = {"need_trait": 4000, "need": 3000, "frailty": 0.6, "frailty_trait": 6000}
    engine, _ = wealthy(20, 0.0, **great)
    rows = engine.people.rows
    moved = setting(engine) >= Setting.RESIDENTIAL
    assert moved.any()
    assert (funder(engine)[moved] == SELF).all()
    at_home = ~moved & ((rows["flags"] & record.REFUSED) != 0)
    assert (rows["informal"][at_home] > 0).all(), "only where family can"


# Continuing healthcare


@pytest.mark.parametrize("ward", [True, False])
@pytest.mark.parametrize(("from_hours", "claims"), [(10.0, 1), (1000.0, 0)])
def test_the_highest_needs_are_put_to_continuing_healthcare_first(ward, from_hours, claims):
    state = CaseState.WAIT_ASSESSMENT if ward else CaseState.HOME_ASSESSMENT
    rules = {"continuing_need_hours": from_hours, "continuing_days": 1e6, "continuing_ward_days": 1e6}
    b = (on_the_ward if ward else at_home)(state, rows=granted(**GREAT), rules=rules)
    nobody_to_help(b)
    council_limits(b, assessment_rate=5.0)
    engine = b.engine()
    month = engine.month(0)
    waits = CaseState.WAIT_FUNDING if ward else CaseState.HOME_FUNDING
    assert out(month, flow.CLAIMED_OUT) == claims
    assert (states(engine)[0] == waits) == bool(claims)
    assert (delayed(month, Reason.FUNDING) > 0) == bool(ward and claims)


def judged_with(b, refused: float, at_rest: float | None = None):
    """The same bench, whose consortia refuse a share of claims, and would have refused another at rest."""
    b.known.consortia["levers"][:, Lever.CHC_STRICTNESS] = refused
    b.known.consortia["rest"][:, Lever.CHC_STRICTNESS] = refused if at_rest is None else at_rest
    return b


def decided(
    n: int = 3000, state: CaseState = CaseState.HOME_FUNDING, refused: float = 0.6, at_rest: float | None = None, **rules: float
):
    """What became of n claims, without anything to arrange."""
    b = nobody_to_help(at_home(state, n, granted(n, **GREAT), rules, funder=0, continuing=UNDECIDED).in_beds())
    judged_with(b, refused, at_rest)
    engine = b.engine()
    month = engine.month(0)
    return engine, month, engine.cases[: engine.n_cases]


def test_claims_are_refused_and_disputed_at_the_rules_shares():
    n, refused, disputed = 3000, 0.6, 0.3
    for state, dispute in (
        (CaseState.HOME_FUNDING, CaseState.HOME_DISPUTE),
        (CaseState.WAIT_FUNDING, CaseState.WAIT_DISPUTE),
    ):
        _, month, cases = decided(n, state, refused, disputed_share=disputed, dispute_days=1e6)
        assert near(out(month, flow.AGREED_OUT), n, 1 - refused)
        assert near(out(month, flow.DISPUTED_OUT), n - out(month, flow.AGREED_OUT), disputed)
        assert (cases["continuing"] == AGREED).sum() == out(month, flow.AGREED_OUT)
        assert (cases["state"] == dispute).sum() == pytest.approx(out(month, flow.DISPUTED_OUT), abs=2)
        assert (cases["continuing"][cases["state"] == dispute] == REFUSED).all()
        assert (cases["funder"][cases["continuing"] == AGREED] == NHS_PAYS).all()
        assert (cases["funder"][cases["continuing"] == REFUSED] != NHS_PAYS).all()


def test_nobody_is_refused_or_disputed_where_the_rules_say_so():
    assert out(decided(50, refused=0.0)[1], flow.AGREED_OUT) == 50
    _, month, cases = decided(50, refused=1.0, disputed_share=0.0)
    assert out(month, flow.AGREED_OUT) == out(month, flow.DISPUTED_OUT) == 0
    assert not np.isin(cases["state"], (CaseState.HOME_FUNDING, CaseState.HOME_DISPUTE)).any()


def test_a_dispute_ends_with_the_council():
    _, month, cases = decided(50, refused=1.0, disputed_share=1.0, dispute_days=0.0)
    assert out(month, flow.DISPUTED_OUT) == 50
    assert not (cases["state"] == CaseState.HOME_DISPUTE).any()
    assert (cases["continuing"] == REFUSED).all()
    assert set(cases["funder"].tolist()) <= {COUNCIL}


@pytest.mark.parametrize("rows", [GREAT, {**TO_A_HOME, "need": 4000}], ids=["at home", "in a care home"])
def test_who_is_agreed_is_paid_for_by_the_nhs_whatever_the_savings_and_needs_no_broker(rows):
    n = 20
    b = at_home(CaseState.HOME_FUNDING, n, granted(n, **{**rows, "capital": 10**6}))
    judged_with(b, 0.0)
    council_limits(b, care_capacity=10**8, home_places=10**4, start_rate=0.0, start_tokens=0.0, gate=1.0)
    engine = b.engine()
    months = [engine.month(number) for number in range(3)]
    found = engine.people.rows
    cared = (found["package"] > 0) | (setting(engine) >= Setting.RESIDENTIAL)
    assert cared.sum() > n / 2
    assert (funder(engine)[cared] == NHS_PAYS).all()
    assert (found["out_of_pocket"] == 0).all()
    last = months[-1].totals
    assert last[:, N_TOTALS:].sum() > 0, "days under continuing healthcare, by consortium"
    assert last[:, N_TOTALS + 1 :].sum() == 0
    assert sum(out(month, flow.STARTED_OUT) for month in months) == 0, "no start of the council's"


def test_who_would_have_been_decided_otherwise_at_rest_is_marked_and_nobody_else():
    for refused, at_rest in ((0.9, 0.6), (0.3, 0.6), (0.6, 0.6)):
        n = 3000
        engine, _, cases = decided(n, refused=refused, at_rest=at_rest, dispute_days=1e6)
        turned = (engine.people.rows["person"] & record.TURNED) != 0
        assert near(int(turned.sum()), n, abs(refused - at_rest)) or refused == at_rest
        assert turned.any() == (refused != at_rest)
        decisions = cases["continuing"][np.isin(cases["person"], np.flatnonzero(turned))]
        assert set(decisions.tolist()) <= ({REFUSED} if refused > at_rest else {AGREED})


def test_stricter_consortia_refuse_whom_they_refused_before_and_others():
    agreed = {}
    for refused in (0.3, 0.6, 0.9):
        _, _, cases = decided(2000, refused=refused, at_rest=0.6, dispute_days=1e6, disputed_share=1.0)
        agreed[refused] = set(cases["person"][cases["continuing"] == AGREED].tolist())
    assert agreed[0.9] < agreed[0.6] < agreed[0.3]


@pytest.mark.parametrize(
    ("refused", "at_rest", "rows"),
    [(1.0, 0.0, GREAT), (0.0, 1.0, GREAT), (1.0, 0.0, {**TO_A_HOME, "need": 4000}), (0.0, 1.0, {**TO_A_HOME, "need": 4000})],
)
@pytest.mark.parametrize("capital", [0, 10**6])
def test_days_that_a_decision_moves_are_counted_with_what_falls_on_others(refused, at_rest, rows, capital):
    n = 20
    b = at_home(CaseState.HOME_FUNDING, n, granted(n, **{**rows, "capital": capital}), {"disputed_share": 0.0, "self_buys": 1.0})
    judged_with(b, refused, at_rest)
    council_limits(b, care_capacity=10**8, home_places=10**4, start_rate=50.0)
    engine = b.engine()
    months = [engine.month(number) for number in range(4)]
    last = months[-1]
    moved, totals = int(last.turned_days.sum()), last.totals.sum(axis=0)
    assert moved * (1 if refused > at_rest else -1) > 0
    falls = {
        "council": totals[[TURNED_MINUTES, TURNED_RESIDENTIAL, TURNED_NURSING]].sum(),
        "people": totals[[TURNED_HOME_PENCE, TURNED_RESIDENT_PENCE]].sum(),
    }
    mostly, other = ("people", "council") if capital else ("council", "people")
    assert falls[mostly] * moved > 0
    assert abs(falls[other]) == 0
    if refused > at_rest and capital == 0:  # what is said to be moved to the council is what it pays
        paid = totals[[COUNCIL_CARE, RESIDENTIAL_COUNCIL, NURSING_COUNCIL]]
        assert totals[[TURNED_MINUTES, TURNED_RESIDENTIAL, TURNED_NURSING]].tolist() == paid.tolist()
    assert last.continuing_days.sum() == 0 or refused < at_rest


# The council's panel


@given(st.floats(0.0, 1.0), st.floats(0.3, 0.7))
def test_the_gate_holds_back_people_at_home_first_and_in_all_the_share_it_states(gate, from_wards):
    rules = rules_with(starts_from_wards=from_wards)
    ward, home = held_back(gate, True, rules), held_back(gate, False, rules)
    assert 0.0 <= ward <= home <= 1.0
    assert from_wards * ward + (1.0 - from_wards) * home == pytest.approx(gate)
    assert ward == 0.0 or home == pytest.approx(1.0)


def test_the_panel_lets_a_start_through_each_week_with_the_chance_that_the_gate_leaves():
    """Within four standard errors each week: false alarm once in 16,000."""
    n, gate = 3000, 0.6
    b = at_home(CaseState.HOME_PACKAGE, n, package=700, funder=COUNCIL, blocked=1)
    council_limits(b, gate=gate * (1.0 - b.rules["starts_from_wards"]), start_rate=0.0, start_tokens=0.0)
    engine = b.engine()
    blocked = {}
    watched(engine, lambda day, cases: blocked.update({day: int(cases["blocked"].sum())}))
    engine.month(0)
    for week in range(4):
        assert near(blocked[7 * week], n, gate ** (week + 1))
        assert blocked[7 * week] == blocked[7 * week + 6], "it meets on a case once a week"


@pytest.mark.parametrize("state", [CaseState.WAIT_PLACEMENT, CaseState.HOME_PLACEMENT, CaseState.WAIT_PACKAGE])
def test_nothing_starts_while_the_gate_is_shut_and_everything_may_once_it_is_open(state):
    for gate, started in ((1.0, False), (0.0, True)):
        b = at_home(state, package=700, funder=COUNCIL, blocked=1, rules={"placement_chance": 50.0}).in_beds()
        council_limits(b, gate=gate, start_rate=5.0, care_capacity=10**6, home_places=100.0)
        month = b.engine().month(0)
        assert (out(month, flow.STARTED_OUT) + out(month, flow.ENTRIES_OUT) == 1) == started


@pytest.mark.parametrize(("critical_hours", "waits"), [(1000.0, 1), (1.0, 0)])
def test_critical_need_never_waits_for_money(critical_hours, waits):
    b = at_home(CaseState.HOME_ASSESSMENT, rows=granted(**GREAT), rules={"critical_hours": critical_hours})
    nobody_to_help(b)
    council_limits(b, gate=1.0, assessment_rate=5.0)
    engine = b.engine()
    engine.month(0)
    assert states(engine) == {0: CaseState.HOME_PACKAGE}
    assert engine.cases["blocked"][0] == waits


# Home care


def test_a_package_starts_where_there_is_money_a_broker_and_a_round():
    def after(**limits) -> tuple[int, int]:
        b = at_home(CaseState.HOME_PACKAGE, package=700, funder=COUNCIL, blocked=1 if limits.get("gate") else 0)
        council_limits(b, **{"care_capacity": 10_000, "start_rate": 1.0, "start_tokens": 0.0, "gate": 0, **limits})
        engine = b.engine()
        month = engine.month(0)
        return int(engine.people.rows["package"][0]), out(month, flow.STARTED_OUT)

    assert after() == (700, 1)
    assert after(start_rate=0.0) == (0, 0)
    assert after(care_capacity=699) == (0, 0)
    assert after(care_capacity=700) == (700, 1)
    assert after(gate=1) == (0, 0)


def test_home_care_never_grows_beyond_what_the_market_holds():
    b = at_home(CaseState.HOME_PACKAGE, 50, package=700, funder=COUNCIL)
    council_limits(b, care_capacity=5_000, start_rate=100.0)
    engine = b.engine()
    month = engine.month(0)
    assert out(month, flow.STARTED_OUT) == 7
    assert engine.organisations.councils["care_used"][0] == 4_900
    assert (np.flatnonzero(engine.people.rows["package"]) == np.arange(7)).all(), "in order"


@pytest.mark.parametrize(
    ("capacity", "starts_on", "minutes"), [(1000, 0, 1000), (999, 10, 600), (600, 10, 600), (599, None, 0)]
)
def test_a_smaller_package_is_offered_on_a_ward_late_and_where_it_fits(capacity, starts_on, minutes):
    rules = {"smaller_after_days": 10.0, "smaller_share": 0.6}
    b = on_the_ward(CaseState.WAIT_PACKAGE, package=1000, funder=COUNCIL, rules=rules)
    council_limits(b, care_capacity=capacity, start_rate=10.0, start_tokens=5.0)
    engine = b.engine()
    nights = []
    watched(engine, lambda day, cases: nights.append(len(cases)))
    month = engine.month(0)
    assert engine.people.rows["package"][0] == minutes == engine.organisations.councils["care_used"][0]
    assert sum(nights) == (30 if starts_on is None else starts_on)
    assert out(month, flow.SMALLER_OUT) == (starts_on == 10)
    assert out(month, flow.STARTED_OUT) == (starts_on is not None)


def test_at_home_nobody_is_offered_a_smaller_package():
    b = at_home(CaseState.HOME_PACKAGE, package=1000, funder=COUNCIL, rules={"smaller_after_days": 0.0})
    council_limits(b, care_capacity=999, start_rate=10.0)
    engine = b.engine()
    month = engine.month(0)
    assert out(month, flow.SMALLER_OUT) == engine.people.rows["package"][0] == 0


def test_reablement_comes_first_where_there_is_a_place_and_restores_part_of_what_was_lost():
    rules = {"reablement_share": 1.0, "placement_frailty": 1.0}
    b = at_home(CaseState.HOME_ASSESSMENT, 3, granted(3, frailty=0.3), rules)
    council_limits(b, assessment_rate=5.0, reablement_places=2.0, start_rate=5.0, care_capacity=10**6)
    engine = b.engine()
    month = engine.month(0)
    assert out(month, flow.REABLED_OUT) == 2 == engine.organisations.councils["reablement_used"][0]
    for number in (1, 2):
        engine.month(number)
    after = engine.people.rows["frailty"] - engine.people.rows["frailty_trait"] * 1e-4
    assert after[:2] == pytest.approx(0.1 * (1 - b.rules.reablement_restores), abs=1e-5)
    assert after[2] == pytest.approx(0.1, abs=1e-5)
    assert engine.organisations.councils["reablement_used"][0] == 0


# A place in a care home


@pytest.mark.parametrize("state", [CaseState.HOME_PLACEMENT, CaseState.WAIT_PLACEMENT])
def test_a_place_in_a_home_needs_a_vacancy(state):
    for places, entries in ((0.0, 0), (0.9, 0), (3.0, 3)):
        b = at_home(state, 5, rules={"placement_chance": 50.0}, funder=COUNCIL).in_beds()
        council_limits(b, home_places=places)
        engine = b.engine()
        month = engine.month(0)
        assert out(month, flow.ENTRIES_OUT) == entries
        assert (
            (setting(engine) >= Setting.RESIDENTIAL).sum() == entries == engine.organisations.councils["home_used"][0]
        )


def test_the_chance_of_a_place_is_the_stated_one_a_day_where_a_tenth_is_vacant():
    """A hazard: within four standard errors of 1 - exp(-days x chance); on a ward, twice the factor is half as fast."""
    n, chance = 3000, 0.05
    for state, factor in (
        (CaseState.HOME_PLACEMENT, 1.0),
        (CaseState.WAIT_PLACEMENT, 1.0),
        (CaseState.WAIT_PLACEMENT, 2.0),
    ):
        b = at_home(state, n, rules={"placement_chance": chance}, funder=COUNCIL).in_beds()
        b.tables["wait"] = factor
        council_limits(b, home_places=1e7)
        month = b.engine().month(0)
        assert near(out(month, flow.ENTRIES_OUT), n, 1 - math.exp(-30 * chance / factor))


# An interim bed


def interim(fields=None, months: int = 1, share: float = 1.0, **limits):
    rows = granted(**(fields or {}))
    rules = {"interim_share": share, "interim_after_days": 5.0, "interim_days": 28.0}
    b = on_the_ward(CaseState.WAIT_PACKAGE, rows=rows, package=700, funder=COUNCIL, rules=rules)
    council_limits(b, **{"care_capacity": 0, "home_places": 1.0, "start_rate": 0.0, "start_tokens": 0.0, **limits})
    engine = b.engine()
    used = {}
    engine.at_nightfall = lambda day, now: used.update({int(day): int(now.councils["home_used"][0])})
    found = [engine.month(number) for number in range(months)]
    return engine, found, used


def test_an_interim_bed_is_taken_after_a_long_wait_and_ends_at_home():
    engine, months, used = interim(months=2)
    assert sum(out(month, flow.INTERIM_OUT) for month in months) == 1
    assert [day for day, places in used.items() if places] == list(range(5, 5 + 28))
    assert engine.organisations.councils["home_used"][0] == 0
    assert setting(engine)[0] == Setting.HOME
    assert set(states(engine).values()) <= {CaseState.HOME_PACKAGE}
    assert sum(out(month, flow.ENTRIES_OUT) for month in months) == 0


def test_who_needs_a_care_home_by_then_stays_in_it():
    engine, months, used = interim(TO_A_HOME, months=2)
    assert sum(out(month, flow.INTERIM_OUT) for month in months) == 1
    assert [day for day, places in used.items() if places] == list(range(5, 61))
    assert engine.organisations.councils["home_used"][0] == 1
    assert setting(engine)[0] >= Setting.RESIDENTIAL
    assert engine.n_cases == 0
    assert sum(out(month, flow.ENTRIES_OUT) for month in months) == 1, "an entry once it is for good"


def test_no_interim_bed_without_a_vacancy_an_offer_or_the_councils_money():
    assert out(interim(home_places=0.0)[1][0], flow.INTERIM_OUT) == 0
    assert out(interim(share=0.0)[1][0], flow.INTERIM_OUT) == 0
    for fields in ({"funder": SELF}, {"funder": NHS_PAYS}, {"funder": COUNCIL, "blocked": 1}):
        rules = {"interim_share": 1.0, "interim_after_days": 5.0}
        b = on_the_ward(CaseState.WAIT_PACKAGE, package=700, rules=rules, **fields)
        council_limits(b, care_capacity=0, home_places=5.0, gate=1.0)
        assert out(b.engine().month(0), flow.INTERIM_OUT) == 0


def test_the_share_offered_an_interim_bed_is_the_rules():
    n, share = 2000, 0.3
    rules = {"interim_share": share, "interim_after_days": 5.0}
    b = on_the_ward(CaseState.WAIT_PLACEMENT, n, funder=COUNCIL, rules={**rules, "placement_chance": 0.0})
    council_limits(b, home_places=1e6)
    engine = b.engine()
    month = engine.month(0)
    assert near(out(month, flow.INTERIM_OUT), n, share)
    assert engine.organisations.councils["home_used"][0] == out(month, flow.INTERIM_OUT)


# Giving up


@pytest.mark.parametrize(
    "state",
    [
        *(CaseState.HOME_ASSESSMENT, CaseState.HOME_PACKAGE, CaseState.HOME_PLACEMENT),
        *(CaseState.WAIT_ASSESSMENT, CaseState.WAIT_PACKAGE, CaseState.WAIT_PLACEMENT),
    ],
    ids=lambda state: state.name,
)
def test_waiting_ends_without_care_for_some(state):
    """After 29 days at 5% a day, within four standard errors: false alarm once in 16,000."""
    n = 400
    b = nobody_to_help(at_home(state, n, rules={"leave_wait_a_day": 0.05}, package=700, funder=COUNCIL).in_beds())
    engine = b.engine()
    month = engine.month(0)
    left = out(month, flow.GAVE_UP_WAITING_OUT)
    assert left == n - engine.n_cases
    assert near(left, n, 1 - np.exp(-0.05 * 29))
    inside = engine.people.rows["care"] & record.IN_HOSPITAL != 0
    assert inside.sum() == (engine.n_cases if state < CaseState.HOME_ASSESSMENT else 0), "and they go home"
    assert engine.organisations.hospitals["occupied"][0] == inside.sum()
    assert not engine.people.rows["package"].any()


# Deaths


def in_state(state: CaseState, package: int = 0):
    """One person in a state, with everything that belongs to it in use, and nobody who could end it."""
    b = quiet_bench(granted(package=package), **CERTAIN)
    b.rows["birth_month"] = -12 * 80 - 5
    b.cases = waiting(state, due=10**6, recovery=10**4, package=700, funder=COUNCIL, blocked=1)
    b.in_beds().with_beds(3, escalation=0)
    if state == CaseState.BOARDING:
        b.with_beds(0)
    nobody_to_help(b)
    council_limits(b, gate=1.0)
    short_term = {
        CaseState.REABLEMENT: (Setting.REABLEMENT, b.known.councils, "reablement_used"),
        CaseState.INTERMEDIATE: (Setting.INTERMEDIATE, b.known.consortia, "intermediate_used"),
        CaseState.INTERIM: (Setting.RESIDENTIAL, b.known.councils, "home_used"),
    }
    if state in short_term:
        place, of, used = short_term[state]
        b.rows["care"] |= place | COUNCIL << record.FUNDER_SHIFT
        of[used][0] = 1
    elif package:
        b.rows["care"] |= COUNCIL << record.FUNDER_SHIFT
        b.known.councils["care_used"][0] = package
    return b


def in_use(engine) -> dict[str, int]:
    known = engine.organisations
    return {
        **{name: int(known.hospitals[name].sum()) for name in ("occupied", "ward_used", "boarding")},
        **{name: int(known.councils[name].sum()) for name in ("care_used", "home_used", "reablement_used")},
        "intermediate_used": int(known.consortia["intermediate_used"].sum()),
    }


OPEN_STATES = [state for state in CaseState if state != CaseState.CLOSED]


@pytest.mark.parametrize("package", [0, 700])
@pytest.mark.parametrize("state", OPEN_STATES, ids=lambda state: state.name)
def test_a_death_gives_everything_back(state, package):
    alive = in_state(state, package).engine()
    alive.month(0)
    assert states(alive) == {0: state}, "else nothing would be shown"
    held = in_use(alive)
    if state in IN_HOSPITAL_STATES or state >= CaseState.REABLEMENT or package:
        assert sum(held.values()) > 0
    b = in_state(state, package)
    b.future = event(3, kind=2)
    engine = b.engine()
    month = engine.month(0)
    assert set(in_use(engine).values()) == {0}
    p = engine.people.rows[0]
    assert (p["end_month"], p["care"], p["package"]) == (0, 0, 0)
    assert engine.n_cases == 0
    assert out(month, flow.DEATHS_OUT) == 1
    assert out(month, flow.DIED_IN_HOSPITAL_OUT) == (state in IN_HOSPITAL_STATES)
    assert out(month, flow.DIED_IN_CARE_HOME_OUT) == (state == CaseState.INTERIM)
    spells = (month.journal["service"] == Service.EMERGENCY_SPELL).sum()
    assert spells == (state in IN_HOSPITAL_STATES and state != CaseState.SURGERY)


@pytest.mark.parametrize("state", WAITS_AT_HOME, ids=lambda state: state.name)
def test_who_has_moved_away_leaves_the_line(state):
    b = in_state(state)
    b.rows["end_month"], b.rows["flags"] = 0, record.LEFT
    engine = b.engine()
    engine.month(1)
    assert engine.n_cases == 0
    assert set(in_use(engine).values()) == {0}


def test_a_bed_freed_by_a_death_is_on_the_ward_it_stood_on():
    for ward in (Ward.ASSESSMENT_UNIT, Ward.GENERAL, Ward.OLDER):
        b = on_the_ward(due=10**6, wanted=ward)
        b.known.hospitals["ward_used"] = b.known.hospitals["occupied"] = 0
        b.with_beds(2, older=2, unit=2).in_beds(ward)
        b.future = event(3, kind=2)
        engine = b.engine()
        engine.month(0)
        assert engine.organisations.hospitals["ward_used"][0].tolist() == [0, 0, 0]


# What official definitions ask for


@pytest.mark.parametrize(("age", "funder", "counted"), [(80, COUNCIL, 1), (66, COUNCIL, 1), (64, COUNCIL, 0), (80, SELF, 0), (80, NHS_PAYS, 0)])
@pytest.mark.parametrize("state", [CaseState.HOME_PLACEMENT, CaseState.WAIT_PLACEMENT])
def test_admissions_of_older_people_to_homes_are_counted_where_the_council_pays(state, age, funder, counted):
    b = at_home(state, 1, granted(age=age), rules={"placement_chance": 50.0}, funder=funder).in_beds()
    council_limits(b, home_places=3.0)
    month = b.engine().month(0)
    assert out(month, flow.ENTRIES_OUT) == 1
    assert out(month, flow.OLDER_ENTRIES_OUT) == counted


def to_reablement(**fields):
    """Somebody on a ward whom a social worker sees today, and reablement takes over."""
    b = on_the_ward(CaseState.WAIT_ASSESSMENT, rows=granted(**fields), rules={"reablement_share": 1.0, "placement_frailty": 1.0})
    council_limits(b, assessment_rate=5.0, reablement_places=2.0, start_rate=5.0, care_capacity=10**6)
    return b


def test_older_people_discharged_to_reablement_are_followed_up_after_91_days():
    engine = to_reablement(age=80).engine()
    months = [engine.month(0)]
    assert out(months[0], flow.OLDER_DISCHARGED_OUT) == out(months[0], flow.OLDER_REABLED_OUT) == out(months[0], flow.REABLED_OUT) == 1
    assert engine.future[engine.future["kind"] == FOLLOW_UP]["day"].tolist() == [engine.people.rows["last_discharge"][0] + 91]
    months += [engine.month(number) for number in (1, 2, 3)]
    assert [out(month, flow.FOLLOWED_UP_OUT) for month in months] == [0, 0, 0, 1]
    assert [out(month, flow.AT_HOME_OUT) for month in months] == [0, 0, 0, 1]


def test_younger_people_and_those_who_go_elsewhere_are_not_followed_up():
    for b in (to_reablement(age=60), on_the_ward(rows=people(), due=3)):
        engine = b.engine()
        month = engine.month(0)
        assert out(month, flow.DISCHARGED_OUT) == 1
        assert not (engine.future["kind"] == FOLLOW_UP).any()
        assert out(month, flow.OLDER_REABLED_OUT) == 0


@pytest.mark.parametrize(
    ("fields", "followed", "at_home"),
    [
        ({}, 1, 1),
        ({"care": Setting.REABLEMENT}, 1, 1),
        ({"care": Setting.INTERMEDIATE}, 1, 1),
        ({"care": Setting.RESIDENTIAL}, 1, 0),
        ({"care": Setting.NURSING}, 1, 0),
        ({"care": record.IN_HOSPITAL}, 1, 0),
        ({"end_month": -1}, 1, 0),
        ({"end_month": -1, "flags": record.LEFT}, 0, 0),
    ],
)
def test_at_home_is_alive_and_neither_in_hospital_nor_in_a_care_home(fields, followed, at_home):
    b = quiet_bench(people(**fields))
    b.future = event(3, kind=FOLLOW_UP)
    month = b.engine().month(0)
    assert (out(month, flow.FOLLOWED_UP_OUT), out(month, flow.AT_HOME_OUT)) == (followed, at_home)
    b.future["avoided"] = 1  # somebody else's row by now
    month = b.engine().month(0)
    assert (out(month, flow.FOLLOWED_UP_OUT), out(month, flow.AT_HOME_OUT)) == (1, 0)


@pytest.mark.parametrize("paid", [DEAR_PENCE - 1, DEAR_PENCE])
def test_a_death_after_dear_care_is_counted(paid):
    b = quiet_bench(people(out_of_pocket=paid))
    b.future = event(3, kind=2)
    month = b.engine().month(0)
    assert out(month, flow.DIED_DEARLY_OUT) == (paid >= DEAR_PENCE)
    assert month.out[:, flow.DEATHS_BY_CELL : flow.N_OUT].sum() == 1
