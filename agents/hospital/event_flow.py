"""Days in hospital and care by the hour and minute, on salabim: people arrive, are seen in cubicles, lie in beds, and leave.

The second engine beside :mod:`agents.hospital.daily_flow`. It decides nothing: every decision, draw and account is a call
of the shared kernels (:mod:`agents.hospital.event_steps`). What it adds is *when*, within the day, and whom a cubicle or a
bed holds at that moment.

Patients are not components: a component for each would cost more than all that happens to it. Cubicles, beds and desks
are, and they live as long as the run; people pass through them as numbers. One environment holds all hospitals.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import salabim

from agents.hospital import event_steps as steps
from agents.hospital.admission import CORRIDOR_FROM, FOUR_HOURS
from agents.hospital.daily_flow import WARD_ROUND
from agents.hospital.event_steps import MINUTES_A_DAY, NOBODY, NOT_BY_ITSELF
from agents.hospital.planned import HOSPITAL_CANCELLED
from agents.hospital.state import BOARDING, CLOSED, HOSPITAL_ADMISSIONS, Flow
from agents.vocabulary import N_REASONS

THEATRES_CLOSE = 18.0  # assumption, 16 to 20: hour at which lists end: who has been operated on, and stays, needs a bed by then
DESK_HOURS = tuple(hour + 0.5 for hour in range(9, 17))  # assumption: an eight-hour day


@dataclass(frozen=True, slots=True)
class HourSnapshot:
    """All hospitals at a full hour.

    Parameters
    ----------
    hour : days since the start, the hour as a fraction
    beds : for each hospital an array with the state of each bed: a code of ``CaseState``, CLOSED where it is empty
    queue, being_seen : shape (n_hospitals,), people in A&E who wait for a cubicle, and who are seen in one
    waiting_for_bed : shape (n_hospitals,), admitted people in A&E
    arrivals, admitted, cancelled : shape (n_hospitals,), since the last snapshot: people who came to A&E, emergencies that were
        admitted, and operations cancelled
    left, late : shape (n_hospitals,), since the last snapshot: people who left A&E, and those of them later than four hours
        after they came
    delayed : shape (n_hospitals, N_REASONS), people fit to leave, by what they wait for
    """

    hour: float
    beds: tuple[np.ndarray, ...]
    queue: np.ndarray
    being_seen: np.ndarray
    waiting_for_bed: np.ndarray
    arrivals: np.ndarray
    admitted: np.ndarray
    cancelled: np.ndarray
    left: np.ndarray
    late: np.ndarray
    delayed: np.ndarray

    @property
    def in_ae(self) -> np.ndarray:
        """People in A&E who wait for a cubicle or are seen in one, shape (n_hospitals,)."""
        return self.queue + self.being_seen


class EventFlow:
    """Days in hospital and care by the hour and minute. See :class:`agents.hospital.flows.HospitalFlow`.

    Parameters
    ----------
    observer : is given a :class:`HourSnapshot` at every full hour; without one nothing is kept

    Notes
    -----
    A flow belongs to one engine: people in its cubicles stay from one month to the next.
    """

    def __init__(self, observer: Callable[[HourSnapshot], None] | None = None) -> None:
        self.observer = observer
        self._town: Town | None = None

    def run(
        self,
        flow: Flow,
        *,
        clock: int,
        first_day: int,
        days: int,
        weekday: int,
        tables: np.record,
        rules: np.record,
        seed: np.uint64,
        at_nightfall: Callable[[int, Flow], None] | None = None,
    ) -> None:
        """Run the days of one month."""
        if self._town is None or self._town.clock.now() != first_day:
            self._town = Town(flow, first_day)
        month = Month(flow, clock, first_day, first_day + days, weekday, tables.reshape(1), rules.reshape(1), seed, at_nightfall)
        self._town.live(month, self.observer)


@dataclass(frozen=True, slots=True)
class Month:
    """What the steps of one month are called with."""

    flow: Flow
    clock: int
    first_day: int
    last: int  # the first day of the next month
    weekday: int
    tables: np.ndarray  # records on their own are dear to hand over, so arrays of one
    rules: np.ndarray
    seed: np.uint64
    at_nightfall: Callable[[int, Flow], None] | None

    def weekday_of(self, day: int) -> int:
        """Return the weekday of a day of the month, Monday 0."""
        return (self.weekday + day - self.first_day) % 7

    def weekend(self, day: int) -> bool:
        """Return whether it is Saturday or Sunday."""
        return self.weekday_of(day) >= 5


class Clock(salabim.Environment):
    """A simulation clock of its own, which nothing is drawn on and no other clock or generator hears of."""

    def __init__(self) -> None:
        super().__init__(yieldless=False, isdefault_env=False, set_numpy_random_seed=False, random_seed="")

    def an_modelname(self) -> None:
        """Draw no name (salabim would ask for a default environment)."""

    def an_clocktext(self) -> None:
        """Draw no clock."""


class Part(salabim.Component):
    """A component of a town that keeps no monitor."""

    def setup(self, town: Town) -> None:
        """Belong to a town."""
        self.town = town
        self.status.monitor(False)


@dataclass(slots=True)
class Visit:
    """Somebody in A&E."""

    at: int  # where the emergency stands on the calendar; nowhere (-1) between months
    person: int
    arrived: float
    minutes: float  # that it takes to see the person


class Cubicle(Part):
    """Sees one person after the other; is kept by somebody who is admitted and finds no bed."""

    def setup(self, town: Town, site: Site) -> None:
        """Begin empty."""
        super().setup(town)
        self.site = site
        self.visit: Visit | None = None

    def process(self) -> Iterator[Any]:
        """Take the next person, for as long as triage and treatment take."""
        while True:
            minutes = self.town.tend_cubicle(self)
            yield self.passivate() if minutes < 0.0 else self.hold(minutes / MINUTES_A_DAY)


class Bed(Part):
    """Holds one person after the other: for the length of the stay, then for as long as leaving takes."""

    def setup(self, town: Town, site: Site, number: int) -> None:
        """Begin empty."""
        super().setup(town)
        self.site = site
        self.number = number
        self.until = NOT_BY_ITSELF

    def process(self) -> Iterator[Any]:
        """Look what has become of the person; an empty bed is for the next in line."""
        while True:
            self.town.tend_bed(self)
            yield self.passivate() if self.until < 0.0 else self.hold(till=self.until)


class Arrivals(Part):
    """Emergencies and deaths, as the day's calendar has them."""

    def process(self) -> Iterator[Any]:
        """Go from one to the next, and rest until the next dawn."""
        while True:
            for moment, *event in self.town.today():
                yield self.hold(till=moment)
                self.town.arrive(*event)
            yield self.passivate()


