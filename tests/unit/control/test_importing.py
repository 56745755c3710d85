"""The way of a foreign model through the controller: dropped, answered, cast, renamed, saved, refused, stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract.errors import ModelFault
from explorer.contract.pixels import Pixels
from explorer.control.importing import ImportController, ImportView, Shown
from explorer.control.outside import Outside
from explorer.foreign.facts import GraphFacts, Measured, Study, Tensor, Trial
from explorer.foreign.guard import ForeignFault
from explorer.foreign.guessing import propose
from explorer.foreign.importing import Import
from explorer.foreign.job import Answers
from explorer.foreign.proposal import Proposal
from explorer.foreign.questions import questions
from explorer.state.settings import Settings
from explorer.tasks.latest import Job
from tests.graphs import tiny_bundle

ROW = np.zeros((8, 24, 3), np.uint8)


def study(key: str = "g0") -> Study:
    """A decoder from 4 numbers to 8 x 8, as the child tells of it."""
    graph = GraphFacts(
        key=key, file="net.onnx", sha256="0" * 64, size=9,
        inputs=(Tensor(name="z", dtype="float", shape=(None, 4)),),
        outputs=(Tensor(name="y", dtype="float", shape=(None, 1, 8, 8)),),
    )  # fmt: skip
    trials = tuple(
        Trial(graph=key, shapes={"z": (rows, 4)},
              outputs=(Measured(name="y", dtype="float", shape=(rows, 1, 8, 8), low=0.0, high=1.0),))
        for rows in (1, 2)
    )  # fmt: skip
    return Study(graphs=(graph,), trials=trials)


class Begun(Import):
    """An import without a process."""

    def __init__(self, paths: Sequence[Path], pictures: Sequence[Pixels] = ()) -> None:
        self.paths, self.study, self.fault, self.closed = tuple(paths), study(), "", False
        self.saved: list[tuple[Proposal, Path]] = []
        self.looked: list[Proposal] = []

    def read(self) -> Proposal:
        return propose(self.study)

    def look(self, proposal: Proposal, *, settle: bool = False) -> Answers:
        if self.fault:
            raise ForeignFault(self.fault)
        self.looked.append(proposal)
        asked = questions(self.study, proposal)
        rows = {"now": ROW} | {f"{one.key} {at}": ROW for one in asked for at in range(len(one.answers))}
        return Answers(proposal, asked, rows, {})

    def save(self, proposal: Proposal, target: Path) -> None:
        self.saved.append((proposal, target))

    def checked(self, proposal: Proposal) -> tuple[str, ...]:
        return ("all",)

    def stop(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class NowLane:
    """Does at once what it is asked."""

    def submit(
        self, work: Callable[[Job], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        try:
            answer = work(Job(lambda _: None))
        except ForeignFault as error:
            failed(error)
        else:
            done(answer)

    def cancel(self) -> None: ...


class Stand:
    """A controller with a view that is watched."""

    def __init__(self, folder: Path, begin: Callable[..., Import] | None = None) -> None:
        self.view = create_autospec(ImportView, instance=True)
        self.opened: list[Path] = []
        self.told: list[str] = []
        self.begun: list[Begun] = []

        def start(paths: Sequence[Path], pictures: Sequence[Pixels]) -> Import:
            self.begun.append(Begun(paths, pictures))
            return self.begun[-1]

        self.control = ImportController(
            NowLane(), self.view, folder, self.opened.append, self.told.append, begin or start,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def shown(self) -> Shown:
        """What the dialog shows last."""
        shown = self.view.show_import.call_args.args[0]
        assert isinstance(shown, Shown)
        return shown


def test_what_was_guessed_is_shown_with_a_picture_for_each_answer(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.control.take([tmp_path / "net.onnx", tmp_path / "notes.txt"])
    assert stand.begun[0].paths == (tmp_path / "net.onnx",)
    assert [(row.name, row.role) for row in stand.shown.files] == [("net.onnx", "decoder")]
    assert stand.shown.files[0].facts == "code of 4 numbers → 8 × 8, grey"
    assert {question.key for question in stand.shown.questions} == {"range", "prior"}
    assert all(len(rows) == len(question.answers) for question, rows in
               zip(stand.shown.questions, stand.shown.rows, strict=True))  # fmt: skip
    stand.view.show_busy.assert_called_with("")


def test_an_answer_changes_the_proposal_and_is_saved(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.control.take([tmp_path / "net.onnx"])
    stand.control.answer("range", "-1..1")
    assert next(question.chosen for question in stand.shown.questions if question.key == "range") == "-1..1"
    stand.control.rename("My net/../x\x1b")
    stand.control.save()
    proposal, place = stand.begun[0].saved[0]
    part = proposal.part("decoder")
    assert part is not None and part.picture_out is not None and part.picture_out.low == -1.0
    assert place == tmp_path / "My net..x" and place.parent == tmp_path
    assert stand.opened == [place] and stand.begun[0].closed
    assert stand.view.show_import.call_args.args == (None,)


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.control.take([tmp_path / "net.onnx"])
    (tmp_path / "net").mkdir()
    assert stand.control.suggestion == tmp_path / "net-2"


def test_a_graph_that_is_left_out_leaves_nothing_to_save(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.control.take([tmp_path / "net.onnx"])
    stand.control.cast("g0", "unused")
    assert stand.begun[0].looked[-1].fault


def test_a_fault_while_answering_keeps_what_was_there(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.control.take([tmp_path / "net.onnx"])
    stand.begun[0].fault = "It crashed."
    stand.control.answer("prior", "uniform")
    assert stand.shown.fault == "It crashed." and stand.shown.questions


def test_what_cannot_be_read_is_told_and_the_dialog_goes(tmp_path: Path) -> None:
    def refuse(paths: Sequence[Path], pictures: Sequence[Pixels]) -> Import:
        raise ForeignFault("It is a web page.")

    stand = Stand(tmp_path, refuse)
    stand.control.take([tmp_path / "net.onnx"])
    assert stand.told == ["It is a web page."]
    assert stand.view.show_import.call_args.args == (None,)


def test_a_second_drop_ends_the_first(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.control.take([tmp_path / "net.onnx"])
    stand.control.take([tmp_path / "other.onnx"])
    assert stand.begun[0].closed and not stand.begun[1].closed


# --- models from outside ---------------------------------------------------------------------------------------------


def test_a_model_from_outside_is_tried_once(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "outside" / "net")
    settings, tried = Settings(), list[Path]()
    outside = Outside(settings, (tmp_path / "shipped",), lambda call: call(), lambda path, _: str(tried.append(path)))
    for _ in range(2):
        outside.prove(bundle.path, Job(lambda _: None))
    assert tried == [bundle.path] and settings.proved == (bundle.identity(),)


def test_what_ships_is_not_tried_and_a_fault_is_told(tmp_path: Path) -> None:
    def refuse(path: Path, stop: object) -> str:
        raise ForeignFault("It crashed.")

    outside = Outside(Settings(), (tmp_path / "shipped",), lambda call: call(), refuse)
    outside.prove(tiny_bundle(tmp_path / "shipped" / "net").path, Job(lambda _: None))
    with pytest.raises(ModelFault, match="It crashed"):
        outside.prove(tiny_bundle(tmp_path / "other").path, Job(lambda _: None))
