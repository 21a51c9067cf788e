"""Steps that are shared out among several hands leave what one pair of hands leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital.sharing import even_parts
from tests.strategies import bits_of, lived


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 9))
def test_parts_are_runs_that_cover_everything_once(weights, parts):
    runs = even_parts(np.array(weights, dtype=np.int64), parts)
    assert [item for low, high in runs for item in range(low, high)] == list(range(len(weights)))
    assert len(runs) <= parts


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 9))
def test_no_part_is_heavier_than_its_share_and_the_heaviest_item(weights, parts):
    runs = even_parts(np.array(weights), parts)
    most = sum(weights) / parts + max(weights)
    assert max(sum(weights[low:high]) for low, high in runs) <= most


@pytest.mark.parametrize("threads", [2, 3])
def test_books_are_written_in_one_order_however_many_hands_there_are(monkeypatch, threads):
    """Payments, notes, counters, cases and lines of a month, in a place with several councils and hospitals."""
    monkeypatch.setattr("model.engine.WORTH_SHARING", 0)
    alone, together = lived(3, scale=0.01, threads=1), lived(3, scale=0.01, threads=threads)
    assert len(alone.hospitals) > 1
    assert len(alone.councils) > 1
    for one, other in zip(alone.months, together.months, strict=True):
        assert one.hospital_planned.sum() > 0
        for name in ("totals", "counts", "out", "hospital_out", "journal", "notes", "deaths", "planned", "hospital_planned"):
            assert bits_of(getattr(one, name)) == bits_of(getattr(other, name)), name
    for name, array in alone.engine.state().items():
        assert bits_of(array) == bits_of(together.engine.state()[name]), name


def test_a_month_in_which_nobody_waits_is_shared_out_too(monkeypatch):
    monkeypatch.setattr("model.engine.WORTH_SHARING", 0)
    economy = lived(1, scale=0.0005, threads=3)
    assert economy.months[0].days == 30
