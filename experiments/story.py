"""Why an organisation did what it did: its decisions from the log, told in plain words and numbers.

A step of a lever is made where it is worth something to whoever decides (``agents.deciding``). Its worth is a sum, so
what tipped it can be read from the log: the part without which the step would not have been made, and how little a pound
on that account would have had to feel like. A story is told of one run; runs are luck, and what is luck is no reason.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

import pandas as pd

from agents.deciding import LEVER_RANGES
from agents.vocabulary import Account, Lever
from experiments.experiment import ExperimentSpec
from experiments.specification import START, ComparisonSpec, unknown_name
from experiments.store import Results
from experiments.structure_words import ACCOUNTS, as_words
from model.ledger import NOBODY, RULES

DECIDE = ("council", "consortium", "hospital", "commissioner", "board")
"""Kinds of party that may own or decide a lever, and executive boards."""
MONTH_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
NUMBER_NAMES = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PEOPLE, RETURNS = "people", "diminishing returns"
"""What a decision may hang on besides accounts."""


class StoryError(ValueError):
    """What was asked for is not in the results; the message gives the nearest names that are."""


# One decision


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One decision of the log.

    Parameters
    ----------
    month : from 0
    organisation : whose lever it is
    lever : its name
    before, after : levels; equal where the move was given up on a board's advice
    decider : who decided it; ``rules`` where nobody did
    advice : what the board had to say, or nothing; of what rules did, which rule
    reasons : numbers by name, as :attr:`model.economy.HealthEconomy.decisions` has them; none of what rules did
    """

    month: int
    organisation: str
    lever: str
    before: float
    after: float
    decider: str
    advice: str
    reasons: Mapping[str, float]

    @property
    def direction(self) -> int:
        """+1 for a step up, -1 for a step down."""
        return (1 if self.after > self.before else -1) if self.by_rule else int(self.reasons["direction"])

    @property
    def by_rule(self) -> bool:
        """Whether a rule moved the lever, which nobody decided and nothing was weighed for."""
        return self.decider == NOBODY[RULES]

    @property
    def moved(self) -> bool:
        """Whether the lever moved, or the wish was given up."""
        return self.before != self.after

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names of the accounts that the lever touches, in the order of codes."""
        return tuple(account.name.lower() for account in Account if f"cost/{account.name.lower()}" in self.reasons)

    def pounds(self, per_head: float) -> float:
        """Return pounds a year for all the organisation's people, from pounds a head and year."""
        return per_head * self.reasons["heads"]


def felt(decided: Decided, account: str) -> float:
    """Return what a pound on an account felt like to whoever decided: stake times price."""
    return decided.reasons[f"stake/{account}"] * decided.reasons[f"price/{account}"]


def worth(decided: Decided, other: Mapping[str, float] | None = None) -> float:
    """Return what a step was worth, pounds a head and year; or what it would have been worth had pounds felt otherwise.

    Parameters
    ----------
    other : what a pound would have felt like, by account; as it did where none is given
    """
    like = {account: felt(decided, account) for account in decided.accounts} | dict(other or {})
    reasons, way = decided.reasons, decided.direction
    money = sum(like[account] * _slope(decided, account) for account in decided.accounts)
    people = way * reasons["outcome"] - _diminished(decided) * abs(reasons["outcome"])
    return money + people + way * reasons["norm"] - reasons["effort"]


def _diminished(decided: Decided) -> float:
    """Return which part of its gross effect a step has lost to the steps taken before it; below 0 on the way back to rest."""
    gross = sum(felt(decided, account) * abs(decided.reasons[f"cost/{account}"]) for account in decided.accounts) + abs(decided.reasons["outcome"])
    return decided.reasons["concavity"] / gross if gross else 0.0


def _slope(decided: Decided, account: str) -> float:
    """Return what a step is worth for each pound that a pound on an account feels like; below 0 where it costs money there."""
    cost = decided.reasons[f"cost/{account}"]
    return -decided.direction * cost - _diminished(decided) * abs(cost)


def changed(decided: Decided) -> dict[str, float]:
    """Return what has made a step worth more than at rest, pounds a head and year: what is felt otherwise on each account, and the rest.

    At rest a step was worth nothing but its effort, since the norm balances all that was felt then. So these, less the effort,
    add up to what it was worth.
    """
    reasons, way = decided.reasons, decided.direction
    rest = {account: reasons.get(f"rest/{account}", 0.0) for account in decided.accounts}
    accounts = {account: -way * (felt(decided, account) * reasons[f"cost/{account}"] - rest[account]) for account in decided.accounts}
    people = way * (reasons["outcome"] + reasons["norm"] - sum(rest.values()))
    return {**accounts, PEOPLE: people, RETURNS: -reasons["concavity"]}


