"""Run all of England at once: time and memory by stage, and its totals beside the national ones.

``python -m benchmarks.england`` builds the place and its people, lets them settle (once: the settled state is stored), and
runs ten years of one structure. Each stage is a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import ROOT
from benchmarks.national_totals import TOTALS, first_year

STAGES = ("build", "settle", "read", "run")
WORDS = {
    "build": "place and people built",
    "settle": "people settled and stored (once)",
    "read": "settled people read, organisations made",
    "run": "months run",
}


def build(options: argparse.Namespace) -> dict[str, Any]:
    """Build the place and its people: cells, small areas, organisations, and a record for every adult."""
    from model.place import load_place
    from model.starting_state import build_people

    rows = build_people(load_place(options.place), options.scale)
    return {"people": len(rows)}


def settle(options: argparse.Namespace) -> dict[str, Any]:
    """Let people settle, or find that they were settled and stored before."""
    from model.parameters import Parameters
    from model.place import load_place
    from model.starting_state import starting_state

    state = starting_state(load_place(options.place), options.scale, Parameters(), options.threads)
    return {"people": len(state.arrays["rows"])}


def read(options: argparse.Namespace) -> dict[str, Any]:
    """Make the economy, from which a run starts."""
    from model.economy import HealthEconomy

    economy = HealthEconomy(options.place, options.structure, options.seed, scale=options.scale, threads=options.threads)
    return {"people": len(economy.engine.people), "economy": economy}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run the years; compiling and reading the settled state are not counted."""
    economy = read(options)["economy"]
    months, person_months, totals = options.years * 12, 0, {}
    began = None
    for month in range(months):
        began = time.perf_counter() if began is None else began
        economy.step()
        person_months += int(economy.latest("people"))
        if month == 11:
            totals = first_year(economy)
    seconds = time.perf_counter() - began
    return {"people": len(economy.engine.people), "seconds": seconds, "person_months": person_months, "totals": totals}


def stage(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one stage in this process; return what it found, with its seconds and peak of memory."""
    began = time.perf_counter()
    work: Callable[[argparse.Namespace], dict[str, Any]] = {"build": build, "settle": settle, "read": read, "run": run}[name]
    found = work(options)
    found.pop("economy", None)
    found.setdefault("seconds", time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found | {"bytes": peak if sys.platform == "darwin" else peak * 1024}


def measured(name: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Run one stage in a process of its own.

    Raises
    ------
    RuntimeError
        If the process fails; its own message goes to the standard error.
    """
    command = [sys.executable, "-m", "benchmarks.england", *arguments, "--stage", name]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"stage {name!r} ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def stage_table(found: dict[str, dict[str, Any]], title: str) -> Table:
    """Lay out time and memory by stage."""
    table = Table("stage", "people", "seconds", "peak, GB", "M person-months/s", title=title)
    for name, one in found.items():
        speed = f"{one['person_months'] / one['seconds'] / 1e6:.1f}" if "person_months" in one else ""
        table.add_row(WORDS[name], f"{one['people']:,}", f"{one['seconds']:,.1f}", f"{one['bytes'] / 1e9:.2f}", speed)
    return table


def totals_table(totals: dict[str, float], scale: float) -> Table:
    """Lay out the first year's totals, at full size, beside the national ones."""
    table = Table("England, first year", "model", "published", "ratio", "of", "what is compared", "source")
    for total in TOTALS:
        model, published = totals[total.name] / scale, total.published()
        table.add_row(
            f"{total.name}, {total.unit}", f"{model / total.per:,.3f}", f"{published / total.per:,.3f}", f"{model / published:.2f}",
            total.year, total.note, total.source,
        )  # fmt: skip
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.england", description="Time all of England at once, and set its totals beside the national ones."
    )
    parser.add_argument("--place", default="england", help="name of a place, or the path of a TOML file (default: %(default)s)")
    parser.add_argument("--structure", default="separate-budgets")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stage", choices=STAGES, help="run one stage, in this process, and print JSON")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the tables")
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(arguments)
    if options.stage:
        print(json.dumps(stage(options.stage, options)))
        return
    say, found = Console(stderr=True), {}
    passed_on = [word for word in arguments if word != "--json"]
    for name in STAGES:
        say.print(f"{WORDS[name]} ...", style="dim")
        try:
            found[name] = measured(name, passed_on)
        except (KeyboardInterrupt, RuntimeError) as error:
            parser.exit(1, f"benchmarks: {error or 'interrupted'}\n")
    if options.json:
        print(json.dumps(found, indent=2))
        return
    title = f"{options.place}, scale {options.scale:g}, {options.structure}, {options.years} years, {options.threads} threads"
    wide = Console(width=200)
    wide.print(stage_table(found, title))
    if found["run"]["totals"]:
        wide.print(totals_table(found["run"]["totals"], options.scale))


if __name__ == "__main__":
    main()
