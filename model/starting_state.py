"""The state that every structure starts from: a place's people, settled at the observed levers.

People are drawn from the place's table, given their traits, and then live some years in *frozen demography* (ages and
conditions held, the dead replaced) with levers at rest, first without limits, to see what is asked for, then with
capacities set from it, until beds, queues, packages and places have settled. The end state, the capacities and the months from
which a year's out-turn is taken, the mean of the last twelve years (two in a place settled by sample), are stored per place,
scale and parameters, so that all structures and replications share them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from agents.care import judged_minutes, needs_care_home
from agents.compiled import cache_folder, compiled
from agents.hospital.billing import NEVER, begin_year
from agents.hospital.planned import HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS, HOSPITAL_VISITS, UNLIMITED
from agents.hospital.state import (
    ASSESSED_OUT,
    HOSPITAL_ADMISSIONS,
    HOSPITAL_AE_MINUTES,
    HOSPITAL_BED_DAYS,
    HOSPITAL_PLANNED_DISCHARGES,
    HOSPITAL_SURGERY_DAYS,
    HOSPITAL_WARD_DAYS,
    STARTED_OUT,
)
from agents.patients.kinds import kinds_of
from agents.patients.people import People
from agents.patients.record import ALIVE, FUNDER_MASK, FUNDER_SHIFT, QUINTILE_SHIFT, SETTING_MASK
from agents.patients.services import DEMENTIA
from agents.patients.starting import begin, begin_care, set_birth_months
from agents.vocabulary import N_AGES, N_KINDS, YOUNGEST, Condition, Funder, Lever, Reason, Setting, Ward
from model.engine import PACKAGE_MINUTES_COUNT, Calendar, Engine, Month, Organisations, new_rows, rebase_time
from model.epidemiology import REST_READINESS, REST_THRESHOLD, reference_tables
from model.evidence import evidence
from model.fitted_rates import fitted_rates
from model.joint_scheme import contribution_at_rest
from model.parameters import Parameters
from model.payment import Prices, pence
from model.place import Place
from model.rules import PEOPLE_SEED, compile_rules
from model.sampling import AT_A_TIME, Beginnings, count_in_use, donors, inherit, take_after

FREE_MONTHS, SETTLING_MONTHS = 300, 180
AT_ONE_COUNCIL = [Lever.REABLEMENT, Lever.ASSESSMENT, Lever.CHARGES, Lever.FEES, Lever.BROKERAGE, Lever.PREVENTION]  # multiples
AT_ONE_CONSORTIUM = [Lever.COMMUNITY, Lever.COMMUNITY_NURSING, Lever.MENTAL_HEALTH, Lever.DEMENTIA, Lever.CONTINENCE, Lever.GP_ACCESS]
REST_ELIGIBILITY = 2.0  # P-C.elig-001: substantial need, the threshold of most councils
REST_HOME_SUPPORT = 0.3  # assumption, 0.1 to 0.5: health teams for care homes were local schemes in 2014; their spread is not known
REST_PROACTIVE = 0.5  # assumption, 0.2 to 0.9: half of the 2014 enhanced service's list was actively managed
MONTHS_KEPT = 60  # of the warm-up, for what is asked for: a single year is noisy
BUDGET_MONTHS = 144  # of the warm-up, for out-turn: who lives in a small council's care homes changes over years
SETTLED_WHOLE = 3_000_000  # assumption, 2,000,000 to 10,000,000: people beyond whom a place is settled by sample; settling all of them would take an hour
SAMPLE_PEOPLE = 3_000_000  # assumption, 500,000 to 5,000,000: at most so many are the sample; the fewer, the more a small council's people are alike
TOGETHER_FREE_MONTHS, TOGETHER_SETTLING_MONTHS = 24, 36  # of everybody of such a place: the years to which queues and wards take
TOGETHER_BUDGET_MONTHS = 24  # of them, for out-turn: in a large place a year is less noisy
BROKERAGE_SLACK = 0.3  # assumption, 0.1 to 0.5: brokers are seldom what a start of care waits for; rounds are
COORDINATION_SLACK = 0.3  # assumption, 0.1 to 0.5: a hospital plans more discharges as its patients grow older, with the same staff
GP_SLACK = 0.1  # assumption, 0.03 to 0.2: spare consultations of general practice over what is asked for at rest
SLACK = 0.08  # assumption, 0.02 to 0.15: spare capacity of assessment over what is asked for
INTERMEDIATE_OF_NEED = 0.6  # assumption, 0.5 to 0.8: the 2015 audit puts capacity at about half of need (note of P-C.time-001)
OLDER_PLACES = 0.75  # assumption, 0.65 to 0.8: share of care-home places for older people: 275,000 residents (P-C.prov-004) in 462,000 places (P-C.prov-001) 85% full
UPTAKE = 0.8  # assumption, 0.6 to 0.95: eligible people on a council's books on a given day


@dataclass(frozen=True, slots=True)
class StartingState:
    """Where a run begins.

    Parameters
    ----------
    arrays : people, cases and calendar, see ``Engine.copy_state``, and :attr:`starting_rows`; to read only
    organisations : levers at rest, prices, limits and what is in use
    proactive_rest : share of heavy users on the proactive list at rest
    remainder_beds : shape (n_hospitals,), beds in use by patients outside the model
    asked_minutes, asked_places : shape (n_councils,), home care and places in use and waited for, mean of the last five warm-up years
    listed : shape (n_consortia,), people on the proactive lists
    year : the months of the last twelve warm-up years (two in a place settled by sample), from which a year's out-turn is taken as their mean
    weekdays : weekday of each of those months' first day, Monday 0
    brought : shape (n_kinds, n_consortia, n_hospitals), pence that care of each kind of people came to in those months by the tariff
    solved : levers solved from data: (organisation, lever, value, how, status)
    """

    arrays: Mapping[str, np.ndarray]
    organisations: Organisations
    proactive_rest: float
    remainder_beds: np.ndarray
    asked_minutes: np.ndarray
    asked_places: np.ndarray
    listed: np.ndarray
    year: tuple[Month, ...]
    weekdays: tuple[int, ...]
    brought: np.ndarray
    solved: tuple[tuple[str, str, float, str, str], ...]

    @property
    def starting_rows(self) -> np.ndarray:
        """The people as they began, without care; of a place settled by sample, those of the sample."""
        return self.arrays["starting_rows"]

    @property
    def beginnings(self) -> Beginnings:
        """What frozen demography replaces from."""
        return Beginnings(self.starting_rows, self.arrays.get("donor"))

    def people(self, capacity: int) -> People:
        """Return the people, in a store of their own with room for `capacity`, without holding them twice."""
        people = People(new_rows(0), capacity=capacity)
        for low in range(0, len(self.arrays["rows"]), AT_A_TIME):
            people.append(self.arrays["rows"][low : low + AT_A_TIME])  # asked for anew, so that what was read of a file is let go
        return people


class ArraysOnDisk(Mapping[str, np.ndarray]):
    """Arrays of a folder, read when asked for, so that a waiting state takes no memory; nothing may be written to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> np.ndarray:
        file = self._folder / f"{name}.npy"
        if not file.exists():
            raise KeyError(name)
        return np.load(file, mmap_mode="r")

    def __iter__(self) -> Iterator[str]:
        return (file.stem for file in sorted(self._folder.glob("*.npy")))

    def __len__(self) -> int:
        return len(list(iter(self)))


