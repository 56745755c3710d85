"""One table: what was measured, what it is compared to in the same run, the bar, and whether it is met."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

HEADINGS = ("what", "measured", "compared to, in the same run", "bar", "met")


@dataclass(frozen=True)
class Row:
    """One line of the table; ``met`` is None where no bar was set."""

    what: str
    measured: str
    compared_to: str = ""
    bar: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return self.what, self.measured, self.compared_to, self.bar, met


def at_most(what: str, value: float, bar: float, unit: str, compared_to: str = "", more: str = "") -> Row:
    """A row whose number must not exceed ``bar``."""
    return Row(what, f"{value:,.2f} {unit}{more}", compared_to, f"at most {bar:,.2f} {unit}", value <= bar)


def print_table(rows: Iterable[Row]) -> None:
    """Print the rows as one table of Markdown, columns aligned."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for number, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def in_turn(repetitions: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Median milliseconds of each; they take turns, so that all see the same machine. The first turn does not count."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repetitions + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:
                times[name].append((time.perf_counter() - start) * 1_000)
    return {name: float(np.median(found)) for name, found in times.items()}
