"""Each lever of a GP consortium alone, low and high with the same luck: from the decision to people and to the ledger."""

import pytest

from agents.consortium import GPConsortium
from agents.deciding import LEVER_RANGES
from agents.hospital.state import (
    AGREED_OUT,
    DIED_IN_CARE_HOME_OUT,
    DIED_IN_HOSPITAL_OUT,
    DISCHARGED_OUT,
    DISPUTED_OUT,
    INTERMEDIATE_OUT,
    STEPPED_UP_OUT,
)
from agents.patients import record
from agents.vocabulary import Lever
from model.accounts import CAPACITIES
from tests.strategies import paid, total
from tests.test_levers import consequences, held_at, low_and_high


@pytest.mark.parametrize("lever", GPConsortium.own_levers)
def test_the_level_decided_is_the_level_that_people_and_care_meet(lever):
    for economy, level in zip(low_and_high(lever), (LEVER_RANGES[lever].low, LEVER_RANGES[lever].high), strict=True):
        known, rest = economy.engine.organisations.consortia, held_at().engine.organisations.consortia
        assert (known["levers"][:, lever] == level).all()
        assert (economy.measures.query(f"measure == 'lever/{lever.name.lower()}'")["value"] == level).all()
        for capacity in CAPACITIES:
            if capacity.lever in GPConsortium.own_levers:
                multiple = level / economy.consortia[0].rest[lever] if capacity.lever == lever else 1.0
                for field in capacity.fields:
                    assert known[field] == pytest.approx(rest[field] * multiple), field


@pytest.mark.parametrize(
    ("lever", "service"),
    [
        (Lever.COMMUNITY_NURSING, "community_nursing"),
        (Lever.MENTAL_HEALTH, "mental_health"),
        (Lever.DEMENTIA, "dementia"),
        (Lever.CONTINENCE, "continence"),
        (Lever.CARE_HOME_SUPPORT, "care_home_support"),
        (Lever.GP_ACCESS, "primary_care"),
    ],
)
def test_a_service_is_paid_for_as_much_as_there_is_of_it(lever, service):
    low, high = low_and_high(lever)
    rest = held_at()
    bounds, observed = LEVER_RANGES[lever], rest.consortia[0].rest[lever]
    assert paid(rest, service) > 0
    for economy, level in ((low, bounds.low), (high, bounds.high)):
        assert paid(economy, service) == pytest.approx(paid(rest, service) * level / observed, rel=1e-4)
    assert consequences(high, lever)[service] == pytest.approx(paid(high, service) - paid(rest, service), rel=1e-3)


def test_nurses_at_home_meet_need_and_keep_people_from_coming_back():
    low, high = low_and_high(Lever.COMMUNITY_NURSING)
    assert total(high, "unmet_hours") < total(held_at(), "unmet_hours") < total(low, "unmet_hours")
    returned = [total(economy, "emergency_contacts/return") / economy.total(DISCHARGED_OUT) for economy in (low, high)]
    assert returned[0] > returned[1]
    missed, avoided = consequences(low, Lever.COMMUNITY_NURSING), consequences(high, Lever.COMMUNITY_NURSING)
    assert missed["attendance"] > 0 > avoided["attendance"], "returns"


@pytest.mark.parametrize("lever", [Lever.MENTAL_HEALTH, Lever.DEMENTIA])
def test_absent_services_bring_crises_that_somebody_else_pays_for(lever):
    low, high = low_and_high(lever)
    crises = "emergency_contacts/unmanaged"
    assert total(low, crises) > total(held_at(), crises) > total(high, crises)
    caused, avoided = consequences(low, lever), consequences(high, lever)
    assert caused["attendance"] > 0 > avoided["attendance"]


