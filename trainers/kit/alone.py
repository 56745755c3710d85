"""A training in one process on the CPU, without Lightning Fabric, whose import takes longer than that of PyTorch."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

if TYPE_CHECKING:
    from lightning_fabric import Fabric

T = TypeVar("T")


class Alone:
    """What the trainers use of a ``Fabric``, with the same meaning, for one process that computes in float32."""

    world_size, global_rank, is_global_zero = 1, 0, True
    device = torch.device("cpu")

    def setup(self, module: nn.Module, optimizer: Optimizer) -> tuple[nn.Module, Optimizer]:
        """Both as they are."""
        return module, optimizer

    def to_device(self, module: T) -> T:
        """As it is."""
        return module

    def autocast(self) -> AbstractContextManager[None]:
        """Nothing is rounded."""
        return nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Gradients of ``loss``, added to those that are there."""
        loss.backward()

    def launch(self) -> None:
        """There is nobody to start."""

    def barrier(self) -> None:
        """There is nobody to wait for."""

    def broadcast(self, value: T) -> T:
        """There is nobody to tell."""
        return value

    def all_reduce(self, values: Tensor, reduce_op: str = "mean") -> Tensor:
        """The mean over one process."""
        return values


if TYPE_CHECKING:
    Engine = Fabric | Alone
else:
    Engine = Any


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands behind the decorators of one of PyTorch's own functions."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__  # pyright: ignore[reportFunctionMemberAccess]
    return function


_step = plainly(torch.optim.Adam.step)
_add = plainly(Optimizer.add_param_group)
_state = plainly(Optimizer.state_dict)
_load = plainly(Optimizer.load_state_dict)


class Adam(torch.optim.Adam):
    """Adam of PyTorch, number for number, of which no part imports PyTorch's compiler.

    PyTorch (2.9 to 2.13) wraps its optimizers so that the compiler leaves them alone, and imports it for that:
    1 to 2 seconds before the first step. Nothing here compiles an optimizer.
    """

    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """See ``torch.optim.Adam``."""
        with torch.no_grad():
            return _step(self, closure)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """See ``torch.optim.Optimizer``."""
        _add(self, param_group)

    def state_dict(self) -> dict[str, Any]:
        """See ``torch.optim.Optimizer``."""
        return _state(self)

    def load_state_dict(self, state_dict: Any) -> None:
        """See ``torch.optim.Optimizer``."""
        _load(self, state_dict)
