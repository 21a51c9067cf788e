"""Verdicts: every target has one or a reason, the rule is the stated one, and the command keeps what it promises."""

import dataclasses
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.vocabulary import Reason, Responsible
from experiments import cli
from experiments.readings import ROLES, Check, Reading
from experiments.reference_run import DELAYED_PATIENTS, RECORDED, run_reference
from experiments.validation import (
    MET,
    MISSED,
    NO_VERDICT,
    delays_table,
    people_table,
    read_place,
    summary_line,
    targets,
    validate,
)
from experiments.validation_checks import OUT_OF_SCOPE, checks
from experiments.validation_report import crossed
from model.delayed_transfers import ACUTE, all_over_acute, recorded_days
from model.evidence import evidence
from model.parameters import Parameters
from model.prevalence import england

SCALE = 0.02


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    return read_place(years=1, replications=2, scale=SCALE)


@pytest.fixture(scope="module")
def table(readings: list[Reading]) -> pd.DataFrame:
    return validate(readings)


@pytest.fixture
def joinedup(monkeypatch, capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["joinedup", "validate", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        return (done.value.code, *capsys.readouterr())

    return run


def england_as_read() -> Reading:
    """England's people and deaths of 2014, as published, in the place of the model's."""
    year = run_reference(years=1, scale=0.001)[0]
    people, rates = england()
    whole = np.zeros(year.people.shape)
    whole[:, :, :73] = people[:, :, 18:] / 100.0
    deaths = np.zeros(whole.shape)
    deaths[:, :, :73] = whole[:, :, :73] * rates[:, :, 18:]
    sums = dataclasses.replace(year, people=whole, person_years=whole, deaths=deaths)
    return Reading(sums=sums, years=1, scale=1.0, parameters=Parameters())


def check_of(name: str) -> Check:
    return next(check for check in checks() if check.id == name)


def test_every_target_is_compared_or_has_a_reason_and_none_twice() -> None:
    compared = {check.id for check in checks()}
    used = [row for check in checks() for row in check.stands_for]
    rows = [row.id for row in targets()]
    spoken = [row for row in rows if row in compared]
    assert Counter([*spoken, *used, *OUT_OF_SCOPE]) == Counter(rows)
    assert len(compared) == len(checks())
    for check in checks():
        if not check.source:
            assert evidence(check.id), "a check without a source of its own names an evidence row"


def test_every_check_says_what_it_is() -> None:
    for check in checks():
        assert check.role in ROLES
        assert check.label
        low, high = check.allowed()
        assert low <= check.value() <= high, check.id
        assert low < high, check.id
    labels = Counter(check.label for check in checks())
    assert max(labels.values()) == 1
    assert all(len(reason) > 10 and reason[0].islower() | reason[:2].isupper() for reason in OUT_OF_SCOPE.values())


def test_the_range_is_a_stated_margin_else_the_sources_own_else_a_tenth() -> None:
    own = {"model": lambda _: 0.0, "heading": "", "label": ""}
    assert Check(id="P-C.prov-005", **own).allowed() == (0.651, 0.749)
    assert Check(id="P-C.prov-005", margin=0.3, **own).allowed() == pytest.approx((0.4, 1.0))
    assert Check(id="P-C.prov-005", relative=0.5, **own).allowed() == pytest.approx((0.35, 1.05))
    assert Check(id="P-C.prov-005", target=10.0, **own).allowed() == (9.0, 11.0), (
        "the row's interval is not this number's"
    )
    assert Check(id="T-A-013", **own).allowed() == pytest.approx((0.9 * 8.1, 1.1 * 8.1))
    assert Check(id="T-A-006", **own).allowed() == pytest.approx((0.9 * 6.74, 1.1 * 6.74)), "one end is no interval"
    assert Check(id="T-C-028", **own).allowed() == pytest.approx((-352.0, -288.0)), "of a fall, too"


def test_a_model_that_is_england_meets_england() -> None:
    """What the published counts give when they are put through the same reading is the published number."""
    reading = england_as_read()
    for name in ("LE65 men", "LE65 women", "LE65 gap men", "LE65 gap women"):
        check = check_of(name)
        assert check.model(reading) == pytest.approx(check.value())
    deaths = 100.0 * reading.count("deaths")
    people, rates = england()
    assert deaths == pytest.approx((people * rates)[:, :, 18:].sum())
    held = dataclasses.replace(reading.sums, conditions=np.stack([0.25 * reading.sums.people] * 14))
    assert dataclasses.replace(reading, sums=held).standardised(held.conditions[0]) == pytest.approx(25.0)


def test_a_gradient_that_is_known_is_read() -> None:
    """The most deprived have at any age what the least deprived have ten years later."""
    reading = england_as_read()
    ages = np.arange(18, 111)
    shares = np.stack([np.clip((ages - 20 + 10 * (fifth == 0)) / 100.0, 0, 1) for fifth in range(5)])
    sums = dataclasses.replace(
        reading.sums, people=np.full((2, 5, 93), 1000), multimorbid=1000 * np.stack([shares] * 2)
    )
    steep = dataclasses.replace(reading, sums=sums)
    assert check_of("T-A-005").model(steep) == pytest.approx(10.0, abs=0.2)
    assert check_of("T-A-028").model(steep) == pytest.approx(10.0, abs=0.2)


def with_delays(reading: Reading, days: np.ndarray, patients: np.ndarray) -> Reading:
    """A reading with these cells of the national return, of England in a year and on a day."""
    cells = {}
    for name, whole in ((RECORDED, days), (DELAYED_PATIENTS, 12.0 * patients)):
        for reason in Reason:
            for body in Responsible:
                cells[f"{name}/{reason.name.lower()}/{body.name.lower()}"] = whole[reason, body] / 100.0
    scalars = {**reading.sums.scalars, **cells}
    return dataclasses.replace(reading, sums=dataclasses.replace(reading.sums, scalars=scalars))


def test_a_model_that_records_what_england_recorded_meets_the_return() -> None:
    """By reason and by body, in acute and, as many more as were published, in all care; and patients on a day."""
    published = recorded_days(ACUTE)
    delayed = with_delays(england_as_read(), published, published / 365.0)
    for name in (f"P-B.dtoc-{number:03d}" for number in (*range(10, 18), 21, 22, 23, 25)):
        check = check_of(name)
        assert check.model(delayed) == pytest.approx(check.value(), rel=2e-3), name
    monthly = (published * all_over_acute()).sum() / 12
    assert check_of("T-B-026").model(delayed) == pytest.approx(monthly)
    assert sum(check_of(f"T-B-{number:03d}").model(delayed) for number in (27, 28, 29)) == pytest.approx(monthly)
    assert check_of("T-C-016").model(delayed) == pytest.approx(1e5 * 12 * monthly / 365 / delayed.england("people"))
    table = delays_table([delayed])
    assert len(table) == 30
    assert table["model"].to_numpy() == pytest.approx(table["published"].to_numpy())
    assert table["model_low"].isna().all()
    assert "| further nhs | 284.4 (284.4) | 0.0 (0.0) | 0.0 (0.0) | 284.4 (284.4) |" in crossed(table)
    assert "| all | 813.1 (813.1) | 201.8 (201.8) | 59.8 (59.8) | 1074.7 (1074.7) |" in crossed(table)


def test_who_left_a_and_e_in_time_is_read_by_the_standards_own_words() -> None:
    reading = england_as_read()
    scalars = {**reading.sums.scalars, "attended": 14_200, "left_ae_late": 1_000}
    check = check_of("T-B-016")
    late = dataclasses.replace(reading, sums=dataclasses.replace(reading.sums, scalars=scalars))
    assert check.model(late) == pytest.approx(100.0 * 13_200 / 14_200)
    assert check.allowed() == (93.0, 95.7), "the years on either side"


def test_odds_are_mantel_and_haenszels() -> None:
    reading = england_as_read()
    table = np.zeros((2, 6, 2, 5, 93))
    for age, base in ((30, 0.1), (70, 0.4)):
        odds = base / (1 - base)
        table[1, 0, :, :, age - 18], table[0, 0, :, :, age - 18] = 1000 * odds, 1000
        table[1, 5, :, :, age - 18], table[0, 5, :, :, age - 18] = 100 * 3 * odds, 100
    sums = dataclasses.replace(reading.sums, by_physical=table)
    assert check_of("T-A-006").model(dataclasses.replace(reading, sums=sums)) == pytest.approx(3.0)


def test_verdicts_follow_from_the_range(table: pd.DataFrame) -> None:
    compared = table[table["model"].notna()]
    inside = (compared["model"] >= compared["allowed_low"]) & (compared["model"] <= compared["allowed_high"])
    assert (compared["verdict"] == np.where(inside, MET, MISSED)).all()
    assert (compared["model_low"] <= compared["model"]).all()
    assert compared["difference"].to_numpy() == pytest.approx((compared["model"] - compared["target"]).to_numpy())
    unspoken = table[table["model"].isna()]
    assert (unspoken["verdict"] == NO_VERDICT).all()
    assert (unspoken["conversion"].str.len() > 10).all()
    assert set(table["id"]) >= {row.id for row in targets()}
    assert not table["id"].duplicated().any()


def test_counts_are_englands_whatever_the_scale(readings: list[Reading]) -> None:
    """Adults: 42.7 million at the start, and some 70,000 people fewer or more a year on."""
    for reading in readings:
        assert reading.england("people") == pytest.approx(42.7e6, rel=0.02)


def test_the_pictures_show_people_of_every_age_and_fifth(readings: list[Reading], table: pd.DataFrame) -> None:
    parts = people_table(readings, table)
    assert parts["admissions"]["label"].tolist() == ["18-44", "45-64", "65-74", "75-84", "85+"]
    assert len(parts["conditions"]) == 14
    assert parts["multimorbidity"].groupby("fifth")["age"].agg(["min", "max"]).to_numpy().tolist() == [[20, 92]] * 5
    assert parts["multimorbidity"]["percent"].between(0, 100).all()
    assert len(parts["expectancy"]) == 10


def test_one_replication_has_no_interval(readings: list[Reading]) -> None:
    table = validate(readings[:1])
    assert table["model_low"].isna().all()
    assert table["model"].notna().any()


def test_so_few_people_that_nothing_can_be_told_is_no_verdict() -> None:
    table = validate(read_place(years=1, replications=1, scale=0.0005))
    few = table[table["conversion"] == "too few people at this scale to tell"]
    assert "LE65 gap men" in set(few["id"])
    assert (few["verdict"] == NO_VERDICT).all()


def test_the_command_writes_table_page_and_figures_and_ends_with_the_summary(joinedup, tmp_path: Path) -> None:
    folder = tmp_path / "validation"
    small = ("--years", "1", "--replications", "2", "--scale", str(SCALE), "--output", str(folder))
    code, out, _ = joinedup(*small)
    assert code == 0
    table = pd.read_csv(folder / "targets.csv")
    assert out.rstrip("\n").split("\n")[-1] == summary_line(table)
    assert "Scale 0.02: a demonstration" in out
    assert {path.name for path in folder.iterdir()} == {
        "targets.csv", "delays.csv", "summary.md",
        *(f"{name}{end}" for name in ("1-targets", "2-people") for end in (".png", ".svg", ".csv", ".txt")),
    }  # fmt: skip
    page = (folder / "summary.md").read_text(encoding="utf-8")
    for row in targets():
        assert f"| {row.id} |" in page or any(row.id in check.stands_for for check in checks()), row.id
    before = (folder / "targets.csv").read_bytes()
    code, out, err = joinedup(*small, "--quiet")
    assert (code, out, err) == (0, summary_line(table) + "\n", "")
    assert (folder / "targets.csv").read_bytes() == before, "the same seed gives the same table"


def test_json_holds_every_target(joinedup, tmp_path: Path) -> None:
    code, out, _ = joinedup(
        "--years", "1", "--replications", "1", "--scale", "0.005", "--output", str(tmp_path), "--json"
    )
    found = json.loads(out)
    assert code == 0
    assert found["summary"].startswith("validate: ")
    assert {row["id"] for row in found["targets"]} >= {row.id for row in targets()}
    assert "One replication: no intervals" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_used_is_refused(joinedup, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "comparison").mkdir()
    (tmp_path / "comparison" / "manifest.json").write_text("{}")
    for name, words in (("file", "cannot write"), ("comparison", "holds the results of a comparison")):
        code, out, err = joinedup("--scale", "0.002", "--output", str(tmp_path / name))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert words in err
