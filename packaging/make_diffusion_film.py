"""Makes the film of the README from the real window: a trajectory is scrubbed, and its guidance bent.

``python packaging/make_diffusion_film.py`` writes ``assets/screenshots/diffusion.gif``: one minute, few colours.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import make_screenshots  # first: it sets where a first start finds its settings
import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from explorer.app import App, settle
from explorer.options import LaunchOptions
from explorer.qt.pictures import to_pixels

SIZE, WIDTH, COLOURS = (1024, 640), 720, 48
FRAME_MS, HELD_MS, LENGTH_MS = 200, 1_600, 60_000
PAINT_MS = 40  # until what costs no network call is painted


class Camera:
    """Grabs the window; what did not change lengthens the frame before."""

    def __init__(self, person: make_screenshots.Person) -> None:
        self.person, self.frames, self.lengths = person, list[Image.Image](), list[int]()

    def take(self, ms: int = FRAME_MS, *, rest: bool = False) -> None:
        """One frame; with ``rest`` after everything that was asked for is there."""
        if rest:
            self.person.wait()
        loop = QEventLoop()
        QTimer.singleShot(PAINT_MS, loop.quit)
        loop.exec()
        whole = Image.fromarray(to_pixels(self.person.app.window.grab().toImage())[..., :3])
        small = whole.resize((WIDTH, round(whole.height * WIDTH / whole.width)), Image.Resampling.LANCZOS)
        if self.frames and np.array_equal(np.asarray(small), np.asarray(self.frames[-1])):
            self.lengths[-1] += ms
        else:
            self.frames.append(small)
            self.lengths.append(ms)

    def scrub(self, frames: Iterable[int]) -> None:
        """Drag along the film strip."""
        self.person.app.trajectory.begin()
        for frame in frames:
            self.person.app.trajectory.scrub(frame)
            self.take()
        self.take(HELD_MS)

    def save(self, path: Path) -> None:
        """One palette for all frames; the last one is held until the minute is over."""
        self.lengths[-1] += max(LENGTH_MS - sum(self.lengths), 0)
        step = max(len(self.frames) // 12, 1)
        sample = np.concatenate([np.asarray(frame) for frame in self.frames[::step]])
        palette = Image.fromarray(sample).quantize(COLOURS, dither=Image.Dither.NONE)
        few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self.frames]
        few[0].save(path, save_all=True, append_images=few[1:], duration=self.lengths, loop=0, optimize=True)


def film(person: make_screenshots.Person, camera: Camera) -> None:
    """What a person does in that minute."""
    app = person.app
    app.deeds.set("smooth", False, "Change the scaling")
    app.guidance.ask(0, 9)
    person.open("trajectory")
    camera.take(HELD_MS, rest=True)
    camera.scrub([*range(24, -1, -2), *range(26)])
    for kind in ("noisy", "pull", "clean"):
        app.trajectory.show(kind)
        camera.scrub(range(2, 24, 3))
    app.trajectory.begin()
    app.trajectory.scrub(7)
    person.open("guidance")
    camera.take(HELD_MS, rest=True)
    app.guidance.begin()
    for weight in (*np.linspace(2, 14, 13), *np.linspace(13, -3, 17), *np.linspace(-2, 4, 7)):
        app.guidance.weigh(float(weight))
        camera.take()
    camera.take(HELD_MS, rest=True)
    app.guidance.begin()
    for share in np.linspace(0, 1, 16):
        app.guidance.draw(float(share), float(np.sin(np.pi * share) ** 2))
        camera.take()
    camera.take(HELD_MS, rest=True)
    app.trajectory.begin()
    app.trajectory.scrub(25)
    for label in (8, 5, 0, 9):
        app.guidance.ask(0, label)
        camera.take(HELD_MS, rest=True)
    person.open("trajectory")
    camera.take(HELD_MS, rest=True)
    camera.scrub([*range(24, 0, -3), *range(0, 26, 2), 25])


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    settle()
    model = make_screenshots.MODELS / "fashion-diffusion"
    main = App(LaunchOptions(target=model, size=SIZE, session=False, device="cpu", theme="dark"), application)
    main.open()
    someone = make_screenshots.Person(application, main)
    someone.wait()
    taker = Camera(someone)
    film(someone, taker)
    taker.save(make_screenshots.TARGET / "diffusion.gif")
    main.window.close()
    sys.stdout.write(f"diffusion.gif: {len(taker.frames)} frames, {sum(taker.lengths) / 1_000:.0f} s\n")
