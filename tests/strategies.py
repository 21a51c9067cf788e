"""What tests share: small real economies, engines and people to build, and Hypothesis strategies for parameters."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from agents.deciding import Belief
from agents.patients import record
from agents.patients.people import People
from agents.patients.record import RECORD
from agents.patients.seeking import EVENT
from agents.vocabulary import Account, CaseState, Lever, Setting, Ward
from model.economy import HealthEconomy
from model.engine import Calendar, Engine, Month, Organisations
from model.epidemiology import reference_tables
from model.parameters import Parameters
from model.place import load_place
from model.rules import compile_rules
from model.starting_state import starting_state
from model.structures import HEADLINE, list_structures

LEVERS = tuple(lever for lever in Lever if lever != Lever.NONE)
NO_BELIEFS = {lever: Belief(lever=lever, costs={}, qalys=0.0) for lever in LEVERS}
"""Organisations that believe that no lever does anything, and so move none."""
SOME_BELIEFS = NO_BELIEFS | {
    lever: Belief(
        lever=lever,
        costs={
            Account.SOCIAL_CARE: social_care,
            Account.ACUTE: acute,
            Account.COMMUNITY: community,
            Account.HOSPITAL: hospital,
        },
        qalys=qalys,
    )
    for lever, (social_care, acute, community, hospital, qalys) in {
        Lever.STRICTNESS: (-1.6, 0.6, 0.0, -0.2, -6e-5),
        Lever.GENEROSITY: (1.2, -0.5, 0.0, 0.2, 5e-5),
        Lever.REABLEMENT: (0.1, -0.2, 0.0, 0.1, 2e-5),
        Lever.ASSESSMENT: (0.3, -0.4, 0.0, 0.2, 1e-5),
        Lever.COMMUNITY: (-0.1, -0.3, 0.2, -0.2, 1e-5),
        Lever.PROACTIVE: (0.0, -0.2, 0.1, 0.1, 1e-5),
        Lever.ADMISSION_THRESHOLD: (0.1, -1.5, 0.0, 0.4, -5e-5),
        Lever.DISCHARGE_READINESS: (-0.2, 0.3, 0.0, 0.5, 1e-5),
    }.items()
}
"""Made-up beliefs under which organisations have something to weigh: tests do not hang on what was measured."""
EACH_STRUCTURE = tuple(
    name if name in HEADLINE else pytest.param(name, marks=pytest.mark.slow) for name in list_structures()
)
"""Every shipped structure, to parametrize tests that run each: those beyond the headline only among the slow ones."""
ALL_HELD = dict.fromkeys(lever.name.lower() for lever in LEVERS)
"""Every lever frozen where it was observed."""

# Whole economies


class WatchedEconomy(HealthEconomy):
    """An economy that keeps the whole-number totals of each month, for tests to look into."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.months: list[Month] = []

    def _live_and_flow(self) -> Month:
        month = super()._live_and_flow()
        self.months.append(month)
        return month

    def total(self, column: int) -> int:
        """Sum of a column of the daily flow's totals over all months and councils."""
        return int(sum(month.out[:, column].sum() for month in self.months))


def small_economy(**options: Any) -> WatchedEconomy:
    """An economy of some 735 adults of Berkshire West, unless told otherwise."""
    return WatchedEconomy(**{"scale": 0.002, "years": 1, "beliefs": SOME_BELIEFS, **options})


def lived(months: int, **options: Any) -> WatchedEconomy:
    """A small economy after some months."""
    economy = small_economy(**options)
    for _ in range(months):
        economy.step()
    return economy


def series(economy: HealthEconomy, measure: str) -> np.ndarray:
    """Monthly values of a measure for the whole place."""
    frame = economy.measures
    return frame[(frame["organisation"] == "place") & (frame["measure"] == measure)]["value"].to_numpy()


def total(economy: HealthEconomy, measure: str) -> float:
    """A measure of the whole place, summed over months."""
    return float(series(economy, measure).sum())


def paid(economy: HealthEconomy, service: str) -> float:
    """Pounds paid for a service by everybody but households."""
    entries = economy.ledger.entries()
    return float(entries[(entries["service"] == service) & (entries["payer"] != "households")]["pounds"].sum())


# Bits


def bits_of(array: np.ndarray) -> bytes:
    """The bytes of an array's values, without the padding between fields."""
    if array.dtype.names is None:
        return np.ascontiguousarray(array).tobytes()
    return b"".join(np.ascontiguousarray(array[name]).tobytes() for name in array.dtype.names)


def bits_of_frame(frame: pd.DataFrame) -> bytes:
    """The bytes of a frame: names of columns, and every value written so that it can be read back exactly."""
    return frame.to_csv(index=False, float_format="%.17g").encode()


