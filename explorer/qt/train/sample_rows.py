"""How the same samples came to be: a few rows of them, from early to now."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.control.training import cells
from explorer.qt import theme
from explorer.qt.pictures import rounded_thumbnail, to_image
from explorer.training.record import Kept

SIDE, GAP, LABEL, ROWS = 52, 6, 76, 3  # px; rows at most
KEPT = 12  # sheets that are remembered


class SampleRows(QWidget):
    """Read only; values in by ``show_samples``."""

    def __init__(self, name: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: tuple[Kept, ...] = ()
        self._pixmaps: dict[tuple[Path, float, str], list[QPixmap]] = {}

    def show_samples(self, samples: tuple[Kept, ...]) -> None:
        """The sheets of a run in order; the first, the last and what lies between them evenly in the logarithm."""
        rows = samples
        if len(samples) > ROWS:
            images = np.array([max(kept.images, 1) for kept in samples], np.float64)
            wanted = np.geomspace(images[0], images[-1], ROWS)
            rows = tuple(samples[int(at)] for at in np.unique([np.abs(images - want).argmin() for want in wanted]))
        if rows != self._rows:
            self._rows = rows
            self.setAccessibleDescription(", ".join(f"{kept.images:,} images" for kept in rows) or "none yet")
            self.updateGeometry()
            self.update()

    def _pictures(self, kept: Kept) -> list[QPixmap]:
        ratio, roles = self.devicePixelRatioF(), theme.current()
        key = kept.path, ratio, roles.name
        if key not in self._pixmaps:
            if len(self._pixmaps) > KEPT:
                self._pixmaps.clear()
            self._pixmaps[key] = [
                rounded_thumbnail(to_image(cell), SIDE, theme.RADIUS - 2, ratio, roles.color("ground"))
                for cell in cells(kept.path)[:40]
            ]
        return self._pixmaps[key]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.setPen(theme.current().color("secondary"))
        if not self._rows:
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignLeft, "Samples come with the first milestone.")
        for row, kept in enumerate(self._rows):
            top = row * (SIDE + GAP)
            label = QRectF(0, top, LABEL - 8, SIDE)
            painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{kept.images:,}")
            for at, pixmap in enumerate(self._pictures(kept)):
                x = LABEL + at * (SIDE + GAP)
                if x + SIDE > self.width():
                    break
                painter.drawPixmap(x, top, pixmap)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        rows = max(len(self._rows), 1)
        return QSize(400, rows * (SIDE + GAP) - GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())
