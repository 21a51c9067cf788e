"""How a hospital looks in pictures: the colour, shape and words of each state of a bed and each reason to wait."""

from __future__ import annotations

from typing import NamedTuple

from experiments.figures.style import BLUE, CHARCOAL, GREY, LILAC, MANY, ORANGE, PLUM, TEAL, place_label
from experiments.film import BedState, Film

WAITING_INK = PLUM  # of people in A&E who wait for a bed, as in the figure of one life


class BedLook(NamedTuple):
    """A bed's colour, the kind of its square, the hatch of its area, and its words."""

    ink: str
    square: str
    hatch: str
    words: str


BEDS = {
    BedState.EMPTY: BedLook(GREY, "outline", "", "Empty"),
    BedState.ASSESSMENT: BedLook(TEAL, "holed", "....", "Assessment unit"),
    BedState.ACUTE: BedLook(BLUE, "full", "", "Acutely ill"),
    BedState.RECOVERING: BedLook(LILAC, "full", "////", "Recovering"),
    BedState.ELECTIVE: BedLook(CHARCOAL, "hollow", "xxxx", "Planned operation"),
    BedState.FIT_TO_LEAVE: BedLook(ORANGE, "full", "", "Fit to leave"),
    BedState.SHUT: BedLook(GREY, "faint", "", "Escalation bed, shut"),
}
CUBICLES = {
    "treated": BedLook(BLUE, "full", "", "In A&E: treated"),
    "waiting": BedLook(WAITING_INK, "holed", "", "In A&E: waits for a bed"),
}

REASONS = {  # in the order of the national return
    "assessment": "Assessment",
    "funding": "Public funding",
    "further_nhs": "Further NHS care",
    "residential": "Residential home",
    "nursing": "Nursing home",
    "package": "Care package at home",
    "equipment": "Equipment, adaptations",
    "choice": "Own or family's choice",
    "disputes": "Disputes",
    "housing": "Housing",
}


class ReasonLook(NamedTuple):
    """A reason's colour, the kind of its dots, the hatch of its area, and its words."""

    ink: str
    dot: str
    hatch: str
    words: str


def reason_looks(film: Film) -> dict[str, ReasonLook]:
    """Return how each reason of a film is drawn, in order: inks come round again with other dots and hatches."""
    known = [name for name in REASONS if name in film.reasons]
    names = known + [name for name in film.reasons if name not in REASONS]
    looks = {}
    for number, name in enumerate(names):
        again = number >= len(MANY)
        looks[name] = ReasonLook(
            ink=MANY[number % len(MANY)],
            dot="hollow" if again else "full",
            hatch="////" if again else "",
            words=REASONS.get(name, place_label(name).capitalize()),
        )
    return looks
