"""Graphs that were dropped by themselves, on their way to a bundle."""

from collections.abc import Sequence
from pathlib import Path

from explorer.contract.errors import short
from explorer.contract.pixels import Pixels
from explorer.foreign.facts import GraphFacts, Study
from explorer.foreign.guard import ForeignFault, Limits
from explorer.foreign.guessing import part_of
from explorer.foreign.job import FileRow, ImportJob, valid
from explorer.foreign.proposal import Part, Proposal
from explorer.foreign.questions import Question, answered, questions

DOUBTFUL = (
    "Encoder and decoder may not belong together: sample pictures come back no better with their own code than with "
    "another picture's. To be sure, drop a few pictures of the kind that it was made for together with the files."
)


class Import(ImportJob[Proposal]):
    """What was dropped, what is known of it, and the process that knows it."""

    kind = Proposal

    def __init__(self, paths: Sequence[Path], pictures: Sequence[Pixels] = (), limits: Limits | None = None) -> None:
        super().__init__(paths, pictures, limits)
        self.study = Study()

    def read(self) -> Proposal:
        """See ``ImportJob``; where some cannot be opened, ``study`` says why."""
        paths = [str(path.absolute()) for path in self.paths]
        answer = self.guard.ask("study", paths=paths, pictures=self.packed_pictures())
        self.study = valid(Study, answer.get("study"))
        if not self.study.graphs and self.study.refused:
            raise ForeignFault(short(self.study.refused[0].sentence, 400))
        return valid(Proposal, answer.get("proposal"))

    def questions(self, proposal: Proposal) -> tuple[Question, ...]:
        """See ``ImportJob``."""
        return questions(self.study, proposal)

    def answered(self, proposal: Proposal, key: str, value: str) -> Proposal:
        """See ``ImportJob``."""
        return answered(self.study, proposal, key, value)

    def recast(self, proposal: Proposal, graph: str, role: str) -> Proposal | None:
        """See ``ImportJob``; another graph of that role is left out."""
        made = part_of(self.study, self.study.graph(graph), role)  # pyright: ignore[reportArgumentType]
        if made is None:
            return None
        changed = proposal.with_part(made)
        others = tuple(
            part.model_copy(update={"role": "unused"}) if part.role == role and part.graph != graph else part
            for part in changed.parts
        )
        return changed.model_copy(update={"parts": others, "belongs": None})

    def files(self, proposal: Proposal) -> tuple[FileRow, ...]:
        """See ``ImportJob``."""
        roles = {part.graph: part.role for part in proposal.parts}
        return tuple(
            FileRow(graph.key, graph.file, _facts(self.study, graph, proposal), roles.get(graph.key, "unused"))
            for graph in self.study.graphs
        )

    def warnings(self, proposal: Proposal) -> tuple[str, ...]:
        """See ``ImportJob``."""
        refused = tuple(found.sentence for found in self.study.refused)
        return (DOUBTFUL, *refused) if proposal.belongs is False else refused

    def checked(self, proposal: Proposal) -> tuple[str, ...]:
        """See ``ImportJob``."""
        if proposal.belongs is None:
            return self.safety
        words = (
            "Encoder and decoder belong together: pictures come back better with their own code than with others'."
            if proposal.belongs
            else "Encoder and decoder may not belong together: pictures come back no better with their own code "
            "than with another's."
        )
        return (*self.safety, words)


def _facts(study: Study, graph: GraphFacts, proposal: Proposal) -> str:
    """``20 numbers → 28 × 28, grey``, in words that a person who never saw a tensor understands."""
    part = next((part for part in proposal.parts if part.graph == graph.key), None)
    if part is None:
        return "did not run"
    found = part if part.role != "unused" else part_of(study, graph) or part
    return f"{_side(found, given=True)} → {_side(found, given=False)}"


def _side(part: Part, *, given: bool) -> str:
    form = part.picture_in if given else part.picture_out
    if form is not None:
        return form.words
    if part.role == "critic":
        return "a score"
    if len(part.latent) == 3:
        return f"code of {part.latent[0]} × {part.latent[1]} × {part.latent[2]}"
    return f"code of {part.latent[0]} numbers" if part.latent else short("numbers")
