"""The picture in view: follows the place, asks for what differs, shows the answer."""

import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, ModelFault
from explorer.contract.pixels import Pixels
from explorer.control.stage import Models, Picture, Stage, Unfolding
from explorer.latent.styles import Style
from explorer.models.capabilities import Model, Unfolds
from explorer.samplers.diffusion import Step
from explorer.state.place import Explore
from explorer.state.resolve import Scene, resolve
from explorer.tasks.latest import Job, Lane

TOLD_S = 0.25  # a way that takes longer is shown while it is walked, so often
KEPT_BYTES = (
    72 << 20
)  # of a trajectory: 1,000 steps of 64 px colour in half precision, to which larger ones are brought


class PictureView(Protocol):
    """What the controller needs of a canvas."""

    def show_picture(self, pixels: Pixels, token: int) -> None: ...
    def show_before(self, pixels: Pixels | None) -> None: ...
    def show_busy(self, sentence: str) -> None: ...
    def show_empty(self) -> None: ...
    def show_error(self, sentence: str) -> None: ...


class PictureController:
    """Keeps the canvas at the place; one request per scene, the newest wins."""

    def __init__(self, explore: Explore, stage: Stage, lane: Lane, models: Models, view: PictureView) -> None:
        self._explore, self._stage, self._lane, self._models, self._view = explore, stage, lane, models, view
        self._asked: Scene | None = None
        self._token = 0
        self._previewed: Scene | None = None  # what a preview shows, the whole of which is still to come
        self._refining = False  # the whole of it is being computed
        self.told: Callable[[], None] = lambda: None  # a preview was shown
        self.lens: Callable[[Picture], Pixels] = lambda picture: picture.pixels  # what of an answer is shown
        explore.events.place.connect(self.refresh)

    @property
    def token(self) -> int:
        """The number of the newest request."""
        return self._token

    def refresh(self) -> None:
        """Ask for the picture of the place, unless it is shown or on its way."""
        scene = resolve(self._explore.place)
        if scene == self._asked and (scene is None or not self._lost):
            return
        before, self._asked = self._asked, scene
        if scene is None:
            self._lane.cancel()
            self._leave()
            self._view.show_empty()
            return
        self._token += 1
        if before is None or (before.bundle, before.space) != (scene.bundle, scene.space):
            self._view.show_busy("Opening the model …")
        if self._refining:  # it takes long, and nobody wants it any more
            self._refining = False
            self._lane.cancel()
        self._ask(scene, whole=False)

    def refine(self) -> bool:
        """The hand is still: ask for the whole of what a preview shows; whether there is one."""
        scene = self._previewed
        if scene is None or scene != self._asked:
            return False
        self._previewed, self._refining = None, True
        self._ask(scene, whole=True)
        return True

    def _ask(self, scene: Scene, *, whole: bool) -> None:
        self._lane.submit(
            partial(_decode, scene, self._models, self._token, whole),
            partial(self._show, scene),
            partial(self._fail, scene),
            partial(self._show, scene),
            keeps_to_report=True,  # so that a hand that moves on is followed by previews
        )

    def look_again(self) -> None:
        """Show the newest answer through the lens, which is another one now."""
        picture = self._stage.picture
        if picture is not None:
            self._view.show_picture(self.lens(picture), picture.token)

    def hold_before(self) -> None:
        """A gesture begins: what is in view now is what 'before' means from here on."""
        self._stage.before = self._stage.picture
        self._view.show_before(None if self._stage.picture is None else self._stage.picture.pixels)

    @property
    def _lost(self) -> bool:
        """Whether the newest request ended without a picture: in an error, or for something that was wanted more."""
        picture = self._stage.picture
        waits = self._previewed is not None and self._previewed == self._asked
        return self._lane.idle and not waits and (picture is None or picture.token != self._token)

    def _show(self, scene: Scene, picture: Picture) -> None:
        if self._asked is None or (scene.bundle, scene.space) != (self._asked.bundle, self._asked.space):
            return  # another model was asked for meanwhile
        if self._stage.model is not picture.model:
            self._view.show_before(None)
            self._stage.enter(picture.model)
        if picture.preview:
            self._previewed = scene
            self._view.show_picture(picture.pixels, picture.token)
            self.told()
            return
        self._previewed, self._refining = None, False
        self._stage.picture = picture
        self._view.show_picture(self.lens(picture), picture.token)

    def _leave(self) -> None:
        self._stage.picture = None
        self._stage.enter(None)

    def _fail(self, scene: Scene, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        if scene != self._asked:
            return
        self._refining = False
        model = self._stage.model
        if model is not None and (model.key, model.space) != (scene.bundle, scene.space):
            self._leave()
        self._view.show_error(str(error))


def _decode(scene: Scene, models: Models, token: int, whole: bool, job: Job) -> Picture | Iterator[None]:
    """In the worker: load the model if need be, and decode one picture, be it step by step.

    Of a slow model it is a preview, but for what is asked for ``whole``.
    """
    model = models.get(scene.bundle, job).within(scene.space, scene.style.sampling.label)
    if model.decodes is None:
        raise ModelFault(f"{model.manifest.name} holds no decoder, so there is nothing to look at here.")
    job.cancel_with(model.cancel)
    code = scene.vector(model.decodes.prior.center)
    if model.unfolds is not None:
        return _unfold(model, model.unfolds, code, scene.style, token, job)
    start = time.perf_counter()
    preview = None if whole else model.preview
    pixels = (preview or model.decodes).under(scene.style).decode(code[None])[0]
    run_ms = (time.perf_counter() - start) * 1_000
    return Picture(token, model, code, pixels, run_ms, scene.style, preview=preview is not None)


def _unfold(
    model: Model, unfolds: Unfolds, code: NDArray[np.float32], style: Style, token: int, job: Job
) -> Generator[None, None, Picture]:
    """In the worker: first in few steps, told at once, then in all; gives way after each.

    What is walked so far is told where it takes long, and where a step fails.
    """

    def _so_far(way: Unfolds, steps: list[Step], *, quick: bool) -> Picture:
        pixels = way.to_pixels(steps[-1].clean())[0]
        return Picture(token, model, code, pixels, 0.0, style, Unfolding(way, tuple(steps), quick=quick))

    decoder = unfolds.under(style)
    ways = (decoder.quick, decoder) if decoder.quick is not decoder else (decoder,)
    found: Picture | None = None
    for way in ways:
        steps: list[Step] = []
        run_s = told_s = 0.0
        walk = way.unfold(code[None])
        while True:
            start = time.perf_counter()
            try:
                step = next(walk)
            except StopIteration as end:
                run_s += time.perf_counter() - start
                unfolding = Unfolding(way, tuple(steps), quick=way is not decoder)
                found = Picture(token, model, code, end.value[0], run_s * 1_000, style, unfolding)
                break
            except ModelFault:
                if steps:
                    job.report(_so_far(way, steps, quick=False))
                raise
            run_s += time.perf_counter() - start
            steps.append(step if 3 * step.x.nbytes * way.sampling.steps <= KEPT_BYTES else step.halved())
            if found is None and run_s - told_s > TOLD_S:
                told_s = run_s
                job.report(_so_far(way, steps, quick=True))
            yield
        if way is not decoder:
            job.report(found)
    assert found is not None
    return found
