"""The hospital flows against theory: to the digit where theory is arithmetic, with a stated false-alarm rate where it is chance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from agents.hospital.event_flow import DESK_HOURS
from agents.hospital.flows import FLOWS
from agents.vocabulary import Reason
from experiments import queueing
from experiments.docking import Arrivals, Observed, Ward

FALSE_ALARM = 1e-4  # of each test below that is about chance, two-sided


both_flows = pytest.mark.parametrize("flow", FLOWS)


def alarm(score: float) -> bool:
    """Whether a standard normal score is as far out as happens once in 10,000 times."""
    return abs(score) > stats.norm.isf(FALSE_ALARM / 2)


# Little's law, to the digit


def agree(seen: Observed, arrivals: Arrivals) -> None:
    """Compare every way of counting nights of a hospital that began and ended empty."""
    spells = seen.spells
    assert seen.in_hospital[-1] == 0
    assert seen.admitted == len(arrivals)
    assert (spells["left"] >= spells["arrived"]).all()
    assert (spells["nights"] == spells["left"] - spells["arrived"]).all()
    assert seen.in_hospital.sum() == spells["nights"].sum() == seen.bed_days == seen.days_in_hospital
    assert seen.boarding.sum() == spells["boarded"].sum()
    assert seen.delayed.sum() == spells["delayed"].sum()


WARDS = [
    Ward(mean_stay=5.0),
    Ward(mean_stay=0.0),
    Ward(mean_stay=4.0, stay_shape=0.65),
    Ward(mean_stay=5.0, stay_shape=math.inf, beds=14),
    Ward(mean_stay=5.0, beds=16),
    Ward(mean_stay=3.0, starts_a_day=0.4, assessments_a_day=0.5),
    Ward(mean_stay=3.0, beds=12, packages=25, package_days=40),
    Ward(mean_stay=1.0, packages=10, package_days=20.0, package_shape=1.0),
]


@both_flows
@pytest.mark.parametrize("ward", WARDS, ids=range(len(WARDS)))
def test_occupancy_summed_over_midnights_is_the_nights_of_all_spells(ward, flow):
    arrivals = Arrivals.poisson(2.5, 120, seed=3, package_share=0.2)
    agree(ward.observe(arrivals, 450, flow=flow), arrivals)


@both_flows
@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=30),
    st.integers(1, 4),
    st.integers(0, 5),
    st.integers(0, 2**64 - 1),
)
def test_it_is_so_whoever_comes_and_however_few_beds(flow, who, beds, stay, seed):
    who = sorted(who)
    arrivals = Arrivals(
        day=np.array([day for day, _ in who], dtype=np.int64),
        needs_package=np.array([needs for _, needs in who], dtype=bool),
    )
    beds = max(beds, arrivals.certain)
    agree(Ward(mean_stay=float(stay), beds=beds).observe(arrivals, 450, seed=seed, flow=flow), arrivals)


# Unlimited beds: M/G/infinity


@both_flows
@pytest.mark.parametrize("shape", [0.65, 1.0, math.inf])
def test_unlimited_beds_fill_to_the_load_whatever_the_distribution_of_stays(shape, flow):
    """Mean midnight occupancy of a thousand days, against its exact mean and variance with all autocovariances."""
    a_day, stay, days, before = 5.0, 5.0, 1000, 365
    kept = queueing.nights_kept(stay, shape)
    assert a_day * kept[before:].sum() < 1e-5, "settled by then"
    seen = Ward(mean_stay=stay, stay_shape=shape).observe(
        Arrivals.poisson(a_day, before + days, seed=11), before + days, seed=12, flow=flow
    )
    occupancy = seen.in_hospital[before : before + days]
    error = math.sqrt(queueing.variance_of_mean(a_day, kept, days))
    assert error < 0.03 * a_day * stay, "a difference of an eighth would be seen"
    assert not alarm((occupancy.mean() - a_day * kept.sum()) / error)


@both_flows
@pytest.mark.parametrize(("stay", "shape", "apart"), [(5.0, math.inf, 5), (2.0, 1.0, 20)], ids=["fixed", "exponential"])
def test_their_occupancy_varies_as_a_poisson_number_does(stay, shape, apart, flow):
    """Nights so far apart that nobody was there at both are independent: the index of dispersion is then chi-squared."""
    days, before = 3000, 60
    seen = Ward(mean_stay=stay, stay_shape=shape).observe(
        Arrivals.poisson(4.0, days, seed=21), days, seed=22, flow=flow
    )
    occupancy = seen.in_hospital[before:days:apart]
    assert queueing.nights_kept(stay, shape)[apart:].sum() < 1e-3
    dispersion = ((occupancy - occupancy.mean()) ** 2).sum() / occupancy.mean()
    assert FALSE_ALARM / 2 < stats.chi2.cdf(dispersion, len(occupancy) - 1) < 1.0 - FALSE_ALARM / 2


# Queues


def agrees(means: list[float], theory: float, precision: float) -> None:
    """Hold independent replications against theory with a t-test, and ask that it could see a difference."""
    error = np.std(means, ddof=1) / math.sqrt(len(means))
    assert error < precision * theory
    assert stats.t.sf(abs(np.mean(means) - theory) / error, len(means) - 1) > FALSE_ALARM / 2


@both_flows
@pytest.mark.parametrize(
    ("beds", "a_day", "days"),
    [
        (5, 4.0, 800),
        pytest.param(1, 0.8, 1500, marks=pytest.mark.slow),
        pytest.param(20, 18.0, 2000, marks=pytest.mark.slow),
    ],
)
def test_stays_of_one_night_wait_for_a_bed_as_crommelin_says(beds, a_day, days, flow):
    """M/D/c, of which a day's steps lose nothing: mean number waiting at midnight, over replications."""
    before = 100
    means = []
    for seed in range(8):
        arrivals = Arrivals.poisson(a_day, days, seed=100 + seed)
        seen = Ward(mean_stay=1.0, stay_shape=math.inf, beds=beds).observe(arrivals, days, seed=seed, flow=flow)
        assert (seen.in_beds <= beds).all()
        assert (seen.in_beds[seen.boarding > 0] == beds).all(), "nobody waits while a bed is empty"
        means.append(seen.boarding[before:days].mean())
    agrees(means, queueing.mean_waiting_fixed(beds, a_day), precision=0.15)


