"""What can be chosen about a classifier; light to import, because forms and command lines are made from it."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from trainers.kit.knobs import Pixels, Share, Unit
from trainers.kit.plan import Plan


@dataclass(frozen=True)
class ClassifierConfig:
    """A convolutional classifier of classes or of several attributes at once; its features measure other models."""

    data: str = "fashion-mnist"
    """Name of a data set with labels, or a folder whose sub-folders are the classes."""
    size: Pixels = 0
    """Side of a picture, 28 to 128; 0 is the data's own."""
    colour: Literal["own", "grey", "colour"] = "own"
    """Channels of a picture; own keeps what the data has."""
    width: Annotated[int, Interval(ge=1, le=1024), Unit("channels")] = 32
    """Channels at half the resolution; doubled at every further halving, up to four times as many."""
    blocks: Annotated[int, Interval(ge=0, le=8), Unit("blocks")] = 1
    """Residual blocks at each resolution."""
    features: Annotated[int, Interval(ge=1, le=256), Unit("numbers")] = 128
    """Length of the feature vector before the last layer."""
    dropout: Share = 0.2
    """Share of the features that is left out at random while training."""
    mirror: bool = True
    """Show every other picture mirrored; not for data where left and right mean something."""
    shift: Annotated[int, Interval(ge=0, le=16), Unit("pixels")] = 2
    """Move each picture by up to so much in both directions."""
    plan: Plan = field(default_factory=lambda: Plan(images=600_000, rate=2e-3))
