"""Letters of installed fonts; the fonts are those that the application ships, under names of their own."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from trainers.kit import glyphs
from trainers.kit.data import load
from trainers.kit.data_errors import MissingSource
from trainers.kit.glyphs import CHARACTERS, Cut, cuts_of, draw_glyph, load_glyphs, usable_cuts

INTER = sorted((Path(__file__).parents[2] / "assets" / "fonts").glob("*.ttf"))


def test_all_cuts_of_a_font_can_be_used() -> None:
    cuts = usable_cuts(INTER)
    assert len(cuts) == len(INTER) and {cut.family for cut in cuts} == {"Latent Inter"}


def test_a_file_that_is_no_font_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"nothing")
    assert usable_cuts([tmp_path / "broken.ttf"]) == []


def test_letters_are_white_on_black_of_equal_height() -> None:
    for size in (28, 64):
        capitals = [draw_glyph(INTER[0], character, size) for character in "HEXZ"]
        for picture in capitals:
            rows, columns = np.nonzero(picture[..., 0] > 127)
            assert picture.shape == (size, size, 1) and picture[0, 0, 0] == 0 and picture.max() > 200
            assert abs((rows.max() - rows.min() + 1) / size - glyphs.CAPITAL_HEIGHT) < 0.06
            assert abs((columns.max() + columns.min() + 1) / 2 - size / 2) < 1.6


def test_wide_letters_fit() -> None:
    for path in INTER:
        picture = draw_glyph(path, "W", 28)
        assert picture[:, 0].max() < 128 and picture[:, -1].max() < 128


def test_every_character_looks_different() -> None:
    assert len({draw_glyph(INTER[0], character, 64).tobytes() for character in CHARACTERS}) == 62


def test_splits_share_no_house() -> None:
    names = product("ABCDEFGHIJKLMNOPQRST", ("Sans", "Serif"), ("Bold", "Thin"))
    cuts = [Cut(f"{house} {kind}", style, Path(house)) for house, kind, style in names]
    train, test = cuts_of(cuts, "train"), cuts_of(cuts, "test")
    assert not {cut.house for cut in train} & {cut.house for cut in test}
    assert len(train) + len(test) == 80 and 4 <= len(test) <= 80 / 7


def test_even_two_fonts_are_split() -> None:
    cuts = [Cut("Big", "Bold", Path()), Cut("Big", "Thin", Path()), Cut("Small", "Bold", Path())]
    assert [cut.family for cut in cuts_of(cuts, "test")] == ["Small"]


def test_labels_are_the_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = [Cut("One", str(i), path) for i, path in enumerate(INTER[1:])] + [Cut("Two", "0", INTER[0])]
    monkeypatch.setattr(glyphs, "usable_cuts", lambda _: cuts)
    train, test = load("glyphs", "train", folder=tmp_path), load("glyphs", "test", folder=tmp_path)
    assert (len(train), len(test)) == (62 * (len(INTER) - 1), 62) and train.classes == tuple(CHARACTERS)
    for picture, label in zip(test.images, test.labels, strict=True):
        assert np.array_equal(picture, draw_glyph(INTER[0], CHARACTERS[label], 28))


def test_too_few_fonts_give_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingSource, match="sudo apt-get install fonts-dejavu"):
        load_glyphs("train", folders=[tmp_path])
