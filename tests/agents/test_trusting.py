"""Trust between pairs begins with one seeded draw, mutual and the same in every run of a place; facts move it, and history holds it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.deciding import DecidingBehaviour
from agents.trusting import (
    PAIRS,
    Facts,
    TrustingBehaviour,
    amplified,
    dispute_factor,
    history_of,
    leader_left,
    moved,
    rates,
    shunt_felt,
    starting_trust,
)
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


# Moving

SHARE = st.floats(0.0, 1.0)
BEHAVIOUR = TrustingBehaviour()
USUAL = BEHAVIOUR.leaders_leave


def at_rest(depth: float = 0.03, **facts: float) -> Facts:
    """A quarter in which nothing differs from rest, unless told otherwise."""
    nothing = {"depth": depth, "depth_at_rest": depth, "kept": 1.0, "coterminosity": 0.5, "changed": USUAL, "shunted": 0.0, "disrupted": 0.0}
    return Facts(**{name: np.float64(value) for name, value in (nothing | facts).items()})


def after(trust: float, quarters: int, facts: Facts, behaviour: TrustingBehaviour = BEHAVIOUR, engagement: float = 1.0, start: float | None = None) -> float:
    """Trust after some quarters alike, of a pair that began at `start`."""
    history = history_of(np.float64(trust if start is None else start), facts.depth_at_rest, behaviour)
    for _ in range(quarters):
        trust = moved(trust, rates(history, facts, behaviour, engagement), facts.depth, behaviour)
    return float(trust)


@given(SHARE, st.floats(0.0, 0.3), st.floats(0.0, 0.4))
def test_a_pair_at_rest_stays_where_it_began(trust, depth, amplifier):
    assert after(trust, 40, at_rest(depth), TrustingBehaviour(amplifier=amplifier)) == pytest.approx(trust, abs=1e-9)


@given(SHARE, SHARE)
def test_whoever_left_rest_comes_back_to_it(trust, start):
    """Half of the way in log 2 / log(1 / (1 - 0.05)) quarters where nothing is joint."""
    facts = at_rest(0.0)
    assert after(trust, 400, facts, start=start) == pytest.approx(start, abs=1e-6)
    assert after(trust, 14, facts, start=start) - start == pytest.approx((trust - start) * 0.95**14, abs=1e-9)


@given(SHARE, SHARE, SHARE, SHARE, SHARE, SHARE, st.floats(0.0, 1.0), SHARE, st.floats(0.0, 1.2))
def test_trust_stays_a_share_whatever_happens(trust, depth, rest, kept, coterminosity, changed, shunted, disrupted, engagement):
    facts = Facts(*(np.float64(value) for value in (depth, rest, kept, coterminosity, changed, shunted, disrupted)))
    history = history_of(np.float64(trust), facts.depth_at_rest, BEHAVIOUR)
    now = rates(history, facts, BEHAVIOUR, engagement)
    assert min(now) >= 0.0
    assert 0.0 <= moved(np.float64(trust), now, facts.depth, BEHAVIOUR) <= 1.0


@given(st.floats(0.0, 0.5), SHARE, st.floats(0.0, 0.4))
def test_the_amplifier_turns_at_one_half_and_is_even_about_it(away, depth, amplifier):
    above, below = amplified(0.5 + away, depth, amplifier), amplified(0.5 - away, depth, amplifier)
    assert above >= 0.0 >= below
    assert above == pytest.approx(-below, abs=1e-12)
    assert amplified(0.5, depth, amplifier) == amplified(0.5 + away, 0.0, amplifier) == amplified(0.5 + away, depth, 0.0) == 0.0


@given(st.floats(0.2, 0.8), st.floats(0.05, 1.0))
def test_each_fact_moves_trust_its_own_way(trust, size):
    rest = after(trust, 4, at_rest())
    assert after(trust, 4, at_rest(depth=0.03, changed=0.0)) > rest > after(trust, 4, at_rest(changed=1.0))
    assert after(trust, 4, at_rest(shunted=0.02 * size)) < rest
    assert after(trust, 4, at_rest(disrupted=size)) < rest
    assert after(trust, 4, at_rest(kept=1.0 - size)) < rest
    assert after(trust, 4, at_rest(), engagement=BEHAVIOUR.imposed) < rest
    more = {"depth": 0.03 + size / 2.0, "depth_at_rest": 0.03}
    kept, broken = (after(trust, 4, at_rest(**more, kept=share), TrustingBehaviour(amplifier=0.0)) for share in (1.0, 0.0))
    assert kept > after(trust, 4, at_rest(), TrustingBehaviour(amplifier=0.0)) > broken
    near, far = (after(trust, 4, at_rest(**more, coterminosity=share)) for share in (1.0, 0.0))
    assert near > far


def test_joint_money_makes_good_better_and_poor_poorer():
    """With nothing but the amplifier: pairs drift apart from each other, and without it they do not."""
    joint = at_rest(depth=1.0, depth_at_rest=0.0)
    for amplifier, apart in ((0.0, 0.0), (0.4, 0.01)):
        behaviour = TrustingBehaviour(amplifier=amplifier, agreements=0.0)
        good, poor = (after(trust, 8, joint, behaviour) - trust for trust in (0.7, 0.3))
        assert good >= apart
        assert poor <= -apart
        assert good == pytest.approx(-poor, abs=1e-9)


@given(st.floats(0.0, 0.2), st.floats(-0.5, 0.5), SHARE, SHARE)
def test_a_shunt_felt_is_no_more_than_the_overspend(overspent, caused, information, blame):
    felt = float(shunt_felt(overspent, np.float64(caused), information, blame))
    assert 0.0 <= felt <= overspent + 1e-12
    assert shunt_felt(0.0, np.float64(caused), information, blame) == 0.0
    assert shunt_felt(overspent, np.float64(caused), 1.0, blame) == pytest.approx(min(max(caused, 0.0), overspent))


def test_disputes_shorten_with_trust_and_are_as_observed_at_the_start():
    trust = np.array([0.2, 0.5, 0.8])
    factor = dispute_factor(trust, np.full(3, 0.5), BEHAVIOUR)
    assert factor[1] == 1.0
    assert factor[0] > 1.0 > factor[2]
    assert (dispute_factor(trust, np.full(3, 0.5), TrustingBehaviour(disputes=0.0)) == 1.0).all()


def test_leaders_leave_as_often_as_the_parameter_says():
    """12,000 even draws: within four standard errors, a false alarm once in 16,000."""
    left = [leader_left(organisation, year, BEHAVIOUR, 1) for organisation in range(600) for year in range(20)]
    assert abs(np.mean(left) - USUAL) < 4.0 * np.sqrt(USUAL * (1.0 - USUAL) / len(left))
