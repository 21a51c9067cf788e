"""What is seen of people day by day is what their records and the ledger say, and looking changes nothing."""

from collections import Counter

import numpy as np
import pytest

from agents.patients.record import ALIVE
from agents.vocabulary import Party, Service, Setting
from model import HealthEconomy
from model.following import GONE, IN_HOSPITAL, Follower

SCALE = 0.004


@pytest.fixture(scope="module", params=["separate-budgets", "single-budget"])
def economy(request):
    economy = HealthEconomy(place="wigan", structure=request.param, seed=3, scale=SCALE)
    economy.everybody = Follower(economy, range(len(economy.patients)))
    economy.run(years=1)
    return economy


@pytest.fixture(scope="module")
def lives(economy):
    return [economy.everybody.life(row) for row in economy.everybody.who.tolist()]


@pytest.fixture(scope="module")
def payments(lives):
    """Of each of those lives; told once, since they take a while to trace."""
    return [life.payments() for life in lives]


def pounds_by_service(lives):
    """What was paid for these people; what charges give back to who pays for care is left out."""
    sums = Counter()
    for life in lives:
        for _, service, _, pence in life.payments():
            sums[service.name.lower()] += max(pence, 0) / 100.0
    return sums


def test_following_changes_nothing(economy):
    alone = HealthEconomy(place="wigan", structure=economy.structure.name, seed=3, scale=SCALE)
    alone.run(years=1)
    assert alone.engine.people.rows.tobytes() == economy.engine.people.rows.tobytes()
    assert alone.measures.equals(economy.measures)
    assert alone.ledger.entries().equals(economy.ledger.entries())


