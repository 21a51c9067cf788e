"""A hospital trust: whom it admits, and how ready it asks people to be before they leave."""

from __future__ import annotations

from dataclasses import dataclass

from agents.organisation import Organisation
from agents.parameter import Checked, parameter
from agents.vocabulary import Lever, Party


@dataclass(frozen=True, kw_only=True, slots=True)
class HospitalBehaviour(Checked):
    """How a hospital decides, beyond what all organisations share."""

    optimism: float = parameter(
        1.0,
        "multiplies what a hospital believes its levers do to other accounts and to people",
        unit="ratio",
        low=0.5,
        high=2.0,
        assumption="1 is what a good analyst would find",
    )


class Hospital(Organisation):
    """An acute hospital trust.

    It sets the severity above which an emergency is admitted, the readiness asked for before discharge, how many discharges its
    coordinators can plan, how many operations its theatres do, and how many of them without a night. Its account
    is its margin: what care costs it less what it is paid, so a step that brings more income than cost relieves it.
    """

    kind = Party.HOSPITAL
    own_levers = (
        Lever.ADMISSION_THRESHOLD, Lever.DISCHARGE_READINESS, Lever.DISCHARGE_COORDINATION, Lever.ELECTIVE_LISTS, Lever.DAY_CASES,
    )  # fmt: skip
