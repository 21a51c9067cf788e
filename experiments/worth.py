"""What a difference between structures is worth: its *money-equivalent*.

That is the rise in budget under the reference structure that buys the same outcome. The reference is run at
several levels of budget, with the same people and luck, and the level that gives the other structure's outcome is read
off between them. It is never read off beyond the levels that were run. What is overspent, and hospitals' deficits, are
money too: the equivalent is told with them and without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from agents.naming import nearest
from experiments.cases import MONTHS, Cases, Ground
from experiments.comparing import interval_half_width, is_clear, without_dust
from experiments.store import RunTables
from experiments.waterfall import yearly
from model.interventions import ACCOUNTS
from model.measures import HEADLINE, MEASURES
from model.place import load_place

if TYPE_CHECKING:
    from experiments.figures.worth import Pictured

ALL = "all"
LEVELS = (0.02, 0.05, 0.1)
GRID = 1001  # rises between which the ends of an interval are looked for
BUYS = tuple(measure.name for measure in HEADLINE if measure.better != "neither" and measure.name != "spillover")
"""Outcomes that money may buy: headline measures of which more, or less, is better."""
HOLDERS = ("council", "consortium", "commissioner")


@dataclass(frozen=True, kw_only=True)
class WorthSpec:
    """What is to be worth how much.

    Parameters
    ----------
    ground : what all runs share
    first : the reference structure, which is given more money
    second : whose outcomes are to be bought
    levels : rises in budget that the reference is run at, shares of it, rising from above 0
    account : that the rise is for; ``all`` for every account of commissioners

    Raises
    ------
    ValueError
        If levels do not rise, or the account is unknown.
    """

    ground: Ground = field(default_factory=Ground)
    first: str = "separate-budgets"
    second: str = "single-budget"
    levels: tuple[float, ...] = LEVELS
    account: str = ALL

    def __post_init__(self) -> None:
        levels = tuple(float(level) for level in self.levels)
        if not levels or any(not math.isfinite(level) for level in levels) or levels[0] <= 0.0 or list(levels) != sorted(set(levels)):
            raise ValueError(f"WorthSpec.levels must be one or more shares of the budget, rising from above 0, got {list(self.levels)!r}")
        if self.account != ALL and self.account not in _accounts():
            raise ValueError(f"WorthSpec.account must be all or an account of commissioners, got {self.account!r}; nearest: {nearest(self.account, _accounts())}")
        object.__setattr__(self, "levels", levels)

    def money(self, level: float) -> tuple[dict[str, Any], ...]:
        """Return what gives the reference so much more money, as interventions."""
        named = _accounts() if self.account == ALL else [self.account]
        return tuple({"money": account, "change": level} for account in named)


def _accounts() -> list[str]:
    return [name for name in ACCOUNTS if name != "hospital"]


class Bought(NamedTuple):
    """The rise in budget that buys an outcome.

    Parameters
    ----------
    pounds : a year; NaN where it cannot be told
    low, high : 95% interval; minus or plus infinity where it ends beyond what was run, NaN with one replication
    why : empty, or why it cannot be told
    """

    pounds: float
    low: float
    high: float
    why: str


UNBOUGHT = Bought(math.nan, math.nan, math.nan, "on average the other does no better: there is nothing to buy")


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What was found.

    Parameters
    ----------
    spec : what was asked for
    title : of the place, for a reader
    rows : measure, difference, low, high (of the second from the first, a year), pounds, pounds_low, pounds_high (the rise
        in the first's budget that buys it), with_balances (the same plus what the first then overspends beyond what the second
        does), why (it cannot be told)
    curve : measure, level, pounds (rise in budget a year), value: the first structure at each level
    """

    spec: WorthSpec
    title: str
    rows: pd.DataFrame
    curve: pd.DataFrame

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.worth import Pictured

        names = (self.spec.first, self.spec.second)
        return Pictured(context=self.spec.ground.context(self.title, names), rows=self.rows, curve=self.curve, account=self.spec.account)


def worth(spec: WorthSpec, cases: Cases) -> Worth:
    """Return the money-equivalent of each difference between two structures.

    Raises
    ------
    CasesError
        If a run failed.
    """
    levels = (0.0, *spec.levels)
    runs = [spec.ground.runs(spec.first, **({"interventions": spec.money(level)} if level else {})) for level in levels]
    others = spec.ground.runs(spec.second)
    cases.run(run for own in (*runs, others) for run in own)
    measures = list(BUYS)
    curve = np.stack([[yearly(cases.tables(run).measures, measures) for run in own] for own in runs])  # level, replication, measure
    other = np.array([yearly(cases.tables(run).measures, measures) for run in others])
    money = np.array([[settled(cases.tables(run)) for run in own] for own in runs])
    rises = (money - money[0]).mean(axis=1)
    short = np.array([[shortfall(cases.tables(run)) for run in own] for own in runs]).mean(axis=1)
    short_other = float(np.mean([shortfall(cases.tables(run)) for run in others]))
    rows = []
    for m, measure in enumerate(measures):
        difference = other[:, m] - curve[0, :, m]
        size = np.abs(other[:, m]).max()
        mean, half = (float(without_dust(each, size)) for each in (difference.mean(), interval_half_width(difference[None])[0]))
        better = mean * (1.0 if MEASURES[measure].better == "more" else -1.0)
        found = equivalent(rises, curve[:, :, m], other[:, m]) if better > 0.0 else UNBOUGHT
        with_balances = found.pounds + float(np.interp(found.pounds, rises, short)) - short_other if not found.why else math.nan
        rows.append(
            {
                "measure": measure, "difference": mean, "low": mean - half, "high": mean + half,
                "pounds": found.pounds, "pounds_low": found.low, "pounds_high": found.high, "with_balances": with_balances, "why": found.why,
            }
        )  # fmt: skip
    drawn = pd.DataFrame(
        [(measure, level, rises[at], curve[at, :, m].mean()) for m, measure in enumerate(measures) for at, level in enumerate(levels)],
        columns=["measure", "level", "pounds", "value"],
    )
    return Worth(spec=spec, title=load_place(spec.ground.place).title, rows=pd.DataFrame(rows), curve=drawn)


