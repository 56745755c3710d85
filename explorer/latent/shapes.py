"""Shapes in annotations, such as ``Float32[ndarray, "n d"]``: those of jaxtyping, which tests check at every call.

The app itself checks none, so a start without jaxtyping is a start without the tenth of a second that it takes.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool, Float, Float32, Float64, Int, Int64, UInt8
else:

    class _Unchecked:
        def __class_getitem__(cls, _: Any) -> Any:
            return Any

    Bool = Float = Float32 = Float64 = Int = Int64 = UInt8 = _Unchecked

__all__ = ("Bool", "Float", "Float32", "Float64", "Int", "Int64", "UInt8")
