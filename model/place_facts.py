"""What is known about the organisations of a place, each number with its source."""

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["data", "derived", "assumed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One number about a place, with where it comes from.

    Attributes
    ----------
    organisation : whom it describes
    name : what it is, as the field of the same name in the facts classes below
    value : the number, in `unit`
    unit : unit of the number
    source : file of ``model/data``, evidence row, and how the number was made from them
    status : ``data`` (as published), ``derived`` (computed from data), ``assumed`` (a national rate or a judgement)
    """

    organisation: str
    name: str
    value: float
    unit: str
    source: str
    status: Status

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"Fact.status must be one of {', '.join(get_args(Status))}, got {self.status!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class CouncilFacts:
    """A council with adult social services, in 2014/15 (home care: 2013/14).

    Attributes
    ----------
    code, name, region : ONS code and names
    adults, people_65plus, people_75plus : residents in mid-2014
    home_care_clients_65plus, home_care_clients : people with home care on 31 March 2014
    home_care_hours_per_year : contact hours
    home_care_pounds_per_hour, home_care_pounds_per_hour_independent : all providers; independent providers
    residential_weeks_65plus, nursing_weeks_65plus : weeks of long-term care a year, all support reasons
    residential_pounds_per_week, nursing_pounds_per_week : gross, of the same care
    reablement_weeks, reablement_pounds_per_week : short-term care to maximise independence, people aged 65 and over
    gross_current_65plus_pounds : long-term and short-term care of people aged 65 and over, a year
    gross_current_total_pounds, net_current_total_pounds : all adult social care, a year
    client_income_65plus_pounds, nhs_income_pounds : charges to people aged 65 and over; income from the NHS, all ages
    assessment_pounds : social care activities (assessment, care management, safeguarding), all ages
    commissioning_pounds : commissioning and service delivery, net of charges, all ages
    care_home_beds : places in care homes of any kind, whoever pays
    """

    code: str
    name: str
    region: str
    adults: int
    people_65plus: int
    people_75plus: int
    home_care_clients_65plus: float
    home_care_clients: float
    home_care_hours_per_year: float
    home_care_pounds_per_hour: float
    home_care_pounds_per_hour_independent: float
    residential_weeks_65plus: float
    nursing_weeks_65plus: float
    residential_pounds_per_week: float
    nursing_pounds_per_week: float
    reablement_weeks: float
    reablement_pounds_per_week: float
    gross_current_65plus_pounds: float
    gross_current_total_pounds: float
    net_current_total_pounds: float
    client_income_65plus_pounds: float
    nhs_income_pounds: float
    assessment_pounds: float
    commissioning_pounds: float
    care_home_beds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsortiumFacts:
    """A GP consortium (clinical commissioning group), by residence of its people.

    People and money are those of the part that lies inside the place.

    Attributes
    ----------
    code, ods, name : ONS code, NHS code and name
    adults, people : residents inside the place in mid-2014, aged 18 and over; of all ages
    share_inside : share of all the consortium's people who live inside the place, mid-2017
    allocation_pounds : a year's allocation
    acute_pounds, community_pounds, chc_pounds : of that, for acute care, community care, continuing healthcare
    """

    code: str
    ods: str
    name: str
    adults: int
    people: int
    share_inside: float
    allocation_pounds: float
    acute_pounds: float
    community_pounds: float
    chc_pounds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HospitalFacts:
    """An acute trust, and the part of it that serves the place.

    Attributes
    ----------
    ods, name : NHS code and name in 2022
    kind : ``main`` where most of its patients live in the place, else ``elsewhere``
    catchment_adults : adults of the place that it serves
    beds : general and acute overnight beds that serve the place
    share_of_trust : share of the trust's patients who live in the place
    """

    ods: str
    name: str
    kind: Literal["main", "elsewhere"]
    catchment_adults: float
    beds: int
    share_of_trust: float
