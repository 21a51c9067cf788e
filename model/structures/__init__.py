"""Commissioning structures: facts about who holds what and who decides what, one TOML file each.

A structure states facts only. What a fact does is a parameter shared by all structures, and the rest emerges; so a file
that holds any other key is refused. A structure of your own needs a TOML file and no code.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from agents.deciding import PoolFacts, StakeFacts
from agents.naming import nearest
from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party, PeopleKind
from model.months import months_between
from model.options import OptionError, joined, laid_over, option_facts, places_of
from model.payment import PAYMENT_RULES
from model.structures.alternatives import (
    LABELS,
    SIGN,
    Alternative,
    as_tables,
    file_name,
    short,
    split,
    stated_places,
    taken,
    without_use,
)

FOLDER = Path(__file__).parent
BASELINE = "separate-budgets"
HEADLINE = (BASELINE, "aligned-budgets", "council-led", "single-budget")
"""Structures that are compared unless others are named."""
FAMILIES = ("scenarios of 2011", "options of 2015", "Barker settlement", "practice at the time", "payment-led", "neighbours", "person-led")
"""Where shipped structures come from, in the order in which they are listed."""

STANDING_KINDS = (Party.COUNCIL, Party.CONSORTIUM, Party.HOSPITAL)
"""Kinds of organisation that every place has; a structure may make a commissioner besides."""


class StructureError(ValueError):
    """A structure file that states no usable structure; the message lists everything that is wrong."""


def _named(codes: type[IntEnum], kind: str, valid: tuple[IntEnum, ...]) -> Callable[[Any], IntEnum]:
    names = {code.name.lower(): code for code in valid}

    def read(given: Any) -> IntEnum:
        if isinstance(given, codes) and given in valid:
            return given
        if not isinstance(given, str) or given not in names:
            message = "must be the name of {kind}; nearest: {nearest}"
            raise PydanticCustomError("unknown_name", message, {"kind": kind, "nearest": nearest(given, names)})
        return names[given]

    return read


_KINDS = (*STANDING_KINDS, Party.COMMISSIONER)
Kind = Annotated[Party, BeforeValidator(_named(Party, "a kind of organisation", _KINDS))]
AccountName = Annotated[Account, BeforeValidator(_named(Account, "an account", HELD_ACCOUNTS))]
LeverName = Annotated[Lever, BeforeValidator(_named(Lever, "a lever", tuple(Lever)[1:]))]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False, strict=True)]
Text = Annotated[str, Field(min_length=1, strict=True)]
YesOrNo = Annotated[bool, Field(strict=True)]
AlternativeName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", strict=True)]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", strict=True)]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pool(_Facts):
    """Accounts, or parts of them, that are spent together.

    Parameters
    ----------
    name : of the pool
    accounts : which
    share : part of each account that is in the pool; 1 makes the accounts one purse, less leaves the rest with its holder
    people : whose care it pays for: ``everybody``, or ``frail_elders``, whose part of each account is as measured at rest
    overspend : share of an overspend that each kind of organisation bears; they add up to 1
    """

    name: Text
    accounts: tuple[AccountName, ...] = Field(min_length=1)
    share: Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False, strict=True)] = 1.0
    people: Literal["everybody", "frail_elders"] = "everybody"
    overspend: dict[Kind, Share]

    @property
    def whole(self) -> bool:
        """Whether all of its accounts are in it, so that they are one purse."""
        return self.share == 1.0 and self.people == "everybody"

    @model_validator(mode="after")
    def _whole_overspend(self) -> Pool:
        total = sum(self.overspend.values())
        if abs(total - 1.0) > 1e-9:
            raise PydanticCustomError("shares", "overspend must add up to 1, not {total}", {"total": total})
        return self


class Duty(_Facts):
    """A duty of one kind of organisation towards another."""

    on: Kind
    towards: Kind
    duty: Literal["consult", "have_regard", "integrate", "none"]


class Body(_Facts):
    """A body that the structure creates.

    Parameters
    ----------
    kind : what it is to accounts and levers
    scope : one for the whole ``place``, or one for the area of each ``council``
    name : what it is called, such as a care trust; in words that stand before "of" and an area
    """

    kind: Literal["commissioner"]
    scope: Literal["place", "council"]
    name: Text = "single commissioner"


class Board(_Facts):
    """The health and wellbeing board of each council.

    Parameters
    ----------
    members : kinds of organisation that sit on it
    power : to ``advise``; to ``consent`` to moves that shift cost to a member; or ``executive``, to decide
    duty : of members towards its advice
    """

    members: tuple[Kind, ...] = Field(min_length=1)
    power: Literal["advise", "consent", "executive"]
    duty: Literal["consult", "have_regard", "integrate", "none"]


class Teams(_Facts):
    """Teams and records that exist; what they are worth depends on capability and trust.

    Parameters
    ----------
    single_assessment : one assessment serves health and social care
    shared_record : both see one record of a person
    co_location : staff of both work in one place, on the lists of the same practices
    multidisciplinary : the heaviest users are looked after by a team that has social workers in it
    """

    single_assessment: YesOrNo = False
    shared_record: YesOrNo = False
    co_location: YesOrNo = False
    multidisciplinary: YesOrNo = False


Eligibility = Literal["local", "national_minimum"]
FreeBand = Literal["none", "substantial", "critical"]
PersonalCare = Literal["means_tested", "free"]
Cap = Annotated[float, Field(ge=0.0, allow_inf_nan=False, strict=True)]
Choice = Literal["commissioned", "personal_budgets"]


class EntitlementStep(_Facts):
    """What some entitlements become from a month on; what is left out stays as it is.

    Parameters
    ----------
    begins : the month, ``YYYY-MM``; in the file written ``from``
    eligibility, free_from, personal_care, lifetime_cap, choice : as in :class:`Entitlement`
    """

    begins: Month = Field(alias="from")
    eligibility: Eligibility | None = None
    free_from: FreeBand | None = None
    personal_care: PersonalCare | None = None
    lifetime_cap: Cap | None = None
    choice: Choice | None = None

    @property
    def stated(self) -> dict[str, Any]:
        """The facts that it changes, by key."""
        return {name: value for name, value in self if name != "begins" and value is not None}


class Entitlement(_Facts):
    """What people may expect from public money, wherever they live. Board and lodging in a care home is not care: it is never free.

    Parameters
    ----------
    eligibility : each council's own band (``local``), or the ``national_minimum`` of 2015, which no council may go above
    free_from : need band from which social care is free to everybody, or ``none``; no council may then ask for more than that band
    personal_care : at home and in care homes ``means_tested``, or ``free`` to whoever is found eligible
    lifetime_cap : pounds that a person pays for care in a life before it is free; 0 for no cap
    choice : care is ``commissioned`` for people, or they have ``personal_budgets``
    begins : months, ``YYYY-MM``, from which some of these hold, by key; in the file written ``from``; others hold from the start
    steps : what they become later, in the order of months
    """

    eligibility: Eligibility = "local"
    free_from: FreeBand = "none"
    personal_care: PersonalCare = "means_tested"
    lifetime_cap: Cap = 0.0
    choice: Choice = "commissioned"
    begins: dict[Literal["eligibility", "free_from", "personal_care", "lifetime_cap", "choice"], Month] = Field(default_factory=dict, alias="from")
    steps: tuple[EntitlementStep, ...] = ()


class Transition(_Facts):
    """When the structure comes into being in the life of a run; without one it is there from the start.

    Parameters
    ----------
    announced, start : months, ``YYYY-MM``; in the file `start` is written ``from``
    months : how long changing over takes from then on, in cost and disruption; as the shared parameter says if None
    replaces : name of the shipped structure that is in force until then
    """

    announced: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", strict=True)]
    start: Annotated[str, Field(alias="from", pattern=r"^\d{4}-(0[1-9]|1[0-2])$", strict=True)]
    months: Annotated[int, Field(ge=0, strict=True)] | None = None
    replaces: Text = BASELINE

    @model_validator(mode="after")
    def _in_order(self) -> Transition:
        if self.start < self.announced:
            raise PydanticCustomError("order", "from must not be before announced, {announced}", {"announced": self.announced})
        return self


def _one_of(valid: tuple[str, ...]) -> Callable[[Any], str]:
    def read(given: Any) -> str:
        if given not in valid:
            message = "must be one of {valid}; nearest: {nearest}"
            raise PydanticCustomError("unknown_name", message, {"valid": ", ".join(valid), "nearest": nearest(given, valid)})
        return str(given)

    return read


EVERYBODY = "everybody"


class Payment(_Facts):
    """How providers are paid.

    Parameters
    ----------
    hospital : one of ``model.payment.PAYMENT_RULES``
    people : whose care it pays for: ``everybody``, or people with ``several_conditions``, or ``frail_elders``; everybody else's is
        then paid by the tariff
    delays : ``unpaid``, or ``reimbursed`` by councils, by the day
    shares : under an alliance, part of its gain or loss that the hospital and the holder of the acute account each have;
        they add up to 1
    """

    hospital: Annotated[str, BeforeValidator(_one_of(PAYMENT_RULES))]
    people: Annotated[str, BeforeValidator(_one_of((EVERYBODY, *(kind.name.lower() for kind in PeopleKind))))] = EVERYBODY
    delays: Literal["unpaid", "reimbursed"] = "unpaid"
    shares: dict[Kind, Share] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole_shares(self) -> Payment:
        total = sum(self.shares.values())
        if self.hospital == "alliance" and abs(total - 1.0) > 1e-9:
            raise PydanticCustomError("shares", "shares of an alliance must add up to 1, not {total}", {"total": total})
        if self.hospital != "alliance" and self.shares:
            raise PydanticCustomError("shares", "shares must be left out where hospitals are paid by {rule}", {"rule": self.hospital})
        if self.kind is not None and self.hospital in ("tariff", "alliance"):
            message = "people must be everybody, not {people}, where hospitals are paid by {rule}; block, capitation and year-of-care may pay for some alone"
            raise PydanticCustomError("people", message, {"people": self.people, "rule": self.hospital})
        return self

    @property
    def kind(self) -> PeopleKind | None:
        """The kind of people whose care it pays for; None for everybody."""
        return None if self.people == EVERYBODY else PeopleKind[self.people.upper()]

    @property
    def all_by_rule(self) -> bool:
        """Whether nothing that a hospital does is paid by the tariff."""
        return self.hospital != "tariff" and self.kind is None


class CommissioningStructure(_Facts):
    """Who holds which account, who decides each lever, and under which rules.

    Parameters
    ----------
    name, title : for the command line, and for a reader
    family : where it comes from, in words, by which structures are listed: a label that nothing depends on
    source : the document it is read from, in words of our own
    open_questions : what the document leaves open and no fact here can say, in words
    alternatives : what it leaves open and facts can say: other readings, by name, each laid over by :func:`load_structure`
    outcomes_frameworks : ``one`` that all answer to, or ``three``
    information_shared : whether organisations see each other's accounts
    ring_fences : accounts whose money may be spent on nothing else, so that each is a purse of its own
    gives_way : accounts of which new spending waits when a purse runs out of money
    mandate : whether partners ``agreed`` to it or it was ``imposed``
    boundaries : of consortia ``as_they_are``, or ``redrawn`` along those of councils, each of which is then wholly with one consortium
    any_willing_provider : whether people choose among competing providers of community care
    carry_forward : kinds of holder that keep what is left at year end
    holders : kind of organisation that holds each account
    deciders : kind of organisation that decides each lever
    fixed : levers that rules leave nobody to move
    deficit_limits : share of its budget that a kind of holder may overspend in a year; kinds left out have no limit
    payment : how providers are paid
    duties : of organisations towards each other
    bodies : what the structure creates
    pools : accounts spent as one purse
    board : of each council, if there are any
    teams : that exist
    entitlement : of people
    transition : when it comes into being, if not at the start
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+([-+~][a-z0-9]+)*$", strict=True)]
    title: Text
    family: Text = "of one's own"
    source: Text
    open_questions: tuple[Text, ...] = ()
    alternatives: Annotated[dict[AlternativeName, Alternative], BeforeValidator(as_tables)] = Field(default_factory=dict)
    outcomes_frameworks: Literal["one", "three"]
    information_shared: YesOrNo
    ring_fences: tuple[AccountName, ...] = ()
    gives_way: tuple[Annotated[Account, BeforeValidator(_named(Account, "an account that can give way", (Account.SOCIAL_CARE,)))], ...] = (Account.SOCIAL_CARE,)
    mandate: Literal["agreed", "imposed"] = "agreed"
    boundaries: Literal["as_they_are", "redrawn"] = "as_they_are"
    any_willing_provider: YesOrNo = False
    carry_forward: tuple[Kind, ...]
    holders: dict[AccountName, Kind]
    deciders: dict[LeverName, Kind]
    fixed: tuple[LeverName, ...] = ()
    deficit_limits: dict[Kind, Share]
    payment: Payment
    duties: tuple[Duty, ...] = ()
    bodies: tuple[Body, ...] = Field(default=(), max_length=1)
    pools: tuple[Pool, ...] = ()
    board: Board | None = None
    teams: Teams = Teams()
    entitlement: Entitlement = Entitlement()
    transition: Transition | None = None
    _file: str = PrivateAttr(default="")

    def __eq__(self, other: object) -> bool:
        """Return whether two structures state the same, whichever files they were read from."""
        return isinstance(other, CommissioningStructure) and dict(self) == dict(other)

    def __hash__(self) -> int:
        """Return a hash by name: structures that state the same have the same one."""
        return hash(self.name)

    @property
    def kinds(self) -> tuple[Party, ...]:
        """Kinds of organisation that exist under it."""
        return (*STANDING_KINDS, Party.COMMISSIONER) if self.bodies else STANDING_KINDS

    def begins(self, start: str) -> int:
        """Return the months from the start of a run, ``YYYY-MM``, until it comes into being; 0 where it is there from the start.

        Raises
        ------
        StructureError
            If its transition lies before the start.
        """
        if self.transition is None:
            return 0
        months = months_between(start, self.transition.start)
        if months < 0:
            file = self._file or f"structure {self.name}"
            raise StructureError(f"{file}: transition.from: must not be before {start}, the start of the run (got {self.transition.start!r})")
        return months

    def announced(self, start: str) -> int:
        """Return the months from the start of a run, ``YYYY-MM``, until it is announced: below 0 before, 0 where it has no transition."""
        return 0 if self.transition is None else months_between(start, self.transition.announced)

    def before(self) -> CommissioningStructure:
        """Return the structure that is in force until it comes into being: the one it replaces, as if that had always been there."""
        replaced = self if self.transition is None else load_structure(self.transition.replaces)
        return replaced.model_copy(update={"transition": None})

    def holder(self, account: Account) -> Party:
        """Return the kind of organisation that holds an account."""
        return self.holders[account]

    def decider(self, lever: Lever) -> Party:
        """Return the kind of organisation that decides a lever."""
        return self.deciders[lever]

    def accounts_of(self, kind: Party) -> tuple[Account, ...]:
        """Return the accounts that a kind of organisation holds, in the order of codes."""
        return tuple(account for account in HELD_ACCOUNTS if self.holders[account] == kind)

    def one_purse(self, first: Account, second: Account) -> bool:
        """Return whether two accounts are paid from one purse: of a body that holds both, or of a pool."""
        return second in self.purse(first)

    def purse(self, account: Account) -> tuple[Account, ...]:
        """Return the accounts that are spent as one with this one: its pool, or else all that its holder keeps outside pools; a ring-fenced one is alone."""
        if account in self.ring_fences:
            return (account,)
        whole = [pool.accounts for pool in self.pools if pool.whole]
        pooled = {each for accounts in whole for each in accounts}
        own = self.accounts_of(self.holder(account)) if account not in pooled else next(sorted(accounts) for accounts in whole if account in accounts)
        return tuple(each for each in own if (each in pooled) == (account in pooled) and each not in self.ring_fences)

    def pool_facts(self, frail: Mapping[Account, float] | None = None) -> tuple[PoolFacts, ...]:
        """Return the pools as plain data.

        Parameters
        ----------
        frail : part of each account that frail elders cost in the place, for pools that pay for them alone; all of it if None
        """
        parts = {"everybody": {}, "frail_elders": frail or {}}
        return tuple(
            PoolFacts(tuple(sorted(pool.accounts)), dict(pool.overspend), {account: pool.share * parts[pool.people].get(account, 1.0) for account in sorted(pool.accounts)})
            for pool in self.pools
        )

    def stake_facts(self, frail: Mapping[Account, float] | None = None) -> StakeFacts:
        """Return what stakes depend on as plain data, for :func:`agents.deciding.stakes`; `frail` as in :meth:`pool_facts`."""
        return StakeFacts(
            holders=dict(self.holders),
            pools=self.pool_facts(frail),
            duties={(duty.on, duty.towards): duty.duty for duty in self.duties},
            one_framework=self.outcomes_frameworks == "one",
        )


