"""A place with people of the user's own, and perhaps councils, consortia and hospitals of the user's own.

What England's organisations are known for comes from our data, a head of the people that the file gives them; an
organisation that is not England's has England's averages a head, marked ``assumed``. Whatever the place's file states
of either goes before. ``docs/how-to/use-your-own-population.md`` shows it.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.naming import nearest
from model.own_definition import (
    ALL_ADULTS,
    OLDER_PEOPLES,
    WHOLE,
    Definition,
    codes_by_name,
    england_consortia,
    england_councils,
    england_hospitals,
    read_definition,
)
from model.own_file import OwnPlaceError
from model.own_population import Codes, OwnPeople, own_people, residents
from model.place_data import read_table
from model.place_england import Miniature, miniature
from model.place_facts import ConsortiumFacts, CouncilFacts, Fact, HospitalFacts
from model.place_fitting import FloatArray, IntArray
from model.place_hospitals import HospitalUse, hospital_use
from model.place_organisations import council_facts, hospital_facts, place_money
from model.place_people import AGES, YOUNGEST, cells_of, net_migration
from model.place_registers import REGISTERS, register_ratios

RESIDENTS = {"adults": YOUNGEST, "people_65plus": 65, "people_75plus": 75}
"""What a council's file counts: people from which age."""

RESERVED = ("place", "treasury", "households", "elsewhere", "community provider")
"""Names that measures and the ledger give to others."""

YEARS = 10
"""How many years of people turning 18 a place has."""


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
    place = read_definition(path)
    councils, consortia = (
        Codes(known=codes_by_name(england, tables), first=tuple(tables), table=table)
        for england, tables, table in (
            (england_councils(), place.councils, "councils"),
            (england_consortia(), place.consortia, "consortia"),
        )
    )
    people = own_people(place.population, councils, consortia)
    return _Building(place, people).parts()


