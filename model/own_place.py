"""A place with people of the user's own, and perhaps councils, consortia and hospitals of the user's own.

What England's organisations are known for comes from our data, a head of the people that the file gives them; an
organisation that is not England's has England's averages a head, marked ``assumed``. Whatever the place's file states
of either goes before. ``docs/how-to/use-your-own-population.md`` shows it.
"""

import dataclasses
import hashlib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.own_population import Codes, OwnPeople, OwnPlaceError, file_digest, nearest, own_people, residents
from model.place_data import read_table
from model.place_england import Miniature, miniature
from model.place_facts import ConsortiumFacts, CouncilFacts, Fact, HospitalFacts
from model.place_fitting import FloatArray, IntArray
from model.place_hospitals import HospitalUse, hospital_use
from model.place_organisations import council_facts, hospital_facts, place_money
from model.place_people import AGES, YOUNGEST, cells_of, net_migration
from model.place_registers import REGISTERS, register_ratios

KEYS = ("name", "title", "notes", "population", "councils", "consortia", "hospitals")
RESIDENTS = {"adults": YOUNGEST, "people_65plus": 65, "people_75plus": 75}
"""What a council's file counts: people from which age."""

OLDER_PEOPLES = (
    "home_care_clients_65plus",
    "residential_weeks_65plus",
    "nursing_weeks_65plus",
    "reablement_weeks",
    "gross_current_65plus_pounds",
    "client_income_65plus_pounds",
)
"""A council's quantities that are in proportion to its people aged 65 and over."""

ALL_ADULTS = {
    "home_care_clients": ("home_care_clients_65plus", "home_care_clients"),
    "home_care_hours_per_year": ("home_care_clients_65plus", "home_care_clients"),
    "gross_current_total_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "net_current_total_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "nhs_income_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "assessment_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
}
"""Quantities of which older people's part, the first of two facts in the second, goes by them, the rest by others."""

A_HEAD = (*OLDER_PEOPLES, *ALL_ADULTS, "care_home_beds")
"""A council's quantities that are taken a head; prices are taken as they are."""

PRICES = tuple(each.name for each in dataclasses.fields(CouncilFacts) if each.type is float and each.name not in A_HEAD)
COUNCIL_KEYS = ("code", "name", "region", "turning_18", *A_HEAD, *PRICES)
MONEY = ("allocation_pounds", "acute_pounds", "community_pounds", "chc_pounds")
CONSORTIUM_KEYS = ("code", "name", "ods", "people", "share_inside", *MONEY, "register_ratio")
HOSPITAL_KEYS = ("code", "name", "beds", "share_of_trust", "catchment")
TEXTS = ("code", "name", "region", "ods")
SHARES = ("share_inside", "share_of_trust")
WHOLE = ("beds", "care_home_beds", "people", "turning_18")
ABOVE_0 = (*PRICES, "beds", "people", "share_of_trust", "share_inside")
YEARS = 10
"""How many years of people turning 18 a place has."""


class _Definition(NamedTuple):
    """A place's file, checked: tables by the code of the organisation, in the order of the file."""

    file: str
    name: str
    title: str
    notes: str
    population: Path
    councils: dict[str, dict[str, Any]]
    consortia: dict[str, dict[str, Any]]
    hospitals: dict[str, dict[str, Any]]


def names_a_population(path: Path) -> bool:
    """Return whether a TOML file is that of a place with people of the user's own."""
    try:
        return "population" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # said of every place's file alike by who reads it


def own_place_digest(path: Path) -> str:
    """Return a SHA-256 of what a place's file and its population say, the same wherever the two files lie.

    Raises
    ------
    OwnPlaceError
        If the population cannot be read.
    """
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    words["population"] = file_digest(_population_file(path, words["population"]))
    return hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()


def own_place(path: Path) -> dict[str, Any]:
    """Return the parts of a place with people of the user's own, by the names of ``model.place.Place``'s attributes.

    Parameters
    ----------
    path : of a TOML file with ``population``

    Raises
    ------
    OwnPlaceError
        If the file or its population is wrong; the message has a line for each of the first few problems.
    """
    place = _read(path)
    councils, consortia = (
        Codes(known=_known(england, tables), first=tuple(tables), table=table)
        for england, tables, table in (
            (_england_councils(), place.councils, "councils"),
            (_england_consortia(), place.consortia, "consortia"),
        )
    )
    people = own_people(place.population, councils, consortia)
    return _Building(place, people).parts()


