"""Options are a few facts laid over any structure, and say clearly what is wrong with them."""

import tomllib

import pytest

from model.options import FOLDER, WORDS, list_options, option_facts
from model.structures import CommissioningStructure, StructureError, files_of, list_structures, load_structure


@pytest.mark.parametrize("option", list_options())
@pytest.mark.parametrize("structure", list_structures())
def test_every_option_goes_with_every_structure(structure, option):
    bare, found = load_structure(structure), load_structure(f"{structure}+{option}")
    assert found.name == f"{structure}+{option}"
    assert found.title.startswith(f"{bare.title}, with ") and bare.source in found.source
    changed = {name for name in CommissioningStructure.model_fields if getattr(found, name) != getattr(bare, name)}
    stated = set(option_facts(option)) - set(WORDS)
    assert changed - {"name", "title", "source"} <= stated
    assert structure != "separate-budgets" or stated <= changed, "others may have stated the same themselves"
    assert load_structure(structure) == bare


def test_options_are_laid_over_each_other():
    found = load_structure("single-budget+national-minimum+cost-cap+delayed-discharge-fines")
    assert found.entitlement.eligibility == "national_minimum" and found.entitlement.lifetime_cap == 72_000.0
    assert found.entitlement.begins == {"eligibility": "2015-04", "lifetime_cap": "2016-04"}
    assert found.payment.delays == "reimbursed" and found.payment.hospital == load_structure("single-budget").payment.hospital


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("single-budget+cost-cup", "unknown option 'cost-cup'; nearest: cost-cap"),
        ("single-buget+cost-cap", "unknown structure 'single-buget'; nearest: single-budget"),
        ("single-budget+cost-cap+cost-cap", "options must each be named once"),
        ("single-budget+", "unknown option ''"),
        ("single-budget+free-critical-care+free-substantial-care", "state entitlement.free_from differently: 'critical' and 'substantial'"),
        ("single-budget+nowhere.toml", "nowhere.toml: cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(given, says):
    with pytest.raises(ValueError, match=says) as refusal:
        load_structure(given)
    assert len(str(refusal.value).splitlines()) == 1


def test_an_option_of_ones_own_works_like_a_shipped_one(tmp_path):
    own = tmp_path / "free-later.toml"
    own.write_text('title = "t"\nsource = "s"\n[entitlement]\nfree_from = "critical"\n[entitlement.from]\nfree_from = "2020-04"\n', encoding="utf-8")
    assert load_structure(f"council-led+{own}").entitlement.free_from == "critical"
    assert load_structure(f"council-led+{own}").name == "council-led+free-later"
    assert files_of(f"council-led+{own}") == [str(own)]
    assert files_of("council-led+cost-cap") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('source = "s"\n', "mine.toml: title: must be given as text"),
        ('title = "t"\nsource = "s"\nname = "x"\n', "mine.toml: name: must be left out"),
        ("title = ", "mine.toml: is not valid TOML"),
        ('title = "t"\nsource = "s"\n[entitlement]\nfree = true\n', "entitlement.free: unknown key; nearest: free_from"),
        ('title = "t"\nsource = "s"\n[entitlement.from]\nfree_from = "2020"\n', "entitlement.from.free_from: string should match"),
        ('title = "t"\nsource = "s"\n[entitlement.from]\ncharges = "2020-04"\n', "entitlement.from.charges"),
        ('title = "t"\nsource = "s"\nleak = 0.3\n', "leak: unknown key"),
    ],
)
def test_an_option_is_refused_with_file_key_given_and_expected(tmp_path, text, says):
    own = tmp_path / "mine.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(StructureError, match=says):
        load_structure(f"single-budget+{own}")


@pytest.mark.parametrize("option", list_options())
def test_shipped_options_name_their_source(option):
    facts = tomllib.loads((FOLDER / f"{option}.toml").read_text(encoding="utf-8"))
    assert len(facts["source"].split()) > 8
