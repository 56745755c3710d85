"""Makes a bundle of a trained style GAN: six graphs, its three spaces, generated pictures, directions and a card."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from explorer.contract import manifest as m
from explorer.contract.archive import open_bundle, pack_arrays, save_bundle
from trainers.gans.directions import STEP, Attributes, mean_changes, sefa_directions, spread_of, with_disturbance
from trainers.gans.generator import Generator
from trainers.gans.graphs import RANGE, StyleGraphs, style_graphs
from trainers.gans.learner import StyleGanLearner
from trainers.kit.card import Figure, licence_text, write_card
from trainers.kit.grids import enlarged, grid, png
from trainers.kit.labels import values_of
from trainers.kit.loop import to_floats
from trainers.kit.pictures import Pictures, fitted
from trainers.kit.probes import attribute_directions, pca_directions
from trainers.kit.provenance import Opened, provenance
from trainers.kit.quality_features import heads_of
from trainers.kit.quality_model import Model
from trainers.kit.shipped import features_for
from trainers.kit.splits import test_split
from trainers.kit.stores import DIRECTIONS, Parts, label_facts, questions, thumbnails

LICENCE = "Apache-2.0"
LATENTS = "latents.npz"
MEASURED = 20_000  # w's that mean and covariance are of
STORED = 2_000  # generated pictures that go with the bundle
FITTED_ON = 6_000  # generated pictures that attribute directions are fitted on; the stored ones are held out
COMPARED = 64  # real pictures that tell how much pictures differ
GRID = 10
FIGURE_PX = 56
PREVIEW_PSI = 0.7
PSIS = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
FIGURES = [
    Figure("samples.png", f"{GRID * GRID} samples, psi 1, z of seed 0, none left out"),
    Figure("truncation.png", "Three of them at psi " + ", ".join(f"{psi:g}" for psi in PSIS)),
    Figure("mixing.png", "Styles mixed: the coarse layers (4 and 8 px) of the left column, all others of the top row"),
    Figure("reconstructions.png", "Test pictures, and below each row what the encoder's styles draw"),
]


@dataclass(frozen=True)
class _Generated:
    """Samples: ``z`` (N, Z), ``w`` (N, D) and their pictures with what a classifier names in them."""

    z: np.ndarray
    w: np.ndarray
    pictures: Pictures


def export(run: Opened, target: Path, *, whole: bool) -> Path:
    """Write the bundle; with ``whole`` the stores and the card as well, else only what is needed to step in.

    Raises:
        ParityError: a graph does not compute what the module does. CannotWrite: no space, no right.
    """
    learner = cast(StyleGanLearner, run.learner)
    real = 2 * to_floats(run.held_out.images[:COMPARED], torch.device("cpu")) - 1
    channels = run.train.images.shape[3]
    generator = learner.averaged
    values = values_of(run.train) if generator.mapping.labels else ()
    graphs = style_graphs(generator, learner.averaged_critic, learner.averaged_encoder, real, channels, values)
    parts = Parts(_facts(run, graphs), dict(graphs.files))
    rng = np.random.default_rng(0)
    z = rng.standard_normal((GRID * GRID, generator.latent)).astype(np.float32)
    w = graphs.map(z)
    arrays = _spaces(parts, graphs, generator)
    parts.files["preview.png"] = png(graphs.draw(truncated(w[:1], arrays["mean"], PREVIEW_PSI))[0])
    paragraphs = _paragraphs(run, generator)
    if whole:
        paragraphs += _stores(parts, graphs, generator, run, arrays)
        parts.files |= _figures(graphs, w, arrays["mean"], test_split(run.facts.config, run.train).images)
        parts.files["CARD.md"] = write_card(parts.facts, FIGURES, paragraphs).encode()
    parts.files[LATENTS] = pack_arrays(arrays)
    parts.files["LICENSE"] = licence_text(LICENCE, run.train).encode()
    save_bundle(target, parts.facts, parts.files)
    return target


def truncated(w: np.ndarray, mean: np.ndarray, psi: float) -> np.ndarray:
    """mean + psi (w - mean): Karras et al. (2019), arXiv:1812.04948, appendix B."""
    return (mean + psi * (w - mean)).astype(np.float32)


def _facts(run: Opened, graphs: StyleGraphs) -> dict[str, Any]:
    return {
        "name": run.name,
        "family": run.facts.family,
        "description": run.description,
        "licence": LICENCE,
        "data_licence": run.train.licence,
        "credit": f"Trained on {run.train.name}: {run.train.credit}",
        "provenance": provenance(run),
        "graphs": tuple(exported.graph for exported in graphs.all),
        **label_facts(run.train),
    }


def _spaces(parts: Parts, graphs: StyleGraphs, generator: Generator) -> dict[str, np.ndarray]:
    """Describe z, w and w+; the arrays that w's prior is made of."""
    w = graphs.map(np.random.default_rng(1).standard_normal((MEASURED, generator.latent)).astype(np.float32))
    mean, covariance = w.mean(0), np.cov(w, rowvar=False).reshape(w.shape[1], -1)
    prior = m.EmpiricalPrior(mean=_array("mean"), covariance=_array("covariance"))
    parts.facts["spaces"] = (
        m.LatentSpace(name="z", shape=(generator.latent,), prior=m.NormalPrior()),
        m.LatentSpace(name="w", shape=(generator.style,), prior=prior, center=_array("mean")),
        m.LatentSpace(
            name="w+",
            shape=(generator.num_ws, generator.style),
            prior=m.RowsPrior(rows="w"),
            resolutions=generator.resolutions,
        ),
    )
    return {"mean": mean.astype(np.float32), "covariance": covariance.astype(np.float32)}