class Tipping(NamedTuple):
    """What a decision hung on.

    Parameters
    ----------
    name : account, ``people`` or ``diminishing returns`` that has changed most in favour of the step since rest
    alone : whether the step would not have been made had that been as at rest
    felt : what a pound there felt like, in pounds; NaN if it is no account
    needed : what it would have had to feel like, all else as it was, for the step to be worth nothing; NaN if nothing it can
    partner : another account that the step costs most money, which whoever decided felt too little of to stay; empty if none
    partner_felt, partner_needed : the same for that one
    in_balance : worth of the step, pounds a head and year, had there been no pressure on money: at prices of 1
    """

    name: str
    alone: bool
    felt: float
    needed: float
    partner: str
    partner_felt: float
    partner_needed: float
    in_balance: float


def tipping(decided: Decided) -> Tipping:
    """Return what a decision hung on: what would have had to be different for the lever to stay."""
    change, total = changed(decided), worth(decided)
    name = max(change, key=change.__getitem__)
    others = {account: _slope(decided, account) for account in decided.accounts if account != name}
    partner = min(others, key=others.__getitem__, default="")
    partner = partner if partner and others[partner] < 0.0 else ""
    in_balance = {account: decided.reasons[f"stake/{account}"] for account in decided.accounts}
    return Tipping(
        name, change[name] >= total, *_threshold(decided, name, total), partner, *_threshold(decided, partner, total), worth(decided, in_balance)
    )


def _threshold(decided: Decided, account: str, total: float) -> tuple[float, float]:
    """Return what a pound on an account felt like, and like what it would have had to for the step to be worth nothing."""
    if account not in decided.accounts:
        return math.nan, math.nan
    slope = _slope(decided, account)
    needed = felt(decided, account) - total / slope if slope else math.nan
    return felt(decided, account), needed if needed >= 0.0 else math.nan


# Stories of one organisation


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Steps of one lever in a row that went the same way, decided and advised upon alike.

    Parameters
    ----------
    steps : at least one, in order of time
    """

    steps: tuple[Decided, ...]

    @property
    def first(self) -> Decided:
        """The first step."""
        return self.steps[0]

    @property
    def last(self) -> Decided:
        """The last step."""
        return self.steps[-1]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What one organisation did in one run.

    Parameters
    ----------
    organisation, kind : whose levers, or whose decisions, these are
    structure, replication, years, scale : of the run
    levers : those asked for; all if empty
    episodes : in order of time
    arm : of an experiment; empty in a comparison
    """

    organisation: str
    kind: str
    structure: str
    replication: int
    years: int
    scale: float = 1.0
    levers: tuple[str, ...] = ()
    episodes: tuple[Episode, ...] = ()
    arm: str = ""


def stories(results: Results, organisation: str, lever: str = "", structure: str = "", replication: int = 0, arm: str = "") -> list[Story]:
    """Return what an organisation did, one story for each structure.

    Parameters
    ----------
    results : of a comparison or an experiment
    organisation : its name, in capitals or not; levers that it owns, and those that it decides for others
    lever : its name; all levers if empty
    structure : name as it was compared; all that were compared, and under which the organisation exists, if empty
    replication : from 0
    arm : of an experiment; the one that others are compared with if empty

    Raises
    ------
    StoryError
        If a name is unknown (the nearest is given), or there is no such run.
    """
    chosen = [_structure(results, structure)] if structure else list(results.spec.structures)
    arm = _arm(results, arm)
    runs = {name: key for name, key in _runs(results, replication, arm) if key in results.keys}
    if not runs:
        raise StoryError(f"replication must be a whole number from 0 to {results.spec.replications - 1} of a run that finished, got {replication}")
    missing = [name for name in chosen if name not in runs]
    if missing and structure:
        raise StoryError(f"no run of {structure} finished as replication {replication}")
    levers = (_lever(lever),) if lever else ()
    notes = results.notes
    kinds = {name: {party: kind for party, kind in notes[runs[name]]["parties"].items() if kind in DECIDE} for name in chosen if name in runs}
    known = {party: kind for each in kinds.values() for party, kind in each.items()}
    name = _organisation(organisation, known)
    decisions = results.decisions
    found = []
    for each in kinds:
        if name not in kinds[each] and not structure:
            continue  # a body that this structure does not make
        log = decisions[(decisions["run"] == runs[each]) & ((decisions["organisation"] == name) | (decisions["decider"] == name))]
        log = log[log["lever"].isin(levers)] if levers else log
        found.append(
            Story(
                organisation=name, kind=known[name], structure=each, replication=replication, years=results.spec.years, scale=results.spec.scale,
                levers=levers, episodes=tuple(episodes(read(log))), arm=arm,
            )
        )  # fmt: skip
    return found


