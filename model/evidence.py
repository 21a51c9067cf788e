"""The evidence table: where the default numbers of the model come from.

The table itself is two CSV files in ``model/data/evidence``: ``parameters.csv``
(inputs) and ``targets.csv`` (national aggregates to come near). Each row has an
identifier such as ``P-B.los-002``, which default values elsewhere in the code name.
"""

import csv
import difflib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "evidence"
FILES = ("parameters.csv", "targets.csv")
STATUSES = ("verified", "derived", "recalled")


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

    def number(self) -> float:
        """Return the value, refusing a row that holds text only.

        Raises
        ------
        ValueError
            If the row has no single number.
        """
        if self.value is None:
            raise ValueError(f"EvidenceRow.value must be a number, got None in row {self.id!r}")
        return self.value


def read_rows(path: Path) -> tuple[EvidenceRow, ...]:
    """Read one CSV file of evidence.

    Raises
    ------
    ValueError
        If a status is unknown or a number is not one.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(_row(record) for record in csv.DictReader(lines))


def index_rows(rows: tuple[EvidenceRow, ...]) -> dict[str, EvidenceRow]:
    """Return the rows by identifier.

    Raises
    ------
    ValueError
        If an identifier occurs twice.
    """
    by_id: dict[str, EvidenceRow] = {}
    for row in rows:
        if row.id in by_id:
            raise ValueError(f"EvidenceRow.id must be unique, got {row.id!r} twice")
        by_id[row.id] = row
    return by_id


def evidence(row_id: str) -> EvidenceRow:
    """Return the row with this identifier.

    Raises
    ------
    ValueError
        If there is none; the message gives the nearest identifiers.

    Examples
    --------
    >>> evidence("P-A.pop-001").value
    54.317
    """
    rows = _all_rows()
    if row_id not in rows:
        raise ValueError(_unknown("evidence row", row_id, list(rows)))
    return rows[row_id]


@lru_cache
def evidence_group(group: str) -> tuple[EvidenceRow, ...]:
    """Return the rows of a group, such as ``A.prev``, in the order of the file.

    Raises
    ------
    ValueError
        If there is no such group; the message gives the nearest ones.
    """
    rows = tuple(row for row in _all_rows().values() if row.group == group)
    if not rows:
        raise ValueError(_unknown("evidence group", group, sorted({row.group for row in _all_rows().values()})))
    return rows


@lru_cache
def _all_rows() -> dict[str, EvidenceRow]:
    return index_rows(tuple(row for name in FILES for row in read_rows(FOLDER / name)))


def _row(record: dict[str, str]) -> EvidenceRow:
    if record["status"] not in STATUSES:
        raise ValueError(f"EvidenceRow.status must be one of {', '.join(STATUSES)}, got {record['status']!r}")
    numbers = {field: float(record[field]) if record[field] else None for field in ("value", "low", "high")}
    texts = {field: text for field, text in record.items() if field not in numbers}
    return EvidenceRow(**texts, **numbers)  # type: ignore[arg-type]  # two mappings of different value types


def _unknown(kind: str, name: str, valid: list[str]) -> str:
    nearest = difflib.get_close_matches(name, valid, n=3, cutoff=0.0)
    return f"unknown {kind} {name!r}; nearest: {', '.join(nearest)}"