def organisations_of(place: Place, parameters: Parameters, scale: float) -> Organisations:
    """Return the place's organisations at work without limits, but for places whose number is known; levers not yet set."""
    known = Organisations(len(place.councils), len(place.consortia), len(place.hospitals))
    tilt = known.consortia["tilt"]
    tilt[:] = 1.0
    for condition in Condition:
        if condition.name.lower() in place.register_ratio:
            tilt[:, condition] = place.register_ratio[condition.name.lower()]
    population = np.zeros((len(place.councils), 2, N_AGES))
    at = place.small_areas["council"][place.cells["small_area"]]
    np.add.at(population, (at, place.cells["sex"], place.cells["age"].astype(int) - YOUNGEST), place.cells["count"])
    oldest = place.net_migration.shape[2] - 1  # 90 and over: nobody is taken to move
    leaving = np.maximum(-place.net_migration[:, :, :oldest], 0.0) / np.maximum(population[:, :, :oldest], 1.0)
    known.councils["leaving"][:, :, :oldest] = np.minimum(leaving, 0.5)
    care = parameters.care
    for state, council in zip(known.councils, place.councils, strict=True):
        week = council.home_care_pounds_per_hour * care.self_home_premium
        home = [pounds / 7.0 * care.self_residential_premium for pounds in (council.residential_pounds_per_week, council.nursing_pounds_per_week)]
        state.own_price[:] = [pence(week), pence(home[0]), pence(home[1])]
        state.reablement_places = council.reablement_weeks / 52.18 * scale
        state.home_places = council.care_home_beds * OLDER_PLACES * scale
    known.consortia["intermediate_places"] = known.consortia["gp_capacity"] = 1e9
    known.councils["assessment_rate"] = known.councils["start_rate"] = 1e6
    known.councils["disputes"] = 1.0
    known.councils["care_capacity"] = known.hospitals["beds"] = 10**9
    known.hospitals["ward_beds"] = 10**9
    known.hospitals["cubicles"] = known.hospitals["coordination_rate"] = 1e6
    known.councils["levers"][:, AT_ONE_COUNCIL] = 1.0
    known.councils["levers"][:, Lever.ELIGIBILITY] = REST_ELIGIBILITY
    known.consortia["levers"][:, AT_ONE_CONSORTIUM] = 1.0
    known.consortia["levers"][:, Lever.PROACTIVE] = REST_PROACTIVE
    known.consortia["levers"][:, Lever.CARE_HOME_SUPPORT] = REST_HOME_SUPPORT
    known.consortia["levers"][:, Lever.CHC_STRICTNESS] = parameters.care.continuing_refused
    known.consortia["levers"][:, Lever.CONTRIBUTION] = contribution_at_rest(place)
    known.consortia["rest"] = known.consortia["levers"]
    known.hospitals["levers"][:, [Lever.DISCHARGE_COORDINATION, Lever.ELECTIVE_LISTS]] = 1.0
    known.hospitals["levers"][:, Lever.ADMISSION_THRESHOLD] = REST_THRESHOLD
    known.hospitals["levers"][:, Lever.DISCHARGE_READINESS] = REST_READINESS
    prices = parameters.prices
    known.hospitals["trim_days"] = int(prices.trim_days)
    for name in ("spell", "attendance", "excess_day", "visit", "day_case", "elective"):
        field = "excess_price" if name == "excess_day" else f"{name}_price"
        known.hospitals[field] = pence(getattr(prices, name) * prices.market_forces)
    known.hospitals["return_share"], known.hospitals["marginal_share"] = prices.return_share, prices.marginal_share
    known.hospitals["baseline_spells"] = NEVER
    begin_year(known.hospitals)
    known.hospitals["clinic_rate"] = known.hospitals["theatre_rate"] = UNLIMITED
    return known


