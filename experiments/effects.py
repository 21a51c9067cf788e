"""What an experiment's arms do: paired effects with intervals, by group and by organisations drawn, and a trial's own estimates.

What is compared (arms, or structures where the experiment compares those) stands in the column ``structure`` of the frames
that :mod:`experiments.comparing` works on; place and the other of the two are the *context* in which it is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from experiments.comparing import KEYS, MONTHS, PERIOD, PLACE, interval_half_width, paired_differences
from experiments.comparing import totals as totals_of_a_run
from experiments.experiment import Cell, ExperimentSpec
from experiments.store import Results
from model.measures import HEADLINE

APART = 1_000_000  # replications of one draw of parameters stand this far from those of the next
CONTEXT = ["place", "structure", "arm", "against"]
FOLLOWED = ("contacts", "spells", "days_in_hospital", "days_at_home", "qalys", "unmet_hours", "out_of_pocket")
"""What a trial follows in each person."""


class Context(NamedTuple):
    """In which circumstances something is compared: the place, and the structure (or, where structures are compared, the arm)."""

    place: str
    other: str


def effects(results: Results) -> pd.DataFrame:
    """Return the paired effect of each arm (or structure, where those are compared) on every reported measure of the place.

    Returns
    -------
    DataFrame
        place, structure, arm, against (the arm or structure compared with), measure, year (0: mean a year over the
        period), and the columns of :func:`experiments.comparing.paired_differences`.

    Raises
    ------
    FolderError
        If no run finished.
    ValueError
        If nothing that finished can be compared.
    """
    spec = experiment_of(results)
    measures = _reported(results.measures, spec)
    return _compared(measures[measures["organisation"] == PLACE], spec, lambda own: totals(own, spec), KEYS)


def levels(results: Results) -> pd.DataFrame:
    """Return the reported measures of the place in each arm: place, structure, arm, measure, year, mean, low, high, replications."""
    spec = experiment_of(results)
    measures = _reported(results.measures, spec)
    found = []
    for context, own in _contexts(measures[measures["organisation"] == PLACE], spec):
        for compared, values in totals(own, spec).groupby("structure", sort=False):
            wide = values.pivot_table(index=KEYS, columns="replication", values="value").fillna(0.0)
            mean, half = wide.mean(axis=1), interval_half_width(wide.to_numpy(float))
            table = pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half, "replications": wide.shape[1]}).reset_index()
            labels = _context_columns(spec, context, compared)
            found.append(table.assign(**{name: labels[name] for name in CONTEXT[:3]}))
    return pd.concat(found, ignore_index=True)[[*CONTEXT[:3], *KEYS, "mean", "low", "high", "replications"]]


def by_organisation(results: Results) -> pd.DataFrame:
    """Return the paired effects in each council, consortium and hospital: as :func:`effects`, with its name in ``organisation``."""
    spec = experiment_of(results)
    measures = _reported(results.measures, spec)
    return _compared(measures[measures["organisation"] != PLACE], spec, lambda own: totals(own, spec, organisation=None), ["organisation", *KEYS])


def by_drawn(results: Results) -> pd.DataFrame:
    """Return the paired effects among organisations that an arm's interventions drew, and among the others of their kind.

    Returns
    -------
    DataFrame
        As :func:`effects`, with ``drawn`` (yes or no); empty where nothing is drawn. The others are the same organisations
        in both arms, replication by replication.
    """
    spec = experiment_of(results)
    measures = _reported(results.measures, spec)
    reach = _reach(results, spec)
    found = []
    for arm in spec.arms:
        parts = list(_split(measures, spec, {cell: names for cell, names in reach.items() if cell.arm == arm}))
        if parts:
            summed = pd.concat(parts).groupby(["run", "month", "organisation", "measure"], sort=True)["value"].sum().reset_index()
            table = _compared(summed, spec, lambda own: totals(own, spec, organisation=None), ["organisation", *KEYS])
            found.append(table[table["arm"] == arm].rename(columns={"organisation": "drawn"}))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*CONTEXT, "drawn", *KEYS])


def by_group(results: Results) -> pd.DataFrame:
    """Return the paired effects on measures per person by group: as :func:`effects`, with the columns of the group."""
    spec = experiment_of(results)
    groups = results.table("groups")
    values = groups.assign(value=groups["value"] / groups["people"], year=groups.get("year", 0))
    keys = [*(group for group in spec.groups if group != "year"), *KEYS]
    values = values[(values["year"] == PERIOD) | (values["year"] >= spec.count_from)]
    return _compared(values, spec, lambda own: own, keys)


def between_structures(results: Results) -> pd.DataFrame:
    """Return how each arm's effect under a structure differs from its effect under the first of them, paired.

    Returns
    -------
    DataFrame
        place, structure, arm, measure, year, difference, low, high, replications; empty where there is one structure.
    """
    spec = experiment_of(results)
    measures = _reported(results.measures, spec)
    measures = measures[measures["organisation"] == PLACE]
    found = []
    for place in spec.places:
        effect = {}
        for structure in spec.structures:
            cells = {cell: run for run, own in spec.cells().items() for cell in own if cell.place == place and cell.structure == structure}
            values = totals(_of_cells(measures, cells, lambda cell: cell.arm), spec).pivot_table(index=KEYS, columns=["structure", "replication"], values="value").fillna(0.0)
            effect[structure] = {arm: values[arm] - values[spec.control] for arm in spec.arms if arm in values and arm != spec.control}
        first = effect[spec.structures[0]]
        for structure in spec.structures[1:]:
            for arm in effect[structure].keys() & first.keys():
                gap = (effect[structure][arm] - first[arm]).dropna(axis=1, how="all")
                mean, half = gap.mean(axis=1), interval_half_width(gap.to_numpy(float))
                table = pd.DataFrame({"difference": mean, "low": mean - half, "high": mean + half, "replications": gap.shape[1]}).reset_index()
                found.append(table.assign(place=place, structure=structure, arm=arm))
    columns = [*CONTEXT[:3], *KEYS, "difference", "low", "high", "replications"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def trials(results: Results) -> pd.DataFrame:
    """Return what a trial of a person-level service says by each way of reckoning, per person and year of being there.

    Returns
    -------
    DataFrame
        place, structure, arm, against, intervention, estimate, measure, mean, low, high, replications; `estimate` is one of

        - ``randomised``: those drawn less those who might have been and were not, in the same run;
        - ``same people``: those drawn less themselves in the control arm, with the same luck;
        - ``before and after``: those drawn less themselves in the year before (contacts only).
    """
    spec = experiment_of(results)
    columns = [*CONTEXT, "intervention", "estimate", "measure", "mean", "low", "high", "replications"]
    if not results.having("trials"):
        return pd.DataFrame(columns=columns)
    found = []
    for context, frame in _contexts(results.table("trials"), spec):
        for (arm, intervention), own in frame.groupby(["structure", "intervention"], sort=False):
            control = frame[(frame["structure"] == _baseline(spec)) & (frame["intervention"] == intervention)]
            if not own["chosen"].any() or (own["chosen"].all() and control.empty):
                continue  # nobody was served, or there is nobody to compare them with
            pairs = sorted(set(own["replication"]))
            table = pd.DataFrame([_estimates(own[own["replication"] == pair], control[control["replication"] == pair]) for pair in pairs])
            half = interval_half_width(table.to_numpy(float).T)
            for (estimate, measure), mean, width in zip(table.columns, table.mean(), half, strict=True):
                row = _context_columns(spec, context, arm) | {"intervention": intervention, "estimate": estimate, "measure": measure}
                found.append({**row, "mean": mean, "low": mean - width, "high": mean + width, "replications": len(pairs)})
    return pd.DataFrame(found, columns=columns).dropna(subset=["mean"]).reset_index(drop=True)


def _estimates(arm: pd.DataFrame, control: pd.DataFrame) -> dict[tuple[str, str], float]:
    drawn, others = arm[arm["chosen"]], arm[~arm["chosen"]]
    themselves = control[control["person"].isin(drawn["person"])]
    found = {("randomised", measure): _yearly(drawn, measure) - _yearly(others, measure) for measure in FOLLOWED}
    found |= {("same people", measure): _yearly(drawn, measure) - _yearly(themselves, measure) for measure in FOLLOWED}
    found["before and after", "contacts"] = _yearly(drawn, "contacts") - float(drawn["contacts_before"].mean())
    return found


def _yearly(people: pd.DataFrame, measure: str) -> float:
    months = people["months"].sum()
    return float(people[measure].sum() / months * 12.0) if months else float("nan")


def totals(measures: pd.DataFrame, spec: ExperimentSpec, organisation: str | None = PLACE) -> pd.DataFrame:
    """Return totals as :func:`experiments.comparing.totals`, of the years that count; the period (year 0) is those years."""
    before = spec.count_from - 1
    counted = measures[measures["month"] >= before * MONTHS]
    found = totals_of_a_run(counted.assign(month=counted["month"] - before * MONTHS), organisation)
    return found.assign(year=found["year"].where(found["year"] == PERIOD, found["year"] + before))


# Which run is which


def experiment_of(results: Results) -> ExperimentSpec:
    """Return the experiment that a folder holds; raise ValueError if it is a comparison."""
    if not isinstance(results.spec, ExperimentSpec):
        raise ValueError(f"{results.folder} must hold an experiment, got a {results.spec.of}")
    return results.spec


def reported(spec: ExperimentSpec) -> list[str]:
    """Return the measures that are reported, in order."""
    return list(spec.measures) or [measure.name for measure in HEADLINE]


def _reported(measures: pd.DataFrame, spec: ExperimentSpec) -> pd.DataFrame:
    return measures[measures["measure"].isin(reported(spec))]


def _baseline(spec: ExperimentSpec) -> str:
    return spec.control if spec.compare == "arms" else spec.structures[0]


def _context_columns(spec: ExperimentSpec, context: Context, compared: str) -> dict[str, str]:
    structure, arm = (context.other, compared) if spec.compare == "arms" else (compared, context.other)
    return {"place": context.place, "structure": structure, "arm": arm, "against": _baseline(spec)}


def _contexts(frame: pd.DataFrame, spec: ExperimentSpec) -> Iterator[tuple[Context, pd.DataFrame]]:
    """Yield each context with its rows, what is compared under ``structure`` and the number of the pair under ``replication``."""
    arms = spec.compare == "arms"
    cells: dict[Context, dict[Cell, str]] = {}
    for run, each in spec.cells().items():
        for cell in each:
            cells.setdefault(Context(cell.place, cell.structure if arms else cell.arm), {})[cell] = run
    for context, own in cells.items():
        yield context, _of_cells(frame, own, lambda cell: cell.arm if arms else cell.structure)


def _of_cells(frame: pd.DataFrame, cells: dict[Cell, str], compared: Callable[[Cell], str]) -> pd.DataFrame:
    rows = [(run, compared(cell), cell.draw * APART + cell.replication) for cell, run in cells.items()]
    labels = pd.DataFrame(rows, columns=["run", "structure", "replication"])
    own = [column for column in frame.columns if column not in ("place", "structure", "replication", "seed")]
    return labels.merge(frame[own], on="run")


def _compared(frame: pd.DataFrame, spec: ExperimentSpec, added_up: Callable[[pd.DataFrame], pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    """Return the paired differences in every context, without those of the baseline from itself."""
    found = []
    for context, own in _contexts(frame, spec):
        if own["structure"].nunique() < 2:
            continue
        table = paired_differences(added_up(own), _baseline(spec), keys)
        table = table[table["structure"] != _baseline(spec)].reset_index(drop=True)
        labels = pd.DataFrame([_context_columns(spec, context, compared) for compared in table["structure"]])
        found.append(pd.concat([labels, table.drop(columns="structure")], axis=1))
    if not found:
        return pd.DataFrame(columns=[*CONTEXT, *keys])
    order = {"place": spec.places, "structure": spec.structures, "arm": tuple(spec.arms), "measure": tuple(reported(spec))}
    rank = {name: {value: number for number, value in enumerate(values)} for name, values in order.items()}
    by = ["place", "structure", "arm", *keys]
    return pd.concat(found).sort_values(by, key=lambda column: column.map(rank[column.name]).fillna(len(by)) if column.name in rank else column, kind="stable", ignore_index=True)


def _reach(results: Results, spec: ExperimentSpec) -> dict[Cell, dict[str, str]]:
    """Return, for each run of an arm that draws some organisations of a kind, whether each of that kind was drawn: yes or no."""
    notes = results.notes
    found = {}
    for run, cells in spec.cells().items():
        drawn = {name for each in notes.get(run, {}).get("interventions", []) if each["only_some"] for name in each["organisations"]}
        parties = notes[run]["parties"] if drawn else {}
        kinds = {parties[name] for name in drawn}
        words = {name: "yes" if name in drawn else "no" for name, kind in parties.items() if kind in kinds}
        found |= {cell: words for cell in cells if drawn}
    return found


def _split(measures: pd.DataFrame, spec: ExperimentSpec, reach: dict[Cell, dict[str, str]]) -> Iterator[pd.DataFrame]:
    """Yield the rows of runs of an arm, and of the control's beside each, by whether the arm drew the organisation."""
    runs = {cell: run for run, cells in spec.cells().items() for cell in cells}
    for cell, words in reach.items():
        for each in (cell, cell._replace(arm=spec.control)):
            own = measures[measures["run"] == runs[each]]
            own = own.assign(organisation=own["organisation"].map(words))
            yield own.dropna(subset=["organisation"])
