"""The trainings, one row each: name, how it stands, how far it is."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.control.training import Seen
from explorer.qt import theme
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.training.record import RunView

HEIGHT, PAD = 64, 11  # px
ROLES = {
    "running": "accent", "starting": "accent", "paused": "warning", "waiting": "secondary", "finished": "secondary",
    "stopped": "secondary", "failed": "error", "killed": "error",
}  # fmt: skip
EMPTY = "No training yet. What you start stands here, also after a restart."


class _Row(QAbstractButton):
    """One run; paints itself, so that a hundred of them scroll smoothly."""

    def __init__(self, at: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"run_{at}")
        self.setToolTip("Shows this training.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCheckable(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._run: RunView | None = None
        self._second = ""

    def show_run(self, run: RunView, tag: str, chosen: bool) -> None:
        """Show how it stands."""
        values = run.values
        facts = [
            f"{key} {values[key]:g}" for key in ("beta", "latent", "width") if isinstance(values.get(key), int | float)
        ]
        self._second = tag or ", ".join([run.recipe or run.family, *facts]) or "to be started"
        self._run = run
        self.setChecked(chosen)
        self.setAccessibleName(f"{run.name}, {run.status}")
        self.setAccessibleDescription(f"{run.images:,} of {run.total:,} images")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        run, roles = self._run, theme.current()
        if run is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0, 2, 0, -2)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.color("raised"))
            painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(roles.color("accent"), roles.focus_width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        inside = box.adjusted(PAD, 8, -PAD, -8)
        painter.setFont(theme.font(theme.SMALL))
        status_wide = painter.fontMetrics().horizontalAdvance(run.status) + 8
        painter.setPen(roles.color(ROLES[run.status]))
        top = QRectF(inside.left(), inside.top(), inside.width(), 16)
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, run.status)
        painter.setFont(theme.font(theme.BODY))
        painter.setPen(roles.color("text"))
        name = painter.fontMetrics().elidedText(run.name, Qt.TextElideMode.ElideRight, int(top.width() - status_wide))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(roles.color("secondary"))
        second = painter.fontMetrics().elidedText(self._second, Qt.TextElideMode.ElideRight, int(inside.width()))
        painter.drawText(top.translated(0, 18), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, second)
        groove = QRectF(inside.left(), inside.bottom() - 4, inside.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.mixed("line", "ground", 0.4))
        painter.drawRoundedRect(groove, 2, 2)
        if run.progress > 0:
            painter.setBrush(roles.color(ROLES[run.status]))
            painter.drawRoundedRect(QRectF(groove.left(), groove.top(), groove.width() * run.progress, 4), 2, 2)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)


class RunList(QWidget):
    """Values in by method, intents out by signal."""

    new_asked = Signal()
    chosen = Signal(object)  # the Path of a run

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run_list")
        title = QLabel("RUNS", self)
        title.setProperty("kind", "heading")
        new = Button("+ New", "run_new", "Starts a training.", self, kind="text")
        new.clicked.connect(lambda: self.new_asked.emit())
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(new)
        self._rows: list[_Row] = []
        self._room = QVBoxLayout()
        self._room.setSpacing(0)
        self._empty = words(EMPTY)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 8, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(scrolled(self._empty, self._room), 1)

    def show_runs(self, seen: Seen, new: bool) -> None:
        """All runs, and which is in view; ``new``: none is, a training is being set up."""
        self._empty.setVisible(not seen.runs)
        while len(self._rows) < len(seen.runs):
            row = _Row(len(self._rows))
            row.clicked.connect(self._choose(len(self._rows)))
            self._rows.append(row)
            self._room.addWidget(row)
        self._runs = seen.runs
        for at, row in enumerate(self._rows):
            row.setVisible(at < len(seen.runs))
            if at < len(seen.runs):
                run = seen.runs[at]
                here = not new and seen.chosen is not None and seen.chosen.folder == run.folder
                row.show_run(run, seen.tags.get(run.folder, ""), here)

    def _choose(self, at: int) -> Callable[[], None]:
        return lambda: self.chosen.emit(self._runs[at].folder)
