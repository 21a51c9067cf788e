"""Teams and records that NHS and council share: what each is worth at full capability and trust, to people and to those who decide.

Whether a team exists is a fact of a structure. What it does grows with its *capability*, which a new team builds up, and with the trust between
the organisations whose staff are in it: effect = size x capability x trust. Nobody knows the sizes well; every range includes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.parameter import Checked, parameter

TEAM_FACTORS = ("planning_factor", "assessment_factor", "package_factor", "proactive_factor")
"""Fields of a council's state that teams change; 1 without any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamEffects(Checked):
    """What teams and records do at full capability and trust; shared by all places and structures."""

    effect: float = parameter(
        1.0, "how much of all that teams and records do is there; 0 takes every team effect away", unit="share", low=0.0, high=1.0,
        assumption="1; a switch for comparisons without teams")
    assessment_days: float = parameter(
        0.3, "part of the days of an assessment in hospital that a single assessment saves", unit="share", low=0.0, high=0.6,
        assumption="the second professional need not come; direction known, size not")
    assessments_saved: float = parameter(
        0.2, "part of the council's assessments that a partner's stands in for where one serves both", unit="share", low=0.0, high=0.5,
        assumption="people ask not to tell their story twice; how many are told once is not known")
    planning_days: float = parameter(
        0.3, "part of the days of planning a discharge that a shared record saves", unit="share", low=0.0, high=0.6,
        assumption="what is known at home need not be asked for; direction known, size not")
    sight: float = parameter(
        0.3, "how much of what councils and consortia do not see of their effects on others a shared record shows", unit="share", low=0.0, high=0.8,
        assumption="records show who used what, not what it cost")
    package_days: float = parameter(
        0.2, "part of the days of arranging home care that working in one place saves", unit="share", low=0.0, high=0.5,
        assumption="a broker across the room; direction known, size not")
    growth_of_trust: float = parameter(
        0.2, "by how much what builds trust grows where staff work in one place", unit="ratio", low=0.0, high=0.6,
        assumption="people who meet daily come to know each other; direction known, size not")
    proactive: float = parameter(
        0.2, "by how much the share of crises that proactive care prevents grows with social workers in the team", unit="ratio", low=0.0, high=0.6,
        assumption="trials of case management mostly found little; those with social care in the team are few")


class Teams(Protocol):
    """Which teams and records exist."""

    @property
    def single_assessment(self) -> bool:
        """Whether one assessment serves health and social care."""

    @property
    def shared_record(self) -> bool:
        """Whether both see one record of a person."""

    @property
    def co_location(self) -> bool:
        """Whether staff of both work in one place."""

    @property
    def multidisciplinary(self) -> bool:
        """Whether there are social workers in the teams that look after the heaviest users."""


def meet(councils: np.ndarray, teams: Teams, strength: np.ndarray, effects: TeamEffects) -> None:
    """Write what teams do where people and care meet them.

    Parameters
    ----------
    councils : COUNCIL_STATE; written to
    teams : that exist
    strength : shape (n_councils,), capability x trust of each council's teams, 0 to 1
    effects : shared parameters
    """
    strength = effects.effect * strength
    councils["assessment_factor"] = 1.0 - teams.single_assessment * effects.assessment_days * strength
    councils["assessments_saved"] = teams.single_assessment * effects.assessments_saved * strength
    councils["planning_factor"] = 1.0 - teams.shared_record * effects.planning_days * strength
    councils["package_factor"] = 1.0 - teams.co_location * effects.package_days * strength
    councils["proactive_factor"] = 1.0 + teams.multidisciplinary * effects.proactive * strength


def sight_with(sight: float, teams: Teams, strength: float, effects: TeamEffects) -> float:
    """Return how much of its effects on others an organisation sees with whatever record it shares.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> sight_with(0.5, SimpleNamespace(shared_record=True), 1.0, TeamEffects(sight=0.4))
    0.7
    """
    return sight + (1.0 - sight) * teams.shared_record * effects.sight * effects.effect * strength
