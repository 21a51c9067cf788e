"""What a year came to by fifth of deprivation and band of age, and what was to be expected of such people.

The expected number is that of indirect standardisation for age: the people of mid-year, each band at the rate that the whole
place had before the start, at rest. It is the same yardstick for every fifth, council, year and structure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.hospital.state import ADMISSIONS_BY_CELL, AMBULATORY_BY_CELL, DEATHS_BY_CELL
from agents.patients.census import N_CENSUS, PAID_DEARLY, take_census
from agents.patients.groups import N_BANDS, N_CELLS, N_FIFTHS, OLDER_BANDS
from agents.patients.living import UNMET_BY_CELL
from model.engine import Month
from model.measures import FIFTHS

SUBJECTS = ("emergency_admissions", "emergency_admissions_acs", "deaths", "unmet_need")
OF_A_YEAR = np.array([1.0, 1.0, 1.0, 1.0 / (12.0 * 60.0)])  # by which twelve months' counts become a year's; unmet minutes a mean in hours
MONTHS = 12
MIDYEAR = 5  # the census is taken at the end of September


def cells_of(month: Month) -> np.ndarray:
    """Return a month's counts, shape (n_councils, subjects, fifths, bands); see :data:`SUBJECTS`."""
    counted = [month.out[:, first : first + N_CELLS] for first in (ADMISSIONS_BY_CELL, AMBULATORY_BY_CELL, DEATHS_BY_CELL)]
    counted.append(month.totals[:, UNMET_BY_CELL : UNMET_BY_CELL + N_CELLS])
    return np.stack(counted, axis=1).reshape(-1, len(SUBJECTS), N_FIFTHS, N_BANDS)


def census(rows: np.ndarray, clock: int, n_councils: int) -> np.ndarray:
    """Return who is alive, see :func:`agents.patients.census.take_census`, shape (n_councils, N_CENSUS)."""
    found = np.zeros((n_councils, N_CENSUS), dtype=np.int64)
    take_census(rows, clock, found)
    return found


def _of_place_and_councils(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values.sum(axis=0, keepdims=True), values])


class YearOfGroups:
    """Counts of the running year, told in March.

    Parameters
    ----------
    base : months before the start, whole years of them: their rates by band of age are what is expected
    rows : RECORD array, the people of the start
    n_councils : of the place

    Attributes
    ----------
    rates : expected a year for each person, shape (subjects, bands)
    """

    def __init__(self, base: Sequence[Month], rows: np.ndarray, n_councils: int) -> None:
        people = self._people(census(rows, 0, n_councils)).sum(axis=(0, 1))
        counted = sum(cells_of(month) for month in base).sum(axis=(0, 2)) * OF_A_YEAR[:, None] * (MONTHS / len(base))
        self.rates = counted / np.maximum(people, 1)
        self._census = np.zeros((n_councils, N_CENSUS), dtype=np.int64)
        self._counted = np.zeros((n_councils, len(SUBJECTS), N_FIFTHS, N_BANDS), dtype=np.int64)

    @staticmethod
    def _people(census: np.ndarray) -> np.ndarray:
        """Return the people of a census, shape (n_councils, fifths, bands)."""
        return census[:, :N_CELLS].reshape(-1, N_FIFTHS, N_BANDS)

    def month(self, number: int, month: Month, rows: np.ndarray, clock: int, councils: Sequence[str]) -> list[tuple[int, str, str, float]]:
        """Add a month; return its rows of measures, which there are in March only: month, organisation, measure, value.

        Parameters
        ----------
        number : months since the start, which was an April
        month : what it came to
        rows : everybody at its end
        clock : month that ages are counted at
        councils : names
        """
        self._counted += cells_of(month)
        if number % MONTHS == MIDYEAR:
            self._census = census(rows, clock, len(councils))
        if number % MONTHS != MONTHS - 1:
            return []
        found = self._told(number, ("place", *councils))
        self._counted[:] = 0
        return found

    def _told(self, number: int, organisations: Sequence[str]) -> list[tuple[int, str, str, float]]:
        people = _of_place_and_councils(self._people(self._census))
        observed = _of_place_and_councils(self._counted).sum(axis=3) * OF_A_YEAR[:, None]
        expected = np.einsum("ofb,sb->osf", people, self.rates)
        by_fifth = {"people_midyear": people.sum(axis=2)}
        for position, name in enumerate(SUBJECTS):
            by_fifth[f"{name}_observed"], by_fifth[f"{name}_expected"] = observed[:, position], expected[:, position]
        whole = {name: values.sum(axis=1) for name, values in by_fifth.items()}
        whole["older_people_midyear"] = people[:, :, OLDER_BANDS].sum(axis=(1, 2))
        whole["paid_dearly_midyear"] = _of_place_and_councils(self._census[:, PAID_DEARLY])
        rows = [(number, who, name, float(values[at])) for name, values in whole.items() for at, who in enumerate(organisations)]
        return rows + [(number, "place", f"{name}/{fifth}", float(values[0, at])) for name, values in by_fifth.items() for at, fifth in enumerate(FIFTHS)]
