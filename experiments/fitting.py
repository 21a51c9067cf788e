"""Fit the rates of people to what is known of England: ``joinedup fit-population``.

Round by round, England in miniature is settled and run at rest with the corrections found so far, every target is set
against what the run gave, and each correction moves by what is still missing. It begins from arithmetic alone, so that
running it again gives the same rates, whatever was stored before. Uncertainty comes from fitting again to targets drawn
within their published intervals, with other luck: it holds what the targets leave open and what chance adds.

The method is a damped fixed-point iteration (Robbins and Monro's, with constant steps): each rate answers mainly for
one target, so no gradient is needed.
"""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist

import numpy as np

from agents.vocabulary import N_CONDITIONS, N_REASONS, YOUNGEST, Reason
from experiments.reference_run import PLACE, RECORDED, ReferenceYear, delay_cells, run_reference
from model import epidemiology as england
from model.delayed_transfers import ACUTE, recorded_days
from model.epidemiology import AGES
from model.evidence import EvidenceRow, evidence, evidence_where
from model.fitted_rates import (
    BROAD,
    COLUMNS,
    FRAILTY_AGES,
    NEED_AGES,
    SEX,
    STAY_AGES,
    TEN_YEARS,
    FittedRates,
    axes_of,
    read_rates,
    strata,
    trying,
)
from model.parameters import Parameters
from model.prevalence import PREVALENCE_NAMES
from model.prevalence import england as counts_of_england
from model.prevalence import prevalence as published_prevalence

