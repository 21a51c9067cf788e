"""A Patient reads and writes one row, in readable units, and is a Mesa agent without being registered as one."""

import copy
import pickle

import mesa
import numpy as np
import pytest

from agents.patients import record
from agents.patients.patient import ATTRIBUTES, Patient
from agents.patients.people import People
from agents.patients.record import ALIVE, RECORD
from agents.vocabulary import Condition, Funder, Setting


def somebody(**fields: float) -> Patient:
    """A person aged 70 in month 0, in row 1 of three, with these fields of the record."""
    rows = np.zeros(3, dtype=RECORD)
    rows["end_month"] = ALIVE
    rows["birth_month"] = -70 * 12
    for field, value in fields.items():
        rows[field][1] = value
    model = mesa.Model(rng=1)
    model.month = 0
    return Patient(model, People(rows), 1)


READ = [
    ("sex", {}, "male"),
    ("sex", {"person": record.FEMALE}, "female"),
    ("deprivation_fifth", {}, 1),
    ("deprivation_fifth", {"person": record.FEMALE | 4 << record.QUINTILE_SHIFT | record.OWNER}, 5),
    ("partner", {"person": record.PARTNER}, True),
    ("home_owner", {"person": record.PARTNER}, False),
    ("home_owner", {"person": record.OWNER}, True),
    ("capital_pounds", {"capital": -250}, -250),
    ("small_area", {"small_area": 40_000}, 40_000),
    ("council", {"council": 2}, 2),
    ("consortium", {"consortium": 3}, 3),
    ("hospital", {"hospital": 1}, 1),
    ("conditions", {}, ()),
    ("conditions", {"conditions": 1 << Condition.DEMENTIA | 1 << Condition.COPD}, ("copd", "dementia")),
    ("frailty", {"frailty": 0.25}, 0.25),
    ("last_phase", {"flags": record.DYING}, True),
    ("need_hours", {"need": 90}, 1.5),
    ("informal_hours", {"informal": 30}, 0.5),
    ("package_hours", {"package": 600}, 10.0),
    ("unmet_hours", {"unmet_recent": 45}, 0.75),
    ("withheld_hours", {"withheld": -90}, -1.5),
    ("strain", {"strain": 1}, 1.0),
    ("carer_broken", {"flags": record.CARER_BROKEN}, True),
    ("setting", {}, "home"),
    ("setting", {"care": Setting.NURSING | Funder.SELF << record.FUNDER_SHIFT | record.IN_HOSPITAL}, "nursing"),
    ("funder", {"care": Setting.NURSING | Funder.SELF << record.FUNDER_SHIFT | record.IN_HOSPITAL}, "self"),
    ("funder", {"care": Setting.HOME | Funder.COUNCIL << record.FUNDER_SHIFT}, "council"),
    ("in_hospital", {"care": Setting.NURSING | Funder.SELF << record.FUNDER_SHIFT | record.IN_HOSPITAL}, True),
    ("in_hospital", {"care": Setting.NURSING | Funder.SELF << record.FUNDER_SHIFT}, False),
    ("proactive", {"flags": record.PROACTIVE | record.ASKED}, True),
    ("waits_for_assessment", {"flags": record.PROACTIVE | record.ASKED}, True),
    ("found_not_eligible", {"flags": record.PROACTIVE | record.ASKED}, False),
    ("found_not_eligible", {"flags": record.REFUSED}, True),
    ("qalys", {"qalys": 7_250_000}, 7.25),
    ("unmet_hours_total", {"unmet": 90}, 1.5),
    ("out_of_pocket_pounds", {"out_of_pocket": 12_345}, 123.45),
    ("days_at_home", {"days_at_home": 3650}, 3650),
    ("days_in_hospital", {"days_in_hospital": 12}, 12),
    ("contacts", {"contacts": 255}, 255),
    ("spells", {"spells": 3}, 3),
    ("handovers", {"handovers": 300}, 300),
]


