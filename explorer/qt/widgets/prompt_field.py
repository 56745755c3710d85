"""A few lines to ask in, with how many of its words are read."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from explorer.latent.sampling import PROMPT

LINES = 3
FRAME = 20  # px of line and padding, above and below together


class PromptField(QWidget):
    """``edited`` comes with every letter, ``entered`` with Enter or when it is left; Shift+Enter begins a line."""

    edited = Signal(str)
    entered = Signal(str)

    def __init__(self, name: str, accessible_name: str, tip: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = _Lines(self)
        self.text.setObjectName(name)
        self.text.setAccessibleName(accessible_name)
        self.text.setToolTip(f"{tip} Enter draws it, Shift+Enter begins a new line.")
        self.text.setPlaceholderText(hint)
        self._count = QLabel(self)
        self._count.setWordWrap(True)
        self._count.setProperty("kind", "hint")
        self._told = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.text)
        layout.addWidget(self._count)
        self.text.textChanged.connect(self._on_text)
        self.text.done.connect(self._enter)

    @property
    def written(self) -> str:
        """What stands in the field now."""
        return self.text.toPlainText()

    # values in

    def show_text(self, text: str) -> None:
        """What is asked for now; a text that is being typed stays."""
        self._told = text
        if self.text.toPlainText() != text and not self.text.hasFocus():
            self.text.blockSignals(True)
            self.text.setPlainText(text)
            self.text.blockSignals(False)

    def show_count(self, count: int, most: int) -> None:
        """How many tokens the text has, and how many are read."""
        over = count > most
        self._count.setText(
            f"{count} of {most} tokens"
            if not over
            else f"{count} tokens: what comes after the first {most} is not read"
        )
        self._count.setProperty("kind", "warning" if over else "hint")
        self._count.style().unpolish(self._count)
        self._count.style().polish(self._count)

    # inside

    def _on_text(self) -> None:
        self.edited.emit(self.text.toPlainText())

    def _enter(self) -> None:
        text = self.text.toPlainText()[:PROMPT]
        if text != self._told:
            self._told = text
            self.entered.emit(text)


class _Lines(QPlainTextEdit):
    """Tells when it is done; Tab goes on to the next field."""

    done = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        margins = round(2 * self.document().documentMargin()) + FRAME
        return QSize(super().sizeHint().width(), LINES * self.fontMetrics().lineSpacing() + margins)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.done.emit()
