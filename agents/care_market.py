"""A care market: home care and care homes in one council's area.

Supply has two parts, both slow. One follows what is asked for at the fees observed; the other is what better fees bring,
or worse ones drive away. Together they are held by the hands there are: no more of the working-age people nearby will
work in care than :class:`MarketBehaviour` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import mesa

from agents.actor import Actor
from agents.parameter import Checked, parameter
from agents.vocabulary import Party

WORKER_HOURS = 20.0  # assumption, 12 to 30: weekly hours in people's homes of one home-care worker, travel and office apart
STAFF_A_PLACE = 1.1  # assumption, 0.8 to 1.4: people who work in a care home for each of its places


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketBehaviour(Checked):
    """How providers of care respond to what is asked of them."""

    home_care_response: float = parameter(
        0.4,
        "share of the gap between home care wanted and home care there that closes in a quarter",
        unit="share per quarter",
        low=0.1,
        high=0.7,
        assumption="home care hires, and loses staff, within a year",
    )
    place_response: float = parameter(
        0.03,
        "share of the gap between care-home places wanted and places there that closes in a quarter",
        unit="share per quarter",
        low=0.0,
        high=0.1,
        assumption="homes take years to build and close slowly",
    )
    home_care_slack: float = parameter(
        0.08,
        "home care that providers hold beyond what is in use at rest",
        unit="share",
        low=0.02,
        high=0.15,
        assumption="rounds are never quite full",
    )
    home_care_by_fees: float = parameter(
        0.5,
        "elasticity of the home care that providers hold, in the long run, to what councils pay for an hour",
        unit="per cent per per cent",
        low=0.0,
        high=1.5,
        assumption="direction known (P-C.prov-010, and contracts handed back, P-C.prov-012), size not: the prior includes zero",
    )
    places_by_fees: float = parameter(
        0.4,
        "elasticity of care-home places, in the long run, to what councils pay for a week",
        unit="per cent per per cent",
        low=0.0,
        high=1.2,
        assumption="fees below cost bring no new places for councils and some close (P-C.prov-010); homes also live on self-funders; the prior includes zero",
    )
    across_boundaries: float = parameter(
        0.15,
        "share of a council's care-home placements that are made in the markets of its neighbours in the place",
        unit="share",
        low=0.0,
        high=0.4,
        assumption="families choose homes near them; no table of placements by council of the home was found",
    )
    workforce_room: float = parameter(
        0.01,
        "most people who will come to work in care beyond those at rest, as a share of working-age adults nearby",
        unit="share",
        low=0.002,
        high=0.03,
        assumption="a few in a hundred work in care at all: about half as many again could come before other employers outbid it",
    )


class Supply(NamedTuple):
    """What a market offers, or wants to: weekly minutes of home care, places in care homes."""

    minutes: float
    places: float

    @property
    def workers(self) -> float:
        """People that it takes."""
        return self.minutes / (60.0 * WORKER_HOURS) + self.places * STAFF_A_PLACE

    def plus(self, other: Supply) -> Supply:
        """Return both together."""
        return Supply(self.minutes + other.minutes, self.places + other.places)

    def towards(self, wanted: Supply, share: float) -> Supply:
        """Return the supply that part of the way to another."""
        return Supply(next_supply(self.minutes, wanted.minutes, share), next_supply(self.places, wanted.places, share))


def next_supply(supply: float, wanted: float, response: float) -> float:
    """Return supply after a quarter: part of the way to what is wanted, fractions of a unit kept, and never past it.

    Examples
    --------
    >>> next_supply(1000, 1200, 0.1)
    1020.0
    """
    return float(min(max(supply + (wanted - supply) * response, min(supply, wanted)), max(supply, wanted)))


def brought_by(fee: float, elasticity: float) -> float:
    """Return what a fee brings in the long run, as a share of the supply at the fee observed: exactly nothing at that.

    Parameters
    ----------
    fee : multiple of the fee observed

    Examples
    --------
    >>> brought_by(1.0, 0.4), round(brought_by(0.9, 0.4), 3)
    (0.0, -0.041)
    """
    return float(fee**elasticity - 1.0)


class CareMarket(Actor):
    """The providers of home care and care homes in one council's area, taken together.

    They decide how much they offer: supply follows slowly what is wanted and paid for, so that packages and places are
    finite and people wait for them. They hold no public budget and pull no lever that a structure could hand over.

    Parameters
    ----------
    model : the Mesa model it lives in
    name : as in the ledger
    index : position in the ledger's table of parties
    home_care_minutes : that can be worked in a week
    places : beds in care homes
    asked_minutes, asked_places : in use and waited for at rest, when supply neither grew nor shrank
    working_age : people of 18 to 64 who live nearby
    behaviour : its parameter class
    """

    kind = Party.CARE_MARKET

    def __init__(
        self,
        model: mesa.Model,
        *,
        name: str,
        index: int,
        home_care_minutes: int,
        places: int,
        asked_minutes: int,
        asked_places: int,
        working_age: float,
        behaviour: MarketBehaviour,
    ) -> None:
        super().__init__(model)
        self.name = name
        self.index = index
        self.behaviour = behaviour
        self._rest = Supply(float(home_care_minutes), float(places))
        self._asked_at_rest = Supply(max(asked_minutes, 1), max(asked_places, 1))
        self._asked_for, self._by_fees = self._rest, Supply(0.0, 0.0)
        self.most_workers = self._rest.workers + behaviour.workforce_room * working_age

    def __repr__(self) -> str:
        return f"<CareMarket {self.name!r}>"

    @property
    def supply(self) -> Supply:
        """What it offers, fractions included."""
        return self._asked_for.plus(self._by_fees)

    @property
    def home_care_minutes(self) -> int:
        """Minutes of home care that can be worked in a week."""
        return round(self.supply.minutes)

    @property
    def places(self) -> int:
        """Beds in care homes."""
        return round(self.supply.places)

    @property
    def places_at_observed_fees(self) -> int:
        """Beds in care homes that there would be if fees had stayed as observed, but for the hands that better fees take up."""
        return round(self._asked_for.places)

    @property
    def places_by_fees(self) -> float:
        """Beds that better fees have brought, or (negative) worse ones driven away: exactly none at the fees observed."""
        return self._by_fees.places

    def respond(self, *, asked_minutes: int, asked_places: int, home_care_fee: float = 1.0, place_fee: float = 1.0) -> None:
        """Adjust supply once a quarter to what is asked for, in proportion to rest, and to what the fees paid cover.

        Growth stops where the hands run out.

        Parameters
        ----------
        asked_minutes : of home care a week, in use and waited for
        asked_places : occupied and waited for
        home_care_fee, place_fee : what is paid, as a multiple of the fees observed
        """
        behaviour, rest, at_rest = self.behaviour, self._rest, self._asked_at_rest
        wanted = Supply(rest.minutes * asked_minutes / at_rest.minutes, rest.places * asked_places / at_rest.places)
        brought = Supply(
            wanted.minutes * brought_by(home_care_fee, behaviour.home_care_by_fees),
            wanted.places * brought_by(place_fee, behaviour.places_by_fees),
        )
        asked_for, by_fees = self._later(self._asked_for, wanted), self._later(self._by_fees, brought)
        before, after = self.supply.workers, asked_for.plus(by_fees).workers
        if after > max(self.most_workers, before):
            share = max(self.most_workers - before, 0.0) / (after - before)
            asked_for, by_fees = self._asked_for.towards(asked_for, share), self._by_fees.towards(by_fees, share)
        self._asked_for, self._by_fees = asked_for, by_fees

    def _later(self, now: Supply, wanted: Supply) -> Supply:
        """Return a part of the supply after a quarter of moving towards what is wanted."""
        return Supply(
            next_supply(now.minutes, wanted.minutes, self.behaviour.home_care_response),
            next_supply(now.places, wanted.places, self.behaviour.place_response),
        )
