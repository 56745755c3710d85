"""How one direction stands to all others: a bar for each cosine, the closest first, and a tick to calculate with it."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from explorer.control.directions import Kinship
from explorer.qt import theme

ROW = 24  # px
_BOX = 14  # px
_BAR = 84  # px, from -1 to +1
_NUMBER = 44  # px


class CosineRow(QAbstractButton):
    """One other direction: a tick, its name, the cosine as a bar and as a number."""

    def __init__(self, kin: Kinship, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kin = kin
        self.setObjectName(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"{kin.name}, cosine {kin.cosine:.2f}")
        self.setToolTip(f"{kin.name}: {meaning(kin.cosine)}. A tick takes it for + − and “without”.")

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(roles.color("accent"), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(roles.color("raised"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        box = QRectF(4.5, (ROW - _BOX) / 2 + 0.5, _BOX - 1, _BOX - 1)
        painter.setPen(QPen(roles.color("accent" if self.isChecked() else "secondary"), 1))
        painter.setBrush(roles.color("accent" if self.isChecked() else "ground"))
        painter.drawRoundedRect(box, 3, 3)
        if self.isChecked():
            painter.setPen(QPen(roles.color("on_accent"), 1.6))
            painter.drawPolyline([box.center() + QPointF(x, y) for x, y in ((-3, 0), (-1, 2.5), (3.5, -2.5))])
        self._paint_bar(painter, roles)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(roles.color("text"))
        room = QRectF(box.right() + 8, 0, self.width() - _NUMBER - _BAR - box.right() - 20, ROW)
        name = painter.fontMetrics().elidedText(self.kin.name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()

    def _paint_bar(self, painter: QPainter, roles: theme.Theme) -> None:
        cosine = self.kin.cosine
        left = self.width() - _NUMBER - _BAR - 4
        middle = left + _BAR / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.mixed("line", "secondary", 0.12))
        painter.drawRoundedRect(QRectF(left, ROW / 2 - 2, _BAR, 4), 2, 2)
        painter.setBrush(roles.color("accent" if cosine >= 0 else "warning"))
        reach = cosine * _BAR / 2
        painter.drawRect(QRectF(min(middle, middle + reach), ROW / 2 - 3, abs(reach), 6))
        painter.setBrush(roles.color("secondary"))
        painter.drawRect(QRectF(middle - 0.5, ROW / 2 - 5, 1, 10))
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.setPen(roles.color("secondary"))
        number = QRectF(self.width() - _NUMBER, 0, _NUMBER - 4, ROW)
        painter.drawText(
            number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{cosine:+.2f}".replace("-", "−")
        )

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(300, ROW)


class CosineList(QScrollArea):
    """Rows of ``CosineRow``; ticks stay with a direction while the others change."""

    ticked = Signal()

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows: list[CosineRow] = []
        room = QWidget()
        self._column = QVBoxLayout(room)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self.setWidget(room)

    def show_kin(self, kin: tuple[Kinship, ...], *, keep: bool) -> None:
        """Show these directions in this order; ``keep`` the ticks of those that are still there."""
        if kin == tuple(row.kin for row in self._rows):
            if not keep:
                for row in self._rows:
                    row.setChecked(False)
            return
        before = set(self.ticked_keys) if keep else set[str]()
        for row in self._rows:
            row.hide()
            row.deleteLater()
            self._column.removeWidget(row)
        self._rows = []
        for at, one in enumerate(kin):
            row = CosineRow(one, f"{self.objectName()}_row_{at}", self.widget())
            row.setChecked(one.key in before)
            row.toggled.connect(lambda _: self.ticked.emit())
            self._column.insertWidget(at, row)
            self._rows.append(row)

    @property
    def ticked_keys(self) -> tuple[str, ...]:
        """The directions with a tick."""
        return tuple(row.kin.key for row in self._rows if row.isChecked())


def meaning(cosine: float) -> str:
    """What a cosine says, in words."""
    size = abs(cosine)
    if size < 0.1:
        return "at a right angle, so one hardly moves the other"
    how = "hardly" if size < 0.3 else "partly" if size < 0.7 else "nearly"
    return f"{how} {'the same' if cosine > 0 else 'the opposite'}: {size:.0%} of a step goes along it".replace(
        "%", " %"
    )
