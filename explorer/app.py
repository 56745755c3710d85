# pyright: basic
"""The composition root: builds every part, joins them, and hands them to Qt; knows all, decides nothing."""

import gc
import logging
import os
import sys
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

# Before Qt: on Windows onnxruntime's libraries fail to load after Qt's (microsoft/onnxruntime 26127).
from explorer.runtime.providers import CPU, span  # isort: skip
from explorer.runtime.session import Runtime  # isort: skip
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QIcon, QUndoStack
from PySide6.QtWidgets import QApplication

from explorer.contract.errors import ExplorerError
from explorer.control.arithmetic import ArithmeticController
from explorer.control.beside import BesideController
from explorer.control.branches import BranchesController
from explorer.control.codes import CodesController
from explorer.control.critic import CriticController
from explorer.control.data import DataController
from explorer.control.direction_layers import DirectionLayersController
from explorer.control.directions import DirectionsController
from explorer.control.encode import EncodeController
from explorer.control.films import FilmsController
from explorer.control.gauges import distance, origin
from explorer.control.grid import GridController
from explorer.control.guidance import GuidanceController
from explorer.control.instruments import answered
from explorer.control.keeper import SESSION, SETTINGS, Keeper, bring_back
from explorer.control.layers import LayersController
from explorer.control.library import LibraryController
from explorer.control.map import MapController
from explorer.control.mixgrid import MixGridController
from explorer.control.mixing import MixingController
from explorer.control.noise import NoiseController
from explorer.control.notebooks import FOLDER, Notebooks
from explorer.control.outside import Outside
from explorer.control.picks import PicksController
from explorer.control.picture import PictureController
from explorer.control.prior import PriorController
from explorer.control.retouch import RetouchController
from explorer.control.seeds import SeedsController
from explorer.control.sliders import SlidersController
from explorer.control.stage import Models, Stage
from explorer.control.strip import StripController
from explorer.control.styledraw import Seeds
from explorer.control.trajectory import TrajectoryController
from explorer.control.truncation import TruncationController
from explorer.control.variations import VariationsController
from explorer.control.walk import Walk
from explorer.control.whereabouts import WhereaboutsController
from explorer.deeds import Deeds
from explorer.joints import join
from explorer.models.capabilities import Decodes
from explorer.options import LaunchOptions
from explorer.places import assets_folder, config_folder, model_folders, runs_folder, state_folder
from explorer.qt import theme
from explorer.qt.bridge import MainThread
from explorer.qt.openings import Openings
from explorer.qt.undo import UndoHistory
from explorer.qt.widgets.status_line import Fact
from explorer.qt.window import Window
from explorer.screenshot import take_screenshot
from explorer.state.library import Library
from explorer.state.place import Explore
from explorer.state.settings import Settings
from explorer.state.storage import restore
from explorer.tasks.latest import Worker

if TYPE_CHECKING:
    from explorer.importroom import ImportRoom
    from explorer.trainroom import TrainRoom

REST_MS = 150  # after this long without a new picture the hand counts as still
FACTS_MS = 30  # between two showings of the facts; a picture comes more often, and nobody reads quicker
SAVE_MS = 500  # after this long without a change the session is written
PRESENT_SCALE = 1.25  # of all type and widgets, for the last row of a lecture hall
OPENING = "opening"  # what messages about opening a model are withdrawn by
TRAIN = "train"  # the page that ``--panel`` can name
FIRST_MODEL = "faces-vae"  # what a first start opens, where it is in the library

log = logging.getLogger("explorer")


