"""Who bears an account's bills and who decides a lever, where another kind of organisation does than the one it is kept for.

Each account is kept for the area of one kind of organisation (``model.accounts.UNIT_OF``), and each lever is owned by one.
A structure may give the account, or the decision, to another kind, whose areas cross those. Then

* a bill is borne by all organisations of that kind in proportion to where the unit's people live, to the whole penny;
* a lever is decided by the one among them where most of the unit's people live. To share a decision would need a rule for
  disagreement; stakes are those of the kind, so the choice says which organisation's prices and trust count.

A body that a structure creates is one in the place, and then bears and decides all, or one for the area of each council.

A structure may redraw the boundaries of consortia along those of councils: the whole of a council is then commissioned for by the
consortium that shared most people with it. What a consortium's bills and levers are kept for stays the area of its practices;
redrawn consortia bear and decide for areas as any other kind would. One that is main for no council looks after nobody.

Where councils live under different structures, what is kept for an area is borne council by council: the part of a consortium's bill
that is of its people in a council is borne as that council's structure says. A lever is decided as the structure of the council says
where most of its owner's people live; an organisation's own rules, such as what it may carry forward, are those of the council where
most people live whom it looks after. A body that is one for the place is one for the councils under its structure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.consortium import GPConsortium
from agents.council import Council
from agents.hospital.hospital import Hospital
from agents.vocabulary import Account, Lever, Party
from model.accounts import SERVICES_OF, UNIT_OF
from model.ledger import ExecutiveBoard, Parties, aggregate
from model.patchwork import Patchwork
from model.place import Place, redrawn
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
    return _by_kinds(both, place.catchment)


def _by_kinds(both: np.ndarray, catchment: np.ndarray) -> dict[tuple[Party, Party], np.ndarray]:
    """Return what :func:`people_shared` does, from the people of councils (rows) by consortium, and hospitals' shares of councils."""
    councils = both.sum(axis=1)[:, None] * catchment
    consortia = (both[:, :, None] * catchment[:, None, :]).sum(axis=0)
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


def board_name(council: str) -> str:
    """Return what the health and wellbeing board of a council is called."""
    return f"the health and wellbeing board of {council}"


def body_areas(structure: CommissioningStructure | Patchwork, place: Place) -> dict[str, list[bool]]:
    """Return the bodies that structures make in a place, by name, and for each of the place's councils whether it is in its area."""
    found = {}
    for each, here in _patchwork(structure, place):
        names = [council.name for council, inside in zip(place.councils, here, strict=True) if inside]
        for body in each.bodies:
            if body.scope == "place":
                found[f"{body.name} of {place.title if here.all() else ' and '.join(names)}"] = here.tolist()
            else:
                found |= {f"{body.name} of {name}": [council.name == name for council in place.councils] for name in names}
    return found


def _patchwork(structure: CommissioningStructure | Patchwork, place: Place) -> Patchwork:
    return structure if isinstance(structure, Patchwork) else Patchwork([structure] * len(place.councils))


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
        shared = whole if areas.shape[0] == 1 and areas.all() else people[kind, Party.COUNCIL] @ areas.T
        found[kind, Party.COMMISSIONER], found[Party.COMMISSIONER, kind] = shared, shared.T
    return found | {(Party.COMMISSIONER, Party.COMMISSIONER): np.diag(found[Party.COMMISSIONER, Party.COUNCIL].sum(axis=1))}


