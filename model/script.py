"""Interventions carried out in a run, month by month."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from agents import draws
from agents.care_market import CareMarket
from agents.organisation import Organisation
from agents.patients import record
from agents.vocabulary import Account, Lever, Party, Ward
from model.accounts import UNIT_OF
from model.engine import Engine, Organisations
from model.holders import Holders
from model.interventions import (
    ACCOUNTS,
    KINDS,
    LEVERS,
    MONTHS,
    InAreas,
    Intervention,
    InterventionError,
    LeverIntervention,
    MoneyIntervention,
    ParameterIntervention,
    ServiceIntervention,
    SupplyIntervention,
    check_place,
)
from model.management import SOURCES
from model.months import months_between
from model.parameters import Parameters
from model.place import Place
from model.rules import compile_rules
from model.settlement import MoneyPath, Settlement
from model.year_end import Budgets


class Economy(Protocol):
    """What a script asks of the economy."""

    month: int
    years: int
    scale: float
    frozen: bool
    seed_of_luck: int
    place: Place
    parameters: Parameters
    rules: np.record
    engine: Engine
    at_rest: Organisations
    settlement: Settlement | MoneyPath
    holders: Holders
    budgets: Budgets
    councils: Sequence[Organisation]
    consortia: Sequence[Organisation]
    hospitals: Sequence[Organisation]
    markets: Sequence[CareMarket]
    organisations: Mapping[int, Organisation]


class Given(NamedTuple):
    """Whom a person-level service was given.

    Parameters
    ----------
    eligible, chosen : rows
    month : in which it began
    contacts_before : of each of `eligible`, emergency contacts in the twelve months before (fewer if the run is younger)
    outcomes : records of `eligible` in that month
    """

    eligible: np.ndarray
    chosen: np.ndarray
    month: int
    contacts_before: np.ndarray
    outcomes: np.ndarray


class Script:
    """The interventions of one run, carried out month by month.

    Parameters
    ----------
    interventions : as :func:`read_interventions` gives, checked against the place
    economy : to which they are done
    start : first month of the run, ``YYYY-MM``

    Raises
    ------
    InterventionError
        If one is not possible in the place or time of the run.
    """

    def __init__(self, interventions: Sequence[Intervention], economy: Economy, start: str) -> None:
        check_place(interventions, economy.place, start, economy.years * MONTHS)
        if economy.frozen and any(isinstance(each, ServiceIntervention) for each in interventions):
            raise InterventionError("interventions: service must be given in moving demography, since in frozen demography others take the rows of the dead")
        self.interventions = tuple(interventions)
        self._economy = economy
        self._spans = [self._span(each, start) for each in interventions]
        self._reached = [self._drawn(each) if each.kind is not None else [] for each in interventions]
        self._before: dict[tuple[int, int], float] = {}
        self._held: dict[int, set[Lever]] = {}
        self._contacts: dict[int, np.ndarray] = {}
        self._listed: dict[int, np.ndarray] = {}
        self.given: dict[int, Given] = {}
        self._parameters = economy.parameters

    def __bool__(self) -> bool:
        return bool(self.interventions)

    def reached(self) -> list[dict[str, Any]]:
        """Return what each intervention reached, in words: its name, organisations, how many people could have it and had it."""
        found = []
        for number, each in enumerate(self.interventions):
            given = self.given.get(number)
            names = [unit.name for unit in self._reached[number]]
            people = {} if given is None else {"eligible": len(given.eligible), "chosen": len(given.chosen)}
            some = 0 < len(names) < len(self._units(each.kind)) if each.kind is not None else False
            found.append({"what": each.what, "name": each.name or getattr(each, each.what), "organisations": names, "only_some": some, **people})
        return found

    def trials(self) -> pd.DataFrame:
        """Return what became of everybody who could have had a person-level service, since it began.

        Returns
        -------
        DataFrame
            intervention (its name), person (row), chosen, contacts_before (in the twelve months before), months since it
            began that the person was there, and outcomes in them: contacts, spells, days_in_hospital, days_at_home,
            qalys, unmet_hours, out_of_pocket, died.
        """
        rows, month = self._economy.engine.people.rows, self._economy.month
        return pd.concat([_trial(each.name or each.service, self.given[number], rows, month) for number, each in enumerate(self.interventions) if number in self.given])

    # When

    @staticmethod
    def _span(each: Intervention, start: str) -> tuple[int, int]:
        first = 0 if each.start is None else months_between(start, each.start)
        last = 10**6 if each.to is None else months_between(start, each.to)
        return first, last

    def _active(self, kind: type[Intervention]) -> list[tuple[int, Any]]:
        month = self._economy.month
        return [(number, each) for number, each in enumerate(self.interventions) if isinstance(each, kind) and self._spans[number][0] <= month <= self._spans[number][1]]

    def _ended(self, kind: type[Intervention]) -> list[tuple[int, Any]]:
        month = self._economy.month
        return [(number, each) for number, each in enumerate(self.interventions) if isinstance(each, kind) and self._spans[number][1] == month - 1]

    # Where

    def _units(self, kind: Party) -> list[Organisation]:
        economy = self._economy
        return list({Party.COUNCIL: economy.councils, Party.CONSORTIUM: economy.consortia, Party.HOSPITAL: economy.hospitals}[kind])

    def _drawn(self, each: Intervention) -> list[Organisation]:
        """Return the organisations that an intervention reaches: those named, or the share of them that is drawn."""
        units = self._units(each.kind)
        if each.organisations and not {word for word, kind in KINDS.items() if kind == each.kind} & set(each.organisations):
            units = [unit for unit in units if unit.name in each.organisations]
        if each.drawn == 1.0 or getattr(each, "draw_by", "organisation") != "organisation":
            return units
        chances = [self._chance(unit.index, each, draws.CHOSEN_ORGANISATION) for unit in units]
        return [unit for unit, chosen in zip(units, lowest(chances, each.drawn), strict=True) if chosen]

    def _chance(self, who: int, each: Intervention, purpose: int) -> float:
        return float(draws.draw(np.uint64(self._economy.seed_of_luck), who, draws.NEVER, each.trigger, purpose))

    def areas(self, each: InAreas) -> np.ndarray:
        """Return which small areas an intervention reaches, shape (n_small_areas,), bool."""
        codes = self._economy.place.small_areas["code"].astype(str)
        named = np.isin(codes, each.small_areas) if each.small_areas else np.ones(len(codes), dtype=bool)
        if each.drawn == 1.0 or each.draw_by != "small_area":
            return named
        which = np.flatnonzero(named)
        named[which] = lowest([self._chance(int(area), each, draws.CHOSEN_AREA) for area in which], each.drawn)
        return named

    # What, in the order of a month

    def fund(self, year: int) -> None:
        """In April: add to budgets what interventions add, or take off what they take."""
        economy = self._economy
        for number, each in self._active(MoneyIntervention):
            account = ACCOUNTS[each.money]
            for unit in self._reached[number]:
                for payer, pence in economy.holders.bill(account, self._position(unit), self._pence(each, unit, account, year)):
                    budgets = economy.organisations[payer].budgets
                    budgets[account] = max(budgets[account] + pence, 0)

    def _position(self, unit: Organisation) -> int:
        return unit.index - self._units(unit.kind)[0].index

    def _pence(self, each: MoneyIntervention, unit: Organisation, account: Account, year: int) -> int:
        if each.per_head is not None:
            return round(each.per_head * 100.0 * unit.heads)
        economy, at = self._economy, self._position(unit)
        base = int(economy.budgets.modelled[account][at] + economy.budgets.committed[account][at])
        paths = economy.settlement.by_council(year) if UNIT_OF[account] == Party.COUNCIL else None
        growth = economy.settlement.factor(SOURCES[UNIT_OF[account]], year) if paths is None else float(paths[at])
        return round(each.change * base * growth)

    def begin_month(self) -> None:
        """Set the parameters of the month, and freeze levers that are frozen, before rules are put in force and lists made with them."""
        if not self.interventions:
            return
        self._change_parameters()
        self._held = {}
        self._set_levers(along_paths=False)

    def before_deciding(self) -> None:
        """Set what else stands for the month: people's services, the hands there are, levers along recorded paths."""
        if not self.interventions:
            return
        self._serve()
        self._hire()
        self._set_levers(along_paths=True)  # which tell where levers stood once organisations had decided

    def _change_parameters(self) -> None:
        month = self._economy.month
        if not any(isinstance(each, ParameterIntervention) and month in (first, last + 1) for each, (first, last) in zip(self.interventions, self._spans, strict=True)):
            return
        parameters = self._parameters
        for _, each in self._active(ParameterIntervention):
            parameters = each.of(parameters)
        economy = self._economy
        economy.parameters = parameters
        economy.rules = economy.engine.rules = compile_rules(parameters, *(int(economy.rules[name]) for name in ("first_council", "first_consortium", "first_hospital")))

    def _serve(self) -> None:
        economy = self._economy
        month, rows = economy.month, economy.engine.people.rows
        for number, (first, _) in enumerate(self._spans):
            if isinstance(self.interventions[number], ServiceIntervention) and month == max(first - MONTHS, 0):
                self._contacts[number] = rows["contacts"].copy()
        for number, each in self._ended(ServiceIntervention):
            self._withdraw(number, each)
        for number, each in self._active(ServiceIntervention):
            if number not in self.given:
                self.given[number] = self._choose(number, each)
            self._give(number, each)

    def _choose(self, number: int, each: ServiceIntervention) -> Given:
        economy = self._economy
        rows, month = economy.engine.people.rows, economy.month
        ago = self._contacts[number]
        who = each.people.eligible(rows, month, ago, economy.place)
        if each.small_areas:
            who &= np.isin(rows["small_area"], np.flatnonzero(self.areas(each.model_copy(update={"drawn": 1.0}))))
        eligible = np.flatnonzero(who)
        if each.draw_by == "small_area":
            chosen = eligible[np.isin(rows["small_area"][eligible], np.flatnonzero(self.areas(each)))]
        elif each.drawn < 1.0:
            chosen = eligible[[self._chance(int(row), each, draws.CHOSEN_PERSON) < each.drawn for row in eligible]]
        else:
            chosen = eligible
        before = rows["contacts"][eligible].astype(np.int64)
        old = eligible < len(ago)
        before[old] -= ago[eligible[old]]
        return Given(eligible, chosen, month, before, rows[eligible].copy())

    def _give(self, number: int, each: ServiceIntervention) -> None:
        rows, chosen = self._economy.engine.people.rows, self.given[number].chosen
        here = rows["end_month"][chosen] >= self._economy.month
        if each.service == "reablement":
            self._economy.engine.reablement_first = self._offered()
            return
        before = self._listed.get(number, chosen[:0])
        new = chosen[here & (rows["flags"][chosen] & record.PROACTIVE == 0)]
        self._list(new, True)
        self._list(chosen[~here], False)
        self._listed[number] = np.union1d(before, new)

    def _withdraw(self, number: int, each: ServiceIntervention) -> None:
        if each.service == "reablement":
            self._economy.engine.reablement_first = self._offered()
            return
        self._list(self._listed.pop(number), False)

    def _offered(self) -> np.ndarray:
        """Return who is offered reablement before home care, shape (n_people,), or empty where nobody is."""
        active = [self.given[number].chosen for number, each in self._active(ServiceIntervention) if each.service == "reablement" and number in self.given]
        offered = np.zeros(len(self._economy.engine.people) if active else 0, dtype=np.uint8)
        for chosen in active:
            offered[chosen] = 1
        return offered

    def _list(self, who: np.ndarray, on: bool) -> None:
        """Put people on the proactive lists of their consortia, or take them off."""
        rows, listed = self._economy.engine.people.rows, self._economy.engine.listed
        who = who[(rows["flags"][who] & record.PROACTIVE != 0) != on]
        rows["flags"][who] ^= record.PROACTIVE
        listed += (1 if on else -1) * np.bincount(rows["consortium"][who], minlength=len(listed))

    def _hire(self) -> None:
        """Let more, or fewer, people come to work in care than a market could find by itself."""
        for number, each in [*self._ended(SupplyIntervention), *self._active(SupplyIntervention)]:
            if each.supply != "workforce":
                continue
            active = self._spans[number][1] >= self._economy.month
            for unit in self._reached[number]:
                market: CareMarket = self._economy.markets[self._position(unit)]
                before = self._before.setdefault((number, unit.index), market.most_workers)
                more = float(each.extra(np.array([before]), self._economy.scale)[0]) if active else 0.0
                market.most_workers = before + more

    def _set_levers(self, along_paths: bool) -> None:
        """Freeze the levers that interventions freeze, and let go those they no longer do."""
        economy = self._economy
        for number, each in self._ended(LeverIntervention):
            for unit in self._reached[number] if bool(each.path) == along_paths else ():
                unit.levers[LEVERS[each.lever]] = self._before[number, unit.index]
        for number, each in self._active(LeverIntervention):
            if bool(each.path) != along_paths:
                continue
            lever, since = LEVERS[each.lever], economy.month - self._spans[number][0]
            for unit in self._reached[number]:
                before = self._before.setdefault((number, unit.index), unit.levers[lever])
                unit.levers[lever] = each.at(unit.rest[lever], before, since)
                self._held.setdefault(unit.index, set()).add(lever)

    def held(self, unit: Organisation) -> Collection[Lever]:
        """Return the levers of an organisation that are frozen this month."""
        return self._held.get(unit.index, ())

    def more(self, supply: str, present: np.ndarray) -> np.ndarray:
        """Return what interventions add this month to what there would be, shape (n_councils,) or (n_hospitals,).

        Parameters
        ----------
        supply : one of :data:`SUPPLIES`
        present : what there would be without them, in the order of the place's organisations
        """
        found = np.zeros(len(present))
        for number, each in self._active(SupplyIntervention):
            if each.supply != supply:
                continue
            reach = np.zeros(len(present))
            reach[[self._position(unit) for unit in self._reached[number]]] = 1.0
            if each.small_areas or (each.draw_by == "small_area" and each.drawn < 1.0):
                reach *= self._share_of_councils(self.areas(each))
            found += reach * each.extra(present.astype(np.float64), self._economy.scale)
        return found

    def _share_of_councils(self, areas: np.ndarray) -> np.ndarray:
        """Return the share of each council's people aged 65 and over who live in some small areas."""
        place = self._economy.place
        cells = place.cells[place.cells["age"] >= 65]
        council = place.small_areas["council"][cells["small_area"]]
        people = np.bincount(council, weights=cells["count"], minlength=len(place.councils))
        inside = np.bincount(council, weights=cells["count"] * areas[cells["small_area"]], minlength=len(place.councils))
        return inside / np.maximum(people, 1)

    def open_beds(self) -> None:
        """Open, or close, hospital beds, on wards as they are shared out."""
        if not any(isinstance(each, SupplyIntervention) and each.supply == "beds" for each in self.interventions):
            return
        hospitals = self._economy.engine.organisations.hospitals
        rest = self._economy.at_rest.hospitals
        beds = np.maximum(np.rint(rest["beds"] + self.more("beds", rest["beds"])), 1).astype(np.int64)
        wards = np.floor(rest["ward_beds"] * (beds / rest["beds"])[:, None]).astype(np.int64)
        wards[:, Ward.GENERAL] += beds - wards.sum(axis=1)
        hospitals["beds"], hospitals["ward_beds"] = beds, wards


