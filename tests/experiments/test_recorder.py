"""Who is shown on which square, and as what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hospital.state import CASE
from agents.vocabulary import CaseState, Ward
from experiments.film import BedState
from experiments.recorder import ESCALATION, Squares, bed_states

UNIT, GENERAL, OLDER = int(Ward.ASSESSMENT_UNIT), int(Ward.GENERAL), int(Ward.OLDER)


def placed(squares: Squares, lying: dict[int, int], opened: int = 2) -> dict[int, int]:
    people, wards = np.array(list(lying), dtype=np.int64), np.array(list(lying.values()), dtype=np.int64)
    return dict(zip(lying, squares.place(people, wards, opened).tolist(), strict=True))


def test_people_stay_on_their_square_while_others_come_and_go():
    squares = Squares(np.array([2, 4, 2, 2]))
    first = placed(squares, {11: GENERAL, 12: UNIT, 13: GENERAL})
    assert first == {11: 2, 12: 0, 13: 3}
    second = placed(squares, {13: GENERAL, 14: GENERAL, 12: GENERAL})
    assert second[13] == first[13]
    assert second[14] == first[11], "the first free one"
    assert squares.ward_of[second[12]] == GENERAL, "who is moved to another ward is moved to another square"


def test_people_beyond_the_general_beds_are_shown_on_beds_of_escalation_and_go_back_when_those_shut():
    squares = Squares(np.array([1, 2, 1, 2]))
    full = placed(squares, dict.fromkeys((1, 2, 3, 4), GENERAL))
    assert [squares.ward_of[full[person]] for person in (1, 2, 3, 4)] == [GENERAL, GENERAL, ESCALATION, ESCALATION]
    fewer = placed(squares, dict.fromkeys((1, 3, 4), GENERAL), opened=1)
    assert fewer[1] == full[1]
    assert fewer[3] == full[3]
    assert squares.ward_of[fewer[4]] == GENERAL


def test_more_people_than_beds_are_shown_on_more_squares():
    squares = Squares(np.array([1, 1, 1, 0]))
    crowd = placed(squares, dict.fromkeys(range(5), OLDER))
    assert len(set(crowd.values())) == 5
    assert len(squares.ward_of) == len(squares.person) == 3 + 4


@given(
    st.lists(
        st.dictionaries(st.integers(0, 30), st.sampled_from([UNIT, GENERAL, OLDER]), max_size=12),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 3),
)
def test_everybody_has_one_square_of_their_own(hours, opened):
    squares = Squares(np.array([2, 5, 3, 3]))
    before: dict[int, int] = {}
    wards: dict[int, int] = {}
    for lying in hours:
        now = placed(squares, lying, opened)
        assert set(now) == set(lying)
        assert len(set(now.values())) == len(now)
        assert (squares.person >= 0).sum() == len(now)
        for person, square in now.items():
            shown = squares.ward_of[square]
            assert shown in (lying[person], ESCALATION)
            if (
                before.get(person) is not None
                and wards[person] == lying[person]
                and squares.ward_of[before[person]] < ESCALATION
            ):
                assert square == before[person]
        before, wards = now, dict(lying)


def case(**fields) -> np.ndarray:
    cases = np.zeros(1, dtype=CASE)
    given = {"state": CaseState.ACUTE, "ward": GENERAL, "due": 20, "recovery": 0, **fields}
    for name, value in given.items():
        cases[name] = value
    return cases


@pytest.mark.parametrize(
    ("fields", "day", "state"),
    [
        ({}, 12, BedState.ACUTE),
        ({"ward": UNIT}, 12, BedState.ASSESSMENT),
        ({"state": CaseState.SURGERY}, 12, BedState.ELECTIVE),
        ({"state": CaseState.WAIT_PACKAGE, "ward": UNIT}, 12, BedState.FIT_TO_LEAVE),
        ({"state": CaseState.WAIT_FURTHER_NHS}, 12, BedState.FIT_TO_LEAVE),
        ({"state": CaseState.WAIT_HOUSING}, 12, BedState.FIT_TO_LEAVE),
        ({"recovery": 4}, 16, BedState.RECOVERING),  # as many days are asked for as follow: four before the end
        ({"recovery": 4}, 15, BedState.ACUTE),
    ],
)
def test_a_bed_is_shown_as_what_it_is_used_for(fields, day, state):
    assert bed_states(case(**fields), day, readiness=0.5).tolist() == [state]


def test_a_hospital_that_asks_for_no_recovery_has_nobody_recovering():
    assert bed_states(case(recovery=9), 19, readiness=0.0).tolist() == [BedState.ACUTE]


def test_every_state_of_a_case_in_a_bed_is_shown_as_in_use():
    for state in CaseState:
        if CaseState.BOARDING < state <= CaseState.WAIT_HOUSING:
            assert bed_states(case(state=state), 5, 0.5)[0] >= BedState.ASSESSMENT
