"""Once a year: who lives in the place, and who has paid dearly for care."""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.patients import record
from agents.patients.groups import N_CELLS, cell_of
from agents.patients.living import DEAR_PENCE, age_index

PAID_DEARLY = N_CELLS  # column after those of people
N_CENSUS = N_CELLS + 1


@compiled
def take_census(rows, clock, found):
    """Count the living by council.

    Parameters
    ----------
    rows : RECORD array, all people
    clock : month that ages are counted at
    found : shape (n_councils, N_CENSUS) int64, added to: people by fifth and band of age (see ``agents.patients.groups``), then
        those who have paid DEAR_PENCE or more for care since the start
    """
    for i in range(rows.shape[0]):
        p = rows[i]
        if np.int64(p["end_month"]) != record.ALIVE:
            continue
        council = np.int64(p["council"])
        found[council, cell_of(p, age_index(p, clock))] += 1
        if np.int64(p["out_of_pocket"]) >= DEAR_PENCE:
            found[council, PAID_DEARLY] += 1