@pytest.mark.parametrize("lever", [Lever.DEMENTIA, Lever.CONTINENCE])
def test_absent_services_wear_out_carers_and_land_on_families_and_councils_as_need(lever):
    low, high = low_and_high(lever)
    rest = held_at()
    assert total(low, "unmet_hours") > total(rest, "unmet_hours") > total(high, "unmet_hours")

    def strain(economy) -> float:
        rows = economy.engine.people.rows
        return float(rows["strain"][rows["end_month"] >= 0].astype(float).sum())

    assert strain(low) > strain(rest) > strain(high)


def test_teams_keep_care_home_residents_out_of_hospital_and_let_them_die_at_home():
    low, high = low_and_high(Lever.CARE_HOME_SUPPORT)
    share = [
        economy.total(DIED_IN_CARE_HOME_OUT) / (economy.total(DIED_IN_CARE_HOME_OUT) + economy.total(DIED_IN_HOSPITAL_OUT))
        for economy in (low, high)
    ]
    assert share[0] < share[1]
    assert total(low, "emergency_contacts") > total(high, "emergency_contacts")
    caused, avoided = consequences(low, Lever.CARE_HOME_SUPPORT), consequences(high, Lever.CARE_HOME_SUPPORT)
    assert caused["attendance"] > 0 > avoided["attendance"]
    assert caused["emergency_spell"] > 0 > avoided["emergency_spell"]


def test_fewer_appointments_send_people_to_ae_and_more_bring_continuity():
    low, high = low_and_high(Lever.GP_ACCESS)
    rest = held_at()
    assert total(low, "gp_consultations") < total(rest, "gp_consultations")
    assert total(low, "ae_attendances") > total(rest, "ae_attendances")
    crises = "emergency_contacts/unmanaged"
    assert total(low, crises) > total(rest, crises) > total(high, crises)
    caused, avoided = consequences(low, Lever.GP_ACCESS), consequences(high, Lever.GP_ACCESS)
    assert caused["attendance"] > 0 > avoided["attendance"]


def test_stricter_consortia_save_what_councils_and_people_then_pay_and_quarrel_over():
    low, high = low_and_high(Lever.CHC_STRICTNESS)
    rest = held_at()
    assert high.total(AGREED_OUT) < rest.total(AGREED_OUT) < low.total(AGREED_OUT)
    assert high.total(DISPUTED_OUT) > low.total(DISPUTED_OUT)
    assert paid(high, "continuing_care") < paid(rest, "continuing_care") < paid(low, "continuing_care")
    saved, given = consequences(high, Lever.CHC_STRICTNESS), consequences(low, Lever.CHC_STRICTNESS)
    assert saved["continuing_care"] < 0 < given["continuing_care"]
    for care in ("home_care", "residential_care", "nursing_care"):
        assert saved.get(care, 0.0) >= 0.0 >= given.get(care, 0.0), care
    frame = high.ledger.consequences()
    councils = frame[frame["payer"].isin([council.name for council in high.councils])]
    assert councils["pounds"].sum() > 0, "what the consortium saves lands on the council"
    social = [sum(int(costs.social_care.sum()) for costs in economy.costs) for economy in (low, high)]
    assert social[1] > social[0]


def test_places_in_the_community_take_recoveries_and_some_who_would_be_admitted():
    low, high = low_and_high(Lever.COMMUNITY)
    assert high.total(INTERMEDIATE_OUT) > low.total(INTERMEDIATE_OUT)
    assert high.total(STEPPED_UP_OUT) > low.total(STEPPED_UP_OUT)
    assert consequences(high, Lever.COMMUNITY).keys() == {"community"}


def test_a_list_of_heavy_users_has_both_what_it_prevents_and_what_it_finds_charged_to_it():
    low, high = low_and_high(Lever.PROACTIVE)
    listed = (high.engine.people.rows["flags"] & record.PROACTIVE) != 0
    assert listed.sum() == high.engine.listed.sum() > 0 == low.engine.listed.sum()
    frame = high.ledger.consequences()
    assert set(frame["lever"]) == {"proactive"}
    assert {"attendance", "emergency_spell", "proactive"} <= set(frame["service"])
