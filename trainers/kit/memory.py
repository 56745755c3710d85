"""What to say when the memory is not enough: the batch that fits, found by trying."""

from typing import Any

import torch

from trainers.kit.loop import Learner, Material, to_batch
from trainers.kit.plan import Plan
from trainers.kit.randomness import Draw, Share

SIGNS = ("can't allocate memory", "not enough memory", "bad_alloc", "out of memory", "could not create a memory object")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` is one of the ways in which Python and PyTorch say so."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(sign in words for sign in SIGNS))


def batch_that_fits(learner: Learner, material: Material, plan: Plan, device: torch.device, images: int = 0) -> int:
    """The first of half of the batch, a quarter, ... (a power of two) that a step can be made of; 0: not even one.

    The learner's weights are spoilt by it.
    """
    batch = 2 ** max((plan.batch - 1).bit_length() - 1, 0)
    while batch and (batch >= plan.batch or not _fits(learner, material, batch, plan, device, images)):
        batch //= 2
    return batch


def _fits(learner: Learner, material: Material, batch: int, plan: Plan, device: torch.device, images: int) -> bool:
    rows: Any = slice(batch)
    try:
        for step in range(2):  # the optimiser makes its moments in the first
            learner.update(to_batch(material.rows(rows), device), Draw(plan.seed, step, Share(), device), images)
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            return False
        raise
    return True
