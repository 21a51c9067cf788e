"""Many structures are told in tables of colours that stay as small as a page."""

import pytest

from experiments.figures import causes, delays, outcomes
from experiments.figures.matrix import MANY
from experiments.figures.style import label_of, number, percent
from model.structures import list_structures
from tests.experiments.figures.test_drawing import Material, material


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


def test_few_structures_keep_their_intervals(tmp_path):
    few = material(tmp_path, structures=tuple(list_structures()[:MANY]))
    assert len(outcomes.draw(outcomes.table(few.differences), "Few", few.context).axes[0].lines) > MANY
