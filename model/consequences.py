"""What decisions cost or save in their own lines, against the levers' rest: a month's consequences that are no events of people.

What a decision causes through people (an emergency that would not have come, say) is noted where it happens; here stand
capacities opened or closed, care withheld, fees and charges, contributions, and claims that were decided otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from agents.hospital.planned import HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS
from agents.organisation import Organisation, World
from agents.patients.living import (
    TURNED_HOME_PENCE,
    TURNED_MINUTES,
    TURNED_NURSING,
    TURNED_RESIDENT_PENCE,
    TURNED_RESIDENTIAL,
    WITHHELD,
)
from agents.vocabulary import Account, Lever, Party, Service
from model.accounts import CAPACITIES, HOSPITAL_CAPACITIES, UNIT_OF, CarePrices, Costs, beyond_observed, care_prices
from model.engine import Engine, Month, Organisations
from model.holders import Holders
from model.ledger import CONSEQUENCE, Parties
from model.parameters import Parameters
from model.payment import pence
from model.place import Place
from model.resources import hospital_lines

Row = tuple[int, Service, Organisation, Lever, int]
"""Party that bears it, service line, whose lever, which, and pence (negative: saved)."""


class Economy(Protocol):
    """What this room asks of the economy."""

    place: Place
    parameters: Parameters
    parties: Parties
    holders: Holders
    world: World
    engine: Engine
    at_rest: Organisations
    councils: Sequence[Organisation]
    consortia: Sequence[Organisation]
    hospitals: Sequence[Organisation]

    def transfers(self, council: int, consortium: int, pence: int) -> list[tuple[int, int, int]]:
        """Return who pays whom what of a contribution to social care."""


def own_consequences(economy: Economy, month: Month, costs: Costs, journal: np.ndarray) -> np.ndarray:
    """Return what levers cost or save in their own lines, against rest: care withheld, capacity opened or closed, fees and charges."""
    rows: list[Row] = []

    def charge(account: Account, at: int, service: Service, unit: Organisation, lever: Lever, pence: int) -> None:
        rows.extend((payer, service, unit, lever, part) for payer, part in economy.holders.bill(account, at, pence))

    for capacity in CAPACITIES:
        for number, unit in enumerate(economy.councils if UNIT_OF[capacity.account] == Party.COUNCIL else economy.consortia):
            multiple = unit.levers[capacity.lever] / max(unit.rest[capacity.lever], 1e-9)
            beyond = _beyond_rest(getattr(costs, capacity.cost)[number], multiple)
            charge(capacity.account, number, capacity.service, unit, capacity.lever, beyond)
    for c, k in np.argwhere(costs.contributed).tolist():
        for payer, payee, amount in economy.transfers(c, k, int(costs.contributed[c, k])):
            rows.append((payer, Service.POOL, economy.consortia[k], Lever.CONTRIBUTION, amount))
            rows.append((payee, Service.POOL, economy.consortia[k], Lever.CONTRIBUTION, -amount))
    rows += _of_councils(economy, month)
    rows += _of_hospitals(economy, month, journal)
    rows += _of_claims(economy, month)
    rows = [row for row in rows if row[4] != 0]
    notes = np.zeros(len(rows), dtype=CONSEQUENCE)
    for at, (payer, service, unit, lever, amount) in enumerate(rows):
        notes[at]["payer"], notes[at]["service"], notes[at]["lever"], notes[at]["pence"] = payer, service, lever, amount
        notes[at]["decider"] = economy.world.decider(unit, lever).index
    return notes


def _prices_paid(economy: Economy) -> CarePrices:
    """Return what councils pay the market now."""
    return care_prices(economy.place).at(economy.engine.organisations.councils["levers"][:, Lever.FEES])


def _of_councils(economy: Economy, month: Month) -> Iterator[Row]:
    """Yield what care withheld, fees and charges cost or save the holder of social care, and households, against rest.

    Care withheld is worth what the council pays for an hour now.
    """
    hour, beyond = _prices_paid(economy).home_care_hour, beyond_observed(month, economy.engine.organisations, economy.place, economy.parameters)
    for c, council in enumerate(economy.councils):
        withheld = int(month.totals[c, WITHHELD]) * int(hour[c]) // 60
        charges = int(beyond.charges[c])
        found = [(Service.HOME_CARE, Lever(int(economy.engine.organisations.councils[c].withheld_lever)), -withheld), (Service.CHARGES, Lever.CHARGES, -charges)]
        for service, amounts in zip((Service.HOME_CARE, Service.RESIDENTIAL_CARE, Service.NURSING_CARE), beyond.fees, strict=True):
            found.append((service, Lever.FEES, int(amounts[c])))
        for service, lever, amount in found:
            if amount != 0:  # at rest all are
                for payer, part in economy.holders.bill(Account.SOCIAL_CARE, c, amount):
                    yield payer, service, council, lever, part
        yield economy.parties.index("households"), Service.CHARGES, council, Lever.CHARGES, charges


def _of_hospitals(economy: Economy, month: Month, journal: np.ndarray) -> list[Row]:
    """Return what hospitals' capacities cost or save them, and what payers owe for more operations than at rest, or save."""
    known, rows = economy.engine.organisations.hospitals, []
    lines = {line.name: line for line in hospital_lines(month, known, economy.parameters.costs)}
    for h, hospital in enumerate(economy.hospitals):
        for capacity in HOSPITAL_CAPACITIES:
            beyond = _beyond_rest(lines[capacity.line].cost[h], hospital.levers[capacity.lever] / hospital.rest[capacity.lever])
            rows.append((hospital.index, capacity.service, hospital, capacity.lever, beyond))
        more = hospital.levers[Lever.ELECTIVE_LISTS] - hospital.rest[Lever.ELECTIVE_LISTS]
        done = int(month.hospital_planned[h, [HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS]].sum())
        if more == 0.0 or done == 0:
            continue
        at_rest = economy.at_rest.hospitals["theatre_rate"][h] * month.days * 5.0 / 7.0  # lists are full at rest
        part = max(1.0 - at_rest / done, 0.0) if more > 0.0 else min(1.0 - at_rest / done, 0.0)
        bills = journal[(journal["payee"] == hospital.index) & (journal["service"] == Service.ELECTIVE)]
        for payer in np.unique(bills["payer"]).tolist():
            bill = int(bills["pence"][bills["payer"] == payer].sum())
            rows.append((payer, Service.ELECTIVE, hospital, Lever.ELECTIVE_LISTS, int(bill * part)))
    return rows


