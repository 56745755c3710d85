"""Classifiers: shapes, gradients, exact augmentation, attributes learned, a score over several heads."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from explorer.contract.archive import open_bundle
from trainers.classifiers.bundle import export
from trainers.classifiers.config import ClassifierConfig
from trainers.classifiers.learner import ClassifierLearner, augmented
from trainers.classifiers.network import Classifier, correct, cross_entropy
from trainers.kit.checkpoint import Standing
from trainers.kit.device import Machine, make_fabric
from trainers.kit.labels import NoLabels, values_of
from trainers.kit.loop import Batch, Material, to_batch
from trainers.kit.pictures import Attribute, Pictures
from trainers.kit.plan import Plan
from trainers.kit.provenance import Opened, RunConfig
from trainers.kit.quality_features import heads_of as heads_of_manifest
from trainers.kit.quality_features import joint_logits
from trainers.kit.quality_model import Model
from trainers.kit.randomness import Draw, Share

CPU = torch.device("cpu")


def small(size: int = 28, channels: int = 1, heads: tuple[int, ...] = (10,)) -> Classifier:
    torch.manual_seed(0)
    return Classifier(size, channels, heads, width=8, blocks=1, features=16, dropout=0.0)


def stripes(count: int, seed: int = 0) -> Pictures:
    """Noise with a bright stripe: across or along, in one of three places; two attributes."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 60, (count, 28, 28, 1), np.uint8)
    labels = np.stack([generator.integers(2, size=count), generator.integers(3, size=count)], 1)
    for image, (along, place) in zip(images, labels, strict=True):
        stripe = slice(4 + 8 * place, 8 + 8 * place)
        image[(slice(None), stripe) if along else stripe] += 180
    attributes = (Attribute("direction", ("across", "along")), Attribute("place", ("first", "middle", "last")))
    return Pictures("stripes", "train", images, labels, (), attributes, "CC0", "nobody", "made")


def learner(pictures: Pictures, **plan: int) -> ClassifierLearner:
    config = ClassifierConfig(
        width=8, features=16, mirror=False, shift=0, dropout=0.0, plan=Plan(images=6_400, batch=64, average=500, **plan)
    )
    return ClassifierLearner(config, pictures, make_fabric(Machine(accelerator="cpu", threads=1), "32-true"))


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (33, 3), (64, 3), (128, 1)])
def test_any_size_gives_logits_and_features(size: int, channels: int) -> None:
    answer = small(size, channels, (4, 3))(torch.rand(2, channels, size, size))
    assert answer.logits.shape == (2, 7) and answer.features.shape == (2, 16)


def test_every_parameter_learns() -> None:
    model = small(heads=(4, 3))
    cost = cross_entropy(model(torch.rand(4, 1, 28, 28)).logits, torch.tensor([[0, 1], [3, 2], [1, 0], [2, 2]]), (4, 3))
    cost.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
        if "first" not in name:  # behind a layer that starts at zero there is no gradient in the first step
            assert parameter.grad.abs().sum() > 0, name


def test_cross_entropy_is_the_mean_of_the_heads() -> None:
    logits, labels = torch.randn(5, 7), torch.tensor([[0, 1], [3, 2], [1, 0], [2, 2], [0, 0]])
    wanted = (F.cross_entropy(logits[:, :4], labels[:, 0]) + F.cross_entropy(logits[:, 4:], labels[:, 1])) / 2
    assert torch.allclose(cross_entropy(logits, labels, (4, 3)), wanted)
    single = torch.tensor([6, 0, 1, 2, 3])
    assert torch.allclose(cross_entropy(logits, single, (7,)), F.cross_entropy(logits, single))


def test_correct_counts_each_head() -> None:
    logits = torch.tensor([[9.0, 0, 0, 5, 1], [0, 9, 0, 1, 5]])
    assert correct(logits, torch.tensor([[0, 0], [1, 0]]), (3, 2)).tolist() == [[True, True], [True, False]]


