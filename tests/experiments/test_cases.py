"""Runs that belong together: on the ground of a comparison its own runs are found again."""

from pathlib import Path

import pytest

from experiments.cases import Ground
from experiments.specification import ComparisonSpec, file_checksum
from model.structures import FOLDER


@pytest.mark.parametrize("changes", [{}, {"hold": {"strictness": 0.1}, "funding": "funded", "parameters": {"deciding.price_band": 0.0}, "seed": 3, "scale": 0.1, "years": 2}])
def test_the_runs_of_a_comparison_are_among_those_on_its_ground(changes, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_bytes((FOLDER / "single-budget.toml").read_bytes())
    files = {mine.as_posix(): file_checksum(mine)}
    spec = ComparisonSpec(structures=("separate-budgets", mine.as_posix()), replications=2, code=Ground().run("separate-budgets", 0).code, files=files, **changes)
    ground = Ground.of(spec)
    assert {run.key for name in spec.structures for run in ground.runs(name)} == {run.key for run in spec.runs()}


def test_a_change_of_a_run_is_kept_beside_the_parameters_of_its_ground():
    ground = Ground(parameters={"deciding.price_band": 0.0})
    assert dict(ground.run("separate-budgets", 0, parameters={"deciding.price_gain": 1.0}).parameters) == {"deciding.price_band": 0.0, "deciding.price_gain": 1.0}
    assert Path(ground.place).suffix == ""
