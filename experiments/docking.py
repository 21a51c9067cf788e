"""One hospital on its own: given arrivals, chosen beds and packages, and nothing else going on.

Both hospital flows can be run here on the same arrivals, and held against queueing theory (:mod:`experiments.queueing`)
and against each other. The people are real records in a real engine; their hazards are nought, so that nobody arrives,
dies, asks or returns but those who are told to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from agents.care import judged_package
from agents.hospital.books import N_CASES_AT
from agents.hospital.delays import delay_reason
from agents.hospital.flows import flow_named
from agents.hospital.state import GENERAL, HOSPITAL_ADMISSIONS, HOSPITAL_BED_DAYS, Flow
from agents.patients import record
from agents.patients.living import update_need
from agents.patients.people import People
from agents.patients.record import RECORD
from agents.patients.seeking import CONTACT, DEATH_EVENT, EVENT, NEED_DECIDES
from agents.vocabulary import CaseState, Lever, Reason
from experiments.queueing import weibull_scale
from model.engine import Calendar, Engine, Organisations
from model.epidemiology import reference_tables
from model.parameters import Parameters
from model.rules import compile_rules

PLENTY = 10**9  # of whatever is not to be short
ALIKE = 1e12  # shape of a Weibull distribution whose draws are all alike, to ten digits
SURELY = 1e-3  # spread of a decision that severity alone settles
START = "2014-04"
FOUR_WEEKS = 28
MOST_DAYS = 32_000  # a record counts days in 16 bits
BOARDING, FIRST_FIT = int(CaseState.BOARDING), int(CaseState.WAIT_FURTHER_NHS)
LAST_IN_HOSPITAL = int(CaseState.WAIT_HOUSING)
PARTIES = 0, 1, 2  # first council, consortium and hospital in the ledger that nobody keeps
OF_PACKAGES = 1  # beside the seed, so that packages and arrivals of one seed have nothing in common
NEED_TRAIT = 2000  # 1/1,000 of a logit: enough help for a package, not for a care home

QUIET_TABLES = ("illness", "unmanaged", "severe_unmanaged", "death", "onset", "onset_ceiling", "gp_age", "need_age", "need_conditions",
                "need_fifth", "frailty_age", "frailty_conditions", "severe_need", "severe_frailty")  # fmt: skip
"""What the evidence says of people that is nought here."""

STILL = {
    "living.frailty_recovery": 0.0,
    "living.trait_kept": 1.0,
    "living.carer_recovery_a_year": 0.0,
    "living.death_with_need": 0.0,
    "living.frailty_from_unmet": 0.0,
    "seeking.contacts_per_unmet_hour": 0.0,
    "seeking.last_phase_contacts": 0.0,
    "seeking.breakdown_contact": 0.0,
    "seeking.asks_a_month": 0.0,
    "care.eligible_hours": 0.0,
    "care.reablement_share": 0.0,
    "care.leave_wait_a_day": 0.0,
    "care.weekend_pace": 1.0,
    "care.planning_days": 0.0,
    "care.assessment_days": 0.0,
    "care.package_days": 0.0,
    "care.equipment_share": 0.0,
    "care.housing_share": 0.0,
    "care.smaller_share": 0.0,
    "care.interim_share": 0.0,
    "hospital.arrive_by_eight": 8 / 24,
    "hospital.arrive_by_twenty": 20 / 24,
    "hospital.outlier_longer": 0.0,
    "hospital.admission_spread": SURELY,
    "hospital.crowding_threshold": 0.0,
    "hospital.partner_support": 0.0,
    "hospital.direct_share": 1.0,
    "hospital.recovery_ratio": 0.0,
    "hospital.deconditioning": 0.0,
    "hospital.untreated_death": 0.0,
    "hospital.untreated_return": 0.0,
    "hospital.boarding_death": 0.0,
    "hospital.return_base": 0.0,
    "hospital.return_by_frailty": 0.0,
    "hospital.return_unready": 0.0,
    "hospital.return_unsupported": 0.0,
}
"""Parameters under which everybody who comes is admitted, gets well without a recovery phase, and does not come back;
nobody leaves a queue, nothing takes time to arrange, weekends are like weekdays and all hours alike."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrivals:
    """Who comes on which day; each arrival is a person of their own.

    Parameters
    ----------
    day : shape (n,), days since the start, not falling
    needs_package : shape (n,), whether the person cannot go home without home care

    Raises
    ------
    ValueError
        If the shapes differ or a day is negative, too late or out of order.
    """

    day: np.ndarray
    needs_package: np.ndarray

    def __post_init__(self) -> None:
        if self.day.shape != self.needs_package.shape or self.day.ndim != 1:
            raise ValueError(
                f"Arrivals.day and needs_package must be of one length, got {self.day.shape} and {self.needs_package.shape}"
            )
        if len(self.day) and not (self.day[0] >= 0 and self.day[-1] < MOST_DAYS and (np.diff(self.day) >= 0).all()):
            raise ValueError(f"Arrivals.day must rise from 0 or more to less than {MOST_DAYS}, got {self.day!r}")

    def __len__(self) -> int:
        return len(self.day)

    @property
    def certain(self) -> int:
        """The fewest that come on any day up to the last: so many beds are needed whatever else happens."""
        return int(np.bincount(self.day).min()) if len(self.day) else 0

    @classmethod
    def steady(cls, a_day: int, days: int, *, packages_a_day: int = 0) -> Arrivals:
        """Return the same number each day, the first `packages_a_day` of whom need a package.

        >>> Arrivals.steady(2, 2, packages_a_day=1).day.tolist()
        [0, 0, 1, 1]

        Raises
        ------
        ValueError
            If a number is negative, or more need a package than come.
        """
        _at_least("Arrivals.steady a_day", a_day, 0)
        _at_least("Arrivals.steady days", days, 0)
        if not 0 <= packages_a_day <= a_day:
            raise ValueError(f"Arrivals.steady packages_a_day must lie in [0, {a_day}], got {packages_a_day!r}")
        return cls(
            day=np.repeat(np.arange(days), a_day), needs_package=np.tile(np.arange(a_day) < packages_a_day, days)
        )

    @classmethod
    def poisson(cls, a_day: float, days: int, *, seed: int = 1, package_share: float = 0.0) -> Arrivals:
        """Return a Poisson stream of `a_day` a day on average; the seed is of the arrivals, not of what becomes of them.

        Raises
        ------
        ValueError
            If the rate is not above 0, the days are negative, or the share is outside [0, 1].
        """
        if not 0.0 < a_day < math.inf:
            raise ValueError(f"Arrivals.poisson a_day must be above 0, got {a_day!r}")
        _at_least("Arrivals.poisson days", days, 0)
        if not 0.0 <= package_share <= 1.0:
            raise ValueError(f"Arrivals.poisson package_share must lie in [0, 1], got {package_share!r}")
        rng = np.random.Generator(np.random.Philox(seed))
        day = np.repeat(np.arange(days), rng.poisson(a_day, days))
        return cls(day=day, needs_package=rng.random(len(day)) < package_share)


