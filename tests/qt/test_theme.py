import dataclasses
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontInfo, QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from explorer.qt import theme
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.gauge import Gauge, Reading

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
BACKGROUNDS = ("ground", "panel", "raised")


@pytest.fixture(autouse=True)
def dark_again(qapp: QApplication):
    theme.load_fonts(FONTS)
    yield
    theme.apply(qapp, theme.DARK)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2.2, in [1, 21]."""

    def luminance(name: str) -> float:
        channels = (part / 255 for part in QColor(name).getRgb()[:3])
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_the_published_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("name", "behind"), tuple(product(theme.THEMES, BACKGROUNDS)))
def test_words_can_be_read(name: str, behind: str):
    roles = theme.THEMES[name]
    words = {role: contrast(getattr(roles, role), getattr(roles, behind)) for role in ("text", "secondary")}
    signs = {role: contrast(getattr(roles, role), getattr(roles, behind)) for role in ("accent", "warning", "error")}
    least = 7 if name == "high-contrast" else 4.5
    assert words["text"] >= 7
    assert words["secondary"] >= least
    assert min(signs.values()) >= least, signs


@pytest.mark.parametrize("name", theme.THEMES)
def test_words_on_the_accent_can_be_read(name: str):
    roles = theme.THEMES[name]
    least = 7 if name == "high-contrast" else 4.5
    assert contrast(roles.on_accent, roles.accent) >= least


def test_high_contrast_has_visible_edges():
    roles = theme.HIGH_CONTRAST
    assert min(contrast(roles.edge, roles.panel), contrast(roles.line, roles.panel)) >= 7


def test_every_role_is_a_colour():
    for roles in theme.THEMES.values():
        names = [field.name for field in dataclasses.fields(roles) if field.name not in ("name", "focus_width")]
        assert all(QColor(getattr(roles, name)).isValid() for name in names)
        assert roles.color(names[0], 0.5).alphaF() == pytest.approx(0.5, abs=0.01)


def test_mixed_lies_between():
    roles = dataclasses.replace(theme.DARK, ground="#000000", text="#ffffff")
    assert roles.mixed("ground", "text", 0.0).name() == "#000000"
    assert roles.mixed("ground", "text", 0.5).name() == "#808080"
    assert roles.mixed("ground", "text", 1.0).name() == "#ffffff"


def test_our_font_is_the_one_that_is_drawn(qapp: QApplication):
    assert theme.FAMILY in theme.load_fonts(FONTS)
    theme.apply(qapp, theme.DARK)
    info = QFontInfo(QLabel("x").font())
    assert (info.family(), info.pixelSize()) == (theme.FAMILY, theme.BODY)


def test_no_folder_of_fonts_is_no_disaster(tmp_path: Path):
    assert theme.load_fonts(tmp_path / "none") == ()


def test_tabular_figures_are_equally_wide():
    tabular, plain = QFontMetrics(theme.font(40, tabular=True)), QFontMetrics(theme.font(40))
    assert tabular.horizontalAdvance("1111") == tabular.horizontalAdvance("0000")
    assert plain.horizontalAdvance("1111") < plain.horizontalAdvance("0000")


def test_dark_before_any_theme_was_applied(qapp: QApplication):
    qapp.setProperty("latent_explorer_theme", None)
    assert theme.current() is theme.DARK


def test_themes_change_at_run_time(qapp: QApplication, qtbot):
    button, gauge = QPushButton("Press"), Gauge("norm", "Norm", "How far.")
    gauge.show_reading(Reading("norm", "1", 1, 0, 1))
    for widget in (button, gauge):
        qtbot.addWidget(widget)
        widget.resize(120, 40)
    seen = []
    for roles in theme.THEMES.values():
        theme.apply(qapp, roles)
        assert theme.current() is roles
        assert qapp.palette().window().color().name() == roles.panel
        assert button.grab().toImage().pixelColor(60, 6).name() == roles.raised
        painted = to_pixels(gauge.grab().toImage())[30, 60, :3]
        assert painted.tolist() == list(QColor(roles.accent).getRgb()[:3])
        seen.append(button.grab().toImage())
    assert seen[0] != seen[1] != seen[2]


@pytest.mark.parametrize("name", theme.THEMES)
def test_the_keyboard_moves_nothing(qapp: QApplication, qtbot, name: str):
    theme.apply(qapp, theme.THEMES[name])
    for kind in ("", "text", "chip", "primary"):
        button = QPushButton("Press")
        button.setProperty("kind", kind)
        qtbot.addWidget(button)
        button.show()
        away = button.sizeHint()
        button.setFocus()
        qtbot.waitUntil(button.hasFocus)
        assert button.sizeHint() == away
        button.hide()
