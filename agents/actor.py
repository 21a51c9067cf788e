"""What every acting body of the model is: a Mesa agent that does not outlive its model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import ClassVar
from weakref import WeakKeyDictionary

import mesa


class _Counts(WeakKeyDictionary[mesa.Model, Iterator[int]]):
    """Numbers given out in each model that is still alive."""

    def __getitem__(self, model: mesa.Model) -> Iterator[int]:
        if model not in self:
            self[model] = itertools.count(1)
        return super().__getitem__(model)


class Actor(mesa.Agent):
    """A Mesa agent of a model of many people.

    Mesa 3.3 counts agents in a table that keeps every model alive for as long as the process lives: a batch would hold the people of
    all its runs in memory. Actors are counted in a table that lets go of models that nobody uses any more.
    """

    _ids: ClassVar[_Counts] = _Counts()
