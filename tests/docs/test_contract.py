"""What others may rely on: the Python contract, used as it is written down, on a small share of a place."""

import mesa
import pandas as pd
import pytest

import experiments
from experiments import cli
from model import HealthEconomy, places, structures
from model.measures import HEADLINE


def test_the_model_from_python():
    economy = HealthEconomy(place="wigan", structure="single-budget", seed=1, scale=0.02)
    assert isinstance(economy, mesa.Model)
    economy.step()
    assert economy.month == 1
    economy.run(years=1)
    assert economy.month == 13, "run always advances that many years more"
    assert economy.running, "ten years are the default"
    assert list(economy.measures.columns) == ["month", "organisation", "measure", "value"]
    assert {measure.name for measure in HEADLINE} <= set(economy.measures["measure"])
    shunts = economy.ledger.shunts()
    assert list(shunts.index) == list(shunts.columns)
    assert "households" in shunts.index
    assert isinstance(economy.ledger.spillovers(), pd.DataFrame)
    assert isinstance(economy.ledger.resources(), pd.DataFrame)
    assert list(economy.decisions.columns) == ["month", "organisation", "lever", "before", "after", "decider", "advice", "reasons"]
    assert isinstance(economy.patients, mesa.agent.AgentSet)
    assert economy.patients[471].unique_id == 471
    assert isinstance(economy.datacollector, mesa.DataCollector)
    assert "wigan" in places()
    assert "single-budget" in structures.list_structures()


def test_results_are_read_without_the_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = (
        "compare --place wigan --scale 0.002 --years 1 --replications 2 --workers 1 --quiet --output results/headline"
    )
    monkeypatch.setattr("sys.argv", ["joinedup", *arguments.split()])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    measures = experiments.load("results/headline").measures
    assert isinstance(measures, pd.DataFrame)
    assert {"month", "organisation", "measure", "value"} <= set(measures.columns)
    assert measures["value"].notna().all()
