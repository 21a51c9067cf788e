"""Structures by council in one run: money and decisions go by where people live, no penny is lost, and one structure for all is as before."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.vocabulary import Account, Lever, Party, Service
from model.accounts import SERVICES_OF, UNIT_OF
from model.economy import HealthEconomy
from model.holders import OWNER_OF, Holders, body_areas, people_shared
from model.ledger import CONSEQUENCE, JOURNAL, Parties
from model.parameters import Parameters
from model.patchwork import Patchwork, check_structure, check_together, patchwork_files, patchwork_of
from model.place import load_place
from model.structures import (
    BASELINE,
    CommissioningStructure,
    Payment,
    StructureError,
    Transition,
    list_structures,
    load_structure,
)
from tests.strategies import NO_BELIEFS, fingerprints, lived, small_economy

PLACE = load_place("berkshire-west")
COUNCILS = [(council.code, council.name) for council in PLACE.councils]
NAMES = [name for _, name in COUNCILS]
READING = "Reading"
MIXED = {READING: "single-budget", "rest": BASELINE}
SHORT = Parameters().with_values({"settlement.council_growth": -0.03, "deciding.price_band": 0.0, "settlement.chance_band": 0.0})
CHOICE = ("separate-budgets", "council-led", "consortium-led", "single-budget", "section-75-pool", "separate-budgets+redrawn-boundaries", "better-care-fund")


def holders_of(patchwork: Patchwork) -> Holders:
    parties = Parties.of_place(
        councils=NAMES, consortia=[each.name for each in PLACE.consortia], hospitals=[each.name for each in PLACE.hospitals],
        commissioners=list(body_areas(patchwork, PLACE)),
    )  # fmt: skip
    return Holders(patchwork, PLACE, parties)


@functools.cache
def mixed(names: tuple[str, ...]) -> Holders:
    return holders_of(Patchwork([load_structure(name) for name in names]))


def coming(structure: str, start: str, announced: str = "2014-04", months: int | None = None) -> CommissioningStructure:
    return load_structure(structure).model_copy(update={"transition": Transition(**{"announced": announced, "from": start, "months": months})})


def money(economy: HealthEconomy) -> int:
    return sum(pence for holder in economy._holders for account, pence in holder.budgets.items() if account in UNIT_OF)


# Who has which


def test_councils_are_named_by_name_or_code_and_the_rest_by_one_word():
    for key in (READING, "reading", "E06000038", "Reading Borough Council"):
        found = patchwork_of({key: "single-budget", "rest": BASELINE}, COUNCILS)
        assert [found.structures[number].name for number in found.number] == [("single-budget" if name == READING else BASELINE) for name in NAMES]
    named = patchwork_of({"E06": BASELINE, "E0600003": "council-led", READING: "single-budget"}, [("E06000038", READING), ("E06000041", "Wokingham"), ("E06000037", "West Berkshire")])
    assert [each.name for each in named.structures] == ["single-budget", BASELINE, "council-led"], "a name comes before a code, and a longer code before a shorter"
    assert patchwork_of(BASELINE, COUNCILS).only == load_structure(BASELINE)
    with pytest.raises(ValueError, match="councils live under different structures"):
        assert named.only


def test_a_file_states_the_same(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('title = "Reading alone"\nsource = "s"\nrest = "separate-budgets"\n\n[councils]\nReading = "single-budget+cost-cap"\n', encoding="utf-8")
    found = patchwork_of(own, COUNCILS)
    assert sorted(each.name for each in found.structures) == [BASELINE, "single-budget+cost-cap"]
    check_structure(str(own), PLACE, "2014-04")
    assert patchwork_files(str(own)) == [str(own)]
    with pytest.raises(StructureError, match=r"^mine\.toml: councils: must be left out here, where one structure for all councils is wanted"):
        load_structure(own)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"Redding": "single-budget", "rest": BASELINE}, r"^structure: councils\.Redding: must be a council of the place, by name or how its ONS code begins; nearest: Reading"),
        ({READING: "single-buget", "rest": BASELINE}, r"^structure: councils\.Reading: unknown structure 'single-buget'; nearest: single-budget"),
        ({READING: 3, "rest": BASELINE}, r"^structure: councils\.Reading: must be the name of a structure, or the path of its \.toml file \(got 3\)"),
        ({READING: "single-budget"}, r"^structure: rest: must be given, the structure of councils that are not named: .*Wokingham.* \(got nothing\)$"),
        ({}, r"^structure: must name a structure for each council"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(given, says):
    with pytest.raises(StructureError, match=says) as refusal:
        HealthEconomy(structure=given, scale=0.002)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('rest = "separate-budgets"\nothers = 1\n[councils]\nReading = "stasis"\n', r"^mine\.toml: others: unknown key of a file of structures by council; nearest: "),
        ('rest = "separate-budgets"\ntitle = 1\n[councils]\nReading = "stasis"\n', r"^mine\.toml: title: must be text \(got 1\)$"),
        ('rest = "separate-budgets"\n[councils]\n', r"^mine\.toml: councils: must name a structure for some councils \(got \{\}\)$"),
        ('[councils]\nReading = "stasis"\n', r"^mine\.toml: rest: must be given"),
        ('rest = "separate-budgets"\n[councils]\nReading = "mine.toml"\n', r"cannot be read"),
    ],
)
def test_a_file_is_refused_with_file_key_given_and_expected(tmp_path, text, says):
    own = tmp_path / "mine.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(StructureError, match=says):
        check_structure(own, PLACE, "2014-04")


def test_what_is_one_for_the_whole_place_is_refused_where_structures_differ():
    fines = f"{BASELINE}+delayed-discharge-fines"
    with pytest.raises(StructureError, match=r"^structure: payment\.delays must be the same under all structures of one run.*'reimbursed' in separate-budgets\+delayed"):
        HealthEconomy(structure={READING: fines, "rest": BASELINE}, scale=0.002)
    with pytest.raises(StructureError, match=r"^structure: any_willing_provider must be the same"):
        HealthEconomy(structure={READING: "fragmented", "rest": BASELINE}, scale=0.002)
    with pytest.raises(StructureError, match=r"^structure: learning must be off where councils live under different structures"):
        HealthEconomy(structure=MIXED, scale=0.002, learning=True)
    allied = load_structure(BASELINE).model_copy(update={"name": "allied", "payment": Payment(hospital="alliance", shares={Party.HOSPITAL: 0.5, Party.CONSORTIUM: 0.5})})
    with pytest.raises(StructureError, match=r"^structure: an alliance needs hospitals of its own; Royal Berkshire.* also serves councils that are not under allied"):
        HealthEconomy(structure={READING: allied, "rest": BASELINE}, scale=0.002)
    check_together(Patchwork([allied] * 3), PLACE, learning=True)


# Who bears and who decides


@given(st.tuples(*[st.sampled_from(CHOICE)] * 3), st.sampled_from(sorted(UNIT_OF)), st.lists(st.integers(0, 10**12), min_size=4, max_size=4))
def test_bills_go_by_where_people_live_and_nothing_is_lost(names, account, pence):
    holders = mixed(names)
    units = len(holders.shares(account))
    borne = holders.borne(account, np.array(pence[:units]))
    assert borne.sum() == sum(pence[:units])
    bills: dict[int, int] = {}
    for unit in range(units):
        for party, part in holders.bill(account, unit, pence[unit]):
            bills[party] = bills.get(party, 0) + part
    assert {party: part for party, part in bills.items() if part} == {int(party): int(part) for party, part in zip(holders.parties(account), borne, strict=True) if part}
    both = people_shared(PLACE)[Party.COUNCIL, Party.CONSORTIUM]
    assert holders.shares(account).sum() == both.sum()
    for council, name in enumerate(names):
        kind = load_structure(name).holder(account)
        mine = holders.of_council(account, council)
        assert mine.sum() == both[council].sum()
        for party in holders.parties(account)[mine > 0.0].tolist():
            assert party in holders.parties_of(kind)
            assert kind not in (Party.COUNCIL, Party.COMMISSIONER) or holders.structure_of(party) is holders.structure_of(council_party(holders, council))


def council_party(holders: Holders, council: int) -> int:
    return int(holders.parties_of(Party.COUNCIL)[council])


@given(st.tuples(*[st.sampled_from(CHOICE)] * 3), st.sampled_from(sorted(OWNER_OF)))
def test_a_lever_is_decided_as_the_structure_of_most_of_its_owners_people_says(names, lever):
    holders = mixed(names)
    for position, owner in enumerate(holders.parties_of(OWNER_OF[lever]).tolist()):
        council = int(np.argmax(holders.areas[OWNER_OF[lever], Party.COUNCIL][position]))
        structure = load_structure(names[council])
        decider = holders.decided_by(lever, owner)
        assert decider in holders.parties_of(structure.decider(lever))
        if OWNER_OF[lever] == Party.COUNCIL and structure.decider(lever) in (Party.COUNCIL, Party.COMMISSIONER):
            assert holders.structure_of(decider) == structure


@pytest.mark.parametrize("name", [name for name in list_structures() if name != "accountable-care"])
def test_one_structure_named_for_each_council_is_one_for_all(name):
    alone, by_council = holders_of(Patchwork([load_structure(name)] * 3)), mixed((name,) * 3)
    assert by_council.structure == alone.structure
    for account in UNIT_OF:
        assert np.array_equal(alone.shares(account), by_council.shares(account))
        assert np.array_equal(alone.shares(account), alone.looked_after(UNIT_OF[account], alone.structure.holder(account)))


@pytest.mark.parametrize("dtype", [JOURNAL, CONSEQUENCE])
@given(st.tuples(*[st.sampled_from(CHOICE)] * 3), st.lists(st.tuples(st.sampled_from(sorted(SERVICES_OF)), st.integers(0, 2), st.integers(0, 10**9)), max_size=8))
def test_rows_keep_their_pounds(dtype, names, given_rows):
    holders = mixed(names)
    rows = np.zeros(len(given_rows), dtype=dtype)
    for row, (account, unit, pence) in zip(rows, given_rows, strict=True):
        row["payer"], row["service"], row["pence"] = holders.parties_of(UNIT_OF[account])[unit], SERVICES_OF[account][0], pence
    after = holders.as_structured(rows)
    for account in UNIT_OF:
        ours = [np.isin(table["service"], SERVICES_OF[account]) for table in (rows, after)]
        assert rows["pence"][ours[0]].sum() == after["pence"][ours[1]].sum()
        assert set(after["payer"][ours[1]].tolist()) <= set(holders.parties(account).tolist())


def test_a_body_for_the_place_is_one_for_the_councils_under_its_structure():
    holders = mixed(("single-budget", "single-budget", BASELINE))
    assert list(body_areas(holders.patchwork, PLACE)) == [f"single commissioner of {NAMES[0]} and {NAMES[1]}"]
    people = people_shared(PLACE)[Party.COUNCIL, Party.COUNCIL].sum(axis=1)
    assert holders.people[Party.COUNCIL, Party.COMMISSIONER][:, 0].tolist() == [people[0], people[1], 0.0]
    assert holders.people[Party.COMMISSIONER, Party.COMMISSIONER].tolist() == [[people[0] + people[1]]]


# Runs


@pytest.mark.parametrize("name", [BASELINE, "single-budget", "better-care-fund"])
def test_naming_one_structure_for_every_council_changes_no_bit(name):
    options = {"scale": 0.004, "years": 2, "parameters": SHORT}
    plain = lived(14, structure=name, **options)
    assert plain.by_council == []
    assert fingerprints(lived(14, structure={READING: name, "rest": name}, **options)) == fingerprints(plain)


@pytest.fixture(scope="module")
def side_by_side():
    return lived(26, structure=MIXED, scale=0.01, years=3, parameters=SHORT)


def test_the_books_balance_and_budgets_are_the_same_money(side_by_side):
    for month in range(26):
        side_by_side.ledger.books_balance(month)
    assert sum(side_by_side.ledger.balances().values()) == 0
    first, plain = (lived(1, structure=structure, scale=0.01, years=3, parameters=SHORT) for structure in (MIXED, BASELINE))
    assert money(first) == pytest.approx(money(plain), abs=100), "to the penny of each account that is rounded"
    for account in UNIT_OF:
        cost = sum(int(month.on(account).sum()) for month in side_by_side.costs)
        entries = side_by_side.ledger.entries()
        entries = entries[entries["service"].isin([service.name.lower() for service in SERVICES_OF[account]])]
        names = {side_by_side.parties.names[party] for party in side_by_side.holders.parties(account)}
        pounds = entries[entries["payer"].isin(names)]["pounds"].sum() - entries[entries["payee"].isin(names)]["pounds"].sum()
        assert round(pounds * 100) == cost


def test_who_pays_and_decides_goes_by_council(side_by_side):
    body = f"single commissioner of {READING}"
    entries = side_by_side.ledger.entries()
    payers = set(entries[entries["service"] == "home_care"]["payer"]) - {"households"}
    assert payers == {body, *(name for name in NAMES if name != READING)}
    assert body in set(entries[entries["service"] == "emergency_spell"]["payer"])
    decided = side_by_side.decisions
    assert {body, *NAMES} - {READING} <= set(decided["decider"]), "each decides something in two years of short money"
    assert set(decided[decided["organisation"] == READING]["decider"]) <= {body, "rules"}
    for name in set(NAMES) - {READING}:
        assert set(decided[decided["organisation"] == name]["decider"]) <= {name, "rules"}
    council = side_by_side.councils[NAMES.index(READING)]
    assert side_by_side.world_of(council).structure.name == "single-budget"
    assert side_by_side.world is side_by_side.worlds[0]
    assert {side_by_side.holders.structure_of(each.index).name for each in side_by_side.councils if each is not council} == {BASELINE}
    with pytest.raises(ValueError, match="councils live under different structures"):
        assert side_by_side.structure


def test_only_money_of_the_council_that_is_reorganised_moves(side_by_side):
    moved = side_by_side.budgets.moved
    assert [moved[each.index] for each in side_by_side.councils] == [1.0 if name == READING else 0.0 for name in NAMES]
    part = people_shared(PLACE)[Party.CONSORTIUM, Party.COUNCIL][:, NAMES.index(READING)] / people_shared(PLACE)[Party.CONSORTIUM, Party.COUNCIL].sum(axis=1)
    assert [moved[each.index] for each in side_by_side.consortia] == pytest.approx(part, abs=1e-6)


@pytest.mark.parametrize("name", ["section-75-pool", "better-care-fund", "integrated-trust", "capitated-provider", "consortium-led", "board-plus"])
def test_books_balance_beside_other_structures(name):
    structure = load_structure(name)
    rest = load_structure(BASELINE).model_copy(update={"any_willing_provider": structure.any_willing_provider})
    economy = lived(14, structure={READING: structure, "rest": rest}, scale=0.004, years=2, parameters=SHORT)
    for month in range(14):
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    assert money(lived(1, structure={READING: structure, "rest": rest}, scale=0.004)) == pytest.approx(money(lived(1, scale=0.004)), abs=100)


def test_boards_sit_and_entitlements_hold_where_their_structure_is():
    free = {READING: f"{BASELINE}+free-personal-care", "rest": load_structure(BASELINE).model_copy(update={"board": None})}
    economy = lived(2, structure=free)
    assert [board.number for board in economy.boards] == [NAMES.index(READING)]
    assert economy.council_entitlements[-1]["free_care"].tolist() == [1.0 if name == READING else 0.0 for name in NAMES]
    shared = load_structure(BASELINE)
    shared = shared.model_copy(update={"name": "shared", "teams": shared.teams.model_copy(update={"single_assessment": True})})
    economy = lived(2, structure={READING: shared, "rest": BASELINE})
    factor = economy.engine.organisations.councils["assessment_factor"]
    assert [value < 1.0 for value in factor] == [name == READING for name in NAMES]


def test_nothing_waits_for_money_where_the_structure_lets_nothing_give_way():
    open_handed = load_structure(BASELINE).model_copy(update={"name": "open", "gives_way": ()})
    poor = {"nhs": 0.0, "council": -0.4}
    economy = lived(16, structure={READING: open_handed, "rest": BASELINE}, scale=0.005, years=2, settlement=poor, beliefs=NO_BELIEFS, parameters=SHORT)
    gates = economy.engine.organisations.councils["gate"]
    assert gates[NAMES.index(READING)] == 0.0
    assert all(gates[at] > 0.0 for at, name in enumerate(NAMES) if name != READING)


# In the middle of a run


def test_councils_may_be_reorganised_one_after_another():
    structures = {READING: coming("single-budget", "2014-10"), "Wokingham": coming("council-led", "2015-04"), "rest": BASELINE}
    economy = lived(18, structure=structures, scale=0.005, years=2)
    for month in range(18):
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    at = {name: economy.councils[NAMES.index(name)].index for name in NAMES}
    told = [[economy.holders_in(month).structure_of(at[name]).name for name in (READING, "Wokingham", "West Berkshire")] for month in (0, 5, 6, 11, 12, 17)]
    assert economy.changes == (6, 12)
    assert economy.by_council == [
        f"{BASELINE} in West Berkshire, Reading and Wokingham", f"from month 6: {BASELINE} in West Berkshire and Wokingham; single-budget in Reading",
        f"from month 12: {BASELINE} in West Berkshire; single-budget in Reading; council-led in Wokingham",
    ]  # fmt: skip
    assert told == [[BASELINE] * 3] * 2 + [["single-budget", BASELINE, BASELINE]] * 2 + [["single-budget", "council-led", BASELINE]] * 2
    spent = economy.ledger.entries().query("service == 'transition'")
    assert spent["month"].min() == 6
    assert set(spent[spent["month"] < 12]["payer"]) == {f"single commissioner of {READING}"}
    assert "Wokingham" in set(spent["payer"])


def test_each_council_changes_over_in_the_months_of_its_own_structure():
    structures = {READING: coming("council-led", "2014-10", months=3), "Wokingham": coming("single-budget", "2015-01", months=6), "rest": BASELINE}
    economy = small_economy(structure=structures, years=2)
    reading, wokingham = (economy.councils[NAMES.index(name)] for name in (READING, "Wokingham"))
    dips = []
    for _ in range(16):
        economy.step()
        dips.append((economy.world.disruption(reading), economy.world.disruption(wokingham)))
    spent = economy.ledger.entries().query("service == 'transition'").groupby("payer")["month"]
    months = {payer: (int(here.min()), int(here.max())) for payer, here in spent}
    assert months[READING] == (6, 8)
    assert months["single commissioner of Wokingham"] == (9, 14)
    assert not any(dip for dip, _ in dips), "it gives nothing away"
    assert [month for month, dip in enumerate(dips) if dip[1] > 0.0] == list(range(9, 14)), "in the months that follow"


def test_before_any_is_announced_nothing_differs():
    later = {READING: coming("single-budget", "2015-01", "2015-01"), "rest": BASELINE}
    economy, never = small_economy(structure=later), small_economy()
    for _ in range(9):
        economy.step()
        never.step()
    before = [each.copy() for each in (economy.engine.people.rows, never.engine.people.rows)]
    assert before[0].tobytes() == before[1].tobytes()
    assert [dict(unit.levers) for unit in economy._units] == [dict(unit.levers) for unit in never._units]
    paid = [run.ledger.paid(READING, [Service.HOME_CARE]) for run in (economy, never)]
    assert paid[0] == paid[1] > 0


def test_all_may_change_in_one_month_as_one():
    """What is one structure for all, by council or not, changes over to the same bits."""
    one = coming("council-led", "2014-10")
    options = {"scale": 0.004, "years": 2, "parameters": SHORT}
    assert fingerprints(lived(14, structure={"E06": one}, **options)) == fingerprints(lived(14, structure=one, **options))


@settings(max_examples=5)
@given(st.tuples(*[st.sampled_from(CHOICE)] * 3), st.integers(0, 2**64 - 1))
def test_any_side_by_side_keeps_the_books(names, seed):
    economy = small_economy(structure=dict(zip(NAMES, names, strict=True)), seed=seed)
    for month in range(4):
        economy.step()
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    assert not any(Lever.CONTRIBUTION in unit.levers and np.isnan(unit.levers[Lever.CONTRIBUTION]) for unit in economy._units)
    assert all(np.isfinite(list(holder.prices.values())).all() for holder in economy._holders)
    assert Account.SOCIAL_CARE in UNIT_OF
