"""Measured numbers in words: for the command line, and for the model card in a bundle."""

import re

from explorer.contract.manifest import Measurement

CARD = "CARD.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
HEADING = "## Measured"


def measurement_lines(measurements: tuple[Measurement, ...]) -> list[str]:
    """One line for each number, with everything needed to read it."""
    lines = []
    for m in measurements:
        features = f"; features: {m.features}" if m.features else ""
        known = "".join(f"; {reference.name}: {_number(reference.value)}" for reference in m.references)
        note = f"; {m.note}" if m.note else ""
        lines.append(f"{m.metric}: {_value(m)} ({m.data}, {m.split}, {m.samples:,} pictures{features}{known}{note})")
    return lines


def with_measurements(card: str, measurements: tuple[Measurement, ...]) -> str:
    """The card with a table of ``measurements`` between its two marks, or at its end where it has none."""
    text = f"{BEGIN}\n\n{_table(measurements)}\n{END}"
    found = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if found.search(card):
        return found.sub(lambda _: text, card, count=1)
    return f"{card.rstrip()}\n\n{HEADING}\n\n{text}\n".lstrip()


def _table(measurements: tuple[Measurement, ...]) -> str:
    lines = ["| what | value | better | on | read against |", "| --- | --- | --- | --- | --- |"]
    notes: dict[str, None] = {}
    for m in measurements:
        known = "; ".join(f"{reference.name}: {_number(reference.value)}" for reference in m.references)
        on = f"{m.data}, {m.split}, {m.samples:,} pictures"
        lines.append(f"| {m.metric} | {_value(m)} | {m.better} | {on} | {known} |")
        if m.features:
            notes[f"Features: {m.features}."] = None
        if m.note:
            notes[f"{m.metric[0].upper()}{m.metric[1:]}: {m.note}."] = None
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), *([""] if notes else [])])


def _value(m: Measurement) -> str:
    return f"{_number(m.value)} {m.unit}".rstrip()


def _number(value: float) -> str:
    """Four significant digits, never in powers of ten."""
    return f"{value:.4g}" if 1e-4 <= abs(value) < 1e4 or value == 0 else f"{value:,.6f}".rstrip("0").rstrip(".")
