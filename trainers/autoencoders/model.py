"""An autoencoder as one module: what it computes for a batch of pictures, and nothing about how it is trained."""

from typing import NamedTuple

from torch import Tensor, nn

from trainers.autoencoders.config import Architecture
from trainers.autoencoders.likelihoods import make_likelihood
from trainers.autoencoders.networks import ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder, PictureShape
from trainers.autoencoders.objective import kl_nats, reparameterise


class Terms(NamedTuple):
    """What the objective is made of, for a batch of B pictures."""

    log_likelihood: Tensor  # (B,) nats, log p(x | z)
    kl: Tensor  # (B, D) nats
    mean: Tensor  # (B, D)
    picture: Tensor  # (B, C, H, W) in [0, 1]


class Autoencoder(nn.Module):
    """Encoder, decoder and likelihood; with no noise it is a plain autoencoder, with noise a variational one."""

    def __init__(self, shape: PictureShape, architecture: Architecture) -> None:
        super().__init__()
        latent, width = architecture.latent, architecture.width
        if architecture.network == "conv":
            self.encoder: nn.Module = ConvEncoder(shape, latent, width, architecture.blocks)
            self.decoder: nn.Module = ConvDecoder(shape, latent, width, architecture.blocks)
        else:
            self.encoder = MLPEncoder(shape, latent, width)
            self.decoder = MLPDecoder(shape, latent, width)
        self.likelihood = make_likelihood(architecture.likelihood, architecture.scale)

    def forward(self, x: Tensor, noise: Tensor | None) -> Terms:
        """Pictures (B, C, H, W) in [0, 1] and standard normal noise (B, D), or None to decode the mean itself."""
        mean, log_variance = (part.float() for part in self.encoder(x))
        z = mean if noise is None else reparameterise(mean, log_variance, noise)
        raw = self.decoder(z).float()
        return Terms(self.likelihood.log_prob(x, raw), kl_nats(mean, log_variance), mean, self.likelihood.picture(raw))