def build_people(place: Place, scale: float) -> np.ndarray:
    """Return the place's adults with area, age, sex and deprivation set: a systematic sample where `scale` is not 1.

    People are in order of council, consortium, small area, sex and age. Raises ValueError if the scale leaves nobody.
    """
    cells = place.cells
    areas = place.small_areas
    council, consortium = areas["council"][cells["small_area"]], areas["consortium"][cells["small_area"]]
    order = np.lexsort((cells["age"], cells["sex"], cells["small_area"], consortium, council))
    cells = cells[order]
    edges = np.cumsum(cells["count"].astype(np.int64))
    people = int(round(edges[-1] * scale))
    if people < 1:
        raise ValueError(f"scale must leave at least one person in {place.name!r}, got {scale!r}")
    rows, ages = new_rows(people), np.empty(people, dtype=np.int16)
    for low in range(0, people, AT_A_TIME):
        some = rows[low : low + AT_A_TIME]
        numbers = np.arange(low, low + len(some))
        chosen = cells[np.searchsorted(edges, (numbers + 0.5) * (edges[-1] / people), side="right")]
        some["small_area"] = chosen["small_area"]
        some["council"] = areas["council"][chosen["small_area"]]
        some["consortium"] = areas["consortium"][chosen["small_area"]]
        some["person"] = chosen["sex"] | (areas["quintile"][chosen["small_area"]] - 1) << QUINTILE_SHIFT
        ages[low : low + len(some)] = chosen["age"]
    set_birth_months(rows, 0, people, ages, 0.79, np.uint64(PEOPLE_SEED))
    return rows


def cumulative_catchment(place: Place) -> np.ndarray:
    """Return cumulative shares of each council's hospital use, shape (n_councils, n_hospitals)."""
    return np.cumsum(place.catchment, axis=1)


