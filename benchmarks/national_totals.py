"""What a year of all England comes to, beside the published national figures: nothing here is tuned to them.

Adults live in the model; where a published figure counts children too, the children's part is taken off at published rates
(``experiments/validation_checks.py`` does the same), and the note says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from agents.patients.record import FUNDER_MASK, FUNDER_SHIFT, SETTING_MASK
from agents.vocabulary import YOUNGEST, Funder, Responsible, Service, Setting
from experiments.readings import england_people
from model.delayed_transfers import ACUTE, recorded_days
from model.evidence import evidence
from model.place_data import read_table

if TYPE_CHECKING:
    from model.economy import HealthEconomy

MONTHS, WEEKS = 12, 52.18
ADULTS_OF = "adults; children taken off at their published rates"
BILLION, MILLION, THOUSAND = 1e9, 1e6, 1e3


@dataclass(frozen=True, kw_only=True, slots=True)
class Total:
    """A national total.

    Parameters
    ----------
    name, unit : in words; `per` of the unit are one
    published : the figure
    year, source : of the published figure
    note : what is compared with what
    """

    name: str
    unit: str
    per: float
    published: Callable[[], float]
    year: str
    source: str
    note: str


@lru_cache(maxsize=1)
def _children() -> float:
    return float(england_people()[:, :, :YOUNGEST].sum())


def _children_admitted() -> float:
    return _children() * evidence("P-B.emerg-001").number() / 1000.0


def _unit_cost(column: str, service: str) -> float:
    """Return a figure of councils' long-term care of people of 65 and over, added up over reasons for support; all England."""
    table = read_table("asc_unit_cost_2014_15_council.csv.gz")
    which = (table["utla_code"] == "E92000001") & (table["age_category"] == "Age 65 and over") & (table["service"] == service)
    which &= (table["support_reason"] != "All") & (table["provision"] == "All")
    return float(table[column][which].sum())


def _by_body(body: Responsible) -> float:
    return float(recorded_days(ACUTE)[:, body].sum())


TOTALS = (
    Total(name="adults", unit="million", per=MILLION, published=lambda: float(england_people()[:, :, YOUNGEST:].sum()),
          year="mid-2014", source="ONS", note="what the place is built from; the model's is the mean of the year"),
    Total(name="deaths", unit="thousand", per=THOUSAND, published=lambda: evidence("T-A-044").number() * THOUSAND,
          year="2013", source="T-A-044", note="all ages; the model's are of adults (children: 1%)"),
    Total(name="A&E attendances", unit="million", per=MILLION, published=lambda: evidence("T-B-013").number() * MILLION,
          year="2012/13", source="T-B-013", note="published: all ages and all types of department; modelled: emergencies of adults"),
    Total(name="emergency admissions", unit="million", per=MILLION,
          published=lambda: evidence("T-B-039").number() * MILLION - _children_admitted(), year="2013/14", source="T-B-039", note=ADULTS_OF),
    Total(name="emergency bed-days", unit="million", per=MILLION,
          published=lambda: evidence("T-B-006").number() * MILLION - _children_admitted() * evidence("P-B.los-003").number(),
          year="2013/14", source="T-B-006", note=ADULTS_OF),
    *(
        Total(name=f"recorded delayed days, {words}", unit="thousand", per=THOUSAND, published=lambda body=body: _by_body(body), year="2014/15",
              source="dtoc_england_month_reason_org.csv", note="acute care, by the body responsible")
        for body, words in ((Responsible.NHS, "NHS"), (Responsible.SOCIAL_CARE, "social care"), (Responsible.BOTH, "both"))
    ),
    Total(name="people with home care of their council", unit="thousand", per=THOUSAND,
          published=lambda: float(np.nansum(read_table("asc_home_care_2013_14_council.csv")["clients_home_care_31_march"])),
          year="March 2014", source="asc_home_care_2013_14_council.csv", note="at the end of the year; councils' strictness is solved from it"),
    Total(name="weeks in care homes paid by councils", unit="million", per=MILLION,
          published=lambda: _unit_cost("weeks_or_hours", "Residential") + _unit_cost("weeks_or_hours", "Nursing"),
          year="2014/15", source="asc_unit_cost_2014_15_council.csv.gz", note="published: people of 65 and over; modelled: residents at the end of the year"),
    Total(name="spent by councils on care homes and home care", unit="billion pounds", per=BILLION,
          published=lambda: 1e3 * (_unit_cost("cost_gbp_thousand", "Residential") + _unit_cost("cost_gbp_thousand", "Nursing"))
          + 1e3 * float(np.nansum(read_table("asc_home_care_2013_14_council.csv")["home_care_cost_gbp_thousand"])),
          year="2013/14 and 2014/15", source="asc_unit_cost_2014_15_council.csv.gz, asc_home_care_2013_14_council.csv",
          note="gross; care homes of people of 65 and over, home care of all adults"),
    Total(name="paid for emergency spells", unit="billion pounds", per=BILLION, published=lambda: evidence("T-B-004").number() * BILLION,
          year="2012/13", source="T-B-004", note="published: cost, all ages; modelled: what consortia pay for adults, at the tariff"),
    Total(name="paid for continuing healthcare", unit="billion pounds", per=BILLION, published=lambda: 2_824_041_529.0,
          year="2014/15", source="Department of Health, written answer 17 October 2016", note="published: all client groups; modelled: frail and ill people"),
)  # fmt: skip
"""The totals, in the order of the table."""


def first_year(economy: HealthEconomy) -> dict[str, float]:
    """Return the model's totals of the year that has just been run, by name, at the economy's own scale."""
    frame = economy.measures
    year = frame[(frame["organisation"] == "place") & (frame["month"] < MONTHS)].groupby("measure")["value"].sum()
    rows = economy.engine.people.rows
    setting, funder = rows["care"] & SETTING_MASK, rows["care"] >> FUNDER_SHIFT & FUNDER_MASK
    by_council = funder == Funder.COUNCIL

    def paid(*services: Service) -> float:
        entries = economy.ledger.entries()
        mine = entries["service"].isin([service.name.lower() for service in services]) & (entries["payer"] != "households")
        return float(entries[mine & (entries["month"] < MONTHS)]["pounds"].sum())

    return {
        "adults": float(year["people"]) / MONTHS,
        "deaths": float(year["deaths"]),
        "A&E attendances": float(year["ae_attendances"]),
        "emergency admissions": float(year["emergency_admissions"]),
        "emergency bed-days": float(year["emergency_bed_days"]),
        "recorded delayed days, NHS": float(year["delayed_days_recorded/by_nhs"]),
        "recorded delayed days, social care": float(year["delayed_days_recorded/by_social_care"]),
        "recorded delayed days, both": float(year["delayed_days_recorded/by_both"]),
        "people with home care of their council": float((by_council & (rows["package"] > 0)).sum()),
        "weeks in care homes paid by councils": float((by_council & (setting >= Setting.RESIDENTIAL)).sum()) * WEEKS,
        "spent by councils on care homes and home care": paid(Service.RESIDENTIAL_CARE, Service.NURSING_CARE, Service.HOME_CARE),
        "paid for emergency spells": paid(Service.EMERGENCY_SPELL, Service.EXCESS_DAYS),
        "paid for continuing healthcare": paid(Service.CONTINUING_CARE),
    }
