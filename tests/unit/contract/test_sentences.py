"""Every sentence written in the contract, found in its source, says what to do."""

import ast
import re
from pathlib import Path

import pytest

from explorer.contract import errors
from explorer.contract.errors import short
from tests.unit.contract.sentences import faults_of

SOURCES = sorted(Path(errors.__file__).parent.glob("*.py"))
ERRORS = {name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, Exception)}


def _text(node: ast.expr) -> str:
    """The sentence with a short word in each gap; two strings around ``if`` count as the first."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "gap" for part in parts)
    raise AssertionError(f"line {node.lineno}: write the sentence where it is raised")


def _sentences() -> list[tuple[str, str]]:
    return [
        (f"{source.name}:{node.lineno}", _text(node.args[0]))
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
    ]


def test_the_sentences_are_found() -> None:
    assert len(_sentences()) > 40


@pytest.mark.parametrize(("place", "sentence"), _sentences(), ids=lambda value: value if ":" in value[:30] else "")
def test_every_sentence_says_what_to_do(place: str, sentence: str) -> None:
    assert not faults_of(sentence), (place, sentence)
    assert 1 <= len([part for part in re.split(r"[.!?](?:\s|$)", sentence) if part]) <= 2, (place, sentence)


def test_every_error_has_a_sentence_of_its_own_in_the_docs() -> None:
    for name in ERRORS:
        assert (getattr(errors, name).__doc__ or "").endswith((".", ".\n    ")), name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\x1b[2J", "two?lines?[2J"),
        ("left\u202eright", "left?right"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        (10**30, str(10**30)),
    ],
)
def test_short_makes_foreign_text_harmless(text: object, shown: str) -> None:
    assert short(text) == shown
