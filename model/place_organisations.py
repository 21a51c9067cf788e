"""Councils, consortia and hospitals of a place: what data say of them, and where a national rate stands in."""

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from model.evidence import evidence
from model.place_data import positions, read_table, select
from model.place_facts import ConsortiumFacts, CouncilFacts, Fact, HospitalFacts
from model.place_fitting import FloatArray, IntArray
from model.place_hospitals import MAIN_SHARE, HospitalUse
from model.place_people import population

HOME_CARE = "asc_home_care_2013_14_council.csv"
UNIT_COST = "asc_unit_cost_2014_15_council.csv.gz"
SPEND = "asc_spend_2014_15_council.csv.gz"
ALLOCATIONS = "ccg_allocation_2013_14_sample14.csv"
POPULATION = "pop2014_utla_age_sex.csv.gz"
FITTED = f"fitted from {POPULATION}, lsoa_base.csv.gz, pop2017_ccg_utla_age_imdq.csv.gz"

CARE_HOME_BEDS, ALLOCATION, ACUTE_SHARE, HOSPITAL_BEDS = "P-C.prov-002", "P-C.nhs-029", "P-C.nhs-030", "P-B.beds-001"

# Middles of the ranges in the note of row P-C.nhs-030: community 10 to 11, continuing healthcare 5 to 6 per cent.
COMMUNITY_SHARE, CHC_SHARE = 0.105, 0.055

PLAUSIBLE_FACTOR = {
    "Residential": 2.0,
    "Nursing": 2.0,
    "To maximise independence": 4.0,
    "Home care": 2.0,
    "Independent": 2.0,
}
"""A council's unit cost further than this factor from England's is replaced (assumption)."""

NEVER_NONE = ("Home care", "To maximise independence")
"""Services that a council is taken to have though it reports none (assumption): the region's rate stands in."""

NEVER_FREE = ("assessment_pounds", "commissioning_pounds")
"""Spending that no council does without; none or less (income booked against it) is replaced likewise (assumption)."""

