"""The Train page: the form and a run in view, whose words can all be read at every size and in every theme."""

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from explorer.contract import run as contract
from explorer.control.learning import LearningFrame
from explorer.control.newrun import CLASSROOM, Field, Form, Missing, Preset
from explorer.control.training import Seen
from explorer.qt import theme
from explorer.qt.train.run_page import differences, facts
from explorer.qt.train.train_page import TrainPage
from explorer.qt.widgets.curve_plot import CurvePlot, PlotLine, smoothed, ticks
from explorer.qt.window import Window
from explorer.training.catalogue import Catalogue, DataSet, Family, Knob
from explorer.training.diagnosis import findings
from explorer.training.record import Record, RunView
from tests.qt.legible import assert_legible
from tests.unit.training.runs import make, metric, sheet, started

SIZES = ((880, 560), (1440, 900))
KNOBS = (
    Knob(name="data", type="text", default="discs", help="Name of a data set."),
    Knob(name="images", type="integer", default=1000, low=1, unit="images", help="Pictures to show in all."),
    Knob(name="network", type="choice", default="conv", choices=("conv", "mlp"), help="Which kind of network."),
    Knob(name="mirror", type="switch", default=False, help="Show every other picture mirrored."),
)
FAMILY = Family(name="vae", sentence="VAE: codes.", teaches="Much.", needs="A laptop.", fields=KNOBS, classroom={})


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.resize(*SIZES[-1])
    window.show_page("train")
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def page(window: Window) -> TrainPage:
    return window.train


def form(fault: str = "") -> Form:
    fields = tuple(
        Field(knob, knob.show(knob.default), fault if knob.name == "images" else "", main=knob.name != "mirror")
        for knob in KNOBS
    )
    return Form(FAMILY, (Preset(CLASSROOM, "Classroom", "Two minutes."),), CLASSROOM, fields, "vae")


def run_of(folder: Path, **more: object) -> RunView:
    rng = np.random.default_rng(0)
    sheet(folder / "samples" / "s.png", rng.integers(0, 250, (32, 8, 8)).astype(np.uint8))
    make(
        folder, started(pid=os.getpid(), at=10.0**10),
        *(metric(at * 50, reconstruction=300 - at, KL=float(at), gradient_norm=0.2) for at in range(1, 20)),
        metric(900, "held-out", reconstruction=290.0, KL=12.0),
        contract.Sample(images=900, path="samples/s.png", of="samples"),
        contract.Checkpoint(images=900, path="checkpoints/900"),
        contract.Progress(images=950, images_per_s=212.0, remaining_s=252.0),
    )  # fmt: skip
    record = Record(folder)
    record.read()
    return record.view()


def show_everything(page: TrainPage, folder: Path) -> Seen:
    run = run_of(folder / "a-run-whose-name-is-much-longer-than-the-list-is-wide")
    other = run_of(folder / "other")
    seen = Seen((run, other), {run.folder: "my words"}, run, findings(run), other)
    page.new.show_catalogue(
        Catalogue(families=(FAMILY,), data=(DataSet(name="discs", sentence="", size=8, channels=1, ready=True),)), ""
    )
    page.new.show_form(form("Images: a whole number from 1, not “banana”."))
    page.new.show_data("60 to train on.", None, fault=False)
    page.new.show_estimate("About 4 min on this machine.", ("The disk is full: make room.",), busy=False)
    frames = tuple(LearningFrame(k * 100, np.full((8, 8, 1), k * 9, np.uint8)) for k in range(1, 20))
    page.run.learning.show_frames(frames, 3, "The point of seed 42")
    page.show_run(seen)
    return seen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(theme.THEMES))
def test_all_words_can_be_read(
    window: Window, tmp_path: Path, qapp: QApplication, qtbot: QtBot, size: tuple[int, int], name: str
) -> None:
    theme.apply(qapp, theme.THEMES[name])
    window.resize(*size)
    show_everything(window.train, tmp_path)
    assert_legible(qtbot, window)
    window.train.show_new()
    assert_legible(qtbot, window)


@pytest.mark.parametrize("installs", [True, False])
def test_what_is_missing_can_be_read_and_helped(page: TrainPage, window: Window, qtbot: QtBot, installs: bool) -> None:
    page.new.show_missing(Missing("That needs PyTorch.", 'pip install "latent-explorer[train]"', installs, "No space."))
    assert_legible(qtbot, window)
    line = page.new.findChild(QLineEdit, "install_line")
    assert line is not None and line.text() == 'pip install "latent-explorer[train]"'
    install, again = (page.new.findChild(QPushButton, name) for name in ("install", "look_again"))
    assert install is not None and install.isVisible() == installs
    with qtbot.waitSignal(page.new.look_asked):
        qtbot.mouseClick(again, Qt.MouseButton.LeftButton)


