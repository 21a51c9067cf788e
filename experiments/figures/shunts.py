"""Who pays for whose decision: attributed and counterfactual side by side, with their disagreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.comparing import is_clear
from experiments.figures.payers import KINDS, LINES
from experiments.figures.style import (
    BLUE,
    CHARCOAL,
    DIVERGING,
    GREY,
    ORANGE,
    Context,
    label_of,
    number,
    quiet_grid,
    sheet,
    tick,
)
from experiments.figures.wording import ALONE
from model.ledger import HOSPITAL_LINE, HOUSEHOLD_LINE

LABELS = {
    **LINES,
    HOSPITAL_LINE: "Hospitals' margins",
    "delay_reimbursement": "Fines for delays",
    "acute_contract": "Hospital contracts",
    "committed": "Committed lines",
}
ROWS = tuple(kind for kind in KINDS if kind != "household")
ESTIMATES = {"attributed": "Attributed", "counterfactual": "Counterfactual", "disagreement": "Attributed less counterfactual"}
MOST_LINES = 8
NOTE = (
    "Pounds a year that decisions cost (positive) or save (in blue, with a minus) those in the rows, against each lever's "
    "{reference} setting. Attributed: from causes and reasons within the run. Counterfactual: the difference to a second "
    "run, same people and luck, without the decision, {kind}. Organisations bear what they pay less what they receive; "
    "hospitals what care costs less what they are paid; households, set apart, what they pay. Hours that "
    "families give are no money and not in it. What care costs hospitals is not attributed. {luck} {prior}"
)
HOW = {"replay": "all other levers as they were", "respond": "others free to respond"}


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What is drawn.

    Parameters
    ----------
    context : of the runs
    matrix, lines : decision, decider, payer, (line,) and the estimates, as :class:`experiments.shunting.Shunts` has them
    kind, against : ``replay`` or ``respond``; ``observed`` or ``national``
    draws : sets of cause shares besides the defaults
    """

    context: Context
    matrix: pd.DataFrame
    lines: pd.DataFrame
    kind: str
    against: str
    draws: int


def title(found: Pictured) -> str:
    """Return the finding: how far the two estimates agree on what falls on others than the decider."""
    table = found.matrix
    others = table[table["payer"] != table["decider"]]
    if others.empty:
        return "Who pays for whose decision: no decision costs or saves anybody else anything"
    row = others.loc[others["counterfactual"].abs().idxmax()]
    decision = _words(row["decision"]).lower()
    words = f"the decision of {decision.replace(': ', ' on ')}" if "." in row["decision"] else f"decisions of {decision}"
    clear = is_clear(row["counterfactual_luck_low"], row["counterfactual_luck_high"])
    luck = f"; {ALONE}" if found.context.replications < 2 else "" if clear else ", which is not clear of luck"
    return (
        f"Who pays for whose decision: {words} {'cost' if row['counterfactual'] > 0 else 'save'}{'s' if '.' in row['decision'] else ''} {KINDS[row['payer']].lower()} "
        f"{number(abs(row['counterfactual']), 'pounds')} a year by counterfactual, {_attributed(row)}{luck}"
    )


def _attributed(row: pd.Series) -> str:
    size = number(abs(row["attributed"]), "pounds")
    if row["attributed"] == 0.0:
        return "nothing attributed"
    if np.sign(row["attributed"]) == np.sign(row["counterfactual"]):
        return f"{size} attributed"
    return f"but {'cost' if row['attributed'] > 0 else 'save'} {size} attributed"


