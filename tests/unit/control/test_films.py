"""Saving paths: what is decoded, what is written, what is said, and who gives way to whom."""

import csv
import errno
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from unittest.mock import call, create_autospec

import numpy as np
import pytest
from PIL import Image

from explorer.contract.errors import ModelFault
from explorer.control.films import FilmsController, FilmsView
from explorer.control.stage import Picture, Stage
from explorer.control.strip import StripController, StripView, codes_of
from explorer.control.walk import Walk
from explorer.media.partfile import PartFile
from explorer.media.recipes import read_picture
from explorer.state.filmchoice import FilmChoice
from explorer.state.journey import Journey
from explorer.state.place import Explore, Place
from explorer.state.settings import Settings
from explorer.tasks.latest import Lane, Worker
from tests.unit.control.stand import Steps, decoder_of, pixels_at, toy_model
from tests.unit.inbox import Inbox
from tests.unit.media.films import in_colour, played

A, B, C = (1.0, 0.0, 0.0, 0.0), (0.0, 2.0, 0.0, 0.0), (0.0, 0.0, 3.0, 1.0)
JOURNEY = Journey(bundle="/models/toy", keyframes=(A, B, C), leg_s=0.4)
CRISP = FilmChoice(kind="gif", fps=10, scale=1, smooth=False)


