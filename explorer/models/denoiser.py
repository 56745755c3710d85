"""Adapter of a diffusion model: noise is the code, and a sampler decodes it step by step."""

import math
from collections.abc import Generator
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ManifestInvalid, ModelFault, PortMismatch, short
from explorer.contract.manifest import (
    Attribute,
    ConditionMeaning,
    Diffusion,
    Graph,
    LabelMeaning,
    LatentSpace,
    Manifest,
    NormalPrior,
    Port,
    TimestepMeaning,
)
from explorer.contract.pixels import Pixels
from explorer.latent.priors import Prior
from explorer.latent.sampling import ANYTHING, Sampling
from explorer.latent.styles import Style
from explorer.models.autoencoder import image_meaning, port_or_fault
from explorer.models.capabilities import Codes, Model, Posterior
from explorer.models.frames import LARGE, Frame, PixelFrame, frame_of
from explorer.models.graphs import Graphs
from explorer.models.labels import label_columns
from explorer.models.prompts import Prompter, condition_of, prompter_of
from explorer.runtime.session import Session
from explorer.samplers.diffusion import Array, Parameterisation, Predict, Schedule, Step, inverted, sample, stirred
from explorer.samplers.known import Known

NOISE = "noise"  # what the space of codes is called
QUICK_STEPS = 8  # while a hand moves
CHUNK = 16  # pictures in one walk, so that a call stays short
RETURNING = Sampling(sampler="ddim", weight=1.0, steps=25)  # how a picture is inverted, and comes back
NO_LABELS = "This model was trained without labels, so there is nothing to ask it for and guidance is off."
NO_NULL = "This model has no null condition, so guidance is off: it cannot tell what the label adds."


