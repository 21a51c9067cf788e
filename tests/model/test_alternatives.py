"""Alternatives are other readings of open facts: each a structure by its name, and clearly refused where it is none."""

import tomllib

import pytest

from model.payment import PAYMENT_RULES
from model.structures import (
    BASELINE,
    FOLDER,
    CommissioningStructure,
    StructureError,
    alternatives_of,
    files_of,
    list_structures,
    load_structure,
    structure_with,
)
from model.structures.alternatives import LABELS, SIGN
from tests.strategies import fingerprints, lived

EVERY = {f"{name}{SIGN}{each}": run for name in list_structures() for each, run in alternatives_of(name).items()}
"""Each alternative by its full name, and the name that it is run by."""
STATE_FACTS = [name for name, run in EVERY.items() if name == run]
FACTS = set(CommissioningStructure.model_fields) - set(LABELS)


def facts_of(name: str) -> dict:
    structure = load_structure(name)
    return {fact: getattr(structure, fact) for fact in FACTS}


@pytest.mark.parametrize("name", EVERY)
def test_every_alternative_is_a_structure_that_differs_in_a_fact(name):
    base, alternative = name.split(SIGN)
    bare, found = load_structure(base), load_structure(name)
    assert found.name == name
    assert found.title == f"{bare.title} ({alternative.replace('-', ' ')})"
    assert bare.source in found.source
    assert bare.alternatives[alternative].says in found.source
    assert found.alternatives == {}
    assert facts_of(name) != facts_of(base)
    assert alternatives_of(name) == {}


@pytest.mark.parametrize("name", STATE_FACTS)
def test_an_alternative_changes_what_it_states_and_nothing_else(name):
    base, alternative = name.split(SIGN)
    before, after = facts_of(base), facts_of(name)
    assert {fact for fact in FACTS if before[fact] != after[fact]} == set(load_structure(base).alternatives[alternative].facts)


@pytest.mark.parametrize(("name", "other"), [(name, run) for name, run in EVERY.items() if name != run])
def test_an_alternative_that_comes_to_another_structure_has_all_its_facts(name, other):
    assert facts_of(name) == facts_of(other)
    assert load_structure(name).name == name


def test_most_of_what_documents_leave_open_can_be_run():
    structures = [load_structure(name) for name in list_structures()]
    said, unsaid = sum(len(each.alternatives) for each in structures), sum(len(each.open_questions) for each in structures)
    assert said > 4 * unsaid
    assert {each.name for each in structures if not each.alternatives} <= {"personal-budgets"}


def test_another_name_for_a_structure_gives_the_same_lives():
    ours, theirs = (lived(13, scale=0.005, structure=name) for name in ("single-budget~council", "council-led"))
    assert fingerprints(ours) == fingerprints(theirs)


RUNS_A_YEAR = ("single-budget~half-of-acute", "board-plus~boards-hold-the-money", "integrated-trust~one-purse-with-hospitals", "better-care-fund~in-force-from-2015")


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in RUNS_A_YEAR else pytest.mark.slow) for name in STATE_FACTS])
def test_every_alternative_runs_a_year(name):
    economy = lived(13, structure=name)
    economy.ledger.books_balance(12)
    assert sum(economy.ledger.balances().values()) == 0


# Names


def test_options_are_laid_over_an_alternative():
    found = load_structure("single-budget~no-overspend+cost-cap")
    assert found.name == "single-budget~no-overspend+cost-cap"
    assert set(found.deficit_limits.values()) == {0.0}
    assert found.entitlement.lifetime_cap == 72_000.0
    assert load_structure("single-budget~council+cost-cap").holders == load_structure("council-led").holders
    assert structure_with("single-budget~no-overspend", {"payment": {"hospital": "block"}}).payment.hospital == "block"


def test_what_an_option_states_is_no_longer_open():
    bare = alternatives_of("single-budget-aligned-entitlement")
    assert bare["council"] == "council-led+free-critical-care"
    settled = alternatives_of("single-budget-aligned-entitlement+free-substantial-care")
    assert set(bare) - set(settled) == {"free-at-substantial-need", "council", "consortium", "board"}
    assert settled["no-overspend"] == "single-budget-aligned-entitlement~no-overspend+free-substantial-care"
    assert alternatives_of("stasis+cost-cap")["care-trust"] == "care-trust+cost-cap"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("single-budget~no-overspnd", "unknown alternative 'no-overspnd' of single-budget; nearest: no-overspend"),
        ("single-budget~", "an alternative must be named behind ~, got 'single-budget~'"),
        ("personal-budgets~half", "unknown alternative 'half' of personal-budgets; it has none"),
        ("single-buget~no-overspend", "unknown structure 'single-buget'; nearest: single-budget"),
        ("single-budget~council~no-overspend", "unknown structure 'single-budget~council'"),
        ("single-budget+cost-cap~no-overspend", "an alternative must stand right behind its structure, as in single-budget~no-overspend+cost-cap"),
        ("single-budget-aligned-entitlement~free-at-substantial-need+free-critical-care", "alternative free-at-substantial-need and option free-critical-care state entitlement.free_from differently"),
        ("nowhere.toml~half", "nowhere.toml: cannot be read"),
    ],
)
def test_a_bad_name_is_told_in_one_line(given, says):
    with pytest.raises(ValueError, match=r".") as refusal:
        load_structure(given)
    assert says in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


