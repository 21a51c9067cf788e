"""Films of a hospital: what can be asked for, what is written, and what the command says."""

import dataclasses
import datetime
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from agents.hospital.event_flow import EventFlow
from agents.hospital.state import ATTENDED_OUT, LATE_OUT
from experiments import cli
from experiments.figures import pixels
from experiments.figures.pixels import NoEncoderError, mp4_encoder, write_mp4
from experiments.film import BedState
from experiments.filming import FilmSpec, day_of, film, frames_of, hospital_of, write_animation, write_close_up
from experiments.recorder import Recorder
from tests.experiments.made_up_films import made_up_film

SMALL = FilmSpec(place="wigan", scale=0.02, start=datetime.date(2014, 5, 3), days=2, seed=4)


# What can be asked for


def test_the_hospital_is_the_one_that_serves_most_people_or_any_that_is_named():
    assert SMALL.hospital == "Wrightington, Wigan And Leigh NHS Foundation Trust"
    assert hospital_of("wigan", "bolton") == "Bolton NHS Foundation Trust"
    assert hospital_of("wigan", "Bolton NHS Foundation Trust") == "Bolton NHS Foundation Trust"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("Bolten NHS Foundation Trust", "nearest: Bolton NHS Foundation Trust"),
        ("NHS", "unknown hospital 'NHS'"),
        ("nowhere", "there are: Bolton NHS Foundation Trust"),
    ],
)
def test_a_hospital_that_is_not_there_or_not_told_apart_is_said(wanted, words):
    with pytest.raises(ValueError, match=words):
        hospital_of("wigan", wanted)


def test_days_and_months_are_read():
    assert day_of("2017-01-09") == datetime.date(2017, 1, 9)
    assert day_of(" 2017-01 ") == datetime.date(2017, 1, 1)
    for text in ("2017", "January", "2017-13", "2017-02-30", ""):
        with pytest.raises(ValueError, match="must be a day such as"):
            day_of(text)