@dataclass(frozen=True, kw_only=True)
class Ward:
    """A hospital and the way out of it.

    Parameters
    ----------
    mean_stay : days from admission until somebody is fit to leave
    stay_shape : of their Weibull distribution: 1 is exponential, ``math.inf`` makes all stays alike
    beds : None where nobody ever waits for one
    packages : of home care that can be held at once; None where nobody ever waits for one
    package_days : mean days after which a package ends, with the death of who held it, begun days counted; None: never
    package_shape : of their Weibull distribution
    assessments_a_day, starts_a_day : that can be done
    values : parameters to change besides, by name, see ``model.parameters``

    Raises
    ------
    ValueError
        If a number makes no sense.
    """

    mean_stay: float
    stay_shape: float = 1.0
    beds: int | None = None
    packages: int | None = None
    package_days: float | None = None
    package_shape: float = math.inf
    assessments_a_day: float = float(PLENTY)
    starts_a_day: float = float(PLENTY)
    values: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _at_least("Ward.mean_stay", self.mean_stay, 0)
        for name in ("stay_shape", "package_shape"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"Ward.{name} must be above 0, got {getattr(self, name)!r}")
        for name in ("beds", "package_days", "packages", "assessments_a_day", "starts_a_day"):
            if getattr(self, name) is not None:
                _at_least(f"Ward.{name}", getattr(self, name), name in ("beds", "package_days"))

    def _engine(self, arrivals: Arrivals, seed: int, flow: str) -> Engine:
        if self.beds is not None and self.beds < arrivals.certain:
            raise ValueError(
                f"Ward.beds must be at least the {arrivals.certain} people who are certain to arrive each day, got {self.beds}"
            )
        values = {**STILL, "hospital.stay_shape": min(self.stay_shape, ALIKE), **self.values}
        rules = compile_rules(Parameters().with_values(values), *PARTIES)
        rows = _people(arrivals, rules)
        tables, known = _tables(self.mean_stay, self.stay_shape), self._organisations(rows, arrivals, rules)
        return Engine(People(rows), tables, rules, known, seed, self._calendar(), hospital_flow=flow_named(flow))

    def _organisations(self, rows: np.ndarray, arrivals: Arrivals, rules: np.record) -> Organisations:
        known = Organisations(1, 1, 1)
        council, consortium, hospital = known.councils[0], known.consortia[0], known.hospitals[0]
        for body in (council, hospital):
            body.levers[:] = body.rest[:] = 0.0
        council.levers[Lever.GENEROSITY] = council.rest[Lever.GENEROSITY] = 1.0
        council.assessment_rate, council.start_rate = self.assessments_a_day, self.starts_a_day
        council.care_capacity = PLENTY
        if self.packages is not None and arrivals.needs_package.any():
            minutes = judged_package(rows[arrivals.needs_package][0], council.levers, rules)
            council.care_capacity = self.packages * minutes
        hospital.beds = hospital.ward_beds[GENERAL] = self.beds or 0
        hospital.coordination_rate = float(PLENTY)
        hospital.clinic_rate = hospital.theatre_rate = float(PLENTY)
        hospital.levers[Lever.DISCHARGE_READINESS] = hospital.rest[Lever.DISCHARGE_READINESS] = 1.0
        consortium.gp_capacity, consortium.gp_access = float(PLENTY), 1.0
        return known

    def observe(self, arrivals: Arrivals, days: int, *, seed: int = 1, flow: str = "daily") -> Observed:
        """Run whole months until at least so many days are over, and say what was seen each midnight.

        Raises
        ------
        ValueError
            If the flow is unknown, `days` is not from 1 to what a record can count, or there are fewer beds than people who
            are certain to come each day.
        """
        if not 1 <= days < MOST_DAYS:
            raise ValueError(f"Ward.observe days must lie in [1, {MOST_DAYS}), got {days!r}")
        engine = self._engine(arrivals, seed, flow)
        night_watch = _NightWatch(arrivals, engine.rules)
        engine.at_nightfall = night_watch.see
        lasts = self._package_lengths(len(arrivals), seed)
        admitted = bed_days = number = 0
        while engine.calendar.first_day(number) < days:
            first = engine.calendar.first_day(number)
            last = first + engine.calendar.length(number)
            coming = _contacts(arrivals, first, last, number)
            engine.future = np.concatenate([engine.future, coming])
            if self.beds is None:  # as many as can be wanted this month
                hospital = engine.organisations.hospitals[0]
                hospital.beds = hospital.ward_beds[GENERAL] = hospital.occupied + len(coming)
            month = engine.month(number, clock=0)
            admitted += int(month.hospital_out[:, HOSPITAL_ADMISSIONS].sum())
            bed_days += int(month.hospital_out[:, HOSPITAL_BED_DAYS].sum())
            begun = np.flatnonzero(night_watch.package_from >= first)
            ends = night_watch.package_from[begun] + lasts[begun]
            engine.future = np.concatenate([engine.future, _ends(begun[ends < MOST_DAYS], ends[ends < MOST_DAYS])])
            number += 1
        return night_watch.observed(engine, admitted, bed_days)

    def _calendar(self) -> Calendar:
        """Months are of one day where a package may end in the one in which it began: its end is written on the next one's."""
        short = self.package_days is not None and not (
            math.isinf(self.package_shape) and self.package_days > FOUR_WEEKS
        )
        return EqualMonths(1 if short else FOUR_WEEKS)

    def _package_lengths(self, n: int, seed: int) -> np.ndarray:
        """Return after how many days each person's package would end."""
        if self.package_days is None:
            return np.full(n, MOST_DAYS)
        if math.isinf(self.package_shape):
            return np.full(n, math.ceil(self.package_days))
        rng = np.random.Generator(np.random.Philox([seed, OF_PACKAGES]))
        days = weibull_scale(self.package_days, self.package_shape) * rng.weibull(self.package_shape, n)
        return np.maximum(np.ceil(np.minimum(days, MOST_DAYS)), 1).astype(np.int64)


