"""Makes ``import torchvision`` work where its compiled part does not fit the installed torch.

Linux wheels of torchvision are linked against CUDA. With a CPU torch its operators are missing and two registrations of
shape functions (torchvision/_meta_registrations.py, 0.28) fail. The libraries that import it here use none of them, so
their declaration is enough. Can go when ``import torchvision`` works with such a pair.
"""

import torch


def make_importable() -> None:
    """Declare the missing operators; does nothing where both fit, or where there is no torchvision."""
    try:
        import torchvision  # noqa: F401
    except ModuleNotFoundError:
        return
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for operator in ("nms", "qnms"):
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
