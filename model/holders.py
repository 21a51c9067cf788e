"""Who bears an account's bills and who decides a lever, where another kind of organisation does than the one it is kept for.

Each account is kept for the area of one kind of organisation (``model.accounts.UNIT_OF``), and each lever is owned by one.
A structure may give the account, or the decision, to another kind, whose areas cross those. Then

* a bill is borne by all organisations of that kind in proportion to where the unit's people live, to the whole penny;
* a lever is decided by the one among them where most of the unit's people live. To share a decision would need a rule for
  disagreement; stakes are those of the kind, so the choice says which organisation's prices and trust count.

A body that a structure creates is one in the place, and then bears and decides all, or one for the area of each council.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.consortium import GPConsortium
from agents.council import Council
from agents.hospital.hospital import Hospital
from agents.vocabulary import Account, Lever, Party
from model.accounts import SERVICES_OF, UNIT_OF
from model.ledger import Parties, aggregate
from model.place import Place
from model.structures import STANDING_KINDS, CommissioningStructure

OWNER_OF = {lever: kind.kind for kind in (Council, GPConsortium, Hospital) for lever in kind.own_levers}
"""Kind of organisation that owns each lever."""


def people_shared(place: Place) -> dict[tuple[Party, Party], np.ndarray]:
    """Return how many adults each pair of organisations of two kinds has in common.

    A hospital's people are shares of a council's, as its catchment has it, wherever in the council they live.

    Returns
    -------
    dict
        For each ordered pair of kinds, shape (number of the first, number of the second).
    """
    size = len(place.councils), len(place.consortia)
    areas, cells = place.small_areas, place.cells
    pair = areas["council"].astype(np.int64) * size[1] + areas["consortium"]
    both = np.bincount(pair[cells["small_area"]], weights=cells["count"], minlength=size[0] * size[1]).reshape(size)
    councils = both.sum(axis=1)[:, None] * place.catchment
    consortia = (both[:, :, None] * place.catchment[:, None, :]).sum(axis=0)
    one_way = {(Party.COUNCIL, Party.CONSORTIUM): both, (Party.COUNCIL, Party.HOSPITAL): councils, (Party.CONSORTIUM, Party.HOSPITAL): consortia}
    alone = {Party.COUNCIL: both.sum(axis=1), Party.CONSORTIUM: both.sum(axis=0), Party.HOSPITAL: councils.sum(axis=0)}
    return {
        **one_way,
        **{(second, first): people.T for (first, second), people in one_way.items()},
        **{(kind, kind): np.diag(people) for kind, people in alone.items()},
    }


def split(pence: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return amounts split by shares in whole pence: what is lost by rounding down at one edge is found at the next.

    Parameters
    ----------
    pence : shape (n,), whole; of either sign
    shares : shape (n, m), each row adding up to a positive number

    Returns
    -------
    ndarray, shape (n, m)
        int64; rows add up to `pence` exactly, as long as amounts are below 2**53.

    Examples
    --------
    >>> split(np.array([100, -7]), np.array([[1, 1, 1], [3, 0, 1]])).tolist()
    [[33, 33, 34], [-6, 0, -1]]
    """
    edges = np.cumsum(shares, axis=1, dtype=np.float64)
    edges = edges / edges[:, -1:]
    return np.diff(np.floor(np.asarray(pence)[:, None] * edges).astype(np.int64), axis=1, prepend=np.int64(0))


def body_areas(structure: CommissioningStructure, place: Place) -> dict[str, list[bool]]:
    """Return the bodies that a structure makes in a place, by name, and for each of the place's councils whether it is in its area."""
    if not structure.bodies:
        return {}
    body = structure.bodies[0]
    if body.scope == "place":
        return {f"{body.name} of {place.title}": [True] * len(place.councils)}
    return {f"{body.name} of {council.name}": [other is council for other in place.councils] for council in place.councils}


def people_of_bodies(people: Mapping[tuple[Party, Party], np.ndarray], areas: np.ndarray) -> dict[tuple[Party, Party], np.ndarray]:
    """Return how many adults bodies have in common with organisations of each kind, and among themselves.

    Parameters
    ----------
    people : as :func:`people_shared` has it
    areas : shape (number of bodies, number of councils), which councils' people are whose
    """
    found = {}
    for kind in STANDING_KINDS:
        whole = people[kind, kind].sum(axis=1)[:, None]
        shared = whole if len(areas) == 1 else people[kind, Party.COUNCIL] @ areas.T
        found[kind, Party.COMMISSIONER], found[Party.COMMISSIONER, kind] = shared, shared.T
    return found | {(Party.COMMISSIONER, Party.COMMISSIONER): np.diag(found[Party.COMMISSIONER, Party.COUNCIL].sum(axis=1))}


