"""A picture and a mask as values: they come back whole, and damaged ones are refused; strokes against hand counting."""

import base64
import zlib

import numpy as np
import pytest
from pydantic import ValidationError

from explorer.latent.retouch import Raster, Retouch, painted
from explorer.latent.sampling import Sampling

PICTURE = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
BLANK = np.zeros((6, 6), np.bool_)


def test_a_picture_comes_back_and_equal_ones_are_equal():
    raster = Raster.of(PICTURE)
    np.testing.assert_array_equal(raster.pixels, PICTURE)
    assert raster == Raster.of(PICTURE.copy()) and hash(raster) == hash(Raster.of(PICTURE))
    again = Sampling.model_validate_json(Sampling(retouch=Retouch(picture=raster)).model_dump_json())
    assert again.retouch is not None and again.retouch.picture == raster
    with pytest.raises(ValueError, match="read-only"):
        raster.pixels[0] = 0


@pytest.mark.parametrize(
    "data",
    [
        "not base64!",
        base64.b64encode(b"not compressed").decode(),
        base64.b64encode(zlib.compress(b"short")).decode(),
        base64.b64encode(zlib.compress(bytes(50_000_000))).decode(),  # unpacks to far more than it says
    ],
)
def test_what_is_damaged_or_of_another_size_is_refused(data: str):
    with pytest.raises(ValidationError, match="the picture in it"):
        Raster(height=5, width=7, channels=3, data=data)


def test_a_mask_is_kept_and_an_empty_one_is_none():
    retouch = Retouch(picture=Raster.of(PICTURE))
    free = np.zeros((5, 7), np.bool_)
    free[1, 2] = True
    assert not retouch.free.any()
    np.testing.assert_array_equal(retouch.masked(free).free, free)
    assert retouch.masked(free).masked(~free & free).mask is None


def test_a_dot_paints_what_lies_under_the_brush():
    found = painted(BLANK, (3.0, 3.0), (3.0, 3.0), 1.0)
    wanted = np.array([[(c - 2.5) ** 2 + (r - 2.5) ** 2 <= 1 for c in range(6)] for r in range(6)])
    np.testing.assert_array_equal(found, wanted)
    assert found.sum() == 4


def test_the_smallest_brush_paints_one_pixel_and_never_outside():
    assert painted(BLANK, (2.9, 1.1), (2.9, 1.1), 0.1).nonzero() == (np.array([1]), np.array([2]))
    assert not painted(BLANK, (-9.0, 3.0), (-8.0, 3.0), 0.5).any()


def test_a_stroke_leaves_no_gap_and_the_eraser_takes_it_away():
    found = painted(BLANK, (0.5, 2.5), (5.5, 2.5), 0.6)
    assert found[2].all() and found.sum() == 6
    assert not painted(found, (0.5, 2.5), (5.5, 2.5), 1.0, erase=True).any()
    np.testing.assert_array_equal(painted(found, (0.5, 2.5), (1.5, 2.5), 0.4, erase=True)[2], [0, 0, 1, 1, 1, 1])