def _stores(
    parts: Parts, graphs: StyleGraphs, generator: Generator, run: Opened, arrays: dict[str, np.ndarray]
) -> list[str]:
    """Generated pictures and directions; what they show, in words."""
    classifier = _classifier(run.train)
    held_out = _generated(graphs, generator, run.train, classifier, STORED, seed=2)
    arrays |= {"z": held_out.z, "w": held_out.w, "thumbnails": thumbnails(held_out.pictures.images)}
    named: dict[str, Any] = {"thumbnails": _array("thumbnails")}
    if held_out.pictures.labels is not None:
        arrays["labels"], named["labels"] = held_out.pictures.labels, _array("labels")
    for space in ("w", "z"):
        store = m.EncodedStore(space=space, data=run.train.name, split="generated", codes=_array(space), **named)
        parts.facts["stores"] = (*parts.facts.get("stores", ()), store)
    axes, axis_facts = pca_directions(held_out.w)
    factors, factor_facts = sefa_directions(generator, held_out.w)
    found = (
        {"w": ([], []), "z": ([], [])}
        if classifier is None
        else _attributes(graphs, generator, run, classifier, held_out)
    )
    lines, line_facts = found["w"]
    directions: dict[str, np.ndarray] = {"w": np.concatenate([*([lines] if len(lines) else []), axes, factors])}
    described = {"w": (*line_facts, *axis_facts, *factor_facts), "z": tuple(found["z"][1])}
    if len(found["z"][0]):
        directions["z"] = np.asarray(found["z"][0])
    for space in directions:
        vectors = m.Array(file=DIRECTIONS, key=space)
        store = m.DirectionsStore(space=space, vectors=vectors, directions=described[space])
        parts.facts["stores"] = (*parts.facts["stores"], store)
    parts.files[DIRECTIONS] = pack_arrays(directions)
    if classifier is None:
        return []
    accuracy = {space: np.mean([fact.quality or 0.0 for fact in found[space][1]]) for space in found}
    changes = {space: mean_changes(list(found[space][1])) for space in found}
    words = (
        f"{len(line_facts)} values of attributes, or classes, can be read off along a line, fitted on {FITTED_ON:,} "
        f"samples that a classifier named, and tried on {STORED:,} others: {accuracy['w']:.1%} right in w, "
        f"{accuracy['z']:.1%} in z (mean balanced accuracy). A step of {STEP:g} deviations along such a direction "
        f"changes what it is meant to in {changes['w'][0]:.1%} of samples in w, in {changes['z'][0]:.1%} in z"
    )
    others = changes["w"][1], changes["z"][1]
    if others[0] is None or others[1] is None:
        return [f"{words}."]
    return [
        f"{words}, and each other attribute in {others[0]:.1%} in w, in {others[1]:.1%} in z. The more that is right, "
        "and the fewer others change beside what is meant, the more disentangled a space is."
    ]


