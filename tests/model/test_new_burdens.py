"""New burdens: what the treasury pays for an entitlement is an estimate at rest, and only where a run is funded."""

import functools
import itertools

import numpy as np
import pytest

from agents.patients import record
from agents.vocabulary import Account, Funder, Lever, Party, Service, Setting
from model.accounts import CarePrices
from model.engine import Calendar, Organisations
from model.entitlement import in_force
from model.new_burdens import AtRest, NewBurdens
from model.parameters import Parameters
from model.settlement import FLAT, Settlement, load_settlement
from model.structures import Entitlement, Transition, load_structure
from tests.strategies import ALL_HELD, fingerprints, lived, person, rules_with, small_economy

SCALE = 0.02
BY_HAND = CarePrices(*(np.array([pence]) for pence in (1_400, 50_000, 60_000, 20_000)))
BANDS = [Entitlement(), Entitlement(free_from="critical"), Entitlement(free_from="substantial"), Entitlement(personal_care="free")]


@functools.cache
def at_rest() -> AtRest:
    return small_economy(scale=SCALE, funding="funded", structure="separate-budgets+free-critical-care")._who_needs_help


def one(leaving: float = 0.0, **fields) -> AtRest:
    """A council with one person, judged without strictness, who needs 30 hours a week of which family gives 10."""
    known = Organisations(1, 1, 1)
    known.councils["levers"][:, [Lever.GENEROSITY, Lever.CHARGES]] = 0.5, 1.0
    known.councils["levers"][:, Lever.ELIGIBILITY] = 2.0
    known.councils["own_price"] = 1_800, 9_000, 12_000
    rows = person(need=1_800, informal=600, **fields)
    return AtRest(rows, known.councils, BY_HAND, np.array([[4_000, 5_000]]), leaving, Parameters(), rules_with())


def care(setting: Setting, funder: Funder) -> int:
    return int(setting) | int(funder) << record.FUNDER_SHIFT


# By hand


@pytest.mark.parametrize(
    ("fields", "weekly"),
    [
        ({"care": care(Setting.HOME, Funder.COUNCIL), "package": 600}, 0.12 * 10 * 1_400),  # charges are no longer asked for
        ({"care": care(Setting.HOME, Funder.SELF), "package": 420, "capital": 90_000}, 7 * 1_400),  # what was bought is taken over
        ({"care": care(Setting.RESIDENTIAL, Funder.SELF), "capital": 90_000}, 7 * 4_000),  # care in a home, not board and lodging
        ({"care": care(Setting.NURSING, Funder.SELF), "capital": 90_000}, 7 * 5_000),
        ({"care": care(Setting.RESIDENTIAL, Funder.COUNCIL)}, 0.0),  # charges count towards board and lodging
        ({"care": care(Setting.HOME, Funder.NHS), "package": 600}, 0.0),
        ({"care": care(Setting.HOME, Funder.COUNCIL) | record.IN_HOSPITAL, "package": 600}, 0.0),
        ({"care": care(Setting.HOME, Funder.COUNCIL), "package": 600, "end_month": -1}, 0.0),
        ({}, 0.0),
    ],
)
def test_what_becomes_free_is_paid_for_at_councils_prices(fields, weekly):
    for facts in BANDS[1:]:
        assert one(**fields).yearly(facts)[0] == pytest.approx(weekly / 7.0 * 365.25)
    assert one(**fields).yearly(Entitlement())[0] == 0.0


def test_who_had_no_care_gets_it_as_often_as_people_without_savings_do():
    """Of two eligible people without savings one is a client, so of two with savings one comes: half of 10 hours each."""
    known = Organisations(1, 1, 1)
    known.councils["levers"][:, [Lever.GENEROSITY, Lever.CHARGES]] = 0.5, 1.0
    known.councils["levers"][:, Lever.ELIGIBILITY] = 2.0
    client, other = person(need=1_800, informal=600, care=care(Setting.HOME, Funder.COUNCIL), package=600), person(need=1_800, informal=600)
    rich = person(need=1_800, informal=600, capital=90_000)
    rows = np.concatenate([client, other, rich, rich])
    found = AtRest(rows, known.councils, BY_HAND, np.array([[4_000, 5_000]]), 0.0, Parameters(), rules_with()).yearly(BANDS[1])[0]
    charges, newly = 0.12 * 10 * 1_400, 0.5 * 2 * 10 * 1_400
    assert found == pytest.approx((charges + newly) / 7.0 * 365.25)


