"""Targets are what was published; a step leaves what meets them, and moves each correction the right way otherwise."""

from __future__ import annotations

import csv
import dataclasses
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import N_CONDITIONS, Reason, Responsible
from experiments import cli, fitting
from experiments.fitting import (
    FitSpec,
    Targets,
    drawn_targets,
    fit,
    largest_difference,
    mean_of,
    rate_of,
    step,
    targets,
    uncertainty,
    write_rates,
)
from experiments.reference_run import RECORDED, SHAPE, ReferenceYear
from model import epidemiology as england
from model import fitted_rates as fitted
from model.delayed_transfers import ACUTE, recorded_days
from model.evidence import evidence
from model.fitted_rates import (
    BROAD,
    COLUMNS,
    FRAILTY_AGES,
    NEED_AGES,
    STAY_AGES,
    TEN_YEARS,
    FittedRates,
    fitted_rates,
    read_rates,
    strata,
    trying,
)
from model.parameters import Parameters
from model.prevalence import england as counts_of_england

NAMES = tuple(item.name for item in dataclasses.fields(FittedRates))
AIMS = targets()


def band_of(axis) -> np.ndarray:
    """Which band of an axis each single year of age is in, from its labels alone."""
    starts = [int(label.rstrip("+").split("-")[0]) for label in axis.labels]
    return np.maximum(np.searchsorted(starts, np.arange(18, 111), side="right") - 1, 0)


def by_band(values: np.ndarray, axis) -> np.ndarray:
    """Sums over the last dimension in an axis's bands."""
    bands = band_of(axis)
    return np.stack([values[..., bands == k].sum(axis=-1) for k in range(len(axis.labels))], axis=-1)


# Targets


@pytest.mark.parametrize(
    ("table", "name", "per"),
    [
        (england.ADMISSIONS, "admissions", 1000.0),
        (england.ATTENDANCES, "attended", 1000.0),
        (england.STAYS, "stay", 1.0),
    ],
)
def test_a_target_at_each_age_is_the_published_row_of_its_band(table, name, per):
    """So that a band's total is the published one, however old its people are."""
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    found = AIMS.contacts - direct * AIMS.admissions if name == "attended" else getattr(AIMS, name)
    seen = np.zeros(93, dtype=bool)
    for _, row in table:
        low, _, high = evidence(row).stratum.partition("age=")[2].rstrip("+").partition("-")
        ages = np.arange(max(int(low), 18), int(high) + 1 if high else 111) - 18
        assert np.allclose(found[ages], evidence(row).number() / per), row
        seen[ages] = True
    assert seen.all()


def test_totals_of_need_are_the_published_ones():
    """Of men and of women of 65 and over together, from the three bands of age that are aimed at."""
    people, _ = counts_of_england()
    for sex, row in enumerate(("P-A.adl-001", "P-A.adl-002")):
        counts = people[sex].sum(axis=0)
        sizes = counts[65:70].sum(), counts[70:85].sum(), counts[85:].sum()
        assert np.average(AIMS.need[sex, 1:], weights=sizes) == pytest.approx(evidence(row).number() / 100.0)


def test_delays_are_those_that_england_recorded():
    """At England's ages of 2014 the targets come to the days of the return, by reason."""
    people = counts_of_england()[0].sum(axis=(0, 1))[18:]
    bed_days = people @ (AIMS.admissions * AIMS.stay)[: len(people)]
    assert AIMS.delays * bed_days == pytest.approx(recorded_days(ACUTE).sum(axis=1), rel=3e-3)
    assert AIMS.delays.sum() == pytest.approx(0.03, abs=0.015), "some hundredths of emergency bed days"


def test_other_targets_are_shares_and_rates():
    assert AIMS.readmission == pytest.approx(evidence("P-B.readm-001").number() / 100.0)
    assert AIMS.prevalence.shape == (N_CONDITIONS, 2, 93)
    assert AIMS.deaths.shape == SHAPE
    for name in ("prevalence", "deaths", "mild", "need"):
        values = getattr(AIMS, name)
        assert (values > 0).all(), name
        assert (values < 1).all(), name
    known = ~np.isnan(AIMS.moderate)
    assert known.tolist() == [False, False, True, True, True]
    assert (AIMS.moderate[known] < AIMS.mild[known]).all()


