"""Interventions: what is done to a place from outside, so that a natural experiment or a trial can be replayed.

An intervention says *what* is done, by exactly one of these keys, and how much of it:

==============  =============================================================================================
``lever``       frozen: at a ``level``; so many ``steps`` from rest; at a ``multiple`` of rest; along a ``path``,
                month by month; with none of these, where it stands at the start
``supply``      ``care_home_places``, ``home_care_hours`` a week or ``workforce`` of care markets, or hospital
                ``beds``: a ``multiple`` of what there would be, or so much ``more`` of it
``money``       the budget of an account: a ``change``, as a share of it, or pounds ``per_head`` of adults a year
``parameter``   of people, care or prices, as a rule may change in the life of a run: to a ``value`` or a ``multiple``
``service``     given person by person: ``proactive`` care (case management) or ``reablement`` (offered before home
                care), to ``people`` by a rule
==============  =============================================================================================

and *where* (``organisations`` by name or kind, ``small_areas`` by code, or a share ``drawn`` at random), and *when*
(``from`` the first and ``to`` the last month, ``YYYY-MM``). Afterwards all is as it would have been, but for what has
come of it; a lever goes back to where it stood. What is drawn is drawn by the run's luck and the intervention's ``name``
alone: two of one name reach the same organisations, areas or people.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from agents import draws
from agents.care_market import CareMarket
from agents.deciding import LEVER_RANGES
from agents.hospital.hospital import Hospital
from agents.naming import nearest
from agents.organisation import Organisation
from agents.patients import record
from agents.vocabulary import Account, Condition, Lever, Party, Setting, Ward
from model.accounts import UNIT_OF
from model.holders import OWNER_OF
from model.management import SOURCES
from model.parameters import Parameters
from model.place import Place
from model.rules import compile_rules

if TYPE_CHECKING:
    from model.economy import HealthEconomy

MONTHS = 12
SUPPLIES = {
    "care_home_places": Party.COUNCIL,
    "home_care_hours": Party.COUNCIL,
    "workforce": Party.COUNCIL,
    "beds": Party.HOSPITAL,
}
"""What can be supplied, and the kind of organisation in whose area it stands."""

READ_EVERY_MONTH = ("care", "hospital", "planned", "seeking", "services")
"""Parts of the parameters that kernels read anew each month, so that they may change in the life of a run."""
PRICES_READ_EVERY_MONTH = ("prices.delay_day", "prices.reimbursed_share")


class InterventionError(ValueError):
    """An intervention that cannot be carried out; the message names the file or list, the key, what was given and expected."""


def _checked_name(names: Mapping[str, Any] | Collection[str], what: str) -> BeforeValidator:
    def read(given: Any) -> Any:
        if given not in names:
            message = "must be the name of {what}; nearest: {nearest}"
            raise PydanticCustomError("unknown_name", message, {"what": what, "nearest": nearest(given, names)})
        return given

    return BeforeValidator(read)


def changeable_parameters() -> list[str]:
    """Return the names of the parameters that may change in the life of a run."""
    names = [row.name for row in Parameters().table()]
    return [name for name in names if name.partition(".")[0] in READ_EVERY_MONTH or name in PRICES_READ_EVERY_MONTH]


LEVERS = {lever.name.lower(): lever for lever in LEVER_RANGES}
ACCOUNTS = {account.name.lower(): account for account in UNIT_OF}
CONDITIONS = {condition.name.lower(): condition for condition in Condition}
KINDS = {"councils": Party.COUNCIL, "consortia": Party.CONSORTIUM, "hospitals": Party.HOSPITAL}

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False, strict=True)]
Multiple = Annotated[float, Field(ge=0.0, le=100.0, allow_inf_nan=False, strict=True)]
CalendarMonth = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", strict=True)]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Intervention(_Facts):
    """What all interventions have in common: when, where, and who is drawn.

    Parameters
    ----------
    name : of the draw, and for a reader; by default what is done
    start, to : first and last month; in files `start` is written ``from``. Without them from the first month to the last
    organisations : names, or the kinds ``councils``, ``consortia``, ``hospitals``; all that it can concern if empty
    drawn : share of those concerned that is drawn at random
    """

    what: ClassVar[str]
    amounts: ClassVar[tuple[str, ...]] = ()
    needs_amount: ClassVar[bool] = True

    name: str = ""
    start: Annotated[CalendarMonth | None, Field(alias="from")] = None
    to: CalendarMonth | None = None
    organisations: tuple[str, ...] = ()
    drawn: Share = 1.0

    @model_validator(mode="after")
    def _sound(self) -> Intervention:
        given = [name for name in self.amounts if getattr(self, name) not in (None, ())]
        if len(given) > 1 or (self.needs_amount and not given):
            wanted = "one of " + ", ".join(self.amounts)
            raise PydanticCustomError("amount", "must give {wanted}, not {given}", {"wanted": wanted, "given": " and ".join(given) or "none"})
        if self.start and self.to and self.to < self.start:
            raise PydanticCustomError("order", "to must not be before from, {start}", {"start": self.start})
        return self

    @property
    def kind(self) -> Party | None:
        """Kind of organisation that it concerns; None for people."""
        return None

    @property
    def trigger(self) -> int:
        """Number that its name gives its draws."""
        return zlib.crc32((self.name or f"{self.what} {getattr(self, self.what)}").encode()) & 0x7FFFFFFF


class LeverIntervention(Intervention):
    """A lever that is frozen: at a level, so many steps from rest, at a multiple of rest, along a path, or where it stands."""

    what: ClassVar[str] = "lever"
    amounts: ClassVar[tuple[str, ...]] = ("level", "steps", "multiple", "path")
    needs_amount: ClassVar[bool] = False

    lever: Annotated[str, _checked_name(LEVERS, "a lever")]
    level: Number | None = None
    steps: Number | None = None
    multiple: Multiple | None = None
    path: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _in_range(self) -> LeverIntervention:
        bounds = LEVER_RANGES[LEVERS[self.lever]]
        for level in (*([self.level] if self.level is not None else []), *self.path):
            if not bounds.low <= level <= bounds.high:
                context = {"lever": self.lever, "low": bounds.low, "high": bounds.high, "level": level}
                raise PydanticCustomError("range", "level of {lever} must lie in [{low}, {high}], not {level}", context)
        return self

    @property
    def kind(self) -> Party:
        """Kind of organisation that owns the lever."""
        return OWNER_OF[LEVERS[self.lever]]

    def at(self, rest: float, before: float, since: int) -> float:
        """Return the level it stands at.

        Parameters
        ----------
        rest, before : level observed, and level when the intervention began
        since : months since then

        Raises
        ------
        InterventionError
            If steps or a multiple lead beyond what the lever can stand at.
        """
        bounds = LEVER_RANGES[LEVERS[self.lever]]
        if self.path:
            return self.path[min(since, len(self.path) - 1)]
        level = self.level
        if self.steps is not None:
            level = bounds.level(self.steps, rest)
        elif self.multiple is not None:
            level = rest * self.multiple
        if level is None:
            return before
        if not bounds.low <= level <= bounds.high:
            raise InterventionError(f"interventions: lever {self.lever} must stay in [{bounds.low:g}, {bounds.high:g}]: from its rest of {rest:g} it would stand at {level:g}")
        return level


class _InAreas(Intervention):
    """What may also be done in small areas: by code, or drawn.

    Parameters
    ----------
    small_areas : codes; all if empty
    draw_by : what `drawn` draws
    """

    small_areas: tuple[str, ...] = ()
    draw_by: Literal["organisation", "small_area"] = "organisation"


class SupplyIntervention(_InAreas):
    """More, or less, of what care markets and hospitals have, opened and closed from outside.

    A market serves its whole council: in chosen small areas the change is in proportion to the council's people of 65 and
    over who live in them.
    """

    what: ClassVar[str] = "supply"
    amounts: ClassVar[tuple[str, ...]] = ("multiple", "more")

    supply: Annotated[str, _checked_name(SUPPLIES, "a supply")]
    multiple: Multiple | None = None
    more: Number | None = None

    @property
    def kind(self) -> Party:
        """Kind of organisation in whose area it stands."""
        return SUPPLIES[self.supply]

    def extra(self, present: np.ndarray, scale: float) -> np.ndarray:
        """Return what is added to what is there; `scale` is the share of the place's people that the model holds."""
        return present * (self.multiple - 1.0) if self.multiple is not None else np.full(len(present), self.more * scale)