def list_structures() -> list[str]:
    """Return the names of the structures that are shipped: the baseline, the others of the headline, and the rest by family.

    Examples
    --------
    >>> list_structures()[:5]
    ['separate-budgets', 'aligned-budgets', 'council-led', 'single-budget', 'fragmented']
    """
    return list(_in_order())


@functools.cache
def _in_order() -> tuple[str, ...]:
    """Return the names of the structures that are shipped, in the order of families, and in each by name."""
    rest = {file.stem: read_structure(file).family for file in FOLDER.glob("*.toml") if file.stem not in HEADLINE}
    place = {family: number for number, family in enumerate(FAMILIES)}
    return (*HEADLINE, *sorted(rest, key=lambda name: (place.get(rest[name], len(place)), name)))


def load_structure(name_or_path: str | Path) -> CommissioningStructure:
    """Return a structure, shipped (by name) or of your own (by the path of a TOML file).

    Behind it may stand a ``~`` and one of its alternatives, and then options to lay over it, each after a ``+``.

    Raises
    ------
    ValueError
        If no shipped structure, alternative or option has this name; the message gives the nearest ones.
    StructureError
        If a file cannot be read or states something wrong, or options do not go together; one line for each error.

    Examples
    --------
    >>> load_structure("separate-budgets+cost-cap").title
    'Separate budgets, with a cap on what care costs in a life'
    >>> load_structure("single-budget~no-overspend").title
    'Single budget, single commissioner (no overspend)'
    """
    return structure_with(name_or_path, {})