def test_a_python_is_chosen_by_hand(page: TrainPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    page.new.show_missing(Missing("That needs PyTorch.", "pip", installs=False))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/made/bin/python", ""))
    with qtbot.waitSignal(page.new.python_chosen, check_params_cb=lambda path: path == "/made/bin/python"):
        qtbot.mouseClick(page.new.findChild(QPushButton, "choose_python"), Qt.MouseButton.LeftButton)


def test_a_run_says_how_it_stands(page: TrainPage, tmp_path: Path) -> None:
    seen = show_everything(page, tmp_path)
    assert seen.chosen is not None
    said = facts(seen.chosen)
    assert said.startswith("950 of 1,000 images  ·  4 min left  ·  212 images/s  ·  gradient norm 0.2")
    assert page.run._buttons["pause"].isEnabled() and page.run._buttons["step_in"].isEnabled()
    assert page.run._buttons["stop"].text() == "Stop and keep"
    assert not page.run._actions["delete"].isEnabled()
    assert page.run._plots[0].box.currentText() == "reconstruction"
    assert page.run._plots[1].box.currentText() == "KL"


def test_runs_that_are_compared_name_what_differs(tmp_path: Path) -> None:
    one, other = run_of(tmp_path / "one"), run_of(tmp_path / "other")
    assert differences(one, other) == "one | other: the same values"
    other.config["config"]["beta"] = 4.0
    assert differences(one, other) == "one | other: beta 1.0 | 4.0"


def test_the_hand_tells_what_it_wants(page: TrainPage, tmp_path: Path, qtbot: QtBot) -> None:
    show_everything(page, tmp_path)
    told: list[object] = []
    page.run.step_in_asked.connect(lambda: told.append("step in"))
    page.run.tagged.connect(told.append)
    page.run.learning.scrubbed.connect(told.append)
    page.list.chosen.connect(told.append)
    page.new.edited.connect(lambda key, text: told.append((key, text)))
    page.run._buttons["step_in"].click()
    page.run._tag.setText("wide")
    page.run._tag.editingFinished.emit()
    page.run.learning._slider.setValue(5)
    page.list._rows[1].click()
    box = page.new._lines["network"]._box
    assert box is not None
    box.activated.emit(1)
    assert told == ["step in", "wide", 5, tmp_path / "other", ("network", "mlp")]


def test_a_number_changed_while_it_trains_is_told_once_for_a_gesture(
    page: TrainPage, tmp_path: Path, qtbot: QtBot
) -> None:
    show_everything(page, tmp_path)
    told: list[tuple[str, float]] = []
    page.run.set_asked.connect(lambda key, value: told.append((key, value)))
    live = page.run._live["beta"]
    assert live.isVisible()
    for power in (0.1, 0.3, 0.5):
        live.slider.edited.emit(power)
    qtbot.waitUntil(lambda: told != [])
    assert told == [("beta", 3.2)]


def test_smoothing_is_a_running_mean_without_a_start_at_zero() -> None:
    np.testing.assert_allclose(smoothed(np.full(20, 3.0), 0.9), 3.0)
    y = np.array([1.0, 3.0])
    assert smoothed(y, 0.5)[1] == pytest.approx((0.5 * 0.5 * 1 + 0.5 * 3) / 0.75)
    np.testing.assert_allclose(smoothed(y, 0.0), y)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2, 17.9), (1e-6, 3e-6), (0, 1_110_000)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high, 4)
    assert 2 <= len(found) <= 6
    assert all(low - 1e-12 <= value <= high + 1e-12 for value in found)
    step = found[1] - found[0]
    assert float(f"{step:.0e}") == pytest.approx(step)


def test_a_plot_tells_its_newest_number(qtbot: QtBot) -> None:
    plot = CurvePlot("plot", "Loss", "The loss.")
    qtbot.addWidget(plot)
    plot.show_lines(())
    assert plot.accessibleDescription() == "no numbers yet"
    plot.show_lines((PlotLine("train", np.arange(3.0), np.array([3.0, 2.0, 1.25])),))
    assert plot.accessibleDescription() == "newest 1.25"
    plot.resize(300, 200)
    plot.show_look(log=True, smooth=0.5)
    assert not plot.grab().isNull()
