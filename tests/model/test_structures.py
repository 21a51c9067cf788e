"""Structures state facts only, and say clearly what is wrong with a file."""

import pickle
import re
import tomllib
from pathlib import Path

import pytest

from agents.deciding import DecidingBehaviour, stakes
from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party
from model.economy import HealthEconomy
from model.evidence import evidence
from model.payment import PAYMENT_RULES
from model.structures import (
    BASELINE,
    FAMILIES,
    FOLDER,
    HEADLINE,
    StructureError,
    list_structures,
    load_structure,
)
from model.structures.alternatives import LABELS
from tests.strategies import lived, total

BASE = (FOLDER / f"{BASELINE}.toml").read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> list[str]:
    with pytest.raises(StructureError) as caught:
        load_structure(written(folder, text))
    return str(caught.value).split("\n")


@pytest.mark.parametrize("name", list_structures())
def test_shipped_structures_load_and_are_complete(name):
    structure = load_structure(name)
    assert structure.name == name
    assert set(structure.holders) == set(HELD_ACCOUNTS)
    assert set(structure.deciders) == set(Lever) - {Lever.NONE}
    assert {*structure.holders.values(), *structure.deciders.values()} <= set(structure.kinds)
    assert sum(len(structure.accounts_of(kind)) for kind in structure.kinds) == len(HELD_ACCOUNTS)
    assert pickle.loads(pickle.dumps(structure)) == structure


def test_under_separate_budgets_everybody_decides_on_their_own():
    structure = load_structure("separate-budgets")
    assert structure.accounts_of(Party.CONSORTIUM) == (
        Account.ACUTE, Account.COMMUNITY, Account.CONTINUING_CARE, Account.MENTAL_HEALTH, Account.PRIMARY_CARE,
    )  # fmt: skip
    assert structure.accounts_of(Party.COUNCIL) == (Account.SOCIAL_CARE, Account.PUBLIC_HEALTH)
    assert structure.decider(Lever.STRICTNESS) == Party.COUNCIL
    assert structure.decider(Lever.PROACTIVE) == Party.CONSORTIUM
    assert structure.decider(Lever.ADMISSION_THRESHOLD) == Party.HOSPITAL
    assert Party.COMMISSIONER not in structure.kinds
    assert structure.deficit_limits[Party.COUNCIL] == 0.0
    assert not structure.information_shared
    assert not structure.pools


def test_a_single_commissioner_feels_every_pound_of_its_pool():
    structure = load_structure("single-budget")
    assert structure.accounts_of(Party.COMMISSIONER) == tuple(account for account in HELD_ACCOUNTS if account != Account.HOSPITAL)
    felt = stakes(structure.stake_facts(), Party.COMMISSIONER, DecidingBehaviour())
    assert felt[Account.ACUTE] == felt[Account.COMMUNITY] == felt[Account.SOCIAL_CARE] == 1.0
    assert 0.0 < felt[Account.HOSPITAL] < 0.5
    assert structure.decider(Lever.DISCHARGE_READINESS) == Party.HOSPITAL
    assert structure.information_shared


def test_only_the_baseline_council_is_blind_to_acute_care():
    behaviour = DecidingBehaviour()
    council = stakes(load_structure("separate-budgets").stake_facts(), Party.COUNCIL, behaviour)
    assert council[Account.SOCIAL_CARE] == 1.0
    assert council[Account.ACUTE] < 0.05


def test_under_aligned_budgets_everybody_holds_and_decides_as_before_and_plans_together():
    aligned, baseline = load_structure("aligned-budgets"), load_structure(BASELINE)
    assert (aligned.holders, aligned.deciders, aligned.pools) == (baseline.holders, baseline.deciders, ())
    assert aligned.outcomes_frameworks == "one"
    behaviour = DecidingBehaviour()
    for kind, account in ((Party.COUNCIL, Account.ACUTE), (Party.CONSORTIUM, Account.SOCIAL_CARE)):
        felt = [stakes(structure.stake_facts(), kind, behaviour)[account] for structure in (baseline, aligned)]
        assert felt[0] < felt[1] < 0.5, "more than before, and far from its own"


