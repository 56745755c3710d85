"""Letters and digits in every font that is installed: white on black, the character is the label.

Splits. Fonts are split, not pictures: fonts whose names begin with the same word (Noto Sans, Noto Serif Bold) are one
house and lie in one split, so that test letters are of designs never seen. In the order of the sha256 of their names,
houses are for testing as long as these hold at most a seventh of all cuts (at least the smallest house is); the split
is fixed as long as the same fonts are installed.
"""

import hashlib
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trainers.kit import cache
from trainers.kit.data_errors import MissingSource
from trainers.kit.pictures import Pictures, Progress, Split, check_size

CHARACTERS = ascii_uppercase + ascii_lowercase + digits
DEFAULT_SIZE = 28
SUFFIXES = (".ttf", ".otf", ".ttc", ".pfb")
SYMBOLS = ("symbol", "dingbat", "d050000l", "emoji", "icon", "braille")  # in the name: draws no letters for letters
TEST_SHARE = 7  # at most one cut in so many is for testing
FEWEST_HOUSES = 2
RECIPE = 1  # counts changes of how letters are drawn, so that a cache from before is not used
CAPITAL_HEIGHT = 0.58  # of the picture: leaves room for a g below and an accent-free ascender above
BASELINE = 0.76  # of the picture, from the top
WIDEST = 0.94  # of the picture: wider letters are drawn smaller
PROBE_PX = 48  # font size at which a font is tried
UNASSIGNED = "\uffff"  # never a character: what a font draws for what it lacks
FEWEST_SHAPES = 50  # distinct pictures among the 62 characters: fewer means a font of symbols, or of capitals alone
HOW_TO_GET = "sudo apt-get install fonts-dejavu fonts-liberation fonts-lato fonts-roboto fonts-open-sans"


@dataclass(frozen=True)
class Cut:
    """One style of a family, and the file that holds it."""

    family: str
    style: str
    path: Path

    @property
    def house(self) -> str:
        return self.family.split()[0]


def load_glyphs(
    split: Split, *, size: int = DEFAULT_SIZE, progress: Progress | None = None, folders: list[Path] | None = None
) -> Pictures:
    """The characters of every family of the split, in one fixed order that mixes fonts and characters.

    ``folders``: where fonts are looked for; by default where the system keeps them. MissingSource if there are fewer
    than two houses with Latin letters.
    """
    check_size(size)
    folders = font_folders() if folders is None else folders
    files = sorted({path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES})
    arrays = cache.remember(_cache_path(files, split, size), lambda: _make(files, split, size, progress))
    families = json.loads(str(arrays["families"]))
    return Pictures(
        name="glyphs",
        split=split,
        images=arrays["images"],
        labels=arrays["labels"],
        classes=tuple(CHARACTERS),
        attributes=(),
        licence="each font's own; pictures of letters may be published",
        credit=f"The makers of {', '.join(families)}",
        source=f"{len(families)} font families for the {split} split in {', '.join(str(f) for f in folders)}",
    )


def font_folders() -> list[Path]:
    """Folders with fonts that exist here: the system's and the user's."""
    home = Path.home()
    if sys.platform == "win32":
        places = [Path(os.environ["WINDIR"]) / "Fonts", Path(os.environ["LOCALAPPDATA"]) / "Microsoft/Windows/Fonts"]
    elif sys.platform == "darwin":
        places = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    else:
        places = [
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            home / ".fonts",
            home / ".local/share/fonts",
        ]
    return [place for place in places if place.is_dir()]


def usable_cuts(files: list[Path]) -> list[Cut]:
    """Cuts that hold all 62 characters as shapes of their own, one file for each, in a fixed order."""
    cuts: dict[tuple[str, str], Cut] = {}
    for path in files:
        try:
            font = ImageFont.truetype(path, PROBE_PX)
            family, style = font.getname()
            key = (family or path.stem, style or "Regular")
            if key not in cuts and not any(word in key[0].lower() for word in SYMBOLS) and _has_all(font):
                cuts[key] = Cut(*key, path)
        except OSError:
            continue  # a bitmap font or a broken file: not one that letters can be drawn with
    return [cuts[key] for key in sorted(cuts)]


def cuts_of(cuts: list[Cut], split: Split) -> list[Cut]:
    """The cuts of a split, by the hash of their house's name."""
    sizes = Counter(cut.house for cut in cuts)
    test: set[str] = set()
    for house in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if (sum(sizes[other] for other in test) + sizes[house]) * TEST_SHARE <= len(cuts):
            test.add(house)
    test = test or {min(sorted(sizes), key=sizes.__getitem__)}
    return [cut for cut in cuts if (cut.house in test) == (split == "test")]


def draw_glyph(path: Path, character: str, size: int) -> np.ndarray:
    """A character as uint8 (size, size, 1): capitals of all fonts equally high, on one baseline, centred sideways."""
    capital = ImageFont.truetype(path, PROBE_PX).getbbox("H", anchor="ls")
    points = PROBE_PX * CAPITAL_HEIGHT * size / max(capital[3] - capital[1], 1)
    font = ImageFont.truetype(path, points)
    left, _, right, _ = font.getbbox(character, anchor="ls")
    if (width := right - left) > WIDEST * size:
        font = ImageFont.truetype(path, points * WIDEST * size / width)
        left, _, right, _ = font.getbbox(character, anchor="ls")
    picture = Image.new("L", (size, size))
    place = ((size - left - right) / 2, BASELINE * size)
    ImageDraw.Draw(picture).text(place, character, fill=255, font=font, anchor="ls")
    return np.asarray(picture)[..., None]


def _make(files: list[Path], split: Split, size: int, progress: Progress | None) -> cache.Arrays:
    cuts = usable_cuts(files)
    if len({cut.house for cut in cuts}) < FEWEST_HOUSES:
        raise MissingSource(f"glyphs needs two kinds of fonts with Latin letters. Get them with: {HOW_TO_GET}")
    cuts = cuts_of(cuts, split)
    images = []
    for cut in cuts:
        images += [draw_glyph(cut.path, character, size) for character in CHARACTERS]
        if progress is not None:
            progress(len(images), len(cuts) * len(CHARACTERS))
    order = np.random.default_rng(RECIPE).permutation(len(images))
    labels = np.tile(np.arange(len(CHARACTERS)), len(cuts))
    return {
        "images": np.stack(images)[order],
        "labels": labels[order],
        "families": np.array(json.dumps(sorted({cut.family for cut in cuts}))),
    }


def _cache_path(files: list[Path], split: Split, size: int) -> Path:
    """Another set of fonts is another file."""
    listing = "\n".join(f"{path} {path.stat().st_size}" for path in files)
    key = hashlib.sha256(listing.encode()).hexdigest()[:16]
    return cache.cache_folder() / "glyphs" / f"{split}-{size}px-{key}-r{RECIPE}.npz"


def _has_all(font: ImageFont.FreeTypeFont) -> bool:
    missing = _shape(font, UNASSIGNED)
    shapes = {_shape(font, character) for character in CHARACTERS}
    return len(shapes) >= FEWEST_SHAPES and missing not in shapes and all(any(shape) for shape in shapes)


def _shape(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    picture = Image.new("L", (2 * PROBE_PX, 2 * PROBE_PX))
    ImageDraw.Draw(picture).text((PROBE_PX, PROBE_PX), character, fill=255, font=font, anchor="ms")
    return picture.tobytes()
