"""The account of emergency contacts: what each cause adds to the published totals, and what is left for illness.

One cause is one clock (:class:`agents.vocabulary.Cause`). Every clock but illness is worked out at the reference
setting with the rules that the kernels use, on a sample of England's adults; illness is what the published contacts
leave. Only the numbers in :data:`CLOCKS` decide the split, so one sample serves every split and an account takes
milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from agents.compiled import compiled
from agents.hospital.stays import admission_chance, grave, return_chance
from agents.patients.conditions import HELD, SEVERE_SHIFT
from agents.patients.living import CONSORTIUM_STATE, FRAILTY_STEPS, N_AGES, YOUNGEST, death_with_need
from agents.patients.record import FEMALE, QUINTILE_MASK, QUINTILE_SHIFT, RECORD
from agents.patients.seeking import severity_of, unmet_rate
from agents.patients.starting import begin, set_birth_months
from agents.vocabulary import Cause
from model.epidemiology import (
    ADMISSIONS,
    ATTENDANCES,
    DEATHS_IN_CARE,
    REST_READINESS,
    REST_THRESHOLD,
    UNMET_AFTER_CARE,
    england,
    first_tables,
    reference_tables,
)
from model.evidence import evidence
from model.parameters import Parameters
from model.rules import PEOPLE_SEED, compile_rules

CLOCKS = (
    "seeking.contacts_per_unmet_hour",
    "seeking.unmanaged_share",
    "seeking.last_phase_contacts",
    "seeking.breakdown_contact",
    "seeking.low_severity",
    "seeking.proactive_prevents",
    "seeking.proactive_finds",
    "hospital.return_base",
    "hospital.return_by_frailty",
    "hospital.return_unready",
    "hospital.return_unsupported",
    "hospital.return_days",
    "hospital.untreated_death",
    "hospital.untreated_decline",
    "hospital.untreated_return",
)
"""The parameters that split emergency contacts over causes, or say what a cause does.

Who the people are, and how frail, does not move with them.
"""

BANDS = (("18 to 64", 0), ("65 to 74", 65), ("75 to 84", 75), ("85 and over", 85))
ALL = "all adults"
SAMPLE = 150_000
MEASURES = ("contacts", "admissions")
_MILDEST_RETURN = (
    0.4  # severities of returns lie evenly between this and 1, as ``plan_return`` of the daily flow draws them
)
_MILDEST_CRISIS = 0.7  # severities of last crises lie evenly between this and 1 (the sweep draws them so)
_WORSENED = 1.1  # severity of those who were sent home and come back, relative to the first time (``send_home``)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sums:
    """Emergency contacts a year of England's adults at the reference setting, by single year of age.

    Arrays have the shape (ages,), from age 0 on.

    Parameters
    ----------
    people : how many of the sample are of that age
    published : contacts a person that the national figures give
    named : contacts a person of the clocks that are set first, by cause: what the subtraction takes off
    on_top : the small clocks that the subtraction leaves out; under ``RETURN`` returns to need that nobody meets
    unready : the part of returns that comes of discharge before recovery is complete, in ``named``
    admitted : share of each cause's contacts that the reference threshold admits
    """

    people: np.ndarray
    published: np.ndarray
    named: dict[Cause, np.ndarray]
    on_top: dict[Cause, np.ndarray]
    unready: np.ndarray
    admitted: dict[Cause, np.ndarray]

    @property
    def left(self) -> np.ndarray:
        """What the named clocks leave of the published contacts, over five years of age; may be negative."""
        return _smooth(self.published - sum(self.named.values()), self.people)

    def of(self, cause: Cause) -> np.ndarray:
        """Return contacts a person a year from one cause; illness is what is left, never below zero."""
        if cause == Cause.ILLNESS:
            return np.maximum(self.left, 0.0)
        return self.named.get(cause, 0.0) + self.on_top.get(cause, np.zeros(len(self.people)))

    def avoidable(self) -> dict[Cause, np.ndarray]:
        """Return contacts a person a year that better care outside hospital might have avoided, by cause.

        Of returns only what comes of going home too early, or to need that nobody meets, counts.
        """
        causes = (Cause.UNMET, Cause.UNMANAGED, Cause.BREAKDOWN)
        return {**{cause: self.of(cause) for cause in causes}, Cause.RETURN: self.unready + self.on_top[Cause.RETURN]}

    def mean(self, values: np.ndarray, first: int = 0, last: int = 200) -> float:
        """Return the mean over people aged `first` to `last` years of values by age."""
        ages = np.arange(len(self.people))
        inside = (ages >= first) & (ages <= last)
        return float(np.average(values[inside], weights=self.people[inside]))

    def means(self, values: np.ndarray) -> list[float]:
        """Return the means of each of :data:`BANDS`, and of all adults."""
        lasts = [first - 1 for _, first in BANDS[1:]] + [200]
        return [self.mean(values, first, last) for (_, first), last in zip(BANDS, lasts, strict=True)] + [
            self.mean(values)
        ]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sample:
    """A sample of England's adults and what of the account no clock moves; by person (n,) or by year of age (ages,)."""

    years: np.ndarray  # (n,) age
    gap: np.ndarray  # (n,) weekly minutes of need left when family and councils have helped
    frailty: np.ndarray  # (n,)
    spells: np.ndarray  # (n,) emergency admissions a year
    people: np.ndarray
    published: np.ndarray
    unmanaged: np.ndarray  # contacts a year at the default share
    last_phase: np.ndarray  # months a year
    crisis: np.ndarray  # last crises a year in which help is called for
    giving_up: np.ndarray  # carers who give up, a year
    tables: np.record


