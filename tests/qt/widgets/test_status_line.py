from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from explorer.qt import theme
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.status_line import SEPARATOR, Fact, StatusLine, fitting

FACTS = (
    Fact("seed 42", 2),
    Fact("norm 5.71 of 5.66 expected", 3, "How far the point lies from the middle."),
    Fact("nearest training picture 0.83 away", 0),
    Fact("run 2.1 ms", 1),
)


@pytest.fixture
def line(qtbot) -> StatusLine:
    line = StatusLine("facts", "Facts")
    qtbot.addWidget(line)
    line.show_facts(FACTS)
    return line


def test_all_facts_where_there_is_room():
    assert fitting(FACTS, 1000, len) == FACTS


@pytest.mark.parametrize(("room", "left"), [(80, (0, 1, 3)), (48, (0, 1)), (30, (1,)), (3, (1,))])
def test_the_least_important_go_first(room, left):
    assert fitting(FACTS, room, len) == tuple(FACTS[at] for at in left)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.integers(0, 3))), st.integers(0, 200))
def test_what_is_left_fits_or_is_one(given_facts, room):
    facts = tuple(Fact(text, priority) for text, priority in given_facts)
    left = fitting(facts, room, len)
    assert len(SEPARATOR.join(fact.text for fact in left)) <= room or len(left) <= 1
    assert bool(left) == bool(facts)
    assert [fact for fact in facts if fact in left] == list(left) or len(set(facts)) < len(facts)


@pytest.mark.parametrize("width", [1000, 500, 300, 100])
def test_facts_never_overlap(line, width):
    line.resize(width, 32)
    boxes = [box for _, box in line.shown()]
    assert boxes
    assert all(before.right() < after.left() for before, after in pairwise(boxes))
    assert boxes[-1].right() <= width


def test_what_is_left_out_can_still_be_read(line):
    line.resize(300, 32)
    assert len(line.shown()) < len(FACTS)
    everything = ", ".join(fact.text for fact in FACTS)
    assert line.accessibleDescription() == everything
    assert line.tip_at(5) == everything


def test_a_fact_explains_itself(line):
    line.resize(1000, 32)
    box = line.shown()[1][1]
    assert line.tip_at(box.center().x()) == FACTS[1].tip


def test_roles_are_colours(line):
    line.show_facts((Fact("no GPU", role="warning"),))
    line.resize(200, 32)
    warning = QColor(theme.DARK.warning).getRgb()[:3]
    pixels = to_pixels(line.grab().toImage())[..., :3]
    assert (abs(pixels.astype(int) - warning).max(axis=2) < 40).any()
