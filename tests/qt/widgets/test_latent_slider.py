import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from explorer.qt import theme
from explorer.qt.widgets.dimension_row import DimensionView, RowLayout
from explorer.qt.widgets.latent_slider import LatentSlider
from tests.qt.looks import looks_like
from tests.qt.widgets.hands import NO_KEY, SHIFT, move, press, release, turn_wheel

HAIR = DimensionView(7, "z7", "hair and its length", 0.5, -3.0, 3.0, effect_share=0.8)
SIZE = (344, 72)
LAYOUT = RowLayout(*SIZE)


class Told:
    """Everything a slider says, in order."""

    def __init__(self, slider: LatentSlider) -> None:
        self.events: list[tuple] = []
        slider.edited.connect(lambda value: self.events.append(("edited", round(value, 6))))
        slider.edit_started.connect(lambda: self.events.append(("started",)))
        slider.edit_finished.connect(lambda: self.events.append(("finished",)))
        slider.reset_asked.connect(lambda: self.events.append(("reset",)))
        slider.random_asked.connect(lambda: self.events.append(("random",)))
        slider.lock_toggled.connect(lambda on: self.events.append(("lock", on)))

    @property
    def edits(self) -> list[float]:
        return [event[1] for event in self.events if event[0] == "edited"]

    @property
    def gestures(self) -> list[str]:
        return [event[0] for event in self.events if event[0] in ("started", "finished")]


@pytest.fixture
def slider(qtbot) -> LatentSlider:
    slider = LatentSlider("row", "Latent dimension", pause_ms=0)
    qtbot.addWidget(slider)
    slider.resize(*SIZE)
    slider.show_dimension(HAIR)
    slider.show()
    return slider


@pytest.fixture
def told(slider) -> Told:
    return Told(slider)


def at_value(value: float) -> QPointF:
    return QPointF(LAYOUT.x_of(value, -3, 3), LAYOUT.groove.center().y())


def test_showing_is_not_editing(slider, told):
    slider.show_value(1.5)
    slider.show_dimension(dataclasses.replace(HAIR, value=-1.0, minimum=-2.0))
    assert slider.shown_value == -1.0
    assert told.events == []


def test_a_press_on_the_groove_jumps_there(slider, told):
    press(slider, at_value(-2.0))
    release(slider, at_value(-2.0))
    assert told.edits == [pytest.approx(-2.0, abs=1e-6)]
    assert told.events[0] == ("started",)
    assert told.events[-1] == ("finished",)


def test_taking_the_handle_moves_nothing(slider, told):
    press(slider, at_value(0.5) + QPointF(4, 0))
    release(slider, at_value(0.5) + QPointF(4, 0))
    assert told.events == [("started",), ("finished",)]


def test_a_drag_is_one_gesture(slider, told):
    press(slider, at_value(0.5))
    for value in (0.8, 1.0, 2.5):
        move(slider, at_value(value))
    release(slider, at_value(2.5))
    assert told.edits == pytest.approx([0.8, 1.0, 2.5], abs=1e-6)
    assert told.gestures == ["started", "finished"]


def test_a_drag_past_the_end_stays_at_the_end(slider, told):
    press(slider, at_value(0.5))
    move(slider, QPointF(5000, 0))
    move(slider, QPointF(6000, 0))
    release(slider, QPointF(6000, 0))
    assert told.edits == [3.0]


def test_shift_makes_a_drag_ten_times_finer(slider, told):
    press(slider, at_value(0.5), SHIFT)
    move(slider, at_value(1.5), SHIFT)
    assert told.edits == pytest.approx([0.6], abs=1e-6)
    move(slider, at_value(1.5))  # Shift goes up: no jump
    assert len(told.edits) == 1
    move(slider, at_value(2.5))
    assert told.edits[-1] == pytest.approx(1.6, abs=1e-6)
    release(slider, at_value(2.5))
    assert told.gestures == ["started", "finished"]


