"""Years of a place at rest, counted by sex, deprivation fifth and single year of age: what the people are compared by.

Every lever is held at its observed level and budgets do not grow, so that what happens is what the people and their
care do, not what organisations decide. Rates are fitted to, and validated on, England in miniature run like this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.hospital import planned
from agents.hospital import state as flow
from agents.patients import living, record
from agents.patients.conditions import SEVERE_SHIFT
from agents.vocabulary import (
    N_AGES,
    N_CONDITIONS,
    N_RESPONSIBLE,
    YOUNGEST,
    Cause,
    Condition,
    Funder,
    Lever,
    Reason,
    Responsible,
    Setting,
)
from model import HealthEconomy
from model.engine import Month
from model.parameters import Parameters

PLACE = "england-in-miniature"
MONTHS = 12
SHAPE = (2, 5, N_AGES)
"""Sex (0 male, 1 female), deprivation fifth (0 = most deprived), age 18 to 110 (last: and over)."""

FRAILTY_BANDS = (0.12, 0.24, 0.36)
"""Where mild, moderate and severe frailty begin on the electronic frailty index (Clegg et al. 2016)."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

NEVER_SHORT = 1e9  # standard deviations: no forecast is further out, so that no gate closes

COUNTERS = {"contacts": "contacts", "admissions": "spells", "bed_days": "days_in_hospital"}
"""What people count themselves: field of `ReferenceYear`, and of the record."""

RECORDED, DELAYED_PATIENTS = "delayed_days_recorded", "delayed_patients"


def _cells(name: str, first: int) -> dict[str, int]:
    """Return name and column of each cell of the national return, ``name/reason/body``."""
    return {
        f"{name}/{reason.name.lower()}/{body.name.lower()}": first + N_RESPONSIBLE * reason + body
        for reason in Reason
        for body in Responsible
    }


OUT = {
    "discharges": flow.DISCHARGED_OUT,
    "readmissions_30_days": flow.READMITTED_OUT,
    "deaths": flow.DEATHS_OUT,
    "deaths_in_hospital": flow.DIED_IN_HOSPITAL_OUT,
    "deaths_in_care_homes": flow.DIED_IN_CARE_HOME_OUT,
    "deaths_untreated": flow.UNTREATED_DEATHS_OUT,
    "emergency_admissions_acs": flow.AMBULATORY_OUT,
    "boarding_days": flow.BOARDING_OUT,
    "attended": flow.ATTENDED_OUT,
    "left_ae_late": flow.LATE_OUT,
    "stepped_up": flow.STEPPED_UP_OUT,
    "outlier_days": flow.OUTLIER_OUT,
    "surgery_days": flow.SURGERY_DAYS_OUT,
    "continuing_claims": flow.CLAIMED_OUT,
    "continuing_agreed": flow.AGREED_OUT,
    "continuing_disputed": flow.DISPUTED_OUT,
    "interim_beds": flow.INTERIM_OUT,
    "smaller_packages": flow.SMALLER_OUT,
    "assessments": flow.ASSESSED_OUT,
    "refused": flow.REFUSED_OUT,
    "requests": flow.REQUESTED_OUT,
    "packages_granted": flow.GRANTED_OUT,
    "packages_started": flow.STARTED_OUT,
    "reablement_starts": flow.REABLED_OUT,
    "intermediate_starts": flow.INTERMEDIATE_OUT,
    "care_home_entries": flow.ENTRIES_OUT,
    "older_care_home_admissions": flow.OLDER_ENTRIES_OUT,
    "older_discharges": flow.OLDER_DISCHARGED_OUT,
    "older_reabled": flow.OLDER_REABLED_OUT,
    "reablement_followed": flow.FOLLOWED_UP_OUT,
    "reablement_at_home": flow.AT_HOME_OUT,
    "gave_up_waiting": flow.GAVE_UP_WAITING_OUT,
    "waiting_home_days": flow.WAITING_HOME_OUT,
    **{f"contacts/{cause.name.lower()}": flow.CONTACTS_OUT + cause for cause in Cause},
    **{f"admissions/{cause.name.lower()}": flow.ADMISSIONS_OUT + cause for cause in Cause},
    **{f"bed_days/{cause.name.lower()}": flow.BED_DAYS_OUT + cause for cause in Cause},
    **{f"delayed_days/{reason.name.lower()}": flow.DELAYED_OUT + reason for reason in Reason},
    **_cells(RECORDED, flow.RECORDED_OUT),
    **_cells(DELAYED_PATIENTS, flow.SNAPSHOT_OUT),
}
"""Scalars of a year from the daily flow's totals: name, and column of ``Month.out``."""

