"""Who pays for whose decision, and on which service lines the consequences fall."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from experiments.comparing import is_clear, paired_differences
from experiments.figures.matrix import READ, Panel, draw_matrix, panel_of
from experiments.figures.style import (
    BLUE,
    CHARCOAL,
    DIVERGING,
    GREY,
    ORANGE,
    Context,
    label_of,
    number,
    percent,
    quiet_grid,
    sheet,
    telling,
    tick,
)
from experiments.figures.wording import ALONE
from model.ledger import HOUSEHOLD_LINE, OWN_LINES

NAME = "payers"
FEW = 4  # structures that have a matrix each
MOST_PAIRS, MOST_LINES = 9, 6  # columns of many structures' table: the largest
WHO = "payer by decider"
WHERE = "spillover by service line"
FELL = "spillover of all levers by service line"
ALL_LINES = "all"
KINDS = {
    "consortium": "Consortia",
    "council": "Councils",
    "commissioner": "Commissioning bodies",
    "board": "Health and wellbeing boards",
    "hospital": "Hospitals",
    "community_provider": "Community provider",
    "care_market": "Care market",
    "household": "Households",
    "treasury": "Treasury",
    "elsewhere": "Elsewhere",
}
LINES = {
    "attendance": "A&E attendances",
    "emergency_spell": "Emergency spells",
    "excess_days": "Excess bed-days",
    "community": "Community services",
    "proactive": "Proactive care",
    "assessment": "Assessment",
    "reablement": "Reablement",
    "home_care": "Home care",
    "residential_care": "Residential care",
    "nursing_care": "Nursing care",
    "charges": "Charges",
    "outpatient": "Outpatient visits",
    "elective": "Operations",
    "continuing_care": "Continuing healthcare",
    "community_nursing": "Community nursing",
    "mental_health": "Mental health services",
    "dementia": "Dementia services",
    "continence": "Continence services",
    "care_home_support": "Care-home support",
    "primary_care": "General practice",
    "prevention": "Prevention",
    "brokerage": "Brokerage",
    "pool": "Joint schemes",
    HOUSEHOLD_LINE: "Paid by households",
    ALL_LINES: "All lines",
}
NOTE = (
    "Consequences of decisions in pounds a year, against each lever's setting in the base year, attributed from causes "
    "and reasons within a run; positive: a cost caused, negative (in blue, with a minus): a cost avoided. Above: who "
    "bears them (rows) and whose decision caused them (columns). Below: those that fall in another service line than "
    "the decision's own; what households pay always does."
)
NOTE_OF_MANY = (
    "Consequences of decisions in pounds a year, against each lever's setting in the base year, attributed from causes and reasons within a run. Left: what "
    "falls on others than the decider; a merged organisation has nothing to pass on, so read it beside the right: what falls in another service line than the "
    "decision's own, whoever holds the two. The largest are shown. A dash: no such party, or it decided nothing of the kind."
)
READ_BLOCK = READ.format(whose="block's")


def table(consequences: pd.DataFrame, parties: Mapping[str, str], runs: Sequence[tuple[str, int]], context: Context) -> pd.DataFrame:
    """Return pounds a year, as means over replications, and their paired differences from the baseline.

    Parameters
    ----------
    consequences : structure, replication, month, decider, lever, payer, service, pounds
    parties : kind of each party by name
    runs : structure and replication of every run, those in which nobody moved a lever too
    context : of the runs

    Returns
    -------
    DataFrame
        panel, structure, row, column, pounds, then of :func:`experiments.comparing.paired_differences` baseline,
        difference, low and high. Panels: payer kind (``row``) by decider kind (``column``); spillovers by the line where
        they fell (``row``) and the decision's own lever (``column``); and those by line for all levers, with
        :data:`ALL_LINES` for all together. Pounds are missing where a structure has nothing of the kind.
    """
    columns = ["panel", "structure", "row", "column", "pounds", "baseline", "difference", "low", "high"]
    if consequences.empty:
        return pd.DataFrame(columns=columns)
    frame = consequences.assign(
        payer_kind=consequences["payer"].map(parties).fillna(consequences["payer"]),
        decider_kind=consequences["decider"].map(parties).fillna(consequences["decider"]),
    )
    spills = frame[is_spillover(frame)].copy()
    spills["line"] = np.where(spills["payer_kind"] == "household", HOUSEHOLD_LINE, spills["service"])
    both = spills.assign(lever=ALL_LINES)
    panels = {WHO: (frame, "payer_kind", "decider_kind"), WHERE: (spills, "line", "lever"), FELL: (pd.concat([both, both.assign(line=ALL_LINES)]), "line", "lever")}
    sums = pd.concat([_sums(*panel, name) for name, panel in panels.items()], ignore_index=True)
    keys = ["panel", "row", "column"]
    every = sums.pivot_table(index=keys, columns=["structure", "replication"], values="pounds", observed=True)
    every = every.reindex(columns=pd.MultiIndex.from_tuples(runs, names=["structure", "replication"])) / context.years
    there = every.notna().T.groupby(level="structure").any().T.stack().rename("there").reset_index()
    values = every.fillna(0.0).stack(["structure", "replication"], future_stack=True).rename("value").reset_index()
    rows = paired_differences(values, context.baseline, keys).merge(there, on=[*keys, "structure"])
    rows["pounds"] = rows["mean"].where(rows["there"])
    return rows[columns].sort_values(columns[:4], ignore_index=True)


def _sums(frame: pd.DataFrame, row: str, column: str, panel: str) -> pd.DataFrame:
    sums = frame.groupby(["structure", "replication", row, column], observed=True, sort=True)["pounds"].sum().reset_index()
    sums.columns = ["structure", "replication", "row", "column", "pounds"]
    sums.insert(0, "panel", panel)
    return sums


def is_spillover(consequences: pd.DataFrame) -> pd.Series:
    """Return whether each consequence falls outside its decision's own line, as all that households pay does."""
    own = {(lever.name.lower(), service.name.lower()) for lever, services in OWN_LINES.items() for service in services}
    inside = [pair in own for pair in zip(consequences["lever"], consequences["service"], strict=True)]
    households = consequences["payer_kind"] == "household"
    return ~pd.Series(inside, index=consequences.index, dtype=bool) | households