def test_a_film_knows_its_months():
    winter = FilmSpec(start=datetime.date(2016, 12, 1), days=121)
    assert (winter.first_month, winter.last_month, winter.years) == (32, 35, 3)
    assert winter.end == datetime.date(2017, 4, 1)
    assert FilmSpec(start=datetime.date(2014, 4, 30), days=2).last_month == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"structures": ("single-budget",)}, "structures must be two"),
        ({"structures": ("single-budget", "single-buget")}, "nearest: single-budget"),
        ({"place": "wigann"}, "nearest: wigan"),
        ({"hospital": "nowhere"}, "unknown hospital"),
        ({"days": 0}, "days must be a whole number from 1 to 366, got 0"),
        ({"days": 400}, "days must be a whole number from 1 to 366, got 400"),
        ({"start": datetime.date(2014, 3, 31)}, "start must be a day from 2014-04-01"),
        ({"scale": 0.0}, "scale must be a share above 0"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_what_cannot_be_filmed_is_said(changes, words):
    fields = {"place": "wigan", "scale": 0.02, "days": 2, **changes}
    with pytest.raises(ValueError, match=words):
        FilmSpec(**fields)


def test_more_frames_than_can_be_held_are_refused():
    assert frames_of(FilmSpec(days=14), 1) == 336
    with pytest.raises(ValueError, match="at most 1500 frames, got 2904"):
        frames_of(FilmSpec(days=121), 1)


# What is seen


@pytest.fixture(scope="module")
def films():
    return film(SMALL)


def test_every_hour_of_the_days_asked_for_is_seen_once(films):
    for one in films:
        assert one.hours.tolist() == pd.date_range("2014-05-03", periods=48, freq="h").to_pydatetime().tolist()


def test_what_is_seen_adds_up(films):
    for one in films:
        assert one.beds_in(BedState.FIT_TO_LEAVE).tolist() == one.delays.sum(axis=1).tolist()
        assert (one.beds_in(*one.in_use) <= one.open_beds).all()
        assert (one.left_in_time <= one.left).all()
        assert one.beds_in(*one.in_use).min() > 0
        assert one.arrivals.sum() > 0
        assert one.cubicles > 0
        in_ae = one.to_be_seen + one.in_treatment + one.waiting_for_bed
        assert (np.diff(in_ae.astype(int)) <= one.arrivals[1:]).all(), "nobody is in A&E who did not come"


def test_the_same_structure_twice_is_the_same_film():
    one, other = film(dataclasses.replace(SMALL, structures=("single-budget", "single-budget"), days=1))
    assert (one.structure, other.structure) == ("single-budget", "single-budget (2)")
    pd.testing.assert_frame_equal(one.hourly(), other.hourly())
    assert one.beds.tobytes() == other.beds.tobytes()


def test_filming_changes_nothing():
    filmed, unseen = SMALL.economy("single-budget"), SMALL.economy("single-budget")
    filmed.engine.hospital_flow = EventFlow(Recorder(filmed, SMALL.hospital, SMALL.start, SMALL.end))
    unseen.engine.hospital_flow = EventFlow()
    for economy in (filmed, unseen):
        economy.step()
        economy.step()
    pd.testing.assert_frame_equal(filmed.measures, unseen.measures)
    assert filmed.engine.people.rows.tobytes() == unseen.engine.people.rows.tobytes()


def test_ae_counts_those_who_come_and_leave_as_the_accounts_do():
    """Whoever came has left or is there; who left late is counted late.

    But for people who die while they wait for a bed, and those who are given one at the very midnight of a month's end.
    """
    engine = SMALL.economy("single-budget").engine
    seen = []
    engine.hospital_flow = EventFlow(seen.append)
    engine.month(0)
    there = (seen[-1].queue + seen[-1].being_seen).sum()
    begun = len(seen)
    month = engine.month(1)
    counted = {name: sum(getattr(one, name).sum() for one in seen[begun:]) for name in ("arrivals", "left", "late")}
    in_ae = (seen[-1].queue + seen[-1].being_seen).sum()
    waiting = max(seen[-1].waiting_for_bed.sum(), seen[begun - 1].waiting_for_bed.sum())
    assert len(seen) - begun == 24 * month.days
    assert counted["arrivals"] == month.out[:, ATTENDED_OUT].sum()
    assert abs(counted["arrivals"] - counted["left"] - (in_ae - there)) <= waiting
    assert abs(counted["late"] - month.out[:, LATE_OUT].sum()) <= waiting + len(month.deaths) // 10


def test_a_film_may_cross_months():
    one, _ = film(dataclasses.replace(SMALL, start=datetime.date(2014, 4, 30), days=2))
    assert one.hours[[0, 24, 47]].astype(str).tolist() == ["2014-04-30T00", "2014-05-01T00", "2014-05-01T23"]
    assert one.beds_in(BedState.FIT_TO_LEAVE).tolist() == one.delays.sum(axis=1).tolist()


# What is written


def test_files_are_written_and_read_back(tmp_path):
    films = made_up_film("separate-budgets"), made_up_film("single-budget", shift=0.2)
    moving = write_animation(films, tmp_path / "new" / "folder", hours_a_frame=6)
    still = write_close_up(films, tmp_path / "new" / "folder")
    assert [file.name for file in moving] == [f"animation{ending}" for ending in (".gif", ".png", ".csv", ".txt")]
    assert [file.name for file in still] == [f"close-up{ending}" for ending in (".png", ".svg", ".csv", ".txt")]
    assert all(file.stat().st_size > 0 for file in (*moving, *still))
    with Image.open(moving[0]) as gif:
        assert gif.n_frames == 8
    hours, days = pd.read_csv(moving[2]), pd.read_csv(still[2])
    assert len(hours) == 2 * 48
    assert len(days) == 2 * 2
    assert set(hours["structure"]) == {"separate-budgets", "single-budget"}
    assert hours["cancelled"].sum() == days["cancelled"].sum()
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        file.name for file in (*moving, *still)
    ), "nothing unfinished is left"


def test_an_mp4_needs_an_encoder(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pixels.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoEncoderError, match="needs ffmpeg on the path, or the package opencv-python"):
        mp4_encoder()
    films = made_up_film(), made_up_film(shift=0.2)
    with pytest.raises(NoEncoderError):
        write_animation(films, tmp_path / "out", kind="mp4")


