"""What the keyboard can do everywhere in the window, as one table; the sheet on ? is written from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from explorer.qt.widgets.shortcut_sheet import Shortcut


@dataclass(frozen=True)
class Command:
    """One action of the window; ``name`` is what is asked for."""

    name: str
    keys: str
    group: str
    sentence: str


COMMANDS = (
    Command("undo", "Ctrl+Z", "Everywhere", "Take the last change back"),
    Command("redo", "Ctrl+Shift+Z", "Everywhere", "Make it again"),
    Command("open_model", "Ctrl+O", "Everywhere", "Open a model or a saved picture"),
    Command("import_model", "Ctrl+I", "Everywhere", "Import ONNX graphs that others made"),
    Command("save_picture", "Ctrl+S", "Everywhere", "Save the picture with its recipe"),
    Command("save_session", "Ctrl+Shift+S", "Everywhere", "Save the session: model, point, path, notes"),
    Command("copy_picture", "Ctrl+C", "Everywhere", "Copy the picture"),
    Command("copy_code", "Ctrl+Shift+C", "The point", "Copy the code as text"),
    Command("paste_code", "Ctrl+Shift+V", "The point", "Go to the code on the clipboard"),
    Command("next_theme", "Ctrl+T", "Everywhere", "Dark, light, high contrast"),
    Command("present", "F5", "For an audience", "The picture in a window of its own, on the second screen"),
    Command("blackout", ".", "For an audience", "Show the audience nothing, or the picture again"),
    Command("toggle_full_screen", "F11", "Everywhere", "Full screen"),
    Command("toggle_shortcuts", "?", "Everywhere", "This sheet"),
    Command("random_point", "Space", "The point", "A random point of the prior"),
    Command("reset_point", "Ctrl+0", "The point", "Back to the centre of the prior"),
    Command("mark_less", "1", "Your own direction", "Mark the picture as “less”, draw the next"),
    Command("mark_more", "2", "Your own direction", "Mark the picture as “more”, draw the next"),
    Command("find_dimension", "Ctrl+F", "The point", "Filter the sliders"),
    Command("paste_picture", "Ctrl+V", "The picture", "Encode the picture on the clipboard"),
    Command("add_keyframe", "K", "The strip", "Keep the picture in view as a keyframe"),
    Command("toggle_play", "P", "The strip", "Play or pause the path"),
    Command("toggle_crisp", "C", "The picture", "Crisp or smooth pixels"),
)
# What widgets do themselves while they have the focus.
OTHERS = (
    Shortcut("The strip", "← →, Delete", "The keyframe before or after, take it out; with Ctrl move it"),
    Shortcut("The strip", "Page Up/Down", "Walk along the path"),
    Shortcut("The picture", "hold B", "The picture before the last change"),
    Shortcut("The picture", "wheel, drag, + − 0", "Zoom, move and fit; a double click fits too"),
    Shortcut("The library", "Enter, Delete", "Open a model, take it out of the list"),
    Shortcut("The map", "Ctrl+drag", "Circles pictures as a group for arithmetic"),
    Shortcut("Mixing", "Space, + −, Delete", "Take a layer whole, blend it, take a source out"),
    Shortcut("Mixing", "right drag, wheel", "Blend a layer"),
    Shortcut("The seeds", "arrows, Home", "Between seeds, with Shift a whole one; the nearest seed"),
    Shortcut("A slider", "← →", "A tenth of a sigma; with Shift a hundredth"),
    Shortcut("A slider", "Page Up/Down", "A whole sigma"),
    Shortcut("A slider", "Home", "Back to the centre"),
    Shortcut("A slider", "R, L", "Draw it anew from the prior, lock it"),
    Shortcut("A slider", "Ctrl+↑ Ctrl+↓", "The slider above or below"),
    Shortcut("A slider", "Ctrl+Page Up/Down", "The page before or after"),
)


def shortcuts() -> tuple[Shortcut, ...]:
    """Everything for the sheet, in groups."""
    table = [Shortcut(command.group, command.keys, command.sentence) for command in COMMANDS]
    groups = dict.fromkeys(entry.group for entry in (*table, *OTHERS))
    return tuple(entry for group in groups for entry in (*table, *OTHERS) if entry.group == group)


def make_actions(window: QWidget, ask: Callable[[str], None]) -> dict[str, QAction]:
    """One ``QAction`` per command of the table; ``ask`` is called with its name."""
    actions = {}
    for command in COMMANDS:
        action = QAction(command.sentence, window)
        action.setObjectName(f"action_{command.name}")
        action.setShortcut(QKeySequence(command.keys))
        action.triggered.connect(partial(_call, ask, command.name))
        window.addAction(action)
        actions[command.name] = action
    return actions


def _call(ask: Callable[[str], None], name: str, _checked: bool = False) -> None:
    ask(name)
