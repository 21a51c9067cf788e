"""The national return is read as it was published, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from agents.vocabulary import Reason, Responsible
from model.delayed_transfers import ACUTE, NON_ACUTE, REASON_WORDS, all_over_acute, recorded_days
from model.evidence import evidence

ROWS = {
    "010": Reason.FURTHER_NHS, "011": Reason.ASSESSMENT, "012": Reason.PACKAGE, "013": Reason.NURSING,
    "014": Reason.RESIDENTIAL, "015": Reason.CHOICE, "016": Reason.FUNDING,
}  # fmt: skip


def test_every_reason_of_the_vocabulary_has_a_word_in_the_file():
    assert sorted(REASON_WORDS.values()) == sorted(Reason)


def test_the_evidence_rows_are_sums_of_the_file():
    days = recorded_days(ACUTE)
    assert days.sum() == pytest.approx(1000.0 * evidence("P-B.dtoc-025").number(), rel=1e-4)
    for row, reason in ROWS.items():
        share = 100.0 * days[reason].sum() / days.sum()
        assert share == pytest.approx(evidence(f"P-B.dtoc-{row}").number(), abs=0.006), reason
    for row, body in zip(("021", "022", "023"), Responsible, strict=True):
        share = 100.0 * days[:, body].sum() / days.sum()
        assert share == pytest.approx(evidence(f"P-B.dtoc-{row}").number(), abs=0.006), body
    assert recorded_days(ACUTE, NON_ACUTE).sum() == 1_624_977


def test_years_add_up():
    years = [recorded_days(ACUTE, first=f"{year}-04", last=f"{year + 1}-03") for year in range(2011, 2015)]
    assert np.array_equal(sum(years), recorded_days(ACUTE, first="2011-04", last="2015-03"))
    assert np.array_equal(years[-1], recorded_days(ACUTE))


def test_all_care_is_acute_care_and_more():
    more = all_over_acute()
    assert (more >= 1.0).all()
    every = recorded_days(ACUTE, NON_ACUTE)
    assert np.allclose(more * recorded_days(ACUTE), every), "no cell is empty in acute care alone"


def test_what_is_not_in_the_file_is_refused():
    with pytest.raises(ValueError, match="care must be from Acute to Non-Acute, got Community"):
        recorded_days("Community")
    with pytest.raises(ValueError, match="care must be from Acute to Non-Acute, got none"):
        recorded_days()
    with pytest.raises(ValueError, match="month must be from 2011-04 to 2015-03, got 2016-04"):
        recorded_days(ACUTE, last="2016-04")


def test_the_table_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        recorded_days(ACUTE)[0, 0] = 1.0
