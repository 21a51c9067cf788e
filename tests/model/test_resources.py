"""What care takes: fixed, step and marginal costs apart, by hand and in a run."""

import dataclasses

import numpy as np
import pytest

from agents.hospital.planned import HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS, HOSPITAL_VISITS
from agents.hospital.state import (
    HOSPITAL_ADMISSIONS,
    HOSPITAL_ATTENDANCES,
    HOSPITAL_BED_DAYS,
    HOSPITAL_ESCALATION_DAYS,
    HOSPITAL_STATE,
)
from model.evidence import evidence
from model.resources import COST_KINDS, CostKind, UnitCosts, cost_by_kind, hospital_lines
from tests.strategies import lived

COSTS = UnitCosts(
    bed_open=75.0, escalation_bed=260.0, bed_day=160.0, spell=700.0, attendance=70.0, visit=60.0, day_case=350.0, elective=1760.0,
    theatre_slot=200.0, coordination_hours=2.0, coordinator_hour=30.0,
)  # fmt: skip
HOSPITAL = np.zeros(1, dtype=HOSPITAL_STATE)
HOSPITAL["beds"] = 10


@pytest.fixture(scope="module")
def month():
    """A month of one hospital, the numbers set by hand below."""
    found = lived(1).months[0]
    return dataclasses.replace(
        found, days=30, hospital_out=np.zeros((1, found.hospital_out.shape[1]), dtype=np.int64),
        hospital_planned=np.zeros((1, found.hospital_planned.shape[1]), dtype=np.int64),
    )  # fmt: skip


def test_a_month_by_hand(month):
    """10 beds open for 30 days at 75 are 22,500; four days of an escalation bed at 260 are 1,040.

    200 bed-days at 160, 30 spells at 700, 50 attendances at 70, 40 visits at 60, 5 day cases at 350 and 2 stays at 1,760
    are 32,000 + 21,000 + 3,500 + 2,400 + 1,750 + 3,520 = 64,170.
    """
    use, planned = month.hospital_out, month.hospital_planned
    for column, quantity in ((HOSPITAL_BED_DAYS, 200), (HOSPITAL_ESCALATION_DAYS, 4), (HOSPITAL_ADMISSIONS, 30), (HOSPITAL_ATTENDANCES, 50)):
        use[0, column] = quantity
    for column, quantity in ((HOSPITAL_VISITS, 40), (HOSPITAL_DAY_CASES, 5), (HOSPITAL_ELECTIVE_STAYS, 2)):
        planned[0, column] = quantity
    kinds = cost_by_kind(hospital_lines(month, HOSPITAL, COSTS))
    assert {kind: cost.tolist() for kind, cost in kinds.items()} == {
        CostKind.FIXED: [2_250_000],
        CostKind.STEP: [104_000],
        CostKind.MARGINAL: [6_417_000],
    }
    use[:] = planned[:] = 0
    assert cost_by_kind(hospital_lines(month, HOSPITAL, COSTS))[CostKind.FIXED] == 2_250_000, "open beds cost, filled or not"


def test_theatres_and_coordinators_cost_money_whether_used_or_not(month):
    """In 28 days of twenty working days: four operations a day at 200, and half a discharge of two hours at 30."""
    hospital = HOSPITAL.copy()
    hospital["beds"], hospital["theatre_rate"], hospital["coordination_rate"] = 0, 4.0, 0.5
    lines = {line.name: line for line in hospital_lines(dataclasses.replace(month, days=28), hospital, COSTS)}
    assert lines["theatre lists"].cost.tolist() == [20 * 4 * 20_000]
    assert lines["discharge coordination"].cost.tolist() == [20 * 3_000]
    assert {lines[name].kind for name in ("theatre lists", "discharge coordination")} == {CostKind.FIXED}


def test_the_resource_account_has_every_kind_and_is_what_the_months_say():
    economy = lived(6, scale=0.005)
    account = economy.ledger.resources()
    assert set(account["resource"]) <= set(COST_KINDS)
    hospitals = account[account["organisation"].isin([hospital.name for hospital in economy.hospitals])]
    for kind, name in ((CostKind.FIXED, "fixed"), (CostKind.STEP, "step"), (CostKind.MARGINAL, "marginal")):
        pounds = hospitals[[COST_KINDS[resource] == kind for resource in hospitals["resource"]]]["pounds"].sum()
        assert pounds == pytest.approx(sum(getattr(costs, name).sum() for costs in economy.costs) / 100.0)
    assert sum(costs.fixed.sum() for costs in economy.costs) > 0
    for costs in economy.costs:
        assert (costs.resources == costs.fixed + costs.step + costs.marginal).all()


def test_a_day_and_a_spell_take_about_their_published_average_costs():
    """At the national share of beds in use a day takes P-B.cost-019, and a spell of the published mean stay P-B.cost-010."""
    costs = UnitCosts()
    day = costs.bed_day + costs.bed_open / (evidence("P-B.beds-002").number() / 100.0)
    assert day == pytest.approx(evidence("P-B.cost-019").number(), rel=0.05)
    stay = evidence("T-B-006").number() / evidence("T-B-039").number()  # 32.41 million bed-days, 5.4 million admissions
    assert costs.spell + stay * day == pytest.approx(evidence("P-B.cost-010").number(), rel=0.05)
