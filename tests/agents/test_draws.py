"""Draws are the published generator's, one for each decision, even and unrelated, compiled or not."""

import math
import os
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import draws
from agents.draws import block, draw, philox, replication_seed

ROOT = Path(__file__).resolve().parents[2]
SEED = np.uint64(0x0123456789ABCDEF)
WORD = st.integers(0, 2**32 - 1)
SEEDS = st.integers(0, 2**64 - 1).map(np.uint64)

# Every purpose and its number. A purpose is added at the end; a number once released is never changed or re-used.
PURPOSES = {
    **{"REQUEST": 3, "UNMET": 4, "LAST_PHASE": 6, "BREAKDOWN": 7, "DYING_DAYS": 10, "DEATH_DAY": 11},
    **{"CONTACT_DAY": 12, "SEVERITY": 13, "PRIORITY": 14, "BREAKDOWN_GOES": 15},
    **{"ADMISSION": 16, "STAY": 17, "RECOVERY": 18, "HARM": 19},
    **{"RETURN": 20, "RETURN_DAY": 21, "RETURN_SEVERITY": 22, "UNTREATED_DAY": 23},
    **{"REQUEST_DAY": 24, "LEAVE_QUEUE": 25, "REABLED": 26, "ACCEPT_PLACE": 27},
    **{"FRAILTY_TRAIT": 28, "NEED_TRAIT": 29, "CARER_TRAIT": 30, "WEALTH_TRAIT": 31},
    **{"PARTNER": 32, "OWNER": 33, "CLUSTER": 34, "BIRTH_MONTH": 35},
    "CONDITION_AT_START": 36,
    **{"HOSPITAL_CHOICE": 52, "OLDEST_AGE": 53, "PROACTIVE": 54, "PARTNER_LOSS": 55},
    **{"MIGRATION": 56, "NEWCOMER_AREA": 57, "NEWCOMER_AGE": 58, "SAMPLE": 59},
    **{"CARE_AT_START": 60, "HOME_AT_START": 61, "CARER_RETURN": 62, "FEMALE_NEWCOMER": 63},
    **{"ROUTE": 64, "WAITING": 65, "GATE": 66, "HARM_BOARDING": 67},
    **{"FRAILTY_RENEWAL": 68, "NEED_RENEWAL": 69, "PROGRESS": 70, "SEVERE_AT_START": 71},
    **{"FINAL_CRISIS": 72, "FINAL_DAY": 73, "FINAL_SEVERITY": 74, "OUTGROW": 75, "SELF_BUYS": 76},
    **{"GP_MISSED": 80, "GP_TURNED": 81, "AMBULATORY": 82, "CANCELLED": 83},
    **{"REFERRED_DAY": 84, "REFERRED_PRIORITY": 85, "REFERRED_KIND": 86, "QUEUE_LEAVES": 87},
    **{"LISTED": 88, "LIST_LEAVES": 89, "NIGHTS": 90, "RELIEVED": 91},
    **{"ONSET": 92, "DEATH": 93, "ILLNESS": 94, "UNMANAGED": 95},
    **{"ARRIVAL_HOUR": 96, "TREATMENT": 97, "STEP_UP": 98, "RECORDED": 99},
    **{"NEEDS_EQUIPMENT": 100, "NEEDS_HOUSING": 101, "JOINT": 102, "CONTINUING": 103},
    **{"FUNDING_WAIT": 104, "DISPUTED": 105, "DISPUTE_WAIT": 106, "HINDERED_WAIT": 107},
    **{"PLANNING_WAIT": 108, "ASSESSMENT_WAIT": 109, "PACKAGE_WAIT": 110, "INTERIM_BED": 111, "SURGERY_NIGHTS": 112},
    **{"LEAVING_HOUR": 116, "DEATH_HOUR": 117},
    **{"ADVICE": 120, "STARTING_TRUST": 121},
    **{"HOME_SUPPORT": 124},
    **{"OWN_BUDGET": 128},
    **{"SINGLE_ASSESSMENT": 136, "LEADER_LEAVES": 137, "ABLE": 138, "NOISE": 139},
    **{"CHOSEN_ORGANISATION": 160, "CHOSEN_AREA": 161, "CHOSEN_PERSON": 162, "OF_A_RANGE": 163},
}
SPANS = {"CONDITION_AT_START": 16}  # purposes that are several in a row


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_known_answers_of_random123(counter, key, words):
    arguments = [np.uint64(word) for word in [*key, *counter]]
    assert [int(word) for word in philox(*arguments)] == words


def test_purposes_are_an_append_only_list():
    present = {name: number for name, number in vars(draws).items() if name.isupper() and type(number) is int}
    assert present == PURPOSES


def test_no_number_serves_two_purposes():
    numbers = [number + k for name, number in PURPOSES.items() for k in range(SPANS.get(name, 1))]
    assert len(set(numbers)) == len(numbers)


@given(SEEDS, WORD, WORD, WORD)
def test_every_purpose_is_a_lane_of_its_own(seed, who, when, trigger):
    """Equal draws of two purposes would be chance of about 2,000 pairs in 2**32 an example."""
    purposes = range(max(PURPOSES.values()) + 1)
    each = [draw(seed, who, when, trigger, purpose) for purpose in purposes]
    assert len(set(each)) == len(each)
    for purpose in purposes:
        assert block(seed, who, when, trigger, purpose)[purpose % 4] == each[purpose]


@given(SEEDS, WORD, WORD, WORD, st.sampled_from(sorted(PURPOSES.values())))
def test_draws_lie_strictly_between_0_and_1(seed, who, when, trigger, purpose):
    assert 0.0 < draw(seed, who, when, trigger, purpose) < 1.0


