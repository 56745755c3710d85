"""One notebook for each model: read when the model comes on stage, changed through the history, kept on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from psygnal import Signal

from explorer.contract.errors import CannotWrite
from explorer.control.stage import Stage
from explorer.models.capabilities import Model
from explorer.state.history import History, change
from explorer.state.notebook import Notebook, Notes
from explorer.state.storage import restore, store

FOLDER = "notebooks"  # inside the user's state folder


class Notebooks:
    """The notes of the model on stage; ``changed`` tells that they are others now.

    Notebooks belong to a bundle's identity and the space that is moved in, so a copy of a model has the same one. A
    notebook once opened stays, so that steps of undo find it.
    """

    changed = Signal()

    def __init__(
        self,
        stage: Stage,
        history: History,
        folder: Path | None,
        later: Callable[[Callable[[], None]], Callable[[], None]],
        tell: Callable[[str], None],
    ) -> None:
        """``folder`` is where they are kept, None: nowhere; ``later`` calls a function after a moment of calm."""
        self._stage, self._history, self._folder, self._tell = stage, history, folder, tell
        self._open: dict[str, Notebook] = {}
        self._unsaved: set[str] = set()
        self._told = False
        self._save_later = later(self.save)
        stage.events.model.connect(self._turn)

    @property
    def notes(self) -> Notes:
        """What is written now; empty without a model."""
        notebook = self._current()
        return Notes() if notebook is None else notebook.notes

    def write(self, words: str, gesture: int | None = None, **fields: Any) -> bool:
        """Change fields of the notes, as one step called ``words``; False when nothing is changed by that."""
        notebook = self._current()
        if notebook is None:
            return False
        return change(
            self._history, notebook, "notes", notebook.notes.model_copy(update=fields), words, gesture
        )  # fmt: skip

    def bring(self, model: Model, notes: Notes) -> None:
        """Write notes that came from elsewhere into the notebook of ``model``, behind what stands there."""
        if model.decodes is None or not notes.fits(model.decodes.prior.size):
            return
        if _key(model) not in self._open:
            self._open[_key(model)] = self._read(model, model.decodes.prior.size)
        notebook = self._open[_key(model)]
        mine = notebook.notes
        names = {own.name for own in (*mine.traits, *mine.made, *mine.groups)}
        joined = mine.model_copy(
            update={
                "traits": (*mine.traits, *(trait for trait in notes.traits if trait.name not in names)),
                "made": (*mine.made, *(made for made in notes.made if made.name not in names)),
                "groups": (*mine.groups, *(group for group in notes.groups if group.name not in names)),
                "terms": mine.terms or notes.terms,
                "question": mine.question or notes.question,
            }
        )
        change(self._history, notebook, "notes", joined, "Open a session")

    def save(self) -> None:
        """Write what is not on disk yet."""
        if self._folder is None:
            return
        for key in tuple(self._unsaved):
            self._unsaved.discard(key)
            try:
                store(self._file(self._folder, key), self._open[key].notes)
            except CannotWrite as error:
                if not self._told:  # once is enough; every change would repeat it
                    self._told = True
                    self._tell(f"{error} Until then own directions and groups are forgotten after closing.")

    def _turn(self) -> None:
        """Another model is on stage, or none."""
        model = self._stage.model
        if model is not None and model.decodes is not None and _key(model) not in self._open:
            self._open[_key(model)] = self._read(model, model.decodes.prior.size)
        self.changed.emit()

    def _read(self, model: Model, size: int) -> Notebook:
        key, notes = _key(model), Notes()
        if self._folder is not None:
            notes, fault = restore(self._file(self._folder, key), Notes)
            if not notes.fits(size):
                notes, fault = Notes(), "The notebook of this model holds codes of another length, so it is left out."
            if fault:
                self._tell(fault)
        notebook = Notebook(notes=notes)
        notebook.events.notes.connect(lambda: self._on_change(key))
        return notebook

    def _on_change(self, key: str) -> None:
        self._unsaved.add(key)
        self._save_later()
        if self._stage.model is not None and _key(self._stage.model) == key:
            self.changed.emit()

    def _current(self) -> Notebook | None:
        model = self._stage.model
        return None if model is None else self._open.get(_key(model))

    @staticmethod
    def _file(folder: Path, key: str) -> Path:
        return folder / f"{key}.json"


def _key(model: Model) -> str:
    """The bundle's identity, and the space where it is not the one that the model is met in."""
    return f"{model.bundle.identity()} {model.space}".rstrip()
