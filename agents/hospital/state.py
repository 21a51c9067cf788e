"""What days of hospital and care work on: cases, hospitals, and everything a flow reads and writes.

Only people in hospital, in a queue or in short-term care are touched from day to day: each is a *case*. Cases stand in the
order in which they arose, by (day, priority draw, person), so that queues are fair and the same under every structure. Both
flows, by the day (``agents.hospital.daily_flow``) and by the minute (``agents.hospital.event_flow``), work on these arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.hospital.books import N_CASES_AT
from agents.patients import record
from agents.patients.groups import N_CELLS
from agents.patients.seeking import NEED_DECIDES
from agents.vocabulary import N_CAUSES, N_REASONS, N_RESPONSIBLE, CaseState, Lever, Ward

CLOSED, BOARDING, ACUTE, SURGERY = int(CaseState.CLOSED), int(CaseState.BOARDING), int(CaseState.ACUTE), int(CaseState.SURGERY)
WAIT_FURTHER_NHS, WAIT_PLANNING = int(CaseState.WAIT_FURTHER_NHS), int(CaseState.WAIT_PLANNING)
WAIT_ASSESSMENT, WAIT_FUNDING, WAIT_DISPUTE = int(CaseState.WAIT_ASSESSMENT), int(CaseState.WAIT_FUNDING), int(CaseState.WAIT_DISPUTE)
WAIT_PACKAGE, WAIT_PLACEMENT, WAIT_CHOICE = int(CaseState.WAIT_PACKAGE), int(CaseState.WAIT_PLACEMENT), int(CaseState.WAIT_CHOICE)
WAIT_EQUIPMENT, WAIT_HOUSING = int(CaseState.WAIT_EQUIPMENT), int(CaseState.WAIT_HOUSING)
HOME_ASSESSMENT, HOME_FUNDING, HOME_DISPUTE = int(CaseState.HOME_ASSESSMENT), int(CaseState.HOME_FUNDING), int(CaseState.HOME_DISPUTE)
HOME_PACKAGE, HOME_PLACEMENT, HOME_CHOICE = int(CaseState.HOME_PACKAGE), int(CaseState.HOME_PLACEMENT), int(CaseState.HOME_CHOICE)
IN_REABLEMENT, IN_INTERMEDIATE, IN_INTERIM = int(CaseState.REABLEMENT), int(CaseState.INTERMEDIATE), int(CaseState.INTERIM)

UNIT, GENERAL, OLDER, NO_WARD = int(Ward.ASSESSMENT_UNIT), int(Ward.GENERAL), int(Ward.OLDER), int(Ward.NONE)
N_WARDS = 3
N_LEVERS = len(Lever)
DAYS_SAVED = 3.0  # assumption, 0 to 5: working days of social workers, brokers or coordinators that can be made up for
UNDECIDED, REFUSED, AGREED = 0, 1, 2  # continuing healthcare of a case

CASE = np.dtype(
    [
        ("person", "u4"),
        ("trigger", "u4"),  # what its draws are keyed by
        ("start", "i4"),  # day of admission, or of the request
        ("since", "i4"),  # day the present state began
        ("due", "i4"),  # day the present state ends by itself, or from which it can end
        ("hazard", "f4"),  # accumulated chance of a place, of the present wait
        ("recovery", "i2"),  # recovery days still to come
        ("recovery_at_rest", "i2"),  # the same at the hospital's reference readiness
        ("recovery_all", "i2"),  # the whole recovery, and the acute phase
        ("package", "u2"),  # weekly minutes granted
        ("withheld", "i2"),
        ("decider", "u2"),
        ("lever", "u1"),
        ("cause", "u1"),
        ("state", "u1"),
        ("hospital", "u1"),
        ("funder", "u1"),
        ("blocked", "u1"),  # 1 while the wait is for public funding
        ("hour", "f4"),  # of arrival, in hours from midnight of the day of admission
        ("ward", "u1"),  # where the bed stands, NO_WARD if there is none
        ("wanted", "u1"),  # the ward that the person belongs on
        ("joint", "u1"),  # 1 where NHS and council arrange together
        ("recorded", "u1"),  # 1 where the national return counts the person's delay
        ("continuing", "u1"),  # continuing healthcare: undecided, refused or agreed
        ("returned", "u1"),  # 1 if the spell began within 30 days of a discharge
        ("council", "u1"),  # where the person lives
    ],
    align=True,
)

# Columns of `out`, one row a council.
CONTACTS_OUT, ADMISSIONS_OUT, BED_DAYS_OUT = 0, N_CAUSES, 2 * N_CAUSES
DELAYED_OUT = 3 * N_CAUSES  # true delayed days by reason
RECORDED_OUT = DELAYED_OUT + N_REASONS  # delayed days in the national return: N_RESPONSIBLE a reason
SNAPSHOT_OUT = RECORDED_OUT + N_REASONS * N_RESPONSIBLE  # patients delayed on the month's last Thursday, likewise
_NEXT = SNAPSHOT_OUT + N_REASONS * N_RESPONSIBLE
BOARDING_OUT, ENTRIES_OUT, DEATHS_OUT, READMITTED_OUT = _NEXT, _NEXT + 1, _NEXT + 2, _NEXT + 3
ASSESSED_OUT, STARTED_OUT, REABLED_OUT, INTERMEDIATE_OUT = _NEXT + 4, _NEXT + 5, _NEXT + 6, _NEXT + 7
ATTENDED_OUT, REFUSED_OUT, DIED_IN_HOSPITAL_OUT, UNTREATED_DEATHS_OUT = _NEXT + 8, _NEXT + 9, _NEXT + 10, _NEXT + 11
WAITING_HOME_OUT, DISCHARGED_OUT, REQUESTED_OUT, GAVE_UP_WAITING_OUT = _NEXT + 12, _NEXT + 13, _NEXT + 14, _NEXT + 15
GRANTED_OUT, DIED_IN_CARE_HOME_OUT, AMBULATORY_OUT, LATE_OUT = _NEXT + 16, _NEXT + 17, _NEXT + 18, _NEXT + 19
STEPPED_UP_OUT, OUTLIER_OUT, SURGERY_DAYS_OUT, INTERIM_OUT = _NEXT + 20, _NEXT + 21, _NEXT + 22, _NEXT + 23
SMALLER_OUT, CLAIMED_OUT, AGREED_OUT, DISPUTED_OUT = _NEXT + 24, _NEXT + 25, _NEXT + 26, _NEXT + 27
HANDOVERS_OUT = _NEXT + 28
# Of people of 65 and over: moves into a care home that the council pays for, discharges after emergencies, those of them to
# reablement or intermediate care, those whose follow-up fell in the month, and those of them who were at home then.
OLDER_ENTRIES_OUT, OLDER_DISCHARGED_OUT, OLDER_REABLED_OUT, FOLLOWED_UP_OUT, AT_HOME_OUT = (_NEXT + k for k in range(29, 34))
DIED_DEARLY_OUT = _NEXT + 34  # deaths of people who had paid DEAR_PENCE or more for care
ADMISSIONS_BY_CELL = _NEXT + 35  # by fifth and band of age, see ``agents.patients.groups``
AMBULATORY_BY_CELL, DEATHS_BY_CELL = ADMISSIONS_BY_CELL + N_CELLS, ADMISSIONS_BY_CELL + 2 * N_CELLS
N_OUT = ADMISSIONS_BY_CELL + 3 * N_CELLS
# Columns of `hospital_out`.
HOSPITAL_ADMISSIONS, HOSPITAL_BED_DAYS, HOSPITAL_ATTENDANCES, HOSPITAL_ESCALATION_DAYS, HOSPITAL_EXCESS_DAYS = 0, 1, 2, 3, 4
HOSPITAL_SURGERY_DAYS, HOSPITAL_PLANNED_DISCHARGES, HOSPITAL_AE_MINUTES = 5, 6, 7
HOSPITAL_WARD_DAYS = 8  # nights on each ward
N_HOSPITAL_OUT = HOSPITAL_WARD_DAYS + N_WARDS

HOSPITAL_STATE = np.dtype(
    [
        ("levers", "f8", (N_LEVERS,)),
        ("rest", "f8", (N_LEVERS,)),
        ("beds", "i8"),  # ordinary beds free for the place's adults
        ("ward_beds", "i8", (N_WARDS,)),  # of them, on each ward
        ("ward_used", "i8", (N_WARDS,)),  # beds in use on each ward, escalation beds on the general ones
        ("escalation", "i8"),  # beds that can be opened beyond the ordinary ones
        ("escalation_open", "i8"),  # beds that are open beyond the ordinary ones
        ("escalation_step", "i8"),  # beds that are opened, and closed, at a time
        ("occupied", "i8"),
        ("boarding", "i8"),  # admitted, waiting in A&E for a bed
        ("cubicles", "f8"),  # places in A&E
        ("coordination_rate", "f8"),  # discharges that coordinators can plan on a weekday
        ("coordination_tokens", "f8"),
        ("spell_price", "i8"),  # pence
        ("attendance_price", "i8"),  # pence
        ("excess_price", "i8"),  # pence a day
        ("trim_days", "i8"),  # days that the spell price covers
        ("visit_price", "i8"),  # pence, a first outpatient visit
        ("day_case_price", "i8"),  # pence
        ("elective_price", "i8"),  # pence, an operation with a night
        ("contract_kinds", "i8"),  # bits of the kinds of people whose care a contract pays for, see ``agents.patients.kinds``
        ("return_share", "f8"),  # share of its bill that a return is paid, see ``agents.hospital.billing``
        ("marginal_share", "f8"),  # share of its bill that a spell beyond the baseline is paid
        ("baseline_spells", "i8"),  # spells of a financial year that are paid in full
        ("billed_spells", "i8"),  # spells billed so far this financial year
        ("beyond_since", "i8"),  # day on which they reached the baseline
        ("clinic_rate", "f8"),  # first outpatient visits that can be held on a working day
        ("clinic_tokens", "f8"),
        ("theatre_rate", "f8"),  # operations that can be done on a working day
        ("theatre_tokens", "f8"),
        ("list_left", "f8"),  # operations of today's list still to come
    ]
)
"""What patients meet of one hospital."""


class Flow(NamedTuple):
    """Everything that days of care read and write."""

    rows: np.ndarray  # RECORD, all people
    cases: np.ndarray  # CASE, in the order in which they arose
    case_of: np.ndarray  # (people,) int32: case of each person, -1 if none
    size: np.ndarray  # (N_SIZES,) int64: see ``agents.hospital.books``
    calendar: np.ndarray  # EVENT: this month's events by day, half of the day and priority, then later ones; what happens is appended
    journal: np.ndarray  # rows of the ledger's journal
    notes: np.ndarray  # rows of the ledger's notes on consequences
    out: np.ndarray  # (n_councils, N_OUT) int64
    hospital_out: np.ndarray  # (n_hospitals, N_HOSPITAL_OUT) int64
    totals: np.ndarray  # (n_councils, N_TOTALS + 2 n_consortia) int64
    councils: np.ndarray  # COUNCIL_STATE
    consortia: np.ndarray  # CONSORTIUM_STATE
    hospitals: np.ndarray  # HOSPITAL_STATE
    waiting: np.ndarray  # WAITING
    joined: np.ndarray  # the same array: where waits that begin are written
    lines: np.ndarray  # (n_hospitals, 2, 2) int64: first and last of the waits of each hospital's lines, to be seen and listed; -1 if there is none
    next_in_line: np.ndarray  # (len(waiting),) int32: the wait that joined the same line next, -1 if none has
    borne: np.ndarray  # (people,) uint8: operations on joint, heart or eyes that each person waits for
    planned: np.ndarray  # (n_councils, N_PLANNED_OUT) int64
    hospital_planned: np.ndarray  # (n_hospitals, N_HOSPITAL_PLANNED) int64
    reablement_first: np.ndarray  # (people,) uint8: 1 for those offered it before home care, however few others are; empty if there are none
    kinds: np.ndarray  # (people,) uint8: kinds that each is of on the month's first day, see ``agents.patients.kinds``; empty if nobody asks
    brought: np.ndarray  # (n_kinds, n_consortia, n_hospitals) int64: what care of each kind of people comes to by the tariff, pence


@compiled
def renewed(tokens, rate, share):
    """Return what hands can do once `share` of a working day has come: little of what was not used can be saved up.

    Parameters
    ----------
    tokens : cases that can be done now
    rate : cases a working day
    share : of a working day; a day of weekend is a part of one
    """
    return min(tokens, DAYS_SAVED * rate + 1.0) + rate * share


@compiled
def in_hospital(state):
    """Return whether a case in this state is in hospital."""
    return BOARDING <= state <= WAIT_HOUSING


@compiled
def setting_of(p):
    """Return where the person lives, hospital apart."""
    return np.int64(p["care"]) & record.SETTING_MASK


@compiled
def funder_of(p):
    """Return who pays for the person's long-term care."""
    return (np.int64(p["care"]) >> record.FUNDER_SHIFT) & record.FUNDER_MASK


