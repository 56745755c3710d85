"""How a point is drawn. Of a style generator: one style a layer, mixed from several, and truncated towards the mean."""

from typing import Annotated, Literal

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from explorer.latent.sampling import Sampling
from explorer.latent.shapes import Float32

PSI_LOW, PSI_HIGH = -1.0, 2.0
STRONGEST_NOISE = 4.0
MOST_SOURCES = 16

Number = Annotated[float, Field(allow_inf_nan=False, ge=-3.4028234663852886e38, le=3.4028234663852886e38)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """A point that lends its styles: ``code`` has D numbers (the same style for every layer) or L * D (one a layer)."""

    name: str = Field(min_length=1, max_length=60)
    code: tuple[Number, ...]
    seed: int | None = Field(default=None, ge=0)  # whose point it is, where it is a seed's own


class Style(_Frozen):
    """Everything beside the point that decides how a style generator, or with ``sampling`` a diffusion model, draws it.

    ``blend`` holds for each layer the shares of the sources, in their order; what is left to 1 is the point's own.
    """

    psi: float = Field(default=1.0, ge=PSI_LOW, le=PSI_HIGH)  # 0 is the mean picture, 1 the point itself
    cutoff: int | None = Field(default=None, ge=0)  # so many layers are truncated, from coarse to fine; None: all
    noise: Literal["off", "on"] = "on"
    noise_seed: int = Field(default=0, ge=0)
    noise_strength: float = Field(default=1.0, ge=0.0, le=STRONGEST_NOISE)
    sources: tuple[Source, ...] = Field(default=(), max_length=MOST_SOURCES)
    blend: tuple[tuple[Share, ...], ...] = ()
    sampling: Sampling = Sampling()

    def share(self, layer: int, source: int) -> float:
        """How much ``source`` gives to ``layer``, in [0, 1]."""
        row = self.blend[layer] if layer < len(self.blend) else ()
        return row[source] if source < len(row) else 0.0

    def own(self, layer: int) -> float:
        """How much the point itself gives to ``layer``."""
        return max(1.0 - sum(self.share(layer, source) for source in range(len(self.sources))), 0.0)


def rows_of(code: Float32[ndarray, "n k"], layers: int, width: int) -> Float32[ndarray, "n l d"]:
    """Codes of one style (N, D) or of one a layer (N, L * D) as styles (N, L, D).

    Raises:
        ValueError: the codes have another length.
    """
    if code.shape[1] == layers * width:
        return code.reshape(-1, layers, width)
    if code.shape[1] != width:
        raise ValueError(f"a style has {width} numbers, {layers * width} for all layers, got {code.shape[1]}")
    return np.repeat(code[:, None], layers, axis=1)


def mixed(styles: Float32[ndarray, "n l d"], style: Style) -> Float32[ndarray, "n l d"]:
    """The styles with what ``style`` takes from its sources; a layer wholly of one source has exactly its style.

    Style mixing of Karras et al. (2019), arXiv:1812.04948, section 3.1, with shares instead of a switch.
    """
    layers, width = styles.shape[1:]
    result = styles
    for layer in range(layers):
        shares = [style.share(layer, source) for source in range(len(style.sources))]
        if not any(shares):
            continue
        if result is styles:
            result = styles.copy()
        lent = [rows_of(np.array([source.code], np.float32), layers, width)[0, layer] for source in style.sources]
        if 1.0 in shares:
            result[:, layer] = lent[shares.index(1.0)]
            continue
        weights = np.array(shares, np.float32)
        result[:, layer] = np.float32(style.own(layer)) * styles[:, layer] + weights @ np.stack(lent)
        total = float(style.own(layer) + weights.sum())
        result[:, layer] /= np.float32(total)
    return result


def truncated(
    styles: Float32[ndarray, "n l d"], mean: Float32[ndarray, " d"], style: Style
) -> Float32[ndarray, "n l d"]:
    """mean + psi (w - mean) for the first ``cutoff`` layers: Karras et al. (2019), arXiv:1812.04948, appendix B.

    psi = 0 gives exactly the mean there, psi = 1 exactly the styles.
    """
    if style.psi == 1.0:
        return styles
    result = styles.copy()
    result[:, : style.cutoff] = mean + np.float32(style.psi) * (styles[:, : style.cutoff] - mean)
    return result


def noise_of(style: Style, shape: tuple[int, ...], layer: int) -> NDArray[np.float32]:
    """The noise of one layer, of that shape: the same seed gives the same numbers on every machine."""
    if style.noise == "off" or style.noise_strength == 0.0:
        return np.zeros(shape, np.float32)
    drawn = np.random.default_rng((style.noise_seed, layer)).standard_normal(shape, dtype=np.float32)
    return drawn * np.float32(style.noise_strength)


def band_of(resolution: int) -> str:
    """What people call the layers of a resolution: Karras et al. (2019), section 3.1."""
    return "coarse" if resolution <= 8 else "middle" if resolution <= 32 else "fine"