HOURLY = ("Home care", "Independent")
"""Services counted in hours: all home care, and that of independent providers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CareVolumes:
    """One kind of social care in all councils of England, as used: gaps and implausible cells filled.

    Attributes
    ----------
    councils : ONS codes, shape (n_councils,)
    quantity : weeks or hours a year, shape (n_councils,)
    pounds_each : gross pounds a week or hour, shape (n_councils,)
    replaced : why a unit cost was replaced, shape (n_councils,); empty where it was not
    """

    councils: tuple[str, ...]
    quantity: FloatArray
    pounds_each: FloatArray
    replaced: tuple[str, ...]


def council_facts(code: str) -> tuple[CouncilFacts, tuple[Fact, ...]]:
    """Return what is known of a council, and the same as facts with sources."""
    councils = read_table("councils.csv")
    row = int(np.flatnonzero(councils["utla_code"] == code)[0])
    name = str(councils["utla_name"][row])
    facts = (*_resident_facts(code, name), *_care_facts(code, name), *_money_facts(code, name))
    numbers = {fact.name: fact.value for fact in facts}
    region = str(councils["region_name"][row])
    return CouncilFacts(code=code, name=name, region=region, **numbers), facts  # type: ignore[arg-type]


def consortium_facts(
    code: str, adults: int, people: float, share_inside: float
) -> tuple[ConsortiumFacts, tuple[Fact, ...]]:
    """Return what is known of a consortium, and the same as facts with sources.

    Parameters
    ----------
    code : ONS code
    adults, people : residents inside the place in mid-2014, aged 18 and over; of all ages
    share_inside : share of the consortium's people who live inside the place, 0 to 1
    """
    overlaps = read_table("overlap_ccg_utla.csv")
    row = int(np.flatnonzero(overlaps["ccg15_code"] == code)[0])
    name = str(overlaps["ccg15_name"][row])
    fact = partial(Fact, organisation=name)
    facts = (
        fact(name="adults", value=adults, unit="people", source=FITTED, status="derived"),
        fact(name="people", value=round(people), unit="people", source=FITTED, status="derived"),
        fact(name="share_inside", value=share_inside, unit="share", source="overlap_ccg_utla.csv", status="derived"),
        *place_money(name, round(people), code),
    )
    numbers = {fact.name: fact.value for fact in facts}
    return ConsortiumFacts(code=code, ods=str(overlaps["ccg15_ods"][row]), name=name, **numbers), facts  # type: ignore[arg-type]


def place_money(name: str, people: int, code: str = "") -> tuple[Fact, ...]:
    """Return a consortium's allocation and its main parts: its own a head where that is known, else at national rates.

    Parameters
    ----------
    name : of the consortium
    people : its residents of all ages
    code : ONS code, if it has one
    """
    fact = partial(Fact, organisation=name, unit="pounds a year", status="assumed")
    known = select(read_table(ALLOCATIONS), read_table(ALLOCATIONS)["ccg15_code"] == code)
    rate, source, status = evidence(ALLOCATION).number(), f"national rate a head, evidence {ALLOCATION}, x people", "assumed"
    if len(known["ccg15_code"]):
        rate = 1000.0 * float(known["allocation_2013_14_gbp_thousand"][0]) / float(known["raw_population"][0])
        source, status = f"{ALLOCATIONS}: its own of 2013/14 a head, x people", "derived"
    allocation = rate * people
    acute_share = evidence(ACUTE_SHARE).number() / 100
    shares = f"of the allocation; evidence {ACUTE_SHARE}"
    return (
        Fact(organisation=name, name="allocation_pounds", value=allocation, unit="pounds a year", source=source, status=status),  # type: ignore[arg-type]
        fact(name="acute_pounds", value=acute_share * allocation, source=f"share {acute_share:g} {shares}"),
        fact(
            name="community_pounds",
            value=COMMUNITY_SHARE * allocation,
            source=f"share {COMMUNITY_SHARE:g} {shares}, note",
        ),
        fact(name="chc_pounds", value=CHC_SHARE * allocation, source=f"share {CHC_SHARE:g} {shares}, note"),
    )


def hospital_facts(
    use: HospitalUse, adults: IntArray, people: FloatArray
) -> list[tuple[HospitalFacts, tuple[Fact, ...]]]:
    """Return what is known of each hospital, and the same as facts with sources.

    Parameters
    ----------
    use : of the place's councils
    adults, people : residents of each council, aged 18 and over and of all ages, shape (n_councils,)
    """
    beds_a_head = evidence(HOSPITAL_BEDS).number() * 1000 / _england().sum()
    catchment_source = "trust_catchment_ltla_share.csv.gz x ae_trust_2016_17.csv"
    found = []
    for trust, ods in enumerate(use.trusts):
        fact = partial(Fact, organisation=use.names[trust])
        share_of_trust = float(use.share_of_trust[trust])
        facts = (
            fact(
                name="catchment_adults",
                value=float(adults @ use.catchment[:, trust]),
                unit="people",
                source=f"{catchment_source}, {POPULATION}",
                status="derived",
            ),
            fact(
                name="beds",
                value=round(beds_a_head * float(people @ use.catchment[:, trust])),
                unit="beds",
                source=f"national beds a head, evidence {HOSPITAL_BEDS} over {POPULATION}, x catchment of all ages",
                status="assumed",
            ),
            fact(
                name="share_of_trust",
                value=share_of_trust,
                unit="share",
                source="trust_catchment_ltla_share.csv.gz",
                status="derived",
            ),
        )
        kind = "main" if share_of_trust >= MAIN_SHARE else "elsewhere"
        numbers = {fact.name: fact.value for fact in facts}
        found.append((HospitalFacts(ods=ods, name=use.names[trust], kind=kind, **numbers), facts))  # type: ignore[arg-type]
    return found


@lru_cache
def care_volumes(service: str) -> CareVolumes:
    """Return one kind of care in all councils: a service of `UNIT_COST` (65 and over), "Home care" or "Independent".

    A unit cost that is missing, or further from England's than `PLAUSIBLE_FACTOR`, is replaced by the
    mean of the plausible councils of the region; the quantity is then spending over that unit cost.
    """
    councils = tuple(read_table("councils.csv")["utla_code"].tolist())
    regions = read_table("councils.csv")["region_code"]
    reported = _home_care if service in HOURLY else _weeks
    quantity, pounds = reported(councils, service)
    england = pounds.sum() / quantity.sum()
    each = np.divide(pounds, quantity, out=np.full(len(councils), np.nan), where=quantity > 0)
    factor = PLAUSIBLE_FACTOR[service]
    plausible = (each >= england / factor) & (each <= england * factor)
    used, amounts, reasons = each.copy(), quantity.copy(), [""] * len(councils)
    for i in np.flatnonzero(~plausible):
        peers = plausible & (regions == regions[i])
        used[i] = pounds[peers].sum() / quantity[peers].sum() if peers.any() else england
        amounts[i] = pounds[i] / used[i]
        was = "none reported" if np.isnan(each[i]) else f"{each[i]:.0f} pounds reported, implausible"
        reasons[i] = f"{was}: mean of the {'region' if peers.any() else 'country'}, quantity = spending over it"
    return CareVolumes(councils=councils, quantity=amounts, pounds_each=used, replaced=tuple(reasons))


def _resident_facts(code: str, name: str) -> tuple[Fact, ...]:
    ages = population((code,))[0].sum(axis=0)
    fact = partial(Fact, organisation=name, unit="people", source=POPULATION, status="data")
    over_75 = int(ages[75:].sum())
    return (
        fact(name="adults", value=int(ages[18:].sum())),
        fact(name="people_65plus", value=int(ages[65:].sum())),
        fact(name="people_75plus", value=over_75),
        Fact(
            organisation=name,
            name="care_home_beds",
            value=round(evidence(CARE_HOME_BEDS).number() / 100 * over_75),
            unit="beds",
            source=f"national places of any kind per 100 people aged 75+, evidence {CARE_HOME_BEDS}, x people_75plus",
            status="assumed",
        ),
    )


def _care_facts(code: str, name: str) -> tuple[Fact, ...]:
    clients = read_table(HOME_CARE)
    clients = select(clients, clients["utla_code"] == code)
    fact = partial(Fact, organisation=name, unit="people", source=HOME_CARE, status="data")
    return (
        fact(name="home_care_clients_65plus", value=float(clients["clients_65plus_home_care_31_march"][0])),
        fact(name="home_care_clients", value=float(clients["clients_home_care_31_march"][0])),
        _quantity_fact(code, name, "Home care", "home_care_hours_per_year"),
        _price_fact(code, name, "Home care", "home_care_pounds_per_hour"),
        _price_fact(code, name, "Independent", "home_care_pounds_per_hour_independent"),
        _quantity_fact(code, name, "Residential", "residential_weeks_65plus"),
        _price_fact(code, name, "Residential", "residential_pounds_per_week"),
        _quantity_fact(code, name, "Nursing", "nursing_weeks_65plus"),
        _price_fact(code, name, "Nursing", "nursing_pounds_per_week"),
        _quantity_fact(code, name, "To maximise independence", "reablement_weeks"),
        _price_fact(code, name, "To maximise independence", "reablement_pounds_per_week"),
    )


def _quantity_fact(code: str, name: str, service: str, field: str) -> Fact:
    volumes = care_volumes(service)
    i = volumes.councils.index(code)
    fact = partial(
        Fact,
        organisation=name,
        name=field,
        unit="hours a year" if service == "Home care" else "weeks a year",
    )
    if service in NEVER_NONE and volumes.quantity[i] == 0:
        quantity, each = _quantity_of_region(volumes, i, service)
        source = f"{_care_source(service, '')} (none reported: the region's {each})"
        return fact(value=quantity, source=source, status="assumed")
    return fact(
        value=float(volumes.quantity[i]),
        source=_care_source(service, volumes.replaced[i]),
        status="derived" if volumes.replaced[i] else "data",
    )


def _quantity_of_region(volumes: CareVolumes, i: int, service: str) -> tuple[float, str]:
    """Return what council `i` would have at its region's rate, and in words what the rate is of.

    Home care is counted per client, which even a council that reports no hours has; other care per resident aged 65 and over.
    """
    if service == "Home care":
        table, each = read_table(HOME_CARE), "hours a client of all ages"
        people = np.zeros(len(volumes.councils))
        people[positions(volumes.councils, table["utla_code"])] = np.nan_to_num(table["clients_home_care_31_march"])
    else:
        people, each = (
            population(volumes.councils)[:, :, 65:].sum(axis=(1, 2)).astype(float),
            "weeks a resident aged 65 and over",
        )
    regions = read_table("councils.csv")["region_code"]
    peers = (regions == regions[i]) & (volumes.quantity > 0)
    return float(volumes.quantity[peers].sum() / people[peers].sum() * people[i]), each


def _price_fact(code: str, name: str, service: str, field: str) -> Fact:
    volumes = care_volumes(service)
    i = volumes.councils.index(code)
    hourly = service in HOURLY
    return Fact(
        organisation=name,
        name=field,
        value=float(volumes.pounds_each[i]),
        unit="pounds an hour" if hourly else "pounds a week",
        source=_care_source(service, volumes.replaced[i]),
        # Weekly costs are not published over all support reasons, hourly ones are.
        status="data" if hourly and not volumes.replaced[i] else "derived",
    )


def _care_source(service: str, replaced: str) -> str:
    source = HOME_CARE if service in HOURLY else f"{UNIT_COST}, summed over support reasons"
    return f"{source} ({replaced})" if replaced else source


def money_pounds(code: str) -> dict[str, float]:
    """Return a council's spending and income in pounds a year, by the name of the fact."""
    older_long = _spend_row(code, "Long term", "Age 65 and over", "Total")
    older_short = _spend_row(code, "Short term", "Age 65 and over", "Total")
    everything = _spend_row(code, "Non Salt Totals", "All", "Adult Social Care")
    activities = _spend_row(code, "Non Salt Totals", "All", "Social care activities")
    commissioning = _spend_row(code, "Non Salt Totals", "All", "Commissioning and service delivery")
    return {
        "gross_current_65plus_pounds": older_long["gross_current"] + older_short["gross_current"],
        "gross_current_total_pounds": everything["gross_current"],
        "net_current_total_pounds": everything["net_current"],
        "client_income_65plus_pounds": older_long["income_client"] + older_short["income_client"],
        "nhs_income_pounds": everything["income_nhs"],
        "assessment_pounds": activities["gross_current"],
        "commissioning_pounds": commissioning["net_current"],
    }