class App:
    """All parts, joined. ``open`` starts them, ``close`` ends them: worker, window, then files."""

    def __init__(self, options: LaunchOptions, qt: QApplication, runtime: Runtime | None = None) -> None:
        self.options, self._qt, self._closed, self._opening = options, qt, False, ""
        self.explore, self.stage, self.library = Explore(), Stage(), Library()
        self.settings, settings_fault = restore(config_folder() / SETTINGS, Settings)
        theme.load_fonts(assets_folder() / "fonts")
        look = theme.THEMES[options.theme or self.settings.theme]
        theme.prepare(qt, look)
        self.main = MainThread()
        self.device = options.device or self.settings.device
        self.runtime = runtime or Runtime(self.device)
        self.folders = model_folders()  # the last one is the user's own
        self.outside = Outside(self.settings, (self.folders[0], runs_folder()), self.main.post)
        self.models = Models(self.runtime, prove=self.outside.prove)
        self.worker = Worker(self.main.post, lanes=33)
        picture_lane, beside_lane, open_lane, data_lane, where_lane, find_lane, encode_lane, *patient = (
            self.worker.lanes
        )
        (
            plane_lane,
            strip_lane,
            teach_lane,
            sum_lane,
            ends_lane,
            look_lane,
            grid_lane,
            tile_lane,
            prior_lane,
            mix_lane,
            source_lane,
            psi_lane,
            noise_lane,
            retouch_lane,
            mixgrid_lane,
            seeds_lane,
            layers_lane,
            branches_lane,
            variations_lane,
            effects_lane,
            film_lane,
            error_lane,
            refine_lane,
            critic_lane,
            judge_lane,
            develop_lane,
        ) = patient
        self.embedder = Worker(self.main.post, lanes=1)  # of its own: a step of t-SNE takes longer than a picture may
        self.window = Window()
        theme.apply(qt, look)
        self.stack = QUndoStack()
        self.history = UndoHistory(self.stack)
        self.pictures = PictureController(self.explore, self.stage, picture_lane, self.models, self.window.picture)
        self.pictures.told = lambda: self._rest.start()
        self.beside = BesideController(
            self.explore, self.stage, self.library, self.history, beside_lane, self.models, self.window.picture
        )
        self.walk = Walk(self.explore, self.stage, self.history, np.random.default_rng(), self.pictures.hold_before)
        self.data = DataController(self.stage, data_lane)
        self.sliders = SlidersController(self.explore, self.stage, effects_lane, ends_lane, self.window.sliders)
        self.strip = StripController(
            self.explore, self.stage, self.history, self.walk, strip_lane, self.window.strip, np.random.default_rng()
        )
        self.films = FilmsController(
            self.explore, self.stage, self.settings, self.strip, film_lane, self.main.post, self.window
        )
        clipboard = QGuiApplication.clipboard()
        self.codes = CodesController(self.explore, self.stage, self.walk, clipboard.text, clipboard.setText, self)
        self.map = MapController(
            self.explore, self.stage, self.history, self.walk, (plane_lane, tile_lane, self.embedder.lanes[0]),
            self.window.map,
        )  # fmt: skip
        self.whereabouts = WhereaboutsController(
            self.explore, self.stage, where_lane, self.window.map, self._on_painted
        )
        self.notebooks = Notebooks(
            self.stage, self.history, state_folder() / FOLDER if options.session else None,
            later=lambda call: _timer(SAVE_MS, call).start, tell=lambda text: self.tell(text, error=True),
        )  # fmt: skip
        self.directions = DirectionsController(
            self.explore, self.stage, self.notebooks, self.walk, look_lane, self.window.directions
        )
        self.direction_layers = DirectionLayersController(
            self.explore, self.stage, self.history, self.walk, self.window.directions
        )
        self.grid = GridController(
            self.explore, self.stage, self.history, self.notebooks, self.walk, grid_lane, self.window.grid
        )
        self.picks = PicksController(
            self.explore, self.stage, self.notebooks, self.walk, self.history.together, teach_lane,
            self.window.directions,
        )  # fmt: skip
        self.arithmetic = ArithmeticController(
            self.stage, self.notebooks, self.walk, sum_lane, self.window.arithmetic, np.random.default_rng()
        )
        self.encode = EncodeController(
            self.stage, self.walk, encode_lane, error_lane, refine_lane, self.window.encode, np.random.default_rng()
        )
        self.prior = PriorController(
            self.explore, self.stage, self.walk, prior_lane, self.window.prior, np.random.default_rng()
        )
        self.trajectory = TrajectoryController(
            self.explore, self.stage, self.history, develop_lane, self.window.trajectory, self.pictures.look_again,
            lambda: self._rest.start(),
        )  # fmt: skip
        self.pictures.lens = self.trajectory.frame
        self.guidance = GuidanceController(self.explore, self.stage, self.walk, self.window.guidance)
        self.layers = LayersController(self.explore, self.stage, self.history, layers_lane, self.window.layers)
        self.critic = CriticController(
            self.explore, self.stage, self.history, critic_lane, judge_lane, self.window.critic
        )
        self.branches = BranchesController(
            self.explore, self.stage, self.history, self.walk, branches_lane, self.window.branches
        )
        self.variations = VariationsController(
            self.explore, self.stage, self.history, self.walk, variations_lane, self.window.variations
        )
        self.retouch = RetouchController(
            self.explore, self.stage, self.history, self.walk, retouch_lane, self.window.retouch
        )
        desk, seeds, rng = self.window.mixing, Seeds(), np.random.default_rng()
        moving = self.explore, self.stage, self.history, self.walk
        self.mixing = MixingController(*moving, (mix_lane, source_lane), desk, seeds, rng)
        self.truncation = TruncationController(*moving, psi_lane, desk.truncation, seeds, rng)
        self.noise = NoiseController(self.explore, self.stage, self.walk, noise_lane, desk.noise, rng)
        self.mixgrid = MixGridController(*moving, mixgrid_lane, desk.grid, seeds, rng)
        self.seeds = SeedsController(self.explore, self.stage, self.walk, seeds_lane, self.window.seeds, seeds)
        self.deeds = Deeds(self)
        self.shelf = LibraryController(
            self.library, self.settings, self.history, self.folders, self.models, open_lane, find_lane,
            (picture_lane, ends_lane, tile_lane, effects_lane), self.walk, self, lambda: self.explore.place.bundle,
            self.strip.take, self.deeds.take_session, self.deeds.take_mixing,
        )  # fmt: skip
        self._room: TrainRoom | None = None
        self._imports: ImportRoom | None = None
        self._sought_trainings = False
        self._drawn_by: Decodes | None = None
        self._rest = _timer(REST_MS, self._on_rest)
        self._facts = _timer(FACTS_MS, self._show_facts)
        self._keeper = (
            Keeper(
                self.explore, self.settings, state_folder() / SESSION, config_folder() / SETTINGS,
                later=lambda call: _timer(SAVE_MS, call).start, tell=lambda text: self.tell(text, error=True),
            )
            if options.session
            else None
        )  # fmt: skip
        self._follow_state()
        join(self)
        if settings_fault:
            self.tell(settings_fault, error=True)

    def open(self) -> None:
        """Show the window and whatever was asked for, was there last time, or comes first."""
        self.window.resize(*self.options.size)
        self.window.showFullScreen() if self.options.present else self.window.show()
        self.window.picture.show_empty()
        fault = bring_back(self.explore, state_folder() / SESSION) if self.options.session else ""
        if fault:
            self.tell(fault, error=True)
        if self.options.panel == TRAIN:
            self.show_page(TRAIN)
        elif self.options.panel and not self.window.show_instrument(self.options.panel):
            raise ExplorerError(
                f"There is no panel {self.options.panel!r}; there are: {', '.join((*self.window.instruments, TRAIN))}."
            )
        elif self.options.panel:
            self.explore.instrument = self.options.panel
        if self.options.target is not None:
            self.deeds.open_file(self.options.target)
        elif not self.explore.place.bundle:
            self.library.events.items.connect(self._open_first)
        self.shelf.find()

    def close(self) -> None:
        """End everything; what is not written yet is written."""
        if self._closed:
            return
        self._closed = True
        self._rest.stop()
        self._facts.stop()
        self.stack.indexChanged.disconnect(self._show_undo)  # Qt tells once more when it takes the stack down
        if self._keeper is not None:
            self._keeper.save_session()
            self._keeper.save_settings()
        self.notebooks.save()
        if self._room is not None:
            self._room.close()
        if self._imports is not None:
            self._imports.close()
        self.films.close()
        self.embedder.close()
        self.worker.close()
        self.branches.close()
        self.runtime.close()

    @property
    def idle(self) -> bool:
        """Whether nothing is being computed or on its way."""
        lanes = (*self.worker.lanes, *self.embedder.lanes)
        timers = self._rest.isActive() or self._facts.isActive()
        room = all(room is None or room.idle for room in (self._room, self._imports))
        return all(lane.idle for lane in lanes) and self.films.idle and room and not timers

    @property
    def showing(self) -> bool:
        """Whether a picture of the model that was asked for is in view."""
        picture = self.stage.picture
        return picture is not None and picture.model is self.stage.at(self.explore.place)

    @property
    def room(self) -> "TrainRoom":
        """What stands behind the Train page, built when it is first asked for."""
        if self._room is None:
            from explorer.trainroom import TrainRoom  # a start needs none of it

            self._room = TrainRoom(self)
        return self._room

    @property
    def imports(self) -> "ImportRoom":
        """What stands behind the import of models that others made, built when it is first asked for."""
        if self._imports is None:
            from explorer.importroom import ImportRoom  # a start needs none of it

            self._imports = ImportRoom(self)
        return self._imports

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        self.window.show_page(key)
        if key == "train":
            self.room.show()
        elif self._room is not None:
            self._room.hide()

    # what controllers tell

    def show_items(self, items: object, current: str) -> None:
        """The library as it is now."""
        self.window.library.show_items(self.library.items, current)

    def show_opening(self, name: str) -> None:
        """What is being opened; an empty name: nothing any more."""
        self._opening = name
        if name:
            self.window.toasts.withdraw(OPENING)
            self.window.picture.show_busy(f"Opening {name} …")
        elif not self.explore.place.bundle:
            self.window.picture.show_empty()
        else:
            self._on_painted()

    def tell(self, sentence: str, *, error: bool) -> None:
        """A message in the window; one about opening a model goes when another is opened."""
        self.window.tell(sentence, error=error, about=OPENING if self._opening else "")

    # state -> window

    def _follow_state(self) -> None:
        self.stage.events.model.connect(self._show_model)
        self.stage.events.picture.connect(self._on_picture)
        self.explore.events.smooth.connect(self.window.picture.show_smooth)
        self.explore.events.instrument.connect(self.window.show_instrument)
        self.explore.events.place.connect(self.shelf.refresh)
        self.stack.indexChanged.connect(self._show_undo)
        self.settings.events.theme.connect(lambda name: theme.apply(self._qt, theme.THEMES[name]))
        self.window.picture.canvas.painted.connect(self._on_painted)
        self.window.picture.show_smooth(self.explore.smooth)
        self._show_undo()

    def _show_model(self) -> None:
        model = self.stage.model
        self.window.sliders.clear_thumbnails()
        self.window.directions.clear_thumbnails()
        self.window.card.show_manifest(None if model is None else model.manifest)
        self.window.show_answered(answered(model))
        runs_on = None if model is None else model.runs_on()
        short, sentence = ("", "") if runs_on is None else (runs_on.short, runs_on.sentence)
        missed = runs_on is not None and runs_on.provider == CPU and self.device == "cuda"
        self.window.header.show_runs_on(short, sentence, explained=missed)
        if missed:
            self.tell(sentence, error=False)
        views = {} if model is None else model.views
        spaces = tuple((key, view.decodes.space.name) for key, view in views.items() if view.decodes is not None)
        self.window.picture.show_spaces(spaces, "" if model is None else model.space)
        self._show_facts()

    def _on_picture(self) -> None:
        if self.stage.picture is not None:
            self._rest.start()
        self._on_painted()

    def _on_rest(self) -> None:
        if not self._sought_trainings:
            self._sought_trainings = True
            from explorer.trainroom import TrainRoom

            if TrainRoom.has_work():
                self.room.training.look()
        if self.pictures.refine():
            return
        for instrument in (
            self.sliders, self.map, self.whereabouts, self.directions, self.grid,
            self.mixing, self.truncation, self.noise, self.mixgrid, self.seeds, self.variations, self.layers,
            self.critic, self.trajectory,
        ):  # fmt: skip
            instrument.rest()
        if self.stage.decodes is not self._drawn_by:  # another style: small pictures elsewhere are drawn anew
            self._drawn_by = self.stage.decodes
            for instrument in (self.strip, self.arithmetic, self.picks):
                instrument.refresh()

    def _on_painted(self, _token: int = 0) -> None:
        if not self._facts.isActive():
            self._facts.start()

    def _show_facts(self) -> None:
        picture, here = self.stage.picture, distance(self.stage)
        self.window.sliders.show_distance(here)
        if picture is None or here is None:
            self.window.facts.show_facts(())
            return
        name, size = picture.model.manifest.name, len(picture.code)
        how = self.trajectory.caption(picture) or f"decoded from {size} numbers"
        self.window.picture.show_caption(f"{name}   ·   {how}")
        tip = "Distance from the prior's centre, beside what samples of the prior have on average."
        paint, around = self.window.picture.paint_ms, self.whereabouts.newest
        self.window.facts.show_facts(
            (
                Fact(origin(self.explore.place), 3, "How this point was chosen."),
                Fact(here.sentence, 2, tip, "warning" if here.unusual else "secondary"),
                Fact("" if around is None else around.sentence, 1, "In the latent space, among the data it came with."),
                Fact(f"run {span(picture.run_ms)}", 1, "How long the model took for this picture."),
                Fact("" if paint is None else f"paint {paint:.1f} ms", 0, "From the answer to the painted picture."),
            )
        )

    def _show_undo(self) -> None:
        self.window.header.show_undo(
            self.stack.undoText() if self.stack.canUndo() else "", self.stack.redoText() if self.stack.canRedo() else ""
        )

    def _open_first(self) -> None:
        """On a first start: the model that shows most, else the first that can be opened."""
        fine = [item for item in self.library.items if not item.fault]
        first = next((item for item in fine if item.title == FIRST_MODEL), fine[0] if fine else None)
        if first is not None and not self.explore.place.bundle:
            self.library.events.items.disconnect(self._open_first)
            self.shelf.open(first.path)


