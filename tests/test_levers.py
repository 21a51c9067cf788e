"""No lever is decorative: each is followed from decision to person to ledger. Nor is any behaviour parameter."""

import functools

import pytest

from agents.deciding import LEVER_RANGES
from agents.hospital.planned import HOSPITAL_DAY_CASES
from agents.hospital.state import (
    ASSESSED_OUT,
    DISCHARGED_OUT,
    INTERMEDIATE_OUT,
    REABLED_OUT,
    SURGERY_DAYS_OUT,
)
from agents.vocabulary import CaseState, Lever
from model import epidemiology, starting_state
from model.parameters import Parameters
from model.structures import FOLDER
from tests.strategies import ALL_HELD, LEVERS, fingerprints, lived, paid, series, small_economy, total

SCALE, MONTHS = 0.2, 16  # each consortium has places to give; past one April, when proactive lists are renewed


MONEY_IS_FELT = {Lever.CONTRIBUTION: {"settlement.chance_band": 0.0}}  # in a small place a council takes its overspend for chance


@functools.cache
def held_at(lever: Lever | None = None, level: float | None = None):
    """Sixteen months with every lever at rest but one, with the same luck; at a level of None that one rests too."""
    hold = dict(ALL_HELD)
    if lever is not None:
        hold[lever.name.lower()] = level
    return lived(MONTHS, scale=SCALE, years=2, hold=hold, parameters=Parameters().with_values(MONEY_IS_FELT.get(lever, {})))


def low_and_high(lever: Lever):
    bounds = LEVER_RANGES[lever]
    return held_at(lever, bounds.low), held_at(lever, bounds.high)


def consequences(economy, lever: Lever) -> dict[str, float]:
    """Pounds by service of what an economy attributes to a lever."""
    frame = economy.ledger.consequences()
    return frame[frame["lever"] == lever.name.lower()].groupby("service")["pounds"].sum().to_dict()


@pytest.mark.parametrize("lever", LEVERS)
def test_every_lever_reaches_people_money_and_measures(lever):
    low, high = (fingerprints(economy) for economy in low_and_high(lever))
    rest = fingerprints(held_at(lever) if lever in MONEY_IS_FELT else held_at())
    for part in ("people", "entries", "measures", "consequences"):
        assert low[part] != high[part], part
        assert rest[part] not in (low[part], high[part]), part


@pytest.mark.parametrize("lever", LEVERS)
def test_what_a_lever_causes_is_charged_to_whoever_decides_it(lever):
    for economy in low_and_high(lever):
        frame = economy.ledger.consequences()
        assert set(frame["lever"]) == {lever.name.lower()}
        owners = {unit.name for unit in economy._units if lever in unit.own_levers}
        assert set(frame["decider"]) <= owners


def test_strictness_takes_minutes_from_packages_and_pounds_from_councils():
    low, high = low_and_high(Lever.STRICTNESS)
    assert high.engine.people.rows["package"].astype(int).sum() < low.engine.people.rows["package"].astype(int).sum()
    assert total(high, "package_people") < total(low, "package_people")
    assert paid(high, "home_care") < paid(held_at(), "home_care") < paid(low, "home_care")
    assert total(high, "unmet_hours") > total(low, "unmet_hours")
    assert total(high, "emergency_contacts/unmet") > total(low, "emergency_contacts/unmet")
    saved, caused = consequences(high, Lever.STRICTNESS), consequences(low, Lever.STRICTNESS)
    assert saved["home_care"] < 0 < caused["home_care"]
    assert caused["attendance"] < 0, "emergencies that more care avoided"


def test_generosity_gives_minutes_to_packages_and_pounds_to_the_market():
    low, high = low_and_high(Lever.GENEROSITY)
    assert high.engine.people.rows["package"].astype(int).sum() > low.engine.people.rows["package"].astype(int).sum()
    assert paid(high, "home_care") > paid(low, "home_care")
    assert total(high, "unmet_hours") < total(low, "unmet_hours")
    saved = consequences(low, Lever.GENEROSITY)
    assert consequences(high, Lever.GENEROSITY)["home_care"] > 0 > saved["home_care"]
    assert saved["attendance"] > 0, "emergencies of people who would have had more care"


