"""Beds: a hard limit, on wards that people move between, with more of them opened while people wait in A&E."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital import state as flow
from agents.hospital.state import CASE, HOSPITAL_STATE, N_WARDS
from agents.hospital.wards import free_bed, has_bed, has_room, is_outlier, move_on, open_or_close_beds, take_bed
from agents.patients import record
from agents.vocabulary import CaseState, Ward
from tests.agents.hospital.few_people import CERTAIN, IN_HOSPITAL_STATES, WAITS_ON_A_WARD, on_the_ward, people, states
from tests.strategies import bench, event, quiet_bench, rules_with

UNIT, GENERAL, OLDER, NOWHERE = Ward.ASSESSMENT_UNIT, Ward.GENERAL, Ward.OLDER, Ward.NONE


def hospital(unit: int = 0, general: int = 0, older: int = 0, escalation: int = 0, step: int = 1):
    one = np.zeros(1, dtype=HOSPITAL_STATE).view(np.recarray)
    one["ward_beds"], one["beds"] = (unit, general, older), unit + general + older
    one["escalation"], one["escalation_step"] = escalation, step
    return one[0]


def patients(n: int = 1, wanted: int = GENERAL, **fields):
    cases = np.zeros(n, dtype=CASE).view(np.recarray)
    cases["state"], cases["ward"], cases["wanted"] = CaseState.ACUTE, NOWHERE, wanted
    for name, value in fields.items():
        cases[name] = value
    return cases


def lying_on(cases) -> list[int]:
    return np.bincount(cases["ward"][cases["ward"] != NOWHERE], minlength=N_WARDS).tolist()


def consistent(h, cases) -> None:
    """Beds in use are people in beds, and no ward holds more than it has."""
    assert h["ward_used"].tolist() == lying_on(cases)
    assert h["occupied"] == h["ward_used"].sum() == (cases["ward"] != NOWHERE).sum()
    assert h["occupied"] <= h["beds"] + h["escalation_open"]
    more = np.array([0, h["escalation_open"], 0])
    assert (h["ward_used"] <= h["ward_beds"] + more).all()
    assert 0 <= h["escalation_open"] <= h["escalation"]
    assert bool(has_bed(h)) == any(has_room(h, ward) for ward in range(N_WARDS))


# A step of a hospital's life: somebody comes, somebody leaves, somebody is moved, or it is midnight.
STEPS = st.lists(st.tuples(st.sampled_from(["come", "leave", "move", "midnight"]), st.integers(0, 39)), max_size=60)


@given(st.integers(0, 4), st.integers(0, 6), st.integers(0, 5), st.integers(0, 5), st.integers(1, 3), STEPS)
def test_beds_in_use_are_people_in_beds_at_every_moment(unit, general, older, escalation, step, steps):
    rules = rules_with()
    h = hospital(unit, general, older, escalation, step)
    cases = patients(40)
    cases["wanted"] = np.where(np.arange(40) % 3 == 0, OLDER, GENERAL)
    inside: set[int] = set()
    for day, (what, who) in enumerate(steps):
        if what == "come" and who not in inside:
            room = bool(has_bed(h))
            cases[who]["start"], cases[who]["due"] = day, day + who
            assert bool(take_bed(h, cases[who], UNIT if who % 2 else GENERAL)) == room
            if room:
                inside.add(who)
            else:
                h["boarding"] += 1
        elif what == "leave":
            free_bed(h, cases[who])
            inside.discard(who)
        elif what == "move" and who in inside:
            move_on(h, cases[who], day, rules)
            assert cases[who]["ward"] != NOWHERE, "nobody loses a bed by moving"
        elif what == "midnight":
            open_or_close_beds(h)
            h["boarding"] = 0
        consistent(h, cases)
    for who in range(40):
        free_bed(h, cases[who])
    assert h["occupied"] == h["ward_used"].sum() == 0, "all beds are given back"


def test_a_bed_is_sought_where_one_comes_first_then_where_one_belongs_then_anywhere():
    h, cases = hospital(unit=1, general=2, older=1), patients(5, wanted=OLDER)
    taken = [bool(take_bed(h, case, UNIT)) for case in cases]
    assert taken == [True, True, True, True, False]
    assert cases["ward"].tolist() == [UNIT, OLDER, GENERAL, GENERAL, NOWHERE]
    assert [bool(is_outlier(case)) for case in cases] == [False, False, True, True, False]


def test_the_unit_holds_whoever_finds_no_other_bed():
    h, cases = hospital(unit=2), patients(2)
    assert all(take_bed(h, case, GENERAL) for case in cases)
    assert cases["ward"].tolist() == [UNIT, UNIT]
    assert not is_outlier(cases[0]), "a unit is nobody's wrong ward"


@pytest.mark.parametrize(("day", "room", "after"), [(11, 1, UNIT), (12, 1, GENERAL), (30, 1, GENERAL), (30, 0, UNIT)])
def test_the_unit_is_left_after_its_days_if_there_is_room(day, room, after):
    rules = rules_with(unit_days=2.0)
    h, cases = hospital(unit=2, general=room), patients(start=10, due=100)
    take_bed(h, cases[0], UNIT)
    move_on(h, cases[0], day, rules)
    assert cases["ward"][0] == after
    assert cases["due"][0] == 100
    consistent(h, cases)


def test_a_full_unit_sends_people_to_a_ward_of_another_kind():
    rules = rules_with(unit_days=2.0, outlier_longer=0.5)
    for beds, after in ((2, UNIT), (1, OLDER)):
        h, cases = hospital(unit=beds, older=1), patients(start=10, due=22)
        take_bed(h, cases[0], UNIT)
        move_on(h, cases[0], 12, rules)
        assert cases["ward"][0] == after
        assert cases["due"][0] == (22 if after == UNIT else 22 + 5), "half of ten days more as an outlier"
        consistent(h, cases)


def test_outliers_are_moved_home_once_their_ward_has_room():
    rules = rules_with()
    h, cases = hospital(general=1, older=1), patients(2, wanted=OLDER, due=50)
    take_bed(h, cases[0], OLDER)
    take_bed(h, cases[1], OLDER)
    assert cases["ward"].tolist() == [OLDER, GENERAL]
    move_on(h, cases[1], 5, rules)
    assert is_outlier(cases[1]), "no room yet"
    free_bed(h, cases[0])
    move_on(h, cases[1], 6, rules)
    assert cases["ward"].tolist() == [NOWHERE, OLDER]
    consistent(h, cases)


@pytest.mark.parametrize(
    ("escalation", "step", "opened"), [(5, 2, [2, 4, 5, 5]), (3, 10, [3, 3, 3, 3]), (0, 2, [0] * 4)]
)
def test_beds_are_opened_a_bay_at_a_time_and_closed_again(escalation, step, opened):
    h = hospital(general=4, escalation=escalation, step=step)
    h["boarding"] = 1
    found = []
    for _ in range(4):
        open_or_close_beds(h)
        found.append(int(h["escalation_open"]))
    assert found == opened
    h["boarding"] = 0
    while found[-1] > 0:
        open_or_close_beds(h)
        found.append(int(h["escalation_open"]))
        assert found[-2] - found[-1] == min(step, found[-2])


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 4), st.integers(0, 16))
def test_a_bay_is_closed_only_if_its_patients_have_beds_elsewhere(general, escalation, step, inside):
    h = hospital(general=general, escalation=escalation, step=step)
    h["escalation_open"] = escalation
    cases = patients(16)
    for case in cases[:inside]:
        take_bed(h, case, GENERAL)
    for _ in range(20):
        open_or_close_beds(h)
        consistent(h, cases)
    assert h["escalation_open"] < step + max(int(h["occupied"]) - general + 1, 0)


# In a hospital at work


def test_beds_that_are_open_are_counted_whether_they_are_used_or_not():
    b = quiet_bench(people(4), **CERTAIN).with_beds(1, escalation=4, step=3)
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate(
        [event(2, person=who, trigger=1600 + who) for who in range(2)]
        + [event(10, kind=2, person=who) for who in range(2)]
    )
    engine = b.engine()
    opened = {}
    engine.at_nightfall = lambda day, now: opened.update({day: int(now.hospitals["escalation_open"][0])})
    month = engine.month(0)
    assert [opened[day] for day in (1, 2, 3, 9, 10, 11)] == [0, 3, 3, 3, 0, 0]
    assert month.hospital_out[0, flow.HOSPITAL_ESCALATION_DAYS] == 3 * 8, (
        "three beds for eight nights, one of them used"
    )
    assert month.hospital_out[0, flow.HOSPITAL_BED_DAYS] == 8 + 8


def test_escalation_beds_open_last():
    b = quiet_bench(people(4), **CERTAIN).with_beds(1, escalation=1)
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate([event(2, person=who, trigger=1600 + who) for who in range(4)])
    engine = b.engine()
    month = engine.month(0)
    assert sorted(states(engine).values()) == [CaseState.BOARDING] * 2 + [CaseState.ACUTE] * 2
    assert month.hospital_out[:, flow.HOSPITAL_ESCALATION_DAYS].tolist()[0] == 27, "from the night after the first"


@pytest.mark.parametrize("state", [CaseState.ACUTE, *WAITS_ON_A_WARD], ids=lambda state: state.name)
def test_whoever_lies_in_the_unit_or_on_a_wrong_ward_is_moved_whatever_is_waited_for(state):
    b = on_the_ward(state, 2, due=10**6, wanted=Ward.OLDER).with_beds(1, older=2, unit=1)
    b.known.councils["gate"] = 1.0
    b.cases["ward"] = UNIT, GENERAL
    b.cases["blocked"] = 1
    b.known.hospitals["occupied"][0], b.known.hospitals["ward_used"][0] = 2, (1, 1, 0)
    b.known.consortia["intermediate_places"] = 0.0
    b.cases["recovery"] = 1000
    engine = b.engine()
    engine.month(0)
    assert engine.cases["ward"][:2].tolist() == [OLDER, OLDER]
    assert engine.cases["due"][:2].tolist() == [10**6] * 2


@pytest.mark.parametrize("share_of_beds", [1.0, 0.8])
def test_at_every_nightfall_of_a_full_hospital_beds_in_use_are_people_in_beds(share_of_beds):
    b = bench(0.02)
    beds = b.known.hospitals["ward_beds"]
    beds[:] = (beds * share_of_beds).astype(int)
    b.known.hospitals["beds"] = beds.sum(axis=1)
    b.without_cases()
    engine = b.engine()
    boarded = []

    def look(day, now):
        cases = now.cases[: now.size[0]]
        open_cases = cases[cases["state"] != CaseState.CLOSED]
        inside = np.isin(open_cases["state"], IN_HOSPITAL_STATES)
        lies = inside & (open_cases["state"] != CaseState.BOARDING)
        assert ((open_cases["ward"] != NOWHERE) == lies).all()
        assert ((now.rows["care"][open_cases["person"]] & record.IN_HOSPITAL != 0) == inside).all()
        for h, one in enumerate(now.hospitals):
            here = open_cases["hospital"] == h
            consistent(one, open_cases[here & lies])
            assert one["boarding"] == (here & inside & ~lies).sum()
        boarded.append(now.hospitals["boarding"].sum())

    engine.at_nightfall = look
    months = [engine.month(number) for number in range(4)]
    assert sum(month.hospital_out[:, flow.HOSPITAL_WARD_DAYS :].sum() for month in months) == sum(
        month.hospital_out[:, [flow.HOSPITAL_BED_DAYS, flow.HOSPITAL_SURGERY_DAYS]].sum()
        - month.out[:, flow.BOARDING_OUT].sum()
        for month in months
    )
    if share_of_beds < 1.0:
        assert sum(boarded) > 0, "people waited for beds"
