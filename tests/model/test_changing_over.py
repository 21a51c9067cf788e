"""A reorganisation in the middle of a run: nothing but who holds and decides changes, and no penny is lost."""

import functools
import re
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.organisation import Purse
from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party, Service
from model.changing_over import Handed, carried_by_account, people_between, prices_taken_over, settle_up, take_up
from model.economy import HealthEconomy
from model.holders import Holders, body_areas
from model.ledger import Parties
from model.parameters import Parameters
from model.place import load_place
from model.structures import (
    BASELINE,
    FOLDER,
    Body,
    CommissioningStructure,
    Payment,
    Pool,
    StructureError,
    Transition,
    list_structures,
    load_structure,
)
from tests.strategies import ALL_HELD, NO_BELIEFS, WatchedEconomy, fingerprints, lived, small_economy

PLACE = load_place("berkshire-west")
HEADLINE = ("separate-budgets", "aligned-budgets", "council-led", "single-budget")
SHORT = Parameters().with_values({"settlement.council_growth": -0.03, "deciding.price_band": 0.0, "settlement.chance_band": 0.0})
PENCE = st.integers(-(10**12), 10**12)


def by_council() -> CommissioningStructure:
    return load_structure("single-budget").model_copy(update={"name": "by-council", "bodies": (Body(kind="commissioner", scope="council"),)})


def coming(structure: str | CommissioningStructure, start: str, replaces: str = BASELINE, announced: str = "2014-04", months: int | None = None) -> CommissioningStructure:
    """A structure that takes the place of another in a month."""
    facts = structure if isinstance(structure, CommissioningStructure) else load_structure(structure)
    return facts.model_copy(update={"transition": Transition(**{"announced": min(announced, start), "from": start, "replaces": replaces, "months": months})})


@functools.cache
def holders_of(name: str) -> Holders:
    kinds = {"by-council": by_council()} | {each: load_structure(each) for each in list_structures()}
    bodies = {body: None for structure in kinds.values() for body in body_areas(structure, PLACE)}
    parties = Parties.of_place(
        councils=[council.name for council in PLACE.councils], consortia=[consortium.name for consortium in PLACE.consortia],
        hospitals=[hospital.name for hospital in PLACE.hospitals], commissioners=list(bodies),
    )  # fmt: skip
    return Holders(kinds[name], PLACE, parties)


NAMES = st.sampled_from([*HEADLINE, "by-council"])
ACCOUNTS = st.sampled_from([account for account in HELD_ACCOUNTS if account != Account.HOSPITAL])


# What passes


@given(NAMES, NAMES, ACCOUNTS)
def test_an_account_passes_to_those_who_look_after_the_same_people(old, new, account):
    before, after = holders_of(old), holders_of(new)
    people = people_between(before, after, account)
    assert people.shape == (len(before.parties(account)), len(after.parties(account)))
    assert (people >= 0).all()
    assert (people.sum(axis=0) > 0).all()
    assert (people.sum(axis=1) > 0).all()
    if np.array_equal(before.parties(account), after.parties(account)):
        assert np.array_equal(people, np.eye(len(people)))
    else:
        assert people.sum() == pytest.approx(PLACE.cells["count"].sum())


@given(PENCE, st.dictionaries(ACCOUNTS, st.integers(0, 10**12), min_size=1), st.booleans())
def test_a_balance_falls_into_accounts_without_loss(carried, budgets, bears):
    purse = Purse((), carried=carried, bears=tuple(budgets)) if bears else Purse(tuple(budgets), carried=carried)
    assert sum(carried_by_account(purse, budgets).values()) == carried


