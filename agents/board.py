"""A health and wellbeing board: where the agendas of a council, its consortia and perhaps others meet.

A member that wants to move a lever brings the move to its board. The board judges it by what it costs and does to all its members
together: a pound on any member's account counts in full. Where that judges a move harmful, the board advises against it, or to make
another move of the same lever group instead, whichever is worth more. What its advice is worth depends on its power, a fact of the
structure:

* ``advise``: advice is followed with a chance that grows with trust and with the duty that members have towards it;
* ``consent``: besides, a harmful move that shifts cost to another member is not made without its agreement;
* ``executive``: the board decides by what it weighs itself.

Norms belong to levers and are those of rest, so a place where nobody wishes to move hears no advice.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import mesa
import numpy as np

from agents import draws
from agents.actor import Actor
from agents.deciding import LEVER_RANGES, Decision, Option, as_seen, decide, value
from agents.draws import draw
from agents.organisation import Organisation, World
from agents.parameter import Checked, parameter
from agents.vocabulary import Account, Lever, Party

POWERS = ("advise", "consent", "executive")


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardBehaviour(Checked):
    """What boards share: how far their advice carries, and what they believe."""

    optimism: float = parameter(
        1.0, "multiplies what a board believes levers do to people and to accounts that are not its members'",
        unit="ratio", low=0.5, high=2.0, assumption="1 is what a good analyst would find; the same as for its members")
    heeded_none: float = parameter(
        0.1, "chance that advice is followed without any duty, at full trust", unit="share", low=0.0, high=0.3,
        assumption="goodwill alone")
    heeded_consult: float = parameter(
        0.25, "chance that advice is followed under a duty to consult, at full trust", unit="share", low=0.0, high=0.5,
        assumption="who has to ask has to listen, not to follow; the prior includes nothing")
    heeded_have_regard: float = parameter(
        0.5, "chance that advice is followed under a duty to have regard, at full trust", unit="share", low=0.1, high=0.8,
        assumption="departing from it has to be justified")
    heeded_integrate: float = parameter(
        0.8, "chance that advice is followed under a duty to integrate, at full trust", unit="share", low=0.3, high=1.0,
        assumption="a statutory purpose, though each still answers for its own budget")

    def heeded(self, duty: str) -> float:
        """Return the chance that advice is followed at full trust, under one of ``agents.deciding.DUTIES``."""
        return float(getattr(self, f"heeded_{duty}"))


class Ruling(NamedTuple):
    """What became of one wish.

    Parameters
    ----------
    decision : the move, as wished, another instead, or one to where the lever stands already
    advice : what the board had to say, and what came of it; empty if nothing
    """

    decision: Decision
    advice: str = ""


class HealthAndWellbeingBoard(Actor):
    """The board of one council.

    Parameters
    ----------
    model : the Mesa model it lives in
    name : in words
    number : of the board, from 0
    members : kinds of organisation that sit on it
    power : one of :data:`POWERS`
    duty : of members towards its advice, one of ``agents.deciding.DUTIES``
    accounts : that its members hold, by holder
    behaviour : shared by all boards
    seed : of the run's luck

    Raises
    ------
    ValueError
        If there is no such power.
    """

    def __init__(
        self, model: mesa.Model, *, name: str, number: int, members: Collection[Party], power: str, duty: str,
        accounts: Mapping[Account, Party], behaviour: BoardBehaviour, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(model)
        if power not in POWERS:
            raise ValueError(f"HealthAndWellbeingBoard.power must be one of {', '.join(POWERS)}, got {power!r}")
        self.name, self.number = name, number
        self.members = frozenset(members)
        self.power, self.duty = power, duty
        self.accounts = {account: accounts[account] for account in Account if account in accounts and accounts[account] in self.members}
        self.behaviour, self._seed = behaviour, seed

    def rule(self, unit: Organisation, wishes: Sequence[Decision], trust: Mapping[Lever, float], prices: Mapping[Account, float], world: World) -> list[Ruling]:
        """Return what becomes of what one member wants.

        Parameters
        ----------
        unit : whose levers they are
        wishes : moves that whoever decides them wants
        trust : of whoever decides each wish in the other members, 0 to 1
        prices : of money on the members' accounts
        world : as the member sees it
        """
        if not wishes and self.power != "executive":
            return []
        options = self._options(unit, prices, world)
        ours = {lever for lever, option in options.items() if world.decider(unit, option.lever).kind in self.members}
        if self.power == "executive":
            held = {*world.held(unit), *(lever for lever in unit.levers if lever not in ours)}
            decided = decide(list(options.values()), world.behaviour, held)
            others = [Ruling(wish) for wish in wishes if wish.lever not in ours]
            return sorted([*others, *(Ruling(move, f"decided by {self.name}") for move in decided)], key=lambda ruling: ruling.decision.lever)
        rulings: list[Ruling] = []
        spoken_for = {*world.held(unit), *(wish.lever for wish in wishes)}
        for wish in wishes:
            heard = [Ruling(wish)] if wish.lever not in ours else self._advise(unit, wish, options, spoken_for, trust[wish.lever], world)
            spoken_for |= {ruling.decision.lever for ruling in heard}
            rulings += heard
        return rulings

    def _advise(
        self, unit: Organisation, wish: Decision, options: Mapping[Lever, Option], spoken_for: Collection[Lever], trust: float, world: World
    ) -> list[Ruling]:
        option, direction = options[wish.lever], int(wish.reasons["direction"])
        if value(option, direction, world.behaviour) >= 0.0:
            return [Ruling(wish)]
        stays = replace(wish, after=wish.before)
        if self.power == "consent" and self._shifts(option, direction, world.decider(unit, wish.lever).kind):
            return [Ruling(stays, f"{self.name} did not agree")]
        better = self._better(wish, options, spoken_for, world)
        advice = f"{self.name} advised against" + (f" and for {better.lever.name.lower()}" if better else "")
        chance = self.behaviour.heeded(self.duty) * trust
        if draw(np.uint64(self._seed), unit.index, world.month, int(wish.lever), draws.ADVICE) >= chance:
            return [Ruling(wish, f"{advice}, not followed")]
        return [Ruling(stays, f"{advice}, followed"), *([Ruling(better, f"advised by {self.name}")] if better else [])]

    def _options(self, unit: Organisation, prices: Mapping[Account, float], world: World) -> dict[Lever, Option]:
        """Return the unit's levers as the board sees them: a pound on any member's account counts in full."""
        felt = dict.fromkeys(self.accounts, 1.0)
        return {
            lever: Option(
                lever=lever, level=level, rest=unit.rest[lever], norm=unit.norms[lever], stakes=felt, prices=prices,
                belief=as_seen(world.belief(unit, lever), self.accounts, self.behaviour.optimism, 1.0), ceiling=unit.ceilings.get(lever, math.inf),
            )
            for lever, level in unit.levers.items()
        }  # fmt: skip

    def _better(self, wish: Decision, options: Mapping[Lever, Option], spoken_for: Collection[Lever], world: World) -> Decision | None:
        """Return the best other move of the same lever group, of levers not `spoken_for`, if any is worth making to all together."""
        group = LEVER_RANGES[wish.lever].group
        beside = [option for option in options.values() if LEVER_RANGES[option.lever].group == group]
        decided = decide(beside, world.behaviour, spoken_for)
        return max(decided, key=lambda move: move.reasons["value"], default=None)

    def _shifts(self, option: Option, direction: int, decider: Party) -> bool:
        """Return whether a step costs an account that another member than the decider holds."""
        return any(direction * option.belief.costs.get(account, 0.0) > 0.0 for account, holder in self.accounts.items() if holder != decider)
