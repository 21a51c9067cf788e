"""Following people day by day: what each night leaves in their records and cases, and what it all cost to whom.

A run that nobody follows pays nothing for it. Following only reads, so a run that is followed is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents.care import care_is_free
from agents.hospital.admission import comes_through_ae
from agents.hospital.billing import days_over, is_return, part, share_paid
from agents.hospital.books import N_WAITING_AT
from agents.hospital.delays import delay_reason
from agents.hospital.planned import GONE as LEFT_THE_LINE
from agents.hospital.planned import LISTED, TO_BE_SEEN, stays_the_night
from agents.hospital.state import CASE, Flow
from agents.patients import record
from agents.patients.living import (
    COUNCIL_CARE,
    FREE_CARE,
    FREE_NURSING,
    FREE_RESIDENTIAL,
    N_TOTALS,
    NURSING_COUNCIL,
    RESIDENTIAL_COUNCIL,
)
from agents.patients.record import RECORD
from agents.patients.seeking import CONTACT, EVENT, REQUEST
from agents.vocabulary import Account, CaseState, Funder, Lever, Party, Service, Setting
from model.accounts import CarePrices, care_prices, charged, free_care, long_term_care
from model.economy import HealthEconomy
from model.entitlement import FACTS
from model.payment import pence

PEOPLE_AT_ONCE = 10_000  # a year of so many takes about half a gigabyte
GONE = -1  # place of those who have died or moved away
IN_HOSPITAL = len(Setting)  # place of those in hospital; else it is the code of their setting


class Follower:
    """Everything about some people at each nightfall, from now on.

    A run has one follower at a time: a new one takes the place of the one before.

    Parameters
    ----------
    economy : to follow people in; it is at the beginning of a month
    who : row numbers

    Raises
    ------
    IndexError
        If there is no such row.
    ValueError
        If nobody is named, or too many are.
    """

    def __init__(self, economy: HealthEconomy, who: Sequence[int]) -> None:
        self.who = np.array(who, dtype=np.int64)
        people, engine = economy.engine.people, economy.engine
        if not 1 <= len(self.who) <= PEOPLE_AT_ONCE:
            raise ValueError(f"Follower.who takes 1 to {PEOPLE_AT_ONCE} people, got {len(self.who)}")
        if self.who.min() < 0 or self.who.max() >= len(people):
            raise IndexError(f"row must be from 0 to {len(people) - 1}, got {self.who.tolist()!r}")
        self._economy = economy
        self._followed = np.zeros(people.capacity, dtype=bool)
        self._followed[self.who] = True
        self._days: list[int] = []
        self._months: list[int] = []
        self._rows = [people.rows[self.who]]
        self._cases = [_open_cases(self.who, engine.case_of, engine.cases)]
        self._waits = [self._of_the_followed(engine.waiting)]
        self._events: list[np.ndarray] = []
        self._hospitals: list[np.ndarray] = []
        self._kinds: list[np.ndarray] = []
        engine.at_nightfall = self.see

    def see(self, day: int, flow: Flow) -> None:
        """Keep what a nightfall shows; the engine calls this."""
        self._days.append(day)
        self._months.append(self._economy.month)
        self._rows.append(flow.rows[self.who])
        self._cases.append(_open_cases(self.who, flow.case_of, flow.cases))
        self._waits.append(self._of_the_followed(flow.waiting[: flow.size[N_WAITING_AT]]))
        events = flow.calendar[: flow.size[1]]
        self._events.append(self._of_the_followed(events[events["day"] == day]))
        self._hospitals.append(flow.hospitals.copy())
        self._kinds.append(flow.kinds[self.who].astype(np.int64) if len(flow.kinds) else np.zeros(len(self.who), dtype=np.int64))

    def _of_the_followed(self, entries: np.ndarray) -> np.ndarray:
        """Return a copy of the entries about people who are followed; whoever arrives later is not."""
        entries = entries[entries["person"] < len(self._followed)]
        return entries[self._followed[entries["person"]]]

    def life(self, row: int) -> Life:
        """Return what one of those followed has lived through so far.

        Raises
        ------
        ValueError
            If the person is not followed.
        """
        at = np.flatnonzero(self.who == row)
        if not len(at):
            raise ValueError(f"row {row!r} is not followed")
        events = np.concatenate([*self._events, np.zeros(0, dtype=EVENT)])
        return Life(
            row=int(row),
            economy=self._economy,
            days=np.array(self._days, dtype=np.int64),
            months=np.array(self._months, dtype=np.int64),
            nights=np.array([rows[at[0]] for rows in self._rows], dtype=RECORD),
            cases=np.array([cases[at[0]] for cases in self._cases], dtype=CASE),
            calendar=events[events["person"] == row],
            waits=tuple(waits[waits["person"] == row] for waits in self._waits),
            hospitals=tuple(self._hospitals),
            kinds=np.array([kinds[at[0]] for kinds in self._kinds], dtype=np.int64),
        )


def _open_cases(who: np.ndarray, case_of: np.ndarray, cases: np.ndarray) -> np.ndarray:
    """Return the case of each person, one of state CLOSED where there is none."""
    at = np.array([case_of[i] if i < len(case_of) else -1 for i in who])
    found = cases[np.maximum(at, 0)].copy()
    found[at < 0] = np.zeros(1, dtype=CASE)[0]
    return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Life:
    """What one person lived through, under one structure.

    Parameters
    ----------
    row : of the person
    economy : in which it was lived
    days : shape (n,), days since the start of the run
    months : shape (n,), the month of each day
    nights : shape (n + 1,), dtype RECORD: as following began, then at each nightfall
    cases : shape (n + 1,), dtype CASE: the person's open case (state CLOSED if none) at the same moments
    calendar : dtype EVENT: what came up for the person, in order, whether it then happened or not
    waits : n + 1 arrays of dtype WAITING: the person's waits for planned care at the same moments, over ones among them
    hospitals : n arrays of HOSPITAL_STATE: the place's hospitals at each nightfall
    kinds : shape (n,), kinds of people that the person counted as that day, where payment tells them apart (``agents.patients.kinds``)
    """

    row: int
    economy: HealthEconomy
    days: np.ndarray
    months: np.ndarray
    nights: np.ndarray
    cases: np.ndarray
    calendar: np.ndarray
    waits: tuple[np.ndarray, ...]
    hospitals: tuple[np.ndarray, ...]
    kinds: np.ndarray

    @property
    def alive(self) -> np.ndarray:
        """Shape (n,): neither dead nor moved away by nightfall."""
        return self.nights["end_month"][1:] == record.ALIVE

    @property
    def places(self) -> np.ndarray:
        """Shape (n,): GONE, IN_HOSPITAL, or the code of the setting."""
        care = self.nights["care"][1:]
        places = (care & record.SETTING_MASK).astype(np.int64)
        places[(care & record.IN_HOSPITAL) != 0] = IN_HOSPITAL
        places[~self.alive] = GONE
        return places

    @property
    def operated_on(self) -> np.ndarray:
        """Shape (n,): in hospital that night for an operation, and for no emergency."""
        return self.alive & ((self.nights["care"][1:] & record.FOR_OPERATION) != 0)

    @property
    def delays(self) -> np.ndarray:
        """Shape (n,): code of the reason for which a person fit to leave hospital waits that night, -1 if none."""
        pairs = zip(self.cases[1:].view(np.recarray), self.nights[1:].view(np.recarray), strict=True)
        return np.array([delay_reason(case, person, self.economy.rules) for case, person in pairs], dtype=np.int64)

    def contacts(self, at: int) -> np.ndarray:
        """Return the emergencies of day `at` (a position) that took place, in order: EVENT."""
        came = int(self.nights["contacts"][at + 1]) - int(self.nights["contacts"][at])
        if came == 0:
            return self.calendar[:0]
        today = self._today(at)
        return today[(today["kind"] == CONTACT) & (today["avoided"] == 0)][:came]

    def avoided(self, at: int) -> np.ndarray:
        """Return the emergencies that base-year levers would have caused on day `at`, and today's do not: EVENT."""
        today = self._today(at)
        there = self.alive[at] and not self.nights["care"][at] & record.IN_HOSPITAL
        return today[(today["kind"] == CONTACT) & (today["avoided"] == 1)] if there else today[:0]

    def asked(self, at: int) -> bool:
        """Return whether the person asked the council for help on day `at`, being in no queue yet."""
        was, now = self.cases["state"][at], self.cases["state"][at + 1]
        return bool((self._today(at)["kind"] == REQUEST).any() and was == CaseState.CLOSED and now != CaseState.CLOSED)

    def planned(self, at: int) -> list[tuple[str, np.void]]:
        """Return what happened in planned care on day `at`, as pairs of a word and the wait as it stood before.

        The words are ``referred``, ``seen``, ``operated``, ``left`` (the line, unserved) and ``listed``.
        """
        was, now = self.waits[at], self.waits[at + 1]
        if not len(was) and not len(now):
            return []
        before = {(int(wait["trigger"]), int(wait["stage"])) for wait in was}
        after = {(int(wait["trigger"]), int(wait["stage"])) for wait in now}
        found = [("referred", wait) for wait in self._new(now, before) if wait["stage"] != LISTED]
        over = [wait for wait in was if wait["stage"] != LEFT_THE_LINE]
        over = [wait for wait in over if (int(wait["trigger"]), int(wait["stage"])) not in after]
        found += [(self._how_it_ended(wait, at), wait) for wait in [*over, *self._passed_through(now, was)]]
        return found + [("listed", wait) for wait in self._new(now, before) if wait["stage"] == LISTED]

    @staticmethod
    def _new(now: np.ndarray, before: set[tuple[int, int]]) -> list[np.void]:
        """Return waits that began today; one of which the first stage is over already counts as well."""
        known = {trigger for trigger, _ in before}
        fresh = [wait for wait in now if int(wait["trigger"]) not in known]
        return fresh + [w for w in now if w["stage"] == LISTED and int(w["trigger"]) in known
                        and (int(w["trigger"]), LISTED) not in before]  # fmt: skip

    @staticmethod
    def _passed_through(now: np.ndarray, was: np.ndarray) -> list[np.void]:
        """Return first waits that began and ended today, as they stood in between."""
        known = set(was["trigger"].tolist())
        through = now[(now["stage"] == LEFT_THE_LINE) & ~np.isin(now["trigger"], list(known))].copy()
        through["stage"] = TO_BE_SEEN
        return list(through)

    def _how_it_ended(self, wait: np.void, at: int) -> str:
        first_of_month = at == 0 or self.months[at] != self.months[at - 1]
        dying = first_of_month and self.nights["flags"][at + 1] & record.DYING
        if not self.alive[at] or dying or self.days[at] >= wait["leaves"]:
            return "left"
        return "seen" if wait["stage"] == TO_BE_SEEN else "operated"

    def overnight(self, wait: np.void) -> bool:
        """Return whether an operation that somebody waited for takes a night."""
        engine = self.economy.engine
        trigger, kind = np.int64(wait["trigger"]), np.int64(wait["kind"])
        hospital = engine.organisations.hospitals[int(wait["hospital"])]
        return bool(stays_the_night(np.int64(self.row), trigger, kind, hospital, engine.rules, engine.seed))

    def _today(self, at: int) -> np.ndarray:
        return self.calendar[self.calendar["day"] == self.days[at]]

    @property
    def admissions(self) -> np.ndarray:
        """Shape (n,): spells that began on the day."""
        return np.diff(self.nights["spells"].astype(np.int64))

    @property
    def discharges(self) -> np.ndarray:
        """Shape (n,): spells that ended on the day, deaths among them."""
        inside = (self.nights["care"] & (record.IN_HOSPITAL | record.FOR_OPERATION)) == record.IN_HOSPITAL
        return np.diff(self.nights["spells"].astype(np.int64) - inside)

    @property
    def assessments(self) -> np.ndarray:
        """Shape (n,): assessments by the council that were made on the day."""
        return np.diff(self.nights["handovers"].astype(np.int64)) - self.admissions - self.discharges - self.stepped_up

    @property
    def stepped_up(self) -> np.ndarray:
        """Shape (n,): whether an emergency went to intermediate care on the day, and to no bed."""
        there = (self.nights["care"] & record.SETTING_MASK) == Setting.INTERMEDIATE
        return there[1:] & ~there[:-1] & (self.discharges == 0)

    def costs(self) -> pd.DataFrame:
        """Return what this person's care cost, and to whom.

        Returns
        -------
        DataFrame
            month, payer, payer_kind, service, pounds; in order of month. Charges are two rows, since the household
            pays them to whoever pays for social care, so that `pounds` adds up to what was spent. Reablement,
            intermediate care, proactive care and assessments are at the price of a place or person: they are paid
            for as capacity, used or not.
        """
        parties = self.economy.parties
        rows = [
            (month, parties.names[payer], parties.kinds[payer].name.lower(), service.name.lower(), amount / 100.0)
            for month, service, payer, amount in self.payments()
        ]
        frame = pd.DataFrame(rows, columns=["month", "payer", "payer_kind", "service", "pounds"])
        keys = ["month", "payer", "payer_kind", "service"]
        return frame.groupby(keys, sort=True)["pounds"].sum().reset_index() if rows else frame

    def payments(self) -> list[tuple[int, Service, int, int]]:
        """Return the same as whole numbers: (month, service, index of the payer in the ledger, pence), in no order."""
        return [row for row in [*self._spells(), *self._planned_care(), *self._care()] if row[3]]

    def _spells(self) -> list[tuple[int, Service, int, int]]:
        """Return what hospitals were paid for the person: (month, service, payer, pence)."""
        economy, engine = self.economy, self.economy.engine
        admissions, discharges = self.admissions, self.discharges
        found: list[tuple[int, Service, int, int]] = []
        begun, returned = int(self.cases["start"][0]), int(self.cases["returned"][0])  # of the spell that goes on as following begins
        eventful = np.diff(self.nights["contacts"]) != 0
        for at in np.flatnonzero(eventful | (admissions != 0) | (discharges != 0)).tolist():
            day, month, now = int(self.days[at]), int(self.months[at]), self.nights[at + 1]
            hospital = self.hospitals[at][int(now["hospital"])]
            payer = economy.payer(Account.ACUTE, int(now["consortium"]), month)
            for event in self.contacts(at):
                trigger, severity = np.int64(event["trigger"]), np.float64(event["severity"])
                if comes_through_ae(np.int64(self.row), trigger, severity, engine.rules, engine.seed):
                    found.append((month, Service.ATTENDANCE, payer, self._owed(at, hospital, hospital.attendance_price)))
            if admissions[at]:
                begun, returned = day, int(is_return(self.nights[at], day))
            if discharges[at]:
                share, over = share_paid(hospital, returned, day), days_over(begun, day, hospital)
                found.append((month, Service.EMERGENCY_SPELL, payer, self._owed(at, hospital, part(hospital["spell_price"], share))))
                found.append((month, Service.EXCESS_DAYS, payer, self._owed(at, hospital, part(over * int(hospital["excess_price"]), share))))
        return found

    def _planned_care(self) -> list[tuple[int, Service, int, int]]:
        """Return what visits and operations came to: (month, service, payer, pence)."""
        economy = self.economy
        found: list[tuple[int, Service, int, int]] = []
        for at, month in enumerate(self.months.tolist()):
            for what, wait in self.planned(at):
                hospital = economy.engine.organisations.hospitals[int(wait["hospital"])]
                payer = economy.payer(Account.ACUTE, int(self.nights["consortium"][at + 1]), month)
                if what == "seen":
                    found.append((month, Service.OUTPATIENT, payer, self._owed(at, hospital, hospital.visit_price)))
                if what == "operated":
                    price = hospital.elective_price if self.overnight(wait) else hospital.day_case_price
                    found.append((month, Service.ELECTIVE, payer, self._owed(at, hospital, price)))
        return found

    def _owed(self, at: int, hospital: np.ndarray, price: int) -> int:
        """Return what a hospital was owed for care of a day: nothing where a contract pays for people of the person's kind."""
        return 0 if int(self.kinds[at]) & int(hospital["contract_kinds"]) else int(price)

    def _care(self) -> list[tuple[int, Service, int, int]]:
        """Return what social and community care came to: (month, service, payer, pence)."""
        economy = self.economy
        prices = economy.parameters.prices
        nights, places, assessments = self.nights[1:], self.places, self.assessments
        setting = np.where(self.alive, nights["care"] & record.SETTING_MASK, GONE)
        funder = nights["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK
        own, continuing, free = funder == Funder.SELF, funder == Funder.NHS, self._free()
        public_paid = ~own & ~continuing
        minutes = np.where(places == Setting.HOME, nights["package"] // 7, 0).astype(np.int64)
        listed = self.alive & ((nights["flags"] & record.PROACTIVE) != 0)
        council, consortium = int(nights["council"][0]), int(nights["consortium"][0])
        observed = CarePrices(*(price[[council]] for price in care_prices(economy.place)))
        levels = [month[council] for month in economy.council_levels]
        intermediate, week = pence(prices.intermediate_place_week), pence(prices.continuing_week)
        own_hour, own_home, own_nursing = economy.engine.organisations.councils[council].own_price.tolist()
        household = economy.parties.indices(Party.HOUSEHOLD)[0]
        found: list[tuple[int, Service, int, int]] = []
        for month in np.unique(self.months).tolist():
            now = self.months == month
            public, community = economy.payer(Account.SOCIAL_CARE, council, month), economy.payer(Account.COMMUNITY, consortium, month)
            bills = economy.payer(Account.CONTINUING_CARE, consortium, month)

            def days(here: np.ndarray, now: np.ndarray = now) -> int:
                return int((here & now).sum())

            used = np.zeros((1, N_TOTALS), dtype=np.int64)
            used[0, COUNCIL_CARE] = minutes[now & public_paid].sum()
            used[0, RESIDENTIAL_COUNCIL] = days((setting == Setting.RESIDENTIAL) & public_paid)
            used[0, NURSING_COUNCIL] = days((setting == Setting.NURSING) & public_paid)
            used[0, FREE_CARE] = minutes[now & public_paid & free].sum()
            used[0, FREE_RESIDENTIAL] = days((setting == Setting.RESIDENTIAL) & public_paid & free)
            used[0, FREE_NURSING] = days((setting == Setting.NURSING) & public_paid & free)
            for_us = economy.council_entitlements[month]["free_day"][council].tolist()
            care_paid = [days((setting == home) & own & free) * pence for home, pence in zip((Setting.RESIDENTIAL, Setting.NURSING), for_us, strict=True)]
            bought = long_term_care(used, observed.at(levels[month][Lever.FEES]))
            charge = int(charged(long_term_care(used, observed), free_care(used, observed), levels[month][Lever.CHARGES], economy.parameters)[0])
            found += [
                (month, Service.HOME_CARE, public, int(bought.home_care[0])),
                (month, Service.RESIDENTIAL_CARE, public, int(bought.residential[0]) + care_paid[0]),
                (month, Service.NURSING_CARE, public, int(bought.nursing[0]) + care_paid[1]),
                (month, Service.CHARGES, public, -charge),
                (month, Service.CHARGES, household, charge),
                (month, Service.REABLEMENT, public, days(places == Setting.REABLEMENT) * int(observed.reablement_week[0]) // 7),
                (month, Service.ASSESSMENT, public, int(assessments[now].sum()) * pence(prices.assessment)),
                (month, Service.COMMUNITY, community, days(places == Setting.INTERMEDIATE) * intermediate // 7),
                (month, Service.CONTINUING_CARE, bills, days(continuing & ((setting >= Setting.RESIDENTIAL) | (minutes > 0))) * week // 7),
                (month, Service.PROACTIVE, community, int(days(listed) / 365.25 * pence(prices.proactive_person))),
                (month, Service.HOME_CARE, household, int((minutes[now & own] * own_hour // 60).sum())),
                (month, Service.RESIDENTIAL_CARE, household, days((setting == Setting.RESIDENTIAL) & own) * own_home - care_paid[0]),
                (month, Service.NURSING_CARE, household, days((setting == Setting.NURSING) & own) * own_nursing - care_paid[1]),
            ]
        return found

    def _free(self) -> np.ndarray:
        """Return on which nights what the person has of care is free, shape (n,)."""
        economy, nights = self.economy, self.nights[1:].view(np.recarray)
        council, found = int(nights["council"][0]), np.zeros(len(nights), dtype=bool)
        state = economy.engine.organisations.councils[council : council + 1].copy()
        for at, month in enumerate(self.months.tolist()):
            state["levers"][0] = economy.council_levels[month][council]
            for fact in FACTS:
                state[fact][0] = economy.council_entitlements[month][fact][council]
            found[at] = care_is_free(nights[at], state[0], economy.rules)
        return found

    def decider(self, event: np.void) -> str:
        """Return who set the lever that caused an emergency, by name; empty where nobody's decision did."""
        economy, lever = self.economy, Lever(int(event["lever"]))
        if lever == Lever.NONE:
            return ""
        month = int(self.months[min(np.searchsorted(self.days, int(event["day"])), len(self.days) - 1)])
        return economy.parties.decider_name(economy.holders_in(month).decided_by(lever, int(event["decider"])))
