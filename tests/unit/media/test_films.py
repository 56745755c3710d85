"""Films: every frame is there, for as long as it should be, and what was written stays whole whatever happens."""

import errno
import resource
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.media.films import Film, GifFilm, Look, PngFilm, WebpFilm
from explorer.media.mp4 import Mp4Film, find_ffmpeg
from explorer.media.partfile import PartFile, reason
from explorer.media.recipes import NoRecipe, read_picture, to_image
from explorer.media.sheets import Sheet
from tests.unit.media.films import JOURNEY, RECIPE, frame, in_colour, played

Make = Callable[[Path, Look], Film]


def gif(path: Path, look: Look) -> Film:
    return GifFilm(path, look, RECIPE)


def webp(path: Path, look: Look) -> Film:
    return WebpFilm(path, look, RECIPE)


def code(number: int) -> tuple[float, ...]:
    return (float(number), 0.25)


ANIMATED = pytest.mark.parametrize(("name", "make"), [("film.gif", gif), ("film.webp", webp)])


def written(path: Path, make: Make, look: Look, count: int = 5, channels: int = 3) -> list[np.ndarray]:
    film = make(path, look)
    frames = [frame(number, channels) for number in range(count)]
    for pixels in frames:
        film.add(pixels)
    film.finish()
    assert film.frames == count
    return frames


# --- every frame ---------------------------------------------------------------------------------------------------


@ANIMATED
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_frame_is_shown_as_it_is(tmp_path: Path, name: str, make: Make, channels: int) -> None:
    frames = written(tmp_path / name, make, Look(25, 1), channels=channels)
    shown, durations = played(tmp_path / name)
    assert len(shown) == len(frames)
    for seen, pixels in zip(shown, frames, strict=True):
        np.testing.assert_array_equal(seen, in_colour(pixels))
    assert durations == [40] * 5


@ANIMATED
def test_crisp_frames_are_repeated_pixels(tmp_path: Path, name: str, make: Make) -> None:
    frames = written(tmp_path / name, make, Look(25, 3))
    shown, _ = played(tmp_path / name)
    np.testing.assert_array_equal(shown[4], in_colour(frames[4]).repeat(3, axis=0).repeat(3, axis=1))


@ANIMATED
def test_smooth_frames_are_near_the_blended_ones(tmp_path: Path, name: str, make: Make) -> None:
    look = Look(25, 4, smooth=True)
    frames = written(tmp_path / name, make, look)
    shown, _ = played(tmp_path / name)
    wanted = np.asarray(look.enlarged(to_image(frames[2]))).astype(int)
    assert shown[2].shape == (48, 40, 3)
    assert np.abs(shown[2] - wanted).mean() < 8
    assert len(np.unique(shown[2].reshape(-1, 3), axis=0)) > 120  # blended, not repeated


@ANIMATED
def test_the_film_as_a_whole_keeps_time(tmp_path: Path, name: str, make: Make) -> None:
    """A thirtieth of a second is no whole number of hundredths; what is lost in one frame comes back in another."""
    written(tmp_path / name, make, Look(30, 1), count=30)
    assert abs(sum(played(tmp_path / name)[1]) - 1_000) <= 10


@ANIMATED
@pytest.mark.parametrize("loop", [True, False])
def test_it_goes_round_when_it_should(tmp_path: Path, name: str, make: Make, loop: bool) -> None:
    written(tmp_path / name, make, Look(25, 1, loop=loop))
    with Image.open(tmp_path / name) as film:
        found = film.info.get("loop")
    assert found == (0 if loop else {"film.gif": None, "film.webp": 1}[name])


def test_a_sequence_has_a_picture_for_each_frame_with_its_own_point(tmp_path: Path) -> None:
    written(tmp_path / "walk", lambda path, look: PngFilm(path, look, RECIPE, code), Look(scale=2), count=3)
    paths = sorted((tmp_path / "walk").iterdir())
    assert [path.name for path in paths] == ["walk-00001.png", "walk-00002.png", "walk-00003.png"]
    for number, path in enumerate(paths):
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image), frame(number).repeat(2, axis=0).repeat(2, axis=1))
        recipe = read_picture(path)
        assert recipe.code == code(number)
        assert recipe.seed is None  # it is no seed's own point
        assert recipe.journey == JOURNEY


def test_a_very_long_path_is_in_the_first_picture_of_a_sequence_alone(tmp_path: Path) -> None:
    long = JOURNEY.model_copy(update={"keyframes": tuple((float(number), 1 / 3) for number in range(200)) * 20})
    film = PngFilm(tmp_path / "walk", Look(), RECIPE.model_copy(update={"journey": long}), code)
    for number in range(2):
        film.add(frame(number))
    film.finish()
    first, second = (read_picture_text(path) for path in sorted((tmp_path / "walk").iterdir()))
    assert b'"keyframes"' in first
    assert b'"keyframes"' not in second


def read_picture_text(path: Path) -> bytes:
    return path.read_bytes()


def test_a_sheet_shows_every_keyframe(tmp_path: Path) -> None:
    frames = written(tmp_path / "sheet.png", lambda path, look: Sheet(path, look, RECIPE), Look(scale=4), count=7)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png")).astype(int)
    for pixels in frames:
        wanted = pixels.repeat(4, axis=0).repeat(4, axis=1).astype(int)
        height, width = wanted.shape[:2]
        places = [
            (y, x)
            for y in range(sheet.shape[0] - height + 1)
            for x in range(sheet.shape[1] - width + 1)
            if (sheet[y, x] == wanted[0, 0]).all() and (sheet[y : y + height, x : x + width] == wanted).all()
        ]
        assert len(places) == 1
        y, x = places[0]
        assert sheet[y + height : y + height + 24, x : x + width].min() < 100  # its number below
    assert read_picture(tmp_path / "sheet.png") == RECIPE


