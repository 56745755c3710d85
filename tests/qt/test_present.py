"""The audience's window: the same picture, the pointer where the speaker points, black when it is wished."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from explorer.qt.panels.picture_panel import PicturePanel
from explorer.qt.pictures import to_pixels
from explorer.qt.present import Presenter
from tests.qt.widgets import hands

RED = np.full((8, 8, 3), (255, 0, 0), np.uint8)
BLUE = np.full((8, 8, 3), (0, 0, 255), np.uint8)


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[PicturePanel]:
    panel = PicturePanel()
    qtbot.addWidget(panel)
    panel.resize(500, 500)
    panel.show()
    yield panel


@pytest.fixture
def presenter(panel: PicturePanel) -> Iterator[Presenter]:
    presenter = Presenter(panel)
    yield presenter
    presenter.close()


def colour_of(presenter: Presenter) -> tuple[int, ...]:
    """The middle of what the audience sees."""
    assert presenter.window is not None
    pixels = to_pixels(presenter.window.grab().toImage())
    return tuple(int(value) for value in pixels[pixels.shape[0] // 2 - 40, pixels.shape[1] // 2, :3])


def test_it_shows_what_is_in_view_and_follows(panel: PicturePanel, presenter: Presenter) -> None:
    panel.show_picture(RED, 1)
    presenter.toggle()
    assert colour_of(presenter) == (255, 0, 0)
    panel.show_picture(BLUE, 2)
    assert colour_of(presenter) == (0, 0, 255)


def test_blackout_hides_the_picture_from_the_audience_alone(panel: PicturePanel, presenter: Presenter) -> None:
    panel.show_picture(RED, 1)
    presenter.toggle()
    presenter.blackout()
    assert colour_of(presenter) == (0, 0, 0)
    assert to_pixels(panel.grab().toImage())[250, 250, 0] == 255
    presenter.blackout()
    assert colour_of(presenter) == (255, 0, 0)


def test_the_pointer_is_where_the_speaker_points(panel: PicturePanel, presenter: Presenter) -> None:
    panel.show_picture(RED, 1)
    presenter.toggle()
    hands.move(panel.canvas, panel.canvas.picture_rect.center(), down=False)
    assert presenter.window is not None
    assert _ring(presenter)
    hands.move(panel.canvas, QPointF(1, 1), down=False)
    assert not _ring(presenter)


def _ring(presenter: Presenter) -> bool:
    assert presenter.window is not None
    center = presenter.window.canvas.picture_rect.center()
    pixels = to_pixels(presenter.window.grab().toImage())
    return tuple(pixels[int(center.y()), int(center.x()), :3]) != (255, 0, 0)


def test_the_caption_is_read_from_the_last_row(panel: PicturePanel, presenter: Presenter) -> None:
    presenter.toggle()
    panel.show_caption("faces-vae")
    assert presenter.window is not None
    label = presenter.window.findChild(type(presenter.window._caption), "audience_caption")
    assert label.text() == "faces-vae"
    assert label.fontInfo().pixelSize() >= 24


def test_escape_closes_it(qtbot: QtBot, panel: PicturePanel, presenter: Presenter) -> None:
    presenter.toggle()
    assert presenter.window is not None
    qtbot.keyClick(presenter.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: presenter.window is None)


def test_it_is_closed_the_way_it_was_opened(qtbot: QtBot, presenter: Presenter) -> None:
    presenter.toggle()
    presenter.toggle()
    qtbot.waitUntil(lambda: presenter.window is None)
