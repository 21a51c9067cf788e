"""Groups that outcomes are told by: fifths of deprivation and bands of age."""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.patients import record
from agents.vocabulary import YOUNGEST

N_FIFTHS = 5  # of the deprivation of small areas, the most deprived first
AGES_FROM = (18, 45, 65, 75, 85)
BANDS = ("18-44", "45-64", "65-74", "75-84", "85+")
N_BANDS = len(BANDS)
N_CELLS = N_FIFTHS * N_BANDS
OLDER = 65 - YOUNGEST  # from which age, as tables count it, adult social care calls people older
OLDER_BANDS = slice(2, N_BANDS)


@compiled
def band_of(age):
    """Return the band of age - 18, see :data:`BANDS`."""
    if age < 65 - YOUNGEST:
        return 0 if age < 45 - YOUNGEST else 1
    if age < 75 - YOUNGEST:
        return 2
    return 3 if age < 85 - YOUNGEST else 4


@compiled
def cell_of(p, age):
    """Return the cell of a person of age - 18 `age`: fifth x N_BANDS + band."""
    fifth = (np.int64(p["person"]) >> record.QUINTILE_SHIFT) & record.QUINTILE_MASK
    return fifth * N_BANDS + band_of(age)
