"""Every widget test starts in the dark theme and our own font, whatever ran before."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from explorer.qt import theme

FONTS = Path(__file__).parents[2] / "assets" / "fonts"


@pytest.fixture(scope="session")
def fonts(qapp: QApplication) -> tuple[str, ...]:
    return theme.load_fonts(FONTS)


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication, fonts: tuple[str, ...]) -> QApplication:
    if theme.current() is not theme.DARK or qapp.font().family() != theme.FAMILY:
        theme.apply(qapp, theme.DARK)
    return qapp
