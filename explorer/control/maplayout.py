"""Where the points of a map lie: what is computed in a worker, and the values that come of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.contract.pixels import Pixels
from explorer.latent.maps import Plane, own_plane, principal_plane, tsne
from explorer.latent.priors import Prior
from explorer.models.stores import Encoded
from explorer.tasks.latest import Job

REACH = 3.0  # prior standard deviations to each side that a map without data shows
OUTLIERS, AROUND = 0.005, 0.15  # shares of the points beyond each edge, and of the extent that is added to it
TSNE_POINTS = 20_000  # of a larger data set so many are drawn by lot: t-SNE takes minutes for more
TSNE_LEAST = 10  # points, below which there are no neighbourhoods
SEED = 0  # of the lot and of t-SNE, so that the map is the same every time

Places = NDArray[np.float32]  # (N, 2)


@dataclass(frozen=True, eq=False)
class MapPoints:
    """What is drawn: ``places`` (N, 2) of the rows ``rows`` (N,) of the data.

    ``thumbnails`` (M, H, W, C) are of all the data. ``bounds`` (2, 2) are the lowest and the highest corner to show.
    """

    places: Places
    rows: NDArray[np.int64]
    thumbnails: Pixels | None
    bounds: Places
    sentence: str  # what the map shows
    flat: bool = True  # a place can be turned back into a code


def flat_map(encoded: Encoded) -> tuple[Plane, MapPoints] | None:
    """The plane of a data set and its points there; None when the data spans none."""
    size = encoded.codes.shape[1]
    if size == 2:
        plane = own_plane()
    elif len(encoded) < 3:
        return None
    else:
        plane = principal_plane(encoded.codes)
    places = plane.project(encoded.codes)
    shown = (
        "z0 across, z1 up." if size == 2 else f"The data's two widest directions, {plane.share:.0%} of its variance."
    )
    picture = f"{len(encoded):,} {encoded.split} pictures. {shown}"
    return plane, MapPoints(places, np.arange(len(encoded)), encoded.thumbnails, _bounds(places), picture)


def empty_map(prior: Prior) -> MapPoints:
    """The map of two dimensions without data: where the prior is."""
    bounds = prior.center + np.array([[-REACH], [REACH]], np.float32) * prior.deviation
    nothing = np.zeros((0, 2), np.float32)
    sentence = "z0 across, z1 up. The model came without data, so there are no points."
    return MapPoints(nothing, np.zeros(0, np.int64), None, bounds.astype(np.float32), sentence)


def tsne_map(encoded: Encoded, plane: Plane, job: Job) -> Iterator[None]:
    """In a worker: reports (share, points so far), answers with the last points.

    Raises:
        MapsMissing: the optional package is not installed.
    """
    rows = np.arange(len(encoded))
    if len(rows) > TSNE_POINTS:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, TSNE_POINTS, replace=False))
    codes = encoded.codes[rows]
    points = None
    for share, places in tsne(codes, plane.project(codes), SEED):
        points = _layout(encoded, rows, places)
        job.report((share, points))
        yield
    return points


def _layout(encoded: Encoded, rows: NDArray[np.int64], places: Places) -> MapPoints:
    sentence = (
        f"{len(rows):,} {encoded.split} pictures by t-SNE: who is near whom is true, distances and sizes are not."
        " A click goes to the nearest picture of the data."
    )
    return MapPoints(places, rows, encoded.thumbnails, _bounds(places), sentence, flat=False)


def _bounds(places: Places) -> Places:
    """Corners around all but the farthest few, which would make the rest small; one finds them by zooming out."""
    if not len(places):
        return np.array([[-REACH, -REACH], [REACH, REACH]], np.float32)
    low, high = np.quantile(places, [OUTLIERS, 1 - OUTLIERS], axis=0)
    room = AROUND * (high - low)
    low, high = np.maximum(low - room, places.min(axis=0)), np.minimum(high + room, places.max(axis=0))
    return np.stack([low, high]).astype(np.float32)
