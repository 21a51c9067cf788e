"""Who pays for whose decision, estimated twice: attributed within a run, and counterfactual with a second run.

*Attributed* is what causes and reasons say within one run. *Counterfactual* is the difference to a second run, with the
same people and luck, in which the levers of that decision stand at their reference. Chains, queues, deaths and the
market make the two differ, and that difference is shown. Under ``replay`` all other levers follow the paths they had in
the first run; under ``respond`` others decide as they do.

Money is told by who bears it and in which line. An organisation that commissions bears what it pays less what it
receives, settlements apart; a hospital what its care costs less what it is paid; households what they pay. Hours of
unmet need and QALYs stand beside, and are never mixed into money.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agents.deciding import LEVER_RANGES
from agents.naming import nearest
from agents.vocabulary import Lever, Party, Service
from experiments.cases import Cases, Ground
from experiments.comparing import MONTHS, interval_half_width, without_dust
from experiments.store import RunTables
from experiments.waterfall import yearly
from model.cause_prior import clock_values, joint_prior
from model.holders import OWNER_OF, Holders, body_areas
from model.interventions import recorded_paths
from model.ledger import HOSPITAL_LINE, HOUSEHOLD_LINE, OWN_LINES, Parties
from model.national_levels import national_level
from model.parameters import Parameters
from model.place import Place, load_place
from model.structures import CommissioningStructure, load_structure

if TYPE_CHECKING:
    from experiments.figures.shunts import Pictured
    from experiments.specification import RunSpec

REPLAY, RESPOND = "replay", "respond"
BOARD = "board"
OBSERVED, NATIONAL = "observed", "national"
COMMISSIONERS = ("council", "consortium", "commissioner")
BEARERS = (*COMMISSIONERS, "hospital", "household")
PEOPLE = ("qalys", "deaths", "unmet_hours", "emergency_admissions", "delayed_days_true", "care_home_entries")
"""Measures that stand beside the money."""
ESTIMATES = ("attributed", "counterfactual", "disagreement")


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A decision, or all of somebody's, in one place under one structure.

    Parameters
    ----------
    name : as asked for, such as ``council.strictness`` or ``consortium``
    decider : kind of organisation that decides
    deciders : their names
    levers : that it moves
    units : the levers of each organisation that owns some, by name
    """

    name: str
    decider: str
    deciders: frozenset[str]
    levers: frozenset[str]
    units: Mapping[str, tuple[str, ...]]


