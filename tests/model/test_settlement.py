"""The settlement: compound growth, the same under every structure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Account, Party
from model.accounts import UNIT_OF
from model.settlement import FLAT, SHIPPED, Settlement, list_settlements, load_settlement
from model.structures import list_structures
from tests.strategies import ALL_HELD, EACH_STRUCTURE, lived, small_economy

GROWTH = st.floats(0.0, 0.05)


@given(GROWTH, st.floats(-0.035, 0.05), st.integers(0, 30))
def test_growth_compounds(nhs, council, year):
    settlement = Settlement(nhs_growth=nhs, council_growth=council)
    assert settlement.factor("nhs", 0) == settlement.factor("council", 0) == 1.0
    assert settlement.factor("nhs", year + 1) == pytest.approx(settlement.factor("nhs", year) * (1 + nhs))
    assert settlement.factor("council", year + 1) == pytest.approx(settlement.factor("council", year) * (1 + council))


def test_flat_is_flat():
    assert {FLAT.committed(account, year) for account in UNIT_OF for year in range(10)} == {1.0}
    assert {FLAT.factor(payer, year) for payer in ("nhs", "council") for year in range(10)} == {1.0}


def test_unknown_payers_are_refused():
    with pytest.raises(ValueError, match="payer must be 'nhs' or 'council', got 'treasury'"):
        Settlement().factor("treasury", 1)


def test_it_says_what_it_is():
    words = Settlement(nhs_growth=0.012, council_growth=-0.021).describe()
    assert "+1.2%" in words
    assert "-2.1%" in words
    economy = small_economy(settlement="flat")
    assert "+0.0%" in economy.settlement.describe()


@pytest.mark.parametrize("structure", EACH_STRUCTURE)
def test_every_april_brings_the_years_budget(structure):
    economy = lived(13, years=2, structure=structure, hold=ALL_HELD)
    for holder in economy._holders:
        for account, budget in holder.budgets.items():
            if account == Account.HOSPITAL:
                continue
            before = economy.budgets.of_year(holder.index, 0)[account]
            nhs, council = (int(before * (1 + growth)) for growth in (economy.settlement.nhs_growth, economy.settlement.council_growth))
            if account == Account.MANAGEMENT:  # of councils and of consortia
                assert council - 1 <= budget <= nhs
            else:
                assert budget == (council if UNIT_OF.get(account) == Party.COUNCIL else nhs)


def test_every_structure_gets_the_same_money():
    given_out = []
    for structure in list_structures():
        economy = small_economy(structure=structure)
        totals = {account: sum(holder.budgets.get(account, 0) for holder in economy._holders) for account in Account}
        given_out.append(totals)
        assert sum(
            account in holder.budgets
            for holder in economy._holders
            for account in Account
            if holder.kind == Party.HOSPITAL
        ) == len(economy.hospitals)
    assert all(totals == given_out[0] for totals in given_out)


# Paths of money

YEARS = st.lists(st.floats(-0.1, 0.1), min_size=1, max_size=6)


@pytest.mark.parametrize("name", list_settlements())
def test_shipped_settlements_load_and_say_what_they_are(name):
    settlement = load_settlement(name)
    assert settlement.factor("nhs", 0) == settlement.factor("council", 0) == 1.0
    assert len(settlement.describe()) > 40
    assert (settlement.factor("nhs", 5) == 1.0) == (name == "flat")


@given(YEARS, YEARS, st.integers(0, 20))
def test_a_path_grows_year_by_year_and_its_last_year_goes_on(nhs, council, year):
    settlement = load_settlement({"nhs": nhs, "council": council})
    for payer, path in (("nhs", nhs), ("council", council)):
        growth = settlement.factor(payer, year + 1) / settlement.factor(payer, year) - 1.0
        assert growth == pytest.approx(path[min(year, len(path) - 1)])
    assert settlement.committed(Account.ACUTE, year) == Settlement().committed(Account.ACUTE, year)


def test_money_is_ordered_as_the_names_say():
    after = {name: [load_settlement(name).factor(payer, 4) for payer in ("nhs", "council")] for name in list_settlements()}
    for payer in (0, 1):
        assert after["squeezed"][payer] < after["flat"][payer] < after["growth"][payer] < after["ample"][payer]
    assert after["cuts"][1] < after["flat"][1] and after["published"][1] < after["flat"][1]


def test_cuts_differ_by_kind_of_council():
    places = [("E09000033", "Westminster"), ("E08000010", "Wigan"), ("E06000037", "West Berkshire")]
    paths = load_settlement("cuts", places=places).by_council(4)
    assert paths[0] < paths[1] < paths[2] < 1.0
    assert load_settlement("cuts", places=places[2:]).by_council(4) is None
    assert load_settlement("national", places=places).by_council(4) is None


def test_a_council_named_has_its_own_path_and_others_go_on_as_before():
    named = {"nhs": 0.0, "council": 0.0, "councils": {"Wokingham": [-0.1]}}
    economy, plain = (lived(13, years=2, hold=ALL_HELD, settlement=each) for each in (named, {"nhs": 0.0, "council": 0.0}))
    for ours, theirs in zip(economy.councils, plain.councils, strict=True):
        a, b = (each.budgets[Account.SOCIAL_CARE] for each in (ours, theirs))
        assert a == pytest.approx(b * (0.9 if ours.name == "Wokingham" else 1.0), abs=2)


def test_under_one_purse_the_paths_of_councils_add_up():
    named = {"nhs": 0.0, "council": 0.0, "councils": {"Wokingham": [-0.1]}}
    single, separate = (lived(13, years=2, hold=ALL_HELD, settlement=named, structure=name) for name in ("single-budget", "separate-budgets"))
    money = [sum(holder.budgets.get(Account.SOCIAL_CARE, 0) for holder in each._holders) for each in (single, separate)]
    assert money[0] == pytest.approx(money[1], abs=3)


def test_the_same_path_by_name_and_by_file_is_the_same(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text((SHIPPED / "national.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert load_settlement(own) == load_settlement(str(own)) == load_settlement("national")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("nationl", "unknown settlement 'nationl'; nearest: national"),
        ("nowhere.toml", "nowhere.toml: cannot be read: No such file"),
        (3, "settlement must be a name, the path of a .toml file, or growth by year, got 3"),
        ({"nhs": [0.01]}, "settlement: council: must be given, real growth from year to year"),
        ({"nhs": [2.0], "council": [0.0]}, r"settlement: nhs: must be growth from year to year between -0.5 and 0.5, such as \[0.01, 0.02\] \(got 2.0\)"),
        ({"nhs": [], "council": [0.0]}, "settlement: nhs: must have growth for at least one year"),
        ({"nhs": ["a"], "council": [0.0]}, "nhs: must be growth"),
        ({"nhs": [float("nan")], "council": [0.0]}, "nhs: must be growth"),
        ({"nhs": [0.0], "council": [True]}, "council: must be growth"),
        ({"nhs": [0.0], "council": [0.0], "counsils": {}}, "settlement: counsils: unknown key; nearest: council"),
        ({"nhs": [0.0], "council": [0.0], "councils": {"Wigan": [9]}}, "settlement: councils.Wigan: must be growth"),
        ({"nhs": [0.0], "council": [0.0], "councils": 3}, "settlement: councils: must be growth by year for each council"),
        ({"nhs": [0.0], "council": [0.0], "title": 3}, "settlement: title: must be text"),
    ],
)
def test_bad_settlements_are_refused_in_one_line(given, says):
    with pytest.raises(ValueError, match=says) as refusal:
        load_settlement(given)
    assert len(str(refusal.value).splitlines()) == 1
