"""Hand to painted picture in a real window, during a storm of slider moves."""

from pathlib import Path

from tests.benchmarks.children import ask
from tests.benchmarks.rows import Row, at_most

MEDIAN_MS, LATE_MS, GAP_MS = 3.0, 16.0, 16.0  # beyond session.run alone at the median and at 99 %; of the event loop


def rows(bundle: Path, moves: int) -> list[Row]:
    """What ``latent-explorer bench`` measures, against its bars."""
    found = ask("explorer.cli", "bench", bundle, "--moves", str(moves), "--json")
    name = bundle.name
    bare, bare_late = found["bare_median"], found["bare_p99"]
    empty = found["empty_gap_max"]
    whole = found["in_order"] and found["last_painted"]
    return [
        at_most(
            f"{name}: hand to painted picture, median",
            found["hand_median"], bare + MEDIAN_MS, "ms", f"one alone {bare:.2f} ms",
        ),
        at_most(
            f"{name}: hand to painted picture, 99 %",
            found["hand_p99"], bare_late + LATE_MS, "ms", f"one alone, 99 % {bare_late:.2f} ms",
        ),
        Row(
            f"{name}: pictures of {found['moves']:,} moves",
            f"{found['painted']:,} painted, {'in order' if found['in_order'] else 'OUT OF ORDER'}, "
            f"the last one {'too' if found['last_painted'] else 'MISSING'}",
            "", "none out of order, the last painted", whole,
        ),
        at_most(
            f"{name}: longest gap of the event loop",
            found["gap_max"], max(GAP_MS, empty), "ms",
            f"an empty loop {empty:.2f} ms (99.9 %: {found['empty_gap_p999']:.2f})",
            f" (99.9 %: {found['gap_p999']:.2f}; of it computing {found['busy_max']:.2f})",
        ),
    ]  # fmt: skip
