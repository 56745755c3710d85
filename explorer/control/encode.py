"""A picture from outside, seen through the model: how it is restored, where it lies, what the posterior says."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.contract.errors import ExplorerError
from explorer.contract.manifest import NormalPrior
from explorer.contract.pixels import Pixels
from explorer.control.likelihood import StatedLikelihood, stated_likelihood
from explorer.control.sources import picture_or_recipe
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.bounds import kl_per_dimension, log_likelihood, log_normal, reparameterised
from explorer.latent.neighbours import Neighbours
from explorer.latent.styles import Style
from explorer.media.pictures_in import central_box, fitted, with_channels
from explorer.models.capabilities import Decodes, Encodes, Model
from explorer.models.inverter import can_refine, refine
from explorer.models.stores import Encoded
from explorer.tasks.latest import Job, Lane

SAMPLES = 8
IMPORTANCE = 64  # samples of the importance-weighted bound
NEAREST = 5
COMPARED = 300  # test pictures whose errors the picture's own is held against
TOLD_EVERY = 5  # steps of a descent between two showings
BATCH = 4  # pictures decoded at once in the patient lane
MINIMUM_SIDE = 2  # px of a crop
NO_ENCODER = "This model has no encoder, so pictures cannot be put into it."

Box = tuple[int, int, int]  # left, top, side


@dataclass(frozen=True, eq=False)
class Weights:
    """The parts of log p(x, z) / q(z | x) for L samples of the posterior, in nats, each (L,)."""

    likelihood: StatedLikelihood
    log_likelihoods: NDArray[np.float64]
    log_priors: NDArray[np.float64]
    log_posteriors: NDArray[np.float64]

    @property
    def log_weights(self) -> NDArray[np.float64]:
        """log p(x | z) + log p(z) - log q(z | x), (L,)."""
        return self.log_likelihoods + self.log_priors - self.log_posteriors


@dataclass(frozen=True, eq=False)
class Encoding:
    """One picture as the model sees it; pictures (H, W, C) uint8, codes in latent units, errors in [0, 1]."""

    name: str
    model: Model
    picture: Pixels
    restored: Pixels
    error: NDArray[np.float32]  # (H, W), mean absolute difference over the channels
    squared_error: float
    mean: NDArray[np.float32]  # (D,)
    log_variance: NDArray[np.float32] | None
    kl_nats: NDArray[np.float64] | None  # (D,)
    samples: Pixels  # (S, H, W, C) of the posterior; empty without one
    nearest: tuple[tuple[int, float], ...]  # rows of the encoded data and their distances
    thumbnail_error: float | None  # squared error at the thumbnails' size, to hold against those of test pictures
    noise: NDArray[np.float32]  # (S, D), what the samples were made with
    weights: Weights | None  # of importance samples; None without a posterior or a stated likelihood
    translates: bool = False  # ``restored`` is another picture, made of this one


@dataclass(frozen=True, eq=False)
class Refined:
    """How far a descent came: the code, its picture (H, W, C), and the steps made."""

    code: NDArray[np.float32]
    pixels: Pixels
    step: int


@dataclass(frozen=True, eq=False)
class Refinement:
    """The picture of a descent, its squared error beside that of the encoder, and whether it goes on."""

    pixels: Pixels
    before: float
    error: float
    step: int
    running: bool


class EncodeView(Protocol):
    """What the controller needs of the panel."""

    def show_ready(self, ready: bool, sentence: str) -> None: ...
    def show_stored(self, possible: bool) -> None: ...
    def show_source(self, pixels: Pixels | None, box: Box, name: str) -> None: ...
    def show_encoding(self, encoding: Encoding | None, thumbnails: Pixels | None) -> None: ...
    def show_rank(self, share_below: float | None, count: int) -> None: ...
    def show_refinement(self, refinement: Refinement | None, possible: bool) -> None: ...
    def show_fault(self, sentence: str) -> None: ...


class EncodeController:
    """Takes a picture, has it encoded whenever it or its crop changes, and goes where it lies."""

    def __init__(
        self,
        stage: Stage,
        walk: Walk,
        lane: Lane,
        patient: Lane,
        refining: Lane,
        view: EncodeView,
        rng: np.random.Generator,
    ) -> None:
        self._refining, self._refined = refining, cast("Refined | None", None)
        self._stage, self._walk, self._lane, self._patient, self._view, self._rng = (
            stage,
            walk,
            lane,
            patient,
            view,
            rng,
        )
        self._source: Pixels | None = None
        self._name = ""
        self._box: Box = (0, 0, 0)
        self._noise = np.zeros((SAMPLES, 0), np.float32)
        self._errors: tuple[Encoded, NDArray[np.float32]] | None = None  # of the test pictures, rising
        self.encoding: Encoding | None = None
        stage.events.model.connect(self.refresh)
        stage.events.encoded.connect(self.compare)

    def refresh(self) -> None:
        """Another model is on stage: see the picture through it."""
        self.encoding, self._errors, self._refined = None, None, None
        self._refining.cancel()
        self._view.show_encoding(None, None)
        ready = self._through is not None
        self._view.show_ready(ready, "" if ready else NO_ENCODER)
        self._view.show_stored(self.stored_whole)
        self._view.show_refinement(None, ready and can_refine(self._stage.model))
        if ready and self._source is not None:
            self._ask(go=False)

    @property
    def _through(self) -> Model | None:
        """The model on stage, in that of its spaces which its encoder encodes into; None where it has no encoder."""
        model = self._stage.model
        views = () if model is None else (model, *model.views.values())
        return next((view for view in views if view.encodes is not None and view.decodes is not None), None)

    @property
    def refusal(self) -> str:
        """Why the model on stage takes no picture; empty where it does, or where none is there yet."""
        return "" if self._stage.model is None or self._through is not None else NO_ENCODER

    def _is_current(self, encoding: Encoding | None) -> bool:
        return encoding is not None and encoding.model is self._through

    def take_file(
        self, path: Path, open_recipe: Callable[[], None], taken: Callable[[], None], refused: Callable[[str], None]
    ) -> None:
        """Encode a picture file and go where it lies; one that holds a recipe is opened as such instead.

        ``taken`` is called before anything about a picture is shown, be it that it cannot be read; ``refused`` where
        the model has no place to show it in.
        """

        def done(pixels: Pixels | None) -> None:
            if pixels is None:
                open_recipe()
            elif self.refusal:
                refused(self.refusal)
            else:
                taken()
                self.take(pixels, path.name)

        def failed(error: Exception) -> None:
            if self.refusal and isinstance(error, ExplorerError):
                refused(str(error))
            else:
                taken()
                self._fail(error)

        self._lane.submit(lambda job: picture_or_recipe(path), done, failed)

    def take(self, pixels: Pixels, name: str) -> None:
        """Encode a picture (H, W, 3) uint8, its largest middle square at first, and go where it lies."""
        self._source, self._name, self._box = pixels, name, central_box(pixels)
        self._view.show_source(pixels, self._box, name)
        self._ask(go=True)

    def take_view(self) -> None:
        """Encode the picture in view: what does the model make of its own?"""
        picture = self._stage.picture
        if picture is not None:
            colour = picture.pixels if picture.pixels.shape[2] == 3 else np.repeat(picture.pixels[..., :1], 3, axis=2)
            self.take(colour[..., :3], "the picture in view")

    def take_stored(self) -> None:
        """Encode a picture of the data set, where its pictures are kept at the model's own size."""
        encoded = self._stage.encoded
        if encoded is not None and encoded.thumbnails is not None and self.stored_whole:
            row = int(self._rng.integers(len(encoded)))
            pixels = encoded.thumbnails[row]
            colour = pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)
            self.take(colour, f"{encoded.split} picture {row}")

    @property
    def stored_whole(self) -> bool:
        """Whether the stored pictures are as large as the model's."""
        model, encoded = self._through, self._stage.encoded
        if model is None or model.encodes is None or encoded is None or encoded.thumbnails is None:
            return False
        height, width, _ = model.encodes.picture_shape
        return encoded.thumbnails.shape[1:3] == (height, width)

    def crop(self, box: Box) -> None:
        """Another square of the picture: left, top, side in its pixels."""
        if self._source is not None and box[2] >= MINIMUM_SIDE and box != self._box:
            self._box = box
            self._ask(go=False)

    def renew(self) -> None:
        """Other samples of the posterior."""
        self._noise = np.zeros((SAMPLES, 0), np.float32)
        if self._source is not None:
            self._ask(go=False)

    def go(self) -> None:
        """Go to the mean of the posterior."""
        if self.encoding is not None and self._is_current(self.encoding):
            model, words = self.encoding.model, f"Go to {self.encoding.name}"
            if model.returns is not None:
                self._walk.to_mix(self.encoding.mean, None, model.space, words, sampling=model.returns.sampling)
                return
            if model is not self._stage.model:  # it encodes into another of the model's spaces
                self._walk.to_mix(self.encoding.mean, None, model.space, words, blend=(), psi=1.0)
                return
            self._walk.begin()
            self._walk.to_code(self.encoding.mean, words)

    def go_to_sample(self, at: int) -> None:
        """Go to a sample of the posterior."""
        found = self.encoding
        if found is None or not self._is_current(found) or found.log_variance is None:
            return
        self._walk.begin()
        code = reparameterised(found.mean, found.log_variance, found.noise)[at]
        self._walk.to_code(code, f"Go to sample {at + 1} of the posterior")

    def go_to(self, row: int) -> None:
        """Go to a picture of the data set."""
        encoded = self._stage.encoded
        if encoded is not None and 0 <= row < len(encoded):
            self._walk.begin()
            self._walk.to_code(encoded.codes[row], "Go to a data picture")

    def refine(self) -> None:
        """Bring what the encoder found nearer to the picture by gradient descent, shown as it goes."""
        found = self.encoding
        if found is None or not self._is_current(found) or not can_refine(found.model):
            return
        self._refining.submit(
            partial(_refine, found), self._show_refined, self._fail, partial(self._show_refined, running=True)
        )
        self._view.show_refinement(Refinement(found.restored, found.squared_error, found.squared_error, 0, True), True)

    def stop(self) -> None:
        """End the descent where it is."""
        self._refining.cancel()
        if self._refined is not None:
            self._show_refined(self._refined)

    def go_to_refined(self) -> None:
        """Go to what the descent found so far."""
        found, refined = self.encoding, self._refined
        if found is not None and refined is not None and self._is_current(found):
            words = f"Go to {found.name}, refined"
            self._walk.to_mix(refined.code, None, found.model.space, words, blend=(), psi=1.0, noise="off")

    def _show_refined(self, refined: "Refined", running: bool = False) -> None:
        found = self.encoding
        if found is None or not self._is_current(found):
            return
        self._refined = refined
        error = float(np.mean((found.picture.astype(np.float32) - refined.pixels) ** 2)) / 255**2
        shown = Refinement(refined.pixels, found.squared_error, error, refined.step, running)
        self._view.show_refinement(shown, True)

    def compare(self) -> None:
        """The data came: measure how well its own pictures are restored, to have something to hold others against."""
        model, encoded = self._stage.model, self._stage.encoded
        self._errors = None
        self._view.show_stored(self.stored_whole)
        slow = model is not None and model.preview is not None
        if model is None or model.decodes is None or encoded is None or encoded.thumbnails is None or slow:
            self._patient.cancel()
            return
        self._patient.submit(partial(_test_errors, model.decodes, encoded), partial(self._learn, encoded), self._fail)

    def _ask(self, *, go: bool) -> None:
        model = self._through
        if model is None or model.encodes is None or model.decodes is None or self._source is None:
            return
        self.stop()
        size = model.decodes.prior.size
        if self._noise.shape[1] != size:
            self._noise = self._rng.standard_normal((SAMPLES, size), dtype=np.float32)
        decodes = model.decodes if model.returns is None else model.decodes.under(model.returns)
        work = partial(
            _encode, model, model.encodes, decodes, self._source, self._box, self._name, self._noise,
            self._stage.encoded if model is self._stage.model else None,
        )  # fmt: skip
        self._lane.submit(work, partial(self._show, go=go), self._fail)

    def _show(self, encoding: Encoding, *, go: bool) -> None:
        if not self._is_current(encoding):
            return
        self.encoding = encoding
        self._view.show_refinement(None, can_refine(encoding.model))
        encoded = self._stage.encoded
        self._view.show_encoding(encoding, None if encoded is None else encoded.thumbnails)
        self._rank()
        if go:
            self.go()

    def _learn(self, encoded: Encoded, errors: NDArray[np.float32]) -> None:
        if self._stage.encoded is encoded:
            self._errors = encoded, errors
            self._rank()

    def _rank(self) -> None:
        error = None if self.encoding is None else self.encoding.thumbnail_error
        if error is None or self._errors is None or not len(self._errors[1]):
            self._view.show_rank(None, 0)
            return
        errors = self._errors[1]
        self._view.show_rank(float(np.searchsorted(errors, error) / len(errors)), len(errors))

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_fault(str(error))