class _Building:
    """A place while its organisations are worked out."""

    def __init__(self, place: Definition, people: OwnPeople) -> None:
        self.place, self.people = place, people
        self.england = miniature()
        self.ours = tuple(code in england_councils() for code in people.councils)
        by_area = people.adults.sum(axis=(1, 2))
        self.by_pair = np.zeros((len(people.councils), len(people.consortia)), dtype=np.int64)
        np.add.at(self.by_pair, (people.areas["council"], people.areas["consortium"]), by_area)
        self.adults = np.zeros((len(people.councils), len(AGES), 2), dtype=np.int64)
        np.add.at(self.adults, people.areas["council"], people.adults)
        # Adults of the file over those published, for a council of the user's own over England's; shape (n_councils,).
        published = np.array([residents(code)[:, YOUNGEST:].sum() for code in people.councils])
        self.ratio = self.by_pair.sum(axis=1) / published
        everyone = np.array([residents(code).sum() for code in people.councils])
        self.everyone = everyone * self.ratio

    def parts(self) -> dict[str, Any]:
        """Return all parts of the place."""
        councils = [self._council(c) for c in range(len(self.people.councils))]
        consortia = [self._consortium(k) for k in range(len(self.people.consortia))]
        names = tuple(council.name for council, _ in councils)
        stated = self._stated_use(names)
        use = self._use(names, stated)
        hospitals = self._hospitals(use)
        organisations = (*councils, *consortia, *hospitals)
        self._check_names([one.name for one, _ in organisations])
        ratios = self._register_ratios()
        facts = [fact for _, own in organisations for fact in own]
        facts += self._catchment_facts(names, use, stated.any(axis=1))
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
        ours = england_consortia().get(code)
        given = self.place.consortia.get(code, {})
        name = given.get("name", ours[1] if ours else code)
        adults = int(self.by_pair[:, k].sum())
        of_all_ages = self.everyone / self.by_pair.sum(axis=1)
        file = self.place.population.name
        people = given.get("people", round(float(self.by_pair[:, k] @ of_all_ages)))
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
        if "allocation_pounds" in given:  # its parts are shares of it
            allocation = facts[3].value
            facts[4:] = [
                dataclasses.replace(fact, value=fact.value / allocation * given["allocation_pounds"])
                for fact in facts[4:]
            ]
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

    def _use(self, councils: tuple[str, ...], stated: FloatArray) -> HospitalUse:
        """Return which hospitals each council's people use: as the file states, else as published."""
        ours = [c for c, known in enumerate(self.ours) if known and not stated[c].any()]
        flows: dict[str, FloatArray] = {}
        names, shares = dict(england_hospitals()), {}
        if ours:
            use = hospital_use(tuple(self.people.councils[c] for c in ours))
            for trust, share, flow in zip(use.trusts, use.share_of_trust, use.catchment.T, strict=True):
                flows[trust], shares[trust] = np.zeros(len(councils)), float(share)
                flows[trust][ours] = flow
        for (code, given), flow in zip(self.place.hospitals.items(), stated.T, strict=True):
            flows[code] = flows.get(code, 0.0) + flow
            names[code] = given.get("name", names.get(code, code))
            shares[code] = float(given.get("share_of_trust", shares.get(code, 1.0)))
        self._check_use(councils, flows)
        order = sorted(flows, key=lambda code: shares[code] < 0.5)  # main hospitals first
        return HospitalUse(
            trusts=tuple(order),
            names=tuple(names[code] for code in order),
            share_of_trust=np.array([shares[code] for code in order]),
            catchment=np.column_stack([flows[code] for code in order]),
        )

    def _check_use(self, councils: tuple[str, ...], flows: Mapping[str, FloatArray]) -> None:
        """Raise OwnPlaceError if a hospital has no patients, or a council no hospital."""
        where = f"{self.place.file}: hospitals"
        problems = [
            f"{where}: {code}: must have a catchment, got none" for code, flow in flows.items() if not flow.any()
        ]
        served = sum(flows.values(), np.zeros(len(councils)))
        problems += [
            f"{where}: council {councils[c]!r} must have a hospital: a table [[hospitals]] with its share in catchment"
            for c in np.flatnonzero(served <= 0).tolist()
        ]
        if problems:
            raise OwnPlaceError(problems)

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
                elif "catchment" in given and fact.name == "catchment_adults":
                    own.append(dataclasses.replace(fact, source=f"{file} x {self.place.population.name}"))
                elif fact.name == "share_of_trust" and hospital.ods not in england_hospitals():
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
        ours = [k for k, code in enumerate(self.people.consortia) if code in england_consortia()]
        if ours:
            for condition, ratio in register_ratios(tuple(self.people.consortia[k] for k in ours)).items():
                ratios[condition][ours] = ratio
        for k, code in enumerate(self.people.consortia):
            for condition, stated in self.place.consortia.get(code, {}).get("register_ratio", {}).items():
                ratios[condition][k] = stated
        return ratios

    # Facts about flows

    def _catchment_facts(
        self, councils: tuple[str, ...], use: HospitalUse, stated: NDArray[np.bool_]
    ) -> Iterator[Fact]:
        for c, council in enumerate(councils):
            source = self.place.file if stated[c] else "trust_catchment_ltla_share.csv.gz x ae_trust_2016_17.csv"
            for t in np.flatnonzero(use.catchment[c] > 0).tolist():
                yield Fact(
                    organisation=council,
                    name=f"use of {use.names[t]}",
                    value=float(use.catchment[c, t]),
                    unit="share",
                    source=source,
                    status="data" if stated[c] else "derived",
                )

    def _register_facts(self, consortia: tuple[str, ...], ratios: dict[str, FloatArray]) -> Iterator[Fact]:
        for k, (code, name) in enumerate(zip(self.people.consortia, consortia, strict=True)):
            for condition, ratio in ratios.items():
                if condition in self.place.consortia.get(code, {}).get("register_ratio", {}):
                    source, status = self.place.file, "data"
                elif code in england_consortia():
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
        names = [*names, *RESERVED]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise OwnPlaceError([
                f"{self.place.file}: councils, consortia and hospitals must have names that no other party has, got {name!r}"
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
