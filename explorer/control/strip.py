"""The strip under the picture: keyframes, the path through them, and walking it."""

from collections.abc import Generator
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.paths import along, even_pace
from explorer.latent.priors import Prior
from explorer.models.capabilities import Decodes, Model, portion
from explorer.models.styles import converted
from explorer.state.history import History, change
from explorer.state.journey import KEYFRAMES, Code, Journey
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

BETWEEN = 3  # small pictures shown on a leg
PIECES = 12  # of a leg, whose changes of the picture are measured for an even pace
BATCH = 4  # pictures decoded at once in the patient lane, so that a hand never waits long

Codes = NDArray[np.float32]


class StripView(Protocol):
    """What the controller needs of the strip; keyframes are counted from 0, places on the path are shares in [0, 1]."""

    def show_journey(self, journey: Journey) -> None: ...
    def clear_pictures(self) -> None: ...
    def show_keyframe(self, index: int, pixels: Pixels) -> None: ...
    def show_between(self, leg: int, index: int, pixels: Pixels) -> None: ...
    def show_position(self, share: float) -> None: ...
    def show_times(self, shares: tuple[float, ...]) -> None: ...
    def show_playing(self, playing: bool) -> None: ...
    def show_usable(self, usable: bool) -> None: ...


class StripController:
    """Changes the journey through the history, walks along it, and has its small pictures made."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        walk: Walk,
        lane: Lane,
        view: StripView,
        rng: np.random.Generator,
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._lane, self._view, self._rng = lane, view, rng
        self._pictured: tuple[Decodes, Journey] | None = None
        self._pace: NDArray[np.float64] | None = None  # changes of the picture along the path, BETWEEN pieces of it
        self._moved: tuple[Journey | None, Model | None, Journey] = None, None, Journey()
        self._share = 0.0
        self._playing = False
        explore.events.journey.connect(self.refresh)
        stage.events.model.connect(self.refresh)

    # what is there

    @property
    def journey(self) -> Journey:
        """The journey of the model on stage, in its space; an empty one with the same manner where it has none."""
        journey, model = self._explore.journey, self._stage.model
        if model is None or (journey.bundle, journey.space) == (model.key, model.space):
            return journey
        if self._moved[:2] != (journey, model):
            frames = moved_frames(journey, model) if journey.bundle == model.key else ()
            there = {"bundle": model.key, "space": model.space, "keyframes": frames}
            self._moved = journey, model, journey.model_copy(update=there)
        return self._moved[2]

    @property
    def playing(self) -> bool:
        """Whether it is walked by itself."""
        return self._playing

    def refresh(self) -> None:
        """Show the journey of the model on stage, and have its pictures made."""
        model, journey = self._stage.model, self.journey
        self._view.show_usable(model is not None and model.decodes is not None)
        self._view.show_journey(journey)
        self._show_times()
        if journey.legs == 0:
            self.pause()
        decodes = self._stage.small
        if decodes is None:
            self._lane.cancel()
            self._pictured = None
            return
        drawn = journey.model_copy(update={"leg_s": 1.0, "even": False})
        if self._pictured == (decodes, drawn):
            return
        self._pictured, self._pace = (decodes, drawn), None
        self._view.clear_pictures()
        self._lane.submit(
            partial(_pictures, decodes, drawn), partial(self._learn, drawn), _crash, partial(self._show, drawn)
        )

    def code_at(self, share: float) -> Codes | None:
        """The point (D,) at a share in [0, 1] of the way; None without keyframes."""
        prior = self._prior()
        if prior is None or not self.journey.keyframes:
            return None
        return codes_of(self.journey, prior, places_at(self.journey, self._pace, np.array([share])))[0]

    @property
    def pace(self) -> NDArray[np.float64] | None:
        """Changes of the picture along the path, in pieces of it; None until they are measured."""
        return self._pace

    def take(self, journey: Journey) -> None:
        """Walk a path that came from elsewhere, such as a film's."""
        self.pause()
        change(self._history, self._explore, "journey", journey, "Take the path of a film")

    # keyframes

    def add(self) -> None:
        """Take the point in view as the next keyframe."""
        picture = self._stage.picture
        if picture is not None and len(self.journey.keyframes) < KEYFRAMES:
            code = tuple(picture.code.tolist())
            self._change("Add a keyframe", keyframes=(*self.journey.keyframes, code))

    def to_random(self) -> None:
        """From the point in view to a random one: a path in one click."""
        picture, prior = self._stage.picture, self._prior()
        if picture is None or prior is None:
            return
        frames = self.journey.keyframes or (tuple(picture.code.tolist()),)
        if len(frames) < KEYFRAMES:
            there = tuple(prior.sample(self._rng, 1)[0].tolist())
            self._change("Add a random keyframe", keyframes=(*frames, there))

    def remove(self, index: int) -> None:
        """Take a keyframe out."""
        frames = self.journey.keyframes
        if 0 <= index < len(frames):
            self._change("Remove a keyframe", keyframes=frames[:index] + frames[index + 1 :])

    def replace(self, index: int) -> None:
        """Put the point in view in place of a keyframe."""
        picture, frames = self._stage.picture, self.journey.keyframes
        if picture is not None and 0 <= index < len(frames):
            code = tuple(picture.code.tolist())
            self._change("Replace a keyframe", keyframes=(*frames[:index], code, *frames[index + 1 :]))

    def move(self, index: int, to: int) -> None:
        """Put a keyframe elsewhere in the order."""
        frames = list(self.journey.keyframes)
        if 0 <= index < len(frames) and 0 <= to < len(frames) and index != to:
            frames.insert(to, frames.pop(index))
            self._change("Move a keyframe", keyframes=tuple(frames))

    def clear(self) -> None:
        """Take all keyframes out."""
        self._change("Remove all keyframes", keyframes=())

    def set(self, **manner: Any) -> None:
        """Change how it is walked: ``kind``, ``even``, ``loop`` or ``leg_s``."""
        self._change("Change the path", **manner)

    # walking

    def go(self, index: int) -> None:
        """Go to a keyframe itself."""
        frames = self.journey.keyframes
        if 0 <= index < len(frames):
            self.pause()
            self._walk.begin()
            self._walk.to_code(np.asarray(frames[index], np.float32), f"Go to keyframe {index + 1}")
            self._set_share(self._share_of(index))

    def begin(self) -> None:
        """The hand takes the scrubber."""
        self.pause()
        self._walk.begin()

    def scrub(self, share: float) -> None:
        """Go to a share in [0, 1] of the way; part of the running gesture."""
        code = self.code_at(share)
        if code is not None:
            self._walk.to_code(code, "Walk the path")
            self._set_share(share)

    def play(self) -> None:
        """Walk by itself, from the start again when the end was reached."""
        if self.journey.legs and not self._playing:
            self._walk.begin()
            if self._share >= 1.0:
                self._set_share(0.0)
            self._playing = True
            self._view.show_playing(True)

    def pause(self) -> None:
        """Stand still."""
        if self._playing:
            self._playing = False
            self._view.show_playing(False)

    def tick(self, elapsed_s: float) -> None:
        """So much time has passed while it plays."""
        duration_s = self.journey.duration_s
        if not self._playing or duration_s <= 0:
            return
        share = self._share + elapsed_s / duration_s
        if self.journey.loop:
            share %= 1.0
        self.scrub(min(share, 1.0))
        if share >= 1.0:
            self.pause()

    def _set_share(self, share: float) -> None:
        self._share = share
        self._view.show_position(share)

    def _share_of(self, index: int) -> float:
        """The share of the time at which keyframe ``index`` is reached."""
        legs = self.journey.legs
        if legs == 0:
            return 0.0
        if not self.journey.even or self._pace is None or self._pace.sum() <= 0:
            return min(index / legs, 1.0)
        return float(self._pace[: round(index / legs * len(self._pace))].sum() / self._pace.sum())

    def _change(self, words: str, **fields: Any) -> None:
        if self._stage.model is not None:
            journey = Journey(**(self.journey.model_dump() | fields))
            change(self._history, self._explore, "journey", journey, words)

    def _prior(self) -> Prior | None:
        model = self._stage.model
        return None if model is None or model.decodes is None else model.decodes.prior

    # small pictures

    def _show(self, drawn: Journey, found: tuple[int, int, Pixels]) -> None:
        if self._pictured is not None and self._pictured[1] == drawn:
            leg, index, pixels = found
            if index < 0:
                self._view.show_keyframe(leg, pixels)
            else:
                self._view.show_between(leg, index, pixels)

    def _learn(self, drawn: Journey, pace: NDArray[np.float64]) -> None:
        if self._pictured is not None and self._pictured[1] == drawn:
            self._pace = pace if len(pace) else None
            self._show_times()

    def _show_times(self) -> None:
        journey = self.journey
        count = journey.legs + 1 if journey.legs else 0
        self._view.show_times(tuple(self._share_of(index) for index in range(count)))


