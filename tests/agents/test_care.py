"""What a council judges, grants and charges: eligibility, the means test, the package, the placement."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.care import (
    care_is_free,
    eligible_minutes,
    entitle,
    judged_minutes,
    judged_package,
    needs_care_home,
    pays_for_care,
    pays_in_full,
    sell_home,
)
from agents.patients import record
from agents.vocabulary import N_CONDITIONS, Condition, Funder, Lever
from model.engine import Organisations
from tests.strategies import person, rules_with

SUBSTANTIAL = 2.0


def levers(strictness: float = 0.1, generosity: float = 0.8, band: float = SUBSTANTIAL) -> np.ndarray:
    found = np.zeros(len(Lever))
    found[Lever.STRICTNESS], found[Lever.GENEROSITY], found[Lever.ELIGIBILITY] = strictness, generosity, band
    return found


def package(need: int, informal: int = 0, strictness: float = 0.1, generosity: float = 0.8, band: float = SUBSTANTIAL, **rules: float) -> int:
    return judged_package(person(need=need, informal=informal)[0], levers(strictness, generosity, band), rules_with(**rules))


NEED = st.integers(0, 6000)
SHARE = st.floats(0.0, 0.5)


@given(NEED, NEED, SHARE, st.floats(0.3, 1.2))
def test_a_package_never_exceeds_what_is_judged_times_generosity(need, informal, strictness, generosity):
    granted = package(need, informal, strictness, generosity)
    gap = need * (1 - strictness) - informal
    assert 0 <= granted <= max(gap, 0.0) * generosity + 1e-9
    if granted:
        assert need * (1 - strictness) >= 600.0, "ten judged hours"
        assert granted > gap * generosity - 1.0


@given(NEED, NEED, SHARE, SHARE, st.floats(0.3, 1.2), st.floats(0.3, 1.2))
def test_stricter_is_never_more_and_more_generous_never_less(need, informal, a, b, c, d):
    lenient, strict = sorted((a, b))
    mean, generous = sorted((c, d))
    assert package(need, informal, strict, mean) <= package(need, informal, lenient, mean)
    assert package(need, informal, a, mean) <= package(need, informal, a, generous)
    assert package(need, informal, a, c) <= package(need, 0, a, c), "family lowers it"


def test_nobody_without_need_is_granted_anything_even_where_all_are_eligible():
    assert package(0, eligible_hours=0.0, strictness=0.0) == 0
    assert package(1200, eligible_hours=1e9) == 0
    assert package(60, eligible_hours=0.0, strictness=0.0, generosity=1.0) == 60


BAND = st.floats(0.0, 3.0)


@given(BAND, BAND, NEED, NEED)
def test_a_higher_band_is_for_fewer_and_those_it_is_for_get_the_same(a, b, need, informal):
    low, high = sorted((a, b))
    rules = rules_with()
    assert eligible_minutes(low, rules) <= eligible_minutes(high, rules)
    assert package(need, informal, band=high) in (0, package(need, informal, band=low))


@given(st.floats(0.0, 40.0), st.floats(0.2, 0.6), st.floats(0.6, 0.9), st.floats(14.0, 28.0))
def test_bands_stand_in_order_whatever_the_parameters(hours, low, moderate, critical):
    rules = rules_with(eligible_hours=hours, low_need=low, moderate_need=moderate, critical_hours=critical)
    bands = [eligible_minutes(float(band), rules) for band in range(4)]
    assert bands == sorted(bands)
    assert bands[2] == 60.0 * hours, "to the bit"
    assert eligible_minutes(1.5, rules) == pytest.approx((bands[1] + bands[2]) / 2)


def test_need_between_two_bands_is_met_under_one_of_them():
    need = 12 * 60
    assert package(need, strictness=0.0, band=1.0) > 0 == package(need, strictness=0.0)
    assert package(25 * 60, strictness=0.0, band=3.0) > 0, "critical need is always met"
    assert package(18 * 60, strictness=0.0) > 0 == package(18 * 60, strictness=0.0, band=3.0)


@given(NEED, SHARE)
def test_strictness_is_the_share_disregarded(need, strictness):
    assert judged_minutes(need, strictness) == pytest.approx(need * (1.0 - strictness))
    assert judged_minutes(need, 0.0) == need


def home(trait: int, frailty: float, settled: float = 0.3, informal: int = 0, **rules: float) -> bool:
    p = person(need_trait=trait, frailty=frailty, frailty_trait=int(settled * 1e4), informal=informal)[0]
    return needs_care_home(p, rules_with(**{"placement_frailty": 0.24, "placement_hours": 28.0, "need_hours": 9.15, **rules}))


def test_a_care_home_is_for_frail_people_with_lasting_need_beyond_what_family_gives():
    assert home(3000, 0.3)
    assert not home(-500, 0.3), "little need"
    assert not home(3000, 0.1, settled=0.1), "robust"
    assert not home(3000, 0.3, informal=3000), "family can"
    assert not home(3000, 0.3, placement_hours=1000.0)
    assert not home(1200, 0.45, lasting_share=0.0), "it will mostly heal"
    assert home(1200, 0.45, lasting_share=1.0)


DEMENTIA = 1 << Condition.DEMENTIA
ADVANCED = DEMENTIA | DEMENTIA << N_CONDITIONS


@given(st.floats(0.0, 0.65), st.floats(0.34, 0.5), st.floats(0.0, 0.34))
def test_advanced_dementia_lowers_the_bar_of_frailty(settled, bar, lower):
    """By what the rule says, in its advanced stage only, and for people whose need is great as it is."""
    rules = rules_with(placement_frailty=bar, placement_dementia=lower)
    settled = int(settled * 1e4) * 1e-4

    def placed(conditions: int, need_trait: int = 4000) -> bool:
        p = person(need_trait=need_trait, frailty=settled, frailty_trait=round(settled * 1e4), conditions=conditions)
        return bool(needs_care_home(p[0], rules))

    for conditions, needed in ((0, bar), (DEMENTIA, bar), (ADVANCED, bar - lower)):
        if abs(settled - needed) > 1e-4:
            assert placed(conditions) == (settled > needed)
    assert placed(ADVANCED) >= placed(DEMENTIA)
    assert not placed(ADVANCED, need_trait=-500), "little need"


def test_by_default_the_bar_of_people_with_advanced_dementia_is_well_below_the_others():
    rules = rules_with()
    between = rules.placement_frailty - rules.placement_dementia / 2
    p = person(need_trait=4000, frailty=between, frailty_trait=int(between * 1e4))
    assert not needs_care_home(p[0], rules)
    p["conditions"] = ADVANCED
    assert needs_care_home(p[0], rules)


@given(st.integers(-2000, 4000), st.floats(0.0, 0.6), st.integers(0, 4000))
def test_more_need_and_less_family_never_keep_people_out_of_a_home(trait, settled, informal):
    if home(trait, settled, settled, informal):
        assert home(trait + 500, settled, settled, informal)
        assert home(trait, settled, settled, informal // 2)


@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans())
def test_the_means_test(capital, owner, partner, placement):
    rules = rules_with()
    p = person(capital=capital)
    p["person"] |= record.OWNER * owner | record.PARTNER * partner
    pays = pays_in_full(p[0], placement, rules)
    assert bool(pays) == (capital > rules.upper_capital_limit or (placement and owner and not partner))


@pytest.mark.parametrize(
    ("owner", "partner", "sold"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_home_is_sold_once_and_only_if_nobody_else_lives_there(owner, partner, sold):
    rules = rules_with()
    p = person(capital=5000)
    p["person"] |= record.OWNER * owner | record.PARTNER * partner
    sell_home(p[0], rules)
    assert p["capital"][0] == 5000 + rules.house_pounds * sold
    assert bool(p["person"][0] & record.OWNER) == (owner and not sold)
    sell_home(p[0], rules)
    assert p["capital"][0] == 5000 + rules.house_pounds * sold


# What people are entitled to


def entitled(**facts: float) -> np.record:
    council = Organisations(1, 1, 1).councils[0]
    council.levers = levers()
    for name, value in facts.items():
        council[name] = value
    return council


@given(NEED, st.integers(0, 10**6), st.booleans())
def test_without_entitlements_whoever_can_pay_pays(need, capital, placement):
    p, rules = person(need=need, capital=capital)[0], rules_with()
    assert not care_is_free(p, entitled(), rules)
    assert pays_for_care(p, placement, entitled(), rules) == pays_in_full(p, placement, rules)


@given(NEED, NEED)
def test_free_care_from_a_band_is_for_those_judged_at_it_or_above(a, b):
    low, high = sorted((a, b))
    rules = rules_with()
    for band in (2.0, 3.0):
        council = entitled(free_band=band)
        assert care_is_free(person(need=high)[0], council, rules) >= care_is_free(person(need=low)[0], council, rules)
        assert bool(care_is_free(person(need=low)[0], council, rules)) == (judged_minutes(float(low), 0.1) >= eligible_minutes(band, rules))


def test_free_care_is_no_free_board():
    rich, council, rules = person(need=3000, capital=10**6)[0], entitled(free_care=1.0), rules_with()
    assert not pays_for_care(rich, False, council, rules)
    assert pays_for_care(rich, True, council, rules), "a place in a care home is still one's own to pay for"


@pytest.mark.parametrize(("paid", "reached"), [(99_999, False), (100_000, True), (4_000_000_000, True)])
def test_a_cap_is_reached_by_what_was_paid(paid, reached):
    p = person(need=3000, out_of_pocket=paid, care=Funder.SELF << record.FUNDER_SHIFT)
    entitle(p[0], entitled(lifetime_cap=100_000), rules_with())
    assert bool(p["care"][0] & record.CAPPED) == reached
    assert bool(care_is_free(p[0], entitled(lifetime_cap=100_000), rules_with())) == reached
    assert not care_is_free(p[0], entitled(), rules_with()), "no cap, no end"


@pytest.mark.parametrize(("need", "taken"), [(3000, True), (600, False)])
def test_a_council_takes_over_what_it_would_grant_something_of(need, taken):
    p = person(need=need, package=400, care=Funder.SELF << record.FUNDER_SHIFT)
    entitle(p[0], entitled(free_care=1.0), rules_with())
    assert (p["care"][0] >> record.FUNDER_SHIFT & record.FUNDER_MASK == Funder.COUNCIL) == taken
    assert p["package"][0] == 400
