"""One slider per latent dimension, with the gauge that says how usual the point is."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.gauges import USUAL, Distance
from explorer.control.sliders import DimensionView
from explorer.qt.widgets.gauge import Gauge, Reading
from explorer.qt.widgets.slider_list import SliderList

MEASURING = "Finding out how much each dimension changes the picture …"


class SlidersPanel(QWidget):
    """The view of ``SlidersController``; ``rested`` follows every gesture of the hand."""

    rested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sliders_panel")
        self.list = SliderList("sliders", "Latent dimensions", self)
        self.gauge = Gauge(
            "distance_gauge",
            "Distance from the centre of the prior",
            "How far the point is from the prior's centre; the band is where samples of the prior lie.",
            self,
        )
        self._progress = QProgressBar(self)
        self._progress.setObjectName("effects_progress")
        self._progress.setAccessibleName(MEASURING)
        self._progress.setToolTip(MEASURING)
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(3)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(policy)
        self._progress.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._progress)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.gauge)
        self.list.finished.connect(lambda _: self.rested.emit())

    def show_dimensions(self, views: tuple[DimensionView, ...]) -> None:
        """Show these dimensions in this order."""
        self.list.show_dimensions(views)

    def clear_thumbnails(self) -> None:
        """Another model: its ends are not known yet."""
        self.list.clear_thumbnails()

    def show_value(self, index: int, value: float) -> None:
        """Show where a dimension stands, in sigmas."""
        self.list.show_value(index, value)

    def show_locked(self, index: int, locked: bool) -> None:
        """Show whether a dimension may move."""
        self.list.show_locked(index, locked)

    def show_thumbnails(self, index: int, low: Pixels, high: Pixels) -> None:
        """Show what both ends of a dimension look like."""
        self.list.show_thumbnails(index, low, high)

    def show_progress(self, share: float | None) -> None:
        """How far the description of the model has come, in [0, 1]; None: done."""
        self._progress.setVisible(share is not None)
        self._progress.setValue(0 if share is None else round(100 * share))

    def show_distance(self, distance: Distance | None) -> None:
        """Show how usual the point is; the scale ends at twice the expected distance or a little beyond the value."""
        if distance is None:
            self.gauge.show_reading(None)
            return
        reach = USUAL * distance.deviation
        top = max(2 * distance.expected, 1.05 * distance.value)
        self.gauge.show_reading(
            Reading(
                label=f"{distance.name.capitalize()} from the prior's centre",
                text=f"{distance.value:.2f} of {distance.expected:.2f} expected",
                value=distance.value,
                minimum=0.0,
                maximum=top,
                expected=(max(distance.expected - reach, 0.0), distance.expected + reach),
            )
        )
