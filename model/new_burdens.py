"""What the treasury pays councils for an entitlement, on top of the settlement, where a run is funded.

Government owes councils for a new duty what it is expected to cost them, not what it then comes to. So the estimate is made once,
council by council, from the people of the starting state and before anybody has answered to anything; it grows as the settlement of
councils does, and what the entitlement comes to beyond it is the council's own. Counted are charges that fall away, what people
bought who have it free now, and people who did not have care because they would have paid for it or had too little need: as
many of those get it as of people with the same need and no savings. Not counted are assessments, brokers and health.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from agents.care import eligible_minutes
from agents.hospital.state import DIED_IN_CARE_HOME_OUT
from agents.patients.record import ALIVE, FUNDER_MASK, FUNDER_SHIFT, IN_HOSPITAL, SETTING_MASK
from agents.vocabulary import Funder, Lever, Setting
from model.accounts import CarePrices, care_prices
from model.engine import CARE_HOME_COUNT, Calendar, Month
from model.entitlement import BANDS, ceiling, free_day, in_force
from model.parameters import Parameters
from model.payment import month_part
from model.place import Place
from model.settlement import MoneyPath, Settlement
from model.starting_state import StartingState
from model.structures import Entitlement

DAYS_A_YEAR = 365.25
MONTHS = 12
AT_A_TIME = 1 << 20  # people that are looked at at a time


class AtRest:
    """Who needs help at rest, and what an entitlement would cost councils for them.

    Parameters
    ----------
    rows : RECORD, people of the starting state
    councils : COUNCIL_STATE at rest
    prices : what councils pay
    free_day : shape (n_councils, 2), pence of a residential and a nursing day, as ``model.entitlement.free_day``
    leaving : share of people who pay for care that die in a year, which decides how many live to reach a cap
    parameters, rules : shared parameters, and as kernels read them
    """

    def __init__(
        self, rows: np.ndarray, councils: np.ndarray, prices: CarePrices, free_day: np.ndarray, leaving: float, parameters: Parameters, rules: np.record
    ) -> None:
        found = [some[(some["end_month"] == ALIVE) & (some["need"] > 0)] for some in (rows[low : low + AT_A_TIME] for low in range(0, len(rows), AT_A_TIME))]
        people = np.concatenate(found)
        self._n, self._levers, self._rules, self._leaving = len(councils), councils["levers"], rules, leaving
        self._care, self._board = parameters.care, parameters.entitlement.board_share
        self.council = people["council"].astype(np.int64)
        setting, funder = people["care"] & SETTING_MASK, people["care"] >> FUNDER_SHIFT & FUNDER_MASK
        self._judged = people["need"] * (1.0 - self._of_council(Lever.STRICTNESS))
        self._granted = np.floor(np.maximum(self._judged - people["informal"], 0.0) * self._of_council(Lever.GENEROSITY))
        self._pays = people["capital"] > parameters.care.upper_capital_limit
        self._home = (setting == Setting.HOME) & (people["care"] & IN_HOSPITAL == 0)
        has = self._home & (people["package"] > 0)
        self._client, self._buyer = has & (funder == Funder.COUNCIL), has & (funder == Funder.SELF)
        self._without = self._home & (people["package"] == 0)
        lives_in = setting >= Setting.RESIDENTIAL
        nursing = np.where(lives_in, setting.astype(np.int64) - Setting.RESIDENTIAL, 0)
        self._resident, self._supported = lives_in & (funder == Funder.SELF), lives_in & (funder == Funder.COUNCIL)
        hour = prices.home_care_hour[self.council] / 60.0 / 7.0 * DAYS_A_YEAR  # pence a year of a weekly minute
        own = councils["own_price"][self.council]
        self._package, self._would_have = people["package"] * hour, self._granted * hour
        self._free_part = free_day[self.council, nursing] * DAYS_A_YEAR
        self._week = np.where(nursing == 1, prices.nursing_week[self.council], prices.residential_week[self.council]) / 7.0 * DAYS_A_YEAR
        self._own_cost = np.where(self._resident, own[np.arange(len(own)), nursing + 1] * DAYS_A_YEAR, people["package"] * own[:, 0] / 60.0 / 7.0 * DAYS_A_YEAR)

    def yearly(self, facts: Entitlement, years: float = 0.0) -> np.ndarray:
        """Return what an entitlement costs each council a year, pence, shape (n_councils,).

        Parameters
        ----------
        facts : in force
        years : since the start of the run, from which what people pay counts towards a cap
        """
        free, eligible = self._free(facts), self._eligible(facts)
        taken_over = self._buyer & eligible & free
        cost = np.where(taken_over, self._package, 0.0) + np.where(self._client & free, self._package * self._charged, 0.0)
        cost += np.where(self._resident & free, self._free_part, 0.0)
        cost += np.where(self._supported & free, self._week * max(self._care.residential_charge_share - self._board, 0.0), 0.0)
        cost += self._newly_served(free, eligible, taken_over)
        if facts.lifetime_cap > 0.0:
            reached = 100.0 * facts.lifetime_cap / np.maximum(self._own_cost, 1.0)  # in years
            there = np.where((self._resident | self._buyer & eligible) & ~free & (reached <= years), np.exp(-self._leaving * reached), 0.0)
            cost += there * np.where(self._resident, self._free_part, self._package)
        return self._by_council(cost)

    @property
    def _charged(self) -> np.ndarray:
        """Share of home care that clients of each one's council pay."""
        return np.minimum(self._care.charge_share * self._of_council(Lever.CHARGES), 1.0)

    def _of_council(self, lever: Lever) -> np.ndarray:
        return self._levers[self.council, lever]

    def _by_council(self, amounts: np.ndarray) -> np.ndarray:
        return np.bincount(self.council, weights=amounts, minlength=self._n)

    def _free(self, facts: Entitlement) -> np.ndarray:
        """Tell whose care is free whatever their means, and however long they have paid."""
        if facts.personal_care == "free":
            return np.ones(len(self.council), dtype=bool)
        return self._judged >= (eligible_minutes(BANDS[facts.free_from], self._rules) if facts.free_from in BANDS else math.inf)

    def _eligible(self, facts: Entitlement | None = None) -> np.ndarray:
        """Tell who would be granted home care, at bands as they are, or no higher than an entitlement lets them be."""
        most = BANDS["critical"] if facts is None else ceiling(facts)
        bands = [eligible_minutes(min(float(band), most), self._rules) for band in self._levers[:, Lever.ELIGIBILITY]]
        return (self._judged >= np.array(bands)[self.council]) & (self._granted > 0.0)

    def _newly_served(self, free: np.ndarray, eligible: np.ndarray, taken_over: np.ndarray) -> np.ndarray:
        """Return the yearly cost of people who had no care, and get it as often as people with the same need and no savings do."""
        before = self._eligible()
        uptake = np.clip(self._by_council(self._client) / np.maximum(self._by_council(self._home & before & ~self._pays), 1.0), 0.0, 1.0)
        may = self._home & eligible & np.where(self._pays, free, ~before)  # who may have care now and might not, or not without paying
        without = may & self._without
        wanted = uptake * self._by_council(may) - self._by_council(taken_over & may)
        share = np.clip(wanted / np.maximum(self._by_council(without), 1.0), 0.0, 1.0)
        return np.where(without, share[self.council] * self._would_have * np.where(free, 1.0, 1.0 - self._charged), 0.0)


