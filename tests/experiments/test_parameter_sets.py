"""Files of parameter sets: what is written is read back exactly, and what is wrong with one is said in a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.parameter_sets import ParameterSetError, read_parameter_set, write_parameter_sets

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(sets=st.lists(st.fixed_dictionaries({"a.b": NUMBERS, "c.d": NUMBERS}), min_size=1, max_size=5))
def test_sets_are_read_back_exactly(tmp_path_factory, sets):
    path = tmp_path_factory.mktemp("sets") / "sets.csv"
    write_parameter_sets(sets, path)
    assert [read_parameter_set(path, row) for row in range(1, len(sets) + 1)] == sets


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("a.b,c.d\n1,2\n", 2, "row must be from 1 to 1, got 2"),
        ("a.b,c.d\n1,2\n", 0, "row must be from 1 to 1, got 0"),
        ("", 1, "row must be from 1 to 0, got 1"),
        ("a.b,c.d\n1\n", 1, "row 1 must give each of 2 different names one number, got 1"),
        ("a.b,a.b\n1,2\n", 1, "different names"),
        ("a.b,c.d\n1,much\n", 1, "c.d in row 1 must be a number, got 'much'"),
        (b"\xff\xfe\x00", 1, "is not a CSV file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, row, words):
    path = tmp_path / "sets.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParameterSetError, match=r"sets\.csv: ") as raised:
        read_parameter_set(path, row)
    assert words in str(raised.value)


def test_a_file_that_cannot_be_read_or_written_is_said(tmp_path):
    with pytest.raises(ParameterSetError, match="cannot be read: No such file"):
        read_parameter_set(tmp_path / "none.csv", 1)
    with pytest.raises(ParameterSetError, match="cannot be written: No such file"):
        write_parameter_sets([{"a.b": 1.0}], tmp_path / "none" / "sets.csv")
