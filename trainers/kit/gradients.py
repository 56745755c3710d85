"""Loss and gradient as one ONNX graph, so that the explorer can descend without PyTorch.

``make_fx`` writes forward and backward as plain operators. The input gradient of a convolution, which has no ONNX
translation, is itself a convolution, so that weights must be frozen.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch._decomp import core_aten_decompositions
from torch.fx.experimental.proxy_tensor import make_fx

aten = torch.ops.aten

Loss = Callable[..., Tensor]  # the input to differentiate by, then what else it takes -> one number a row, (B,)


class LossAndGradient(nn.Module):
    """``forward(x, *rest)`` -> the loss of each row (B,), and its gradient by ``x``, shaped like it.

    Rows must not depend on each other.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss.requires_grad_(False).eval()

    def forward(self, x: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode(False), torch.enable_grad():
            x = x.clone().requires_grad_(True)
            losses = self.loss(x, *(value.clone() for value in rest))
            (gradient,) = torch.autograd.grad(losses.sum(), x)
        return losses.detach(), gradient

    def traced(self, *examples: Tensor) -> nn.Module:
        """The same as a graph of forward and backward operators, for any number of rows."""

        def total(x: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
            losses = self.loss(x, *rest)
            return losses.sum(), losses

        def both(*values: Tensor) -> tuple[Tensor, Tensor]:
            gradient, losses = torch.func.grad(total, has_aux=True)(*values)
            return losses, gradient

        table: dict[Any, Any] = dict(core_aten_decompositions()) | {
            aten.convolution_backward.default: convolution_backward
        }
        return make_fx(both, decomposition_table=table, tracing_mode="symbolic", _allow_non_fake_inputs=True)(*examples)


def convolution_backward(
    grad, x, weight, _bias, stride, padding, dilation, transposed, _output_padding, groups, wanted
) -> tuple[Tensor | None, None, Tensor | None]:
    """``aten.convolution_backward`` without a gradient of the weights, as a convolution.

    Raises:
        ValueError: a gradient of the weights is wanted too.
    """
    to_x, to_weight, to_bias = wanted
    if to_weight:
        raise ValueError("freeze the weights before tracing: requires_grad_(False)")
    grad_x = None
    if to_x and transposed:
        grad_x = aten.convolution(grad, weight, None, stride, padding, dilation, False, [0] * len(stride), groups)
    elif to_x:
        lost = [
            x.shape[2 + i]
            - ((grad.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (weight.shape[2 + i] - 1) + 1)
            for i in range(len(stride))
        ]
        grad_x = aten.convolution(grad, weight, None, stride, padding, dilation, True, lost, groups)
    return grad_x, None, grad.sum((0, 2, 3)) if to_bias else None