def _money_facts(code: str, name: str) -> tuple[Fact, ...]:
    fact = partial(Fact, organisation=name, unit="pounds a year")
    own, facts = money_pounds(code), []
    for of, pounds in own.items():
        if of in NEVER_FREE and pounds <= 0:
            share = _share_of_region(code, of)
            source = f"{SPEND} ({pounds:,.0f} pounds reported: the region's {share:.1%} of gross_current_total_pounds)"
            facts.append(fact(name=of, value=share * own["gross_current_total_pounds"], source=source, status="assumed"))
        else:
            facts.append(fact(name=of, value=pounds, source=SPEND, status="data"))
    return tuple(facts)


def _share_of_region(code: str, of: str) -> float:
    """Return what part of all spending one kind is in those councils of the region that report some."""
    table = read_table("councils.csv")
    region = table["region_code"][table["utla_code"] == code][0]
    peers = [money_pounds(peer) for peer in table["utla_code"][table["region_code"] == region].tolist()]
    peers = [pounds for pounds in peers if pounds[of] > 0]
    return sum(pounds[of] for pounds in peers) / sum(pounds["gross_current_total_pounds"] for pounds in peers)


def _spend_row(code: str, support: str, age: str, block: str) -> dict[str, float]:
    """Return one total of the spending file in pounds; an empty cell is nothing spent."""
    table = read_table(SPEND)
    wanted = {
        "utla_code": code,
        "support_type": support,
        "age_category": age,
        "block": block,
        "delivery_mechanism": "Total",
    }
    row = select(table, np.logical_and.reduce([table[column] == value for column, value in wanted.items()]))
    columns = ("gross_current", "net_current", "income_client", "income_nhs")
    return {column: 1000 * float(np.nan_to_num(row[column]).sum()) for column in columns}