def _encode(
    model: Model,
    encodes: Encodes,
    decodes: Decodes,
    source: Pixels,
    box: Box,
    name: str,
    noise: NDArray[np.float32],
    encoded: Encoded | None,
    job: Job,
) -> Iterator[None]:
    """In the worker: cut, encode, restore, sample, weigh; returns the ``Encoding``."""
    job.cancel_with(model.cancel)
    height, width, _ = encodes.picture_shape
    colour = fitted(source, box, height or 64, width or 64)
    posterior = encodes.encode(colour[None])
    mean = posterior.mean[0]
    spread = None if posterior.log_variance is None else posterior.log_variance[0]
    restored = decodes.decode(mean[None])[0]
    if restored.shape[:2] != colour.shape[:2]:  # a picture that was made larger is held against the cut-out so large
        colour = fitted(source, box, restored.shape[0], restored.shape[1])
    picture = with_channels(colour, restored.shape[2])
    difference: NDArray[np.float32] = np.abs(picture.astype(np.float32) - restored) / 255
    samples = np.zeros((0, *restored.shape), np.uint8)
    if spread is not None:
        samples = decodes.decode(reparameterised(mean, spread, noise))
    yield
    weights = None
    likelihood = stated_likelihood(model.manifest)
    normal = isinstance(decodes.space.prior, NormalPrior)  # the formulas are those of N(0, I)
    if spread is not None and likelihood is not None and normal:
        weights = yield from _weights(decodes, picture, mean, spread, likelihood)
    return Encoding(
        name=name,
        model=model,
        picture=picture,
        restored=restored,
        error=np.mean(difference, axis=2),
        squared_error=float(np.mean(difference**2)),
        mean=mean,
        log_variance=spread,
        kl_nats=None if spread is None or not normal else kl_per_dimension(mean, spread),
        samples=samples,
        nearest=_nearest(mean, encoded),
        thumbnail_error=_thumbnail_error(picture, restored, encoded),
        noise=noise,
        weights=weights,
        translates=model.translates,
    )


