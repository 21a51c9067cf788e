"""What it does to organisations to be reorganised, and how new bodies and teams learn their work.

A structure that gives money to others to hold disrupts those that it is taken from, in proportion to the share of their money that changes hands. The
disruption is whole in the first month and fades over the months in which the change-over is paid for (those that the structure's transition states,
else ``overheads.transition_months``): decisions are put off, people who assess and arrange are busy with the change, and trust suffers. Where no money changes hands there is none.

A new body, and a new team, does not begin at full strength. A body of low *capability* lets quarters pass without deciding, and sees
less of what its decisions do to others. Councils, consortia and hospitals are there already, and are capable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.parameter import Checked, parameter
from agents.vocabulary import Account, Party

MONTHS_PER_QUARTER = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Reorganising(Checked):
    """What reorganisation and newness do, the same under every structure."""

    depth: float = parameter(
        1.0, "how much of all that reorganisation disrupts is there; 0 takes the dip away", unit="share", low=0.0, high=1.0,
        assumption="1; a switch for comparisons without the dip")
    put_off: float = parameter(
        0.5, "share of decisions that are put off at the height of a reorganisation of everything", unit="share", low=0.0, high=0.9,
        assumption="merged trusts fell some 18 months behind in developing services (P-C.org-001); the share is not known")
    capacity_lost: float = parameter(
        0.1, "share of what social workers and brokers can do that is lost at its height", unit="share", low=0.0, high=0.25,
        assumption="managers and posts change, staff leave; direction known, size not")
    capability_at_start: float = parameter(
        0.4, "capability with which a new body or team begins", unit="share", low=0.1, high=0.9,
        assumption="a board that becomes an executive needs a step-change in its capability (source 002); size not known")
    capability_growth: float = parameter(
        0.1, "part of the capability still lacking that is gained in a quarter", unit="share a quarter", low=0.03, high=0.3,
        assumption="half of what is lacking in some two years")


def capability(months: int, reorganising: Reorganising) -> float:
    """Return the capability of a body or team that has been there for so many months: it grows by the quarter.

    Examples
    --------
    >>> [round(capability(months, Reorganising(capability_at_start=0.4, capability_growth=0.5)), 3) for months in (0, 2, 3, 6, 60)]
    [0.4, 0.4, 0.7, 0.85, 1.0]
    """
    lacking = 1.0 - reorganising.capability_at_start
    return 1.0 - lacking * (1.0 - reorganising.capability_growth) ** (max(months, 0) // MONTHS_PER_QUARTER)


def disruption(moved: float, months: int, lasts: float, reorganising: Reorganising) -> float:
    """Return how disrupted an organisation is, 0 to 1, so many months after a structure came into force.

    Parameters
    ----------
    moved : share of its money that changed hands
    months : since then; below 0 before
    lasts : months over which it fades; with 0 there is none
    reorganising : shared parameters

    Examples
    --------
    >>> [round(disruption(0.5, months, 18.0, Reorganising()), 3) for months in (-1, 0, 9, 18, 40)]
    [0.0, 0.5, 0.25, 0.0, 0.0]
    """
    return reorganising.depth * moved * (1.0 - months / lasts) if 0 <= months < lasts else 0.0


def moved_shares(
    money: Mapping[tuple[Account, Party, int], Sequence[tuple[int, int]]], own: Mapping[tuple[Party, int], int],
    before: Mapping[tuple[Account, Party, int], Sequence[tuple[int, int]]] | None = None,
) -> dict[int, float]:  # fmt: skip
    """Return which share of the money of each unit's area changes hands.

    Parameters
    ----------
    money : for each account of each unit (kind and position): who pays under the structure, and what, pence a year
    own : who each unit is
    before : who paid until then; the units themselves if None

    Examples
    --------
    >>> bills = {(Account.SOCIAL_CARE, Party.COUNCIL, 0): [(7, 300)], (Account.PUBLIC_HEALTH, Party.COUNCIL, 0): [(1, 100)]}
    >>> moved_shares(bills, {(Party.COUNCIL, 0): 1}), moved_shares(bills, {(Party.COUNCIL, 0): 1}, bills)
    ({1: 0.75}, {1: 0.0})
    """
    whole, gained = dict.fromkeys(own.values(), 0), dict.fromkeys(own.values(), 0)
    for key, bills in money.items():
        who = own[key[1:]]
        had = {who: sum(part for _, part in bills)} if before is None else dict(before[key])
        whole[who] += sum(part for _, part in bills)
        gained[who] += sum(max(part - had.get(payer, 0), 0) for payer, part in bills)
    return {who: gained[who] / whole[who] if whole[who] else 0.0 for who in whole}
