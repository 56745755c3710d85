"""``python -m tests.benchmarks.bench_directions``: how long it takes until a pick has moved the direction."""

import time

import numpy as np

from explorer.latent.directions import cosines, fit_direction, orthogonalised, principal_axes
from tests.benchmarks.rows import Row, at_most, print_table

PICKS, NUMBERS = 100, 512
FIT_MS = 50.0
REPETITIONS = 50


def rows(repetitions: int = REPETITIONS) -> list[Row]:
    """Fit 100 picks of 512 numbers with its cross-validation, beside one singular value decomposition of the same."""
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((PICKS, NUMBERS)).astype(np.float32)
    more, units = codes[:, :4].sum(axis=1) > 0, np.ones(NUMBERS, np.float32)
    others = np.ascontiguousarray(codes[:50])
    bare = _median_ms(lambda: np.linalg.svd(codes.astype(np.float64), full_matrices=False), repetitions)
    fit = _median_ms(lambda: fit_direction(codes, more, units), repetitions)
    angles = _median_ms(lambda: cosines(codes[0], others), repetitions)
    right = _median_ms(lambda: orthogonalised(codes[99], others), repetitions)
    axes = _median_ms(lambda: principal_axes(codes), repetitions)
    what = f"{PICKS} picks of {NUMBERS} numbers"
    return [
        at_most(f"own direction with its accuracy, {what}", fit, FIT_MS, "ms", f"one decomposition {bare:.2f} ms"),
        Row("cosines to 50 directions", f"{angles:,.3f} ms"),
        Row("at a right angle to 50 directions", f"{right:,.2f} ms"),
        Row(f"principal axes of {PICKS} codes", f"{axes:,.2f} ms"),
    ]


def _median_ms(call, repetitions: int) -> float:
    times = []
    for _ in range(repetitions + 1):  # the first does not count
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1_000)
    return float(np.median(times[1:]))


def test_a_pick_moves_the_direction_within_50_ms():
    found = rows(20)
    print_table(found)
    assert all(row.met is not False for row in found)


if __name__ == "__main__":
    print_table(rows())