class Holders:
    """Whom a structure's holders and deciders are in one place.

    Parameters
    ----------
    structure : facts in force, for all councils or for each
    place : whose people live where
    parties : the ledger's table

    Attributes
    ----------
    areas : as :func:`people_shared` has it: people of the areas that accounts and levers are kept for
    people : of organisations under the structure, in the same form, and with commissioners where it makes any
    redrawn : whether consortia look after others' areas than those of their practices
    boards : executive boards by the index of each party whose decisions they make
    """

    def __init__(self, structure: CommissioningStructure | Patchwork, place: Place, parties: Parties) -> None:
        self.patchwork = _patchwork(structure, place)
        self.areas = self.people = people_shared(place)
        both = self.areas[Party.COUNCIL, Party.CONSORTIUM]
        self._both, own = both, dict(zip((Party.COUNCIL, Party.CONSORTIUM), np.indices(both.shape), strict=True))
        self._whose = dict(own)
        self._parties = {kind: np.array(parties.indices(kind), dtype=np.int64) for kind in STANDING_KINDS}
        along = self.patchwork.by_council(lambda each: each.boundaries == "redrawn")[:, None]
        drawn = np.where(along, redrawn(both), both)
        self.redrawn = not np.array_equal(both, drawn)
        if self.redrawn:
            self.people = _by_kinds(drawn, place.catchment)
            self._whose[Party.CONSORTIUM] = np.where(along, both.argmax(axis=1)[:, None], own[Party.CONSORTIUM])
        areas = body_areas(self.patchwork, place)
        inside = np.array(list(areas.values()))
        if areas:
            self._parties[Party.COMMISSIONER] = np.array([parties.index(name) for name in areas], dtype=np.int64)
            self.people = self.people | people_of_bodies(self.people, inside)
            self._whose[Party.COMMISSIONER] = np.repeat(np.where(inside.any(axis=0), inside.argmax(axis=0), -1)[:, None], both.shape[1], axis=1)
        self._at = {int(party): position for indices in self._parties.values() for position, party in enumerate(indices)}
        self._served = {int(party): self._most_served(kind, position) for kind, indices in self._parties.items() for position, party in enumerate(indices)}
        self._rules = {party: int(self.patchwork.number[council]) for party, council in self._served.items()}
        self._of_area = {
            int(party): int(self.patchwork.number[self.council_of(kind, position)]) for kind in STANDING_KINDS for position, party in enumerate(self._parties[kind])
        }
        self._bearers = {account: self._who_bears(account) for account in UNIT_OF}
        self._bearing = {account: np.unique(bearers[both > 0.0]) for account, bearers in self._bearers.items()} | {Account.HOSPITAL: self._parties[Party.HOSPITAL]}
        self._shares = {account: self._by_pair(own[unit], len(self._parties[unit]), self.whose(account), len(self._bearing[account])) for account, unit in UNIT_OF.items()}
        self.boards = self._executive_boards([council.name for council in place.councils])
        self._looked_after = {
            (unit, kind): self._by_pair(own[unit], len(self._parties[unit]), whose, len(self._parties[kind])) for unit in own for kind, whose in self._whose.items()
        }

    def _executive_boards(self, councils: list[str]) -> dict[int, ExecutiveBoard]:
        """Return the executive board of each party that sits on one: that of the council where most of its people live.

        What a board decides is put down to the kinds of its members in equal parts, and within a kind as they share people with the council.
        """
        found = {}
        for kind, indices in self._parties.items():
            for position, party in enumerate(indices.tolist()):
                at = self.council_of(kind, position) if kind in STANDING_KINDS else self._served[party]
                facts = self.patchwork.structures[self.patchwork.number[at]].board
                if facts is None or facts.power != "executive" or kind not in facts.members:
                    continue
                people = {member: self.people[member, Party.COUNCIL][:, at] for member in facts.members}
                sitting = {member: shared / shared.sum() for member, shared in people.items() if shared.any()}
                members = {int(self._parties[member][each]): float(parts[each]) / len(sitting) for member, parts in sitting.items() for each in np.flatnonzero(parts)}
                found[party] = ExecutiveBoard(board_name(councils[at]), members)
        return found

    def put_down(self, caused: np.ndarray) -> np.ndarray:
        """Return what is put down to whom of what decisions cost, by payer and decider: of an executive board's, to all its members, and by them to nobody.

        Parameters
        ----------
        caused : pence by payer and decider, shape (n, n)
        """
        if not self.boards:
            return caused
        found = caused.astype(np.float64)
        found[:, list(self.boards)] = 0.0
        for decider, board in self.boards.items():
            members = list(board.members)
            others = caused[:, decider].astype(np.float64)
            others[members] = 0.0
            found[:, members] += others[:, None] * np.array(list(board.members.values()))
        return found

    @property
    def structure(self) -> CommissioningStructure:
        """The structure of all councils; an error where they live under different ones."""
        return self.patchwork.only

    def _most_served(self, kind: Party, position: int) -> int:
        """Return the council where most people live whom an organisation looks after, whose structure it lives under."""
        people = self.people[kind, Party.COUNCIL][position]
        return int(np.argmax(people if people.any() else self.areas[kind, Party.COUNCIL][position]))

    def number_of(self, party: int) -> int:
        """Return which of the patchwork's structures an organisation lives under."""
        return self._rules[party]

    def council_served(self, party: int) -> int:
        """Return the position of the council where most people live whom an organisation looks after."""
        return self._served[party]

    def structure_of(self, party: int) -> CommissioningStructure:
        """Return the structure that an organisation lives under."""
        return self.patchwork.structures[self._rules[party]]

    def numbers_of(self, kind: Party) -> np.ndarray:
        """Return which of the patchwork's structures each organisation of a kind lives under."""
        return np.array([self._rules[int(party)] for party in self._parties[kind]])

    def number_of_area(self, party: int) -> int:
        """Return which of the patchwork's structures the area of a council, consortium or hospital lies under: that of most people there."""
        return self._of_area[party]

    def _who_bears(self, account: Account) -> np.ndarray:
        """Return the party that bears an account for the people whom the areas of a council (row) and a consortium (column) have in common."""
        found = np.zeros(self._both.shape, dtype=np.int64)
        for structure, here in self.patchwork:
            kind = structure.holder(account)
            found[here] = self._parties[kind][self._whose[kind][here]]
        return found

    def _by_pair(self, first: np.ndarray, n_first: int, second: np.ndarray, n_second: int) -> np.ndarray:
        """Return people by two of the things that are known of each pair of a council's and a consortium's area; -1 for none."""
        found = np.zeros((n_first, n_second))
        some = (self._both > 0.0) & (second >= 0)
        np.add.at(found, (first[some], second[some]), self._both[some])
        return found

    def __contains__(self, party: int) -> bool:
        """Return whether an organisation is there under the structure."""
        return party in self._at

    def parties(self, account: Account) -> np.ndarray:
        """Return the ledger's indices of all who hold an account for somebody."""
        return self._bearing[account]

    def parties_of(self, kind: Party) -> np.ndarray:
        """Return the ledger's indices of all organisations of a kind."""
        return self._parties[kind]

    def whose(self, account: Account) -> np.ndarray:
        """Return which of :meth:`parties` bears an account for the people whom the areas of a council (row) and a consortium (column) have in common."""
        return np.where(self._both > 0.0, np.searchsorted(self._bearing[account], self._bearers[account]), 0)

    def bearer(self, account: Account, council: int, consortium: int) -> int:
        """Return the party that bears an account for the people whom the areas of a council and a consortium (by position) have in common."""
        return int(self._bearers[account][council, consortium])

    def between(self, after: Holders, account: Account) -> np.ndarray:
        """Return the people of each who bears an account (rows) by who bears it under other facts of the same place (columns)."""
        return self._by_pair(self.whose(account), len(self.parties(account)), after.whose(account), len(after.parties(account)))

    def of_council(self, account: Account, council: int) -> np.ndarray:
        """Return the people of a council (by position) by who holds an account for them, in the order of :meth:`parties`."""
        if account == Account.HOSPITAL:
            return self.people[Party.COUNCIL, Party.HOSPITAL][council]
        return np.bincount(self.whose(account)[council], weights=self._both[council], minlength=len(self.parties(account)))

    def shares(self, account: Account) -> np.ndarray:
        """Return people of each unit (row) of the area an account is kept for by who bears its bills (column)."""
        return self._shares[account]

    def looked_after(self, unit: Party, kind: Party) -> np.ndarray:
        """Return people of the area of each organisation of a kind (row) by the organisation of a kind that looks after them (column)."""
        if Party.HOSPITAL in (unit, kind):  # whose people are shares of everybody's
            return self.people[unit, kind] if unit == Party.HOSPITAL else self.areas[unit, kind]
        return self._looked_after[unit, kind]

    def crosses(self, account: Account) -> bool:
        """Return whether others bear an account than those it is kept for."""
        return any(self._changes(UNIT_OF[account], structure.holder(account)) for structure in self.patchwork.structures)

    def _changes(self, unit: Party, kind: Party) -> bool:
        """Return whether the areas of one kind of organisation are looked after by others, if organisations of a kind do so."""
        return kind != unit or (self.redrawn and kind == Party.CONSORTIUM)

    def of_organisations(self, of_areas: np.ndarray) -> np.ndarray:
        """Return amounts of councils by consortium's area, shape (n_councils, n_consortia), by the consortium that looks after those people."""
        if not self.redrawn:
            return of_areas
        found = np.zeros_like(of_areas)
        np.add.at(found, (np.indices(found.shape)[0], self._whose[Party.CONSORTIUM]), of_areas)
        return found

    def mean_of_areas(self, values: np.ndarray) -> np.ndarray:
        """Return what each consortium meets of what is known of each one's area: the mean over the people whom it looks after."""
        if not self.redrawn:
            return values
        people = self.looked_after(Party.CONSORTIUM, Party.CONSORTIUM)
        served = people.sum(axis=0)
        return np.where(served > 0.0, values @ people / np.maximum(served, 1.0), values)

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
        """Return the position of the council where most people of an organisation's own area live."""
        return int(np.argmax(self.areas[kind, Party.COUNCIL][position]))

    def decided_by(self, lever: Lever, owner: int) -> int:
        """Return the party that decides a lever that the party `owner` owns: of its kind, where most of the owner's people live."""
        number = self.number_of_area(owner)
        own, kind = OWNER_OF[lever], self.patchwork.structures[number].decider(lever)
        if not self._changes(own, kind):
            return owner
        people = self.looked_after(own, kind)[self.position(owner)]
        if kind == Party.COMMISSIONER and len(self.patchwork.structures) > 1:  # one of its own structure
            people = np.where([self._rules[int(party)] == number for party in self._parties[kind]], people, -1.0)
        return int(self._parties[kind][np.argmax(people)])

    def as_structured(self, rows: np.ndarray) -> np.ndarray:
        """Put payers and deciders under the structure in the place of those for whom accounts are kept, and who own levers.

        Parameters
        ----------
        rows : of the journal, or consequences; payers of other kinds stay as they are
        """
        rows = rows.copy()
        for lever in np.unique(rows["lever"]).tolist():
            if lever != Lever.NONE and any(self._changes(OWNER_OF[Lever(lever)], each.decider(Lever(lever))) for each in self.patchwork.structures):
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
