"""All tunable numbers of a run: the parameter classes that live beside the agents, put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.board import BoardBehaviour
from agents.care import CareRules
from agents.care_market import MarketBehaviour
from agents.commissioner import CommissionerBehaviour
from agents.consortium import ConsortiumBehaviour
from agents.council import CouncilBehaviour
from agents.deciding import DecidingBehaviour
from agents.entitlements import EntitlementRules
from agents.hospital.hospital import HospitalBehaviour
from agents.hospital.planned import PlannedRules
from agents.hospital.stays import HospitalRules
from agents.learning import LearningBehaviour
from agents.naming import nearest
from agents.parameter import Checked
from agents.patients.frail_elders import FrailElders
from agents.patients.kinds import SeveralConditions
from agents.patients.living import LivingBehaviour
from agents.patients.prevention import PreventionBehaviour
from agents.patients.quality import CareQuality
from agents.patients.seeking import SeekingBehaviour
from agents.patients.services import ServiceEffects
from agents.teams import TeamEffects
from agents.trusting import TrustingBehaviour
from model.management import Overheads
from model.payment import Prices
from model.reorganising import Reorganising
from model.resources import UnitCosts
from model.settlement import Settlement


class ParameterRow(NamedTuple):
    """One line of the parameter table."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    evidence: str | None
    assumption: str | None
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameters:
    """Every parameter of a run, grouped by what it tunes; ``living.frailty_recovery`` is a name."""

    living: LivingBehaviour = field(default_factory=LivingBehaviour)
    seeking: SeekingBehaviour = field(default_factory=SeekingBehaviour)
    services: ServiceEffects = field(default_factory=ServiceEffects)
    care: CareRules = field(default_factory=CareRules)
    hospital: HospitalRules = field(default_factory=HospitalRules)
    planned: PlannedRules = field(default_factory=PlannedRules)
    prevention: PreventionBehaviour = field(default_factory=PreventionBehaviour)
    quality: CareQuality = field(default_factory=CareQuality)
    prices: Prices = field(default_factory=Prices)
    costs: UnitCosts = field(default_factory=UnitCosts)
    settlement: Settlement = field(default_factory=Settlement)
    overheads: Overheads = field(default_factory=Overheads)
    frail_elders: FrailElders = field(default_factory=FrailElders)
    several_conditions: SeveralConditions = field(default_factory=SeveralConditions)
    deciding: DecidingBehaviour = field(default_factory=DecidingBehaviour)
    council: CouncilBehaviour = field(default_factory=CouncilBehaviour)
    consortium: ConsortiumBehaviour = field(default_factory=ConsortiumBehaviour)
    hospital_board: HospitalBehaviour = field(default_factory=HospitalBehaviour)
    market: MarketBehaviour = field(default_factory=MarketBehaviour)
    commissioner: CommissionerBehaviour = field(default_factory=CommissionerBehaviour)
    board: BoardBehaviour = field(default_factory=BoardBehaviour)
    trusting: TrustingBehaviour = field(default_factory=TrustingBehaviour)
    teamwork: TeamEffects = field(default_factory=TeamEffects)
    reorganising: Reorganising = field(default_factory=Reorganising)
    learning: LearningBehaviour = field(default_factory=LearningBehaviour)
    entitlement: EntitlementRules = field(default_factory=EntitlementRules)

    def with_values(self, values: Mapping[str, float]) -> Parameters:
        """Return these parameters with some changed, by name such as ``deciding.outcome_weight``.

        Raises
        ------
        ValueError
            If a name is unknown (the message gives the nearest ones) or a value is outside its hard bounds.
        TypeError
            If a value is not a number.
        """
        changed: dict[str, dict[str, float]] = {}
        names = [row.name for row in self.table()]
        for name, value in values.items():
            if name not in names:
                raise ValueError(f"unknown parameter {name!r}; nearest: {nearest(name, names)}")
            part, _, key = name.partition(".")
            changed.setdefault(part, {})[key] = value
        return dataclasses.replace(self, **{part: self._changed(part, keys) for part, keys in changed.items()})

    def _changed(self, part: str, values: Mapping[str, float]) -> Checked:
        """Return one part with some values changed; what is wrong with one is said under the name that users know."""
        owner = getattr(self, part)
        try:
            return dataclasses.replace(owner, **values)
        except (TypeError, ValueError) as error:
            raise type(error)(str(error).replace(f"{type(owner).__name__}.", f"{part}.")) from None

    def table(self) -> list[ParameterRow]:
        """Return one row a parameter: name, value, range, unit, and its evidence row or assumption."""
        rows = []
        for part in dataclasses.fields(self):
            owner = getattr(self, part.name)
            for item in dataclasses.fields(owner):
                meta = item.metadata
                rows.append(
                    ParameterRow(
                        f"{part.name}.{item.name}", getattr(owner, item.name), meta["low"], meta["high"],
                        meta["unit"], meta["evidence"], meta["assumption"], meta["meaning"],
                    )
                )
        return rows

    def values(self) -> dict[str, float]:
        """Return every value by name."""
        return {row.name: row.value for row in self.table()}
