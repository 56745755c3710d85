"""What came with the model on stage: encoded data and directions, read once in the worker."""

from explorer.contract.errors import ExplorerError
from explorer.control.stage import Stage
from explorer.models.capabilities import Model
from explorer.models.stores import Directions, Encoded, read_directions, read_encoded, read_lifted
from explorer.tasks.latest import Job, Lane


class DataController:
    """Puts the stores of the model on stage beside it; a store that is damaged is left out, and why is said."""

    def __init__(self, stage: Stage, lane: Lane) -> None:
        self._stage, self._lane = stage, lane
        stage.events.model.connect(self.read)

    def read(self) -> None:
        """Read the stores of the model on stage."""
        model = self._stage.model
        self._stage.lifted = self._stage.encoded = self._stage.directions = None
        self._stage.data_fault = ""
        if model is None or model.decodes is None:
            self._lane.cancel()
            return
        space = model.decodes.space.name
        self._lane.submit(
            lambda job: _read(model, space, job),
            lambda found: self._show(model, found),
            lambda error: self._fail(model, error),
        )

    def _show(self, model: Model, found: tuple[Encoded | None, Encoded | None, Directions | None]) -> None:
        if self._stage.model is model:
            self._stage.lifted, self._stage.encoded, self._stage.directions = found

    def _fail(self, model: Model, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        if self._stage.model is model:
            self._stage.data_fault = str(error)


def _read(model: Model, space: str, _job: Job) -> tuple[Encoded | None, Encoded | None, Directions | None]:
    bundle = model.bundle
    # Codes with positions are far too long to be compared number by number; they serve as examples only.
    encoded = read_encoded(bundle, space) if model.flat else None
    return read_lifted(bundle, space), encoded, read_directions(bundle, space)
