"""What lies where: pictures from the prior beside pictures from where the data are, and what each dimension costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.sliders import DEAD_KL_NATS
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.priors import Prior
from explorer.models.capabilities import Decodes, Model, portion
from explorer.models.stores import Encoded
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

KEY = "prior"  # of the instrument
TILES = 20
BATCH = 4  # pictures decoded at once, so that the picture in view never waits long
HOTTEST = 2.0

Source = Literal["prior", "data"]
Codes = NDArray[np.float32]  # (N, D)

PLAIN_PRIOR = (
    "This autoencoder never had to fill a shape: the prior is a Gaussian laid around its codes afterwards, and where "
    "it covers a hole the picture is nothing. Compare with “Data”, and with a VAE."
)
VAE_PRIOR = (
    "Training pulled all codes together to fill the prior, so most of its samples are pictures. Compare with “Data”: "
    "what looks worse here lies in a hole that is left. And compare with a plain autoencoder."
)
PLAIN_DATA = "Codes of pictures, decoded: a plain autoencoder knows only these points, and nothing between them."
VAE_DATA = (
    "Where the codes really are: a picture of the data, and a point drawn from its posterior. If the prior were filled "
    "evenly, its samples would look as good."
)
NO_COST = "A plain autoencoder pays nothing for its code, so nothing keeps its codes together."
UNKNOWN_COST = "What each dimension costs was not measured for this model."


@dataclass(frozen=True)
class Cost:
    """What a dimension tells of a picture on average, in nats; a dead one tells nothing."""

    name: str
    nats: float
    dead: bool


class PriorView(Protocol):
    """What the controller needs of the panel."""

    def show_message(self, sentence: str) -> None: ...
    def show_source(self, source: Source, *, data: bool, tempered: bool, sentence: str) -> None: ...
    def show_temperature(self, temperature: float) -> None: ...
    def clear_tiles(self) -> None: ...
    def show_tile(self, at: int, pixels: Pixels) -> None: ...
    def show_costs(self, costs: tuple[Cost, ...], sentence: str) -> None: ...
    def show_fault(self, sentence: str) -> None: ...


class PriorController:
    """Draws a handful of codes, decodes them while the panel is in sight, and goes to the one that is clicked."""

    def __init__(
        self, explore: Explore, stage: Stage, walk: Walk, lane: Lane, view: PriorView, rng: np.random.Generator
    ) -> None:
        self._explore, self._stage, self._walk, self._lane, self._view, self._rng = (
            explore, stage, walk, lane, view, rng,
        )  # fmt: skip
        self._source: Source = "prior"
        self._temperature = 1.0
        self._middles: Codes | None = None  # (TILES, D), what the noise is added to
        self._noise: Codes | None = None
        self._asked: tuple[Model, Codes] | None = None  # what the tiles will show
        self._shown: dict[int, Codes] = {}  # what they show now, (D,) each
        self._next = 0  # the tile that has waited longest
        view.show_temperature(1.0)
        stage.events.model.connect(self.refresh)
        stage.events.encoded.connect(self.learn)
        explore.events.instrument.connect(self._decode)

    @property
    def codes(self) -> Codes | None:
        """The codes of the tiles, (TILES, D)."""
        if self._middles is None or self._noise is None:
            return None
        return (self._middles + self._temperature * self._noise).astype(np.float32)

    def refresh(self) -> None:
        """Another model is on stage: describe it and draw from it."""
        model = self._stage.model
        if model is None or model.decodes is None:
            self._middles = self._noise = None
            self._clear()
            self._view.show_message("This model has no latent space to draw from.")
            return
        self._view.show_message("")
        self._view.show_costs(*_costs(model.decodes))
        self._show_source()
        self.again()

    def learn(self) -> None:
        """The data came."""
        if self._has_data and self._stage.model is not None:
            self._show_source()
            if self._source == "data":
                self.again()

    def choose(self, source: str) -> None:
        """Draw from the prior, or from where the data are."""
        if source in get_args(Source) and source != self._source and (source == "prior" or self._has_data):
            self._source = "data" if source == "data" else "prior"
            self._show_source()
            self.again()

    def heat(self, temperature: float) -> None:
        """The same samples with their noise so many times as large: 0 to 2, 1 is what the model says."""
        if np.isfinite(temperature):
            self._temperature = min(max(temperature, 0.0), HOTTEST)
            self._view.show_temperature(self._temperature)
            self._decode()

    def again(self) -> None:
        """Other samples."""
        model, encoded = self._stage.model, self._stage.encoded
        if model is None or model.decodes is None:
            return
        if self._drawn == "data" and encoded is not None:
            self._middles, self._noise = aggregate(encoded, TILES, self._rng)
        else:
            self._middles, self._noise = around(model.decodes.prior, TILES, self._rng)
        self._decode()

    def go(self, at: int) -> None:
        """Go to what a tile shows."""
        if at in self._shown:
            self._walk.begin()
            words = "Go to a sample of the prior" if self._drawn == "prior" else "Go to a sample of the data"
            self._walk.to_code(self._shown[at], words)

    @property
    def _has_data(self) -> bool:
        return self._stage.encoded is not None and len(self._stage.encoded) > 0

    @property
    def _drawn(self) -> Source:
        """Where samples come from: the data only once they are there."""
        return "data" if self._source == "data" and self._has_data else "prior"

    @property
    def _plain(self) -> bool:
        """Whether the encoder has no posterior, as far as its data tell."""
        return self._has_data and self._stage.encoded is not None and self._stage.encoded.log_variances is None

    def _show_source(self) -> None:
        sentences = {("prior", True): PLAIN_PRIOR, ("prior", False): VAE_PRIOR, ("data", True): PLAIN_DATA}
        sentence = sentences.get((self._drawn, self._plain), VAE_DATA)
        tempered = self._drawn == "prior" or not self._plain
        self._view.show_source(self._drawn, data=self._has_data, tempered=tempered, sentence=sentence)

    def _decode(self) -> None:
        model, codes = self._stage.model, self.codes
        if self._explore.instrument != KEY or model is None or model.decodes is None or codes is None:
            return
        if self._asked is not None and self._asked[0] is model and np.array_equal(self._asked[1], codes):
            return
        if self._asked is None or self._asked[0] is not model:
            self._clear()
        self._asked = model, codes
        decodes, order = model.decodes, np.roll(np.arange(TILES), -self._next)

        def show(found: tuple[int, Pixels]) -> None:
            at, pixels = found
            self._shown[at], self._next = codes[at], (at + 1) % TILES
            self._view.show_tile(at, pixels)

        self._view.show_fault("")
        self._lane.submit(lambda job: _decode(decodes, codes, order, job), lambda _: None, self._fail, show)

    def _clear(self) -> None:
        """What the tiles show is of a model that has left."""
        self._lane.cancel()
        self._asked = None
        self._shown.clear()
        self._view.clear_tiles()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_fault(str(error))


def around(prior: Prior, count: int, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Samples of the prior as its centre and what is added to it, (count, D) each."""
    middles = np.broadcast_to(prior.center, (count, prior.size)).astype(np.float32)
    return middles, prior.sample(rng, count) - middles


