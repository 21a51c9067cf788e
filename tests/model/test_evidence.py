"""The evidence table is complete, unique and refuses unknown names helpfully."""

import dataclasses
import math

import pytest

from model.evidence import FILES, FOLDER, STATUSES, evidence, evidence_group, index_rows, read_rows


def test_files_hold_what_their_readme_says() -> None:
    assert [len(read_rows(FOLDER / name)) for name in FILES] == [1121, 116]


def test_every_row_is_well_formed() -> None:
    for name in FILES:
        for row in read_rows(FOLDER / name):
            assert row.status in STATUSES
            assert row.source
            numbers = [x for x in (row.low, row.value, row.high) if x is not None]
            assert all(math.isfinite(x) for x in numbers)


def test_low_value_high_are_in_order() -> None:
    rows = [row for name in FILES for row in read_rows(FOLDER / name)]
    full = [row for row in rows if None not in (row.low, row.value, row.high)]
    assert [row.id for row in full if not row.low <= row.value <= row.high] == []


def test_a_row_is_found_by_its_id() -> None:
    row = evidence("P-C.prov-002")
    assert (row.value, row.low, row.high, row.status) == (11.3, 10.5, 11.5, "verified")
    assert row.number() == 11.3


def test_targets_are_found_too() -> None:
    assert evidence("T-A-030").quantity == "QOF_register_prevalence"


def test_a_row_of_words_has_no_number() -> None:
    assert evidence("P-B.beds-005").value is None
    with pytest.raises(ValueError, match=r"must be a number, got None in row 'P-B\.beds-005'"):
        evidence("P-B.beds-005").number()


def test_a_group_keeps_the_order_of_the_file() -> None:
    ids = [row.id for row in evidence_group("A.pop")]
    assert ids == [f"P-A.pop-00{n}" for n in range(1, 10)]


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"unknown evidence row 'P-B\.los-0002'; nearest: P-B\.los-002"):
        evidence("P-B.los-0002")


def test_an_unknown_group_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"unknown evidence group 'A\.previ'; nearest: A\.prev"):
        evidence_group("A.previ")


def test_duplicate_ids_are_refused() -> None:
    row = evidence("P-A.pop-001")
    with pytest.raises(ValueError, match=r"must be unique, got 'P-A\.pop-001' twice"):
        index_rows((row, dataclasses.replace(row, value=1.0)))
