"""England in miniature: a place of one council, one consortium and one hospital with England's averages, at 1/100.

The people are the published counts of England by sex, single year of age and deprivation fifth, in five small areas,
one a fifth, so that what is counted in this place can be set beside what is published of England, times 100.
Organisations are sums over England's councils, and national rates.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.evidence import evidence
from model.place_data import read_table
from model.place_facts import ConsortiumFacts, CouncilFacts, Fact, HospitalFacts
from model.place_fitting import FloatArray, IntArray, round_table
from model.place_organisations import (
    CARE_HOME_BEDS,
    HOME_CARE,
    HOSPITAL_BEDS,
    POPULATION,
    SPEND,
    UNIT_COST,
    care_volumes,
    money_pounds,
    place_money,
)
from model.place_people import (
    AGES,
    OLDEST,
    SMALL_AREA,
    YOUNGEST,
    cells_of,
    death_rates,
    mean_moves,
    population,
    smooth_moves,
)
from model.place_registers import REGISTERS

PEOPLE_EACH = 100
"""People of England that one person of the miniature stands for."""

CODE = "E92000001"
MORTALITY = "mortality2014_england_age_sex_imdq.csv"
COUNCIL, CONSORTIUM, HOSPITAL = "Miniature council", "Miniature consortium", "Miniature hospital"


class Miniature(NamedTuple):
    """The parts of a place, as ``model.place.Place`` holds them."""

    councils: tuple[CouncilFacts, ...]
    consortia: tuple[ConsortiumFacts, ...]
    hospitals: tuple[HospitalFacts, ...]
    small_areas: NDArray[np.void]
    cells: NDArray[np.void]
    turning_18: IntArray
    net_migration: FloatArray
    catchment: FloatArray
    register_ratio: dict[str, FloatArray]
    facts: tuple[Fact, ...]


def miniature() -> Miniature:
    """Return England in miniature; the same at every call."""
    areas = _fifths()
    adults = miniature_adults()
    cells = cells_of(adults)
    council, council_sources = _council(adults)
    consortium, consortium_sources = _consortium(council.adults)
    hospital, hospital_sources = _hospital(council.adults)
    england = england_population()[None]
    return Miniature(
        councils=(council,),
        consortia=(consortium,),
        hospitals=(hospital,),
        small_areas=areas,
        cells=cells,
        turning_18=np.stack([_in_miniature(england[:, :, YOUNGEST - 1 - year]) for year in range(10)]),
        net_migration=smooth_moves(mean_moves(_england_years(), death_rates(1, areas, adults)[0])[None]) / PEOPLE_EACH,
        catchment=np.ones((1, 1)),
        register_ratio={condition: np.ones(1) for condition in REGISTERS},
        facts=(*council_sources, *consortium_sources, *hospital_sources),
    )


def miniature_adults() -> IntArray:
    """Return England's adults of 2014 at 1/100 by fifth (most deprived first), age 18 to 90 and sex, shape (5, 73, 2).

    Of each sex and age, the sum over fifths is the published sum at 1/100, rounded once.
    """
    people = _england_by_fifth().reshape(5, -1).astype(np.float64)
    totals = people.sum(axis=0)
    # Rounded so that the running total over sexes and ages is England's, too.
    whole = np.diff(np.floor(np.cumsum(totals) / PEOPLE_EACH + 0.5), prepend=0.0)
    return round_table(people / totals * whole).reshape(5, len(AGES), 2)


def england_population() -> IntArray:
    """Return England's residents in mid-2014 by sex (male, female) and age 0 to 90, shape (2, 91)."""
    return population(tuple(read_table("councils.csv")["utla_code"].tolist())).sum(axis=0)


def _england_by_fifth() -> IntArray:
    """Return England's adults of 2014 by fifth, age 18 to 90 and sex, shape (5, 73, 2)."""
    table = read_table(MORTALITY)
    people = np.zeros((5, OLDEST + 1, 2), dtype=np.int64)
    people[table["imd_quintile"] - 1, table["age"], (table["sex"] == "female").astype(int)] = table["population"]
    return people[:, YOUNGEST:]


def _england_years() -> list[IntArray]:
    """Return England's residents by sex and age 0 to 90 in mid-2014 to mid-2019, each shape (2, 91)."""
    years = [england_population()]
    table = read_table("pop2015_2019_utla_age_sex.csv.gz")
    for year in range(2015, 2020):
        people = np.zeros((2, OLDEST + 1), dtype=np.int64)
        now = table["year"] == year
        for sex, column in enumerate(("males", "females")):
            np.add.at(people[sex], table["age"][now], table[column][now])
        years.append(people)
    return years


def _fifths() -> NDArray[np.void]:
    """Return five small areas, one a fifth, with the mean score of England's small areas in it."""
    table = read_table("lsoa_base.csv.gz")
    fifth = (table["imd2015_decile"] + 1) // 2
    areas = np.zeros(5, dtype=SMALL_AREA)
    areas["code"] = [f"fifth {k}" for k in range(1, 6)]
    areas["quintile"] = range(1, 6)
    areas["imd"] = [table["imd2015_score"][fifth == k].mean() for k in range(1, 6)]
    return areas


