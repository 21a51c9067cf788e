"""Many structures are told in tables of colours that stay as small as a page."""

import dataclasses

import pytest

from experiments.figures import causes, delays, levers, outcomes, paths, payers
from experiments.figures.matrix import MANY, NOTHING
from experiments.figures.style import label_of, number, percent
from model.structures import list_structures
from tests.experiments.figures.test_drawing import Material, material, payers_of
from tests.experiments.made_up import PARTIES


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Material:
    return material(tmp_path_factory.mktemp("many"), structures=tuple(list_structures()[: MANY + 1]))


def words_of(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("module", [causes, delays, outcomes])
def test_a_table_has_a_row_for_each_structure_and_fits_a_page(many, module):
    rows = module.table(many.differences)
    figure = module.draw(rows, "Many", many.context)
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == [label_of(name) for name in many.context.structures]
    assert figure.get_size_inches()[1] < 8.0
    cells = sum(len(axes.texts) for axes in figure.axes)
    assert cells == len(rows.drop_duplicates(["measure", "label"])) * len(many.context.structures)


def test_cells_say_percent_of_the_baseline_and_the_first_row_its_mean(many):
    rows = outcomes.table(many.differences)
    words = words_of(outcomes.draw(rows, "Many", many.context).axes[0])
    known = rows[rows["structure"] != many.context.baseline]
    assert number(known["baseline"].iloc[0], known["unit"].iloc[0]) in words
    assert percent(known[known["measure"] == "qalys"]["percent"].iloc[0]) in words


def test_who_pays_is_told_against_the_baseline_with_one_scale_in_each_block(many):
    rows = payers_of(many)
    figure = payers.draw(rows, "Many", many.context)
    assert figure.get_size_inches()[1] < 8.0
    pairs, lines = figure.axes
    assert [tick.get_text() for tick in pairs.get_xticklabels()] == ["Councils → consortia"]
    assert [tick.get_text() for tick in lines.get_xticklabels()] == ["Emergency spells", "All lines"]
    own = rows[(rows["panel"] == payers.FELL) & (rows["row"] == payers.ALL_LINES)].set_index("structure")
    last = many.context.others[-1]
    assert words_of(pairs)[0] == number(own["baseline"].iloc[0], "pounds") == "£12.0k"
    assert words_of(lines)[-1] == number(own.loc[last, "difference"], "pounds", signed=True)


def test_a_party_that_a_structure_lacks_is_no_difference(many):
    """A merged organisation does not save what it no longer passes on: its cells of such pairs stay open."""
    told = many.results.consequences.copy()
    merged = many.context.others[0]
    told.loc[told["structure"] == merged, ["decider", "payer"]] = "Single commissioner"
    parties = {**PARTIES, "Single commissioner": "commissioner"}
    runs = [(run.structure, run.replication) for run in many.results.spec.runs()]
    figure = payers.draw(payers.table(told, parties, runs, many.context), "Many", many.context)
    assert words_of(figure.axes[0])[:3] == ["£12.0k", NOTHING, "−£588"]


def test_a_body_that_a_structure_makes_is_called_by_one_word_whichever_it_is(many):
    """A care trust, an integration authority or a board is no single commissioner."""
    told = many.results.consequences.assign(decider="care trust of Reading", payer="care trust of Reading")
    runs = [(run.structure, run.replication) for run in many.results.spec.runs()]
    few = dataclasses.replace(many.context, structures=many.context.structures[:2])
    rows = payers.table(told, {**PARTIES, "care trust of Reading": "commissioner"}, runs, many.context)
    figure = payers.draw(rows, "Few", few)
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["Commissioning bodies"]
    assert "commissioning bodies bear" in payers.describe(rows, few)


def test_many_levers_are_told_by_how_far_they_moved(many):
    rows = levers.table(many.results.measures)
    figure = levers.draw(rows, levers.title(rows, many.context), many.context)
    names = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert names == ["At the start", *(label_of(name) for name in many.context.structures)]
    words = words_of(figure.axes[0])
    assert words[:2] == ["0.200", NOTHING], "the baseline's lever stays where it was"
    assert words[2] == "−1.0"


def test_many_paths_are_strips_that_are_white_where_luck_hides_them(many, tmp_path):
    rows = paths.table(many.differences)
    figure = paths.draw(rows, "Many", many.context)
    strips = [axes for axes in figure.axes if axes.texts]
    assert [axes.get_title() for axes in strips] == ["Public spending", "Delayed days (true)", "Hours of unmet need", "Emergency admissions"]
    assert figure.get_size_inches()[1] < 8.0
    assert strips[0].images[0].get_array().max() < 0.0
    assert words_of(strips[0]) == ["−4.9%"] * len(many.context.others)
    unclear = material(tmp_path, effect=-0.001, structures=many.context.structures)
    figure = paths.draw(paths.table(unclear.differences), "Many", unclear.context)
    assert not figure.axes[0].images[0].get_array().any()


def test_few_structures_keep_their_intervals(tmp_path):
    few = material(tmp_path, structures=tuple(list_structures()[:MANY]))
    assert len(outcomes.draw(outcomes.table(few.differences), "Few", few.context).axes[0].lines) > MANY