PLANNED = {
    "referrals": planned.REFERRED_OUT,
    "outpatient_visits": planned.SEEN_OUT,
    "elective_admissions": planned.OPERATED_OUT,
    "elective_cancellations": planned.CANCELLED_OUT,
}
"""The same from ``Month.planned``."""

HOSPITAL_OUT = {
    "attendances": flow.HOSPITAL_ATTENDANCES,
    "escalation_days": flow.HOSPITAL_ESCALATION_DAYS,
    "excess_days": flow.HOSPITAL_EXCESS_DAYS,
}
"""The same from ``Month.hospital_out``."""

TOTALS = {
    "person_days": living.PERSON_DAYS,
    "unmet_minutes": living.UNMET_MINUTES,
    "council_care_minutes": living.COUNCIL_CARE,
    "self_care_minutes": living.SELF_CARE,
    "residential_council_days": living.RESIDENTIAL_COUNCIL,
    "residential_self_days": living.RESIDENTIAL_SELF,
    "nursing_council_days": living.NURSING_COUNCIL,
    "nursing_self_days": living.NURSING_SELF,
    "reablement_days": living.REABLEMENT_DAYS,
    "intermediate_days": living.INTERMEDIATE_DAYS,
    "informal_minutes": living.INFORMAL,
    "hospital_days": living.HOSPITAL_DAYS,
}
"""The same from ``Month.totals``."""

SUMS = {
    "emergency_contacts": ("contacts", Cause),
    "emergency_admissions": ("admissions", Cause),
    "emergency_bed_days": ("bed_days", Cause),
    "delayed_days": ("delayed_days", Reason),
}


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class ReferenceYear:
    """What one year of a place came to. Arrays are by sex, deprivation fifth and age, shape (2, 5, 93), unless told.

    Deaths and person-years are by exact age: of the month of death, and month by month as people age. What people count
    themselves (contacts, admissions, bed days) goes to their age half-way through the year. Everything else is
    at the year's end, by the age then, of people who are alive and have not moved away.

    Attributes
    ----------
    year : 0 for the first
    people : at the year's end
    person_years : lived in the year; a month of death counts half
    deaths : of residents
    contacts, admissions, bed_days : emergency contacts and admissions, and days in hospital, of everybody who lived
        there at some time in the year, those who died or left included (a person's counters stop at 255)
    conditions, severe : people ever recorded with each condition, and in its severe stage, shape (14, 2, 5, 93)
    multimorbid, four_plus : people with two, and four, or more of the fourteen
    physical_and_mental : people with at least one mental (depression, severe mental illness, dementia) and one other
    frail_mild, frail_moderate, frail_severe : people by band of today's frailty
    needs_help : people outside care homes who need help
    two_hours_a_day : people outside care homes who need fourteen hours a week or more
    care_home : people who live in a residential or nursing home
    has_package : people with formal home care, whoever pays
    unmet : people at home with need that nobody meets
    gets_help : people outside care homes with help from family, friends or a package of care
    council_paid : people with home care or a care-home place that the council pays
    resident_self_paid : people in care homes who pay themselves
    residents_before, residents_died : people in care homes at the year's start; those of them who died in the year;
        both by age at the start
    admitted : people with an emergency admission in the year, by age half-way, those who died included
    by_number, admitted_by_number : people at the year's end, and people admitted in the year, with 0 to 14 of the
        conditions, shape (15, 2, 5, 93)
    by_physical : people at the year's end without and with a mental condition, by number of the others (0 to 4, 5 or
        more), shape (2, 6, 2, 5, 93)
    scalars : sums over the year by name (`OUT`, `PLANNED`, `HOSPITAL_OUT`, `TOTALS`, `SUMS`), ``days``,
        ``gp_consultations`` (had, nurses' included), and, in bed days of the hospitals' general beds,
        ``open_bed_days`` and ``other_bed_days`` (used by patients that are not modelled)
    """

    year: int
    people: IntArray
    person_years: FloatArray
    deaths: IntArray
    contacts: IntArray
    admissions: IntArray
    bed_days: IntArray
    conditions: IntArray
    severe: IntArray
    multimorbid: IntArray
    four_plus: IntArray
    physical_and_mental: IntArray
    frail_mild: IntArray
    frail_moderate: IntArray
    frail_severe: IntArray
    needs_help: IntArray
    two_hours_a_day: IntArray
    care_home: IntArray
    has_package: IntArray
    unmet: IntArray
    gets_help: IntArray
    council_paid: IntArray
    resident_self_paid: IntArray
    residents_before: IntArray
    residents_died: IntArray
    admitted: IntArray
    by_number: IntArray
    admitted_by_number: IntArray
    by_physical: IntArray
    scalars: dict[str, int]


