"""Counter-based random numbers: every draw is named by what it decides, never by when it is reached.

Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11). The key is
the 64-bit seed; the counter is (who, when, trigger, purpose // 4); the lane is purpose % 4. A purpose is a named
constant below, used for one decision only. The list is append-only: a number once given is never re-used.
"""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import compiled

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_UNIT = 1.0 / 4294967296.0

# Purposes. Four share one block (one call); what is often needed together shares a block.
REQUEST = 3  # 0 to 2, 5, 8 and 9 are retired
UNMET, LAST_PHASE, BREAKDOWN = 4, 6, 7
DYING_DAYS, DEATH_DAY = 10, 11
CONTACT_DAY, SEVERITY, PRIORITY, BREAKDOWN_GOES = 12, 13, 14, 15
ADMISSION, STAY, RECOVERY, HARM = 16, 17, 18, 19
RETURN, RETURN_DAY, RETURN_SEVERITY, UNTREATED_DAY = 20, 21, 22, 23
REQUEST_DAY, LEAVE_QUEUE, REABLED, ACCEPT_PLACE = 24, 25, 26, 27
FRAILTY_TRAIT, NEED_TRAIT, CARER_TRAIT, WEALTH_TRAIT = 28, 29, 30, 31
PARTNER, OWNER, CLUSTER, BIRTH_MONTH = 32, 33, 34, 35
CONDITION_AT_START = 36  # and the 15 after it, one a condition
HOSPITAL_CHOICE, OLDEST_AGE, PROACTIVE, PARTNER_LOSS = 52, 53, 54, 55
MIGRATION, NEWCOMER_AREA, NEWCOMER_AGE, SAMPLE = 56, 57, 58, 59
CARE_AT_START, HOME_AT_START, CARER_RETURN, FEMALE_NEWCOMER = 60, 61, 62, 63
ROUTE, WAITING, GATE, HARM_BOARDING = 64, 65, 66, 67
FRAILTY_RENEWAL, NEED_RENEWAL, PROGRESS, SEVERE_AT_START = 68, 69, 70, 71
FINAL_CRISIS, FINAL_DAY, FINAL_SEVERITY, OUTGROW = 72, 73, 74, 75
SELF_BUYS = 76
GP_MISSED, GP_TURNED, AMBULATORY, CANCELLED = 80, 81, 82, 83
REFERRED_DAY, REFERRED_PRIORITY, REFERRED_KIND, QUEUE_LEAVES = 84, 85, 86, 87
LISTED, LIST_LEAVES, NIGHTS, RELIEVED = 88, 89, 90, 91
ONSET, DEATH, ILLNESS, UNMANAGED = 92, 93, 94, 95
ARRIVAL_HOUR, TREATMENT, STEP_UP, RECORDED = 96, 97, 98, 99
NEEDS_EQUIPMENT, NEEDS_HOUSING, JOINT, CONTINUING = 100, 101, 102, 103
FUNDING_WAIT, DISPUTED, DISPUTE_WAIT, HINDERED_WAIT = 104, 105, 106, 107
PLANNING_WAIT, ASSESSMENT_WAIT, PACKAGE_WAIT, INTERIM_BED = 108, 109, 110, 111
SURGERY_NIGHTS = 112
LEAVING_HOUR, DEATH_HOUR = 116, 117
ADVICE, STARTING_TRUST = 120, 121
HOME_SUPPORT = 124
OWN_BUDGET = 128
SINGLE_ASSESSMENT, LEADER_LEAVES, ABLE, NOISE = 136, 137, 138, 139
CHOSEN_ORGANISATION, CHOSEN_AREA, CHOSEN_PERSON = 160, 161, 162  # by an intervention
OF_A_RANGE = 163  # a parameter's value, by an experiment

NEVER = np.int64(0)  # `when` of a trait that a person has for life


@compiled
def philox(key_low, key_high, c0, c1, c2, c3):
    """Return the four 32-bit words (as uint64) of one Philox4x32-10 block.

    Parameters
    ----------
    key_low, key_high : uint64 below 2**32, the two halves of the seed
    c0, c1, c2, c3 : uint64 below 2**32, the counter
    """
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _HALF) ^ c1 ^ key_low
        c2 = (product_0 >> _HALF) ^ c3 ^ key_high
        c1 = product_1 & _LOW
        c3 = product_0 & _LOW
        key_low = (key_low + _WEYL_0) & _LOW
        key_high = (key_high + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@compiled
def block(seed, who, when, trigger, purpose):
    """Return four uniform numbers in (0, 1): lanes 0 to 3 of the block that `purpose` belongs to.

    Parameters
    ----------
    seed : uint64, the replication's seed
    who : int, row of the person (or number of the organisation)
    when : int, month or day of the trigger; NEVER for a lifelong trait
    trigger : int, what set the draw off (a cause, a request); 0 if only one thing can
    purpose : int, one of this module's constants
    """
    w0, w1, w2, w3 = philox(
        seed & _LOW,
        seed >> _HALF,
        np.uint64(who) & _LOW,
        np.uint64(when) & _LOW,
        np.uint64(trigger) & _LOW,
        np.uint64(purpose // 4),
    )
    return (
        (float(w0) + 0.5) * _UNIT,
        (float(w1) + 0.5) * _UNIT,
        (float(w2) + 0.5) * _UNIT,
        (float(w3) + 0.5) * _UNIT,
    )


@compiled
def draw(seed, who, when, trigger, purpose):
    """Return one uniform number in (0, 1), for this purpose alone (parameters as in :func:`block`)."""
    u0, u1, u2, u3 = block(seed, who, when, trigger, purpose)
    lane = purpose % 4
    if lane == 0:
        return u0
    if lane == 1:
        return u1
    if lane == 2:
        return u2
    return u3


@compiled
def normal_score_low(u):
    """Return the quantile in the lower tail (see :func:`normal_score`)."""
    q = math.sqrt(-2.0 * math.log(u))
    return (
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e00) * q - 2.549732539343734e00) * q + 4.374664141464968e00) * q
        + 2.938163982698783e00
    ) / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e00) * q + 3.754408661907416e00) * q + 1.0)


@compiled
def normal_score(u):
    """Return the standard normal quantile of `u` in (0, 1): Acklam's rational approximation, relative error 1.2e-9."""
    if u < 0.02425:
        return normal_score_low(u)
    if u > 1.0 - 0.02425:
        return -normal_score_low(1.0 - u)
    q = u - 0.5
    r = q * q
    return (
        ((((-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02) * r + 1.383577518672690e02) * r - 3.066479806614716e01) * r
        + 2.506628277459239e00
    ) * q / (((((-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02) * r + 6.680131188771972e01) * r - 1.328068155288572e01) * r + 1.0)


def replication_seed(base: int, replication: int) -> int:
    """Return the 64-bit seed of a replication: words 0 and 1 of Philox keyed by `base` at counter (replication, 0, 0, 2**32 - 1).

    Raises
    ------
    ValueError
        If `base` is not in [0, 2**64) or `replication` not in [0, 2**32).
    """
    if not 0 <= base < 2**64:
        raise ValueError(f"seed must be a whole number from 0 to 2**64 - 1, got {base!r}")
    if not 0 <= replication < 2**32:
        raise ValueError(f"replication must be a whole number from 0 to 2**32 - 1, got {replication!r}")
    words = philox(
        np.uint64(base & 0xFFFFFFFF),
        np.uint64(base >> 32),
        np.uint64(replication),
        np.uint64(0),
        np.uint64(0),
        np.uint64(0xFFFFFFFF),
    )
    return int(words[0]) | int(words[1]) << 32
