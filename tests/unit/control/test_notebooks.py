"""Notebooks: one a model, undoable, kept on disk, and no fault of a file ends anything."""

from pathlib import Path

import pytest

from explorer.contract.errors import CannotWrite
from explorer.control import notebooks
from explorer.control.notebooks import Notebooks
from explorer.control.stage import Stage
from explorer.state.notebook import Notes, Pick, Trait
from tests.unit.control.stand import Steps, toy_model

TRAIT = Trait(name="wide", picks=(Pick(code=(1.0, 2.0, 3.0, 4.0), more=True),))


class Desk:
    """Notebooks in a folder; what waits for calm is done by ``calm``."""

    def __init__(self, folder: Path | None) -> None:
        self.stage, self.steps, self.told, self.asked = Stage(), Steps(), list[str](), 0
        self.books = Notebooks(self.stage, self.steps, folder, self._later, self.told.append)

    def _later(self, call):
        def ask() -> None:
            self.asked += 1

        self.calm = call
        return ask


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "notebooks")
    desk.stage.model = toy_model("first")
    return desk


def test_without_a_model_there_is_nothing_to_write_in() -> None:
    desk = Desk(None)
    assert not desk.books.write("Nothing", question="x")
    assert desk.books.notes == Notes()


def test_a_change_is_one_step_and_can_be_undone(desk: Desk) -> None:
    told: list[Notes] = []
    desk.books.changed.connect(lambda: told.append(desk.books.notes))
    assert desk.books.write("Teach", traits=(TRAIT,))
    assert not desk.books.write("Teach", traits=(TRAIT,))
    assert desk.steps.words == ["Teach"]
    desk.steps.undo()
    assert desk.books.notes == Notes()
    assert [len(notes.traits) for notes in told] == [1, 0]


def test_each_model_has_its_own(desk: Desk) -> None:
    desk.books.write("Teach", traits=(TRAIT,))
    desk.stage.model = toy_model("second")
    assert desk.books.notes == Notes()
    desk.stage.model = toy_model("first")  # loaded afresh, the same bundle
    assert desk.books.notes.traits == (TRAIT,)


def test_it_is_there_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.books.write("Teach", traits=(TRAIT,), question="wide")
    assert desk.asked == 1
    desk.calm()
    again = Desk(tmp_path / "notebooks")
    again.stage.model = toy_model("first")
    assert again.books.notes == desk.books.notes
    assert again.told == []


def test_only_what_changed_is_written(desk: Desk, tmp_path: Path) -> None:
    desk.calm()
    assert not (tmp_path / "notebooks").exists()
    desk.books.write("Ask", question="wide")
    desk.calm()
    (file,) = (tmp_path / "notebooks").iterdir()
    file.unlink()
    desk.calm()
    assert not file.exists()


def test_a_damaged_notebook_is_set_aside_and_told(desk: Desk, tmp_path: Path) -> None:
    desk.books.write("Ask", question="wide")
    desk.calm()
    (file,) = (tmp_path / "notebooks").iterdir()
    file.write_text('{"question": 7, "traits": [{]', encoding="utf-8")
    again = Desk(tmp_path / "notebooks")
    again.stage.model = toy_model("first")
    assert again.books.notes == Notes()
    assert len(again.told) == 1
    assert "damaged" in again.told[0]
    assert file.with_suffix(".damaged.json").is_file()


def test_codes_of_another_length_are_left_out(tmp_path: Path) -> None:
    short = Trait(name="wide", picks=(Pick(code=(1.0,), more=True),))
    desk = Desk(tmp_path)
    desk.stage.model = toy_model("first")
    desk.books.write("Teach", traits=(short,))
    desk.calm()
    again = Desk(tmp_path)
    again.stage.model = toy_model("first")
    assert again.books.notes == Notes()
    assert "another length" in again.told[0]


def test_no_right_to_write_is_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CannotWrite("There is no space left.")

    monkeypatch.setattr(notebooks, "store", refuse)
    for question in ("a", "b"):
        desk.books.write("Ask", question=question)
        desk.calm()
    assert len(desk.told) == 1
    assert desk.books.notes.question == "b"


def test_without_a_folder_nothing_is_kept() -> None:
    desk = Desk(None)
    desk.stage.model = toy_model("first")
    desk.books.write("Ask", question="a")
    desk.calm()
    assert desk.books.notes.question == "a"
    assert desk.told == []
