"""Maps: a latent space in two dimensions; its own when there are two, else its principal plane, or t-SNE."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy import ndarray

from explorer.contract.errors import ExplorerError
from explorer.frozen import is_frozen
from explorer.latent.directions import principal_axes
from explorer.latent.neighbours import Neighbours
from explorer.latent.shapes import Bool, Float32

PERPLEXITY = 30  # about how many neighbours a point attends to; van der Maaten and Hinton (2008) suggest 5 to 50
EXAGGERATION = 12.0  # of attraction at the beginning, so that clusters form before they settle
EARLY, LATE = 250, 500  # iterations with and without exaggeration, as openTSNE has them
ITERATIONS_A_STEP = 5
_STARTED = "the program that this brings, since this one takes no packages" if is_frozen() else "Latent Explorer again"
ROWS_A_STEP = 256  # of the neighbour search
SEARCH_SHARE = 0.1  # of the progress told; the rest goes to the iterations
START_DEVIATION = 1e-4  # of the first layout, whose shape then is all that matters; Kobak and Berens (2019)


class MapsMissing(ExplorerError):
    """The optional package for t-SNE is not installed."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat map: place = axes (code - origin), with orthonormal ``axes`` (2, D) through ``origin`` (D,).

    ``share`` in [0, 1] is the part of the data's variance that lies in the plane.
    """

    origin: Float32[ndarray, " d"]
    axes: Float32[ndarray, "2 d"]
    share: float = 1.0

    def project(self, codes: Float32[ndarray, "n d"]) -> Float32[ndarray, "n 2"]:
        """Where codes lie on the map."""
        return (codes - self.origin) @ self.axes.T

    def lift(self, places: Float32[ndarray, "n 2"], rest: Float32[ndarray, " d"]) -> Float32[ndarray, "n d"]:
        """Codes at these places of the map; what the map does not show is taken from ``rest``."""
        offsets = places - self.project(rest[None])
        return (rest + offsets @ self.axes).astype(np.float32)


def own_plane() -> Plane:
    """The map of a space that has two dimensions: the space itself."""
    return Plane(np.zeros(2, np.float32), np.eye(2, dtype=np.float32))


def principal_plane(codes: Float32[ndarray, "n d"]) -> Plane:
    """The plane through the mean that shows most of the variance (Pearson 1901).

    Raises:
        ValueError: fewer than three codes, or fewer than two dimensions: they span no plane.
    """
    axes, deviations = principal_axes(codes)
    if len(axes) < 2:
        raise ValueError(f"{codes.shape[0]} codes of {codes.shape[1]} numbers span no plane")
    total = float(np.sum(deviations.astype(np.float64) ** 2))
    share = float(np.sum(deviations[:2].astype(np.float64) ** 2)) / total if total > 0 else 1.0
    return Plane(codes.mean(axis=0, dtype=np.float64).astype(np.float32), axes[:2], share)


def tsne(
    codes: Float32[ndarray, "n d"], start: Float32[ndarray, "n 2"], seed: int
) -> Iterator[tuple[float, Float32[ndarray, "n 2"]]]:
    """t-SNE (van der Maaten and Hinton 2008) by openTSNE (Policar et al. 2024): yields progress and places so far.

    It keeps neighbourhoods and gives up distances, so it has no inverse.

    Args:
        codes: at least four.
        start: a first layout, such as the principal plane; only its shape matters.
        seed: of what little chance there is.

    Raises:
        MapsMissing: openTSNE is not installed.
    """
    try:
        tsne: Any = import_module("openTSNE")
        affinity: Any = import_module("openTSNE.affinity")
        neighbours: Any = import_module("openTSNE.nearest_neighbors")
    except ImportError as error:
        raise MapsMissing(
            f't-SNE needs one more package: run pip install "latent-explorer[maps]" and start {_STARTED}.'
        ) from error
    perplexity = min(PERPLEXITY, (len(codes) - 1) // 3)
    rows: list[ndarray] = []
    distances: list[ndarray] = []
    search = Neighbours(codes)
    count = min(3 * perplexity, len(codes) - 1)
    for first in range(0, len(codes), ROWS_A_STEP):
        near, gaps = search.others(np.arange(first, min(first + ROWS_A_STEP, len(codes))), count)
        rows.append(near)
        distances.append(gaps)
        yield SEARCH_SHARE * first / len(codes), start
    index = neighbours.PrecomputedNeighbors(np.concatenate(rows), np.concatenate(distances).astype(np.float64))
    affinities = affinity.PerplexityBasedNN(knn_index=index, perplexity=perplexity, n_jobs=1, random_state=seed)
    deviation = max(float(start[:, 0].std()), 1e-12)
    first_layout = (start - start.mean(axis=0)) / deviation * START_DEVIATION
    embedding = tsne.TSNEEmbedding(first_layout.astype(np.float64), affinities, n_jobs=1, random_state=seed)
    for done in range(0, EARLY + LATE, ITERATIONS_A_STEP):
        early = done < EARLY
        embedding.optimize(
            ITERATIONS_A_STEP,
            exaggeration=EXAGGERATION if early else None,
            momentum=0.5 if early else 0.8,
            inplace=True,
        )
        share = (done + ITERATIONS_A_STEP) / (EARLY + LATE)
        yield SEARCH_SHARE + (1 - SEARCH_SHARE) * share, np.asarray(embedding, np.float32)


def inside(places: Float32[ndarray, "n 2"], outline: Float32[ndarray, "k 2"]) -> Bool[ndarray, " n"]:
    """Which places lie inside a closed outline, by the even-odd rule; fewer than three corners hold none."""
    found = np.zeros(len(places), bool)
    if len(outline) < 3:
        return found
    x, y = places[:, 0], places[:, 1]
    for (x1, y1), (x2, y2) in zip(outline.tolist(), np.roll(outline, -1, axis=0).tolist(), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            found ^= crosses & (x < x1 + (y - y1) * ((x2 - x1) / (y2 - y1)))
    return found
