"""Our few icons as strokes on a 16 px square: sharp at every scale, coloured by role, no files."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

SIDE = 16  # px, the square the strokes are drawn in
_STROKE = 1.5  # px of that square


def paint_glyph(painter: QPainter, name: str, rect: QRectF, color: QColor) -> None:
    """Draw the glyph ``name`` into ``rect``; raises ``KeyError`` for a name that does not exist."""
    strokes = _GLYPHS[name]()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / SIDE, rect.height() / SIDE)
    pen = QPen(color, _STROKE)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(strokes)
    painter.restore()


def glyph_icon(name: str, color: QColor, ratio: float = 2.0) -> QIcon:
    """The glyph as an icon for buttons and menus."""
    pixmap = QPixmap(round(SIDE * ratio), round(SIDE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_glyph(painter, name, QRectF(0, 0, SIDE, SIDE), color)
    painter.end()
    return QIcon(pixmap)


def _lines(*strokes: tuple[tuple[float, float], ...]) -> QPainterPath:
    path = QPainterPath()
    for first, *rest in strokes:
        path.moveTo(QPointF(*first))
        for point in rest:
            path.lineTo(QPointF(*point))
    return path


def _dot(path: QPainterPath, x: float, y: float) -> QPainterPath:
    path.addEllipse(QPointF(x, y), 0.4, 0.4)
    return path


def _padlock(*, closed: bool) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(3, 7, 10, 7), 1.5, 1.5)
    path.moveTo(5, 7)
    path.lineTo(5, 5)
    path.arcTo(QRectF(5, 2, 6, 6), 180, -180)
    if closed:
        path.lineTo(11, 7)
    return path


def _warning() -> QPainterPath:
    return _dot(_lines(((8, 2), (14.5, 13.5), (1.5, 13.5), (8, 2)), ((8, 6.5), (8, 9.5))), 8, 11.5)


def _ring() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(8, 8), 6.2, 6.2)
    return path


def _info() -> QPainterPath:
    path = _ring()
    path.addPath(_lines(((8, 7.5), (8, 11))))
    return _dot(path, 8, 5)


def _error() -> QPainterPath:
    path = _ring()
    path.addPath(_lines(((5.8, 5.8), (10.2, 10.2)), ((10.2, 5.8), (5.8, 10.2))))
    return path


def _search() -> QPainterPath:
    path = _lines(((10.5, 10.5), (14, 14)))
    path.addEllipse(QPointF(7, 7), 4.5, 4.5)
    return path


def _picture() -> QPainterPath:
    path = _lines(((2, 11.5), (5.5, 8), (8.5, 11), (10.5, 9), (14, 12)))
    path.addRoundedRect(QRectF(2, 2.5, 12, 11), 2, 2)
    path.addEllipse(QPointF(10.5, 6), 1.1, 1.1)
    return path


_GLYPHS: dict[str, Callable[[], QPainterPath]] = {
    "locked": lambda: _padlock(closed=True),
    "unlocked": lambda: _padlock(closed=False),
    "warning": _warning,
    "error": _error,
    "info": _info,
    "search": _search,
    "picture": _picture,
    "close": lambda: _lines(((4, 4), (12, 12)), ((12, 4), (4, 12))),
    "previous": lambda: _lines(((10, 3.5), (5.5, 8), (10, 12.5))),
    "down": lambda: _lines(((4, 6), (8, 10.5), (12, 6))),
    "next": lambda: _lines(((6, 3.5), (10.5, 8), (6, 12.5))),
    "drop": lambda: _lines(((8, 2), (8, 10)), ((4.5, 7), (8, 10.5), (11.5, 7)), ((2.5, 13.5), (13.5, 13.5))),
}
