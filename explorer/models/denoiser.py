"""Adapter of a diffusion model: noise is the code, and a sampler decodes it step by step."""

import math
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ManifestInvalid, ModelFault, PortMismatch, short
from explorer.contract.manifest import (
    Attribute,
    Diffusion,
    Graph,
    LabelMeaning,
    LatentSpace,
    Manifest,
    NormalPrior,
    TimestepMeaning,
)
from explorer.contract.pixels import Pixels, from_pixels, to_pixels
from explorer.latent.priors import Prior
from explorer.latent.sampling import ANYTHING, Sampling
from explorer.latent.styles import Style
from explorer.models.autoencoder import image_meaning, port_or_fault
from explorer.models.capabilities import Codes, Model, Posterior
from explorer.models.graphs import Graphs
from explorer.models.labels import label_columns
from explorer.runtime.session import Session
from explorer.samplers.diffusion import Array, Parameterisation, Predict, Schedule, Step, inverted, sample, stirred
from explorer.samplers.known import Known

NOISE = "noise"  # what the space of codes is called
QUICK_STEPS = 8  # while a hand moves
CHUNK = 16  # pictures in one walk, so that a call stays short
KEPT = 8  # samplings that are bound to a decoder of their own
RETURNING = Sampling(sampler="ddim", weight=1.0, steps=25)  # how a picture is inverted, and comes back
NO_LABELS = "This model was trained without labels, so there is nothing to ask it for and guidance is off."
NO_NULL = "This model has no null condition, so guidance is off: it cannot tell what the label adds."


class Denoiser:
    """The graph of a diffusion model with everything that a sampler needs to know of it."""

    def __init__(
        self, session: Session, graph: Graph, facts: Diffusion, levels: NDArray[Any], manifest: Manifest
    ) -> None:
        self.graph = graph
        self.what: Parameterisation = facts.parameterisation
        self._session = session
        self.schedule = Schedule(checked_levels(levels, facts))
        self._x = port_or_fault(graph, graph.input("image"), "input of a noisy picture")
        self.meaning = image_meaning(self._x)
        if self.meaning.layout != "NCHW" or self.meaning.height is None or self.meaning.width is None:
            raise PortMismatch(f"{graph.file} must take pictures of one size with channels first; export it again.")
        self.shape = self.meaning.channels, self.meaning.height, self.meaning.width
        self._step = port_or_fault(graph, graph.input("timestep"), "input of a timestep")
        if not isinstance(self._step.meaning, TimestepMeaning) or self._step.meaning.unit != "step":
            raise PortMismatch(f"{graph.file} does not count time in steps, which is all that can be used here.")
        self._label = graph.input("label")
        if self._label is not None and (
            not isinstance(self._label.meaning, LabelMeaning) or self._label.meaning.encoding != "index"
        ):
            raise PortMismatch(f"{graph.file} does not take its label as an index, which is all that can be used here.")
        others = [port.name for port in graph.inputs if port not in (self._x, self._step, self._label)]
        if others:
            raise PortMismatch(f"{graph.file} also wants {short(others[0])!r}, which nothing here can give.")
        outputs = [port for port in graph.outputs if port.shape == self._x.shape]
        if not outputs:
            raise PortMismatch(f"{graph.file} gives nothing of the size of its picture; export the model again.")
        self._predicted = outputs[0]
        self._null = facts.null_label
        self.columns = label_columns(manifest) if self._label is not None else ()

    @property
    def refusal(self) -> str:
        """Why guidance is off; empty where it works."""
        return NO_LABELS if not self.columns else NO_NULL if self._null is None else ""

    def predict(self, sampling: Sampling, *, both: bool) -> Predict:
        """The network as samplers call it; with ``both`` the condition's two sides go as one batch."""
        asked = self._row(sampling.label)
        against = self._row(sampling.negative)
        pair = both and bool(self.columns) and self._null is not None and asked != against

        def call(x: Array, step: float) -> tuple[Array, Array | None]:
            if not pair:
                return self._run(x, step, [asked] * len(x)), None
            answer = self._run(np.concatenate([x, x]), step, [asked] * len(x) + [against] * len(x))
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

    def _run(self, x: Array, step: float, labels: list[tuple[int, ...]]) -> Array:
        time = np.full(len(x), step).astype(self._step.dtype)
        feeds: dict[str, NDArray[Any]] = {self._x.name: x, self._step.name: time}
        if self._label is not None:
            rows = np.array(labels, self._label.dtype).reshape(len(x), -1)
            feeds[self._label.name] = rows if len(self._label.shape) == 2 else rows[:, 0]
        answer: Array = self._session.run(feeds)[self._predicted.name]
        if not math.isfinite(float(np.square(answer, dtype=np.float64).sum())):
            raise ModelFault(f"{self.graph.file} answered with numbers that are not finite at step {step:g}.")
        return answer


