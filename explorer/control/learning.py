"""Stepping into a model while it learns, and a second axis of time: one latent point in every snapshot of a run."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract import run as contract
from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.export import recipe_of
from explorer.control.stage import Load
from explorer.control.training import Seen
from explorer.control.walk import FIRST_SEED, seed_code
from explorer.media.films import GifFilm, Look, WebpFilm
from explorer.media.partfile import reason
from explorer.media.recipes import Recipe
from explorer.media.sheets import Sheet
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.state.place import Explore, Place
from explorer.tasks.latest import Job, Lane
from explorer.training.record import Kept, RunView

FOLLOW_S = 5.0  # between two snapshots that are asked for while somebody looks on
MOST_FRAMES = 200
KEPT_FRAMES = 1_000  # pictures that are remembered
SAVED_PX = 256  # of a film
PLAY_S = 4.0  # of a film


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a snapshot draws at the point, with the way back to it; None: the snapshot cannot be opened."""

    pixels: Pixels
    recipe: Recipe | None


@dataclass(frozen=True, eq=False)
class LearningFrame:
    """One snapshot: after how many images, and what it draws at the point; None: still to come."""

    images: int
    pixels: Pixels | None


class LearningView(Protocol):
    """What the controller needs of the scrubber."""

    def show_frames(self, frames: tuple[LearningFrame, ...], at: int, what: str) -> None: ...
    def show_playing(self, playing: bool) -> None: ...