def of_councils(rows: np.ndarray, n: int) -> list[np.ndarray]:
    """Return each council's people, views of `rows`, in which people stand in order of their council."""
    edges = np.searchsorted(rows["council"], np.arange(n + 1))
    return [rows[low:high] for low, high in itertools.pairwise(edges)]


def recognised(need: np.ndarray, strictness: float) -> np.ndarray:
    """Return the weekly minutes of each person's need that a council recognises."""
    judged = np.empty(len(need))
    _judge(need, strictness, judged)
    return judged


@compiled
def _judge(need, strictness, judged):
    for k in range(len(need)):
        judged[k] = judged_minutes(need[k], strictness)


@compiled
def _cared_for_at_home(rows, rules, home):
    for k in range(len(rows)):
        home[k] = not needs_care_home(rows[k], rules)


def observed_levers(place: Place, rows: np.ndarray, rules: np.record, uptake: np.ndarray) -> tuple[np.ndarray, list[tuple[str, str, float, str, str]]]:
    """Solve each council's strictness from its home-care clients, and its generosity from its home-care hours.

    `uptake`, shape (n_councils,), is the share of eligible people who have council care. Returns values of shape
    (n_councils, 2) and a note on each.
    """
    levers = np.zeros((len(place.councils), 2))
    notes = []
    scale = len(rows) / sum(council.adults for council in place.councils)
    for c, (council, own) in enumerate(zip(place.councils, of_councils(rows, len(place.councils)), strict=True)):
        home = np.empty(len(own), dtype=bool)
        _cared_for_at_home(own, rules, home)
        inside = home & (own["capital"] <= rules.upper_capital_limit) & (own["need"] > 0)
        need, informal = own["need"][inside].astype(float), own["informal"][inside].astype(float)
        wanted = council.home_care_clients * scale / uptake[c]

        def clients(strictness: float, need: np.ndarray = need, informal: np.ndarray = informal) -> np.ndarray:
            judged = recognised(need, strictness)
            return (judged >= 60.0 * rules.eligible_hours) & (judged > informal)

        low, high = 0.0, 0.5
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if clients(middle).sum() > wanted else (low, middle)
        strictness = (low + high) / 2
        status = "solved" if 0.001 < strictness < 0.499 else "assumed"
        notes.append((council.name, "strictness", strictness, f"from {council.home_care_clients:,.0f} home-care clients on 31 March 2014", status))
        kept = clients(strictness)
        granted = (recognised(need, strictness) - informal)[kept]
        hours = council.home_care_hours_per_year / 52.18 / max(council.home_care_clients, 1.0)
        ratio = hours * 60.0 / granted.mean() if kept.any() else 1.0
        generosity = float(np.clip(ratio, 0.3, 1.2))
        status = "solved" if generosity == ratio else "assumed"
        notes.append((council.name, "generosity", generosity, f"from {hours:.1f} hours a client a week in 2013/14", status))
        levers[c] = strictness, generosity
    return levers, notes


def _uptake(place: Place, rows: np.ndarray, known: Organisations, rules: np.record, before: np.ndarray) -> np.ndarray:
    """Return how many people have council home care for each one who would be eligible today, by council."""
    uptake = before.copy()
    for c, own in enumerate(of_councils(rows, len(place.councils))):
        council_paid = (own["package"] > 0) & (own["care"] >> FUNDER_SHIFT & FUNDER_MASK == Funder.COUNCIL)
        judged = recognised(own["need"].astype(float), known.councils["levers"][c, Lever.STRICTNESS])
        eligible = (judged >= 60.0 * rules.eligible_hours) & (judged > own["informal"]) & (own["capital"] <= rules.upper_capital_limit)
        eligible &= (own["care"] & SETTING_MASK) == Setting.HOME
        uptake[c] = np.clip(council_paid.sum() / max(eligible.sum(), 1), 0.1, 1.5)
    return uptake