class Desk:
    """Films of a path through a toy, decoded by a real worker and written by a real queue."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.worker = Worker(self.inbox.post, lanes=2)
        self.explore, self.stage, self.settings, self.steps = Explore(), Stage(), Settings(), Steps()
        self.view = create_autospec(FilmsView, instance=True)
        walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(1), lambda: None)
        self.strip = StripController(
            self.explore, self.stage, self.steps, walk, create_autospec(Lane, instance=True),
            create_autospec(StripView, instance=True), np.random.default_rng(2),
        )  # fmt: skip
        self.films = FilmsController(
            self.explore, self.stage, self.settings, self.strip, self.worker.lanes[1], self.inbox.post, self.view
        )
        self.model = toy_model()
        self.explore.place = Place(bundle=self.model.key, code=C, seed=7)
        self.explore.journey = JOURNEY
        self.stage.model = self.model
        self.stage.picture = Picture(1, self.model, np.float32(C), pixels_at(self.model, C), 1.0)

    def settle(self) -> None:
        self.inbox.run_until(lambda: self.films.idle)
        self.inbox.drain()

    def save(self, choice: FilmChoice, target: Path) -> str:
        """Save, wait, and what was said."""
        self.films.save(choice, target)
        self.settle()
        return str(self.view.tell.call_args.args[0])

    @property
    def codes(self) -> np.ndarray:
        """The points of a film of ten frames a second."""
        assert self.model.decodes is not None
        return codes_of(self.explore.journey, self.model.decodes.prior, np.linspace(0, 2, 9))


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.films.close()
    desk.worker.close()


# --- what is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_film_shows_the_path_from_end_to_end(desk: Desk, tmp_path: Path, kind: str) -> None:
    sentence = desk.save(CRISP.model_copy(update={"kind": kind}), tmp_path / f"a.{kind}")
    shown, _ = played(tmp_path / f"a.{kind}")
    assert len(shown) == 9 == desk.films.frames(10)
    for seen, code in zip(shown, desk.codes, strict=True):
        np.testing.assert_array_equal(seen, in_colour(pixels_at(desk.model, code)))
    assert sentence == f"Saved as {tmp_path / f'a.{kind}'}; drop it on this window to come back to this path."
    assert desk.view.show_export.call_args == call(None)


def test_a_loop_leaves_out_its_end(desk: Desk, tmp_path: Path) -> None:
    desk.strip.set(loop=True)
    desk.save(CRISP, tmp_path / "a.gif")
    shown, _ = played(tmp_path / "a.gif")
    assert len(shown) == 12
    assert not np.array_equal(shown[0], shown[-1])


def test_an_even_pace_is_measured_where_it_was_not_yet(desk: Desk, tmp_path: Path) -> None:
    desk.explore.journey = JOURNEY.model_copy(update={"keyframes": (A, (1.05, 0.0, 0.0, 0.0), C), "even": True})
    assert desk.strip.pace is None
    desk.save(CRISP, tmp_path / "a.gif")
    shown = [frame.astype(float) for frame in played(tmp_path / "a.gif")[0]]
    steps = [float(np.sqrt(np.mean((b - a) ** 2))) for a, b in pairwise(shown)]
    assert max(steps) < 2.5 * min(steps)


def test_the_recipe_holds_point_and_path_and_no_path_on_this_machine(desk: Desk, tmp_path: Path) -> None:
    desk.save(CRISP, tmp_path / "a.gif")
    recipe = read_picture(tmp_path / "a.gif")
    assert (recipe.bundle, recipe.name, recipe.code, recipe.seed) == ("id of /models/toy", "toy", C, 7)
    assert recipe.journey == JOURNEY.model_copy(update={"bundle": ""})
    assert b"/models/toy" not in (tmp_path / "a.gif").read_bytes().replace(b"id of /models/toy", b"")


def test_a_sequence_takes_a_folder_that_is_free(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk" / "mine.txt").write_text("mine")
    sentence = desk.save(CRISP.model_copy(update={"kind": "png"}), tmp_path / "walk")
    assert [path.name for path in (tmp_path / "walk").iterdir()] == ["mine.txt"]
    pictures = sorted((tmp_path / "walk 2").iterdir())
    assert len(pictures) == 9
    np.testing.assert_array_equal(np.float32(read_picture(pictures[4]).code), desk.codes[4])
    assert sentence.startswith(f"Saved as {tmp_path / 'walk 2'}; drop the first of its pictures on this window")


def test_a_sheet_of_the_keyframes(desk: Desk, tmp_path: Path) -> None:
    desk.save(CRISP.model_copy(update={"kind": "sheet"}), tmp_path / "sheet")
    assert read_picture(tmp_path / "sheet.png").journey is not None
    assert decoder_of(desk.model).decoded == 3
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size[0] > 2 * 8


@pytest.mark.parametrize("kind", ["npz", "csv"])
def test_the_numbers_of_the_keyframes(desk: Desk, tmp_path: Path, kind: str) -> None:
    sentence = desk.save(CRISP.model_copy(update={"kind": kind}), tmp_path / f"codes.{kind}")
    if kind == "npz":
        with np.load(tmp_path / "codes.npz", allow_pickle=False) as arrays:
            found = arrays["codes"]
    else:
        rows = list(csv.reader((tmp_path / "codes.csv").read_text().splitlines()))
        found = np.array([row[1:] for row in rows[1:]], np.float32)
    np.testing.assert_array_equal(found, np.float32([A, B, C]))
    assert sentence == f"Saved 3 codes as {tmp_path / f'codes.{kind}'}."


def test_films_come_one_after_the_other_each_of_its_own_path(desk: Desk, tmp_path: Path) -> None:
    desk.films.save(CRISP, tmp_path / "first.gif")
    desk.explore.journey = JOURNEY.model_copy(update={"keyframes": (C, A)})
    desk.films.save(CRISP, tmp_path / "second.gif")
    desk.settle()
    assert len(played(tmp_path / "first.gif")[0]) == 9
    shown, _ = played(tmp_path / "second.gif")
    assert len(shown) == 5
    np.testing.assert_array_equal(shown[0], in_colour(pixels_at(desk.model, C)))


def test_a_film_of_hundreds_of_frames_is_whole(desk: Desk, tmp_path: Path) -> None:
    """More than may lie between decoding and writing at once."""
    desk.strip.set(leg_s=5.0)
    desk.save(CRISP.model_copy(update={"fps": 50}), tmp_path / "a.gif")
    shown, _ = played(tmp_path / "a.gif")
    assert len(shown) == 501
    np.testing.assert_array_equal(shown[-1], in_colour(pixels_at(desk.model, C)))


# --- who gives way -------------------------------------------------------------------------------------------------


def test_a_hand_comes_before_the_film(desk: Desk, tmp_path: Path) -> None:
    """What is asked for in the middle of a portion is answered before the film's next frames are decoded."""
    decodes, asked, decoded_then = decoder_of(desk.model), [], []
    plain = decodes.decode

    def decode(codes: np.ndarray) -> np.ndarray:
        if not asked:
            asked.append(True)
            desk.worker.lanes[0].submit(lambda job: decodes.decoded, decoded_then.append, pytest.fail)
        return plain(codes)

    decodes.decode = decode  # type: ignore[method-assign]
    desk.save(CRISP, tmp_path / "a.gif")
    assert decoded_then == [1]


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_a_full_disk_in_the_middle_keeps_what_is_there(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, frames = PartFile.append, []

    def append(self: PartFile, content: bytes) -> None:
        if len(frames) == 4 and content != b";":
            raise OSError(errno.ENOSPC, "No space left on device")
        frames.append(content)
        plain(self, content)

    monkeypatch.setattr(PartFile, "append", append)
    sentence = desk.save(CRISP, tmp_path / "a.gif")
    assert len(played(tmp_path / "a.gif")[0]) == 4
    assert sentence == (
        "a.gif holds 4 frames of 9 and stays usable: the disk is full; "
        "make room or choose another folder, and save it again."
    )
    assert desk.view.tell.call_args.kwargs == {"error": True}


def test_a_place_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    sentence = desk.save(CRISP, tmp_path / "nowhere" / "a.gif")
    assert sentence == (
        "a.gif was not written: the folder is not there; make room or choose another folder, and save it again."
    )
    assert desk.save(CRISP, tmp_path / "b.gif").startswith("Saved")  # the next one is none the worse


def test_a_model_that_fails_is_told(desk: Desk, tmp_path: Path) -> None:
    decoder_of(desk.model).fault = ModelFault("decoder.onnx gave no numbers; get the model again.")
    sentence = desk.save(CRISP, tmp_path / "a.gif")
    assert sentence == "a.gif was not written: decoder.onnx gave no numbers; get the model again."
    assert not list(tmp_path.iterdir())


def test_a_film_that_is_stopped_keeps_its_frames_and_the_next_one_begins(desk: Desk, tmp_path: Path) -> None:
    desk.strip.set(leg_s=60.0)
    desk.films.save(CRISP.model_copy(update={"fps": 50}), tmp_path / "long.gif")
    desk.strip.set(leg_s=0.4)
    desk.films.save(CRISP, tmp_path / "short.gif")
    shown = desk.view.show_export
    desk.inbox.run_until(lambda: shown.called and shown.call_args.args[0].done > 0)
    desk.films.stop()
    desk.settle()
    count = len(played(tmp_path / "long.gif")[0])
    assert 0 < count < 6_000
    said = [found.args[0] for found in desk.view.tell.call_args_list]
    assert said[0] == f"Stopped; long.gif holds {count} frame{'' if count == 1 else 's'} of 6001."
    assert len(played(tmp_path / "short.gif")[0]) == 9


def test_closing_leaves_a_film_that_plays(desk: Desk, tmp_path: Path) -> None:
    desk.strip.set(leg_s=60.0)
    desk.films.save(CRISP.model_copy(update={"fps": 50}), tmp_path / "long.gif")
    shown = desk.view.show_export
    desk.inbox.run_until(lambda: shown.called and shown.call_args.args[0].done > 0)
    desk.films.close()
    assert [path.name for path in tmp_path.iterdir()] == ["long.gif"]
    assert 0 < len(played(tmp_path / "long.gif")[0]) < 6_001


def test_without_ffmpeg_the_line_to_type_is_told(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.control.films.find_ffmpeg", lambda: None)
    sentence = desk.save(CRISP.model_copy(update={"kind": "mp4"}), tmp_path / "a.mp4")
    assert 'pip install "latent-explorer[video]"' in sentence


@pytest.mark.parametrize("frames", [(), (A,)])
def test_without_a_path_nothing_is_written(desk: Desk, tmp_path: Path, frames: tuple[tuple[float, ...], ...]) -> None:
    desk.explore.journey = JOURNEY.model_copy(update={"keyframes": frames})
    desk.films.save(CRISP, tmp_path / "a.gif")
    assert desk.films.idle
    assert desk.films.frames(25) == 0
    assert not list(tmp_path.iterdir())


# --- asking --------------------------------------------------------------------------------------------------------


def test_what_was_chosen_last_is_offered_again(desk: Desk, tmp_path: Path) -> None:
    chosen = FilmChoice(kind="webp", fps=12, scale=2, smooth=False, loop=False)
    desk.view.ask_film.return_value = chosen
    desk.view.ask_film_place.return_value = tmp_path / "mine"
    desk.films.ask()
    desk.settle()
    assert desk.view.ask_film.call_args.args[0] == FilmChoice()
    assert desk.view.ask_film.call_args.args[2] == (8, 8)
    assert desk.view.ask_film_place.call_args == call(chosen, "toy-path.webp")
    assert (tmp_path / "mine.webp").exists()
    assert desk.settings.film == chosen.model_copy(update={"folder": str(tmp_path)})


@pytest.mark.parametrize("asked", ["ask_film", "ask_film_place"])
def test_who_chooses_nothing_gets_nothing(desk: Desk, asked: str) -> None:
    desk.view.ask_film.return_value = CRISP
    getattr(desk.view, asked).return_value = None
    desk.films.ask()
    assert desk.films.idle
    assert desk.settings.film == FilmChoice()
