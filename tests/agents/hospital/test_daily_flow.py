"""Days in hospital and care: what happens in which order, what is counted at night, and what lies in later months."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agents.hospital import state as flow
from agents.vocabulary import CaseState, Cause, Lever, Service
from tests.agents.hospital.few_people import (
    CERTAIN,
    at_home,
    contact,
    council_limits,
    people,
    states,
    waiting,
)
from tests.strategies import bench, bits_of, event, quiet_bench

ROOT = Path(__file__).resolve().parents[3]


# A day


def test_beds_go_to_those_who_wait_in_order():
    b = quiet_bench(people(4), **CERTAIN).with_beds(1)
    b.tables["stay_scale"] = 1000.0
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


@pytest.mark.parametrize(("by_eight", "late"), [(1.0, 1), (1e-9, 0)], ids=["at night", "in the evening"])
def test_a_bed_is_freed_at_the_ward_round(by_eight, late):
    """The only bed is freed that day: whoever came before the ward round waited for it, whoever comes after does not."""
    b = quiet_bench(people(2), **CERTAIN, arrive_by_eight=by_eight, arrive_by_twenty=min(2 * by_eight, 1.0)).with_beds(1)
    b.rules["ae_minutes"] = b.rules["ae_minutes_75"] = 1.0
    b.cases = waiting(CaseState.ACUTE, due=5)
    b.in_beds()
    b.rows["need_trait"] = -9000
    b.tables["stay_scale"] = 1e5
    b.future = event(5, person=1, trigger=1601)
    engine = b.engine()
    month = engine.month(0)
    assert states(engine) == {1: CaseState.ACUTE}
    assert month.out[:, flow.LATE_OUT].sum() == late
    assert month.out[:, flow.BOARDING_OUT].sum() == 0, "nobody waits overnight"


def test_people_in_hospital_come_before_people_at_home():
    b = at_home(CaseState.HOME_ASSESSMENT, 2)
    b.cases["state"][1] = CaseState.WAIT_ASSESSMENT
    b.in_beds()
    council_limits(b, assessment_rate=0.0, assessment_tokens=1.0, start_rate=0.0, start_tokens=0.0)
    engine = b.engine()
    engine.month(0)
    assert states(engine) == {0: CaseState.HOME_ASSESSMENT, 1: CaseState.WAIT_PACKAGE}


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


def test_a_night_is_counted_once_by_cause_and_by_hospital():
    b = quiet_bench(people(3), **CERTAIN).with_beds(1, unit=1)
    b.tables["stay_scale"] = 1000.0
    b.future = np.concatenate([event(2, person=who, trigger=1600 + who, cause=who) for who in range(3)])
    month = b.engine().month(0)
    assert month.out[:, flow.BED_DAYS_OUT : flow.DELAYED_OUT].sum(axis=0)[:3].tolist() == [28, 28, 28]
    assert month.hospital_out[0, flow.HOSPITAL_BED_DAYS] == 84
    on_wards = month.hospital_out[0, flow.HOSPITAL_WARD_DAYS :]
    assert on_wards.sum() == 56
    assert month.out[:, flow.BOARDING_OUT].sum() == 28


# Over months


def test_readiness_asked_for_moves_recovery_into_the_bed():
    """The same emergencies: more readiness, more days in bed, fewer returns, on average."""
    nights, back = [], []
    for readiness in (0.0, 0.6, 1.0):
        b = bench(0.02, return_unready=0.5).with_beds(10**6, unit=10**6, older=10**6)
        b.known.hospitals["levers"][:, Lever.DISCHARGE_READINESS] = readiness
        b.known.consortia["intermediate_places"] = 0.0
        engine = b.engine()
        months = [engine.month(number) for number in range(6)]
        stays = sum(int(month.out[:, flow.DISCHARGED_OUT].sum()) for month in months)
        nights.append(
            sum(
                int(
                    month.out[:, flow.BED_DAYS_OUT : flow.DELAYED_OUT].sum()
                    - month.out[:, flow.DELAYED_OUT : flow.RECORDED_OUT].sum()
                )
                for month in months
            )
            / stays
        )
        back.append(sum(int(month.out[:, flow.CONTACTS_OUT + Cause.RETURN].sum()) for month in months) / stays)
    assert nights == sorted(nights)
    assert nights[0] < nights[-1]
    assert back[0] > back[-1]


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
    b = quiet_bench(people(30), **CERTAIN).with_beds(3)
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


def test_day_by_day_is_the_same_as_the_month_at_once():
    def month(look):
        engine = bench(0.005).engine()
        engine.at_nightfall = look
        return engine, engine.month(0)

    (alone, one), (watched, other) = month(None), month(lambda day, now: None)
    assert bits_of(alone.people.rows) == bits_of(watched.people.rows)
    assert (one.out == other.out).all()
    assert (one.hospital_out == other.hospital_out).all()


# The same bits uncompiled

EVERY_WAY = """
import hashlib
import sys
import numpy as np
import tests.strategies
from agents.vocabulary import CaseState
from tests.agents.hospital.few_people import granted, waiting
from tests.strategies import bits_of, event, quiet_bench

