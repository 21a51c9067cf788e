"""What is said of a name that nobody knows: the valid names nearest to it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: object, valid: Iterable[str], many: int = 3) -> str:
    """Return the valid names nearest to one that is not, nearest first, by commas.

    Examples
    --------
    >>> nearest("strictnes", ["generosity", "strictness", "chc_strictness"], many=2)
    'strictness, chc_strictness'
    """
    return ", ".join(difflib.get_close_matches(str(name), list(valid), n=many, cutoff=0.0))
