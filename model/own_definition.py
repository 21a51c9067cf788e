"""The file of a place with people of the user's own: its keys, what is wrong with them, and England's codes in it."""

import dataclasses
import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from agents.naming import nearest
from model.own_file import OwnPlaceError, file_digest
from model.place_data import read_table
from model.place_facts import CouncilFacts
from model.place_registers import REGISTERS

KEYS = ("name", "title", "notes", "population", "councils", "consortia", "hospitals")

OLDER_PEOPLES = (
    "home_care_clients_65plus",
    "residential_weeks_65plus",
    "nursing_weeks_65plus",
    "reablement_weeks",
    "gross_current_65plus_pounds",
    "client_income_65plus_pounds",
)
"""A council's quantities that are in proportion to its people aged 65 and over."""

ALL_ADULTS = {
    "home_care_clients": ("home_care_clients_65plus", "home_care_clients"),
    "home_care_hours_per_year": ("home_care_clients_65plus", "home_care_clients"),
    "gross_current_total_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "net_current_total_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "nhs_income_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "assessment_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
    "commissioning_pounds": ("gross_current_65plus_pounds", "gross_current_total_pounds"),
}
"""Quantities of which older people's part, the first of two facts in the second, goes by them, the rest by others."""

A_HEAD = (*OLDER_PEOPLES, *ALL_ADULTS, "care_home_beds")
"""A council's quantities that are taken a head; prices are taken as they are."""

PRICES = tuple(each.name for each in dataclasses.fields(CouncilFacts) if each.type is float and each.name not in A_HEAD)
COUNCIL_KEYS = ("code", "name", "region", "turning_18", *A_HEAD, *PRICES)
MONEY = ("allocation_pounds", "acute_pounds", "community_pounds", "chc_pounds")
CONSORTIUM_KEYS = ("code", "name", "ods", "people", "share_inside", *MONEY, "register_ratio")
HOSPITAL_KEYS = ("code", "name", "beds", "share_of_trust", "catchment")
TEXTS = ("code", "name", "region", "ods")
SHARES = ("share_inside", "share_of_trust")
WHOLE = ("beds", "care_home_beds", "people", "turning_18")
ABOVE_0 = (*PRICES, "beds", "people", "share_of_trust", "share_inside")


class Definition(NamedTuple):
    """A place's file, checked: tables by the code of the organisation, in the order of the file."""

    file: str
    name: str
    title: str
    notes: str
    population: Path
    councils: dict[str, dict[str, Any]]
    consortia: dict[str, dict[str, Any]]
    hospitals: dict[str, dict[str, Any]]


def names_a_population(path: Path) -> bool:
    """Return whether a TOML file is that of a place with people of the user's own."""
    try:
        return "population" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # said of every place's file alike by who reads it


def own_place_digest(path: Path) -> str:
    """Return a SHA-256 of what a place's file and its population say, the same wherever the two files lie.

    Raises
    ------
    OwnPlaceError
        If the population cannot be read.
    """
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    words["population"] = file_digest(_population_file(path, words["population"]))
    return hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()


def _population_file(path: Path, population: object) -> Path:
    if not isinstance(population, str) or not population:
        raise OwnPlaceError([f"{path.name}: population must be the path of a CSV or Parquet file, got {population!r}"])
    return path.parent / population


def read_definition(path: Path) -> Definition:
    """Return a place's file; raise OwnPlaceError with all that is wrong with its keys."""
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = [f"{path.name}: unknown key {key!r}; nearest: {nearest(key, KEYS)}" for key in words if key not in KEYS]
    problems += [
        f"{path.name}: {key} must be text, got {words.get(key)!r}"
        for key in ("name", "title", "notes")
        if not isinstance(words.get(key, ""), str) or (key == "name" and not words.get(key))
    ]
    tables = {}
    for table, keys, england in (
        ("councils", COUNCIL_KEYS, england_councils()),
        ("consortia", CONSORTIUM_KEYS, england_consortia()),
        ("hospitals", HOSPITAL_KEYS, {}),
    ):
        tables[table] = _tables(path.name, table, words.get(table, []), keys, england, problems)
    if problems:
        raise OwnPlaceError(problems)
    return Definition(
        file=path.name,
        name=words["name"],
        title=words.get("title", words["name"]),
        notes=words.get("notes", "").strip(),
        population=_population_file(path, words["population"]),
        **tables,
    )


