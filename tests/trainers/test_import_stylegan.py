"""Published StyleGAN2 networks become bundles that draw what the published generator draws; others are told apart."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.contract.archive import Bundle, open_bundle
from explorer.contract.manifest import DirectionsStore
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from tests.trainers import published
from tests.trainers.published import Discriminator, Generator, written
from trainers.foreign.errors import CannotImport
from trainers.foreign.importing import import_model
from trainers.foreign.stylegan2 import generator_of
from trainers.foreign.torchfiles import read_weights
from trainers.kit.export import run_graph

pytestmark = pytest.mark.torch
repositories = published.repositories

COUNT = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.foreign.stylegan2_bundle.MEASURED", 300)
    torch.manual_seed(0)


def refusal(path: Path) -> str:
    with pytest.raises(CannotImport) as caught:
        import_model(path, path.with_name("bundle"))
    assert not path.with_name("bundle").exists()
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def drawn(bundle: Bundle, z: np.ndarray, label: np.ndarray | None, noises: list[np.ndarray]) -> np.ndarray:
    """Pictures by the graphs of a bundle."""
    feeds = {"z": z} if label is None else {"z": z, "label": label}
    (w,) = run_graph(bundle.read("mapping.onnx"), feeds)
    synthesis = bundle.manifest.graph("synthesis")
    assert synthesis is not None
    (rows,) = (port for port in synthesis.inputs if port.name == "w")
    given = {f"noise_{k}": noise for k, noise in enumerate(noises)}
    return run_graph(bundle.read("synthesis.onnx"), {"w": np.repeat(w[:, None], rows.shape[1] or 1, 1), **given})[0]


def compared(bundle: Bundle, generator: Generator) -> None:
    """Pictures of the bundle's graphs against those of the published generator: the same z, label and noise."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((COUNT, generator.z_dim)).astype(np.float32)
    label = np.eye(generator.c_dim, dtype=np.float32)[[1, 0, 1]] if generator.c_dim else None
    noises = [rng.standard_normal((COUNT, 1, side, side)).astype(np.float32) for side in sides(generator)]
    with torch.no_grad():
        w = generator.mapping(torch.from_numpy(z), None if label is None else torch.from_numpy(label))
        wanted = generator.synthesis(w, [torch.from_numpy(noise) for noise in noises]).numpy()
    got = drawn(bundle, z, label, noises)
    assert got.shape == (COUNT, generator.img_channels, generator.img_resolution, generator.img_resolution)
    assert wanted.std() > 0.5  # there is something to compare
    np.testing.assert_allclose(got, wanted, atol=1e-3, rtol=0)


def sides(generator: Generator) -> list[int]:
    """Pixels a side of the noise of each layer."""
    return [4, *(side for side in generator.synthesis.block_resolutions[1:] for _ in range(2))]


def test_a_network_with_labels_draws_what_the_published_one_draws_and_opens(tmp_path: Path, repositories: Path) -> None:
    generator = Generator(size=32, c_dim=2, rate=0.02, layers=3)
    path = written({"G": Generator(), "D": Discriminator(), "G_ema": generator}, tmp_path / "my net.pkl")
    bundle = open_bundle(import_model(path, tmp_path / "bundle.zip"))
    assert bundle.verify() == [] and not repositories.exists()
    compared(bundle, generator)

    space = bundle.manifest.space("w")
    assert space is not None and space.center is not None
    np.testing.assert_array_equal(bundle.array(space.center), generator.mapping.w_avg.numpy())
    assert bundle.manifest.classes == ("class 0", "class 1")
    assert bundle.manifest.name == "my net" and bundle.manifest.licence.startswith("unknown")
    (sha256,) = bundle.manifest.provenance.config["imported"].values()
    card = bundle.read("CARD.md").decode()
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sha256 in card and "my net.pkl" in card and "none of the code inside was run" in card
    (store,) = bundle.manifest.stores
    assert isinstance(store, DirectionsStore)
    assert {direction.origin for direction in store.directions} == {"pca", "sefa"}

    model = load_model(bundle.path, Runtime("cpu", threads=1))
    assert model.decodes is not None
    code = np.random.default_rng(0).standard_normal((1, *model.decodes.space.shape)).astype(np.float32)
    picture = model.decodes.decode(code)
    assert picture.shape == (1, 32, 32, 3) and picture.std() > 0


