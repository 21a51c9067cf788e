"""One person under several structures: the same start and luck, days and money that add up, a choice that holds."""

import dataclasses
import json
import sys

import numpy as np
import pandas as pd
import pytest

from agents.patients.conditions import HELD
from agents.patients.record import ALIVE
from agents.vocabulary import Setting
from experiments import cli
from experiments.journey import (
    OLDER,
    OUTCOMES,
    SEVERAL,
    JourneySpec,
    NobodyError,
    as_plain,
    choose,
    journey,
    like_the_one_in_mind,
    most_different,
    typical,
    write_journey,
)

SMALL = JourneySpec(place="wigan", scale=0.02, years=3, seed=4)


@pytest.fixture(scope="module")
def found():
    return journey(SMALL)


@pytest.fixture(scope="module")
def furthest():
    return journey(dataclasses.replace(SMALL, most_different=True))


@pytest.fixture(params=["found", "furthest"])
def either(request):
    return request.getfixturevalue(request.param)


def test_the_person_is_the_same_at_the_start_under_every_structure(either):
    first, *others = either.lives
    for other in others:
        assert first.nights[0].tobytes() == other.nights[0].tobytes()
        assert first.cases[0] == other.cases[0]


def test_the_person_is_the_one_that_writing_on_integrated_care_has_in_mind(either):
    row = either.lives[0].nights[0]
    assert -int(row["birth_month"]) // 12 >= OLDER
    assert (int(row["conditions"]) & HELD).bit_count() >= SEVERAL
    assert row["need"] > 0
    assert row["care"] & 0x07 == Setting.HOME
    assert row["end_month"] == ALIVE
    assert either.totals.loc["emergencies"].max() > 0


def test_days_add_up_to_days_alive(either):
    totals, months = either.totals, either.periods()
    parts = totals.loc[["days at home", "days in hospital", "days in care homes"]].sum()
    assert parts.tolist() == totals.loc["days alive"].tolist()
    assert (months[["at_home", "in_hospital", "in_care_home"]].sum(axis=1) == months["days"]).all()
    assert months.groupby("structure")["days"].sum().to_dict() == totals.loc["days alive"].to_dict()
    helped = either.days[["informal", "package", "elsewhere", "unmet"]].sum(axis=1)
    assert helped.to_numpy() == pytest.approx(either.days["need"].to_numpy())


def test_money_adds_up(either):
    totals = either.totals
    payers = [name for name in totals.index if name.startswith("paid by ")]
    assert totals.loc[payers].sum().to_numpy() == pytest.approx(totals.loc["paid in all"].to_numpy())
    for length in (1, 12):
        periods = either.periods(length)
        paid = periods[[name for name in periods if name.startswith("paid_")]].sum(axis=1)
        by_structure = paid.groupby(periods["structure"]).sum()
        assert by_structure[list(totals.columns)].to_numpy() == pytest.approx(totals.loc["paid in all"].to_numpy())


def test_nights_in_hospital_are_those_of_the_emergencies_and_operations_told(either):
    for label in either.spec.labels:
        told = either.events[either.events["structure"] == label]
        at_start = either.lives[0].nights[0]["care"] & 0x20
        assert not at_start
        assert told["nights"].sum() == either.totals.at["days in hospital", label]
        assert told["nights_waiting"].sum() == either.totals.at["days fit to leave hospital", label]
        assert (told["kind"] == "emergency").sum() == either.totals.at["emergencies", label]


def test_whoever_dies_is_told_to_die_and_nothing_happens_after(either):
    for label, life in zip(either.spec.labels, either.lives, strict=True):
        told = either.events[either.events["structure"] == label]
        assert told["day"].is_monotonic_increasing
        ended = told["kind"].isin(("death", "left"))
        assert ended.any() == (not life.alive[-1])
        if ended.any():
            assert ended.iloc[-1]
            assert ended.sum() == 1


def test_the_same_structure_twice_is_the_same_life():
    twice = journey(dataclasses.replace(SMALL, structures=("single-budget", "single-budget"), years=1, person=11))
    assert twice.spec.labels == ("single-budget", "single-budget (2)")
    assert not twice.differs
    assert twice.parted is None
    assert twice.verdict.startswith("Nothing differs: ")
    one, other = twice.lives
    assert one.nights.tobytes() == other.nights.tobytes()
    assert one.payments() == other.payments()
    assert all(len(set(cells)) == 1 for _, cells in twice.timeline())


def test_where_only_the_payer_differs_it_is_said():
    """At levers held by nobody's wish to move, the first weeks are the same life, and another organisation pays."""
    spec = dataclasses.replace(SMALL, years=1, person=None, parameters={"deciding.effort": 1e6, "reorganising.depth": 0.0})
    quiet = journey(spec)
    assert not quiet.differs
    assert quiet.verdict.startswith("Nothing differs but who pays")