@pytest.mark.parametrize(
    ("beds", "stay", "load", "days", "flow"),
    [
        (3, 5.0, 2.1, 4000, "daily"),
        pytest.param(3, 5.0, 2.1, 4000, "salabim", marks=pytest.mark.slow),
        pytest.param(6, 10.0, 4.2, 16000, "daily", marks=pytest.mark.slow),
    ],
)
def test_a_queue_for_beds_is_as_long_as_erlang_says(beds, stay, load, days, flow):
    """M/M/c, where treatment stands still until there is a bed.

    A day's step lets somebody who waited, and needed no night, stay one: service is longer by at most that share of a day,
    so the mean number waiting at midnight lies between Erlang's for the stay and for a stay so much longer.
    """
    before = 300
    no_night = 1.0 - queueing.nights_kept(stay)[0]
    least, most = (queueing.mean_waiting(beds, load * longer) for longer in (1.0, 1.0 + no_night / stay))
    assert most < 1.15 * least, "a narrow band"
    ward = Ward(mean_stay=stay, beds=beds, values={"hospital.boarding_idle": 1.0})
    means = []
    for seed in range(8):
        arrivals = Arrivals.poisson(load / stay, days, seed=300 + seed)
        means.append(ward.observe(arrivals, days, seed=seed, flow=flow).boarding[before:days].mean())
    agrees(means, float(np.clip(np.mean(means), least, most)), precision=0.2)


