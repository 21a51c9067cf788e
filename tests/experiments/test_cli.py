import json
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cli

ROOT = Path(__file__).parents[2]
COMMANDS = ("compare", "structures", "journey", "places", "parameters")


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "--place", "wigann"], "unknown place 'wigann'; nearest: wigan"),
        (["compare", "--structures", "single-buget"], "unknown structure 'single-buget'; nearest: single-budget"),
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
        (["compare", "--set", "a=1", "--set", "a=2"], "--set must name a once"),
        (["compare", "--hold", "strictnes=0.1"], "unknown lever 'strictnes'; nearest: strictness"),
        (["compare", "--hold", "strictness=inf"], "--hold strictness must be a level from 0 to"),
        (["compare", "--hold", "strictness=nan"], "--hold strictness must be a level"),
        (["compare", "--hold", "strictness=9"], "--hold strictness must be a level from 0 to"),
        (["compare", "--hold", "="], "--hold must be name=number"),
        (["compare", "--yeers", "3"], "--yeers"),
        (["copare"], "compare"),
        (["places", "wiggan"], "unknown place 'wiggan'; nearest: wigan"),
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


def test_a_list_is_a_table_on_a_terminal(joinedup, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _, out, _ = joinedup("places")
    assert "367,309" in out


def test_a_page_about_a_place_tells_data_from_assumption(joinedup):
    code, out, _ = joinedup("places", "berkshire-west")
    assert code == 0
    assert "assumed" in out
    assert "Royal Berkshire NHS Foundation Trust" in out
    _, text, _ = joinedup("places", "berkshire-west", "--json")
    facts = json.loads(text)["facts"]
    assert {"organisation", "name", "value", "unit", "status", "source"} == set(facts[0])


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
