"""The dialog of a film: begins with what was chosen last, says what will be made, and what is missing."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from explorer.qt.panels.film_dialog import FilmDialog
from explorer.state.filmchoice import FilmChoice

LAST = FilmChoice(kind="webp", fps=12, scale=2, smooth=False, loop=False, folder="/films")


def dialog(qtbot: QtBot, choice: FilmChoice = LAST, *, path: bool = True, no_mp4: str = "") -> FilmDialog:
    made = FilmDialog(choice, lambda fps: 3 * fps if path else 0, (28, 32), no_mp4)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def part(made: FilmDialog, name: str) -> QPushButton:
    (found,) = made.findChildren(QPushButton, name)
    return found


def words(made: FilmDialog) -> str:
    (label,) = made.findChildren(QLabel, "film_words")
    return label.text()


def test_it_begins_with_the_last_choice(qtbot: QtBot) -> None:
    assert dialog(qtbot).choice == LAST


def test_it_says_what_will_be_made(qtbot: QtBot) -> None:
    made = dialog(qtbot)
    assert words(made) == "36 frames of 56 × 64 pixels, 3.0 s."
    fps, scale = (made.findChild(QSpinBox, name) for name in ("film_fps", "film_scale"))
    fps.setValue(50)
    scale.setValue(16)
    assert words(made) == "150 frames of 448 × 512 pixels, 3.0 s."


def test_what_is_chosen_by_hand_is_the_choice(qtbot: QtBot) -> None:
    made = dialog(qtbot)
    for name in ("film_kinds_gif", "film_smooth", "film_loop"):
        qtbot.mouseClick(part(made, name), Qt.MouseButton.LeftButton)
    assert made.choice == FilmChoice(kind="gif", fps=12, scale=2, smooth=True, loop=True, folder="/films")
    qtbot.mouseClick(part(made, "film_save"), Qt.MouseButton.LeftButton)
    assert made.result() == QDialog.DialogCode.Accepted


def test_escape_saves_nothing(qtbot: QtBot) -> None:
    made = dialog(qtbot)
    qtbot.keyClick(made, Qt.Key.Key_Escape)
    assert made.result() == QDialog.DialogCode.Rejected


def test_an_mp4_that_cannot_be_made_says_what_to_type(qtbot: QtBot) -> None:
    made = dialog(qtbot, no_mp4="MP4 needs ffmpeg; install it.")
    qtbot.mouseClick(part(made, "film_kinds_mp4"), Qt.MouseButton.LeftButton)
    assert words(made) == "MP4 needs ffmpeg; install it."
    assert not part(made, "film_save").isEnabled()
    qtbot.mouseClick(part(made, "film_kinds_gif"), Qt.MouseButton.LeftButton)
    assert part(made, "film_save").isEnabled()


def test_one_keyframe_is_a_sheet_or_numbers(qtbot: QtBot) -> None:
    made = dialog(qtbot, path=False)
    assert made.choice.kind == "sheet"
    assert not part(made, "film_kinds_gif").isEnabled()
    assert part(made, "film_kinds_csv").isEnabled()


@pytest.mark.parametrize(
    ("kind", "off"),
    [
        ("gif", set()),
        ("mp4", {"film_loop"}),
        ("png", {"film_loop"}),
        ("sheet", {"film_fps", "film_loop"}),
        ("csv", {"film_fps", "film_loop", "film_scale", "film_smooth"}),
    ],
)
def test_what_makes_no_difference_is_off(qtbot: QtBot, kind: str, off: set[str]) -> None:
    made = dialog(qtbot, LAST.model_copy(update={"kind": kind}))
    parts = [made.findChild(QSpinBox, name) for name in ("film_fps", "film_scale")]
    parts += [part(made, name) for name in ("film_smooth", "film_loop")]
    assert {found.objectName() for found in parts if not found.isEnabled()} == off
