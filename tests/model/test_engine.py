"""One month of lives and care: people, beds, places and days are conserved, and the calendar is the calendar."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.hospital.flows import FLOWS
from agents.hospital.state import (
    AT_HOME_OUT,
    BED_DAYS_OUT,
    BOARDING_OUT,
    DEATHS_OUT,
    DELAYED_OUT,
    DISCHARGED_OUT,
    FOLLOWED_UP_OUT,
    HANDOVERS_OUT,
    HOSPITAL_BED_DAYS,
    HOSPITAL_SURGERY_DAYS,
    HOSPITAL_WARD_DAYS,
    INTERIM_OUT,
    N_OUT,
    N_WARDS,
    OLDER_DISCHARGED_OUT,
    OLDER_REABLED_OUT,
    SURGERY_DAYS_OUT,
)
from agents.patients import record
from agents.patients.living import CARE_HOME_DAYS, HOSPITAL_DAYS, MICRO_QALYS, PERSON_DAYS, SELF_PENCE
from agents.patients.seeking import FOLLOW_UP
from agents.vocabulary import N_CAUSES, N_REASONS, CaseState, Lever, Setting, Ward
from model.engine import CARE_HOME_COUNT, LIVING_COUNT, PACKAGE_MINUTES_COUNT, Calendar, rebase_time
from model.parameters import Parameters
from tests.strategies import bench, bits_of, lived, parameter_values, small_economy

IN_HOSPITAL_STATES = [state for state in CaseState if CaseState.BOARDING <= state <= CaseState.WAIT_HOUSING]


# Calendar


@given(st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 12, 1)), st.integers(0, 400))
def test_months_follow_each_other_without_a_gap(start, month):
    calendar = Calendar(f"{start.year}-{start.month:02d}")
    assert calendar.first_day(month) + calendar.length(month) == calendar.first_day(month + 1)
    assert calendar.date(month) == calendar.origin + datetime.timedelta(days=calendar.first_day(month))
    assert calendar.weekday(month) == calendar.date(month).weekday()
    assert calendar.date(month).day == 1


def test_a_run_starts_on_the_first_tuesday_of_april_2014():
    calendar = Calendar("2014-04")
    assert (calendar.first_day(0), calendar.weekday(0), calendar.length(0)) == (0, 1, 30)
    assert calendar.first_day(12) == 365
    assert calendar.first_day(24) == 365 + 366  # February 2016 has 29 days


# What is in use, and what the records say


def setting(rows):
    return rows["care"] & record.SETTING_MASK


class Elsewhere:
    """Counts each person's nights that are neither at home nor in hospital for an emergency: in a home, or for an operation."""

    def __init__(self, engine) -> None:
        self.nights = np.zeros(engine.people.capacity, dtype=np.int64)
        engine.at_nightfall = self.see

    def see(self, day, flow) -> None:
        care = flow.rows["care"]
        operated = (care & record.FOR_OPERATION) != 0
        resident = ((care & record.SETTING_MASK) >= Setting.RESIDENTIAL) & ((care & record.IN_HOSPITAL) == 0)
        self.nights[: len(care)] += operated | resident

    def month(self):
        """Return the nights since the last call."""
        nights, self.nights = self.nights, np.zeros_like(self.nights)
        return nights


