"""The data files add up to the England totals that their README states."""

import numpy as np
import pytest

from model.place_data import COLUMNS, FOLDER, read_table, select


@pytest.mark.parametrize("name", COLUMNS)
def test_every_file_has_rows_and_a_line_of_provenance(name: str) -> None:
    assert all(len(column) for column in read_table(name).values())
    assert f"| `{name}` |" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_population_2014() -> None:
    table = read_table("pop2014_utla_age_sex.csv.gz")
    assert len(np.unique(table["utla_code"])) == 152
    assert (table["females"].sum(), table["males"].sum()) == (27_543_422, 26_773_196)


def test_population_2015_to_2019() -> None:
    table = read_table("pop2015_2019_utla_age_sex.csv.gz")
    totals = np.bincount(table["year"] - 2015, weights=table["females"] + table["males"])
    assert totals.tolist() == [54_786_327, 55_268_067, 55_619_430, 55_977_178, 56_286_961]


def test_small_areas() -> None:
    table = read_table("lsoa_base.csv.gz")
    ages = sum(table[f"pop2017_{age}"].sum() for age in ("0_17", "18_64", "65_74", "75_84", "85plus"))
    assert (len(table["lsoa11_code"]), ages) == (32_844, 55_619_430)
    assert set(np.bincount(table["imd2015_decile"])[1:].tolist()) == {3_284, 3_285}


def test_overlaps_of_consortia_and_councils() -> None:
    table = read_table("overlap_ccg_utla.csv")
    assert (len(np.unique(table["ccg15_code"])), len(np.unique(table["utla_code"]))) == (209, 152)
    for code in np.unique(table["ccg15_code"]):
        assert table["share_of_ccg"][table["ccg15_code"] == code].sum() == pytest.approx(1, abs=1e-4)


def test_ages_by_deprivation() -> None:
    assert read_table("pop2017_ccg_utla_age_imdq.csv.gz")["population"].sum() == 55_619_430


def test_deaths() -> None:
    table = read_table("mortality2014_england_age_sex_imdq.csv")
    assert table["population"].sum() == 54_316_618
    assert (table["population"] * table["death_rate"]).sum() == pytest.approx(468_877, abs=1)


def test_disease_registers() -> None:
    table = read_table("qof_ccg_2013_14_2014_15.csv.gz")
    diabetes = select(table, (table["year"] == "2014-15") & (table["condition"] == "DM"))
    assert (len(np.unique(diabetes["ccg_code"])), diabetes["register"].sum()) == (209, 2_913_538)
    assert diabetes["list_size"].sum() == 56_817_654


def test_trusts() -> None:
    attendances = read_table("ae_trust_2016_17.csv")
    assert (attendances["type"] == "1").sum() == 139
    assert attendances["admissions"].sum() == 4_263_255
    assert read_table("beds_trust_2022_04.csv")["general_acute_beds_available"].sum() == 98_268
    shares = read_table("trust_catchment_ltla_share.csv.gz")
    trusts, index = np.unique(shares["nhs_trust22_code"], return_inverse=True)
    sums = np.bincount(index, weights=shares["share"])
    assert len(trusts) == 138
    assert sums.min() > 0.97
    assert sums.max() < 1.0001


def test_every_trust_of_2016_has_a_successor_in_the_catchments() -> None:
    successors = read_table("trust_successors.csv")
    attendances = read_table("ae_trust_2016_17.csv")
    in_2022 = set(read_table("trust_catchment_ltla_share.csv.gz")["nhs_trust22_code"].tolist())
    type_1 = set(attendances["org_code"][attendances["type"] == "1"].tolist())
    assert type_1 - in_2022 == set(successors["trust16_code"].tolist())
    assert set(successors["trust22_code"].tolist()) <= in_2022
    _, index = np.unique(successors["trust16_code"], return_inverse=True)
    assert np.bincount(index, weights=successors["share"]).tolist() == [1.0] * (index.max() + 1)


def test_council_spending() -> None:
    table = read_table("asc_spend_2014_15_council.csv.gz")
    whole = select(table, table["block"] == "Adult Social Care")
    assert len(whole["utla_code"]) == 152
    billions = {column: round(float(whole[column].sum()) / 1e6, 2) for column in ("gross_current", "net_current")}
    assert billions == {"gross_current": 17.04, "net_current": 14.41}
    assert round(float(whole["income_client"].sum()) / 1e6, 2) == 2.63
    assert round(float(whole["income_nhs"].sum()) / 1e6, 2) == 1.72


def test_allocations() -> None:
    table = read_table("ccg_allocation_2013_14_sample14.csv")
    assert len(set(table["ccg15_code"].tolist()) & set(read_table("overlap_ccg_utla.csv")["ccg15_code"].tolist())) == 14
    assert round(table["raw_population"].sum() / 1e6, 2) == 3.2
    assert round(table["allocation_2013_14_gbp_thousand"].sum() / 1e3) == 3881


def test_weeks_of_care() -> None:
    table = read_table("asc_unit_cost_2014_15_council.csv.gz")
    older = (table["age_category"] == "Age 65 and over") & (table["provision"] == "All")
    england = table["utla_code"] == "E92000001"
    for service, millions in (("Residential", 5.97), ("Nursing", 2.71)):
        weeks = table["weeks_or_hours"][older & ~england & (table["service"] == service)].sum()
        assert round(float(weeks) / 1e6, 2) == millions


def test_delayed_transfers() -> None:
    table = read_table("dtoc_england_month_reason_org.csv")
    in_2014 = (table["month"] >= "2014-04") & (table["month"] <= "2015-03")
    acute = table["care"] == "Acute"
    assert len(table["month"]) == 2_208
    assert table["delayed_days"][in_2014].sum() == 1_624_977
    assert table["delayed_days"][in_2014 & acute].sum() == 1_074_711
    assert table["delayed_days"][table["month"] <= "2012-03"].sum() == 1_373_392


def test_home_care() -> None:
    table = read_table("asc_home_care_2013_14_council.csv")
    assert len(table["utla_code"]) == 152
    apart = table["hours_own_provision"] + table["hours_independent"] - table["home_care_hours"]
    assert np.abs(apart).max() <= 1


def test_other_files_are_refused() -> None:
    with pytest.raises(ValueError, match=r"data file must be one of .*, got 'qof\.csv'"):
        read_table("qof.csv")


def test_tables_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        read_table("councils.csv")["utla_code"][0] = "E06000002"


def test_national_years() -> None:
    table = read_table("national_years.csv")
    assert len(table["measure"]) == 12
    pairs = list(zip(table["measure"].tolist(), table["year"].tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    admissions = dict(zip(pairs, table["value"].tolist(), strict=True))
    assert admissions["emergency_admissions", "2018/19"] == 6_437_959