def moved_frames(journey: Journey, model: Model) -> tuple[Code, ...]:
    """The keyframes of a journey in the space of another view of its model; none where a keyframe has no way there."""
    moved = [
        converted(model.within(journey.space), model, np.asarray(code, np.float32))[0] for code in journey.keyframes
    ]
    frames = [code for code in moved if code is not None]
    return tuple(tuple(code.tolist()) for code in frames) if len(frames) == len(moved) else ()


def codes_of(journey: Journey, prior: Prior, t: NDArray[np.float64]) -> Codes:
    """The points (T, D) of a journey at ``t`` in [0, legs]."""
    return along(np.asarray(journey.keyframes, np.float32), t, journey.kind, loop=journey.loop, center=prior.center)


def places_at(journey: Journey, pace: NDArray[np.float64] | None, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The places t in [0, legs] on a journey at ``shares`` of the time; ``pace`` as ``changes_along`` measures it."""
    if not journey.even or pace is None or not len(pace):
        return shares * journey.legs
    return even_pace(pace, shares) / len(pace) * journey.legs


def changes_along(decodes: Decodes, journey: Journey) -> Generator[None, None, NDArray[np.float64]]:
    """How much the picture changes over each of the equal pieces of a path; in the worker, a few pictures a step."""
    changes: list[float] = []
    last: NDArray[np.float32] | None = None
    places = np.linspace(0, journey.legs, journey.legs * PIECES + 1) if journey.legs else np.zeros(0)
    batch = portion(decodes, BATCH)
    for start in range(0, len(places), batch):
        for pixels in decodes.decode(codes_of(journey, decodes.prior, places[start : start + batch])):
            now: NDArray[np.float32] = pixels.astype(np.float32)
            if last is not None:
                changes.append(float(np.sqrt(np.mean((now - last) ** 2))))
            last = now
        yield
    return np.asarray(changes, np.float64)


def _pictures(decodes: Decodes, journey: Journey, job: Job) -> Generator[None, None, NDArray[np.float64]]:
    """In the worker: keyframes, then what lies between, then the changes along the path, a few pictures a step."""
    frames = np.asarray(journey.keyframes, np.float32).reshape(-1, decodes.prior.size)
    batch = portion(decodes, BATCH)
    for start in range(0, len(frames), batch):
        for index, pixels in enumerate(decodes.decode(frames[start : start + batch]), start=start):
            job.report((index, -1, pixels))
        yield
    shares = np.arange(1, BETWEEN + 1) / (BETWEEN + 1)
    for leg in range(journey.legs):
        for index, pixels in enumerate(decodes.decode(codes_of(journey, decodes.prior, leg + shares))):
            job.report((leg, index, pixels))
        yield
    return (yield from changes_along(decodes, journey))


def _crash(error: Exception) -> None:
    if not isinstance(error, ExplorerError):
        raise error