def test_the_choice_is_deterministic_and_in_the_group(found, furthest):
    assert choose(SMALL) == (found.person, found.chosen)
    group = like_the_one_in_mind(SMALL.economy("separate-budgets"))
    assert np.isin([found.person, furthest.person], group).all()
    assert "most typical" in found.chosen
    assert "differ most" in furthest.chosen


def test_a_person_who_is_named_is_followed_like_one_who_was_found(found):
    named = journey(dataclasses.replace(SMALL, person=found.person))
    assert named.chosen == "named"
    pd.testing.assert_frame_equal(named.events, found.events)


def test_the_typical_one_is_nearest_to_the_medians_and_ties_go_to_the_lower_row():
    outcomes = np.zeros((2, 5, len(OUTCOMES)))
    outcomes[:, :, 0] = [9.0, 2.0, 2.0, 1.0, 5.0]
    assert typical(outcomes) == 1
    assert most_different(outcomes) == (0, 0.0)
    outcomes[1, 3, 1] = 1.0
    at, apart = most_different(outcomes)
    assert (at, round(apart, 3)) == (3, round(1.0 / outcomes[:, :, 1].std(), 3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"structures": ("single-budget",)}, "structures must be two or more"),
        ({"person": -1}, "person must be a row number from 0"),
        ({"person": 3, "most_different": True}, "exclude each other"),
        ({"years": 0}, "years must be a whole number from 1"),
        ({"scale": 0.0}, "scale must be a share above 0"),
    ],
)
def test_what_cannot_be_asked_for_is_said(changes, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(SMALL, **changes)


def test_somebody_who_is_not_there_is_said():
    with pytest.raises(NobodyError, match="must be a row from 0 to"):
        journey(dataclasses.replace(SMALL, person=10**7))


def test_files_are_written_and_read_back(found, tmp_path):
    files = write_journey(found, tmp_path / "new" / "folder")
    assert [file.name for file in files] == [
        f"journey{ending}" for ending in (".csv", "-months.csv", ".png", ".svg", ".txt")
    ]
    assert all(file.stat().st_size > 0 for file in files)
    assert len(pd.read_csv(files[0])) == len(found.events)
    assert set(pd.read_csv(files[1])["structure"]) == set(SMALL.structures)
    plain = json.loads(json.dumps(as_plain(found), default=float))
    assert len(plain["events"]) == len(found.events)


# The command


@pytest.fixture
def joinedup(monkeypatch, capsys, tmp_path):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["joinedup", "journey", "--output", str(tmp_path / "out"), *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code, printed.out, printed.err

    return run


SMALL_COMMAND = ("--place", "wigan", "--scale", "0.02", "--years", "1", "--seed", "4")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--structures", "single-budget"], "--structures must be two or more"),
        (["--structures", "single-budget,single-buget"], "unknown structure 'single-buget'; nearest: single-budget"),
        (["--structures", "single-budget,nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--place", "nowhere.toml"], "nowhere.toml"),
        (["--place", "wigann"], "unknown place 'wigann'; nearest: wigan"),
        (["--person", "99999999"], "--person must be a row from 0 to"),
        (["--person", "-4"], "--person must be a whole number from 0"),
        (["--person", "3", "--most-different"], "--person and --most-different exclude each other"),
        (["--years", "0"], "--years must be a whole number from 1 to 200"),
        (["--scale", "2"], "--scale must be a share above 0 and at most 1"),
        (["--set", "deciding.outcme_weight=3"], "nearest: deciding.outcome_weight"),
        (["--scale", "0.00003"], "nobody at this place and scale is aged 75 or over"),
    ],
)
def test_bad_input_ends_in_one_line_and_code_2(joinedup, tmp_path, arguments, words):
    code, out, err = joinedup(*SMALL_COMMAND, *arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert words in err
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_said_before_anything_runs(joinedup, tmp_path):
    (tmp_path / "in_the_way").write_text("a file")
    code, _, err = joinedup("--output", str(tmp_path / "in_the_way" / "out"))
    assert (code, err.count("\n")) == (2, 1)
    assert "in_the_way is not a folder" in err


def test_the_command_prints_lives_side_by_side(joinedup, tmp_path):
    code, out, _ = joinedup(*SMALL_COMMAND)
    words = " ".join(out.split())
    assert code == 0
    assert "Separate budgets" in out
    assert "Single budget" in out
    assert "How chosen: the most typical by outcomes" in words
    assert "an illustration, not evidence" in words
    assert "2014/15" in out
    assert (tmp_path / "out" / "journey.svg").exists()


def test_the_command_says_that_nothing_differs(joinedup):
    _, out, _ = joinedup(*SMALL_COMMAND, "--structures", "single-budget,single-budget", "--person", "5")
    assert "Nothing differs" in out


def test_the_command_prints_json(joinedup):
    code, out, _ = joinedup(*SMALL_COMMAND, "--person", "5", "--json")
    assert code == 0
    assert json.loads(out)["person"] == 5
