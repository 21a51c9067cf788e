"""Entitlements: what people no longer pay falls on the social care account, in the same month; nobody without need costs anything."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.entitlements import EntitlementRules, taken_up
from agents.patients import record
from agents.patients.living import COUNCIL_CARE, FREE_CARE, SELF_CARE
from agents.vocabulary import Funder, Lever, Setting
from model.entitlement import ceiling, free_day, in_force
from model.parameters import Parameters
from model.place import load_place
from model.structures import FOLDER, Entitlement, StructureError, load_structure
from tests.strategies import ALL_HELD, fingerprints, lived, small_economy, total

SCALE = 0.02
FREE = ("free-personal-care", "free-critical-care", "free-substantial-care")


def with_option(option: str) -> str:
    return f"separate-budgets+{option}" if option else "separate-budgets"


@functools.cache
def held(option: str = "", months: int = 1):
    return lived(months, scale=SCALE, years=2, structure=with_option(option), hold=ALL_HELD)


def households(economy, month: int = 0) -> int:
    return int(economy.costs[month].households.sum())


def social_care(economy, month: int = 0) -> int:
    return int(economy.costs[month].social_care.sum())


@pytest.mark.parametrize("option", FREE)
def test_what_households_no_longer_pay_the_account_bears_in_the_same_month(option):
    """To the penny but for care that starts or ends otherwise in the month; providers get what they got."""
    free, paid = held(option), held()
    saved, borne = households(paid) - households(free), social_care(free) - social_care(paid)
    assert saved > 0
    assert borne == pytest.approx(saved, rel=0.02)
    free.ledger.books_balance(0)


def test_what_is_free_in_care_homes_is_paid_for_to_the_penny():
    free, paid = held("free-personal-care").costs[0], held().costs[0]
    moved = (free.free_residential + free.free_nursing).sum()
    assert moved > 0
    assert paid.self_residential.sum() + paid.self_nursing.sum() - free.self_residential.sum() - free.self_nursing.sum() == moved
    assert (free.residential == paid.residential).all(), "whoever pays board and lodging goes on doing so"


def test_more_of_an_entitlement_costs_more_and_leaves_households_more():
    order = ("", "free-critical-care", "free-substantial-care", "free-personal-care")
    bills = [households(held(option)) for option in order]
    accounts = [social_care(held(option)) for option in order]
    assert bills == sorted(bills, reverse=True) and len(set(bills)) > 2
    assert accounts == sorted(accounts) and len(set(accounts)) > 2


def test_people_who_bought_what_councils_would_grant_become_clients_and_others_ask():
    free, paid = held("free-personal-care"), held()
    bought = (paid.engine.people.rows["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK) == Funder.SELF
    rows = free.engine.people.rows[: len(bought)]
    taken_over = bought & (rows["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK == Funder.COUNCIL)
    assert taken_over.any()
    assert (rows["package"][taken_over] == paid.engine.people.rows["package"][taken_over]).all(), "as it stands, until the next review"
    asked = [((each.engine.people.rows["flags"] & record.ASKED) != 0).sum() for each in (free, paid)]
    assert asked[0] >= asked[1]


def test_free_care_is_not_charged_for():
    month = held("free-personal-care").months[0]
    assert (month.totals[:, FREE_CARE] == month.totals[:, COUNCIL_CARE]).all()
    assert (held().months[0].totals[:, FREE_CARE] == 0).all()


@pytest.mark.parametrize("option", [*FREE, "cost-cap", "personal-budgets"])
def test_people_without_need_cost_nothing(option):
    def without(economy):
        """Nobody needs help, or has any, from the first day."""
        rows = economy.engine.people.rows
        rows["need_trait"], rows["need"], rows["informal"], rows["package"], rows["care"] = -30_000, 0, 0, 0, 0
        economy.engine.n_cases = 0
        economy.engine.case_of[:] = -1
        return economy

    economy = without(small_economy(structure=with_option(option), hold=ALL_HELD))
    economy.step()
    costs = economy.costs[0]
    for name in ("charges", "free_residential", "free_nursing", "self_home", "self_residential", "self_nursing"):
        assert (getattr(costs, name) == 0).all(), name
    assert (economy.months[0].totals[:, [COUNCIL_CARE, SELF_CARE]] == 0).all()


# The cap


def capped(pounds: float):
    structure = load_structure("separate-budgets")
    return structure.model_copy(update={"entitlement": Entitlement(lifetime_cap=pounds)})


def test_a_cap_frees_whoever_has_paid_as_much_and_nobody_else():
    economy = small_economy(scale=SCALE, structure=capped(1_000.0), hold=ALL_HELD)
    for _ in range(4):
        before = economy.engine.people.rows["out_of_pocket"].copy()
        economy.step()
        rows = economy.engine.people.rows[: len(before)]
        there = rows["end_month"] >= economy.month
        reached = (rows["care"] & record.CAPPED) != 0
        assert not reached[before < 100_000].any()
        pays = (rows["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK) == Funder.SELF
        settled = there & pays & (before >= 100_000) & (rows["care"] & record.IN_HOSPITAL == 0)
        assert reached[settled].all()
    assert reached.any()
    assert (economy.costs[-1].free_residential + economy.costs[-1].free_nursing).sum() > 0
    assert (economy.costs[0].free_residential == 0).all(), "nobody has reached it in the first month"


def test_lower_caps_leave_households_more():
    spent = [sum(costs.households.sum() for costs in lived(5, scale=SCALE, structure=capped(pounds), hold=ALL_HELD).costs) for pounds in (0.0, 3_000.0, 500.0)]
    assert spent[0] > spent[1] > spent[2]


def test_a_cap_that_nobody_reaches_changes_no_bit():
    assert fingerprints(lived(3, structure=capped(1e6))) == fingerprints(lived(3))


# The national minimum


def test_the_national_minimum_brings_down_in_its_month_who_stands_above():
    economy = lived(11, structure="separate-budgets+national-minimum", hold={**ALL_HELD, "eligibility": 3.0}, years=2)
    assert [council.levers[Lever.ELIGIBILITY] for council in economy.councils] == [3.0] * 3
    economy.step()
    economy.step()
    assert [council.levers[Lever.ELIGIBILITY] for council in economy.councils] == [2.0] * 3
    log = economy.decisions.query("lever == 'eligibility'")
    assert set(log["month"]) == {12} and set(log["before"]) == {3.0} and set(log["after"]) == {2.0}
    assert (log["decider"] == "rules").all()


def test_no_council_may_go_above_it_and_any_may_be_more_generous():
    economy = small_economy(structure="separate-budgets+national-minimum", start="2015-04")
    economy.step()
    option = next(option for council in economy.councils for option in council.options(economy.world) if option.lever == Lever.ELIGIBILITY)
    assert option.ceiling == 2.0 and option.level == 2.0
    generous = small_economy(structure="separate-budgets+national-minimum", start="2015-04", hold={"eligibility": 1.0})
    generous.step()
    assert generous.councils[0].levers[Lever.ELIGIBILITY] == 1.0


def test_free_care_from_a_band_is_an_entitlement_to_care_from_that_band():
    assert ceiling(Entitlement()) == ceiling(Entitlement(free_from="critical")) == 3.0
    assert ceiling(Entitlement(free_from="substantial")) == ceiling(Entitlement(eligibility="national_minimum")) == 2.0


def test_facts_hold_from_their_months_on():
    facts = Entitlement(eligibility="national_minimum", lifetime_cap=72_000.0, **{"from": {"lifetime_cap": "2016-04"}})
    early, late = in_force(facts, "2016-03"), in_force(facts, "2016-04")
    assert (early.eligibility, early.lifetime_cap) == ("national_minimum", 0.0)
    assert late.lifetime_cap == 72_000.0


STEPS = [{"from": "2014-10", "free_from": "substantial"}, {"from": "2015-04", "lifetime_cap": 50_000.0, "free_from": "none"}]


def test_steps_change_what_they_state_from_their_months_on_and_nothing_else():
    facts = Entitlement(free_from="critical", personal_care="free", **{"from": {"free_from": "2014-06"}, "steps": STEPS})
    found = {month: in_force(facts, month) for month in ("2014-05", "2014-06", "2014-09", "2014-10", "2015-03", "2015-04", "2024-04")}
    assert [each.free_from for each in found.values()] == ["none", "critical", "critical", "substantial", "substantial", "none", "none"]
    assert [each.lifetime_cap for each in found.values()] == [0.0] * 5 + [50_000.0] * 2
    assert {each.personal_care for each in found.values()} == {"free"}


def stepped(*steps: dict[str, object], **facts: object):
    entitlement = Entitlement(**facts, **{"steps": list(steps)})
    return load_structure("separate-budgets").model_copy(update={"name": "stepped", "entitlement": entitlement})


def test_a_later_step_begins_within_the_run_and_changes_no_bit_before():
    options = {"scale": SCALE, "years": 2, "hold": ALL_HELD}
    later, never, at_once = (small_economy(structure=each, **options) for each in (
        stepped({"from": "2014-07", "free_from": "substantial"}, free_from="critical"), stepped(free_from="critical"), stepped(free_from="substantial"),
    ))  # fmt: skip
    for month in range(5):
        for economy in (later, never, at_once):
            economy.step()
        if month == 2:
            assert fingerprints(later) == fingerprints(never)
    assert [[float(each["free_band"][0]) for each in economy.council_entitlements] for economy in (later, at_once)] == [[3.0] * 3 + [2.0] * 2, [2.0] * 5]
    assert households(later, 4) < households(never, 4)
    assert social_care(later, 4) > social_care(never, 4)


def test_a_step_before_the_start_holds_from_the_start_on():
    options = {"scale": SCALE, "years": 2, "hold": ALL_HELD}
    found = [fingerprints(lived(2, structure=each, **options)) for each in (stepped({"from": "2014-04", "free_from": "critical"}), stepped(free_from="critical"))]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ('[{ from = "2016-04", free_from = "critical" }, { from = "2016-04", free_from = "none" }]', "entitlement.steps.1.from: must be after 2016-04, the month of the step before (got '2016-04')"),
        ('[{ from = "2016-04", free_from = "critical" }, { from = "2015-04", free_from = "none" }]', "entitlement.steps.1.from: must be after 2016-04, the month of the step before (got '2015-04')"),
        ('[{ from = "2016-04" }]', "entitlement.steps.0: must state what holds from then on, such as free_from (got from alone)"),
        ('[{ from = "2016-04", choice = "personal_budgets" }]', "entitlement.steps.0.from: must be after 2017-04, from which choice holds at first (got '2016-04')"),
        ('[{ from = "2016-13", free_from = "critical" }]', "entitlement.steps.0.from: "),
        ('[{ free_from = "critical" }]', "entitlement.steps.0.from: must be given (got nothing)"),
        ('[{ from = "2016-04", free_form = "critical" }]', "entitlement.steps.0.free_form: unknown key; nearest: free_from"),
        ('[{ from = "2016-04", free_from = "substancial" }]', "entitlement.steps.0.free_from: "),
        ('"2016-04"', "entitlement.steps: "),
    ],
)  # fmt: skip
def test_steps_that_say_nothing_or_are_out_of_order_are_refused_with_file_and_key(tmp_path, steps, expected):
    file = tmp_path / "mine.toml"
    stated = f'\n[entitlement]\nchoice = "personal_budgets"\nsteps = {steps}\n\n[entitlement.from]\nchoice = "2017-04"\n'
    file.write_text((FOLDER / "separate-budgets.toml").read_text(encoding="utf-8") + stated, encoding="utf-8")
    with pytest.raises(StructureError) as refused:
        load_structure(file)
    assert str(refused.value).startswith(f"mine.toml: {expected}")
    assert "got" in str(refused.value) and "\n" not in str(refused.value)


def test_the_second_step_of_the_commission_is_an_alternative_and_the_shipped_structure_stays_at_critical_need():
    shipped, later = (load_structure(f"single-budget-aligned-entitlement{more}").entitlement for more in ("", "~free-at-substantial-need-later"))
    assert shipped == Entitlement(free_from="critical")
    assert [in_force(later, month).free_from for month in ("2014-04", "2020-03", "2020-04")] == ["critical", "critical", "substantial"]


# Personal budgets


@given(st.floats(0.0, 1.0))
def test_take_up_only_grows_and_never_beyond_everybody(share):
    later = taken_up(np.array([share]), EntitlementRules())[0]
    assert share <= later + 1e-12 and later <= 1.0


def test_personal_budgets_suit_people_better_and_change_nothing_else():
    budgets, without = held("personal-budgets", 3), held("", 3)
    assert total(budgets, "scrqol") > total(without, "scrqol")
    for measure in ("qalys", "public_spending", "household_cost", "unmet_hours", "emergency_admissions"):
        assert total(budgets, measure) == total(without, measure), measure
    regained = total(budgets, "scrqol") - total(without, "scrqol")
    none, all_of_it = (Parameters().with_values({"quality.budget_fits": fits}) for fits in (0.0, 0.2))
    found = [total(lived(3, scale=SCALE, years=2, structure=with_option("personal-budgets"), hold=ALL_HELD, parameters=each), "scrqol") for each in (none, all_of_it)]
    assert found[0] == total(without, "scrqol")
    assert found[1] - found[0] == pytest.approx(2.0 * regained, rel=0.01), "a share of what was lost"


def test_what_budgets_cost_to_run_is_paid_for_home_care():
    dear = Parameters().with_values({"entitlement.budget_costs": 0.1})
    costly, free = (lived(1, scale=SCALE, structure="separate-budgets+personal-budgets", hold=ALL_HELD, parameters=each) for each in (dear, Parameters()))
    assert costly.costs[0].home_care.sum() > free.costs[0].home_care.sum()
    assert costly.costs[0].self_home.sum() == free.costs[0].self_home.sum()


# Competition, and what is paid of a day in a care home


def test_competing_providers_take_longer_to_arrange_with():
    slow = Parameters().with_values({"entitlement.competing_days": 3.0})
    economy = small_economy(structure="separate-budgets+any-willing-provider", parameters=slow)
    economy.step()
    assert economy.rules["planning_days"] == slow.care.planning_days * 3.0
    delayed = [total(lived(4, scale=SCALE, structure=with_option(option), hold=ALL_HELD, parameters=slow), "delayed_days_true") for option in ("any-willing-provider", "")]
    assert delayed[0] > delayed[1]


@given(st.floats(0.0, 1.0))
def test_nobody_is_paid_more_for_than_a_day_costs(board):
    place = load_place("berkshire-west")
    price = np.array([[1_800, 9_000, 15_000]] * len(place.councils))
    paid = free_day(place, board, price)
    assert ((paid >= 0) & (paid <= price[:, 1:])).all()
    assert (free_day(place, 1.0, price) == 0).all()


def test_residents_who_pay_are_still_residents_who_pay():
    rows = held("free-personal-care").engine.people.rows
    home = rows["care"] & record.SETTING_MASK >= Setting.RESIDENTIAL
    assert ((rows["care"][home] >> record.FUNDER_SHIFT & record.FUNDER_MASK) == Funder.SELF).any()


def test_free_care_is_a_payment_of_the_account_by_rules():
    entries = held("free-personal-care").ledger.entries()
    rules = entries[(entries["decider"] == "rules") & entries["service"].isin(["residential_care", "nursing_care"]) & (entries["payer"] != "households")]
    costs = held("free-personal-care").costs[0]
    assert rules["pounds"].sum() == pytest.approx((costs.free_residential + costs.free_nursing).sum() / 100.0)
