"""Compares widgets with the pictures in ``tests/golden``; ``GOLDEN=accept pytest`` renews them."""

import os
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from explorer.qt import theme
from explorer.qt.pictures import to_pixels

GOLDEN = Path(__file__).parents[1] / "golden"
VISIBLE = 12  # of 255; smaller differences are another machine's rounding of the edges of letters


def looks_like(
    widget: QWidget, name: str, failures: Path, *, size: tuple[int, int] | None = None, share: float = 0.005
) -> None:
    """Fail when more than ``share`` of the pixels of ``widget`` differ from ``golden/<name>.png``.

    The picture that failed is left in ``failures``.
    """
    if size is not None:
        widget.setFixedSize(QSize(*size))
    widget.ensurePolished()
    got = QImage(widget.size(), QImage.Format.Format_RGB888)
    got.fill(theme.current().color("panel"))  # what widgets without a ground of their own stand on
    widget.render(got)
    path = GOLDEN / f"{name}.png"
    if os.environ.get("GOLDEN") == "accept":
        assert got.save(str(path)), f"cannot write {path}"
        return
    wanted = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    assert not wanted.isNull(), f"{path.name} is missing: run the test with GOLDEN=accept and look at what it makes"
    failed = failures / path.name
    if wanted.size() == got.size():
        gap = np.abs(to_pixels(got).astype(int) - to_pixels(wanted)).max(axis=2)
        differing = float((gap > VISIBLE).mean())
        if differing <= share:
            return
        got.save(str(failed))
        raise AssertionError(f"{name}: {differing:.2%} of the pixels differ, allowed {share:.2%}; see {failed}")
    got.save(str(failed))
    raise AssertionError(f"{name}: {got.size().toTuple()} instead of {wanted.size().toTuple()}; see {failed}")
