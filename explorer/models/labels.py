"""What a model can be asked for, and how its graphs take it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch, short
from explorer.contract.manifest import Attribute, LabelMeaning, Manifest, Port

CLASS = "class"  # what the only column of a model with classes is called

Label = tuple[int, ...]  # a value for each column


def label_columns(manifest: Manifest) -> tuple[Attribute, ...]:
    """The attributes of a model, or its classes as a single one."""
    if manifest.attributes:
        return manifest.attributes
    return (Attribute(name=CLASS, values=manifest.classes),) if manifest.classes else ()


def whole_label(label: Label, columns: tuple[Attribute, ...]) -> Label:
    """A value for each column: the first one where ``label`` says nothing, or something that is not there."""
    said = [label[at] if at < len(label) else 0 for at in range(len(columns))]
    return tuple(value if 0 <= value < len(column.values) else 0 for value, column in zip(said, columns, strict=True))


def label_row(port: Port, columns: tuple[Attribute, ...], label: Label, file: str) -> NDArray[Any]:
    """A whole label as one row of what a port takes: indices, or zeros and ones for every value of every column.

    Raises:
        PortMismatch: the port takes another number of them.
    """
    meaning = port.meaning
    indices = isinstance(meaning, LabelMeaning) and meaning.encoding == "index"
    ones = np.concatenate([np.eye(len(c.values))[at] for c, at in zip(columns, label, strict=True)])
    row = np.array(label) if indices else ones
    if len(port.shape) == 1 and len(row) == 1:
        return row.astype(port.dtype)
    if len(port.shape) != 2 or port.shape[1] not in (None, len(row)):
        raise PortMismatch(
            f"{short(file)} takes a label of the shape {list(port.shape)}, the manifest knows {len(row)} values; "
            "export the model again."
        )
    return row[None].astype(port.dtype)
