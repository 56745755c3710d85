"""Makes a bundle of a trained autoencoder: two graphs, its latent space, encoded pictures, directions and a card."""

from pathlib import Path
from typing import Any, Literal, cast
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
from explorer.contract.pixels import to_pixels
from trainers.autoencoders.config import VariationalConfig
from trainers.autoencoders.learner import AutoencoderLearner
from trainers.autoencoders.likelihoods import SMALLEST_SCALE, Bernoulli, Scaled
from trainers.autoencoders.model import Autoencoder
from trainers.autoencoders.objective import ACTIVE_VARIANCE, kl_nats
from trainers.kit.card import Figure, licence_text, write_card
from trainers.kit.export import Exported, export_graph, run_graph
from trainers.kit.grids import enlarged, grid, png
from trainers.kit.pictures import Pictures
from trainers.kit.probes import named_dimensions
from trainers.kit.provenance import Opened, provenance
from trainers.kit.splits import part, test_split
from trainers.kit.stores import Parts, add_directions, add_encoded, groupings, label_facts

SPACE = "z"
PRIOR = "prior.npz"
FITTED_ON = 12_000  # training pictures whose codes directions and priors are fitted on
ENCODED = 4_000  # test pictures that go with the bundle
CONSIDERED = 500  # test pictures, one of which is the preview
SNAPSHOT = 1_000  # pictures that a snapshot's prior and dimensions are measured on
SHOWN = 32  # reconstructions on the card
SAMPLES = 64
SCALE_FITTED_ON = 1_000  # held-out pictures
COLUMNS = 16
FIGURE_PX = 56  # small pictures are enlarged to this on the card
LICENCE = "Apache-2.0"
Part = Literal["point", "mean", "log_variance"]
FIGURES = [
    Figure("samples.png", f"{SAMPLES} samples of the prior, seed 0, none left out"),
    Figure("reconstructions.png", f"The first {SHOWN} test pictures, and below each row what the model restores"),
]


def export(run: Opened, target: Path, *, whole: bool) -> Path:
    """Write the bundle; with ``whole`` the stores and the card as well, else only what is needed to step in.

    Raises:
        ParityError: a graph does not compute what the module does. CannotWrite: no space, no right.
    """
    model = cast(Autoencoder, run.learner.averages["autoencoder"].module)
    latent, variational = run.facts.config.architecture.latent, run.facts.family == "vae"
    picture = _picture_meaning(run.train)
    encoder = _encoder(model, picture, latent, variational=variational)
    decoder = _decoder(model, picture, latent)
    parts = Parts(_facts(run, model, (encoder.graph, decoder.graph)), {**encoder.files, **decoder.files})

    train = part(run.train, slice(FITTED_ON if whole else SNAPSHOT))
    unseen = test_split(run.facts.config, run.train) if whole else part(run.held_out, slice(SNAPSHOT))
    train_codes, train_spreads = encode(encoder, train.images)
    codes, log_variances = encode(encoder, unseen.images)
    dimensions = _dimensions(codes, log_variances)
    if whole:
        dimensions = named_dimensions(train_codes, codes, groupings(train, unseen), dimensions)
        shown = part(unseen, slice(ENCODED))
        spreads = None if log_variances is None else log_variances[: len(shown)]
        add_encoded(parts, SPACE, shown, codes[: len(shown)], spreads)
        add_directions(parts, SPACE, train, train_codes, unseen, codes, train_spreads)
    prior = m.NormalPrior() if variational else _empirical_prior(parts, train_codes)
    parts.facts["spaces"] = (m.LatentSpace(name=SPACE, shape=(latent,), prior=prior, dimensions=tuple(dimensions)),)

    restored = decode(decoder, codes[:CONSIDERED])
    parts.files["preview.png"] = png(clearest(part(unseen, slice(CONSIDERED)), restored, run.name))
    if whole:
        samples = decode(decoder, _prior_points(train_codes, normal=variational))
        pairs = np.concatenate([rows for i in range(0, SHOWN, COLUMNS) for rows in _pair(unseen.images, restored, i)])
        parts.files |= {"samples.png": _sheet(samples), "reconstructions.png": _sheet(pairs)}
        parts.files["CARD.md"] = write_card(parts.facts, FIGURES, _paragraphs(run, model, parts)).encode()
    parts.files["LICENSE"] = licence_text(LICENCE, run.train).encode()
    save_bundle(target, parts.facts, parts.files)
    return target


