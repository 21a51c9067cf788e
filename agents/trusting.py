"""Relationships between organisations: how far each pair trusts each other, what builds trust and what wears it down.

There is trust T, 0 to 1, between each consortium and council, hospital and council, and hospital and consortium; it is mutual. It begins with
one draw a pair, keyed by the pair and the place's own seed, so a place starts with the same trust under every structure and in every run. Each quarter

    dT = (1 - T) x builds - T x wears + amplifier x depth x T (1 - T) (2 T - 1)

where `depth` is the share of the pair's money that is pooled or jointly paid. *Builds* and *wears* are what facts add to or take from the pair's
own *history*: the two rates that hold the pair where it is while nothing differs from rest. They are solved once a pair, as norms are once a lever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.deciding import DecidingBehaviour
from agents.draws import draw
from agents.parameter import Checked, parameter
from agents.vocabulary import Party

PAIRS = ((Party.CONSORTIUM, Party.COUNCIL), (Party.HOSPITAL, Party.COUNCIL), (Party.HOSPITAL, Party.CONSORTIUM))
"""Pairs of kinds between whose organisations there is trust; it is mutual."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustingBehaviour(Checked):
    """How trust moves; the same for all pairs.

    Sizes of factors are a thousandth of trust a quarter for each time that directors of 2010 named them (P-C.org-004 to 030): the survey gives their
    order, the thousandth is assumed.
    """

    history: float = parameter(
        0.05, "what holds a pair where it began: its building and wearing rates at rest, added up", unit="a quarter", low=0.02, high=0.15, positive=True,
        assumption="a pair left to itself comes half of the way back in three to four years")
    agreements: float = parameter(
        0.024, "trust that agreements kept build, and agreements broken wear, where all money is joint", unit="a quarter", low=0.005, high=0.06,
        assumption="24 mentions of joint strategy (P-C.org-007)")
    coterminosity: float = parameter(
        0.8, "by how much agreements kept build more between two organisations that have all their people in common", unit="ratio", low=0.0, high=1.6,
        assumption="20 mentions of coterminosity (P-C.org-009) to the 24 of joint strategy")
    leaders: float = parameter(
        0.031, "trust that leaders who stay build, against the usual coming and going", unit="a quarter", low=0.005, high=0.08,
        assumption="31 mentions of leadership (P-C.org-005)")
    turnover: float = parameter(
        0.026, "trust that a change of leaders wears, in its year, against the usual coming and going", unit="a quarter", low=0.005, high=0.07,
        assumption="26 mentions of changing leadership (P-C.org-021)")
    leaders_leave: float = parameter(
        0.25, "share of organisations whose leader goes in a year", unit="share", low=0.1, high=0.5,
        assumption="leaders stay some four years; no source")
    shunts: float = parameter(
        0.034, "trust that a felt shunt of full size wears", unit="a quarter", low=0.005, high=0.1,
        assumption="34 mentions of financial pressures (P-C.org-019)")
    full_shunt: float = parameter(
        0.02, "part of a budget that is a shunt of full size", unit="share", low=0.005, high=0.1, positive=True,
        assumption="two per cent of a budget decide whether a year's books close")
    blame: float = parameter(
        0.3, "part of an overspend that is put down to the partner where its books are not seen", unit="share", low=0.0, high=0.8,
        assumption="who cannot see suspects; direction known, size not")
    reorganised: float = parameter(
        0.030, "trust that a reorganisation of everything wears at its height", unit="a quarter", low=0.0, high=0.1,
        assumption="30 mentions of organisational complexity (P-C.org-020)")
    imposed: float = parameter(
        0.7, "what is left of all that builds trust where a structure is imposed", unit="share", low=0.3, high=1.0,
        assumption="the order of commitment from the top, 26 mentions (P-C.org-006), among all that helps; 1 would mean that it does not matter")
    amplifier: float = parameter(
        0.1, "how far joint money makes good relationships better and poor ones worse; 0 takes the amplifier away", unit="a quarter", low=0.0, high=0.4,
        assumption="integration amplifies what is there (Freeman and Peck 2007, in Humphries and Curry, The King's Fund 2011): direction known, size not")
    disputes: float = parameter(
        1.0, "how far disputes over who pays shorten from no trust to full trust, in logarithms", unit="logarithm", low=0.0, high=2.5,
        assumption="partners who trust each other settle; direction known, size not")


class Rates(NamedTuple):
    """What builds trust and what wears it, a quarter; each at least 0."""

    builds: np.ndarray
    wears: np.ndarray


class Facts(NamedTuple):
    """What pairs of organisations met in a quarter: arrays of one shape, or numbers.

    Parameters
    ----------
    depth : share of the pair's money that is pooled or jointly paid
    depth_at_rest : the same in the base year
    kept : share of what was agreed on that was paid and delivered
    coterminosity : share of the one's people who are the other's, times the reverse
    changed : share of the two whose leader went this year
    shunted : part of their own budgets that they put down to the other's decisions, their mean
    disrupted : share of their money that has just changed hands, fading; their mean
    """

    depth: np.ndarray
    depth_at_rest: np.ndarray
    kept: np.ndarray
    coterminosity: np.ndarray
    changed: np.ndarray
    shunted: np.ndarray
    disrupted: np.ndarray