def equivalent(rises: np.ndarray, values: np.ndarray, target: np.ndarray) -> Bought:
    """Return the rise in budget at which the reference reaches an outcome, between the levels that were run.

    Parameters
    ----------
    rises : shape (n_levels,), pounds a year, rising from 0
    values : of the reference, shape (n_levels, n_replications); where their means go up and down, neighbours are put at their mean
    target : of the other structure, shape (n_replications,), paired

    Examples
    --------
    >>> found = equivalent(np.array([0.0, 10.0]), np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([6.0, 7.0]))
    >>> found.pounds, found.why
    (5.0, '')
    """
    from experiments.figures.style import number

    nothing = Bought(math.nan, math.nan, math.nan, "")
    change = values[-1] - values[0]
    half = float(interval_half_width(change[None])[0])
    way, goal = float(np.sign(change.mean())), float(target.mean())
    if not way or (len(target) > 1 and not is_clear(change.mean() - half, change.mean() + half)):
        return nothing._replace(why=f"not even {number(rises[-1], 'pounds')} a year clearly changes it")
    mean = way * monotone(way * values.mean(axis=1))
    if way * goal < way * mean[0]:
        return nothing._replace(why="less money, not more, would give it")
    if way * goal > way * mean[-1]:
        return nothing._replace(why=f"more than the {number(rises[-1], 'pounds')} a year that were tried")
    pounds = float(np.interp(way * goal, way * mean, rises))
    low, high = _not_refuted(rises, values - target)
    return Bought(pounds, min(low, pounds), max(high, pounds), "")


def monotone(values: np.ndarray) -> np.ndarray:
    """Return the rising numbers nearest to these: neighbours that fall are put at their mean.

    Examples
    --------
    >>> monotone(np.array([0.0, 3.0, 1.0, 4.0])).tolist()
    [0.0, 2.0, 2.0, 4.0]
    """
    blocks: list[list[float]] = []
    for value in values.tolist():
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return np.array([float(np.mean(block)) for block in blocks for _ in block])


def _not_refuted(rises: np.ndarray, apart: np.ndarray) -> tuple[float, float]:
    """Return the least and the most rise at which the two may still be equal, infinite where that goes on beyond what was run.

    Parameters
    ----------
    apart : the reference less the other, shape (n_levels, n_replications)
    """
    if apart.shape[1] < 2:
        return math.nan, math.nan
    grid = np.union1d(np.linspace(rises[0], rises[-1], GRID), rises)
    between = np.array([np.interp(grid, rises, own) for own in apart.T]).T
    still = np.flatnonzero(np.abs(between.mean(axis=1)) <= interval_half_width(between))
    if not len(still):
        return math.inf, -math.inf  # luck is so well paired that the grid steps over it
    low, high = grid[still[0]], grid[still[-1]]
    return -math.inf if still[0] == 0 else float(low), math.inf if still[-1] == len(grid) - 1 else float(high)


def settled(run: RunTables) -> float:
    """Return what the national bodies gave those who commission, pounds a year."""
    years = (int(run.measures["month"].max()) + 1) / MONTHS
    given = run.ledger[(run.ledger["service"] == "settlement") & (run.ledger["payer"] == "treasury")]
    return float(given["pounds"].sum()) / years


def shortfall(run: RunTables) -> float:
    """Return what those who commission paid beyond what they were given, and hospitals' deficits, pounds a year."""
    years, kinds = (int(run.measures["month"].max()) + 1) / MONTHS, run.notes["parties"]
    payers, payees = run.ledger["payer"].map(kinds), run.ledger["payee"].map(kinds)
    paid = run.ledger.loc[payers.isin(HOLDERS) & ~payees.isin(HOLDERS), "pounds"].sum()
    received = run.ledger.loc[payees.isin(HOLDERS) & ~payers.isin(HOLDERS), "pounds"].sum()
    measures = run.measures
    deficits = measures.loc[(measures["measure"] == "hospital_deficit") & (measures["organisation"] == "place"), "value"].sum()
    return float(paid - received + deficits) / years


def write_worth(found: Worth, folder: Path) -> list[Path]:
    """Write ``worth.csv``, ``worth-curve.csv`` and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import worth as figure
    from experiments.figures.drawing import save_answer

    return save_answer("worth", figure, found.pictured, found.rows, folder, curve=found.curve)
