"""Makes a bundle of a style generator from outside: two graphs, three spaces, directions, a few pictures and a card.

What only a training knows is left out: there is no critic, no encoder, no attributes and no real pictures.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
from explorer.contract.errors import short
from explorer.contract.pixels import to_pixels
from trainers.foreign.origin import UNKNOWN_LICENCE, Origin
from trainers.foreign.sheets import sheet
from trainers.foreign.stylegan2 import Found
from trainers.gans.bundle import LATENTS, MEASURED, PREVIEW_PSI, truncated
from trainers.gans.directions import sefa_directions
from trainers.gans.graphs import RANGE, generator_graphs
from trainers.kit.export import Exported, run_graph
from trainers.kit.grids import png
from trainers.kit.probes import pca_directions
from trainers.kit.stores import DIRECTIONS

TOLERANCE = 1e-3  # of pictures from -1 to 1; numbers inside reach hundreds, so that sums in another order differ more
SHOWN = 8  # samples on the card
AT_ONCE = 2  # pictures; each needs some hundred megabytes at 1024 px


def export(found: Found, origin: Origin, target: Path) -> Path:
    """Write the bundle.

    Raises:
        ParityError: a graph does not compute what the module does. CannotWrite, TooLarge: as their sentences say.
    """
    generator = found.generator
    mapping, synthesis = generator_graphs(deepcopy(generator), found.channels, TOLERANCE)
    drawn = _Drawn(mapping, synthesis, found)
    w = drawn.map(MEASURED, seed=1)
    mean = w.mean(0) if found.mean is None else found.mean.numpy()
    covariance = np.cov(w, rowvar=False).reshape(w.shape[1], -1)
    shown = drawn.map(SHOWN, seed=0)
    samples = drawn.draw(truncated(shown, mean, PREVIEW_PSI))
    origin = replace(origin, checked=(*origin.checked, *_checked(found)))
    facts = _facts(found, origin, (mapping, synthesis))
    axes, axis_facts = pca_directions(w)
    factors, factor_facts = sefa_directions(generator, w)
    vectors = m.Array(file=DIRECTIONS, key="w")
    facts["stores"] = (m.DirectionsStore(space="w", vectors=vectors, directions=(*axis_facts, *factor_facts)),)
    caption = f"{SHOWN} samples, psi {PREVIEW_PSI:g}, z of seed 0, without noise, none left out"
    files = {
        **mapping.files,
        **synthesis.files,
        LATENTS: pack_arrays({"mean": mean, "covariance": covariance.astype(np.float32)}),
        DIRECTIONS: pack_arrays({"w": np.concatenate([axes, factors])}),
        "preview.png": png(samples[0]),
        "samples.png": sheet(samples),
        "CARD.md": origin.card(facts, {"samples.png": caption}, _paragraphs(found, w, mean)).encode(),
    }
    save_bundle(target, facts, files)
    return target


@dataclass(frozen=True)
class _Drawn:
    """Codes and pictures by the exported graphs."""

    mapping: Exported
    synthesis: Exported
    found: Found

    def map(self, count: int, seed: int) -> np.ndarray:
        """w (N, D) of z from N(0, I), of every class in turn where there are classes."""
        rng = np.random.default_rng(seed)
        feeds = {"z": rng.standard_normal((count, self.found.generator.latent)).astype(np.float32)}
        if self.found.labels:
            rows = np.zeros((count, self.found.labels), np.float32)
            rows[np.arange(count), np.arange(count) % self.found.labels] = 1
            feeds["label"] = rows
        return run_graph(self.mapping.content, feeds)[0]

    def draw(self, w: np.ndarray) -> np.ndarray:
        """One w for all layers (N, D), without noise -> uint8 (N, H, W, C)."""
        generator = self.found.generator
        feeds = {"w": np.repeat(w[:, None], generator.num_ws, axis=1)}
        for layer, shape in enumerate(generator.noise_shapes):
            feeds[f"noise_{layer}"] = np.zeros((len(w), *shape), np.float32)
        image = run_graph(self.synthesis.content, feeds, AT_ONCE)[0]
        return to_pixels(image, m.ImageMeaning(channels=image.shape[1], value_range=RANGE))


def _facts(found: Found, origin: Origin, graphs: tuple[Exported, ...]) -> dict[str, Any]:
    generator = found.generator
    mean = m.Array(file=LATENTS, key="mean")
    prior = m.EmpiricalPrior(mean=mean, covariance=m.Array(file=LATENTS, key="covariance"))
    side = generator.synthesis.sides[-1]
    files = ", ".join(origin.files)
    return {
        "name": origin.name,
        "family": "stylegan",
        "description": short(f"A style generator of {side} px, imported from {files}.", 400),
        "licence": UNKNOWN_LICENCE,
        "provenance": origin.provenance,
        "graphs": tuple(exported.graph for exported in graphs),
        "spaces": (
            m.LatentSpace(name="z", shape=(generator.latent,), prior=m.NormalPrior()),
            m.LatentSpace(name="w", shape=(generator.style,), prior=prior, center=mean),
            m.LatentSpace(
                name="w+",
                shape=(generator.num_ws, generator.style),
                prior=m.RowsPrior(rows="w"),
                resolutions=generator.resolutions,
            ),
        ),
        "classes": tuple(f"class {index}" for index in range(found.labels)),
    }


def _checked(found: Found) -> tuple[str, ...]:
    return (
        "The file was read as data: none of the code inside was run.",
        f"All {found.tensors} tensors have the names and shapes of the published layers, none is missing or left over; "
        "each number is finite.",
        f"Graphs and PyTorch agree to {TOLERANCE:g} at two batch sizes.",
    )


def _paragraphs(found: Found, w: np.ndarray, mean: np.ndarray) -> list[str]:
    generator = found.generator
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    clamp = "" if found.clamp is None else f" Layers are clamped at {found.clamp:g}, as published for half precision."
    apart = np.linalg.norm(w.mean(0) - mean) / np.sqrt(w.var(0).sum())
    centre = (
        f"The centre of truncation is the mean of {len(w):,} samples of w; the file has none."
        if found.mean is None
        else f"The centre of truncation is the average w that was kept in training (w_avg); the mean of {len(w):,} "
        f"samples is {apart:.2g} deviations from it."
    )
    return [
        f"z of {generator.latent} numbers is mapped to w of {generator.style}, which styles {generator.num_ws} layers "
        f"from 4 to {generator.synthesis.sides[-1]} px; {parameters / 1e6:.2f} million parameters. Noise is an input "
        f"of every layer, so that nothing is drawn inside.{clamp}",
        centre,
    ]
