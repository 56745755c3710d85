"""What the canvas says in words: a caption, a badge, what to do next, what went wrong."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QPen

from explorer.qt import theme
from explorer.qt.theme import Theme
from explorer.qt.widgets.glyphs import paint_glyph

_MARGIN = 16  # px
_GLYPH = 48  # px
_TITLE = 16  # px, larger than any other text: it stands alone


def paint_caption(painter: QPainter, box: QRect, text: str, roles: Theme) -> None:
    """One line of secondary text in the middle of ``box``."""
    painter.setFont(theme.font())
    painter.setPen(roles.color("secondary"))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)


def paint_badge(painter: QPainter, text: str, at: QPointF, roles: Theme, fill: str, ink: str) -> None:
    """A pill with its corner ``at``, in the roles ``fill`` and ``ink``."""
    font = theme.font(theme.SMALL, QFont.Weight.DemiBold, tabular=True)
    box = QRectF(at.x(), at.y(), QFontMetricsF(font).horizontalAdvance(text) + 16, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(roles.color(fill))
    painter.drawRoundedRect(box, 10, 10)
    painter.setFont(font)
    painter.setPen(roles.color(ink))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_message(painter: QPainter, room: QRect, title: str, text: str, roles: Theme) -> None:
    """A title and what to do next, in the middle of an empty ``room``."""
    width = min(360, room.width() - 2 * _MARGIN)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    title_font, text_font = theme.font(_TITLE, QFont.Weight.DemiBold), theme.font(theme.TITLE)
    title_height = _wrapped_height(title, title_font, width)
    text_height = _wrapped_height(text, text_font, width)
    left = room.x() + (room.width() - width) / 2
    top = room.y() + max((room.height() - (_GLYPH + 16 + title_height + 8 + text_height)) / 2, 8)
    glyph = QRectF(room.x() + (room.width() - _GLYPH) / 2, top, _GLYPH, _GLYPH)
    paint_glyph(painter, "picture", glyph, roles.mixed("line", "secondary", 0.4))
    painter.setFont(title_font)
    painter.setPen(roles.color("text"))
    painter.drawText(QRectF(left, glyph.bottom() + 16, width, title_height), flags, title)
    painter.setFont(text_font)
    painter.setPen(roles.color("secondary"))
    painter.drawText(QRectF(left, glyph.bottom() + 24 + title_height, width, text_height), flags, text)


def paint_error(painter: QPainter, room: QRect, sentence: str, roles: Theme) -> None:
    """A card with a sign and the sentence, in the middle of ``room``."""
    width = min(400, room.width() - 2 * _MARGIN)
    font = theme.font(theme.TITLE)
    height = max(_wrapped_height(sentence, font, width - 72), 24) + 32
    card = QRectF(room.x() + (room.width() - width) / 2, room.y() + (room.height() - height) / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(roles.color("error"), 1))
    painter.setBrush(roles.color("panel"))
    painter.drawRoundedRect(card, theme.RADIUS, theme.RADIUS)
    paint_glyph(painter, "warning", QRectF(card.x() + 16, card.center().y() - 12, 24, 24), roles.color("error"))
    painter.setFont(font)
    painter.setPen(roles.color("text"))
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(card.adjusted(56, 8, -16, -8), flags, sentence)


def _wrapped_height(text: str, font: QFont, width: int) -> int:
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
    return QFontMetrics(font).boundingRect(QRect(0, 0, width, 10_000), flags, text).height()
