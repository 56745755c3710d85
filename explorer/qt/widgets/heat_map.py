"""Where in the picture something acts: a dark copy of the picture, with what changes glowing over it, and a scale."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, fitted, to_image

SIDE = 176  # px, of the picture at its largest
DIM = 0.35  # of its brightness that the picture keeps, so that the glow is seen on white too
LEAST = 1 / 255  # a change of less than one grey level is none
_BAR = 12  # px, width of the scale
_GAP = 12  # px
_GLOW = (242, 179, 93)  # the same in every theme, for it lies on the picture and not on the panel


@dataclass(frozen=True)
class HeatWords:
    """What the scale says: at its top for the largest value, at its foot, and where no value reaches ``least``."""

    top: Callable[[float], str]
    foot: str
    nothing: str
    least: float


def changes(cause: str) -> HeatWords:
    """The scale of changes of a pixel, in shares of its full range; ``cause`` says what changes it so."""
    return HeatWords(
        lambda top: f"{percent(top)} of full brightness changes here, {cause}",
        "0 %: stays as it is",
        "It changes nothing in this picture.",
        LEAST,
    )


class HeatMap(QWidget):
    """A picture under a heat map; the scale ends at the largest value."""

    def __init__(
        self,
        name: str,
        accessible_name: str,
        tip: str,
        parent: QWidget | None = None,
        *,
        told: HeatWords | None = None,
    ) -> None:
        super().__init__(parent)
        self._told = told or changes("from −2 σ to +2 σ")
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._image: QImage | None = None
        self._top = 0.0

    def show_heat(self, pixels: Pixels, heat: NDArray[np.float32]) -> None:
        """Show a picture (H, W, C) and a value of each of its pixels, (H, W), not negative."""
        self._top = max(float(heat.max()), 0.0)
        self._image = to_image(glowing(pixels, heat, self._told.least))
        self.setAccessibleDescription(self._told.top(self._top) if self._any else self._told.nothing)
        self.update()

    def clear(self) -> None:
        """Nothing is known yet."""
        self._image, self._top = None, 0.0
        self.setAccessibleDescription("")
        self.update()

    @property
    def top(self) -> float:
        """The largest value in view."""
        return self._top

    @property
    def _any(self) -> bool:
        return self._top >= self._told.least

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        room = QRect(0, 0, min(self.height(), self.width() - 120), self.height())
        if self._image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("raised", "line", 0.4))
            painter.drawRoundedRect(room, theme.RADIUS - 2, theme.RADIUS - 2)
        else:
            painter.drawImage(fitted(self._image.size(), room), self._image)
            self._paint_scale(painter, roles, QRectF(room.right() + _GAP, 0, _BAR, self.height()))
        painter.end()

    def _paint_scale(self, painter: QPainter, roles: theme.Theme, bar: QRectF) -> None:
        shades = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        ramp = glowing(np.full((2, 9, 1), 90, np.uint8), np.tile(np.linspace(0, 1, 9, dtype=np.float32), (2, 1)))[0]
        for at, (red, green, blue) in enumerate(ramp.tolist()):
            shades.setColorAt(at / 8, QColor(red, green, blue))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.setPen(roles.color("secondary"))
        words = QRectF(bar.right() + 8, 0, self.width() - bar.right() - 8, self.height())
        wrap, left = Qt.TextFlag.TextWordWrap, Qt.AlignmentFlag.AlignLeft
        if not self._any:
            painter.drawText(words, wrap | left | Qt.AlignmentFlag.AlignVCenter, self._told.nothing)
            return
        painter.drawText(words, wrap | left | Qt.AlignmentFlag.AlignTop, self._told.top(self._top))
        painter.drawText(words, left | Qt.AlignmentFlag.AlignBottom, self._told.foot)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, SIDE)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 112)


def glowing(pixels: Pixels, heat: NDArray[np.float32], least: float = LEAST) -> Pixels:
    """A dim grey copy of (H, W, C) uint8 that glows where ``heat`` (H, W) is high, relative to its largest value.

    Where none reaches ``least`` nothing glows.
    """
    grey = pixels[..., :3].astype(np.float32).mean(axis=2)
    top = float(heat.max())
    share = (heat / top if top >= least else np.zeros_like(heat))[..., None]
    mixed = (1 - share) * (DIM * grey)[..., None] + share * np.array(_GLOW, np.float32)
    return np.rint(mixed).astype(np.uint8)


def percent(share: float) -> str:
    """``46 %``, with a decimal below ten."""
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"
