"""One month of lives and care: the sweep over everybody, then the days in hospital and care.

The engine holds arrays only. It knows nothing of budgets or structures: it is told levers, capacities and gates, and
returns whole-number totals and journal rows. The warm-up and a run use the same engine.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from agents.hospital.books import N_SIZES, N_SORTED_AT, N_WAITING_AT
from agents.hospital.daily_flow import DailyFlow, tell_afternoons
from agents.hospital.flows import HospitalFlow
from agents.hospital.planned import (
    LISTED,
    N_HOSPITAL_PLANNED,
    N_LINES,
    N_PLANNED_OUT,
    OTHER,
    WAITING,
    close_lines,
    form_lines,
)
from agents.hospital.sharing import Hands, even_parts, plain
from agents.hospital.state import CASE, CLOSED, HOSPITAL_STATE, N_HOSPITAL_OUT, N_OUT, Flow
from agents.patients import proactive
from agents.patients.living import CONSORTIUM_STATE, COUNCIL_STATE, N_TOTALS, live
from agents.patients.people import People
from agents.patients.record import ALIVE, NEVER_DISCHARGED, PROACTIVE, RECORD
from agents.patients.seeking import ASKED_FOR, DEATH_EVENT, EVENT, FOLLOW_UP, USUAL_DOCTOR, continuity_of
from agents.patients.services import FACTORS, renew_factors
from agents.patients.starting import begin_anew, outgrow
from agents.teams import TEAM_FACTORS
from agents.vocabulary import N_KINDS, CaseState, Lever
from model.ledger import CONSEQUENCE, JOURNAL, aggregate

CHUNK = 32_768  # rows a sweep takes at a time: bounds the event buffer
WORTH_SHARING = 20_000  # people in line from which handing out the days' work to threads costs less than it brings
MOST_IN_ORDER = 1 << 25  # events of a month: half of a day, priority and place fill the 64 bits that are sorted by
N_COUNTS = 5
LIVING_COUNT, PACKAGE_COUNT, CARE_HOME_COUNT, LEFT_COUNT, PACKAGE_MINUTES_COUNT = range(N_COUNTS)
assert N_COUNTS == ASKED_FOR  # two columns a consortium follow
EVENTS_A_PERSON = 8  # more than all clocks, a request and a death together


Part, Done = TypeVar("Part"), TypeVar("Done")


class Beginnings(Protocol):
    """How everybody of a place began."""

    def of(self, which: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the records with which the people of some of the place's `rows` began."""
        ...