def test_a_cap_costs_nothing_before_anybody_can_reach_it():
    """9,000 pence a day are 32,872.50 pounds a year, so 72,000 are reached after 2.19 years."""
    resident = {"care": care(Setting.RESIDENTIAL, Funder.SELF), "capital": 90_000}
    capped = Entitlement(lifetime_cap=72_000.0)
    assert one(**resident).yearly(capped, 2.19)[0] == 0.0
    assert one(**resident).yearly(capped, 2.20)[0] == pytest.approx(4_000 * 365.25)
    reached = 7_200_000 / (9_000 * 365.25)
    assert one(leaving=0.3, **resident).yearly(capped, 5.0)[0] == pytest.approx(4_000 * 365.25 * np.exp(-0.3 * reached))


def test_the_national_minimum_costs_something_only_where_a_council_asks_for_more():
    facts = Entitlement(eligibility="national_minimum")
    assert one().yearly(facts)[0] == 0.0
    assert at_rest().yearly(facts).sum() == 0.0, "all councils of the base year stand at that band"


# Of a place


def test_nothing_is_paid_for_no_entitlement_and_more_for_a_wider_one():
    found = [at_rest().yearly(facts) for facts in BANDS]
    assert (found[0] == 0.0).all()
    assert all((less <= more).all() for less, more in itertools.pairwise(found))
    assert 0.0 < found[1].sum() < found[2].sum() <= found[3].sum()
    caps = [at_rest().yearly(Entitlement(lifetime_cap=pounds), 4.0).sum() for pounds in (1e7, 72_000.0, 20_000.0)]
    assert 0.0 == caps[0] < caps[1] < caps[2] < at_rest().yearly(BANDS[3]).sum()


def test_months_add_up_to_the_grown_estimate_of_a_year_and_begin_when_the_entitlement_does():
    facts = Entitlement(free_from="critical", **{"from": {"free_from": "2015-10"}})
    yearly = at_rest().yearly(BANDS[1])
    for settlement in (FLAT, Settlement(), load_settlement("cuts", places=[("E06000037", "West Berkshire"), ("E06000038", "Reading"), ("E06000041", "Wokingham")])):
        burdens = NewBurdens(at_rest(), [facts] * 3, Calendar("2014-04"), settlement)
        assert all((burdens.month(number) == 0).all() for number in range(18))
        paths = settlement.by_council(2)
        growth = settlement.factor("council", 2) if paths is None else paths
        assert (sum(burdens.month(number) for number in range(24, 36)) == np.floor(yearly * growth)).all()
    assert (NewBurdens(at_rest(), [BANDS[1]] * 3, Calendar("2014-04"), FLAT, since=6).month(5) == 0).all()
    assert in_force(facts, "2015-09").free_from == "none"


def test_it_pays_for_a_later_step_from_its_month_on_and_for_the_first_until_then():
    facts = Entitlement(free_from="critical", **{"steps": [{"from": "2014-10", "free_from": "substantial"}, {"from": "2015-01", "free_from": "none"}]})
    burdens = NewBurdens(at_rest(), [facts] * 3, Calendar("2014-04"), FLAT)
    for months, band in ((range(6), 1), (range(6, 9), 2)):
        alone = NewBurdens(at_rest(), [BANDS[band]] * 3, Calendar("2014-04"), FLAT)
        assert all((burdens.month(month) == alone.month(month)).all() for month in months)
    assert not any(burdens.month(month).any() for month in range(9, 24))


# In a run


def run(structure: str, funding: str, months: int = 12, **options):
    return lived(months, **{"scale": SCALE, "years": 2, "structure": structure, "funding": funding, "hold": ALL_HELD, **options})


def treasury(economy) -> int:
    return sum(economy.ledger.paid("treasury", [Service.SETTLEMENT], [month]) for month in range(economy.month))