@given(st.dictionaries(st.sampled_from(list(Account)), PENCE), st.lists(st.lists(ACCOUNTS, max_size=3), max_size=3))
def test_what_is_taken_up_is_all_there(own, purses):
    seen: set[Account] = set()
    mine = []
    for accounts in purses:
        mine.append(Purse(tuple(account for account in dict.fromkeys(accounts) if account not in seen)))
        seen |= set(accounts)
    assert sum(purse.carried for purse in take_up(mine, own)) == sum(own.values())


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), PENCE, PENCE)))
def test_debts_are_paid_by_whoever_takes_them_over_and_balances_by_whoever_had_them(rows):
    handed = [Handed(giver, taker, Account.ACUTE, carried, position) for giver, taker, carried, position in rows]
    paid = settle_up(handed)
    assert all(pence > 0 and payer != payee for payer, payee, pence in paid)
    for party in range(4):
        owed = sum(((each.taker == party) - (each.giver == party)) * (each.carried + each.position) for each in handed)
        assert sum(((payee == party) - (payer == party)) * pence for payer, payee, pence in paid) == owed


@given(NAMES, NAMES, ACCOUNTS, st.integers(0, 2**32 - 1))
def test_the_pressure_on_an_account_goes_along_with_it(old, new, account, seed):
    before, after = holders_of(old), holders_of(new)
    drawn = np.random.default_rng(seed).uniform(0.5, 4.0, len(before.parties(account)))
    prices = {party: {account: price} for party, price in zip(before.parties(account).tolist(), drawn.tolist(), strict=True)}
    found = prices_taken_over(before, after, account, prices)
    assert set(found) == set(after.parties(account).tolist())
    assert all(drawn.min() - 1e-9 <= price <= drawn.max() + 1e-9 for price in found.values())


# Runs


@pytest.mark.parametrize("replaced", ["separate-budgets", "single-budget", "council-led"])
@pytest.mark.parametrize("start", ["2015-04", "2014-11"])
def test_a_structure_that_replaces_one_with_the_same_facts_changes_no_bit(replaced, start):
    options = {"scale": 0.005, "years": 3, "parameters": SHORT}
    never = lived(26, structure=replaced, **options)
    same = load_structure(replaced).model_copy(update={"name": "renamed", "title": "Renamed"})
    changed = lived(26, structure=coming(same, start, replaced), **options)
    assert changed.structure.name == "renamed"
    assert fingerprints(changed) == fingerprints(never)


@pytest.mark.parametrize("replaced", HEADLINE)
@pytest.mark.parametrize("to", [*HEADLINE, "by-council"])
def test_money_is_kept_across_a_change(replaced, to):
    """Balances add up to nothing, what purses carry is all still carried, and the treasury's money is the same."""
    structure = coming(by_council() if to == "by-council" else to, "2015-08", replaced)
    economy = small_economy(structure=structure, scale=0.003, years=3, parameters=SHORT)
    for month in range(24):
        if month == 16:
            before = sum(purse.carried for purses in economy._purses.values() for purse in purses)
            prices = [price for holder in economy._holders for account, price in holder.prices.items() if account != Account.HOSPITAL]
            assert economy.structure.name == replaced
            economy._settle()
            economy._settle = lambda: None  # not twice in one month
            assert sum(purse.carried for purses in economy._purses.values() for purse in purses) == before
            assert economy.structure.name == structure.name
            now = [price for holder in economy._holders for account, price in holder.prices.items() if account in economy.budgets.modelled]
            assert min(prices) - 1e-9 <= min(now) <= max(now) <= max(prices) + 1e-9, "pressure goes along with the money"
        economy.step()
        if month == 16:
            del economy._settle
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    given_out = [economy.ledger.paid("treasury", [Service.SETTLEMENT], [month]) for month in (12, 20)]
    assert given_out[0] == pytest.approx(given_out[1], abs=100)
    for account in economy.budgets.modelled:
        holders = economy.holders.parties(account).tolist()
        others = [holder for holder in economy._holders if holder.index not in holders]
        assert not any(account in holder.budgets for holder in others)