class Parts(NamedTuple):
    """What a structure's name is made of.

    Parameters
    ----------
    base : name of a shipped structure, or path of a file
    alternative : the one taken of it, or empty
    options : names or paths of those laid over it
    """

    base: str | Path
    alternative: str
    options: list[str]


def parts_of(name_or_path: str | Path) -> Parts:
    """Return what a structure's name is made of.

    Raises
    ------
    ValueError
        If an alternative has no name, or stands behind an option.
    """
    if isinstance(name_or_path, Path) or Path(name_or_path).is_file():
        return Parts(name_or_path, "", [])
    first, *options = name_or_path.split("+")
    if first.endswith(SIGN):
        raise ValueError(f"an alternative must be named behind {SIGN}, got {name_or_path!r}")
    for option in options:
        if split(option)[1]:
            rest = "+".join(["", *(split(each)[0] for each in options)])
            raise ValueError(f"an alternative must stand right behind its structure, as in {first}{SIGN}{split(option)[1]}{rest}, got {name_or_path!r}")
    return Parts(*split(first), options)


def files_of(name_or_path: str | Path) -> list[str]:
    """Return the paths of the user's own files among a structure and its options."""
    parts = parts_of(name_or_path)
    return [str(part) for part in (parts.base, *parts.options) if str(part).endswith(".toml")]