SINCE = {"contacts": 1.0, "spells": 1.0, "days_in_hospital": 1.0, "days_at_home": 1.0, "qalys": 1e6, "unmet": 60.0, "out_of_pocket": 100.0}
"""Fields of a person's record that a trial follows, and how many of their units make one of the measure's."""


def _trial(name: str, given: Given, rows: np.ndarray, month: int) -> pd.DataFrame:
    now, before = rows[given.eligible], given.outcomes
    end = np.minimum(now["end_month"].astype(np.int64) + 1, month)
    outcomes = {field: (now[field].astype(np.int64) - before[field].astype(np.int64)) / size for field, size in SINCE.items()}
    outcomes["unmet_hours"] = outcomes.pop("unmet")
    return pd.DataFrame(
        {
            "intervention": name,
            "person": given.eligible,
            "chosen": np.isin(given.eligible, given.chosen),
            "contacts_before": given.contacts_before,
            "months": end - given.month,
            **outcomes,
            "died": (now["end_month"] < month) & (now["flags"] & record.LEFT == 0),
        }
    )


def lowest(chances: Sequence[float], share: float) -> np.ndarray:
    """Return which of some are drawn, bool: the share of them with the lowest chances, to the nearest whole number.

    Examples
    --------
    >>> lowest([0.9, 0.1, 0.5, 0.4], 0.5).tolist()
    [False, True, False, True]
    """
    chosen = np.zeros(len(chances), dtype=bool)
    chosen[np.argsort(chances, kind="stable")[: round(len(chances) * share)]] = True
    return chosen