def test_people_luck_and_levers_go_on_through_a_change():
    """With levers held and nothing giving way, who holds the money touches nobody."""
    options = {"scale": 0.005, "years": 2, "hold": ALL_HELD, "beliefs": NO_BELIEFS}
    open_handed = {"gives_way": (), "deficit_limits": {}}
    baseline = load_structure(BASELINE).model_copy(update=open_handed)
    mine = load_structure("council-led").model_copy(update=open_handed)
    economy = WatchedEconomy(structure=coming(mine, "2014-10"), **options)
    economy.holders = Holders(baseline, economy.place, economy.parties)  # until it changes
    other = WatchedEconomy(structure=baseline, **options)
    economy.world.structure = baseline
    for _ in range(6):
        economy.step()
        other.step()
    assert fingerprints(economy) == fingerprints(other)
    norms = [dict(unit.norms) for unit in economy._units]
    levers = [dict(unit.levers) for unit in economy._units]
    economy.step()
    assert [dict(unit.norms) for unit in economy._units] == norms
    assert [dict(unit.levers) for unit in economy._units] == levers
    other.step()
    assert fingerprints(economy)["people"] == fingerprints(other)["people"]
    assert fingerprints(economy)["resources"] == fingerprints(other)["resources"]


def test_from_the_month_on_others_pay_and_decide():
    economy = lived(13, structure=coming("council-led", "2014-10"), scale=0.005, years=2, parameters=SHORT)
    entries = economy.ledger.entries()
    acute = entries[entries["service"] == "emergency_spell"]
    councils = {council.name for council in economy.councils}
    assert not set(acute[acute["month"] < 6]["payer"]) & councils
    assert set(acute[acute["month"] >= 6]["payer"]) <= councils
    assert [economy.parties.kind(economy.payer(Account.ACUTE, 0, month)) for month in (0, 5, 6, 12)] == [Party.CONSORTIUM] * 2 + [Party.COUNCIL] * 2
    decided = economy.decisions[economy.decisions["lever"] == "community"]
    assert set(decided[decided["month"] >= 6]["decider"]) <= councils


def test_changing_over_costs_from_the_month_on_and_only_for_money_that_changes_hands():
    options = {"scale": 0.005, "years": 4, "hold": ALL_HELD}
    parameters = Parameters().with_values({"overheads.transition_months": 12.0})
    late, early = (lived(20, structure=structure, parameters=parameters, **options) for structure in (coming("single-budget", "2014-10"), load_structure("single-budget")))
    spent = [[economy.ledger.entries().query("service == 'transition'").groupby("month")["pounds"].sum()] for economy in (late, early)]
    assert sorted(spent[0][0].index) == list(range(6, 18)) and sorted(spent[1][0].index) == list(range(12))
    assert spent[0][0].sum() == pytest.approx(spent[1][0].sum(), abs=0.05)
    nothing = lived(12, structure=coming("aligned-budgets", "2014-10"), **options)
    assert nothing.ledger.entries().query("service == 'transition'").empty
    half = lived(12, structure=coming("single-budget", "2014-10", "council-led"), parameters=parameters, **options)
    whole = sum(change.pence for change in half.budgets.change_overs if change.since == 6)
    everything = sum(int((half.budgets.modelled[account] + half.budgets.committed[account]).sum()) for account in half.budgets.modelled)
    assert whole == pytest.approx(0.023 * everything, rel=1e-6), "all of it changes hands from councils"


@pytest.mark.parametrize("months", [0, 1, 6, 30])
def test_a_transition_may_state_how_long_it_takes_in_cost_and_disruption(months):
    """The same money over as many months, the dip whole at first, and gone with them; without a word it is the shared parameter."""
    stated = coming("single-budget", "2014-10", months=months)
    economy, other = small_economy(structure=stated, years=4, hold=ALL_HELD), small_economy(structure=coming("single-budget", "2014-10"), years=4, hold=ALL_HELD)
    dips = []
    for _ in range(38):
        economy.step()
        dips.append(economy.world.disruption(economy.councils[0]))
    for _ in range(7):
        other.step()
    spent = economy.ledger.entries().query("service == 'transition'").groupby("month")["pounds"].sum()
    assert list(spent.index) == list(range(6, 6 + max(months, 1)))
    assert spent.max() - spent.min() < 0.05
    assert sum(change.pence for change in economy.budgets.change_overs) == sum(change.pence for change in other.budgets.change_overs)
    assert {change.lasts for change in other.budgets.change_overs} == {Parameters().overheads.transition_months}
    expected = [max(1.0 - since / months, 0.0) if months and since > 0 else 0.0 for since in range(-5, 33)]  # as each month has ended
    assert dips == pytest.approx(expected)


