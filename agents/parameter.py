"""Declaring a tunable number: its default, unit, plausible range and where it comes from.

Parameter classes live beside the agent they tune and are frozen dataclasses whose fields are made by
:func:`parameter`. A default either names a row of the evidence table or is marked an assumption.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any


def parameter(
    default: float,
    meaning: str,
    *,
    unit: str,
    low: float,
    high: float,
    evidence: str | None = None,
    assumption: str | None = None,
    positive: bool = False,
) -> Any:
    """Return a dataclass field that carries what a reader must know of a number.

    Parameters
    ----------
    default : the value used unless told otherwise
    meaning : one line, what the number does
    unit : its unit, in words
    low, high : the range that sensitivity analysis explores; the default lies inside
    evidence : id of a row in ``model/data/evidence/parameters.csv``
    assumption : why this value, where no row gives it
    positive : whether nought makes no sense, as for what others are divided by

    Raises
    ------
    ValueError
        If neither or both of `evidence` and `assumption` are given, or the default is outside its range.
    """
    if (evidence is None) == (assumption is None):
        raise ValueError(f"parameter {meaning!r} must name either an evidence row or an assumption")
    if not low <= default <= high:
        raise ValueError(f"parameter {meaning!r} must lie in [{low}, {high}], got {default!r}")
    metadata = {
        "meaning": meaning,
        "unit": unit,
        "low": low,
        "high": high,
        "evidence": evidence,
        "assumption": assumption,
        "positive": positive,
    }
    return dataclasses.field(default=default, metadata=metadata)


class Checked:
    """Mixin of a parameter class: every field must be a finite number of at least zero, or in its hard bounds.

    The hard bounds are 0 to 1 for a share, above 0 where :func:`parameter` says `positive`, and the least of 0 and the
    plausible range otherwise.

    A value may leave the plausible range (that is what experiments are for) but not its `hard_bounds`.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            name = f"{type(self).__name__}.{field.name}"
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{name} must be a number, got {value!r}")
            if not math.isfinite(value):
                raise ValueError(f"{name} must be finite, got {value!r}")
            if "share" in field.metadata.get("unit", "") and not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is a share and must lie in [0, 1], got {value!r}")
            least = min(0.0, field.metadata.get("low", 0.0))
            positive = field.metadata.get("positive", False)
            if value < least or (positive and value == 0.0):
                low, high, unit = (field.metadata.get(key, "") for key in ("low", "high", "unit"))
                bound = "above 0" if positive else f"at least {least:g}"
                plausible = f" (plausible: {low:g} to {high:g} {unit})" if unit else ""
                raise ValueError(f"{name} must be {bound}{plausible}, got {value!r}")
