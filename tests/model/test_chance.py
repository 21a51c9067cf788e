"""What chance does to a year follows from how many cases there are, and what each costs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Account
from model.chance import case_pence, variances
from model.payment import Prices
from model.place import load_place
from tests.strategies import small_economy


@given(st.integers(1, 10**6), st.integers(1, 10**7), st.integers(2, 50))
def test_a_purse_so_many_times_as_large_wanders_less_for_its_size(cases, each, times):
    small, large = (variances({Account.ACUTE: np.array([n * each])}, {Account.ACUTE: np.array([each])})[Account.ACUTE][0] for n in (cases, cases * times))
    assert np.isclose(large, times * small)
    assert np.isclose(small**0.5, each * cases**0.5)


def test_capacities_do_not_wander():
    place = load_place("wigan")
    found = variances({Account.COMMUNITY: np.array([10**9]), Account.SOCIAL_CARE: np.array([10**9])}, case_pence(place, Prices()))
    assert found[Account.COMMUNITY][0] == 0.0 < found[Account.SOCIAL_CARE][0]


def test_every_purse_knows_what_chance_does_to_it():
    small, large = small_economy(scale=0.01), small_economy(scale=0.04)
    for one, other in zip(small._holders, large._holders, strict=True):
        for mine, theirs in zip(small._purses[one.index], large._purses[other.index], strict=True):
            assert mine.accounts == theirs.accounts
            assert 1.0 < theirs.chance / mine.chance < 4.0, "about twice for four times the people"