def test_a_council_that_leads_holds_and_decides_all_but_the_hospitals():
    council, body = load_structure("council-led"), load_structure("single-budget")
    assert council.accounts_of(Party.COUNCIL) == body.accounts_of(Party.COMMISSIONER)
    assert {lever for lever in council.deciders if council.decider(lever) == Party.COUNCIL} == {
        lever for lever in body.deciders if body.decider(lever) == Party.COMMISSIONER
    }
    assert Party.COMMISSIONER not in council.kinds
    felt = stakes(council.stake_facts(), Party.COUNCIL, DecidingBehaviour())
    assert all(felt[account] == 1.0 for account in council.accounts_of(Party.COUNCIL))


BODIES_INSTEAD = {"integration-authority", "integrated-trust"}
"""Structures of other nations, which have a body where England has a board."""


@pytest.mark.parametrize("name", list_structures())
def test_every_council_has_a_board_that_meets_its_consortia(name):
    board = load_structure(name).board
    assert (board is None) == (name in BODIES_INSTEAD)
    if board is not None:
        assert {Party.COUNCIL, Party.CONSORTIUM} <= set(board.members)


def test_boards_of_the_law_of_2012_do_no_more_than_advise():
    powers = {name: structure.board.power for name in list_structures() if (structure := load_structure(name)).board}
    assert {name for name, power in powers.items() if power != "advise"} == {"board-plus", "better-care-fund"}


def test_structures_are_listed_by_where_they_come_from():
    assert tuple(list_structures()[: len(HEADLINE)]) == HEADLINE
    rest = [load_structure(name).family for name in list_structures()[len(HEADLINE) :]]
    assert rest == sorted(rest, key=FAMILIES.index)
    assert {load_structure(name).family for name in list_structures()} == set(FAMILIES)


@pytest.mark.parametrize("name", list_structures())
def test_every_shipped_structure_names_its_document_and_what_that_leaves_open(name):
    structure = load_structure(name)
    assert re.search(r"\b(19|20)\d\d\b", structure.source), "the year of a document"
    sentences = [*structure.open_questions, *(each.says for each in structure.alternatives.values())]
    assert sentences
    assert all(each.endswith(".") for each in sentences)
    assert structure.family in FAMILIES


@pytest.mark.parametrize("name", list_structures())
def test_every_row_of_evidence_that_a_file_names_is_there(name):
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    for row in re.findall(r"\bP-[A-Z]\.[a-z]+-\d+\b", text):
        evidence(row)


@pytest.mark.parametrize("name", list_structures())
def test_no_shipped_structure_takes_an_effect(tmp_path, name):
    """Whatever section a number that looks like an effect is written into, the file is refused."""
    facts = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    sections = [key for key, value in facts.items() if isinstance(value, dict) and key != "alternatives"]
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    for section in sections:
        spoilt = text.replace(f"[{section}]", f"[{section}]\nstrength = 0.3", 1)
        assert refusal(tmp_path, spoilt)[0].startswith(f"mine.toml: {section}.strength: ")
    assert refusal(tmp_path, f"integration = 0.8\n{text}")[0].startswith("mine.toml: integration: unknown key; nearest: ")


@pytest.mark.parametrize("name", list_structures())
def test_every_shipped_structure_runs_a_year(name):
    economy = lived(12, structure=name)
    assert economy.structure.name == name
    assert total(economy, "emergency_admissions") > 0.0
    economy.ledger.books_balance(11)
    assert sum(economy.ledger.balances().values()) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", list_structures())
def test_every_shipped_structure_runs_a_year_with_what_was_measured_of_levers(name):
    economy = HealthEconomy(structure=name, scale=0.02, years=1)
    economy.run(years=1)
    assert (economy.measures["value"].abs() < float("inf")).all()


def test_the_baseline_comes_first():
    assert list_structures()[0] == BASELINE


def test_a_structure_of_your_own_needs_a_file_and_no_code(tmp_path):
    own = load_structure(written(tmp_path, BASE.replace('name = "separate-budgets"', 'name = "our-town"')))
    assert own.name == "our-town"
    assert own.stake_facts() == load_structure(BASELINE).stake_facts()
    assert load_structure(str(tmp_path / "mine.toml")) == own


def test_unknown_names_give_the_nearest():
    with pytest.raises(ValueError, match="unknown structure 'single-buget'; nearest: single-budget"):
        load_structure("single-buget")


