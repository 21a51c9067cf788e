"""Learning is off by default; when on, only of levers that moved, of one's own accounts, and of partners' where books are shared."""

import numpy as np
import pytest

from agents.draws import replication_seed
from agents.vocabulary import Account, Lever
from model.parameters import Parameters
from model.structures import load_structure
from tests.strategies import ALL_HELD, SOME_BELIEFS, fingerprints, lived, small_economy, total

BASELINE = load_structure("separate-budgets")
FELT = Parameters().with_values({"deciding.price_band": 0.0})
STRICT = {**ALL_HELD, "strictness": 0.4}


def believed(economy, lever: Lever = Lever.STRICTNESS, kind: str = "councils"):
    """What each organisation of a kind believes of a lever by now."""
    return [economy.world.belief(unit, lever) for unit in getattr(economy, kind)]


def test_it_is_off_unless_asked_for():
    plain, told = lived(14, years=2, parameters=FELT), lived(14, years=2, parameters=FELT, learning=False)
    assert fingerprints(plain) == fingerprints(told)
    assert all(belief is SOME_BELIEFS[Lever.STRICTNESS] for belief in believed(plain))


def test_nobody_learns_of_what_nobody_moved():
    economy = lived(25, years=3, hold=ALL_HELD, learning=True)
    for unit in economy._units:
        for lever in unit.levers:
            assert economy.world.belief(unit, lever) == SOME_BELIEFS[lever]


def test_councils_learn_what_strictness_saves_them_and_not_what_it_costs_others():
    economy = lived(25, years=3, scale=0.05, hold=STRICT, learning=True)
    before = SOME_BELIEFS[Lever.STRICTNESS]
    for belief in believed(economy):
        assert belief.costs[Account.SOCIAL_CARE] != before.costs[Account.SOCIAL_CARE]
        assert belief.costs[Account.SOCIAL_CARE] < 0.0
        for account in (Account.ACUTE, Account.COMMUNITY, Account.HOSPITAL):
            assert belief.costs[account] == before.costs[account]
        assert belief.qalys == before.qalys


def test_shared_books_teach_what_falls_on_partners():
    shared = BASELINE.model_copy(update={"information_shared": True})
    economy = lived(25, years=3, scale=0.05, hold=STRICT, learning=True, structure=shared)
    before = SOME_BELIEFS[Lever.STRICTNESS]
    changed = [belief.costs[Account.ACUTE] != before.costs[Account.ACUTE] for belief in believed(economy)]
    assert any(changed)
    assert all(belief.costs[Account.HOSPITAL] == before.costs[Account.HOSPITAL] for belief in believed(economy)), "a margin is no bill"


def test_what_is_learned_is_what_the_ledger_has_where_chance_plays_no_part():
    """Without noise and with full gain a council believes the pounds a head and step that its ledger shows."""
    sure = Parameters().with_values({"learning.gain": 1.0, "learning.doubt": 1e6})
    economy = small_economy(years=2, scale=0.05, hold=STRICT, learning=True, parameters=sure)
    for _ in range(12):
        economy.step()
    steps = [(council.levers[Lever.STRICTNESS] - council.rest[Lever.STRICTNESS]) / 0.02 for council in economy.councils]
    frame = economy.ledger.consequences()
    care = frame[frame["service"].isin(["home_care", "residential_care", "nursing_care", "charges"])]
    economy.learning._luck = lambda *_: 0.0
    economy.step()
    for council, step, belief in zip(economy.councils, steps, believed(economy), strict=True):
        own = care[(care["payer"] == council.name) & (care["decider"] == council.name)]["pounds"].sum()
        assert belief.costs[Account.SOCIAL_CARE] == pytest.approx(own / council.heads / step, rel=1e-6)


def test_learning_changes_what_is_decided_and_is_the_same_on_any_threads(monkeypatch):
    monkeypatch.setattr("model.engine.CHUNK", 128)
    monkeypatch.setattr("model.engine.WORTH_SHARING", 0)
    options = {"years": 3, "scale": 0.005, "parameters": FELT.with_values({"settlement.council_growth": -0.03}), "learning": True}
    alone = lived(30, threads=1, **options)
    assert fingerprints(alone) == fingerprints(lived(30, threads=3, **options))
    assert fingerprints(alone)["decisions"] != fingerprints(lived(30, **(options | {"learning": False})))["decisions"]


def test_the_noise_is_that_of_the_real_population():
    """A tenth of the people has sqrt(10) times the noise a head; what is seen has that of all of them."""
    tenth, part = (small_economy(scale=scale, learning=True) for scale in (0.02, 0.002))
    a_head = [economy.learning._noise(Account.ACUTE, heads) / heads for economy in (tenth, part) for heads in [sum(c.heads for c in economy.councils)]]
    assert a_head[0] == pytest.approx(a_head[1], rel=0.2)
    assert np.isfinite(a_head).all()


CLEAR = {"unmet_hours": -1, "public_spending": 1, "deaths": -1}
"""Signs of differences that are clear of luck without learning: single budget less separate budgets."""


@pytest.mark.slow
def test_clear_differences_between_structures_keep_their_signs_where_organisations_learn():
    """A single budget leaves less need unmet, spends more and loses fewer lives than separate budgets, learning or not; learning makes the differences smaller.

    With eight seeds the differences, a year and for all people, were -360,000 hours, 4.8 million pounds and -13 deaths without learning, with standard
    deviations of 50,000, 0.7 million and 4.2 from seed to seed; with it -275,000, 3.7 million and -9.5, of 62,000, 1.3 million and 3.4. If these are the
    truth, the sum over two seeds has another sign by luck in fewer than one of 10,000 choices of seeds, all six together.
    """
    for learning in (False, True):
        found = dict.fromkeys(CLEAR, 0.0)
        for seed in (1, 2):
            for structure, sign in (("single-budget", 1.0), ("separate-budgets", -1.0)):
                economy = lived(72, years=6, scale=0.2, structure=structure, seed=replication_seed(seed, 0), beliefs=None, learning=learning)
                for measure in CLEAR:
                    found[measure] += sign * total(economy, measure)
        assert {measure: int(np.sign(value)) for measure, value in found.items()} == CLEAR, f"learning {learning}: {found}"
