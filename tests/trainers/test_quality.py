"""Quality against what is known: probabilistic PCA has an exact likelihood, a set is at distance 0 from itself."""

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.contract import manifest as m
from explorer.contract.archive import Bundle, open_bundle, pack_arrays, save_bundle
from trainers.kit import quality
from trainers.kit.pictures import Pictures
from trainers.kit.quality import evaluate
from trainers.kit.quality_card import BEGIN, END, measurement_lines
from trainers.kit.quality_config import QualityConfig
from trainers.kit.quality_features import classifier_features
from trainers.kit.quality_likelihood import bits_per_dimension, evidence_bounds, log_probability
from trainers.kit.quality_model import Likelihood, Model, NotMeasurable, to_floats, to_pixels

SIDE, LATENT = 28, 3
PIXELS = SIDE * SIDE
NOISE = 0.05  # of the linear model's pixels, grey values
CLASSES = ("dark", "light")


class LinearGaussian:
    """x = W z + 1/2 + noise: log p(x) is that of N(1/2, W W^T + s^2 I), Tipping & Bishop (1999), eq. 3 and 7."""

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        directions, _ = np.linalg.qr(generator.standard_normal((PIXELS, LATENT)))
        self.weights = (directions * [0.9, 0.7, 0.5]).T.astype(
            np.float32
        )  # (D, P), orthogonal: the posterior factorises
        self.precision = 1 + np.square(self.weights).sum(1) / NOISE**2

    def draw(self, count: int, seed: int) -> np.ndarray:
        """uint8 (N, H, W, 1), far from black and white."""
        generator = np.random.default_rng(seed)
        z = generator.standard_normal((count, LATENT))
        x = 0.5 + z @ self.weights + NOISE * generator.standard_normal((count, PIXELS))
        return np.rint(x * 255).clip(0, 255).astype(np.uint8).reshape(count, SIDE, SIDE, 1)

    def log_density(self, pixels: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats of one grey level, (N,): the density times its width of 1/255, per value."""
        covariance = self.weights.T.astype(float) @ self.weights + NOISE**2 * np.eye(PIXELS)
        x = pixels.reshape(len(pixels), -1) / 255 - 0.5
        _, log_determinant = np.linalg.slogdet(covariance)
        distance = (x @ np.linalg.inv(covariance) * x).sum(1)
        return -0.5 * (distance + log_determinant + PIXELS * math.log(2 * math.pi)) - PIXELS * math.log(255)

    def decoder(self) -> bytes:
        nodes = [
            helper.make_node("Gemm", ["z", "weights", "half"], ["flat"]),
            helper.make_node("Reshape", ["flat", "shape"], ["image"]),
        ]
        return graph(nodes, {"z": LATENT}, {"image": (1, SIDE, SIDE)}, weights=self.weights, half=half(), shape=shape())

    def encoder(self, blur: float = 1.0) -> bytes:
        """The exact posterior, its variance enlarged by ``blur``."""
        inverse = (self.weights.T / NOISE**2 / self.precision).astype(np.float32)
        spread = np.log(blur / self.precision).astype(np.float32)
        nodes = [
            helper.make_node("Flatten", ["image"], ["raw"], axis=1),
            helper.make_node("Sub", ["raw", "half"], ["centred"]),
            helper.make_node("MatMul", ["centred", "inverse"], ["mean"]),
            helper.make_node("Mul", ["mean", "nothing"], ["zeros"]),
            helper.make_node("Add", ["zeros", "spread"], ["log_variance"]),
        ]
        outputs = {"mean": LATENT, "log_variance": LATENT}
        nothing = np.zeros(1, np.float32)
        return graph(
            nodes, {"image": (1, SIDE, SIDE)}, outputs, half=half(), inverse=inverse, spread=spread, nothing=nothing
        )


def half() -> np.ndarray:
    return np.full(PIXELS, 0.5, np.float32)


def shape() -> np.ndarray:
    return np.array([-1, 1, SIDE, SIDE], np.int64)


def graph(nodes: list, inputs: dict, outputs: dict, **constants: np.ndarray) -> bytes:
    def info(name: str, axes: int | tuple[int, ...]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *np.atleast_1d(axes).tolist()])

    body = helper.make_graph(
        nodes,
        "tiny",
        [info(*item) for item in inputs.items()],
        [info(*item) for item in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString()


IMAGE = m.Port(name="image", shape=(None, 1, SIDE, SIDE), meaning=m.ImageMeaning(channels=1, height=SIDE, width=SIDE))


def code(name: str, part: str) -> m.Port:
    return m.Port(name=name, shape=(None, LATENT), meaning=m.LatentMeaning(space="z", part=part))


def autoencoder(
    folder: Path, blur: float = 1.0, *, data: str = "linear", prior: m.Prior | None = None, **files: bytes
) -> Bundle:
    """The linear model as a bundle."""
    model = LinearGaussian()
    encoder = (code("mean", "mean"), code("log_variance", "log_variance"))
    facts = {
        "name": "linear",
        "family": "vae",
        "description": "Probabilistic PCA.",
        "licence": "CC0",
        "provenance": m.Provenance(
            producer="tests", config={"data": data, "likelihood": {"kind": "gaussian", "scale": NOISE}}
        ),
        "graphs": (
            m.Graph(file="encoder.onnx", role="encoder", inputs=(IMAGE,), outputs=encoder),
            m.Graph(file="decoder.onnx", role="decoder", inputs=(code("z", "point"),), outputs=(IMAGE,)),
        ),
        "spaces": (m.LatentSpace(name="z", shape=(LATENT,), prior=prior or m.NormalPrior()),),
    }
    content = {"encoder.onnx": model.encoder(blur), "decoder.onnx": model.decoder(), "CARD.md": b"# linear\n"}
    return save_bundle(folder, facts, content | files)


def classifier(folder: Path) -> Bundle:
    """Says whether a picture is light; its features are the means of eight stripes."""
    stripes = np.kron(np.eye(8), np.ones((PIXELS // 8, 1))).astype(np.float32) * 8 / PIXELS
    nodes = [
        helper.make_node("Flatten", ["image"], ["raw"], axis=1),
        helper.make_node("MatMul", ["raw", "stripes"], ["features"]),
        helper.make_node("Gemm", ["features", "sides", "offset"], ["logits"]),
    ]
    sides = 50 * np.stack([-np.ones(8), np.ones(8)], 1).astype(np.float32)
    offset = np.array([200, -200], np.float32)
    content = graph(
        nodes, {"image": (1, SIDE, SIDE)}, {"logits": 2, "features": 8}, stripes=stripes, sides=sides, offset=offset
    )
    outputs = (
        m.Port(name="logits", shape=(None, 2), meaning=m.NumberMeaning(of="logits")),
        m.Port(name="features", shape=(None, 8), meaning=m.NumberMeaning(of="features")),
    )
    facts = {
        "name": "light-features",
        "family": "classifier",
        "description": "Dark or light.",
        "licence": "CC0",
        "provenance": m.Provenance(producer="tests", config={"data": "linear"}),
        "graphs": (m.Graph(file="classifier.onnx", role="classifier", inputs=(IMAGE,), outputs=outputs),),
        "classes": CLASSES,
    }
    return save_bundle(folder, facts, {"classifier.onnx": content})


@pytest.fixture
def linear_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data set ``linear``: draws of the linear model, labelled light or dark."""

    def load(name: str, split: str, **_: object) -> Pictures:
        images = LinearGaussian().draw(300, seed=0 if split == "train" else 1)
        labels = (images.mean((1, 2, 3)) > 127.5).astype(np.int64)
        return Pictures(name, split, images, labels, CLASSES, (), "CC0", "nobody", "made")

    monkeypatch.setattr(quality, "load", load)


def test_the_bounds_of_the_exact_posterior_are_the_exact_likelihood(tmp_path: Path) -> None:
    model, linear = Model(autoencoder(tmp_path / "linear")), LinearGaussian()
    pixels = linear.draw(10, seed=3)
    assert model.likelihood is not None
    bounds = evidence_bounds(model, model.likelihood, to_floats(pixels), np.random.default_rng(0), samples=20)
    exact = linear.log_density(pixels)
    assert np.abs(bounds.importance - exact).max() < 0.05  # of about 3,000 nats; what is left is the width of a level
    assert np.abs(bounds.elbo - exact).max() < 0.05
    closed = evidence_bounds(model, model.likelihood, to_floats(pixels), np.random.default_rng(0)).elbo
    assert abs(closed.mean() - exact.mean()) < 0.5  # one sample: the KL in closed form, the rest by chance


def test_a_blurred_posterior_costs_what_it_should(tmp_path: Path) -> None:
    """ELBO = log p - KL(q || posterior), which is known; many samples win back most of it."""
    blur = 3.0
    model, linear = Model(autoencoder(tmp_path / "blurred", blur)), LinearGaussian()
    pixels = linear.draw(10, seed=4)
    assert model.likelihood is not None
    few, many = (
        evidence_bounds(model, model.likelihood, to_floats(pixels), np.random.default_rng(0), samples=samples)
        for samples in (50, 400)
    )
    gap = LATENT * 0.5 * (blur - 1 - math.log(blur))
    exact = linear.log_density(pixels)
    assert np.all(few.importance >= few.elbo)
    assert abs((exact - many.elbo).mean() - gap) < 0.15
    assert abs((exact - many.importance).mean()) < 0.1 < (exact - many.elbo).mean()


@pytest.mark.parametrize("kind", ["gaussian", "laplace"])
@pytest.mark.parametrize("scale", [0.01, 0.1, 0.5])
def test_the_probabilities_of_all_levels_sum_to_one(kind: str, scale: float) -> None:
    levels = (np.arange(256, dtype=np.float32) / 255).reshape(256, 1, 1)
    for mean in (0.0, 0.2, 0.5003, 1.0):
        decoded = np.full((256, 1, 1), mean, np.float32)
        nats = log_probability(levels, decoded, Likelihood(kind, scale))[:, 0]
        assert np.exp(nats).sum() == pytest.approx(1, abs=1e-9) and np.isfinite(nats).all()
        assert abs((1 + int(nats[1:-1].argmax())) / 255 - mean) < 1.1 / 255  # black and white own the tails


def test_bernoulli_is_the_probability_of_the_drawn_pixels() -> None:
    x = np.array([[[1.0, 0.0, 1.0]]], np.float32)
    decoded = np.array([[[0.9, 0.2, 1.0]]], np.float32)
    assert log_probability(x, decoded, Likelihood("bernoulli"))[0, 0] == pytest.approx(math.log(0.9 * 0.8), abs=1e-5)
    assert log_probability(x, 1 - decoded, Likelihood("bernoulli"))[0, 0] > -25  # wrong for certain, yet finite


def test_bits_per_dimension_is_the_published_formula() -> None:
    assert bits_per_dimension(784 * math.log(2), 784) == pytest.approx(1)
    assert bits_per_dimension(228.7, 784) == pytest.approx(228.7 / 543.43, rel=1e-4)


def test_a_set_is_at_no_distance_from_itself_and_at_some_from_another(tmp_path: Path) -> None:
    features = classifier_features(classifier(tmp_path / "light").path)
    real = LinearGaussian().draw(300, seed=0)
    real.flags.writeable = False  # as pictures that were read from a file
    itself = features.compare(real, real, seed=0)
    assert abs(itself.frechet) < 1e-6 and itself.precision == itself.recall == 1
    more = features.compare(LinearGaussian().draw(300, seed=1), real, seed=0)
    darker = features.compare((real * 0.9).astype(np.uint8), real, seed=0)
    one = features.compare(np.repeat(real[:1], 300, 0), real, seed=0)
    assert 0 <= more.frechet < darker.frechet / 3 and abs(more.kernel) < darker.kernel
    assert one.recall < 0.05 and one.inception_score == pytest.approx(1) and itself.inception_score > 1.3


def test_distances_are_what_the_formula_says(tmp_path: Path) -> None:
    """Shifting all features by d moves the mean alone: |d|^2."""
    features = classifier_features(classifier(tmp_path / "light").path)
    real = LinearGaussian().draw(300, seed=0).clip(0, 245)
    assert features.compare(real + 10, real, seed=0).frechet == pytest.approx(8 * (10 / 255) ** 2, rel=1e-3)


def test_evaluate_writes_what_it_measured(tmp_path: Path, linear_data: None) -> None:
    light = classifier(tmp_path / "light").path
    bundle = autoencoder(tmp_path / "linear", **{"extra.bin": b"kept"})
    config = QualityConfig(samples=300, importance_samples=5, importance_pictures=20, features=light)
    measurements = evaluate(bundle.path, config=config)
    written = open_bundle(bundle.path)
    assert written.manifest.quality == measurements and not written.verify()
    assert written.read("extra.bin") == b"kept"
    found = {(x.metric, x.unit): x for x in measurements}
    error = found["mean squared error of reconstructions per value in [0, 1]", ""]
    assert error.value == pytest.approx(NOISE**2, rel=0.02)
    assert error.references[0].name == "PCA with 3 components"
    assert error.references[0].value == pytest.approx(error.value, rel=0.02)  # the linear model is PCA
    elbo = found["negative evidence lower bound (ELBO)", "bits per dimension"]
    assert elbo.samples == 300 and elbo.value < elbo.references[0].value and "Gaussian" in elbo.note
    bound = found["negative importance-weighted bound, 5 samples", "bits per dimension"]
    exact = -LinearGaussian().log_density(LinearGaussian().draw(300, seed=1)).mean()
    assert bound.value == pytest.approx(bits_per_dimension(exact, PIXELS), abs=1e-3) and "20 pictures" in bound.note
    frechet = found["Fréchet distance of samples (FID)", ""]
    assert frechet.split == "test" and "light-features" in frechet.features
    assert frechet.value < frechet.references[0].value + 5e-4  # samples lack the noise, no more
    card = written.read("CARD.md").decode()
    assert card.startswith("# linear") and card.count(BEGIN) == card.count(END) == 1
    assert all(x.metric in card for x in measurements) and len(measurement_lines(measurements)) == len(measurements)
    evaluate(bundle.path, config=config)
    again = open_bundle(bundle.path)
    assert again.read("CARD.md").decode() == card  # the same numbers, in the place of the old ones
    assert again.manifest.quality == measurements


def test_a_classifier_is_measured_too(tmp_path: Path, linear_data: None) -> None:
    (accuracy,) = evaluate(classifier(tmp_path / "light").path)
    assert accuracy.metric == "accuracy" and accuracy.better == "higher" and accuracy.value > 0.97
    assert "accurate on linear test" in classifier_features(tmp_path / "light").words


def test_samples_follow_the_prior_of_the_bundle(tmp_path: Path) -> None:
    covariance = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 0.0]], np.float32)  # one dimension is dead
    packed = pack_arrays({"mean": np.array([1, 2, 3], np.float32), "covariance": covariance})
    prior = m.EmpiricalPrior(
        mean=m.Array(file="prior.npz", key="mean"), covariance=m.Array(file="prior.npz", key="covariance")
    )
    bundle = autoencoder(tmp_path / "fitted", prior=prior, **{"prior.npz": packed})
    drawn = Model(bundle).prior_sample(50_000, np.random.default_rng(0))
    assert np.allclose(drawn.mean(0), [1, 2, 3], atol=0.03) and np.allclose(np.cov(drawn.T), covariance, atol=0.05)


def test_pictures_survive_the_way_there_and_back() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), np.uint8)
    assert np.array_equal(to_pixels(to_floats(pixels)), pixels)


def test_no_data_and_no_classifier_are_said(tmp_path: Path, linear_data: None) -> None:
    bundle = autoencoder(tmp_path / "linear", data="")
    with pytest.raises(NotMeasurable, match="--data"):
        evaluate(bundle.path)
    said: list[str] = []
    config = QualityConfig(importance_samples=2, importance_pictures=4)
    evaluate(bundle.path, "linear", config, said.append)
    assert any("No classifier knows linear" in line for line in said)
