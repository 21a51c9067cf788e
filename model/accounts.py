"""What a month costs on each account, and to whom: the one place where quantities become pounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from agents.hospital.state import RECORDED_OUT, SNAPSHOT_OUT
from agents.patients.living import (
    BUDGET_CARE,
    COUNCIL_CARE,
    FREE_CARE,
    FREE_NURSING,
    FREE_RESIDENTIAL,
    FREE_SELF_NURSING,
    FREE_SELF_RESIDENTIAL,
    NURSING_COUNCIL,
    NURSING_SELF,
    RESIDENTIAL_COUNCIL,
    RESIDENTIAL_SELF,
    SELF_CARE,
)
from agents.vocabulary import N_RESPONSIBLE, Account, Lever, Party, Responsible, Service
from model.engine import LIVING_COUNT, Month, Organisations
from model.parameters import Parameters
from model.payment import Reimbursement, pence
from model.place import Place
from model.resources import CostKind, cost_by_kind, hospital_lines

RECORDED_AGAINST_COUNCILS = range(RECORDED_OUT + Responsible.SOCIAL_CARE, SNAPSHOT_OUT, N_RESPONSIBLE)
"""Columns of ``Month.out``: recorded delayed days that social care alone answers for, for which a hospital may claim."""


UNIT_OF: Mapping[Account, Party] = {
    Account.ACUTE: Party.CONSORTIUM,
    Account.COMMUNITY: Party.CONSORTIUM,
    Account.SOCIAL_CARE: Party.COUNCIL,
    Account.CONTINUING_CARE: Party.CONSORTIUM,
    Account.MENTAL_HEALTH: Party.CONSORTIUM,
    Account.PUBLIC_HEALTH: Party.COUNCIL,
    Account.PRIMARY_CARE: Party.CONSORTIUM,
}
"""Whose area each account is kept for, whoever holds it; a hospital's account is its own."""


SERVICES_OF: Mapping[Account, tuple[Service, ...]] = {
    Account.ACUTE: (
        Service.ATTENDANCE, Service.EMERGENCY_SPELL, Service.EXCESS_DAYS, Service.OUTPATIENT, Service.ELECTIVE, Service.ACUTE_CONTRACT,
    ),
    Account.COMMUNITY: (Service.COMMUNITY, Service.PROACTIVE, Service.COMMUNITY_NURSING, Service.CONTINENCE, Service.CARE_HOME_SUPPORT),
    Account.SOCIAL_CARE: (
        Service.ASSESSMENT, Service.REABLEMENT, Service.HOME_CARE, Service.RESIDENTIAL_CARE, Service.NURSING_CARE, Service.CHARGES,
        Service.DELAY_REIMBURSEMENT, Service.BROKERAGE,
    ),
    Account.CONTINUING_CARE: (Service.CONTINUING_CARE,),
    Account.MENTAL_HEALTH: (Service.MENTAL_HEALTH, Service.DEMENTIA),
    Account.PUBLIC_HEALTH: (Service.PREVENTION,),
    Account.PRIMARY_CARE: (Service.PRIMARY_CARE,),
}  # fmt: skip
"""The service lines that each account pays for."""


class Capacity(NamedTuple):
    """A service whose capacity a lever sets, paid for whether it is used or not.

    Parameters
    ----------
    lever : that sets it, a level of 1 or the rest's being what was observed
    account, service : what it is paid from, and its line in the ledger
    cost : field of :class:`Costs`
    fields : of ``COUNCIL_STATE`` or ``CONSORTIUM_STATE`` that the level multiplies; none where kernels read the level itself
    payee : who provides it
    """

    lever: Lever
    account: Account
    service: Service
    cost: str
    fields: tuple[str, ...] = ()
    payee: str = "community provider"