def test_reablement_places_are_filled_and_paid_for():
    low, high = low_and_high(Lever.REABLEMENT)
    assert high.total(REABLED_OUT) > low.total(REABLED_OUT)
    assert paid(high, "reablement") > paid(low, "reablement")
    assert consequences(high, Lever.REABLEMENT)["reablement"] > 0 > consequences(low, Lever.REABLEMENT)["reablement"]


def test_assessors_shorten_the_line_and_are_paid_for():
    low, high = low_and_high(Lever.ASSESSMENT)
    assert high.total(ASSESSED_OUT) > low.total(ASSESSED_OUT)
    assert paid(high, "assessment") > paid(low, "assessment")
    assert total(high, "delayed_days_true/assessment") < total(low, "delayed_days_true/assessment")
    assert total(high, "out_of_hospital_waiting") < total(low, "out_of_hospital_waiting")
    assert consequences(high, Lever.ASSESSMENT)["assessment"] > 0 > consequences(low, Lever.ASSESSMENT)["assessment"]


def test_community_places_take_recoveries_out_of_beds():
    low, high = low_and_high(Lever.COMMUNITY)
    assert high.total(INTERMEDIATE_OUT) > low.total(INTERMEDIATE_OUT)
    assert paid(high, "community") > paid(low, "community")
    assert total(high, "delayed_days_true/further_nhs") < total(low, "delayed_days_true/further_nhs")
    assert consequences(high, Lever.COMMUNITY)["community"] > 0 > consequences(low, Lever.COMMUNITY)["community"]


def test_proactive_care_lists_people_prevents_crises_and_finds_cases():
    low, high = low_and_high(Lever.PROACTIVE)
    assert low.engine.listed.sum() == 0 < high.engine.listed.sum()
    assert paid(high, "proactive") > paid(low, "proactive")
    assert total(high, "emergency_contacts/unmanaged") < total(low, "emergency_contacts/unmanaged")
    assert total(high, "emergency_contacts/illness") > total(low, "emergency_contacts/illness")
    assert consequences(high, Lever.PROACTIVE)["proactive"] > 0


def test_a_proactive_lever_held_from_the_start_is_at_work_from_the_start():
    """Whoever freezes a lever at a level means the whole run, its first year included."""
    nobody = small_economy(scale=0.02, hold={**ALL_HELD, "proactive": 0.0})
    nobody.step()
    assert nobody.engine.listed.sum() == 0
    assert paid(nobody, "proactive") == 0


def test_a_higher_admission_threshold_admits_and_pays_less():
    low, high = low_and_high(Lever.ADMISSION_THRESHOLD)
    rest = held_at()
    assert (
        total(high, "emergency_admissions") < total(rest, "emergency_admissions") < total(low, "emergency_admissions")
    )
    assert paid(high, "emergency_spell") < paid(rest, "emergency_spell")
    assert total(high, "emergency_contacts/untreated") > total(rest, "emergency_contacts/untreated")
    assert (
        consequences(high, Lever.ADMISSION_THRESHOLD)["emergency_spell"]
        < 0
        < consequences(low, Lever.ADMISSION_THRESHOLD)["emergency_spell"]
    )


def resources(economy, line: str) -> float:
    """Pounds that a line of the hospitals' resource account came to."""
    account = economy.ledger.resources()
    return float(account[account["resource"] == line]["pounds"].sum())


HOSPITALS_OWN = (
    Lever.ADMISSION_THRESHOLD, Lever.DISCHARGE_READINESS, Lever.DISCHARGE_COORDINATION, Lever.ELECTIVE_LISTS, Lever.DAY_CASES,
)  # fmt: skip


@pytest.mark.parametrize("lever", HOSPITALS_OWN)
def test_a_hospitals_level_is_where_patients_meet_it(lever):
    for economy, level in zip(low_and_high(lever), (LEVER_RANGES[lever].low, LEVER_RANGES[lever].high), strict=True):
        assert (economy.engine.organisations.hospitals["levers"][:, lever] == level).all()
    rest = held_at().engine.organisations.hospitals
    assert (rest["levers"] == rest["rest"]).all()


def test_admitting_fewer_takes_less_of_the_hospital_and_spares_people_days():
    low, high = low_and_high(Lever.ADMISSION_THRESHOLD)
    assert resources(high, "spells") < resources(held_at(), "spells") < resources(low, "spells")
    spells = [economy.engine.people.rows["spells"].astype(int).sum() for economy in (high, held_at(), low)]
    assert spells == sorted(spells)