def _arm(results: Results, name: str) -> str:
    if not isinstance(results.spec, ExperimentSpec):
        if name:
            raise StoryError(f"a comparison has no arms, got {name!r}")
        return ""
    if name and name not in results.spec.arms:
        raise StoryError(str(unknown_name("arm", name, results.spec.arms)))
    return name or results.spec.control


def _runs(results: Results, replication: int, arm: str) -> Iterator[tuple[str, str]]:
    """Yield each structure with the key of its run in this replication: in the arm, of an experiment at its first place with its first draw."""
    spec = results.spec
    if isinstance(spec, ExperimentSpec):
        first = (spec.places[0], arm, 0, replication)
        yield from ((cell.structure, key) for key, cells in spec.cells().items() for cell in cells if (cell.place, cell.arm, cell.draw, cell.replication) == first)
    else:
        yield from ((run.structure, run.key) for run in spec.runs() if run.replication == replication)


def read(log: pd.DataFrame) -> list[Decided]:
    """Return the decisions of a log, in order of time."""
    fields = [field.name for field in dataclasses.fields(Decided) if field.name != "reasons"]
    rows = log.sort_values(["month", "organisation", "lever"], kind="stable").to_dict("records")
    return [Decided(**{name: row[name] for name in fields}, reasons=json.loads(row["reasons"])) for row in rows]


def episodes(decided: Sequence[Decided]) -> list[Episode]:
    """Return decisions as episodes, by the month of their first step."""
    by_lever = sorted(decided, key=lambda each: (each.organisation, each.lever, each.month))
    groups = itertools.groupby(by_lever, key=lambda each: (each.organisation, each.lever, each.direction, each.moved, each.decider, each.advice))
    return sorted((Episode(steps=tuple(steps)) for _, steps in groups), key=lambda each: (each.first.month, each.first.organisation, each.first.lever))


def _structure(results: Results, name: str) -> str:
    every = results.spec.every_structure if isinstance(results.spec, ComparisonSpec) else results.spec.structures
    named = {PurePath(each).stem if each.endswith(".toml") else each: each for each in every}
    if name not in every and name not in named:
        raise StoryError(str(unknown_name("structure", name, named)))
    return name if name in every else named[name]


def _lever(name: str) -> str:
    levers = [lever.name.lower() for lever in Lever if lever != Lever.NONE]
    spelled = name.strip().lower().replace("-", "_").replace(" ", "_")
    if spelled not in levers:
        raise StoryError(str(unknown_name("lever", name, levers)))
    return spelled


def _organisation(name: str, known: Mapping[str, str]) -> str:
    spelled = {each.lower(): each for each in known}
    if name.strip().lower() not in spelled:
        near = unknown_name("organisation", name.lower(), spelled)
        words = str(near).replace(repr(name.lower()), repr(name))
        for low, each in sorted(spelled.items(), key=lambda pair: -len(pair[0])):
            words = words.replace(low, each) if "nearest" in words or "there are" in words else words
        raise StoryError(words)
    return spelled[name.strip().lower()]


# Words


def told(story: Story) -> list[str]:
    """Return a story as lines: a timeline of all levers, or of one lever each episode with its reasons."""
    run = f"{story.structure}, arm {story.arm}" if story.arm else story.structure
    kind = "commissioning body" if story.kind == "commissioner" else story.kind
    who = f"{story.organisation} ({kind}) under {run}, replication {story.replication}"
    what = f" of {', '.join(as_words(lever) for lever in story.levers)}" if story.levers else ""
    decided = [episode for episode in story.episodes if not episode.first.by_rule]
    moves = _counted(sum(step.moved for episode in decided for step in episode.steps), "move") if decided else "no move"
    why_none = "" if decided else "; no step was worth making to whoever decides"
    lines = [f"{who}: {moves}{what} in {_years(story.years)}{why_none}."]
    if story.levers and decided and story.scale != 1.0:
        lines.append(f"Pounds are for the people in the model, at a scale of {story.scale:g}.")
    for episode in story.episodes:
        lines += ["", *reasons_in_words(episode)] if story.levers else [f"- {in_one_sentence(episode)}"]
    return lines