tests.strategies.reference_tables = lambda parameters: np.load(sys.argv[1]).view(np.recarray)[0]
n = 40 * len(CaseState)
rows = granted(n)
rows["need"] = 600 + 200 * (np.arange(n) % 30)
rows["frailty"] = 0.05 + 0.01 * (np.arange(n) % 50)
rows["capital"] = np.where(np.arange(n) % 7 == 0, 10**6, 0)
rows["birth_month"] = -12 * 60 - np.arange(n) % 400
rules = {"housing_share": 0.3, "equipment_share": 0.3, "step_up_share": 0.7, "direct_share": 0.5}
b = quiet_bench(rows, interim_after_days=3.0, **rules)
b.cases = waiting(CaseState.ACUTE, n, package=700, funder=1, recovery=5, recovery_at_rest=5, recovery_all=9)
b.cases["state"] = np.arange(n) % (len(CaseState) - 1) + 1
b.cases["due"] = np.arange(n) % 11
b.cases["recorded"] = np.arange(n) % 2
b.cases["joint"] = np.arange(n) % 3 == 0
b.cases["wanted"] = 1 + np.arange(n) % 2
b.cases = b.cases[b.cases["state"] < CaseState.HOME_CHOICE]
b.in_beds().with_beds(200, older=100, unit=20, escalation=20, step=3)
b.known.councils["home_places"], b.known.councils["reablement_places"] = 60.0, 10.0
b.known.councils["care_capacity"], b.known.councils["gate"] = 60_000, 0.3
b.known.councils["assessment_rate"] = b.known.councils["start_rate"] = 3.0
b.known.hospitals["coordination_rate"], b.known.consortia["intermediate_places"] = 3.0, 10.0
b.future = np.concatenate(
    [event(k % 30, person=k, trigger=1600 + k, severity=0.2 + 0.008 * (k % 100)) for k in range(0, n, 2)]
    + [event(k % 30, kind=2, person=k) for k in range(0, n, 17)]
)
b.known.hospitals["contract_kinds"] = 1
engine = b.engine()
engine.kinds_of = lambda rows, month: (np.arange(len(rows)) % 4).astype(np.uint8)
month = engine.month(0)
assert month.brought.any(axis=(1, 2)).all()
print((month.out.sum(axis=0) > 0).sum(), (month.hospital_out.sum(axis=0) > 0).sum(), engine.n_cases)
left = (engine.people.rows, engine.cases[: engine.n_cases], engine.future, month.out, month.hospital_out)
for part in (*left, month.totals, month.journal, month.brought):
    print(hashlib.sha256(bits_of(part)).hexdigest())
"""


def test_every_way_in_and_out_has_the_same_bits_in_plain_python(tmp_path):
    """Tables are handed over, for they would take plain Python minutes."""
    np.save(tmp_path / "tables.npy", np.array([bench(0.002).tables]))

    def month(**variables: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        command = [sys.executable, "-c", EVERY_WAY, str(tmp_path / "tables.npy")]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    compiled = month()
    assert int(compiled.split()[0]) > 50, "most columns have something in them"
    assert month(NUMBA_DISABLE_JIT="1") == compiled
