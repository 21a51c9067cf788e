"""A council: assesses, means-tests, arranges and pays for adult social care."""

from __future__ import annotations

from dataclasses import dataclass

from agents.organisation import Organisation
from agents.parameter import Checked, parameter
from agents.vocabulary import Lever, Party


@dataclass(frozen=True, kw_only=True, slots=True)
class CouncilBehaviour(Checked):
    """How a council decides, beyond what all organisations share."""

    optimism: float = parameter(
        1.0,
        "multiplies what a council believes its levers do to other accounts and to people",
        unit="ratio",
        low=0.5,
        high=2.0,
        assumption="1 is what a good analyst would find",
    )


class Council(Organisation):
    """A council with social care responsibilities.

    It sets from which band of need care is paid for, how strictly need is judged, how many hours a judged hour brings, what people
    are charged and providers are paid, and how much reablement, assessment, brokerage and prevention there is. It pays the care market for packages and placements, and receives charges from households. Unless a
    structure says otherwise it decides for itself and holds the social care account.
    """

    kind = Party.COUNCIL
    own_levers = (
        Lever.STRICTNESS, Lever.GENEROSITY, Lever.REABLEMENT, Lever.ASSESSMENT, Lever.ELIGIBILITY, Lever.CHARGES, Lever.FEES,
        Lever.BROKERAGE, Lever.PREVENTION,
    )  # fmt: skip