class EqualMonths(Calendar):
    """A calendar whose months all have the same number of days, from Tuesday 1 April 2014 on."""

    def __init__(self, days: int) -> None:
        super().__init__(START)
        self._days = days

    def first_day(self, month: int) -> int:
        """Return days from the start to the month's first day."""
        return month * self._days

    def length(self, month: int) -> int:
        """Return the days of the month."""
        return self._days

    def weekday(self, month: int) -> int:
        """Return the weekday of the month's first day, Monday 0."""
        return (self.origin.weekday() + self.first_day(month)) % 7


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """What was seen at each midnight, and what became of each arrival.

    Whole months are run, so that there are at least as many days as were asked for.

    Parameters
    ----------
    in_hospital, boarding, packages : shape (days,), people in hospital at midnight, those of them still waiting for a bed, and
        packages held
    delayed : shape (days, reasons), people fit to leave, by what they wait for
    spells : one row an arrival: ``arrived``, ``left`` (days; -1 while inside), ``nights`` in hospital, ``boarded`` (nights of
        them without a bed), ``delayed`` (nights of them fit to leave), ``package_from`` (day; -1 if never)
    admitted, bed_days : as the flow counts them
    days_in_hospital : as the people's records count them
    """

    in_hospital: np.ndarray
    boarding: np.ndarray
    packages: np.ndarray
    delayed: np.ndarray
    spells: pd.DataFrame
    admitted: int
    bed_days: int
    days_in_hospital: int

    @property
    def in_beds(self) -> np.ndarray:
        """People in a bed at midnight, shape (days,)."""
        return self.in_hospital - self.boarding

    @property
    def receiving_care(self) -> np.ndarray:
        """People in hospital at midnight who are not fit to leave, shape (days,)."""
        return self.in_hospital - self.delayed.sum(axis=1)


