"""What a task takes of a machine, and with that how many run at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gpu_im2rec.devices import MOST_DECODE_THREADS, why_not_for_the_gpu
from gpu_im2rec.errors import DeviceError, UsageError
from gpu_im2rec.packing import PackOptions


@dataclass(frozen=True, slots=True)
class Machine:
    """A node of the cluster, and all that it has, whoever uses it."""

    node: str  # Ray's id
    name: str
    cpus: int
    gpus: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What one task takes."""

    cpus: int
    gpus: int = 0

    def places(self, machines: Sequence[Machine]) -> int:
        """So many tasks fit on ``machines`` at a time."""
        return sum(self._on(machine) for machine in machines)

    def _on(self, machine: Machine) -> int:
        by_cpus = machine.cpus // self.cpus
        return min(by_cpus, machine.gpus // self.gpus) if self.gpus else by_cpus

    def __str__(self) -> str:
        return _count(self.cpus, "CPU") + (f" and {_count(self.gpus, 'GPU')}" if self.gpus else "")


def machines_of(nodes: Sequence[dict[str, Any]]) -> list[Machine]:
    """Those of ``ray.nodes()`` that are alive."""
    return [
        Machine(
            node["NodeID"],
            node["NodeManagerHostname"],
            int(node["Resources"].get("CPU", 0)),
            int(node["Resources"].get("GPU", 0)),
        )
        for node in nodes
        if node["Alive"]
    ]


def shared_out(options: PackOptions, tasks: int, machines: Sequence[Machine]) -> tuple[PackOptions, Needs]:
    """``options`` with the device and the threads that each of ``tasks`` is to use, and what it needs for them.

    All tasks work on GPUs or all on CPUs, whose bytes differ. Raises UsageError where ``options`` name certain GPUs,
    DeviceError where GPUs are asked for and there are none.
    """
    if options.devices or options.device not in ("auto", "cpu", "gpu"):
        raise UsageError("on a cluster each task takes the next free GPU: leave out --devices, and say --device gpu")
    suits = not options.transcode.pass_through and not why_not_for_the_gpu(options.transcode)
    with_gpus = [machine for machine in machines if machine.gpus]
    if options.device == "gpu" and not options.transcode.pass_through and not with_gpus:
        raise DeviceError("--device gpu: no machine of the cluster has a GPU that Ray knows of; `ray status` shows all")
    if options.device != "cpu" and suits and with_gpus:
        threads = options.gpu.decode_threads or _threads_for_a_gpu(with_gpus)
        tuning = replace(options.gpu, decode_threads=threads)
        return replace(options, device="gpu", gpu=tuning, workers=options.workers or threads), Needs(threads, 1)
    cores = options.workers or _cores(tasks, machines)
    return replace(options, device="cpu", workers=cores), Needs(cores)


def _threads_for_a_gpu(machines: Sequence[Machine]) -> int:
    """So many that every GPU of every machine finds its threads."""
    return max(1, min(MOST_DECODE_THREADS, *(machine.cpus // machine.gpus for machine in machines)))


def _cores(tasks: int, machines: Sequence[Machine]) -> int:
    """The most with which all tasks still run at once; 1 where there are as many tasks as cores, or more.

    Two tasks of one core each are quicker than one of two, as nothing in them waits for the other.
    """
    most = max((machine.cpus for machine in machines), default=1)
    return next((cores for cores in range(most, 1, -1) if Needs(cores).places(machines) >= tasks), 1)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")
