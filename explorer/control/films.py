"""Paths as files: decoded where pictures are, when nothing else is wanted, and written in a thread of its own."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import write_file
from explorer.contract.errors import ExplorerError, short
from explorer.contract.pixels import Pixels
from explorer.control.stage import Stage
from explorer.control.strip import StripController, changes_along, codes_of, places_at
from explorer.media.codes import to_csv, to_npz
from explorer.media.films import Film, GifFilm, Look, PngFilm, WebpFilm
from explorer.media.mp4 import HOW, Mp4Film, find_ffmpeg
from explorer.media.partfile import reason
from explorer.media.recipes import Recipe, app_version
from explorer.media.sheets import Sheet
from explorer.models.capabilities import Codes, Decodes, Model
from explorer.state.filmchoice import FilmChoice
from explorer.state.journey import Journey
from explorer.state.place import Explore
from explorer.state.settings import Settings
from explorer.tasks.handover import Handover
from explorer.tasks.latest import Job, Lane
from explorer.tasks.queue import JobQueue, Post, Progress, Task

AHEAD = 64  # frames that are decoded before they are written, at most
AHEAD_BYTES = 32 << 20  # and so much memory
TURN_MS = 8.0  # so long may frames be decoded in one go: a hand never waits longer for them
BATCH = 64  # frames decoded at once, at most
NO_MP4 = f"MP4 needs ffmpeg, which is not here; to get it: {HOW}"
NAMES = {"gif": ".gif", "webp": ".webp", "png": "", "mp4": ".mp4", "sheet": ".png", "npz": ".npz", "csv": ".csv"}


class NoFilm(ExplorerError):
    """A film cannot be made here."""


class FilmsView(Protocol):
    """What the controller needs of the window."""

    def show_export(self, progress: Progress | None) -> None: ...
    def ask_film(
        self, choice: FilmChoice, frames: Callable[[int], int], side: tuple[int, int], no_mp4: str
    ) -> FilmChoice | None:
        """Let a person choose, beginning with ``choice``; see ``FilmDialog`` for the rest."""
        ...

    def ask_film_place(self, choice: FilmChoice, name: str) -> Path | None: ...
    def tell(self, sentence: str, *, error: bool) -> None: ...


class FilmsController:
    """Saves the strip's path; one film after the other, each of the model and path it was asked for with."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        settings: Settings,
        strip: StripController,
        lane: Lane,
        post: Post,
        view: FilmsView,
    ) -> None:
        self._explore, self._stage, self._settings, self._strip = explore, stage, settings, strip
        self._lane, self._post, self._view = lane, post, view
        self._queue = JobQueue(post, view.show_export)
        self._decoding: _Reel | None = None  # a portion of it is being decoded

    @property
    def idle(self) -> bool:
        """Whether nothing is being saved."""
        return self._queue.idle

    def ask(self) -> None:
        """Let a person choose what becomes of the path, and where; then save it."""
        picture = self._stage.picture
        if picture is None or not self._strip.journey.keyframes:
            return
        height, width = picture.pixels.shape[:2]
        no_mp4 = "" if find_ffmpeg() is not None else NO_MP4
        choice = self._view.ask_film(self._settings.film, self.frames, (width, height), no_mp4)
        place = None if choice is None else self._view.ask_film_place(choice, self.suggested_name(choice))
        if choice is not None and place is not None:
            self._settings.film = choice.model_copy(update={"folder": str(place.parent)})
            self.save(choice, place)

    def frames(self, fps: int) -> int:
        """How many frames a film of the path has; an open path shows both its ends."""
        journey = self._strip.journey
        count = round(journey.duration_s * fps)
        return 0 if journey.legs == 0 else max(count, 2) + (0 if journey.loop else 1)

    def suggested_name(self, choice: FilmChoice) -> str:
        """What the file may be called."""
        model = self._stage.model
        what = {"sheet": "keyframes", "npz": "codes", "csv": "codes"}.get(choice.kind, "path")
        return f"{'latent' if model is None else model.manifest.name}-{what}{NAMES[choice.kind]}"

    def save(self, choice: FilmChoice, target: Path) -> None:
        """Save the path of the model on stage as ``target``; tells when it is done, or why not."""
        model, journey = self._stage.model, self._strip.journey
        decodes = self._stage.decodes
        if model is None or decodes is None or not journey.keyframes:
            return
        if target.suffix.lower() != NAMES[choice.kind]:
            target = target.with_name(target.name + NAMES[choice.kind])
        if choice.kind in ("npz", "csv"):
            self._save_codes(model, journey, choice, target)
            return
        if choice.kind != "sheet" and journey.legs == 0:
            return
        if choice.kind == "png":
            target = _free(target)
        still = choice.kind == "sheet"
        count = len(journey.keyframes) if still else self.frames(choice.fps)
        shares = np.linspace(0, 1, count, endpoint=not journey.loop)
        reel = _Reel(model, decodes, journey, None if still else shares, self._strip.pace, self._ahead())
        frames = Handover[Pixels](reel.ahead, lambda: self._post(partial(self._more, reel, frames)))
        opened = partial(_opened, choice, target, self._recipe(model, journey), reel)
        self._queue.submit(
            target.name, count, partial(_write, opened, frames), partial(self._tell, target, count, still), _crash
        )

    def stop(self) -> None:
        """End what is being saved; it keeps the frames it has."""
        self._queue.stop()

    def close(self) -> None:
        """End everything; what is begun stays whole."""
        self._queue.close()

    def _recipe(self, model: Model, journey: Journey) -> Recipe:
        place, center = self._explore.place, model.decodes.prior.center if model.decodes is not None else np.zeros(0)
        code = place.code if place.code is not None and len(place.code) == len(center) else tuple(center.tolist())
        return Recipe(
            bundle=model.bundle.identity(), name=model.manifest.name, code=code, seed=place.seed,
            space=model.space, style=place.style, version=app_version(),
            journey=journey.model_copy(update={"bundle": ""}),
        )  # fmt: skip

    def _ahead(self) -> int:
        picture = self._stage.picture
        return AHEAD if picture is None else min(max(AHEAD_BYTES // max(picture.pixels.nbytes, 1), 2), AHEAD)

    def _more(self, reel: "_Reel", frames: Handover[Pixels]) -> None:
        """In the main thread: have as many frames decoded as there is room for, unless some are on their way."""
        count = min(frames.room, reel.count - reel.next)
        if self._decoding is not reel and count > 0:
            self._decoding = reel  # a portion of a film that was stopped makes way
            portion = partial(_portion, reel, reel.next, reel.next + count, frames)
            self._lane.submit(portion, partial(self._on_portion, reel, frames), partial(self._on_fault, frames))

    def _on_portion(self, reel: "_Reel", frames: Handover[Pixels], stop: int) -> None:
        if self._decoding is not reel:
            return
        self._decoding, reel.next = None, stop
        if stop == reel.count:
            frames.end()
        self._more(reel, frames)

    def _on_fault(self, frames: Handover[Pixels], error: Exception) -> None:
        self._decoding = None  # not decoded again: who takes the frames ends with the error
        frames.end(error)

    def _save_codes(self, model: Model, journey: Journey, choice: FilmChoice, target: Path) -> None:
        codes = np.asarray(journey.keyframes, np.float32)
        npz = choice.kind == "npz"
        content = to_npz(codes, model.manifest.name, model.bundle.identity()) if npz else to_csv(codes)
        try:
            write_file(target, content)
        except ExplorerError as error:
            self._view.tell(str(error), error=True)
        else:
            self._view.tell(f"Saved {_many(len(codes), 'code')} as {target}.", error=False)

    def _tell(self, target: Path, count: int, still: bool, written: "_Written") -> None:
        has = f"{short(target.name)} holds {_many(written.frames, 'keyframe' if still else 'frame')} of {count}"
        if written.error is not None:
            why = _why(written.error)
            begun = f"{has} and stays usable" if written.frames else f"{short(target.name)} was not written"
            self._view.tell(f"{begun}: {why}", error=True)
        elif written.stopped:
            self._view.tell(f"Stopped; {has if written.frames else 'nothing was written'}.", error=False)
        else:
            what = "the first of its pictures" if target.is_dir() else "it"
            self._view.tell(f"Saved as {target}; drop {what} on this window to come back to this path.", error=False)


class _Reel:
    """What is to be decoded: the frames of a path at ``shares`` of its time, or its keyframes where that is None."""

    def __init__(
        self,
        model: Model,
        decodes: Decodes,
        journey: Journey,
        shares: NDArray[np.float64] | None,
        pace: NDArray[np.float64] | None,
        ahead: int,
    ) -> None:
        self.model, self.decodes, self.journey, self.ahead = model, decodes, journey, ahead
        self.shares, self.pace = shares, pace
        self.count = len(journey.keyframes) if shares is None else len(shares)
        self.next = 0  # the first frame that is not decoded yet
        self.batch = 1.0  # frames that are decoded in ``TURN_MS``

    def codes(self, start: int, stop: int) -> Codes:
        """The points (N, D) of some frames."""
        if self.shares is None:
            return np.asarray(self.journey.keyframes[start:stop], np.float32)
        return codes_of(self.journey, self.decodes.prior, places_at(self.journey, self.pace, self.shares[start:stop]))

    def code(self, frame: int) -> tuple[float, ...]:
        """The point of one frame."""
        return tuple(self.codes(frame, frame + 1)[0].tolist())


@dataclass(frozen=True)
class _Written:
    """How the writing of a film ended."""

    frames: int
    stopped: bool
    error: OSError | ExplorerError | None


def _portion(reel: _Reel, start: int, stop: int, frames: Handover[Pixels], job: Job) -> Generator[None, None, int]:
    """In the worker: some frames, a few in each step, so that whatever is wanted more comes in between."""
    job.cancel_with(reel.model.cancel)
    if reel.pace is None and reel.journey.even and reel.shares is not None:
        reel.pace = yield from changes_along(reel.decodes, reel.journey)
    at = start
    while at < stop:
        codes = reel.codes(at, min(at + int(reel.batch), stop))
        began_s = time.perf_counter()
        frames.put(reel.decodes.decode(codes))
        took_ms = (time.perf_counter() - began_s) * 1_000
        reel.batch = min(max(TURN_MS / max(took_ms, 0.01) * len(codes), 1.0), 2 * reel.batch, BATCH)
        at += len(codes)
        yield
    return stop


def _write(opened: Callable[[], Film], frames: Handover[Pixels], task: Task) -> _Written:
    """In the queue's thread: take frames as they come and write them; what was written stays whole."""
    task.stop_with(frames.close)
    film: Film | None = None
    error: OSError | ExplorerError | None = None
    try:
        film = opened()
        for pixels in frames:
            film.add(pixels)
            task.report(film.frames)
    except (OSError, ExplorerError) as fault:
        error = fault
    finally:
        frames.close()
        if film is not None:
            try:
                film.finish()
            except OSError as fault:
                error = error or fault
    return _Written(0 if film is None else film.frames, task.stopped, error)


def _opened(choice: FilmChoice, target: Path, recipe: Recipe, reel: _Reel) -> Film:
    look = Look(choice.fps, choice.scale, choice.smooth, choice.loop)
    match choice.kind:
        case "gif":
            return GifFilm(target, look, recipe)
        case "webp":
            return WebpFilm(target, look, recipe)
        case "png":
            return PngFilm(target, look, recipe, reel.code)
        case "sheet":
            return Sheet(target, look, recipe)
        case _:
            ffmpeg = find_ffmpeg()
            if ffmpeg is None:
                raise NoFilm(NO_MP4)
            return Mp4Film(target, look, recipe, ffmpeg)


def _free(folder: Path) -> Path:
    """A folder of that name that is not there yet."""
    number, free = 2, folder
    while free.exists():
        number, free = number + 1, folder.with_name(f"{folder.name} {number}")
    return free


def _why(error: OSError | ExplorerError) -> str:
    if isinstance(error, ExplorerError):
        return str(error)
    return f"{reason(error)}; make room or choose another folder, and save it again."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _crash(error: Exception) -> None:
    raise error
