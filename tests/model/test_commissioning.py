"""Norms belong to the lever and the place: whichever structure is in force, they are those of the baseline at rest."""

import pytest

from model.structures import list_structures
from tests.strategies import small_economy


@pytest.mark.parametrize("structure", list_structures())
def test_every_structure_starts_from_the_same_norms(structure):
    from model.beliefs import measured_beliefs

    here, baseline = (small_economy(structure=name, beliefs=measured_beliefs()) for name in (structure, "separate-budgets"))
    for mine, theirs in zip(here._units, baseline._units, strict=True):
        assert mine.norms == theirs.norms
        assert mine.levers == theirs.levers
