"""How a style GAN learns: critic and generator in turn, and then, of the finished generator, an encoder."""

import math
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.gans.augment import Augment
from trainers.gans.config import StyleGanConfig
from trainers.gans.critic import Critic
from trainers.gans.encoder import Encoder
from trainers.gans.generator import Generator
from trainers.kit.alone import Adam, Engine
from trainers.kit.ema import Averaged
from trainers.kit.labels import values_of
from trainers.kit.likeness import Likeness
from trainers.kit.loop import Batch, Material, Numbers, to_floats, to_pixels
from trainers.kit.pictures import Pictures
from trainers.kit.randomness import Draw, Share

MOMENT = 0.99  # Adam's second beta, the first is 0
ENCODER_BETAS = (0.9, 0.99)
SAMPLES = 64
JUDGED = 2_000  # samples that are compared with held-out pictures at every milestone
BATCH = 100  # pictures at a time where nothing is learned
W_AVERAGE = 0.998  # of the mean w that is kept at a step
ENCODER_RATE = 8.0  # times the rate: at the end of the course, when the encoder's turn comes, it is low
ENCODER_MIX = 0.5  # share of the encoder's samples whose fine layers take the style of another z
LOOKS = 0.2, 1.0  # weights of the restored pixels of samples and of pictures, beside the error of w


