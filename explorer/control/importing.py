"""Models that others made, on their way into the library: read, asked about, looked at, saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from explorer.contract.errors import Cancelled, ExplorerError, short
from explorer.contract.pixels import Pixels
from explorer.control.outside import FOREIGN
from explorer.foreign.facts import GraphFacts, Study
from explorer.foreign.guessing import part_of
from explorer.foreign.importing import GIVEN, NOW, Answers, Import
from explorer.foreign.proposal import Part, Proposal
from explorer.foreign.questions import Question, answered
from explorer.media.pictures_in import SUFFIXES, read_picture_file
from explorer.tasks.latest import Job, Lane

ROLES = ("decoder", "encoder", "translator", "denoiser", "critic", "unused")
MOST_PICTURES = 8  # of a person's own that a model is tried with
DOUBTFUL = (
    "Encoder and decoder may not belong together: sample pictures come back no better with their own code than with "
    "another picture's."
)


@dataclass(frozen=True)
class FileRow:
    """One graph as the dialog shows it: what it is, and what it is to be."""

    key: str
    name: str
    facts: str
    role: str


@dataclass(frozen=True, eq=False)
class Shown:
    """All that the dialog shows of an import."""

    name: str
    files: tuple[FileRow, ...]
    questions: tuple[Question, ...] = ()
    rows: tuple[tuple[Pixels | None, ...], ...] = ()  # pictures of each answer to each question
    faults: tuple[tuple[str, ...], ...] = ()  # why one has none
    given: Pixels | None = None
    made: Pixels | None = None
    fault: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()


class ImportView(Protocol):
    """What the controller needs of the dialog."""

    def show_import(self, shown: Shown | None) -> None:
        """What is known now; None: there is nothing to import any more, the dialog goes."""
        ...

    def show_busy(self, words: str) -> None:
        """What is being done; empty: nothing."""
        ...


class ImportController:
    """One import at a time, in a lane of its own, because a foreign file may take its time."""

    def __init__(
        self,
        lane: Lane,
        view: ImportView,
        folder: Path,
        opened: Callable[[Path], None],
        tell: Callable[[str], None],
        begin: Callable[[Sequence[Path], Sequence[Pixels]], Import] = Import,
    ) -> None:
        """Args:
        lane: where files are tried.
        view: the dialog.
        folder: the person's own models.
        opened: is given the bundle that was saved.
        tell: is given why nothing could be opened.
        begin: starts an import.
        """
        self._lane, self._view, self._folder, self._opened, self._tell = lane, view, folder, opened, tell
        self._begin = begin
        self._import: Import | None = None
        self._proposal: Proposal | None = None
        self._answers: Answers | None = None

    @property
    def suggestion(self) -> Path:
        """Where the model would be saved: in the library, under a name that is not taken."""
        name = "model" if self._proposal is None else self._proposal.name
        places = (self._folder / (name if at == 1 else f"{name}-{at}") for at in range(1, 1_000))
        return next(place for place in places if not place.exists())

    # what a person does

    def take(self, paths: Sequence[Path]) -> None:
        """Begin with these files: graphs, and pictures to try them with."""
        self.end()
        pictures = [path for path in paths if path.suffix.lower() in SUFFIXES][:MOST_PICTURES]
        graphs = [path for path in paths if path not in pictures and path.suffix.lower() in FOREIGN]
        if not graphs:
            return
        self._view.show_import(Shown("", tuple(FileRow("", path.name, "", "unused") for path in graphs)))
        self._view.show_busy("The files are opened and tried in a process of their own …")
        self._lane.submit(partial(_read, self._begin, graphs, pictures, self._hold), self._show, self._fail)

    def answer(self, key: str, value: str) -> None:
        """Answer one question; everything is looked at anew."""
        if self._import is not None and self._proposal is not None:
            self._look(answered(self._import.study, self._proposal, key, value), settle=False)

    def cast(self, graph: str, role: str) -> None:
        """Say what a graph is to be; another one of that role is left out."""
        if self._import is None or self._proposal is None or role not in ROLES:
            return
        study = self._import.study
        made = part_of(study, study.graph(graph), role)  # pyright: ignore[reportArgumentType]
        if made is None:
            return
        changed = self._proposal.with_part(made)
        others = tuple(
            part.model_copy(update={"role": "unused"}) if part.role == role and part.graph != graph else part
            for part in changed.parts
        )
        changed = changed.model_copy(update={"parts": others, "belongs": None})
        self._look(changed, settle=not changed.fault)

    def rename(self, name: str) -> None:
        """Call it something else."""
        if self._proposal is not None:
            kept = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in " ._+-"))
            self._proposal = self._proposal.model_copy(update={"name": kept.strip(" ._+-")[:60] or "model"})

    def save(self, target: Path | None = None) -> None:
        """Write the bundle, by default into the library, and open it."""
        job, proposal, place = self._import, self._proposal, target or self.suggestion
        if job is None or proposal is None:
            return
        self._view.show_busy("The model is written, opened and run once more …")
        self._lane.submit(lambda _: job.save(proposal, place), lambda _: self._saved(place), self._keep)

    def end(self) -> None:
        """Stop whatever is being tried, and forget it."""
        job, self._import, self._proposal, self._answers = self._import, None, None, None
        self._lane.cancel()
        if job is not None:
            job.stop()
            job.close()
        self._view.show_busy("")
        self._view.show_import(None)

    # inside

    def _hold(self, job: Import) -> None:
        """In the worker: known at once, so that it can be stopped."""
        self._import = job

    def _look(self, proposal: Proposal, *, settle: bool) -> None:
        job, self._proposal = self._import, proposal
        if job is not None:
            self._view.show_busy("The model is tried …")
            self._lane.submit(lambda _: job.look(proposal, settle=settle), self._show, self._keep)

    def _show(self, answers: Answers) -> None:
        job = self._import
        if job is None:
            return
        name = answers.proposal.name if self._proposal is None else self._proposal.name
        self._answers, self._proposal = answers, answers.proposal.model_copy(update={"name": name})
        self._view.show_busy("")
        self._view.show_import(_shown(job.study, self._proposal, answers, job.checked(self._proposal)))

    def _saved(self, place: Path) -> None:
        self.end()
        self._opened(place)

    def _fail(self, error: Exception) -> None:
        """Nothing could be read: say why, and go."""
        if not isinstance(error, ExplorerError):
            raise error
        self.end()
        self._tell(str(error))

    def _keep(self, error: Exception) -> None:
        """An answer, or saving, failed: what was there stays, with the sentence."""
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_busy("")
        if self._import is not None and self._proposal is not None:
            answers = self._answers or Answers(self._proposal, (), {}, {})
            shown = _shown(self._import.study, self._proposal, answers, ())
            self._view.show_import(replace(shown, fault=str(error)))


def _read(
    begin: Callable[[Sequence[Path], Sequence[Pixels]], Import],
    graphs: Sequence[Path],
    pictures: Sequence[Path],
    hold: Callable[[Import], None],
    job: Job,
) -> Answers:
    """In the worker: read and try everything, then look at what was guessed."""
    started = begin(graphs, [read_picture_file(path) for path in pictures])
    try:
        hold(started)
        job.cancel_with(lambda: None)  # a newer import ends this one through ``end``
        return started.look(started.read())
    except (ExplorerError, Cancelled):
        started.close()
        raise


def _shown(study: Study, proposal: Proposal, answers: Answers, checked: tuple[str, ...]) -> Shown:
    roles = {part.graph: part.role for part in proposal.parts}
    files = tuple(
        FileRow(graph.key, graph.file, _facts(study, graph, proposal), roles.get(graph.key, "unused"))
        for graph in study.graphs
    )
    refused = tuple(found.sentence for found in study.refused)
    doubt = (DOUBTFUL,) if proposal.belongs is False else ()
    return Shown(
        name=proposal.name,
        files=files,
        questions=answers.questions,
        rows=tuple(
            tuple(answers.row(question, at) for at in range(len(question.answers))) for question in answers.questions
        ),
        faults=tuple(
            tuple(answers.fault(question, at) for at in range(len(question.answers))) for question in answers.questions
        ),
        given=answers.rows.get(GIVEN),
        made=answers.rows.get(NOW),
        fault=answers.faults.get(NOW, ""),
        warnings=(*doubt, *refused),
        notes=proposal.told,
        checked=checked,
    )


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
