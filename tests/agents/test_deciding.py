"""One rule decides for everybody: at rest nobody moves, and what then moves follows from stakes, prices and beliefs."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.deciding import (
    ACUTE,
    DUTIES,
    LEVER_GROUPS,
    LEVER_RANGES,
    SOCIAL_CARE,
    Belief,
    DecidingBehaviour,
    LeverRange,
    Option,
    PoolFacts,
    StakeFacts,
    as_seen,
    decide,
    solve_norm,
    stakes,
    update_price,
    value,
)
from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party

DEFAULT = DecidingBehaviour()
LEVERS = [lever for lever in Lever if lever is not Lever.NONE]
RESTS = {lever: 1.0 if LEVER_RANGES[lever].multiplicative else 0.4 for lever in LEVERS}
SEPARATE = StakeFacts(
    holders={
        Account.ACUTE: Party.CONSORTIUM,
        Account.COMMUNITY: Party.CONSORTIUM,
        Account.SOCIAL_CARE: Party.COUNCIL,
        Account.HOSPITAL: Party.HOSPITAL,
        Account.CONTINUING_CARE: Party.CONSORTIUM,
        Account.MENTAL_HEALTH: Party.CONSORTIUM,
        Account.PUBLIC_HEALTH: Party.COUNCIL,
        Account.PRIMARY_CARE: Party.CONSORTIUM,
    },
    pools=(),
    duties={(Party.CONSORTIUM, Party.COUNCIL): "consult"},
    one_framework=False,
)

pounds = st.floats(-50.0, 50.0)
shares = st.floats(0.0, 1.0)
prices = st.dictionaries(st.sampled_from(Account), st.floats(0.5, 4.0))
stake_maps = st.dictionaries(st.sampled_from(Account), shares)


@st.composite
def beliefs(draw, lever=None):
    chosen = draw(st.sampled_from(LEVERS)) if lever is None else lever
    costs = draw(st.dictionaries(st.sampled_from(Account), pounds))
    return Belief(lever=chosen, costs=costs, qalys=draw(st.floats(-1e-3, 1e-3)))


@st.composite
def options(draw, lever=None):
    belief = draw(beliefs(lever))
    bounds = LEVER_RANGES[belief.lever]
    return Option(
        lever=belief.lever,
        level=draw(st.floats(bounds.low, bounds.high)),
        rest=RESTS[belief.lever],
        norm=draw(pounds),
        belief=belief,
        stakes=draw(stake_maps),
        prices=draw(prices),
    )


def at_rest(belief, felt, **changes):
    rest = RESTS[belief.lever]
    norm = solve_norm(belief, felt, DEFAULT)
    plain = Option(lever=belief.lever, level=rest, rest=rest, norm=norm, belief=belief, stakes=felt, prices={})
    return replace(plain, **changes)


# At rest


@given(beliefs(), stake_maps)
def test_at_rest_nobody_moves_whatever_they_believe(belief, felt):
    option = at_rest(belief, felt)
    gross = sum(abs(felt.get(a, 0.0) * c) for a, c in belief.costs.items())
    gross += DEFAULT.outcome_weight * abs(belief.qalys)
    expected = -DEFAULT.curvature * gross / 2 - DEFAULT.effort
    for direction in (-1, 1):
        assert value(option, direction, DEFAULT) == pytest.approx(expected)
    assert decide([option], DEFAULT) == []


@given(beliefs(), stake_maps)
def test_at_rest_the_effort_alone_keeps_levers_still(belief, felt):
    assert decide([at_rest(belief, felt)], DecidingBehaviour(effort=0.0, curvature=0.0)) == []


def test_without_curvature_and_effort_a_step_is_worth_what_is_believed():
    behaviour = DecidingBehaviour(effort=0.0, curvature=0.0, outcome_weight=10_000.0)
    belief = Belief(lever=Lever.REABLEMENT, costs={Account.SOCIAL_CARE: 2.0, Account.ACUTE: -1.0}, qalys=1e-4)
    option = Option(
        lever=Lever.REABLEMENT,
        level=1.0,
        rest=1.0,
        norm=0.25,
        belief=belief,
        stakes={Account.SOCIAL_CARE: 1.0, Account.ACUTE: 0.5},
        prices={Account.SOCIAL_CARE: 1.5},
    )
    assert value(option, 1, behaviour) == pytest.approx(-(1.5 * 2.0 - 0.5) + 1.0 + 0.25)
    assert value(option, -1, behaviour) == -value(option, 1, behaviour)
    assert value(option, 0, behaviour) == 0.0


# What makes a lever move


@given(st.floats(0.5, 20.0), st.sampled_from([lever for lever in LEVERS if LEVER_RANGES[lever].group == SOCIAL_CARE]))
def test_a_stake_in_what_a_step_relieves_makes_the_move(relief, lever):
    belief = Belief(lever=lever, costs={Account.SOCIAL_CARE: 1.0, Account.ACUTE: -relief}, qalys=0.0)
    own = {Account.SOCIAL_CARE: 1.0}
    assert decide([at_rest(belief, own)], DEFAULT) == []
    merged = at_rest(belief, own, stakes={Account.SOCIAL_CARE: 1.0, Account.ACUTE: 1.0})
    (decision,) = decide([merged], DEFAULT)
    assert decision.after > decision.before
    assert decision.reasons["stake/acute"] == 1.0
    assert decision.reasons["cost/acute"] == -relief
    assert decision.reasons["value"] == value(merged, 1, DEFAULT)


@given(
    beliefs(),
    stake_maps,
    st.floats(1.0, 3.0),
    st.floats(1.05, 1.3),
    st.sampled_from(Account),
    st.floats(0.05, 1.0),
    st.floats(0.1, 50.0),
)
def test_a_higher_price_makes_a_costly_step_worth_less(belief, felt, price, rise, account, stake, cost):
    felt = {**felt, account: stake}
    belief = replace(belief, costs={**belief.costs, account: cost})
    cheap = at_rest(belief, felt, prices={account: price})
    dear = at_rest(belief, felt, prices={account: price * rise})
    assert value(dear, 1, DEFAULT) < value(cheap, 1, DEFAULT)
    assert value(dear, -1, DEFAULT) > value(cheap, -1, DEFAULT)


def test_a_council_short_of_money_judges_more_strictly_and_stops_again():
    belief = Belief(lever=Lever.STRICTNESS, costs={Account.SOCIAL_CARE: -4.0, Account.ACUTE: 0.8}, qalys=-1e-4)
    option = at_rest(belief, {Account.SOCIAL_CARE: 1.0}, prices={Account.SOCIAL_CARE: 1.3})
    taken = 0
    while moves := decide([option], DEFAULT):
        assert moves[0].after > moves[0].before
        option = replace(option, level=moves[0].after)
        taken += 1
    assert 0 < taken < 20
    relieved = replace(option, prices={})
    assert decide([relieved], DEFAULT)[0].after < option.level


# Concavity


@given(options(), st.floats(0.0, 0.15))
def test_a_step_and_back_is_never_worth_anything(option, curvature):
    behaviour = DecidingBehaviour(curvature=curvature)
    after = LEVER_RANGES[option.lever].moved(option.level, 1, option.rest)
    assume(after is not None)
    there = value(option, 1, behaviour)
    back = value(replace(option, level=after), -1, behaviour)
    assert there + back == pytest.approx(-2.0 * behaviour.effort, abs=1e-3)


@given(options())
def test_each_further_step_is_worth_less(option):
    after = LEVER_RANGES[option.lever].moved(option.level, 1, option.rest)
    assume(after is not None)
    further = replace(option, level=after)
    assert value(further, 1, DEFAULT) <= value(option, 1, DEFAULT) + 1e-9


# Bounds, holds, counts, order


@given(st.lists(options(), max_size=8, unique_by=lambda option: option.lever), st.randoms(use_true_random=False))
def test_moves_are_single_steps_inside_the_bounds_in_any_order_of_options(given_options, luck):
    decisions = decide(given_options, DEFAULT)
    by_lever = {option.lever: option for option in given_options}
    for decision in decisions:
        bounds = LEVER_RANGES[decision.lever]
        assert bounds.low <= decision.after <= bounds.high
        assert decision.before == by_lever[decision.lever].level
        assert abs(bounds.steps(decision.after, decision.before)) == pytest.approx(1.0, abs=1e-4)
        assert decision.reasons["value"] > 0.0
    for group in LEVER_GROUPS:
        assert sum(LEVER_RANGES[decision.lever].group == group for decision in decisions) <= DEFAULT.moves_per_quarter
    shuffled = list(given_options)
    luck.shuffle(shuffled)
    assert decide(shuffled, DEFAULT) == decisions


@given(st.lists(options(), max_size=8, unique_by=lambda option: option.lever), st.sets(st.sampled_from(LEVERS)))
def test_held_levers_never_move(given_options, held):
    decisions = decide(given_options, DEFAULT, held)
    assert not {decision.lever for decision in decisions} & held
    free = [option for option in given_options if option.lever not in held]
    assert decisions == decide(free, DEFAULT)


@given(st.lists(options(), max_size=8, unique_by=lambda option: option.lever), st.sampled_from([1.0, 2.0]))
def test_deciding_together_moves_no_fewer_levers_in_a_group(given_options, moves):
    behaviour = DecidingBehaviour(moves_per_quarter=moves)
    together = decide(given_options, behaviour)
    apart = [
        decision
        for group in LEVER_GROUPS
        for decision in decide([o for o in given_options if LEVER_RANGES[o.lever].group == group], behaviour)
    ]
    assert sorted(apart, key=lambda decision: decision.lever) == together


def test_equal_wishes_are_settled_by_the_lower_lever_code():
    wish = {"costs": {Account.SOCIAL_CARE: -3.0}, "qalys": 0.0}
    felt = {Account.SOCIAL_CARE: 1.0}
    pair = [
        Option(lever=lever, level=1.0, rest=1.0, norm=0.0, belief=Belief(lever=lever, **wish), stakes=felt, prices={})
        for lever in (Lever.ASSESSMENT, Lever.REABLEMENT)
    ]
    assert [decision.lever for decision in decide(pair, DEFAULT)] == [Lever.REABLEMENT]
    both = decide(pair, DecidingBehaviour(moves_per_quarter=2.0))
    assert [decision.lever for decision in both] == [Lever.REABLEMENT, Lever.ASSESSMENT]


def test_a_lever_named_twice_is_refused():
    option = at_rest(Belief(lever=Lever.PROACTIVE, costs={}, qalys=0.0), {})
    with pytest.raises(ValueError, match="must name each lever once"):
        decide([option, option], DEFAULT)


def test_every_lever_has_a_range_and_every_group_a_lever():
    assert set(LEVER_RANGES) == set(LEVERS)
    assert {bounds.group for bounds in LEVER_RANGES.values()} == set(LEVER_GROUPS)
    for lever, bounds in LEVER_RANGES.items():
        assert bounds.lever is lever
        assert bounds.low < bounds.high


@given(st.sampled_from(LEVERS), shares, st.integers(-8, 8))
def test_any_walk_back_to_the_same_step_ends_on_the_same_level(lever, part, away):
    bounds = LEVER_RANGES[lever]
    rest = bounds.low + part * (bounds.high - bounds.low)
    direction = 1 if away > 0 else -1
    level = rest
    for _ in range(abs(away)):
        after = bounds.moved(level, direction, rest)
        assume(after is not None)
        level = after
    assert bounds.steps(level, rest) == away
    for _ in range(abs(away)):
        level = bounds.moved(level, -direction, rest)
    assert level == rest


def test_a_lever_set_beyond_its_bounds_may_only_come_back():
    bounds = LeverRange(lever=Lever.PROACTIVE, low=0.0, high=1.0, step=0.02, unit="share", group=ACUTE)
    assert bounds.moved(1.2, 1, 0.5) is None
    assert bounds.moved(1.2, -1, 0.5) == 1.18


# Stakes


def test_under_separate_budgets_each_feels_its_own_and_little_else():
    consortium = stakes(SEPARATE, Party.CONSORTIUM, DEFAULT)
    assert consortium[Account.ACUTE] == consortium[Account.COMMUNITY] == 1.0
    assert consortium[Account.SOCIAL_CARE] == DEFAULT.regard_consult * DEFAULT.trust * DEFAULT.alignment_apart
    council = stakes(SEPARATE, Party.COUNCIL, DEFAULT)
    assert council[Account.SOCIAL_CARE] == 1.0
    assert council[Account.ACUTE] == DEFAULT.regard_none * DEFAULT.trust * DEFAULT.alignment_apart


def test_pooled_accounts_are_felt_as_far_as_the_overspend_is_borne():
    pool = PoolFacts((Account.ACUTE, Account.SOCIAL_CARE), {Party.CONSORTIUM: 0.75, Party.COUNCIL: 0.25})
    pooled = SEPARATE._replace(pools=(pool,))
    assert stakes(pooled, Party.COUNCIL, DEFAULT)[Account.ACUTE] == 0.25
    assert stakes(pooled, Party.COUNCIL, DEFAULT)[Account.SOCIAL_CARE] == 0.25
    assert stakes(pooled, Party.CONSORTIUM, DEFAULT)[Account.SOCIAL_CARE] == 0.75
    assert stakes(pooled, Party.CONSORTIUM, DEFAULT)[Account.COMMUNITY] == 1.0


def test_one_framework_and_trust_raise_a_partners_stake():
    together = SEPARATE._replace(one_framework=True)
    assert stakes(together, Party.CONSORTIUM, DEFAULT)[Account.SOCIAL_CARE] == DEFAULT.regard_consult * DEFAULT.trust
    trusting = stakes(together, Party.CONSORTIUM, DEFAULT, trust={Party.COUNCIL: 1.0})
    assert trusting[Account.SOCIAL_CARE] == DEFAULT.regard_consult


@given(st.sampled_from(DUTIES), st.sampled_from(list(Party)), st.booleans(), shares)
def test_stakes_lie_between_nothing_and_all(duty, decider, one_framework, trust):
    facts = SEPARATE._replace(duties={(decider, kind): duty for kind in Party}, one_framework=one_framework)
    felt = stakes(facts, decider, DEFAULT, trust=dict.fromkeys(Party, trust))
    assert set(felt) == set(HELD_ACCOUNTS)
    assert all(0.0 <= stake <= 1.0 for stake in felt.values())


# Beliefs, prices, parameters


def test_a_decider_sees_its_own_bills_in_full_and_others_in_part():
    belief = Belief(lever=Lever.COMMUNITY, costs={Account.COMMUNITY: 1.0, Account.SOCIAL_CARE: -0.4}, qalys=1e-5)
    seen = as_seen(belief, {Account.COMMUNITY}, optimism=2.0, sight=0.5)
    assert seen.costs == {Account.COMMUNITY: 1.0, Account.SOCIAL_CARE: -0.4}
    assert seen.qalys == 2e-5
    assert as_seen(belief, set(Account), optimism=1.0, sight=0.0) == belief


def test_beliefs_are_finite():
    with pytest.raises(ValueError, match=r"Belief\.acute of proactive must be finite, got nan"):
        Belief(lever=Lever.PROACTIVE, costs={Account.ACUTE: math.nan}, qalys=0.0)


@given(st.floats(0.5, 4.0), st.floats(0.0, 1e12), st.floats(1e-3, 1e9))
def test_prices_follow_the_forecast_within_bounds(price, forecast, budget):
    after = update_price(price, forecast, budget, DEFAULT)
    assert DEFAULT.price_floor <= after <= DEFAULT.price_cap
    in_balance = update_price(price, budget, budget, DEFAULT)
    if forecast > budget:
        assert after >= in_balance
    if forecast < budget:
        assert after <= in_balance


def test_a_budget_that_is_met_lets_the_price_go_back_to_one():
    assert update_price(1.0, 250, 250, DEFAULT) == 1.0
    price = 1.37
    for _ in range(60):
        after = update_price(price, 250, 250, DEFAULT)
        assert 1.0 < after < price
        price = after
    assert price < 1.001


def test_small_gaps_are_taken_for_chance():
    chance = 40.0
    inside = 0.9 * DEFAULT.price_band * chance
    assert update_price(1.0, 1000 + inside, 1000, DEFAULT, chance) == update_price(1.0, 1000 - inside, 1000, DEFAULT, chance) == 1.0
    assert update_price(1.0, 1000 + inside, 1000, DEFAULT) > 1.0, "of what is certain any gap counts"
    beyond = 1000 + 2.0 * DEFAULT.price_band * chance
    assert 1.0 < update_price(1.0, beyond, 1000, DEFAULT, chance) < update_price(1.0, beyond, 1000, DEFAULT, chance / 2.0)
    with pytest.raises(ValueError, match="budget must be above 0"):
        update_price(1.0, 1, 0, DEFAULT)


def test_behaviour_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match=r"DecidingBehaviour\.moves_per_quarter must be a whole number, got 1.5"):
        DecidingBehaviour(moves_per_quarter=1.5)
    with pytest.raises(ValueError, match=r"DecidingBehaviour\.price_floor must be above 0"):
        DecidingBehaviour(price_floor=0.0)
    with pytest.raises(ValueError, match=r"DecidingBehaviour\.price_cap must be at least 1"):
        DecidingBehaviour(price_cap=0.9)
    with pytest.raises(ValueError, match="share"):
        DecidingBehaviour(trust=1.2)
