"""A GP consortium: commissions NHS care for the people who live in its area."""

from __future__ import annotations

from dataclasses import dataclass

from agents.organisation import Organisation
from agents.parameter import Checked, parameter
from agents.vocabulary import Lever, Party


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsortiumBehaviour(Checked):
    """How a GP consortium decides, beyond what all organisations share."""

    optimism: float = parameter(
        1.0,
        "multiplies what a consortium believes its levers do to other accounts and to people",
        unit="ratio",
        low=0.5,
        high=2.0,
        assumption="1 is what a good analyst would find; regression to the mean makes heavy users look helped",
    )


class GPConsortium(Organisation):
    """A GP consortium (in law a clinical commissioning group).

    It sets how much community, mental-health and primary care there is, how many of the heaviest users and of the care homes are
    looked after, and how strictly claims to continuing healthcare are judged; it pays hospitals, the community provider and the
    care of people under continuing healthcare. Unless a structure says otherwise it decides for itself and holds its accounts.
    """

    kind = Party.CONSORTIUM
    own_levers = (
        Lever.COMMUNITY, Lever.PROACTIVE, Lever.COMMUNITY_NURSING, Lever.MENTAL_HEALTH, Lever.DEMENTIA, Lever.CONTINENCE,
        Lever.CARE_HOME_SUPPORT, Lever.GP_ACCESS, Lever.CHC_STRICTNESS, Lever.CONTRIBUTION,
    )  # fmt: skip