def checked(engine, before, month, elsewhere) -> None:
    """Compare every count that the engine keeps with what the records and cases say at the month's end.

    `elsewhere` is each person's nights of the month that :class:`Elsewhere` counted.
    """
    rows, known = engine.people.rows, engine.organisations
    cases = engine.cases[: engine.n_cases]
    alive = rows["end_month"] == record.ALIVE
    councils, hospitals = len(known.councils), len(known.hospitals)

    # People: the living, the dead and those who left are everybody.
    died = (rows["end_month"] == month.number) & (rows["flags"] & record.LEFT == 0)
    assert died.sum() == len(month.deaths) == month.out[:, DEATHS_OUT].sum()
    assert (rows["end_month"][~alive] <= month.number).all()
    lived_through = np.bincount(rows["council"][alive | died], minlength=councils)
    assert (month.counts[:, LIVING_COUNT] == lived_through).all()

    # Care: what councils and consortia count as used is what people have.
    here = rows[alive]
    assert (
        known.councils["home_used"]
        == np.bincount(here["council"][setting(here) >= Setting.RESIDENTIAL], minlength=councils)
    ).all()
    minutes = np.bincount(here["council"], weights=here["package"], minlength=councils)
    assert (known.councils["care_used"] == minutes).all()
    for state, name, place, of in (
        (CaseState.REABLEMENT, "reablement_used", Setting.REABLEMENT, known.councils),
        (CaseState.INTERMEDIATE, "intermediate_used", Setting.INTERMEDIATE, known.consortia),
    ):
        where = "council" if of is known.councils else "consortium"
        people = np.bincount(here[where][setting(here) == place], minlength=len(of))
        of_cases = np.bincount(rows[where][cases["person"][cases["state"] == state]], minlength=len(of))
        assert (of[name] == people).all(), name
        assert (of[name] == of_cases).all(), name
    interim = cases["person"][cases["state"] == CaseState.INTERIM]
    assert (setting(rows[interim]) == Setting.RESIDENTIAL).all(), "an interim bed is a place in use"

    # Beds: each bed in use has a patient; boarders wait beside them.
    on_ward = np.isin(cases["state"], IN_HOSPITAL_STATES) & (cases["state"] != CaseState.BOARDING)
    assert (known.hospitals["occupied"] == np.bincount(cases["hospital"][on_ward], minlength=hospitals)).all()
    assert (known.hospitals["occupied"] <= known.hospitals["beds"] + known.hospitals["escalation_open"]).all()
    assert (known.hospitals["escalation_open"] <= known.hospitals["escalation"]).all()
    assert ((cases["ward"] != Ward.NONE) == on_ward).all()
    for ward in range(N_WARDS):
        lies = np.bincount(cases["hospital"][cases["ward"] == ward], minlength=hospitals)
        assert (known.hospitals["ward_used"][:, ward] == lies).all(), Ward(ward).name
    boarding = cases["state"] == CaseState.BOARDING
    assert (known.hospitals["boarding"] == np.bincount(cases["hospital"][boarding], minlength=hospitals)).all()
    inside = np.zeros(len(rows), dtype=bool)
    inside[cases["person"][np.isin(cases["state"], IN_HOSPITAL_STATES)]] = True
    assert ((rows["care"] & record.IN_HOSPITAL != 0) == inside).all()
    operated = np.zeros(len(rows), dtype=bool)
    operated[cases["person"][cases["state"] == CaseState.SURGERY]] = True
    assert ((rows["care"] & record.FOR_OPERATION != 0) == operated).all()
    assert len(np.unique(cases["person"])) == len(cases), "nobody is in two places"
    assert (engine.case_of[cases["person"]] == np.arange(len(cases))).all()
    assert (engine.case_of >= 0).sum() == len(cases)

    # Nothing in use is below nothing, and nothing short of the market's limits is exceeded.
    for of, names in (
        (known.councils, ("care_used", "reablement_used", "home_used")),
        (known.consortia, ("intermediate_used",)),
        (known.hospitals, ("occupied", "ward_used", "boarding", "escalation_open")),
    ):
        for name in names:
            assert (of[name] >= 0).all(), name

    # Days: whoever lived all month spent each of its days in one place.
    was = len(before)
    stayed = alive[:was] & (before["end_month"] == record.ALIVE)
    days = {
        name: rows[name][:was][stayed].astype(int) - before[name][stayed]
        for name in ("days_at_home", "days_in_hospital", "qalys")
    }
    assert (days["days_at_home"] + days["days_in_hospital"] + elsewhere[:was][stayed] == month.days).all()
    settled = (setting(before)[stayed] >= Setting.RESIDENTIAL) & (setting(rows)[:was][stayed] >= Setting.RESIDENTIAL)
    assert (days["days_at_home"][settled] == 0).all()
    assert (days["days_in_hospital"] >= 0).all()
    assert (days["days_at_home"] >= 0).all()
    assert (days["days_at_home"] + days["days_in_hospital"] <= month.days).all()
    assert (days["qalys"] <= month.days * 1e6 / 365.25).all()
    assert (days["qalys"] >= 0).all()

    # Totals by council are sums over people.
    everybody = np.bincount(rows["council"], minlength=councils) * 0
    gained = rows["qalys"].astype(np.int64)
    gained[:was] -= before["qalys"]
    np.add.at(everybody, rows["council"], gained)
    assert (month.totals[:, MICRO_QALYS] == everybody).all()
    at_home = month.totals[:, PERSON_DAYS] - month.totals[:, HOSPITAL_DAYS] - month.totals[:, CARE_HOME_DAYS]
    counted = {"days_at_home": at_home, "out_of_pocket": month.totals[:, SELF_PENCE], "handovers": month.out[:, HANDOVERS_OUT]}
    for name, told in counted.items():
        gained = rows[name].astype(np.int64)
        gained[:was] -= before[name]
        assert (told == np.bincount(rows["council"], gained, minlength=councils)).all(), name
    alive_days = np.bincount(here["council"], minlength=councils) * month.days
    assert (month.totals[:, PERSON_DAYS] >= alive_days).all()
    assert (month.totals[:, PERSON_DAYS] <= alive_days + month.days * month.out[:, DEATHS_OUT]).all()
    assert (month.totals >= 0)[:, :11].all()
    assert (month.out >= 0).all()

    # Nights in hospital: the same by council and cause, by hospital, and by person.
    nights = month.out[:, BED_DAYS_OUT : BED_DAYS_OUT + N_CAUSES].sum()
    assert nights == month.hospital_out[:, HOSPITAL_BED_DAYS].sum()
    assert month.out[:, DELAYED_OUT : DELAYED_OUT + N_REASONS].sum() + month.out[:, BOARDING_OUT].sum() <= nights
    operations = month.out[:, SURGERY_DAYS_OUT].sum()
    assert operations == month.hospital_out[:, HOSPITAL_SURGERY_DAYS].sum()
    assert month.totals[:, HOSPITAL_DAYS].sum() == nights + operations
    in_beds = month.hospital_out[:, HOSPITAL_WARD_DAYS : HOSPITAL_WARD_DAYS + N_WARDS].sum()
    assert in_beds + month.out[:, BOARDING_OUT].sum() == nights + operations


