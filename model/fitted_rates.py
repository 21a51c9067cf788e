"""Rates that are fitted by running the model: what ``joinedup fit-population`` found, kept as data.

The tables of people are first solved by arithmetic (``model.epidemiology``). A population that lives, ages and dies
departs from it, here and there by half: the ill die sooner, stays leave people frailer, those who wait are delayed.
*Corrections* bring the running model back to its targets; they multiply a rate, or are added to it where it is a shift.
They are fitted on England in miniature at default parameters and at every lever's reference setting.
"""

# ruff: noqa: RUF009 - `_correction` returns a field, a fresh array for each object

from __future__ import annotations

import csv
import difflib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from agents.vocabulary import N_CONDITIONS, Condition, Reason

FILE = Path(__file__).parent / "data" / "derived" / "population.csv"
COLUMNS = ("rate", "stratum", "correction", "low", "high", "value", "unit", "target")
SEXES = ("male", "female")


class FittedRatesError(ValueError):
    """The file of fitted rates cannot be used; the message names file, row and what was expected."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension of a correction: its labels in the file, and the ages they stand for if it is one of age."""

    labels: tuple[str, ...]
    ages: tuple[float, ...] = ()


def _ages(*pairs: tuple[str, float]) -> Axis:
    return Axis(tuple(label for label, _ in pairs), tuple(age for _, age in pairs))


CONDITIONS = Axis(tuple(condition.name.lower() for condition in Condition))
REASONS = Axis(tuple(reason.name.lower() for reason in Reason))
SEX = Axis(SEXES)
FIFTH = Axis(tuple(f"fifth {k}" for k in range(1, 6)))
TEN_YEARS = _ages(*((f"{low}-{low + 9}", low + 5.0) for low in range(20, 80, 10)), ("80+", 86.0))
BROAD = _ages(("18-44", 30.0), ("45-64", 55.0), ("65-74", 70.0), ("75-84", 80.0), ("85+", 90.0))
STAY_AGES = _ages(("18-64", 42.0), ("65-74", 70.0), ("75-84", 80.0), ("85+", 90.0))
FRAILTY_AGES = _ages(("18-49", 34.0), ("50-64", 57.0), ("65-74", 70.0), ("75-84", 80.0), ("85+", 90.0))
NEED_AGES = _ages(("18-64", 45.0), ("65-69", 67.0), ("70-84", 77.0), ("85+", 89.0))


def _correction(axes: tuple[Axis, ...], *, shift: bool = False, low: float, high: float) -> Any:
    """Return a field of :class:`FittedRates`: neutral by default, within `low` to `high` in a file that is read."""
    shape = tuple(len(axis.labels) for axis in axes)
    neutral = 0.0 if shift else 1.0
    metadata = {"axes": axes, "shift": shift, "low": low, "high": high}
    return field(default_factory=lambda: np.full(shape, neutral), metadata=metadata)


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedRates:
    """Corrections to the tables that arithmetic gives; neutral unless told otherwise.

    Attributes
    ----------
    onset : of onset hazards, shape (14 conditions, 2 sexes, 7 ages)
    progress : of yearly chances of becoming severe, shape (14,)
    death : of hazards of death, shape (2 sexes, 5 fifths, 5 ages)
    illness : of rates of illness contacts, shape (5 ages,)
    severity : of the severity's shape, which decides how many contacts are admitted, shape (5 ages,)
    stay : of the acute phase's length, shape (4 ages,)
    returns : of the chance of a return after discharge, shape (1,)
    frailty : added to settled frailty, shape (5 ages,)
    spread : of the spread of the personal part of frailty, shape (5 ages,)
    need : logits added to the propensity to need help, shape (2 sexes, 4 ages)
    wait : of the time that arranging takes what a person fit to leave hospital waits for, shape (10 reasons,)
    """

    onset: np.ndarray = _correction((CONDITIONS, SEX, TEN_YEARS), low=0.0, high=10.0)
    progress: np.ndarray = _correction((CONDITIONS,), low=0.0, high=10.0)
    death: np.ndarray = _correction((SEX, FIFTH, BROAD), low=0.2, high=5.0)
    illness: np.ndarray = _correction((BROAD,), low=0.1, high=5.0)
    severity: np.ndarray = _correction((BROAD,), low=0.1, high=10.0)
    stay: np.ndarray = _correction((STAY_AGES,), low=0.1, high=5.0)
    returns: np.ndarray = _correction((Axis(("all",)),), low=0.0, high=5.0)
    frailty: np.ndarray = _correction((FRAILTY_AGES,), shift=True, low=-0.3, high=0.3)
    spread: np.ndarray = _correction((FRAILTY_AGES,), low=0.05, high=3.0)
    need: np.ndarray = _correction((SEX, NEED_AGES), shift=True, low=-5.0, high=5.0)
    wait: np.ndarray = _correction((REASONS,), low=0.05, high=20.0)

    def at(self, name: str, ages: np.ndarray) -> np.ndarray:
        """Return a correction whose last axis is age at every one of `ages`: straight lines between, level beyond."""
        values = getattr(self, name)
        known = axes_of(name)[-1].ages
        flat = values.reshape(-1, len(known))
        return np.stack([np.interp(ages, known, row) for row in flat]).reshape(*values.shape[:-1], len(ages))

    def digest(self) -> str:
        """Return a hash of all values: part of the key of anything that was made with them."""
        values = (np.ascontiguousarray(getattr(self, item.name)).tobytes() for item in fields(self))
        return hashlib.sha256(b"".join(values)).hexdigest()[:16]


