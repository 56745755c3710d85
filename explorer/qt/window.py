"""The window: header, library, picture, instruments and the line of facts; it shows and tells, and decides nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QInputDialog,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.media.pictures_in import SUFFIXES
from explorer.qt.actions import make_actions, shortcuts
from explorer.qt.header import Header
from explorer.qt.panels.arithmetic_panel import ArithmeticPanel
from explorer.qt.panels.branches_panel import BranchesPanel
from explorer.qt.panels.card_panel import CardPanel
from explorer.qt.panels.critic_panel import CriticPanel
from explorer.qt.panels.directions_panel import DirectionsPanel
from explorer.qt.panels.encode_panel import EncodePanel
from explorer.qt.panels.film_dialog import FilmDialog
from explorer.qt.panels.grid_panel import GridPanel
from explorer.qt.panels.guidance_panel import GuidancePanel
from explorer.qt.panels.layers_panel import LayersPanel
from explorer.qt.panels.library_panel import LibraryPanel
from explorer.qt.panels.map_panel import MapPanel
from explorer.qt.panels.mixing_panel import MixingPanel
from explorer.qt.panels.picture_panel import PicturePanel
from explorer.qt.panels.prior_panel import PriorPanel
from explorer.qt.panels.retouch_panel import RetouchPanel
from explorer.qt.panels.seeds_panel import SeedsPanel
from explorer.qt.panels.sliders_panel import SlidersPanel
from explorer.qt.panels.strip_panel import StripPanel
from explorer.qt.panels.trajectory_panel import TrajectoryPanel
from explorer.qt.panels.variations_panel import VariationsPanel
from explorer.qt.present import Presenter
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.drop_zone import dropped_paths
from explorer.qt.widgets.export_bar import ExportBar
from explorer.qt.widgets.follow_bar import FollowBar
from explorer.qt.widgets.hold_key import HoldKey
from explorer.qt.widgets.shortcut_sheet import ShortcutSheet
from explorer.qt.widgets.status_line import StatusLine
from explorer.qt.widgets.toast import Toast, ToastBar
from explorer.state.filmchoice import FilmChoice
from explorer.tasks.queue import Progress

if TYPE_CHECKING:
    from explorer.qt.panels.import_dialog import ImportDialog
    from explorer.qt.train.train_page import TrainPage

LIBRARY_WIDTH, INSTRUMENTS_WIDTH = 232, 384  # px, at the start
SLIDERS = Chip("sliders", "Sliders", "One slider for each number of the code.")
MAP = Chip("map", "Map", "The data in two dimensions, and where you are among it.")
ENCODE = Chip("encode", "Encode", "Put a picture in: how it is restored, where it lies, what it costs.")
PRIOR = Chip("prior", "Prior", "Pictures from random codes beside pictures from where the data are.")
DIRECTIONS = Chip("directions", "Directions", "Sliders that change one thing, and those that you teach yourself.")
GRID = Chip("grid", "Grid", "Pictures in rows and columns: two directions at once.")
ARITHMETIC = Chip("arithmetic", "Arithmetic", "Adds and subtracts pictures and groups; finds analogies.")
MIXING = Chip("mixing", "Mixing", "Layers from several sources; truncation, noise and grids of mixes.")
SEEDS = Chip("seeds", "Seeds", "Type a seed, step through them, or drag between them.")
OPENED = (
    "Models, saved pictures, films and sessions "
    "(manifest.json *.lexp *.zip *.onnx *.png *.gif *.webp *.mp4 *.session.json)"
)
GRAPHS = "ONNX graphs, pictures to try them with, or a pipeline (*.onnx *.png *.jpg *.jpeg *.webp model_index.json)"
CARD = Chip("card", "Card", "What this model is, and how good it was measured to be.")
TRAJECTORY = Chip("trajectory", "Trajectory", "Every step from noise to the picture, to scrub through.")
GUIDANCE = Chip("guidance", "Guidance", "What the model is asked for, how strictly, and by which sampler.")
VARIATIONS = Chip("variations", "Variations", "Rows and columns: classes, weights, seeds, samplers, steps.")
BRANCHES = Chip("branches", "Branches", "Fork a trajectory at a step, keep ways, compare two of them.")
RETOUCH = Chip("retouch", "Retouch", "Begin with a picture, and let the model fill what you paint over.")
CRITIC = Chip("critic", "Critic", "How real the picture looks to the network that the model learned against.")
LAYERS = Chip("layers", "Layers", "The feature maps of any layer, for the picture in view.")
CHIPS = (
    SLIDERS,
    TRAJECTORY,
    GUIDANCE,
    BRANCHES,
    VARIATIONS,
    RETOUCH,
    MIXING,
    SEEDS,
    MAP,
    DIRECTIONS,
    GRID,
    ARITHMETIC,
    ENCODE,
    PRIOR,
    CRITIC,
    LAYERS,
    CARD,
)


class Window(QWidget):
    """Everything in sight; values in by method, intents out by signal."""

    asked = Signal(str)  # the name of a command
    paths_dropped = Signal(tuple)  # of Path
    instrument_chosen = Signal(str)
    page_chosen = Signal(str)
    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Latent Explorer")
        self.setAcceptDrops(True)
        self.setMinimumSize(880, 560)
        self.header = Header(self)
        self.library = LibraryPanel(self)
        self.picture = PicturePanel(self)
        self.sliders = SlidersPanel(self)
        self.trajectory = TrajectoryPanel(self)
        self.guidance = GuidancePanel(self)
        self.branches = BranchesPanel(self)
        self.variations = VariationsPanel(self)
        self.retouch = RetouchPanel(self)
        self.mixing = MixingPanel(self)
        self.seeds = SeedsPanel(self)
        self.map = MapPanel(self)
        self.directions = DirectionsPanel(self)
        self.grid = GridPanel(self)
        self.arithmetic = ArithmeticPanel(self)
        self.encode = EncodePanel(self)
        self.prior = PriorPanel(self)
        self.critic = CriticPanel(self)
        self.layers = LayersPanel(self)
        self.card = CardPanel(self)
        self.facts = StatusLine("facts", "Facts about the picture", self)
        self.toasts = ToastBar("messages", "Messages", self.picture.canvas)
        self.strip = StripPanel(self)
        self.exports = ExportBar("export", "Film that is being saved", self)
        self._instruments = {
            SLIDERS.key: self.sliders,
            TRAJECTORY.key: self.trajectory,
            GUIDANCE.key: self.guidance,
            BRANCHES.key: self.branches,
            VARIATIONS.key: self.variations,
            RETOUCH.key: self.retouch,
            MIXING.key: self.mixing,
            SEEDS.key: self.seeds,
            MAP.key: self.map,
            DIRECTIONS.key: self.directions,
            GRID.key: self.grid,
            ARITHMETIC.key: self.arithmetic,
            ENCODE.key: self.encode,
            PRIOR.key: self.prior,
            CRITIC.key: self.critic,
            LAYERS.key: self.layers,
            CARD.key: self.card,
        }
        self._answered, self._wanted = frozenset(self._instruments), SLIDERS.key
        self.chips = ChipBar("instruments", "Instruments", CHIPS, self)
        self._stack = QStackedWidget(self)
        for panel in self._instruments.values():
            panel.hide()  # until it is first shown it stands in no layout, so that a start measures and styles none
        self.presenter = Presenter(self.picture)
        self.follow = FollowBar(self)
        self._pages = QStackedWidget(self)
        self._imports: ImportDialog | None = None
        self._train: TrainPage | None = None
        self._lay_out()
        self._sheet = ShortcutSheet("shortcuts", "Shortcuts", self)
        self._sheet.show_shortcuts(shortcuts())
        make_actions(self, self.ask)
        self._before_key = HoldKey(Qt.Key.Key_B, self)
        self._connect()
        self.picture.canvas.setFocus()

    def _lay_out(self) -> None:
        instruments = QWidget(self)
        inside = QVBoxLayout(instruments)
        inside.setContentsMargins(16, 12, 16, 16)
        inside.setSpacing(12)
        inside.addWidget(self.chips)
        inside.addWidget(self._stack, 1)
        instruments.setMinimumWidth(320)
        self.library.setMinimumWidth(176)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setObjectName("splitter")
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        middle = QWidget(self)
        stacked = QVBoxLayout(middle)
        stacked.setContentsMargins(0, 0, 0, 0)
        stacked.setSpacing(0)
        stacked.addWidget(self.picture, 1)
        stacked.addWidget(self.strip)
        for widget, stretch in ((self.library, 0), (middle, 1), (instruments, 0)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        splitter.setSizes([LIBRARY_WIDTH, 10_000, INSTRUMENTS_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        explore = QWidget(self)
        under = QVBoxLayout(explore)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(splitter, 1)
        under.addWidget(self.follow)
        under.addWidget(self.exports)
        under.addWidget(self.facts)
        self._pages.addWidget(explore)
        layout.addWidget(self.header)
        layout.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.header.undo_asked.connect(partial(self.ask, "undo"))
        self.header.redo_asked.connect(partial(self.ask, "redo"))
        self.header.theme_asked.connect(partial(self.ask, "next_theme"))
        self.header.help_asked.connect(self.toggle_shortcuts)
        self.header.pages.chosen.connect(self.page_chosen)
        self.header.training_asked.connect(partial(self.page_chosen.emit, "train"))
        self.library.open_asked.connect(partial(self.ask, "open_model"))
        self.library.dropped.connect(self.paths_dropped)
        self.library.import_asked.connect(partial(self.ask, "import_model"))
        self.picture.copy_asked.connect(partial(self.ask, "copy_picture"))
        self.picture.save_asked.connect(partial(self.ask, "save_picture"))
        self.sliders.list.random_asked.connect(partial(self.ask, "random_point"))
        self.sliders.list.reset_all_asked.connect(partial(self.ask, "reset_point"))
        self.chips.chosen.connect(self.instrument_chosen)
        self._before_key.held.connect(self.picture.hold_before)

    # values in

    def show_instrument(self, key: str) -> bool:
        """Bring an instrument to the front; False when there is none of that name.

        One that the model in view cannot answer waits until a model that can is there; till then the first
        that it can is shown.
        """
        if key in self._instruments:
            self._wanted = key
            first = next((chip.key for chip in CHIPS if chip.key in self._answered), SLIDERS.key)
            shown = key if key in self._answered else first
            self.chips.show_chosen(shown)
            panel = self._instruments[shown]
            if self._stack.indexOf(panel) < 0:
                self._stack.addWidget(panel)
            self._stack.setCurrentWidget(panel)
        return key in self._instruments

    def show_answered(self, keys: frozenset[str]) -> None:
        """Show only the instruments that the model in view can answer."""
        if keys != self._answered:
            self._answered = keys
            self.chips.show_chips(tuple(chip for chip in CHIPS if chip.key in keys))
            self.show_instrument(self._wanted)

    @property
    def train(self) -> "TrainPage":
        """The Train page, built when it is first asked for."""
        if self._train is None:
            from explorer.qt.train.train_page import TrainPage  # a start needs none of it

            self._train = TrainPage(self)
            self._pages.addWidget(self._train)
        return self._train

    def show_page(self, key: str) -> None:
        """Bring a page to the front: ``explore`` or ``train``."""
        self.header.pages.show_chosen(key)
        if key == "train":
            self._pages.setCurrentWidget(self.train)
            self.train.setFocus()
        else:
            self._pages.setCurrentIndex(0)

    @property
    def page(self) -> str:
        """The page in view."""
        return "explore" if self._pages.currentIndex() == 0 else "train"

    @property
    def instruments(self) -> tuple[str, ...]:
        """The names that ``show_instrument`` takes."""
        return tuple(self._instruments)

    def tell(self, sentence: str, *, error: bool, about: str = "") -> None:
        """A message that waits for nobody; ``about`` is what ``toasts.withdraw`` takes it back by."""
        self.toasts.show_toast(Toast(sentence, "error" if error else "info", key=about))

    def ask_model(self) -> str:
        """Let a person choose a file to open; empty when they do not."""
        return QFileDialog.getOpenFileName(self, "Open a model", "", f"{OPENED};;All files (*)")[0]

    @property
    def imports(self) -> "ImportDialog":
        """The dialog for models that others made, built when it is first asked for."""
        if self._imports is None:
            from explorer.qt.panels.import_dialog import ImportDialog  # a start needs none of it

            self._imports = ImportDialog(self)
        return self._imports

    def ask_graphs(self) -> list[str]:
        """Let a person choose graphs that belong together, and pictures to try them with; empty when they do not."""
        return QFileDialog.getOpenFileNames(self, "Import a model", "", f"{GRAPHS};;All files (*)")[0]

    def ask_model_place(self, name: str) -> str:
        """Let a person choose where a model goes; empty when they do not."""
        kinds = "Folder of a model (*);;One file (*.lexp *.zip)"
        return QFileDialog.getSaveFileName(self, "Save the model", name, kinds)[0]

    def ask_group_name(self, count: int, suggestion: str) -> str:
        """Let a person name a group of ``count`` pictures; empty when they do not want it."""
        label = f"Name of these {count:,} pictures:"
        name, wanted = QInputDialog.getText(self, "A group of pictures", label, text=suggestion)
        return name.strip() if wanted else ""

    def ask_picture(self, title: str = "Encode a picture") -> str:
        """Let a person choose a picture; empty when they do not."""
        wanted = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        return QFileDialog.getOpenFileName(self, title, "", f"Pictures ({wanted});;All files (*)")[0]

    def ask_where_to_save(self, name: str) -> str:
        """Let a person choose where a picture goes; empty when they do not."""
        return QFileDialog.getSaveFileName(self, "Save the picture", name, "PNG picture (*.png)")[0]

    def ask_trajectory_place(self, name: str) -> str:
        """Let a person choose where a trajectory goes; empty when they do not."""
        kinds = "Films (*.gif *.webp);;Sheet (*.png)"
        return QFileDialog.getSaveFileName(self, "Save the steps", name, kinds)[0]

    def show_export(self, progress: Progress | None) -> None:
        """How far the film is that is being saved; None: there is none."""
        self.exports.show_progress(progress)

    def ask_session_place(self, name: str) -> str:
        """Let a person choose where a session goes; empty when they do not."""
        return QFileDialog.getSaveFileName(self, "Save the session", name, "Session (*.session.json)")[0]

    def ask_directions_place(self, name: str) -> str:
        """Let a person choose where directions go; empty when they do not."""
        kinds = "Arrays for numpy (*.npz);;Table (*.csv)"
        return QFileDialog.getSaveFileName(self, "Save the directions", name, kinds)[0]

    def ask_film(
        self, choice: FilmChoice, frames: Callable[[int], int], side: tuple[int, int], no_mp4: str
    ) -> FilmChoice | None:
        """Let a person choose what becomes of a path; None when they do not."""
        return FilmDialog.ask(choice, frames, side, no_mp4, self)

    def ask_film_place(self, choice: FilmChoice, name: str) -> Path | None:
        """Let a person choose where it goes; None when they do not."""
        return FilmDialog.ask_where(choice, name, self)

    # commands

    def ask(self, name: str) -> None:
        """Do a command of ``actions.COMMANDS`` that concerns the window alone, or tell ``asked``."""
        own = {
            "find_dimension": self.find_dimension,
            "toggle_full_screen": self.toggle_full_screen,
            "toggle_shortcuts": self.toggle_shortcuts,
            "present": self.presenter.toggle,
            "blackout": self.black_out,
        }
        if name in own:
            own[name]()
        else:
            self.asked.emit(name)

    def find_dimension(self) -> None:
        """Bring the sliders to the front with the keyboard in their filter."""
        self.instrument_chosen.emit(SLIDERS.key)
        self.sliders.list.focus_filter()

    def black_out(self) -> None:
        """Show the audience nothing, or the picture again."""
        if not self.presenter.blackout():
            self.tell("No audience sees the picture yet; F5 shows it to one.", error=False)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def toggle_shortcuts(self) -> None:
        """Show or hide the sheet of shortcuts."""
        self._sheet.dismiss() if self._sheet.isVisible() else self._sheet.open()

    # Qt overrides

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Space
            and isinstance(self.focusWidget(), QAbstractButton)
        ):
            event.accept()  # a button that has the keyboard takes Space for itself; elsewhere it is a shortcut
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            self.library.zone.show_over(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.library.zone.show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.library.zone.show_over(False)
        paths: tuple[Path, ...] = dropped_paths(event.mimeData())
        event.acceptProposedAction()
        self.paths_dropped.emit(paths)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.card.renew()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.presenter.close()
        self.closing.emit()
        super().closeEvent(event)
