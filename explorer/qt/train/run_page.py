"""One training in view: how it stands, its curves, what is going on, its samples, and the learning scrubber."""

import math
import time
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from explorer.control.training import Seen
from explorer.qt import theme
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.train.learning_card import LearningCard
from explorer.qt.train.sample_rows import SampleRows
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import ToggleChip
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.curve_plot import CurvePlot, PlotLine
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.plain_slider import PlainSlider
from explorer.training.catalogue import duration
from explorer.training.record import RunView

NONE = "nothing"
NARROW = 860  # px
FINDINGS = 6  # that are shown
REST_MS, ANSWER_S = 300, 3.0  # a hand counts as still after; how long its value is shown before the trainer answers
FORMULAS = {
    "reconstruction": "−ln p(x|z), nats a picture",
    "KL": "½ Σ (σ² + μ² − ln σ² − 1), nats",
    "ELBO": "ln p(x|z) − KL, nats: a bound on ln p(x)",
    "objective": "what the training makes small",
    "loss": "mean weighted squared error of what is predicted",
    "squared error": "mean (x − x̂)² a value",
    "critic loss": "softplus(−D(x)) + softplus(D(G(z)))",
    "generator loss": "softplus(−D(G(z)))",
    "critic on real": "mean logit D(x)",
    "critic on samples": "mean logit D(G(z))",
    "critic ahead": "mean sign of D(x): 1 is right about all",
    "R1": "mean |∇D(x)|²",
    "augmentation": "share of changed pictures",
    "gradient norm": "length of the gradient, L2",
    "beta": "weight of the KL divergence",
    "active units": "dimensions whose mean moves with the picture",
    "distance of samples": "Fréchet distance in a classifier's features",
    "accuracy": "share that is named rightly",
}
FIRST = ("loss", "reconstruction", "critic loss", "squared error"), ("KL", "generator loss", "squared error", "loss")
LIVE = {"rate": (1e-5, 1e-1), "beta": (0.01, 100.0), "r1": (0.01, 100.0)}  # what a slider goes over, in powers of ten


class _Plot(QFrame):
    """One card with a choice of what it shows."""

    def __init__(self, at: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._at, self._own = at, ""
        self.box = ChoiceBox(f"plot_{at}_what", "What is drawn", "What this curve shows.", self)
        self.box.activated.connect(self._choose)
        self._words = words("", kind="hint")
        self.plot = CurvePlot(f"plot_{at}", "Curve", "Point at it to read its numbers.", self)
        self._names: tuple[str, ...] = ()
        self._seen: Seen | None = None
        inside = QVBoxLayout(self)
        inside.setContentsMargins(12, 10, 12, 8)
        inside.setSpacing(4)
        inside.addWidget(self.box, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self._words)
        inside.addWidget(self.plot, 1)

    def _choose(self, at: int) -> None:
        self._own = self._names[at]
        if self._seen is not None:
            self.show_run(self._seen)

    def show_run(self, seen: Seen) -> None:
        """Draw what is chosen, else what is told most for this family."""
        self._seen = seen
        run = seen.chosen
        assert run is not None
        self._names = tuple(dict.fromkeys(name for _, name in run.curves))
        self.box.show_items(self._names)
        usual = [name for name in FIRST[self._at] if name in self._names]
        name = self._own if self._own in self._names else next(iter(usual), next(iter(self._names), ""))
        if name in self._names:
            self.box.setCurrentIndex(self._names.index(name))
        self._words.setText(FORMULAS.get(name, ""))
        lines = [*_lines(run, name, "accent"), *([] if seen.other is None else _lines(seen.other, name, "warning"))]
        self.plot.setAccessibleName(name or "Curve")
        self.plot.show_lines(tuple(lines))


class _Live(QWidget):
    """A number that may be changed while the model learns."""

    changed = Signal(str, float)

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        low, high = (math.log10(bound) for bound in LIVE[key])
        self._name = QLabel(key, self)
        self._name.setFixedWidth(92)
        self.slider = PlainSlider(
            f"live_{key}", key, f"Changes {key} while it trains; written into the run.", high, low, self, low=low
        )
        self._last, self._heard_s = math.nan, 0.0
        self._rest = QTimer(self)  # one command for a gesture
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(lambda: self.changed.emit(key, self._last))
        self.slider.edited.connect(self._edit)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._name)
        line.addWidget(self.slider, 1)

    def _edit(self, power: float) -> None:
        self._last, self._heard_s = float(f"{10**power:.2g}"), time.monotonic()
        self._name.setText(f"{self._key}  {self._last:.2g}")
        self._rest.start()

    def show_value(self, value: float) -> None:
        """What it is now; a slider that the hand has just moved waits for the trainer's answer."""
        if value > 0 and time.monotonic() - self._heard_s > ANSWER_S:
            self._name.setText(f"{self._key}  {value:.2g}")
            self.slider.show_number(math.log10(value))
            self.slider.show_usual(math.log10(value))


