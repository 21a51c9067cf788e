"""A person's month: ageing, frailty, need, the carer, the last phase of life, and what a day amounts to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.patients import record
from agents.patients.conditions import SEVERE_SHIFT
from agents.patients.groups import N_CELLS
from agents.patients.living import (
    BROKEN,
    CARE_HOME_DAYS,
    COUNCIL,
    COUNCIL_CARE,
    FINAL,
    GAVE_UP,
    N_AGES,
    N_TOTALS,
    PAYING,
    RESIDENTIAL,
    SELF,
    SELF_CARE,
    SELF_PENCE,
    STRAINED,
    UNMET_BY_CELL,
    UNMET_BY_REASON,
    accrue,
    age_index,
    bear_conditions,
    begin_traits,
    carer_minutes,
    carer_strain,
    death_with_need,
    settled_frailty,
    unmet_minutes,
    utility_a_day,
    weekly_need,
)
from agents.patients.seeking import DEATH_EVENT
from agents.vocabulary import N_UNMET, Condition, Setting
from tests.strategies import bench, bits_of, person, rules_with, sweep


@pytest.fixture(scope="module")
def base():
    return bench(0.01)


# Age and need


@given(st.integers(0, 140), st.integers(0, 11), st.integers(0, 120))
def test_age_is_counted_in_whole_years_within_the_tables(age, months, clock):
    p = person()[0]
    p["birth_month"] = clock - age * 12 - months
    assert age_index(p, clock) == min(max(age - 18, 0), N_AGES - 1)


@given(st.floats(-2.0, 4.0), st.floats(0.0, 0.4), st.floats(0.0, 1.0))
def test_need_grows_with_propensity_decline_and_illness(propensity, decline, illness):
    rules = rules_with()
    trait = int(propensity * 1000)

    def need(trait: int, decline: float, illness: float, flags: int = 0) -> int:
        return weekly_need(
            person(need_trait=trait, frailty_trait=2000, frailty=0.2 + decline, flags=flags)[0], illness, rules
        )

    usual = need(trait, decline, illness)
    assert 0 <= usual <= 7000
    assert need(trait + 500, decline, illness) >= usual
    assert need(trait, decline + 0.1, illness) >= usual
    assert need(trait, decline, min(illness + 0.2, 1.0)) >= usual
    assert need(trait, decline, illness, record.DYING) >= usual
    assert need(-9000, 0.0, 0.0) == 0


def test_one_logit_is_the_hours_that_the_parameter_says():
    rules = rules_with()
    assert weekly_need(person(need_trait=1000)[0], 0.0, rules) == int(60 * rules.need_hours)


@given(st.integers(0, 100_000))
def test_what_family_can_give_is_a_trait(i):
    rules = rules_with()
    with_partner, alone = person()[0].copy(), person()[0].copy()
    with_partner["person"] |= record.PARTNER
    broken = person(flags=record.CARER_BROKEN)[0]
    assert carer_minutes(with_partner, i, rules) == carer_minutes(with_partner, i, rules)
    assert 0 <= carer_minutes(alone, i, rules) <= 5000
    assert carer_minutes(broken, i, rules) == 0


def test_family_gives_the_hours_of_the_parameters_on_average():
    rules = rules_with()
    together, alone = person()[0].copy(), person()[0].copy()
    together["person"] |= record.PARTNER
    many = np.arange(20_000)
    hours = np.array([carer_minutes(together, i, rules) for i in many]) / 60
    assert (hours > 0).mean() == pytest.approx(rules.partner_share, abs=0.02)
    most = 5000 / 60  # nobody gives more in a week
    mean = rules.partner_hours * (1.0 - np.exp(-most / rules.partner_hours))
    assert hours[hours > 0].mean() == pytest.approx(mean, rel=0.05)
    hours = np.array([carer_minutes(alone, i, rules) for i in many]) / 60
    assert (hours > 0).mean() == pytest.approx(rules.family_share, abs=0.02)
    assert hours[hours > 0].mean() == pytest.approx(rules.family_hours, rel=0.05)


@given(st.floats(0.0, 0.7), st.floats(0, 200.0), st.floats(0.0, 1.0))
def test_strain_moves_towards_the_load_and_stays_between_nothing_and_one(strain, hours, u):
    rules = rules_with()
    p = person(strain=strain)[0]
    was = float(p["strain"])
    gave_up = carer_strain(p, hours * 60.0, u, rules)
    now = float(p["strain"])
    assert 0.0 <= now <= 1.0
    if hours <= rules.comfortable_hours:
        assert now <= was
    assert not gave_up or now > 0.0


# A day's worth


def accrued(p, days, age=62):
    known = bench(0.002).known
    totals = np.zeros((len(known.councils), N_TOTALS + 2 * len(known.consortia)), dtype=np.int64)
    b = bench(0.002)
    accrue(p, age, days, b.tables, b.rules, known.councils, totals)
    return totals


STATES = st.fixed_dictionaries(
    {
        "need": st.integers(0, 3000),
        "informal": st.integers(0, 3000),
        "package": st.integers(0, 2000),
        "withheld": st.integers(-500, 500),
        "conditions": st.integers(0, 2**14 - 1),
        "frailty": st.floats(0.0, 0.625, width=32),
        "care": st.builds(
            lambda setting, funder, inside: setting | funder << record.FUNDER_SHIFT | inside,
            st.integers(0, 4), st.integers(0, 2), st.sampled_from((0, record.IN_HOSPITAL)),
        ),
    }
)  # fmt: skip


@given(STATES, st.integers(1, 31))
def test_days_taken_back_leave_nothing_behind(state, days):
    p = person(qalys=10**6, unmet=10**5, out_of_pocket=10**7, days_at_home=100, days_in_hospital=100, **state)
    before = p.copy()
    there, back = accrued(p[0], days), accrued(p[0], -days)
    assert ((there + back) == 0).all()
    for name in p.dtype.names:
        if name != "unmet_recent":
            assert p[name] == before[name], name


@given(STATES, st.integers(0, 31), st.integers(0, 31))
def test_days_add_up(state, some, more):
    one, two = person(**state), person(**state)
    together = accrued(one[0], some + more)
    apart = accrued(two[0], some) + accrued(two[0], more)
    assert (together == apart).all()
    assert one["qalys"] == two["qalys"]
    assert one["days_at_home"] == two["days_at_home"]
    assert one["days_in_hospital"] == two["days_in_hospital"]


@given(STATES)
def test_a_day_is_worth_no_more_than_a_day(state):
    b = bench(0.002)
    p = person(**state)[0]
    worth = utility_a_day(p, 62, b.tables, b.rules)
    assert 0 <= worth <= 1e6 / 365.25
    frailer = p.copy()
    frailer["frailty"] = min(float(p["frailty"]) + 0.05, 0.7)
    assert utility_a_day(frailer, 62, b.tables, b.rules) <= worth


@given(STATES)
def test_unmet_need_is_what_neither_family_nor_package_meets(state):
    p = person(**state)[0]
    gap = max(state["need"] - state["informal"] - state["package"], 0)
    at_home = state["care"] & (record.SETTING_MASK | record.IN_HOSPITAL) == 0
    assert unmet_minutes(p) == (gap if at_home else 0)


def test_who_pays_for_a_package():
    council = accrued(person(need=900, package=700, care=COUNCIL << record.FUNDER_SHIFT)[0], 7)
    assert council[0, COUNCIL_CARE] == 700
    assert council[0, SELF_CARE] == council[0, SELF_PENCE] == 0
    alone = person(need=900, package=700, care=SELF << record.FUNDER_SHIFT)
    own = accrued(alone[0], 7)
    assert own[0, SELF_CARE] == 700
    assert own[0, COUNCIL_CARE] == 0
    assert own[0, SELF_PENCE] == alone["out_of_pocket"][0] > 0


# The month


def birthday_in(month: int, rows: np.ndarray) -> np.ndarray:
    return (month - rows["birth_month"].astype(int)) % 12 == 0


def test_birthdays_renew_traits_and_nothing_else_does(base):
    old = bench(0.01)
    old.tables["onset_ceiling"] = 0.0
    born_now = birthday_in(1, old.rows)
    after = sweep(old, month=1).rows
    for trait in ("frailty_trait", "need_trait"):
        assert (after[trait] != old.rows[trait])[born_now].mean() > 0.95, trait
        assert (after[trait] == old.rows[trait])[~born_now].all(), trait
    assert (after["person"] == old.rows["person"])[~born_now].all()


def test_traits_drift_but_keep_their_spread():
    """Over some birthdays people change places, and the population does not."""
    old = bench(0.05)
    old.tables["onset_ceiling"] = 0.0
    kept = old.rules.trait_kept
    inside = birthday_in(1, old.rows)
    after = sweep(old, month=1, ageing=False).rows
    for trait in ("frailty_trait", "need_trait"):
        before, now = old.rows[trait][inside].astype(float), after[trait][inside].astype(float)
        assert now.mean() == pytest.approx(before.mean(), abs=4 * before.std() / np.sqrt(len(before)))
        assert now.std() == pytest.approx(before.std(), rel=0.1)
        assert np.corrcoef(before, now)[0, 1] >= kept - 0.05


def test_partners_are_lost_on_birthdays_and_never_found(base):
    widowing = bench(0.01)
    widowing.tables["partner_loss"] = 1.0
    after = sweep(widowing, month=1).rows
    born_now = birthday_in(1, base.rows)
    had = base.rows["person"] & record.PARTNER != 0
    has = after["person"] & record.PARTNER != 0
    assert not has[born_now & had].any()
    assert has[~born_now & had].all()
    assert not has[~had].any()


def test_a_refusal_is_forgotten_on_the_birthday(base):
    refused = bench(0.01)
    refused.rows["flags"] |= record.REFUSED
    after = sweep(refused, month=1).rows["flags"] & record.REFUSED != 0
    assert (after == ~birthday_in(1, base.rows)).all()


def test_nobody_gets_a_package_on_a_birthday_without_having_one():
    """A package begins with an assessment and a start of care, of which there are only so many."""
    unasked = bench(0.05).without_cases()
    unasked.rows["care"] = COUNCIL << record.FUNDER_SHIFT  # as after a package that was lost to a long stay
    unasked.rows["package"] = 0
    assert (sweep(unasked, month=1).rows["package"] == 0).all()


def test_traits_are_who_a_person_is_and_a_condition_adds_to_them():
    b = bench(0.002)
    one, two = person(), person()
    begin_traits(one[0], 4711, 62, 0.7, 0.6, b.tables, b.rules)
    begin_traits(two[0], 4711, 62, 0.7, 0.6, b.tables, b.rules)
    assert bits_of(one) == bits_of(two)
    assert float(one["frailty"][0]) == pytest.approx(settled_frailty(one[0]), abs=1e-6)
    two["frailty"] += np.float32(0.1)
    two["conditions"] = 1 << 10
    bear_conditions(two[0], 1, 2, 62, 0, b.tables, b.rules)
    gained = (two["frailty_trait"][0] - one["frailty_trait"][0]) * 1e-4
    assert gained == pytest.approx(b.tables.frailty_conditions[1 << 10], abs=2e-4)
    assert float(two["frailty"][0]) - settled_frailty(two[0]) == pytest.approx(0.1, abs=1e-5), "what was added stays"
    assert two["need_trait"] > one["need_trait"]


def test_the_severe_stage_of_a_condition_weighs_more_than_the_condition():
    b = bench(0.002)
    mild, severe = 1 << Condition.DEMENTIA, (1 << Condition.DEMENTIA) << SEVERE_SHIFT | 1 << Condition.DEMENTIA
    p = person(conditions=severe)
    begin_traits(p[0], 1, 62, 0.9, 0.9, b.tables, b.rules)
    worth = utility_a_day(p[0], 62, b.tables, b.rules)
    frailty, need = int(p["frailty_trait"][0]), int(p["need_trait"][0])
    p["conditions"] = mild
    begin_traits(p[0], 1, 62, 0.9, 0.9, b.tables, b.rules)
    assert int(p["frailty_trait"][0]) < frailty
    assert int(p["need_trait"][0]) < need
    assert utility_a_day(p[0], 62, b.tables, b.rules) > worth


@given(st.integers(0, 7000), st.integers(0, 7000))
def test_need_adds_to_the_hazard_of_death_only_beyond_a_level_and_up_to_a_limit(one, other):
    rules = rules_with()
    low, high = sorted((one, other))
    assert death_with_need(low, rules) <= death_with_need(high, rules) <= rules.death_with_need / 12.0
    assert death_with_need(int(60 * rules.dependent_hours), rules) == 0.0


def test_deaths_come_with_a_last_crisis_as_often_as_the_parameters_say():
    """Of people who all begin to die: who lives in a care home calls less often. Within four standard errors."""
    dying = bench(0.02, sudden_death_share=0.0).without_cases()
    dying.tables["death"] = 1e3
    dying.rows["flags"] = 0
    dying.rows["care"][::2] = RESIDENTIAL
    found = sweep(dying)
    last = found.events[(found.events["kind"] == 0) & (found.events["trigger"] % 16 == FINAL)]
    deaths = found.events[found.events["kind"] == DEATH_EVENT]
    alive = dying.rows["end_month"] == record.ALIVE
    assert len(deaths) == (found.rows["flags"] & record.DYING != 0).sum() > 0.99 * alive.sum()
    rows = found.rows["care"][last["person"]] & record.SETTING_MASK >= RESIDENTIAL
    for inside, share, n in (
        (rows.sum(), dying.rules.crisis_in_care, (alive & (dying.rows["care"] == RESIDENTIAL)).sum()),
        ((~rows).sum(), dying.rules.crisis_at_home, (alive & (dying.rows["care"] != RESIDENTIAL)).sum()),
    ):
        assert abs(inside / n - share) < 4 * np.sqrt(share * (1 - share) / n) + 0.005
    day_of = dict(zip(deaths["person"].tolist(), deaths["day"].tolist(), strict=True))
    assert all(day <= day_of[who] for who, day in zip(last["person"].tolist(), last["day"].tolist(), strict=True))


def test_frailty_above_the_settled_level_fades_unless_need_goes_unmet():
    rested = bench(0.01, frailty_from_unmet=0.0)
    rested.tables["onset_ceiling"] = 0.0
    rested.rows["frailty"] = np.maximum(rested.rows["frailty_trait"], 0) * 1e-4 + 0.1
    rested.rows["unmet_recent"] = 0
    keep = (rested.rows["birth_month"] % 12 != 0) & (rested.rows["frailty"] < 0.65)
    after = sweep(rested).rows
    above = after["frailty"][keep] - np.maximum(after["frailty_trait"][keep], 0) * 1e-4
    assert np.allclose(above, 0.1 * (1.0 - rested.rules.frailty_recovery), atol=1e-5)
    rested.rows["unmet_recent"] = 1200
    rested.rules["frailty_from_unmet"] = 0.001
    more = sweep(rested).rows["frailty"][keep]
    assert np.allclose(more - after["frailty"][keep], 0.02, atol=1e-5)


def test_the_dead_and_those_who_left_are_left_in_peace():
    gone = bench(0.005).without_cases()
    gone.rows["end_month"] = -1
    found = sweep(gone)
    assert len(found.events) == found.totals.sum() == found.counts.sum() == 0
    assert bits_of(found.rows) == bits_of(gone.rows)


def test_people_move_away_on_birthdays_only_and_without_care():
    leaving = bench(0.01).without_cases()
    leaving.known.councils["leaving"] = 1.0
    found = sweep(leaving, month=1)
    left = found.rows["flags"] & record.LEFT != 0
    expected = birthday_in(1, leaving.rows) & (leaving.rows["care"] == 0)
    assert (left == expected).all()
    assert (found.rows["end_month"][left] == 1).all()
    assert found.counts[:, 3].sum() == left.sum() > 0
    assert found.counts[:, 0].sum() == len(left) - left.sum()


def test_care_home_residents_have_no_informal_help_and_no_unmet_need(base):
    after = sweep(base).rows
    residents = (after["care"] & record.SETTING_MASK) >= RESIDENTIAL
    assert residents.any()
    assert (after["informal"][residents] == 0).all()
    assert (after["unmet_recent"][residents] == 0).all()


def test_frailer_people_die_sooner():
    fragile = bench(0.02)
    fragile.tables["death"] = fragile.tables["death"] * 10.0
    calm = sweep(fragile).rows["flags"] & record.DYING != 0
    fragile.rows["frailty"] = np.minimum(fragile.rows["frailty"] + 0.1, 0.7)
    found = sweep(fragile).rows["flags"] & record.DYING != 0
    assert found.sum() > calm.sum() > 0
    assert (found >= calm).all(), "whom a lower hazard strikes, a higher one strikes too"


def test_settings_of_the_kernel_are_those_of_the_vocabulary():
    assert [Setting.RESIDENTIAL, Setting.NURSING] == [RESIDENTIAL, RESIDENTIAL + 1]


# What carers bear, and who pays


def test_carers_under_strain_who_give_up_and_who_have_given_up_are_counted():
    some = bench(0.01, breakdown_a_year=20.0)
    some.rows["flags"][::3] |= record.CARER_BROKEN
    found = sweep(some)
    after, rules = found.rows, some.rules
    giving = (some.rows["flags"] & record.CARER_BROKEN == 0) & (after["flags"] & record.CARER_BROKEN != 0)
    assert found.totals[:, GAVE_UP].sum() == giving.sum() > 0
    outside = after["care"] & record.SETTING_MASK < RESIDENTIAL
    alive = (after["end_month"] == record.ALIVE) & outside & (after["need"] > 0)
    broken = alive & (after["flags"] & record.CARER_BROKEN != 0) & ~giving
    assert found.totals[:, BROKEN].sum() == broken.sum() > 0
    most = alive & (after["informal"] > 60 * rules.comfortable_hours)  # services may take some of it off them
    assert 0 < found.totals[:, STRAINED].sum() <= (most | giving).sum()


def test_nobody_is_under_strain_where_any_load_can_be_borne(base):
    easy = bench(0.01, comfortable_hours=1000.0)
    assert sweep(easy).totals[:, STRAINED].sum() == 0 < sweep(base).totals[:, STRAINED].sum()


def test_people_who_pay_are_those_whom_a_day_costs_something(base):
    found = sweep(base)
    paid = found.rows["out_of_pocket"] > base.rows["out_of_pocket"]
    assert found.totals[:, PAYING].sum() == paid.sum() > 0
    assert found.totals[:, SELF_PENCE].sum() == (found.rows["out_of_pocket"].astype(int) - base.rows["out_of_pocket"]).sum()


@pytest.mark.parametrize(("care", "days"), [(Setting.HOME, 0), (Setting.REABLEMENT, 0), (Setting.RESIDENTIAL, 9), (Setting.NURSING, 9)])
def test_days_in_a_care_home_are_those_not_in_hospital(care, days):
    assert accrued(person(care=care)[0], 9)[:, CARE_HOME_DAYS].sum() == days
    assert accrued(person(care=care | record.IN_HOSPITAL)[0], 9)[:, CARE_HOME_DAYS].sum() == 0


def test_unmet_need_by_cell_is_unmet_need_by_reason(base):
    totals = sweep(base).totals
    assert (totals[:, UNMET_BY_CELL : UNMET_BY_CELL + N_CELLS].sum(axis=1) == totals[:, UNMET_BY_REASON : UNMET_BY_REASON + N_UNMET].sum(axis=1)).all()
    assert totals[:, UNMET_BY_CELL : UNMET_BY_CELL + N_CELLS].sum() > 0
