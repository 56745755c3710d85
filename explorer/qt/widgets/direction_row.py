"""The slider of one direction: as that of a dimension, with the number that says how good it is in the last line."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from explorer.control.directions import DirectionView
from explorer.control.sliders import DimensionView
from explorer.qt import theme
from explorer.qt.widgets.dimension_row import ROW_HEIGHT, RowLayout, RowLook, paint_frame, paint_groove, paint_title
from explorer.qt.widgets.latent_slider import PAUSE_MS, LatentSlider

_TIPS = {
    "low": "Moves one standard deviation of the data towards this end.",
    "high": "Moves one standard deviation of the data towards this end.",
}


@dataclass(frozen=True)
class DirectionLayout(RowLayout):
    """As for a dimension, without a lock, and with a line of words where the effect was."""

    @property
    def lock(self) -> QRectF:
        return QRectF(self.middle.right() - 72, self.text.top(), 0, 0)

    @property
    def effect(self) -> QRectF:
        return QRectF()

    @property
    def groove(self) -> QRectF:
        return super().groove.translated(0, -1)

    @property
    def words(self) -> QRectF:
        return QRectF(self.middle.left(), self.low.bottom() - 12, self.middle.width(), 16)


class DirectionSlider(LatentSlider):
    """One direction; bound to it for life."""

    def __init__(self, view: DirectionView, name: str, parent: QWidget | None = None, *, pause_ms: int = PAUSE_MS):
        self._direction = view
        self._marked = False
        super().__init__(name, "Direction", parent, pause_ms=pause_ms)
        self.setFixedHeight(ROW_HEIGHT)
        self.show_direction(view)

    @property
    def direction(self) -> DirectionView:
        return self._direction

    def show_direction(self, view: DirectionView) -> None:
        """Show all of the direction."""
        self._direction = view
        shown = DimensionView(0, view.name, view.short, view.value, view.minimum, view.maximum)
        if shown != self.view or view.value != self.shown_value:
            self.show_dimension(shown)

    def show_marked(self, marked: bool) -> None:
        """Whether it is the one that is looked at more closely."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    def _layout(self) -> DirectionLayout:
        return DirectionLayout(self.width(), self.height())

    def _paint(self, painter: QPainter, look: RowLook, roles: theme.Theme) -> None:
        layout = self._layout()
        paint_frame(painter, layout, look, roles)
        paint_title(painter, layout, look, roles)
        paint_groove(painter, layout, look, roles)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(roles.color("accent" if self._marked else "secondary"))
        room = layout.words
        said = painter.fontMetrics().elidedText(look.view.description, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)

    def tip_at(self, point: QPointF) -> str:
        """The sentence that explains the part under ``point``."""
        view = self._direction
        return _TIPS.get(self._layout().part_at(point), f"{view.name}. {view.sentence}")

    # Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_L, Qt.Key.Key_R):
            event.ignore()  # a direction is neither locked nor drawn
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the list, and moves only the slider that was clicked."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
