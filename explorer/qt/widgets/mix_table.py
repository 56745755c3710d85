"""The desk of style mixing: a row for each layer, a column for the point and each source, painted like a picture."""

import time

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.control.mixing import LayerView, SourceView
from explorer.qt import theme
from explorer.qt.pictures import rounded_thumbnail, to_image
from explorer.qt.widgets.glyphs import paint_glyph

GUTTER = 100  # px before the columns
NARROWEST, WIDEST = 40, 60  # px of a column
HEAD, ROW = 68, 24  # px
STEP = 0.05  # of a share, one notch of the wheel or one press of a key
FULL_PX = 80  # so many px of a drag with the right button are a whole share
NOTCHES_S = 0.6  # notches of the wheel this close together are one gesture
_BADGE = 16  # px
_TAKES = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MORE, _LESS = (Qt.Key.Key_Plus, Qt.Key.Key_Equal), (Qt.Key.Key_Minus,)
_GOES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_OUT = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)

Cell = tuple[int, int]  # layer (-1: the heads) and column


class MixTable(QWidget):
    """Left button and drag take layers whole; right drag, the wheel on the chosen cell, and + − blend."""

    started = Signal()
    painted = Signal(int, int)
    blended = Signal(int, int, float)
    chosen = Signal(int)  # a column
    remove_asked = Signal(int)

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._layers: tuple[LayerView, ...] = ()
        self._sources: tuple[SourceView, ...] = ()
        self._shares: tuple[tuple[float, ...], ...] = ()
        self._pixmaps: dict[int, tuple[object, QPixmap]] = {}
        self._here: Cell = (0, 0)
        self._over: Cell | None = None
        self._column = 0  # the chosen one
        self._painting: Cell | None = None
        self._blending: tuple[Cell, float, float] | None = None  # cell, y and share at the start
        self._turned: tuple[Cell, float] | None = None  # the cell of the last notch, and when it came

    # values in

    def show_layers(self, layers: tuple[LayerView, ...]) -> None:
        """The rows, from coarse to fine."""
        self._layers = layers
        self._keep_inside()

    def show_sources(self, sources: tuple[SourceView, ...]) -> None:
        """The columns, the point itself first."""
        if len(sources) != len(self._sources):
            self._pixmaps.clear()
        self._sources = sources
        self._keep_inside()

    def show_shares(self, shares: tuple[tuple[float, ...], ...]) -> None:
        """What each column gives to each layer."""
        self._shares = shares
        self._keep_inside()

    def show_chosen(self, column: int) -> None:
        """The column that buttons beside the table are about."""
        self._column = column
        self.update()

    def _keep_inside(self) -> None:
        layer, column = self._here
        self._here = min(layer, len(self._layers) - 1), min(column, max(len(self._sources) - 1, 0))
        self.setMinimumSize(self.minimumSizeHint())
        self.updateGeometry()
        self._describe()
        self.update()

    def share(self, cell: Cell) -> float:
        """What is shown in a cell."""
        layer, column = cell
        row = self._shares[layer] if 0 <= layer < len(self._shares) else ()
        return row[column] if column < len(row) else 0.0

    # where things are

    def box(self, cell: Cell) -> QRectF:
        """The place of a cell; layer -1 is the picture of a column."""
        layer, column = cell
        pitch = self._pitch()
        left = GUTTER + column * pitch
        if layer < 0:
            side = min(pitch - 8, HEAD - 20)
            return QRectF(left + (pitch - side) / 2, HEAD - 20 - side, side, side)
        return QRectF(left + 3, HEAD + layer * ROW + 2, pitch - 6, ROW - 4)

    def _pitch(self) -> float:
        room = (self.width() - GUTTER) / max(len(self._sources), 1)
        return min(max(room, NARROWEST), WIDEST)

    def _badge(self, column: int) -> QRectF:
        box = self.box((-1, column))
        return QRectF(box.right() - _BADGE, box.top(), _BADGE, _BADGE)

    def _at(self, where: QPointF) -> Cell | None:
        column = int((where.x() - GUTTER) // self._pitch())
        if not (0 <= column < len(self._sources) and where.x() >= GUTTER and where.y() >= 0):
            return None
        if where.y() < HEAD:
            return -1, column
        layer = int((where.y() - HEAD) // ROW)
        return (layer, column) if layer < len(self._layers) else None

    def _describe(self) -> None:
        layer, column = self._here
        if column >= len(self._sources):
            self.setAccessibleDescription("")
            return
        source = self._sources[column]
        name = f"{source.letter}, {source.name}"
        if layer < 0:
            self.setAccessibleDescription(name)
        elif layer < len(self._layers):
            view = self._layers[layer]
            self.setAccessibleDescription(
                f"layer {layer + 1}, {view.words} {view.band}, {round(100 * self.share(self._here))} % of {name}"
            )

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for column in range(len(self._sources)):
            self._paint_head(painter, roles, column)
        for layer, view in enumerate(self._layers):
            self._paint_words(painter, roles, layer, view)
            for column in range(len(self._sources)):
                self._paint_cell(painter, roles, (layer, column))
        painter.end()

    def _paint_head(self, painter: QPainter, roles: theme.Theme, column: int) -> None:
        source, box = self._sources[column], self.box((-1, column))
        pixmap = self._pixmap(column, int(box.width()), roles)
        if pixmap is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("raised", "line", 0.4))
            painter.drawRoundedRect(box, theme.RADIUS - 2, theme.RADIUS - 2)
            if not source.fits:
                painter.setPen(roles.color("warning"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "?")
        else:
            painter.drawPixmap(box.topLeft(), pixmap)
        keyboard = self.hasFocus() and self._here == (-1, column)
        strong = keyboard or column == self._column or self._over == (-1, column)
        width = roles.focus_width if strong else 1
        painter.setPen(QPen(roles.color("accent" if strong else "line"), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), theme.RADIUS - 2, theme.RADIUS - 2)
        if column and (keyboard or self._over == (-1, column)):
            badge = self._badge(column)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.color("raised"))
            painter.drawEllipse(badge)
            paint_glyph(painter, "close", badge.adjusted(2, 2, -2, -2), roles.color("text"))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(roles.color("text" if column == self._column else "secondary"))
        under = QRectF(GUTTER + column * self._pitch(), HEAD - 18, self._pitch(), 16)
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, source.letter)

    def _paint_words(self, painter: QPainter, roles: theme.Theme, layer: int, view: LayerView) -> None:
        box = QRectF(0, HEAD + layer * ROW, GUTTER - 8, ROW)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.setPen(roles.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, view.words)
        if view.band and (layer == 0 or self._layers[layer - 1].band != view.band):
            painter.setPen(roles.color("secondary"))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, view.band)
            if layer:
                painter.setPen(QPen(roles.color("line"), 1))
                painter.drawLine(QPointF(0, box.top()), QPointF(self.width(), box.top()))

    def _paint_cell(self, painter: QPainter, roles: theme.Theme, cell: Cell) -> None:
        box, share = self.box(cell), self.share(cell)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.color("raised"))
        painter.drawRoundedRect(box, 4, 4)
        if share > 0:
            painter.save()
            painter.setClipRect(QRectF(box.left(), box.top(), box.width() * share, box.height()))
            painter.setBrush(roles.color("accent"))
            painter.drawRoundedRect(box, 4, 4)
            painter.restore()
        if 0 < share < 1:
            self._paint_share(painter, roles, box, share)
        keyboard = self.hasFocus() and cell == self._here
        if keyboard or cell == self._over:
            painter.setPen(QPen(roles.color("text" if keyboard else "accent"), roles.focus_width if keyboard else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        elif roles.edge != roles.raised:
            painter.setPen(QPen(roles.color("edge"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_share(self, painter: QPainter, roles: theme.Theme, box: QRectF, share: float) -> None:
        """The share in words, readable on both halves of the cell."""
        words, middle = f"{round(100 * share)} %", Qt.AlignmentFlag.AlignCenter
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        edge = box.left() + box.width() * share
        for left, right, role in ((box.left(), edge, "on_accent"), (edge, box.right(), "text")):
            painter.save()
            painter.setClipRect(QRectF(left, box.top(), right - left, box.height()))
            painter.setPen(roles.color(role))
            painter.drawText(box, middle, words)
            painter.restore()

    def _pixmap(self, column: int, side: int, roles: theme.Theme) -> QPixmap | None:
        pixels = self._sources[column].pixels
        if pixels is None:
            return None
        key = (id(pixels), side, self.devicePixelRatioF())
        known = self._pixmaps.get(column)
        if known is None or known[0] != key:
            made = rounded_thumbnail(to_image(pixels), side, theme.RADIUS - 2, key[2], roles.color("ground"))
            known = self._pixmaps[column] = (key, made)
        return known[1]

    # the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._at(event.position())
        if cell is None:
            return
        layer, column = cell
        self._here = cell
        if layer < 0:
            if event.button() is Qt.MouseButton.LeftButton:
                self._press_head(column, event.position())
        elif event.button() is Qt.MouseButton.LeftButton:
            self._painting = cell
            self.started.emit()
            self.painted.emit(layer, column)
        elif event.button() is Qt.MouseButton.RightButton:
            self._blending = cell, event.position().y(), self.share(cell)
            self.started.emit()
        self._describe()
        self.update()

    def _press_head(self, column: int, where: QPointF) -> None:
        if column and self._badge(column).adjusted(-2, -2, 2, 2).contains(where):
            self.remove_asked.emit(column)
        else:
            self.chosen.emit(column)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._at(event.position())
        if self._blending is not None:
            (layer, column), start, share = self._blending
            self.blended.emit(layer, column, min(max(share + (start - event.position().y()) / FULL_PX, 0.0), 1.0))
        elif self._painting is not None and cell is not None and cell[0] >= 0 and cell != self._painting:
            before, (layer, column) = self._painting, cell
            step = 1 if layer >= before[0] else -1
            passed = range(before[0] + step, layer + step, step) if layer != before[0] else (layer,)
            for row in passed:  # a quick hand skips none
                self.painted.emit(row, column)
            self._painting = self._here = cell
        if cell != self._over:
            self._over = cell
            self._tell_over()
            self.update()

    def _tell_over(self) -> None:
        cell = self._over
        self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._painting = self._blending = None

    def leaveEvent(self, event: QEvent) -> None:
        self._over = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        cell = self._at(event.position())
        if cell is None or cell[0] < 0 or cell != self._here or not self.hasFocus():
            event.ignore()  # it scrolls the page
            return
        now = time.monotonic()
        if self._turned is None or self._turned[0] != cell or now - self._turned[1] > NOTCHES_S:
            self.started.emit()
        self._turned = cell, now
        self._blend_here(STEP * event.angleDelta().y() / 120)
        event.accept()

    def _blend_here(self, by: float) -> None:
        layer, column = self._here
        self.blended.emit(layer, column, min(max(round(self.share(self._here) + by, 3), 0.0), 1.0))

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, (layer, column) = Qt.Key(event.key()), self._here
        if key in _GOES and self._sources:
            down, right = _GOES[key]
            self._here = (
                min(max(layer + down, -1), len(self._layers) - 1),
                min(max(column + right, 0), len(self._sources) - 1),
            )
            self._describe()
            self.update()
        elif key in _TAKES and layer < 0:
            self.chosen.emit(column)
        elif key in _TAKES:
            self.started.emit()
            self.painted.emit(layer, column)
        elif key in (*_MORE, *_LESS) and layer >= 0:
            if not event.isAutoRepeat():
                self.started.emit()
            self._blend_here(STEP if key in _MORE else -STEP)
        elif key in _OUT and column:
            self.remove_asked.emit(column)
        else:
            super().keyPressEvent(event)

    # Qt overrides

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride and self._takes(event):
            event.accept()
            return True
        if event.type() is QEvent.Type.ToolTip and self._over is not None and self._over[0] < 0:
            self.setToolTip(f"{self._sources[self._over[1]].letter}: {self._sources[self._over[1]].name}")
        return super().event(event)

    @staticmethod
    def _takes(event: QKeyEvent) -> bool:
        own = (*_GOES, *_TAKES, *_MORE, *_LESS, *_OUT)
        return event.key() in own and not event.modifiers() & Qt.KeyboardModifier.ControlModifier

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._pixmaps.clear()
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(GUTTER + len(self._sources) * WIDEST, HEAD + len(self._layers) * ROW + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(GUTTER + len(self._sources) * NARROWEST, HEAD + len(self._layers) * ROW + 4)