def at_reference_clocks(parameters: Parameters) -> Parameters:
    """Return the parameters with :data:`CLOCKS` at their defaults: what the sample of people depends on."""
    defaults = Parameters().values()
    return parameters.with_values({name: defaults[name] for name in CLOCKS})


def sums_of_emergencies(parameters: Parameters) -> Sums:
    """Work out each clock at the reference setting with the rules that the kernels use."""
    base = at_reference_clocks(parameters)
    sample, rules = _sample(base), compile_rules(parameters)
    n = len(sample.people)
    unmet, ordinary, unready, unsupported = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    _add_up(
        sample.years,
        sample.gap,
        sample.frailty,
        sample.spells * sample.tables.returns,
        REST_READINESS,
        rules,
        unmet,
        ordinary,
        unready,
        unsupported,
    )
    heads = np.maximum(sample.people, 1)
    unready, unsupported = unready / heads, unsupported / heads
    named = {
        Cause.UNMANAGED: sample.unmanaged * (parameters.seeking.unmanaged_share / base.seeking.unmanaged_share),
        Cause.UNMET: unmet / heads,
        Cause.LAST_PHASE: sample.last_phase * rules.last_phase_contacts + sample.crisis,
        Cause.RETURN: ordinary / heads + unready,
    }
    full, slight, sent_home, back = np.zeros(N_AGES), np.zeros(N_AGES), np.zeros(N_AGES), np.zeros(N_AGES)
    _judge(sample.tables, rules, full, slight, sent_home, back)
    age = np.clip(np.arange(n) - YOUNGEST, 0, N_AGES - 1)
    on_top = {
        Cause.RETURN: unsupported,
        Cause.BREAKDOWN: sample.giving_up * rules.breakdown_contact,
        Cause.UNTREATED: sample.published * sent_home[age],
    }
    after_return, in_crisis = (_admitted_from(least, rules) for least in (_MILDEST_RETURN, _MILDEST_CRISIS))
    admitted = dict.fromkeys((Cause.ILLNESS, Cause.UNMANAGED), full[age])
    last = np.maximum(named[Cause.LAST_PHASE], 1e-12)
    admitted[Cause.LAST_PHASE] = full[age] + (in_crisis - full[age]) * sample.crisis / last
    admitted |= dict.fromkeys((Cause.UNMET, Cause.BREAKDOWN), slight[age])
    admitted |= {Cause.RETURN: np.full(n, after_return), Cause.UNTREATED: back[age]}
    return Sums(
        people=sample.people, published=sample.published, named=named, on_top=on_top, unready=unready, admitted=admitted
    )


def illness_in_the_model(parameters: Parameters, tables: np.record) -> np.ndarray:
    """Return contacts a year, by single year of age, that a table of illness gives the same sample.

    Parameters
    ----------
    tables : as arithmetic gives them (``first_tables``), or corrected by what running the model has taught
        (``reference_tables``)
    """
    rows = _people(tables, compile_rules(parameters))
    years, sex, fifth, age, step = _cells(rows)
    return _by_year(tables.illness[sex, fifth, age] * tables.contact_by_frailty[step] * 12.0, years)


