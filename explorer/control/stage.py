"""What is on stage: the loaded model and the newest picture; facts, not wishes, so never undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from psygnal import SignalGroupDescriptor, evented

from explorer.contract.archive import open_bundle
from explorer.contract.pixels import Pixels
from explorer.latent.directions import Fit
from explorer.latent.styles import Style
from explorer.models.capabilities import Decodes, Model, Unfolds
from explorer.models.load import load_model, size_bytes
from explorer.models.stores import Directions, Encoded
from explorer.runtime.memory import give_back
from explorer.runtime.session import Runtime
from explorer.runtime.shelf import Shelf
from explorer.samplers.diffusion import Step
from explorer.state.place import Place
from explorer.tasks.latest import Job

Load = Callable[[Path, Runtime, Callable[[Callable[[], None]], None]], Model]

BUDGET_BYTES = 256 << 20  # of loaded models; a laptop with 8 GB must not notice


@dataclass(frozen=True, eq=False)
class Unfolding:
    """How a picture came about: the steps so far, for ``sampling``; ``quick`` is one in fewer steps, soon replaced."""

    decoder: Unfolds
    steps: tuple[Step, ...]
    quick: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """One answer: ``pixels`` (H, W, C) at ``code`` (D,) in ``style``, and how long the model took."""

    token: int  # counts requests; a later picture has a larger one
    model: Model
    code: NDArray[np.float32]
    pixels: Pixels
    run_ms: float
    style: Style = field(default_factory=Style)
    unfolding: Unfolding | None = None  # of a model whose pictures come step by step
    preview: bool = False  # it stands in for the whole picture, which is still to come; never on stage


@evented
@dataclass
class Stage:
    """What panels follow; set by controllers on the main thread."""

    events: ClassVar[SignalGroupDescriptor]
    model: Model | None = None
    picture: Picture | None = None
    before: Picture | None = None  # what was in view before the last gesture
    encoded: Encoded | None = None  # the data set that came with the model, as it encodes it
    lifted: Encoded | None = None  # data of the space that each layer's style is of, where there is a style a layer
    directions: Directions | None = None  # those that came with the model
    taught: Mapping[str, Fit] = field(default_factory=dict[str, Fit])  # directions fitted to a person's picks, by name
    data_fault: str = ""  # the sentence why what came with the model cannot be read

    @property
    def offered(self) -> Encoded | None:
        """Pictures of the data with codes of the space that is moved in, be it that all layers have the same style."""
        return self.encoded if self.encoded is not None else self.lifted

    @property
    def decodes(self) -> Decodes | None:
        """The decoder of the model on stage, in the style of the picture in view; an equal style is the same object."""
        if self.model is None or self.model.decodes is None:
            return None
        picture = self.picture
        return self.model.decodes.under(picture.style if picture is not None and picture.model is self.model else None)

    @property
    def small(self) -> Decodes | None:
        """``decodes`` for small pictures: the same, or where that is slow what stands in for it."""
        decodes, preview = self.decodes, None if self.model is None else self.model.preview
        if preview is None or decodes is None:
            return decodes
        picture = self.picture
        return preview.under(picture.style if picture is not None and picture.model is self.model else None)

    def at(self, place: Place) -> Model | None:
        """The model on stage, where ``place`` is in this very view of it; else None."""
        model = self.model
        if model is None or (model.key, model.space) != (place.bundle, place.space):
            return None
        return model if model.within(model.space, place.style.sampling.label) is model else None

    def enter(self, model: Model | None) -> None:
        """Bring a model on stage; what came with the one before goes first, so that nobody sees the two mixed."""
        self.before = self.lifted = self.encoded = self.directions = None
        self.taught, self.data_fault = {}, ""
        self.model = model


class Models:
    """Loaded models by path; used in the worker's thread only."""

    def __init__(
        self, runtime: Runtime, load: Load = load_model, prove: Callable[[Path, Job], None] = lambda _, __: None
    ) -> None:
        """``prove`` raises where a model from outside may not be opened here."""
        self._runtime, self._load, self._prove = runtime, load, prove
        self._shelf: Shelf[Model] = Shelf(BUDGET_BYTES)
        self._given_back = 0  # of the models that are gone: before the next one is loaded, as nobody moves a hand then

    def get(self, path: str, job: Job) -> Model:
        """The model at ``path``, from the shelf or the disk; ``job`` can stop it while it loads.

        Raises:
            BundleError, ModelFault: as their sentences say.
        """
        return self._shelf.get(path, lambda: self._loaded(path, job))

    def fresh(self, path: str, job: Job) -> Model:
        """The model at ``path`` as it is on disk now; loaded again only if it has changed there."""
        known = self._shelf.peek(path)
        if known is not None and known.bundle.identity() != open_bundle(Path(path)).identity():
            self._shelf.drop(path)
        return self.get(path, job)

    def _loaded(self, path: str, job: Job) -> tuple[Model, int]:
        self._prove(Path(path), job)
        if self._shelf.gone != self._given_back:
            self._given_back = self._shelf.gone
            give_back()
        model = self._load(Path(path), self._runtime, job.cancel_with)
        return model, size_bytes(model)
