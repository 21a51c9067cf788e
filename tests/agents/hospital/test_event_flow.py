"""The event flow: the same people, money and beds as by the day, at moments that a clock could show."""

import dataclasses
import random  # noqa: TID251 - to see that nobody touches it
from collections.abc import Iterator

import numpy as np
import pytest

from agents.hospital.event_flow import EventFlow, HourSnapshot
from agents.hospital.event_steps import stay_ends
from agents.hospital.flows import FLOWS, flow_named
from agents.hospital.state import (
    ADMISSIONS_OUT,
    ATTENDED_OUT,
    BED_DAYS_OUT,
    BOARDING_OUT,
    CASE,
    CONTACTS_OUT,
    HOSPITAL_BED_DAYS,
    HOSPITAL_SURGERY_DAYS,
    LATE_OUT,
    SURGERY_DAYS_OUT,
    Flow,
)
from agents.patients import record
from agents.patients.living import HOSPITAL_DAYS
from agents.vocabulary import N_CAUSES, CaseState
from model.engine import Engine
from tests.strategies import bits_of, event, fingerprints, person, quiet_bench, small_economy

SCALE = 0.02
CERTAIN = {
    "admission_spread": 1e-3, "crowding_threshold": 0.0, "direct_share": 0.0, "step_up_share": 0.0,
    "untreated_death": 0.0, "untreated_return": 0.0, "return_base": 0.0, "return_by_frailty": 0.0, "return_unready": 0.0,
    "equipment_share": 0.0, "housing_share": 0.0,
}  # fmt: skip
IN_A_BED = [state for state in CaseState if CaseState.ACUTE <= state <= CaseState.WAIT_HOUSING]


def a_few(n: int, beds: int = 4, **rules: float):
    """Some people of 80 and hospitals with so many general beds, nobody in them."""
    return quiet_bench(np.concatenate([person() for _ in range(n)]), **{**CERTAIN, **rules}).with_beds(beds)


def by_the_minute(b, observer=None, seed: int = 1) -> Engine:
    engine = b.engine(seed)
    engine.hospital_flow = EventFlow(observer)
    return engine


def emergencies(*days: int) -> np.ndarray:
    """One emergency each of the first people, on these days."""
    return np.concatenate([event(day, person=who, trigger=1600 + who) for who, day in enumerate(days)])


# The name


@pytest.mark.parametrize("name", ["salabin", "Daily", "", "simpy"])
def test_an_unknown_flow_is_refused_with_the_nearest_name(name):
    with pytest.raises(ValueError, match=r"unknown hospital flow .*; nearest: (daily|salabim)"):
        flow_named(name)
    with pytest.raises(ValueError, match="unknown hospital flow"):
        small_economy(hospital_flow=name)


def test_each_name_gives_a_flow_of_its_own():
    for name in FLOWS:
        assert flow_named(name) is not flow_named(name)


# A whole place


class Nights:
    """Checks every midnight that beds hold the people who are said to be in them."""

    def __init__(self, economy) -> None:
        self.economy, self.seen = economy, 0
        economy.engine.at_nightfall = self.see

    def see(self, day: int, flow: Flow) -> None:
        cases = flow.cases[: flow.size[0]]
        n = len(flow.hospitals)
        in_bed = np.bincount(cases["hospital"][np.isin(cases["state"], IN_A_BED)], minlength=n)
        boarding = np.bincount(cases["hospital"][cases["state"] == CaseState.BOARDING], minlength=n)
        assert (flow.hospitals["occupied"] == in_bed).all(), day
        assert (flow.hospitals["boarding"] == boarding).all(), day
        assert (in_bed <= flow.hospitals["beds"] + flow.hospitals["escalation"]).all(), day
        assert ((flow.rows["care"] & record.IN_HOSPITAL) != 0).sum() == in_bed.sum() + boarding.sum(), day
        self.seen += 1


def counts_of(snapshot: HourSnapshot) -> dict[str, np.ndarray]:
    """All of a snapshot but its hour and its beds."""
    fields = (field.name for field in dataclasses.fields(snapshot))
    return {name: getattr(snapshot, name) for name in fields if name not in ("hour", "beds")}


class Hours:
    """Keeps every snapshot, and checks each."""

    def __init__(self) -> None:
        self.snapshots: list[HourSnapshot] = []

    def __call__(self, snapshot: HourSnapshot) -> None:
        counts = counts_of(snapshot)
        assert all((count >= 0).all() for count in counts.values()), counts
        for states, delayed in zip(snapshot.beds, snapshot.delayed, strict=True):
            assert np.isin(states, [CaseState.CLOSED, *IN_A_BED]).all()
            assert (states >= CaseState.WAIT_FURTHER_NHS).sum() == delayed.sum()
        self.snapshots.append(snapshot)


