"""What a board advises, what comes of it, and that a place at rest never hears from one."""

from typing import ClassVar

import mesa
import numpy as np
import pytest

from agents.board import POWERS, BoardBehaviour, HealthAndWellbeingBoard
from agents.council import Council
from agents.deciding import DUTIES, Belief, DecidingBehaviour, decide
from agents.vocabulary import Account, Lever, Party
from model.structures import FOLDER
from tests.agents.test_organisations import SmallWorld, make
from tests.strategies import NO_BELIEFS, lived, small_economy

SOCIAL, ACUTE = Account.SOCIAL_CARE, Account.ACUTE
HOLDERS = dict.fromkeys(Account, Party.CONSORTIUM) | {SOCIAL: Party.COUNCIL, Account.PUBLIC_HEALTH: Party.COUNCIL, Account.HOSPITAL: Party.HOSPITAL}
SHORT_OF_MONEY = {SOCIAL: 1.3}


class OneLever(SmallWorld):
    """A world in which only strictness does anything, and a council short of money wants more of it."""

    costs: ClassVar = {SOCIAL: -3.0, ACUTE: 2.9}

    def belief(self, unit, lever):
        return Belief(lever=lever, costs=self.costs if lever is Lever.STRICTNESS else {}, qalys=0.0)


class TwoLevers(OneLever):
    """One in which a council might ask for less reablement instead, which harms nobody."""

    def belief(self, unit, lever):
        return Belief(lever=lever, costs={SOCIAL: 1.0}, qalys=0.0) if lever is Lever.REABLEMENT else super().belief(unit, lever)


def board(power="advise", duty="consult", members=(Party.COUNCIL, Party.CONSORTIUM), seed=1, **behaviour):
    return HealthAndWellbeingBoard(
        mesa.Model(), name="the board", number=0, members=members, power=power, duty=duty, accounts=HOLDERS,
        behaviour=BoardBehaviour(**behaviour), seed=seed,
    )  # fmt: skip


def wish_of(world=None):
    """A council whose norms are of rest, and what it wants when its money is short."""
    world = world or OneLever(felt={"one": {SOCIAL: 1.0}})
    council = make(Council)
    council.solve_norms(world)
    world.price = SHORT_OF_MONEY
    return council, decide(council.options(world), world.behaviour), world


def ruling(of, trust=1.0, world=None, prices=SHORT_OF_MONEY):
    council, wishes, world = wish_of(world)
    assert [wish.lever for wish in wishes] == [Lever.STRICTNESS]
    return of.rule(council, wishes, dict.fromkeys(Lever, trust), prices, world), wishes


def test_a_move_that_harms_the_members_together_is_advised_against():
    ((kept, advice),), wishes = ruling(board(heeded_consult=0.0))
    assert kept == wishes[0]
    assert advice == "the board advised against, not followed"
    ((given_up, advice),), wishes = ruling(board(duty="integrate", heeded_integrate=1.0))
    assert given_up.after == given_up.before == wishes[0].before
    assert advice == "the board advised against, followed"


def test_the_board_counts_every_members_pound_and_no_others():
    (only,), wishes = ruling(board(members=(Party.COUNCIL,), duty="integrate", heeded_integrate=1.0))
    assert tuple(only) == (wishes[0], ""), "a council alone sees no harm"


def test_a_board_that_feels_the_same_pressure_may_agree():
    (agreed,), _ = ruling(board(), prices={SOCIAL: 4.0})
    assert agreed.advice == ""


def test_a_better_move_is_advised_where_there_is_one():
    world = TwoLevers(felt={"one": {SOCIAL: 1.0}})
    (against, instead), _ = ruling(board(duty="integrate", heeded_integrate=1.0), world=world)
    assert against.advice == "the board advised against and for reablement, followed"
    assert (instead.decision.lever, instead.advice) == (Lever.REABLEMENT, "advised by the board")
    assert instead.decision.after < instead.decision.before
    assert against.decision.after == against.decision.before


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize("trust", [0.0, 0.3, 0.9])
def test_advice_is_followed_as_often_as_trust_and_duty_say(duty, trust):
    """Over 600 months, within four standard errors: a false alarm once in 16,000."""
    chance, (council, wishes, world), ours = BoardBehaviour().heeded(duty) * trust, wish_of(), board(duty=duty)
    followed = 0
    for world.month in range(600):
        (one,) = ours.rule(council, wishes, {Lever.STRICTNESS: trust}, SHORT_OF_MONEY, world)
        followed += one.advice.endswith("against, followed")
    assert abs(followed / 600 - chance) <= 4 * np.sqrt(chance * (1 - chance) / 600)