def test_escape_takes_a_drag_back(slider, told, qtbot):
    press(slider, at_value(0.5))
    move(slider, at_value(2.0))
    qtbot.keyClick(slider, Qt.Key.Key_Escape)
    assert told.edits[-1] == 0.5
    assert told.gestures == ["started", "finished"]
    move(slider, at_value(-2.0), down=False)
    assert told.edits[-1] == 0.5


@pytest.mark.parametrize(
    ("key", "keys", "wanted"),
    [
        (Qt.Key.Key_Right, NO_KEY, 0.6),
        (Qt.Key.Key_Up, NO_KEY, 0.6),
        (Qt.Key.Key_Left, NO_KEY, 0.4),
        (Qt.Key.Key_Down, NO_KEY, 0.4),
        (Qt.Key.Key_Right, SHIFT, 0.51),
        (Qt.Key.Key_Left, SHIFT, 0.49),
        (Qt.Key.Key_PageUp, NO_KEY, 1.5),
        (Qt.Key.Key_PageDown, NO_KEY, -0.5),
    ],
)
def test_keys_move(slider, told, qtbot, key, keys, wanted):
    with qtbot.waitSignal(slider.edit_finished):
        qtbot.keyClick(slider, key, keys)
    assert told.events == [("started",), ("edited", wanted), ("finished",)]


def test_keys_in_a_row_are_one_gesture(slider, told, qtbot):
    with qtbot.waitSignal(slider.edit_finished):
        for _ in range(3):
            qtbot.keyClick(slider, Qt.Key.Key_Right, delay=-1)
    assert told.edits == [0.6, 0.7, 0.8]
    assert told.gestures == ["started", "finished"]


def test_the_wheel_moves_and_is_taken(slider, told, qtbot):
    with qtbot.waitSignal(slider.edit_finished):
        assert turn_wheel(slider, at_value(0), 2)
        assert turn_wheel(slider, at_value(0), -1, SHIFT)
    assert told.edits == [0.7, 0.69]
    assert told.gestures == ["started", "finished"]


@pytest.mark.parametrize(("end", "wanted"), [("low", -0.5), ("high", 1.5)])
def test_a_thumbnail_draws_one_sigma_nearer(slider, told, qtbot, end, wanted):
    with qtbot.waitSignal(slider.edit_finished):
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=getattr(LAYOUT, end).center().toPoint())
    assert told.edits == [wanted]


def test_two_clicks_on_a_thumbnail_are_two_steps_and_no_reset(slider, told, qtbot):
    point = LAYOUT.high.center().toPoint()
    with qtbot.waitSignal(slider.edit_finished):
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=point)
        qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=point)
    assert told.edits[:2] == [1.5, 2.5]
    assert ("reset",) not in told.events


def test_a_double_click_resets(slider, told, qtbot):
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=at_value(0.5).toPoint())
    assert told.events[-1] == ("reset",)


@pytest.mark.parametrize(
    ("key", "wanted"), [(Qt.Key.Key_Home, ("reset",)), (Qt.Key.Key_R, ("random",)), (Qt.Key.Key_L, ("lock", True))]
)
def test_letters_ask(slider, told, qtbot, key, wanted):
    qtbot.keyClick(slider, key)
    assert told.events == [wanted]


def test_a_click_on_the_lock_toggles_it(slider, told, qtbot):
    point = LAYOUT.lock.center().toPoint()
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=point)
    slider.show_dimension(dataclasses.replace(HAIR, locked=True))
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=point)
    assert told.events == [("lock", True), ("lock", False)]


def test_a_locked_dimension_stays_and_says_why(slider, told, qtbot):
    slider.show_dimension(dataclasses.replace(HAIR, locked=True))
    press(slider, at_value(2.0))
    move(slider, at_value(1.0))
    release(slider, at_value(1.0))
    assert QToolTip.text() == "z7 is locked: press L to move it."
    turn_wheel(slider, at_value(0), 1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_R):
        qtbot.keyClick(slider, key)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=LAYOUT.low.center().toPoint())
    assert told.events == []
    assert slider.shown_value == 0.5


