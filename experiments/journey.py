"""One person's life under two or more structures: the same person, with the same luck, followed day by day.

One person is an illustration, not evidence: what a structure does to a place is what a comparison says.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from agents.draws import replication_seed
from agents.patients.record import ALIVE, DYING, IN_HOSPITAL, SETTING_MASK
from agents.vocabulary import Condition, Setting
from experiments.life import (
    AT_HOME,
    IN_CARE_HOME,
    date_of,
    day_table,
    event_table,
    parting,
    same_life,
    totals_of,
    who_words,
)
from experiments.specification import RunSpec
from model.following import Follower, Life

if TYPE_CHECKING:
    from experiments.figures.journey import Pictured
    from model.economy import HealthEconomy

MONTHS = 12
OLDER = 75  # years at the start
SEVERAL = 3  # conditions at the start
SENSITIVE = (
    Condition.DIABETES, Condition.CHD, Condition.HEART_FAILURE, Condition.ATRIAL_FIBRILLATION, Condition.COPD,
    Condition.ASTHMA,
)  # fmt: skip
"""Ambulatory-care-sensitive long-term conditions, but for hypertension, which most people have at that age."""
OUTCOMES = ("qalys", "days_at_home", "days_in_hospital", "out_of_pocket", "care_home")
GROUP = (
    f"aged {OLDER} or over with {SEVERAL} or more conditions, at least one of them ambulatory-care-sensitive, some "
    "need for help, living at home, and an emergency in the years shown"
)
CAUTION = "One person is an illustration, not evidence: what structures do to a place is what `joinedup compare` says."


class NobodyError(ValueError):
    """The person asked for is not there, or nobody is like the one that is looked for."""


@dataclass(frozen=True, kw_only=True)
class JourneySpec:
    """Whom to follow, and where.

    Parameters
    ----------
    place : name, or path of a TOML file
    structures : two or more names or TOML paths; the same twice is a check that nothing but a structure matters
    seed : of the experiment; the luck is that of the first replication of a comparison with this seed
    years : whole years from April 2014
    scale : share of the place's people that live in the model
    parameters : for each changed parameter its value
    person : row to follow; None: one is found
    most_different : find the one whose outcomes differ most between structures, instead of a typical one

    Raises
    ------
    ValueError
        If a number is out of bounds, or structures are fewer than two.
    """

    place: str = "berkshire-west"
    structures: tuple[str, ...] = ("separate-budgets", "single-budget")
    seed: int = 1
    years: int = 5
    scale: float = 1.0
    parameters: Mapping[str, float] = field(default_factory=dict)
    person: int | None = None
    most_different: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "structures", tuple(self.structures))
        if len(self.structures) < 2:
            given = list(self.structures)
            raise ValueError(f"JourneySpec.structures must be two or more, to set side by side, got {given!r}")
        if self.person is not None and self.most_different:
            raise ValueError("JourneySpec.person and JourneySpec.most_different exclude each other, got both")
        if self.person is not None and (isinstance(self.person, bool) or self.person < 0):
            raise ValueError(f"JourneySpec.person must be a row number from 0, got {self.person!r}")
        for structure in self.structures:
            RunSpec(
                place=self.place, structure=structure, seed=self.seed, years=self.years, scale=self.scale,
                parameters=self.parameters,
            )  # fmt: skip

    @property
    def labels(self) -> tuple[str, ...]:
        """One name for each structure, told apart where one is named more than once."""
        seen: dict[str, int] = {}
        labels = []
        for structure in self.structures:
            seen[structure] = seen.get(structure, 0) + 1
            labels.append(structure if seen[structure] == 1 else f"{structure} ({seen[structure]})")
        return tuple(labels)

    def economy(self, structure: str) -> HealthEconomy:
        """Return the economy in which a life is lived, at its beginning."""
        from model.economy import HealthEconomy
        from model.parameters import Parameters

        return HealthEconomy(
            place=self.place,
            structure=structure,
            seed=replication_seed(self.seed, 0),
            years=self.years,
            scale=self.scale,
            parameters=Parameters().with_values(dict(self.parameters)) if self.parameters else None,
        )


@dataclass(frozen=True, kw_only=True)
class Journey:
    """One person's lives side by side.

    Parameters
    ----------
    spec : what was asked for
    place : name of the place for a reader
    person : row
    who : the person at the start, in words
    chosen : how the person was chosen, in words
    lives : one for each structure, in order
    events, days, costs : tidy frames with a column `structure`: see :mod:`experiments.life`
    totals : what each life came to; a row each, a column a structure
    """

    spec: JourneySpec
    place: str
    person: int
    who: str
    chosen: str
    lives: tuple[Life, ...]
    events: pd.DataFrame
    days: pd.DataFrame
    costs: pd.DataFrame
    totals: pd.DataFrame

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.journey import Pictured

        return Pictured(
            place=self.place,
            who=self.who,
            labels=self.spec.labels,
            years=self.spec.years,
            scale=self.spec.scale,
            verdict=self.verdict,
            parted=self.parted,
            events=self.events,
            days=self.days,
            costs=self.costs,
            totals=self.totals,
        )

    @property
    def parted(self) -> datetime.date | None:
        """First day on which two of the lives visibly differ; None if they never do."""
        partings = [parting(self.lives[0], life) for life in self.lives[1:]]
        found = [at for at in partings if at is not None]
        return date_of(self.lives[0], min(found)) if found else None

    @property
    def differs(self) -> bool:
        """Whether anything but who pays differs between the structures."""
        return not all(same_life(self.lives[0], life) for life in self.lives[1:])

    @property
    def verdict(self) -> str:
        """What differs, in a sentence."""
        if self.differs:
            if self.parted is None:
                return "The lives differ in nothing that can be seen, only in traces that decisions leave in records."
            return f"One life until {self.parted.isoformat()}; from then on it differs."
        payers = [sorted(life.payments()) for life in self.lives]
        if all(paid == payers[0] for paid in payers[1:]):
            return "Nothing differs: under these structures this person lives the same life, to the day and the penny."
        return "Nothing differs but who pays: under these structures this person lives the same life, to the day."

    def periods(self, months: int = 1) -> pd.DataFrame:
        """Return one row a structure and period of so many months: days by place, mean help, and who paid what.

        Returns
        -------
        DataFrame
            structure, period (from 0), days (alive), at_home, in_hospital, in_care_home, frailty, need, informal,
            package, unmet, elsewhere (means of the days alive; hours a week), and a column ``paid_`` for each kind of
            payer, in pounds.
        """
        days = self.days.assign(
            period=self.days["month"] // months,
            at_home=self.days["place"].isin(AT_HOME),
            in_hospital=self.days["place"] == "hospital",
            in_care_home=self.days["place"].isin(IN_CARE_HOME),
        )
        keys = ["structure", "period"]
        groups = days.groupby(keys, sort=False)
        frame = groups[["at_home", "in_hospital", "in_care_home"]].sum()
        frame.insert(0, "days", groups.size())
        frame = frame.join(groups[["frailty", "need", "informal", "package", "unmet", "elsewhere"]].mean())
        costs = self.costs.assign(period=self.costs["month"].astype(np.int64) // months)
        paid = costs.pivot_table(index=keys, columns="payer_kind", values="pounds", aggfunc="sum", observed=True)
        frame = frame.join(paid.add_prefix("paid_"), how="outer").reset_index()
        amounts = [name for name in frame.columns if name.startswith("paid_")]
        counts = ["days", "at_home", "in_hospital", "in_care_home"]
        frame = frame.fillna(dict.fromkeys([*amounts, *counts], 0.0)).astype(dict.fromkeys(counts, np.int64))
        order = {label: number for number, label in enumerate(self.spec.labels)}
        return frame.sort_values(keys, key=lambda c: c.map(order) if c.name == "structure" else c, ignore_index=True)

    def timeline(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return a row for each date on which anything happened: the date, and what happened under each structure."""
        texts = self.events.groupby(["day", "date", "structure"], sort=True)["text"].agg("\n".join)
        rows: dict[str, list[str]] = {}
        for (_, date, label), text in texts.items():
            rows.setdefault(date, [""] * len(self.spec.labels))[self.spec.labels.index(label)] = text
        return [(date, tuple(cells)) for date, cells in rows.items()]


