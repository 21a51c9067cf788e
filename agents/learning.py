"""How organisations learn what their levers do from what they see: off unless asked for.

Once a year an organisation holds what it saw of a lever that it had moved against what it believed, and goes part of the way: further the less sure it
was, and the less of what it saw could be chance. What it sees is noisy as a real place's year is, however small the simulated part of the place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.parameter import Checked, parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningBehaviour(Checked):
    """How readily organisations change their minds."""

    doubt: float = parameter(
        0.5, "how unsure they are of what they believe of a lever, as a part of the effect believed: its standard deviation", unit="ratio", low=0.1, high=2.0,
        assumption="evidence from elsewhere may be off by half")
    gain: float = parameter(
        0.7, "how far they go of the way that reason would have them go", unit="share", low=0.2, high=1.0,
        assumption="organisations are slow to give up what they believe")


def learned(believed: float, seen: float, noise: float, behaviour: LearningBehaviour) -> float:
    """Return what is believed of an effect once it was seen.

    Parameters
    ----------
    believed : before; of a lever of which nothing is believed nothing is learned
    seen : the effect as seen, in the same unit
    noise : standard deviation of what chance does to what is seen
    behaviour : shared parameters

    Examples
    --------
    As unsure as what is seen is noisy, half of the way; without noise, all of it:

    >>> surely = LearningBehaviour(doubt=0.5, gain=1.0)
    >>> learned(2.0, 4.0, 1.0, surely), learned(2.0, 4.0, 0.0, surely), learned(0.0, 4.0, 1.0, surely)
    (3.0, 4.0, 0.0)
    """
    unsure = (behaviour.doubt * believed) ** 2
    if unsure == 0.0 or not math.isfinite(noise):
        return believed
    return believed + behaviour.gain * unsure / (unsure + noise**2) * (seen - believed)