class RestingEconomy(HealthEconomy):
    """A place under the baseline structure with every lever held where it was observed, and which keeps its months.

    Care never waits for money: budgets of the base year would run short as people grow older.
    """

    def __init__(
        self,
        place: str | Path = PLACE,
        seed: int = 1,
        *,
        years: int = 1,
        scale: float = 1.0,
        parameters: Parameters | None = None,
    ) -> None:
        hold = {lever.name.lower(): None for lever in Lever if lever != Lever.NONE}
        super().__init__(
            place,
            seed=seed,
            years=years,
            scale=scale,
            parameters=parameters,
            hold=hold,
            settlement="flat",
            demography="moving",
        )
        self.settlement = replace(self.settlement, chance_band=NEVER_SHORT)
        self.months: list[Month] = []

    def bed_days(self) -> dict[str, int]:
        """Return bed days of the general beds so far this year: all, and what patients outside the model use."""
        days = sum(month.days for month in self.months)
        other = float(self._state.remainder_beds.sum())
        whole = float(self._state.organisations.hospitals["beds"].sum()) + other
        return {"open_bed_days": round(whole * days), "other_bed_days": round(other * days)}

    def _live_and_flow(self) -> Month:
        month = super()._live_and_flow()
        self.months.append(month)
        return month


def run_reference(
    *,
    place: str | Path = PLACE,
    years: int,
    seed: int = 1,
    scale: float = 1.0,
    parameters: Parameters | None = None,
    watch: Callable[[], None] | None = None,
) -> list[ReferenceYear]:
    """Run a place at rest, and count each year.

    Parameters
    ----------
    place : name of a place, or the path of a TOML file
    years : how many
    seed : of the luck
    scale : share of the place's people; queues are those of a smaller hospital
    parameters : the defaults if None
    watch : called after each month

    Raises
    ------
    ValueError
        If a name is unknown or a number out of bounds.
    """
    economy = RestingEconomy(place, seed, years=years, scale=scale, parameters=parameters)
    found = []
    for year in range(years):
        before = economy.engine.people.rows.copy()
        entered = [len(before)]
        economy.months = []
        for _ in range(MONTHS):
            economy.step()
            entered.append(len(economy.engine.people))
            if watch:
                watch()
        counted = count_year(year, before, economy.engine.people.rows, entered, economy.months)
        counted.scalars.update(economy.bed_days())
        found.append(counted)
    return found


