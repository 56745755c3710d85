"""Where am I, on data whose answers are known."""

from typing import Any
from unittest.mock import Mock, create_autospec

import numpy as np
import pytest

from explorer.contract.manifest import Attribute
from explorer.control.map import KEY
from explorer.control.stage import Picture, Stage
from explorer.control.whereabouts import (
    NEIGHBOURS,
    Spread,
    WhereaboutsController,
    WhereaboutsView,
    surroundings,
    whereabouts,
)
from explorer.models.stores import Encoded
from explorer.state.mapview import MapLook
from explorer.state.place import Explore
from tests.unit.control.stand import HandLane, toy_model

PIXELS = np.zeros((8, 8, 1), np.uint8)


def two_crowds(count: int = 200) -> Encoded:
    """Shirts around -10, shoes around +10 along the first of four dimensions."""
    rng = np.random.default_rng(0)
    side = np.arange(count) % 2
    codes = rng.standard_normal((count, 4))
    codes[:, 0] += np.where(side == 0, -10, 10)
    thumbnails = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 4, 4, 1))
    column = Attribute(name="class", values=("shirt", "shoe", "bag"))
    return Encoded("toy", "test", codes.astype(np.float32), None, side[:, None], (column,), thumbnails)


def test_the_nearest_picture_and_the_labels_around_are_found():
    data = two_crowds()
    found = whereabouts(surroundings(data), data.codes[3] + np.float32([0, 0, 0, 1e-3]), PIXELS, 0)
    assert found.row == 3 and found.label == "shoe" and found.neighbours == NEIGHBOURS
    assert found.gap == pytest.approx(1e-3, rel=1e-2) and found.sentence == "nearest test picture 0.00 away"
    assert found.thumbnail is not None and (found.thumbnail == 3).all()
    assert found.column == "class" and found.shares == (("shoe", 1.0),)


def test_between_two_crowds_the_labels_are_mixed():
    found = whereabouts(surroundings(two_crowds()), np.zeros(4, np.float32), PIXELS, 0)
    assert {name for name, _ in found.shares} == {"shirt", "shoe"}
    assert sum(share for _, share in found.shares) == pytest.approx(1.0)
    assert found.shares[0][1] >= found.shares[1][1] > 0.1


@pytest.mark.parametrize(
    "share, words",
    [
        (1.0, "farther out than all of the data"),
        (0.9998, "farther out than 99.9% of the data"),
        (0.97, "farther out than 97% of the data"),
        (0.5, "as far out as most of the data"),
        (0.1, "nearer to the middle than 90% of the data"),
        (0.0, "nearer to the middle than all of the data"),
    ],
)
def test_a_distance_is_told_beside_the_data(share: float, words: str):
    assert Spread(3.0, (1.0, 4.0), share).sentence == words


def test_far_out_is_farther_than_all():
    around = surroundings(two_crowds())
    far, middle = (whereabouts(around, np.full(4, x, np.float32), PIXELS, 0).spread for x in (30.0, 0.0))
    assert far is not None and far.share_nearer == 1.0 and far.distance > far.usual[1]
    assert middle is not None and middle.share_nearer < 0.25


def test_data_without_labels_pictures_or_spread_tell_what_is_left():
    codes = np.ones((3, 2), np.float32)
    data = Encoded("toy", "train", codes, None, np.zeros((3, 0), np.int64), (), None)
    found = whereabouts(surroundings(data), np.array([1, 3], np.float32), PIXELS, None)
    assert found.spread is None and found.thumbnail is None and found.shares == ()
    assert found.sentence == "nearest train picture 2.00 away" and found.neighbours == 3


class Stand:
    def __init__(self) -> None:
        self.explore, self.stage, self.lane, self.told = Explore(), Stage(), HandLane(), Mock()
        self.view: Any = create_autospec(WhereaboutsView, instance=True)
        lane: Any = self.lane
        self.control = WhereaboutsController(self.explore, self.stage, lane, self.view, self.told)
        self.model = toy_model()
        self.stage.model, self.data = self.model, two_crowds()

    def show(self, *code: float) -> None:
        self.stage.picture = Picture(1, self.model, np.array(code, np.float32), PIXELS, 1.0)


def test_it_looks_around_when_the_hand_rests_and_once():
    stand = Stand()
    stand.stage.encoded = stand.data
    stand.show(10, 0, 0, 0)
    assert stand.lane.asked == 0
    stand.control.rest()
    stand.lane.run()
    assert stand.control.newest is not None and stand.control.newest.label == "shoe"
    assert stand.view.show_whereabouts.call_args.args == (stand.control.newest,) and stand.told.called
    stand.control.rest()
    assert stand.lane.asked == 1


def test_it_is_live_while_the_map_is_open_unless_that_takes_long():
    stand = Stand()
    stand.explore.instrument = KEY
    stand.stage.encoded = stand.data
    stand.show(10, 0, 0, 0)
    stand.show(10, 1, 0, 0)
    assert stand.lane.asked == 1  # the first is still on its way, and the hand will rest
    stand.lane.run()
    stand.control._took_s = 1.0
    stand.show(-10, 0, 0, 0)
    assert stand.lane.asked == 1
    stand.control.rest()
    stand.lane.run()
    assert stand.control.newest is not None and stand.control.newest.label == "shirt"


def test_another_column_is_counted_at_once():
    stand = Stand()
    stand.stage.encoded = Encoded(
        "toy", "test", stand.data.codes, None, np.repeat(stand.data.labels, 2, axis=1),
        (*stand.data.columns, Attribute(name="kind", values=("a", "b"))), None,
    )  # fmt: skip
    stand.show(10, 0, 0, 0)
    stand.explore.map = MapLook(column="kind")
    stand.lane.run()
    assert stand.control.newest is not None
    assert (stand.control.newest.column, stand.control.newest.label) == ("kind", "b")


def test_with_the_data_goes_what_was_known_of_it():
    stand = Stand()
    stand.stage.encoded = stand.data
    stand.show(10, 0, 0, 0)
    stand.control.rest()
    late = stand.lane.compute()
    stand.stage.encoded = None
    late()
    assert stand.control.newest is None
    assert stand.view.show_whereabouts.call_args.args == (None,)