YEARS = 8  # of each run
REPLICATE_ROUNDS, REPLICATE_SCALE = 3, 0.25  # of each fit to drawn targets, and its size relative to the fit itself
FEW = 60.0  # people or deaths: a stratum with so many moves half as far as a large one
ADMISSION_EDGES, STAY_EDGES = (45, 65, 75, 85), (65, 75, 85)  # ages at which bands of the evidence begin
A_DELAY = 10.0  # assumption, days that a recorded delay lasts: days come in spells, so that luck is that of fewer
LATE = 4  # the last so many years say where prevalence is heading
NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True, slots=True)
class FitSpec:
    """What a fit is made with.

    Parameters
    ----------
    rounds : times that the population is run and corrected, at least 2
    replicates : fits to drawn targets, at least 2
    scale : share of England in miniature, above 0 and at most 1
    seed : of all luck, 0 to 2**32 - 1

    Raises
    ------
    ValueError
        If a number is out of bounds.
    """

    rounds: int = 10
    replicates: int = 8
    scale: float = 1.0
    seed: int = 2014

    def __post_init__(self) -> None:
        for name in ("rounds", "replicates"):
            if not _is_whole(getattr(self, name)) or getattr(self, name) < 2:
                raise ValueError(f"FitSpec.{name} must be a whole number, at least 2, got {getattr(self, name)!r}")
        if not isinstance(self.scale, int | float) or not 0.0 < self.scale <= 1.0:
            raise ValueError(f"FitSpec.scale must be a share above 0 and at most 1, got {self.scale!r}")
        if not _is_whole(self.seed) or not 0 <= self.seed < 2**32:
            raise ValueError(f"FitSpec.seed must be a whole number from 0 to 2**32 - 1, got {self.seed!r}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the fit aims at, by single year of age (93 of them), sex and deprivation fifth.

    Attributes
    ----------
    prevalence : ever recorded, shape (14, 2, 93)
    deaths : yearly rates, shape (2, 5, 93)
    admissions, contacts : emergency, a person and year, shape (93,)
    stay : mean days of an emergency stay, shape (93,)
    readmission : share of discharges followed by an emergency admission within 30 days
    mild, moderate : shares with frailty above 0.12 and 0.24, shape (5 bands of FRAILTY_AGES); NaN where none is known
    need : shares outside care homes who need help, shape (2, 4 bands of NEED_AGES)
    delays : delayed days recorded in acute care, by reason, for each emergency bed day that people of those ages have
        at published rates, shape (10,): so that they grow as the people age
    """

    prevalence: np.ndarray
    deaths: np.ndarray
    admissions: np.ndarray
    contacts: np.ndarray
    stay: np.ndarray
    readmission: float
    mild: np.ndarray
    moderate: np.ndarray
    need: np.ndarray
    delays: np.ndarray


SOURCES = {
    "onset": "A.prev",
    "progress": "assumed shares of severe holders",
    "death": "deaths by age, sex and deprivation 2014",
    "illness": "P-B.ae-002 to 005, P-B.emerg-002 to 006",
    "severity": "P-B.emerg-002 to 006",
    "stay": "P-B.los-004 to 007",
    "returns": "P-B.readm-001",
    "frailty": "P-A.frail-014 to 025, 032, 033",
    "spread": "P-A.frail-014 to 025",
    "need": "P-A.adl-001 to 006",
    "wait": "P-B.dtoc-010 to 017, 025",
}
"""What each correction is fitted to, as named in the file."""

UNITS = {
    "onset": "per 1,000 free of it a year",
    "progress": "a year",
    "death": "a year at frailty 0.06 without need",
    "illness": "contacts a year at frailty 0.06, middle fifth",
    "severity": "shape",
    "stay": "days, scale of the acute phase",
    "returns": "ratio",
    "frailty": "frailty, mean of both sexes",
    "spread": "frailty",
    "need": "logit",
    "wait": "ratio, of the time that arranging takes",
}

DELAY_ROWS = {
    "P-B.dtoc-010": (Reason.FURTHER_NHS,),
    "P-B.dtoc-011": (Reason.ASSESSMENT,),
    "P-B.dtoc-012": (Reason.PACKAGE,),
    "P-B.dtoc-013": (Reason.NURSING,),
    "P-B.dtoc-014": (Reason.RESIDENTIAL,),
    "P-B.dtoc-015": (Reason.CHOICE,),
    "P-B.dtoc-016": (Reason.FUNDING,),
    "P-B.dtoc-017": (Reason.EQUIPMENT, Reason.HOUSING, Reason.DISPUTES),
}
"""Which reasons' share of the days recorded in acute care each evidence row has."""


def targets(draw: Callable[[EvidenceRow], float] | None = None) -> Targets:
    """Return the targets: each evidence row's own value, or what `draw` makes of the row."""
    value = draw or (lambda row: row.number())

    admissions = _by_band(england.ADMISSIONS, ADMISSION_EDGES, value) / 1000.0
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    moderate = dict(england.MODERATE_FRAILTY)
    older = value(evidence("P-A.frail-033")) / evidence("P-A.frail-033").number()
    return Targets(
        prevalence=np.minimum(published_prevalence() * _over_published(value), 0.95),
        deaths=england.death_rates(),
        admissions=admissions,
        contacts=_by_band(england.ATTENDANCES, (40, 60, 80), value) / 1000.0 + direct * admissions,
        stay=_by_band(england.STAYS, STAY_EDGES, value),
        readmission=value(evidence("P-B.readm-001")) / 100.0,
        mild=np.array([share * (older if age >= 65 else 1.0) for age, share in england.ANY_FRAILTY]),
        moderate=np.array([moderate.get(age, math.nan) * older for age, _ in england.ANY_FRAILTY]),
        need=_need_targets(value),
        delays=_delay_targets(value),
    )


def _over_published(value: Callable[[EvidenceRow], float]) -> np.ndarray:
    """Return prevalence over the published one, shape (14, 2, 93), from its ten-year rows."""
    factor = np.ones((N_CONDITIONS, 2, len(AGES)))
    for condition, name in PREVALENCE_NAMES.items():
        for sex, word in enumerate(SEX.labels):
            strata_of = (f"sex={word};age={band}" for band in TEN_YEARS.labels)
            rows = [evidence_where("A.prev", f"prevalence_{name}", stratum) for stratum in strata_of]
            points = [value(row) / row.number() if row.value else 1.0 for row in rows]
            factor[condition, sex] = np.interp(AGES, TEN_YEARS.ages, points)
    return factor


def _delay_targets(value: Callable[[EvidenceRow], float]) -> np.ndarray:
    """Return what England's acute hospitals recorded in 2014/15 for each emergency bed day of its adults, shape (10,).

    Rows that stand for several reasons are divided as the return itself divides them.
    """
    counted = recorded_days(ACUTE).sum(axis=1)
    share = np.zeros(N_REASONS)
    for row, reasons in DELAY_ROWS.items():
        each = list(reasons)
        share[each] = value(evidence(row)) / 100.0 * counted[each] / counted[each].sum()
    people = counts_of_england()[0].sum(axis=(0, 1))[YOUNGEST:]  # the last: 90 and over
    return 1000.0 * value(evidence("P-B.dtoc-025")) * share / float(people @ _bed_days()[: len(people)])


@lru_cache(maxsize=1)
def _bed_days() -> np.ndarray:
    """Return a person's emergency bed days a year at published rates, by age, shape (93,)."""
    admissions, stays = (
        _by_band(points, edges, EvidenceRow.number)
        for points, edges in ((england.ADMISSIONS, ADMISSION_EDGES), (england.STAYS, STAY_EDGES))
    )
    return admissions / 1000.0 * stays


def _by_band(
    points: tuple[tuple[float, str], ...], edges: tuple[int, ...], value: Callable[[EvidenceRow], float]
) -> np.ndarray:
    """Return the published rate of each age's own band, shape (93,): totals of bands are what is fitted."""
    return np.array([value(evidence(row)) for _, row in points])[np.searchsorted(edges, AGES, side="right")]


def _need_targets(value: Callable[[EvidenceRow], float]) -> np.ndarray:
    """Return shares needing help outside care homes, shape (2, 4): 70 to 84 is what the total of 65 and over leaves."""
    people, _ = counts_of_england()
    ids = (("P-A.adl-003", "P-A.adl-001", "P-A.adl-005"), ("P-A.adl-004", "P-A.adl-002", "P-A.adl-006"))
    shares = np.zeros((2, 4))
    for sex in range(2):
        young, every, oldest = (value(evidence(row)) / 100.0 for row in ids[sex])
        counts = people[sex].sum(axis=0)
        sizes = counts[65:70].sum(), counts[70:85].sum(), counts[85:].sum()
        middle = (every * sum(sizes) - young * sizes[0] - oldest * sizes[2]) / sizes[1]
        under = np.interp(np.arange(18, 65), *zip(*england.HELP_UNDER_65, strict=True))
        shares[sex] = np.average(under, weights=counts[18:65]), young, middle, oldest
    return shares


def fit(
    aims: Targets,
    *,
    first: FittedRates | None = None,
    rounds: int,
    years: int = YEARS,
    scale: float = 1.0,
    seed: int,
    watch: Callable[[int, float], None] | None = None,
) -> FittedRates:
    """Return the corrections that bring England in miniature to its targets.

    Parameters
    ----------
    aims : see :func:`targets`
    first : where to begin; without corrections if None
    rounds : how often the population is run; the last half's mean is returned, which averages luck out
    years, scale, seed : of each run; luck differs from round to round
    watch : called after each round with its number and the largest relative miss of a broad target
    """
    rates = first or FittedRates()
    kept: list[FittedRates] = []
    for number in range(rounds):
        with trying(rates):
            found = run_reference(place=PLACE, years=years, seed=seed + number, scale=scale)
        rates, miss = step(rates, aims, found, gain=1.0 if number < rounds // 2 else 0.5)
        if number >= rounds // 2:
            kept.append(rates)
        if watch:
            watch(number + 1, miss)
    return mean_of(kept)


def mean_of(several: list[FittedRates]) -> FittedRates:
    """Return the mean of several corrections: of logarithms where they multiply."""
    means = {}
    for item in dataclasses.fields(FittedRates):
        values = np.stack([getattr(rates, item.name) for rates in several])
        if item.metadata["shift"]:
            means[item.name] = values.mean(axis=0)
        else:
            means[item.name] = np.exp(np.log(np.maximum(values, 1e-9)).mean(axis=0))
    return FittedRates(**means)


def step(rates: FittedRates, aims: Targets, years: list[ReferenceYear], gain: float = 1.0) -> tuple[FittedRates, float]:
    """Return the next corrections, and the largest relative miss among the targets that are broad.

    Parameters
    ----------
    rates : what the years were run with
    years : counted, see ``experiments.reference_run``
    gain : 1 takes the whole step that is thought right, less damps it
    """
    ages, lived = _Ages(years), sum(year.person_years for year in years)
    misses: list[float] = []

    def ratio(wanted: np.ndarray, observed: np.ndarray, broad: bool = True) -> np.ndarray:
        """Return wanted over observed, drawn towards 1 where few were counted."""
        if broad:
            misses.extend((np.abs(observed / np.maximum(wanted, 1e-9) - 1.0))[wanted > 20 * FEW].ravel().tolist())
        weight = wanted / (wanted + FEW)
        return np.exp(weight * np.log(np.maximum(wanted, 1.0) / np.maximum(observed, 1.0)))

    deaths = sum(year.deaths for year in years)
    contacts = sum(year.contacts for year in years).sum(axis=(0, 1))
    admissions = sum(year.admissions for year in years).sum(axis=(0, 1))
    bed_days = sum(year.bed_days for year in years).sum(axis=(0, 1))
    everyone = lived.sum(axis=(0, 1))
    death = ratio(ages.bands(lived * aims.deaths, BROAD), ages.bands(deaths, BROAD))
    contact = ratio(ages.bands(everyone * aims.contacts, BROAD), ages.bands(contacts, BROAD))
    admission = ratio(ages.bands(everyone * aims.admissions, BROAD), ages.bands(admissions, BROAD))
    stay = ratio(ages.bands(admissions * aims.stay, STAY_AGES), ages.bands(bed_days, STAY_AGES))
    total = {name: sum(year.scalars[name] for year in years) for name in ("discharges", "readmissions_30_days")}
    delayed = sum(delay_cells(year.scalars, RECORDED) for year in years).sum(axis=1)
    wait = ratio(float(everyone @ _bed_days()) * aims.delays / A_DELAY, delayed / A_DELAY)
    returned = total["readmissions_30_days"] / total["discharges"]
    misses.append(abs(returned / aims.readmission - 1.0))
    onset, progress = _beginnings(aims, years, ages, ratio)
    shift, spread = _frailty_step(aims, years, ages)
    moved = FittedRates(
        onset=_within(rates.onset * onset**gain, "onset"),
        progress=_within(rates.progress * progress**gain, "progress"),
        death=_within(rates.death * death**gain, "death"),
        illness=_within(rates.illness * contact ** (1.2 * gain), "illness"),
        severity=_within(rates.severity * (admission / contact) ** (0.7 * gain), "severity"),
        stay=_within(rates.stay * stay ** (0.9 * gain), "stay"),
        returns=_within(rates.returns * (aims.readmission / returned) ** gain, "returns"),
        frailty=_within(rates.frailty + gain * shift, "frailty"),
        spread=_within(rates.spread * spread ** (0.5 * gain), "spread"),
        need=_within(rates.need + gain * _need_step(aims, years, ages), "need"),
        wait=_within(rates.wait * wait ** (0.6 * gain), "wait"),
    )
    return moved, max(misses)


class _Ages:
    """Sums over bands of age: a band reaches from the first age of its label to the next band's."""

    def __init__(self, years: list[ReferenceYear]) -> None:
        self.years = years

    def bands(self, values: np.ndarray, axis: object) -> np.ndarray:
        """Return sums over age, the last dimension, in bands; the first begins at 18, the last is open."""
        starts = [0, *(int(label.rstrip("+").split("-")[0]) - 18 for label in axis.labels[1:])]
        return np.add.reduceat(values, starts, axis=-1)


def _beginnings(
    aims: Targets, years: list[ReferenceYear], ages: _Ages, ratio: Callable
) -> tuple[np.ndarray, np.ndarray]:
    """Return factors of onset, shape (14, 2, 7), and of progress, shape (14,).

    What counts is how prevalence moved from the first year to the last ones, since the first is right but for the luck
    of the sample.
    """

    def over_wanted(some: list[ReferenceYear]) -> tuple[np.ndarray, np.ndarray]:
        wanted = sum(year.people.sum(axis=1)[None] * aims.prevalence for year in some)
        return ages.bands(sum(year.conditions.sum(axis=2) for year in some), TEN_YEARS), ages.bands(wanted, TEN_YEARS)

    first, first_wanted = over_wanted(years[:1])
    late, late_wanted = over_wanted(years[-LATE:])
    per_year = 1.0 / len(years[-LATE:])
    expected = late_wanted * np.maximum(first, 1.0) / np.maximum(first_wanted, 1.0)
    blend = first / (first + FEW)  # where the first year holds few, the target itself is the better guide
    expected = blend * expected + (1.0 - blend) * late_wanted
    factor = np.log(ratio(expected * per_year, late * per_year, broad=False))
    ends = np.concatenate([factor[..., :1], factor, factor[..., -1:]], axis=-1)
    smooth = 0.25 * ends[..., :-2] + 0.5 * factor + 0.25 * ends[..., 2:]  # neighbours move together: no zigzag
    factor = np.exp(1.5 * smooth)
    held = years[-1].conditions.sum(axis=(1, 2, 3)), years[0].conditions.sum(axis=(1, 2, 3))
    share = [years[k].severe.sum(axis=(1, 2, 3)) / np.maximum(held[-k - 1], 1) for k in (-1, 0)]
    progress = np.ones(N_CONDITIONS)
    moving = share[1] > 0
    progress[moving] = (share[1][moving] / np.maximum(share[0][moving], 1e-6)) ** 1.5
    return factor, progress


def _frailty_step(aims: Targets, years: list[ReferenceYear], ages: _Ages) -> tuple[np.ndarray, np.ndarray]:
    """Return what to add to settled frailty, and factors of its spread, each of shape (5,)."""
    people = ages.bands(sum(year.people for year in years).sum(axis=(0, 1)), FRAILTY_AGES)
    beyond = sum(year.frail_moderate + year.frail_severe for year in years).sum(axis=(0, 1))
    moderate = ages.bands(beyond, FRAILTY_AGES) / people
    mild = ages.bands(sum(year.frail_mild for year in years).sum(axis=(0, 1)) + beyond, FRAILTY_AGES) / people
    spread_of = np.array([0.03, 0.04, 0.08, 0.09, 0.10])  # of all frailty in a band, roughly: sets the step's size
    density = np.array([NORMAL.pdf(NORMAL.inv_cdf(1.0 - share)) for share in aims.mild]) / spread_of
    spread = np.where(np.isnan(aims.moderate), 1.0, aims.moderate / np.maximum(moderate, 1e-6))
    return (aims.mild - mild) / density, spread


def _need_step(aims: Targets, years: list[ReferenceYear], ages: _Ages) -> np.ndarray:
    """Return logits to add to the propensity to need help, shape (2, 4)."""
    helped = ages.bands(sum(year.needs_help for year in years).sum(axis=1), NEED_AGES)
    outside = ages.bands(sum(year.people - year.care_home for year in years).sum(axis=1), NEED_AGES)
    share = np.clip(helped / outside, 1e-4, 1.0 - 1e-4)
    return np.log(aims.need / (1.0 - aims.need)) - np.log(share / (1.0 - share))


def _within(values: np.ndarray, name: str) -> np.ndarray:
    meta = next(item for item in dataclasses.fields(FittedRates) if item.name == name).metadata
    return np.clip(values, meta["low"], meta["high"])


def drawn_targets(seed: int) -> Targets:
    """Return targets drawn within their published intervals, each row apart: normal, the interval's ends at 95%.

    A row without an interval keeps its value; ten-year rows of one condition's prevalence move together.
    """
    luck = np.random.default_rng(seed)
    drawn: dict[str, float] = {}

    def value(row: EvidenceRow) -> float:
        key = row.quantity if row.group == "A.prev" else row.id
        if key not in drawn:
            drawn[key] = luck.standard_normal()
        if row.low is None or row.high is None:
            return row.number()
        return max(row.number() + drawn[key] * (row.high - row.low) / 3.92, 0.01 * row.number())

    return targets(value)


def uncertainty(
    central: FittedRates, spec: FitSpec, watch: Callable[[int], None] | None = None
) -> tuple[FittedRates, FittedRates]:
    """Return the lower and upper ends of 95% intervals of the corrections.

    Each of ``spec.replicates`` fits begins at `central`, the fit to the targets themselves, and goes on to targets
    drawn within their intervals, in a smaller population with other luck; their spread is the interval's.

    People begin with the published prevalence whatever is drawn, so a drawn one is not fitted: where a condition is
    commoner by some factor, it is taken to have begun more often by that factor.
    """
    published = targets().prevalence
    middles = np.array(TEN_YEARS.ages, dtype=int) - int(AGES[0])
    fits = []
    for number in range(1, spec.replicates + 1):
        aims = drawn_targets(spec.seed + number)
        seed = spec.seed + 1000 * number
        commoner = (aims.prevalence / published)[..., middles]
        aims = dataclasses.replace(aims, prevalence=published)
        rates = fit(aims, first=central, rounds=REPLICATE_ROUNDS, scale=REPLICATE_SCALE * spec.scale, seed=seed)
        fits.append(dataclasses.replace(rates, onset=rates.onset * commoner))
        if watch:
            watch(number)
    low, high = {}, {}
    for item in dataclasses.fields(FittedRates):
        values, middle = np.stack([getattr(rates, item.name) for rates in fits]), getattr(central, item.name)
        if item.metadata["shift"]:
            half = 1.96 * values.std(axis=0, ddof=1)
            low[item.name], high[item.name] = middle - half, middle + half
        else:
            half = np.exp(1.96 * np.log(np.maximum(values, 1e-9)).std(axis=0, ddof=1))
            low[item.name], high[item.name] = middle / half, middle * half
    return FittedRates(**low), FittedRates(**high)


def fit_and_write(spec: FitSpec, path: Path, say: Callable[[str], None] | None = None) -> FittedRates:
    """Fit, find the intervals, and write the file; return the corrections as the file has them.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    say = say or (lambda line: None)
    central = fit(
        targets(), rounds=spec.rounds, scale=spec.scale, seed=spec.seed,
        watch=lambda number, miss: say(f"round {number} of {spec.rounds}: largest miss of a broad target {miss:.1%}"),
    )  # fmt: skip
    low, high = uncertainty(central, spec, lambda number: say(f"replicate {number} of {spec.replicates}"))
    write_rates(path, central, low, high)
    return read_rates(path)


def largest_difference(rates: FittedRates, others: FittedRates) -> tuple[str, float]:
    """Return which correction differs most from the other's, and by how much: a ratio less one, or a shift."""
    worst = ("none", 0.0)
    for item in dataclasses.fields(FittedRates):
        now, then = getattr(rates, item.name), getattr(others, item.name)
        apart = np.abs(now - then) if item.metadata["shift"] else np.abs(now / np.maximum(then, 1e-9) - 1.0)
        at = np.unravel_index(int(apart.argmax()), apart.shape)
        if apart[at] > worst[1]:
            label = dict(strata(item.name))[tuple(int(k) for k in at)]
            worst = (f"{item.name} of {label}", float(apart[at]))
    return worst


def write_rates(path: Path, rates: FittedRates, low: FittedRates, high: FittedRates) -> None:
    """Write corrections, their intervals and the rates that follow from them at default parameters, one row each."""
    with trying(rates):
        tables = england.reference_tables(Parameters())
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(COLUMNS)
        for item in dataclasses.fields(FittedRates):
            for index, label in strata(item.name):
                own = (f"{getattr(some, item.name)[index]:.6g}" for some in (rates, low, high))
                value = f"{rate_of(tables, item.name, index):.6g}"
                lines.writerow([item.name, label, *own, value, UNITS[item.name], SOURCES[item.name]])


def rate_of(tables: np.record, name: str, index: tuple[int, ...]) -> float:
    """Return the rate that a correction belongs to, at the middle age of its stratum, in the unit of :data:`UNITS`."""
    last = axes_of(name)[-1]
    at = int(last.ages[index[-1]]) - 18 if last.ages else 0
    if name == "onset":
        return float(tables.onset[index[0], index[1], at] * 12_000.0)
    if name == "progress":
        return float(tables.progress[index[0]])
    if name == "death":
        return float(tables.death[index[0], index[1], at] * 12.0)
    if name == "illness":
        return float(tables.illness[:, 2, at].mean() * 12.0)
    if name == "severity":
        return float(tables.severity_shape[at])
    if name == "stay":
        return float(tables.stay_scale[at])
    if name == "returns":
        return float(tables.returns)
    if name == "frailty":
        return float(tables.frailty_age[:, at].mean())
    if name == "spread":
        return float(tables.frailty_spread[at])
    if name == "need":
        return float(tables.need_age[index[0], at])
    return float(tables.wait[index[0]])