def draw(found: Pictured, heading: str) -> Figure:
    """Return the figure: a matrix for each estimate, and each decision's largest service lines."""
    matrix, lines = found.matrix, found.lines
    draws = found.draws
    prior = f"Whiskers: from least to most over {draws + 1} sets of cause shares, the defaults and {draws} drawn from their joint prior." if draws else "At the default shares of causes."
    luck = "Means over replications; pale where their interval leaves zero in." if found.context.replications > 1 else "Of one replication."
    reference = "observed base-year" if found.against == "observed" else "national median"
    caption = found.context.caption(NOTE.format(reference=reference, kind=HOW[found.kind], luck=luck, prior=prior))
    decisions = list(dict.fromkeys(matrix["decision"]))
    payers = [kind for kind in ROWS if kind in set(matrix["payer"])]
    if not decisions:
        figure = sheet(8.5, 3.0, heading, caption)
        figure.add_subplot().set_axis_off()
        return figure
    columns = max(len(decisions), 3)
    width = max(9.0, 3.2 * columns)
    heights = (0.4 * (len(payers) + 1) + 1.3, 0.36 * MOST_LINES + 0.9)
    keys = [
        Line2D([], [], color=BLUE, marker="s", linestyle="none", label="Attributed"),
        Line2D([], [], color=ORANGE, marker="o", linestyle="none", label="Counterfactual"),
    ]
    figure = sheet(width, sum(heights) + 1.6, heading, caption, keys)
    above, below = figure.subfigures(2, 1, height_ratios=heights)
    panels = above.subplots(1, 3, sharey=True)
    reach = max(float(matrix[list(ESTIMATES)].abs().to_numpy().max()), 1.0)
    for axes, (estimate, words) in zip(panels, ESTIMATES.items(), strict=True):
        _matrix(axes, matrix, estimate, payers, decisions, reach)
        axes.set_title(words, pad=30 if any("." in name for name in decisions) else 18)
    for axes, decision in zip(below.subplots(1, len(decisions), squeeze=False)[0], decisions, strict=True):
        _lines(axes, lines[lines["decision"] == decision])
        axes.set_title(f"{_words(decision)}: largest lines")
    return figure


def _words(decision: str) -> str:
    who, _, lever = decision.partition(".")
    return f"{KINDS.get(who, who)}{f': {label_of(lever).lower()}' if lever else ''}"


def _matrix(axes: Axes, matrix: pd.DataFrame, estimate: str, payers: list[str], decisions: list[str], reach: float) -> None:
    cells = matrix.set_index(["payer", "decision"])[[estimate, f"{estimate}_luck_low", f"{estimate}_luck_high"]]
    rows = [*payers, None, "household"]  # households are set apart
    values = cells[estimate].unstack().reindex(index=rows, columns=decisions).to_numpy(float)
    axes.imshow(values, cmap=DIVERGING, norm=TwoSlopeNorm(vmin=-reach, vcenter=0, vmax=reach), aspect="auto")
    for i, row in enumerate(rows):
        for j, decision in enumerate(decisions):
            if row is None:
                continue
            value = values[i, j]
            words = "–" if np.isnan(value) else number(value, "pounds", signed=True)
            _, low, high = cells.loc[(row, decision)] if (row, decision) in cells.index else (np.nan,) * 3
            unclear = low <= 0.0 <= high
            colour = ("lightgrey" if unclear else "white") if value < -0.6 * reach else GREY if unclear else CHARCOAL
            axes.text(j, i, words, ha="center", va="center", fontsize=8, color=colour)
    axes.set_yticks([i for i, row in enumerate(rows) if row], [KINDS[row] for row in rows if row])
    axes.set_xticks(range(len(decisions)), [_words(name).replace(": ", ":\n") for name in decisions])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _lines(axes: Axes, lines: pd.DataFrame) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1)
    size = lines[["attributed", "counterfactual"]].abs().max(axis=1)
    shown = lines.loc[size.sort_values(ascending=False).index[:MOST_LINES]]
    for place, (_, row) in enumerate(shown.iterrows()):
        for estimate, colour, marker, offset in (("attributed", BLUE, "s", -0.16), ("counterfactual", ORANGE, "o", 0.16)):
            low, high = row[f"{estimate}_low"], row[f"{estimate}_high"]
            if not np.isnan(low):
                axes.plot([low, high], [place + offset] * 2, color=colour, linewidth=1.4)
            axes.plot(row[estimate], place + offset, marker, color=colour, markersize=5)
    names = [_line_words(row.line, row.payer) for row in shown.itertuples()]
    axes.set_yticks(range(len(shown)), names, fontsize=7.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, "pounds"))


def _line_words(line: str, payer: str) -> str:
    if line in (HOUSEHOLD_LINE, HOSPITAL_LINE):
        return LABELS[line]
    return f"{LABELS.get(line, label_of(line))}\n({KINDS[payer].lower()})"


def describe(found: Pictured) -> str:
    """Return the figure in words."""
    rows = found.matrix
    told = [
        f"{KINDS[row.payer]} bear of {_words(row.decision).lower()} {number(row.attributed, 'pounds', signed=True)} attributed and "
        f"{number(row.counterfactual, 'pounds', signed=True)} by counterfactual a year"
        for row in rows.sort_values("counterfactual", key=lambda pounds: -pounds.abs()).itertuples()
    ]
    return "; ".join(told) + "." if told else "Nobody bears anything."