def test_another_dimension_in_the_row_ends_the_gesture(slider, told):
    press(slider, at_value(0.5))
    slider.show_dimension(dataclasses.replace(HAIR, index=8, name="z8"))
    assert told.gestures == ["started", "finished"]


def test_losing_the_focus_ends_the_gesture(slider, told, qtbot):
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    turn_wheel(slider, at_value(0), 1)
    slider.clearFocus()
    assert told.gestures == ["started", "finished"]


def test_a_value_outside_the_range_is_shown_as_it_is(slider, told, qtbot):
    slider.show_value(4.25)
    assert slider.shown_value == 4.25
    assert slider.accessibleDescription() == "+4.25 σ"
    with qtbot.waitSignal(slider.edit_finished):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert told.edits == [3.0]


def test_other_keys_go_to_the_window(slider, told, qtbot):
    class Window(QWidget):
        def keyPressEvent(self, event: QKeyEvent) -> None:
            heard.append(Qt.Key(event.key()))

    heard: list[Qt.Key] = []
    window = Window()
    qtbot.addWidget(window)
    slider.setParent(window)
    for key in (Qt.Key.Key_B, Qt.Key.Key_Escape, Qt.Key.Key_Right):
        qtbot.keyClick(slider, key)
    assert heard == [Qt.Key.Key_B, Qt.Key.Key_Escape]
    slider.setParent(None)


def test_assistive_technology_finds_a_slider(slider, told, qtbot):
    found = QAccessible.queryAccessibleInterface(slider)
    assert found.role() == QAccessible.Role.Slider
    assert found.text(QAccessible.Text.Name) == "z7, hair and its length"
    assert found.text(QAccessible.Text.Description) == "+0.50 σ"
    with qtbot.waitSignal(slider.edit_finished):
        slider.setValue(1250)  # what QAccessibleValueInterface calls
    assert told.events == [("started",), ("edited", 1.25), ("finished",)]


def test_a_dead_dimension_says_so(slider):
    slider.show_dimension(dataclasses.replace(HAIR, dead=True, locked=True))
    assert slider.accessibleName() == "z7, dead: posterior equals prior"
    assert slider.accessibleDescription() == "+0.50 σ, locked"


def test_every_part_explains_itself_in_one_sentence(slider):
    parts = (LAYOUT.low, LAYOUT.high, LAYOUT.lock, LAYOUT.groove, LAYOUT.effect)
    tips = [slider.tip_at(part.center()) for part in parts]
    assert all(tip.endswith(".") and tip.count(".") == 1 for tip in tips), tips
    assert slider.tip_at(QPointF(LAYOUT.text.left() + 40, LAYOUT.text.top() + 4)) == "hair and its length"


def ends() -> tuple[np.ndarray, np.ndarray]:
    ramp = np.linspace(0, 255, 16, dtype=np.uint8)
    low = np.broadcast_to(ramp[:, None, None], (16, 16, 3)).copy()
    return low, low[::-1].copy()


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("state", ["normal", "dead", "locked", "waiting"])
def test_looks(qapp: QApplication, qtbot, tmp_path: Path, name: str, state: str):
    theme.apply(qapp, theme.THEMES[name])
    slider = LatentSlider("row", "Latent dimension")
    qtbot.addWidget(slider)
    slider.show_dimension(dataclasses.replace(HAIR, value=-1.2, dead=state == "dead", locked=state == "locked"))
    if state != "waiting":
        slider.show_thumbnails(*ends())
    looks_like(slider, f"slider-{state}-{name}", tmp_path, size=SIZE)


def test_thumbnails_go_when_the_dimension_goes(slider):
    slider.show_thumbnails(*ends())
    with_pictures = slider.grab().toImage()
    slider.show_dimension(dataclasses.replace(HAIR, index=8))
    slider.show_dimension(HAIR)
    assert slider.grab().toImage() != with_pictures
