"""One measurement in a process of its own: ``python -m benchmarks.measuring WHAT PEOPLE`` prints JSON.

Seconds are of the processor, for one thread: other work on the machine then costs little, and only through the caches.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.hospital.state import Flow
    from model.economy import HealthEconomy

PLACE = "berkshire-west"
SWEEPS = 9
MONTHS = 24
MONTHS_OF_SPELLS = 12
MONTHS_FOR_MEMORY = 13  # one of them renews the proactive lists, which takes the most


def economy_of(people: int, hospital_flow: str = "daily") -> HealthEconomy:
    """Return the place, settled, with about so many people: a share or a multiple of its own."""
    from model.economy import HealthEconomy
    from model.place import load_place

    adults = sum(council.adults for council in load_place(PLACE).councils)
    return HealthEconomy(place=PLACE, scale=people / adults, seed=1, years=10, threads=1, hospital_flow=hospital_flow)


def prepare(people: int) -> dict[str, Any]:
    """Compile, settle and store, so that what follows measures neither."""
    economy_of(people).step()
    return {}


def living(economy: HealthEconomy) -> int:
    """Return how many people the coming month sweeps."""
    return int((economy.engine.people.rows["end_month"] >= economy.month).sum())


def kernel(people: int) -> dict[str, Any]:
    """Time sweeps of everybody through a month at home, each from the same state, after a warm month of the economy."""
    import numpy as np

    from agents.patients.living import live
    from agents.patients.seeking import EVENT
    from model.engine import CHUNK, EVENTS_A_PERSON

    economy = economy_of(people)
    economy.step()
    engine, month = economy.engine, economy.month
    rows, known = engine.people.rows, engine.organisations
    start = rows.copy()
    first_day, days = engine.calendar.first_day(month), engine.calendar.length(month)
    events = np.zeros(EVENTS_A_PERSON * CHUNK, dtype=EVENT)
    totals, counts = engine.blank_totals(), engine.blank_counts()
    millions = living(economy) / 1e6
    speeds = []
    for _ in range(SWEEPS):
        rows[:] = start
        began = time.process_time()
        for low in range(0, len(rows), CHUNK):
            live(
                rows, low, min(low + CHUNK, len(rows)), month, month, first_day, days, True, engine.seed,
                engine.tables, engine.rules, known.councils, known.consortia, engine.cases, engine.case_of, events, totals, counts,
            )  # fmt: skip
        speeds.append(millions / (time.process_time() - began))
    return {"median": statistics.median(speeds), "best": max(speeds)}


def whole(people: int) -> dict[str, Any]:
    """Time months of the whole economy, levers deciding, after a warm one; and what part of that is deciding."""
    economy = economy_of(people)
    economy.step()
    decide, deciding = economy._decide, 0.0

    def timed() -> None:
        nonlocal deciding
        began = time.process_time()
        decide()
        deciding += time.process_time() - began

    economy._decide = timed
    millions, seconds = [], []
    for _ in range(MONTHS):
        millions.append(living(economy) / 1e6)
        began = time.process_time()
        economy.step()
        seconds.append(time.process_time() - began)
    speeds = [number / took for number, took in zip(millions, seconds, strict=True)]
    found = {"mean": sum(millions) / sum(seconds), "median": statistics.median(speeds), "best": max(speeds)}
    return {"speed": found, "deciding": 100.0 * deciding / sum(seconds)}


def spells(people: int) -> dict[str, Any]:
    """Time the days of the event flow alone after a warm month, nobody looking on; any admission is a spell."""
    from agents.hospital.planned import HOSPITAL_ELECTIVE_STAYS
    from agents.hospital.state import HOSPITAL_ADMISSIONS

    economy = economy_of(people, hospital_flow="salabim")
    economy.step()
    engine = economy.engine
    run, took, number = engine.hospital_flow.run, 0.0, 0

    def timed(flow: Flow, **month: Any) -> None:
        nonlocal took, number
        began = time.process_time()
        run(flow, **month)
        took += time.process_time() - began
        number += int(flow.hospital_out[:, HOSPITAL_ADMISSIONS].sum())
        number += int(flow.hospital_planned[:, HOSPITAL_ELECTIVE_STAYS].sum())

    engine.hospital_flow.run = timed
    for _ in range(MONTHS_OF_SPELLS):
        economy.step()
    return {"mean": number / took, "spells": number}


def memory(people: int) -> dict[str, Any]:
    """Return the most memory that a run of somewhat over a year takes, in bytes, and for how many rows of people."""
    economy = economy_of(people)
    rows = len(economy.engine.people)
    for _ in range(MONTHS_FOR_MEMORY):
        economy.step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"bytes": peak if sys.platform == "darwin" else peak * 1024, "people": rows}


MEASUREMENTS = {"prepare": prepare, "kernel": kernel, "whole": whole, "spells": spells, "memory": memory}

if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](int(sys.argv[2]))))
