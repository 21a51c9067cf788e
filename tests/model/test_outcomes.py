"""Outcomes by person and by group add up to the run's own measures."""

import numpy as np
import pytest

from agents.patients import record
from agents.patients.groups import BANDS
from model.outcomes import BANDS_OF_NEED, SERVED, need_bands, people_frame
from model.parameters import Parameters
from tests.strategies import fingerprints, lived, series

KEPT = ("people", "groups")
TRIAL = ({"service": "proactive", "from": "2015-04", "people": {"heaviest": 0.05}, "drawn": 0.5},)


@pytest.fixture(scope="module")
def economy():
    return lived(24, scale=0.01, years=2, keep=KEPT, interventions=TRIAL)


def test_keeping_changes_no_bit():
    assert fingerprints(lived(13, scale=0.005, years=2, keep=KEPT)) == fingerprints(lived(13, scale=0.005, years=2))


@pytest.mark.parametrize(("measure", "own"), [("contacts", "emergency_contacts"), ("spells", "emergency_admissions"), ("deaths", "deaths"), ("qalys", "qalys"), ("unmet_hours", "unmet_hours")])
def test_groups_add_up_to_the_place(economy, measure, own):
    table = economy.by_group("council", "sex", "age_band", "year", measures=[measure])
    assert table["value"].sum() == pytest.approx(series(economy, own).sum())
    by_year = table.groupby("year")["value"].sum()
    assert by_year.to_numpy() == pytest.approx(series(economy, own).reshape(2, 12).sum(axis=1))


def test_any_grouping_adds_up_to_the_same(economy):
    whole = economy.by_group(measures=["contacts", "days_at_home"]).set_index("measure")["value"]
    for by in ("small_area", "council", "consortium", "age_band", "sex", "deprivation", "served", "year"):
        table = economy.by_group(by, measures=["contacts", "days_at_home"])
        assert list(table.columns) == [by, "measure", "value", "people"]
        assert table.groupby("measure")["value"].sum().to_dict() == pytest.approx(whole.to_dict()), by
    assert set(economy.by_group("age_band")["age_band"]) == set(BANDS)
    assert set(economy.by_group("served")["served"]) == set(SERVED)


def test_people_add_up_to_the_place(economy):
    people = economy.person_outcomes()
    assert len(people) == len(economy.engine.people)
    assert people["contacts"].sum() == series(economy, "emergency_contacts").sum()
    assert people["died"].sum() == series(economy, "deaths").sum()
    assert people["qalys"].sum() == pytest.approx(series(economy, "qalys").sum())
    assert ((people["months"] >= 0) & (people["months"] <= 24)).all()
    assert (people["arrived"] == 0).sum() < len(people), "people came, too"
    assert (people["row"] == np.arange(len(people))).all()


def test_a_frame_of_people_has_words(economy):
    frame = people_frame(economy.person_outcomes(), economy.place)
    assert set(frame["need_band"].cat.categories) == set(BANDS_OF_NEED)
    assert set(frame["council"]) == {council.name for council in economy.councils}
    assert (frame["served"] == "chosen").sum() == len(economy.script.given[0].chosen)


def test_a_trial_follows_everybody_who_might_have_been_drawn(economy):
    trial = economy.script.trials()
    given = economy.script.given[0]
    assert trial["person"].tolist() == given.eligible.tolist()
    assert trial["chosen"].sum() == len(given.chosen)
    rows = economy.engine.people.rows
    assert (trial["contacts"] + given.outcomes["contacts"] == rows["contacts"][given.eligible]).all()
    assert (trial["contacts_before"] == given.outcomes["contacts"]).all(), "the run began a year before the trial"
    assert trial["months"].max() == 12
    assert (trial["died"] <= (rows["flags"][given.eligible] & record.LEFT == 0)).all()


def test_bands_of_need():
    care = Parameters().care
    minutes = np.array([0, 30, 60 * care.moderate_need, 60 * care.eligible_hours, 60 * care.critical_hours])
    assert need_bands(minutes, care).tolist() == [0, 1, 2, 3, 4]


def test_what_was_not_kept_is_refused_with_how_to_ask_for_it():
    bare = lived(1, scale=0.002)
    with pytest.raises(ValueError, match=r"ask for them with HealthEconomy\(keep=\('people',\)\)"):
        bare.person_outcomes()
    with pytest.raises(ValueError, match=r"kept no groups"):
        bare.by_group("council")
    with pytest.raises(ValueError, match="must be of people, groups, got 'persons'"):
        lived(0, scale=0.002, keep=("persons",))
    with pytest.raises(ValueError, match="frozen demography"):
        lived(0, scale=0.002, keep=("people",), demography="frozen")


def test_unknown_groups_and_measures_name_the_nearest(economy):
    with pytest.raises(ValueError, match="cannot group by 'councl'; nearest: council"):
        economy.by_group("councl")
    with pytest.raises(ValueError, match="unknown measure by group 'contact'; nearest: contacts"):
        economy.by_group(measures=["contact"])
    with pytest.raises(ValueError, match="none is over"):
        lived(3, scale=0.002, keep=("groups",)).by_group()
