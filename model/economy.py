"""HealthEconomy: a place under a commissioning structure, stepped a month at a time.

The phases of a month are :data:`PHASES`, in order.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd

from agents.board import HealthAndWellbeingBoard
from agents.care_market import CareMarket
from agents.commissioner import Commissioner
from agents.consortium import GPConsortium
from agents.council import Council
from agents.deciding import LEVER_RANGES, Belief, Decision
from agents.hospital.billing import PRICES, begin_year
from agents.hospital.flows import HospitalFlow, flow_named
from agents.hospital.hospital import Hospital
from agents.hospital.state import ADMISSIONS_OUT
from agents.naming import nearest
from agents.organisation import Organisation, Purse, decides_this_month
from agents.patients.kinds import bit_of, kinds_of
from agents.patients.population import Population
from agents.patients.prevention import built_up
from agents.teams import meet
from agents.trusting import dispute_factor
from agents.vocabulary import HELD_ACCOUNTS, N_CAUSES, Account, Lever, Party, PeopleKind, Service
from model.accounts import (
    CAPACITIES,
    HOSPITAL_CAPACITIES,
    UNIT_OF,
    Costs,
    care_prices,
    last_year,
    month_costs,
)
from model.announced import Announcements
from model.beliefs import measured_beliefs
from model.care_resources import care_lines
from model.chance import case_pence, variances
from model.changing_over import besides_settlement, even_prices, hand_over, prices_taken_over, settle_up, take_up
from model.commissioning import Commissioning
from model.committed import account_lines, committed_pence
from model.consequences import own_consequences
from model.contracts import BaseYear, Contracts, contract_rows, people_served
from model.demography import Newcomers
from model.engine import Calendar, Engine, Month
from model.entitlement import FACTS, claimed, put_in_force
from model.epidemiology import reference_tables
from model.frail_elders import frail_parts
from model.groups import YearOfGroups
from model.holders import Holders, board_name, body_areas
from model.indicators import indicators, needed, yearly_totals
from model.interventions import Intervention, read_interventions
from model.joint_scheme import contributions
from model.learning import Learning
from model.ledger import JOURNAL, NEED, Ledger, Parties
from model.ledger import RULES as RULES_DECIDE
from model.management import management_at_rest
from model.markets import nearness, paid_elsewhere, placements, users, working_age
from model.measures import HEADLINE, OF_ORGANISATIONS
from model.new_burdens import AtRest, NewBurdens, at_rest
from model.observing import measure_month
from model.outcomes import GROUP_MEASURES, Outcomes, checked_keep
from model.parameters import Parameters
from model.patchwork import StructureChoice, check_together, patchwork_of, stages_of
from model.payment import block_month, month_part
from model.place import Place, load_place
from model.place_choice import PlaceChoice
from model.pooling import Pooling, Shared, Transfer, expecting, payments
from model.relationships import Relationships
from model.resources import hospital_lines
from model.rules import PEOPLE_SEED, compile_rules
from model.script import Script
from model.settlement import load_settlement
from model.starting_state import StartingState, cumulative_catchment, starting_state
from model.structures import BASELINE, CommissioningStructure, Entitlement, Payment, load_structure
from model.year_end import Budgets, close_year, held_back, purses_of

PHASES = ("settle", "decide", "live_and_flow", "pay", "observe")
"""The phases of a month, in order; the sweep and the days of care are one, since both belong to the engine."""

FUNDINGS = ("within", "funded")
LOG = ("month", "organisation", "lever", "before", "after", "decider", "advice", "reasons")
"""Columns of the log of decisions."""
DEFAULT_SEED = 1
CERTAIN = {Service.COMMITTED: "committed_spending", Service.MANAGEMENT: "management_cost", Service.TRANSITION: "transition_cost"}
"""Measures of what is certain to be paid, by service."""
MONTHS = 12


def prepare(place: PlaceChoice, scale: float = 1.0, parameters: Parameters | None = None, threads: int = 1) -> None:
    """Compile, and build and store the starting state of a place, so that later runs only load it."""
    starting_state(load_place(place), _checked_scale(scale), parameters or Parameters(), threads)
    nothing = {lever: Belief(lever=lever, costs={}, qalys=0.0) for lever in Lever if lever != Lever.NONE}
    HealthEconomy(place=place, scale=scale, parameters=parameters, years=1, beliefs=nothing, threads=threads).step()


class HealthEconomy(mesa.Model):
    """A local health and care economy.

    Parameters
    ----------
    place : name of a place or council, several councils by commas or in a list, or the path of a TOML file
    structure : name of a commissioning structure, or the path of a TOML file; one with a transition comes into being in the middle of the run;
        or structures by council: a mapping with one for the ``rest``, or the path of a file that states it (``model.patchwork``)
    seed : of the luck, 0 to 2**64 - 1; None means 1 (or `rng`, which ``mesa.batch_run`` may pass instead)
    years : after which :attr:`running` turns False
    scale : share of the place's people, 1 for all; below 1 is for demonstrations and tests
    parameters : all tunable numbers; the defaults if None
    start : first month, ``YYYY-MM``
    hold : levers frozen for everybody: name to level (capacities as a multiple of the observed level), or to None for
        the observed level
    threads : over which a month is spread, its sweep and, of its days, planned care and the nightly count; results do not depend on it
    settlement : name of a settlement, such as ``published`` (parameters' growth of budgets) or ``flat`` (no real growth), the path of a
        TOML file, or growth by year (``model.settlement.load_settlement``)
    demography : ``moving`` (people age, fall ill, move) or ``frozen`` (ages and conditions held, the dead replaced)
    beliefs : what organisations believe of levers; as measured if None
    hospital_flow : ``daily`` (compiled, a day at a time) or ``salabim`` (by the hour and minute), or a flow of one's own
    learning : whether organisations learn what their levers do from what they see
    funding : changing over, and what an entitlement is expected to cost, is paid for from ``within`` the settlement, or ``funded`` by the
        treasury on top
    interventions : what is done from outside, as plain data or as ``model.interventions`` has them
    keep : what is kept of people for :meth:`person_outcomes` (``people``) and :meth:`by_group` (``groups``)

    Attributes
    ----------
    patients : Population, a Mesa AgentSet of the living
    councils, consortia, hospitals, markets : lists of organisations
    bodies : organisations that the structure creates: one for the place, or one for each council
    boards : health and wellbeing board of each council; none where the structure has none
    council_levels : levels of councils' levers in each month since the start, shape (n_councils, n_levers), by code
    council_entitlements : what ``model.entitlement.FACTS`` were for each council in each of them
    organisations : all that hold accounts or own levers, by the ledger's index
    holders : who bears which bills and decides which levers
    begun : month in which what is in force now came into force
    world, worlds : in which organisations decide: of all, or of the first council; and of each structure, as `holders.patchwork` has them
    relationships : trust between organisations
    ledger, place, parameters, month, datacollector
    script : the interventions, as they are carried out
    outcomes : what is kept of people
    at_rest : what kernels knew of organisations at the start: levers, capacities, prices
    rules : the parameters as kernels read them

    Raises
    ------
    ValueError
        If a name is unknown (the nearest is given) or a number out of bounds.
    """

    def __init__(
        self,
        place: PlaceChoice = "berkshire-west",
        structure: StructureChoice = BASELINE,
        seed: int | None = None,
        *,
        rng: int | None = None,
        years: int = 10,
        scale: float = 1.0,
        parameters: Parameters | None = None,
        start: str = "2014-04",
        hold: Mapping[str, float | None] | None = None,
        threads: int = 1,
        settlement: str | Path | Mapping[str, Any] = "published",
        demography: str = "moving",
        beliefs: Mapping[Lever, Belief] | None = None,
        hospital_flow: str | HospitalFlow = "daily",
        learning: bool = False,
        funding: str = "within",
        interventions: Sequence[Mapping[str, Any] | Intervention] = (),
        keep: Sequence[str] = (),
    ) -> None:
        if seed is None:
            seed = DEFAULT_SEED if rng is None else rng
        seed = _checked_whole("seed", seed, 0, 2**64 - 1)
        super().__init__(rng=seed)
        self.seed_of_luck = seed
        self.years = _checked_whole("years", years, 1, 200)
        self.scale = _checked_scale(scale)
        self.parameters = parameters or Parameters()
        self.frozen = _one_of("demography", demography, ("moving", "frozen")) == "frozen"
        scripted = read_interventions(interventions)
        self.place: Place = load_place(place)
        councils = [(council.code, council.name) for council in self.place.councils]
        self.settlement = load_settlement(settlement, self.parameters.settlement, councils)
        coming = patchwork_of(structure, councils)
        self._stages = stages_of(coming, _checked_start(start))
        for stage in self._stages.values():
            check_together(stage, self.place, learning)
        self.funded = _one_of("funding", funding, FUNDINGS) == "funded"
        self.month = 0
        self.begun = 0
        self._made = np.zeros(len(councils), dtype=np.int64)
        self.learning: Learning | None = None
        hospital_flow = flow_named(hospital_flow) if isinstance(hospital_flow, str) else hospital_flow
        threads = _checked_whole("threads", threads, 1, 256)

        state = starting_state(self.place, self.scale, self.parameters, threads)
        self._state = state
        self._beginnings = state.beginnings
        self.parties = Parties.of_place(
            councils=[council.name for council in self.place.councils],
            consortia=[consortium.name for consortium in self.place.consortia],
            hospitals=[hospital.name for hospital in self.place.hospitals],
            commissioners=list(dict.fromkeys(name for stage in self._stages.values() for name in body_areas(stage, self.place))),
        )
        self.ledger = Ledger(self.parties)
        self.announcements = Announcements(coming, start, self.place, self.parties)
        first = {kind: self.parties.indices(kind)[0] for kind in (Party.COUNCIL, Party.CONSORTIUM, Party.HOSPITAL)}
        self._first = first
        self.rules = compile_rules(self.parameters, first[Party.COUNCIL], first[Party.CONSORTIUM], first[Party.HOSPITAL])
        self._tables = reference_tables(self.parameters)
        known = state.organisations.copy()
        self.at_rest = state.organisations
        newcomers = 0 if self.frozen else int(self.place.turning_18.sum() * self.scale * 2 + 1024)
        settled = len(state.arrays["rows"])
        people = state.people(settled + min(newcomers, settled // 3 + 1024))
        self.engine = Engine(people, self._tables, self.rules, known, seed, Calendar(start), threads, hospital_flow)
        self.engine.load_state(state.arrays)
        self.engine.listed = state.listed.copy()
        self.engine.contacts_before = people.rows["contacts"].copy()
        self._newcomers = Newcomers(self.place, self.scale, PEOPLE_SEED)
        self._catchment = cumulative_catchment(self.place)
        self.patients = Population(self, people)

        self.holders = Holders(self._stages[0], self.place, self.parties)
        self._held_since: list[tuple[int, Holders]] = [(0, self.holders)]
        self.ledger.decided_by_boards(self.holders.boards, 0)
        self._make_organisations(state)
        self._contracts = self._contracts_of(state)
        self.script = Script(scripted, self, start)
        self.outcomes = Outcomes(self, checked_keep(keep))
        self.outcomes.welcome()
        self._hold = hold = _checked_hold(hold or {})
        self._beliefs = beliefs = measured_beliefs() if beliefs is None else beliefs
        self.relationships = Relationships(self)
        self._set_rules()
        baseline = Commissioning(self, load_structure(BASELINE), beliefs, ())
        for unit in self._units:
            unit.solve_norms(baseline)
            for lever in unit.levers:
                if lever in hold and hold[lever] is not None:
                    unit.levers[lever] = hold[lever]
        if learning:
            self.learning = Learning(self)
        self._apply_levers()
        self._groups = YearOfGroups(state.year, people.rows, len(self.councils))
        self.council_levels: list[np.ndarray] = []
        self.council_entitlements: list[np.ndarray] = []
        self._decisions: list[dict[str, Any]] = []
        self._measures: list[tuple[int, str, str, float]] = []
        self._of_organisations = {measure.name: np.zeros(len(self.parties), dtype=np.int64) for measure in OF_ORGANISATIONS}
        self._last: dict[str, float] = {}
        self.datacollector = mesa.DataCollector(
            model_reporters={measure.name: functools.partial(_read, measure.name) for measure in HEADLINE}
        )

    @property
    def levers_solved(self) -> tuple[tuple[str, str, float, str, str], ...]:
        """Levers that were solved from data: organisation, lever, level, from what, and ``solved`` or ``assumed``."""
        return self._state.solved

    @property
    def structure(self) -> CommissioningStructure:
        """The structure in force, of all councils; an error where they live under different ones: see ``holders.structure_of``."""
        return self.holders.structure

    @property
    def by_council(self) -> list[str]:
        """Which councils live under which structure, in words: at the start and after each change; nothing where all always share one."""
        if all(len(stage.structures) == 1 for stage in self._stages.values()):
            return []
        names = [council.name for council in self.councils]
        return [f"{f'from month {month}: ' if month else ''}{stage.describe(names)}" for month, stage in self._stages.items()]

    @property
    def changes(self) -> tuple[int, ...]:
        """Months of the run in which a structure comes into being."""
        return tuple(month for month in self._stages if month)

    # Organisations and money

    def _make_organisations(self, state: StartingState) -> None:
        """Create every organisation at its observed levers, with budgets at the base year's out-turn, modelled and committed."""
        place, parameters, known = self.place, self.parameters, state.organisations
        self._history = [
            month_costs(month, weekday, known, state.listed, place, parameters, 0, 0) for month, weekday in zip(state.year, state.weekdays, strict=True)
        ]
        years = len(self._history) // MONTHS  # budgets are a mean of years, since one alone is noisy
        year = {account: sum(costs.on(account) for costs in self._history) // years for account in UNIT_OF}
        income, resources = (sum(getattr(costs, name) for costs in self._history) // years for name in ("income", "resources"))

        self._history = self._base_year = self._history[-MONTHS:]
        at = self.parties.index
        self.councils = [
            Council(
                self, name=council.name, index=at(council.name), heads=max(int(council.adults * self.scale), 1),
                rest={lever: float(known.councils["levers"][c, lever]) for lever in Council.own_levers},
                budgets={}, behaviour=parameters.council,
            )
            for c, council in enumerate(place.councils)
        ]  # fmt: skip
        self.consortia = [
            GPConsortium(
                self, name=consortium.name, index=at(consortium.name), heads=max(int(consortium.adults * self.scale), 1),
                rest={lever: float(known.consortia["levers"][k, lever]) for lever in GPConsortium.own_levers},
                budgets={}, behaviour=parameters.consortium,
            )
            for k, consortium in enumerate(place.consortia)
        ]  # fmt: skip
        self.hospitals = [
            Hospital(
                self, name=hospital.name, index=at(hospital.name), heads=max(int(hospital.catchment_adults * self.scale), 1),
                rest={lever: float(known.hospitals["levers"][h, lever]) for lever in Hospital.own_levers},
                budgets={Account.HOSPITAL: max(int(income[h] / hospital.share_of_trust), 1)}, behaviour=parameters.hospital_board,
            )
            for h, hospital in enumerate(place.hospitals)
        ]  # fmt: skip
        nearby = working_age(place) * self.scale
        self.markets = [
            CareMarket(
                self, name=self.parties.names[index], index=index, home_care_minutes=int(known.councils["care_capacity"][c]),
                places=int(known.councils["home_places"][c]), asked_minutes=int(state.asked_minutes[c]),
                asked_places=int(state.asked_places[c]), working_age=float(nearby[c]), behaviour=parameters.market,
            )
            for c, index in enumerate(self.parties.indices(Party.CARE_MARKET))
        ]  # fmt: skip
        places = known.councils["home_places"]
        self._used_by = users(placements(nearness(place), places, parameters.market.across_boundaries), places)
        self._units: list[Organisation] = [*self.councils, *self.consortia, *self.hospitals]
        self.bodies: list[Organisation] = []
        self._make_bodies()
        self._margin = income - resources
        self._out_turn = year, income
        self._set_budgets()

    def _make_bodies(self) -> None:
        """Create the bodies that the structure has and that are not there yet, and let go of those that it has no more."""
        there = {body.name: body for body in self.bodies}
        areas = body_areas(self.holders.patchwork, self.place)
        for body in self.bodies:
            if body.name not in areas:
                body.remove()
        self.bodies = [
            there.get(name) or Commissioner(
                self, name=name, index=self.parties.index(name), heads=sum(council.heads for council, here in zip(self.councils, area, strict=True) if here),
                rest={}, budgets={}, behaviour=self.parameters.commissioner,
            )
            for name, area in areas.items()
        ]  # fmt: skip
        self._holders: list[Organisation] = [*self._units, *self.bodies]
        self.organisations = {holder.index: holder for holder in self._holders}

    def _set_budgets(self, earlier: Budgets | None = None) -> None:
        """Give each organisation what it holds under the structure; `earlier` is what others held until now."""
        place, parameters = self.place, self.parameters
        modelled, income = self._out_turn  # pence a year at rest
        cases = case_pence(place, parameters.prices)
        self.account_lines = account_lines(place, modelled, self.scale)
        committed = committed_pence(place, modelled, self.scale)
        self._social_care = modelled[Account.SOCIAL_CARE] + committed[Account.SOCIAL_CARE]
        self.budgets = Budgets(
            modelled=modelled, committed=committed, variance=variances(modelled, cases), holders=self.holders,
            management=management_at_rest(place, self.scale, parameters.overheads), first=self._first, overheads=parameters.overheads, settlement=self.settlement,
            earlier=None if earlier is None else (earlier, self.month), funded=self.funded, burdens=self._new_burdens(),
        )  # fmt: skip
        self._remember_the_year()
        self._purses: dict[int, list[Purse]] = {}
        for holder in self._holders:
            if not isinstance(holder, Hospital):
                holder.endow(self.budgets.of_year(holder.index, self.month // MONTHS))
                purses = purses_of(self.holders.structure_of(holder.index), holder.budgets)
                self._purses[holder.index] = [Purse(accounts, self.budgets.chance(holder.index, accounts)) for accounts in purses]
        spread = {account: self.budgets.spread(account) for account in UNIT_OF} | {Account.HOSPITAL: income.astype(float) * cases[Account.HOSPITAL][0]}
        for h, hospital in enumerate(self.hospitals):
            self._purses[hospital.index] = [Purse((Account.HOSPITAL,), float(spread[Account.HOSPITAL][h]) ** 0.5)]
        self._join_pools(spread)

    def _new_burdens(self) -> NewBurdens | None:
        """Return what the treasury pays for entitlements of councils' structures where the run is funded."""
        facts = [self.holders.structure_of(council.index).entitlement for council in self.councils]
        if not self.funded or all(each == Entitlement() for each in facts):
            return None
        return NewBurdens(self._who_needs_help, facts, self.engine.calendar, self.settlement, self.month)

    @functools.cached_property
    def _who_needs_help(self) -> AtRest:
        return at_rest(self._state, self.place, self.parameters, self.rules)

    def _join_pools(self, spread: Mapping[Account, np.ndarray]) -> None:
        """Let purses bear the parts of others' pooled accounts that fall on them; `spread` is the variance of a year's spending by account and holder."""
        self._poolings = [Pooling(structure, self.holders, self.frail_parts) for structure in self.holders.patchwork.structures]
        for holder in self._holders:
            pooling = self._pooling_of(holder)
            if pooling.shared:
                self._purses[holder.index] = pooling.joined(holder.index, self._purses[holder.index], spread)
                holder.prices.update(dict.fromkeys(pooling.bears(holder.index), 1.0))

    def _pooling_of(self, holder: Organisation) -> Pooling:
        """Return the pools of the structure that an organisation lives under."""
        return self._poolings[self.holders.number_of(holder.index)]

    def _settle_pools(self) -> None:
        """In April: who holds no money of its own answers for what pools put into its hands."""
        for holder in self._holders:
            pooling = self._pooling_of(holder)
            for at, purse in enumerate(self._purses[holder.index]):
                if purse.bears and not set(purse.accounts) & set(HELD_ACCOUNTS):
                    answers = pooling.answers_for(holder.index, {account: self._money(account, shared) for account, shared in pooling.shared.items()})
                    self._purses[holder.index][at] = purse._replace(answers_for=answers)

    def _money(self, account: Account, shared: Shared) -> np.ndarray:
        """Return what each holder of a pooled account has for it this year, pence; of a pool for some people, for modelled care."""
        holders = [self.organisations[int(party)] for party in shared.holders]
        year = self.month // MONTHS
        return np.array([holder.budgets[account] if shared.everybody else self.budgets.modelled_money(holder.index, account, year) for holder in holders])

    def _share_pools(self) -> list[Transfer]:
        """Return who owes whom what of pools' gaps, as forecast for the year, and let every purse know its part."""
        transfers = [
            transfer for pooling in self._poolings
            for transfer in pooling.transfers({account: self._gaps(account, shared) for account, shared in pooling.shared.items()})
        ]  # fmt: skip
        if any(pooling.shared for pooling in self._poolings):
            self._purses = expecting(self._purses, transfers)
        return transfers

    def _gaps(self, account: Account, shared: Shared) -> np.ndarray:
        """Return what each holder of a pooled account will spend beyond its budget this year, pence; of a pool for some people, on modelled care."""
        holders = [self.organisations[int(party)] for party in shared.holders]
        if shared.everybody:
            return np.array([self._forecasts(holder)[account] - holder.budgets[account] for holder in holders])
        return np.array([self.budgets.modelled_gap(holder.index, account, self._last_year, self.month // MONTHS) for holder in holders])

    @functools.cached_property
    def frail_parts(self) -> dict[Account, float]:
        """Part of each account that frail elders cost at rest; empty where no pool is for them alone."""
        if all(pool.people == "everybody" for stage in self._stages.values() for structure in stage.structures for pool in structure.pools):
            return {}
        return frail_parts(
            self._state.arrays, self._base_year, self._state.year[-MONTHS:], care_prices(self.place), self._tables["gp_age"], float(self.rules["frail_from"]), self.parameters.frail_elders
        )

    def _set_rules(self) -> None:
        """Let organisations decide, and boards sit, under the structure in force."""
        self.worlds = []
        for structure, here in self.holders.patchwork:
            self.engine.organisations.councils["disputes"][here] = 0.0 if structure.one_purse(Account.SOCIAL_CARE, Account.CONTINUING_CARE) else 1.0
            self.worlds.append(Commissioning(self, structure, self._beliefs, self._hold, self.holders, int(self._made[here][0]), foresees=True))
        self.world = self.worlds[0]
        self.boards = self._boards()

    def world_of(self, unit: Organisation) -> Commissioning:
        """Return the world in which an organisation's levers are decided: that of its own area."""
        return self.worlds[self.holders.number_of_area(unit.index)]

    def _change_over(self) -> None:
        """Let the structure that was announced come into being: holders, bodies, purses, contracts, boards; people and levers go on as they are."""
        before = self.holders
        earlier, purses = self.budgets, self._purses
        given = {holder.index: dict(holder.budgets) for holder in self._holders}
        prices = {holder.index: dict(holder.prices) for holder in self._holders}
        paid_by = self._payments()
        now = self._stages[self.month]
        for c, (was, number) in enumerate(zip(before.patchwork.number, now.number, strict=True)):
            old, new = before.patchwork.structures[was], now.structures[number]
            if (new.bodies, new.teams, new.board) != (old.bodies, old.teams, old.board):
                self._made[c] = self.month  # else nothing is new that would have to grow into its work
        self.begun = self.month
        self.holders = Holders(now, self.place, self.parties)
        self._held_since.append((self.month, self.holders))
        self.ledger.decided_by_boards(self.holders.boards, self.month)
        handed = hand_over(before, self.holders, earlier, purses, given, self._history, self.month)
        for payer, payee, pence in settle_up(handed):
            self.ledger.pay(payer, payee, Service.SETTLEMENT, pence, RULES_DECIDE, month=self.month)
        self._make_bodies()
        self._set_budgets(earlier)
        for (party, account), pence in besides_settlement(before, self.holders, earlier, given, self.month // MONTHS).items() if self.month % MONTHS else ():
            self.organisations[party].budgets[account] += pence
        taken = {account: prices_taken_over(before, self.holders, account, prices) for account in UNIT_OF}
        for holder in self._holders:
            own: dict[Account, int] = {}
            for each in handed:
                if each.taker == holder.index:
                    own[each.account] = own.get(each.account, 0) + each.carried
            self._purses[holder.index] = take_up(self._purses[holder.index], own)
            kept = {**prices.get(holder.index, {}), **{account: each[holder.index] for account, each in taken.items() if holder.index in each}}
            felt = {*holder.budgets, *(account for purse in self._purses[holder.index] for account in purse.bears)}
            holder.prices = {account: kept.get(account, 1.0) for account in Account if account in felt}
            even_prices(holder, self._purses[holder.index])
        if self._payments() != paid_by:
            for name in PRICES:
                self.engine.organisations.hospitals[name] = self.at_rest.hospitals[name]
            self._contracts = self._contracts_of(self._state)
        for board in self.boards:
            board.remove()
        self._set_rules()

    def _boards(self) -> list[HealthAndWellbeingBoard]:
        """Return the health and wellbeing board of each council, where the structure has boards."""
        found = []
        for number, council in enumerate(self.councils):
            structure = self.holders.structure_of(council.index)
            facts = structure.board
            if facts is not None:
                found.append(
                    HealthAndWellbeingBoard(
                        self, name=board_name(council.name), number=number, members=facts.members, power=facts.power, duty=facts.duty,
                        accounts=structure.holders, behaviour=self.parameters.board, seed=self.seed_of_luck,
                    )
                )  # fmt: skip
        return found

    def _payments(self) -> list[Payment]:
        """Return how each hospital is paid."""
        return [self.holders.structure_of(hospital.index).payment for hospital in self.hospitals]

    def _contracts_of(self, state: StartingState) -> list[tuple[np.ndarray, Contracts]]:
        """Return what stands in the place of prices, which nobody owes whose care it pays for, and for which hospitals; none where all is by the tariff."""
        payments, hospitals = self._payments(), self.engine.organisations.hospitals
        hospitals["contract_kinds"] = [0 if payment.kind is None else bit_of(payment.kind) for payment in payments]
        self.engine.kinds_of = self._kinds_of if hospitals["contract_kinds"].any() else None
        if all(payment.hospital == "tariff" for payment in payments):
            return []
        size = len(self.consortia), len(self.hospitals)
        income, resources = np.zeros(size, dtype=np.int64), np.zeros(size[1], dtype=np.int64)
        for month in state.year:  # parties of the warm-up count from 0
            np.add.at(income, (month.journal["payer"].astype(np.int64), month.journal["payee"].astype(np.int64)), month.journal["pence"])
            resources += sum(line.cost for line in hospital_lines(month, state.organisations.hospitals, self.parameters.costs))
        years = len(state.year) // MONTHS
        resources //= years
        found = []
        for payment in [each for at, each in enumerate(payments) if each.hospital != "tariff" and each not in payments[:at]]:
            theirs = np.array([each == payment for each in payments])
            covers = None
            if payment.kind is None:
                for name in PRICES:
                    hospitals[name][theirs] = 0
            else:
                covers = functools.partial(self._are_of, bit_of(payment.kind))
            brought = income if payment.kind is None else state.brought[payment.kind]
            base = BaseYear(income=brought // years, resources=resources, people=people_served(state.arrays["rows"], -1, *size, covers))
            shares = {"hospital" if kind == Party.HOSPITAL else "payer": share for kind, share in payment.shares.items()}
            found.append((theirs, Contracts(payment.hospital, base, shares, covers)))
        return found

    def _kinds_of(self, rows: np.ndarray, month: int) -> np.ndarray:
        """Return the kinds that people are of in a month, nobody growing older in frozen demography."""
        return kinds_of(rows, self.parameters.several_conditions, self.parameters.frail_elders, 0 if self.frozen else month)

    def _are_of(self, some: int, rows: np.ndarray, month: int) -> np.ndarray:
        """Tell which people are of some of the kinds in a month."""
        return self._kinds_of(rows, month) & some != 0

    def part_of(self, kind: PeopleKind | None) -> float:
        """Return the part of hospitals' bills at rest that was for care of one kind of people; 1 of everybody, for None."""
        if kind is None:
            return 1.0
        bills = sum(int(month.journal["pence"].sum()) for month in self._state.year)
        return float(self._state.brought[kind].sum()) / max(bills, 1)

    def holders_in(self, month: int) -> Holders:
        """Return who held what in a month of this run that has begun."""
        return next(holders for since, holders in reversed(self._held_since) if since <= month)

    def payer(self, account: Account, unit: int, month: int) -> int:
        """Return the ledger's index of who paid most on an account in a month for a council or consortium (by position)."""
        return self.holders_in(month).main(account, unit)

    # Phases

    def step(self) -> None:
        """Run one month."""
        self.script.begin_month()
        self._settle()
        self._decide()
        month = self._live_and_flow()
        costs = self._pay(month)
        self._observe(month, costs)
        self.month += 1
        self.running = self.month < self.years * MONTHS
        self.datacollector.collect(self)

    def run(self, years: int) -> None:
        """Run `years` more years."""
        for _ in range(_checked_whole("years", years, 1, 200) * MONTHS):
            self.step()

    def _settle(self) -> None:
        """In April: new budgets at the settlement, and the proactive lists renewed; in the month of a transition the structure changes."""
        if self.month and self.month in self._stages:
            self._change_over()
            self._settle_pools()
        if self.month % MONTHS:
            return
        if self.learning is not None:
            self.learning.learn()
        begin_year(self.engine.organisations.hospitals)
        year = self.month // MONTHS
        for holder in self._holders:
            holder.budgets.update(self.budgets.of_year(holder.index, year))
        self.script.fund(year)
        self._settle_pools()
        share = np.array([consortium.levers[Lever.PROACTIVE] for consortium in self.consortia])
        at_rest = np.array([consortium.rest[Lever.PROACTIVE] for consortium in self.consortia])
        if self.month > 0 or not np.array_equal(share, at_rest):  # the starting state has the lists of rest
            self.engine.renew_proactive(share, at_rest, self.month)

    def _decide(self) -> None:
        """Under the entitlements and rules in force, each month a third of the organisations decide, all on prices of the quarter's first day."""
        self.script.before_deciding()
        put_in_force(self)
        if self.month % 3 == 0:
            self._share_pools()
            for holder in self._holders:
                holder.update_prices(self._forecasts(holder), self.parameters.deciding, self._purses[holder.index])
            self._let_markets_respond()
            if self.month > 0:
                self.relationships.move()
        for position, unit in enumerate(self._units):
            if decides_this_month(position, self.month):
                unit.decide(self.world_of(unit))
        self._apply_levers()
        for state, council in zip(self.engine.organisations.councils, self.councils, strict=True):
            level, rest = council.levers[Lever.PREVENTION], council.rest[Lever.PREVENTION]
            state.prevention = built_up(state.prevention, level, rest, self.parameters.prevention.memory_years)

    def _let_markets_respond(self) -> None:
        """Once a quarter: markets follow what is asked for, and the fees of the councils whose people they look after."""
        minutes, places = self.engine.asked_for()
        fees = np.array([council.levers[Lever.FEES] / council.rest[Lever.FEES] for council in self.councils])
        felt = 1.0 + (self._used_by * (fees - 1.0)).sum(axis=1)
        for c, market in enumerate(self.markets):
            market.respond(asked_minutes=int(minutes[c]), asked_places=int(places[c]), home_care_fee=float(fees[c]), place_fee=float(felt[c]))

    def _places_brought(self) -> np.ndarray:
        """Return the care-home places that fees or interventions have brought to each market or driven away, shape (n_markets,)."""
        by_fees = np.array([market.places_by_fees for market in self.markets])
        return by_fees + self.script.more("care_home_places", np.array([market.places_at_observed_fees for market in self.markets]))

    def _forecasts(self, holder: Organisation) -> dict[Account, float]:
        """Return what each account will spend this year: the modelled part as in the last twelve months, a seasonal forecast."""
        if not isinstance(holder, Hospital):
            return self.budgets.forecast(holder.index, self._last_year, self.month // MONTHS)
        h, last = holder.index - self._first[Party.HOSPITAL], self._history[-MONTHS:]
        margin = sum(int(costs.income[h]) - int(costs.resources[h]) for costs in last)
        return {Account.HOSPITAL: float(holder.budgets[Account.HOSPITAL] + int(self._margin[h]) - margin)}

    def _apply_levers(self) -> None:
        """Write the levers, and the capacities they set, where people and care meet them."""
        known, rest = self.engine.organisations, self.at_rest
        brought = (self._used_by * self._places_brought()[:, None]).sum(axis=0)  # to the places open to each council's residents
        minutes = 60.0 * self.script.more("home_care_hours", np.array([market.home_care_minutes / 60.0 for market in self.markets]))
        for c, council in enumerate(self.councils):
            state = known.councils[c]
            for lever, level in council.levers.items():
                state.levers[lever] = level
            state.withheld_lever = int(_withholding(council))
            state.care_capacity = max(self.markets[c].home_care_minutes + round(minutes[c]), 0)
            state.home_places = max(float(self.markets[c].places_at_observed_fees) + float(brought[c]), 0.0)
        for k, consortium in enumerate(self.consortia):
            for lever, level in consortium.levers.items():
                known.consortia[k].levers[lever] = level
        for capacity in CAPACITIES:
            units, now, before = (
                (self.councils, known.councils, rest.councils) if UNIT_OF[capacity.account] == Party.COUNCIL else (self.consortia, known.consortia, rest.consortia)
            )
            multiples = np.array([unit.levers[capacity.lever] / unit.rest[capacity.lever] for unit in units])
            for field in capacity.fields:
                now[field] = before[field] * multiples
        self._apply_relationships()
        for h, hospital in enumerate(self.hospitals):
            for lever, level in hospital.levers.items():
                known.hospitals[h].levers[lever] = level
            for capacity in HOSPITAL_CAPACITIES:
                known.hospitals[capacity.field][h] = rest.hospitals[capacity.field][h] * (hospital.levers[capacity.lever] / hospital.rest[capacity.lever])

        self.script.open_beds()

    def _apply_relationships(self) -> None:
        """Write what trust, teams and reorganisation do where people and care meet them."""
        councils = self.engine.organisations.councils
        now, start = self.relationships.of_councils()
        councils["dispute_factor"] = dispute_factor(now, start, self.parameters.trusting)
        for world, (structure, here) in zip(self.worlds, self.holders.patchwork, strict=True):
            some = councils[here]
            meet(some, structure.teams, world.team_capability * now[here], self.parameters.teamwork)
            councils[here] = some
        left = 1.0 - self.parameters.reorganising.capacity_lost * np.array([self.world.disruption(council) for council in self.councils])
        for name in ("assessment_rate", "start_rate"):
            councils[name] *= left

    def _live_and_flow(self) -> Month:
        """Newcomers arrive; everybody lives a month; the days in hospital and care run."""
        if self.frozen:
            month = self.engine.month(self.month, clock=0)
            self.engine.keep_as_it_was(month.deaths, self._beginnings, self.month)
            return month
        people = self.engine.people
        people.append(self._newcomers.rows(self.month, len(people), self._tables, self.rules, self.engine.organisations, self._catchment))
        self.outcomes.welcome()
        return self.engine.month(self.month)

    def _pay(self, month: Month) -> Costs:
        """Post everything to the ledger and check that the books balance."""
        month = month.added_up()
        known, parties, ledger, number = self.engine.organisations, self.parties, self.ledger, self.month
        weekday = self.engine.calendar.weekday(number)
        consortium, hospital = self._first[Party.CONSORTIUM], self._first[Party.HOSPITAL]
        lines = hospital_lines(month, known.hospitals, self.parameters.costs)
        if self._contracts:
            resources = sum(line.cost for line in lines)
            sums = sum(contracts.month(number, self.engine.people.rows, resources) * theirs for theirs, contracts in self._contracts)
            month = dataclasses.replace(month, journal=np.concatenate([month.journal, contract_rows(sums, consortium, hospital)]))
        costs = month_costs(month, weekday, known, self.engine.listed, self.place, self.parameters, consortium, hospital, claimed(self.holders.patchwork.structures[0], self.parameters))
        costs = dataclasses.replace(costs, contributed=self._contributed())
        journal, notes = self.holders.as_structured(month.journal), self.holders.as_structured(month.notes)
        ledger.note(np.concatenate([notes, own_consequences(self, month, costs, journal)]), number)
        payments: list[tuple[int, int, Service, int, int]] = []

        def bill(account: Account, unit: int, payee: int, service: Service, pence: int, decider: int = NEED) -> None:
            if pence:  # most pairs of all England have nothing to do with each other
                payments.extend((payer, payee, service, part, decider) for payer, part in self.holders.bill(account, unit, pence))

        households, markets = parties.index("households"), parties.indices(Party.CARE_MARKET)
        elsewhere = paid_elsewhere(self._used_by, self._places_brought(), known.councils["home_places"])
        for c in range(len(self.councils)):
            market = markets[c]
            bill(Account.SOCIAL_CARE, c, market, Service.HOME_CARE, int(costs.home_care[c]))
            for service, amounts in ((Service.RESIDENTIAL_CARE, costs.residential), (Service.NURSING_CARE, costs.nursing)):
                across = {int(d): int(elsewhere[c, d] * int(amounts[c])) for d in np.flatnonzero(elsewhere[c])}
                for d, amount in across.items():
                    bill(Account.SOCIAL_CARE, c, markets[d], service, amount)
                bill(Account.SOCIAL_CARE, c, market, service, int(amounts[c]) - sum(across.values()))
            for service, amounts in ((Service.RESIDENTIAL_CARE, costs.free_residential), (Service.NURSING_CARE, costs.free_nursing)):
                bill(Account.SOCIAL_CARE, c, market, service, int(amounts[c]), RULES_DECIDE)
            payments.extend((households, payee, Service.CHARGES, part, RULES_DECIDE) for payee, part in self.holders.bill(Account.SOCIAL_CARE, c, int(costs.charges[c])))
            for h in np.flatnonzero(costs.reimbursement[c]).tolist():
                bill(Account.SOCIAL_CARE, c, hospital + h, Service.DELAY_REIMBURSEMENT, int(costs.reimbursement[c, h]), RULES_DECIDE)
            for service, amount in ((Service.HOME_CARE, costs.self_home), (Service.RESIDENTIAL_CARE, costs.self_residential), (Service.NURSING_CARE, costs.self_nursing)):
                payments.append((households, market, service, int(amount[c]), RULES_DECIDE))
        for c, k in np.argwhere(costs.continuing).tolist():
            bill(Account.CONTINUING_CARE, k, markets[c], Service.CONTINUING_CARE, int(costs.continuing[c, k]))
        for capacity in CAPACITIES:
            for unit, amount in enumerate(getattr(costs, capacity.cost)):
                bill(capacity.account, unit, parties.index(capacity.payee), capacity.service, int(amount))
        for c, k in np.argwhere(costs.contributed).tolist():
            payments += [(payer, payee, Service.POOL, amount, RULES_DECIDE) for payer, payee, amount in self.transfers(c, k, int(costs.contributed[c, k]))]
        outside = parties.index("elsewhere")
        payments += [(payer, outside, service, amount, NEED) for payer, service, amount in self.budgets.month(number)]
        for holder in self._holders:
            budget = sum(amount for account, amount in holder.budgets.items() if account not in (Account.HOSPITAL, Account.TRANSITION))
            share = block_month(budget - self.budgets.new_burden(holder.index, number // MONTHS), number)
            if share > 0:
                payments.append((parties.index("treasury"), holder.index, Service.SETTLEMENT, share, RULES_DECIDE))
        payments += [(parties.index("treasury"), payee, Service.SETTLEMENT, amount, RULES_DECIDE) for payee, amount in self.budgets.paid_on_top(number)]
        for kind, line in [*((Party.HOSPITAL, line) for line in lines), *care_lines(month, costs, self.parameters.costs)]:
            for unit, quantity in enumerate(line.quantity):
                ledger.use(line.name, self._first[kind] + unit, int(quantity), line.unit_pence, month=number, per=line.per)
            self._of_organisations["resource_cost"][self._first[kind] : self._first[kind] + len(line.cost)] += line.cost
        rows = np.zeros(len(payments), dtype=JOURNAL)
        for field, values in zip(("payer", "payee", "service", "pence", "decider"), zip(*payments, strict=True), strict=True):
            rows[field] = values
        ledger.post(np.concatenate([journal, rows]), number)
        ledger.books_balance(number)
        return costs

    def _contributed(self) -> np.ndarray:
        """Return what consortia pay this month towards each council's social care beyond the base year's, pence, shape (c, k)."""
        more = np.array([each.levers[Lever.CONTRIBUTION] - each.rest[Lever.CONTRIBUTION] for each in self.consortia])
        apart = self.holders.patchwork.by_council(lambda structure: not structure.one_purse(Account.SOCIAL_CARE, Account.ACUTE))
        return apart[:, None] * month_part(contributions(more, self._social_care, self.holders.areas[Party.COUNCIL, Party.CONSORTIUM]), self.month)

    def transfers(self, council: int, consortium: int, pence: int) -> list[tuple[int, int, int]]:
        """Return who pays whom what of a contribution to social care (negative: what is paid less of the base year's)."""
        payer, payee = (self.holders.bearer(account, council, consortium) for account in (Account.ACUTE, Account.SOCIAL_CARE))
        if payer == payee:
            return []
        return [(payer, payee, pence) if pence > 0 else (payee, payer, -pence)]

    def _observe(self, month: Month, costs: Costs) -> None:
        """Measure, look ahead, and close or open the gate to public funding."""
        self._history.append(costs)
        if self.learning is not None:
            self.learning.watch()
        self.council_levels.append(self.engine.organisations.councils["levers"].copy())
        self.council_entitlements.append(np.asarray(self.engine.organisations.councils)[FACTS].copy())
        self._remember_the_year()
        self._set_gates()
        spell_share = np.maximum(month.out[:, ADMISSIONS_OUT : ADMISSIONS_OUT + N_CAUSES].sum(axis=1).astype(float), 1e-9)
        bills = costs.spells.sum() * spell_share / spell_share.sum() + costs.continuing.sum(axis=1)
        heads = month.counts[:, 0] / month.counts[:, 0].sum()
        services = sum(costs.on(account).sum() for account in (Account.COMMUNITY, Account.MENTAL_HEALTH, Account.PRIMARY_CARE))
        found = measure_month(month, costs, bills + services * heads)
        self._last = {}
        for name, values in found.items():
            self._last[name] = float(values.sum())
            self._measures.append((self.month, "place", name, float(values.sum())))
            for council, value in zip(self.councils, values, strict=True):
                self._measures.append((self.month, council.name, name, float(value)))
        if self.month % MONTHS == MONTHS - 1:
            self._close_year()
            self.outcomes.year_end()
        self._measure_organisations()
        clock = 0 if self.frozen else self.month
        self._measures += self._groups.month(self.month, month, self.engine.people.rows, clock, [council.name for council in self.councils])
        spillover = self.ledger.spillover_pence(self.month) / 100.0
        self._last["spillover"] = spillover
        self._measures.append((self.month, "place", "spillover", spillover))
        for unit in self._units:
            for lever, level in unit.levers.items():
                self._measures.append((self.month, unit.name, f"lever/{lever.name.lower()}", float(level)))
        for holder in self._holders:
            for account, price in holder.prices.items():
                self._measures.append((self.month, holder.name, f"price_of_money/{account.name.lower()}", float(price)))
        self._measures += [(self.month, *row) for row in self.relationships.rows()]
        for c, council in enumerate(self.councils):
            self._measures.append((self.month, council.name, "funding_gate", float(self.engine.organisations.councils[c].gate)))

    def _set_gates(self) -> None:
        """The more a purse with social care in it lacks, the more non-critical starts wait for money, unless the structure lets nothing give way."""
        waits = self.holders.patchwork.by_council(lambda structure: Account.SOCIAL_CARE in structure.gives_way)
        if not waits.any():
            self.engine.organisations.councils["gate"] = 0.0
            return
        self._share_pools()
        gates = []
        for position, index in enumerate(self.holders.parties(Account.SOCIAL_CARE)):
            holder = self.organisations[int(index)]
            forecasts = self._forecasts(holder)
            purse = next(purse for purse in self._purses[holder.index] if Account.SOCIAL_CARE in purse.accounts)
            budget = sum(holder.budgets[account] for account in purse.accounts)
            gate = held_back(
                forecast=sum(forecasts.get(account, 0.0) for account in purse.accounts) + purse.owed, available=budget + purse.carried,
                allowance=self._limit(holder, budget) + self.settlement.chance_band * purse.chance,
                yields=float(self._last_year[Account.SOCIAL_CARE][position]), reach=self.settlement.gate_reach,
            )  # fmt: skip
            gates.append(gate)
        for c, shares in enumerate(self.holders.shares(Account.SOCIAL_CARE)):
            self.engine.organisations.councils[c].gate = float((shares / shares.sum() * gates).sum()) if waits[c] else 0.0

    def _remember_the_year(self) -> None:
        """Add up what each account came to in the last twelve months, pence by holder."""
        self._last_year = {account: self.holders.borne(account, pence) for account, pence in last_year(self._history).items()}

    def _close_year(self) -> None:
        """In March: partners in pools settle up; then what each purse has left or lacks is carried into the next year, lost, or let go."""
        for payer, payee, pence in payments(self._share_pools()):
            self.ledger.pay(payer, payee, Service.POOL, pence, RULES_DECIDE, month=self.month)
        for holder in self._holders:
            forecasts = self._forecasts(holder)
            for at, purse in enumerate(self._purses[holder.index]):
                budget = sum(holder.budgets[account] for account in purse.accounts)
                spent = int(sum(forecasts.get(account, 0.0) for account in purse.accounts)) + purse.owed
                if isinstance(holder, Hospital):  # its deficits have no limit, at the price that its margin's money has
                    self._of_organisations["hospital_deficit"][holder.index] = max(spent - budget, 0)
                    continue
                limit, chance = self._limit(holder, budget + purse.answers_for), self.settlement.chance_band * purse.chance
                end = close_year(budget + purse.carried, spent, limit, chance, keeps=holder.kind in self.holders.structure_of(holder.index).carry_forward)
                self._purses[holder.index][at] = purse._replace(carried=end.carried, owed=0)
                self._of_organisations["overspend"][holder.index] += max(-end.balance, 0)
                self._of_organisations["underspend"][holder.index] += max(end.balance, 0)
                if end.lost:
                    self.ledger.pay(holder.index, "treasury", Service.SETTLEMENT, end.lost, RULES_DECIDE, month=self.month)
        self.ledger.books_balance(self.month)

    def _limit(self, holder: Organisation, budget: int) -> float:
        """Return the pence that a holder may overspend in a year; a kind that the structure does not name has no limit."""
        limits = self.holders.structure_of(holder.index).deficit_limits
        return limits[holder.kind] * budget if holder.kind in limits else math.inf

    def _measure_organisations(self) -> None:
        """Write the measures of organisations' money, in pounds, for those that have any of it, and for the place."""
        for payer, service, amount in self.budgets.month(self.month):
            self._of_organisations[CERTAIN[service]][payer] += amount
        for holder in self._holders:
            self._of_organisations["carried_balance"][holder.index] = sum(purse.carried for purse in self._purses[holder.index])
        for name, amounts in self._of_organisations.items():
            self._last[name] = float(amounts.sum()) / 100.0
            self._measures.append((self.month, "place", name, self._last[name]))
            for index in np.flatnonzero(amounts):
                self._measures.append((self.month, self.parties.names[index], name, float(amounts[index]) / 100.0))
            amounts[:] = 0

    # Reading

    @property
    def last_months(self) -> list[Costs]:
        """What each of the last twelve months came to, those of rest before the start."""
        return self._history[-MONTHS:]

    def overspend(self, holder: Organisation) -> tuple[float, int]:
        """Return pence by which an organisation forecasts to overspend this year beyond what chance does, and pence that it has."""
        forecasts, over, available = self._forecasts(holder), 0.0, 0
        for purse in self._purses[holder.index]:
            budget = sum(holder.budgets[account] for account in purse.accounts) + purse.carried + purse.answers_for
            forecast = sum(forecasts.get(account, 0.0) for account in purse.accounts) + purse.answers_for + purse.owed
            over += max(forecast - budget - self.parameters.deciding.price_band * purse.chance, 0.0)
            available += budget
        return over, available

    @property
    def costs(self) -> list[Costs]:
        """What each month since the start came to on each account."""
        return self._history[MONTHS:]

    @property
    def measures(self) -> pd.DataFrame:
        """Tidy frame of all measures: month, organisation, measure, value."""
        return pd.DataFrame(self._measures, columns=["month", "organisation", "measure", "value"])

    def indicators(self, year: int | None = None) -> pd.DataFrame:
        """Return rates, shares and spreads by official definitions, see :mod:`model.indicators`: year, organisation, indicator, value.

        Parameters
        ----------
        year : from 1; every whole year that has been run if None

        Raises
        ------
        ValueError
            If that year has not been run to its end.
        """
        run = self.month // MONTHS
        if year is not None:
            year = _checked_whole("indicators.year", year, 1, run) if run else _no_year(year)
        frame = self.measures
        last = run if year is None else year
        first = 0 if year is None else year - 1
        frame = frame[frame["measure"].isin(needed()) & (frame["month"] < last * MONTHS) & (frame["month"] >= first * MONTHS)]
        found = indicators(yearly_totals(frame, ["organisation", "measure"]))
        return found.rename(columns={"measure": "indicator"})[["year", "organisation", "indicator", "value"]]

    def person_outcomes(self) -> np.ndarray:
        """Return what became of everybody, by row of the population (see ``model.outcomes.PERSON``); asked for with ``keep``."""
        return self.outcomes.people()

    def by_group(self, *by: str, measures: Sequence[str] = GROUP_MEASURES) -> pd.DataFrame:
        """Return measures added up by group, such as council, age_band and year (see ``model.outcomes``); asked for with ``keep``."""
        return self.outcomes.by_group(*by, measures=measures)

    @property
    def decisions(self) -> pd.DataFrame:
        """Log of decisions: month, organisation, lever, before, after, decider, advice, reasons.

        Organisation is whose lever it is; advice is what the board had to say, empty if nothing: a move given up on it leaves
        `after` as `before`. Of what an executive board decided, the board is the decider. Reasons are numbers by name, as JSON that reads back exactly: those of
        :class:`agents.deciding.Decision`, ``heads`` of the organisation, and of each account that the lever touches
        ``rest/NAME``, what a step up was felt to cost there at rest, which the norm balances; if the decider holds it, also
        ``forecast/NAME`` and ``budget/NAME``, pounds a year of the purse that it is paid from. While another structure is announced to
        whoever decides, ``foreseen`` is the part of what is looked ahead to that lies under it, by which stakes are those of then.
        """
        return pd.DataFrame(self._decisions, columns=LOG)

    def log_decision(self, unit: Organisation, decider: Organisation, decision: Decision, advice: str = "") -> None:
        """Add a decision to the log, with what the board had to say about it."""
        rest = {f"rest/{account.name.lower()}": felt for account, felt in unit.balanced[decision.lever].items()}
        reasons = {**decision.reasons, "heads": unit.heads, **rest, **self._pressure(decider, decision)}
        board = self.holders.boards.get(decider.index)
        self._decisions.append(
            {
                "month": self.month, "organisation": unit.name, "lever": decision.lever.name.lower(), "before": decision.before,
                "after": decision.after, "decider": board.name if board else decider.name, "advice": advice, "reasons": json.dumps(reasons, allow_nan=False),
            }
        )  # fmt: skip

    def log_rule(self, unit: Organisation, lever: Lever, before: float, after: float, rule: str) -> None:
        """Add what rules did to a lever to the log of decisions."""
        named = {"month": self.month, "organisation": unit.name, "lever": lever.name.lower(), "before": before, "after": after}
        self._decisions.append({**named, "decider": "rules", "advice": rule, "reasons": "{}"})

    def _pressure(self, decider: Organisation, decision: Decision) -> dict[str, float]:
        """Return forecast and budget, pounds a year, of what pays for each account that the decider holds and a lever touches."""
        forecasts, found = self._forecasts(decider), {}
        for purse in self._purses[decider.index]:
            known = [account for account in purse.accounts if account in decider.budgets and account in forecasts]
            forecast = sum(forecasts[account] for account in known) + purse.owed
            budget = sum(decider.budgets[account] for account in known) + purse.carried
            for name in (account.name.lower() for account in known):
                if f"price/{name}" in decision.reasons:
                    found |= {f"forecast/{name}": float(forecast) / 100.0, f"budget/{name}": float(budget) / 100.0}
        return found

    def latest(self, measure: str) -> float:
        """Return the last month's value of a measure for the whole place; NaN before the first month."""
        return self._last.get(measure, float("nan"))


def _withholding(council: Council) -> Lever:
    """Return the lever that is charged with care withheld: the band if it has moved, else whichever other moved further."""
    steps = {lever: abs(LEVER_RANGES[lever].steps(council.levers[lever], council.rest[lever])) for lever in (Lever.ELIGIBILITY, Lever.STRICTNESS, Lever.GENEROSITY)}
    if steps[Lever.ELIGIBILITY] > 0.0:
        return Lever.ELIGIBILITY
    return Lever.STRICTNESS if steps[Lever.STRICTNESS] >= steps[Lever.GENEROSITY] else Lever.GENEROSITY


def _read(measure: str, economy: HealthEconomy) -> float:
    return economy.latest(measure)


def _checked_whole(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= int(value) <= most:
        raise ValueError(f"HealthEconomy.{name} must be a whole number from {least} to {most}, got {value!r}")
    return int(value)


def _no_year(year: Any) -> int:
    raise ValueError(f"HealthEconomy.indicators.year must be a year that has been run, got {year!r} before the end of the first")


def _checked_scale(scale: Any) -> float:
    if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0.0 < scale <= 200.0:
        raise ValueError(f"HealthEconomy.scale must be a number above 0 and at most 200, got {scale!r}")
    return float(scale)


def _checked_start(start: Any) -> str:
    if not isinstance(start, str) or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", start):
        raise ValueError(f"HealthEconomy.start must be a month such as '2014-04', got {start!r}")
    datetime.date(int(start[:4]), int(start[5:]), 1)
    return start


def _one_of(name: str, value: Any, valid: tuple[str, ...]) -> str:
    if value not in valid:
        raise ValueError(f"HealthEconomy.{name} must be one of {', '.join(valid)}, got {value!r}")
    return value


def _checked_hold(hold: Mapping[str, float | None]) -> dict[Lever, float | None]:
    """Return held levers by code.

    Raises
    ------
    ValueError
        If a lever is unknown (the nearest is given) or a level outside its range.
    """
    names = {lever.name.lower(): lever for lever in Lever if lever != Lever.NONE}
    held: dict[Lever, float | None] = {}
    for name, level in hold.items():
        if name not in names:
            raise ValueError(f"unknown lever {name!r}; nearest: {nearest(name, names)}")
        bounds = LEVER_RANGES[names[name]]
        if level is not None and not bounds.low <= level <= bounds.high:
            raise ValueError(f"hold of {name} must lie in [{bounds.low:g}, {bounds.high:g}], got {level!r}")
        held[names[name]] = level
    return held
