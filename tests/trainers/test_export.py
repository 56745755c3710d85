"""Exports: the graph computes what the module does, or there is no bundle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from explorer.contract import manifest as m
from explorer.contract.archive import open_bundle
from tests.trainers import toys
from trainers.autoencoders import bundle
from trainers.kit.checkpoint import Standing
from trainers.kit.device import Machine
from trainers.kit.export import Exported, ParityError, export_graph, prove, run_graph
from trainers.kit.pictures import Attribute
from trainers.kit.probes import attribute_directions, correlation_ratio, discriminant, pca_directions
from trainers.kit.provenance import Opened, RunConfig
from trainers.kit.stores import groupings, questions, thumbnails

pytestmark = pytest.mark.torch
Z = m.Port(name="z", shape=(None, 3), meaning=m.LatentMeaning(space="z"))
OUT = m.Port(name="out", shape=(None, 3), meaning=m.NumberMeaning(of="anything"))


class Noisy(nn.Module):
    """Draws random numbers inside the graph, which nobody can check."""

    def forward(self, z: Tensor) -> Tensor:
        return z + torch.randn_like(z)


def test_a_graph_proves_itself_and_keeps_its_batch_free() -> None:
    torch.manual_seed(0)
    exported = export_graph(nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Linear(8, 3)), "decoder", (Z,), (OUT,))
    model = onnx.load_from_string(exported.content)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    (answer,) = run_graph(exported.content, {"z": np.zeros((7, 3), np.float32)}, batch=3)
    assert answer.shape == (7, 3)


def test_new_weights_go_into_the_graph_that_was_written_before(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    first, second = (nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Linear(8, 3)) for _ in range(2))
    export_graph(first, "decoder", (Z,), (OUT,))

    def written_anew(*_: object) -> bytes:
        raise AssertionError("the graph was known")

    monkeypatch.setattr("trainers.kit.export._to_onnx", written_anew)
    content = export_graph(second, "decoder", (Z,), (OUT,)).content
    assert prove(content, second, (Z,), (OUT,)) < 1e-5
    with pytest.raises(ParityError):
        prove(content, first, (Z,), (OUT,))


def test_a_graph_names_no_file_of_this_machine() -> None:
    exported = export_graph(nn.Linear(3, 3), "decoder", (Z,), (OUT,))
    assert b".py" not in exported.content


def test_randomness_inside_a_graph_is_refused() -> None:
    with pytest.raises(ParityError, match="out: the graph is off by"):
        export_graph(Noisy(), "decoder", (Z,), (OUT,))


def test_another_module_s_graph_is_refused() -> None:
    torch.manual_seed(0)
    one, other = nn.Linear(3, 3), nn.Linear(3, 3)
    content = export_graph(one, "decoder", (Z,), (OUT,)).content
    assert prove(content, one, (Z,), (OUT,)) < 1e-5
    with pytest.raises(ParityError, match="allowed is 1e-04"):
        prove(content, other, (Z,), (OUT,))


def test_exporting_leaves_the_module_as_it_is() -> None:
    module = nn.Linear(3, 3).train()
    export_graph(module, "decoder", (Z,), (OUT,))
    assert module.training


def opened(family: str, config: object) -> Opened:
    """An untrained run."""
    return Opened(
        name="discs",
        description="Discs.",
        facts=RunConfig(family, config, Machine()),
        learner=toys.learner(config),
        standing=Standing(images=96, wall_time_s=1.5),
        train=toys.pictures(48),
        held_out=toys.pictures(16),
        device="CPU",
    )


@pytest.fixture
def discs_for_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "test_split", lambda *_: toys.pictures(40, split="test"))


@pytest.mark.usefixtures("discs_for_tests")
def test_a_vae_s_bundle_is_whole_and_true(tmp_path: Path) -> None:
    run = opened("vae", toys.variational())
    made = open_bundle(bundle.export(run, tmp_path / "discs", whole=True))
    assert made.verify() == []
    manifest = made.manifest
    assert manifest.spaces[0].prior.kind == "normal"
    assert all(dimension.kl_nats is not None for dimension in manifest.spaces[0].dimensions)
    assert manifest.provenance.images_seen == 96
    assert manifest.provenance.config["likelihood"]["kind"] == "gaussian"
    encoded, directions = manifest.stores
    assert made.array(encoded.codes).shape == (40, 3)
    assert made.array(encoded.log_variances).shape == (40, 3)
    vectors = made.array(directions.vectors)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert [d.origin for d in directions.directions] == ["pca"] * 3 + ["attribute"] * 2

    encoder = Exported(manifest.graph("encoder"), made.read("encoder.onnx"))
    codes, _ = bundle.encode(encoder, toys.pictures(40, split="test").images)
    np.testing.assert_array_equal(made.array(encoded.codes), codes)
    decoder = Exported(manifest.graph("decoder"), made.read("decoder.onnx"))
    np.testing.assert_array_equal(
        bundle.decode(decoder, codes[:4]),
        run.learner.reconstructions(toys.pictures(40, split="test").images[:4]),
    )
    card = made.read("CARD.md").decode()
    assert "<!-- measured -->" in card
    assert "samples.png" in card


@pytest.mark.usefixtures("discs_for_tests")
def test_a_plain_autoencoder_s_prior_is_that_of_its_codes(tmp_path: Path) -> None:
    run = opened("ae", toys.plain())
    made = open_bundle(bundle.export(run, tmp_path / "discs.zip", whole=True))
    prior = made.manifest.spaces[0].prior
    encoder = made.manifest.graph("encoder")
    codes, nothing = bundle.encode(Exported(encoder, made.read(encoder.file)), run.train.images)
    assert nothing is None
    assert prior.kind == "empirical"
    np.testing.assert_allclose(made.array(prior.mean), codes.mean(0), rtol=1e-5)
    np.testing.assert_allclose(made.array(prior.covariance), np.cov(codes, rowvar=False), rtol=1e-4)


def test_a_snapshot_holds_what_is_needed_to_step_in(tmp_path: Path) -> None:
    made = open_bundle(bundle.export(opened("vae", toys.variational()), tmp_path / "snap", whole=False))
    assert {entry.path for entry in made.manifest.files} == {"decoder.onnx", "encoder.onnx", "preview.png", "LICENSE"}


def test_principal_axes_come_in_order_and_explain_everything() -> None:
    codes = np.random.default_rng(0).normal(size=(4_000, 3)) * [1.0, 3.0, 0.1]
    vectors, directions = pca_directions(codes)
    np.testing.assert_allclose(np.abs(vectors[0]), [0, 1, 0], atol=0.05)
    assert sum(d.quality for d in directions) == pytest.approx(1)
    assert directions[0].deviation == pytest.approx(3, rel=0.05)


def test_a_direction_finds_what_was_put_in() -> None:
    generator = np.random.default_rng(0)
    yes = generator.random(4_000) < 0.3
    codes = generator.normal(size=(4_000, 4)) + np.outer(yes, [0, 4, 0, 0])
    vector, _ = discriminant(codes, yes)
    np.testing.assert_allclose(vector, [0, 1, 0, 0], atol=0.1)
    noise = generator.normal(size=(4_000, 4))
    for known, quality in ((codes, 0.977), (noise, 0.5)):
        _, (told,) = attribute_directions(known[:2_000], known[2_000:], _asked(yes))
        assert told.quality == pytest.approx(quality, abs=0.03)


def test_a_direction_leaves_out_what_the_decoder_does_not_use() -> None:
    """A dead dimension's posterior mean hardly moves, yet may follow a class; its posterior is as wide as the prior."""
    generator = np.random.default_rng(0)
    yes = generator.random(4_000) < 0.5
    live = generator.normal(size=4_000) + 2 * yes
    dead = 0.01 * generator.normal(size=4_000) + 0.02 * yes
    codes = np.stack([live, dead], 1)
    naive, _ = discriminant(codes, yes)
    vector, _ = discriminant(codes, yes, np.array([0.05, 0.95]))
    assert abs(naive[1]) > 0.7
    np.testing.assert_allclose(vector, [1, 0], atol=0.05)


