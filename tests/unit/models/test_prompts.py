"""Prompts: tokens as those of transformers, and vocabularies that are none."""

from pathlib import Path

import pytest

from explorer.contract.errors import DamagedBundle
from explorer.contract.manifest import TextEncoder
from explorer.models.prompts import Tokens

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
from tests import pipelines as made  # noqa: E402 - it needs torch

TEXTS = (
    "",
    "  ",
    "A photograph of an astronaut, riding a horse!",
    "the cat's hats aren't 2024 -- they're (blue)",
    "ÉCOLE naïve façade\tand\nnew   lines",
    "日本の絵画 🦊 100%",
    "e\u0301cole",  # decomposed
    " ".join(["red fox in the snow"] * 40),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tokens") / "tokenizer"
    made.write_tokenizer(place, made.END)
    return place


def tokens(folder: Path, length: int = 77, padding: int = 0) -> Tokens:
    encoder = TextEncoder(
        role="text_encoder", vocabulary="vocab.json", merges="merges.txt", length=length, padding=padding, features="f"
    )
    return Tokens((folder / "vocab.json").read_bytes(), (folder / "merges.txt").read_bytes(), encoder)


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_those_of_transformers(folder: Path, text: str) -> None:
    made.make_importable()
    from transformers import CLIPTokenizer

    theirs = CLIPTokenizer.from_pretrained(str(folder))
    row = theirs(text, padding="max_length", max_length=77, truncation=True).input_ids
    assert tokens(folder, padding=theirs.pad_token_id).row(text) == row


def test_what_does_not_fit_is_cut_and_told(folder: Path) -> None:
    short = tokens(folder, length=6, padding=9)
    text = "a red fox in the snow, a small house"
    row = short.row(text)
    assert len(row) == 6
    assert len(short.of(text)) > short.most == 4
    assert row[1:5] == short.of(text)[:4]
    assert short.row("")[2:] == [9, 9, 9, 9]


@pytest.mark.parametrize(
    "vocabulary",
    [b"", b"[1]", b"{}", b'{"a": 1}', b'{"<|startoftext|>": 0, "<|endoftext|>": "1"}',
     b'{"<|startoftext|>": 0, "<|endoftext|>": -1}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_vocabulary_is_told(vocabulary: bytes) -> None:
    encoder = TextEncoder(role="text_encoder", vocabulary="v.json", merges="m.txt", padding=0, features="f")
    with pytest.raises(DamagedBundle, match=r"v\.json is no vocabulary of CLIP; import the model again\."):
        Tokens(vocabulary, b"", encoder)


def test_pairs_of_unknown_words_are_passed_over_and_torn_lines_told(folder: Path) -> None:
    encoder = TextEncoder(role="text_encoder", vocabulary="v.json", merges="m.txt", padding=0, features="f")
    vocabulary = (folder / "vocab.json").read_bytes()
    merges = (folder / "merges.txt").read_bytes()
    whole = Tokens(vocabulary, merges, encoder)
    assert Tokens(vocabulary, merges + b"\nnever seen\n", encoder).of("a red fox") == whole.of("a red fox")
    with pytest.raises(DamagedBundle, match=r"m\.txt is no vocabulary of CLIP"):
        Tokens(vocabulary, b"a b c\n", encoder)