class Holders:
    """Whom a structure's holders and deciders are in one place.

    Parameters
    ----------
    structure : facts in force
    place : whose people live where
    parties : the ledger's table

    Attributes
    ----------
    people : as :func:`people_shared` has it, and with commissioners where the structure makes any
    """

    def __init__(self, structure: CommissioningStructure, place: Place, parties: Parties) -> None:
        self.structure = structure
        self.people = people_shared(place)
        self._parties = {kind: np.array(parties.indices(kind), dtype=np.int64) for kind in STANDING_KINDS}
        if structure.bodies:
            areas = body_areas(structure, place)
            self._parties[Party.COMMISSIONER] = np.array([parties.index(name) for name in areas], dtype=np.int64)
            self.people |= people_of_bodies(self.people, np.array(list(areas.values())))
        self._at = {int(party): position for indices in self._parties.values() for position, party in enumerate(indices)}

    def __contains__(self, party: int) -> bool:
        """Return whether an organisation is there under the structure."""
        return party in self._at

    def parties(self, account: Account) -> np.ndarray:
        """Return the ledger's indices of all holders of an account."""
        return self._parties[self.structure.holder(account)]

    def parties_of(self, kind: Party) -> np.ndarray:
        """Return the ledger's indices of all organisations of a kind."""
        return self._parties[kind]

    def shares(self, account: Account) -> np.ndarray:
        """Return people of each unit (row) of the area an account is kept for by who bears its bills (column)."""
        return self.people[UNIT_OF[account], self.structure.holder(account)]

    def crosses(self, account: Account) -> bool:
        """Return whether another kind bears an account than the one it is kept for."""
        return self.structure.holder(account) != UNIT_OF[account]

    def borne(self, account: Account, pence: np.ndarray) -> np.ndarray:
        """Return what each holder bears of an account's bills by unit: whole pence, shape (n_holders,)."""
        return split(pence, self.shares(account)).sum(axis=0) if self.crosses(account) else np.asarray(pence)

    def spread(self, account: Account, variance: np.ndarray) -> np.ndarray:
        """Return the variance of what each holder bears, shape (n_holders,), from that of each unit's bills."""
        if not self.crosses(account):
            return variance
        shares = self.shares(account)
        return variance @ (shares / shares.sum(axis=1, keepdims=True)) ** 2

    def bill(self, account: Account, unit: int, pence: int) -> list[tuple[int, int]]:
        """Return who pays what of one unit's bill: (party, pence), none of them 0 unless the bill is."""
        parties = self.parties(account)
        if not self.crosses(account):
            return [(int(parties[unit]), int(pence))]
        parts = split(np.array([pence]), self.shares(account)[unit : unit + 1])[0]
        return [(int(parties[at]), int(parts[at])) for at in np.flatnonzero(parts)]

    def main(self, account: Account, unit: int) -> int:
        """Return the party that bears most of one unit's bills on an account."""
        return int(self.parties(account)[np.argmax(self.shares(account)[unit])])

    def position(self, party: int) -> int:
        """Return the position of an organisation among those of its kind."""
        return self._at[party]

    def council_of(self, kind: Party, position: int) -> int:
        """Return the position of the council where most of an organisation's people live."""
        return int(np.argmax(self.people[kind, Party.COUNCIL][position]))

    def decided_by(self, lever: Lever, owner: int) -> int:
        """Return the party that decides a lever that the party `owner` owns: of its kind, where most of the owner's people live."""
        own, kind = OWNER_OF[lever], self.structure.decider(lever)
        if kind == own:
            return owner
        return int(self._parties[kind][np.argmax(self.people[own, kind][self.position(owner)])])

    def as_structured(self, rows: np.ndarray) -> np.ndarray:
        """Put payers and deciders under the structure in the place of those for whom accounts are kept, and who own levers.

        Parameters
        ----------
        rows : of the journal, or consequences; payers of other kinds stay as they are
        """
        rows = rows.copy()
        for lever in np.unique(rows["lever"]).tolist():
            if lever != Lever.NONE and self.structure.decider(Lever(lever)) != OWNER_OF[Lever(lever)]:
                at = np.flatnonzero(rows["lever"] == lever)
                owners, which = np.unique(rows["decider"][at], return_inverse=True)
                rows["decider"][at] = np.array([self.decided_by(Lever(lever), int(owner)) for owner in owners])[which]
        for account, own in UNIT_OF.items():
            if self.crosses(account):
                rows = self._as_borne(rows, account, self._parties[own])
        return rows

    def _as_borne(self, rows: np.ndarray, account: Account, units: np.ndarray) -> np.ndarray:
        """Put holders of an account in the place of the units that it is kept for."""
        ours = np.isin(rows["service"], SERVICES_OF[account]) & (rows["payer"] >= units[0]) & (rows["payer"] <= units[-1])
        bills = aggregate(rows[ours])
        parts = split(bills["pence"], self.shares(account)[bills["payer"].astype(np.int64) - units[0]])
        bill, holder = np.nonzero(parts)
        borne = bills[bill]
        borne["payer"], borne["pence"] = self.parties(account)[holder], parts[bill, holder]
        return np.concatenate([rows[~ours], borne])
