"""What became of people: person by person, and added up by area, age, sex, deprivation and year.

Nothing here is read by anybody in the model. It is kept only where a run is asked to (``HealthEconomy(keep=...)``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from agents.naming import nearest
from agents.patients import record
from agents.patients.groups import AGES_FROM, BANDS
from agents.patients.record import RECORD
from agents.vocabulary import Setting
from model.engine import Engine, spans_of
from model.interventions import number_of_conditions
from model.parameters import Parameters
from model.place import Place
from model.script import Script

KEPT = ("people", "groups")
MONTHS = 12
BANDS_OF_NEED = ("none", "low", "moderate", "substantial", "critical")
SERVED = ("not concerned", "not chosen", "chosen")
"""How a person stands to the run's person-level interventions: could not have had one, could have, or had it."""

PERSON = np.dtype(
    [
        ("row", "u4"),  # of the population
        ("small_area", "u2"),  # index into the place's small areas
        ("council", "u1"),
        ("consortium", "u1"),
        ("age", "u1"),  # years, at the start or on arrival
        ("female", "?"),
        ("deprivation", "u1"),  # fifth of England, 1 the most deprived
        ("need_band", "u1"),  # at the start or on arrival, see BANDS_OF_NEED
        ("conditions", "u1"),  # how many, at the start or on arrival
        ("frailty", "f4"),  # at the start or on arrival
        ("care_home", "?"),  # lived in one at the start or on arrival
        ("arrived", "i2"),  # month; 0 for everybody of the start
        ("served", "u1"),  # see SERVED
        ("died", "?"),
        ("left", "?"),  # moved away
        ("months", "i2"),  # that the person was there
        ("contacts", "u1"),
        ("spells", "u1"),
        ("days_in_hospital", "u2"),
        ("days_at_home", "u2"),
        ("qalys", "f8"),
        ("unmet_hours", "f8"),
        ("out_of_pocket", "f8"),  # pounds
        ("handovers", "u2"),
    ]
)
"""What is told of one person over a run."""

FLOWS: Mapping[str, tuple[str, float]] = {
    "contacts": ("contacts", 1.0),
    "spells": ("spells", 1.0),
    "days_in_hospital": ("days_in_hospital", 1.0),
    "days_at_home": ("days_at_home", 1.0),
    "qalys": ("qalys", 1e6),
    "unmet_hours": ("unmet", 60.0),
    "out_of_pocket": ("out_of_pocket", 100.0),
    "handovers": ("handovers", 1.0),
}
"""Measures by group that add up: the field of a person's record, and how many of its units make one of the measure's."""
GROUP_MEASURES = ("people", *FLOWS, "deaths")

BY: Mapping[str, str] = {
    "small_area": "code", "council": "name", "consortium": "name", "age_band": "years of age", "sex": "female or male",
    "deprivation": "fifth of England, 1 the most deprived", "served": "by person-level interventions", "year": "financial year of the run, from 1",
}  # fmt: skip
"""What measures can be grouped by."""


class Economy(Protocol):
    """What this room asks of the economy."""

    month: int
    frozen: bool
    place: Place
    parameters: Parameters
    engine: Engine
    script: Script


