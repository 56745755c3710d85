"""Where am I, told in words: how far out, next to which picture of the data, among which labels."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.whereabouts import Whereabouts
from explorer.qt import theme
from explorer.qt.pictures import rounded_thumbnail, to_image
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.gauge import Gauge, Reading
from explorer.qt.widgets.scatter_palette import value_color
from explorer.qt.widgets.share_bars import Share, ShareBars

SIDE = 64  # px of the two pictures; two lines and a button beside them are not higher, so that nothing jumps
BARS = 3  # labels that are shown
HEADROOM = 1.25  # the gauge ends at so many times what is usual, or a little beyond the value


class WhereaboutsCard(QWidget):
    """The view of ``WhereaboutsController``; empty while nothing is known."""

    nearest_asked = Signal(int)  # the row of a picture of the data

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("whereabouts")
        self.setAccessibleName("Where am I")
        self._row = 0
        self._colors: dict[str, str] = {}
        self._shares: tuple[tuple[str, float], ...] = ()
        heading = QLabel("WHERE AM I", self)
        heading.setProperty("kind", "heading")
        self.gauge = Gauge(
            "data_distance",
            "Distance to the data",
            "Mahalanobis distance to the middle of the data's codes; the band holds 95 % of them.",
            self,
        )
        self._here, self._there = (self._picture(name) for name in ("here_picture", "nearest_picture"))
        self._nearest = QLabel(self)
        self._nearest.setObjectName("nearest_words")
        self._nearest.setWordWrap(True)
        self._go = Button(
            "Go to it", "go_to_nearest", "Goes to the code of this picture of the data.", self, kind="text"
        )
        self._counted = QLabel(self)
        self._counted.setObjectName("counted_words")
        self._counted.setProperty("kind", "hint")
        self._counted.setWordWrap(True)
        self.bars = ShareBars(
            "label_shares", "Labels of the neighbours", "How many of the nearest pictures have which label.", BARS, self
        )
        self._lay_out(heading)
        self._go.clicked.connect(lambda: self.nearest_asked.emit(self._row))
        self.show_whereabouts(None)

    def show_whereabouts(self, found: Whereabouts | None) -> None:
        """Show what is around; None: nothing is known."""
        self.setVisible(found is not None)
        if found is None:
            return
        self._row = found.row
        self._show_spread(found)
        self._show_picture(self._here, found.picture)
        self._there.setVisible(found.thumbnail is not None)
        if found.thumbnail is not None:
            self._show_picture(self._there, found.thumbnail)
        label = f" ({found.label})" if found.label else ""
        self._nearest.setText(f"Nearest {found.split} picture{label}: {found.gap:.2f} away")
        counted = f"{found.column} of the {found.neighbours} nearest {found.split} pictures" if found.column else ""
        self._counted.setText(counted)
        for widget in (self._counted, self.bars):
            widget.setVisible(bool(found.column))
        self._shares = found.shares
        self._show_shares()

    def show_colors(self, names: tuple[str, ...]) -> None:
        """The values that the map colours, in their order, so that bars have the colours of the points."""
        self._colors = {name: value_color(index) for index, name in enumerate(names)}
        self._show_shares()

    def _show_shares(self) -> None:
        self.bars.show_shares(tuple(Share(name, share, self._colors.get(name, "")) for name, share in self._shares))

    def _show_spread(self, found: Whereabouts) -> None:
        spread = found.spread
        self.gauge.setVisible(spread is not None)
        if spread is not None:
            top = max(HEADROOM * spread.usual[1], 1.05 * spread.distance)
            self.gauge.show_reading(
                Reading(f"{spread.distance:.2f} σ out", spread.sentence, spread.distance, 0.0, top, spread.usual)
            )

    def _picture(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setFixedSize(SIDE, SIDE)
        return label

    def _show_picture(self, label: QLabel, pixels: Pixels) -> None:
        ground = theme.current().color("ground")
        pixmap: QPixmap = rounded_thumbnail(to_image(pixels), SIDE, 6, self.devicePixelRatioF(), ground)
        label.setPixmap(pixmap)

    def _lay_out(self, heading: QLabel) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._nearest)
        words.addWidget(self._go, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._here)
        row.addWidget(self._there)
        row.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addWidget(self.gauge)
        layout.addLayout(row)
        layout.addWidget(self._counted)
        layout.addWidget(self.bars)
