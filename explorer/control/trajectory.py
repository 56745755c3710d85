"""The trajectory of a diffusion model: every step at hand, looked at in several ways, bent without a network call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, short
from explorer.contract.manifest import Attribute
from explorer.contract.pixels import Pixels
from explorer.control.export import recipe_of
from explorer.control.formulas import Reading
from explorer.control.stage import Picture, Stage, Unfolding
from explorer.control.stepcards import step_readings
from explorer.latent.sampling import Sampling
from explorer.media.films import GifFilm, Look, WebpFilm
from explorer.media.partfile import reason
from explorer.media.sheets import Sheet
from explorer.models.capabilities import Unfolds
from explorer.samplers.diffusion import Step
from explorer.state.history import History, change
from explorer.state.place import Explore
from explorer.state.trajectorylook import FrameKind
from explorer.tasks.latest import Job, Lane

KEY = "trajectory"  # of the instrument
STRIP = 40  # frames of a film strip; of a longer trajectory so many, evenly spread, are shown
PLAY_S = 4.0  # a trajectory plays for so long
SAVED_PX = 224  # a saved frame is about so large
PROMPT_WORDS = 60  # letters of a prompt that are told in a caption
EPS_REACH = 3.0  # deviations of the noise that fill the range of a picture
QUICK = "a quick look through a linear map, until the hand rests"
NOTHING = "Every step from noise to picture will stand here, as soon as a picture was drawn."


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of the film strip: of step ``index``, or the finished picture where that is the number of steps."""

    index: int
    pixels: Pixels
    stale: bool  # of before the guidance was changed


@dataclass(frozen=True, eq=False)
class Curves:
    """Over the steps, (n,) each: log10 of the signal-to-noise ratio; pull and change as root mean square."""

    snr: NDArray[np.float64]
    pull: NDArray[np.float64]
    change: NDArray[np.float64]


class TrajectoryView(Protocol):
    """What the controller needs of the panel; frames are counted from 0, the noisiest step."""

    def show_message(self, sentence: str) -> None: ...
    def show_kind(self, kind: FrameKind, pulls: bool) -> None: ...
    def show_frames(self, frames: tuple[Frame, ...]) -> None: ...
    def show_position(self, frame: int, steps: int, sentence: str) -> None: ...
    def show_curves(self, curves: Curves) -> None: ...
    def show_readings(self, readings: tuple[Reading, ...]) -> None: ...
    def show_playing(self, playing: bool) -> None: ...