class Desk(Part):
    """A council's social workers and brokers, or a hospital's discharge coordinators, through the hours of the day."""

    def setup(self, town: Town, serve: Callable[..., bool], whose: int) -> None:
        """Open on the town's first day."""
        super().setup(town)
        self.serve, self.whose = serve, whose
        self.day = town.day

    def process(self) -> Iterator[Any]:
        """Serve the line every hour, slowly at weekends."""
        while True:
            for hour in DESK_HOURS:
                yield self.hold(till=self.day + hour / 24.0)
                self.town.serve(self.serve, self.whose)
            self.day += 1


class Daily(Part):
    """Something that is done once a day at its hour."""

    def setup(self, town: Town, hour: float, duty: Callable[[], None]) -> None:
        """Begin on the town's first day."""
        super().setup(town)
        self.next = town.day + hour / 24.0
        self.duty = duty

    def process(self) -> Iterator[Any]:
        """Do it day after day."""
        while True:
            yield self.hold(till=self.next)
            self.duty()
            self.next += 1.0


class Theatre(Daily):
    """Planned care on working days: clinics, and theatres' lists, which people without a bed by the evening are taken off."""


class WardRound(Daily):
    """All that goes by the day: moves between wards, recovery, places found, giving up."""


class Nightfall(Daily):
    """The count at midnight, and the dawn of the next day."""


class Watch(Part):
    """Tells the observer what there is to see at every full hour."""

    def process(self) -> Iterator[Any]:
        """Look, and wait an hour."""
        hours = round(self.env.now() * 24.0)
        while True:
            self.town.look()
            hours += 1
            yield self.hold(till=hours / 24.0)


