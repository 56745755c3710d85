"""What the window relies on in PySide6 itself, and an untested version might not have."""

import sys

import pytest
from PySide6.QtGui import QColor


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on None is immortal")
def test_calls_that_return_nothing_keep_the_count_of_none():
    """PySide6 6.12.0 loses one each time, and Python 3.11 aborts when none is left."""
    color, before = QColor(), sys.getrefcount(None)
    for _ in range(1000):
        color.setRed(5)
    assert abs(sys.getrefcount(None) - before) < 100