def test_readiness_is_days_in_the_resource_account_and_in_peoples_lives():
    low, high = low_and_high(Lever.DISCHARGE_READINESS)

    def days(economy) -> float:
        return economy.engine.people.rows["days_in_hospital"].astype(int).sum() / economy.total(DISCHARGED_OUT)

    assert days(high) > days(low)
    assert resources(high, "bed days") / high.total(DISCHARGED_OUT) > resources(low, "bed days") / low.total(DISCHARGED_OUT)
    assert resources(high, "beds open") == resources(low, "beds open"), "fixed: beds stand open, filled or not"


def test_coordinators_free_beds_and_are_the_hospitals_cost():
    low, high = low_and_high(Lever.DISCHARGE_COORDINATION)
    rest = held_at()
    rates = [economy.engine.organisations.hospitals["coordination_rate"] for economy in (low, rest, high)]
    assert (rates[0] < rates[1]).all()
    assert (rates[1] < rates[2]).all()
    for measure in ("delayed_days_true/assessment", "delayed_days_true", "boarding_days"):
        assert total(low, measure) > total(rest, measure) >= 0.9 * total(high, measure), measure
    assert resources(low, "discharge coordination") < resources(rest, "discharge coordination") < resources(high, "discharge coordination")
    own = [economy.hospitals[0].name for economy in (low, high)]
    charged = [economy.ledger.who_pays().loc[name, name] for economy, name in zip((low, high), own, strict=True)]
    assert charged[0] < 0 < charged[1]
    assert consequences(low, Lever.DISCHARGE_COORDINATION).keys() == {"emergency_spell"}


def test_theatre_lists_operate_on_people_and_cost_the_hospital_and_its_payers():
    low, high = low_and_high(Lever.ELECTIVE_LISTS)
    rest = held_at()
    operations = [total(economy, "elective_admissions") for economy in (low, rest, high)]
    assert operations == sorted(operations)
    waiting = [series(economy, "waiting_for_operation")[-1] for economy in (low, rest, high)]
    assert waiting == sorted(waiting, reverse=True)
    assert total(high, "qalys") > total(low, "qalys"), "an operation relieves"
    assert paid(low, "elective") < paid(rest, "elective") < paid(high, "elective")
    assert resources(low, "theatre lists") < resources(rest, "theatre lists") < resources(high, "theatre lists")
    assert resources(low, "day cases") < resources(high, "day cases")
    assert consequences(low, Lever.ELECTIVE_LISTS)["elective"] < 0 < consequences(high, Lever.ELECTIVE_LISTS)["elective"]
    payers = high.ledger.who_pays()[high.hospitals[0].name]
    assert (payers[[*(consortium.name for consortium in high.consortia), high.hospitals[0].name]] > 0).all()


def test_day_cases_spare_nights_and_money():
    low, high = low_and_high(Lever.DAY_CASES)
    rest = held_at()
    days = [sum(month.hospital_planned[:, HOSPITAL_DAY_CASES].sum() for month in economy.months) for economy in (low, rest, high)]
    nights = [economy.total(SURGERY_DAYS_OUT) for economy in (low, rest, high)]
    assert days[0] == 0 < days[1] < days[2]
    assert nights == sorted(nights, reverse=True)
    assert nights[2] <= sum(case["state"] == CaseState.SURGERY for case in held_at().engine.cases) + nights[1] / 12, "those of the start alone"
    assert resources(high, "elective stays") == 0 == resources(low, "day cases")
    assert total(high, "elective_cancellations") <= total(low, "elective_cancellations")
    assert paid(high, "elective") < paid(rest, "elective") < paid(low, "elective")
    assert consequences(high, Lever.DAY_CASES)["elective"] < 0 < consequences(low, Lever.DAY_CASES)["elective"]


def test_more_readiness_lengthens_stays_and_saves_returns():
    low, high = low_and_high(Lever.DISCHARGE_READINESS)

    def recovering(economy) -> float:
        return (
            total(economy, "emergency_bed_days") - total(economy, "delayed_days_true") - total(economy, "boarding_days")
        )

    assert recovering(high) / high.total(DISCHARGED_OUT) > recovering(low) / low.total(DISCHARGED_OUT)
    assert high.total(INTERMEDIATE_OUT) < low.total(INTERMEDIATE_OUT)
    returned = [total(economy, "emergency_contacts/return") / economy.total(DISCHARGED_OUT) for economy in (low, high)]
    assert returned[0] > returned[1]
    assert (
        consequences(low, Lever.DISCHARGE_READINESS)["attendance"]
        > 0
        > consequences(high, Lever.DISCHARGE_READINESS)["attendance"]
    )