def _attributes(
    graphs: StyleGraphs, generator: Generator, run: Opened, classifier: Attributes, held_out: _Generated
) -> dict[str, tuple[np.ndarray, list[m.Direction]]]:
    """Directions towards every value of every attribute, in w and in z, from the same samples."""
    train = _generated(graphs, generator, run.train, classifier, FITTED_ON, seed=3)
    asked = questions(train.pictures, held_out.pictures)

    def draw_w(w: np.ndarray) -> np.ndarray:
        return graphs.draw(w.astype(np.float32), np.random.default_rng(4))

    def draw_z(z: np.ndarray) -> np.ndarray:
        return draw_w(graphs.map(z))

    return {
        space: with_disturbance(attribute_directions(known, tried, asked, spread_of(known)), tried, draw, classifier)
        for space, known, tried, draw in (
            ("w", train.w, held_out.w, draw_w),
            ("z", train.z, held_out.z, draw_z),
        )
    }


def _generated(
    graphs: StyleGraphs, generator: Generator, like: Pictures, classifier: Attributes | None, count: int, seed: int
) -> _Generated:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((count, generator.latent)).astype(np.float32)
    w = graphs.map(z)
    images = graphs.draw(w, rng)
    labels = None if classifier is None else classifier.classify(images)
    if labels is not None and not like.attributes:
        labels = labels[:, 0]
    return _Generated(z, w, replace(like, split="generated", images=images, labels=labels))


def _classifier(data: Pictures) -> Attributes | None:
    """What names the attributes or the class of pictures like ``data``, where one ships that knows them."""
    path = features_for(data.name)
    if path is None or data.labels is None:
        return None
    bundle = open_bundle(path)
    model, heads = Model(bundle), heads_of(bundle.manifest)

    def classify(pixels: np.ndarray) -> np.ndarray:
        pixels = fitted(pixels, model.image.height, model.image.channels)
        logits = np.concatenate([model.classify(pixels[at : at + 250])[0] for at in range(0, len(pixels), 250)])
        return np.stack([part.argmax(1) for part in np.split(logits, np.cumsum(heads)[:-1], axis=1)], 1)

    return Attributes(tuple(attribute.name for attribute in data.attributes) or ("class",), classify)


def _figures(graphs: StyleGraphs, w: np.ndarray, mean: np.ndarray, real: np.ndarray) -> dict[str, bytes]:
    rng = np.random.default_rng(5)
    shown = graphs.draw(w, rng)
    over_psi = np.concatenate([truncated(w[:3], mean, psi)[:, None] for psi in PSIS], axis=1)
    styles = np.repeat(w[:, None], graphs.num_ws, axis=1)
    rows, columns = styles[:4], styles[4 : 3 + GRID]
    coarse = 4  # two layers of each of 4 and 8 px, the first of which serves both to-RGB and convolution
    cells = [np.concatenate([row[:coarse], column[coarse:]]) for row in rows for column in columns]
    blank = np.full_like(shown[:1], 255)
    drawn = graphs.draw(np.stack(cells)).reshape(len(rows), len(columns), *shown.shape[1:])
    mixing = [np.concatenate([blank, shown[4 : 3 + GRID]])]
    mixing += [np.concatenate([shown[i : i + 1], drawn[i]]) for i in range(len(rows))]
    real = real[: 2 * GRID]
    restored = graphs.draw(graphs.encode(real))
    pairs = [part for at in (0, GRID) for part in (real[at : at + GRID], restored[at : at + GRID])]
    return {
        "samples.png": _sheet(shown),
        "truncation.png": _sheet(graphs.draw(over_psi.reshape(-1, w.shape[1]))),
        "mixing.png": _sheet(np.concatenate(mixing)),
        "reconstructions.png": _sheet(np.concatenate(pairs)),
    }


def _sheet(pictures: np.ndarray) -> bytes:
    return png(grid(np.stack([enlarged(picture, FIGURE_PX) for picture in pictures]), GRID))


def _paragraphs(run: Opened, generator: Generator) -> list[str]:
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    config = run.facts.config
    return [
        f"z of {generator.latent} numbers is mapped to w of {generator.style}, which styles {generator.num_ws} layers "
        f"from 4 to {generator.synthesis.sides[-1]} px; {parameters / 1e6:.2f} million parameters. Noise is an input "
        "of every layer, so that nothing is drawn inside.",
        f"The encoder was trained after the generator, on the last {config.encoder:.0%} of the images, from its "
        "samples and from training pictures; it answers with one style a layer. The critic judges each picture by "
        "itself: in training it also saw how much the pictures of a group differ, here it is shown what real ones "
        f"have. Pictures are {RANGE[0]:g} where black and {RANGE[1]:g} where white.",
    ]


def _array(key: str) -> m.Array:
    return m.Array(file=LATENTS, key=key)
