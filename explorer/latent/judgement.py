"""What a critic's answer means: the chance that it stands for, and which pixels it depends on."""

import numpy as np
from numpy import ndarray

from explorer.latent.shapes import Float32


def chance(score: float) -> float:
    """The chance, in [0, 1], that a picture with this score is real: the logistic function of a logit.

    Goodfellow et al. (2014), arXiv:1406.2661, section 4: a perfect critic answers p_data / (p_data + p_generated).
    """
    return float(0.5 * (1 + np.tanh(0.5 * score)))  # no overflow at either end


def saliency(gradient: Float32[ndarray, "c h w"]) -> Float32[ndarray, "h w"]:
    """How much each pixel matters to a score: the largest absolute derivative over the channels.

    Simonyan et al. (2014), arXiv:1312.6034, section 3.1.
    """
    return np.abs(gradient).max(axis=0)
