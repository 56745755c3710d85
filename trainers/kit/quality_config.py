"""How much is measured; light to import, because command lines are made from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Interval

from trainers.kit.knobs import Images, Unit


@dataclass(frozen=True)
class QualityConfig:
    """What ``evaluate`` measures; the defaults are those of the shipped figures."""

    samples: Annotated[Images, Interval(ge=2)] = 10_000
    """Generated pictures, compared with the test split; with fewer than 10,000 the distances grow."""
    importance_samples: Annotated[int, Interval(ge=1), Unit("samples")] = 100
    """Points of the posterior for each picture in the importance-weighted bound; 1 leaves it out."""
    importance_pictures: Annotated[Images, Interval(ge=1)] = 1_000
    """Test pictures on which it is measured how much that bound gains over the ELBO, the first so many."""
    features: Path | None = None
    """A classifier's bundle to take features from; by default the shipped one that knows the data."""
    inception: Path | None = None
    """Weights of Inception v3 (pt_inception-2015-12-05-6726825d.pth), to measure in its features as well."""
    seed: Annotated[int, Interval(ge=0)] = 0
    """Every random number follows from it."""
