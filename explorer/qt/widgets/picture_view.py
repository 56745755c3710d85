"""How a picture lies in a rectangle: which scale, which part is seen, and the fastest way to draw that well."""

import math
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath

from explorer.qt.pictures import Pixels, enlarge, to_image

MAX_ZOOM = 16.0
INTEGER_SHARE = 0.8  # an even pixel grid is worth up to a fifth of the size
EVEN_ENOUGH = 8  # device pixels per pixel from which one more or less cannot be seen
BICUBIC_SIDE = (
    256  # px up to which a picture is enlarged bicubically, then bilinearly: a fifth of the time, the same look
)
BICUBIC_FACTOR = 4  # at most: bilinear shows no diamonds beyond it


class Picture:
    """One picture, and the forms of it that painting needs, each made at most once.

    A hasty one is not enlarged before it is drawn, which takes a third of its time: nobody sees it while it moves.
    """

    def __init__(self, pixels: Pixels, *, hasty: bool = False) -> None:
        self.hasty = hasty
        image = to_image(pixels)
        opaque = not image.hasAlphaChannel()
        self.image = image.convertToFormat(
            QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        )
        self._pixels = pixels.copy() if pixels.ndim == 3 else pixels[..., None].copy()
        self._smooth: QImage | None = None
        self._reduced: QImage | None = None

    @property
    def size(self) -> QSize:
        return self.image.size()

    def unhurried(self) -> "Picture":
        """The same picture, not hasty."""
        return Picture(self._pixels)

    def smooth(self, device_size: QSize) -> QImage:
        """The picture prepared for bilinear drawing at ``device_size``."""
        if device_size.width() < self.image.width():
            if self._reduced is None or self._reduced.size() != device_size:
                self._reduced = self.image.scaled(
                    device_size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
            return self._reduced
        factor = min(BICUBIC_SIDE // max(self.image.width(), self.image.height()), BICUBIC_FACTOR)
        if factor < 2 or self.hasty:
            return self.image
        if self._smooth is None:
            self._smooth = to_image(enlarge(self._pixels, factor)).convertToFormat(self.image.format())
        return self._smooth


@dataclass(frozen=True)
class Viewport:
    """Which part of a picture is seen: ``zoom`` 1 fits it whole, ``x``, ``y`` in [0, 1] stand in the middle."""

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def target(self, size: QSize, room: QRect, ratio: float, *, crisp: bool) -> QRectF:
        """Where the whole picture lies, in logical pixels, its corner on the device grid of ``ratio`` pixels each."""
        scale = fit_scale(size, room, ratio, crisp=crisp) * self.zoom
        width, height = size.width() * scale / ratio, size.height() * scale / ratio
        left = _place(room.x(), room.width(), width, self.x)
        top = _place(room.y(), room.height(), height, self.y)
        return QRectF(round(left * ratio) / ratio, round(top * ratio) / ratio, width, height)

    def zoomed(self, factor: float, at: QPointF, size: QSize, room: QRect) -> "Viewport":
        """Larger by ``factor`` with the point under ``at`` staying where it is."""
        zoom = min(max(self.zoom * factor, 1.0), MAX_ZOOM)
        before = self.target(size, room, 1.0, crisp=False)
        u, v = (at.x() - before.x()) / before.width(), (at.y() - before.y()) / before.height()
        width, height = before.width() * zoom / self.zoom, before.height() * zoom / self.zoom
        center = QRectF(room).center()
        return Viewport(zoom, u - (at.x() - center.x()) / width, v - (at.y() - center.y()) / height)._kept(size, room)

    def moved(self, by: QPointF, size: QSize, room: QRect) -> "Viewport":
        """Panned by ``by`` logical pixels, never past the edge."""
        target = self.target(size, room, 1.0, crisp=False)
        moved = Viewport(self.zoom, self.x - by.x() / target.width(), self.y - by.y() / target.height())
        return moved._kept(size, room)

    def _kept(self, size: QSize, room: QRect) -> "Viewport":
        target = self.target(size, room, 1.0, crisp=False)
        half_x = min(room.width() / target.width() / 2, 0.5)
        half_y = min(room.height() / target.height() / 2, 0.5)
        return Viewport(self.zoom, min(max(self.x, half_x), 1 - half_x), min(max(self.y, half_y), 1 - half_y))


def fit_scale(size: QSize, room: QRect, ratio: float, *, crisp: bool) -> float:
    """Device pixels per picture pixel that fit the picture into ``room``.

    Crisp pictures take the next smaller whole number where it costs little, so that all pixels are equally large.
    """
    scale = min(room.width() * ratio / size.width(), room.height() * ratio / size.height())
    whole = math.floor(scale)
    return whole if crisp and whole >= INTEGER_SHARE * scale else scale


def draw_picture(
    painter: QPainter, picture: Picture, target: QRectF, room: QRect, ratio: float, *, crisp: bool
) -> None:
    """Draw what of ``target`` lies in ``room``."""
    seen = target.intersected(QRectF(room))
    painter.save()
    if seen != target:
        painter.setClipRect(seen)
    scale = target.width() * ratio / picture.size.width()
    if not crisp or scale < 1:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        device_size = QSize(round(target.width() * ratio), round(target.height() * ratio))
        painter.drawImage(target, picture.smooth(device_size))
    elif scale >= EVEN_ENOUGH or scale == int(scale):
        painter.drawImage(target, picture.image)
    else:
        _draw_even(painter, picture.image, target, seen, scale)
    painter.restore()


def round_corners(painter: QPainter, rect: QRectF, radius: float) -> None:
    """Paint the four corners outside a rounded rectangle with the current brush: a tenth of the cost of a clip."""
    painter.drawPath(_corners(rect.left(), rect.top(), rect.width(), rect.height(), radius))


@lru_cache(maxsize=8)
def _corners(left: float, top: float, width: float, height: float, radius: float) -> QPainterPath:
    around, rounded = QPainterPath(), QPainterPath()
    around.addRect(left, top, width, height)
    rounded.addRoundedRect(QRectF(left, top, width, height), radius, radius)
    return around.subtracted(rounded)


def _draw_even(painter: QPainter, image: QImage, target: QRectF, seen: QRectF, scale: float) -> None:
    """Crisp at a broken scale: whole-number nearest first, then smooth down, so that pixels keep one size."""
    pixel_width, pixel_height = target.width() / image.width(), target.height() / image.height()
    left = math.floor((seen.left() - target.left()) / pixel_width)
    top = math.floor((seen.top() - target.top()) / pixel_height)
    right = min(math.ceil((seen.right() - target.left()) / pixel_width), image.width())
    bottom = min(math.ceil((seen.bottom() - target.top()) / pixel_height), image.height())
    part = image.copy(left, top, right - left, bottom - top)
    larger = part.scaled(part.size() * math.ceil(scale))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    corner = QPointF(target.left() + left * pixel_width, target.top() + top * pixel_height)
    painter.drawImage(
        QRectF(corner, corner + QPointF(part.width() * pixel_width, part.height() * pixel_height)), larger
    )


def _place(start: float, room: float, length: float, middle: float) -> float:
    if length <= room:
        return start + (room - length) / 2
    return start + room / 2 - middle * length