def alternatives_of(name_or_path: str | Path) -> dict[str, str]:
    """Return the alternatives of a structure, each with the name that it is loaded by; one that comes to another structure has that one's.

    What an option states is no longer open: alternatives about that are left out. An alternative has none of its own.

    Raises
    ------
    ValueError, StructureError
        As :func:`load_structure`.

    Examples
    --------
    >>> alternatives_of("stasis+cost-cap")["care-trust"], alternatives_of("stasis+cost-cap")["half-and-half"]
    ('care-trust+cost-cap', 'stasis~half-and-half+cost-cap')
    """
    base, alternative, options = parts_of(name_or_path)
    if alternative:
        return {}
    settled = {place for option in options for place in places_of(option_facts(option))}
    found = {name: each for name, each in read_structure(_path_of(base)).alternatives.items() if not settled & stated_places(each)}
    return {name: "+".join([each.see or f"{base}{SIGN}{name}", *options]) for name, each in found.items()}


def _path_of(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and path.suffix != ".toml" and path.name == name_or_path:
        if name_or_path not in list_structures():
            near = nearest(name_or_path, list_structures())
            raise ValueError(f"unknown structure {name_or_path!r}; nearest: {near} (or the path of a .toml file)")
        return FOLDER / f"{name_or_path}.toml"
    return path


def structure_with(name_or_path: str | Path, facts: Mapping[str, Any]) -> CommissioningStructure:
    """Return a structure with some of its facts replaced, key by key: those of another entitlement or way of paying, say.

    Parameters
    ----------
    name_or_path : of the structure
    facts : as in a structure's file; a table's keys replace those of the same table, anything else what stands there

    Raises
    ------
    ValueError, StructureError
        As :func:`load_structure`, of the facts as they are then.
    """
    base, alternative, options = parts_of(name_or_path)
    path = _path_of(base)
    if len(set(options)) < len(options):
        raise ValueError(f"options must each be named once, got {name_or_path!r}")
    if not (alternative or options or facts):
        return read_structure(path)
    found, file = _facts_of(path), file_name(path, alternative, options)
    found, before = _taken(found, path, alternative) if alternative else (found, {})
    try:
        found = laid_over(found, {Path(option).stem: option_facts(option) for option in options}, before)
    except OptionError as error:
        raise StructureError(str(error)) from error
    return _checked(joined(found, facts), file)


def _taken(facts: dict[str, Any], path: Path, name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the facts of a file under one of its alternatives, and what that states, by what errors call it."""
    alternatives = read_structure(path).alternatives
    if name not in alternatives:
        near = f"nearest: {nearest(name, alternatives)}" if alternatives else "it has none"
        raise ValueError(f"unknown alternative {name!r} of {path.stem}; {near}")
    each = alternatives[name]
    return taken(facts, name, each, _seen(each)), {f"alternative {name}": each.facts}


def _seen(alternative: Alternative) -> dict[str, Any]:
    """Return the facts of the structure that an alternative comes to; nothing where it states its own."""
    if not alternative.see:
        return {}
    base, *options = alternative.see.split("+")
    return laid_over(_facts_of(FOLDER / f"{base}.toml"), {option: option_facts(option) for option in options})


def read_structure(path: Path) -> CommissioningStructure:
    """Read and check one TOML file, its alternatives too.

    Raises
    ------
    StructureError
        If the file cannot be read or states something wrong; one line for each error.
    """
    facts = _facts_of(path)
    structure = _checked(facts, path.name)
    wrong = [line for name, each in structure.alternatives.items() for line in _wrong_of_alternative(structure, facts, name, each)]
    if wrong:
        raise StructureError("\n".join(f"{path.name}: alternatives.{line}" for line in wrong))
    return structure


def _wrong_of_alternative(structure: CommissioningStructure, facts: Mapping[str, Any], name: str, alternative: Alternative) -> list[str]:
    """Return what is wrong with one alternative of a file whose own facts are fine."""
    shipped = sorted(file.stem for file in FOLDER.glob("*.toml"))
    useless = [f"{name}.{key}: {words}" if key else f"{name}: {words}" for key, words in without_use(alternative, structure.name, shipped)]
    if useless:
        return useless
    try:
        laid = taken(facts, name, alternative, _seen(alternative))
    except OptionError as error:
        return [f"{name}.see: {error}"]
    wrong = [f"{name}.{line}" for line in _wrong_with(laid)]
    if wrong:
        return wrong
    other = CommissioningStructure.model_validate(laid)
    same = all(getattr(structure, fact) == getattr(other, fact) for fact in CommissioningStructure.model_fields if fact not in LABELS)
    return [f"{name}: must differ from the structure in a fact (got {', '.join(alternative.facts) or alternative.see} as there)"] if same else []


def _facts_of(path: Path) -> dict[str, Any]:
    """Return what a TOML file states, unchecked."""
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise StructureError(f"{path}: cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise StructureError(f"{path.name}: is not valid TOML: {error}") from error
    if "councils" in facts:
        raise StructureError(f"{path.name}: councils: must be left out here, where one structure for all councils is wanted (got {short(facts['councils'])})")
    return facts


def _checked(facts: Mapping[str, Any], file: str) -> CommissioningStructure:
    """Return the structure that facts state; `file` is what errors call them."""
    wrong = _wrong_with(facts)
    if wrong:
        raise StructureError("\n".join(f"{file}: {line}" for line in wrong))
    structure = CommissioningStructure.model_validate(facts)
    structure._file = file
    return structure


def _wrong_with(facts: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with facts, one line each; nothing if they state a structure."""
    try:
        CommissioningStructure.model_validate(facts)
    except ValidationError as error:
        return list(dict.fromkeys([*(_line(detail) for detail in error.errors(include_url=False)), *_contradictions(facts)]))
    return _contradictions(facts)


def _line(detail: ErrorDetails) -> str:
    """Return one error as ``section.key: message (got ...)``."""
    where = [str(part) for part in detail["loc"] if part != "[key]"]
    message = detail["msg"][0].lower() + detail["msg"][1:]
    if detail["type"] == "extra_forbidden":
        message = f"unknown key; nearest: {nearest(where[-1], _keys_beside(detail['loc']))}"
    if detail["type"] == "missing":
        return f"{'.'.join(where)}: must be given (got nothing)"
    return f"{'.'.join(where) or 'file'}: {message} (got {short(detail['input'])})"


def _keys_beside(where: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the schema knows where an unknown one was found."""
    sections = {
        "payment": Payment, "duties": Duty, "bodies": Body, "pools": Pool, "board": Board, "teams": Teams, "entitlement": Entitlement, "transition": Transition,
    }  # fmt: skip
    section = sections.get(str(where[0])) if len(where) > 1 else None
    section = EntitlementStep if where[:2] == ("entitlement", "steps") else section
    return [known.alias or name for name, known in (section or CommissioningStructure).model_fields.items()]


def _contradictions(facts: Mapping[str, Any]) -> list[str]:
    """Return what is wrong between keys that are fine one by one, working on the file as written."""
    wrong = []
    for section, wanted in (("holders", list(HELD_ACCOUNTS)), ("deciders", list(Lever)[1:])):
        given = facts.get(section)
        names = [code.name.lower() for code in wanted]
        missing = [name for name in names if name not in given] if isinstance(given, dict) else []
        wrong += [f"{section}.{name}: must be one of {_kind_names(facts)} (got nothing)" for name in missing]
    return [
        *wrong, *_of_hospitals(facts), *_of_no_body(facts), *_pooled_twice(facts), *_not_allied(facts), *_bound_twice(facts), *_replacing_nothing(facts), *_steps_out_of_order(facts),
    ]  # fmt: skip


def _of_hospitals(facts: Mapping[str, Any]) -> list[str]:
    """Return each account that a hospital holds for others, who would then pay itself, or others hold for it."""
    holders = facts.get("holders")
    given = holders if isinstance(holders, dict) else {}
    others = [each for each in _kind_names(facts).split(", ") if each != "hospital"]
    wrong = [f"holders.{name}: must be one of {', '.join(others)} (got 'hospital')" for name, holder in given.items() if holder == "hospital" != name]
    if given.get("hospital", "hospital") in others:
        wrong.append(f"holders.hospital: must be hospital, whose margin it is (got {given['hospital']!r})")
    return wrong


def _of_no_body(facts: Mapping[str, Any]) -> list[str]:
    """Return each use of a commissioner where the structure makes none."""
    if facts.get("bodies"):
        return []
    sections = ("holders", "deciders", "carry_forward", "deficit_limits", "payment", "duties", "pools", "board")
    used = [place for section in sections for place in _places_of("commissioner", facts.get(section), section)]
    expected = f"must be one of {_kind_names(facts)}, or [[bodies]] must make a commissioner"
    return [f"{place}: {expected} (got 'commissioner')" for place in used]


def _places_of(word: str, facts: Any, place: str) -> list[str]:
    """Return the dotted keys under which a word stands, as a value or as a key."""
    if isinstance(facts, str):
        return [place] if facts == word else []
    inside = facts.items() if isinstance(facts, dict) else enumerate(facts) if isinstance(facts, list) else ()
    found = []
    for key, value in inside:
        found += [f"{place}.{key}"] if key == word else _places_of(word, value, f"{place}.{key}")
    return found


def _pooled_twice(facts: Mapping[str, Any]) -> list[str]:
    """Return each account that stands in a second pool, or twice in one, and each pool for some people that takes in hospitals' margins."""
    pools = facts.get("pools")
    wrong, seen = [], set()
    for number, pool in enumerate(pools if isinstance(pools, list) else []):
        accounts = pool.get("accounts") if isinstance(pool, dict) else None
        if isinstance(pool, dict) and pool.get("people") == "frail_elders" and isinstance(accounts, list) and "hospital" in accounts:
            wrong.append(f"pools.{number}.accounts: must leave out hospital, whose margin is not for frail elders alone (got {accounts!r})")
        for account in accounts if isinstance(accounts, list) else []:
            if str(account) in seen:
                wrong.append(f"pools.{number}.accounts: must name an account that is in no pool yet (got {account!r})")
            seen.add(str(account))
    return wrong


def _not_allied(facts: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the partners of an alliance: they are the hospital and the holder of the acute account."""
    payment, holders = facts.get("payment"), facts.get("holders")
    shares = payment.get("shares") if isinstance(payment, dict) and payment.get("hospital") == "alliance" else None
    payer = holders.get("acute") if isinstance(holders, dict) else None
    if not isinstance(shares, dict) or not isinstance(payer, str) or set(shares) == {"hospital", payer}:
        return []
    return [f"payment.shares: must be those of hospital and {payer}, which holds the acute account (got {', '.join(sorted(shares)) or 'nothing'})"]


def _bound_twice(facts: Mapping[str, Any]) -> list[str]:
    """Return each duty of a kind of organisation towards itself, and each that is stated a second time."""
    duties = facts.get("duties")
    wrong: list[str] = []
    first: dict[tuple[str, str], int] = {}
    for number, duty in enumerate(duties if isinstance(duties, list) else []):
        if not isinstance(duty, dict) or not {"on", "towards"} <= set(duty):
            continue
        on, towards = (str(duty[key]) for key in ("on", "towards"))
        if on == towards:
            wrong.append(f"duties.{number}.towards: must be another kind of organisation than on (got {on!r} for both)")
        elif first.setdefault((on, towards), number) != number:
            wrong.append(f"duties.{number}: must be of a pair that no other duty names (got {on} towards {towards}, as in duties.{first[on, towards]})")
    return wrong


def _steps_out_of_order(facts: Mapping[str, Any]) -> list[str]:
    """Return each dated step of entitlements that states nothing, or does not come after what it changes."""
    entitlement = facts.get("entitlement")
    steps, dates = (entitlement.get(key) if isinstance(entitlement, dict) else None for key in ("steps", "from"))
    wrong, last = [], ""
    for number, step in enumerate(steps if isinstance(steps, list) else []):
        month = step.get("from") if isinstance(step, dict) else None
        if not isinstance(month, str):
            continue
        where, stated = f"entitlement.steps.{number}", [key for key in step if key != "from"]
        if not stated:
            wrong.append(f"{where}: must state what holds from then on, such as free_from (got from alone)")
        if month <= last:
            wrong.append(f"{where}.from: must be after {last}, the month of the step before (got {month!r})")
        for key in stated:
            first = dates.get(key) if isinstance(dates, dict) else None
            if isinstance(first, str) and month <= first:
                wrong.append(f"{where}.from: must be after {first}, from which {key} holds at first (got {month!r})")
        last = max(last, month)
    return wrong


def _replacing_nothing(facts: Mapping[str, Any]) -> list[str]:
    """Return a transition's replaced structure that is not shipped."""
    transition = facts.get("transition")
    replaced = transition.get("replaces", BASELINE) if isinstance(transition, dict) else BASELINE
    shipped = sorted(file.stem for file in FOLDER.glob("*.toml"))
    if not isinstance(replaced, str) or replaced in shipped:
        return []
    return [f"transition.replaces: must be the name of a shipped structure; nearest: {nearest(replaced, shipped)} (got {replaced!r})"]


def _kind_names(facts: Mapping[str, Any]) -> str:
    kinds = (*STANDING_KINDS, Party.COMMISSIONER) if facts.get("bodies") else STANDING_KINDS
    return ", ".join(kind.name.lower() for kind in kinds)
