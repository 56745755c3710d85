"""How busy a trainer keeps its machine: the share of the cores, the memory, and the GPU where it uses one."""

import subprocess
import time
from collections.abc import Callable, Sequence

import psutil

GPU_EVERY_S = 5.0  # asking takes a while
ASK_GPU = ("nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")


class Load:
    """Looks at one process and its children again and again."""

    def __init__(self, pid: int, gpu: bool, ask: Callable[[Sequence[str]], str] | None = None) -> None:
        """``gpu``: whether it computes on one; ``ask`` runs a program and gives what it prints, "" where it cannot."""
        self.pid, self._gpu, self._ask = pid, gpu, ask or _ask
        self._known: dict[int, psutil.Process] = {}
        self._gpu_words, self._asked_s = "", -GPU_EVERY_S

    def words(self) -> str:
        """``182 % of a core, 512 MB; GPU 87 %, 3100 MB``, since the look before; "" at the first one or when gone."""
        try:
            head = self._known.get(self.pid) or psutil.Process(self.pid)
            found = {process.pid: process for process in (head, *head.children(recursive=True))}
            self._known = {pid: self._known.get(pid, process) for pid, process in found.items()}
            shares = [process.cpu_percent() for process in self._known.values()]
            memory = sum(process.memory_info().rss for process in self._known.values())
        except psutil.Error:
            return ""
        if not any(shares):
            return ""
        return f"{sum(shares):.0f} % of a core, {memory / 1e6:,.0f} MB{self._of_gpu()}"

    def _of_gpu(self) -> str:
        if self._gpu and time.monotonic() - self._asked_s >= GPU_EVERY_S:
            self._asked_s = time.monotonic()
            pairs = [line.split(",") for line in self._ask(ASK_GPU).splitlines() if line.count(",") == 1]
            told = (f"; GPU {share.strip()} %, {memory.strip()} MB" for share, memory in pairs)
            self._gpu_words = "".join(told)
        return self._gpu_words


def _ask(words: Sequence[str]) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=2, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
