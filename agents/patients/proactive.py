"""Who is on the proactive-care list: each April, a share of last year's heaviest users."""

from __future__ import annotations

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.patients import record

HEAVY_SHARE = 0.02  # the 2014 enhanced service took the top two per cent of adults


def target(rows, contacts_before, share, share_at_rest, seed, month):
    """Renew the list.

    Parameters
    ----------
    rows : RECORD array
    contacts_before : shape (n,), each row's emergency contacts a year ago
    share, share_at_rest : shape (n_consortia,), the lever now and at rest
    seed, month : of the draws
    """
    alive = rows["end_month"] == record.ALIVE
    use = rows["contacts"].astype(np.float64)
    use -= contacts_before
    np.maximum(use, 0.0, out=use)
    use += rows["frailty"]
    use[~alive] = -1.0
    heavy = max(int(HEAVY_SHARE * alive.sum()), 1)
    threshold = np.partition(use, len(use) - heavy)[len(use) - heavy]
    mark(rows, use, threshold, np.asarray(share, dtype=np.float64), np.asarray(share_at_rest, dtype=np.float64), seed, month)


@compiled
def mark(rows, use, threshold, share, share_at_rest, seed, month):
    """Put heavy users on the list, each with the lever's chance; mark who would be on it at rest.

    Parameters
    ----------
    use : shape (n,), last year's contacts, with frailty to settle ties
    threshold : use from which a person is among the heaviest
    share, share_at_rest : shape (n_consortia,), the lever now and at rest
    """
    for i in range(len(rows)):
        p = rows[i]
        flags = np.int64(p["flags"]) & ~(record.PROACTIVE | record.PROACTIVE_AT_REST)
        if use[i] >= threshold and np.int64(p["end_month"]) == record.ALIVE:
            u = draw(seed, i, month, 0, draws.PROACTIVE)
            if u < share[np.int64(p["consortium"])]:
                flags |= record.PROACTIVE
            if u < share_at_rest[np.int64(p["consortium"])]:
                flags |= record.PROACTIVE_AT_REST
        p["flags"] = flags
