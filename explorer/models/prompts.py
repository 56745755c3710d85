"""Asking in words: a prompt is cut into tokens as CLIP does, and its text encoders make features of them."""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.errors import DamagedBundle, PortMismatch, short
from explorer.contract.manifest import Graph, Port, TextEncoder
from explorer.models.graphs import Graphs
from explorer.runtime.session import Session, check_finite

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FIRST, LAST = "<|startoftext|>", "<|endoftext|>"
MOST_TOKENS = 200_000  # of a vocabulary; CLIP's has 49,408
KEPT = 32  # prompts whose features are remembered
# Words, single digits and runs of signs: the pattern of CLIP's published tokenizer, arXiv:2103.00020, section 2.4
PIECES = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


@dataclass(frozen=True, eq=False)
class Features:
    """What a denoiser is told of one text: ``words`` (1, L, D) and, where it wants that, ``whole`` (1, D), float32."""

    words: NDArray[np.float32]
    whole: NDArray[np.float32] | None


class Tokens:
    """A vocabulary of byte pairs, and what a text is in it; any thread may ask."""

    def __init__(self, vocabulary: bytes, merges: bytes, encoder: TextEncoder) -> None:
        """Raises:
        DamagedBundle: the files are no vocabulary of CLIP.
        """
        words = _vocabulary(vocabulary, encoder.vocabulary)
        self._first, self._last = words[FIRST], words[LAST]
        self._length, self._padding = encoder.length, encoder.padding
        self._tokenizer = _tokenizer(words, _pairs(merges, words, encoder.merges))

    @property
    def most(self) -> int:
        """How many tokens of a text are read."""
        return self._length - 2

    def of(self, text: str) -> list[int]:
        """All tokens of a text, without the first and the last one that frame it."""
        return [int(number) for number in self._tokenizer.encode(text, add_special_tokens=False).ids]

    def row(self, text: str) -> list[int]:
        """The tokens that an encoder is given: framed, cut, and filled up to its length."""
        framed = [self._first, *self.of(text)[: self.most], self._last]
        return framed + [self._padding] * (self._length - len(framed))


class Prompter:
    """Texts to features, by one text encoder or two; in the worker's thread, but for ``count``."""

    def __init__(self, encoders: "tuple[_Reader, ...]", *, zero_when_empty: bool) -> None:
        self._encoders, self._zero_when_empty = encoders, zero_when_empty
        self._kept: dict[tuple[str, bool], Features] = {}

    def count(self, text: str) -> tuple[int, int]:
        """How many tokens a text has, and how many are read."""
        tokens = self._encoders[0].tokens
        return len(tokens.of(text)), tokens.most

    def features(self, text: str, *, avoided: bool = False) -> Features:
        """Of a text that is asked for, or with ``avoided`` of what is led away from.

        Raises:
            ModelFault, PortMismatch: the encoders gave no features.
        """
        key = text, avoided
        if key not in self._kept:
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            found = self._made(text)
            if avoided and self._zero_when_empty and not text.strip():
                found = Features(
                    np.zeros_like(found.words), None if found.whole is None else np.zeros_like(found.whole)
                )
            self._kept[key] = found
        return self._kept[key]

    def _made(self, text: str) -> Features:
        read = [encoder.read(text) for encoder in self._encoders]
        whole = [pooled for _, pooled in read if pooled is not None]
        return Features(np.concatenate([words for words, _ in read], axis=2), whole[-1] if whole else None)


class _Reader:
    """One text encoder with its vocabulary."""

    def __init__(self, session: Session, graph: Graph, encoder: TextEncoder, tokens: Tokens) -> None:
        self.tokens = tokens
        self._session, self._graph, self._encoder = session, graph, encoder
        if len(graph.inputs) != 1:
            raise PortMismatch(f"{graph.file} must take the numbers of tokens and nothing else; export it again.")
        self._numbers = graph.inputs[0]

    def read(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Features (1, L, D), and those of the whole text (1, D) where there are any."""
        row = np.array([self.tokens.row(text)], self._numbers.dtype)
        answer = self._session.run({self._numbers.name: row})
        pooled = self._encoder.pooled
        return self._output(answer, self._encoder.features, 3), self._output(answer, pooled, 2) if pooled else None

    def _output(self, answer: dict[str, NDArray[Any]], name: str, axes: int) -> NDArray[np.float32]:
        found = answer.get(name)
        if found is None or found.ndim != axes:
            raise PortMismatch(
                f"{self._graph.file} should give {short(name)!r} with {axes} axes; export the model again."
            )
        return check_finite(found, self._graph.file).astype(np.float32)


def prompter_of(bundle: Bundle, graphs: Graphs) -> Prompter | None:
    """What reads the prompts of a model; None where it reads none.

    Raises:
        DamagedBundle, PortMismatch, ModelFault: as their sentences say.
    """
    facts = bundle.manifest.prompts
    if facts is None:
        return None
    readers: list[_Reader] = []
    for encoder in facts.encoders:
        found = graphs.role(encoder.role)
        assert found is not None  # the manifest proved it
        tokens = Tokens(bundle.read(encoder.vocabulary), bundle.read(encoder.merges), encoder)
        readers.append(_Reader(*found, encoder, tokens))
    return Prompter(tuple(readers), zero_when_empty=facts.zero_when_empty)


def condition_of(port: Port, features: Features) -> NDArray[np.float32] | None:
    """What of a text's features a port of a denoiser is given, or None where it wants something else."""
    return {"prompt": features.words, "pooled prompt": features.whole}.get(getattr(port.meaning, "of", ""))


def _vocabulary(content: bytes, file: str) -> dict[str, int]:
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(file) from error
    if not isinstance(found, dict) or not 0 < len(cast(dict[str, object], found)) <= MOST_TOKENS:
        raise _damaged(file)
    words = cast(dict[str, object], found)
    numbers = [number for number in words.values() if isinstance(number, int) and 0 <= number < 1 << 31]
    if len(numbers) != len(words) or FIRST not in words or LAST not in words:
        raise _damaged(file)
    return cast(dict[str, int], words)


def _pairs(content: bytes, words: dict[str, int], file: str) -> list[tuple[str, str]]:
    """Pairs whose parts, and what they make, are words; others can never be met."""
    lines = content.decode(errors="replace").split("\n")
    pairs: list[tuple[str, str]] = []
    for line in lines[1:] if lines[0].startswith("#version") else lines:
        parts = re.split(r"[ \r]+", line.strip(" \r"))
        if parts == [""]:
            continue
        if len(parts) != 2 or len(pairs) >= MOST_TOKENS:
            raise _damaged(file)
        if parts[0] in words and parts[1] in words and "".join(parts) in words:
            pairs.append((parts[0], parts[1]))
    return pairs


def _tokenizer(words: dict[str, int], pairs: list[tuple[str, str]]) -> "Tokenizer":
    """Byte pairs that end words with ``</w>``; letters are made small and spaces one."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers  # only where there are prompts

    made = Tokenizer(models.BPE(vocab=words, merges=pairs, end_of_word_suffix="</w>", unk_token=LAST))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )  # pyright: ignore[reportAttributeAccessIssue]
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )  # pyright: ignore[reportAttributeAccessIssue]
    return made


def _damaged(file: str) -> DamagedBundle:
    return DamagedBundle(f"{short(file)} is no vocabulary of CLIP; import the model again.")