@pytest.mark.parametrize(
    "line", ["integration_depth = 0.8", "leak = 0.6", "admissions_effect = -0.15", "trust = 0.9", "team_effect = 1"]
)
def test_numbers_that_look_like_effects_are_refused(tmp_path, line):
    key = line.split(" ")[0]
    (message,) = refusal(tmp_path, f"{line}\n{BASE}")
    assert message.startswith(f"mine.toml: {key}: unknown key; nearest: ")
    assert message.endswith(f"(got {line.split(' ')[2]})")


def test_effects_are_refused_in_every_section(tmp_path):
    text = BASE.replace('duty = "consult"', 'duty = "consult"\nweight = 0.3')
    text = text.replace('hospital = "tariff"', 'hospital = "tariff"\ndiscount = 0.1')
    text = text.replace('discharge_readiness = "hospital"', 'discharge_readiness = "hospital"\nhope = "council"')
    lines = refusal(tmp_path, text)
    assert any(line.startswith("mine.toml: duties.0.weight: unknown key; nearest: ") for line in lines)
    assert any(line.startswith("mine.toml: payment.discount: unknown key; nearest: ") for line in lines)
    assert any(line.startswith("mine.toml: deciders.hope: must be the name of a lever") for line in lines)
    assert any(line.startswith("mine.toml: board.weight: unknown key; nearest: ") for line in lines)
    assert len(lines) == 4


def differs_from_the_baseline(name: str) -> set[str]:
    """The facts in which a structure differs from separate budgets, labels left out."""
    ours, baseline = load_structure(name), load_structure(BASELINE)
    facts = set(type(ours).model_fields) - set(LABELS)
    return {fact for fact in facts if getattr(ours, fact) != getattr(baseline, fact)}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("year-of-care", {"payment"}),
        ("personal-budgets", {"entitlement"}),
        ("stasis", {"pools"}),
        ("fragmented", {"duties", "board", "any_willing_provider"}),
    ],
)
def test_structures_that_change_one_thing_change_no_other(name, facts):
    assert differs_from_the_baseline(name) == facts


def test_an_aligned_entitlement_is_all_that_sets_the_two_single_budgets_apart():
    plain, aligned = load_structure("single-budget"), load_structure("single-budget-aligned-entitlement")
    labels = {label: getattr(plain, label) for label in LABELS}
    assert aligned.model_copy(update={**labels, "entitlement": plain.entitlement}) == plain
    assert aligned.entitlement.free_from == "critical"


def test_a_consortium_that_leads_is_the_mirror_image_of_a_council_that_leads():
    council, consortium = load_structure("council-led"), load_structure("consortium-led")
    swapped = {Party.COUNCIL: Party.CONSORTIUM}
    assert {account: swapped.get(kind, kind) for account, kind in council.holders.items()} == consortium.holders
    assert {lever: swapped.get(kind, kind) for lever, kind in council.deciders.items()} == consortium.deciders
    assert consortium.accounts_of(Party.COUNCIL) == () == council.accounts_of(Party.CONSORTIUM)


@pytest.mark.parametrize("name", [name for name in list_structures() if load_structure(name).bodies])
def test_a_body_that_a_structure_makes_has_something_to_hold_or_decide(name):
    structure = load_structure(name)
    assert Party.COMMISSIONER in structure.deciders.values()
    felt = stakes(structure.stake_facts(), Party.COMMISSIONER, DecidingBehaviour())
    assert max(felt.values()) == 1.0


