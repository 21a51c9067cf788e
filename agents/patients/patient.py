"""One person as a Mesa agent: a view of one row of the store, for reading, tracing and teaching.

What can be read of a person is declared once, below, in readable units. The same declaration gives a ``Patient`` its
attributes and a ``Population`` its columns, so that the two cannot differ.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import mesa
import numpy as np

from agents.patients import record
from agents.patients.people import People
from agents.vocabulary import Condition, Funder, Setting

HOURS_IN_A_WEEK = 168

Fields = np.ndarray | np.void | Mapping[str, np.ndarray]
"""Anything that gives a record's field by name: the rows, one row, or some columns of them."""


class Named(Protocol):
    """An organisation that has a name."""

    name: str


class World(Protocol):
    """What a person's view asks of its model.

    A Mesa model without ``month`` is at month 0, and one whose ``place`` lacks the organisations shows their indices.
    """

    month: int  # since April 2014; the month that is about to be, or being, lived
    place: Any  # with councils, consortia and hospitals: sequences of Named
    random: Any  # Mesa's, for shuffling


def month_of(model: World) -> int:
    """Return the model's month, 0 where it keeps none."""
    return getattr(model, "month", 0)


def present(fields: Fields, month: int) -> Any:
    """Return who has neither died nor moved away before `month`: a mask, or one truth for one record."""
    return fields["end_month"] >= month


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How an attribute that may be set is stored: raw = value x `per`, in `field`, with `least` <= value <= `most`."""

    field: str
    per: int = 1
    least: float = 0.0
    most: float = 1.0


class Attribute:
    """A readable attribute of a person: a property of a :class:`Patient`, a column of a ``Population``.

    Parameters
    ----------
    meaning : one line, with the unit
    read : (fields, month) -> number or array of numbers; a code where there is a `label`
    label : (code, model) -> what the code stands for
    limits : how it may be set; None: it cannot be
    """

    def __init__(
        self,
        meaning: str,
        read: Callable[[Fields, int], Any],
        *,
        label: Callable[[int, World], Any] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.__doc__ = meaning
        self.read = read
        self.label = label
        self.limits = limits

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, patient: Patient | None, owner: type) -> Any:
        if patient is None:
            return self
        code = self.codes(patient.record, month_of(patient.model)).item()
        return code if self.label is None else self.label(code, patient.model)

    def __set__(self, patient: Patient, value: float) -> None:
        limits, raw = self.stored(value)
        patient.people.rows[limits.field][patient.unique_id] = raw

    def codes(self, fields: Fields, month: int) -> np.ndarray:
        """Return numbers in 64 bits (or truths), so that adding them up cannot overflow."""
        numbers = np.asarray(self.read(fields, month))
        if numbers.dtype.kind == "b":
            return numbers
        return numbers.astype(np.float64 if numbers.dtype.kind == "f" else np.int64)

    def stored(self, value: float) -> tuple[Limits, float]:
        """Return how and as what a value is stored.

        Raises
        ------
        AttributeError
            If it cannot be set.
        TypeError, ValueError
            If the value is not a number within the limits.
        """
        if self.limits is None:
            can = ", ".join(name for name, attribute in ATTRIBUTES.items() if attribute.limits)
            raise AttributeError(f"Patient.{self.name} can only be read; what can be set: {can}")
        limits = self.limits
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise TypeError(f"Patient.{self.name} must be a number, got {value!r}")
        if not (math.isfinite(value) and limits.least <= value <= limits.most):
            raise ValueError(f"Patient.{self.name} must lie in [{limits.least:g}, {limits.most:g}], got {value!r}")
        whole = record.RECORD[limits.field].kind != "f"
        return limits, round(value * limits.per) if whole else float(value)


def _stored(meaning: str, field: str, *, per: int = 1, least: float = 0.0, most: float = 1.0) -> Attribute:
    """Return an attribute that is a field of the record, but for its unit, and may be set."""
    limits = Limits(field=field, per=per, least=least, most=most)
    return Attribute(meaning, lambda fields, month: fields[field] / per if per > 1 else fields[field], limits=limits)


def _hours(meaning: str, field: str) -> Attribute:
    return _stored(meaning, field, per=60, most=HOURS_IN_A_WEEK)


def _total(meaning: str, field: str, *, per: int = 1) -> Attribute:
    """Return an attribute that is a total since the start: it can only be read."""
    return Attribute(meaning, lambda fields, month: fields[field] / per if per > 1 else fields[field])


def _mask(meaning: str, field: str, mask: int) -> Attribute:
    return Attribute(meaning, lambda fields, month: (fields[field] & mask) != 0)


def _organisation(meaning: str, field: str, kind: str) -> Attribute:
    """Return an attribute that is an organisation's name, or its index where the model's place names none."""

    def name(index: int, model: World) -> str | int:
        organisations = getattr(getattr(model, "place", None), kind, None)
        return index if organisations is None else organisations[index].name

    return Attribute(meaning, lambda fields, month: fields[field], label=name)


def _word(code: Condition | Setting | Funder) -> str:
    return code.name.lower()


def _conditions(bits: int, model: World) -> tuple[str, ...]:
    return tuple(_word(condition) for condition in Condition if bits >> condition & 1)


def _age(fields: Fields, month: int) -> Any:
    return (np.minimum(month, fields["end_month"].astype(np.int32)) - fields["birth_month"]) // 12


def _fifth(fields: Fields, month: int) -> Any:
    return (fields["person"] >> record.QUINTILE_SHIFT & record.QUINTILE_MASK) + 1


def _ended(fields: Fields, month: int) -> Any:
    return fields["end_month"] < month


class Patient(mesa.Agent):
    """A person: a view of one row of the store, made when asked for and cheap to throw away.

    Reading an attribute reads the store as it is now; setting one writes to it. Two views of a row are equal. Keep row
    numbers (``unique_id``), not views, across months. Views are not in ``model.agents``, and are not stepped: the
    monthly kernel moves everybody on at once.

    Parameters
    ----------
    model : the Mesa model; see :class:`World`
    people : the store
    row : row number

    Raises
    ------
    IndexError
        If there is no such row.

    Notes
    -----
    What may be set: `frailty`, `strain`, `need_hours`, `informal_hours`, `package_hours`, `capital_pounds`. The sweep
    recomputes need and informal help every month, so those two last until then.
    """

    __slots__ = ("model", "people", "unique_id")
    pos = None  # Mesa's place in a space; people have a `small_area`

    model: World
    people: People
    unique_id: int

    def __init__(self, model: World, people: People, row: int) -> None:
        # Not Agent.__init__: it would number the view and register it with the model.
        if not 0 <= row < len(people):
            raise IndexError(f"row must be from 0 to {len(people) - 1}, got {row!r}")
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "unique_id", int(row))

    # Who
    age = Attribute("whole years; at death or leaving, for those no longer there", _age)
    sex = Attribute(
        "female or male",
        lambda fields, month: fields["person"] & record.FEMALE,
        label=lambda code, model: "female" if code else "male",
    )
    deprivation_fifth = Attribute("fifth of England by deprivation of the small area; 1 is the most deprived", _fifth)
    partner = _mask("lives with a partner", "person", record.PARTNER)
    home_owner = _mask("owns the home", "person", record.OWNER)
    capital_pounds = _stored("savings in pounds, the home apart", "capital", least=-(2**31), most=2**31 - 1)

    # Where
    small_area = _total("index into the place's small areas", "small_area")
    council = _organisation("name of the council of residence", "council", "councils")
    consortium = _organisation("name of the GP consortium", "consortium", "consortia")
    hospital = _organisation("name of the hospital that emergencies go to", "hospital", "hospitals")

    # Health
    conditions = Attribute(
        "names of the long-term conditions ever recorded", lambda fields, month: fields["conditions"], label=_conditions
    )
    frailty = _stored("share of deficits, 0 to 1", "frailty")
    last_phase = _mask("is in the last phase of life", "flags", record.DYING)

    # Need and who meets it
    need_hours = _hours("hours of help needed a week", "need")
    informal_hours = _hours("hours of help from family and friends a week", "informal")
    package_hours = _hours("hours of formal home care a week", "package")
    unmet_hours = _total("hours of unmet need a week, mean of last month", "unmet_recent", per=60)
    withheld_hours = _total("package hours a week less than at reference lever settings", "withheld", per=60)
    strain = _stored("strain of the carer: 0 rested, 1 at the edge", "strain")
    carer_broken = _mask("the carer has given up", "flags", record.CARER_BROKEN)

    # Care
    setting = Attribute(
        "where the person lives or is looked after",
        lambda fields, month: fields["care"] & record.SETTING_MASK,
        label=lambda code, model: _word(Setting(code)),
    )
    funder = Attribute(
        "who pays for long-term care",
        lambda fields, month: fields["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK,
        label=lambda code, model: _word(Funder(code)),
    )
    in_hospital = _mask("is in a hospital bed", "care", record.IN_HOSPITAL)
    proactive = _mask("is on the proactive-care list", "flags", record.PROACTIVE)
    waits_for_assessment = _mask("has asked for an assessment that is not answered yet", "flags", record.ASKED)
    found_not_eligible = _mask("was assessed and found not eligible", "flags", record.REFUSED)

    # What became of them since the start
    present = Attribute("lives in the place this month", present)
    alive = Attribute(
        "has not died; nothing is known of those who moved away",
        lambda fields, month: ~_ended(fields, month) | ((fields["flags"] & record.LEFT) != 0),
    )
    qalys = _total("quality-adjusted life years lived", "qalys", per=1_000_000)
    unmet_hours_total = _total("hours of unmet need", "unmet", per=60)
    out_of_pocket_pounds = _total("pounds paid for care by the person", "out_of_pocket", per=100)
    days_at_home = _total("days at home", "days_at_home")
    days_in_hospital = _total("days in hospital", "days_in_hospital")
    handovers = _total("moves between services, and assessments", "handovers")
    contacts = _total("emergency contacts (stops at 255)", "contacts")
    spells = _total("emergency spells in hospital (stops at 255)", "spells")

    @property
    def record(self) -> np.void:
        """The record itself: its fields as stored, in stored units; writing to it writes to the store."""
        return self.people.rows[self.unique_id]

    def step(self) -> NoReturn:
        """Refuse: the monthly kernel moves everybody on at once."""
        raise TypeError("a Patient cannot be stepped alone: people are moved on together, by economy.step()")

    advance = step

    def remove(self) -> NoReturn:
        """Refuse: people enter and leave through the model."""
        raise TypeError("a Patient cannot be removed: they enter and leave through the model; the dead keep their row")

    @classmethod
    def create_agents(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: people enter and leave through the model."""
        raise TypeError("Patients cannot be created: people enter and leave through the model")

    def __setattr__(self, name: str, value: Any) -> None:
        # Anything else would be kept by a view that is about to be thrown away.
        if name not in ATTRIBUTES:
            raise AttributeError(no_attribute(name))
        ATTRIBUTES[name].__set__(self, value)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(no_attribute(name), name=name, obj=self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Patient):
            return NotImplemented
        return self.people is other.people and self.unique_id == other.unique_id

    def __hash__(self) -> int:
        return self.unique_id

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "people": self.people, "unique_id": self.unique_id}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        who = f"{'woman' if self.sex == 'female' else 'man'} of {self.age}, deprivation fifth {self.deprivation_fifth}"
        ill = ", ".join(self.conditions).replace("_", " ") or "no long-term condition"
        now = f"{ill}; frailty {self.frailty:.2f}; {self._needs()}; {self._whereabouts()}"
        return f"<Patient {self.unique_id}: {who}; {now}>"

    def _needs(self) -> str:
        if self.need_hours == 0:
            return "needs no help"
        met = f"{self.informal_hours:.1f} informal, {self.package_hours:.1f} formal"
        return f"needs {self.need_hours:.1f} h a week ({met})"

    def _whereabouts(self) -> str:
        if not self.present:
            return "moved away" if self.alive else "died"
        where = {"home": "at home", "residential": "in a care home", "nursing": "in a nursing home"}
        setting = where.get(self.setting, f"at home, {self.setting} care")
        return f"in hospital ({setting} before)" if self.in_hospital else setting


ATTRIBUTES: dict[str, Attribute] = {
    name: attribute for name, attribute in vars(Patient).items() if isinstance(attribute, Attribute)
}
"""Every readable attribute of a person by name."""


def no_attribute(name: str, others: Iterable[str] = ()) -> str:
    """Return the message for an attribute that people do not have, with the nearest that they have."""
    nearest = difflib.get_close_matches(name, [*ATTRIBUTES, *others], n=3, cutoff=0.4) or list(ATTRIBUTES)
    return f"people have no attribute {name!r}; nearest: {', '.join(nearest)}"
