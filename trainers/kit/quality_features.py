"""Fréchet and kernel distance, inception score, precision and recall by torch-fidelity, in features of our own.

Inception v3 was trained on photographs and says little about clothes of 28 pixels or drawn faces; a small classifier
that was trained on the data says more, but its distances compare with nothing that was measured in other features. So
every figure names its features, and stands beside that of real pictures measured by the same code.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from explorer.contract.archive import open_bundle
from explorer.contract.manifest import Manifest
from trainers.kit.pictures import fitted
from trainers.kit.quality_model import Model
from trainers.kit.torchvision_pair import make_importable

BATCH = 250  # pictures at a time
KERNEL_SUBSETS, KERNEL_SUBSET = 100, 1_000  # Binkowski et al. (2018): mean over subsets of so many pictures
NEIGHBOURS = 3  # Kynkaanniemi et al. (2019): the ball of a picture reaches to its third neighbour
SPLITS = 10  # Salimans et al. (2016): the inception score is the mean over ten parts
INCEPTION = "inception-v3-compat"


@dataclass(frozen=True)
class Distances:
    """How pictures compare with real ones, in the features of one network."""

    frechet: float
    kernel: float
    inception_score: float
    precision: float
    recall: float


class Features:
    """A network whose features torch-fidelity compares; ``words`` names it."""

    def __init__(
        self, words: str, extractor: str, weights: Path | None = None, size: int = 0, channels: int = 0
    ) -> None:
        self.words = words
        self._extractor = extractor
        self._weights = weights
        self._size, self._channels = size or None, channels or None

    def compare(self, pixels: np.ndarray, real: np.ndarray, seed: int) -> Distances:
        """Distances of ``pixels`` from ``real``, uint8 (N, H, W, C) both."""
        fidelity = import_torch_fidelity()
        found = fidelity.calculate_metrics(
            input1=_Pixels(fitted(pixels, self._size, self._channels)),
            input2=_Pixels(fitted(real, self._size, self._channels)),
            feature_extractor=self._extractor,
            feature_extractor_weights_path=None if self._weights is None else str(self._weights),
            isc=True,
            fid=True,
            kid=True,
            prc=True,
            isc_splits=SPLITS,
            kid_subsets=KERNEL_SUBSETS,
            kid_subset_size=min(KERNEL_SUBSET, len(pixels), len(real)),
            prc_neighborhood=NEIGHBOURS,
            batch_size=BATCH,
            rng_seed=seed,
            cuda=False,
            cache=False,
            save_cpu_ram=True,
            verbose=False,
        )
        return Distances(
            frechet=found[fidelity.KEY_METRIC_FID],
            kernel=found[fidelity.KEY_METRIC_KID_MEAN],
            inception_score=found[fidelity.KEY_METRIC_ISC_MEAN],
            precision=found[fidelity.KEY_METRIC_PRECISION],
            recall=found[fidelity.KEY_METRIC_RECALL],
        )


def classifier_features(path: Path) -> Features:
    """The features of a classifier's bundle, computed by onnxruntime."""
    fidelity = import_torch_fidelity()
    bundle = open_bundle(path)
    model = Model(bundle)
    image = model.image
    heads = heads_of(bundle.manifest)
    name = f"latent-explorer-{bundle.identity()[:16]}"

    class Extractor(fidelity.FeatureExtractorBase):
        """uint8 (B, 3, H, W) -> (features (B, F), logits (B, K)), in the order asked for."""

        def __init__(self, name: str, features_list: list[str], **_: object) -> None:
            super().__init__(name, features_list)

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return ("features", "logits")

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return "logits" if metric == "isc" else "features"

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        @staticmethod
        def get_dummy_input_for_compile() -> Tensor:
            return torch.zeros(1, 3, image.height or 1, image.width or 1, dtype=torch.uint8)

        def forward(self, batch: Tensor) -> tuple[Tensor, ...]:
            pixels = batch[:, : image.channels].permute(0, 2, 3, 1).numpy()
            logits, features = (torch.from_numpy(values) for values in model.classify(pixels))
            found = {"features": features, "logits": joint_logits(logits, heads)}
            return tuple(found[name] for name in self.features_list)

    _register(fidelity, name, Extractor)
    accuracy = next((m for m in bundle.manifest.quality if m.metric.startswith("accuracy")), None)
    measured = f", {accuracy.value:.2%} accurate on {accuracy.data} {accuracy.split}" if accuracy else ""
    return Features(f"{bundle.manifest.name}{measured}", name, size=image.height or 0, channels=image.channels)


def inception_features(weights: Path) -> Features:
    """Inception v3 with the weights of the FID's authors, named by the user; pictures are enlarged to 299 px."""
    return Features(
        f"Inception v3 ({weights.name}), torch-fidelity {import_torch_fidelity().__version__}", INCEPTION, weights
    )


def heads_of(manifest: Manifest) -> tuple[int, ...]:
    """The number of values of each attribute a classifier names, or the number of classes alone."""
    if manifest.attributes:
        return tuple(len(attribute.values) for attribute in manifest.attributes)
    return (len(manifest.classes),)


def joint_logits(logits: Tensor, heads: tuple[int, ...]) -> Tensor:
    """Logits (B, K) of which softmax is the chance of drawing an attribute and then its value.

    The inception score exp(E KL(p(y|x) || p(y))) of that label is the geometric mean of the scores of all attributes;
    with one head it is the usual one.
    """
    return torch.cat([F.log_softmax(part, 1) for part in logits.split(heads, 1)], 1)


def import_torch_fidelity() -> ModuleType:
    """torch_fidelity, also where torchvision's compiled part does not fit the installed torch."""
    make_importable()
    import torch_fidelity

    return torch_fidelity


class _Pixels(Dataset[Tensor]):
    """uint8 (N, H, W, C) as torch-fidelity takes it: (3, H, W) each."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._pixels = torch.from_numpy(np.array(pixels))  # a copy: pictures read from a file cannot be written to

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int) -> Tensor:
        return self._pixels[index].permute(2, 0, 1).expand(3, -1, -1)


def _register(fidelity: ModuleType, name: str, extractor: type) -> None:
    """Make an extractor known under a name; the name holds the bundle's hash, so a second time changes nothing."""
    if name not in fidelity.registry.FEATURE_EXTRACTORS_REGISTRY:
        fidelity.register_feature_extractor(name, extractor)