def test_a_small_classifier_learns_both_attributes() -> None:
    train, test = stripes(600), stripes(200, seed=1)
    taught = learner(train)
    for step in range(60):
        rows = np.random.default_rng(step).integers(600, size=64)
        batch = to_batch(Material(train.images, train.labels).rows(rows), CPU)
        for group in taught.optimizers["adamw"].param_groups:
            group["lr"] = 3e-3
        taught.update(batch, Draw(0, step, Share(), CPU), 64 * step)
        taught.averages["classifier"].follow(taught.modules["classifier"], 64 * (step + 1), 64)
    numbers = taught.evaluate(Material(test.images, test.labels))
    assert numbers["error"] < 0.02 and numbers["cross-entropy"] < 0.2
    assert taught.samples() is None and taught.reconstructions(test.images) is None


def test_pictures_without_labels_are_refused() -> None:
    bare = Pictures("folder", "train", np.zeros((4, 28, 28, 1), np.uint8), None, (), (), "", "", "")
    with pytest.raises(NoLabels, match="folder has no labels"):
        values_of(bare)
    with pytest.raises(NoLabels):
        learner(stripes(10)).update(Batch(torch.rand(2, 1, 28, 28), None), Draw(0, 0, Share(), CPU), 0)


def test_pictures_are_moved_whole_and_mirrored() -> None:
    picture = torch.zeros(64, 1, 28, 28)
    picture[:, :, 10:12, 5:9] = 1.0
    moved = augmented(picture, Draw(0, 0, Share(), CPU), mirror=True, shift=2)
    assert moved.shape == picture.shape and torch.equal(moved.sum((1, 2, 3)), picture.sum((1, 2, 3)))
    tops = {int(p[0].sum(1).nonzero().min()) for p in moved}
    lefts = {int(p[0].sum(0).nonzero().min()) for p in moved}
    assert tops == {8, 9, 10, 11, 12} and lefts == {3, 4, 5, 6, 7, 17, 18, 19, 20, 21}
    again = augmented(picture, Draw(0, 0, Share(), CPU), mirror=True, shift=2)
    assert torch.equal(moved, again)
    assert torch.equal(augmented(picture, Draw(0, 0, Share(), CPU), mirror=False, shift=0), picture)


def test_joint_logits_give_the_geometric_mean_of_the_scores() -> None:
    logits = 3 * torch.randn(400, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def score(values: torch.Tensor) -> torch.Tensor:
        p = values.softmax(1)
        return (p * (p.log() - p.mean(0).log())).sum(1).mean().exp()

    heads = score(logits[:, :4]) * score(logits[:, 4:])
    assert torch.allclose(score(joint_logits(logits, (4, 3))), heads.sqrt())
    assert torch.allclose(score(joint_logits(logits, (7,))), score(logits))


def test_the_bundle_says_what_the_module_says(tmp_path: Path) -> None:
    pictures = stripes(60)
    taught = learner(pictures)
    facts = RunConfig("classifier", taught.config, Machine(), recipe="stripes-features")
    run = Opened("stripes-features", "Stripes.", facts, taught, Standing(images=64), pictures, pictures, "1 x CPU")
    export(run, tmp_path / "bundle", whole=True)
    bundle = open_bundle(tmp_path / "bundle")
    assert not bundle.verify() and bundle.manifest.name == "stripes-features"
    assert [attribute.name for attribute in bundle.manifest.attributes] == ["direction", "place"]
    assert heads_of_manifest(bundle.manifest) == (2, 3) and "2 heads" in bundle.read("CARD.md").decode()
    logits, features = Model(bundle).classify(pictures.images)
    with torch.no_grad():
        answer = taught.averaged(to_batch(Material(pictures.images), CPU).pictures)
    assert np.abs(logits - answer.logits.numpy()).max() < 1e-4 and features.shape == (60, 16)
