"""What the names in a file of weights stand for: tensors and arrays within the bytes that are there, and records.

A record is an object of the published StyleGAN networks: the name of its class and its fields. The source code that
lies beside them in those files is not looked at.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainers.foreign.opcodes import Make, Torn, Unfinished, put

DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
NUMPY = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}
AXES = 16  # of a tensor, at most
SHARED = 4  # times that numbers of a file may be used in different tensors; networks share few of them


@dataclass(frozen=True)
class Record:
    """An object of a class that is not here: its name, its fields, and the fields that are further records."""

    kind: str
    state: dict[str, Any]

    @property
    def modules(self) -> dict[str, "Record"]:
        """The layers inside, by name."""
        inside = self.state.get("_modules")
        return {
            key: value for key, value in (inside if isinstance(inside, dict) else {}).items()
            if isinstance(key, str) and isinstance(value, Record)
        }  # fmt: skip

    def field(self, name: str, default: Any = None) -> Any:
        """A plain number, word or None; ``default`` where there is none."""
        value = self.state.get(name, default)
        return value if value is None or isinstance(value, (bool, int, float, str)) else default

    def tensors(self) -> dict[str, "Weights"]:
        """All parameters and buffers by their full names, as ``state_dict`` has them; of each layer once."""
        found: dict[str, Weights] = {}
        seen: set[int] = set()  # a record that holds itself has no end
        left = [("", self)]
        while left:
            prefix, record = left.pop()
            if id(record) in seen:
                continue
            seen.add(id(record))
            for part in ("_parameters", "_buffers"):
                values = record.state.get(part)
                for key, value in (values if isinstance(values, dict) else {}).items():
                    if isinstance(value, Weights):
                        found[f"{prefix}{key}"] = value
            left += [(f"{prefix}{key}.", module) for key, module in record.modules.items()]
        return found


@dataclass
class Storage:
    """The numbers of one or several tensors; ``content`` comes later where a file keeps it behind the rest."""

    dtype: torch.dtype
    count: int
    content: bytes | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that ``content`` must have."""
        return self.count * self.dtype.itemsize


@dataclass(frozen=True)
class Weights:
    """A tensor that is not made yet."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def tensor(self) -> Tensor:
        """Its numbers, as float32 where they are fractions.

        Raises:
            Torn: it reaches beyond what the file holds.
        """
        content = self.storage.content
        if content is None or len(content) != self.storage.nbytes:
            raise Torn
        last = self.offset + sum(max(size - 1, 0) * step for size, step in zip(self.shape, self.stride, strict=True))
        count = math.prod(self.shape)
        if min(self.offset, *self.shape, *self.stride, 0) < 0 or count > self.storage.count:
            raise Torn
        if count == 0:
            return torch.zeros(self.shape)
        if last >= self.storage.count:
            raise Torn
        wide = self.storage.dtype.itemsize
        reached = content[self.offset * wide : (last + 1) * wide]
        flat = torch.frombuffer(bytearray(reached), dtype=self.storage.dtype)
        found = flat.as_strided(self.shape, self.stride).clone(memory_format=torch.contiguous_format)
        return found.float() if found.is_floating_point() else found


def tensors_made(found: Mapping[str, Weights]) -> dict[str, Tensor]:
    """The tensors, those that are one and the same made once.

    Raises:
        Torn: one reaches beyond what the file holds, or all together are far more than it holds.
    """
    storages = {id(weights.storage): weights.storage.count for weights in found.values()}
    made: dict[tuple[object, ...], Tensor] = {}
    total = 0
    for weights in found.values():
        key = id(weights.storage), weights.offset, weights.shape, weights.stride
        if key not in made:
            total += math.prod(weights.shape)
            if total > SHARED * sum(storages.values()):
                raise Torn
            made[key] = weights.tensor()
    return {
        name: made[id(weights.storage), weights.offset, weights.shape, weights.stride]
        for name, weights in found.items()
    }


class _Kind(Unfinished):
    """A numpy type: its code and its byte order, which follows."""

    def __init__(self, code: Any, *_: Any) -> None:
        if code not in NUMPY:
            raise Torn
        self.code, self.order = code, "<"

    def build(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise Torn
        self.order = state[1]

    def read(self, content: Any) -> np.ndarray:
        if not isinstance(content, bytes):
            raise Torn
        return np.frombuffer(content, np.dtype(f"{self.order}{self.code}"))


class NumpyArray(Unfinished):
    """An array of numpy, whose numbers follow; those of the published networks are small and not needed here."""

    def __init__(self, *_: Any) -> None:
        self.array: np.ndarray | None = None

    def build(self, state: Any) -> None:
        """Version, shape, type, order, bytes."""
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], _Kind):
            raise Torn
        flat = state[2].read(state[4])
        if not isinstance(state[1], tuple) or math.prod(state[1]) != flat.size:
            raise Torn
        self.array = flat.reshape(state[1], order="F" if state[3] else "C")


def allowed(storage_from_bytes: Make) -> Mapping[str, Make | None]:
    """What each name that a file of weights may hold makes; ``storage_from_bytes`` reads a storage of a stream."""
    return {
        "collections.OrderedDict": _pairs,
        "dnnlib.util.EasyDict": _pairs,
        "dnnlib.EasyDict": _pairs,
        "torch_utils.persistence._reconstruct_persistent_obj": _record,
        "torch._utils._rebuild_tensor": _weights,
        "torch._utils._rebuild_tensor_v2": _weights,
        "torch._utils._rebuild_parameter": lambda data, *_: data,
        "torch.storage._load_from_bytes": storage_from_bytes,
        "torch.storage.UntypedStorage": None,
        "torch.Size": tuple,
        "torch.device": lambda *words: ":".join(str(word) for word in words),
        **dict.fromkeys(f"torch.{storage}" for storage in DTYPES),
        **dict.fromkeys(f"torch.{name}" for name in ("float16", "bfloat16", "float32", "float64", "int64", "uint8")),
        **dict.fromkeys(("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"), _scalar),
        **dict.fromkeys(("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"), NumpyArray),
        "numpy.ndarray": None,
        "numpy.dtype": _Kind,
        "_codecs.encode": _encoded,
        "builtins.set": _set,
        "__builtin__.set": _set,
    }


def _pairs(*given: Any) -> dict[Any, Any]:
    if len(given) > 1:
        raise Torn
    items = given[0] if given else []
    items = list(items.items()) if isinstance(items, dict) else items
    return put({}, [(key, value) for key, value in items])


def _set(*given: Any) -> list[Any]:
    """A list will do: nothing that is needed here is in a set."""
    return list(given[0]) if given else []


def _record(facts: Any) -> Record:
    if not isinstance(facts, dict) or facts.get("type", "class") != "class":
        raise Torn
    kind, state = facts["class_name"], facts["state"]
    if not isinstance(kind, str) or not isinstance(state, dict):
        raise Torn
    return Record(kind, state)


def _weights(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> Weights:
    numbers = (offset, *shape, *stride)
    if not isinstance(storage, Storage) or not all(type(number) is int for number in numbers):
        raise Torn
    if len(shape) != len(stride) or len(shape) > AXES:
        raise Torn
    return Weights(storage, offset, tuple(shape), tuple(stride))


def _scalar(kind: Any, content: Any) -> float | int | bool:
    if not isinstance(kind, _Kind):
        raise Torn
    return kind.read(content).reshape(()).item()


def _encoded(text: Any, how: Any = "latin1") -> bytes:
    if how not in ("latin1", "latin-1") or not isinstance(text, str):
        raise Torn
    return text.encode("latin1")
