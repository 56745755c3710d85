"""What a model is and how good it was measured to be: its manifest, as a person reads it."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from explorer.contract.errors import short
from explorer.contract.manifest import Manifest, Measurement, Provenance
from explorer.qt import theme

SENTENCE, MOST_SENTENCES = 200, 10  # of what an import wrote down


class CardPanel(QWidget):
    """Shows the manifest of the model in view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card_panel")
        self._manifest: Manifest | None = None
        self._text = QTextBrowser(self)
        self._text.setObjectName("card_text")
        self._text.setAccessibleName("Model card")
        self._text.setToolTip("What this model is, and how good it was measured to be.")
        self._text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._text.setOpenLinks(False)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)

    def show_manifest(self, manifest: Manifest | None) -> None:
        """Show a model's card; None: no model is open."""
        self._manifest = manifest
        self.renew()

    def renew(self) -> None:
        """Write the card again, as after a change of theme."""
        manifest = self._manifest
        self._text.setHtml("<p>Open a model to read its card.</p>" if manifest is None else _page(manifest))


def _page(manifest: Manifest) -> str:
    secondary = theme.current().secondary
    parts = [f"<h3>{escape(manifest.name)}</h3><p>{escape(manifest.description)}</p>"]
    parts += [f"<p style='color:{secondary}'>{escape(line)}</p>" for line in _facts(manifest)]
    if manifest.quality:
        parts.append("<h4>Measured</h4>")
        parts += [_measurement(measurement, secondary) for measurement in manifest.quality]
    else:
        parts.append("<h4>Measured</h4><p>Nothing was measured yet: python -m trainers evaluate BUNDLE --data NAME</p>")
    return "".join(parts)


def _facts(manifest: Manifest) -> list[str]:
    made = manifest.provenance
    facts = [f"{manifest.family}, made by {made.producer}{f' ({made.recipe})' if made.recipe else ''}"]
    if made.images_seen is not None:
        minutes = "" if made.wall_time_s is None else f" in {made.wall_time_s / 60:.0f} min"
        facts.append(f"{made.images_seen:,} pictures seen{minutes}{f' on {made.device}' if made.device else ''}")
    facts.append(f"Licence {manifest.licence}{f'; data {manifest.data_licence}' if manifest.data_licence else ''}")
    facts += _origin(made)
    return [*facts, manifest.credit] if manifest.credit else facts


def _origin(made: Provenance) -> list[str]:
    """Where a model that others made comes from, and what was checked, as its import wrote it down."""
    files, checked = made.config.get("imported"), made.config.get("checked")
    lines = [f"Imported from {', '.join(map(short, files))}"] if isinstance(files, dict) and files else []
    known = checked if isinstance(checked, list) else []
    return [*lines, *(f"✓ {short(sentence, SENTENCE)}" for sentence in known[:MOST_SENTENCES])]


def _measurement(measurement: Measurement, secondary: str) -> str:
    unit = f" {escape(measurement.unit)}" if measurement.unit else ""
    on = f"{measurement.data}, {measurement.split}, {measurement.samples:,} samples"
    on += f", {measurement.features}" if measurement.features else ""
    beside = "".join(
        f"<br><span style='color:{secondary}'>{escape(reference.name)}: {_number(reference.value)}</span>"
        for reference in measurement.references
    )
    return (
        f"<p><b>{_number(measurement.value)}{unit}</b> &nbsp;{escape(measurement.metric)}"
        f"<br><span style='color:{secondary}'>{escape(on)}</span>{beside}</p>"
    )


def _number(value: float) -> str:
    return f"{value:.4g}"
