"""A care market: home care and care homes in one council's area."""

from __future__ import annotations

from dataclasses import dataclass

import mesa

from agents.parameter import Checked, parameter
from agents.vocabulary import Party


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketBehaviour(Checked):
    """How providers of care respond to what is asked of them."""

    supply_response: float = parameter(
        0.05,
        "share of the gap between supply wanted and supply there that closes in a quarter",
        unit="share per quarter",
        low=0.0,
        high=0.25,
        assumption="homes take years to build and close slowly; home care hires within a year",
    )


def next_supply(supply: int, wanted: int, behaviour: MarketBehaviour) -> int:
    """Return supply after a quarter: part of the way to what is wanted, in whole units and never past it.

    Examples
    --------
    >>> next_supply(1000, 1200, MarketBehaviour(supply_response=0.1))
    1020
    """
    return supply + int((wanted - supply) * behaviour.supply_response)


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
        behaviour: MarketBehaviour,
    ) -> None:
        super().__init__(model)
        self.name = name
        self.index = index
        self.home_care_minutes = home_care_minutes
        self.places = places
        self.behaviour = behaviour

    def __repr__(self) -> str:
        return f"<CareMarket {self.name!r}>"

    def respond(self, *, home_care_minutes_wanted: int, places_wanted: int) -> None:
        """Adjust supply once a quarter to what is wanted at the fees paid."""
        self.home_care_minutes = next_supply(self.home_care_minutes, home_care_minutes_wanted, self.behaviour)
        self.places = next_supply(self.places, places_wanted, self.behaviour)
