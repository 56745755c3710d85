"""Colours by role, our own palette and font, so that the window looks the same everywhere and can be tested."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from explorer.qt.stylesheet import stylesheet

GRID = 8  # px; distances are whole or half multiples of it
RADIUS = 8  # px, of corners
FAMILY = "Latent Inter"  # Inter, under a name that no system font has
BODY, SMALL, TITLE = 12, 11, 13  # px, the type scale of panels

_PROPERTY = "latent_explorer_theme"


@dataclass(frozen=True)
class Theme:
    """What each colour is for; every value is ``#rrggbb``."""

    name: str
    ground: str  # behind pictures and inside fields
    panel: str  # side panels, bars
    raised: str  # chips, hovered and chosen rows, menus
    line: str  # borders and grooves
    edge: str  # around raised things; the same as raised where its tone alone sets them apart
    text: str
    secondary: str  # text that explains
    accent: str  # the one colour that means "yours to move" or "chosen"
    warning: str
    error: str
    on_accent: str  # text on accent, warning and error
    focus_width: int = 2  # px, of the ring around what has the keyboard

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a role by name, ``alpha`` in [0, 1]."""
        color = QColor(getattr(self, role))
        color.setAlphaF(alpha)
        return color

    @property
    def disabled(self) -> QColor:
        """Text of what cannot be used now."""
        return self.mixed("secondary", "panel", 0.4)

    def mixed(self, role: str, other: str, share: float) -> QColor:
        """``role`` with ``share`` in [0, 1] of ``other``."""
        a, b = self.color(role), self.color(other)
        red, green, blue = (
            round(x + share * (y - x)) for x, y in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
        )
        return QColor(red, green, blue)


DARK = Theme(
    name="dark",
    ground="#14161b",
    panel="#1b1e25",
    raised="#252a34",
    line="#303643",
    edge="#252a34",
    text="#e8eaf0",
    secondary="#97a0b0",
    accent="#4cc9b0",
    warning="#f2b35d",
    error="#ff8078",
    on_accent="#0c1513",
)
LIGHT = Theme(
    name="light",
    ground="#eef0f4",
    panel="#fafbfc",
    raised="#e6e9ef",
    line="#cdd3dd",
    edge="#e6e9ef",
    text="#191d25",
    secondary="#545d6d",
    accent="#08756a",
    warning="#855000",
    error="#b3231d",
    on_accent="#ffffff",
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    ground="#000000",
    panel="#000000",
    raised="#1c1c1c",
    line="#a6adb8",
    edge="#a6adb8",
    text="#ffffff",
    secondary="#e3e6ec",
    accent="#4df0d0",
    warning="#ffc46b",
    error="#ff9d96",
    on_accent="#000000",
    focus_width=3,
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT, HIGH_CONTRAST)}


def load_fonts(folder: Path) -> tuple[str, ...]:
    """Register every font file of ``folder`` with Qt -> the families found, empty where there is no such folder."""
    families: set[str] = set()
    for path in sorted(folder.glob("*.[ot]tf")):
        families.update(QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path))))
    return tuple(sorted(families))


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole application this theme; every widget repaints, those that exist and those to come."""
    prepare(app, theme)
    app.setStyleSheet(stylesheet(asdict(theme) | {"disabled": theme.disabled.name()}))


def prepare(app: QApplication, theme: Theme) -> None:
    """All of ``apply`` but the style sheet: with one, Qt styles a widget anew at each place where it is put, so a
    window of many is better made before.
    """
    # Qt would cut each smooth picture into strips for a pool of threads and wait for all of them. Beside a training
    # that keeps every core busy the wait is ten times the work: 16 ms instead of 1.6 for 128 px on a canvas of 700 px.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    app.setProperty(_PROPERTY, theme)
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette(theme))


def current() -> Theme:
    """The theme that was applied last; ``DARK`` before any was."""
    app = QApplication.instance()
    theme = app.property(_PROPERTY) if app is not None else None
    return theme if isinstance(theme, Theme) else DARK


def font(pixels: int = BODY, weight: QFont.Weight = QFont.Weight.Normal, *, tabular: bool = False) -> QFont:
    """Our font in ``pixels``; ``tabular`` gives all figures one width, so that numbers do not dance."""
    result = QFont(FAMILY)
    result.setPixelSize(pixels)
    result.setWeight(weight)
    if tabular:
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for target, name in (
        (role.Window, "panel"),
        (role.Base, "ground"),
        (role.AlternateBase, "raised"),
        (role.Button, "raised"),
        (role.ToolTipBase, "raised"),
        (role.Light, "raised"),
        (role.Midlight, "raised"),
        (role.Mid, "line"),
        (role.Dark, "line"),
        (role.Shadow, "ground"),
        (role.WindowText, "text"),
        (role.Text, "text"),
        (role.ButtonText, "text"),
        (role.ToolTipText, "text"),
        (role.BrightText, "error"),
        (role.PlaceholderText, "secondary"),
        (role.Highlight, "accent"),
        (role.Accent, "accent"),
        (role.Link, "accent"),
        (role.LinkVisited, "accent"),
        (role.HighlightedText, "on_accent"),
    ):
        palette.setColor(target, theme.color(name))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, theme.disabled)
    return palette