def encode(encoder: Exported, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Codes of pictures, uint8 (N, H, W, C) -> mean (N, D), log-variance (N, D) or None; by the exported graph."""
    values = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32) / 255
    answers = run_graph(encoder.content, {"image": values})
    return answers[0], answers[1] if len(answers) > 1 else None


def decode(decoder: Exported, codes: np.ndarray) -> np.ndarray:
    """Pictures of codes (N, D) -> uint8 (N, H, W, C); by the exported graph."""
    (values,) = run_graph(decoder.content, {SPACE: codes.astype(np.float32)})
    return to_pixels(values, m.ImageMeaning(channels=values.shape[1]))


def clearest(originals: Pictures, restored: np.ndarray, name: str) -> np.ndarray:
    """The restored picture, uint8 (H, W, C), that comes closest to its original for how much there is to see in it.

    Where the data has classes, it is of the one that the model's name leads to, so that models of the same data differ.
    """
    x, y = originals.images.astype(np.float32), restored.astype(np.float32)
    error = np.square(x - y).mean((1, 2, 3)) / x.var((1, 2, 3)).clip(1)
    if originals.classes and originals.labels is not None:
        wanted = originals.labels == crc32(name.encode()) % len(originals.classes)
        error = np.where(wanted, error, error + error.max())
    return restored[error.argmin()]


class _Code(nn.Module):
    """An encoder that gives only the mean, which is the code of a plain autoencoder."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> Tensor:
        return self.encoder(image)[0]


class _Picture(nn.Module):
    """A decoder that gives the picture itself, in [0, 1]."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.decoder, self.likelihood = model.decoder, model.likelihood

    def forward(self, z: Tensor) -> Tensor:
        return self.likelihood.picture(self.decoder(z))


def _encoder(model: Autoencoder, picture: m.ImageMeaning, latent: int, *, variational: bool) -> Exported:
    parts: tuple[Part, ...] = ("mean", "log_variance") if variational else ("point",)
    names = {"point": SPACE, "mean": "mean", "log_variance": "log_variance"}
    outputs = tuple(_code_port(names[part], latent, part) for part in parts)
    return export_graph(
        model.encoder if variational else _Code(model.encoder), "encoder", (_picture_port(picture),), outputs
    )


def _decoder(model: Autoencoder, picture: m.ImageMeaning, latent: int) -> Exported:
    return export_graph(_Picture(model), "decoder", (_code_port(SPACE, latent, "point"),), (_picture_port(picture),))


def _code_port(name: str, latent: int, part: Part) -> m.Port:
    return m.Port(name=name, shape=(None, latent), meaning=m.LatentMeaning(space=SPACE, part=part))


def _picture_port(picture: m.ImageMeaning) -> m.Port:
    return m.Port(name="image", shape=(None, picture.channels, picture.height, picture.width), meaning=picture)


def _picture_meaning(pictures: Pictures) -> m.ImageMeaning:
    _, height, width, channels = pictures.images.shape
    return m.ImageMeaning(channels=channels, height=height, width=width)


def _dimensions(means: np.ndarray, log_variances: np.ndarray | None) -> list[m.Dimension]:
    active = means.var(axis=0) > ACTIVE_VARIANCE
    if log_variances is None:
        return [m.Dimension(active=bool(on)) for on in active]
    kl = kl_nats(torch.from_numpy(means), torch.from_numpy(log_variances)).mean(0)
    return [m.Dimension(kl_nats=float(nats), active=bool(on)) for nats, on in zip(kl, active, strict=True)]


def _empirical_prior(parts: Parts, codes: np.ndarray) -> m.EmpiricalPrior:
    covariance = np.cov(codes, rowvar=False).reshape(codes.shape[1], -1)
    parts.files[PRIOR] = pack_arrays({"mean": codes.mean(0), "covariance": covariance.astype(np.float32)})
    return m.EmpiricalPrior(mean=m.Array(file=PRIOR, key="mean"), covariance=m.Array(file=PRIOR, key="covariance"))


def _prior_points(codes: np.ndarray, *, normal: bool) -> np.ndarray:
    """``SAMPLES`` points of the prior, seed 0, none left out: (N, D)."""
    generator = np.random.default_rng(0)
    if normal:
        return generator.standard_normal((SAMPLES, codes.shape[1])).astype(np.float32)
    covariance = np.cov(codes, rowvar=False).reshape(codes.shape[1], -1)
    return generator.multivariate_normal(codes.mean(0), covariance, SAMPLES).astype(np.float32)


def _pair(originals: np.ndarray, restored: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """A row of pictures and the row of what became of them."""
    return originals[first : first + COLUMNS], restored[first : first + COLUMNS]


def _sheet(pictures: np.ndarray) -> bytes:
    return png(grid(np.stack([enlarged(picture, FIGURE_PX) for picture in pictures]), COLUMNS))


def _facts(run: Opened, model: Autoencoder, graphs: tuple[m.Graph, ...]) -> dict[str, Any]:
    return {
        "name": run.name,
        "family": run.facts.family,
        "description": run.description,
        "licence": LICENCE,
        "data_licence": run.train.licence,
        "credit": f"Trained on {run.train.name}: {run.train.credit}",
        "provenance": provenance(run, likelihood=_likelihood(run, model)),
        "graphs": graphs,
        **label_facts(run.train),
    }


def _likelihood(run: Opened, model: Autoencoder) -> dict[str, Any]:
    """What p(x | z) is, so that bounds can be measured on the bundle alone.

    A Gaussian that was trained with a given scale, which together with beta only sets how much the code may hold, is
    stated with the scale that fits its errors on held-out pictures (Rybkin et al. 2021, arXiv:2006.13202, eq. 4).
    """
    architecture, likelihood = run.facts.config.architecture, model.likelihood
    stated = {"kind": architecture.likelihood, "scale": 0.0, "binarised": isinstance(likelihood, Bernoulli)}
    if isinstance(likelihood, Scaled):
        stated["scale"] = float(likelihood.scale)
        if architecture.likelihood == "gaussian" and not likelihood.learned:
            stated["scale"] = fitted_scale(cast(AutoencoderLearner, run.learner), run.held_out.images[:SCALE_FITTED_ON])
    return stated


def fitted_scale(learner: AutoencoderLearner, images: np.ndarray) -> float:
    """The deviation of pictures, uint8 (N, H, W, C), from what is decoded of a point of their posterior."""
    return max(SMALLEST_SCALE, float(learner.measure(images).squared_error.mean().sqrt()))


def _paragraphs(run: Opened, model: Autoencoder, parts: Parts) -> list[str]:
    config, stated = run.facts.config, parts.facts["provenance"].config["likelihood"]
    architecture = config.architecture
    kind = f"{stated['kind'].capitalize()} likelihood" + f", scale {stated['scale']:.4g}" * (not stated["binarised"])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    code = f"A code of {architecture.latent} numbers, {parameters / 1e6:.2f} million parameters. {kind}"
    if not isinstance(config, VariationalConfig):
        return [
            f"{code}. The code is a point without noise and has no prior: to sample, a Gaussian is fitted to the "
            f"codes of {FITTED_ON:,} training pictures. Between the codes there are holes."
        ]
    return [f"{code}, beta {config.beta:g}. The prior is N(0, I); the encoder gives mean and log-variance of q(z | x)."]