def set_limits(known: Organisations, place: Place, parameters: Parameters, scale: float, year: list[Month]) -> np.ndarray:
    """Set the capacity of hospitals, councils and general practice from what a year without limits asked for.

    Clinics and theatres can do what remains of demand once people have left their lines through the stated waits: the
    lines then grow to those waits, and are held there by who leaves. Where they are limited already, as a sample was, they stay so.

    Beds follow the national rate; what the place's adults leave at the national occupancy (children, people from elsewhere)
    is a remainder at constant reference activity. Returns that remainder, in beds in use, shape (n_hospitals,). Beds are shared
    out over wards as they are used without limits.

    Parameters
    ----------
    year : months without limits
    """
    days = sum(month.days for month in year)
    out = sum(month.out for month in year)
    use = sum(month.hospital_out for month in year)
    used = (use[:, HOSPITAL_BED_DAYS] + use[:, HOSPITAL_SURGERY_DAYS]) / days
    occupancy = evidence("P-B.beds-002").number() / 100.0
    beds = np.maximum(np.array([hospital.beds * scale for hospital in place.hospitals]), used / occupancy)
    remainder = beds * occupancy - used
    known.hospitals["beds"] = np.maximum(np.ceil(beds - remainder), 1)
    on_wards = use[:, HOSPITAL_WARD_DAYS:].astype(float)
    shares = on_wards / np.maximum(on_wards.sum(axis=1, keepdims=True), 1.0)
    known.hospitals["ward_beds"] = np.floor(shares * known.hospitals["beds"][:, None])
    known.hospitals["ward_beds"][:, Ward.GENERAL] += known.hospitals["beds"] - known.hospitals["ward_beds"].sum(axis=1)
    known.hospitals["escalation"] = np.ceil(parameters.hospital.escalation_share * beds)
    known.hospitals["escalation_step"] = np.ceil(parameters.hospital.escalation_bay * beds)
    known.hospitals["cubicles"] = np.maximum(use[:, HOSPITAL_AE_MINUTES] / (days * 1440.0) / parameters.hospital.ae_use, 1.0)
    weekdays = days * (5.0 + 2.0 * parameters.care.weekend_pace) / 7.0
    known.hospitals["coordination_rate"] = np.maximum(use[:, HOSPITAL_PLANNED_DISCHARGES] / weekdays * (1.0 + COORDINATION_SLACK), 0.02)
    known.councils["assessment_rate"] = np.maximum(out[:, ASSESSED_OUT] / weekdays * (1.0 + SLACK), 0.02)
    known.councils["start_rate"] = np.maximum(out[:, STARTED_OUT] / weekdays * (1.0 + BROKERAGE_SLACK), 0.02)
    asked = sum(month.asked_consultations.sum(axis=0) for month in year)
    known.consortia["gp_capacity"] = np.maximum(asked / days * (1.0 + GP_SLACK), 1.0)
    known.hospitals["levers"][:, Lever.DAY_CASES] = known.hospitals["rest"][:, Lever.DAY_CASES] = day_case_share(year, parameters)
    if (known.hospitals["clinic_rate"] >= UNLIMITED).all():
        planned = sum(month.hospital_planned for month in year) / (days * 5.0 / 7.0)
        stay = [math.exp(-parameters.planned.leaves_a_week * weeks) for weeks in (parameters.planned.outpatient_wait_weeks, parameters.planned.list_wait_weeks)]
        known.hospitals["clinic_rate"] = np.maximum(planned[:, HOSPITAL_VISITS] * stay[0], 0.02)
        known.hospitals["theatre_rate"] = np.maximum(planned[:, [HOSPITAL_DAY_CASES, HOSPITAL_ELECTIVE_STAYS]].sum(axis=1) * stay[0] * stay[1], 0.02)
    minutes = np.mean([month.counts[:, PACKAGE_MINUTES_COUNT] for month in year], axis=0)
    known.councils["care_capacity"] = np.maximum(minutes * (1.0 + parameters.market.home_care_slack), 1)
    return remainder


def day_case_share(year: list[Month], parameters: Parameters) -> np.ndarray:
    """Return the share of each hospital's operations without a night that the stated chances of a night came to.

    Parameters
    ----------
    year : months in which no bed was short, so that none was cancelled

    Returns
    -------
    ndarray, shape (n_hospitals,)
        Where nobody was operated on, that of operations neither on joint nor heart.
    """
    planned = sum(month.hospital_planned for month in year)
    operations = planned[:, HOSPITAL_DAY_CASES] + planned[:, HOSPITAL_ELECTIVE_STAYS]
    share = planned[:, HOSPITAL_DAY_CASES] / np.maximum(operations, 1)
    return np.where(operations > 0, share, 1.0 - parameters.planned.overnight_other)