def test_consent_stops_what_shifts_cost_to_a_member_and_nothing_else():
    ((stopped, advice),), _ = ruling(board("consent"), trust=0.0)
    assert stopped.after == stopped.before
    assert advice == "the board did not agree"
    world = OneLever(felt={"one": {SOCIAL: 1.0}})
    world.costs = {SOCIAL: -3.0}  # what a council spends on itself is its own affair
    (agreed,), wishes = ruling(board("consent"), trust=0.0, world=world, prices={SOCIAL: 0.9})
    assert agreed.decision == wishes[0]


def test_an_executive_board_decides_by_what_it_weighs_itself():
    council, wishes, world = wish_of()
    rulings = board("executive").rule(council, wishes, {}, SHORT_OF_MONEY, world)
    (one,) = rulings
    assert one.decision.lever == Lever.STRICTNESS
    assert one.decision.after < one.decision.before, "strictness costs the other member more than it saves this one"
    assert one.advice == "decided by the board"


def test_an_executive_board_leaves_other_bodies_levers_alone():
    council, wishes, world = wish_of()
    (mine,) = board("executive", members=(Party.CONSORTIUM,)).rule(council, wishes, {}, SHORT_OF_MONEY, world)
    assert tuple(mine) == (wishes[0], "")


def test_powers_are_three():
    assert POWERS == ("advise", "consent", "executive")
    with pytest.raises(ValueError, match="power must be one of advise, consent, executive, got 'command'"):
        board("command")


# In a place


def test_a_place_at_rest_hears_no_advice():
    economy = lived(24, years=2, beliefs=NO_BELIEFS)
    assert len(economy.boards) == len(economy.councils)
    assert economy.decisions.empty


def harmful(folder, power, duty):
    """Two years of councils short of money that could be strict at the expense of consortia, under a board of some power."""
    from model.parameters import Parameters

    text = (FOLDER / "separate-budgets.toml").read_text(encoding="utf-8")
    text = text.replace('power = "advise"\nduty = "consult"', f'power = "{power}"\nduty = "{duty}"')
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    beliefs = NO_BELIEFS | {Lever.STRICTNESS: Belief(lever=Lever.STRICTNESS, costs={SOCIAL: -1.6, ACUTE: 6.0}, qalys=0.0)}
    values = {"settlement.council_growth": -0.03, "deciding.price_band": 0.0, "board.heeded_integrate": 1.0, "deciding.trust": 0.9, "deciding.trust_spread": 0.0}
    return lived(24, scale=0.05, years=2, structure=file, beliefs=beliefs, parameters=Parameters().with_values(values))


def test_the_log_shows_what_was_advised_and_what_came_of_it(tmp_path):
    economy = harmful(tmp_path, "advise", "integrate")
    log = economy.decisions
    stricter = log[(log["lever"] == "strictness") & log["advice"].str.contains("health and wellbeing board of")]
    assert len(stricter) > 3
    assert (stricter["decider"] == stricter["organisation"]).all()
    followed = stricter["advice"].str.endswith(", followed")
    assert (stricter["before"] == stricter["after"]).equals(followed), "given up where advice was followed, and only there"
    assert followed.mean() > 0.5
    assert {reason.split("board of ")[1].split(" advised")[0] for reason in stricter["advice"]} <= {council.name for council in economy.councils}


def test_consent_keeps_councils_from_shifting_cost_until_all_members_together_would(tmp_path):
    free, bound = (harmful(tmp_path, power, "none") for power in ("advise", "consent"))
    levels = [sum(council.levers[Lever.STRICTNESS] for council in economy.councils) for economy in (free, bound)]
    assert levels[1] < levels[0]
    refused = bound.decisions[bound.decisions["advice"].str.contains("did not agree")]
    assert len(refused) > 0
    assert (refused["before"] == refused["after"]).all()


def test_a_move_goes_to_the_board_where_most_of_the_units_people_live():
    economy = small_economy()
    consortium = economy.consortia[0]
    people = economy.holders.people[Party.CONSORTIUM, Party.COUNCIL][0]
    assert economy.boards[int(people.argmax())].name.endswith(economy.councils[int(people.argmax())].name)
    assert economy.holders.council_of(Party.CONSORTIUM, 0) == people.argmax()
    assert economy.world.ruled(consortium, []) == []


@pytest.mark.parametrize("power", POWERS)
def test_no_lever_is_moved_twice_in_a_quarter_however_many_moves_there_are(power):
    world = TwoLevers(felt={"one": {SOCIAL: 1.0}}, behaviour=DecidingBehaviour(moves_per_quarter=2.0))
    council, wishes, world = wish_of(world)
    assert len(wishes) > 1
    rulings = board(power, heeded_consult=1.0).rule(council, wishes, dict.fromkeys(Lever, 1.0), SHORT_OF_MONEY, world)
    levers = [decision.lever for decision, _ in rulings]
    assert len(set(levers)) == len(levers)
