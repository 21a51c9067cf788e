"""What care takes outside hospitals, at 2014/15 prices: the resource account of councils' and consortia's services.

Hours, days and consultations are *marginal*, at one unit cost for everybody: what a self-funder pays more is a transfer, no resource.
Staff who assess and arrange are *fixed*; places and services that are opened and closed are *steps*. A capacity takes what it
costs, whether used or not: every row of ``model.accounts.CAPACITIES`` is a line here, but general practice, which is counted by
consultation.
"""

from __future__ import annotations

import numpy as np

from agents.patients.living import (
    COUNCIL_CARE,
    NURSING_COUNCIL,
    NURSING_SELF,
    RESIDENTIAL_COUNCIL,
    RESIDENTIAL_SELF,
    SELF_CARE,
)
from agents.vocabulary import Lever, Party
from model.accounts import CAPACITIES, UNIT_OF, Costs
from model.engine import Month
from model.payment import pence
from model.resources import COST_KINDS, CostKind, ResourceLine, UnitCosts

BY_CONSULTATION = Lever.GP_ACCESS


def care_lines(month: Month, costs: Costs, unit_costs: UnitCosts) -> list[tuple[Party, ResourceLine]]:
    """Return what a month's care took outside hospitals, with whose area each line is told for.

    Parameters
    ----------
    month : what was done
    costs : of that month, for what its capacities took
    unit_costs : of a unit

    Returns
    -------
    list
        Lines by council or by consortium, each with which of the two.
    """
    totals = month.totals
    lines = [
        (Party.COUNCIL, ("home care minutes", totals[:, COUNCIL_CARE] + totals[:, SELF_CARE], unit_costs.home_care_hour, 60)),
        (Party.COUNCIL, ("residential days", totals[:, RESIDENTIAL_COUNCIL] + totals[:, RESIDENTIAL_SELF], unit_costs.residential_week, 7)),
        (Party.COUNCIL, ("nursing days", totals[:, NURSING_COUNCIL] + totals[:, NURSING_SELF], unit_costs.nursing_week, 7)),
        (Party.CONSORTIUM, ("continuing healthcare days", month.continuing_days.sum(axis=0), unit_costs.continuing_week, 7)),
        (Party.CONSORTIUM, ("consultations", month.consultations.sum(axis=0), unit_costs.consultation, 1)),
    ]
    found = [(whose, ResourceLine(name, COST_KINDS[name], quantity.astype(np.int64), pence(pounds), per)) for whose, (name, quantity, pounds, per) in lines]
    for capacity in CAPACITIES:
        if capacity.lever != BY_CONSULTATION:
            name = capacity.service.name.lower().replace("_", " ")
            found.append((UNIT_OF[capacity.account], ResourceLine(name, COST_KINDS[name], getattr(costs, capacity.cost), 1)))
    return found


def resources_by_kind(lines: list[tuple[Party, ResourceLine]]) -> dict[CostKind, int]:
    """Return fixed, step and marginal costs of some lines, in pence."""
    return {kind: sum(int(line.cost.sum()) for _, line in lines if line.kind == kind) for kind in CostKind}