# Care does good


@pytest.mark.slow
def test_admitting_nobody_but_the_gravest_does_harm():
    for seed in (1, 2, 3):
        runs = [
            lived(24, scale=0.05, years=2, seed=seed, hold={**ALL_HELD, "admission_threshold": level})
            for level in (None, 1.0)
        ]
        rest, never = runs
        assert total(never, "deaths") > total(rest, "deaths")
        assert total(never, "qalys") < total(rest, "qalys")
        assert total(never, "unmet_hours") > total(rest, "unmet_hours")


# No parameter is decorative

STRUCTURE_THAT_USES = {
    "overheads.merged_saving": "single-budget",
    "overheads.transition_share": "single-budget",
    "overheads.transition_months": "single-budget",
    "commissioner.optimism": "single-budget",
    "deciding.regard_have_regard": "have_regard",
    "deciding.regard_integrate": "integrate",
    "deciding.regard_in_pool": "section-75-pool",
    "board.heeded_none": "none",
    "board.heeded_have_regard": "have_regard",
    "board.heeded_integrate": "integrate",
    "trusting.reorganised": "single-budget",
    "trusting.imposed": "imposed",
    "frail_elders.age": "frail_elders",
    "frail_elders.frailty": "frail_elders",
    "several_conditions.at_least": "year-of-care",
    **dict.fromkeys((row.name for row in Parameters().table() if row.name.startswith("teamwork.")), "teams"),
    **dict.fromkeys((row.name for row in Parameters().table() if row.name.startswith("reorganising.")), "single-budget"),
    "entitlement.board_share": "separate-budgets+free-personal-care",
    "entitlement.competing_days": "separate-budgets+any-willing-provider",
    **dict.fromkeys(("care.recording_when_paid", "prices.delay_day", "prices.reimbursed_share"), "separate-budgets+delayed-discharge-fines"),
    **dict.fromkeys(
        ("entitlement.budgets_at_first", "entitlement.budgets_odds_a_year", "entitlement.budget_costs", "quality.budget_fits"),
        "separate-budgets+personal-budgets",
    ),
}
WRITTEN = {  # structures that are like separate budgets but for one fact
    **{duty: ('duty = "consult"', f'duty = "{duty}"') for duty in ("none", "have_regard", "integrate")},
    "imposed": ("outcomes_frameworks", 'mandate = "imposed"\noutcomes_frameworks'),
    "teams": ("[payment]", "[teams]\nsingle_assessment = true\nshared_record = true\nco_location = true\nmultidisciplinary = true\n\n[payment]"),
}
FRAIL_ELDERS = """
[[bodies]]
kind = "commissioner"
scope = "council"

[[pools]]
name = "care of frail elders"
accounts = ["acute", "social_care"]
people = "frail_elders"
overspend = { commissioner = 1.0 }
"""
NEEDS_MORE_MONTHS = {
    "market.place_response": 36,  # what is asked for changes slowly
    "board.heeded_none": 48,  # advice without any duty is seldom followed
}
NEEDS_OTHER_VALUES = {
    "settlement.chance_band": {"settlement.committed_social_care": 1.0},  # in a small place chance is large
    "care.starts_from_wards": {"settlement.committed_social_care": 0.1, "settlement.gate_reach": 1.0},  # a gate ajar holds back one or the other
    "market.place_response": {"care.placement_frailty": 0.3, "care.placement_hours": 14.0},  # else room is no limit
    "board.heeded_none": {"deciding.trust": 0.9, "deciding.trust_spread": 0.0},
    "care.recording_when_paid": {"prices.reimbursed_share": 1.0},
    "trusting.disputes": {"care.disputed_share": 0.9, "care.continuing_need_hours": 55.0},  # else they are rare in a small place
    "teamwork.proactive": {"seeking.proactive_prevents": 0.5, "reorganising.capability_at_start": 1.0},
}
MOVED_FOR = {  # levers that are held away from rest, since these say what moving them does
    "services": ("community_nursing", "mental_health", "dementia", "continence"),
    **dict.fromkeys(("services.home_contacts", "services.home_last_crises"), ("care_home_support",)),
    **dict.fromkeys(("seeking.continuity_by_supply", "seeking.unmanaged_by_continuity"), ("gp_access",)),
}
NEEDS_MORE_PEOPLE = {
    "market.place_response": 1.0,  # whole places: in a small place none opens or closes
    "hospital.escalation_bay": 0.2,  # whole beds
    "hospital.ae_use": 0.2,  # in a small place A&E has the one place that it has at least
    "hospital.ae_minutes_75": 0.2,
    "market.workforce_room": 0.2,
    "prevention.falls_share": 0.2,
    "prevention.falls_prevented": 0.2,
    "services.home_last_crises": 0.1,  # few residents, and fewer who die within two years
    "trusting.disputes": 0.1,
    "teamwork.proactive": 0.1,
}
NEEDS_LEVERS = {  # away from rest, where they have their effect
    "care.moderate_need": {"eligibility": 1.0},
    "care.low_need": {"eligibility": 0.0},
    "seeking.asks_by_charges": {"charges": 2.0},
    "market.home_care_by_fees": {"fees": 0.6},
    "market.places_by_fees": {"fees": 0.6},
    "market.across_boundaries": {"fees": 1.6},
    "market.workforce_room": {"fees": 1.6},
    "prevention.memory_years": {"prevention": 3.0},
    "prevention.onset_prevented": {"prevention": 3.0},
    "prevention.falls_share": {"prevention": 3.0},
    "prevention.falls_prevented": {"prevention": 3.0},
}
EVERY_PARAMETER = [row.name for row in Parameters().table()]


