"""Where a training runs, and how it leaves room for everything else on the machine."""

import logging
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import psutil

from explorer.contract.errors import ExplorerError

if TYPE_CHECKING:
    from trainers.kit.alone import Engine

WATCH_S = 1.0  # how often a process looks whether the first one is still there
LEAVE_S = 5.0  # what it then has to end by itself
NICENESS = 10  # of 19: a background training gives way to whatever a person does


@dataclass(frozen=True)
class Machine:
    """Which processors to use."""

    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Kind of processor; auto takes a GPU if there is one."""
    devices: int = 1
    """Processes on this machine, one for each GPU or share of the CPU (processes)."""
    nodes: int = 1
    """Machines, each with the same command: by torchrun or srun, or with MASTER_ADDR and NODE_RANK set (machines)."""
    threads: int = 0
    """CPU threads of each process; 0: half of the processors, shared by the processes (threads)."""


class WrongMachine(ExplorerError):
    """The processors asked for are not there, or do not divide the work."""


def be_considerate() -> None:
    """Low priority and passive waiting; call before torch is imported.

    Threads that spin while they wait make two processes on the same cores many times slower.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if os.name == "nt":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    elif os.nice(0) < NICENESS:
        os.nice(NICENESS - os.nice(0))


def make_fabric(machine: Machine, precision: Literal["32-true", "bf16-mixed"]) -> "Engine":
    """What runs a training on ``machine``, with torch's thread count set; nothing is launched yet.

    One process on the CPU needs no Lightning Fabric, nor the seconds that its import takes.

    Raises:
        WrongMachine: the accelerator is not on this machine.
    """
    import torch

    from trainers.kit.alone import Alone

    available = {"auto": True, "cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[machine.accelerator]:
        raise WrongMachine(f"No {machine.accelerator} device was found here: choose --accelerator cpu or auto.")
    torch.backends.cuda.matmul.allow_tf32 = True  # as its convolutions do anyway
    torch.set_num_threads(machine.threads or max(1, (os.cpu_count() or 2) // 2 // machine.devices))
    several = machine.devices * machine.nodes > 1
    gpu = machine.accelerator != "cpu" and (torch.cuda.is_available() or torch.backends.mps.is_available())
    if precision == "32-true" and not several and not gpu:
        return Alone()
    from lightning_fabric import Fabric

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces the precision that was asked for
    return Fabric(
        accelerator=machine.accelerator,
        devices=machine.devices,
        num_nodes=machine.nodes,
        precision=precision,
        strategy="ddp" if several else "auto",
    )


def as_started(machine: Machine) -> Machine:
    """``machine`` with as many processes as torchrun or a scheduler (srun) has started; they know best."""
    if not {"TORCHELASTIC_RUN_ID", "SLURM_NTASKS"} & os.environ.keys():
        return machine
    from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
    from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    if TorchElasticEnvironment.detect():
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        return replace(machine, devices=here, nodes=int(os.environ["WORLD_SIZE"]) // here)
    if SLURMEnvironment.detect():
        nodes = int(os.environ["SLURM_NNODES"])
        return replace(machine, devices=int(os.environ["SLURM_NTASKS"]) // nodes, nodes=nodes)
    return machine


@contextmanager
def launched(fabric) -> Iterator[None]:
    """The processes of ``fabric`` while they work together; they take leave of each other at the end.

    A process that exits while its connections are still served by a thread is aborted by the C++ runtime (gloo).
    """
    import torch

    fabrics_child = "LOCAL_RANK" in os.environ and not torch.distributed.is_torchelastic_launched()
    parent = os.getppid()
    fabric.launch()
    if fabrics_child:
        threading.Thread(target=_end_with, args=(parent,), daemon=True, name="watch-first-process").start()
    try:
        yield
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def _end_with(parent: int) -> None:
    """Wait for the end of the first process, and end too: waiting for it in a collective could take forever."""
    if os.name == "nt":
        psutil.Process(parent).wait()
    while os.name != "nt" and os.getppid() == parent:
        threading.Event().wait(WATCH_S)
    threading.Event().wait(LEAVE_S)  # where the connection is closed in time, it says so itself
    os._exit(1)


def device_words(fabric) -> str:
    """What the run runs on, for a person: ``2 x CPU, 1 thread each (x86_64)`` or the GPU's name."""
    import torch

    if fabric.device.type == "cuda":
        name = torch.cuda.get_device_name(fabric.device)
    elif fabric.device.type == "cpu":
        threads = torch.get_num_threads()
        name = f"CPU, {threads} thread{'s' * (threads > 1)} ({platform.machine()})"
    else:
        name = fabric.device.type
    return f"{fabric.world_size} x {name}" if fabric.world_size > 1 else name