class _Building:
    """A place while its organisations are worked out."""

    def __init__(self, place: _Definition, people: OwnPeople) -> None:
        self.place, self.people = place, people
        self.england = miniature()
        self.ours = tuple(code in _england_councils() for code in people.councils)
        by_area = people.adults.sum(axis=(1, 2))
        self.by_pair = np.zeros((len(people.councils), len(people.consortia)), dtype=np.int64)
        np.add.at(self.by_pair, (people.areas["council"], people.areas["consortium"]), by_area)
        self.adults = np.zeros((len(people.councils), len(AGES), 2), dtype=np.int64)
        np.add.at(self.adults, people.areas["council"], people.adults)
        published = np.array([residents(code)[:, YOUNGEST:].sum() for code in people.councils])
        self.ratio = self.adults.sum(axis=(1, 2)) / published
        """Adults of the file over those published (own council: England's), shape (n_councils,)."""
        everyone = np.array([residents(code).sum() for code in people.councils])
        self.everyone = everyone * self.ratio

    def parts(self) -> dict[str, Any]:
        councils = [self._council(c) for c in range(len(self.people.councils))]
        consortia = [self._consortium(k) for k in range(len(self.people.consortia))]
        names = tuple(council.name for council, _ in councils)
        use = self._use(names)
        hospitals = self._hospitals(use)
        organisations = (*councils, *consortia, *hospitals)
        self._check_names([one.name for one, _ in organisations])
        ratios = self._register_ratios()
        facts = [fact for _, own in organisations for fact in own]
        facts += self._catchment_facts(names, use)
        facts += self._register_facts(tuple(consortium.name for consortium, _ in consortia), ratios)
        return {
            "name": self.place.name,
            "title": self.place.title,
            "notes": self.place.notes,
            "councils": tuple(council for council, _ in councils),
            "consortia": tuple(consortium for consortium, _ in consortia),
            "hospitals": tuple(hospital for hospital, _ in hospitals),
            "small_areas": self.people.areas,
            "cells": cells_of(self.people.adults),
            "turning_18": self._turning_18(),
            "net_migration": self._net_migration(),
            "catchment": use.catchment,
            "register_ratio": ratios,
            "facts": tuple(facts),
        }

    def _council(self, c: int) -> tuple[CouncilFacts, tuple[Fact, ...]]:
        code = self.people.councils[c]
        given = self.place.councils.get(code, {})
        if self.ours[c]:
            known, facts = council_facts(code)
        else:
            known = self.england.councils[0]
            facts = tuple(fact for fact in self.england.facts if fact.organisation == known.name)
        name = given.get("name", known.name if self.ours[c] else code)
        region = given.get("region", known.region if self.ours[c] else self.place.title)
        ages = self.adults[c].sum(axis=1)
        here = {field: int(ages[first - YOUNGEST :].sum()) for field, first in RESIDENTS.items()}
        times = _times_as_many(here, known)
        found = []
        for fact in facts:
            if fact.name in given:
                found.append(self._stated(fact, given[fact.name], name))
            elif fact.name in here:
                counted = self._stated(fact, here[fact.name], name)
                found.append(dataclasses.replace(counted, source=self.place.population.name))
            else:
                found.append(self._taken_over(fact, times.get(fact.name), name, england=not self.ours[c]))
        numbers = {fact.name: fact.value for fact in found}
        return CouncilFacts(code=code, name=name, region=region, **numbers), tuple(found)

    def _stated(self, fact: Fact, value: float, name: str) -> Fact:
        return dataclasses.replace(fact, organisation=name, value=value, source=self.place.file, status="data")

    def _taken_over(self, fact: Fact, times: float | None, name: str, *, england: bool) -> Fact:
        """Return a fact of our data for a council that has `times` its people; None for a price."""
        value = fact.value if times is None else fact.value * times
        value = round(value) if fact.name in WHOLE else value
        source, status = fact.source, fact.status
        if england:
            source, status = f"England's {'mean' if times is None else 'rate a head'}: {source}", "assumed"
        elif times not in (None, 1.0):
            source = f"{source}, a head x the people of {self.place.population.name}"
            status = "derived" if status == "data" else status
        return dataclasses.replace(fact, organisation=name, value=value, source=source, status=status)

    def _consortium(self, k: int) -> tuple[ConsortiumFacts, tuple[Fact, ...]]:
        code = self.people.consortia[k]
        ours = _england_consortia().get(code)
        given = self.place.consortia.get(code, {})
        name = given.get("name", ours[1] if ours else code)
        adults = int(self.by_pair[:, k].sum())
        a_council = np.divide(self.everyone, self.adults.sum(axis=(1, 2)))
        file = self.place.population.name
        people = given.get("people", round(float(self.by_pair[:, k] @ a_council)))
        facts = [
            Fact(organisation=name, name="adults", value=adults, unit="people", source=file, status="data"),
            Fact(
                organisation=name,
                name="people",
                value=people,
                unit="people",
                source=f"{file} x people of all ages over adults of each council (England for the user's own)",
                status="derived",
            ),
            Fact(
                organisation=name,
                name="share_inside",
                value=self._share_inside(code),
                unit="share",
                source="overlap_ccg_utla.csv" if ours else "all of it, unless stated",
                status="derived" if ours else "assumed",
            ),
            *place_money(name, people),
        ]
        money = given.get("allocation_pounds", 1.0) / facts[3].value if "allocation_pounds" in given else 1.0
        facts[4:] = [dataclasses.replace(fact, value=fact.value * money) for fact in facts[4:]]
        facts = [self._stated(fact, given[fact.name], name) if fact.name in given else fact for fact in facts]
        numbers = {fact.name: fact.value for fact in facts}
        ods = given.get("ods", ours[0] if ours else code)
        return ConsortiumFacts(code=code, ods=ods, name=name, **numbers), tuple(facts)

    def _share_inside(self, consortium: str) -> float:
        """Return the share of a consortium's people in the place's councils; 1 where data know of none of them."""
        table = read_table("overlap_ccg_utla.csv")
        here = (table["ccg15_code"] == consortium) & np.isin(table["utla_code"], self.people.councils)
        return round(float(table["share_of_ccg"][here].sum()), 4) or 1.0

    # Hospitals

    def _use(self, councils: tuple[str, ...]) -> HospitalUse:
        """Return which hospitals each council's people use: as the file states, else as published."""
        stated = self._stated_use(councils)
        published = tuple(code for c, code in enumerate(self.people.councils) if self.ours[c] and not stated[c].any())
        table = list(self.place.hospitals)
        trusts, names, shares, flows = [], [], [], []
        if published:
            use = hospital_use(published)
            order = [self.people.councils.index(code) for code in published]
            for t, trust in enumerate(use.trusts):
                column = np.zeros(len(councils))
                column[order] = use.catchment[:, t]
                trusts.append(trust)
                names.append(use.names[t])
                shares.append(float(use.share_of_trust[t]))
                flows.append(column)
        for h, code in enumerate(table):
            if code not in trusts:
                trusts.append(code)
                names.append(_england_hospitals().get(code, code))
                shares.append(1.0)
                flows.append(np.zeros(len(councils)))
            at = trusts.index(code)
            given = self.place.hospitals[code]
            names[at] = given.get("name", names[at])
            shares[at] = float(given.get("share_of_trust", shares[at]))
            flows[at] = flows[at] + stated[:, h]
        catchment = np.array(flows).reshape(len(trusts), len(councils)).T
        unused = [names[t] for t in np.flatnonzero(catchment.sum(axis=0) <= 0).tolist()]
        if unused:
            raise OwnPlaceError(
                f"{self.place.file}: hospitals: {name!r} must have a catchment, got none" for name in unused
            )
        without = [councils[c] for c in np.flatnonzero(catchment.sum(axis=1) <= 0).tolist()]
        if without:
            raise OwnPlaceError([
                f"{self.place.file}: hospitals: council {name!r} must have a hospital: a table [[hospitals]] "
                f"with its share in catchment, got none" for name in without
            ])  # fmt: skip
        order = sorted(range(len(trusts)), key=lambda t: shares[t] < 0.5)  # main hospitals first
        return HospitalUse(
            trusts=tuple(trusts[t] for t in order),
            names=tuple(names[t] for t in order),
            share_of_trust=np.array([shares[t] for t in order]),
            catchment=np.ascontiguousarray(catchment[:, order]),
        )

    def _stated_use(self, councils: tuple[str, ...]) -> FloatArray:
        """Return shares of use that the file states, shape (n_councils, n_tables); rows sum to 1 or 0."""
        tables = self.place.hospitals
        stated = np.zeros((len(councils), len(tables)))
        numbers = {name: c for names in (self.people.councils, councils) for c, name in enumerate(names)}
        problems = []
        for h, (code, given) in enumerate(tables.items()):
            if "catchment" not in given and len(tables) == 1:
                stated[[c for c, ours in enumerate(self.ours) if not ours], h] = 1.0
            for council, share in given.get("catchment", {}).items():
                if council not in numbers:
                    unknown = f"unknown council {council!r}; nearest: {nearest(council, numbers)}"
                    problems.append(f"{self.place.file}: hospitals: {code}: catchment: {unknown}")
                else:
                    stated[numbers[council], h] += share
        sums = stated.sum(axis=1)
        problems += [
            f"{self.place.file}: hospitals: catchment shares of council {councils[c]!r} must sum to 1, got {sums[c]:g}"
            for c in np.flatnonzero((sums > 0) & (np.abs(sums - 1) > 0.001)).tolist()
        ]
        if problems:
            raise OwnPlaceError(problems)
        return np.divide(stated, sums[:, None], out=stated, where=sums[:, None] > 0)

    def _hospitals(self, use: HospitalUse) -> list[tuple[HospitalFacts, tuple[Fact, ...]]]:
        file = self.place.file
        found = []
        for hospital, facts in hospital_facts(use, self.by_pair.sum(axis=1), self.everyone):
            given = self.place.hospitals.get(hospital.ods, {})
            own = []
            for fact in facts:
                if fact.name in given:
                    own.append(self._stated(fact, given[fact.name], hospital.name))
                elif given and fact.name == "catchment_adults":
                    own.append(dataclasses.replace(fact, source=f"{file} x {self.place.population.name}"))
                elif given and fact.name == "share_of_trust" and hospital.ods not in _england_hospitals():
                    own.append(dataclasses.replace(fact, source="all of it, unless stated", status="assumed"))
                else:
                    own.append(fact)
            found.append((dataclasses.replace(hospital, beds=given.get("beds", hospital.beds)), tuple(own)))
        return found

    # People who come and go, and what is common among them

    def _turning_18(self) -> IntArray:
        """Return people turning 18 in each year, shape (10, n_councils, 2): as published a head, or as stated."""
        turning = np.zeros((YEARS, len(self.people.councils), 2))
        for c, code in enumerate(self.people.councils):
            published = residents(code)[:, YOUNGEST - YEARS : YOUNGEST][:, ::-1].T * self.ratio[c]
            stated = self.place.councils.get(code, {}).get("turning_18")
            turning[:, c] = published if stated is None else stated * published.sum(axis=0) / published.sum()
        return np.floor(turning + 0.5).astype(np.int64)

    def _net_migration(self) -> FloatArray:
        """Return net people moving in a year, shape (n_councils, 2, 73): as published a head, by sex and age."""
        moves = np.zeros((len(self.people.councils), 2, len(AGES)))
        ours = [c for c, known in enumerate(self.ours) if known]
        if ours:
            here = np.isin(self.people.areas["council"], ours)
            areas = self.people.areas[here].copy()
            areas["council"] = np.searchsorted(ours, areas["council"])
            codes = tuple(self.people.councils[c] for c in ours)
            moves[ours] = net_migration(codes, areas, self.people.adults[here]) * self.ratio[ours][:, None, None]
        for c, known in enumerate(self.ours):
            if not known:
                moves[c] = _moves_a_head(self.england) * self.adults[c].T
        return moves

    def _register_ratios(self) -> dict[str, FloatArray]:
        ratios = {condition: np.ones(len(self.people.consortia)) for condition in REGISTERS}
        for k, code in enumerate(self.people.consortia):
            if code in _england_consortia():
                for condition, ratio in register_ratios((code,)).items():
                    ratios[condition][k] = ratio[0]
            for condition, stated in self.place.consortia.get(code, {}).get("register_ratio", {}).items():
                ratios[condition][k] = stated
        return ratios

    # Facts about flows

    def _catchment_facts(self, councils: tuple[str, ...], use: HospitalUse) -> Iterator[Fact]:
        for c, council in enumerate(councils):
            for t in np.flatnonzero(use.catchment[c] > 0).tolist():
                stated = use.trusts[t] in self.place.hospitals
                source = self.place.file if stated else "trust_catchment_ltla_share.csv.gz x ae_trust_2016_17.csv"
                yield Fact(
                    organisation=council,
                    name=f"use of {use.names[t]}",
                    value=float(use.catchment[c, t]),
                    unit="share",
                    source=source,
                    status="data" if stated else "derived",
                )

    def _register_facts(self, consortia: tuple[str, ...], ratios: dict[str, FloatArray]) -> Iterator[Fact]:
        for k, (code, name) in enumerate(zip(self.people.consortia, consortia, strict=True)):
            for condition, ratio in ratios.items():
                if condition in self.place.consortia.get(code, {}).get("register_ratio", {}):
                    source, status = self.place.file, "data"
                elif code in _england_consortia():
                    source, status = "qof_ccg_2013_14_2014_15.csv.gz over evidence group A.prev", "derived"
                else:
                    source, status = "as in England, unless stated", "assumed"
                yield Fact(
                    organisation=name,
                    name=f"register_ratio_{condition}",
                    value=float(ratio[k]),
                    unit="ratio to England",
                    source=source,
                    status=status,
                )

    def _check_names(self, names: list[str]) -> None:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise OwnPlaceError([
                f"{self.place.file}: councils, consortia and hospitals must have different names, got {name!r} twice"
                for name in twice
            ])  # fmt: skip


