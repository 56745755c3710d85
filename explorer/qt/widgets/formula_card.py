"""A formula, typeset, with the numbers of this moment under it."""

import warnings
from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.control.formulas import Reading
from explorer.qt import theme

FORMULA, SYMBOL = 17, 13  # px, sizes of the type


@lru_cache(maxsize=256)
def typeset(latex: str, size: int, color: str) -> bytes:
    """SVG of a formula in LaTeX; ziamath is heavy to import, so it is loaded with the first one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it reads its font as Python 3.11 would rather not
        from ziamath.config import config
        from ziamath.zmath import Latex

    config.svg2 = False  # Qt draws SVG 1.1: no <use>
    return Latex(latex, size=size, color=color).svg().encode()


class FormulaView(QWidget):
    """One formula, as large as its type; made smaller where the room is short."""

    def __init__(self, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self._latex = ""
        self._role = "text"
        self._renderer: QSvgRenderer | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_latex(self, latex: str) -> None:
        """Show a formula; it is read out as its LaTeX."""
        if latex != self._latex:
            self._latex = latex
            self.setAccessibleName(latex)
            self._typeset()

    def _typeset(self) -> None:
        color = theme.current().color(self._role).name()
        self._renderer = QSvgRenderer(QByteArray(typeset(self._latex, self._size, color)), self)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._renderer is None:
            return
        painter = QPainter(self)
        wanted = self._renderer.defaultSize()
        share = min(1.0, self.width() / max(wanted.width(), 1))
        width, height = wanted.width() * share, wanted.height() * share
        self._renderer.render(painter, QRectF(0, (self.height() - height) / 2, width, height))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange and self._latex:
            self._typeset()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(0, 0) if self._renderer is None else self._renderer.defaultSize()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())


class FormulaCard(QFrame):
    """Title, formula, each symbol with its number, the result and where it comes from."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kind", "card")
        self._title = _label("title")
        self._formula = FormulaView(FORMULA, self)
        self._result = _label("title")
        self._more = _label("")
        self._note = _label("secondary")
        self._symbols = QGridLayout()
        self._symbols.setHorizontalSpacing(12)
        self._symbols.setVerticalSpacing(6)
        self._symbols.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._formula)
        layout.addWidget(self._result)
        layout.addWidget(self._more)
        layout.addLayout(self._symbols)
        layout.addWidget(self._note)
        self._rows: list[tuple[FormulaView, QLabel]] = []

    def show_reading(self, reading: Reading) -> None:
        """Show a card with its numbers."""
        formula = reading.formula
        self._title.setText(formula.title)
        self._formula.show_latex(formula.latex)
        self._result.setText(reading.result)
        self._more.setText("\n".join(reading.more))
        self._more.setVisible(bool(reading.more))
        self._note.setText(f"{formula.note}\n{formula.source}" if formula.note else formula.source)
        while len(self._rows) < len(formula.symbols):
            row = (FormulaView(SYMBOL, self), _label("secondary"))
            self._symbols.addWidget(row[0], len(self._rows), 0, Qt.AlignmentFlag.AlignTop)
            self._symbols.addWidget(row[1], len(self._rows), 1)
            self._rows.append(row)
        for at, (view, words) in enumerate(self._rows):
            shown = at < len(formula.symbols)
            view.setVisible(shown)
            words.setVisible(shown)
            if shown:
                view.show_latex(formula.symbols[at].latex)
                view.setMinimumWidth(view.sizeHint().width())
                words.setText(f"{reading.values[at]}   {formula.symbols[at].words}")
        self.setAccessibleName(formula.title)
        self.setAccessibleDescription(f"{reading.result}. {' '.join(reading.more)}")


def _label(kind: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