@compiled
def set_care(p, setting, funder):
    """Move the person to `setting`, paid for by `funder`."""
    p["care"] = (np.int64(p["care"]) & (record.IN_HOSPITAL | record.CAPPED)) | setting | (funder << record.FUNDER_SHIFT)


@compiled
def hand_over(flow, p):
    """Count a move between services, or an assessment."""
    flow.out[np.int64(p["council"]), HANDOVERS_OUT] += 1
    p["handovers"] = min(np.int64(p["handovers"]) + 1, 65535)


@compiled
def gap_of(p):
    """Return weekly minutes of need that neither family nor the present package meets (negative: none)."""
    return np.int64(p["need"]) - np.int64(p["informal"]) - np.int64(p["package"])


@compiled
def decline(p, amount, rules):
    """Raise frailty by `amount`, within its ceiling."""
    p["frailty"] = min(np.float64(p["frailty"]) + amount, rules.frailty_ceiling)


@compiled
def drop_package(council, p):
    """Give the round of a lost or ended package back to the market."""
    if np.int64(p["package"]) > 0:
        council.care_used -= np.int64(p["package"])
        p["package"] = 0
        p["withheld"] = 0


@compiled
def enter(c, state, day, due):
    """Put a case into a state from today; `due` is the day the state ends by itself, or from which it can end."""
    c["state"] = state
    c["since"] = day
    c["due"] = due
    c["hazard"] = 0.0


