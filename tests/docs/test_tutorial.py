"""The examples of the tutorial run as they are written, one after another."""

import re
from pathlib import Path

import pandas as pd
import pytest

from experiments import cli

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-run.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder in which a small comparison has written results/headline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sys.argv",
        [
            "joinedup",
            "compare",
            "--place",
            "wigan",
            "--scale",
            "0.002",
            "--years",
            "1",
            "--replications",
            "2",
            "--workers",
            "1",
            "--quiet",
            "--output",
            "results/headline",
        ],
    )
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    return tmp_path


def test_the_tutorial_runs(results):
    assert len(BLOCKS) >= 5
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, str(TUTORIAL), "exec"), names)  # the reader's own session: names carry over
    economy = names["economy"]
    assert economy.month == 13
    assert economy.place.name == "wigan"
    assert economy.structure.name == "single-budget"
    assert isinstance(names["measures"], pd.DataFrame)
    assert list(names["measures"].columns) == ["month", "organisation", "measure", "value"]
    assert economy.ledger.shunts().shape[0] == economy.ledger.shunts().shape[1]
    assert names["experiments"].load("results/headline").measures["value"].notna().all()
    for example in ("lenient", "cheaper"):
        assert names[example].month == 1
