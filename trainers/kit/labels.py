"""What is known of pictures, as columns of value indices."""

from explorer.contract.errors import ExplorerError
from trainers.kit.pictures import Pictures


class NoLabels(ExplorerError):
    """Something that needs labels was asked of pictures that nothing is known of."""


def values_of(pictures: Pictures) -> tuple[int, ...]:
    """The number of values of each attribute, or the number of classes alone.

    Raises:
        NoLabels: nothing is known of the pictures.
    """
    if pictures.labels is None:
        raise NoLabels(f"{pictures.name} has no labels to learn: choose data with classes or attributes.")
    if pictures.attributes:
        return tuple(len(attribute.values) for attribute in pictures.attributes)
    return (len(pictures.classes),)