def axes_of(name: str) -> tuple[Axis, ...]:
    """Return the axes of one correction of :class:`FittedRates`."""
    return next(item for item in fields(FittedRates) if item.name == name).metadata["axes"]


def strata(name: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield index and label of every value of one correction, such as ``(0, 1, 3), 'hypertension; female; 50-59'``."""
    axes = axes_of(name)
    for index in np.ndindex(*(len(axis.labels) for axis in axes)):
        yield index, "; ".join(axis.labels[k] for axis, k in zip(axes, index, strict=True))


def read_rates(path: Path) -> FittedRates:
    """Return the corrections of a file.

    Raises
    ------
    FittedRatesError
        If the file cannot be read, a row is missing, unknown or twice there, or a value is no number or out of its
        range.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                given = ",".join(reader.fieldnames or ())
                raise FittedRatesError(f"{path.name}, line 1: must be {','.join(COLUMNS)}, got {given!r}")
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise FittedRatesError(f"{path.name}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FittedRatesError(f"{path.name}: is not a CSV file in UTF-8: {error}") from error
    found = FittedRates()
    known = {(item.name, label): (item, index) for item in fields(FittedRates) for index, label in strata(item.name)}
    seen = set()
    for number, row in rows:
        key = row["rate"] or "", row["stratum"] or ""
        if key not in known:
            raise FittedRatesError(
                f"{path.name}, line {number}: unknown rate {key[0]!r} of {key[1]!r}; nearest: {_nearest(*key)}"
            )
        if key in seen:
            raise FittedRatesError(f"{path.name}, line {number}: {key[0]} of {key[1]!r} is there twice")
        seen.add(key)
        item, index = known[key]
        low, high = item.metadata["low"], item.metadata["high"]
        try:
            value = float(row["correction"])
        except (TypeError, ValueError):
            value = float("nan")
        if not low <= value <= high:
            raise FittedRatesError(
                f"{path.name}, line {number}: correction of {key[0]} of {key[1]!r} must be a number from {low:g} to "
                f"{high:g}, got {row['correction']!r}"
            )
        getattr(found, item.name)[index] = value
    missing = [key for key in known if key not in seen]
    if missing:
        rate, stratum = missing[0]
        raise FittedRatesError(f"{path.name}: {len(missing)} rates are missing, the first is {rate} of {stratum!r}")
    return found


def _nearest(rate: str, stratum: str) -> str:
    """Return the valid rates nearest to an unknown one, or, where the rate is known, its nearest strata."""
    names = [item.name for item in fields(FittedRates)]
    given, valid = (stratum, [label for _, label in strata(rate)]) if rate in names else (rate, names)
    return ", ".join(repr(near) for near in difflib.get_close_matches(given, valid, n=2, cutoff=0.0))


@lru_cache(maxsize=1)
def _stored() -> FittedRates:
    return read_rates(FILE)


_trying: list[FittedRates] = []


def fitted_rates() -> FittedRates:
    """Return the corrections in force: the stored ones, unless others are being tried."""
    return _trying[-1] if _trying else _stored()


@contextmanager
def trying(rates: FittedRates) -> Iterator[None]:
    """Let these corrections be in force in this process until the block ends. For fitting."""
    _trying.append(rates)
    try:
        yield
    finally:
        _trying.pop()


assert len(CONDITIONS.labels) == N_CONDITIONS