CLOSED = {
    "daily": 0.0,
    "salabim": 1.0 - DESK_HOURS[-1] / 24.0,
}  # part of a day after the last hour at which a package starts


@pytest.mark.parametrize(
    ("packages", "mean_days", "a_day", "step", "days", "precision", "flow"),
    [
        (3, 2.0, 0.9, 0.22, 1200, 0.2, "daily"),
        pytest.param(8, 10.0, 0.61, 0.06, 6000, 0.2, "daily", marks=pytest.mark.slow),
        pytest.param(8, 10.0, 0.55, 0.07, 2000, 0.3, "salabim", marks=pytest.mark.slow),
    ],
)
def test_a_queue_for_packages_is_as_long_as_erlang_says(packages, mean_days, a_day, step, days, precision, flow):
    """M/M/c: c packages, each for an exponential time in days begun; who waits for one waits in a hospital bed.

    The daily step makes the queue shorter than that of continuous time by the share `step`, which is worked out, not
    allowed for. By the hour, a package that ends after the desks have closed stands empty overnight: it lasts longer by at
    most that part of a day in the mean, and the queue lies between those for the one and the other length.
    """
    before = 200
    leaves = 1.0 - math.exp(-1.0 / mean_days)
    least = queueing.mean_waiting_by_day(packages, a_day, leaves)
    most = queueing.mean_waiting_by_day(packages, a_day, 1.0 / (1.0 / leaves + CLOSED[flow]))
    assert least == pytest.approx(queueing.mean_waiting(packages, a_day / leaves), rel=step)
    assert most < 1.3 * least
    means = []
    for seed in range(8):
        arrivals = Arrivals.poisson(a_day, days, seed=200 + seed, package_share=1.0)
        ward = Ward(mean_stay=1.0, stay_shape=math.inf, packages=packages, package_days=mean_days, package_shape=1.0)
        seen = ward.observe(arrivals, days, seed=seed, flow=flow)
        waiting = seen.delayed[before:days].sum(axis=1)
        if flow == "daily":
            assert (seen.packages[before:days][waiting > 0] == packages).all(), "nobody waits while one is to be had"
        means.append(waiting.mean())
    agrees(means, float(np.clip(np.mean(means), least, most)), precision)


# The way out, by hand


YEARS = 2 * 365
REFERRALS, STAY = 20, 5  # a day; days

for_so_long = pytest.mark.parametrize("cycles", [2, pytest.param(5, marks=pytest.mark.slow)])  # of two years


def delayed_discharge(packages: int, days: int, flow: str) -> Observed:
    """Twenty referrals a day, a stay of five days; each day one person needs a package that lasts two years."""
    ward = Ward(mean_stay=STAY, stay_shape=math.inf, packages=packages, package_days=YEARS)
    return ward.observe(Arrivals.steady(REFERRALS, days, packages_a_day=1), days, flow=flow)


@both_flows
@for_so_long
def test_a_hundred_beds_and_730_packages_are_just_enough(cycles, flow):
    """By the hour one more is needed: a package that ends stands empty until a broker's next hour, for less than a day."""
    needed = queueing.packages_held(REFERRALS, 0.05, YEARS)
    assert (needed, queueing.load(REFERRALS, STAY)) == (730, 100)
    seen = delayed_discharge(int(needed) + (flow == "salabim"), cycles * YEARS, flow)
    settled = slice(YEARS + STAY, cycles * YEARS)
    assert (seen.packages[settled] == 730).all()
    assert (seen.in_hospital[settled] == 100).all()
    assert (seen.delayed == 0).all()


