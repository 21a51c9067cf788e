"""The only place that applies Numba, and where its compiled code is kept.

Numba's own disk cache does not notice an edit in a function that a cached kernel calls. The folder is therefore
named by a hash of every source a kernel can be made of; an edit anywhere there means a new folder.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numba
import platformdirs

ROOMS = Path(__file__).resolve().parent.parent


@functools.lru_cache(maxsize=1)
def kernel_hash() -> str:
    """Return a short hash of all sources that kernels are compiled from, the interpreter and Numba's version."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    model_kernels = [p for p in (ROOMS / "model").rglob("*.py") if b"agents.compiled" in p.read_bytes()]
    for source in sorted([*(ROOMS / "agents").rglob("*.py"), *model_kernels]):
        digest.update(source.relative_to(ROOMS).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Return a writable folder for compiled code and start states, or None where there is none.

    ``JOINEDUP_CACHE_DIR`` overrides the user's cache folder.
    """
    home = os.environ.get("JOINEDUP_CACHE_DIR") or platformdirs.user_cache_dir("joinedup")
    folder = Path(home) / kernel_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return folder


_folder = cache_folder()
if _folder is not None:
    numba.config.CACHE_DIR = str(_folder)

# Kernels allocate nothing, so Numba need not count who refers to an array, which took a third of a sweep; `_nrt` is its own
# switch for that. A kernel that does allocate fails to compile.
_options = {"cache": _folder is not None, "nogil": True, "_nrt": False}

compiled = numba.njit(**_options)
"""Decorator of a kernel. With ``NUMBA_DISABLE_JIT=1`` the function runs as plain Python, to the same bits."""

inlined = numba.njit(forceinline=True, **_options)
"""As :data:`compiled`, for a rule that a sweep calls for everybody with many arguments: handing them over costs more than the rule."""