@pytest.mark.slow
def test_a_clamped_network_without_labels_draws_what_the_published_one_draws(
    tmp_path: Path, repositories: Path
) -> None:
    generator = Generator(size=64, clamp=1.5, base=256, most=12, channels=1)
    del generator.mapping._buffers["w_avg"]
    bundle = open_bundle(import_model(written({"G_ema": generator}, tmp_path / "net.pkl"), tmp_path / "bundle"))
    compared(bundle, generator)
    card = bundle.read("CARD.md").decode()
    assert "the file has none" in card and "clamped at 1.5" in card

    noises = [torch.zeros(1, 1, side, side) for side in sides(generator)]
    w = torch.randn(1, 12)
    with torch.no_grad():
        clamped = generator.synthesis(w, noises)
        for module in generator.synthesis.modules():
            if hasattr(module, "conv_clamp"):
                module.conv_clamp = None
        assert (generator.synthesis(w, noises) - clamped).abs().max() > 0.1  # that limit was reached


def test_a_network_that_was_built_without_noise_has_none(tmp_path: Path, repositories: Path) -> None:
    generator = Generator()
    for side in generator.synthesis.block_resolutions:
        for layer in getattr(generator.synthesis, f"b{side}").children():
            if layer._buffers.pop("noise_const", None) is not None:
                del layer._parameters["noise_strength"]
    found = generator_of(read_weights(written({"G": generator}, tmp_path / "net.pkl")), "net.pkl")
    w = torch.randn(2, found.generator.num_ws, 12)
    loud, quiet = ([torch.full((1, *shape), value) for shape in found.generator.noise_shapes] for value in (1.0, 0.0))
    assert torch.equal(found.generator.synthesis(w, loud)[0], found.generator.synthesis(w, quiet)[0])


class SynthesisInput(published.Persistent):
    """What a StyleGAN3 synthesis begins with."""


def changed(how: str) -> Generator:
    """A generator that is not as published."""
    generator = Generator()
    layer = generator.synthesis.b16.conv1
    if how == "activation":
        layer.activation = "relu"
    elif how == "filter":
        generator.synthesis.b16.conv0.resample_filter = torch.ones(4, 4) / 16
    elif how == "resnet":
        generator.synthesis.b32.architecture = "resnet"
    elif how == "shape":
        layer.weight = torch.nn.Parameter(torch.zeros(7, 8, 3, 3))
    elif how == "missing":
        del layer._parameters["bias"]
    elif how == "more":
        layer.register_buffer("extra", torch.zeros(1))
    elif how == "nan":
        layer.bias = torch.nn.Parameter(torch.full((8,), torch.nan))
    elif how == "gain":
        layer.affine.weight_gain = 1.0
    elif how == "clamp":
        layer.conv_clamp = 256
    elif how == "size":
        generator.img_resolution = 48
    elif how == "latent":
        generator.z_dim = 10**12
    elif how == "labels":
        generator.c_dim = 5
    elif how == "third":
        generator.synthesis.input = SynthesisInput()
    return generator


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("activation", "has activation 'relu' in a layer"),
        ("filter", r"another filter than [1, 3, 3, 1]"),
        ("resnet", "has architecture 'resnet' in a layer"),
        ("shape", "[7, 8, 3, 3] numbers as synthesis.b16.conv1.weight where [8, 8, 3, 3] belong"),
        ("missing", "lacks synthesis.b16.conv1.bias"),
        ("more", "has synthesis.b16.conv1.extra besides"),
        ("nan", "synthesis.b16.conv1.bias is not finite"),
        ("gain", "scales its weights in another way"),
        ("clamp", "clamps some layers and others not"),
        ("size", "draws pictures of 48 px"),
        ("latent", "says 1000000000000 of its z_dim"),
        ("labels", "lacks mapping.embed.weight"),
        ("third", "a generator of StyleGAN3 (configuration T or R)"),
    ],
)
def test_what_is_built_in_another_way_is_refused_by_name(
    how: str, sentence: str, tmp_path: Path, repositories: Path
) -> None:
    assert sentence in refusal(written({"G_ema": changed(how)}, tmp_path / "net.pkl"))


def test_a_discriminator_alone_is_refused(tmp_path: Path, repositories: Path) -> None:
    assert "a discriminator alone" in refusal(written({"D": Discriminator()}, tmp_path / "net.pkl"))