def title(differences: pd.DataFrame, context: Context) -> str:
    """Return the finding on spillovers between service lines."""
    rows = differences[(differences["year"] == 0) & (differences["measure"] == "spillover")]
    others = rows[rows["structure"] != context.baseline]
    base = rows[rows["structure"] == context.baseline]
    lead = "Who pays for whose decision"
    if base.empty or others.empty:
        return lead
    if context.replications < 2:
        return f"{lead}: {ALONE}"
    clear = others[[is_clear(low, high) for low, high in zip(others["low"], others["high"], strict=True)]]
    if clear.empty:
        return f"{lead}: spillovers between service lines do not differ clearly"
    row = clear.loc[clear["difference"].abs().idxmax()]
    share = f" ({percent(abs(row['percent']), signed=False)})" if telling(row["percent"]) else ""
    way = "lower" if row["difference"] < 0 else "higher"
    return (
        f"{lead}: under {label_of(row['structure']).lower()} spillovers are "
        f"{number(abs(row['difference']), 'pounds')} a year {way}{share} than under {label_of(context.baseline).lower()}"
    )


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
    if len(context.structures) > FEW and len(rows):
        return _table(rows, heading, context)
    rows = rows.dropna(subset="pounds")
    who, where = rows[rows["panel"] == WHO], rows[rows["panel"] == WHERE]
    structures = [structure for structure in context.structures if structure in set(rows["structure"])]
    most_payers = int(who.groupby("structure")["row"].nunique().max()) if len(who) else 2
    lines = [line for line in LINES if line in set(where["row"])] or ["attendance"]
    heights = (0.42 * max(most_payers, 2) + 1.2, 0.3 * len(lines) + 0.9)
    side_by_side = min(len(structures), 2)
    blocks = math.ceil(len(structures) / max(side_by_side, 1))
    width = max(8.5, 4.6 * side_by_side + 1.2)
    figure = sheet(width, sum(heights) * max(blocks, 1) + 1.3, heading, context.caption(NOTE))
    if not structures:
        figure.add_subplot().text(0.5, 0.5, "No decision moved away from its base-year setting", ha="center")
        figure.axes[0].set_axis_off()
        return figure
    grid = figure.subplots(2 * blocks, side_by_side, squeeze=False, height_ratios=heights * blocks)
    reach = max(float(who["pounds"].abs().max()), 1.0)
    far = max(float(where.groupby(["structure", "row"])["pounds"].sum().abs().max()) if len(where) else 0.0, 1.0)
    for at, structure in enumerate(structures):
        block, column = divmod(at, side_by_side)
        above, below = grid[2 * block][column], grid[2 * block + 1][column]
        _matrix(above, who[who["structure"] == structure], reach)
        above.set_title(label_of(structure), pad=8)
        _lines(below, where[where["structure"] == structure], lines, far)
        if column:
            below.set_yticklabels([])
        else:
            above.set_ylabel("Who bears it")
            below.set_title("Spillovers, pounds a year, by the line where they fall")
    for axes in grid[-2:, :].flat:
        axes.set_visible(axes.has_data())
    return figure


