"""What care takes, whatever is paid for it: fixed, step and marginal costs of a hospital, at 2014/15 prices.

*Fixed* costs are those of the ordinary beds that stand open, filled or not; *step* costs begin with each escalation bed
that is opened; *marginal* costs follow each bed-day, spell, attendance, visit and operation. A rule of payment appears in
none of them. The beds are those free for the place's adults. *Fixed* too, within a year, are the theatre lists that are staffed
and the hours of discharge coordinators, used or not. Clinics have marginal costs alone, and an operation's holds its nights. What care
takes outside hospitals is in ``model.care_resources``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from agents.hospital.planned import HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS, HOSPITAL_VISITS
from agents.hospital.state import HOSPITAL_ADMISSIONS, HOSPITAL_ATTENDANCES, HOSPITAL_BED_DAYS, HOSPITAL_ESCALATION_DAYS
from agents.parameter import Checked, parameter
from model.engine import Month
from model.payment import pence


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitCosts(Checked):
    """What a unit of care takes, at 2014/15 prices, whatever is paid for it."""

    bed_open: float = parameter(
        100.0, "fixed: an ordinary bed that stands open, filled or not", unit="pounds a day", low=50.0, high=170.0,
        assumption="with the marginal cost, at the national share of beds in use (P-B.beds-002), it comes to the average cost of a day (P-B.cost-019)")
    escalation_bed: float = parameter(
        260.0, "step: an escalation bed that is opened, besides the days spent in it", unit="pounds a day", low=140.0, high=440.0,
        assumption="temporary staff cost more: a day in one takes 420 in all")
    bed_day: float = parameter(
        160.0, "marginal: one more day in a bed", unit="pounds a day", low=100.0, high=260.0,
        assumption="about half the price of an excess day: staff and hotel costs follow in part")
    spell: float = parameter(
        700.0, "marginal: one more spell, its days apart", unit="pounds", low=400.0, high=1100.0, assumption="tests, drugs and treatment")
    attendance: float = parameter(70.0, "marginal: one more A&E attendance", unit="pounds", low=40.0, high=110.0, assumption="about half the price")
    visit: float = parameter(60.0, "marginal: one more outpatient visit", unit="pounds", low=40.0, high=100.0, assumption="about half the price")
    day_case: float = parameter(350.0, "marginal: one more day case", unit="pounds", low=250.0, high=550.0, assumption="about half the price")
    elective: float = parameter(
        1760.0, "marginal: one more operation with a night", unit="pounds", low=1200.0, high=2800.0, assumption="about half the price")
    theatre_slot: float = parameter(
        200.0, "fixed: room for one operation on a staffed list, filled or not", unit="pounds", low=100.0, high=400.0,
        assumption="a share of the half of a day case's price that is not marginal: staff of the theatre, whoever is operated on")
    coordination_hours: float = parameter(
        2.0, "hours of a coordinator to plan one discharge", unit="hours", low=1.0, high=4.0,
        assumption="with the hour's cost and the slack of coordination about one member of staff per 100 beds")
    coordinator_hour: float = parameter(
        30.0, "fixed: an hour of a discharge coordinator", unit="pounds", low=22.0, high=45.0,
        assumption="below what a contact hour of a community nurse costs (P-B.cost-006)")
    consultation: float = parameter(
        30.3, "a GP or nurse consultation", unit="pounds", low=27.0, high=48.9, evidence="P-B.cost-047")
    home_care_hour: float = parameter(17.21, "an hour of home care, whoever pays", unit="pounds", low=13.6, high=21.3, evidence="P-B.cost-023")
    residential_week: float = parameter(521.0, "a week in a residential home, whoever pays", unit="pounds", low=502.0, high=620.0, evidence="P-B.cost-024")
    nursing_week: float = parameter(
        659.0, "a week in a nursing home, whoever pays", unit="pounds", low=548.0, high=780.0,
        assumption="what councils pay (P-B.cost-025) and the NHS's contribution to nursing besides (its note)")
    continuing_week: float = parameter(
        871.0, "a week of continuing healthcare", unit="pounds", low=750.0, high=1000.0, evidence="P-B.cost-044")


class CostKind(Enum):
    """How a cost follows what is done."""

    FIXED = "fixed"  # does not, within a year
    STEP = "step"  # with each further bed that is opened
    MARGINAL = "marginal"  # with each further unit of care


class ResourceLine(NamedTuple):
    """One line of the resource account for a month, of all hospitals, councils or consortia.

    Parameters
    ----------
    name : as in ``Ledger.resources``
    kind : of cost
    quantity : shape (n_units,), whole units
    unit_pence : cost of `per` of them
    """

    name: str
    kind: CostKind
    quantity: np.ndarray
    unit_pence: int
    per: int = 1

    @property
    def cost(self) -> np.ndarray:
        """Pence by hospital, council or consortium, shape (n_units,)."""
        return self.quantity * self.unit_pence // self.per


COST_KINDS = {
    "beds open": CostKind.FIXED,
    "theatre lists": CostKind.FIXED,
    "discharge coordination": CostKind.FIXED,
    "escalation beds open": CostKind.STEP,
    **dict.fromkeys(("bed days", "spells", "attendances", "outpatient visits", "day cases", "elective stays", "consultations"), CostKind.MARGINAL),
    **dict.fromkeys(("home care minutes", "residential days", "nursing days", "continuing healthcare days", "proactive"), CostKind.MARGINAL),
    **dict.fromkeys(("assessment", "brokerage"), CostKind.FIXED),
    **dict.fromkeys(("reablement", "community", "community nursing", "continence", "care home support", "mental health", "dementia", "prevention"), CostKind.STEP),
}
"""Kind of each line of the resource account, by name."""


def hospital_lines(month: Month, hospitals: np.ndarray, costs: UnitCosts) -> tuple[ResourceLine, ...]:
    """Return what a month's work took in each hospital.

    Parameters
    ----------
    month : what was done
    hospitals : HOSPITAL_STATE, as they stood: their ordinary beds, theatres and coordinators cost money whether used or not
    costs : of a unit

    Examples
    --------
    A hospital of 10 beds, open for 30 days and used for 200, with one escalation bed open for 4 days and neither theatres nor
    coordinators: 30 x 10 x 100 fixed, 4 x 260 step and 200 x 160 marginal, that is 30,000, 1,040 and 32,000 pounds.
    """
    use, planned = month.hospital_out, month.hospital_planned
    weekdays = month.days * 5.0 / 7.0
    quantities = (
        ("beds open", hospitals["beds"].astype(np.int64) * month.days, costs.bed_open),
        ("theatre lists", _whole(hospitals["theatre_rate"] * weekdays), costs.theatre_slot),
        ("discharge coordination", _whole(hospitals["coordination_rate"] * weekdays * costs.coordination_hours), costs.coordinator_hour),
        ("escalation beds open", use[:, HOSPITAL_ESCALATION_DAYS], costs.escalation_bed),
        ("bed days", use[:, HOSPITAL_BED_DAYS], costs.bed_day),
        ("spells", use[:, HOSPITAL_ADMISSIONS], costs.spell),
        ("attendances", use[:, HOSPITAL_ATTENDANCES], costs.attendance),
        ("outpatient visits", planned[:, HOSPITAL_VISITS], costs.visit),
        ("day cases", planned[:, HOSPITAL_DAY_CASES], costs.day_case),
        ("elective stays", planned[:, HOSPITAL_ELECTIVE_STAYS], costs.elective),
    )
    return tuple(ResourceLine(name, COST_KINDS[name], quantity, pence(pounds)) for name, quantity, pounds in quantities)


def _whole(units: np.ndarray) -> np.ndarray:
    return np.floor(units).astype(np.int64)


def cost_by_kind(lines: tuple[ResourceLine, ...]) -> dict[CostKind, np.ndarray]:
    """Return fixed, step and marginal costs apart: pence by hospital, shape (n_hospitals,) each."""
    return {kind: sum((line.cost for line in lines if line.kind == kind), np.int64(0)) for kind in CostKind}
