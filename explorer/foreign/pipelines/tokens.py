"""The files of a CLIP tokenizer: that they are byte pairs, that they fit each other, and what stands after the text."""

import json
from pathlib import Path
from typing import Any, cast

from explorer.contract.errors import TooLarge, short
from explorer.foreign.pipelines.facts import Tokenizer
from explorer.foreign.pipelines.files import Config, NotAPipeline, has, read_bytes, read_json

VOCABULARY, MERGES = "vocab.json", "merges.txt"
TOKENS = 200_000  # CLIP has 49,408
FILE_BYTES = 8 << 20  # CLIP has 1 MB
LENGTH = 77  # tokens that CLIP reads
LONGEST = 1_024
START, END = "<|startoftext|>", "<|endoftext|>"
_CLIP = {"CLIPTokenizer", "CLIPTokenizerFast", ""}


def read_tokenizer(root: Path, folder: str) -> tuple[Tokenizer, dict[str, bytes]]:
    """A tokenizer, and its vocabulary and merges by their paths in the folder ``root``.

    Raises:
        NotAPipeline: it is of another kind, or its files do not fit each other. TooLarge, and as ``read_json``.
    """
    vocabulary, merges, settings = (f"{folder}/{name}" for name in (VOCABULARY, MERGES, "tokenizer_config.json"))
    config = read_json(root, settings) if has(root, settings) else Config(settings, {})
    kind = config.text("tokenizer_class")
    if kind not in _CLIP:
        raise NotAPipeline(f"{folder} is a {short(kind)}, but only CLIP's is read here; choose another pipeline.")
    for other in ("tokenizer.json", "spiece.model"):
        if has(root, f"{folder}/{other}") and not (has(root, vocabulary) and has(root, merges)):
            raise NotAPipeline(
                f"{folder} holds {other} without {VOCABULARY} and {MERGES}, the byte pairs of CLIP; get these two of "
                "the original model, or choose another pipeline."
            )
    contents = {path: read_bytes(root, path, FILE_BYTES) for path in (vocabulary, merges)}
    numbers = _vocabulary(contents[vocabulary], vocabulary)
    _check_merges(contents[merges], merges, numbers)
    map_path = f"{folder}/special_tokens_map.json"
    special = read_json(root, map_path) if has(root, map_path) else Config(map_path, {})
    for key, wanted in (("bos_token", START), ("eos_token", END)):
        found = special.token(key) or config.token(key) or wanted
        if found != wanted or wanted not in numbers:
            raise NotAPipeline(f"{folder} has the {key} {short(found)!r}, not CLIP's; choose another pipeline.")
    padding = special.token("pad_token") or config.token("pad_token") or END
    if padding not in numbers:
        raise NotAPipeline(f"{folder} fills up with {short(padding)!r}, which {VOCABULARY} lacks; export it again.")
    tokens = max(numbers.values()) + 1
    return Tokenizer(folder=folder, length=_length(config), padding=numbers[padding], tokens=tokens), contents


def _length(config: Config) -> int:
    """Tokens that are read; where none were set it is said to be 10^30."""
    length = config.facts.get("model_max_length")
    return length if isinstance(length, int) and 3 <= length <= LONGEST else LENGTH


def _vocabulary(content: bytes, path: str) -> dict[str, int]:
    """Token -> number."""
    broken = NotAPipeline(f"{path} is no list of tokens and their numbers; export or download the pipeline again.")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise broken from error
    if not isinstance(found, dict):
        raise broken
    numbers = cast(dict[str, Any], found)
    if len(numbers) > TOKENS:
        raise TooLarge(f"{path} has {len(numbers):,} tokens, more than {TOKENS:,}; do not use this model.")
    if any(not isinstance(number, int) or not 0 <= number < 2 * TOKENS for number in numbers.values()):
        raise broken
    if len(set(numbers.values())) < len(numbers):
        raise NotAPipeline(f"{path} gives two tokens the same number; export or download the pipeline again.")
    return numbers


def _check_merges(content: bytes, path: str, numbers: dict[str, int]) -> None:
    """Every line joins two tokens to a third."""
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise NotAPipeline(f"{path} is no text; export or download the pipeline again.") from error
    pairs = [line.split(" ") for line in lines if line.strip() and not line.startswith("#version")]
    if len(pairs) > TOKENS:
        raise TooLarge(f"{path} has {len(pairs):,} lines, more than {TOKENS:,}; do not use this model.")
    for pair in pairs:
        if len(pair) != 2 or any(token not in numbers for token in (*pair, "".join(pair))):
            raise NotAPipeline(
                f"{path} joins {short(' '.join(pair), 40)!r}, which {VOCABULARY} beside it does not know; get both "
                "files of the same model."
            )
