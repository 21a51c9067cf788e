"""The moving picture: every bed and person of a film is on it, no words meet, and the file holds what was drawn."""

import itertools

import numpy as np
import pytest
from PIL import Image

from experiments.figures import animation
from experiments.figures.animation import Scene, counted, describe, fill, title
from experiments.figures.hospital import BEDS, REASONS, WAITING_INK, reason_looks
from experiments.figures.pixels import Sheet, write_gif
from experiments.film import BedState
from tests.experiments.made_up_films import REASONS as OF_THE_MODEL
from tests.experiments.made_up_films import made_up_film


def two(days: int = 1, beds: int = 60, **changes):
    return made_up_film("separate-budgets", days, beds, **changes), made_up_film(
        "single-budget", days, beds, shift=0.2, **changes
    )


def test_every_state_and_reason_has_a_look_of_its_own():
    assert set(BEDS) == set(BedState)
    assert len({(look.ink, look.square) for look in BEDS.values()}) == len(BEDS)
    assert set(REASONS) == set(OF_THE_MODEL)
    looks = reason_looks(made_up_film())
    assert len({(look.ink, look.dot) for look in looks.values()}) == len(OF_THE_MODEL)
    assert len({(look.ink, look.hatch) for look in looks.values()}) == len(OF_THE_MODEL)


def test_a_reason_without_words_of_its_own_is_named_by_its_code():
    looks = reason_looks(made_up_film(reasons=("package", "not_yet_known")))
    assert [look.words for look in looks.values()] == ["Care package at home", "Not yet known"]


@pytest.mark.parametrize(("beds", "pixels_wide"), [(12, 1280), (800, 1280), (1100, 960), (420, 1920)])
def test_no_words_meet_others_or_leave_the_sheet(beds, pixels_wide, monkeypatch):
    written = []

    class Watched(Sheet):
        def words(self, x, y, words, size, ink, *, bold=False, anchor="left"):
            before = self.pixels.copy()
            super().words(x, y, words, size, ink, bold=bold, anchor=anchor)
            rows, columns = np.nonzero(self.pixels != before)
            assert len(rows), f"{words} cannot be seen"
            written.append((words, rows.min(), rows.max(), columns.min(), columns.max()))

    monkeypatch.setattr(animation, "Sheet", Watched)
    names = {"hospital": "Wrightington, Wigan And Leigh NHS Foundation Trust and its Neighbours in the North West"}
    films = two(14, beds, scale=0.05, **names)
    scene = Scene(films, title(films), pixels_wide)
    on_all = len(written)
    for row in (0, 100, 200, 335):
        del written[on_all:]
        scene.frame(row)
        for (one, *a), (other, *b) in itertools.combinations(written, 2):
            apart = a[1] < b[0] or b[1] < a[0] or a[3] < b[2] or b[3] < a[2]
            assert apart, f"{one!r} meets {other!r}"


def test_a_bed_that_changes_changes_its_square_alone():
    films = two()
    scene = Scene(films, title(films))
    panel = scene.panels[0]
    before = scene.frame(5).copy()
    films[0].beds[5, 7] = BedState.ELECTIVE if films[0].beds[5, 7] == BedState.ACUTE else BedState.ACUTE
    panel.counts = counted(films[0])
    rows, columns = np.nonzero(scene.frame(5) != before)
    slot = panel.beds.slots[7]
    squares = (rows >= slot.y) & (rows < slot.y + panel.beds.pitch) & (columns >= slot.x)
    squares &= columns < slot.x + panel.beds.pitch
    assert squares.any()
    assert (rows[~squares] < animation.PANELS_TOP + animation.AE).all(), "beyond it only the count may change"


def test_there_is_a_dot_for_everybody_fit_to_leave_and_waiting_for_a_bed():
    films = two(2, 300)
    scene = Scene(films, title(films))
    row = 30
    scene.frame(row)
    for film, panel in zip(films, scene.panels, strict=True):
        assert [len(grid.slots) >= film.delays[row, reason] for reason, _, grid, _ in panel.waits] == [True] * 10
        assert len(panel.cubicles.slots) >= film.in_treatment[row] + film.waiting_for_bed[row]
        assert len(panel.beds.slots) == film.beds.shape[1]
        assert len(set(panel.beds.slots)) == film.beds.shape[1], "no two beds in one place"


def test_things_are_laid_out_in_the_room_there_is():
    sheet = Sheet(100, 50, ("#000000",))
    for count in (0, 1, 7, 40, 900):
        grid = fill(sheet, 10, 5, 60, 30, count, 12)
        assert len(grid.slots) == count
        assert all(10 <= x <= 70 - grid.pitch and 5 <= y <= 35 - grid.pitch for x, y in grid.slots[:450])


def test_the_gif_holds_every_frame(tmp_path):
    films = two()
    scene = Scene(films, title(films), hours_a_frame=3)
    write_gif(scene.frames(), scene.palette, tmp_path / "a.gif", 10)
    frames = list(scene.rows)
    assert frames == [0, 3, 6, 9, 12, 15, 18, 21]
    colours = np.frombuffer(scene.palette, dtype=np.uint8).reshape(-1, 3)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == len(frames)
        assert gif.info["duration"] == 100
        for number, row in enumerate(frames):
            gif.seek(number)
            np.testing.assert_array_equal(np.asarray(gif.convert("RGB")), colours[scene.frame(row)])


def test_the_same_films_give_the_same_bits(tmp_path):
    for name in ("one", "other"):
        films = two()
        scene = Scene(films, title(films), 960, 6)
        write_gif(scene.frames(), scene.palette, tmp_path / name, 5)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_night_in_which_nobody_leaves_ae_has_no_share():
    film = made_up_film(left=np.zeros(48, dtype=np.int32), left_in_time=np.zeros(48, dtype=np.int32))
    assert {row[3] for row in counted(film)} == {"–"}
    films = (film, film)
    Scene(films, title(films)).frame(3)


@pytest.mark.parametrize(
    ("films", "words"),
    [
        ((made_up_film(),), "must be two, got 1"),
        ((made_up_film(days=1), made_up_film(days=2)), "must be of the same hours"),
    ],
)
def test_films_that_cannot_stand_side_by_side_are_refused(films, words):
    with pytest.raises(ValueError, match=words):
        Scene(films, "")


def test_the_words_name_hospital_structures_and_what_is_seen():
    words = describe(two(14))
    for part in (
        "a fortnight in the model",
        "Under separate budgets",
        "Under single budget",
        "four hours",
        "dots people",
    ):
        assert part in words
    assert title(two(3)).startswith("Royal Berkshire NHS Foundation Trust: 3 days in the model")
    assert WAITING_INK in animation.INKS