class MoneyIntervention(Intervention):
    """More, or less, money on an account, from one April to a March: borne by whoever holds the account there."""

    what: ClassVar[str] = "money"
    amounts: ClassVar[tuple[str, ...]] = ("change", "per_head")

    money: Annotated[str, _checked_name(ACCOUNTS, "an account")]
    change: Annotated[float, Field(ge=-1.0, le=10.0, allow_inf_nan=False, strict=True)] | None = None
    per_head: Number | None = None

    @model_validator(mode="after")
    def _whole_years(self) -> MoneyIntervention:
        for key, month, wanted in (("from", self.start, "04"), ("to", self.to, "03")):
            if month and not month.endswith(wanted):
                raise PydanticCustomError("year", "{key} must be a month like 2015-{wanted}, since budgets are yearly, not {month}", {"key": key, "wanted": wanted, "month": month})
        return self

    @property
    def kind(self) -> Party:
        """Kind of organisation for whose area the account is kept."""
        return UNIT_OF[ACCOUNTS[self.money]]


class ParameterIntervention(Intervention):
    """A parameter that changes in the life of a run, for everybody: a rule, a price, what people or care do."""

    what: ClassVar[str] = "parameter"
    amounts: ClassVar[tuple[str, ...]] = ("value", "multiple")

    parameter: str
    value: Number | None = None
    multiple: Multiple | None = None

    @model_validator(mode="after")
    def _changeable(self) -> ParameterIntervention:
        names = changeable_parameters()
        if self.parameter not in names:
            known = self.parameter in {row.name for row in Parameters().table()}
            message = "parameter {name} is read only when a run starts; set it under parameters" if known else "parameter must be a name; nearest: {nearest}"
            raise PydanticCustomError("parameter", message, {"name": self.parameter, "nearest": nearest(self.parameter, names)})
        if self.organisations or self.drawn != 1.0:
            raise PydanticCustomError("where", "a parameter is the same everywhere: organisations and drawn must be left out")
        return self

    def of(self, parameters: Parameters) -> Parameters:
        """Return the parameters with this one changed."""
        value = self.value if self.value is not None else parameters.values()[self.parameter] * self.multiple
        return parameters.with_values({self.parameter: value})


