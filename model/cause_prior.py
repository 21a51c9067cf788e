"""What may be believed of the causes of emergencies: one joint prior under the published totals.

Each number of :data:`model.emergency_sums.CLOCKS` has a range. Drawn one by one they could claim more contacts than
there are. So they are drawn together: each from a triangular distribution over its range, its mode the default, and a
draw is kept only if the account that it gives breaks none of these limits, on a sample of England's adults:

- what might have been avoided (unmet need, unmanaged conditions, a carer's breakdown, returns that come of going home
  too early or to need that nobody meets) is at most the published share of admissions: P-B.ae-018 at 75 and over, and
  P-B.emerg-019 of all adults. The second is the broadest published list of admissions that care outside hospital might
  have made unnecessary. It is a list of diagnoses and holds no unmet need as such: to use it as the limit of everything
  avoidable is an assumption, and a cautious one;
- unmanaged conditions are at most the narrow list's share of admissions, P-B.emerg-018;
- something is left for illness at every age.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from agents.vocabulary import Cause
from model.emergency_sums import CLOCKS, Sums, cause_shares, sums_of_emergencies
from model.evidence import evidence
from model.parameters import Parameters

AVOIDABLE_FROM_75, AVOIDABLE, UNMANAGED = "P-B.ae-018", "P-B.emerg-019", "P-B.emerg-018"
MOST_TRIES = 1_000  # candidates for each set that is kept: beyond that the limits leave nothing
ILLNESS_BANDS = ((18, 24), *((first, first + 4) for first in range(25, 90, 5)), (90, 200))
"""Ages, first and last, at which something must be left for illness: as finely as the model's own tables are solved."""


def broken_limits(parameters: Parameters) -> tuple[str, ...]:
    """Return, in words, the limits of the joint prior that these parameters break; none for the defaults."""
    return _broken(sums_of_emergencies(parameters))


def _broken(sums: Sums) -> tuple[str, ...]:
    every = sum(sums.of(cause) * sums.admitted[cause] for cause in Cause)
    avoidable = sum(values * sums.admitted[cause] for cause, values in sums.avoidable().items())
    unmanaged = sums.of(Cause.UNMANAGED) * sums.admitted[Cause.UNMANAGED]
    asked = (
        ("avoidable admissions at 75 and over", avoidable, 75, AVOIDABLE_FROM_75),
        ("avoidable admissions of all adults", avoidable, 0, AVOIDABLE),
        ("admissions for unmanaged conditions", unmanaged, 0, UNMANAGED),
    )
    broken = []
    for what, values, first, row in asked:
        share, most = sums.mean(values, first) / sums.mean(every, first), evidence(row).number() / 100.0
        if share > most:
            broken.append(f"{what} are {share:.1%} of all, more than the published {most:.1%} ({row})")
    rest = sums.published - sum(sums.named.values())
    emptied = [band for band in ILLNESS_BANDS if sums.mean(rest, *band) <= 0.0]
    return (*broken, *(f"nothing is left for illness at {first} to {last}" for first, last in emptied))


def joint_prior(n: int, seed: int, base: Parameters | None = None) -> list[Parameters]:
    """Return `n` sets of parameters drawn from the joint prior of causes.

    The first sets of a longer list are those of a shorter one with the same seed.

    Parameters
    ----------
    seed : of the draws, 0 or more; another seed gives other sets
    base : where all other numbers come from; the defaults if None

    Raises
    ------
    ValueError
        If `n` is below 1, `seed` below 0, or the limits refuse (nearly) every draw.
    """
    if n < 1 or seed < 0:
        raise ValueError(f"joint_prior gives 1 set or more with a seed of 0 or more, got {n!r} and {seed!r}")
    base = base or Parameters()
    rows = {row.name: row for row in Parameters().table()}
    clocks = [rows[name] for name in CLOCKS]
    rng = np.random.Generator(np.random.Philox(seed))
    kept: list[Parameters] = []
    for _ in range(MOST_TRIES * n):
        luck = rng.random(len(clocks)).tolist()
        values = {row.name: triangular(u, row.low, row.value, row.high) for row, u in zip(clocks, luck, strict=True)}
        candidate = base.with_values(values)
        if not broken_limits(candidate):
            kept.append(candidate)
        if len(kept) == n:
            return kept
    raise ValueError(
        f"the limits on causes leave nearly nothing: {len(kept)} of {MOST_TRIES * n} draws kept, expected {n}"
    )


def triangular(u: float, low: float, mode: float, high: float) -> float:
    """Return the quantile `u`, 0 to 1, of the triangular distribution.

    Examples
    --------
    >>> [triangular(u, 0.0, 1.0, 4.0) for u in (0.0, 0.25, 1.0)]
    [0.0, 1.0, 4.0]
    """
    if u * (high - low) < mode - low:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))


def clock_values(parameters: Parameters) -> dict[str, float]:
    """Return the numbers that the joint prior draws, by name: what to change to get this set."""
    values = parameters.values()
    return {name: values[name] for name in CLOCKS}


def shares_over(
    drawn: list[Parameters], of: str = "contacts", quantiles: tuple[float, float] = (0.05, 0.95)
) -> pd.DataFrame:
    """Return each cause's share of emergencies: at the defaults, and its quantiles over drawn sets.

    Parameters
    ----------
    of : ``contacts`` or ``admissions``

    Returns
    -------
    pandas.DataFrame
        Columns ``cause, ages, default, low, high``: a row for each cause and age band.
    """
    default = cause_shares(Parameters(), of)
    every = np.stack([cause_shares(parameters, of).to_numpy() for parameters in drawn])
    low, high = np.quantile(every, quantiles, axis=0)
    rows = [
        (cause, ages, default.iat[i, j], low[i, j], high[i, j])
        for i, cause in enumerate(default.index)
        for j, ages in enumerate(default.columns)
    ]
    return pd.DataFrame(rows, columns=["cause", "ages", "default", "low", "high"])


def share_and_interval(row: Any) -> str:
    """Return a row of :func:`shares_over` in words, such as ``2.5% (1.0% to 5.0%)``."""
    return f"{row.default:.1%} ({row.low:.1%} to {row.high:.1%})"
