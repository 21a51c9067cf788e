"""The evidence table is complete, unique and refuses unknown names helpfully."""

import collections
import dataclasses
import math

import pytest

from model.evidence import (
    COLUMNS,
    FILES,
    FOLDER,
    STATUSES,
    EvidenceError,
    evidence,
    evidence_group,
    evidence_where,
    index_rows,
    read_rows,
)

ONE = "P-A.one-001,A.one,quantity,stratum,2,1,3,unit,2014,England,source,verified,note"


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


def test_the_first_line_is_the_attributes_of_a_row() -> None:
    names = tuple(field.name for field in dataclasses.fields(evidence("P-A.pop-001")))
    assert names == (*COLUMNS, "file")
    assert (evidence("P-A.pop-001").file, evidence("T-A-030").file) == FILES


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            ",verified,",
            ",verfied,",
            "row 'P-A.one-001' (line 2) must have a status of verified, derived, recalled, got",
        ),
        (",verified,", ",verfied,", "'verfied'; nearest: verified"),
        (",2,1,3,", ",two,1,3,", "row 'P-A.one-001' (line 2) must have a number as its value, got 'two'"),
        (",2,1,3,", ",2,1,nan,", "must have a number as its high, got 'nan'"),
        (",2,1,3,", ",9,1,3,", "must have its value in its interval, got 9 outside 1 to 3"),
        (",note", "", "row 'P-A.one-001' (line 2) must have 13 cells"),
        (",note", ",note,more", "must have 13 cells"),
    ],
)
def test_a_damaged_row_is_named(tmp_path, before, after, words) -> None:
    path = tmp_path / "parameters.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{ONE.replace(before, after)}\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"^parameters\.csv: ") as raised:
        read_rows(path)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the first line must be id,group,"),
        (ONE.encode(), "the first line must be id,group,"),
        (",".join(COLUMNS).encode() + b"\n\xff\xfe", "is not a CSV file in UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, content, words) -> None:
    path = tmp_path / "parameters.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"parameters\.csv: ") as raised:
        read_rows(path)
    assert words in str(raised.value)


def test_a_lost_row_is_noticed_and_named() -> None:
    rows = read_rows(FOLDER / "parameters.csv")
    kept = tuple(row for row in rows if row.id != "P-A.prev-004")
    with pytest.raises(EvidenceError, match=r"^parameters\.csv: row 'P-A\.prev-004' is missing; nearest: P-A\.prev-"):
        index_rows(kept)


@pytest.mark.parametrize("name", ["P-A.one", "P-A.one-", "P-A.one-x", "-001", "P-A.one-000"])
def test_a_row_without_a_number_is_refused(name) -> None:
    with pytest.raises(EvidenceError, match="id must end in a hyphen and a number from 1, got "):
        index_rows((dataclasses.replace(evidence("P-A.pop-001"), id=name),))


def test_a_row_is_found_by_what_it_says() -> None:
    assert evidence_where("A.prev", "prevalence_hypertension", "sex=male;age=20-29") is evidence("P-A.prev-001")
    with pytest.raises(EvidenceError, match=r"parameters\.csv: unknown row of A\.prev .* nearest: .*P-A\.prev-001"):
        evidence_where("A.prev", "prevalence_hypertensoin", "sex=male;age=20-29")
    rows = [row for name in FILES for row in read_rows(FOLDER / name)]
    said = collections.Counter((row.group, row.quantity, row.stratum) for row in rows)
    with pytest.raises(EvidenceError, match="must be one, got "):
        evidence_where(*next(what for what, times in said.items() if times > 1))
