"""Kept ways in the real window: memory, names, undo, two in lock-step, and sessions."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QLineEdit

from explorer.app import App
from tests.journeys.conftest import Journey
from tests.journeys.test_coming_back import drop
from tests.journeys.test_diffusion import opened, press, steps

pytestmark = pytest.mark.journey


def kept(journey: Journey, app: App, count: int) -> None:
    press(journey, app, "instruments_branches")
    for seed in range(count):
        app.walk.to_seed(seed)
        journey.settle(app)
        press(journey, app, "branch_keep")


def said(app: App) -> str:
    return "\n".join(label.text() for label in app.window.branches.findChildren(QLabel) if label.isVisible())


def test_when_the_budget_is_reached_older_ways_are_made_smaller_and_the_window_says_so(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = opened(journey)
    app.branches.ways.budget = 30_000  # a way has 25 steps of 3 x 64 numbers: 19,200 bytes
    kept(journey, app, 4)
    assert app.branches.ways.nbytes <= 30_000
    assert "3 in half precision" in said(app) or "on the disk" in said(app)
    app.branches.ways.budget = 12_000
    kept(journey, app, 1)
    assert app.branches.ways.nbytes <= 12_000 and "on the disk until the window closes" in said(app)
    assert [*tmp_path.rglob("*.npy")]
    press(journey, app, "branch_0_compare")  # it lies on the disk, and is held beside the one in view all the same
    pair = app.branches._pair()
    assert pair is not None and pair.distance[8:].max() < 0.01  # both are of seed 0
    app.window.close()
    assert not [*tmp_path.rglob("*.npy")]


def test_a_full_disk_is_told_once(journey: Journey, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explorer.control.ways.np.save", full)
    app = opened(journey)
    app.branches.ways.budget = 1
    kept(journey, app, 3)
    assert journey.message(app).count("cannot be put on the disk (No space left on device)") == 1


def test_names_deleting_and_undo(journey: Journey):
    app = opened(journey)
    kept(journey, app, 2)
    name = app.window.findChild(QLineEdit, "branch_0_name")
    name.setFocus()
    name.setText("the first one")
    name.editingFinished.emit()
    assert [way.name for way in app.explore.branches.kept] == ["the first one", "way 2"]
    app.deeds.do("undo")  # the field has the keyboard, and an undo of its own
    journey.settle(app)
    assert [way.name for way in app.explore.branches.kept] == ["way 1", "way 2"]
    press(journey, app, "branch_1_compare")
    press(journey, app, "branch_0_delete")
    assert [way.name for way in app.explore.branches.kept] == ["way 2"] and app.explore.branches.beside == -1
    app.deeds.do("undo")
    journey.settle(app)
    assert [way.name for way in app.explore.branches.kept] == ["way 1", "way 2"] and app.explore.branches.beside == 1


def test_ways_of_different_lengths_go_in_lock_step_by_their_noise(journey: Journey):
    app = opened(journey)
    kept(journey, app, 1)
    app.guidance.set("steps", 10)
    journey.settle(app)
    press(journey, app, "branch_0_compare")
    app.trajectory.begin()
    app.trajectory.scrub(5)
    journey.settle(app)
    pair = app.branches._pair()
    assert pair is not None and pair.at == 5 and len(pair.distance) == len(steps(app)) == 10
    other = app.branches.ways.get(app.explore.branches.kept[0])
    assert other is not None
    nearest = min(other.steps, key=lambda step: abs(np.log(step.snr / steps(app)[5].snr)))
    np.testing.assert_array_equal(pair.other, app.stage.model.unfolds.to_pixels(nearest.clean())[0])  # type: ignore[union-attr]
    glow = np.abs(pair.mine.astype(float) - pair.other).mean(axis=2) / 255
    np.testing.assert_allclose(pair.difference, glow, atol=1e-6)


def test_ways_are_in_the_session_that_is_saved(journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = opened(journey)
    kept(journey, app, 2)
    monkeypatch.setattr(app.window, "ask_session_place", lambda name: str(tmp_path / name))
    app.deeds.do("save_session")
    ways = app.explore.branches
    for _ in range(2):
        press(journey, app, "branch_0_delete")
    drop(app.window, tmp_path / "steps.session.json")
    journey.settle(app)
    assert app.explore.branches == ways
