"""The pictures of a run: what is trained on, what is held out of it, what is never seen until the end."""

from dataclasses import replace
from typing import Any

from trainers.kit.data import load
from trainers.kit.pictures import Pictures

CHANNELS = {"own": None, "grey": 1, "colour": 3}
LARGEST_SHARE = 6  # at most one in so many is held out, where a data set is small


def train_and_held_out(config: Any) -> tuple[Pictures, Pictures]:
    """The train split in two: to train on, and, from its end, to choose the best checkpoint by.

    ``config`` has ``data``, ``size``, ``colour`` and ``plan.held_out``, as every family's has.
    """
    pictures = load(config.data, "train", size=config.size or None, channels=CHANNELS[config.colour])
    cut = len(pictures) - min(config.plan.held_out, len(pictures) // LARGEST_SHARE)
    return part(pictures, slice(cut)), part(pictures, slice(cut, None))


def test_split(config: Any, like: Pictures) -> Pictures:
    """The test split, in the size and channels of ``like``."""
    return load(config.data, "test", size=like.images.shape[1], channels=like.images.shape[3])


def part(pictures: Pictures, rows: slice) -> Pictures:
    """Some of the pictures with their labels."""
    labels = None if pictures.labels is None else pictures.labels[rows]
    return replace(pictures, images=pictures.images[rows], labels=labels)
