"""A model of 512 dimensions: what is out of sight costs nothing."""

from collections import Counter

import pytest
from PySide6.QtCore import QEvent, QObject, Qt

from explorer.app import App
from explorer.qt.widgets.latent_slider import LatentSlider
from tests.graphs import Toy, tiny_bundle
from tests.journeys.conftest import Journey, assert_shows, code_of, row_of

pytestmark = pytest.mark.journey

MANY = Toy(512)


class Paints(QObject):
    """Counts the paint events of what it watches."""

    def __init__(self, *watched: QObject) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        for one in watched:
            one.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.counts[watched.objectName()] += 1
        return False


@pytest.fixture
def many(journey: Journey) -> App:
    tiny_bundle(journey.library / "many", name="many", dims=512, stores=False)
    return journey.start()


def rows(app: App) -> list[LatentSlider]:
    return app.window.findChildren(LatentSlider)


def test_only_a_page_of_rows_exists(journey: Journey, many: App):
    assert_shows(many, MANY)
    page = len(rows(many))
    assert page < 16
    for _ in range(3):
        rows(many)[0].setFocus()
        journey.keys(many, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert len(rows(many)) == page
    many.window.resize(1_600, 1_600)
    journey.settle(many)
    assert len(rows(many)) < 32


def test_a_jump_of_all_dimensions_paints_only_what_is_in_sight(journey: Journey, many: App):
    before = code_of(many)
    seen = [row for row in rows(many) if row.isVisible()]
    paints = Paints(many.window.picture.canvas, *rows(many))
    journey.keys(many, Qt.Key.Key_Space)
    assert sum(old != new for old, new in zip(before, code_of(many), strict=True)) == 512
    assert_shows(many, MANY)
    assert paints.counts["canvas"] <= 4  # the picture, its caption, the focus
    assert all(1 <= paints.counts[row.objectName()] <= 6 for row in seen)  # its value, then its thumbnails


def test_a_dimension_is_found_by_its_number_and_moved(journey: Journey, many: App):
    journey.keys(many, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    journey.qtbot.keyClicks(many.window.focusWidget(), "z497")
    journey.settle(many)
    journey.drag(many, 497, 2.0)
    assert code_of(many)[497] == pytest.approx(2.0, abs=0.02)
    assert_shows(many, MANY)
    assert [row.view.index for row in rows(many) if row.isVisible()] == [497]


def test_locking_all_is_one_step(journey: Journey, many: App):
    start = code_of(many)
    many.window.sliders.list.lock_all_asked.emit(True)
    journey.keys(many, Qt.Key.Key_Space)
    assert code_of(many) == start
    assert all(row.view.locked for row in rows(many) if row.isVisible())
    journey.undo(many)
    assert many.explore.place.locked == frozenset()
    assert not row_of(many, rows(many)[0].view.index).view.locked


def test_a_storm_of_moves_ends_at_the_last_one(journey: Journey, many: App):
    row = rows(many)[0]
    journey.drag(many, row.view.index, -2.5, moves=200)
    assert code_of(many)[row.view.index] == pytest.approx(-2.5, abs=0.02)
    assert_shows(many, MANY)
    assert many.stack.count() == 1