# Drawn targets


def alike(one: Targets, other: Targets) -> list[str]:
    """Names of the targets that are equal in both."""
    return [
        item.name
        for item in dataclasses.fields(Targets)
        if np.array_equal(getattr(one, item.name), getattr(other, item.name), equal_nan=True)
    ]


def test_the_same_seed_draws_the_same_targets():
    assert len(alike(drawn_targets(7), drawn_targets(7))) == len(dataclasses.fields(Targets))
    assert alike(drawn_targets(7), drawn_targets(8)) == ["deaths"], "published without an interval"


@given(st.integers(0, 10_000))
def test_drawn_targets_are_believable(seed):
    drawn = drawn_targets(seed)
    for item in dataclasses.fields(Targets):
        values, central = np.asarray(getattr(drawn, item.name)), np.asarray(getattr(AIMS, item.name))
        known = ~np.isnan(central)
        assert np.array_equal(known, ~np.isnan(values)), item.name
        assert (values[known] > 0.0).all(), item.name
        if item.name in ("prevalence", "need", "mild", "moderate"):
            assert (values[known] < 1.0).all(), item.name
        if item.name != "prevalence":  # some of its intervals are wide
            assert (values[known] > 0.4 * central[known]).all(), item.name
            assert (values[known] < 1.6 * central[known]).all(), item.name


def test_drawn_targets_lie_around_the_published_ones_as_their_intervals_say():
    """Mean and spread of 400 draws, each within five standard errors: false alarm below one in 100,000 for all rows."""
    n, tables = 400, ((england.ADMISSIONS, "admissions", 1000.0), (england.STAYS, "stay", 1.0))
    drawn = [drawn_targets(seed) for seed in range(n)]
    for table, name, per in tables:
        for age, row_id in table:
            row = evidence(row_id)
            values = np.array([getattr(one, name)[int(age) - 18] for one in drawn])
            spread = (row.high - row.low) / 3.92 / per
            assert abs(values.mean() - row.number() / per) < 5 * spread / math.sqrt(n), row_id
            assert abs(values.std() / spread - 1.0) < 5 / math.sqrt(2 * n), row_id


def test_a_row_without_an_interval_keeps_its_value():
    """What goes straight to hospital (no interval) is the same share of admissions in every draw."""
    direct = 1.0 - evidence("P-B.emerg-017").number() / 100.0
    ages = np.array([20, 30, 38]) - 18  # of one published band each of admissions and of attendances
    for seed in range(5):
        drawn = drawn_targets(seed)
        attended = drawn.contacts[ages] - direct * drawn.admissions[ages]
        assert np.allclose(attended, attended[0])
        assert drawn.mild[0] == AIMS.mild[0]


def test_prevalence_of_one_condition_moves_together_and_of_each_condition():
    drawn = [drawn_targets(seed) for seed in range(20)]
    for condition in range(N_CONDITIONS):
        moved = [one.prevalence[condition] / AIMS.prevalence[condition] - 1.0 for one in drawn]
        assert np.abs(moved).max() > 0.01, f"condition {condition} is never drawn"
        for share in moved:
            assert (share > -1e-9).all() or (share < 1e-9).all(), condition


# Steps


