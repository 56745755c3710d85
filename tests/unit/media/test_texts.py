"""Files that are hostile, torn or vast: a recipe or a sentence, at once, and no more memory than a recipe needs."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.media.films import GifFilm, Look, WebpFilm
from explorer.media.recipes import NoRecipe, read_picture, read_recipe, to_png
from explorer.media.texts import KEY, TEXT_BYTES
from tests.unit.media.films import RECIPE, frame

VAST = 100 << 20  # bytes that a file has, or says it has


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(text: bytes) -> bytes:
    comment = box(b"\xa9cmt", box(b"data", struct.pack(">II", 1, 0) + text))
    meta = box(b"meta", bytes(4) + box(b"hdlr", bytes(25)) + box(b"ilst", box(b"\xa9too", b"other") + comment))
    return box(b"ftyp", b"isom") + box(b"free", b"") + box(b"moov", box(b"mvhd", bytes(100)) + box(b"udta", meta))


def gif(tmp_path: Path) -> bytes:
    return saved(GifFilm(tmp_path / "film.gif", Look(), RECIPE), tmp_path / "film.gif")


def webp(tmp_path: Path) -> bytes:
    return saved(WebpFilm(tmp_path / "film.webp", Look(), RECIPE), tmp_path / "film.webp")


def saved(film: GifFilm | WebpFilm, path: Path) -> bytes:
    film.add(frame(0))
    film.finish()
    return path.read_bytes()


def png(_: Path) -> bytes:
    return to_png(frame(0), RECIPE)


def film_mp4(_: Path) -> bytes:
    return mp4(f"{KEY} {RECIPE.text()}".encode())


KINDS = [png, gif, webp, film_mp4]


@pytest.mark.parametrize("make", KINDS)
def test_every_kind_of_file_gives_its_recipe(tmp_path: Path, make: Callable[[Path], bytes]) -> None:
    assert read_recipe(make(tmp_path)) == RECIPE


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("films")
    return [make(folder) for make in KINDS]


@given(st.data())
def test_damage_gives_a_recipe_or_a_sentence_and_nothing_else(contents: list[bytes], data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(contents)))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_recipe(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except NoRecipe as error:
        assert str(error).endswith((".", "Explorer saved."))


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\xff\xff\xff\xffWEBP", b"\0\0\0\x10ftypisom"]), st.binary()
)
def test_noise_after_any_beginning_is_no_recipe(start: bytes, noise: bytes) -> None:
    with pytest.raises(NoRecipe):
        read_recipe(start + noise)


HOSTILE = {
    "a GIF of 100 MB of comments": b"GIF89a" + bytes(7) + (b"!\xfe" + b"\xff" + b" " * 255 + b"\0") * (VAST // 259),
    "a GIF whose comment never ends": b"GIF89a" + bytes(7) + b"!\xfe" + (b"\xff" + b"x" * 255) * (VAST // 256),
    "a WebP whose text is 100 MB": b"RIFF\xff\xff\xff\xffWEBPXMP " + struct.pack("<I", VAST) + b" " * VAST,
    "a WebP of nothing but headers": b"RIFF\xff\xff\xff\xffWEBP" + b"ANMF\0\0\0\0" * 100_000,
    "a PNG whose text is 100 MB": b"\x89PNG\r\n\x1a\n"
    + png_chunk(b"IHDR", bytes(13))
    + png_chunk(b"iTXt", KEY.encode() + bytes(5) + b" " * VAST),
    "an MP4 whose comment is 100 MB": mp4(f"{KEY} ".encode() + b" " * VAST),
    "an MP4 of boxes in boxes of 16 exabytes": b"\0\0\0\x10ftypisom" + bytes(4) + b"\0\0\0\1moov" + b"\xff" * 8,
    "an MP4 of empty boxes": b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 100_000,
    "a box shorter than its header": b"\0\0\0\x08ftyp\0\0\0\x04moov" + bytes(100),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_take_no_memory(tmp_path: Path, what: str) -> None:
    path = tmp_path / "hostile.gif"
    path.write_bytes(HOSTILE[what])
    tracemalloc.start()
    with pytest.raises(NoRecipe):
        read_picture(path)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 4 * TEXT_BYTES


def test_a_recipe_whose_keyframes_are_of_another_space_is_damaged() -> None:
    text = RECIPE.text().replace('"code":[0.5,-1.25]', '"code":[0.5,-1.25,3.0]')
    with pytest.raises(NoRecipe, match="damaged"):
        read_recipe(mp4(f"{KEY} {text}".encode()))


@pytest.mark.parametrize("journey", ["7", "[]", '{"kind":"by bus"}', '{"leg_s":0}', '{"keyframes":[["x","y"]]}'])
def test_a_recipe_whose_path_is_none_is_damaged(journey: str) -> None:
    point = RECIPE.model_copy(update={"journey": None}).text()
    with pytest.raises(NoRecipe, match="damaged"):
        read_recipe(mp4(f'{KEY} {point[:-1]},"journey":{journey}}}'.encode()))


def test_comments_of_other_programs_are_no_recipe() -> None:
    with pytest.raises(NoRecipe, match="holds no recipe"):
        read_recipe(mp4(b"Made with love"))
