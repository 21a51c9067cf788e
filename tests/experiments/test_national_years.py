"""A run of all England beside published figures: the right years, children taken off, changes from the first year both have."""

import pandas as pd
import pytest

from experiments.experiment import Arm, ExperimentSpec
from experiments.national_years import fit, fit_markdown, readings
from experiments.store import Store
from tests.experiments.made_up import made_up

MEASURES = ("people", "emergency_admissions", "emergency_bed_days", "ae_attendances", "delayed_patients", "care_home_entries")


@pytest.fixture(scope="module")
def beside(tmp_path_factory) -> pd.DataFrame:
    spec = ExperimentSpec(
        name="forward", arms={"forward": Arm()}, places=("england",), years=5, replications=1, scale=0.5, measures=MEASURES, beside="national", code="0123456789abcdef"
    )
    store = Store(tmp_path_factory.mktemp("national") / "out", spec)
    (run,) = spec.runs()
    result = made_up(run)
    months = range(60)
    level = {"people": 20e6, "emergency_admissions": 200e3, "emergency_bed_days": 1e6, "ae_attendances": 700e3, "delayed_patients": 2000.0, "care_home_entries": 9000.0}
    rows = [(month, "place", name, value * (1.1 if month >= 24 else 1.0)) for month in months for name, value in level.items()]
    store.write(type(result)(**{**vars(result), "measures": pd.DataFrame(rows, columns=["month", "organisation", "measure", "value"])}))
    return fit(store.results())


def test_years_that_were_run_are_told_of_and_scaled_up(beside):
    admissions = beside[beside["measure"] == "emergency_admissions"].set_index("year")
    assert list(admissions.index) == ["2014/15", "2016/17", "2017/18", "2018/19"]
    assert admissions.loc["2014/15", "model"] == pytest.approx(200e3 * 12 / 0.5)
    assert admissions.loc["2014/15", "published"] == pytest.approx(5.48e6 - readings()["emergency_admissions"].children)
    assert set(beside[beside["measure"] == "emergency_bed_days"]["year"]) == {"2016/17"}, "nothing of 2013/14 was run"


def test_changes_are_since_the_first_year_that_both_have(beside):
    admissions = beside[beside["measure"] == "emergency_admissions"].set_index("year")
    assert admissions.loc["2018/19", "model_change"] == pytest.approx(10.0)
    assert pd.isna(admissions.loc["2014/15", "model_change"])


def test_what_has_another_unit_is_compared_by_its_change_only(beside):
    homes = beside[beside["measure"] == "care_home_entries"]
    assert homes["percent"].isna().all()
    assert homes["published_change"].iloc[-1] == pytest.approx(100.0 * (578 / 659 - 1.0))


def test_the_table_in_words(beside):
    lines = fit_markdown(beside).splitlines()
    assert len(lines) == len(beside) + 2
    assert any("emergency admissions | 2018/19" in line for line in lines)