def checked_keep(keep: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be kept; raise ValueError for a word that is none of :data:`KEPT`."""
    for word in keep:
        if word not in KEPT:
            raise ValueError(f"HealthEconomy.keep must be of {', '.join(KEPT)}, got {word!r}")
    return tuple(keep)


def checked_groups(by: Sequence[str]) -> tuple[str, ...]:
    """Return what to group by; raise ValueError for what cannot be grouped by, with the nearest that can."""
    for name in by:
        if name not in BY:
            raise ValueError(f"cannot group by {name!r}; nearest: {nearest(name, BY)}")
    return tuple(by)


def need_bands(need_minutes: np.ndarray, care: object) -> np.ndarray:
    """Return the band of each weekly need, 0 for none to 4 for critical; `care` are the rules of care."""
    edges = [1.0, *(60.0 * getattr(care, name) for name in ("moderate_need", "eligible_hours", "critical_hours"))]
    return np.digitize(need_minutes, edges).astype(np.uint8)


class Outcomes:
    """What is kept of people's lives in one run.

    Parameters
    ----------
    economy : whose people
    keep : of :data:`KEPT`
    """

    def __init__(self, economy: Economy, keep: Collection[str]) -> None:
        if keep and economy.frozen:
            raise ValueError("HealthEconomy.keep must be left out in frozen demography, since others take the rows of the dead")
        self._economy = economy
        self.keep = frozenset(keep)
        self._first = np.zeros(0, dtype=PERSON)
        self._before = np.zeros(0, dtype=RECORD)
        self._cells: list[np.ndarray] = []

    def welcome(self) -> None:
        """Remember how everybody begins who was not there before."""
        if "people" not in self.keep:
            return
        economy, known = self._economy, len(self._first)
        rows = economy.engine.people.rows[known:]
        self._first = np.concatenate([self._first, _beginning(rows, known, economy.month, economy.parameters.care)])

    def year_end(self) -> None:
        """In March: add up the year by small area, age band, sex and whom interventions served."""
        if "groups" not in self.keep:
            return
        economy = self._economy
        rows, served = economy.engine.people.rows, self.served()
        shape = (len(economy.place.small_areas), len(BANDS), 2, len(SERVED))
        found = np.zeros((len(GROUP_MEASURES), int(np.prod(shape))))
        first = economy.month + 1 - MONTHS
        before = np.zeros(len(rows), dtype=RECORD)
        before[: len(self._before)] = self._before
        for low, high in spans_of(len(rows)):
            part = rows[low:high]
            here = part["end_month"] >= first
            part, began, whom = part[here], before[low:high][here], served[low:high][here]
            age = (np.minimum(economy.month, part["end_month"].astype(np.int64)) - part["birth_month"]) // MONTHS
            where = part["small_area"].astype(np.int64), np.digitize(age, AGES_FROM) - 1, (part["person"] & record.FEMALE != 0).astype(np.int64), whom
            cell = np.ravel_multi_index(where, shape)
            for number, values in enumerate(_yearly(part, began, economy.month)):
                found[number] += np.bincount(cell, weights=values, minlength=found.shape[1])
        self._cells.append(found.reshape(len(GROUP_MEASURES), *shape))
        self._before = rows.copy()

    def served(self) -> np.ndarray:
        """Return how everybody stands to person-level interventions, shape (n_people,), see :data:`SERVED`."""
        found = np.zeros(len(self._economy.engine.people), dtype=np.int64)
        for given in self._economy.script.given.values():
            found[given.eligible] = np.maximum(found[given.eligible], 1)
        for given in self._economy.script.given.values():
            found[given.chosen] = 2
        return found

    def people(self) -> np.ndarray:
        """Return what became of everybody who was ever there, shape (n_people,), dtype :data:`PERSON`.

        Raises
        ------
        ValueError
            If the run did not keep people.
        """
        self._need("people")
        economy, month = self._economy, self._economy.month
        rows = economy.engine.people.rows[: len(self._first)]
        found = self._first.copy()
        ended = rows["end_month"] < month
        gone = rows["flags"] & record.LEFT != 0
        found["served"] = self.served()[: len(found)]
        found["died"], found["left"] = ended & ~gone, ended & gone
        found["months"] = np.minimum(rows["end_month"].astype(np.int64) + 1, month) - found["arrived"]
        for name, (field, size) in FLOWS.items():
            found[name] = rows[field] if size == 1.0 else rows[field] / size
        return found

    def by_group(self, *by: str, measures: Sequence[str] = GROUP_MEASURES) -> pd.DataFrame:
        """Return measures by group: the columns asked for, measure, value, and the people over whose years it adds up.

        Parameters
        ----------
        by : of :data:`BY`
        measures : of :data:`GROUP_MEASURES`

        Raises
        ------
        ValueError
            If the run did not keep groups, no year is over, or a name is unknown.
        """
        self._need("groups")
        by = checked_groups(by)
        for name in measures:
            if name not in GROUP_MEASURES:
                raise ValueError(f"unknown measure by group {name!r}; nearest: {nearest(name, GROUP_MEASURES)}")
        if not self._cells:
            raise ValueError("measures by group are told at the end of a year, and none is over")
        cells = np.stack(self._cells, axis=1)  # measure, year, area, age band, sex, served
        labels = _labels(self._economy.place, len(self._cells))
        frame = pd.DataFrame({name: labels[name](cells.shape[1:]).ravel() for name in by})
        for number, name in enumerate(GROUP_MEASURES):
            frame[name] = cells[number].ravel()
        frame = frame[frame["people"] > 0]
        added = frame.groupby(list(by), observed=True, sort=True)[list(GROUP_MEASURES)].sum().reset_index() if by else frame[list(GROUP_MEASURES)].sum().to_frame().T
        wanted = [name for name in measures if name != "people"]
        long = added.melt(id_vars=[*by, "people"], value_vars=wanted, var_name="measure", value_name="value")
        return long[[*by, "measure", "value", "people"]].sort_values([*by, "measure"], kind="stable", ignore_index=True)

    def _need(self, word: str) -> None:
        if word not in self.keep:
            raise ValueError(f"this run kept no {word}: ask for them with HealthEconomy(keep=({word!r},))")


def _beginning(rows: np.ndarray, first_row: int, month: int, care: object) -> np.ndarray:
    found = np.zeros(len(rows), dtype=PERSON)
    found["row"] = first_row + np.arange(len(rows))
    for name in ("small_area", "council", "consortium", "frailty"):
        found[name] = rows[name]
    found["age"] = (month - rows["birth_month"].astype(np.int64)) // MONTHS
    found["female"] = rows["person"] & record.FEMALE != 0
    found["deprivation"] = (rows["person"] >> record.QUINTILE_SHIFT & record.QUINTILE_MASK) + 1
    found["need_band"] = need_bands(rows["need"], care)
    found["conditions"] = number_of_conditions(rows)
    found["care_home"] = np.isin(rows["care"] & record.SETTING_MASK, (Setting.RESIDENTIAL, Setting.NURSING))
    found["arrived"] = month
    return found


def _yearly(rows: np.ndarray, before: np.ndarray, month: int) -> list[np.ndarray]:
    """Return one array for each of :data:`GROUP_MEASURES`: what the year brought each person."""
    flows = [(rows[field].astype(np.int64) - before[field].astype(np.int64)) / size for field, size in FLOWS.values()]
    died = (rows["end_month"] <= month) & (rows["flags"] & record.LEFT == 0)
    return [np.ones(len(rows)), *flows, died.astype(np.float64)]


def _labels(place: Place, years: int) -> dict[str, Callable[[tuple[int, ...]], np.ndarray]]:
    """Return for each thing to group by what makes the label of every cell (year, area, age band, sex, served)."""
    areas = place.small_areas

    def along(axis: int, words: Sequence[object]) -> Callable[[tuple[int, ...]], np.ndarray]:
        def label(shape: tuple[int, ...]) -> np.ndarray:
            wide = [1] * len(shape)
            wide[axis] = -1
            return np.broadcast_to(np.asarray(words).reshape(wide), shape)

        return label

    return {
        "year": along(0, range(1, years + 1)),
        "small_area": along(1, areas["code"].astype(str)),
        "council": along(1, np.array([council.name for council in place.councils])[areas["council"]]),
        "consortium": along(1, np.array([consortium.name for consortium in place.consortia])[areas["consortium"]]),
        "deprivation": along(1, areas["quintile"]),
        "age_band": along(2, BANDS),
        "sex": along(3, ("male", "female")),
        "served": along(4, SERVED),
    }


def people_frame(people: np.ndarray, place: Place) -> pd.DataFrame:
    """Return :meth:`Outcomes.people` as a frame, areas and organisations by name and codes by word."""
    frame = pd.DataFrame({name: people[name] for name in PERSON.names})
    frame["small_area"] = pd.Categorical.from_codes(people["small_area"].astype(np.int32), place.small_areas["code"].astype(str))
    frame["council"] = pd.Categorical.from_codes(people["council"].astype(np.int32), [council.name for council in place.councils])
    frame["consortium"] = pd.Categorical.from_codes(people["consortium"].astype(np.int32), [consortium.name for consortium in place.consortia])
    frame["need_band"] = pd.Categorical.from_codes(people["need_band"].astype(np.int32), list(BANDS_OF_NEED))
    frame["served"] = pd.Categorical.from_codes(people["served"].astype(np.int32), list(SERVED))
    return frame
