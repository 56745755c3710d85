"""Named tensors out of whatever container a file of weights has: safetensors, or what PyTorch writes."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from explorer.contract.errors import short
from trainers.foreign.errors import CannotImport
from trainers.foreign.opcodes import BROKEN, damaged
from trainers.foreign.values import Weights, tensors_made

AVERAGED_FIRST = (
    "ema",
    "params_ema",
    "g_ema",
    "model_ema",
    "state_dict",
    "model_state_dict",
    "model",
    "params",
    "unet",
)
_PREFIXES = ("module.", "_orig_mod.")  # of networks that were wrapped to train
HEADER_BYTES = 8
HEADER_MOST = 100 << 20  # of safetensors itself


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the size of a header, then a JSON object."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES + 1)
    size = int.from_bytes(head[:HEADER_BYTES], "little")
    return len(head) > HEADER_BYTES and head[HEADER_BYTES:] == b"{" and 2 <= size <= HEADER_MOST


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a file.

    Raises:
        CannotImport: it is damaged, or promises more than it holds.
    """
    try:
        return load_file(path)
    except (SafetensorError, *BROKEN) as error:
        raise damaged(short(path.name)) from error


def tensors_of(content: Any, name: str) -> dict[str, Tensor]:
    """The weights in what ``torchfiles.read_weights`` found: at its top or one step below, averages first.

    Raises:
        CannotImport: there are none, or they are damaged.
    """
    if not isinstance(content, dict):
        raise CannotImport(f"{name} holds no named weights; save the state_dict() of the network as safetensors.")
    insides = [content, *(content[key] for key in AVERAGED_FIRST if isinstance(content.get(key), dict))]
    for inside in insides:
        found = {key: value for key, value in inside.items() if isinstance(key, str) and isinstance(value, Weights)}
        if found:
            try:
                return {_plain(key): value for key, value in tensors_made(found).items()}
            except BROKEN as error:
                raise damaged(name) from error
    if any("optim" in str(key) for key in content):
        raise CannotImport(
            f"{name} holds the optimiser of a training and no weights of a network; choose the file of the model."
        )
    raise CannotImport(f"{name} holds no named weights; save the state_dict() of the network as safetensors.")


def _plain(key: str) -> str:
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return key
