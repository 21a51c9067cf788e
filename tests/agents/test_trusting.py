"""Trust between pairs begins with one seeded draw, mutual and the same in every run of a place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.deciding import DecidingBehaviour
from agents.trusting import PAIRS, starting_trust
from agents.vocabulary import Party
from model.rules import PEOPLE_SEED
from tests.strategies import small_economy

PLACES = st.integers(0, 300)


@given(st.sampled_from(PAIRS), PLACES, PLACES, st.floats(0.1, 0.9), st.floats(0.0, 0.4), st.integers(0, 2**64 - 1))
def test_trust_is_mutual_a_share_and_within_its_spread(kinds, first, second, mean, spread, seed):
    behaviour = DecidingBehaviour(trust=mean, trust_spread=spread)
    one, other = (kinds[0], first), (kinds[1], second)
    trust = starting_trust(one, other, behaviour, seed)
    assert trust == starting_trust(other, one, behaviour, seed)
    assert 0.0 <= trust <= 1.0
    assert abs(trust - mean) <= spread
    assert starting_trust(one, other, DecidingBehaviour(trust=mean, trust_spread=0.0), seed) == mean


def test_pairs_differ_and_their_mean_is_the_parameter():
    """Even draws: the mean of 3,000 within four standard errors, a false alarm once in 16,000."""
    behaviour = DecidingBehaviour()
    trusts = np.array([starting_trust((kinds[0], a), (kinds[1], b), behaviour, 1) for kinds in PAIRS for a in range(40) for b in range(25)])
    assert len(np.unique(trusts)) > 2990
    assert abs(trusts.mean() - behaviour.trust) < 4 * behaviour.trust_spread / np.sqrt(3 * len(trusts))


def test_there_is_no_trust_within_a_kind():
    with pytest.raises(ValueError, match="must be between a consortium, a council and a hospital, got council and council"):
        starting_trust((Party.COUNCIL, 0), (Party.COUNCIL, 1), DecidingBehaviour(), 1)


def test_a_place_starts_with_the_same_trust_under_every_structure_and_luck():
    economies = [small_economy(structure=structure, seed=seed) for structure, seed in (("separate-budgets", 1), ("council-led", 1), ("aligned-budgets", 2))]
    for units in zip(*(economy._units for economy in economies), strict=True):
        trusts = [economy.world.trust(unit) for economy, unit in zip(economies, units, strict=True)]
        assert trusts[0] == trusts[1] == trusts[2]
        assert len(trusts[0]) == 2
    council = economies[0].councils[0]
    partners = np.flatnonzero(economies[0].holders.people[Party.COUNCIL, Party.CONSORTIUM][0])
    each = [starting_trust((Party.COUNCIL, 0), (Party.CONSORTIUM, int(k)), DecidingBehaviour(), PEOPLE_SEED) for k in partners]
    assert min(each) <= economies[0].world.trust(council)[Party.CONSORTIUM] <= max(each)


def test_a_new_body_has_no_history():
    economy = small_economy(structure="single-budget")
    assert economy.world.trust(economy.bodies[0]) == {}


def test_without_spread_everybody_trusts_alike():
    from model.parameters import Parameters

    economy = small_economy(parameters=Parameters().with_values({"deciding.trust_spread": 0.0}))
    assert {trust for unit in economy._units for trust in economy.world.trust(unit).values()} == {0.5}
