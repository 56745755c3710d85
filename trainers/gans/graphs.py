"""The six graphs of a style GAN's bundle; randomness comes in through ports, never from inside."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from explorer.contract import manifest as m
from explorer.contract.pixels import to_pixels
from trainers.gans.critic import Critic, CriticEnd, with_spread
from trainers.gans.encoder import Encoder
from trainers.gans.generator import Generator
from trainers.gans.layers import fold
from trainers.kit.export import TOLERANCE, Exported, export_graph, run_graph
from trainers.kit.gradients import LossAndGradient

RANGE = (-1.0, 1.0)
CHUNK = 250  # pictures at a time, because of the noise
FEATURE_WEIGHT = 0.05  # of the critic's features in the inverter's loss, beside the pixels
FEATURE_SIDES = 32  # pixels a side of the finest features that are compared
ROWS = 2  # of the examples that graphs are traced with


@dataclass(frozen=True)
class StyleGraphs:
    """All graphs, and what draws with them."""

    mapping: Exported
    synthesis: Exported
    critic: Exported
    encoder: Exported
    inverter: Exported
    critic_gradient: Exported
    noise_shapes: tuple[tuple[int, int, int], ...]
    num_ws: int
    values: tuple[int, ...] = ()  # of each attribute that the model is asked for

    @property
    def all(self) -> tuple[Exported, ...]:
        """In the order of the manifest."""
        return self.mapping, self.synthesis, self.critic, self.encoder, self.inverter, self.critic_gradient

    @property
    def files(self) -> dict[str, bytes]:
        """What ``save_bundle`` takes."""
        return {name: content for graph in self.all for name, content in graph.files.items()}

    def map(self, z: np.ndarray) -> np.ndarray:
        """(N, Z) -> w (N, D), of every kind that can be asked for in turn: row n is always asked for the same."""
        feeds = {"z": z.astype(np.float32)}
        if self.values:
            order = np.random.default_rng(0)
            kinds = [np.eye(count, dtype=np.float32)[order.permutation(len(z)) % count] for count in self.values]
            feeds["label"] = np.concatenate(kinds, axis=1)
        return run_graph(self.mapping.content, feeds)[0]

    def draw(self, styles: np.ndarray, noise: np.random.Generator | None = None) -> np.ndarray:
        """Styles (N, L, D), or one w for all layers (N, D), with fresh noise, or none -> uint8 (N, H, W, C)."""
        if styles.ndim == 2:
            styles = np.repeat(styles[:, None], self.num_ws, axis=1)
        parts = [self._draw(styles[at : at + CHUNK], noise) for at in range(0, len(styles), CHUNK)]
        return np.concatenate(parts)

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> styles (N, L, D)."""
        values = pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255
        return run_graph(self.encoder.content, {"image": RANGE[0] + (RANGE[1] - RANGE[0]) * values})[0]

    def _draw(self, styles: np.ndarray, noise: np.random.Generator | None) -> np.ndarray:
        feeds = {"w": styles.astype(np.float32)}
        for k, shape in enumerate(self.noise_shapes):
            whole = (len(styles), *shape)
            feeds[f"noise_{k}"] = (
                np.zeros(whole, np.float32) if noise is None else noise.standard_normal(whole, dtype=np.float32)
            )
        image = run_graph(self.synthesis.content, feeds, CHUNK)[0]
        return to_pixels(image, m.ImageMeaning(channels=image.shape[1], value_range=RANGE))


class Judge(nn.Module):
    """A critic that judges each picture by itself.

    In training it also saw how much the pictures of a group differ; here it is shown ``spread``, that of real pictures,
    whatever the picture, so that its answer does not depend on what else is in the batch.
    """

    spread: Tensor

    def __init__(self, critic: Critic, spread: float) -> None:
        super().__init__()
        self.critic = critic
        self.register_buffer("spread", torch.tensor(spread))

    def forward(self, image: Tensor) -> Tensor:
        x = self.critic.features(image)[-1]
        x = torch.cat([x, self.spread.expand(x.shape[0], 1, x.shape[2], x.shape[3])], 1)
        end: CriticEnd = self.critic.b4
        return end.out(end.fc(end.conv(x).flatten(1))).mean(1, keepdim=True)


class _Synthesis(nn.Module):
    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.synthesis = generator.synthesis

    def forward(self, w: Tensor, *noises: Tensor) -> tuple[Tensor, ...]:
        image, early = self.synthesis(w, noises)
        return (image, *early)


class _Difference(nn.Module):
    """How far the picture of some styles is from a target: pixels, and what the critic sees, beside its own size."""

    def __init__(self, generator: Generator, critic: Critic) -> None:
        super().__init__()
        self.synthesis, self.critic = generator.synthesis, critic

    def forward(self, w: Tensor, target: Tensor, *noises: Tensor) -> Tensor:
        image = self.synthesis(w, noises)[0]
        loss = (image - target).square().mean((1, 2, 3))
        for ours, theirs in zip(self.critic.features(image), self.critic.features(target), strict=True):
            if ours.shape[2] <= FEATURE_SIDES:
                size = theirs.square().mean((1, 2, 3))
                loss = loss + FEATURE_WEIGHT * (ours - theirs).square().mean((1, 2, 3)) / size
        return loss


