"""Two flows of one place are alike where they should be, and a difference is seen where there is one."""

import dataclasses

import numpy as np
import pytest

from experiments.agreement import FIGURES, compare, measured, replications, table

PLACE, SCALE, MONTHS, RUNS = "berkshire-west", 0.05, 6, 10


def sums_with(figures: np.ndarray) -> list[dict[str, float]]:
    """Runs whose figures are these, shape (runs, figures), to be read by :func:`made_up`."""
    return [dict(enumerate(run)) for run in figures]


@pytest.fixture
def made_up(monkeypatch):
    """Figures that are numbers 0, 1, ... of a run, each with a margin of a tenth."""
    figures = tuple(
        dataclasses.replace(f, of=lambda sums, k=k: sums[k], margin=0.1, least=0.0) for k, f in enumerate(FIGURES)
    )
    monkeypatch.setattr("experiments.agreement.FIGURES", figures)


@pytest.fixture(scope="module")
def daily():
    return replications(PLACE, RUNS, scale=SCALE, months=MONTHS)


def test_equal_runs_are_alike(made_up):
    runs = sums_with(np.full((4, len(FIGURES)), 3.0))
    assert {v.verdict for v in compare(runs, runs)} == {"alike"}


def test_verdicts_are_about_the_margin(made_up):
    """Differences of 5% and 15% against a margin of 10%: alike and differ where runs vary little, open where they vary much."""
    base = np.full((6, len(FIGURES)), 100.0)
    noise = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])[:, None]
    for shift, spread, verdict in (
        (5.0, 0.1, "alike"),
        (15.0, 0.1, "differ"),
        (-15.0, 0.1, "differ"),
        (5.0, 20.0, "open"),
    ):
        found = compare(sums_with(base), sums_with(base + shift + spread * noise))
        assert {v.verdict for v in found} == {verdict}


def test_nothing_is_said_to_differ_more_often_than_stated(made_up):
    """True differences at the very margin: of 1,000 tables with a false-alarm rate of 5%, at most as many as chance allows."""
    rng = np.random.Generator(np.random.Philox(1))
    tables, runs, rate = 1000, 5, 0.05
    alarms = 0
    for _ in range(tables):
        other = 110.0 + rng.standard_normal((runs, len(FIGURES)))
        found = compare(sums_with(np.full_like(other, 100.0)), sums_with(other), rate)
        alarms += any(v.verdict == "differ" for v in found)
    assert alarms / tables < rate + 4.0 * np.sqrt(rate / tables), "false alarm of this test: 3 in 100,000"


def test_runs_must_come_in_pairs():
    with pytest.raises(
        ValueError, match=r"at least two runs of each flow, as many of one as of the other, got 2 and 1"
    ):
        compare([{}, {}], [{}])
    with pytest.raises(ValueError, match=r"got 1 and 1"):
        compare([{}], [{}])


def test_other_luck_is_no_difference(daily):
    """The daily flow against itself under other seeds: nothing is said to differ, but once in 100 times."""
    found = compare(daily, replications(PLACE, RUNS, scale=SCALE, months=MONTHS, base=2))
    assert not [v.figure.name for v in found if v.verdict == "differ"], table(found)


def test_a_difference_is_seen(daily):
    """Hospitals that ask for more readiness before people leave, under the same luck."""
    verdicts = compare(daily, replications(PLACE, RUNS, scale=SCALE, months=MONTHS, hold={"discharge_readiness": 0.95}))
    found = {v.figure.name: v.verdict for v in verdicts}
    assert found["nights delayed for further nhs, for each 100 admissions"] == "differ", table(verdicts)
    assert found["operations a month"] == "alike", table(verdicts)


def test_the_same_run_gives_the_same_sums():
    a, b = (measured(PLACE, scale=0.01, months=1, seed=3) for _ in range(2))
    assert a == b
    assert a["months"] == 1.0
    assert len(table(compare([a, a], [b, b])).splitlines()) == 2 + len(FIGURES)


# The two flows


def test_the_flows_agree_on_months_of_a_place(daily):
    """Ten pairs: no figure is surely beyond its margin."""
    found = compare(daily, replications(PLACE, RUNS, scale=SCALE, months=MONTHS, hospital_flow="salabim"))
    assert not [v.figure.name for v in found if v.verdict == "differ"], table(found)
    assert {v.figure.name: v.verdict for v in found}["operations a month"] == "alike", table(found)


@pytest.mark.slow
def test_they_agree_on_more_of_them():
    """Forty pairs, which tell what ten leave open."""
    daily, hourly = (
        replications(PLACE, 40, scale=SCALE, months=MONTHS, hospital_flow=flow) for flow in ("daily", "salabim")
    )
    found = compare(daily, hourly)
    assert not [v.figure.name for v in found if v.verdict == "differ"], table(found)
    alike = {v.figure.name for v in found if v.verdict == "alike"}
    assert {"emergency patients in hospital at midnight", "nights delayed for further nhs, for each 100 admissions"} <= alike, table(found)