def _tables(
    file: str, table: str, given: object, keys: tuple[str, ...], england: Mapping[str, Any], problems: list[str]
) -> dict[str, dict[str, Any]]:
    """Return the tables of one kind by code, and add what is wrong with them to the problems."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        problems.append(f"{file}: {table} must be tables [[{table}]], got {given!r}")
        return {}
    codes = codes_by_name(england, {})
    found: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(given, start=1):
        code = one.get("code", one.get("name"))
        where = f"{file}: {table}: {code if isinstance(code, str) else f'table {number}'}"
        if not isinstance(code, str) or not code:
            problems.append(f"{where}: must have a code or a name, got {code!r}")
            continue
        code = codes.get(code, code)
        if code in found:
            problems.append(f"{where}: must be there once, is there twice")
        for key, value in one.items():
            wrong = f"unknown key; nearest: {nearest(key, keys)}" if key not in keys else _wrong(key, value)
            if wrong:
                problems.append(f"{where}: {key}: {wrong}")
        found[code] = one
    return found


def _wrong(key: str, value: object) -> str:
    """Return what is wrong with the value of an organisation's key; empty if nothing."""
    if key in TEXTS:
        return "" if isinstance(value, str) and value else f"must be text, got {value!r}"
    if key in ("catchment", "register_ratio"):
        if not isinstance(value, dict) or not value:
            return f"must be a table of numbers, got {value!r}"
        if key == "catchment":
            wrong = [
                f"{name} must be a share from 0 to 1, got {each!r}"
                for name, each in value.items()
                if not _between(each, 0, 1)
            ]
        else:
            wrong = [
                f"unknown condition {name!r}; nearest: {nearest(name, REGISTERS)}"
                if name not in REGISTERS
                else f"{name} must be a ratio to England from 0 to 10, got {each!r}"
                for name, each in value.items()
                if name not in REGISTERS or not _between(each, 0, 10)
            ]
        return "; ".join(wrong)
    most = 1.0 if key in SHARES else math.inf
    if not _between(value, 0, most) or (key in ABOVE_0 and value == 0):
        least = "above 0" if key in ABOVE_0 else "0 or more"
        return f"must be a number {least}{' and at most 1' if key in SHARES else ''}, got {value!r}"
    if key in WHOLE and value != int(value):
        return f"must be a whole number, got {value!r}"
    return ""


def _between(value: object, least: float, most: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return number and least <= value <= most


# England's organisations by code


def codes_by_name(england: Mapping[str, tuple[str, ...]], tables: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the code of each code and name, the user's own before England's."""
    known = {name: code for code, names in england.items() for name in (*names, code)}
    known |= {table["name"]: code for code, table in tables.items() if "name" in table}
    return known | {code: code for code in tables}


@lru_cache(maxsize=1)
def england_councils() -> dict[str, tuple[str, ...]]:
    """Return the name of each of England's councils by its code."""
    table = read_table("councils.csv")
    return {code: (name,) for code, name in zip(table["utla_code"].tolist(), table["utla_name"].tolist(), strict=True)}


@lru_cache(maxsize=1)
def england_consortia() -> dict[str, tuple[str, ...]]:
    """Return NHS code and name of each of England's consortia by its code."""
    table = read_table("overlap_ccg_utla.csv")
    columns = (table[column].tolist() for column in ("ccg15_code", "ccg15_ods", "ccg15_name"))
    return {code: (ods, name) for code, ods, name in zip(*columns, strict=True)}


@lru_cache(maxsize=1)
def england_hospitals() -> dict[str, str]:
    """Return the name of each of England's acute trusts by its NHS code."""
    table = read_table("trust_catchment_ltla_share.csv.gz")
    return dict(zip(table["nhs_trust22_code"].tolist(), table["trust_name"].tolist(), strict=True))
