"""The shared parameters as one flat named tuple, the form that compiled kernels take."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import TYPE_CHECKING

import numpy as np

from agents.care import CareRules
from agents.hospital.stays import HospitalRules
from agents.patients.living import LivingBehaviour
from agents.patients.seeking import SeekingBehaviour
from agents.vocabulary import Lever

if TYPE_CHECKING:
    from model.parameters import Parameters

_CLASSES = (LivingBehaviour, SeekingBehaviour, CareRules, HospitalRules)
_FIELDS = tuple(field.name for kind in _CLASSES for field in dataclasses.fields(kind))
_PLACE_FIELDS = ("first_council", "first_consortium", "first_hospital", "withheld_lever")

Rules = namedtuple("Rules", _FIELDS + _PLACE_FIELDS)
"""Every number of the four behaviour classes, the ledger's first index of each kind of organisation, and per council
the lever that is charged with withheld care."""


def compile_rules(parameters: Parameters, first_council: int = 0, first_consortium: int = 0, first_hospital: int = 0, n_councils: int = 1) -> Rules:
    """Return the rules of `parameters` for a place whose parties begin at the given indices."""
    values = {}
    for part in (parameters.living, parameters.seeking, parameters.care, parameters.hospital):
        for field in dataclasses.fields(part):
            values[field.name] = float(getattr(part, field.name))
    return Rules(
        **values,
        first_council=int(first_council),
        first_consortium=int(first_consortium),
        first_hospital=int(first_hospital),
        withheld_lever=np.full(n_councils, int(Lever.STRICTNESS), dtype=np.int64),
    )
