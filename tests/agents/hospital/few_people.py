"""What tests of days in hospital and care share: a few people, and cases of theirs to begin with."""

from __future__ import annotations

import numpy as np

from agents.hospital.state import CASE, NO_WARD
from agents.patients import record
from agents.vocabulary import CaseState, Ward
from tests.strategies import Bench, event, person, quiet_bench

CERTAIN = {
    "admission_spread": 1e-3,
    "crowding_threshold": 0.0,
    "direct_share": 0.0,
    "step_up_share": 0.0,
    "boarding_death": 0.0,
    "untreated_death": 0.0,
    "untreated_return": 0.0,
    "return_base": 0.0,
    "return_by_frailty": 0.0,
    "return_unready": 0.0,
    "return_unsupported": 0.0,
    "equipment_share": 0.0,
    "housing_share": 0.0,
    "interim_share": 0.0,
    "leave_wait_a_day": 0.0,
}
"""Rules under which severity alone decides, nobody gives up, and nothing follows from a stay."""
IN_HOSPITAL_STATES = [state for state in CaseState if CaseState.BOARDING <= state <= CaseState.WAIT_HOUSING]
WAITS_ON_A_WARD = [state for state in CaseState if CaseState.WAIT_FURTHER_NHS <= state <= CaseState.WAIT_HOUSING]
WAITS_AT_HOME = [state for state in CaseState if CaseState.HOME_ASSESSMENT <= state <= CaseState.HOME_CHOICE]


def people(n: int = 1, **fields) -> np.ndarray:
    return np.concatenate([person(**fields) for _ in range(n)])


def granted(n: int = 1, **fields) -> np.ndarray:
    """People of great need without money, help or a home of their own."""
    return people(
        n, **{"need_trait": 2000, "need": 1500, "frailty": 0.2, "frailty_trait": 2000, "capital": 0, **fields}
    )


def waiting(state: CaseState, n: int = 1, **fields) -> np.ndarray:
    """A case of each of n people, in a state since day 0."""
    cases = np.zeros(n, dtype=CASE)
    cases["person"] = np.arange(n)
    cases["state"], cases["trigger"], cases["decider"] = state, 16 * 50 + np.arange(n), 65535
    cases["ward"], cases["wanted"] = NO_WARD, Ward.GENERAL
    for name, value in fields.items():
        cases[name] = value
    return cases


def on_the_ward(
    state: CaseState = CaseState.ACUTE, n: int = 1, rows: np.ndarray | None = None, rules=None, **fields
) -> Bench:
    """People in beds of the first hospital, of great need unless told otherwise, who do not give up."""
    certain = {**CERTAIN, "need_from_illness": 0.0, "deconditioning": 0.0}
    b = quiet_bench(granted(n) if rows is None else rows, **{**certain, **(rules or {})})
    b.tables["wait"] = 1.0
    b.cases = waiting(state, n, **fields)
    return b.in_beds()


def at_home(state: CaseState, n: int = 1, rows: np.ndarray | None = None, rules=None, **fields) -> Bench:
    """People of great need who wait at home, and do not give up."""
    b = quiet_bench(granted(n) if rows is None else rows, **{**CERTAIN, "reablement_share": 0.0, **(rules or {})})
    b.tables["wait"] = 1.0
    b.cases = waiting(state, n, **fields)
    return b


def contact(days_in: int = 3, severity: float = 0.9, **rules: float) -> Bench:
    """One person and one emergency."""
    b = quiet_bench(people(), **{**CERTAIN, **rules})
    b.future = event(days_in, severity=severity)
    return b


def emergencies(n: int, day: int = 3, severity: float = 0.9, rows: np.ndarray | None = None, **rules: float) -> Bench:
    """An emergency of each of n people on the same day, with beds for all."""
    b = quiet_bench(people(n) if rows is None else rows, **{**CERTAIN, **rules}).with_beds(10**6, unit=10**6)
    b.future = np.concatenate([event(day, person=who, trigger=1600 + who, severity=severity) for who in range(n)])
    return b


def nobody_to_help(b: Bench) -> Bench:
    """Take every coordinator, social worker, broker, round and place away, so that whoever waits waits on."""
    council_limits(b, assessment_rate=0.0, assessment_tokens=0.0, start_rate=0.0, start_tokens=0.0, home_places=0.0)
    council_limits(b, reablement_places=0.0, care_capacity=0)
    b.known.hospitals["coordination_rate"] = b.known.hospitals["coordination_tokens"] = 0.0
    b.known.consortia["intermediate_places"] = 0.0
    return b


def council_limits(b: Bench, **limits) -> None:
    for name, value in limits.items():
        b.known.councils[name] = value


def states(engine) -> dict[int, int]:
    cases = engine.cases[: engine.n_cases]
    return dict(zip(cases["person"].tolist(), cases["state"].tolist(), strict=True))


def setting(engine) -> np.ndarray:
    return engine.people.rows["care"] & record.SETTING_MASK


def funder(engine) -> np.ndarray:
    return engine.people.rows["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK


def near(count: int, n: int, share: float) -> bool:
    """Whether a count of n is within four standard errors of a share: false alarm once in 16,000."""
    return bool(abs(count / n - share) <= 4.0 * np.sqrt(share * (1.0 - share) / n))
