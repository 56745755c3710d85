"""What pictures can be grouped by: the labels of the data, and the marks of a person."""

import numpy as np
from numpy.typing import NDArray

from explorer.models.stores import Encoded
from explorer.state.notebook import LONGEST_NAME, Notes


def labels_of(data: Encoded | None) -> tuple[str, ...]:
    """Everything that a label can say, such as ``mouth: smile``."""
    if data is None:
        return ()
    return tuple(label_name(data, column, value) for column, about in enumerate(data.columns) for value in about.values)


def label_name(data: Encoded, column: int, value: str) -> str:
    """``mouth: smile``; the value alone where there is one column."""
    return value if len(data.columns) == 1 else f"{data.columns[column].name}: {value}"


def labelled(data: Encoded, chosen: str) -> NDArray[np.bool_]:
    """Which pictures (N,) have a label."""
    found = np.zeros(len(data), bool)
    for column, about in enumerate(data.columns):
        for index, value in enumerate(about.values):
            if label_name(data, column, value) == chosen:
                found |= data.labels[:, column] == index
    return found


def row_name(data: Encoded, row: int) -> str:
    """What a picture of the data is called: its class, else its number."""
    if len(data.columns) == 1:
        return data.columns[0].values[int(data.labels[row, 0])][:LONGEST_NAME] or f"picture {row}"
    return f"picture {row}"


def marks_name(trait: str, more: bool) -> str:
    """What the pictures marked for a trait are called as a group."""
    return f"marked {'more' if more else 'less'}: {trait}"


def marks_of(notes: Notes) -> tuple[str, ...]:
    """All groups that marks could make."""
    return tuple(marks_name(t.name, side) for t in notes.traits for side in (True, False) if t.side(side))
