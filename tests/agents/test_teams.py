"""What teams do is size x capability x trust; where there is none, nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients.living import COUNCIL_STATE
from agents.teams import TEAM_FACTORS, TeamEffects, meet, sight_with

KINDS = ("single_assessment", "shared_record", "co_location", "multidisciplinary")
FIELDS = {
    "single_assessment": ("assessment_factor", "assessments_saved"), "shared_record": ("planning_factor",),
    "co_location": ("package_factor",), "multidisciplinary": ("proactive_factor",),
}  # fmt: skip
EFFECTS = TeamEffects()


def teams(*there: str):
    return SimpleNamespace(**{kind: kind in there for kind in KINDS})


def met(there, strength: float, effects: TeamEffects = EFFECTS) -> np.ndarray:
    councils = np.zeros(2, dtype=COUNCIL_STATE)
    meet(councils, there, np.full(2, strength), effects)
    return councils


def at_rest(councils: np.ndarray) -> bool:
    return bool(all((councils[name] == 1.0).all() for name in TEAM_FACTORS) and (councils["assessments_saved"] == 0.0).all())


@given(st.floats(0.0, 1.0))
def test_without_teams_nothing_changes(strength):
    assert at_rest(met(teams(), strength))
    assert sight_with(0.5, teams("co_location"), strength, EFFECTS) == 0.5


def test_no_capability_no_trust_and_the_switch_each_take_every_effect_away():
    assert at_rest(met(teams(*KINDS), 0.0))
    off = TeamEffects(effect=0.0)
    assert at_rest(met(teams(*KINDS), 1.0, off))
    assert sight_with(0.5, teams(*KINDS), 1.0, off) == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_each_team_does_its_own_work_in_proportion_to_its_strength(kind):
    half, whole = met(teams(kind), 0.5), met(teams(kind), 1.0)
    for name in (*TEAM_FACTORS, "assessments_saved"):
        rest = 0.0 if name == "assessments_saved" else 1.0
        if name in FIELDS[kind]:
            assert (whole[name] != rest).all()
            assert half[name] - rest == pytest.approx((whole[name] - rest) / 2.0)
        else:
            assert (whole[name] == rest).all()


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_shared_record_shows_more_and_never_more_than_all(sight, strength):
    assert sight <= sight_with(sight, teams("shared_record"), strength, EFFECTS) <= 1.0
