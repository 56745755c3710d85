"""A diffusion model in the real window: scrub, look in other ways, ask for something else, bend, save, drop, undo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from explorer.app import App
from explorer.cli import main
from explorer.contract.pixels import Pixels
from explorer.control.export import recipe_of
from explorer.control.walk import seed_code
from explorer.latent.paths import slerp
from explorer.latent.sampling import Sampling
from explorer.latent.styles import Style
from explorer.media.recipes import to_png
from explorer.qt.widgets.distance_chart import DistanceChart
from explorer.samplers.diffusion import Step
from tests.diffusion_graphs import KINDS, diffusion_bundle
from tests.journeys.conftest import Journey
from tests.journeys.test_coming_back import drop, save
from tests.qt.legible import assert_legible
from tests.qt.widgets import hands

pytestmark = pytest.mark.journey


def opened(journey: Journey) -> App:
    diffusion_bundle(journey.library / "steps")
    return journey.start()


def press(journey: Journey, app: App, name: str) -> None:
    button = app.window.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton) and button.isEnabled()
    journey.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    journey.settle(app)


def sampling(app: App) -> Sampling:
    return app.explore.place.style.sampling


def steps(app: App) -> tuple[Step, ...]:
    assert app.stage.picture is not None and app.stage.picture.unfolding is not None
    return app.stage.picture.unfolding.steps


def canvas(app: App) -> Pixels:
    """What the large picture shows."""
    assert app.stage.picture is not None
    return app.trajectory.frame(app.stage.picture)


def finished(app: App) -> Pixels:
    assert app.stage.picture is not None and app.stage.model is not None and app.stage.model.unfolds is not None
    picture = app.stage.picture
    wanted = app.stage.model.unfolds.under(app.explore.place.style).decode(picture.code[None])[0]
    np.testing.assert_array_equal(picture.pixels, wanted)
    return picture.pixels


def test_it_opens_with_a_finished_picture_of_the_first_class(journey: Journey):
    app = opened(journey)
    assert journey.message(app) == ""
    assert sampling(app).label == (0,) and len(steps(app)) == 25
    picture = finished(app).astype(int)
    assert picture[:, :4].mean() > picture[:, 4:].mean() + 100  # its class is light on the left
    assert set(app.window.instruments) >= {"trajectory", "guidance"}
    assert app.window.chips.button("trajectory").isVisible()


def test_scrubbing_shows_every_step_in_every_way_and_is_undone(journey: Journey):
    app = opened(journey)
    press(journey, app, "instruments_trajectory")
    strip = app.window.trajectory.strip
    assert strip.value() == strip.maximum() == 25
    strip.setFocus()
    journey.keys(app, Qt.Key.Key_Home)
    assert app.explore.trajectory.at == 0.0
    decoder = app.stage.picture.unfolding.decoder
    np.testing.assert_array_equal(canvas(app), decoder.to_pixels(steps(app)[0].clean())[0])
    journey.keys(app, Qt.Key.Key_Right)
    assert strip.value() == 1
    press(journey, app, "frame_kinds_noisy")
    np.testing.assert_array_equal(canvas(app), decoder.to_pixels(steps(app)[1].x)[0])
    press(journey, app, "frame_kinds_pull")
    np.testing.assert_array_equal(canvas(app), decoder.to_pixels(steps(app)[1].pull())[0])
    assert app.window.picture.canvas.accessibleName()
    journey.undo(app)
    assert app.explore.trajectory.kind == "noisy"
    for _ in range(3):
        journey.undo(app)
    assert app.explore.trajectory.at == 1.0
    np.testing.assert_array_equal(canvas(app), finished(app))


def test_playing_ends_at_the_picture(journey: Journey):
    app = opened(journey)
    press(journey, app, "instruments_trajectory")
    journey.qtbot.mouseClick(app.window.findChild(QAbstractButton, "play_steps"), Qt.MouseButton.LeftButton)
    journey.until(lambda: 0 < app.explore.trajectory.at < 1)
    for _ in range(5):
        app.trajectory.tick(1.0)
    assert app.explore.trajectory.at == 1.0
    play = app.window.findChild(QAbstractButton, "play_steps")
    assert play.text() == "Play"


@pytest.mark.parametrize(("name", "frames"), [("way.gif", 26), ("way.webp", 26), ("way.png", 1)])
def test_a_trajectory_is_saved_and_dropped_back(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, frames: int
):
    app = opened(journey)
    press(journey, app, "instruments_trajectory")
    monkeypatch.setattr(app.window, "ask_trajectory_place", lambda _: str(tmp_path / name))
    press(journey, app, "save_steps")
    assert journey.message(app).startswith("Saved as")
    with Image.open(tmp_path / name) as film:
        assert getattr(film, "n_frames", 1) == frames
    place = app.explore.place
    journey.keys(app, Qt.Key.Key_Space)
    drop(app.window, tmp_path / name)
    journey.settle(app)
    assert app.explore.place == place


def test_another_class_draws_another_picture_of_the_same_noise(journey: Journey):
    app = opened(journey)
    press(journey, app, "instruments_guidance")
    before, code = finished(app), app.explore.place.code
    press(journey, app, f"guidance_label_{KINDS.index('top')}")
    assert sampling(app).label == (2,) and app.explore.place.code == code
    picture = finished(app).astype(int)
    assert picture[:4].mean() > picture[4:].mean() + 100
    press(journey, app, "guidance_label_-1")
    assert not sampling(app).asks and steps(app)[0].unconditional is None
    journey.undo(app)
    journey.undo(app)
    np.testing.assert_array_equal(finished(app), before)


def test_the_frame_in_view_follows_the_weight_without_a_network_call(journey: Journey):
    app = opened(journey)
    app.trajectory.begin()
    app.trajectory.scrub(6)
    press(journey, app, "instruments_guidance")
    slider, walked = app.window.guidance.weight, steps(app)
    decoder = app.stage.picture.unfolding.decoder
    app.worker.lanes[0].cancel()
    slider.started.emit()
    slider.edited.emit(7.5)  # nothing of the worker has come yet: what is shown is computed from what was kept
    np.testing.assert_array_equal(canvas(app), decoder.to_pixels(walked[6].clean(7.5))[0])
    journey.settle(app)
    assert sampling(app).weight == 7.5
    finished(app)
    assert steps(app)[0].weight == 7.5


def test_a_curve_is_drawn_by_hand_and_kept_in_the_picture(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = opened(journey)
    press(journey, app, "instruments_guidance")
    press(journey, app, "guidance_curves_interval")
    weights = sampling(app).weights(25)
    assert weights[0] == weights[-1] == 1 and weights.max() == 2
    curve = app.window.guidance.curve
    hands.press(curve, QPointF(10, curve.height() / 2))
    hands.move(curve, QPointF(curve.width() / 2, 10))
    hands.release(curve, QPointF(curve.width() / 2, 10))
    journey.settle(app)
    drawn = sampling(app)
    assert len(drawn.curve) == 16 and 0 < drawn.curve[0] < 1
    picture = finished(app)
    save(journey, app, tmp_path / "kept.png", monkeypatch)
    press(journey, app, "samplers_ddpm")
    journey.keys(app, Qt.Key.Key_Space)
    drop(app.window, tmp_path / "kept.png")
    journey.settle(app)
    assert sampling(app) == drawn
    np.testing.assert_array_equal(finished(app), picture)


def test_render_makes_the_very_picture_of_the_window(journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = opened(journey)
    press(journey, app, "instruments_guidance")
    press(journey, app, "guidance_label_2")
    press(journey, app, "samplers_heun")
    app.guidance.begin()
    app.guidance.weigh(3.0)
    journey.settle(app)
    saved = save(journey, app, tmp_path / "window.png", monkeypatch)
    out = tmp_path / "render.png"
    asked = ["--seed", "42", "--class", "top", "--guidance", "3", "--sampler", "heun"]
    assert main(["render", str(journey.library / "steps"), "-o", str(out), *asked]) == 0
    assert out.read_bytes() == saved
    assert main(["render", str(tmp_path / "window.png"), "-o", str(out)]) == 0
    assert out.read_bytes() == saved


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--class", "hat"], "knows no 'hat'; it knows left, right, top"),
        (["--guidance", "1e9"], "--guidance: "),
        (["--guidance=-1e9"], "--guidance: "),
        (["--steps", "100000"], "--steps: "),
        (["--mix", "1:0-"], "has no layers to mix"),
    ],
)
def test_render_refuses_what_there_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str], words: str
):
    diffusion_bundle(tmp_path / "steps")
    assert main(["render", str(tmp_path / "steps"), "-o", str(tmp_path / "out.png"), *asked]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("steps", ["0", "-3", "many"])
def test_render_wants_a_positive_number_of_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str], steps: str):
    with pytest.raises(SystemExit) as end:
        main(["render", str(tmp_path), "-o", str(tmp_path / "out.png"), "--steps", steps])
    assert end.value.code == 2 and "--steps" in capsys.readouterr().err


@pytest.mark.parametrize("fields", [{"weight": 1e9}, {"steps": 0}, {"steps": -1}, {"curve": (7.0,)}])
def test_a_recipe_that_asks_for_what_cannot_be_is_refused(
    journey: Journey, tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, object]
):
    app = opened(journey)
    picture = app.stage.picture
    assert picture is not None
    style = picture.style.model_copy(update={"sampling": sampling(app).model_copy(update=fields)})
    recipe = recipe_of(picture.model, picture.code, 42, style)
    (tmp_path / "wild.png").write_bytes(to_png(picture.pixels, recipe))
    assert main(["render", str(tmp_path / "wild.png"), "-o", str(tmp_path / "out.png")]) == 1
    assert "The recipe in this file is damaged" in capsys.readouterr().err
    drop(app.window, tmp_path / "wild.png")  # it is a picture like any other then, and encoded
    journey.settle(app)
    assert app.explore.instrument == "encode" and sampling(app).weight <= 20
    finished(app)


def test_fewer_steps_another_sampler_and_back(journey: Journey):
    app = opened(journey)
    press(journey, app, "instruments_guidance")
    app.window.guidance.steps.started.emit()
    app.window.guidance.steps.edited.emit(0.06)
    journey.settle(app)
    assert len(steps(app)) == 6
    for name in ("heun", "euler", "ddpm", "ddim"):
        press(journey, app, f"samplers_{name}")
        assert sampling(app).sampler == name
        finished(app)
    assert app.window.guidance.eta.isVisible()
    for _ in range(5):
        journey.undo(app)
    assert sampling(app).steps == 25 and sampling(app).sampler == "dpm"


def test_a_network_that_breaks_keeps_what_came_before(journey: Journey):
    diffusion_bundle(journey.library / "broken", name="broken", spoilt_from=40)
    app = journey.start(journey.library / "broken")
    assert "not finite at step 3" in app.window.picture.canvas.accessibleDescription()
    kept = steps(app)
    assert len(kept) >= 5 and all(step.step >= 40 and np.isfinite(step.clean()).all() for step in kept)
    press(journey, app, "instruments_trajectory")
    app.trajectory.begin()
    app.trajectory.scrub(2)
    journey.settle(app)
    assert app.window.trajectory.strip.value() == 2
    decoder = app.stage.picture.unfolding.decoder  # type: ignore[union-attr]
    np.testing.assert_array_equal(canvas(app), decoder.to_pixels(kept[2].clean())[0])


def test_without_a_null_condition_the_panel_says_why_guidance_is_off(journey: Journey):
    diffusion_bundle(journey.library / "steps", null_label=None)
    app = journey.start()
    press(journey, app, "instruments_guidance")
    said = [label.text() for label in app.window.guidance.findChildren(QLabel) if label.isVisible()]
    assert any("no null condition, so guidance is off" in text for text in said)
    assert not app.window.guidance.weight.isVisible() and app.window.guidance.steps.isVisible()
    assert steps(app)[0].unconditional is None


def test_a_schedule_of_another_length_is_told(journey: Journey):
    diffusion_bundle(journey.library / "odd", name="odd", steps=50)
    app = journey.start(journey.library / "odd")
    assert "100 values for 50 steps; export the model again" in journey.message(app)


def test_wild_numbers_of_the_hand_stay_within_what_can_be_drawn(journey: Journey):
    app = opened(journey)
    app.guidance.begin()
    for weight, kept in ((1e9, 20.0), (-1e9, -5.0), (float("nan"), -5.0)):
        app.guidance.weigh(weight)
        assert sampling(app).weight == kept
    for count, kept in ((0, 1), (-7, 1), (10**9, 1_000)):
        app.guidance.set("steps", count)
        assert sampling(app).steps == kept
    app.guidance.set("steps", 3)
    journey.settle(app)
    finished(app)


def test_a_fork_keeps_what_was_before_it_and_changes_what_comes_after(journey: Journey):
    app = opened(journey)
    before, finish = steps(app), finished(app)
    press(journey, app, "instruments_branches")
    fork = app.window.findChild(QAbstractButton, "branch_fork")
    assert not fork.isEnabled()  # the finished picture is in view: there is nothing to leave
    press(journey, app, "branch_keep")
    app.trajectory.begin()
    app.trajectory.scrub(5)
    journey.settle(app)
    press(journey, app, "branch_fork")
    app.guidance.ask(0, 2)
    journey.settle(app)
    after = steps(app)
    assert len(after) == len(before) == 25
    for at in range(5):
        np.testing.assert_array_equal(after[at].x, before[at].x)
        np.testing.assert_array_equal(after[at].predicted(), before[at].predicted())
    np.testing.assert_array_equal(after[5].x, before[5].x)
    assert np.abs(after[5].conditional - before[5].conditional).max() > 0.01
    assert np.abs(finished(app).astype(int) - finish).mean() > 20
    press(journey, app, "branch_0_compare")
    assert app.explore.branches.beside == 0
    journey.until(lambda: app.window.findChild(QWidget, "pair_distance").isVisible())
    pair = app.branches._pair()
    assert pair is not None and (pair.distance[:5] == 0).all() and (pair.distance[6:] > 0).all()
    press(journey, app, "branch_keep")
    press(journey, app, "branch_0")
    np.testing.assert_array_equal(finished(app), finish)
    press(journey, app, "branch_1_delete")
    assert len(app.explore.branches.kept) == 1
    journey.undo(app)
    assert len(app.explore.branches.kept) == 2
    left = app.explore.model_dump()
    app.window.close()
    again = journey.start()
    assert again.explore.model_dump() == left


def test_stirring_changes_the_way_after_the_fork_alone(journey: Journey):
    app = opened(journey)
    before = steps(app)
    app.trajectory.begin()
    app.trajectory.scrub(8)
    press(journey, app, "instruments_branches")
    press(journey, app, "branch_fork")
    app.window.branches.stir.started.emit()
    app.window.branches.stir.edited.emit(0.6)
    journey.settle(app)
    after = steps(app)
    np.testing.assert_array_equal(after[7].x, before[7].x)
    assert np.abs(after[8].x - before[8].x).max() > 0.05
    np.testing.assert_allclose(after[8].x.std(), before[8].x.std(), rtol=0.3)
    press(journey, app, "branch_join")
    assert sampling(app).base is None
    finished(app)


def test_a_dropped_picture_is_inverted_and_comes_back_and_in_another_class(journey: Journey, tmp_path: Path):
    app = opened(journey)
    picture = finished(app)
    Image.fromarray(picture[..., 0]).save(tmp_path / "left.png")
    drop(app.window, tmp_path / "left.png")
    journey.settle(app)
    assert app.explore.instrument == "encode" and journey.message(app) == ""
    assert app.encode.encoding is not None
    assert app.encode.encoding.squared_error < 0.02  # far from what the toy draws when nothing is asked for
    assert not sampling(app).asks
    again = finished(app)
    assert np.abs(again.astype(int) - picture).mean() < 25
    press(journey, app, "instruments_guidance")
    press(journey, app, "guidance_label_2")
    other = finished(app).astype(int)
    assert other[:4].mean() > other[4:].mean() + 40


def test_a_grid_of_variations_is_drawn_gone_to_and_saved(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = opened(journey)
    press(journey, app, "instruments_variations")
    cells = app.window.variations.cells
    journey.until(lambda: cells.filled == 3 * 6)
    app.window.variations.chosen.emit(2 * 6 + 3)  # the third class under the fourth weight
    journey.settle(app)
    assert sampling(app).label == (2,) and sampling(app).weight == 4.0
    finished(app)
    app.guidance.begin()
    app.guidance.weigh(1.0)
    press(journey, app, "variations_compare")
    journey.until(lambda: cells.filled == 5 * 7)
    journey.settle(app)
    told = "".join(label.text() for label in app.window.variations.findChildren(QLabel))
    assert "Within 4 grey values of 200 steps: dpm from " in told and "ddpm draws fresh noise" in told
    chart = app.window.variations.findChild(DistanceChart, "variations_distance")
    assert isinstance(chart, DistanceChart) and chart.isVisible() and chart._enough is not None
    curves = {curve.name: curve.distances for curve in chart._enough.curves}
    long = sampling(app).model_copy(update={"sampler": "dpm", "steps": 200})
    code = app.stage.picture.code[None]  # type: ignore[union-attr]
    unfolds = app.stage.model.unfolds  # type: ignore[union-attr]
    far, near = (
        unfolds.under(Style(sampling=each)).decode(code)[0].astype(float)  # type: ignore[union-attr]
        for each in (sampling(app).model_copy(update={"sampler": "ddim", "steps": 4}), long)
    )
    assert curves["ddim"][2] == pytest.approx(np.sqrt(np.mean((far - near) ** 2)))
    assert curves["ddim"][-1] < curves["ddim"][2] / 2 and set(curves) == {"dpm", "ddim", "euler", "heun"}
    monkeypatch.setattr(app.window, "ask_where_to_save", lambda name: str(tmp_path / name))
    press(journey, app, "variations_save")
    place = app.explore.place
    journey.keys(app, Qt.Key.Key_Space)
    drop(app.window, tmp_path / "steps-variations.png")
    journey.settle(app)
    assert app.explore.place == place
    app.window.variations.axis_chosen.emit("rows", "steps")  # it changes places with the columns
    assert (app.explore.variations.rows, app.explore.variations.columns) == ("steps", "sampler")


@pytest.mark.parametrize("size", [(880, 560), (1440, 900)])
def test_all_words_can_be_read(journey: Journey, size: tuple[int, int]):
    app = opened(journey)
    app.window.resize(*size)
    for panel in ("trajectory", "guidance", "branches", "variations", "encode"):
        press(journey, app, f"instruments_{panel}")
        assert_legible(journey.qtbot, app.window)


def test_a_plane_of_seeds_draws_noises_and_what_lies_between(journey: Journey):
    app = opened(journey)
    press(journey, app, "instruments_seeds")
    plane = app.window.seeds.plane
    journey.until(lambda: len(plane._images) >= 9)
    quick = app.stage.model.unfolds.under(app.explore.place.style).quick  # type: ignore[union-attr]
    code = seed_code(app.stage.model.decodes.prior, 143)  # type: ignore[union-attr]
    np.testing.assert_array_equal(plane._images[143][0], quick.decode(code[None])[0])
    plane.started.emit()
    plane.moved.emit(42.5, 0.5)
    journey.settle(app)
    here = np.array(app.explore.place.code)
    assert app.explore.place.seed is None and 0.8 < here.std() < 1.2
    finished(app)
    before = plane._images[143][0]
    press(journey, app, "instruments_guidance")
    press(journey, app, "guidance_label_2")
    press(journey, app, "instruments_seeds")
    journey.settle(app)
    assert np.abs(plane._images[143][0].astype(int) - before).mean() > 20  # of the other class now
    app.seeds.go("7")
    journey.settle(app)
    assert app.explore.place.seed == 7


def test_two_noises_are_keyframes_and_the_path_between_keeps_the_norm(journey: Journey):
    app = opened(journey)
    for seed in (1, 2):
        app.walk.to_seed(seed)
        journey.settle(app)
        app.strip.add()
    journey.settle(app)
    assert app.explore.journey.kind == "spherical"
    app.strip.begin()
    app.strip.scrub(0.5)
    journey.settle(app)
    code = np.array(app.explore.place.code, np.float32)
    ends = [seed_code(app.stage.model.decodes.prior, seed) for seed in (1, 2)]  # type: ignore[union-attr]
    np.testing.assert_allclose(code, slerp(ends[0], ends[1], np.array([0.5]))[0], atol=1e-5)
    finished(app)


def test_check_finds_a_network_that_breaks_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    diffusion_bundle(tmp_path / "broken", spoilt_from=40)
    assert main(["check", str(tmp_path / "broken")]) == 1
    assert "not finite at step" in capsys.readouterr().err
