# pyright: basic
"""What a person asks for by the menu, a key, a drop or the clipboard, and which parts of the app do it together."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage

from explorer.contract.archive import write_file
from explorer.contract.errors import CannotWrite
from explorer.control.export import png_of
from explorer.control.outside import is_foreign
from explorer.control.sessions import SUFFIX, SessionFile, bring_in, write_session
from explorer.media.pictures_in import SUFFIXES
from explorer.models.capabilities import Model
from explorer.qt import theme
from explorer.qt.pictures import to_image, to_pixels
from explorer.state.history import change
from explorer.state.mixlook import MixLook

if TYPE_CHECKING:  # only its name: what stands above is not imported
    from explorer.app import App

NOTHING_COPIED = "There is no picture on the clipboard; copy one first."
MARKING = "marking"  # what messages about marked pictures are about


class Deeds:
    """Each is asked for by name or by a signal of the window (``joints.py``)."""

    def __init__(self, app: "App") -> None:
        self._app = app

    def open_source(self) -> None:
        """Choose a picture to be a source of the mixing desk."""
        path = self._app.window.ask_picture("Add a picture as a source")
        if path:
            self._app.mixing.add_file(Path(path))

    def open_to_judge(self) -> None:
        """Choose a picture for the critic."""
        path = self._app.window.ask_picture("Judge a picture")
        if path:
            self._app.critic.take_file(Path(path))

    def take_mixing(self, look: MixLook) -> None:
        """Open the grid of a sheet that was dropped."""
        self.set("mixing", look.model_copy(update={"page": "grid"}), "Open a grid of mixes")
        self.set("instrument", "mixing", "Change the instrument")

    def group_lassoed(self, rows: np.ndarray) -> None:
        """Keep what was circled on the map as a group for arithmetic."""
        if not len(rows):
            self._app.tell("No picture lies inside that outline; draw it around some points.", error=False)
            return
        name = self._app.window.ask_group_name(len(rows), self._app.map.suggested_name(rows))
        if name:
            self._app.arithmetic.add_group(rows, name)
            self._app.tell(f"{len(rows):,} pictures are the group “{name}” now: see Arithmetic.", error=False)

    def to_space(self, space: str) -> None:
        """Move in another of the model's spaces; says what was lost on the way."""
        lost = self._app.walk.to_space(space)
        if lost:
            self._app.tell(lost, error=False)

    def set(self, field: str, value: object, words: str) -> None:
        """Change what was asked for, so that it can be undone."""
        change(self._app.history, self._app.explore, field, value, words)

    def do(self, name: str) -> None:
        """Do a command of the menu or of a key."""
        commands: dict[str, Callable[[], object]] = {
            "undo": self._app.stack.undo,
            "redo": self._app.stack.redo,
            "open_model": self._open_by_dialog,
            "import_model": self._import_by_dialog,
            "save_picture": self._save,
            "save_session": self._save_session,
            "copy_picture": self._copy,
            "copy_code": self._app.codes.copy,
            "paste_code": self._app.codes.paste,
            "next_theme": self._next_theme,
            "random_point": self._app.walk.random,
            "reset_point": self._app.walk.reset,
            "mark_less": lambda: self._mark(more=False),
            "mark_more": lambda: self._mark(more=True),
            "paste_picture": self.paste_picture,
            "add_keyframe": self._app.strip.add,
            "toggle_play": self._app.window.strip.toggle_play,
            "toggle_crisp": lambda: self.set("smooth", not self._app.explore.smooth, "Change the scaling"),
        }
        commands[name]()

    def _mark(self, *, more: bool) -> None:
        """Mark by key; where the marks are not in sight, say what happened."""
        words = self._app.picks.mark(more)
        if words and not self._app.window.directions.teach.isVisible():
            self._app.window.toasts.withdraw(MARKING)  # the newest alone, however fast they come
            self._app.window.tell(f"{words}: see Directions, “Teach your own”.", error=False, about=MARKING)

    def open_file(self, path: Path) -> None:
        """Open what a person named by itself: a model, a saved picture, a session, or what others made."""
        self.open_dropped((path,)) if is_foreign(path) else self._app.shelf.open(str(path))

    def open_dropped(self, paths: tuple[Path, ...]) -> None:
        """Open the first of what was dropped, a picture, a model, a session; or import what others made."""
        if any(is_foreign(path) and path.exists() for path in paths):
            self._app.imports.take(paths)
            return
        if len(paths) > 1:
            self._app.tell(f"{len(paths)} things were dropped; the first one is opened.", error=False)
        if paths and paths[0].suffix.lower() in SUFFIXES:
            self.take_picture(paths[0])
        elif paths:
            self._app.shelf.open(str(paths[0]))

    def take_picture(self, path: Path) -> None:
        """A picture with a recipe brings its point back, any other one is encoded, or begun with while that is open."""
        if self._app.retouch.open:
            self._app.retouch.take_file(path, open_recipe=lambda: self._app.shelf.open(str(path)))
            return
        self._app.encode.take_file(
            path,
            open_recipe=lambda: self._app.shelf.open(str(path)),
            taken=self._to_encode,
            refused=lambda sentence: self._app.tell(sentence, error=True),
        )

    def _to_encode(self) -> None:
        self.set("instrument", "encode", "Change the instrument")

    def open_picture(self) -> None:
        """Choose a picture to encode."""
        path = self._app.window.ask_picture()
        if path:
            self.take_picture(Path(path))

    def paste_picture(self) -> None:
        """Encode the picture on the clipboard, or begin with it while that is open."""
        image = QGuiApplication.clipboard().image().convertToFormat(QImage.Format.Format_RGB888)
        encode, retouch = self._app.encode, self._app.retouch
        if not retouch.open and encode.refusal:
            self._app.tell(encode.refusal, error=True)
            return
        if not retouch.open:
            self._to_encode()
        if not image.isNull():
            (retouch if retouch.open else encode).take(to_pixels(image), "the pasted picture")
        elif retouch.open:
            self._app.tell(NOTHING_COPIED, error=False)
        else:
            self._app.window.encode.show_fault(NOTHING_COPIED)

    def take_session(self, session: SessionFile, model: Model) -> None:
        bring_in(session, model, self._app.explore, self._app.history)
        self._app.notebooks.bring(model, session.notes)

    def _save_session(self) -> None:
        model = self._app.stage.model
        path = "" if model is None else self._app.window.ask_session_place(f"{model.manifest.name}{SUFFIX}")
        if model is None or not path:
            return
        path = path if path.lower().endswith(SUFFIX) else path.removesuffix(".json") + SUFFIX
        try:
            write_session(self._app.explore, model, self._app.notebooks.notes, Path(path))
        except CannotWrite as error:
            self._app.tell(str(error), error=True)
        else:
            self._app.tell(f"Saved as {path}; drop it on this window to come back to all of this.", error=False)

    def _open_by_dialog(self) -> None:
        path = self._app.window.ask_model()
        if path:
            self.open_file(Path(path))

    def _import_by_dialog(self) -> None:
        paths = self._app.window.ask_graphs()
        if paths:
            self.open_dropped(tuple(Path(path) for path in paths))

    def _next_theme(self) -> None:
        names = tuple(theme.THEMES)
        following = names[(names.index(self._app.settings.theme) + 1) % len(names)]
        change(self._app.history, self._app.settings, "theme", following, "Change the theme")

    def _copy(self) -> None:
        if self._app.stage.picture is not None:
            QGuiApplication.clipboard().setImage(to_image(self._app.stage.picture.pixels))
            self._app.tell("The picture is on the clipboard.", error=False)

    def _save(self) -> None:
        picture = self._app.stage.picture
        if picture is None:
            return
        seed = self._app.explore.place.seed
        name = f"{picture.model.manifest.name}-{'point' if seed is None else f'seed-{seed}'}.png"
        path = self._app.window.ask_where_to_save(name)
        if not path:
            return
        try:
            write_file(Path(path), png_of(picture.model, picture.code, picture.pixels, seed, picture.style))
        except CannotWrite as error:
            self._app.tell(str(error), error=True)
        else:
            self._app.tell(f"Saved as {path}; drop it on this window to come back to this point.", error=False)