@compiled
def close(flow, k):
    """Close a case; it leaves the line at the month's end."""
    flow.case_of[np.int64(flow.cases[k]["person"])] = -1
    flow.cases[k]["state"] = CLOSED


@compiled
def open_case(flow, i, state, day, due, trigger, cause, hospital, rules, seed):
    """Open a case for person i at the end of the line; return it."""
    k = flow.size[N_CASES_AT]
    flow.size[N_CASES_AT] = k + 1
    c = flow.cases[k]
    c["person"] = i
    c["trigger"] = trigger
    c["start"] = day
    c["hospital"] = hospital
    c["council"] = flow.rows[i]["council"]
    c["cause"] = cause
    c["decider"] = NEED_DECIDES
    c["lever"] = 0
    c["recovery"] = 0
    c["recovery_at_rest"] = 0
    c["recovery_all"] = 0
    c["package"] = 0
    c["withheld"] = 0
    c["funder"] = 0
    c["blocked"] = 0
    c["returned"] = 0
    c["hour"] = 0
    c["ward"] = NO_WARD
    c["wanted"] = GENERAL
    c["joint"] = 1 if draw(seed, i, trigger, 2, draws.JOINT) < rules.joint_arrangements else 0
    c["recorded"] = 1 if draw(seed, i, trigger, 1, draws.RECORDED) * rules.recording_ratio < 1.0 else 0
    c["continuing"] = UNDECIDED
    enter(c, state, day, due)
    flow.case_of[i] = k
    return c
