"""The same seed gives the same bits: whatever the threads, the hash seed, or whether kernels are compiled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strategies import fingerprints, lived

ROOT = Path(__file__).resolve().parents[1]

# Everything from the reference population to the last month, in a fresh interpreter. Starting states are built, not
# loaded, so that each interpreter does all the work itself; a small reference population keeps plain Python quick.
FROM_NOTHING = """
import sys
import model.epidemiology, model.starting_state
model.epidemiology.REFERENCE_PEOPLE = 40_000
model.starting_state.cache_folder = lambda: None
from tests.strategies import lived, fingerprints
economy = lived(3, scale=0.0008, seed=int(sys.argv[1]))
print(len(economy.engine.people.rows), *sorted(fingerprints(economy).items()))
"""


def from_nothing(seed: int = 5, **variables: str) -> str:
    """What a run in an interpreter of its own leaves, as text."""
    done = subprocess.run(
        [sys.executable, "-c", FROM_NOTHING, str(seed)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compiled():
    return from_nothing(PYTHONHASHSEED="0")


def test_plain_python_draws_the_same_bits_as_compiled_code(compiled):
    assert int(compiled.split()[0]) > 250, "a few hundred people"
    assert from_nothing(NUMBA_DISABLE_JIT="1") == compiled


def test_the_hash_seed_does_not_matter(compiled):
    assert from_nothing(PYTHONHASHSEED="4711") == compiled


def test_another_seed_is_another_luck(compiled):
    assert from_nothing(seed=6, PYTHONHASHSEED="0") != compiled


def test_twice_the_same_and_threads_do_not_matter(monkeypatch):
    """Chunks are made small, and the days' work worth sharing, so that two threads have something to share."""
    monkeypatch.setattr("model.engine.CHUNK", 128)
    monkeypatch.setattr("model.engine.WORTH_SHARING", 0)
    alone = fingerprints(lived(14, scale=0.005, threads=1))
    assert fingerprints(lived(14, scale=0.005, threads=1)) == alone
    assert fingerprints(lived(14, scale=0.005, threads=2)) == alone
    assert fingerprints(lived(14, scale=0.005, threads=5)) == alone


def test_the_size_of_chunks_does_not_matter(monkeypatch):
    whole = fingerprints(lived(3))
    monkeypatch.setattr("model.engine.CHUNK", 37)
    assert fingerprints(lived(3)) == whole


def test_another_seed_changes_luck_but_not_who_lives_there():
    one, other = lived(1, seed=1), lived(1, seed=2)
    assert fingerprints(one)["people"] != fingerprints(other)["people"]
    for name in ("birth_month", "small_area", "council", "person", "capital"):
        assert (one.engine.people.rows[name] == other.engine.people.rows[name]).mean() > 0.98, name


@pytest.mark.slow
def test_real_chunks_on_two_threads(monkeypatch):
    """Scale 0.1 has more people than one chunk takes."""
    monkeypatch.setattr("model.engine.WORTH_SHARING", 0)
    assert fingerprints(lived(2, scale=0.1, threads=2)) == fingerprints(lived(2, scale=0.1, threads=1))
