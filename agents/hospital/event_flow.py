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
from agents.hospital.daily_flow import BOARDING, CLOSED, HOSPITAL_ADMISSIONS, Flow
from agents.hospital.event_steps import NEVER_BY_ITSELF, NOBODY
from agents.vocabulary import N_REASONS

MINUTES_A_DAY = 1440.0
CUBICLES_A_BED = 0.1  # assumption, 0.06 to 0.15: an A&E with 30 cubicles before 300 beds for emergencies
FEWEST_CUBICLES = 2
CORRIDOR_FROM = 0.5  # assumption, 0.2 to 0.8: share of cubicles that people waiting for a bed may keep; others wait in the corridor
SESSIONS_AT, ROUND_AT = 8.0, 17.0  # hours
DESK_HOURS = tuple(hour + 0.5 for hour in range(9, 17))


@dataclass(frozen=True, slots=True)
class HourSnapshot:
    """All hospitals at a full hour.

    Parameters
    ----------
    hour : days since the start, the hour as a fraction
    beds : for each hospital an array with the state of each bed: a code of ``CaseState``, CLOSED where it is empty
    in_ae : shape (n_hospitals,), people in A&E who wait for a cubicle or are seen in one
    waiting_for_bed : shape (n_hospitals,), admitted people in A&E
    arrivals, admitted : shape (n_hospitals,), emergencies since the last snapshot, and those admitted
    delayed : shape (n_hospitals, N_REASONS), people fit to leave, by what they wait for
    """

    hour: float
    beds: tuple[np.ndarray, ...]
    in_ae: np.ndarray
    waiting_for_bed: np.ndarray
    arrivals: np.ndarray
    admitted: np.ndarray
    delayed: np.ndarray


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

    def weekend(self, day: int) -> bool:
        """Return whether it is Saturday or Sunday."""
        return (self.weekday + day - self.first_day) % 7 >= 5


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
    minutes: float


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
        self.until = NEVER_BY_ITSELF

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
            for moment, event in self.town.today():
                yield self.hold(till=moment)
                self.town.arrive(*event)
            yield self.passivate()


class Desk(Part):
    """A council's social workers and brokers, through the hours of the day."""

    def setup(self, town: Town, council: int) -> None:
        """Open on the town's first day."""
        super().setup(town)
        self.council = council
        self.day = town.day

    def process(self) -> Iterator[Any]:
        """Serve the lines every hour, slowly at weekends."""
        while True:
            for hour in DESK_HOURS:
                yield self.hold(till=self.day + hour / 24.0)
                self.town.serve(self.council)
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
    """Planned care: clinics and theatres, on working days."""


class WardRound(Daily):
    """All that goes by the day: places found, recovery, own arrangements, giving up."""


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

    def __init__(self, town: Town, index: int, beds: int) -> None:
        self.town, self.index = town, index
        self.empty: list[int] = []  # numbers of empty beds, a heap
        self.beds: list[int] = []
        for _ in range(beds):
            heapq.heappush(self.empty, self.new_bed().number)
        cubicles = max(round(beds * CUBICLES_A_BED), FEWEST_CUBICLES)
        self.cubicles = [Cubicle(env=town.clock, town=town, site=self) for _ in range(cubicles)]
        self.free: list[Cubicle] = []
        self.queue: deque[Visit] = deque()
        self.keepers: dict[int, Cubicle] = {}  # admitted people who keep a cubicle
        self.arrivals = 0

    def new_bed(self) -> Bed:
        """Set up one more bed."""
        bed = Bed(env=self.town.clock, town=self.town, site=self, number=len(self.town.beds))
        self.town.beds.append(bed)
        self.beds.append(bed.number)
        return bed

    def people_in_ae(self) -> int:
        """Return how many people wait for a cubicle or are seen in one."""
        return len(self.queue) + sum(cubicle.visit is not None for cubicle in self.cubicles)


