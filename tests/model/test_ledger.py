"""The ledger: pounds are conserved exactly, whatever is posted and in whatever order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vocabulary import Lever, Party, Service
from model.ledger import (
    CONSEQUENCE,
    JOURNAL,
    MOST_PENCE,
    NEED,
    OWN_LINES,
    RULES,
    TREND,
    ExecutiveBoard,
    Ledger,
    LedgerError,
    Parties,
    aggregate,
)

PARTIES = Parties.of_place(
    councils=["North", "South"], consortia=["West CCG"], hospitals=["Royal"], commissioners=["One Place"]
)
N = len(PARTIES)
COUNCIL, CONSORTIUM, HOSPITAL = (PARTIES.index(name) for name in ("North", "West CCG", "Royal"))
HOUSEHOLDS, MARKET = PARTIES.index("households"), PARTIES.index("care market of North")
REAL_LEVERS = [lever for lever in Lever if lever is not Lever.NONE]

payments = st.tuples(
    st.integers(0, N - 1),
    st.integers(1, N - 1),  # distance from payer to payee, so that nobody pays itself
    st.sampled_from([*range(N), NEED, TREND, RULES]),
    st.sampled_from(Service),
    st.sampled_from(Lever),
    st.integers(0, MOST_PENCE),
).map(lambda row: (row[0], (row[0] + row[1]) % N, *row[2:]))
journals = st.lists(payments, max_size=40)
consequences = st.lists(
    st.tuples(
        st.integers(0, N - 1),
        st.integers(0, N - 1),
        st.sampled_from(Service),
        st.sampled_from(REAL_LEVERS),
        st.integers(-MOST_PENCE, MOST_PENCE),
    ),
    max_size=20,
)


def journal(*rows):
    return np.array([tuple(row) for row in rows], dtype=JOURNAL)


def memo(*rows):
    return np.array([tuple(row) for row in rows], dtype=CONSEQUENCE)


def pence(pounds):
    return [round(value * 100) for value in pounds]


@given(st.lists(journals, max_size=4))
def test_pounds_are_conserved_after_every_post(months):
    ledger = Ledger(PARTIES)
    for month, rows in enumerate(months):
        ledger.post(journal(*rows), month)
        assert sum(ledger.balances().values()) == 0
        ledger.books_balance(month)


@given(journals, st.randoms(use_true_random=False))
def test_order_and_batches_do_not_matter(rows, luck):
    at_once, shuffled = Ledger(PARTIES), Ledger(PARTIES)
    at_once.post(journal(*rows), 0)
    mixed = list(rows)
    luck.shuffle(mixed)
    cut = len(mixed) // 2
    shuffled.post(journal(*mixed[:cut]), 0)
    shuffled.post(journal(*mixed[cut:]), 0)
    assert at_once.entries().equals(shuffled.entries())
    assert at_once.balances() == shuffled.balances()


@given(journals)
def test_entries_reproduce_what_was_posted(rows):
    ledger = Ledger(PARTIES)
    ledger.post(journal(*rows), 7)
    for index, name in enumerate(PARTIES.names):
        paid = sum(row[5] for row in rows if row[0] == index)
        received = sum(row[5] for row in rows if row[1] == index)
        assert (ledger.paid(name), ledger.received(name)) == (paid, received)
        assert ledger.balance(index) == received - paid
    entries = ledger.entries()
    assert entries["pounds"].sum() == pytest.approx(sum(row[5] for row in rows) / 100)
    assert set(entries["month"]) <= {7}
    assert not entries.duplicated(["month", "payer", "payee", "service", "decider", "lever"]).any()


@given(journals, consequences)
def test_shunts_are_spillovers_and_spillovers_are_consequences(rows, notes):
    ledger = Ledger(PARTIES)
    ledger.post(journal(*((*row[:5], row[5] % 10**9) for row in rows)), 0)
    ledger.note(memo(*((*note[:4], note[4] % 10**9) for note in notes)), 0)
    caused = [(r[0], r[2], r[3], r[4], r[5] % 10**9) for r in rows if r[2] < N and r[4] is not Lever.NONE]
    caused += [(n[0], n[1], n[2], n[3], n[4] % 10**9) for n in notes]
    spilt = [c for c in caused if c[2] not in OWN_LINES[c[3]] or c[0] == HOUSEHOLDS]
    shunted = [c for c in spilt if c[0] != c[1]]
    assert ledger.consequences()["pounds"].sum() == pytest.approx(sum(c[4] for c in caused) / 100)
    assert ledger.who_pays().to_numpy().sum() == pytest.approx(sum(c[4] for c in caused) / 100)
    assert ledger.spillovers().to_numpy().sum() == pytest.approx(sum(c[4] for c in spilt) / 100)
    assert ledger.spillover_pence(0) == sum(c[4] for c in spilt)
    assert ledger.shunts().to_numpy().sum() == pytest.approx(sum(c[4] for c in shunted) / 100)


def test_a_strict_council_is_seen_to_move_cost_to_the_consortium_and_to_households():
    ledger = Ledger(PARTIES)
    ledger.post(
        journal(
            (CONSORTIUM, HOSPITAL, COUNCIL, Service.EMERGENCY_SPELL, Lever.STRICTNESS, 250_000),
            (HOUSEHOLDS, MARKET, COUNCIL, Service.HOME_CARE, Lever.STRICTNESS, 90_000),
            (CONSORTIUM, HOSPITAL, NEED, Service.EMERGENCY_SPELL, Lever.NONE, 1_000_000),
        ),
        0,
    )
    ledger.note(memo((COUNCIL, COUNCIL, Service.HOME_CARE, Lever.STRICTNESS, -400_000)), 0)
    shunts = ledger.shunts()
    assert shunts.loc["West CCG", "North"] == 2500.0
    assert shunts.loc["households", "North"] == 900.0
    assert shunts.to_numpy().sum() == 3400.0
    assert "households" in shunts.columns
    assert ledger.who_pays().loc["North", "North"] == -4000.0
    spillovers = ledger.spillovers()
    assert spillovers.loc["long_term_care", "emergency_spell"] == 2500.0
    assert spillovers.loc["long_term_care", "paid by households"] == 900.0


def test_merging_two_organisations_removes_the_shunt_but_not_the_spillover():
    one_place = PARTIES.index("One Place")
    ledger = Ledger(PARTIES)
    ledger.post(journal((one_place, HOSPITAL, one_place, Service.EMERGENCY_SPELL, Lever.STRICTNESS, 250_000)), 0)
    assert ledger.shunts().to_numpy().sum() == 0.0
    assert ledger.spillovers().to_numpy().sum() == 2500.0


def test_what_an_executive_board_decides_is_its_own_and_shunts_nothing_between_its_members():
    ledger = Ledger(PARTIES)
    board = ExecutiveBoard("board of North", {COUNCIL: 0.5, CONSORTIUM: 0.5})
    rows = memo((CONSORTIUM, COUNCIL, Service.ATTENDANCE, Lever.STRICTNESS, 100), (HOSPITAL, COUNCIL, Service.ATTENDANCE, Lever.STRICTNESS, 700))
    ledger.decided_by_boards({}, 0)
    ledger.note(rows, 0)
    ledger.decided_by_boards({COUNCIL: board, CONSORTIUM: board}, 1)
    for month in (1, 2):
        ledger.note(rows, month)
    shunts, every = ledger.shunts(), ledger.who_pays()
    assert shunts.loc["West CCG", "North"] == 1.0, "before there was a board it was the council's"
    assert shunts.loc["West CCG", board.name] == 0.0
    assert shunts.loc["Royal", board.name] == 14.0
    assert every.loc["West CCG", board.name] == 2.0
    assert ledger.consequences().groupby("decider")["pounds"].sum().to_dict() == {"North": 8.0, board.name: 16.0}
    assert ledger.boards == (board.name,)


def test_the_memo_moves_no_balance():
    ledger = Ledger(PARTIES)
    ledger.note(memo((COUNCIL, HOSPITAL, Service.HOME_CARE, Lever.DISCHARGE_READINESS, -5)), 0)
    assert not any(ledger.balances().values())
    assert ledger.entries().empty
    assert ledger.consequences()["pounds"].tolist() == [-0.05]


def test_a_book_that_was_changed_afterwards_is_found_out():
    ledger = Ledger(PARTIES)
    ledger.pay("West CCG", "Royal", Service.ATTENDANCE, 100, month=3)
    ledger._journal._months[3]["pence"] += 1
    with pytest.raises(LedgerError, match="West CCG paid 100 pence, but its book says 101"):
        ledger.books_balance(3)


def test_a_balance_that_was_changed_afterwards_is_found_out():
    ledger = Ledger(PARTIES)
    ledger.pay("West CCG", "Royal", Service.ATTENDANCE, 100)
    ledger._balances[HOSPITAL] += 1
    with pytest.raises(LedgerError, match="Royal has a balance of 101 pence"):
        ledger.books_balance(0)


def test_single_payments_take_names_and_the_current_month():
    ledger = Ledger(PARTIES)
    ledger.post(journal(), 4)
    ledger.pay("treasury", "North", Service.SETTLEMENT, 1234, decider="rules")
    assert ledger.entries().to_dict("records") == [
        {
            "month": 4,
            "payer": "treasury",
            "payee": "North",
            "service": "settlement",
            "decider": "rules",
            "lever": "none",
            "pounds": 12.34,
        }
    ]
    assert ledger.paid("treasury", [Service.SETTLEMENT], range(5)) == 1234
    assert ledger.paid("treasury", [Service.POOL]) == ledger.paid("treasury", months=[3]) == 0


@pytest.mark.parametrize("amount", [1.0, np.float64(1), True, "1"])
def test_amounts_that_are_no_whole_numbers_are_refused(amount):
    with pytest.raises(TypeError, match="pence must be a whole number"):
        Ledger(PARTIES).pay(0, 1, Service.SETTLEMENT, amount)


def test_a_journal_of_another_type_is_refused():
    with pytest.raises(TypeError, match="journal rows must be one-dimensional"):
        Ledger(PARTIES).post(np.zeros(3, dtype=np.float64), 0)
    with pytest.raises(TypeError, match="got list"):
        Ledger(PARTIES).post([], 0)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0, 1, NEED, 0, 0, -1), "a refund is a payment the other way"),
        ((1, 1, NEED, 0, 0, 1), "got 'North' twice"),
        ((N, 1, NEED, 0, 0, 1), "journal.payer must be at most"),
        ((0, N, NEED, 0, 0, 1), "journal.payee must be an index below"),
        ((0, 1, N, 0, 0, 1), "journal.decider must be a party, NEED, TREND or RULES"),
        ((0, 1, NEED, 99, 0, 1), "journal.service must be at most"),
        ((0, 1, NEED, 0, 99, 1), "journal.lever must be at most"),
        ((0, 1, NEED, 0, 0, MOST_PENCE + 1), "journal.pence must be within"),
    ],
)
def test_impossible_payments_are_refused_and_leave_no_trace(row, message):
    ledger = Ledger(PARTIES)
    with pytest.raises(ValueError, match=message):
        ledger.post(journal(row), 0)
    assert ledger.entries().empty
    assert not any(ledger.balances().values())


def test_consequences_need_an_organisation_and_a_lever():
    ledger = Ledger(PARTIES)
    with pytest.raises(ValueError, match="must be an organisation"):
        ledger.note(memo((COUNCIL, NEED, 0, Lever.STRICTNESS, 1)), 0)
    with pytest.raises(ValueError, match="must name a lever"):
        ledger.note(memo((COUNCIL, COUNCIL, 0, Lever.NONE, 1)), 0)


def test_unknown_parties_give_the_nearest():
    with pytest.raises(ValueError, match="unknown party 'Nort'; nearest: North"):
        PARTIES.index("Nort")


def test_party_tables_refuse_doubles_and_reserved_names():
    with pytest.raises(ValueError, match="unique"):
        Parties(names=("a", "a"), kinds=(Party.COUNCIL, Party.COUNCIL))
    with pytest.raises(ValueError, match="need"):
        Parties(names=("need",), kinds=(Party.COUNCIL,))


def test_the_resource_account_is_kept_apart_from_transfers():
    ledger = Ledger(PARTIES)
    ledger.use("bed_days", "Royal", 3, 20_000, month=1)
    ledger.use("bed_days", HOSPITAL, 2, 20_000, month=1)
    ledger.use("home_care_minutes", "North", 90, 1_700, month=1, per=60)
    resources = ledger.resources()
    assert resources["pounds"].tolist() == [25.5, 1000.0]
    assert resources["quantity"].tolist() == [90, 5]
    assert ledger.entries().empty
    with pytest.raises(TypeError, match="quantity must be a whole number"):
        ledger.use("bed_days", "Royal", 0.5, 20_000)


def test_every_lever_has_a_line_of_its_own():
    assert set(OWN_LINES) == set(REAL_LEVERS)


def test_an_empty_ledger_reads():
    ledger = Ledger(PARTIES)
    ledger.books_balance(0)
    for frame in (ledger.entries(), ledger.consequences(), ledger.resources()):
        assert frame.empty
    assert ledger.shunts().to_numpy().sum() == ledger.spillovers().to_numpy().sum() == 0.0


# Adding up


@given(
    st.lists(st.tuples(*(st.integers(0, top) for top in (3, 65535, 65535, 255, 2)), st.integers(-5, 10**9)), max_size=60)
)
def test_rows_are_added_up_by_all_that_they_tell(entries):
    rows = np.array(entries, dtype=JOURNAL)
    expected: dict[tuple[int, ...], int] = {}
    for *key, pence in entries:
        expected[tuple(key)] = expected.get(tuple(key), 0) + pence
    found = aggregate(rows)
    assert [tuple(row) for row in found.tolist()] == sorted((*key, pence) for key, pence in expected.items() if pence)


def test_many_different_rows_are_added_up_too():
    rows = np.zeros(200_000, dtype=JOURNAL)
    rows["payer"], rows["payee"], rows["pence"] = np.arange(200_000) % 60_000, np.arange(200_000) % 7, 2
    found = aggregate(rows)
    assert len(found) == len(np.unique(rows[["payer", "payee"]]))
    assert found["pence"].sum() == 400_000
