"""A lecture in one go, on the faces that ship: a face is dropped, found, changed by a lesson of one's own, filmed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from explorer.app import App
from explorer.control.axes import made_key, taught_key
from explorer.places import assets_folder
from explorer.qt.panels.film_dialog import FilmDialog
from explorer.qt.widgets.cosine_list import CosineRow
from explorer.state.filmchoice import FilmChoice
from tests.journeys.conftest import Journey, code_of, shown
from tests.journeys.test_coming_back import drop
from tests.journeys.test_film import click
from tests.journeys.test_teaching import open_panel

pytestmark = pytest.mark.journey
FACES = assets_folder() / "models" / "faces-vae"
FILM = FilmChoice(kind="gif", fps=10, scale=1, smooth=False)
PICKS = 20


def words(app: App, panel: str) -> str:
    """All that a panel says."""
    return "\n".join(label.text() for label in getattr(app.window, panel).findChildren(QLabel) if label.isVisible())


def test_from_a_dropped_face_to_a_film_and_back(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = journey.start(FACES)
    encoded = app.stage.encoded
    assert encoded is not None and encoded.labels is not None and encoded.thumbnails is not None
    row = 7
    face = tmp_path / "face.png"
    Image.fromarray(encoded.thumbnails[row]).resize((64, 64), Image.Resampling.BICUBIC).save(face)

    # drop a face: it is encoded, and lands among faces like it
    drop(app.window, face)
    journey.settle(app)
    assert app.explore.instrument == "encode"
    click(journey, app, "encode_go")
    landed = np.array(code_of(app))
    far = np.linalg.norm(encoded.codes - landed, axis=1)
    assert far[row] < np.quantile(far, 0.01)

    # read its position
    open_panel(journey, app, "map")
    journey.until(lambda: app.whereabouts.newest is not None)
    assert "Nearest test picture" in words(app, "map")

    # pick 20, get a slider
    open_panel(journey, app, "directions")
    app.window.directions.show_page("teach")
    name = app.window.directions.findChild(QLineEdit, "teach_name")
    assert name is not None
    name.setFocus()
    journey.qtbot.keyClicks(name, "like this")
    journey.keys(app, Qt.Key.Key_Return)
    for number in range(3 * PICKS):  # the points are drawn anew each time: of some twenty too few are of one kind
        if number >= PICKS and "like this" in app.stage.taught:
            break
        journey.keys(app, Qt.Key.Key_2 if code_of(app)[0] > 0 else Qt.Key.Key_1)
    key = taught_key("like this")
    fit = app.stage.taught["like this"]
    assert fit.accuracy > 0.5

    # back at the face, add what was taught to it
    open_panel(journey, app, "encode")
    click(journey, app, "encode_go")
    np.testing.assert_allclose(code_of(app), landed, atol=1e-5)
    before = shown(app).astype(int)
    open_panel(journey, app, "directions")
    slider = app.window.directions.teach.row
    assert slider is not None
    slider.setFocus()
    journey.keys(app, Qt.Key.Key_PageUp)
    moved = np.array(code_of(app)) - landed
    np.testing.assert_allclose(moved / np.linalg.norm(moved), fit.vector, atol=1e-3)
    assert np.abs(shown(app).astype(int) - before).mean() > 0.1

    # and to another direction: the sum is a slider too
    app.window.directions.show_page("all")
    row_of_it = app.window.directions.list.row(key)
    row_of_it.setFocus()
    journey.settle(app)
    app.window.directions.show_page("chosen")
    page = app.window.directions.closer
    other = page.cosines.findChildren(CosineRow)[0]
    journey.qtbot.mouseClick(other, Qt.MouseButton.LeftButton)
    click(journey, app, "chosen_add")
    (made,) = app.notebooks.notes.made
    assert made.name == f"like this + {other.kin.name}"
    assert app.window.directions.list.row(made_key(made.name)).direction.group == "own"

    # a path from face to face, its film, and the film dropped back
    journey.keys(app, Qt.Key.Key_K)
    journey.keys(app, Qt.Key.Key_Space)
    journey.keys(app, Qt.Key.Key_K)
    path, here = app.explore.journey, code_of(app)
    assert len(path.keyframes) == 2
    target = tmp_path / "walk.gif"
    monkeypatch.setattr(FilmDialog, "ask", lambda *facts: FILM)
    monkeypatch.setattr(FilmDialog, "ask_where", lambda *facts: target)
    click(journey, app, "export_film")
    with Image.open(target) as film:
        assert getattr(film, "n_frames", 1) == round(path.duration_s * FILM.fps) + 1  # both ends
    click(journey, app, "clear_keyframes")
    journey.keys(app, Qt.Key.Key_Space)
    assert app.explore.journey.keyframes == ()
    drop(app.window, target)
    journey.settle(app)
    assert app.explore.journey == path and code_of(app) == here
