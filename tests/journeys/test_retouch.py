"""Beginning with a picture and painting over it, in the real window: kept, undone, dropped back, rendered, varied."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication

from explorer.app import App
from explorer.cli import main
from explorer.latent.retouch import Raster, Retouch
from explorer.qt.pictures import to_image
from tests.diffusion_graphs import SIZE, diffusion_bundle
from tests.journeys.conftest import Journey
from tests.journeys.test_coming_back import drop, save
from tests.journeys.test_diffusion import finished, press, sampling
from tests.qt.legible import assert_legible
from tests.qt.widgets import hands

pytestmark = pytest.mark.journey
DRAWN = np.random.default_rng(3).integers(60, 200, (SIZE, SIZE), np.uint8)


def opened(journey: Journey) -> App:
    diffusion_bundle(journey.library / "steps")
    app = journey.start()
    press(journey, app, "instruments_retouch")
    return app


def begun(app: App) -> Retouch:
    retouch = sampling(app).retouch
    assert retouch is not None
    return retouch


def test_a_dropped_picture_is_begun_with_and_strength_says_how_much_is_left(journey: Journey, tmp_path: Path):
    app = opened(journey)
    before = finished(app)
    Image.fromarray(DRAWN).save(tmp_path / "drawn.png")
    drop(app.window, tmp_path / "drawn.png")
    journey.settle(app)
    assert app.explore.instrument == "retouch" and journey.message(app) == ""
    np.testing.assert_array_equal(begun(app).picture.pixels[..., 0], DRAWN)
    gaps = []
    for strength in (0.0, 0.3, 1.0):
        app.window.retouch.strength.started.emit()
        app.window.retouch.strength.edited.emit(strength)
        journey.settle(app)
        gaps.append(np.abs(finished(app)[..., 0].astype(int) - DRAWN).mean())
    assert gaps == sorted(gaps) and gaps[0] < 25 < 60 < gaps[2]
    np.testing.assert_array_equal(finished(app), before)  # nothing of it is left: it is the way from the noise
    press(journey, app, "retouch_drop")
    assert sampling(app).retouch is None
    for _ in range(5):
        journey.undo(app)
    assert sampling(app).retouch is None
    np.testing.assert_array_equal(finished(app), before)


def test_what_is_painted_is_filled_and_all_else_stays(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = opened(journey)
    press(journey, app, "retouch_view")
    kept = begun(app).picture.pixels
    view = app.window.retouch.picture
    press(journey, app, "retouch_tools_brush")
    app.retouch.begin()
    app.retouch.widen(0.15)
    hands.press(view, view.position(1.5, 2.5))
    hands.move(view, view.position(4.5, 2.5))
    hands.release(view, view.position(4.5, 2.5))
    journey.settle(app)
    free = begun(app).free
    assert free[2, 1:5].all() and not free[5:].any()
    app.guidance.ask(0, 1)  # another class fills it
    app.retouch.begin()
    app.retouch.strengthen(1.0)
    app.retouch.begin()
    app.retouch.repeat(3)
    journey.settle(app)
    picture = finished(app)
    np.testing.assert_array_equal(picture[~free], kept[~free])
    assert np.abs(picture[free].astype(int) - kept[free]).mean() > 30
    press(journey, app, "retouch_invert")
    np.testing.assert_array_equal(begun(app).free, ~free)
    np.testing.assert_array_equal(finished(app)[free], kept[free])
    press(journey, app, "retouch_tools_eraser")
    app.retouch.begin()
    app.retouch.paint((0.5, 7.5), (7.5, 7.5))
    assert not begun(app).free[7].any()
    journey.undo(app)
    journey.undo(app)
    journey.undo(app)
    np.testing.assert_array_equal(begun(app).free, free)
    saved = save(journey, app, tmp_path / "kept.png", monkeypatch)
    asked = sampling(app)
    press(journey, app, "retouch_clear")
    assert begun(app).mask is None
    drop(app.window, tmp_path / "kept.png")  # it holds a recipe, so it is come back to, not begun with
    journey.settle(app)
    assert sampling(app) == asked
    np.testing.assert_array_equal(finished(app), picture)
    out = tmp_path / "render.png"
    assert main(["render", str(tmp_path / "kept.png"), "-o", str(out)]) == 0
    assert out.read_bytes() == saved
    left = app.explore.model_dump()
    app.window.close()
    assert journey.start().explore.model_dump() == left


def test_strength_is_an_axis_of_the_variations_while_there_is_a_picture(journey: Journey):
    app = opened(journey)
    axes = app.window.variations.findChild(object, "variations_rows")
    press(journey, app, "instruments_variations")
    assert "Strength" not in [axes.itemText(at) for at in range(axes.count())]
    press(journey, app, "instruments_retouch")
    press(journey, app, "retouch_view")
    press(journey, app, "instruments_variations")
    app.window.variations.axis_chosen.emit("columns", "strength")
    journey.settle(app)
    cells = app.window.variations.cells
    journey.until(lambda: cells.filled == 3 * 5)
    app.window.variations.chosen.emit(1 * 5 + 3)
    journey.settle(app)
    assert begun(app).strength == 0.8 and sampling(app).label == (1,)
    finished(app)


def test_a_pasted_picture_is_begun_with_and_an_empty_clipboard_says_so(journey: Journey):
    app = opened(journey)
    QGuiApplication.clipboard().clear()
    press(journey, app, "retouch_paste")
    assert "no picture on the clipboard" in journey.message(app)
    QGuiApplication.clipboard().setImage(to_image(DRAWN))
    press(journey, app, "retouch_paste")
    np.testing.assert_array_equal(begun(app).picture.pixels[..., 0], DRAWN)


def test_painting_without_a_picture_says_what_to_do(journey: Journey, tmp_path: Path):
    app = opened(journey)
    hands.press(app.window.retouch.picture, QPointF(20, 20))
    assert "Take a picture first" in journey.message(app)
    (tmp_path / "no.png").write_bytes(b"no picture")
    drop(app.window, tmp_path / "no.png")
    journey.settle(app)
    assert "no.png is not a picture" in journey.message(app)


def test_a_picture_of_another_size_in_a_place_is_refused_in_a_sentence(journey: Journey):
    app = opened(journey)
    retouch = Retouch(picture=Raster.of(np.zeros((9, 9, 1), np.uint8)))
    app.walk.restyle("Begin", sampling=sampling(app).model_copy(update={"retouch": retouch}))
    journey.settle(app)
    assert "is 9 x 9 pixels, but this model draws 8 x 8" in app.window.picture.canvas.accessibleDescription()
    press(journey, app, "retouch_drop")
    finished(app)


def test_all_words_can_be_read(journey: Journey):
    app = opened(journey)
    for size in ((880, 560), (1440, 900)):
        app.window.resize(*size)
        assert_legible(journey.qtbot, app.window)
        press(journey, app, "retouch_view")
        assert_legible(journey.qtbot, app.window)
        journey.keys(app, Qt.Key.Key_Tab)
        press(journey, app, "retouch_drop")


def test_render_begins_with_a_picture_and_refuses_a_mask_of_another_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    diffusion_bundle(tmp_path / "steps")
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[:3] = 255
    for name, pixels in (("in", DRAWN), ("mask", mask), ("large", np.repeat(mask, 2, 0))):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    base = ["render", str(tmp_path / "steps"), "-o", str(tmp_path / "out.png")]
    begin = ["--picture", str(tmp_path / "in.png")]
    assert main([*base, *begin, "--strength", "1", "--mask", str(tmp_path / "mask.png")]) == 0
    with Image.open(tmp_path / "out.png") as out:
        found = np.asarray(out)
    np.testing.assert_array_equal(found[3:], DRAWN[3:])
    assert np.abs(found[:3].astype(int) - DRAWN[:3]).mean() > 30
    for asked, words in (
        ([*begin, "--mask", str(tmp_path / "large.png")], "The mask is 8 x 16 pixels, but this model draws 8 x 8"),
        ([*begin, "--strength", "1.5"], "--strength: "),
        (["--strength", "0.5"], "name one with --picture"),
        (["--picture", str(tmp_path / "nothing.png")], "cannot be read"),
    ):
        assert main([*base, *asked]) == 1
        assert words in capsys.readouterr().err
