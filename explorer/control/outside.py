"""Models from outside: each is opened and run in a process of its own once, before the program itself opens it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from explorer.contract.archive import MANIFEST, open_bundle
from explorer.contract.errors import ExplorerError, ModelFault
from explorer.state.settings import Settings
from explorer.tasks.latest import Job

FOREIGN = frozenset({
    ".onnx", ".pt", ".pth", ".ckpt", ".pkl", ".bin", ".safetensors", ".h5", ".keras", ".tflite", ".pb",
})  # fmt: skip
PIPELINE = "model_index.json"  # in the folder of a pipeline of diffusers
PROVED = 1_000  # identities that are remembered
Check = Callable[[Path, Callable[[Callable[[], None]], None]], str]


def pipeline_folder(path: Path) -> Path | None:
    """The folder of a pipeline, be it named by its index; None where ``path`` is something else."""
    folder = path.parent if path.name == PIPELINE else path
    return folder if (folder / PIPELINE).is_file() and not (folder / MANIFEST).exists() else None


def is_foreign(path: Path) -> bool:
    """Whether this goes through the dialog for what others made."""
    return path.suffix.lower() in FOREIGN or pipeline_folder(path) is not None


class Outside:
    """Called in the worker with every model that is to be loaded; ``post`` brings what is learnt to the main thread.

    ``trusted`` are the folders of what ships and of what the program's own trainings write.
    """

    def __init__(
        self,
        settings: Settings,
        trusted: Sequence[Path],
        post: Callable[[Callable[[], None]], None],
        check: Check | None = None,
    ) -> None:
        self._settings, self._trusted, self._post = settings, tuple(trusted), post
        self._check = check or _check

    def prove(self, path: Path, job: Job) -> None:
        """Return when the model may be opened here.

        Raises:
            BundleError, ModelFault: why it may not. Cancelled: nobody wants it any more.
        """
        if any(path.is_relative_to(folder.resolve()) for folder in self._trusted):
            return
        identity = open_bundle(path).identity()  # of what the files are said to be; each is compared when it is read
        if identity in self._settings.proved:
            return
        try:
            self._check(path, job.cancel_with)
        except ExplorerError as error:
            raise ModelFault(f"Tried in a process of its own: {error}") from error
        self.learn(identity)

    def learn(self, identity: str) -> None:
        """This model was tried; from any thread."""

        def remember() -> None:
            self._settings.proved = tuple(dict.fromkeys((identity, *self._settings.proved)))[:PROVED]

        self._post(remember)


def _check(path: Path, stop: Callable[[Callable[[], None]], None]) -> str:
    from explorer.foreign.guard import check_outside  # a start with what ships needs none of it

    return check_outside(path, stop=stop)