class Deciding:
    """Who decides which levers of whom, in one place under one structure; if that comes in mid-life, also before it does.

    Parameters
    ----------
    place, structure : of the runs
    """

    def __init__(self, place: Place, structure: CommissioningStructure) -> None:
        before = [structure.before()] if structure.transition else []
        inforce = [structure, *before]
        self.parties = Parties.of_place(
            councils=[each.name for each in place.councils], consortia=[each.name for each in place.consortia],
            hospitals=[each.name for each in place.hospitals],
            commissioners=list(dict.fromkeys(name for each in inforce for name in body_areas(each, place))),
        )  # fmt: skip
        self._rows = [
            (self.parties.names[owner], OWNER_OF[lever], lever.name.lower(), *self._who_decides(holders, lever, owner))
            for holders in (Holders(each, place, self.parties) for each in inforce)
            for lever in LEVER_RANGES
            for owner in self.parties.indices(OWNER_OF[lever])
        ]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of organisation that decide anything, and ``board`` where executive boards do."""
        return tuple(dict.fromkeys(kind for *_, kind in self._rows))

    def _who_decides(self, holders: Holders, lever: Lever, owner: int) -> tuple[str, str]:
        """Return the name and kind of who decides a lever: of an executive board, where the organisation brings it to one."""
        party = holders.decided_by(lever, owner)
        if party in holders.boards:
            return holders.boards[party].name, BOARD
        return self.parties.names[party], self.parties.kind(party).name.lower()

    def decided(self, name: str) -> Decided:
        """Return a decision by its name: ``WHO`` or ``WHO.LEVER``.

        Parameters
        ----------
        name : WHO is a kind of organisation that decides (``board`` of executive boards), or owns the lever, or the name of one that decides

        Raises
        ------
        ValueError
            If nobody of that name decides such a lever; the nearest that there is is given.
        """
        who, dot, word = name.strip().rpartition(".")
        levers = {row[2] for row in self._rows}
        if not dot or (word not in levers and self._of(name.strip())):
            who, word = name.strip(), ""
        word = word.lower().replace("-", "_")
        if word and word not in levers:
            raise ValueError(f"unknown lever {word!r} in {name!r}; nearest: {nearest(word, levers)}")
        rows = [row for row in self._of(who) if word in ("", row[2])]
        if not rows:
            by_name = [decider for *_, decider, _ in self._rows]
            raise ValueError(f"nobody decides {name!r} here; nearest: {nearest(name.strip(), dict.fromkeys([*self.names(), *by_name]))}")
        units: dict[str, dict[str, None]] = {}
        for unit, _, lever, _, _ in rows:
            units.setdefault(unit, {})[lever] = None
        return Decided(
            name=name.strip(),
            decider=rows[0][4],
            deciders=frozenset(row[3] for row in rows),
            levers=frozenset(row[2] for row in rows),
            units={unit: tuple(own) for unit, own in units.items()},
        )

    def _of(self, who: str) -> list[tuple[str, Party, str, str, str]]:
        kind = who.lower()
        return (
            [row for row in self._rows if row[4] == kind]
            or [row for row in self._rows if row[3].lower() == kind]
            or [row for row in self._rows if row[1].name.lower() == kind]
        )

    def names(self) -> list[str]:
        """Return every decision by kind: each kind that decides, and each of its levers."""
        one = [f"{kind}.{lever}" for _, _, lever, _, kind in self._rows]
        return list(dict.fromkeys([*self.kinds, *one]))


@dataclass(frozen=True, kw_only=True)
class ShuntSpec:
    """Whose decisions are undone, one after another, and where.

    Parameters
    ----------
    ground : what all runs share
    structure : under which
    decisions : as :meth:`Deciding.decided` reads them; of each kind that decides, all together, if none is named
    kind : ``replay``, other levers follow the paths of the first run, or ``respond``, others decide
    against : reference of the levers: as ``observed`` in the place, or the ``national`` median where one is known
    draws : sets of cause shares drawn from their joint prior, besides the defaults

    Raises
    ------
    ValueError
        If a name is unknown, a number out of bounds, or no national median is known.
    """

    ground: Ground = field(default_factory=Ground)
    structure: str = "separate-budgets"
    decisions: tuple[str, ...] = ()
    kind: str = REPLAY
    against: str = OBSERVED
    draws: int = 4

    def __post_init__(self) -> None:
        for name, valid in (("kind", (REPLAY, RESPOND)), ("against", (OBSERVED, NATIONAL))):
            if getattr(self, name) not in valid:
                raise ValueError(f"ShuntSpec.{name} must be {' or '.join(valid)}, got {getattr(self, name)!r}")
        if isinstance(self.draws, bool) or not isinstance(self.draws, int) or self.draws < 0:
            raise ValueError(f"ShuntSpec.draws must be a whole number of 0 or more, got {self.draws!r}")
        self.decided()

    def decided(self) -> tuple[Decided, ...]:
        """Return the decisions that are undone."""
        place, structure = load_place(self.ground.place), load_structure(self.structure)
        deciding = Deciding(place, structure)
        found = tuple(deciding.decided(name) for name in self.decisions or deciding.kinds)
        if self.against == NATIONAL:
            for one in found:
                for unit, levers in one.units.items():
                    for lever in levers:
                        national_level(place, unit, lever)
        return found


@dataclass(frozen=True, kw_only=True)
class Shunts:
    """What was found.

    Parameters
    ----------
    spec : what was asked for
    title : of the place, for a reader
    rows : decision, decider, draw (0: the defaults), replication, payer, line, spillover, attributed, counterfactual:
        pounds a year; positive is a cost caused
    people : decision, decider, draw, measure, counterfactual (mean over replications, a year), low, high (its 95%
        t-interval, missing with one replication)
    """

    spec: ShuntSpec
    title: str
    rows: pd.DataFrame
    people: pd.DataFrame

    def lines(self) -> pd.DataFrame:
        """Return each payer's cost of each decision by service line, over the prior: see :func:`over_draws`."""
        return over_draws(self.rows, ["decision", "decider", "payer", "line"], self.spec.ground.replications)

    def matrix(self) -> pd.DataFrame:
        """Return each payer's cost of each decision in all lines together, over the prior."""
        return over_draws(self.rows, ["decision", "decider", "payer"], self.spec.ground.replications)

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.shunts import Pictured

        spec, context = self.spec, self.spec.ground.context(self.title, (self.spec.structure,))
        return Pictured(context=context, matrix=self.matrix(), lines=self.lines(), kind=spec.kind, against=spec.against, draws=spec.draws)