class _NightWatch:
    """Counts who is where each midnight; the engine shows it each day."""

    def __init__(self, arrivals: Arrivals, rules: np.record) -> None:
        n = len(arrivals)
        self.rules = rules
        self.arrivals = arrivals
        self.nights, self.boarded, self.delayed_nights = (np.zeros(n, dtype=np.int64) for _ in range(3))
        self.package_from = np.full(n, -1)
        self.who_needs = np.flatnonzero(arrivals.needs_package)
        self.by_night: list[tuple[int, int, int]] = []
        self.delayed: list[np.ndarray] = []

    def see(self, day: int, flow: Flow) -> None:
        cases = flow.cases[: flow.size[N_CASES_AT]]
        inside = cases[(cases["state"] >= BOARDING) & (cases["state"] <= LAST_IN_HOSPITAL)]
        boarding, fit = inside["state"] == BOARDING, inside["state"] >= FIRST_FIT
        reasons = [delay_reason(case, flow.rows[case["person"]], self.rules) for case in inside[fit]]
        self.nights[inside["person"]] += 1
        self.boarded[inside["person"][boarding]] += 1
        self.delayed_nights[inside["person"][fit]] += 1
        held = self.who_needs[flow.rows["package"][self.who_needs] > 0]
        self.package_from[held[self.package_from[held] < 0]] = day
        self.by_night.append((len(inside), int(boarding.sum()), len(held)))
        self.delayed.append(np.bincount(np.array(reasons, dtype=np.int64), minlength=len(Reason)))

    def observed(self, engine: Engine, admitted: int, bed_days: int) -> Observed:
        rows = engine.people.rows
        counts = np.array(self.by_night)
        spells = pd.DataFrame(
            {
                "arrived": self.arrivals.day, "left": np.where(rows["last_discharge"] == record.NEVER_DISCHARGED, -1, rows["last_discharge"]),
                "nights": self.nights, "boarded": self.boarded, "delayed": self.delayed_nights, "package_from": self.package_from,
            }
        )  # fmt: skip
        return Observed(
            in_hospital=counts[:, 0], boarding=counts[:, 1], packages=counts[:, 2], delayed=np.array(self.delayed), spells=spells,
            admitted=admitted, bed_days=bed_days, days_in_hospital=int(rows["days_in_hospital"].sum()),
        )  # fmt: skip