class Site:
    """One hospital's A&E and wards."""

    def __init__(self, town: Town, index: int, beds: int, cubicles: int) -> None:
        self.town, self.index = town, index
        self.empty: list[int] = []  # numbers of empty beds, a heap
        self.beds: list[int] = []
        for _ in range(beds):
            heapq.heappush(self.empty, self.new_bed().number)
        self.cubicles = [Cubicle(env=town.clock, town=town, site=self) for _ in range(cubicles)]
        self.free: list[Cubicle] = []
        self.queue: deque[Visit] = deque()
        self.keepers: dict[int, Cubicle] = {}  # admitted people who keep a cubicle
        self.boarders: dict[int, float] = {}  # people who came to A&E and wait there for a bed, and when they came
        self.arrivals, self.left, self.late = 0, 0, 0  # since the last snapshot

    def new_bed(self) -> Bed:
        """Set up one more bed."""
        bed = Bed(env=self.town.clock, town=self.town, site=self, number=len(self.town.beds))
        self.town.beds.append(bed)
        self.beds.append(bed.number)
        return bed

    def people_seen(self) -> int:
        """Return how many people are seen in a cubicle."""
        return sum(cubicle.visit is not None for cubicle in self.cubicles)

    def count_leaver(self, arrived: float) -> None:
        """Count somebody who leaves A&E, and came to it at a moment."""
        self.left += 1
        self.late += MINUTES_A_DAY * (self.town.clock.now() - arrived) > FOUR_HOURS


