"""The store: rows keep what was put in, wherever the store moves, and each lies in one cache line."""

import numpy as np
import pytest

from agents.patients.people import People
from agents.patients.record import RECORD


def made_up(n: int) -> np.ndarray:
    rows = np.zeros(n, dtype=RECORD)
    rows["spells"] = np.arange(n) % 200
    return rows


@pytest.mark.parametrize("capacity", [7, 100, 10_001])
def test_every_record_lies_in_one_cache_line(capacity):
    people = People(made_up(3), capacity=capacity)
    assert people.rows.ctypes.data % RECORD.itemsize == 0
    assert people.capacity == capacity


def test_appending_moves_the_store_and_keeps_the_rows():
    people = People(made_up(5))
    assert people.append(made_up(300)) == 5
    assert np.array_equal(people.rows, np.concatenate([made_up(5), made_up(300)]))
    assert people.rows.ctypes.data % RECORD.itemsize == 0
