"""How providers are paid in this version: one tariff price a spell plus excess days, a price an attendance, and prices of care."""

from __future__ import annotations

from dataclasses import dataclass

from agents.parameter import Checked, parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices(Checked):
    """Prices and costs that are the same everywhere; councils' own unit costs come with the place."""

    spell: float = parameter(2358.0, "tariff price of an emergency spell", unit="pounds", low=2250.0, high=2550.0, evidence="P-B.cost-010")
    trim_days: float = parameter(
        28.0, "days that the spell price covers", unit="days", low=15.0, high=40.0, assumption="trim points of long medical stays are three to six weeks")
    excess_day: float = parameter(273.0, "price of a day beyond the trim point", unit="pounds a day", low=250.0, high=313.0, evidence="P-B.cost-019")
    attendance: float = parameter(132.0, "price of an A&E attendance", unit="pounds", low=114.0, high=138.0, evidence="P-B.cost-021")
    assessment: float = parameter(
        500.0, "cost of one social-care assessment that is made", unit="pounds", low=400.0, high=768.0,
        assumption="P-B.cost-008 (552 in 2016/17) at 2014/15 prices, rounded down for reviews within it")
    intermediate_place_week: float = parameter(
        263.0, "cost of an intermediate-care place, used or not", unit="pounds a week", low=200.0, high=350.0,
        assumption="a home-based spell of 1,050 (P-B.cost-031) over four weeks")
    continuing_week: float = parameter(
        871.0, "cost of a week under continuing healthcare", unit="pounds a week", low=700.0, high=1300.0, evidence="P-B.cost-044")
    proactive_person: float = parameter(
        140.0, "cost of a person on the proactive list", unit="pounds a year", low=70.0, high=250.0, assumption="the 2014 enhanced service paid about this")
    bed_day_resource: float = parameter(
        160.0, "resources that one more bed-day takes in an open bed", unit="pounds a day", low=100.0, high=260.0,
        assumption="about half the price of an excess day: staff and hotel costs follow in part")
    escalation_day_resource: float = parameter(
        420.0, "resources that a day in an escalation bed takes", unit="pounds a day", low=300.0, high=600.0, positive=True, assumption="temporary staff cost more")
    spell_resource: float = parameter(
        700.0, "resources that one more spell takes, its days apart", unit="pounds", low=400.0, high=1100.0, assumption="tests, drugs and treatment")
    attendance_resource: float = parameter(
        70.0, "resources that one more attendance takes", unit="pounds", low=40.0, high=110.0, assumption="about half the price")
    visit: float = parameter(
        115.0, "price of a first outpatient visit", unit="pounds", low=105.0, high=135.0, assumption="120 in 2016/17 (P-B.cost-017) at 2014/15 prices")
    day_case: float = parameter(
        705.0, "tariff price of a day case", unit="pounds", low=650.0, high=740.0, assumption="738 in 2016/17 (P-B.cost-015) at 2014/15 prices")
    elective: float = parameter(
        3520.0, "tariff price of an operation with a night", unit="pounds", low=3300.0, high=3700.0,
        assumption="3,684 in 2016/17 (P-B.cost-014) at 2014/15 prices")
    visit_resource: float = parameter(
        60.0, "resources that one more outpatient visit takes", unit="pounds", low=40.0, high=100.0, assumption="about half the price")
    day_case_resource: float = parameter(
        350.0, "resources that one more day case takes", unit="pounds", low=250.0, high=550.0, assumption="about half the price")
    elective_resource: float = parameter(
        1760.0, "resources that one more operation with a night takes", unit="pounds", low=1200.0, high=2800.0, assumption="about half the price")
    consultation: float = parameter(
        30.3, "resources that a GP or nurse consultation takes", unit="pounds", low=27.0, high=48.9, evidence="P-B.cost-047")


def pence(pounds: float) -> int:
    """Return whole pence.

    Examples
    --------
    >>> pence(2358.0)
    235800
    """
    return int(round(pounds * 100.0))
