"""Where am I: how far out among the data's codes, which picture of the data is nearest, and what its neighbours are."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, ManifestInvalid
from explorer.contract.pixels import Pixels
from explorer.control.map import KEY
from explorer.control.stage import Picture, Stage
from explorer.latent.neighbours import DataCloud, Neighbours, data_cloud, label_shares
from explorer.models.stores import Encoded
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

NEIGHBOURS = 25  # whose labels are counted
LIVE_S = 0.006  # a look around that takes longer waits until the hand rests
SEED = 0  # of the draws from the data's posteriors, so that the numbers are the same every time
USUAL = (0.025, 0.975)  # shares of the data between which a distance counts as usual
MIDDLE = (0.25, 0.75)  # shares between which it is called ordinary


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is known of the data of one model; computed once."""

    encoded: Encoded
    neighbours: Neighbours
    cloud: DataCloud | None  # None where all codes are the same


@dataclass(frozen=True)
class Spread:
    """A Mahalanobis distance to the data's mean beside the data's own, all in standard deviations."""

    distance: float
    usual: tuple[float, float]  # between which 95 of 100 pictures of the data lie
    share_nearer: float  # of the data, in [0, 1]

    @property
    def sentence(self) -> str:
        """``farther out than 97 % of the data``."""
        share = self.share_nearer
        if share >= 1:
            return "farther out than all of the data"
        if share <= 0:
            return "nearer to the middle than all of the data"
        if share > MIDDLE[1]:
            return f"farther out than {_percent(share)} of the data"
        if share < MIDDLE[0]:
            return f"nearer to the middle than {_percent(1 - share)} of the data"
        return "as far out as most of the data"


@dataclass(frozen=True, eq=False)
class Whereabouts:
    """The surroundings of one picture; ``shares`` are (value, share of the neighbours), the largest first."""

    picture: Pixels
    spread: Spread | None
    row: int  # of the nearest picture of the data
    thumbnail: Pixels | None
    label: str
    gap: float  # distance to it, in latent units
    split: str
    neighbours: int
    column: str
    shares: tuple[tuple[str, float], ...]

    @property
    def sentence(self) -> str:
        """``nearest test picture 0.83 away``."""
        return f"nearest {self.split} picture {self.gap:.2f} away"


class WhereaboutsView(Protocol):
    """What the controller needs of a panel."""

    def show_whereabouts(self, found: Whereabouts | None) -> None: ...


class WhereaboutsController:
    """Looks around at the point in view: live while the map is open and that is quick, else when the hand rests."""

    def __init__(
        self, explore: Explore, stage: Stage, lane: Lane, view: WhereaboutsView, told: Callable[[], None]
    ) -> None:
        """``told`` is called when ``newest`` has changed."""
        self._explore, self._stage, self._lane, self._view, self._told = explore, stage, lane, view, told
        self.newest: Whereabouts | None = None
        self._known: Surroundings | None = None
        self._took_s = 0.0
        self._shown: tuple[Picture, int | None] | None = None
        stage.events.encoded.connect(self._change_data)
        stage.events.picture.connect(self._live)
        explore.events.map.connect(self.rest)

    def rest(self) -> None:
        """The hand is still: look around, unless that was done here."""
        picture, encoded = self._stage.picture, self._stage.encoded
        if picture is None or encoded is None or picture.model is not self._stage.model:
            return
        column = encoded.column(self._explore.map.column)
        if (picture, column) == self._shown:
            return
        self._shown = picture, column
        known = self._known if self._known is not None and self._known.encoded is encoded else None
        self._lane.submit(partial(_look_around, encoded, known, picture, column), self._show, self._fail)

    def _live(self) -> None:
        if self._explore.instrument == KEY and self._took_s <= LIVE_S and self._lane.idle:
            self.rest()

    def _change_data(self) -> None:
        self._lane.cancel()
        self._known = self._shown = self.newest = None
        self._took_s = 0.0
        self._view.show_whereabouts(None)
        self._told()
        self.rest()

    def _show(self, found: tuple[Surroundings, Whereabouts, float]) -> None:
        known, whereabouts, self._took_s = found
        if known.encoded is self._stage.encoded:
            self._known, self.newest = known, whereabouts
            self._view.show_whereabouts(whereabouts)
            self._told()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error


def _look_around(
    encoded: Encoded, known: Surroundings | None, picture: Picture, column: int | None, _job: Job
) -> tuple[Surroundings, Whereabouts, float]:
    """In the worker; the third number is how long it took, in seconds, what is done once not counted."""
    around = known or surroundings(encoded)
    start = time.perf_counter()
    found = whereabouts(around, picture.code, picture.pixels, column)
    return around, found, time.perf_counter() - start


def surroundings(encoded: Encoded) -> Surroundings:
    """Prepare looking around among the codes of a data set."""
    try:
        cloud = data_cloud(encoded.codes, encoded.log_variances, np.random.default_rng(SEED))
    except ManifestInvalid:  # no spread: there is no distance in units of it
        cloud = None
    return Surroundings(encoded, Neighbours(encoded.codes), cloud)


def whereabouts(around: Surroundings, code: NDArray[np.float32], picture: Pixels, column: int | None) -> Whereabouts:
    """Look around at ``code`` (D,), of which ``picture`` (H, W, C) was decoded."""
    encoded, cloud = around.encoded, around.cloud
    found, gaps = around.neighbours.nearest(code[None], NEIGHBOURS)
    rows, nearest = found[0], int(found[0, 0])
    spread = None
    if cloud is not None:
        distance = cloud.gaussian.distance(code)
        low, high = (cloud.quantile(share) for share in USUAL)
        spread = Spread(distance, (low, high), cloud.share_nearer(distance))
    label, name = "", ""
    shares: tuple[tuple[str, float], ...] = ()
    if column is not None:
        attribute = encoded.columns[column]
        counted = label_shares(encoded.labels[rows, column], len(attribute.values))
        order: list[int] = np.argsort(-counted, kind="stable").tolist()
        shares = tuple((attribute.values[i], float(counted[i])) for i in order if counted[i] > 0)
        label, name = attribute.values[int(encoded.labels[nearest, column])], attribute.name
    thumbnail = None if encoded.thumbnails is None else encoded.thumbnails[nearest]
    return Whereabouts(
        picture, spread, nearest, thumbnail, label, float(gaps[0, 0]), encoded.split, len(rows), name, shares
    )


def _percent(share: float) -> str:
    """Rounded so that it never says 100 of what is less."""
    return f"{min(share, 0.999):.1%}" if share > 0.99 else f"{share:.0%}"