class Town:
    """All hospitals, desks and people of one engine, on one clock."""

    def __init__(self, flow: Flow, first_day: int) -> None:
        self.clock = Clock()
        self.clock.reset_now(first_day)
        self.day = first_day
        self.month: Month | None = None
        self.beds: list[Bed] = []
        beds = (flow.hospitals["beds"] + flow.hospitals["escalation"]).tolist()
        cubicles = np.maximum(np.ceil(flow.hospitals["cubicles"]), 1.0).astype(int).tolist()
        self.sites = [Site(self, h, beds[h], cubicles[h]) for h in range(len(beds))]
        self.bed_person = np.full(len(self.beds), NOBODY, dtype=np.int64)
        self.bed_trigger = np.zeros(len(self.beds), dtype=np.int64)
        self.bed_of = np.full(len(flow.case_of), NOBODY, dtype=np.int64)
        self._make_room(flow)
        self.carried: dict[tuple[int, int], Visit] = {}
        self._today: list[tuple[float, int, int, int]] = []
        part = {"env": self.clock, "town": self}
        self.nightfall = Nightfall(hour=24.0, duty=self.end_day, **part)
        self.desks = [Desk(serve=steps.coordinators_hour, whose=h, **part) for h in range(len(flow.hospitals))]
        self.desks += [Desk(serve=steps.council_hour, whose=c, **part) for c in range(len(flow.councils))]
        self.round = WardRound(hour=WARD_ROUND, duty=self.go_round, **part)
        self.theatre = Theatre(hour=THEATRES_CLOSE, duty=self.hold_session, **part)
        self.arrivals = Arrivals(**part)
        self.watch: Watch | None = None
        self.observer: Callable[[HourSnapshot], None] | None = None

    # A month

    def live(self, month: Month, observer: Callable[[HourSnapshot], None] | None) -> None:
        """Run a month; who is in A&E at its end is on the calendar of the next."""
        self.month, self.observer = month, observer
        if observer is not None and self.watch is None:
            self.watch = Watch(env=self.clock, town=self)
        self._make_room(month.flow)
        self._seen = np.zeros((2, len(self.sites)), dtype=np.int64)
        steps.begin_month(month.flow, month.first_day, month.last - month.first_day, month.clock, month.tables, month.rules, month.seed)
        self.update()
        self.dawn()
        self.clock.run(till=month.last)
        self._carry_over()

    def _make_room(self, flow: Flow) -> None:
        if len(self.bed_of) < len(flow.case_of):
            more = np.full(len(flow.case_of) - len(self.bed_of), NOBODY, dtype=np.int64)
            self.bed_of = np.concatenate([self.bed_of, more])
        room = len(flow.calendar)
        self._when, self._which = np.zeros(room), np.zeros(room, dtype=np.int64)
        self._laid, self._until = np.zeros(len(flow.cases), dtype=np.int64), np.zeros(len(flow.cases))

    def _carry_over(self) -> None:
        flow, last = self.month.flow, self.month.last
        self.carried = {}
        for site in self.sites:
            for visit in (*(cubicle.visit for cubicle in site.cubicles if cubicle.visit is not None), *site.queue):
                if visit.at >= 0:
                    steps.carry_over(flow, visit.at, last)
                    self.carried[visit.person, int(flow.calendar["trigger"][visit.at])] = visit
                    visit.at = -1

    # A day

    def dawn(self) -> None:
        """Write down the day's emergencies and deaths, in the order of their moments."""
        m = self.month
        n = steps.day_ahead(m.flow, self.day, m.last - self.day, m.clock, m.tables, m.rules, m.seed, self._when, self._which)
        order = np.argsort(self._when[:n], kind="stable")
        which = self._which[order]
        people = m.flow.calendar["person"][which]
        hospitals = m.flow.rows["hospital"][people]
        self._today = list(zip(self._when[order].tolist(), which.tolist(), people.tolist(), hospitals.tolist(), strict=True))
        if self.carried:
            self._today = [event for event in self._today if not self._is_here(at=event[1], person=event[2])]
            self.carried = {}
        self.arrivals.activate()

    def _is_here(self, at: int, person: int) -> bool:
        """Return whether this emergency came last month and is still in A&E; if so, note its place on the new calendar."""
        visit = self.carried.get((person, int(self.month.flow.calendar["trigger"][at])))
        if visit is not None:
            visit.at = at
        return visit is not None

    def today(self) -> list[tuple[float, int, int, int]]:
        """Return what happens on this day: the moment, the place on the calendar, the person and the hospital."""
        return self._today

    def end_day(self) -> None:
        """Count the night, show it, and begin the next day of the month."""
        m = self.month
        steps.midnight(m.flow, self.day, m.first_day, m.last, m.weekday_of(self.day), m.clock, m.tables, m.rules)
        if m.at_nightfall is not None:
            m.at_nightfall(self.day, m.flow)
        self.day += 1
        if self.day < m.last:
            self.dawn()
        self.fill_beds()  # escalation beds may have been opened

    def _call(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Call a step at this moment."""
        m = self.month
        return step(m.flow, *arguments, self.clock.now(), m.last, m.clock, m.tables, m.rules, m.seed)

    def serve(self, desk: Callable[..., bool], whose: int) -> None:
        """Let a desk work for an hour."""
        pace = float(self.month.rules["weekend_pace"][0]) if self.month.weekend(self.day) else 1.0
        if self._call(desk, whose, pace / len(DESK_HOURS)):
            self.update()

    def hold_session(self) -> None:
        """Hold clinics and theatres on a working day."""
        if not self.month.weekend(self.day):
            self._call(steps.session)
            self.update()

    def go_round(self) -> None:
        """Do what goes by the day."""
        self._call(steps.ward_round)
        self.update()

    # A&E

    def arrive(self, at: int, person: int, hospital: int) -> None:
        """Somebody comes to A&E, or goes straight to a ward, or dies."""
        minutes, state, until = self._call(steps.come, at)
        if minutes <= 0.0:
            self.follow(person, state, until)
            return
        site = self.sites[hospital]
        site.arrivals += 1
        visit = Visit(at, person, self.clock.now(), minutes)
        if site.free:
            cubicle = site.free.pop()
            cubicle.visit = visit
            cubicle.hold(minutes / MINUTES_A_DAY)
        else:
            site.queue.append(visit)

    def tend_cubicle(self, cubicle: Cubicle) -> float:
        """Decide on the person who has been seen, and take the next; return the minutes that takes, -1 to wait."""
        site, visit = cubicle.site, cubicle.visit
        if visit is not None:
            cubicle.visit = None
            if visit.at >= 0 and self.decide(visit, site) == BOARDING and self._keeps(cubicle, visit.person):
                return -1.0
        if site.queue:
            cubicle.visit = site.queue.popleft()
            return cubicle.visit.minutes
        site.free.append(cubicle)
        return -1.0

    def _keeps(self, cubicle: Cubicle, person: int) -> bool:
        """Return whether somebody for whom there is no bed keeps the cubicle; past a share of them it is the corridor."""
        keepers = cubicle.site.keepers
        if person in keepers or len(keepers) + 1 > CORRIDOR_FROM * len(cubicle.site.cubicles):
            return False
        keepers[person] = cubicle
        return True

    def decide(self, visit: Visit, site: Site) -> int:
        """Decide on somebody who has been seen; return the state of the person's case."""
        state, until = self._call(steps.decide, visit.at, visit.arrived)
        self.follow(visit.person, state, until)
        if state == BOARDING:
            site.boarders[visit.person] = visit.arrived
        else:
            site.count_leaver(visit.arrived)
        return state

    def follow(self, person: int, state: int, until: float) -> None:
        """Put somebody where the decision says: into a bed, out of one, or out of a cubicle."""
        has_bed = self.bed_of[person] != NOBODY
        if state == CLOSED and has_bed:  # a death
            self.update()
        elif state == CLOSED:
            self._leave_ae(person)
        elif state != BOARDING and not has_bed:
            self.lay(person, until)

    def _leave_ae(self, person: int) -> None:
        """Somebody who waited in A&E for a bed waits no longer."""
        for site in self.sites:
            arrived = site.boarders.pop(person, None)
            if arrived is not None:
                site.count_leaver(arrived)
            cubicle = site.keepers.pop(person, None)
            if cubicle is not None:
                cubicle.activate()

    # Beds

    def tend_bed(self, bed: Bed) -> None:
        """See who is in a bed whose stay is over, or that has come free, and until when."""
        person = int(self.bed_person[bed.number])
        bed.until = NOT_BY_ITSELF
        if person != NOBODY:
            state, bed.until = self._call(steps.end_stay, person)
            if state != CLOSED:
                return
            self.bed_person[bed.number] = self.bed_of[person] = NOBODY
            heapq.heappush(bed.site.empty, bed.number)
        self.fill_beds(tended=bed)

    def fill_beds(self, tended: Bed | None = None) -> None:
        """Give free beds to people who wait in A&E."""
        flow = self.month.flow
        if flow.hospitals["boarding"].any():
            steps.fill_beds(flow, self.clock.now(), self.month.rules)
            self.update(tended)

    def lay(self, person: int, until: float, tended: Bed | None = None) -> None:
        """Put somebody in an empty bed of the hospital of the spell, until the stay is over."""
        case = self.month.flow.cases[self.month.flow.case_of[person]]
        site = self.sites[int(case["hospital"])]
        bed = self.beds[heapq.heappop(site.empty)] if site.empty else self._one_more(site)
        self.bed_person[bed.number], self.bed_trigger[bed.number], self.bed_of[person] = person, case["trigger"], bed.number
        bed.until = until
        if bed is not tended:  # it goes on by itself
            bed.passivate() if until < 0.0 else bed.hold(till=until)
        self._leave_ae(person)

    def _one_more(self, site: Site) -> Bed:
        """Set up a bed beyond those that a hospital began with."""
        bed = site.new_bed()
        self.bed_person = np.append(self.bed_person, NOBODY)
        self.bed_trigger = np.append(self.bed_trigger, 0)
        return bed

    def update(self, tended: Bed | None = None) -> None:
        """After anything that may have moved many people: free their beds, and lay who is now in one."""
        m = self.month
        freed = np.empty(len(self.beds), dtype=np.int64)
        n_freed, n_laid = steps.changes(
            m.flow, self.clock.now(), m.seed, self.bed_person, self.bed_trigger, self.bed_of, freed, self._laid, self._until
        )  # fmt: skip
        for number in freed[:n_freed].tolist():
            bed = self.beds[number]
            heapq.heappush(bed.site.empty, number)
            bed.until = NOT_BY_ITSELF
            if bed is not tended:
                bed.activate()
        for person, until in zip(self._laid[:n_laid].tolist(), self._until[:n_laid].tolist(), strict=True):
            self.lay(person, until, tended)

    # Looking on

    def look(self) -> None:
        """Show the observer this hour."""
        if self.observer is None:
            return
        flow, n = self.month.flow, len(self.sites)
        states, delayed = np.zeros(len(self.beds), dtype=np.uint8), np.zeros((n, N_REASONS), dtype=np.int64)
        hospital = np.array([bed.site.index for bed in self.beds], dtype=np.int64)
        steps.look(flow, self.month.rules, self.bed_person, hospital, states, delayed)
        seen = np.array([flow.hospital_out[:, HOSPITAL_ADMISSIONS], flow.hospital_planned[:, HOSPITAL_CANCELLED]])
        admitted, cancelled = seen - self._seen
        snapshot = HourSnapshot(
            hour=self.clock.now(),
            beds=tuple(states[site.beds] for site in self.sites),
            queue=np.array([len(site.queue) for site in self.sites], dtype=np.int64),
            being_seen=np.array([site.people_seen() for site in self.sites], dtype=np.int64),
            waiting_for_bed=np.array(flow.hospitals["boarding"], dtype=np.int64),
            arrivals=np.array([site.arrivals for site in self.sites], dtype=np.int64),
            admitted=admitted,
            cancelled=cancelled,
            left=np.array([site.left for site in self.sites], dtype=np.int64),
            late=np.array([site.late for site in self.sites], dtype=np.int64),
            delayed=delayed,
        )
        self._seen = seen
        for site in self.sites:
            site.arrivals, site.left, site.late = 0, 0, 0
        self.observer(snapshot)
