"""Sets of parameters in a CSV file: one column a parameter, one row a set, to run a comparison with each."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path


class ParameterSetError(ValueError):
    """A file of parameter sets cannot be written, or does not hold what is asked of it."""


def write_parameter_sets(sets: Sequence[Mapping[str, float]], path: Path) -> None:
    """Write sets that all change the same parameters; every number can be read back exactly.

    Raises
    ------
    ParameterSetError
        If the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(sets[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: repr(float(value)) for name, value in each.items()} for each in sets)
    except OSError as error:
        raise ParameterSetError(f"{path}: cannot be written: {error.strerror}") from error


def read_parameter_set(path: Path, row: int) -> dict[str, float]:
    """Return one set of a file by its row, counted from 1 after the names.

    Whether the names exist and the numbers make sense is for whoever applies them to say.

    Raises
    ------
    ParameterSetError
        If the file cannot be read, has no such row, or a cell is no number.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            names, *rows = [cells for cells in csv.reader(stream) if cells] or [[]]
    except OSError as error:
        raise ParameterSetError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ParameterSetError(f"{path}: is not a CSV file: {error}") from error
    if not 1 <= row <= len(rows):
        raise ParameterSetError(f"{path}: row must be from 1 to {len(rows)}, got {row}")
    cells = rows[row - 1]
    if len(cells) != len(names) or len(set(names)) != len(names):
        raise ParameterSetError(
            f"{path}: row {row} must give each of {len(names)} different names one number, got {len(cells)}"
        )
    return {name: _number(path, row, name, cell) for name, cell in zip(names, cells, strict=True)}


def _number(path: Path, row: int, name: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ParameterSetError(f"{path}: {name} in row {row} must be a number, got {cell!r}") from None
