"""A person is 64 bytes without a gap, nothing shares a bit, and ten years of anything fit in its field."""

import numpy as np
import pytest

from agents.patients import record
from agents.patients.record import RECORD
from agents.vocabulary import Condition, Funder, Setting

YEARS = 10
DAYS = 3653
WEEK_MINUTES = 7 * 24 * 60


def test_one_cache_line_without_padding():
    sizes = [RECORD[name].itemsize for name in RECORD.names]
    assert RECORD.itemsize == sum(sizes) == 64
    assert [RECORD.fields[name][1] for name in RECORD.names] == np.cumsum([0, *sizes[:-1]]).tolist()


def test_every_field_is_aligned_by_itself():
    for name in RECORD.names:
        assert RECORD.fields[name][1] % RECORD[name].alignment == 0, name


def test_totals_are_whole_numbers():
    """Only what describes today is a fraction: the order of adding to a total cannot matter."""
    assert [name for name in RECORD.names if RECORD[name].kind not in "iu"] == ["frailty", "strain"]


BITS = {
    "person": {
        "FEMALE": record.FEMALE,
        "QUINTILE_MASK": record.QUINTILE_MASK << record.QUINTILE_SHIFT,
        "PARTNER": record.PARTNER,
        "OWNER": record.OWNER,
        "TURNED": record.TURNED,
    },
    "care": {
        "SETTING_MASK": record.SETTING_MASK,
        "FUNDER_MASK": record.FUNDER_MASK << record.FUNDER_SHIFT,
        "IN_HOSPITAL": record.IN_HOSPITAL,
        "FOR_OPERATION": record.FOR_OPERATION,
        "CAPPED": record.CAPPED,
    },
    "flags": {
        name: getattr(record, name)
        for name in ("PROACTIVE", "DYING", "CARER_BROKEN", "ASKED", "REFUSED", "LEFT", "PROACTIVE_AT_REST", "WAITS")
    },
}
NOT_BITS = {"ALIVE", "NEVER_DISCHARGED", "QUINTILE_SHIFT", "FUNDER_SHIFT"}


@pytest.mark.parametrize("field", BITS)
def test_no_two_things_share_a_bit(field):
    masks = list(BITS[field].values())
    assert all(mask > 0 for mask in masks)
    assert sum(masks) == np.bitwise_or.reduce(masks) < 2 ** (8 * RECORD[field].itemsize)


def test_every_constant_of_the_record_is_known_here():
    constants = {name for name, value in vars(record).items() if name.isupper() and isinstance(value, int)}
    assert constants == NOT_BITS.union(*BITS.values())


def test_masks_hold_every_code():
    assert max(Setting) <= record.SETTING_MASK
    assert max(Funder) <= record.FUNDER_MASK
    assert record.QUINTILE_MASK >= 4
    assert max(Condition) < 8 * RECORD["conditions"].itemsize


# Field, least and most that a person can reach in ten years, and why. Counts of emergencies stop at their top.
REACH = [
    ("qalys", 0, 100 * 1_000_000, "100 years in full health, in micro-QALYs"),
    ("unmet", 0, YEARS * 53 * WEEK_MINUTES, "every minute of ten years"),
    ("out_of_pocket", 0, YEARS * 53 * 5_000 * 100, "ten years at 5,000 pounds a week, in pence"),
    ("capital", -1_000_000_000, 1_000_000_000, "pounds"),
    ("need", 0, 2 * WEEK_MINUTES, "two carers at a time, around the clock"),
    ("informal", 0, 2 * WEEK_MINUTES, "as need"),
    ("package", 0, 2 * WEEK_MINUTES, "as need"),
    ("unmet_recent", 0, 2 * WEEK_MINUTES, "as need"),
    ("frailty_trait", 0, 10_000, "all deficits, in 1/10,000"),
    ("need_trait", -30_000, 30_000, "30 logits either way, in 1/1,000"),
    ("withheld", -2 * WEEK_MINUTES, 2 * WEEK_MINUTES, "a whole package more or less"),
    ("birth_month", -130 * 12, YEARS * 12, "130 years old at the start; born as the run ends"),
    ("end_month", -1, YEARS * 12, "before the first month; in the last"),
    ("last_discharge", -365, DAYS, "a year before the start; the last day"),
    ("days_at_home", 0, DAYS, "every day"),
    ("days_in_hospital", 0, DAYS, "every day"),
    ("small_area", 0, 32_844 - 1, "all small areas (LSOAs of 2011) of England as one place"),
    ("handovers", 0, DAYS, "one a day"),
    ("council", 0, 152 - 1, "all councils with adult social care in England"),
    ("consortium", 0, 211 - 1, "all GP consortia of 2014"),
    ("hospital", 0, 255, "more than England has acute trusts"),
]


@pytest.mark.parametrize(("field", "least", "most", "why"), REACH, ids=[row[0] for row in REACH])
def test_ten_years_fit(field, least, most, why):
    room = np.iinfo(RECORD[field])
    assert room.min <= least <= most <= room.max, why


def test_the_room_of_every_number_is_considered():
    packed = {"conditions", *BITS}
    stopping = {"contacts", "spells"}
    fractions = {"frailty", "strain"}
    assert {row[0] for row in REACH} | packed | stopping | fractions == set(RECORD.names)


def test_marks_lie_where_no_month_or_day_can():
    reach = {field: (least, most) for field, least, most, _ in REACH}
    assert record.ALIVE == np.iinfo(RECORD["end_month"]).max > 3 * reach["end_month"][1]
    assert record.NEVER_DISCHARGED == np.iinfo(RECORD["last_discharge"]).min < reach["last_discharge"][0]


def test_shares_of_today_are_kept_to_a_millionth():
    rows = np.zeros(1, dtype=RECORD)
    for share in (1 / 3, 0.7, 1.0):
        rows["frailty"] = share
        assert float(rows["frailty"][0]) == pytest.approx(share, abs=1e-6)
