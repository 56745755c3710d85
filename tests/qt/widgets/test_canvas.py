import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from explorer.qt import theme
from explorer.qt.pictures import Pixels, to_pixels
from explorer.qt.widgets.canvas import Canvas
from tests.qt.widgets.hands import move, press, release, turn_wheel

RED, BLUE = (250, 20, 20), (20, 20, 250)
CENTER = QPointF(300, 300)


def flat(color: tuple[int, int, int], side: int = 8) -> Pixels:
    return np.full((side, side, 3), color, np.uint8)


@pytest.fixture
def canvas(qtbot) -> Canvas:
    canvas = Canvas("canvas", "Picture")
    qtbot.addWidget(canvas)
    canvas.resize(600, 640)
    canvas.show()
    return canvas


def seen(canvas: Canvas) -> Pixels:
    return to_pixels(canvas.grab().toImage())[..., :3]


def middle(canvas: Canvas) -> tuple[int, ...]:
    return tuple(seen(canvas)[280, 300].tolist())


def share(canvas: Canvas, color: tuple[int, int, int]) -> float:
    """The share of the widget in a colour, nearly."""
    return float((np.abs(seen(canvas).astype(int) - color).max(axis=2) < 3).mean())


def test_a_picture_is_as_large_as_it_can_be(canvas):
    canvas.show_picture(flat(RED))
    assert share(canvas, RED) > 0.8
    corners = seen(canvas)[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == [20, 22, 27]).all()  # the ground


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (8, 8, 4), (4, 12, 3), (300, 200, 3)])
@pytest.mark.parametrize("crisp", [False, True])
def test_every_kind_of_picture_is_painted(canvas, shape, crisp):
    canvas.set_crisp(crisp)
    canvas.show_picture(np.full(shape, 255, np.uint8))
    assert middle(canvas) == (255, 255, 255)


def test_corners_are_round(canvas):
    canvas.show_picture(flat((255, 255, 255)))
    rows, columns = np.nonzero((seen(canvas) == 255).all(axis=2))
    top, left = rows.min(), columns.min()
    assert not (seen(canvas)[top, left] == 255).all()
    assert (seen(canvas)[top + 8, left + 8] == 255).all()


def test_the_token_is_told_after_the_paint(canvas, qtbot):
    with qtbot.waitSignal(canvas.painted) as told:
        canvas.show_picture(flat(RED), token=7)
    assert told.args == [7]


def test_only_the_newest_token_is_told_and_only_once(canvas, qtbot):
    tokens: list[int] = []
    canvas.painted.connect(tokens.append)
    with qtbot.waitSignal(canvas.painted):
        for token in range(5):
            canvas.show_picture(flat(RED), token=token)
    canvas.repaint()
    assert tokens == [4]


def test_a_picture_behind_the_one_before_is_not_told_as_painted(canvas, qtbot):
    canvas.show_picture(flat(RED))
    canvas.show_before(flat(BLUE))
    canvas.set_before(True)
    with qtbot.assertNotEmitted(canvas.painted):
        canvas.show_picture(flat(RED), token=3)
        canvas.repaint()
    with qtbot.waitSignal(canvas.painted):
        canvas.set_before(False)


def test_before_is_shown_with_a_badge_while_held(canvas):
    canvas.set_caption("now")
    canvas.show_picture(flat(RED))
    canvas.set_before(True)
    assert middle(canvas) == RED  # there is none before
    canvas.show_before(flat(BLUE))
    assert middle(canvas) == BLUE
    accent = QColor(theme.DARK.accent).getRgb()[:3]
    assert share(canvas, accent) > 0.001
    canvas.set_before(False)
    assert middle(canvas) == RED
    assert share(canvas, accent) == 0
    assert canvas.accessibleDescription() == "now"


def test_a_message_replaces_the_picture(canvas):
    canvas.show_picture(flat(RED))
    canvas.show_message("No model is open", "Choose one on the left.")
    assert share(canvas, RED) == 0
    assert share(canvas, QColor(theme.DARK.text).getRgb()[:3]) > 0
    assert canvas.accessibleDescription() == "No model is open Choose one on the left."


def test_an_error_dims_the_last_picture_until_the_next(canvas):
    canvas.show_picture(flat(RED))
    canvas.show_error("The model gave no numbers. Open another one.")
    assert share(canvas, RED) == 0
    dimmed = seen(canvas)[60, 300]
    assert dimmed[0] > dimmed[1] + 30  # it is still red
    assert canvas.accessibleDescription() == "The model gave no numbers. Open another one."
    canvas.show_picture(flat(RED))
    assert share(canvas, RED) > 0.8


def test_an_error_without_a_picture(canvas):
    canvas.show_error("The model could not be read.")
    assert share(canvas, QColor(theme.DARK.text).getRgb()[:3]) > 0


