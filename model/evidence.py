"""The evidence table: where the default numbers of the model come from.

The table itself is two CSV files in ``model/data/evidence``: ``parameters.csv``
(inputs) and ``targets.csv`` (national aggregates to come near). Each row has an
identifier such as ``P-B.los-002``, which default values elsewhere in the code name.
The rows of a group are numbered from 1 without a gap, so that a lost row is noticed
before anybody asks for it.
"""

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agents.naming import nearest

FOLDER = Path(__file__).parent / "data" / "evidence"
FILES = ("parameters.csv", "targets.csv")
COLUMNS = (
    *("id", "group", "quantity", "stratum", "value", "low", "high"),
    *("unit", "year", "geography", "source", "status", "note"),
)
STATUSES = ("verified", "derived", "recalled")


class EvidenceError(ValueError):
    """The evidence table has not got what is asked of it, or is damaged; the message names file and row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRow:
    """One figure of the evidence table.

    Attributes
    ----------
    id : identifier, unique over both files
    group : subject, such as ``A.prev``
    quantity, stratum : what the figure is, and of whom
    value, low, high : the figure and its interval or working band, in `unit`; None where the source gives no number
    unit : unit of the three numbers
    year, geography : when and where the figure was observed
    source : where it was read
    status : ``verified``, ``derived`` or ``recalled``
    note : definitions and cautions
    file : name of the file it stands in
    """

    id: str
    group: str
    quantity: str
    stratum: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    year: str
    geography: str
    source: str
    status: str
    note: str
    file: str = FILES[0]

    def number(self) -> float:
        """Return the value, refusing a row that holds text only.

        Raises
        ------
        EvidenceError
            If the row has no single number.
        """
        if self.value is None:
            raise EvidenceError(f"{self.file}: value must be a number, got None in row {self.id!r}")
        return self.value


def read_rows(path: Path) -> tuple[EvidenceRow, ...]:
    """Read one CSV file of evidence.

    Raises
    ------
    EvidenceError
        If the file cannot be read, a column or cell is missing, a status is unknown, a number is not one, or a value
        lies outside its own interval.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                given = ",".join(reader.fieldnames or ())
                raise EvidenceError(f"{path.name}: the first line must be {','.join(COLUMNS)}, got {given!r}")
            return tuple(_row(record, path.name, reader.line_num) for record in reader)
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvidenceError(f"{path}: is not a CSV file in UTF-8: {error}") from error


def index_rows(rows: tuple[EvidenceRow, ...]) -> dict[str, EvidenceRow]:
    """Return the rows by identifier.

    Raises
    ------
    EvidenceError
        If an identifier occurs twice, has no number, or the numbers of its group have a gap.
    """
    by_id: dict[str, EvidenceRow] = {}
    for row in rows:
        if row.id in by_id:
            raise EvidenceError(f"{row.file}: id must be unique, got {row.id!r} twice")
        by_id[row.id] = row
    _refuse_gaps(by_id)
    return by_id


def _refuse_gaps(by_id: dict[str, EvidenceRow]) -> None:
    """Raise EvidenceError if a row is missing between two others of its group."""
    last: dict[str, int] = {}
    for row in by_id.values():
        start, _, number = row.id.rpartition("-")
        if not (start and number.isdecimal() and int(number)):
            raise EvidenceError(f"{row.file}: id must end in a hyphen and a number from 1, got {row.id!r}")
        last[start] = max(last.get(start, 0), int(number))
    expected = (f"{start}-{number:03d}" for start, most in last.items() for number in range(1, most + 1))
    lost = next((row_id for row_id in expected if row_id not in by_id), None)
    if lost is not None:
        file = by_id[f"{lost.rpartition('-')[0]}-{last[lost.rpartition('-')[0]]:03d}"].file
        raise EvidenceError(f"{file}: row {lost!r} is missing; nearest: {nearest(lost, list(by_id))}")


def evidence(row_id: str) -> EvidenceRow:
    """Return the row with this identifier.

    Raises
    ------
    EvidenceError
        If there is none; the message gives the nearest identifiers.

    Examples
    --------
    >>> evidence("P-A.pop-001").value
    54.317
    """
    rows = _all_rows()
    if row_id not in rows:
        raise EvidenceError(_unknown("evidence row", row_id, list(rows)))
    return rows[row_id]


@lru_cache
def evidence_group(group: str) -> tuple[EvidenceRow, ...]:
    """Return the rows of a group, such as ``A.prev``, in the order of the file.

    Raises
    ------
    EvidenceError
        If there is no such group; the message gives the nearest ones.
    """
    rows = tuple(row for row in _all_rows().values() if row.group == group)
    if not rows:
        raise EvidenceError(_unknown("evidence group", group, sorted({row.group for row in _all_rows().values()})))
    return rows


def evidence_where(group: str, quantity: str, stratum: str) -> EvidenceRow:
    """Return the one row of a group with this quantity and stratum.

    Raises
    ------
    EvidenceError
        If there is none (the message gives the nearest) or more than one.

    Examples
    --------
    >>> evidence_where("A.prev", "prevalence_hypertension", "sex=male;age=20-29").id
    'P-A.prev-001'
    """
    rows = evidence_group(group)
    found = [row for row in rows if (row.quantity, row.stratum) == (quantity, stratum)]
    what = f"row of {group} with quantity and stratum"
    if not found:
        said = {f"{row.quantity} {row.stratum}": row for row in rows}
        near = nearest(f"{quantity} {stratum}", said, many=1)
        given = f"unknown {what} {quantity!r}, {stratum!r}"
        raise EvidenceError(f"{rows[0].file}: {given}; nearest: {near!r} ({said[near].id})")
    if len(found) > 1:
        ids = ", ".join(row.id for row in found)
        raise EvidenceError(f"{rows[0].file}: {what} {quantity!r}, {stratum!r} must be one, got {ids}")
    return found[0]


@lru_cache
def _all_rows() -> dict[str, EvidenceRow]:
    return index_rows(tuple(row for name in FILES for row in read_rows(FOLDER / name)))


def _row(record: dict[str, str], file: str, line: int) -> EvidenceRow:
    where = f"{file}: row {record['id']!r} (line {line})"
    if None in record or None in record.values():
        raise EvidenceError(f"{where} must have {len(COLUMNS)} cells")
    if record["status"] not in STATUSES:
        wanted = f"must have a status of {', '.join(STATUSES)}"
        raise EvidenceError(f"{where} {wanted}, got {record['status']!r}; nearest: {nearest(record['status'], STATUSES, many=1)}")
    numbers = {field: _number(where, field, record[field]) for field in ("value", "low", "high")}
    least, value, most = (numbers[field] for field in ("low", "value", "high"))
    if None not in (least, value, most) and not least <= value <= most:
        raise EvidenceError(f"{where} must have its value in its interval, got {value:g} outside {least:g} to {most:g}")
    texts = {field: text for field, text in record.items() if field not in numbers}
    return EvidenceRow(**texts, **numbers, file=file)  # type: ignore[arg-type]  # two mappings of different value types


def _number(where: str, field: str, text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise EvidenceError(f"{where} must have a number as its {field}, got {text!r}")
    return number


def _unknown(kind: str, name: str, valid: list[str]) -> str:
    files = {"P": FILES[0], "T": FILES[1]}
    file = files.get(name.partition("-")[0], " and ".join(FILES))
    return f"{file}: unknown {kind} {name!r}; nearest: {nearest(name, valid)}"

