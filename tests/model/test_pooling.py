"""What pools make partners pay each other: to the penny, across boundaries, in advance of the year's end and at it."""

import functools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.deciding import borne, stakes
from agents.organisation import Purse
from agents.vocabulary import HELD_ACCOUNTS, Account, Party, Service
from model.holders import Holders, body_areas
from model.ledger import Parties
from model.parameters import Parameters
from model.place import Place, load_place
from model.pooling import Pooling, Transfer, payments
from model.structures import BASELINE, Body, CommissioningStructure, Pool, list_structures, load_structure
from tests.strategies import ALL_HELD, NO_BELIEFS, fingerprints, lived, small_economy

MANY = "reading,wokingham,oxfordshire,buckinghamshire,hampshire,surrey"
KINDS = ("council", "consortium", "hospital", "commissioner")
POOLED = tuple(account for account in HELD_ACCOUNTS if account != Account.HOSPITAL)
SHORT = Parameters().with_values({"settlement.council_growth": -0.03, "deciding.price_band": 0.0, "settlement.chance_band": 0.0})


def structure_with(*pools: Pool, base: str = BASELINE, **facts) -> CommissioningStructure:
    return load_structure(base).model_copy(update={"pools": pools, "bodies": (Body(kind="commissioner", scope="council"),), **facts})


def pool_of(accounts, share: float = 1.0, people: str = "everybody", **overspend: float) -> Pool:
    return Pool(name="a pool", accounts=tuple(accounts), share=share, people=people, overspend=overspend)


@functools.cache
def place_of(choice: str) -> Place:
    return load_place(choice)


def pooling_of(structure: CommissioningStructure, choice: str = MANY, frail=None) -> tuple[Pooling, Holders]:
    place = place_of(choice)
    parties = Parties.of_place(
        councils=[council.name for council in place.councils], consortia=[consortium.name for consortium in place.consortia],
        hospitals=[hospital.name for hospital in place.hospitals], commissioners=list(body_areas(structure, place)),
    )  # fmt: skip
    holders = Holders(structure, place, parties)
    return Pooling(structure, holders, frail or {}), holders


# Who owes whom


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(0, 10), min_size=4, max_size=4).filter(any), st.floats(0.01, 1.0), st.integers(0, 2**32 - 1),
    st.sampled_from([*POOLED, Account.HOSPITAL]), st.booleans(),
)  # fmt: skip
def test_what_a_holder_does_not_bear_others_bear_to_the_penny(weights, share, seed, account, fenced):
    overspend = {kind: weight / sum(weights) for kind, weight in zip(KINDS, weights, strict=True)}
    structure = structure_with(pool_of([account], share, **overspend), ring_fences=(account,) if fenced else ())
    pooling, holders = pooling_of(structure)
    gaps = np.random.default_rng(seed).integers(-(10**11), 10**11, len(holders.parties(account)))
    transfers = pooling.transfers({account: gaps})
    assert all(transfer.pence > 0 and transfer.payer != transfer.payee for transfer in transfers)
    own = structure.holder(account)
    for at, party in enumerate(holders.parties(account).tolist()):
        received = sum(each.pence for each in transfers if each.payee == party) - sum(each.pence for each in transfers if each.payer == party)
        expected = gaps[at] * share * (1.0 - overspend[own.name.lower()])
        assert received == pytest.approx(0.0 if fenced and gaps[at] < 0 else expected, abs=2.0)
    balance: dict[int, int] = {}
    for payer, payee, pence in payments(transfers):
        balance[payer], balance[payee] = balance.get(payer, 0) - pence, balance.get(payee, 0) + pence
    assert sum(balance.values()) == 0


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_a_part_falls_where_people_are_shared_and_nowhere_else(seed):
    pooling, holders = pooling_of(structure_with(pool_of([Account.COMMUNITY], council=1.0)))
    people = holders.people[Party.CONSORTIUM, Party.COUNCIL]
    councils = holders.parties_of(Party.COUNCIL).tolist()
    gaps = np.random.default_rng(seed).integers(1, 10**11, len(people))
    paid = np.zeros_like(people)
    for payer, payee, _, pence in pooling.transfers({Account.COMMUNITY: gaps}):
        paid[holders.position(payee), councils.index(payer)] = pence
    assert np.allclose(paid, gaps[:, None] * people / people.sum(axis=1, keepdims=True), atol=1.0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(5, 9), st.integers(1, 10**9), st.booleans())))
