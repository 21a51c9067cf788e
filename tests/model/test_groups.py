"""What a year came to by fifth of deprivation and band of age: whole counts that add up to the measures."""

import numpy as np
import pytest

from agents.patients import record
from agents.patients.census import PAID_DEARLY
from agents.patients.groups import AGES_FROM, BANDS, N_BANDS, N_FIFTHS, band_of
from agents.patients.living import DEAR_PENCE
from agents.vocabulary import OLDEST, YOUNGEST
from model.groups import SUBJECTS, YearOfGroups, cells_of, census
from model.measures import FIFTHS
from tests.strategies import bench, lived, person, small_economy


def yearly(economy, name: str, organisation: str = "place") -> float:
    frame = economy.measures
    return frame[(frame["measure"] == name) & (frame["organisation"] == organisation)]["value"].item()


def test_the_census_counts_the_living_in_their_cell():
    rows = np.concatenate(
        [
            person(age=18, fifth=0), person(age=44, fifth=0), person(age=45, fifth=1), person(age=64, fifth=1), person(age=65, fifth=2),
            person(age=75, fifth=3), person(age=84, fifth=3), person(age=85, fifth=4, out_of_pocket=DEAR_PENCE), person(age=110, fifth=4, out_of_pocket=DEAR_PENCE - 1),
            person(age=85, fifth=4, out_of_pocket=DEAR_PENCE, end_month=0), person(age=70, council=1),
        ]
    )  # fmt: skip
    found = census(rows, 0, 2)
    people = found[0, :PAID_DEARLY].reshape(N_FIFTHS, N_BANDS)
    wanted = np.zeros_like(people)
    for fifth, band, number in ((0, 0, 2), (1, 1, 2), (2, 2, 1), (3, 3, 2), (4, 4, 2)):
        wanted[fifth, band] = number
    assert (people == wanted).all()
    assert found[:, PAID_DEARLY].tolist() == [1, 0]
    assert found[1].sum() == 1


def test_the_census_is_of_everybody():
    rows = bench(0.02).rows
    found = census(rows, 0, 3)
    assert found[:, :PAID_DEARLY].sum() == (rows["end_month"] == record.ALIVE).sum()
    by_council = np.bincount(rows["council"][rows["end_month"] == record.ALIVE], minlength=3)
    assert (found[:, :PAID_DEARLY].sum(axis=1) == by_council).all()


def test_cells_add_up_to_the_measures_of_each_month():
    economy = small_economy(scale=0.02)
    months = []
    live = economy._live_and_flow
    economy._live_and_flow = lambda: months.append(live()) or months[-1]
    for _ in range(3):
        economy.step()
    frame = economy.measures.set_index(["measure", "month", "organisation"])["value"]
    for number, month in enumerate(months):
        counted = cells_of(month).sum(axis=(2, 3))
        for position, name in enumerate(SUBJECTS):
            unit = 60.0 if name == "unmet_need" else 1.0
            wanted = [frame[name, number, council.name] for council in economy.councils]
            assert counted[:, position] / unit == pytest.approx(wanted), name


def test_the_year_told_in_march_adds_up_by_fifth_and_council():
    economy = lived(12, scale=0.02)
    frame = economy.measures
    for name in SUBJECTS:
        own = frame[(frame["measure"] == name) & (frame["organisation"] == "place")]["value"]
        assert yearly(economy, f"{name}_observed") == pytest.approx(own.mean() if name == "unmet_need" else own.sum())
        for which in ("observed", "expected"):
            whole = yearly(economy, f"{name}_{which}")
            assert sum(yearly(economy, f"{name}_{which}/{fifth}") for fifth in FIFTHS) == pytest.approx(whole)
            assert sum(yearly(economy, f"{name}_{which}", council.name) for council in economy.councils) == pytest.approx(whole)
    september = frame[(frame["measure"] == "people") & (frame["organisation"] == "place") & (frame["month"] == 5)]["value"].item()
    assert yearly(economy, "people_midyear") == pytest.approx(september, rel=0.005), "people are counted as they begin the month"
    assert 0.1 < yearly(economy, "older_people_midyear") / yearly(economy, "people_midyear") < 0.4
    assert set(frame[frame["measure"] == "people_midyear"]["month"]) == {11}


def test_at_the_rates_expected_the_people_of_the_base_are_expected_to_do_what_they_did():
    """Indirect standardisation gives back the base's own counts for the base's own people."""
    economy = lived(2, scale=0.02)
    base = economy._state.year
    rows = economy._state.people(0).rows
    groups = YearOfGroups(base, rows, len(economy.councils))
    people = census(rows, 0, len(economy.councils))[:, :PAID_DEARLY].reshape(-1, N_FIFTHS, N_BANDS).sum(axis=(0, 1))
    years = len(base) / 12
    admissions = sum(cells_of(month)[:, 0].sum() for month in base) / years
    assert (groups.rates[0] * people).sum() == pytest.approx(admissions)
    assert (groups.rates[0][1:] > groups.rates[0][0]).all(), "older people are admitted more"


def test_bands_of_kernels_are_those_that_tables_name():
    ages = np.arange(YOUNGEST, OLDEST + 1)
    assert [band_of(int(age) - YOUNGEST) for age in ages] == (np.digitize(ages, AGES_FROM) - 1).tolist()
    assert len(AGES_FROM) == len(BANDS) == N_BANDS
