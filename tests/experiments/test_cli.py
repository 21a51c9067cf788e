import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cli
from experiments.store import Store
from tests.experiments.made_up import comparison, made_up

ROOT = Path(__file__).parents[2]
COMMANDS = ("compare", "run", "validate", "structures", "why", "journey", "places", "parameters", "causes", "shunts", "waterfall", "gains", "ablate", "worth", "switching")


@pytest.fixture
def joinedup(monkeypatch, capsys):
    """Run the command in this process: its exit code, and what it printed."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["joinedup", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code, printed.out, printed.err

    return run


def test_structures_by_council_are_refused_in_one_line(joinedup, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('rest = "separate-budgets"\n[councils]\nRedding = "single-budget"\n', encoding="utf-8")
    code, _, error = joinedup("compare", "--place", "berkshire-west", "--structures", f"separate-budgets,{own}")
    assert code == 2
    assert "mine.toml: councils.Redding: must be a council of the place" in " ".join(error.split())
    assert "nearest: Reading" in " ".join(error.split())
    own.write_text('rest = "separate-budgets"\n[councils]\nReading = "single-budget"\n', encoding="utf-8")
    code, _, error = joinedup("compare", "--place", "berkshire-west", "--structures", f"separate-budgets,{own}", "--learning")
    assert code == 2
    assert "learning must be off where councils live under different structures (got separate-budgets, single-budget)" in " ".join(error.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "--place", "wigann"], "unknown place 'wigann'; nearest: wigan"),
        (["compare", "--structures", "single-buget"], "unknown structure 'single-buget'; nearest: single-budget"),
        (["compare", "--structures", "single-budget~no-overspnd"], "unknown alternative 'no-overspnd' of single-budget; nearest: no-overspend"),
        (["compare", "--structures", "single-buget", "--alternatives"], "unknown structure 'single-buget'; nearest: single-budget"),
        (["structures", "care-trus"], "unknown structure 'care-trus'; nearest: care-trust"),
        (["structures", "nowhere.toml"], "nowhere.toml: cannot be read: No such file"),
        (["why", "nowhere"], "Missing option '--organisation'"),
        (["why", "nowhere", "--organisation", "Reading"], "cannot read nowhere/manifest.json: No such file"),
        (["why", "nowhere", "--organisation", "Reading", "--replication", "one"], "--replication must be a whole number from 0"),
        (["compare", "--hospital-flow", "salabin"], "unknown hospital flow 'salabin'; nearest: salabim"),
        (["compare", "--structures", "nowhere.toml"], "nowhere.toml: cannot be read: No such file"),
        (["compare", "--structures", ","], "--structures must be one or more different names, got []"),
        (["compare", "--structures", "single-budget,single-budget"], "different names"),
        (["compare", "--years", "-3"], "--years must be a whole number from 1 to 200, got '-3'"),
        (["compare", "--years", "0"], "--years must be a whole number from 1 to 200, got '0'"),
        (["compare", "--years", "nan"], "--years must be a whole number from 1 to 200, got 'nan'"),
        (["compare", "--years", "2.5"], "--years must be"),
        (["compare", "--replications", "0"], "--replications must be a whole number from 1"),
        (["compare", "--replications", "inf"], "--replications must be"),
        (["compare", "--scale", "0"], "--scale must be a share above 0 and at most 1, got 0.0"),
        (["compare", "--scale", "-1"], "--scale must be"),
        (["compare", "--scale", "inf"], "--scale must be"),
        (["compare", "--scale", "nan"], "--scale must be"),
        (["compare", "--scale", "half"], "--scale must be a number, got 'half'"),
        (["compare", "--seed", "-1"], "--seed must be a whole number from 0"),
        (["compare", "--workers", "0"], "--workers must be a whole number from 1"),
        (["compare", "--set", "deciding.outcme_weight=3"], "nearest: deciding.outcome_weight"),
        (["compare", "--set", "deciding.outcome_weight"], "--set must be name=number, got 'deciding.outcome_weight'"),
        (["compare", "--set", "deciding.outcome_weight=nan"], "outcome_weight must be finite, got nan"),
        (
            ["compare", "--set", "seeking.unmanaged_share=1.5"],
            "seeking.unmanaged_share is a share and must lie in [0, 1], got 1.5",
        ),
        (
            ["compare", "--set", "seeking.contacts_per_unmet_hour=-1"],
            "contacts_per_unmet_hour must be at least 0 (plausible: 0 to 0.004 contacts a month per hour), got -1",
        ),
        (["compare", "--set", "a=1", "--set", "a=2"], "--set must name a once"),
        (
            ["compare", "--set", "@sets.csv"],
            "--set must be name=number, or @FILE:ROW with rows counted from 1, got '@sets.csv'",
        ),
        (["compare", "--set", "@nowhere.csv:1"], "nowhere.csv: cannot be read: No such file"),
        (["shunts", "--counterfactual", "council.strictnes"], "unknown lever 'strictnes' in 'council.strictnes'; nearest: strictness"),
        (["shunts", "--kind", "rewind"], "--kind must be replay or respond, got 'rewind'"),
        (["shunts", "--against", "national"], "no national median is known of"),
        (["shunts", "nowhere"], "cannot read nowhere/manifest.json"),
        (["waterfall", "single-buget"], "unknown structure 'single-buget'; nearest: single-budget"),
        (["waterfall", "single-budget", "single-budget"], "single-budget and single-budget must differ in some fact"),
        (["gains", "single-budget", "single-budget"], "--second must be another structure than the first"),
        (["ablate", "--without", "bord"], "unknown ablation 'bord'; nearest: board"),
        (["ablate", "--structures", "single-budget"], "--structures must be two or more different ones"),
        (["worth", "--levels", "0.1,0.05"], "--levels must be one or more shares of the budget, rising from above 0, got [0.1, 0.05]"),
        (["worth", "--levels", "much"], "--levels must be a number, got 'much'"),
        (["worth", "--account", "social_car"], "--account must be all or an account of commissioners, got 'social_car'; nearest: social_care"),
        (["switching", "--measure", "qaly"], "unknown measure 'qaly'; nearest: qalys"),
        (["switching", "--parameters", "decidin"], "unknown parameter 'decidin'; nearest: deciding"),
        (["switching", "--parameters", ","], "--parameters must name one or more parameters, or starts of names such as deciding, got none"),
        (["shunts", "--counterfactual", "Readng"], "nobody decides 'Readng' here; nearest: Reading"),
        (["shunts", "--draws", "-1"], "--draws must be a whole number from 0"),
        (["causes", "--samples", "0"], "--samples must be a whole number from 1 to 100000, got '0'"),
        (["causes", "--seed", "-1"], "--seed must be a whole number from 0"),
        (
            ["causes", "--samples", "1", "--output", "nowhere/sets.csv"],
            "nowhere/sets.csv: cannot be written: No such file",
        ),
        (["compare", "--hold", "strictnes=0.1"], "unknown lever 'strictnes'; nearest: strictness"),
        (["compare", "--hold", "strictness=inf"], "--hold strictness must be a level from 0 to"),
        (["compare", "--hold", "strictness=nan"], "--hold strictness must be a level"),
        (["compare", "--hold", "strictness=9"], "--hold strictness must be a level from 0 to"),
        (["compare", "--hold", "="], "--hold must be name=number"),
        (["compare", "--yeers", "3"], "--yeers"),
        (["copare"], "compare"),
        (["places", "--accounts"], "--accounts must come with the name of a place"),
        (["places", "wigan", "--levers", "--accounts"], "--levers and --accounts must come one at a time"),
        (["places", "--levers"], "--levers must come with the name of a place"),
        (["places", "wiggan", "--levers"], "unknown place 'wiggan'; nearest: wigan"),
        (["places", "wigan", "--levers", "--scale", "2"], "--scale must be a share above 0 and at most 1, got 2"),
        (["validate", "--years", "0"], "--years must be a whole number from 1 to 200, got '0'"),
        (["validate", "--replications", "some"], "--replications must be a whole number from 1"),
        (["validate", "--scale", "2"], "--scale must be a share above 0 and at most 1, got 2"),
        (["validate", "--scale", "nan"], "--scale must be a share above 0 and at most 1, got nan"),
        (["validate", "--scale", "1e-9"], "scale must leave at least one person in 'england-in-miniature'"),
        (["validate", "--seed", "-1"], "--seed must be a whole number from 0"),
        (["validate", "--set", "living.frailty_recovry=0.1"], "nearest: living.frailty_recovery"),
        (
            ["validate", "--set", "living.frailty_recovery=2"],
            "frailty_recovery is a share and must lie in [0, 1], got 2.0",
        ),
        (["places", "wiggan"], "unknown place 'wiggan'; nearest: wigan"),
        (["places", "kent,kent"], "place 'kent, kent': must name Kent once, got it twice"),
        (["places", "Canterbury"], "Canterbury is a district of Kent, and a place is made of whole councils"),
        (["places", "kent", "--all"], "--all and --search list places; to show 'kent' alone leave them out"),
        (["places", "kent", "--search", "x"], "--all and --search list places"),
        (["places", "--search", "wiggan"], "unknown place 'wiggan'; nearest: wigan"),
        (["compare", "--place", "kent,berkshire-west"], "must list councils only, 'berkshire-west' is a place by itself"),
        (["compare", "--place", "Kent,Medwey"], "unknown council 'Medwey'; nearest: Medway"),
        (["compare", "--place", ""], "place must name a place or a council, got ''"),
        (["compare", "--place", "nowhere.toml"], "place file must exist, got 'nowhere.toml'"),
        (["journey", "--place", "kent,kent"], "must name Kent once, got it twice"),
        (["close-up", "--place", "Atlantis"], "unknown place 'Atlantis'"),
    ],
)
def test_bad_input_ends_in_one_line_and_code_2(joinedup, tmp_path, arguments, words):
    output = ["--output", str(tmp_path / "results")] if arguments[0] == "compare" else []
    code, out, err = joinedup(*arguments, *output)
    assert code == 2
    assert out == ""
    assert err.startswith("joinedup: ")
    assert err.count("\n") == 1
    assert words in err
    assert not (tmp_path / "results").exists()


def test_a_structure_that_would_have_come_before_the_run_ends_in_one_line_and_code_2(joinedup, tmp_path):
    from model.structures import FOLDER

    early = (FOLDER / "single-budget.toml").read_text(encoding="utf-8").replace('name = "single-budget"', 'name = "early"', 1)
    (tmp_path / "early.toml").write_text(early + '\n[transition]\nannounced = "2012-04"\nfrom = "2013-04"\n', encoding="utf-8")
    structures = f"separate-budgets,{tmp_path / 'early.toml'}"
    code, out, err = joinedup("compare", "--structures", structures, "--funded", "--output", str(tmp_path / "results"))
    assert (code, out) == (2, "")
    assert err == "joinedup: early.toml: transition.from: must not be before 2014-04, the start of the run (got '2013-04')\n"
    assert not (tmp_path / "results").exists()


OWN_PEOPLE = "council,consortium,quintile,sex,age,count\nTown,Us,1,male,40,900\nTown,Us,2,female,70,800\n"
OWN_PLACE = "name = 'town'\npopulation = 'people.csv'\n" + "".join(
    f"[[{table}]]\nname = '{name}'\n" for table, name in (("councils", "Town"), ("consortia", "Us"), ("hospitals", "H"))
)


@pytest.fixture
def own_place(tmp_path) -> Path:
    """A place with people of the user's own, in a file beside its own."""
    (tmp_path / "people.csv").write_text(OWN_PEOPLE)
    (tmp_path / "town.toml").write_text(OWN_PLACE)
    return tmp_path / "town.toml"


