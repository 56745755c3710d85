"""Two models in lock-step: the same walk through both, each in standard deviations of its own prior."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, ModelFault
from explorer.contract.pixels import Pixels
from explorer.control.stage import Models, Stage
from explorer.state.beside import Beside
from explorer.state.history import History, change
from explorer.state.library import Library
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

NONE = ""


@dataclass(frozen=True, eq=False)
class SecondPicture:
    """What the second model makes of the point; ``code`` (D,) in its own latent units."""

    name: str
    pixels: Pixels
    code: NDArray[np.float32]


class BesideView(Protocol):
    """What the controller needs of the picture panel."""

    def show_choices(self, choices: tuple[tuple[str, str], ...], chosen: str) -> None: ...
    def show_linked(self, linked: bool) -> None: ...
    def show_beside(self, pixels: Pixels | None, caption: str) -> None: ...
    def show_beside_fault(self, sentence: str) -> None: ...


class BesideController:
    """Keeps the second canvas at the point of the first, or where it was left."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        library: Library,
        history: History,
        lane: Lane,
        models: Models,
        view: BesideView,
    ) -> None:
        self._explore, self._stage, self._library, self._history = explore, stage, library, history
        self._lane, self._models, self._view = lane, models, view
        self.second: SecondPicture | None = None
        self._asked: tuple[str, tuple[float, ...]] | None = None
        explore.events.beside.connect(self.refresh)
        stage.events.picture.connect(self.refresh)
        library.events.items.connect(self.offer)

    def offer(self) -> None:
        """Which models can stand beside: all that open."""
        fine = tuple((item.path, item.title) for item in self._library.items if not item.fault)
        self._view.show_choices(fine, self._explore.beside.bundle)

    def choose(self, path: str) -> None:
        """Put a model beside, or none."""
        beside = self._explore.beside.model_copy(update={"bundle": path})
        change(self._history, self._explore, "beside", beside, "Put a model beside" if path else "Put no model beside")

    def link(self, linked: bool) -> None:
        """Let the second model walk along, or leave it where it is."""
        sigmas = self._sigmas()
        kept = None if sigmas is None else tuple(sigmas.tolist())
        beside = Beside(bundle=self._explore.beside.bundle, linked=linked, sigmas=None if linked else kept)
        change(self._history, self._explore, "beside", beside, "Walk together" if linked else "Walk alone")

    def refresh(self) -> None:
        """Ask for the second picture, unless it is asked for already."""
        beside = self._explore.beside
        self._view.show_linked(beside.linked)
        if not beside.bundle:
            self._asked = self.second = None
            self._lane.cancel()
            self._view.show_beside(None, "")
            self.offer()
            return
        sigmas = self._sigmas() if beside.linked or beside.sigmas is None else np.asarray(beside.sigmas, np.float32)
        if sigmas is None:
            return
        wanted = beside.bundle, tuple(sigmas.tolist())
        if wanted == self._asked:
            return
        self._asked = wanted
        self._lane.submit(partial(_decode, self._models, beside.bundle, sigmas), self._show, self._fail)

    def _sigmas(self) -> NDArray[np.float32] | None:
        """Where the picture in view is, in standard deviations of its prior."""
        picture = self._stage.picture
        if picture is None or picture.model.decodes is None:
            return None
        return picture.model.decodes.prior.in_sigmas(picture.code)

    def _show(self, second: SecondPicture) -> None:
        self.second = second
        together = "the same point" if self._explore.beside.linked else "left where it was"
        self._view.show_beside(second.pixels, f"{second.name}   ·   {together}")
        self.offer()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self.second = None
        self._view.show_beside_fault(str(error))


def _decode(models: Models, path: str, sigmas: NDArray[np.float32], job: Job) -> SecondPicture:
    """In the worker: the second model at the same point."""
    model = models.get(path, job)
    if model.decodes is None:
        raise ModelFault(f"{model.manifest.name} holds no decoder; put another model beside.")
    prior = model.decodes.prior
    if prior.size != len(sigmas):
        raise ModelFault(
            f"{Path(path).name} has {prior.size} numbers and the first model {len(sigmas)}, so they share no point; "
            "put a model of the same size beside."
        )
    job.cancel_with(model.cancel)
    code = prior.from_sigmas(sigmas)
    return SecondPicture(model.manifest.name, model.decodes.decode(code[None])[0], code)