def aggregate(encoded: Encoded, count: int, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Samples of the aggregate posterior: means of random pictures and what their spread adds, (count, D) each.

    The mixture of all posteriors; Hoffman and Johnson (2016), section 1.
    """
    rows = rng.choice(len(encoded), count, replace=len(encoded) < count)
    middles = encoded.codes[rows]
    if encoded.log_variances is None:
        return middles, np.zeros_like(middles)
    noise = rng.standard_normal(middles.shape, dtype=np.float32)
    return middles, np.exp(0.5 * encoded.log_variances[rows]) * noise


def _decode(decodes: Decodes, codes: Codes, order: NDArray[np.intp], job: Job) -> Iterator[None]:
    """In the worker: tells each tile and its picture as they come, those first that waited longest."""
    batch = portion(decodes, BATCH)
    for start in range(0, len(order), batch):
        here = order[start : start + batch]
        for at, pixels in zip(here.tolist(), decodes.decode(codes[here]), strict=True):
            job.report((at, pixels))
        yield


def _costs(decodes: Decodes) -> tuple[tuple[Cost, ...], str]:
    """Dimensions from the one that costs most, and what to see in them."""
    known = [(f"z{j}", fact.kl_nats, fact.active) for j, fact in enumerate(decodes.space.dimensions)]
    costs = [
        Cost(name, nats, active is False or nats < DEAD_KL_NATS) for name, nats, active in known if nats is not None
    ]
    if not costs:
        plain = any(active is not None for _, _, active in known)
        return (), NO_COST if plain else UNKNOWN_COST
    costs.sort(key=lambda cost: -cost.nats)
    total, dead = sum(cost.nats for cost in costs), sum(cost.dead for cost in costs)
    said = f"A code costs {total:.1f} nats on average: so much does it tell of its picture. "
    if dead:
        said += f"{dead} of {len(costs)} dimensions are dead: their posterior is the prior, whatever the picture."
    else:
        said += f"All {len(costs)} dimensions say something."
    return tuple(costs), said