class LearningController:
    """Draws the point in view, or that of the first seed, in each snapshot; asks for new ones while it follows."""

    def __init__(
        self,
        explore: Explore,
        lane: Lane,
        runtime: Runtime,
        view: LearningView,
        open_path: Callable[[str], None],
        renew: Callable[[str], None],
        following: Callable[[str], None],
        tell: Callable[[str, bool], None],
        load: Load = load_model,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._explore, self._lane, self._runtime = explore, lane, runtime
        self._view, self._open, self._renew, self._following_shown = view, open_path, renew, following
        self._tell, self._load, self._now = tell, load, now
        self._run: RunView | None = None
        self._known: dict[tuple[Path, bytes], Drawn] = {}
        self._at = -1
        self._playing = False
        self._wanted: Path | None = None  # a run that is stepped into as soon as it has a snapshot
        self._following: Path | None = None
        self._newest: Path | None = None  # the snapshot in view while following
        self._asked_s = -1e9
        self._watched = False  # another program steers
        self._arrived = False  # the model that is followed is in view
        explore.events.place.connect(self._on_place)

    @property
    def following(self) -> Path | None:
        """The run whose newest snapshot is in view."""
        return self._following

    # what a person does

    def step_in(self) -> None:
        """Open the newest snapshot of the run in view in the explorer, and go along with it."""
        run = self._run
        if run is None:
            return
        if run.status == "paused" and run.snapshots and run.snapshots[-1].images == run.images:
            self._open(str(run.snapshots[-1].path))
        elif run.live:
            self._wanted = run.folder
            self._ask(run)
            self._tell(f"{run.name} is opened as soon as its snapshot is written.", False)
        elif run.snapshots:
            self._open(str(run.snapshots[-1].path))
        else:
            self._tell(f"{run.name} has no snapshot; choose Keep to make a model of it.", True)

    def leave(self) -> None:
        """Follow no more; the snapshot in view stays."""
        self._follow(None)

    def scrub(self, at: int) -> None:
        """Look at a snapshot."""
        self._at = at
        self._show()

    def play(self, playing: bool) -> None:
        """Go through the snapshots, from the first one when at the end."""
        count = len(self._snapshots)
        self._playing = playing and count > 1
        if self._playing and self._at >= count - 1:
            self._at = 0
        self._view.show_playing(self._playing)
        self._show()

    def tick(self) -> None:
        """The next one, while it plays."""
        if self._playing:
            if self._at >= len(self._snapshots) - 1:
                self.play(False)
            else:
                self.scrub(self._at + 1)

    def open_one(self) -> None:
        """Open the snapshot in view in the explorer."""
        snapshots = self._snapshots
        if 0 <= self._at < len(snapshots):
            self._follow(None)
            self._open(str(snapshots[self._at].path))

    def save(self, ask: Callable[[str], str]) -> None:
        """Save all pictures that are there as a film, or as a sheet where the name does not end so."""
        run, key = self._run, _key(self._point()[0])
        drawn = [self._known[kept.path, key] for kept in self._snapshots if (kept.path, key) in self._known]
        frames = [one.pixels for one in drawn if one.recipe is not None]
        recipe = next((one.recipe for one in reversed(drawn) if one.recipe is not None), None)
        if run is None or recipe is None:
            self._tell("There is no picture to save yet.", True)
            return
        path = ask(f"{run.name}-learning.gif")
        if not path:
            return
        look = Look(fps=max(len(frames) / PLAY_S, 1.0), scale=max(SAVED_PX // frames[0].shape[0], 1))
        film = {".gif": GifFilm, ".webp": WebpFilm}.get(Path(path).suffix.lower(), Sheet)(Path(path), look, recipe)
        try:
            for pixels in frames:
                film.add(pixels)
            film.finish()
        except OSError as error:
            self._tell(f"{reason(error)}; make room or choose another folder, and save it again.", True)
            return
        self._tell(f"Saved as {path}: {len(frames)} snapshots.", False)

    # what runs tell

    def take(self, seen: Seen) -> None:
        """The runs were read: a snapshot may have come."""
        before, self._run, self._watched = self._run, seen.chosen, bool(seen.watched)
        if before is None or self._run is None or before.folder != self._run.folder:
            self._at, self._playing = -1, False
        self._step(seen)
        self._draw()

    def _step(self, seen: Seen) -> None:
        run = next((run for run in seen.runs if run.folder in (self._wanted, self._following)), None)
        if run is None or not run.snapshots:
            return
        newest = run.snapshots[-1].path
        if self._wanted == run.folder:
            if newest != self._newest or not run.live:
                self._wanted = None
                self._follow(run.folder)
                self._newest = newest
                self._open(str(newest))
        elif self._following == run.folder:
            if newest != self._newest:
                self._newest = newest
                self._renew(str(newest))
            elif run.status == "running" and self._now() - self._asked_s > FOLLOW_S:
                self._ask(run)
            if not run.live:
                self._follow(None)
        if self._following is not None:
            self._following_shown(f"Following {run.name}: {run.snapshots[-1].images:,} images")

    def _follow(self, folder: Path | None) -> None:
        self._following, self._arrived = folder, False
        if folder is None:
            self._wanted = self._newest = None
            self._following_shown("")

    def _ask(self, run: RunView) -> None:
        self._asked_s = self._now()
        if self._watched:  # another window asks; what comes is followed
            return
        self._newest = run.snapshots[-1].path if run.snapshots else None
        try:
            contract.send(run.folder, contract.Command(ask="snapshot"))
        except ExplorerError as error:
            self._tell(str(error), True)

    def _on_place(self, place: Place) -> None:
        folder = self._following
        if folder is not None and place.bundle:
            inside = folder.resolve() in Path(place.bundle).resolve().parents
            if self._arrived and not inside:
                self._follow(None)  # another model was opened
            self._arrived = inside
        self._draw()

    # pictures

    @property
    def _snapshots(self) -> tuple[Kept, ...]:
        snapshots = () if self._run is None else self._run.snapshots
        if len(snapshots) > MOST_FRAMES:
            rows = np.unique(np.linspace(0, len(snapshots) - 1, MOST_FRAMES).round().astype(int))
            snapshots = tuple(snapshots[int(row)] for row in rows)
        return snapshots

    def _point(self) -> tuple[NDArray[np.float32] | None, str]:
        """The code to draw, where the place is in this run; None: that of the first seed."""
        place, run = self._explore.place, self._run
        inside = run is not None and place.bundle and run.folder.resolve() in Path(place.bundle).resolve().parents
        if inside and place.code is not None and not place.space:
            return np.asarray(place.code, np.float32), "The point that you explore"
        return None, f"The point of seed {FIRST_SEED}"

    def _frames(self) -> tuple[LearningFrame, ...]:
        key = _key(self._point()[0])
        found = ((kept.images, self._known.get((kept.path, key))) for kept in self._snapshots)
        return tuple(LearningFrame(images, None if drawn is None else drawn.pixels) for images, drawn in found)

    def _show(self) -> None:
        frames = self._frames()
        at = self._at if 0 <= self._at < len(frames) else len(frames) - 1
        self._view.show_frames(frames, at, self._point()[1])

    def _draw(self) -> None:
        point, _ = self._point()
        key = _key(point)
        missing = [kept for kept in self._snapshots if (kept.path, key) not in self._known]
        self._show()
        if not missing or self._run is None:
            return
        if len(self._known) > KEPT_FRAMES:
            self._known.clear()
        if self._lane.idle:
            work = partial(_drawn, self._load, self._runtime, tuple(missing), point)
            self._lane.submit(work, lambda _: self._draw_rest(), self._fail, partial(self._learn, key))

    def _draw_rest(self) -> None:
        key = _key(self._point()[0])
        if any((kept.path, key) not in self._known for kept in self._snapshots):
            self._draw()

    def _learn(self, key: bytes, found: tuple[Path, Drawn]) -> None:
        self._known[found[0], key] = found[1]
        self._show()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._tell(str(error), True)


def _key(point: NDArray[np.float32] | None) -> bytes:
    return b"" if point is None else point.tobytes()


def _drawn(
    load: Load, runtime: Runtime, snapshots: tuple[Kept, ...], point: NDArray[np.float32] | None, job: Job
) -> Generator[None, None, None]:
    """In the worker: the point in each snapshot; gives way after each. One that cannot be opened stays empty."""
    for kept in snapshots:
        try:
            model: Model = load(kept.path, runtime, job.cancel_with)
        except ExplorerError:
            job.report((kept.path, Drawn(np.zeros((1, 1, 1), np.uint8), None)))
            continue
        if model.decodes is not None:
            prior = model.decodes.prior
            fits = point is not None and point.shape == (prior.size,)
            code = point if fits and point is not None else seed_code(prior, FIRST_SEED)
            decodes = model.decodes.under(model.style)
            recipe = recipe_of(model, code, None if fits else FIRST_SEED, model.style)
            job.report((kept.path, Drawn(decodes.decode(code[None])[0], recipe)))
        yield
