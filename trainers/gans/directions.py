"""Directions of a style GAN: what its weights say (SeFa), what labels say, and what else a step along them changes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from explorer.contract.manifest import Direction, Reference
from trainers.gans.generator import Generator

SEFA = 5  # directions of each group of layers
GROUPS = {"coarse": (4, 8), "middle": (16, 32), "fine": (64, 1024)}  # pixels, Karras et al. (2019), section 3.1
STEP = 2.0  # deviations along a direction, whose effects on the attributes are counted
TRIED = 200  # samples that are moved
SPREAD = 1.0  # of the codes' mean variance, added to that within the classes where a discriminant is fitted
EIGENVALUE = "eigenvalue of the style weights"
HELD_OUT = "balanced accuracy of the linear classifier along it, generated pictures held out"
DISTURBED = f"; changed: share of {TRIED} held-out samples in which a step of {STEP:g} deviations changes it"

Named = tuple[np.ndarray, list[Direction]]  # unit vectors (K, D), and what they are


def style_weights(generator: Generator, rows: range) -> np.ndarray:
    """The weights (C, D) with which the layers of these rows of w scale their channels, one below the other."""
    parts, at = [], 0
    with torch.no_grad():
        for block in generator.synthesis.blocks:
            layers = [] if block.first else [block.conv0]
            for layer in (*layers, block.conv1):
                if at in rows:
                    parts.append(
                        layer.affine.weight.detach().cpu().double().numpy() / np.sqrt(layer.affine.weight.shape[1])
                    )
                at += 1
            if at in rows:  # a to-RGB layer shares its style with the next layer
                weight = block.torgb.affine.weight
                parts.append(weight.detach().cpu().double().numpy() / np.sqrt(weight.shape[1]))
    return np.concatenate(parts)


def sefa(weights: np.ndarray, count: int = SEFA) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions (K, D) that change the styles most, and the eigenvalues (K,) of A'A: largest first.

    Shen and Zhou (2021), arXiv:2007.06600, equation 5.
    """
    values, vectors = np.linalg.eigh(weights.T @ weights)
    order = np.argsort(values)[::-1][:count]
    found = vectors[:, order].T
    signs = np.where(found[np.arange(len(found)), np.abs(found).argmax(1)] < 0, -1, 1)
    return (found * signs[:, None]).astype(np.float32), values[order]


def sefa_directions(generator: Generator, w: np.ndarray) -> Named:
    """Those of the coarse, middle and fine layers; ``w`` (N, D) are samples, for the deviation along each."""
    vectors, facts = [], []
    for name, (low, high) in GROUPS.items():
        rows = [row for row, side in enumerate(generator.resolutions) if low <= side <= high]
        if not rows:
            continue
        found, values = sefa(style_weights(generator, range(rows[0], rows[-1] + 1)))
        vectors.append(found)
        facts += [
            Direction(
                name=f"SeFa {rank + 1}, {name} layers",
                origin="sefa",
                quality=float(value),
                quality_metric=EIGENVALUE,
                deviation=float((w @ vector).std()),
                layers=(rows[0], rows[-1]),
            )
            for rank, (vector, value) in enumerate(zip(found, values, strict=True))
        ]
    return np.concatenate(vectors), facts


def spread_of(codes: np.ndarray) -> np.ndarray:
    """(D,) variance that ``attribute_directions`` is to add, for codes (N, D).

    Some numbers of w hardly vary. A discriminant that may rely on them tells classes apart along a direction in which
    a step changes nothing: of 200 pictures of clothes, 2 deviations along it changed 17, with the spread 115, at the
    same accuracy.
    """
    return np.full(codes.shape[1], SPREAD * codes.var(axis=0).mean())


@dataclass(frozen=True)
class Attributes:
    """Names things in pictures: ``classify`` uint8 (N, H, W, C) -> value indices (N, A) of the attributes ``names``."""

    names: tuple[str, ...]
    classify: Callable[[np.ndarray], np.ndarray]


def with_disturbance(
    named: Named, codes: np.ndarray, draw: Callable[[np.ndarray], np.ndarray], attributes: Attributes
) -> Named:
    """Say of each direction towards ``attribute: value`` how often a step changes each attribute, its own among them.

    ``codes`` (N, D) were not used to find the directions; ``draw`` makes their pictures, always with the same noise.
    """
    vectors, facts = named
    codes = codes[:TRIED]
    before = attributes.classify(draw(codes))
    told = []
    for vector, fact in zip(vectors, facts, strict=True):
        after = attributes.classify(draw(codes + STEP * (fact.deviation or 1.0) * vector))
        changed = (after != before).mean(0)
        shares = tuple(
            Reference(name=name, value=float(share)) for name, share in zip(attributes.names, changed, strict=True)
        )
        told.append(fact.model_copy(update={"disturbs": shares, "quality_metric": HELD_OUT + DISTURBED}))
    return vectors, told


def mean_changes(facts: list[Direction]) -> tuple[float, float | None]:
    """How often a step changes what it is meant to, and what it is not, over all directions; None: there is no other.

    A direction is named after its attribute and its value, or after its class alone where that is all there is.
    """
    own: list[float] = []
    others: list[float] = []
    for fact in facts:
        for reference in fact.disturbs:
            (own if reference.name in (fact.name.split(": ")[0], "class") else others).append(reference.value)
    return float(np.mean(own)) if own else 0.0, float(np.mean(others)) if others else None
