"""State as files: whole or not at all, and never lost when damaged."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from explorer.contract.errors import CannotWrite
from explorer.state.settings import Settings
from explorer.state.storage import restore, store


class Facts(BaseModel):
    """Something to keep."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str = "nobody"
    numbers: tuple[float, ...] = ()
    chosen: frozenset[int] = frozenset()


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    st.frozensets(st.integers(-(2**53), 2**53)),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_there_and_back(tmp_path: Path, name: str, numbers: list[float], chosen: frozenset[int]) -> None:
    facts = Facts(name=name, numbers=tuple(numbers), chosen=chosen)
    store(tmp_path / "facts.json", facts)
    assert restore(tmp_path / "facts.json", Facts) == (facts, "")


def test_folders_are_made(tmp_path: Path) -> None:
    store(tmp_path / "a/b/facts.json", Facts(name="me"))
    assert restore(tmp_path / "a/b/facts.json", Facts)[0].name == "me"


def test_what_was_never_stored_is_fresh(tmp_path: Path) -> None:
    assert restore(tmp_path / "facts.json", Facts) == (Facts(), "")


@given(st.binary(max_size=60))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_fresh_facts_and_the_bytes_kept_aside(tmp_path: Path, content: bytes) -> None:
    path, aside = tmp_path / "facts.json", tmp_path / "facts.damaged.json"
    aside.unlink(missing_ok=True)
    path.write_bytes(content)
    facts, sentence = restore(path, Facts)
    if not sentence:
        assert path.read_bytes() == content  # it was fine after all
        return
    assert facts == Facts()
    assert aside.read_bytes() == content
    assert not path.exists()


def test_what_cannot_be_read_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "facts.json").mkdir()
    facts, sentence = restore(tmp_path / "facts.json", Facts)
    assert facts == Facts()
    assert "cannot be read" in sentence
    assert (tmp_path / "facts.json").is_dir()


def test_damage_that_cannot_be_moved_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "facts.json").write_bytes(b"{")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    facts, sentence = restore(tmp_path / "facts.json", Facts)
    assert facts == Facts()
    assert "is damaged and was ignored; delete it" in sentence


def test_a_folder_that_is_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"a file")
    with pytest.raises(CannotWrite, match=r"cannot be written|no right to write"):
        store(tmp_path / "config/facts.json", Facts())
    assert (tmp_path / "config").read_bytes() == b"a file"


def test_settings_of_a_later_version_are_read_as_far_as_they_are_known(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "light", "mood": "calm"}')
    kept, sentence = restore(tmp_path / "settings.json", Settings)
    assert (kept.theme, sentence) == ("light", "")


def test_settings_that_cannot_be_are_damage(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "mauve"}')
    kept, sentence = restore(tmp_path / "settings.json", Settings)
    assert kept.theme == "dark"
    assert "settings.damaged.json" in sentence