CAPACITIES = (
    Capacity(Lever.REABLEMENT, Account.SOCIAL_CARE, Service.REABLEMENT, "reablement", ("reablement_places",)),
    Capacity(Lever.ASSESSMENT, Account.SOCIAL_CARE, Service.ASSESSMENT, "assessment", ("assessment_rate",), "elsewhere"),
    Capacity(Lever.BROKERAGE, Account.SOCIAL_CARE, Service.BROKERAGE, "brokerage", ("start_rate",), "elsewhere"),
    Capacity(Lever.PREVENTION, Account.PUBLIC_HEALTH, Service.PREVENTION, "prevention"),
    Capacity(Lever.COMMUNITY, Account.COMMUNITY, Service.COMMUNITY, "intermediate", ("intermediate_places",)),
    Capacity(Lever.PROACTIVE, Account.COMMUNITY, Service.PROACTIVE, "proactive"),
    Capacity(Lever.COMMUNITY_NURSING, Account.COMMUNITY, Service.COMMUNITY_NURSING, "community_nursing", ("nursing_adults",)),
    Capacity(Lever.CONTINENCE, Account.COMMUNITY, Service.CONTINENCE, "continence", ("continence_people",)),
    Capacity(Lever.CARE_HOME_SUPPORT, Account.COMMUNITY, Service.CARE_HOME_SUPPORT, "home_support", ("home_residents",)),
    Capacity(Lever.MENTAL_HEALTH, Account.MENTAL_HEALTH, Service.MENTAL_HEALTH, "mental_health", ("mental_adults",)),
    Capacity(Lever.DEMENTIA, Account.MENTAL_HEALTH, Service.DEMENTIA, "dementia", ("dementia_people",)),
    Capacity(Lever.GP_ACCESS, Account.PRIMARY_CARE, Service.PRIMARY_CARE, "primary_care", ("gp_capacity",), "elsewhere"),
)


class HospitalCapacity(NamedTuple):
    """What a lever of a hospital sets: its cost is a line of the resource account, and falls on the hospital's margin.

    Parameters
    ----------
    lever : that sets it, a multiple of what was observed
    field : of ``HOSPITAL_STATE`` that the level multiplies
    line : of the resource account
    service : line of the ledger that the lever's decision is about
    """

    lever: Lever
    field: str
    line: str
    service: Service


HOSPITAL_CAPACITIES = (
    HospitalCapacity(Lever.DISCHARGE_COORDINATION, "coordination_rate", "discharge coordination", Service.EMERGENCY_SPELL),
    HospitalCapacity(Lever.ELECTIVE_LISTS, "theatre_rate", "theatre lists", Service.ELECTIVE),
)