class StyleGanLearner:
    """Trains a ``Generator`` against a ``Critic``, then an ``Encoder``."""

    score = "score"

    def __init__(self, config: StyleGanConfig, pictures: Pictures, fabric: Engine) -> None:
        torch.manual_seed(config.plan.seed)
        self.config, self._fabric = config, fabric
        self.size, self.channels = pictures.images.shape[1], pictures.images.shape[3]
        self._values = values_of(pictures) if config.architecture.conditional else ()
        shape = (config.architecture, self.size, self.channels)
        labels = sum(self._values)
        generator, critic, encoder = Generator(*shape, labels), Critic(*shape, labels), Encoder(*shape)
        augment = Augment(config.augment_target, config.augment_speed, mirror=config.mirror)
        self.modules: dict[str, nn.Module] = {
            "generator": generator, "critic": critic, "encoder": encoder, "augment": augment, "memory": Memory()
        }  # fmt: skip
        for module in self.modules.values():
            fabric.to_device(module.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        self._generator, self._critic, self._encoder, self._augment = generator, critic, encoder, augment
        self._memory = cast(Memory, self.modules["memory"])
        # Only what has no second derivative: R1 and path lengths take the networks themselves.
        self._synthesis, self._judge = (
            torch.compile(part) if config.plan.compiled else part for part in (generator.synthesis, critic)
        )
        # Lazy regularisation needs the rate and the moments of fewer steps: Karras et al. (2020), appendix B.
        every = config.path_every if config.path_length > 0 else math.inf
        rates = {"generator": 1 / (1 + 1 / every), "critic": 1 / (1 + 1 / config.r1_every), "encoder": ENCODER_RATE}
        self.optimizers = {
            name: Adam(
                [{"params": [*self.modules[name].parameters()], "rate_factor": rate}],
                betas=ENCODER_BETAS if name == "encoder" else (0.0, MOMENT**rate),
            )
            for name, rate in rates.items()
        }
        self.averages = {name: Averaged(self.modules[name], config.plan.average) for name in rates}
        self.settings = {"rate": config.plan.rate, "r1": config.r1}
        self._likeness = Likeness(pictures.name)

    @property
    def averaged(self) -> Generator:
        """The averaged generator, which is measured and exported."""
        return cast(Generator, self.averages["generator"].module)

    @property
    def averaged_critic(self) -> Critic:
        """The averaged critic."""
        return cast(Critic, self.averages["critic"].module)

    @property
    def averaged_encoder(self) -> Encoder:
        """The averaged encoder."""
        return cast(Encoder, self.averages["encoder"].module)

    # one step

    def update(self, batch: Batch, draw: Draw, images: int) -> dict[str, Tensor]:
        """One step of critic and generator, or of the encoder once its time has come."""
        turn = round(self.config.plan.images * (1 - self.config.encoder))
        numbers = self._encode(batch, draw) if images >= turn else self._compete(batch, draw, images)
        return {name: number.detach().float() for name, number in numbers.items()}

    def _compete(self, batch: Batch, draw: Draw, images: int) -> dict[str, Tensor]:
        """Non-saturating logistic loss, Goodfellow et al. (2014), with R1, Mescheder et al. (2018), equation 9."""
        count, step = len(batch.pictures), images // self.config.plan.batch
        real, label = 2 * batch.pictures - 1, self._one_hot(batch.labels)
        fake, ws = self._drawn(count, draw, label)
        # the critic
        real_answer = self._judged(self._changed(real, draw, "real"), label)
        fake_answer = self._judged(self._changed(fake.detach(), draw, "fake"), label)
        critic_loss = (F.softplus(-real_answer) + F.softplus(fake_answer)).mean()
        self._fabric.backward(critic_loss)
        numbers = {
            "critic loss": critic_loss, "critic on real": real_answer.mean(), "critic on samples": fake_answer.mean()
        }  # fmt: skip
        if step % self.config.r1_every == 0 and self.settings["r1"] > 0:
            penalty = self._r1(real, draw, label)
            self._fabric.backward(penalty * (self.settings["r1"] / 2 * self.config.r1_every))
            self._memory.penalty.copy_(self._mean(penalty.detach()))
        numbers["R1"] = self._memory.penalty.clone()
        self._step("critic")
        if self.config.augment == "adaptive":
            signs = self._mean(torch.sign(real_answer.detach()).mean())
            self._augment.adapt(signs, self.config.plan.batch)
            numbers |= {"critic ahead": signs, "augmentation": self._augment.p.clone()}
        # the generator
        self._critic.requires_grad_(False)
        generator_loss = F.softplus(-self._judged(self._changed(fake, draw, "generator"), label)).mean()
        self._fabric.backward(generator_loss)
        if self.config.path_length > 0 and step % self.config.path_every == 0:
            length = self._path_length(max(count // 2, 1), draw, label)
            self._fabric.backward(length * (self.config.path_length * self.config.path_every))
        self._critic.requires_grad_(True)
        self._generator.mapping.w_avg.copy_(self._mean(ws[:, 0].detach().float().mean(0)).lerp(
            self._generator.mapping.w_avg, W_AVERAGE if images else 0.0
        ))  # fmt: skip
        return numbers | {"generator loss": generator_loss, "gradient norm": self._step("generator")}

    def _encode(self, batch: Batch, draw: Draw) -> dict[str, Tensor]:
        """Squared error of w, in deviations, and of the picture drawn from what was found; pictures have no w."""
        count, generator = len(batch.pictures), self.averaged
        real = 2 * batch.pictures - 1
        with torch.no_grad(), self._fabric.autocast():
            label = self._one_hot(batch.labels)
            z, other = (draw.normal(name, count, self.config.architecture.latent) for name in ("z", "other z"))
            cut = self._cut(count, draw, ENCODER_MIX)
            ws = generator.styles(z, label, other, cut).float()
            drawn = generator.synthesis(ws, self._noises(count, draw))[0]
            spread = ws[:, 0].var(0).mean()
        self._encoder.w_avg.copy_(generator.mapping.w_avg)
        with self._fabric.autocast():
            found = self._encoder(torch.cat([drawn, real]))
            again = generator.synthesis(found, self._noises(2 * count, draw))[0]
        error = (found[:count] - ws).square().mean() / spread
        looks = (again[:count] - drawn).square().mean(), (again[count:] - real).square().mean()
        loss = error + LOOKS[0] * looks[0] / drawn.var() + LOOKS[1] * looks[1] / real.var()
        self._fabric.backward(loss)
        return {
            "encoder loss": loss, "error of w": error, "restored samples": looks[0], "restored pictures": looks[1],
            "gradient norm": self._step("encoder"),
        }  # fmt: skip

    def _drawn(self, count: int, draw: Draw, label: Tensor | None) -> tuple[Tensor, Tensor]:
        """Samples (B, C, H, W) and their styles, some of them mixed of two."""
        z, other = (draw.normal(name, count, self.config.architecture.latent) for name in ("z", "other z"))
        with self._fabric.autocast():
            ws = self._generator.styles(z, label, other, self._cut(count, draw, self.config.mixing))
            return self._synthesis(ws, self._noises(count, draw))[0], ws

    def _cut(self, count: int, draw: Draw, share: float) -> Tensor:
        """From which layer on the second style serves, (B,): none for all but ``share``."""
        chance, place = draw.uniform("mixing", count), draw.uniform("cut", count)
        layers = self._generator.num_ws
        return torch.where(chance < share, 1 + (place * (layers - 1)).long(), layers)

    def _noises(self, count: int, draw: Draw) -> list[Tensor]:
        shapes = self._generator.noise_shapes
        return [draw.normal(f"noise {index}", count, *shape) for index, shape in enumerate(shapes)]

    def _changed(self, pictures: Tensor, draw: Draw, purpose: str) -> Tensor:
        """As the critic is shown them."""
        return self._augment(pictures, draw, purpose) if self.config.augment == "adaptive" else pictures

    def _judged(self, pictures: Tensor, label: Tensor | None) -> Tensor:
        with self._fabric.autocast():
            return self._judge(pictures, label)

    def _r1(self, real: Tensor, draw: Draw, label: Tensor | None) -> Tensor:
        """Mean squared length of the critic's gradient by the picture."""
        shown = real.detach().clone().requires_grad_(True)
        with self._fabric.autocast():
            answer = self._critic(self._changed(shown, draw, "real"), label)
        (slope,) = torch.autograd.grad(answer.sum(), shown, create_graph=True)
        return slope.square().sum((1, 2, 3)).mean()

    def _path_length(self, count: int, draw: Draw, label: Tensor | None) -> Tensor:
        """Karras et al. (2020), equation 4: how far the picture moves with w, beside its running mean."""
        z = draw.normal("path z", count, self.config.architecture.latent)
        ws = self._generator.styles(z, None if label is None else label[:count]).clone()
        shapes = self._generator.noise_shapes
        noises = [draw.normal(f"path noise {index}", count, *shape) for index, shape in enumerate(shapes)]
        picture = self._generator.synthesis(ws, noises)[0]
        push = draw.normal("path picture", count, *picture.shape[1:]) / math.sqrt(picture[0, 0].numel())
        (slope,) = torch.autograd.grad((picture * push).sum(), ws, create_graph=True)
        lengths = slope.square().sum(2).mean(1).sqrt()
        mean = self._memory.path_length
        mean.copy_(mean.lerp(self._mean(lengths.detach().mean()), 0.01))
        return (lengths - mean).square().mean()

    def _step(self, name: str) -> Tensor:
        """Adam on one network, its gradients averaged over all processes; their length."""
        parameters = [p for p in self.modules[name].parameters() if p.grad is not None]
        for parameter in parameters:
            parameter.grad = self._mean(cast(Tensor, parameter.grad))
        length = torch.nn.utils.clip_grad_norm_(parameters, self.config.plan.clip or float("inf"))
        self.optimizers[name].step()
        self.optimizers[name].zero_grad(set_to_none=True)
        return length

    def _mean(self, value: Tensor) -> Tensor:
        """Over all processes."""
        return value if self._fabric.world_size == 1 else cast(Tensor, self._fabric.all_reduce(value, reduce_op="mean"))

    def _one_hot(self, labels: Tensor | None) -> Tensor | None:
        return None if not self._values or labels is None else one_hot(labels, self._values)

    # what is measured and shown

    @torch.no_grad()
    def evaluate(self, material: Material) -> Numbers:
        """How like held-out pictures samples are, and how well pictures are restored; noise is the same every time.

        The score falls with both, so that the best checkpoint has a trained encoder.
        """
        pictures = material.images[:JUDGED]
        distance = self._likeness.distance(self.draw(len(pictures), 1, material), pictures)
        restored = np.concatenate([self.restored(pictures[at : at + BATCH]) for at in range(0, 500, BATCH)])
        true, again = (x.astype(np.float32) / 255 for x in (pictures[: len(restored)], restored))
        error = float(np.square(again - true).mean())
        share = min(error / float(true.var()), 1.0)
        return {"distance of samples": distance, "squared error": error, "score": distance * (1 + share)}

    @torch.no_grad()
    def draw(self, count: int, stream: int, like: Material | None = None) -> np.ndarray:
        """Samples with psi 1 and fresh noise, uint8 (N, H, W, C); the same for the same ``stream``."""
        parts = []
        for at in range(0, count, BATCH):
            draw = Draw(self.config.plan.seed, stream * 1_000_000 + at, Share(), self._fabric.device)
            rows = min(BATCH, count - at)
            z = draw.normal("samples", rows, self.config.architecture.latent)
            label = None if like is None or like.labels is None else torch.tensor(like.labels[at : at + rows])
            with self._fabric.autocast():
                picture = self.averaged(z, self._noises(rows, draw), self._one_hot(self._labels_for(rows, label)))
            parts.append(to_pixels(picture.float() / 2 + 0.5))
        return np.concatenate(parts)

    def samples(self) -> np.ndarray:
        """Samples with the same seeds every time."""
        return self.draw(SAMPLES, 0)

    def reconstructions(self, pictures: np.ndarray) -> np.ndarray:
        """What the encoder finds, drawn again, uint8 (N, H, W, C) both."""
        return self.restored(pictures)

    @torch.no_grad()
    def restored(self, pictures: np.ndarray) -> np.ndarray:
        """See ``reconstructions``."""
        draw = Draw(self.config.plan.seed, 0, Share(), self._fabric.device)
        with self._fabric.autocast():
            ws = self.averaged_encoder(2 * to_floats(pictures, self._fabric.device) - 1)
            picture = self.averaged.synthesis(ws, self._noises(len(pictures), draw))[0]
        return to_pixels(picture.float() / 2 + 0.5)

    def _labels_for(self, rows: int, label: Tensor | None) -> Tensor | None:
        """Given labels, or, for samples alone, every value in turn."""
        if not self._values or label is not None:
            return label
        return torch.stack([torch.arange(rows) % values for values in self._values], 1)


class Memory(nn.Module):
    """Running numbers that a training needs to go on as if it had not been broken."""

    penalty: Tensor
    path_length: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("penalty", torch.zeros([]))
        self.register_buffer("path_length", torch.zeros([]))


def one_hot(labels: Tensor, values: tuple[int, ...]) -> Tensor:
    """Labels (B,) or (B, A) as rows of zeros and ones, (B, sum of values)."""
    columns = labels.reshape(len(labels), -1).unbind(1)
    parts: list[Any] = [F.one_hot(column, count) for column, count in zip(columns, values, strict=True)]
    return torch.cat(parts, 1).float()