class Denoiser:
    """The graph of a diffusion model with everything that a sampler needs to know of it."""

    def __init__(
        self,
        session: Session,
        graph: Graph,
        facts: Diffusion,
        levels: NDArray[Any],
        manifest: Manifest,
        prompter: Prompter | None = None,
    ) -> None:
        self.graph = graph
        self.what: Parameterisation = facts.parameterisation
        self.prompter = prompter
        self._session = session
        self.schedule = Schedule(checked_levels(levels, facts), facts.steps_offset, facts.spare_step, facts.last_level)
        self._x = port_or_fault(graph, graph.input("latent" if facts.space else "image"), "input of a noisy picture")
        self.shape = _shape_of(graph, self._x, manifest.space(facts.space))
        self._step = graph.input("timestep")
        if self._step is None:
            raise PortMismatch(f"{graph.file} has no input of a timestep; export the model again.")
        if not isinstance(self._step.meaning, TimestepMeaning) or self._step.meaning.unit != "step":
            raise PortMismatch(f"{graph.file} does not count time in steps, which is all that can be used here.")
        self._label = graph.input("label")
        if self._label is not None and (
            not isinstance(self._label.meaning, LabelMeaning) or self._label.meaning.encoding != "index"
        ):
            raise PortMismatch(f"{graph.file} does not take its label as an index, which is all that can be used here.")
        self._conditions = tuple(port for port in graph.inputs if isinstance(port.meaning, ConditionMeaning))
        known = (self._x, self._step, self._label, *self._conditions)
        others = [port.name for port in graph.inputs if port not in known]
        if others or (self._conditions and prompter is None):
            wanted = others[0] if others else self._conditions[0].name
            raise PortMismatch(f"{graph.file} also wants {short(wanted)!r}, which nothing here can give.")
        outputs = [port for port in graph.outputs if port.shape == self._x.shape]
        if not outputs:
            raise PortMismatch(f"{graph.file} gives nothing of the size of its picture; export the model again.")
        self._predicted = outputs[0]
        self._null = facts.null_label
        self.columns = label_columns(manifest) if self._label is not None else ()
        self._sizes = (0, 0)

    def draws(self, height: int, width: int) -> None:
        """Pictures of so many pixels, which some networks are told."""
        self._sizes = height, width

    @property
    def refusal(self) -> str:
        """Why guidance is off; empty where it works."""
        if self._conditions:
            return ""
        return NO_LABELS if not self.columns else NO_NULL if self._null is None else ""

    def predict(self, sampling: Sampling, *, both: bool) -> Predict:
        """The network as samplers call it; with ``both`` the condition's two sides go as one batch."""
        asked = self._row(sampling.label), sampling.prompt
        against = self._row(sampling.negative), sampling.negative_prompt
        pair = both and not self.refusal and asked != against

        def call(x: Array, step: float) -> tuple[Array, Array | None]:
            told = self._told(*asked, len(x), avoided=False)
            if not pair:
                return self._run(x, step, told), None
            against_it = self._told(*against, len(x), avoided=True)
            both_told = {name: np.concatenate([rows, against_it[name]]) for name, rows in told.items()}
            answer = self._run(np.concatenate([x, x]), step, both_told)
            return answer[: len(x)], answer[len(x) :]

        return call

    def _row(self, label: tuple[int, ...]) -> tuple[int, ...]:
        """A value for each column, the null one where nothing is said, as the graph wants it."""
        null = self._null if self._null is not None else 0
        found: list[int] = []
        for at, column in enumerate(self.columns):
            value = label[at] if at < len(label) else ANYTHING
            found.append(value if 0 <= value < len(column.values) else null)
        return tuple(found)

    def _told(self, row: tuple[int, ...], prompt: str, count: int, *, avoided: bool) -> dict[str, NDArray[Any]]:
        """What the network is told beside x and the step, ``count`` times the same."""
        found: dict[str, NDArray[Any]] = {}
        if self._label is not None:
            rows = np.array([row] * count, self._label.dtype).reshape(count, -1)
            found[self._label.name] = rows if len(self._label.shape) == 2 else rows[:, 0]
        if self._conditions and self.prompter is not None:
            features = self.prompter.features(prompt, avoided=avoided)
            for port in self._conditions:
                told = condition_of(port, features)
                if told is None:
                    told = np.array([[*self._sizes, 0, 0, *self._sizes]])
                found[port.name] = np.repeat(told.astype(port.dtype), count, axis=0)
        return found

    def _run(self, x: Array, step: float, told: dict[str, NDArray[Any]]) -> Array:
        assert self._step is not None  # proved at the start
        times = () if not self._step.shape else (self._step.shape[0] or len(x),)
        whole = self._step.dtype.startswith("int")
        time = np.full(times, round(step) if whole else step).astype(self._step.dtype)
        feeds: dict[str, NDArray[Any]] = {self._x.name: x.astype(self._x.dtype, copy=False), self._step.name: time}
        answer: Array = self._session.run(feeds | told)[self._predicted.name].astype(np.float32, copy=False)
        if not math.isfinite(float(np.square(answer, dtype=np.float64).sum())):
            raise ModelFault(f"{self.graph.file} answered with numbers that are not finite at step {step:g}.")
        return answer