def _times_as_many(here: Mapping[str, int], known: CouncilFacts) -> dict[str, float]:
    """Return how many times a known council's quantities a council with other people has, by the name of the fact.

    Parameters
    ----------
    here : people from each age, as `RESIDENTS`
    known : the council whose quantities are taken a head
    """
    older = here["people_65plus"] / known.people_65plus
    younger = (here["adults"] - here["people_65plus"]) / (known.adults - known.people_65plus)
    times = dict.fromkeys(OLDER_PEOPLES, older)
    for name, (part, whole) in ALL_ADULTS.items():
        share = min(getattr(known, part) / max(getattr(known, whole), 1.0), 1.0)
        times[name] = younger + share * (older - younger)
    times["care_home_beds"] = here["people_75plus"] / known.people_75plus
    return times


def _moves_a_head(england: Miniature) -> FloatArray:
    """Return England's net moves a year over its adults of that sex and age, shape (2, 73)."""
    adults = np.zeros((2, len(AGES)))
    np.add.at(adults, (england.cells["sex"], england.cells["age"] - YOUNGEST), england.cells["count"])
    return england.net_migration[0] / adults


# The file


def _population_file(path: Path, population: object) -> Path:
    if not isinstance(population, str) or not population:
        raise OwnPlaceError([f"{path.name}: population must be the path of a CSV or Parquet file, got {population!r}"])
    return path.parent / population