class PeopleRule(_Facts):
    """Who may be given a service: all that is said must be true of a person, in the month in which it starts.

    Parameters
    ----------
    rows : of the population; anybody if empty
    age_from, age_to : whole years
    sex : of them
    deprivation : fifths of England, 1 the most deprived
    councils : names
    conditions : names, all of which the person has
    conditions_from : how many of the model's conditions at least
    frailty_from : share of deficits at least
    need_hours_from : weekly hours of need at least
    contacts_from : emergency contacts in the last twelve months at least
    heaviest : the share of adults with most contacts in the last twelve months, the frailer first among equals
    setting : at ``home``, or in a ``care_home``
    """

    rows: tuple[Annotated[int, Field(ge=0, strict=True)], ...] = ()
    age_from: Annotated[int, Field(ge=18, le=110, strict=True)] | None = None
    age_to: Annotated[int, Field(ge=18, le=110, strict=True)] | None = None
    sex: Literal["female", "male"] | None = None
    deprivation: tuple[Annotated[int, Field(ge=1, le=5, strict=True)], ...] = ()
    councils: tuple[str, ...] = ()
    conditions: tuple[Annotated[str, _checked_name(CONDITIONS, "a condition")], ...] = ()
    conditions_from: Annotated[int, Field(ge=0, le=len(Condition), strict=True)] | None = None
    frailty_from: Share | None = None
    need_hours_from: Annotated[float, Field(ge=0.0, le=168.0, strict=True)] | None = None
    contacts_from: Annotated[int, Field(ge=0, strict=True)] | None = None
    heaviest: Share | None = None
    setting: Literal["home", "care_home"] | None = None

    def eligible(self, rows: np.ndarray, month: int, contacts_a_year_ago: np.ndarray, place: Place) -> np.ndarray:
        """Return who may be given the service, shape (n_people,), bool.

        Parameters
        ----------
        rows : RECORD
        month : since the start
        contacts_a_year_ago : of each row, since the start; rows that came later had none
        place : for the names of councils
        """
        here = rows["end_month"] >= month
        age = (month - rows["birth_month"].astype(np.int32)) // MONTHS
        contacts = rows["contacts"].astype(np.int64)
        contacts[: len(contacts_a_year_ago)] -= contacts_a_year_ago
        for given, true in (
            (self.age_from, lambda: age >= self.age_from),
            (self.age_to, lambda: age <= self.age_to),
            (self.sex, lambda: (rows["person"] & record.FEMALE != 0) == (self.sex == "female")),
            (self.conditions_from, lambda: number_of_conditions(rows) >= self.conditions_from),
            (self.frailty_from, lambda: rows["frailty"] >= self.frailty_from),
            (self.need_hours_from, lambda: rows["need"] >= 60.0 * self.need_hours_from),
            (self.contacts_from, lambda: contacts >= self.contacts_from),
            (self.setting, lambda: np.isin(rows["care"] & record.SETTING_MASK, (Setting.RESIDENTIAL, Setting.NURSING)) == (self.setting == "care_home")),
        ):
            if given is not None:
                here &= true()
        if self.deprivation:
            here &= np.isin((rows["person"] >> record.QUINTILE_SHIFT & record.QUINTILE_MASK) + 1, self.deprivation)
        if self.councils:
            here &= np.isin(rows["council"], [number for number, council in enumerate(place.councils) if council.name in self.councils])
        for name in self.conditions:
            here &= rows["conditions"] >> int(CONDITIONS[name]) & 1 != 0
        if self.rows:
            here &= np.isin(np.arange(len(rows)), self.rows)
        if self.heaviest is not None:
            use = np.where(rows["end_month"] >= month, np.maximum(contacts, 0) + rows["frailty"].astype(np.float64), -1.0)
            most = max(int(self.heaviest * (use >= 0.0).sum()), 1)
            here &= use >= np.partition(use, len(use) - most)[len(use) - most]
        return here