@pytest.mark.parametrize("to", ["council-led", "single-budget", "aligned-budgets", "separate-budgets"])
def test_money_that_an_intervention_gave_goes_along_with_the_account(to):
    budgets = []
    for more in (0, 1_000_003):
        economy = small_economy(structure=coming(to, "2014-10"))
        economy.step()
        for council in economy.councils:
            council.budgets[Account.SOCIAL_CARE] += more
        for _ in range(6):
            economy.step()
        budgets.append(sum(holder.budgets.get(Account.SOCIAL_CARE, 0) for holder in economy._holders))
    assert budgets[1] - budgets[0] == 3 * 1_000_003


def test_a_rule_of_payment_changes_with_the_structure():
    block = load_structure(BASELINE).model_copy(update={"name": "block", "payment": Payment(hospital="block")})
    economy = lived(8, structure=coming(block, "2014-08"))
    entries = economy.ledger.entries()
    assert set(entries[entries["service"] == "acute_contract"]["month"]) == {4, 5, 6, 7}
    assert set(entries[entries["service"] == "emergency_spell"]["month"]) == {0, 1, 2, 3}


def test_commissioners_come_and_go():
    economy = lived(9, structure=coming(by_council(), "2014-10", "single-budget"))
    assert [body.name for body in economy.bodies] == [f"single commissioner of {council.name}" for council in economy.councils]
    assert "single commissioner of Berkshire West" in economy.parties.names
    assert sum(isinstance(agent, type(economy.bodies[0])) for agent in economy.agents) == len(economy.councils)
    assert economy.ledger.paid("single commissioner of Berkshire West", [Service.COMMITTED], [5]) > 0
    assert economy.ledger.paid("single commissioner of Berkshire West", [Service.COMMITTED], [6]) == 0


def test_a_pool_of_frail_elders_may_come_later():
    pool = Pool(name="frail", accounts=(Account.ACUTE, Account.SOCIAL_CARE), people="frail_elders", overspend={"commissioner": 1.0})
    mine = load_structure(BASELINE).model_copy(update={"name": "frail", "pools": (pool,), "bodies": (Body(kind="commissioner", scope="place"),)})
    economy = lived(13, structure=coming(mine, "2014-10"), scale=0.005, years=2)
    assert set(economy.frail_parts) > {Account.ACUTE, Account.SOCIAL_CARE}
    assert economy._purses[economy.bodies[0].index][0].answers_for > 0
    assert not economy.ledger.entries().query("service == 'pool' and month == 11").empty


def test_one_that_begins_with_the_run_was_always_there_and_one_beyond_its_end_never_comes():
    at_once = lived(3, structure=coming("single-budget", "2014-04"))
    assert fingerprints(at_once) == fingerprints(lived(3, structure="single-budget"))
    never = lived(3, structure=coming("aligned-budgets", "2034-04"))
    assert never.structure.name == BASELINE
    assert fingerprints(never) == fingerprints(lived(3))


# Funding


@pytest.mark.parametrize("start", ["2014-04", "2014-10"])
def test_the_treasury_may_pay_for_the_change_on_top(start):
    options = {"structure": coming("single-budget", start), "scale": 0.003, "years": 3, "hold": ALL_HELD, "parameters": SHORT}
    within, funded = (lived(30, funding=funding, **options) for funding in ("within", "funded"))
    spent = [sum(economy.ledger.paid(body.index, [Service.TRANSITION]) for body in economy.bodies) for economy in (within, funded)]
    assert spent[0] == spent[1] > 0
    paid = [sum(economy.ledger.paid("treasury", [Service.SETTLEMENT], [month]) for month in range(30)) for economy in (within, funded)]
    assert paid[1] - paid[0] == spent[1]
    body = [economy.bodies[0] for economy in (within, funded)]
    assert funded._purses[body[1].index][0].carried >= within._purses[body[0].index][0].carried
    assert body[1].prices[Account.ACUTE] <= body[0].prices[Account.ACUTE]


