"""Pictures between numpy and Qt: always copied, because a QImage over numpy memory changes when the array changes."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPixmap

Pixels: TypeAlias = NDArray[np.uint8]

_FORMATS = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
_CHANNELS = {image_format: channels for channels, image_format in _FORMATS.items()}


def to_image(pixels: Pixels) -> QImage:
    """(H, W), (H, W, 1 | 3 | 4) uint8 -> a QImage that owns its memory.

    Raises:
        ValueError: another dtype or shape.
    """
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in _FORMATS or pixels.size == 0:
        raise ValueError(f"expected uint8[H, W, 1|3|4], got {pixels.dtype}{list(pixels.shape)}")
    height, width, channels = pixels.shape
    pixels = np.ascontiguousarray(pixels)
    return QImage(pixels.data, width, height, width * channels, _FORMATS[channels]).copy()


def to_pixmap(pixels: Pixels) -> QPixmap:
    """(H, W), (H, W, 1 | 3 | 4) uint8 -> a QPixmap; needs a running QGuiApplication."""
    return QPixmap.fromImage(to_image(pixels))


def to_pixels(image: QImage) -> Pixels:
    """A QImage -> (H, W, 1 | 3 | 4) uint8 of its own memory; formats other than ours become RGBA."""
    if image.format() not in _CHANNELS:
        image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    channels = _CHANNELS[image.format()]
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * channels].reshape(image.height(), image.width(), channels).copy()


def enlarge(pixels: Pixels, factor: int) -> Pixels:
    """(H, W, C) uint8 -> (factor H, factor W, C) bicubic, free of the diamonds that bilinear leaves."""
    height, width, channels = pixels.shape
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    larger = np.asarray(picture.resize((width * factor, height * factor), Image.Resampling.BICUBIC))
    return larger[..., None] if channels == 1 else larger


def fitted(size: QSize, room: QRect) -> QRect:
    """The largest rectangle of the shape of ``size`` that ``room`` holds, centred."""
    scaled = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRect(
        room.x() + (room.width() - scaled.width()) // 2,
        room.y() + (room.height() - scaled.height()) // 2,
        scaled.width(),
        scaled.height(),
    )


def rounded_thumbnail(image: QImage, side: int, radius: float, ratio: float, behind: QColor) -> QPixmap:
    """A square pixmap of ``side`` logical pixels at ``ratio`` device pixels each, with rounded corners.

    The picture is fitted whole; what it leaves free is filled with ``behind``.
    """
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    frame = QPainterPath()
    frame.addRoundedRect(QRectF(0, 0, side, side), radius, radius)
    painter.setClipPath(frame)
    painter.fillRect(0, 0, side, side, behind)
    target = fitted(image.size(), QRect(0, 0, side, side))
    # Halving by averaging first: bilinear alone skips pixels when a large picture becomes a small one.
    wanted = QSize(round(target.width() * ratio), round(target.height() * ratio))
    if image.width() > wanted.width():
        image = image.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    painter.drawImage(target, image)
    painter.end()
    return pixmap
