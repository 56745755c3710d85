"""Pictures from outside: whatever they are, they work or are refused in one sentence."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.contract.pixels import Pixels
from explorer.media.pictures_in import (
    FILE_BYTES,
    WORKING_SIDE,
    NotAPicture,
    central_box,
    fitted,
    read_picture_bytes,
    read_picture_file,
)

RED, WHITE = (255, 0, 0), (255, 255, 255)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def read(content: bytes) -> Pixels:
    pixels = read_picture_bytes(content, "a.png")
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    return pixels


def refused(content: bytes) -> str:
    with pytest.raises(NotAPicture) as told:
        read_picture_bytes(content, "a.png")
    sentence = str(told.value)
    assert sentence.startswith("a.png ") and sentence.endswith(".") and "\n" not in sentence
    return sentence


NOISE = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
PNG = saved(Image.fromarray(NOISE))


def test_a_plain_picture_is_read_as_it_is():
    np.testing.assert_array_equal(read(PNG), NOISE)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", PNG[: len(PNG) // 2], PNG[:40], b"GIF89a"])
def test_what_is_no_picture_or_cut_off_is_refused(content: bytes):
    assert "not a picture" in refused(content)


@given(st.binary(max_size=400))
def test_random_bytes_never_get_in(content: bytes):
    refused(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
@given(at=st.integers(0, 10_000), put=st.binary(min_size=1, max_size=8))
def test_a_damaged_picture_works_or_is_refused(kind: str, at: int, put: bytes):
    content = bytearray(saved(Image.fromarray(NOISE), kind))
    at %= len(content)
    content[at : at + len(put)] = put
    try:
        assert read_picture_bytes(bytes(content), "a.png").size
    except NotAPicture as error:
        assert str(error).endswith(".")


def test_one_pixel_is_a_picture():
    pixels = read(saved(Image.new("RGB", (1, 1), RED)))
    assert pixels.tolist() == [[[255, 0, 0]]]
    assert (fitted(pixels, central_box(pixels), 28, 28) == RED).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_very_wide_picture_is_made_smaller(kind: str):
    pixels = read(saved(Image.new("RGB", (20_000, 40), RED), kind))
    assert pixels.shape[1] == WORKING_SIDE and pixels.shape[0] in (1, 2, 3)


def test_a_square_of_20000_pixels_is_refused_before_it_is_unpacked():
    content = bytearray(saved(Image.new("RGB", (8, 8))))
    content[16:24] = (20_000).to_bytes(4, "big") * 2  # width and height in the header
    header = bytes(content[12:29])
    content[29:33] = zlib.crc32(header).to_bytes(4, "big")
    assert "make it smaller" in refused(bytes(content))


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 2, 4))
    pixels = read(saved(image))
    assert (pixels[:, :2] == RED).all() and (pixels[:, 2:] == WHITE).all()


def test_a_transparent_palette_colour_is_white():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    assert read(saved(image, transparency=1)).tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_grey_with_alpha_is_grey_on_white():
    image = Image.fromarray(np.array([[[100, 255], [100, 0]]], np.uint8))
    assert read(saved(image)).tolist() == [[[100] * 3, [255] * 3]]


def test_16_bit_greys_keep_their_range():
    values = np.array([[0, 32_768, 65_535]], np.uint16)
    assert read(saved(Image.fromarray(values)))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("values", [[0.0, 0.5, 1.0], [-3.0, np.nan, 5.0], [np.nan] * 3, [0.0, np.inf, 1.0]])
def test_floating_point_greys_are_stretched(values: list[float]):
    pixels = read(saved(Image.fromarray(np.array([values], np.float32)), "TIFF"))
    found = pixels[0, :, 0].tolist()
    assert found[0] == 0 and found[2] == (0 if np.isnan(values[2]) else 255)


def test_cmyk_becomes_rgb():
    pixels = read(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(pixels.astype(int) - RED).max() <= 8


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(kind: str):
    frames = [Image.new("RGB", (16, 16), color) for color in (RED, (0, 255, 0), (0, 0, 255))]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert np.abs(read(content).astype(int) - RED).max() <= 2


def test_a_picture_lying_on_its_side_is_put_upright():
    image = Image.new("RGB", (4, 2), RED)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read(saved(image, "PNG", exif=exif)).shape == (4, 2, 3)


def test_a_file_is_read_by_its_content(tmp_path: Path):
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(PNG)
    np.testing.assert_array_equal(read_picture_file(path), NOISE)


def test_a_file_of_100_mb_that_is_no_picture_is_refused(tmp_path: Path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(NotAPicture, match=r"^large\.png is not a picture"):
        read_picture_file(path)


def test_a_larger_file_is_refused_unread(tmp_path: Path):
    path = tmp_path / "vast.png"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES + 1)
    with pytest.raises(NotAPicture, match=r"^vast\.png is larger than"):
        read_picture_file(path)


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str):
    with pytest.raises(NotAPicture, match="choose another picture"):
        read_picture_file(tmp_path / name)


@pytest.mark.parametrize("height, width, box", [(10, 30, (10, 0, 10)), (30, 10, (0, 10, 10)), (7, 7, (0, 0, 7))])
def test_the_middle_is_cut_out_first(height: int, width: int, box: tuple[int, int, int]):
    assert central_box(np.zeros((height, width, 3), np.uint8)) == box


def test_a_cut_of_the_same_size_changes_nothing():
    np.testing.assert_array_equal(fitted(NOISE, (5, 2, 20), 20, 20), NOISE[2:22, 5:25])


def test_outside_the_picture_is_white():
    cut = fitted(np.zeros((4, 4, 3), np.uint8), (2, 2, 4), 4, 4)
    assert (cut[:2, :2] == 0).all() and (cut[2:] == 255).all() and (cut[:, 2:] == 255).all()
