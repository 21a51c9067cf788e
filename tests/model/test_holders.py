"""Who bears what and who decides what, where areas cross: to the penny, by where people live."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party, Service
from model.accounts import SERVICES_OF, UNIT_OF
from model.holders import OWNER_OF, Holders, body_areas, people_shared, split
from model.ledger import CONSEQUENCE, JOURNAL, NEED, Parties
from model.parameters import Parameters
from model.place import load_place
from model.structures import HEADLINE, Body, CommissioningStructure, load_structure
from tests.strategies import ALL_HELD, fingerprints, lived, small_economy

PLACE = load_place("berkshire-west")
PARTIES = Parties.of_place(
    councils=[council.name for council in PLACE.councils], consortia=[consortium.name for consortium in PLACE.consortia],
    hospitals=[hospital.name for hospital in PLACE.hospitals], commissioners=[*body_areas(load_structure("single-budget"), PLACE), *(f"commissioning board of {council.name}" for council in PLACE.councils)],
)  # fmt: skip
PENCE = st.integers(-(10**13), 10**13)


def by_council() -> CommissioningStructure:
    """A commissioner for the area of each council, in the place of one for all."""
    body = Body(kind="commissioner", scope="council", name="commissioning board")
    return load_structure("single-budget").model_copy(update={"name": "by-council", "bodies": (body,)})


@pytest.fixture(scope="module", params=[*HEADLINE, "consortium-led", "separate-budgets+redrawn-boundaries", "by-council"])
def structure(request):
    """Structures that differ in who holds and decides; under `consortium-led`, consortia hold what is kept by council."""
    return by_council() if request.param == "by-council" else load_structure(request.param)


@functools.cache
def holders_of(name: str) -> Holders:
    return Holders(load_structure(name), PLACE, PARTIES)


@given(st.lists(st.tuples(PENCE, st.lists(st.integers(0, 10**6), min_size=4, max_size=4)), min_size=1, max_size=6))
def test_nothing_is_lost_in_a_split_and_nobody_pays_who_shares_nothing(bills):
    pence, shares = np.array([amount for amount, _ in bills]), np.array([weights for _, weights in bills], dtype=float)
    shares[shares.sum(axis=1) == 0, 0] = 1.0
    parts = split(pence, shares)
    assert (parts.sum(axis=1) == pence).all()
    assert not parts[shares == 0].any()
    exact = pence[:, None] * shares / shares.sum(axis=1, keepdims=True)
    assert (abs(parts - exact) <= 1.0 + abs(pence[:, None]) * 1e-12).all(), "to the penny"


def test_people_shared_are_the_places_people():
    people = people_shared(PLACE)
    everybody = PLACE.cells["count"].sum()
    for (first, second), shared in people.items():
        assert shared.sum() == pytest.approx(everybody)
        assert np.array_equal(shared, people[second, first].T)
    assert np.allclose(people[Party.COUNCIL, Party.CONSORTIUM].sum(axis=1), [council.adults for council in PLACE.councils])
    assert np.allclose(people[Party.COUNCIL, Party.CONSORTIUM].sum(axis=0), [consortium.adults for consortium in PLACE.consortia])


def test_every_service_line_is_paid_from_one_account():
    lines = [service for services in SERVICES_OF.values() for service in services]
    assert len(set(lines)) == len(lines)
    assert set(Service) - set(lines) == {Service.SETTLEMENT, Service.COMMITTED, Service.POOL, Service.MANAGEMENT, Service.TRANSITION}
    assert set(SERVICES_OF) == set(UNIT_OF) == set(HELD_ACCOUNTS) - {Account.HOSPITAL}


@pytest.mark.parametrize("account", UNIT_OF)
def test_what_is_borne_is_what_was_owed(structure, account):
    holders = Holders(structure, PLACE, PARTIES)
    units = len(PLACE.councils) if UNIT_OF[account] == Party.COUNCIL else len(PLACE.consortia)
    owed = np.arange(1, units + 1) * 1_234_567
    borne = holders.borne(account, owed)
    assert borne.sum() == owed.sum()
    bills = [bill for unit in range(units) for bill in holders.bill(account, unit, int(owed[unit]))]
    assert sum(pence for _, pence in bills) == owed.sum()
    assert {PARTIES.kind(party) for party, _ in bills} == {structure.holder(account)}
    for unit in range(units):
        paid = dict(holders.bill(account, unit, int(owed[unit])))
        assert max(paid, key=paid.get) == holders.main(account, unit)


@pytest.mark.parametrize("dtype", [JOURNAL, CONSEQUENCE])
@given(st.lists(st.tuples(st.sampled_from(sorted(SERVICES_OF)), st.integers(0, 2), st.integers(-(10**9), 10**9)), max_size=12))
def test_rows_keep_their_pounds_whoever_bears_them(structure, dtype, given_rows):
    rows = np.zeros(len(given_rows), dtype=dtype)
    for row, (account, unit, pence) in zip(rows, given_rows, strict=True):
        row["payer"] = PARTIES.indices(UNIT_OF[account])[unit]
        row["service"], row["decider"] = SERVICES_OF[account][0], NEED
        row["pence"] = abs(pence) if dtype == JOURNAL else pence
    before = rows.copy()
    after = Holders(structure, PLACE, PARTIES).as_structured(rows)
    assert np.array_equal(rows, before), "what is given stays"
    for account in UNIT_OF:
        ours = [np.isin(table["service"], SERVICES_OF[account]) for table in (before, after)]
        assert before["pence"][ours[0]].sum() == after["pence"][ours[1]].sum()
        assert {PARTIES.kind(int(payer)) for payer in after["payer"][ours[1]]} <= {structure.holder(account)}


def test_a_lever_is_decided_by_the_one_with_most_of_its_owners_people():
    people = people_shared(PLACE)[Party.CONSORTIUM, Party.COUNCIL]
    councils, consortia = PARTIES.indices(Party.COUNCIL), PARTIES.indices(Party.CONSORTIUM)
    for name, expected in (
        ("separate-budgets", consortia),
        ("council-led", [councils[at] for at in people.argmax(axis=1)]),
        ("single-budget", [PARTIES.indices(Party.COMMISSIONER)[0]] * len(consortia)),
    ):
        assert [holders_of(name).decided_by(Lever.COMMUNITY, owner) for owner in consortia] == list(expected)


def test_a_commissioner_of_each_council_bears_and_decides_for_the_people_of_its_area():
    holders = Holders(by_council(), PLACE, PARTIES)
    people, commissioners = people_shared(PLACE), holders.parties_of(Party.COMMISSIONER)
    assert [PARTIES.names[index] for index in commissioners] == [f"commissioning board of {council.name}" for council in PLACE.councils]
    for kind in (Party.COUNCIL, Party.CONSORTIUM, Party.HOSPITAL):
        assert np.array_equal(holders.people[kind, Party.COMMISSIONER], people[kind, Party.COUNCIL])
        assert np.array_equal(holders.people[Party.COMMISSIONER, kind], people[Party.COUNCIL, kind])
    councils, consortia = PARTIES.indices(Party.COUNCIL), PARTIES.indices(Party.CONSORTIUM)
    assert [holders.decided_by(Lever.STRICTNESS, council) for council in councils] == commissioners.tolist()
    most = people[Party.CONSORTIUM, Party.COUNCIL].argmax(axis=1)
    assert [holders.decided_by(Lever.COMMUNITY, consortium) for consortium in consortia] == commissioners[most].tolist()
    assert [holders.position(int(index)) for index in commissioners] == list(range(len(councils)))


def test_commissioners_of_councils_serve_everybody_once_and_decide_for_themselves():
    economy = lived(13, structure=by_council(), scale=0.005, years=2, parameters=Parameters().with_values({"deciding.price_band": 0.0}))
    assert [body.heads for body in economy.bodies] == [council.heads for council in economy.councils]
    prices = {body.name: body.prices[Account.SOCIAL_CARE] for body in economy.bodies}
    assert len(set(prices.values())) == len(prices), "each has its own money and its own price of it"
    for unit, decider in zip(economy.decisions["organisation"], economy.decisions["decider"], strict=True):
        if unit in {council.name for council in economy.councils}:
            assert decider == f"commissioning board of {unit}"
    assert economy.world.prices(economy.bodies[1]) is economy.bodies[1].prices


def test_an_executive_board_decides_for_its_members_and_what_it_costs_others_is_put_down_to_all_of_them():
    holders, luck = holders_of("board-plus"), np.random.Generator(np.random.Philox(5))
    councils, consortia, hospitals = (PARTIES.indices(kind) for kind in (Party.COUNCIL, Party.CONSORTIUM, Party.HOSPITAL))
    assert set(holders.boards) == {*councils, *consortia}
    for council in councils:
        board = holders.boards[council]
        assert board.name == f"the health and wellbeing board of {PARTIES.names[council]}"
        assert board.members[council] == pytest.approx(0.5)
        assert sum(board.members.values()) == pytest.approx(1.0)
        assert set(board.members) <= {council, *consortia}
    caused = luck.integers(-1000, 1000, (len(PARTIES), len(PARTIES)))
    found = holders.put_down(caused)
    others = [index for index in range(len(PARTIES)) if index not in (*councils, *consortia)]
    assert found[others].sum(axis=1) == pytest.approx(caused[others].sum(axis=1)), "whoever is on no board still puts all of it down to somebody"
    assert (found[:, hospitals] == caused[:, hospitals]).all()
    alone = np.zeros_like(caused)
    alone[consortia[0], councils[0]] = 900
    shared = holders.people[Party.COUNCIL, Party.CONSORTIUM][0]
    assert shared[0] > 0.0 and not holders.put_down(alone).any(), "between members there is nothing to put down"


def test_without_an_executive_board_everything_is_put_down_to_whoever_decided(structure):
    holders = Holders(structure, PLACE, PARTIES)
    caused = np.ones((len(PARTIES), len(PARTIES)), dtype=np.int64)
    assert holders.boards == {}
    assert holders.put_down(caused) is caused


def test_every_lever_has_an_owner():
    assert set(OWNER_OF) == set(Lever) - {Lever.NONE}


def test_consequences_are_charged_to_whoever_decides_under_the_structure():
    hospital, consortium = PARTIES.indices(Party.HOSPITAL)[1], PARTIES.indices(Party.CONSORTIUM)[0]
    rows = np.zeros(2, dtype=CONSEQUENCE)
    rows["lever"] = Lever.PROACTIVE, Lever.DAY_CASES
    rows["decider"] = consortium, hospital
    rows["payer"], rows["service"], rows["pence"] = consortium, Service.ELECTIVE, 100
    after = holders_of("council-led").as_structured(rows)
    assert set(after["decider"][after["lever"] == Lever.DAY_CASES]) == {hospital}
    assert {PARTIES.kind(int(decider)) for decider in after["decider"][after["lever"] == Lever.PROACTIVE]} == {Party.COUNCIL}


def test_the_books_balance_and_people_live_alike_whoever_holds(structure):
    """With every lever held, who holds what moves pounds between parties and touches nobody; gates are open at rest."""
    economy = lived(13, scale=0.01, years=2, structure=structure, hold=ALL_HELD, settlement="flat")
    for month in range(13):
        economy.ledger.books_balance(month)
    assert sum(economy.ledger.balances().values()) == 0
    baseline = lived(13, scale=0.01, years=2, hold=ALL_HELD, settlement="flat")
    entries, as_before = (run.ledger.entries().groupby("service")["pounds"].sum() for run in (economy, baseline))
    if structure.one_purse(Account.SOCIAL_CARE, Account.CONTINUING_CARE) == baseline.structure.one_purse(Account.SOCIAL_CARE, Account.CONTINUING_CARE):
        assert fingerprints(economy)["people"] == fingerprints(baseline)["people"]
        own = ["settlement", *(["management", "transition"] if economy.budgets.change_overs else [])]
        spent = [frame.drop(own, errors="ignore") for frame in (entries, as_before)]
        assert spent[0].round(2).to_dict() == spent[1].round(2).to_dict()
    budgets = [sum(sum(holder.budgets.values()) for holder in run._holders) for run in (economy, baseline)]
    assert budgets[0] == budgets[1], "the same money to begin with"
    costs = economy.costs
    for account in UNIT_OF:
        cost = sum(int(month.on(account).sum()) for month in costs)
        net = economy.ledger.entries()
        net = net[net["service"].isin([service.name.lower() for service in SERVICES_OF[account]])]
        names = [PARTIES.names[index] for index in economy.holders.parties(account)] if structure.holder(account) != Party.COMMISSIONER else [
            body.name for body in economy.bodies]  # fmt: skip
        pounds = net[net["payer"].isin(names)]["pounds"].sum() - net[net["payee"].isin(names)]["pounds"].sum()
        assert round(pounds * 100) == cost


@settings(max_examples=6)
@given(st.integers(0, 2**64 - 1))
def test_the_books_balance_where_consortia_hold_what_is_kept_by_council(seed):
    economy = small_economy(structure="consortium-led", seed=seed)
    for month in range(4):
        economy.step()
        economy.ledger.books_balance(month)
    assert all(economy.ledger.paid(council.name) == 0 for council in economy.councils)
    deciders = economy.ledger.consequences()["decider"].unique()
    assert not set(deciders) & {council.name for council in economy.councils}
