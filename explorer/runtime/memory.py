"""Memory of models that are not wanted any more, back to the system."""

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Have the C library return what it keeps of freed memory; takes up to 40 ms.

    glibc keeps freed weights for later, between pieces that are in use: after fifty models, hundreds of megabytes.
    Elsewhere nothing is asked.
    """
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL("libc.so.6").malloc_trim(0)
