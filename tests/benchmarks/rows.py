"""One table: what was measured, what it is compared to in the same run, the bar, and whether it is met."""

from collections.abc import Iterable
from dataclasses import dataclass

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
