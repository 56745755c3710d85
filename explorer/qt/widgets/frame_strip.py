"""The steps of a trajectory as a sheet of small pictures: click one, drag over them, or step with arrow keys."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.control.trajectory import Frame
from explorer.qt import theme
from explorer.qt.pictures import rounded_thumbnail, to_image

SIDE, GAP, RADIUS = 40, 4, 5  # px
STALE = 0.35  # how strongly a frame of before is seen


class FrameStrip(QAbstractSlider):
    """A ``QAbstractSlider``, so that which frame is in view can be read; ``scrubbed`` tells of the hand alone."""

    started = Signal()
    scrubbed = Signal(int)  # a frame
    stepped = Signal(int)  # so many frames on or back

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._frames: tuple[Frame, ...] = ()
        self._pixmaps: dict[tuple[int, float, str], QPixmap] = {}

    def show_frames(self, frames: tuple[Frame, ...]) -> None:
        """Show these, the noisiest first."""
        changed = len(frames) != len(self._frames)
        self._frames, self._pixmaps = frames, {}
        if changed:
            self.updateGeometry()
        self.update()

    def show_frame(self, frame: int, steps: int) -> None:
        """Which frame is in view; tells nobody."""
        self.blockSignals(True)
        self.setRange(0, steps)
        self.setValue(frame)
        self.blockSignals(False)
        self.setAccessibleDescription(f"frame {frame} of {steps}")
        self.update()

    @property
    def _marked(self) -> int:
        """The shown frame that is nearest to the one in view."""
        return min(range(len(self._frames)), key=lambda at: abs(self._frames[at].index - self.value()), default=-1)

    def _columns(self, width: int) -> int:
        return max((width + GAP) // (SIDE + GAP), 1)

    def _cell(self, at: int) -> QRectF:
        columns = self._columns(self.width())
        return QRectF((at % columns) * (SIDE + GAP), (at // columns) * (SIDE + GAP), SIDE, SIDE)

    def _at(self, x: float, y: float) -> int:
        columns = self._columns(self.width())
        column = min(max(int(x // (SIDE + GAP)), 0), columns - 1)
        row = max(int(y // (SIDE + GAP)), 0)
        return min(row * columns + column, len(self._frames) - 1)

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        roles, ratio = theme.current(), self.devicePixelRatioF()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self._marked
        for at, frame in enumerate(self._frames):
            cell = self._cell(at)
            key = at, ratio, roles.name
            if key not in self._pixmaps:
                self._pixmaps[key] = rounded_thumbnail(
                    to_image(frame.pixels), SIDE, RADIUS, ratio, roles.color("ground")
                )
            painter.setOpacity(STALE if frame.stale else 1.0)
            painter.drawPixmap(cell.topLeft(), self._pixmaps[key])
            painter.setOpacity(1.0)
            if frame.stale or at == marked:
                pen = QPen(roles.color("accent" if at == marked else "line"), 2 if at == marked else 1)
                if frame.stale:
                    pen.setStyle(Qt.PenStyle.DashLine)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 5, 5)
        if self.hasFocus() and self._frames:
            painter.setPen(QPen(roles.color("accent"), 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._frames:
            self.started.emit()
            self._scrub(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._frames:
            self._scrub(event)

    def _scrub(self, event: QMouseEvent) -> None:
        frame = self._frames[self._at(event.position().x(), event.position().y())].index
        if frame != self.value():
            self.scrubbed.emit(frame)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_PageDown: 5, Qt.Key.Key_PageUp: -5}
        columns = self._columns(self.width())
        steps |= {Qt.Key.Key_Down: columns, Qt.Key.Key_Up: -columns}
        ends = {Qt.Key.Key_Home: -self.value(), Qt.Key.Key_End: self.maximum() - self.value()}
        by = {**steps, **ends}.get(Qt.Key(event.key()))
        if by is None:
            event.ignore()
        elif by:
            self.stepped.emit(by)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometry()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-max(len(self._frames), 1) // self._columns(width))
        return rows * (SIDE + GAP) - GAP

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(max(self.width(), 300)))

    def minimumSizeHint(self) -> QSize:
        return QSize(SIDE, self.heightForWidth(max(self.width(), SIDE)))
