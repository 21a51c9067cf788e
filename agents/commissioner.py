"""A single local commissioner: a body that a structure may create to hold budgets and decide for others."""

from __future__ import annotations

from dataclasses import dataclass

from agents.organisation import Organisation
from agents.parameter import Checked, parameter
from agents.vocabulary import Party


@dataclass(frozen=True, kw_only=True, slots=True)
class CommissionerBehaviour(Checked):
    """How a body that a structure makes decides, beyond what all organisations share."""

    optimism: float = parameter(
        1.0,
        "multiplies what a body that a structure makes believes levers do to accounts that are not its own and to people",
        unit="ratio",
        low=0.5,
        high=2.0,
        assumption="1 is what a good analyst would find; the same as for the organisations it decides for",
    )


class Commissioner(Organisation):
    """A body that commissions health and social care together.

    It owns no lever: councils and consortia keep theirs and carry out what it decides, each place its own level. What
    it brings are its stakes, the price of its money and what it sees.
    """

    kind = Party.COMMISSIONER
