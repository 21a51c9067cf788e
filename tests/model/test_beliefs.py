"""Beliefs: one of every lever, and no more of a measured effect than its error lets one believe."""

import csv

from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Account, Lever
from model.beliefs import DELAYS, FILE, credible, measured_beliefs

effects = st.floats(-1e3, 1e3)
errors = st.floats(0.0, 1e3)


@given(effects, errors)
def test_an_effect_never_grows_nor_turns_round(mean, error):
    believed = credible(mean, error)
    assert abs(believed) <= abs(mean)
    assert believed * mean >= 0.0


@given(effects, errors, errors)
def test_the_larger_the_error_the_less_is_believed(mean, one, other):
    low, high = sorted((one, other))
    assert abs(credible(mean, high)) <= abs(credible(mean, low))


@given(effects)
def test_what_is_known_for_sure_is_believed_whole(mean):
    assert credible(mean, 0.0) == mean
    assert credible(mean, abs(mean)) == 0.0


def test_the_table_names_every_lever_account_qalys_and_delays_once():
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = [(row["lever"], row["effect_on"]) for row in csv.DictReader(lines)]
    wanted = {(lever.name.lower(), name) for lever in Lever if lever for name in [*(a.name.lower() for a in Account), "qalys", DELAYS]}
    assert len(rows) == len(set(rows))
    assert set(rows) <= wanted
    assert {lever for lever, _ in rows} == {lever for lever, _ in wanted}


def test_more_social_workers_and_more_reablement_are_found_to_shorten_delays_that_social_care_answers_for():
    believed = measured_beliefs()
    assert believed[Lever.ASSESSMENT].delays < 0.0
    assert believed[Lever.REABLEMENT].delays < 0.0
