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
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from agents.deciding import LEVER_RANGES
from agents.naming import nearest
from agents.patients import record
from agents.vocabulary import Condition, Party, Setting
from model.accounts import UNIT_OF
from model.holders import OWNER_OF
from model.months import months_between
from model.parameters import Parameters
from model.place import Place

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


class InAreas(Intervention):
    """What may also be done in small areas: by code, or drawn.

    Parameters
    ----------
    small_areas : codes; all if empty
    draw_by : what `drawn` draws
    """

    small_areas: tuple[str, ...] = ()
    draw_by: Literal["organisation", "small_area"] = "organisation"


class SupplyIntervention(InAreas):
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


class ServiceIntervention(InAreas):
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
