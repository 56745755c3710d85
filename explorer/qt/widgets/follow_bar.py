"""Says that the model in view renews itself while it learns, and lets a person stay with the one in view."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from explorer.qt.widgets.buttons import Button

HEIGHT = 32  # px


class FollowBar(QWidget):
    """One line over the line of facts; nothing to see where nothing is followed."""

    stop_asked = Signal()
    train_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("follow")
        self.setAccessibleName("Training that is followed")
        self.setFixedHeight(HEIGHT)
        self._words = QLabel(self)
        self._words.setObjectName("follow_words")
        stay = Button("Stay with this one", "follow_stop", "Keeps the model as it is now.", kind="text")
        stay.clicked.connect(self.stop_asked)
        look = Button("Its training", "follow_train", "Shows its curves and samples.", kind="text")
        look.clicked.connect(self.train_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(12)
        layout.addWidget(self._words)
        layout.addWidget(look)
        layout.addStretch(1)
        layout.addWidget(stay)
        self.hide()

    def show_following(self, words: str) -> None:
        """``Following fashion-vae: 46,080 images``; empty: nothing."""
        self.setVisible(bool(words))
        self._words.setText(words)