def run_checked(economy, months: int) -> None:
    elsewhere = Elsewhere(economy.engine)
    for _ in range(months):
        before = economy.engine.people.rows.copy()
        economy.step()
        checked(economy.engine, before, economy.months[-1], elsewhere.month())


@pytest.mark.parametrize("flow", FLOWS)
def test_people_beds_places_and_days_are_conserved(flow):
    run_checked(small_economy(scale=0.01, years=3, seed=3, hospital_flow=flow), 26)


def test_they_are_conserved_with_levers_far_from_rest():
    hold = {
        "strictness": 0.0,
        "generosity": 1.2,
        "community": 3.0,
        "reablement": 3.0,
        "admission_threshold": 0.2,
        "discharge_readiness": 0.0,
    }
    run_checked(small_economy(scale=0.01, years=2, hold=hold), 13)


@settings(max_examples=6)
@given(parameter_values(parts=("living", "seeking", "care", "hospital"), most=6), st.integers(0, 2**64 - 1))
def test_they_are_conserved_whatever_the_parameters(values, seed):
    run_checked(small_economy(parameters=Parameters().with_values(values), seed=seed), 4)


def test_they_are_conserved_without_organisations_that_decide():
    """A year in which interim beds and operations come about too."""
    engine = bench(0.02, interim_after_days=5.0, interim_share=1.0).engine()
    elsewhere = Elsewhere(engine)
    interim = operations = 0
    for number in range(12):
        before = engine.people.rows.copy()
        month = engine.month(number)
        checked(engine, before, month, elsewhere.month())
        interim += month.out[:, INTERIM_OUT].sum()
        operations += month.out[:, SURGERY_DAYS_OUT].sum()
    assert interim > 0
    assert operations > 0


