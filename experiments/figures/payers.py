"""Who pays for whose decision, and on which service lines the consequences fall."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from experiments.comparing import MONTHS, is_clear
from experiments.figures.style import (
    BLUE,
    CHARCOAL,
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
WHO = "payer by decider"
WHERE = "spillover by service line"
KINDS = {
    "consortium": "Consortia",
    "council": "Councils",
    "commissioner": "Single commissioner",
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
}
NOTE = (
    "Consequences of decisions in pounds a year, against each lever's setting in the base year, attributed from causes "
    "and reasons within a run; positive: a cost caused, negative (in blue, with a minus): a cost avoided. Above: who "
    "bears them (rows) and whose decision caused them (columns). Below: those that fall in another service line than "
    "the decision's own; what households pay always does."
)
DIVERGING = LinearSegmentedColormap.from_list("avoided to caused", [BLUE, "#6BACE6", "#FFFFFF", "#F9B491", ORANGE])


def table(consequences: pd.DataFrame, parties: Mapping[str, str]) -> pd.DataFrame:
    """Return pounds a year, as means over replications.

    Parameters
    ----------
    consequences : structure, replication, month, decider, lever, payer, service, pounds
    parties : kind of each party by name

    Returns
    -------
    DataFrame
        panel, structure, row, column, pounds: payer kind by decider kind, and spillovers by the line where they fell
        (``row``) and the decision's own lever (``column``).
    """
    if consequences.empty:
        return pd.DataFrame(columns=["panel", "structure", "row", "column", "pounds"])
    frame = consequences.assign(
        payer_kind=consequences["payer"].map(parties).fillna(consequences["payer"]),
        decider_kind=consequences["decider"].map(parties).fillna(consequences["decider"]),
    )
    runs = frame.groupby("structure", observed=True)["replication"].nunique()
    years = (frame["month"].max() + 1) / MONTHS
    who = _sums(frame, "payer_kind", "decider_kind", WHO)
    spills = frame[is_spillover(frame)].copy()
    spills["line"] = np.where(spills["payer_kind"] == "household", HOUSEHOLD_LINE, spills["service"])
    where = _sums(spills, "line", "lever", WHERE)
    both = pd.concat([who, where], ignore_index=True)
    both["pounds"] = both["pounds"] / both["structure"].map(runs) / years
    return both.sort_values(["panel", "structure", "row", "column"], ignore_index=True)


def _sums(frame: pd.DataFrame, row: str, column: str, panel: str) -> pd.DataFrame:
    sums = frame.groupby(["structure", row, column], observed=True, sort=True)["pounds"].sum().reset_index()
    sums.columns = ["structure", "row", "column", "pounds"]
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
    row = others.loc[others["difference"].abs().idxmax()]
    if not is_clear(row["low"], row["high"]):
        return f"{lead}: spillovers between service lines do not differ clearly"
    share = f" ({percent(abs(row['percent']), signed=False)})" if telling(row["percent"]) else ""
    way = "lower" if row["difference"] < 0 else "higher"
    return (
        f"{lead}: under {label_of(row['structure']).lower()} spillovers are "
        f"{number(abs(row['difference']), 'pounds')} a year {way}{share}"
    )


def draw(rows: pd.DataFrame, heading: str, context: Context) -> Figure:
    """Return the figure of rows made by :func:`table`."""
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
