"""Social-care-related quality of life: what need, its being met or not, and where one lives take from it."""

from hypothesis import given
from hypothesis import strategies as st

from agents.patients import record
from agents.patients.quality import MICRO_DAY, social_care_lost, takes_budget
from agents.vocabulary import Funder, Setting
from model.engine import Organisations
from model.parameters import Parameters
from tests.strategies import lived, person, rules_with, series

MINUTES = st.integers(1, 7000)


def lost(need: int, unmet: int, care: int = 0, **rules: float) -> int:
    return social_care_lost(person(need=need, care=care)[0], min(unmet, need), rules_with(**rules))


@given(MINUTES, MINUTES, MINUTES)
def test_more_need_and_more_of_it_unmet_lose_more_and_never_more_than_all(need, a, b):
    low, high = sorted((min(a, need), min(b, need)))
    assert 0 <= lost(need, low) <= lost(need, high) <= MICRO_DAY
    assert lost(min(need + 60, 7000), low) >= lost(need, low)


def test_half_of_the_most_is_lost_at_the_hours_that_say_so():
    assert lost(600, 0, scrqol_half_hours=10.0, scrqol_dependence=0.4) == int(0.2 * MICRO_DAY)


def test_where_people_are_counts():
    at_home, in_home, in_bed = lost(1200, 0), lost(1200, 0, Setting.RESIDENTIAL), lost(1200, 0, record.IN_HOSPITAL)
    assert at_home < in_home < in_bed


def test_only_people_with_council_home_care_take_budgets():
    council, rules = Organisations(1, 1, 1).councils[0], rules_with()

    def takes(funder: Funder = Funder.COUNCIL, share: float = 1.0, care: int = 0, package: int = 600) -> bool:
        council.own_budgets = share
        return bool(takes_budget(person(care=funder << record.FUNDER_SHIFT | care, package=package)[0], 7, council, rules))

    assert takes()
    assert not takes(share=0.0)
    assert not takes(Funder.SELF)
    assert not takes(package=0)
    assert not takes(care=record.IN_HOSPITAL)
    assert not takes(care=Setting.RESIDENTIAL)
    by_share = [takes(share=share / 20) for share in range(21)]
    assert by_share == sorted(by_share), "for good"


def test_it_is_a_measure_apart_from_health():
    economy, dependent = (lived(1, parameters=parameters) for parameters in (None, _all_is_lost()))
    assert (series(economy, "scrqol") > series(dependent, "scrqol")).all()
    assert (series(economy, "qalys") == series(dependent, "qalys")).all()
    assert (series(economy, "scrqol") > series(economy, "qalys")).all(), "few need help; most have a condition"


def _all_is_lost():
    return Parameters().with_values({"quality.scrqol_dependence": 1.0, "quality.scrqol_unmet": 1.0})