def journey(spec: JourneySpec) -> Journey:
    """Find the person, if none is named, and follow their life under each structure.

    Raises
    ------
    NobodyError
        If the person named is not in the place at the start, or nobody is like the one that is looked for.
    ValueError
        If place, structure or parameter is unknown or out of bounds.
    """
    person, chosen = (spec.person, "named") if spec.person is not None else choose(spec)
    lives = []
    for structure in spec.structures:
        economy = spec.economy(structure)
        _check_there(economy, person)
        follower = Follower(economy, [person])
        economy.run(spec.years)
        lives.append(follower.life(person))
    days = [day_table(life) for life in lives]
    costs = [life.costs() for life in lives]
    totals = {
        label: totals_of(*of_one) for label, *of_one in zip(spec.labels, lives, days, costs, strict=True)
    }
    return Journey(
        spec=spec,
        place=lives[0].economy.place.title,
        person=person,
        who=who_words(lives[0]),
        chosen=chosen,
        lives=tuple(lives),
        events=_side_by_side(spec, [event_table(life) for life in lives]),
        days=_side_by_side(spec, days),
        costs=_side_by_side(spec, costs),
        totals=pd.DataFrame(totals).fillna(0.0),
    )


def _side_by_side(spec: JourneySpec, frames: list[pd.DataFrame]) -> pd.DataFrame:
    for label, frame in zip(spec.labels, frames, strict=True):
        frame.insert(0, "structure", label)
    return pd.concat(frames, ignore_index=True)