def _read(path: Path) -> _Definition:
    """Return a place's file; raise OwnPlaceError with all that is wrong with its keys."""
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = [f"{path.name}: unknown key {key!r}; nearest: {nearest(key, KEYS)}" for key in words if key not in KEYS]
    problems += [
        f"{path.name}: {key} must be text, got {words.get(key)!r}"
        for key in ("name", "title", "notes")
        if not isinstance(words.get(key, ""), str) or (key == "name" and not words.get(key))
    ]
    tables = {}
    for table, keys, england in (
        ("councils", COUNCIL_KEYS, _england_councils()),
        ("consortia", CONSORTIUM_KEYS, _england_consortia()),
        ("hospitals", HOSPITAL_KEYS, {}),
    ):
        tables[table] = _tables(path.name, table, words.get(table, []), keys, england, problems)
    if problems:
        raise OwnPlaceError(problems)
    return _Definition(
        file=path.name,
        name=words["name"],
        title=words.get("title", words["name"]),
        notes=words.get("notes", "").strip(),
        population=_population_file(path, words["population"]),
        **tables,
    )


def _tables(
    file: str, table: str, given: object, keys: tuple[str, ...], england: Mapping[str, Any], problems: list[str]
) -> dict[str, dict[str, Any]]:
    """Return the tables of one kind by code, and add what is wrong with them to the problems."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        problems.append(f"{file}: {table} must be tables [[{table}]], got {given!r}")
        return {}
    codes = _known(england, {})
    found: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(given, start=1):
        code = one.get("code", one.get("name"))
        where = f"{file}: {table}: {code if isinstance(code, str) else f'table {number}'}"
        if not isinstance(code, str) or not code:
            problems.append(f"{where}: must have a code or a name, got {code!r}")
            continue
        code = codes.get(code, code)
        if code in found:
            problems.append(f"{where}: must be there once, is there twice")
        for key, value in one.items():
            wrong = f"unknown key; nearest: {nearest(key, keys)}" if key not in keys else _wrong(key, value)
            if wrong:
                problems.append(f"{where}: {key}: {wrong}")
        found[code] = one
    return found


def _wrong(key: str, value: object) -> str:
    """Return what is wrong with the value of an organisation's key; empty if nothing."""
    if key in TEXTS:
        return "" if isinstance(value, str) and value else f"must be text, got {value!r}"
    if key in ("catchment", "register_ratio"):
        if not isinstance(value, dict) or not value:
            return f"must be a table of numbers, got {value!r}"
        if key == "catchment":
            wrong = [
                f"{name} must be a share from 0 to 1, got {each!r}"
                for name, each in value.items()
                if not _between(each, 0, 1)
            ]
        else:
            wrong = [
                f"unknown condition {name!r}; nearest: {nearest(name, REGISTERS)}"
                if name not in REGISTERS
                else f"{name} must be a ratio to England from 0 to 10, got {each!r}"
                for name, each in value.items()
                if name not in REGISTERS or not _between(each, 0, 10)
            ]
        return "; ".join(wrong)
    most = 1.0 if key in SHARES else math.inf
    if not _between(value, 0, most) or (key in ABOVE_0 and value == 0):
        least = "above 0" if key in ABOVE_0 else "0 or more"
        return f"must be a number {least}{' and at most 1' if key in SHARES else ''}, got {value!r}"
    if key in WHOLE and value != int(value):
        return f"must be a whole number, got {value!r}"
    return ""


