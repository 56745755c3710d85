"""Which likelihood a model was trained with, as its manifest states it; without one no nats can be quoted."""

from dataclasses import dataclass
from typing import Any, cast, get_args

from explorer.contract.manifest import Manifest
from explorer.latent.bounds import Likelihood


@dataclass(frozen=True)
class StatedLikelihood:
    """``scale``: standard deviation (gaussian) or mean absolute deviation (laplace) of greys in [0, 1]."""

    kind: Likelihood
    scale: float
    binarised: bool

    @property
    def words(self) -> str:
        """``Gaussian with deviation 0.092``."""
        if self.kind == "bernoulli":
            return "Bernoulli, on binarised pictures" if self.binarised else "Bernoulli"
        name = "Gaussian with deviation" if self.kind == "gaussian" else "Laplace with mean deviation"
        return f"{name} {self.scale:.3g}"


def stated_likelihood(manifest: Manifest) -> StatedLikelihood | None:
    """The likelihood in the manifest's configuration, or None where it is missing or makes no sense."""
    stated = manifest.provenance.config.get("likelihood")
    if not isinstance(stated, dict):
        return None
    facts = cast(dict[str, Any], stated)
    kind, scale = facts.get("kind"), facts.get("scale", 0.0)
    number = isinstance(scale, int | float) and not isinstance(scale, bool)
    if kind not in get_args(Likelihood) or not number or (kind != "bernoulli" and not 0 < scale < 1e6):
        return None
    return StatedLikelihood(cast(Likelihood, kind), float(scale), bool(facts.get("binarised", False)))