def test_setting_off_changes_no_balance_and_leaves_one_payment_a_pair(rows):
    transfers = [Transfer(a, b, Account.ACUTE, pence) if way else Transfer(b, a, Account.ACUTE, pence) for a, b, pence, way in rows]
    net = payments(transfers)
    for party in range(10):
        whole = sum((t.payee == party) * t.pence - (t.payer == party) * t.pence for t in transfers)
        assert sum((payee == party) * pence - (payer == party) * pence for payer, payee, pence in net) == whole
    assert len({frozenset(row[:2]) for row in net}) == len(net)


@pytest.mark.parametrize("name", list_structures())
def test_no_shipped_pool_is_shared_where_its_holders_bear_it_all(name):
    structure = load_structure(name)
    shares = {pool.name: {kind for kind, share in pool.overspend.items() if share > 0.0} for pool in structure.pools}
    alone = all(shares[pool.name] == {structure.holder(account)} for pool in structure.pools for account in pool.accounts)
    assert bool(pooling_of(structure, "berkshire-west")[0].shared) is not alone


@given(st.floats(0.05, 1.0), st.floats(0.0, 1.0))
def test_chance_is_shared_as_gaps_are(part, share):
    structure = structure_with(pool_of([Account.SOCIAL_CARE], part, council=1.0 - share, consortium=share))
    pooling, holders = pooling_of(structure, "berkshire-west")
    if not pooling.shared:
        return
    variance = np.full(len(holders.parties(Account.SOCIAL_CARE)), 4e10)
    spread = {Account.SOCIAL_CARE: variance}
    council, consortium = (int(holders.parties_of(kind)[0]) for kind in (Party.COUNCIL, Party.CONSORTIUM))
    own = pooling.chance(council, Purse((Account.SOCIAL_CARE,), chance=2e5), spread)
    assert own == pytest.approx(2e5 * (1.0 - part * share), rel=1e-6, abs=1.0)
    people = holders.people[Party.COUNCIL, Party.CONSORTIUM]
    theirs = part * share * (people / people.sum(axis=1, keepdims=True))[:, 0]
    assert pooling.chance(consortium, Purse((), bears=(Account.SOCIAL_CARE,)), spread) == pytest.approx(2e5 * np.sqrt((theirs**2).sum()), rel=1e-6, abs=1.0)


# What is felt


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_a_partly_pooled_account_is_felt_in_part_as_pooled_and_in_part_as_before(part, share):
    behaviour = Parameters().deciding
    base = load_structure(BASELINE)
    structure = structure_with(pool_of([Account.SOCIAL_CARE], part, council=1.0 - share, consortium=share))
    facts = structure.stake_facts()
    for kind, bears in ((Party.COUNCIL, 1.0 - share), (Party.CONSORTIUM, share)):
        before = stakes(base.stake_facts(), kind, behaviour)[Account.SOCIAL_CARE]
        pooled = bears if bears > 0.0 or kind == Party.COUNCIL else before
        assert stakes(facts, kind, behaviour)[Account.SOCIAL_CARE] == pytest.approx(part * pooled + (1.0 - part) * before)
        assert stakes(facts, kind, behaviour)[Account.ACUTE] == stakes(base.stake_facts(), kind, behaviour)[Account.ACUTE]
    assert borne(facts, Party.COUNCIL) == {}
    assert borne(facts, Party.CONSORTIUM) == ({Account.SOCIAL_CARE: part * share} if share > 0.0 else {})


