"""One import from the first look to the saved bundle, through the child process; the same for window and commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from explorer.contract.archive import facts_of, open_bundle, pack_arrays, save_bundle
from explorer.contract.arrays import read_array
from explorer.contract.errors import UnknownName, short
from explorer.contract.manifest import Array
from explorer.contract.pixels import Pixels
from explorer.foreign.facts import GraphFacts, Study
from explorer.foreign.guard import ForeignFault, Guard, Limits
from explorer.foreign.guessing import part_of
from explorer.foreign.proposal import Part, Proposal
from explorer.foreign.questions import Question, answered, questions

T = TypeVar("T", Study, Proposal)

DOUBTFUL = (
    "Encoder and decoder may not belong together: sample pictures come back no better with their own code than with "
    "another picture's."
)
LOOKS, PICTURES = "looks.npz", "pictures.npz"
LOOKS_BYTES = 64 << 20
GIVEN, NOW = "given", "now"


@dataclass(frozen=True)
class FileRow:
    """One graph as a person sees it: what it is, and what it is to be; without a ``key`` that is no question."""

    key: str
    name: str
    facts: str
    role: str


@dataclass(frozen=True, eq=False)
class Answers:
    """Pictures of a proposal: as it is now, of each answer to each open question, and of what was put in.

    A row of pictures is (H, W, 3) uint8; ``faults`` says why one is missing.
    """

    proposal: Proposal
    questions: tuple[Question, ...]
    rows: Mapping[str, Pixels]
    faults: Mapping[str, str]

    def row(self, question: Question, at: int) -> Pixels | None:
        """The pictures of one answer, or None."""
        return self.rows.get(f"{question.key} {at}")

    def fault(self, question: Question, at: int) -> str:
        """Why one answer has no pictures."""
        return self.faults.get(f"{question.key} {at}", "")


class Import:
    """What was dropped, what is known of it, and the process that knows it; used in one thread, but for ``stop``."""

    def __init__(self, paths: Sequence[Path], pictures: Sequence[Pixels] = (), limits: Limits | None = None) -> None:
        self.paths, self._pictures = tuple(paths), tuple(pictures)
        self.guard = Guard(limits)
        self.study = Study()

    def read(self) -> Proposal:
        """Read and try all files; what they may be.

        Raises:
            ForeignFault: none of them can be opened, and why the first cannot. Cancelled.
        """
        file = ""
        if self._pictures:
            file = PICTURES
            arrays = {str(at): picture for at, picture in enumerate(self._pictures)}
            (self.guard.scratch / file).write_bytes(pack_arrays(arrays))
        paths = [str(path.absolute()) for path in self.paths]
        answer = self.guard.ask("study", paths=paths, pictures=file)
        self.study = _valid(Study, answer.get("study"))
        if not self.study.graphs and self.study.refused:
            raise ForeignFault(short(self.study.refused[0].sentence, 400))
        return _valid(Proposal, answer.get("proposal"))

    def look(self, proposal: Proposal, *, settle: bool = False) -> Answers:
        """Pictures for what a person has to decide; ``settle`` lets a few runs choose first.

        Raises:
            ForeignFault, Cancelled.
        """
        if proposal.fault:
            return Answers(proposal, (), {}, {NOW: proposal.fault})
        answer = self.guard.ask("look", proposal=proposal.model_dump(mode="json"), settle=settle)
        made = _valid(Proposal, answer.get("proposal"))
        asked = questions(self.study, made)
        path = self.guard.scratch / LOOKS
        if path.is_symlink() or path.stat().st_size > LOOKS_BYTES:
            raise ForeignFault("The pictures of this model are too large to look at.")
        content = path.read_bytes()
        wanted = {GIVEN, NOW, *(f"{one.key} {at}" for one in asked for at in range(len(one.answers)))}
        rows: dict[str, Pixels] = {}
        for key in answer.get("keys", ()):
            if key in wanted:
                pixels = read_array(content, Array(file=LOOKS, key=key))
                if pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype.str == "|u1":
                    rows[key] = pixels
        faults = {str(key): short(value, 200) for key, value in dict(answer.get("faults", {})).items()}
        return Answers(made, asked, rows, faults)

    def answered(self, proposal: Proposal, key: str, value: str) -> Proposal:
        """The proposal with another answer to one question."""
        return answered(self.study, proposal, key, value)

    def recast(self, proposal: Proposal, graph: str, role: str) -> Proposal | None:
        """The proposal where a graph has another role, and another graph of that role is left out; None: it cannot."""
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
        """The graphs, and what each is to be."""
        roles = {part.graph: part.role for part in proposal.parts}
        return tuple(
            FileRow(graph.key, graph.file, _facts(self.study, graph, proposal), roles.get(graph.key, "unused"))
            for graph in self.study.graphs
        )

    def warnings(self, proposal: Proposal) -> tuple[str, ...]:
        """What a person should think about before it is saved."""
        refused = tuple(found.sentence for found in self.study.refused)
        return (DOUBTFUL, *refused) if proposal.belongs is False else refused

    def save(self, proposal: Proposal, target: Path) -> None:
        """Write the bundle, first in the child, where it is opened and run; then, when all is well, at ``target``.

        Raises:
            ForeignFault, CannotWrite, ManifestInvalid, Cancelled.
        """
        if proposal.fault:
            raise ForeignFault(proposal.fault)
        self.guard.ask("save", proposal=proposal.model_dump(mode="json"), checked=list(self.checked(proposal)))
        bundle = open_bundle(self.guard.scratch / "bundle")
        save_bundle(
            target, facts_of(bundle.manifest), {entry.path: bundle.read(entry.path) for entry in bundle.manifest.files}
        )

    def checked(self, proposal: Proposal) -> tuple[str, ...]:
        """What was checked, a sentence each."""
        limits = f"within {self.guard.limits.words}"
        found = [
            "Only standard ONNX operators; no code, and no file outside the model.",
            f"Opened and run for the first time in a process of its own, {limits}.",
        ]
        if proposal.belongs is not None:
            found.append(
                "Encoder and decoder belong together: pictures come back better with their own code than with others'."
                if proposal.belongs
                else "Encoder and decoder may not belong together: pictures come back no better with their own code "
                "than with another's."
            )
        return tuple(found)

    def stop(self) -> None:
        """End the process, from any thread."""
        self.guard.stop()

    def close(self) -> None:
        """End the process and take its files away."""
        self.guard.close()


def with_answers(study: Study, proposal: Proposal, answers: Sequence[tuple[str, str]]) -> Proposal:
    """The proposal with other answers, given by the keys of question and answer.

    Raises:
        UnknownName: there is no such question, or no such answer to it.
    """
    for key, value in answers:
        asked = {question.key.replace(" ", "-"): question for question in questions(study, proposal)}
        question = asked.get(key.replace(" ", "-"))
        if question is None:
            raise UnknownName(f"There is no question {short(key)!r}; there are: {', '.join(asked) or 'none'}.")
        known = [name for name, _ in question.answers]
        if value not in known:
            raise UnknownName(f"{short(key)} cannot be {short(value)!r}; it can be: {', '.join(known)}.")
        proposal = answered(study, proposal, question.key, value)
    return proposal


def _valid(kind: type[T], value: object) -> T:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ForeignFault("The process that tried the model gave no sense back; do not use it.") from error


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