def test_days_and_minutes_add_up_to_the_record(economy, lives):
    rows = economy.engine.people.rows
    for life in lives:
        end = rows[life.row]
        places, nights = life.places, life.nights[1:]
        assert ((places == IN_HOSPITAL) & ~life.operated_on).sum() == end["days_in_hospital"]
        assert np.isin(places, (Setting.HOME, Setting.REABLEMENT, Setting.INTERMEDIATE)).sum() == end["days_at_home"]
        assert (places >= 0).sum() == life.alive.sum()
        gap = nights["need"].astype(int) - nights["informal"] - nights["package"]
        assert (np.maximum(gap, 0) // 7)[places == Setting.HOME].sum() == end["unmet"]


@pytest.fixture(scope="module", params=["separate-budgets", "single-budget", "separate-budgets+free-personal-care", "year-of-care"])
def month(request):
    """A month into which nobody arrives, everybody followed."""
    economy = HealthEconomy(place="wigan", structure=request.param, seed=3, scale=0.02, demography="frozen")
    everybody = Follower(economy, range(len(economy.patients)))
    economy.step()
    lives = [everybody.life(row) for row in everybody.who.tolist()]
    return economy, lives, pounds_by_service(lives)


def test_emergencies_are_those_of_the_whole_place(month):
    economy, lives, _ = month
    came = sum(len(life.contacts(at)) for life in lives if life.nights["contacts"][-1] for at in range(len(life.days)))
    assert came == economy.latest("emergency_contacts")
    assert sum(life.admissions.sum() for life in lives) == economy.latest("emergency_admissions")
    assert sum((life.delays >= 0).sum() for life in lives) == economy.latest("delayed_days_true")
    in_bed = sum(((life.places == IN_HOSPITAL) & ~life.operated_on).sum() for life in lives)
    assert in_bed == economy.latest("emergency_bed_days")
    assert sum((life.places == GONE)[-1] for life in lives) == economy.latest("deaths")


def test_what_hospitals_are_paid_for_everybody_is_the_ledger(month):
    economy, _, paid = month
    entries = economy.ledger.entries().groupby("service")["pounds"].sum()
    for service in ("attendance", "emergency_spell", "excess_days", "outpatient", "elective"):
        rare = service == "excess_days" and economy.structure.payment.kind is not None  # those who stay so long have several conditions
        assert entries.get(service, 0.0) > 0.0 or rare
        assert paid[service] == pytest.approx(entries.get(service, 0.0), abs=0.01)


def test_returns_and_spells_beyond_the_baseline_are_paid_for_as_in_the_ledger():
    economy = HealthEconomy(place="wigan", seed=3, scale=0.01, demography="frozen")
    economy.engine.organisations.hospitals["baseline_spells"] = 2
    everybody = Follower(economy, range(len(economy.patients)))
    economy.step()
    paid = pounds_by_service([everybody.life(row) for row in everybody.who.tolist()])
    entries = economy.ledger.entries().groupby("service")["pounds"].sum()
    assert paid["emergency_spell"] == pytest.approx(entries["emergency_spell"], abs=0.01)
    assert paid["excess_days"] == pytest.approx(entries.get("excess_days", 0.0), abs=0.01)
    assert paid["emergency_spell"] < 0.8 * economy.latest("emergency_admissions") * economy.parameters.prices.spell


def test_what_care_costs_everybody_is_the_ledger_but_for_pence(month):
    economy, _, paid = month
    entries = economy.ledger.entries().groupby("service")["pounds"].sum()
    for service in ("home_care", "residential_care", "nursing_care", "charges", "continuing_care"):
        assert paid[service] == pytest.approx(entries[service], rel=1e-3)


def test_what_care_costs_everybody_follows_fees_and_charges():
    economy = HealthEconomy(place="wigan", seed=3, scale=0.02, demography="frozen", hold={"fees": 1.3, "charges": 0.5})
    everybody = Follower(economy, range(len(economy.patients)))
    economy.step()
    paid = pounds_by_service([everybody.life(row) for row in everybody.who.tolist()])
    entries = economy.ledger.entries().groupby("service")["pounds"].sum()
    for service in ("home_care", "residential_care", "nursing_care", "charges"):
        assert paid[service] == pytest.approx(entries[service], rel=1e-3)


def test_what_people_pay_themselves_is_in_their_records(economy, lives, payments):
    household = 0
    for life, paid in zip(lives, payments, strict=True):
        own = sum(
            pence
            for _, service, payer, pence in paid
            if economy.parties.kinds[payer] == Party.HOUSEHOLD and service != Service.CHARGES
        )
        assert own == economy.engine.people.rows["out_of_pocket"][life.row]
        household += own
    assert household > 0


def test_charges_are_paid_by_one_and_received_by_the_other(payments):
    for paid in payments:
        assert sum(pence for _, service, _, pence in paid if service == Service.CHARGES) == 0


def test_the_payers_are_the_structure_s_holders(economy, payments):
    kinds = {economy.parties.kinds[payer].name.lower() for paid in payments for _, _, payer, _ in paid}
    shared = {"commissioner"} if economy.structure.name == "single-budget" else {"council", "consortium"}
    assert kinds == shared | {"household"}


def test_assessments_are_those_the_councils_made(economy, lives):
    assert sum(life.assessments.sum() for life in lives) > 0
    assert min(life.assessments.min() for life in lives) >= 0


def test_nothing_is_lived_after_the_end(lives, payments):
    ended = [(life, paid) for life, paid in zip(lives, payments, strict=True) if not life.alive[-1]]
    assert ended
    for life, paid in ended:
        assert (np.diff(life.alive.astype(int)) <= 0).all()
        last = int(life.months[life.alive].max(initial=0)) + 1
        assert all(month <= last for month, _, _, _ in paid)


def test_the_frame_of_costs_has_the_payments(lives, payments):
    dearest, paid = max(zip(lives, payments, strict=True), key=lambda each: sum(pence for _, _, _, pence in each[1]))
    frame = dearest.costs()
    assert list(frame.columns) == ["month", "payer", "payer_kind", "service", "pounds"]
    assert frame["month"].is_monotonic_increasing
    assert 100.0 * frame["pounds"].sum() == pytest.approx(sum(pence for _, _, _, pence in paid))


def test_who_is_followed_must_be_there():
    economy = HealthEconomy(place="wigan", seed=3, scale=0.002)
    with pytest.raises(IndexError, match="row must be from 0"):
        Follower(economy, [10**6])
    with pytest.raises(ValueError, match="takes 1 to"):
        Follower(economy, [])
    follower = Follower(economy, [5])
    assert follower.life(5).nights["end_month"].tolist() == [ALIVE]
    with pytest.raises(ValueError, match="not followed"):
        follower.life(6)
