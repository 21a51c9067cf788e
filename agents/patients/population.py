"""Everybody who lives in the place, as a Mesa ``AgentSet`` over the column store.

What Mesa does agent by agent is done here by columns wherever an attribute is named, and by short-lived views only
where a function of one person is handed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter, index
from typing import Any, Literal

import numpy as np

from agents.patients.patient import ATTRIBUTES, Patient, World, month_of, no_attribute, present
from agents.patients.people import People
from agents.patients.record import RECORD

try:  # Mesa 3.4 moved them
    from mesa.agentset import AgentSet, GroupBy
except ModuleNotFoundError:
    from mesa.agent import AgentSet, GroupBy


class Columns:
    """Columns of some people: ``columns.age`` in readable units, ``columns["birth_month"]`` as stored in the record.

    Each is an array of shape (n,) in the order of the people. An array of all rows may be a view of the store: do not
    write to it.
    """

    def __init__(self, model: World, people: People, members: np.ndarray | slice) -> None:
        self._model = model
        self._rows = people.rows
        self._members = members

    def __getitem__(self, field: str) -> np.ndarray:
        if field not in RECORD.names:
            raise KeyError(no_attribute(field, RECORD.names))
        return self._rows[field][self._members]

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in ATTRIBUTES:
            raise AttributeError(no_attribute(name))
        values, codes = self.coded(name)
        return codes if values is None else values[codes]

    def coded(self, name: str) -> tuple[np.ndarray | None, np.ndarray]:
        """Return (None, numbers); where numbers stand for something: (distinct labels, index of each one's label)."""
        attribute = ATTRIBUTES[name]
        codes = attribute.codes(self, month_of(self._model))
        if attribute.label is None:
            return None, codes
        distinct, codes = np.unique(codes, return_inverse=True)
        of_codes = [attribute.label(code, self._model) for code in distinct.tolist()]
        position = {label: k for k, label in enumerate(dict.fromkeys(of_codes))}  # two codes may share a label
        labels = np.empty(len(position), dtype=object)
        labels[:] = list(position)
        return labels, np.array([position[label] for label in of_codes], dtype=np.intp)[codes]


class Groups(GroupBy):
    """Groups of people, as Mesa's, aggregating by columns."""

    def agg(self, attr_name: str, func: Callable | Iterable[Callable]) -> dict[Any, Any]:
        """Return what `func` makes of the attribute's values in each group."""
        if all(isinstance(group, Population) for group in self.groups.values()):
            return {key: group.agg(attr_name, func) for key, group in self.groups.items()}
        return super().agg(attr_name, func)


class Population(AgentSet):
    """People as an ordered set of agents.

    ``Population(model, people)`` is *live*: whoever lives in the place in the model's present month, in row order. It
    grows and shrinks with the model and cannot be changed from outside; ``population[4711]`` is row 4711, dead or
    alive. What ``select``, ``sort``, ``shuffle``, ``groupby`` and ``copy`` return is a *selection*: a fixed list of
    rows that keeps its members when they die (so it can follow a cohort), and that ``add``, ``discard`` and
    ``inplace=True`` may change. Square brackets take a row number (``unique_id``), never a position.

    Parameters
    ----------
    model : the Mesa model
    people : the store, or an array of records to make one of
    uids : row numbers of a selection, in order; None: a live population

    Attributes
    ----------
    model, people : as given
    random : the model's generator, which ``shuffle`` and ``shuffle_do`` use as Mesa's do

    Raises
    ------
    IndexError
        If a row number is not in the store.
    """

    def __init__(self, model: World, people: People | np.ndarray, *, uids: Iterable[int] | None = None) -> None:
        # Not AgentSet.__init__: it would keep weak references to views that nobody else holds.
        self.model = model
        self.people = people if isinstance(people, People) else People(people)
        self.random = model.random
        self._everyone = False
        self._uids: np.ndarray | None = None  # None: live
        self._is_member: np.ndarray | None = None  # mask over rows, made when first asked for
        if uids is not None:
            self._fix(self._distinct(uids))

    # -- which rows

    @property
    def live(self) -> bool:
        """Whether this follows the model by itself, rather than being a fixed selection."""
        return self._uids is None

    @property
    def everyone(self) -> Population:
        """All who ever lived in the place, row by row, the dead and those who left included: live, too."""
        everyone = Population(self.model, self.people)
        everyone.random = self.random
        everyone._everyone = True
        return everyone

    @property
    def uids(self) -> np.ndarray:
        """Row numbers of the members, in order, shape (len(self),)."""
        members = self._members()
        return np.arange(len(self.people)) if isinstance(members, slice) else members.copy()

    @property
    def columns(self) -> Columns:
        """The members' columns."""
        return Columns(self.model, self.people, self._members())

    def column(self, name: str) -> np.ndarray:
        """Return one attribute of all members, shape (len(self),): numbers, truths, or an object array of names.

        Raises
        ------
        AttributeError
            If people have no such attribute; the message gives the nearest.
        """
        return getattr(self.columns, name)

    def _members(self) -> np.ndarray | slice:
        """Return row numbers, or a slice of all rows: slicing copies nothing."""
        if self._uids is not None:
            return self._uids
        if self._everyone:
            return slice(None)
        here = present(self.people.rows, month_of(self.model))
        return slice(None) if here.all() else np.flatnonzero(here)

    def _selection(self, uids: np.ndarray) -> Population:
        selection = Population(self.model, self.people)
        selection.random = self.random
        return selection._fix(uids)

    def _fix(self, uids: np.ndarray) -> Population:
        self._uids = uids
        self._is_member = None
        return self

    def _changed(self, uids: np.ndarray, inplace: bool) -> Population:
        if not inplace:
            return self._selection(uids)
        self._refuse_if_live("changed in place")
        return self._fix(uids)

    def _refuse_if_live(self, what: str) -> None:
        if self.live:
            raise TypeError(
                f"a live Population cannot be {what}: people enter and leave through the model; "
                "copy() gives a selection that can"
            )

    def _distinct(self, uids: Iterable[int]) -> np.ndarray:
        """Return row numbers, each once, in the order in which they are first met."""
        uids = np.asarray(uids if isinstance(uids, np.ndarray) else list(uids))
        if len(uids) == 0:
            return np.empty(0, dtype=np.intp)
        if uids.ndim != 1 or uids.dtype.kind not in "iu":
            raise TypeError(f"Population.uids must be whole row numbers, got {uids.ndim} dimensions of {uids.dtype}")
        least, most = int(uids.min()), int(uids.max())
        if least < 0 or most >= len(self.people):
            raise IndexError(f"Population.uids must lie from 0 to {len(self.people) - 1}, got {least} to {most}")
        firsts = np.unique(uids, return_index=True)[1]
        return uids[np.sort(firsts)].astype(np.intp)

    def _row(self, patient: Any) -> int:
        """Return the row of a person of this store."""
        if not isinstance(patient, Patient):
            raise TypeError(f"a Population holds Patients only, got {patient!r}")
        if patient.people is not self.people:
            raise ValueError(f"{patient!r} belongs to another model's people")
        return patient.unique_id

    def _view(self, row: int) -> Patient:
        return Patient(self.model, self.people, row)

    # -- a collection

    def __len__(self) -> int:
        if self._uids is not None:
            return len(self._uids)
        if self._everyone:
            return len(self.people)
        return int(np.count_nonzero(present(self.people.rows, month_of(self.model))))

    def __iter__(self) -> Iterator[Patient]:
        return map(self._view, self.uids.tolist())

    def __reversed__(self) -> Iterator[Patient]:
        return map(self._view, reversed(self.uids.tolist()))

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Patient) or agent.people is not self.people:
            return False
        row = agent.unique_id
        if self._uids is None:
            return self._everyone or bool(present(self.people.rows[row], month_of(self.model)))
        if self._is_member is None:
            self._is_member = np.zeros(len(self.people), dtype=bool)
            self._is_member[self._uids] = True
        return row < len(self._is_member) and bool(self._is_member[row])  # a newcomer since is no member

    def __getitem__(self, item: int) -> Patient:
        """Return the person with row number `item`.

        Raises
        ------
        TypeError
            If `item` is not a whole number; for positions and slices use ``to_list()``.
        IndexError
            If there is no such row, or the person is not in this selection.
        """
        try:
            row = index(item)
        except TypeError:
            raise TypeError(f"a Population takes a row number, got {item!r}; for positions use to_list()") from None
        if not 0 <= row < len(self.people):
            raise IndexError(f"row must be from 0 to {len(self.people) - 1}, got {row}; for positions use to_list()")
        patient = self._view(row)
        if not self.live and patient not in self:
            raise IndexError(f"row {row} is not in this selection; for positions use to_list()")
        return patient

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of a person in iteration order, as of a list."""
        return self.to_list().index(value, start, len(self) if stop is None else stop)

    def count(self, value: Any) -> int:
        """Return 1 if the person is a member, else 0."""
        return int(value in self)

    def to_list(self) -> list[Patient]:
        """Return a view of each member: for small selections."""
        return list(self)

    def copy(self) -> Population:
        """Return a selection of the present members."""
        return self._selection(self.uids)

    __copy__ = copy

    def __repr__(self) -> str:
        if not self.live:
            return f"<Population: a selection of {len(self):,} people>"
        which = "all who ever lived in the place" if self._everyone else "living in the place"
        return f"<Population: {len(self):,} people {which}, {len(self.people):,} rows>"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_is_member": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    # -- choosing and ordering

    def select(
        self,
        filter_func: Callable[[Patient], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
        *,
        where: np.ndarray | Callable[[Columns], np.ndarray] | None = None,
    ) -> Population:
        """Return a selection: the fast way is `where`, which works on whole columns.

        Parameters
        ----------
        filter_func : (patient) -> whether to take; one view a person, so slow on many
        at_most : take the first so many; a float up to 1 is a share of the members
        inplace : change this selection instead of making a new one
        agent_type : take only those whose views are of this class
        where : mask of shape (len(self),), or (columns) -> such a mask, applied before `filter_func`

        Raises
        ------
        ValueError
            If the mask is not boolean or has another length.
        TypeError
            If a live population is to be changed in place.

        Examples
        --------
        ``economy.patients.select(where=lambda people: (people.age >= 85) & (people["package"] > 0))``
        """
        if filter_func is None and agent_type is None and where is None and at_most == float("inf"):
            return self if inplace else self.copy()
        limit = _limit(at_most, len(self))
        uids = self.uids
        if where is not None:
            uids = uids[self._mask(where)]
        if agent_type is not None and not issubclass(Patient, agent_type):
            uids = uids[:0]
        if filter_func is not None:
            uids = np.fromiter(_first(limit, filter_func, map(self._view, uids.tolist())), dtype=np.intp)
        elif limit is not None:
            uids = uids[:limit]
        return self._changed(uids, inplace)

    def _mask(self, where: np.ndarray | Callable[[Columns], np.ndarray]) -> np.ndarray:
        mask = np.asarray(where(self.columns) if callable(where) else where)
        if mask.dtype != bool or mask.shape != (len(self),):
            raise ValueError(f"where must be {len(self)} truths, one a member, got shape {mask.shape} of {mask.dtype}")
        return mask

    def shuffle(self, inplace: bool = False) -> Population:
        """Return a selection in random order; `random` decides, drawing as Mesa's does."""
        uids = self.uids.tolist()
        if inplace:
            self._refuse_if_live("changed in place")
        self.random.shuffle(uids)
        return self._changed(np.array(uids, dtype=np.intp), inplace)

    def sort(self, key: Callable[[Patient], Any] | str, ascending: bool = False, inplace: bool = False) -> Population:
        """Return a selection in order of an attribute or function, highest first unless `ascending`; ties stay."""
        uids = self.uids
        if isinstance(key, str) and key in ATTRIBUTES:
            values = self._ranks(key)
            if ascending:
                order = np.argsort(values, kind="stable")
            else:  # a stable descending sort is a stable ascending one read backwards, twice
                order = len(uids) - 1 - np.argsort(values[::-1], kind="stable")[::-1]
            uids = uids[order]
        else:
            views = sorted(self, key=attrgetter(key) if isinstance(key, str) else key, reverse=not ascending)
            uids = np.array([view.unique_id for view in views], dtype=np.intp)
        return self._changed(uids, inplace)

    def _ranks(self, name: str) -> np.ndarray:
        """Return numbers that sort as the attribute's values do."""
        labels, codes = self.columns.coded(name)
        if labels is None:
            return codes
        ranked = {label: rank for rank, label in enumerate(sorted(labels.tolist()))}
        return np.array([ranked[label] for label in labels.tolist()], dtype=np.intp)[codes]

    def groupby(
        self, by: Callable[[Patient], Any] | str, result_type: Literal["agentset", "list"] = "agentset"
    ) -> Groups:
        """Return the members by an attribute or by what a function returns; groups in order of their first member."""
        if isinstance(by, str) and by in ATTRIBUTES:
            members = self._grouped(by)
        else:
            members = {}
            for patient in self:
                members.setdefault(by(patient) if callable(by) else getattr(patient, by), []).append(patient.unique_id)
        if result_type == "agentset":
            return Groups({key: self._selection(np.asarray(uids, dtype=np.intp)) for key, uids in members.items()})
        return Groups({key: [self._view(row) for row in uids] for key, uids in members.items()})

    def _grouped(self, name: str) -> dict[Any, np.ndarray]:
        """Return row numbers by value of an attribute."""
        labels, codes = self.columns.coded(name)
        distinct, first, group, sizes = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
        keys = (distinct if labels is None else labels[distinct]).tolist()
        groups = np.split(self.uids[np.argsort(group, kind="stable")], np.cumsum(sizes)[:-1])
        return {keys[k]: groups[k] for k in np.argsort(first).tolist()}

    # -- values

    def get(
        self,
        attr_names: str | Iterable[str],
        handle_missing: Literal["error", "default"] = "error",
        default_value: Any = None,
    ) -> list[Any]:
        """Return the attribute's value of each member as a list, or a list of lists for several attributes.

        :meth:`column` gives the same as an array.

        Raises
        ------
        AttributeError
            If people have no such attribute and `handle_missing` is ``"error"``.
        ValueError
            If `handle_missing` is neither ``"error"`` nor ``"default"``.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing must be 'error' or 'default', got {handle_missing!r}")
        if isinstance(attr_names, str):
            return self._values(attr_names, handle_missing == "default", default_value)
        names = list(attr_names)
        if not names:
            return [[] for _ in range(len(self))]
        values = [self._values(name, handle_missing == "default", default_value) for name in names]
        return [list(of_one) for of_one in zip(*values, strict=True)]

    def _values(self, name: str, forgiving: bool, default: Any) -> list[Any]:
        if name in ATTRIBUTES:
            return self.column(name).tolist()
        if name == "unique_id":
            return self.uids.tolist()
        return [getattr(patient, name, default) if forgiving else getattr(patient, name) for patient in self]

    def set(self, attr_name: str, value: float) -> Population:
        """Set an attribute of every member to one value, and return this set.

        Raises
        ------
        AttributeError
            If people have no such attribute, or it can only be read.
        TypeError, ValueError
            If the value is not a number within the attribute's limits.
        """
        if attr_name not in ATTRIBUTES:
            raise AttributeError(no_attribute(attr_name))
        limits, raw = ATTRIBUTES[attr_name].stored(value)
        self.people.rows[limits.field][self._members()] = raw
        return self

    def agg(self, attribute: str, func: Callable | Iterable[Callable]) -> Any:
        """Return what a function, or each of several, makes of the attribute's values.

        A function of NumPy's gets numbers as an array, which is fast; any other gets a list, as Mesa's does.
        """
        functions = [func] if callable(func) else list(func)
        results = [f(self._argument(attribute, f)) for f in functions]
        return results[0] if callable(func) else results

    def _argument(self, attribute: str, func: Callable) -> np.ndarray | list[Any]:
        numeric = attribute in ATTRIBUTES and ATTRIBUTES[attribute].label is None
        of_numpy = (getattr(func, "__module__", None) or "").partition(".")[0] == "numpy"
        return self.column(attribute) if numeric and of_numpy else self.get(attribute)

    # -- person by person

    def map(self, method: str | Callable, *args: Any, **kwargs: Any) -> list[Any]:
        """Return what a method (by name) or function gives for each member's view: slow on many."""
        return [_call(method, patient, args, kwargs) for patient in self]

    def do(self, method: str | Callable, *args: Any, **kwargs: Any) -> Population:
        """Call a method (by name) or function on each member's view, and return this set: slow on many."""
        for patient in self:
            _call(method, patient, args, kwargs)
        return self

    def shuffle_do(self, method: str | Callable, *args: Any, **kwargs: Any) -> Population:
        """Do as :meth:`do`, in an order that `random` decides; this set keeps its own."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    # -- a set

    def add(self, agent: Patient) -> None:
        """Add a person of the same store to a selection, last."""
        self._refuse_if_live("added to")
        if agent not in self:
            self._fix(np.append(self._uids, self._row(agent)))

    def discard(self, agent: Patient) -> None:
        """Take a person out of a selection, if a member."""
        self._refuse_if_live("taken from")
        if agent in self:
            self._fix(self._uids[self._uids != agent.unique_id])

    def remove(self, agent: Patient) -> None:
        """Take a member out of a selection.

        Raises
        ------
        KeyError
            If the person is not a member.
        """
        self._refuse_if_live("taken from")
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def pop(self) -> Patient:
        """Take the first member out of a selection and return the view.

        Raises
        ------
        KeyError
            If there is none.
        """
        self._refuse_if_live("taken from")
        if len(self) == 0:
            raise KeyError("pop from an empty selection")
        patient = self._view(self._uids[0])
        self._fix(self._uids[1:])
        return patient

    def clear(self) -> None:
        """Take everybody out of a selection."""
        self._refuse_if_live("emptied")
        self._fix(self._uids[:0])

    def _update(self, agents: Iterable[Patient]) -> Population:
        self._refuse_if_live("changed in place")
        return self._fix(self._distinct([self._row(agent) for agent in agents]))

    def _from_iterable(self, it: Iterable[Patient]) -> Population:
        # Of an instance, unlike the class method it stands in for: a result needs this set's store.
        return self._selection(self._distinct([self._row(agent) for agent in it]))

    def _same_store(self, other: Any) -> bool:
        return isinstance(other, Population) and other.people is self.people

    def __and__(self, other: Iterable[Patient]) -> Population:
        if not self._same_store(other):
            return super().__and__(other)
        uids = other.uids  # of the two orders Python's sets of this kind keep the other's
        return self._selection(uids[np.isin(uids, self.uids)])

    def __or__(self, other: Iterable[Patient]) -> Population:
        if not self._same_store(other):
            return super().__or__(other)
        return self._selection(self._distinct(np.concatenate([self.uids, other.uids])))

    def __sub__(self, other: Iterable[Patient]) -> Population:
        if not self._same_store(other):
            return super().__sub__(other)
        uids = self.uids
        return self._selection(uids[~np.isin(uids, other.uids)])

    __hash__ = None


def _call(method: str | Callable, patient: Patient, args: tuple, kwargs: dict[str, Any]) -> Any:
    return getattr(patient, method)(*args, **kwargs) if isinstance(method, str) else method(patient, *args, **kwargs)


def _limit(at_most: int | float, n: int) -> int | None:
    """Return how many to take at most: None for no limit."""
    if at_most == float("inf"):
        return None
    if isinstance(at_most, float) and at_most <= 1.0:  # a share, even 1.0; Mesa rounds it down
        at_most = int(n * at_most)
    return max(0, math.ceil(at_most))


def _first(limit: int | None, test: Callable[[Patient], bool], patients: Iterator[Patient]) -> Iterator[int]:
    """Yield the rows of the first `limit` people that pass the test, asking about no more than are needed."""
    taken = 0
    while limit is None or taken < limit:
        patient = next(patients, None)
        if patient is None:
            return
        if test(patient):
            yield patient.unique_id
            taken += 1

