"""The point in view as text: to the clipboard, and back from it."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.media.codes import NoCode, from_text, to_text
from explorer.state.place import Explore


class Teller(Protocol):
    """Who says what happened."""

    def tell(self, sentence: str, *, error: bool) -> None: ...


class CodesController:
    """``read`` and ``write`` are the clipboard's text."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        walk: Walk,
        read: Callable[[], str],
        write: Callable[[str], None],
        view: Teller,
    ) -> None:
        self._explore, self._stage, self._walk = explore, stage, walk
        self._read, self._write, self._view = read, write, view

    def copy(self) -> None:
        """Put the code on the clipboard, as one line with the model's name."""
        model, code = self._stage.model, self._explore.place.code
        if model is not None and model.decodes is not None:
            point = model.decodes.prior.center if code is None else np.asarray(code, np.float32)
            self._write(to_text(model.manifest.name, point))
            self._view.tell(f"{len(point)} numbers are on the clipboard; Ctrl+Shift+V comes back here.", error=False)

    def paste(self) -> None:
        """Go to the code on the clipboard; locked dimensions stay."""
        model = self._stage.model
        if model is None or model.decodes is None:
            return
        try:
            code = from_text(self._read(), model.decodes.prior.size, model.manifest.name)
        except NoCode as error:
            self._view.tell(str(error), error=True)
        else:
            self._walk.begin()
            self._walk.to_code(code, "Paste a code")
