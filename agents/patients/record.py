"""The 64-byte record of one person: one cache line, every field with its unit.

Totals are integers, so that the order of adding cannot matter. The dead keep their row; a row is never re-used.
"""

from __future__ import annotations

import numpy as np

RECORD = np.dtype(
    [
        ("conditions", "u4"),  # bit k set: ever recorded with Condition(k); bit 14 + k: in its severe stage
        ("qalys", "u4"),  # micro-QALYs lived since the start
        ("unmet", "u4"),  # minutes of unmet need since the start
        ("out_of_pocket", "u4"),  # pence paid for care by the person since the start
        ("frailty", "f4"),  # share of deficits, 0 to 1, today
        ("strain", "f4"),  # the carer's: 0 rested, 1 at the edge
        ("capital", "i4"),  # savings in pounds, the home apart
        ("need", "u2"),  # minutes of help needed a week
        ("informal", "u2"),  # minutes of help from family and friends a week
        ("package", "u2"),  # minutes of formal home care a week
        ("unmet_recent", "u2"),  # last month's unmet minutes a week, weighted by day
        ("frailty_trait", "i2"),  # frailty that the person returns to, in 1/10,000; below zero: robust
        ("need_trait", "i2"),  # settled propensity to need help, in 1/1,000 of a logit
        ("withheld", "i2"),  # package minutes a week less than at reference lever settings (negative: more)
        ("birth_month", "i2"),  # months since April 2014; negative for everyone at the start
        ("end_month", "i2"),  # month of death or leaving; ALIVE if none is set
        ("last_discharge", "i2"),  # day since the start; NEVER_DISCHARGED if none
        ("days_at_home", "u2"),  # days since the start
        ("days_in_hospital", "u2"),  # days since the start, those for operations apart
        ("small_area", "u2"),  # index into the place's small areas
        ("handovers", "u2"),  # moves between services and assessments since the start
        ("contacts", "u1"),  # emergency contacts since the start (stops at 255)
        ("spells", "u1"),  # emergency spells since the start (stops at 255)
        ("council", "u1"),
        ("consortium", "u1"),
        ("hospital", "u1"),  # the one that the person's contacts go to
        ("person", "u1"),  # sex, deprivation fifth, partner, home owner: masks below
        ("care", "u1"),  # setting and funder: masks below
        ("flags", "u1"),  # masks below
    ]
)
"""NumPy structured dtype of a person, 64 bytes."""

assert RECORD.itemsize == 64

ALIVE = 32767  # end_month of someone with no end in sight
NEVER_DISCHARGED = -32768

# `person`
FEMALE = 0x01
QUINTILE_SHIFT = 1  # bits 1 to 3: deprivation fifth less one, 0 = most deprived
QUINTILE_MASK = 0x07
PARTNER = 0x10
OWNER = 0x20
TURNED = 0x40  # the last claim to continuing healthcare would have been decided otherwise at rest
CAPPED = 0x80  # has paid as much for care as anybody must in a life

# `care`
SETTING_MASK = 0x07
FUNDER_SHIFT = 3
FUNDER_MASK = 0x03
IN_HOSPITAL = 0x20
FOR_OPERATION = 0x40  # in hospital, and for an operation
CAPPED = 0x80  # has paid as much for care as anybody must in a life

# `flags`
PROACTIVE = 0x01  # on the proactive-care list
DYING = 0x02  # in the last phase of life; end_month is set
CARER_BROKEN = 0x04  # the carer has given up
ASKED = 0x08  # has asked for an assessment that is not answered yet
REFUSED = 0x10  # assessed and found not eligible; may ask again after a birthday
LEFT = 0x20  # end_month is a move away, not a death
PROACTIVE_AT_REST = 0x40  # would be on the list at the lever's reference setting
WAITS = 0x80  # listed for an operation on joint, heart or eyes, and bears it
