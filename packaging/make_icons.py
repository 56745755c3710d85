"""Draws every icon from the one drawing, ``assets/icons/latent-explorer.svg``.

    python packaging/make_icons.py FOLDER

``hicolor/NxN/apps/latent-explorer.png`` and ``hicolor/scalable/apps/latent-explorer.svg`` for desktops that follow
freedesktop.org, ``latent-explorer.ico`` for Windows, ``latent-explorer.icns`` for macOS.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parents[1] / "assets" / "icons" / "latent-explorer.svg"
NAME = DRAWING.stem
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)  # px
WINDOWS_SIZES = (16, 24, 32, 48, 64, 128, 256)
LARGEST = 1_024  # px, which macOS shows on fine screens


def draw(size: int) -> Image.Image:
    """The drawing in a square of ``size`` pixels, with alpha; drawn at that size, not made smaller."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGBA")


def make_icons(folder: Path) -> None:
    """All icons, below ``folder``."""
    drawn = {size: draw(size) for size in (*SIZES, LARGEST)}
    for size in SIZES:
        path = folder / "hicolor" / f"{size}x{size}" / "apps" / f"{NAME}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn[size].save(path, optimize=True)
    scalable = folder / "hicolor" / "scalable" / "apps" / DRAWING.name
    scalable.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(DRAWING, scalable)
    small = [drawn[size] for size in WINDOWS_SIZES]
    drawn[256].save(folder / f"{NAME}.ico", sizes=[image.size for image in small], append_images=small)
    drawn[LARGEST].save(folder / f"{NAME}.icns", append_images=[drawn[size] for size in (32, 64, 128, 256, 512)])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {Path(__file__).name} FOLDER")
    make_icons(Path(sys.argv[1]))