@both_flows
@for_so_long
def test_with_one_package_fewer_the_queue_for_it_grows_for_ever(cycles, flow):
    """729 packages of 730 days serve 729 / 730 of a person a day: one more waits every two years, in a hospital bed.

    By the hour they may serve as few as 729 / 731.
    """
    assert queueing.growth_a_year(REFERRALS, 0.05, YEARS, 729) == pytest.approx(0.5)
    seen = delayed_discharge(729, cycles * YEARS, flow)
    at = np.arange(1, cycles + 1) * YEARS - 10
    waiting = seen.delayed[at, Reason.PACKAGE]
    least = np.arange(cycles)
    most = least if flow == "daily" else np.ceil(2 * at / 731)
    assert (waiting >= least).all(), "half a person a year more, and never fewer again"
    assert (waiting <= most).all()
    assert (seen.delayed[at].sum(axis=1) == waiting).all(), "for want of nothing else"
    assert (seen.receiving_care[STAY : cycles * YEARS] == 100).all(), "it is not the ill who become more"
    assert (seen.packages <= 729).all()


# Bad input


@pytest.mark.parametrize(
    ("ward", "message"),
    [
        ({"mean_stay": -1.0}, r"Ward.mean_stay must be at least 0, got -1.0"),
        ({"mean_stay": math.nan}, r"Ward.mean_stay must be at least 0, got nan"),
        ({"mean_stay": 5.0, "stay_shape": 0.0}, r"Ward.stay_shape must be above 0, got 0.0"),
        ({"mean_stay": 5.0, "beds": 0}, r"Ward.beds must be at least 1, got 0"),
        ({"mean_stay": 5.0, "packages": -1}, r"Ward.packages must be at least 0, got -1"),
        ({"mean_stay": 5.0, "package_days": 0}, r"Ward.package_days must be at least 1, got 0"),
        ({"mean_stay": 5.0, "starts_a_day": -0.5}, r"Ward.starts_a_day must be at least 0, got -0.5"),
    ],
)
def test_a_ward_that_makes_no_sense_is_refused(ward, message):
    with pytest.raises(ValueError, match=message):
        Ward(**ward)


def test_fewer_beds_than_are_certain_to_be_needed_each_day_are_refused():
    with pytest.raises(
        ValueError, match=r"Ward.beds must be at least the 20 people who are certain to arrive each day, got 19"
    ):
        Ward(mean_stay=5.0, beds=19).observe(Arrivals.steady(20, 10), 10)


def test_an_unknown_flow_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"unknown hospital flow 'dialy'; nearest: daily"):
        Ward(mean_stay=5.0).observe(Arrivals.steady(2, 10), 10, flow="dialy")


def test_arrivals_that_make_no_sense_are_refused():
    for wrong in (
        {"day": np.array([-1]), "needs_package": np.array([False])},
        {"day": np.array([3, 2]), "needs_package": np.array([False, False])},
        {"day": np.array([3]), "needs_package": np.array([False, False])},
    ):
        with pytest.raises(ValueError, match=r"Arrivals.day"):
            Arrivals(**wrong)
    with pytest.raises(ValueError, match=r"packages_a_day must lie in \[0, 2\], got 3"):
        Arrivals.steady(2, 5, packages_a_day=3)
    with pytest.raises(ValueError, match=r"a_day must be above 0, got 0"):
        Arrivals.poisson(0, 5)
    with pytest.raises(ValueError, match=r"package_share must lie in \[0, 1\], got 1.5"):
        Arrivals.poisson(1.0, 5, package_share=1.5)
    with pytest.raises(ValueError, match=r"days must lie in \[1, 32000\), got 0"):
        Ward(mean_stay=5.0).observe(Arrivals.steady(2, 5), 0)


def test_arrivals_are_poisson():
    """Counts of ten thousand days, in classes, against the Poisson distribution."""
    days, a_day = 10_000, 3.0
    counts = np.bincount(np.bincount(Arrivals.poisson(a_day, days, seed=5).day, minlength=days), minlength=9)
    expected = days * stats.poisson.pmf(np.arange(9), a_day)
    expected[8] += days - expected.sum()
    counts = np.append(counts[:8], counts[8:].sum())
    assert stats.chisquare(counts, expected).pvalue > FALSE_ALARM
