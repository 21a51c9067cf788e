"""What survives of a difference between structures when a mechanism is taken away.

An ablation is a few parameters set to where a mechanism does nothing. Both structures are run without it, with the same
people and luck, and the difference is set beside the one with everything in place. What survives of a difference does
not hang on that mechanism.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from agents.naming import nearest
from experiments.cases import Cases, Ground
from experiments.comparing import interval_half_width, is_clear
from experiments.waterfall import yearly
from model.measures import HEADLINE, MEASURES
from model.parameters import Parameters
from model.place import load_place

if TYPE_CHECKING:
    from experiments.figures.ablation import Pictured


class Ablation(NamedTuple):
    """One mechanism taken away.

    Parameters
    ----------
    title : in words
    parameters : what is set to what
    """

    title: str
    parameters: Mapping[str, float]


EVERYTHING = "everything in place"
ABLATIONS: dict[str, Ablation] = {
    "teams": Ablation("teams and shared records do nothing", {"teamwork.effect": 0.0}),
    "amplifier": Ablation("joint money makes no relationship better or worse", {"trusting.amplifier": 0.0}),
    "dip": Ablation("a reorganisation disrupts nothing", {"reorganising.depth": 0.0}),
    "unmet-to-emergency": Ablation("unmet need brings nobody to hospital", {"seeking.contacts_per_unmet_hour": 0.0}),
    "unmet-to-frailty": Ablation("unmet need makes nobody frailer", {"living.frailty_from_unmet": 0.0}),
    "unmet-to-death": Ablation("need adds nothing to the hazard of death", {"living.death_with_need": 0.0}),
    "trust": Ablation("partners' accounts are felt in full under any duty, whatever trust", {"deciding.trust": 1.0, "deciding.trust_spread": 0.0}),
    "regard": Ablation("no duty makes anybody feel a partner's account", {f"deciding.regard_{duty}": 0.0 for duty in ("none", "consult", "have_regard", "integrate")}),
    "information": Ablation("everybody sees everybody's accounts", {"deciding.sight_apart": 1.0}),
    "price-of-money": Ablation("a pound feels the same however short money is", {"deciding.price_gain": 0.0}),
    "board": Ablation("no advice of a board is followed", {f"board.heeded_{duty}": 0.0 for duty in ("none", "consult", "have_regard", "integrate")}),
    "transition-cost": Ablation("changing over costs nothing", {"overheads.transition_share": 0.0}),
    "management-saving": Ablation("merging saves no management", {"overheads.merged_saving": 0.0}),
    "market-by-fees": Ablation("fees bring no care and drive none away", {"market.home_care_by_fees": 0.0, "market.places_by_fees": 0.0}),
    "services": Ablation(
        "community, mental health and care-home services do nothing beyond visits",
        {f"services.{name}": 0.0 for name in (
            "nursing_need", "nursing_recovery", "nursing_returns", "mental_crises", "mental_recovery", "dementia_crises", "dementia_load", "dementia_need",
            "continence_need", "continence_load", "home_contacts", "home_last_crises",
        )},
    ),
}  # fmt: skip
"""Mechanisms that can be taken away, by name."""


@dataclass(frozen=True, kw_only=True)
class AblationSpec:
    """What is taken away, and between which structures.

    Parameters
    ----------
    ground : what all runs share
    structures : the first is the baseline that others are compared with
    ablations : of :data:`ABLATIONS`; all if empty

    Raises
    ------
    ValueError
        If an ablation is unknown, or structures are fewer than two.
    """

    ground: Ground = field(default_factory=Ground)
    structures: tuple[str, ...] = ("separate-budgets", "single-budget")
    ablations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.ablations:
            if name not in ABLATIONS:
                raise ValueError(f"unknown ablation {name!r}; nearest: {nearest(name, ABLATIONS)}")
        if len(set(self.structures)) < 2 or len(set(self.structures)) != len(self.structures):
            raise ValueError(f"AblationSpec.structures must be two or more different ones, got {list(self.structures)!r}")
        object.__setattr__(self, "ablations", tuple(self.ablations) or tuple(ABLATIONS))
        Parameters().with_values({name: value for each in self.ablations for name, value in ABLATIONS[each].parameters.items()})


@dataclass(frozen=True, kw_only=True)
class Ablated:
    """What was found.

    Parameters
    ----------
    spec : what was asked for
    title : of the place, for a reader
    rows : structure, ablation, measure, difference from the baseline with low and high (95% over replications), survives
        (share of the difference with everything in place; missing where that is not clearly different from nothing)
    """

    spec: AblationSpec
    title: str
    rows: pd.DataFrame

    @property
    def pictured(self) -> Pictured:
        """What the figure is drawn from."""
        from experiments.figures.ablation import Pictured

        titles = {EVERYTHING: "Everything in place", **{name: f"Without {name.replace('-', ' ')}: {ABLATIONS[name].title}" for name in self.spec.ablations}}
        return Pictured(context=self.spec.ground.context(self.title, self.spec.structures), rows=self.rows, titles=titles)


def ablate(spec: AblationSpec, cases: Cases) -> Ablated:
    """Return each structure's difference from the first with everything in place, and without each mechanism.

    Raises
    ------
    CasesError
        If a run failed.
    """
    sets = {EVERYTHING: {}, **{name: dict(ABLATIONS[name].parameters) for name in spec.ablations}}
    runs = {(name, structure): spec.ground.runs(structure, parameters=values) for name, values in sets.items() for structure in spec.structures}
    cases.run(run for own in runs.values() for run in own)
    measures = [measure.name for measure in HEADLINE]
    values = {which: np.column_stack([yearly(cases.tables(run).measures, measures) for run in own]) for which, own in runs.items()}
    differences = {(name, structure): values[name, structure] - values[name, spec.structures[0]] for name in sets for structure in spec.structures[1:]}
    return Ablated(spec=spec, title=load_place(spec.ground.place).title, rows=survival(differences, measures))


def survival(differences: Mapping[tuple[str, str], np.ndarray], measures: Sequence[str]) -> pd.DataFrame:
    """Return what survives of each difference.

    Parameters
    ----------
    differences : by ablation and structure: shape (n_measures, n_replications); :data:`EVERYTHING` among the ablations
    measures : names, in order

    Returns
    -------
    DataFrame
        As ``Ablated.rows``.
    """
    rows = []
    for (name, structure), difference in differences.items():
        whole = differences[EVERYTHING, structure]
        mean, half = difference.mean(axis=1), interval_half_width(difference)
        base, base_half = whole.mean(axis=1), interval_half_width(whole)
        for m, measure in enumerate(measures):
            clear = is_clear(base[m] - base_half[m], base[m] + base_half[m])
            rows.append(
                {
                    "structure": structure, "ablation": name, "measure": measure, "difference": mean[m], "low": mean[m] - half[m],
                    "high": mean[m] + half[m], "survives": mean[m] / base[m] if clear else np.nan, "unit": MEASURES[measure].unit,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def write_ablation(found: Ablated, folder: Path) -> list[Path]:
    """Write ``ablation.csv`` and the figure; return the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.figures import ablation as figure
    from experiments.figures.drawing import save_answer

    return save_answer("ablation", figure, found.pictured, found.rows, folder)
