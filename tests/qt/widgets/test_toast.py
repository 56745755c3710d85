import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from explorer.qt.widgets.toast import Toast, ToastBar

SAVED = Toast("Saved faces.png.", action="Show in folder", key="show")
SLOW = Toast("Running on the CPU: no CUDA driver found.", "warning", key="cpu")
BROKEN = Toast("The model could not be read. " * 8, "error")


@pytest.fixture
def parent(qtbot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(700, 500)
    parent.show()
    return parent


@pytest.fixture
def bar(parent) -> ToastBar:
    return ToastBar("toast", "Messages", parent, info_ms=0)


def says(bar: ToastBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel) if label.isVisible()]


def click(qtbot, bar: ToastBar, name: str) -> None:
    qtbot.mouseClick(bar.findChild(QPushButton, f"toast_{name}"), Qt.MouseButton.LeftButton)


def test_hidden_until_there_is_something_to_say(bar):
    assert not bar.isVisible()
    bar.show_toast(SLOW)
    assert bar.isVisible()
    assert says(bar) == [SLOW.text]
    assert bar.accessibleDescription() == SLOW.text
    assert not bar.findChild(QPushButton, "toast_action").isVisible()


def test_an_information_goes_by_itself(bar, qtbot):
    with qtbot.waitSignal(bar.closed) as told:
        bar.show_toast(SAVED)
    assert told.args == ["show"]
    assert not bar.isVisible()


def test_an_information_that_is_being_read_stays(bar, qtbot):
    bar.show_toast(SAVED)
    QApplication.sendEvent(bar, QEnterEvent(QPointF(), QPointF(), QPointF()))
    with qtbot.assertNotEmitted(bar.closed, wait=20):
        pass
    with qtbot.waitSignal(bar.closed):
        QApplication.sendEvent(bar, QEvent(QEvent.Type.Leave))


def test_a_warning_stays_until_it_is_closed(bar, qtbot):
    bar.show_toast(SLOW)
    with qtbot.assertNotEmitted(bar.closed, wait=20):
        pass
    with qtbot.waitSignal(bar.closed) as told:
        click(qtbot, bar, "close")
    assert told.args == ["cpu"]


def test_several_wait_and_the_newest_is_shown(bar, qtbot):
    bar.show_toast(SLOW)
    bar.show_toast(BROKEN)
    bar.show_toast(SLOW)
    assert says(bar) == [SLOW.text, "1 more"]
    click(qtbot, bar, "close")
    assert says(bar) == [BROKEN.text]
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert bar.shown is None


def test_the_action_is_told_and_closes(bar, qtbot):
    bar.show_toast(Toast("No driver.", "warning", action="Why?", key="why"))
    with qtbot.waitSignal(bar.action_asked) as told:
        click(qtbot, bar, "action")
    assert told.args == ["why"]
    assert not bar.isVisible()


def test_clear_tells_nobody(bar, qtbot):
    bar.show_toast(SLOW)
    with qtbot.assertNotEmitted(bar.closed):
        bar.clear()
    assert not bar.isVisible()


@pytest.mark.parametrize("width", [700, 260])
def test_a_long_message_wraps_inside_its_parent(bar, parent, qtbot, width):
    bar.show_toast(BROKEN)
    parent.resize(width, 500)
    qtbot.waitUntil(lambda: bar.width() <= width - 24)
    text = bar.findChild(QLabel, "toast_text")
    assert parent.rect().contains(bar.geometry())
    assert text.height() >= text.heightForWidth(text.width())