def count_year(
    year: int, before: NDArray[np.void], rows: NDArray[np.void], entered: list[int], months: list[Month]
) -> ReferenceYear:
    """Count one year.

    Parameters
    ----------
    year : 0 for the first
    before, rows : everybody's records at the year's start and end; a person keeps the row
    entered : how many rows there were at the start and after each month, shape (13,)
    months : the twelve
    """
    first, last = year * MONTHS, (year + 1) * MONTHS
    person = rows["person"].astype(np.int64)
    kind = (person & record.FEMALE) * 5 + (person >> record.QUINTILE_SHIFT & record.QUINTILE_MASK)
    birth, end = rows["birth_month"].astype(np.int64), rows["end_month"].astype(np.int64)
    left = (rows["flags"] & record.LEFT) != 0

    def by_age(
        age: IntArray,
        which: NDArray[np.bool_] | None = None,
        weights: NDArray | None = None,
        layer: NDArray | None = None,
        layers: int = 0,
    ) -> NDArray:
        at = kind * N_AGES + np.clip(age - YOUNGEST, 0, N_AGES - 1)
        if layer is not None:
            at = layer.astype(np.int64) * int(np.prod(SHAPE)) + at
        at, weights = (at, weights) if which is None else (at[which], None if weights is None else weights[which])
        shape = (layers, *SHAPE) if layer is not None else SHAPE
        return np.bincount(at, weights=weights, minlength=int(np.prod(shape))).reshape(shape)

    came = first + np.maximum(np.searchsorted(entered, np.arange(len(rows)), side="right") - 1, 0)
    died = (end >= first) & (end < last) & ~left
    stayed = np.maximum(np.minimum(end + np.where(died, 0.5, 0.0), last) - came, 0.0)
    birthday = first + (birth - first) % MONTHS
    younger = np.minimum(np.maximum(birthday - came, 0.0), stayed)
    turned = (birthday - birth) // MONTHS
    person_years = (by_age(turned - 1, weights=younger) + by_age(turned, weights=stayed - younger)) / MONTHS

    halfway = (first + MONTHS // 2 - birth) // MONTHS
    counted = {}
    for name, field in COUNTERS.items():
        since = rows[field].astype(np.int64)
        since[: len(before)] -= before[field]
        counted[name] = np.rint(by_age(halfway, weights=since)).astype(np.int64)

    admitted = np.zeros(len(rows), dtype=bool)
    admitted[:] = rows["spells"] > 0
    admitted[: len(before)] = rows["spells"][: len(before)] > before["spells"]

    here = end >= last
    now = (last - birth) // MONTHS
    stock = {name: by_age(now, here & mask) for name, mask in _states(rows).items()}
    held = rows["conditions"]
    number, physical, mental = _numbers(rows)
    layer = mental * 6 + np.minimum(physical, 5)
    was_resident = np.zeros(len(rows), dtype=bool)
    was_resident[: len(before)] = _resident(before) & (before["end_month"] >= first)
    then = (first - birth) // MONTHS
    return ReferenceYear(
        year=year,
        people=by_age(now, here),
        person_years=person_years,
        deaths=by_age((end - birth) // MONTHS, died),
        conditions=np.stack([by_age(now, here & ((held >> k & 1) != 0)) for k in range(N_CONDITIONS)]),
        severe=np.stack([by_age(now, here & ((held >> (SEVERE_SHIFT + k) & 1) != 0)) for k in range(N_CONDITIONS)]),
        residents_before=by_age(then, was_resident),
        residents_died=by_age(then, was_resident & died),
        admitted=by_age(halfway, admitted),
        by_number=by_age(now, here, layer=number, layers=N_CONDITIONS + 1),
        admitted_by_number=by_age(halfway, admitted, layer=number, layers=N_CONDITIONS + 1),
        by_physical=by_age(now, here, layer=layer, layers=12).reshape(2, 6, *SHAPE),
        scalars=_scalars(months),
        **counted,
        **stock,
    )


MENTAL = 1 << Condition.DEMENTIA | 1 << Condition.DEPRESSION | 1 << Condition.SMI


def _resident(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    return (rows["care"] & record.SETTING_MASK) >= Setting.RESIDENTIAL


def _numbers(rows: NDArray[np.void]) -> tuple[NDArray, NDArray, NDArray]:
    """Return how many conditions each person has, how many that are not mental, and whether any mental one (0 or 1)."""
    held = rows["conditions"]
    bits = [(held >> condition & 1).astype(np.uint8) for condition in Condition]
    mental = sum(bit for condition, bit in zip(Condition, bits, strict=True) if MENTAL >> condition & 1)
    number = sum(bits)
    return number, number - mental, (mental > 0).astype(np.uint8)


def _states(rows: NDArray[np.void]) -> dict[str, NDArray[np.bool_]]:
    """Return who is in each state that is counted at the year's end, each of shape (n,)."""
    number, physical, mental = _numbers(rows)
    mild, moderate, severe = FRAILTY_BANDS
    frailty, need = rows["frailty"], rows["need"].astype(np.int64)
    setting = rows["care"] & record.SETTING_MASK
    resident = _resident(rows)
    funder = rows["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK
    council = funder == Funder.COUNCIL
    package = rows["package"].astype(np.int64)
    gap = need - rows["informal"] - package
    at_home = (setting == Setting.HOME) & ((rows["care"] & record.IN_HOSPITAL) == 0)
    return {
        "multimorbid": number >= 2,
        "four_plus": number >= 4,
        "physical_and_mental": (mental > 0) & (physical > 0),
        "frail_mild": (frailty > mild) & (frailty <= moderate),
        "frail_moderate": (frailty > moderate) & (frailty <= severe),
        "frail_severe": frailty > severe,
        "needs_help": (need > 0) & ~resident,
        "two_hours_a_day": (need >= 14 * 60) & ~resident,
        "care_home": resident,
        "has_package": package > 0,
        "unmet": at_home & (gap > 0),
        "gets_help": ((package > 0) | (rows["informal"] > 0)) & ~resident,
        "resident_self_paid": resident & (funder == Funder.SELF),
        "council_paid": council & ((package > 0) | resident),
    }


def _scalars(months: list[Month]) -> dict[str, int]:
    """Return the year's totals by name."""
    found = {"days": sum(month.days for month in months)}
    found["gp_consultations"] = sum(int(month.consultations.sum()) for month in months)
    sources = ((OUT, "out"), (PLANNED, "planned"), (HOSPITAL_OUT, "hospital_out"), (TOTALS, "totals"))
    for names, field in sources:
        whole = sum(getattr(month, field).sum(axis=0) for month in months)
        found.update({name: int(whole[column]) for name, column in names.items()})
    for name, (part, kinds) in SUMS.items():
        found[name] = sum(found[f"{part}/{kind.name.lower()}"] for kind in kinds)
    return found


def delay_cells(scalars: Mapping[str, float], name: str) -> FloatArray:
    """Return the cells of the national return, shape (10 reasons, 3 responsible bodies).

    Parameters
    ----------
    scalars : of a year, or a sum of years
    name : `RECORDED` for delayed days, `DELAYED_PATIENTS` for patients delayed at midnight on the last Thursday of each
        month, added up over months
    """
    return np.array([scalars[cell] for cell in _cells(name, 0)], dtype=np.float64).reshape(-1, N_RESPONSIBLE)


def pooled(years: list[ReferenceYear]) -> ReferenceYear:
    """Return the sum over years as one, stocks included (a share of sums is a mean); its number is the first's."""
    if not years:
        raise ValueError("pooled must be given at least one year, got none")
    sums = {}
    for field in fields(ReferenceYear):
        values = [getattr(year, field.name) for year in years]
        if field.name == "scalars":
            sums["scalars"] = {name: sum(value[name] for value in values) for name in values[0]}
        elif field.name != "year":
            sums[field.name] = np.sum(values, axis=0)
    return ReferenceYear(year=years[0].year, **sums)


def life_expectancy(deaths: FloatArray, person_years: FloatArray, at: int = 65, open_from: int = 90) -> float:
    """Return the years that people of age `at` have before them, by a period life table.

    Parameters
    ----------
    deaths, person_years : by single year of age from 18 on, of any slice of the people, shape (n_ages,)
    at : age, 18 to `open_from`
    open_from : age from which all ages are one group, whose years left are 1 / its death rate

    Raises
    ------
    ValueError
        If an age is out of range, or nobody lived at one of the ages that count.

    Notes
    -----
    The hazard is constant within a year of age. An open group from 90 is what the published death rates have.

    Examples
    --------
    >>> round(life_expectancy(np.full(93, 0.05), np.ones(93), at=65), 6)
    20.0
    """
    if not YOUNGEST <= at <= open_from < YOUNGEST + len(deaths):
        raise ValueError(
            f"life_expectancy ages must be {YOUNGEST} <= at <= open_from < {YOUNGEST + len(deaths)}, got "
            f"at={at!r}, open_from={open_from!r}"
        )
    ages, last = slice(at - YOUNGEST, open_from - YOUNGEST), slice(open_from - YOUNGEST, None)
    died = np.append(deaths[ages], deaths[last].sum()).astype(np.float64)
    lived = np.append(person_years[ages], person_years[last].sum()).astype(np.float64)
    if np.any(lived <= 0) or died[-1] <= 0:
        raise ValueError(
            f"life_expectancy needs people at every age from {at} and deaths at {open_from} and over, got none"
        )
    hazard = died / lived
    alive = np.exp(-np.append(0.0, np.cumsum(hazard[:-1])))
    spent = np.divide(-np.expm1(-hazard), hazard, out=np.ones_like(hazard), where=hazard > 0)
    spent[-1] = 1.0 / hazard[-1]
    return float(alive @ spent)
