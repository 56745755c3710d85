"""The models that can be opened: those that ship, the user's own folder, and what was opened by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from psygnal import SignalGroupDescriptor, evented

from explorer.contract.archive import MANIFEST, ZIPPED, open_bundle
from explorer.contract.errors import BundleError
from explorer.contract.manifest import LatentMeaning, Manifest

PREVIEW = "preview.png"
FAMILIES = {
    "ae": "Autoencoder",
    "vae": "VAE",
    "stylegan": "StyleGAN",
    "diffusion": "Diffusion",
    "latent diffusion": "Latent diffusion",
}  # what people call them, where the manifest has a short name


@dataclass(frozen=True)
class Item:
    """One entry; ``fault`` is the sentence why it cannot be opened."""

    path: str
    title: str
    subtitle: str
    preview_png: bytes | None = None
    identity: str = ""  # of the bundle, so that a recipe finds it wherever it lies
    fault: str = ""


@evented
@dataclass
class Library:
    """What the list shows, in order."""

    events: ClassVar[SignalGroupDescriptor]
    items: tuple[Item, ...] = ()


def find_bundles(folders: Iterable[Path]) -> list[Path]:
    """Every bundle folder and zip directly inside the folders, by name; a missing folder holds none.

    Paths are those of the files themselves, not of links to them, so that a bundle has one path however it is opened.
    """
    found: list[Path] = []
    for folder in folders:
        if folder.is_dir():
            inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
            found += [path.resolve() for path in inside if _looks_like_one(path)]
    return found


def _looks_like_one(path: Path) -> bool:
    try:
        return (path / MANIFEST).is_file() or (path.suffix.lower() in ZIPPED and path.is_file())
    except OSError:  # no right to look inside, which ``read_item`` will say
        return True


def find_identity(identity: str, paths: Iterable[Path]) -> Path | None:
    """The first of the bundles that is the one of that identity, or None."""
    return next((path for path in paths if read_item(path).identity == identity), None)


def read_item(path: Path) -> Item:
    """The entry of one bundle; a broken one says why and breaks nothing."""
    try:
        bundle = open_bundle(path)
        preview = bundle.read(PREVIEW) if bundle.manifest.file(PREVIEW) else None
    except BundleError as error:
        return Item(
            str(path), path.stem if path.suffix.lower() in ZIPPED else path.name, "cannot be opened", fault=str(error)
        )
    return Item(str(path), bundle.manifest.name, _subtitle(bundle.manifest), preview, bundle.identity())


def _subtitle(manifest: Manifest) -> str:
    """``VAE · 64 px · 32 numbers``: short enough for one line of the list."""
    facts = [FAMILIES.get(manifest.family, manifest.family)]
    for graph in manifest.graphs:
        image = graph.output("image")
        if image is not None and image.meaning.kind == "image" and image.meaning.width:
            facts.append(f"{image.meaning.width} px")
            code = graph.input("latent")
            if code is not None and isinstance(code.meaning, LatentMeaning):
                space = manifest.space(code.meaning.space)
                facts += [f"{space.shape[0]} numbers"] if space is not None and len(space.shape) == 1 else []
            break
    denoiser = manifest.graph("denoiser")
    noisy = None if denoiser is None else denoiser.input("image")
    if noisy is not None and noisy.meaning.kind == "image" and noisy.meaning.width:
        facts.append(f"{noisy.meaning.width} px")
        facts += [f"{len(manifest.classes)} classes"] if manifest.classes else []
        facts += [f"{len(manifest.attributes)} attributes"] if manifest.attributes else []
    return " · ".join(facts)
