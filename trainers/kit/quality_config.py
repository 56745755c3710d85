"""How much is measured; light to import, because command lines are made from it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class QualityConfig:
    """What ``evaluate`` measures; the defaults are those of the shipped figures."""

    samples: int = 10_000
    """Generated pictures, compared with the test split; with fewer than 10,000 the distances grow (images)."""
    importance_samples: int = 100
    """Points of the posterior for each picture in the importance-weighted bound (samples)."""
    importance_pictures: int = 1_000
    """Test pictures that the importance-weighted bound is measured on, the first so many (images)."""
    features: Path | None = None
    """A classifier's bundle to take features from; by default the shipped one that knows the data."""
    inception: Path | None = None
    """Weights of Inception v3 (pt_inception-2015-12-05-6726825d.pth), to measure in its features as well."""
    seed: int = 0
    """Every random number follows from it."""