def shared(values: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Shape (..., 93) to shape (..., 2, 5, 93): totals by age over sexes and fifths as people are."""
    weights = total / total.sum(axis=(0, 1))
    return values[..., None, None, :] * weights


def recorded(days: np.ndarray) -> dict[str, float]:
    """Delayed days by reason as a year's scalars have them, divided among the bodies in some way."""
    return {
        f"{RECORDED}/{reason.name.lower()}/{body.name.lower()}": days[reason] * part
        for reason in Reason
        for body, part in zip(Responsible, (0.5, 0.3, 0.2), strict=True)
    }


def meeting(aims: Targets, n_years: int = 6, people: float = 4000.0) -> list[ReferenceYear]:
    """Years in which everything is as aimed at, to the last bit: shares of people rather than people."""
    here = np.full(SHAPE, people) * np.linspace(1.0, 0.3, 93)
    lived = here * 0.99
    everyone = lived.sum(axis=(0, 1))
    admissions = everyone * aims.admissions
    frailty, need = band_of(FRAILTY_AGES), band_of(NEED_AGES)
    moderate = np.where(np.isnan(aims.moderate), 0.0, aims.moderate)
    held = here * aims.prevalence[:, :, None, :]
    resident = here * 0.03
    zero = np.zeros(SHAPE)
    known = {
        "people": here, "person_years": lived, "deaths": lived * aims.deaths,
        "contacts": shared(everyone * aims.contacts, lived), "admissions": shared(admissions, lived),
        "bed_days": shared(admissions * aims.stay, lived), "conditions": held, "severe": 0.2 * held,
        "frail_mild": here * (aims.mild - moderate)[frailty], "frail_moderate": here * 0.7 * moderate[frailty],
        "frail_severe": here * 0.3 * moderate[frailty], "care_home": resident,
        "needs_help": (here - resident) * aims.need[:, None, need],
        "scalars": {
            "discharges": 1e6, "readmissions_30_days": 1e6 * aims.readmission,
            **recorded(float(everyone @ (AIMS.admissions * AIMS.stay)) * aims.delays),
        },
    }  # fmt: skip
    names = {item.name for item in dataclasses.fields(ReferenceYear)} - {"year", *known}
    return [ReferenceYear(year=k, **known, **dict.fromkeys(names, zero)) for k in range(n_years)]


def some_rates(seed: int) -> FittedRates:
    """Corrections somewhere well inside their ranges."""
    luck = np.random.default_rng(seed)
    shapes = {name: getattr(FittedRates(), name).shape for name in NAMES}
    ends = {name: (-0.1, 0.1) if name in ("frailty", "need") else (0.7, 1.4) for name in NAMES}
    return FittedRates(**{name: luck.uniform(*ends[name], shapes[name]) for name in NAMES})


def changes(aims: Targets, years: list[ReferenceYear], rates: FittedRates | None = None, gain: float = 1.0) -> dict:
    """What a step does to each correction: a logarithm of a factor, or what is added to a shift."""
    rates = rates or FittedRates()
    moved, _ = step(rates, aims, years, gain)
    return {
        name: getattr(moved, name) - getattr(rates, name)
        if name in ("frailty", "need")
        else np.log(getattr(moved, name) / getattr(rates, name))
        for name in NAMES
    }


def expect(found: dict, **wanted: np.ndarray) -> None:
    """The sign of what each correction does, 0 where it is not named."""
    for name, change in found.items():
        sign = np.where(np.abs(change) < 1e-6, 0.0, np.sign(change))
        assert np.array_equal(sign, np.broadcast_to(wanted.get(name, 0.0), change.shape)), name


MEETING = meeting(AIMS)


@given(st.integers(0, 10**6), st.floats(0.1, 1.0))
def test_a_step_leaves_everything_where_the_targets_are_met(seed, gain):
    moved, miss = step(some_rates(seed), AIMS, MEETING, gain)
    for name in NAMES:
        assert np.allclose(getattr(moved, name), getattr(some_rates(seed), name), rtol=0.0, atol=1e-6), name
    assert miss < 1e-9


FACTOR = st.one_of(st.floats(0.6, 0.95), st.floats(1.05, 1.6))


def up(factor: float, *shape: int, at: tuple = (...,)) -> np.ndarray:
    """The sign of a factor's logarithm at one place, 0 elsewhere."""
    signs = np.zeros(shape)
    signs[at] = np.sign(math.log(factor))
    return signs


@given(st.integers(0, 1), st.integers(0, 4), st.integers(0, 4), FACTOR)
def test_more_deaths_wanted_in_a_stratum_raise_its_hazard_only(sex, fifth, band, factor):
    deaths = AIMS.deaths.copy()
    deaths[sex, fifth, band_of(BROAD) == band] *= factor
    found = changes(dataclasses.replace(AIMS, deaths=deaths), MEETING)
    expect(found, death=up(factor, 2, 5, 5, at=(sex, fifth, band)))
    assert abs(found["death"][sex, fifth, band]) <= abs(math.log(factor)) + 1e-9, "no further than what is missing"


@given(st.integers(0, 4), FACTOR)
def test_more_contacts_wanted_mean_more_illness_of_which_less_is_severe(band, factor):
    contacts = np.where(band_of(BROAD) == band, AIMS.contacts * factor, AIMS.contacts)
    found = changes(dataclasses.replace(AIMS, contacts=contacts), MEETING)
    expect(found, illness=up(factor, 5, at=(band,)), severity=-up(factor, 5, at=(band,)))


@given(st.integers(0, 4), FACTOR)
def test_more_admissions_wanted_of_the_same_contacts_mean_more_that_is_severe(band, factor):
    admissions = np.where(band_of(BROAD) == band, AIMS.admissions * factor, AIMS.admissions)
    expect(changes(dataclasses.replace(AIMS, admissions=admissions), MEETING), severity=up(factor, 5, at=(band,)))


@given(st.integers(0, 3), FACTOR)
def test_longer_stays_wanted_lengthen_them(band, factor):
    stay = np.where(band_of(STAY_AGES) == band, AIMS.stay * factor, AIMS.stay)
    expect(changes(dataclasses.replace(AIMS, stay=stay), MEETING), stay=up(factor, 4, at=(band,)))


@given(FACTOR)
def test_more_readmissions_wanted_mean_more_returns(factor):
    expect(changes(dataclasses.replace(AIMS, readmission=AIMS.readmission * factor), MEETING), returns=up(factor, 1))


@given(st.integers(0, 4), st.floats(0.7, 1.3))
def test_more_frail_people_wanted_raise_settled_frailty(band, factor):
    if abs(factor - 1.0) < 0.01:
        factor = 1.01
    mild = AIMS.mild.copy()
    mild[band] *= factor
    expect(changes(dataclasses.replace(AIMS, mild=mild), MEETING), frailty=up(factor, 5, at=(band,)))


@given(st.integers(2, 4), FACTOR)
def test_more_moderate_frailty_wanted_among_as_many_frail_widens_it(band, factor):
    moderate = AIMS.moderate.copy()
    moderate[band] *= factor
    expect(changes(dataclasses.replace(AIMS, moderate=moderate), MEETING), spread=up(factor, 5, at=(band,)))


@given(st.integers(0, 1), st.integers(0, 3), FACTOR)
def test_more_need_wanted_raises_the_propensity(sex, band, factor):
    need = AIMS.need.copy()
    need[sex, band] *= factor
    expect(changes(dataclasses.replace(AIMS, need=need), MEETING), need=up(factor, 2, 4, at=(sex, band)))


@given(st.sampled_from(Reason), FACTOR)
def test_more_delays_wanted_for_a_reason_lengthen_its_wait_and_no_other(reason, factor):
    delays = AIMS.delays.copy()
    delays[reason] *= factor
    found = changes(dataclasses.replace(AIMS, delays=delays), MEETING)
    expect(found, wait=up(factor, len(Reason), at=(reason,)))
    assert abs(found["wait"][reason]) <= 0.6 * abs(math.log(factor)) + 1e-9, "a wait answers more than in proportion"


def test_a_wait_moves_less_where_few_delays_are_counted():
    """In proportion to days, which come in spells: a rare reason is drawn towards what it was."""
    few = meeting(AIMS, people=400.0)
    found = changes(dataclasses.replace(AIMS, delays=1.2 * AIMS.delays), few)["wait"]
    assert (np.argsort(found) == np.argsort(AIMS.delays)).all()
    assert 0 < found[Reason.DISPUTES] < 0.9 * found[Reason.FURTHER_NHS]


def test_waits_stop_at_the_ends_of_their_range():
    none = [dataclasses.replace(y, scalars={**y.scalars, **recorded(np.zeros(10))}) for y in MEETING]
    rates = dataclasses.replace(FittedRates(), wait=np.full(10, 19.0))
    assert (step(rates, AIMS, none)[0].wait == 20.0).all()
    many = [dataclasses.replace(y, scalars={**y.scalars, **recorded(np.full(10, 1e9))}) for y in MEETING]
    rates = dataclasses.replace(FittedRates(), wait=np.full(10, 0.06))
    assert (step(rates, AIMS, many)[0].wait == 0.05).all()


@given(st.integers(0, N_CONDITIONS - 1), st.integers(0, 1), st.integers(0, 6), FACTOR)
def test_a_condition_that_grows_commoner_begins_less_often(condition, sex, band, factor):
    """Prevalence of late years over the first year's is what counts, and neighbouring ages move along."""
    grown = []
    for year in MEETING:
        held = year.conditions.copy()
        if year.year >= 2:
            held[condition, sex][:, band_of(TEN_YEARS) == band] *= factor
        grown.append(dataclasses.replace(year, conditions=held, severe=0.2 * held))
    change = changes(AIMS, grown)
    onset = change.pop("onset")
    expect(change)
    assert onset[condition, sex, band] * math.log(factor) < 0
    beside = np.zeros(onset.shape, dtype=bool)
    beside[condition, sex, max(band - 1, 0) : band + 2] = True
    assert (np.sign(onset[beside]) == -np.sign(math.log(factor))).all()
    assert np.allclose(onset[~beside], 0.0, atol=1e-9)


def test_a_starting_sample_with_few_or_many_of_a_condition_is_nobodys_fault():
    """A population that began with more diabetes than published, and kept it, has the right onset."""
    lucky = []
    for year in MEETING:
        held = year.conditions.copy()
        held[1] *= 1.1
        lucky.append(dataclasses.replace(year, conditions=held, severe=0.2 * held))
    found = changes(AIMS, lucky)
    assert np.abs(found["onset"]).max() < 0.03, "all but where few hold it"


@given(st.integers(0, N_CONDITIONS - 1), FACTOR)
def test_a_growing_share_of_severe_holders_slows_progress(condition, factor):
    grown = []
    for year in MEETING:
        severe = year.severe.copy()
        if year.year == len(MEETING) - 1:
            severe[condition] *= factor
        grown.append(dataclasses.replace(year, severe=severe))
    expect(changes(AIMS, grown), progress=-up(factor, N_CONDITIONS, at=(condition,)))


@given(st.integers(0, 10**6))
def test_half_a_gain_is_half_a_step(seed):
    luck = np.random.default_rng(seed)
    deaths = AIMS.deaths * luck.uniform(0.8, 1.25, (2, 5, 1))
    need = AIMS.need * luck.uniform(0.8, 1.25, (2, 4))
    aims = dataclasses.replace(AIMS, deaths=deaths, need=need)
    whole, half = changes(aims, MEETING), changes(aims, MEETING, gain=0.5)
    for name in NAMES:
        assert np.allclose(half[name], 0.5 * whole[name], atol=1e-9), name


def test_few_people_move_a_correction_less_than_many_and_count_for_no_miss():
    aims = dataclasses.replace(AIMS, deaths=1.2 * AIMS.deaths)
    many, few = (changes(aims, meeting(AIMS, people=people))["death"] for people in (4000.0, 4.0))
    assert (few >= 0).all(), "where less than one death is wanted nothing is known"
    assert (few <= many).all()
    assert few.mean() < 0.5 * many.mean()
    assert step(FittedRates(), aims, meeting(AIMS, people=0.5))[1] < 1e-9
    assert step(FittedRates(), aims, MEETING)[1] == pytest.approx(1 - 1 / 1.2)


def test_corrections_stop_at_the_ends_of_their_ranges():
    aims = dataclasses.replace(AIMS, deaths=np.minimum(50.0 * AIMS.deaths, 0.99), need=np.full((2, 4), 0.999))
    rates = dataclasses.replace(FittedRates(), death=np.full((2, 5, 5), 4.9), need=np.full((2, 4), 4.9))
    moved, _ = step(rates, aims, MEETING)
    assert moved.death.max() == 5.0
    assert (moved.need == 5.0).all()


def test_a_mean_of_corrections_is_geometric_where_they_multiply():
    one, other = some_rates(1), some_rates(2)
    mean = mean_of([one, other])
    assert np.allclose(mean.onset, np.sqrt(one.onset * other.onset))
    assert np.allclose(mean.need, (one.need + other.need) / 2)


# Fits


TINY = {"rounds": 2, "years": 2, "scale": 0.01}


def test_the_same_seed_fits_the_same_bits():
    said: list[tuple[int, float]] = []
    first = fit(AIMS, **TINY, seed=3, watch=lambda number, miss: said.append((number, miss)))
    with trying(some_rates(5)):
        again = fit(AIMS, **TINY, seed=3)
    assert first.digest() == again.digest(), "whatever is in force"
    assert [number for number, _ in said] == [1, 2]
    assert fitted_rates().digest() == read_rates(fitted.FILE).digest(), "nothing is tried any more"


@pytest.mark.slow
def test_a_fit_from_nothing_comes_nearer_its_targets():
    """The largest miss of a broad target falls by a third at least, from a first round without corrections."""
    misses: list[float] = []
    fit(AIMS, rounds=6, years=4, scale=0.1, seed=11, watch=lambda _, miss: misses.append(miss))
    assert min(misses[-2:]) < 0.67 * misses[0]


@pytest.mark.slow
def test_intervals_hold_the_fit_between_their_ends():
    central = read_rates(fitted.FILE)
    numbers: list[int] = []
    low, high = uncertainty(central, FitSpec(replicates=2, scale=0.05, seed=5), numbers.append)
    assert numbers == [1, 2]
    for name in NAMES:
        assert (getattr(low, name) <= getattr(central, name) + 1e-12).all(), name
        assert (getattr(high, name) >= getattr(central, name) - 1e-12).all(), name
    assert (high.severity > low.severity).all()
    assert np.median(high.onset / low.onset) > 1.1, "prevalence is known to a tenth or so, and onset no better"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rounds", 1, "FitSpec.rounds must be a whole number, at least 2, got 1"),
        ("rounds", 2.5, "FitSpec.rounds must be a whole number"),
        ("rounds", True, "FitSpec.rounds must be a whole number"),
        ("replicates", 0, "FitSpec.replicates must be a whole number, at least 2, got 0"),
        ("replicates", "8", "FitSpec.replicates must be a whole number"),
        ("scale", 0.0, "FitSpec.scale must be a share above 0 and at most 1, got 0.0"),
        ("scale", 1.01, "FitSpec.scale must be"),
        ("scale", math.nan, "FitSpec.scale must be"),
        ("scale", "1", "FitSpec.scale must be"),
        ("seed", -1, "FitSpec.seed must be a whole number from 0"),
        ("seed", 2**32, "FitSpec.seed must be a whole number from 0"),
        ("seed", 0.5, "FitSpec.seed must be a whole number from 0"),
    ],
)
def test_a_fit_refuses_numbers_out_of_bounds(field, value, words):
    with pytest.raises(ValueError, match=words):
        FitSpec(**{field: value})
    assert FitSpec().rounds >= 2