def cause_shares(parameters: Parameters, of: str = "contacts") -> pd.DataFrame:
    """Return each cause's share of emergencies at the reference setting, by age.

    Parameters
    ----------
    of : ``contacts`` or ``admissions``

    Returns
    -------
    pandas.DataFrame
        Index: cause. Columns: :data:`BANDS` and all adults. Each column adds up to one.

    Raises
    ------
    ValueError
        If `of` is something else.
    """
    if of not in MEASURES:
        raise ValueError(f"of must be one of {', '.join(MEASURES)}, got {of!r}")
    return shares_of(sums_of_emergencies(parameters), of)


def shares_of(sums: Sums, of: str = "contacts") -> pd.DataFrame:
    """Return what :func:`cause_shares` does, of an account that is at hand."""
    lines = {cause: sums.of(cause) * (sums.admitted[cause] if of == "admissions" else 1.0) for cause in Cause}
    table = pd.DataFrame.from_dict(
        {cause.name.lower(): sums.means(values) for cause, values in lines.items()}, orient="index"
    )
    table.columns = [name for name, _ in BANDS] + [ALL]
    table.index.name = "cause"
    return table / table.sum()


def sums_rows(parameters: Parameters) -> list[tuple[str, list[float]]]:
    """Return the lines of the account, contacts a year for each 1,000 people: a name, then each band and all adults."""
    sums = sums_of_emergencies(parameters)
    names = {
        Cause.UNMANAGED: "unmanaged conditions",
        Cause.UNMET: "unmet need",
        Cause.LAST_PHASE: "last phase of life",
        Cause.RETURN: "return after discharge",
    }
    above = {
        Cause.RETURN: "return to need that nobody meets, at most",
        Cause.BREAKDOWN: "breakdown of a carer",
        Cause.UNTREATED: "back after not being admitted",
    }
    lines = [("published contacts", sums.published)]
    lines += [(f"less: {name}", sums.named[cause]) for cause, name in names.items()]
    lines += [
        ("= left for illness", sums.published - sum(sums.named.values())),
        ("illness in the model", illness_in_the_model(parameters, first_tables(parameters))),
        ("the same after fitting", illness_in_the_model(parameters, reference_tables(parameters))),
    ]
    lines += [(f"on top: {name}", sums.on_top[cause]) for cause, name in above.items()]
    return [(name, [1000.0 * value for value in sums.means(values)]) for name, values in lines]


@lru_cache(maxsize=2)
def _sample(base: Parameters) -> _Sample:
    """Return the sample of people and the parts of the account that are the same for every split."""
    rules, tables = compile_rules(base), first_tables(base)
    rows = _people(tables, rules)
    years, sex, fifth, age, step = _cells(rows)
    effect = tables.contact_by_frailty[step]
    admissions = _national(ADMISSIONS, years)
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    of_need = np.array([death_with_need(minutes, rules) for minutes in range(int(rows["need"].max()) + 1)])
    dying = _by_year(
        (tables.death[sex, fifth, age] * tables.death_by_frailty[step] + of_need[rows["need"]]) * 12.0, years
    )
    foreseen, in_care = 1.0 - rules.sudden_death_share, np.where(np.arange(len(dying)) >= 65, DEATHS_IN_CARE, 0.0)
    called = rules.crisis_at_home * (1.0 - in_care) + rules.crisis_in_care * in_care
    unmanaged = np.empty(SAMPLE)
    _unmanaged(rows["conditions"].astype(np.int64), tables, unmanaged)
    strain = np.clip((rows["informal"] / 60.0 - rules.comfortable_hours) / rules.comfortable_hours, 0.0, 1.0)
    people = np.bincount(years)
    return _Sample(
        years=years,
        gap=np.maximum(rows["need"].astype(float) - rows["informal"], 0.0) * UNMET_AFTER_CARE,
        frailty=rows["frailty"].astype(float),
        spells=admissions * effect / _smooth(_by_year(effect, years), people)[years],
        people=people,
        published=_by_year(_national(ATTENDANCES, years) + direct * admissions, years),
        unmanaged=_by_year(unmanaged * 12.0, years),
        last_phase=dying * foreseen * rules.last_phase_days / 30.44,
        crisis=dying * called * (foreseen + rules.sudden_death_share * rules.sudden_reaches),
        giving_up=_by_year(strain * 2.0 * rules.breakdown_a_year, years),
        tables=tables,
    )


