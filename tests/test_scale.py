"""Who falls ill, needs help, turns up and dies does not depend on scale; only waiting does.

A place at scale 1 is held against systematic samples of one person in twenty, without limits of beds, places or
hours, so that nobody waits for capacity at any scale. What varies from sample to sample is who is in it and their luck:
the sample begins one person further on each time, until twenty samples hold everybody once, and each has another seed
of lifelong traits. So the mean of the samples should be the whole, but for luck of traits.

Each figure is compared by a t-test; the figures of a place share a false-alarm rate of 1% (Bonferroni): if nothing
depended on scale, one choice of seeds in a hundred would fail the test. Seeds are fixed: it says the same every time.
"""

import dataclasses
import functools

import numpy as np
import pytest
from scipy import stats

from agents.hospital.state import CONTACTS_OUT, DEATHS_OUT, REQUESTED_OUT
from agents.vocabulary import Cause, Condition
from model import starting_state
from model.parameters import Parameters
from model.place import Place, load_place
from model.rules import PEOPLE_SEED, compile_rules

ONE_IN = 20
MONTHS, MEASURED = 60, 36
FALSE_ALARMS = 0.01
PLENTY = 1_000.0  # times the places that there are


def without_limits(place: Place) -> Place:
    """The place with more care-home and reablement places than anybody asks for."""
    more = tuple(
        dataclasses.replace(
            council,
            care_home_beds=council.care_home_beds * PLENTY,
            reablement_weeks=council.reablement_weeks * PLENTY,
        )
        for council in place.councils
    )
    return dataclasses.replace(place, councils=more)


def beginning_with(place: Place, person: int) -> Place:
    """The place but for its first few people and its last: as many whole twenties of people for each beginning.

    A systematic sample of it holds everyone who stands `person` places after somebody in that of the place from its
    first person on, so that twenty beginnings hold everybody in between once.
    """
    cells = place.cells.copy()
    counts = cells["count"].astype(np.int64)
    kept = (counts.sum() // ONE_IN - 1) * ONE_IN
    before = np.cumsum(counts) - counts
    inside = np.minimum(before + counts, person + kept) - np.maximum(before, person)
    cells["count"] = np.maximum(inside, 0)
    where = place.small_areas[cells["small_area"]]

    def recounted(organisations: tuple, field: str) -> tuple:
        adults = np.bincount(where[field], weights=cells["count"], minlength=len(organisations)).astype(int).tolist()
        return tuple(dataclasses.replace(one, adults=n) for one, n in zip(organisations, adults, strict=True))

    return dataclasses.replace(
        place,
        cells=cells,
        councils=recounted(place.councils, "council"),
        consortia=recounted(place.consortia, "consortium"),
    )


def figures(place: Place, scale: float, seed: int) -> dict[str, float]:
    """What some months without limits come to, a head or a head and month."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starting_state, "PEOPLE_SEED", seed)
        patch.setattr(starting_state, "compile_rules", functools.partial(compile_rules, people_seed=seed))
        state = starting_state.settle(place, scale, Parameters(), free_months=MONTHS, settling_months=0)
    rows, first = state.arrays["rows"], state.starting_rows
    n = len(rows)
    found = {
        f"prevalence of {condition.name.lower()}": (first["conditions"] >> condition & 1).mean()
        for condition in Condition
    }
    found["frailty"] = rows["frailty"].astype(float).mean()
    found["share with need"] = (rows["need"] > 0).mean()
    found["need"] = rows["need"].astype(float).mean()
    found["informal care"] = rows["informal"].astype(float).mean()
    out = sum(month.out.sum(axis=0) for month in state.year[-MEASURED:]) / (n * MEASURED)
    found |= {f"contacts of {cause.name.lower()}": out[CONTACTS_OUT + cause] for cause in Cause}
    return found | {"deaths": out[DEATHS_OUT], "requests": out[REQUESTED_OUT]}


@functools.cache
def compared(name: str) -> dict[str, tuple[float, np.ndarray]]:
    """Each figure of the whole place, and of each sample."""
    place = without_limits(load_place(name))
    whole = figures(place, 1.0, PEOPLE_SEED)
    samples = [figures(beginning_with(place, k), 1.0 / ONE_IN, PEOPLE_SEED + 1 + k) for k in range(ONE_IN)]
    return {key: (value, np.array([sample[key] for sample in samples])) for key, value in whole.items()}


def test_samples_that_begin_one_further_on_hold_everybody_once():
    """By age, sex and small area, to the few people left out at the beginning."""
    place = load_place("wigan")
    counted = np.zeros(len(place.small_areas), dtype=np.int64)
    ages = np.zeros(150, dtype=np.int64)
    for k in range(ONE_IN):
        rows = starting_state.build_people(beginning_with(place, k), 1.0 / ONE_IN)
        counted += np.bincount(rows["small_area"], minlength=len(counted))
        ages += np.bincount(np.minimum(-rows["birth_month"].astype(int) // 12, 90), minlength=150)
    cells = place.cells
    ages_there = np.bincount(cells["age"], weights=cells["count"], minlength=150)
    there = np.bincount(cells["small_area"], weights=cells["count"], minlength=len(counted))
    assert np.abs(counted - there).max() <= 2 * ONE_IN
    assert np.abs(ages - ages_there).max() <= 2 * ONE_IN
    assert counted.sum() >= there.sum() - 2 * ONE_IN


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wigan", "berkshire-west"])
def test_demand_does_not_depend_on_scale(name):
    found = compared(name)
    least = stats.t.isf(FALSE_ALARMS / 2 / len(found), ONE_IN - 1)
    biased = []
    for key, (whole, samples) in found.items():
        # The whole has the luck of twenty samples, and so as much again as their mean.
        error = samples.std(ddof=1) * np.sqrt(2.0 / ONE_IN)
        t = (samples.mean() - whole) / error
        if abs(t) > least:
            biased.append(f"{key}: {whole:.5g} in the whole, {samples.mean():.5g} in samples, t = {t:+.1f}")
    assert not biased, f"beyond t = {least:.1f}: {'; '.join(biased)}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wigan", "berkshire-west"])
def test_the_comparison_would_see_a_bias_that_matters(name):
    """Of the size given, it would be found more often than not."""
    found = compared(name)
    least = stats.t.isf(FALSE_ALARMS / 2 / len(found), ONE_IN - 1)
    seen = {key: least * samples.std(ddof=1) * np.sqrt(2.0 / ONE_IN) / whole for key, (whole, samples) in found.items()}
    rare = {f"contacts of {cause.name.lower()}" for cause in (Cause.BREAKDOWN, Cause.UNTREATED)}
    assert {key: size for key, size in seen.items() if size > 0.15 and key not in rare} == {}
    assert max(seen["frailty"], seen["contacts of illness"], seen["prevalence of hypertension"]) < 0.02
