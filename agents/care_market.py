"""A care market: home care and care homes in one council's area."""

from __future__ import annotations

from dataclasses import dataclass

import mesa

from agents.parameter import Checked, parameter
from agents.vocabulary import Party


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


def next_supply(supply: int, wanted: int, response: float) -> int:
    """Return supply after a quarter: part of the way to what is wanted, in whole units and never past it.

    Examples
    --------
    >>> next_supply(1000, 1200, 0.1)
    1020
    """
    return supply + int((wanted - supply) * response)


class CareMarket(mesa.Agent):
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
        behaviour: MarketBehaviour,
    ) -> None:
        super().__init__(model)
        self.name = name
        self.index = index
        self.home_care_minutes = home_care_minutes
        self.places = places
        self.behaviour = behaviour
        self._rest = (home_care_minutes, places, max(asked_minutes, 1), max(asked_places, 1))

    def __repr__(self) -> str:
        return f"<CareMarket {self.name!r}>"

    def respond(self, *, asked_minutes: int, asked_places: int) -> None:
        """Adjust supply once a quarter to what is asked for at the fees paid, in proportion to rest.

        Parameters
        ----------
        asked_minutes : of home care a week, in use and waited for
        asked_places : occupied and waited for
        """
        minutes, places, minutes_at_rest, places_at_rest = self._rest
        wanted_minutes = minutes * asked_minutes // minutes_at_rest
        wanted_places = places * asked_places // places_at_rest
        self.home_care_minutes = next_supply(self.home_care_minutes, wanted_minutes, self.behaviour.home_care_response)
        self.places = next_supply(self.places, wanted_places, self.behaviour.place_response)