@pytest.mark.parametrize(("name", "fields", "value"), READ)
def test_attributes_read_the_record_in_readable_units(name, fields, value):
    read = getattr(somebody(**fields), name)
    assert read == value
    assert type(read) is type(value)


def test_every_attribute_is_tested_and_says_what_it_means():
    assert {name for name, _, _ in READ} | {"age", "present", "alive"} == set(ATTRIBUTES)
    assert all(attribute.__doc__ and getattr(Patient, name) is attribute for name, attribute in ATTRIBUTES.items())


@pytest.mark.parametrize(
    ("birth_month", "month", "age"),
    [(-840, 0, 70), (-840, 11, 70), (-840, 12, 71), (-839, 0, 69), (-216, 0, 18), (0, 216, 18)],
)
def test_age_counts_birthdays(birth_month, month, age):
    patient = somebody(birth_month=birth_month)
    patient.model.month = month
    assert patient.age == age


def test_age_stops_at_death():
    patient = somebody(end_month=30)
    patient.model.month = 100
    assert patient.age == 72


def test_a_model_without_months_is_at_month_0():
    patient = somebody()
    del patient.model.month
    assert patient.age == 70
    assert patient.present


@pytest.mark.parametrize(
    ("fields", "present", "alive"),
    [
        ({}, True, True),
        ({"end_month": 5}, True, True),
        ({"end_month": 4}, False, False),
        ({"end_month": 4, "flags": record.LEFT}, False, True),
        ({"end_month": 9, "flags": record.DYING}, True, True),
    ],
)
def test_people_end_by_death_or_by_leaving(fields, present, alive):
    patient = somebody(**fields)
    patient.model.month = 5
    assert (patient.present, patient.alive) == (present, alive)


def test_views_are_of_the_store_as_it_is_now():
    patient = somebody()
    again = Patient(patient.model, patient.people, 1)
    patient.need_hours = 7.5
    again.people.rows["package"][1] = 60
    assert (again.need_hours, patient.package_hours) == (7.5, 1.0)
    patient.record["frailty"] = 0.5
    assert again.frailty == 0.5
    patient.people.append(np.zeros(100, dtype=RECORD))
    patient.capital_pounds = 5
    assert again.capital_pounds == 5
    assert patient.people.rows["need"][[0, 2]].tolist() == [0, 0]


def test_whole_minutes_are_kept():
    patient = somebody()
    patient.need_hours = 1 / 3
    assert patient.record["need"] == 20


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("frailty", 1.01, ValueError, r"Patient\.frailty must lie in \[0, 1\], got 1\.01"),
        ("frailty", float("nan"), ValueError, r"Patient\.frailty must lie in \[0, 1\], got nan"),
        ("package_hours", -1, ValueError, r"Patient\.package_hours must lie in \[0, 168\], got -1"),
        ("strain", True, TypeError, r"Patient\.strain must be a number, got True"),
        ("age", 40, AttributeError, r"Patient\.age can only be read; what can be set: .*frailty"),
        ("conditions", ("copd",), AttributeError, r"Patient\.conditions can only be read"),
        ("frality", 0.5, AttributeError, "people have no attribute 'frality'; nearest: frailty"),
        ("unique_id", 7, AttributeError, "people have no attribute 'unique_id'"),
    ],
)
def test_wrong_settings_are_refused(name, value, error, message):
    patient = somebody()
    before = patient.people.rows.copy()
    with pytest.raises(error, match=message):
        setattr(patient, name, value)
    assert np.array_equal(patient.people.rows, before)


def test_unknown_attributes_give_the_nearest():
    with pytest.raises(AttributeError, match="people have no attribute 'need_hour'; nearest: need_hours"):
        _ = somebody().need_hour


