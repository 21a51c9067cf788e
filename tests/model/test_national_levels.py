"""National medians that a decision may be set against."""

import pytest

from model.national_levels import national_level
from model.place import load_place


def test_the_national_median_of_fees_is_known_and_of_nothing_else():
    place = load_place("berkshire-west")
    assert 0.6 < national_level(place, "Reading", "fees") < 1.6
    with pytest.raises(ValueError, match="no national median is known of strictness"):
        national_level(place, "Reading", "strictness")