@dataclass(frozen=True, slots=True)
class Costs:
    """Pence of one month, by council (c), consortium (k) or hospital (h); int64 arrays.

    Parameters
    ----------
    home_care, residential, nursing, assessment, reablement : (c,) gross, paid by the holder of social care
    charges : (c,) recovered from households, of the above
    free_residential, free_nursing : (c,) paid by the holder of social care for free care of people who pay their board and lodging themselves
    self_home, self_residential, self_nursing : (c,) paid by households to providers
    spells : (k,) spells, excess days, attendances, outpatient visits and operations, or contracts, paid to hospitals
    prevention, brokerage : (c,) of councils
    intermediate, proactive, community_nursing, continence, home_support, mental_health, dementia, primary_care : (k,)
        services of consortia
    continuing : (c, k) continuing healthcare, paid to the markets of councils
    reimbursement : (c, h) paid by the holder of social care to hospitals for recorded delays
    income : (h,) what hospitals are paid by all of these
    fixed, step, marginal : (h,) what the month's care takes in hospitals, see ``model.resources``
    contributed : (c, k) what consortia pay towards social care beyond what they paid in the base year, see ``model.joint_scheme``
    """

    home_care: np.ndarray
    residential: np.ndarray
    nursing: np.ndarray
    assessment: np.ndarray
    reablement: np.ndarray
    charges: np.ndarray
    free_residential: np.ndarray
    free_nursing: np.ndarray
    self_home: np.ndarray
    self_residential: np.ndarray
    self_nursing: np.ndarray
    spells: np.ndarray
    intermediate: np.ndarray
    proactive: np.ndarray
    brokerage: np.ndarray
    prevention: np.ndarray
    community_nursing: np.ndarray
    continence: np.ndarray
    home_support: np.ndarray
    mental_health: np.ndarray
    dementia: np.ndarray
    primary_care: np.ndarray
    continuing: np.ndarray
    reimbursement: np.ndarray
    income: np.ndarray
    fixed: np.ndarray
    step: np.ndarray
    marginal: np.ndarray
    contributed: np.ndarray

    @property
    def resources(self) -> np.ndarray:
        """What the month's care takes, by hospital: fixed, step and marginal costs."""
        return self.fixed + self.step + self.marginal

    @property
    def social_care(self) -> np.ndarray:
        """Net cost of social care by council."""
        care = self.home_care + self.residential + self.nursing + self.assessment + self.brokerage + self.reablement - self.charges
        return care + self.free_residential + self.free_nursing + self.reimbursement.sum(axis=1)

    def on(self, account: Account) -> np.ndarray:
        """Return what falls on an account, by council or consortium as :data:`UNIT_OF` says.

        Raises
        ------
        KeyError
            For the hospitals' account, which is a margin: :attr:`income` less :attr:`resources`.
        """
        match account:
            case Account.ACUTE:
                return self.spells + self.contributed.sum(axis=0)  # a consortium's largest account, of which the rest is kept
            case Account.COMMUNITY:
                return self.intermediate + self.proactive + self.community_nursing + self.continence + self.home_support
            case Account.SOCIAL_CARE:
                return self.social_care - self.contributed.sum(axis=1)
            case Account.CONTINUING_CARE:
                return self.continuing.sum(axis=0)
            case Account.MENTAL_HEALTH:
                return self.mental_health + self.dementia
            case Account.PUBLIC_HEALTH:
                return self.prevention
            case Account.PRIMARY_CARE:
                return self.primary_care
        raise KeyError(account)

    @property
    def households(self) -> np.ndarray:
        """What households pay, by council."""
        return self.charges + self.self_home + self.self_residential + self.self_nursing


def last_year(history: Sequence[Costs]) -> dict[Account, np.ndarray]:
    """Return what the last twelve months came to on each account, pence by council or consortium."""
    return {account: sum(costs.on(account) for costs in history[-12:]) for account in UNIT_OF}


class CarePrices(NamedTuple):
    """What each council pays for care: pence, shape (n_councils,)."""

    home_care_hour: np.ndarray
    residential_week: np.ndarray
    nursing_week: np.ndarray
    reablement_week: np.ndarray

    def at(self, fees: np.ndarray | float) -> CarePrices:
        """Return these prices where the market is paid so many times as much; reablement is not bought there."""
        return CarePrices(*(np.rint(price * fees).astype(np.int64) for price in self[:3]), self.reablement_week)


def care_prices(place: Place) -> CarePrices:
    """Return what the place's councils pay at the fees observed."""
    names = ("home_care_pounds_per_hour", "residential_pounds_per_week", "nursing_pounds_per_week", "reablement_pounds_per_week")
    return CarePrices(*(np.array([pence(getattr(council, name)) for council in place.councils]) for name in names))


class LongTermCare(NamedTuple):
    """What a month of home care and care homes costs councils, gross: pence, shape (n_councils,)."""

    home_care: np.ndarray
    residential: np.ndarray
    nursing: np.ndarray


def long_term_care(totals: np.ndarray, prices: CarePrices) -> LongTermCare:
    """Return what long-term care costs at some prices; `totals` as in :class:`model.engine.Month`."""
    return LongTermCare(
        totals[:, COUNCIL_CARE] * prices.home_care_hour // 60,
        totals[:, RESIDENTIAL_COUNCIL] * prices.residential_week // 7,
        totals[:, NURSING_COUNCIL] * prices.nursing_week // 7,
    )


