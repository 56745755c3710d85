"""A style generator in the real window: mix, truncate, change the noise, open a grid, drag among seeds, come back."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from explorer.app import App
from explorer.cli import main
from explorer.contract.pixels import Pixels, to_pixels
from explorer.latent.styles import noise_of
from explorer.models.styles import own_rows
from explorer.qt import theme
from explorer.qt.widgets.choice_box import ChoiceBox
from tests.journeys.conftest import Journey
from tests.journeys.test_coming_back import drop
from tests.qt.legible import assert_legible
from tests.qt.widgets import hands
from tests.style_graphs import LAYERS, NOISES, StyleToy, style_bundle, style_facts

pytestmark = pytest.mark.journey

TOY = StyleToy()


def opened(journey: Journey, instrument: str = "mixing") -> App:
    style_bundle(journey.library / "styled")
    app = journey.start()
    press(journey, app, f"instruments_{instrument}")
    app.walk.to_seed(3)
    journey.settle(app)
    return app


def found(app: App, kind: type[QWidget], name: str) -> QWidget:
    widget = app.window.findChild(kind, name)
    assert widget is not None, name
    return widget


def press(journey: Journey, app: App, name: str) -> None:
    journey.qtbot.mouseClick(found(app, QAbstractButton, name), Qt.MouseButton.LeftButton)
    journey.settle(app)


def enter(journey: Journey, app: App, name: str, text: str) -> None:
    field = found(app, QLineEdit, name)
    assert isinstance(field, QLineEdit)
    field.setText(text)
    journey.qtbot.keyClick(field, Qt.Key.Key_Return)
    journey.settle(app)


def page(journey: Journey, app: App, key: str) -> None:
    press(journey, app, f"mixing_pages_{key}")


def w(app: App, seed: int) -> np.ndarray:
    assert app.stage.model is not None
    return app.seeds._seeds.of(app.stage.model, seed)


def oracle(rows: np.ndarray, app: App) -> Pixels:
    """The picture that numpy makes of styles (L, D) under the noise of the place."""
    style = app.explore.place.style
    noises = tuple(noise_of(style, (1, size, size), at)[None] for at, size in enumerate(NOISES))
    meaning = style_facts()["graphs"][1].outputs[0].meaning
    return to_pixels(TOY.draw(rows[None].astype(np.float32), noises), meaning)[0]


def assert_shows(app: App, rows: np.ndarray) -> None:
    picture = app.stage.picture
    assert picture is not None and picture.style == app.explore.place.style
    assert np.abs(picture.pixels.astype(int) - oracle(rows, app)).max() <= 1


def test_a_face_is_mixed_and_taken_back(journey: Journey) -> None:
    app = opened(journey)
    enter(journey, app, "mix_seed", "nonsense")
    assert "nonsense is no seed" in journey.message(app) and app.explore.place.style.sources == ()
    enter(journey, app, "mix_seed", "7")
    table, steps = app.window.mixing.mix.table, app.stack.count()
    hands.press(table, table.box((0, 1)).center())
    hands.move(table, table.box((2, 1)).center())
    hands.release(table, table.box((2, 1)).center())
    journey.settle(app)
    rows = np.stack([w(app, 7)] * 3 + [w(app, 3)])
    assert_shows(app, rows)
    assert app.stack.count() == steps + 1, "one stroke is one step"
    table.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Plus, Qt.Key.Key_Plus):
        journey.keys(app, key)
    rows[3] = 0.9 * w(app, 3) + 0.1 * w(app, 7)
    assert_shows(app, rows)
    press(journey, app, "mix_take_all")
    assert_shows(app, np.stack([w(app, 7)] * LAYERS))
    press(journey, app, "mix_clear")
    assert_shows(app, np.stack([w(app, 3)] * LAYERS))
    for _ in range(app.stack.count() - steps):
        journey.undo(app)
    assert app.explore.place.style.blend == () and [s.seed for s in app.explore.place.style.sources] == [7]
    journey.undo(app)
    assert app.explore.place.style.sources == ()


def test_a_picture_dropped_on_the_desk_is_a_source(journey: Journey, tmp_path: Path) -> None:
    app = opened(journey)
    saved = tmp_path / "saved.png"
    app.window.ask_where_to_save = lambda name: str(saved)  # type: ignore[method-assign]
    app.deeds.do("save_picture")
    app.walk.to_seed(5)
    journey.settle(app)
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"none")
    for path in (saved, torn):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        args = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, hands.NO_KEY
        QApplication.sendEvent(app.window.mixing.mix, QDragEnterEvent(QPoint(9, 9), *args))
        QApplication.sendEvent(app.window.mixing.mix, QDropEvent(QPoint(9, 9), *args))
        journey.settle(app)
    assert [source.seed for source in app.explore.place.style.sources] == [3]
    assert "torn.png is not a picture" in journey.message(app)
    press(journey, app, "mix_swap")
    assert app.explore.place.seed == 3 and [s.seed for s in app.explore.place.style.sources] == [5]


def test_truncation_and_noise(journey: Journey) -> None:
    app = opened(journey)
    page(journey, app, "truncation")
    slider, steps = app.window.mixing.truncation.slider, app.stack.count()
    for share in (0.4, 0.2):
        at = QPointF(7 + share * (slider.width() - 14), 12)
        hands.press(slider, at) if share == 0.4 else hands.move(slider, at)
    hands.release(slider, at)
    journey.settle(app)
    psi = app.explore.place.style.psi
    assert psi == pytest.approx(-0.4, abs=0.05) and app.stack.count() == steps + 1
    assert_shows(app, psi * np.stack([w(app, 3)] * LAYERS))
    row = app.window.mixing.truncation.row
    journey.until(lambda: row.filled == 7 and app.window.mixing.truncation.variety.filled == 18)
    hands.press(row, row.cell(2).center())
    journey.settle(app)
    assert_shows(app, np.zeros_like(np.stack([w(app, 3)] * LAYERS)))
    page(journey, app, "noise")
    press(journey, app, "noise_modes_off")
    assert app.explore.place.style.noise == "off"
    assert_shows(app, np.zeros_like(np.stack([w(app, 3)] * LAYERS)))
    press(journey, app, "noise_again")
    journey.until(lambda: app.window.mixing.noise._heat.top > 0)
    assert_shows(app, np.zeros_like(np.stack([w(app, 3)] * LAYERS)))


def test_the_grid_is_opened_saved_and_dropped_again(journey: Journey, tmp_path: Path) -> None:
    app = opened(journey)
    page(journey, app, "grid")
    cells = app.window.mixing.grid.cells
    enter(journey, app, "mixgrid_rows", "40")
    box = app.window.mixing.grid._size
    journey.qtbot.keyClick(box, Qt.Key.Key_Home)
    journey.settle(app)
    assert app.explore.mixing.size == 2
    journey.until(lambda: cells.filled == 8)
    hands.press(cells, cells.cell(5).center())
    journey.settle(app)
    rows = np.stack([w(app, 101)] * 2 + [w(app, 40)] * 2)
    assert_shows(app, rows)
    sheet = tmp_path / "sheet.png"
    app.window.ask_where_to_save = lambda name: str(sheet)  # type: ignore[method-assign]
    press(journey, app, "mixgrid_save")
    press(journey, app, "instruments_card")
    app.walk.to_seed(1)
    journey.settle(app)
    app.window.paths_dropped.emit((sheet,))
    journey.settle(app)
    assert app.explore.instrument == "mixing" and app.explore.mixing.page == "grid"
    assert app.explore.mixing.rows == 40 and app.explore.mixing.size == 2
    assert_shows(app, np.stack([w(app, 100)] * 2 + [w(app, 40)] * 2))
    journey.until(lambda: cells.filled == 8)
    journey.undo(app)
    assert app.explore.place.seed == 1 and app.explore.instrument == "card"


def test_seeds_are_dragged_between_and_gone_back_to(journey: Journey) -> None:
    app = opened(journey, "seeds")
    plane, steps = app.window.seeds.plane, app.stack.count()
    hands.press(plane, plane.position(3, 0))
    hands.move(plane, plane.position(3.5, 0.5))
    hands.release(plane, plane.position(3.5, 0.5))
    journey.settle(app)
    around = np.mean([w(app, seed) for seed in (3, 4, 103, 104)], axis=0)
    assert_shows(app, np.stack([around] * LAYERS))
    assert app.stack.count() == steps + 1 and app.explore.place.seed is None
    assert found(app, QLineEdit, "seed_field").text() == ""  # type: ignore[attr-defined]
    enter(journey, app, "seed_field", "12")
    press(journey, app, "seed_after")
    assert app.explore.place.seed == 13
    assert_shows(app, np.stack([w(app, 13)] * LAYERS))
    press(journey, app, "seed_12")
    assert app.explore.place.seed == 12
    enter(journey, app, "seed_field", "minus one")
    assert "minus one is no seed" in journey.message(app) and app.explore.place.seed == 12


def test_a_mix_is_there_again_after_a_restart(journey: Journey) -> None:
    app = opened(journey)
    press(journey, app, "mix_add_random")
    press(journey, app, "mix_take_coarse")
    page(journey, app, "noise")
    place = app.explore.place
    assert place.style.blend
    picture = app.stage.picture
    app.window.close()
    later = journey.start()
    assert later.explore.place == place and later.explore.mixing.page == "noise"
    assert picture is not None and later.stage.picture is not None
    assert np.array_equal(later.stage.picture.pixels, picture.pixels)


def test_render_makes_the_very_picture_of_the_window(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(journey)
    enter(journey, app, "mix_seed", "7")
    app.mixing.begin()
    for layer in range(2, LAYERS):
        app.mixing.paint(layer, 1)
    app.truncation.begin()
    app.truncation.move(0.7)
    journey.settle(app)
    out = tmp_path / "window.png"
    monkeypatch.setattr(app.window, "ask_where_to_save", lambda name: str(out))
    app.deeds.do("save_picture")
    journey.settle(app)
    made = tmp_path / "render.png"
    asked = ["--seed", "3", "--psi", "0.7", "--mix", "7:2-"]
    assert main(["render", str(journey.library / "styled"), "-o", str(made), *asked]) == 0
    assert made.read_bytes() == out.read_bytes()
    assert main(["render", str(journey.library / "styled"), "-o", str(made), "--mix", "7:9-"]) == 1


def test_a_dropped_picture_is_encoded_refined_and_gone_to(journey: Journey, tmp_path: Path) -> None:
    app = opened(journey, "seeds")
    rng = np.random.default_rng(8)
    wanted = TOY.draw((2.0 * rng.standard_normal((1, LAYERS, 5))).astype(np.float32))
    picture = np.rint(wanted.transpose(0, 2, 3, 1)[0] * 255).clip(0, 255).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "face.png")
    drop(app.window, tmp_path / "face.png")
    journey.settle(app)
    assert app.explore.instrument == "encode" and app.explore.place.space == "w+"
    encoding = app.encode.encoding
    assert encoding is not None
    before = encoding.squared_error
    press(journey, app, "encode_refine")
    words = found(app, QWidget, "encode_panel").findChildren(QLabel)
    assert any("% of the encoder's" in label.text() for label in words)
    refined = app.encode._refined
    assert refined is not None
    error = float(np.mean((refined.pixels.astype(float) - picture) ** 2)) / 255**2
    assert error < 0.5 * before
    press(journey, app, "encode_go_refined")
    np.testing.assert_allclose(app.explore.place.code, refined.code)
    assert app.stage.picture is not None
    np.testing.assert_array_equal(app.stage.picture.pixels, refined.pixels)
    journey.undo(app)
    assert app.explore.place.code != tuple(refined.code.tolist())


def test_a_descent_can_be_stopped(journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(journey, "seeds")
    monkeypatch.setattr("explorer.models.inverter.STEPS", 10**6)
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    drop(app.window, tmp_path / "grey.png")
    journey.settle(app)
    app.encode.refine()
    journey.until(lambda: app.encode._refined is not None and app.encode._refined.step > 10)
    press(journey, app, "encode_stop")
    assert app.idle and app.encode._refined is not None
    assert not found(app, QAbstractButton, "encode_stop").isVisible()


def test_the_space_is_chosen_and_what_it_loses_is_said(journey: Journey) -> None:
    app = opened(journey)
    box = found(app, ChoiceBox, "space")
    assert isinstance(box, ChoiceBox) and box.isVisible()
    assert [box.itemText(at) for at in range(box.count())] == ["in w", "in z", "in w+"]
    picture = app.stage.picture
    assert picture is not None
    for key, length in (("w+", LAYERS * 5), ("", 5), ("z", 3)):
        app.window.picture.space_chosen.emit(key)
        journey.settle(app)
        assert app.explore.place.space == key and len(app.explore.place.code or ()) == length
        assert app.stage.picture is not None
        np.testing.assert_array_equal(app.stage.picture.pixels, picture.pixels)  # seed 3 has a point in each
    app.window.picture.space_chosen.emit("w+")
    journey.settle(app)
    rows = np.array(app.explore.place.code, np.float32).reshape(LAYERS, 5)
    rows[0] += 1
    app.walk.to_code(rows.reshape(-1), "Move one layer")
    app.window.picture.space_chosen.emit("")
    journey.settle(app)
    assert "it is their mean" in journey.message(app)


def test_other_models_have_no_desk(journey: Journey, shelf: Path) -> None:
    app = opened(journey)
    app.window.paths_dropped.emit((shelf / "first",))
    journey.settle(app)
    assert app.window.findChild(QAbstractButton, "instruments_mixing") is None
    assert app.window.sliders.isVisible()


@pytest.mark.parametrize("name", theme.THEMES)
def test_every_page_can_be_read_at_every_size(journey: Journey, name: str) -> None:
    app = opened(journey)
    theme.apply(journey.qapp, theme.THEMES[name])
    app.mixing.add_seed("7")
    for size in ((880, 560), (1440, 900)):
        app.window.resize(*size)
        for key in ("mix", "truncation", "noise", "grid"):
            page(journey, app, key)
            assert_legible(journey.qtbot, app.window)
        press(journey, app, "instruments_seeds")
        assert_legible(journey.qtbot, app.window)
        press(journey, app, "instruments_mixing")


def test_what_is_mixed_is_what_the_model_says(journey: Journey) -> None:
    """In z the point's own styles are those of its w."""
    app = opened(journey)
    app.walk.to_space("z")
    journey.settle(app)
    enter(journey, app, "mix_seed", "7")
    press(journey, app, "mix_take_all")
    assert_shows(app, np.stack([w(app, 7)] * LAYERS))
    model, code = app.stage.model, app.explore.place.code
    assert model is not None and np.allclose(own_rows(model, np.array([code], np.float32))[0, 0], w(app, 3))
