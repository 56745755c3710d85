"""A grid of pictures as one, with what changes along its rows and columns written beside it."""

from PIL import Image, ImageDraw, ImageFont

from explorer.contract.pixels import Pixels
from explorer.media.recipes import Recipe, png_bytes, to_image
from explorer.places import assets_folder

LEAST = 96  # px, to which small pictures are enlarged
LONGEST = 8_192  # px, the side of a sheet
_GAP, _LINE = 4, 28  # px


def grid_png(cells: list[list[Pixels]], rows: str, columns: str, recipe: Recipe) -> bytes:
    """Rows of pictures (H, W, C) as a PNG; ``rows`` says what changes downwards, ``columns`` what does to the right."""
    height, width = cells[0][0].shape[:2]
    count = max(len(cells), len(cells[0]))
    scale = max(min(-(-LEAST // height), (LONGEST - _LINE) // (count * max(height, width) + count * _GAP)), 1)
    step_x, step_y = width * scale + _GAP, height * scale + _GAP
    size = (_LINE + len(cells[0]) * step_x + _GAP, _LINE + len(cells) * step_y + _GAP)
    sheet = Image.new("RGB", size, (255, 255, 255))
    for i, row in enumerate(cells):
        for j, cell in enumerate(row):
            large = to_image(cell).convert("RGB").resize((width * scale, height * scale), Image.Resampling.NEAREST)
            sheet.paste(large, (_LINE + j * step_x, _LINE + i * step_y))
    font = ImageFont.truetype(str(assets_folder() / "fonts" / "LatentInter-Medium.ttf"), 14)
    draw = ImageDraw.Draw(sheet)
    draw.text(((size[0] + _LINE) / 2, _LINE / 2), f"{columns} →", (32, 32, 32), font, anchor="mm")
    words = Image.new("RGB", (size[1] - _LINE, _LINE), (255, 255, 255))
    ImageDraw.Draw(words).text((words.width / 2, _LINE / 2), f"← {rows}", (32, 32, 32), font, anchor="mm")
    sheet.paste(words.rotate(90, expand=True), (0, _LINE))
    return png_bytes(sheet, recipe)