def _between(value: object, least: float, most: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return number and least <= value <= most


# England's organisations by code


def _known(england: Mapping[str, tuple[str, ...]], tables: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the code of each code and name, the user's own before England's."""
    known = {name: code for code, names in england.items() for name in (*names, code)}
    known |= {table["name"]: code for code, table in tables.items() if "name" in table}
    return known | {code: code for code in tables}


@lru_cache(maxsize=1)
def _england_councils() -> dict[str, tuple[str, ...]]:
    table = read_table("councils.csv")
    return {code: (name,) for code, name in zip(table["utla_code"].tolist(), table["utla_name"].tolist(), strict=True)}


@lru_cache(maxsize=1)
def _england_consortia() -> dict[str, tuple[str, ...]]:
    """Return NHS code and name of each of England's consortia."""
    table = read_table("overlap_ccg_utla.csv")
    columns = (table[column].tolist() for column in ("ccg15_code", "ccg15_ods", "ccg15_name"))
    return {code: (ods, name) for code, ods, name in zip(*columns, strict=True)}


@lru_cache(maxsize=1)
def _england_hospitals() -> dict[str, str]:
    table = read_table("trust_catchment_ltla_share.csv.gz")
    return dict(zip(table["nhs_trust22_code"].tolist(), table["trust_name"].tolist(), strict=True))
