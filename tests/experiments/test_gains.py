"""Who gains and who loses: the same people row by row, shares and means, and a small real run."""

import numpy as np
import pandas as pd
import pytest

from experiments.cases import Cases, Ground
from experiments.gains import (
    OUTCOMES,
    GainsSpec,
    changes,
    gains,
    spread,
    with_intervals,
    write_gains,
)


def people(**changed) -> pd.DataFrame:
    frame = {
        "row": [0, 1, 2, 3], "age": [30, 70, 80, 90], "female": [True, False, True, False], "deprivation": [1, 1, 5, 5], "arrived": [0, 0, 0, 7],
        "council": pd.Categorical(["Reading", "Reading", "Wokingham", "Wokingham"]), "need_band": pd.Categorical(["none", "low", "critical", "none"]),
        "qalys": [5.0, 4.0, 3.0, 2.0], "days_at_home": [10, 10, 10, 10], "unmet_hours": [0.0, 50.0, 90.0, 0.0], "out_of_pocket": [0.0] * 4,
        "died": [False, False, True, True],
    }  # fmt: skip
    return pd.DataFrame({**frame, **changed})


def test_shares_better_and_worse_and_the_mean_follow_what_is_better():
    second = people(qalys=[5.0, 4.5, 2.9, 2.0], unmet_hours=[0.0, 20.0, 90.0, 40.0], died=[False, False, False, True])
    rows = changes(people(), second).set_index(["dimension", "group", "outcome"]).sort_index()
    everybody = rows.loc[("everybody", "everybody")]
    assert everybody.loc["qalys", ["people", "better", "worse"]].tolist() == [4, 0.25, 0.25]
    assert everybody.loc["qalys", "change"] == pytest.approx(0.1)
    assert everybody.loc["unmet_hours", ["better", "worse", "total"]].tolist() == [0.25, 0.25, 10.0]
    assert everybody.loc["died", ["better", "worse", "change"]].tolist() == [0.25, 0.0, -0.25]
    assert rows.loc[("age", "65-74", "qalys"), "better"] == 1.0
    assert rows.loc[("need", "critical", "qalys"), "worse"] == 1.0
    assert rows.loc[("need", "came later", "unmet_hours"), "worse"] == 1.0
    assert rows.loc[("council", "Wokingham", "died"), "people"] == 2


def test_groups_of_a_kind_are_everybody():
    rows = changes(people(), people(qalys=[5.1, 4.2, 3.3, 2.4]))
    totals = rows.groupby(["dimension", "outcome"])[["people", "total"]].sum().loc[lambda frame: frame.index.get_level_values(1) == "qalys"]
    assert (totals["people"] == 4).all()
    assert np.allclose(totals["total"], 1.0)


def test_small_differences_are_no_gain():
    rows = changes(people(), people(qalys=[5.001, 4.0, 3.0, 2.0], out_of_pocket=[9.0, 0.0, 0.0, 0.0])).set_index(["dimension", "outcome"]).sort_index()
    assert (rows.loc[[("everybody", "qalys"), ("everybody", "out_of_pocket")], ["better", "worse"]] == 0.0).all(axis=None)


def test_other_people_are_refused():
    for other in (people().iloc[:3], people(age=[31, 70, 80, 90])):
        with pytest.raises(ValueError, match="people of the two runs must be the same, row by row"):
            changes(people(), other)


def test_intervals_are_over_replications():
    found = pd.concat([changes(people(), people(qalys=[5.0 + gain, 4.0, 3.0, 2.0])).assign(replication=r) for r, gain in enumerate((0.1, 0.2, 0.3))])
    rows = with_intervals(found).set_index(["dimension", "outcome"]).sort_index()
    row = rows.loc[("everybody", "qalys")]
    assert row["change"] == pytest.approx(0.05)
    assert row["change_low"] < 0.05 < row["change_high"]
    assert row["better_low"] == row["better"] == 0.25
    assert spread(with_intervals(found), "qalys") == pytest.approx(0.1)


def test_a_structure_cannot_gain_on_itself():
    with pytest.raises(ValueError, match=r"GainsSpec.second must be another structure"):
        GainsSpec(first="single-budget", second="single-budget")


def test_a_small_real_run_has_the_same_people_and_is_written(tmp_path):
    ground = Ground(years=1, scale=0.01, parameters={"deciding.price_band": 0.0}, replications=2)
    found = gains(GainsSpec(ground=ground), Cases(tmp_path))
    assert set(found.rows["outcome"]) == set(OUTCOMES)
    everybody = found.rows[found.rows["dimension"] == "everybody"].set_index("outcome")
    assert everybody.loc["qalys", "people"] > 3000
    assert (everybody[["better", "worse"]] <= 1.0).all(axis=None)
    assert all(file.stat().st_size > 0 for file in write_gains(found, tmp_path))
