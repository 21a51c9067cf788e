"""What organisations cost to run, and what it costs to change over to another structure.

Every organisation that commissions bears its own management. Where a structure gives its money to another to hold, the
work goes along, at a saving; and the change itself costs, in proportion to the money that changes hands, for some months.
Both are paid out of the budgets there are, unless a run has the treasury pay for the change on top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from agents.parameter import Checked, parameter
from agents.vocabulary import Account, Party
from model.payment import pence
from model.place import Place

MONTHS = 12
Money = Mapping[tuple[Account, Party, int], Sequence[tuple[int, int]]]
"""For each account of each unit (kind and position): who pays, and what, pence a year."""

SOURCES = {Party.COUNCIL: "council", Party.CONSORTIUM: "nhs"}
"""Which settlement an area's money grows by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overheads(Checked):
    """What management and reorganisation cost, the same under every structure."""

    running_cost: float = parameter(
        25.0, "what a consortium's management costs", unit="pounds a head a year", low=18.0, high=30.0,
        assumption="the running-cost allowance that consortia were promised, recalled; a council's is in its accounts")
    merged_saving: float = parameter(
        0.1, "part of management that is saved where another organisation takes it over with the money", unit="share", low=0.0, high=0.3,
        assumption="mergers saved a third to two thirds of what was planned (P-C.org-002), of overheads that in part go on")
    transition_share: float = parameter(
        0.023, "what a reorganisation costs, of the money that changes hands", unit="share of a year's money", low=0.005, high=0.055,
        assumption="1.5 billion (P-C.org-003) for the 64 billion that consortia took over (P-C.nhs-029); at most the 3.5 billion of its critics")
    transition_months: float = parameter(
        18.0, "months from the start over which that is spent", unit="months", low=6.0, high=36.0, positive=True, evidence="P-C.org-001")


class ChangeOver(NamedTuple):
    """What one organisation spends on a change to another structure.

    Parameters
    ----------
    payer : index of the ledger
    pence : in all
    since : month of the run, from which on it is spent
    lasts : months over which it is spent
    """

    payer: int
    pence: int
    since: int
    lasts: float


@dataclass(slots=True)
class Overhead:
    """What one organisation's management and change-over come to.

    Parameters
    ----------
    budget : pence a year for the work it does, by which settlement it grows
    cost : pence a year of doing it
    transition : pence in all of what it takes over
    """

    budget: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SOURCES.values(), 0))
    cost: int = 0
    transition: int = 0


def management_at_rest(place: Place, scale: float, overheads: Overheads) -> dict[Party, np.ndarray]:
    """Return what each council's and consortium's management costs before anything is reorganised, pence a year.

    A council's is what it spends on commissioning and service delivery; a consortium's a running cost a head.
    """
    councils = [council.commissioning_pounds for council in place.councils]
    consortia = [overheads.running_cost * consortium.people for consortium in place.consortia]
    return {kind: np.array([pence(pounds * scale) for pounds in each], dtype=np.int64) for kind, each in ((Party.COUNCIL, councils), (Party.CONSORTIUM, consortia))}


def overheads_by_payer(
    management: Mapping[Party, np.ndarray], money: Money, own: Mapping[tuple[Party, int], int], overheads: Overheads, before: Money | None = None
) -> dict[int, Overhead]:
    """Return what management and change-over come to for each organisation.

    Parameters
    ----------
    management : pence a year of each council's and consortium's own, before anything is reorganised
    money : who pays what under the structure
    own : who each unit is
    overheads : shared parameters
    before : who paid what until now; every unit itself if None

    Examples
    --------
    A body takes over everything of a council whose management cost 100: it has 100 for it, spends 90, and the change-over of
    1,000 costs it 23.

    >>> found = overheads_by_payer({Party.COUNCIL: np.array([100])}, {(Account.SOCIAL_CARE, Party.COUNCIL, 0): [(7, 1000)]}, {(Party.COUNCIL, 0): 1}, Overheads())
    >>> {who: (sum(each.budget.values()), each.cost, each.transition) for who, each in found.items()}
    {1: (0, 0, 0), 7: (100, 90, 23)}
    """
    found = {who: Overhead() for who in own.values()}
    for (kind, unit), who in own.items():
        mine: dict[int, int] = {}
        gained: dict[int, int] = {}
        for key, bills in money.items():
            if key[1:] != (kind, unit):
                continue
            had = dict(before[key]) if before is not None else {who: sum(part for _, part in bills)}
            for payer, part in bills:
                mine[payer] = mine.get(payer, 0) + part
                gained[payer] = gained.get(payer, 0) + max(part - had.get(payer, 0), 0)
        whole, work = sum(mine.values()), int(management[kind][unit])
        kept = work
        for payer, more in gained.items():
            found.setdefault(payer, Overhead()).transition += round(more * overheads.transition_share)
        for payer, moved in sorted(mine.items()):
            if payer == who:
                continue
            taken = work * moved // max(whole, 1)
            kept -= taken
            other = found.setdefault(payer, Overhead())
            other.budget[SOURCES[kind]] += taken
            other.cost += round(taken * (1.0 - overheads.merged_saving))
        found[who].budget[SOURCES[kind]] += kept
        found[who].cost += kept
    return found


def transition_spent(whole: int, month: int, months: float) -> int:
    """Return what has been spent of a change-over's cost by the end of a month (from 0), evenly over `months`; in the first where these are 0.

    Examples
    --------
    >>> [transition_spent(900, month, 18.0) for month in (-1, 0, 8, 17, 40)], [transition_spent(900, month, 0.0) for month in (-1, 0)]
    ([0, 50, 450, 900, 900], [0, 900])
    """
    return round(whole * min(max(month + 1, 0) / max(months, 1.0), 1.0))