@dataclass(frozen=True, slots=True)
class Month:
    """What one month came to: whole numbers, by council (c) or hospital (h).

    Parameters
    ----------
    number : months since the start
    days : its length
    totals : shape (c, N_TOTALS + 2 k), see ``agents.patients.living``; the last 2 k: days under continuing healthcare by
        consortium, and days that would have been at rest
    counts : shape (c, 5 + 2 k): living, with a package, in care homes, moved away, package minutes a week, then GP and
        nurse consultations asked for, and those not had, by consortium (k)
    out : shape (c, N_OUT), see ``agents.hospital.state``
    hospital_out : shape (h, N_HOSPITAL_OUT)
    journal, notes : ledger rows
    deaths : rows of people who died
    planned : shape (c, N_PLANNED_OUT), see ``agents.hospital.planned``
    hospital_planned : shape (h, N_HOSPITAL_PLANNED)
    brought : shape (N_KINDS, k, h), pence that care of each kind of people came to by the tariff, whoever owed it, where kinds are told apart
    """

    number: int
    days: int
    totals: np.ndarray
    counts: np.ndarray
    out: np.ndarray
    hospital_out: np.ndarray
    journal: np.ndarray
    notes: np.ndarray
    deaths: np.ndarray
    planned: np.ndarray
    hospital_planned: np.ndarray
    brought: np.ndarray

    @property
    def asked_consultations(self) -> np.ndarray:
        """GP and nurse consultations asked for, shape (c, k)."""
        return self.counts[:, N_COUNTS : N_COUNTS + (self.counts.shape[1] - N_COUNTS) // 2]

    @property
    def continuing_days(self) -> np.ndarray:
        """Days under continuing healthcare, shape (c, k)."""
        return np.split(self.totals[:, N_TOTALS:], 2, axis=1)[0]

    @property
    def turned_days(self) -> np.ndarray:
        """Days that would have been under continuing healthcare at rest and are not (negative: the reverse), shape (c, k)."""
        return np.split(self.totals[:, N_TOTALS:], 2, axis=1)[1]

    @property
    def consultations(self) -> np.ndarray:
        """GP and nurse consultations had, shape (c, k)."""
        return self.asked_consultations - self.counts[:, N_COUNTS + (self.counts.shape[1] - N_COUNTS) // 2 :]

    def compact(self) -> Month:
        """Return the month with one journal row for each payer and payee, and without notes: all that its costs need."""
        journal = np.zeros(len(self.journal), dtype=JOURNAL)
        for field in ("payer", "payee", "pence"):
            journal[field] = self.journal[field]
        return dataclasses.replace(self, journal=aggregate(journal), notes=self.notes[:0].copy(), brought=self.brought[:0].copy())

    def added_up(self) -> Month:
        """Return the month with one ledger row for all that tell the same but for their pence."""
        return dataclasses.replace(self, journal=aggregate(self.journal), notes=aggregate(self.notes))


class Calendar:
    """Calendar months from a first month on: first day since the start, length, weekday."""

    def __init__(self, start: str) -> None:
        year, month = (int(part) for part in start.split("-"))
        self.origin = datetime.date(year, month, 1)

    def date(self, month: int) -> datetime.date:
        """Return the first day of month `month` since the start."""
        months = self.origin.year * 12 + self.origin.month - 1 + month
        return datetime.date(months // 12, months % 12 + 1, 1)

    def first_day(self, month: int) -> int:
        """Return days from the start to the month's first day."""
        return (self.date(month) - self.origin).days

    def length(self, month: int) -> int:
        """Return the days of the month."""
        return (self.date(month + 1) - self.date(month)).days

    def weekday(self, month: int) -> int:
        """Return the weekday of the month's first day, Monday 0."""
        return self.date(month).weekday()


class Organisations:
    """What kernels know of a place's organisations: one record each, to read and to write.

    Parameters
    ----------
    n_councils, n_consortia, n_hospitals : how many there are

    Attributes
    ----------
    councils, consortia, hospitals : record arrays of COUNCIL_STATE, CONSORTIUM_STATE and HOSPITAL_STATE
    """

    def __init__(self, n_councils: int, n_consortia: int, n_hospitals: int) -> None:
        self.councils = np.zeros(n_councils, dtype=COUNCIL_STATE).view(np.recarray)
        self.consortia = np.zeros(n_consortia, dtype=CONSORTIUM_STATE).view(np.recarray)
        for name in ("gp_access", "gp_access_at_rest", "continuity_crises", "most_crises", *FACTORS):
            self.consortia[name] = 1.0
        for name in ("dispute_factor", *TEAM_FACTORS):
            self.councils[name] = 1.0
        self.hospitals = np.zeros(n_hospitals, dtype=HOSPITAL_STATE).view(np.recarray)

    def copy(self) -> Organisations:
        """Return organisations of their own arrays."""
        twin = Organisations(0, 0, 0)
        twin.councils, twin.consortia, twin.hospitals = self.councils.copy(), self.consortia.copy(), self.hospitals.copy()
        return twin


class Engine:
    """People, cases and calendar of one place, advanced a month at a time.

    Parameters
    ----------
    people : the store
    tables, rules : records that kernels read, see ``agents.patients.living.TABLES`` and ``model.rules``
    organisations : levers, prices, limits and what is in use; read and written
    seed : of the run's luck
    calendar : months
    threads : over which months are spread; results do not depend on it
    hospital_flow : what runs the days in hospital and care; of this engine alone. The daily flow if None
    """

    def __init__(
        self,
        people: People,
        tables: np.record,
        rules: np.record,
        organisations: Organisations,
        seed: int,
        calendar: Calendar,
        threads: int = 1,
        hospital_flow: HospitalFlow | None = None,
    ) -> None:
        self.people, self.tables, self.rules, self.organisations = people, tables, rules, organisations
        self.seed = np.uint64(seed)
        self.calendar = calendar
        self.threads = threads
        self.hospital_flow = DailyFlow() if hospital_flow is None else hospital_flow
        self.cases = np.zeros(256, dtype=CASE)
        self.n_cases = 0
        self._calendar, self._journal, self._notes = np.zeros(0, dtype=EVENT), np.zeros(0, dtype=JOURNAL), np.zeros(0, dtype=CONSEQUENCE)
        self._waiting, self._next_in_line = np.zeros(0, dtype=WAITING), np.zeros(0, dtype=np.int32)
        self.case_of = np.full(people.capacity, -1, dtype=np.int32)
        self.future = np.zeros(0, dtype=EVENT)
        self.waiting = np.zeros(0, dtype=WAITING)
        self.borne = np.zeros(people.capacity, dtype=np.uint8)
        self.contacts_before = np.zeros(len(people), dtype=np.uint8)
        self.reablement_first = np.zeros(0, dtype=np.uint8)  # see ``agents.hospital.state.Flow``
        self.kinds_of: Callable[[np.ndarray, int], np.ndarray] | None = None  # tells of people which kinds they are of in a month
        self.listed = np.zeros(len(organisations.consortia), dtype=np.int64)  # people on each consortium's proactive list
        self.at_nightfall: Callable[[int, Flow], None] | None = None  # is shown each day, and may only read
        self._pool: ThreadPoolExecutor | None = None

    def month(self, number: int, *, clock: int | None = None) -> Month:
        """Run one month and return what it came to.

        Parameters
        ----------
        number : months since the start
        clock : the month that ages are held at in frozen demography: nobody ages, no condition begins
        """
        rows = self.people.rows
        ageing = clock is None
        clock = number if clock is None else clock
        first_day, days = self.calendar.first_day(number), self.calendar.length(number)
        councils, hospitals = self.organisations.councils, self.organisations.hospitals
        totals = self.blank_totals()
        counts = self.blank_counts()
        if len(self.case_of) < len(rows):
            more = self.people.capacity - len(self.case_of)
            self.case_of = np.concatenate([self.case_of, np.full(more, -1, dtype=np.int32)])
            self.borne = np.concatenate([self.borne, np.zeros(more, dtype=np.uint8)])
        renew_factors(self.organisations.consortia, self.rules)
        kinds = self._kinds(rows, clock)
        events = self._sweep(rows, number, clock, first_day, days, ageing, totals, counts)
        councils["care_used"] = counts[:, PACKAGE_MINUTES_COUNT]
        councils["home_used"] = counts[:, CARE_HOME_COUNT]
        self._renew_access(counts, days)

        last = first_day + days
        tell_afternoons(self.future, len(self.future), self.rules, self.seed)
        events = one_after_another([self.future, events], EVENT)
        soon = int((events["day"] < last).sum())
        room = self.n_cases + 4 * soon + 1024
        calendar = self._calendar = _with_room(self._calendar, len(events) + room + self.n_cases)  # a return and a follow-up each
        self._put_in_order(events, first_day, days, calendar)
        lines = len(self.waiting) + soon  # more cannot be seen in the month, nor operated on but for failures done again
        self._make_room(self.n_cases + 2 * room + lines)
        size = np.zeros(N_SIZES, dtype=np.int64)
        size[:2] = self.n_cases, len(events)
        size[N_WAITING_AT] = len(self.waiting)
        size[N_SORTED_AT] = len(events)
        waiting = self._waiting = _with_room(self._waiting, 6 * lines)
        plain(waiting)[: len(self.waiting)] = plain(self.waiting)
        next_in_line = self._next_in_line = _with_room(self._next_in_line, len(waiting))
        planned = np.zeros((len(councils), N_PLANNED_OUT), dtype=np.int64)
        hospital_planned = np.zeros((len(hospitals), N_HOSPITAL_PLANNED), dtype=np.int64)
        journal = self._journal = _with_room(self._journal, 4 * room + 4 * lines)
        notes = self._notes = _with_room(self._notes, 3 * room + lines)
        brought = np.zeros((N_KINDS, len(self.organisations.consortia), len(hospitals)), dtype=np.int64)
        out = np.zeros((len(councils), N_OUT), dtype=np.int64)
        hospital_out = np.zeros((len(hospitals), N_HOSPITAL_OUT), dtype=np.int64)
        flow = Flow(
            rows, self.cases, self.case_of, size, calendar, journal, notes, out, hospital_out, totals,
            councils, self.organisations.consortia, hospitals, waiting, waiting, np.full((len(hospitals), N_LINES, 2), -1), next_in_line,
            self.borne, planned, hospital_planned, self.reablement_first, kinds, brought,
        )  # fmt: skip
        self._run_days(flow, clock, number)
        calendar = calendar[: size[1]]
        past = calendar["day"] < last
        self.future = plain(calendar)[~past].view(EVENT)
        self._close_up(int(size[0]))
        dead = np.unique(calendar["person"][past & (calendar["kind"] == DEATH_EVENT)])
        dead = dead[rows["end_month"][dead] == -1]
        rows["end_month"][dead] = number
        self._close_lines(flow)
        return Month(
            number, days, totals, counts, out, hospital_out, copied(journal[: size[2]]), copied(notes[: size[3]]), dead,
            planned, hospital_planned, brought,
        )  # fmt: skip

    def _kinds(self, rows: np.ndarray, clock: int) -> np.ndarray:
        """Return the kinds that everybody is of on the month's first day; nothing where they are not told apart."""
        if self.kinds_of is None:
            return np.zeros(0, dtype=np.uint8)
        tell = self.kinds_of
        return np.concatenate(self.each(lambda span: tell(rows[span[0] : span[1]], clock), spans_of(len(rows))))

    def _run_days(self, flow: Flow, clock: int, number: int) -> None:
        """Run the days of a month in hospital and care."""
        shared_out = isinstance(self.hospital_flow, DailyFlow) and self.threads > 1 and len(self.waiting) >= WORTH_SHARING
        hands = {"hands": Hands(self.threads, self.each)} if shared_out else {}
        self.hospital_flow.run(
            flow, clock=clock, first_day=self.calendar.first_day(number), days=self.calendar.length(number), weekday=self.calendar.weekday(number),
            tables=self.tables, rules=self.rules, seed=self.seed, at_nightfall=self.at_nightfall, **hands,
        )  # fmt: skip

    def _sweep(
        self, rows: np.ndarray, month: int, clock: int, first_day: int, days: int, ageing: bool, totals: np.ndarray, counts: np.ndarray
    ) -> np.ndarray:
        """Sweep everybody in chunks, on one thread or several; return the events in row order."""
        spans = spans_of(len(rows))

        def sweep(part: list[tuple[int, int]]) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
            own_totals, own_counts = np.zeros_like(totals), np.zeros_like(counts)
            buffer = np.zeros(EVENTS_A_PERSON * min(CHUNK, len(rows)), dtype=EVENT)
            found = []
            for low, high in part:
                n = live(
                    rows, low, high, month, clock, first_day, days, ageing, self.seed, self.tables, self.rules,
                    self.organisations.councils, self.organisations.consortia, self.cases, self.case_of, buffer, own_totals, own_counts,
                )  # fmt: skip
                tell_afternoons(buffer, n, self.rules, self.seed)
                found.append(copied(buffer[:n]))
            return found, own_totals, own_counts

        size = -(-len(spans) // self.threads) if spans else 1
        results = self.each(sweep, [spans[k : k + size] for k in range(0, len(spans), size)])
        for _, own_totals, own_counts in results:
            totals += own_totals
            counts += own_counts
        found = [events for part, _, _ in results for events in part]
        return one_after_another(found, EVENT)

    def _put_in_order(self, events: np.ndarray, first_day: int, days: int, calendar: np.ndarray) -> None:
        """Write events to the calendar: those of the month by day, half of the day and priority, then later ones; what is equal stays in order."""
        half_days = 2 * (np.clip(events["day"] - first_day, -1, days) + 1) + events["afternoon"]
        place = np.arange(len(events), dtype=np.uint64)  # tells what is equal apart, so that any sort keeps its order
        priority = np.where(half_days < 2 * days + 2, events["priority"], np.uint32(0)).astype(np.uint64)
        key = half_days.astype(np.uint64) << np.uint64(57) | priority << np.uint64(25) | place
        if len(events) >= MOST_IN_ORDER:
            raise OverflowError(f"a month can have fewer than {MOST_IN_ORDER:,} events, got {len(events):,}")
        runs = even_parts(np.bincount(half_days), self.threads)

        def put(run: tuple[int, int]) -> None:
            inside = (half_days >= run[0]) & (half_days < run[1])
            which = np.sort(key[inside]) & np.uint64(MOST_IN_ORDER - 1)
            first = np.count_nonzero(half_days < run[0])
            plain(calendar)[first : first + len(which)] = plain(events)[which.astype(np.int64)]

        self.each(put, runs)

    def each(self, work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
        """Return what `work` makes of each part, in order: on all threads at once, where there are several of both."""
        if self.threads == 1 or len(parts) < 2:
            return [work(part) for part in parts]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads)
        return list(self._pool.map(work, parts))

    def blank_totals(self) -> np.ndarray:
        """Return zeroed totals of a month, see :class:`Month`."""
        return np.zeros((len(self.organisations.councils), N_TOTALS + 2 * len(self.organisations.consortia)), dtype=np.int64)

    def blank_counts(self) -> np.ndarray:
        """Return zeroed counts of a month, see :class:`Month`."""
        return np.zeros((len(self.organisations.councils), N_COUNTS + 2 * len(self.organisations.consortia)), dtype=np.int64)

    def _renew_access(self, counts: np.ndarray, days: int) -> None:
        """Hold general practice's capacity against what this month asked for: next month's access and continuity."""
        consortia = self.organisations.consortia
        asked = counts[:, N_COUNTS : N_COUNTS + len(consortia)].sum(axis=0)
        level, rest = (consortia[name][:, Lever.GP_ACCESS] for name in ("levers", "rest"))
        multiple = np.where((level > 0.0) & (rest > 0.0), level, 1.0) / np.where((level > 0.0) & (rest > 0.0), rest, 1.0)
        supply = consortia["gp_capacity"] * days / np.maximum(asked, 1)
        at_rest = supply / multiple
        consortia["gp_access"], consortia["gp_access_at_rest"] = np.minimum(supply, 1.0), np.minimum(at_rest, 1.0)
        for k, consortium in enumerate(consortia):
            more = continuity_of(supply[k], at_rest[k], self.rules) - USUAL_DOCTOR
            consortium["continuity_crises"] = 1.0 - float(self.rules["unmanaged_by_continuity"]) * more

    def _make_room(self, room: int) -> None:
        if len(self.cases) < room:
            grown = np.zeros(room, dtype=CASE)
            grown[: self.n_cases] = self.cases[: self.n_cases]
            self.cases = grown

    def _close_up(self, n: int) -> None:
        """Drop closed cases, keeping the order of the line."""
        cases = self.cases[:n]
        open_cases = cases[cases["state"] != CLOSED]
        self.case_of[cases["person"]] = -1
        self.n_cases = len(open_cases)
        self.cases[: self.n_cases] = open_cases
        self.case_of[open_cases["person"]] = np.arange(self.n_cases, dtype=np.int32)

    def _close_lines(self, flow: Flow) -> None:
        """Drop waits that are over, and of people who died or moved away; count who is in each line."""
        form_lines(flow)
        in_line = np.bincount(flow.waiting["hospital"][: flow.size[N_WAITING_AT]], minlength=len(flow.hospitals))

        def close(part: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
            own = flow._replace(planned=np.zeros_like(flow.planned), size=flow.size.copy())
            kept = np.empty(in_line[part[0] : part[1]].sum(), dtype=WAITING)
            return own.planned, kept[: close_lines(own, *part, kept)]

        closed = self.each(close, even_parts(in_line + 1, self.threads))
        for counted, _ in closed:
            flow.planned[:] += counted
        self._take_up(one_after_another([kept for _, kept in closed], WAITING))

    def _take_up(self, waiting: np.ndarray) -> None:
        """Set the lines, and how many waits each person bears."""
        self.waiting = waiting
        self.borne[:] = 0
        bearing = waiting["person"][(waiting["stage"] == LISTED) & (waiting["kind"] != OTHER)]
        np.add.at(self.borne, bearing.astype(np.int64), np.uint8(1))  # other types take NumPy far longer

    def asked_for(self) -> tuple[np.ndarray, np.ndarray]:
        """Return weekly minutes of home care, and care-home places, in use and waited for; each of shape (n_councils,)."""
        cases = self.cases[: self.n_cases]
        councils = self.organisations.councils
        where = self.people.rows["council"][cases["person"]]
        minutes, places = councils["care_used"].copy(), councils["home_used"].copy()
        for_package = np.isin(cases["state"], (CaseState.WAIT_PACKAGE, CaseState.HOME_PACKAGE))
        for_place = np.isin(cases["state"], (CaseState.WAIT_PLACEMENT, CaseState.HOME_PLACEMENT))
        np.add.at(minutes, where[for_package], cases["package"][for_package])
        np.add.at(places, where[for_place], 1)
        return minutes, places

    def renew_proactive(self, share: np.ndarray, share_at_rest: np.ndarray, number: int) -> None:
        """Choose the proactive list afresh from the last year's heaviest users; counts go to :attr:`listed`.

        Parameters
        ----------
        share, share_at_rest : shape (n_consortia,), the lever now and at rest
        number : month
        """
        rows = self.people.rows
        before = np.zeros(len(rows), dtype=np.uint8)
        before[: len(self.contacts_before)] = self.contacts_before
        proactive.target(rows, before, share, share_at_rest, self.seed, number)
        self.contacts_before = rows["contacts"].copy()
        self.count_listed()

    def count_listed(self) -> None:
        """Count who is on each consortium's proactive list."""
        rows = self.people.rows
        self.listed = np.bincount(rows["consortium"][(rows["flags"] & PROACTIVE) != 0], minlength=len(self.organisations.consortia))

    def keep_as_it_was(self, dead: np.ndarray, starting: Beginnings, number: int) -> None:
        """Frozen demography: put newcomers in the rows of the dead, and of residents who outgrew them, after month `number`.

        Age, sex, deprivation, conditions, partner and savings are the starting person's (matching on age, sex and
        deprivation alone would let mortality make the place healthier year by year); the personal parts of frailty
        and need, care and outcomes begin anew.
        """
        rows = self.people.rows

        def outgrown(span: tuple[int, int]) -> np.ndarray:
            found = np.empty(span[1] - span[0], dtype=np.int64)
            return found[: outgrow(rows, *span, self.case_of, 0, number, self.tables, self.seed, found)].copy()

        grown = np.concatenate(self.each(outgrown, spans_of(len(rows))))
        councils = self.organisations.councils
        councils["home_used"] -= np.bincount(rows["council"][grown], minlength=len(councils))
        self._take_up(self.waiting[~np.isin(self.waiting["person"], grown)])
        anew = np.concatenate([dead, grown])
        gone, follow_ups = np.isin(self.future["person"], anew), self.future["kind"] == FOLLOW_UP
        self.future["avoided"][gone & follow_ups] = 1  # nobody will be found at home
        self.future = self.future[~gone | follow_ups]
        rows[anew] = starting.of(anew, rows)
        begin_anew(rows, anew, 0, number, self.tables, self.rules, self.seed)

    def state(self) -> dict[str, np.ndarray]:
        """Return the arrays of a state that another engine can start from: this one's own."""
        return {"rows": self.people.rows, "cases": self.cases[: self.n_cases], "future": self.future, "waiting": self.waiting}

    def copy_state(self) -> dict[str, np.ndarray]:
        """Return copies of :meth:`state`, for an engine that goes on."""
        return {name: array.copy() for name, array in self.state().items()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take up cases and calendar from :meth:`state`; people and organisations are the caller's."""
        self._make_room(len(state["cases"]) + 256)
        self.n_cases = len(state["cases"])
        self.cases[: self.n_cases] = state["cases"]
        self.case_of[:] = -1
        self.case_of[state["cases"]["person"]] = np.arange(self.n_cases, dtype=np.int32)
        self.future = state["future"].copy()
        self._take_up(np.array(state["waiting"]))


def rebase_time(state: dict[str, np.ndarray], months: int, days: int) -> None:
    """Move a warmed-up state's clock back by `months` and `days`, so that a run starts at month 0, and zero its outcomes."""
    rows = state["rows"]
    ending = rows["end_month"] != ALIVE
    rows["end_month"][ending] -= months
    met = rows["last_discharge"] != NEVER_DISCHARGED
    rows["last_discharge"][met] = np.maximum(rows["last_discharge"][met].astype(np.int64) - days, NEVER_DISCHARGED + 1)
    for name in ("qalys", "unmet", "out_of_pocket", "days_at_home", "days_in_hospital", "handovers", "contacts", "spells"):
        rows[name] = 0
    for name in ("start", "since", "due"):
        state["cases"][name] -= days
    for name in ("since", "leaves", "due"):
        state["waiting"][name] -= days
    state["future"]["day"] -= days


def spans_of(n: int) -> list[tuple[int, int]]:
    """Return [low, high) of the chunks that n rows are taken in.

    Examples
    --------
    >>> spans_of(70_000)
    [(0, 32768), (32768, 65536), (65536, 70000)]
    """
    return [(low, min(low + CHUNK, n)) for low in range(0, n, CHUNK)]


def one_after_another(parts: Sequence[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Return records of all parts in one array."""
    return np.concatenate([np.zeros(0, dtype=f"V{dtype.itemsize}"), *(plain(part) for part in parts)]).view(dtype)


def copied(records: np.ndarray) -> np.ndarray:
    """Return a copy of records."""
    return plain(records).copy().view(records.dtype)


def _with_room(buffer: np.ndarray, room: int) -> np.ndarray:
    """Return `buffer` if it has room, else a larger one. What it held is of no use: kernels write before they read."""
    return buffer if len(buffer) >= room else np.zeros(room + room // 4, dtype=buffer.dtype)


def new_rows(n: int) -> np.ndarray:
    """Return n blank records."""
    return np.zeros(n, dtype=RECORD)