def test_the_extreme_words_give_no_0_and_no_1():
    least, most = ((word + 0.5) * draws._UNIT for word in (0, 2**32 - 1))
    assert 0.0 < least < most < 1.0


@given(SEEDS, WORD, WORD, WORD, st.integers(0, 31))
def test_every_part_of_a_draws_name_matters(seed, who, when, trigger, bit):
    flip = 1 << bit
    names = [
        (seed, who, when, trigger),
        (seed ^ np.uint64(flip), who, when, trigger),
        (seed ^ np.uint64(flip << 32), who, when, trigger),
        (seed, who ^ flip, when, trigger),
        (seed, who, when ^ flip, trigger),
        (seed, who, when, trigger ^ flip),
    ]
    assert len({block(*name, draws.ONSET) for name in names}) == len(names)


def chi_square_limit(degrees: int, false_alarm: float) -> float:
    """Value that a chi-square variable exceeds with this chance (approximation of Wilson and Hilferty, 1931)."""
    z = NormalDist().inv_cdf(1.0 - false_alarm)
    spread = 2.0 / (9.0 * degrees)
    return degrees * (1.0 - spread + z * math.sqrt(spread)) ** 3


def chi_square(counts: np.ndarray) -> float:
    expected = counts.sum() / counts.size
    return float(((counts - expected) ** 2).sum() / expected)


N = 40_000
FALSE_ALARM = 1e-6  # of each of the 13 tests below if the seed were new; with this seed they always give the same
ALONG = {
    "people": lambda k: (k, 3, 0, draws.ILLNESS),
    "months": lambda k: (4711, k, 0, draws.ILLNESS),
    "triggers": lambda k: (4711, 3, k, draws.ILLNESS),
    "purposes": lambda k: (4711, 3, 0, k),
    "people in far rows": lambda k: (2**31 + 4096 * k, 3, 0, draws.DEATH),
}


@pytest.mark.parametrize("name", ALONG)
def test_draws_are_even(name):
    values = np.array([draw(SEED, *ALONG[name](k)) for k in range(N)])
    counts = np.bincount((values * 256).astype(int), minlength=256)
    assert chi_square(counts) < chi_square_limit(255, FALSE_ALARM)


@pytest.mark.parametrize("name", ["people", "months"])
def test_neighbours_are_unrelated(name):
    values = np.array([draw(SEED, *ALONG[name](k)) for k in range(N)])
    cells = (values[0::2] * 16).astype(int) * 16 + (values[1::2] * 16).astype(int)
    assert chi_square(np.bincount(cells, minlength=256)) < chi_square_limit(255, FALSE_ALARM)


def test_lanes_of_a_block_are_unrelated():
    lanes = np.array([block(SEED, who, 3, 0, draws.ONSET) for who in range(N)])
    for one, other in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]:
        cells = (lanes[:, one] * 16).astype(int) * 16 + (lanes[:, other] * 16).astype(int)
        assert chi_square(np.bincount(cells, minlength=256)) < chi_square_limit(255, FALSE_ALARM)


def test_the_limit_is_that_of_chi_square():
    assert chi_square_limit(255, 0.05) == pytest.approx(293.25, abs=0.05)  # tabled
    assert chi_square_limit(100, 0.001) == pytest.approx(149.45, abs=0.15)


COMPARED = [(0, 0, 0, 0, 0), (2**64 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 67), (2**63 + 5, 4711, 3652, 961, 13)]


def test_compiled_equals_uncompiled():
    """The same bits with NUMBA_DISABLE_JIT=1, in a fresh interpreter."""
    code = f"""
import numpy as np
from agents.draws import block, draw, replication_seed
for seed, *name in {COMPARED!r}:
    values = [*block(np.uint64(seed), *name), draw(np.uint64(seed), *name)]
    print(*[float(value).hex() for value in values])
print(replication_seed(2014, 7))
"""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *uncompiled, seed = done.stdout.split("\n")[:-1]
    for (seed_, *name), line in zip(COMPARED, uncompiled, strict=True):
        values = [*block(np.uint64(seed_), *name), draw(np.uint64(seed_), *name)]
        assert [value.hex() for value in values] == line.split()
    assert replication_seed(2014, 7) == int(seed)


def test_replications_have_different_seeds():
    seeds = [replication_seed(base, replication) for base in range(20) for replication in range(100)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert sum(seed >= 2**63 for seed in seeds) == pytest.approx(1000, abs=150)  # six standard deviations and more


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_a_replications_seed_is_no_draw_of_the_base_seed(base, replication):
    """It uses the last block of the counter, which no purpose reaches."""
    low, high = np.uint64(base & 0xFFFFFFFF), np.uint64(base >> 32)
    words = philox(low, high, np.uint64(replication), np.uint64(0), np.uint64(0), np.uint64(2**32 - 1))
    assert replication_seed(base, replication) == int(words[0]) + (int(words[1]) << 32)
    assert max(PURPOSES.values()) // 4 < 2**32 - 1


@pytest.mark.parametrize(
    ("base", "replication", "message"),
    [
        (-1, 0, r"seed must be a whole number from 0 to 2\*\*64 - 1, got -1"),
        (2**64, 0, "seed must be"),
        (0, -1, "replication must be a whole number from 0"),
        (0, 2**32, "replication must be"),
    ],
)
def test_seeds_out_of_range_are_refused(base, replication, message):
    with pytest.raises(ValueError, match=message):
        replication_seed(base, replication)