def moved(name: str, level: float, folder, scale: float) -> dict[str, str]:
    """What two years leave with one parameter at a level; money is short and felt at once, so that organisations decide."""
    structure = STRUCTURE_THAT_USES.get(name, "separate-budgets")
    months = NEEDS_MORE_MONTHS.get(name, 24)
    if structure in WRITTEN:
        text = (FOLDER / "separate-budgets.toml").read_text(encoding="utf-8").partition("[alternatives.")[0]  # one of which it may become
        file = folder / f"{structure.replace('_', '-')}.toml"
        text = text.replace(*WRITTEN[structure]).replace('name = "separate-budgets"', f'name = "{file.stem}"')
        file.write_text(text, encoding="utf-8")
        structure = file
    if structure == "frail_elders":
        structure = folder / "frail-elders.toml"
        text = (FOLDER / "separate-budgets.toml").read_text(encoding="utf-8").replace('name = "separate-budgets"', 'name = "frail-elders"')
        structure.write_text(text + FRAIL_ELDERS, encoding="utf-8")
    values = {"settlement.council_growth": -0.03, "deciding.price_band": 0.0, "settlement.chance_band": 0.0, name: level}
    values |= NEEDS_OTHER_VALUES.get(name, {})
    hold = dict.fromkeys(MOVED_FOR.get(name.partition(".")[0], ()), 0.3) | dict.fromkeys(MOVED_FOR.get(name, ()), 0.9)
    return fingerprints(
        lived(
            months, scale=scale, years=months // 12, structure=structure, learning=name.startswith("learning."), hold=hold | NEEDS_LEVERS.get(name, {}),
            parameters=Parameters().with_values(values),
        )
    )  # fmt: skip


@pytest.fixture
def quick_starts(monkeypatch):
    """A small reference population, which only makes solving quicker; nothing of it is kept for other tests."""
    caches = (epidemiology._tables, starting_state._settled)
    monkeypatch.setattr("model.epidemiology.REFERENCE_PEOPLE", 40_000)
    monkeypatch.setattr("model.starting_state.cache_folder", lambda: None)
    monkeypatch.setattr("model.starting_state.GP_SLACK", -0.05)  # so that consultations are missed from the start
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY_PARAMETER)
def test_every_parameter_moved_low_and_high_changes_some_output(name, tmp_path, quick_starts):
    row = next(row for row in Parameters().table() if row.name == name)
    scale = NEEDS_MORE_PEOPLE.get(name, 0.02)
    assert moved(name, row.low, tmp_path, scale) != moved(name, row.high, tmp_path, scale)
