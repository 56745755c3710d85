"""The Python that trains is found where the program has none, and what is none is told about."""

import os
import sys
from pathlib import Path

import pytest

from explorer.training import pythons
from explorer.training.catalogue import TrainingFault
from explorer.training.pythons import Interpreter, Python, find_python


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As in a program without Python; returns the only folder of the path."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.delenv(pythons.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def one_that_says(path: Path, words: str) -> str:
    """A program that prints ``words``, whatever it is asked."""
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_with_a_python_trains_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pythons.VARIABLE, raising=False)
    assert find_python().path == sys.executable


@pytest.mark.skipif(os.name == "nt", reason="the Pythons of this test are shell scripts")
def test_without_one_that_of_the_path_is_taken_if_it_trains(frozen: Path) -> None:
    assert find_python() == Python()
    first = one_that_says(frozen / "python3", '["torch"]')
    assert find_python() == Python(first, ("torch",))
    second = one_that_says(frozen / "python", "[]")
    assert find_python().path == second
    assert find_python().trains


@pytest.mark.skipif(os.name == "nt", reason="the Pythons of this test are shell scripts")
def test_the_variable_comes_before_what_was_chosen(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_that_says(frozen / "python3", "[]")
    chosen, named = one_that_says(frozen / "chosen", "[]"), one_that_says(frozen / "named", "[]")
    assert find_python(chosen).path == chosen
    monkeypatch.setenv(pythons.VARIABLE, named)
    assert find_python(chosen).path == named


@pytest.mark.skipif(os.name == "nt", reason="the Pythons of this test are shell scripts")
@pytest.mark.parametrize("words", ["", "hello", "{", "null"])
def test_a_program_that_is_no_python_is_named(frozen: Path, words: str) -> None:
    path = one_that_says(frozen / "other", words)
    assert find_python(path).fault == f"{path} is no Python that can be started; choose another one."


def test_a_real_python_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pythons, "OF_OTHERS", ("json", "no_such_package"))
    assert pythons.ask(sys.executable) == Python(sys.executable, ("no_such_package",))


def test_where_there_is_none_a_training_is_refused_in_a_sentence(frozen: Path) -> None:
    with pytest.raises(TrainingFault, match="no Python that trains; the page “Train” says"):
        Interpreter().path()
    with pytest.raises(TrainingFault, match="is no Python that can be started"):
        Interpreter(str(frozen / "missing")).path()
