"""The library: what can be opened, and opening it; a model that does not load changes nothing but a message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from explorer.contract.archive import MANIFEST
from explorer.contract.errors import BundleNotFound, ExplorerError, ModelFault, short
from explorer.contract.run import SNAPSHOTS
from explorer.control.sessions import SessionFile, may_be_session, read_session
from explorer.control.stage import Models
from explorer.control.walk import FIRST_SEED, Walk
from explorer.latent.styles import Style
from explorer.media.recipes import may_hold_recipe, read_picture
from explorer.models.capabilities import Model
from explorer.state.history import History, change
from explorer.state.journey import Journey
from explorer.state.library import Item, Library, find_bundles, find_identity, read_item
from explorer.state.mixlook import MixLook
from explorer.state.settings import Settings
from explorer.tasks.latest import Job, Lane

RECENT = 50  # models opened by hand that are remembered


class LibraryView(Protocol):
    """What the controller needs of the window."""

    def show_items(self, items: Sequence[Item], current: str) -> None: ...
    def show_opening(self, name: str) -> None:
        """A model is being opened and may take a moment; an empty name: it is no more."""
        ...

    def tell(self, sentence: str, *, error: bool) -> None: ...


class LibraryController:
    """Finds bundles, opens them, and remembers what was opened by hand."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        history: History,
        folders: Sequence[Path],
        models: Models,
        open_lane: Lane,
        find_lane: Lane,
        others: Sequence[Lane],
        walk: Walk,
        view: LibraryView,
        current: Callable[[], str],
        take_journey: Callable[[Journey], None],
        take_session: Callable[[SessionFile, Model], None],
        take_mixing: Callable[[MixLook], None] = lambda _: None,
    ) -> None:
        self._library, self._settings, self._folders, self._models = library, settings, folders, models
        self._open_lane, self._find_lane, self._others = open_lane, find_lane, others
        self._walk, self._view, self._current, self._take_journey = walk, view, current, take_journey
        self._take_session, self._take_mixing = take_session, take_mixing
        self._history = history
        self._shown: tuple[tuple[Item, ...], str] | None = None
        settings.events.hidden.connect(self._follow_hidden)
        library.events.items.connect(self.refresh)

    def find(self) -> None:
        """Look again at the folders and at what was opened by hand."""
        folders, opened, hidden = tuple(self._folders), self._settings.opened, self._settings.hidden
        self._find_lane.submit(lambda job: _find(folders, opened, hidden), self._set_items, _crash)

    def refresh(self) -> None:
        """Show the list and mark the model in view, unless both are shown already."""
        wanted = self._library.items, self._current()
        if wanted != self._shown:
            self._shown = wanted
            self._view.show_items(*wanted)

    def open(self, path: str, code: tuple[float, ...] | None = None, seed: int | None = FIRST_SEED) -> None:
        """Open a model, a zip of one, a picture with a recipe, a session; by default at the point of the first seed."""
        self._view.show_opening(Path(path).name)
        for lane in self._others:
            lane.hurry()
        self._open_lane.submit(
            partial(self._load, Path(path).expanduser(), code, seed, self._settings.opened),
            self._go,
            partial(self._fail, path),
        )

    def renew(self, path: str) -> None:
        """Show the same point in a later snapshot of the model in view, without a word."""

        def work(job: Job) -> Model:
            return self._models.fresh(str(Path(path).resolve()), job)

        self._open_lane.submit(work, self._walk.renew, lambda error: self._fail(path, error))

    def remove(self, path: str) -> None:
        """Take a model out of the list, until that is undone; nothing on disk is touched."""
        title = next((item.title for item in self._library.items if item.path == path), Path(path).name)
        words = f"Take {title} out of the library"
        if change(self._history, self._settings, "hidden", self._settings.hidden | {path}, words):
            self._view.tell(f"{title} was taken out of the library; Ctrl+Z brings it back.", error=False)

    def _load(
        self, path: Path, code: tuple[float, ...] | None, seed: int | None, opened: tuple[str, ...], job: Job
    ) -> "_Loaded":
        """In the worker: from a path to a model that answers, and the point to show; None: that of the seed."""
        journey: Journey | None = None
        space: str = ""
        style: Style | None = None
        mixing: MixLook | None = None
        if path.name == MANIFEST:
            path = path.parent
        session: SessionFile | None = None
        if may_be_session(path):
            session = read_session(path)
            path = self._find(session.identity, session.name, opened)
            code, seed, space, style = session.place.code, session.place.seed, session.place.space, session.place.style
        elif may_hold_recipe(path) and path.is_file():
            recipe = read_picture(path)
            path = self._find(recipe.bundle, recipe.name, opened)
            code, seed, journey = recipe.code, recipe.seed, recipe.journey
            space, style, mixing = recipe.space, recipe.style, recipe.mixing
        label = () if style is None else style.sampling.label
        model = self._models.fresh(str(path.resolve()), job).within(space, label)
        if model.decodes is None:
            raise ModelFault(f"{model.manifest.name} holds no decoder, so there is nothing to look at here.")
        prior = model.decodes.prior
        if code is not None and len(code) != prior.size:
            raise ModelFault(f"The point has {len(code)} numbers, {model.manifest.name} has {prior.size} dimensions.")
        return _Loaded(model, code, seed, journey, style, session, mixing)

    def _find(self, identity: str, name: str, opened: tuple[str, ...]) -> Path:
        path = find_identity(identity, (*find_bundles(self._folders), *map(Path, opened)))
        if path is None:
            raise BundleNotFound(
                f"This was made with {short(name)}, which is not in the library; open that model first, "
                "then drop this file again."
            )
        return path

    def _go(self, loaded: "_Loaded") -> None:
        model, code = loaded.model, loaded.code
        self._view.show_opening("")
        self._settings.hidden -= {model.key}
        kept = Path(model.key).parent.name != SNAPSHOTS  # those of a training stand in its own list
        if kept and all(item.path != model.key for item in self._library.items):
            self._settings.opened = tuple(dict.fromkeys((model.key, *self._settings.opened)))[:RECENT]
            self.find()
        if code is not None or not self._walk.stands_in(model):  # a click on the open model keeps the point
            self._show(loaded)
        else:
            self._walk.stay()
        self.refresh()

    def _show(self, loaded: "_Loaded") -> None:
        """Go to the point; with a path or a session, that is one step of undo."""
        if loaded.session is not None:
            with self._history.together("Open a session"):
                self._walk.open(loaded.model, loaded.code, loaded.seed, loaded.style)
                self._take_session(loaded.session, loaded.model)
            return
        if loaded.mixing is not None:
            with self._history.together("Open a grid of mixes"):
                self._walk.open(loaded.model, loaded.code, loaded.seed, loaded.style)
                self._take_mixing(loaded.mixing)
            return
        if loaded.journey is None:
            self._walk.open(loaded.model, loaded.code, loaded.seed, loaded.style)
            return
        with self._history.together("Open a film"):
            self._walk.open(loaded.model, loaded.code, loaded.seed, loaded.style)
            self._take_journey(loaded.journey.model_copy(update={"bundle": loaded.model.key}))

    def _fail(self, path: str, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.tell(f"{Path(path).name}: {error}", error=True)
        self._view.show_opening("")
        self._walk.stay()  # a picture that had to make way is asked for again

    def _follow_hidden(self, hidden: frozenset[str]) -> None:
        self._library.items = tuple(item for item in self._library.items if item.path not in hidden)
        self.find()  # and what is hidden no more

    def _set_items(self, items: tuple[Item, ...]) -> None:
        self._library.items = items
        self.refresh()


@dataclass(frozen=True)
class _Loaded:
    """What was opened: a model, and the point and the path to show in it."""

    model: Model
    code: tuple[float, ...] | None
    seed: int | None
    journey: Journey | None
    style: Style | None  # None: as the model says
    session: SessionFile | None
    mixing: MixLook | None = None


def _find(folders: tuple[Path, ...], opened: tuple[str, ...], hidden: frozenset[str]) -> tuple[Item, ...]:
    """In the worker: those that ship and the user's, then what was opened by hand."""
    paths = dict.fromkeys((*(str(path.resolve()) for path in find_bundles(folders)), *opened))
    return tuple(read_item(Path(path)) for path in paths if path not in hidden)


def _crash(error: Exception) -> None:
    raise error