# The file


def test_the_stored_values_are_those_of_the_tables():
    """What the file says of each rate is what the model's tables have at default parameters."""
    tables = england.reference_tables(Parameters())
    index_of = {(name, label): index for name in NAMES for index, label in strata(name)}
    with fitted.FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            value = rate_of(tables, row["rate"], index_of[row["rate"], row["stratum"]])
            assert float(row["value"]) == pytest.approx(value, rel=2e-4, abs=1e-9), row


def test_a_file_is_written_with_every_rate_and_read_back(tmp_path):
    rates = some_rates(1)
    low, high = (FittedRates(**{name: getattr(rates, name) + by for name in NAMES}) for by in (-0.01, 0.01))
    path = tmp_path / "rates.csv"
    write_rates(path, rates, low, high)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    back = read_rates(path)
    for name in NAMES:
        assert np.allclose(getattr(back, name), getattr(rates, name), rtol=1e-5, atol=1e-7)
        assert {row["unit"] for row in rows if row["rate"] == name} == {fitting.UNITS[name]}
    assert all(float(row["low"]) < float(row["correction"]) < float(row["high"]) for row in rows)
    assert b"\r" not in path.read_bytes()


def test_the_largest_difference_is_named():
    before = FittedRates()
    assert largest_difference(before, before) == ("none", 0.0)
    death = before.death.copy()
    death[1, 0, 4] = 1.2
    name, by = largest_difference(dataclasses.replace(before, death=death), before)
    assert (name, by) == ("death of female; fifth 1; 85+", pytest.approx(0.2))
    need = before.need.copy()
    need[0, 1] = -0.3
    name, by = largest_difference(dataclasses.replace(before, death=death, need=need), before)
    assert (name, by) == ("need of male; 65-69", pytest.approx(0.3))