def in_one_sentence(episode: Episode) -> str:
    """Return what was moved, when, how far and by whom."""
    first, last = episode.first, episode.last
    verb = "raise" if first.direction > 0 else "lower"
    lever = as_words(first.lever) + (f" of {first.organisation}" if first.decider != first.organisation else "")
    when = f"In {month_name(first.month)}" if first.month == last.month else f"From {month_name(first.month)} to {month_name(last.month)}"
    if first.by_rule:
        return f"{when} {first.advice} brought {lever} from {_level(first.before)} to {_level(last.after)} ({LEVER_RANGES[Lever[first.lever.upper()]].unit}), which nobody decided."
    advice = f" ({first.advice})" if first.advice else ""
    if not first.moved:
        times = "" if len(episode.steps) == 1 else f" {_times(len(episode.steps))}"
        return f"{when} {first.decider} wanted{times} to {verb} {lever} from {_level(first.before)}, and left it{advice}."
    steps = "one step" if len(episode.steps) == 1 else f"{_number(len(episode.steps))} steps"
    unit = LEVER_RANGES[Lever[first.lever.upper()]].unit
    return f"{when} {first.decider} {verb}{'d' if verb == 'raise' else 'ed'} {lever} by {steps}, from {_level(first.before)} to {_level(last.after)} ({unit}){advice}."


def reasons_in_words(episode: Episode) -> list[str]:
    """Return an episode with the reasons of its first step, and what a step was worth by its last; what rules did is one sentence."""
    first, last = episode.first, episode.last
    if first.by_rule:
        return [in_one_sentence(episode)]
    lines = [in_one_sentence(episode), *_pressure(first), *_foreseen(first), "What a step was believed to do in a year, and what of that was felt:"]
    lines += [f"- {_account(first, account)}" for account in first.accounts if first.reasons[f"cost/{account}"]]
    lines += [f"- {words}" for words in (_people(first), _norm(first)) if words]
    lines.append(f"All told it was worth {_pounds(first.pounds(worth(first)))} a year to {first.decider}{_taken_off(first)}.")
    lines += _hung_on(first)
    if len(episode.steps) > 1:
        lines.append(f"The last step, in {month_name(last.month)}, was worth {_pounds(last.pounds(worth(last)))} a year.")
    return lines


def _pressure(decided: Decided) -> list[str]:
    """Return how far what pays for each of the decider's accounts was from its budget, and what a pound felt like."""
    purses: dict[tuple[float, float, float], list[str]] = {}
    for account in decided.accounts:
        if f"forecast/{account}" in decided.reasons:
            key = tuple(decided.reasons[f"{name}/{account}"] for name in ("forecast", "budget", "price"))
            purses.setdefault(key, []).append(_named(account))
    lines = []
    for (forecast, budget, price), accounts in purses.items():
        over = 100.0 * (forecast / budget - 1.0) if budget > 0.0 else float("inf")
        gap = "on budget" if abs(over) < 0.05 else f"{abs(over):.1f}% {'over' if over > 0.0 else 'under'} budget"
        lines.append(
            f"Money: what pays for {' and '.join([', '.join(accounts[:-1]), accounts[-1]] if len(accounts) > 1 else accounts)} was forecast at "
            f"{_pounds(forecast)} a year against {_pounds(budget)}, {gap}; a pound felt like {_pence(price)}."
        )
    return lines


def _foreseen(decided: Decided) -> list[str]:
    """Return how much of what was looked ahead to lay under a structure that was announced."""
    share = decided.reasons.get("foreseen", 0.0)
    words = f"Another structure was announced: {100.0 * share:.0f}% of what was looked ahead to lay under it, and was felt as it would be borne then."
    return [words] if share else []


def _account(decided: Decided, account: str) -> str:
    cost = decided.direction * decided.reasons[f"cost/{account}"]
    now, rest = (decided.pounds(abs(each)) for each in (felt(decided, account) * cost, decided.reasons.get(f"rest/{account}", 0.0)))
    stake, price = decided.reasons[f"stake/{account}"], decided.reasons[f"price/{account}"]
    share = "all of it" if stake == 1.0 else f"{_pence(stake)} in the pound" if stake else "nothing"
    at = "" if price == 1.0 or not stake else f", at {_pence(price)} a pound"
    return (
        f"{'cost' if cost > 0.0 else 'save'} {_named(account)} {_pounds(decided.pounds(abs(cost)))}: "
        f"felt {share}{at}, {_pounds(now)}; at rest {_pounds(rest)} was felt"
    )