def free_care(totals: np.ndarray, prices: CarePrices) -> LongTermCare:
    """Return the part of :func:`long_term_care` that is free to people."""
    return LongTermCare(
        totals[:, FREE_CARE] * prices.home_care_hour // 60,
        totals[:, FREE_RESIDENTIAL] * prices.residential_week // 7,
        totals[:, FREE_NURSING] * prices.nursing_week // 7,
    )


def charged(care: LongTermCare, free: LongTermCare, level: np.ndarray | float, parameters: Parameters) -> np.ndarray:
    """Return what households are charged for long-term care.

    People are charged by their means, so that what they pay follows the hours and weeks they have, not the fees that the
    council pays for them. Where care is free they pay nothing at home, and in a home no more than board and lodging.

    Parameters
    ----------
    care, free : at the fees observed, and the part of it that is free
    level : multiple of the charges observed; nobody is charged more than the care costs
    parameters : the charges observed, and the part of a week in a home that is board and lodging
    """
    rules, homes = parameters.care, free.residential + free.nursing
    board = min(rules.residential_charge_share, parameters.entitlement.board_share)
    at_rest = (care.home_care - free.home_care) * rules.charge_share + (care.residential + care.nursing - homes) * rules.residential_charge_share + homes * board
    return np.floor(np.minimum(at_rest * level, care.home_care + care.residential + care.nursing)).astype(np.int64)


class SetByCouncils(NamedTuple):
    """What a month came to, beyond what it would have at the fees and charges observed: pence, shape (n_councils,)."""

    fees: LongTermCare
    charges: np.ndarray


def beyond_observed(month: Month, known: Organisations, place: Place, parameters: Parameters) -> SetByCouncils:
    """Return what the levels of fees and charges add to what councils pay, and to what households are charged."""
    levers = known.councils["levers"]
    prices = care_prices(place)
    observed = long_term_care(month.totals, prices)
    paid = long_term_care(month.totals, prices.at(levers[:, Lever.FEES]))
    free = free_care(month.totals, prices)
    charges = charged(observed, free, levers[:, Lever.CHARGES], parameters) - charged(observed, free, 1.0, parameters)
    return SetByCouncils(LongTermCare(*(now - then for now, then in zip(paid, observed, strict=True))), charges)


def working_days(days: int, weekday: int) -> int:
    """Return weekdays among `days` days that begin on `weekday` (Monday 0).

    Examples
    --------
    >>> working_days(30, 1)
    22
    """
    return sum((weekday + day) % 7 < 5 for day in range(days))


