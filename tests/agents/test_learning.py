"""What is learned lies between what was believed and what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.learning import LearningBehaviour, learned

EFFECT = st.floats(-100.0, 100.0)
BEHAVIOUR = LearningBehaviour()


@given(EFFECT, EFFECT, st.floats(0.0, 1e6))
def test_beliefs_go_part_of_the_way(believed, seen, noise):
    after = learned(believed, seen, noise, BEHAVIOUR)
    assert min(believed, seen) - 1e-9 <= after <= max(believed, seen) + 1e-9


@given(st.floats(0.1, 100.0), EFFECT, st.floats(0.1, 10.0))
def test_the_noisier_the_less_and_the_less_sure_the_more(believed, seen, noise):
    def way(noise: float, **values: float) -> float:
        return abs(learned(believed, seen, noise, LearningBehaviour(**values)) - believed)

    assert way(2.0 * noise) <= way(noise) + 1e-12
    assert way(noise, doubt=0.1) <= way(noise, doubt=1.0) + 1e-12
    assert way(noise, gain=0.2) <= way(noise, gain=1.0) + 1e-12
    assert learned(believed, seen, float("inf"), BEHAVIOUR) == believed


@given(EFFECT, st.floats(0.0, 10.0))
def test_of_what_nothing_is_believed_nothing_is_learned(seen, noise):
    assert learned(0.0, seen, noise, BEHAVIOUR) == 0.0


@given(EFFECT, st.floats(0.0, 10.0))
def test_who_sees_what_was_believed_goes_on_believing_it(believed, noise):
    assert learned(believed, believed, noise, BEHAVIOUR) == pytest.approx(believed)
