"""Months as files write them, ``YYYY-MM``."""


def months_between(start: str, month: str) -> int:
    """Return months from one ``YYYY-MM`` to another; below 0 backwards.

    Examples
    --------
    >>> months_between("2014-04", "2015-03")
    11
    """
    (y0, m0), (y1, m1) = ((int(part) for part in each.split("-")) for each in (start, month))
    return (y1 - y0) * 12 + m1 - m0
