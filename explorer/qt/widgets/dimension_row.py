"""How the row of one latent dimension looks: its rectangles and its paint, apart from what the hand does to it."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from explorer.control.sliders import DEAD, DimensionView
from explorer.qt import theme
from explorer.qt.theme import Theme
from explorer.qt.widgets.glyphs import paint_glyph

ROW_HEIGHT = 72  # px
THUMBNAIL = 48  # px
_PAD = 8  # px
_GAP = 12  # px between thumbnail and groove
_BASELINE = 14  # px below the top of the line of text
_VALUE = 52  # px, the widest value text
_GROOVE = 4  # px
_HANDLE = 7  # px, radius
_EFFECT = 3  # px
_DEAD = (DEAD, "dead: equals prior", "dead")  # the first that fits


def value_text(value: float) -> str:
    """+0.72 σ, with a true minus sign so that both signs are equally wide."""
    return f"{value:+.2f} σ".replace("-", "−")


@dataclass(frozen=True)
class RowLook:
    """Everything that a row's picture depends on."""

    view: DimensionView
    value: float
    low: QPixmap | None
    high: QPixmap | None
    hovered: bool = False
    chosen: bool = False  # has the focus
    ring: bool = False  # has the focus by the keyboard
    gripped: bool = False
    hot: str = ""  # the part under the pointer: "low", "high", "lock" or nothing


@dataclass(frozen=True)
class RowLayout:
    """The rectangles of a row of a given size, in logical pixels."""

    width: float
    height: float

    @property
    def low(self) -> QRectF:
        return QRectF(_PAD, (self.height - THUMBNAIL) / 2, THUMBNAIL, THUMBNAIL)

    @property
    def high(self) -> QRectF:
        return QRectF(self.width - _PAD - THUMBNAIL, (self.height - THUMBNAIL) / 2, THUMBNAIL, THUMBNAIL)

    @property
    def middle(self) -> QRectF:
        left = _PAD + THUMBNAIL + _GAP
        return QRectF(left, 0, self.width - 2 * left, self.height)

    @property
    def text(self) -> QRectF:
        return QRectF(self.middle.left(), self.low.top() - 3, self.middle.width(), 20)

    @property
    def lock(self) -> QRectF:
        """Left of the value."""
        return QRectF(self.middle.right() - _VALUE - 20, self.text.top(), 20, 20)

    @property
    def groove(self) -> QRectF:
        return QRectF(self.middle.left(), self.low.top() + 26, self.middle.width(), _GROOVE)

    @property
    def grip(self) -> QRectF:
        """Where a press takes the handle or jumps."""
        return self.groove.adjusted(-_HANDLE, -10, _HANDLE, 10)

    @property
    def effect(self) -> QRectF:
        return QRectF(self.middle.left(), self.low.bottom() - _EFFECT, self.middle.width(), _EFFECT)

    def x_of(self, value: float, minimum: float, maximum: float) -> float:
        share = (value - minimum) / (maximum - minimum)
        travel = self.groove.adjusted(_HANDLE, 0, -_HANDLE, 0)
        return travel.left() + min(max(share, 0.0), 1.0) * travel.width()

    def per_pixel(self, minimum: float, maximum: float) -> float:
        """Standard deviations that one pixel of the groove stands for."""
        return (maximum - minimum) / (self.groove.width() - 2 * _HANDLE)

    def part_at(self, point: QPointF) -> str:
        for part, rect in (("low", self.low), ("high", self.high), ("lock", self.lock), ("grip", self.grip)):
            if rect.contains(point):
                return part
        return "effect" if self.effect.adjusted(0, -4, 0, 4).contains(point) else ""


