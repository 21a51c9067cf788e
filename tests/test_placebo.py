"""Placebos: what structures call themselves, and who decides what nobody may move, is worth nothing, to the bit.

A difference between structures has to come from something that they do. So where every lever is held, and what a structure
states besides who holds, decides and sits where is taken away, people live the same lives under all of them.
"""

import pytest

from agents.vocabulary import Service
from model.parameters import Parameters
from model.structures import BASELINE, load_structure
from model.structures.alternatives import LABELS
from tests.strategies import ALL_HELD, EACH_STRUCTURE, fingerprints, lived

WHO = {"holders", "deciders", "pools", "bodies", "board", "duties", "outcomes_frameworks", "information_shared", "ring_fences", "mandate"}
"""Facts that say who, and what they owe each other; the others say what people get, how hospitals are paid, how a year ends."""
LIVES = ("people", "cases", "calendar", "waiting")
NOBODY_WAITS_OR_DISPUTES = Parameters().with_values({"settlement.chance_band": 1e9, "care.disputed_share": 0.0, "reorganising.depth": 0.0})
"""No overspend is more than chance, so that no year ends badly and no gate closes; nobody disputes whose case somebody is; no capacity dips."""
OF_ORGANISATIONS = {Service.SETTLEMENT, Service.MANAGEMENT, Service.TRANSITION, Service.POOL}
"""What organisations pay each other, or for themselves: nobody's care."""


def who_alone(name: str):
    """A structure of which only who holds, decides and sits where is its own; all else is the baseline's."""
    ours, baseline = load_structure(name), load_structure(BASELINE)
    facts = set(type(ours).model_fields) - set(LABELS) - WHO
    return ours.model_copy(update={fact: getattr(baseline, fact) for fact in facts})


def paid_for(economy) -> dict[str, int]:
    """Pence paid for each service by everybody together."""
    names = economy.parties.names
    return {service.name: sum(economy.ledger.paid(name, [service]) for name in names) for service in set(Service) - OF_ORGANISATIONS}


@pytest.fixture(scope="module")
def usual():
    return lived(15, scale=0.005, structure=BASELINE, hold=ALL_HELD, parameters=NOBODY_WAITS_OR_DISPUTES)


@pytest.mark.parametrize("name", EACH_STRUCTURE)
def test_labels_change_nothing(name):
    structure = load_structure(name)
    other = structure.model_copy(update={"name": "other", "title": "Other", "family": "other", "source": "Nowhere.", "open_questions": (), "alternatives": {}})
    ours, theirs = (lived(13, scale=0.005, structure=each) for each in (structure, other))
    assert fingerprints(ours) == fingerprints(theirs)


@pytest.mark.parametrize("name", EACH_STRUCTURE)
def test_who_decides_what_is_held_changes_nothing(name):
    structure = load_structure(name)
    owners = structure.model_copy(update={"deciders": load_structure(BASELINE).deciders})
    ours, theirs = (lived(15, scale=0.005, structure=each, hold=ALL_HELD) for each in (structure, owners))
    assert len(ours.decisions) == len(theirs.decisions) == 0
    assert fingerprints(ours) == fingerprints(theirs)


@pytest.mark.parametrize("name", EACH_STRUCTURE)
def test_who_holds_changes_who_pays_and_no_life(name, usual):
    """Trust has nothing to act on here: no team, no dispute, no lever that moves."""
    economy = lived(15, scale=0.005, structure=who_alone(name), hold=ALL_HELD, parameters=NOBODY_WAITS_OR_DISPUTES)
    ours, theirs = fingerprints(economy), fingerprints(usual)
    assert {part: ours[part] for part in LIVES} == {part: theirs[part] for part in LIVES}
    assert paid_for(economy) == paid_for(usual)
    given_out = [sum(run.ledger.received(holder.index, [Service.SETTLEMENT]) for holder in run._holders) for run in (economy, usual)]
    assert given_out[0] == pytest.approx(given_out[1], abs=100 * 15), "the same settlement, to the pound"


def test_what_is_taken_away_for_a_placebo_would_otherwise_be_seen():
    """The placebo is no truism: facts of payment reach the money, and holders alone decide the lives that levers change."""
    with_facts = lived(15, scale=0.005, structure="accountable-care", hold=ALL_HELD, parameters=NOBODY_WAITS_OR_DISPUTES)
    without = lived(15, scale=0.005, structure=who_alone("accountable-care"), hold=ALL_HELD, parameters=NOBODY_WAITS_OR_DISPUTES)
    assert paid_for(with_facts) != paid_for(without)
    free = Parameters().with_values({"deciding.price_band": 0.0})
    lives = [fingerprints(lived(15, scale=0.005, structure=who_alone(name), parameters=free))["people"] for name in (BASELINE, "single-budget")]
    assert lives[0] != lives[1]
