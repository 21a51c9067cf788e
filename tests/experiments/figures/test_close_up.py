"""The still close-up: four panels a structure on one clock and one scale, words on the sheet, the same bits again."""

import numpy as np
import pytest

from experiments.figures.close_up import FROM_BELOW, describe, draw, period, title
from experiments.figures.drawing import house_style, save_drawing
from experiments.film import IN_USE
from tests.experiments.made_up_films import made_up_film


def two(days: int = 40, beds: int = 100, start: str = "2016-12-01", **changes):
    return (
        made_up_film("separate-budgets", days, beds, start=start, **changes),
        made_up_film("single-budget", days, beds, start=start, shift=0.2, **changes),
    )


def drawn(films):
    with house_style():
        figure = draw(films)
        figure.draw_without_rendering()
    return figure


def test_every_state_in_use_is_stacked():
    assert set(FROM_BELOW) == set(IN_USE)


@pytest.mark.parametrize("days", [1, 40, 121])
def test_structures_have_four_panels_each_on_one_clock_and_scale(days):
    panels = np.array(drawn(two(days)).axes).reshape(4, 2)
    for row in panels:
        assert row[0].get_ylim() == row[1].get_ylim()
    assert len({axes.get_xlim() for axes in panels.flat}) == 1


def test_words_stay_on_the_sheet_and_do_not_meet():
    figure = drawn(two(121, 800))
    boxes = []
    for axes in figure.axes:
        legend = axes.get_legend()
        for words in [axes.title, axes._left_title, *axes.get_xticklabels(), *(legend.get_texts() if legend else ())]:
            if words.get_text() and words.get_visible():
                box = words.get_window_extent()
                assert box.x0 >= 0
                assert box.x1 <= figure.bbox.x1 + 1, words.get_text()
                boxes.append((words.get_text(), box))
    for number, (one, box) in enumerate(boxes):
        for other, another in boxes[:number]:
            if one != other:
                assert not box.overlaps(another), f"{one!r} meets {other!r}"


def test_the_same_films_give_the_same_bits(tmp_path):
    for name in ("one", "other"):
        with house_style():
            save_drawing(draw(two(5)), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_hospital_in_which_nothing_waits_is_drawn():
    nobody = np.zeros(48, dtype=np.int32)
    drawn(two(2, waiting_for_bed=nobody, left=nobody, left_in_time=nobody, delays=np.zeros((48, 10), dtype=np.int32)))


def test_the_title_and_words_say_what_was_seen():
    films = two(121)
    assert period(films[0]) == "December 2016 to March 2017"
    assert period(two(14)[0]) == "December 2016"
    assert title(films).startswith("Royal Berkshire NHS Foundation Trust, December 2016 to March 2017: ")
    words = describe(films)
    for part in ("Under separate budgets", "Under single budget", "residential home", "an illustration, not evidence"):
        assert part in words
