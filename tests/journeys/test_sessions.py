"""A session as a file: saved in one place, opened in another, and what is wrong with one."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from explorer.app import App
from explorer.state.notebook import Made
from tests.journeys.conftest import FIRST, Journey, assert_shows, code_of

pytestmark = pytest.mark.journey

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def save(journey: Journey, app: App, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.window, "ask_session_place", lambda _: str(path))
    journey.keys(app, Qt.Key.Key_S, CONTROL_SHIFT)


def drop(journey: Journey, app: App, path: Path) -> None:
    app.window.paths_dropped.emit((path,))
    journey.settle(app)


def test_everything_comes_back_from_the_file(stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = stocked.start(session=False)
    stocked.choose(app, "first")
    stocked.drag(app, 1, 1.5)
    stocked.keys(app, Qt.Key.Key_K)
    stocked.drag(app, 2, -1.0)
    stocked.keys(app, Qt.Key.Key_K)
    app.notebooks.write("Make", made=(Made(name="up", vector=(1.0, 0.0, 0.0, 0.0)),))
    app.explore.instrument = "map"
    kept = code_of(app), app.explore.journey.keyframes
    save(stocked, app, tmp_path / "mine", monkeypatch)
    assert "mine.session.json" in stocked.message(app)
    app.window.close()

    again = stocked.start(session=False)
    stocked.choose(again, "second")
    before = again.explore.place
    again.notebooks.write("Nothing", made=())
    drop(stocked, again, tmp_path / "mine.session.json")
    assert (code_of(again), again.explore.journey.keyframes) == kept
    assert again.explore.instrument == "map" and again.strip.journey.keyframes == kept[1]
    assert [made.name for made in again.notebooks.notes.made] == ["up"]
    assert_shows(again, FIRST)
    stocked.undo(again)
    assert again.explore.place == before and again.explore.instrument != "map"


def test_the_model_is_found_where_it_lies_now(stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = stocked.start(session=False)
    stocked.choose(app, "first")
    save(stocked, app, tmp_path / "a.session.json", monkeypatch)
    app.window.close()
    (stocked.library / "first").rename(stocked.library / "moved")
    again = stocked.start(session=False)
    drop(stocked, again, tmp_path / "a.session.json")
    assert Path(again.explore.place.bundle).name == "moved"
    assert_shows(again, FIRST)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "damaged or no session"),
        (b"{}", "damaged or no session"),
        (b'{"identity": "0", "name": "gone"}', "made with gone, which is not in the library"),
        (b'{"identity": "0", "name": "gone", "place": {"code": [NaN]}}', "damaged or no session"),
        (b"[" * 100_000, "damaged or no session"),
    ],
)
def test_what_is_no_session_says_so_and_changes_nothing(
    stocked: Journey, tmp_path: Path, content: bytes, sentence: str
):
    app = stocked.start(session=False)
    before = app.explore.place
    (tmp_path / "bad.session.json").write_bytes(content)
    drop(stocked, app, tmp_path / "bad.session.json")
    assert sentence in stocked.message(app) and app.explore.place == before


def test_a_session_that_cannot_be_written_says_why(stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = stocked.start(session=False)
    save(stocked, app, tmp_path / "missing" / "x.session.json", monkeypatch)
    assert "missing" in stocked.message(app) and not (tmp_path / "missing").exists()


def test_the_file_is_plain_json(stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = stocked.start(session=False)
    save(stocked, app, tmp_path / "x", monkeypatch)
    facts = json.loads((tmp_path / "x.session.json").read_text(encoding="utf-8"))
    assert facts["name"] in ("first", "second")
    assert np.allclose(facts["place"]["code"], code_of(app))