class DiffusionDecoder:
    """Noise to pictures, under one ``Sampling``; see ``capabilities.Unfolds``."""

    def __init__(
        self,
        denoiser: Denoiser,
        frame: Frame,
        sampling: Sampling,
        known: "WeakValueDictionary[Sampling, DiffusionDecoder] | None" = None,
    ) -> None:
        self._denoiser, self._frame, self._sampling = denoiser, frame, sampling
        # Weakly: a decoder that held itself would stay, and with it the network.
        self._known_decoders: WeakValueDictionary[Sampling, DiffusionDecoder] = (
            WeakValueDictionary({sampling: self}) if known is None else known
        )
        self.space = LatentSpace(name=NOISE, shape=denoiser.shape, prior=NormalPrior())
        size = math.prod(denoiser.shape)
        self.prior = Prior(np.zeros(size, np.float32), np.ones(size, np.float32))

    @property
    def schedule(self) -> Schedule:
        return self._denoiser.schedule

    @property
    def what(self) -> Parameterisation:
        """What the network predicts."""
        return self._denoiser.what

    @property
    def sampling(self) -> Sampling:
        return self._sampling

    @property
    def columns(self) -> tuple[Attribute, ...]:
        return self._denoiser.columns

    @property
    def refusal(self) -> str:
        return self._denoiser.refusal

    @property
    def prompter(self) -> Prompter | None:
        """See ``Unfolds``."""
        return self._denoiser.prompter

    @property
    def exact(self) -> bool:
        """See ``Unfolds``."""
        return self._frame.exact

    @property
    def quick(self) -> "DiffusionDecoder":
        if self._sampling.steps <= QUICK_STEPS:
            return self
        return self._bound(self._sampling.in_steps(QUICK_STEPS))

    @property
    def batch(self) -> int | None:
        """See ``Decodes``."""
        return None

    def under(self, style: Style | None) -> "DiffusionDecoder":
        """Bound to what ``style`` says of sampling; equal ones give the same object as long as anything has it."""
        return self if style is None else self._bound(style.sampling)

    def _bound(self, sampling: Sampling) -> "DiffusionDecoder":
        known = self._known_decoders
        return known.get(sampling) or known.setdefault(
            sampling, DiffusionDecoder(self._denoiser, self._frame, sampling, known)
        )

    def decode(self, codes: Codes) -> Pixels:
        """(N, D) float32 -> (N, H, W, C) uint8; see ``Decodes``. Each picture by itself, as it is when watched."""
        parts: list[Pixels] = []
        height, width, _ = self.shape_shown
        chunk = CHUNK if height * width < LARGE else 1
        for start in range(0, len(codes), chunk):
            walk = self.unfold(codes[start : start + chunk])
            while True:
                try:
                    next(walk)
                except StopIteration as end:
                    parts.append(end.value)
                    break
        return np.concatenate(parts) if parts else np.zeros((0, *self.shape_shown), np.uint8)

    @property
    def shape_shown(self) -> tuple[int, int, int]:
        """(H, W, C) of a picture."""
        return self._frame.shape_shown

    def unfold(
        self, codes: Codes, first: int = 0, x: Array | None = None, before: Step | None = None
    ) -> Generator[Step, None, Pixels]:
        """See ``Unfolds``."""
        size = math.prod(self._denoiser.shape)
        if codes.ndim != 2 or codes.shape[1] != size:
            raise PortMismatch(f"{self._denoiser.graph.file}: noise has {size} numbers, got {list(codes.shape)}.")
        noise = codes.astype(np.float32).reshape(-1, *self._denoiser.shape)
        known = self._known(noise)
        if x is not None:
            start = x
        elif self._sampling.base is not None:
            first, start = yield from self._forked(codes, self._sampling.base)
        else:
            start = noise if known is None else known.start(*self.schedule.at(self.schedule.places(self._sampling)[0]))
        predict = self._denoiser.predict(self._sampling, both=True)
        picture = yield from sample(
            predict,
            start,
            self.schedule,
            self._denoiser.what,
            self._sampling,
            first,
            before,
            clip=self._frame.exact,
            known=known,
        )
        return self.develop(picture)

    def _forked(self, codes: Codes, base: Sampling) -> Generator[Step, None, tuple[int, Array]]:
        """The way of ``base`` up to where this one leaves it: that step, and x there."""
        sampling = self._sampling
        same = {"steps": sampling.steps, "spacing": sampling.spacing, "retouch": sampling.retouch}
        since = min(sampling.since, len(self.schedule.places(sampling)) - 1)
        for step in self._bound(base.model_copy(update=same)).unfold(codes):
            if step.index < since:
                yield step
                continue
            return since, stirred(step, sampling.stir, sampling.seed)
        raise ModelFault("The way that this one forks from ended before the fork.")  # since is below its length

    def _known(self, noise: Array) -> Known | None:
        """What is given of the picture, under that noise."""
        retouch = self._sampling.retouch
        if retouch is None:
            return None
        height, width, _ = self.shape_shown
        for raster, words in ((retouch.picture, "The picture to begin with"), (retouch.mask, "The mask")):
            if raster is not None and (raster.height, raster.width) != (height, width):
                raise PortMismatch(
                    f"{words} is {raster.width} x {raster.height} pixels, but this model draws {width} x {height}; "
                    "make it that size and take it again."
                )
        picture = self._frame.taken(retouch.picture.pixels[None])
        free = None if retouch.mask is None else self._frame.free(retouch.free)
        return Known(picture, noise, retouch.strength, free, retouch.rounds)

    def to_pixels(self, x: Array) -> Pixels:
        """See ``Unfolds``."""
        return self._frame.shown(x)

    def develop(self, x: Array) -> Pixels:
        """See ``Unfolds``."""
        return self._frame.developed(x)


