"""What people are entitled to under a structure, put where people and councils meet it, month by month.

A structure states entitlements (``model.structures.Entitlement``); what they do is here and in ``agents.care``, the same
under all structures. Whatever becomes free falls on the social care account, in the month in which households no longer
pay it. Rules of payment and of competition that change how care is arranged are put in force here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from agents.entitlements import taken_up
from agents.vocabulary import Lever
from model.payment import pence
from model.rules import recording_ratio

if TYPE_CHECKING:
    from agents.organisation import Organisation
    from model.engine import Engine
    from model.holders import Holders
    from model.parameters import Parameters
    from model.place import Place
    from model.structures import CommissioningStructure, Entitlement

BANDS = {"substantial": 2.0, "critical": 3.0}
"""Need bands from which care may be free, by the codes of the eligibility lever."""

NATIONAL_MINIMUM = BANDS["substantial"]

FACTS = ["free_care", "free_band", "lifetime_cap", "free_day"]
"""Fields of ``COUNCIL_STATE`` that say what is free to whom."""


class Economy(Protocol):
    """What this room asks of the economy."""

    month: int
    holders: Holders
    parameters: Parameters
    place: Place
    engine: Engine
    councils: Sequence[Organisation]

    def log_rule(self, unit: Organisation, lever: Lever, before: float, after: float, rule: str) -> None:
        """Add what rules did to a lever to the log of decisions."""


def in_force(facts: Entitlement, month: str) -> Entitlement:
    """Return the entitlements of a month (``YYYY-MM``): those whose date has not come are as if the structure did not state them; steps change them later."""
    then = {name: type(facts).model_fields[name].default for name, start in facts.begins.items() if month < start}
    for step in facts.steps:
        then |= step.stated if step.begins <= month else {}
    return facts.model_copy(update=then) if then else facts


def put_in_force(economy: Economy) -> None:
    """Write this month's entitlements and rules where kernels and councils meet them; without any nothing changes by a bit."""
    date = economy.engine.calendar.date(economy.month)
    state, rules = economy.engine.organisations.councils, economy.parameters.entitlement
    state["free_day"] = free_day(economy.place, rules.board_share, state["own_price"])
    for structure, here in economy.holders.patchwork:
        facts = in_force(structure.entitlement, f"{date:%Y-%m}")
        state["free_care"][here] = 1.0 if facts.personal_care == "free" else 0.0
        state["free_band"][here] = BANDS.get(facts.free_from, 0.0)
        state["lifetime_cap"][here] = pence(facts.lifetime_cap)
        state["own_budgets"][here] = taken_up(state["own_budgets"][here], rules) if facts.choice == "personal_budgets" else 0.0
        keep_ceiling(economy, np.flatnonzero(here), ceiling(facts))
    set_paces(economy)


def free_day(place: Place, board_share: float, own_price: np.ndarray) -> np.ndarray:
    """Return what the council pays of a day in a care home for whoever pays the rest and has free care.

    It is a fixed sum, the care in a week at the price observed for the council, and never more than the person pays.

    Parameters
    ----------
    own_price : of ``COUNCIL_STATE``: pence that people pay for an hour, a residential and a nursing day

    Returns
    -------
    ndarray, shape (n_councils, 2)
        Pence of a residential and of a nursing day.
    """
    weeks = np.array([[pence(council.residential_pounds_per_week), pence(council.nursing_pounds_per_week)] for council in place.councils])
    return np.minimum(np.floor(weeks * (1.0 - board_share) / 7.0).astype(np.int64), own_price[:, 1:])


def ceiling(facts: Entitlement) -> float:
    """Return the highest need band that a council may ask for: whoever is entitled to free care is also entitled to care."""
    bands = [BANDS[facts.free_from]] if facts.free_from in BANDS else []
    return min([*bands, *([NATIONAL_MINIMUM] if facts.eligibility == "national_minimum" else [])], default=BANDS["critical"])


def keep_ceiling(economy: Economy, councils: Iterable[int], most: float) -> None:
    """Let no council, of some by position, ask for more than the highest band that rules allow: bring down who does, and let nobody go above.

    What rules do is no decision of the council: the level that they set is the one that it is measured against from then on.
    """
    lever, state = Lever.ELIGIBILITY, economy.engine.organisations.councils
    for c in councils:
        council = economy.councils[c]
        council.ceilings = {lever: most} if most < BANDS["critical"] else {}
        if council.rest[lever] > most:
            council.rest[lever] = most
            state[c].rest[lever] = most
        if council.levers[lever] > most:
            before, council.levers[lever] = council.levers[lever], most
            economy.log_rule(council, lever, before, most, "the national minimum of eligibility")


def claimed(structure: CommissioningStructure, parameters: Parameters) -> float:
    """Return the share of the delayed days that councils answer for that they pay hospitals for."""
    return parameters.prices.reimbursed_share if structure.payment.delays == "reimbursed" else 0.0


def set_paces(economy: Economy) -> None:
    """Write how long arranging takes, and what is recorded of delays, in the whole place: structures by council agree on both."""
    parameters, rules, structure = economy.parameters, economy.engine.rules, economy.holders.patchwork.structures[0]
    slower = parameters.entitlement.competing_days if structure.any_willing_provider else 1.0
    rules["planning_days"] = parameters.care.planning_days * slower
    rules["assessment_days"] = parameters.care.assessment_days * slower
    rules["recording_ratio"] = recording_ratio(parameters, claimed(structure, parameters))
