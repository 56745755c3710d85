"""What is asked for, how strictly over the steps, and the sampler that walks them."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.contract.manifest import Attribute
from explorer.latent.sampling import WEIGHT_HIGH, WEIGHT_LOW, Sampling
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar, ToggleChip
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.curve_editor import CurveEditor
from explorer.qt.widgets.label_chooser import FEW, LabelChooser
from explorer.qt.widgets.plain_slider import PlainSlider
from explorer.qt.widgets.prompt_field import PromptField

HELP = "The model is asked twice at every step, with the label and without; guidance goes from one answer to the other."
WORDS_HELP = (
    "The model is asked twice at every step, with your words and without; guidance goes from one answer to the other."
)
PROMPT_HINT = "a lighthouse on a cliff at sunset, watercolour"
NEGATIVE_HINT = "blurry, text"
OPEN = "anything"
NOBODY = "nothing in particular"
USUAL = 2.0
LONGEST = 100  # steps on the slider
CURVES = (
    Chip("constant", "Constant", "The same weight at every step."),
    Chip("interval", "Interval", "Only in the middle of the way, Kynkäänniemi et al. (2024)."),
    Chip("early", "Early", "Strongest in the noise, falling towards the picture."),
    Chip("late", "Late", "Rising towards the picture."),
    Chip("drawn", "By hand", "As it was drawn above.", enabled=False),
)
SAMPLERS = (
    Chip("dpm", "DPM++ 2M", "Second order with one network call a step: good from 10 steps on."),
    Chip("ddim", "DDIM", "First order, deterministic where eta is 0."),
    Chip("euler", "Euler", "First order in the step itself, straight down the probability-flow ODE."),
    Chip("heun", "Heun", "Second order with two network calls a step."),
    Chip("ddpm", "DDPM", "Fresh noise at every step, as in training: good from 100 steps on."),
)
SPACINGS = ("trailing", "leading", "uniform", "karras")


class GuidancePanel(QWidget):
    """The view of ``GuidanceController``."""

    asked = Signal(int, int)  # column, value
    avoided = Signal(int, int)
    forget_asked = Signal()
    bent = Signal(str)
    detail_changed = Signal(str, object)
    typed = Signal(str, str)  # both texts, while one of them is written

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("guidance_panel")
        self._help = words(HELP)
        self._asked = LabelChooser("guidance_label", OPEN)
        self._against = LabelChooser("guidance_negative", NOBODY, lists=True)
        tip = "What the picture should show, in English as a rule."
        self.prompt = PromptField("guidance_prompt", "Prompt", tip, PROMPT_HINT)
        tip = "What the picture should not show."
        self.negative = PromptField("guidance_negative_prompt", "Negative prompt", tip, NEGATIVE_HINT)
        self._labels = False
        self._many = False  # attributes: what to lead away from folds out
        self._forget = Button("Ask for nothing", "guidance_forget", "Leaves every attribute open.", kind="text")
        self._away = ToggleChip("Choose", "guidance_away", "Shows what guidance can lead away from.")
        self.weight = PlainSlider(
            "guidance_weight", "Guidance weight", "How strictly: 0 ignores the label, 1 follows it, more exaggerates.",
            WEIGHT_HIGH, USUAL, low=WEIGHT_LOW,
        )  # fmt: skip
        self._weight = QLabel()
        self.curve = CurveEditor(
            "guidance_curve", "Guidance over the steps", "Draw how much of the guidance holds at every step."
        )
        self._curves = ChipBar("guidance_curves", "Known curves", CURVES, self)
        self.rescale = PlainSlider(
            "guidance_rescale", "Rescaling", "Brings strongly guided pictures back to their usual contrast.", 1.0, 0.0
        )
        self._rescale = QLabel()
        self._samplers = ChipBar("samplers", "Sampler", SAMPLERS, self)
        self.steps = PlainSlider("sampler_steps", "Steps", "Network calls from noise to picture.", LONGEST / 100, 0.25)
        self._steps = QLabel()
        self._spacing = ChoiceBox("sampler_spacing", "Spacing of the steps", "Which noise levels are visited.", self)
        self._spacing.show_items(SPACINGS)
        self.eta = PlainSlider("sampler_eta", "Eta", "How much fresh noise DDIM draws: 1 is as much as DDPM.", 1.0, 0.0)
        self._eta = QLabel()
        self._guiding = QWidget()
        self._lay_out()
        self._asked.asked.connect(self.asked)
        self._against.asked.connect(self.avoided)
        self._curves.chosen.connect(self.bent)
        for field in (self.prompt, self.negative):
            field.edited.connect(lambda _: self.typed.emit(self.prompt.written, self.negative.written))
        self._forget.clicked.connect(lambda: self.forget_asked.emit())
        self._away.switched.connect(self._against.setVisible)
        self._samplers.chosen.connect(lambda key: self.detail_changed.emit("sampler", key))
        self._spacing.currentTextChanged.connect(lambda text: self.detail_changed.emit("spacing", text))
        self.steps.edited.connect(lambda share: self.detail_changed.emit("steps", round(share * 100)))
        self.eta.edited.connect(lambda eta: self.detail_changed.emit("eta", eta))

    def _lay_out(self) -> None:
        guiding = QVBoxLayout(self._guiding)
        guiding.setContentsMargins(0, 0, 0, 0)
        guiding.setSpacing(8)
        guiding.addLayout(_beside(_heading("ASK FOR"), self._forget))
        guiding.addWidget(self._asked)
        guiding.addWidget(self.prompt)
        guiding.addWidget(_heading("HOW STRICTLY"))
        guiding.addLayout(_row(self._weight, self.weight))
        guiding.addWidget(self.curve)
        guiding.addWidget(self._curves)
        guiding.addLayout(_row(self._rescale, self.rescale))
        guiding.addLayout(_beside(_heading("LEAD AWAY FROM"), self._away))
        guiding.addWidget(self._against)
        guiding.addWidget(self.negative)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        spacing = QLabel("Spacing")
        layout.addWidget(
            scrolled(
                self._guiding, _heading("SAMPLER"), self._samplers, _row(self._steps, self.steps),
                _row(spacing, self._spacing), _row(self._eta, self.eta),
            ),
            1,
        )  # fmt: skip

    # values in

    def show_columns(self, columns: tuple[Attribute, ...], refusal: str, *, words: bool) -> None:
        """What can be asked for, in ``words`` or by labels; a refusal says why nothing can."""
        self._help.setText(refusal or (WORDS_HELP if words else HELP))
        self.prompt.setVisible(words)
        self.negative.setVisible(words)
        self._guiding.setVisible(not refusal)
        for chooser in (self._asked, self._against):
            chooser.show_columns(columns)
            chooser.setVisible(bool(columns))
        self._labels = bool(columns)
        self._many = len(columns) > FEW
        self._away.setVisible(self._many)
        self._forget.setVisible(len(columns) > 1)

    def show_sampling(self, sampling: Sampling, curve: str) -> None:
        """Show how it is sampled; ``curve`` is the name of a known one, or empty."""
        self._asked.show_label(sampling.label)
        self._against.show_label(sampling.negative)
        self.prompt.show_text(sampling.prompt)
        self.negative.show_text(sampling.negative_prompt)
        self._forget.setEnabled(sampling.asks)
        wanted = not self._many or self._away.isChecked() or bool(sampling.negative)
        self._against.setVisible(self._labels and wanted)
        self.weight.show_number(sampling.weight)
        self._weight.setText(f"Weight {sampling.weight:.2f}")
        self.curve.show_curve(sampling.curve, sampling.weights(sampling.steps))
        self._curves.show_chosen(curve or "drawn")
        self.rescale.show_number(sampling.rescale)
        self._rescale.setText(f"Rescale {sampling.rescale:.2f}")
        self._samplers.show_chosen(sampling.sampler)
        self.steps.show_number(sampling.steps / 100)
        self._steps.setText(f"Steps {sampling.steps}")
        self._spacing.blockSignals(True)
        self._spacing.setCurrentText(sampling.spacing)
        self._spacing.blockSignals(False)
        self.eta.show_number(sampling.eta)
        self._eta.setText(f"Eta {sampling.eta:.2f}")
        for widget in (self.eta, self._eta):
            widget.setVisible(sampling.sampler == "ddim")

    def show_counts(self, prompt: tuple[int, int], negative: tuple[int, int]) -> None:
        """How many tokens each text has, and how many are read."""
        self.prompt.show_count(*prompt)
        self.negative.show_count(*negative)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", "heading")
    return label


def _beside(heading: QLabel, button: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(heading, 1)
    row.addWidget(button)
    return row


def _row(label: QLabel, widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    label.setMinimumWidth(84)
    row.addWidget(label)
    row.addWidget(widget, 1)
    return row
