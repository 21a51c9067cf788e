"""Films of a hospital that never was, made by a formula: to try pictures without running the model."""

import numpy as np

from agents.vocabulary import Reason
from experiments.film import BedState, Film

REASONS = tuple(reason.name.lower() for reason in Reason)


def made_up_film(
    structure: str = "separate-budgets",
    days: int = 2,
    beds: int = 60,
    *,
    start: str = "2017-01-09",
    shift: float = 0.0,
    reasons: tuple[str, ...] = REASONS,
    **changes,
) -> Film:
    """Beds that fill by day and empty by night, a queue in A&E behind them, delays that rise toward the weekend.

    `shift` (a share) lowers what waits, so that two films differ.
    """
    n = 24 * days
    at = np.arange(n)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (at - 9) / 24)
    week = 0.5 + 0.5 * np.sin(2 * np.pi * (at - 60) / 168)
    rng = np.random.Generator(np.random.Philox(7))
    extra = max(beds // 16, 2)
    wards = ("Assessment unit", "General wards", "Older people's wards", "Escalation beds")
    ends = np.array([beds // 10, int(0.7 * beds), beds])
    ward_of = np.searchsorted(ends, np.arange(beds + extra), side="right").astype(np.uint8)
    each = (1.0 - shift) * np.linspace(0.14, 0.015, len(reasons)) / len(reasons) * 3
    delays = np.round(beds * each * (0.6 + 0.6 * week[:, None]) + rng.random((n, len(reasons)))).astype(np.int32)
    state = np.full((n, beds + extra), BedState.EMPTY, dtype=np.uint8)
    luck = rng.random(beds + extra)
    mix = np.array([BedState.ACUTE, BedState.RECOVERING, BedState.ELECTIVE], dtype=np.uint8)
    for hour in at:
        held = luck < 0.86 + 0.12 * wave[hour]
        kind = mix[np.searchsorted([0.55, 0.85], (luck * 7.3 + hour / 90) % 1.0)]
        state[hour, held] = kind[held]
        assessed = held & (ward_of == 0)
        state[hour, assessed] = BedState.ASSESSMENT
        later = np.flatnonzero(held & (ward_of > 0))
        state[hour, later[np.argsort(luck[later] * 13 % 1.0)][: delays[hour].sum()]] = BedState.FIT_TO_LEAVE
        opened = round(extra * week[hour])
        state[hour, beds + opened :] = BedState.SHUT
    busy = beds / 800
    arrivals = rng.poisson(4 * busy + 16 * busy * wave).astype(np.int32)
    left = np.maximum(np.roll(arrivals, 3), 0)
    cubicles = max(round(48 * busy), 3)
    return Film(
        **{
            "place": "Berkshire West",
            "hospital": "Royal Berkshire NHS Foundation Trust",
            "structure": structure,
            "scale": 1.0,
            "hours": np.datetime64(start, "h") + at.astype("timedelta64[h]"),
            "wards": wards,
            "ward_of": ward_of,
            "beds": state,
            "cubicles": cubicles,
            "arrivals": arrivals,
            "to_be_seen": np.round(18 * busy * wave + 2 * rng.random(n)).astype(np.int32),
            "in_treatment": np.round(cubicles * (0.3 + 0.4 * wave)).astype(np.int32),
            "waiting_for_bed": np.round(busy * (1 - shift) * 34 * wave * week).astype(np.int32),
            "left": left,
            "left_in_time": np.round(left * (0.98 - 0.25 * week)).astype(np.int32),
            "reasons": reasons,
            "delays": delays,
            "cancelled": (rng.random(n) < 0.05 * (1 - shift)).astype(np.int32),
            **changes,
        }
    )