@pytest.fixture(scope="module")
def lived():
    """Each flow's three months of the same place, beds checked every night, and the snapshots of the event flow."""
    hours, economies = Hours(), {}
    for name in FLOWS:
        flow = EventFlow(hours) if name == "salabim" else name
        economies[name] = small_economy(scale=SCALE, seed=2, hospital_flow=flow)
        nights = Nights(economies[name])
        for _ in range(3):
            economies[name].step()  # the ledger checks its books each month
        assert nights.seen == 30 + 31 + 30
    return economies, hours.snapshots


def test_people_are_conserved(lived):
    for economy in lived[0].values():
        engine, rows = economy.engine, economy.engine.people.rows
        dead = sum(len(month.deaths) for month in economy.months)
        left = (rows["flags"] & record.LEFT) != 0
        assert (rows["end_month"] != record.ALIVE).sum() >= dead
        assert ((rows["end_month"] < 3) & ~left).sum() == dead
        people = engine.cases["person"][: engine.n_cases]
        assert len(np.unique(people)) == len(people), "nobody is in two places"
        assert (engine.case_of[people] == np.arange(engine.n_cases)).all()


def test_days_and_nights_are_conserved(lived):
    for name, economy in lived[0].items():
        for month in economy.months:
            nights = month.out[:, BED_DAYS_OUT : BED_DAYS_OUT + N_CAUSES].sum() + month.out[:, SURGERY_DAYS_OUT].sum()
            assert nights == month.hospital_out[:, [HOSPITAL_BED_DAYS, HOSPITAL_SURGERY_DAYS]].sum(), name
            assert nights == month.totals[:, HOSPITAL_DAYS].sum(), name
            assert (month.out >= 0).all()