def month_costs(
    month: Month, weekday: int, known: Organisations, listed: np.ndarray, place: Place, parameters: Parameters, first_consortium: int, first_hospital: int, claimed: float = 0.0,
) -> Costs:
    """Return what a month came to.

    Parameters
    ----------
    month : quantities
    weekday : of its first day
    known : organisations as they stood in the month: capacity costs money whether it is used or not
    listed : shape (n_consortia,), people on the proactive lists
    first_consortium, first_hospital : the journal's index of the first of each
    claimed : share of the delayed days that councils answer for that hospitals are paid for
    """
    prices, care = parameters.prices, parameters.care
    totals = month.totals
    levers = known.councils["levers"]
    observed = care_prices(place)
    bought = long_term_care(totals, observed.at(levers[:, Lever.FEES]))
    own = known.councils["own_price"]
    journal = month.journal
    consortia, hospitals = len(known.consortia), len(known.hospitals)
    spells, income = np.zeros(consortia, dtype=np.int64), np.zeros(hospitals, dtype=np.int64)
    np.add.at(spells, journal["payer"].astype(np.int64) - first_consortium, journal["pence"])
    np.add.at(income, journal["payee"].astype(np.int64) - first_hospital, journal["pence"])
    work = working_days(month.days, weekday) + care.weekend_pace * (month.days - working_days(month.days, weekday))
    delays = reimbursement(month, place, parameters, claimed)
    free_day = known.councils["free_day"]
    budgets = totals[:, BUDGET_CARE] * observed.home_care_hour // 60
    kinds = cost_by_kind(hospital_lines(month, known.hospitals, parameters.costs))

    def a_year(people: str, pounds: float) -> np.ndarray:
        """Return the month's part of what consortia's services cost for so many people at a price a year."""
        return np.floor(known.consortia[people] * month.days / 365.25 * pence(pounds)).astype(np.int64)

    return Costs(
        home_care=bought.home_care + np.floor(budgets * parameters.entitlement.budget_costs).astype(np.int64),
        residential=bought.residential,
        nursing=bought.nursing,
        assessment=np.floor(known.councils["assessment_rate"] * work * pence(prices.assessment)).astype(np.int64),
        reablement=np.floor(known.councils["reablement_places"] * month.days / 7.0 * observed.reablement_week).astype(np.int64),
        charges=charged(long_term_care(totals, observed), free_care(totals, observed), levers[:, Lever.CHARGES], parameters),
        free_residential=totals[:, FREE_SELF_RESIDENTIAL] * free_day[:, 0],
        free_nursing=totals[:, FREE_SELF_NURSING] * free_day[:, 1],
        self_home=totals[:, SELF_CARE] * own[:, 0] // 60,
        self_residential=totals[:, RESIDENTIAL_SELF] * own[:, 1] - totals[:, FREE_SELF_RESIDENTIAL] * free_day[:, 0],
        self_nursing=totals[:, NURSING_SELF] * own[:, 2] - totals[:, FREE_SELF_NURSING] * free_day[:, 1],
        spells=spells,
        intermediate=np.floor(known.consortia["intermediate_places"] * month.days / 7.0 * pence(prices.intermediate_place_week)).astype(np.int64),
        brokerage=np.floor(known.councils["start_rate"] * work * pence(prices.package_start)).astype(np.int64),
        prevention=np.floor(month.counts[:, LIVING_COUNT] * levers[:, Lever.PREVENTION] * (pence(prices.prevention_adult) / 12.0)).astype(np.int64),
        community_nursing=a_year("nursing_adults", prices.community_nursing_adult),
        continence=a_year("continence_people", prices.continence_person),
        home_support=a_year("home_residents", prices.home_support_resident),
        mental_health=a_year("mental_adults", prices.mental_health_adult),
        dementia=a_year("dementia_people", prices.dementia_person),
        primary_care=np.floor(known.consortia["gp_capacity"] * month.days * pence(prices.appointment)).astype(np.int64),
        proactive=np.floor(listed * month.days / 365.25 * pence(prices.proactive_person)).astype(np.int64),
        continuing=month.continuing_days * pence(prices.continuing_week) // 7,
        reimbursement=delays,
        income=income + delays.sum(axis=0),
        fixed=kinds[CostKind.FIXED],
        step=kinds[CostKind.STEP],
        marginal=kinds[CostKind.MARGINAL],
        contributed=np.zeros((len(known.councils), consortia), dtype=np.int64),
    )


def reimbursement(month: Month, place: Place, parameters: Parameters, claimed: float) -> np.ndarray:
    """Return what councils owe hospitals for a month's recorded delays, in proportion to whom their people use.

    Returns
    -------
    ndarray, shape (n_councils, n_hospitals)
        Pence.
    """
    rule = Reimbursement(day=parameters.prices.delay_day, claimed=claimed)
    days = month.out[:, RECORDED_AGAINST_COUNCILS].sum(axis=1)
    owed = np.array([100.0 * rule.pounds(int(each)) for each in days])
    return np.floor(owed[:, None] * place.catchment).astype(np.int64)
