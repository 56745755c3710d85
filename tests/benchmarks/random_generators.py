"""Style generators with random weights, made on the spot: of the size that is trained here, or of the published one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
from tests.graphs import png_bytes

if TYPE_CHECKING:
    from trainers.gans.generator import Generator

HERE, PUBLISHED = "as trained here", "published size"
MEASURED = 500  # w's that mean and covariance are of
PARTS = {
    HERE: {"widest": 96},
    PUBLISHED: {"latent": 512, "style": 512, "width": 32_768, "widest": 512},  # Karras et al. (2020), configuration F
}


def generator_of(size: int, kind: str = HERE) -> "Generator":
    """Untrained; the same weights every time."""
    import torch  # heavy, and only needed here

    from trainers.gans.config import StyleArchitecture
    from trainers.gans.generator import Generator

    torch.manual_seed(0)
    return Generator(StyleArchitecture(**PARTS[kind]), size, 3)


def random_generator(path: Path, size: int = 64, kind: str = HERE, generator: "Generator | None" = None) -> Path:
    """A bundle with mapping and synthesis alone; the generator's weights are folded where they stand."""
    from trainers.gans.graphs import generator_graphs
    from trainers.kit.export import run_graph

    generator = generator_of(size, kind) if generator is None else generator
    numbers = generator.latent
    kept = generator_graphs(generator, 3)
    z = np.random.default_rng(1).standard_normal((MEASURED, numbers)).astype(np.float32)
    w = run_graph(kept[0].content, {"z": z})[0]
    mean, covariance = m.Array(file="latents.npz", key="mean"), m.Array(file="latents.npz", key="covariance")
    prior = m.EmpiricalPrior(mean=mean, covariance=covariance)
    facts: dict[str, Any] = {
        "name": f"random weights {size} px",
        "family": "stylegan",
        "description": "A style generator with random weights, to measure.",
        "licence": "Apache-2.0",
        "provenance": m.Provenance(producer="benchmarks"),
        "graphs": tuple(exported.graph for exported in kept),
        "spaces": (
            m.LatentSpace(name="z", shape=(numbers,), prior=m.NormalPrior()),
            m.LatentSpace(name="w", shape=(generator.style,), prior=prior, center=mean),
            m.LatentSpace(
                name="w+", shape=(generator.num_ws, generator.style), prior=m.RowsPrior(rows="w"),
                resolutions=generator.resolutions,
            ),
        ),
    }  # fmt: skip
    spread = np.cov(w, rowvar=False) + 1e-6 * np.eye(w.shape[1])
    arrays = {"mean": w.mean(0), "covariance": spread.astype(np.float32)}
    files = {
        **{name: content for exported in kept for name, content in exported.files.items()},
        "latents.npz": pack_arrays(arrays),
        "preview.png": png_bytes(np.zeros((8, 8, 3), np.uint8)),
        "CARD.md": b"# random weights\n",
        "LICENSE": b"Apache-2.0\n",
    }
    return save_bundle(path, facts, files).path
