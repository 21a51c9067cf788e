"""What is shipped: every file of the rooms, one version, pages whose links lead somewhere, a wheel that works."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agents", "model", "experiments")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "results").glob("*.md"), *(ROOT / "docs").rglob("*.md")]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_data_file_is_named_as_package_data():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]
    shipped = {file for room, globs in patterns.items() for pattern in globs for file in (ROOT / room).glob(pattern)}
    there = {
        file
        for room in ROOMS
        for file in (ROOT / room).rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"} and not file.name.startswith(".")
    }
    assert not there - shipped, "[tool.setuptools.package-data] in pyproject.toml names no pattern for these"


def test_constraints_are_version_pins_and_markers_only():
    pin = re.compile(r'[a-z0-9-]+==[0-9.]+(; python_version (<|>=) "3\.\d+")?')
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#") and not pin.fullmatch(line)] == []


def test_every_requirement_is_pinned():
    project = PYPROJECT["project"]
    wanted = project["dependencies"] + [need for extra in project["optional-dependencies"].values() for need in extra]
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert {re.match(r"[a-z0-9-]+", need)[0] for need in wanted} <= pinned


def test_citation_names_the_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PYPROJECT['project']['version']}\n" in citation


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def checked(*command: str | Path, cwd: Path, **more: str) -> str:
    """Run a command with a plain environment and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    done = subprocess.run(command, cwd=cwd, env=environment | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The programs of an environment with our built wheel, the other packages borrowed from the one under test."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "DATA_LICENCE.md"):
        shutil.copy(ROOT / name, source)
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    checked(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", folder, source, cwd=folder)
    (wheel,) = folder.glob("*.whl")

    environment = folder / "environment"
    checked(sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    paths = {"base": str(environment), "platbase": str(environment)}
    programs = Path(sysconfig.get_path("scripts", "venv", vars=paths))
    # A line in a .pth file adds the folder, but not our editable install, which that folder's own .pth files would.
    borrowed = Path(sysconfig.get_path("purelib", "venv", vars=paths)) / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    checked(*pip, "--python", programs / "python", "install", "--no-deps", "--no-index", wheel, cwd=folder)
    return programs


@pytest.mark.slow
def test_wheel_works_outside_the_checkout(installed, tmp_path):
    where = checked(installed / "python", "-c", "import model; print(model.__file__)", cwd=tmp_path)
    assert not Path(where.strip()).is_relative_to(ROOT)
    places = checked(installed / "joinedup", "places", cwd=tmp_path, JOINEDUP_CACHE_DIR=str(tmp_path / "cache"))
    assert {"berkshire-west", "wigan"} <= set(places.split())


@pytest.mark.slow
def test_wheel_ships_its_licences(installed):
    (notes,) = installed.parent.rglob("joinedup-*.dist-info")
    assert {"LICENSE", "DATA_LICENCE.md"} <= {file.name for file in (notes / "licenses").iterdir()}