def over_draws(rows: pd.DataFrame, keys: Sequence[str], replications: int) -> pd.DataFrame:
    """Return pounds at the defaults, from least to most over all draws of cause shares, and within what luck leaves.

    Parameters
    ----------
    rows : as :class:`Shunts` has them
    keys : what is told apart
    replications : that were run; a row that one of them lacks is nothing there

    Returns
    -------
    DataFrame
        The keys, then attributed, counterfactual and disagreement (attributed less counterfactual), means over
        replications; each with ``_low`` and ``_high`` over draws, which are missing where only the defaults were run,
        and with ``_luck_low`` and ``_luck_high``, the 95% t-interval at the defaults, missing with one replication.
    """
    size = rows[["attributed", "counterfactual"]].abs().max(axis=1).to_numpy(float)
    rows = rows.assign(disagreement=without_dust((rows["attributed"] - rows["counterfactual"]).to_numpy(float), size))
    draws = sorted({0, *rows["draw"].astype(int)})
    parts = {}
    for name in ESTIMATES:
        wide = rows.pivot_table(index=list(keys), columns=["draw", "replication"], values=name, aggfunc="sum", sort=False, observed=True)
        values = wide.reindex(columns=pd.MultiIndex.from_product([draws, range(replications)])).fillna(0.0).to_numpy(float)
        values = values.reshape(len(wide), len(draws), replications)
        means, half = values.mean(axis=2), interval_half_width(values[:, 0])
        least, most = (means.min(axis=1), means.max(axis=1)) if len(draws) > 1 else (np.full(len(wide), np.nan),) * 2
        ends = {"": means[:, 0], "_low": least, "_high": most, "_luck_low": means[:, 0] - half, "_luck_high": means[:, 0] + half}
        parts |= {f"{name}{end}": pd.Series(values, index=wide.index) for end, values in ends.items()}
    order = [f"{name}{end}" for end in ("", "_low", "_high", "_luck_low", "_luck_high") for name in ESTIMATES]
    return pd.DataFrame(parts)[order].reset_index()


def shunts(spec: ShuntSpec, cases: Cases, results: Path | None = None) -> Shunts:
    """Return who bears what of each decision, attributed and counterfactual.

    Parameters
    ----------
    cases : where runs are kept
    results : a folder of a comparison whose runs are used where they are the very same

    Raises
    ------
    CasesError
        If a run failed.
    """
    decided = spec.decided()
    sets = [dict(spec.ground.parameters), *_drawn(spec)]
    firsts = [spec.ground.runs(spec.structure, parameters=values) for values in sets]
    every = [run for runs in firsts for run in runs]
    if results is not None:
        cases.take_over(results, every)
    cases.run(every)
    seconds = {(d, one.name): [_undone(spec, one, run, cases) for run in runs] for d, runs in enumerate(firsts) for one in decided}
    cases.run(run for runs in seconds.values() for run in runs)
    rows, people = [], []
    for (draw, name), runs in seconds.items():
        one = next(each for each in decided if each.name == name)
        pairs = [(cases.tables(first), cases.tables(second)) for first, second in zip(firsts[draw], runs, strict=True)]
        own = pd.concat([money(one, *pair).assign(replication=replication) for replication, pair in enumerate(pairs)])
        rows.append(own.assign(decision=name, decider=one.decider, draw=draw))
        people.append(_people(pairs).assign(decision=name, decider=one.decider, draw=draw))
    first = ["decision", "decider", "draw"]
    tables = [pd.concat(parts, ignore_index=True) for parts in (rows, people)]
    tables = [table[[*first, *(column for column in table.columns if column not in first)]] for table in tables]
    return Shunts(spec=spec, title=load_place(spec.ground.place).title, rows=tables[0], people=tables[1])