# The command


@pytest.fixture
def joinedup(monkeypatch, capsys):
    """Run the command in this process: its exit code, and what it printed."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["joinedup", "fit-population", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code, printed.out, printed.err

    return run


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """A small fit, and a stored file of its own."""
    monkeypatch.setattr(fitting, "YEARS", 2)
    monkeypatch.setattr(fitting, "REPLICATE_ROUNDS", 2)
    monkeypatch.setattr(fitting.fit, "__kwdefaults__", {**fitting.fit.__kwdefaults__, "years": 2})
    file = tmp_path / "stored.csv"
    file.write_bytes(fitted.FILE.read_bytes())
    monkeypatch.setattr(fitted, "FILE", file)
    fitted._stored.cache_clear()
    yield file
    fitted._stored.cache_clear()


SMALL = ("--rounds", "2", "--replicates", "2", "--scale", "0.01")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rounds", "1"], "FitSpec.rounds must be a whole number, at least 2, got 1"),
        (["--rounds", "many"], "--rounds must be a whole number"),
        (["--replicates", "0"], "--replicates must be a whole number"),
        (["--replicates", "1"], "FitSpec.replicates must be a whole number, at least 2, got 1"),
        (["--scale", "0"], "--scale must be a share above 0 and at most 1, got 0"),
        (["--scale", "2"], "--scale must be a share above 0 and at most 1, got 2"),
        (["--scale", "nan"], "--scale must be"),
        (["--seed", "-1"], "--seed must be a whole number from 0"),
        (["--seed", str(2**32)], "FitSpec.seed must be a whole number from 0"),
        (["--round", "3"], "No such option: --round"),
    ],
)
def test_bad_options_end_in_one_line(joinedup, arguments, words):
    code, out, err = joinedup(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("joinedup: ")
    assert len(err.splitlines()) == 1
    assert words in err


def test_where_nothing_can_be_written_no_fit_begins(joinedup, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "fit_and_write", None)
    (tmp_path / "file").write_text("")
    for output in (tmp_path, tmp_path / "file" / "rates.csv"):
        code, out, err = joinedup("--output", str(output), *SMALL)
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert str(tmp_path) in err


@pytest.mark.slow
def test_another_seed_fits_other_rates(quick):
    assert fit(AIMS, **TINY, seed=3).digest() != fit(AIMS, **TINY, seed=4).digest()


@pytest.mark.slow
def test_a_fit_is_written_and_not_stored(joinedup, tmp_path, quick):
    before = quick.read_bytes()
    path = tmp_path / "new" / "rates.csv"
    code, out, err = joinedup("--output", str(path), *SMALL)
    assert code == 0, err
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 304
    read_rates(path)
    assert quick.read_bytes() == before
    assert "Largest change from the rates that were in force:" in out
    said = [line.split(":")[0] for line in err.splitlines()]
    assert said == ["round 1 of 2", "round 2 of 2", "replicate 1 of 2", "replicate 2 of 2"]


@pytest.mark.slow
def test_a_stored_fit_is_in_force_even_where_the_file_was_damaged(joinedup, tmp_path, quick):
    quick.write_text("rate,stratum\n", encoding="utf-8")
    path = tmp_path / "rates.csv"
    code, out, err = joinedup("--output", str(path), "--store", "--quiet", *SMALL)
    assert (code, out, err) == (0, "", "")
    assert quick.read_bytes() == path.read_bytes()
    assert fitted_rates().digest() == read_rates(path).digest()
