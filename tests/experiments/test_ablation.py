"""What survives without a mechanism: shares, names of what can be taken away, and a small real run."""

import re

import numpy as np
import pytest

from experiments.ablation import (
    ABLATIONS,
    EVERYTHING,
    AblationSpec,
    ablate,
    survival,
    write_ablation,
)
from experiments.cases import Cases, Ground
from model.parameters import Parameters


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_changes_parameters_that_there_are(name):
    before, after = Parameters().values(), Parameters().with_values(dict(ABLATIONS[name].parameters)).values()
    assert any(before[key] != after[key] for key in ABLATIONS[name].parameters)


def test_what_survives_is_told_where_there_was_a_clear_difference():
    differences = {
        (EVERYTHING, "single-budget"): np.array([[2.0, 2.2, 1.8], [1.0, -1.0, 0.3]]),
        ("board", "single-budget"): np.array([[1.0, 1.1, 0.9], [4.0, 4.0, 4.0]]),
    }
    rows = survival(differences, ["qalys", "deaths"]).set_index(["ablation", "measure"])
    assert rows.loc[("board", "qalys"), "survives"] == pytest.approx(0.5)
    assert rows.loc[(EVERYTHING, "qalys"), "survives"] == 1.0
    assert np.isnan(rows.loc[("board", "deaths"), "survives"])
    assert rows.loc[("board", "deaths"), ["low", "difference", "high"]].tolist() == [4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ablations": ("bord",)}, "unknown ablation 'bord'; nearest: board"),
        ({"structures": ("single-budget",)}, "AblationSpec.structures must be two or more different ones, got ['single-budget']"),
    ],
)
def test_what_cannot_be_taken_away_is_refused(changes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        AblationSpec(**changes)


def test_a_small_ablation_is_run_and_written(tmp_path):
    ground = Ground(years=1, scale=0.01, parameters={"deciding.price_band": 0.0}, replications=2)
    found = ablate(AblationSpec(ground=ground, ablations=("price-of-money",)), Cases(tmp_path))
    rows = found.rows.set_index(["ablation", "measure"])
    assert set(rows.index.get_level_values(0)) == {EVERYTHING, "price-of-money"}
    assert all(file.stat().st_size > 0 for file in write_ablation(found, tmp_path))