def _check_there(economy: HealthEconomy, person: int) -> None:
    rows = economy.engine.people.rows
    if not 0 <= person < len(rows):
        raise NobodyError(f"--person must be a row from 0 to {len(rows) - 1} at this place and scale, got {person}")
    if rows["end_month"][person] < 0:
        raise NobodyError(f"--person {person} is not in the place at the start; name another row")


# Choosing


def choose(spec: JourneySpec) -> tuple[int, str]:
    """Return the person to follow and how they were chosen.

    The group is everybody like the person whom writing on integrated care has in mind: see ``GROUP``. Their outcomes
    are QALYs, days at home, days in hospital, what they paid for their care themselves, and whether they entered a
    care home, each divided by its spread (standard deviation) over the group and all structures. The *typical* one has
    the outcomes nearest to the group's medians, the *most different* one those furthest apart between two structures;
    both by the sum of absolute differences, ties to the lower row.

    Raises
    ------
    NobodyError
        If nobody belongs to the group.
    """
    group: np.ndarray | None = None
    found = []
    for structure in spec.structures:
        economy = spec.economy(structure)
        if group is None:
            group = like_the_one_in_mind(economy)
        found.append(_outcomes(economy, group, spec.years))
    emergencies = np.max([outcome[:, -1] for outcome in found], axis=0) > 0
    group, outcomes = group[emergencies], np.array([outcome[emergencies, :-1] for outcome in found])
    if not len(group):
        raise NobodyError(
            f"nobody at this place and scale is {GROUP}; try a larger --scale, more --years, or name a --person"
        )
    if spec.most_different:
        at, apart = most_different(outcomes)
        return int(group[at]), (
            f"the one whose outcomes differ most between the structures ({apart:.2g} standard deviations in all), of "
            f"{len(group):,} people {GROUP}"
        )
    return int(group[typical(outcomes)]), f"the most typical by outcomes of {len(group):,} people {GROUP}"


