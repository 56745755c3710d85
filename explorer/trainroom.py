# pyright: basic
"""What stands behind the Train page: built when it is first needed, so that the first picture does not wait for it."""

from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QLockFile, QTimer

from explorer.contract.archive import ZIPPED
from explorer.control.learning import LearningController
from explorer.control.newrun import NewRunController
from explorer.control.training import Seen, TrainingController
from explorer.places import runs_folder
from explorer.tasks.latest import Worker
from explorer.training.pythons import Interpreter
from explorer.training.trainer import find_runs, is_alive, read_order

if TYPE_CHECKING:  # only its name: what stands above is not imported
    from explorer.app import App

LOOK_MS = 500  # between two looks at what runs have written, while one runs or the page is in sight
CALM_MS = 900  # after the last change of the form, before a measurement
STEERING = "steering.lock"  # in the folder of runs: held by the one program that steers
SCRATCH = "latent-explorer-form"  # in the system's folder for what may be lost


class TrainRoom:
    """Controllers of the Train page, joined to it and to the app."""

    def __init__(self, app: "App") -> None:
        self._app, self._window = app, app.window
        page, folder = app.window.train, runs_folder()
        self._timers: list[QTimer] = []
        self._interpreter = Interpreter(app.settings.python)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(folder / STEERING))
        self._lock.setStaleLockTime(0)  # only the end of the program that holds it makes it free
        # Each of the first three may wait for another program for minutes: none may stand in another one's way.
        self._workers = [Worker(app.main.post, lanes=1) for _ in range(3)] + [Worker(app.main.post, lanes=2)]
        ask, data, chore, both = self._workers
        read_lane, draw_lane = both.lanes
        self.training = TrainingController(
            folder, app.folders[-1], read_lane, chore.lanes[0], page,
            lambda words, error: app.tell(words, error=error),
            lambda path: bool(QFile.moveToTrash(str(path))[0]),
            app.shelf.find, self._interpreter.path, self._steers,
        )  # fmt: skip
        self.new = NewRunController(
            ask.lanes[0], data.lanes[0], folder, Path(gettempdir()) / SCRATCH, page.new, self._later,
            self.training.begin, self._interpreter,
        )  # fmt: skip
        self.learning = LearningController(
            app.explore, draw_lane, app.runtime, page.run.learning, self._open, app.shelf.renew,
            app.window.follow.show_following, lambda words, error: app.tell(words, error=error),
        )  # fmt: skip
        self.training.listeners += [self.learning.take, self._on_seen]
        self._looking = QTimer()
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self.training.look)
        self._join()

    def show(self) -> None:
        """The page comes into sight."""
        self.new.open()
        self.training.look()
        self._looking.start()

    def hide(self) -> None:
        """The page goes out of sight; runs that work are looked at on."""
        if not self.training.live:
            self._looking.stop()

    @staticmethod
    def has_work() -> bool:
        """Whether a training of before runs on or waits, so that it should be shown."""
        orders = [order for folder in find_runs((runs_folder(),)) if (order := read_order(folder)) is not None]
        return any(order.pid == 0 or is_alive(order.pid, order.time_s) for order in orders)

    @property
    def idle(self) -> bool:
        """Whether nothing is being asked or read."""
        return all(lane.idle for worker in self._workers for lane in worker.lanes)

    def _steers(self) -> bool:
        """Whether this program is the one that tells trainers what to do; the next one takes over when it ends."""
        return self._lock.isLocked() or self._lock.tryLock(0)

    def close(self) -> None:
        """End what was asked; trainings go on."""
        self._lock.unlock()
        for timer in (self._looking, *self._timers):
            timer.stop()
        for worker in self._workers:
            worker.close()

    def _open(self, path: str) -> None:
        self._app.shelf.open(path)
        self._app.show_page("explore")

    def _on_seen(self, seen: Seen) -> None:
        working = [run for run in seen.runs if run.status == "running"]
        words = "" if not working else f"Training {working[0].name} · {working[0].images_per_s:,.0f} images/s"
        self._window.header.show_training(words)
        if self.training.live and not self._looking.isActive():
            self._looking.start()
        elif not self.training.live and self._window.page != "train":
            self._looking.stop()

    def _later(self, call: Callable[[], None]) -> Callable[[], None]:
        timer = QTimer()
        timer.setSingleShot(True)
        timer.setInterval(CALM_MS)
        timer.timeout.connect(call)
        self._timers.append(timer)
        return timer.start

    def _join(self) -> None:
        page, training, new, learning = self._window.train, self.training, self.new, self.learning
        page.list.new_asked.connect(training.new)
        page.list.chosen.connect(training.choose)
        form = page.new
        form.family_chosen.connect(new.choose_family)
        form.preset_chosen.connect(new.choose_preset)
        form.edited.connect(new.set)
        form.renamed.connect(new.rename)
        form.measure_asked.connect(new.measure)
        form.start_asked.connect(new.start)
        form.install_asked.connect(new.install)
        form.python_chosen.connect(self._choose_python)
        form.look_asked.connect(new.open)
        run = page.run
        run.step_in_asked.connect(learning.step_in)
        run.pause_asked.connect(training.pause)
        run.snapshot_asked.connect(training.snapshot)
        run.stop_asked.connect(training.stop)
        run.keep_asked.connect(training.keep)
        run.export_asked.connect(self._export)
        run.measure_asked.connect(training.measure)
        run.repeat_asked.connect(self._repeat)
        run.delete_asked.connect(training.delete)
        run.tagged.connect(training.tag)
        run.set_asked.connect(training.set)
        run.compared.connect(training.compare)
        card = run.learning
        card.scrubbed.connect(learning.scrub)
        card.play_asked.connect(learning.play)
        card.ticked.connect(learning.tick)
        card.open_asked.connect(learning.open_one)
        card.save_asked.connect(lambda: learning.save(self._window.ask_trajectory_place))
        self._window.follow.stop_asked.connect(learning.leave)
        self._window.follow.train_asked.connect(lambda: self._app.show_page("train"))

    def _choose_python(self, path: str) -> None:
        self._app.settings.python = path
        self.new.choose_python(path)

    def _export(self) -> None:
        run = self.training.seen.chosen
        path = "" if run is None else self._window.ask_model_place(f"{run.name}{ZIPPED[0]}")
        if path:
            self.training.export(Path(path))

    def _repeat(self) -> None:
        again = self.training.again
        if again is not None:
            self.training.new()
            self.new.repeat(*again)
