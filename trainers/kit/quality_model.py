"""An exported bundle as numpy functions, run by onnxruntime: what is measured is what people get, not the trainer."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
import torch

from explorer.contract.archive import Bundle
from explorer.contract.errors import BundleError
from explorer.contract.manifest import EmpiricalPrior, Graph, ImageMeaning, LatentSpace, NormalPrior, UniformPrior
from explorer.contract.pixels import from_pixels
from trainers.kit.sampling import denoised, guided

BATCH = 250  # pictures at a time
SAMPLER_STEPS = 25  # of DPM-Solver++(2M), where pictures are drawn out of noise
JITTER = 1e-6  # makes a covariance with dead dimensions positive definite; codes are of order 1


class NotMeasurable(BundleError):
    """A bundle lacks what a measurement needs."""


@dataclass(frozen=True)
class Likelihood:
    """p(x | z) of a pixel, as the bundle states it: kind and scale, in grey values [0, 1]."""

    kind: str  # "gaussian", "laplace" or "bernoulli"
    scale: float = 0.0

    @property
    def is_binary(self) -> bool:
        return self.kind == "bernoulli"

    @property
    def words(self) -> str:
        if self.is_binary:
            return "dynamically binarised pictures, Bernoulli likelihood"
        kind = {"gaussian": "Gaussian", "laplace": "Laplace"}[self.kind]
        return (
            f"8-bit pictures, {kind} likelihood of scale {self.scale:.4g} integrated over each grey level; with one "
            "scale for all pixels even plain black or white ground costs a bit a pixel"
        )


class Model:
    """The graphs of a bundle that decode, encode and classify. Pictures are float32 (N, C, H, W) in [0, 1] here."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}

    @property
    def encodes(self) -> bool:
        return self._bundle.manifest.graph("encoder") is not None

    @property
    def decodes(self) -> bool:
        """Whether codes become pictures: by a decoder, by a mapping and a synthesis, or by a denoiser."""
        return self._bundle.manifest.graph("decoder") is not None or self.is_styled or self.denoises

    @property
    def is_styled(self) -> bool:
        """Whether it is a style generator: z is mapped to w, which styles every layer."""
        roles = {graph.role for graph in self._bundle.manifest.graphs}
        return {"mapping", "synthesis"} <= roles

    @property
    def denoises(self) -> bool:
        """Whether it draws pictures out of noise, step by step."""
        return self._bundle.manifest.graph("denoiser") is not None

    @property
    def classifies(self) -> bool:
        return self._bundle.manifest.graph("classifier") is not None

    @property
    def image(self) -> ImageMeaning:
        """What the model's pictures are."""
        for role in ("decoder", "synthesis", "encoder", "classifier", "denoiser"):
            graph = self._bundle.manifest.graph(role)
            port = graph and (graph.output("image") or graph.input("image"))
            if port and isinstance(port.meaning, ImageMeaning):
                return port.meaning
        raise NotMeasurable(f"{self._bundle.path} neither decodes nor encodes pictures: there is nothing to measure.")

    @property
    def space(self) -> LatentSpace:
        """The latent space that is drawn from."""
        meaning = self._graph("mapping" if self.is_styled else "decoder").inputs[0].meaning
        space = self._bundle.manifest.space(getattr(meaning, "space", ""))
        if space is None:
            raise NotMeasurable(f"{self._bundle.path} does not say which latent space it decodes: export it again.")
        return space

    @property
    def likelihood(self) -> Likelihood | None:
        """What the bundle says about p(x | z); None where it has no posterior or states none."""
        stated = self._bundle.manifest.provenance.config.get("likelihood")
        graph = self._bundle.manifest.graph("encoder")
        if not stated or graph is None or graph.output("latent", "log_variance") is None:
            return None
        return Likelihood(stated["kind"], float(stated["scale"]))

    def encode(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """(N, C, H, W) in [0, 1] -> mean (N, D) and log-variance (N, D), or None where the code is a point."""
        graph = self._graph("encoder")
        mean, spread = graph.output("latent", "mean"), graph.output("latent", "log_variance")
        if mean is None:
            mean = graph.output("latent", "point")
        if mean is None:
            raise NotMeasurable(f"The encoder of {self._bundle.path} gives no latent code: export it again.")
        names = [mean.name, *([spread.name] if spread else [])]
        meaning = graph.inputs[0].meaning
        answers = self._run(graph, names, _to_port(pictures, meaning))
        return answers[0], answers[1] if spread else None

    @property
    def code_size(self) -> int:
        """How many numbers a picture is encoded in."""
        graph = self._graph("encoder")
        meaning = graph.outputs[0].meaning
        space = self._bundle.manifest.space(getattr(meaning, "space", ""))
        return int(np.prod((space or self.space).shape))

    def draw(self, count: int, generator: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """Pictures (count, C, H, W) in [0, 1] of points of the prior, with fresh noise where layers take noise.

        ``labels`` (count,) or (count, A) are asked of a denoiser that knows labels; others draw without.
        """
        if self.denoises:
            return self.denoised(count, generator, labels, 1.0)
        codes = self.prior_sample(count, generator)
        return self._styled(self._mapped(codes), generator) if self.is_styled else self.decode(codes)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """(N, D), or one style a layer (N, L, D) -> pictures (N, C, H, W) in [0, 1], clipped; without noise."""
        if self.is_styled:
            return self._styled(codes if codes.ndim == 3 else self._mapped(codes), None)
        graph = self._graph("decoder")
        port = graph.output("image")
        if port is None or not isinstance(port.meaning, ImageMeaning):
            raise NotMeasurable(f"The decoder of {self._bundle.path} gives no picture: export it again.")
        (values,) = self._run(graph, [port.name], codes.astype(np.float32, copy=False))
        return _from_port(values, port.meaning)

    def classify(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """uint8 (N, H, W, C) -> logits (N, K) and features (N, F)."""
        graph = self._graph("classifier")
        meaning = graph.inputs[0].meaning
        if not isinstance(meaning, ImageMeaning):
            raise NotMeasurable("The classifier takes no picture: export the model again.")
        logits, features = self._run(graph, ["logits", "features"], from_pixels(pixels, meaning))
        return logits, features

    def prior_sample(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Points of the bundle's prior: (count, D) float32."""
        space = self.space
        prior = space.prior
        if isinstance(prior, NormalPrior):
            return generator.standard_normal((count, *space.shape), np.float32)
        if isinstance(prior, UniformPrior):
            return generator.uniform(prior.low, prior.high, (count, *space.shape)).astype(np.float32)
        if isinstance(prior, EmpiricalPrior):
            mean, covariance = self._bundle.array(prior.mean), self._bundle.array(prior.covariance)
            root = np.linalg.cholesky(covariance.astype(np.float64) + JITTER * np.eye(len(covariance)))
            return (mean + generator.standard_normal((count, len(mean))) @ root.T).astype(np.float32)
        raise NotMeasurable(f"The prior {prior.kind!r} of {self._bundle.path} cannot be sampled by itself.")

    def denoised(
        self, count: int, generator: np.random.Generator, labels: np.ndarray | None, weight: float
    ) -> np.ndarray:
        """Pictures (count, C, H, W) in [0, 1] out of noise, guided by ``weight``; see ``sampling.denoised``."""
        graph, facts = self._graph("denoiser"), self._bundle.manifest.diffusion
        if facts is None:
            raise NotMeasurable(f"{self._bundle.path} does not state its noise schedule: export it again.")
        image, step, label = graph.input("image"), graph.input("timestep"), graph.input("label")
        if image is None or step is None or not isinstance(image.meaning, ImageMeaning):
            raise NotMeasurable(f"{self._bundle.path} takes no noisy picture and step: export it again.")
        levels, session = self._bundle.array(facts.alphas_bar), self._session(graph)
        told = None if label is None or labels is None else labels.reshape(count, -1)
        parts = []
        for first in range(0, count, BATCH):
            rows = min(BATCH, count - first)
            asked = None if told is None else told[first : first + rows]

            def ask(x: np.ndarray, at: float, asked: np.ndarray | None) -> np.ndarray:
                feeds = {image.name: x, step.name: np.full(len(x), at).astype(step.dtype)}
                if label is not None:
                    null = facts.null_label if facts.null_label is not None else 0
                    values = np.full((len(x), label.shape[1] or 1), null) if asked is None else asked
                    feeds[label.name] = values.astype(label.dtype)
                return np.asarray(session.run(None, feeds)[0])

            def predict(x: np.ndarray, at: float, asked: np.ndarray | None = asked) -> np.ndarray:
                answer = ask(x, at, asked)
                return answer if weight == 1 or asked is None else guided(answer, ask(x, at, None), weight)

            shape = (rows, *(axis or 1 for axis in image.shape[1:]))
            noise = generator.standard_normal(shape, np.float32)
            clean = denoised(noise, predict, levels.astype(np.float64), facts.parameterisation, SAMPLER_STEPS)
            parts.append(_from_port(clean.astype(np.float32), image.meaning))
        return np.concatenate(parts)

    def _mapped(self, z: np.ndarray) -> np.ndarray:
        """(N, Z) -> one style for all layers (N, L, D)."""
        (w,) = self._run(self._graph("mapping"), ["w"], z)
        layers = self._graph("synthesis").inputs[0].shape[1] or 1
        return np.repeat(w[:, None], layers, axis=1)

    def _styled(self, styles: np.ndarray, noise: np.random.Generator | None) -> np.ndarray:
        graph = self._graph("synthesis")
        port = graph.outputs[0]
        if not isinstance(port.meaning, ImageMeaning):
            raise NotMeasurable(f"The synthesis of {self._bundle.path} gives no picture: export it again.")
        session, parts = self._session(graph), []
        for first in range(0, len(styles), BATCH):
            part = styles[first : first + BATCH].astype(np.float32, copy=False)
            feeds = {graph.inputs[0].name: part}
            for entry in graph.inputs[1:]:
                shape = (len(part), *(axis or 1 for axis in entry.shape[1:]))
                drawn = noise.standard_normal(shape, np.float32) if noise else np.zeros(shape, np.float32)
                feeds[entry.name] = drawn
            parts.append(_from_port(np.asarray(session.run([port.name], feeds)[0]), port.meaning))
        return np.concatenate(parts)

    def _graph(self, role: str) -> Graph:
        graph = self._bundle.manifest.graph(role)
        if graph is None:
            raise NotMeasurable(f"{self._bundle.path} has no {role}: this cannot be measured on it.")
        return graph

    def _run(self, graph: Graph, outputs: list[str], feed: np.ndarray) -> list[np.ndarray]:
        session = self._session(graph)
        parts = [
            session.run(outputs, {graph.inputs[0].name: feed[first : first + BATCH]})
            for first in range(0, len(feed), BATCH)
        ]
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def _session(self, graph: Graph) -> onnxruntime.InferenceSession:
        if graph.role not in self._sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = torch.get_num_threads()
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            content = self._bundle.read(graph.file)
            self._sessions[graph.role] = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        return self._sessions[graph.role]


def to_floats(pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> float32 (N, C, H, W) in [0, 1]."""
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32) / np.float32(255)


def to_pixels(pictures: np.ndarray) -> np.ndarray:
    """(N, C, H, W) in [0, 1] -> uint8 (N, H, W, C), rounded."""
    return np.rint(pictures * 255).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def _to_port(pictures: np.ndarray, meaning: object) -> np.ndarray:
    if not isinstance(meaning, ImageMeaning):
        raise NotMeasurable("The encoder takes no picture: export the model again.")
    low, high = meaning.value_range
    values = pictures * np.float32(high - low) + np.float32(low)
    return values if meaning.layout == "NCHW" else np.ascontiguousarray(values.transpose(0, 2, 3, 1))


def _from_port(values: np.ndarray, meaning: ImageMeaning) -> np.ndarray:
    low, high = meaning.value_range
    pictures = values if meaning.layout == "NCHW" else values.transpose(0, 3, 1, 2)
    return ((pictures - np.float32(low)) / np.float32(high - low)).clip(0, 1)
