"""All keyframes of a path on one picture, numbered."""

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from explorer.contract.pixels import Pixels
from explorer.media.films import Look
from explorer.media.partfile import PartFile
from explorer.media.recipes import Recipe, png_bytes, to_image
from explorer.places import assets_folder

SIDE = 16_384  # px, the longest side of a sheet
_GAP, _LINE = 8, 20  # px
_GROUND, _INK = 255, 32  # grey levels


class Sheet:
    """Takes the keyframes one by one, as a film takes frames, and becomes one PNG in the end."""

    def __init__(self, target: Path, look: Look, recipe: Recipe) -> None:
        self._file, self._look, self._recipe = PartFile(target), look, recipe
        self._pictures: list[Image.Image] = []

    @property
    def frames(self) -> int:
        """How many keyframes there are."""
        return len(self._pictures)

    def add(self, pixels: Pixels) -> None:
        """One more keyframe (H, W, C) uint8."""
        self._pictures.append(to_image(pixels))

    def finish(self) -> None:
        """Draw the sheet; without keyframes, leave nothing.

        Raises:
            OSError: it cannot be written.
        """
        if not self._pictures:
            self._file.drop()
            return
        try:
            self._file.append(png_bytes(drawn(self._pictures, self._look), self._recipe))
        except OSError:
            self._file.drop()
            raise
        self._file.keep()


def drawn(pictures: list[Image.Image], look: Look) -> Image.Image:
    """The pictures in rows, each with its number from 1 below; enlarged as far as the sheet holds."""
    columns = math.ceil(math.sqrt(len(pictures) * 1.5))
    rows = math.ceil(len(pictures) / columns)
    columns = min(columns, len(pictures))
    width, height = pictures[0].size
    scale = min(look.scale, (SIDE // columns - _GAP) // width, (SIDE // rows - _GAP - _LINE) // height)
    look = Look(scale=max(scale, 1), smooth=look.smooth)
    width, height = width * look.scale + _GAP, height * look.scale + _GAP + _LINE
    mode = "L" if pictures[0].mode == "L" else "RGB"
    ground, ink = (_GROUND, _INK) if mode == "L" else ((_GROUND,) * 3, (_INK,) * 3)
    sheet = Image.new(mode, (columns * width + _GAP, rows * height + _GAP), ground)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(str(assets_folder() / "fonts" / "LatentInter-Medium.ttf"), 13)
    for number, picture in enumerate(pictures):
        x, y = _GAP + number % columns * width, _GAP + number // columns * height
        large = look.enlarged(picture)
        sheet.paste(large.convert(mode), (x, y), large if large.mode == "RGBA" else None)
        middle = (x + (width - _GAP) / 2, y + height - _GAP - _LINE / 2)
        draw.text(middle, str(number + 1), ink, font, anchor="mm")
    return sheet
