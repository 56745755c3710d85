"""What is drawn over the points of a map: where one stands, the path, and the picture under the mouse."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen, QPixmap, QPolygonF

from explorer.qt import theme
from explorer.qt.pictures import rounded_thumbnail

THUMBNAIL = 72  # px
_GAP = 12  # px between the mouse and the card
_PADDING = 6  # px
_LINE = 16  # px of a line of text
HERE = 7.0  # px, radius of the mark of the current point


@dataclass(frozen=True)
class Hover:
    """The point under the mouse: its row in the data, its middle in pixels, its picture and its label."""

    row: int
    x: float
    y: float
    picture: QPixmap | None
    label: str


def hover_picture(image: QImage, ratio: float) -> QPixmap:
    """A thumbnail as the card shows it."""
    return rounded_thumbnail(image, THUMBNAIL, 4, ratio, theme.current().color("ground"))


def paint_here(painter: QPainter, at: QPointF, *, exact: bool) -> None:
    """A ring with a cross of hairlines; dashed where the map shows only about where one is."""
    roles = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.SolidLine if exact else Qt.PenStyle.DashLine
    for color, width in ((roles.color("ground", 0.85), 5.0), (roles.color("text"), 2.0)):
        painter.setPen(QPen(color, width, style if width < 3 else Qt.PenStyle.SolidLine))
        painter.drawEllipse(at, HERE, HERE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(roles.color("accent"))
    painter.drawEllipse(at, 3.0, 3.0)


def paint_path(painter: QPainter, points: list[QPointF], keyframes: list[QPointF]) -> None:
    """A line with a light edge, and numbered keyframes on it."""
    roles = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((roles.color("ground", 0.85), 4.0), (roles.color("text"), 1.5)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(QPolygonF(points))
    painter.setFont(theme.font(theme.SMALL, tabular=True))
    for number, at in enumerate(keyframes, start=1):
        frame = QRectF(at.x() - 8, at.y() - 8, 16, 16)
        painter.setPen(QPen(roles.color("ground"), 1.5))
        painter.setBrush(roles.color("text"))
        painter.drawEllipse(frame)
        painter.setPen(roles.color("ground"))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, str(number))


def paint_lasso(painter: QPainter, outline: list[QPointF]) -> None:
    """The outline that is being drawn, closed by a dashed line, over a tint of what it holds."""
    roles = theme.current()
    painter.setBrush(roles.color("accent", 0.15))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(QPolygonF(outline))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(roles.color("accent"), 1.5))
    painter.drawPolyline(QPolygonF(outline))
    painter.setPen(QPen(roles.color("accent"), 1.5, Qt.PenStyle.DashLine))
    painter.drawLine(outline[-1], outline[0])


def hover_frame(hover: Hover, room: QRectF) -> QRectF:
    """Where its card lies: beside the point, within ``room``."""
    text = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(hover.label)
    picture = 0 if hover.picture is None else THUMBNAIL
    width = max(picture, min(text, 2 * THUMBNAIL)) + 2 * _PADDING
    height = picture + (_LINE if hover.label else 0) + 2 * _PADDING
    left = hover.x + _GAP if hover.x + _GAP + width <= room.right() else hover.x - _GAP - width
    top = hover.y - _GAP - height if hover.y - _GAP - height >= room.top() else hover.y + _GAP
    left = min(max(left, room.left()), max(room.right() - width, room.left()))
    top = min(max(top, room.top()), max(room.bottom() - height, room.top()))
    return QRectF(round(left), round(top), width, height)


def paint_hover(painter: QPainter, hover: Hover, room: QRectF) -> None:
    """A ring around the point, and beside it a card with its picture and label."""
    roles = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(roles.color("text"), 1.5))
    painter.drawEllipse(QPointF(hover.x, hover.y), 5.0, 5.0)
    frame = hover_frame(hover, room)
    painter.setPen(QPen(roles.color("line"), 1))
    painter.setBrush(roles.color("raised"))
    painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    top = frame.top() + _PADDING
    if hover.picture is not None:
        painter.drawPixmap(QPointF(frame.left() + (frame.width() - THUMBNAIL) / 2, top), hover.picture)
        top += THUMBNAIL
    painter.setFont(theme.font(theme.SMALL))
    painter.setPen(roles.color("text"))
    line = QRectF(frame.left() + _PADDING, top, frame.width() - 2 * _PADDING, _LINE)
    label = painter.fontMetrics().elidedText(hover.label, Qt.TextElideMode.ElideRight, int(line.width()) + 1)
    painter.drawText(line, Qt.AlignmentFlag.AlignCenter, label)
