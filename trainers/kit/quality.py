"""Measures an exported bundle on the test split and writes the numbers, with what they mean, into its manifest.

Everything is computed by onnxruntime from the files people get. Each number carries its metric's full name, its
features, its split and count, and the floors it must be read against, computed here on the same pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.contract.archive import Bundle, facts_of, open_bundle, save_bundle
from explorer.contract.manifest import Measurement, Reference
from trainers.kit import quality_floors as floors
from trainers.kit.data import Pictures, load
from trainers.kit.pictures import fitted
from trainers.kit.quality_card import CARD, with_measurements
from trainers.kit.quality_config import QualityConfig
from trainers.kit.quality_features import Distances, Features, classifier_features, heads_of, inception_features
from trainers.kit.quality_likelihood import binarised, bits_per_dimension, evidence_bounds
from trainers.kit.quality_model import BATCH, Likelihood, Model, NotMeasurable, to_floats, to_pixels
from trainers.kit.shipped import features_for

REAL = "real training pictures"
RECOGNISED = 2_000  # samples that are asked for by label
ASKED_WEIGHT = 2.0  # of their guidance
DEFAULTS = QualityConfig()

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Task:
    """One evaluation: the model, and both splits in the size and depth of its pictures."""

    model: Model
    train: Pictures
    test: Pictures
    config: QualityConfig
    say: Say

    def generator(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.config.seed, purpose])

    def measured(self, metric: str, value: float, **facts: object) -> Measurement:
        """A measurement on the whole test split, unless ``facts`` say otherwise."""
        where = {"data": self.test.name, "split": self.test.split, "samples": len(self.test)}
        return Measurement(metric=metric, value=value, **{**where, **facts})


def evaluate(
    path: Path, data: str = "", config: QualityConfig = DEFAULTS, say: Say = lambda _: None
) -> tuple[Measurement, ...]:
    """Measure the bundle at ``path`` on ``data``, by default what it was trained on, and rewrite it with the numbers.

    Raises:
        NotMeasurable: the bundle holds nothing that can be measured, or does not say what it was trained on.
        Errors of the archive and of ``trainers.kit.data``, as their sentences say.
    """
    bundle = open_bundle(path)
    data = data or str(bundle.manifest.provenance.config.get("data", ""))
    if not data:
        raise NotMeasurable(f"{path} does not say what it was trained on: name the data with --data.")
    measurements = tuple(measure(bundle, data, config, say))
    write(bundle, measurements)
    return measurements


def measure(bundle: Bundle, data: str, config: QualityConfig, say: Say) -> list[Measurement]:
    """All numbers that the bundle's graphs allow."""
    model = Model(bundle)
    image = model.image
    train, test = (load(data, split, size=image.height, channels=image.channels) for split in ("train", "test"))
    task = _Task(model, train, test, config, say)
    measurements = []
    if model.classifies:
        say("Measuring how often the classifier is right.")
        measurements += _accuracy(task, heads_of(bundle.manifest))
    if model.decodes and model.encodes:
        say("Measuring reconstructions and what a linear code of the same size restores.")
        measurements += _reconstruction(task)
        if model.likelihood is not None:
            say("Measuring bounds on the likelihood.")
            measurements += _likelihood(task, model.likelihood)
    if model.denoises and test.labels is not None and (path := config.features or features_for(data)) is not None:
        say(f"Measuring how many of {min(config.samples, RECOGNISED):,} guided samples are what was asked for.")
        measurements += _recognised(task, path)
    if model.decodes:
        for features in _features(task):
            say(f"Comparing {config.samples:,} samples with test pictures in the features of {features.words}.")
            measurements += _samples(task, features)
    if not measurements:
        raise NotMeasurable(f"{bundle.path} neither decodes nor classifies pictures: there is nothing to measure.")
    return measurements


