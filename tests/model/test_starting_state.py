"""A settled place is kept on disk whole or not at all, and read back as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import model.starting_state as starting
from model.parameters import Parameters
from model.place import load_place
from model.starting_state import ArraysOnDisk, StartingState, settle

PLACE = load_place("berkshire-west")
ARRAYS = {"rows", "starting_rows", "cases", "future", "waiting"}


@pytest.fixture(scope="module")
def settled() -> StartingState:
    return settle(PLACE, 0.002, Parameters(), free_months=24, settling_months=12)


def alike(first: StartingState, second: StartingState) -> bool:
    return set(first.arrays) == set(second.arrays) == ARRAYS and all(
        (first.arrays[name] == second.arrays[name]).all() for name in ARRAYS
    )


def kept_in(folder: Path | None, monkeypatch: pytest.MonkeyPatch, settled: StartingState) -> StartingState:
    """The starting state where the cache folder is `folder`, and settling takes no time."""
    monkeypatch.setattr(starting, "cache_folder", lambda: folder)
    monkeypatch.setattr(starting, "settle", lambda place, scale, parameters: settled)
    starting._settled.cache_clear()
    try:
        return starting.starting_state(PLACE, 0.002, Parameters())
    finally:
        starting._settled.cache_clear()


def test_a_state_is_read_back_as_it_was_stored(tmp_path, monkeypatch, settled):
    first = kept_in(tmp_path, monkeypatch, settled)
    again = kept_in(tmp_path, monkeypatch, settled)
    assert isinstance(again.arrays, ArraysOnDisk)
    assert alike(settled, first)
    assert alike(settled, again)
    assert (again.starting_rows == settled.starting_rows).all()
    assert again.solved == settled.solved
    assert again.weekdays == settled.weekdays
    assert (again.organisations.councils == settled.organisations.councils).all()


def test_a_stored_state_cannot_be_written_to(tmp_path, monkeypatch, settled):
    state = kept_in(tmp_path, monkeypatch, settled)
    with pytest.raises(ValueError, match="read-only"):
        state.arrays["rows"]["need"] = 1
    with pytest.raises(KeyError):
        state.arrays["nothing"]


def test_an_empty_array_is_stored_too(tmp_path):
    np.save(tmp_path / "future.npy", np.zeros(0, dtype=[("day", "i4")]))
    assert len(ArraysOnDisk(tmp_path)["future"]) == 0


def test_without_a_cache_folder_the_state_stays_in_memory(monkeypatch, settled):
    assert kept_in(None, monkeypatch, settled) is settled


def test_where_nothing_can_be_written_the_state_stays_in_memory(tmp_path, monkeypatch, settled):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(starting.np, "save", full)
    assert kept_in(tmp_path, monkeypatch, settled) is settled
    assert not list(tmp_path.iterdir())


def test_a_process_that_comes_second_takes_what_the_first_has_stored(tmp_path, monkeypatch, settled):
    kept_in(tmp_path, monkeypatch, settled)
    (stored,) = tmp_path.iterdir()
    with pytest.raises(OSError, match=stored.name):
        starting._store(settled, stored)
    assert alike(settled, starting._stored(stored))
    assert list(tmp_path.iterdir()) == [stored]