def test_starting_states_are_as_conserved_as_runs():
    economy = small_economy(scale=0.01)
    rows = economy.engine.people.rows
    assert (rows["end_month"] == record.ALIVE).all()
    assert (rows["qalys"] == 0).all()
    assert (rows["contacts"] == 0).all()
    assert (economy.engine.cases[: economy.engine.n_cases]["start"] <= 0).all()
    assert (economy.engine.future["day"] >= 0).all()


# Borders: none of anything


def borders():
    def nobody_ill(b):
        b.tables["illness"] = 0.0
        b.tables["unmanaged"] = b.tables["severe_unmanaged"] = 0.0
        b.tables["gp_age"] = 0.0
        b.tables["death"] = 0.0
        b.tables["onset"] = 0.0
        b.tables["onset_ceiling"] = 0.0
        for name in (
            "contacts_per_unmet_hour",
            "last_phase_contacts",
            "breakdown_contact",
            "return_base",
            "return_by_frailty",
            "return_unready",
            "return_unsupported",
            "asks_a_month",
            "death_with_need",
        ):
            b.rules[name] = 0.0

    def no_beds(b):
        b.without_cases().with_beds(0)

    def no_places(b):
        b.known.councils["home_places"] = 0.0
        b.known.councils["reablement_places"] = 0.0
        b.known.consortia["intermediate_places"] = 0.0

    def no_assessments(b):
        b.known.councils["assessment_rate"] = b.known.councils["start_rate"] = 0.0
        b.known.councils["assessment_tokens"] = b.known.councils["start_tokens"] = 0.0

    def no_coordinators(b):
        b.known.hospitals["coordination_rate"] = b.known.hospitals["coordination_tokens"] = 0.0

    def no_escalation(b):
        b.without_cases()
        b.known.hospitals["escalation"] = b.known.hospitals["cubicles"] = 0

    def no_home_care(b):
        b.known.councils["care_capacity"] = 0

    def nobody_eligible(b):
        b.rules["eligible_hours"] = 1e6

    def everybody_eligible(b):
        b.rules["eligible_hours"] = 0.0
        b.known.councils["levers"][:, Lever.STRICTNESS] = 0.0

    def all_severe(b):
        b.known.hospitals["levers"][:, Lever.ADMISSION_THRESHOLD] = 0.0

    def nobody(b):
        b.without_cases()
        b.rows = b.rows[:0]

    def one(b):
        b.without_cases()
        b.rows = b.rows[-1:]

    return [
        nobody_ill,
        no_beds,
        no_places,
        no_assessments,
        no_coordinators,
        no_escalation,
        no_home_care,
        nobody_eligible,
        everybody_eligible,
        all_severe,
        nobody,
        one,
    ]


@pytest.mark.parametrize("border", borders(), ids=lambda border: border.__name__)
def test_none_of_anything_runs(border):
    empty = bench(0.005)
    border(empty)
    engine = empty.engine()
    elsewhere = Elsewhere(engine)
    for number in range(3):
        before = engine.people.rows.copy()
        month = engine.month(number)
        checked(engine, before, month, elsewhere.month())
    assert engine.people.rows["end_month"].min(initial=record.ALIVE) >= 0


def test_without_a_cause_nothing_happens():
    quiet = bench(0.005).without_cases()
    borders()[0](quiet)
    engine = quiet.engine()
    month = engine.month(0)
    assert (month.out == np.zeros((len(month.out), N_OUT), dtype=np.int64)).all()
    assert len(month.journal) == len(month.notes) == engine.n_cases == 0