def write(bundle: Bundle, measurements: tuple[Measurement, ...]) -> None:
    """Put ``measurements`` into the manifest and the card; those on other data stay."""
    names = {m.data for m in measurements}
    kept = tuple(m for m in bundle.manifest.quality if m.data not in names)
    files = {entry.path: bundle.source(entry.path) for entry in bundle.manifest.files}
    card = bundle.read(CARD).decode("utf-8") if CARD in files else ""
    files[CARD] = with_measurements(card, kept + measurements).encode("utf-8")
    save_bundle(bundle.path, facts_of(bundle.manifest) | {"quality": kept + measurements}, files)


def _accuracy(task: _Task, heads: tuple[int, ...]) -> list[Measurement]:
    if task.test.labels is None:
        raise NotMeasurable(f"{task.test.name} has no labels: a classifier cannot be measured on it.")
    logits, _ = task.model.classify(task.test.images)
    labels = task.test.labels.reshape(len(logits), -1)
    parts = np.split(logits, np.cumsum(heads)[:-1], axis=1)
    right = np.stack([part.argmax(1) for part in parts], 1) == labels
    many = len(heads) > 1
    each = ", ".join(
        f"{attribute.name} {share:.2%}" for attribute, share in zip(task.test.attributes, right.mean(0), strict=False)
    )
    name = f"accuracy, mean over {len(heads)} attributes" if many else "accuracy"
    return [task.measured(name, float(right.mean()), better="higher", note=each if many else "")]


def _reconstruction(task: _Task) -> list[Measurement]:
    """Squared error of pictures decoded from the mean of their code."""
    total = 0.0
    for pixels in _blocks(task.test.images):
        pictures = to_floats(pixels)
        mean, _ = task.model.encode(pictures)
        total += float(np.square(task.model.decode(mean) - pictures).sum(dtype=np.float64))
    size = task.model.code_size
    components = floors.principal_components(task.train.images, size, task.config.seed)
    references = (
        Reference(name=f"PCA with {size} components", value=components.squared_error(task.test.images, clipped=False)),
        Reference(name="the same, clipped to [0, 1]", value=components.squared_error(task.test.images, clipped=True)),
    )
    value = total / task.test.images.size
    return [task.measured("mean squared error of reconstructions per value in [0, 1]", value, references=references)]


def _likelihood(task: _Task, likelihood: Likelihood) -> list[Measurement]:
    generator = task.generator(1)
    pictures = to_floats(task.test.images)
    if likelihood.is_binary:
        pictures = binarised(pictures, generator)
    elbo = evidence_bounds(task.model, likelihood, pictures, generator).elbo
    found = [("negative evidence lower bound (ELBO)", -float(elbo.mean()), likelihood.words)]
    samples = task.config.importance_samples
    if samples > 1:
        few = pictures[: task.config.importance_pictures]
        tell = _told(task.say)
        bounds = evidence_bounds(task.model, likelihood, few, generator, samples=samples, progress=tell)
        gain = float((bounds.importance - bounds.elbo).mean())
        how = f"its gain over the ELBO, {gain:.4g} nats, is the mean of {len(few):,} pictures; {likelihood.words}"
        found.append((f"negative importance-weighted bound, {samples:,} samples", -float(elbo.mean()) - gain, how))
    known = _likelihood_floors(task, likelihood)
    measurements = []
    for name, nats, note in found:
        if likelihood.is_binary:
            measurements.append(task.measured(name, nats, unit="nats per picture", references=known, note=note))
        bits = tuple(Reference(name=r.name, value=bits_per_dimension(r.value, pictures[0].size)) for r in known)
        value = bits_per_dimension(nats, pictures[0].size)
        measurements.append(task.measured(name, value, unit="bits per dimension", references=bits, note=note))
    return measurements


def _likelihood_floors(task: _Task, likelihood: Likelihood) -> tuple[Reference, ...]:
    """What independent pixels reach, in nats per picture, and for drawn pixels what nothing can pass."""
    train, test = task.train.images, task.test.images
    if not likelihood.is_binary:
        return (Reference(name="independent pixels", value=floors.independent_levels_nats(train, test)),)
    return (
        Reference(name="independent pixels", value=floors.independent_binary_nats(train, test)),
        Reference(name="entropy of the binarisation, the least possible", value=floors.binarisation_nats(test)),
    )


