# pyright: basic
"""What stands behind the dialog for models that others made: built when the first one is dropped."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.contract.archive import open_bundle
from explorer.control.importing import ImportController
from explorer.tasks.latest import Worker

if TYPE_CHECKING:  # only its name: what stands above is not imported
    from explorer.app import App


class ImportRoom:
    """The controller and its own thread, joined to the dialog and to the app."""

    def __init__(self, app: "App") -> None:
        self._app, dialog = app, app.window.imports
        self._worker = Worker(app.main.post, lanes=1)  # of its own: a foreign file may take its time
        self.control = ImportController(
            self._worker.lanes[0], dialog, app.folders[-1], self._open,
            lambda words: app.tell(words, error=True),
        )  # fmt: skip
        dialog.answered.connect(self.control.answer)
        dialog.cast.connect(self.control.cast)
        dialog.renamed.connect(self.control.rename)
        dialog.cancelled.connect(self.control.end)
        dialog.save_asked.connect(lambda: self.control.save())
        dialog.save_as_asked.connect(self._save_as)

    def take(self, paths: Sequence[Path]) -> None:
        """Begin with these files."""
        self.control.take(paths)

    @property
    def idle(self) -> bool:
        """Whether nothing is being tried."""
        return all(lane.idle for lane in self._worker.lanes)

    def close(self) -> None:
        """End what is being tried."""
        self.control.end()
        self._worker.close()

    def _save_as(self) -> None:
        path = self._app.window.ask_model_place(str(self.control.suggestion))
        if path:
            self.control.save(Path(path))

    def _open(self, place: Path) -> None:
        """It was opened and run a moment ago, in its own process."""
        self._app.outside.learn(open_bundle(place).identity())
        self._app.shelf.find()
        self._app.shelf.open(str(place))
        self._app.tell(f"{place.name} is in the library now; its card says what was checked.", error=False)
