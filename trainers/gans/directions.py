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
EIGENVALUE = "eigenvalue of the style weights"
HELD_OUT = "balanced accuracy of the linear classifier along it, generated pictures held out"
DISTURBED = f"; others: share of {TRIED} held-out samples in which a step of {STEP:g} deviations changes them"

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


@dataclass(frozen=True)
class Attributes:
    """Names things in pictures: ``classify`` uint8 (N, H, W, C) -> value indices (N, A) of the attributes ``names``."""

    names: tuple[str, ...]
    classify: Callable[[np.ndarray], np.ndarray]


def with_disturbance(
    named: Named, codes: np.ndarray, draw: Callable[[np.ndarray], np.ndarray], attributes: Attributes
) -> Named:
    """Say of each direction towards ``attribute: value`` how often a step changes the other attributes.

    ``codes`` (N, D) were not used to find the directions; ``draw`` makes their pictures, always with the same noise.
    """
    vectors, facts = named
    codes = codes[:TRIED]
    before = attributes.classify(draw(codes))
    told = []
    for vector, fact in zip(vectors, facts, strict=True):
        after = attributes.classify(draw(codes + STEP * (fact.deviation or 1.0) * vector))
        changed = (after != before).mean(0)
        own = fact.name.split(": ")[0]
        others = tuple(
            Reference(name=name, value=float(share))
            for name, share in zip(attributes.names, changed, strict=True)
            if name != own
        )
        told.append(fact.model_copy(update={"disturbs": others, "quality_metric": HELD_OUT + DISTURBED}))
    return vectors, told


def mean_disturbance(facts: list[Direction]) -> float:
    """Over all directions and all other attributes."""
    shares = [reference.value for fact in facts for reference in fact.disturbs]
    return float(np.mean(shares)) if shares else 0.0
