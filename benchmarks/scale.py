"""Measure how waits depend on scale: a tenth of a place has a tenth of a hospital, and small queues wait longer.

``python -m benchmarks.scale`` prints two tables as Markdown: waits, and the demand that scale should leave alone.
Levers stay where they are and money is flat, so that nothing but size differs; every scale has the same places, years
and seeds.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

from agents.deciding import Belief
from agents.vocabulary import Lever
from model.economy import HealthEconomy

SCALES = (1.0, 0.2, 0.05)
PLACES = ("berkshire-west", "wigan")
REPLICATIONS, YEARS = 5, 2
STILL = {lever: Belief(lever=lever, costs={}, qalys=0.0) for lever in Lever if lever != Lever.NONE}

Sums = dict[str, float]
Runs = dict[tuple[str, float], list[Sums]]  # by place and scale
A_THOUSAND = 1000.0

WAITS: dict[str, Callable[[Sums], float]] = {
    "days in A&E waiting for a bed, for each 1,000 admissions": lambda s: (
        A_THOUSAND * s["boarding_days"] / s["emergency_admissions"]
    ),
    "delayed days for each 100 admissions": lambda s: 100.0 * s["delayed_days_true"] / s["emergency_admissions"],
    "– of them waiting for an assessment": lambda s: (
        100.0 * s["delayed_days_true/assessment"] / s["emergency_admissions"]
    ),
    "– of them waiting for home care": lambda s: 100.0 * s["delayed_days_true/package"] / s["emergency_admissions"],
    "– of them waiting for a care-home place": lambda s: (
        100.0 * (s["delayed_days_true/residential"] + s["delayed_days_true/nursing"]) / s["emergency_admissions"]
    ),
    "people waiting at home for care, for each 1,000 adults": lambda s: (
        A_THOUSAND * s["out_of_hospital_waiting"] / s["people"]
    ),
}
"""What waiting is, from a run's measures summed over its months."""

DEMAND: dict[str, Callable[[Sums], float]] = {
    "emergency contacts a year, for each 1,000 adults": lambda s: (
        12.0 * A_THOUSAND * s["emergency_contacts"] / s["people"]
    ),
    "emergency admissions a year, for each 1,000 adults": lambda s: (
        12.0 * A_THOUSAND * s["emergency_admissions"] / s["people"]
    ),
    "deaths a year, for each 1,000 adults": lambda s: 12.0 * A_THOUSAND * s["deaths"] / s["people"],
}
"""What should not depend on scale."""


def measured(place: str, scale: float, seed: int) -> Sums:
    """Return each measure of the whole place, summed over the months of a run at rest."""
    economy = HealthEconomy(place, seed=seed, scale=scale, years=YEARS, settlement="flat", beliefs=STILL)
    economy.run(YEARS)
    frame = economy.measures
    return frame[frame["organisation"] == "place"].groupby("measure")["value"].sum().to_dict()


def table(runs: Runs, figures: dict[str, Callable[[Sums], float]]) -> str:
    """Return the mean over replications of each figure, by place and scale, as Markdown."""
    lines = [
        f"| place | | {' | '.join(f'scale {scale:g}' for scale in SCALES)} |",
        f"| --- | --- | {' | '.join('---:' for _ in SCALES)} |",
    ]
    for place in PLACES:
        for name, figure in figures.items():
            means = [statistics.mean(map(figure, runs[place, scale])) for scale in SCALES]
            lines.append(f"| {place} | {name} | {' | '.join(f'{mean:,.3g}' for mean in means)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    seeds = range(1, REPLICATIONS + 1)
    runs = {(place, scale): [measured(place, scale, seed) for seed in seeds] for place in PLACES for scale in SCALES}
    print(table(runs, WAITS))
    print()
    print(table(runs, DEMAND))


if __name__ == "__main__":
    main()
