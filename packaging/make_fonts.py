"""Makes ``assets/fonts``: Inter 4.1 under a family name of its own.

    pip install fonttools brotli
    python packaging/make_fonts.py FOLDER      # web/ of the npm package inter-ui 4.1: Inter-Regular.woff2 and so on

Qt merges an application's fonts with the system's fonts of the same family and may then take the system's: on a machine
that has another version of Inter the window would look different. So the family is renamed, which the licence (OFL, no
reserved name) allows. WOFF2 is unpacked because Qt reads it on some platforms only.
"""

import sys
from pathlib import Path

from fontTools.ttLib import TTFont

FAMILY = "Latent Inter"
WEIGHTS = ("Regular", "Medium", "SemiBold", "Bold")
OUT = Path(__file__).resolve().parents[1] / "assets" / "fonts"
FAMILY_NAME, SUBFAMILY, UNIQUE_ID, FULL_NAME, POSTSCRIPT, TYPO_FAMILY, TYPO_SUBFAMILY = 1, 2, 3, 4, 6, 16, 17
WWS_FAMILY, WWS_SUBFAMILY = 21, 22


def rename(font: TTFont, weight: str) -> None:
    """Every name of the font that a font system may match on."""
    linked = weight in ("Regular", "Bold")  # the weights that share a family name in the old four-style model
    names = {
        FAMILY_NAME: FAMILY if linked else f"{FAMILY} {weight}",
        SUBFAMILY: weight if linked else "Regular",
        UNIQUE_ID: f"{FAMILY} {weight}: {font['name'].getDebugName(5)}",
        FULL_NAME: f"{FAMILY} {weight}",
        POSTSCRIPT: f"{FAMILY.replace(' ', '')}-{weight}",
        TYPO_FAMILY: FAMILY,
        TYPO_SUBFAMILY: weight,
    }
    for name_id in (*names, WWS_FAMILY, WWS_SUBFAMILY):
        font["name"].removeNames(nameID=name_id)
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)  # Windows, Unicode, English: the record that all systems read


def main(folder: Path) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for weight in WEIGHTS:
        font = TTFont(folder / f"Inter-{weight}.woff2", recalcTimestamp=False)
        font.flavor = None
        rename(font, weight)
        font.save(OUT / f"LatentInter-{weight}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
