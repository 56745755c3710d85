"""What codes know: directions that change one thing, and single dimensions that mean one thing, with held-out numbers.

Everything is fitted on codes of training pictures and scored on codes of test pictures.
"""

from dataclasses import dataclass

import numpy as np

from explorer.contract.manifest import Dimension, Direction

SHRINKAGE = 1e-3  # of the within-class covariance towards its mean variance; keeps dead dimensions from blowing up
PCA_DIRECTIONS = 16  # at most
RARE = 0.01  # values that fewer training pictures have are left out
TELLING = 0.4  # a dimension is named after what explains at least this share of its variance
ASLEEP_NATS = 0.1  # a dimension with less information is not named

EXPLAINED = "share of the variance of the codes, training split"
BALANCED_ACCURACY = "balanced accuracy of the linear classifier along it, test split"
CORRELATION_RATIO = "share of this number's variance that it explains, test split"


@dataclass(frozen=True)
class Question:
    """One thing that is true or false of every picture, such as ``hair: bun``."""

    name: str
    train: np.ndarray  # (N,) bool
    test: np.ndarray  # (M,) bool


@dataclass(frozen=True)
class Grouping:
    """One attribute of every picture: its value as an index."""

    name: str
    train: np.ndarray  # (N,) int64
    test: np.ndarray  # (M,) int64


def pca_directions(codes: np.ndarray) -> tuple[np.ndarray, list[Direction]]:
    """The principal axes of codes (N, D): unit vectors (K, D), most important first."""
    variances, axes = np.linalg.eigh(np.cov(codes, rowvar=False).reshape(codes.shape[1], -1))
    order = np.argsort(variances)[::-1][:PCA_DIRECTIONS]
    vectors = axes[:, order].T
    vectors *= np.where(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(1)] < 0, -1, 1)[:, None]
    described = [
        Direction(
            name=f"principal component {rank + 1}",
            origin="pca",
            quality=float(variances[i] / variances.sum()),
            quality_metric=EXPLAINED,
            deviation=float(np.sqrt(variances[i])),
        )
        for rank, i in enumerate(order)
    ]
    return vectors.astype(np.float32), described


def attribute_directions(
    train: np.ndarray, test: np.ndarray, questions: list[Question], spread: np.ndarray | None = None
) -> tuple[np.ndarray, list[Direction]]:
    """Directions towards a yes, for codes (N, D) and (M, D): unit vectors (K, D).

    Fisher's linear discriminant (1936): the within-class covariance, inverted, times the difference of the means.
    ``spread`` (D,) is the mean posterior variance where codes are means of posteriors. The decoder was trained on
    samples of them, in which a dimension that it does not use is nothing but noise; by the means alone such a
    dimension can seem to tell classes apart, and moving along it changes nothing in the picture.
    """
    vectors, described = [], []
    for question in questions:
        if not RARE < question.train.mean() < 1 - RARE or not 0 < question.test.mean() < 1:
            continue
        vector, threshold = discriminant(train, question.train, spread)
        said = test @ vector > threshold
        accuracy = 0.5 * ((said[question.test]).mean() + (~said[~question.test]).mean())
        vectors.append(vector)
        described.append(
            Direction(
                name=question.name,
                origin="attribute",
                quality=float(accuracy),
                quality_metric=BALANCED_ACCURACY,
                deviation=float((train @ vector).std()),
            )
        )
    return np.array(vectors, np.float32).reshape(-1, train.shape[1]), described


def discriminant(codes: np.ndarray, yes: np.ndarray, spread: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """Fisher's direction of unit length (D,) and the threshold half-way between the projected means.

    ``spread`` (D,) is variance that the codes have beyond what they show.
    """
    groups = [codes[yes].astype(np.float64), codes[~yes].astype(np.float64)]
    means = [group.mean(0) for group in groups]
    centred = np.concatenate([group - mean for group, mean in zip(groups, means, strict=True)])
    within = centred.T @ centred / len(centred) + np.diag(np.zeros(codes.shape[1]) if spread is None else spread)
    within += SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    vector = np.linalg.solve(within, means[0] - means[1])
    vector /= np.linalg.norm(vector)
    return vector, float(vector @ (means[0] + means[1]) / 2)


def named_dimensions(
    train: np.ndarray, test: np.ndarray, groupings: list[Grouping], dimensions: list[Dimension]
) -> list[Dimension]:
    """The dimensions with ``meaning`` filled in where one attribute explains most of the number.

    The share of variance explained is the correlation ratio (Pearson 1905): group means from training codes (N, D),
    errors on test codes (M, D).
    """
    named = []
    for index, dimension in enumerate(dimensions):
        scores = [
            (correlation_ratio(train[:, index], grouping.train, test[:, index], grouping.test), grouping.name)
            for grouping in groupings
        ]
        score, name = max(scores, default=(0.0, ""))
        told = dimension.active is not False and (dimension.kl_nats or 1.0) >= ASLEEP_NATS and score >= TELLING
        facts = {"meaning": name, "score": score, "score_metric": CORRELATION_RATIO} if told else {}
        named.append(dimension.model_copy(update=facts))
    return named


def correlation_ratio(train: np.ndarray, train_groups: np.ndarray, test: np.ndarray, test_groups: np.ndarray) -> float:
    """Share of the variance of ``test`` (M,) that the group means of ``train`` (N,) explain; at most 1."""
    count = 1 + max(train_groups.max(), test_groups.max())
    sizes = np.bincount(train_groups, minlength=count)
    means = np.bincount(train_groups, weights=train, minlength=count) / np.maximum(sizes, 1)
    means[sizes == 0] = train.mean()
    variance = np.square(test - train.mean()).mean()
    return float(1 - np.square(test - means[test_groups]).mean() / variance) if variance > 0 else 0.0