def test_a_pool_for_frail_elders_is_felt_as_far_as_they_cost_the_account():
    structure = structure_with(pool_of(POOLED, people="frail_elders", commissioner=1.0))
    facts = structure.stake_facts({Account.SOCIAL_CARE: 0.4, Account.ACUTE: 0.1})
    behaviour = Parameters().deciding
    assert stakes(facts, Party.COUNCIL, behaviour)[Account.SOCIAL_CARE] == pytest.approx(0.6)
    assert borne(facts, Party.COMMISSIONER)[Account.ACUTE] == 0.1


def test_a_partners_overspend_raises_the_price_of_money_and_closes_the_gate():
    """Acute care is suddenly dearer than its budget; councils feel it only through a pool."""
    found = []
    for pools in ((), (pool_of([Account.ACUTE], 0.5, council=1.0),)):
        economy = small_economy(structure=structure_with(*pools), scale=0.01, years=2, hold=ALL_HELD, beliefs=NO_BELIEFS, parameters=SHORT)
        for name in ("spell_price", "excess_price", "attendance_price"):
            economy.engine.organisations.hospitals[name] = economy.engine.organisations.hospitals[name] * 3 // 2
        for _ in range(13):
            economy.step()
        found.append(economy)
    alone, pooled = found
    assert sum(council.prices[Account.SOCIAL_CARE] for council in pooled.councils) > sum(council.prices[Account.SOCIAL_CARE] for council in alone.councils)
    assert pooled.councils[0].prices[Account.ACUTE] == pooled.councils[0].prices[Account.SOCIAL_CARE]
    assert sum(each.prices[Account.ACUTE] for each in pooled.consortia) < sum(each.prices[Account.ACUTE] for each in alone.consortia)
    gates = [economy.measures.query("measure == 'funding_gate'")["value"].sum() for economy in (alone, pooled)]
    assert gates[0] < gates[1]
    paid = pooled.ledger.entries().query("service == 'pool'")
    assert set(paid["payer"]) <= {council.name for council in pooled.councils} and paid["pounds"].sum() > 0


def test_a_pound_that_a_pool_brings_costs_what_the_purse_that_pays_it_feels_and_no_more():
    economy = lived(1, structure=structure_with(pool_of([Account.ACUTE], 0.25, council=1.0)))
    council = economy.councils[0]
    council.prices.update(dict.fromkeys(council.prices, 3.0))
    prices, felt = economy.world.prices(council), economy.world.stakes(council)
    regard = felt[Account.ACUTE] - 0.25
    assert 0.0 < regard < 0.1
    assert prices[Account.ACUTE] * felt[Account.ACUTE] == pytest.approx(0.25 * 3.0 + regard)
    assert prices[Account.SOCIAL_CARE] == 3.0


# Money


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("place", ["berkshire-west", "reading,oxfordshire,hampshire"])
def test_money_is_kept_whatever_is_pooled(place, share):
    """Pools move pounds between partners at the year's end; people, bills and the treasury's budgets stay as they were."""
    pool = pool_of([Account.SOCIAL_CARE, Account.COMMUNITY], share, council=0.3, consortium=0.6, hospital=0.1)
    options = {"place": place, "scale": 0.001, "years": 3, "hold": ALL_HELD, "beliefs": NO_BELIEFS}
    facts = {"gives_way": (), "deficit_limits": {}}  # so that nothing that is short changes anybody's care
    pooled, apart = (lived(24, structure=structure_with(*pools, **facts), **options) for pools in ((pool,), ()))
    assert fingerprints(pooled)["people"] == fingerprints(apart)["people"]
    assert sum(pooled.ledger.balances().values()) == 0
    moved = {}
    for economy in (pooled, apart):
        entries = economy.ledger.entries()
        moved[economy] = entries[entries["service"] == "pool"]
        settled = entries[(entries["service"] == "settlement") & (entries["payer"] == "treasury")]
        moved[economy.seed_of_luck, economy is pooled] = settled["pounds"].sum()
    assert len(moved[apart]) == 0 < len(moved[pooled])
    assert set(moved[pooled]["month"]) <= {11, 23}
    assert moved[1, True] == moved[1, False]
    balances = [sum(economy.ledger.balance(holder.index) for holder in economy._holders) for economy in (pooled, apart)]
    back = [economy.ledger.received("treasury") for economy in (pooled, apart)]
    assert balances[0] + back[0] == balances[1] + back[1], "what organisations have, and what they gave back, is the same in all"