class Town:
    """All hospitals, desks and people of one engine, on one clock."""

    def __init__(self, flow: Flow, first_day: int) -> None:
        self.clock = Clock()
        self.clock.reset_now(first_day)
        self.day = first_day
        self.month: Month | None = None
        self.beds: list[Bed] = []
        n_hospitals = len(flow.hospitals)
        sizes = (flow.hospitals["beds"] + flow.hospitals["escalation"]).tolist()
        self.sites = [Site(self, h, sizes[h]) for h in range(n_hospitals)]
        self.bed_person = np.full(len(self.beds), NOBODY, dtype=np.int64)
        self.bed_trigger = np.zeros(len(self.beds), dtype=np.int64)
        self.bed_of = np.full(len(flow.case_of), NOBODY, dtype=np.int64)
        self._make_room(flow)
        self.carried: dict[tuple[int, int], Visit] = {}
        self._today: list[tuple[float, tuple[int, int, int, float]]] = []
        part = {"env": self.clock, "town": self}
        self.nightfall = Nightfall(hour=24.0, duty=self.end_day, **part)
        self.theatre = Theatre(hour=SESSIONS_AT, duty=self.hold_session, **part)
        self.desks = [Desk(council=c, **part) for c in range(len(flow.councils))]
        self.round = WardRound(hour=ROUND_AT, duty=self.go_round, **part)
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
        self._admitted_before = np.zeros(len(self.sites), dtype=np.int64)
        steps.begin_month(month.flow, month.first_day, month.last - month.first_day, month.clock, month.tables, month.rules)
        self.update()
        self.dawn()
        self.clock.run(till=month.last)
        self._carry_over()

    def _make_room(self, flow: Flow) -> None:
        if len(self.bed_of) < len(flow.case_of):
            more = np.full(len(flow.case_of) - len(self.bed_of), NOBODY, dtype=np.int64)
            self.bed_of = np.concatenate([self.bed_of, more])
        room = len(flow.calendar)
        self._when, self._minutes, self._which = np.zeros(room), np.zeros(room), np.zeros(room, dtype=np.int64)
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
        n = steps.day_ahead(
            m.flow, self.day, m.last - self.day, m.clock, m.tables, m.rules, m.seed, self._when, self._which, self._minutes
        )  # fmt: skip
        order = np.argsort(self._when[:n], kind="stable")
        which = self._which[order]
        people = m.flow.calendar["person"][which]
        sites = m.flow.rows["hospital"][people]
        events = zip(which.tolist(), people.tolist(), sites.tolist(), self._minutes[order].tolist(), strict=True)
        self._today = list(zip(self._when[order].tolist(), events, strict=True))
        if self.carried:
            self._today = [entry for entry in self._today if not self._is_here(entry[1])]
            self.carried = {}
        self.arrivals.activate()

    def _is_here(self, event: tuple[int, int, int, float]) -> bool:
        """Return whether this emergency came last month and is still in A&E; if so, note its place on the new calendar."""
        at, person, _, _ = event
        visit = self.carried.get((person, int(self.month.flow.calendar["trigger"][at])))
        if visit is not None:
            visit.at = at
        return visit is not None

    def today(self) -> list[tuple[float, tuple[int, int, int, float]]]:
        """Return the moments of the day, and what happens at each."""
        return self._today

    def end_day(self) -> None:
        """Count the night, show it, and begin the next day of the month."""
        m = self.month
        steps.midnight(m.flow, m.rules, m.seed)
        if m.at_nightfall is not None:
            m.at_nightfall(self.day, m.flow)
        self.day += 1
        if self.day < m.last:
            self.dawn()

    def _call(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Call a step at this moment."""
        m = self.month
        return step(m.flow, *arguments, self.clock.now(), m.last, m.clock, m.tables, m.rules, m.seed)

    def serve(self, council: int) -> None:
        """Let a council's desk work for an hour."""
        pace = float(self.month.rules["weekend_pace"][0]) if self.month.weekend(self.day) else 1.0
        self._call(steps.hour_at_desk, council, pace / len(DESK_HOURS))
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

    def arrive(self, at: int, person: int, hospital: int, minutes: float) -> None:
        """Somebody comes to A&E, or goes straight to a ward, or dies."""
        if minutes == 0.0:
            self.meet(at, person)
            return
        site = self.sites[hospital]
        site.arrivals += 1
        visit = Visit(at, person, minutes)
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
            if visit.at >= 0 and self.meet(visit.at, visit.person) == BOARDING and self._keeps(cubicle, visit.person):
                return -1.0
        if site.queue:
            cubicle.visit = site.queue.popleft()
            return cubicle.visit.minutes
        site.free.append(cubicle)
        return -1.0

    def _keeps(self, cubicle: Cubicle, person: int) -> bool:
        """Return whether somebody for whom there is no bed keeps the cubicle; past a share of them it is the corridor."""
        keepers = cubicle.site.keepers
        if person in keepers or len(keepers) >= CORRIDOR_FROM * len(cubicle.site.cubicles):
            return False
        keepers[person] = cubicle
        return True

    def meet(self, at: int, person: int) -> int:
        """Let an event of the calendar happen; return the state of the person's case."""
        state, until = self._call(steps.meet, at)
        bed = int(self.bed_of[person])
        if state == CLOSED and bed != NOBODY:  # a death in a bed
            self.update()
        elif state == CLOSED:
            self._leave_cubicle(person)
        elif state != BOARDING and bed == NOBODY:
            self.lay(person, until)
        return state

    def _leave_cubicle(self, person: int) -> None:
        for site in self.sites:
            cubicle = site.keepers.pop(person, None)
            if cubicle is not None:
                cubicle.activate()

    # Beds

    def tend_bed(self, bed: Bed) -> None:
        """The stay is over, or the bed has come free: see who is in it, and until when."""
        person = int(self.bed_person[bed.number])
        bed.until = NEVER_BY_ITSELF
        if person != NOBODY:
            state, bed.until = self._call(steps.end_stay, person)
            if state != CLOSED:
                return
            self.bed_person[bed.number] = self.bed_of[person] = NOBODY
            heapq.heappush(bed.site.empty, bed.number)
        if self.month.flow.hospitals["boarding"][bed.site.index] > 0:
            steps.fill_beds(self.month.flow)
            self.update(tended=bed)

    def lay(self, person: int, until: float, tended: Bed | None = None) -> None:
        """Put somebody in an empty bed of the hospital of the spell, until the stay is over."""
        case = self.month.flow.cases[self.month.flow.case_of[person]]
        site = self.sites[int(case["hospital"])]
        bed = self.beds[heapq.heappop(site.empty)] if site.empty else self._one_more(site)
        self.bed_person[bed.number], self.bed_trigger[bed.number], self.bed_of[person] = person, case["trigger"], bed.number
        bed.until = until
        if bed is not tended:  # it goes on by itself
            bed.passivate() if until < 0.0 else bed.hold(till=until)
        self._leave_cubicle(person)

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
            bed.until = NEVER_BY_ITSELF
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
        steps.look(flow, self.bed_person, hospital, states, delayed)
        admitted = flow.hospital_out[:, HOSPITAL_ADMISSIONS].copy()
        snapshot = HourSnapshot(
            hour=self.clock.now(),
            beds=tuple(states[site.beds] for site in self.sites),
            in_ae=np.array([site.people_in_ae() for site in self.sites], dtype=np.int64),
            waiting_for_bed=np.array(flow.hospitals["boarding"], dtype=np.int64),
            arrivals=np.array([site.arrivals for site in self.sites], dtype=np.int64),
            admitted=admitted - self._admitted_before,
            delayed=delayed,
        )
        self._admitted_before = admitted
        for site in self.sites:
            site.arrivals = 0
        self.observer(snapshot)