def test_an_encoder_that_fails_is_said_in_its_own_words(tmp_path, monkeypatch):
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\necho 'no such codec' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    sheet = pixels.Sheet(9, 7, ("#000000",))
    with pytest.raises(OSError, match="ffmpeg: no such codec"):
        write_mp4([sheet.pixels] * 3, sheet.palette, tmp_path / "a.mp4", 5)


# The command


@pytest.fixture
def joinedup(monkeypatch, capsys, tmp_path):
    def run(command: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["joinedup", command, "--output", str(tmp_path / "out"), *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code, printed.out, printed.err

    return run


SMALL_COMMAND = ("--place", "wigan", "--scale", "0.02", "--start", "2014-05-03", "--days", "2", "--seed", "4")


@pytest.mark.parametrize("command", ["animate", "close-up"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--structures", "single-budget"], "--structures must be two, to set side by side"),
        (["--structures", "single-budget,single-buget"], "unknown structure 'single-buget'; nearest: single-budget"),
        (["--structures", "single-budget,nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--place", "wigann"], "unknown place 'wigann'; nearest: wigan"),
        (["--hospital", "Boltom NHS Foundation Trust"], "nearest: Bolton NHS Foundation Trust"),
        (["--days", "0"], "--days must be a whole number from 1 to 366, got '0'"),
        (["--start", "soon"], "--start must be a day such as 2017-01-09, or a month such as 2017-01, got 'soon'"),
        (["--start", "2013-01"], "--start must be a day from 2014-04-01"),
        (["--scale", "2"], "--scale must be a share above 0 and at most 1"),
        (["--set", "deciding.outcme_weight=3"], "nearest: deciding.outcome_weight"),
    ],
)
def test_bad_input_ends_in_one_line_and_code_2(joinedup, tmp_path, command, arguments, words):
    code, out, err = joinedup(command, *SMALL_COMMAND, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--hours", "0"], "--hours must be a whole number from 1 to 24, got '0'"),
        (["--fps", "0"], "--fps must be a number from 1 to 50, got 0"),
        (["--fps", "nan"], "--fps must be a number from 1 to 50, got nan"),
        (["--width", "100"], "--width must be a whole number from 960 to 3840, got '100'"),
        (["--format", "avi"], "--format must be gif or mp4, got 'avi'"),
        (["--days", "121"], "at most 1500 frames, got 2904: ask for fewer --days, or more --hours a frame"),
    ],
)
def test_a_moving_picture_that_cannot_be_made_is_said(joinedup, arguments, words):
    code, out, err = joinedup("animate", *SMALL_COMMAND, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_an_mp4_without_an_encoder_is_said_before_anything_runs(joinedup, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pixels.importlib.util, "find_spec", lambda name: None)
    code, _, err = joinedup("animate", *SMALL_COMMAND, "--format", "mp4")
    assert (code, err.count("\n")) == (2, 1)
    assert "an MP4 needs ffmpeg" in err


@pytest.mark.parametrize("command", ["animate", "close-up"])
def test_a_file_in_the_way_is_said_before_anything_runs(joinedup, tmp_path, command):
    (tmp_path / "in_the_way").write_text("a file")
    code, _, err = joinedup(command, "--output", str(tmp_path / "in_the_way" / "out"))
    assert (code, err.count("\n")) == (2, 1)
    assert "in_the_way is not a folder" in err


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("animate", ("animation.gif", "animation.png", "animation.csv", "animation.txt")),
        ("close-up", ("close-up.png", "close-up.svg", "close-up.csv", "close-up.txt")),
    ],
)
def test_the_command_writes_what_was_seen_and_says_it(joinedup, tmp_path, command, files):
    code, out, err = joinedup(command, *SMALL_COMMAND)
    assert (code, err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(files)
    words = " ".join(out.split())
    assert "Wrightington, Wigan And Leigh NHS Foundation Trust" in words
    assert "Under separate budgets" in words
    assert "Under single budget" in words
    assert files[0] in words