def quarters(side: int = 8) -> Pixels:
    """Left red, right blue."""
    pixels = flat(RED, side)
    pixels[:, side // 2 :] = BLUE
    return pixels


def test_the_wheel_zooms_to_the_pointer_and_a_double_click_fits(canvas, qtbot):
    canvas.set_crisp(True)
    canvas.show_picture(quarters())
    fitted = seen(canvas)
    assert turn_wheel(canvas, QPointF(500, 300), 8)
    assert canvas.zoom == pytest.approx(1.25**8)
    assert share(canvas, RED) == 0  # the pointer was on the blue half, which now fills the view
    turn_wheel(canvas, QPointF(500, 300), -20)
    assert canvas.zoom == 1
    turn_wheel(canvas, QPointF(100, 300), 8)
    assert share(canvas, BLUE) == 0
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=CENTER.toPoint())
    assert np.array_equal(seen(canvas), fitted)


def test_the_point_under_the_pointer_stays(canvas):
    canvas.set_crisp(True)
    pixels = np.random.default_rng(0).integers(30, 220, (8, 8, 3), dtype=np.uint8)
    canvas.show_picture(pixels)
    before = seen(canvas)[200, 410]
    turn_wheel(canvas, QPointF(410, 200), 3)
    assert np.array_equal(seen(canvas)[200, 410], before)


def test_dragging_pans_but_not_past_the_edge(canvas):
    canvas.set_crisp(True)
    canvas.show_picture(quarters())
    turn_wheel(canvas, CENTER, 4)
    press(canvas, CENTER)
    for x in (200, 100, 0, -900, -9000):
        move(canvas, QPointF(x, 300))
    assert canvas.cursor().shape() is Qt.CursorShape.ClosedHandCursor
    release(canvas, QPointF(-9000, 300))
    assert canvas.cursor().shape() is Qt.CursorShape.OpenHandCursor
    assert share(canvas, BLUE) > 0.7


def test_keys_zoom_pan_and_fit(canvas, qtbot):
    canvas.set_crisp(True)
    canvas.show_picture(quarters())
    for _ in range(4):
        qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom == pytest.approx(1.25**4)
    for _ in range(20):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert share(canvas, BLUE) > 0.7
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.zoom == pytest.approx(1.25**3)
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.zoom == 1


def test_the_zoom_stays_for_pictures_of_one_size(canvas):
    canvas.show_picture(flat(RED))
    turn_wheel(canvas, CENTER, 2)
    canvas.show_picture(flat(BLUE))
    assert canvas.zoom > 1
    canvas.show_picture(flat(BLUE, 16))
    assert canvas.zoom == 1


def test_the_wheel_on_nothing_is_left_to_others(canvas):
    canvas.show_message("Nothing", "")
    assert not turn_wheel(canvas, CENTER, 1)


def test_copy_by_key_and_by_menu(canvas, qtbot):
    canvas.show_picture(flat(RED))
    with qtbot.waitSignal(canvas.copy_asked):
        qtbot.keyClick(canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    menu = canvas.context_menu()
    actions = {action.objectName(): action for action in menu.actions() if action.objectName()}
    with qtbot.waitSignals([canvas.copy_asked, canvas.save_asked, canvas.crisp_asked]):
        for name in ("canvas_copy", "canvas_save", "canvas_crisp"):
            actions[name].trigger()


def test_other_keys_go_on(canvas, qtbot):
    canvas.show_picture(flat(RED))
    with qtbot.assertNotEmitted(canvas.copy_asked):
        qtbot.keyClick(canvas, Qt.Key.Key_B)
    assert canvas.zoom == 1


def test_crisp_shows_squares_and_smooth_does_not(canvas):
    canvas.show_picture(quarters())
    smooth = seen(canvas)
    canvas.set_crisp(True)
    crisp = seen(canvas)
    assert len(np.unique(crisp[280, 40:560], axis=0)) == 2
    assert len(np.unique(smooth[280, 40:560], axis=0)) > 10


def test_a_caption_too_long_is_cut_inside_the_widget(canvas):
    canvas.show_picture(flat(RED))
    canvas.set_caption("a caption " * 100)
    assert (seen(canvas)[590:, :16] == [20, 22, 27]).all()


def test_tiny_is_no_disaster(canvas):
    canvas.show_picture(flat(RED))
    canvas.setMinimumSize(0, 0)
    canvas.resize(8, 8)
    assert (seen(canvas)[0, 0] == [20, 22, 27]).all()


def test_another_theme(canvas, qapp):
    canvas.show_message("Nothing", "to see")
    theme.apply(qapp, theme.LIGHT)
    assert tuple(seen(canvas)[0, 0].tolist()) == QColor(theme.LIGHT.ground).getRgb()[:3]


def test_a_picture_that_moved_is_as_smooth_as_any_once_it_is_still(canvas, qtbot):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    canvas.show_picture(pixels)
    smooth = seen(canvas)
    canvas.show_picture(pixels)
    assert not np.array_equal(seen(canvas), smooth)
    qtbot.waitUntil(lambda: np.array_equal(seen(canvas), smooth))