def test_without_beds_everybody_admitted_waits_in_the_emergency_department():
    crowded = bench(0.005)
    engine = crowded.without_cases().with_beds(0).engine()
    month = engine.month(0)
    nights = month.out[:, BED_DAYS_OUT : BED_DAYS_OUT + N_CAUSES].sum()
    assert nights == month.out[:, BOARDING_OUT].sum() > 0


# Frozen demography


def test_in_frozen_demography_the_dead_are_replaced_and_nobody_ages():
    economy = lived(14, scale=0.01, years=2, demography="frozen")
    rows = economy.engine.people.rows
    assert sum(len(month.deaths) for month in economy.months) > 10
    assert (rows["end_month"] == record.ALIVE).all()
    start = economy._state.starting_rows
    assert len(rows) == len(start)
    for name in ("birth_month", "small_area", "council", "conditions"):
        assert (rows[name] == start[name]).all(), name


def test_what_the_dead_had_before_them_does_not_befall_who_replaces_them():
    economy = small_economy(scale=0.02, years=2, demography="frozen")
    for _ in range(18):
        economy.step()
        dead = economy.months[-1].deaths
        theirs = economy.engine.future[np.isin(economy.engine.future["person"], dead)]
        assert (theirs["kind"] == FOLLOW_UP).all(), "to be counted as not at home"
        assert (theirs["avoided"] == 1).all()


@pytest.mark.parametrize("flow", FLOWS)
def test_everybody_discharged_to_reablement_is_followed_up_once(flow):
    economy = small_economy(scale=0.05, years=2, demography="frozen", hospital_flow=flow)

    def to_come() -> int:
        return int((economy.engine.future["kind"] == FOLLOW_UP).sum())

    before = to_come()
    months = 7 if flow == "salabim" else 14
    for _ in range(months):
        economy.step()
    out = sum(month.out for month in economy.months).sum(axis=0)
    assert before + out[OLDER_REABLED_OUT] == out[FOLLOWED_UP_OUT] + to_come()
    assert 0 < out[AT_HOME_OUT] < out[FOLLOWED_UP_OUT]
    assert out[OLDER_REABLED_OUT] <= out[OLDER_DISCHARGED_OUT] <= out[DISCHARGED_OUT]


# State


def test_an_engine_that_takes_up_a_copied_state_goes_on_alike():
    base = bench(0.005)
    first = base.engine()
    first.month(0)
    state = first.copy_state()
    second = bench(0.005)
    second.rows, second.cases, second.future, second.waiting, second.known = (
        state["rows"],
        state["cases"],
        state["future"],
        state["waiting"],
        first.organisations.copy(),
    )
    twin = second.engine()
    a, b = first.month(1), twin.month(1)
    assert (a.out == b.out).all()
    assert (a.totals == b.totals).all()
    assert bits_of(first.people.rows) == bits_of(twin.people.rows)


def test_rebasing_moves_time_and_clears_outcomes():
    base = bench(0.005)
    engine = base.engine()
    for number in range(2):
        engine.month(number)
    state = engine.copy_state()
    before = {name: array.copy() for name, array in state.items()}
    rebase_time(state, 2, 61)
    assert (state["rows"]["qalys"] == 0).all()
    assert (state["cases"]["start"] == before["cases"]["start"] - 61).all()
    for name in ("since", "leaves", "due"):
        assert (state["waiting"][name] == before["waiting"][name] - 61).all()
    assert (state["future"]["day"] == before["future"]["day"] - 61).all()
    gone = before["rows"]["end_month"] != record.ALIVE
    assert (state["rows"]["end_month"][gone] == before["rows"]["end_month"][gone] - 2).all()
    assert (state["rows"]["end_month"][~gone] == record.ALIVE).all()


def test_counts_at_the_sweep_are_what_the_records_held():
    engine = bench(0.005).engine()
    month = engine.month(0)
    assert month.counts[:, CARE_HOME_COUNT].sum() > 0
    assert (month.counts[:, PACKAGE_MINUTES_COUNT] > 0).any()
