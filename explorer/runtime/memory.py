"""Memory of models that are not wanted any more, back to the system."""

import ctypes
import gc
import sys
from contextlib import suppress


def give_back() -> None:
    """Free what only the garbage collector can, and what the C library keeps of it; takes up to 60 ms.

    The views of a style generator refer to each other, so it does not go by itself, and the collector counts objects,
    not their size. glibc keeps freed weights for later, between pieces that are in use; elsewhere nothing is asked.
    """
    gc.collect()
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL("libc.so.6").malloc_trim(0)
