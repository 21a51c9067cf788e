"""What a film says of itself: counts that add up, shares of those who left, days made of their hours."""

import dataclasses

import numpy as np
import pytest

from experiments.film import IN_USE, BedState
from tests.experiments.made_up_films import made_up_film


@pytest.fixture(scope="module")
def film():
    return made_up_film(days=3, beds=90)


def test_beds_are_in_one_state_each(film):
    states = [film.beds_in(state) for state in BedState]
    assert (sum(states) == film.beds.shape[1]).all()
    assert (film.open_beds == film.beds.shape[1] - film.beds_in(BedState.SHUT)).all()
    assert (film.beds_in(*IN_USE) + film.beds_in(BedState.EMPTY) == film.open_beds).all()


def test_the_share_in_time_is_of_those_who_left_in_the_last_day(film):
    share = film.share_in_time(24)
    assert share[5] == pytest.approx(film.left_in_time[:6].sum() / film.left[:6].sum())
    assert share[40] == pytest.approx(film.left_in_time[17:41].sum() / film.left[17:41].sum())
    nobody = dataclasses.replace(film, left=np.zeros_like(film.left), left_in_time=np.zeros_like(film.left))
    assert np.isnan(nobody.share_in_time()).all()


def test_days_are_made_of_their_hours(film):
    hours, days = film.hourly(), film.days()
    assert len(hours) == 72
    assert days["date"].dt.strftime("%Y-%m-%d").tolist() == ["2017-01-09", "2017-01-10", "2017-01-11"]
    for name in ("arrivals", "left", "left_in_time", "cancelled"):
        assert days[name].sum() == hours[name].sum()
    assert days["beds"].to_numpy() == pytest.approx(film.open_beds.reshape(3, 24).mean(axis=1))
    assert days["waiting_most"].tolist() == film.waiting_for_bed.reshape(3, 24).max(axis=1).tolist()
    delays = days[[f"delay_{reason}" for reason in film.reasons]].to_numpy()
    assert delays == pytest.approx(film.delays.reshape(3, 24, -1).mean(axis=1))
    used = days[[f"beds_{state.name.lower()}" for state in IN_USE]].sum(axis=1)
    assert used.to_numpy() == pytest.approx(film.beds_in(*IN_USE).reshape(3, 24).mean(axis=1))


@pytest.mark.parametrize("name", ["ward_of", "beds", "arrivals", "waiting_for_bed", "delays", "cancelled"])
def test_a_film_whose_shapes_disagree_is_refused(film, name):
    with pytest.raises(ValueError, match=rf"Film.{name if name != 'beds' else 'ward_of'} must have the shape"):
        dataclasses.replace(film, **{name: getattr(film, name)[..., :-1]})
