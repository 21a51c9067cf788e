"""The shared parameters as one flat record, the form that compiled kernels take."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from agents.care import CareRules
from agents.hospital.planned import PlannedRules
from agents.hospital.stays import HospitalRules
from agents.patients.living import LivingBehaviour
from agents.patients.prevention import PreventionBehaviour
from agents.patients.quality import CareQuality
from agents.patients.seeking import SeekingBehaviour
from agents.patients.services import ServiceEffects

if TYPE_CHECKING:
    from model.parameters import Parameters

_CLASSES = (LivingBehaviour, SeekingBehaviour, ServiceEffects, CareRules, HospitalRules, PlannedRules, PreventionBehaviour, CareQuality)
_FIELDS = [field.name for kind in _CLASSES for field in dataclasses.fields(kind)]
_PARTIES = ["first_council", "first_consortium", "first_hospital"]

RULES = np.dtype([(name, "f8") for name in _FIELDS] + [(name, "i8") for name in _PARTIES] + [("people_seed", "u8")])
"""Every number of these behaviour classes, the ledger's first index of each kind of organisation, and the seed of
lifelong traits, which replications share."""

PEOPLE_SEED = 20140401


def recording_ratio(parameters: Parameters, paid: float = 0.0) -> float:
    """Return true delayed days for each recorded one: fewer where hospitals are paid for what they record.

    Parameters
    ----------
    paid : share of recorded days that hospitals are paid for
    """
    return max(parameters.care.recording_ratio * (1.0 - paid * (1.0 - parameters.care.recording_when_paid)), 1.0)


def compile_rules(parameters: Parameters, first_council: int = 0, first_consortium: int = 0, first_hospital: int = 0, people_seed: int = PEOPLE_SEED) -> np.record:
    """Return the rules of `parameters` for a place whose parties begin at the given indices."""
    rules = np.zeros(1, dtype=RULES).view(np.recarray)
    p = parameters
    for part in (p.living, p.seeking, p.services, p.care, p.hospital, p.planned, p.prevention, p.quality):
        for field in dataclasses.fields(part):
            rules[field.name] = float(getattr(part, field.name))
    rules["recording_ratio"] = recording_ratio(parameters)
    rules["first_council"], rules["first_consortium"], rules["first_hospital"] = first_council, first_consortium, first_hospital
    rules["people_seed"] = people_seed
    return rules[0]
