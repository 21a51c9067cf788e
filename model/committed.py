"""What is published of each account, how much of that is modelled, and what is committed besides.

The model has the adults' emergencies, operations and social care; accounts hold more than that: children and maternity,
care of disabled adults of working age by direct payment or in supported living, prescribing. That remainder of a published figure is
*committed*: it is part of the holder's budget, is paid each month, and grows by a rule of its own
(``model.settlement``), so that it competes for the money that the modelled lines need.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from agents.vocabulary import Account, Party
from model.accounts import UNIT_OF
from model.evidence import evidence
from model.place import Place
from model.place_data import read_table
from model.place_people import population

CONSULTATIONS, CONSULTATION, MENTAL_HEALTH, SHARES = "P-B.gp-001", "P-B.cost-047", "P-C.nhs-035", "P-C.nhs-030"
PRESCRIBING_SHARE = 0.125  # of a consortium's allocation: middle of 12 to 13 per cent, note of evidence P-C.nhs-030
SPEND = "asc_spend_2014_15_council.csv.gz"


class Published(NamedTuple):
    """A published figure for an account of a council or consortium.

    Parameters
    ----------
    pounds : a year; NaN where no source says
    source : in words
    status : ``data``, or ``assumed`` where a national rate stands in or nothing is known
    """

    pounds: float
    source: str
    status: str


class AccountLine(NamedTuple):
    """One account of a council or consortium in the base year.

    Parameters
    ----------
    organisation : its name
    account : name of the account, as in ``agents.vocabulary.Account``, in small letters
    published : pounds a year; NaN where no source says
    modelled : pounds a year at rest
    committed : what is published beyond what is modelled, never below zero
    modelled_share : of the published figure; above 1 where the model spends more than is published, 1 where nothing is
        published
    status, source : of the published figure
    """

    organisation: str
    account: str
    published: float
    modelled: float
    committed: float
    modelled_share: float
    status: str
    source: str


UNKNOWN = Published(math.nan, "no source: taken to be what is modelled", "assumed")


@lru_cache(maxsize=1)
def _people_of_england() -> int:
    return int(population(tuple(read_table("councils.csv")["utla_code"].tolist())).sum())


def published(place: Place) -> dict[Account, list[Published]]:
    """Return what is published of each account, by council or consortium as ``model.accounts.UNIT_OF`` says.

    Social care is net of charges and without what councils spend on commissioning itself, which is management. Figures of
    consortia are shares of their allocations, which are their own where published (fourteen consortia of the North) and else the national
    rate times people, and national rates a head; all are of the part that lies inside the place.
    """
    mental = evidence(MENTAL_HEALTH).number() * 1e9 / _people_of_england()
    practice = evidence(CONSULTATIONS).number() * evidence(CONSULTATION).number()
    facts = {(fact.organisation, fact.name): fact for fact in place.facts}
    found: dict[Account, list[Published]] = {account: [] for account in UNIT_OF}
    for council in place.councils:
        net = council.net_current_total_pounds - council.commissioning_pounds
        found[Account.SOCIAL_CARE].append(Published(net, f"{SPEND}: net current expenditure, commissioning apart", "data") if net > 0 else UNKNOWN)
        found[Account.PUBLIC_HEALTH].append(UNKNOWN)
    for consortium in place.consortia:
        for account, name in ((Account.ACUTE, "acute_pounds"), (Account.COMMUNITY, "community_pounds"), (Account.CONTINUING_CARE, "chc_pounds")):
            fact = facts[consortium.name, name]
            found[account].append(Published(fact.value, fact.source, fact.status))
        found[Account.MENTAL_HEALTH].append(Published(mental * consortium.people, f"all consortia's spend a head, evidence {MENTAL_HEALTH}, x people", "assumed"))
        pounds = practice * consortium.people + PRESCRIBING_SHARE * consortium.allocation_pounds
        source = f"general practice a head (evidence {CONSULTATIONS} x {CONSULTATION}) x people, and prescribing: {PRESCRIBING_SHARE:.1%} of the allocation (evidence {SHARES}, note)"
        found[Account.PRIMARY_CARE].append(Published(pounds, source, "assumed"))
    return found


def committed_of(known: Published, modelled: float) -> float:
    """Return the part of a published figure that is not modelled, in pounds: none where the model spends more, or nothing is known.

    Examples
    --------
    >>> committed_of(Published(100.0, "", "data"), 40.0), committed_of(Published(100.0, "", "data"), 120.0), committed_of(UNKNOWN, 5.0)
    (60.0, 0.0, 0.0)
    """
    return 0.0 if math.isnan(known.pounds) else max(known.pounds - modelled, 0.0)


def committed_pence(place: Place, modelled: Mapping[Account, np.ndarray], scale: float) -> dict[Account, np.ndarray]:
    """Return the committed lines of the base year, pence by council or consortium, for `scale` of the place's people.

    Parameters
    ----------
    modelled : pence of each account at rest, by council or consortium
    """
    return {
        account: np.array([round(committed_of(line, pence / (100.0 * scale)) * 100.0 * scale) for line, pence in zip(lines, modelled[account], strict=True)], dtype=np.int64)
        for account, lines in published(place).items()
    }


def account_lines(place: Place, modelled: Mapping[Account, np.ndarray], scale: float) -> list[AccountLine]:
    """Return the split of every account of every council and consortium in the base year, as for the whole place.

    Parameters
    ----------
    modelled : pence of each account at rest, by council or consortium, for `scale` of the people
    """
    rows, figures = [], published(place)
    for kind, units in ((Party.COUNCIL, place.councils), (Party.CONSORTIUM, place.consortia)):
        for u, unit in enumerate(units):
            for account, lines in figures.items():
                if UNIT_OF[account] != kind:
                    continue
                known, pounds = lines[u], float(modelled[account][u]) / (100.0 * scale)
                share = 1.0 if math.isnan(known.pounds) else pounds / known.pounds
                rows.append(AccountLine(unit.name, account.name.lower(), known.pounds, pounds, committed_of(known, pounds), share, known.status, known.source))
    return rows