def set_services(known: Organisations, rows: np.ndarray, rules: np.record) -> None:
    """Set how many people each consortium's services can serve as they do at rest: those who are concerned today."""
    alive = rows["end_month"] == ALIVE
    at_home = (rows["care"] & SETTING_MASK) < Setting.RESIDENTIAL
    frail = (rows["frailty"] >= rules.frail_from) & (rows["need"] > 0)
    concerned = {
        "nursing_adults": alive, "mental_adults": alive, "dementia_people": alive & (rows["conditions"] & DEMENTIA != 0),
        "continence_people": alive & at_home & frail, "home_residents": alive & ~at_home,
    }  # fmt: skip
    for name, people in concerned.items():
        known.consortia[name] = np.bincount(rows["consortium"][people], minlength=len(known.consortia))
    known.consortia["home_residents"] *= REST_HOME_SUPPORT


def set_baseline(known: Organisations, prices: Prices, year: list[Month]) -> None:
    """Set the number of spells a year that each hospital is paid in full: the stated share of what it had in these months.

    Spells beyond it are paid the marginal rate from then on, so that out-turn and runs are priced by one rule.
    """
    spells = sum(month.hospital_out[:, HOSPITAL_ADMISSIONS] for month in year) / len(year) * 12.0
    known.hospitals["baseline_spells"] = np.maximum(np.rint(spells * prices.baseline_share), 1)


def settle(
    place: Place, scale: float, parameters: Parameters, free_months: int = FREE_MONTHS, settling_months: int = SETTLING_MONTHS, threads: int = 1
) -> StartingState:
    """Build the people of a place and let care settle around them at the observed levers: of a large place, a sample first.

    `free_months` and `settling_months` are those of everybody, or of the sample; see :func:`settle_by_sample`.
    """
    rows = build_people(place, scale)
    way = settle_by_sample if len(rows) > SETTLED_WHOLE else settle_whole
    return way(place, scale, rows, parameters, free_months, settling_months, threads)


def settle_whole(
    place: Place, scale: float, rows: np.ndarray, parameters: Parameters, free_months: int, settling_months: int, threads: int = 1
) -> StartingState:
    """Settle everybody of a place.

    Parameters
    ----------
    rows : RECORD, everybody of the place as built; written to
    """
    rules, tables = compile_rules(parameters), reference_tables(parameters)
    known = organisations_of(place, parameters, scale)
    seed = np.uint64(PEOPLE_SEED)
    begin(rows, 0, len(rows), 0, tables, rules, known.consortia, 0, seed, cumulative_catchment(place))
    starting_rows = rows.copy()
    uptake = np.full(len(place.councils), UPTAKE)
    levers, notes = observed_levers(place, rows, rules, uptake)
    set_levers(known, levers)
    begin_care(rows, 0, len(rows), known.councils, uptake, rules, seed)
    months = free_months + settling_months
    engine = Engine(People(rows), tables, rules, known, PEOPLE_SEED, calendar_before(months), threads)
    state = let_settle(engine, place, scale, parameters, Beginnings(starting_rows), uptake, notes, free_months, settling_months, BUDGET_MONTHS)
    return dataclasses.replace(state, arrays={**state.arrays, "starting_rows": starting_rows})