def number_of_conditions(rows: np.ndarray) -> np.ndarray:
    """Return how many of the model's conditions each person was ever recorded with, shape (n,)."""
    found = np.zeros(len(rows), dtype=np.int64)
    for condition in Condition:
        found += rows["conditions"] >> int(condition) & 1
    return found


class ServiceIntervention(_InAreas):
    """A service that is given to people one by one: whoever is chosen in the first month has it to the last.

    Parameters
    ----------
    service : ``proactive`` care, as those on a consortium's list have it and at its cost; or ``reablement``, offered
        before home care whenever that is granted and a place is free
    people : who may be chosen
    draw_by : whether people are drawn, or small areas in which all are chosen
    """

    what: ClassVar[str] = "service"
    needs_amount: ClassVar[bool] = False

    service: Annotated[str, _checked_name(("proactive", "reablement"), "a service")]
    people: PeopleRule = PeopleRule()
    draw_by: Literal["person", "small_area"] = "person"

    @model_validator(mode="after")
    def _no_organisations(self) -> ServiceIntervention:
        if self.organisations:
            raise PydanticCustomError("where", "people are chosen by people.councils or small_areas: organisations must be left out")
        return self


WHAT: dict[str, type[Intervention]] = {
    kind.what: kind for kind in (LeverIntervention, SupplyIntervention, MoneyIntervention, ParameterIntervention, ServiceIntervention)
}


