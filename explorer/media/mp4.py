"""Films as MP4, encoded by ffmpeg in a process of its own."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from explorer.contract.pixels import Pixels
from explorer.frozen import for_others, is_frozen
from explorer.media.films import Look
from explorer.media.partfile import PartFile
from explorer.media.recipes import Recipe, to_image
from explorer.media.texts import KEY

HOW = "download it from ffmpeg.org" if is_frozen() else 'pip install "latent-explorer[video]"'  # to get ffmpeg
QUALITY = "16"  # constant rate factor of x264: no difference can be seen
FORMATS = {1: "gray", 3: "rgb24"}


def find_ffmpeg() -> str | None:
    """The program: what the ``video`` extra brings, else one on the path; None without any."""
    if find_spec("imageio_ffmpeg") is not None:
        try:
            return str(import_module("imageio_ffmpeg").get_ffmpeg_exe())
        except RuntimeError:  # the package is there, a program for this machine is not
            pass
    return shutil.which("ffmpeg")


class Mp4Film:
    """Frames piped to ffmpeg; fragments of a second, so that what is written plays even if the end never comes."""

    def __init__(self, target: Path, look: Look, recipe: Recipe, ffmpeg: str) -> None:
        self.frames = 0
        self._file, self._look, self._recipe, self._ffmpeg = PartFile(target), look, recipe, ffmpeg
        self._process: subprocess.Popen[bytes] | None = None
        self._facts = Path(tempfile.mkdtemp(prefix="latent-explorer-"))  # the recipe goes in, complaints come out

    def add(self, pixels: Pixels) -> None:
        image = self._look.enlarged(to_image(pixels[..., :3]))
        frame = np.asarray(image)
        even = ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), *((0, 0),) * (frame.ndim - 2))
        frame = np.ascontiguousarray(np.pad(frame, even, "edge"))  # the colours of four pixels are kept together
        if self._process is None:
            self._process = self._start(frame.shape[1], frame.shape[0], FORMATS[pixels[..., :3].shape[2]])
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(frame.data)
        except OSError as error:
            raise OSError(error.errno, self._complaint()) from error
        self.frames += 1

    def finish(self) -> None:
        process, self._process = self._process, None
        try:
            status = 0 if process is None else _ended(process)
            complaint = self._complaint() if status else ""
        finally:
            shutil.rmtree(self._facts, ignore_errors=True)
        if process is None or not self._file.path.stat().st_size:
            self._file.drop()
        else:
            self._file.keep()
        if status:
            raise OSError(0, complaint)

    def _start(self, width: int, height: int, pixel_format: str) -> subprocess.Popen[bytes]:
        escaped = "".join(f"\\{letter}" if letter in "=;#\\\n" else letter for letter in self._recipe.text())
        (self._facts / "facts").write_text(f";FFMETADATA1\ncomment={KEY} {escaped}\n", encoding="utf-8")
        source = f"-f rawvideo -pixel_format {pixel_format} -video_size {width}x{height} -framerate {self._look.fps:g}"
        made = f"-map 0:v -map_metadata 1 -pix_fmt yuv420p -crf {QUALITY} -g {max(round(self._look.fps), 1)}"
        fragments = "-movflags frag_keyframe+empty_moov+default_base_moof"
        with (self._facts / "complaints").open("wb") as complaints:
            return subprocess.Popen(
                [
                    self._ffmpeg, "-nostdin", "-loglevel", "error", "-y", *source.split(), "-i", "pipe:0",
                    "-f", "ffmetadata", "-i", str(self._facts / "facts"),
                    *made.split(), *fragments.split(), "-f", "mp4", str(self._file.path),
                ],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints, env=for_others(os.environ),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip

    def _complaint(self) -> str:
        lines = (self._facts / "complaints").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "ffmpeg ended too early"


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Let it write the rest; the exit status."""
    assert process.stdin is not None
    with suppress(OSError):  # it is gone already, and its status says why
        process.stdin.close()
    return process.wait()
