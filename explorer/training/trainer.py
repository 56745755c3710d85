"""Trainers as processes: asked a question, started to live on by themselves, found again after a restart."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from explorer.contract.archive import write_file
from explorer.contract.run import CONFIG
from explorer.frozen import for_others, is_frozen
from explorer.training.catalogue import TrainingFault

ORDER = "order.json"  # in a run folder: what the app was asked to start
LOG = "trainer.log"  # in a run folder: what the trainer says
TAIL_BYTES = 4_000
CLOSE_S = 5.0  # how far a process may have begun from what its journal says, and still be the one
CHECK_S = 0.1


class Order(BaseModel):
    """What was asked for; ``pid`` 0: it waits for its turn."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    words: tuple[str, ...]
    pid: int = 0
    time_s: float = 0.0
    again: bool = False  # it goes on from a checkpoint


def command(python: str, words: Sequence[str]) -> list[str]:
    """``python -m trainers WORDS``."""
    return [python, "-m", "trainers", *words]


def ask(
    python: str,
    words: Sequence[str],
    cancel_with: Callable[[Callable[[], None]], None],
    say: Callable[[str], None],
) -> str:
    """Run a short command of the trainers to its end and return what it printed; call it in a thread.

    ``python`` starts them; ``cancel_with`` is given what ends it early; ``say`` is told each line as it comes.

    Raises:
        TrainingFault: with the one sentence that the command ended with.
    """
    return run(command(python, words), cancel_with, say)


def run(words: Sequence[str], cancel_with: Callable[[Callable[[], None]], None], say: Callable[[str], None]) -> str:
    """See ``ask``; any program."""
    try:
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
            encoding="utf-8", errors="replace", env=_environment(),
        )  # fmt: skip
    except OSError as error:
        raise TrainingFault(f"{words[0]} cannot be started ({error.strerror or error}).") from error
    try:
        cancel_with(process.kill)
        lines: list[str] = []
        for line in process.stdout or ():
            lines.append(line)
            say(line.rstrip())
        status = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    if status != 0:
        raise TrainingFault(last_sentence("".join(lines)) or f"The command ended with status {status}.")
    return "".join(lines)


def begin(python: str, folder: Path, order: Order) -> Order:
    """Start a trainer that outlives this program, its words going into the run's log; the order with its process.

    Raises:
        TrainingFault, CannotWrite: it cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    detached = 0x00000208 if os.name == "nt" else 0  # Windows: a process group of its own, without a console
    try:
        with (folder / LOG).open("ab") as log:
            process = subprocess.Popen(
                command(python, order.words), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=_environment(),
                start_new_session=os.name != "nt", creationflags=detached,
            )  # fmt: skip
    except OSError as error:
        raise TrainingFault(f"The training cannot be started ({error.strerror or error}).") from error
    _children.append(process)
    started = order.model_copy(update={"pid": process.pid, "time_s": time.time()})
    write_order(folder, started)
    return started


_children: list[subprocess.Popen[bytes]] = []  # so that those that end are not left behind as zombies


def reap() -> None:
    """Take leave of trainers of this program that have ended."""
    _children[:] = [child for child in _children if child.poll() is None]


def write_order(folder: Path, order: Order) -> None:
    """Keep what was asked for with the run."""
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / ORDER, order.model_dump_json().encode())


def read_order(folder: Path) -> Order | None:
    """What was asked for, where this program was asked."""
    try:
        return Order.model_validate_json((folder / ORDER).read_bytes())
    except (OSError, ValidationError):
        return None


def is_alive(pid: int, since_s: float, host: str = "") -> bool:
    """Whether the process that began at ``since_s`` (Unix time) or before is still there.

    A number is given again to other processes; one that began later is not the one that is meant.
    """
    if pid <= 0 or (host and host != platform.node()):
        return False
    reap()
    import psutil

    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since_s + CLOSE_S
    except psutil.Error:
        return False


def end(pid: int, since_s: float) -> None:
    """Kill a trainer that does not listen; its last checkpoint stays."""
    import psutil

    if is_alive(pid, since_s):
        process = psutil.Process(pid)
        for each in (*process.children(recursive=True), process):
            each.kill()


def last_words(folder: Path) -> str:
    """The last sentence that a run's trainer wrote into its log."""
    try:
        with (folder / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            return last_sentence(log.read().decode(errors="replace"))
    except OSError:
        return ""


def last_sentence(text: str) -> str:
    """The last line that is not empty and not a frame of tyro's boxes."""
    lines = [line.strip("│╭╮╰╯─ \t") for line in text.splitlines()]
    return next((line for line in reversed(lines) if line and not line.startswith("For full helptext")), "")


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run, or the order for one."""
    return (folder / CONFIG).is_file() or (folder / ORDER).is_file()


def find_runs(folders: Sequence[Path]) -> tuple[Path, ...]:
    """All runs directly inside the folders, the newest first."""
    found: list[tuple[float, Path]] = []
    for folder in folders:
        try:
            found += [(path.stat().st_mtime, path) for path in folder.iterdir() if path.is_dir() and is_run(path)]
        except OSError:
            continue
    return tuple(path for _, path in sorted(found, reverse=True))


def _environment() -> dict[str, str]:
    """As this process, but where torch finds no display and output comes line by line.

    The trainers beside this package are found first; a program without Python has none.
    """
    spoken = {**for_others(os.environ), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    if is_frozen():
        return spoken
    here = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join(path for path in (str(here), os.environ.get("PYTHONPATH", "")) if path)
    return {**spoken, "PYTHONPATH": paths}
