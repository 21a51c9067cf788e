"""Organisations are Mesa agents; whoever decides, moves are counted by the organisation that owns the levers."""

from dataclasses import dataclass, field

import mesa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.commissioner import Commissioner, CommissionerBehaviour
from agents.consortium import ConsortiumBehaviour, GPConsortium
from agents.council import Council, CouncilBehaviour
from agents.deciding import LEVER_RANGES, Belief, DecidingBehaviour
from agents.hospital.hospital import Hospital, HospitalBehaviour
from agents.organisation import Purse, decides_this_month
from agents.vocabulary import Account, Lever, Party

SOCIAL, ACUTE, COMMUNITY = Account.SOCIAL_CARE, Account.ACUTE, Account.COMMUNITY
REST = {
    Lever.STRICTNESS: 0.2,
    Lever.GENEROSITY: 0.8,
    Lever.REABLEMENT: 1.0,
    Lever.ASSESSMENT: 1.0,
    Lever.COMMUNITY: 1.0,
    Lever.PROACTIVE: 0.3,
    Lever.ADMISSION_THRESHOLD: 0.4,
    Lever.DISCHARGE_READINESS: 0.5,
}
REST |= {lever: 1.0 if LEVER_RANGES[lever].multiplicative else 0.6 for lever in Lever if lever not in (Lever.NONE, *REST)}
REST[Lever.ELIGIBILITY] = 2.0
REST[Lever.CONTRIBUTION] = 0.1
COSTS = {  # pounds per head per year of a step up
    Lever.STRICTNESS: {SOCIAL: -3.0, ACUTE: 0.7},
    Lever.GENEROSITY: {SOCIAL: 1.5, ACUTE: -0.5},
    Lever.REABLEMENT: {SOCIAL: -0.1, ACUTE: -0.9},
    Lever.ASSESSMENT: {SOCIAL: 0.4, ACUTE: -0.3},
    Lever.COMMUNITY: {COMMUNITY: 0.8, ACUTE: -0.2, SOCIAL: -0.3},
    Lever.PROACTIVE: {COMMUNITY: 0.1, ACUTE: -0.1},
    Lever.ADMISSION_THRESHOLD: {Account.HOSPITAL: 0.2, ACUTE: -1.0},
    Lever.DISCHARGE_READINESS: {Account.HOSPITAL: 0.3, ACUTE: 0.1},
}
BEHAVIOUR = {
    Council: CouncilBehaviour,
    GPConsortium: ConsortiumBehaviour,
    Hospital: HospitalBehaviour,
    Commissioner: CommissionerBehaviour,
}


def make(kind, name="one", index=1, budgets=None, **changes):
    rest = {lever: REST[lever] for lever in kind.own_levers}
    given = {"name": name, "index": index, "heads": 100_000, "rest": rest, "budgets": budgets or {}}
    return kind(mesa.Model(), **given, behaviour=BEHAVIOUR[kind](), **changes)


@dataclass
class SmallWorld:
    """A world that says who decides what, and remembers what was decided."""

    felt: dict
    deciders: dict = field(default_factory=dict)
    price: dict = field(default_factory=dict)
    frozen: frozenset = frozenset()
    behaviour: DecidingBehaviour = field(default_factory=DecidingBehaviour)
    month: int = 0
    log: list = field(default_factory=list)

    def decider(self, unit, lever):
        return self.deciders.get(unit.name, unit)

    def stakes(self, decider):
        return self.felt[decider.name]

    def own_accounts(self, decider):
        return {account for account, stake in self.felt[decider.name].items() if stake == 1.0}

    def sight(self, decider):
        return 0.5

    def prices(self, decider):
        return self.price

    def belief(self, unit, lever):
        return Belief(lever=lever, costs=COSTS.get(lever, {}), qalys=-1e-4 if lever is Lever.STRICTNESS else 1e-5)

    def held(self, unit):
        return self.frozen

    def ruled(self, unit, wishes):
        return [(wish, "") for wish in wishes]

    def record(self, unit, decider, decision, advice):
        self.log.append((unit.name, decider.name, decision.lever))


@pytest.mark.parametrize("kind", [Council, GPConsortium, Hospital, Commissioner])
def test_organisations_are_mesa_agents_that_start_at_rest(kind):
    organisation = make(kind)
    assert isinstance(organisation, mesa.Agent)
    assert organisation in organisation.model.agents
    assert organisation.levers == organisation.rest == {lever: REST[lever] for lever in kind.own_levers}
    assert organisation.kind in Party


def test_every_lever_is_owned_by_one_kind():
    owned = [lever for kind in BEHAVIOUR for lever in kind.own_levers]
    assert sorted(owned) == [lever for lever in Lever if lever is not Lever.NONE]


@pytest.mark.parametrize("kind", [Council, GPConsortium, Hospital])
def test_under_the_structure_its_norms_were_solved_for_nobody_moves(kind):
    unit = make(kind)
    world = SmallWorld(felt={"one": {SOCIAL: 1.0, ACUTE: 0.1, COMMUNITY: 0.2, Account.HOSPITAL: 0.7}})
    unit.solve_norms(world)
    assert unit.decide(world) == []
    assert unit.levers == unit.rest
    assert world.log == []


