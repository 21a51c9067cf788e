"""Files of people of the user's own: CSV or Parquet, each column as its different words and which row has which."""

import csv
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

SHOWN = 5
"""How many problems of a file are told."""


class OwnPlaceError(ValueError):
    """What is wrong with a place's file or its population, one line a problem.

    Attributes
    ----------
    problems : the first few, each with file, row and column (or key)
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Words(NamedTuple):
    """A column: its different words, and which of them each row has, shape (n_rows,); -1 where there is none."""

    words: pa.Array
    index: NDArray[np.int64]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a population file.

    Raises
    ------
    OwnPlaceError
        If it cannot be read.
    """
    return hashlib.sha256(bytes_of(path)).hexdigest()


def bytes_of(path: Path) -> bytes:
    """Return what is in a population file; raise OwnPlaceError if it cannot be read or has another ending."""
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise OwnPlaceError([f"{path.name}: population must be a file ending in .csv or .parquet"])
    try:
        return path.read_bytes()
    except OSError as error:
        raise OwnPlaceError([f"{path.name}: population cannot be read: {error.strerror}: {path}"]) from error


def read_csv(name: str, content: bytes) -> pa.Table:
    """Return a CSV file's columns as words, an empty word being none."""
    try:
        first = content[: content.find(b"\n") + 1 or len(content)].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OwnPlaceError([f"{name}: must be CSV in UTF-8: {error}"]) from error
    header = [column.strip() for column in next(csv.reader(io.StringIO(first)), [])]
    if len(header) < 2:
        raise OwnPlaceError([f"{name}: must be CSV with commas and a header, got {first.strip()!r}"])
    names = [f"column {number}" for number in range(len(header))]  # a name may be there twice
    words = pa.dictionary(pa.int32(), pa.string())
    convert = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, words),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    wrong: list[pa_csv.InvalidRow] = []

    def remember(row: pa_csv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    def read(*, threads: bool) -> pa.Table:
        return pa_csv.read_csv(
            pa.BufferReader(content),
            read_options=pa_csv.ReadOptions(column_names=names, skip_rows=1, use_threads=threads),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=remember),
            convert_options=convert,
        )

    try:
        table = read(threads=True)
        if wrong:  # once more in order: only then are rows numbered
            wrong.clear()
            read(threads=False)
            lines = [
                f"{name}, row {row.number}: must have {row.expected_columns} values, got {row.actual_columns}"
                for row in wrong
            ]
            more = [f"{name}: and {len(lines) - SHOWN:,} more problems"] if len(lines) > SHOWN else []
            raise OwnPlaceError([*lines[:SHOWN], *more])
    except pa.ArrowInvalid as error:
        raise OwnPlaceError([f"{name}: must be CSV in UTF-8: {' '.join(str(error).split())}"]) from error
    return table.rename_columns(header)


def read_parquet(name: str, content: bytes) -> pa.Table:
    """Return a Parquet file's columns as they are."""
    try:
        return pq.read_table(pa.BufferReader(content))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise OwnPlaceError([f"{name}: must be Parquet: {' '.join(str(error).split())}"]) from error


def words_of(name: str, column: pa.ChunkedArray) -> Words:
    """Return a column's words; raise OwnPlaceError about `name` if it holds neither text nor numbers."""
    if pa.types.is_nested(column.type):
        raise OwnPlaceError([f"{name}: must be text or numbers, got nested values ({column.type})"])
    try:
        return _words_of(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise OwnPlaceError([f"{name}: must be text or numbers, got {column.type}"]) from error


def _words_of(column: pa.ChunkedArray) -> Words:
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    else:
        column = column.dictionary_encode()  # one dictionary for all chunks
    chunks = [pc.fill_null(chunk.indices.cast(pa.int64()), -1).to_numpy() for chunk in column.chunks]
    return Words(column.chunk(0).dictionary.cast(pa.string()), np.concatenate(chunks))
