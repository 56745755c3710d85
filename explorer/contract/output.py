"""Standard output whose reader has left."""

import os
import sys


def reader_left(error: Exception) -> bool:
    """Whether ``error`` says no more than that whoever read what is printed has left, as ``| head`` does.

    Then nothing more is said, whatever is still to be printed: nobody wants a sentence about it.
    """
    if not isinstance(error, BrokenPipeError) or sys.stdout is None:
        return False
    try:
        sys.stdout.write("\n")  # an empty line tells whether anybody still reads
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False  # it was another pipe
