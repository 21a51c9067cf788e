"""The writer of generated pages, loaded once: it is a script beside the pages, not part of a package."""

import runpy
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def generate() -> dict:
    return runpy.run_path(str(Path(__file__).parents[2] / "docs" / "generate.py"))
