"""The ledger: who paid whom, for what, and because of whose decision, in whole pence.

Three books are kept apart:

* the **journal** of payments, double-entry: what one party pays another receives, so that balances add up to nothing;
* the **memo** of consequences that are no payment of this run, such as a cost that a decision avoided;
* the **resource account**: bed-days, hours and visits at a unit cost. Payment rules move income, not resources.

A *consequence* is a cost caused by a decision, measured against that lever's reference setting. It is a *spillover*
when it falls in another service line than the decision's own, whoever holds the two, and a *shunt* when it also falls
on another organisation than the one that decided, or on a household. What households pay is a line of its own.

Rows name as decider the organisation whose lever it is, or who decides it in the place of that. Where an executive board
decides what that organisation brings to it, tables name the board, and what falls on any of its members is no shunt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd

from agents.naming import nearest
from agents.vocabulary import Lever, Party, Service

JOURNAL = np.dtype(
    [("payer", "<u2"), ("payee", "<u2"), ("decider", "<u2"), ("service", "u1"), ("lever", "u1"), ("pence", "<i8")],
    align=True,
)
"""One payment: indices of the parties, codes of service and lever, pence of at least zero. 16 bytes, aligned."""

CONSEQUENCE = np.dtype(
    [("payer", "<u2"), ("decider", "<u2"), ("service", "u1"), ("lever", "u1"), ("pence", "<i8")],
    align=True,
)
"""One consequence that is no payment of this run; avoided costs are negative. 16 bytes, two of them padding."""

NEED, TREND, RULES = 65535, 65534, 65533
"""Deciders that are nobody: illness, growth at fixed age, national entitlement."""

NOBODY = {NEED: "need", TREND: "trend", RULES: "rules"}

MOST_PENCE = 10**14
"""The largest single amount, a trillion pounds: 90,000 rows of it still add up inside 64 bits."""

LONG_TERM_CARE = (Service.HOME_CARE, Service.RESIDENTIAL_CARE, Service.NURSING_CARE, Service.CHARGES)
ACUTE_CARE = (Service.ATTENDANCE, Service.EMERGENCY_SPELL, Service.EXCESS_DAYS)

OWN_LINES: Mapping[Lever, tuple[Service, ...]] = {
    Lever.STRICTNESS: LONG_TERM_CARE,  # who gets a package, at home or in a care home, and what they are charged for it
    Lever.GENEROSITY: LONG_TERM_CARE,
    Lever.REABLEMENT: (Service.REABLEMENT,),
    Lever.ASSESSMENT: (Service.ASSESSMENT,),
    Lever.COMMUNITY: (Service.COMMUNITY,),
    Lever.PROACTIVE: (Service.PROACTIVE,),
    Lever.ADMISSION_THRESHOLD: ACUTE_CARE,  # the emergency department and the wards are one hospital's work
    Lever.DISCHARGE_READINESS: ACUTE_CARE,
    Lever.ELIGIBILITY: LONG_TERM_CARE,
    Lever.CHARGES: LONG_TERM_CARE,
    Lever.FEES: LONG_TERM_CARE,
    Lever.BROKERAGE: (Service.BROKERAGE,),
    Lever.PREVENTION: (Service.PREVENTION,),
    Lever.COMMUNITY_NURSING: (Service.COMMUNITY_NURSING,),
    Lever.MENTAL_HEALTH: (Service.MENTAL_HEALTH,),
    Lever.DEMENTIA: (Service.DEMENTIA,),
    Lever.CONTINENCE: (Service.CONTINENCE,),
    Lever.CARE_HOME_SUPPORT: (Service.CARE_HOME_SUPPORT,),
    Lever.GP_ACCESS: (Service.PRIMARY_CARE,),
    Lever.CHC_STRICTNESS: (Service.CONTINUING_CARE,),
    Lever.DISCHARGE_COORDINATION: ACUTE_CARE,
    Lever.ELECTIVE_LISTS: (Service.ELECTIVE,),
    Lever.DAY_CASES: (Service.ELECTIVE,),
    Lever.CONTRIBUTION: (Service.POOL,),
}
"""The service lines that a decision is about. A consequence anywhere else is a spillover."""

HOUSEHOLD_LINE = "paid by households"
HOSPITAL_LINE = "margin of hospitals"

_ORGANISATIONS = (Party.COUNCIL, Party.CONSORTIUM, Party.HOSPITAL, Party.COMMISSIONER, Party.HOUSEHOLD)


class LedgerError(RuntimeError):
    """The books do not balance: the run cannot be trusted and stops."""


class ExecutiveBoard(NamedTuple):
    """A board that decides what its members bring to it.

    Parameters
    ----------
    name : in words
    members : which part of a decision is put down to each, by index; the parts add up to 1
    """

    name: str
    members: Mapping[int, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parties:
    """The table of everybody who can pay or be paid: position is the index that journals use.

    Parameters
    ----------
    names : unique names, in order of index
    kinds : kind of each
    """

    names: tuple[str, ...]
    kinds: tuple[Party, ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.kinds):
            raise ValueError(f"Parties.kinds must have one kind a name, got {len(self.kinds)} for {len(self.names)}")
        if len(self.names) >= RULES:
            raise ValueError(f"Parties.names must number fewer than {RULES}, got {len(self.names)!r}")
        taken = [*NOBODY.values(), *self.names]
        twice = sorted({name for name in taken if taken.count(name) > 1})
        if twice:
            reserved = ", ".join(NOBODY.values())
            raise ValueError(f"Parties.names must be unique and none of {reserved}, got {twice!r} twice")

    @classmethod
    def of_place(
        cls,
        *,
        councils: Sequence[str],
        consortia: Sequence[str],
        hospitals: Sequence[str],
        commissioners: Sequence[str] = (),
    ) -> Parties:
        """Return the parties of a place, from names.

        The order is fixed: treasury, councils, consortia, hospitals, care markets (one a council), households,
        elsewhere, community provider, and the commissioners that a structure makes.

        Examples
        --------
        >>> table = Parties.of_place(councils=["Wigan"], consortia=["Wigan CCG"], hospitals=["Wrightington"])
        >>> table.index("care market of Wigan"), table.kind(1).name
        (4, 'COUNCIL')
        """
        rows: list[tuple[str, Party]] = [("treasury", Party.TREASURY)]
        rows += [(name, Party.COUNCIL) for name in councils]
        rows += [(name, Party.CONSORTIUM) for name in consortia]
        rows += [(name, Party.HOSPITAL) for name in hospitals]
        rows += [(f"care market of {name}", Party.CARE_MARKET) for name in councils]
        rows += [("households", Party.HOUSEHOLD), ("elsewhere", Party.ELSEWHERE)]
        rows += [("community provider", Party.COMMUNITY_PROVIDER)]
        rows += [(name, Party.COMMISSIONER) for name in commissioners]
        return cls(names=tuple(name for name, _ in rows), kinds=tuple(kind for _, kind in rows))

    def __len__(self) -> int:
        return len(self.names)

    def index(self, party: int | str) -> int:
        """Return the index of a party given by name or index.

        Raises
        ------
        ValueError
            If there is no such party; for a name, the message gives the nearest ones.
        """
        if isinstance(party, str):
            if party not in self.names:
                raise ValueError(f"unknown party {party!r}; nearest: {nearest(party, self.names)}")
            return self.names.index(party)
        if not 0 <= party < len(self.names):
            raise ValueError(f"party must be an index below {len(self.names)}, got {party!r}")
        return int(party)

    def kind(self, party: int | str) -> Party:
        """Return the kind of a party."""
        return self.kinds[self.index(party)]

    def indices(self, kind: Party) -> tuple[int, ...]:
        """Return the indices of all parties of a kind, in order."""
        return tuple(index for index, own in enumerate(self.kinds) if own == kind)

    def decider_name(self, decider: int) -> str:
        """Return the name of a decider: a party, or ``need``, ``trend`` or ``rules``."""
        return NOBODY.get(decider) or self.names[decider]


class Ledger:
    """The books of one run.

    Amounts are whole pence; floating-point numbers are refused. Payments are never negative: a refund is a payment in
    the other direction, so that it has a payer of its own.

    Parameters
    ----------
    parties : everybody who can pay or be paid

    Attributes
    ----------
    parties : the table given
    month : the month that entries without one belong to: the last month named
    """

    def __init__(self, parties: Parties) -> None:
        self.parties = parties
        self.month = 0
        self._journal = _Book(JOURNAL)
        self._memo = _Book(CONSEQUENCE)
        self._resources: dict[tuple[int, int, str, int, int], int] = {}
        # Kept from the raw rows, never from the aggregated book: this is what the book is checked against.
        self._paid: dict[int, np.ndarray] = {}
        self._received: dict[int, np.ndarray] = {}
        self._balances = np.zeros(len(parties), dtype=np.int64)
        self._boards: list[tuple[int, Mapping[int, ExecutiveBoard]]] = []

    # Writing

    def decided_by_boards(self, boards: Mapping[int, ExecutiveBoard], month: int) -> None:
        """Say which parties' decisions are made by executive boards from a month on; it moves no money.

        Parameters
        ----------
        boards : by the index of the party that rows name as decider
        """
        self._boards.append((self._month(month), boards))

    def post(self, rows: np.ndarray, month: int) -> None:
        """Add payments to a month.

        Parameters
        ----------
        rows : shape (n,), dtype :data:`JOURNAL`, in any order
        month : from 0

        Raises
        ------
        TypeError
            If `rows` is no journal or `month` no whole number.
        ValueError
            If a party, service or lever is unknown, an amount negative or too large, or a party pays itself.
        """
        month = self._month(month)
        _check_rows("journal", rows, JOURNAL, len(self.parties))
        if rows.size == 0:
            return
        payer, payee, pence = rows["payer"], rows["payee"], rows["pence"]
        if int(payee.max()) >= len(self.parties):
            raise ValueError(f"journal.payee must be an index below {len(self.parties)}, got {int(payee.max())!r}")
        if int(pence.min()) < 0:
            raise ValueError(
                f"journal.pence must be at least 0 (a refund is a payment the other way), got {int(pence.min())!r}"
            )
        to_itself = payer == payee
        if to_itself.any():
            name = self.parties.names[int(payer[to_itself][0])]
            raise ValueError(f"journal.payee must differ from the payer, got {name!r} twice")
        self._journal.add(rows, month)
        nobody = np.zeros(len(self.parties), dtype=np.int64)
        paid = self._paid.setdefault(month, nobody.copy())
        received = self._received.setdefault(month, nobody.copy())
        np.add.at(paid, payer, pence)
        np.add.at(received, payee, pence)
        np.subtract.at(self._balances, payer, pence)
        np.add.at(self._balances, payee, pence)

    def pay(
        self,
        payer: int | str,
        payee: int | str,
        service: Service,
        pence: int,
        decider: int | str = NEED,
        lever: Lever = Lever.NONE,
        month: int | None = None,
    ) -> None:
        """Add a single payment; `month` is the ledger's current month unless given.

        Raises
        ------
        TypeError
            If `pence` is no whole number.
        ValueError
            As for :meth:`post`.
        """
        row = np.zeros(1, dtype=JOURNAL)
        row["payer"], row["payee"] = self.parties.index(payer), self.parties.index(payee)
        row["decider"] = self._decider(decider)
        row["service"], row["lever"] = service, lever
        row["pence"] = _whole("pence", pence)
        self.post(row, self.month if month is None else month)

    def note(self, rows: np.ndarray, month: int) -> None:
        """Add consequences that are no payment of this run to a month (they move no balance).

        Parameters
        ----------
        rows : shape (n,), dtype :data:`CONSEQUENCE`; avoided costs are negative
        month : from 0

        Raises
        ------
        TypeError
            If `rows` is no table of consequences or `month` no whole number.
        ValueError
            If a party, service or lever is unknown, an amount too large, or the decider is nobody.
        """
        month = self._month(month)
        _check_rows("consequence", rows, CONSEQUENCE, len(self.parties))
        if rows.size == 0:
            return
        if int(rows["decider"].max()) >= len(self.parties):
            raise ValueError(f"consequence.decider must be an organisation, got {int(rows['decider'].max())!r}")
        if int(rows["lever"].min()) == Lever.NONE:
            raise ValueError("consequence.lever must name a lever, got Lever.NONE")
        self._memo.add(rows, month)

    def use(
        self,
        resource: str,
        organisation: int | str,
        quantity: int,
        unit_pence: int,
        month: int | None = None,
        per: int = 1,
    ) -> None:
        """Add to the resource account: `quantity` units, of which `per` cost `unit_pence`.

        Parameters
        ----------
        resource : such as ``bed_days``
        organisation : who used it
        quantity, unit_pence, per : whole numbers, e.g. minutes, pence an hour, 60
        month : the ledger's current month unless given

        Raises
        ------
        TypeError
            If a number is not whole.
        ValueError
            If a number is negative, or `per` not positive.
        """
        amounts = {"quantity": quantity, "unit_pence": unit_pence, "per": per}
        quantity, unit_pence, per = (_whole(name, value) for name, value in amounts.items())
        if quantity < 0 or unit_pence < 0 or per < 1:
            raise ValueError(f"resource {resource!r} must have amounts of at least 0, per 1 or more, got {amounts!r}")
        month = self._month(self.month if month is None else month)
        key = (month, self.parties.index(organisation), resource, unit_pence, per)
        self._resources[key] = self._resources.get(key, 0) + quantity

    @property
    def boards(self) -> tuple[str, ...]:
        """Names of the executive boards that have decided anything, or could have."""
        return tuple(dict.fromkeys(board.name for _, boards in self._boards for board in boards.values()))

    # Balances

    def balance(self, party: int | str) -> int:
        """Return what a party received less what it paid since the start, in pence."""
        return int(self._balances[self.parties.index(party)])

    def balances(self) -> dict[str, int]:
        """Return the balance of every party, in pence; they always add up to exactly nothing."""
        return dict(zip(self.parties.names, self._balances.tolist(), strict=True))

    def paid(
        self, party: int | str, services: Iterable[Service] | None = None, months: Iterable[int] | None = None
    ) -> int:
        """Return what a party paid, in pence, for some services in some months; all of either unless given."""
        return self._sum("payer", party, services, months)

    def received(
        self, party: int | str, services: Iterable[Service] | None = None, months: Iterable[int] | None = None
    ) -> int:
        """Return what a party received, in pence; arguments as for :meth:`paid`."""
        return self._sum("payee", party, services, months)

    def books_balance(self, month: int) -> None:
        """Check a month's book, and all balances, against totals kept apart from it.

        Raises
        ------
        LedgerError
            If they differ; the message names the first party whose book is wrong, its debits and its credits.
        """
        size = len(self.parties)
        nothing = np.zeros(size, dtype=np.int64)
        book = self._journal.month(month)
        for side, control in (("payer", self._paid), ("payee", self._received)):
            booked = nothing.copy()
            np.add.at(booked, book[side], book["pence"])
            counted = control.get(month, nothing)
            wrong = np.flatnonzero(booked != counted)
            if wrong.size:
                first = int(wrong[0])
                word = "paid" if side == "payer" else "received"
                raise LedgerError(
                    f"month {month}: {self.parties.names[first]} {word} {int(counted[first])} pence, "
                    f"but its book says {int(booked[first])}"
                )
        self._balances_agree()

    # Reading

    def entries(self) -> pd.DataFrame:
        """Return all payments, aggregated by month: columns month, payer, payee, service, decider, lever, pounds."""
        rows, months = self._journal.all()
        return pd.DataFrame(
            {
                "month": months,
                "payer": self._names(rows["payer"]),
                "payee": self._names(rows["payee"]),
                "service": _labels(Service, rows["service"]),
                "decider": self._names(rows["decider"]),
                "lever": _labels(Lever, rows["lever"]),
                "pounds": rows["pence"] / 100.0,
            }
        )

    def consequences(self) -> pd.DataFrame:
        """Return what decisions caused, payments and memo together, aggregated by month.

        Columns month, decider, lever, payer, service, pounds: signed, avoided costs are negative. The decider is an organisation or an
        executive board.
        """
        rows, months = self._consequences()
        deciders, _ = self._who_decided(rows, months)
        return pd.DataFrame(
            {
                "month": months,
                "decider": deciders,
                "lever": _labels(Lever, rows["lever"]),
                "payer": self._names(rows["payer"]),
                "service": _labels(Service, rows["service"]),
                "pounds": rows["pence"] / 100.0,
            }
        )

    def who_pays(self) -> pd.DataFrame:
        """Return all consequences in pounds: rows are payers, columns deciders; on the diagonal, one's own."""
        rows, months = self._consequences()
        deciders, _ = self._who_decided(rows, months)
        return self._matrix(rows, deciders)

    def shunts(self) -> pd.DataFrame:
        """Return the spillovers that another than the decider pays, in pounds: rows are payers, columns deciders.

        Households are a row and a column. The diagonal is zero, and so is what members pay of an executive board's decisions.
        """
        rows, months = self._consequences()
        deciders, own = self._who_decided(rows, months)
        shunted = self._spills(rows) & ~own
        return self._matrix(rows[shunted], deciders[shunted])

    def spillovers(self) -> pd.DataFrame:
        """Return the consequences in another service line than the decision's own, whoever holds the two, in pounds.

        Rows are the decision's own line, columns the line where the cost fell.
        """
        rows, _ = self._consequences()
        rows = rows[self._spills(rows)]
        households = self._is_household(rows["payer"])
        fell = np.where(households, HOUSEHOLD_LINE, _labels(Service, rows["service"]).astype(object))
        own = _own_line_names()[rows["lever"]]
        frame = pd.DataFrame({"own": own, "fell": fell, "pence": rows["pence"]})
        lines = list(dict.fromkeys(name for name in _own_line_names() if name))
        columns = [*(service.name.lower() for service in Service), HOUSEHOLD_LINE]
        return _pounds_matrix(frame, "own", "fell", lines, columns)

    def spillover_pence(self, month: int) -> int:
        """Return the net spillover of one month, in pence."""
        journal = self._journal.month(month)
        journal = journal[(journal["decider"] < len(self.parties)) & (journal["lever"] != Lever.NONE)]
        total = 0
        for rows in (journal, self._memo.month(month)):
            total += int(rows["pence"][self._spills(rows)].sum())
        return total

    def attributed(self, month: int) -> np.ndarray:
        """Return the consequences of one month, paid and unpaid, as rows of :data:`CONSEQUENCE`."""
        journal, memo = self._journal.month(month), self._memo.month(month)
        journal = journal[(journal["decider"] < len(self.parties)) & (journal["lever"] != Lever.NONE)]
        rows = np.zeros(len(journal) + len(memo), dtype=CONSEQUENCE)
        for name in CONSEQUENCE.names:
            rows[name] = np.concatenate([journal[name], memo[name]])
        return rows

    def caused(self, months: Iterable[int]) -> np.ndarray:
        """Return what each party's decisions cost each party in some months, against rest: pence by payer and decider, shape (n, n)."""
        found = np.zeros((len(self.parties), len(self.parties)), dtype=np.int64)
        for month in months:
            rows = self.attributed(month)
            np.add.at(found, (rows["payer"].astype(np.int64), rows["decider"].astype(np.int64)), rows["pence"])
        return found

    def resources(self) -> pd.DataFrame:
        """Return the resource account: columns month, organisation, resource, quantity, unit_pounds, pounds."""
        rows = [
            {
                "month": month,
                "organisation": self.parties.names[organisation],
                "resource": resource,
                "quantity": quantity,
                "unit_pounds": unit_pence / per / 100.0,
                "pounds": quantity * unit_pence / per / 100.0,
            }
            for (month, organisation, resource, unit_pence, per), quantity in sorted(self._resources.items())
        ]
        return pd.DataFrame(rows, columns=["month", "organisation", "resource", "quantity", "unit_pounds", "pounds"])

    # Inside

    def _month(self, month: int) -> int:
        month = _whole("month", month)
        if month < 0:
            raise ValueError(f"month must be at least 0, got {month!r}")
        self.month = month
        return month

    def _decider(self, decider: int | str) -> int:
        if isinstance(decider, str):
            nobody = {name: code for code, name in NOBODY.items()}
            return nobody[decider] if decider in nobody else self.parties.index(decider)
        return decider if decider in NOBODY else self.parties.index(decider)

    def _balances_agree(self) -> None:
        size = len(self.parties)
        running = np.zeros(size, dtype=np.int64)
        for month, received in self._received.items():
            running += received - self._paid[month]
        wrong = np.flatnonzero(running != self._balances)
        if wrong.size:
            first = int(wrong[0])
            raise LedgerError(
                f"{self.parties.names[first]} has a balance of {int(self._balances[first])} pence, "
                f"but received less paid is {int(running[first])}"
            )
        total = int(self._balances.sum())
        if total:
            largest = self.parties.names[int(np.argmax(np.abs(self._balances)))]
            raise LedgerError(f"balances must add up to nothing, got {total} pence (largest: {largest})")

    def _sum(
        self, side: str, party: int | str, services: Iterable[Service] | None, months: Iterable[int] | None
    ) -> int:
        index = self.parties.index(party)
        wanted = None if services is None else np.array([int(service) for service in services], dtype=np.uint8)
        total = 0
        for month in self._journal.months() if months is None else months:
            rows = self._journal.month(month)
            chosen = rows[side] == index
            if wanted is not None:
                chosen &= np.isin(rows["service"], wanted)
            total += int(rows["pence"][chosen].sum())
        return total

    def _consequences(self) -> tuple[np.ndarray, np.ndarray]:
        """Return payments that an organisation caused and the memo, as one table with the month of each row."""
        cash, cash_months = self._journal.all()
        caused = (cash["decider"] < len(self.parties)) & (cash["lever"] != Lever.NONE)
        memo, memo_months = self._memo.all()
        book = _Book(CONSEQUENCE)
        for month in sorted({*cash_months[caused].tolist(), *memo_months.tolist()}):
            chosen = cash[caused & (cash_months == month)]
            rows = np.zeros(chosen.size, dtype=CONSEQUENCE)
            for field in ("payer", "decider", "service", "lever", "pence"):
                rows[field] = chosen[field]
            book.add(rows, month)
            book.add(memo[memo_months == month], month)
        return book.all()

    def _who_decided(self, rows: np.ndarray, months: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the name of who decided each consequence, and whether its payer did, alone or on a board."""
        names, own = self._names(rows["decider"]), rows["payer"] == rows["decider"]
        ends = [*(since for since, _ in self._boards[1:]), np.inf]
        for (since, boards), end in zip(self._boards, ends, strict=False):
            here = (months >= since) & (months < end)
            for decider, board in boards.items():
                theirs = here & (rows["decider"] == decider)
                names[theirs] = board.name
                own[theirs] = np.isin(rows["payer"][theirs], list(board.members))
        return names, own

    def _is_household(self, payer: np.ndarray) -> np.ndarray:
        return np.array([kind == Party.HOUSEHOLD for kind in self.parties.kinds], dtype=bool)[payer]

    def _spills(self, rows: np.ndarray) -> np.ndarray:
        own = np.zeros((max(Lever) + 1, max(Service) + 1), dtype=bool)
        for lever, services in OWN_LINES.items():
            own[lever, list(services)] = True
        return ~own[rows["lever"], rows["service"]] | self._is_household(rows["payer"])

    def _matrix(self, rows: np.ndarray, deciders: np.ndarray) -> pd.DataFrame:
        used = {*rows["payer"].tolist(), *rows["decider"].tolist()}
        shown = [i for i, kind in enumerate(self.parties.kinds) if kind in _ORGANISATIONS or i in used]
        names = [self.parties.names[i] for i in shown]
        names += sorted({*deciders.tolist()} - {*names})
        frame = pd.DataFrame({"payer": self._names(rows["payer"]), "decider": deciders, "pence": rows["pence"]})
        return _pounds_matrix(frame, "payer", "decider", names, names)

    def _names(self, indices: np.ndarray) -> np.ndarray:
        present = np.unique(indices)
        names = np.array([self.parties.decider_name(int(index)) for index in present], dtype=object)
        return names[np.searchsorted(present, indices)]


class _Book:
    """Rows aggregated by month: within a month, all fields but pence are the key."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self._months: dict[int, np.ndarray] = {}

    def add(self, rows: np.ndarray, month: int) -> None:
        """Add rows to a month; the order of rows and of calls does not matter."""
        before = self._months.get(month)
        self._months[month] = aggregate(rows if before is None else np.concatenate([before, aggregate(rows)]))

    def months(self) -> list[int]:
        """Return the months with entries, in order."""
        return sorted(self._months)

    def month(self, month: int) -> np.ndarray:
        """Return the rows of a month, sorted by key."""
        return self._months.get(month, np.zeros(0, dtype=self.dtype))

    def all(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all rows and the month of each."""
        months = self.months()
        if not months:
            return np.zeros(0, dtype=self.dtype), np.zeros(0, dtype=np.int64)
        sizes = [self._months[month].size for month in months]
        return np.concatenate([self._months[month] for month in months]), np.repeat(np.array(months, np.int64), sizes)


def aggregate(rows: np.ndarray) -> np.ndarray:
    """Return one row a key, sorted by key, without keys that add up to nothing."""
    key = np.zeros(rows.size, dtype=np.uint64)  # the fields before pence take 64 bits at most
    for field in rows.dtype.names[:-1]:
        key <<= np.uint64(8 * rows.dtype[field].itemsize)
        key |= rows[field]
    which, keys = pd.factorize(key, sort=True)
    first = np.empty(len(keys), dtype=np.intp)
    first[which] = np.arange(rows.size)  # any row of a key will do: they differ in pence alone
    result = rows[first]
    result["pence"] = 0
    np.add.at(result["pence"], which, rows["pence"])
    return result[result["pence"] != 0]


def _check_rows(table: str, rows: np.ndarray, dtype: np.dtype, n_parties: int) -> None:
    if not isinstance(rows, np.ndarray) or rows.dtype != dtype or rows.ndim != 1:
        given = f"{rows.dtype} of shape {rows.shape}" if isinstance(rows, np.ndarray) else type(rows).__name__
        raise TypeError(f"{table} rows must be one-dimensional of dtype {dtype}, got {given}")
    if rows.size == 0:
        return
    limits = {"payer": n_parties - 1, "service": max(Service), "lever": max(Lever)}
    for field, most in limits.items():
        if int(rows[field].max()) > most:
            raise ValueError(f"{table}.{field} must be at most {int(most)}, got {int(rows[field].max())!r}")
    unknown = (rows["decider"] >= n_parties) & (rows["decider"] < RULES)
    if unknown.any():
        given = int(rows["decider"][unknown][0])
        raise ValueError(f"{table}.decider must be a party, NEED, TREND or RULES, got {given!r}")
    largest = max(abs(int(rows["pence"].min())), abs(int(rows["pence"].max())))
    if largest > MOST_PENCE:
        raise ValueError(f"{table}.pence must be within {MOST_PENCE}, got {largest!r}")


def _whole(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def _labels(codes: type[Service] | type[Lever], values: np.ndarray) -> np.ndarray:
    return np.array([code.name.lower() for code in codes], dtype=object)[values]


def _own_line_names() -> np.ndarray:
    """Return the name of the own line of each lever, by code: the levers that share lines share the name."""
    named = {LONG_TERM_CARE: "long_term_care", ACUTE_CARE: "acute_care"}
    names = [""] * (max(Lever) + 1)
    for lever, services in OWN_LINES.items():
        names[lever] = named.get(services) or services[0].name.lower()
    return np.array(names, dtype=object)


def _pounds_matrix(frame: pd.DataFrame, rows: str, columns: str, index: list[str], header: list[str]) -> pd.DataFrame:
    matrix = np.zeros((len(index), len(header)), dtype=np.int64)
    at_row = [index.index(name) for name in frame[rows]]
    at_column = [header.index(name) for name in frame[columns]]
    np.add.at(matrix, (np.array(at_row, np.intp), np.array(at_column, np.intp)), frame["pence"].to_numpy(np.int64))
    return pd.DataFrame(
        matrix / 100.0, index=pd.Index(index, name=rows), columns=pd.Index(header, name=columns)
    )
