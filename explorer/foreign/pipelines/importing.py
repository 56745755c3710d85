"""The folder of a pipeline on its way to a bundle."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from explorer.contract.pixels import Pixels
from explorer.foreign.guard import Limits, limits_with
from explorer.foreign.job import FileRow, ImportJob, valid
from explorer.foreign.pipelines.proposal import SIZE, PipelineProposal
from explorer.foreign.questions import Question
from explorer.places import state_folder

LARGE = 500 << 20  # bytes of a pipeline, from which on it takes more than other models may


class PipelineImport(ImportJob[PipelineProposal]):
    """A folder as ``optimum-cli export onnx`` writes it."""

    kind = PipelineProposal

    def __init__(self, folder: Path, pictures: Sequence[Pixels] = (), limits: Limits | None = None) -> None:
        size = _size(folder)
        super().__init__((folder,), pictures, limits or limits_with(size if size > LARGE else 0), _roomy(size))

    def read(self) -> PipelineProposal:
        """See ``ImportJob``."""
        answer = self.guard.ask("study folder", path=str(self.paths[0].absolute()), pictures=self.packed_pictures())
        return valid(PipelineProposal, answer.get("proposal"))

    def questions(self, proposal: PipelineProposal) -> tuple[Question, ...]:
        """See ``ImportJob``."""
        return proposal.questions

    def answered(self, proposal: PipelineProposal, key: str, value: str) -> PipelineProposal:
        """See ``ImportJob``."""
        known = key == SIZE and value in {str(side) for side in proposal.sides}
        return proposal.model_copy(update={"side": int(value)}) if known else proposal

    def recast(self, proposal: PipelineProposal, graph: str, role: str) -> PipelineProposal | None:
        """None: each part of a pipeline says itself what it is."""
        return None

    def files(self, proposal: PipelineProposal) -> tuple[FileRow, ...]:
        """See ``ImportJob``."""
        return tuple(FileRow("", name, words, "unused") for name, words in proposal.parts)

    def warnings(self, proposal: PipelineProposal) -> tuple[str, ...]:
        """None: what is to be known stands in ``told``."""
        return ()

    def checked(self, proposal: PipelineProposal) -> tuple[str, ...]:
        """See ``ImportJob``."""
        return self.safety


def _size(folder: Path) -> int:
    """Bytes of the files of its parts."""
    return sum(path.lstat().st_size for path in folder.glob("*/*") if path.is_file())


def _roomy(size: int) -> Path | None:
    """Where the bundle is written first: where the system keeps such files, or where the app does if that is small."""
    if shutil.disk_usage(tempfile.gettempdir()).free > 2 * size:
        return None
    state_folder().mkdir(parents=True, exist_ok=True)
    return state_folder()