def _recognised(task: _Task, path: Path) -> list[Measurement]:
    """The share of guided samples that a classifier names as they were asked for, beside that of test pictures."""
    assert task.test.labels is not None
    bundle = open_bundle(path)
    classifier, heads = Model(bundle), heads_of(bundle.manifest)
    count = min(task.config.samples, RECOGNISED, len(task.test))
    labels = task.test.labels[:count].reshape(count, -1)
    image = classifier.image

    def right(pixels: np.ndarray) -> float:
        known = fitted(pixels, image.height, image.channels)
        logits = np.concatenate([classifier.classify(part)[0] for part in _blocks(known)])
        parts = np.split(logits, np.cumsum(heads)[:-1], axis=1)
        return float((np.stack([part.argmax(1) for part in parts], 1) == labels).mean())

    drawn = to_pixels(task.model.denoised(count, task.generator(3), labels, ASKED_WEIGHT))
    real = Reference(name="test pictures", value=right(task.test.images[:count]))
    name = f"share of guided pictures recognised as what was asked for, weight {ASKED_WEIGHT:g}"
    facts = {"samples": count, "better": "higher", "features": f"the answers of {bundle.manifest.name}"}
    return [task.measured(name, right(drawn), references=(real,), **facts)]


def _features(task: _Task) -> list[Features]:
    """The networks to compare pictures in."""
    path = task.config.features or features_for(task.test.name)
    found = [classifier_features(path)] if path is not None else []
    if task.config.inception is not None:
        found.append(inception_features(task.config.inception))
    if not found:
        task.say(
            f"No classifier knows {task.test.name}: name one with --features to compare samples with real pictures."
        )
    return found


def _samples(task: _Task, features: Features) -> list[Measurement]:
    """Samples of the prior, and reconstructions, beside real pictures of the training split."""
    model, test, seed = task.model, task.test.images, task.config.seed
    generator, left, parts = task.generator(2), task.config.samples, []
    labels = task.test.labels
    while left > 0:
        count = min(left, 4 * BATCH)
        first = (task.config.samples - left) % len(test)  # labels as often as in the test split
        asked = None if labels is None else np.resize(np.roll(labels, -first, axis=0), (count, *labels.shape[1:]))
        parts.append(to_pixels(model.draw(count, generator, asked)))
        left -= count
    drawn = features.compare(np.concatenate(parts), test, seed)
    real = features.compare(task.train.images[: len(test)], test, seed)
    measurements = list(_distances(task, features, drawn, real))
    if model.encodes:
        restored = [to_pixels(model.decode(model.encode(to_floats(part))[0])) for part in _blocks(test)]
        distance = features.compare(np.concatenate(restored), test, seed).frechet
        known = (Reference(name=REAL, value=real.frechet),)
        name = "Fréchet distance of reconstructions (FID)"
        measurements.append(task.measured(name, distance, features=features.words, references=known))
    return measurements


def _distances(task: _Task, features: Features, drawn: Distances, real: Distances) -> list[Measurement]:
    table = (
        ("Fréchet distance of samples (FID)", "lower", drawn.frechet, real.frechet),
        ("kernel distance of samples (KID)", "lower", drawn.kernel, real.kernel),
        ("inception score of samples", "higher", drawn.inception_score, real.inception_score),
        ("precision of samples, 3 nearest neighbours", "higher", drawn.precision, real.precision),
        ("recall of samples, 3 nearest neighbours", "higher", drawn.recall, real.recall),
    )
    facts = {"samples": task.config.samples, "features": features.words}
    return [
        task.measured(name, value, better=better, references=(Reference(name=REAL, value=floor),), **facts)
        for name, better, value, floor in table
    ]


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[first : first + 4 * BATCH] for first in range(0, len(rows), 4 * BATCH)]


def _told(say: Say) -> Callable[[int, int], None]:
    """Says every tenth of a long measurement."""
    tenths: set[int] = set()

    def tell(done: int, total: int) -> None:
        tenth = 10 * done // total
        if tenth not in tenths:
            tenths.add(tenth)
            say(f"{done:,} of {total:,} pictures.")

    return tell