def test_funding_changes_nothing_where_nobody_changes_over():
    assert fingerprints(lived(13, years=2)) == fingerprints(lived(13, years=2, funding="funded"))


def test_unknown_funding_is_refused():
    with pytest.raises(ValueError, match=r"HealthEconomy\.funding must be one of within, funded, got 'on top'"):
        HealthEconomy(funding="on top")


# Refusals


def refused(file, old: str, new: str, words: str) -> None:
    """Write a file with something else in it, and see it refused."""
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(StructureError, match=words):
        load_structure(file)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def reformed(tmp_path):
    """A file of the user's own with a transition in mid-life."""
    file = tmp_path / "mine.toml"
    file.write_text(
        (FOLDER / "single-budget.toml").read_text(encoding="utf-8") + '\n[transition]\nannounced = "2015-04"\nfrom = "2016-04"\nmonths = 6\nreplaces = "separate-budgets"\n', encoding="utf-8"
    )
    return file


def test_a_transition_before_the_start_is_refused_in_one_line(tmp_path):
    text = (FOLDER / "single-budget.toml").read_text(encoding="utf-8") + '\n[transition]\nannounced = "2013-04"\nfrom = "2014-03"\n'
    file = tmp_path / "mine.toml"
    file.write_text(text.replace('name = "single-budget"', 'name = "too-early"', 1), encoding="utf-8")
    expected = r"^mine\.toml: transition\.from: must not be before 2014-04, the start of the run \(got '2014-03'\)$"
    with pytest.raises(StructureError, match=expected):
        HealthEconomy(structure=file, scale=0.002)
    with pytest.raises(StructureError, match=expected):
        HealthEconomy(structure={"Reading": file, "rest": "separate-budgets"}, scale=0.002)
    with pytest.raises(StructureError, match=expected.replace("toml", r"toml\+cost-cap", 1)):
        load_structure(f"{file}+cost-cap").begins("2014-04")
    of_no_file = CommissioningStructure.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    with pytest.raises(StructureError, match=r"^structure too-early: transition\.from"):
        of_no_file.begins("2014-04")
    assert of_no_file == load_structure(file), "a structure is what it states, whichever file that stands in"
    load_structure(file).begins("2014-03")


def test_only_a_shipped_structure_can_be_replaced(reformed):
    expected = r"^mine\.toml: transition\.replaces: must be the name of a shipped structure; nearest: separate-budgets.*\(got 'separate-budget'\)$"
    refused(reformed, 'replaces = "separate-budgets"', 'replaces = "separate-budget"', expected)
    refused(reformed, 'replaces = "separate-budgets"', 'form = "2016-04"', r"unknown key; nearest: from")


@pytest.mark.parametrize(("months", "expected"), [("-1", "greater than or equal to 0 (got -1)"), ("6.5", "a valid integer (got 6.5)"), ('"6"', "a valid integer (got '6')"), ("true", "a valid integer (got True)")])
def test_how_long_it_takes_is_a_whole_number_of_months(reformed, months, expected):
    assert load_structure(reformed).transition.months == 6
    refused(reformed, "months = 6", f"months = {months}", rf"^mine\.toml: transition\.months: input should be {re.escape(expected)}$")
    refused(reformed, "months = 6", f"month = {months}", r"transition\.month: unknown key; nearest: months")


def test_what_is_handed_over_carries_the_owners_name():
    economy = lived(12, structure=coming("single-budget", "2014-10"), scale=0.003)
    entries = economy.ledger.entries()
    moved = entries[(entries["service"] == "settlement") & (entries["payer"] != "treasury") & (entries["month"] == 6)]
    assert not moved.empty
    body = economy.bodies[0].name
    assert ((moved["payer"] == body) | (moved["payee"] == body)).all()
    assert Lever.NONE.name.lower() in set(moved["lever"])
    assert economy.parties.kind(body) == Party.COMMISSIONER
