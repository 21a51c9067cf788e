"""Read the open data files in ``model/data`` that real places are made of.

Every file covers all of England, so that any council can be a place. What each file is, who
published it and under which licence is in ``model/data/README.md``.
"""

import csv
import gzip
import io
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "data"

Table = dict[str, NDArray[Any]]
"""Columns by name, all of one length. Shared between callers, so read-only."""

COLUMNS: dict[str, dict[str, type]] = {
    "councils.csv": {"utla_code": str, "utla_name": str, "region_code": str, "region_name": str},
    "lookup_lad_utla_region.csv": {"lad15_code": str, "lad15_name": str, "utla_code": str},
    "lsoa_base.csv.gz": {
        "lsoa11_code": str,
        "ccg15_code": str,
        "lad15_code": str,
        "utla_code": str,
        "imd2015_score": float,
        "imd2015_decile": int,
        "pop2017_0_17": int,
        "pop2017_18_64": int,
        "pop2017_65_74": int,
        "pop2017_75_84": int,
        "pop2017_85plus": int,
    },
    "overlap_ccg_utla.csv": {
        "ccg15_code": str,
        "ccg15_ods": str,
        "ccg15_name": str,
        "utla_code": str,
        "share_of_ccg": float,
    },
    "pop2014_utla_age_sex.csv.gz": {"utla_code": str, "age": int, "females": int, "males": int},
    "pop2015_2019_utla_age_sex.csv.gz": {"utla_code": str, "year": int, "age": int, "females": int, "males": int},
    "pop2017_ccg_utla_age_imdq.csv.gz": {
        "ccg15_code": str,
        "utla_code": str,
        "imd2015_quintile": int,
        "age_band": str,
        "population": int,
    },
    "mortality2014_england_age_sex_imdq.csv": {
        "sex": str,
        "imd_quintile": int,
        "age": int,
        "population": int,
        "death_rate": float,
    },
    "qof_ccg_2013_14_2014_15.csv.gz": {
        "year": str,
        "condition": str,
        "ccg_code": str,
        "list_size": int,
        "register": int,
    },
    "trust_catchment_ltla_share.csv.gz": {
        "nhs_trust22_code": str,
        "trust_name": str,
        "ltla21_code": str,
        "share": float,
    },
    "ae_trust_2016_17.csv": {"org_code": str, "type": str, "admissions": int},
    "beds_trust_2022_04.csv": {
        "nhs_trust22_code": str,
        "general_acute_beds_available": float,
        "adult_general_acute_beds_available": float,
    },
    "trust_successors.csv": {"trust16_code": str, "trust22_code": str, "share": float},
    "asc_home_care_2013_14_council.csv": {
        "utla_code": str,
        "home_care_cost_gbp_thousand": float,
        "home_care_hours": float,
        "hours_own_provision": float,
        "cost_per_hour_own_gbp": float,
        "hours_independent": float,
        "cost_per_hour_independent_gbp": float,
        "clients_home_care_31_march": float,
        "clients_65plus_home_care_31_march": float,
    },
    "asc_unit_cost_2014_15_council.csv.gz": {
        "utla_code": str,
        "age_category": str,
        "support_reason": str,
        "service": str,
        "provision": str,
        "weeks_or_hours": float,
        "cost_gbp_thousand": float,
    },
    "asc_spend_2014_15_council.csv.gz": {
        "utla_code": str,
        "support_type": str,
        "age_category": str,
        "block": str,
        "delivery_mechanism": str,
        "gross_current": float,
        "net_current": float,
        "income_client": float,
        "income_nhs": float,
    },
    "ccg_allocation_2013_14_sample14.csv": {
        "ccg15_code": str,
        "raw_population": int,
        "allocation_2013_14_gbp_thousand": float,
    },
    "dtoc_england_month_reason_org.csv": {
        "month": str,
        "care": str,
        "reason": str,
        "responsible": str,
        "delayed_days": int,
    },
    "national_years.csv": {"measure": str, "year": str, "value": float, "unit": str, "ages": str, "source": str, "note": str},
}
"""The columns that are used, with their types; an empty number is NaN."""


@lru_cache
def read_table(name: str) -> Table:
    """Return the used columns of a file of ``model/data``.

    Raises
    ------
    ValueError
        If the file is not one of `COLUMNS`, or a column is missing.
    """
    if name not in COLUMNS:
        raise ValueError(f"data file must be one of {', '.join(COLUMNS)}, got {name!r}")
    header, records = _read_records(FOLDER / name)
    missing = [column for column in COLUMNS[name] if column not in header]
    if missing:
        raise ValueError(f"{name} must have the column {missing[0]!r}, got {', '.join(header)}")
    values = dict(zip(header, zip(*records, strict=True), strict=True))
    return {column: _typed(values[column], kind) for column, kind in COLUMNS[name].items()}


def select(table: Table, mask: NDArray[np.bool_]) -> Table:
    """Return the rows of a table where `mask` (shape (n_rows,)) is true."""
    return {column: values[mask] for column, values in table.items()}


def positions(codes: tuple[str, ...], values: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return where each value stands in `codes`, shape (n_values,); every value must be one of them."""
    index = {code: i for i, code in enumerate(codes)}
    return np.array([index[value] for value in values.tolist()], dtype=np.int64)


def _read_records(path: Path) -> tuple[list[str], list[list[str]]]:
    text = path.read_bytes()
    if path.suffix == ".gz":
        text = gzip.decompress(text)
    header, *records = csv.reader(io.StringIO(text.decode("utf-8"), newline=""))
    return header, records


def _typed(values: tuple[str, ...], kind: type) -> NDArray[Any]:
    if kind is str:
        column = np.array(values)
    elif kind is int:
        column = np.array(values).astype(np.int64)
    else:
        column = np.array([value or "nan" for value in values]).astype(np.float64)
    column.flags.writeable = False
    return column