class RunPage(QWidget):
    """The view of ``TrainingController`` for the run in view."""

    step_in_asked = Signal()
    pause_asked = Signal()
    snapshot_asked = Signal()
    stop_asked = Signal()
    keep_asked = Signal()
    export_asked = Signal()
    measure_asked = Signal()
    repeat_asked = Signal()
    delete_asked = Signal()
    tagged = Signal(str)
    set_asked = Signal(str, float)
    compared = Signal(object)  # the Path of a run, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run_page")
        self._run: RunView | None = None
        self._others: tuple[RunView, ...] = ()
        self.learning = LearningCard(self)
        self._build_head()
        self._plots = (_Plot(0, self), _Plot(1, self))
        self._build_state()
        self.samples = SampleRows(
            "samples", "Samples with the same seeds", "The same samples, from early to now.", self
        )
        self._beside = words("", kind="hint")
        self._other_samples = SampleRows(
            "other_samples", "Samples of the other run", "The samples of the run that is compared.", self
        )
        self._log = QPlainTextEdit(self)
        self._log.setObjectName("run_log")
        self._log.setAccessibleName("What happened")
        self._log.setToolTip("What happened, the newest last.")
        self._log.setReadOnly(True)
        self._log.setFixedHeight(110)
        curves = QHBoxLayout()
        curves.setSpacing(12)
        for plot in self._plots:
            plot.setFixedHeight(264)
            curves.addWidget(plot, 1)
        self._compare = ChoiceBox("compare_with", "Compare with", "Draws another run's curves behind these.", self)
        self._compare.activated.connect(self._choose_other)
        self._logarithm = ToggleChip("Log", "plot_log", "Draws heights as logarithms.", self)
        self._logarithm.switched.connect(lambda _: self._look())
        self._smooth = PlainSlider("plot_smooth", "Smoothing", "How much of a running mean.", 0.99, 0.0, self)
        self._smooth.setFixedWidth(120)
        self._smooth.edited.connect(lambda _: self._look())
        tools = QWidget(self)
        flow = FlowLayout(tools, spacing=8)
        for parts in ((QLabel("Smoothing"), self._smooth, self._logarithm), (QLabel("Compare with"), self._compare)):
            together = QWidget(tools)
            line = QHBoxLayout(together)
            line.setContentsMargins(0, 0, 8, 0)
            for part in parts:
                line.addWidget(part)
            flow.addWidget(together)
        legend = words("Solid: training. Dashed: held-out pictures.", kind="hint")
        self._differs = words("", kind="hint")
        samples = QFrame(self)
        samples.setProperty("kind", "card")
        title = QLabel("Samples with the same seeds, and how they came to be")
        title.setProperty("kind", "title")
        inside = QVBoxLayout(samples)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addWidget(title)
        inside.addWidget(self.samples)
        inside.addWidget(self._beside)
        inside.addWidget(self._other_samples)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self._head)
        self._top = QGridLayout()
        self._top.setSpacing(12)
        self._top.addLayout(curves, 0, 0)
        self._top.setColumnStretch(0, 2)
        self._top.setColumnStretch(1, 1)
        self._narrow: bool | None = None
        self._arrange()
        happened = self._heading("WHAT HAPPENED")
        self._area = scrolled(
            self._top, tools, legend, self._differs, samples, self.learning, happened, self._log
        )  # fmt: skip
        layout.addWidget(self._area, 1)

    def _arrange(self) -> None:
        """What is going on stands beside the curves, or below them where there is no room."""
        narrow = self.width() < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            self._top.removeWidget(self._state)
            self._top.addWidget(self._state, *((1, 0) if narrow else (0, 1)))
            self._top.setColumnStretch(1, 0 if narrow else 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("kind", "heading")
        return label

    def _build_head(self) -> None:
        self._head = QWidget(self)
        self._name = QLabel("", self)
        self._name.setFont(theme.font(16))
        self._facts = words("")
        self._watched = words("", kind="warning")
        self._watched.hide()
        self._tag = QLineEdit(self)
        self._tag.setObjectName("run_tag")
        self._tag.setAccessibleName("Your words about this run")
        self._tag.setToolTip("Your own words about this run; shown in the list.")
        self._tag.setPlaceholderText("Your words …")
        self._tag.setFixedWidth(150)
        self._tag.editingFinished.connect(lambda: self.tagged.emit(self._tag.text()))
        self._buttons: dict[str, Button] = {}
        for key, text, tip, signal in (
            ("step_in", "Step in", "Opens the model as it is now, and goes along as it learns.", self.step_in_asked),
            ("pause", "Pause", "Keeps the trainer still, with a checkpoint on disk.", self.pause_asked),
            ("snapshot", "Snapshot", "Keeps a small bundle of what the model is now.", self.snapshot_asked),
            ("stop", "Stop and keep", "Ends it; what it has learned goes into the library.", self.stop_asked),
        ):  # fmt: skip
            button = Button(text, f"run_{key}", tip, self, kind="primary" if key == "step_in" else "")
            button.clicked.connect(partial(_emit, signal))
            self._buttons[key] = button
        more = Button("More …", "run_more", "Keep, export, measure, repeat, delete.", self)
        menu = QMenu(more)
        menu.setObjectName("run_menu")
        self._actions = {}
        for key, text, signal in (
            ("keep", "Make a model of it for the library", self.keep_asked),
            ("export", "Export it as a folder or one zip", self.export_asked),
            ("measure", "Measure it on test pictures", self.measure_asked),
            ("repeat", "Start it again, with changes", self.repeat_asked),
            ("delete", "Put it into the bin", self.delete_asked),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"run_{key}")
            action.triggered.connect(partial(_emit, signal))
            self._actions[key] = action
        more.setMenu(menu)
        self._chore = words("", kind="hint")
        self._chore.hide()
        title = QHBoxLayout()
        title.setSpacing(12)
        title.addWidget(self._name)
        title.addWidget(self._tag)
        title.addStretch(1)
        room = QWidget(self)
        flow = FlowLayout(room, spacing=8)
        for button in (*self._buttons.values(), more):
            flow.addWidget(button)
        inside = QVBoxLayout(self._head)
        inside.setContentsMargins(0, 0, 8, 0)
        inside.setSpacing(6)
        inside.addLayout(title)
        inside.addWidget(self._facts)
        inside.addWidget(self._watched)
        inside.addWidget(room)
        inside.addWidget(self._chore)

    def _build_state(self) -> None:
        self._state = QFrame(self)
        self._state.setProperty("kind", "card")
        self._state.setMinimumWidth(250)
        title = QLabel("What is going on", self._state)
        title.setProperty("kind", "title")
        self._findings = [words("") for _ in range(FINDINGS)]
        self._live = {key: _Live(key, self._state) for key in LIVE}
        self._note = words("Changes are written into the run, so that it can be repeated.", kind="hint")
        inside = QVBoxLayout(self._state)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.setSpacing(8)
        inside.addWidget(title)
        for label in self._findings:
            label.setTextFormat(Qt.TextFormat.RichText)
            inside.addWidget(label)
        for live in self._live.values():
            live.changed.connect(lambda key, value: self.set_asked.emit(key, value))
            inside.addWidget(live)
        inside.addWidget(self._note)
        inside.addStretch(1)

    def show_bottom(self) -> None:
        """Scroll to the end: samples, scrubber, what happened."""
        self._area.verticalScrollBar().setValue(self._area.verticalScrollBar().maximum())

    # values in

    def show_run(self, seen: Seen) -> None:
        """The run as it stands."""
        run = seen.chosen
        if run is None:
            return
        self._run = run
        self._name.setText(run.name)
        self._facts.setText("  ·  ".join(filter(None, (facts(run), seen.load))))
        self._watched.setText(seen.watched)
        self._watched.setVisible(bool(seen.watched))
        self._facts.setProperty("kind", "error" if run.status in ("failed", "killed") else "secondary")
        self._facts.style().polish(self._facts)
        if not self._tag.hasFocus():
            self._tag.setText(seen.tags.get(run.folder, ""))
        self._show_buttons(run, steers=not seen.watched)
        for plot in self._plots:
            plot.show_run(seen)
        self._show_findings(seen)
        self.samples.show_samples(run.samples)
        self._others = tuple(other for other in seen.runs if other.folder != run.folder)
        self._compare.show_items((NONE, *(other.name for other in self._others)))
        names = [other.folder for other in self._others]
        at = names.index(seen.other.folder) + 1 if seen.other is not None and seen.other.folder in names else 0
        self._compare.setCurrentIndex(at)
        self._differs.setText("" if seen.other is None else differences(run, seen.other))
        self._beside.setText("" if seen.other is None else f"And those of {seen.other.name}")
        self._other_samples.show_samples(() if seen.other is None else seen.other.samples)
        for part in (self._differs, self._beside, self._other_samples):
            part.setVisible(seen.other is not None)
        text = "\n".join(f"{time.strftime('%H:%M:%S', time.localtime(at))}  {words_}" for at, words_ in run.log)
        if text != self._log.toPlainText():
            self._log.setPlainText(text)
            self._log.verticalScrollBar().setValue(self._log.verticalScrollBar().maximum())

    def show_chore(self, what: str) -> None:
        """What is being made of the run besides."""
        self._chore.setText(what)
        self._chore.setVisible(bool(what))

    def _show_buttons(self, run: RunView, *, steers: bool) -> None:
        works = steers and run.status in ("running", "paused")
        again = steers and run.status in ("killed", "stopped", "failed") and run.checkpoint is not None
        pause = self._buttons["pause"]
        pause.setText("Go on" if run.status == "paused" else "Resume" if again else "Pause")
        pause.setEnabled(works or again)
        self._buttons["snapshot"].setEnabled(works)
        self._buttons["step_in"].setEnabled(works or bool(run.snapshots))
        keeps = run.status in ("running", "paused")
        self._buttons["stop"].setText("Stop and keep" if keeps else "Cancel" if run.live else "Stop")
        self._buttons["stop"].setEnabled(steers and (run.live or run.status == "waiting"))
        for key in ("keep", "export"):
            self._actions[key].setEnabled(run.checkpoint is not None)
        self._actions["measure"].setEnabled(not run.live)
        self._actions["repeat"].setEnabled(bool(run.config))
        self._actions["delete"].setEnabled(steers and not run.live)

    def _show_findings(self, seen: Seen) -> None:
        run, roles = seen.chosen, theme.current()
        assert run is not None
        colours = {"good": "accent", "watch": "warning", "bad": "error"}
        for label, at in zip(self._findings, range(FINDINGS), strict=True):
            label.setVisible(at < len(seen.findings))
            if at < len(seen.findings):
                finding = seen.findings[at]
                dot = f'<span style="color:{roles.color(colours[finding.level]).name()}">●</span>'
                advice = f' <span style="color:{roles.color("secondary").name()}">{finding.advice}</span>'
                label.setText(f"{dot} {finding.sentence}{advice if finding.advice else ''}")
        if not seen.findings:
            self._findings[0].setVisible(True)
            self._findings[0].setText("It is too early to say anything.")
        for key, live in self._live.items():
            value = run.settings.get(key, run.values.get(key))
            works = run.status in ("running", "paused") and not seen.watched
            live.setVisible(works and isinstance(value, int | float) and value > 0)
            if isinstance(value, int | float):
                live.show_value(float(value))
        self._note.setVisible(run.status in ("running", "paused") and not seen.watched)

    # hand

    def _look(self) -> None:
        smooth = self._smooth.value() / 100
        for plot in self._plots:
            plot.plot.show_look(log=self._logarithm.isChecked(), smooth=smooth)

    def _choose_other(self, at: int) -> None:
        self.compared.emit(self._others[at - 1].folder if at else None)


def facts(run: RunView) -> str:
    """``46,080 of 100,000 images · 4 min left · 212 images/s · last checkpoint 20 s ago``."""
    if run.status in ("failed", "killed", "waiting", "starting"):
        return run.sentence
    parts = [f"{run.images:,} of {run.total:,} images"]
    if run.status == "running" and run.left_s is not None:
        parts.append(f"{duration(run.left_s)} left")
    if run.status == "running" and run.images_per_s:
        parts.append(f"{run.images_per_s:,.0f} images/s")
    gradient = run.curve("train", "gradient norm")
    if gradient is not None and len(gradient):
        parts.append(f"gradient norm {gradient.last:.2g}")
    if run.checkpoint is not None:
        ago = (
            f"{duration(time.time() - run.checkpoint_s)} ago" if run.live else f"after {run.checkpoint.images:,} images"
        )
        parts.append(f"last checkpoint {ago}")
    parts.append(run.device)
    return "  ·  ".join(parts)


def differences(run: RunView, other: RunView) -> str:
    """Which values of two runs differ."""
    mine, theirs = run.values, other.values
    names = [name for name in dict.fromkeys((*mine, *theirs)) if mine.get(name) != theirs.get(name)]
    said = ", ".join(f"{name.replace('_', ' ')} {mine.get(name, '–')} | {theirs.get(name, '–')}" for name in names)
    return f"{run.name} | {other.name}: {said or 'the same values'}"


def _lines(run: RunView, name: str, role: str) -> list[PlotLine]:
    found: list[PlotLine] = []
    for split, dashed in (("train", False), ("held-out", True)):
        curve = run.curve(split, name)
        if curve is not None and len(curve):
            found.append(PlotLine(split, curve.images.astype(float), curve.values, role, dashed))
    return found


def _emit(signal: SignalInstance, *_: object) -> None:
    signal.emit()