def starting_trust(first: tuple[Party, int], second: tuple[Party, int], behaviour: DecidingBehaviour, seed: int) -> float:
    """Return the trust that two organisations start with, 0 to 1; the same whichever is named first.

    Parameters
    ----------
    first, second : kind, and position among those of the kind
    behaviour : holds the mean and the spread
    seed : of the place's people

    Raises
    ------
    ValueError
        If there is no such pair.
    """
    if (first[0], second[0]) not in PAIRS:
        first, second = second, first
    if (first[0], second[0]) not in PAIRS:
        raise ValueError(f"trust must be between a consortium, a council and a hospital, got {first[0].name.lower()} and {second[0].name.lower()}")
    u = draw(np.uint64(seed), first[1], second[1], PAIRS.index((first[0], second[0])), draws.STARTING_TRUST)
    return min(max(behaviour.trust + behaviour.trust_spread * (2.0 * float(u) - 1.0), 0.0), 1.0)


def leader_left(organisation: int, year: int, behaviour: TrustingBehaviour, seed: int) -> bool:
    """Return whether an organisation's leader went in a financial year: one draw, the same under every structure.

    Parameters
    ----------
    organisation : the ledger's index
    year : 0 the first
    seed : of the run's luck
    """
    return bool(draw(np.uint64(seed), organisation, year, 0, draws.LEADER_LEAVES) < behaviour.leaders_leave)


def amplified(trust: np.ndarray, depth: np.ndarray, amplifier: float) -> np.ndarray:
    """Return what joint money adds to good relationships, above 1/2, and takes from poor ones, a quarter.

    Examples
    --------
    >>> [round(float(amplified(np.float64(trust), np.float64(1.0), 0.4)), 4) for trust in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [-0.0, -0.0375, 0.0, 0.0375, 0.0]
    """
    return amplifier * depth * trust * (1.0 - trust) * (2.0 * trust - 1.0)


def history_of(trust: np.ndarray, depth_at_rest: np.ndarray, behaviour: TrustingBehaviour) -> Rates:
    """Return the rates that hold each pair at its starting trust: together `behaviour.history`, in the proportion that balances.

    With rates h x and h (1 - x) the change at rest is h (x - T) + amplified, so x = T - amplified / h.
    """
    share = np.clip(trust - amplified(trust, depth_at_rest, behaviour.amplifier) / behaviour.history, 0.0, 1.0)
    return Rates(behaviour.history * share, behaviour.history * (1.0 - share))


def rates(history: Rates, facts: Facts, behaviour: TrustingBehaviour, engagement: float | np.ndarray = 1.0) -> Rates:
    """Return what builds and what wears the trust of each pair this quarter.

    Parameters
    ----------
    history : of each pair
    facts : of the quarter
    behaviour : shared parameters
    engagement : multiplies all that builds: below 1 where the structure is imposed, above where staff work in one place
    """
    usual = behaviour.leaders_leave
    together = behaviour.agreements * (1.0 + behaviour.coterminosity * facts.coterminosity)
    builds = history.builds + together * (facts.depth * facts.kept - facts.depth_at_rest) + behaviour.leaders * (usual - facts.changed)
    wears = (
        history.wears + behaviour.agreements * facts.depth * (1.0 - facts.kept) + behaviour.turnover * (facts.changed - usual)
        + behaviour.shunts * facts.shunted / behaviour.full_shunt + behaviour.reorganised * facts.disrupted
    )  # fmt: skip
    return Rates(engagement * np.maximum(builds, 0.0), np.maximum(wears, 0.0))


def moved(trust: np.ndarray, now: Rates, depth: np.ndarray, behaviour: TrustingBehaviour) -> np.ndarray:
    """Return trust after a quarter, 0 to 1."""
    change = (1.0 - trust) * now.builds - trust * now.wears + amplified(trust, depth, behaviour.amplifier)
    return np.clip(trust + change, 0.0, 1.0)


def shunt_felt(overspent: float, caused: np.ndarray, information: float | np.ndarray, blame: float) -> np.ndarray:
    """Return which part of its own budget an organisation puts down to each partner: nobody looks for a culprit without an overspend.

    Parameters
    ----------
    overspent : part of its budget by which it forecasts to overspend, beyond what chance does; at least 0
    caused : part of its budget that the ledger puts down to the decisions of each partner
    information : share of each other's books that they see, 0 to 1
    blame : part of the overspend that is put down to a partner unseen

    Examples
    --------
    An overspend of 4%, a quarter of it the partner's doing, seen and unseen:

    >>> [round(float(shunt_felt(0.04, np.float64(0.01), information, 0.5)), 3) for information in (1.0, 0.0)]
    [0.01, 0.02]
    """
    seen = np.clip(caused, 0.0, overspent)
    return information * seen + (1.0 - information) * blame * overspent


def dispute_factor(trust: np.ndarray, at_start: np.ndarray, behaviour: TrustingBehaviour) -> np.ndarray:
    """Return what multiplies the length of disputes: 1 at the trust that a place starts with."""
    return np.exp(-behaviour.disputes * (trust - at_start))