class DiffusionEncoder:
    """Pictures to the noise that they come from: the ODE run backwards, with nothing asked for; see ``Encodes``."""

    def __init__(self, denoiser: Denoiser, frame: Frame, space: LatentSpace) -> None:
        self._denoiser, self._frame, self.space = denoiser, frame, space

    @property
    def picture_shape(self) -> tuple[int | None, int | None, int]:
        """Height, width, channels."""
        return self._frame.shape_shown

    def encode(self, pixels: Pixels) -> Posterior:
        """(N, H, W, C) uint8 -> the noise of N pictures, without a spread."""
        predict = self._denoiser.predict(RETURNING, both=False)
        x = self._frame.taken(pixels).astype(np.float32)
        walk = inverted(predict, x, self._denoiser.schedule, self._denoiser.what, RETURNING)
        while True:
            try:
                next(walk)
            except StopIteration as end:
                return Posterior(end.value.reshape(len(pixels), -1), None)


def with_steps(model: Model, graphs: Graphs) -> Model:
    """``model`` as one whose noise becomes a picture step by step, where its bundle holds a denoiser; else itself.

    Raises:
        ManifestInvalid: it does not say how the denoiser was trained, or its schedule does not hang together.
        PortMismatch: the graph wants what nothing here can give.
    """
    bundle, graph = model.bundle, model.manifest.graph("denoiser")
    if graph is None or model.decodes is not None:
        return model
    facts = bundle.manifest.diffusion
    if facts is None:
        raise ManifestInvalid(f"{graph.file} comes without its noise schedule; export the model again.")
    prompter = prompter_of(bundle, graphs)
    levels = bundle.array(facts.alphas_bar)
    denoiser = Denoiser(graphs.open(graph), graph, facts, levels, bundle.manifest, prompter)
    frame: Frame = frame_of(bundle, graphs, facts) if facts.space else PixelFrame(image_meaning(_image(graph)))
    denoiser.draws(*frame.shape_shown[:2])
    decoder = DiffusionDecoder(denoiser, frame, first_sampling(denoiser, facts))
    return replace(
        model,
        decodes=decoder,
        encodes=DiffusionEncoder(denoiser, frame, decoder.space) if frame.takes else None,
        unfolds=decoder,
        style=Style(sampling=decoder.sampling),
        returns=Style(sampling=RETURNING),
    )


def first_sampling(denoiser: Denoiser, facts: Diffusion) -> Sampling:
    """As its maker says; asked for is the first class, or nothing where attributes are many."""
    suggested = {} if facts.suggested is None else dict(facts.suggested)
    return Sampling(label=(0,) if len(denoiser.columns) == 1 else (), **suggested)


def _image(graph: Graph) -> Port:
    return port_or_fault(graph, graph.input("image"), "input of a noisy picture")


def _shape_of(graph: Graph, port: Port, space: LatentSpace | None) -> tuple[int, int, int]:
    """(C, H, W) of x.

    Raises:
        PortMismatch: it is no picture of one size with channels first, nor a point of the space.
    """
    if space is not None:
        if len(space.shape) != 3 or len(port.shape) != 4:
            raise PortMismatch(f"{graph.file} must take codes of the shape (C, H, W); import the model again.")
        channels, height, width = space.shape
        return channels, height, width
    meaning = image_meaning(port)
    if meaning.layout != "NCHW" or meaning.height is None or meaning.width is None:
        raise PortMismatch(f"{graph.file} must take pictures of one size with channels first; export it again.")
    return meaning.channels, meaning.height, meaning.width


def checked_levels(levels: NDArray[Any], facts: Diffusion) -> NDArray[np.float64]:
    """alphas_bar (T,) as the samplers want it.

    Raises:
        ManifestInvalid: it has another length than the manifest says, or does not fall from below 1 to above 0.
    """
    if levels.shape != (facts.steps,):
        raise ManifestInvalid(
            f"The noise schedule has {levels.size} values for {facts.steps} steps; export the model again."
        )
    found = levels.astype(np.float64)
    inside = np.isfinite(found).all() and (found > 0).all() and (found < 1).all()
    if not inside or (np.diff(found) >= 0).any():
        raise ManifestInvalid("The noise schedule does not fall from step to step between 1 and 0; export it again.")
    return found