def _council(adults: IntArray) -> tuple[CouncilFacts, tuple[Fact, ...]]:
    ages = england_population().sum(axis=0)
    over_75 = round(int(ages[75:].sum()) / PEOPLE_EACH)
    fact = partial(Fact, organisation=COUNCIL, status="derived")
    people = partial(fact, unit="people", source=f"{MORTALITY}, England / {PEOPLE_EACH}")
    clients = read_table(HOME_CARE)
    client = partial(fact, unit="people", source=f"{HOME_CARE}, sum over councils / {PEOPLE_EACH}")
    facts = [
        people(name="adults", value=int(adults.sum())),
        people(name="people_65plus", value=int(adults[:, 65 - YOUNGEST :].sum())),
        people(name="people_75plus", value=int(adults[:, 75 - YOUNGEST :].sum())),
        Fact(
            organisation=COUNCIL,
            name="care_home_beds",
            value=round(evidence(CARE_HOME_BEDS).number() / 100 * over_75),
            unit="beds",
            source=f"national places of any kind per 100 people aged 75+, evidence {CARE_HOME_BEDS}, x people_75plus",
            status="assumed",
        ),
        client(
            name="home_care_clients_65plus",
            value=float(np.nansum(clients["clients_65plus_home_care_31_march"])) / PEOPLE_EACH,
        ),
        client(name="home_care_clients", value=float(np.nansum(clients["clients_home_care_31_march"])) / PEOPLE_EACH),
    ]
    for service, field, each in (
        ("Home care", "home_care_hours_per_year", "home_care_pounds_per_hour"),
        ("Independent", None, "home_care_pounds_per_hour_independent"),
        ("Residential", "residential_weeks_65plus", "residential_pounds_per_week"),
        ("Nursing", "nursing_weeks_65plus", "nursing_pounds_per_week"),
        ("To maximise independence", "reablement_weeks", "reablement_pounds_per_week"),
    ):
        volumes = care_volumes(service)
        hourly = service in ("Home care", "Independent")
        source = HOME_CARE if hourly else f"{UNIT_COST}, summed over support reasons"
        total, pounds = float(volumes.quantity.sum()), float(volumes.quantity @ volumes.pounds_each)
        if field:
            unit = "hours a year" if hourly else "weeks a year"
            facts.append(
                fact(
                    name=field,
                    value=total / PEOPLE_EACH,
                    unit=unit,
                    source=f"{source}, sum over councils / {PEOPLE_EACH}",
                )
            )
        unit = "pounds an hour" if hourly else "pounds a week"
        facts.append(
            fact(
                name=each, value=pounds / total, unit=unit, source=f"{source}, mean over councils weighted by quantity"
            )
        )
    sums: dict[str, float] = {}
    for code in read_table("councils.csv")["utla_code"].tolist():
        for name, pounds in money_pounds(code).items():
            sums[name] = sums.get(name, 0.0) + pounds
    source = f"{SPEND}, sum over councils / {PEOPLE_EACH}"
    facts += [
        fact(name=name, value=pounds / PEOPLE_EACH, unit="pounds a year", source=source)
        for name, pounds in sums.items()
    ]
    numbers = {each.name: each.value for each in facts}
    return CouncilFacts(code=CODE, name=COUNCIL, region="England", **numbers), tuple(facts)  # type: ignore[arg-type]


def _consortium(adults: int) -> tuple[ConsortiumFacts, tuple[Fact, ...]]:
    people = round(int(england_population().sum()) / PEOPLE_EACH)
    fact = partial(Fact, organisation=CONSORTIUM, status="derived")
    facts = (
        fact(name="adults", value=adults, unit="people", source=f"{MORTALITY}, England / {PEOPLE_EACH}"),
        fact(name="people", value=people, unit="people", source=f"{POPULATION}, England / {PEOPLE_EACH}"),
        fact(name="share_inside", value=1.0, unit="share", source="all of England"),
        *place_money(CONSORTIUM, people),
    )
    numbers = {each.name: each.value for each in facts}
    return ConsortiumFacts(code=CODE, ods="England", name=CONSORTIUM, **numbers), facts  # type: ignore[arg-type]


def _hospital(adults: int) -> tuple[HospitalFacts, tuple[Fact, ...]]:
    beds = round(evidence(HOSPITAL_BEDS).number() * 1000 / PEOPLE_EACH)
    fact = partial(Fact, organisation=HOSPITAL, status="derived")
    people, beds_source = (
        f"{MORTALITY}, England / {PEOPLE_EACH}",
        f"national beds, evidence {HOSPITAL_BEDS}, / {PEOPLE_EACH}",
    )
    facts = (
        fact(name="catchment_adults", value=float(adults), unit="people", source=people),
        fact(name="beds", value=beds, unit="beds", source=beds_source),
        fact(name="share_of_trust", value=1.0, unit="share", source="all of England"),
    )
    numbers = {each.name: each.value for each in facts}
    return HospitalFacts(ods="England", name=HOSPITAL, kind="main", **numbers), facts  # type: ignore[arg-type]


def _in_miniature(people: IntArray) -> IntArray:
    """Return whole people at 1/100, shape of `people`."""
    return np.floor(people / PEOPLE_EACH + 0.5).astype(np.int64)
