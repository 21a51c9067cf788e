"""Experiments about emergence say of themselves what is true: who feels what, who is short, what is the same in all arms."""

import math
import shutil
import sys

import pytest

import experiments
from agents.deciding import stakes
from agents.vocabulary import HELD_ACCOUNTS, Account, Party
from experiments import cli
from experiments.effects import effects
from experiments.experiment import FOLDER, load_experiment
from model import HealthEconomy
from model.interventions import read_interventions
from model.parameters import Parameters
from model.structures import STANDING_KINDS, structure_with
from model.structures.alternatives import LABELS

EMERGENCE = ("selfless", "ample-or-squeezed", "bad-marriage", "two-leaky-buckets", "acute-shock")
TRUST_MOVES = ("agreements", "leaders", "turnover", "shunts", "reorganised", "amplifier")


@pytest.mark.parametrize("name", EMERGENCE)
def test_they_say_what_is_asked_expected_and_whence(name):
    spec = load_experiment(name)
    assert all((spec.title, spec.question, spec.expected, spec.source, spec.notes))
    assert "separate-budgets" in spec.structures


def felt(spec, arm: str, structure: str) -> dict[tuple[Party, Account], float]:
    run = next(run for run in spec.runs() for cell in spec.cells()[run.key] if (cell.arm, cell.structure) == (arm, structure))
    facts = structure_with(structure, run.facts)
    behaviour = Parameters().with_values(run.parameters).deciding
    kinds = {*STANDING_KINDS, *facts.holders.values()}
    return {(kind, account): felt for kind in kinds for account, felt in stakes(facts.stake_facts(), kind, behaviour).items()}


@pytest.mark.parametrize("structure", load_experiment("selfless").structures)
def test_the_selfless_feel_every_pound_that_anybody_holds(structure):
    spec = load_experiment("selfless")
    for arm in ("selfless", "selfless-and-calm"):
        found = felt(spec, arm, structure)
        assert {account for _, account in found} == set(HELD_ACCOUNTS)
        assert set(found.values()) == {1.0}
    assert min(felt(spec, "as-they-feel", structure).values()) < 0.2


def test_trust_of_the_selfless_is_whole_and_nothing_moves_it():
    spec = load_experiment("selfless")
    for arm in ("selfless", "selfless-and-calm"):
        parameters = Parameters().with_values(dict(spec.parameters) | dict(spec.arms[arm].parameters))
        assert (parameters.deciding.trust, parameters.deciding.trust_spread) == (1.0, 0.0)
        assert [getattr(parameters.trusting, name) for name in TRUST_MOVES] == [0.0] * len(TRUST_MOVES)
    calm, selfless = (dict(spec.arms[arm].parameters) for arm in ("selfless-and-calm", "selfless"))
    assert calm == selfless | {"deciding.price_gain": 0.0}


def test_structures_of_the_selfless_differ_in_holders_pools_and_who_decides_alone():
    spec = load_experiment("selfless")
    baseline, *others = (structure_with(name, spec.facts) for name in spec.structures)
    allowed = {"holders", "deciders", "pools", "bodies"}
    for other in others:
        differing = {name for name in type(other).model_fields if getattr(other, name) != getattr(baseline, name)} - set(LABELS)
        limits = {kind: limit for kind, limit in other.deficit_limits.items() if kind in baseline.deficit_limits}
        assert limits == dict(baseline.deficit_limits)
        assert set(other.deficit_limits.values()) == {0.01}
        assert differing - {"deficit_limits"} <= allowed, other.name


def test_buckets_leak_as_told():
    arms = load_experiment("two-leaky-buckets").arms
    short = {name: {each["money"]: each["change"] for each in arm.interventions} for name, arm in arms.items()}
    assert short["council-short"].keys() == {"social_care"}
    assert "social_care" not in short["consortium-short"]
    assert short["both-short"] == short["council-short"] | short["consortium-short"]
    assert short["nobody-short"] == {}
    assert {change for each in short.values() for change in each.values()} == {-0.05}


def test_a_bad_winter_is_more_illness_for_four_months_and_nothing_else():
    (winter,) = read_interventions(load_experiment("acute-shock").arms["bad-winter"].interventions, "acute-shock.toml")
    worse = winter.of(Parameters()).values()
    assert {name: value for name, value in worse.items() if value != Parameters().values()[name]} == {"seeking.illness": 1.3}
    assert (winter.start, winter.to) == ("2015-12", "2016-03")


def test_more_illness_makes_more_emergencies_from_illness():
    """Before, nothing is changed, to the bit; in the month itself 80% more, within four standard deviations of counts (a false alarm in 10,000)."""
    shock = [{"parameter": "seeking.illness", "multiple": 1.8, "from": "2014-06", "to": "2014-06"}]
    runs = [HealthEconomy(place="wigan", scale=0.02, seed=1, interventions=given) for given in ([], shock)]
    for run in runs:
        for _ in range(4):
            run.step()
    usual, worse = (run.measures.query("organisation == 'place' and measure == 'emergency_contacts/illness'").set_index("month")["value"] for run in runs)
    assert list(usual[:2]) == list(worse[:2])
    assert abs(worse[2] - 1.8 * usual[2]) < 4.0 * math.sqrt(worse[2] + 1.8**2 * usual[2])
    assert worse[2] > usual[2]


@pytest.mark.slow
def test_structures_compared_in_each_arm_come_out_of_a_real_run(tmp_path, monkeypatch):
    """The selfless and calm have no motive to move a lever, so that structures differ by how a year ends and by nothing else."""
    path = tmp_path / "selfless.toml"
    shutil.copy(FOLDER / "selfless.toml", path)
    monkeypatch.setattr(sys, "argv", ["joinedup", "run", str(path), "--scale", "0.005", "--years", "2", "--replications", "1", "--workers", "1", "--quiet", "--output", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 0
    results = experiments.load(tmp_path / "out")
    table = effects(results)
    assert set(table["arm"]) == {"as-they-feel", "selfless", "selfless-and-calm"}
    assert set(table["against"]) == {"separate-budgets"}
    assert (tmp_path / "out" / "effects.png").stat().st_size > 0
    spec = results.spec
    calm = {run.key for run in spec.runs() if run.parameters.get("deciding.price_gain") == 0.0}
    decisions = results.table("decisions")
    assert not decisions["run"].isin(calm).any()