def fingerprints(economy: HealthEconomy) -> dict[str, str]:
    """A digest of each part of what a run left: people, cases, calendar, ledger, measures, decisions."""
    engine = economy.engine
    parts = {
        "people": bits_of(engine.people.rows),
        "cases": bits_of(engine.cases[: engine.n_cases]),
        "calendar": bits_of(engine.future),
        "waiting": bits_of(engine.waiting),
        "entries": bits_of_frame(economy.ledger.entries()),
        "consequences": bits_of_frame(economy.ledger.consequences()),
        "resources": bits_of_frame(economy.ledger.resources()),
        "measures": bits_of_frame(economy.measures),
        "decisions": bits_of_frame(economy.decisions),
    }
    return {name: hashlib.sha256(part).hexdigest()[:16] for name, part in parts.items()}


# Engines without organisations that decide


@dataclass
class Bench:
    """A place's people and organisations at rest, free to change before an engine takes them up.

    Parameters
    ----------
    rows, cases, future, waiting : as in a starting state, copied
    known : organisations, copied
    tables, rules : records that kernels read, copied
    """

    rows: np.ndarray
    cases: np.ndarray
    future: np.ndarray
    waiting: np.ndarray
    known: Organisations
    tables: np.record
    rules: np.record
    calendar: Calendar = field(default_factory=lambda: Calendar("2014-04"))

    def engine(self, seed: int = 1) -> Engine:
        """An engine over copies, so that one bench serves many."""
        engine = Engine(People(self.rows.copy()), self.tables, self.rules, self.known.copy(), seed, self.calendar)
        engine.load_state({"cases": self.cases, "future": self.future, "waiting": self.waiting})
        return engine

    def without_cases(self) -> Bench:
        """Take everybody out of hospital, queues and short-term care."""
        interim = self.cases["person"][self.cases["state"] == CaseState.INTERIM]
        self.cases, self.future, self.waiting = self.cases[:0], self.future[:0], self.waiting[:0]
        self.rows["flags"] &= ~np.uint8(record.WAITS)
        setting = self.rows["care"] & record.SETTING_MASK
        self.rows["care"] &= ~np.uint8(record.IN_HOSPITAL | record.FOR_OPERATION)
        self.rows["care"][(setting == Setting.REABLEMENT) | (setting == Setting.INTERMEDIATE)] = 0
        self.rows["care"][interim] = 0
        self.rows["flags"] &= ~np.uint8(record.ASKED)
        for name in ("occupied", "ward_used", "boarding", "escalation_open"):
            self.known.hospitals[name] = 0
        self.known.councils["reablement_used"] = 0
        self.known.consortia["intermediate_used"] = 0
        return self

    def with_beds(self, general: int, older: int = 0, unit: int = 0, *, escalation: int = 0, step: int = 1) -> Bench:
        """Give every hospital so many beds on each ward, and so many that can be opened beyond them."""
        hospitals = self.known.hospitals
        hospitals["ward_beds"] = unit, general, older
        hospitals["beds"] = unit + general + older
        hospitals["escalation"], hospitals["escalation_step"] = escalation, step
        return self

    def in_beds(self, ward: Ward = Ward.GENERAL) -> Bench:
        """Put everybody whose case is in hospital, unless it waits in A&E for a bed, into a bed of the first hospital."""
        state = self.cases["state"]
        inside = (state >= CaseState.BOARDING) & (state <= CaseState.WAIT_HOUSING)
        lies = inside & (state != CaseState.BOARDING)
        who, operated = self.cases["person"][inside], self.cases["person"][state == CaseState.SURGERY]
        self.rows["care"][who] |= np.uint8(record.IN_HOSPITAL)
        self.rows["care"][operated] |= np.uint8(record.FOR_OPERATION)
        self.cases["ward"][lies] = ward
        hospital = self.known.hospitals[0]
        hospital["ward_used"][ward] = hospital["occupied"] = lies.sum()
        hospital["boarding"] = (inside & ~lies).sum()
        if hospital["ward_beds"][ward] < lies.sum():
            hospital["beds"] += lies.sum() - hospital["ward_beds"][ward]
            hospital["ward_beds"][ward] = lies.sum()
        return self


def copy_record(one: np.record) -> np.record:
    """A record of its own memory, free to change."""
    return np.array([one], dtype=one.dtype).view(np.recarray)[0]


def rules_with(**values: float) -> np.record:
    """The default rules for Berkshire West's parties, some of them changed to anything."""
    place = load_place("berkshire-west")
    first = 1, 1 + len(place.councils), 1 + len(place.councils) + len(place.consortia)
    rules = compile_rules(Parameters(), *first)
    for name, value in values.items():
        rules[name] = value
    return rules