def like_the_one_in_mind(economy: HealthEconomy) -> np.ndarray:
    """Return the rows of those who, at the start, are like the person that is looked for."""
    rows = economy.engine.people.rows
    held = rows["conditions"].astype(np.int64)
    sensitive = sum(1 << condition for condition in SENSITIVE)
    chosen = (
        (rows["end_month"] == ALIVE)
        & ((rows["flags"] & DYING) == 0)
        & (-rows["birth_month"].astype(np.int64) // MONTHS >= OLDER)
        & (np.bitwise_count(held) >= SEVERAL)
        & ((held & sensitive) != 0)
        & (rows["need"] > 0)
        & ((rows["care"] & (SETTING_MASK | IN_HOSPITAL)) == Setting.HOME)
    )
    return np.flatnonzero(chosen)


def _outcomes(economy: HealthEconomy, group: np.ndarray, years: int) -> np.ndarray:
    """Run the years; return OUTCOMES of each of the group and, last, their emergencies."""
    entered = np.zeros(len(group), dtype=bool)
    for _ in range(years * MONTHS):
        economy.step()
        entered |= (economy.engine.people.rows["care"][group] & SETTING_MASK) >= Setting.RESIDENTIAL
    rows = economy.engine.people.rows[group]
    columns = [entered if name == "care_home" else rows[name] for name in (*OUTCOMES, "contacts")]
    return np.column_stack(columns).astype(float)


def _scaled(outcomes: np.ndarray) -> np.ndarray:
    spread = outcomes.reshape(-1, outcomes.shape[-1]).std(axis=0)
    return outcomes / np.where(spread > 0.0, spread, 1.0)


def typical(outcomes: np.ndarray) -> int:
    """Return who has the outcomes nearest to the medians.

    Parameters
    ----------
    outcomes : shape (structures, people, outcomes)

    Examples
    --------
    >>> typical(np.array([[[0.0], [4.0], [9.0]], [[0.0], [4.0], [8.0]]]))
    1
    """
    scaled = _scaled(outcomes)
    away = np.abs(scaled - np.median(scaled, axis=1, keepdims=True)).sum(axis=(0, 2))
    return int(np.argmin(np.round(away, 9)))


def most_different(outcomes: np.ndarray) -> tuple[int, float]:
    """Return whose outcomes differ most between any two structures, and by how many spreads in all.

    Parameters
    ----------
    outcomes : shape (structures, people, outcomes)

    Examples
    --------
    >>> most_different(np.array([[[1.0], [1.0]], [[1.0], [3.0]]]))[0]
    1
    """
    scaled = _scaled(outcomes)
    apart = np.zeros(outcomes.shape[1])
    for one in range(len(scaled)):
        for other in range(one):
            apart = np.maximum(apart, np.abs(scaled[one] - scaled[other]).sum(axis=1))
    at = int(np.argmax(np.round(apart, 9)))
    return at, float(apart[at])


# Keeping


def write_journey(found: Journey, folder: Path) -> list[Path]:
    """Write the events (``journey.csv``), the months (``journey-months.csv``) and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import journey as drawing_of_journey
    from experiments.figures.drawing import house_style, save_drawing, write_csv
    from experiments.store import write_text

    folder.mkdir(parents=True, exist_ok=True)
    write_csv(found.events, folder / "journey.csv")
    write_csv(found.periods(), folder / "journey-months.csv")
    pictured = found.pictured
    with house_style():
        save_drawing(drawing_of_journey.draw(pictured), folder / "journey")
    write_text(folder / "journey.txt", drawing_of_journey.describe(pictured) + "\n")
    return [folder / f"journey{ending}" for ending in (".csv", "-months.csv", ".png", ".svg", ".txt")]


def as_plain(found: Journey) -> dict[str, Any]:
    """Return a journey as plain values, for JSON."""
    events = found.events.astype(object).where(found.events.notna(), None)
    return {
        "place": found.spec.place,
        "structures": list(found.spec.labels),
        "seed": found.spec.seed,
        "years": found.spec.years,
        "scale": found.spec.scale,
        "person": found.person,
        "who": found.who,
        "chosen": found.chosen,
        "differs": found.differs,
        "verdict": found.verdict,
        "caution": CAUTION,
        "events": events.to_dict("records"),
        "totals": found.totals.to_dict(),
    }
