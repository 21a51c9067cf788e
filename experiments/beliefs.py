"""Measure what each lever does, by paired runs at rest, and write it as the data that organisations believe.

``python -m experiments.beliefs`` re-makes ``model/data/derived/beliefs.csv``.
"""

from __future__ import annotations

import csv
import dataclasses
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from agents.vocabulary import HELD_ACCOUNTS, Account, Lever
from model.beliefs import DELAYS, FILE, HORIZON_YEARS

PLACE = "berkshire-west"
YEARS = HORIZON_YEARS
SEEDS = (11, 12, 13, 14)
NEVER_SHORT = 1e9  # standard deviations: no forecast is further out
STEPS = {  # steps up and down that are measured: enough for a signal, few enough to be near rest
    Lever.STRICTNESS: 1, Lever.GENEROSITY: 2, Lever.REABLEMENT: 10, Lever.ASSESSMENT: 5,
    Lever.COMMUNITY: 10, Lever.PROACTIVE: 10, Lever.ADMISSION_THRESHOLD: 2, Lever.DISCHARGE_READINESS: 5,
    Lever.COMMUNITY_NURSING: 10, Lever.MENTAL_HEALTH: 20, Lever.DEMENTIA: 20, Lever.CONTINENCE: 20,
    Lever.CARE_HOME_SUPPORT: 10, Lever.GP_ACCESS: 10, Lever.CHC_STRICTNESS: 5,
    Lever.ELIGIBILITY: 1, Lever.CHARGES: 20, Lever.FEES: 10, Lever.BROKERAGE: 5, Lever.PREVENTION: 10,
    Lever.DISCHARGE_COORDINATION: 4, Lever.ELECTIVE_LISTS: 5, Lever.DAY_CASES: 5, Lever.CONTRIBUTION: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """Pounds on each account, QALYs, and recorded days of delay that social care alone answers for, of one run."""

    pounds: dict[Account, float]
    qalys: float
    delays: float
    heads: int


def one_run(lever: Lever, steps: int, seed: int) -> Outcome:
    """Return what a run comes to with all levers at rest, but one by `steps`.

    Demography is frozen and money neither grows nor runs short: the effect is the lever's own, not that of a gate which
    closes because the lever has cost something; nor does trust reach anybody.
    """
    from agents.deciding import LEVER_RANGES, Belief
    from model.accounts import UNIT_OF
    from model.economy import HealthEconomy
    from model.parameters import Parameters

    nothing = {each: Belief(lever=each, costs={}, qalys=0.0) for each in Lever if each != Lever.NONE}
    hold = {each.name.lower(): None for each in Lever if each != Lever.NONE}
    economy = HealthEconomy(
        place=PLACE, seed=seed, years=YEARS, hold=hold, settlement="flat", demography="frozen", beliefs=nothing,
        parameters=Parameters().with_values({"trusting.disputes": 0.0}),
    )
    economy.settlement = dataclasses.replace(economy.settlement, chance_band=NEVER_SHORT)
    for unit in [*economy.councils, *economy.consortia, *economy.hospitals]:
        if lever in unit.levers:
            bounds = LEVER_RANGES[lever]
            unit.levers[lever] = min(max(bounds.level(steps, unit.rest[lever]), bounds.low), bounds.high)
    if lever == Lever.PROACTIVE:
        import numpy as np

        economy.engine.renew_proactive(
            np.array([unit.levers[lever] for unit in economy.consortia]),
            np.array([unit.rest[lever] for unit in economy.consortia]),
            0,
        )
    economy.run(YEARS)
    costs = economy.costs

    def in_all(measure: str) -> float:
        return float(economy.measures.query("organisation == 'place' and measure == @measure")["value"].sum())

    return Outcome(
        pounds={
            **{account: sum(int(month.on(account).sum()) for month in costs) / 100.0 for account in UNIT_OF},
            Account.HOSPITAL: -sum(int(month.income.sum()) - int(month.resources.sum()) for month in costs) / 100.0,
        },
        qalys=in_all("qalys"),
        delays=in_all("delayed_days_recorded/by_social_care"),
        heads=sum(council.heads for council in economy.councils),
    )  # fmt: skip


def effects(lever: Lever) -> dict[str, tuple[float, float]]:
    """Return per head, year and step: mean effect on each account, on QALYs and on delays, and its standard error over seeds."""
    steps = STEPS[lever]
    found: dict[str, list[float]] = {}
    for seed in SEEDS:
        up, down = one_run(lever, steps, seed), one_run(lever, -steps, seed)
        each = up.heads * YEARS * 2 * steps
        for account in HELD_ACCOUNTS:
            found.setdefault(account.name.lower(), []).append((up.pounds[account] - down.pounds[account]) / each)
        found.setdefault("qalys", []).append((up.qalys - down.qalys) / each)
        found.setdefault(DELAYS, []).append((up.delays - down.delays) / each)
    means = {name: sum(values) / len(values) for name, values in found.items()}
    spread = {
        name: (sum((v - means[name]) ** 2 for v in values) / (len(values) - 1) / len(values)) ** 0.5
        for name, values in found.items()
    }
    return {name: (means[name], spread[name]) for name in found}


def measured(workers: int = 2) -> Iterator[tuple[Lever, dict[str, tuple[float, float]]]]:
    """Yield the effects of every lever."""
    levers = [lever for lever in Lever if lever != Lever.NONE]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from zip(levers, pool.map(effects, levers), strict=True)


def main() -> None:
    """Measure and write the file."""
    from model.economy import prepare

    prepare(PLACE)
    file = Path(FILE)
    rows = [["lever", "effect_on", "per_head_per_year_per_step", "standard_error"]]
    for lever, found in measured():
        for name, (mean, error) in found.items():
            rows.append([lever.name.lower(), name, f"{mean:.6g}", f"{error:.2g}"])
            sys.stderr.write(f"{lever.name.lower():20} {name:18} {mean:12.6f} ± {error:.6f}\n")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)
    part.replace(file)


if __name__ == "__main__":
    main()
