"""The session and the settings on disk: written after changes, brought back at the start."""

from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.contract.errors import CannotWrite
from explorer.control import keeper as module
from explorer.control.keeper import Keeper, Session, bring_back
from explorer.state.place import Explore, Place
from explorer.state.settings import Settings
from explorer.state.storage import restore

PLACE = Place(bundle="/models/a", code=(0.25, -1.0), seed=7, locked=frozenset({1}))


class Desk:
    """A keeper whose calm moments come when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.explore, self.settings = Explore(), Settings()
        self.session_file, self.settings_file = folder / "state/session.json", folder / "config/settings.json"
        self.due: list[Callable[[], None]] = []
        self.told: list[str] = []
        self.keeper = Keeper(
            self.explore, self.settings, self.session_file, self.settings_file, self.later, self.told.append
        )

    def later(self, call: Callable[[], None]) -> Callable[[], None]:
        def start() -> None:
            if call not in self.due:
                self.due.append(call)

        return start

    def calm(self) -> int:
        """Let the moment of calm come; how many writes it brought."""
        due, self.due = self.due, []
        for call in due:
            call()
        return len(due)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nothing_is_written_while_nothing_changes(desk: Desk) -> None:
    assert desk.calm() == 0
    assert not desk.session_file.exists()
    assert not desk.settings_file.exists()


def test_many_changes_are_one_write_and_only_of_what_changed(desk: Desk) -> None:
    for number in range(100):
        desk.explore.place = Place(bundle="/models/a", code=(float(number),))
    assert not desk.session_file.exists()
    assert desk.calm() == 1
    assert not desk.settings_file.exists()
    desk.settings.theme = "light"
    assert desk.calm() == 1
    assert restore(desk.settings_file, Settings)[0].theme == "light"


def test_a_session_comes_back(desk: Desk) -> None:
    desk.explore.place, desk.explore.smooth, desk.explore.instrument = PLACE, False, "card"
    desk.calm()
    again = Explore()
    assert bring_back(again, desk.session_file) == ""
    assert again == desk.explore


def test_the_first_session_is_a_fresh_one(tmp_path: Path) -> None:
    again = Explore()
    assert bring_back(again, tmp_path / "nothing.json") == ""
    assert again == Explore()


def test_the_place_comes_last_and_once(desk: Desk) -> None:
    desk.explore.place, desk.explore.smooth = PLACE, False
    desk.calm()
    again, told = Explore(), list[tuple[str, bool]]()
    again.events.place.connect(lambda place: told.append((place.bundle, again.smooth)))
    bring_back(again, desk.session_file)
    assert told == [("/models/a", False)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b'{"place": 7}',
        b'{"place": {"bundle": "a", "seed": -1}}',
        b'{"place": {"bundle": "a", "code": [NaN]}}',
        b'{"place": {"bundle": "a", "code": [1e300]}}',
        b'{"place": {"unknown": 1}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_session_is_kept_aside_and_told(desk: Desk, content: bytes) -> None:
    desk.session_file.parent.mkdir()
    desk.session_file.write_bytes(content)
    again = Explore()
    sentence = bring_back(again, desk.session_file)
    assert sentence == "session.json was damaged; it is kept as session.damaged.json and the defaults are used."
    assert again == Explore()
    assert (desk.session_file.parent / "session.damaged.json").read_bytes() == content
    assert not desk.session_file.exists()
    assert bring_back(again, desk.session_file) == ""  # told once


def test_a_session_of_a_later_version_is_read_as_far_as_it_is_known(desk: Desk) -> None:
    desk.session_file.parent.mkdir()
    desk.session_file.write_text('{"place": {"bundle": "/models/a"}, "smooth": false, "mood": "calm"}')
    again = Explore()
    assert bring_back(again, desk.session_file) == ""
    assert (again.place.bundle, again.smooth) == ("/models/a", False)


def test_no_right_to_write_is_told_once_a_file_and_the_program_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _: object) -> None:
        raise CannotWrite(f"There is no right to write {path.name}; choose another folder.")

    monkeypatch.setattr(module, "store", refuse)
    for number in range(3):
        desk.explore.place = Place(bundle="/models/a", code=(float(number),))
        desk.settings.opened = (str(number),)
        desk.calm()
    assert [sentence.split(";")[0] for sentence in desk.told] == [
        "There is no right to write session.json",
        "There is no right to write settings.json",
    ]
    assert all(sentence.endswith("Until then nothing is remembered after closing.") for sentence in desk.told)


def test_a_write_that_fails_leaves_the_old_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.explore.place = PLACE
    desk.calm()
    old = desk.session_file.read_bytes()
    monkeypatch.setattr("explorer.contract.archive.os.fsync", _no_space)
    desk.explore.place = Place(bundle="/models/b")
    desk.calm()
    assert desk.session_file.read_bytes() == old
    assert [path.name for path in desk.session_file.parent.iterdir()] == ["session.json"]
    assert len(desk.told) == 1


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_what_is_stored_can_be_stored_again_the_same(desk: Desk) -> None:
    desk.explore.place = PLACE
    desk.calm()
    first = desk.session_file.read_bytes()
    again = Explore()
    bring_back(again, desk.session_file)
    assert (
        Session(place=again.place, smooth=again.smooth, instrument=again.instrument)
        == restore(desk.session_file, Session)[0]
    )
    desk.keeper.save_session()
    assert desk.session_file.read_bytes() == first
