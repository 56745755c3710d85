"""The classifiers that ship, in whose features pictures are compared."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (ROOT / "assets" / "features", ROOT / "explorer" / "assets" / "features")  # a checkout, an installation
FEATURES_FOR = {"fashion-mnist": "clothes-features", "faces": "face-attribute-features"}


def features_for(data: str) -> Path | None:
    """The bundle of the classifier that knows a data set, or None."""
    places = (folder / FEATURES_FOR[data] for folder in SHIPPED if data in FEATURES_FOR)
    return next((place for place in places if place.is_dir()), None)