def _of_claims(economy: Economy, month: Month) -> Iterator[Row]:
    """Yield who pays more or less, and how much, because claims to continuing healthcare were not decided as at rest.

    What falls on a council or on people is shared out over consortia in proportion to the days that each moved there.
    """
    week, households = pence(economy.parameters.prices.continuing_week), economy.parties.index("households")
    prices = _prices_paid(economy)
    for c, days in enumerate(month.turned_days):
        totals = month.totals[c]
        on_council = (
            (Service.HOME_CARE, totals[TURNED_MINUTES] * prices.home_care_hour[c] // 60),
            (Service.RESIDENTIAL_CARE, totals[TURNED_RESIDENTIAL] * prices.residential_week[c] // 7),
            (Service.NURSING_CARE, totals[TURNED_NURSING] * prices.nursing_week[c] // 7),
        )
        on_people = ((Service.HOME_CARE, totals[TURNED_HOME_PENCE]), (Service.RESIDENTIAL_CARE, totals[TURNED_RESIDENT_PENCE]))
        moved = np.abs(days)
        for k in np.flatnonzero(moved):
            unit = economy.consortia[k]
            for payer, part in economy.holders.bill(Account.CONTINUING_CARE, k, -int(days[k]) * week // 7):
                yield payer, Service.CONTINUING_CARE, unit, Lever.CHC_STRICTNESS, part
            for service, amount in on_council:
                for payer, part in economy.holders.bill(Account.SOCIAL_CARE, c, int(amount) * int(moved[k]) // int(moved.sum())):
                    yield payer, service, unit, Lever.CHC_STRICTNESS, part
            for service, amount in on_people:
                yield households, service, unit, Lever.CHC_STRICTNESS, int(amount) * int(moved[k]) // int(moved.sum())


def _beyond_rest(amount: int, multiple: float) -> int:
    """Return the part of `amount` that a capacity of `multiple` times the rest level costs beyond rest (negative: saves)."""
    return int(int(amount) * (1.0 - 1.0 / multiple)) if multiple > 0 else 0
