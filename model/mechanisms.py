"""Which mechanisms a run has, which it lacks, and whom a lack favours: worked out from what is switched on.

A mechanism that this version does not have at all is lacking in every run; one that a parameter or a structure
switches is lacking where it is switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.vocabulary import Account
from model.parameters import Parameters
from model.structures import CommissioningStructure

Switch = Callable[[Parameters, CommissioningStructure], bool]


def _never(parameters: Parameters, structure: CommissioningStructure) -> bool:
    return False


def _above_zero(name: str) -> Switch:
    part, _, key = name.partition(".")
    return lambda parameters, structure: getattr(getattr(parameters, part), key) > 0.0


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism.

    Parameters
    ----------
    name : what it is, in words
    favours : whom its lack favours, in words
    present : whether a run with these parameters and this structure has it
    """

    name: str
    favours: str
    present: Switch = _never


LEARNING = Mechanism("learning from what happened", "nobody in particular: beliefs stay as measured at rest unless a run is told to learn")
"""The one that a run is told to have."""

MECHANISMS: tuple[Mechanism, ...] = (
    Mechanism("unmet need that brings people to hospital", "whoever cuts social care: nothing comes back as emergencies",
              _above_zero("seeking.contacts_per_unmet_hour")),
    Mechanism("unmet need that makes people frailer", "whoever cuts social care: no lasting harm is done",
              _above_zero("living.frailty_from_unmet")),
    Mechanism("frailty lost to days in hospital", "whoever lets people wait in beds", _above_zero("hospital.deconditioning")),
    Mechanism("harm from emergencies that are not admitted", "hospitals that raise their threshold", _above_zero("hospital.untreated_death")),
    Mechanism("crises that proactive care prevents", "structures that cut proactive care", _above_zero("seeking.proactive_prevents")),
    Mechanism("reablement that restores", "structures that cut reablement", _above_zero("care.reablement_restores")),
    Mechanism("supply of care that answers to demand", "nobody in particular: queues grow under every structure", _above_zero("market.home_care_response")),
    Mechanism("a holder of social care money that sees the hospital bill", "separate budgets do not have it; that is the question asked here",
              lambda parameters, structure: structure.holder(Account.SOCIAL_CARE) == structure.holder(Account.ACUTE)),
    Mechanism("planned care that is worth having", "structures under which emergencies grow: no cancelled operation counts against them",
              _above_zero("planned.waiting_loss")),
    Mechanism("planned care that competes for the same beds", "structures under which emergencies grow: a full hospital cancels operations, but their nights never fill it",
              _above_zero("planned.overnight_major")),
    Mechanism("disputes over continuing healthcare", "separate budgets: two payers never quarrel over a patient here", _above_zero("care.disputed_share")),
    Mechanism("teams, shared records and single assessment", "separate budgets: integration brings no quicker assessment or handover here", _above_zero("teamwork.effect")),
    Mechanism("joint money that makes good relationships better and poor ones worse", "structures imposed on poor relationships", _above_zero("trusting.amplifier")),
    Mechanism("reorganisation: the dip in capacity", "the single budget, which begins at full strength in the first month", _above_zero("reorganising.depth")),
    Mechanism("prevention through public health", "nobody for some years; then structures that would have cut it",
              lambda parameters, structure: max(parameters.prevention.onset_prevented, parameters.prevention.falls_prevented) > 0.0),
    Mechanism("general practice whose access and continuity prevent crises", "consortia: cutting it brings nobody to hospital but those turned away",
              _above_zero("seeking.unmanaged_by_continuity")),
    Mechanism("community nurses, dementia and continence services that others would have to stand in for", "consortia: cutting them cannot land on social care here",
              lambda parameters, structure: max(parameters.services.nursing_need, parameters.services.dementia_need, parameters.services.continence_need) > 0.0),
    Mechanism("health teams for care homes", "consortia that cut them", _above_zero("services.home_contacts")),
    Mechanism("health and wellbeing boards", "structures without one", lambda parameters, structure: structure.board is not None),
    Mechanism("marginal rate and 30-day rule", "hospitals, which are paid in full for growth and for returns",
              lambda parameters, structure: structure.payment.all_by_rule or min(parameters.prices.marginal_share, parameters.prices.return_share) < 1.0),
    Mechanism("what councils owe hospitals for delay", "councils: a wait in hospital for their care costs them nothing", lambda parameters, structure: structure.payment.delays == "reimbursed" and parameters.prices.reimbursed_share > 0.0),
    Mechanism("fees that a council sets and a market that leaves", "councils: paying less never loses them providers here",
              lambda parameters, structure: max(parameters.market.home_care_by_fees, parameters.market.places_by_fees) > 0.0),
    Mechanism("charges that keep people from asking", "councils that would raise charges", _above_zero("seeking.asks_by_charges")),
    Mechanism("growth of demand at fixed age", "every budget: only ageing and migration add to demand"),
    LEARNING,
)  # fmt: skip


def lacking(parameters: Parameters, *structures: CommissioningStructure, learning: bool = False) -> list[Mechanism]:
    """Return the mechanisms that a run with these parameters, learning or not, lacks under all of these structures, in a fixed order."""
    known = [mechanism for mechanism in MECHANISMS if not (learning and mechanism is LEARNING)]
    return [mechanism for mechanism in known if not any(mechanism.present(parameters, structure) for structure in structures)]
