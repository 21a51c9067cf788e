"""Emergency contacts by clock add up to the published totals: nothing is counted twice, whatever the split."""

import numpy as np
import pytest
from hypothesis import given, settings

from agents.vocabulary import Cause
from model.emergency_sums import CLOCKS, at_reference_clocks, cause_shares, sums_of_emergencies, sums_rows
from model.epidemiology import reference_tables
from model.evidence import evidence
from model.parameters import Parameters
from tests.strategies import parameter_values

DIFFERENT_PEOPLE = 0.03  # of the total: the sums are worked out on another sample than illness was solved on
SMALL = 0.01  # of the total: what the clocks left out of the subtraction may come to
RETURNS = "on top: return to need that nobody meets, at most"


def lines_of(parameters: Parameters) -> dict[str, np.ndarray]:
    return {name: np.array(values) for name, values in sums_rows(parameters)}


@pytest.fixture(scope="module")
def lines() -> dict[str, np.ndarray]:
    return lines_of(Parameters())


def test_named_clocks_and_illness_are_the_published_contacts(lines):
    gap = lines["illness in the model"] - lines["= left for illness"]
    assert np.all(np.abs(gap) < DIFFERENT_PEOPLE * lines["published contacts"])


def test_what_the_subtraction_leaves_out_is_small(lines):
    on_top = sum(values for name, values in lines.items() if name.startswith("on top") and name != RETURNS)
    assert np.all(on_top < SMALL * lines["published contacts"])
    assert lines[RETURNS][-1] < SMALL * lines["published contacts"][-1]


def test_every_clock_has_its_part_at_every_age(lines):
    assert all(np.all(values > 0.0) for name, values in lines.items() if not name.startswith("on top"))


def test_unmanaged_contacts_are_the_stated_share_and_below_the_published_one(lines):
    share = lines["less: unmanaged conditions"][-1] / lines["published contacts"][-1]
    assert share == pytest.approx(Parameters().seeking.unmanaged_share, rel=0.03)
    assert share < evidence("P-B.emerg-018").number() / 100.0


def test_another_split_leaves_the_total():
    parameters = Parameters().with_values({"seeking.contacts_per_unmet_hour": 0.0, "seeking.unmanaged_share": 0.04})
    lines = lines_of(parameters)
    assert np.all(lines["less: unmet need"] == 0.0)
    gap = lines["illness in the model"] - lines["= left for illness"]
    assert np.all(np.abs(gap) < DIFFERENT_PEOPLE * lines["published contacts"])


@pytest.mark.parametrize("of", ["contacts", "admissions"])
def test_shares_are_parts_of_one(of):
    shares = cause_shares(Parameters(), of)
    assert list(shares.index) == [cause.name.lower() for cause in Cause]
    assert shares.to_numpy().min() >= 0.0
    assert shares.sum().to_numpy() == pytest.approx(1.0)


def test_slight_contacts_are_a_smaller_share_of_admissions():
    contacts, admissions = (cause_shares(Parameters(), of).loc["unmet"] for of in ("contacts", "admissions"))
    assert (admissions < contacts).all()


def test_a_clock_without_a_rate_has_no_share():
    nothing = {name: 0.0 for name in CLOCKS if name.startswith("hospital.return_") and name != "hospital.return_days"}
    rates = ("seeking.contacts_per_unmet_hour", "seeking.breakdown_contact", "hospital.untreated_return")
    nothing |= dict.fromkeys(rates, 0.0)
    shares = cause_shares(Parameters().with_values(nothing))
    assert (shares.loc[["unmet", "breakdown", "return", "untreated"]] == 0.0).all(axis=None)


def test_more_of_one_cause_is_less_of_illness_and_nothing_else():
    name = "seeking.contacts_per_unmet_hour"
    base, more = (sums_of_emergencies(Parameters().with_values({name: rate})) for rate in (0.001, 0.002))
    lost = base.mean(base.left) - more.mean(more.left)
    assert lost == pytest.approx(base.mean(base.of(Cause.UNMET)), rel=0.01), "but for smoothing over ages"
    for cause in set(Cause) - {Cause.ILLNESS, Cause.UNMET}:
        assert np.array_equal(base.of(cause), more.of(cause))


def test_an_unknown_kind_of_emergency_is_refused():
    with pytest.raises(ValueError, match="of must be one of contacts, admissions, got 'beds'"):
        cause_shares(Parameters(), "beds")


@settings(max_examples=5)
@given(parameter_values(parts=("seeking", "hospital")))
def test_clocks_are_all_that_one_sample_of_people_does_not_hang_on(values):
    """The tables of a split are those of the reference clocks but for illness and the level of unmanaged conditions."""
    clocks = {name: value for name, value in values.items() if name in CLOCKS}
    split = Parameters().with_values(clocks)
    assert at_reference_clocks(split) == Parameters()
    mine, reference = reference_tables(split), reference_tables(Parameters())
    for name in reference.dtype.names:
        if name in ("unmanaged", "severe_unmanaged"):
            ratio = split.seeking.unmanaged_share / Parameters().seeking.unmanaged_share
            assert mine[name] == pytest.approx(reference[name] * ratio)
        elif name != "illness":
            assert np.array_equal(mine[name], reference[name]), name
