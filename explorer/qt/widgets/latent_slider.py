"""The slider of one latent dimension: it shows what it does, and tells what the hand wants."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, rounded_thumbnail, to_image
from explorer.qt.widgets.dimension_row import (
    ROW_HEIGHT,
    THUMBNAIL,
    DimensionView,
    RowLayout,
    RowLook,
    paint_row,
    value_text,
)

TICKS = 1000  # per standard deviation; what assistive technology steps through
STEP, FINE_STEP, PAGE_STEP = 0.1, 0.01, 1.0  # standard deviations
FINE_DRAG = 0.1  # of the usual travel while Shift is down
PAUSE_MS = 400  # after the last notch or key a gesture has ended
NOTCH = 120  # eighths of a degree in one wheel notch
_KEY_SIGNS = {
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_PageUp: 1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageDown: -1,
}
_TIPS = {
    "low": "Moves one σ towards this end.",
    "high": "Moves one σ towards this end.",
    "lock": "Keeps this value as it is (L).",
    "grip": "Drag, wheel or arrows move it, Shift moves it finely, a double click resets.",
    "effect": "How much this dimension changes the picture, beside the strongest one.",
}


class LatentSlider(QAbstractSlider):
    """One row: thumbnails at both ends, name, description, value, groove and effect.

    A ``QAbstractSlider`` so that assistive technology finds a slider with its value; the paint and the keys are ours.
    """

    edited = Signal(float)  # standard deviations
    edit_started = Signal()
    edit_finished = Signal()
    reset_asked = Signal()
    lock_toggled = Signal(bool)
    random_asked = Signal()

    def __init__(
        self, name: str, accessible_name: str, parent: QWidget | None = None, *, pause_ms: int = PAUSE_MS
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSingleStep(round(STEP * TICKS))
        self.setPageStep(round(PAGE_STEP * TICKS))
        self._role = accessible_name
        self._view = DimensionView(index=0, name="")
        self._value = 0.0
        self._ends: tuple[QImage, QImage] | None = None
        self._pixmaps: tuple[float, tuple] | None = None  # device pixel ratio, both thumbnails at it
        self._gesture_start: float | None = None
        self._grip: tuple[float, float, bool] | None = None  # x, value there, fine
        self._hot = ""
        self._ring = False
        self._pause = QTimer(self, singleShot=True, interval=pause_ms)
        self._pause.timeout.connect(self._finish)
        self.valueChanged.connect(self._on_ticks)
        self.show_dimension(self._view)

    # values in

    def show_dimension(self, view: DimensionView) -> None:
        """Show all of a dimension; another dimension than before ends the gesture and forgets the thumbnails."""
        if view.index != self._view.index:
            self._finish()
            self._ends, self._pixmaps = None, None
        self._view = view
        with QSignalBlocker(self):
            self.setRange(round(view.minimum * TICKS), round(view.maximum * TICKS))
        self.setAccessibleName(", ".join(filter(None, (view.name, view.explanation))) or self._role)
        self._set(view.value)

    def show_value(self, value: float) -> None:
        """Show a value; tells nobody."""
        if value != self._value:
            self._set(value)

    def show_thumbnails(self, low: Pixels | None, high: Pixels | None) -> None:
        """Pictures of both ends, (H, W, C) uint8; None shows that they are still to come."""
        self._ends = None if low is None or high is None else (to_image(low), to_image(high))
        self._pixmaps = None
        self.update()

    @property
    def view(self) -> DimensionView:
        return self._view

    @property
    def shown_value(self) -> float:
        """In standard deviations; may lie outside the range when a picture was encoded there."""
        return self._value

    def _set(self, value: float) -> None:
        self._value = value
        with QSignalBlocker(self):
            self.setValue(round(value * TICKS))
        words = [value_text(value)] + ["locked"] * self._view.locked
        self.setAccessibleDescription(", ".join(words))
        self.update()

    # gestures

    def _on_ticks(self, ticks: int) -> None:
        """Assistive technology has set the value."""
        self._step_to(ticks / TICKS)

    def _begin(self) -> None:
        if self._gesture_start is None:
            self._gesture_start = self._value
            self.edit_started.emit()

    def _finish(self) -> None:
        self._pause.stop()
        self._grip = None
        if self._gesture_start is not None:
            self._gesture_start = None
            self.edit_finished.emit()
            self.update()

    def _edit(self, value: float) -> None:
        value = min(max(value, self._view.minimum), self._view.maximum)
        if value != self._value:
            self._set(value)
            self.edited.emit(value)

    def _step_to(self, value: float) -> None:
        """A move without a beginning and an end of its own: the gesture ends when no more come."""
        if self._refuses():
            return
        self._begin()
        self._edit(value)
        self._pause.start()

    def _refuses(self) -> bool:
        if self._view.locked:
            corner = self.mapToGlobal(self._layout().text.bottomLeft().toPoint())
            QToolTip.showText(corner, f"{self._view.name} is locked: press L to move it.", self)
        return self._view.locked

    def _cancel(self) -> None:
        if self._gesture_start is not None:
            self._edit(self._gesture_start)
            self._finish()

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        part = self._layout().part_at(event.position())
        if part == "lock":
            self.lock_toggled.emit(not self._view.locked)
        elif part in ("low", "high"):
            self._step_to(self._value + (PAGE_STEP if part == "high" else -PAGE_STEP))
        elif part == "grip" and not self._refuses():
            self._take(event.position().x(), fine=_is_fine(event))

    def _take(self, x: float, *, fine: bool) -> None:
        self._pause.stop()
        self._begin()
        layout = self._layout()
        handle = layout.x_of(self._value, self._view.minimum, self._view.maximum)
        if abs(x - handle) > THUMBNAIL / 4 and not fine:
            travel = layout.per_pixel(self._view.minimum, self._view.maximum)
            middle = (self._view.minimum + self._view.maximum) / 2
            self._edit(middle + (x - layout.groove.center().x()) * travel)
        self._grip = (x, self._value, fine)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._grip is None:
            self._set_hot(self._layout().part_at(event.position()))
            return
        start, value, fine = self._grip
        if fine != _is_fine(event):
            self._grip = (x, self._value, not fine)
            return
        travel = self._layout().per_pixel(self._view.minimum, self._view.maximum)
        self._edit(value + (x - start) * travel * (FINE_DRAG if fine else 1.0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._grip is not None:
            self._finish()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._layout().part_at(event.position()) in ("low", "high", "lock"):
            self.mousePressEvent(event)
        elif event.button() is Qt.MouseButton.LeftButton and not self._refuses():
            self._finish()
            self.reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / NOTCH or event.angleDelta().x() / NOTCH
        self._step_to(self._value + notches * (FINE_STEP if _is_fine(event) else STEP))
        event.accept()

    # keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        elif key in _KEY_SIGNS:
            page = key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
            step = PAGE_STEP if page else FINE_STEP if _is_fine(event) else STEP
            # Whole steps stay whole: 0.1 seven times is 0.7.
            self._step_to(round(self._value + _KEY_SIGNS[key] * step, 6))
        elif key == Qt.Key.Key_Home:
            if not self._refuses():
                self._finish()
                self.reset_asked.emit()
        elif key == Qt.Key.Key_R:
            if not self._refuses():
                self._finish()
                self.random_asked.emit()
        elif key == Qt.Key.Key_L:
            self.lock_toggled.emit(not self._view.locked)
        elif key == Qt.Key.Key_Escape and self._gesture_start is not None:
            self._cancel()
        else:
            event.ignore()
        if not self._ring and self.hasFocus():
            self._ring = True
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() is not Qt.FocusReason.MouseFocusReason
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self._finish()
        self.update()

    def hideEvent(self, event: QEvent) -> None:
        self._finish()

    # paint

    @property
    def groove_rect(self) -> QRectF:
        """Where the hand moves the value, in the slider's own pixels."""
        return self._layout().groove

    def _layout(self) -> RowLayout:
        return RowLayout(self.width(), self.height())

    def _set_hot(self, part: str) -> None:
        if part != self._hot:
            self._hot = part
            hand = part in ("low", "high", "lock")
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.update()

    def _thumbnails(self, behind: theme.Theme) -> tuple:
        """Both ends as pixmaps, made anew for another screen."""
        ratio = self.devicePixelRatioF()
        if self._ends is None:
            return (None, None)
        if self._pixmaps is None or self._pixmaps[0] != ratio:
            fill = behind.color("ground")
            made = tuple(rounded_thumbnail(end, THUMBNAIL, theme.RADIUS - 2, ratio, fill) for end in self._ends)
            self._pixmaps = (ratio, made)
        return self._pixmaps[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        low, high = self._thumbnails(roles)
        look = RowLook(
            view=self._view,
            value=self._value,
            low=low,
            high=high,
            hovered=self.underMouse(),
            chosen=self.hasFocus(),
            ring=self._ring and self.hasFocus(),
            gripped=self._grip is not None,
            hot=self._hot,
        )
        painter = QPainter(self)
        self._paint(painter, look, roles)
        painter.end()

    def _paint(self, painter: QPainter, look: RowLook, roles: theme.Theme) -> None:
        paint_row(painter, self._layout(), look, roles)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self._set_hot("")
            self.update()
        return super().event(event)

    def tip_at(self, point: QPointF) -> str:
        """The sentence that explains the part under ``point``."""
        part = self._layout().part_at(point)
        return _TIPS.get(part, self._view.explanation)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._pixmaps = None
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(344, ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(264, ROW_HEIGHT)


def _is_fine(event: QMouseEvent | QWheelEvent | QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