def test_a_view_is_an_agent_that_mesa_does_not_register():
    patient = somebody()
    assert isinstance(patient, mesa.Agent)
    assert patient.unique_id == 1
    assert patient.pos is None
    assert patient.random is patient.model.random
    assert patient.rng is patient.model.rng
    assert len(patient.model.agents) == 0
    assert mesa.Agent(patient.model).unique_id == 1, "views use up no number of Mesa's"


@pytest.mark.parametrize(
    "call", [Patient.step, Patient.advance, Patient.remove, lambda patient: patient.create_agents(patient.model, 3)]
)
def test_people_move_on_enter_and_leave_through_the_model_only(call):
    with pytest.raises(TypeError, match=r"economy\.step\(\)|enter and leave through the model"):
        call(somebody())


def test_views_are_equal_if_they_are_of_the_same_row_of_the_same_store():
    patient = somebody()
    again, neighbour = (Patient(patient.model, patient.people, row) for row in (1, 2))
    assert patient == again
    assert len({patient, again, neighbour}) == 2
    assert patient != neighbour
    assert patient != somebody()
    assert patient != 1


@pytest.mark.parametrize("row", [3, -1])
def test_a_row_must_exist(row):
    with pytest.raises(IndexError, match=f"row must be from 0 to 2, got {row}"):
        Patient(somebody().model, somebody().people, row)


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy])
def test_views_can_be_copied_with_their_store(again):
    patient = somebody(need=60)
    one, other = again([patient, Patient(patient.model, patient.people, 1)])
    assert one == other != patient
    one.need_hours = 2
    assert (other.need_hours, patient.need_hours) == (2, 1)
    assert copy.copy(patient) == patient


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "man of 70, deprivation fifth 1; no long-term condition; frailty 0.00; needs no help; at home"),
        (
            {"person": 1 | 1 << 1, "conditions": 1 << Condition.HEART_FAILURE | 1 << Condition.COPD,
             "frailty": 0.313, "need": 600, "informal": 90, "package": 210, "care": record.IN_HOSPITAL},
            "woman of 70, deprivation fifth 2; heart failure, copd; frailty 0.31; "
            "needs 10.0 h a week (1.5 informal, 3.5 formal); in hospital (at home before)",
        ),
        ({"care": Setting.REABLEMENT}, "man of 70, deprivation fifth 1; no long-term condition; frailty 0.00; "
         "needs no help; at home, reablement care"),
        ({"end_month": -1}, "man of 69, deprivation fifth 1; no long-term condition; frailty 0.00; "
         "needs no help; died"),
        ({"end_month": -1, "flags": record.LEFT}, "man of 69, deprivation fifth 1; no long-term condition; "
         "frailty 0.00; needs no help; moved away"),
    ],
)  # fmt: skip
def test_one_line_tells_who_it_is(fields, line):
    assert repr(somebody(**fields)) == f"<Patient 1: {line}>"


def test_the_store_grows_and_keeps_rows():
    people = People(np.zeros(10, dtype=RECORD), capacity=12)
    people.rows["council"] = np.arange(10)
    newcomers = np.zeros(2, dtype=RECORD)
    newcomers["council"] = [10, 11]
    early = people.rows
    assert people.append(newcomers) == 10
    assert np.shares_memory(early, people.rows), "there was room"
    for first in range(12, 40, 4):
        assert people.append(np.full(4, people.rows[0])) == first
    assert len(people) == len(people.rows) == 40
    assert people.rows["council"][:12].tolist() == list(range(12))
    assert 40 <= people.capacity <= 60
    assert repr(people).startswith("<People: 40 rows, room for ")
    assert pickle.loads(pickle.dumps(people)).rows.tobytes() == people.rows.tobytes()


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 2), dtype=RECORD), [1, 2]])
def test_the_store_takes_records_only(wrong):
    for take in (People, People(np.zeros(1, dtype=RECORD)).append):
        with pytest.raises(TypeError, match=r"People\.rows must be a one-dimensional array of .*RECORD, got "):
            take(wrong)