class TrajectoryController:
    """Chooses the frame in view through the history; shows strip, curves and formulas of the newest trajectory."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        lane: Lane,
        view: TrajectoryView,
        look_again: Callable[[], None],
        settle: Callable[[], None],
    ) -> None:
        """Args:
        explore, stage, history: what is looked at.
        lane: where a step in view is developed.
        view: the panel.
        look_again: the canvas is painted anew.
        settle: another step is in view; ``rest`` is called when the hand is still.
        """
        self._explore, self._stage, self._history, self._view = explore, stage, history, view
        self._lane, self._look_again, self._settle = lane, look_again, settle
        self._developed: tuple[_Looked, Pixels] | None = None
        self._fault = ""  # why the step in view could not be developed
        self._gesture = 0
        self._playing = False
        self._shown_kind: FrameKind | None = None
        for signal in (stage.events.picture, explore.events.instrument):
            signal.connect(self.refresh)
        explore.events.trajectory.connect(self._on_look)
        explore.events.place.connect(self._on_place)

    # what is in view

    def frame(self, picture: Picture) -> Pixels:
        """Of an answer the frame that is looked at, (H, W, C); the lens of the canvas."""
        unfolding = picture.unfolding
        look = self._explore.trajectory
        if unfolding is None or not unfolding.steps or look.at >= 1.0:
            return picture.pixels
        index = min(look.frame(len(unfolding.steps)), len(unfolding.steps) - 1)
        if self._developed is not None and self._developed[0] == self._looked(unfolding, index):
            return self._developed[1]
        return self._pixels(unfolding, index, look.kind)

    def caption(self, picture: Picture) -> str:
        """What of the trajectory is in view, in words; empty for a picture that has none."""
        unfolding, look = picture.unfolding, self._explore.trajectory
        if unfolding is None or not unfolding.steps:
            return ""
        steps = len(unfolding.steps)
        if look.at < 1.0:
            return f"step {min(look.frame(steps), steps - 1) + 1} of {steps}, {WORDS[look.kind]}"
        asked = asked_words(unfolding.decoder.columns, unfolding.decoder.sampling)
        return f"{steps} steps{asked}"

    def refresh(self) -> None:
        """Show everything of the newest trajectory, where the panel is in sight."""
        if self._explore.instrument != KEY:
            self._pause()
            return
        unfolding = self._unfolding
        self._view.show_message("" if unfolding is not None else NOTHING)
        if unfolding is None:
            return
        self._show_frames(unfolding)
        self._view.show_curves(curves_of(unfolding.steps))
        self._show_position(unfolding)

    def rest(self) -> None:
        """The hand is still: the step in view goes through the decoder, where only a quick look at it is shown."""
        picture, unfolding, look = self._stage.picture, self._unfolding, self._explore.trajectory
        if picture is None or unfolding is None or unfolding.decoder.exact or look.at >= 1.0 or look.kind != "clean":
            return
        index = min(look.frame(len(unfolding.steps)), len(unfolding.steps) - 1)
        looked = self._looked(unfolding, index)
        if self._developed is not None and self._developed[0] == looked:
            return
        work = partial(_develop, unfolding.decoder, self._bent(unfolding, index), picture.model.cancel)
        self._lane.submit(work, partial(self._show_developed, looked), self._fail)

    # what a person does

    def begin(self) -> None:
        """A gesture on the film strip begins: what follows is one step of undo."""
        self._gesture += 1
        self._pause()

    def scrub(self, frame: int) -> None:
        """Look at a frame; part of the running gesture."""
        unfolding = self._unfolding
        if unfolding is not None:
            steps = len(unfolding.steps)
            self._look("Look at another step", self._gesture, at=min(max(frame / steps, 0.0), 1.0))

    def step(self, by: int) -> None:
        """So many frames on or back."""
        unfolding = self._unfolding
        if unfolding is not None:
            self.begin()
            self.scrub(self._explore.trajectory.frame(len(unfolding.steps)) + by)

    def show(self, kind: FrameKind) -> None:
        """Look at another kind of frame."""
        self._look("Look at the steps in another way", kind=kind)

    def play(self, on: bool) -> None:
        """Let the steps pass, from the first one where the last is in view; or stop."""
        self.begin()
        self._playing = on and self._unfolding is not None
        if self._playing and self._explore.trajectory.at >= 1.0:
            self._look("Play the trajectory", self._gesture, at=0.0)
        self._view.show_playing(self._playing)

    def tick(self, seconds: float) -> None:
        """So much time passed while it plays."""
        if not self._playing:
            return
        at = min(self._explore.trajectory.at + seconds / PLAY_S, 1.0)
        self._look("Play the trajectory", self._gesture, at=at)
        if at >= 1.0:
            self._pause()

    def save(self, ask: Callable[[str], str], tell: Callable[[str], None]) -> None:
        """Save every frame as it is looked at: a film where the chosen name ends so, else a sheet; with the recipe."""
        picture, unfolding = self._stage.picture, self._unfolding
        if picture is None or unfolding is None:
            return
        path = ask(f"{picture.model.manifest.name}-trajectory.gif")
        if not path:
            return
        kind, steps = self._explore.trajectory.kind, len(unfolding.steps)
        scale = max(SAVED_PX // picture.pixels.shape[0], 1)
        look = Look(fps=max((steps + 1) / PLAY_S, 1.0), scale=scale)
        recipe = recipe_of(picture.model, picture.code, self._explore.place.seed, picture.style)
        film = {".gif": GifFilm, ".webp": WebpFilm}.get(Path(path).suffix.lower(), Sheet)(Path(path), look, recipe)
        try:
            for index in range(steps):
                film.add(self._pixels(unfolding, index, kind))
            film.add(picture.pixels)
            film.finish()
        except OSError as error:
            tell(f"{reason(error)}; make room or choose another folder, and save it again.")
            return
        tell(f"Saved as {path}; drop it on this window to come back to this picture.")

    # inside

    @property
    def _unfolding(self) -> Unfolding | None:
        picture = self._stage.picture
        found = None if picture is None or picture.model is not self._stage.model else picture.unfolding
        return found if found is not None and found.steps else None

    def _pause(self) -> None:
        if self._playing:
            self._playing = False
            self._view.show_playing(False)

    def _look(self, words: str, gesture: int | None = None, **fields: Any) -> None:
        look = self._explore.trajectory.model_copy(update=fields)
        change(self._history, self._explore, "trajectory", look, words, gesture)

    def _looked(self, unfolding: Unfolding, index: int) -> "_Looked":
        step, kind = self._bent(unfolding, index), self._explore.trajectory.kind
        return _Looked(unfolding, index, step.weight, step.rescale, kind)

    def _show_developed(self, looked: "_Looked", pixels: Pixels) -> None:
        self._developed, self._fault = (looked, pixels), ""
        unfolding = self._unfolding
        if unfolding is not None and unfolding is looked.unfolding and self._explore.trajectory.at < 1.0:
            self._look_again()
            if self._explore.instrument == KEY:
                self._show_position(unfolding)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._fault = str(error)
        unfolding = self._unfolding
        if unfolding is not None and self._explore.instrument == KEY:
            self._show_position(unfolding)

    def _on_look(self) -> None:
        self._fault = ""
        self._look_again()
        self._settle()
        unfolding = self._unfolding
        if unfolding is not None and self._explore.instrument == KEY:
            if self._shown_kind != self._explore.trajectory.kind:
                self._show_frames(unfolding)
            self._show_position(unfolding)

    def _on_place(self) -> None:
        """Guidance may have changed: what is in view follows at once, the rest when it was walked anew."""
        if self._unfolding is not None and self._explore.trajectory.at < 1.0:
            self._look_again()

    def _asked(self, unfolding: Unfolding) -> Sampling:
        """What is asked for now, where only the guidance differs from what was walked with; else what was."""
        walked, asked = unfolding.decoder.sampling, self._explore.place.style.sampling
        guidance = {"weight": asked.weight, "curve": asked.curve, "rescale": asked.rescale}
        asked = asked.in_steps(walked.steps)
        return asked if walked.model_copy(update=guidance) == asked else walked

    def _bent(self, unfolding: Unfolding, index: int) -> Step:
        """The step under the guidance that is asked for now."""
        step, asked = unfolding.steps[index], self._asked(unfolding)
        weight = float(asked.weights(len(unfolding.steps))[index])
        return replace(step, weight=weight, rescale=asked.rescale)

    def _pixels(self, unfolding: Unfolding, index: int, kind: FrameKind) -> Pixels:
        step = self._bent(unfolding, index)
        before = self._bent(unfolding, index - 1) if kind == "change" and index else None
        return unfolding.decoder.to_pixels(shown(step, before, kind))[0]

    def _show_frames(self, unfolding: Unfolding) -> None:
        kind, steps = self._explore.trajectory.kind, unfolding.steps
        self._shown_kind = kind
        self._view.show_kind(kind, steps[0].unconditional is not None)
        picture = self._stage.picture
        assert picture is not None
        chosen = np.unique(np.rint(np.linspace(0, len(steps), min(len(steps) + 1, STRIP))).astype(int)).tolist()
        stale = unfolding.quick or self._asked(unfolding) != unfolding.decoder.sampling
        frames = [
            Frame(index, picture.pixels if index == len(steps) else self._pixels(unfolding, index, kind), stale)
            for index in chosen
        ]
        self._view.show_frames(tuple(frames))

    def _show_position(self, unfolding: Unfolding) -> None:
        steps = unfolding.steps
        frame = self._explore.trajectory.frame(len(steps))
        if frame >= len(steps):
            self._view.show_position(len(steps), len(steps), f"The picture after {len(steps)} steps.")
            self._view.show_readings(step_readings(unfolding, self._bent(unfolding, len(steps) - 1)))
            return
        step = self._bent(unfolding, frame)
        sentence = (
            f"Step {frame + 1} of {len(steps)}: t = {step.step:g}, signal {step.signal:.3f}, noise {step.noise:.3f}"
        )
        if step.unconditional is not None:
            sentence += f", weight {step.weight:.3g}"
        if step.x.dtype == np.float16:
            sentence += ", kept in half precision to save memory"
        quick = not unfolding.decoder.exact and self._explore.trajectory.kind == "clean"
        if quick and (self._developed is None or self._developed[0] != self._looked(unfolding, frame)):
            sentence += f"; {QUICK}"
        fault = f" {self._fault}" if self._fault else ""
        self._view.show_position(frame, len(steps), f"{sentence}.{fault}")
        self._view.show_readings(step_readings(unfolding, step))


@dataclass(frozen=True)
class _Looked:
    """A step in view: of which way, under which guidance, as what."""

    unfolding: Unfolding
    index: int
    weight: float
    rescale: float
    kind: FrameKind


def _develop(decoder: Unfolds, step: Step, cancel: Callable[[], None], job: Job) -> Pixels:
    """In the worker: the clean estimate of a step through the decoder."""
    job.cancel_with(cancel)
    return decoder.develop(step.clean())[0]


WORDS: dict[FrameKind, str] = {
    "noisy": "as it comes in",
    "clean": "clean estimate",
    "noise": "predicted noise",
    "change": "change to the step before",
    "pull": "what the condition adds",
}


def asked_words(columns: tuple[Attribute, ...], sampling: Sampling) -> str:
    """``, sneaker, weight 2``, and what is begun with; empty where nothing was asked for."""
    prompt = " ".join(sampling.prompt.split())
    named = [
        column.values[value]
        for column, value in zip(columns, sampling.label, strict=False)
        if 0 <= value < len(column.values)
    ]
    if prompt:
        named.append(f"“{short(prompt, PROMPT_WORDS)}”")
    asked = f", {', '.join(named)}, weight {sampling.weight:g}" if named else ""
    begun = sampling.retouch
    if begun is None:
        return asked
    return f"{asked}, from a picture at strength {begun.strength:g}{'' if begun.mask is None else ', filled'}"


def shown(step: Step, before: Step | None, kind: FrameKind) -> NDArray[np.float32]:
    """What of a step is shown, (N, C, H, W), -1 black and 1 white; differences are grey where there is none."""
    if kind == "noisy":
        return step.x
    if kind == "noise":
        return step.eps() / np.float32(EPS_REACH)
    if kind == "pull":
        return step.pull()
    if kind == "change":
        return np.zeros_like(step.x) if before is None else step.clean() - before.clean()
    return step.clean()


def curves_of(steps: tuple[Step, ...]) -> Curves:
    """The curves of a trajectory; the change of the first step is 0."""
    cleans = [step.clean() for step in steps]
    changes = [0.0, *(rms(after - before) for before, after in pairwise(cleans))]
    return Curves(
        np.array([np.log10(max(step.snr, 1e-12)) for step in steps]),
        np.array([rms(step.pull()) for step in steps]),
        np.array(changes),
    )


def rms(values: NDArray[np.float32]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