def _people(arrivals: Arrivals, rules: np.record) -> np.ndarray:
    """Return one adult an arrival, without frailty, family or savings; some need daily help."""
    rows = np.zeros(len(arrivals), dtype=RECORD)
    rows["birth_month"] = -12 * 50
    rows["end_month"], rows["last_discharge"] = record.ALIVE, record.NEVER_DISCHARGED
    rows["flags"] = record.CARER_BROKEN
    rows["need_trait"] = np.where(arrivals.needs_package, NEED_TRAIT, -30_000)
    for i in np.flatnonzero(arrivals.needs_package):
        update_need(rows[i], i, 0.0, 1.0, rules)
    return rows


def _tables(mean_stay: float, shape: float) -> np.record:
    """Return the tables of people to whom nothing happens by itself, with stays of this mean."""
    tables = np.array([reference_tables(Parameters())]).view(np.recarray)[0]
    for name in QUIET_TABLES:
        tables[name] = 0.0
    tables["stay_scale"] = mean_stay * (1.0 + 1e-10) if math.isinf(shape) else weibull_scale(mean_stay, shape)
    return tables


def _contacts(arrivals: Arrivals, first: int, last: int, month: int) -> np.ndarray:
    """Return the emergencies of the days from `first` to before `last`, as grave as can be, in order of arrival."""
    who = np.arange(*np.searchsorted(arrivals.day, (first, last)))
    return _events(CONTACT, who, arrivals.day[who], 16 * month)


def _ends(who: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the deaths that end packages."""
    return _events(DEATH_EVENT, who, day, 0)


def _events(kind: int, who: np.ndarray, day: np.ndarray, trigger: int) -> np.ndarray:
    events = np.zeros(len(who), dtype=EVENT)
    events["kind"], events["person"], events["day"], events["priority"], events["trigger"] = (
        kind,
        who,
        day,
        who,
        trigger,
    )
    events["severity"], events["decider"] = 1.0, NEED_DECIDES
    return events


def _at_least(name: str, value: float, least: float) -> None:
    if not least <= value < math.inf:
        raise ValueError(f"{name} must be at least {least:g}, got {value!r}")
