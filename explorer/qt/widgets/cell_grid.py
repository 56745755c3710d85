"""Pictures in rows and columns that fill the width; a click or a key opens one."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, rounded_thumbnail, to_image

GAP = 4  # px
APART = 6  # px more between the heads and the cells
CAPTION = 16  # px
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_NO_KEYS = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
_OPENS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CellGrid(QWidget):
    """Cells are counted row by row. With ``heads`` the first row and column stand apart, and the corner is empty."""

    chosen = Signal(int)

    def __init__(
        self,
        name: str,
        accessible_name: str,
        tip: str,
        parent: QWidget | None = None,
        *,
        heads: bool = False,
        largest: int = 72,
        gutter: int = 0,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heads, self._largest, self._gutter = heads, largest, gutter
        self._rows = self._columns = 0
        self._row_words: tuple[str, ...] = ()
        self._captions: tuple[str, ...] = ()
        self._words: tuple[str, ...] = ()
        self._images: list[QImage | None] = []
        self._pixels: list[Pixels | None] = []
        self._pixmaps: dict[int, tuple[int, float, QPixmap]] = {}
        self._here = 0  # the cell that the keyboard is at
        self._over: int | None = None
        self._chosen: int | None = None

    # values in

    def show_shape(
        self,
        rows: int,
        columns: int,
        words: tuple[str, ...],
        *,
        row_words: tuple[str, ...] = (),
        captions: tuple[str, ...] = (),
    ) -> None:
        """So many cells, what each is called, and what stands before the rows and under the columns."""
        if (rows, columns) != (self._rows, self._columns):
            self._rows, self._columns = rows, columns
            self._images, self._pixels, self._pixmaps = [None] * (rows * columns), [None] * (rows * columns), {}
            self._here = min(columns + 1, rows * columns - 1) if self._heads else 0
            self._over = self._chosen = None
            self._fit()
        if bool(captions) != bool(self._captions):
            self._captions = captions
            self._fit()
        self._words, self._row_words, self._captions = words, row_words, captions
        self._describe()
        self.update()

    def show_cells(self, cells: tuple[Pixels | None, ...]) -> None:
        """(H, W, C) uint8 each; None: still to come, what was there before stays until then."""
        for at, pixels in enumerate(cells[: len(self._images)]):
            if pixels is not None and pixels is not self._pixels[at]:
                self._pixels[at], self._images[at] = pixels, to_image(pixels)
                self._pixmaps.pop(at, None)
        self.update()

    def show_chosen(self, at: int | None) -> None:
        """The cell that is in view now."""
        if at != self._chosen:
            self._chosen = at
            self._describe()
            self.update()

    @property
    def filled(self) -> int:
        """How many cells have a picture."""
        return sum(image is not None for image in self._images)

    # where things are

    def cell(self, at: int) -> QRectF:
        """The square of a cell."""
        row, column = divmod(at, max(self._columns, 1))
        side = self._side(self.width())
        apart = APART if self._heads else 0
        x = self._gutter + column * (side + GAP) + (apart if column else 0)
        y = row * (side + GAP) + (apart if row else 0)
        return QRectF(x, y, side, side)

    def _side(self, width: int) -> int:
        room = width - self._gutter - (self._columns - 1) * GAP - (APART if self._heads else 0)
        return min(max(room // max(self._columns, 1), 16), self._largest)

    def _at(self, where: QPointF) -> int | None:
        found = (at for at in range(len(self._images)) if self.cell(at).contains(where))
        at = next(found, None)
        return None if at is None or self._corner(at) else at

    def _corner(self, at: int) -> bool:
        return self._heads and at == 0

    def _describe(self) -> None:
        word = self._words[self._here] if self._here < len(self._words) else ""
        self.setAccessibleDescription(f"{word}{', in view' if self._here == self._chosen else ''}")

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for at in range(len(self._images)):
            if not self._corner(at):
                self._paint_cell(painter, roles, at)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.setPen(roles.color("secondary"))
        for row, words in enumerate(self._row_words):
            box = self.cell(row * self._columns)
            room = QRectF(0, box.top(), self._gutter - 8, box.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        for column, words in enumerate(self._captions):
            box = self.cell((self._rows - 1) * self._columns + column)
            room = QRectF(box.left() - GAP, box.bottom() + 2, box.width() + 2 * GAP, CAPTION - 2)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def _paint_cell(self, painter: QPainter, roles: theme.Theme, at: int) -> None:
        box, image = self.cell(at), self._images[at]
        radius = 4 if box.width() < 48 else theme.RADIUS - 2
        if image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("raised", "line", 0.4))
            painter.drawRoundedRect(box, radius, radius)
        else:
            painter.drawPixmap(box.topLeft(), self._pixmap(at, image, int(box.width()), radius, roles))
        keyboard = self.hasFocus() and at == self._here
        strong = keyboard or at in (self._over, self._chosen)
        width = roles.focus_width if strong else 1
        painter.setPen(QPen(roles.color("accent" if strong else "line"), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = width / 2
        painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius, radius)

    def _pixmap(self, at: int, image: QImage, side: int, radius: float, roles: theme.Theme) -> QPixmap:
        ratio = self.devicePixelRatioF()
        known = self._pixmaps.get(at)
        if known is None or known[:2] != (side, ratio):
            made = rounded_thumbnail(image, side, radius, ratio, roles.color("ground"))
            known = self._pixmaps[at] = (side, ratio, made)
        return known[2]

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position())
        if over != self._over:
            self._over = over
            self.setCursor(Qt.CursorShape.ArrowCursor if over is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._over = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and at is not None:
            self._here = at
            self._describe()
            self.chosen.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _OPENS and self._images:
            self.chosen.emit(self._here)
        elif key in _MOVES and self._images:
            row, column = divmod(self._here, self._columns)
            down, right = _MOVES[key]
            row, column = (row + down) % self._rows, (column + right) % self._columns
            at = row * self._columns + column
            self._here = self._here if self._corner(at) else at
            self._describe()
            self.update()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride and self._takes(event):
            event.accept()
            return True
        if event.type() is QEvent.Type.ToolTip and self._over is not None and self._over < len(self._words):
            self.setToolTip(self._words[self._over])
        return super().event(event)

    @staticmethod
    def _takes(event: QKeyEvent) -> bool:
        return Qt.Key(event.key()) in (*_OPENS, *_MOVES) and event.modifiers() in _NO_KEYS

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._pixmaps.clear()
            self.update()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as the cells are at this width; layouts in layouts do not ask for that by themselves."""
        self.setFixedHeight(self._height(self.width()))

    def _height(self, width: int) -> int:
        if not self._rows:
            return 0
        caption = CAPTION if self._captions else 0
        return self._rows * (self._side(width) + GAP) - GAP + (APART if self._heads else 0) + caption

    def sizeHint(self) -> QSize:
        width = self._gutter + self._columns * (self._largest + GAP)
        return QSize(min(width, 336), self._height(min(width, 336)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._gutter + self._columns * (20 + GAP), 0)
