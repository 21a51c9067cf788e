"""The file of fitted rates holds every stratum once, is read as it stands, and is refused in one line when damaged."""

from __future__ import annotations

import csv
import dataclasses
import shutil
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import cli
from model import fitted_rates as module
from model.fitted_rates import (
    COLUMNS,
    FILE,
    FittedRates,
    FittedRatesError,
    axes_of,
    fitted_rates,
    read_rates,
    strata,
    trying,
)

NAMES = tuple(item.name for item in dataclasses.fields(FittedRates))
OF_AGE = tuple(name for name in NAMES if axes_of(name)[-1].ages)
META = {item.name: item.metadata for item in dataclasses.fields(FittedRates)}
LINES = FILE.read_text(encoding="utf-8").splitlines()


def stored() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# The stored file


def test_the_stored_file_is_read_as_it_stands():
    rates = read_rates(FILE)
    index_of = {(name, label): index for name in NAMES for index, label in strata(name)}
    for row in stored():
        value = getattr(rates, row["rate"])[index_of[row["rate"], row["stratum"]]]
        assert value == float(row["correction"])


def test_the_stored_file_has_every_stratum_once_and_in_order():
    assert LINES[0].split(",") == list(COLUMNS)
    assert [(row["rate"], row["stratum"]) for row in stored()] == [
        (name, label) for name in NAMES for _, label in strata(name)
    ]
    assert len(stored()) == sum(getattr(FittedRates(), name).size for name in NAMES)


def test_every_stored_correction_is_inside_its_interval_and_every_row_says_what_it_is():
    for row in stored():
        low, value, high = (float(row[column]) for column in ("low", "correction", "high"))
        assert low <= value <= high, row
        assert np.isfinite(float(row["value"])), row
        assert row["unit"], row
        assert row["target"], row


def test_the_stored_corrections_are_in_force():
    assert fitted_rates().digest() == read_rates(FILE).digest()


def test_neutral_corrections_leave_every_rate_as_it_is():
    for name in NAMES:
        neutral = 0.0 if META[name]["shift"] else 1.0
        assert META[name]["low"] < neutral < META[name]["high"], name
        assert (getattr(FittedRates(), name) == neutral).all(), name


# A damaged file


def replaced(line: int, column: str, text: str) -> list[str]:
    """The stored lines with one cell changed; lines count from 1."""
    rows = list(csv.reader(LINES))
    rows[line - 1][COLUMNS.index(column)] = text
    return [",".join(f'"{cell}"' for cell in row) for row in rows]