def _people(tables: np.record, rules: np.record) -> np.ndarray:
    """Return a systematic sample of England's adults, mid-2014, other people than those the tables were solved on."""
    adults = england()[0][:, :, YOUNGEST:]
    edges = np.cumsum(adults.reshape(-1))
    at = np.searchsorted(edges, (np.arange(SAMPLE) + 0.5) / SAMPLE * edges[-1])
    sex, fifth, age = np.unravel_index(at, adults.shape)
    rows = np.zeros(SAMPLE, dtype=RECORD)
    rows["person"] = sex | fifth << QUINTILE_SHIFT
    seed = np.uint64(PEOPLE_SEED)
    set_birth_months(rows, 0, SAMPLE, age + YOUNGEST, 0.79, seed)
    everywhere = np.ones(1, dtype=CONSORTIUM_STATE).view(np.recarray)
    begin(rows, 0, SAMPLE, 0, tables, rules, everywhere, 0, seed, np.ones((1, 1)))
    return rows


def _cells(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return age in years, sex, deprivation fifth, index of age and step of frailty of each person."""
    years = -rows["birth_month"].astype(int) // 12
    sex, fifth = rows["person"] & FEMALE, (rows["person"] >> QUINTILE_SHIFT) & QUINTILE_MASK
    step = (rows["frailty"].astype(float) * FRAILTY_STEPS).astype(int)
    return years, sex, fifth, np.clip(years - YOUNGEST, 0, N_AGES - 1), step


def _national(points: Sequence[tuple[float, str]], years: np.ndarray) -> np.ndarray:
    """Return a published rate a thousand people, as a rate a person at each age."""
    return np.interp(years, [age for age, _ in points], [evidence(row).number() for _, row in points]) / 1000.0


def _by_year(values: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return the mean of values by person over each single year of age."""
    return np.bincount(years, weights=values) / np.maximum(np.bincount(years), 1)


def _smooth(values: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return, for each year of age, the mean over the people of five years of age around it."""
    window = np.ones(5)
    return np.convolve(values * people, window, "same") / np.maximum(np.convolve(people, window, "same"), 1.0)


@compiled
def _admitted_from(mildest, rules):
    """Return the share admitted of contacts whose severities lie evenly between `mildest` and 1."""
    n = 400
    admitted = 0.0
    for k in range(n):
        severity = mildest + (1.0 - mildest) * (k + 0.5) / n
        admitted += admission_chance(severity, REST_THRESHOLD, False, rules) / n
    return admitted


@compiled
def _unmanaged(conditions, tables, rates):
    """Write each person's monthly rate of crises that better management might have prevented."""
    for i in range(len(conditions)):
        rates[i] = tables.unmanaged[conditions[i] & HELD] + tables.severe_unmanaged[conditions[i] >> SEVERE_SHIFT]


@compiled
def _add_up(years, gap, frailty, spells, readiness, rules, unmet, ordinary, unready, unsupported):
    """Add each person's yearly contacts from unmet need and from the three parts of returns to their age."""
    for i in range(len(years)):
        age = years[i]
        unmet[age] += unmet_rate(gap[i], rules) * 12.0
        recovery = rules.recovery_ratio * min(frailty[i] / rules.frail_from, 1.0)  # per day of the acute phase
        remaining = (1.0 - readiness) * recovery / (1.0 + recovery)
        whole = return_chance(frailty[i], 0.0, 0.0, rules)
        early = return_chance(frailty[i], remaining, 0.0, rules)
        ordinary[age] += spells[i] * whole
        unready[age] += spells[i] * (early - whole)
        unsupported[age] += spells[i] * (return_chance(frailty[i], remaining, gap[i], rules) - early)


@compiled
def _judge(tables, rules, full, slight, sent_home, back):
    """Write shares by age: admitted of ordinary and of slight contacts, sent home to come back, admitted then."""
    n = 400
    for age in range(len(full)):
        for k in range(n):
            u = (k + 0.5) / n
            severity = severity_of(u, age, 1.0, tables)
            chance = admission_chance(severity, REST_THRESHOLD, False, rules)
            full[age] += chance / n
            slight[age] += (
                admission_chance(severity_of(u, age, rules.low_severity, tables), REST_THRESHOLD, False, rules) / n
            )
            missed = (1.0 - chance) * grave(severity) / n
            sent_home[age] += missed * rules.untreated_return
            back[age] += missed * admission_chance(min(severity * _WORSENED, 1.0), REST_THRESHOLD, False, rules)
        lost = sent_home[age] / max(rules.untreated_return, 1e-12)
        if rules.untreated_return > 0.0 and lost > 0.0:
            back[age] /= lost
        else:
            back[age] = full[age]