def settle_by_sample(
    place: Place, scale: float, rows: np.ndarray, parameters: Parameters, free_months: int, settling_months: int, threads: int = 1
) -> StartingState:
    """Settle a sample of a place; let everybody take after somebody of it, and live on some years together.

    Limits, budgets and levers are those of the years together: of the sample only the people are taken, and what clinics, theatres
    and intermediate care can do.

    Parameters
    ----------
    rows : RECORD, everybody of the place as built; written to
    free_months, settling_months : of the sample
    """
    part = scale / math.ceil(len(rows) / SAMPLE_PEOPLE)
    sample = settle_whole(place, part, build_people(place, part), parameters, free_months, settling_months, threads)
    rules, tables, known = compile_rules(parameters), reference_tables(parameters), organisations_of(place, parameters, scale)
    seed = np.uint64(PEOPLE_SEED)
    donor = donors(rows, sample.arrays["rows"], seed)
    take_after(rows, sample.arrays["rows"], donor, cumulative_catchment(place), seed)
    inherited = {name: inherit(sample.arrays[name], donor, rows) for name in ("cases", "future", "waiting")}
    count_in_use(known, inherited["cases"], rows)
    times = len(rows) / len(sample.arrays["rows"])
    for rate in ("clinic_rate", "theatre_rate"):  # without limits the lines, which take years to form, would dissolve
        known.hospitals[rate] = sample.organisations.hospitals[rate] * times
    known.consortia["intermediate_places"] = sample.organisations.consortia["intermediate_places"] * times
    set_levers(known, sample.organisations.councils["levers"][:, [Lever.STRICTNESS, Lever.GENEROSITY]])
    uptake = np.full(len(place.councils), UPTAKE)
    levers, notes = observed_levers(place, rows, rules, _uptake(place, rows, known, rules, uptake))
    set_levers(known, levers)
    engine = Engine(People(rows), tables, rules, known, PEOPLE_SEED, calendar_before(TOGETHER_FREE_MONTHS + TOGETHER_SETTLING_MONTHS), threads)
    engine.load_state(inherited)
    engine.count_listed()
    beginnings = Beginnings(sample.starting_rows, donor)
    state = let_settle(
        engine, place, scale, parameters, beginnings, uptake, notes, TOGETHER_FREE_MONTHS, TOGETHER_SETTLING_MONTHS, TOGETHER_BUDGET_MONTHS
    )  # fmt: skip
    return dataclasses.replace(state, arrays={**state.arrays, "starting_rows": sample.starting_rows, "donor": donor})


def calendar_before(months: int) -> Calendar:
    """Return the calendar of a warm-up that ends when a run begins."""
    return Calendar(f"{2014 - months // 12}-04")


def set_levers(known: Organisations, levers: np.ndarray) -> None:
    """Put strictness and generosity, shape (n_councils, 2), and with them all levers as they now are, at rest."""
    known.councils["levers"][:, [Lever.STRICTNESS, Lever.GENEROSITY]] = levers
    known.councils["rest"] = known.councils["levers"]
    known.hospitals["rest"] = known.hospitals["levers"]


def let_settle(
    engine: Engine, place: Place, scale: float, parameters: Parameters, beginnings: Beginnings, uptake: np.ndarray,
    notes: list[tuple[str, str, float, str, str]], free_months: int, settling_months: int, budget_months: int,
) -> StartingState:  # fmt: skip
    """Let a place live in frozen demography: `free_months` without limits, then with limits set from them.

    Parameters
    ----------
    engine : the people, at rest and without limits
    beginnings : what the dead are replaced by
    uptake : shape (n_councils,), of council care where nothing better is known
    notes : on the levers as first solved
    budget_months : at the end, from which out-turn is taken
    """
    known, rules, tables = engine.organisations, engine.rules, engine.tables
    months = free_months + settling_months
    year: list[Month] = []
    recovering: list[np.ndarray] = []
    asked: list[tuple[np.ndarray, np.ndarray]] = []
    remainder = np.zeros(len(place.hospitals))
    brought = np.zeros((N_KINDS, len(place.consortia), len(place.hospitals)), dtype=np.int64)
    for number in range(months):
        if 0 < number < free_months and number % 12 == 0:
            levers, notes = observed_levers(place, engine.people.rows, rules, _uptake(place, engine.people.rows, known, rules, uptake))
            set_levers(known, levers)
        if number == free_months // 2 and (known.consortia["intermediate_places"] >= UNLIMITED).all():
            # first, since whoever finds no place there asks more of the hospital and the council
            places = np.mean(recovering[-MONTHS_KEPT:], axis=0) * INTERMEDIATE_OF_NEED / tables.wait[Reason.FURTHER_NHS]
            known.consortia["intermediate_places"] = np.maximum(places, 0.5 * scale)
        if number == free_months:
            remainder = set_limits(known, place, parameters, scale, year[-MONTHS_KEPT:])
        if number == max(months - budget_months, free_months):  # an April: out-turn is taken from here on
            set_baseline(known, parameters.prices, year[-(number - free_months or MONTHS_KEPT) :])
        if number >= months - budget_months:  # the only months in which it is asked what care of each kind of people came to
            engine.kinds_of = lambda rows, clock: kinds_of(rows, parameters.several_conditions, parameters.frail_elders, clock)
        if number % 12 == 0:
            begin_year(known.hospitals)
            if number > 0 or not engine.listed.any():  # a sample's lists are kept
                at_rest = np.full(len(place.consortia), REST_PROACTIVE)
                engine.renew_proactive(at_rest, at_rest, number)
        month = engine.month(number, clock=0)
        engine.keep_as_it_was(month.deaths, beginnings, number)
        brought = brought + month.brought
        asked.append(engine.asked_for())
        recovering.append(known.consortia["intermediate_used"].copy())
        year = [*year[1 - max(budget_months, MONTHS_KEPT) :], month.compact()]
    begin_year(known.hospitals)
    set_services(known, engine.people.rows, rules)
    year = year[-min(budget_months, months) :]
    arrays = engine.state()
    rebase_time(arrays, months, engine.calendar.first_day(months))
    return StartingState(
        arrays=arrays, organisations=known, proactive_rest=REST_PROACTIVE,
        remainder_beds=remainder, listed=engine.listed,
        asked_minutes=np.mean([minutes for minutes, _ in asked[-MONTHS_KEPT:]], axis=0), asked_places=np.mean([places for _, places in asked[-MONTHS_KEPT:]], axis=0), year=tuple(year),
        weekdays=tuple(engine.calendar.weekday(month.number) for month in year), brought=brought, solved=tuple(notes),
    )  # fmt: skip