@pytest.mark.parametrize("structure", ["separate-budgets", "single-budget-aligned-entitlement", "capitated-provider+free-personal-care"])
def test_books_balance_and_the_treasury_pays_just_the_estimate(structure):
    within, funded = (run(structure, funding) for funding in ("within", "funded"))
    spent = sum(funded.ledger.paid(holder.index, [Service.TRANSITION]) for holder in funded._holders)
    burdens = funded.budgets.burdens
    owed = 0 if burdens is None else sum(int(burdens.month(number).sum()) for number in range(12))
    assert treasury(funded) - treasury(within) == spent + owed
    assert (owed > 0) == (structure != "separate-budgets")
    assert sum(funded.ledger.balances().values()) == 0
    budgets = [sum(holder.budgets.get(Account.SOCIAL_CARE, 0) for holder in economy._holders) for economy in (within, funded)]
    assert budgets[1] - budgets[0] == owed
    assert [costs.social_care.tolist() for costs in funded.costs] == [costs.social_care.tolist() for costs in within.costs], "levers are held"


def test_without_an_entitlement_being_funded_changes_no_bit():
    assert fingerprints(run("separate-budgets", "funded", 3)) == fingerprints(run("separate-budgets", "within", 3))


@pytest.mark.parametrize("option", ["free-critical-care", "free-personal-care"])
def test_the_estimate_covers_what_accounts_lose_in_the_first_year_and_is_about_that_in_the_second(option):
    """Of a full year: who comes for care that is free now does so over months, so that in the first year up to three quarters more is paid than lost.

    In the second it is within a third; few people are simulated.
    """
    free, paid = (run(f"separate-budgets{more}", "funded", 24, demography="frozen", settlement="flat") for more in (f"+{option}", ""))
    for year, most in ((0, 1.75), (1, 4 / 3)):
        months = range(12 * year, 12 * year + 12)
        lost = sum(int(free.costs[month].social_care.sum() - paid.costs[month].social_care.sum()) for month in months)
        owed = sum(int(free.budgets.burdens.month(month).sum()) for month in months)
        assert lost > 0
        assert (1.0 if year == 0 else 2 / 3) <= owed / lost <= most


def test_what_exceeds_the_estimate_is_the_councils_own():
    """The treasury pays the same whatever becomes of people: twice the luck, one estimate."""
    one_seed, other = (run("separate-budgets+free-personal-care", "funded", 4, seed=seed) for seed in (1, 2))
    assert one_seed.costs[3].social_care.tolist() != other.costs[3].social_care.tolist()
    assert treasury(one_seed) == treasury(other)


def test_the_treasury_pays_more_from_the_month_of_a_later_step_on():
    later, never = ({"free_from": "critical", "steps": steps} for steps in ([{"from": "2014-10", "free_from": "substantial"}], []))
    found = []
    for facts in (later, never):
        mine = load_structure("separate-budgets").model_copy(update={"name": "mine", "entitlement": Entitlement(**facts)})
        economy = run(mine, "funded", 9)
        found.append(np.array([economy.ledger.paid("treasury", [Service.SETTLEMENT], [month]) for month in range(9)]))
        assert sum(economy.ledger.balances().values()) == 0
    assert (found[0][:6] == found[1][:6]).all() and (found[0][6:] > found[1][6:]).all()


def test_it_begins_with_the_structure_that_brings_it():
    coming = Transition(**{"announced": "2014-04", "from": "2014-10"})
    mine = load_structure("separate-budgets+free-personal-care").model_copy(update={"name": "mine", "transition": coming})
    paid = {}
    for funding in ("within", "funded"):
        economy = run(mine, funding)
        paid[funding] = np.array([economy.ledger.paid("treasury", [Service.SETTLEMENT], [month]) for month in range(12)])
        assert sum(economy.ledger.balances().values()) == 0
    more = paid["funded"] - paid["within"]
    assert (more[:6] == 0).all() and (more[6:] > 0).all()
    assert all(party == Party.COUNCIL for party in [economy.parties.kind(holder.index) for holder in economy.councils])