def _table(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of many structures: pounds that others bear, by whose decision, and where spillovers fall."""
    who, fell = rows[rows["panel"] == WHO], rows[rows["panel"] == FELL]
    own = who.dropna(subset="pounds")
    bears, decides = (set(own[["structure", name]].itertuples(index=False, name=None)) for name in ("row", "column"))
    pairs = _largest(who[who["row"] != who["column"]], MOST_PAIRS)
    there = [(row.structure, row.row) in bears and (row.structure, row.column) in decides for row in pairs.itertuples()]
    lines = _largest(fell, MOST_LINES + 1)
    arrow = " \N{RIGHTWARDS ARROW} "
    panels = [
        _panel(f"Whose decision{arrow}who bears it", pairs, there, [f"{KINDS[row.column]}{arrow}{KINDS[row.row].lower()}" for row in pairs.itertuples()], context),
        _panel("Spillovers by the line where they fall", lines, [True] * len(lines), lines["row"].map(LINES), context),
    ]
    return draw_matrix([panel for panel in panels if panel.baseline], heading, f"{NOTE_OF_MANY} {READ_BLOCK}", context)


def _largest(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the rows of the columns that are largest under any structure, in the order in which parties and lines are told."""
    size = rows.assign(size=rows["pounds"].abs()).groupby(["column", "row"])["size"].max().nlargest(most)
    order = {name: number for number, name in enumerate([*KINDS, *LINES])}
    kept = rows[pd.MultiIndex.from_frame(rows[["column", "row"]]).isin(size[size > 0].index)]
    return kept.sort_values(["column", "row"], key=lambda names: names.map(order), kind="stable")


def _panel(title: str, rows: pd.DataFrame, there: Sequence[bool], labels: Sequence[str], context: Context) -> Panel:
    """Return a block of columns; a cell stays open where a structure has no such party, and so does the baseline's."""
    told = rows.assign(label=list(labels), unit="pounds")[list(there)]
    own = set(told[told["structure"] == context.baseline]["label"])
    told = told[told["structure"] != context.baseline].assign(baseline=lambda kept: kept["baseline"].where(kept["label"].isin(own)))
    clear = [is_clear(low, high) for low, high in zip(told["low"], told["high"], strict=True)]
    return panel_of(title, told, clear, [number(value, "pounds", signed=True) for value in told["difference"]], context)._replace(alike=True)


def _matrix(axes: Axes, who: pd.DataFrame, reach: float) -> None:
    payers = [kind for kind in KINDS if kind in set(who["row"])]
    deciders = [kind for kind in KINDS if kind in set(who["column"])]
    cells = who.pivot_table(index="row", columns="column", values="pounds", aggfunc="sum", observed=True)
    cells = cells.reindex(index=payers, columns=deciders)
    norm = TwoSlopeNorm(vmin=-reach, vcenter=0, vmax=reach)
    axes.imshow(cells.to_numpy(float), cmap=DIVERGING, norm=norm, aspect="auto")
    for i, payer in enumerate(payers):
        for j, decider in enumerate(deciders):
            value = cells.loc[payer, decider]
            dark = not np.isnan(value) and value < -0.6 * reach
            words = "–" if np.isnan(value) else number(value, "pounds", signed=True)
            axes.text(j, i, words, ha="center", va="center", fontsize=8.5, color="white" if dark else CHARCOAL)
    axes.set_yticks(range(len(payers)), [KINDS[kind] for kind in payers])
    axes.set_xticks(range(len(deciders)), [KINDS[kind] for kind in deciders])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("Whose decision", labelpad=5)
    axes.set_xticks(np.arange(len(deciders) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(payers) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _lines(axes: Axes, where: pd.DataFrame, lines: Sequence[str], reach: float) -> None:
    quiet_grid(axes, "x")
    axes.axvline(0, color=GREY, linewidth=1)
    sums = where.groupby("row", observed=True)["pounds"].sum().reindex(lines, fill_value=0.0)
    colours = [ORANGE if value >= 0 else BLUE for value in sums]
    axes.barh(range(len(lines)), sums, 0.7, color=colours)
    for place, value in enumerate(sums):
        side = 1 if value >= 0 else -1
        axes.text(
            value + side * 0.02 * reach,
            place,
            number(value, "pounds", signed=True),
            va="center",
            ha="left" if side > 0 else "right",
            fontsize=8,
        )
    axes.set_yticks(range(len(lines)), [LINES[line] for line in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(-1.5 * reach, 1.5 * reach)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, "pounds"))


def describe(rows: pd.DataFrame, context: Context) -> str:
    """Return the figure in words, for those who cannot see it."""
    rows = rows.dropna(subset="pounds")
    told = ["Matrices of who bears the consequences of whose decision, and bars of spillovers by service line."]
    for structure in context.structures:
        own = rows[rows["structure"] == structure]
        who = own[own["panel"] == WHO].sort_values("pounds", key=lambda pounds: -pounds.abs()).head(4)
        cells = ", ".join(
            f"{KINDS.get(row.row, row.row).lower()} bear {number(row.pounds, 'pounds', signed=True)} of decisions by "
            f"{KINDS.get(row.column, row.column).lower()}"
            for row in who.itertuples()
        )
        fell = own[own["panel"] == WHERE].groupby("row", observed=True)["pounds"].sum()
        where = ", ".join(
            f"{LINES.get(line, line).lower()} {number(value, 'pounds', signed=True)}"
            for line, value in fell.sort_values(key=lambda pounds: -pounds.abs()).head(4).items()
        )
        told.append(
            f"{label_of(structure)}, a year: {cells or 'no consequences'}. Largest spillovers: {where or 'none'}."
        )
    return " ".join(told)