def test_a_commissioner_moves_a_councils_levers_with_its_own_stakes():
    council, commissioner = make(Council, "council"), make(Commissioner, "commissioner", index=9)
    alone = SmallWorld(felt={"council": {SOCIAL: 1.0}})
    council.solve_norms(alone)
    assert council.decide(alone) == []
    merged = SmallWorld(
        felt={"commissioner": {SOCIAL: 1.0, ACUTE: 1.0, COMMUNITY: 1.0}}, deciders={"council": commissioner}
    )
    (decision,) = council.decide(merged)
    assert decision.lever is Lever.REABLEMENT  # it saves the most acute money a step
    assert decision.after == council.levers[Lever.REABLEMENT] == 1.02
    assert merged.log == [("council", "commissioner", Lever.REABLEMENT)]
    assert commissioner.levers == {}


def test_merging_deciders_does_not_slow_the_units():
    units = [make(Council, "north"), make(Council, "south"), make(GPConsortium, "west")]
    commissioner = make(Commissioner, "commissioner")
    felt = {"commissioner": {SOCIAL: 1.0, ACUTE: 1.0, COMMUNITY: 1.0}}
    world = SmallWorld(felt=felt, deciders=dict.fromkeys(["north", "south", "west"], commissioner), price={ACUTE: 3.0})
    for unit in units:
        unit.decide(world)
    assert [name for name, _, _ in world.log] == ["north", "south", "west"]


def test_held_levers_stay():
    unit = make(Council)
    world = SmallWorld(felt={"one": {SOCIAL: 1.0, ACUTE: 1.0}}, frozen=frozenset(Council.own_levers))
    assert unit.decide(world) == []


def test_names_and_indices_decide_nothing():
    felt = {SOCIAL: 1.0, ACUTE: 0.4}
    one, other = make(Council, "one", 1), make(Council, "other", 7)
    assert one.decide(SmallWorld(felt={"one": felt})) == other.decide(SmallWorld(felt={"other": felt}))


def test_optimism_is_the_deciders():
    unit = make(GPConsortium)
    dreamer = Commissioner(
        mesa.Model(),
        name="dreamer",
        index=3,
        heads=1,
        rest={},
        budgets={},
        behaviour=CommissionerBehaviour(optimism=2.0),
    )
    world = SmallWorld(felt={"one": {COMMUNITY: 1.0}, "dreamer": {COMMUNITY: 1.0}}, deciders={"one": dreamer})
    community, *_ = unit.options(world)
    assert community.belief.qalys == 2e-5
    assert community.belief.costs[COMMUNITY] == 0.8
    assert community.belief.costs[ACUTE] == COSTS[Lever.COMMUNITY][ACUTE] * 2.0 * 0.5


def test_prices_follow_each_purse_and_its_accounts_share_one():
    behaviour = DecidingBehaviour()
    forecasts = {ACUTE: 130, COMMUNITY: 70}
    apart = make(GPConsortium, budgets={ACUTE: 100, COMMUNITY: 100})
    apart.update_prices(forecasts, behaviour, [Purse((ACUTE,)), Purse((COMMUNITY,))])
    assert apart.prices[ACUTE] > 1.0 > apart.prices[COMMUNITY]
    together = make(GPConsortium, budgets={ACUTE: 100, COMMUNITY: 100})
    together.update_prices(forecasts, behaviour, [Purse((ACUTE, COMMUNITY, SOCIAL))])
    assert together.prices == {ACUTE: 1.0, COMMUNITY: 1.0}
    together.update_prices({}, behaviour, [Purse((ACUTE, COMMUNITY))])
    assert together.prices == {ACUTE: 1.0, COMMUNITY: 1.0}


def test_what_is_carried_counts_with_the_budget():
    behaviour, forecasts = DecidingBehaviour(), {ACUTE: 130}
    prices = {}
    for carried in (-10, 0, 30, 60):
        holder = make(GPConsortium, budgets={ACUTE: 100})
        holder.update_prices(forecasts, behaviour, [Purse((ACUTE,), carried=carried)])
        prices[carried] = holder.prices[ACUTE]
    assert prices[-10] > prices[0] > prices[30] == 1.0 > prices[60]


def test_levers_that_are_missing_or_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"GPConsortium\.rest must name exactly the levers"):
        GPConsortium(mesa.Model(), name="x", index=1, heads=1, rest={}, budgets={}, behaviour=ConsortiumBehaviour())
    with pytest.raises(ValueError, match=r"GPConsortium\.rest of proactive must lie in \[0, 1\], got 1\.5"):
        GPConsortium(
            mesa.Model(),
            name="x",
            index=1,
            heads=1,
            rest={lever: REST[lever] for lever in GPConsortium.own_levers} | {Lever.PROACTIVE: 1.5},
            budgets={},
            behaviour=ConsortiumBehaviour(),
        )


@given(st.integers(0, 1000))
def test_each_decides_once_a_quarter_and_a_third_at_a_time(month):
    for index in range(6):
        assert sum(decides_this_month(index, month + later) for later in range(3)) == 1
    assert sum(decides_this_month(index, month) for index in range(6)) == 2