class NewBurdens:
    """What the treasury pays for entitlements month by month: the estimate at rest for those in force, grown with the settlement.

    Parameters
    ----------
    at_rest : who needs help
    facts : entitlements that the structure of each council states
    calendar : of the run
    settlement : by which they grow
    since : month from which the structure is in force
    """

    def __init__(self, at_rest: AtRest, facts: Sequence[Entitlement], calendar: Calendar, settlement: Settlement | MoneyPath, since: int = 0) -> None:
        self._at_rest, self._calendar, self._settlement, self._since = at_rest, calendar, settlement, since
        self._facts = [(each, np.array([other == each for other in facts])) for at, each in enumerate(facts) if each not in facts[:at]]
        self._yearly: dict[tuple[object, ...], np.ndarray] = {}

    def month(self, number: int) -> np.ndarray:
        """Return what is paid in a month (from 0), pence by council, int64."""
        year = number // MONTHS
        paths = self._settlement.by_council(year)
        growth = self._settlement.factor("council", year) if paths is None else paths
        yearly = np.floor(self._estimate(number) * growth).astype(np.int64)
        return month_part(yearly, number) if number >= self._since else np.zeros_like(yearly)

    def _estimate(self, number: int) -> np.ndarray:
        """Return what entitlements in force in a month cost at rest, pence a year by council."""
        return np.sum([np.where(here, self._of(facts, number), 0.0) for facts, here in self._facts], axis=0)

    def _of(self, stated: Entitlement, number: int) -> np.ndarray:
        """Return what one structure's would cost all councils; worked out once for all months that are alike."""
        facts = in_force(stated, f"{self._calendar.date(number):%Y-%m}")
        alike = (facts.eligibility, facts.free_from, facts.personal_care, facts.lifetime_cap, number if facts.lifetime_cap else 0)
        if alike not in self._yearly:
            self._yearly[alike] = self._at_rest.yearly(facts, number / MONTHS)
        return self._yearly[alike]


def at_rest(state: StartingState, place: Place, parameters: Parameters, rules: np.record) -> AtRest:
    """Return who needs help in a starting state, and what that costs."""
    deaths, living = (np.array([table(month) for month in state.year]) for table in (_deaths_in_homes, _in_homes))
    councils = state.organisations.councils
    day = free_day(place, parameters.entitlement.board_share, councils["own_price"])
    return AtRest(state.arrays["rows"], councils, care_prices(place), day, dying(deaths, living), parameters, rules)


def _deaths_in_homes(month: Month) -> int:
    return int(month.out[:, DIED_IN_CARE_HOME_OUT].sum())


def _in_homes(month: Month) -> int:
    return int(month.counts[:, CARE_HOME_COUNT].sum())


def dying(deaths: np.ndarray, living: np.ndarray) -> float:
    """Return the share of care-home residents who die in a year.

    Parameters
    ----------
    deaths, living : by month: residents who died, and who were there

    Examples
    --------
    >>> dying(np.array([2, 2, 2]), np.array([100, 98, 102]))
    0.24
    """
    return float(deaths.sum() / max(living.sum(), 1) * MONTHS)
