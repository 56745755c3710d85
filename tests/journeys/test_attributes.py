"""A diffusion model that is told ten attributes at once: each a switch with a value or none, in little room."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton, QWidget

from explorer.app import App
from explorer.cli import main
from explorer.contract.archive import open_bundle
from explorer.contract.manifest import Attribute
from explorer.places import assets_folder
from explorer.qt.widgets.choice_box import ChoiceBox
from tests.journeys.conftest import Journey
from tests.journeys.test_diffusion import finished, press, sampling
from tests.qt.legible import assert_legible

pytest.importorskip("torch")
pytestmark = [pytest.mark.journey, pytest.mark.torch, pytest.mark.slow]


@pytest.fixture(scope="module")
def attributes() -> tuple[Attribute, ...]:
    """Those of the faces: four to ten values each."""
    return open_bundle(assets_folder() / "models" / "faces-vae").manifest.attributes


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, attributes: tuple[Attribute, ...]) -> Path:
    from tests.untrained import untrained_faces

    return untrained_faces(tmp_path_factory.mktemp("faces") / "faces", attributes)


def box(app: App, name: str) -> ChoiceBox:
    found = app.window.findChild(ChoiceBox, name)
    assert isinstance(found, ChoiceBox)
    return found


def test_several_attributes_are_asked_for_at_once_and_the_rest_left_open(
    journey: Journey, bundle: Path, attributes: tuple[Attribute, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = journey.start(bundle)
    press(journey, app, "instruments_guidance")
    nothing = finished(app)
    assert not sampling(app).asks
    boxes = [box(app, f"guidance_label_{at}") for at in range(10)]
    for at, attribute in enumerate(attributes):
        texts = [boxes[at].itemText(k) for k in range(boxes[at].count())]
        assert texts == ["anything", *attribute.values]
    boxes[0].setCurrentIndex(1 + attributes[0].values.index("full beard"))
    boxes[7].setCurrentIndex(1 + attributes[7].values.index("red"))
    app.guidance.begin()
    app.guidance.weigh(8.0)
    journey.settle(app)
    assert sampling(app).label == (3, *(-1,) * 6, 7, -1, -1)
    asked = finished(app)
    assert np.abs(asked.astype(int) - nothing).max() > 0
    caption = app.trajectory.caption(app.stage.picture)  # type: ignore[arg-type]
    assert "full beard, red, weight 8" in caption
    boxes[7].setCurrentIndex(0)
    journey.settle(app)
    assert sampling(app).label == (3, *(-1,) * 9)
    journey.undo(app)
    assert boxes[7].currentText() == "red"
    out = tmp_path / "out.png"
    command = ["render", str(bundle), "-o", str(out), "--class", "full beard", "--class", "red", "--guidance", "8"]
    assert main([*command, "--seed", "42"]) == 0
    monkeypatch.setattr(app.window, "ask_where_to_save", lambda name: str(tmp_path / "window.png"))
    app.deeds.do("save_picture")
    assert out.read_bytes() == (tmp_path / "window.png").read_bytes()
    press(journey, app, "guidance_forget")
    assert not sampling(app).asks and boxes[0].currentText() == "anything"


def test_what_to_lead_away_from_folds_out(journey: Journey, bundle: Path):
    app = journey.start(bundle)
    press(journey, app, "instruments_guidance")
    assert not box(app, "guidance_negative_3").isVisible()
    press(journey, app, "guidance_away")
    assert box(app, "guidance_negative_3").isVisible()
    box(app, "guidance_negative_3").setCurrentIndex(2)
    journey.settle(app)
    assert sampling(app).negative == (-1, -1, -1, 1, *(-1,) * 6)
    finished(app)
    away = app.window.findChild(QAbstractButton, "guidance_away")
    away.click()  # what is set stays in sight the next time it is shown
    app.guidance.refresh()
    assert box(app, "guidance_negative_3").isVisible()


@pytest.mark.parametrize("size", [(880, 560), (1440, 900)])
def test_ten_attributes_are_compact_and_legible(journey: Journey, bundle: Path, size: tuple[int, int]):
    app = journey.start(bundle)
    app.window.resize(*size)
    press(journey, app, "instruments_guidance")
    assert_legible(journey.qtbot, app.window)
    table = app.window.findChild(QWidget, "guidance_label_chooser")
    assert table.height() < 320 and table.width() <= app.window.guidance.width()
