"""Structures in words: every fact is told, and only what differs is told as a difference."""

import tomllib

import pytest

from agents.vocabulary import HELD_ACCOUNTS, Lever, Party
from experiments.structure_words import ACCOUNTS, as_plain, as_words, differences_in_words, facts_in_words
from model.structures import BASELINE, FOLDER, Entitlement, Transition, list_structures, load_structure

EVERY = list_structures()
BASE = load_structure(BASELINE)


@pytest.mark.parametrize("name", EVERY)
def test_every_account_and_lever_is_told_once(name):
    structure = load_structure(name)
    facts = facts_in_words(structure)
    for verb, names in (
        ("holds", [ACCOUNTS.get(account, as_words(account.name.lower())) for account in HELD_ACCOUNTS]),
        ("decides", [as_words(lever.name.lower()) for lever in Lever if lever != Lever.NONE]),
    ):
        told = [word for about, words in facts.items() if about.endswith(f" {verb}") for word in words.split(", ")]
        assert sorted(told) == sorted(names)


@pytest.mark.parametrize("name", EVERY)
def test_a_structure_does_not_differ_from_itself_and_does_from_others(name):
    structure = load_structure(name)
    assert differences_in_words(structure, structure) == []
    assert bool(differences_in_words(structure, BASE)) == (name != BASELINE)


@pytest.mark.parametrize("name", EVERY)
def test_every_section_of_a_file_is_told(name):
    """A fact that is written down in a file and told nowhere would be hidden from a reader."""
    facts = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    told = facts_in_words(load_structure(name))
    for section, about in {
        "pools": "pools", "board": "health and wellbeing board", "teams": "teams", "entitlement": "entitlement",
        "bodies": "bodies it makes", "duties": "duties", "mandate": "mandate", "boundaries": "boundaries", "any_willing_provider": "community providers",
    }.items():  # fmt: skip
        assert (section in facts) == (told.get(about, "none") != "none"), section


def test_facts_that_no_shipped_structure_states_are_told_too():
    stated = BASE.model_copy(
        update={
            "ring_fences": (HELD_ACCOUNTS[2],),
            "fixed": (Lever.CHARGES,),
            "entitlement": BASE.entitlement.model_copy(update={"lifetime_cap": 72_000.0, "eligibility": "national_minimum"}),
            "payment": BASE.payment.model_copy(update={"delays": "reimbursed"}),
        }
    )
    assert differences_in_words(stated, BASE) == [
        "ring-fences: social care (there: none)",
        "hospitals are paid by: tariff, councils reimburse recorded delays (there: tariff)",
        "entitlement: one national minimum of eligibility, a cap of £72,000 on what care costs a person in a life (there: none)",
        "fixed by rule: charges (there: none)",
    ]
    steps = {"steps": [{"from": "2016-04", "free_from": "substantial", "eligibility": "national_minimum"}, {"from": "2018-04", "free_from": "none"}]}
    told = facts_in_words(BASE.model_copy(update={"entitlement": Entitlement(free_from="critical", **steps)}))["entitlement"]
    assert told == (
        "social care is free at critical need, from 2016-04 on one national minimum of eligibility, from 2016-04 on social care is free at substantial need, "
        "from 2018-04 on social care is free at no band of need"
    )
    changing = [Transition.model_validate({"announced": "2015-04", "from": "2016-04", **more}) for more in ({}, {"months": 12})]
    assert [facts_in_words(BASE.model_copy(update={"transition": each}))["transition"] for each in changing] == [
        "announced in 2015-04, from 2016-04; until then separate-budgets", "announced in 2015-04, from 2016-04, over 12 months; until then separate-budgets",
    ]  # fmt: skip


def test_what_moves_to_a_body_is_told_by_its_name():
    page = as_plain(load_structure("care-trust"), BASE)
    assert "held by care trust instead of council: social care" in page["differs from separate-budgets in"]
    assert "commissioner" not in " ".join(page["facts"].values()), "bodies have names"
    assert page["facts"]["bodies it makes"] == "care trust, one for each council's area"


def test_parts_of_accounts_are_told_as_parts():
    assert facts_in_words(load_structure("stasis"))["pools"].startswith("joint arrangements: 3.4% of acute care, ")
    assert facts_in_words(load_structure("year-of-care"))["hospitals are paid by"] == (
        "year of care for people with several conditions, by the tariff for everybody else"
    )
    assert " for frail elders; " in facts_in_words(load_structure("capitated-provider"))["pools"]
    assert Party.COMMISSIONER in load_structure("capitated-provider").kinds
