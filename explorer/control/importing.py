"""Models that others made, on their way into the library: read, asked about, looked at, saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from explorer.contract.errors import Cancelled, ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.outside import is_foreign, pipeline_folder
from explorer.foreign.facts import GIVEN, NOW
from explorer.foreign.importing import Import
from explorer.foreign.job import Answers, FileRow, ImportJob
from explorer.foreign.pipelines.importing import PipelineImport
from explorer.foreign.proposal import ROLES, Proposed
from explorer.foreign.questions import Question
from explorer.media.pictures_in import SUFFIXES, read_picture_file
from explorer.tasks.latest import Job, Lane

T = TypeVar("T")
Begin = Callable[[Sequence[Path], Sequence[Pixels]], ImportJob[Any]]

MOST_PICTURES = 8  # of a person's own that a model is tried with


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


def begin_import(paths: Sequence[Path], pictures: Sequence[Pixels]) -> ImportJob[Any]:
    """An import of graphs, or of the folder of a pipeline."""
    folder = next((pipeline_folder(path) for path in paths if pipeline_folder(path) is not None), None)
    return Import(paths, pictures) if folder is None else PipelineImport(folder, pictures)


class ImportController:
    """One import at a time, in a lane of its own, because a foreign file may take its time."""

    def __init__(
        self,
        lane: Lane,
        view: ImportView,
        folder: Path,
        opened: Callable[[Path], None],
        tell: Callable[[str], None],
        begin: Begin = begin_import,
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
        self._import: ImportJob[Any] | None = None
        self._proposal: Proposed | None = None
        self._answers: Answers[Any] | None = None

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
        graphs = [path for path in paths if path not in pictures and is_foreign(path)]
        if not graphs:
            return
        self._view.show_import(Shown("", tuple(FileRow("", path.name, "", "unused") for path in graphs)))
        self._view.show_busy("The files are opened and tried in a process of their own …")
        self._lane.submit(partial(_read, self._begin, graphs, pictures, self._hold), self._show, self._fail)

    def answer(self, key: str, value: str) -> None:
        """Answer one question; everything is looked at anew."""
        if self._import is not None and self._proposal is not None:
            self._look(self._import.answered(self._proposal, key, value), settle=False)

    def cast(self, graph: str, role: str) -> None:
        """Say what a graph is to be; another one of that role is left out."""
        if self._import is None or self._proposal is None or role not in ROLES:
            return
        changed = self._import.recast(self._proposal, graph, role)
        if changed is not None:
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

    def _hold(self, job: ImportJob[Any]) -> None:
        """In the worker: known at once, so that it can be stopped."""
        self._import = job

    def _look(self, proposal: Proposed, *, settle: bool) -> None:
        job, self._proposal = self._import, proposal
        if job is not None:
            self._view.show_busy("The model is tried …")
            self._lane.submit(lambda _: job.look(proposal, settle=settle), self._show, self._keep)

    def _show(self, answers: Answers[Any]) -> None:
        job = self._import
        if job is None:
            return
        name = answers.proposal.name if self._proposal is None else self._proposal.name
        proposal: Proposed = answers.proposal.model_copy(update={"name": name})
        self._answers, self._proposal = answers, proposal
        self._view.show_busy("")
        self._view.show_import(_shown(job, proposal, answers))

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
            shown = _shown(self._import, self._proposal, answers)
            self._view.show_import(replace(shown, fault=str(error), checked=()))


def _read(
    begin: Begin,
    graphs: Sequence[Path],
    pictures: Sequence[Path],
    hold: Callable[[ImportJob[Any]], None],
    job: Job,
) -> Answers[Any]:
    """In the worker: read and try everything, then look at what was guessed."""
    started = begin(graphs, [read_picture_file(path) for path in pictures])
    try:
        hold(started)
        job.cancel_with(lambda: None)  # a newer import ends this one through ``end``
        return started.look(started.read())
    except (ExplorerError, Cancelled):
        started.close()
        raise


def _shown(job: ImportJob[Any], proposal: Proposed, answers: Answers[Any]) -> Shown:
    def of_each(found: Callable[[Question, int], T]) -> tuple[tuple[T, ...], ...]:
        return tuple(tuple(found(one, at) for at in range(len(one.answers))) for one in answers.questions)

    return Shown(
        name=proposal.name,
        files=job.files(proposal),
        questions=answers.questions,
        rows=of_each(answers.row),
        faults=of_each(answers.fault),
        given=answers.rows.get(GIVEN),
        made=answers.rows.get(NOW),
        fault=answers.faults.get(NOW, ""),
        warnings=job.warnings(proposal),
        notes=proposal.told,
        checked=job.checked(proposal),
    )
