"""``python -m tests.benchmarks.bench_film [BUNDLE]``: saving films, beside their bare work, and the hand meanwhile."""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np

from explorer.control.films import FilmsController, FilmsView
from explorer.control.stage import Picture, Stage
from explorer.control.strip import StripController, StripView, codes_of
from explorer.control.walk import Walk
from explorer.media.films import Film, GifFilm, Look, WebpFilm
from explorer.media.recipes import Recipe
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.places import assets_folder
from explorer.runtime.session import Runtime
from explorer.state.filmchoice import FilmChoice
from explorer.state.journey import Journey
from explorer.state.place import Explore, Place
from explorer.state.settings import Settings
from explorer.tasks.latest import Lane, Worker
from explorer.tasks.queue import JobQueue, Task
from tests.benchmarks.rows import Row, at_most, print_table
from tests.unit.control.stand import Steps
from tests.unit.inbox import Inbox

FRAMES, FPS, LEGS = 300, 50, 3
RATIO = 1.2  # of bare decoding and encoding, one after the other
LONG, GROWTH_MB = 3_000, 48.0  # frames; of memory, which holds those between decoding and writing
HAND_MS = 16.0  # beyond bare decoding, at 95 %
BATCH = 16  # of bare decoding
FILMS: dict[str, Callable[[Path, Look, Recipe], Film]] = {"gif": GifFilm, "webp": WebpFilm}


class Stand:
    """Films of a path through a real model, with a worker and a queue, and this thread as the main one."""

    def __init__(self, model: Model, seconds: float) -> None:
        assert model.decodes is not None
        self.model, self.decodes = model, model.decodes
        self.inbox = Inbox()
        self.worker = Worker(self.inbox.post, lanes=2)
        explore, stage, steps = Explore(), Stage(), Steps()
        rng = np.random.default_rng(0)
        codes = self.decodes.prior.sample(rng, LEGS + 1)
        self.journey = Journey(bundle=model.key, keyframes=tuple(map(tuple, codes.tolist())), leg_s=seconds / LEGS)
        walk = Walk(explore, stage, steps, rng, lambda: None)
        views = create_autospec(StripView, instance=True), create_autospec(FilmsView, instance=True)
        strip = StripController(explore, stage, steps, walk, create_autospec(Lane, instance=True), views[0], rng)
        self.films = FilmsController(explore, stage, Settings(), strip, self.worker.lanes[1], self.inbox.post, views[1])
        explore.place = Place(bundle=model.key, code=self.journey.keyframes[0])
        explore.journey = self.journey
        stage.model = model
        stage.picture = Picture(1, model, codes[0], self.decodes.decode(codes[:1])[0], 0.0)

    def save(self, kind: str, target: Path, hand: bool = False) -> list[float]:
        """Save the film; how many milliseconds each picture took that a hand asked for meanwhile."""
        waits: list[float] = []

        def ask() -> None:
            began_s = time.perf_counter()

            def answered(_: object) -> None:
                waits.append((time.perf_counter() - began_s) * 1_000)
                ask()

            code = self.decodes.prior.center[None]
            self.worker.lanes[0].submit(lambda job: self.decodes.decode(code), answered, _crash)

        choice = FilmChoice(kind=kind, fps=FPS, scale=2, smooth=False)  # type: ignore[arg-type]
        self.films.save(choice, target)
        if hand:
            ask()
        self.inbox.run_until(lambda: self.films.idle)
        return waits

    def bare(self, kind: str, target: Path, count: int) -> None:
        """The same frames decoded and encoded one after the other, at the priority that films are saved with."""
        queue = JobQueue(self.inbox.post, lambda progress: None)
        queue.submit("bare", count, partial(self._decode_and_encode, kind, target, count), lambda _: None, _crash)
        self.inbox.run_until(lambda: queue.idle)
        queue.close()

    def _decode_and_encode(self, kind: str, target: Path, count: int, task: Task) -> None:
        recipe = Recipe(bundle="", name="", code=self.journey.keyframes[0])
        film = FILMS[kind](target, Look(FPS, 2), recipe)
        codes = codes_of(self.journey, self.decodes.prior, np.linspace(0, LEGS, count))
        for start in range(0, count, BATCH):
            for pixels in self.decodes.decode(codes[start : start + BATCH]):
                film.add(pixels)
                task.report(film.frames)
        film.finish()

    def close(self) -> None:
        self.films.close()
        self.worker.close()


def rows(bundle: Path, repetitions: int) -> list[Row]:
    """A film of 300 frames against its bare work; memory over 3,000; the hand while a film is saved."""
    found: list[Row] = []
    with closing(Runtime("cpu")) as runtime, tempfile.TemporaryDirectory() as scratch:
        model, name = load_model(bundle, runtime), bundle.name
        with closing(Stand(model, FRAMES / FPS)) as stand:
            for kind in FILMS:
                target = Path(scratch) / f"film.{kind}"
                both = partial(stand.bare, kind, target, FRAMES + 1), partial(stand.save, kind, target)
                pairs = [tuple(_timed(call) for call in both) for _ in range(repetitions)]
                bare, film = (min(times) for times in zip(*pairs, strict=True))
                what = f"{name}: a film of {FRAMES} frames ({kind})"
                found.append(at_most(what, film, RATIO * bare, "s", f"bare decoding and encoding {bare:.2f} s"))
            code = stand.decodes.prior.center[None]
            alone = 1_000 * float(np.percentile([_timed(lambda: stand.decodes.decode(code)) for _ in range(100)], 95))
            wait = float(np.percentile(stand.save("gif", Path(scratch) / "film.gif", hand=True), 95))
            what = f"{name}: a picture while a film is saved, 95 %"
            found.append(at_most(what, wait, alone + HAND_MS, "ms", f"decoding alone, 95 % {alone:.2f} ms"))
        with closing(Stand(model, LONG / FPS)) as stand:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            stand.save("gif", Path(scratch) / "long.gif")
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1_024
        found.append(at_most(f"{name}: memory over a film of {LONG:,} frames", grown, GROWTH_MB, "MB"))
    return found


def _timed(call: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    call()
    return time.perf_counter() - began_s


def _crash(error: Exception) -> None:
    raise error


if __name__ == "__main__":
    bundles = [Path(path) for path in sys.argv[1:]] or [assets_folder() / "models" / "fashion-vae"]
    print_table(row for bundle in bundles for row in rows(bundle, 3))