def _people(decided: Decided) -> str:
    qalys = decided.direction * decided.pounds(decided.reasons["qalys"])
    if not qalys:
        return ""
    return f"{'bring' if qalys > 0.0 else 'cost'} people {abs(qalys):.3g} QALYs, weighed at {_pounds(abs(decided.pounds(decided.reasons['outcome'])))}"


def _norm(decided: Decided) -> str:
    value = decided.direction * decided.pounds(decided.reasons["norm"])
    return f"norm: {_pounds(abs(value))} {'for' if value > 0.0 else 'against'} such a step, which balanced what was felt at rest" if value else ""


def _taken_off(decided: Decided) -> str:
    lost, effort = decided.pounds(decided.reasons["concavity"]), decided.pounds(decided.reasons["effort"])
    returns = f"{_pounds(lost)} less for diminishing returns and " if lost > 0.0 else f"{_pounds(-lost)} more for the way back to rest and " if lost else ""
    return f", with {returns}{_pounds(effort)} less for the effort"


def _hung_on(decided: Decided) -> list[str]:
    """Return what tipped it and what would have had to be different, in sentences."""
    found = tipping(decided)
    lines = [_tipped(found)]
    if not math.isnan(found.needed):
        lines.append(f"It would have stayed had a pound on {_named(found.name)} felt like {_or_beyond(found.felt, found.needed)}, not {_pence(found.felt)}.")
    if not math.isnan(found.partner_needed):
        lines.append(
            f"Or had a pound on {_named(found.partner)}, which the step costs money, felt like "
            f"{_or_beyond(found.partner_felt, found.partner_needed)}, not {_pence(found.partner_felt)}."
        )
    if any(decided.reasons[f"price/{account}"] != 1.0 for account in decided.accounts):
        moves = found.in_balance > 0.0
        lines.append(
            f"Had money been in balance, with every price at £1, it would have {'moved all the same' if moves else 'stayed'}: "
            f"the step would have been worth {_pounds(decided.pounds(found.in_balance))} a year."
        )
    return lines


def _tipped(found: Tipping) -> str:
    if found.name == PEOPLE:
        what = "that more is believed of what it does for people than at rest"
    elif found.name == RETURNS:
        what = "that it goes back towards rest, where a step does more"
    else:
        what = f"what is felt of {_named(found.name)}, compared with rest"
    return f"What tipped it: {what}; {'without that it would have stayed' if found.alone else 'and more, since without that it would still have moved'}."


def _or_beyond(now: float, needed: float) -> str:
    return f"{_pence(needed)} or {'more' if needed > now else 'less'}"


def as_plain(story: Story) -> dict[str, Any]:
    """Return a story as plain values: each episode with its sentence, steps and what its first step hung on, nothing where a rule moved it."""
    return {
        "organisation": story.organisation,
        "kind": story.kind,
        "structure": story.structure,
        **({"arm": story.arm} if story.arm else {}),
        "replication": story.replication,
        "episodes": [
            {
                "words": in_one_sentence(episode),
                "hung on": {} if episode.first.by_rule else {name: None if value != value else value for name, value in tipping(episode.first)._asdict().items()},
                "steps": [dataclasses.asdict(step) for step in episode.steps],
            }
            for episode in story.episodes
        ],
    }


def month_name(month: int) -> str:
    """Return a month of a run as a reader would say it.

    Examples
    --------
    >>> month_name(0), month_name(9)
    ('April 2014', 'January 2015')
    """
    year, first = (int(part) for part in START.split("-"))
    return f"{MONTH_NAMES[(first - 1 + month) % 12]} {year + (first - 1 + month) // 12}"


def _named(account: str) -> str:
    return ACCOUNTS.get(Account[account.upper()], as_words(account))


def _level(value: float) -> str:
    return f"{value:.3g}"


def _pounds(value: float) -> str:
    """Return pounds to three digits; a minus where it is less than nothing."""
    size = abs(value)
    scale, letter = next(((scale, letter) for scale, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")) if size >= 0.9995 * scale), (1.0, ""))
    return f"{'−' if value < 0.0 else ''}£{float(f'{size / scale:.3g}'):g}{letter}"


def _pence(value: float) -> str:
    """Return what a pound feels like."""
    return f"{100.0 * value:.3g}p" if value < 0.995 else f"£{value:.2f}"


def _number(count: int) -> str:
    return NUMBER_NAMES[count] if count < len(NUMBER_NAMES) else str(count)


def _counted(count: int, noun: str) -> str:
    return f"{_number(count)} {noun}{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{_number(count)} times"


def _years(years: int) -> str:
    return _counted(years, "year")
