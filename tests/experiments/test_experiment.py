"""Experiment files: what they may say, what is refused, and what comes of a small one, from the command to its tables."""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import experiments
from experiments import cli
from experiments.effects import FOLLOWED, between_structures, by_drawn, by_group, effects, levels, trials
from experiments.experiment import (
    Arm,
    ExperimentError,
    ExperimentSpec,
    experiment_file,
    list_experiments,
    load_experiment,
)
from experiments.specification import RunSpec, UnknownNameError
from experiments.store import OtherResultsError, Store
from tests.experiments.made_up import made_up

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "natural-experiments.md"
SMALL = """
title = "A small one"
places = ["wigan"]
years = 1
replications = 2
scale = 0.002
measures = ["emergency_contacts", "delayed_days_true", "unmet_hours"]
"""
ARMS = """
[arms.usual]

[[arms.strict.interventions]]
lever = "strictness"
level = 0.5
"""


def file_of(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_an_alternative_is_a_structure_like_any_other(tmp_path):
    text = 'structures = ["single-budget", "single-budget~no-overspend+cost-cap"]\n' + SMALL + ARMS
    spec = load_experiment(file_of(tmp_path, text))
    assert {run.structure for run in spec.runs()} == {"single-budget", "single-budget~no-overspend+cost-cap"}
    with pytest.raises(ExperimentError, match=r"mine.toml: unknown alternative 'no-overspnd' of single-budget; nearest: no-overspend"):
        load_experiment(file_of(tmp_path, text.replace("no-overspend", "no-overspnd")))


@pytest.fixture
def joinedup(monkeypatch, capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["joinedup", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code, printed.out, printed.err

    return run


# Files


@pytest.mark.parametrize("name", list_experiments())
def test_shipped_experiments_can_be_run_and_say_what_they_ask(name):
    spec = load_experiment(name)
    assert spec.title
    assert spec.question
    assert spec.runs()
    assert spec.scale == 1.0
    assert load_experiment(name, scale=0.01, replications=2).replications == 2


WRITTEN = re.findall(r"^\| ([^|]+) \|[^|]+\| (`[^|]+`) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("arm", [arm for _, arm in WRITTEN], ids=[what for what, _ in WRITTEN])
def test_what_the_literature_compares_can_be_written_as_an_arm(tmp_path, arm):
    lines = arm.strip("`").replace("`<br>`", "\n")
    text = f"{SMALL}[arms.usual]\n[arms.tried]\n{lines}\n".replace("years = 1", "years = 3").replace("replications = 2", "replications = 1")
    usual, tried = load_experiment(file_of(tmp_path, text)).runs()
    assert usual.key != tried.key, "it is another run"


def test_enough_of_them_are_written():
    assert len(WRITTEN) >= 20


def test_natural_experiments_name_what_the_literature_tells_of():
    natural = [load_experiment(name) for name in list_experiments()]
    assert sum(bool(spec.expected) and bool(spec.source) for spec in natural) >= 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("arms = 3", "mine.toml: arms must be tables [arms.NAME], at least one, got 3"),
        ("", "mine.toml: arms must be tables"),
        ("yaers = 3\n" + ARMS, "mine.toml: unknown key 'yaers'; nearest: years"),
        ("years = 0\n" + ARMS, "mine.toml: years must be a whole number from 1 to 200, got 0"),
        ('years = "ten"\n' + ARMS, "mine.toml: years must be a whole number, got 'ten'"),
        ("scale = 2.0\n" + ARMS, "mine.toml: scale must be a share above 0 and at most 1, got 2.0"),
        ('places = ["wigann"]\n' + ARMS, "unknown place 'wigann'; nearest: wigan"),
        ('places = "wigan"\n' + ARMS, "mine.toml: places must be a list of different names, got 'wigan'"),
        ('structures = ["single-buget"]\n' + ARMS, "unknown structure 'single-buget'; nearest: single-budget"),
        ('settlement = "falt"\n' + ARMS, "unknown settlement 'falt'; nearest: flat"),
        ('funding = "free"\n' + ARMS, "funding must be one of within, funded, got 'free'"),
        ('control = "usul"\n' + ARMS, "unknown arm 'usul'; nearest: usual"),
        ('compare = "arm"\n' + ARMS, "compare must be one of arms, structures, got 'arm'"),
        ('measures = ["emergency_contact"]\n' + ARMS, "unknown measure 'emergency_contact'; nearest: emergency_contacts"),
        ('groups = ["councl"]\n' + ARMS, "groups: cannot group by 'councl'; nearest: council"),
        ("people = 1\n" + ARMS, "people must be a list of replications"),
        ('hold = { strictnes = 0.1 }\n' + ARMS, "unknown lever 'strictnes'; nearest: strictness"),
        ('hold = { strictness = 0.9 }\n' + ARMS, "hold.strictness must be a level from 0 to 0.5"),
        ('parameters = { "care.reablement_shar" = 0.1 }\n' + ARMS, "unknown parameter 'care.reablement_shar'; nearest: care.reablement_share"),
        ('draws = { number = 2, "care.reablement_shar" = [0, 1] }\n' + ARMS, "unknown parameter 'care.reablement_shar'"),
        ('draws = { number = 2, "care.reablement_share" = [1, 0] }\n' + ARMS, 'must be "plausible" or [least, most], got [1, 0]'),
        ('draws = { number = 2 }\n' + ARMS, "draws must have a number from 1 and at least one parameter"),
        ("facts = { payment = { hospital = 'blok' } }\n" + ARMS, "payment.hospital: must be one of"),
        ("[arms.a]\nlever = 3", "arms.a: unknown key 'lever'"),
        ("[[arms.a.interventions]]\nlever = 'strictnes'", "mine.toml: arms.a.interventions.0.lever: must be the name of a lever; nearest: strictness"),
        ("[[arms.a.interventions]]\nlever = 'strictness'\norganisations = ['Redding']", "arms.a.interventions.0.organisations: unknown name 'Redding' for this lever; nearest: Reading"),
        ("[[arms.a.interventions]]\nlever = 'strictness'\nfrom = '2030-04'", "arms.a.interventions.0.from: must be within the run's 60 months"),
        ("[arms.a", "mine.toml: must be TOML in UTF-8"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(tmp_path, joinedup, text, words):
    path = file_of(tmp_path, text)
    with pytest.raises(ExperimentError) as refused:
        load_experiment(path)
    assert words in str(refused.value)
    code, out, err = joinedup("run", path, "--output", str(tmp_path / "out"))
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_unknown_name_or_file_is_refused(joinedup):
    with pytest.raises(UnknownNameError, match="unknown experiment 'case-managment'; nearest: case-management"):
        experiment_file("case-managment")
    code, _, err = joinedup("run", "nowhere.toml")
    assert code == 2
    assert "nowhere.toml: cannot be read: No such file" in err
    code, _, err = joinedup("run")
    assert code == 2
    assert "run needs an experiment" in err


def test_the_list_and_a_dry_run_write_nothing(tmp_path, joinedup, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = joinedup("run", "--list")
    assert code == 0
    assert all(name in out for name in list_experiments())
    code, out, _ = joinedup("run", file_of(tmp_path, SMALL + ARMS), "--dry-run")
    assert code == 0
    assert "4 runs of 1 years at scale 0.002, into results/mine" in out
    assert "arm strict: 1 change" in out
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


# Specifications


def spec_of(**changes) -> ExperimentSpec:
    arms = {"usual": Arm(), "strict": Arm(interventions=({"lever": "strictness", "level": 0.5},))}
    return ExperimentSpec(**{"name": "mine", "arms": arms, "places": ("wigan",), "years": 1, "replications": 2, "scale": 0.002, "code": "0123456789abcdef", **changes})


def test_every_arm_is_run_with_the_same_luck():
    spec = spec_of(structures=("separate-budgets", "single-budget"), draws=2, ranges={"care.reablement_share": (0.3, 0.9)})
    runs = spec.runs()
    assert len(runs) == 2 * 2 * 2 * 2
    assert len({run.key for run in runs}) == len(runs)
    by_cell = {cell: run for run in runs for cell in spec.cells()[run.key]}
    for cell, run in by_cell.items():
        twin = by_cell[cell._replace(arm="usual")]
        assert (run.seed, run.replication, run.parameters) == (twin.seed, twin.replication, twin.parameters)
    drawn = {run.parameters["care.reablement_share"] for run in runs}
    assert len(drawn) == 2
    assert all(0.3 <= value <= 0.9 for value in drawn)


def test_draws_do_not_depend_on_how_many_there_are():
    few, many = (spec_of(draws=number, ranges={"care.reablement_share": (0.3, 0.9)}) for number in (2, 5))
    assert {run.key for run in few.runs()} <= {run.key for run in many.runs()}


def test_arms_add_to_what_all_do():
    arms = {"a": Arm(), "b": Arm(parameters={"care.reablement_share": 0.7}, hold={"fees": None}, facts={"payment": {"hospital": "block"}}, settlement="flat", funding="funded", structure="single-budget")}
    spec = spec_of(arms=arms, parameters={"care.reablement_share": 0.5, "care.reablement_days": 40.0}, hold={"strictness": 0.1}, facts={"mandate": "imposed"})
    a, b = spec.runs()[:2]
    assert (a.structure, a.settlement, dict(a.facts)) == ("separate-budgets", "published", {"mandate": "imposed"})
    assert (a.funding, b.structure, b.settlement, b.funding) == ("within", "single-budget", "flat", "funded")
    assert b.parameters == {"care.reablement_share": 0.7, "care.reablement_days": 40.0}
    assert b.hold == {"fees": None, "strictness": 0.1}
    assert b.facts == {"mandate": "imposed", "payment": {"hospital": "block"}}


def test_the_control_comes_first():
    assert list(spec_of(control="strict").arms) == ["strict", "usual"]


def test_a_specification_survives_its_manifest():
    spec = spec_of(draws=1, ranges={"care.reablement_share": (0.3, 0.9)}, groups=("council",), people=(0,))
    again = ExperimentSpec.from_dict(spec.as_dict())
    assert again == spec
    assert again.key == spec.key


def test_what_a_run_is_asked_for_is_part_of_its_name():
    run = RunSpec(place="wigan", structure="separate-budgets")
    others = [{"interventions": ({"supply": "beds", "multiple": 1.1},)}, {"facts": {"mandate": "imposed"}}, {"groups": ("council",)}, {"people": True}]
    keys = {run.key, *(RunSpec(place="wigan", structure="separate-budgets", **other).key for other in others)}
    assert len(keys) == 5


# Folders


def test_a_folder_can_be_expanded_and_nothing_else(tmp_path):
    few = spec_of()
    store = Store(tmp_path / "out", few)
    for run in few.runs():
        store.write(made_up(run))
    more = spec_of(replications=3, arms={**few.arms, "stricter": Arm(hold={"strictness": 0.4})})
    expanded = Store(tmp_path / "out", more)
    assert [expanded.has(run.key) for run in more.runs()].count(True) == len(few.runs())
    assert set(expanded.results().keys) == {run.key for run in few.runs()}
    with pytest.raises(OtherResultsError, match="another specification"):
        Store(tmp_path / "out", spec_of(years=2))
    with pytest.raises(OtherResultsError, match="another specification"):
        Store(tmp_path / "out", spec_of(replications=1))


def test_effects_of_made_up_arms_are_those_made_up(tmp_path):
    spec = spec_of(years=2, replications=3, structures=("separate-budgets", "single-budget"))
    store = Store(tmp_path / "out", spec)
    for run in spec.runs():
        effect = (0.1 if run.interventions else 0.0) * (2.0 if run.structure == "single-budget" else 1.0)
        store.write(made_up(run, effect))
    results = store.results()
    table = effects(results)
    assert set(table["arm"]) == {"strict"}
    period = table[table["year"] == 0].set_index(["structure", "measure"])["percent"]
    assert period["separate-budgets"].to_numpy() == pytest.approx(10.0)
    assert period["single-budget"].to_numpy() == pytest.approx(20.0)
    between = between_structures(results)
    between = between[between["year"] == 0].set_index("measure")
    single = table[(table["year"] == 0) & (table["structure"] == "separate-budgets")].set_index("measure")["difference"]
    assert between["difference"].to_numpy() == pytest.approx(single[between.index].to_numpy())
    assert set(levels(results)["arm"]) == {"usual", "strict"}


def test_effects_are_told_of_the_years_that_count(tmp_path):
    spec = spec_of(years=3, count_from=2)
    store = Store(tmp_path / "out", spec)
    for run in spec.runs():
        store.write(made_up(run, 0.1 if run.interventions else 0.0))
    table = effects(store.results())
    assert sorted(set(table["year"])) == [0, 2, 3]
    rows = table[table["measure"] == "emergency_contacts"].set_index("year")["mean"]
    assert rows[0] == pytest.approx((rows[2] + rows[3]) / 2)
    with pytest.raises(ValueError, match="count_from must be a year of the run, from 1 to 3, got 4"):
        spec_of(years=3, count_from=4)


def test_structures_can_be_compared_in_each_arm(tmp_path):
    spec = spec_of(compare="structures", structures=("separate-budgets", "single-budget"))
    store = Store(tmp_path / "out", spec)
    for run in spec.runs():
        store.write(made_up(run, 0.2 if run.structure == "single-budget" else 0.0))
    table = effects(store.results())
    assert set(table["arm"]) == {"usual", "strict"}
    assert set(table["structure"]) == {"single-budget"}
    assert set(table["against"]) == {"separate-budgets"}
    assert table["percent"].dropna().to_numpy() == pytest.approx(20.0)


# One whole


TRIAL = """
groups = ["council", "year"]
people = [0]

[[interventions]]
lever = "proactive"
level = 0.0

[[arms.usual.interventions]]
name = "trial"
service = "proactive"
drawn = 0.0
people = { age_from = 60 }

[[arms.listed.interventions]]
name = "trial"
service = "proactive"
drawn = 0.5
people = { age_from = 60 }

[[arms.listed.interventions]]
supply = "home_care_hours"
multiple = 0.3
organisations = ["councils"]
drawn = 0.5
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiment")
    path = file_of(folder, SMALL.replace('["wigan"]', '["wigan,bolton"]') + TRIAL)
    before, sys.argv = sys.argv, ["joinedup", "run", path, "--output", str(folder / "out"), "--workers", "1", "--quiet"]
    try:
        with pytest.raises(SystemExit) as done:
            cli.main()
    finally:
        sys.argv = before
    assert done.value.code == 0
    return folder


def test_a_run_leaves_a_page_tables_and_a_figure(finished):
    names = {path.name for path in (finished / "out").iterdir()}
    assert {"effects.md", "effects.csv", "effects.png", "effects.svg", "effects.txt", "levels.csv", "trials.csv", "effects_by_group.csv", "effects_where_drawn.csv", "manifest.json", "runs"} <= names
    page = (finished / "out" / "effects.md").read_text(encoding="utf-8")
    assert "A small one" in page
    assert "randomised" in page
    assert "scale 0.002" in page
    table = pd.read_csv(finished / "out" / "effects.csv")
    assert set(table["measure"]) == {"emergency_contacts", "delayed_days_true", "unmet_hours"}
    assert table["difference"].abs().max() > 0


def test_the_same_command_again_gives_the_same_bytes(finished, joinedup):
    before = {path.name: path.read_bytes() for path in (finished / "out").iterdir() if path.is_file()}
    code, _, _ = joinedup("run", str(finished / "mine.toml"), "--output", str(finished / "out"), "--quiet")
    assert code == 0
    assert {path.name: path.read_bytes() for path in (finished / "out").iterdir() if path.is_file()} == before


def test_its_tables_agree(finished):
    results = experiments.load(finished / "out")
    drawn = by_drawn(results)
    both = drawn[(drawn["measure"] == "unmet_hours") & (drawn["year"] == 0)].set_index("drawn")
    whole = effects(results)
    whole = whole[(whole["measure"] == "unmet_hours") & (whole["year"] == 0)]["difference"].item()
    assert both["difference"].sum() == pytest.approx(whole)
    assert both.loc["yes", "difference"] > both.loc["no", "difference"]
    groups = by_group(results)
    assert set(groups["council"]) == {"Wigan", "Bolton"}
    trial = trials(results)
    assert set(trial["estimate"]) == {"randomised", "same people", "before and after"}
    assert set(trial["measure"]) == set(FOLLOWED)
    people = results.table("people")
    assert people["run"].nunique() == 2, "both arms of the first replication"
    assert results.table("trials").groupby("run")["person"].apply(frozenset).nunique() == 1, "the same people might be drawn in all"
    assert np.isfinite(people["qalys"]).all()


def test_a_killed_batch_goes_on(finished, tmp_path, joinedup):
    shutil.copytree(finished / "out", tmp_path / "out")
    gone = sorted((tmp_path / "out" / "runs").iterdir())[0]
    shutil.rmtree(gone)
    code, _, _ = joinedup("run", str(finished / "mine.toml"), "--output", str(tmp_path / "out"), "--workers", "1", "--quiet")
    assert code == 0
    assert (tmp_path / "out" / "effects.csv").read_bytes() == (finished / "out" / "effects.csv").read_bytes()
