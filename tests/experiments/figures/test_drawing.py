import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest

from experiments.figures import causes, delays, levers, outcomes, paths, payers
from experiments.figures.drawing import DRAWINGS, Drawn, Material, draw_all
from experiments.figures.matrix import MANY
from experiments.figures.style import label_of
from experiments.specification import HEADLINE
from experiments.store import Store
from experiments.summary import compare
from model.ledger import HOUSEHOLD_LINE
from model.structures import list_structures
from tests.experiments.made_up import PARTIES, comparison, made_up


def material(folder: Path, effect: float = -0.05, **changes) -> Material:
    store = Store(folder, comparison(**changes))
    for run in store.spec.runs():
        change = 0.0 if run.structure == store.spec.baseline else effect + 0.001 * run.replication
        store.write(made_up(run, change))
    return Material(results=store.results(), differences=compare(store.results()))


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Material:
    return material(tmp_path_factory.mktemp("two"))


def payers_of(some: Material, consequences: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what the figure of payers draws."""
    spec = some.results.spec
    told = some.results.consequences if consequences is None else consequences
    return payers.table(told, PARTIES, [(run.structure, run.replication) for run in spec.runs()], some.context)


def test_four_structures_are_drawn_two_by_two_and_apart(tmp_path):
    four = material(tmp_path, structures=HEADLINE)
    assert len({four.context.look(structure).colour for structure in HEADLINE}) == 4
    figure = payers.draw(payers_of(four), "Who pays", four.context)
    assert [axes.get_title() for axes in figure.axes if axes.images] == [label_of(structure) for structure in HEADLINE]
    rows = {round(axes.get_position().y0, 2) for axes in figure.axes}
    assert len(rows) == 4, "matrices and bars, twice"
    assert len(draw_all(four, four.results.folder)) == 6


@pytest.fixture(scope="module")
def drawn(two) -> list[Drawn]:
    return draw_all(two, two.results.folder)


def test_every_figure_is_saved_with_its_data_and_words(two, drawn):
    assert [figure.name for figure in drawn] == list(DRAWINGS)
    for figure in drawn:
        for file in figure.files:
            assert (two.results.folder / file).stat().st_size > 0
        assert not pd.read_csv(two.results.folder / f"{figure.name}.csv").empty
        assert (two.results.folder / f"{figure.name}.txt").read_text(encoding="utf-8").startswith(figure.title)
        assert (two.results.folder / f"{figure.name}.png").read_bytes().startswith(b"\x89PNG")
        ElementTree.parse(two.results.folder / f"{figure.name}.svg")
    assert not list(two.results.folder.glob(".unfinished*"))


def test_the_same_data_give_the_same_bits(two, drawn, tmp_path, monkeypatch):
    only = {name: DRAWINGS[name] for name in ("2-delays",)}
    monkeypatch.setattr("experiments.figures.drawing.DRAWINGS", only)
    draw_all(two, tmp_path)
    for file in drawn[1].files:
        assert (tmp_path / file).read_bytes() == (two.results.folder / file).read_bytes()


def test_titles_state_the_finding(drawn):
    titles = {figure.name: figure.title for figure in drawn}
    assert titles["1-causes"] == "Single budget: 4.9% fewer emergency admissions than separate budgets"
    assert "4.9% fewer delayed days" in titles["2-delays"]
    assert "spillovers are" in titles["3-payers"]
    assert "a year lower (4.9%) than under separate budgets" in titles["3-payers"]
    assert "12 of 12 headline measures differ clearly" in titles["4-outcomes"]
    assert titles["5-paths"].startswith("In 2015/16, single budget: 4.9% fewer hours")
    assert "0 of 1 under separate budgets, 1 of 1 under single budget" in titles["6-levers"]


def titles_of(some: Material) -> dict[str, str]:
    modules = (causes, delays, payers, outcomes, paths)
    return {module.NAME: module.title(some.differences, some.context) for module in modules}


def test_titles_are_neutral_where_the_interval_holds_zero(tmp_path):
    titles = titles_of(material(tmp_path, effect=-0.001))  # -0.1%, 0 and +0.1%
    assert titles["causes"] == "Single budget: no clear difference in emergency admissions from separate budgets"
    assert titles["payers"].endswith("do not differ clearly")
    assert "none of 12 headline measures differs clearly" in titles["outcomes"]
    assert not any("fewer" in title or "%" in title for title in titles.values())


def test_titles_of_one_replication_claim_nothing(tmp_path):
    titles = titles_of(material(tmp_path, replications=1))
    assert all("one replication cannot tell luck from effect" in title for title in titles.values())


def test_titles_of_several_structures_name_the_widest_difference(tmp_path):
    titles = titles_of(material(tmp_path, structures=("separate-budgets", "single-budget", "mine/two-pools.toml")))
    assert titles["causes"].startswith("Emergency admissions: 2 of 2 structures differ clearly from separate budgets; most, ")
    assert "Compared structures: 12 of 12" in titles["outcomes"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"structures": ("separate-budgets",)},
        {"structures": tuple("abcdefgh"), "replications": 2},
        {"years": 1, "replications": 1, "scale": 0.01},
    ],
)
def test_any_number_of_structures_years_and_replications_is_drawn(tmp_path, changes):
    some = material(tmp_path, **changes)
    assert len(draw_all(some, tmp_path)) == len(DRAWINGS)


def test_a_place_where_nobody_decided_anything_is_drawn(two):
    rows = payers_of(two, two.results.consequences.iloc[:0])
    figure = payers.draw(rows, "Who pays", two.context)
    assert "No decision moved" in figure.axes[0].texts[0].get_text()


def test_spillovers_leave_out_the_decisions_own_line_and_keep_households(tmp_path):
    one = material(tmp_path, structures=("separate-budgets",), replications=1, years=1)
    frame = pd.DataFrame(
        {
            "structure": "separate-budgets",
            "replication": 0,
            "month": 11,
            "decider": "Reading",
            "lever": "strictness",
            "payer": ["Reading", "NHS Wokingham CCG", "households"],
            "service": ["home_care", "emergency_spell", "charges"],
            "pounds": [-5.0, 3.0, 2.0],
        }
    )
    rows = payers_of(one, frame)
    where = rows[rows["panel"] == payers.WHERE].set_index("row")["pounds"]
    assert where.to_dict() == {"emergency_spell": 3.0, HOUSEHOLD_LINE: 2.0}
    who = rows[rows["panel"] == payers.WHO].set_index(["row", "column"])["pounds"]
    assert who["council", "council"] == -5.0
    assert who["consortium", "council"] == 3.0
    fell = rows[rows["panel"] == payers.FELL].set_index("row")["pounds"]
    assert fell.to_dict() == {"emergency_spell": 3.0, HOUSEHOLD_LINE: 2.0, payers.ALL_LINES: 5.0}


def test_a_run_in_which_nobody_moved_a_lever_counts_as_nothing(two):
    """It is one of the replications over which the mean is taken, and one of the pairs of the interval."""
    told = two.results.consequences
    quiet = told[(told["structure"] != "single-budget") | (told["replication"] > 0)]
    rows = payers_of(two, quiet)
    row = rows[(rows["panel"] == payers.WHO) & (rows["structure"] == "single-budget")].iloc[0]
    mean = 12_000.0 * (0.951 + 0.952) / 3
    assert row["pounds"] == pytest.approx(mean)
    assert row["difference"] == pytest.approx(mean - 12_000.0)
    assert row["low"] < 0.0 < row["high"]


def test_consequences_are_a_mean_a_year_over_replications(two):
    rows = payers_of(two)
    who = rows[(rows["panel"] == payers.WHO) & (rows["structure"] == "separate-budgets")]
    assert who["pounds"].tolist() == [pytest.approx(12_000.0)]


def test_levers_are_told_at_the_end_of_each_quarter(two):
    rows = levers.table(two.results.measures)
    assert sorted(set(rows["month"])) == [2, 5, 8, 11, 14, 17, 20, 23]
    assert set(rows["lever"]) == {"strictness"}


def test_every_caption_names_source_population_period_and_replications(two):
    words = two.context.caption("What is drawn.")
    for part in ("Joined Up", "1,000 adults of Berkshire West", "April 2014 to March 2016", "3 replications"):
        assert part in words
    assert "not a forecast" in words
    assert "Scale" not in words


def test_a_caption_warns_of_a_small_scale(tmp_path):
    assert "Scale 0.1: a demonstration" in material(tmp_path, scale=0.1, replications=1).context.caption("")


def test_more_structures_than_names_find_room_for_have_a_key_that_has_room(tmp_path):
    """Names at the ends of lines are for a few; warnings are errors, and axes without room warn."""
    every = material(tmp_path, structures=tuple(list_structures()[:MANY]), replications=2, years=1)
    assert not every.context.named
    looks = [every.context.look(structure) for structure in every.context.structures]
    assert len({(look.colour, look.dash) for look in looks}) == len({(look.colour, look.marker) for look in looks}) == len(looks)
    differences = every.differences
    for name, figure in {
        "paths": paths.draw(paths.table(differences), "Year by year", every.context),
        "levers": levers.draw(levers.table(every.results.measures), levers.title(levers.table(every.results.measures), every.context), every.context),
    }.items():
        figure.draw_without_rendering()
        key = figure.legends[0].get_window_extent()
        above = max(axes.get_tightbbox().y1 for axes in figure.axes if axes.get_visible())
        assert above <= key.y0, name
        assert key.x1 <= figure.bbox.x1, name
        names = {text.get_text() for text in figure.legends[0].get_texts()}
        assert names == {label_of(structure) for structure in every.context.structures}
        assert not [text for axes in figure.axes for text in axes.texts if text.get_text().split("\n")[0] in names]
