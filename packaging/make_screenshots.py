"""Makes the pictures of the README from the real window, by using it.

``python packaging/make_screenshots.py [NAME ...]`` makes all, or those that are named. Each is one function that
does what a person would do, then the whole window is saved.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_HOME = tempfile.TemporaryDirectory()  # a first start, whatever the person who runs this has open
for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
    os.environ[variable] = _HOME.name

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from PySide6.QtCore import QEventLoop, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget  # noqa: E402

from explorer.app import App, settle  # noqa: E402
from explorer.options import LaunchOptions  # noqa: E402
from explorer.training.record import RunView  # noqa: E402
from trainers.kit.face_style import face_style  # noqa: E402
from trainers.kit.faces import draw_face  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests make graphs as others export them
from tests.foreign_graphs import inverter, pyramid  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
MODELS, TARGET = ROOT / "assets" / "models", ROOT / "assets" / "screenshots"
SIZE = 1440, 900
WIDTH, COLOURS = 1080, 200  # of a saved picture
CALM_MS = 400
PATIENCE_MS = 60_000


class Person:
    """Uses the window and waits for it."""

    def __init__(self, qt: QApplication, app: App) -> None:
        self.qt, self.app, self.shot = qt, app, None

    def wait(self) -> None:
        """Until everything that was asked for is painted."""
        loop, left = QEventLoop(), [PATIENCE_MS // CALM_MS]

        def look() -> None:
            left[0] -= 1
            if (self.app.idle and not self.app.window.picture.waiting) or not left[0]:
                loop.quit()

        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(CALM_MS)
        loop.exec()

    def until(self, condition: Callable[[], bool]) -> None:
        """Until something holds, however long that takes."""
        loop, timer = QEventLoop(), QTimer()
        timer.timeout.connect(lambda: loop.quit() if condition() else None)
        timer.start(CALM_MS)
        loop.exec()

    def open(self, panel: str) -> None:
        self.app.window.chips.button(panel).click()
        self.wait()

    def press(self, name: str) -> None:
        button = self.app.window.findChild(QWidget, name)
        assert button is not None, name
        button.click()  # type: ignore[attr-defined]
        self.wait()

    def do(self, command: str, times: int = 1) -> None:
        for _ in range(times):
            self.app.window.ask(command)
            self.wait()


def explore(person: Person) -> None:
    """faces-vae"""


def plane(person: Person) -> None:
    """fashion-vae-2d light"""


def card(person: Person) -> None:
    """fashion-vae"""
    person.open("card")


def map(person: Person) -> None:
    """fashion-vae-2d"""
    person.open("map")


def directions(person: Person) -> None:
    """faces-vae"""
    person.open("directions")


def teach(person: Person) -> None:
    """faces-vae"""
    person.open("directions")
    person.app.window.directions.show_page("teach")
    name = person.app.window.directions.findChild(QLineEdit, "teach_name")
    assert name is not None
    name.setText("dark hair")
    name.returnPressed.emit()
    name.editingFinished.emit()
    for _ in range(24):
        picture = person.app.stage.picture
        assert picture is not None
        dark = picture.pixels[4:16, 22:42].mean() < 170  # the top of a head in a picture of 64 px
        person.do("mark_more" if dark else "mark_less")


def grid(person: Person) -> None:
    """faces-vae"""
    person.open("grid")


def prior(person: Person) -> None:
    """fashion-vae"""
    person.open("prior")


def arithmetic(person: Person) -> None:
    """faces-vae"""
    person.open("arithmetic")
    panel = person.app.window.arithmetic
    for label in ("beard: full beard", "beard: none"):
        panel.tray.group_asked.emit(label, "")
        panel.taken.emit(f"group:{label}")
    panel.turned.emit(1)
    panel.taken.emit("here")
    person.wait()


def encode(person: Person) -> None:
    """faces-vae"""
    face, style = Path(_HOME.name) / "a-face.png", face_style("toon-head")
    labels, seed = draw_face(style, "test", 11)
    Image.fromarray(style.render(labels, seed, 64)).save(face)
    person.app.window.paths_dropped.emit((face,))
    person.wait()


def strip(person: Person) -> None:
    """faces-vae light"""
    for _ in range(4):
        person.do("random_point")
        person.do("add_keyframe")
    person.press("path_kinds_spline")


def beside(person: Person) -> None:
    """fashion-ae"""
    person.app.beside.choose(str(MODELS / "fashion-vae"))
    person.wait()
    person.do("random_point", 2)
    person.open("prior")


def presentation(person: Person) -> None:
    """faces-vae"""
    person.do("present")
    person.do("random_point")
    audience = next(w for w in person.qt.topLevelWidgets() if w.objectName() == "audience_window")
    audience.resize(1080, 800)
    person.wait()
    person.shot = audience.grab().toImage()


def trajectory(person: Person) -> None:
    """fashion-diffusion"""
    person.app.guidance.ask(0, 9)
    person.open("trajectory")
    person.app.trajectory.begin()
    person.app.trajectory.scrub(5)
    person.wait()


def guidance(person: Person) -> None:
    """fashion-diffusion light"""
    person.open("guidance")
    person.app.guidance.ask(0, 8)
    person.app.guidance.bend("interval")
    person.app.guidance.begin()
    person.app.guidance.weigh(4.0)
    person.wait()


def variations(person: Person) -> None:
    """fashion-diffusion"""
    person.app.guidance.ask(0, 7)
    person.open("variations")


def branches(person: Person) -> None:
    """fashion-diffusion"""
    person.app.guidance.ask(0, 9)
    person.open("branches")
    person.press("branch_keep")
    person.app.trajectory.begin()
    person.app.trajectory.scrub(6)
    person.wait()
    person.press("branch_fork")
    person.app.guidance.ask(0, 8)
    person.wait()
    person.press("branch_keep")
    person.press("branch_0_compare")


def retouch(person: Person) -> None:
    """fashion-diffusion"""
    person.app.guidance.ask(0, 9)
    person.wait()
    person.open("retouch")
    person.press("retouch_view")
    stroke = person.app.window.retouch.picture
    stroke.started.emit()
    stroke.stroked.emit((8.0, 4.0), (20.0, 6.0))
    stroke.stroked.emit((20.0, 6.0), (14.0, 14.0))
    person.app.retouch.begin()
    person.app.retouch.strengthen(1.0)
    person.app.guidance.ask(0, 8)
    person.wait()


def samplers(person: Person) -> None:
    """fashion-diffusion light"""
    person.app.guidance.ask(0, 9)
    person.open("variations")
    person.press("variations_compare")


def mixing(person: Person) -> None:
    """fashion-stylegan"""
    person.open("mixing")
    for seed in ("11", "23"):
        person.app.mixing.add_seed(seed)
    person.app.mixing.begin()
    for layer in range(4, 8):
        person.app.mixing.paint(layer, 1)
    person.wait()


def mixgrid(person: Person) -> None:
    """fashion-stylegan"""
    person.open("mixing")
    person.press("mixing_pages_grid")


def seeds(person: Person) -> None:
    """fashion-stylegan light"""
    person.open("seeds")


def critic(person: Person) -> None:
    """fashion-stylegan"""
    person.open("critic")
    real = Path(_HOME.name) / "an-ankle-boot.png"
    Image.fromarray(np.load(ROOT / "assets" / "data" / "fashion-mnist-small.npz")["test_images"][23]).save(real)
    person.app.critic.take_file(real)
    person.wait()
    person.press("critic_view")


def layers(person: Person) -> None:
    """fashion-stylegan"""
    person.open("layers")
    person.app.layers.choose_layer(9)
    person.wait()


def training(person: Person) -> None:
    """faces-vae"""
    person.app.window.header.pages.button("train").click()
    person.until(lambda: "on this machine" in person.app.window.train.new.estimate)


def run(person: Person) -> None:
    """fashion-vae"""
    _train(person, lambda run: run.images > 60_000)
    person.app.room.learning.scrub(6)


def learning(person: Person) -> None:
    """fashion-vae light"""
    _train(person, lambda run: run.status == "finished")
    person.until(lambda: person.app.window.toasts.shown is None)
    person.app.window.train.run.show_bottom()


def _train(person: Person, until: Callable[[RunView], bool]) -> None:
    """Start the classroom's VAE and wait."""
    app = person.app
    app.window.header.pages.button("train").click()
    person.until(lambda: "on this machine" in app.window.train.new.estimate)
    person.press("form_start")
    person.until(lambda: (seen := app.room.training.seen.chosen) is not None and until(seen))


