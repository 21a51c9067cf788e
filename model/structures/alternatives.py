"""Alternatives: other readings of what the document behind a structure leaves open, as in ``single-budget~no-overspend``.

An alternative stands in its structure's file. It says what is open, and states the facts that are other under it; or it
names the shipped structure that it comes to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from agents.naming import nearest
from model.options import joined, list_options, option_facts, places_of

SIGN = "~"
"""Stands between a structure's name and that of an alternative."""
LABELS = ("name", "title", "family", "source", "open_questions", "alternatives")
"""What a structure says of itself, and no fact."""
WORDS = ("says", "see")
"""What an alternative says of itself; everything else in it replaces what the structure states."""


class Alternative(BaseModel):
    """One other reading of what a document leaves open.

    Parameters
    ----------
    says : what is open, and how it is read instead
    see : the shipped structure, with options where need be, that the other reading comes to; empty where `facts` say it
    facts : that are other under it, as in a structure's file; in the file they stand beside `says`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: Annotated[str, Field(min_length=1, strict=True)]
    see: Annotated[str, Field(strict=True)] = ""
    facts: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _facts_beside(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {**{word: given[word] for word in WORDS if word in given}, "facts": {key: value for key, value in given.items() if key not in WORDS}}

    @property
    def table(self) -> dict[str, Any]:
        """Itself as a file states it."""
        return {"says": self.says, **({"see": self.see} if self.see else {}), **self.facts}


def as_tables(given: Any) -> Any:
    """Return alternatives as a file states them, refusing bare sentences."""
    if not isinstance(given, Mapping):
        message = "must be tables, each [alternatives.NAME] with facts; what no fact can say goes into open_questions"
        raise PydanticCustomError("no_tables", message)
    return given


def split(name: str) -> tuple[str, str]:
    """Return the name, or path, of a structure, and that of the alternative taken of it; empty if none is.

    Examples
    --------
    >>> split("single-budget~no-overspend"), split("mine/two~pools.toml")
    (('single-budget', 'no-overspend'), ('mine/two~pools.toml', ''))
    """
    base, sign, alternative = name.rpartition(SIGN)
    return (base, alternative) if sign and not name.endswith(".toml") else (name, "")


def taken(facts: Mapping[str, Any], name: str, alternative: Alternative, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return a structure's facts under one of its alternatives.

    Parameters
    ----------
    facts : as the structure's file states them
    name : of the alternative
    alternative : itself
    seen : the facts of the structure that it comes to; empty where it states its own

    Examples
    --------
    >>> whole = Alternative(says="Whether all of it is pooled.", fixed=["fees"])
    >>> taken({"name": "a", "title": "A", "source": "S.", "fixed": []}, "all-pooled", whole, {})
    {'name': 'a~all-pooled', 'title': 'A (all pooled)', 'source': 'S.\\nWhether all of it is pooled.', 'fixed': ['fees']}
    """
    labels = {key: facts[key] for key in LABELS if key in facts and key != "alternatives"}
    labels["name"] = f"{facts.get('name', '')}{SIGN}{name}"
    labels["title"] = f"{facts.get('title', '')} ({name.replace('-', ' ')})"
    labels["source"] = f"{facts.get('source', '')}\n{alternative.says}"
    own = {key: value for key, value in (seen or facts).items() if key not in LABELS}
    return {**labels, **joined(own, alternative.facts)}


def stated_places(alternative: Alternative) -> set[tuple[str, ...]]:
    """Return the keys of all facts that an alternative states, and of the options behind the structure that it comes to."""
    return {*places_of(alternative.facts), *(place for option in alternative.see.split("+")[1:] for place in places_of(option_facts(option)))}


def without_use(alternative: Alternative, own_name: str, shipped: list[str]) -> Iterator[tuple[str, str]]:
    """Yield key and complaint of what makes an alternative no other structure, whatever its facts.

    Parameters
    ----------
    own_name : of the structure
    shipped : names of structures
    """
    for label in LABELS:
        if label in alternative.facts:
            yield label, f"must be left out: an alternative keeps its structure's (got {short(alternative.facts[label])})"
    if alternative.see and alternative.facts:
        yield "see", f"must be left out where facts are stated (got {alternative.see!r} and {', '.join(alternative.facts)})"
    elif alternative.see:
        name, *options = alternative.see.split("+")
        unknown = [(each, names) for each, names in ((name, shipped), *((option, list_options()) for option in options)) if each not in names]
        for each, names in unknown:
            yield "see", f"must be a shipped structure, options behind it after a +; nearest: {nearest(each, names)} (got {alternative.see!r})"
        if alternative.see == own_name:
            yield "see", f"must be another structure (got {alternative.see!r})"
    elif not alternative.facts:
        yield "", "must state a fact, or see another structure; what no fact can say goes into open_questions (got says alone)"


def short(given: Any) -> str:
    """Return what was given in one line of an error, cut where it is long."""
    words = repr(given)
    return words if len(words) <= 60 else f"{words[:57]}..."


def file_name(path: Path, alternative: str, options: list[str]) -> str:
    """Return what errors call a file with an alternative taken and options laid over it."""
    return "+".join([f"{path.name}{SIGN}{alternative}" if alternative else path.name, *options])
