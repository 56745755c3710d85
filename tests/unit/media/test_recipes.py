"""Recipes inside pictures: there and back, the same bytes each time, and nothing hostile gets in."""

import io
import json
import pickle
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from explorer.media.recipes import KEY, NoRecipe, Recipe, app_version, read_recipe, to_image, to_png

RECIPE = Recipe(bundle="ab" * 32, name="faces-vae", code=(0.5, -1.25, 3e-7), seed=42, version="1.2")
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)


def png_with(**texts: str) -> bytes:
    info, content = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, value in texts.items():
        info.add_itxt(key.replace("_", "-"), value)
    Image.fromarray(PIXELS).save(content, "PNG", pnginfo=info)
    return content.getvalue()


def with_facts(**facts: Any) -> bytes:
    return png_with(latent_explorer=json.dumps(json.loads(RECIPE.model_dump_json()) | facts))


# --- there and back ------------------------------------------------------------------------------------------------


def test_a_recipe_comes_back_as_it_was() -> None:
    assert read_recipe(to_png(PIXELS, RECIPE)) == RECIPE


@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=40),
    st.none() | st.integers(0, 2**64),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
def test_every_number_comes_back_exactly(code: list[float], seed: int | None, name: str) -> None:
    recipe = Recipe(bundle="0" * 64, name=name, code=tuple(np.array(code, np.float32).tolist()), seed=seed)
    again = read_recipe(to_png(PIXELS, recipe))
    assert again == recipe
    np.testing.assert_array_equal(np.asarray(again.code, np.float32), np.array(code, np.float32))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_pixels_come_back_exactly(channels: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 9, channels), np.uint8)
    with Image.open(io.BytesIO(to_png(pixels, RECIPE))) as image:
        assert image.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)


def test_pixels_that_are_a_view_are_saved_as_they_look() -> None:
    view = PIXELS[::-1, :, ::-1]
    np.testing.assert_array_equal(np.asarray(to_image(view)), np.ascontiguousarray(view))


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert to_png(PIXELS, RECIPE) == to_png(PIXELS.copy(), Recipe(**RECIPE.model_dump()))


def test_the_recipe_is_plain_text_that_anyone_can_read() -> None:
    content = to_png(PIXELS, RECIPE)
    with Image.open(io.BytesIO(content)) as image:
        assert json.loads(image.info[KEY])["seed"] == 42
    assert b"faces-vae" in content


def test_the_version_is_a_number_or_nothing() -> None:
    assert app_version() == "" or app_version()[0].isdigit()


def test_a_recipe_from_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert read_recipe(with_facts(mood="calm")) == RECIPE


# --- what is no recipe ---------------------------------------------------------------------------------------------

NO_PICTURE = "This is not a picture or film that can be read; drop a PNG, GIF, WebP or MP4 that Latent Explorer saved."
NO_RECIPE = "This file holds no recipe; drop one that Latent Explorer saved, or a model."
DAMAGED = "The recipe in this file is damaged; it cannot be opened."


def jpeg() -> bytes:
    content = io.BytesIO()
    Image.fromarray(PIXELS).save(content, "JPEG")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", NO_PICTURE),
        (b"\x89PNG\r\n\x1a\n", NO_PICTURE),
        (b"not a picture", NO_PICTURE),
        (jpeg(), NO_PICTURE),
        (pickle.dumps(RECIPE.model_dump()), NO_PICTURE),
        (png_with(), NO_RECIPE),
        (png_with(latent_explorer=""), NO_RECIPE),
        (png_with(other_program="{}"), NO_RECIPE),
        (png_with(latent_explorer="not JSON"), DAMAGED),
        (png_with(latent_explorer="{}"), DAMAGED),
        (png_with(latent_explorer="[" * 100_000), DAMAGED),
        (png_with(latent_explorer=pickle.dumps(RECIPE.model_dump(), 0).decode("latin-1")), DAMAGED),
        (with_facts(seed=-1), DAMAGED),
        (with_facts(seed="many"), DAMAGED),
        (with_facts(seed=1.5), DAMAGED),
        (with_facts(code="0.5"), DAMAGED),
        (with_facts(code=[0.5, None]), DAMAGED),
        (with_facts(code=[1e39]), DAMAGED),  # more than a 32-bit float can hold
        (with_facts(code=[-1e300]), DAMAGED),
        (png_with(latent_explorer=RECIPE.model_dump_json().replace("-1.25", "NaN")), DAMAGED),
        (png_with(latent_explorer=RECIPE.model_dump_json().replace("-1.25", "-Infinity")), DAMAGED),
        (with_facts(bundle=None), DAMAGED),
    ],
)  # fmt: skip
def test_what_is_no_recipe_says_what_to_do(content: bytes, sentence: str) -> None:
    with pytest.raises(NoRecipe) as caught:
        read_recipe(content)
    assert str(caught.value) == sentence


def test_a_text_of_many_megabytes_is_no_recipe() -> None:
    with pytest.raises(NoRecipe):
        read_recipe(png_with(latent_explorer=" " * (5 << 20) + RECIPE.model_dump_json()))


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def test_a_text_that_unpacks_to_a_gigabyte_is_no_recipe() -> None:
    content = png_with()
    packed = zlib.compress(b" " * (64 << 20), 9)
    bomb = chunk(b"zTXt", KEY.encode() + b"\0\0" + packed)
    end_of_header = 8 + 12 + 13
    with pytest.raises(NoRecipe):
        read_recipe(content[:end_of_header] + bomb + content[end_of_header:])


@pytest.mark.parametrize("side", [9_000, 12_000, 40_000])
def test_a_vast_picture_is_not_unpacked_to_find_its_recipe(side: int) -> None:
    """A header that promises up to 5 GB of pixels, which are not there."""
    content = to_png(PIXELS, RECIPE)
    header = chunk(b"IHDR", side.to_bytes(4, "big") * 2 + content[24:29])
    assert read_recipe(content[:8] + header + content[33:]) == RECIPE


@given(st.data())
def test_damage_gives_the_recipe_or_a_sentence_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(to_png(PIXELS, RECIPE))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        recipe = read_recipe(bytes(content[:cut]))
    except NoRecipe:
        return
    assert recipe.model_fields_set <= set(Recipe.model_fields)