def read_interventions(given: Sequence[Mapping[str, Any] | Intervention], where: str = "interventions") -> tuple[Intervention, ...]:
    """Return interventions from plain data, checked as far as they can be without a place.

    Parameters
    ----------
    given : one mapping each, with the keys of one of the kinds above
    where : what messages begin with: a file's name and key

    Raises
    ------
    InterventionError
        If one cannot be read: file and key, what was given and expected, the nearest names.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
        raise InterventionError(f"{where}: must be a list of interventions, got {given!r}")
    return tuple(_read(each, f"{where}.{number}") for number, each in enumerate(given))


def _read(given: Any, where: str) -> Intervention:
    if isinstance(given, Intervention):
        return given
    if not isinstance(given, Mapping):
        raise InterventionError(f"{where}: must be a table of keys, got {given!r}")
    kinds = [what for what in WHAT if what in given]
    if len(kinds) != 1:
        said = " and ".join(kinds) if kinds else f"{', '.join(map(str, given)) or 'nothing'}"
        raise InterventionError(f"{where}: must have exactly one of {', '.join(WHAT)} (got {said})")
    kind = WHAT[kinds[0]]
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        raise InterventionError(_told(error, kind, where)) from error


def _told(error: ValidationError, kind: type[BaseModel], where: str) -> str:
    """Return what is wrong with one key, in one line: the first of what pydantic found."""
    detail = error.errors(include_url=False)[0]
    loc = [str(part) for part in detail["loc"]]
    if detail["type"] == "extra_forbidden":
        model = PeopleRule if loc[:-1] == ["people"] else kind
        keys = [field.alias or name for name, field in model.model_fields.items()]
        return f"{'.'.join([where, *loc])}: unknown key; nearest: {nearest(loc[-1], keys)}"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    given = "" if not loc else f" (got {detail['input']!r})" if detail["type"] != "missing" else " (got nothing)"
    return f"{'.'.join([where, *loc])}: {message}{given}"


def plain(interventions: Iterable[Intervention]) -> list[dict[str, Any]]:
    """Return interventions as plain data, what is left at its default left out: the one spelling of each."""
    return [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in interventions]


def check_place(interventions: Iterable[Intervention], place: Place, start: str, months: int, where: str = "interventions") -> None:
    """Refuse organisations and small areas that a place does not have, and months that a run does not reach.

    Raises
    ------
    InterventionError
        With key, what was given, and the nearest names.
    """
    for number, each in enumerate(interventions):
        here = f"{where}.{number}"
        known = [*organisations_of(place, each.kind)[1], *[word for word, kind in KINDS.items() if kind == each.kind]]
        for name in each.organisations:
            if name not in known:
                raise InterventionError(f"{here}.organisations: unknown name {name!r} for this {each.what}; nearest: {nearest(name, known)}")
        councils = [council.name for council in place.councils]
        for name in getattr(getattr(each, "people", None), "councils", ()):
            if name not in councils:
                raise InterventionError(f"{here}.people.councils: unknown council {name!r}; nearest: {nearest(name, councils)}")
        codes = place.small_areas["code"].astype(str)
        for code in getattr(each, "small_areas", ()):
            if code not in codes:
                raise InterventionError(f"{here}.small_areas: unknown small area {code!r}; nearest: {nearest(code, codes.tolist())}")
        for key, month in (("from", each.start), ("to", each.to)):
            if month is not None and months_between(start, month) < 0:
                raise InterventionError(f"{here}.{key}: must not be before the run starts, in {start} (got {month!r})")
        if each.start is not None and months_between(start, each.start) >= months:
            raise InterventionError(f"{here}.from: must be within the run's {months} months from {start} (got {each.start!r})")


def organisations_of(place: Place, kind: Party | None) -> tuple[Party | None, list[str]]:
    """Return the names of a place's organisations of a kind."""
    units = {Party.COUNCIL: place.councils, Party.CONSORTIUM: place.consortia, Party.HOSPITAL: place.hospitals}
    return kind, [unit.name for unit in units.get(kind, ())]


def months_between(start: str, month: str) -> int:
    """Return months from one ``YYYY-MM`` to another.

    Examples
    --------
    >>> months_between("2014-04", "2015-03")
    11
    """
    (y0, m0), (y1, m1) = ((int(part) for part in each.split("-")) for each in (start, month))
    return (y1 - y0) * MONTHS + m1 - m0


def recorded_paths(measures: Any, but: Collection[tuple[str, str]] = ()) -> list[dict[str, Any]]:
    """Return interventions under which every lever goes the way it went in a run: a replay of its decisions.

    Parameters
    ----------
    measures : of that run, as :attr:`model.economy.HealthEconomy.measures` gives
    but : pairs of organisation and lever that are left out
    """
    levers = measures[measures["measure"].str.startswith("lever/")].sort_values("month", kind="stable")
    found = []
    for (organisation, measure), rows in levers.groupby(["organisation", "measure"], sort=True):
        lever = measure.removeprefix("lever/")
        if (organisation, lever) not in but:
            found.append({"lever": lever, "organisations": [organisation], "path": [float(value) for value in rows["value"]]})
    return found


class Given(NamedTuple):
    """Whom a person-level service was given.

    Parameters
    ----------
    eligible, chosen : rows
    month : in which it began
    contacts_before : of each of `eligible`, emergency contacts in the twelve months before (fewer if the run is younger)
    outcomes : records of `eligible` in that month
    """

    eligible: np.ndarray
    chosen: np.ndarray
    month: int
    contacts_before: np.ndarray
    outcomes: np.ndarray