# --- recipes -------------------------------------------------------------------------------------------------------


@ANIMATED
def test_the_recipe_comes_back_as_it_was(tmp_path: Path, name: str, make: Make) -> None:
    written(tmp_path / name, make, Look())
    assert read_picture(tmp_path / name) == RECIPE


@ANIMATED
def test_a_film_cut_off_gives_its_recipe_or_a_sentence(tmp_path: Path, name: str, make: Make) -> None:
    written(tmp_path / name, make, Look())
    content = (tmp_path / name).read_bytes()
    found = 0
    for cut in range(0, len(content), 7):
        (tmp_path / name).write_bytes(content[:cut])
        try:
            found += read_picture(tmp_path / name) == RECIPE
        except NoRecipe:
            continue
    assert found == 0 or name == "film.gif"  # whose recipe stands before the frames


# --- memory --------------------------------------------------------------------------------------------------------


@ANIMATED
def test_memory_stays_flat_over_thousands_of_frames(tmp_path: Path, name: str, make: Make) -> None:
    film, pixels = make(tmp_path / name, Look()), [frame(number, 1, (16, 16)) for number in range(8)]
    for number in range(20):
        film.add(pixels[number % 8])
    tracemalloc.start()
    for number in range(3_000):
        film.add(pixels[number % 8])
    grown = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    film.finish()
    assert grown < 200_000  # the frames are 768 kB, the film is more
    with Image.open(tmp_path / name) as shown:
        assert shown.n_frames == 3_020


# --- no room -------------------------------------------------------------------------------------------------------


@ANIMATED
@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as POSIX does")
def test_what_fits_on_the_disk_stays_playable(tmp_path: Path, name: str, make: Make) -> None:
    film = make(tmp_path / name, Look())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, limits[1]))  # a frame that does not fit is written in part
    try:
        with pytest.raises(OSError) as caught:
            for number in range(1_000):
                film.add(frame(number % 8))
        try:
            film.finish()
        except OSError as error:  # no room for the recipe of a WebP
            assert name == "film.webp", error
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert reason(caught.value) == "the disk takes no larger files"
    shown, _ = played(tmp_path / name)
    assert 1 < len(shown) == film.frames
    for number, seen in enumerate(shown):
        np.testing.assert_array_equal(seen, frame(number % 8))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as POSIX does")
def test_a_sequence_on_a_full_disk_holds_whole_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = PngFilm(tmp_path / "walk", Look(), RECIPE, code)
    film.add(frame(0))
    film.add(frame(1))

    def full(self: PartFile, content: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PartFile, "_write", full)
    with pytest.raises(OSError) as caught:
        film.add(frame(2))
    film.finish()
    assert reason(caught.value) == "the disk is full"
    assert [path.name for path in sorted((tmp_path / "walk").iterdir())] == ["walk-00001.png", "walk-00002.png"]
    for path in (tmp_path / "walk").iterdir():
        Image.open(path).load()


@pytest.mark.parametrize("make", [gif, webp, lambda path, look: Sheet(path, look, RECIPE)])
def test_a_film_without_frames_leaves_what_was_there(tmp_path: Path, make: Make) -> None:
    target = tmp_path / "film"
    target.write_bytes(b"mine")
    make(target, Look()).finish()
    assert target.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [target]


def test_a_sequence_without_frames_leaves_no_folder(tmp_path: Path) -> None:
    PngFilm(tmp_path / "walk", Look(), RECIPE, code).finish()
    assert not list(tmp_path.iterdir())


@ANIMATED
def test_what_was_there_stays_until_the_film_is_done(tmp_path: Path, name: str, make: Make) -> None:
    (tmp_path / name).write_bytes(b"older")
    film = make(tmp_path / name, Look())
    film.add(frame(0))
    assert (tmp_path / name).read_bytes() == b"older"
    film.finish()
    assert len(played(tmp_path / name)[0]) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        gif(tmp_path / "nowhere" / "film.gif", Look())
    assert reason(caught.value) == "the folder is not there"


# --- MP4 -----------------------------------------------------------------------------------------------------------

FFMPEG = find_ffmpeg()
video = pytest.mark.skipif(FFMPEG is None, reason="needs ffmpeg, which the video extra brings")


@video
@pytest.mark.parametrize("channels", [1, 3])
def test_an_mp4_carries_its_recipe(tmp_path: Path, channels: int) -> None:
    assert FFMPEG is not None
    film = Mp4Film(tmp_path / "film.mp4", Look(25, 2), RECIPE, FFMPEG)
    for number in range(10):
        film.add(frame(number, channels, (11, 13)))  # odd, which the format cannot be
    film.finish()
    assert read_picture(tmp_path / "film.mp4") == RECIPE
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@video
def test_an_mp4_whose_encoder_ends_says_why(tmp_path: Path) -> None:
    assert FFMPEG is not None
    film = Mp4Film(tmp_path / "film.mp4", Look(), RECIPE, FFMPEG)
    film.add(frame(0, 3, (64, 64)))
    film._process.kill()  # type: ignore[union-attr]
    with pytest.raises(OSError) as caught:
        for number in range(10_000):
            film.add(frame(number % 8, 3, (64, 64)))
    assert reason(caught.value) == "the disk said: ffmpeg ended too early"
    with pytest.raises(OSError):
        film.finish()


def test_without_ffmpeg_there_is_none_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.media.mp4.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    assert find_ffmpeg() is None
