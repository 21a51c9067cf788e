"""The figure of one life: drawn for any number of structures, with nothing where nothing happened."""

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pytest

from experiments.figures.drawing import house_style, save_drawing
from experiments.figures.journey import BEDS, HELP, MARKS, PLACES, Pictured, describe, draw, title
from experiments.life import AT_HOME, BED_STATES, IN_CARE_HOME
from experiments.life import PLACES as PLACES_TOLD
from model.measures import CAUSES

DAYS = 365


def pictured(labels=("separate-budgets", "single-budget"), years: int = 1, end: int = DAYS, **changes) -> Pictured:
    """A year with every place, state and cause, made up by a formula; the last structure's life ends on day `end`."""
    days, events, costs = [], [], []
    places = ["home", *PLACES, "hospital"]
    for label in labels:
        lived = end if label == labels[-1] else DAYS
        for day in range(lived):
            place = places[day // 55 % len(places)]
            state = BED_STATES[day % len(BED_STATES)] if place == "hospital" else ""
            date, parts = np.datetime64("2014-04-01") + day, dict.fromkeys(HELP, 2.0)
            days.append(
                {"structure": label, "date": date, "month": day // 31, "place": place, "bed_state": state, "need": 8.0}
                | parts
            )
        for number, cause in enumerate(CAUSES):
            date = f"2014-0{min(number + 4, 9)}-1{number}"
            events.append((label, date, "emergency", "Emergency", cause, number % 2 == 0))
        events.append((label, "2014-06-01", "condition", "New condition: COPD", "", None))
        events.append((label, "2014-06-03", "condition", "New condition: heart failure", "", None))
        if lived < DAYS:
            events.append((label, "2014-12-30", "death", "Dies at home, aged 86", "", None))
        costs += [(label, month, payer, 100.0) for month in range(9) for payer in ("council", "household")]
    return Pictured(
        **{
            "place": "Wigan",
            "who": "a woman of 82, living without a partner; COPD",
            "labels": tuple(labels),
            "years": years,
            "scale": 0.1,
            "verdict": "One life.",
            "parted": datetime.date(2014, 8, 1),
            "events": pd.DataFrame(events, columns=["structure", "date", "kind", "text", "cause", "admitted"]),
            "days": pd.DataFrame(days),
            "costs": pd.DataFrame(costs, columns=["structure", "month", "payer_kind", "pounds"]),
            "totals": pd.DataFrame(
                {
                    label: {
                        "QALYs": 0.5, "days at home": 100, "days alive": 300, "days in hospital": 3,
                        "days in care homes": 4, "paid by council": 900.0,
                    }
                    for label in labels
                }
            ),
            **changes,
        }
    )  # fmt: skip


def test_all_that_a_life_can_hold_has_a_look():
    assert set(PLACES) == {*AT_HOME, *IN_CARE_HOME} == set(PLACES_TOLD.values()) - {"", "hospital"}
    assert set(BEDS) == set(BED_STATES)
    assert set(MARKS) == set(CAUSES)


@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c")])
def test_each_structure_has_three_panels_on_one_clock(labels):
    with house_style():
        figure = draw(pictured(labels, end=273))
        figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == 3 * len(labels)
    assert len({axes.get_xlim() for axes in panels}) == 1
    assert len({axes.get_ylim() for axes in panels[1::3]}) == 1, "help on one scale"
    assert len({axes.get_ylim() for axes in panels[2::3]}) == 1, "money on one scale"


def test_words_stay_on_the_sheet():
    with house_style():
        figure = draw(pictured(end=273))
        figure.draw_without_rendering()
        sheet = figure.bbox
        for axes in figure.axes:
            for words in [*axes.texts, *(axes.get_legend().get_texts() if axes.get_legend() else ())]:
                box = words.get_window_extent()
                assert box.x0 >= 0
                assert box.x1 <= sheet.x1 + 1, words.get_text()


def test_a_short_life_without_events_or_costs_is_drawn(tmp_path):
    bare = pictured(parted=None)
    bare = dataclasses.replace(
        bare,
        events=bare.events.iloc[:0],
        costs=bare.costs.iloc[:0],
        days=bare.days[bare.days["date"] < np.datetime64("2014-04-03")],
    )
    with house_style():
        save_drawing(draw(bare), tmp_path / "bare")
    assert (tmp_path / "bare.png").stat().st_size > 0
    assert (tmp_path / "bare.svg").stat().st_size > 0


def test_the_same_life_gives_the_same_bits(tmp_path):
    for name in ("one", "other"):
        with house_style():
            save_drawing(draw(pictured()), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_the_title_says_what_became_of_the_person():
    assert title(pictured()) == (
        "A woman of 82, one year: 0.500 QALYs, 100 days at home, under separate budgets and single budget alike"
    )


def test_the_words_name_every_structure_event_and_payer():
    words = describe(pictured(end=273))
    for part in ("Under separate budgets", "Under single budget", "Dies at home, aged 86", "council £900"):
        assert part in words


def test_what_a_body_that_a_structure_makes_pays_is_told_as_a_commissioning_bodys():
    ours = pictured()
    totals = ours.totals.rename(index={"paid by council": "paid by commissioner"})
    theirs = dataclasses.replace(ours, totals=totals, costs=ours.costs.replace({"payer_kind": {"council": "commissioner"}}))
    assert "paid by commissioning body £900" in describe(theirs)
    figure = draw(theirs)
    words = [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    words += [text.get_text() for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()]
    assert any(text.startswith("Commissioning body") for text in words)