class DiffusionDecoder:
    """Noise to pictures, under one ``Sampling``; see ``capabilities.Unfolds``."""

    def __init__(
        self, denoiser: Denoiser, sampling: Sampling, kept: "dict[Sampling, DiffusionDecoder] | None" = None
    ) -> None:
        self._denoiser, self._sampling = denoiser, sampling
        self._kept: dict[Sampling, DiffusionDecoder] = {sampling: self} if kept is None else kept
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
    def quick(self) -> "DiffusionDecoder":
        if self._sampling.steps <= QUICK_STEPS:
            return self
        return self._bound(self._sampling.in_steps(QUICK_STEPS))

    @property
    def batch(self) -> int | None:
        """See ``Decodes``."""
        return None

    def under(self, style: Style | None) -> "DiffusionDecoder":
        """Bound to what ``style`` says of sampling; equal ones give the same object."""
        return self if style is None else self._bound(style.sampling)

    def _bound(self, sampling: Sampling) -> "DiffusionDecoder":
        if sampling not in self._kept:
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[sampling] = DiffusionDecoder(self._denoiser, sampling, self._kept)
        return self._kept[sampling]

    def decode(self, codes: Codes) -> Pixels:
        """(N, D) float32 -> (N, H, W, C) uint8; see ``Decodes``. Each picture by itself, as it is when watched."""
        parts: list[Pixels] = []
        for start in range(0, len(codes), CHUNK):
            walk = self.unfold(codes[start : start + CHUNK])
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
        channels, height, width = self._denoiser.shape
        return height, width, channels

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
            predict, start, self.schedule, self._denoiser.what, self._sampling, first, before, clip=True, known=known
        )
        return self.to_pixels(picture)

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
        picture = from_pixels(retouch.picture.pixels[None], self._denoiser.meaning)
        free = None if retouch.mask is None else retouch.free[None, None]
        return Known(picture, noise, retouch.strength, free, retouch.rounds)

    def to_pixels(self, x: Array) -> Pixels:
        """See ``Unfolds``."""
        return to_pixels(x.astype(np.float32, copy=False), self._denoiser.meaning)


class DiffusionEncoder:
    """Pictures to the noise that they come from: the ODE run backwards, with nothing asked for; see ``Encodes``."""

    def __init__(self, denoiser: Denoiser, space: LatentSpace) -> None:
        self._denoiser, self.space = denoiser, space

    @property
    def picture_shape(self) -> tuple[int | None, int | None, int]:
        """Height, width, channels."""
        channels, height, width = self._denoiser.shape
        return height, width, channels

    def encode(self, pixels: Pixels) -> Posterior:
        """(N, H, W, C) uint8 -> the noise of N pictures, without a spread."""
        predict = self._denoiser.predict(RETURNING, both=False)
        x = from_pixels(pixels, self._denoiser.meaning).astype(np.float32)
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
    if facts.space:
        raise PortMismatch(f"{graph.file} works in the space {short(facts.space)!r}; only pixels can be sampled here.")
    denoiser = Denoiser(graphs.open(graph), graph, facts, bundle.array(facts.alphas_bar), bundle.manifest)
    decoder = DiffusionDecoder(denoiser, first_sampling(denoiser))
    return replace(
        model,
        decodes=decoder,
        encodes=DiffusionEncoder(denoiser, decoder.space),
        unfolds=decoder,
        style=Style(sampling=decoder.sampling),
        returns=Style(sampling=RETURNING),
    )


def first_sampling(denoiser: Denoiser) -> Sampling:
    """What is asked for before a person says anything: the first class, or nothing where attributes are many."""
    return Sampling(label=(0,)) if len(denoiser.columns) == 1 else Sampling()


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