def run(options: LaunchOptions) -> int:
    """Start the program and stay until it ends; the exit status."""
    if options.present:
        os.environ.setdefault("QT_SCALE_FACTOR", str(PRESENT_SCALE))
    headless = sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if options.screenshot is not None and headless:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Latent Explorer")
    qt.setDesktopFileName("latent-explorer")
    qt.setWindowIcon(QIcon(str(assets_folder() / "icons" / "latent-explorer.svg")))
    app = App(options, qt)
    settle()
    _keep_log(app)
    openings = Openings(qt)
    if sys.platform == "darwin":  # elsewhere a file is an argument, and a filter of all events is not free
        openings.asked.connect(lambda path: app.deeds.open_file(Path(path)))
        qt.installEventFilter(openings)
    try:
        app.open()
        if options.screenshot is not None:
            take_screenshot(app, qt, options.screenshot)
            return 0
        return qt.exec()
    finally:
        app.close()  # a thread that outlives Qt would end the program with an abort


def settle() -> None:
    """Collect garbage from now on, but none of what is there, for it stays: a full pass over it takes 35 ms."""
    gc.freeze()
    gc.enable()


def _timer(interval_ms: int, call: Callable[[], None]) -> QTimer:
    """Calls once after ``interval_ms`` of calm; every start begins anew."""
    timer = QTimer()
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(call)
    return timer


def _keep_log(app: App) -> None:
    """What goes wrong unforeseen is written down and told, and the app goes on."""
    try:
        state_folder().mkdir(parents=True, exist_ok=True)
        log.addHandler(RotatingFileHandler(state_folder() / "log.txt", maxBytes=1 << 20, backupCount=1))
    except OSError:
        log.addHandler(logging.StreamHandler())

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("".join(traceback.format_exception(kind, error, trace)))
        if issubclass(kind, KeyboardInterrupt):
            app.window.close()
            return
        app.tell(f"Something unexpected went wrong ({kind.__name__}: {error}); the details are in the log.", error=True)

    sys.excepthook = hook