def paint_row(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    """Paint the whole row."""
    paint_frame(painter, layout, look, roles)
    _paint_texts(painter, layout, look, roles)
    paint_groove(painter, layout, look, roles)
    _paint_effect(painter, layout, look, roles)


def paint_frame(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    """Paint what the row stands on, and the thumbnails of both ends."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_ground(painter, layout, look, roles)
    _paint_thumbnail(painter, layout.low, look.low, roles, hot=look.hot == "low")
    _paint_thumbnail(painter, layout.high, look.high, roles, hot=look.hot == "high")


def paint_title(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    """Paint a name, as long as there is room for it, and the value."""
    line = layout.text
    painter.setFont(theme.font(theme.BODY, tabular=True))
    painter.setPen(roles.color("text"))
    value = value_text(look.value)
    taken = painter.fontMetrics().horizontalAdvance(value)
    painter.drawText(QPointF(line.right() - taken, line.top() + _BASELINE), value)
    painter.setFont(theme.font(theme.TITLE, QFont.Weight.DemiBold))
    name = painter.fontMetrics().elidedText(look.view.name, Qt.TextElideMode.ElideRight, int(line.width() - taken - 8))
    painter.drawText(QPointF(line.left(), line.top() + _BASELINE), name)


def _fill(painter: QPainter, rect: QRectF, radius: float, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(rect, radius, radius)


def _outline(painter: QPainter, rect: QRectF, radius: float, color: QColor, width: float) -> None:
    painter.setPen(QPen(color, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius - half, radius - half)


def _paint_ground(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    whole = QRectF(0, 0, layout.width, layout.height)
    if look.chosen:
        _fill(painter, whole, theme.RADIUS, roles.color("raised"))
        _outline(painter, whole, theme.RADIUS, roles.color("edge"), 1)
    elif look.hovered:
        _fill(painter, whole, theme.RADIUS, roles.mixed("panel", "raised", 0.5))
    if look.ring:
        _outline(painter, whole, theme.RADIUS, roles.color("accent"), roles.focus_width)


def _paint_thumbnail(painter: QPainter, rect: QRectF, pixmap: QPixmap | None, roles: Theme, *, hot: bool) -> None:
    if pixmap is None:
        _fill(painter, rect, theme.RADIUS - 2, roles.mixed("raised", "line", 0.4))
    else:
        painter.drawPixmap(rect.topLeft(), pixmap)
    if hot:
        _outline(painter, rect, theme.RADIUS - 2, roles.color("accent"), 2)
    elif pixmap is not None:
        _outline(painter, rect, theme.RADIUS - 2, roles.color("line"), 1)


def _paint_texts(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    """Name, explanation and value on one baseline, and the lock where it is wanted."""
    view, line = look.view, layout.text
    baseline = line.top() + _BASELINE
    muted = "secondary" if view.dead or view.locked else "text"

    painter.setFont(theme.font(theme.TITLE, QFont.Weight.DemiBold))
    painter.setPen(roles.color("secondary" if view.dead else "text"))
    painter.drawText(QPointF(line.left(), baseline), view.name)
    left = line.left() + max(painter.fontMetrics().horizontalAdvance(view.name), 24) + 8

    painter.setFont(theme.font(theme.BODY, tabular=True))
    painter.setPen(roles.color(muted))
    value = value_text(look.value)
    painter.drawText(QPointF(line.right() - painter.fontMetrics().horizontalAdvance(value), baseline), value)

    with_lock = view.locked or look.hovered or look.chosen
    if with_lock:
        role = "accent" if view.locked or look.hot == "lock" else "secondary"
        glyph = "locked" if view.locked else "unlocked"
        paint_glyph(painter, glyph, layout.lock.adjusted(3, 3, -3, -3), roles.color(role))

    room = int((layout.lock.left() if with_lock else layout.lock.left() + 16) - 4 - left)
    painter.setFont(theme.font(theme.BODY))
    painter.setPen(roles.color("warning" if view.dead else "secondary"))
    metrics = painter.fontMetrics()
    said = view.explanation
    if view.dead:
        said = next((words for words in _DEAD if metrics.horizontalAdvance(words) <= room), _DEAD[-1])
    painter.drawText(QPointF(left, baseline), metrics.elidedText(said, Qt.TextElideMode.ElideRight, room))


def paint_groove(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    """Paint the groove with its middle, the way from there, and the handle."""
    view, groove = look.view, layout.groove
    _fill(painter, groove, _GROOVE / 2, roles.mixed("line", "secondary", 0.12))
    zero = layout.x_of(0.0, view.minimum, view.maximum)
    x = layout.x_of(look.value, view.minimum, view.maximum)
    live = not view.dead and not view.locked
    filled = QRectF(min(zero, x), groove.top(), abs(x - zero), groove.height())
    _fill(painter, filled, _GROOVE / 2, roles.color("accent" if live else "secondary"))
    _fill(
        painter, QRectF(zero - 0.5, groove.top() - 3, 1, groove.height() + 6), 0, roles.mixed("line", "secondary", 0.5)
    )
    center = QPointF(x, groove.center().y())
    radius = _HANDLE + (1 if look.gripped else 0)
    if view.locked:
        painter.setPen(QPen(roles.color("secondary"), 2))
        painter.setBrush(roles.color("raised" if look.chosen else "panel"))
        painter.drawEllipse(center, radius - 1, radius - 1)
        return
    painter.setPen(QPen(roles.color("raised" if look.chosen else "panel"), 2))
    painter.setBrush(roles.color("secondary" if view.dead else "text"))
    painter.drawEllipse(center, radius, radius)
    if look.gripped:
        _fill(painter, QRectF(center.x() - 3, center.y() - 3, 6, 6), 3, roles.color("accent"))


def _paint_effect(painter: QPainter, layout: RowLayout, look: RowLook, roles: Theme) -> None:
    bar = layout.effect
    bar.setWidth(max(bar.width() * min(look.view.effect_share, 1.0), _EFFECT * 2))
    strong = look.chosen and not look.view.dead
    _fill(painter, bar, _EFFECT / 2, roles.color("accent") if strong else roles.mixed("line", "secondary", 0.3))