def _asked(yes: np.ndarray) -> list:
    pictures = replace(toys.pictures(2), classes=("yes",))
    train = replace(pictures, labels=np.where(yes[:2_000], 0, 1))
    return questions(train, replace(pictures, labels=np.where(yes[2_000:], 0, 1)))


def test_a_number_that_follows_an_attribute_is_explained_by_it() -> None:
    generator = np.random.default_rng(0)
    groups = generator.integers(0, 4, 2_000)
    told = groups + 0.5 * generator.normal(size=2_000)  # variance 1.25 between the groups, 0.25 within
    assert correlation_ratio(told[:1_000], groups[:1_000], told[1_000:], groups[1_000:]) == pytest.approx(
        1.25 / 1.5, abs=0.02
    )
    noise = generator.normal(size=2_000)
    assert correlation_ratio(noise[:1_000], groups[:1_000], noise[1_000:], groups[1_000:]) < 0.02


def test_attributes_are_asked_value_by_value_and_grouped_as_a_whole() -> None:
    hair = Attribute("hair", ("bun", "spiky"))
    known = replace(toys.pictures(4), attributes=(hair,), classes=(), labels=np.array([[0], [1], [1], [0]]))
    assert [question.name for question in questions(known, known)] == ["hair: bun", "hair: spiky"]
    assert [grouping.name for grouping in groupings(known, known)] == ["hair"]
    assert questions(replace(known, labels=None), replace(known, labels=None)) == []


def test_thumbnails_are_small_and_never_enlarged() -> None:
    assert thumbnails(toys.discs(2, size=64, channels=3)).shape == (2, 32, 32, 3)
    assert thumbnails(toys.discs(2)).shape == (2, 28, 28, 1)


def test_the_stated_scale_is_that_of_the_errors() -> None:
    run = opened("vae", toys.variational(architecture=replace(toys.SMALL, scale=0.3)))
    error = run.learner.measure(run.held_out.images).squared_error.mean()
    stated = bundle._likelihood(run, run.learner.averaged)
    assert stated["scale"] ** 2 == pytest.approx(float(error))
    learned = opened("vae", toys.variational())
    assert bundle._likelihood(learned, learned.learner.averaged)["scale"] == pytest.approx(0.3)


def test_the_preview_is_the_best_of_the_class_that_the_name_leads_to() -> None:
    known = replace(toys.pictures(20), labels=np.arange(20) % 2)
    restored = known.images.copy()
    restored[:, :8] //= 2  # all are worse than
    restored[6] = known.images[6]  # the best of the even ones and
    restored[9] = known.images[9]  # of the odd ones
    shown = {bundle.clearest(known, restored, name).tobytes() for name in "abcdefgh"}
    assert shown == {restored[6].tobytes(), restored[9].tobytes()}