@pytest.mark.parametrize("name", list_structures())
def test_the_only_numbers_are_shares_that_somebody_bears(name):
    def numbers(facts, place=""):
        if isinstance(facts, dict):
            return [found for key, value in facts.items() for found in numbers(value, f"{place}/{key}")]
        if isinstance(facts, list):
            return [found for value in facts for found in numbers(value, place)]
        return [place] if isinstance(facts, (int, float)) and not isinstance(facts, bool) else []

    facts = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    places = {re.sub(r"^/alternatives/[^/]+", "", place).rpartition("/")[0] for place in numbers(facts)}
    assert places <= {"/deficit_limits", "/pools/overspend", "/pools", "/payment/shares", "/entitlement"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('acute = "consortium"\n', "", "holders.acute: must be one of council, consortium, hospital (got nothing)"),
        ('proactive = "consortium"\n', "", "deciders.proactive: must be one of council, consortium, hospital (got"),
        (
            'acute = "consortium"',
            'acute = "commissioner"',
            "holders.acute: must be one of council, consortium, hospital, or [[bodies]] must make a commissioner "
            "(got 'commissioner')",
        ),
        (
            'towards = "council"',
            'towards = "commissioner"',
            "duties.0.towards: must be one of council, consortium, hospital, or [[bodies]] must make a commissioner "
            "(got 'commissioner')",
        ),
        (
            'towards = "council"',
            'towards = "counsil"',
            "duties.0.towards: must be the name of a kind of organisation; nearest: council, consortium, hospital "
            "(got 'counsil')",
        ),
        ('hospital = "hospital"', 'hospital = "council"', "holders.hospital: must be hospital, whose margin it is (got 'council')"),
        ('acute = "consortium"', 'acute = "hospital"', "holders.acute: must be one of council, consortium (got 'hospital')"),
        ('power = "advise"', 'power = "command"', "board.power: input should be 'advise', 'consent' or 'executive' (got 'command')"),
        ('members = ["council", "consortium"]', "members = []", "board.members: tuple should have at least 1 item"),
        (
            'members = ["council", "consortium"]',
            'members = ["council", "commissioner"]',
            "board.members.1: must be one of council, consortium, hospital, or [[bodies]] must make a commissioner (got 'commissioner')",
        ),
        ('duty = "consult"', 'duty = "obey"', "duties.0.duty: input should be 'consult', 'have_regard', "),
        ("council = 0.0", "council = -0.1", "deficit_limits.council: input should be greater than or equal to 0 (got"),
        ("council = 0.0", "council = nan", "deficit_limits.council: input should be a finite number (got nan)"),
        ('name = "separate-budgets"', 'name = "Our Town"', "name: string should match pattern"),
        ("shared = false", 'shared = "no"', "information_shared: input should be a valid boolean (got 'no')"),
        ('title = "Separate budgets"\n', "", "title: must be given (got nothing)"),
    ],
)
def test_what_is_wrong_is_said_with_file_key_given_and_expected(tmp_path, old, new, expected):
    assert old in BASE
    (message,) = refusal(tmp_path, BASE.replace(old, new, 1))
    assert message.startswith(f"mine.toml: {expected}")


TARIFF = 'hospital = "tariff"'


@pytest.mark.parametrize("rule", PAYMENT_RULES[:-1])
def test_hospitals_may_be_paid_by_any_rule(tmp_path, rule):
    assert load_structure(written(tmp_path, BASE.replace(TARIFF, f'hospital = "{rule}"'))).payment.hospital == rule


@pytest.mark.parametrize("people", ["several_conditions", "frail_elders"])
def test_a_rule_may_pay_for_some_people_alone(tmp_path, people):
    payment = load_structure(written(tmp_path, BASE.replace(TARIFF, f'hospital = "capitation"\npeople = "{people}"'))).payment
    assert (payment.people, payment.all_by_rule) == (people, False)
    assert load_structure("year-of-care").payment.people == "several_conditions"
    assert load_structure("accountable-care").payment.all_by_rule and not load_structure(BASELINE).payment.all_by_rule


