"""Emergency contacts by clock add up to the published totals: nothing is counted twice, whatever the split."""

import numpy as np
import pytest

from model.evidence import evidence
from model.parameters import Parameters

DIFFERENT_PEOPLE = 0.03  # of the total: the sums are worked out on another sample than illness was solved on
SMALL = 0.01  # of the total: what the clocks left out of the subtraction may come to


def lines_of(generate, parameters: Parameters) -> dict[str, np.ndarray]:
    rows = generate["sums_rows"](generate["sums_of_emergencies"](parameters))
    return {name: np.array(values) for name, values in rows}


@pytest.fixture
def lines(generate) -> dict[str, np.ndarray]:
    return lines_of(generate, Parameters())


def test_named_clocks_and_illness_are_the_published_contacts(lines):
    gap = lines["illness in the model"] - lines["= left for illness"]
    assert np.all(np.abs(gap) < DIFFERENT_PEOPLE * lines["published contacts"])


def test_what_the_subtraction_leaves_out_is_small(lines):
    on_top = sum(values for name, values in lines.items() if name.startswith("on top"))
    assert np.all(on_top < SMALL * lines["published contacts"])


def test_every_clock_has_its_part_at_every_age(lines):
    assert all(np.all(values > 0.0) for name, values in lines.items() if not name.startswith("on top"))


def test_unmanaged_contacts_are_the_stated_share_and_below_the_published_one(lines):
    share = lines["less: unmanaged conditions"][-1] / lines["published contacts"][-1]
    assert share == pytest.approx(Parameters().seeking.unmanaged_share, rel=0.03)
    assert share < evidence("P-B.emerg-018").number() / 100.0


def test_another_split_leaves_the_total(generate):
    parameters = Parameters().with_values({"seeking.contacts_per_unmet_hour": 0.0, "seeking.unmanaged_share": 0.04})
    lines = lines_of(generate, parameters)
    assert np.all(lines["less: unmet need"] == 0.0)
    gap = lines["illness in the model"] - lines["= left for illness"]
    assert np.all(np.abs(gap) < DIFFERENT_PEOPLE * lines["published contacts"])