class _Score(nn.Module):
    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self.judge = judge

    def forward(self, image: Tensor) -> Tensor:
        return self.judge(image)[:, 0]


def style_graphs(
    generator: Generator, critic: Critic, encoder: Encoder, real: Tensor, channels: int, values: tuple[int, ...] = ()
) -> StyleGraphs:
    """Export everything; ``real`` (N, C, H, W) in [-1, 1] are pictures that tell how much real ones differ.

    ``values`` are how many each attribute has, where the model draws by label.

    Raises:
        ParityError: a graph does not compute what its module does.
    """
    spread = group_spread(critic, real)
    generator = deepcopy(generator)
    critic, encoder = deepcopy(critic).float().eval(), deepcopy(encoder).float().eval()
    for module in (critic, encoder):
        fold(module.requires_grad_(False))
    mapping, synthesis = generator_graphs(generator, channels)
    judge = Judge(critic, spread)
    rows, noises = _rows_port(generator), _noise_ports(generator)
    image = picture_port("image", channels, generator.synthesis.sides[-1])
    score = m.Port(name="score", shape=(None, 1), meaning=m.NumberMeaning(of="realness", unit="logit"))
    loss = m.Port(name="loss", shape=(None,), meaning=m.NumberMeaning(of="loss"))
    pull = m.Port(name="gradient", shape=rows.shape, meaning=m.NumberMeaning(of="gradient"))
    look = m.Port(name="gradient", shape=image.shape, meaning=m.NumberMeaning(of="gradient"))
    found = rows.model_copy(update={"meaning": m.LatentMeaning(space="w+", part="mean")})
    target = image.model_copy(update={"name": "target"})
    pulling, looking = LossAndGradient(_Difference(generator, critic)), LossAndGradient(_Score(judge))
    return StyleGraphs(
        mapping=mapping,
        synthesis=synthesis,
        critic=export_graph(judge, "critic", (image,), (score,)),
        encoder=export_graph(encoder, "encoder", (image,), (found,)),
        inverter=export_graph(
            pulling, "inverter", (rows, target, *noises), (loss, pull),
            graph=pulling.traced(*_examples((rows, target, *noises))),
        ),
        critic_gradient=export_graph(
            looking, "critic_gradient", (image,), (score.model_copy(update={"shape": (None,)}), look),
            graph=looking.traced(*_examples((image,))),
        ),
        noise_shapes=generator.noise_shapes,
        num_ws=generator.num_ws,
        values=values,
    )  # fmt: skip


def generator_graphs(generator: Generator, channels: int, tolerance: float = TOLERANCE) -> tuple[Exported, Exported]:
    """Mapping and synthesis of a generator that learns no more: its weights are folded where they stand.

    ``tolerance`` is how far graph and module may differ.

    Raises:
        ParityError: a graph does not compute what its module does.
    """
    fold(generator.float().eval().requires_grad_(False))
    sides, labels = generator.synthesis.sides, generator.mapping.labels
    z = m.Port(name="z", shape=(None, generator.latent), meaning=m.LatentMeaning(space="z"))
    w = m.Port(name="w", shape=(None, generator.style), meaning=m.LatentMeaning(space="w"))
    label = () if not labels else (
        m.Port(name="label", shape=(None, labels), meaning=m.LabelMeaning(encoding="multi_hot")),
    )  # fmt: skip
    synthesis, inputs = _Synthesis(generator), (_rows_port(generator), *_noise_ports(generator))
    early = tuple(picture_port(f"rgb_{side}", channels, side) for side in sides[:-1])
    outputs = (picture_port("image", channels, sides[-1]), *early)
    return (
        export_graph(generator.mapping, "mapping", (z, *label), (w,), tolerance=tolerance),
        export_graph(synthesis, "synthesis", inputs, outputs, graph=_flat(synthesis, inputs), tolerance=tolerance),
    )


def group_spread(critic: Critic, real: Tensor) -> float:
    """The mean standard deviation within groups of real pictures, as the critic was shown it in training."""
    with torch.no_grad():
        return float(with_spread(critic.features(real)[-1], 4)[:, -1].mean())


def _rows_port(generator: Generator) -> m.Port:
    return m.Port(
        name="w", shape=(None, generator.num_ws, generator.style), meaning=m.LatentMeaning(space="w+")
    )  # fmt: skip


def _noise_ports(generator: Generator) -> tuple[m.Port, ...]:
    return tuple(
        m.Port(name=f"noise_{k}", shape=(None, *shape), meaning=m.NoiseMeaning(layer=k))
        for k, shape in enumerate(generator.noise_shapes)
    )


def picture_port(name: str, channels: int, side: int) -> m.Port:
    """A square picture, -1 black and 1 white."""
    meaning = m.ImageMeaning(channels=channels, height=side, width=side, value_range=RANGE)  # type: ignore[arg-type]
    return m.Port(name=name, shape=(None, channels, side, side), meaning=meaning)


def _examples(ports: tuple[m.Port, ...]) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(ROWS, *(axis or 1 for axis in port.shape[1:]), generator=generator) for port in ports)


def _flat(module: nn.Module, ports: tuple[m.Port, ...]) -> nn.Module:
    """The module as a graph with one argument for each port."""
    return make_fx(module, tracing_mode="symbolic", _allow_non_fake_inputs=True)(*_examples(ports))