DAMAGED = {
    "a missing row": (LINES[:3] + LINES[4:], "1 rates are missing, the first is onset of 'hypertension; male; 40-49'"),
    "no rows": (LINES[:1], "303 rates are missing"),
    "an empty file": ([], "line 1: must be rate,stratum,correction"),
    "other columns": (["rate,stratum,factor", *LINES[1:]], "line 1: must be rate,stratum,correction"),
    "a row twice": ([*LINES[:6], LINES[3], *LINES[6:]], "line 7: onset of 'hypertension; male; 40-49' is there twice"),
    "an unknown rate": (
        replaced(5, "rate", "onsets"),
        "line 5: unknown rate 'onsets' of 'hypertension; male; 50-59'; nearest: 'onset'",
    ),
    "an unknown stratum": (
        replaced(5, "stratum", "hypertension; man; 50-59"),
        "line 5: unknown rate 'onset' of 'hypertension; man; 50-59'; nearest: 'hypertension; male; 50-59'",
    ),
    "half a row": ([*LINES[:5], "onset", *LINES[6:]], "line 6: unknown rate 'onset' of ''; nearest: '"),
    "a blank line before": ([LINES[0], "", *replaced(5, "rate", "onsets")[1:]], "line 6: unknown rate 'onsets'"),
    "a word": (
        replaced(5, "correction", "many"),
        "line 5: correction of onset of 'hypertension; male; 50-59' must be a number from 0 to 10, got 'many'",
    ),
    "nothing": (replaced(5, "correction", ""), "line 5: correction of onset of 'hypertension; male; 50-59' must be"),
    "not a number": (replaced(5, "correction", "nan"), "line 5:"),
    "without bound": (replaced(5, "correction", "inf"), "line 5:"),
    "too much": (replaced(5, "correction", "10.1"), "must be a number from 0 to 10, got '10.1'"),
    "too little": (replaced(5, "correction", "-0.01"), "must be a number from 0 to 10, got '-0.01'"),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_file_is_refused_with_file_and_line(tmp_path, what):
    lines, words = DAMAGED[what]
    file = tmp_path / "rates.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(FittedRatesError) as refused:
        read_rates(file)
    message = str(refused.value)
    assert words in message
    assert message.startswith("rates.csv")
    assert "\n" not in message


@pytest.mark.parametrize("name", NAMES)
def test_each_rate_has_a_range_of_its_own(tmp_path, name):
    """The ends of the range are read; what lies a little beyond is refused."""
    line = next(k for k, row in enumerate(stored(), start=2) if row["rate"] == name)
    low, high = META[name]["low"], META[name]["high"]
    file = tmp_path / "rates.csv"
    for value, inside in ((low, True), (high, True), (low - 1e-3, False), (high + 1e-3, False)):
        file.write_text("\n".join(replaced(line, "correction", repr(value))) + "\n", encoding="utf-8")
        if inside:
            assert getattr(read_rates(file), name).flat[0] == value
        else:
            words = f"line {line}: correction of {name} .* from {low:g} to {high:g}"
            with pytest.raises(FittedRatesError, match=words):
                read_rates(file)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(FittedRatesError, match=r"^nowhere\.csv: cannot be read: No such file"):
        read_rates(tmp_path / "nowhere.csv")
    with pytest.raises(FittedRatesError, match="cannot be read: Is a directory"):
        read_rates(tmp_path)
    file = tmp_path / "rates.csv"
    file.write_bytes(b"\xff\xfe" + FILE.read_bytes())
    with pytest.raises(FittedRatesError, match=r"^rates\.csv: is not a CSV file in UTF-8"):
        read_rates(file)
    file.write_text(LINES[0] + '\n"' + "x" * 200_000 + '"\n', encoding="utf-8")
    with pytest.raises(FittedRatesError, match=r"^rates\.csv: is not a CSV file in UTF-8"):
        read_rates(file)


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_file_ends_a_command_in_one_line(tmp_path, monkeypatch, capsys, damage):
    file = tmp_path / "population.csv"
    shutil.copy(FILE, file)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        file.unlink()
    monkeypatch.setattr(module, "FILE", file)
    run = ["compare", "--scale", "0.002", "--years", "1", "--output", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["joinedup", *run])
    module._stored.cache_clear()
    try:
        with pytest.raises(SystemExit) as done:
            cli.main()
    finally:
        module._stored.cache_clear()
    assert done.value.code == 2
    printed = capsys.readouterr()
    (line,) = [line for line in printed.err.splitlines() if line.startswith("joinedup:")]
    assert line.startswith("joinedup: the fitted rates cannot be used: population.csv")
    assert "Traceback" not in printed.err


# Corrections being tried


def test_trying_nests_and_ends_even_in_an_error():
    before = fitted_rates()
    one, other = FittedRates(), FittedRates(returns=np.array([2.0]))

    def fail() -> None:
        with trying(other):
            assert fitted_rates() is other
            raise KeyError("a failing run")

    with trying(one):
        assert fitted_rates() is one
        with trying(other):
            assert fitted_rates() is other
        assert fitted_rates() is one
        with pytest.raises(KeyError):
            fail()
        assert fitted_rates() is one
    assert fitted_rates() is before


# Ages


@given(st.sampled_from(OF_AGE), st.floats(0.0, 130.0), st.integers(0, 2**32 - 1))
def test_a_correction_is_straight_between_its_ages_and_level_beyond(name, age, seed):
    shape = getattr(FittedRates(), name).shape
    values = np.random.default_rng(seed).uniform(-2.0, 2.0, shape)
    rates = dataclasses.replace(FittedRates(), **{name: values})
    known = np.array(axes_of(name)[-1].ages)
    assert (np.diff(known) > 0).all()
    assert np.allclose(rates.at(name, known), values)
    (found,) = np.moveaxis(rates.at(name, np.array([age])), -1, 0)
    after = int(np.searchsorted(known, age))
    if after == 0:
        assert np.array_equal(found, values[..., 0])
    elif after == len(known):
        assert np.array_equal(found, values[..., -1])
    else:
        way = (age - known[after - 1]) / (known[after] - known[after - 1])
        assert np.allclose(found, (1 - way) * values[..., after - 1] + way * values[..., after])


@pytest.mark.parametrize("name", OF_AGE)
def test_the_middle_age_of_a_band_lies_in_it(name):
    axis = axes_of(name)[-1]
    for label, age in zip(axis.labels, axis.ages, strict=True):
        low, _, high = label.rstrip("+").partition("-")
        assert int(low) <= age <= (int(high) if high else 110) + 1, label


# Digests


@given(st.sampled_from(NAMES), st.integers(0, 10**6), st.floats(1e-9, 1.0))
def test_any_other_value_gives_another_digest(name, at, by):
    rates = read_rates(FILE)
    assert rates.digest() == read_rates(FILE).digest()
    values = getattr(rates, name).copy()
    values.flat[at % values.size] += by
    assert dataclasses.replace(rates, **{name: values}).digest() != rates.digest()


def test_the_same_values_elsewhere_give_another_digest():
    one, other = FittedRates(), FittedRates()
    one.onset[0, 0, 0], other.onset[0, 0, 1] = 2.0, 2.0
    assert one.digest() != other.digest()
