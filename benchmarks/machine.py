"""What a result was measured on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpu_im2rec.gpu import probe
from gpu_im2rec.machine import PACKAGES, installed, memory, processor

NAME = "machine"  # where documents would name a table

_MAKERS = ("amd", "intel", "r", "tm", "cpu")
_OTHERS = ("torch", "webdataset", "litdata", "img2dataset")


def name() -> str:
    """The machine in a few words, for the names of result files: epyc-2-cores."""
    words = [word for word in re.findall(r"[a-z0-9]+", processor().lower()) if word not in _MAKERS]
    return "-".join([*(words[:2] or [platform.machine()]), str(_cores()), "cores"])


def machine() -> dict[str, object]:
    """Processor, memory, disk, system, GPUs, versions of what takes part, what else runs, date."""
    return {
        "processor": processor(),
        "cores": _cores(),
        "virtual": _is_virtual(),
        "memory_gb": round((memory() or 0) / 1e9, 1),
        "disk": _disk(Path.cwd()),
        "kernel": platform.release(),
        "gpus": [gpu.name for gpu in probe.look().gpus],
        "python": platform.python_version(),
        "packages": {each: found for each in ("gpu-im2rec", *PACKAGES, *_OTHERS) if (found := installed(each))},
        "malloc": {key: value for key, value in os.environ.items() if key.startswith("MALLOC_") or key == "LD_PRELOAD"},
        "load": os.getloadavg()[0],  # of the minute before; what else ran
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def described(facts: Mapping[str, Any]) -> str:
    """What ``machine`` tells, in a line for documents; older results lack some of it."""
    told = {
        "{processor}": "processor",
        "a virtual machine": "virtual",
        "{cores} cores": "cores",
        "{memory_gb:.0f} GB of memory": "memory_gb",
        "{disk}": "disk",
        "Linux {kernel}": "kernel",
        "Python {python}": "python",
        "a load of {load:.1f} before it": "load",
        "{date:.10}": "date",
    }
    parts = [words.format_map(facts) for words, fact in told.items() if facts.get(fact, False) is not False]
    return f"{', '.join([*parts, *facts.get('gpus', ())])}."


def _is_virtual() -> bool:
    """Whether the processor tells of a hypervisor."""
    flags = Path("/proc/cpuinfo").read_text(errors="replace").partition("\nflags")[2].partition("\n")[0]
    return "hypervisor" in flags.split()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _disk(path: Path) -> str:
    """The file system on which ``path`` lies, with its device."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    under = [mount[:3] for mount in mounts if path.is_relative_to(mount[1])]
    device, _, kind = max(under, key=lambda mount: len(mount[1]))
    return f"{kind} on {device}"
