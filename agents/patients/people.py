"""The store of everybody who ever lived in the place: one growable array of records."""

from __future__ import annotations

import numpy as np

from agents.patients.record import RECORD


class People:
    """Rows of :data:`~agents.patients.record.RECORD`, appended to and never removed: a row number is a person for life.

    Parameters
    ----------
    rows : shape (n,), dtype RECORD; taken over without a copy, so the caller should not go on writing to it
    capacity : rows to make room for at once; more is found when needed

    Raises
    ------
    TypeError
        If `rows` is not a one-dimensional array of records.
    """

    def __init__(self, rows: np.ndarray, *, capacity: int = 0) -> None:
        self._store = np.ascontiguousarray(_checked(rows))
        self._n = len(rows)
        if capacity > self._n:
            self._make_room(capacity)

    @property
    def rows(self) -> np.ndarray:
        """Everybody's records, shape (n,): a view to read and write.

        Ask for it again after :meth:`append`, which may move the store and leave older views behind.
        """
        return self._store[: self._n]

    @property
    def capacity(self) -> int:
        """Rows that fit before the store has to move."""
        return len(self._store)

    def append(self, newcomers: np.ndarray) -> int:
        """Add people and return the row of the first of them.

        Parameters
        ----------
        newcomers : shape (k,), dtype RECORD; copied

        Raises
        ------
        TypeError
            If `newcomers` is not a one-dimensional array of records.
        """
        newcomers = _checked(newcomers)
        first, end = self._n, self._n + len(newcomers)
        if end > self.capacity:
            self._make_room(end + end // 8)  # growing by an eighth keeps appending cheap and wastes little memory
        self._store[first:end] = newcomers
        self._n = end
        return first

    def _make_room(self, capacity: int) -> None:
        roomier = lined_up(capacity)
        roomier[: self._n] = self.rows
        self._store = roomier

    def __len__(self) -> int:
        return self._n

    def __repr__(self) -> str:
        return f"<People: {self._n:,} rows, room for {self.capacity:,}>"

    def __getstate__(self) -> dict:
        return {"_store": self.rows, "_n": self._n}


def lined_up(n: int) -> np.ndarray:
    """Return n blank records, each in one cache line: what memory is given out at may lie across two, and every record with it."""
    line = RECORD.itemsize
    room = np.zeros((n + 1) * line, dtype=np.uint8)
    first = -room.ctypes.data % line
    return room[first : first + n * line].view(RECORD)


def _checked(rows: np.ndarray) -> np.ndarray:
    if not isinstance(rows, np.ndarray) or rows.dtype != RECORD or rows.ndim != 1:
        found = f"{rows.dtype}, {rows.ndim} dimensions" if isinstance(rows, np.ndarray) else type(rows).__name__
        raise TypeError(f"People.rows must be a one-dimensional array of agents.patients.record.RECORD, got {found}")
    return rows