def test_a_place_with_people_of_ones_own_has_a_page(joinedup, own_place):
    code, out, _ = joinedup("places", str(own_place), "--json")
    page = json.loads(out)
    assert (code, page["adults"], page["councils"]) == (0, 1700, ["Town"])


@pytest.mark.parametrize("command", [["places"], ["compare", "--place"], ["journey", "--place"]])
def test_each_problem_of_a_population_is_a_line_and_the_code_is_2(joinedup, own_place, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(OWN_PEOPLE.replace("male,40", "man,40").replace("Town,Us,2", "Twon,Us,2"))
    code, out, err = joinedup(*command, str(own_place))
    first, second = err.splitlines()
    assert (code, out) == (2, "")
    assert first == "joinedup: people.csv, row 2, column sex: must be male or female, got 'man'"
    assert second.startswith("joinedup: people.csv, row 3, column council: unknown council 'Twon'; nearest: Town")


def test_another_population_is_another_comparison_and_a_moved_one_the_same(own_place, tmp_path):
    def key() -> str:
        return cli._comparison(place=str(own_place), structures="single-budget", hold={}, parameters={}).key

    before = key()
    (tmp_path / "people.csv").rename(tmp_path / "moved.csv")
    own_place.write_text(OWN_PLACE.replace("people.csv", "moved.csv"))
    assert key() == before
    (tmp_path / "moved.csv").write_text(OWN_PEOPLE.replace("900", "901"))
    assert key() != before


def test_a_file_in_the_way_of_the_results_is_said_before_anything_runs(joinedup, tmp_path):
    (tmp_path / "in_the_way").write_text("a file")
    code, _, err = joinedup("compare", "--output", str(tmp_path / "in_the_way" / "results"))
    assert code == 2
    assert err.count("\n") == 1
    assert "cannot" in err
    assert "Not a directory" in err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_read_only_place_for_the_results_is_said_before_anything_runs(joinedup):
    code, _, err = joinedup("compare", "--output", "/proc/results")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot write to the results folder /proc/results" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(joinedup, command):
    code, out, _ = joinedup(command, "--help")
    assert code == 0
    assert f"Example: joinedup {command}" in " ".join(out.split())


def test_help_lists_every_command(joinedup):
    for arguments in (["--help"], []):
        code, out, _ = joinedup(*arguments)
        assert code == 0
        assert all(command in out for command in COMMANDS)


def test_the_version_is_told(joinedup):
    code, out, _ = joinedup("--version")
    assert code == 0
    assert out.startswith("joinedup ")


@pytest.mark.parametrize("command", ["structures", "places", "parameters"])
def test_lists_are_names_one_a_line_in_a_pipe_and_json_on_demand(joinedup, command):
    _, out, _ = joinedup(command)
    names = out.split("\n")[:-1]
    code, text, _ = joinedup(command, "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(text)] == names
    assert names


def test_why_tells_a_timeline_the_reasons_of_one_lever_and_json(joinedup, tmp_path):
    store = Store(tmp_path / "results", comparison())
    for run in store.spec.runs():
        store.write(made_up(run))
    asked = ("why", str(store.folder), "--organisation", "reading", "--structure", "single-budget")
    code, out, _ = joinedup(*asked)
    assert code == 0
    assert out.splitlines()[1:] == ["- In July 2014 Reading raised strictness by one step, from 0.2 to 0.22 (share of need disregarded)."]
    _, out, _ = joinedup(*asked, "--lever", "strictness")
    assert "What tipped it: what is felt of social care" in out
    _, text, _ = joinedup(*asked, "--json")
    (story,) = json.loads(text)
    assert story["episodes"][0]["steps"][0]["reasons"]["cost/acute"] == 3.0
    code, _, error = joinedup("why", str(store.folder), "--organisation", "Redding")
    assert (code, error) == (2, "joinedup: unknown organisation 'Redding'; nearest: Reading\n")


def test_a_structure_has_a_page_in_words_and_as_json(joinedup):
    code, out, _ = joinedup("structures", "care-trust")
    assert code == 0
    assert "Torbay" in out and "one assessment for health and social care" in out
    assert out.index("Facts") < out.index("leaves open") < out.index("Differs from separate-budgets in")
    _, text, _ = joinedup("structures", "care-trust", "--json")
    page = json.loads(text)
    assert (page["name"], page["family"]) == ("care-trust", "practice at the time")
    assert page["differs from separate-budgets in"]
    assert "no-overspend" in [each["name"] for each in page["alternatives"]]
    assert all(line.endswith(".") for line in page["open_questions"])
    assert "- no-overspend: How much the trust may overspend" in out
    assert "- (no fact says it) Whether commissioning and delivery" in out
    _, text, _ = joinedup("structures", "separate-budgets", "--json")
    assert json.loads(text)["differs from separate-budgets in"] == []


def test_an_alternative_has_a_page_too(joinedup):
    code, out, _ = joinedup("structures", "single-budget~no-overspend")
    assert code == 0
    assert "single-budget~no-overspend" in out
    assert "single commissioner nothing" in out


def test_a_list_is_a_table_on_a_terminal(joinedup, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _, out, _ = joinedup("places")
    assert "367,309" in out


@pytest.mark.parametrize("columns", [80, 100])
def test_a_list_of_every_council_fits_a_terminal(joinedup, monkeypatch, columns):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    _, out, _ = joinedup("places", "--all")
    lines = re.sub(r"\x1b\[\d*m", "", out).splitlines()  # without the bold of the heading
    assert max(len(line) for line in lines) <= columns
    rows = [line.split() for line in lines]
    assert ["bath-and-north-east-somerset", "147,604", "1", "1", "3", "1.00"] in rows
    assert ["england", "42,724,917", "152", "209", "122", "0.67"] in rows
    assert ["north-yorkshire", "651,973", "2", "6", "5", "0.29"] in rows


def test_every_council_is_listed_and_searched(joinedup):
    _, out, _ = joinedup("places", "--all")
    names = out.split("\n")[:-1]
    assert len(names) == len(set(names)) == 158  # eight shipped, two of which are one council each
    _, out, _ = joinedup("places", "--search", "isle")
    assert out == "isle-of-wight\nisles-of-scilly\n"
    _, text, _ = joinedup("places", "--search", "isles", "--json")
    (row,) = json.loads(text)
    assert row["consortia"] == ["NHS Kernow CCG"]
    assert row["main_hospitals"] == []


def test_a_page_about_a_council_or_a_list_of_them(joinedup):
    code, out, _ = joinedup("places", "Isles of Scilly")
    assert code == 0
    assert "1,896" in out
    assert "main hospitals: none" in out
    _, text, _ = joinedup("places", "kent,medway", "--json")
    page = json.loads(text)
    assert (page["name"], page["title"], page["councils"]) == ("kent+medway", "Kent and Medway", ["Kent", "Medway"])


def test_a_page_about_a_place_tells_data_from_assumption(joinedup):
    code, out, _ = joinedup("places", "berkshire-west")
    assert code == 0
    assert "assumed" in out
    assert "Royal Berkshire NHS Foundation Trust" in out
    _, text, _ = joinedup("places", "berkshire-west", "--json")
    facts = json.loads(text)["facts"]
    assert {"organisation", "name", "value", "unit", "status", "source"} == set(facts[0])


def test_levers_of_a_place_at_rest(joinedup):
    code, text, _ = joinedup("places", "wigan", "--levers", "--scale", "0.01", "--json")
    assert code == 0
    rows = {(row["organisation"], row["lever"]): row for row in json.loads(text)}
    council = rows["Wigan", "strictness"]
    assert 0.0 <= council["level"] <= 0.5
    assert council["how"].startswith("from 1,700 home-care clients")
    assert council["status"] in ("solved", "assumed")
    assert {row["status"] for (_, lever), row in rows.items() if lever == "community"} == {"reference"}
    assert any(row["norm"] for row in rows.values())
    code, out, _ = joinedup("places", "wigan", "--levers", "--scale", "0.01")
    assert (code, "discharge_readiness" in out) == (0, True)


def test_accounts_of_a_place_at_rest(joinedup):
    code, text, _ = joinedup("places", "wigan", "--accounts", "--scale", "0.01", "--json")
    assert code == 0
    rows = {(row["organisation"], row["account"]): row for row in json.loads(text)}
    social = rows["Wigan", "social_care"]
    assert social["status"] == "data"
    assert social["modelled"] + social["committed"] == pytest.approx(max(social["published"], social["modelled"]))
    assert rows["Wigan", "public_health"]["published"] is None
    code, out, _ = joinedup("places", "wigan", "--accounts", "--scale", "0.01")
    assert (code, "prescribing" in out) == (0, True)


def test_causes_are_shared_out_and_their_sets_can_be_compared_with(joinedup, tmp_path):
    file = tmp_path / "causes.csv"
    code, out, _ = joinedup("causes", "--samples", "3", "--output", str(file))
    assert code == 0
    assert "share of emergency contacts" in out
    assert "share of emergency admissions" in out
    _, text, _ = joinedup("causes", "--samples", "3", "--json")
    rows = json.loads(text)
    assert {"of", "cause", "ages", "default", "low", "high"} == set(rows[0])
    assert sum(
        row["default"] for row in rows if row["of"] == "contacts" and row["ages"] == "all adults"
    ) == pytest.approx(1.0)
    spec = cli._comparison(
        place="wigan", structures="separate-budgets", hold={},
        parameters=cli._assignments("--set", cli._spelled_out([f"@{file}:2", "deciding.outcome_weight=0.5"])),
    )  # fmt: skip
    from model.cause_prior import clock_values, joint_prior

    assert spec.parameters == {**clock_values(joint_prior(3, 1)[1]), "deciding.outcome_weight": 0.5}
    code, _, err = joinedup(
        "compare", "--set", f"@{file}:2", "--set", "seeking.unmanaged_share=0.1", "--output", str(tmp_path / "r")
    )
    assert code == 2
    assert "--set must name seeking.unmanaged_share once, got it twice" in err


def test_an_error_of_ours_keeps_its_traceback(joinedup, monkeypatch):
    def broken() -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("model.structures.list_structures", broken)
    monkeypatch.setattr(sys, "argv", ["joinedup", "structures"])
    with pytest.raises(RuntimeError, match="a fault"):
        cli.main()


def test_the_command_is_quick_to_answer_because_it_loads_nothing():
    code = "import sys, experiments.cli; print([m for m in ('numpy', 'pandas', 'rich.table') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


DAMAGED = """
import pathlib, sys
import model.evidence
from experiments import cli
folder = pathlib.Path(sys.argv.pop(1))
model.evidence.FOLDER = folder
cli.main()
"""


@pytest.mark.parametrize(
    ("command", "damage"),
    [
        *(("compare", damage) for damage in ("twice", "lost", "status", "number", "no file")),
        *((command, "lost") for command in ("places", "places wigan", "parameters", "causes")),
    ],
)
def test_a_damaged_table_of_evidence_ends_in_one_line_and_code_2(tmp_path, command, damage):
    """A row that the defaults rest on, in a copy of the table that the command is made to read."""
    evidence = ROOT / "model" / "data" / "evidence"
    for name in ("parameters.csv", "targets.csv"):
        shutil.copy(evidence / name, tmp_path)
    file = tmp_path / "parameters.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("P-C.means-001,"))
    if damage == "twice":
        lines.append(lines[at])
    elif damage == "lost":
        del lines[at]
    elif damage == "status":
        lines[at] = lines[at].replace(",verified,", ",certain,").replace(",recalled,", ",certain,")
    elif damage == "number":
        lines[at] = lines[at].replace(",23250,", ",a lot,", 1)
    file.write_text("".join(lines), encoding="utf-8")
    if damage == "no file":
        file.unlink()
    output = ["--output", str(tmp_path / "results")] if command == "compare" else []
    done = subprocess.run(
        [sys.executable, "-c", DAMAGED, str(tmp_path), *command.split(), *output],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "parameters.csv" in done.stderr
    assert damage == "no file" or "'P-C.means-001'" in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.slow  # the pages of the documentation run each of them too
@pytest.mark.parametrize("command", ["shunts", "waterfall", "gains", "ablate", "worth", "switching"])
def test_what_is_asked_beside_a_comparison_prints_tables_and_valid_json(command, joinedup, tmp_path):
    more = {
        "shunts": ["--draws", "0"], "waterfall": ["separate-budgets", "aligned-budgets"], "gains": [], "ablate": ["--without", "board"],
        "worth": ["--levels", "0.05"], "switching": ["--parameters", "deciding.outcome_weight"],
    }[command]  # fmt: skip
    options = ["--scale", "0.004", "--years", "1", "--replications", "1", "--workers", "1", "--output", str(tmp_path)]
    code, out, _ = joinedup(command, *more, *options, "--json")
    assert code == 0
    assert json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    code, out, _ = joinedup(command, *more, *options)
    assert code == 0
    assert "Written:" in out
    assert joinedup(command, *more, *options, "--quiet")[:2] == (0, "")
