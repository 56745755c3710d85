"""Several processes that train as one: the first writes and listens, and all of them know what came of it."""

from collections.abc import Callable
from typing import TypeVar, cast

import torch

from explorer.contract.errors import ExplorerError
from trainers.kit.alone import Engine

T = TypeVar("T")


class Together:
    """The processes of ``fabric``; with one of them, nothing is sent anywhere."""

    def __init__(self, fabric: Engine) -> None:
        self._fabric = fabric
        self.first = fabric.is_global_zero
        self._several = fabric.world_size > 1

    def told(self, value: T) -> T:
        """What the first process says."""
        return self._fabric.broadcast(value) if self._several else value

    def done(self, work: Callable[[], object]) -> ExplorerError | None:
        """Let the first process do it; what it failed of is known to all."""
        fault = None
        if self.first:
            try:
                work()
            except ExplorerError as error:
                fault = error
        return self.told(fault)

    def means(self, numbers: dict[str, float], asked: bool) -> tuple[dict[str, float], bool]:
        """Each number's mean over the processes, and whether the first one was ``asked`` something: one message."""
        if not self._several:
            return numbers, asked
        sent = torch.tensor([*numbers.values(), float(asked)], dtype=torch.float64, device=self._fabric.device)
        *means, share = cast(torch.Tensor, self._fabric.all_reduce(sent, reduce_op="mean")).tolist()
        return dict(zip(numbers, means, strict=True)), share > 0


def is_lost(error: Exception) -> bool:
    """Whether ``error`` says, in the words of PyTorch's backends, that another process is gone."""
    words = str(error).lower()
    return isinstance(error, torch.distributed.DistError) or "gloo" in words or "connection closed by peer" in words