def test_what_is_left_of_two_years_is_what_was_borne():
    """Under a whole pool that others bear, the holder closes its year at its budget, to the penny."""
    pool = pool_of([Account.SOCIAL_CARE, Account.PUBLIC_HEALTH], consortium=1.0)
    economy = lived(24, structure=structure_with(pool), scale=0.005, years=2, parameters=SHORT)
    last = {account: np.array([economy._forecasts(council)[account] for council in economy.councils]) for account in pool.accounts}
    gaps = {account: last[account] - [council.budgets[account] for council in economy.councils] for account in pool.accounts}
    paid = economy.ledger.entries().query("service == 'pool' and month == 23")
    for at, council in enumerate(economy.councils):
        came = paid[paid["payee"] == council.name]["pounds"].sum() - paid[paid["payer"] == council.name]["pounds"].sum()
        assert round(came * 100) == pytest.approx(sum(gap[at] for gap in gaps.values()), abs=2)


@pytest.mark.parametrize("scope", ["place", "council"])
def test_a_body_without_accounts_bears_gains_and_losses_of_frail_elders_care(scope):
    pool = pool_of(POOLED, people="frail_elders", commissioner=1.0)
    structure = structure_with(pool, bodies=(Body(kind="commissioner", scope=scope, name="care trust"),), deficit_limits={Party.COMMISSIONER: 0.0})
    economy = lived(25, structure=structure, scale=0.01, years=3, parameters=SHORT)
    assert [body.name for body in economy.bodies] == (["care trust of Berkshire West"] if scope == "place" else [f"care trust of {council.name}" for council in economy.councils])
    assert all(0.0 < economy.frail_parts[account] < 1.0 for account in POOLED)
    whole = sum(holder.budgets.get(account, 0) for holder in economy._holders for account in POOLED)
    purses = [economy._purses[body.index][0] for body in economy.bodies]
    assert 0 < sum(purse.answers_for for purse in purses) < whole
    assert all(set(body.prices) == set(POOLED) and len(set(body.prices.values())) == 1 for body in economy.bodies)
    services = economy.ledger.entries()
    ours = services[services["payer"].isin([body.name for body in economy.bodies]) | services["payee"].isin([body.name for body in economy.bodies])]
    assert set(ours["service"]) <= {"pool", "settlement"} and (ours["service"] == "pool").any(), "it pays and is paid by transfer alone"
    assert not any(economy.ledger.received(body.index, [Service.SETTLEMENT]) for body in economy.bodies)


def test_where_nothing_gives_way_no_gate_closes_and_deficits_run(tmp_path: Path):
    gates = {}
    for gives in ((Account.SOCIAL_CARE,), ()):
        structure = load_structure(BASELINE).model_copy(update={"gives_way": gives})
        economy = lived(25, structure=structure, scale=0.01, years=3, hold=ALL_HELD, parameters=SHORT)
        gates[gives] = economy.measures.query("measure == 'funding_gate'")["value"].sum()
        carried = sum(purse.carried for council in economy.councils for purse in economy._purses[council.index])
    assert gates[()] == 0.0 < gates[(Account.SOCIAL_CARE,)]
    assert carried < 0
