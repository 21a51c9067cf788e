"""Any council of England, and all of England, can be built and lived in."""

import dataclasses

import numpy as np
import pytest

from model.economy import HealthEconomy
from model.place import Place, load_place
from model.place_data import read_table
from model.place_people import population

HARD = ("City of London", "Isles of Scilly", "Rutland", "Kent", "Birmingham", "Torbay")
CODES = tuple(read_table("councils.csv")["utla_code"].tolist())
NOT_REPORTED = {
    *((name, "commissioning_pounds") for name in ("Brighton and Hove", "Wirral", "Hounslow", "Buckinghamshire")),
    *((name, "commissioning_pounds") for name in ("Northamptonshire", "Wiltshire")),
    ("Wiltshire", "assessment_pounds"),
}
MAY_BE_NONE = {
    "nursing_weeks_65plus",  # Isles of Scilly: no such home
    "nhs_income_pounds",  # five councils report none
}


def assert_whole(place: Place) -> None:
    """A place has people, organisations at work, and numbers that make sense."""
    for organisation in (*place.councils, *place.consortia, *place.hospitals):
        for field in dataclasses.fields(organisation):
            value = getattr(organisation, field.name)
            if not isinstance(value, str):
                assert np.isfinite(value), (organisation.name, field.name)
                assert value > 0 or (value == 0 and field.name in MAY_BE_NONE), (organisation.name, field.name)
    for council in place.councils:
        hours = council.home_care_hours_per_year / 52.18 / council.home_care_clients
        assert 2.0 < hours < 45.0, council.name  # a week, each client
        assert 100 < council.reablement_pounds_per_week < 2_000, council.name
        assert 250 < council.residential_pounds_per_week < 1_300, council.name
        assert 250 < council.nursing_pounds_per_week < 1_300, council.name
    assert place.catchment.sum(axis=1) == pytest.approx(1)
    for ratio in place.register_ratio.values():
        assert np.all((ratio > 0.2) & (ratio < 3.0))
    assert np.isfinite(place.net_migration).all()
    codes = tuple(council.code for council in place.councils)
    adults = population(codes)[:, :, 18:].sum(axis=(1, 2))
    assert [council.adults for council in place.councils] == adults.tolist()
    # Nobody leaves faster than there are people: moves of five years stay below the people of an age group.
    assert np.abs(place.net_migration).sum() < place.cells["count"].sum()


@pytest.mark.parametrize("name", HARD)
def test_hard_councils_are_whole(name: str) -> None:
    assert_whole(load_place(name))


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
def test_every_council_is_whole(code: str) -> None:
    assert_whole(load_place(code))


def test_all_of_england_is_whole() -> None:
    place = load_place("england")
    assert_whole(place)
    assert (len(place.councils), len(place.consortia), len(place.hospitals)) == (152, 209, 122)
    assert len(place.small_areas) == 32_844
    assert (
        place.cells["count"].sum() == population(tuple(c.code for c in place.councils))[:, :, 18:].sum() == 42_724_917
    )
    assert all(consortium.share_inside == 1.0 for consortium in place.consortia)
    assert sum(hospital.beds for hospital in place.hospitals) == pytest.approx(103_400, abs=122)
    assert place.cells.nbytes + place.small_areas.nbytes < 50e6  # the place is kept in memory; people are not in it
    assert np.all(np.bincount(place.small_areas["consortium"]) > 0)


def test_a_part_of_a_council_keeps_its_people_whatever_else_is_in_the_place() -> None:
    """The consortia of England are more than fit a byte beside a quintile: a council's people must not depend on it."""
    alone, among = load_place("Kent"), load_place("england")
    kent = [council.name for council in among.councils].index("Kent")
    mine = among.small_areas["council"] == kent
    assert np.array_equal(alone.small_areas["code"], among.small_areas["code"][mine])
    first = int(np.flatnonzero(mine)[0])
    theirs = among.cells[mine[among.cells["small_area"]]]
    assert np.array_equal(alone.cells["count"], theirs["count"])
    assert np.array_equal(alone.cells["small_area"] + first, theirs["small_area"])


def test_care_that_a_council_reports_none_of_is_assumed_from_its_region() -> None:
    for name, field in (
        ("Brent", "reablement_weeks"),
        ("Merton", "reablement_weeks"),
        ("North East Lincolnshire", "reablement_weeks"),
        ("City of London", "home_care_hours_per_year"),
    ):
        fact = next(fact for fact in load_place(name).facts if fact.name == field)
        assert fact.status == "assumed"
        assert fact.value > 0
        assert "none reported: the region's" in fact.source
    brent, region = load_place("Brent").councils[0], load_place("england").councils
    london = [council for council in region if council.region == "London" and council.name not in ("Brent", "Merton")]
    rate = sum(council.reablement_weeks for council in london) / sum(council.people_65plus for council in london)
    assert brent.reablement_weeks / brent.people_65plus == pytest.approx(rate)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Brighton and Hove", "commissioning_pounds"),
        ("Wirral", "commissioning_pounds"),
        ("Hounslow", "commissioning_pounds"),
        ("Buckinghamshire", "commissioning_pounds"),
        ("Northamptonshire", "commissioning_pounds"),
        ("Wiltshire", "commissioning_pounds"),
        ("Wiltshire", "assessment_pounds"),
    ],
)
def test_running_a_council_is_never_free(name: str, field: str) -> None:
    """Some councils book so much income against commissioning that nothing, or less, is left of it."""
    place = load_place(name)
    fact = next(fact for fact in place.facts if fact.name == field)
    assert fact.status == "assumed"
    assert "pounds reported: the region's" in fact.source
    everywhere = load_place("england").councils
    peers = [c for c in everywhere if c.region == place.councils[0].region and (c.name, field) not in NOT_REPORTED]
    share = sum(getattr(c, field) for c in peers) / sum(c.gross_current_total_pounds for c in peers)
    assert fact.value == pytest.approx(share * place.councils[0].gross_current_total_pounds)


def lived(place: str, scale: float, months: int = 2) -> HealthEconomy:
    economy = HealthEconomy(place, scale=scale, years=1)
    for _ in range(months):
        economy.step()
    measures = economy.measures
    assert np.isfinite(measures["value"]).all()
    whole = measures[measures["organisation"] == "place"].groupby("measure")["value"].sum()
    assert whole["delayed_days_true"] >= 0
    assert sum(economy.ledger.balances().values()) == 0
    return economy


@pytest.mark.parametrize(
    ("place", "scale"),
    [("Rutland", 0.1), ("Torbay", 0.03), ("Camden", 0.02), ("Kent", 0.005), ("Isles of Scilly", 1.0)],
)
def test_people_live_there(place: str, scale: float) -> None:
    economy = lived(place, scale)
    adults = sum(council.adults for council in economy.place.councils)
    assert len(economy.patients) == pytest.approx(adults * scale, rel=0.02)


@pytest.mark.slow
def test_people_live_in_all_of_england() -> None:
    economy = lived("england", 0.002)
    assert len(economy.patients) == pytest.approx(42_724_917 * 0.002, rel=0.01)
    assert len(economy.councils) == 152
    assert len(economy.consortia) == 209
    assert len(economy.hospitals) == 122
