"""Switching values are found where the sign of a difference changes."""

import re

import pandas as pd
import pytest

from experiments.cases import Cases, Ground
from experiments.switching import SwitchSpec, switches_of, switching, write_switching


def test_a_ranking_turns_round_where_the_difference_goes_through_nothing():
    def rows(name, low, default, high):
        return [{"parameter": name, "at": at, "value": value, "difference": mean, "low": mean - 1, "high": mean + 1} for at, value, mean in (("low", 0.0, low), ("default", 1.0, default), ("high", 3.0, high))]

    found = switches_of(pd.DataFrame([*rows("a", -2.0, 2.0, 4.0), *rows("b", 1.0, 2.0, 3.0), *rows("c", 3.0, 2.0, -0.5)])).set_index("parameter")
    assert found.index.tolist() == ["a", "c"]
    assert found.loc["a", ["switch", "towards", "clear"]].tolist() == [0.5, "low", True]
    assert found.loc["c", "switch"] == pytest.approx(1.0 + 2.0 * 2.0 / 2.5)
    assert not found.loc["c", "clear"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"measure": "qaly"}, "unknown measure 'qaly'; nearest: qalys"),
        ({"parameters": ("decidin",)}, "unknown parameter 'decidin'; nearest: deciding"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        SwitchSpec(**changes)


def test_parameters_are_tried_at_both_ends_and_written(tmp_path):
    found = switching(SwitchSpec(ground=Ground(years=1, scale=0.01, parameters={"deciding.price_band": 0.0}, replications=2), parameters=("deciding.outcome_weight",)), Cases(tmp_path))
    assert found.rows["at"].tolist() == ["low", "default", "high"]
    assert found.rows["value"].tolist() == [5_000.0, 20_000.0, 30_000.0]
    assert all(file.stat().st_size > 0 for file in write_switching(found, tmp_path))