def test_both_flows_meet_the_same_demand(lived):
    """Contacts come from the sweep, so the flows differ only in what care made of earlier ones."""
    daily, salabim = (lived[0][name].months[0].out.sum(axis=0) for name in FLOWS)
    contacts = slice(CONTACTS_OUT, CONTACTS_OUT + N_CAUSES)
    assert salabim[contacts].sum() == pytest.approx(daily[contacts].sum(), rel=0.05)
    assert salabim[ATTENDED_OUT] == pytest.approx(daily[ATTENDED_OUT], rel=0.05)
    assert salabim[ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum() > 0
    assert (salabim[[LATE_OUT, BOARDING_OUT]] <= salabim[[ATTENDED_OUT, ATTENDED_OUT]] * 30).all()


def test_snapshots_come_every_full_hour_and_add_up(lived):
    economies, snapshots = lived
    hours = [round(24.0 * snapshot.hour, 6) for snapshot in snapshots]
    assert hours == list(range((30 + 31 + 30) * 24 + 1))
    months = economies["salabim"].months
    admitted = sum(snapshot.admitted.sum() for snapshot in snapshots)
    assert admitted == sum(month.out[:, ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum() for month in months)
    attended = sum(month.out[:, ATTENDED_OUT].sum() for month in months)
    came, left = (sum(getattr(snapshot, name).sum() for snapshot in snapshots) for name in ("arrivals", "left"))
    assert came == attended
    still_there = snapshots[-1].in_ae.sum() + snapshots[-1].waiting_for_bed.sum()
    assert 0 <= came - left <= still_there


# The same bits


def two_months(**options) -> dict[str, str]:
    economy = small_economy(scale=0.005, hospital_flow="salabim", **options)
    for _ in range(2):
        economy.step()
    return fingerprints(economy)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    assert two_months(seed=7) == two_months(seed=7)
    assert two_months(seed=7) != two_months(seed=8)


def test_somebody_who_looks_on_changes_nothing():
    watched = small_economy(scale=0.005, seed=7, hospital_flow=EventFlow(lambda snapshot: None))
    watched.engine.at_nightfall = lambda day, flow: None
    for _ in range(2):
        watched.step()
    assert fingerprints(watched) == two_months(seed=7)


def test_two_environments_in_one_process_disturb_neither_each_other_nor_the_global_generators():
    alone = two_months(seed=7)
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - likewise
    first, second = (small_economy(scale=0.005, seed=seed, hospital_flow="salabim") for seed in (7, 8))
    for _ in range(2):  # turn and turn about
        first.step()
        second.step()
    assert fingerprints(first) == alone
    assert fingerprints(second) != alone
    assert random.getstate() == python
    for before, after in zip(numpy, np.random.get_state(), strict=True):  # noqa: NPY002
        assert np.array_equal(before, after)


# One person at a time


def test_an_emergency_is_seen_admitted_and_billed_once():
    b = a_few(1)
    b.future = emergencies(3)
    engine = by_the_minute(b)
    months = [engine.month(number) for number in range(14)]
    out = sum(month.out.sum(axis=0) for month in months)
    assert out[ATTENDED_OUT] == out[ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum() == 1
    p = engine.people.rows[0]
    assert (p["spells"], p["contacts"]) == (1, 1)
    assert p["days_in_hospital"] == out[BED_DAYS_OUT : BED_DAYS_OUT + N_CAUSES].sum()
    assert engine.organisations.hospitals["occupied"].sum() == 0


def test_a_stay_has_as_many_nights_as_by_the_day():
    """One person after the other, each in an empty hospital: nothing but length tells the flows apart."""
    nights = []
    for daily in (True, False):
        b = a_few(40, beds=40)
        b.future = emergencies(*range(3, 43))
        engine = b.engine() if daily else by_the_minute(b)
        for number in range(8):
            engine.month(number)
        nights.append(engine.people.rows["days_in_hospital"].astype(int))
    daily, hourly = nights
    assert daily.sum() > 40
    moved = daily != hourly  # whoever is decided on after midnight lies a night less
    assert moved.mean() < 0.25
    assert (np.abs(daily - hourly)[moved] <= 1).all()


def test_beds_go_to_those_who_wait_in_order_and_at_once():
    b = a_few(3, beds=1)
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate([emergencies(2, 4, 6), event(10, kind=2, person=0)])
    found = []
    engine = by_the_minute(b, found.append)
    month = engine.month(0)
    states = dict(zip(engine.cases["person"][: engine.n_cases].tolist(), engine.cases["state"].tolist(), strict=False))
    assert states == {1: CaseState.ACUTE, 2: CaseState.BOARDING}
    assert month.out[:, BOARDING_OUT].sum() == (10 - 4) + (30 - 6)
    assert all(sum((states > 0).sum() for states in snapshot.beds) <= 1 for snapshot in found)
    assert max(snapshot.waiting_for_bed.sum() for snapshot in found) == 2


def test_whoever_waits_for_a_bed_keeps_a_cubicle_and_others_queue():
    """Two cubicles, one of them kept by somebody without a bed: of ten mild emergencies of one day, many leave late."""
    late = []
    for beds in (1, 2):
        b = a_few(12, beds=beds)
        b.known.hospitals["cubicles"] = 2.0
        b.tables["stay_scale"] = 1000.0
        b.future = emergencies(2, 3, *[5] * 10)
        b.future["severity"][2:] = 0.1
        queues = []
        month = by_the_minute(b, lambda snapshot, queues=queues: queues.append(snapshot.queue.max())).month(0)
        assert month.out[:, ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum() == 2
        assert month.out[:, BOARDING_OUT].sum() == (27 if beds == 1 else 0)
        assert max(queues) > 0
        late.append(month.out[:, LATE_OUT].sum())
    assert late[0] > late[1]


def test_who_is_in_the_emergency_department_at_the_end_of_a_month_is_decided_on_in_the_next():
    b = a_few(60, beds=60)
    b.future = emergencies(*[29] * 60)
    engine = by_the_minute(b)
    april = engine.month(0)
    came, admitted = april.out[:, ATTENDED_OUT].sum(), april.out[:, ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum()
    still_there = came - admitted
    assert came == 60
    assert still_there > 0
    assert (engine.future["day"] == 30).sum() >= still_there
    may = engine.month(1)
    assert may.out[:, ATTENDED_OUT].sum() == 0, "nobody comes twice"
    assert may.out[:, ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum() == still_there


def test_the_next_month_goes_on_where_the_last_ended():
    """Two months of one engine, against a flow that has forgotten the first: beds are taken up from the cases."""
    forgetful, steady = (by_the_minute(a_few(30, beds=8)) for _ in range(2))
    for engine in (forgetful, steady):
        engine.future = emergencies(*range(28))
        engine.month(0)
    forgetful.hospital_flow = EventFlow()
    for engine in (forgetful, steady):
        engine.month(1)
    assert bits_of(forgetful.people.rows) == bits_of(steady.people.rows)
    assert bits_of(forgetful.cases[: forgetful.n_cases]) == bits_of(steady.cases[: steady.n_cases])


# When a stay ends


def stays() -> Iterator[tuple[np.void, float]]:
    for trigger in range(200):
        one = np.zeros(1, dtype=CASE)
        one["state"], one["trigger"], one["start"] = CaseState.ACUTE, trigger, 10
        one["hour"] = trigger % 24
        one["due"] = 10 + trigger % 5
        yield one[0], 10.0 + (trigger % 24 + 0.5) / 24.0


def test_a_stay_ends_by_day_and_on_its_day():
    for case, now in stays():
        until = stay_ends(case, now, np.uint64(1))
        assert until > now
        if case["due"] > 10:
            assert int(until) == case["due"]
        else:
            assert int(until) == 10, "gone before midnight"
        if int(until) > 10:
            assert 9.0 <= 24.0 * (until % 1.0) <= 20.0


def test_a_wait_does_not_end_by_itself():
    one = np.zeros(1, dtype=CASE)
    one["state"] = CaseState.WAIT_PACKAGE
    assert stay_ends(one[0], 3.0, np.uint64(1)) < 0.0
