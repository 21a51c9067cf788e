"""Who is a frail elder: old and severely frail, so that a service or a purse can be for them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.parameter import Checked, parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class FrailElders(Checked):
    """Who is a frail elder to a pool that pays for their care alone, the same under every structure."""

    age: float = parameter(
        75.0, "age from which people whose frailty is great enough count as frail elders", unit="years", low=65.0, high=80.0,
        assumption="programmes for frail elders take people from 55 or 65 on, and mostly look after people of 75 and over")
    frailty: float = parameter(
        0.36, "frailty from which they do", unit="frailty", low=0.25, high=0.45,
        assumption="severe frailty, above 0.36; moderate at the low end (note of P-A.frail-013)")


def are_frail_elders(rows: np.ndarray, elders: FrailElders, month: int = 0) -> np.ndarray:
    """Return who of some people is a frail elder in a month since the start.

    Parameters
    ----------
    rows : RECORD
    """
    return (month - rows["birth_month"].astype(np.int64) >= 12 * elders.age) & (rows["frailty"] >= elders.frailty)