def _refine(encoding: Encoding, job: Job) -> Generator[None, None, Refined]:
    """In the worker: one step after the other, told now and then; the best is the answer."""
    model = encoding.model
    job.cancel_with(model.cancel)
    assert model.decodes is not None and model.styles is not None
    still = model.decodes.under(Style(noise="off"))
    walk = refine(model, encoding.picture, encoding.mean.reshape(model.styles.layers, -1))
    while True:
        try:
            stage = next(walk)
        except StopIteration as end:
            code = end.value.rows.reshape(-1)
            return Refined(code, still.decode(code[None])[0], end.value.step)
        if stage.step % TOLD_EVERY == 0:
            code = stage.rows.reshape(-1)
            job.report(Refined(code, still.decode(code[None])[0], stage.step))
        yield


def _weights(
    decodes: Decodes,
    picture: Pixels,
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    likelihood: StatedLikelihood,
) -> Generator[None, None, Weights]:
    """The same noise for every picture, so that a crop that moves does not make the numbers dance."""
    noise = np.random.default_rng(0).standard_normal((IMPORTANCE, len(mean)), dtype=np.float32)
    points = reparameterised(mean, spread, noise)
    x = picture.astype(np.float64).reshape(-1) / 255
    found: list[NDArray[np.float64]] = []
    for start in range(0, IMPORTANCE, BATCH):
        restored = decodes.decode(points[start : start + BATCH]).astype(np.float64) / 255
        found.append(log_likelihood(x, restored.reshape(len(restored), -1), likelihood.kind, likelihood.scale))
        yield
    zero = np.zeros_like(mean)
    return Weights(likelihood, np.concatenate(found), log_normal(points, zero, zero), log_normal(points, mean, spread))


