"""An import from the first look to the saved bundle, through the child process; the same for window and commands."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from explorer.contract.archive import facts_of, open_bundle, pack_arrays, save_bundle
from explorer.contract.arrays import read_array
from explorer.contract.errors import UnknownName, short
from explorer.contract.manifest import Array
from explorer.contract.pixels import Pixels
from explorer.foreign.facts import GIVEN, LOOKS, NOW
from explorer.foreign.guard import ForeignFault, Guard, Limits
from explorer.foreign.proposal import Proposed
from explorer.foreign.questions import Question

T = TypeVar("T", bound=BaseModel)
P = TypeVar("P", bound=Proposed)

PICTURES = "pictures.npz"
LOOKS_BYTES = 64 << 20


@dataclass(frozen=True)
class FileRow:
    """One graph as a person sees it: what it is, and what it is to be; without a ``key`` that is no question."""

    key: str
    name: str
    facts: str
    role: str


@dataclass(frozen=True, eq=False)
class Answers(Generic[P]):
    """Pictures of a proposal: as it is now, of each answer to each open question, and of what was put in.

    A row of pictures is (H, W, 3) uint8; ``faults`` says why one is missing.
    """

    proposal: P
    questions: tuple[Question, ...]
    rows: Mapping[str, Pixels]
    faults: Mapping[str, str]

    def row(self, question: Question, at: int) -> Pixels | None:
        """The pictures of one answer, or None."""
        return self.rows.get(f"{question.key} {at}")

    def fault(self, question: Question, at: int) -> str:
        """Why one answer has no pictures."""
        return self.faults.get(f"{question.key} {at}", "")


class ImportJob(ABC, Generic[P]):
    """What was dropped, and the process that knows it; used in one thread, but for ``stop``."""

    kind: type[P]

    def __init__(
        self,
        paths: Sequence[Path],
        pictures: Sequence[Pixels] = (),
        limits: Limits | None = None,
        scratch: Path | None = None,
    ) -> None:
        self.paths, self._pictures = tuple(paths), tuple(pictures)
        self.guard = Guard(limits, scratch=scratch)

    @abstractmethod
    def read(self) -> P:
        """Read and try everything; what it may be.

        Raises:
            ForeignFault: it cannot be opened, and why. Cancelled.
        """

    @abstractmethod
    def questions(self, proposal: P) -> tuple[Question, ...]:
        """What is open."""

    @abstractmethod
    def answered(self, proposal: P, key: str, value: str) -> P:
        """The proposal with another answer to one question."""

    @abstractmethod
    def recast(self, proposal: P, graph: str, role: str) -> P | None:
        """The proposal where a graph has another role; None: it cannot have that."""

    @abstractmethod
    def files(self, proposal: P) -> tuple[FileRow, ...]:
        """The graphs, and what each is to be."""

    @abstractmethod
    def warnings(self, proposal: P) -> tuple[str, ...]:
        """What a person should think about before it is saved."""

    @abstractmethod
    def checked(self, proposal: P) -> tuple[str, ...]:
        """What was checked, a sentence each."""

    def with_answers(self, proposal: P, answers: Sequence[tuple[str, str]]) -> P:
        """The proposal with other answers, given by the keys of question and answer.

        Raises:
            UnknownName: there is no such question, or no such answer to it.
        """
        for key, value in answers:
            asked = {question.key.replace(" ", "-"): question for question in self.questions(proposal)}
            question = asked.get(key.replace(" ", "-"))
            if question is None:
                raise UnknownName(f"There is no question {short(key)!r}; there are: {', '.join(asked) or 'none'}.")
            known = [name for name, _ in question.answers]
            if value not in known:
                raise UnknownName(f"{short(key)} cannot be {short(value)!r}; it can be: {', '.join(known)}.")
            proposal = self.answered(proposal, question.key, value)
        return proposal

    def look(self, proposal: P, *, settle: bool = False) -> Answers[P]:
        """Pictures for what a person has to decide; ``settle`` lets a few runs choose first.

        Raises:
            ForeignFault, Cancelled.
        """
        if proposal.fault:
            return Answers(proposal, (), {}, {NOW: proposal.fault})
        answer = self.guard.ask("look", proposal=proposal.model_dump(mode="json"), settle=settle)
        made = valid(self.kind, answer.get("proposal"))
        asked = self.questions(made)
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

    def save(self, proposal: P, target: Path) -> None:
        """Write the bundle, first in the child, where it is opened and run; then, when all is well, at ``target``.

        Raises:
            ForeignFault, CannotWrite, ManifestInvalid, Cancelled.
        """
        if proposal.fault:
            raise ForeignFault(proposal.fault)
        self.guard.ask("save", proposal=proposal.model_dump(mode="json"), checked=list(self.checked(proposal)))
        bundle = open_bundle(self.guard.scratch / "bundle")
        files = {entry.path: bundle.source(entry.path) for entry in bundle.manifest.files}
        save_bundle(target, facts_of(bundle.manifest), files)

    @property
    def safety(self) -> tuple[str, ...]:
        """What is true of everything that comes this way, a sentence each."""
        return (
            "Only standard ONNX operators; no code, and no file outside the model.",
            f"Opened and run for the first time in a process of its own, within {self.guard.limits.words}.",
        )

    def packed_pictures(self) -> str:
        """Put a person's own pictures where the child finds them; the file's name, empty where there are none."""
        if not self._pictures:
            return ""
        arrays = {str(at): picture for at, picture in enumerate(self._pictures)}
        (self.guard.scratch / PICTURES).write_bytes(pack_arrays(arrays))
        return PICTURES

    def stop(self) -> None:
        """End the process, from any thread."""
        self.guard.stop()

    def close(self) -> None:
        """End the process and take its files away."""
        self.guard.close()


def valid(kind: type[T], value: object) -> T:
    """What the child says, read without trust.

    Raises:
        ForeignFault: it is no ``kind``.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ForeignFault("The process that tried the model gave no sense back; do not use it.") from error
