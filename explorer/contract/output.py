"""Standard output whose reader has left."""

import os
import sys


def stop_printing() -> int:
    """What to do after a ``BrokenPipeError``: say nothing more, whatever is still buffered; exit status 1.

    Whoever read what is printed has left, as ``| head`` does, and wants no sentence about it.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