def _weeks(councils: tuple[str, ...], service: str) -> tuple[FloatArray, FloatArray]:
    """Return weeks and pounds a year of care of people aged 65 and over by council, each shape (n_councils,)."""
    table = read_table(UNIT_COST)
    mask = (
        (table["age_category"] == "Age 65 and over")
        & (table["service"] == service)
        & (table["provision"] == "All")
        & (table["support_reason"] != "All")
        & (table["utla_code"] != "E92000001")
    )
    table = select(table, mask)
    where = positions(councils, table["utla_code"])
    weeks, pounds = np.zeros(len(councils)), np.zeros(len(councils))
    np.add.at(weeks, where, np.nan_to_num(table["weeks_or_hours"]))
    np.add.at(pounds, where, 1000 * np.nan_to_num(table["cost_gbp_thousand"]))
    return weeks, pounds


def _home_care(councils: tuple[str, ...], service: str) -> tuple[FloatArray, FloatArray]:
    """Return hours and pounds a year of home care by council, all or from independent providers."""
    table = read_table(HOME_CARE)
    where = positions(councils, table["utla_code"])
    hours, pounds = np.zeros(len(councils)), np.zeros(len(councils))
    if service == "Home care":
        hours[where], pounds[where] = table["home_care_hours"], 1000 * table["home_care_cost_gbp_thousand"]
    else:
        hours[where] = table["hours_independent"]
        pounds[where] = np.nan_to_num(table["hours_independent"] * table["cost_per_hour_independent_gbp"])
    return hours, pounds


@lru_cache
def _england() -> IntArray:
    """Return England's residents by sex and age in mid-2014, shape (2, 91)."""
    return population(tuple(read_table("councils.csv")["utla_code"].tolist())).sum(axis=0)