def test_an_alliance_states_who_has_which_share(tmp_path):
    text = BASE.replace(TARIFF, 'hospital = "alliance"\nshares = { consortium = 0.4, hospital = 0.6 }')
    shares = load_structure(written(tmp_path, text)).payment.shares
    assert shares == {Party.CONSORTIUM: 0.4, Party.HOSPITAL: 0.6}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            'hospital = "capitaton"',
            "payment.hospital: must be one of tariff, block, capitation, year-of-care, alliance; nearest: capitation, ",
        ),
        ("hospital = 3", "payment.hospital: must be one of tariff, block, capitation, year-of-care, alliance; nearest: "),
        ('hospital = "alliance"', "payment: shares of an alliance must add up to 1, not 0"),
        (
            'hospital = "alliance"\nshares = { consortium = 0.5, hospital = 0.6 }',
            "payment: shares of an alliance must add up to 1, not 1.1",
        ),
        (
            'hospital = "block"\nshares = { consortium = 0.5, hospital = 0.5 }',
            "payment: shares must be left out where hospitals are paid by block",
        ),
        (
            'hospital = "alliance"\nshares = { council = 0.5, hospital = 0.5 }',
            "payment.shares: must be those of hospital and consortium, which holds the acute account "
            "(got council, hospital)",
        ),
        ('hospital = "tariff"\npeople = "frail_elders"', "payment: people must be everybody, not frail_elders, where hospitals are paid by tariff; block, "),
        (
            'hospital = "alliance"\npeople = "several_conditions"\nshares = { consortium = 0.5, hospital = 0.5 }',
            "payment: people must be everybody, not several_conditions, where hospitals are paid by alliance; block, ",
        ),
        ('hospital = "block"\npeople = "elders"', "payment.people: must be one of everybody, several_conditions, frail_elders; nearest: frail_elders"),
    ],
)
def test_what_is_wrong_with_payment_is_said_in_one_line(tmp_path, new, expected):
    (message,) = refusal(tmp_path, BASE.replace(TARIFF, new))
    assert message.startswith(f"mine.toml: {expected}")


def test_pools_are_whole_and_apart(tmp_path):
    pool = '[[pools]]\nname = "{}"\naccounts = ["acute"]\noverspend = {{ council = {} }}\n'
    lines = refusal(tmp_path, BASE + pool.format("a", 0.5) + pool.format("b", 1.0))
    assert any("pools.0: overspend must add up to 1, not 0.5" in line for line in lines)
    assert any("pools.1.accounts: must name an account that is in no pool yet (got 'acute')" in line for line in lines)


DUTY = '[[duties]]\non = "{}"\ntowards = "{}"\nduty = "{}"\n\n'


def test_a_duty_is_towards_another_kind_and_stated_once(tmp_path):
    at = BASE.index("[board]")
    (line,) = refusal(tmp_path, BASE[:at] + DUTY.format("hospital", "hospital", "integrate") + BASE[at:])
    number = BASE.count("[[duties]]")
    assert line == f"mine.toml: duties.{number}.towards: must be another kind of organisation than on (got 'hospital' for both)"
    again = DUTY.format("consortium", "council", "integrate")
    (line,) = refusal(tmp_path, BASE[:at] + again + BASE[at:])
    assert line == f"mine.toml: duties.{number}: must be of a pair that no other duty names (got consortium towards council, as in duties.0)"
    (line,) = refusal(tmp_path, BASE + '[alternatives.twice]\nsays = "s"\nduties = [{ on = "council", towards = "hospital", duty = "consult" }, { on = "council", towards = "hospital", duty = "none" }]\n')
    assert line.startswith("mine.toml: alternatives.twice.duties.1: must be of a pair that no other duty names (got council towards hospital")
    both = BASE[:at] + DUTY.format("council", "hospital", "integrate") + DUTY.format("hospital", "council", "consult") + BASE[at:]
    assert len(load_structure(written(tmp_path, both)).duties) == number + 2, "there and back are two"


def test_a_pool_for_frail_elders_leaves_hospitals_margins_out(tmp_path):
    pool = '[[pools]]\nname = "a"\naccounts = ["acute", "hospital"]\npeople = "frail_elders"\noverspend = { council = 1.0 }\n'
    (line,) = refusal(tmp_path, BASE + pool)
    assert line.startswith("mine.toml: pools.0.accounts: must leave out hospital")
    load_structure(written(tmp_path, BASE + pool.replace('people = "frail_elders"\n', "")))


def test_all_errors_come_at_once(tmp_path):
    text = BASE.replace('acute = "consortium"\n', "").replace('duty = "consult"', 'duty = "obey"', 1)
    lines = refusal(tmp_path, f"leak = 0.6\n{text}")
    assert len(lines) == 3
    assert all(line.startswith("mine.toml: ") for line in lines)


def test_unreadable_files_are_one_clear_line(tmp_path):
    with pytest.raises(StructureError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_structure(tmp_path / "nowhere.toml")
    assert refusal(tmp_path, "name = ")[0].startswith("mine.toml: is not valid TOML: ")


def test_structures_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_structure(BASELINE).name = "other"
