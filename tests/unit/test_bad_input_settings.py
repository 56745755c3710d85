"""Settings and the session on a disk that refuses or lies: told once, the program goes on, nothing is lost."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.contract import archive
from explorer.contract.errors import CannotWrite
from explorer.control.keeper import Keeper, Session, bring_back
from explorer.state.place import Explore, Place
from explorer.state.settings import Settings
from explorer.state.storage import restore, store
from tests.unit.contract.sentences import assert_plain, faults_of

PLACE = Place(bundle="/models/faces", code=(0.5, -1.25), seed=7, locked=frozenset({1}))


def _at_once(function: Callable[[], None]) -> Callable[[], None]:
    return function


def _keeper(folder: Path, told: list[str]) -> tuple[Explore, Settings]:
    explore, wishes = Explore(), Settings()
    # only what state holds on to stays alive
    Keeper(explore, wishes, folder / "session.json", folder / "settings.json", _at_once, told.append)
    return explore, wishes


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    told: list[str] = []
    explore, wishes = _keeper(tmp_path / "new" / "folder", told)
    explore.place, explore.smooth = PLACE, False
    wishes.theme, wishes.opened = "light", ("/models/faces",)
    again = Explore()
    assert bring_back(again, tmp_path / "new/folder/session.json") == ""
    assert (again.place, again.smooth) == (PLACE, False)
    kept, sentence = restore(tmp_path / "new/folder/settings.json", Settings)
    assert (kept.theme, kept.opened, sentence) == ("light", ("/models/faces",), "")
    assert told == []


def test_a_model_whose_name_is_no_text_is_remembered(tmp_path: Path) -> None:
    """Linux allows any bytes in a name; Python shows those that are no UTF-8 as lone surrogates."""
    store(tmp_path / "settings.json", Settings(opened=("/models/caf\udce9",)))
    assert restore(tmp_path / "settings.json", Settings) == (Settings(opened=("/models/caf\udce9",)), "")


def test_no_right_to_write_is_told_once_a_file_and_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"a file where the folder should be")
    told: list[str] = []
    explore, wishes = _keeper(tmp_path / "config", told)
    for seed in range(5):
        explore.place = Place(bundle="/models/faces", seed=seed)
        wishes.theme = "light" if seed % 2 else "high-contrast"
    assert explore.place.seed == 4 and wishes.theme == "high-contrast"
    assert len(told) == 2 and all(not faults_of(sentence) for sentence in told), told
    assert (tmp_path / "config").read_bytes() == b"a file where the folder should be"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_disk_that_refuses_leaves_the_old_file(tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    store(path, Settings(theme="light"))
    before = path.read_bytes()

    def refuse(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(archive.os, "fsync", refuse)
    with pytest.raises(CannotWrite) as caught:
        store(path, Settings(theme="dark"))
    assert_plain(caught.value)
    assert path.read_bytes() == before and [place.name for place in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b'{"theme": "plaid"}'])
def test_a_damaged_file_is_set_aside_and_the_defaults_are_used(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    found, sentence = restore(path, Settings)
    assert found == Settings() and "defaults" in sentence and sentence.endswith(".")
    assert (tmp_path / "settings.damaged.json").read_bytes() == content and not path.exists()
    store(path, Settings(theme="light"))
    assert restore(path, Settings)[0].theme == "light"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "session.json").mkdir()
    explore = Explore()
    sentence = bring_back(explore, tmp_path / "session.json")
    assert "cannot be read" in sentence and explore.place == Place()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists, max_leaves=4
).flatmap(lambda value: st.sampled_from(["place", "smooth", "instrument"]).map(
    lambda key: f'{{"{key}": {value!r}}}'.replace("'", '"').replace("None", "null").encode()
)))  # fmt: skip
def test_no_session_file_keeps_the_program_from_starting(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "session.json").write_bytes(content)
    found, sentence = restore(tmp_path / "session.json", Session)
    assert sentence == "" or (found == Session() and "session" in sentence)