def _key(place: Place, scale: float, parameters: Parameters) -> str:
    parts = {"place": _contents(place), "scale": scale, "parameters": parameters.values()}
    parts["sources"] = source_hash()
    parts["rates"] = fitted_rates().digest()
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _contents(place: Place) -> str:
    """Return a hash of all of a place that a starting state depends on, whatever file it was read from."""
    digest = hashlib.sha256(repr((place.councils, place.consortia, place.hospitals)).encode())
    arrays = (place.small_areas, place.cells, place.turning_18, place.net_migration, place.catchment)
    for array in (*arrays, *(place.register_ratio[name] for name in sorted(place.register_ratio))):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Return a hash of the code and data that a starting state depends on."""
    room = Path(__file__).parent
    digest = hashlib.sha256()
    data = [path for path in (room / "data").rglob("*.*") if "derived" not in path.parts]
    for path in sorted([*room.glob("*.py"), *(room / "places").glob("*.toml"), *data, *(room.parent / "agents").rglob("*.py")]):
        digest.update(path.relative_to(room.parent).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=2)
def _settled(place_key: str, place: _Held, scale: float, parameters: Parameters) -> StartingState:
    folder = cache_folder()
    if folder is None:
        return settle(place.place, scale, parameters, threads=place.threads)
    stored = folder / f"start-{place_key}"
    if not stored.exists():
        state = settle(place.place, scale, parameters, threads=place.threads)
        try:
            _store(state, stored)
        except OSError:
            if not stored.exists():  # the disk is full, say: this run goes without, as it would without a cache folder
                return state
    return _stored(stored)


def _store(state: StartingState, stored: Path) -> None:
    """Write a state as the folder `stored`, which is there whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written, or another process was first.
    """
    with tempfile.TemporaryDirectory(dir=stored.parent) as beside:
        new = Path(beside) / stored.name
        new.mkdir()
        for name, array in state.arrays.items():
            np.save(new / f"{name}.npy", array)
        with (new / "state.pickle").open("wb") as stream:
            pickle.dump(dataclasses.replace(state, arrays={}), stream, protocol=5)
        new.rename(stored)


def _stored(folder: Path) -> StartingState:
    """Return the state that :func:`_store` wrote."""
    with (folder / "state.pickle").open("rb") as stream:
        state = pickle.load(stream)  # written by this program, in the user's own cache folder
    return dataclasses.replace(state, arrays=ArraysOnDisk(folder))


class _Held:
    """Carries a place, and threads, past the cache without being part of its key: the place's key says what it is."""

    def __init__(self, place: Place, threads: int) -> None:
        self.place, self.threads = place, threads

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


def starting_state(place: Place, scale: float, parameters: Parameters, threads: int = 1) -> StartingState:
    """Return the starting state, from the cache folder if it was built before with the same code, data and parameters."""
    parts = ("living", "seeking", "care", "hospital", "planned", "market", "prices", "frail_elders", "several_conditions")
    relevant = dataclasses.replace(Parameters(), **{part: getattr(parameters, part) for part in parts})
    return _settled(_key(place, scale, relevant), _Held(place, threads), scale, relevant)