# Files of one's own

BASE = (FOLDER / f"{BASELINE}.toml").read_text(encoding="utf-8").split("\n[alternatives.")[0]


def own(folder, table: str):
    path = folder / "mine.toml"
    path.write_text(f"{BASE}\n{table}\n", encoding="utf-8")
    return path


def test_a_file_of_ones_own_has_alternatives_too(tmp_path):
    folder = tmp_path / "RUNNER~1"
    folder.mkdir()
    path = own(folder, '[alternatives.block]\nsays = "How hospitals are paid."\npayment.hospital = "block"')
    assert alternatives_of(path) == alternatives_of(str(path)) == {"block": f"{path}~block"}
    assert load_structure(str(path)).payment.hospital == "tariff"
    assert load_structure(f"{path}~block").payment.hospital == "block"
    assert load_structure(f"{path}~block+cost-cap").name == f"{BASELINE}~block+cost-cap"
    assert files_of(f"{path}~block+cost-cap") == [str(path)]


SAYS = 'says = "S."'


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (f"[alternatives.x]\n{SAYS}\ndeficit_limits.council = -1.0", "x.deficit_limits.council: input should be greater than or equal to 0 (got -1.0)"),
        (f'[alternatives.x]\n{SAYS}\npayment.hospital = "blok"', f"x.payment.hospital: must be one of {', '.join(PAYMENT_RULES)}; nearest: block, "),
        (f"[alternatives.x]\n{SAYS}\nleak = 0.6", "x.leak: unknown key; nearest: "),
        (f"[alternatives.x]\n{SAYS}\nboard.strength = 0.6", "x.board.strength: unknown key; nearest: "),
        (f'[alternatives.x]\n{SAYS}\nholders.acute = "commissioner"', "x.holders.acute: must be one of council, consortium, hospital, or [[bodies]] must make a commissioner"),
        (f'[alternatives.x]\n{SAYS}\ntitle = "T"', "x.title: must be left out: an alternative keeps its structure's (got 'T')"),
        (f"[alternatives.x]\n{SAYS}", "x: must state a fact, or see another structure; what no fact can say goes into open_questions"),
        (f"[alternatives.x]\n{SAYS}\ndeficit_limits.council = 0.0", "x: must differ from the structure in a fact (got deficit_limits as there)"),
        (f'[alternatives.x]\n{SAYS}\nsee = "council-let"', "x.see: must be a shipped structure, options behind it after a +; nearest: council-led"),
        (f'[alternatives.x]\n{SAYS}\nsee = "council-led+cost-cup"', "x.see: must be a shipped structure, options behind it after a +; nearest: cost-cap"),
        (f'[alternatives.x]\n{SAYS}\nsee = "council-led+free-critical-care+free-substantial-care"', "x.see: option free-critical-care and option free-substantial-care state"),
        (f'[alternatives.x]\n{SAYS}\nsee = "{BASELINE}"', f"x.see: must be another structure (got '{BASELINE}')"),
        (f'[alternatives.x]\n{SAYS}\nsee = "council-led"\ncarry_forward = []', "x.see: must be left out where facts are stated (got 'council-led' and carry_forward)"),
        ("[alternatives.x]\ncarry_forward = []", "x.says: must be given (got nothing)"),
        ('[alternatives.x]\nsays = ""\ncarry_forward = []', "x.says: string should have at least 1 character (got '')"),
        (f"[alternatives.No_Limit]\n{SAYS}\ncarry_forward = []", "No_Limit: string should match pattern"),
    ],
)
def test_an_alternative_is_refused_with_file_key_given_and_expected(tmp_path, table, expected):
    with pytest.raises(StructureError) as refusal:
        load_structure(own(tmp_path, table))
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"mine.toml: alternatives.{expected}")


def test_sentences_alone_are_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('alternatives = ["Whether."]\n' + BASE, encoding="utf-8")
    with pytest.raises(StructureError, match=r"mine.toml: alternatives: must be tables, each \[alternatives.NAME\] with facts; what no fact can say goes into open_questions"):
        load_structure(path)


@pytest.mark.parametrize("name", list_structures())
def test_no_alternative_takes_an_effect(tmp_path, name):
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    for each in tomllib.loads(text).get("alternatives", {}):
        spoilt = tmp_path / "mine.toml"
        spoilt.write_text(text.replace(f"[alternatives.{each}]\n", f"[alternatives.{each}]\nstrength = 0.3\n", 1), encoding="utf-8")
        with pytest.raises(StructureError, match=rf"mine.toml: alternatives.{each}.(strength: unknown key|see: must be left out)"):
            load_structure(spoilt)