class Script:
    """The interventions of one run, carried out month by month.

    Parameters
    ----------
    interventions : as :func:`read_interventions` gives, checked against the place
    economy : to which they are done
    """

    def __init__(self, interventions: Sequence[Intervention], economy: HealthEconomy, start: str) -> None:
        check_place(interventions, economy.place, start, economy.years * MONTHS)
        if economy.frozen and any(isinstance(each, ServiceIntervention) for each in interventions):
            raise InterventionError("interventions: service must be given in moving demography, since in frozen demography others take the rows of the dead")
        self.interventions = tuple(interventions)
        self._economy = economy
        self._spans = [self._span(each, start) for each in interventions]
        self._reached = [self._drawn(each) if each.kind is not None else [] for each in interventions]
        self._before: dict[tuple[int, int], float] = {}
        self._held: dict[int, set[Lever]] = {}
        self._contacts: dict[int, np.ndarray] = {}
        self._listed: dict[int, np.ndarray] = {}
        self.given: dict[int, Given] = {}
        self._parameters = economy.parameters
        self._beds: dict[str, np.ndarray] = {}

    def __bool__(self) -> bool:
        return bool(self.interventions)

    def reached(self) -> list[dict[str, Any]]:
        """Return what each intervention reached, in words: its name, organisations, how many people could have it and had it."""
        found = []
        for number, each in enumerate(self.interventions):
            given = self.given.get(number)
            names = [unit.name for unit in self._reached[number]]
            people = {} if given is None else {"eligible": len(given.eligible), "chosen": len(given.chosen)}
            found.append({"what": each.what, "name": each.name or getattr(each, each.what), "organisations": names, **people})
        return found

    # When

    @staticmethod
    def _span(each: Intervention, start: str) -> tuple[int, int]:
        first = 0 if each.start is None else months_between(start, each.start)
        last = 10**6 if each.to is None else months_between(start, each.to)
        return first, last

    def _active(self, kind: type[Intervention]) -> list[tuple[int, Any]]:
        month = self._economy.month
        return [(number, each) for number, each in enumerate(self.interventions) if isinstance(each, kind) and self._spans[number][0] <= month <= self._spans[number][1]]

    def _ended(self, kind: type[Intervention]) -> list[tuple[int, Any]]:
        month = self._economy.month
        return [(number, each) for number, each in enumerate(self.interventions) if isinstance(each, kind) and self._spans[number][1] == month - 1]

    # Where

    def _units(self, kind: Party) -> list[Organisation]:
        economy = self._economy
        return list({Party.COUNCIL: economy.councils, Party.CONSORTIUM: economy.consortia, Party.HOSPITAL: economy.hospitals}[kind])

    def _drawn(self, each: Intervention) -> list[Organisation]:
        """Return the organisations that an intervention reaches: those named, or the share of them that is drawn."""
        units = self._units(each.kind)
        if each.organisations and not {word for word, kind in KINDS.items() if kind == each.kind} & set(each.organisations):
            units = [unit for unit in units if unit.name in each.organisations]
        if each.drawn == 1.0 or getattr(each, "draw_by", "organisation") != "organisation":
            return units
        chances = [self._chance(unit.index, each, draws.CHOSEN_ORGANISATION) for unit in units]
        return [unit for unit, chosen in zip(units, lowest(chances, each.drawn), strict=True) if chosen]

    def _chance(self, who: int, each: Intervention, purpose: int) -> float:
        return float(draws.draw(np.uint64(self._economy.seed_of_luck), who, draws.NEVER, each.trigger, purpose))

    def areas(self, each: _InAreas) -> np.ndarray:
        """Return which small areas an intervention reaches, shape (n_small_areas,), bool."""
        codes = self._economy.place.small_areas["code"].astype(str)
        named = np.isin(codes, each.small_areas) if each.small_areas else np.ones(len(codes), dtype=bool)
        if each.drawn == 1.0 or each.draw_by != "small_area":
            return named
        which = np.flatnonzero(named)
        named[which] = lowest([self._chance(int(area), each, draws.CHOSEN_AREA) for area in which], each.drawn)
        return named

    # What, in the order of a month

    def fund(self, year: int) -> None:
        """In April: add to budgets what interventions add, or take off what they take."""
        economy = self._economy
        for number, each in self._active(MoneyIntervention):
            account = ACCOUNTS[each.money]
            for unit in self._reached[number]:
                for payer, pence in economy.holders.bill(account, self._position(unit), self._pence(each, unit, account, year)):
                    budgets = economy.organisations[payer].budgets
                    budgets[account] = max(budgets[account] + pence, 0)

    def _position(self, unit: Organisation) -> int:
        return unit.index - self._units(unit.kind)[0].index

    def _pence(self, each: MoneyIntervention, unit: Organisation, account: Account, year: int) -> int:
        if each.per_head is not None:
            return round(each.per_head * 100.0 * unit.heads)
        economy, at = self._economy, self._position(unit)
        base = int(economy.budgets.modelled[account][at] + economy.budgets.committed[account][at])
        return round(each.change * base * economy.settlement.factor(SOURCES[UNIT_OF[account]], year))

    def begin_month(self) -> None:
        """Freeze levers that are frozen, before the year's lists are made with them."""
        self._held = {}
        self._set_levers(along_paths=False)

    def before_deciding(self) -> None:
        """Set what else stands for the month: rules, people's services, the hands there are, levers along recorded paths."""
        if not self.interventions:
            return
        self._change_parameters()
        self._serve()
        self._hire()
        self._set_levers(along_paths=True)  # which tell where levers stood once organisations had decided

    def _change_parameters(self) -> None:
        month = self._economy.month
        if not any(isinstance(each, ParameterIntervention) and month in (first, last + 1) for each, (first, last) in zip(self.interventions, self._spans, strict=True)):
            return
        parameters = self._parameters
        for _, each in self._active(ParameterIntervention):
            parameters = each.of(parameters)
        economy = self._economy
        economy.parameters = parameters
        economy.rules = economy.engine.rules = compile_rules(parameters, *(int(economy.rules[name]) for name in ("first_council", "first_consortium", "first_hospital")))

    def _serve(self) -> None:
        economy = self._economy
        month, rows = economy.month, economy.engine.people.rows
        for number, (first, _) in enumerate(self._spans):
            if isinstance(self.interventions[number], ServiceIntervention) and month == max(first - MONTHS, 0):
                self._contacts[number] = rows["contacts"].copy()
        for number, each in self._ended(ServiceIntervention):
            self._withdraw(number, each)
        for number, each in self._active(ServiceIntervention):
            if number not in self.given:
                self.given[number] = self._choose(number, each)
            self._give(number, each)

    def _choose(self, number: int, each: ServiceIntervention) -> Given:
        economy = self._economy
        rows, month = economy.engine.people.rows, economy.month
        ago = self._contacts[number]
        who = each.people.eligible(rows, month, ago, economy.place)
        if each.small_areas:
            who &= np.isin(rows["small_area"], np.flatnonzero(self.areas(each.model_copy(update={"drawn": 1.0}))))
        eligible = np.flatnonzero(who)
        if each.draw_by == "small_area":
            chosen = eligible[np.isin(rows["small_area"][eligible], np.flatnonzero(self.areas(each)))]
        elif each.drawn < 1.0:
            chosen = eligible[[self._chance(int(row), each, draws.CHOSEN_PERSON) < each.drawn for row in eligible]]
        else:
            chosen = eligible
        before = rows["contacts"][eligible].astype(np.int64)
        old = eligible < len(ago)
        before[old] -= ago[eligible[old]]
        return Given(eligible, chosen, month, before, rows[eligible].copy())

    def _give(self, number: int, each: ServiceIntervention) -> None:
        rows, chosen = self._economy.engine.people.rows, self.given[number].chosen
        here = rows["end_month"][chosen] >= self._economy.month
        if each.service == "reablement":
            rows["person"][chosen] |= record.REABLEMENT_FIRST
            return
        before = self._listed.get(number, chosen[:0])
        new = chosen[here & (rows["flags"][chosen] & record.PROACTIVE == 0)]
        rows["flags"][new] |= record.PROACTIVE
        rows["flags"][chosen[~here]] &= ~np.uint8(record.PROACTIVE)
        self._listed[number] = np.union1d(before, new)
        self._economy.engine.count_listed()

    def _withdraw(self, number: int, each: ServiceIntervention) -> None:
        rows = self._economy.engine.people.rows
        if each.service == "reablement":
            rows["person"][self.given[number].chosen] &= ~np.uint8(record.REABLEMENT_FIRST)
            return
        rows["flags"][self._listed.pop(number)] &= ~np.uint8(record.PROACTIVE)
        self._economy.engine.count_listed()

    def _hire(self) -> None:
        """Let more, or fewer, people come to work in care than a market could find by itself."""
        for number, each in [*self._ended(SupplyIntervention), *self._active(SupplyIntervention)]:
            if each.supply != "workforce":
                continue
            active = self._spans[number][1] >= self._economy.month
            for unit in self._reached[number]:
                market: CareMarket = self._economy.markets[self._position(unit)]
                before = self._before.setdefault((number, unit.index), market.most_workers)
                more = float(each.extra(np.array([before]), self._economy.scale)[0]) if active else 0.0
                market.most_workers = before + more

    def _set_levers(self, along_paths: bool) -> None:
        """Freeze the levers that interventions freeze, and let go those they no longer do."""
        economy = self._economy
        for number, each in self._ended(LeverIntervention):
            for unit in self._reached[number] if bool(each.path) == along_paths else ():
                unit.levers[LEVERS[each.lever]] = self._before[number, unit.index]
        for number, each in self._active(LeverIntervention):
            if bool(each.path) != along_paths:
                continue
            lever, since = LEVERS[each.lever], economy.month - self._spans[number][0]
            for unit in self._reached[number]:
                before = self._before.setdefault((number, unit.index), unit.levers[lever])
                unit.levers[lever] = each.at(unit.rest[lever], before, since)
                self._held.setdefault(unit.index, set()).add(lever)

    def held(self, unit: Organisation) -> Collection[Lever]:
        """Return the levers of an organisation that are frozen this month."""
        return self._held.get(unit.index, ())

    def more(self, supply: str, present: np.ndarray) -> np.ndarray:
        """Return what interventions add this month to what there would be, shape (n_councils,) or (n_hospitals,).

        Parameters
        ----------
        supply : one of :data:`SUPPLIES`
        present : what there would be without them, in the order of the place's organisations
        """
        found = np.zeros(len(present))
        for number, each in self._active(SupplyIntervention):
            if each.supply != supply:
                continue
            reach = np.zeros(len(present))
            reach[[self._position(unit) for unit in self._reached[number]]] = 1.0
            if each.small_areas or (each.draw_by == "small_area" and each.drawn < 1.0):
                reach *= self._share_of_councils(self.areas(each))
            found += reach * each.extra(present.astype(np.float64), self._economy.scale)
        return found

    def _share_of_councils(self, areas: np.ndarray) -> np.ndarray:
        """Return the share of each council's people aged 65 and over who live in some small areas."""
        place = self._economy.place
        cells = place.cells[place.cells["age"] >= 65]
        council = place.small_areas["council"][cells["small_area"]]
        people = np.bincount(council, weights=cells["count"], minlength=len(place.councils))
        inside = np.bincount(council, weights=cells["count"] * areas[cells["small_area"]], minlength=len(place.councils))
        return inside / np.maximum(people, 1)

    def open_beds(self) -> None:
        """Open, or close, hospital beds, on wards as they are shared out."""
        if not any(isinstance(each, SupplyIntervention) and each.supply == "beds" for each in self.interventions):
            return
        hospitals = self._economy.engine.organisations.hospitals
        rest = self._economy.at_rest.hospitals
        beds = np.maximum(np.rint(rest["beds"] + self.more("beds", rest["beds"])), 1).astype(np.int64)
        wards = np.floor(rest["ward_beds"] * (beds / rest["beds"])[:, None]).astype(np.int64)
        wards[:, Ward.GENERAL] += beds - wards.sum(axis=1)
        hospitals["beds"], hospitals["ward_beds"] = beds, wards


def lowest(chances: Sequence[float], share: float) -> np.ndarray:
    """Return which of some are drawn, bool: the share of them with the lowest chances, to the nearest whole number.

    Examples
    --------
    >>> lowest([0.9, 0.1, 0.5, 0.4], 0.5).tolist()
    [False, True, False, True]
    """
    chosen = np.zeros(len(chances), dtype=bool)
    chosen[np.argsort(chances, kind="stable")[: round(len(chances) * share)]] = True
    return chosen