def importing(person: Person) -> None:
    """fashion-vae"""
    _import(person, "sdvae_light_encdec", dict(zip(("VAEencoder", "VAEdecoder"), pyramid(), strict=True)))


def translating(person: Person) -> None:
    """fashion-vae light"""
    _import(person, "unet_img2img_grey", {"negative": inverter(size=32)})


def _import(person: Person, folder: str, graphs: dict[str, bytes]) -> None:
    """Drop models that others made, where ``FOREIGN_MODELS`` says they lie; else ``graphs`` of the same shapes."""
    found = Path(os.environ.get("FOREIGN_MODELS", "")) / folder
    paths = sorted(path for path in found.glob("*") if path.suffix in (".onnx", ".png"))
    if "FOREIGN_MODELS" not in os.environ or not paths:
        for name, content in graphs.items():
            paths.append(Path(_HOME.name) / f"{name}.onnx")
            paths[-1].write_bytes(content)
    person.app.deeds.open_dropped(tuple(paths))
    person.until(lambda: person.app.imports.idle and bool(person.app.window.imports.isVisible()))
    person.wait()
    person.shot = person.app.window.imports.grab().toImage()


SHOTS: dict[str, Callable[[Person], None]] = {
    shot.__name__: shot
    for shot in (
        explore, plane, card, map, directions, teach, grid, prior, arithmetic, encode, strip, beside, presentation,
        trajectory, guidance, variations, branches, retouch, samplers,
        mixing, mixgrid, seeds, critic, layers, training, run, learning, importing, translating,
    )
}  # fmt: skip


def take(qt: QApplication, name: str) -> None:
    """Open the window on the model that the function's docstring names, use it, save it."""
    model, *rest = (SHOTS[name].__doc__ or "").split()
    options = LaunchOptions(
        target=MODELS / model, size=SIZE, session=False, device="cpu", theme=rest[0] if rest else "dark"
    )
    app = App(options, qt)
    app.open()
    person = Person(qt, app)
    person.wait()
    SHOTS[name](person)
    image = person.shot or app.window.grab().toImage()
    raw = Path(_HOME.name) / f"{name}.png"
    image.save(str(raw))
    with Image.open(raw) as whole:
        height = round(whole.height * WIDTH / whole.width)
        small = whole.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET / f"{name}.png", optimize=True)
    app.window.close()
    sys.stdout.write(f"{name}.png\n")


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    settle()
    for wanted in sys.argv[1:] or SHOTS:
        take(application, wanted)