def _nearest(mean: NDArray[np.float32], encoded: Encoded | None) -> tuple[tuple[int, float], ...]:
    if encoded is None or not len(encoded):
        return ()
    rows, distances = Neighbours(encoded.codes).nearest(mean[None], NEAREST)
    return tuple(zip(rows[0].tolist(), distances[0].tolist(), strict=True))


def _thumbnail_error(picture: Pixels, restored: Pixels, encoded: Encoded | None) -> float | None:
    if encoded is None or encoded.thumbnails is None:
        return None
    side = encoded.thumbnails.shape[1]
    channels = encoded.thumbnails.shape[3]
    a, b = (_shrunk(with_channels(each, channels), side) for each in (picture, restored))
    return float(np.mean(((a - b) / 255) ** 2))


def _test_errors(decodes: Decodes, encoded: Encoded, job: Job) -> Iterator[None]:
    """In the worker: the squared errors of the stored pictures at their size, in rising order."""
    assert encoded.thumbnails is not None
    rows = np.linspace(0, len(encoded) - 1, min(COMPARED, len(encoded))).astype(int)
    side, channels = encoded.thumbnails.shape[1], encoded.thumbnails.shape[3]
    errors: list[float] = []
    for start in range(0, len(rows), BATCH):
        here = rows[start : start + BATCH]
        for row, restored in zip(here.tolist(), decodes.decode(encoded.codes[here]), strict=True):
            small = _shrunk(with_channels(restored, channels), side)
            errors.append(float(np.mean(((small - encoded.thumbnails[row]) / 255) ** 2)))
        yield
    return np.sort(np.asarray(errors, np.float32))


def _shrunk(pixels: Pixels, side: int) -> NDArray[np.float32]:
    """The mean over blocks, as the thumbnails were made."""
    if pixels.shape[0] == side:
        return pixels.astype(np.float32)
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    small = np.asarray(image.resize((side, side), Image.Resampling.BOX), np.float32)
    return small.reshape(side, side, pixels.shape[2])