def _drawn(spec: ShuntSpec) -> list[dict[str, float]]:
    if not spec.draws:
        return []
    base = Parameters().with_values(dict(spec.ground.parameters))
    return [clock_values(each) for each in joint_prior(spec.draws, spec.ground.seed, base)]


def _undone(spec: ShuntSpec, one: Decided, first: RunSpec, cases: Cases) -> RunSpec:
    """Return the second run: this decision at its reference, other levers replayed or left to those who decide them."""
    place = load_place(spec.ground.place)
    undone = [(unit, lever) for unit, levers in one.units.items() for lever in levers]
    others = recorded_paths(cases.tables(first).measures, undone) if spec.kind == REPLAY else []
    at = [
        {"lever": lever, "organisations": [unit], **({"steps": 0.0} if spec.against == OBSERVED else {"level": national_level(place, unit, lever)})}
        for unit, lever in undone
    ]
    return dataclasses.replace(first, interventions=(*first.interventions, *others, *at))


def money(one: Decided, first: RunTables, second: RunTables) -> pd.DataFrame:
    """Return what a decision costs whom, from the run it was made in and the run in which it was not.

    Returns
    -------
    DataFrame
        payer (kind), line, spillover, attributed, counterfactual: pounds a year.
    """
    years = (int(first.measures["month"].max()) + 1) / MONTHS
    kinds = first.notes["parties"]
    own = first.consequences
    own = own[own["decider"].isin(one.deciders) & own["lever"].isin(one.levers)]
    attributed = _by_line(own.assign(payer=own["payer"].map(kinds)))
    difference = borne(first, kinds).sub(borne(second, kinds), fill_value=0.0)
    table = pd.DataFrame({"attributed": attributed, "counterfactual": difference}).fillna(0.0) / years
    table = table[(table != 0.0).any(axis=1)].reset_index()
    lines = {service.name.lower() for lever in one.levers for service in OWN_LINES[Lever[lever.upper()]]}
    table.insert(2, "spillover", ~table["line"].isin(lines))
    return table


def _by_line(rows: pd.DataFrame) -> pd.Series:
    """Return pounds by payer and line; of hospitals and households all lines are one."""
    rows = rows[rows["payer"].isin(BEARERS)]
    line = rows["service"].astype(object).where(~rows["payer"].isin(("household", "hospital")), rows["payer"].map({"household": HOUSEHOLD_LINE, "hospital": HOSPITAL_LINE}))
    return rows.assign(line=line).groupby(["payer", "line"], observed=True, sort=True)["pounds"].sum()


def borne(run: RunTables, kinds: Mapping[str, str]) -> pd.Series:
    """Return what each kind of organisation and households bore in a run, pounds by payer and line.

    Parameters
    ----------
    run : its ledger (all payments) and measures (hospitals' resource cost)
    kinds : kind of each party by name
    """
    cash = run.ledger[run.ledger["service"] != Service.SETTLEMENT.name.lower()]
    paid = _by_line(cash.assign(payer=cash["payer"].map(kinds)))
    got = cash.assign(payer=cash["payee"].map(kinds), pounds=-cash["pounds"])
    received = _by_line(got[got["payer"] != "household"])
    used = run.measures[run.measures["measure"] == "resource_cost"]
    care = float(used.loc[used["organisation"].map(kinds) == "hospital", "value"].sum())
    resources = pd.Series([care], index=pd.MultiIndex.from_tuples([("hospital", HOSPITAL_LINE)], names=["payer", "line"]))
    return paid.add(received, fill_value=0.0).add(resources, fill_value=0.0)


def _people(pairs: Sequence[tuple[RunTables, RunTables]]) -> pd.DataFrame:
    """Return by how much measures of people differ because the decision was made, a year, with what luck leaves."""
    differences = np.column_stack([yearly(first.measures, PEOPLE) - yearly(second.measures, PEOPLE) for first, second in pairs])
    mean, half = differences.mean(axis=1), interval_half_width(differences)
    return pd.DataFrame({"measure": PEOPLE, "counterfactual": mean, "low": mean - half, "high": mean + half})


def write_shunts(found: Shunts, folder: Path) -> list[Path]:
    """Write ``shunts.csv`` (by line), ``shunts-people.csv`` and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import shunts as figure
    from experiments.figures.drawing import save_answer

    return save_answer("shunts", figure, found.pictured, found.pictured.lines, folder, people=found.people)