def bench(scale: float = 0.01, **rules: float) -> Bench:
    """The starting state of Berkshire West at a scale, with some rules changed."""
    state = starting_state(load_place("berkshire-west"), scale, Parameters())
    arrays = state.arrays
    return Bench(
        rows=arrays["rows"].copy(), cases=arrays["cases"].copy(), future=arrays["future"].copy(), waiting=arrays["waiting"].copy(),
        known=state.organisations.copy(), tables=copy_record(reference_tables(Parameters())), rules=rules_with(**rules),
    )  # fmt: skip


def quiet_bench(people: np.ndarray, **rules: float) -> Bench:
    """A few people to whom nothing happens by itself: no illness, no death, no request."""
    quiet = bench(0.002, **rules).without_cases()
    quiet.rows = people.copy()
    for name in ("illness", "unmanaged", "death", "onset", "onset_ceiling", "gp_age"):
        quiet.tables[name] = 0.0
    for name in (
        "contacts_per_unmet_hour",
        "last_phase_contacts",
        "death_with_need",
        "breakdown_contact",
        "asks_a_month",
        "frailty_recovery",
        "frailty_from_unmet",
        "death_with_need",
    ):
        if name not in rules:
            quiet.rules[name] = 0.0
    quiet.known.councils["care_used"] = quiet.known.councils["home_used"] = 0
    return quiet


def event(day: int, kind: int = 0, **fields: Any) -> np.ndarray:
    """One event of the first person: an emergency of illness, unless told otherwise."""
    one = np.zeros(1, dtype=EVENT)
    one["day"], one["kind"], one["severity"], one["decider"], one["trigger"] = day, kind, 0.9, 65535, 16 * 100
    for name, value in fields.items():
        one[name] = value
    return one


def person(age: int = 80, sex: int = 1, fifth: int = 2, **fields: Any) -> np.ndarray:
    """One record: a woman of 80 in the middle fifth, at home, unless told otherwise."""
    rows = np.zeros(1, dtype=RECORD)
    rows["birth_month"] = -12 * age - 6
    rows["person"] = sex | fifth << record.QUINTILE_SHIFT
    rows["end_month"] = record.ALIVE
    rows["last_discharge"] = record.NEVER_DISCHARGED
    for name, value in fields.items():
        rows[name] = value
    return rows


@dataclass(frozen=True)
class Sweep:
    """What one sweep came to: the events written, totals and counts by council, and the rows after it."""

    events: np.ndarray
    totals: np.ndarray
    counts: np.ndarray
    rows: np.ndarray

    def contacts(self, cause: int) -> np.ndarray:
        """Emergency contacts of a cause, in the order written."""
        return self.events[(self.events["kind"] == 0) & (self.events["cause"] == cause)]


def sweep(of: Bench, month: int = 0, seed: int = 1, *, ageing: bool = True) -> Sweep:
    """Sweep a bench's people through one month without any day of care; the bench stays as it is."""
    from agents.patients.living import N_TOTALS, live

    rows, known = of.rows.copy(), of.known.copy()
    n = len(known.councils)
    totals = np.zeros((n, N_TOTALS + 2 * len(known.consortia)), dtype=np.int64)
    counts = np.zeros((n, 5 + 2 * len(known.consortia)), dtype=np.int64)
    events = np.zeros(8 * len(rows) + 8, dtype=EVENT)
    case_of = np.full(len(rows), -1, dtype=np.int32)
    case_of[of.cases["person"]] = np.arange(len(of.cases), dtype=np.int32)
    written = live(
        rows, 0, len(rows), month, month, of.calendar.first_day(month), of.calendar.length(month), ageing,
        np.uint64(seed), of.tables, of.rules, known.councils, known.consortia, of.cases, case_of, events, totals, counts,
    )  # fmt: skip
    return Sweep(events[:written], totals, counts, rows)


# Hypothesis strategies


@functools.cache
def _ranges() -> dict[str, tuple[float, float]]:
    rows = Parameters().table()
    return {row.name: (row.low, row.high) for row in rows if row.name != "deciding.moves_per_quarter"}


@st.composite
def parameter_values(draw: st.DrawFn, parts: tuple[str, ...] | None = None, most: int = 4) -> dict[str, float]:
    """A few parameters of the given parts (all unless given), each anywhere in its range."""
    names = sorted(name for name in _ranges() if parts is None or name.partition(".")[0] in parts)
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True))
    return {name: draw(st.floats(*_ranges()[name], allow_nan=False)) for name in chosen}
