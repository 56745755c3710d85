"""The folder of a pipeline on its way to a bundle."""

from collections.abc import Sequence
from pathlib import Path

from explorer.contract.pixels import Pixels
from explorer.foreign.guard import Limits
from explorer.foreign.job import FileRow, ImportJob, valid
from explorer.foreign.pipelines.proposal import SIZE, PipelineProposal
from explorer.foreign.questions import Question


class PipelineImport(ImportJob[PipelineProposal]):
    """A folder as ``optimum-cli export onnx`` writes it."""

    kind = PipelineProposal

    def __init__(self, folder: Path, pictures: Sequence[Pixels] = (), limits: Limits | None = None) -> None:
        super().__init__((folder,), pictures, limits)

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
