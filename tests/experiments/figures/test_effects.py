"""The figure of an experiment's effects says what its data say."""

import math

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiments.figures.drawing import house_style
from experiments.figures.effects import describe, draw, table, title
from experiments.figures.style import Context

CONTEXT = Context(place="Wigan", structures=("usual", "strict", "mild"), replications=3, years=2, scale=1.0)


def effect(arm: str, measure: str, percent: float, half: float, year: int = 0, structure: str = "separate-budgets") -> dict:
    return {
        "place": "wigan", "structure": structure, "arm": arm, "against": "usual", "measure": measure, "year": year, "baseline": 1000.0,
        "difference": 10.0 * percent, "low": 10.0 * (percent - half), "high": 10.0 * (percent + half), "percent": percent,
        "percent_low": percent - half, "percent_high": percent + half, "replications": 3,
    }  # fmt: skip


EFFECTS = pd.DataFrame(
    [
        effect("strict", "unmet_hours", 5.0, 1.0), effect("mild", "unmet_hours", 0.5, 1.0),
        effect("strict", "public_spending", -2.0, 1.0), effect("strict", "unmet_hours", 9.0, 1.0, year=1),
    ]
)  # fmt: skip


def test_the_title_tells_how_many_are_clear_and_which_most():
    rows = table(EFFECTS, ["public_spending", "unmet_hours"])
    assert rows["measure"].tolist() == ["public_spending", "unmet_hours", "unmet_hours"], "in the order asked for, the period only"
    assert title(rows, "A cut") == "A cut: 2 of 3 effects are clear of luck; the largest, hours of unmet need +5.0% (strict)"
    assert title(rows, "Does a cut help?").startswith("Does a cut help? 2 of 3 effects")
    assert title(rows.iloc[:1], "A cut").startswith("A cut: 1 of 1 effects is clear of luck, about as many as luck alone brings; ")
    assert title(rows.iloc[2:], "A cut") == "A cut: none of 1 effects is clear of luck"
    assert "Hours of unmet need, Strict: +50.0 (+40.0 to +60.0) hours a year, +5.0%." in describe(rows)


def test_one_pair_of_runs_claims_nothing():
    alone = EFFECTS.assign(replications=1, low=math.nan, high=math.nan, percent_low=math.nan, percent_high=math.nan)
    assert "clear" not in title(table(alone, ["unmet_hours"]), "A cut")


def test_of_next_to_nothing_no_percentage_is_drawn_and_the_difference_stands_alone():
    rows = table(pd.DataFrame([effect("strict", "unmet_hours", 5.0, 1.0), effect("mild", "unmet_hours", 22337.0, 1.0)]), ["unmet_hours"])
    with house_style():
        axes = draw(rows, "A cut", CONTEXT).axes[0]
    assert axes.get_xlim()[1] < 20.0, "the scale is that of the other arm"
    assert "+223,000" in {text.get_text() for text in axes.texts}


def test_rows_of_one_structure_stand_together_and_are_shaded_alike():
    rows = table(pd.concat([EFFECTS.assign(structure=structure) for structure in ("section-75-pool", "single-budget")]), ["unmet_hours"])
    assert dict(zip(rows["label"], rows["set"], strict=True)) == {
        "Section 75 pool, strict": "section-75-pool", "Section 75 pool, mild": "section-75-pool",
        "Single budget, strict": "single-budget", "Single budget, mild": "single-budget",
    }  # fmt: skip
    with house_style():
        figure = draw(rows, "A cut", CONTEXT)
    bands = [patch for patch in figure.axes[0].patches if patch.get_facecolor()[:3] != (1.0, 1.0, 1.0)]
    assert len(bands) == 2, "the second structure's two rows"


@pytest.mark.parametrize("structures", [("separate-budgets",), ("separate-budgets", "single-budget")])
def test_a_panel_a_measure_and_a_line_for_each_arm_and_structure(structures):
    frame = pd.concat([EFFECTS.assign(structure=structure) for structure in structures])
    rows = table(frame, ["unmet_hours", "public_spending"])
    assert rows["label"].nunique() == 2 * len(structures)
    with house_style():
        figure = draw(rows, "A cut", CONTEXT)
        FigureCanvasAgg(figure).draw()
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title(loc="left") for axes in shown] == ["Hours of unmet need", "Public spending"]
    assert [label.get_text() for label in shown[0].get_yticklabels()] == list(dict.fromkeys(rows["label"]))
