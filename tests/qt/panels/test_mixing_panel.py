"""The pages of the mixing desk and the panel of seeds by mouse and keyboard; showing tells nothing."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from explorer.control.formulas import FORMULAS, Reading
from explorer.control.mixgrid import GridWords
from explorer.control.mixing import LayerView, SourceView
from explorer.control.noise import NoiseMap
from explorer.control.seeds import Visited
from explorer.control.truncation import ROW, PsiPictures
from explorer.qt.panels.mixing_panel import PAGES, MixingPanel
from explorer.qt.panels.seeds_panel import SeedsPanel
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.formula_card import FormulaCard
from explorer.qt.widgets.heat_map import HeatMap
from explorer.qt.widgets.picture_tile import PictureTile
from tests.qt.widgets import hands

FACE = np.full((8, 8, 3), 120, np.uint8)
LAYERS = (LayerView("4 px", "coarse"), LayerView("64 px", "fine"))
A, B, C = (SourceView(letter, f"seed {at}", FACE) for at, letter in enumerate("ABC"))


@pytest.fixture
def panel(qtbot: QtBot) -> MixingPanel:
    panel = MixingPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 700)
    panel.show_layers(LAYERS)
    panel.show_sources((A, B))
    panel.show_shares(((1, 0), (0, 1)))
    panel.show_offers(2, True)
    panel.show()
    return panel


def button(panel: MixingPanel | SeedsPanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


def click(qtbot: QtBot, panel: MixingPanel | SeedsPanel, name: str) -> None:
    qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def enter(qtbot: QtBot, panel: MixingPanel | SeedsPanel, name: str, text: str) -> None:
    field = panel.findChild(QLineEdit, name)
    assert field is not None
    field.setText(text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def box(panel: MixingPanel, name: str) -> ChoiceBox:
    found = panel.findChild(ChoiceBox, name)
    assert found is not None
    return found


def test_pages_turn(panel: MixingPanel, qtbot: QtBot) -> None:
    for chip in PAGES:
        with qtbot.waitSignal(panel.turned, check_params_cb=lambda key, chip=chip: key == chip.key):
            click(qtbot, panel, f"mixing_pages_{chip.key}")
        panel.show_page(chip.key)
    assert panel.grid.isVisible() and not panel.mix.isVisible()


def test_presets_are_about_the_chosen_source(panel: MixingPanel, qtbot: QtBot) -> None:
    told: list[tuple[int, str]] = []
    panel.mix.band_asked.connect(lambda column, band: told.append((column, band)))
    panel.show_sources((A, B, C))
    assert panel.mix.column == 2, "a new source is the chosen one"
    click(qtbot, panel, "mix_take_coarse")
    hands.press(panel.mix.table, panel.mix.table.box((0, 1)).center())
    click(qtbot, panel, "mix_take_all")
    assert told == [(2, "coarse"), (1, "all")]
    assert not button(panel, "mix_take_middle").isEnabled(), "no layer is"
    with qtbot.waitSignal(panel.mix.swap_asked, check_params_cb=lambda column: column == 1):
        click(qtbot, panel, "mix_swap")
    with qtbot.waitSignal(panel.mix.table.remove_asked, check_params_cb=lambda column: column == 1):
        click(qtbot, panel, "mix_remove")
    with qtbot.waitSignal(panel.mix.clear_asked):
        click(qtbot, panel, "mix_clear")


def test_the_point_itself_cannot_be_swapped_or_taken_out(panel: MixingPanel) -> None:
    panel.show_sources((A,))
    for name in ("mix_swap", "mix_remove", "mix_take_all", "mix_clear"):
        assert not button(panel, name).isEnabled()
    panel.show_sources((A, SourceView("B", "stranger", None, fits=False)))
    assert not button(panel, "mix_swap").isEnabled() and button(panel, "mix_remove").isEnabled()


def test_sources_are_asked_for(panel: MixingPanel, qtbot: QtBot) -> None:
    page = panel.mix
    for signal, name in (
        (page.random_asked, "mix_add_random"),
        (page.view_asked, "mix_add_view"),
        (page.open_asked, "mix_add_picture"),
    ):
        with qtbot.waitSignal(signal):
            click(qtbot, panel, name)
    with qtbot.waitSignal(page.seed_asked, check_params_cb=lambda text: text == "abc"):
        enter(qtbot, panel, "mix_seed", "abc")
    told: list[int] = []
    page.keyframe_asked.connect(told.append)
    frames = box(panel, "mix_add_keyframe")
    frames.setFocus()
    qtbot.keyClick(frames, Qt.Key.Key_Down)
    assert told == [0] and frames.currentIndex() == 0
    panel.show_offers(0, False)
    assert not frames.isVisible() and not button(panel, "mix_add_picture").isEnabled()


def test_pictures_are_dropped_on_the_desk(panel: MixingPanel, tmp_path: Path) -> None:
    told: list[Path] = []
    panel.mix.dropped.connect(told.append)
    for name, wanted in (("a.png", True), ("model.zip", False)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
        args = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, hands.NO_KEY
        enters = QDragEnterEvent(QPoint(5, 5), *args)
        enters.ignore()
        QApplication.sendEvent(panel.mix, enters)
        assert enters.isAccepted() is wanted
        if wanted:
            QApplication.sendEvent(panel.mix, QDropEvent(QPoint(5, 5), *args))
    assert told == [tmp_path / "a.png"]


def test_a_fault_is_in_sight(panel: MixingPanel) -> None:
    panel.show_fault("“stranger” does not fit.")
    assert any(label.isVisible() and "stranger" in label.text() for label in panel.findChildren(QLabel))


def test_truncation(panel: MixingPanel, qtbot: QtBot) -> None:
    page = panel.truncation
    panel.show_page("truncation")
    page.show_cutoffs(("all 2 layers", "the first 1"))
    told: list[object] = []
    page.slider.edited.connect(told.append)
    page.slider.started.connect(lambda: told.append("started"))
    page.cut.connect(told.append)
    page.show_psi(-0.5, 1)
    page.show_pictures(PsiPictures(FACE, (FACE,) * len(ROW), (None,) * 18))
    assert told == [] and page.row.filled == len(ROW) and box(panel, "psi_cutoff").currentIndex() == 1
    qtbot.keyClick(page.slider, Qt.Key.Key_Home)
    qtbot.keyClick(page.slider, Qt.Key.Key_Left)
    assert told == ["started", 1.0, "started", 0.95]
    told.clear()
    hands.press(page.slider, hands.QPointF(0, 12))
    hands.release(page.slider, hands.QPointF(0, 12))
    assert told == ["started", -1.0]
    qtbot.keyClick(box(panel, "psi_cutoff"), Qt.Key.Key_Up)
    assert told[-1] == 0


def test_the_formula_opens(panel: MixingPanel, qtbot: QtBot) -> None:
    panel.show_page("truncation")
    card = panel.findChild(FormulaCard, "psi_card")
    assert card is not None and not card.isVisible()
    click(qtbot, panel, "psi_formula")
    panel.truncation.show_reading(Reading(FORMULAS["truncation"], ("0.70", "6.44", "11.20"), "4.51 from the mean"))
    assert card.isVisible() and "4.51" in card.accessibleDescription()
    click(qtbot, panel, "psi_formula")
    assert not card.isVisible()


def test_noise(panel: MixingPanel, qtbot: QtBot) -> None:
    page = panel.noise
    panel.show_page("noise")
    told: list[object] = []
    page.switched.connect(told.append)
    page.slider.edited.connect(told.append)
    page.show_noise(False, 77, 2.0)
    page.show_map(NoiseMap(FACE, FACE, np.full((8, 8), 0.25, np.float32)))
    heat = panel.findChild(HeatMap, "noise_map")
    assert told == [] and heat is not None and heat.top == 0.25
    click(qtbot, panel, "noise_modes_on")
    qtbot.keyClick(page.slider, Qt.Key.Key_Home)
    tile = panel.findChild(PictureTile, "noise_without")
    assert tile is not None and tile.has_picture
    qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert told == [True, 1.0, False]
    with qtbot.waitSignal(page.again_asked):
        click(qtbot, panel, "noise_again")
    page.show_map(NoiseMap(None, None, None))
    assert heat.top == 0
    page.show_message("This model takes no noise.")
    assert not heat.isVisible()


def test_the_grid(panel: MixingPanel, qtbot: QtBot) -> None:
    page = panel.grid
    panel.show_page("grid")
    told: list[object] = []
    page.seed_asked.connect(lambda which, text: told.append((which, text)))
    page.others_asked.connect(told.append)
    page.sized.connect(told.append)
    page.split_asked.connect(told.append)
    page.cells.chosen.connect(told.append)
    page.show_grid(GridWords((7, 8), (100, 101), 2, 1, 4, "Layers 1 to 1 are of the column."))
    page.show_cells((None, *(FACE,) * 8))
    page.show_chosen(5)
    assert told == [] and page.cells.filled == 8
    enter(qtbot, panel, "mixgrid_rows", "40")
    click(qtbot, panel, "mixgrid_other_columns")
    qtbot.keyClick(box(panel, "mixgrid_size"), Qt.Key.Key_Down)
    qtbot.keyClick(page.slider, Qt.Key.Key_Right)
    hands.press(page.cells, page.cells.cell(5).center())
    assert told == [("rows", "40"), "columns", 3, 2, 5]
    for signal, name in ((page.turn_asked, "mixgrid_turn"), (page.save_asked, "mixgrid_save")):
        with qtbot.waitSignal(signal):
            click(qtbot, panel, name)


def test_seeds(qtbot: QtBot) -> None:
    panel = SeedsPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 600)
    panel.show()
    told: list[object] = []
    panel.typed.connect(told.append)
    panel.stepped.connect(told.append)
    panel.seed_chosen.connect(told.append)
    panel.show_seed(7, "Between seeds …")
    panel.show_visited((Visited(9, FACE), Visited(7, None)))
    assert told == []
    enter(qtbot, panel, "seed_field", "12")
    for name in ("seed_before", "seed_after", "seed_9"):
        click(qtbot, panel, name)
    assert told == ["12", -1, 1, 9]
    with qtbot.waitSignal(panel.forget_asked):
        click(qtbot, panel, "seeds_forget")
    panel.show_visited((Visited(11, None), Visited(9, None)))
    assert panel.findChild(PictureTile, "seed_7") is None and button(panel, "seed_11").isVisible()
    panel.show_seed(None, "")
    field = panel.findChild(QLineEdit, "seed_field")
    assert field is not None and field.text() == ""
